/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kvdev device on the vDPA bus.
 */
#ifndef KVDEV_VDPA_H
#define KVDEV_VDPA_H

#include <linux/mutex.h>
#include <linux/vdpa.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct kvdev_dev;

/**
 * struct kvdev_vdpa - one of our devices on the vDPA bus
 * @vdpa: what the bus knows
 * @dev: the device, referenced and claimed
 * @map_mutex: covers the next two, and changes of a process' memory. The bus
 *	calls with mmap_lock held, so nothing that could fault is waited for
 *	under it
 * @bound: a process is the owner
 * @unmaps: times memory was taken away
 * @synced: @unmaps, as of when no worker used older memory
 * @sync_wait: woken when @synced moves
 * @sync_work: waits for the workers
 */
struct kvdev_vdpa {
	struct vdpa_device vdpa;
	struct kvdev_dev *dev;
	struct mutex map_mutex;	/* the mapping */
	bool bound;
	unsigned long unmaps;
	unsigned long synced;
	wait_queue_head_t sync_wait;
	struct work_struct sync_work;
};

/* For sync_work. */
extern struct workqueue_struct *kvdev_vdpa_wq;

void kvdev_vdpa_map_init(struct kvdev_vdpa *v);

extern const struct vdpa_config_ops kvdev_vdpa_ops;

#endif /* KVDEV_VDPA_H */
