// SPDX-License-Identifier: GPL-2.0
/*
 * The ring itself: configuration, indices, used entries, who is told what.
 */
#include "kunit_ring.h"

/* Configuration */

static const struct check_case both_cases[] = {
	{ "usual", NULL, CFG(256, 256, 0x1000, 0x2000, 0x3000) },
	{ "one entry", NULL, CFG(1, 1, 0x1000, 0x2000, 0x3000) },
	{ "smaller than allowed", NULL, CFG(256, 4, 0x1000, 0x2000, 0x3000) },
	{ "at address 0", NULL, CFG(4, 4, 0, 0, 0) },
	{ "size 0", err_size, CFG(256, 0, 0x1000, 0x2000, 0x3000) },
	{ "size 0xffff", err_size, CFG(0xffff, 0xffff, 0, 0, 0) },
	{ "larger than allowed", err_size,
	  CFG(256, 512, 0x1000, 0x2000, 0x3000) },
	{ "descriptors misaligned", err_align,
	  CFG(4, 4, 0x1008, 0x2000, 0x3000) },
	{ "driver area misaligned", err_align,
	  CFG(4, 4, 0x1000, 0x2001, 0x3000) },
	{ "device area misaligned", err_align,
	  CFG(4, 4, 0x1000, 0x2000, 0x3002) },
	{ "descriptors end the space", NULL,
	  CFG(4, 4, 0ULL - 64, 0x2000, 0x3000) },
	{ "descriptors wrap", err_wrap,
	  CFG(4, 4, 0ULL - 48, 0x2000, 0x3000) },
};

KUNIT_ARRAY_PARAM(both, both_cases, check_case_desc);

static void check_of_both_formats(struct kunit *test)
{
	check_cfg(test, test->param_value, EVENT_IDX | INDIRECT);
	check_cfg(test, test->param_value, MOCK_PACKED);
}

static const struct check_case check_cases[] = {
	{ "largest", NULL, CFG(1024, 1024, 0x10000, 0x20000, 0x30000) },
	{ "least alignment", NULL, CFG(4, 4, 0x10, 0x2, 0x4) },
	{ "size 3", err_size, CFG(256, 3, 0x1000, 0x2000, 0x3000) },
	{ "driver area ends the space", NULL,
	  CFG(4, 4, 0x1000, 0ULL - 14, 0x3000) },
	{ "driver area wraps", err_wrap,
	  CFG(4, 4, 0x1000, 0ULL - 12, 0x3000) },
	{ "device area ends the space", NULL,
	  CFG(4, 4, 0x1000, 0x2000, 0ULL - 40) },
	{ "device area wraps", err_wrap,
	  CFG(4, 4, 0x1000, 0x2000, 0ULL - 36) },
};

KUNIT_ARRAY_PARAM(check, check_cases, check_case_desc);

static void check_validates(struct kunit *test)
{
	check_cfg(test, test->param_value, EVENT_IDX | INDIRECT);
}

/* Most cases are run on both formats. */

struct format {
	const char *name;
	u64 features;
};

static const struct format formats[] = {
	{ "split", 0 },
	{ "packed", MOCK_PACKED },
};

static void format_desc(const struct format *f, char *desc)
{
	strscpy(desc, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(format, formats, format_desc);

static u64 format_of(struct kunit *test)
{
	const struct format *f = test->param_value;

	return f->features;
}

/* virtio 1.3, 2.7: 16 n, 6 + 2 n, 6 + 8 n; 2.8.10.1: 16 n, 4, 4 */
static void area_sizes_as_specified(struct kunit *test)
{
	u32 num;

	for (num = 1; num <= 1024; num *= 2) {
		size_t desc, driver, device;

		kvdev_ring_area_sizes(num, 0, &desc, &driver, &device);
		KUNIT_EXPECT_EQ(test, desc, (size_t)16 * num);
		KUNIT_EXPECT_EQ(test, driver, (size_t)6 + 2 * num);
		KUNIT_EXPECT_EQ(test, device, (size_t)6 + 8 * num);

		kvdev_ring_area_sizes(num, MOCK_PACKED, &desc, &driver,
				      &device);
		KUNIT_EXPECT_EQ(test, desc, (size_t)16 * num);
		KUNIT_EXPECT_EQ(test, driver, (size_t)4);
		KUNIT_EXPECT_EQ(test, device, (size_t)4);
	}
}

static void activate_starts_at_base(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, format_of(test), 0xfffe);

	KUNIT_EXPECT_EQ(test, mock_ring_avail_base(mock),
			mock_ring_base(mock, 0xfffe));
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 0);
	mock_ring_desc(mock, 3, LOW, 8, 0, 0);
	mock_ring_post(mock, 3);
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	KUNIT_EXPECT_EQ(test, mock->chain.id, 3);
	kvdev_ring_pop(&mock->ring, &mock->chain);
	KUNIT_EXPECT_EQ(test, mock_ring_avail_base(mock),
			mock_ring_base(mock, 0xffff));
	kvdev_ring_push(&mock->ring, 3, 0);
	kvdev_ring_publish(&mock->ring);
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 0xffff);
	KUNIT_EXPECT_EQ(test, mock_ring_used_id(mock, 0xfffe), 3U);
}

/* Buffers that were available before activation are found without a kick. */
static void activate_sees_earlier_buffers(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, format_of(test), 0);

	mock_ring_desc(mock, 0, LOW, 8, 0, 0);
	mock_ring_post(mock, 0);
	mock_ring_restart(mock);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_enable_kick(&mock->ring));
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
}

/* Available side */

/* A driver and a device that run through the indices more than once. */
static void run_round(struct kunit *test, u16 num, u64 features)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, num, features, 0);
	u32 done = 0, burst, i;

	for (i = 0; i < num; i++)
		mock_ring_desc(mock, i, LOW + i, i + 1, 0, 0);

	while (done < 65536 + 2 * num) {
		burst = done % num + 1;
		for (i = 0; i < burst; i++)
			mock_ring_post(mock, (done + i) % num);
		for (i = 0; i < burst; i++, done++) {
			KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring,
							      guest->table,
							      &mock->chain), 1);
			KUNIT_ASSERT_EQ(test, mock->chain.id, done % num);
			kvdev_ring_pop(&mock->ring, &mock->chain);
			kvdev_ring_push(&mock->ring, mock->chain.id, done);
		}
		KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
						      &mock->chain), 0);
		kvdev_ring_publish(&mock->ring);
		KUNIT_ASSERT_EQ(test, mock_ring_used_idx(mock), (u16)done);
		KUNIT_ASSERT_EQ(test, mock_ring_used_len(mock, done - 1),
				done - 1);
		KUNIT_ASSERT_EQ(test, mock_ring_used_id(mock, done - 1),
				(done - 1) % num);
		KUNIT_ASSERT_FALSE(test, kvdev_ring_enable_kick(&mock->ring));
		if (features & EVENT_IDX)
			KUNIT_ASSERT_TRUE(test, mock_ring_kick_at(mock, done));
	}
}

static void indices_wrap_ring_of_1(struct kunit *test)
{
	run_round(test, 1, format_of(test) | EVENT_IDX);
}

static void indices_wrap_ring_of_256(struct kunit *test)
{
	run_round(test, 256, format_of(test));
}

static void indices_wrap_ring_of_1024(struct kunit *test)
{
	run_round(test, 1024, format_of(test) | EVENT_IDX);
}

static void peek_empty_ring(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, format_of(test), 0);

	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 0);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_enable_kick(&mock->ring));
}

static void peek_in_order_of_posting(struct kunit *test)
{
	static const u16 heads[] = { 2, 0, 3, 1 };
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, format_of(test), 0);
	int i;

	for (i = 0; i < 4; i++)
		mock_ring_desc(mock, i, LOW, i + 1, 0, 0);
	for (i = 0; i < 4; i++)
		mock_ring_post(mock, heads[i]);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
						      &mock->chain), 1);
		KUNIT_EXPECT_EQ(test, mock->chain.id, heads[i]);
		KUNIT_EXPECT_EQ(test, mock->chain.readable_len, heads[i] + 1U);
		kvdev_ring_pop(&mock->ring, &mock->chain);
	}
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 0);
}

struct jump_case {
	const char *name;
	u16 num;
	u16 base;
	u16 jump;
	int ret;
};

static const struct jump_case jump_cases[] = {
	{ "nothing", 4, 0, 0, 0 },
	{ "full ring", 4, 0, 4, 1 },
	{ "one too many", 4, 0, 5, -EPROTO },
	{ "one back", 4, 0, 0xffff, -EPROTO },
	{ "one back from 1", 4, 1, 0xffff, -EPROTO },
	{ "half the indices", 4, 0, 0x8000, -EPROTO },
	{ "full ring of 1", 1, 0, 1, 1 },
	{ "two in a ring of 1", 1, 0, 2, -EPROTO },
	{ "full ring over the wrap", 4, 0xfffe, 4, 1 },
	{ "too many over the wrap", 4, 0xfffe, 5, -EPROTO },
	{ "full ring of 1024", 1024, 0xff00, 1024, 1 },
	{ "too many for 1024", 1024, 0xff00, 1025, -EPROTO },
};

static void jump_case_desc(const struct jump_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(jump, jump_cases, jump_case_desc);

static void peek_avail_idx_jumps(struct kunit *test)
{
	const struct jump_case *c = test->param_value;
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, c->num, 0, c->base);
	u32 again, i;

	for (i = 0; i < c->num; i++)
		mock_ring_desc(mock, i, LOW, 1, 0, 0);
	mock_ring_set_avail_idx(mock, c->base + c->jump);
	/* A broken ring stays broken, at the same place */
	for (again = 0; again < 2; again++) {
		KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
						      &mock->chain), c->ret);
		if (c->ret < 0)
			KUNIT_EXPECT_STREQ(test, mock->ring.reason,
					   "more buffers available than the ring holds");
		KUNIT_EXPECT_EQ(test, mock_ring_avail_base(mock),
				c->base);
	}
	if (c->ret <= 0)
		return;
	for (i = 0; i < c->jump; i++) {
		KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
						      &mock->chain), 1);
		kvdev_ring_pop(&mock->ring, &mock->chain);
	}
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 0);
}

/*
 * A driver that takes back what it made available: chains that were seen are
 * served, and then the ring counts as broken; there is no other harm.
 */
static void peek_avail_idx_goes_back(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, 0, 0);
	int i, ret = 1;

	mock_ring_desc(mock, 0, LOW, 1, 0, 0);
	for (i = 0; i < 3; i++)
		mock_ring_post(mock, 0);
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	mock_ring_set_avail_idx(mock, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_enable_kick(&mock->ring));
	for (i = 0; i < 4 && ret == 1; i++) {
		ret = kvdev_ring_peek(&mock->ring, guest->table, &mock->chain);
		if (ret == 1)
			kvdev_ring_pop(&mock->ring, &mock->chain);
	}
	KUNIT_EXPECT_EQ(test, ret, -EPROTO);
	KUNIT_EXPECT_LE(test, i, 4);
}

static void take(struct kunit *test, struct mock_guest *guest,
		 struct mock_ring *mock, u16 id, u32 len)
{
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	KUNIT_EXPECT_EQ(test, mock->chain.id, id);
	KUNIT_EXPECT_EQ(test, mock->chain.readable_len, len);
	kvdev_ring_pop(&mock->ring, &mock->chain);
}

/*
 * Chains given back are found again, in the same order, and the place to go on
 * is that of the first.
 */
static void unpop_gives_back(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, format_of(test) |
						 EVENT_IDX, 0xfffe);
	int i, round, keep;

	for (i = 0; i < 4; i++) {
		mock_ring_desc(mock, i, LOW, i + 1, 0, 0);
		mock_ring_post(mock, i);
	}
	/* One is kept in each round: what is given back moves over the wrap. */
	for (keep = 0; keep < 4; keep++) {
		for (round = 0; round < 2; round++) {
			for (i = keep; i < 4; i++)
				take(test, guest, mock, i, i + 1);
			KUNIT_EXPECT_FALSE(test,
					   kvdev_ring_enable_kick(&mock->ring));
			KUNIT_EXPECT_TRUE(test, mock_ring_kick_at(mock, 2));
			while (--i >= keep)
				kvdev_ring_unpop(&mock->ring, i);
			KUNIT_EXPECT_EQ(test, mock_ring_avail_base(mock),
					mock_ring_base(mock, 0xfffe + keep));
		}
		take(test, guest, mock, keep, keep + 1);
		kvdev_ring_push(&mock->ring, keep, keep);
		kvdev_ring_publish(&mock->ring);
		KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock),
				(u16)(0xfffe + keep + 1));
		KUNIT_EXPECT_EQ(test, mock_ring_used_id(mock, 0xfffe + keep),
				(u32)keep);
	}
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 0);
}

/* Used side */

static void push_is_not_seen_before_publish(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 4, format_of(test), 0);

	mock_ring_give(mock, 2, 0x1234);
	mock_ring_give(mock, 1, U32_MAX);
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 0);
	kvdev_ring_publish(&mock->ring);
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 2);
	KUNIT_EXPECT_EQ(test, mock_ring_used_id(mock, 0), 2U);
	KUNIT_EXPECT_EQ(test, mock_ring_used_len(mock, 0), 0x1234U);
	KUNIT_EXPECT_EQ(test, mock_ring_used_id(mock, 1), 1U);
	KUNIT_EXPECT_EQ(test, mock_ring_used_len(mock, 1), U32_MAX);
}

static void publish_batch_signals_once(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 8, format_of(test), 0);
	int i;

	for (i = 0; i < 5; i++)
		mock_ring_give(mock, i, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
	KUNIT_EXPECT_FALSE(test, kvdev_ring_publish(&mock->ring));
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 5);
}

static void publish_nothing_is_silent(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 8, format_of(test), 1);

	KUNIT_EXPECT_FALSE(test, kvdev_ring_publish(&mock->ring));
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 1);
	/* and does not use up the first signal */
	mock_ring_no_interrupt(mock, true);
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
}

/* A ring that goes on: what the driver saw of it is not known. */
static void publish_first_always_signals(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 8, format_of(test) | EVENT_IDX, 100);

	mock_ring_set_used_event(mock, 99);
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_publish(&mock->ring));
}

/* Of a new ring it is. */
static void publish_obeys_no_interrupt(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 8, format_of(test), 0);

	mock_ring_no_interrupt(mock, true);
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_publish(&mock->ring));
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_publish(&mock->ring));
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 2);

	mock_ring_no_interrupt(mock, false);
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
}

static void publish_of_a_new_ring_obeys_event(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 8, format_of(test) | EVENT_IDX, 0);

	mock_ring_set_used_event(mock, 2);
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_publish(&mock->ring));
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_publish(&mock->ring));
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
}

/* Other bits mean nothing, nor does used_event */
static void publish_ignores_other_flags(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 8, 0, 0);

	kvdev_ring_push(&mock->ring, 0, 0);
	kvdev_ring_publish(&mock->ring);
	mock_ring_set_avail_flags(mock, 0xfffe);
	mock_ring_set_used_event(mock, 0x4000);
	kvdev_ring_push(&mock->ring, 0, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
}

/* virtio 1.3, 2.7.7.2: with EVENT_IDX the flag is ignored */
static void publish_event_idx_ignores_flag(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 8, EVENT_IDX, 0);

	kvdev_ring_push(&mock->ring, 0, 0);
	kvdev_ring_publish(&mock->ring);
	mock_ring_set_avail_flags(mock, VRING_AVAIL_F_NO_INTERRUPT);
	mock_ring_set_used_event(mock, 1);
	kvdev_ring_push(&mock->ring, 0, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
}

struct event_case {
	u16 old;		/* used index the driver saw before */
	u16 count;		/* entries published at once */
	u16 event;		/* used_event: interrupt when passing it */
	bool signal;
};

static const struct event_case event_cases[] = {
	{ 0, 1, 0, true },
	{ 0, 1, 1, false },
	{ 0, 1, 0xffff, false },
	{ 0, 1, 0x8000, false },
	{ 1, 1, 0, false },
	{ 1, 1, 1, true },
	{ 5, 4, 4, false },
	{ 5, 4, 5, true },
	{ 5, 4, 6, true },
	{ 5, 4, 8, true },
	{ 5, 4, 9, false },
	{ 5, 4, 10, false },
	{ 0xffff, 1, 0xfffe, false },
	{ 0xffff, 1, 0xffff, true },
	{ 0xffff, 1, 0, false },
	{ 0xfffe, 4, 0xfffd, false },
	{ 0xfffe, 4, 0xfffe, true },
	{ 0xfffe, 4, 0xffff, true },
	{ 0xfffe, 4, 0, true },
	{ 0xfffe, 4, 1, true },
	{ 0xfffe, 4, 2, false },
	{ 0xfffe, 4, 0x7fff, false },
	{ 0x7ffe, 4, 0x7fff, true },
	{ 0x7ffe, 4, 0x8001, true },
	{ 0x7ffe, 4, 0x8002, false },
	{ 0xfc01, 1024, 0xfc00, false },
	{ 0xfc01, 1024, 0xfc01, true },
	{ 0xfc01, 1024, 0, true },
	{ 0xfc01, 1024, 1, false },
	{ 0, 1024, 1023, true },
	{ 0, 1024, 1024, false },
};

static void event_case_desc(const struct event_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "0x%x + %u, event 0x%x", c->old,
		 c->count, c->event);
}

KUNIT_ARRAY_PARAM(event, event_cases, event_case_desc);

/* A ring whose driver has seen what is before the case's old index */
static struct mock_ring *event_case_ring(struct kunit *test,
					 const struct event_case *c)
{
	struct mock_ring *mock = kunit_mock_ring(test, 1024, EVENT_IDX,
						 c->old - 1);

	/* The first of a ring that goes on signals whatever the driver says */
	kvdev_ring_push(&mock->ring, 0, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), c->old);
	mock_ring_set_used_event(mock, c->event);
	return mock;
}

static void publish_event_idx(struct kunit *test)
{
	const struct event_case *c = test->param_value;
	struct mock_ring *mock = event_case_ring(test, c);
	int i;

	for (i = 0; i < c->count; i++)
		kvdev_ring_push(&mock->ring, 0, 0);
	KUNIT_EXPECT_EQ(test, kvdev_ring_publish(&mock->ring), c->signal);
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock),
			(u16)(c->old + c->count));
}

/* What is shown is seen at once; the driver is asked once for all of it, later. */
static void show_and_ask_later(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 8, format_of(test), 0);
	int i;

	KUNIT_EXPECT_EQ(test, kvdev_ring_show(&mock->ring), 0);
	mock_ring_give(mock, 0, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_publish(&mock->ring));
	for (i = 1; i <= 3; i++) {
		mock_ring_give(mock, i, 0);
		KUNIT_EXPECT_EQ(test, kvdev_ring_show(&mock->ring), i);
		KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 1 + i);
	}
	KUNIT_EXPECT_EQ(test, kvdev_ring_show(&mock->ring), 0);
	/* One that is pushed and not shown is not meant. */
	mock_ring_give(mock, 4, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_wants_signal(&mock->ring));
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 4);
	KUNIT_EXPECT_EQ(test, kvdev_ring_show(&mock->ring), 1);

	/* What the driver says then counts. */
	mock_ring_no_interrupt(mock, true);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_wants_signal(&mock->ring));
}

static void show_first_always_signals(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 8, format_of(test), 5);

	mock_ring_no_interrupt(mock, true);
	mock_ring_give(mock, 0, 0);
	kvdev_ring_show(&mock->ring);
	mock_ring_give(mock, 1, 0);
	kvdev_ring_show(&mock->ring);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_wants_signal(&mock->ring));
	mock_ring_give(mock, 2, 0);
	kvdev_ring_show(&mock->ring);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_wants_signal(&mock->ring));
}

/* As publish_event_idx(), one after the other; and the last not shown yet. */
static void show_event_idx(struct kunit *test)
{
	const struct event_case *c = test->param_value;
	struct mock_ring *mock = event_case_ring(test, c);
	int i;

	for (i = 0; i < c->count; i++) {
		kvdev_ring_push(&mock->ring, 0, 0);
		KUNIT_EXPECT_EQ(test, kvdev_ring_show(&mock->ring), 1 + i);
	}
	kvdev_ring_push(&mock->ring, 0, 0);
	KUNIT_EXPECT_EQ(test, kvdev_ring_wants_signal(&mock->ring), c->signal);
	mock_ring_set_used_event(mock, c->old + c->count);
	KUNIT_EXPECT_EQ(test, kvdev_ring_show(&mock->ring), 1);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_wants_signal(&mock->ring));
}

/* Each side may run on its own CPU: neither writes what the other uses. */
static void sides_share_no_field(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, EVENT_IDX, 0);
	struct kvdev_ring before;

	memcpy(&before, &mock->ring, sizeof(before));
	kvdev_ring_push(&mock->ring, 0, 0);
	kvdev_ring_publish(&mock->ring);
	KUNIT_EXPECT_EQ(test, mock->ring.split.avail_idx,
			before.split.avail_idx);
	KUNIT_EXPECT_EQ(test, mock->ring.split.last_avail,
			before.split.last_avail);
	KUNIT_EXPECT_EQ(test, mock->ring.split.flags, before.split.flags);

	memcpy(&before, &mock->ring, sizeof(before));
	mock_ring_desc(mock, 0, LOW, 1, 0, 0);
	mock_ring_post(mock, 0);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	kvdev_ring_pop(&mock->ring, &mock->chain);
	kvdev_ring_enable_kick(&mock->ring);
	kvdev_ring_disable_kick(&mock->ring);
	KUNIT_EXPECT_EQ(test, mock->ring.split.used_idx, before.split.used_idx);
	KUNIT_EXPECT_EQ(test, mock->ring.split.published,
			before.split.published);
	KUNIT_EXPECT_EQ(test, mock->ring.split.asked, before.split.asked);
	KUNIT_EXPECT_EQ(test, mock->ring.signal_next, before.signal_next);
}

/* Kicks */

static void kick_flag_without_event_idx(struct kunit *test)
{
	struct mock_ring *mock = kunit_mock_ring(test, 4, 0, 0);

	KUNIT_EXPECT_EQ(test, mock_ring_used_flags(mock), 0);
	kvdev_ring_disable_kick(&mock->ring);
	KUNIT_EXPECT_EQ(test, mock_ring_used_flags(mock),
			VRING_USED_F_NO_NOTIFY);
	kvdev_ring_disable_kick(&mock->ring);
	KUNIT_EXPECT_EQ(test, mock_ring_used_flags(mock),
			VRING_USED_F_NO_NOTIFY);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_enable_kick(&mock->ring));
	KUNIT_EXPECT_EQ(test, mock_ring_used_flags(mock), 0);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_enable_kick(&mock->ring));
	KUNIT_EXPECT_EQ(test, mock_ring_used_flags(mock), 0);
	/* Not negotiated: not written */
	KUNIT_EXPECT_EQ(test, mock_ring_avail_event(mock), 0);
}

static void kick_event_with_event_idx(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, EVENT_IDX, 0xffff);

	KUNIT_EXPECT_FALSE(test, kvdev_ring_enable_kick(&mock->ring));
	KUNIT_EXPECT_EQ(test, mock_ring_avail_event(mock), 0xffff);
	kvdev_ring_disable_kick(&mock->ring);
	/* virtio 1.3, 2.7.10: the flag is not used */
	KUNIT_EXPECT_EQ(test, mock_ring_used_flags(mock), 0);

	mock_ring_desc(mock, 0, LOW, 1, 0, 0);
	mock_ring_post(mock, 0);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_enable_kick(&mock->ring));
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	kvdev_ring_pop(&mock->ring, &mock->chain);
	KUNIT_EXPECT_FALSE(test, kvdev_ring_enable_kick(&mock->ring));
	KUNIT_EXPECT_EQ(test, mock_ring_avail_event(mock), 0);
}

/* A buffer made available between the last look and the wish is not lost. */
static void enable_kick_sees_new_work(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, format_of(test), 0);

	kvdev_ring_disable_kick(&mock->ring);
	mock_ring_desc(mock, 0, LOW, 1, 0, 0);
	mock_ring_desc(mock, 1, LOW, 1, 0, 0);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 0);
	mock_ring_post(mock, 0);
	mock_ring_post(mock, 1);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_enable_kick(&mock->ring));

	/* Also when it was seen already but not taken */
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	kvdev_ring_pop(&mock->ring, &mock->chain);
	KUNIT_EXPECT_TRUE(test, kvdev_ring_enable_kick(&mock->ring));
}

/* A stopped ring goes on where it was, with nothing lost or served twice. */
static void avail_base_continues(struct kunit *test)
{
	struct mock_guest *guest = kunit_mock_guest(test);
	struct mock_ring *mock = kunit_mock_ring(test, 4, format_of(test), 0xfffe);
	int i;

	for (i = 0; i < 4; i++) {
		mock_ring_desc(mock, i, LOW, i + 1, 0, 0);
		mock_ring_post(mock, i);
	}
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
						      &mock->chain), 1);
		kvdev_ring_pop(&mock->ring, &mock->chain);
		kvdev_ring_push(&mock->ring, mock->chain.id, 0);
	}
	kvdev_ring_publish(&mock->ring);
	/* Seen but not taken: still the driver's */
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);

	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 1);
	mock_ring_restart(mock);
	KUNIT_EXPECT_EQ(test, mock->cfg.avail_base, mock_ring_base(mock, 1));
	KUNIT_EXPECT_EQ(test, mock->cfg.used_base, mock_ring_base(mock, 1));
	KUNIT_EXPECT_NULL(test, kvdev_ring_check(&mock->cfg, mock->features));
	KUNIT_ASSERT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 1);
	KUNIT_EXPECT_EQ(test, mock->chain.id, 3);
	kvdev_ring_pop(&mock->ring, &mock->chain);
	KUNIT_EXPECT_EQ(test, kvdev_ring_peek(&mock->ring, guest->table,
					      &mock->chain), 0);
	kvdev_ring_push(&mock->ring, 3, 9);
	kvdev_ring_publish(&mock->ring);
	KUNIT_EXPECT_EQ(test, mock_ring_used_idx(mock), 2);
	KUNIT_EXPECT_EQ(test, mock_ring_used_id(mock, 1), 3U);
	KUNIT_EXPECT_EQ(test, mock_ring_used_len(mock, 1), 9U);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE_PARAM(check_of_both_formats, both_gen_params),
	KUNIT_CASE_PARAM(check_validates, check_gen_params),
	KUNIT_CASE(area_sizes_as_specified),
	KUNIT_CASE_PARAM(activate_starts_at_base, format_gen_params),
	KUNIT_CASE_PARAM(activate_sees_earlier_buffers, format_gen_params),
	KUNIT_CASE_PARAM(indices_wrap_ring_of_1, format_gen_params),
	KUNIT_CASE_PARAM(indices_wrap_ring_of_256, format_gen_params),
	KUNIT_CASE_PARAM(indices_wrap_ring_of_1024, format_gen_params),
	KUNIT_CASE_PARAM(peek_empty_ring, format_gen_params),
	KUNIT_CASE_PARAM(peek_in_order_of_posting, format_gen_params),
	KUNIT_CASE_PARAM(peek_avail_idx_jumps, jump_gen_params),
	KUNIT_CASE(peek_avail_idx_goes_back),
	KUNIT_CASE_PARAM(unpop_gives_back, format_gen_params),
	KUNIT_CASE_PARAM(push_is_not_seen_before_publish, format_gen_params),
	KUNIT_CASE_PARAM(publish_batch_signals_once, format_gen_params),
	KUNIT_CASE_PARAM(publish_nothing_is_silent, format_gen_params),
	KUNIT_CASE_PARAM(publish_first_always_signals, format_gen_params),
	KUNIT_CASE_PARAM(publish_obeys_no_interrupt, format_gen_params),
	KUNIT_CASE_PARAM(publish_of_a_new_ring_obeys_event, format_gen_params),
	KUNIT_CASE(publish_ignores_other_flags),
	KUNIT_CASE(publish_event_idx_ignores_flag),
	KUNIT_CASE_PARAM(publish_event_idx, event_gen_params),
	KUNIT_CASE_PARAM(show_and_ask_later, format_gen_params),
	KUNIT_CASE_PARAM(show_first_always_signals, format_gen_params),
	KUNIT_CASE_PARAM(show_event_idx, event_gen_params),
	KUNIT_CASE(sides_share_no_field),
	KUNIT_CASE(kick_flag_without_event_idx),
	KUNIT_CASE(kick_event_with_event_idx),
	KUNIT_CASE_PARAM(enable_kick_sees_new_work, format_gen_params),
	KUNIT_CASE_PARAM(avail_base_continues, format_gen_params),
	{ }
};

static struct kunit_suite ring_suite = {
	.name = "kvdev_ring",
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);
