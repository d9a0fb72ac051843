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
struct kvdev_mem_table;

/**
 * struct kvdev_vdpa - one of our devices on the vDPA bus
 * @vdpa: what the bus knows
 * @dev: the device, referenced and claimed
 * @map_mutex: covers the next three; the bus calls with mmap_lock held, so
 *	nothing that could fault is waited for under it
 * @bound: a process is the owner
 * @map: memory as the process mapped it, NULL: none
 * @map_seq: changes of @map
 * @map_applied: change the device knows of; kvdev_dev.mutex
 * @map_wait: woken when @map_applied moves
 * @map_work: gives @map to the device
 */
struct kvdev_vdpa {
	struct vdpa_device vdpa;
	struct kvdev_dev *dev;
	struct mutex map_mutex;	/* the mapping */
	bool bound;
	struct kvdev_mem_table *map;
	unsigned long map_seq;
	unsigned long map_applied;
	wait_queue_head_t map_wait;
	struct work_struct map_work;
};

/* For map_work. */
extern struct workqueue_struct *kvdev_vdpa_wq;

void kvdev_vdpa_map_init(struct kvdev_vdpa *v);

extern const struct vdpa_config_ops kvdev_vdpa_ops;

#endif /* KVDEV_VDPA_H */
