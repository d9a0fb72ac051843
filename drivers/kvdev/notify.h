/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kicks come in by eventfds, interrupts go out to eventfds or to drivers in
 * this kernel.
 */
#ifndef KVDEV_NOTIFY_H
#define KVDEV_NOTIFY_H

#include <linux/interrupt.h>
#include <linux/poll.h>
#include <linux/types.h>
#include <linux/wait.h>

struct eventfd_ctx;

/**
 * struct kvdev_kick - an eventfd we listen to, normally a KVM ioeventfd
 * @ctx: the eventfd, NULL for none
 * @wait: our entry in its wait queue
 * @pt: only used to get @wait there
 * @fn: called with interrupts off and the wait queue locked; must not signal
 *	an eventfd. @count is what was written since the last call
 */
struct kvdev_kick {
	struct eventfd_ctx *ctx;
	wait_queue_entry_t wait;
	poll_table pt;
	void (*fn)(struct kvdev_kick *kick, u64 count);
};

/**
 * struct kvdev_target - who gets an interrupt
 * @ctx: eventfd, normally a KVM irqfd, or NULL
 * @owned: we have a reference of @ctx; of a binding that keeps it for us not
 * @fn: without @ctx: called as an interrupt handler is
 * @arg: argument of @fn
 */
struct kvdev_target {
	struct eventfd_ctx *ctx;
	bool owned;
	irqreturn_t (*fn)(void *arg);
	void *arg;
};

/**
 * struct kvdev_call_slot - a target, and who is sending an interrupt to it
 * @target: fixed while it is kvdev_call.slot, or @users is not zero
 * @users: how many look at @target; any context
 */
struct kvdev_call_slot {
	struct kvdev_target target;
	atomic_t users;
};

/**
 * struct kvdev_call - an interrupt we send
 * @slot: to whom, one of @slots; NULL: to nobody. Replaced while interrupts are
 *	sent, by guests that mask vectors many times a second: so without a
 *	grace period, which would cost the whole host
 * @slots: the present target and the next one, so that replacing cannot fail
 */
struct kvdev_call {
	struct kvdev_call_slot *slot;
	struct kvdev_call_slot slots[2];
};

int kvdev_kick_set(struct kvdev_kick *kick, int fd);
int kvdev_call_set(struct kvdev_call *call, int fd);
void kvdev_call_set_target(struct kvdev_call *call,
			   const struct kvdev_target *target);
bool kvdev_call_has_target(const struct kvdev_call *call);
bool kvdev_call_signal(struct kvdev_call *call);

#endif /* KVDEV_NOTIFY_H */
