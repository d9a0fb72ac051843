// SPDX-License-Identifier: GPL-2.0
#include "device.h"
#include "inflight.h"

/**
 * kvdev_inflight_sub() - a request has ended
 * @inflight: of the device
 * @vq: a queue of it, with a request that is not given back yet
 * @bytes: of the request
 *
 * Context: any.
 */
void kvdev_inflight_sub(struct kvdev_inflight *inflight, struct kvdev_vq *vq,
			u32 bytes)
{
	struct kvdev_dev *dev = kvdev_vq_dev(vq);
	unsigned long i;

	/* A full barrier, which pairs with the one in kvdev_inflight_full(). */
	if (atomic_long_sub_return(bytes, &inflight->bytes) >=
	    KVDEV_INFLIGHT_MAX)
		return;
	for_each_set_bit(i, inflight->full, KVDEV_MAX_QUEUES)
		if (test_and_clear_bit(i, inflight->full))
			kvdev_vq_wake(kvdev_dev_vq(dev, i));
}

/**
 * kvdev_inflight_full() - is too much in flight?
 * @inflight: of the device
 * @vq: being served
 *
 * Context: worker.
 * Return: true: take no more; the queue is parked, and woken when that has
 * changed.
 */
bool kvdev_inflight_full(struct kvdev_inflight *inflight, struct kvdev_vq *vq)
{
	u16 index = kvdev_vq_index(vq);

	if (likely(atomic_long_read(&inflight->bytes) < KVDEV_INFLIGHT_MAX))
		return false;
	set_bit(index, inflight->full);
	smp_mb__after_atomic();	/* pairs with kvdev_inflight_sub() */
	if (atomic_long_read(&inflight->bytes) < KVDEV_INFLIGHT_MAX) {
		clear_bit(index, inflight->full);
		return false;
	}
	kvdev_vq_park(vq);
	return true;
}
