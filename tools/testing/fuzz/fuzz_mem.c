// SPDX-License-Identifier: GPL-2.0
/*
 * Any memory table, sorted, checked and asked for any range; compared with a
 * search of the unsorted regions.
 *
 * Input: number of regions; regions of first address, length - 1, host
 * address, permissions; queries of address, length, permissions, room.
 */
#include "fuzz.h"
#include "../../../drivers/kvdev/mem_table.h"

#define REGIONS_MAX	8
#define PIECES_MAX		(REGIONS_MAX + 1)

/* Exponents, so that borders and overflows are found in reasonable time. */
static u64 take_number(struct input *in)
{
	u64 shift = take(in, 1) % 64;
	u64 value = take(in, 2);

	return (value << shift) - (take(in, 1) & 1);
}

static bool ref_valid(const struct kvdev_region *r, u32 nr)
{
	u32 i, j;

	for (i = 0; i < nr; i++) {
		if (r[i].last < r[i].gpa || !r[i].perm || r[i].perm > 3)
			return false;
		if (r[i].host + (r[i].last - r[i].gpa) < r[i].host)
			return false;
		for (j = 0; j < nr; j++) {
			if (i != j && r[i].gpa <= r[j].last &&
			    r[j].gpa <= r[i].last)
				return false;
		}
	}
	return true;
}

static const struct kvdev_region *ref_find(const struct kvdev_region *r,
					   u32 nr, u64 gpa, u32 perm)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (gpa >= r[i].gpa && gpa <= r[i].last)
			return (r[i].perm & perm) == perm ? &r[i] : NULL;
	}
	return NULL;
}

static void query(const struct kvdev_mem_table *table,
		  const struct kvdev_region *regions, u64 gpa, u64 len,
		  u32 perm, unsigned int max, u32 *hint)
{
	struct iovec iov[PIECES_MAX];
	u64 at = gpa, left = len;
	bool wraps = false;
	int i, ret;

	ret = kvdev_mem_translate(table, gpa, len, perm, iov, max, hint);
	CHECK(ret <= (int)max);
	CHECK(ret > 0 || ret == -EFAULT || ret == -E2BIG);
	if (!len) {
		CHECK(ret == -EFAULT);
		return;
	}

	/* Follow the regions; the pieces must be the same, as far as asked */
	for (i = 0; left && !wraps; i++) {
		const struct kvdev_region *r = ref_find(regions, table->nr, at,
							perm);
		u64 here;

		if (!r)
			break;
		here = r->last - at;
		here = left - 1 < here ? left : here + 1;
		if (ret > i) {
			CHECK((u64)(unsigned long)iov[i].iov_base ==
			      r->host + (at - r->gpa));
			CHECK(iov[i].iov_len == here);
		}
		left -= here;
		wraps = left && at + here < at;
		at += here;
		/* The whole of a space of 2^64 bytes */
		if (!here)
			break;
	}
	if (!left)
		CHECK(ret == (i <= (int)max ? i : -E2BIG));
	else
		CHECK(ret < 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct kvdev_region regions[REGIONS_MAX];
	struct kvdev_mem_table *table;
	u32 i, nr, hint = 0;

	nr = take(&in, 1) % (REGIONS_MAX + 1);
	table = fuzz_alloc(NULL, struct_size(table, regions, nr));
	table->nr = nr;
	for (i = 0; i < nr; i++) {
		u8 how = take(&in, 1);

		/* Often the neighbour of the one before */
		regions[i].gpa = i && (how & 1) ? regions[i - 1].last + 1 :
						  take_number(&in);
		regions[i].last = regions[i].gpa + take_number(&in);
		regions[i].host = take_number(&in);
		regions[i].perm = how & 2 ? (how >> 2) & 7 : KVDEV_MEM_RW;
		table->regions[i] = regions[i];
	}

	if (kvdev_mem_table_sort(table)) {
		CHECK(!ref_valid(regions, nr));
		goto out;
	}
	CHECK(ref_valid(regions, nr));
	for (i = 1; i < nr; i++)
		CHECK(table->regions[i - 1].last < table->regions[i].gpa);

	while (in.size) {
		u8 how = take(&in, 1);
		u64 gpa = take_number(&in);

		if (nr && (how & 1))
			gpa = regions[(how >> 4) % nr].last - (gpa & 7);
		if (nr && (how & 2))
			hint = take(&in, 1);
		query(table, regions, gpa, take_number(&in), (how >> 2) & 3,
		      how & 0x80 ? take(&in, 1) % (PIECES_MAX + 1) : PIECES_MAX,
		      &hint);
	}
out:
	free(table);
	return 0;
}
