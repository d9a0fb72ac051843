// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the VMM control interface, see vmmci_cmd.h.
 */
#include "vmmci_cmd.h"

static void stop_clock(struct kvdev_vmmci_cmd_state *s)
{
	s->awaited = VMMCI_NONE;
	s->acked = false;
	s->deadline = 0;
}

/**
 * kvdev_vmmci_cancel - take back what was sent
 * @s: state
 */
void kvdev_vmmci_cancel(struct kvdev_vmmci_cmd_state *s)
{
	stop_clock(s);
	s->shown = VMMCI_NONE;
}

/**
 * kvdev_vmmci_send - show the driver a command
 * @s: state
 * @op: command, but for VMMCI_NONE
 * @answers: the driver negotiated to answer
 * @times: now, and how long the guest has; each below 2^62
 *
 * Only a SYNCRTC gives way to another command: of the others one at a time is
 * enough for any guest.
 *
 * Return: 0, or -EBUSY.
 */
int kvdev_vmmci_send(struct kvdev_vmmci_cmd_state *s, u32 op, bool answers,
		     const struct kvdev_vmmci_times *times)
{
	if (s->awaited != VMMCI_NONE && s->awaited != VMMCI_SYNCRTC)
		return -EBUSY;
	stop_clock(s);
	s->shown = op;
	s->stop_ns = times->stop;
	if (answers) {
		s->awaited = op;
		s->deadline = times->now + times->ack;
	} else if (op != VMMCI_SYNCRTC) {
		s->awaited = op;
		s->acked = true;
		s->deadline = times->now + times->stop;
	}
	return 0;
}

/**
 * kvdev_vmmci_write - the driver writes bytes of the configuration
 * @s: state
 * @offset: in the configuration
 * @bytes: what it writes
 * @len: number of @bytes
 * @op: the command it wrote, if it is complete
 *
 * Legacy drivers write the field byte by byte, so a value is complete with its
 * last byte.
 *
 * Return: 1 with @op, 0 while bytes are missing, -EINVAL outside of the field.
 */
int kvdev_vmmci_write(struct kvdev_vmmci_cmd_state *s, u32 offset,
		      const u8 *bytes, u32 len, u32 *op)
{
	u32 i, end;

	if (check_add_overflow(offset, len, &end) || end > sizeof(s->written))
		return -EINVAL;
	for (i = 0; i < len; i++)
		s->written[array_index_nospec(offset + i, sizeof(s->written))] =
			bytes[i];
	if (!len || end < sizeof(s->written))
		return 0;

	*op = s->written[0] | s->written[1] << 8 | s->written[2] << 16 |
	      (u32)s->written[3] << 24;
	memset(s->written, 0, sizeof(s->written));
	return 1;
}

static void take_answer(struct kvdev_vmmci_cmd_state *s, u64 now)
{
	if (s->awaited == VMMCI_SYNCRTC) {
		kvdev_vmmci_cancel(s);
		return;
	}
	s->acked = true;
	/* Whoever is late has no more time for it. */
	s->deadline = min(now, s->deadline) + s->stop_ns;
}

/**
 * kvdev_vmmci_answer - the driver wrote a command
 * @s: state
 * @op: what it wrote
 * @now: time in ns
 * @outcome: what that means
 *
 * The same value as was sent is the answer. A driver that is interrupted again
 * repeats it: that means nothing, and does not start the clock anew. All other
 * shutdowns and reboots are the guest's own.
 *
 * Return: 0, or -EINVAL for what it cannot say.
 */
int kvdev_vmmci_answer(struct kvdev_vmmci_cmd_state *s, u32 op, u64 now,
		       enum kvdev_vmmci_outcome *outcome)
{
	*outcome = VMMCI_NOTHING;
	if (op == VMMCI_NONE)
		return 0;
	if (op >= VMMCI_NR_OPS)
		return -EINVAL;
	if (op == s->awaited) {
		if (s->acked)
			return 0;
		take_answer(s, now);
		*outcome = VMMCI_ACKED;
		return 0;
	}
	if (op == VMMCI_SYNCRTC)
		return -EINVAL;
	*outcome = op == VMMCI_SHUTDOWN ? VMMCI_GUEST_SHUTDOWN :
					  VMMCI_GUEST_REBOOT;
	return 0;
}

/**
 * kvdev_vmmci_driver_reset - the device is reset
 * @s: state
 *
 * A new driver finds no command. For a reboot that is the end, and SYNCRTC has
 * lost its addressee; but a guest that was told to shut down is not rid of it
 * by a reset.
 *
 * Return: what came of the command.
 */
enum kvdev_vmmci_outcome
kvdev_vmmci_driver_reset(struct kvdev_vmmci_cmd_state *s)
{
	bool done = s->awaited == VMMCI_REBOOT;

	s->shown = VMMCI_NONE;
	memset(s->written, 0, sizeof(s->written));
	if (s->awaited != VMMCI_SHUTDOWN)
		stop_clock(s);
	return done ? VMMCI_DONE : VMMCI_NOTHING;
}

/**
 * kvdev_vmmci_expire - look at the clock
 * @s: state
 * @now: time in ns
 * @op: the command that is given up, if one is
 *
 * Return: VMMCI_NOTHING while there is time, or what the guest did not do.
 */
enum kvdev_vmmci_outcome kvdev_vmmci_expire(struct kvdev_vmmci_cmd_state *s,
					    u64 now, u32 *op)
{
	bool acked = s->acked;

	if (!s->deadline || now < s->deadline)
		return VMMCI_NOTHING;
	*op = s->awaited;
	kvdev_vmmci_cancel(s);
	return acked ? VMMCI_STOP_TIMEOUT : VMMCI_ACK_TIMEOUT;
}

/**
 * kvdev_vmmci_takes_time - does reading this take the time anew?
 * @offset: in the configuration
 * @len: bytes read
 *
 * What is read of the time afterwards, in pieces of any size, is of the moment
 * when its first byte was read.
 *
 * Return: whether it does.
 */
bool kvdev_vmmci_takes_time(u32 offset, u32 len)
{
	u32 first = offsetof(struct kvdev_vmmci_config, time_sec);

	return offset <= first && len > first - offset;
}
