// SPDX-License-Identifier: GPL-2.0
/*
 * What PCI configuration space says: ids, capabilities, and the window behind
 * one of them.
 */
#include "kunit_regs.h"
#include <linux/virtio_pci.h>

static u32 get32(const u8 *b)
{
	return b[0] | b[1] << 8 | b[2] << 16 | (u32)b[3] << 24;
}

static struct kvdev_pci_caps *new_caps(struct kunit *test, u32 bar, u32 first,
				       u32 next)
{
	struct kvdev_pci_caps *caps = kunit_kzalloc(test, sizeof(*caps),
						    GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, caps);
	caps->bar = bar;
	caps->first = first;
	caps->next = next;
	return caps;
}

struct layout_case {
	const char *name;
	u32 bar;
	u8 order[8];
	struct kvdev_pci_layout layout;
};

/* The two a VMM may have to keep, and ours */
static const struct layout_case cases[] = {
	{ "vmd", 0, { 1, 2, 3, 4 },
	  { .common = 0, .notify = 0x100, .isr = 0x200, .device = 0x300,
	    .size = 0x1000 } },
	{ "VirtualBox", 2, { 1, 2, 3, 5, 4 },
	  { .common = 0, .notify = 0x40, .notify_multiplier = 2, .isr = 0x60,
	    .device = 0x80, .size = 0x1000 } },
	{ "default", 1, { 0 },
	  { .common = 0, .notify = 0x3000, .notify_multiplier = 4,
	    .isr = 0x1000, .device = 0x2000, .size = 0x4000 } },
};

static void case_desc(const struct layout_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout, cases, case_desc);

/* Walked as a driver does, from virtio 1.3, 4.1.4 */
static void caps_describe_the_layout(struct kunit *test)
{
	const struct layout_case *c = test->param_value;
	struct regs_test *t = test->priv;
	struct kvdev_pci_caps *caps = new_caps(test, c->bar, 0x50, 0xb0);
	u32 at, seen = 0, i = 0, want[6][2] = { };
	const u8 *cap;

	t->layout = c->layout;
	memcpy(caps->order, c->order, sizeof(caps->order));
	KUNIT_ASSERT_EQ(test, kvdev_pci_layout_check(&t->layout, &t->regs), 0);
	KUNIT_ASSERT_EQ(test, kvdev_pci_caps_build(caps, &t->layout), 0);
	want[1][0] = c->layout.common;
	want[1][1] = 60;
	want[2][0] = c->layout.notify;
	want[2][1] = c->layout.notify_multiplier * (NR_QUEUES - 1) + 4;
	want[3][0] = c->layout.isr;
	want[3][1] = 1;
	want[4][0] = c->layout.device;
	want[4][1] = CONFIG_LEN;

	for (at = 0x50; at != 0xb0; at = cap[1]) {
		KUNIT_ASSERT_TRUE(test, at - 0x50 + 16 <= caps->len);
		cap = caps->bytes + at - 0x50;
		KUNIT_EXPECT_EQ(test, cap[0], 9);
		KUNIT_ASSERT_TRUE(test, cap[3] >= 1 && cap[3] <= 5);
		KUNIT_EXPECT_EQ(test, cap[2],
				cap[3] == 2 || cap[3] == 5 ? 20 : 16);
		KUNIT_EXPECT_FALSE(test, seen & BIT(cap[3]));
		seen |= BIT(cap[3]);
		if (c->order[0])
			KUNIT_EXPECT_EQ(test, cap[3], c->order[i]);
		i++;
		KUNIT_EXPECT_EQ(test, at % 4, 0U);
		KUNIT_EXPECT_EQ(test, get32(cap + 8), want[cap[3]][0]);
		KUNIT_EXPECT_EQ(test, get32(cap + 12), want[cap[3]][1]);
		if (cap[3] == 2)
			KUNIT_EXPECT_EQ(test, get32(cap + 16),
					c->layout.notify_multiplier);
		if (cap[3] == 5)
			KUNIT_EXPECT_EQ(test, caps->pci_cfg, at);
		else
			KUNIT_EXPECT_EQ(test, cap[4], c->bar);
	}
	KUNIT_EXPECT_EQ(test, seen, c->order[3] && !c->order[4] ? 0x1eU :
								  0x3eU);
	if (!(seen & BIT(5)))
		KUNIT_EXPECT_EQ(test, caps->pci_cfg, 0U);
}

static void caps_refused(struct kunit *test)
{
	static const struct {
		u32 bar, first, next;
		u8 order[8];
	} bad[] = {
		{ 6, 0x40, 0 }, { 0, 0x3c, 0 }, { 0, 0x41, 0 }, { 0, 0x100, 0 },
		{ 0, 0x40, 0x41 }, { 0, 0x40, 0x100 }, { 0, 0xac, 0 },
		{ 0, 0x40, 0, { 1, 1 } }, { 0, 0x40, 0, { 6 } },
		{ 0, 0x40, 0, { 1, 0, 2 } }, { 0, 0x40, 0, { 0, 1 } },
		{ 0, 0x40, 0, { 255 } }, { U32_MAX, 0x40, 0 },
		{ 0, U32_MAX - 3, 0 },
	};
	struct regs_test *t = test->priv;
	struct kvdev_pci_caps *caps;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		caps = new_caps(test, bad[i].bar, bad[i].first, bad[i].next);
		memcpy(caps->order, bad[i].order, sizeof(caps->order));
		KUNIT_EXPECT_EQ_MSG(test,
				    kvdev_pci_caps_build(caps, &t->layout),
				    -EINVAL, "case %u", i);
	}
	/* The last place where they fit, and no configuration */
	caps = new_caps(test, 5, 0xa8, 0);
	KUNIT_EXPECT_EQ(test, kvdev_pci_caps_build(caps, &t->layout), 0);
	KUNIT_EXPECT_EQ(test, caps->len, 88U);
	t->layout.device_len = 0;
	KUNIT_EXPECT_EQ(test, kvdev_pci_caps_build(caps, &t->layout), 0);
	KUNIT_EXPECT_EQ(test, caps->len, 72U);
	KUNIT_EXPECT_EQ(test, caps->bytes[52 + 1], 0);
}

/* Virtio 1.3, 4.1.2 */
static void ids_of_types(struct kunit *test)
{
	struct kvdev_pci_ids ids;

	kvdev_pci_ids_default(&ids, 2, false);
	KUNIT_EXPECT_EQ(test, ids.vendor, 0x1af4);
	KUNIT_EXPECT_EQ(test, ids.device, 0x1042);
	KUNIT_EXPECT_TRUE(test, ids.sub_device >= 0x40);
	KUNIT_EXPECT_EQ(test, ids.revision, 1);
	kvdev_pci_ids_default(&ids, 2, true);
	KUNIT_EXPECT_EQ(test, ids.device, 0x1001);
	KUNIT_EXPECT_EQ(test, ids.sub_device, 2);
	KUNIT_EXPECT_EQ(test, ids.revision, 0);
	kvdev_pci_ids_default(&ids, 4, true);
	KUNIT_EXPECT_EQ(test, ids.device, 0x1005);
	kvdev_pci_ids_default(&ids, 1, true);
	KUNIT_EXPECT_EQ(test, ids.device, 0x1000);
	kvdev_pci_ids_default(&ids, 8, true);
	KUNIT_EXPECT_EQ(test, ids.device, 0x1004);
}

/* The window: what it stands for, as access.c would do it. */
struct window {
	struct kvdev_pci_cfg cfg;
	struct kvdev_reg_access acc, inner;
	u32 act;
};

static u32 through(struct regs_test *t, struct window *w, u32 offset, u32 len,
		   bool write, u64 value)
{
	w->acc = (struct kvdev_reg_access){
		.offset = offset, .len = len, .write = write, .value = value,
	};
	w->act = kvdev_pci_cfg_begin(&w->cfg, &w->acc, &w->inner);
	if (w->act != KVDEV_ACT_WINDOW)
		return w->act;
	w->act = kvdev_pci_modern_access(&t->regs, &t->layout, &w->inner);
	kvdev_pci_cfg_end(&w->cfg, &w->acc, &w->inner);
	return w->act;
}

static void aim(struct regs_test *t, struct window *w, u32 bar, u32 offset,
		u32 len)
{
	through(t, w, 4, 1, true, bar);
	through(t, w, 8, 4, true, offset);
	through(t, w, 12, 4, true, len);
}

/* Every offset of the window, every width: the same as without it. */
static void window_is_the_direct_access(struct kunit *test)
{
	struct regs_test *t = test->priv;
	struct window w = { .cfg.window_bar = 3 };
	struct kvdev_pci_layout l = {
		.notify = 64, .notify_multiplier = 4, .isr = 80, .device = 96,
		.size = 128,
	};
	struct kvdev_regs before;
	u32 offset, len, act;
	u64 want;

	t->layout = l;
	KUNIT_ASSERT_EQ(test, kvdev_pci_layout_check(&t->layout, &t->regs), 0);
	for (offset = 0; offset < 140; offset++) {
		for (len = 1; len <= 4; len *= 2) {
			aim(t, &w, 3, offset, len);
			act = access(t, offset, len, false, 0);
			want = t->acc.value;
			KUNIT_EXPECT_EQ(test, through(t, &w, 16, 4, false, 0),
					act);
			KUNIT_EXPECT_EQ_MSG(test, w.acc.value, want,
					    "offset %u len %u", offset, len);
			/* Part of the data is the same part */
			through(t, &w, 17, 1, false, 0);
			KUNIT_EXPECT_EQ(test, w.acc.value,
					(want >> 8) & 0xff);

			before = t->regs;
			act = wr(t, offset, len, 0x01010101);
			want = t->acc.value;
			t->regs = before;
			KUNIT_EXPECT_EQ(test, through(t, &w, 16, 4, true,
						      0x01010101), act);
			KUNIT_EXPECT_EQ(test, w.inner.value, want);
			t->regs = before;
			kvdev_regs_reset(&t->regs);
		}
	}
}

static void window_nonsense_is_harmless(struct kunit *test)
{
	static const struct {
		u32 bar, offset, len;
	} bad[] = {
		{ 0, 0, 4 }, { 2, 0, 4 }, { 4, 0, 4 }, { 255, 0, 4 },
		{ 3, 0, 0 }, { 3, 0, 3 }, { 3, 0, 5 }, { 3, 0, 8 },
		{ 3, 0, 16 }, { 3, 0, U32_MAX }, { 3, U32_MAX, 4 },
		{ 3, 0x80000000, 1 }, { 3, 32, 8 },
	};
	struct regs_test *t = test->priv;
	struct window w = { .cfg.window_bar = 3 };
	struct kvdev_regs before = t->regs;
	unsigned int i;
	u32 len;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		aim(t, &w, bad[i].bar, bad[i].offset, bad[i].len);
		KUNIT_EXPECT_EQ(test, through(t, &w, 16, 4, true, U32_MAX),
				KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, through(t, &w, 16, 4, false, 0),
				KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, w.acc.value, 0ULL);
		/* It reads back, though */
		through(t, &w, 4, 4, false, 0);
		KUNIT_EXPECT_EQ(test, w.acc.value, (u64)(u8)bad[i].bar);
		through(t, &w, 8, 4, false, 0);
		KUNIT_EXPECT_EQ(test, w.acc.value, (u64)bad[i].offset);
		through(t, &w, 12, 4, false, 0);
		KUNIT_EXPECT_EQ(test, w.acc.value, (u64)bad[i].len);
	}
	/* Not the capability's to answer */
	for (len = 0; len <= 9; len++) {
		KUNIT_EXPECT_EQ(test, through(t, &w, 0, len, true, 1),
				KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, through(t, &w, 20, len, true, 1),
				KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, through(t, &w, U32_MAX, len, false, 1),
				KVDEV_ACT_IGNORED);
	}
	KUNIT_EXPECT_EQ(test, through(t, &w, 9, 2, true, 1),
			KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, through(t, &w, 16, 8, false, 1),
			KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_MEMEQ(test, &before, &t->regs, sizeof(before));
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE_PARAM(caps_describe_the_layout, layout_gen_params),
	KUNIT_CASE(caps_refused),
	KUNIT_CASE(ids_of_types),
	KUNIT_CASE(window_is_the_direct_access),
	KUNIT_CASE(window_nonsense_is_harmless),
	{ }
};

static struct kunit_suite config_suite = {
	.name = "kvdev_pci_config",
	.init = regs_init,
	.test_cases = config_cases,
};

kunit_test_suite(config_suite);
