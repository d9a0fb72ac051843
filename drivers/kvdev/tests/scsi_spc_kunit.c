// SPDX-License-Identifier: GPL-2.0
/*
 * Responses of SPC and SBC commands, byte by byte: INQUIRY, its pages, LUNs,
 * supported commands, capacities, provisioning.
 */
#include "mock_scsi.h"

#define BUFFER	65536

/* The answer is exactly these bytes. */
#define expect_resp(s, ...) do { \
	const u8 bytes_[] = { __VA_ARGS__ }; \
	mock_scsi_good(s, sizeof(bytes_)); \
	KUNIT_EXPECT_MEMEQ((s)->test, (s)->resp, bytes_, sizeof(bytes_)); \
} while (0)

/* ---------------------------------------------------------------- INQUIRY */

static void inquiry_standard(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u8 expected[74] = { 0x00, 0x00, 0x06, 0x12, 69, 0, 0, 0x02 };

	mock_scsi_do(s, 0, BUFFER, 0x12, 0, 0, 0, 255);
	mock_scsi_good(s, sizeof(expected));
	memcpy(&expected[8], "KVDEV   DISK OF A TEST  0001", 28);
	expected[59] = 0xa0;
	expected[60] = 0x04;
	expected[61] = 0x60;
	expected[62] = 0x04;
	expected[63] = 0xc0;
	KUNIT_EXPECT_MEMEQ(test, s->resp, expected, sizeof(expected));

	s = mock_scsi(test, MOCK_CD);
	mock_scsi_do(s, 0, BUFFER, 0x12, 0, 0, 0, 255);
	KUNIT_EXPECT_EQ(test, mock_be(s->resp, 4), 0x05800612U);
	KUNIT_EXPECT_MEMEQ(test, &s->resp[8], "KVDEV   CD-ROM          1   ",
			   28);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[62], 2), 0x04e0U);

	/* Strings that fill their fields have no end */
	s = mock_scsi(test, MOCK_DISK_4K);
	mock_scsi_do(s, 0, BUFFER, 0x12, 0, 0, 0, 36);
	KUNIT_EXPECT_MEMEQ(test, &s->resp[8], "KVDEVVVVPRODUCT OF 16 CH0002",
			   28);

	s = mock_scsi(test, MOCK_NO_UNIT);
	mock_scsi_do(s, 0, BUFFER, 0x12, 0, 0, 0, 36);
	KUNIT_EXPECT_EQ(test, s->resp[0], (u8)0x7f);
	KUNIT_EXPECT_MEMEQ(test, &s->resp[8], "        ", 8);
}

static void vpd_lists_and_serial(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0, 1, 0);
	expect_resp(s, 0, 0, 0, 6, 0, 0x80, 0x83, 0xb0, 0xb1, 0xb2);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0x80, 1, 0);
	expect_resp(s, 0, 0x80, 0, 8, 's', 'e', 'r', 'i', 'a', 'l', '-', '1');

	s = mock_scsi(test, MOCK_CD);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0, 1, 0);
	expect_resp(s, 5, 0, 0, 4, 0, 0x80, 0x83, 0xb0);
	s = mock_scsi(test, MOCK_DISK_4K);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0, 1, 0);
	expect_resp(s, 0, 0, 0, 5, 0, 0x83, 0xb0, 0xb1, 0xb2);
	s = mock_scsi(test, MOCK_NO_UNIT);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0, 1, 0);
	expect_resp(s, 0x7f, 0, 0, 1, 0);
}

static void vpd_identification(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	static const u8 naa[] = { 0x01, 0x03, 0, 8, 0x31, 0x23, 0x45, 0x67,
				  0x89, 0xab, 0xcd, 0xef };

	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0x83, 1, 0);
	mock_scsi_good(s, 4 + 4 + 24 + 8 + 12);
	KUNIT_EXPECT_EQ(test, mock_be(s->resp, 4), 0x00830030U);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[4], 4), 0x02010020U);
	KUNIT_EXPECT_MEMEQ(test, &s->resp[8],
			   "KVDEV   DISK OF A TEST  serial-1", 32);
	KUNIT_EXPECT_MEMEQ(test, &s->resp[40], naa, sizeof(naa));
	/* Neither serial number nor name */
	s = mock_scsi(test, MOCK_DISK_4K);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0x83, 1, 0);
	mock_scsi_good(s, 4 + 4 + 24 + 16);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[4], 4), 0x02010028U);
	KUNIT_EXPECT_MEMEQ(test, &s->resp[8],
			   "KVDEVVVVPRODUCT OF 16 CH0123456789abcdef", 40);
	/* A name is enough. */
	s->lu.cfg.naa = 0x3000000000000001ULL;
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0x83, 1, 0);
	mock_scsi_good(s, 4 + 12);
}

static void vpd_block_limits(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u8 expected[64] = { 0, 0xb0, 0, 0x3c, 0x01, 16, 0, 8,
			    0, 0, 0x20, 0, 0, 0, 0x08, 0, 0, 0, 0, 0,
			    0, 0x01, 0x86, 0xa0, 0, 0, 0, 255, 0, 0, 0, 8,
			    0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0 };

	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0xb0, 1, 0);
	mock_scsi_good(s, 64);
	KUNIT_EXPECT_MEMEQ(test, s->resp, expected, sizeof(expected));

	memset(expected, 0, sizeof(expected));
	expected[1] = 0xb0;
	expected[3] = 0x3c;
	expected[4] = 0x01;
	expected[6] = 1;
	expected[7] = 2;
	s = mock_scsi(test, MOCK_DISK_4K);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0xb0, 1, 0);
	KUNIT_EXPECT_MEMEQ(test, s->resp, expected, sizeof(expected));

	s = mock_scsi(test, MOCK_CD);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0xb0, 1, 0);
	expected[0] = 5;
	expected[4] = 0;
	expected[6] = 0;
	expected[7] = 0;
	expected[10] = 4;
	KUNIT_EXPECT_MEMEQ(test, s->resp, expected, sizeof(expected));
}

static void vpd_characteristics_and_provisioning(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0xb1, 1, 0);
	mock_scsi_good(s, 64);
	KUNIT_EXPECT_EQ(test, mock_be(s->resp, 4), 0x00b1003cU);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[4], 4), 0x00010000U);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0xb2, 1, 0);
	expect_resp(s, 0, 0xb2, 0, 4, 0, 0xe4, 2, 0);

	s = mock_scsi(test, MOCK_DISK_4K);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0xb1, 1, 0);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[4], 2), 7200U);
	mock_scsi_do(s, 0, BUFFER, 0x12, 1, 0xb2, 1, 0);
	expect_resp(s, 0, 0xb2, 0, 4, 0, 0, 0, 0);
}

/* ------------------------------------------------------------ REPORT LUNS */

static void report_luns(struct kunit *test)
{
	static const u8 header[] = { 0, 0x02, 0, 0, 0, 0, 0, 0 };
	static const u8 luns[][8] = { { 0, 0 }, { 0, 255 }, { 0x41, 0 },
				      { 0x7f, 0xff } };
	static const u16 numbers[] = { 0, 255, 256, 16383 };
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u8 to[8];
	u32 i;

	mock_scsi_do(s, 0, BUFFER, 0xa0, 0, 0, 0, 0, 0, 0, 0x01, 0, 0);
	mock_scsi_action(s, KVDEV_SCSI_REPORT_LUNS);
	KUNIT_EXPECT_EQ(test, s->cmd.alloc_len, 65536U);
	KUNIT_EXPECT_EQ(test, kvdev_scsi_luns_wanted(&s->cmd, 5), 5U);
	/* Well known ones only */
	mock_scsi_do(s, 0, BUFFER, 0xa0, 0, 1, 0, 0, 0, 0, 0x01, 0, 0);
	KUNIT_EXPECT_EQ(test, kvdev_scsi_luns_wanted(&s->cmd, 5), 0U);

	memset(to, 0xa5, sizeof(to));
	kvdev_scsi_luns_header(16384, to);
	KUNIT_EXPECT_MEMEQ(test, to, header, sizeof(header));
	for (i = 0; i < ARRAY_SIZE(luns); i++) {
		memset(to, 0xa5, sizeof(to));
		kvdev_scsi_lun_entry(numbers[i], to);
		KUNIT_EXPECT_MEMEQ(test, to, luns[i], sizeof(to));
	}
}

/* ----------------------------------------- supported commands and functions */

/* The list has what the table has, for this kind of unit, in this order. */
static void report_all_opcodes(struct kunit *test)
{
	static const enum mock_scsi_unit units[] = { MOCK_DISK, MOCK_DISK_4K,
						     MOCK_CD };
	u32 unit, i, size, at;

	for (unit = 0; unit < ARRAY_SIZE(units) * 2; unit++) {
		struct mock_scsi *s = mock_scsi(test, units[unit / 2]);

		/* With timeouts, and without */
		size = unit & 1 ? 20 : 8;
		mock_scsi_do(s, 0, BUFFER, 0xa3, 0x0c, unit & 1 ? 0x80 : 0, 0,
			     0, 0, 0, 0, 0xff, 0xff);
		at = 4;
		for (i = 0; i < kvdev_scsi_nr_ops; i++) {
			const struct kvdev_scsi_op *op = &kvdev_scsi_ops[i];
			const u8 *entry = &s->resp[at];

			if (!kvdev_scsi_op_there(&s->lu, op))
				continue;
			KUNIT_ASSERT_LE(test, at + size,
					(u32)KVDEV_SCSI_RESP_MAX);
			KUNIT_EXPECT_EQ(test, entry[0], op->opcode);
			KUNIT_EXPECT_EQ(test, mock_be(&entry[2], 2),
					(u32)op->action);
			KUNIT_EXPECT_EQ(test, (u32)entry[5],
					(op->flags & OPF_ACTION ? 1U : 0) |
					(size == 20 ? 2U : 0));
			KUNIT_EXPECT_EQ(test, mock_be(&entry[6], 2),
					kvdev_scsi_cdb_len(op->opcode));
			if (size == 20)
				KUNIT_EXPECT_EQ(test, mock_be(&entry[8], 4),
						0x000a0000U);
			at += size;
		}
		mock_scsi_good(s, at);
		KUNIT_EXPECT_EQ(test, mock_be(s->resp, 4), at - 4);
	}
}

static void report_one_opcode(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

#define ONE(option, opcode, action) \
	mock_scsi_do(s, 0, BUFFER, 0xa3, 0x0c, option, opcode, 0, action, 0, \
		     0, 1, 0)
	ONE(1, 0x28, 0);
	expect_resp(s, 0, 3, 0, 10, 0x28, 0x18, 0xff, 0xff, 0xff, 0xff, 0,
		    0xff, 0xff, 0);
	ONE(0x81, 0x00, 0);
	expect_resp(s, 0, 0x83, 0, 6, 0, 0, 0, 0, 0, 0,
		    0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	ONE(1, 0x04, 0);
	expect_resp(s, 0, 1, 0, 0);
	/* A command that has service actions, asked for without one */
	ONE(1, 0x9e, 0);
	mock_scsi_sense(s, KVDEV_SENSE_INVALID_FIELD);
	ONE(2, 0x9e, 0x10);
	mock_scsi_good(s, 20);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[4], 2), 0x9e10U);
	ONE(2, 0x9e, 0x11);
	expect_resp(s, 0, 1, 0, 0);
	ONE(2, 0x28, 0);
	mock_scsi_sense(s, KVDEV_SENSE_INVALID_FIELD);
	ONE(3, 0x28, 0);
	mock_scsi_good(s, 14);
	ONE(3, 0x28, 1);
	expect_resp(s, 0, 1, 0, 0);
	ONE(3, 0x5f, 6);
	mock_scsi_good(s, 14);
	/* Of another kind of unit */
	ONE(1, 0x43, 0);
	expect_resp(s, 0, 1, 0, 0);
#undef ONE
}

static void report_functions(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, 0, BUFFER, 0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0xdc, 0x03, 0, 0);
	mock_scsi_do(s, 0, BUFFER, 0xa3, 0x0d, 0x80, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0xdc, 0x03, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void log_pages(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, 0, BUFFER, 0x4d, 0, 0x40, 0, 0, 0, 0, 0, 99);
	expect_resp(s, 0, 0, 0, 2, 0, 0x2f);
	mock_scsi_do(s, 0, BUFFER, 0x4d, 0, 0x40, 0xff, 0, 0, 0, 0, 99);
	expect_resp(s, 0x40, 0xff, 0, 6, 0, 0, 0, 0xff, 0x2f, 0);
	mock_scsi_do(s, 0, BUFFER, 0x4d, 0, 0x6f, 0, 0, 0, 0, 0, 99);
	expect_resp(s, 0x2f, 0, 0, 8, 0, 0, 3, 4, 0, 0, 0, 0);
}

/* ------------------------------------------------- capacity, provisioning */

static void capacities(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u8 expected[32] = { 0, 0, 0, 0, 0, 0x0f, 0x42, 0x3f, 0, 0, 2, 0,
			    0, 3, 0xc0 };

	mock_scsi_do(s, 0, BUFFER, 0x25);
	expect_resp(s, 0, 0x0f, 0x42, 0x3f, 0, 0, 2, 0);
	mock_scsi_do(s, 0, BUFFER, 0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0,
		     0, 0, 0, 32);
	mock_scsi_good(s, 32);
	KUNIT_EXPECT_MEMEQ(test, s->resp, expected, sizeof(expected));

	/* More than 32 bits */
	s = mock_scsi(test, MOCK_DISK_4K);
	mock_scsi_do(s, 0, BUFFER, 0x25);
	expect_resp(s, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x10, 0);
	mock_scsi_do(s, 0, BUFFER, 0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0,
		     0, 0, 0, 16);
	expect_resp(s, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x10, 0,
		    0, 1, 0, 1);
}

struct unmap_case {
	const char *name;
	u32 len;
	u8 params[40];
	u32 sense;
	u32 field;
	u32 nr_ranges;
};

static const struct unmap_case unmap_cases[] = {
	{ "one range", 24, { 0, 22, 0, 16, [13] = 0x0f, 0x42, 0x3f,
			     [19] = 1 }, .nr_ranges = 1 },
	{ "two ranges", 40, { 0, 38, 0, 32, [19] = 1, [31] = 7, [35] = 3 },
	  .nr_ranges = 2 },
	{ "header only", 8, { 0, 6, 0, 0 } },
	{ "no ranges in a longer list", 24, { 0, 22, 0, 0 } },
	{ "part of a range is none", 24, { 0, 22, 0, 15 } },
	{ "past the end", 24, { 0, 22, 0, 16, [13] = 0x0f, 0x42, 0x3f,
				[19] = 2 }, KVDEV_SENSE_LBA_RANGE },
	{ "no blocks at the end", 24, { 0, 22, 0, 16, [13] = 0x0f, 0x42, 0x40 },
	  .nr_ranges = 1 },
	{ "no blocks past the end", 24, { 0, 22, 0, 16,
					  [13] = 0x0f, 0x42, 0x41 },
	  KVDEV_SENSE_LBA_RANGE },
	{ "wraps", 24, { 0, 22, 0, 16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			 0xff, 0xff, 0, 0, 0, 2 }, KVDEV_SENSE_LBA_RANGE },
	{ "second is bad", 40, { 0, 38, 0, 32, [19] = 1, [24] = 1 },
	  KVDEV_SENSE_LBA_RANGE },
	{ "more ranges than bytes", 24, { 0, 22, 0, 32 },
	  KVDEV_SENSE_PARAM_LENGTH },
	{ "more ranges than allowed", 24, { 0, 22, 0x10, 0 },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(2, 7) },
	{ "too many blocks", 40, { 0, 38, 0, 32, [18] = 0x80, [33] = 1,
				   [34] = 0x06, [35] = 0xa1 },
	  KVDEV_SENSE_INVALID_PARAM, MOCK_PARAM(32, 7) },
};

static void unmap_case_desc(const struct unmap_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(unmap, unmap_cases, unmap_case_desc);

static void unmap_list(struct kunit *test)
{
	const struct unmap_case *c = test->param_value;
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	struct kvdev_scsi_range range;
	u8 *params;
	u32 i;

	mock_scsi_do(s, BUFFER, 0, 0x42, 0, 0, 0, 0, 0, 0, 0, c->len);
	/* As long as it says, so that a sanitizer sees what is beyond */
	params = kunit_kzalloc(test, c->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, params);
	memcpy(params, c->params, c->len);
	mock_scsi_params(s, params);
	if (c->sense) {
		mock_scsi_sense(s, c->sense);
		mock_scsi_field(s, c->field);
		return;
	}
	mock_scsi_action(s, c->nr_ranges ? KVDEV_SCSI_UNMAP : KVDEV_SCSI_DONE);
	KUNIT_EXPECT_EQ(test, s->cmd.nr_ranges, c->nr_ranges);
	KUNIT_EXPECT_EQ(test, s->cmd.out_len, (u64)c->len);
	for (i = 0; i < c->nr_ranges; i++) {
		kvdev_scsi_unmap_range(params, i, &range);
		KUNIT_EXPECT_EQ(test, (u32)range.lba,
				mock_be(&c->params[8 + 16 * i + 4], 4));
		KUNIT_EXPECT_EQ(test, range.blocks,
				mock_be(&c->params[8 + 16 * i + 8], 4));
	}
}

static void unmap_list_of_64k(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, BUFFER, 0, 0x42, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
	mock_scsi_action(s, KVDEV_SCSI_PARAMS);
	KUNIT_EXPECT_EQ(test, s->cmd.out_len, (u64)KVDEV_SCSI_PARAM_MAX);
}

static void lba_status(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	static const struct kvdev_scsi_range ranges[] = {
		{ 7, 0x01020304, false },
		{ 0x0102030b, 1, true },
		{ 0x0102030c, 1, false },
	};
	static const u8 expected[] = {
		0, 0, 0, 36, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3, 4, 0, 0, 0, 0,
		0, 0, 0, 0, 1, 2, 3, 11, 0, 0, 0, 1, 1, 0, 0, 0,
	};

	mock_scsi_do(s, 0, BUFFER, 0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 7,
		     0, 0, 0, 55);
	mock_scsi_action(s, KVDEV_SCSI_LBA_STATUS);
	/* Half a range is not answered */
	KUNIT_EXPECT_EQ(test, s->cmd.nr_ranges, 2U);
	kvdev_scsi_lba_status(&s->cmd, &s->req, ranges, 3, s->resp);
	mock_scsi_good(s, sizeof(expected));
	KUNIT_EXPECT_MEMEQ(test, s->resp, expected, sizeof(expected));
	/* As much as there may be, and the response still fits */
	mock_scsi_do(s, 0, BUFFER, 0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 7,
		     0xff, 0xff, 0xff, 0xff);
	KUNIT_EXPECT_EQ(test, s->cmd.nr_ranges, 255U);
	/* The driver's buffer is too short for what it allows */
	mock_scsi_do(s, 0, 39, 0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 7,
		     0, 0, 0, 40);
	kvdev_scsi_lba_status(&s->cmd, &s->req, ranges, 3, s->resp);
	mock_scsi_action(s, KVDEV_SCSI_OVERRUN);
}

static struct kunit_case scsi_spc_test_cases[] = {
	KUNIT_CASE(inquiry_standard),
	KUNIT_CASE(vpd_lists_and_serial),
	KUNIT_CASE(vpd_identification),
	KUNIT_CASE(vpd_block_limits),
	KUNIT_CASE(vpd_characteristics_and_provisioning),
	KUNIT_CASE(report_luns),
	KUNIT_CASE(report_all_opcodes),
	KUNIT_CASE(report_one_opcode),
	KUNIT_CASE(report_functions),
	KUNIT_CASE(log_pages),
	KUNIT_CASE(capacities),
	KUNIT_CASE_PARAM(unmap_list, unmap_gen_params),
	KUNIT_CASE(unmap_list_of_64k),
	KUNIT_CASE(lba_status),
	{ }
};

static struct kunit_suite scsi_spc_suite = {
	.name = "kvdev_scsi_spc",
	.test_cases = scsi_spc_test_cases,
};

kunit_test_suite(scsi_spc_suite);
