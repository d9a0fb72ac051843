// SPDX-License-Identifier: GPL-2.0
/*
 * SCSI units: sense data, unit attentions, media, resets.
 */
#include "mock_scsi.h"

/* TEST UNIT READY ends in this; 0: GOOD */
static void ready(struct mock_scsi *s, u32 sense)
{
	mock_scsi_do(s, 0, 0, 0x00);
	if (sense)
		mock_scsi_sense(s, sense);
	else
		mock_scsi_good(s, 0);
}

/* ------------------------------------------------------------ sense data */

static void sense_fixed(struct kunit *test)
{
	static const u8 sks[] = { 0xcf, 0x12, 0x34 }, none[3] = { };
	static const u8 plain[18] = { 0x70, 0, 5, 0, 0, 0, 0, 10,
				      [12] = 0x24, [13] = 1 };
	static const u8 full[18] = { 0xf0, 0, 5, 0x01, 0x02, 0x03, 0x04, 10,
				     [12] = 0x24, [13] = 1,
				     [15] = 0xcf, 0x12, 0x34 };
	u32 sense = KVDEV_SENSE(5, 0x24, 1);
	u8 to[KVDEV_SCSI_SENSE_MAX];

	memset(to, 0xa5, sizeof(to));
	KUNIT_EXPECT_EQ(test, kvdev_scsi_build_sense(to, false, sense, NULL,
						     KVDEV_SCSI_NO_INFO), 18U);
	KUNIT_EXPECT_MEMEQ(test, to, plain, sizeof(plain));
	KUNIT_EXPECT_EQ(test, to[18], (u8)0xa5);
	kvdev_scsi_build_sense(to, false, sense, sks, 0x01020304);
	KUNIT_EXPECT_MEMEQ(test, to, full, sizeof(full));
	/* What does not fit 32 bits is left out, not cut */
	kvdev_scsi_build_sense(to, false, sense, none, 0x100000000ULL);
	KUNIT_EXPECT_MEMEQ(test, to, plain, sizeof(plain));
}

static void sense_descriptors(struct kunit *test)
{
	static const u8 sks[] = { 0xcf, 0x12, 0x34 };
	static const u8 plain[] = { 0x72, 5, 0x24, 1, 0, 0, 0, 0 };
	static const u8 full[] = { 0x72, 5, 0x24, 1, 0, 0, 0, 20,
				   0x00, 0x0a, 0x80, 0,
				   1, 2, 3, 4, 5, 6, 7, 8,
				   0x02, 0x06, 0, 0, 0xcf, 0x12, 0x34, 0 };
	u32 sense = KVDEV_SENSE(5, 0x24, 1);
	u8 to[KVDEV_SCSI_SENSE_MAX];

	memset(to, 0xa5, sizeof(to));
	KUNIT_EXPECT_EQ(test, kvdev_scsi_build_sense(to, true, sense, NULL,
						     KVDEV_SCSI_NO_INFO), 8U);
	KUNIT_EXPECT_MEMEQ(test, to, plain, sizeof(plain));
	KUNIT_EXPECT_EQ(test, kvdev_scsi_build_sense(to, true, sense, sks,
						     0x0102030405060708ULL),
			(u32)sizeof(full));
	KUNIT_EXPECT_MEMEQ(test, to, full, sizeof(full));
}

/* The format of the control page at the time the command came */
static void fail_uses_the_format_asked_for(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, 0, 4096, 0x28, 0, 0, 0, 0, 9, 0, 0, 8);
	mock_scsi_action(s, KVDEV_SCSI_READ);
	kvdev_scsi_fail(&s->cmd, KVDEV_SENSE_READ_ERROR, 12);
	mock_scsi_sense(s, KVDEV_SENSE_READ_ERROR);
	KUNIT_EXPECT_EQ(test, s->cmd.sense[0], (u8)0xf0);
	KUNIT_EXPECT_EQ(test, mock_be(&s->cmd.sense[3], 4), 12U);

	s->lu.mode.d_sense = true;
	mock_scsi_do(s, 0, 4096, 0x28, 0, 0, 0, 0, 9, 0, 0, 8);
	kvdev_scsi_fail(&s->cmd, KVDEV_SENSE_MISCOMPARE, KVDEV_SCSI_NO_INFO);
	KUNIT_EXPECT_EQ(test, s->cmd.sense_len, (u8)8);
	KUNIT_EXPECT_EQ(test, mock_be(s->cmd.sense, 4), 0x720e1d00U);
}

/* ------------------------------------------------------- unit attentions */

static void attention_is_told_once(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	kvdev_scsi_lu_attention(&s->lu, KVDEV_SENSE_INQUIRY_CHANGED);
	kvdev_scsi_lu_attention(&s->lu, KVDEV_SENSE_CAPACITY_CHANGED);
	kvdev_scsi_lu_attention(&s->lu, KVDEV_SENSE_INQUIRY_CHANGED);
	ready(s, KVDEV_SENSE_INQUIRY_CHANGED);
	ready(s, KVDEV_SENSE_CAPACITY_CHANGED);
	ready(s, 0);
	/* The others have not been told yet */
	s->req.nexus = 3;
	ready(s, KVDEV_SENSE_INQUIRY_CHANGED);
}

/* SAM-5, 5.14: INQUIRY and REPORT LUNS leave it; REQUEST SENSE takes it */
static void attention_and_early_commands(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	kvdev_scsi_lu_attention(&s->lu, KVDEV_SENSE_RESET);
	mock_scsi_do(s, 0, 255, 0x12, 0, 0, 0, 36);
	mock_scsi_good(s, 36);
	mock_scsi_do(s, 0, 255, 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16);
	mock_scsi_action(s, KVDEV_SCSI_REPORT_LUNS);
	mock_scsi_do(s, 0, 255, 0x03, 0, 0, 0, 18);
	mock_scsi_good(s, 18);
	KUNIT_EXPECT_EQ(test, s->resp[2], (u8)6);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[12], 2), 0x2903U);
	ready(s, 0);
	mock_scsi_do(s, 0, 255, 0x03, 0, 0, 0, 18);
	KUNIT_EXPECT_EQ(test, s->resp[2], (u8)0);

	/* Also before an opcode is known to be invalid */
	kvdev_scsi_lu_attention(&s->lu, KVDEV_SENSE_RESET);
	mock_scsi_do(s, 0, 0, 0xff);
	mock_scsi_sense(s, KVDEV_SENSE_RESET);
}

static void report_luns_clears_its_attention(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	kvdev_scsi_lu_attention(&s->lu, KVDEV_SENSE_LUNS_CHANGED);
	kvdev_scsi_lu_attention(&s->lu, KVDEV_SENSE_INQUIRY_CHANGED);
	mock_scsi_do(s, 0, 255, 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16);
	ready(s, KVDEV_SENSE_INQUIRY_CHANGED);
	ready(s, 0);
}

/* More than there is room for: the oldest go, nothing is overwritten */
static void attention_queue_is_bounded(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u32 i;

	for (i = 0; i < 1000; i++)
		kvdev_scsi_lu_attention(&s->lu, KVDEV_SENSE(6, 0x2a, i & 0xff));
	KUNIT_EXPECT_EQ(test, s->lu.nexus[0].nr_ua, (u8)KVDEV_SCSI_UA_MAX);
	for (i = 1000 - KVDEV_SCSI_UA_MAX; i < 1000; i++)
		ready(s, KVDEV_SENSE(6, 0x2a, i & 0xff));
	ready(s, 0);
}

static void power_on_comes_first(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	kvdev_scsi_lu_attention(&s->lu, KVDEV_SENSE_CAPACITY_CHANGED);
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_POWER_ON);
	ready(s, KVDEV_SENSE_POWER_ON);
	ready(s, 0);
}

/* ------------------------------------------------------------------ media */

static void new_unit_says_power_on(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);
	const struct kvdev_scsi_config cfg = s->lu.cfg;

	KUNIT_ASSERT_EQ(test, kvdev_scsi_lu_init(&s->lu, &cfg), 0);
	ready(s, KVDEV_SENSE_POWER_ON);
	ready(s, KVDEV_SENSE_NO_MEDIUM);
}

static void medium_changes(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD_EMPTY);

	ready(s, KVDEV_SENSE_NO_MEDIUM);
	kvdev_scsi_lu_insert(&s->lu, 5, true);
	ready(s, KVDEV_SENSE_MEDIUM_CHANGED);
	ready(s, 0);
	mock_scsi_do(s, 0, 8, 0x25);
	KUNIT_EXPECT_EQ(test, mock_be(s->resp, 4), 4U);
	kvdev_scsi_lu_remove(&s->lu);
	ready(s, KVDEV_SENSE_NO_MEDIUM);
	mock_scsi_do(s, 0, 2048, 0x28, 0, 0, 0, 0, 0, 0, 0, 1);
	mock_scsi_sense(s, KVDEV_SENSE_NO_MEDIUM);
	/* One for another, at once */
	kvdev_scsi_lu_insert(&s->lu, 6, true);
	kvdev_scsi_lu_insert(&s->lu, 7, true);
	ready(s, KVDEV_SENSE_MEDIUM_CHANGED);
	ready(s, 0);
	/* An empty image is no medium */
	kvdev_scsi_lu_insert(&s->lu, 0, true);
	ready(s, KVDEV_SENSE_NO_MEDIUM);
}

static void eject_and_load(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 2);
	mock_scsi_good(s, 0);
	KUNIT_EXPECT_TRUE(test, s->lu.tray_open);
	ready(s, KVDEV_SENSE_TRAY_OPEN);
	/* Again: nothing changes */
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 2);
	mock_scsi_good(s, 0);
	KUNIT_EXPECT_EQ(test, s->cmd.flags, 0U);
	/* Locking an open tray keeps it from being opened, once it is closed */
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 3);
	mock_scsi_good(s, 0);
	KUNIT_EXPECT_EQ(test, s->cmd.flags, (u32)KVDEV_SCSI_F_TRAY);
	ready(s, KVDEV_SENSE_MEDIUM_CHANGED);
	ready(s, 0);
	/* The host closes the tray with a new disc in it */
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 2);
	kvdev_scsi_lu_insert(&s->lu, 9, true);
	ready(s, KVDEV_SENSE_MEDIUM_CHANGED);
	ready(s, 0);
}

static void lock_prevents_eject(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 1);
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 2);
	mock_scsi_sense(s, KVDEV_SENSE_REMOVAL_PREVENTED);
	KUNIT_EXPECT_FALSE(test, s->lu.tray_open);
	KUNIT_EXPECT_TRUE(test, kvdev_scsi_lu_eject_request(&s->lu));
	/* Any initiator's lock holds */
	s->req.nexus = 1;
	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 0);
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 2);
	mock_scsi_sense(s, KVDEV_SENSE_REMOVAL_PREVENTED);
	s->req.nexus = 0;
	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 0);
	KUNIT_EXPECT_FALSE(test, kvdev_scsi_lu_eject_request(&s->lu));
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 2);
	mock_scsi_good(s, 0);
}

/* Whoever locked it is gone */
static void resets_unlock(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 1);
	kvdev_scsi_lu_nexus_loss(&s->lu, 0);
	KUNIT_EXPECT_FALSE(test, kvdev_scsi_lu_eject_request(&s->lu));
	ready(s, KVDEV_SENSE_NEXUS_LOSS);
	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 1);
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_RESET);
	KUNIT_EXPECT_FALSE(test, kvdev_scsi_lu_eject_request(&s->lu));
	ready(s, KVDEV_SENSE_RESET);
	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 1);
	kvdev_scsi_lu_remove(&s->lu);
	KUNIT_EXPECT_FALSE(test, kvdev_scsi_lu_eject_request(&s->lu));
}

static void fixed_disk_is_not_locked(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 1);
	mock_scsi_good(s, 0);
	KUNIT_EXPECT_FALSE(test, s->lu.nexus[0].prevents);
}

static void resize_is_told(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	kvdev_scsi_lu_resize(&s->lu, 1000000);
	ready(s, 0);
	kvdev_scsi_lu_resize(&s->lu, 2000000);
	ready(s, KVDEV_SENSE_CAPACITY_CHANGED);
	mock_scsi_do(s, 0, 8, 0x25);
	KUNIT_EXPECT_EQ(test, mock_be(s->resp, 4), 1999999U);
	kvdev_scsi_lu_resize(&s->lu, 10);
	ready(s, KVDEV_SENSE_CAPACITY_CHANGED);
	mock_scsi_do(s, 0, 512, 0x28, 0, 0, 0, 0, 10, 0, 0, 1);
	mock_scsi_sense(s, KVDEV_SENSE_LBA_RANGE);
	/* Without a medium there is nothing to resize */
	kvdev_scsi_lu_remove(&s->lu);
	kvdev_scsi_lu_resize(&s->lu, 20);
	KUNIT_EXPECT_EQ(test, s->lu.nr_blocks, 0ULL);
}

static void stop_and_start(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	mock_scsi_do(s, 0, 0, 0x1b);
	mock_scsi_action(s, KVDEV_SCSI_FLUSH);
	ready(s, KVDEV_SENSE_STOPPED);
	mock_scsi_do(s, 0, 512, 0x28, 0, 0, 0, 0, 0, 0, 0, 1);
	mock_scsi_sense(s, KVDEV_SENSE_STOPPED);
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 1);
	mock_scsi_good(s, 0);
	ready(s, 0);
	/* A reset starts it as well */
	mock_scsi_do(s, 0, 0, 0x1b);
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_RESET);
	ready(s, KVDEV_SENSE_RESET);
	ready(s, 0);
}

/* ---------------------------------------------------------- configuration */

static void config_is_checked(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	const struct kvdev_scsi_config good = s->lu.cfg;
	struct kvdev_scsi_config cfg;

#define TRY(field, value, result) do { \
	cfg = good; \
	cfg.field = value; \
	KUNIT_EXPECT_EQ(test, kvdev_scsi_lu_init(&s->lu, &cfg), result); \
} while (0)
	TRY(block_size, 512, 0);
	TRY(block_size, 4096, 0);
	TRY(block_size, 0, -EINVAL);
	TRY(block_size, 2048, -EINVAL);
	TRY(type, KVDEV_SCSI_CDROM, -EINVAL);
	TRY(type, 1, -EINVAL);
	TRY(physical_exp, 15, 0);
	TRY(physical_exp, 16, -EINVAL);
	TRY(vendor[4], '\n', -EINVAL);
	TRY(vendor[4], 'x', 0);
	TRY(vendor[0], '\x7f', -EINVAL);
	TRY(product[0], '\x80', -EINVAL);
	TRY(revision[0], 1, -EINVAL);
	TRY(serial[0], ' ', 0);
	TRY(serial[0], 0x1f, -EINVAL);
	TRY(naa, 0, 0);
	TRY(naa, 0x5000000000000001ULL, 0);
	TRY(naa, 0x6000000000000001ULL, -EINVAL);
#undef TRY
}

static struct kunit_case scsi_lu_test_cases[] = {
	KUNIT_CASE(sense_fixed),
	KUNIT_CASE(sense_descriptors),
	KUNIT_CASE(fail_uses_the_format_asked_for),
	KUNIT_CASE(attention_is_told_once),
	KUNIT_CASE(attention_and_early_commands),
	KUNIT_CASE(report_luns_clears_its_attention),
	KUNIT_CASE(attention_queue_is_bounded),
	KUNIT_CASE(power_on_comes_first),
	KUNIT_CASE(new_unit_says_power_on),
	KUNIT_CASE(medium_changes),
	KUNIT_CASE(eject_and_load),
	KUNIT_CASE(lock_prevents_eject),
	KUNIT_CASE(resets_unlock),
	KUNIT_CASE(fixed_disk_is_not_locked),
	KUNIT_CASE(resize_is_told),
	KUNIT_CASE(stop_and_start),
	KUNIT_CASE(config_is_checked),
	{ }
};

static struct kunit_suite scsi_lu_suite = {
	.name = "kvdev_scsi_lu",
	.test_cases = scsi_lu_test_cases,
};

kunit_test_suite(scsi_lu_suite);
