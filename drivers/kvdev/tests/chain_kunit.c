// SPDX-License-Identifier: GPL-2.0
/*
 * From descriptors to pieces of memory: what a driver may put into a chain,
 * and everything it may not.
 */
#include "kunit_mock.h"

#define RING	8		/* entries of the ring in the tables below */
#define N	VRING_DESC_F_NEXT
#define W	VRING_DESC_F_WRITE
#define I	VRING_DESC_F_INDIRECT
#define IND	BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC)

#define LOW		0x10000ULL
#define NEXT		0x14000ULL
#define HOLE		0x18000ULL
#define READONLY	0x20000ULL
#define WRITEONLY	0x24000ULL
#define HUGE		0x100000000ULL
#define TOP		(0ULL - MOCK_REGION_SIZE)
/* Where tables of the indirect cases are */
#define TABLE		(LOW + 0x2000)

struct desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 next;
};

struct chain_case {
	const char *name;
	const char *reason;	/* NULL: a good chain */
	u64 features;
	u16 head;
	u16 nr_readable;
	u16 nr_writable;
	u32 readable_len;
	u32 writable_len;
	struct desc ring[RING];
	struct desc table[RING];	/* lies at TABLE */
};

static const char err_index[] = "descriptor index outside of the ring";
static const char err_loop[] = "loop in a descriptor chain";
static const char err_zero[] = "zero-length descriptor";
static const char err_order[] = "readable descriptor after a writable one";
static const char err_memory[] = "descriptor outside of guest memory";
static const char err_total[] = "chain longer than 4 GiB";
static const char err_pieces[] = "too many descriptors in a chain";
static const char err_feature[] = "indirect table not negotiated";
static const char err_next[] = "indirect table with a next descriptor";
static const char err_nested[] =
	"indirect table inside an indirect table";
static const char err_tindex[] = "index outside of an indirect table";
static const char err_tloop[] = "loop in an indirect table";
static const char err_tlen[] = "bad length of an indirect table";
static const char err_tlong[] = "indirect table too long";
static const char err_tmemory[] = "indirect table outside of guest memory";
static const char err_tfault[] = "indirect table not accessible";

static const struct chain_case chain_cases[] = {
	/* Good ones */
	{ "one readable", NULL, 0, 0, 1, 0, 16, 0,
	  { { LOW, 16, 0 } } },
	{ "one writable", NULL, 0, 0, 0, 1, 0, 16,
	  { { LOW, 16, W } } },
	{ "one byte", NULL, 0, 0, 1, 0, 1, 0,
	  { { LOW, 1, 0 } } },
	{ "readable then writable", NULL, 0, 0, 1, 1, 16, 512,
	  { { LOW, 16, N, 1 }, { LOW, 512, W } } },
	{ "next ignored without the flag", NULL, 0, 0, 1, 0, 16, 0,
	  { { LOW, 16, 0, 0xffff } } },
	{ "unknown flags ignored", NULL, 0, 0, 1, 0, 16, 0,
	  { { LOW, 16, 0xfff8 } } },
	{ "backwards through the ring", NULL, 0, 7, 2, 1, 3, 4,
	  { { LOW, 4, W }, [3] = { LOW, 2, N, 0 }, [7] = { LOW, 1, N, 3 } } },
	{ "all descriptors", NULL, 0, 3, 8, 0, 8, 0,
	  { { LOW, 1, N, 1 }, { LOW, 1, N, 2 }, { LOW, 1, 0 },
	    { LOW, 1, N, 4 }, { LOW, 1, N, 5 }, { LOW, 1, N, 6 },
	    { LOW, 1, N, 7 }, { LOW, 1, N, 0 } } },
	{ "readable over a border", NULL, 0, 0, 2, 0, 32, 0,
	  { { NEXT - 16, 32, 0 } } },
	{ "writable over a border", NULL, 0, 0, 1, 2, 8, 32,
	  { { LOW, 8, N, 1 }, { NEXT - 16, 32, W } } },
	{ "end of the address space", NULL, 0, 0, 1, 0, 1, 0,
	  { { U64_MAX, 1, 0 } } },
	{ "read-only and write-only memory", NULL, 0, 0, 1, 1, 16, 16,
	  { { READONLY, 16, N, 1 }, { WRITEONLY, 16, W } } },
	{ "longest descriptor", NULL, 0, 0, 1, 0, U32_MAX, 0,
	  { { HUGE, U32_MAX, 0 } } },
	{ "4 GiB less one in two", NULL, 0, 0, 1, 1, 0x7fffffff, 0x80000000,
	  { { HUGE, 0x7fffffff, N, 1 }, { HUGE, 0x80000000, W } } },

	/* The links */
	{ "head beyond the ring", err_index, 0, RING },
	{ "largest head", err_index, 0, 0xffff },
	{ "next beyond the ring", err_index, 0, 0, .ring = {
	  { LOW, 16, N, RING } } },
	{ "largest next", err_index, 0, 0, .ring = {
	  { LOW, 16, N, 0xffff } } },
	{ "points to itself", err_loop, 0, 0, .ring = {
	  { LOW, 16, N, 0 } } },
	{ "loop of two", err_loop, 0, 0, .ring = {
	  { LOW, 16, N, 1 }, { LOW, 16, N, 0 } } },
	{ "loop behind a start", err_loop, 0, 0, .ring = {
	  { LOW, 16, N, 1 }, { LOW, 16, N, 2 }, { LOW, 16, N, 1 } } },
	{ "loop of all", err_loop, 0, 0, .ring = {
	  { LOW, 1, N, 1 }, { LOW, 1, N, 2 }, { LOW, 1, N, 3 },
	    { LOW, 1, N, 4 }, { LOW, 1, N, 5 }, { LOW, 1, N, 6 },
	    { LOW, 1, N, 7 }, { LOW, 1, N, 0 } } },

	/* The memory */
	{ "no length", err_zero, 0, 0, .ring = {
	  { LOW, 0, 0 } } },
	{ "no length with next", err_zero, 0, 0, .ring = {
	  { LOW, 0, N, 0 } } },
	{ "no length, writable, at the end", err_zero, 0, 0, .ring = {
	  { LOW, 16, N, 1 }, { LOW, 0, W } } },
	{ "readable after writable", err_order, 0, 0, .ring = {
	  { LOW, 16, N | W, 1 }, { LOW, 16, 0 } } },
	{ "readable between writable", err_order, 0, 0, .ring = {
	  { LOW, 1, N, 1 }, { LOW, 1, N | W, 2 }, { LOW, 1, N, 3 },
	    { LOW, 1, W } } },
	{ "address 0", err_memory, 0, 0, .ring = {
	  { 0, 16, 0 } } },
	{ "in a hole", err_memory, 0, 0, .ring = {
	  { HOLE, 16, 0 } } },
	{ "into a hole", err_memory, 0, 0, .ring = {
	  { HOLE - 8, 16, 0 } } },
	{ "into a hole by a byte", err_memory, 0, 0, .ring = {
	  { HOLE - 8, 9, W } } },
	{ "out of a hole", err_memory, 0, 0, .ring = {
	  { LOW - 1, 2, 0 } } },
	{ "over a hole", err_memory, 0, 0, .ring = {
	  { HOLE - 1, 0x8002, 0 } } },
	{ "address wraps", err_memory, 0, 0, .ring = {
	  { U64_MAX, 2, 0 } } },
	{ "address wraps far", err_memory, 0, 0, .ring = {
	  { TOP, U32_MAX, 0 } } },
	{ "longer than all memory", err_memory, 0, 0, .ring = {
	  { LOW, U32_MAX, W } } },
	{ "writable in read-only memory", err_memory, 0, 0, .ring = {
	  { READONLY, 16, W } } },
	{ "readable in write-only memory", err_memory, 0, 0, .ring = {
	  { WRITEONLY, 16, 0 } } },
	{ "over into memory not readable", err_memory, 0, 0, .ring = {
	  { WRITEONLY - 8, 16, 0 } } },
	{ "second descriptor is bad", err_memory, 0, 0, .ring = {
	  { LOW, 16, N, 1 }, { HOLE, 16, W } } },
	{ "4 GiB, readable", err_total, 0, 0, .ring = {
	  { HUGE, U32_MAX, N, 1 }, { LOW, 1, 0 } } },
	{ "4 GiB, writable", err_total, 0, 0, .ring = {
	  { HUGE, 0x80000000, N | W, 1 }, { HUGE, 0x80000000, W } } },
	{ "4 GiB, both", err_total, 0, 0, .ring = {
	  { HUGE, U32_MAX, N, 1 }, { LOW, 1, W } } },
	{ "8 GiB", err_total, 0, 0, .ring = {
	  { HUGE, U32_MAX, N, 1 }, { HUGE, U32_MAX, 0 } } },

	/* Indirect tables */
	{ "table of one", NULL, IND, 2, 1, 0, 16, 0,
	  { [2] = { TABLE, 16, I } },
	  { { LOW, 16, 0 } } },
	{ "table of two", NULL, IND, 0, 1, 1, 16, 512,
	  { { TABLE, 32, I } },
	  { { LOW, 16, N, 1 }, { LOW, 512, W } } },
	{ "table, write flag ignored", NULL, IND, 0, 1, 0, 16, 0,
	  { { TABLE, 16, I | W } },
	  { { LOW, 16, 0 } } },
	{ "table, order by next", NULL, IND, 0, 2, 1, 3, 4,
	  { { TABLE, 64, I } },
	  { { LOW, 1, N, 3 }, { LOW, 4, W }, { 0, 0, 0 }, { LOW, 2, N, 1 } } },
	{ "table after descriptors", NULL, IND, 0, 3, 1, 7, 8,
	  { { LOW, 1, N, 5 }, [5] = { LOW, 2, N, 1 }, [1] = { TABLE, 32, I } },
	  { { LOW, 4, N, 1 }, { LOW, 8, W } } },
	{ "writable table after writable", NULL, IND, 0, 0, 2, 0, 3,
	  { { LOW, 1, N | W, 1 }, { TABLE, 16, I } },
	  { { LOW, 2, W } } },
	{ "table, readable after writable", err_order, IND, 0, .ring = {
	  { LOW, 1, N | W, 1 }, { TABLE, 16, I } }, .table = {
	  { LOW, 2, 0 } } },
	{ "table longer than its use", NULL, IND, 0, 1, 0, 16, 0,
	  { { TABLE, 128, I } },
	  { { LOW, 16, 0 }, { 0, 0, I } } },
	{ "not negotiated", err_feature, 0, 0, .ring = {
	  { TABLE, 16, I } }, .table = { { LOW, 16, 0 } } },
	{ "not negotiated, later", err_feature, 0, 0, .ring = {
	  { LOW, 16, N, 1 }, { TABLE, 16, I } }, .table = {
	  { LOW, 16, 0 } } },
	{ "table with next", err_next, IND, 0, .ring = {
	  { TABLE, 16, I | N, 1 }, { LOW, 16, 0 } }, .table = {
	  { LOW, 16, 0 } } },
	{ "table in a table", err_nested, IND, 0, .ring = {
	  { TABLE, 16, I } }, .table = { { TABLE, 16, I } } },
	{ "table in a table, later", err_nested, IND, 0, .ring = {
	  { TABLE, 32, I } }, .table = {
	  { LOW, 16, N, 1 }, { TABLE, 16, I } } },
	{ "table in a table with next", err_nested, IND, 0, .ring = {
	  { TABLE, 32, I } }, .table = {
	  { TABLE, 16, I | N, 1 }, { LOW, 16, 0 } } },
	{ "table, next beyond it", err_tindex, IND, 0, .ring = {
	  { TABLE, 32, I } }, .table = { { LOW, 16, N, 2 } } },
	{ "table, next in the ring only", err_tindex, IND, 0, .ring = {
	  { TABLE, 16, I }, { LOW, 16, 0 } }, .table = {
	  { LOW, 16, N, 1 } } },
	{ "table, largest next", err_tindex, IND, 0, .ring = {
	  { TABLE, 32, I } }, .table = { { LOW, 16, N, 0xffff } } },
	{ "table, points to itself", err_tloop, IND, 0, .ring = {
	  { TABLE, 16, I } }, .table = { { LOW, 16, N, 0 } } },
	{ "table, loop of two", err_tloop, IND, 0, .ring = {
	  { TABLE, 32, I } }, .table = {
	  { LOW, 16, N, 1 }, { LOW, 16, N, 0 } } },
	{ "table of no length", err_tlen, IND, 0, .ring = {
	  { TABLE, 0, I } } },
	{ "table of half a descriptor", err_tlen, IND, 0, .ring = {
	  { TABLE, 8, I } } },
	{ "table of 17 bytes", err_tlen, IND, 0, .ring = {
	  { TABLE, 17, I } } },
	{ "table of one too many", err_tlong, IND, 0, .ring = {
	  { HUGE, (KVDEV_CHAIN_MAX + 1) * 16, I } } },
	{ "table of 4 GiB less 16", err_tlong, IND, 0, .ring = {
	  { HUGE, 0xfffffff0, I } } },
	{ "table not mapped", err_tfault, IND, 0, .ring = {
	  { HUGE, 16, I } } },
	{ "table in a hole", err_tmemory, IND, 0, .ring = {
	  { HOLE, 16, I } } },
	{ "table into a hole", err_tmemory, IND, 0, .ring = {
	  { HOLE - 16, 32, I } } },
	{ "table wraps", err_tmemory, IND, 0, .ring = {
	  { 0ULL - 16, 32, I } } },
	{ "table in write-only memory", err_tmemory, IND, 0, .ring = {
	  { WRITEONLY, 16, I } } },
	{ "table, bad memory", err_memory, IND, 0, .ring = {
	  { TABLE, 16, I } }, .table = { { HOLE, 16, 0 } } },
	{ "table, no length", err_zero, IND, 0, .ring = {
	  { TABLE, 16, I } }, .table = { { LOW, 0, 0 } } },
	{ "table, 4 GiB with the ring", err_total, IND, 0, .ring = {
	  { HUGE, U32_MAX, N, 1 }, { TABLE, 16, I } }, .table = {
	  { LOW, 1, 0 } } },
};

static void chain_case_desc(const struct chain_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(chain, chain_cases, chain_case_desc);

static void fill(struct kunit *test, const struct mock_guest *guest,
		 struct mock_ring *mock, const struct chain_case *c)
{
	struct vring_desc *table = mock_guest_host(guest, TABLE);
	int i;

	for (i = 0; i < RING; i++) {
		mock_ring_desc(mock, i, c->ring[i].addr, c->ring[i].len,
			       c->ring[i].flags, c->ring[i].next);
		mock_desc_set(&table[i], c->table[i].addr, c->table[i].len,
			      c->table[i].flags, c->table[i].next);
	}
	mock_ring_post(mock, c->head);
}

/* Pieces add up, and are where the guest has memory. */
static void check_pieces(struct kunit *test, const struct mock_guest *guest,
			 const struct kvdev_chain *chain)
{
	u64 readable = 0, writable = 0;
	int i;

	for (i = 0; i < chain->nr_readable; i++)
		readable += chain->iov[i].iov_len;
	for (; i < chain->nr_readable + chain->nr_writable; i++)
		writable += chain->iov[i].iov_len;
	KUNIT_EXPECT_EQ(test, readable, (u64)chain->readable_len);
	KUNIT_EXPECT_EQ(test, writable, (u64)chain->writable_len);
}

static void peek_chain(struct kunit *test)
{
	const struct chain_case *c = test->param_value;
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, RING, c->features, 0);
	struct kvdev_chain *chain = &mock->chain;
	int again;

	fill(test, guest, mock, c);
	/* Twice: a peek consumes nothing */
	for (again = 0; again < 2; again++) {
		int ret = kvdev_ring_peek(&mock->ring, guest->table, chain);

		if (c->reason) {
			KUNIT_EXPECT_EQ(test, ret, -EPROTO);
			KUNIT_EXPECT_STREQ(test, mock->ring.reason, c->reason);
			continue;
		}
		KUNIT_ASSERT_EQ_MSG(test, ret, 1, "%s", mock->ring.reason);
		KUNIT_EXPECT_EQ(test, chain->id, c->head);
		KUNIT_EXPECT_EQ(test, chain->nr_readable, c->nr_readable);
		KUNIT_EXPECT_EQ(test, chain->nr_writable, c->nr_writable);
		KUNIT_EXPECT_EQ(test, chain->readable_len, c->readable_len);
		KUNIT_EXPECT_EQ(test, chain->writable_len, c->writable_len);
		check_pieces(test, guest, chain);
	}
}

static void check_piece(struct kunit *test, const struct iovec *iov,
			const u8 *host, size_t len)
{
	KUNIT_EXPECT_PTR_EQ(test, (__force const u8 *)iov->iov_base, host);
	KUNIT_EXPECT_EQ(test, (size_t)iov->iov_len, len);
}

static void peek_translates_each_piece(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, RING, 0, 0);
	const struct iovec *iov = mock->chain.iov;

	mock_ring_desc(mock, 0, LOW + 0x10, 0x20, N, 1);
	mock_ring_desc(mock, 1, NEXT - 4, 12, N, 2);
	mock_ring_desc(mock, 2, WRITEONLY + 1, 2, N | W, 3);
	mock_ring_desc(mock, 3, TOP, MOCK_REGION_SIZE, W, 0);
	mock_ring_post(mock, 0);
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	KUNIT_ASSERT_EQ(test, mock->chain.nr_readable, 3);
	KUNIT_ASSERT_EQ(test, mock->chain.nr_writable, 2);

	check_piece(test, &iov[0], guest->host[MOCK_LOW] + 0x10, 0x20);
	check_piece(test, &iov[1],
		    guest->host[MOCK_LOW] + MOCK_REGION_SIZE - 4, 4);
	check_piece(test, &iov[2], guest->host[MOCK_NEXT], 8);
	check_piece(test, &iov[3], guest->host[MOCK_WRITEONLY] + 1, 2);
	check_piece(test, &iov[4], guest->host[MOCK_TOP], MOCK_REGION_SIZE);
}

/* A table that lies over the border of two regions is fetched in two. */
static void peek_table_over_border(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, RING, IND, 0);
	struct vring_desc d[2];
	const u8 *bytes = (const u8 *)d;
	unsigned int i, split;

	mock_desc_set(&d[0], LOW, 3, N, 1);
	mock_desc_set(&d[1], LOW + 8, 5, W, 0);

	/* Also in the middle of a descriptor: tables have no alignment */
	for (split = 1; split < sizeof(d); split++) {
		for (i = 0; i < sizeof(d); i++)
			*(u8 *)mock_guest_host(guest, NEXT - split + i) =
				bytes[i];
		mock_ring_desc(mock, 0, NEXT - split, sizeof(d), I, 0);
		mock_ring_post(mock, 0);
		mock_copies = 0;
		KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
						      &mock->chain), 1);
		kvdev_ring_pop(&mock->ring, &mock->chain);
		KUNIT_EXPECT_EQ(test, mock_copies, 2U);
		KUNIT_EXPECT_EQ(test, mock->chain.readable_len, 3U);
		KUNIT_EXPECT_EQ(test, mock->chain.writable_len, 5U);
	}
}

static void peek_table_not_accessible(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, RING, IND, 0);

	guest->table->copy_in = mock_copy_fault;
	mock_ring_desc(mock, 0, TABLE, 16, I, 0);
	mock_ring_post(mock, 0);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), -EPROTO);
	KUNIT_EXPECT_STREQ(test, mock->ring.reason, err_tfault);
}

/* A table may be longer than a small ring, but not than KVDEV_CHAIN_MAX. */
static void peek_table_of_maximum(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 1, IND, 0);
	/* Exactly fills a region */
	struct vring_desc *table = mock_guest_host(guest, TOP);
	int i;

	for (i = 0; i < KVDEV_CHAIN_MAX; i++)
		mock_desc_set(&table[i], LOW, 1, N, i + 1);
	mock_desc_set(&table[KVDEV_CHAIN_MAX - 1], LOW, 1, W, 0);
	mock_ring_desc(mock, 0, TOP, KVDEV_CHAIN_MAX * 16, I, 0);
	mock_ring_post(mock, 0);

	KUNIT_ASSERT_EQ_MSG(test, kvdev_ring_peek(&mock->ring, guest->table,
						  &mock->chain),
			    1, "%s", mock->ring.reason);
	KUNIT_EXPECT_EQ(test, mock->chain.nr_readable, KVDEV_CHAIN_MAX - 1);
	KUNIT_EXPECT_EQ(test, mock->chain.nr_writable, 1);

	/* One more piece, by a border */
	mock_desc_set(&table[KVDEV_CHAIN_MAX - 1], NEXT - 1, 2, W, 0);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), -EPROTO);
	KUNIT_EXPECT_STREQ(test, mock->ring.reason, err_pieces);

	/* One more descriptor, by a loop to the start */
	mock_desc_set(&table[KVDEV_CHAIN_MAX - 1], LOW, 1, N, 0);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), -EPROTO);
	KUNIT_EXPECT_STREQ(test, mock->ring.reason, err_tloop);
}

static void peek_ring_of_maximum(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, KVDEV_CHAIN_MAX, IND, 0);
	int i;

	for (i = 0; i < KVDEV_CHAIN_MAX; i++)
		mock_ring_desc(mock, i, LOW, 1, N, i + 1);
	mock_ring_desc(mock, KVDEV_CHAIN_MAX - 1, LOW, 1, 0, 0);
	mock_ring_post(mock, 0);
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	KUNIT_EXPECT_EQ(test, mock->chain.nr_readable, KVDEV_CHAIN_MAX);

	/* A loop is called one, although it also has too many pieces */
	mock_ring_desc(mock, KVDEV_CHAIN_MAX - 1, LOW, 1, N, 0);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), -EPROTO);
	KUNIT_EXPECT_STREQ(test, mock->ring.reason, err_loop);
	mock_ring_desc(mock, KVDEV_CHAIN_MAX - 1, LOW, 1, 0, 0);

	/* A piece too many in the middle, all in two pieces, a table on top */
	mock_ring_desc(mock, 500, NEXT - 1, 2, N, 501);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), -EPROTO);
	KUNIT_EXPECT_STREQ(test, mock->ring.reason, err_pieces);

	for (i = 0; i < KVDEV_CHAIN_MAX; i++)
		mock_ring_desc(mock, i, NEXT - 1, 2, N, i + 1);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), -EPROTO);
	KUNIT_EXPECT_STREQ(test, mock->ring.reason, err_pieces);

	for (i = 0; i < KVDEV_CHAIN_MAX - 1; i++)
		mock_ring_desc(mock, i, LOW, 1, N, i + 1);
	mock_desc_set(mock_guest_host(guest, TABLE), LOW, 1, N, 1);
	mock_desc_set((struct vring_desc *)mock_guest_host(guest, TABLE) + 1,
		      LOW, 1, 0, 0);
	mock_ring_desc(mock, KVDEV_CHAIN_MAX - 1, TABLE, 32, I, 0);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), -EPROTO);
	KUNIT_EXPECT_STREQ(test, mock->ring.reason, err_pieces);
}

struct race {
	struct mock_guest *guest;
	struct mock_ring *mock;
};

/* The driver changes table and descriptor as soon as the table was read. */
static void change_all(void *ctx, void *src, size_t len)
{
	struct race *race = ctx;
	struct vring_desc *table = mock_guest_host(race->guest, TABLE);

	mock_desc_set(&table[0], HOLE, 0, I | N, 0xffff);
	mock_desc_set(&table[1], HOLE, U32_MAX, I | N, 0xffff);
	mock_ring_desc(race->mock, 0, HOLE, U32_MAX, N | W, 0);
}

static void peek_fetches_table_once(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, RING, IND, 0);
	struct vring_desc *table = mock_guest_host(guest, TABLE);
	struct race race = { guest, mock };

	mock_desc_set(&table[0], LOW, 16, N, 1);
	mock_desc_set(&table[1], LOW + 16, 512, W, 0);
	mock_ring_desc(mock, 0, TABLE, 32, I, 0);
	mock_ring_post(mock, 0);

	mock_copy_ctx = &race;
	mock_copy_hook = change_all;
	KUNIT_ASSERT_EQ_MSG(test, kvdev_ring_peek(&mock->ring, guest->table,
						  &mock->chain),
			    1, "%s", mock->ring.reason);
	mock_copy_hook = NULL;
	KUNIT_EXPECT_EQ(test, mock_copies, 1U);
	KUNIT_EXPECT_EQ(test, mock->chain.readable_len, 16U);
	KUNIT_EXPECT_EQ(test, mock->chain.writable_len, 512U);
	check_piece(test, &mock->chain.iov[1], guest->host[MOCK_LOW] + 16, 512);
}

/* What a chain was is not undone by a change of its descriptors. */
static void peek_result_is_a_copy(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, RING, 0, 0);

	mock_ring_desc(mock, 5, LOW, 16, W, 0);
	mock_ring_post(mock, 5);
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	mock_ring_desc(mock, 5, HOLE, U32_MAX, N | I, 0xffff);
	mock->avail->ring[0] = (__force __virtio16)cpu_to_le16(0xffff);
	KUNIT_EXPECT_EQ(test, mock->chain.id, 5);
	KUNIT_EXPECT_EQ(test, mock->chain.writable_len, 16U);
	check_piece(test, &mock->chain.iov[0], guest->host[MOCK_LOW], 16);
}

static void init_keeps_hint_and_arrays(struct kunit *test)
{
	struct iovec iov[1];
	struct kvdev_chain chain = {
		.id = 1, .nr_readable = 2, .nr_writable = 3,
		.readable_len = 4, .writable_len = 5, .iov = iov, .hint = 7,
	};

	kvdev_chain_init(&chain, 9);
	KUNIT_EXPECT_EQ(test, chain.id, 9);
	KUNIT_EXPECT_EQ(test, chain.nr_readable, 0);
	KUNIT_EXPECT_EQ(test, chain.nr_writable, 0);
	KUNIT_EXPECT_EQ(test, chain.readable_len, 0U);
	KUNIT_EXPECT_EQ(test, chain.writable_len, 0U);
	KUNIT_EXPECT_EQ(test, chain.hint, 7U);
	KUNIT_EXPECT_PTR_EQ(test, chain.iov, &iov[0]);
}

/* A descriptor that is refused leaves the chain as it was. */
static void add_refused_changes_nothing(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, RING, 0, 0);
	struct kvdev_chain *chain = &mock->chain;
	const struct kvdev_mem_table *mem = guest->table;

	kvdev_chain_init(chain, 0);
	KUNIT_EXPECT_NULL(test, kvdev_chain_add(chain, mem, LOW, 3, false));
	KUNIT_EXPECT_NULL(test, kvdev_chain_add(chain, mem, LOW, 5, true));
	KUNIT_EXPECT_STREQ(test, kvdev_chain_add(chain, mem, LOW, 0, true),
			   err_zero);
	KUNIT_EXPECT_STREQ(test, kvdev_chain_add(chain, mem, LOW, 1, false),
			   err_order);
	KUNIT_EXPECT_STREQ(test, kvdev_chain_add(chain, mem, HOLE - 1, 2, true),
			   err_memory);
	KUNIT_EXPECT_STREQ(test,
			   kvdev_chain_add(chain, mem, HUGE, U32_MAX - 7, true),
			   err_total);
	KUNIT_EXPECT_EQ(test, chain->nr_readable, 1);
	KUNIT_EXPECT_EQ(test, chain->nr_writable, 1);
	KUNIT_EXPECT_EQ(test, chain->readable_len, 3U);
	KUNIT_EXPECT_EQ(test, chain->writable_len, 5U);
	KUNIT_EXPECT_NULL(test, kvdev_chain_add(chain, mem, HUGE, U32_MAX - 8,
						true));
	KUNIT_EXPECT_EQ(test, chain->writable_len, U32_MAX - 3);
}

static struct kunit_case chain_kunit_cases[] = {
	KUNIT_CASE_PARAM(peek_chain, chain_gen_params),
	KUNIT_CASE(peek_translates_each_piece),
	KUNIT_CASE(peek_table_over_border),
	KUNIT_CASE(peek_table_not_accessible),
	KUNIT_CASE(peek_table_of_maximum),
	KUNIT_CASE(peek_ring_of_maximum),
	KUNIT_CASE(peek_fetches_table_once),
	KUNIT_CASE(peek_result_is_a_copy),
	KUNIT_CASE(init_keeps_hint_and_arrays),
	KUNIT_CASE(add_refused_changes_nothing),
	{ }
};

static struct kunit_suite chain_suite = {
	.name = "kvdev_chain",
	.test_cases = chain_kunit_cases,
};

kunit_test_suite(chain_suite);
