// SPDX-License-Identifier: GPL-2.0
/*
 * Mode pages: SPC-4, 7.5; SBC-3, 6.5; MMC-6, 7.
 *
 * A page is its default bytes, a mask of the bits that a driver can change,
 * and two functions that carry these bits to and from struct kvdev_scsi_mode.
 */
#include "cdb.h"

#define PAGE_MAX	22
#define ALL_PAGES	0x3f
#define ALL_SUBPAGES	0xff

/* PAGE CONTROL of MODE SENSE */
enum page_control { CURRENT, CHANGEABLE, DEFAULT, SAVED };

struct mode_page {
	u8 type;
	u8 len;
	u8 defaults[PAGE_MAX];
	u8 changeable[PAGE_MAX];
	void (*get)(const struct kvdev_scsi_lu *lu,
		    const struct kvdev_scsi_mode *mode, u8 *page);
	void (*set)(struct kvdev_scsi_mode *mode, const u8 *page);
};

#define WCE	0x04
#define RCD	0x01

static void get_caching(const struct kvdev_scsi_lu *lu,
			const struct kvdev_scsi_mode *mode, u8 *page)
{
	page[2] |= (mode->wce ? WCE : 0) | (mode->rcd ? RCD : 0);
}

static void set_caching(struct kvdev_scsi_mode *mode, const u8 *page)
{
	mode->wce = page[2] & WCE;
	mode->rcd = page[2] & RCD;
}

#define D_SENSE	0x04
#define SWP	0x08

static void get_control(const struct kvdev_scsi_lu *lu,
			const struct kvdev_scsi_mode *mode, u8 *page)
{
	page[2] |= mode->d_sense ? D_SENSE : 0;
	page[4] |= mode->swp ? SWP : 0;
}

static void set_control(struct kvdev_scsi_mode *mode, const u8 *page)
{
	mode->d_sense = page[2] & D_SENSE;
	mode->swp = page[4] & SWP;
}

/* The lock state is no parameter, but it is in the page */
static void get_capabilities(const struct kvdev_scsi_lu *lu,
			     const struct kvdev_scsi_mode *mode, u8 *page)
{
	page[6] |= kvdev_scsi_locked(lu) ? 0x02 : 0;
}

/* By page code. What is not named is 0. */
static const struct mode_page pages[] = {
	{
		/* Read-write error recovery: nothing to choose */
		.type = FOR_UNITS,
		.len = 12,
		.defaults = { 0x01, 0x0a },
	},
	{
		/* Caching */
		.type = FOR_DISK,
		.len = 20,
		.defaults = { 0x08, 0x12 },
		.changeable = { 0, 0, WCE | RCD },
		.get = get_caching,
		.set = set_caching,
	},
	{
		/* Control: GLTSD; commands are reordered freely; no busy limit */
		.type = FOR_DISK,
		.len = 12,
		.defaults = { 0x0a, 0x0a, 0x02, 0x10, 0, 0, 0, 0, 0xff, 0xff },
		.changeable = { 0, 0, D_SENSE, 0, SWP },
		.get = get_control,
		.set = set_control,
	},
	{
		/* Informational exceptions control: DEXCPT */
		.type = FOR_DISK,
		.len = 12,
		.defaults = { 0x1c, 0x0a, 0x08 },
	},
	{
		/*
		 * CD capabilities (MMC-3, 5.5.10): reads CD-R, CD-RW, DVD-ROM;
		 * tray, ejects, locks; 50 times 176 kB/s, a buffer of 2 MB
		 */
		.type = FOR_CDROM,
		.len = 22,
		.defaults = { 0x2a, 0x14, 0x0b, 0, 0, 0, 0x29, 0, 0x22, 0x60,
			      0, 0, 0x08, 0x00, 0x22, 0x60 },
		.get = get_capabilities,
	},
};

static bool page_there(const struct kvdev_scsi_lu *lu,
		       const struct mode_page *page)
{
	return page->type & (lu->cfg.type == KVDEV_SCSI_DISK ? FOR_DISK :
							       FOR_CDROM);
}

static const struct mode_page *find_page(const struct kvdev_scsi_lu *lu,
					 u8 code)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i].defaults[0] == code && page_there(lu, &pages[i]))
			return &pages[i];
	return NULL;
}

static u32 add_page(const struct kvdev_scsi_lu *lu,
		    const struct mode_page *page, enum page_control control,
		    u8 *to)
{
	const struct kvdev_scsi_mode defaults = { .wce = lu->cfg.write_back };
	const struct kvdev_scsi_mode *mode = &lu->mode;

	if (control == CHANGEABLE) {
		memcpy(to, page->changeable, page->len);
		memcpy(to, page->defaults, 2);
	} else {
		if (control == DEFAULT)
			mode = &defaults;
		else if (control == SAVED)
			mode = &lu->saved;
		memcpy(to, page->defaults, page->len);
		if (page->get)
			page->get(lu, mode, to);
	}
	/* PS: can be saved */
	if (page->set)
		to[0] |= 0x80;
	return page->len;
}

/* ------------------------------------------------------------- MODE SENSE */

static bool is_6(const u8 *cdb)
{
	return kvdev_scsi_cdb_len(cdb[0]) == 6;
}

static u32 add_block_descriptor(const struct kvdev_scsi_lu *lu, bool long_lba,
				u8 *to)
{
	/* MMC-6, 7.2.2.2: there is none. DBD, and no medium, are the caller's */
	if (lu->cfg.type != KVDEV_SCSI_DISK)
		return 0;
	if (long_lba) {
		put_unaligned_be64(lu->nr_blocks, to);
		put_unaligned_be32(lu->cfg.block_size, &to[12]);
		return 16;
	}
	put_unaligned_be32(min_t(u64, lu->nr_blocks, U32_MAX), to);
	put_unaligned_be24(lu->cfg.block_size, &to[5]);
	return 8;
}

/* SPC-4, 6.13 and 6.14 */
u32 kvdev_scsi_mode_sense(struct kvdev_scsi_ctx *ctx)
{
	const u8 *cdb = ctx->cdb;
	const struct kvdev_scsi_lu *lu = ctx->lu;
	enum page_control control = cdb[2] >> 6;
	u8 code = cdb[2] & 0x3f, specific = 0;
	bool long_lba = !is_6(cdb) && cdb[1] & 0x10;
	u32 header = is_6(cdb) ? 4 : 8, descriptor = 0, len, i;
	u8 *resp = kvdev_scsi_resp(ctx, 256);

	if (code != ALL_PAGES && !find_page(lu, code))
		return kvdev_scsi_bad_cdb(ctx, 2, 5);
	/* No page has subpages; "all of them" are just the pages */
	if (cdb[3] && !(code == ALL_PAGES && cdb[3] == ALL_SUBPAGES))
		return kvdev_scsi_bad_cdb(ctx, 3, 7);

	if (!(cdb[1] & 0x08))
		descriptor = add_block_descriptor(lu, long_lba, &resp[header]);
	len = header + descriptor;
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		if (page_there(lu, &pages[i]) &&
		    (code == ALL_PAGES || code == pages[i].defaults[0]))
			len += add_page(lu, &pages[i], control, &resp[len]);

	/* SBC-3, 6.5.1: WP and DPOFUA; for CDs they are reserved */
	if (lu->cfg.type == KVDEV_SCSI_DISK) {
		specific = 0x10;
		if (lu->read_only || lu->mode.swp)
			specific |= 0x80;
	}
	if (is_6(cdb)) {
		resp[0] = len - 1;
		resp[2] = specific;
		resp[3] = descriptor;
		return kvdev_scsi_respond(ctx, len, cdb[4]);
	}
	put_unaligned_be16(len - 2, resp);
	resp[3] = specific;
	resp[4] = long_lba && descriptor;
	put_unaligned_be16(descriptor, &resp[6]);
	return kvdev_scsi_respond(ctx, len, get_unaligned_be16(&cdb[7]));
}

/* ------------------------------------------------------------ MODE SELECT */

static u32 list_len(const u8 *cdb)
{
	return is_6(cdb) ? cdb[4] : get_unaligned_be16(&cdb[7]);
}

/* SPC-4, 6.11 and 6.12 */
u32 kvdev_scsi_mode_select(struct kvdev_scsi_ctx *ctx)
{
	u32 len = list_len(ctx->cdb);

	if (!len)
		return kvdev_scsi_respond(ctx, 0, 0);
	/* Without PF the list has a format of the vendor's, which we are not */
	if (!(ctx->cdb[1] & 0x10))
		return kvdev_scsi_bad_cdb(ctx, 1, 4);
	/* All pages there are fit many times */
	if (len > KVDEV_SCSI_PARAM_MAX)
		return KVDEV_SENSE_PARAM_LENGTH;
	ctx->cmd->action = KVDEV_SCSI_PARAMS;
	ctx->cmd->out_len = len;
	return 0;
}

/* The descriptor may repeat what is, or say 0, or "all". */
static u32 check_descriptor(struct kvdev_scsi_ctx *ctx, u32 at, u32 len)
{
	const u8 *from = &ctx->params[at];
	u32 size_at = len == 16 ? 12 : 5, size;
	u64 blocks, all;

	if (len == 16) {
		blocks = get_unaligned_be64(from);
		size = get_unaligned_be32(&from[size_at]);
		all = U64_MAX;
	} else {
		blocks = get_unaligned_be32(from);
		size = get_unaligned_be24(&from[size_at]);
		all = U32_MAX;
	}
	if (blocks && blocks != all && blocks != ctx->lu->nr_blocks)
		return kvdev_scsi_bad_param(ctx, at, 7);
	if (size && size != ctx->lu->cfg.block_size)
		return kvdev_scsi_bad_param(ctx, at + size_at, 7);
	return 0;
}

/*
 * Skips the header and checks the block descriptor.
 * Sets *at to the first page.
 */
static u32 check_header(struct kvdev_scsi_ctx *ctx, u32 *at)
{
	u32 header = is_6(ctx->cdb) ? 4 : 8, len = ctx->cmd->out_len;
	const u8 *params = ctx->params;
	u32 descriptor, wanted = 8, field;

	if (len < header)
		return KVDEV_SENSE_PARAM_LENGTH;
	if (header == 4) {
		field = 3;
		descriptor = params[3];
	} else {
		field = 6;
		descriptor = get_unaligned_be16(&params[6]);
		if (params[4] & 0x01)
			wanted = 16;
	}
	*at = header + descriptor;
	if (!descriptor)
		return 0;
	if (descriptor != wanted || ctx->lu->cfg.type != KVDEV_SCSI_DISK)
		return kvdev_scsi_bad_param(ctx, field, 7);
	if (len < *at)
		return KVDEV_SENSE_PARAM_LENGTH;
	return check_descriptor(ctx, header, descriptor);
}

/* One page at @at, into @mode. Sets *len to its length. */
static u32 take_page(struct kvdev_scsi_ctx *ctx, struct kvdev_scsi_mode *mode,
		     u32 at, u32 *len)
{
	const u8 *from = &ctx->params[at];
	const struct mode_page *page;
	u8 now[PAGE_MAX];
	u32 i;

	if (ctx->cmd->out_len - at < 2)
		return KVDEV_SENSE_PARAM_LENGTH;
	/* SPF: no page has subpages */
	if (from[0] & 0x40)
		return kvdev_scsi_bad_param(ctx, at, 6);
	page = find_page(ctx->lu, from[0] & 0x3f);
	if (!page)
		return kvdev_scsi_bad_param(ctx, at, 5);
	if (from[1] != page->len - 2)
		return kvdev_scsi_bad_param(ctx, at + 1, 7);
	if (ctx->cmd->out_len - at < page->len)
		return KVDEV_SENSE_PARAM_LENGTH;

	add_page(ctx->lu, page, CURRENT, now);
	for (i = 2; i < page->len; i++)
		if ((now[i] ^ from[i]) & ~page->changeable[i])
			return kvdev_scsi_bad_param(ctx, at + i, NO_BIT);
	if (page->set)
		page->set(mode, from);
	*len = page->len;
	return 0;
}

static bool same_mode(const struct kvdev_scsi_mode *a,
		      const struct kvdev_scsi_mode *b)
{
	return a->wce == b->wce && a->rcd == b->rcd &&
	       a->d_sense == b->d_sense && a->swp == b->swp;
}

/* SPC-4, 6.11: all of the list is good, or none of it takes effect */
u32 kvdev_scsi_mode_select_params(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_lu *lu = ctx->lu;
	struct kvdev_scsi_mode mode = lu->mode;
	u32 at, len, sense, i;

	sense = check_header(ctx, &at);
	while (!sense && at < ctx->cmd->out_len) {
		len = 0;
		sense = take_page(ctx, &mode, at, &len);
		at += len;
	}
	if (sense)
		return sense;

	/* Nothing is volatile any more: what was cached goes out */
	if (lu->mode.wce && !mode.wce && lu->medium)
		ctx->cmd->action = KVDEV_SCSI_FLUSH;
	if (ctx->cdb[1] & 0x01)
		lu->saved = mode;
	if (same_mode(&mode, &lu->mode))
		return 0;
	lu->mode = mode;
	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		if (i != ctx->req->nexus)
			kvdev_scsi_ua_add(&lu->nexus[i],
					  KVDEV_SENSE_MODE_CHANGED);
	return 0;
}
