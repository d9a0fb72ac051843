/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Execution context: a thread that runs work items one after the other.
 */
#ifndef KVDEV_WORKER_H
#define KVDEV_WORKER_H

#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/types.h>

struct cpumask;
struct task_struct;
struct vhost_task;

/**
 * struct kvdev_work - something to do in a worker
 * @node: on the worker's list while queued
 * @flags: bit 0: queued
 * @fn: called in the worker's context, may sleep, must not run for long
 *	without looking at kvdev_worker_should_stop()
 */
struct kvdev_work {
	struct llist_node node;
	unsigned long flags;
	void (*fn)(struct kvdev_work *work);
};

/**
 * enum kvdev_worker_kind - whose thread it is
 * @KVDEV_WORKER_OWNER: the calling process': its address space, cgroups and
 *	limits, and it dies with it
 * @KVDEV_WORKER_KERNEL: the kernel's, for drivers in the kernel
 */
enum kvdev_worker_kind {
	KVDEV_WORKER_OWNER,
	KVDEV_WORKER_KERNEL,
};

/**
 * struct kvdev_worker - a thread
 * @wake: wakes the thread; NULL: there is none, or none any more
 * @task: the thread, if it is the owner's
 * @kthread: the thread, if it is the kernel's
 * @list: queued work, newest first
 * @rest: there is more behind the present work; the thread's own
 * @killed: the owner was killed, the thread is gone; queued work never runs
 */
struct kvdev_worker {
	void (*wake)(struct kvdev_worker *worker);
	struct vhost_task *task;
	struct task_struct *kthread;
	struct llist_head list;
	bool rest;
	bool killed;
};

/* Of a kernel thread that serves a disk */
#define KVDEV_RECLAIM_FLAGS	(PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE)

/*
 * What loop does: what is written here may be what memory is freed by. So getting
 * memory does not wait for I/O, and writing to the page cache only for pages of
 * the same disk. Until kvdev_reclaim_leave(), which gets what this returns.
 */
static inline unsigned int kvdev_reclaim_enter(void)
{
	unsigned int flags = current->flags;

	current->flags |= KVDEV_RECLAIM_FLAGS;
	return flags;
}

static inline void kvdev_reclaim_leave(unsigned int flags)
{
	current_restore_flags(flags, KVDEV_RECLAIM_FLAGS);
}

int kvdev_worker_start(struct kvdev_worker *worker,
		       enum kvdev_worker_kind kind, const char *name);
void kvdev_worker_stop(struct kvdev_worker *worker);
void kvdev_worker_queue(struct kvdev_worker *worker, struct kvdev_work *work);
bool kvdev_worker_has_work(const struct kvdev_worker *worker);
bool kvdev_worker_should_stop(void);
int kvdev_worker_set_affinity(struct kvdev_worker *worker,
			      const struct cpumask *mask);

#endif /* KVDEV_WORKER_H */
