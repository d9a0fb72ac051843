/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands of OpenBSD's VMM control interface, and how far the one under
 * way is. Pure: time comes as an argument, what is to be reported is returned.
 *
 *	idle --send--> sent --answer--> acked --reset (REBOOT)--> idle
 *	                 |                 |
 *	                 +--no time left---+--> idle, and the command is taken back
 *
 * SYNCRTC is over with its answer. A driver that gives no answers is not waited
 * for: what is sent to it is acked at once.
 */
#ifndef KVDEV_VMMCI_CMD_H
#define KVDEV_VMMCI_CMD_H

#include "../pure.h"

/* What host and guest write into the command field. */
enum kvdev_vmmci_op {
	VMMCI_NONE,
	VMMCI_SHUTDOWN,
	VMMCI_REBOOT,
	VMMCI_SYNCRTC,
	VMMCI_NR_OPS
};

/**
 * struct kvdev_vmmci_config - configuration space
 * @command: enum kvdev_vmmci_op
 * @time_sec: seconds since 1970; reading its first byte takes the time
 * @time_usec: microseconds of it
 */
struct kvdev_vmmci_config {
	__le32 command;
	__le64 time_sec;
	__le64 time_usec;
} __packed;

/* What came of something the guest or the clock did. */
enum kvdev_vmmci_outcome {
	VMMCI_NOTHING,
	VMMCI_ACKED,		/* it took the command */
	VMMCI_DONE,		/* it reset the device for the reboot */
	VMMCI_GUEST_SHUTDOWN,	/* it says it shuts down */
	VMMCI_GUEST_REBOOT,	/* it says it reboots */
	VMMCI_ACK_TIMEOUT,	/* it did not take the command */
	VMMCI_STOP_TIMEOUT,	/* it did not do what it took */
};

/**
 * struct kvdev_vmmci_cmd_state - the command under way
 * @shown: what the command field reads as
 * @awaited: command the clock is for; VMMCI_NONE: none
 * @acked: @awaited was answered
 * @deadline: when @awaited must have come a step further, in ns; 0: no clock
 * @stop_ns: time for what comes after the answer, in ns
 * @written: bytes of a command the driver writes piece by piece
 */
struct kvdev_vmmci_cmd_state {
	u32 shown;
	u32 awaited;
	bool acked;
	u64 deadline;
	u64 stop_ns;
	u8 written[sizeof(__le32)];
};

/**
 * struct kvdev_vmmci_times - how long a guest has, in ns
 * @now: the time
 * @ack: to answer
 * @stop: from then on to shut down or reboot
 */
struct kvdev_vmmci_times {
	u64 now;
	u64 ack;
	u64 stop;
};

int kvdev_vmmci_send(struct kvdev_vmmci_cmd_state *s, u32 op, bool answers,
		     const struct kvdev_vmmci_times *times);
void kvdev_vmmci_cancel(struct kvdev_vmmci_cmd_state *s);
int kvdev_vmmci_write(struct kvdev_vmmci_cmd_state *s, u32 offset,
		      const u8 *bytes, u32 len, u32 *op);
int kvdev_vmmci_answer(struct kvdev_vmmci_cmd_state *s, u32 op, u64 now,
		       enum kvdev_vmmci_outcome *outcome);
enum kvdev_vmmci_outcome
kvdev_vmmci_driver_reset(struct kvdev_vmmci_cmd_state *s);
enum kvdev_vmmci_outcome kvdev_vmmci_expire(struct kvdev_vmmci_cmd_state *s,
					    u64 now, u32 *op);
bool kvdev_vmmci_takes_time(u32 offset, u32 len);

#endif /* KVDEV_VMMCI_CMD_H */
