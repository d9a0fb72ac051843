// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications that are put off, as a driver asked (virtio 1.3, 5.1.6.5.9).
 *
 * What is given back is shown to the driver at once, as ever. But only when a
 * notification is due it is asked whether it wants one: not if it has found what
 * it was shown by itself and suppresses them (2.7.7, 2.8.10). One that was put off
 * is sent by a timer, so it is never lost.
 *
 * The parameters are the driver's, and any is right: who asks to be notified in
 * an hour is, and it is his own packets that wait.
 */
#include <linux/hrtimer.h>

#include "compat/compat.h"
#include "compat/timer.h"
#include "core.h"

/* For all that the driver was shown: does it want an interrupt? */
static bool ask(struct kvdev_vq *vq)
{
	struct kvdev_coalescing *coal = &vq->coal;
	bool signal;

	coal->held = false;
	coal->asked_at = READ_ONCE(coal->packets);
	signal = kvdev_ring_wants_signal(&vq->ring);
	kvdev_vq_count_signal(vq, signal);
	return signal;
}

/**
 * kvdev_coalesce_publish() - let the driver see what was pushed, notify it later
 * @vq: puts notifications off; @used_lock is held
 * @now: not this one
 *
 * Half of the ring is reason enough, too: the other half is for the driver to go
 * on with.
 *
 * Context: any.
 * Return: true if the driver is to be interrupted now.
 */
bool kvdev_coalesce_publish(struct kvdev_vq *vq, bool now)
{
	struct kvdev_coalescing *coal = &vq->coal;
	bool any = vq->ring.pending;
	u16 shown = kvdev_ring_show(&vq->ring);

	lockdep_assert_held(&vq->used_lock);
	if (!any && !coal->held)
		return false;
	if (now || shown >= vq->ring.num / 2 ||
	    READ_ONCE(coal->packets) - coal->asked_at >= coal->max_packets)
		return ask(vq);
	if (any)
		vq->stats.signals_held++;
	if (!coal->held)
		hrtimer_start(&coal->timer,
			      ns_to_ktime((u64)coal->max_usecs * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_SOFT);
	coal->held = true;
	return false;
}

/* What was put off is due. */
static void notify_held(struct kvdev_vq *vq)
{
	unsigned long flags;
	bool signal;

	spin_lock_irqsave(&vq->used_lock, flags);
	signal = vq->coal.held && ask(vq);
	spin_unlock_irqrestore(&vq->used_lock, flags);
	if (signal)
		kvdev_signal_vq(vq);
}

static enum hrtimer_restart timer_fires(struct hrtimer *timer)
{
	notify_held(container_of(timer, struct kvdev_vq, coal.timer));
	return HRTIMER_NORESTART;
}

/**
 * kvdev_vq_coalesce() - put notifications off
 * @vq: it runs, or its type's vq_start is being called
 * @max_packets: notify the driver when it was given back so many, as
 *	kvdev_vq_add_packets() counts them
 * @max_usecs: or so long after the first of them. With either of the two 0 it is
 *	notified at once, as it is until this is called
 *
 * The driver sees at once what it was given back, and is asked whether it wants
 * the notification when that is due. It does not wait when half of its ring has
 * been given back, when what is left there does not suffice
 * (kvdev_vq_await_chains()), or when the queue stops.
 *
 * Context: the device's mutex is held.
 */
void kvdev_vq_coalesce(struct kvdev_vq *vq, u32 max_packets, u32 max_usecs)
{
	struct kvdev_coalescing *coal = &vq->coal;

	lockdep_assert_held(&vq->dev->mutex);
	/* One packet is reason enough. */
	if (!max_usecs || max_packets == 1)
		max_packets = 0;
	spin_lock_irq(&vq->used_lock);
	if (max_packets == coal->max_packets && max_usecs == coal->max_usecs) {
		spin_unlock_irq(&vq->used_lock);
		return;
	}
	coal->max_packets = max_packets;
	coal->max_usecs = max_usecs;
	/* Those before were not counted if none was put off. */
	coal->asked_at = READ_ONCE(coal->packets);
	spin_unlock_irq(&vq->used_lock);
	/* By the new rules it may be due, and it cannot be too early. */
	notify_held(vq);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_coalesce, KVDEV_NS);

/**
 * kvdev_vq_add_packets() - what was completed in this round
 * @vq: being served
 * @nr: packets
 *
 * Context: worker, before kvdev_vq_flush() or the end of the round.
 */
void kvdev_vq_add_packets(struct kvdev_vq *vq, u32 nr)
{
	lockdep_assert_held(&vq->mutex);
	WRITE_ONCE(vq->coal.packets, vq->coal.packets + nr);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_add_packets, KVDEV_NS);

/**
 * kvdev_coalesce_init() - none is put off
 * @vq: new
 */
void kvdev_coalesce_init(struct kvdev_vq *vq)
{
	hrtimer_setup(&vq->coal.timer, timer_fires, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}

/**
 * kvdev_coalesce_end() - send what was put off
 * @vq: nothing is completed any more, but the ring is still mapped
 */
void kvdev_coalesce_end(struct kvdev_vq *vq)
{
	hrtimer_cancel(&vq->coal.timer);
	notify_held(vq);
}
