// SPDX-License-Identifier: GPL-2.0
/*
 * The guest memory table: sorting, validation, translation.
 */
#include <kunit/test.h>
#include "../mem_table.h"

#define R	KVDEV_MEM_READ
#define W	KVDEV_MEM_WRITE
#define RW	KVDEV_MEM_RW

static struct kvdev_mem_table *make_table(struct kunit *test,
					  const struct kvdev_region *regions,
					  u32 nr)
{
	struct kvdev_mem_table *table;

	table = kunit_kzalloc(test, struct_size(table, regions, nr),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	table->nr = nr;
	memcpy(table->regions, regions, nr * sizeof(*regions));
	return table;
}

struct sort_case {
	const char *name;
	int ret;
	u32 nr;
	struct kvdev_region r[3];
};

static const struct sort_case sort_cases[] = {
	{ "no region", 0, 0, { } },
	{ "one region", 0, 1, { { 0x1000, 0x1fff, 0x10000, RW } } },
	{ "one byte", 0, 1, { { 0x1000, 0x1000, 0x10000, R } } },
	{ "whole space", 0, 1, { { 0, U64_MAX, 0, RW } } },
	{ "end of space", 0, 1, { { U64_MAX, U64_MAX, 0x10000, W } } },
	{ "host up to the end", 0, 1,
	  { { 0, 0xfff, U64_MAX - 0xfff, RW } } },
	{ "neighbours", 0, 2,
	  { { 0x1000, 0x1fff, 0x10000, R }, { 0x2000, 0x2fff, 0x20000, W } } },
	{ "same host memory twice", 0, 2,
	  { { 0x1000, 0x1fff, 0x10000, R }, { 0x2000, 0x2fff, 0x10000, W } } },
	{ "backwards", -EINVAL, 1, { { 0x1000, 0xfff, 0x10000, RW } } },
	/* So long that no host address would wrap around */
	{ "backwards, host at 0", -EINVAL, 1, { { 0x1000, 0xfff, 0, RW } } },
	{ "no permission", -EINVAL, 1, { { 0x1000, 0x1fff, 0x10000, 0 } } },
	{ "unknown permission", -EINVAL, 1,
	  { { 0x1000, 0x1fff, 0x10000, RW | BIT(2) } } },
	{ "host wraps", -EINVAL, 1,
	  { { 0, 0x1000, U64_MAX - 0xfff, RW } } },
	{ "overlap by a byte", -EINVAL, 2,
	  { { 0x1000, 0x2000, 0x10000, R }, { 0x2000, 0x2fff, 0x20000, R } } },
	{ "overlap, other order", -EINVAL, 2,
	  { { 0x2000, 0x2fff, 0x20000, R }, { 0x1000, 0x2000, 0x10000, R } } },
	{ "same start", -EINVAL, 2,
	  { { 0x1000, 0x1fff, 0x10000, R }, { 0x1000, 0x1000, 0x20000, R } } },
	{ "one inside another", -EINVAL, 3,
	  { { 0x1000, 0x8fff, 0x10000, R }, { 0x9000, 0x9fff, 0x20000, R },
	    { 0x3000, 0x3fff, 0x30000, R } } },
	{ "nothing after the end of space", -EINVAL, 2,
	  { { 0, U64_MAX, 0, RW }, { U64_MAX, U64_MAX, 0x10000, RW } } },
};

static void sort_case_desc(const struct sort_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sort, sort_cases, sort_case_desc);

static void sort_validates(struct kunit *test)
{
	const struct sort_case *c = test->param_value;
	struct kvdev_mem_table *table = make_table(test, c->r, c->nr);

	KUNIT_EXPECT_EQ(test, kvdev_mem_table_sort(table), c->ret);
}

static void sort_rejects_too_many(struct kunit *test)
{
	const u32 nr = KVDEV_MEM_MAX_REGIONS + 1;
	struct kvdev_mem_table *table;
	u32 i;

	table = kunit_kzalloc(test, struct_size(table, regions, nr),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	table->nr = nr;
	for (i = 0; i < nr; i++)
		table->regions[i] = (struct kvdev_region){
			i * 0x1000, i * 0x1000, 0x10000, RW
		};
	KUNIT_EXPECT_EQ(test, kvdev_mem_table_sort(table), -EINVAL);
	table->nr = nr - 1;
	KUNIT_EXPECT_EQ(test, kvdev_mem_table_sort(table), 0);
}

/* Every order of the same regions gives the same table, found everywhere. */
static void sort_orders_regions(struct kunit *test)
{
	const u32 nr = KVDEV_MEM_MAX_REGIONS;
	struct kvdev_mem_table *table;
	struct iovec iov[1];
	u32 i, step, hint = 0;

	table = kunit_kzalloc(test, struct_size(table, regions, nr),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	table->nr = nr;

	/* Odd steps visit every region of a power of two */
	for (step = 1; step < nr; step += 2) {
		for (i = 0; i < nr; i++) {
			u64 n = (i * step) % nr;

			table->regions[i] = (struct kvdev_region){
				n * 0x2000, n * 0x2000 + 0xfff,
				0x1000000 + n * 0x1000, RW
			};
		}
		KUNIT_ASSERT_EQ(test, kvdev_mem_table_sort(table), 0);
		for (i = 0; i < nr; i++) {
			KUNIT_EXPECT_EQ(test, table->regions[i].gpa,
					(u64)i * 0x2000);
			KUNIT_ASSERT_EQ(test,
					kvdev_mem_translate(table,
							    i * 0x2000 + 5, 1,
							    RW, iov, 1, &hint),
					1);
			KUNIT_EXPECT_EQ(test, (unsigned long)iov[0].iov_base,
					0x1000000UL + i * 0x1000 + 5);
		}
	}
}

/*
 *	0x1000 - 0x1fff	rw	host 0x50000
 *	0x2000 - 0x2fff	rw	host 0x30000	not the next in the host
 *	0x3000 - 0x3fff	r	host 0x31000	the next in the host
 *	0x4000 - 0x4fff	w	host 0x60000
 *	(hole)
 *	0x8000 - 0x8000	rw	host 0x70000
 *	2^64-0x1000 -	rw	host 0x80000
 */
static const struct kvdev_region regions[] = {
	{ 0x1000, 0x1fff, 0x50000, RW },
	{ 0x2000, 0x2fff, 0x30000, RW },
	{ 0x3000, 0x3fff, 0x31000, R },
	{ 0x4000, 0x4fff, 0x60000, W },
	{ 0x8000, 0x8000, 0x70000, RW },
	{ U64_MAX - 0xfff, U64_MAX, 0x80000, RW },
};

#define TOP	(U64_MAX - 0xfff)

struct translate_case {
	const char *name;
	u64 gpa;
	u64 len;
	u32 perm;
	unsigned int max;
	int ret;
	struct {
		unsigned long host;
		size_t len;
	} piece[3];
};

static const struct translate_case translate_cases[] = {
	{ "first byte", 0x1000, 1, RW, 3, 1, { { 0x50000, 1 } } },
	{ "last byte", 0x1fff, 1, RW, 3, 1, { { 0x50fff, 1 } } },
	{ "whole region", 0x1000, 0x1000, RW, 3, 1, { { 0x50000, 0x1000 } } },
	{ "byte before", 0xfff, 1, R, 3, -EFAULT },
	{ "starts before", 0xfff, 2, R, 3, -EFAULT },
	{ "byte behind", 0x5000, 1, R, 3, -EFAULT },
	{ "address 0", 0, 1, R, 3, -EFAULT },
	{ "between regions", 0x7fff, 1, R, 3, -EFAULT },
	{ "region of one byte", 0x8000, 1, RW, 3, 1, { { 0x70000, 1 } } },
	{ "one byte too many", 0x8000, 2, R, 3, -EFAULT },
	{ "over a border", 0x1ff0, 0x20, RW, 3, 2,
	  { { 0x50ff0, 0x10 }, { 0x30000, 0x10 } } },
	{ "two bytes over a border", 0x1fff, 2, R, 3, 2,
	  { { 0x50fff, 1 }, { 0x30000, 1 } } },
	{ "three regions", 0x1fff, 0x1002, R, 3, 3,
	  { { 0x50fff, 1 }, { 0x30000, 0x1000 }, { 0x31000, 1 } } },
	{ "no room for the third", 0x1fff, 0x1002, R, 2, -E2BIG },
	{ "no room at all", 0x1000, 1, R, 0, -E2BIG },
	{ "room for all there is", 0x1fff, 2, R, 2, 2,
	  { { 0x50fff, 1 }, { 0x30000, 1 } } },
	{ "into a hole", 0x4fff, 2, W, 3, -EFAULT },
	{ "over a hole", 0x4fff, 0x3002, W, 3, -EFAULT },
	{ "read what may be read", 0x3000, 0x1000, R, 3, 1,
	  { { 0x31000, 0x1000 } } },
	{ "write to read-only", 0x3000, 1, W, 3, -EFAULT },
	{ "read from write-only", 0x4000, 1, R, 3, -EFAULT },
	{ "write what may be written", 0x4000, 1, W, 3, 1, { { 0x60000, 1 } } },
	{ "both where one is allowed", 0x3000, 1, RW, 3, -EFAULT },
	{ "write over into read-only", 0x2fff, 2, W, 3, -EFAULT },
	{ "read over into write-only", 0x3fff, 2, R, 3, -EFAULT },
	{ "no bytes", 0x1000, 0, R, 3, -EFAULT },
	{ "no bytes at 0", 0, 0, R, 3, -EFAULT },
	{ "no bytes at the end", U64_MAX, 0, R, 3, -EFAULT },
	{ "last byte of the space", U64_MAX, 1, RW, 3, 1, { { 0x80fff, 1 } } },
	{ "up to the end of the space", TOP, 0x1000, RW, 3, 1,
	  { { 0x80000, 0x1000 } } },
	{ "past the end of the space", U64_MAX, 2, R, 3, -EFAULT },
	{ "wraps to where memory is", TOP, 0x4000, R, 3, -EFAULT },
	{ "wraps to itself", TOP, U64_MAX, R, 3, -EFAULT },
	{ "longest length", 0x1000, U64_MAX, R, 3, -EFAULT },
	{ "longest length that fits", 0, U64_MAX, R, 3, -EFAULT },
};

static void translate_case_desc(const struct translate_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(translate, translate_cases, translate_case_desc);

/* With every hint, right, wrong and absurd: it must make no difference. */
static void translate_range(struct kunit *test)
{
	static const u32 hints[] = { 0, 1, 2, 3, 4, 5, 6, 64, U32_MAX };
	const struct translate_case *c = test->param_value;
	struct kvdev_mem_table *table;
	unsigned int h;
	int i;

	table = make_table(test, regions, ARRAY_SIZE(regions));
	KUNIT_ASSERT_EQ(test, kvdev_mem_table_sort(table), 0);

	for (h = 0; h < ARRAY_SIZE(hints); h++) {
		struct iovec iov[3] = { };
		u32 hint = hints[h];

		KUNIT_ASSERT_EQ(test,
				kvdev_mem_translate(table, c->gpa, c->len,
						    c->perm, iov, c->max,
						    &hint),
				c->ret);
		for (i = 0; i < c->ret; i++) {
			KUNIT_EXPECT_EQ(test, (unsigned long)iov[i].iov_base,
					c->piece[i].host);
			KUNIT_EXPECT_EQ(test, (size_t)iov[i].iov_len,
					c->piece[i].len);
		}
		/* What is behind the pieces is not ours to touch */
		for (i = c->ret < 0 ? c->max : c->ret; i < 3; i++)
			KUNIT_EXPECT_EQ(test, (size_t)iov[i].iov_len, (size_t)0);
	}
}

static void translate_remembers_region(struct kunit *test)
{
	struct kvdev_mem_table *table;
	struct iovec iov[2];
	u32 hint = 0;

	table = make_table(test, regions, ARRAY_SIZE(regions));
	KUNIT_EXPECT_EQ(test,
			kvdev_mem_translate(table, 0x8000, 1, R, iov, 2, &hint),
			1);
	KUNIT_EXPECT_EQ(test, hint, 4U);
	/* Over a border: the last one */
	KUNIT_EXPECT_EQ(test,
			kvdev_mem_translate(table, 0x1fff, 2, R, iov, 2, &hint),
			2);
	KUNIT_EXPECT_EQ(test, hint, 1U);
}

static void translate_empty_table(struct kunit *test)
{
	struct kvdev_mem_table *table = make_table(test, regions, 0);
	struct iovec iov[1];
	u32 hint = 0;

	KUNIT_EXPECT_EQ(test,
			kvdev_mem_translate(table, 0, 1, R, iov, 1, &hint),
			-EFAULT);
}

/* One region of 2^64 bytes: the length of it does not fit 64 bits. */
static void translate_whole_space(struct kunit *test)
{
	static const struct kvdev_region all = { 0, U64_MAX, 0, RW };
	struct kvdev_mem_table *table = make_table(test, &all, 1);
	struct iovec iov[1];
	u32 hint = 0;

	KUNIT_ASSERT_EQ(test,
			kvdev_mem_translate(table, 0, U64_MAX, R, iov, 1,
					    &hint),
			1);
	KUNIT_EXPECT_EQ(test, (u64)iov[0].iov_len, (u64)U64_MAX);
	KUNIT_ASSERT_EQ(test,
			kvdev_mem_translate(table, U64_MAX, 1, R, iov, 1,
					    &hint),
			1);
	KUNIT_EXPECT_EQ(test, (u64)iov[0].iov_len, 1ULL);
}

/* A range does not go on at 0, even if there is memory at both ends. */
static void translate_never_wraps(struct kunit *test)
{
	static const struct kvdev_region ends[] = {
		{ 0, 0xfff, 0x10000, RW }, { TOP, U64_MAX, 0x80000, RW },
	};
	struct kvdev_mem_table *table = make_table(test, ends, 2);
	struct iovec iov[3];
	u32 hint = 0;

	KUNIT_EXPECT_EQ(test,
			kvdev_mem_translate(table, U64_MAX, 2, R, iov, 3,
					    &hint),
			-EFAULT);
	KUNIT_EXPECT_EQ(test,
			kvdev_mem_translate(table, TOP, 0x2000, R, iov, 3,
					    &hint),
			-EFAULT);
	KUNIT_EXPECT_EQ(test,
			kvdev_mem_translate(table, TOP, 0x1000, R, iov, 3,
					    &hint),
			1);
}

/* The answer for one byte, by looking at every region. */
static bool byte_at(u64 gpa, u32 perm, unsigned long *host)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		const struct kvdev_region *r = &regions[i];

		if (gpa >= r->gpa && gpa <= r->last) {
			*host = r->host + (gpa - r->gpa);
			return (r->perm & perm) == perm;
		}
	}
	return false;
}

static void check_bytewise(struct kunit *test,
			   const struct kvdev_mem_table *table, u64 gpa,
			   u64 len, u32 perm)
{
	unsigned long first = 0, last = 0;
	struct iovec iov[4];
	bool good = true;
	u32 hint = 0;
	int i, ret;
	u64 at;

	for (at = 0; at < len && good; at++)
		good = byte_at(gpa + at, perm, &first);

	ret = kvdev_mem_translate(table, gpa, len, perm, iov, 4, &hint);
	KUNIT_ASSERT_EQ(test, ret > 0, good);
	if (!good)
		return;

	for (i = 0, at = 0; i < ret; i++) {
		size_t piece = iov[i].iov_len;

		byte_at(gpa + at, perm, &first);
		byte_at(gpa + at + piece - 1, perm, &last);
		KUNIT_ASSERT_EQ(test, (unsigned long)iov[i].iov_base, first);
		KUNIT_ASSERT_EQ(test, last - first + 1, (unsigned long)piece);
		at += piece;
	}
	KUNIT_ASSERT_EQ(test, at, len);
}

/* Every start and end near a border of a region. */
static void translate_agrees_bytewise(struct kunit *test)
{
	static const u64 lens[] = {
		1, 2, 3, 4, 0xfff, 0x1000, 0x1001, 0x1002, 0x1003, 0x2001,
	};
	static const u32 perms[] = { R, W, RW };
	struct kvdev_mem_table *table;
	unsigned int l, p;
	u64 border;
	int near;

	table = make_table(test, regions, ARRAY_SIZE(regions));
	KUNIT_ASSERT_EQ(test, kvdev_mem_table_sort(table), 0);

	for (border = 0x1000; border <= 0x9000; border += 0x1000) {
		for (near = -2; near <= 1; near++) {
			for (l = 0; l < ARRAY_SIZE(lens); l++) {
				for (p = 0; p < ARRAY_SIZE(perms); p++)
					check_bytewise(test, table,
						       border + near, lens[l],
						       perms[p]);
			}
		}
	}
}

static struct kunit_case mem_cases[] = {
	KUNIT_CASE_PARAM(sort_validates, sort_gen_params),
	KUNIT_CASE(sort_rejects_too_many),
	KUNIT_CASE(sort_orders_regions),
	KUNIT_CASE_PARAM(translate_range, translate_gen_params),
	KUNIT_CASE(translate_remembers_region),
	KUNIT_CASE(translate_empty_table),
	KUNIT_CASE(translate_whole_space),
	KUNIT_CASE(translate_never_wraps),
	KUNIT_CASE(translate_agrees_bytewise),
	{ }
};

static struct kunit_suite mem_suite = {
	.name = "kvdev_mem",
	.test_cases = mem_cases,
};

kunit_test_suite(mem_suite);
