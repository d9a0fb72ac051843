/* SPDX-License-Identifier: GPL-2.0 */
/* A register file, its window and a driver that accesses it. */
#ifndef KVDEV_TESTS_KUNIT_REGS_H
#define KVDEV_TESTS_KUNIT_REGS_H

#include <kunit/test.h>
#include "../transport/regs.h"

#define NR_QUEUES	3
#define NR_VECTORS	2
#define QUEUE_MAX	256
#define CONFIG_LEN	13	/* odd on purpose */
#define OFFERED		0x8000010520000061ULL
#define OFFERED_HI	0x400000000000001aULL	/* bits 64 to 127 */
#define RING_RESET	BIT_ULL(VIRTIO_F_RING_RESET)

struct regs_test {
	struct kvdev_regs regs;
	struct kvdev_queue_regs queues[NR_QUEUES];
	struct kvdev_pci_layout layout;
	struct kvdev_reg_access acc;
};

static inline int regs_init(struct kunit *test)
{
	struct regs_test *t;
	int i;

	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;

	t->regs.device_features = OFFERED;
	t->regs.device_features_hi = OFFERED_HI;
	t->regs.nr_vectors = NR_VECTORS;
	t->regs.nr_queues = NR_QUEUES;
	t->regs.queues = t->queues;
	t->regs.generation = 0x5a;
	t->regs.config_len = CONFIG_LEN;
	t->regs.config = kunit_kzalloc(test, CONFIG_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->regs.config);
	for (i = 0; i < CONFIG_LEN; i++)
		t->regs.config[i] = 0xa0 + i;
	for (i = 0; i < NR_QUEUES; i++)
		t->queues[i].cfg.num_max = QUEUE_MAX >> i;
	kvdev_regs_reset(&t->regs);
	KUNIT_ASSERT_EQ(test, kvdev_pci_layout_default(&t->layout, &t->regs),
			0);
	return 0;
}

/* Returns the action bits; the rest is in t->acc. */
static inline u32 access(struct regs_test *t, u32 offset, u32 len, bool write,
			 u64 value)
{
	t->acc = (struct kvdev_reg_access){
		.offset = offset,
		.len = len,
		.write = write,
		.value = value,
		.queue = 0x1234,
		.config_offset = 0x5678,
	};
	return kvdev_pci_modern_access(&t->regs, &t->layout, &t->acc);
}

static inline u64 rd(struct regs_test *t, u32 offset, u32 len)
{
	access(t, offset, len, false, U64_MAX);
	return t->acc.value;
}

static inline u32 wr(struct regs_test *t, u32 offset, u32 len, u64 value)
{
	return access(t, offset, len, true, value);
}

#endif /* KVDEV_TESTS_KUNIT_REGS_H */
