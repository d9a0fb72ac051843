// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges of DISCARD and WRITE ZEROES: which are taken, and what is done for
 * them. The disk has 1000 blocks of 4096 bytes, 8000 sectors.
 */
#include <kunit/test.h>
#include "../device/blk_range.h"

#define NR		8000
#define MAX_SECTORS	4000
#define MAX_RANGES	4
#define UNMAP		1

static const struct kvdev_blk_limits limits = {
	.nr_sectors = NR,
	.block_sectors = 8,
	.max_sectors = MAX_SECTORS,
	.max_ranges = MAX_RANGES,
};

struct in {
	u64 sector;
	u32 nr;
	u32 flags;
};

static void put(u8 *bytes, const struct in *in, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++, bytes += KVDEV_BLK_RANGE_BYTES) {
		put_unaligned_le64(in[i].sector, bytes);
		put_unaligned_le32(in[i].nr, bytes + 8);
		put_unaligned_le32(in[i].flags, bytes + 12);
	}
}

static int check(const struct in *in, u32 nr, bool discard)
{
	u8 bytes[8 * KVDEV_BLK_RANGE_BYTES];

	put(bytes, in, nr);
	return kvdev_blk_ranges_check(bytes, nr, discard, &limits);
}

static void one_range(struct kunit *test)
{
	static const struct {
		struct in in;
		int ret;
	} cases[] = {
		{ { 0, 8 }, 0 },
		{ { 0, 0 }, 0 },
		{ { NR, 0 }, 0 },
		{ { NR - 8, 8 }, 0 },
		{ { 8, MAX_SECTORS }, 0 },
		{ { 0, MAX_SECTORS + 8 }, -EINVAL },
		{ { 0, U32_MAX }, -EINVAL },
		{ { 0, 7 }, -EINVAL },
		{ { 1, 8 }, -EINVAL },
		{ { 4, 4 }, -EINVAL },
		{ { NR, 8 }, -EIO },
		{ { NR - 8, 16 }, -EIO },
		{ { NR + 8, 0 }, -EIO },
		{ { -8ULL, 8 }, -EIO },
		{ { -8ULL, 16 }, -EIO },
		{ { 1ULL << 55, 8 }, -EIO },
		{ { 1ULL << 63, 8 }, -EIO },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_EQ(test, check(&cases[i].in, 1, false),
				cases[i].ret);
		KUNIT_EXPECT_EQ(test, check(&cases[i].in, 1, true),
				cases[i].ret);
	}
}

static void number_of_ranges(struct kunit *test)
{
	static const struct in in[MAX_RANGES + 1] = {};
	u32 nr;

	KUNIT_EXPECT_EQ(test, check(in, 0, false), -EINVAL);
	for (nr = 1; nr <= MAX_RANGES; nr++)
		KUNIT_EXPECT_EQ(test, check(in, nr, false), 0);
	KUNIT_EXPECT_EQ(test, check(in, nr, false), -EINVAL);
}

/* A flag is UNSUPP wherever it is, and whatever else is wrong. */
static void flags(struct kunit *test)
{
	static const struct in unmap = { 0, 8, UNMAP };
	struct in in[2] = { { NR, 8 }, { 0, 8 } };
	u32 bit;

	KUNIT_EXPECT_EQ(test, check(&unmap, 1, false), 0);
	KUNIT_EXPECT_EQ(test, check(&unmap, 1, true), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, check(in, 2, false), -EIO);
	for (bit = 1; bit < 32; bit++) {
		in[1].flags = BIT(bit);
		KUNIT_EXPECT_EQ(test, check(in, 2, false), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, check(in, 2, true), -EOPNOTSUPP);
	}
}

/* All are looked at before the first is worked on. */
static void last_is_wrong(struct kunit *test)
{
	static const struct in in[] = { { 0, 8 }, { 8, 8 }, { NR, 8 } };

	KUNIT_EXPECT_EQ(test, check(in, 3, false), -EIO);
	KUNIT_EXPECT_EQ(test, check(in, 2, false), 0);
}

static void pieces(struct kunit *test)
{
	/* 32 MiB before a border of pieces to 32 MiB behind the next one */
	static const struct in in[] = {
		{ 0, 0 }, { 65536, 262144, UNMAP }, { 5, 0 }, { 3, 1 },
	};
	static const struct kvdev_blk_piece out[] = {
		{ 32ULL << 20, 32ULL << 20, true },
		{ 64ULL << 20, 64ULL << 20, true },
		{ 128ULL << 20, 32ULL << 20, true },
		{ 3 * 512, 512, false },
	};
	u8 bytes[ARRAY_SIZE(in) * KVDEV_BLK_RANGE_BYTES];
	struct kvdev_blk_ranges r = { .bytes = bytes, .nr = ARRAY_SIZE(in) };
	struct kvdev_blk_piece piece;
	u32 i;

	put(bytes, in, ARRAY_SIZE(in));
	for (i = 0; i < ARRAY_SIZE(out); i++) {
		KUNIT_ASSERT_TRUE(test, kvdev_blk_ranges_next(&r, &piece));
		KUNIT_EXPECT_EQ(test, piece.pos, out[i].pos);
		KUNIT_EXPECT_EQ(test, piece.len, out[i].len);
		KUNIT_EXPECT_EQ(test, piece.unmap, out[i].unmap);
	}
	KUNIT_EXPECT_FALSE(test, kvdev_blk_ranges_next(&r, &piece));
	KUNIT_EXPECT_FALSE(test, kvdev_blk_ranges_next(&r, &piece));
}

static struct kunit_case blk_range_cases[] = {
	KUNIT_CASE(one_range),
	KUNIT_CASE(number_of_ranges),
	KUNIT_CASE(flags),
	KUNIT_CASE(last_is_wrong),
	KUNIT_CASE(pieces),
	{}
};

static struct kunit_suite blk_range_suite = {
	.name = "kvdev_blk_range",
	.test_cases = blk_range_cases,
};

kunit_test_suite(blk_range_suite);
