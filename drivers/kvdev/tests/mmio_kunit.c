// SPDX-License-Identifier: GPL-2.0
/*
 * Virtio over MMIO, both versions: every offset and width, and what drivers
 * do with it.
 */
#include "kunit_regs.h"

#define S_DRIVER	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define S_FEATURES_OK	(S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define IGN		KVDEV_ACT_IGNORED

static u32 mmio(struct regs_test *t, u32 version, u32 offset, u32 len,
		bool write, u64 value)
{
	t->acc = (struct kvdev_reg_access){
		.offset = offset, .len = len, .write = write, .value = value,
	};
	return kvdev_mmio_access(&t->regs, version, &t->acc);
}

static u64 mrd(struct regs_test *t, u32 version, u32 offset)
{
	mmio(t, version, offset, 4, false, U64_MAX);
	return t->acc.value;
}

static u32 mwr(struct regs_test *t, u32 version, u32 offset, u64 value)
{
	return mmio(t, version, offset, 4, true, value);
}

/* What one version does: actions, and the value a read gives. */
struct way {
	u32 read;
	u64 value;
	u32 write;
};

struct reg {
	u32 offset;
	struct way v1, v2;
};

#define RO(v)	{ 0, v, IGN }
#define WO(a)	{ IGN, 0, a }
#define NO	{ IGN, 0, IGN }

/*
 * From virtio 1.3, 4.2.2 and 4.2.4; offsets as in the driver's header. In the
 * state of enter(); 1 is written.
 */
static const struct reg table[] = {
	{ 0x000, RO(0x74726976), RO(0x74726976) },
	{ 0x004, RO(1), RO(2) },
	{ 0x008, RO(4), RO(4) },
	{ 0x00c, RO(0x5644564b), RO(0x5644564b) },
	{ 0x010, RO(0), RO(0x80000105) },
	{ 0x014, WO(0), WO(0) },
	{ 0x020, WO(IGN), WO(0) },
	{ 0x024, WO(0), WO(0) },
	{ 0x028, WO(0), NO },
	{ 0x030, WO(0), WO(0) },
	{ 0x034, RO(QUEUE_MAX / 2), RO(QUEUE_MAX / 2) },
	{ 0x038, WO(0), WO(0) },
	{ 0x03c, WO(0), NO },
	{ 0x040, { 0, 0, KVDEV_ACT_ENABLE }, NO },
	{ 0x044, NO, { 0, 0, IGN } },
	{ 0x050, WO(KVDEV_ACT_NOTIFY), WO(KVDEV_ACT_NOTIFY) },
	{ 0x060, { KVDEV_ACT_ISR_PEEK, 0, IGN },
	  { KVDEV_ACT_ISR_PEEK, 0, IGN } },
	{ 0x064, WO(KVDEV_ACT_ISR_ACK), WO(KVDEV_ACT_ISR_ACK) },
	{ 0x070, { 0, S_DRIVER, KVDEV_ACT_STATUS },
	  { 0, S_DRIVER, KVDEV_ACT_STATUS } },
	{ 0x080, NO, WO(0) },
	{ 0x084, NO, WO(0) },
	{ 0x090, NO, WO(0) },
	{ 0x094, NO, WO(0) },
	{ 0x0a0, NO, WO(0) },
	{ 0x0a4, NO, WO(0) },
	{ 0x0ac, NO, WO(0) },
	{ 0x0b0, NO, RO(U32_MAX) },
	{ 0x0b4, NO, RO(U32_MAX) },
	{ 0x0b8, NO, RO(U32_MAX) },
	{ 0x0bc, NO, RO(U32_MAX) },
	{ 0x0c0, NO, { 0, 0, IGN } },
	{ 0x0fc, NO, RO(0x5a) },
};

static void enter(struct regs_test *t, u32 version)
{
	kvdev_regs_reset(&t->regs);
	t->regs.device_id = 4;
	t->regs.status = S_DRIVER;
	t->regs.legacy = version == 1;
	t->regs.device_feature_select = 1;
	t->regs.driver_feature_select = 1;
	t->regs.queue_select = 1;
	t->regs.page_size = 4096;
}

static const struct way *way_at(u32 version, u32 offset, u32 len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].offset == offset && len == 4)
			return version == 1 ? &table[i].v1 : &table[i].v2;
	return NULL;
}

static void every_access(struct kunit *test, u32 version)
{
	struct regs_test *t = test->priv;
	u32 offset, len, i;

	for (offset = 0; offset < 0x130; offset++) {
		for (len = 0; len <= 17; len++) {
			const struct way *w = way_at(version, offset, len);
			u32 rd_want = w ? w->read : IGN;
			u32 wr_want = w ? w->write : IGN;
			u64 want = w ? w->value : 0;

			if (offset >= 0x100 && len && len <= 8 &&
			    is_power_of_2(len) &&
			    offset + len <= 0x100 + CONFIG_LEN) {
				rd_want = KVDEV_ACT_CONFIG_READ;
				wr_want = KVDEV_ACT_CONFIG;
				for (i = 0, want = 0; i < len; i++)
					want |= (u64)(0xa0 + offset - 0x100 +
						      i) << (8 * i);
			}
			enter(t, version);
			KUNIT_EXPECT_EQ_MSG(test, mmio(t, version, offset, len,
						       false, U64_MAX),
					    rd_want, "read of %u at 0x%x", len,
					    offset);
			KUNIT_EXPECT_EQ_MSG(test, t->acc.value, want,
					    "read of %u at 0x%x", len, offset);
			KUNIT_ASSERT_NOT_NULL(test, t->acc.field);
			KUNIT_EXPECT_EQ_MSG(test, mmio(t, version, offset, len,
						       true, 1),
					    wr_want, "write of %u at 0x%x",
					    len, offset);
			KUNIT_EXPECT_EQ(test, t->regs.status, S_DRIVER);
		}
	}
}

static void every_access_of_version_1(struct kunit *test)
{
	every_access(test, 1);
}

static void every_access_of_version_2(struct kunit *test)
{
	every_access(test, 2);
}

static void queue_ready_starts_and_stops(struct kunit *test)
{
	struct regs_test *t = test->priv;
	struct kvdev_queue_regs *q = &t->queues[1];
	int i;

	enter(t, 2);
	t->regs.status = S_FEATURES_OK;
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x38, 64), 0U);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x84, 0x11223344), 0U);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x80, 0x55667788), 0U);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x90, 0x1000), 0U);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x94, 0x2), 0U);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0xa0, 0x2000), 0U);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0xa4, 0x3), 0U);
		q->cfg.has_base = true;
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 2), IGN);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 1), KVDEV_ACT_ENABLE);
		KUNIT_EXPECT_EQ(test, t->acc.queue, 1);
		KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x44), 1ULL);
		KUNIT_EXPECT_EQ(test, q->cfg.desc_addr,
				0x1122334455667788ULL);
		KUNIT_EXPECT_EQ(test, q->cfg.driver_addr, 0x200001000ULL);
		KUNIT_EXPECT_EQ(test, q->cfg.device_addr, 0x300002000ULL);
		KUNIT_EXPECT_EQ(test, q->cfg.num, 64);
		KUNIT_EXPECT_FALSE(test, q->cfg.has_base);
		/* A queue in use stays as it is */
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x80, 0), IGN);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x38, 32), IGN);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 1), IGN);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 0), KVDEV_ACT_DISABLE);
		KUNIT_EXPECT_EQ(test, t->acc.queue, 1);
		KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x44), 0ULL);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 0), 0U);
	}
	mwr(t, 2, 0x30, NR_QUEUES);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 1), IGN);
	KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x34), 0ULL);
	/* 32 bits of index do not wrap to a queue there is */
	mwr(t, 2, 0x30, 0x10000);
	KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x34), 0ULL);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x50, 0x10000), IGN);
	mwr(t, 2, 0x30, 0);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x38, 0x10040), IGN);
}

static void notify_names_a_queue(struct kunit *test)
{
	struct regs_test *t = test->priv;
	u32 version, i;

	for (version = 1; version <= 2; version++) {
		enter(t, version);
		for (i = 0; i < NR_QUEUES; i++) {
			KUNIT_EXPECT_EQ(test, mwr(t, version, 0x50, i),
					KVDEV_ACT_NOTIFY);
			KUNIT_EXPECT_EQ(test, t->acc.queue, i);
		}
		KUNIT_EXPECT_EQ(test, mwr(t, version, 0x50, NR_QUEUES), IGN);
		KUNIT_EXPECT_EQ(test, mwr(t, version, 0x50, U32_MAX), IGN);
	}
}

static void queue_reset_by_register(struct kunit *test)
{
	struct regs_test *t = test->priv;
	struct kvdev_queue_regs *q = &t->queues[1];
	int i;

	enter(t, 2);
	t->regs.status = S_FEATURES_OK;
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 1), KVDEV_ACT_ENABLE);
	/* Not negotiated */
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0xc0, 1), IGN);
	t->regs.driver_features = RING_RESET;
	/* 32 bits do not wrap to the value there is */
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0xc0, 0x10001), IGN);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0xc0, 0), IGN);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, mrd(t, 2, 0xc0), 0ULL);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0xc0, 1),
				KVDEV_ACT_QUEUE_RESET);
		KUNIT_EXPECT_EQ(test, t->acc.queue, 1);
		KUNIT_EXPECT_EQ(test, mrd(t, 2, 0xc0), 1ULL);
		KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x44), 0ULL);
		/* Neither taken back twice nor given before its end */
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 0), 0U);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 1), IGN);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x38, 4), IGN);
		kvdev_regs_reset_queue(q);
		KUNIT_EXPECT_EQ(test, mrd(t, 2, 0xc0), 0ULL);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x38, 4), 0U);
		KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 1), KVDEV_ACT_ENABLE);
		KUNIT_EXPECT_EQ(test, q->cfg.num, 4);
	}
	/* Taken back the other way there is nothing to reset */
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 0), KVDEV_ACT_DISABLE);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0xc0, 1), IGN);
	/* Version 1 has no such register */
	enter(t, 1);
	t->regs.driver_features = RING_RESET;
	q->enabled = true;
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0xc0, 1), IGN);
	KUNIT_EXPECT_TRUE(test, q->enabled);
}

static void pfn_counts_the_drivers_pages(struct kunit *test)
{
	struct regs_test *t = test->priv;
	struct kvdev_queue_regs *q = &t->queues[0];

	/* No page size, no address */
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x40, 1), IGN);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x28, 0), IGN);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x28, 0x1001), IGN);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x28, 0x10000), 0U);
	t->regs.status = 0;
	kvdev_regs_reset(&t->regs);
	/* It was written before the reset, as drivers do */
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x38, 64), 0U);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x3c, 0), IGN);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x3c, 48), IGN);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x3c, 64), 0U);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x40, 0x12), KVDEV_ACT_ENABLE);
	KUNIT_EXPECT_EQ(test, mrd(t, 1, 0x40), 0x12ULL);
	KUNIT_EXPECT_EQ(test, q->cfg.desc_addr, 0x120000ULL);
	KUNIT_EXPECT_EQ(test, q->cfg.driver_addr, 0x120400ULL);
	/* 1024 + 134 bytes, aligned to 64 */
	KUNIT_EXPECT_EQ(test, q->cfg.device_addr, 0x1204c0ULL);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x3c, 4096), IGN);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x40, 0), KVDEV_ACT_DISABLE);
	/* The largest numbers there are do not wrap */
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x28, 0x80000000), 0U);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x3c, 0x80000000), 0U);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x40, U32_MAX), KVDEV_ACT_ENABLE);
	KUNIT_EXPECT_EQ(test, q->cfg.desc_addr, 0x7fffffff80000000ULL);
	KUNIT_EXPECT_EQ(test, q->cfg.device_addr, 0x8000000000000000ULL);
}

static void features_by_version(struct kunit *test)
{
	struct regs_test *t = test->priv;

	/* Version 1: 32 bits, ANY_LAYOUT among them */
	KUNIT_EXPECT_EQ(test, mrd(t, 1, 0x10), 0x28000061ULL);
	mwr(t, 1, 0x14, 1);
	KUNIT_EXPECT_EQ(test, mrd(t, 1, 0x10), 0ULL);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x20, U32_MAX), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x28000061ULL);
	mwr(t, 1, 0x24, 1);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x20, 0), 0U);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x20, 1), IGN);
	mwr(t, 1, 0x24, 2);
	KUNIT_EXPECT_EQ(test, mwr(t, 1, 0x20, 2), IGN);
	mwr(t, 1, 0x14, 2);
	KUNIT_EXPECT_EQ(test, mrd(t, 1, 0x10), 0ULL);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x28000061ULL);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features_hi, 0ULL);

	kvdev_regs_reset(&t->regs);
	mwr(t, 2, 0x14, 1);
	KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x10), 0x80000105ULL);
	mwr(t, 2, 0x24, 1);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x20, 1), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x100000000ULL);
	mwr(t, 2, 0x14, 2);
	KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x10), 0x1aULL);
	mwr(t, 2, 0x14, 3);
	KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x10), 0x40000000ULL);
	mwr(t, 2, 0x14, 4);
	KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x10), 0ULL);
	mwr(t, 2, 0x24, 2);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x20, U32_MAX), 0U);
	mwr(t, 2, 0x24, 3);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x20, U32_MAX), 0U);
	mwr(t, 2, 0x24, 4);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x20, 1), IGN);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x100000000ULL);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features_hi, OFFERED_HI);
}

static void reset_clears_ready(struct kunit *test)
{
	struct regs_test *t = test->priv;

	enter(t, 2);
	t->regs.status = S_FEATURES_OK;
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x44, 1), KVDEV_ACT_ENABLE);
	KUNIT_EXPECT_EQ(test, mwr(t, 2, 0x70, 0), KVDEV_ACT_STATUS);
	t->regs.status = 0;
	kvdev_regs_reset(&t->regs);
	mwr(t, 2, 0x30, 1);
	KUNIT_EXPECT_EQ(test, mrd(t, 2, 0x44), 0ULL);
}

static void window_sizes(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, kvdev_mmio_size(&t->regs), 0x200U);
	t->regs.config_len = 0;
	KUNIT_EXPECT_EQ(test, kvdev_mmio_size(&t->regs), 0x200U);
	t->regs.config_len = 0x101;
	KUNIT_EXPECT_EQ(test, kvdev_mmio_size(&t->regs), 0x400U);
}

static struct kunit_case mmio_cases[] = {
	KUNIT_CASE(every_access_of_version_1),
	KUNIT_CASE(every_access_of_version_2),
	KUNIT_CASE(queue_ready_starts_and_stops),
	KUNIT_CASE(notify_names_a_queue),
	KUNIT_CASE(queue_reset_by_register),
	KUNIT_CASE(pfn_counts_the_drivers_pages),
	KUNIT_CASE(features_by_version),
	KUNIT_CASE(reset_clears_ready),
	KUNIT_CASE(window_sizes),
	{ }
};

static struct kunit_suite mmio_suite = {
	.name = "kvdev_mmio",
	.init = regs_init,
	.test_cases = mmio_cases,
};

kunit_test_suite(mmio_suite);
