// SPDX-License-Identifier: GPL-2.0
/*
 * What only packed rings have: wrap counters, buffer ids, lists of neighbours,
 * event structures. What rings have in common is in ring_kunit.c.
 */
#include "kunit_ring.h"

#define HOLE		0x18000ULL
/* Where tables of the indirect cases are */
#define TABLE		(LOW + 0x2000)
#define N		VRING_DESC_F_NEXT
#define W		VRING_DESC_F_WRITE
#define I		VRING_DESC_F_INDIRECT
#define RING		8		/* entries, in the tables below */
#define WRAP		0x8000

/* Configuration */

static const char err_base[] = "ring base outside of the ring";
static const char err_order[] = "ring base with used after available";

#define BASE(n, avail, used) { \
	.num_max = 0xffff, .num = n, .has_base = true, .avail_base = avail, \
	.used_base = used }

static const struct check_case check_cases[] = {
	{ "no power of two", NULL, CFG(256, 3, 0x1000, 0x2000, 0x3000) },
	{ "largest", NULL, CFG(0xffff, 0x8000, 0, 0, 0) },
	{ "beyond the largest", err_size, CFG(0xffff, 0x8001, 0, 0, 0) },
	{ "one more than allowed", err_size,
	  CFG(256, 257, 0x1000, 0x2000, 0x3000) },
	{ "least alignment", NULL, CFG(4, 4, 0x10, 0x4, 0x4) },
	{ "driver area aligned as a split one", err_align,
	  CFG(4, 4, 0x1000, 0x2002, 0x3000) },
	{ "descriptors of one more wrap", err_wrap,
	  CFG(5, 5, 0ULL - 64, 0x2000, 0x3000) },
	{ "areas end the space", NULL,
	  CFG(4, 4, 0x1000, 0ULL - 4, 0ULL - 4) },

	{ "base of a new ring", NULL, BASE(5, WRAP, WRAP) },
	{ "base of a round ring", NULL, BASE(5, 0, 0) },
	{ "base at the end", NULL, BASE(5, 4, 4) },
	{ "base with all in flight", NULL, BASE(5, 0, WRAP) },
	{ "base with some in flight", NULL, BASE(5, WRAP | 1, 4) },
	{ "avail base beyond the ring", err_base, BASE(5, 5, 4) },
	{ "used base beyond the ring", err_base, BASE(5, 4, WRAP | 5) },
	{ "largest base", err_base, BASE(5, 0xffff, 0xffff) },
	{ "largest base of the largest ring", NULL,
	  BASE(0x8000, 0xffff, 0xffff) },
	{ "used after available", err_order, BASE(5, WRAP | 1, WRAP | 2) },
	{ "more than all in flight", err_order, BASE(5, 1, WRAP) },
};

KUNIT_ARRAY_PARAM(check, check_cases, check_case_desc);

static void check_validates(struct kunit *test)
{
	check_cfg(test, test->param_value, MOCK_PACKED);
}

/* Where a ring goes on, as a VMM says it */

static const struct {
	u16 avail, used;	/* what is said */
	u16 becomes;		/* the used half then */
} base_cases[] = {
	/* DPDK says nothing of what is used, whatever the place */
	{ WRAP, 0, WRAP },
	{ WRAP | 3, 0, WRAP | 3 },
	{ 3, 0, 3 },
	{ 4, 0, 4 },
	/* What was saved is what it becomes */
	{ WRAP, WRAP, WRAP },
	{ WRAP | 3, WRAP | 3, WRAP | 3 },
	{ 0, 0, 0 },
	{ 4, 4, 4 },
	{ 0, WRAP, WRAP },
	{ WRAP | 1, 4, 4 },
	/* Nonsense stays what it is */
	{ WRAP, WRAP | 2, WRAP | 2 },
	{ 0xffff, 0, 0xffff },
};

static void base_without_used_half(struct kunit *test)
{
	struct kvdev_ring_cfg cfg = { .num_max = 5, .num = 5 };
	u16 avail, used;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(base_cases); i++) {
		kvdev_ring_set_base(&cfg, MOCK_PACKED, base_cases[i].avail,
				    base_cases[i].used);
		kvdev_ring_base(&cfg, MOCK_PACKED, &avail, &used);
		KUNIT_EXPECT_EQ(test, avail, base_cases[i].avail);
		KUNIT_EXPECT_EQ(test, used, base_cases[i].becomes);
		/* A split ring has no such half. */
		kvdev_ring_set_base(&cfg, 0, base_cases[i].avail, 0);
		kvdev_ring_base(&cfg, 0, &avail, &used);
		KUNIT_EXPECT_EQ(test, avail, base_cases[i].avail);
		KUNIT_EXPECT_EQ(test, used, 0);
	}
}

/* Wherever a ring is stopped, what it says of that is where it goes on. */
static void base_round_trip(struct kunit *test)
{
	u16 avail, used, base;

	for (base = 0; base < 10; base++) {
		struct mock_ring *mock = kunit_mock_ring(test, 5, MOCK_PACKED,
							 base);
		struct kvdev_ring_cfg cfg = mock->cfg;

		kvdev_ring_save(&mock->ring, &cfg);
		kvdev_ring_set_base(&cfg, MOCK_PACKED, cfg.avail_base,
				    cfg.used_base);
		kvdev_ring_base(&cfg, MOCK_PACKED, &avail, &used);
		KUNIT_EXPECT_EQ(test, avail, mock_ring_base(mock, base));
		KUNIT_EXPECT_EQ(test, used, mock_ring_base(mock, base));
		KUNIT_EXPECT_NULL(test, kvdev_ring_check(&cfg, MOCK_PACKED));
	}
}

/* Lists */

struct desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 id;
	/* Not what is due: 1 not available, 2 as the last round left it used */
	u8 stale;
};

struct list_case {
	const char *name;
	const char *reason;	/* NULL: a good list */
	u64 features;
	u16 id;
	u16 nr_desc;
	u32 readable_len;
	u32 writable_len;
	struct desc ring[RING + 1];
	struct desc table[RING];	/* lies at TABLE */
};

static const char err_many[] = "more descriptors available than the ring holds";
static const char err_stale[] = "descriptor in a list is not available";
static const char err_list[] = "indirect table in a list of descriptors";

static const struct list_case list_cases[] = {
	{ "one", NULL, 0, 3, 1, 16, 0, { { LOW, 16, 0, 3 } } },
	{ "largest id", NULL, 0, RING - 1, 1, 16, 0,
	  { { LOW, 16, 0, RING - 1 } } },
	{ "id is that of the last", NULL, 0, 4, 3, 3, 4,
	  { { LOW, 1, N, 0xffff }, { LOW, 2, N, 77 }, { LOW, 4, W, 4 } } },
	{ "all of the ring", NULL, 0, 0, 8, 8, 0,
	  { { LOW, 1, N }, { LOW, 1, N }, { LOW, 1, N }, { LOW, 1, N },
	    { LOW, 1, N }, { LOW, 1, N }, { LOW, 1, N }, { LOW, 1, 0 } } },
	{ "unknown flags ignored", NULL, 0, 0, 1, 16, 0,
	  { { LOW, 16, 0x7f78 } } },
	{ "no end", err_stale, 0, .ring = {
	  { LOW, 1, N }, { LOW, 1, N }, { LOW, 1, N }, { LOW, 1, N },
	    { LOW, 1, N }, { LOW, 1, N }, { LOW, 1, N }, { LOW, 1, N } } },
	{ "second is not available", err_stale, 0, .ring = {
	  { LOW, 1, N }, { LOW, 1, 0, 0, 1 } } },
	{ "second is used", err_stale, 0, .ring = {
	  { LOW, 1, N }, { LOW, 1, 0, 0, 2 } } },
	{ "id beyond the ring", NULL, 0, RING, 1, 16, 0,
	  { { LOW, 16, 0, RING } } },
	{ "largest number as id", NULL, 0, 0xffff, 1, 16, 0,
	  { { LOW, 16, 0, 0xffff } } },
	{ "no length", "zero-length descriptor", 0, .ring = {
	  { LOW, 0, 0 } } },
	{ "in a hole", "descriptor outside of guest memory", 0, .ring = {
	  { HOLE, 16, 0 } } },
	{ "readable after writable",
	  "readable descriptor after a writable one", 0, .ring = {
	  { LOW, 16, N | W }, { LOW, 16, 0 } } },

	{ "table", NULL, INDIRECT, 5, 1, 3, 4, { { TABLE, 48, I, 5 } },
	  { { LOW, 1, 0 }, { LOW, 2, 0 }, { LOW, 4, W } } },
	{ "table, no links", NULL, INDIRECT, 5, 1, 3, 4,
	  { { TABLE, 48, I | W, 5 } },
	  { { LOW, 1, N, 0xffff }, { LOW, 2, 0, 77 }, { LOW, 4, W | N } } },
	{ "table not negotiated", "indirect table not negotiated", 0, .ring = {
	  { TABLE, 16, I } }, .table = { { LOW, 1, 0 } } },
	{ "table with next", err_list, INDIRECT, .ring = {
	  { TABLE, 16, I | N }, { LOW, 1, 0 } }, .table = { { LOW, 1, 0 } } },
	{ "table after descriptors", err_list, INDIRECT, .ring = {
	  { LOW, 1, N }, { TABLE, 16, I } }, .table = { { LOW, 1, 0 } } },
	/* virtio 1.3, 2.8.7: flags but WRITE are ignored, as are ids */
	{ "other flags in a table", NULL, INDIRECT, 5, 1, 17, 4,
	  { { TABLE, 48, I, 5 } },
	  { { LOW, 1, 0 }, { TABLE, 16, I, 5 }, { LOW, 4, 0xffff } } },
	{ "table of no length", "bad length of an indirect table", INDIRECT,
	  .ring = { { TABLE, 0, I } } },
	{ "table of half a descriptor", "bad length of an indirect table",
	  INDIRECT, .ring = { { TABLE, 24, I } } },
	{ "table too long", "indirect table too long", INDIRECT,
	  .ring = { { TABLE, 16 * (KVDEV_CHAIN_MAX + 1), I } } },
	{ "table in a hole", "indirect table outside of guest memory",
	  INDIRECT, .ring = { { HOLE, 16, I } } },
	{ "table with a bad descriptor", "descriptor outside of guest memory",
	  INDIRECT, .ring = { { TABLE, 32, I } },
	  .table = { { LOW, 1, 0 }, { HOLE, 1, 0 } } },
};

static void list_case_desc(const struct list_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(list, list_cases, list_case_desc);

static void write_list(const struct list_case *c, const struct mock_guest *guest,
		       struct mock_ring *mock)
{
	struct vring_packed_desc *table = mock_guest_host(guest, TABLE);
	u16 i, first = mock->avail_pos;

	for (i = 0; i < RING; i++) {
		const struct desc *d = &c->ring[i];
		struct vring_packed_desc *to = &mock->packed[(first + i) % RING];

		if (!d->addr)
			break;
		mock_packed_desc(mock, d->addr, d->len, d->flags, d->id);
		if (d->stale == 1)
			to->flags ^= cpu_to_le16(0x8080);
		if (d->stale == 2)
			to->flags ^= cpu_to_le16(0x8000);
	}
	for (i = 0; i < RING; i++) {
		table[i].addr = cpu_to_le64(c->table[i].addr);
		table[i].len = cpu_to_le32(c->table[i].len);
		table[i].flags = cpu_to_le16(c->table[i].flags);
		table[i].id = cpu_to_le16(c->table[i].id);
	}
}

/* At every place of the ring, so that lists lie over its end as well. */
static void peek_list(struct kunit *test)
{
	const struct list_case *c = test->param_value;
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock;
	u16 base, again;

	for (base = 0; base < 2 * RING; base++) {
		mock = kunit_mock_ring(test, RING, MOCK_PACKED | c->features,
				       base);
		write_list(c, guest, mock);
		/* Nothing is consumed, and a broken ring stays broken */
		for (again = 0; again < 2; again++) {
			int ret = kvdev_ring_peek(&mock->ring, guest->table,
						  &mock->chain);

			KUNIT_ASSERT_EQ(test, ret, c->reason ? -EPROTO : 1);
			KUNIT_EXPECT_EQ(test, mock_ring_avail_base(mock),
					mock_ring_base(mock, base));
			if (c->reason) {
				KUNIT_EXPECT_STREQ(test, mock->ring.reason,
						   c->reason);
				continue;
			}
			KUNIT_EXPECT_EQ(test, mock->chain.buffer_id, c->id);
			KUNIT_EXPECT_TRUE(test, mock->chain.id < RING);
			KUNIT_EXPECT_EQ(test, mock->chain.nr_desc, c->nr_desc);
			KUNIT_EXPECT_EQ(test, mock->chain.readable_len,
					c->readable_len);
			KUNIT_EXPECT_EQ(test, mock->chain.writable_len,
					c->writable_len);
		}
		if (c->reason)
			continue;
		kvdev_ring_pop(&mock->ring, &mock->chain);
		KUNIT_EXPECT_EQ(test, mock_ring_avail_base(mock),
				mock_ring_base(mock, base + c->nr_desc));
		KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
						      &mock->chain), 0);
	}
}

/* Flags of descriptors that are not available, in both rounds */
static void peek_other_flags(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	u16 base, flags;

	for (base = 0; base < 6; base++) {
		struct mock_ring *mock = kunit_mock_ring(test, 3, MOCK_PACKED,
							 base);
		struct vring_packed_desc *d = &mock->packed[base % 3];
		u16 due = base < 3 ? 0x80 : 0x8000;

		mock_packed_desc(mock, LOW, 1, 0, 0);
		for (flags = 0; flags < 4; flags++) {
			u16 f = (flags & 1 ? 0x80 : 0) |
				(flags & 2 ? 0x8000 : 0);

			d->flags = cpu_to_le16(f);
			KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring,
							      guest->table,
							      &mock->chain),
					f == due);
			KUNIT_EXPECT_EQ(test,
					kvdev_ring_enable_kick(&mock->ring),
					f == due);
		}
	}
}

/* Buffer ids */

static void id_in_flight_twice(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, MOCK_PACKED, 0);

	mock_packed_desc(mock, LOW, 1, 0, 2);
	mock_packed_desc(mock, LOW, 1, 0, 2);
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	kvdev_ring_pop(&mock->ring, &mock->chain);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), -EPROTO);
	KUNIT_EXPECT_STREQ(test, mock->ring.reason, "buffer id that is in use");

	/* Given back to the ring, or used: not in flight any more */
	kvdev_ring_unpop(&mock->ring, 2);
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	kvdev_ring_pop(&mock->ring, &mock->chain);
	kvdev_ring_push(&mock->ring, 2, 0);
	kvdev_ring_publish(&mock->ring);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
}

/*
 * virtio 1.3, 2.8: a buffer id is any number, and comes back as it was. Small
 * ones are in flight when the first large one comes.
 */
static void any_id(struct kunit *test)
{
	static const u16 ids[] = { 1, 3, 0xffff, 4, 0, 0x8001, 5, 2, 0x1000 };
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, MOCK_PACKED, 3);
	u16 slots[ARRAY_SIZE(ids)];
	unsigned int i, done = 0;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		mock_packed_desc(mock, LOW, 1, 0, ids[i]);
		KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
						      &mock->chain), 1);
		KUNIT_EXPECT_EQ(test, mock->chain.buffer_id, ids[i]);
		KUNIT_ASSERT_TRUE(test, mock->chain.id < 4);
		slots[i] = mock->chain.id;
		kvdev_ring_pop(&mock->ring, &mock->chain);
		if (i < 3)
			continue;
		/* All four are in flight: none of their names is free. */
		KUNIT_EXPECT_NE(test, slots[i], slots[i - 1]);
		KUNIT_EXPECT_NE(test, slots[i], slots[i - 2]);
		KUNIT_EXPECT_NE(test, slots[i], slots[i - 3]);
		kvdev_ring_push(&mock->ring, slots[done], 0);
		kvdev_ring_publish(&mock->ring);
		KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 3 + done + 1);
		KUNIT_EXPECT_EQ(test, mock_ring_used_id(mock, 3 + done),
				(u32)ids[done]);
		done++;
	}
	/* One that is in flight is recognised, whatever the numbers. */
	mock_packed_desc(mock, LOW, 1, 0, ids[done]);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), -EPROTO);
	KUNIT_EXPECT_STREQ(test, mock->ring.reason, "buffer id that is in use");
}

/* Descriptors of chains in flight cannot come again as new ones. */
static void ring_in_flight_is_full(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, MOCK_PACKED, 3);
	int i;

	mock_packed_desc(mock, LOW, 1, N, 0);
	mock_packed_desc(mock, LOW, 1, N, 0);
	mock_packed_desc(mock, LOW, 1, 0, 0);
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	kvdev_ring_pop(&mock->ring, &mock->chain);
	mock_packed_desc(mock, LOW, 1, 0, 1);
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	kvdev_ring_pop(&mock->ring, &mock->chain);
	/* All four are ours; a fifth is one too many, as long as we like */
	mock_packed_desc(mock, LOW, 1, 0, 2);
	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
						      &mock->chain), -EPROTO);
		KUNIT_EXPECT_STREQ(test, mock->ring.reason, err_many);
	}
	/* What is used takes its place */
	kvdev_ring_push(&mock->ring, 1, 0);
	kvdev_ring_publish(&mock->ring);
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 4);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 0);
}

/*
 * Chains of different length, used in another order than taken, round and
 * round a ring of an odd size. What the driver finds is what was given back.
 */
static void out_of_order(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 7, MOCK_PACKED |
						 EVENT_IDX, 0);
	static const u16 order[] = { 2, 0, 1 };
	u16 round, i, k;

	/* Heads 0, 2, 5 of 1, 2, 3 descriptors */
	mock_ring_desc(mock, 0, LOW, 10, 0, 0);
	mock_ring_desc(mock, 2, LOW, 10, N, 1);
	mock_ring_desc(mock, 1, LOW, 10, W, 0);
	mock_ring_desc(mock, 5, LOW, 10, N, 6);
	mock_ring_desc(mock, 6, LOW, 10, N, 3);
	mock_ring_desc(mock, 3, LOW, 10, 0, 0);

	for (round = 0; round < 50; round++) {
		static const u16 heads[] = { 0, 2, 5 };

		for (i = 0; i < 3; i++) {
			mock_ring_post(mock, heads[i]);
			KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring,
							      guest->table,
							      &mock->chain), 1);
			KUNIT_ASSERT_EQ(test, mock->chain.id, heads[i]);
			KUNIT_ASSERT_EQ(test, mock->chain.nr_desc, i + 1);
			kvdev_ring_pop(&mock->ring, &mock->chain);
		}
		KUNIT_ASSERT_FALSE(test, kvdev_ring_enable_kick(&mock->ring));
		KUNIT_ASSERT_TRUE(test, mock_ring_kick_at(mock,
							  6 * (round + 1)));
		for (i = 0; i < 3; i++)
			kvdev_ring_push(&mock->ring, heads[order[i]],
					100 * round + i);
		KUNIT_ASSERT_EQ(test, mock_ring_used_idx(mock), 3 * round);
		kvdev_ring_publish(&mock->ring);
		KUNIT_ASSERT_EQ(test, mock_ring_used_idx(mock), 3 * round + 3);
		for (i = 0; i < 3; i++) {
			k = 3 * round + i;
			KUNIT_ASSERT_EQ(test, mock_ring_used_id(mock, k),
					(u32)heads[order[i]]);
			KUNIT_ASSERT_EQ(test, mock_ring_used_len(mock, k),
					100U * round + i);
		}
		KUNIT_ASSERT_EQ(test, mock_ring_avail_base(mock),
				mock_ring_base(mock, 6 * (round + 1)));
		if (round % 8 == 7)
			mock_ring_restart(mock);
	}
}

/* virtio 1.3, 2.8.3: the flag says whether anything was written */
static void used_write_flag(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 4, MOCK_PACKED, 0);

	mock_ring_give(mock, 0, 0);
	mock_ring_give(mock, 1, 5);
	kvdev_ring_publish(&mock->ring);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(mock->packed[0].flags), 0x8080);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(mock->packed[1].flags), 0x8082);
}

/* Events */

struct event_case {
	u16 num;
	u16 old;		/* entries used before */
	u16 count;		/* entries published at once */
	u16 off_wrap;
	bool signal;
};

static const struct event_case event_cases[] = {
	{ 5, 1, 1, WRAP | 0, false },
	{ 5, 1, 1, WRAP | 1, true },
	{ 5, 1, 1, WRAP | 2, false },
	{ 5, 1, 1, 1, false },
	{ 5, 1, 3, WRAP | 3, true },
	{ 5, 1, 3, WRAP | 4, false },
	{ 5, 3, 4, WRAP | 2, false },
	{ 5, 3, 4, WRAP | 3, true },
	{ 5, 3, 4, WRAP | 4, true },
	{ 5, 3, 4, 0, true },
	{ 5, 3, 4, 1, true },
	{ 5, 3, 4, 2, false },
	{ 5, 3, 4, WRAP | 0, false },
	{ 5, 8, 4, WRAP | 1, true },
	{ 5, 8, 4, 1, false },
	{ 5, 3, 5, WRAP | 2, false },
	{ 5, 3, 5, 2, true },
	/* Nowhere in the ring */
	{ 5, 3, 5, 5, false },
	{ 5, 3, 5, WRAP | 5, false },
	{ 5, 3, 5, 0x7fff, false },
	{ 5, 3, 5, 0xffff, false },
	{ 1, 1, 1, 0, true },
	{ 1, 1, 1, WRAP, false },
	{ 1, 2, 1, WRAP, true },
	{ 1024, 1000, 1000, WRAP | 999, false },
	{ 1024, 1000, 1000, WRAP | 1023, true },
	{ 1024, 1000, 1000, 975, true },
	{ 1024, 1000, 1000, 976, false },
};

static void event_case_desc(const struct event_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u: %u + %u, event 0x%x", c->num,
		 c->old, c->count, c->off_wrap);
}

KUNIT_ARRAY_PARAM(event, event_cases, event_case_desc);

static void publish_event(struct kunit *test)
{
	const struct event_case *c = test->param_value;
	u64 event_idx;

	for (event_idx = 0; event_idx <= 1; event_idx++) {
		struct mock_ring *mock =
			kunit_mock_ring(test, c->num, MOCK_PACKED |
					(event_idx ? EVENT_IDX : 0),
					c->old - 1);
		int i;

		/* The first of a ring that goes on signals in any case */
		mock_ring_no_interrupt(mock, true);
		mock_ring_give(mock, 0, 0);
		KUNIT_EXPECT_EQ(test, kvdev_ring_publish(&mock->ring),
				c->old != 1);
		KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), c->old);

		mock_packed_event(mock, c->off_wrap,
				  VRING_PACKED_EVENT_FLAG_DESC);
		for (i = 0; i < c->count; i++)
			mock_ring_give(mock, i, 0);
		/* Not negotiated: it has no meaning, so rather signal */
		KUNIT_EXPECT_EQ(test, kvdev_ring_publish(&mock->ring),
				event_idx ? c->signal : true);
		KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock),
				c->old + c->count);
	}
}

/* The same one after the other: asked once. */
static void show_event(struct kunit *test)
{
	const struct event_case *c = test->param_value;
	struct mock_ring *mock = kunit_mock_ring(test, c->num,
						 MOCK_PACKED | EVENT_IDX,
						 c->old - 1);
	int i;

	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
	mock_packed_event(mock, c->off_wrap, VRING_PACKED_EVENT_FLAG_DESC);
	for (i = 0; i < c->count; i++) {
		mock_ring_give(mock, i, 0);
		KUNIT_EXPECT_EQ(test, kvdev_ring_show(&mock->ring), 1 + i);
	}
	KUNIT_EXPECT_EQ(test, kvdev_ring_wants_signal(&mock->ring), c->signal);
	/* Nothing since */
	KUNIT_EXPECT_FALSE(test, kvdev_ring_wants_signal(&mock->ring));
}

/* Flags are two bits; the place does not matter without DESC. */
static void publish_flags(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 4, MOCK_PACKED |
						 EVENT_IDX, 0);
	static const struct {
		u16 flags;
		bool signal;
	} cases[] = {
		{ 0, true }, { 1, false }, { 3, true }, { 0xfffc, true },
		{ 0xfffd, false }, { 0xfffe, false }, { 2, false },
	};
	int i;

	mock_ring_give(mock, 0, 0);
	kvdev_ring_publish(&mock->ring);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		mock_packed_event(mock, 0x7fff, cases[i].flags);
		mock_ring_give(mock, 0, 0);
		KUNIT_EXPECT_EQ(test, kvdev_ring_publish(&mock->ring),
				cases[i].signal);
	}
}

static void kick_events(struct kunit *test)
{
	const u64 features[] = { MOCK_PACKED, MOCK_PACKED | EVENT_IDX };
	int i;

	for (i = 0; i < 2; i++) {
		struct mock_ring *mock = kunit_mock_ring(test, 3, features[i],
							 5);
		const struct vring_packed_desc_event *e = mock->areas.device;

		/* Also what somebody left there is overwritten */
		memset(mock->areas.device, 0xff, 4);
		kvdev_ring_disable_kick(&mock->ring);
		KUNIT_EXPECT_TRUE(test, mock_ring_kick_off(mock));
		KUNIT_EXPECT_FALSE(test, kvdev_ring_enable_kick(&mock->ring));
		KUNIT_EXPECT_EQ(test, le16_to_cpu(e->flags), i ? 2 : 0);
		KUNIT_EXPECT_EQ(test, le16_to_cpu(e->off_wrap), i ? 2 : 0);
		kvdev_ring_disable_kick(&mock->ring);
		KUNIT_EXPECT_TRUE(test, mock_ring_kick_off(mock));
	}
}

static struct kunit_case packed_cases[] = {
	KUNIT_CASE_PARAM(check_validates, check_gen_params),
	KUNIT_CASE(base_without_used_half),
	KUNIT_CASE(base_round_trip),
	KUNIT_CASE_PARAM(peek_list, list_gen_params),
	KUNIT_CASE(peek_other_flags),
	KUNIT_CASE(id_in_flight_twice),
	KUNIT_CASE(any_id),
	KUNIT_CASE(ring_in_flight_is_full),
	KUNIT_CASE(out_of_order),
	KUNIT_CASE(used_write_flag),
	KUNIT_CASE_PARAM(publish_event, event_gen_params),
	KUNIT_CASE_PARAM(show_event, event_gen_params),
	KUNIT_CASE(publish_flags),
	KUNIT_CASE(kick_events),
	{ }
};

static struct kunit_suite packed_suite = {
	.name = "kvdev_packed",
	.test_cases = packed_cases,
};

kunit_test_suite(packed_suite);
