// SPDX-License-Identifier: GPL-2.0
/*
 * A guest and a host that do anything to the VMM control interface, in any
 * order. Whatever the guest does, a command that was sent ends: by its time at
 * the latest, by what is told to the VMM, and never later because of the guest.
 *
 * Input: steps, each a number of what is done, then its arguments.
 */
#include "fuzz.h"
#include "../../../drivers/kvdev/device/vmmci_cmd.h"

/* What was promised of the command under way, computed apart. */
struct model {
	u32 op;
	bool acked;
	u64 last;		/* it is over then */
};

static void check_state(const struct kvdev_vmmci_cmd_state *s,
			const struct model *m)
{
	CHECK(s->shown < VMMCI_NR_OPS);
	CHECK(s->awaited == m->op);
	CHECK(!s->awaited == !s->deadline);
	CHECK(!s->awaited || s->deadline <= m->last);
	CHECK(!s->acked || s->awaited == VMMCI_SHUTDOWN ||
	      s->awaited == VMMCI_REBOOT);
}

static void over(struct model *m)
{
	m->op = VMMCI_NONE;
	m->acked = false;
}

static void do_send(struct kvdev_vmmci_cmd_state *s, struct model *m,
		    struct input *in, u64 now)
{
	u32 op = VMMCI_SHUTDOWN + take(in, 1) % 3;
	bool answers = take(in, 1) & 1;
	struct kvdev_vmmci_times t = {
		.now = now, .ack = take(in, 2) + 1, .stop = take(in, 2) + 1,
	};
	bool busy = m->op == VMMCI_SHUTDOWN || m->op == VMMCI_REBOOT;

	CHECK(kvdev_vmmci_send(s, op, answers, &t) == (busy ? -EBUSY : 0));
	if (busy)
		return;
	CHECK(s->shown == op);
	over(m);
	if (op == VMMCI_SYNCRTC && !answers)
		return;
	m->op = op;
	m->acked = !answers;
	m->last = now + (answers ? t.ack : 0) +
		  (op == VMMCI_SYNCRTC ? 0 : t.stop);
}

static void do_write(struct kvdev_vmmci_cmd_state *s, struct model *m,
		     struct input *in, u64 now)
{
	u32 offset = take(in, 1) & 1 ? take(in, 4) : take(in, 1) % 24;
	enum kvdev_vmmci_outcome outcome;
	u32 len = take(in, 1) % 9, op;
	u8 bytes[8];
	int ret;

	take_bytes(in, bytes, sizeof(bytes));
	ret = kvdev_vmmci_write(s, offset, bytes, len, &op);
	CHECK(ret == 1 || ret == 0 || ret == -EINVAL);
	CHECK(ret == -EINVAL || (u64)offset + len <= 4);
	if (ret != 1)
		return;
	ret = kvdev_vmmci_answer(s, op, now, &outcome);
	CHECK(ret == (op >= VMMCI_NR_OPS ||
		      (op == VMMCI_SYNCRTC && m->op != op) ? -EINVAL : 0));
	CHECK((outcome == VMMCI_ACKED) == (op && op == m->op && !m->acked));
	if (outcome != VMMCI_ACKED)
		return;
	m->acked = true;
	if (op == VMMCI_SYNCRTC)
		over(m);
}

static void do_expire(struct kvdev_vmmci_cmd_state *s, struct model *m, u64 now)
{
	enum kvdev_vmmci_outcome outcome;
	u32 op = 99;

	outcome = kvdev_vmmci_expire(s, now, &op);
	if (outcome == VMMCI_NOTHING) {
		CHECK(!m->op || now < m->last);
		return;
	}
	CHECK(op == m->op);
	CHECK(outcome == (m->acked ? VMMCI_STOP_TIMEOUT : VMMCI_ACK_TIMEOUT));
	CHECK(s->shown == VMMCI_NONE);
	over(m);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct kvdev_vmmci_cmd_state s = {};
	struct model m = {};
	u64 now = 1;

	while (in.size) {
		switch (take(&in, 1) % 6) {
		case 0:
			do_send(&s, &m, &in, now);
			break;
		case 1:
			do_write(&s, &m, &in, now);
			break;
		case 2:
			now += take(&in, 2);
			do_expire(&s, &m, now);
			break;
		case 3:
			CHECK((kvdev_vmmci_driver_reset(&s) == VMMCI_DONE) ==
			      (m.op == VMMCI_REBOOT));
			CHECK(s.shown == VMMCI_NONE);
			if (m.op != VMMCI_SHUTDOWN)
				over(&m);
			break;
		case 4:
			kvdev_vmmci_cancel(&s);
			over(&m);
			break;
		default:
			kvdev_vmmci_takes_time(take(&in, 4), take(&in, 4));
		}
		/* An answer later than it may be is found by the next look. */
		if (m.op && now >= m.last)
			do_expire(&s, &m, now);
		check_state(&s, &m);
	}
	return 0;
}
