/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside of the SCSI command code: one table says which commands there are,
 * one dispatcher (cdb.c) keeps the rules that all share, and handlers, sorted
 * into files by standard, decode what is special.
 *
 * A handler returns 0 or sense data in one number. 0 means that it has filled
 * in the command: an action, or a response by kvdev_scsi_respond().
 */
#ifndef KVDEV_SCSI_CDB_H
#define KVDEV_SCSI_CDB_H

#include "scsi.h"

/* Operation codes; the letters say CDB length where there are several */
enum kvdev_scsi_opcode {
	OP_TEST_UNIT_READY		= 0x00,
	OP_REQUEST_SENSE		= 0x03,
	OP_READ_6			= 0x08,
	OP_WRITE_6			= 0x0a,
	OP_INQUIRY			= 0x12,
	OP_MODE_SELECT_6		= 0x15,
	OP_RESERVE_6			= 0x16,
	OP_RELEASE_6			= 0x17,
	OP_MODE_SENSE_6			= 0x1a,
	OP_START_STOP_UNIT		= 0x1b,
	OP_SEND_DIAGNOSTIC		= 0x1d,
	OP_PREVENT_ALLOW		= 0x1e,
	OP_READ_CAPACITY_10		= 0x25,
	OP_READ_10			= 0x28,
	OP_WRITE_10			= 0x2a,
	OP_SEEK_10			= 0x2b,
	OP_WRITE_VERIFY_10		= 0x2e,
	OP_VERIFY_10			= 0x2f,
	OP_PRE_FETCH_10			= 0x34,
	OP_SYNC_CACHE_10		= 0x35,
	OP_WRITE_SAME_10		= 0x41,
	OP_UNMAP			= 0x42,
	OP_READ_SUB_CHANNEL		= 0x42,	/* MMC */
	OP_READ_TOC			= 0x43,
	OP_GET_CONFIGURATION		= 0x46,
	OP_GET_EVENT_STATUS		= 0x4a,
	OP_LOG_SENSE			= 0x4d,
	OP_READ_DISC_INFO		= 0x51,
	OP_READ_TRACK_INFO		= 0x52,
	OP_MODE_SELECT_10		= 0x55,
	OP_RESERVE_10			= 0x56,
	OP_RELEASE_10			= 0x57,
	OP_MODE_SENSE_10		= 0x5a,
	OP_READ_BUFFER_CAPACITY		= 0x5c,
	OP_PERSISTENT_RESERVE_IN	= 0x5e,
	OP_PERSISTENT_RESERVE_OUT	= 0x5f,
	OP_READ_16			= 0x88,
	OP_COMPARE_WRITE		= 0x89,
	OP_WRITE_16			= 0x8a,
	OP_WRITE_VERIFY_16		= 0x8e,
	OP_VERIFY_16			= 0x8f,
	OP_PRE_FETCH_16			= 0x90,
	OP_SYNC_CACHE_16		= 0x91,
	OP_WRITE_SAME_16		= 0x93,
	OP_SERVICE_ACTION_IN_16		= 0x9e,
	OP_REPORT_LUNS			= 0xa0,
	OP_MAINTENANCE_IN		= 0xa3,
	OP_READ_12			= 0xa8,
	OP_WRITE_12			= 0xaa,
	OP_GET_PERFORMANCE		= 0xac,
	OP_READ_DISC_STRUCTURE		= 0xad,
	OP_WRITE_VERIFY_12		= 0xae,
	OP_VERIFY_12			= 0xaf,
	OP_READ_CD_MSF			= 0xb9,
	OP_SET_CD_SPEED			= 0xbb,
	OP_MECHANISM_STATUS		= 0xbd,
	OP_READ_CD			= 0xbe,
};

/* kvdev_scsi_op.types: units that have the command */
#define FOR_DISK	BIT(0)
#define FOR_CDROM	BIT(1)
#define FOR_NO_UNIT	BIT(2)
#define FOR_UNITS	(FOR_DISK | FOR_CDROM)
#define FOR_ALL		(FOR_UNITS | FOR_NO_UNIT)

/*
 * kvdev_scsi_op.flags. The last four say what a reservation of another nexus
 * does to the command (SPC-4, 5.12.1): nothing; RESERVE(6) only; also
 * exclusive access; any. None of them: the handler sees to it.
 */
#define OPF_ACTION	BIT(0)	/* byte 1 has a service action */
#define OPF_EARLY	BIT(1)	/* leaves unit attentions pending */
#define OPF_MEDIUM	BIT(2)	/* needs a medium that is ready */
#define OPF_WRITES	BIT(3)	/* refused if write protected */
#define OPF_UNMAP	BIT(4)	/* there if the store can unmap */
#define OPF_COMPARE	BIT(5)	/* there if the device can compare */
#define OPF_ALWAYS	BIT(6)	/* no reservation matters */
#define OPF_PR_FREE	BIT(7)	/* no persistent reservation matters */
#define OPF_PR_READ	BIT(8)	/* exclusive access matters */
#define OPF_PR_WRITE	BIT(9)	/* any reservation matters */

#define OP_USAGE_MAX	16

struct kvdev_scsi_ctx;

/**
 * struct kvdev_scsi_op - one line of the table of commands
 * @opcode: operation code
 * @action: service action, with OPF_ACTION
 * @types: FOR_*
 * @flags: OPF_*
 * @name: as in the standard
 * @usage: CDB usage data as REPORT SUPPORTED OPERATION CODES shows it: bits
 *	that are looked at, byte 0 and the service action as they are
 * @parse: decodes the CDB. Return: 0 or sense data
 * @params: decodes the parameter list, if @parse asked for it. Return: as
 *	@parse
 */
struct kvdev_scsi_op {
	u8 opcode;
	u8 action;
	u8 types;
	u16 flags;
	const char *name;
	u8 usage[OP_USAGE_MAX];
	u32 (*parse)(struct kvdev_scsi_ctx *ctx);
	u32 (*params)(struct kvdev_scsi_ctx *ctx);
};

/* Sorted by opcode, then by action. */
extern const struct kvdev_scsi_op kvdev_scsi_ops[];
extern const u32 kvdev_scsi_nr_ops;

/**
 * struct kvdev_scsi_ctx - a command while it is decoded
 * @lu: unit
 * @req: command
 * @cmd: result
 * @op: its line of the table
 * @cdb: the CDB, KVDEV_SCSI_CDB_MAX bytes
 * @params: parameter list, cmd->out_len bytes; NULL before it is there
 * @resp: response buffer, KVDEV_SCSI_RESP_MAX bytes; NULL with @params
 * @nexus: what @lu knows of the nexus of the command
 * @sks: sense key specific bytes of the error that is being returned
 */
struct kvdev_scsi_ctx {
	struct kvdev_scsi_lu *lu;
	const struct kvdev_scsi_req *req;
	struct kvdev_scsi_cmd *cmd;
	const struct kvdev_scsi_op *op;
	const u8 *cdb;
	const u8 *params;
	u8 *resp;
	struct kvdev_scsi_nexus *nexus;
	u8 sks[3];
};

/* cdb.c */
#define NO_BIT		(-1)
u32 kvdev_scsi_bad_cdb(struct kvdev_scsi_ctx *ctx, u32 byte, int bit);
u32 kvdev_scsi_bad_param(struct kvdev_scsi_ctx *ctx, u32 byte, int bit);
u8 *kvdev_scsi_resp(struct kvdev_scsi_ctx *ctx, u32 len);
u32 kvdev_scsi_respond(struct kvdev_scsi_ctx *ctx, u32 len, u32 alloc_len);
u32 kvdev_scsi_conflict(struct kvdev_scsi_ctx *ctx);
void kvdev_scsi_check_buffers(const struct kvdev_scsi_req *req,
			      struct kvdev_scsi_cmd *cmd);
u32 kvdev_scsi_cdb_len(u8 opcode);
bool kvdev_scsi_op_there(const struct kvdev_scsi_lu *lu,
			 const struct kvdev_scsi_op *op);
const struct kvdev_scsi_op *kvdev_scsi_find_op(const struct kvdev_scsi_lu *lu,
					       u8 opcode, u32 action,
					       bool *has_actions);

/* sense.c */
u32 kvdev_scsi_build_sense(u8 *to, bool descriptor, u32 sense, const u8 *sks,
			   u64 info);
void kvdev_scsi_set_sense(struct kvdev_scsi_cmd *cmd, u32 sense, const u8 *sks,
			  u64 info);

/* lu.c */
u32 kvdev_scsi_not_ready(const struct kvdev_scsi_lu *lu);
bool kvdev_scsi_locked(const struct kvdev_scsi_lu *lu);
void kvdev_scsi_ua_add(struct kvdev_scsi_nexus *nexus, u32 sense);
u32 kvdev_scsi_ua_take(struct kvdev_scsi_nexus *nexus);
void kvdev_scsi_ua_forget(struct kvdev_scsi_nexus *nexus, u32 sense);
void kvdev_scsi_media_event(struct kvdev_scsi_lu *lu, u8 event);
void kvdev_scsi_put_text(u8 *to, const char *text, u32 len);
/* A CD has no more than 80 minutes; what is larger must be a DVD. */
bool kvdev_scsi_is_dvd(const struct kvdev_scsi_lu *lu);

/* MMC-6, 4.2.3.2: a time on a disc is that of a block, two seconds later */
#define MSF_FRAMES	75
#define MSF_SECONDS	60
#define MSF_OFFSET	150

/* MMC-6, table 294: media event codes */
#define MEDIA_EVENT_NONE	0
#define MEDIA_EVENT_EJECT	1
#define MEDIA_EVENT_NEW		2
#define MEDIA_EVENT_REMOVED	3

/* pr.c */
bool kvdev_scsi_pr_conflicts(const struct kvdev_scsi_lu *lu, u32 nexus,
			     u32 flags);
void kvdev_scsi_pr_reset(struct kvdev_scsi_lu *lu, bool power_on);
void kvdev_scsi_pr_nexus_loss(struct kvdev_scsi_lu *lu, u32 nexus);
void kvdev_scsi_pr_news(struct kvdev_scsi_lu *lu, u32 nexus);
u32 kvdev_scsi_pr_in(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_pr_out(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_pr_out_params(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_reserve(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_release(struct kvdev_scsi_ctx *ctx);

/* mode.c */
u32 kvdev_scsi_mode_sense(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_mode_select(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_mode_select_params(struct kvdev_scsi_ctx *ctx);

/* vpd.c */
u32 kvdev_scsi_vpd(struct kvdev_scsi_ctx *ctx);

/* spc.c */
u32 kvdev_scsi_test_unit_ready(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_request_sense(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_inquiry(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_report_luns(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_report_opcodes(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_report_tmf(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_send_diagnostic(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_log_sense(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_prevent_allow(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_start_stop(struct kvdev_scsi_ctx *ctx);

/* sbc.c */
u32 kvdev_scsi_read_capacity_10(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_read_capacity_16(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_read(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_write(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_write_verify(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_verify(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_compare_write(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_sync_cache(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_pre_fetch(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_seek(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_write_same(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_unmap(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_unmap_params(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_get_lba_status(struct kvdev_scsi_ctx *ctx);

/* mmc.c */
u32 kvdev_scsi_get_configuration(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_get_event_status(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_get_performance(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_mechanism_status(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_read_buffer_capacity(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_read_cd(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_read_cd_msf(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_set_cd_speed(struct kvdev_scsi_ctx *ctx);

/* disc.c */
u32 kvdev_scsi_read_disc_info(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_read_disc_structure(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_read_sub_channel(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_read_toc(struct kvdev_scsi_ctx *ctx);
u32 kvdev_scsi_read_track_info(struct kvdev_scsi_ctx *ctx);

#endif /* KVDEV_SCSI_CDB_H */
