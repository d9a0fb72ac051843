// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that access blocks: SBC-3, and the part of it MMC-6 has.
 */
#include "cdb.h"

/* -------------------------------------------------------------- decoding */

/* Where a CDB has its LBA and its number of blocks depends on its length. */
static void get_range(const u8 *cdb, u64 *lba, u32 *blocks)
{
	switch (kvdev_scsi_cdb_len(cdb[0])) {
	case 6:
		*lba = get_unaligned_be24(&cdb[1]) & 0x1fffff;
		/* SBC-3, 5.8: 0 is 256 here, and nowhere else */
		*blocks = cdb[4] ?: 256;
		break;
	case 10:
		*lba = get_unaligned_be32(&cdb[2]);
		*blocks = get_unaligned_be16(&cdb[7]);
		break;
	case 12:
		*lba = get_unaligned_be32(&cdb[2]);
		*blocks = get_unaligned_be32(&cdb[6]);
		break;
	default:
		*lba = get_unaligned_be64(&cdb[2]);
		*blocks = get_unaligned_be32(&cdb[10]);
		break;
	}
}

/* First byte of the number of blocks, to point at it */
static u32 blocks_at(const u8 *cdb)
{
	switch (kvdev_scsi_cdb_len(cdb[0])) {
	case 6:
		return 4;
	case 10:
		return 7;
	case 12:
		return 6;
	default:
		return 10;
	}
}

/*
 * SBC-3, 4.5: both the first block and the last must be there, the first also
 * if there is no last. No sum: it could wrap.
 */
static u32 check_range(const struct kvdev_scsi_lu *lu, u64 lba, u64 blocks)
{
	if (lba >= lu->nr_blocks || blocks > lu->nr_blocks - lba)
		return KVDEV_SENSE_LBA_RANGE;
	return 0;
}

/* Takes the range of the CDB into the command. @limit of 0 is none. */
static u32 take_range(struct kvdev_scsi_ctx *ctx, u32 limit)
{
	u32 blocks;
	u64 lba;

	get_range(ctx->cdb, &lba, &blocks);
	/* SBC-3, 6.6.3: more than the maximum transfer length */
	if (limit && blocks > limit)
		return kvdev_scsi_bad_cdb(ctx, blocks_at(ctx->cdb), 7);
	ctx->cmd->lba = lba;
	ctx->cmd->blocks = blocks;
	return check_range(ctx->lu, lba, blocks);
}

/* The upper bits of byte 1 of READ, WRITE, VERIFY */
static u32 take_flags(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;

	if (kvdev_scsi_cdb_len(ctx->cdb[0]) == 6)
		return 0;
	/*
	 * No protection information: SBC-3, 5.9, table 38. For CD-ROMs these
	 * bits are reserved; old programs have the LUN there.
	 */
	if (ctx->cdb[1] & 0xe0 && ctx->lu->cfg.type == KVDEV_SCSI_DISK)
		return kvdev_scsi_bad_cdb(ctx, 1, 7);
	if (ctx->cdb[1] & 0x10)
		cmd->flags |= KVDEV_SCSI_F_DPO;
	return 0;
}

/* Writes are to be durable: by FUA, or as there is no cache to speak of */
static void take_fua(struct kvdev_scsi_ctx *ctx, bool fua)
{
	if (fua || !ctx->lu->mode.wce)
		ctx->cmd->flags |= KVDEV_SCSI_F_FUA;
}

static bool fua_bit(const u8 *cdb)
{
	return kvdev_scsi_cdb_len(cdb[0]) != 6 && cdb[1] & 0x08;
}

static u64 bytes(const struct kvdev_scsi_ctx *ctx, u64 blocks)
{
	return blocks * ctx->lu->cfg.block_size;
}

/* ------------------------------------------------------------ read, write */

u32 kvdev_scsi_read(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;
	u32 sense;

	sense = take_flags(ctx);
	if (!sense)
		sense = take_range(ctx, ctx->lu->cfg.max_blocks);
	if (sense)
		return sense;
	if (fua_bit(ctx->cdb))
		cmd->flags |= KVDEV_SCSI_F_FUA;
	cmd->action = KVDEV_SCSI_READ;
	cmd->in_len = bytes(ctx, cmd->blocks);
	return 0;
}

u32 kvdev_scsi_write(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;
	u32 sense;

	sense = take_flags(ctx);
	if (!sense)
		sense = take_range(ctx, ctx->lu->cfg.max_blocks);
	if (sense)
		return sense;
	take_fua(ctx, fua_bit(ctx->cdb));
	cmd->action = KVDEV_SCSI_WRITE;
	cmd->out_len = bytes(ctx, cmd->blocks);
	return 0;
}

/* BYTCHK of VERIFY and WRITE AND VERIFY: bits 1 and 2 of byte 1 */
static u8 byte_check(const u8 *cdb)
{
	return cdb[1] >> 1 & 0x03;
}

u32 kvdev_scsi_write_verify(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;
	u32 sense;

	sense = take_flags(ctx);
	if (sense)
		return sense;
	/* SBC-3, 5.49: verified only, or compared */
	if (byte_check(ctx->cdb) > 1)
		return kvdev_scsi_bad_cdb(ctx, 1, 2);
	sense = take_range(ctx, ctx->lu->cfg.max_blocks);
	if (sense)
		return sense;
	if (byte_check(ctx->cdb))
		cmd->flags |= KVDEV_SCSI_F_COMPARE;
	cmd->flags |= KVDEV_SCSI_F_FUA;
	cmd->action = KVDEV_SCSI_WRITE_VERIFY;
	cmd->out_len = bytes(ctx, cmd->blocks);
	return 0;
}

/* SBC-3, 5.36 */
u32 kvdev_scsi_verify(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;
	u8 check = byte_check(ctx->cdb);
	u32 sense;

	sense = take_flags(ctx);
	if (sense)
		return sense;
	if (check == 2)
		return kvdev_scsi_bad_cdb(ctx, 1, 2);
	sense = take_range(ctx, ctx->lu->cfg.max_blocks);
	if (sense)
		return sense;
	cmd->action = KVDEV_SCSI_VERIFY;
	if (check)
		cmd->flags |= KVDEV_SCSI_F_COMPARE;
	if (check == 1)
		cmd->out_len = bytes(ctx, cmd->blocks);
	if (check == 3 && cmd->blocks) {
		cmd->flags |= KVDEV_SCSI_F_ONE_BLOCK;
		cmd->out_len = bytes(ctx, 1);
	}
	return 0;
}

/* SBC-3, 5.2 */
u32 kvdev_scsi_compare_write(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;
	u32 sense;

	sense = take_flags(ctx);
	if (sense)
		return sense;
	cmd->lba = get_unaligned_be64(&ctx->cdb[2]);
	cmd->blocks = ctx->cdb[13];
	if (cmd->blocks > ctx->lu->cfg.max_compare_blocks)
		return kvdev_scsi_bad_cdb(ctx, 13, 7);
	sense = check_range(ctx->lu, cmd->lba, cmd->blocks);
	if (sense)
		return sense;
	take_fua(ctx, fua_bit(ctx->cdb));
	cmd->action = KVDEV_SCSI_COMPARE_WRITE;
	cmd->out_len = bytes(ctx, 2 * cmd->blocks);
	return 0;
}

/* ------------------------------------------------------- no data, or less */

/* SBC-3, 5.30. The store flushes all it has, and so a range is no help. */
u32 kvdev_scsi_sync_cache(struct kvdev_scsi_ctx *ctx)
{
	u32 sense = take_range(ctx, 0);

	if (sense)
		return sense;
	ctx->cmd->action = KVDEV_SCSI_FLUSH;
	if (ctx->cdb[1] & 0x02)
		ctx->cmd->flags |= KVDEV_SCSI_F_IMMED;
	return 0;
}

/*
 * SBC-3, 5.7. The host reads ahead by its own lights; GOOD says that not all
 * of it is in the cache.
 */
u32 kvdev_scsi_pre_fetch(struct kvdev_scsi_ctx *ctx)
{
	u32 sense = take_range(ctx, 0);

	return sense ? sense : kvdev_scsi_respond(ctx, 0, 0);
}

/* MMC-6, 6.41; for disks it is history, and harmless */
u32 kvdev_scsi_seek(struct kvdev_scsi_ctx *ctx)
{
	u32 sense = check_range(ctx->lu, get_unaligned_be32(&ctx->cdb[2]), 0);

	return sense ? sense : kvdev_scsi_respond(ctx, 0, 0);
}

/* SBC-3, 5.15; MMC-6, 6.24 */
u32 kvdev_scsi_read_capacity_10(struct kvdev_scsi_ctx *ctx)
{
	const u64 last = ctx->lu->nr_blocks - 1;
	u8 *resp = kvdev_scsi_resp(ctx, 8);

	/* All ones: ask READ CAPACITY(16) */
	put_unaligned_be32(min_t(u64, last, U32_MAX), resp);
	put_unaligned_be32(ctx->lu->cfg.block_size, &resp[4]);
	return kvdev_scsi_respond(ctx, 8, 8);
}

/* SBC-3, 5.16 */
u32 kvdev_scsi_read_capacity_16(struct kvdev_scsi_ctx *ctx)
{
	const struct kvdev_scsi_config *cfg = &ctx->lu->cfg;
	u8 *resp = kvdev_scsi_resp(ctx, 32);

	put_unaligned_be64(ctx->lu->nr_blocks - 1, resp);
	put_unaligned_be32(cfg->block_size, &resp[8]);
	resp[13] = cfg->physical_exp;
	put_unaligned_be16(cfg->aligned_lba, &resp[14]);
	if (cfg->unmap)
		resp[14] |= 0x80;		/* LBPME */
	if (cfg->unmap && cfg->unmap_zeroes)
		resp[14] |= 0x40;		/* LBPRZ */
	return kvdev_scsi_respond(ctx, 32, get_unaligned_be32(&ctx->cdb[10]));
}

/* ----------------------------------------------------------- provisioning */

#define SAME_NDOB	0x01	/* WRITE SAME(16): there is no data, but zeroes */
#define SAME_UNMAP	0x08

/* SBC-3, 5.43 and 5.44 */
u32 kvdev_scsi_write_same(struct kvdev_scsi_ctx *ctx)
{
	const struct kvdev_scsi_config *cfg = &ctx->lu->cfg;
	bool ndob = ctx->cdb[0] == OP_WRITE_SAME_16 && ctx->cdb[1] & SAME_NDOB;
	struct kvdev_scsi_cmd *cmd = ctx->cmd;
	u32 sense;

	if (ctx->cdb[1] & 0xe0)
		return kvdev_scsi_bad_cdb(ctx, 1, 7);
	/* No anchors; LBDATA and PBDATA are history */
	if (ctx->cdb[1] & 0x10)
		return kvdev_scsi_bad_cdb(ctx, 1, 4);
	if (ctx->cdb[1] & 0x06)
		return kvdev_scsi_bad_cdb(ctx, 1, 2);
	if (ctx->cdb[1] & SAME_UNMAP && !cfg->unmap)
		return kvdev_scsi_bad_cdb(ctx, 1, 3);
	sense = take_range(ctx, cfg->max_same_blocks);
	if (sense)
		return sense;
	/* The block limits page says that 0 is not supported: WSNZ */
	if (!cmd->blocks)
		return kvdev_scsi_bad_cdb(ctx, blocks_at(ctx->cdb), 7);
	if (ctx->cdb[1] & SAME_UNMAP)
		cmd->flags |= KVDEV_SCSI_F_UNMAP;
	take_fua(ctx, false);
	cmd->action = KVDEV_SCSI_WRITE_SAME;
	cmd->flags |= KVDEV_SCSI_F_ONE_BLOCK;
	cmd->out_len = ndob ? 0 : bytes(ctx, 1);
	return 0;
}

#define UNMAP_HEADER	8
#define UNMAP_ENTRY	16

/* SBC-3, 5.35 */
u32 kvdev_scsi_unmap(struct kvdev_scsi_ctx *ctx)
{
	u16 len = get_unaligned_be16(&ctx->cdb[7]);

	if (ctx->cdb[1] & 0x01)
		return kvdev_scsi_bad_cdb(ctx, 1, 0);
	if (!len)
		return kvdev_scsi_respond(ctx, 0, 0);
	if (len < UNMAP_HEADER)
		return KVDEV_SENSE_PARAM_LENGTH;
	ctx->cmd->action = KVDEV_SCSI_PARAMS;
	/* What is too long has too many ranges, which the header says */
	ctx->cmd->out_len = min_t(u32, len, KVDEV_SCSI_PARAM_MAX);
	return 0;
}

u32 kvdev_scsi_unmap_params(struct kvdev_scsi_ctx *ctx)
{
	u32 limit = ctx->lu->cfg.max_unmap_blocks, nr, i;
	struct kvdev_scsi_cmd *cmd = ctx->cmd;
	struct kvdev_scsi_range range;
	u64 total = 0;

	nr = get_unaligned_be16(&ctx->params[2]) / UNMAP_ENTRY;
	if (nr > KVDEV_SCSI_UNMAP_MAX)
		return kvdev_scsi_bad_param(ctx, 2, 7);
	if (nr > (cmd->out_len - UNMAP_HEADER) / UNMAP_ENTRY)
		return KVDEV_SENSE_PARAM_LENGTH;
	for (i = 0; i < nr; i++) {
		kvdev_scsi_unmap_range(ctx->params, i, &range);
		/* SBC-3, 5.35.2: no blocks are no error, at the end neither */
		if (range.lba > ctx->lu->nr_blocks ||
		    range.blocks > ctx->lu->nr_blocks - range.lba)
			return KVDEV_SENSE_LBA_RANGE;
		total += range.blocks;
		if (limit && total > limit)
			return kvdev_scsi_bad_param(ctx, UNMAP_HEADER +
						    i * UNMAP_ENTRY + 8, 7);
	}
	cmd->nr_ranges = nr;
	take_fua(ctx, false);
	if (nr)
		cmd->action = KVDEV_SCSI_UNMAP;
	return 0;
}

/**
 * kvdev_scsi_unmap_range - one range of UNMAP
 * @params: the parameter list
 * @index: which, below cmd->nr_ranges
 * @range: out: the range
 */
void kvdev_scsi_unmap_range(const u8 *params, u32 index,
			    struct kvdev_scsi_range *range)
{
	const u8 *entry = &params[UNMAP_HEADER + index * UNMAP_ENTRY];

	range->lba = get_unaligned_be64(entry);
	range->blocks = get_unaligned_be32(&entry[8]);
	range->deallocated = false;
}

#define STATUS_HEADER	8
#define STATUS_ENTRY	16
#define STATUS_MAX	((KVDEV_SCSI_RESP_MAX - STATUS_HEADER) / STATUS_ENTRY)

/* SBC-3, 5.6 */
u32 kvdev_scsi_get_lba_status(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;
	u32 sense;

	cmd->lba = get_unaligned_be64(&ctx->cdb[2]);
	cmd->alloc_len = get_unaligned_be32(&ctx->cdb[10]);
	sense = check_range(ctx->lu, cmd->lba, 0);
	if (sense)
		return sense;
	/* The header and one range, at least */
	if (cmd->alloc_len < STATUS_HEADER + STATUS_ENTRY)
		return kvdev_scsi_bad_cdb(ctx, 10, 7);
	cmd->nr_ranges = min_t(u32, STATUS_MAX,
			       (cmd->alloc_len - STATUS_HEADER) / STATUS_ENTRY);
	cmd->blocks = ctx->lu->nr_blocks - cmd->lba;
	cmd->action = KVDEV_SCSI_LBA_STATUS;
	return 0;
}

/**
 * kvdev_scsi_lba_status - the answer to GET LBA STATUS
 * @cmd: command with KVDEV_SCSI_LBA_STATUS; becomes KVDEV_SCSI_DONE. Its
 *	resp_len may be more than the driver has room for: then it is
 *	KVDEV_SCSI_OVERRUN
 * @req: the command as it came
 * @ranges: from cmd->lba on, without holes
 * @nr: number of them; what is more than cmd->nr_ranges is left out
 * @resp: KVDEV_SCSI_RESP_MAX bytes
 */
void kvdev_scsi_lba_status(struct kvdev_scsi_cmd *cmd,
			   const struct kvdev_scsi_req *req,
			   const struct kvdev_scsi_range *ranges, u32 nr,
			   u8 *resp)
{
	u32 i;

	nr = min(nr, cmd->nr_ranges);
	memset(resp, 0, STATUS_HEADER + nr * STATUS_ENTRY);
	put_unaligned_be32(4 + nr * STATUS_ENTRY, resp);
	for (i = 0; i < nr; i++) {
		u8 *entry = &resp[STATUS_HEADER + i * STATUS_ENTRY];

		put_unaligned_be64(ranges[i].lba, entry);
		put_unaligned_be32(ranges[i].blocks, &entry[8]);
		entry[12] = ranges[i].deallocated;
	}
	cmd->action = KVDEV_SCSI_DONE;
	cmd->resp_len = STATUS_HEADER + nr * STATUS_ENTRY;
	cmd->in_len = cmd->resp_len;
	kvdev_scsi_check_buffers(req, cmd);
}
