// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that may wait for stores. Threads of an owner begin with one, and
 * whenever the last that has nothing to do gets something it first starts
 * another: so there is one to spare, up to a limit.
 */
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/sched/vhost_task.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "pool.h"

/*
 * Enough to keep a disk busy; limits because each thread is memory of the owner,
 * and a file may be one (FUSE) that never answers.
 */
#define POOL_THREADS	32
#define POOL_EACH	16	/* for the same store */

/**
 * struct pool_thread - a thread of a pool
 * @pool: which
 * @node: in kvdev_pool.threads
 * @idle: in kvdev_pool.idle while it has nothing to do
 * @task: the thread, if it is the owner's
 * @work: the thread, if it is the kernel's
 */
struct pool_thread {
	struct kvdev_pool *pool;
	struct list_head node;
	struct list_head idle;
	struct vhost_task *task;
	struct work_struct work;
};

/* ------------------------------------------------------------------ threads */

/* The next thing to do; NULL: there is none, and somebody wakes the thread. */
static struct kvdev_pool_item *pool_take(struct pool_thread *thread)
{
	struct kvdev_pool *pool = thread->pool;
	struct kvdev_pool_item *item = NULL;
	struct kvdev_pool_queue *queue;

	spin_lock_irq(&pool->lock);
	queue = list_first_entry_or_null(&pool->ready, struct kvdev_pool_queue,
					 node);
	if (!queue) {
		if (!pool->dead && list_empty(&thread->idle))
			list_add(&thread->idle, &pool->idle);
		goto out;
	}
	item = list_first_entry(&queue->items, struct kvdev_pool_item, node);
	list_del(&item->node);
	queue->running++;
	refcount_inc(&queue->users);
	/* All stores get their turn. */
	if (list_empty(&queue->items) || queue->running == POOL_EACH)
		list_del_init(&queue->node);
	else
		list_move_tail(&queue->node, &pool->ready);
	list_del_init(&thread->idle);
	pool->nr_free--;
out:
	spin_unlock_irq(&pool->lock);
	return item;
}

/* Something of @queue is done; the queue may be gone afterwards. */
static void pool_done(struct kvdev_pool *pool, struct kvdev_pool_queue *queue)
{
	spin_lock_irq(&pool->lock);
	pool->nr_free++;
	queue->running--;
	if (!list_empty(&queue->items) && list_empty(&queue->node))
		list_add_tail(&queue->node, &pool->ready);
	spin_unlock_irq(&pool->lock);
	if (refcount_dec_and_test(&queue->users))
		complete(&queue->unused);
}

static int pool_spawn(struct kvdev_pool *pool);

/* One more thread if the last one has just got something to do. */
static void pool_spare(struct kvdev_pool *pool)
{
	bool spawn;

	spin_lock_irq(&pool->lock);
	spawn = !pool->wq && !pool->nr_free && !pool->dead &&
		pool->nr < POOL_THREADS;
	spin_unlock_irq(&pool->lock);
	/* The owner may be at a limit: then it goes on with what it has. */
	if (spawn)
		pool_spawn(pool);
}

static bool pool_run_one(struct pool_thread *thread)
{
	struct kvdev_pool_item *item = pool_take(thread);
	struct kvdev_pool *pool = thread->pool;
	struct kvdev_pool_queue *queue;

	if (!item)
		return false;
	__set_current_state(TASK_RUNNING);
	queue = item->queue;
	pool_spare(pool);
	item->fn(item, 0);
	pool_done(pool, queue);
	cond_resched();
	return true;
}

/*
 * One round; vhost_task has set TASK_INTERRUPTIBLE, so that a wake-up after the
 * look at the queues is not lost.
 */
static bool pool_run(void *data)
{
	return pool_run_one(data);
}

/* The owner got SIGKILL or called exec. Its last thread finds all that is left. */
static void pool_killed(void *data)
{
	struct pool_thread *thread = data;
	struct kvdev_pool *pool = thread->pool;
	struct kvdev_pool_queue *queue, *next_queue;
	struct kvdev_pool_item *item, *next;
	LIST_HEAD(rest);

	spin_lock_irq(&pool->lock);
	pool->dead = true;
	/* Nobody wakes a thread that is gone. */
	list_del_init(&thread->idle);
	list_for_each_entry_safe(queue, next_queue, &pool->ready, node) {
		list_del_init(&queue->node);
		list_splice_tail_init(&queue->items, &rest);
	}
	spin_unlock_irq(&pool->lock);
	list_for_each_entry_safe(item, next, &rest, node)
		item->fn(item, -EINTR);
}

static void pool_work(struct work_struct *work)
{
	struct pool_thread *thread = container_of(work, struct pool_thread,
						  work);
	unsigned int flags = kvdev_reclaim_enter();

	while (pool_run_one(thread))
		;
	kvdev_reclaim_leave(flags);
}

static void thread_add(struct kvdev_pool *pool, struct pool_thread *thread)
{
	thread->pool = pool;
	INIT_LIST_HEAD(&thread->idle);
	spin_lock_irq(&pool->lock);
	list_add_tail(&thread->node, &pool->threads);
	pool->nr++;
	pool->nr_free++;
	spin_unlock_irq(&pool->lock);
}

/* A thread of the owner, by one of its threads. */
static int pool_spawn(struct kvdev_pool *pool)
{
	struct pool_thread *thread = kzalloc(sizeof(*thread),
					     GFP_KERNEL_ACCOUNT);
	struct vhost_task *task;

	if (!thread)
		return -ENOMEM;
	task = vhost_task_create(pool_run, pool_killed, thread, pool->name);
	/* 6.12 before .20 says NULL. */
	if (IS_ERR_OR_NULL(task)) {
		kfree(thread);
		return task ? PTR_ERR(task) : -ENOMEM;
	}
	thread->task = task;
	thread_add(pool, thread);
	vhost_task_start(task);
	return 0;
}

/* The kernel's: it has as many as are needed, by a promise one in any case. */
static int pool_start_kernel(struct kvdev_pool *pool)
{
	struct pool_thread *thread;
	int i;

	pool->wq = alloc_workqueue("%s", WQ_UNBOUND | WQ_MEM_RECLAIM,
				   POOL_THREADS, pool->name);
	if (!pool->wq)
		return -ENOMEM;
	for (i = 0; i < POOL_THREADS; i++) {
		thread = kzalloc(sizeof(*thread), GFP_KERNEL);
		if (!thread) {
			kvdev_pool_stop(pool);
			return -ENOMEM;
		}
		INIT_WORK(&thread->work, pool_work);
		thread_add(pool, thread);
		list_add_tail(&thread->idle, &pool->idle);
	}
	return 0;
}

/* ----------------------------------------------------------------- the pool */

/**
 * kvdev_pool_start() - create threads
 * @pool: zeroed or stopped
 * @kind: whose
 * @id: the device's number
 *
 * Context: the owner process if @kind is KVDEV_WORKER_OWNER.
 * Return: 0 or a negative errno.
 */
int kvdev_pool_start(struct kvdev_pool *pool, enum kvdev_worker_kind kind,
		     unsigned int id)
{
	spin_lock_init(&pool->lock);
	INIT_LIST_HEAD(&pool->ready);
	INIT_LIST_HEAD(&pool->idle);
	INIT_LIST_HEAD(&pool->threads);
	pool->dead = false;
	snprintf(pool->name, sizeof(pool->name), "kvdev-store-%u", id);
	return kind == KVDEV_WORKER_OWNER ? pool_spawn(pool) :
					    pool_start_kernel(pool);
}

/**
 * kvdev_pool_stop() - end the threads
 * @pool: nothing is to be done; started or not
 *
 * Context: sleeps.
 */
void kvdev_pool_stop(struct kvdev_pool *pool)
{
	struct pool_thread *thread, *next;

	/* Never started */
	if (!pool->threads.next)
		return;
	if (pool->wq)
		destroy_workqueue(pool->wq);
	pool->wq = NULL;
	/* No thread starts another one: it would have something to do. */
	list_for_each_entry_safe(thread, next, &pool->threads, node) {
		if (thread->task)
			vhost_task_stop(thread->task);
		list_del(&thread->node);
		list_del(&thread->idle);
		kfree(thread);
	}
	pool->nr = 0;
	pool->nr_free = 0;
}

/**
 * kvdev_pool_add() - have something done
 * @pool: started
 * @queue: what it waits for
 * @item: what to do; @fn is set
 *
 * Context: any.
 */
void kvdev_pool_add(struct kvdev_pool *pool, struct kvdev_pool_queue *queue,
		    struct kvdev_pool_item *item)
{
	struct pool_thread *thread;
	unsigned long flags;

	item->queue = queue;
	spin_lock_irqsave(&pool->lock, flags);
	if (pool->dead) {
		spin_unlock_irqrestore(&pool->lock, flags);
		item->fn(item, -EINTR);
		return;
	}
	list_add_tail(&item->node, &queue->items);
	if (queue->running < POOL_EACH && list_empty(&queue->node))
		list_add_tail(&queue->node, &pool->ready);
	thread = list_first_entry_or_null(&pool->idle, struct pool_thread,
					  idle);
	if (thread && !list_empty(&pool->ready)) {
		list_del_init(&thread->idle);
		if (pool->wq)
			queue_work(pool->wq, &thread->work);
		else
			vhost_task_wake(thread->task);
	}
	spin_unlock_irqrestore(&pool->lock, flags);
}

/* -------------------------------------------------------------------- queues */

/**
 * kvdev_pool_queue_init() - before the first use
 * @queue: filled
 */
void kvdev_pool_queue_init(struct kvdev_pool_queue *queue)
{
	INIT_LIST_HEAD(&queue->node);
	INIT_LIST_HEAD(&queue->items);
	queue->running = 0;
	refcount_set(&queue->users, 1);
	init_completion(&queue->unused);
}

/**
 * kvdev_pool_queue_exit() - after the last use
 * @queue: all items are done; threads may still be on their way out of one
 *
 * Context: sleeps.
 */
void kvdev_pool_queue_exit(struct kvdev_pool_queue *queue)
{
	if (!refcount_dec_and_test(&queue->users))
		wait_for_completion(&queue->unused);
}
