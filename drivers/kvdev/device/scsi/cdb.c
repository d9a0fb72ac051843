// SPDX-License-Identifier: GPL-2.0
/*
 * The dispatcher of SCSI commands: what all of them have in common.
 */
#include "cdb.h"

#define SKSV	0x80	/* sense key specific bytes are valid */
#define SKS_CD	0x40	/* the error is in the CDB, not in the parameters */
#define SKS_BPV	0x08	/* the bit pointer is valid */

/* SPC-4, 4.5.2.4.2: points at the field in error, its highest bit */
static void point_at(struct kvdev_scsi_ctx *ctx, u8 where, u32 byte, int bit)
{
	ctx->sks[0] = SKSV | where;
	if (bit != NO_BIT)
		ctx->sks[0] |= SKS_BPV | bit;
	put_unaligned_be16(byte, &ctx->sks[1]);
}

/* A field of the CDB has a value we do not take. Return: sense data */
u32 kvdev_scsi_bad_cdb(struct kvdev_scsi_ctx *ctx, u32 byte, int bit)
{
	point_at(ctx, SKS_CD, byte, bit);
	return KVDEV_SENSE_INVALID_FIELD;
}

/* The same in a parameter list. Return: sense data */
u32 kvdev_scsi_bad_param(struct kvdev_scsi_ctx *ctx, u32 byte, int bit)
{
	point_at(ctx, 0, byte, bit);
	return KVDEV_SENSE_INVALID_PARAM;
}

/*
 * The response buffer with @len bytes of 0: a handler fills in what it knows,
 * and nothing of what was there before gets out.
 */
u8 *kvdev_scsi_resp(struct kvdev_scsi_ctx *ctx, u32 len)
{
	memset(ctx->resp, 0, len);
	return ctx->resp;
}

/* Answer with @len bytes, or what the allocation length allows. Return: 0 */
u32 kvdev_scsi_respond(struct kvdev_scsi_ctx *ctx, u32 len, u32 alloc_len)
{
	ctx->cmd->action = KVDEV_SCSI_DONE;
	ctx->cmd->resp_len = min(len, alloc_len);
	ctx->cmd->in_len = ctx->cmd->resp_len;
	return 0;
}

/* End with RESERVATION CONFLICT. Return: 0 */
u32 kvdev_scsi_conflict(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;

	cmd->action = KVDEV_SCSI_DONE;
	cmd->status = KVDEV_SCSI_RESERVATION_CONFLICT;
	cmd->resp_len = 0;
	cmd->in_len = 0;
	cmd->out_len = 0;
	return 0;
}

/* SPC-4, 4.2.5.1: the group code says how long a CDB is; 0: no such group */
u32 kvdev_scsi_cdb_len(u8 opcode)
{
	static const u8 lens[8] = { 6, 10, 10, 0, 16, 12, 0, 0 };

	return lens[opcode >> 5];
}

static u8 unit_types(const struct kvdev_scsi_lu *lu)
{
	switch (lu->cfg.type) {
	case KVDEV_SCSI_DISK:
		return FOR_DISK;
	case KVDEV_SCSI_CDROM:
		return FOR_CDROM;
	default:
		return FOR_NO_UNIT;
	}
}

/* Does this unit have this command? */
bool kvdev_scsi_op_there(const struct kvdev_scsi_lu *lu,
			 const struct kvdev_scsi_op *op)
{
	if (!(op->types & unit_types(lu)))
		return false;
	if (op->flags & OPF_UNMAP && !lu->cfg.unmap)
		return false;
	return !(op->flags & OPF_COMPARE) || lu->cfg.max_compare_blocks;
}

/* First line of the table with an opcode not below this one. */
static u32 find_opcode(u8 opcode)
{
	u32 low = 0, high = kvdev_scsi_nr_ops;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (kvdev_scsi_ops[middle].opcode < opcode)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * kvdev_scsi_find_op - look up a command
 * @lu: unit that is to have it
 * @opcode: operation code
 * @action: service action; only looked at where the command has any
 * @has_actions: out: the unit has the opcode, and it has service actions
 *
 * Return: its line of the table, or NULL.
 */
const struct kvdev_scsi_op *kvdev_scsi_find_op(const struct kvdev_scsi_lu *lu,
					       u8 opcode, u32 action,
					       bool *has_actions)
{
	const struct kvdev_scsi_op *op;
	u32 i;

	*has_actions = false;
	for (i = find_opcode(opcode); i < kvdev_scsi_nr_ops; i++) {
		op = &kvdev_scsi_ops[i];
		if (op->opcode != opcode)
			break;
		if (!kvdev_scsi_op_there(lu, op))
			continue;
		if (!(op->flags & OPF_ACTION))
			return op;
		*has_actions = true;
		if (op->action == action)
			return op;
	}
	return NULL;
}

/* What every command is checked for, before its handler is asked. */
static u32 check(struct kvdev_scsi_ctx *ctx)
{
	const struct kvdev_scsi_op *op = ctx->op;
	const struct kvdev_scsi_lu *lu = ctx->lu;
	u32 len = kvdev_scsi_cdb_len(op->opcode);
	u32 sense;

	/* The driver left bytes out, because cdb_size let it: they matter */
	if (ctx->req->cdb_len < len)
		return kvdev_scsi_bad_cdb(ctx, ctx->req->cdb_len, NO_BIT);
	/* SAM-5, 5.2: we do not have ACA, so NACA is an error */
	if (ctx->cdb[len - 1] & 0x04)
		return kvdev_scsi_bad_cdb(ctx, len - 1, 2);
	if (op->flags & OPF_MEDIUM) {
		sense = kvdev_scsi_not_ready(lu);
		if (sense)
			return sense;
	}
	if (op->flags & OPF_WRITES && (lu->read_only || lu->mode.swp))
		return KVDEV_SENSE_WRITE_PROTECTED;
	return 0;
}

static u32 parse(struct kvdev_scsi_ctx *ctx)
{
	u8 opcode = ctx->cdb[0], action = ctx->cdb[1] & 0x1f;
	bool has_actions;
	u32 sense;

	kvdev_scsi_pr_news(ctx->lu, ctx->req->nexus);
	ctx->op = kvdev_scsi_find_op(ctx->lu, opcode, action, &has_actions);
	if (ctx->op)
		ctx->cmd->name = ctx->op->name;
	/* SAM-5, 5.3.3: a conflict goes before all else */
	if (ctx->op && kvdev_scsi_pr_conflicts(ctx->lu, ctx->req->nexus,
					       ctx->op->flags))
		return kvdev_scsi_conflict(ctx);
	if (ctx->lu->cfg.type == KVDEV_SCSI_NO_UNIT && !ctx->op)
		return KVDEV_SENSE_NO_UNIT;
	if (!ctx->op || !(ctx->op->flags & OPF_EARLY)) {
		sense = kvdev_scsi_ua_take(ctx->nexus);
		if (sense)
			return sense;
	}
	if (has_actions && !ctx->op)
		return kvdev_scsi_bad_cdb(ctx, 1, 4);
	if (!ctx->op)
		return KVDEV_SENSE_INVALID_OPCODE;

	sense = check(ctx);
	return sense ? sense : ctx->op->parse(ctx);
}

/* Does the command want more than the driver has room for? */
void kvdev_scsi_check_buffers(const struct kvdev_scsi_req *req,
			      struct kvdev_scsi_cmd *cmd)
{
	if (cmd->out_len <= req->out_len && cmd->in_len <= req->in_len)
		return;
	cmd->action = KVDEV_SCSI_OVERRUN;
	cmd->status = KVDEV_SCSI_GOOD;
	cmd->resp_len = 0;
	cmd->in_len = 0;
	cmd->out_len = 0;
}

static void finish(struct kvdev_scsi_ctx *ctx, u32 sense)
{
	if (sense)
		kvdev_scsi_set_sense(ctx->cmd, sense, ctx->sks,
				     KVDEV_SCSI_NO_INFO);
	else
		kvdev_scsi_check_buffers(ctx->req, ctx->cmd);
}

/**
 * kvdev_scsi_parse - decide what a command does
 * @lu: unit it is for
 * @req: command
 * @cmd: result; all of it is set
 * @resp: KVDEV_SCSI_RESP_MAX bytes for a response. Only the first
 *	@cmd->resp_len of them mean anything afterwards
 *
 * Changes @lu as the command wants it, even if the device has yet something to
 * do: an action that fails is reported by kvdev_scsi_fail().
 */
void kvdev_scsi_parse(struct kvdev_scsi_lu *lu,
		      const struct kvdev_scsi_req *req,
		      struct kvdev_scsi_cmd *cmd, u8 *resp)
{
	struct kvdev_scsi_ctx ctx = {
		.lu = lu,
		.req = req,
		.cmd = cmd,
		.cdb = req->cdb,
		.resp = resp,
		.nexus = &lu->nexus[req->nexus],
	};

	memset(cmd, 0, sizeof(*cmd));
	cmd->action = KVDEV_SCSI_DONE;
	cmd->name = "unknown";
	cmd->d_sense = lu->mode.d_sense;
	finish(&ctx, parse(&ctx));
}

/**
 * kvdev_scsi_params - decide what a command with a parameter list does
 * @lu: unit it is for
 * @req: command, unchanged since kvdev_scsi_parse()
 * @cmd: result of that, with KVDEV_SCSI_PARAMS; replaced by what is to be
 *	done now, which is not KVDEV_SCSI_PARAMS
 * @params: cmd->out_len bytes of data-out, fetched once. UNMAP: to be kept for
 *	kvdev_scsi_unmap_range() until the command is done
 *
 * The lock that serialises may have been released in between.
 */
void kvdev_scsi_params(struct kvdev_scsi_lu *lu,
		       const struct kvdev_scsi_req *req,
		       struct kvdev_scsi_cmd *cmd, const u8 *params)
{
	struct kvdev_scsi_ctx ctx = {
		.lu = lu,
		.req = req,
		.cmd = cmd,
		.cdb = req->cdb,
		.params = params,
		.nexus = &lu->nexus[req->nexus],
	};
	bool has_actions;
	u32 sense;

	cmd->action = KVDEV_SCSI_DONE;
	ctx.op = kvdev_scsi_find_op(lu, req->cdb[0], req->cdb[1] & 0x1f,
				    &has_actions);
	/*
	 * Cannot happen: parse() found it, and what a unit has does not
	 * change. Without it there is nothing to do.
	 */
	if (!ctx.op || !ctx.op->params) {
		kvdev_scsi_fail(cmd, KVDEV_SENSE_TARGET_FAILURE,
				KVDEV_SCSI_NO_INFO);
		return;
	}
	sense = ctx.op->params(&ctx);
	finish(&ctx, sense);
}
