// SPDX-License-Identifier: GPL-2.0
/*
 * Mode pages: what MODE SENSE shows, what MODE SELECT takes.
 */
#include "mock_scsi.h"

#define BUFFER	4096

static const u8 caching[20] = { 0x88, 0x12, 0x04 };

/* Pages of MODE SENSE(6) without a block descriptor */
static const u8 *sense_page(struct mock_scsi *s, u8 code, u32 len)
{
	mock_scsi_do(s, 0, BUFFER, 0x1a, 8, code, 0, 255);
	mock_scsi_good(s, 4 + len);
	KUNIT_EXPECT_EQ(s->test, (u32)s->resp[0], 4 + len - 1);
	KUNIT_EXPECT_EQ(s->test, s->resp[3], (u8)0);
	return &s->resp[4];
}

/* MODE SELECT(6) of a page, header and all */
static void select_page(struct mock_scsi *s, bool save, const u8 *page, u32 len)
{
	u8 params[64] = { };

	memcpy(&params[4], page, len);
	mock_scsi_do(s, BUFFER, 0, 0x15, save ? 0x11 : 0x10, 0, 0, 4 + len);
	mock_scsi_params(s, params);
}

static void headers(struct kunit *test)
{
	static const u8 six[] = { 75 - 8, 0, 0x10, 8, 0, 0x0f, 0x42, 0x40,
				  0, 0, 2, 0 };
	static const u8 ten[] = { 0, 78, 0, 0x90, 1, 0, 0, 16,
				  0, 0, 0, 0, 0, 0x0f, 0x42, 0x40,
				  0, 0, 0, 0, 0, 0, 2, 0 };
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, 0, BUFFER, 0x1a, 0, 0x3f, 0, 255);
	KUNIT_EXPECT_MEMEQ(test, s->resp, six, sizeof(six));
	/* Write protected, long LBA */
	s = mock_scsi(test, MOCK_DISK_RO);
	mock_scsi_do(s, 0, BUFFER, 0x5a, 0x10, 0x3f, 0, 0, 0, 0, 0, 255);
	KUNIT_EXPECT_MEMEQ(test, s->resp, ten, sizeof(ten));
	/* More blocks than the short descriptor has digits for */
	s = mock_scsi(test, MOCK_DISK_4K);
	mock_scsi_do(s, 0, BUFFER, 0x1a, 0, 0x3f, 0, 255);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[4], 4), U32_MAX);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[8], 4), 4096U);
	/* CD-ROMs have neither descriptor nor flags */
	s = mock_scsi(test, MOCK_CD);
	mock_scsi_do(s, 0, BUFFER, 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 255);
	KUNIT_EXPECT_EQ(test, mock_be(s->resp, 4), 40U << 16);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[4], 4), 0U);
}

static void page_contents(struct kunit *test)
{
	static const u8 recovery[12] = { 0x01, 0x0a };
	static const u8 control[12] = { 0x8a, 0x0a, 2, 0x10, 0, 0, 0, 0, 0xff,
					0xff };
	static const u8 exceptions[12] = { 0x1c, 0x0a, 8 };
	static const u8 drive[22] = { 0x2a, 0x14, 0x0b, 0, 0, 0, 0x29, 0,
				      0x22, 0x60, 0, 0, 8, 0, 0x22, 0x60 };
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	const u8 *page;

	page = sense_page(s, 0x01, 12);
	KUNIT_EXPECT_MEMEQ(test, page, recovery, sizeof(recovery));
	page = sense_page(s, 0x08, 20);
	KUNIT_EXPECT_MEMEQ(test, page, caching, sizeof(caching));
	page = sense_page(s, 0x0a, 12);
	KUNIT_EXPECT_MEMEQ(test, page, control, sizeof(control));
	page = sense_page(s, 0x1c, 12);
	KUNIT_EXPECT_MEMEQ(test, page, exceptions, sizeof(exceptions));

	s = mock_scsi(test, MOCK_CD);
	page = sense_page(s, 0x2a, 22);
	KUNIT_EXPECT_MEMEQ(test, page, drive, sizeof(drive));
	/* The lock shows */
	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 1);
	page = sense_page(s, 0x2a, 22);
	KUNIT_EXPECT_EQ(test, page[6], (u8)0x2b);
}

/* Current, changeable, default and saved values are four things. */
static void page_control_selects_values(struct kunit *test)
{
	static const u8 changeable[20] = { 0x88, 0x12, 0x05 };
	static const u8 off[20] = { 0x08, 0x12, 0x01 };
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	KUNIT_EXPECT_MEMEQ(test, sense_page(s, 0x48, 20), changeable, 20);
	select_page(s, false, off, sizeof(off));
	mock_scsi_action(s, KVDEV_SCSI_FLUSH);
	KUNIT_EXPECT_EQ(test, sense_page(s, 0x08, 20)[2], (u8)0x01);
	KUNIT_EXPECT_EQ(test, sense_page(s, 0x88, 20)[2], (u8)0x04);
	KUNIT_EXPECT_EQ(test, sense_page(s, 0xc8, 20)[2], (u8)0x04);
	select_page(s, true, off, sizeof(off));
	KUNIT_EXPECT_EQ(test, sense_page(s, 0x88, 20)[2], (u8)0x04);
	KUNIT_EXPECT_EQ(test, sense_page(s, 0xc8, 20)[2], (u8)0x01);
}

static void reset_restores_saved_values(struct kunit *test)
{
	static const u8 off[20] = { 0x08, 0x12, 0x00 };
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	select_page(s, false, off, sizeof(off));
	KUNIT_EXPECT_FALSE(test, s->lu.mode.wce);
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_RESET);
	KUNIT_EXPECT_TRUE(test, s->lu.mode.wce);
	s->lu.nexus[0].nr_ua = 0;
	select_page(s, true, off, sizeof(off));
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_RESET);
	KUNIT_EXPECT_FALSE(test, s->lu.mode.wce);
}

/* WCE makes writes durable, SWP refuses them, D_SENSE changes the sense */
static void parameters_take_effect(struct kunit *test)
{
	static const u8 off[20] = { 0x08, 0x12, 0x00 };
	static const u8 protect[12] = { 0x0a, 0x0a, 2, 0x10, 8, 0, 0, 0, 0xff,
					0xff };
	static const u8 descriptors[12] = { 0x0a, 0x0a, 6, 0x10, 0, 0, 0, 0,
					    0xff, 0xff };
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, BUFFER, 0, 0x2a, 0, 0, 0, 0, 0, 0, 0, 1);
	KUNIT_EXPECT_EQ(test, s->cmd.flags, 0U);
	select_page(s, false, off, sizeof(off));
	mock_scsi_do(s, BUFFER, 0, 0x2a, 0, 0, 0, 0, 0, 0, 0, 1);
	KUNIT_EXPECT_EQ(test, s->cmd.flags, (u32)KVDEV_SCSI_F_FUA);

	select_page(s, false, protect, sizeof(protect));
	mock_scsi_good(s, 0);
	mock_scsi_do(s, BUFFER, 0, 0x2a, 0, 0, 0, 0, 0, 0, 0, 1);
	mock_scsi_sense(s, KVDEV_SENSE_WRITE_PROTECTED);
	mock_scsi_do(s, 0, BUFFER, 0x1a, 8, 0x3f, 0, 255);
	KUNIT_EXPECT_EQ(test, s->resp[2], (u8)0x90);

	select_page(s, false, descriptors, sizeof(descriptors));
	mock_scsi_do(s, 0, 0, 0xff);
	KUNIT_EXPECT_EQ(test, s->cmd.sense[0], (u8)0x72);
}

/* The others are told, whoever did it is not; no change is no news. */
static void change_is_told(struct kunit *test)
{
	static const u8 off[20] = { 0x08, 0x12, 0x00 };
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	select_page(s, false, off, sizeof(off));
	select_page(s, false, off, sizeof(off));
	mock_scsi_good(s, 0);
	s->req.nexus = 1;
	mock_scsi_do(s, 0, 0, 0);
	mock_scsi_sense(s, KVDEV_SENSE_MODE_CHANGED);
	mock_scsi_do(s, 0, 0, 0);
	mock_scsi_good(s, 0);
}

struct select_case {
	const char *name;
	u8 op;
	u8 len;
	u8 params[48];
	u32 sense;
	u32 field;
};

static const struct select_case select_cases[] = {
	{ "header only", 0x15, 4, { } },
	{ "header only, 10", 0x55, 8, { } },
	{ "half a header", 0x15, 3, { }, KVDEV_SENSE_PARAM_LENGTH },
	{ "half a header, 10", 0x55, 7, { }, KVDEV_SENSE_PARAM_LENGTH },
	{ "page", 0x15, 16, { 0, 0, 0, 0,
	    0x0a, 0x0a, 2, 0x10, 0, 0, 0, 0, 0xff, 0xff } },
	{ "page, 10", 0x55, 20, { 0, 0, 0, 0, 0, 0, 0, 0,
	    0x0a, 0x0a, 2, 0x10, 0, 0, 0, 0, 0xff, 0xff } },
	{ "descriptor, as it is", 0x15, 24,
	  { 0, 0, 0, 8, 0, 0x0f, 0x42, 0x40, 0, 0, 2, 0,
	    0x0a, 0x0a, 2, 0x10, 0, 0, 0, 0, 0xff, 0xff } },
	{ "descriptor, zeroes", 0x15, 24,
	  { 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0,
	    0x0a, 0x0a, 2, 0x10, 0, 0, 0, 0, 0xff, 0xff } },
	{ "descriptor, all blocks", 0x15, 24,
	  { 0, 0, 0, 8, 0xff, 0xff, 0xff, 0xff, 0, 0, 2, 0,
	    0x0a, 0x0a, 2, 0x10, 0, 0, 0, 0, 0xff, 0xff } },
	{ "descriptor, other size", 0x15, 24,
	  { 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0x10, 0,
	    0x0a, 0x0a, 2, 0x10, 0, 0, 0, 0, 0xff, 0xff },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(9, 7) },
	{ "descriptor, other capacity", 0x15, 24,
	  { 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 2, 0,
	    0x0a, 0x0a, 2, 0x10, 0, 0, 0, 0, 0xff, 0xff },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(4, 7) },
	{ "descriptor, wrong length", 0x15, 16, { 0, 0, 0, 7 },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(3, 7) },
	{ "descriptor, longer than the list", 0x15, 8, { 0, 0, 0, 8 },
	  KVDEV_SENSE_PARAM_LENGTH },
	{ "long descriptor", 0x55, 24, { 0, 0, 0, 0, 1, 0, 0, 16,
					 [22] = 2 } },
	{ "long descriptor, other size", 0x55, 24,
	  { 0, 0, 0, 0, 1, 0, 0, 16, [23] = 1 },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(20, 7) },
	{ "long descriptor, far too long", 0x55, 24,
	  { 0, 0, 0, 0, 1, 0, 0xff, 0xff },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(6, 7) },
	{ "page not there", 0x15, 16, { 0, 0, 0, 0, 0x2a, 0x0a },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(4, 5) },
	{ "subpage", 0x15, 16, { 0, 0, 0, 0, 0x4a, 0x01 },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(4, 6) },
	{ "page of wrong length", 0x15, 16, { 0, 0, 0, 0, 0x0a, 0x0b },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(5, 7) },
	{ "one byte of a page", 0x15, 5, { 0, 0, 0, 0, 0x0a },
	  KVDEV_SENSE_PARAM_LENGTH },
	{ "page cut short", 0x15, 15, { 0, 0, 0, 0, 0x0a, 0x0a },
	  KVDEV_SENSE_PARAM_LENGTH },
	{ "what cannot be changed", 0x15, 16,
	  { 0, 0, 0, 0, 0x0a, 0x0a, 2, 0x00, 0, 0, 0, 0, 0xff, 0xff },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM_BYTE(7) },
	{ "second page bad: none is taken", 0x15, 30,
	  { 0, 0, 0, 0, 0x0a, 0x0a, 6, 0x10, 8, 0, 0, 0, 0xff, 0xff, 0, 0,
	    0x08, 0x11 }, KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(17, 7) },
};

static void select_case_desc(const struct select_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(select, select_cases, select_case_desc);

static void select_list(struct kunit *test)
{
	const struct select_case *c = test->param_value;
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u8 *params;

	if (c->op == 0x15)
		mock_scsi_do(s, BUFFER, 0, c->op, 0x10, 0, 0, c->len);
	else
		mock_scsi_do(s, BUFFER, 0, c->op, 0x10, 0, 0, 0, 0, 0, 0,
			     c->len);
	params = kunit_kzalloc(test, c->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, params);
	memcpy(params, c->params, c->len);
	mock_scsi_params(s, params);
	if (c->sense) {
		mock_scsi_sense(s, c->sense);
		mock_scsi_field(s, c->field);
	} else {
		mock_scsi_good(s, 0);
		KUNIT_EXPECT_EQ(test, s->cmd.out_len, (u64)c->len);
	}
	/* Nothing of these lists changes anything */
	KUNIT_EXPECT_TRUE(test, s->lu.mode.wce);
	KUNIT_EXPECT_FALSE(test, s->lu.mode.swp);
	KUNIT_EXPECT_FALSE(test, s->lu.mode.d_sense);
}

static struct kunit_case scsi_mode_test_cases[] = {
	KUNIT_CASE(headers),
	KUNIT_CASE(page_contents),
	KUNIT_CASE(page_control_selects_values),
	KUNIT_CASE(reset_restores_saved_values),
	KUNIT_CASE(parameters_take_effect),
	KUNIT_CASE(change_is_told),
	KUNIT_CASE_PARAM(select_list, select_gen_params),
	{ }
};

static struct kunit_suite scsi_mode_suite = {
	.name = "kvdev_scsi_mode",
	.test_cases = scsi_mode_test_cases,
};

kunit_test_suite(scsi_mode_suite);
