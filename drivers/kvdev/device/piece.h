/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of a range is discarded or zeroed at a time. Pure.
 */
#ifndef KVDEV_PIECE_H
#define KVDEV_PIECE_H

#include "../pure.h"

/*
 * Most bytes of a piece. At worst the store has to write them, and what is
 * between two pieces is the time it takes to notice that nobody waits for the
 * rest.
 */
#define KVDEV_PIECE_MAX		(64ULL << 20)

/**
 * kvdev_piece_len() - length of the next piece of a range
 * @pos: byte position of what is left of the range
 * @left: bytes of it
 *
 * Pieces end at multiples of KVDEV_PIECE_MAX, so that no unit of the store is
 * cut.
 *
 * Return: bytes, at most @left and KVDEV_PIECE_MAX.
 */
static inline u64 kvdev_piece_len(u64 pos, u64 left)
{
	return min_t(u64, left,
		     KVDEV_PIECE_MAX - (pos & (KVDEV_PIECE_MAX - 1)));
}

#endif /* KVDEV_PIECE_H */
