/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a device has to tell whoever has a file of it, see struct kvdev_event.
 *
 * Of each type the last one is kept: what a guest does as often as it likes
 * neither needs memory nor covers what else there is to tell. Every reader has a
 * position of his own.
 */
#ifndef KVDEV_EVENT_H
#define KVDEV_EVENT_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <uapi/linux/kvdev.h>

struct kvdev_dev;

#define KVDEV_NR_EVENTS	(KVDEV_EVENT_SCSI_TRAY + 1)

/**
 * struct kvdev_events - of a device
 * @lock: covers the rest; any context
 * @wait: woken by each event
 * @seq: number of the last event, 0: none so far
 * @last: the last one of each type
 */
struct kvdev_events {
	spinlock_t lock;	/* all but @wait; any context */
	wait_queue_head_t wait;
	u64 seq;
	struct {
		u64 seq;
		struct kvdev_event event;
	} last[KVDEV_NR_EVENTS];
};

void kvdev_events_init(struct kvdev_events *events);
void kvdev_event_post(struct kvdev_dev *dev, enum kvdev_event_type type,
		      u32 value);
u64 kvdev_event_seq(struct kvdev_events *events);
bool kvdev_event_next(struct kvdev_events *events, u64 *pos,
		      struct kvdev_event *event);

#endif /* KVDEV_EVENT_H */
