// SPDX-License-Identifier: GPL-2.0
/*
 * Event queue of the SCSI host device (virtio 1.3, 5.6.6.3): tells the driver
 * what happened to logical units without its doing.
 */
#include "dev.h"

/**
 * vscsi_event() - have the driver told
 * @scsi: the device
 * @type: VIRTIO_SCSI_T_*
 * @target: of the logical unit
 * @lun: of the logical unit
 * @reason: as @type wants it
 *
 * Without a driver that listens nothing happens: a new one asks for all there
 * is anyway.
 *
 * Context: process.
 */
void vscsi_event(struct vscsi *scsi, u32 type, u8 target, u16 lun, u32 reason)
{
	struct virtio_scsi_event event = {
		.event = __cpu_to_virtio32(true, type),
		.lun = { 1, target },
		.reason = __cpu_to_virtio32(true, reason),
	};
	u8 address[KVDEV_SCSI_LUN_BYTES];

	/* As REPORT LUNS says it: drivers compare the two. */
	kvdev_scsi_lun_entry(lun, address);
	memcpy(event.lun + 2, address, 2);

	spin_lock(&scsi->event_lock);
	if (scsi->event_vq) {
		if (!kfifo_put(&scsi->events, event))
			scsi->events_missed = true;
		kvdev_vq_wake(scsi->event_vq);
	}
	spin_unlock(&scsi->event_lock);
}

/* The next event; false: there is none. */
static bool event_take(struct vscsi *scsi, struct virtio_scsi_event *event)
{
	bool found;

	spin_lock(&scsi->event_lock);
	found = kfifo_get(&scsi->events, event);
	/*
	 * virtio 1.3, 5.6.6.3.2: the flag goes with the next event. Events are
	 * missed only while others wait, so there is a next one.
	 */
	if (found && scsi->events_missed) {
		event->event |= __cpu_to_virtio32(true,
						  VIRTIO_SCSI_T_EVENTS_MISSED);
		scsi->events_missed = false;
	}
	spin_unlock(&scsi->event_lock);
	return found;
}

/* Serve one buffer. Returns NULL, or what the driver did wrong. */
static const char *event_serve(struct kvdev_vq *vq,
			       struct kvdev_vq_chain *chain,
			       const struct virtio_scsi_event *event)
{
	size_t size = sizeof(*event);

	if (copy_to_iter(event, size, &chain->writable) != size)
		return "buffer for an event is not accessible";
	kvdev_vq_pop(vq, chain);
	kvdev_vq_account(vq, 0, size, false);
	kvdev_vq_complete(vq, chain->id, size);
	return NULL;
}

/* Before an event is taken for it: a buffer that cannot hold it. */
static const char *event_check(const struct kvdev_vq_chain *chain)
{
	if (iov_iter_count(&chain->readable))
		return "buffer for an event with device-readable bytes";
	if (iov_iter_count(&chain->writable) < sizeof(struct virtio_scsi_event))
		return "buffer for an event is too short";
	return NULL;
}

bool vscsi_event_serve(struct kvdev_vq *vq)
{
	struct vscsi *scsi = kvdev_dev_priv(kvdev_vq_dev(vq));
	struct virtio_scsi_event event;
	struct kvdev_vq_chain chain;
	const char *reason;

	while (!kvdev_vq_should_stop(vq)) {
		/* Events without a buffer wait, too: there will be a kick. */
		if (kvdev_vq_peek(vq, &chain) != 1)
			return false;
		reason = event_check(&chain);
		if (!reason) {
			if (!event_take(scsi, &event)) {
				kvdev_vq_park(vq);
				return false;
			}
			reason = event_serve(vq, &chain, &event);
		}
		if (reason) {
			kvdev_vq_violation(vq, reason);
			return false;
		}
	}
	return true;
}

int vscsi_event_start(struct kvdev_vq *vq)
{
	struct vscsi *scsi = kvdev_dev_priv(kvdev_vq_dev(vq));

	spin_lock(&scsi->event_lock);
	kfifo_reset(&scsi->events);
	scsi->events_missed = false;
	scsi->event_vq = vq;
	spin_unlock(&scsi->event_lock);
	return 0;
}

void vscsi_event_stop(struct kvdev_vq *vq)
{
	struct vscsi *scsi = kvdev_dev_priv(kvdev_vq_dev(vq));

	spin_lock(&scsi->event_lock);
	scsi->event_vq = NULL;
	spin_unlock(&scsi->event_lock);
}
