// SPDX-License-Identifier: GPL-2.0
/*
 * Who uses a device, with which threads and which memory.
 */
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "compat/compat.h"
#include "core.h"

/**
 * kvdev_dev_pool() - threads that may wait for a store
 * @dev: of a type with stores
 *
 * Return: the pool; started while there is an owner.
 */
struct kvdev_pool *kvdev_dev_pool(struct kvdev_dev *dev)
{
	return &dev->pool;
}

static void stop_workers(struct kvdev_dev *dev)
{
	u16 i;

	for (i = 0; i < dev->nr_vqs; i++)
		kvdev_worker_stop(&dev->vqs[i].own);
	kvdev_pool_stop(&dev->pool);
}

/* Who to name when others find the device in use. */
static void set_user(struct kvdev_dev *dev)
{
	mutex_lock(&dev->desc_mutex);
	put_pid(dev->use_pid);
	dev->use_pid = get_task_pid(current, PIDTYPE_TGID);
	get_task_comm(dev->use_comm, current);
	mutex_unlock(&dev->desc_mutex);
}

/**
 * kvdev_dev_claim() - use a device, alone
 * @dev: the device
 * @use: as what
 * @user: whatever tells this user from others
 *
 * Return: 0, or -EBUSY if it is in use.
 */
int kvdev_dev_claim(struct kvdev_dev *dev, enum kvdev_use use, void *user)
{
	lockdep_assert_held(&dev->mutex);
	if (dev->use != KVDEV_USE_NONE)
		return -EBUSY;
	mutex_lock(&dev->desc_mutex);
	dev->use = use;
	WRITE_ONCE(dev->user, user);
	mutex_unlock(&dev->desc_mutex);
	if (use == KVDEV_USE_OWNER)
		set_user(dev);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_claim, KVDEV_NS);

/**
 * kvdev_dev_unclaim() - stop using a device
 * @dev: claimed; reset, and without owner and transport afterwards
 */
void kvdev_dev_unclaim(struct kvdev_dev *dev)
{
	lockdep_assert_held(&dev->mutex);
	kvdev_dev_reset_owner(dev);
	if (dev->type->release)
		dev->type->release(dev);
	kvdev_transport_release(dev);
	dev->extra_features = 0;
	dev->bus_features = 0;
	kvdev_dev_update_features(dev);
	kvdev_dev_widen_queues(dev, dev->type->queue_size);
	mutex_lock(&dev->desc_mutex);
	dev->use = KVDEV_USE_NONE;
	WRITE_ONCE(dev->user, NULL);
	mutex_unlock(&dev->desc_mutex);
	dev->perm_changed = NULL;
	kvdev_event_post(dev, KVDEV_EVENT_RELEASED, 0);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_unclaim, KVDEV_NS);

/* Its own worker or another queue's, which comes before it. */
static int start_worker(struct kvdev_vq *vq, enum kvdev_worker_kind kind)
{
	struct kvdev_dev *dev = vq->dev;
	char name[TASK_COMM_LEN];
	u16 by = vq->index;

	if (dev->type->vq_served_by)
		by = dev->type->vq_served_by(vq);
	if (WARN_ON_ONCE(by > vq->index))
		by = vq->index;
	/* Kicks look at it without a lock; one that comes too early is lost. */
	WRITE_ONCE(vq->worker, &dev->vqs[by].own);
	if (by != vq->index)
		return 0;
	snprintf(name, sizeof(name), "kvdev-%u-%s-%u", dev->id,
		 dev->type->name, by);
	return kvdev_worker_start(&vq->own, kind, name);
}

/* On error some run. */
static int start_workers(struct kvdev_dev *dev, enum kvdev_worker_kind kind)
{
	int ret = 0;
	u16 i;

	for (i = 0; i < dev->nr_vqs && !ret; i++)
		ret = start_worker(&dev->vqs[i], kind);
	if (!ret && dev->type->has_stores)
		ret = kvdev_pool_start(&dev->pool, kind, dev->id);
	return ret;
}

/**
 * kvdev_dev_set_owner() - start the workers
 * @dev: claimed
 * @kind: whose threads; KVDEV_WORKER_OWNER: the caller's address space is the
 *	guest's
 *
 * Return: 0; -EEXIST if there is an owner; what creating a thread says.
 */
int kvdev_dev_set_owner(struct kvdev_dev *dev, enum kvdev_worker_kind kind)
{
	int ret;

	lockdep_assert_held(&dev->mutex);
	if (dev->owned)
		return -EEXIST;

	ret = start_workers(dev, kind);
	if (ret) {
		stop_workers(dev);
		return ret;
	}
	dev->owned = true;
	if (kind != KVDEV_WORKER_OWNER)
		return 0;
	/*
	 * Not mm_users: that would keep a dead process' memory until the file
	 * is closed, which a mapping of it in the same memory can hold back.
	 */
	mmgrab(current->mm);
	dev->mm = current->mm;
	set_user(dev);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_set_owner, KVDEV_NS);

static void drop_eventfds(struct kvdev_dev *dev)
{
	u16 i;

	for (i = 0; i < dev->nr_vqs; i++) {
		kvdev_kick_set(&dev->vqs[i].kick, -1);
		kvdev_call_set(&dev->vqs[i].call, -1);
		kvdev_call_set(&dev->vqs[i].err, -1);
	}
	kvdev_call_set(&dev->config_call, -1);
}

/**
 * kvdev_dev_reset_owner() - forget owner, memory, eventfds, workers
 * @dev: the device; resets it
 */
void kvdev_dev_reset_owner(struct kvdev_dev *dev)
{
	/* What goes on must not meet what is taken away here. */
	kvdev_dev_reset(dev, KVDEV_WAIT_ALWAYS);
	drop_eventfds(dev);
	stop_workers(dev);
	kvdev_dev_publish_mem(dev, NULL);
	if (dev->mm)
		mmdrop(dev->mm);
	dev->mm = NULL;
	mutex_lock(&dev->desc_mutex);
	put_pid(dev->use_pid);
	dev->use_pid = NULL;
	memset(dev->use_comm, 0, sizeof(dev->use_comm));
	mutex_unlock(&dev->desc_mutex);
	dev->owned = false;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_reset_owner, KVDEV_NS);

/**
 * kvdev_dev_publish_mem() - this is guest memory from now on
 * @dev: the device
 * @table: now the device's, or NULL
 *
 * A chain made available after this is looked up in @table. Work on an earlier
 * one may go on with the old table for a while: see kvdev_dev_sync_mem().
 *
 * Context: may sleep, waits for nobody. Calls are serialised by the caller.
 */
void kvdev_dev_publish_mem(struct kvdev_dev *dev,
			   struct kvdev_mem_table *table)
{
	struct kvdev_mem_table *old;

	spin_lock(&dev->mem_lock);
	old = dev->mem;
	WRITE_ONCE(dev->mem, table);
	WRITE_ONCE(dev->mem_seq, dev->mem_seq + 1);
	spin_unlock(&dev->mem_lock);
	kvdev_mem_put(old);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_publish_mem, KVDEV_NS);

/**
 * kvdev_dev_get_mem() - the present guest memory
 * @dev: the device
 * @seq: which change this is, to be compared with kvdev_dev.mem_seq
 *
 * Return: the table, referenced; one without memory if there is none.
 */
struct kvdev_mem_table *kvdev_dev_get_mem(struct kvdev_dev *dev,
					  unsigned long *seq)
{
	struct kvdev_mem_table *table;

	spin_lock(&dev->mem_lock);
	table = kvdev_mem_get(dev->mem);
	*seq = dev->mem_seq;
	spin_unlock(&dev->mem_lock);
	return table;
}

/**
 * kvdev_dev_sync_mem() - wait until no older guest memory is used
 * @dev: the device
 * @killable: the wait may be left
 *
 * Requests in flight have pinned their memory; rings that run stay where they
 * were when they were started.
 *
 * Context: sleeps, also for workers that fault: mmap_lock is not held.
 * Return: 0, or -EINTR if killed.
 */
int kvdev_dev_sync_mem(struct kvdev_dev *dev, bool killable)
{
	int ret = 0;
	u16 i;

	for (i = 0; i < dev->nr_vqs && !ret; i++)
		ret = kvdev_vq_sync(&dev->vqs[i], killable);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_sync_mem, KVDEV_NS);

/**
 * kvdev_dev_set_mem() - replace guest memory
 * @dev: the device
 * @table: now the device's
 *
 * When this returns 0 the old table is not used any more.
 *
 * Return: 0, or -EINTR if killed.
 */
int kvdev_dev_set_mem(struct kvdev_dev *dev, struct kvdev_mem_table *table)
{
	kvdev_dev_publish_mem(dev, table);
	return kvdev_dev_sync_mem(dev, true);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_set_mem, KVDEV_NS);
