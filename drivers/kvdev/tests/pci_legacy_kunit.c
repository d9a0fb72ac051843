// SPDX-License-Identifier: GPL-2.0
/*
 * The legacy window of virtio-pci: every offset and width, with and without
 * MSI-X, and what a driver before virtio 1.0 does.
 */
#include "kunit_regs.h"
#include <linux/virtio_pci.h>

#define S_DRIVER	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define S_DRIVER_OK	(S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK)

static u32 legacy(struct regs_test *t, u32 offset, u32 len, bool write,
		  u64 value)
{
	t->acc = (struct kvdev_reg_access){
		.offset = offset, .len = len, .write = write, .value = value,
	};
	return kvdev_pci_legacy_access(&t->regs, &t->acc);
}

static u64 lrd(struct regs_test *t, u32 offset, u32 len)
{
	legacy(t, offset, len, false, U64_MAX);
	return t->acc.value;
}

static u32 lwr(struct regs_test *t, u32 offset, u32 len, u64 value)
{
	return legacy(t, offset, len, true, value);
}

struct field {
	u32 offset;
	u32 size;
	u64 value;	/* that it reads in enter()'s state */
	u32 read;	/* actions */
	u32 write;	/* actions of writing 1 */
};

/* From the driver's header, not from the decoder's table */
static const struct field fields[] = {
	{ VIRTIO_PCI_HOST_FEATURES, 4, 0x28000061, 0, KVDEV_ACT_IGNORED },
	{ VIRTIO_PCI_GUEST_FEATURES, 4, 0x21, 0, 0 },
	{ VIRTIO_PCI_QUEUE_PFN, 4, 0x12345, 0, KVDEV_ACT_IGNORED },
	{ VIRTIO_PCI_QUEUE_NUM, 2, 128, 0, KVDEV_ACT_IGNORED },
	{ VIRTIO_PCI_QUEUE_SEL, 2, 1, 0, 0 },
	{ VIRTIO_PCI_QUEUE_NOTIFY, 2, 0, KVDEV_ACT_IGNORED, KVDEV_ACT_NOTIFY },
	{ VIRTIO_PCI_STATUS, 1, 3, 0, KVDEV_ACT_STATUS },
	{ VIRTIO_PCI_ISR, 1, 0, KVDEV_ACT_ISR, KVDEV_ACT_IGNORED },
	{ VIRTIO_MSI_CONFIG_VECTOR, 2, 1, 0, KVDEV_ACT_VECTOR },
	{ VIRTIO_MSI_QUEUE_VECTOR, 2, KVDEV_NO_VECTOR, 0, KVDEV_ACT_VECTOR },
};

static void enter(struct regs_test *t, bool msix)
{
	t->regs.msix = msix;
	t->regs.device_features = 0x8000000120000061ULL;
	t->regs.driver_features = 0x21;
	t->regs.status = S_DRIVER;
	t->regs.legacy = true;
	t->regs.config_vector = 1;
	t->regs.queue_select = 1;
	t->queues[1].vector = KVDEV_NO_VECTOR;
	t->queues[1].pfn = 0x12345;
	t->queues[1].enabled = true;
	t->queues[1].cfg.num = 128;
}

static const struct field *field_at(bool msix, u32 offset, u32 len)
{
	unsigned int i, nr = msix ? ARRAY_SIZE(fields) : ARRAY_SIZE(fields) - 2;

	for (i = 0; i < nr; i++)
		if (fields[i].offset == offset && fields[i].size == len)
			return &fields[i];
	return NULL;
}

static void every_access(struct kunit *test, bool msix)
{
	struct regs_test *t = test->priv;
	u32 config = VIRTIO_PCI_CONFIG_OFF(msix), offset, len, i;

	for (offset = 0; offset < 64; offset++) {
		for (len = 0; len <= 17; len++) {
			const struct field *f = field_at(msix, offset, len);
			bool conf = offset >= config && len && len <= 8 &&
				    is_power_of_2(len) &&
				    offset + len <= config + CONFIG_LEN;
			u32 rd_want = f ? f->read : KVDEV_ACT_IGNORED;
			u32 wr_want = f ? f->write : KVDEV_ACT_IGNORED;
			u64 want = f ? f->value : 0;

			if (conf) {
				rd_want = KVDEV_ACT_CONFIG_READ;
				wr_want = KVDEV_ACT_CONFIG;
				for (i = 0, want = 0; i < len; i++)
					want |= (u64)(0xa0 + offset - config +
						      i) << (8 * i);
			}
			enter(t, msix);
			KUNIT_EXPECT_EQ_MSG(test, legacy(t, offset, len, false,
							 U64_MAX), rd_want,
					    "read of %u at %u", len, offset);
			KUNIT_EXPECT_EQ_MSG(test, t->acc.value, want,
					    "read of %u at %u", len, offset);
			KUNIT_ASSERT_NOT_NULL(test, t->acc.field);
			KUNIT_EXPECT_EQ_MSG(test, lwr(t, offset, len, 1),
					    wr_want, "write of %u at %u", len,
					    offset);
			KUNIT_EXPECT_EQ(test, t->regs.status, S_DRIVER);
		}
	}
}

static void every_access_without_msix(struct kunit *test)
{
	every_access(test, false);
}

static void every_access_with_msix(struct kunit *test)
{
	every_access(test, true);
}

static void features_have_32_bits(struct kunit *test)
{
	struct regs_test *t = test->priv;

	/* Accepted through the other interface before */
	t->regs.driver_features_hi = OFFERED_HI;
	/* ANY_LAYOUT in addition; VERSION_1 is none of them */
	KUNIT_EXPECT_EQ(test, lrd(t, 0, 4), 0x28000061ULL);
	KUNIT_EXPECT_EQ(test, lwr(t, 4, 4, U32_MAX), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x28000061ULL);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features_hi, 0ULL);
	KUNIT_EXPECT_EQ(test, lwr(t, 4, 4, 0x61), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x61ULL);
	t->regs.status = S_DRIVER_OK;
	KUNIT_EXPECT_EQ(test, lwr(t, 4, 4, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x61ULL);
}

struct ring_case {
	u16 num;
	u32 pfn;
	u64 driver;
	u64 device;
};

/* Worked out by hand from virtio 1.3, 2.7.2 */
static const struct ring_case rings[] = {
	{ 1, 1, 0x1010, 0x2000 },
	{ 64, 0x10, 0x10400, 0x11000 },
	{ 128, 0x12345, 0x12345800, 0x12346000 },
	{ 256, 0x20, 0x21000, 0x22000 },
	{ 256, U32_MAX, 0x100000000000, 0x100000001000 },
	{ 1024, 0x100, 0x104000, 0x105000 },
};

static void pfn_places_the_ring(struct kunit *test)
{
	struct regs_test *t = test->priv;
	struct kvdev_queue_regs *q = &t->queues[1];
	unsigned int i;

	t->regs.status = S_DRIVER;
	t->regs.legacy = true;
	KUNIT_EXPECT_EQ(test, lwr(t, 14, 2, 1), 0U);
	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		const struct ring_case *c = &rings[i];

		q->cfg.num_max = c->num;
		q->cfg.num = c->num;
		q->cfg.has_base = true;
		KUNIT_EXPECT_EQ(test, lwr(t, 8, 4, c->pfn), KVDEV_ACT_ENABLE);
		KUNIT_EXPECT_EQ(test, t->acc.queue, 1);
		KUNIT_EXPECT_TRUE(test, q->enabled);
		KUNIT_EXPECT_EQ(test, lrd(t, 8, 4), (u64)c->pfn);
		KUNIT_EXPECT_EQ(test, q->cfg.desc_addr, (u64)c->pfn << 12);
		KUNIT_EXPECT_EQ(test, q->cfg.driver_addr, c->driver);
		KUNIT_EXPECT_EQ(test, q->cfg.device_addr, c->device);
		KUNIT_EXPECT_FALSE(test, q->cfg.has_base);
		KUNIT_EXPECT_NULL(test, kvdev_ring_check(&q->cfg, 0));
		/* A live queue cannot be moved, only stopped */
		KUNIT_EXPECT_EQ(test, lwr(t, 8, 4, 5), KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, q->cfg.desc_addr, (u64)c->pfn << 12);
		KUNIT_EXPECT_EQ(test, lwr(t, 8, 4, 0), KVDEV_ACT_DISABLE);
		KUNIT_EXPECT_EQ(test, t->acc.queue, 1);
		KUNIT_EXPECT_FALSE(test, q->enabled);
		KUNIT_EXPECT_EQ(test, lrd(t, 8, 4), 0ULL);
		KUNIT_EXPECT_EQ(test, lwr(t, 8, 4, 0), 0U);
	}
	KUNIT_EXPECT_FALSE(test, t->queues[0].enabled);
	/* A queue that is not there, a device that needs a reset */
	lwr(t, 14, 2, NR_QUEUES);
	KUNIT_EXPECT_EQ(test, lrd(t, 12, 2), 0ULL);
	KUNIT_EXPECT_EQ(test, lwr(t, 8, 4, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, lrd(t, 8, 4), 0ULL);
	lwr(t, 14, 2, 0);
	t->regs.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	KUNIT_EXPECT_EQ(test, lwr(t, 8, 4, 1), KVDEV_ACT_IGNORED);
}

static void reset_forgets_the_ring(struct kunit *test)
{
	struct regs_test *t = test->priv;

	enter(t, true);
	KUNIT_EXPECT_EQ(test, lwr(t, 18, 1, 0), KVDEV_ACT_STATUS);
	KUNIT_EXPECT_EQ(test, t->acc.value, 0ULL);
	t->regs.status = 0;
	kvdev_regs_reset(&t->regs);
	lwr(t, 14, 2, 1);
	KUNIT_EXPECT_EQ(test, lrd(t, 8, 4), 0ULL);
	KUNIT_EXPECT_EQ(test, lrd(t, 4, 4), 0ULL);
	KUNIT_EXPECT_EQ(test, lrd(t, 22, 2), (u64)KVDEV_NO_VECTOR);
	/* MSI-X is the VMM's: it stays where it is */
	KUNIT_EXPECT_TRUE(test, t->regs.msix);
}

static void notify_by_value(struct kunit *test)
{
	struct regs_test *t = test->priv;
	u32 q;

	for (q = 0; q <= 0xffff; q++) {
		KUNIT_ASSERT_EQ(test, lwr(t, 16, 2, q), q < NR_QUEUES ?
				KVDEV_ACT_NOTIFY : KVDEV_ACT_IGNORED);
		if (q < NR_QUEUES)
			KUNIT_EXPECT_EQ(test, t->acc.queue, q);
	}
}

/* One driver at a time: the other window of the device takes no writes. */
static void windows_exclude_each_other(struct kunit *test)
{
	struct regs_test *t = test->priv;

	/* Open while status is 0 */
	KUNIT_EXPECT_EQ(test, wr(t, 22, 2, 1), 0U);
	KUNIT_EXPECT_EQ(test, lwr(t, 14, 2, 2), 0U);
	KUNIT_EXPECT_EQ(test, lwr(t, 18, 1, 1), KVDEV_ACT_STATUS);
	KUNIT_EXPECT_TRUE(test, t->regs.legacy);
	t->regs.status = 1;
	KUNIT_EXPECT_EQ(test, wr(t, 22, 2, 0), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 20, 1, 3), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, rd(t, 22, 2), 2ULL);
	KUNIT_EXPECT_EQ(test, wr(t, 20, 1, 0), KVDEV_ACT_STATUS);
	t->regs.status = 0;
	kvdev_regs_reset(&t->regs);

	KUNIT_EXPECT_EQ(test, wr(t, 20, 1, 1), KVDEV_ACT_STATUS);
	KUNIT_EXPECT_FALSE(test, t->regs.legacy);
	t->regs.status = 1;
	KUNIT_EXPECT_EQ(test, lwr(t, 4, 4, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, lwr(t, 8, 4, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, lwr(t, 14, 2, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, lwr(t, 18, 1, 3), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, lwr(t, 20, 1, 3), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_FALSE(test, t->regs.legacy);
	KUNIT_EXPECT_EQ(test, lrd(t, 18, 1), 1ULL);
	KUNIT_EXPECT_EQ(test, lwr(t, 18, 1, 0), KVDEV_ACT_STATUS);
}

/* Without a status both windows are open: what one took back is not there. */
static void queue_taken_back_by_the_other_window(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, lwr(t, 8, 4, 0x12345), KVDEV_ACT_ENABLE);
	KUNIT_EXPECT_EQ(test, lrd(t, 8, 4), 0x12345ULL);
	wr(t, VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
	wr(t, VIRTIO_PCI_COMMON_GF, 4, RING_RESET >> 32);
	KUNIT_EXPECT_EQ(test, wr(t, VIRTIO_PCI_COMMON_Q_RESET, 2, 1),
			KVDEV_ACT_QUEUE_RESET);
	KUNIT_EXPECT_EQ(test, lrd(t, 8, 4), 0ULL);
	KUNIT_EXPECT_FALSE(test, t->queues[0].enabled);
}

static void size_has_room_for_vectors(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, kvdev_pci_legacy_size(&t->regs), 64U);
	t->regs.config_len = 8;
	KUNIT_EXPECT_EQ(test, kvdev_pci_legacy_size(&t->regs), 32U);
	t->regs.config_len = 0;
	KUNIT_EXPECT_EQ(test, kvdev_pci_legacy_size(&t->regs), 32U);
	t->regs.config_len = 104;
	KUNIT_EXPECT_EQ(test, kvdev_pci_legacy_size(&t->regs), 128U);
	t->regs.config_len = 105;
	KUNIT_EXPECT_EQ(test, kvdev_pci_legacy_size(&t->regs), 256U);
}

static struct kunit_case legacy_cases[] = {
	KUNIT_CASE(every_access_without_msix),
	KUNIT_CASE(every_access_with_msix),
	KUNIT_CASE(features_have_32_bits),
	KUNIT_CASE(pfn_places_the_ring),
	KUNIT_CASE(reset_forgets_the_ring),
	KUNIT_CASE(notify_by_value),
	KUNIT_CASE(windows_exclude_each_other),
	KUNIT_CASE(queue_taken_back_by_the_other_window),
	KUNIT_CASE(size_has_room_for_vectors),
	{ }
};

static struct kunit_suite legacy_suite = {
	.name = "kvdev_legacy",
	.init = regs_init,
	.test_cases = legacy_cases,
};

kunit_test_suite(legacy_suite);
