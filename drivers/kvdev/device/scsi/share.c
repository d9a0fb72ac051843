// SPDX-License-Identifier: GPL-2.0
/*
 * Units of one or several devices that show the same store: they share
 * reservations, and what must be one step for one of them is so for all.
 *
 * A store is known by the inode of its file or block device. Guests that are a
 * cluster need it: what one has reserved, the other one does not write, though
 * each has a host adapter of its own.
 */
#include <linux/hashtable.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "dev.h"

static DEFINE_MUTEX(stores_lock);
static DEFINE_HASHTABLE(stores, 10);

static struct vscsi_store *find_store(const struct inode *inode)
{
	struct vscsi_store *store;

	hash_for_each_possible(stores, store, node, (unsigned long)inode)
		if (store->inode == inode)
			return store;
	return NULL;
}

/**
 * vscsi_store_get() - what is known of a store
 * @backend: its
 *
 * Context: process; sleeps.
 * Return: the store, for vscsi_store_enter() or vscsi_store_put(); NULL: no memory.
 */
struct vscsi_store *vscsi_store_get(const struct kvdev_backend *backend)
{
	struct inode *inode = backend->file->f_mapping->host;
	struct vscsi_store *store, *made;

	/* Whoever is the first pays for it: about 3 KiB. */
	made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT);
	if (!made)
		return NULL;
	made->inode = inode;
	mutex_init(&made->alone);
	INIT_LIST_HEAD(&made->units);
	spin_lock_init(&made->lock);

	mutex_lock(&stores_lock);
	store = find_store(inode);
	if (!store) {
		store = made;
		made = NULL;
		hash_add(stores, &store->node, (unsigned long)inode);
	}
	store->nr++;
	mutex_unlock(&stores_lock);
	kfree(made);
	return store;
}

/**
 * vscsi_store_put() - undo vscsi_store_get()
 * @store: the store; its file is still open
 */
void vscsi_store_put(struct vscsi_store *store)
{
	mutex_lock(&stores_lock);
	if (--store->nr)
		store = NULL;
	else
		hash_del(&store->node);
	mutex_unlock(&stores_lock);
	kfree(store);
}

/**
 * vscsi_store_enter() - a unit shows a store from now on
 * @unit: has none
 * @store: from vscsi_store_get(); the unit's
 * @may_register: the store's file may be written to. Who may only read must not be
 *	able to keep others out
 *
 * Context: process; waits for who is alone on the store.
 */
void vscsi_store_enter(struct vscsi_unit *unit, struct vscsi_store *store,
		       bool may_register)
{
	mutex_lock(&store->alone);
	spin_lock_irq(&unit->lock);
	spin_lock(&store->lock);
	if (may_register)
		unit->lu.pr_first = kvdev_scsi_pr_join(&store->pr,
						       get_random_u64());
	spin_unlock(&store->lock);
	unit->lu.pr = &store->pr;
	unit->lu.pr_nr = 1;
	unit->store = store;
	spin_unlock_irq(&unit->lock);
	list_add_tail(&unit->sharers, &store->units);
	mutex_unlock(&store->alone);
}

/**
 * vscsi_store_leave() - a unit does not show its store any more
 * @unit: no task uses the store; it is still open. It may have none
 */
void vscsi_store_leave(struct vscsi_unit *unit)
{
	struct vscsi_store *store = unit->store;

	if (!store)
		return;
	mutex_lock(&store->alone);
	list_del(&unit->sharers);
	spin_lock_irq(&unit->lock);
	spin_lock(&store->lock);
	kvdev_scsi_pr_leave(&store->pr, unit->lu.pr_first);
	spin_unlock(&store->lock);
	unit->lu.pr_first = KVDEV_SCSI_NO_REGISTRANT;
	unit->lu.pr = NULL;
	unit->store = NULL;
	spin_unlock_irq(&unit->lock);
	mutex_unlock(&store->alone);
	vscsi_store_put(store);
}

/**
 * vscsi_with_store() - decide a command of a unit, alone with its store
 * @unit: locked
 * @cdb: of the command
 * @fn: decides
 * @arg: of @fn
 *
 * Where nobody has registered or reserved anything, commands that do not want to
 * need not wait for other units.
 */
void vscsi_with_store(struct vscsi_unit *unit, const u8 *cdb,
		      void (*fn)(void *arg), void *arg)
{
	struct vscsi_store *store = unit->store;

	lockdep_assert_held(&unit->lock);
	if (store && (READ_ONCE(store->pr.busy) || kvdev_scsi_pr_wants(cdb))) {
		spin_lock(&store->lock);
		fn(arg);
		spin_unlock(&store->lock);
	} else {
		fn(arg);
	}
}

/* kvdev_scsi_lu_reset(); @unit is locked. */
void vscsi_lu_reset(struct vscsi_unit *unit, u32 sense)
{
	struct vscsi_store *store = unit->store;

	lockdep_assert_held(&unit->lock);
	if (store) {
		spin_lock(&store->lock);
		kvdev_scsi_lu_reset(&unit->lu, sense);
		spin_unlock(&store->lock);
	} else {
		kvdev_scsi_lu_reset(&unit->lu, sense);
	}
}

/* kvdev_scsi_lu_nexus_loss(); @unit is locked. */
void vscsi_lu_nexus_loss(struct vscsi_unit *unit)
{
	struct vscsi_store *store = unit->store;

	lockdep_assert_held(&unit->lock);
	if (store) {
		spin_lock(&store->lock);
		kvdev_scsi_lu_nexus_loss(&unit->lu, VSCSI_NEXUS);
		spin_unlock(&store->lock);
	} else {
		kvdev_scsi_lu_nexus_loss(&unit->lu, VSCSI_NEXUS);
	}
}

/* ------------------------------------------------------------- being alone */

/* Has everything ended that would do something to the store? */
static bool unit_rests(struct vscsi_unit *unit, const struct vscsi_task *but)
{
	const struct vscsi_task *t;

	list_for_each_entry(t, &unit->tasks, list)
		if (t != but && !t->waits_exclusive)
			return false;
	return true;
}

/* No other command of @unit begins; all have ended. False: not yet. */
static bool try_exclude(struct vscsi_unit *unit, struct vscsi_task *task)
{
	bool alone;

	spin_lock_irq(&unit->lock);
	if (!unit->exclusive)
		unit->exclusive = task;
	alone = unit->exclusive == task && unit_rests(unit, task);
	spin_unlock_irq(&unit->lock);
	return alone;
}

static bool give_up(const struct vscsi_request *req)
{
	return READ_ONCE(req->task.aborted) || kvdev_vq_is_awaited(req->vq) ||
	       kvdev_vq_abandoned(req->vq);
}

/*
 * Others' tasks may depend on memory that never comes, which must not be our end:
 * so look now and then if somebody waits for us.
 */
#define WAIT_TICKS	max(HZ / 20, 1)

static void readmit(struct vscsi_unit *unit, const struct vscsi_task *task)
{
	spin_lock_irq(&unit->lock);
	if (unit->exclusive == task) {
		unit->exclusive = NULL;
		wake_up_all(&unit->idle);
	}
	spin_unlock_irq(&unit->lock);
}

/* The only one of its kind from now on. */
static void lock_alone(struct vscsi_request *req)
{
	struct vscsi_unit *unit = req->task.unit;

	spin_lock_irq(&unit->lock);
	req->task.waits_exclusive = true;
	/* We may be what another one of our kind waits for. */
	wake_up_all(&unit->idle);
	spin_unlock_irq(&unit->lock);
	mutex_lock(&unit->store->alone);
}

/**
 * vscsi_store_exclude() - a command must not meet others
 * @req: begun. From here on, until vscsi_store_readmit(), no other command of any
 *	unit that shows the store does anything
 *
 * Its own memory must not be touched meanwhile: others wait.
 *
 * Context: worker; waits for the store.
 * Return: 0; -EINTR: it was aborted, or somebody waits for the worker.
 */
int vscsi_store_exclude(struct vscsi_request *req)
{
	struct vscsi_store *store = req->task.unit->store;
	struct vscsi_unit *other;

	lock_alone(req);
	list_for_each_entry(other, &store->units, sharers) {
		while (!wait_event_timeout(other->idle,
					   try_exclude(other, &req->task),
					   WAIT_TICKS)) {
			if (give_up(req)) {
				vscsi_store_readmit(req);
				return -EINTR;
			}
		}
	}
	return 0;
}

/**
 * vscsi_store_readmit() - undo vscsi_store_exclude()
 * @req: what it has done to the store is over
 *
 * Context: as vscsi_store_exclude().
 */
void vscsi_store_readmit(struct vscsi_request *req)
{
	struct vscsi_store *store = req->task.unit->store;
	struct vscsi_unit *other;

	list_for_each_entry(other, &store->units, sharers)
		readmit(other, &req->task);
	mutex_unlock(&store->alone);
}

static bool unit_settled(struct vscsi_unit *unit, const struct vscsi_task *but)
{
	bool rests;

	spin_lock_irq(&unit->lock);
	rests = unit_rests(unit, but);
	spin_unlock_irq(&unit->lock);
	return rests;
}

/**
 * vscsi_store_abort() - PREEMPT AND ABORT: the commands of who was preempted end
 * @req: begun; @cmd.abort says whose
 *
 * When it answers, nothing of them will reach the store any more.
 *
 * Context: worker; waits for the store.
 */
void vscsi_store_abort(struct vscsi_request *req)
{
	struct vscsi_store *store = req->task.unit->store;
	struct vscsi_unit *other;

	lock_alone(req);
	list_for_each_entry(other, &store->units, sharers) {
		u32 registrant = other->lu.pr_first;

		if (registrant >= KVDEV_SCSI_REGISTRANTS ||
		    !(req->cmd.abort & BIT_ULL(registrant)))
			continue;
		vscsi_tasks_abort(other, NULL, &req->task,
				  VIRTIO_SCSI_S_ABORTED, NULL);
		while (!wait_event_timeout(other->idle,
					   unit_settled(other, &req->task),
					   WAIT_TICKS) && !give_up(req))
			;
	}
	mutex_unlock(&store->alone);
}
