// SPDX-License-Identifier: GPL-2.0
/*
 * The register file in the common configuration: every field, every width, in
 * every state that makes a difference.
 */
#include "kunit_regs.h"
#include <linux/virtio_pci.h>

#define ACK_DRIVER	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define FEATURES_OK	(ACK_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define DRIVER_OK	(FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)
#define NEEDS_RESET	(DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET)

/* All fields, all widths */

struct field {
	u32 offset;
	u32 size;
	bool writable;
	const char *name;
};

/* From the driver's header, not from the decoder's table */
static const struct field fields[] = {
	{ VIRTIO_PCI_COMMON_DFSELECT, 4, true, "device_feature_select" },
	{ VIRTIO_PCI_COMMON_DF, 4, false, "device_feature" },
	{ VIRTIO_PCI_COMMON_GFSELECT, 4, true, "driver_feature_select" },
	{ VIRTIO_PCI_COMMON_GF, 4, true, "driver_feature" },
	{ VIRTIO_PCI_COMMON_MSIX, 2, true, "config_msix_vector" },
	{ VIRTIO_PCI_COMMON_NUMQ, 2, false, "num_queues" },
	{ VIRTIO_PCI_COMMON_STATUS, 1, true, "device_status" },
	{ VIRTIO_PCI_COMMON_CFGGENERATION, 1, false, "config_generation" },
	{ VIRTIO_PCI_COMMON_Q_SELECT, 2, true, "queue_select" },
	{ VIRTIO_PCI_COMMON_Q_SIZE, 2, true, "queue_size" },
	{ VIRTIO_PCI_COMMON_Q_MSIX, 2, true, "queue_msix_vector" },
	{ VIRTIO_PCI_COMMON_Q_ENABLE, 2, true, "queue_enable" },
	{ VIRTIO_PCI_COMMON_Q_NOFF, 2, false, "queue_notify_off" },
	{ VIRTIO_PCI_COMMON_Q_DESCLO, 8, true, "queue_desc" },
	{ VIRTIO_PCI_COMMON_Q_AVAILLO, 8, true, "queue_driver" },
	{ VIRTIO_PCI_COMMON_Q_USEDLO, 8, true, "queue_device" },
	{ VIRTIO_PCI_COMMON_Q_NDATA, 2, false, "queue_notify_data" },
	{ VIRTIO_PCI_COMMON_Q_RESET, 2, true, "queue_reset" },
};

struct state {
	const char *name;
	u8 status;
	u32 feature_select;
	u16 queue_select;
	bool enabled;
	u64 value[ARRAY_SIZE(fields)];	/* what each field reads */
	/* field refuses a write of 1 in this state, though it is writable */
	bool frozen[ARRAY_SIZE(fields)];
};

#define DESC	0x1122334455667780ULL
#define DRIVER	0x1122334455667782ULL
#define DEV	0x1122334455667784ULL

static const struct state states[] = {
	{ "after reset", 0, 0, 0, false,
	  { 0, 0x20000061, 0, 0x21, 1, 3, 0, 0x5a, 0, 128, 0xffff, 0, 0,
	    DESC, DRIVER, DEV },
	  { [11] = true, [17] = true } },
	{ "negotiating", ACK_DRIVER, 1, 1, false,
	  { 1, 0x80000105, 1, 0x80000101, 1, 3, 3, 0x5a, 1, 128, 0xffff, 0, 1,
	    DESC, DRIVER, DEV },
	  { [11] = true, [17] = true } },
	{ "features accepted", FEATURES_OK, 1, 2, false,
	  { 1, 0x80000105, 1, 0x80000101, 1, 3, 11, 0x5a, 2, 128, 0xffff, 0, 2,
	    DESC, DRIVER, DEV },
	  { [3] = true, [17] = true } },
	{ "queue enabled", DRIVER_OK, 0, 1, true,
	  { 0, 0x20000061, 0, 0x21, 1, 3, 15, 0x5a, 1, 128, 0xffff, 1, 1,
	    DESC, DRIVER, DEV },
	  { [3] = true, [9] = true, [11] = true, [13] = true, [14] = true,
	    [15] = true } },
	{ "needs reset", NEEDS_RESET, 0, 1, false,
	  { 0, 0x20000061, 0, 0x21, 1, 3, 79, 0x5a, 1, 128, 0xffff, 0, 1,
	    DESC, DRIVER, DEV },
	  { [3] = true, [11] = true, [17] = true } },
	{ "third window", ACK_DRIVER, 2, 1, false,
	  { 2, 0x1a, 2, 0x12, 1, 3, 3, 0x5a, 1, 128, 0xffff, 0, 1,
	    DESC, DRIVER, DEV },
	  { [11] = true, [17] = true } },
	{ "fourth window", FEATURES_OK, 3, 2, false,
	  { 3, 0x40000000, 3, 0x40000000, 1, 3, 11, 0x5a, 2, 128, 0xffff, 0, 2,
	    DESC, DRIVER, DEV },
	  { [3] = true, [17] = true } },
	{ "select beyond what there is", FEATURES_OK, 4, 3, false,
	  { 4, 0, 4, 0, 1, 3, 11, 0x5a, 3, 0, 0xffff, 0, 0, 0, 0, 0 },
	  { [3] = true, [9] = true, [10] = true, [11] = true, [13] = true,
	    [14] = true, [15] = true, [17] = true } },
	{ "select far beyond", ACK_DRIVER, U32_MAX, 0xffff, false,
	  { U32_MAX, 0, U32_MAX, 0, 1, 3, 3, 0x5a, 0xffff, 0, 0xffff, 0, 0,
	    0, 0, 0 },
	  { [3] = true, [9] = true, [10] = true, [11] = true, [13] = true,
	    [14] = true, [15] = true, [17] = true } },
};

static void state_desc(const struct state *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(state, states, state_desc);

static void enter(struct regs_test *t, const struct state *s)
{
	struct kvdev_queue_regs *queue;

	t->regs.driver_features = 0x8000010100000021ULL;
	t->regs.driver_features_hi = 0x4000000000000012ULL;
	t->regs.config_vector = 1;
	t->regs.status = s->status;
	t->regs.device_feature_select = s->feature_select;
	t->regs.driver_feature_select = s->feature_select;
	t->regs.queue_select = s->queue_select;
	for (queue = t->queues; queue < t->queues + NR_QUEUES; queue++) {
		queue->cfg.num_max = QUEUE_MAX;
		queue->cfg.num = 128;
		queue->cfg.desc_addr = DESC;
		queue->cfg.driver_addr = DRIVER;
		queue->cfg.device_addr = DEV;
		queue->vector = KVDEV_NO_VECTOR;
		queue->enabled = s->enabled;
	}
}

static const struct field *field_of(u32 offset)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (offset - fields[i].offset < fields[i].size)
			return &fields[i];
	}
	return NULL;
}

static bool good_width(const struct field *f, u32 offset, u32 len)
{
	if (!f)
		return false;
	if (f->size == 8 && len == 4)
		return offset % 4 == 0;
	return offset == f->offset && len == f->size;
}

static void common_reads(struct kunit *test)
{
	const struct state *s = test->param_value;
	struct regs_test *t = test->priv;
	struct kvdev_regs before;
	u32 offset, len;

	enter(t, s);
	before = t->regs;
	for (offset = 0; offset < 80; offset++) {
		const struct field *f = field_of(offset);

		for (len = 0; len <= 17; len++) {
			u32 act = access(t, offset, len, false, U64_MAX);
			u64 want = 0;

			if (good_width(f, offset, len)) {
				want = s->value[f - fields];
				want >>= 8 * (offset - f->offset);
				if (len < 8)
					want &= (1ULL << (8 * len)) - 1;
			}
			KUNIT_EXPECT_EQ_MSG(test, t->acc.value, want,
					    "offset %u len %u", offset, len);
			KUNIT_EXPECT_EQ_MSG(test, act,
					    good_width(f, offset, len) ? 0 :
					    KVDEV_ACT_IGNORED,
					    "offset %u len %u", offset, len);
			KUNIT_ASSERT_NOT_NULL(test, t->acc.field);
			if (good_width(f, offset, len))
				KUNIT_EXPECT_STREQ(test, t->acc.field, f->name);
		}
	}
	KUNIT_EXPECT_MEMEQ(test, &before, &t->regs, sizeof(before));
}

/* Writes of the value 1, which every writable field takes. */
static void common_writes(struct kunit *test)
{
	const struct state *s = test->param_value;
	struct regs_test *t = test->priv;
	struct kvdev_queue_regs queues[NR_QUEUES];
	struct kvdev_regs before;
	u32 offset, len;

	for (offset = 0; offset < 80; offset++) {
		const struct field *f = field_of(offset);

		for (len = 0; len <= 17; len++) {
			bool good = good_width(f, offset, len) && f->writable &&
				    !s->frozen[f - fields];
			u32 act;

			enter(t, s);
			before = t->regs;
			memcpy(queues, t->queues, sizeof(queues));
			act = wr(t, offset, len, 1);
			KUNIT_EXPECT_EQ_MSG(test, !(act & KVDEV_ACT_IGNORED),
					    good, "offset %u len %u", offset,
					    len);
			/* Status is the device's, and so is what exists */
			KUNIT_EXPECT_EQ(test, t->regs.status, s->status);
			if (good)
				continue;
			KUNIT_EXPECT_EQ(test, act, KVDEV_ACT_IGNORED);
			KUNIT_EXPECT_MEMEQ(test, &before, &t->regs,
					   sizeof(before));
			KUNIT_EXPECT_MEMEQ(test, queues, t->queues,
					   sizeof(queues));
		}
	}
}

/* Features */

static void device_feature_by_select(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, rd(t, 4, 4), 0x20000061ULL);
	wr(t, 0, 4, 1);
	KUNIT_EXPECT_EQ(test, rd(t, 4, 4), 0x80000105ULL);
	wr(t, 0, 4, 2);
	KUNIT_EXPECT_EQ(test, rd(t, 4, 4), 0x1aULL);
	wr(t, 0, 4, 3);
	KUNIT_EXPECT_EQ(test, rd(t, 4, 4), 0x40000000ULL);
	wr(t, 0, 4, 4);
	KUNIT_EXPECT_EQ(test, rd(t, 4, 4), 0ULL);
	wr(t, 0, 4, 0x80000000);
	KUNIT_EXPECT_EQ(test, rd(t, 4, 4), 0ULL);
	KUNIT_EXPECT_EQ(test, rd(t, 0, 4), 0x80000000ULL);
}

static void driver_feature_masked_by_offer(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, U32_MAX), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x20000061ULL);
	wr(t, 8, 4, 1);
	KUNIT_EXPECT_EQ(test, rd(t, 12, 4), 0ULL);
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, U32_MAX), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, OFFERED);
	/* A later write replaces its half, and only that */
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, 1), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x120000061ULL);
	wr(t, 8, 4, 0);
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, 0x1e), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x100000000ULL);
}

static void driver_feature_beyond_64_bits(struct kunit *test)
{
	struct regs_test *t = test->priv;

	t->regs.driver_features = 0x100000001ULL;
	wr(t, 8, 4, 2);
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, U32_MAX), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features_hi, 0x1aULL);
	wr(t, 8, 4, 3);
	KUNIT_EXPECT_EQ(test, rd(t, 12, 4), 0ULL);
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, U32_MAX), 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features_hi, OFFERED_HI);
	wr(t, 8, 4, 2);
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, 0x5), 0U);
	KUNIT_EXPECT_EQ(test, rd(t, 12, 4), 0ULL);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features_hi,
			0x4000000000000000ULL);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x100000001ULL);
}

static void driver_feature_beyond_128_bits(struct kunit *test)
{
	struct regs_test *t = test->priv;

	t->regs.driver_features = 0x100000001ULL;
	t->regs.driver_features_hi = 0x2ULL;
	wr(t, 8, 4, 4);
	KUNIT_EXPECT_EQ(test, rd(t, 12, 4), 0ULL);
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, 1), KVDEV_ACT_IGNORED);
	/* Drivers of more feature bits write zeroes: not their fault */
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, 0), 0U);
	wr(t, 8, 4, U32_MAX);
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, U32_MAX), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0x100000001ULL);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features_hi, 0x2ULL);
}

static void driver_feature_frozen_by_features_ok(struct kunit *test)
{
	struct regs_test *t = test->priv;

	wr(t, 12, 4, 0x21);
	t->regs.status = FEATURES_OK;
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, 0x61), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, 0), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, rd(t, 12, 4), 0x21ULL);
	wr(t, 8, 4, 2);
	KUNIT_EXPECT_EQ(test, wr(t, 12, 4, 0x2), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, rd(t, 12, 4), 0ULL);
}

/* Status */

static void status_write_is_an_action(struct kunit *test)
{
	struct regs_test *t = test->priv;
	u32 value;

	for (value = 0; value < 0x100; value++) {
		KUNIT_EXPECT_EQ(test, wr(t, 20, 1, 0xabcdef00 | value),
				KVDEV_ACT_STATUS);
		KUNIT_EXPECT_EQ(test, t->acc.value, (u64)value);
		KUNIT_EXPECT_EQ(test, t->regs.status, 0);
	}
}

/* Vectors */

static void vector_maps_and_unmaps(struct kunit *test)
{
	struct regs_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, rd(t, 16, 2), (u64)KVDEV_NO_VECTOR);
	KUNIT_EXPECT_EQ(test, wr(t, 16, 2, 1), KVDEV_ACT_VECTOR);
	KUNIT_EXPECT_EQ(test, t->acc.queue, KVDEV_CONFIG_QUEUE);
	KUNIT_EXPECT_EQ(test, rd(t, 16, 2), 1ULL);
	KUNIT_EXPECT_EQ(test, wr(t, 16, 2, KVDEV_NO_VECTOR), KVDEV_ACT_VECTOR);
	KUNIT_EXPECT_EQ(test, rd(t, 16, 2), (u64)KVDEV_NO_VECTOR);

	wr(t, 22, 2, 2);
	KUNIT_EXPECT_EQ(test, wr(t, 26, 2, 0), KVDEV_ACT_VECTOR);
	KUNIT_EXPECT_EQ(test, t->acc.queue, 2);
	KUNIT_EXPECT_EQ(test, rd(t, 26, 2), 0ULL);
	KUNIT_EXPECT_EQ(test, t->queues[1].vector, KVDEV_NO_VECTOR);
	/* Also while the queue runs */
	t->queues[2].enabled = true;
	KUNIT_EXPECT_EQ(test, wr(t, 26, 2, 1), KVDEV_ACT_VECTOR);
	KUNIT_EXPECT_EQ(test, rd(t, 26, 2), 1ULL);
}

static void vector_out_of_range_reads_no_vector(struct kunit *test)
{
	struct regs_test *t = test->priv;
	static const u16 bad[] = { NR_VECTORS, 0x800, 0x7fff, 0xfffe };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		wr(t, 16, 2, 0);
		wr(t, 26, 2, 0);
		KUNIT_EXPECT_EQ(test, wr(t, 16, 2, bad[i]), KVDEV_ACT_VECTOR);
		KUNIT_EXPECT_EQ(test, t->acc.value, (u64)KVDEV_NO_VECTOR);
		KUNIT_EXPECT_EQ(test, rd(t, 16, 2), (u64)KVDEV_NO_VECTOR);
		KUNIT_EXPECT_EQ(test, wr(t, 26, 2, bad[i]), KVDEV_ACT_VECTOR);
		KUNIT_EXPECT_EQ(test, rd(t, 26, 2), (u64)KVDEV_NO_VECTOR);
	}
	/* No MSI-X at all */
	t->regs.nr_vectors = 0;
	KUNIT_EXPECT_EQ(test, wr(t, 16, 2, 0), KVDEV_ACT_VECTOR);
	KUNIT_EXPECT_EQ(test, rd(t, 16, 2), (u64)KVDEV_NO_VECTOR);
}

/* Queues */

static void queue_size_limits(struct kunit *test)
{
	struct regs_test *t = test->priv;
	u32 value;

	for (value = 0; value <= 0xffff; value++) {
		bool good = value && value <= QUEUE_MAX &&
			    !(value & (value - 1));

		t->queues[0].cfg.num = 16;
		KUNIT_ASSERT_EQ_MSG(test, wr(t, 24, 2, value),
				    good ? 0 : KVDEV_ACT_IGNORED, "size %u",
				    value);
		KUNIT_ASSERT_EQ(test, rd(t, 24, 2), good ? value : 16ULL);
	}
	/* Each queue has its own limit */
	wr(t, 22, 2, 2);
	KUNIT_EXPECT_EQ(test, wr(t, 24, 2, QUEUE_MAX), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, rd(t, 24, 2), (u64)QUEUE_MAX / 4);
}

/* virtio 1.3, 4.1.4.3.2: a packed ring has any size but 0. */
static void queue_size_limits_packed(struct kunit *test)
{
	struct regs_test *t = test->priv;
	u32 value;

	t->regs.driver_features = BIT_ULL(VIRTIO_F_RING_PACKED);
	for (value = 0; value <= 0xffff; value++) {
		bool good = value && value <= QUEUE_MAX;

		t->queues[0].cfg.num = 16;
		KUNIT_ASSERT_EQ_MSG(test, wr(t, 24, 2, value),
				    good ? 0 : KVDEV_ACT_IGNORED, "size %u",
				    value);
		KUNIT_ASSERT_EQ(test, rd(t, 24, 2), good ? value : 16ULL);
	}
}

static void queue_addresses_by_halves_and_whole(struct kunit *test)
{
	struct regs_test *t = test->priv;
	u32 offset;

	wr(t, 22, 2, 1);
	for (offset = 32; offset < 56; offset += 8) {
		KUNIT_EXPECT_EQ(test, wr(t, offset, 8, 0x0123456789abcdefULL),
				0U);
		KUNIT_EXPECT_EQ(test, rd(t, offset, 8), 0x0123456789abcdefULL);
		KUNIT_EXPECT_EQ(test, rd(t, offset, 4), 0x89abcdefULL);
		KUNIT_EXPECT_EQ(test, rd(t, offset + 4, 4), 0x01234567ULL);
		/* High first, then low: in any order */
		KUNIT_EXPECT_EQ(test, wr(t, offset + 4, 4, 0xffffffffdeadbeef),
				0U);
		KUNIT_EXPECT_EQ(test, rd(t, offset, 8), 0xdeadbeef89abcdefULL);
		KUNIT_EXPECT_EQ(test, wr(t, offset, 4, offset), 0U);
		KUNIT_EXPECT_EQ(test, rd(t, offset, 8),
				0xdeadbeef00000000ULL + offset);
	}
	KUNIT_EXPECT_EQ(test, t->queues[1].cfg.desc_addr,
			0xdeadbeef00000020ULL);
	KUNIT_EXPECT_EQ(test, t->queues[1].cfg.driver_addr,
			0xdeadbeef00000028ULL);
	KUNIT_EXPECT_EQ(test, t->queues[1].cfg.device_addr,
			0xdeadbeef00000030ULL);
	KUNIT_EXPECT_EQ(test, t->queues[0].cfg.desc_addr, 0ULL);
	KUNIT_EXPECT_EQ(test, t->queues[2].cfg.desc_addr, 0ULL);
}

static void queue_enable_once_and_in_order(struct kunit *test)
{
	struct regs_test *t = test->priv;

	wr(t, 22, 2, 2);
	/* Not before features are negotiated */
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 1), KVDEV_ACT_IGNORED);
	t->regs.status = FEATURES_OK;
	/* Nothing but 1 enables */
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 0), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 2), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 0x101), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, rd(t, 28, 2), 0ULL);

	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 1), KVDEV_ACT_ENABLE);
	KUNIT_EXPECT_EQ(test, t->acc.queue, 2);
	KUNIT_EXPECT_EQ(test, rd(t, 28, 2), 1ULL);
	KUNIT_EXPECT_FALSE(test, t->queues[0].enabled);
	KUNIT_EXPECT_FALSE(test, t->queues[1].enabled);

	/* Once; and never back but by reset */
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 0), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, rd(t, 28, 2), 1ULL);
	/* The rest is frozen */
	KUNIT_EXPECT_EQ(test, wr(t, 24, 2, 16), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 32, 4, 16), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 32, 8, 16), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, t->queues[2].cfg.desc_addr, 0ULL);
	/* of this queue only */
	wr(t, 22, 2, 0);
	KUNIT_EXPECT_EQ(test, wr(t, 24, 2, 16), 0U);

	t->regs.status = NEEDS_RESET;
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_FALSE(test, t->queues[0].enabled);
}

/* Sets the queue that is selected up, and enables it. */
static void enable(struct kunit *test, struct regs_test *t, u32 num)
{
	KUNIT_EXPECT_EQ(test, wr(t, 24, 2, num), 0U);
	KUNIT_EXPECT_EQ(test, wr(t, 26, 2, 1), KVDEV_ACT_VECTOR);
	KUNIT_EXPECT_EQ(test, wr(t, 32, 8, 0x1000), 0U);
	KUNIT_EXPECT_EQ(test, wr(t, 40, 8, 0x2000), 0U);
	KUNIT_EXPECT_EQ(test, wr(t, 48, 8, 0x3000), 0U);
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 1), KVDEV_ACT_ENABLE);
}

static void queue_reset_and_enable_again(struct kunit *test)
{
	struct regs_test *t = test->priv;
	struct kvdev_queue_regs *q = &t->queues[1];
	u32 num;

	t->regs.driver_features = OFFERED;
	t->regs.status = FEATURES_OK;
	wr(t, 22, 2, 0);
	enable(test, t, 128);
	wr(t, 22, 2, 1);
	enable(test, t, 128);
	t->regs.status = DRIVER_OK;
	for (num = 64; num; num /= 2) {
		KUNIT_EXPECT_EQ(test, rd(t, 58, 2), 0ULL);
		KUNIT_EXPECT_EQ(test, wr(t, 58, 2, 1), KVDEV_ACT_QUEUE_RESET);
		KUNIT_EXPECT_EQ(test, t->acc.queue, 1);
		/* The device has not done it yet, and has the queue */
		KUNIT_EXPECT_EQ(test, rd(t, 58, 2), 1ULL);
		KUNIT_EXPECT_EQ(test, rd(t, 28, 2), 0ULL);
		KUNIT_EXPECT_EQ(test, wr(t, 58, 2, 1), KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, wr(t, 58, 2, 0), KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 1), KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, wr(t, 24, 2, 8), KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, wr(t, 32, 8, 8), KVDEV_ACT_IGNORED);
		KUNIT_EXPECT_EQ(test, q->cfg.desc_addr, 0x1000ULL);
		KUNIT_EXPECT_EQ(test, q->vector, 1);
		/* It was somewhere when it stopped, which is forgotten */
		q->cfg.has_base = true;
		q->cfg.avail_base = 5;
		q->cfg.used_base = 5;
		kvdev_regs_reset_queue(q);
		KUNIT_EXPECT_EQ(test, rd(t, 58, 2), 0ULL);
		KUNIT_EXPECT_EQ(test, rd(t, 28, 2), 0ULL);
		KUNIT_EXPECT_EQ(test, rd(t, 24, 2), (u64)QUEUE_MAX / 2);
		KUNIT_EXPECT_EQ(test, rd(t, 26, 2), (u64)KVDEV_NO_VECTOR);
		KUNIT_EXPECT_EQ(test, rd(t, 32, 8), 0ULL);
		KUNIT_EXPECT_EQ(test, rd(t, 40, 8), 0ULL);
		KUNIT_EXPECT_EQ(test, rd(t, 48, 8), 0ULL);
		KUNIT_EXPECT_FALSE(test, q->cfg.has_base);
		KUNIT_EXPECT_EQ(test, q->cfg.avail_base, 0);
		KUNIT_EXPECT_EQ(test, q->cfg.used_base, 0);
		enable(test, t, num);
		KUNIT_EXPECT_EQ(test, rd(t, 24, 2), (u64)num);
	}
	/* The others never noticed */
	wr(t, 22, 2, 0);
	KUNIT_EXPECT_EQ(test, rd(t, 28, 2), 1ULL);
	KUNIT_EXPECT_EQ(test, rd(t, 24, 2), 128ULL);
	KUNIT_EXPECT_EQ(test, rd(t, 32, 8), 0x1000ULL);
}

static void queue_reset_refused(struct kunit *test)
{
	static const u16 values[] = { 0, 2, 3, 0x100, 0x101, 0x8001, U16_MAX };
	struct regs_test *t = test->priv;
	unsigned int i;

	t->regs.driver_features = OFFERED & ~RING_RESET;
	t->regs.status = FEATURES_OK;
	enable(test, t, 128);
	/* Not negotiated */
	KUNIT_EXPECT_EQ(test, wr(t, 58, 2, 1), KVDEV_ACT_IGNORED);
	t->regs.status = DRIVER_OK;
	KUNIT_EXPECT_EQ(test, wr(t, 58, 2, 1), KVDEV_ACT_IGNORED);
	t->regs.driver_features |= RING_RESET;
	for (i = 0; i < ARRAY_SIZE(values); i++)
		KUNIT_EXPECT_EQ(test, wr(t, 58, 2, values[i]),
				KVDEV_ACT_IGNORED);
	/* Neither half nor more than the field */
	KUNIT_EXPECT_EQ(test, wr(t, 58, 1, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 59, 1, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 56, 4, 0x10000), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, 56, 2, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, rd(t, 28, 2), 1ULL);
	/* Queues that are not enabled, or not there */
	wr(t, 22, 2, 1);
	KUNIT_EXPECT_EQ(test, wr(t, 58, 2, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, rd(t, 58, 2), 0ULL);
	wr(t, 22, 2, NR_QUEUES);
	KUNIT_EXPECT_EQ(test, wr(t, 58, 2, 1), KVDEV_ACT_IGNORED);
	wr(t, 22, 2, U16_MAX);
	KUNIT_EXPECT_EQ(test, wr(t, 58, 2, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_TRUE(test, t->queues[0].enabled);
}

/* Drivers wait until it reads 0; but nothing runs again before a reset. */
static void queue_reset_of_a_broken_device(struct kunit *test)
{
	struct regs_test *t = test->priv;

	t->regs.driver_features = OFFERED;
	t->regs.status = FEATURES_OK;
	enable(test, t, 128);
	t->regs.status = NEEDS_RESET;
	KUNIT_EXPECT_EQ(test, wr(t, 58, 2, 1), KVDEV_ACT_QUEUE_RESET);
	kvdev_regs_reset_queue(&t->queues[0]);
	KUNIT_EXPECT_EQ(test, rd(t, 58, 2), 0ULL);
	KUNIT_EXPECT_EQ(test, rd(t, 28, 2), 0ULL);
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 1), KVDEV_ACT_IGNORED);
	/* And the reset of all ends that of one */
	t->queues[0].resetting = true;
	kvdev_regs_reset(&t->regs);
	KUNIT_EXPECT_EQ(test, rd(t, 58, 2), 0ULL);
}

static void queue_notify_off_follows_multiplier(struct kunit *test)
{
	struct regs_test *t = test->priv;
	u32 i;

	for (i = 0; i <= NR_QUEUES; i++) {
		wr(t, 22, 2, i);
		t->layout.notify_multiplier = 4;
		KUNIT_EXPECT_EQ(test, rd(t, 30, 2),
				i < NR_QUEUES ? (u64)i : 0ULL);
		t->layout.notify_multiplier = 0;
		KUNIT_EXPECT_EQ(test, rd(t, 30, 2), 0ULL);
	}
}

static void no_queues_at_all(struct kunit *test)
{
	struct regs_test *t = test->priv;

	t->regs.nr_queues = 0;
	t->regs.queues = NULL;
	kvdev_regs_reset(&t->regs);
	KUNIT_ASSERT_EQ(test, kvdev_pci_layout_default(&t->layout, &t->regs),
			0);
	t->regs.status = FEATURES_OK;
	KUNIT_EXPECT_EQ(test, rd(t, 18, 2), 0ULL);
	KUNIT_EXPECT_EQ(test, rd(t, 24, 2), 0ULL);
	KUNIT_EXPECT_EQ(test, wr(t, 28, 2, 1), KVDEV_ACT_IGNORED);
	KUNIT_EXPECT_EQ(test, wr(t, t->layout.notify, 2, 0), KVDEV_ACT_IGNORED);
}

/* Reset */

static void reset_forgets_the_driver(struct kunit *test)
{
	struct regs_test *t = test->priv;
	u32 i;

	t->regs.status = DRIVER_OK;
	t->regs.driver_features = OFFERED;
	t->regs.driver_features_hi = OFFERED_HI;
	t->regs.device_feature_select = 1;
	t->regs.driver_feature_select = 1;
	t->regs.queue_select = 2;
	t->regs.config_vector = 1;
	for (i = 0; i < NR_QUEUES; i++)
		t->queues[i] = (struct kvdev_queue_regs){
			.cfg = { QUEUE_MAX >> i, 2, 0x10, 0x20, 0x30, true, 4,
				 5 },
			.vector = 1,
			.enabled = true,
		};
	kvdev_regs_reset(&t->regs);

	KUNIT_EXPECT_EQ(test, t->regs.driver_features, 0ULL);
	KUNIT_EXPECT_EQ(test, t->regs.driver_features_hi, 0ULL);
	KUNIT_EXPECT_EQ(test, t->regs.device_feature_select, 0U);
	KUNIT_EXPECT_EQ(test, t->regs.driver_feature_select, 0U);
	KUNIT_EXPECT_EQ(test, t->regs.queue_select, 0);
	KUNIT_EXPECT_EQ(test, t->regs.config_vector, KVDEV_NO_VECTOR);
	for (i = 0; i < NR_QUEUES; i++) {
		const struct kvdev_ring_cfg *cfg = &t->queues[i].cfg;

		KUNIT_EXPECT_EQ(test, cfg->num_max, QUEUE_MAX >> i);
		KUNIT_EXPECT_EQ(test, cfg->num, QUEUE_MAX >> i);
		KUNIT_EXPECT_EQ(test, cfg->desc_addr, 0ULL);
		KUNIT_EXPECT_EQ(test, cfg->driver_addr, 0ULL);
		KUNIT_EXPECT_EQ(test, cfg->device_addr, 0ULL);
		KUNIT_EXPECT_FALSE(test, cfg->has_base);
		KUNIT_EXPECT_EQ(test, t->queues[i].vector, KVDEV_NO_VECTOR);
		KUNIT_EXPECT_FALSE(test, t->queues[i].enabled);
	}
	/* What is the device's own */
	KUNIT_EXPECT_EQ(test, t->regs.device_features, (u64)OFFERED);
	KUNIT_EXPECT_EQ(test, t->regs.device_features_hi, (u64)OFFERED_HI);
	KUNIT_EXPECT_EQ(test, t->regs.status, DRIVER_OK);
	KUNIT_EXPECT_EQ(test, t->regs.generation, 0x5a);
	KUNIT_EXPECT_EQ(test, t->regs.config[0], 0xa0);
}

static struct kunit_case regs_cases[] = {
	KUNIT_CASE_PARAM(common_reads, state_gen_params),
	KUNIT_CASE_PARAM(common_writes, state_gen_params),
	KUNIT_CASE(device_feature_by_select),
	KUNIT_CASE(driver_feature_masked_by_offer),
	KUNIT_CASE(driver_feature_beyond_64_bits),
	KUNIT_CASE(driver_feature_beyond_128_bits),
	KUNIT_CASE(driver_feature_frozen_by_features_ok),
	KUNIT_CASE(status_write_is_an_action),
	KUNIT_CASE(vector_maps_and_unmaps),
	KUNIT_CASE(vector_out_of_range_reads_no_vector),
	KUNIT_CASE(queue_size_limits),
	KUNIT_CASE(queue_size_limits_packed),
	KUNIT_CASE(queue_addresses_by_halves_and_whole),
	KUNIT_CASE(queue_enable_once_and_in_order),
	KUNIT_CASE(queue_reset_and_enable_again),
	KUNIT_CASE(queue_reset_refused),
	KUNIT_CASE(queue_reset_of_a_broken_device),
	KUNIT_CASE(queue_notify_off_follows_multiplier),
	KUNIT_CASE(no_queues_at_all),
	KUNIT_CASE(reset_forgets_the_driver),
	{ }
};

static struct kunit_suite regs_suite = {
	.name = "kvdev_regs",
	.init = regs_init,
	.test_cases = regs_cases,
};

kunit_test_suite(regs_suite);
