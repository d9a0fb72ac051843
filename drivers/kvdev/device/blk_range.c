// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges of DISCARD and WRITE ZEROES, see blk_range.h.
 */
#include "blk_range.h"

#define SECTOR_BITS	9

struct blk_range {
	u64 sector;
	u32 nr_sectors;
	u32 flags;
};

/* struct virtio_blk_discard_write_zeroes, which is little endian always */
static struct blk_range get_range(const u8 *bytes, u32 index)
{
	const u8 *at = &bytes[index * KVDEV_BLK_RANGE_BYTES];

	return (struct blk_range){
		.sector = get_unaligned_le64(at),
		.nr_sectors = get_unaligned_le32(at + 8),
		.flags = get_unaligned_le32(at + 12),
	};
}

static int check_range(const struct blk_range *range,
		       const struct kvdev_blk_limits *limits)
{
	u64 nr = limits->nr_sectors;

	if (range->nr_sectors > limits->max_sectors)
		return -EINVAL;
	if ((range->sector | range->nr_sectors) & (limits->block_sectors - 1))
		return -EINVAL;
	/* No sum of the two: it could wrap. */
	if (range->sector > nr || range->nr_sectors > nr - range->sector)
		return -EIO;
	return 0;
}

/**
 * kvdev_blk_ranges_check - may all of the ranges be worked on?
 * @bytes: the ranges; the driver cannot change them any more
 * @nr: number of them
 * @discard: they are to be discarded, else to be filled with zeroes
 * @limits: of the device
 *
 * Nothing of a request is done if any range is wrong. A range of no sectors is
 * none.
 *
 * Return: 0; -EOPNOTSUPP for flags, -EINVAL for numbers, -EIO for sectors that
 * there are not.
 */
int kvdev_blk_ranges_check(const u8 *bytes, u32 nr, bool discard,
			   const struct kvdev_blk_limits *limits)
{
	/* virtio 1.3, 5.2.6.2: for a discard, unmap is no flag either */
	u32 known = discard ? 0 : VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	u32 i;

	BUILD_BUG_ON(sizeof(struct virtio_blk_discard_write_zeroes) !=
		     KVDEV_BLK_RANGE_BYTES);
	if (!nr || nr > limits->max_ranges)
		return -EINVAL;
	/* virtio 1.3, 5.2.6.2: unknown flags are UNSUPP whatever else is wrong */
	for (i = 0; i < nr; i++)
		if (get_range(bytes, i).flags & ~known)
			return -EOPNOTSUPP;
	for (i = 0; i < nr; i++) {
		struct blk_range range = get_range(bytes, i);
		int ret = check_range(&range, limits);

		if (ret)
			return ret;
	}
	return 0;
}

/**
 * kvdev_blk_ranges_next - what to do next
 * @ranges: checked; moves on
 * @piece: out: part of a range
 *
 * Return: false if nothing is left.
 */
bool kvdev_blk_ranges_next(struct kvdev_blk_ranges *ranges,
			   struct kvdev_blk_piece *piece)
{
	for (; ranges->index < ranges->nr; ranges->index++, ranges->done = 0) {
		struct blk_range range = get_range(ranges->bytes, ranges->index);
		u64 left = (u64)(range.nr_sectors - ranges->done) << SECTOR_BITS;

		if (!left)
			continue;
		piece->pos = (range.sector + ranges->done) << SECTOR_BITS;
		piece->len = kvdev_piece_len(piece->pos, left);
		piece->unmap = range.flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
		ranges->done += piece->len >> SECTOR_BITS;
		return true;
	}
	return false;
}
