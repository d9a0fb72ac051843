// SPDX-License-Identifier: GPL-2.0
#include <linux/poll.h>
#include <linux/timekeeping.h>
#include <linux/virtio_config.h>

#include "compat/compat.h"
#include "core.h"
#include "event.h"
#include "trace.h"

/**
 * kvdev_events_init() - nothing has happened so far
 * @events: of a new device
 */
void kvdev_events_init(struct kvdev_events *events)
{
	spin_lock_init(&events->lock);
	init_waitqueue_head(&events->wait);
}

/**
 * kvdev_event_post() - something happened
 * @dev: the device
 * @type: what
 * @value: see enum kvdev_event_type
 *
 * An event of this type that somebody has not read yet is replaced.
 *
 * Context: any but inside an eventfd's wake-up.
 */
void kvdev_event_post(struct kvdev_dev *dev, enum kvdev_event_type type,
		      u32 value)
{
	struct kvdev_events *events = &dev->events;
	struct kvdev_event *event = &events->last[type].event;
	unsigned long flags;

	spin_lock_irqsave(&events->lock, flags);
	event->size = sizeof(*event);
	event->type = type;
	event->value = value;
	event->count++;
	event->time_ns = ktime_get_ns();
	events->last[type].seq = ++events->seq;
	spin_unlock_irqrestore(&events->lock, flags);
	wake_up_interruptible_poll(&events->wait, EPOLLIN | EPOLLRDNORM);
}
EXPORT_SYMBOL_NS_GPL(kvdev_event_post, KVDEV_NS);

/**
 * kvdev_event_seq() - the position after all that has happened
 * @events: of a device
 *
 * Return: the position.
 */
u64 kvdev_event_seq(struct kvdev_events *events)
{
	unsigned long flags;
	u64 seq;

	spin_lock_irqsave(&events->lock, flags);
	seq = events->seq;
	spin_unlock_irqrestore(&events->lock, flags);
	return seq;
}

/**
 * kvdev_event_next() - the first event after a position
 * @events: of a device
 * @pos: the position; moves behind the event
 * @event: the event, NULL: only look whether there is one
 *
 * Return: whether there is one.
 */
bool kvdev_event_next(struct kvdev_events *events, u64 *pos,
		      struct kvdev_event *event)
{
	unsigned long flags;
	int type, first = 0;
	u64 seq = U64_MAX;

	spin_lock_irqsave(&events->lock, flags);
	for (type = 0; type < KVDEV_NR_EVENTS; type++) {
		if (events->last[type].seq > *pos &&
		    events->last[type].seq < seq) {
			seq = events->last[type].seq;
			first = type;
		}
	}
	if (first && event) {
		*event = events->last[first].event;
		*pos = seq;
	}
	spin_unlock_irqrestore(&events->lock, flags);
	return first;
}

/**
 * kvdev_dev_blame() - note what went wrong, for people who want to know
 * @dev: the device
 * @reason: static text; the last one is kept
 * @error: -errno
 *
 * Context: any.
 */
void kvdev_dev_blame(struct kvdev_dev *dev, const char *reason, int error)
{
	WRITE_ONCE(dev->trouble_errno, -error);
	WRITE_ONCE(dev->trouble, reason);
}

/**
 * kvdev_dev_give_up() - the device cannot go on
 * @dev: the device
 * @reason: static text, for people
 * @error: -errno
 *
 * virtio 1.3, 2.1.2: the bit, and a configuration change notification if the
 * driver is up.
 *
 * Context: any.
 */
void kvdev_dev_give_up(struct kvdev_dev *dev, const char *reason, int error)
{
	if (test_and_set_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags))
		return;
	kvdev_dev_blame(dev, reason, error);
	atomic64_inc(&dev->stats.needs_reset);
	trace_kvdev_needs_reset(dev->id, reason);
	kvdev_event_post(dev, KVDEV_EVENT_NEEDS_RESET, -error);
	/* Flag before status; test_and_set_bit() is a full barrier. */
	if (READ_ONCE(dev->regs.status) & VIRTIO_CONFIG_S_DRIVER_OK)
		kvdev_signal_config(dev);
}

/**
 * kvdev_dev_needs_reset() - the driver broke the protocol
 * @dev: the device
 * @reason: static text, for people
 *
 * Context: any.
 */
void kvdev_dev_needs_reset(struct kvdev_dev *dev, const char *reason)
{
	kvdev_dev_give_up(dev, reason, -EPROTO);
}
