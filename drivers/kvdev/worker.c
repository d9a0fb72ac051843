// SPDX-License-Identifier: GPL-2.0
/*
 * Workers of a VMM are vhost tasks: threads of the process that called
 * VHOST_SET_OWNER. They run with its address space, are accounted to its
 * cgroups and limits, show up among its threads and die with it. For a driver
 * in this kernel there is no such process; its workers are kernel threads.
 */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/vhost_task.h>

#include "compat/compat.h"
#include "worker.h"

#define WORK_QUEUED	0

/*
 * One round of the thread; the caller has set TASK_INTERRUPTIBLE, so that a
 * wake-up after the look at the list is not lost. False: nothing to do.
 */
static bool worker_run(void *data)
{
	struct kvdev_worker *worker = data;
	struct kvdev_work *work, *next;
	struct llist_node *list;

	list = llist_del_all(&worker->list);
	if (!list)
		return false;
	__set_current_state(TASK_RUNNING);

	list = llist_reverse_order(list);
	llist_for_each_entry_safe(work, next, list, node) {
		worker->rest = work->node.next;
		clear_bit(WORK_QUEUED, &work->flags);
		/* Before fn looks for work: what comes later queues again. */
		smp_mb__after_atomic();
		work->fn(work);
		cond_resched();
	}
	return true;
}

/* The owner got SIGKILL or called exec: the thread ends on its own. */
static void worker_killed(void *data)
{
	struct kvdev_worker *worker = data;

	WRITE_ONCE(worker->killed, true);
	smp_mb();	/* pairs with kvdev_worker_start() */
	/*
	 * The task ends, and not every kernel's vhost_task keeps it. Whoever has
	 * seen this wakes it inside an RCU read-side section, which a task that
	 * ends outlives.
	 */
	WRITE_ONCE(worker->wake, NULL);
}

static int worker_kthread(void *data)
{
	kvdev_reclaim_enter();
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (!worker_run(data))
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void wake_owner(struct kvdev_worker *worker)
{
	vhost_task_wake(worker->task);
}

static void wake_kernel(struct kvdev_worker *worker)
{
	wake_up_process(worker->kthread);
}

static int start_owner(struct kvdev_worker *worker, const char *name)
{
	struct vhost_task *task;

	task = vhost_task_create(worker_run, worker_killed, worker, name);
	/* 6.12 before .20 says NULL. */
	if (IS_ERR_OR_NULL(task))
		return task ? PTR_ERR(task) : -ENOMEM;
	worker->task = task;
	vhost_task_start(task);
	return 0;
}

static int start_kernel(struct kvdev_worker *worker, const char *name)
{
	struct task_struct *task;

	task = kthread_run(worker_kthread, worker, "%s", name);
	if (IS_ERR(task))
		return PTR_ERR(task);
	/* The thread may end when the module goes; keep it for the wake-ups. */
	worker->kthread = get_task_struct(task);
	return 0;
}

/**
 * kvdev_worker_start() - create the thread
 * @worker: zeroed or stopped
 * @kind: whose
 * @name: of the thread
 *
 * Context: the owner process if @kind is KVDEV_WORKER_OWNER.
 * Return: 0 or a negative errno.
 */
int kvdev_worker_start(struct kvdev_worker *worker,
		       enum kvdev_worker_kind kind, const char *name)
{
	bool owner = kind == KVDEV_WORKER_OWNER;
	int ret;

	init_llist_head(&worker->list);
	worker->killed = false;

	ret = owner ? start_owner(worker, name) : start_kernel(worker, name);
	if (ret)
		return ret;
	/* Kicks look at it without a lock and then use the thread. */
	smp_store_release(&worker->wake, owner ? wake_owner : wake_kernel);
	/* The owner may have been killed before. Pairs with worker_killed(). */
	smp_mb();
	if (READ_ONCE(worker->killed))
		WRITE_ONCE(worker->wake, NULL);
	return 0;
}

/**
 * kvdev_worker_stop() - end the thread
 * @worker: nothing queues work any more; queued work is dropped
 */
void kvdev_worker_stop(struct kvdev_worker *worker)
{
	struct kvdev_work *work, *next;
	struct llist_node *list;

	if (!worker->task && !worker->kthread)
		return;
	WRITE_ONCE(worker->wake, NULL);
	if (worker->task)
		vhost_task_stop(worker->task);
	worker->task = NULL;
	if (worker->kthread) {
		kthread_stop(worker->kthread);
		put_task_struct(worker->kthread);
	}
	worker->kthread = NULL;

	list = llist_del_all(&worker->list);
	llist_for_each_entry_safe(work, next, list, node)
		clear_bit(WORK_QUEUED, &work->flags);
}

/**
 * kvdev_worker_queue() - have work done
 * @worker: started, or not (nothing happens)
 * @work: what to do; queued at most once
 *
 * Context: any, also with interrupts off.
 */
void kvdev_worker_queue(struct kvdev_worker *worker, struct kvdev_work *work)
{
	void (*wake)(struct kvdev_worker *worker);

	rcu_read_lock();
	/* Pairs with the release in kvdev_worker_start(). */
	wake = smp_load_acquire(&worker->wake);
	if (wake && !test_and_set_bit(WORK_QUEUED, &work->flags)) {
		llist_add(&work->node, &worker->list);
		wake(worker);
	}
	rcu_read_unlock();
}

/**
 * kvdev_worker_has_work() - is there more to do after this?
 * @worker: the present one
 *
 * Context: worker.
 * Return: whether there is.
 */
bool kvdev_worker_has_work(const struct kvdev_worker *worker)
{
	return worker->rest || !llist_empty(&worker->list);
}

/**
 * kvdev_worker_should_stop() - is something waiting for this worker to end?
 *
 * Context: worker.
 * Return: whether something is.
 */
bool kvdev_worker_should_stop(void)
{
	if (current->flags & PF_KTHREAD)
		return kthread_should_stop();
	return signal_pending(current);
}

/**
 * kvdev_worker_set_affinity() - where a thread runs
 * @worker: the thread
 * @mask: allowed CPUs, NULL: all
 *
 * The owner sets the affinity of its threads itself.
 *
 * Return: 0; -EOPNOTSUPP if it is not the kernel's; -EINVAL for no usable CPU.
 */
int kvdev_worker_set_affinity(struct kvdev_worker *worker,
			      const struct cpumask *mask)
{
	if (!worker->kthread)
		return -EOPNOTSUPP;
	return set_cpus_allowed_ptr(worker->kthread,
				    mask ?: cpu_possible_mask);
}
EXPORT_SYMBOL_NS_GPL(kvdev_worker_set_affinity, KVDEV_NS);
