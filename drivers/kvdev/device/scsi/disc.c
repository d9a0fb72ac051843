// SPDX-License-Identifier: GPL-2.0
/*
 * Commands about the disc: MMC-6, 6. One session of one data track, closed.
 */
#include "cdb.h"

#define LEAD_OUT	0xaa
#define ADR_CONTROL	0x14	/* position in subchannel Q; data track */

/* MMC-6, table 2: a time that has more digits than fit is the last one */
static void put_msf(u64 lba, u8 *to)
{
	const u64 max = 100 * MSF_SECONDS * MSF_FRAMES - 1 - MSF_OFFSET;
	u32 frames = min(lba, max) + MSF_OFFSET;

	to[0] = frames / MSF_FRAMES / MSF_SECONDS;
	to[1] = frames / MSF_FRAMES % MSF_SECONDS;
	to[2] = frames % MSF_FRAMES;
}

static void put_address(const struct kvdev_scsi_ctx *ctx, u64 lba, u8 *to)
{
	if (ctx->cdb[1] & 0x02)
		put_msf(lba, &to[1]);
	else
		put_unaligned_be32(min_t(u64, lba, U32_MAX), to);
}

/* ----------------------------------------------------------- READ TOC */

static u32 put_track(const struct kvdev_scsi_ctx *ctx, u8 track, u64 lba,
		     u8 *to)
{
	to[1] = ADR_CONTROL;
	to[2] = track;
	put_address(ctx, lba, &to[4]);
	return 8;
}

/* MMC-6, 6.22.3.2: tracks, from a given one on */
static u32 formatted_toc(struct kvdev_scsi_ctx *ctx, u8 *resp, u32 *len)
{
	u8 first = ctx->cdb[6];

	if (first > 1 && first != LEAD_OUT)
		return kvdev_scsi_bad_cdb(ctx, 6, 7);
	if (first <= 1)
		*len += put_track(ctx, 1, 0, &resp[*len]);
	*len += put_track(ctx, LEAD_OUT, ctx->lu->nr_blocks, &resp[*len]);
	return 0;
}

/* MMC-6, 6.22.3.4: what the lead-in has, always as times */
static u32 put_raw(u8 point, u8 *to)
{
	to[0] = 1;
	to[1] = ADR_CONTROL;
	to[3] = point;
	return 11;
}

static void raw_toc(struct kvdev_scsi_ctx *ctx, u8 *resp, u32 *len)
{
	u32 at = *len;

	/* First track, and the type of the disc: CD-ROM */
	*len += put_raw(0xa0, &resp[*len]);
	resp[at + 8] = 1;
	/* Last track */
	at = *len;
	*len += put_raw(0xa1, &resp[*len]);
	resp[at + 8] = 1;
	at = *len;
	*len += put_raw(0xa2, &resp[*len]);
	put_msf(ctx->lu->nr_blocks, &resp[at + 8]);
	at = *len;
	*len += put_raw(1, &resp[*len]);
	put_msf(0, &resp[at + 8]);
}

u32 kvdev_scsi_read_toc(struct kvdev_scsi_ctx *ctx)
{
	/* SFF-8020 had the format in the control byte: some still do */
	u8 format = ctx->cdb[2] & 0x0f ?: ctx->cdb[9] >> 6;
	u8 *resp = kvdev_scsi_resp(ctx, 64);
	u32 len = 4, sense;

	switch (format) {
	case 0:
		sense = formatted_toc(ctx, resp, &len);
		if (sense)
			return sense;
		break;
	case 1:
		/* Sessions: the first track of the last one */
		len += put_track(ctx, 1, 0, &resp[len]);
		break;
	case 2:
		raw_toc(ctx, resp, &len);
		break;
	default:
		return kvdev_scsi_bad_cdb(ctx, 2, 3);
	}
	put_unaligned_be16(len - 2, resp);
	resp[2] = 1;
	resp[3] = 1;
	return kvdev_scsi_respond(ctx, len, get_unaligned_be16(&ctx->cdb[7]));
}

/* -------------------------------------------------------------- the disc */

/* MMC-6, 6.21 */
u32 kvdev_scsi_read_disc_info(struct kvdev_scsi_ctx *ctx)
{
	u8 *resp = kvdev_scsi_resp(ctx, 34);

	/* Standard information; no tracks or other resources to speak of */
	if (ctx->cdb[1] & 0x07)
		return kvdev_scsi_bad_cdb(ctx, 1, 2);
	put_unaligned_be16(32, resp);
	resp[2] = 0x0e;			/* complete; so is its last session */
	resp[3] = 1;			/* first track */
	resp[4] = 1;			/* sessions */
	resp[5] = 1;			/* first track of the last session */
	resp[6] = 1;			/* last track of it */
	resp[7] = 0x20;			/* for unrestricted use */
	/* No lead-in, lead-out of a session to come */
	memset(&resp[16], 0xff, 8);
	return kvdev_scsi_respond(ctx, 34, get_unaligned_be16(&ctx->cdb[7]));
}

/* MMC-6, 6.26 */
u32 kvdev_scsi_read_track_info(struct kvdev_scsi_ctx *ctx)
{
	u32 number = get_unaligned_be32(&ctx->cdb[2]);
	const struct kvdev_scsi_lu *lu = ctx->lu;
	u8 *resp = kvdev_scsi_resp(ctx, 36);

	switch (ctx->cdb[1] & 0x03) {
	case 0:
		if (number >= lu->nr_blocks)
			return KVDEV_SENSE_LBA_RANGE;
		break;
	case 1:
	case 2:
		/* The track, the session */
		if (number != 1)
			return kvdev_scsi_bad_cdb(ctx, 2, 7);
		break;
	default:
		return kvdev_scsi_bad_cdb(ctx, 1, 1);
	}
	put_unaligned_be16(34, resp);
	resp[2] = 1;
	resp[3] = 1;
	resp[5] = 0x04;			/* data track */
	resp[6] = 0x01;			/* mode 1 */
	put_unaligned_be32(min_t(u64, lu->nr_blocks, U32_MAX), &resp[24]);
	return kvdev_scsi_respond(ctx, 36, get_unaligned_be16(&ctx->cdb[7]));
}

/* --------------------------------------------------- READ DISC STRUCTURE */

#define STRUCTURE_HEADER	4
#define PHYSICAL_LEN		2048
#define DATA_START		0x030000	/* first sector of a DVD's data */

/* MMC-6, 6.22.2.3: physical format: DVD-ROM, 120 mm, one layer */
static u32 put_physical(const struct kvdev_scsi_lu *lu, u8 *to)
{
	to[0] = 0x01;			/* DVD-ROM, version 1 */
	to[1] = 0x0f;			/* maximum rate: not specified */
	to[2] = 0x01;			/* embossed */
	put_unaligned_be24(DATA_START, &to[5]);
	put_unaligned_be24(min_t(u64, DATA_START + lu->nr_blocks - 1, 0xffffff),
			   &to[9]);
	return PHYSICAL_LEN;
}

/* MMC-6, 6.22.2: which structures there are */
static u32 put_structures(u8 *to)
{
	static const struct { u8 code; u16 len; } list[] = {
		{ 0x00, STRUCTURE_HEADER + PHYSICAL_LEN },
		{ 0x01, STRUCTURE_HEADER + 4 },
		{ 0xff, STRUCTURE_HEADER + 3 * 4 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(list); i++) {
		to[4 * i] = list[i].code;
		to[4 * i + 1] = 0x40;	/* readable */
		put_unaligned_be16(list[i].len, &to[4 * i + 2]);
	}
	return ARRAY_SIZE(list) * 4;
}

u32 kvdev_scsi_read_disc_structure(struct kvdev_scsi_ctx *ctx)
{
	u16 alloc_len = get_unaligned_be16(&ctx->cdb[8]);
	u8 *resp = kvdev_scsi_resp(ctx, STRUCTURE_HEADER + PHYSICAL_LEN);
	u32 len;

	/* A CD has no such structures, a Blu-ray disc is not what we have */
	if (!kvdev_scsi_is_dvd(ctx->lu))
		return KVDEV_SENSE_WRONG_FORMAT;
	if (ctx->cdb[1] & 0x0f)
		return kvdev_scsi_bad_cdb(ctx, 1, 3);
	/* There is no second layer */
	if (ctx->cdb[6])
		return kvdev_scsi_bad_cdb(ctx, 6, 7);
	switch (ctx->cdb[7]) {
	case 0x00:
		len = put_physical(ctx->lu, &resp[STRUCTURE_HEADER]);
		break;
	case 0x01:
		/* Copyright: no protection, no regions */
		len = 4;
		break;
	case 0xff:
		len = put_structures(&resp[STRUCTURE_HEADER]);
		break;
	default:
		return kvdev_scsi_bad_cdb(ctx, 7, 7);
	}
	len += STRUCTURE_HEADER;
	put_unaligned_be16(len - 2, resp);
	return kvdev_scsi_respond(ctx, len, alloc_len);
}

/* ------------------------------------------------------ READ SUB-CHANNEL */

#define NO_AUDIO_STATUS	0x15	/* there is none, as nothing is played */

/* MMC-3, 5.2.31 */
u32 kvdev_scsi_read_sub_channel(struct kvdev_scsi_ctx *ctx)
{
	u16 alloc_len = get_unaligned_be16(&ctx->cdb[7]);
	u8 *resp = kvdev_scsi_resp(ctx, 24);
	u32 len;

	resp[1] = NO_AUDIO_STATUS;
	/* SUBQ: else the header only */
	if (!(ctx->cdb[2] & 0x40))
		return kvdev_scsi_respond(ctx, 4, alloc_len);
	resp[4] = ctx->cdb[3];
	switch (ctx->cdb[3]) {
	case 1:
		/* The current position: the beginning of track 1 */
		len = 16;
		resp[5] = ADR_CONTROL;
		resp[6] = 1;
		resp[7] = 1;
		put_address(ctx, 0, &resp[8]);
		put_address(ctx, 0, &resp[12]);
		/* The second is relative to the track: no pregap */
		if (ctx->cdb[1] & 0x02)
			memset(&resp[12], 0, 4);
		break;
	case 2:
	case 3:
		/* Catalogue number, recording code: not valid */
		len = 24;
		break;
	default:
		return kvdev_scsi_bad_cdb(ctx, 3, 7);
	}
	put_unaligned_be16(len - 4, &resp[2]);
	return kvdev_scsi_respond(ctx, len, alloc_len);
}
