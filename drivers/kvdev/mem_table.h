/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest memory table: an immutable, sorted array of regions that turns
 * addresses of the driver (gpa, or iova behind vDPA) into addresses of the
 * host. Ranges are closed: last is the address of the last byte, so a region
 * may end at the end of the 64-bit space.
 */
#ifndef KVDEV_MEM_TABLE_H
#define KVDEV_MEM_TABLE_H

#include "pure.h"

/* A region for each piece of memory the vDPA bus maps; vhost's limit. */
#define KVDEV_MEM_MAX_REGIONS	256
#define KVDEV_MEM_MAX_VHOST	64

/* What the device may do with a range. */
#define KVDEV_MEM_READ		BIT(0)
#define KVDEV_MEM_WRITE		BIT(1)
#define KVDEV_MEM_RW		(KVDEV_MEM_READ | KVDEV_MEM_WRITE)

/**
 * struct kvdev_region - a run of driver addresses with consecutive host
 *	addresses
 * @gpa: first driver address
 * @last: last driver address
 * @host: host address of @gpa: user virtual, or kernel virtual if the table
 *	is a kernel table
 * @perm: KVDEV_MEM_READ, KVDEV_MEM_WRITE
 */
struct kvdev_region {
	u64 gpa;
	u64 last;
	u64 host;
	u32 perm;
};

/**
 * struct kvdev_mem_table - all memory a device may touch
 * @copy_in: read @len bytes of host memory at @src (an address this table
 *	gave); 0 or -EFAULT. Every read of guest memory by pure code goes
 *	through it
 * @kernel: host addresses are kernel addresses
 * @nr: number of regions
 * @regions: ascending, not overlapping
 */
struct kvdev_mem_table {
	int (*copy_in)(void *dst, const void __user *src, size_t len);
	bool kernel;
	u32 nr;
	struct kvdev_region regions[] __counted_by(nr);
};

int kvdev_mem_table_sort(struct kvdev_mem_table *table);
int kvdev_mem_translate(const struct kvdev_mem_table *table, u64 gpa, u64 len,
			u32 perm, struct iovec *iov, unsigned int max,
			u32 *hint);

#endif /* KVDEV_MEM_TABLE_H */
