// SPDX-License-Identifier: GPL-2.0
/*
 * Reservations: several initiators, each with a key of its own.
 */
#include "mock_scsi.h"

#define BUFFER	4096

enum { REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, ABORT, IGNORE };
enum { WE = 1, EA = 3, WE_RO = 5, EA_RO = 6, WE_AR = 7, EA_AR = 8 };

static const u8 types[] = { WE, EA, WE_RO, EA_RO, WE_AR, EA_AR };

/* PERSISTENT RESERVE OUT by a nexus */
static void out(struct mock_scsi *s, u32 nexus, u8 action, u8 type, u64 key,
		u64 new_key)
{
	u8 params[24] = { [7] = key, [15] = new_key };

	s->req.nexus = nexus;
	mock_scsi_do(s, BUFFER, 0, 0x5f, action, type, 0, 0, 0, 0, 0, 24);
	mock_scsi_params(s, params);
}

/* The same, and it must succeed */
static void ok(struct mock_scsi *s, u32 nexus, u8 action, u8 type, u64 key,
	       u64 new_key)
{
	out(s, nexus, action, type, key, new_key);
	mock_scsi_good(s, 0);
}

static void refused(struct mock_scsi *s, u32 nexus, u8 action, u8 type, u64 key,
		    u64 new_key)
{
	out(s, nexus, action, type, key, new_key);
	mock_scsi_conflict(s);
}

/* Everyone registered, nexus n with key n + 1; nobody is told of anything */
static struct mock_scsi *registered(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u32 i;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		ok(s, i, REGISTER, 0, 0, i + 1);
	return s;
}

static void in(struct mock_scsi *s, u8 action)
{
	mock_scsi_do(s, 0, BUFFER, 0x5e, action, 0, 0, 0, 0, 0, 1, 0);
	KUNIT_EXPECT_EQ(s->test, s->cmd.status, (u8)KVDEV_SCSI_GOOD);
}

static void expect_reservation(struct mock_scsi *s, u8 type, u8 key)
{
	in(s, 1);
	if (!type) {
		mock_scsi_good(s, 8);
		return;
	}
	mock_scsi_good(s, 24);
	KUNIT_EXPECT_EQ(s->test, mock_be(&s->resp[4], 4), 16U);
	KUNIT_EXPECT_EQ(s->test, mock_be(&s->resp[12], 4), (u32)key);
	KUNIT_EXPECT_EQ(s->test, s->resp[21], type);
}

static void expect_attention(struct mock_scsi *s, u32 nexus, u32 sense)
{
	struct kvdev_scsi_nexus *n = &s->lu.nexus[nexus];

	kvdev_scsi_pr_news(&s->lu, nexus);
	KUNIT_EXPECT_EQ(s->test, n->nr_ua, (u8)(sense != 0));
	if (sense)
		KUNIT_EXPECT_EQ(s->test, n->ua[0], sense);
	n->nr_ua = 0;
}

static bool may(struct mock_scsi *s, u32 nexus, u8 opcode)
{
	s->req.nexus = nexus;
	mock_scsi_do(s, BUFFER, BUFFER, opcode, 0, 0, 0, 0, 0, 0, 0, 1);
	return s->cmd.status == KVDEV_SCSI_GOOD;
}

/* ----------------------------------------------------------- registrations */

static void register_and_read_keys(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	static const u8 two[] = { 0, 0, 0, 2, 0, 0, 0, 16,
				  0, 0, 0, 0, 0, 0, 0, 5,
				  0, 0, 0, 0, 0, 0, 0, 6 };

	in(s, 0);
	mock_scsi_good(s, 8);
	ok(s, 0, REGISTER, 0, 0, 5);
	ok(s, 2, REGISTER, 0, 0, 6);
	in(s, 0);
	mock_scsi_good(s, sizeof(two));
	KUNIT_EXPECT_MEMEQ(test, s->resp, two, sizeof(two));
	/* Not with a key that one does not have, and not to nothing */
	refused(s, 1, REGISTER, 0, 1, 7);
	refused(s, 0, REGISTER, 0, 6, 7);
	refused(s, 0, REGISTER, 0, 0, 7);
	ok(s, 1, REGISTER, 0, 0, 0);
	KUNIT_EXPECT_FALSE(test, s->pr.reg[1].registered);
	KUNIT_EXPECT_EQ(test, s->pr.generation, 2U);
	/* Another key, whatever the old one is, none at all */
	ok(s, 0, REGISTER, 0, 5, 8);
	KUNIT_EXPECT_EQ(test, s->pr.reg[0].key, 8ULL);
	ok(s, 0, IGNORE, 0, 99, 9);
	KUNIT_EXPECT_EQ(test, s->pr.reg[0].key, 9ULL);
	ok(s, 0, REGISTER, 0, 9, 0);
	KUNIT_EXPECT_FALSE(test, s->pr.reg[0].registered);
	KUNIT_EXPECT_EQ(test, s->pr.generation, 5U);
}

static void register_refuses_what_it_cannot(struct kunit *test)
{
	static const u8 bits[] = { 3, 2, 0 };
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u8 params[24] = { [15] = 1 };
	u32 i;

	/* SPEC_I_PT, ALL_TG_PT, APTPL */
	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		params[20] = BIT(bits[i]);
		mock_scsi_do(s, BUFFER, 0, 0x5f, 0, 0, 0, 0, 0, 0, 0, 24);
		mock_scsi_params(s, params);
		mock_scsi_sense(s, KVDEV_SENSE_INVALID_PARAM);
		mock_scsi_field(s, MOCK_PARAM(20, bits[i]));
	}
	KUNIT_EXPECT_FALSE(test, s->pr.reg[0].registered);
}

static void capabilities(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	static const u8 expected[] = { 0, 8, 0, 0x80, 0xea, 1, 0, 0 };

	in(s, 2);
	mock_scsi_good(s, sizeof(expected));
	KUNIT_EXPECT_MEMEQ(test, s->resp, expected, sizeof(expected));
}

static void full_status(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u8 expected[48] = { [7] = 6, [12] = 1, [13] = EA_RO, [19] = 1,
			    [23] = 24, [24] = 0x0f, [39] = 2 };

	ok(s, 2, REGISTER, 0, 0, 6);
	ok(s, 2, RESERVE, EA_RO, 6, 0);
	in(s, 3);
	mock_scsi_good(s, 8 + 48);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[4], 4), 48U);
	KUNIT_EXPECT_MEMEQ(test, &s->resp[8], expected, sizeof(expected));
}

/* ------------------------------------------------------------ reservations */

/* SPC-4, table 65: who may read and who may write, for each type */
static void access_by_type(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
		bool we = types[i] == WE || types[i] == WE_RO ||
			  types[i] == WE_AR;
		bool registrants = types[i] >= WE_RO;

		ok(s, 0, REGISTER, 0, 0, 1);
		ok(s, 1, REGISTER, 0, 0, 2);
		ok(s, 0, RESERVE, types[i], 1, 0);
		KUNIT_EXPECT_TRUE(test, may(s, 0, 0x28) && may(s, 0, 0x2a));
		KUNIT_EXPECT_EQ(test, may(s, 1, 0x28), registrants || we);
		KUNIT_EXPECT_EQ(test, may(s, 1, 0x2a), registrants);
		KUNIT_EXPECT_EQ(test, may(s, 2, 0x28), we);
		KUNIT_EXPECT_FALSE(test, may(s, 2, 0x2a));
		/* Some commands are for everyone */
		KUNIT_EXPECT_TRUE(test, may(s, 2, 0x12));
		KUNIT_EXPECT_TRUE(test, may(s, 2, 0x00));
		KUNIT_EXPECT_TRUE(test, may(s, 2, 0x25));
	}
}

static void reserve_rules(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	refused(s, 0, RESERVE, WE, 99, 0);
	ok(s, 0, RESERVE, WE, 1, 0);
	expect_reservation(s, WE, 1);
	/* Again is fine, another type or another initiator is not */
	ok(s, 0, RESERVE, WE, 1, 0);
	refused(s, 0, RESERVE, EA, 1, 0);
	refused(s, 1, RESERVE, WE, 2, 0);
	/* A registrant may not touch it; nothing happens, which is GOOD */
	ok(s, 1, RELEASE, WE, 2, 0);
	expect_reservation(s, WE, 1);
	out(s, 0, RELEASE, EA, 1, 0);
	mock_scsi_sense(s, KVDEV_SENSE_INVALID_RELEASE);
	ok(s, 0, RELEASE, WE, 1, 0);
	expect_reservation(s, 0, 0);
	/* It was the holder's alone: the others are not told */
	expect_attention(s, 1, 0);
}

static void release_is_told_to_registrants(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	ok(s, 0, RESERVE, WE_RO, 1, 0);
	ok(s, 0, RELEASE, WE_RO, 1, 0);
	expect_attention(s, 0, 0);
	expect_attention(s, 1, KVDEV_SENSE_RELEASED);
	expect_attention(s, 3, KVDEV_SENSE_RELEASED);
}

static void all_registrants_hold(struct kunit *test)
{
	struct mock_scsi *s = registered(test);
	u32 i;

	ok(s, 0, RESERVE, EA_AR, 1, 0);
	expect_reservation(s, EA_AR, 0);
	ok(s, 1, RESERVE, EA_AR, 2, 0);
	/* It goes with the last of them */
	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++) {
		expect_reservation(s, EA_AR, 0);
		ok(s, i, REGISTER, 0, i + 1, 0);
	}
	expect_reservation(s, 0, 0);
	/* Any of them can release it */
	s = registered(test);
	ok(s, 0, RESERVE, WE_AR, 1, 0);
	ok(s, 3, RELEASE, WE_AR, 4, 0);
	expect_reservation(s, 0, 0);
	expect_attention(s, 0, KVDEV_SENSE_RELEASED);
}

static void unregistering_holder_releases(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	ok(s, 0, RESERVE, WE, 1, 0);
	ok(s, 1, REGISTER, 0, 2, 0);
	expect_reservation(s, WE, 1);
	ok(s, 0, REGISTER, 0, 1, 0);
	expect_reservation(s, 0, 0);
}

static void clear_ends_everything(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	ok(s, 0, RESERVE, EA, 1, 0);
	ok(s, 1, CLEAR, 0, 2, 0);
	expect_attention(s, 0, KVDEV_SENSE_PREEMPTED);
	expect_attention(s, 1, 0);
	expect_reservation(s, 0, 0);
	in(s, 0);
	mock_scsi_good(s, 8);
	refused(s, 1, CLEAR, 0, 2, 0);
}

/* ------------------------------------------------------------- preemption */

static void preempt_takes_over(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	ok(s, 0, RESERVE, WE_RO, 1, 0);
	ok(s, 1, PREEMPT, EA, 2, 1);
	KUNIT_EXPECT_EQ(test, s->cmd.abort, 0U);
	KUNIT_EXPECT_FALSE(test, s->pr.reg[0].registered);
	expect_reservation(s, EA, 2);
	expect_attention(s, 0, KVDEV_SENSE_UNREGISTERED);
	/* Who may no longer do what it could */
	expect_attention(s, 2, KVDEV_SENSE_RELEASED);
	refused(s, 0, PREEMPT, EA, 1, 2);
}

static void preempt_and_abort_names_whom(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	ok(s, 0, RESERVE, WE, 1, 0);
	ok(s, 2, ABORT, WE, 3, 1);
	KUNIT_EXPECT_EQ(test, s->cmd.abort, (u32)BIT(0));
	expect_reservation(s, WE, 3);
}

/* SPC-4, 5.12.11.3: without the holder's key it is about registrations */
static void preempt_registrations(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	ok(s, 0, RESERVE, WE, 1, 0);
	ok(s, 1, ABORT, EA, 2, 4);
	KUNIT_EXPECT_EQ(test, s->cmd.abort, (u32)BIT(3));
	KUNIT_EXPECT_FALSE(test, s->pr.reg[3].registered);
	expect_reservation(s, WE, 1);
	expect_attention(s, 3, KVDEV_SENSE_UNREGISTERED);
	/* Nobody's key */
	refused(s, 1, PREEMPT, EA, 2, 99);
	out(s, 1, PREEMPT, EA, 2, 0);
	mock_scsi_sense(s, KVDEV_SENSE_INVALID_PARAM);
	mock_scsi_field(s, MOCK_PARAM(8, 7));
}

static void preempt_all_registrants(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	ok(s, 0, RESERVE, WE_AR, 1, 0);
	/* One of them */
	ok(s, 1, PREEMPT, EA, 2, 1);
	expect_reservation(s, WE_AR, 0);
	KUNIT_EXPECT_FALSE(test, s->pr.reg[0].registered);
	/* All of them */
	ok(s, 1, ABORT, EA, 2, 0);
	KUNIT_EXPECT_EQ(test, s->cmd.abort, (u32)(BIT(2) | BIT(3)));
	expect_reservation(s, EA, 2);
	in(s, 0);
	mock_scsi_good(s, 16);
}

static void preempt_oneself(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	/* As the holder: the type changes, the registration stays */
	ok(s, 0, RESERVE, WE, 1, 0);
	ok(s, 0, PREEMPT, EA_AR, 1, 1);
	expect_reservation(s, EA_AR, 0);
	KUNIT_EXPECT_TRUE(test, s->pr.reg[0].registered);
	/* As one of several, the last one: nobody holds it any more */
	ok(s, 1, REGISTER, 0, 2, 0);
	ok(s, 2, REGISTER, 0, 3, 0);
	ok(s, 3, REGISTER, 0, 4, 0);
	ok(s, 0, ABORT, EA_AR, 1, 1);
	KUNIT_EXPECT_FALSE(test, s->pr.reg[0].registered);
	KUNIT_EXPECT_EQ(test, s->cmd.abort, 0U);
	expect_reservation(s, 0, 0);
}

/* ------------------------------------------------------- RESERVE, RELEASE */

static bool conflicts(struct mock_scsi *s, u32 nexus, u8 opcode)
{
	return !may(s, nexus, opcode);
}

static void reserve_of_old(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	KUNIT_EXPECT_TRUE(test, may(s, 0, 0x16));
	KUNIT_EXPECT_TRUE(test, may(s, 0, 0x16));
	KUNIT_EXPECT_TRUE(test, may(s, 0, 0x2a));
	/* Of the others' commands only a few are left */
	KUNIT_EXPECT_TRUE(test, conflicts(s, 1, 0x16));
	KUNIT_EXPECT_TRUE(test, conflicts(s, 1, 0x56));
	KUNIT_EXPECT_TRUE(test, conflicts(s, 1, 0x28));
	KUNIT_EXPECT_TRUE(test, conflicts(s, 1, 0x2a));
	KUNIT_EXPECT_TRUE(test, conflicts(s, 1, 0x00));
	KUNIT_EXPECT_TRUE(test, may(s, 1, 0x12));
	KUNIT_EXPECT_TRUE(test, may(s, 1, 0x03));
	/* Persistent ones are not for the same unit, whoever asks */
	KUNIT_EXPECT_TRUE(test, conflicts(s, 0, 0x5e));
	KUNIT_EXPECT_TRUE(test, conflicts(s, 0, 0x5f));
	/* Releasing what another has is no error, and does nothing */
	KUNIT_EXPECT_TRUE(test, may(s, 1, 0x17));
	KUNIT_EXPECT_TRUE(test, conflicts(s, 1, 0x28));
	KUNIT_EXPECT_TRUE(test, may(s, 0, 0x57));
	KUNIT_EXPECT_TRUE(test, may(s, 1, 0x28));
	/* Beside registrations there is none */
	ok(s, 1, REGISTER, 0, 0, 1);
	KUNIT_EXPECT_TRUE(test, conflicts(s, 1, 0x16));
	KUNIT_EXPECT_TRUE(test, conflicts(s, 1, 0x17));
}

static void reserve_ends_with_its_nexus(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);

	KUNIT_EXPECT_TRUE(test, may(s, 0, 0x16));
	kvdev_scsi_lu_nexus_loss(&s->lu, 1);
	s->lu.nexus[1].nr_ua = 0;
	KUNIT_EXPECT_TRUE(test, conflicts(s, 1, 0x28));
	kvdev_scsi_lu_nexus_loss(&s->lu, 0);
	KUNIT_EXPECT_TRUE(test, may(s, 1, 0x28));
	s->lu.nexus[0].nr_ua = 0;
	KUNIT_EXPECT_TRUE(test, may(s, 0, 0x16));
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_RESET);
	s->lu.nexus[1].nr_ua = 0;
	KUNIT_EXPECT_TRUE(test, may(s, 1, 0x28));
}

/* A second unit of the store, with one nexus */
static struct mock_scsi *neighbour(struct mock_scsi *s)
{
	struct mock_scsi *n = mock_scsi(s->test, MOCK_DISK);

	n->lu.pr = &s->pr;
	n->lu.pr_first = kvdev_scsi_pr_join(&s->pr, 99);
	n->lu.pr_nr = 1;
	KUNIT_EXPECT_EQ(s->test, n->lu.pr_first, (u8)KVDEV_SCSI_NEXUS_MAX);
	return n;
}

static void units_share_a_store(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK), *n = neighbour(s);

	/* Nobody's key is 0 */
	refused(n, 0, RESERVE, WE, 0, 0);
	ok(s, 0, REGISTER, 0, 0, 1);
	ok(n, 0, REGISTER, 0, 0, 2);
	KUNIT_EXPECT_TRUE(test, s->pr.busy);
	ok(s, 0, RESERVE, WE, 1, 0);
	KUNIT_EXPECT_TRUE(test, conflicts(n, 0, 0x2a));
	/* A reset of one is the loss of a nexus, and keeps it */
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_POWER_ON);
	s->lu.nexus[0].nr_ua = 0;
	KUNIT_EXPECT_TRUE(test, conflicts(n, 0, 0x2a));
	/* So it does when it goes */
	kvdev_scsi_pr_leave(&s->pr, 0);
	KUNIT_EXPECT_TRUE(test, s->pr.reg[0].used);
	KUNIT_EXPECT_TRUE(test, conflicts(n, 0, 0x2a));
	ok(n, 0, PREEMPT, WE, 2, 1);
	KUNIT_EXPECT_FALSE(test, s->pr.reg[0].used);
	KUNIT_EXPECT_TRUE(test, may(n, 0, 0x2a));
	kvdev_scsi_pr_leave(&s->pr, n->lu.pr_first);
	KUNIT_EXPECT_TRUE(test, s->pr.busy);
	/* Alone, it is a loss of power */
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_POWER_ON);
	KUNIT_EXPECT_EQ(test, s->pr.type, (u8)0);
	KUNIT_EXPECT_FALSE(test, s->pr.busy);
}

/* Those who are gone make room, but for who holds the reservation */
static void registrants_make_room(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DISK);
	u32 i;

	for (i = KVDEV_SCSI_NEXUS_MAX; i < KVDEV_SCSI_REGISTRANTS; i++) {
		KUNIT_EXPECT_EQ(test, kvdev_scsi_pr_join(&s->pr, i), i);
		s->pr.reg[i].registered = true;
		s->pr.reg[i].key = i;
	}
	KUNIT_EXPECT_EQ(test, kvdev_scsi_pr_join(&s->pr, i),
			(u32)KVDEV_SCSI_NO_REGISTRANT);
	s->pr.type = WE;
	s->pr.holder = 10;
	kvdev_scsi_pr_leave(&s->pr, 10);
	kvdev_scsi_pr_leave(&s->pr, 20);
	KUNIT_EXPECT_EQ(test, kvdev_scsi_pr_join(&s->pr, i), 20U);
	KUNIT_EXPECT_EQ(test, kvdev_scsi_pr_join(&s->pr, i),
			(u32)KVDEV_SCSI_NO_REGISTRANT);
	/* Who is none is kept out like others */
	s->lu.pr_first = KVDEV_SCSI_NO_REGISTRANT;
	KUNIT_EXPECT_TRUE(test, conflicts(s, 0, 0x2a));
	KUNIT_EXPECT_TRUE(test, may(s, 0, 0x28));
	kvdev_scsi_pr_leave(&s->pr, KVDEV_SCSI_NO_REGISTRANT);
}

/* SPC-4, 5.12.5: resets keep them, a loss of power does not */
static void persistence(struct kunit *test)
{
	struct mock_scsi *s = registered(test);

	ok(s, 0, RESERVE, WE, 1, 0);
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_RESET);
	kvdev_scsi_lu_nexus_loss(&s->lu, 0);
	s->lu.nexus[0].nr_ua = 0;
	s->req.nexus = 0;
	expect_reservation(s, WE, 1);
	kvdev_scsi_lu_reset(&s->lu, KVDEV_SENSE_POWER_ON);
	s->lu.nexus[0].nr_ua = 0;
	expect_reservation(s, 0, 0);
	in(s, 0);
	mock_scsi_good(s, 8);
	KUNIT_EXPECT_EQ(test, mock_be(s->resp, 4), 0U);
}

/* START STOP UNIT and PREVENT: only what takes something away conflicts */
static void conditional_conflicts(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_REMOVABLE);

	ok(s, 0, REGISTER, 0, 0, 1);
	ok(s, 0, RESERVE, WE, 1, 0);
	s->req.nexus = 1;
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 1);
	mock_scsi_good(s, 0);
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 0);
	mock_scsi_conflict(s);
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 2);
	mock_scsi_conflict(s);
	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 1);
	mock_scsi_conflict(s);
	mock_scsi_do(s, 0, 0, 0x1e, 0, 0, 0, 0);
	mock_scsi_good(s, 0);
}

static struct kunit_case scsi_pr_test_cases[] = {
	KUNIT_CASE(register_and_read_keys),
	KUNIT_CASE(register_refuses_what_it_cannot),
	KUNIT_CASE(capabilities),
	KUNIT_CASE(full_status),
	KUNIT_CASE(access_by_type),
	KUNIT_CASE(reserve_rules),
	KUNIT_CASE(release_is_told_to_registrants),
	KUNIT_CASE(all_registrants_hold),
	KUNIT_CASE(unregistering_holder_releases),
	KUNIT_CASE(clear_ends_everything),
	KUNIT_CASE(preempt_takes_over),
	KUNIT_CASE(preempt_and_abort_names_whom),
	KUNIT_CASE(preempt_registrations),
	KUNIT_CASE(preempt_all_registrants),
	KUNIT_CASE(preempt_oneself),
	KUNIT_CASE(reserve_of_old),
	KUNIT_CASE(reserve_ends_with_its_nexus),
	KUNIT_CASE(units_share_a_store),
	KUNIT_CASE(registrants_make_room),
	KUNIT_CASE(persistence),
	KUNIT_CASE(conditional_conflicts),
	{ }
};

static struct kunit_suite scsi_pr_suite = {
	.name = "kvdev_scsi_pr",
	.test_cases = scsi_pr_test_cases,
};

kunit_test_suite(scsi_pr_suite);
