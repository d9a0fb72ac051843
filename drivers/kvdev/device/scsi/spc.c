// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of all kinds of units (SPC-4), but for mode pages, vital product
 * data and reservations, which have files of their own.
 */
#include "cdb.h"

u32 kvdev_scsi_test_unit_ready(struct kvdev_scsi_ctx *ctx)
{
	return kvdev_scsi_respond(ctx, 0, 0);
}

/* SPC-4, 6.39. Sense data comes with every failure; here is what waits. */
u32 kvdev_scsi_request_sense(struct kvdev_scsi_ctx *ctx)
{
	u32 sense = kvdev_scsi_ua_take(ctx->nexus);
	u8 *resp = kvdev_scsi_resp(ctx, KVDEV_SCSI_SENSE_MAX);
	u32 len;

	if (ctx->lu->cfg.type == KVDEV_SCSI_NO_UNIT)
		sense = KVDEV_SENSE_NO_UNIT;
	len = kvdev_scsi_build_sense(resp, ctx->cdb[1] & 0x01, sense, NULL,
				     KVDEV_SCSI_NO_INFO);
	return kvdev_scsi_respond(ctx, len, ctx->cdb[4]);
}

/* ---------------------------------------------------------------- INQUIRY */

#define INQUIRY_LEN	74

/* SPC-4, 6.6.2 */
static u32 standard_inquiry(struct kvdev_scsi_ctx *ctx, u32 alloc_len)
{
	const struct kvdev_scsi_config *cfg = &ctx->lu->cfg;
	u8 *resp = kvdev_scsi_resp(ctx, INQUIRY_LEN);

	resp[0] = cfg->type;
	/* Qualifier 3: there can be no unit at this LUN */
	if (cfg->type == KVDEV_SCSI_NO_UNIT)
		resp[0] |= 3 << 5;
	if (cfg->removable)
		resp[1] = 0x80;
	resp[2] = 0x06;			/* SPC-4 */
	resp[3] = 0x12;			/* HISUP, response data format 2 */
	resp[4] = INQUIRY_LEN - 5;
	resp[7] = 0x02;			/* CMDQUE */
	kvdev_scsi_put_text(&resp[8], cfg->vendor, KVDEV_SCSI_VENDOR_LEN);
	kvdev_scsi_put_text(&resp[16], cfg->product, KVDEV_SCSI_PRODUCT_LEN);
	kvdev_scsi_put_text(&resp[32], cfg->revision, KVDEV_SCSI_REVISION_LEN);

	/* SPC-4, table 146: SAM-5, SPC-4, SBC-3 or MMC-6 */
	put_unaligned_be16(0x00a0, &resp[58]);
	put_unaligned_be16(0x0460, &resp[60]);
	if (cfg->type == KVDEV_SCSI_DISK)
		put_unaligned_be16(0x04c0, &resp[62]);
	else if (cfg->type == KVDEV_SCSI_CDROM)
		put_unaligned_be16(0x04e0, &resp[62]);
	return kvdev_scsi_respond(ctx, INQUIRY_LEN, alloc_len);
}

u32 kvdev_scsi_inquiry(struct kvdev_scsi_ctx *ctx)
{
	const u8 *cdb = ctx->cdb;

	/* CMDDT was taken out of the standard */
	if (cdb[1] & 0x02)
		return kvdev_scsi_bad_cdb(ctx, 1, 1);
	if (cdb[1] & 0x01)
		return kvdev_scsi_vpd(ctx);
	/* SPC-4, 6.6.1: a page without EVPD is an error */
	if (cdb[2])
		return kvdev_scsi_bad_cdb(ctx, 2, 7);
	return standard_inquiry(ctx, get_unaligned_be16(&cdb[3]));
}

/* ------------------------------------------------------------ REPORT LUNS */

#define LUNS_HEADER	8

/* SPC-4, 6.33. The device knows the LUNs. */
u32 kvdev_scsi_report_luns(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;

	/* All but well known ones, well known ones, all */
	if (ctx->cdb[2] > 2)
		return kvdev_scsi_bad_cdb(ctx, 2, 7);
	cmd->alloc_len = get_unaligned_be32(&ctx->cdb[6]);
	if (cmd->alloc_len < 16)
		return kvdev_scsi_bad_cdb(ctx, 6, 7);
	kvdev_scsi_lu_luns_reported(ctx->lu, ctx->req->nexus);
	cmd->action = KVDEV_SCSI_REPORT_LUNS;
	cmd->select = ctx->cdb[2];
	return 0;
}

/**
 * kvdev_scsi_luns_wanted - how many LUNs REPORT LUNS lists
 * @cmd: command with KVDEV_SCSI_REPORT_LUNS
 * @nr_luns: number there is
 *
 * Return: the number to give to kvdev_scsi_luns_header(): none of our units
 * is a well known one.
 */
u32 kvdev_scsi_luns_wanted(const struct kvdev_scsi_cmd *cmd, u32 nr_luns)
{
	return cmd->select == 1 ? 0 : nr_luns;
}

/**
 * kvdev_scsi_luns_header - beginning of the answer to REPORT LUNS
 * @nr_luns: number of LUNs in the whole list, however much of it fits; at
 *	most 16384
 * @to: KVDEV_SCSI_LUN_BYTES bytes
 */
void kvdev_scsi_luns_header(u32 nr_luns, u8 *to)
{
	memset(to, 0, LUNS_HEADER);
	put_unaligned_be32(nr_luns * KVDEV_SCSI_LUN_BYTES, to);
}

/**
 * kvdev_scsi_lun_entry - a LUN in the answer to REPORT LUNS
 * @lun: LUN, below 16384
 * @to: KVDEV_SCSI_LUN_BYTES bytes
 */
void kvdev_scsi_lun_entry(u16 lun, u8 *to)
{
	memset(to, 0, KVDEV_SCSI_LUN_BYTES);
	/* SAM-5, 4.7.7: peripheral addressing, flat space if it must be */
	put_unaligned_be16(lun < 256 ? lun : lun | 0x4000, to);
}

/* ------------------------------------- REPORT SUPPORTED OPERATION CODES */

#define RSOC_ENTRY	8
#define RSOC_TIMEOUTS	12
#define RSOC_CTDP_ALL	0x02	/* a timeouts descriptor follows, all */
#define RSOC_CTDP_ONE	0x80	/* the same, one command */

static void put_timeouts(u8 *to)
{
	/* SPC-4, 6.35.4: no times are known */
	put_unaligned_be16(RSOC_TIMEOUTS - 2, to);
}

/* SPC-4, 6.35.2 */
static u32 report_all(struct kvdev_scsi_ctx *ctx, bool timeouts, u32 alloc_len)
{
	u32 size = RSOC_ENTRY + (timeouts ? RSOC_TIMEOUTS : 0);
	u8 *resp = kvdev_scsi_resp(ctx, KVDEV_SCSI_RESP_MAX);
	u32 i, len = 4;

	for (i = 0; i < kvdev_scsi_nr_ops; i++) {
		const struct kvdev_scsi_op *op = &kvdev_scsi_ops[i];
		u8 *entry = &resp[len];

		if (!kvdev_scsi_op_there(ctx->lu, op))
			continue;
		/* Cannot happen: a test counts what all commands take */
		if (len + size > KVDEV_SCSI_RESP_MAX)
			break;
		entry[0] = op->opcode;
		if (op->flags & OPF_ACTION) {
			put_unaligned_be16(op->action, &entry[2]);
			entry[5] |= 0x01;
		}
		put_unaligned_be16(kvdev_scsi_cdb_len(op->opcode), &entry[6]);
		if (timeouts) {
			entry[5] |= RSOC_CTDP_ALL;
			put_timeouts(&entry[RSOC_ENTRY]);
		}
		len += size;
	}
	put_unaligned_be32(len - 4, resp);
	return kvdev_scsi_respond(ctx, len, alloc_len);
}

/* SPC-4, 6.35.3; @op is NULL if the unit does not have the command */
static u32 report_one(struct kvdev_scsi_ctx *ctx,
		      const struct kvdev_scsi_op *op, bool timeouts,
		      u32 alloc_len)
{
	u8 *resp = kvdev_scsi_resp(ctx, 4 + OP_USAGE_MAX + RSOC_TIMEOUTS);
	u32 len = 4, cdb_len;

	if (!op) {
		resp[1] = 0x01;
		return kvdev_scsi_respond(ctx, len, alloc_len);
	}
	cdb_len = kvdev_scsi_cdb_len(op->opcode);
	resp[1] = 0x03;			/* as in the standard */
	put_unaligned_be16(cdb_len, &resp[2]);
	memcpy(&resp[4], op->usage, cdb_len);
	len += cdb_len;
	if (timeouts) {
		resp[1] |= RSOC_CTDP_ONE;
		put_timeouts(&resp[len]);
		len += RSOC_TIMEOUTS;
	}
	return kvdev_scsi_respond(ctx, len, alloc_len);
}

u32 kvdev_scsi_report_opcodes(struct kvdev_scsi_ctx *ctx)
{
	const u8 *cdb = ctx->cdb;
	u32 alloc_len = get_unaligned_be32(&cdb[6]);
	u16 action = get_unaligned_be16(&cdb[4]);
	bool timeouts = cdb[2] & 0x80;
	const struct kvdev_scsi_op *op;
	bool has_actions;

	if ((cdb[2] & 0x07) == 0)
		return report_all(ctx, timeouts, alloc_len);

	op = kvdev_scsi_find_op(ctx->lu, cdb[3], action, &has_actions);
	switch (cdb[2] & 0x07) {
	case 1:
		/* SPC-4, table 228: an opcode that has no service actions */
		if (has_actions)
			return kvdev_scsi_bad_cdb(ctx, 2, 2);
		break;
	case 2:
		if (op && !has_actions)
			return kvdev_scsi_bad_cdb(ctx, 2, 2);
		break;
	case 3:
		if (!has_actions && action)
			op = NULL;
		break;
	default:
		return kvdev_scsi_bad_cdb(ctx, 2, 2);
	}
	return report_one(ctx, op, timeouts, alloc_len);
}

/* SPC-4, 6.36: what the control queue of the device understands */
u32 kvdev_scsi_report_tmf(struct kvdev_scsi_ctx *ctx)
{
	u32 alloc_len = get_unaligned_be32(&ctx->cdb[6]);
	u32 len = ctx->cdb[2] & 0x80 ? 16 : 4;
	u8 *resp = kvdev_scsi_resp(ctx, len);

	if (alloc_len < 4)
		return kvdev_scsi_bad_cdb(ctx, 6, 7);
	/* abort task, abort and clear task set, unit reset, query task */
	resp[0] = 0x80 | 0x40 | 0x10 | 0x08 | 0x04;
	/* query task set, I_T nexus reset */
	resp[1] = 0x02 | 0x01;
	if (len > 4)
		resp[3] = len - 4;
	return kvdev_scsi_respond(ctx, len, alloc_len);
}

/* -------------------------------------------------------------- the rest */

/* SPC-4, 6.42: the default self-test, and nothing else */
u32 kvdev_scsi_send_diagnostic(struct kvdev_scsi_ctx *ctx)
{
	const u8 *cdb = ctx->cdb;

	if (cdb[1] & 0xe0)
		return kvdev_scsi_bad_cdb(ctx, 1, 7);
	if (get_unaligned_be16(&cdb[3]))
		return kvdev_scsi_bad_cdb(ctx, 3, 7);
	return kvdev_scsi_respond(ctx, 0, 0);
}

#define LOG_SUPPORTED	0x00
#define LOG_EXCEPTIONS	0x2f

/* SPC-4, 7.3.7: informational exceptions: there are none, no temperature */
static u32 log_exceptions(u8 *resp)
{
	resp[6] = 0x03;			/* binary list, not saved */
	resp[7] = 4;
	return 8 + 4;
}

/* SPC-4, 6.6 */
u32 kvdev_scsi_log_sense(struct kvdev_scsi_ctx *ctx)
{
	u8 page = ctx->cdb[2] & 0x3f, subpage = ctx->cdb[3];
	u8 *resp = kvdev_scsi_resp(ctx, 32);
	u32 len = 4;

	/* No page can be saved; PPC is history */
	if (ctx->cdb[1] & 0x03)
		return kvdev_scsi_bad_cdb(ctx, 1, 1);
	if (page == LOG_SUPPORTED && !subpage) {
		resp[len++] = LOG_SUPPORTED;
		resp[len++] = LOG_EXCEPTIONS;
	} else if (page == LOG_SUPPORTED && subpage == 0xff) {
		resp[len++] = LOG_SUPPORTED;
		resp[len++] = 0x00;
		resp[len++] = LOG_SUPPORTED;
		resp[len++] = 0xff;
		resp[len++] = LOG_EXCEPTIONS;
		resp[len++] = 0x00;
	} else if (page == LOG_EXCEPTIONS && !subpage) {
		len = log_exceptions(resp);
		/* The parameter pointer says where to begin: after it, nothing */
		if (get_unaligned_be16(&ctx->cdb[5]))
			return kvdev_scsi_bad_cdb(ctx, 5, 7);
	} else {
		return kvdev_scsi_bad_cdb(ctx, 2, 5);
	}
	resp[0] = page | (subpage ? 0x40 : 0);
	resp[1] = subpage;
	put_unaligned_be16(len - 4, &resp[2]);
	return kvdev_scsi_respond(ctx, len, get_unaligned_be16(&ctx->cdb[7]));
}

/* SPC-4 refers to SBC-3, 5.11 and MMC-6, 6.12 */
u32 kvdev_scsi_prevent_allow(struct kvdev_scsi_ctx *ctx)
{
	bool prevent = ctx->cdb[4] & 0x01;

	/* Persistent prevention is for changers */
	if (ctx->cdb[4] & 0x02)
		return kvdev_scsi_bad_cdb(ctx, 4, 1);
	/* SPC-4, table 66: who may not use the unit may still let go of it */
	if (prevent && kvdev_scsi_pr_conflicts(ctx->lu, ctx->req->nexus,
					       OPF_PR_WRITE))
		return kvdev_scsi_conflict(ctx);
	if (ctx->lu->cfg.removable)
		ctx->nexus->prevents = prevent;
	return kvdev_scsi_respond(ctx, 0, 0);
}

/* What was written is on the medium before it leaves or stops. */
static void flush(struct kvdev_scsi_ctx *ctx)
{
	if (!ctx->lu->medium || ctx->lu->read_only)
		return;
	ctx->cmd->action = KVDEV_SCSI_FLUSH;
	if (ctx->cdb[1] & 0x01)
		ctx->cmd->flags |= KVDEV_SCSI_F_IMMED;
}

static u32 load(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_lu *lu = ctx->lu;

	if (!lu->tray_open)
		return kvdev_scsi_respond(ctx, 0, 0);
	lu->tray_open = false;
	ctx->cmd->flags |= KVDEV_SCSI_F_TRAY;
	if (lu->medium) {
		kvdev_scsi_media_event(lu, MEDIA_EVENT_NEW);
		kvdev_scsi_lu_attention(lu, KVDEV_SENSE_MEDIUM_CHANGED);
	}
	return 0;
}

static u32 eject(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_lu *lu = ctx->lu;

	if (kvdev_scsi_locked(lu))
		return KVDEV_SENSE_REMOVAL_PREVENTED;
	if (lu->tray_open)
		return kvdev_scsi_respond(ctx, 0, 0);
	flush(ctx);
	lu->tray_open = true;
	ctx->cmd->flags |= KVDEV_SCSI_F_TRAY;
	if (lu->medium)
		kvdev_scsi_media_event(lu, MEDIA_EVENT_REMOVED);
	return 0;
}

/* SBC-3, 5.25; MMC-6, 6.42 */
u32 kvdev_scsi_start_stop(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_lu *lu = ctx->lu;
	bool start = ctx->cdb[4] & 0x01, loej = ctx->cdb[4] & 0x02;

	/* No power conditions */
	if (ctx->cdb[4] & 0xf0)
		return kvdev_scsi_bad_cdb(ctx, 4, 7);
	if (loej && !lu->cfg.removable)
		return kvdev_scsi_bad_cdb(ctx, 4, 1);
	/* SBC-3, table 16: starting is no conflict */
	if ((!start || loej) &&
	    kvdev_scsi_pr_conflicts(lu, ctx->req->nexus, OPF_PR_WRITE))
		return kvdev_scsi_conflict(ctx);
	if (loej)
		return start ? load(ctx) : eject(ctx);

	/* A CD-ROM that was stopped spins up when it is read */
	if (lu->cfg.type == KVDEV_SCSI_CDROM)
		return kvdev_scsi_respond(ctx, 0, 0);
	lu->stopped = !start;
	if (!start)
		flush(ctx);
	return 0;
}
