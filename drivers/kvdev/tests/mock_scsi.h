/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SCSI units for the suites, and a way to give them commands. What surrounds a
 * response is poisoned and looked at afterwards.
 */
#ifndef KVDEV_TESTS_MOCK_SCSI_H
#define KVDEV_TESTS_MOCK_SCSI_H

#include <kunit/test.h>
#include "../device/scsi/scsi.h"
#include "../device/scsi/cdb.h"

enum mock_scsi_unit {
	MOCK_DISK,		/* 512 bytes, 1000000 blocks, everything it can */
	MOCK_DISK_4K,		/* 4096 bytes, 2^33 blocks, cannot unmap */
	MOCK_DISK_RO,		/* MOCK_DISK, write protected */
	MOCK_REMOVABLE,		/* MOCK_DISK, removable */
	MOCK_CD,		/* 1000 blocks */
	MOCK_DVD,		/* 500000 blocks */
	MOCK_CD_EMPTY,
	MOCK_NO_UNIT,
};

#define MOCK_SCSI_POISON	0xa5

struct mock_scsi {
	struct kunit *test;
	struct kvdev_scsi_lu lu;
	struct kvdev_scsi_pr pr;
	struct kvdev_scsi_req req;
	struct kvdev_scsi_cmd cmd;
	u8 resp[KVDEV_SCSI_RESP_MAX + 16];
};

/* No unit attention waits. */
struct mock_scsi *mock_scsi(struct kunit *test, enum mock_scsi_unit unit);

/* Gives it a command; out and in are the bytes of the driver's buffers. */
void mock_scsi_run(struct mock_scsi *s, const u8 *cdb, u32 len, u64 out,
		   u64 in);
/* Gives it the parameter list that it asked for. */
void mock_scsi_params(struct mock_scsi *s, const u8 *params);

#define mock_scsi_do(s, out, in, ...) do { \
	const u8 cdb_[] = { __VA_ARGS__ }; \
	mock_scsi_run(s, cdb_, sizeof(cdb_), out, in); \
} while (0)

/* What the command must have come to */
void mock_scsi_good(struct mock_scsi *s, u32 resp_len);
void mock_scsi_action(struct mock_scsi *s, enum kvdev_scsi_action action);
void mock_scsi_sense(struct mock_scsi *s, u32 sense);
void mock_scsi_conflict(struct mock_scsi *s);

/* Sense key specific bytes: a byte and a bit of it, of the CDB or not */
#define MOCK_FIELD(byte, bit)	(0xc8 << 16 | (bit) << 16 | (byte))
#define MOCK_BYTE(byte)		(0xc0 << 16 | (byte))
#define MOCK_PARAM(byte, bit)	(0x88 << 16 | (bit) << 16 | (byte))
#define MOCK_PARAM_BYTE(byte)	(0x80 << 16 | (byte))
void mock_scsi_field(struct mock_scsi *s, u32 field);

u32 mock_be(const u8 *from, u32 bytes);

#endif /* KVDEV_TESTS_MOCK_SCSI_H */
