// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the VMM control interface: what is shown, what an answer is, and
 * when time is up. Each case starts at time 1000 with 30 to answer and 100 to
 * stop.
 */
#include <kunit/test.h>
#include "../device/vmmci_cmd.h"

#define NOW	1000
#define ACK	30
#define STOP	100

static int send_at(struct kvdev_vmmci_cmd_state *s, u32 op, bool answers,
		   u64 now)
{
	struct kvdev_vmmci_times times = {
		.now = now, .ack = ACK, .stop = STOP,
	};

	return kvdev_vmmci_send(s, op, answers, &times);
}

/* The outcome, or what was wrong. */
static int answer(struct kvdev_vmmci_cmd_state *s, u32 op, u64 now)
{
	enum kvdev_vmmci_outcome outcome = 99;
	int ret = kvdev_vmmci_answer(s, op, now, &outcome);

	return ret ?: outcome;
}

static void expect_idle(struct kunit *test, struct kvdev_vmmci_cmd_state *s)
{
	u32 op = 77;

	KUNIT_EXPECT_EQ(test, s->shown, (u32)VMMCI_NONE);
	KUNIT_EXPECT_EQ(test, s->awaited, (u32)VMMCI_NONE);
	KUNIT_EXPECT_EQ(test, s->deadline, 0ULL);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_expire(s, U64_MAX, &op),
			VMMCI_NOTHING);
	KUNIT_EXPECT_EQ(test, op, 77U);
}

static void config_layout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct kvdev_vmmci_config), (size_t)20);
	KUNIT_EXPECT_EQ(test, offsetof(struct kvdev_vmmci_config, command),
			(size_t)0);
	KUNIT_EXPECT_EQ(test, offsetof(struct kvdev_vmmci_config, time_sec),
			(size_t)4);
	KUNIT_EXPECT_EQ(test, offsetof(struct kvdev_vmmci_config, time_usec),
			(size_t)12);
}

static void command_and_answer(struct kunit *test)
{
	static const u32 ops[] = { VMMCI_SHUTDOWN, VMMCI_REBOOT };
	u32 i, op;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		struct kvdev_vmmci_cmd_state s = {};

		KUNIT_EXPECT_EQ(test, send_at(&s, ops[i], true, NOW), 0);
		KUNIT_EXPECT_EQ(test, s.shown, ops[i]);
		KUNIT_EXPECT_EQ(test, s.deadline, (u64)NOW + ACK);
		KUNIT_EXPECT_EQ(test, answer(&s, ops[i], NOW + 20),
				(int)VMMCI_ACKED);
		KUNIT_EXPECT_EQ(test, s.deadline, (u64)NOW + 20 + STOP);
		KUNIT_EXPECT_EQ(test, s.shown, ops[i]);
		/* The end of the first time is none any more */
		KUNIT_EXPECT_EQ(test,
				kvdev_vmmci_expire(&s, NOW + 20 + STOP - 1,
						   &op), VMMCI_NOTHING);
		KUNIT_EXPECT_EQ(test,
				kvdev_vmmci_expire(&s, NOW + 20 + STOP, &op),
				VMMCI_STOP_TIMEOUT);
		KUNIT_EXPECT_EQ(test, op, ops[i]);
		expect_idle(test, &s);
	}
}

/* Nobody has looked at the clock yet: no time is won by that. */
static void late_answer(struct kunit *test)
{
	struct kvdev_vmmci_cmd_state s = {};

	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SHUTDOWN, true, NOW), 0);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_SHUTDOWN, NOW + ACK + 7),
			(int)VMMCI_ACKED);
	KUNIT_EXPECT_EQ(test, s.deadline, (u64)NOW + ACK + STOP);
}

static void no_answer(struct kunit *test)
{
	u32 cmd, op = 77;

	for (cmd = VMMCI_SHUTDOWN; cmd < VMMCI_NR_OPS; cmd++) {
		struct kvdev_vmmci_cmd_state s = {};

		KUNIT_EXPECT_EQ(test, send_at(&s, cmd, true, NOW), 0);
		KUNIT_EXPECT_EQ(test,
				kvdev_vmmci_expire(&s, NOW + ACK - 1, &op),
				VMMCI_NOTHING);
		KUNIT_EXPECT_EQ(test, kvdev_vmmci_expire(&s, NOW + ACK, &op),
				VMMCI_ACK_TIMEOUT);
		KUNIT_EXPECT_EQ(test, op, cmd);
		expect_idle(test, &s);
	}
}

static void clock_sync(struct kunit *test)
{
	struct kvdev_vmmci_cmd_state s = {};

	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SYNCRTC, true, NOW), 0);
	KUNIT_EXPECT_EQ(test, s.shown, (u32)VMMCI_SYNCRTC);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_SYNCRTC, NOW), (int)VMMCI_ACKED);
	expect_idle(test, &s);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_SYNCRTC, NOW), -EINVAL);
	/* Nobody waits for a driver without answers */
	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SYNCRTC, false, NOW), 0);
	KUNIT_EXPECT_EQ(test, s.shown, (u32)VMMCI_SYNCRTC);
	KUNIT_EXPECT_EQ(test, s.deadline, 0ULL);
}

static void driver_without_answers(struct kunit *test)
{
	struct kvdev_vmmci_cmd_state s = {};
	u32 op;

	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SHUTDOWN, false, NOW), 0);
	KUNIT_EXPECT_EQ(test, s.deadline, (u64)NOW + STOP);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_expire(&s, NOW + STOP, &op),
			VMMCI_STOP_TIMEOUT);
	expect_idle(test, &s);
}

static void one_at_a_time(struct kunit *test)
{
	struct kvdev_vmmci_cmd_state s = {};

	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SYNCRTC, true, NOW), 0);
	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SYNCRTC, true, NOW + 1), 0);
	KUNIT_EXPECT_EQ(test, s.deadline, (u64)NOW + 1 + ACK);
	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_REBOOT, true, NOW + 2), 0);
	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SHUTDOWN, true, NOW), -EBUSY);
	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SYNCRTC, true, NOW), -EBUSY);
	KUNIT_EXPECT_EQ(test, s.shown, (u32)VMMCI_REBOOT);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_REBOOT, NOW + 3),
			(int)VMMCI_ACKED);
	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SHUTDOWN, true, NOW), -EBUSY);
	kvdev_vmmci_cancel(&s);
	expect_idle(test, &s);
	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SHUTDOWN, true, NOW), 0);
	KUNIT_EXPECT_FALSE(test, s.acked);
}

/* A guest that answers again and again gets no more time. */
static void answers_do_not_prolong(struct kunit *test)
{
	struct kvdev_vmmci_cmd_state s = {};

	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SHUTDOWN, true, NOW), 0);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_NONE, NOW + 1),
			(int)VMMCI_NOTHING);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_SYNCRTC, NOW + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_REBOOT, NOW + 1),
			(int)VMMCI_GUEST_REBOOT);
	KUNIT_EXPECT_EQ(test, s.deadline, (u64)NOW + ACK);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_SHUTDOWN, NOW + 2),
			(int)VMMCI_ACKED);
	/* The same once more is no wish of the guest's, another command is. */
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_SHUTDOWN, NOW + 50),
			(int)VMMCI_NOTHING);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_REBOOT, NOW + 50),
			(int)VMMCI_GUEST_REBOOT);
	KUNIT_EXPECT_EQ(test, s.deadline, (u64)NOW + 2 + STOP);
}

static void guest_on_its_own(struct kunit *test)
{
	struct kvdev_vmmci_cmd_state s = {};
	u32 op;

	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_SHUTDOWN, NOW),
			(int)VMMCI_GUEST_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, answer(&s, VMMCI_REBOOT, NOW),
			(int)VMMCI_GUEST_REBOOT);
	expect_idle(test, &s);
	for (op = VMMCI_NR_OPS; op; op <<= 1)
		KUNIT_EXPECT_EQ(test, answer(&s, op, NOW), -EINVAL);
	KUNIT_EXPECT_EQ(test, answer(&s, U32_MAX, NOW), -EINVAL);
	KUNIT_EXPECT_EQ(test, answer(&s, 0x101, NOW), -EINVAL);
	expect_idle(test, &s);
}

static void reset_by_the_driver(struct kunit *test)
{
	struct kvdev_vmmci_cmd_state s = {};
	int acked;
	u32 op;

	KUNIT_EXPECT_EQ(test, kvdev_vmmci_driver_reset(&s), VMMCI_NOTHING);
	for (acked = 0; acked < 2; acked++) {
		/* That is how a reboot ends */
		KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_REBOOT, true, NOW), 0);
		if (acked)
			answer(&s, VMMCI_REBOOT, NOW);
		KUNIT_EXPECT_EQ(test, kvdev_vmmci_driver_reset(&s),
				VMMCI_DONE);
		expect_idle(test, &s);

		/* But not a shutdown */
		KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SHUTDOWN, true, NOW),
				0);
		if (acked)
			answer(&s, VMMCI_SHUTDOWN, NOW);
		KUNIT_EXPECT_EQ(test, kvdev_vmmci_driver_reset(&s),
				VMMCI_NOTHING);
		KUNIT_EXPECT_EQ(test, s.shown, (u32)VMMCI_NONE);
		KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SYNCRTC, true, NOW),
				-EBUSY);
		KUNIT_EXPECT_EQ(test, kvdev_vmmci_expire(&s, NOW + STOP, &op),
				acked ? VMMCI_STOP_TIMEOUT :
					VMMCI_ACK_TIMEOUT);
		KUNIT_EXPECT_EQ(test, op, (u32)VMMCI_SHUTDOWN);
	}
	KUNIT_EXPECT_EQ(test, send_at(&s, VMMCI_SYNCRTC, true, NOW), 0);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_driver_reset(&s), VMMCI_NOTHING);
	expect_idle(test, &s);
}

static void write_in_pieces(struct kunit *test)
{
	static const u8 bytes[8] = { 0x11, 0x22, 0x33, 0x84, 5, 6, 7, 8 };
	struct kvdev_vmmci_cmd_state s = {};
	u32 op = 77, i;

	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, 0, bytes, 4, &op), 1);
	KUNIT_EXPECT_EQ(test, op, 0x84332211U);
	op = 77;
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test,
				kvdev_vmmci_write(&s, i, bytes + i, 1, &op), 0);
	KUNIT_EXPECT_EQ(test, op, 77U);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, 3, bytes + 3, 1, &op), 1);
	KUNIT_EXPECT_EQ(test, op, 0x84332211U);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, 0, bytes, 2, &op), 0);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, 2, bytes + 2, 2, &op), 1);
	KUNIT_EXPECT_EQ(test, op, 0x84332211U);
	/* Nothing is left of what was written before */
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, 3, bytes, 1, &op), 1);
	KUNIT_EXPECT_EQ(test, op, 0x11000000U);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, 0, bytes, 1, &op), 0);
	kvdev_vmmci_driver_reset(&s);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, 3, bytes, 1, &op), 1);
	KUNIT_EXPECT_EQ(test, op, 0x11000000U);
}

/* Every place and length: the field is four bytes, and nothing else is. */
static void write_elsewhere(struct kunit *test)
{
	static const u8 bytes[8] = {};
	struct kvdev_vmmci_cmd_state s = {};
	u32 offset, len, op;

	for (offset = 0; offset < 24; offset++) {
		for (len = 0; len <= 8; len++) {
			int want = offset + len > 4 ? -EINVAL :
				   len && offset + len == 4;

			KUNIT_EXPECT_EQ(test,
					kvdev_vmmci_write(&s, offset, bytes,
							  len, &op), want);
		}
	}
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, U32_MAX, bytes, 1, &op),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, U32_MAX - 3, bytes, 8, &op),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kvdev_vmmci_write(&s, 4, bytes, U32_MAX - 1, &op),
			-EINVAL);
}

static void first_byte_takes_the_time(struct kunit *test)
{
	u32 offset, len;

	for (offset = 0; offset < 24; offset++)
		for (len = 0; len <= 20; len++)
			KUNIT_EXPECT_EQ(test,
					kvdev_vmmci_takes_time(offset, len),
					offset <= 4 && offset + len > 4);
	KUNIT_EXPECT_FALSE(test, kvdev_vmmci_takes_time(U32_MAX, 8));
	KUNIT_EXPECT_TRUE(test, kvdev_vmmci_takes_time(0, U32_MAX));
}

static struct kunit_case vmmci_cases[] = {
	KUNIT_CASE(config_layout),
	KUNIT_CASE(command_and_answer),
	KUNIT_CASE(late_answer),
	KUNIT_CASE(no_answer),
	KUNIT_CASE(clock_sync),
	KUNIT_CASE(driver_without_answers),
	KUNIT_CASE(one_at_a_time),
	KUNIT_CASE(answers_do_not_prolong),
	KUNIT_CASE(guest_on_its_own),
	KUNIT_CASE(reset_by_the_driver),
	KUNIT_CASE(write_in_pieces),
	KUNIT_CASE(write_elsewhere),
	KUNIT_CASE(first_byte_takes_the_time),
	{}
};

static struct kunit_suite vmmci_suite = {
	.name = "kvdev_vmmci",
	.test_cases = vmmci_cases,
};

kunit_test_suite(vmmci_suite);
