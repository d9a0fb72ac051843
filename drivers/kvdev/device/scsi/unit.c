// SPDX-License-Identifier: GPL-2.0
/*
 * Logical units and their tasks.
 *
 * A task is a command between its beginning and its end. The list of them is
 * what task management looks at, and what everybody waits for who takes
 * something away: the medium, the whole unit.
 */
#include <linux/slab.h>
#include <linux/sched.h>

#include "dev.h"

/* ----------------------------------------------------------------- units */

/**
 * vscsi_unit_create() - make a unit, which nobody finds yet
 * @scsi: its device
 * @target: address
 * @lun: address
 * @cfg: what it is
 *
 * Return: the unit; -EINVAL for a configuration that cannot be, -ENOMEM.
 */
struct vscsi_unit *vscsi_unit_create(struct vscsi *scsi, u8 target, u16 lun,
				     const struct kvdev_scsi_config *cfg)
{
	struct vscsi_unit *unit = kzalloc(sizeof(*unit), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!unit)
		return ERR_PTR(-ENOMEM);
	ret = kvdev_scsi_lu_init(&unit->lu, cfg);
	if (ret) {
		kfree(unit);
		return ERR_PTR(ret);
	}
	unit->scsi = scsi;
	unit->target = target;
	unit->lun = lun;
	spin_lock_init(&unit->lock);
	INIT_LIST_HEAD(&unit->tasks);
	INIT_LIST_HEAD(&unit->waits);
	init_waitqueue_head(&unit->idle);
	return unit;
}

/**
 * vscsi_unit_free() - the end of a unit
 * @unit: never found by anybody, or killed
 */
void vscsi_unit_free(struct vscsi_unit *unit)
{
	vscsi_store_leave(unit);
	kvdev_backend_close(unit->backend);
	kfree_rcu(unit, rcu);
}

/* Under rcu_read_lock(). */
static struct vscsi_unit *unit_hold(struct vscsi_unit *unit)
{
	unsigned long flags;
	bool dead;

	spin_lock_irqsave(&unit->lock, flags);
	dead = unit->dead;
	if (!dead)
		unit->users++;
	spin_unlock_irqrestore(&unit->lock, flags);
	return dead ? NULL : unit;
}

/**
 * vscsi_unit_get() - find a unit and keep it
 * @scsi: the device
 * @target: address
 * @lun: address
 *
 * Return: the unit, to be given back by vscsi_unit_put(); NULL: none.
 */
struct vscsi_unit *vscsi_unit_get(struct vscsi *scsi, u8 target, u16 lun)
{
	struct vscsi_unit *unit;

	if (lun > VSCSI_MAX_LUN)
		return NULL;
	rcu_read_lock();
	unit = xa_load(&scsi->units, vscsi_index(target, lun));
	if (unit)
		unit = unit_hold(unit);
	rcu_read_unlock();
	return unit;
}

/**
 * vscsi_unit_next() - find the next unit of a target and keep it
 * @scsi: the device
 * @target: address
 * @lun: in/out: smallest LUN that will do, then the one after what was found
 *
 * Return: as vscsi_unit_get().
 */
struct vscsi_unit *vscsi_unit_next(struct vscsi *scsi, u8 target, u16 *lun)
{
	unsigned long index = vscsi_index(target, *lun);
	unsigned long last = vscsi_index(target, VSCSI_MAX_LUN);
	struct vscsi_unit *unit = NULL;

	if (*lun > VSCSI_MAX_LUN)
		return NULL;
	rcu_read_lock();
	xa_for_each_range(&scsi->units, index, unit, index, last) {
		unit = unit_hold(unit);
		if (unit)
			break;
	}
	rcu_read_unlock();
	if (unit)
		*lun = unit->lun + 1;
	return unit;
}

/**
 * vscsi_unit_put() - undo vscsi_unit_get(), vscsi_unit_next()
 * @unit: the unit
 */
void vscsi_unit_put(struct vscsi_unit *unit)
{
	unsigned long flags;

	spin_lock_irqsave(&unit->lock, flags);
	/* Under the lock: who waits for this frees the unit. */
	if (!--unit->users)
		wake_up(&unit->idle);
	spin_unlock_irqrestore(&unit->lock, flags);
}

/**
 * vscsi_target_exists() - does a target have any unit?
 * @scsi: the device
 * @target: address
 *
 * Return: whether it does.
 */
bool vscsi_target_exists(struct vscsi *scsi, u8 target)
{
	unsigned long index = vscsi_index(target, 0);

	return xa_find(&scsi->units, &index,
		       vscsi_index(target, VSCSI_MAX_LUN), XA_PRESENT);
}

static bool range_is_busy(const struct vscsi_unit *unit, u64 first, u64 last)
{
	const struct vscsi_task *t;

	list_for_each_entry(t, &unit->tasks, list)
		if (t->number >= first)
			return t->number <= last;
	return false;
}

static bool unit_is_drained(struct vscsi_unit *unit, u64 last)
{
	bool drained;

	spin_lock_irq(&unit->lock);
	drained = !range_is_busy(unit, 0, last);
	spin_unlock_irq(&unit->lock);
	return drained;
}

/**
 * vscsi_unit_drain() - wait until those tasks have ended that there are now
 * @unit: whose new tasks do not touch what the caller is after
 *
 * Waits for the store, without a limit.
 */
void vscsi_unit_drain(struct vscsi_unit *unit)
{
	u64 last;

	spin_lock_irq(&unit->lock);
	last = unit->last_task;
	spin_unlock_irq(&unit->lock);
	wait_event(unit->idle, unit_is_drained(unit, last));
}

static bool unit_is_unused(struct vscsi_unit *unit)
{
	bool unused;

	spin_lock_irq(&unit->lock);
	unused = list_empty(&unit->tasks) && !unit->users;
	spin_unlock_irq(&unit->lock);
	return unused;
}

/**
 * vscsi_unit_kill() - nobody uses the unit any more
 * @unit: not to be found any more; there is no task afterwards
 */
void vscsi_unit_kill(struct vscsi_unit *unit)
{
	spin_lock_irq(&unit->lock);
	unit->dead = true;
	/* Who waits for a turn has none. */
	wake_up_all(&unit->idle);
	spin_unlock_irq(&unit->lock);
	wait_event(unit->idle, unit_is_unused(unit));
}

/**
 * vscsi_unit_blocks() - capacity of the store
 * @unit: with a store
 *
 * Return: whole blocks.
 */
u64 vscsi_unit_blocks(const struct vscsi_unit *unit)
{
	return div_u64(unit->backend->size, unit->lu.cfg.block_size);
}

/**
 * vscsi_unit_reset() - the machine starts anew
 * @unit: no queue runs
 */
void vscsi_unit_reset(struct vscsi_unit *unit)
{
	spin_lock_irq(&unit->lock);
	vscsi_lu_reset(unit, KVDEV_SENSE_POWER_ON);
	unit->notify = 0;
	spin_unlock_irq(&unit->lock);
}

/* ----------------------------------------------------------------- tasks */

static bool unit_is_open(struct vscsi_unit *unit)
{
	bool open;

	spin_lock_irq(&unit->lock);
	open = !unit->exclusive || unit->dead;
	spin_unlock_irq(&unit->lock);
	return open;
}

/* @task begins now, unless something runs alone: then @unit is held. */
static bool task_enter(struct vscsi_unit *unit, struct vscsi_task *task,
		       void (*decide)(struct vscsi_task *task))
{
	bool wait = false;

	spin_lock_irq(&unit->lock);
	if (unit->exclusive && !unit->dead) {
		unit->users++;
		wait = true;
	} else if (!unit->dead) {
		task->unit = unit;
		task->number = ++unit->last_task;
		list_add_tail(&task->list, &unit->tasks);
		decide(task);
	}
	spin_unlock_irq(&unit->lock);
	return !wait;
}

/**
 * vscsi_task_begin() - a command begins
 * @scsi: the device
 * @target: address
 * @lun: address
 * @task: @tag is set
 * @decide: decides what it does, with @task->unit locked
 *
 * The task keeps its unit.
 *
 * Context: worker; sleeps.
 * Return: false if there is no such unit.
 */
bool vscsi_task_begin(struct vscsi *scsi, u8 target, u16 lun,
		      struct vscsi_task *task,
		      void (*decide)(struct vscsi_task *task))
{
	struct vscsi_unit *unit;
	bool done = true;

	task->aborted = 0;
	task->waits_exclusive = false;
	task->unit = NULL;
	if (lun > VSCSI_MAX_LUN)
		return false;
	do {
		rcu_read_lock();
		unit = xa_load(&scsi->units, vscsi_index(target, lun));
		if (unit)
			done = task_enter(unit, task, decide);
		rcu_read_unlock();
		if (!done) {
			wait_event(unit->idle, unit_is_open(unit));
			vscsi_unit_put(unit);
		}
	} while (unit && !done);
	return task->unit;
}

/**
 * vscsi_task_end() - a command has ended
 * @task: begun; does not touch its unit or the store any more
 * @waits: gets those who wait for nothing else. To be given to
 *	vscsi_waits_over() when the request has been given back, but before the
 *	read side ends
 *
 * Context: any; in an RCU read side that ends when the request has been given
 * back. A grace period after somebody did not find the task that is so.
 */
void vscsi_task_end(struct vscsi_task *task, struct list_head *waits)
{
	struct vscsi_unit *unit = task->unit;
	struct vscsi_wait *wait, *next;
	unsigned long flags;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "task ends by itself");
	if (!unit)
		return;
	spin_lock_irqsave(&unit->lock, flags);
	list_del(&task->list);
	if (unit->exclusive == task)
		unit->exclusive = NULL;
	list_for_each_entry_safe(wait, next, &unit->waits, list)
		if (!range_is_busy(unit, wait->first, wait->last))
			list_move_tail(&wait->list, waits);
	/* Under the lock: who waits for the last task frees the unit. */
	if (waitqueue_active(&unit->idle))
		wake_up_all(&unit->idle);
	spin_unlock_irqrestore(&unit->lock, flags);
}

/*
 * waitqueue_active() above needs no barrier: whoever waits looks at the tasks
 * under the lock after it has queued itself, so it either finds the task gone
 * or is found by us.
 */

/**
 * vscsi_tasks_abort() - have tasks end soon, and not well
 * @unit: held by vscsi_unit_get(), or by a task
 * @tag: the one; NULL: all
 * @but: not this one; may be NULL
 * @response: VIRTIO_SCSI_S_* they are to end with
 * @tmf: waits for their end; NULL: nobody does
 *
 * I/O cannot be called back, so a task ends when its I/O does, but says that
 * it was aborted; whether it has had an effect is open, as always.
 *
 * Context: worker.
 * Return: number of tasks; UINT_MAX if @tmf cannot wait, for want of memory.
 */
unsigned int vscsi_tasks_abort(struct vscsi_unit *unit, const u64 *tag,
			       const struct vscsi_task *but, u8 response,
			       struct vscsi_tmf *tmf)
{
	struct vscsi_wait *wait = tmf ? vscsi_tmf_wait(tmf) : NULL;
	struct vscsi_task *t;
	unsigned int nr = 0;

	if (tmf && !wait)
		return UINT_MAX;
	spin_lock_irq(&unit->lock);
	list_for_each_entry(t, &unit->tasks, list) {
		if (t == but || (tag && t->tag != *tag))
			continue;
		WRITE_ONCE(t->aborted, response);
		if (wait && !nr)
			wait->first = t->number;
		if (wait)
			wait->last = t->number;
		nr++;
	}
	if (wait && nr) {
		list_add_tail(&wait->list, &unit->waits);
		wait = NULL;
	}
	spin_unlock_irq(&unit->lock);
	if (wait) {
		LIST_HEAD(none);

		list_add(&wait->list, &none);
		vscsi_waits_over(&none);
	}
	return nr;
}

/**
 * vscsi_tasks_count() - which tasks are there?
 * @unit: held by vscsi_unit_get()
 * @tag: of this name; NULL: all
 *
 * Return: number of them.
 */
unsigned int vscsi_tasks_count(struct vscsi_unit *unit, const u64 *tag)
{
	const struct vscsi_task *t;
	unsigned int nr = 0;

	spin_lock_irq(&unit->lock);
	list_for_each_entry(t, &unit->tasks, list)
		nr += !tag || t->tag == *tag;
	spin_unlock_irq(&unit->lock);
	return nr;
}
