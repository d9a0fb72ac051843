/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads of a device for what may wait long: for a store to flush, to give
 * back space, to read what is not in the page cache.
 *
 * They are of the same kind as the device's workers. Those of a VMM are its own
 * threads: time, memory and I/O count for its cgroups. For a driver in this
 * kernel it is a work queue, which memory reclaim may depend on.
 */
#ifndef KVDEV_POOL_H
#define KVDEV_POOL_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "worker.h"

struct pool_thread;
struct workqueue_struct;

/**
 * struct kvdev_pool_queue - what waits for the same thing: a store
 * @node: in kvdev_pool.ready while there is something that may begin
 * @items: what has not begun
 * @running: what has
 * @users: the owner, and all threads that have something from here
 * @unused: completed when there is none
 *
 * A store that never answers keeps some of the threads and not all.
 */
struct kvdev_pool_queue {
	struct list_head node;
	struct list_head items;
	unsigned int running;
	refcount_t users;
	struct completion unused;
};

/**
 * struct kvdev_pool_item - something to do
 * @node: in kvdev_pool_queue.items until it begins
 * @queue: of the store it waits for
 * @fn: does it, in a thread of the pool; or is told why that cannot be, in any
 *	context: -EINTR, the owner was killed
 */
struct kvdev_pool_item {
	struct list_head node;
	struct kvdev_pool_queue *queue;
	void (*fn)(struct kvdev_pool_item *item, int error);
};

/**
 * struct kvdev_pool - threads
 * @lock: covers the lists, the numbers and kvdev_pool_queue; any context
 * @ready: queues that have something that may begin
 * @idle: threads that wait
 * @threads: all threads
 * @nr: number of @threads
 * @nr_free: how many of them have nothing to do
 * @dead: the owner was killed; nothing begins any more
 * @wq: the threads, if they are the kernel's
 * @name: of the threads
 */
struct kvdev_pool {
	spinlock_t lock;	/* the rest, and kvdev_pool_queue */
	struct list_head ready;
	struct list_head idle;
	struct list_head threads;
	unsigned int nr;
	unsigned int nr_free;
	bool dead;
	struct workqueue_struct *wq;
	char name[TASK_COMM_LEN];
};

int kvdev_pool_start(struct kvdev_pool *pool, enum kvdev_worker_kind kind,
		     unsigned int id);
void kvdev_pool_stop(struct kvdev_pool *pool);
void kvdev_pool_add(struct kvdev_pool *pool, struct kvdev_pool_queue *queue,
		    struct kvdev_pool_item *item);
void kvdev_pool_queue_init(struct kvdev_pool_queue *queue);
void kvdev_pool_queue_exit(struct kvdev_pool_queue *queue);

#endif /* KVDEV_POOL_H */
