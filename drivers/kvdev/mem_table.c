// SPDX-License-Identifier: GPL-2.0
/*
 * Sorting, checking and searching the guest memory table.
 */
#include "mem_table.h"

/* Insertion sort: at most KVDEV_MEM_MAX_REGIONS, usually sorted already. */
static void sort_regions(struct kvdev_region *r, u32 nr)
{
	u32 i, j;

	for (i = 1; i < nr; i++) {
		struct kvdev_region tmp = r[i];

		for (j = i; j > 0 && r[j - 1].gpa > tmp.gpa; j--)
			r[j] = r[j - 1];
		r[j] = tmp;
	}
}

/**
 * kvdev_mem_table_sort() - make a table ready for use
 * @table: filled with regions in any order
 *
 * Return: 0, or -EINVAL if regions overlap, or one is backwards, has no
 * permission, or wraps around in host addresses.
 */
int kvdev_mem_table_sort(struct kvdev_mem_table *table)
{
	struct kvdev_region *r = table->regions;
	u32 i;

	if (table->nr > KVDEV_MEM_MAX_REGIONS)
		return -EINVAL;
	sort_regions(r, table->nr);

	for (i = 0; i < table->nr; i++) {
		u64 end;

		if (r[i].last < r[i].gpa || !r[i].perm ||
		    (r[i].perm & ~KVDEV_MEM_RW))
			return -EINVAL;
		if (check_add_overflow(r[i].host, r[i].last - r[i].gpa, &end))
			return -EINVAL;
		if (i && r[i].gpa <= r[i - 1].last)
			return -EINVAL;
	}
	return 0;
}

/* The region that holds @gpa, or NULL. */
static const struct kvdev_region *
find_region(const struct kvdev_mem_table *table, u64 gpa, u32 *hint)
{
	const struct kvdev_region *r = table->regions;
	u32 lo = 0, hi = table->nr;

	/* Most guests have two regions and use one. */
	if (*hint < table->nr && gpa >= r[*hint].gpa && gpa <= r[*hint].last)
		return &r[*hint];

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (gpa < r[mid].gpa) {
			hi = mid;
		} else if (gpa > r[mid].last) {
			lo = mid + 1;
		} else {
			*hint = mid;
			return &r[mid];
		}
	}
	return NULL;
}

/**
 * kvdev_mem_translate() - turn a range of driver addresses into host memory
 * @table: memory the device may touch
 * @gpa: first driver address
 * @len: bytes, not 0
 * @perm: what the device is going to do with it
 * @iov: receives the pieces; a range may cross borders of adjacent regions
 * @max: room in @iov
 * @hint: in/out, region to try first; any value is fine at first
 *
 * The result may point into memory that is not mapped: host addresses are
 * only checked when they are used.
 *
 * Return: number of pieces, -EFAULT if a byte of the range is outside all
 * regions or not permitted or the range wraps, -E2BIG if @max is too small.
 */
int kvdev_mem_translate(const struct kvdev_mem_table *table, u64 gpa, u64 len,
			u32 perm, struct iovec *iov, unsigned int max,
			u32 *hint)
{
	unsigned int nr = 0;
	u64 last;

	if (!len || check_add_overflow(gpa, len - 1, &last))
		return -EFAULT;

	while (len) {
		const struct kvdev_region *r = find_region(table, gpa, hint);
		u64 piece;

		if (!r || (r->perm & perm) != perm)
			return -EFAULT;
		if (nr == max)
			return -E2BIG;

		/* min() before + 1: the whole 64-bit space has 2^64 bytes. */
		piece = min(r->last - gpa, len - 1) + 1;
		iov[nr].iov_base =
			(void __user *)(unsigned long)(r->host + gpa - r->gpa);
		iov[nr].iov_len = piece;
		nr++;
		gpa += piece;
		len -= piece;
	}
	return nr;
}
