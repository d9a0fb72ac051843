/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes of a device's requests in flight, beyond which no more are taken: who
 * stops the device waits for them, and they pin the guest's memory.
 */
#ifndef KVDEV_INFLIGHT_H
#define KVDEV_INFLIGHT_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/sizes.h>
#include <uapi/linux/kvdev.h>

struct kvdev_vq;

/* Enough to keep the fastest disk busy. */
#define KVDEV_INFLIGHT_MAX	SZ_128M

/**
 * struct kvdev_inflight - what is in flight, all 0 at first
 * @bytes: how much
 * @full: queues that wait until it is less
 *
 * Any context.
 */
struct kvdev_inflight {
	atomic_long_t bytes;
	DECLARE_BITMAP(full, KVDEV_MAX_QUEUES);
};

static inline void kvdev_inflight_add(struct kvdev_inflight *inflight,
				      u32 bytes)
{
	atomic_long_add(bytes, &inflight->bytes);
}

void kvdev_inflight_sub(struct kvdev_inflight *inflight, struct kvdev_vq *vq,
			u32 bytes);
bool kvdev_inflight_full(struct kvdev_inflight *inflight, struct kvdev_vq *vq);

#endif /* KVDEV_INFLIGHT_H */
