// SPDX-License-Identifier: GPL-2.0
/*
 * Commands about the drive: MMC-6, 6. A CD-ROM drive that also takes DVDs; the
 * size of the medium says which it has.
 */
#include "cdb.h"

#define PROFILE_CD_ROM		0x0008
#define PROFILE_DVD_ROM		0x0010

static u16 current_profile(const struct kvdev_scsi_lu *lu)
{
	if (kvdev_scsi_not_ready(lu))
		return 0;
	return kvdev_scsi_is_dvd(lu) ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
}

/* ------------------------------------------------------ GET CONFIGURATION */

#define PERSISTENT	0x02	/* always current */
#define CURRENT		0x01
#define VERSION(n)	((n) << 2)
#define FEATURE_MAX	12

#define FEATURE_PROFILES	0x0000
#define FEATURE_RANDOM_READABLE	0x0010

/*
 * MMC-6, 5.3: a feature, current with any of the two profiles or with none
 * (PERSISTENT), and its data. Profile list and random readable depend on more
 * than that.
 */
struct feature {
	u16 code;
	u8 flags;
	u16 profiles[2];
	u8 len;
	u8 data[8];
};

static const struct feature features[] = {
	{ FEATURE_PROFILES, PERSISTENT, .len = 8 },
	/* Core: SCSI family */
	{ 0x0001, PERSISTENT | VERSION(2), .len = 8, .data = { 0, 0, 0, 1 } },
	/* Morphing: events are polled for */
	{ 0x0002, PERSISTENT | VERSION(1), .len = 4 },
	/* Removable medium: tray, loads, ejects, locks */
	{ 0x0003, PERSISTENT | VERSION(1), .len = 4, .data = { 0x39 } },
	{ FEATURE_RANDOM_READABLE, 0, { PROFILE_CD_ROM, PROFILE_DVD_ROM },
	  .len = 8, .data = { 0, 0, 0x08, 0 } },
	/* Multi-read */
	{ 0x001d, 0, { PROFILE_CD_ROM } },
	/* CD read */
	{ 0x001e, VERSION(2), { PROFILE_CD_ROM }, .len = 4 },
	/* DVD read */
	{ 0x001f, VERSION(1), { PROFILE_DVD_ROM }, .len = 4 },
	/* Real time streaming: SET CD SPEED, mode page 2Ah */
	{ 0x0107, VERSION(4), { PROFILE_CD_ROM, PROFILE_DVD_ROM }, .len = 4,
	  .data = { 0x0c } },
};

static bool feature_current(const struct feature *feature, u16 profile)
{
	return feature->flags & PERSISTENT ||
	       (profile && (feature->profiles[0] == profile ||
			    feature->profiles[1] == profile));
}

static u32 put_feature(const struct feature *feature, u16 profile, u8 *to)
{
	bool current_now = feature_current(feature, profile);

	put_unaligned_be16(feature->code, to);
	to[2] = feature->flags | (current_now ? CURRENT : 0);
	to[3] = feature->len;
	memcpy(&to[4], feature->data, feature->len);
	if (feature->code == FEATURE_PROFILES) {
		put_unaligned_be16(PROFILE_DVD_ROM, &to[4]);
		to[6] = profile == PROFILE_DVD_ROM;
		put_unaligned_be16(PROFILE_CD_ROM, &to[8]);
		to[10] = profile == PROFILE_CD_ROM;
	}
	if (feature->code == FEATURE_RANDOM_READABLE) {
		/* Blocks that are read at once; the error recovery page */
		to[9] = profile == PROFILE_DVD_ROM ? 16 : 1;
		to[10] = 0x01;
	}
	return 4 + feature->len;
}

/* MMC-6, 6.5 */
u32 kvdev_scsi_get_configuration(struct kvdev_scsi_ctx *ctx)
{
	u16 first = get_unaligned_be16(&ctx->cdb[2]);
	u16 profile = current_profile(ctx->lu);
	u8 which = ctx->cdb[1] & 0x03;
	u8 *resp = kvdev_scsi_resp(ctx, 8 + ARRAY_SIZE(features) * FEATURE_MAX);
	u32 i, len = 8;

	if (which == 3)
		return kvdev_scsi_bad_cdb(ctx, 1, 1);
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *feature = &features[i];

		if (feature->code < first)
			continue;
		/* 1: current ones; 2: this one; 0: all */
		if (which == 1 && !feature_current(feature, profile))
			continue;
		if (which == 2 && feature->code != first)
			continue;
		len += put_feature(feature, profile, &resp[len]);
	}
	put_unaligned_be32(len - 4, resp);
	put_unaligned_be16(profile, &resp[6]);
	return kvdev_scsi_respond(ctx, len, get_unaligned_be16(&ctx->cdb[7]));
}

/* ------------------------------------------ GET EVENT STATUS NOTIFICATION */

#define CLASS_MEDIA	4
#define NO_EVENT_CLASS	0x80

/* MMC-6, 6.6: the media class, polled. An event is told once. */
u32 kvdev_scsi_get_event_status(struct kvdev_scsi_ctx *ctx)
{
	u16 alloc_len = get_unaligned_be16(&ctx->cdb[7]);
	const struct kvdev_scsi_lu *lu = ctx->lu;
	u8 *resp = kvdev_scsi_resp(ctx, 8);

	/* Nobody waits here for an event */
	if (!(ctx->cdb[1] & 0x01))
		return kvdev_scsi_bad_cdb(ctx, 1, 0);
	resp[3] = BIT(CLASS_MEDIA);
	if (!(ctx->cdb[4] & BIT(CLASS_MEDIA))) {
		resp[2] = NO_EVENT_CLASS;
		return kvdev_scsi_respond(ctx, 4, alloc_len);
	}
	put_unaligned_be16(4, resp);
	resp[2] = CLASS_MEDIA;
	resp[4] = ctx->nexus->media_event;
	if (lu->tray_open)
		resp[5] |= 0x01;
	if (lu->medium && !lu->tray_open)
		resp[5] |= 0x02;
	/* Who fetches less than the event has yet to see it */
	if (alloc_len > 4)
		ctx->nexus->media_event = MEDIA_EVENT_NONE;
	return kvdev_scsi_respond(ctx, 8, alloc_len);
}

/* ------------------------------------------------------------ performance */

#define SPEED	8800	/* kB/s: 50 times that of a CD player */

/* MMC-6, 6.8: the same speed everywhere */
u32 kvdev_scsi_get_performance(struct kvdev_scsi_ctx *ctx)
{
	u16 max = get_unaligned_be16(&ctx->cdb[8]);
	const struct kvdev_scsi_lu *lu = ctx->lu;
	u8 *resp = kvdev_scsi_resp(ctx, 24);
	u32 len = 8;

	/* Type 0, performance; no other */
	if (ctx->cdb[10])
		return kvdev_scsi_bad_cdb(ctx, 10, 7);
	/* It does not write */
	if (ctx->cdb[1] & 0x04)
		return kvdev_scsi_bad_cdb(ctx, 1, 2);
	if (ctx->cdb[1] & 0x03) {
		/* Exceptions: none */
		resp[4] = 0x01;
	} else if (max && !kvdev_scsi_not_ready(lu)) {
		put_unaligned_be32(SPEED, &resp[12]);
		put_unaligned_be32(min_t(u64, lu->nr_blocks - 1, U32_MAX),
				   &resp[16]);
		put_unaligned_be32(SPEED, &resp[20]);
		len = 24;
	}
	put_unaligned_be32(len - 4, resp);
	return kvdev_scsi_respond(ctx, len, len);
}

/* MMC-3, 5.2.36: as fast as it is, whatever one asks for */
u32 kvdev_scsi_set_cd_speed(struct kvdev_scsi_ctx *ctx)
{
	return kvdev_scsi_respond(ctx, 0, 0);
}

/* MMC-6, 6.16: one slot, and a door */
u32 kvdev_scsi_mechanism_status(struct kvdev_scsi_ctx *ctx)
{
	u8 *resp = kvdev_scsi_resp(ctx, 8);

	if (ctx->lu->tray_open)
		resp[1] = 0x10;
	return kvdev_scsi_respond(ctx, 8, get_unaligned_be16(&ctx->cdb[8]));
}

/* MMC-6, 6.18: a buffer is for writing, and there is none */
u32 kvdev_scsi_read_buffer_capacity(struct kvdev_scsi_ctx *ctx)
{
	u8 *resp = kvdev_scsi_resp(ctx, 12);

	put_unaligned_be16(10, resp);
	if (ctx->cdb[1] & 0x01)
		resp[3] = 0x01;		/* in blocks */
	return kvdev_scsi_respond(ctx, 12, get_unaligned_be16(&ctx->cdb[7]));
}

/* ---------------------------------------------------------------- READ CD */

#define TYPE_ANY	0
#define TYPE_MODE_1	2
#define USER_DATA	0x10

/*
 * MMC-6, 6.19 and 6.20: user data of mode 1 sectors, which is all there is.
 * @at is where the CDB says how many.
 */
static u32 read_cd(struct kvdev_scsi_ctx *ctx, u64 lba, u32 blocks, u32 at)
{
	struct kvdev_scsi_cmd *cmd = ctx->cmd;
	const struct kvdev_scsi_lu *lu = ctx->lu;
	const u8 *cdb = ctx->cdb;
	u8 type = cdb[1] >> 2 & 0x07;

	if (type != TYPE_ANY && type != TYPE_MODE_1)
		return KVDEV_SENSE_ILLEGAL_TRACK_MODE;
	/* Headers, sync, error correction, C2, subchannels: not kept */
	if (cdb[9] & ~USER_DATA)
		return kvdev_scsi_bad_cdb(ctx, 9, 7);
	if (cdb[10] & 0x07)
		return kvdev_scsi_bad_cdb(ctx, 10, 2);

	cmd->lba = lba;
	cmd->blocks = blocks;
	if (lu->cfg.max_blocks && cmd->blocks > lu->cfg.max_blocks)
		return kvdev_scsi_bad_cdb(ctx, at, 7);
	if (cmd->lba >= lu->nr_blocks ||
	    cmd->blocks > lu->nr_blocks - cmd->lba)
		return KVDEV_SENSE_LBA_RANGE;
	/* Nothing selected: a seek */
	if (!(cdb[9] & USER_DATA))
		return kvdev_scsi_respond(ctx, 0, 0);
	cmd->action = KVDEV_SCSI_READ;
	cmd->in_len = cmd->blocks * lu->cfg.block_size;
	return 0;
}

u32 kvdev_scsi_read_cd(struct kvdev_scsi_ctx *ctx)
{
	return read_cd(ctx, get_unaligned_be32(&ctx->cdb[2]),
		       get_unaligned_be24(&ctx->cdb[6]), 6);
}

/* Minutes, seconds and frames, as frames; false: there is no such time. */
static bool get_msf(const u8 *from, u32 *frames)
{
	*frames = (from[0] * MSF_SECONDS + from[1]) * MSF_FRAMES + from[2];
	return from[1] < MSF_SECONDS && from[2] < MSF_FRAMES;
}

/* From a time to another one, which is not read any more; none is no error. */
u32 kvdev_scsi_read_cd_msf(struct kvdev_scsi_ctx *ctx)
{
	u32 first, end;

	if (!get_msf(&ctx->cdb[3], &first))
		return kvdev_scsi_bad_cdb(ctx, 3, 7);
	if (!get_msf(&ctx->cdb[6], &end) || end < first)
		return kvdev_scsi_bad_cdb(ctx, 6, 7);
	/* What is before the first block is no data. */
	if (first < MSF_OFFSET)
		return KVDEV_SENSE_LBA_RANGE;
	return read_cd(ctx, first - MSF_OFFSET, end - first, 6);
}
