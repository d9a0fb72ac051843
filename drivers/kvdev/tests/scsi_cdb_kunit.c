// SPDX-License-Identifier: GPL-2.0
/*
 * Every SCSI command, at least once as it should be and once as it should not:
 * what becomes of the CDB. What is in the responses, other suites look at.
 */
#include "mock_scsi.h"

/* Room for what any of the commands moves */
#define BUFFER	1048576

/**
 * struct cdb_case - a command and what it comes to
 * @name: of the case
 * @unit: unit it is given to
 * @cdb: CDB
 * @sense: sense data, 0: it succeeds
 * @field: sense key specific bytes
 * @action: with success
 * @resp_len: DONE: bytes of the response; PARAMS: bytes of the list
 * @lba: first block
 * @blocks: number of blocks
 * @flags: KVDEV_SCSI_F_*
 */
struct cdb_case {
	const char *name;
	enum mock_scsi_unit unit;
	u8 cdb[16];
	u32 sense;
	u32 field;
	enum kvdev_scsi_action action;
	u32 resp_len;
	u64 lba;
	u64 blocks;
	u32 flags;
};

#define CDB(...)	{ __VA_ARGS__ }
#define FAILS(what)	.sense = KVDEV_SENSE_##what
#define BAD(byte, bit)	.sense = KVDEV_SENSE_INVALID_FIELD, \
			.field = MOCK_FIELD(byte, bit)
#define GOOD(len)	.action = KVDEV_SCSI_DONE, .resp_len = (len)
#define PARAMS(len)	.action = KVDEV_SCSI_PARAMS, .resp_len = (len)
#define DOES(what, first, count, flag) \
			.action = KVDEV_SCSI_##what, .lba = (first), \
			.blocks = (count), .flags = (flag)
#define FUA		KVDEV_SCSI_F_FUA
#define DPO		KVDEV_SCSI_F_DPO
#define COMPARE		KVDEV_SCSI_F_COMPARE
#define ONE_BLOCK	KVDEV_SCSI_F_ONE_BLOCK
#define MAY_UNMAP	KVDEV_SCSI_F_UNMAP
#define IMMED		KVDEV_SCSI_F_IMMED
#define TRAY		KVDEV_SCSI_F_TRAY

/* 1000000 blocks are f4240h, 1000 are 3e8h */
static const struct cdb_case cdb_cases[] = {
	{ "TEST UNIT READY", MOCK_DISK, CDB(0), GOOD(0) },
	{ "TEST UNIT READY, no medium", MOCK_CD_EMPTY, CDB(0),
	  FAILS(NO_MEDIUM) },
	{ "TEST UNIT READY, no unit", MOCK_NO_UNIT, CDB(0), FAILS(NO_UNIT) },
	{ "NACA", MOCK_DISK, CDB(0, 0, 0, 0, 0, 4), BAD(5, 2) },
	{ "REQUEST SENSE", MOCK_DISK, CDB(3, 0, 0, 0, 252), GOOD(18) },
	{ "REQUEST SENSE, descriptors", MOCK_DISK, CDB(3, 1, 0, 0, 252),
	  GOOD(8) },
	{ "REQUEST SENSE, four bytes", MOCK_DISK, CDB(3, 0, 0, 0, 4), GOOD(4) },
	{ "REQUEST SENSE, no bytes", MOCK_DISK, CDB(3), GOOD(0) },
	{ "REQUEST SENSE, NACA", MOCK_DISK, CDB(3, 0, 0, 0, 18, 4), BAD(5, 2) },
	{ "READ(6)", MOCK_DISK, CDB(8, 0x01, 0x02, 0x03, 4),
	  DOES(READ, 0x10203, 4, 0) },
	{ "READ(6), LUN of old in byte 1", MOCK_DISK, CDB(8, 0xe0, 0, 0, 1),
	  DOES(READ, 0, 1, 0) },
	{ "READ(6), 0 is 256", MOCK_DISK, CDB(8, 0, 0, 0, 0),
	  DOES(READ, 0, 256, 0) },
	{ "READ(6), CD", MOCK_CD, CDB(8, 0, 3, 0xe7, 1),
	  DOES(READ, 999, 1, 0) },
	{ "READ(6), past the end", MOCK_CD, CDB(8, 0, 3, 0xe7, 2),
	  FAILS(LBA_RANGE) },
	{ "WRITE(6)", MOCK_DISK, CDB(0x0a, 0, 0, 9, 1), DOES(WRITE, 9, 1, 0) },
	{ "WRITE(6), read-only", MOCK_DISK_RO, CDB(0x0a, 0, 0, 9, 1),
	  FAILS(WRITE_PROTECTED) },
	{ "WRITE(6), CD", MOCK_CD, CDB(0x0a, 0, 0, 9, 1),
	  FAILS(INVALID_OPCODE) },
	{ "INQUIRY", MOCK_DISK, CDB(0x12, 0, 0, 0, 36), GOOD(36) },
	{ "INQUIRY, all of it", MOCK_CD, CDB(0x12, 0, 0, 0xff, 0xff),
	  GOOD(74) },
	{ "INQUIRY, no unit", MOCK_NO_UNIT, CDB(0x12, 0, 0, 0, 36), GOOD(36) },
	{ "INQUIRY, page without EVPD", MOCK_DISK, CDB(0x12, 0, 0x80, 0, 36),
	  BAD(2, 7) },
	{ "INQUIRY, CMDDT", MOCK_DISK, CDB(0x12, 2, 0, 0, 36), BAD(1, 1) },
	{ "INQUIRY, page that is not there", MOCK_DISK,
	  CDB(0x12, 1, 0x86, 0, 36), BAD(2, 7) },
	{ "INQUIRY, page of disks", MOCK_CD, CDB(0x12, 1, 0xb2, 0, 36),
	  BAD(2, 7) },
	{ "INQUIRY, no serial number", MOCK_DISK_4K, CDB(0x12, 1, 0x80, 0, 36),
	  BAD(2, 7) },
	{ "MODE SELECT(6)", MOCK_DISK, CDB(0x15, 0x10, 0, 0, 24), PARAMS(24) },
	{ "MODE SELECT(6), no list", MOCK_DISK, CDB(0x15, 0x10), GOOD(0) },
	{ "MODE SELECT(6), no PF", MOCK_DISK, CDB(0x15, 0, 0, 0, 24),
	  BAD(1, 4) },
	{ "RESERVE(6)", MOCK_DISK, CDB(0x16), GOOD(0) },
	{ "RESERVE(6), third party", MOCK_DISK, CDB(0x16, 0x10), BAD(1, 4) },
	{ "RESERVE(6), extent", MOCK_DISK, CDB(0x16, 0x01), BAD(1, 0) },
	{ "RELEASE(6)", MOCK_DISK, CDB(0x17), GOOD(0) },
	{ "RELEASE(6), third party", MOCK_DISK, CDB(0x17, 0x10), BAD(1, 4) },
	{ "MODE SENSE(6)", MOCK_DISK, CDB(0x1a, 0, 0x3f, 0, 255), GOOD(68) },
	{ "MODE SENSE(6), page", MOCK_CD, CDB(0x1a, 8, 0x2a, 0, 255),
	  GOOD(26) },
	{ "MODE SENSE(6), page that is not there", MOCK_DISK,
	  CDB(0x1a, 8, 0x2a, 0, 255), BAD(2, 5) },
	{ "MODE SENSE(6), subpage", MOCK_DISK, CDB(0x1a, 8, 0x08, 1, 255),
	  BAD(3, 7) },
	{ "START STOP UNIT, start", MOCK_DISK, CDB(0x1b, 0, 0, 0, 1),
	  GOOD(0) },
	{ "START STOP UNIT, stop", MOCK_DISK, CDB(0x1b, 1, 0, 0, 0),
	  DOES(FLUSH, 0, 0, IMMED) },
	{ "START STOP UNIT, eject CD", MOCK_CD, CDB(0x1b, 0, 0, 0, 2), GOOD(0),
	  .flags = TRAY },
	{ "START STOP UNIT, eject disk", MOCK_REMOVABLE, CDB(0x1b, 0, 0, 0, 2),
	  DOES(FLUSH, 0, 0, TRAY) },
	{ "START STOP UNIT, eject fixed disk", MOCK_DISK,
	  CDB(0x1b, 0, 0, 0, 2), BAD(4, 1) },
	{ "START STOP UNIT, power condition", MOCK_DISK,
	  CDB(0x1b, 0, 0, 0, 0x10), BAD(4, 7) },
	{ "SEND DIAGNOSTIC", MOCK_DISK, CDB(0x1d, 4), GOOD(0) },
	{ "SEND DIAGNOSTIC, code", MOCK_DISK, CDB(0x1d, 0x20), BAD(1, 7) },
	{ "SEND DIAGNOSTIC, list", MOCK_DISK, CDB(0x1d, 0x10, 0, 0, 4),
	  BAD(3, 7) },
	{ "PREVENT ALLOW MEDIUM REMOVAL", MOCK_CD, CDB(0x1e, 0, 0, 0, 1),
	  GOOD(0) },
	{ "PREVENT ALLOW MEDIUM REMOVAL, persistent", MOCK_CD,
	  CDB(0x1e, 0, 0, 0, 3), BAD(4, 1) },
	{ "READ CAPACITY(10)", MOCK_DISK, CDB(0x25), GOOD(8) },
	{ "READ CAPACITY(10), no medium", MOCK_CD_EMPTY, CDB(0x25),
	  FAILS(NO_MEDIUM) },
	{ "READ(10)", MOCK_DISK, CDB(0x28, 0x18, 0, 1, 2, 3, 0x3f, 0, 16),
	  DOES(READ, 0x10203, 16, FUA | DPO) },
	{ "READ(10), no blocks", MOCK_DISK, CDB(0x28), DOES(READ, 0, 0, 0) },
	{ "READ(10), last block", MOCK_DISK,
	  CDB(0x28, 0, 0, 0x0f, 0x42, 0x3f, 0, 0, 1),
	  DOES(READ, 999999, 1, 0) },
	{ "READ(10), one too far", MOCK_DISK,
	  CDB(0x28, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 1), FAILS(LBA_RANGE) },
	{ "READ(10), no blocks behind the end", MOCK_DISK,
	  CDB(0x28, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0), FAILS(LBA_RANGE) },
	{ "READ(10), over the end", MOCK_DISK,
	  CDB(0x28, 0, 0, 0x0f, 0x42, 0x3f, 0, 0, 2), FAILS(LBA_RANGE) },
	{ "READ(10), too many", MOCK_DISK,
	  CDB(0x28, 0, 0, 0, 0, 0, 0, 0x20, 0x01), BAD(7, 7) },
	{ "READ(10), protection", MOCK_DISK,
	  CDB(0x28, 0x20, 0, 0, 0, 0, 0, 0, 1), BAD(1, 7) },
	{ "READ(10), tray open", MOCK_CD_EMPTY,
	  CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 1), FAILS(NO_MEDIUM) },
	{ "WRITE(10)", MOCK_DISK, CDB(0x2a, 0x08, 0, 0, 0, 7, 0, 0, 8),
	  DOES(WRITE, 7, 8, FUA) },
	{ "WRITE(10), without a cache", MOCK_DISK_4K,
	  CDB(0x2a, 0, 0, 0, 0, 7, 0, 0, 8), DOES(WRITE, 7, 8, FUA) },
	{ "WRITE(10), read-only", MOCK_DISK_RO,
	  CDB(0x2a, 0, 0, 0, 0, 7, 0, 0, 8), FAILS(WRITE_PROTECTED) },
	{ "WRITE(10), over the end", MOCK_DISK,
	  CDB(0x2a, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 8), FAILS(LBA_RANGE) },
	{ "WRITE(10), CD", MOCK_CD, CDB(0x2a, 0, 0, 0, 0, 7, 0, 0, 8),
	  FAILS(INVALID_OPCODE) },
	{ "SEEK(10)", MOCK_CD, CDB(0x2b, 0, 0, 0, 3, 0xe7), GOOD(0) },
	{ "SEEK(10), past the end", MOCK_CD, CDB(0x2b, 0, 0, 0, 3, 0xe8),
	  FAILS(LBA_RANGE) },
	{ "WRITE AND VERIFY(10)", MOCK_DISK,
	  CDB(0x2e, 0x10, 0, 0, 0, 1, 0, 0, 2),
	  DOES(WRITE_VERIFY, 1, 2, FUA | DPO) },
	{ "WRITE AND VERIFY(10), BYTCHK", MOCK_DISK,
	  CDB(0x2e, 2, 0, 0, 0, 1, 0, 0, 2),
	  DOES(WRITE_VERIFY, 1, 2, FUA | COMPARE) },
	{ "WRITE AND VERIFY(10), BYTCHK 2", MOCK_DISK,
	  CDB(0x2e, 4, 0, 0, 0, 1, 0, 0, 2), BAD(1, 2) },
	{ "VERIFY(10)", MOCK_DISK, CDB(0x2f, 0, 0, 0, 0, 1, 0, 0, 2),
	  DOES(VERIFY, 1, 2, 0) },
	{ "VERIFY(10), CD", MOCK_CD, CDB(0x2f, 0, 0, 0, 0, 1, 0, 0, 2),
	  DOES(VERIFY, 1, 2, 0) },
	{ "VERIFY(10), BYTCHK", MOCK_DISK, CDB(0x2f, 2, 0, 0, 0, 1, 0, 0, 2),
	  DOES(VERIFY, 1, 2, COMPARE) },
	{ "VERIFY(10), BYTCHK 3", MOCK_DISK,
	  CDB(0x2f, 6, 0, 0, 0, 1, 0, 0, 2),
	  DOES(VERIFY, 1, 2, COMPARE | ONE_BLOCK) },
	{ "VERIFY(10), BYTCHK 2", MOCK_DISK,
	  CDB(0x2f, 4, 0, 0, 0, 1, 0, 0, 2), BAD(1, 2) },
	{ "VERIFY(10), over the end", MOCK_CD,
	  CDB(0x2f, 0, 0, 0, 3, 0xe7, 0, 0, 2), FAILS(LBA_RANGE) },
	{ "PRE-FETCH(10)", MOCK_DISK, CDB(0x34, 0, 0, 0, 0, 1, 0, 0, 2),
	  GOOD(0), .lba = 1, .blocks = 2 },
	{ "PRE-FETCH(10), over the end", MOCK_DISK,
	  CDB(0x34, 0, 0, 0x0f, 0x42, 0x3f, 0, 0, 2), FAILS(LBA_RANGE) },
	{ "SYNCHRONIZE CACHE(10)", MOCK_DISK, CDB(0x35),
	  DOES(FLUSH, 0, 0, 0) },
	{ "SYNCHRONIZE CACHE(10), range, IMMED", MOCK_DISK,
	  CDB(0x35, 2, 0, 0, 0, 1, 0, 0, 2), DOES(FLUSH, 1, 2, IMMED) },
	{ "SYNCHRONIZE CACHE(10), over the end", MOCK_DISK,
	  CDB(0x35, 0, 0, 0x0f, 0x42, 0x3f, 0, 0, 2), FAILS(LBA_RANGE) },
	{ "WRITE SAME(10)", MOCK_DISK, CDB(0x41, 0, 0, 0, 0, 1, 0, 0, 2),
	  DOES(WRITE_SAME, 1, 2, ONE_BLOCK) },
	{ "WRITE SAME(10), UNMAP", MOCK_DISK,
	  CDB(0x41, 8, 0, 0, 0, 1, 0, 0, 2),
	  DOES(WRITE_SAME, 1, 2, ONE_BLOCK | MAY_UNMAP) },
	{ "WRITE SAME(10), no blocks", MOCK_DISK, CDB(0x41), BAD(7, 7) },
	{ "WRITE SAME(10), anchor", MOCK_DISK,
	  CDB(0x41, 0x18, 0, 0, 0, 1, 0, 0, 2), BAD(1, 4) },
	{ "WRITE SAME(10), LBDATA", MOCK_DISK,
	  CDB(0x41, 2, 0, 0, 0, 1, 0, 0, 2), BAD(1, 2) },
	{ "WRITE SAME(10), cannot unmap", MOCK_DISK_4K,
	  CDB(0x41, 8, 0, 0, 0, 1, 0, 0, 2), BAD(1, 3) },
	{ "WRITE SAME(10), protection", MOCK_DISK,
	  CDB(0x41, 0x20, 0, 0, 0, 1, 0, 0, 2), BAD(1, 7) },
	{ "UNMAP", MOCK_DISK, CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), PARAMS(24) },
	{ "UNMAP, no list", MOCK_DISK, CDB(0x42), GOOD(0) },
	{ "UNMAP, anchor", MOCK_DISK, CDB(0x42, 1, 0, 0, 0, 0, 0, 0, 24),
	  BAD(1, 0) },
	{ "UNMAP, half a header", MOCK_DISK, CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 7),
	  FAILS(PARAM_LENGTH) },
	{ "UNMAP, cannot", MOCK_DISK_4K, CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24),
	  FAILS(INVALID_OPCODE) },
	{ "READ SUB-CHANNEL", MOCK_CD,
	  CDB(0x42, 2, 0x40, 1, 0, 0, 1, 0, 255), GOOD(16) },
	{ "READ SUB-CHANNEL, no SUBQ", MOCK_CD,
	  CDB(0x42, 0, 0, 9, 0, 0, 0, 0, 255), GOOD(4) },
	{ "READ SUB-CHANNEL, format 2", MOCK_CD,
	  CDB(0x42, 0, 0x40, 2, 0, 0, 0, 0, 255), GOOD(24) },
	{ "READ SUB-CHANNEL, format 4", MOCK_CD,
	  CDB(0x42, 0, 0x40, 4, 0, 0, 0, 0, 255), BAD(3, 7) },
	{ "READ TOC", MOCK_CD, CDB(0x43, 0, 0, 0, 0, 0, 0, 3, 0xff),
	  GOOD(20) },
	{ "READ TOC, lead-out", MOCK_CD, CDB(0x43, 0, 0, 0, 0, 0, 0xaa, 0, 99),
	  GOOD(12) },
	{ "READ TOC, sessions", MOCK_CD, CDB(0x43, 0, 1, 0, 0, 0, 0, 0, 99),
	  GOOD(12) },
	{ "READ TOC, raw", MOCK_CD, CDB(0x43, 2, 2, 0, 0, 0, 1, 0, 99),
	  GOOD(48) },
	{ "READ TOC, raw by the old way", MOCK_CD,
	  CDB(0x43, 2, 0, 0, 0, 0, 1, 0, 99, 0x80), GOOD(48) },
	{ "READ TOC, PMA", MOCK_CD, CDB(0x43, 0, 3, 0, 0, 0, 0, 0, 99),
	  BAD(2, 3) },
	{ "READ TOC, track 2", MOCK_CD, CDB(0x43, 0, 0, 0, 0, 0, 2, 0, 99),
	  BAD(6, 7) },
	{ "GET CONFIGURATION", MOCK_CD, CDB(0x46, 0, 0, 0, 0, 0, 0, 1, 0),
	  GOOD(88) },
	{ "GET CONFIGURATION, current", MOCK_CD,
	  CDB(0x46, 1, 0, 0, 0, 0, 0, 1, 0), GOOD(80) },
	{ "GET CONFIGURATION, one", MOCK_CD_EMPTY,
	  CDB(0x46, 2, 0, 3, 0, 0, 0, 1, 0), GOOD(16) },
	{ "GET CONFIGURATION, one that is not there", MOCK_CD,
	  CDB(0x46, 2, 0, 0x20, 0, 0, 0, 1, 0), GOOD(8) },
	{ "GET CONFIGURATION, reserved", MOCK_CD,
	  CDB(0x46, 3, 0, 0, 0, 0, 0, 1, 0), BAD(1, 1) },
	{ "GET EVENT STATUS NOTIFICATION", MOCK_CD_EMPTY,
	  CDB(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8), GOOD(8) },
	{ "GET EVENT STATUS NOTIFICATION, other classes", MOCK_CD,
	  CDB(0x4a, 1, 0, 0, 0xef, 0, 0, 0, 8), GOOD(4) },
	{ "GET EVENT STATUS NOTIFICATION, not polled", MOCK_CD,
	  CDB(0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8), BAD(1, 0) },
	{ "LOG SENSE", MOCK_DISK, CDB(0x4d, 0, 0x40, 0, 0, 0, 0, 0, 99),
	  GOOD(6) },
	{ "LOG SENSE, exceptions", MOCK_DISK,
	  CDB(0x4d, 0, 0x6f, 0, 0, 0, 0, 0, 99), GOOD(12) },
	{ "LOG SENSE, page that is not there", MOCK_DISK,
	  CDB(0x4d, 0, 0x42, 0, 0, 0, 0, 0, 99), BAD(2, 5) },
	{ "LOG SENSE, save", MOCK_DISK, CDB(0x4d, 1, 0x40, 0, 0, 0, 0, 0, 99),
	  BAD(1, 1) },
	{ "LOG SENSE, from parameter 1", MOCK_DISK,
	  CDB(0x4d, 0, 0x6f, 0, 0, 0, 1, 0, 99), BAD(5, 7) },
	{ "READ DISC INFORMATION", MOCK_CD,
	  CDB(0x51, 0, 0, 0, 0, 0, 0, 0, 99), GOOD(34) },
	{ "READ DISC INFORMATION, tracks", MOCK_CD,
	  CDB(0x51, 1, 0, 0, 0, 0, 0, 0, 99), BAD(1, 2) },
	{ "READ TRACK INFORMATION, LBA", MOCK_CD,
	  CDB(0x52, 0, 0, 0, 3, 0xe7, 0, 0, 99), GOOD(36) },
	{ "READ TRACK INFORMATION, track", MOCK_CD,
	  CDB(0x52, 1, 0, 0, 0, 1, 0, 0, 99), GOOD(36) },
	{ "READ TRACK INFORMATION, past the end", MOCK_CD,
	  CDB(0x52, 0, 0, 0, 3, 0xe8, 0, 0, 99), FAILS(LBA_RANGE) },
	{ "READ TRACK INFORMATION, track 2", MOCK_CD,
	  CDB(0x52, 1, 0, 0, 0, 2, 0, 0, 99), BAD(2, 7) },
	{ "READ TRACK INFORMATION, reserved", MOCK_CD,
	  CDB(0x52, 3, 0, 0, 0, 1, 0, 0, 99), BAD(1, 1) },
	{ "MODE SELECT(10)", MOCK_DISK, CDB(0x55, 0x11, 0, 0, 0, 0, 0, 0, 28),
	  PARAMS(28) },
	{ "MODE SELECT(10), no PF", MOCK_DISK,
	  CDB(0x55, 0, 0, 0, 0, 0, 0, 0, 28), BAD(1, 4) },
	{ "MODE SELECT(10), far too long", MOCK_DISK,
	  CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0xff, 0xff), FAILS(PARAM_LENGTH) },
	{ "RESERVE(10)", MOCK_DISK, CDB(0x56), GOOD(0) },
	{ "RESERVE(10), third party", MOCK_DISK, CDB(0x56, 0x10), BAD(1, 4) },
	{ "RELEASE(10)", MOCK_DISK, CDB(0x57), GOOD(0) },
	{ "RELEASE(10), extent", MOCK_DISK, CDB(0x57, 0x01), BAD(1, 0) },
	{ "MODE SENSE(10)", MOCK_DISK, CDB(0x5a, 0x10, 0x3f, 0, 0, 0, 0, 1, 0),
	  GOOD(80) },
	{ "MODE SENSE(10), subpages", MOCK_CD,
	  CDB(0x5a, 0, 0x3f, 0xff, 0, 0, 0, 1, 0), GOOD(42) },
	{ "MODE SENSE(10), page that is not there", MOCK_CD,
	  CDB(0x5a, 0, 0x08, 0, 0, 0, 0, 1, 0), BAD(2, 5) },
	{ "READ BUFFER CAPACITY", MOCK_CD, CDB(0x5c, 0, 0, 0, 0, 0, 0, 0, 12),
	  GOOD(12) },
	{ "READ BUFFER CAPACITY, NACA", MOCK_CD,
	  CDB(0x5c, 0, 0, 0, 0, 0, 0, 0, 12, 4), BAD(9, 2) },
	{ "PR IN, keys", MOCK_DISK, CDB(0x5e, 0, 0, 0, 0, 0, 0, 0, 99),
	  GOOD(8) },
	{ "PR IN, reservation", MOCK_DISK, CDB(0x5e, 1, 0, 0, 0, 0, 0, 0, 99),
	  GOOD(8) },
	{ "PR IN, capabilities", MOCK_DISK, CDB(0x5e, 2, 0, 0, 0, 0, 0, 0, 99),
	  GOOD(8) },
	{ "PR IN, full status", MOCK_DISK, CDB(0x5e, 3, 0, 0, 0, 0, 0, 0, 99),
	  GOOD(8) },
	{ "PR IN, other", MOCK_DISK, CDB(0x5e, 4, 0, 0, 0, 0, 0, 0, 99),
	  BAD(1, 4) },
	{ "PR IN, keys, NACA", MOCK_DISK,
	  CDB(0x5e, 0, 0, 0, 0, 0, 0, 0, 99, 4), BAD(9, 2) },
	{ "PR IN, reservation, NACA", MOCK_DISK,
	  CDB(0x5e, 1, 0, 0, 0, 0, 0, 0, 99, 4), BAD(9, 2) },
	{ "PR IN, capabilities, NACA", MOCK_DISK,
	  CDB(0x5e, 2, 0, 0, 0, 0, 0, 0, 99, 4), BAD(9, 2) },
	{ "PR IN, full status, NACA", MOCK_DISK,
	  CDB(0x5e, 3, 0, 0, 0, 0, 0, 0, 99, 4), BAD(9, 2) },
	{ "PR OUT, register", MOCK_DISK, CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 24),
	  PARAMS(24) },
	{ "PR OUT, register, length", MOCK_DISK,
	  CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 25), FAILS(PARAM_LENGTH) },
	{ "PR OUT, reserve", MOCK_DISK, CDB(0x5f, 1, 8, 0, 0, 0, 0, 0, 24),
	  PARAMS(24) },
	{ "PR OUT, reserve, type 2", MOCK_DISK,
	  CDB(0x5f, 1, 2, 0, 0, 0, 0, 0, 24), BAD(2, 3) },
	{ "PR OUT, reserve, scope", MOCK_DISK,
	  CDB(0x5f, 1, 0x21, 0, 0, 0, 0, 0, 24), BAD(2, 7) },
	{ "PR OUT, release", MOCK_DISK, CDB(0x5f, 2, 1, 0, 0, 0, 0, 0, 24),
	  PARAMS(24) },
	{ "PR OUT, release, type 0", MOCK_DISK,
	  CDB(0x5f, 2, 0, 0, 0, 0, 0, 0, 24), BAD(2, 3) },
	{ "PR OUT, clear", MOCK_DISK, CDB(0x5f, 3, 0, 0, 0, 0, 0, 0, 24),
	  PARAMS(24) },
	{ "PR OUT, clear, length", MOCK_DISK, CDB(0x5f, 3),
	  FAILS(PARAM_LENGTH) },
	{ "PR OUT, preempt", MOCK_DISK, CDB(0x5f, 4, 3, 0, 0, 0, 0, 0, 24),
	  PARAMS(24) },
	{ "PR OUT, preempt, type 4", MOCK_DISK,
	  CDB(0x5f, 4, 4, 0, 0, 0, 0, 0, 24), BAD(2, 3) },
	{ "PR OUT, preempt and abort", MOCK_DISK,
	  CDB(0x5f, 5, 5, 0, 0, 0, 0, 0, 24), PARAMS(24) },
	{ "PR OUT, preempt and abort, type 9", MOCK_DISK,
	  CDB(0x5f, 5, 9, 0, 0, 0, 0, 0, 24), BAD(2, 3) },
	{ "PR OUT, register and ignore", MOCK_DISK,
	  CDB(0x5f, 6, 0, 0, 0, 0, 0, 0, 24), PARAMS(24) },
	{ "PR OUT, register and ignore, length", MOCK_DISK,
	  CDB(0x5f, 6, 0, 0, 0, 1, 0, 0, 24), FAILS(PARAM_LENGTH) },
	{ "PR OUT, register and move", MOCK_DISK,
	  CDB(0x5f, 7, 0, 0, 0, 0, 0, 0, 24), BAD(1, 4) },
	{ "READ(16)", MOCK_DISK_4K,
	  CDB(0x88, 0x10, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1),
	  DOES(READ, 0x1ffffffffULL, 1, DPO) },
	{ "READ(16), range wraps", MOCK_DISK_4K,
	  CDB(0x88, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	      0, 0, 0, 2), FAILS(LBA_RANGE) },
	{ "COMPARE AND WRITE", MOCK_DISK,
	  CDB(0x89, 8, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 16),
	  DOES(COMPARE_WRITE, 5, 16, FUA) },
	{ "COMPARE AND WRITE, too many", MOCK_DISK,
	  CDB(0x89, 8, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 17), BAD(13, 7) },
	{ "COMPARE AND WRITE, cannot", MOCK_DISK_4K,
	  CDB(0x89, 8, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1),
	  FAILS(INVALID_OPCODE) },
	{ "WRITE(16)", MOCK_DISK,
	  CDB(0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 16),
	  DOES(WRITE, 5, 16, 0) },
	{ "WRITE(16), past the end", MOCK_DISK,
	  CDB(0x8a, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1), FAILS(LBA_RANGE) },
	{ "WRITE AND VERIFY(16)", MOCK_DISK,
	  CDB(0x8e, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 16),
	  DOES(WRITE_VERIFY, 5, 16, FUA) },
	{ "WRITE AND VERIFY(16), read-only", MOCK_DISK_RO,
	  CDB(0x8e, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 16),
	  FAILS(WRITE_PROTECTED) },
	{ "VERIFY(16)", MOCK_DISK,
	  CDB(0x8f, 2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 16),
	  DOES(VERIFY, 5, 16, COMPARE) },
	{ "VERIFY(16), protection", MOCK_DISK,
	  CDB(0x8f, 0x80, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 16), BAD(1, 7) },
	{ "PRE-FETCH(16)", MOCK_DISK,
	  CDB(0x90, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 16), GOOD(0),
	  .lba = 5, .blocks = 16 },
	{ "PRE-FETCH(16), past the end", MOCK_DISK,
	  CDB(0x90, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1), FAILS(LBA_RANGE) },
	{ "SYNCHRONIZE CACHE(16)", MOCK_DISK,
	  CDB(0x91, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 16),
	  DOES(FLUSH, 5, 16, 0) },
	{ "SYNCHRONIZE CACHE(16), past the end", MOCK_DISK,
	  CDB(0x91, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1), FAILS(LBA_RANGE) },
	{ "WRITE SAME(16)", MOCK_DISK,
	  CDB(0x93, 8, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0, 0),
	  DOES(WRITE_SAME, 5, 65536, ONE_BLOCK | MAY_UNMAP) },
	{ "WRITE SAME(16), too many", MOCK_DISK,
	  CDB(0x93, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0, 1), BAD(10, 7) },
	{ "READ CAPACITY(16)", MOCK_DISK,
	  CDB(0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0), GOOD(32) },
	{ "READ CAPACITY(16), CD", MOCK_CD,
	  CDB(0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12), GOOD(12) },
	{ "READ CAPACITY(16), no medium", MOCK_CD_EMPTY,
	  CDB(0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0),
	  FAILS(NO_MEDIUM) },
	{ "SERVICE ACTION IN(16), other", MOCK_DISK,
	  CDB(0x9e, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0), BAD(1, 4) },
	{ "GET LBA STATUS", MOCK_DISK,
	  CDB(0x9e, 0x12, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x3f, 0, 0, 0, 24),
	  DOES(LBA_STATUS, 999999, 1, 0) },
	{ "GET LBA STATUS, past the end", MOCK_DISK,
	  CDB(0x9e, 0x12, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 24),
	  FAILS(LBA_RANGE) },
	{ "GET LBA STATUS, no room", MOCK_DISK,
	  CDB(0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23), BAD(10, 7) },
	{ "GET LBA STATUS, CD", MOCK_CD,
	  CDB(0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24), BAD(1, 4) },
	{ "REPORT LUNS", MOCK_NO_UNIT, CDB(0xa0, 0, 2, 0, 0, 0, 0, 0, 1, 0),
	  DOES(REPORT_LUNS, 0, 0, 0) },
	{ "REPORT LUNS, no room", MOCK_DISK, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 0,
						 15), BAD(6, 7) },
	{ "REPORT LUNS, reserved", MOCK_CD, CDB(0xa0, 0, 3, 0, 0, 0, 0, 0, 1,
						0), BAD(2, 7) },
	{ "REPORT SUPPORTED OPERATION CODES", MOCK_CD,
	  CDB(0xa3, 0x0c, 1, 0x28, 0, 0, 0, 0, 1, 0), GOOD(14) },
	{ "REPORT SUPPORTED OPERATION CODES, option 4", MOCK_CD,
	  CDB(0xa3, 0x0c, 4, 0x28, 0, 0, 0, 0, 1, 0), BAD(2, 2) },
	{ "REPORT SUPPORTED TMF", MOCK_DISK,
	  CDB(0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 1, 0), GOOD(4) },
	{ "REPORT SUPPORTED TMF, no room", MOCK_DISK,
	  CDB(0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 3), BAD(6, 7) },
	{ "MAINTENANCE IN, other", MOCK_DISK,
	  CDB(0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 1, 0), BAD(1, 4) },
	{ "READ(12)", MOCK_CD, CDB(0xa8, 8, 0, 0, 0, 5, 0, 0, 0, 16),
	  DOES(READ, 5, 16, FUA) },
	{ "READ(12), too many", MOCK_CD, CDB(0xa8, 0, 0, 0, 0, 5, 1, 0, 0, 0),
	  BAD(6, 7) },
	{ "WRITE(12)", MOCK_DISK, CDB(0xaa, 0, 0, 0, 0, 5, 0, 0, 0, 16),
	  DOES(WRITE, 5, 16, 0) },
	{ "WRITE(12), past the end", MOCK_DISK,
	  CDB(0xaa, 0, 0, 0x10, 0, 0, 0, 0, 0, 16), FAILS(LBA_RANGE) },
	{ "GET PERFORMANCE", MOCK_CD, CDB(0xac, 0x10, 0, 0, 0, 0, 0, 0, 0, 4),
	  GOOD(24) },
	{ "GET PERFORMANCE, exceptions", MOCK_CD,
	  CDB(0xac, 0x11, 0, 0, 0, 0, 0, 0, 0, 4), GOOD(8) },
	{ "GET PERFORMANCE, writing", MOCK_CD,
	  CDB(0xac, 0x14, 0, 0, 0, 0, 0, 0, 0, 4), BAD(1, 2) },
	{ "GET PERFORMANCE, type 3", MOCK_CD,
	  CDB(0xac, 0x10, 0, 0, 0, 0, 0, 0, 0, 4, 3), BAD(10, 7) },
	{ "READ DISC STRUCTURE", MOCK_DVD,
	  CDB(0xad, 0, 0, 0, 0, 0, 0, 0, 8, 4), GOOD(2052) },
	{ "READ DISC STRUCTURE, copyright", MOCK_DVD,
	  CDB(0xad, 0, 0, 0, 0, 0, 0, 1, 8, 4), GOOD(8) },
	{ "READ DISC STRUCTURE, CD", MOCK_CD,
	  CDB(0xad, 0, 0, 0, 0, 0, 0, 0, 8, 4), FAILS(WRONG_FORMAT) },
	{ "READ DISC STRUCTURE, Blu-ray", MOCK_DVD,
	  CDB(0xad, 1, 0, 0, 0, 0, 0, 0, 8, 4), BAD(1, 3) },
	{ "READ DISC STRUCTURE, layer 1", MOCK_DVD,
	  CDB(0xad, 0, 0, 0, 0, 0, 1, 0, 8, 4), BAD(6, 7) },
	{ "READ DISC STRUCTURE, other", MOCK_DVD,
	  CDB(0xad, 0, 0, 0, 0, 0, 0, 2, 8, 4), BAD(7, 7) },
	{ "WRITE AND VERIFY(12)", MOCK_DISK,
	  CDB(0xae, 2, 0, 0, 0, 5, 0, 0, 0, 16),
	  DOES(WRITE_VERIFY, 5, 16, FUA | COMPARE) },
	{ "WRITE AND VERIFY(12), BYTCHK 3", MOCK_DISK,
	  CDB(0xae, 6, 0, 0, 0, 5, 0, 0, 0, 16), BAD(1, 2) },
	{ "VERIFY(12)", MOCK_DISK, CDB(0xaf, 0, 0, 0, 0, 5, 0, 0, 0, 16),
	  DOES(VERIFY, 5, 16, 0) },
	{ "VERIFY(12), past the end", MOCK_DISK,
	  CDB(0xaf, 0, 0, 0x10, 0, 0, 0, 0, 0, 16), FAILS(LBA_RANGE) },
	{ "SET CD SPEED", MOCK_CD, CDB(0xbb, 0, 0xff, 0xff, 0xff, 0xff),
	  GOOD(0) },
	{ "SET CD SPEED, NACA", MOCK_CD,
	  CDB(0xbb, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4), BAD(11, 2) },
	{ "MECHANISM STATUS", MOCK_CD, CDB(0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8),
	  GOOD(8) },
	{ "MECHANISM STATUS, NACA", MOCK_CD,
	  CDB(0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 4), BAD(11, 2) },
	/* 0:2:5 is block 5 */
	{ "READ CD MSF", MOCK_CD,
	  CDB(0xb9, 0, 0, 0, 2, 5, 0, 2, 7, 0x10), DOES(READ, 5, 2, 0) },
	{ "READ CD MSF, LUN of old in byte 1", MOCK_CD,
	  CDB(0xb9, 0xe8, 0, 0, 2, 74, 0, 3, 0, 0x10), DOES(READ, 74, 1, 0) },
	{ "READ CD MSF, none", MOCK_CD,
	  CDB(0xb9, 0, 0, 0, 2, 5, 0, 2, 5, 0x10), DOES(READ, 5, 0, 0) },
	{ "READ CD MSF, the last ones", MOCK_CD,
	  CDB(0xb9, 0, 0, 0, 15, 20, 0, 15, 25, 0x10), DOES(READ, 995, 5, 0) },
	{ "READ CD MSF, past the end", MOCK_CD,
	  CDB(0xb9, 0, 0, 0, 15, 20, 0, 15, 26, 0x10), FAILS(LBA_RANGE) },
	{ "READ CD MSF, pregap", MOCK_CD,
	  CDB(0xb9, 0, 0, 0, 1, 74, 0, 2, 1, 0x10), FAILS(LBA_RANGE) },
	{ "READ CD MSF, backwards", MOCK_CD,
	  CDB(0xb9, 0, 0, 0, 2, 5, 0, 2, 4, 0x10), BAD(6, 7) },
	{ "READ CD MSF, no such second", MOCK_CD,
	  CDB(0xb9, 0, 0, 0, 60, 5, 1, 2, 4, 0x10), BAD(3, 7) },
	{ "READ CD MSF, no such frame", MOCK_CD,
	  CDB(0xb9, 0, 0, 0, 2, 5, 0, 2, 75, 0x10), BAD(6, 7) },
	{ "READ CD MSF, headers", MOCK_CD,
	  CDB(0xb9, 0, 0, 0, 2, 5, 0, 2, 7, 0xf8), BAD(9, 7) },
	{ "READ CD MSF, disk", MOCK_DISK, CDB(0xb9), FAILS(INVALID_OPCODE) },
	{ "READ(10), CD, LUN of old in byte 1", MOCK_CD,
	  CDB(0x28, 0x60, 0, 0, 0, 9, 0, 0, 1), DOES(READ, 9, 1, 0) },
	{ "READ(12), CD, LUN of old in byte 1", MOCK_CD,
	  CDB(0xa8, 0xe0, 0, 0, 0, 9, 0, 0, 0, 1), DOES(READ, 9, 1, 0) },
	{ "READ CD", MOCK_CD, CDB(0xbe, 0, 0, 0, 0, 5, 0, 0, 2, 0x10),
	  DOES(READ, 5, 2, 0) },
	{ "READ CD, mode 1", MOCK_CD, CDB(0xbe, 8, 0, 0, 0, 5, 0, 0, 2, 0x10),
	  DOES(READ, 5, 2, 0) },
	{ "READ CD, nothing selected", MOCK_CD,
	  CDB(0xbe, 0, 0, 0, 0, 5, 0, 0, 2), GOOD(0), .lba = 5, .blocks = 2 },
	{ "READ CD, audio", MOCK_CD, CDB(0xbe, 4, 0, 0, 0, 5, 0, 0, 2, 0x10),
	  FAILS(ILLEGAL_TRACK_MODE) },
	{ "READ CD, headers", MOCK_CD, CDB(0xbe, 0, 0, 0, 0, 5, 0, 0, 2, 0xf8),
	  BAD(9, 7) },
	{ "READ CD, subchannels", MOCK_CD,
	  CDB(0xbe, 0, 0, 0, 0, 5, 0, 0, 2, 0x10, 1), BAD(10, 2) },
	{ "READ CD, past the end", MOCK_CD,
	  CDB(0xbe, 0, 0, 0, 3, 0xe7, 0, 0, 2, 0x10), FAILS(LBA_RANGE) },
	{ "READ CD, too many", MOCK_CD,
	  CDB(0xbe, 0, 0, 0, 0, 0, 0, 4, 1, 0x10), BAD(6, 7) },
	{ "FORMAT UNIT", MOCK_DISK, CDB(0x04), FAILS(INVALID_OPCODE) },
	{ "EXTENDED COPY", MOCK_DISK, CDB(0x83), FAILS(INVALID_OPCODE) },
	{ "RECEIVE COPY RESULTS", MOCK_DISK, CDB(0x84, 3),
	  FAILS(INVALID_OPCODE) },
	{ "variable length", MOCK_DISK, CDB(0x7f), FAILS(INVALID_OPCODE) },
	{ "vendor specific", MOCK_CD, CDB(0xff), FAILS(INVALID_OPCODE) },
	{ "unknown, no unit", MOCK_NO_UNIT, CDB(0xff), FAILS(NO_UNIT) },
};

static void cdb_case_desc(const struct cdb_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(cdb, cdb_cases, cdb_case_desc);

/* Bytes of data-out, by what the command is for */
static u64 expected_out(const struct cdb_case *c, u32 block)
{
	switch (c->action) {
	case KVDEV_SCSI_PARAMS:
		return c->resp_len;
	case KVDEV_SCSI_WRITE:
	case KVDEV_SCSI_WRITE_VERIFY:
		return c->blocks * block;
	case KVDEV_SCSI_COMPARE_WRITE:
		return 2 * c->blocks * block;
	case KVDEV_SCSI_VERIFY:
	case KVDEV_SCSI_WRITE_SAME:
		if (c->flags & ONE_BLOCK)
			return block;
		return c->flags & COMPARE ? c->blocks * block : 0;
	default:
		return 0;
	}
}

static void parse_cdb(struct kunit *test)
{
	const struct cdb_case *c = test->param_value;
	struct mock_scsi *s = mock_scsi(test, c->unit);
	const struct kvdev_scsi_cmd *cmd = &s->cmd;
	u64 in;

	mock_scsi_run(s, c->cdb, sizeof(c->cdb), BUFFER, BUFFER);
	KUNIT_ASSERT_NOT_NULL(test, cmd->name);
	if (c->sense) {
		mock_scsi_sense(s, c->sense);
		mock_scsi_field(s, c->field);
		return;
	}
	mock_scsi_action(s, c->action);
	KUNIT_EXPECT_EQ(test, cmd->lba, c->lba);
	KUNIT_EXPECT_EQ(test, cmd->blocks, c->blocks);
	KUNIT_EXPECT_EQ(test, cmd->flags, c->flags);
	KUNIT_EXPECT_EQ(test, cmd->out_len,
			expected_out(c, s->lu.cfg.block_size));
	in = c->action == KVDEV_SCSI_DONE ? c->resp_len : 0;
	KUNIT_EXPECT_EQ(test, (u64)cmd->resp_len, in);
	if (c->action == KVDEV_SCSI_READ)
		in = c->blocks * s->lu.cfg.block_size;
	KUNIT_EXPECT_EQ(test, cmd->in_len, in);
}

static bool is_case_of(const struct cdb_case *c, const struct kvdev_scsi_op *op)
{
	static const u8 types[] = {
		[MOCK_DISK] = FOR_DISK,
		[MOCK_DISK_4K] = FOR_DISK,
		[MOCK_DISK_RO] = FOR_DISK,
		[MOCK_REMOVABLE] = FOR_DISK,
		[MOCK_CD] = FOR_CDROM,
		[MOCK_DVD] = FOR_CDROM,
		[MOCK_CD_EMPTY] = FOR_CDROM,
		[MOCK_NO_UNIT] = FOR_NO_UNIT,
	};

	return c->cdb[0] == op->opcode && op->types & types[c->unit] &&
	       (!(op->flags & OPF_ACTION) || (c->cdb[1] & 0x1f) == op->action);
}

/* No line of the table without a good case and a bad one. */
static void every_op_has_cases(struct kunit *test)
{
	u32 i, j, good, bad;

	for (i = 0; i < kvdev_scsi_nr_ops; i++) {
		const struct kvdev_scsi_op *op = &kvdev_scsi_ops[i];

		good = 0;
		bad = 0;
		for (j = 0; j < ARRAY_SIZE(cdb_cases); j++) {
			if (!is_case_of(&cdb_cases[j], op))
				continue;
			good += !cdb_cases[j].sense;
			bad += cdb_cases[j].sense != 0;
		}
		KUNIT_EXPECT_NE_MSG(test, good, 0U, "%s", op->name);
		KUNIT_EXPECT_NE_MSG(test, bad, 0U, "%s", op->name);
	}
}

/* Sorted, as the lookup wants it; each line complete. */
static void table_is_sound(struct kunit *test)
{
	u32 i, len;

	for (i = 0; i < kvdev_scsi_nr_ops; i++) {
		const struct kvdev_scsi_op *op = &kvdev_scsi_ops[i];

		len = kvdev_scsi_cdb_len(op->opcode);
		KUNIT_EXPECT_NE_MSG(test, len, 0U, "%s", op->name);
		KUNIT_EXPECT_EQ_MSG(test, op->usage[0], op->opcode, "%s",
				    op->name);
		/* Service action, and the bits next to it */
		if (op->flags & OPF_ACTION)
			KUNIT_EXPECT_EQ_MSG(test, op->usage[1] & 0x1f,
					    op->action, "%s", op->name);
		/* Control: the vendor's bits at most; nothing behind it */
		KUNIT_EXPECT_EQ_MSG(test, op->usage[len - 1] & 0x3f, 0, "%s",
				    op->name);
		for (; len < OP_USAGE_MAX; len++)
			KUNIT_EXPECT_EQ_MSG(test, op->usage[len], 0, "%s",
					    op->name);
		KUNIT_EXPECT_NOT_NULL(test, op->parse);
		if (!i)
			continue;
		KUNIT_EXPECT_LE(test, op[-1].opcode, op->opcode);
		if (op[-1].opcode != op->opcode || !(op->flags & OPF_ACTION))
			continue;
		KUNIT_EXPECT_LE(test, op[-1].action + 1, (int)op->action);
	}
}

/* Every opcode there is: either in the table or INVALID COMMAND. */
static void every_opcode_is_answered(struct kunit *test)
{
	static const enum mock_scsi_unit units[] = { MOCK_DISK, MOCK_CD,
						     MOCK_NO_UNIT };
	u32 i, opcode, action;
	bool has_actions;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		struct mock_scsi *s = mock_scsi(test, units[i]);
		u32 sense = units[i] == MOCK_NO_UNIT ?
			    KVDEV_SENSE_NO_UNIT : KVDEV_SENSE_INVALID_OPCODE;

		for (opcode = 0; opcode < 256; opcode++)
			for (action = 0; action < 32; action++) {
				if (kvdev_scsi_find_op(&s->lu, opcode, action,
						       &has_actions))
					continue;
				mock_scsi_do(s, BUFFER, BUFFER, opcode, action);
				mock_scsi_sense(s, has_actions ?
						KVDEV_SENSE_INVALID_FIELD :
						sense);
				KUNIT_EXPECT_EQ(test, s->lu.nexus[0].nr_ua,
						(u8)0);
			}
	}
}

/* cdb_size may be less than a command needs: it must not be half read. */
static void short_cdb_is_refused(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, BUFFER, BUFFER, 0x88);
	mock_scsi_action(s, KVDEV_SCSI_READ);
	s->req.cdb_len = 15;
	kvdev_scsi_parse(&s->lu, &s->req, &s->cmd, s->resp);
	mock_scsi_sense(s, KVDEV_SENSE_INVALID_FIELD);
	mock_scsi_field(s, MOCK_BYTE(15));
	s->req.cdb_len = 16;
	kvdev_scsi_parse(&s->lu, &s->req, &s->cmd, s->resp);
	mock_scsi_action(s, KVDEV_SCSI_READ);
}

/* virtio 1.3, 5.6.6.1.1: the CDB wants more than there is: OVERRUN */
static void overrun(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, 0, 1023, 0x28, 0, 0, 0, 0, 0, 0, 0, 2);
	mock_scsi_action(s, KVDEV_SCSI_OVERRUN);
	mock_scsi_do(s, 0, 1024, 0x28, 0, 0, 0, 0, 0, 0, 0, 2);
	mock_scsi_action(s, KVDEV_SCSI_READ);
	mock_scsi_do(s, 1023, 1024, 0x2a, 0, 0, 0, 0, 0, 0, 0, 2);
	mock_scsi_action(s, KVDEV_SCSI_OVERRUN);
	mock_scsi_do(s, 23, 0, 0x15, 0x10, 0, 0, 24);
	mock_scsi_action(s, KVDEV_SCSI_OVERRUN);
	/* What is allowed may be more than the buffer, what is sent not */
	mock_scsi_do(s, 0, 73, 0x12, 0, 0, 0, 255);
	mock_scsi_action(s, KVDEV_SCSI_OVERRUN);
	KUNIT_EXPECT_EQ(test, s->cmd.resp_len, 0U);
	mock_scsi_do(s, 0, 74, 0x12, 0, 0, 0, 255);
	mock_scsi_good(s, 74);
}

/*
 * For every command that answers, every allocation length up to that of the
 * whole answer: no byte more, and the same bytes (CVE-2013-4344 and others).
 */
static void allocation_lengths_truncate(struct kunit *test)
{
	static const struct {
		enum mock_scsi_unit unit;
		u8 at;			/* of the lower byte of the length */
		u8 cdb[16];
	} list[] = {
		{ MOCK_DISK, 4, CDB(0x03) },
		{ MOCK_DISK, 4, CDB(0x12) },
		{ MOCK_DISK, 4, CDB(0x12, 1) },
		{ MOCK_DISK, 4, CDB(0x12, 1, 0x80) },
		{ MOCK_DISK, 4, CDB(0x12, 1, 0x83) },
		{ MOCK_DISK, 4, CDB(0x12, 1, 0xb0) },
		{ MOCK_DISK, 4, CDB(0x12, 1, 0xb1) },
		{ MOCK_DISK, 4, CDB(0x12, 1, 0xb2) },
		{ MOCK_DISK, 4, CDB(0x1a, 0, 0x3f) },
		{ MOCK_DISK, 8, CDB(0x5a, 0x10, 0x3f) },
		{ MOCK_CD, 8, CDB(0x5a, 0, 0x3f) },
		{ MOCK_DISK, 8, CDB(0x4d, 0, 0x40) },
		{ MOCK_DISK, 8, CDB(0x5e, 2) },
		{ MOCK_DISK, 13, CDB(0x9e, 0x10) },
		{ MOCK_CD, 8, CDB(0x42, 2, 0x40, 1) },
		{ MOCK_CD, 8, CDB(0x43, 0) },
		{ MOCK_CD, 8, CDB(0x43, 2, 2) },
		{ MOCK_CD, 8, CDB(0x46) },
		{ MOCK_CD, 8, CDB(0x4a, 1, 0, 0, 0x10) },
		{ MOCK_CD, 8, CDB(0x51) },
		{ MOCK_CD, 8, CDB(0x52, 1, 0, 0, 0, 1) },
		{ MOCK_CD, 8, CDB(0x5c) },
		{ MOCK_CD, 9, CDB(0xbd) },
	};
	u8 cdb[16], all[256];
	u32 i, len, whole;

	for (i = 0; i < ARRAY_SIZE(list); i++) {
		struct mock_scsi *s = mock_scsi(test, list[i].unit);

		memcpy(cdb, list[i].cdb, sizeof(cdb));
		cdb[list[i].at] = 255;
		mock_scsi_run(s, cdb, sizeof(cdb), 0, BUFFER);
		whole = s->cmd.resp_len;
		mock_scsi_good(s, whole);
		KUNIT_ASSERT_LE(test, whole, 255U);
		memcpy(all, s->resp, whole);
		for (len = 0; len < whole; len++) {
			cdb[list[i].at] = len;
			mock_scsi_run(s, cdb, sizeof(cdb), 0, BUFFER);
			mock_scsi_good(s, len);
			KUNIT_EXPECT_MEMEQ(test, s->resp, all, len);
		}
	}
}

static struct kunit_case scsi_cdb_test_cases[] = {
	KUNIT_CASE_PARAM(parse_cdb, cdb_gen_params),
	KUNIT_CASE(every_op_has_cases),
	KUNIT_CASE(table_is_sound),
	KUNIT_CASE(every_opcode_is_answered),
	KUNIT_CASE(short_cdb_is_refused),
	KUNIT_CASE(overrun),
	KUNIT_CASE(allocation_lengths_truncate),
	{ }
};

static struct kunit_suite scsi_cdb_suite = {
	.name = "kvdev_scsi_cdb",
	.test_cases = scsi_cdb_test_cases,
};

kunit_test_suite(scsi_cdb_suite);
