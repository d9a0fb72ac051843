// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio-pci window but for the common configuration: doorbells, ISR,
 * device configuration, gaps, and where a VMM may put them.
 */
#include "kunit_regs.h"

#define ISR		0x1000
#define DEVICE		0x2000
#define NOTIFY		0x3000

struct notify_case {
	const char *name;
	u32 multiplier;
	u32 offset;
	u32 len;
	u64 value;
	u32 act;
	u16 queue;
};

#define NO	KVDEV_CONFIG_QUEUE

static const struct notify_case notify_cases[] = {
	{ "4: first", 4, 0, 2, 0, KVDEV_ACT_NOTIFY, 0 },
	{ "4: last", 4, 8, 2, 2, KVDEV_ACT_NOTIFY, 2 },
	{ "4: 32 bits", 4, 8, 4, 2, KVDEV_ACT_NOTIFY, 2 },
	{ "4: the address decides", 4, 4, 2, 0xffff, KVDEV_ACT_NOTIFY, 1 },
	{ "4: between doorbells", 4, 6, 2, 1, KVDEV_ACT_IGNORED, NO },
	{ "4: odd", 4, 1, 2, 0, KVDEV_ACT_IGNORED, NO },
	{ "4: behind the last", 4, 12, 2, 0, KVDEV_ACT_IGNORED, NO },
	{ "4: a byte", 4, 0, 1, 0, KVDEV_ACT_IGNORED, NO },
	{ "4: 64 bits", 4, 0, 8, 0, KVDEV_ACT_IGNORED, NO },
	{ "2: last", 2, 4, 2, 2, KVDEV_ACT_NOTIFY, 2 },
	{ "2: last, 32 bits", 2, 4, 4, 2, KVDEV_ACT_NOTIFY, 2 },
	{ "2: behind the last", 2, 6, 2, 0, KVDEV_ACT_IGNORED, NO },
	{ "0: value 0", 0, 0, 2, 0, KVDEV_ACT_NOTIFY, 0 },
	{ "0: value 2", 0, 0, 2, 2, KVDEV_ACT_NOTIFY, 2 },
	{ "0: 32 bits", 0, 0, 4, 1, KVDEV_ACT_NOTIFY, 1 },
	{ "0: value too large", 0, 0, 2, 3, KVDEV_ACT_IGNORED, NO },
	{ "0: value -1", 0, 0, 2, 0xffff, KVDEV_ACT_IGNORED, NO },
	{ "0: 32 bits, large", 0, 0, 4, 0x10001, KVDEV_ACT_IGNORED, NO },
	{ "0: more than the width", 0, 0, 2, 0x10001, KVDEV_ACT_NOTIFY, 1 },
	{ "0: not at the start", 0, 2, 2, 0, KVDEV_ACT_IGNORED, NO },
	{ "4096: last", 4096, 8192, 2, 0, KVDEV_ACT_NOTIFY, 2 },
	{ "4096: between", 4096, 4100, 2, 0, KVDEV_ACT_IGNORED, NO },
};

static void notify_case_desc(const struct notify_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(notify, notify_cases, notify_case_desc);

static void notify_write(struct kunit *test)
{
	const struct notify_case *c = test->param_value;
	struct regs_test *t = test->priv;

	t->layout.notify_multiplier = c->multiplier;
	t->layout.size = 0x10000;
	KUNIT_ASSERT_EQ(test, kvdev_pci_layout_check(&t->layout, &t->regs), 0);
	KUNIT_EXPECT_EQ(test, wr(t, NOTIFY + c->offset, c->len, c->value),
			c->act);
	KUNIT_EXPECT_EQ(test, t->acc.queue, c->queue);
	KUNIT_EXPECT_NOT_NULL(test, t->acc.field);
}

static void notify_reads_all_ones(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, rd(t, NOTIFY, 1), 0xffULL);
	KUNIT_EXPECT_EQ(test, rd(t, NOTIFY + 3, 2), 0xffffULL);
	KUNIT_EXPECT_EQ(test, rd(t, NOTIFY + 4, 4), 0xffffffffULL);
	KUNIT_EXPECT_EQ(test, rd(t, NOTIFY, 8), (u64)U64_MAX);
	/* Doorbells end after 12 bytes */
	KUNIT_EXPECT_EQ(test, rd(t, NOTIFY + 12, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, rd(t, NOTIFY + 8, 8), 0ULL);
}

static void isr_read_of_one_byte(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, access(t, ISR, 1, false, 0), KVDEV_ACT_ISR);
	KUNIT_EXPECT_EQ(test, t->acc.value, 0ULL);
	KUNIT_EXPECT_EQ(test, access(t, ISR, 2, false, 0), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, access(t, ISR, 4, false, 0), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, access(t, ISR + 1, 1, false, 0),
			KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, ISR, 1, 3), KVDEV_ACT_IGNORED);
}

/* Every offset and width around a configuration of 13 bytes. */
static void config_read(struct kunit *test)
{
	struct regs_test *t = test->priv;
	u32 offset, len, i;

	for (offset = 0; offset < CONFIG_LEN + 10; offset++) {
		for (len = 0; len <= 9; len++) {
			bool good = (len == 1 || len == 2 || len == 4 ||
				     len == 8) && offset + len <= CONFIG_LEN;
			u64 want = 0;

			for (i = 0; good && i < len; i++)
				want |= (u64)(0xa0 + offset + i) << (8 * i);
			KUNIT_EXPECT_EQ(test, access(t, DEVICE + offset, len,
						     false, U64_MAX),
					good ? KVDEV_ACT_CONFIG_READ : KVDEV_ACT_IGNORED);
			KUNIT_EXPECT_EQ_MSG(test, t->acc.value, want,
					    "offset %u len %u", offset, len);
		}
	}
	KUNIT_EXPECT_EQ(test, rd(t, DEVICE - 1, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, rd(t, DEVICE - 1, 2), 0ULL);
}

static void config_read_function_limits(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, kvdev_regs_read_config(&t->regs, 12, 1), 0xacULL);
	KUNIT_EXPECT_EQ(test, kvdev_regs_read_config(&t->regs, 13, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, kvdev_regs_read_config(&t->regs, 13, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, kvdev_regs_read_config(&t->regs, 0, 9), 0ULL);
	KUNIT_EXPECT_EQ(test, kvdev_regs_read_config(&t->regs, U32_MAX, 1),
			0ULL);
	KUNIT_EXPECT_EQ(test, kvdev_regs_read_config(&t->regs, U32_MAX - 3, 8),
			0ULL);
	KUNIT_EXPECT_EQ(test, kvdev_regs_read_config(&t->regs, 8, U32_MAX),
			0ULL);
}

static void config_write_is_an_action(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, wr(t, DEVICE + 5, 2, 0xabcdef), KVDEV_ACT_CONFIG);
	KUNIT_EXPECT_EQ(test, t->acc.config_offset, 5U);
	KUNIT_EXPECT_EQ(test, t->acc.value, 0xcdefULL);
	KUNIT_EXPECT_EQ(test, t->regs.config[5], 0xa5);
	KUNIT_EXPECT_EQ(test, wr(t, DEVICE + 12, 1, 1), KVDEV_ACT_CONFIG);
	KUNIT_EXPECT_EQ(test, t->acc.config_offset, 12U);
	KUNIT_EXPECT_EQ(test, wr(t, DEVICE + 12, 2, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, DEVICE + 13, 1, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, DEVICE, 3, 1), KVDEV_ACT_IGNORED);
}

static void gaps_are_ignored(struct kunit *test)
{
	static const u32 gaps[] = {
		60, 62, 64, 0xfff, 0x1001, 0x1fff, 0x200d, 0x2fff, 0x300c,
		0x3fff, 0x4000, 0x7fffffff, 0x80000000, U32_MAX - 7, U32_MAX,
	};
	struct regs_test *t = test->priv;
	unsigned int i;
	u32 len;

	for (i = 0; i < ARRAY_SIZE(gaps); i++) {
		for (len = 1; len <= 8; len *= 2) {
			KUNIT_EXPECT_EQ(test, access(t, gaps[i], len, false,
						     U64_MAX),
					KVDEV_ACT_IGNORED);
			KUNIT_EXPECT_EQ(test, t->acc.value, 0ULL);
			KUNIT_EXPECT_NOT_NULL(test, t->acc.field);
			KUNIT_EXPECT_EQ(test, wr(t, gaps[i], len, 1),
					KVDEV_ACT_IGNORED);
		}
	}
	/* Lengths that no access has */
	KUNIT_EXPECT_EQ(test, access(t, 0, U32_MAX, false, 1),
			KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, access(t, 0, 0x80000000, true, 1),
			KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, access(t, 0, 0, true, 1), KVDEV_ACT_IGNORED);
}

/* Layouts */

struct layout_case {
	const char *name;
	int ret;
	struct kvdev_pci_layout layout;
	bool short_common;	/* no room behind queue_device */
};

#define LAYOUT(c, n, m, i, d, s) { \
	.common = c, .notify = n, .notify_multiplier = m, .isr = i, \
	.device = d, .size = s }

static const struct layout_case layout_cases[] = {
	{ "default", 0, LAYOUT(0, 0x3000, 4, 0x1000, 0x2000, 0x4000) },
	{ "vmd", 0, LAYOUT(0, 0x100, 0, 0x200, 0x300, 0x1000) },
	{ "VirtualBox", 0, LAYOUT(0, 0x40, 2, 0x60, 0x80, 0x1000) },
	{ "packed without gaps", 0, LAYOUT(16, 0, 4, 15, 72, 128), true },
	{ "up to the end", 0, LAYOUT(0, 116, 4, 56, 60, 128), true },
	{ "the same with queue_reset", 0, LAYOUT(0, 116, 4, 60, 64, 128) },
	{ "isr in queue_reset", 0, LAYOUT(0, 116, 4, 59, 64, 128), true },
	{ "common up to the end", 0, LAYOUT(68, 32, 4, 0, 4, 128) },
	{ "queue_reset past the end", 0, LAYOUT(72, 32, 4, 0, 4, 128), true },
	{ "doorbells past the end", -EINVAL, LAYOUT(0, 118, 4, 56, 60, 128) },
	{ "doorbells at the end", -EINVAL, LAYOUT(0, 128, 4, 56, 60, 128) },
	{ "a page each", 0, LAYOUT(0, 0x8000, 4096, 0x1000, 0x2000, 0x10000) },
	{ "a page each, too small", -EINVAL,
	  LAYOUT(0, 0x8000, 4096, 0x1000, 0x2000, 0x8000) },
	{ "common misaligned", -EINVAL,
	  LAYOUT(2, 0x3000, 4, 0x1000, 0x2000, 0x4000) },
	{ "notify misaligned", -EINVAL,
	  LAYOUT(0, 0x3001, 4, 0x1000, 0x2000, 0x4000) },
	{ "notify aligned to 2", 0,
	  LAYOUT(0, 0x3002, 4, 0x1000, 0x2000, 0x4000) },
	{ "isr anywhere", 0, LAYOUT(0, 0x3000, 4, 0x1001, 0x2000, 0x4000) },
	{ "device misaligned", -EINVAL,
	  LAYOUT(0, 0x3000, 4, 0x1000, 0x2002, 0x4000) },
	{ "multiplier 1", -EINVAL,
	  LAYOUT(0, 0x3000, 1, 0x1000, 0x2000, 0x4000) },
	{ "multiplier 3", -EINVAL,
	  LAYOUT(0, 0x3000, 3, 0x1000, 0x2000, 0x4000) },
	{ "multiplier 6", -EINVAL,
	  LAYOUT(0, 0x3000, 6, 0x1000, 0x2000, 0x4000) },
	{ "multiplier overflows", -EINVAL,
	  LAYOUT(0, 0x3000, 0x80000000, 0x1000, 0x2000, 0x80000000) },
	{ "doorbells overflow", -EINVAL,
	  LAYOUT(0, 0xfffffff0, 0x40000000, 0x1000, 0x2000, 0x80000000) },
	{ "size 0", -EINVAL, LAYOUT(0, 0x3000, 4, 0x1000, 0x2000, 0) },
	{ "size no power of two", -EINVAL,
	  LAYOUT(0, 0x3000, 4, 0x1000, 0x2000, 0x5000) },
	{ "size too small", -EINVAL, LAYOUT(0, 0, 0, 0, 0, 8) },
	{ "everything at 0", -EINVAL, LAYOUT(0, 0, 0, 0, 0, 0x1000) },
	{ "common outside", -EINVAL,
	  LAYOUT(0x4000, 0x3000, 4, 0x1000, 0x2000, 0x4000) },
	{ "common partly outside", -EINVAL,
	  LAYOUT(0x3fd0, 0x3000, 4, 0x1000, 0x2000, 0x4000) },
	{ "device wraps", -EINVAL,
	  LAYOUT(0, 0x3000, 4, 0x1000, 0xfffffffc, 0x4000) },
	{ "isr outside", -EINVAL,
	  LAYOUT(0, 0x3000, 4, 0x4000, 0x2000, 0x4000) },
	{ "isr last byte", 0, LAYOUT(0, 0x3000, 4, 0x3fff, 0x2000, 0x4000) },
	{ "isr in common", -EINVAL,
	  LAYOUT(0, 0x3000, 4, 55, 0x2000, 0x4000) },
	{ "isr in doorbells", -EINVAL,
	  LAYOUT(0, 0x3000, 4, 0x300b, 0x2000, 0x4000) },
	{ "isr in device", -EINVAL,
	  LAYOUT(0, 0x3000, 4, 0x200c, 0x2000, 0x4000) },
	{ "isr behind device", 0,
	  LAYOUT(0, 0x3000, 4, 0x200d, 0x2000, 0x4000) },
	{ "device in common", -EINVAL,
	  LAYOUT(0, 0x3000, 4, 0x1000, 52, 0x4000) },
	{ "common in device", -EINVAL,
	  LAYOUT(12, 0x3000, 4, 0x1000, 0, 0x4000) },
	{ "doorbells over common", -EINVAL,
	  LAYOUT(0x1000, 0, 0x1000, 0x8000, 0x9000, 0x10000) },
};

static void layout_case_desc(const struct layout_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout, layout_cases, layout_case_desc);

static void layout_check_validates(struct kunit *test)
{
	const struct layout_case *c = test->param_value;
	struct regs_test *t = test->priv;
	u32 multiplier = c->layout.notify_multiplier;

	t->layout = c->layout;
	KUNIT_ASSERT_EQ(test, kvdev_pci_layout_check(&t->layout, &t->regs),
			c->ret);
	if (c->ret)
		return;
	KUNIT_EXPECT_EQ(test, t->layout.common_len,
			c->short_common ? 56U : 60U);
	KUNIT_EXPECT_EQ(test, kvdev_pci_has_queue_reset(&t->layout),
			!c->short_common);
	KUNIT_EXPECT_EQ(test, t->layout.notify_len,
			multiplier * (NR_QUEUES - 1) + 4);
	KUNIT_EXPECT_EQ(test, t->layout.isr_len, 1U);
	KUNIT_EXPECT_EQ(test, t->layout.device_len, (u32)CONFIG_LEN);

	/* It works where it was put */
	KUNIT_EXPECT_EQ(test, rd(t, t->layout.common + 18, 2), (u64)NR_QUEUES);
	KUNIT_EXPECT_EQ(test, rd(t, t->layout.device, 4), 0xa3a2a1a0ULL);
	KUNIT_EXPECT_EQ(test, access(t, t->layout.isr, 1, false, 0),
			KVDEV_ACT_ISR);
	KUNIT_EXPECT_EQ(test, wr(t, t->layout.notify + 2 * multiplier, 2, 2),
			KVDEV_ACT_NOTIFY);
	KUNIT_EXPECT_EQ(test, t->acc.queue, 2);
}

/* A device without configuration has nothing that could overlap. */
static void layout_without_config(struct kunit *test)
{
	struct regs_test *t = test->priv;

	t->regs.config_len = 0;
	t->layout.device = 0;
	KUNIT_EXPECT_EQ(test, kvdev_pci_layout_check(&t->layout, &t->regs), 0);
	KUNIT_EXPECT_EQ(test, t->layout.device_len, 0U);
	KUNIT_EXPECT_EQ(test, rd(t, 18, 2), (u64)NR_QUEUES);
	t->layout.device = 16;
	KUNIT_EXPECT_EQ(test, kvdev_pci_layout_check(&t->layout, &t->regs), 0);
	t->layout.device = t->layout.size;
	KUNIT_EXPECT_EQ(test, kvdev_pci_layout_check(&t->layout, &t->regs), 0);
	KUNIT_EXPECT_EQ(test, access(t, t->layout.size, 1, false, 0),
			KVDEV_ACT_IGNORED);
	t->layout.device = t->layout.size + 4;
	KUNIT_EXPECT_EQ(test, kvdev_pci_layout_check(&t->layout, &t->regs),
			-EINVAL);
}

static void layout_default_grows_with_queues(struct kunit *test)
{
	static const struct {
		u16 nr_queues;
		u32 size;
	} cases[] = {
		{ 0, 0x4000 }, { 1, 0x4000 }, { 64, 0x4000 }, { 1024, 0x4000 },
		{ 1025, 0x8000 }, { 0xffff, 0x80000 },
	};
	struct regs_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		t->regs.nr_queues = cases[i].nr_queues;
		KUNIT_ASSERT_EQ(test,
				kvdev_pci_layout_default(&t->layout, &t->regs),
				0);
		KUNIT_EXPECT_EQ(test, t->layout.size, cases[i].size);
		KUNIT_EXPECT_EQ(test, t->layout.common, 0U);
		KUNIT_EXPECT_EQ(test, t->layout.isr, 0x1000U);
		KUNIT_EXPECT_EQ(test, t->layout.device, 0x2000U);
		KUNIT_EXPECT_EQ(test, t->layout.notify, 0x3000U);
		KUNIT_EXPECT_EQ(test, t->layout.notify_multiplier, 4U);
	}
	/* Configuration runs into the doorbells */
	t->regs.config_len = 0x1000;
	KUNIT_EXPECT_EQ(test, kvdev_pci_layout_default(&t->layout, &t->regs),
			0);
	t->regs.config_len = 0x1001;
	KUNIT_EXPECT_EQ(test, kvdev_pci_layout_default(&t->layout, &t->regs),
			-EINVAL);
}

static struct kunit_case pci_cases[] = {
	KUNIT_CASE_PARAM(notify_write, notify_gen_params),
	KUNIT_CASE(notify_reads_all_ones),
	KUNIT_CASE(isr_read_of_one_byte),
	KUNIT_CASE(config_read),
	KUNIT_CASE(config_read_function_limits),
	KUNIT_CASE(config_write_is_an_action),
	KUNIT_CASE(gaps_are_ignored),
	KUNIT_CASE_PARAM(layout_check_validates, layout_gen_params),
	KUNIT_CASE(layout_without_config),
	KUNIT_CASE(layout_default_grows_with_queues),
	{ }
};

static struct kunit_suite pci_suite = {
	.name = "kvdev_pci",
	.init = regs_init,
	.test_cases = pci_cases,
};

kunit_test_suite(pci_suite);
