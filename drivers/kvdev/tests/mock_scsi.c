// SPDX-License-Identifier: GPL-2.0
/* SCSI units for the suites. */
#include "mock_scsi.h"

static const struct kvdev_scsi_config disk_config = {
	.type = KVDEV_SCSI_DISK,
	.block_size = 512,
	.physical_exp = 3,
	.write_back = true,
	.unmap = true,
	.unmap_zeroes = true,
	.max_blocks = 8192,
	.opt_blocks = 2048,
	.max_unmap_blocks = 100000,
	.unmap_granularity = 8,
	.max_same_blocks = 65536,
	.max_compare_blocks = 16,
	.vendor = "KVDEV",
	.product = "DISK OF A TEST",
	.revision = "0001",
	.serial = "serial-1",
	.naa = 0x3123456789abcdefULL,
};

static const struct kvdev_scsi_config disk_4k_config = {
	.type = KVDEV_SCSI_DISK,
	.block_size = 4096,
	.rotational = true,
	.physical_exp = 1,
	.aligned_lba = 1,
	.opt_granularity = 0x102,
	.vendor = "KVDEVVVV",
	.product = "PRODUCT OF 16 CH",
	.revision = "0002",
	.id = 0x0123456789abcdefULL,
};

static const struct kvdev_scsi_config cd_config = {
	.type = KVDEV_SCSI_CDROM,
	.block_size = 2048,
	.max_blocks = 1024,
	.vendor = "KVDEV",
	.product = "CD-ROM",
	.revision = "1",
	.serial = "cd-1",
};

static const struct kvdev_scsi_config no_unit_config = {
	.type = KVDEV_SCSI_NO_UNIT,
};

static void make_unit(struct mock_scsi *s, enum mock_scsi_unit unit)
{
	struct kvdev_scsi_config cfg = disk_config;
	u64 blocks = 1000000;
	u32 i;

	switch (unit) {
	case MOCK_DISK:
		break;
	case MOCK_DISK_4K:
		cfg = disk_4k_config;
		blocks = 1ULL << 33;
		break;
	case MOCK_DISK_RO:
		cfg.read_only = true;
		break;
	case MOCK_REMOVABLE:
		cfg.removable = true;
		break;
	case MOCK_CD:
	case MOCK_DVD:
	case MOCK_CD_EMPTY:
		cfg = cd_config;
		blocks = unit == MOCK_DVD ? 500000 : 1000;
		break;
	case MOCK_NO_UNIT:
		cfg = no_unit_config;
		break;
	}
	KUNIT_ASSERT_EQ(s->test, kvdev_scsi_lu_init(&s->lu, &cfg), 0);
	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		KUNIT_ASSERT_EQ(s->test, kvdev_scsi_pr_join(&s->pr, i), i);
	s->lu.pr = &s->pr;
	s->lu.pr_first = 0;
	s->lu.pr_nr = KVDEV_SCSI_NEXUS_MAX;
	if (unit != MOCK_CD_EMPTY && unit != MOCK_NO_UNIT)
		kvdev_scsi_lu_insert(&s->lu, blocks, false);
}

struct mock_scsi *mock_scsi(struct kunit *test, enum mock_scsi_unit unit)
{
	struct mock_scsi *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->test = test;
	make_unit(s, unit);
	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++) {
		s->lu.nexus[i].nr_ua = 0;
		s->lu.nexus[i].media_event = 0;
	}
	return s;
}

/* Nothing behind the response was touched, and its length makes sense. */
static void check_resp(struct mock_scsi *s)
{
	u32 i;

	KUNIT_EXPECT_LE(s->test, s->cmd.resp_len, (u32)KVDEV_SCSI_RESP_MAX);
	KUNIT_EXPECT_LE(s->test, (u64)s->cmd.resp_len, s->req.in_len);
	KUNIT_EXPECT_LE(s->test, s->cmd.in_len, s->req.in_len);
	KUNIT_EXPECT_LE(s->test, s->cmd.out_len, s->req.out_len);
	for (i = KVDEV_SCSI_RESP_MAX; i < sizeof(s->resp); i++)
		KUNIT_EXPECT_EQ(s->test, s->resp[i], (u8)MOCK_SCSI_POISON);
}

void mock_scsi_run(struct mock_scsi *s, const u8 *cdb, u32 len, u64 out,
		   u64 in)
{
	memset(s->resp, MOCK_SCSI_POISON, sizeof(s->resp));
	memset(&s->cmd, MOCK_SCSI_POISON, sizeof(s->cmd));
	memset(s->req.cdb, 0, sizeof(s->req.cdb));
	memcpy(s->req.cdb, cdb, len);
	s->req.cdb_len = KVDEV_SCSI_CDB_MAX;
	s->req.out_len = out;
	s->req.in_len = in;
	kvdev_scsi_parse(&s->lu, &s->req, &s->cmd, s->resp);
	check_resp(s);
}

void mock_scsi_params(struct mock_scsi *s, const u8 *params)
{
	KUNIT_ASSERT_EQ(s->test, (int)s->cmd.action, (int)KVDEV_SCSI_PARAMS);
	KUNIT_ASSERT_LE(s->test, s->cmd.out_len, (u64)KVDEV_SCSI_PARAM_MAX);
	kvdev_scsi_params(&s->lu, &s->req, &s->cmd, params);
	KUNIT_EXPECT_NE(s->test, (int)s->cmd.action, (int)KVDEV_SCSI_PARAMS);
	check_resp(s);
}

void mock_scsi_good(struct mock_scsi *s, u32 resp_len)
{
	KUNIT_EXPECT_EQ(s->test, (int)s->cmd.action, (int)KVDEV_SCSI_DONE);
	KUNIT_EXPECT_EQ(s->test, s->cmd.status, (u8)KVDEV_SCSI_GOOD);
	KUNIT_EXPECT_EQ(s->test, s->cmd.sense_len, (u8)0);
	KUNIT_EXPECT_EQ(s->test, s->cmd.resp_len, resp_len);
	KUNIT_EXPECT_EQ(s->test, s->cmd.in_len, (u64)resp_len);
}

void mock_scsi_action(struct mock_scsi *s, enum kvdev_scsi_action action)
{
	KUNIT_EXPECT_EQ(s->test, (int)s->cmd.action, (int)action);
	KUNIT_EXPECT_EQ(s->test, s->cmd.status, (u8)KVDEV_SCSI_GOOD);
	KUNIT_EXPECT_EQ(s->test, s->cmd.sense_len, (u8)0);
}

/* Fixed format, SPC-4, 4.5.3 */
void mock_scsi_sense(struct mock_scsi *s, u32 sense)
{
	const u8 *bytes = s->cmd.sense;

	KUNIT_EXPECT_EQ(s->test, (int)s->cmd.action, (int)KVDEV_SCSI_DONE);
	KUNIT_EXPECT_EQ(s->test, s->cmd.status, (u8)KVDEV_SCSI_CHECK_CONDITION);
	KUNIT_EXPECT_EQ(s->test, s->cmd.resp_len, 0U);
	KUNIT_EXPECT_EQ(s->test, s->cmd.in_len, 0ULL);
	KUNIT_EXPECT_EQ(s->test, s->cmd.out_len, 0ULL);
	KUNIT_EXPECT_EQ(s->test, s->cmd.sense_len, (u8)18);
	KUNIT_EXPECT_EQ(s->test, bytes[0] & 0x7f, 0x70);
	KUNIT_EXPECT_EQ(s->test, bytes[7], (u8)10);
	KUNIT_EXPECT_EQ(s->test,
			(u32)(bytes[2] << 16 | bytes[12] << 8 | bytes[13]),
			sense);
}

void mock_scsi_conflict(struct mock_scsi *s)
{
	KUNIT_EXPECT_EQ(s->test, (int)s->cmd.action, (int)KVDEV_SCSI_DONE);
	KUNIT_EXPECT_EQ(s->test, s->cmd.status,
			(u8)KVDEV_SCSI_RESERVATION_CONFLICT);
	KUNIT_EXPECT_EQ(s->test, s->cmd.sense_len, (u8)0);
	KUNIT_EXPECT_EQ(s->test, s->cmd.resp_len, 0U);
}

void mock_scsi_field(struct mock_scsi *s, u32 field)
{
	KUNIT_EXPECT_EQ(s->test, mock_be(&s->cmd.sense[15], 3), field);
}

u32 mock_be(const u8 *from, u32 bytes)
{
	u32 value = 0;

	while (bytes--)
		value = value << 8 | *from++;
	return value;
}
