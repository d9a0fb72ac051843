// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>

#include "compat/compat.h"
#include "notify.h"

static int kick_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync,
		       void *key)
{
	struct kvdev_kick *kick = container_of(wait, struct kvdev_kick, wait);
	u64 count;

	if (!(key_to_poll(key) & EPOLLIN))
		return 0;
	/* The wait queue's lock is the eventfd's: we may take the count. */
	eventfd_ctx_do_read(kick->ctx, &count);
	kick->fn(kick, count);
	return 0;
}

static void kick_attach(struct file *file, wait_queue_head_t *wqh,
			poll_table *pt)
{
	struct kvdev_kick *kick = container_of(pt, struct kvdev_kick, pt);

	add_wait_queue(wqh, &kick->wait);
}

static void kick_unset(struct kvdev_kick *kick)
{
	u64 count;

	if (!kick->ctx)
		return;
	/* Takes the wait queue's lock: no call is under way afterwards. */
	eventfd_ctx_remove_wait_queue(kick->ctx, &kick->wait, &count);
	eventfd_ctx_put(kick->ctx);
	kick->ctx = NULL;
}

/**
 * kvdev_kick_set() - listen to another eventfd
 * @kick: @fn is set; calls are serialised by the caller
 * @fd: eventfd, or -1 for none
 *
 * A count the eventfd already has is a kick. On error the old eventfd stays.
 *
 * Return: 0, or -EBADF or -EINVAL from looking up @fd.
 */
int kvdev_kick_set(struct kvdev_kick *kick, int fd)
{
	struct eventfd_ctx *ctx;
	struct file *file;

	if (fd == -1) {
		kick_unset(kick);
		return 0;
	}

	file = eventfd_fget(fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(ctx)) {
		fput(file);
		return PTR_ERR(ctx);
	}

	kick_unset(kick);
	kick->ctx = ctx;
	init_waitqueue_func_entry(&kick->wait, kick_wakeup);
	init_poll_funcptr(&kick->pt, kick_attach);
	if (vfs_poll(file, &kick->pt) & EPOLLIN)
		kick->fn(kick, 1);
	/* The context outlives the file: it has its own reference. */
	fput(file);
	return 0;
}

/* The present target, which stays what it is until call_put(); or NULL. */
static struct kvdev_call_slot *call_get(struct kvdev_call *call)
{
	struct kvdev_call_slot *slot;

	while ((slot = READ_ONCE(call->slot))) {
		atomic_inc(&slot->users);
		/*
		 * The count before the look. Pairs with the barrier in
		 * kvdev_call_set_target(): it sees the count, or we see that
		 * the slot is not the present one any more.
		 */
		smp_mb__after_atomic();
		/* Then it is filled in: pairs with the release there. */
		if (likely(smp_load_acquire(&call->slot) == slot))
			return slot;
		atomic_dec(&slot->users);
	}
	return NULL;
}

/* What was sent comes first; pairs with the acquire in kvdev_call_set_target(). */
static void call_put(struct kvdev_call_slot *slot)
{
	atomic_fetch_dec_release(&slot->users);
}

/**
 * kvdev_call_set_target() - interrupt somebody else from now on
 * @call: calls are serialised by the caller
 * @target: copied; NULL for nobody
 *
 * When this returns the old target is not interrupted any more.
 *
 * Context: may sleep, a moment.
 */
void kvdev_call_set_target(struct kvdev_call *call,
			   const struct kvdev_target *target)
{
	struct kvdev_call_slot *old = call->slot, *new = NULL;

	if (target) {
		new = old == &call->slots[0] ? &call->slots[1] :
					       &call->slots[0];
		new->target = *target;
	}
	/* Filled in before it is seen; pairs with the acquire in call_get(). */
	smp_store_release(&call->slot, new);
	if (!old)
		return;
	/* The slot before the count; pairs with the barrier in call_get(). */
	smp_mb();
	/* As long as it takes to signal an eventfd. */
	while (atomic_read_acquire(&old->users))
		usleep_range(5, 50);
	if (old->target.owned)
		eventfd_ctx_put(old->target.ctx);
}
EXPORT_SYMBOL_NS_GPL(kvdev_call_set_target, KVDEV_NS);

/**
 * kvdev_call_set() - signal another eventfd from now on
 * @call: calls are serialised by the caller
 * @fd: eventfd, or -1 for none
 *
 * When this returns the old eventfd is not signalled any more.
 *
 * Return: 0, or -EBADF or -EINVAL from looking up @fd.
 */
int kvdev_call_set(struct kvdev_call *call, int fd)
{
	struct kvdev_target target = { .owned = true };

	if (fd == -1) {
		kvdev_call_set_target(call, NULL);
		return 0;
	}
	target.ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(target.ctx))
		return PTR_ERR(target.ctx);
	kvdev_call_set_target(call, &target);
	return 0;
}

/**
 * kvdev_call_has_target() - would an interrupt go anywhere?
 * @call: of a device
 *
 * Return: whether there is a target now.
 */
bool kvdev_call_has_target(const struct kvdev_call *call)
{
	return READ_ONCE(call->slot);
}

/* Drivers expect to be interrupted, with what that means for softirqs. */
static void call_driver(const struct kvdev_target *target)
{
	bool task = in_task() && !irqs_disabled();

	if (task)
		local_bh_disable();
	target->fn(target->arg);
	if (task)
		local_bh_enable();
}

/**
 * kvdev_call_signal() - send the interrupt
 * @call: may have no target
 *
 * Context: any but from inside an eventfd's wake-up.
 * Return: whether there is a target.
 */
bool kvdev_call_signal(struct kvdev_call *call)
{
	struct kvdev_call_slot *slot = call_get(call);

	if (!slot)
		return false;
	if (slot->target.ctx)
		eventfd_signal(slot->target.ctx);
	else
		call_driver(&slot->target);
	call_put(slot);
	return true;
}
