/* SPDX-License-Identifier: GPL-2.0 */
/* The mock guest and ring, with memory that belongs to the test case. */
#ifndef KVDEV_TESTS_KUNIT_MOCK_H
#define KVDEV_TESTS_KUNIT_MOCK_H

#include <kunit/test.h>
#include "mock_ring.h"

static inline void *kunit_mock_alloc(void *ctx, size_t size)
{
	return kunit_kzalloc(ctx, size, GFP_KERNEL);
}

static inline struct mock_guest *kunit_mock_guest(struct kunit *test)
{
	const struct mock_alloc alloc = { kunit_mock_alloc, test };
	struct mock_guest *guest;

	guest = kunit_kzalloc(test, sizeof(*guest), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, guest);
	KUNIT_ASSERT_EQ(test, mock_guest_init(guest, &alloc), 0);
	return guest;
}

static inline struct mock_ring *kunit_mock_ring(struct kunit *test, u16 num,
						u64 features, u16 base)
{
	const struct mock_alloc alloc = { kunit_mock_alloc, test };
	struct mock_ring *mock;

	mock = kunit_kzalloc(test, sizeof(*mock), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mock);
	KUNIT_ASSERT_EQ(test,
			mock_ring_init(mock, &alloc, num, features, base), 0);
	return mock;
}

#endif /* KVDEV_TESTS_KUNIT_MOCK_H */
