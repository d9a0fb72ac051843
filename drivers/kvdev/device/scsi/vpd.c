// SPDX-License-Identifier: GPL-2.0
/*
 * Vital product data pages of INQUIRY: SPC-4, 7.8; SBC-3, 6.6.
 */
#include "cdb.h"

#define HEADER		4
#define LIMITS_LEN	0x3c

static u32 serial_len(const struct kvdev_scsi_lu *lu)
{
	return strnlen(lu->cfg.serial, sizeof(lu->cfg.serial));
}

static bool has_serial(const struct kvdev_scsi_lu *lu)
{
	return serial_len(lu) != 0;
}

static bool is_disk(const struct kvdev_scsi_lu *lu)
{
	return lu->cfg.type == KVDEV_SCSI_DISK;
}

/* SPC-4, 7.8.15: unit serial number */
static u32 page_serial(const struct kvdev_scsi_lu *lu, u8 *to)
{
	u32 len = serial_len(lu);

	memcpy(to, lu->cfg.serial, len);
	return len;
}

#define ID_DIGITS	16

static u32 put_id(const struct kvdev_scsi_lu *lu, u8 *to)
{
	u32 i;

	for (i = 0; i < ID_DIGITS; i++)
		to[i] = "0123456789abcdef"[lu->cfg.id >> (60 - 4 * i) & 0xf];
	return ID_DIGITS;
}

/* ASCII, T10 vendor identification: the model, and what tells it from others */
static u32 put_t10(const struct kvdev_scsi_lu *lu, u8 *to)
{
	u32 len = 4;

	to[0] = 0x02;
	to[1] = 0x01;
	kvdev_scsi_put_text(&to[len], lu->cfg.vendor, KVDEV_SCSI_VENDOR_LEN);
	len += KVDEV_SCSI_VENDOR_LEN;
	kvdev_scsi_put_text(&to[len], lu->cfg.product, KVDEV_SCSI_PRODUCT_LEN);
	len += KVDEV_SCSI_PRODUCT_LEN;
	len += has_serial(lu) ? page_serial(lu, &to[len]) :
				put_id(lu, &to[len]);
	to[3] = len - 4;
	return len;
}

/* SPC-4, 7.8.6: device identification. There is at least one. */
static u32 page_identification(const struct kvdev_scsi_lu *lu, u8 *to)
{
	u32 len = 0;

	if (has_serial(lu) || (lu->cfg.id && !lu->cfg.naa))
		len = put_t10(lu, to);
	if (lu->cfg.naa) {
		/* binary, NAA */
		to[len] = 0x01;
		to[len + 1] = 0x03;
		to[len + 3] = 8;
		put_unaligned_be64(lu->cfg.naa, &to[len + 4]);
		len += 4 + 8;
	}
	return len;
}

/* SBC-3, 6.6.3: block limits. Offsets are those of the page. */
static u32 page_limits(const struct kvdev_scsi_lu *lu, u8 *to)
{
	const struct kvdev_scsi_config *cfg = &lu->cfg;
	u8 *page = to - HEADER;

	put_unaligned_be32(cfg->max_blocks, &page[8]);
	put_unaligned_be32(cfg->opt_blocks, &page[12]);
	if (!is_disk(lu))
		return LIMITS_LEN;

	page[4] = 0x01;			/* WSNZ: 0 is not "to the end" */
	page[5] = cfg->max_compare_blocks;
	put_unaligned_be16(cfg->opt_granularity ?: 1U << cfg->physical_exp,
			   &page[6]);
	if (cfg->unmap) {
		put_unaligned_be32(cfg->max_unmap_blocks ?: U32_MAX, &page[20]);
		put_unaligned_be32(KVDEV_SCSI_UNMAP_MAX, &page[24]);
		put_unaligned_be32(cfg->unmap_granularity, &page[28]);
		/* Alignment 0, and that is valid */
		if (cfg->unmap_granularity)
			page[32] = 0x80;
	}
	put_unaligned_be64(cfg->max_same_blocks, &page[36]);
	return LIMITS_LEN;
}

/* SBC-3, 6.6.2: block device characteristics */
static u32 page_characteristics(const struct kvdev_scsi_lu *lu, u8 *to)
{
	/* Not a rotating medium, or the speed most have */
	put_unaligned_be16(lu->cfg.rotational ? 7200 : 1, to);
	return LIMITS_LEN;
}

/* SBC-3, 6.6.4: logical block provisioning */
static u32 page_provisioning(const struct kvdev_scsi_lu *lu, u8 *to)
{
	if (lu->cfg.unmap) {
		to[1] = 0x80 | 0x40 | 0x20;	/* LBPU, LBPWS, LBPWS10 */
		if (lu->cfg.unmap_zeroes)
			to[1] |= 0x04;		/* LBPRZ */
		to[2] = 0x02;			/* thin */
	}
	return 4;
}

struct vpd_page {
	u8 code;
	bool (*there)(const struct kvdev_scsi_lu *lu);
	/* to: cleared, behind the header. Return: bytes */
	u32 (*fill)(const struct kvdev_scsi_lu *lu, u8 *to);
};

/* In ascending order. */
static const struct vpd_page pages[] = {
	{ 0x80, has_serial, page_serial },
	{ 0x83, NULL, page_identification },
	{ 0xb0, NULL, page_limits },
	{ 0xb1, is_disk, page_characteristics },
	{ 0xb2, is_disk, page_provisioning },
};

static bool page_there(const struct kvdev_scsi_lu *lu,
		       const struct vpd_page *page)
{
	return lu->cfg.type != KVDEV_SCSI_NO_UNIT &&
	       (!page->there || page->there(lu));
}

/* SPC-4, 7.8.13: supported VPD pages, this one among them */
static u32 page_supported(const struct kvdev_scsi_lu *lu, u8 *to)
{
	u32 i, len = 1;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		if (page_there(lu, &pages[i]))
			to[len++] = pages[i].code;
	return len;
}

u32 kvdev_scsi_vpd(struct kvdev_scsi_ctx *ctx)
{
	const struct kvdev_scsi_lu *lu = ctx->lu;
	u8 *resp = kvdev_scsi_resp(ctx, 256);
	u32 len = 0, i;

	if (!ctx->cdb[2])
		len = page_supported(lu, &resp[HEADER]);
	for (i = 0; !len && i < ARRAY_SIZE(pages); i++)
		if (pages[i].code == ctx->cdb[2] && page_there(lu, &pages[i]))
			break;
	if (i == ARRAY_SIZE(pages))
		return kvdev_scsi_bad_cdb(ctx, 2, 7);
	if (!len)
		len = pages[i].fill(lu, &resp[HEADER]);

	resp[0] = lu->cfg.type;
	if (lu->cfg.type == KVDEV_SCSI_NO_UNIT)
		resp[0] |= 3 << 5;
	resp[1] = ctx->cdb[2];
	put_unaligned_be16(len, &resp[2]);
	return kvdev_scsi_respond(ctx, HEADER + len,
				  get_unaligned_be16(&ctx->cdb[3]));
}
