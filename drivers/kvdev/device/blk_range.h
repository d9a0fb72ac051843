/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ranges of sectors a driver wants to be discarded, or to read as zeroes
 * (virtio 1.3, 5.2.6). Pure: the device copies what the driver sent once, has
 * it checked, and is told which pieces to work on.
 */
#ifndef KVDEV_BLK_RANGE_H
#define KVDEV_BLK_RANGE_H

#include "../pure.h"
#include "piece.h"

#define KVDEV_BLK_RANGE_BYTES	16

/**
 * struct kvdev_blk_limits - what a device takes in one request
 * @nr_sectors: size of the disk, in 512 bytes
 * @block_sectors: sectors of a logical block, a power of two
 * @max_sectors: most sectors of a range
 * @max_ranges: most ranges
 */
struct kvdev_blk_limits {
	u64 nr_sectors;
	u32 block_sectors;
	u32 max_sectors;
	u32 max_ranges;
};

/**
 * struct kvdev_blk_ranges - what is left of a request
 * @bytes: ranges as the driver sent them, @nr of them
 * @nr: number of ranges
 * @index: the one that is next
 * @done: sectors of it that have been told already
 */
struct kvdev_blk_ranges {
	const u8 *bytes;
	u32 nr;
	u32 index;
	u32 done;
};

/**
 * struct kvdev_blk_piece - what to do next
 * @pos: byte position
 * @len: bytes, at most KVDEV_PIECE_MAX, not 0
 * @unmap: the store need not keep space for it
 */
struct kvdev_blk_piece {
	u64 pos;
	u64 len;
	bool unmap;
};

int kvdev_blk_ranges_check(const u8 *bytes, u32 nr, bool discard,
			   const struct kvdev_blk_limits *limits);
bool kvdev_blk_ranges_next(struct kvdev_blk_ranges *ranges,
			   struct kvdev_blk_piece *piece);

#endif /* KVDEV_BLK_RANGE_H */
