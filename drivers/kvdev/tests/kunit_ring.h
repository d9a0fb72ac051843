/* SPDX-License-Identifier: GPL-2.0 */
/* Configurations of rings, for the suites of both formats. */
#ifndef KVDEV_TESTS_KUNIT_RING_H
#define KVDEV_TESTS_KUNIT_RING_H

#include "kunit_mock.h"

#define LOW		0x10000ULL
#define EVENT_IDX	BIT_ULL(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT	BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC)

struct check_case {
	const char *name;
	const char *reason;
	struct kvdev_ring_cfg cfg;
};

static const char err_size[] = "bad ring size";
static const char err_align[] = "misaligned ring";
static const char err_wrap[] = "ring wraps around";

#define CFG(max, n, desc, driver, device) { \
	.num_max = max, .num = n, .desc_addr = desc, .driver_addr = driver, \
	.device_addr = device }

static void check_case_desc(const struct check_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

static void check_cfg(struct kunit *test, const struct check_case *c,
		      u64 features)
{
	const char *reason = kvdev_ring_check(&c->cfg, features);

	if (c->reason)
		KUNIT_EXPECT_STREQ(test, reason, c->reason);
	else
		KUNIT_EXPECT_NULL(test, reason);
}

#endif /* KVDEV_TESTS_KUNIT_RING_H */
