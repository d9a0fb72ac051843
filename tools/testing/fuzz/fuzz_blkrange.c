// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that discards anything, or fills it with zeroes. What is accepted
 * lies on the disk, in pieces of whole blocks that are not too long; together
 * they are what was asked for.
 *
 * Input: the limits of the device, then ranges as they are sent.
 */
#include "fuzz.h"
#include "../../../drivers/kvdev/device/blk_range.h"

#define RANGES	8

static void check_pieces(const u8 *bytes, u32 nr, bool discard,
			 const struct kvdev_blk_limits *limits)
{
	struct kvdev_blk_ranges left = { .bytes = bytes, .nr = nr };
	u64 size = limits->nr_sectors << 9, total = 0;
	u32 block = limits->block_sectors << 9, i;
	struct kvdev_blk_piece piece;

	while (kvdev_blk_ranges_next(&left, &piece)) {
		CHECK(piece.len && piece.len <= KVDEV_PIECE_MAX);
		CHECK(piece.pos < size && piece.len <= size - piece.pos);
		CHECK(!(piece.pos % block) && !(piece.len % block));
		CHECK(!piece.unmap || !discard);
		total += piece.len;
	}
	for (i = 0; i < nr; i++)
		total -= (u64)get_unaligned_le32(&bytes[i * 16 + 8]) << 9;
	CHECK(!total);
	CHECK(!kvdev_blk_ranges_next(&left, &piece));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct kvdev_blk_limits limits = {
		.nr_sectors = take(&in, 8) >> 9,
		.block_sectors = 1U << take(&in, 1) % 4,
		/* at most 8 GiB, for the time it takes to go through them */
		.max_sectors = take(&in, 3),
		.max_ranges = take(&in, 1) % RANGES + 1,
	};
	bool discard = take(&in, 1) & 1;
	u32 nr = take(&in, 1) % (RANGES + 2), i;
	u8 bytes[(RANGES + 2) * KVDEV_BLK_RANGE_BYTES];
	int ret;

	take_bytes(&in, bytes, sizeof(bytes));
	ret = kvdev_blk_ranges_check(bytes, nr, discard, &limits);
	CHECK(ret == 0 || ret == -EOPNOTSUPP || ret == -EINVAL || ret == -EIO);
	for (i = 0; i < nr; i++)
		if (!ret && get_unaligned_le32(&bytes[i * 16 + 12]))
			CHECK(!discard &&
			      get_unaligned_le32(&bytes[i * 16 + 12]) == 1);
	if (!ret)
		check_pieces(bytes, nr, discard, &limits);
	return 0;
}
