/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stores of special kinds. First those that forget what they were not told to keep: a disk with a volatile
 * write cache, and a file on a file system on such a disk. What is there after
 * a crash is what was durable before it.
 */
#ifndef STORES_H
#define STORES_H

#include "kvdev_user.h"
#include "kvtest.h"

#define VOLATILE_SIZE	(16UL << 20)	/* bytes of a store */
#define OLD_SEED	1		/* what a full one has at first, durable */

enum store_kind {
	STORE_DISK,
	STORE_FILE,			/* through the page cache */
	STORE_DIRECT,			/* O_DIRECT */
	NR_STORES
};

struct store {
	enum store_kind kind;
	struct nullb disk;
	char dir[32];			/* of the file system; empty: none */
	int fd;
};

extern const char *const store_names[NR_STORES];

bool have_volatile(void);
/*
 * @full of OLD_SEED, or blank: zeroes. Only what is written to a blank one is
 * forgotten: null_blk caches nothing of a page that it has. @flags: more for
 * open(). The end if it cannot be made.
 */
void store_new(struct store *s, enum store_kind kind, int flags, bool full);
/* Another descriptor of it */
int store_open(const struct store *s, int flags);
/*
 * From here on nothing reaches the store any more. Then whoever has it open
 * closes it, and store_crash() takes the power away.
 */
void store_cut(struct store *s);
void store_crash(struct store *s);	/* afterwards @fd is another one */
void store_free(struct store *s);
unsigned long store_flushes(struct store *s);	/* that the disk got so far */
/* @len bytes at @pos are what fill() makes of @seed at the same place? */
bool store_has(struct store *s, uint64_t pos, size_t len, uint64_t seed);
bool store_zero(struct store *s, uint64_t pos, size_t len);

/* Its file system cannot deallocate, as fallocate() says; or -1 */
int file_without_holes(size_t size);

#endif /* STORES_H */
