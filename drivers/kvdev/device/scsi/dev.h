/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SCSI host device (virtio 1.3, 5.6): what its files share.
 *
 *	host.c		device type, configuration, queues
 *	unit.c		logical units: tasks, media, life and death
 *	lun.c		commands of user space on logical units
 *	request.c	request queues: parse, execute, complete
 *	slow.c		commands that take more than one operation
 *	probe.c		which block of a READ is bad
 *	share.c		units that show the same store
 *	control.c	control queue: task management, notifications
 *	event.c		event queue
 *
 * What a SCSI command means is decided by pure code, see scsi.h.
 *
 * Lock order: kvdev_dev.mutex, kvdev_vq.mutex, vscsi_store.alone, the table of
 * stores, vscsi_unit.lock, vscsi_store.lock. Units are added and removed, and
 * media changed, with the device's mutex held.
 */
#ifndef KVDEV_SCSI_DEV_H
#define KVDEV_SCSI_DEV_H

#include <linux/completion.h>
#include <linux/kfifo.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/llist.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <uapi/linux/virtio_scsi.h>

#include <uapi/linux/kvdev_scsi.h>

#include "../../backend/backend.h"
#include "../../memacc.h"
#include "../device.h"
#include "scsi.h"

/* Queues, virtio 1.3, 5.6.2 */
#define VSCSI_CONTROL		0
#define VSCSI_EVENT		1
#define VSCSI_REQUEST		2	/* the first one */

/* virtio 1.3, 5.6.4: what one-byte targets and 14-bit LUNs can name */
#define VSCSI_MAX_TARGET	255
#define VSCSI_MAX_LUN		16383

/*
 * What a driver may set sense_size and cdb_size to. Sense data has at most 252
 * bytes (SPC-4, 4.5.1). More of a CDB than we look at is left alone.
 */
#define VSCSI_SENSE_SIZE_MAX	252
#define VSCSI_CDB_SIZE_MAX	255

/* Asynchronous notifications, virtio 1.3, 5.6.6.2 */
#define VSCSI_ASYNC_EXTERNAL_REQUEST	BIT(3)
#define VSCSI_ASYNC_MEDIA_CHANGE	BIT(4)

/* The only initiator there is. */
#define VSCSI_NEXUS		0

/* Events that wait for a buffer; what does not fit is missed. */
#define VSCSI_EVENTS		32

struct vscsi_tmf;

/**
 * struct vscsi - a SCSI host device
 * @dev: the device
 * @units: logical units by vscsi_index()
 * @sense_size: bytes of sense data in a response; the driver changes it
 * @cdb_size: bytes of a CDB in a request; the driver changes it
 * @nowhere_lock: covers @nowhere
 * @nowhere: answers for units that are not there
 * @event_lock: covers @events, @events_missed, @event_vq
 * @events: not given to the driver yet
 * @events_missed: there were more than fit
 * @event_vq: the event queue while it runs
 */
struct vscsi {
	struct kvdev_dev *dev;
	struct xarray units;
	u32 sense_size;
	u32 cdb_size;

	spinlock_t nowhere_lock;	/* @nowhere */
	struct kvdev_scsi_lu nowhere;

	spinlock_t event_lock;		/* the event queue's */
	DECLARE_KFIFO(events, struct virtio_scsi_event, VSCSI_EVENTS);
	bool events_missed;
	struct kvdev_vq *event_vq;
};

/**
 * struct vscsi_unit - a logical unit
 * @scsi: its device
 * @target: address
 * @lun: address
 * @lock: covers the fields to @probing; interrupts off
 * @lu: what commands do to it
 * @tasks: commands that have begun and not ended, in order of their number
 * @last_task: number of the youngest
 * @exclusive: runs alone: no other begins
 * @waits: task management functions that wait for tasks
 * @users: those who hold the unit without a task
 * @dead: nobody gets hold of it any more
 * @notify: asynchronous notifications the driver wants, VSCSI_ASYNC_*
 * @probing: somebody looks for a bad block
 * @idle: woken when a task ends that somebody may be waiting for
 * @store: who else shows @backend; NULL: not a disk, or no medium. Changes as
 *	@backend, under @lock
 * @sharers: link in vscsi_store.units
 * @backend: store; NULL: no medium. Changes only while there is no task that
 *	saw a medium
 * @rcu: frees it
 */
struct vscsi_unit {
	struct vscsi *scsi;
	u8 target;
	u16 lun;

	spinlock_t lock;		/* the fields to @probing */
	struct kvdev_scsi_lu lu;
	struct list_head tasks;
	u64 last_task;
	struct vscsi_task *exclusive;
	struct list_head waits;
	unsigned int users;
	bool dead;
	u32 notify;
	bool probing;

	wait_queue_head_t idle;
	struct vscsi_store *store;
	struct list_head sharers;
	struct kvdev_backend *backend;
	struct rcu_head rcu;
};

/**
 * struct vscsi_task - a command of a unit, from its beginning to its end
 * @list: on vscsi_unit.tasks
 * @unit: its unit; NULL: it has none
 * @number: in the order of beginning, from 1
 * @tag: the driver's name for it
 * @aborted: VIRTIO_SCSI_S_ABORTED or _RESET: it is to end with this; 0: not
 * @waits_exclusive: it is about to be the exclusive one
 *
 * All but @list and @tag are read and written under the unit's lock; @aborted
 * may be looked at any time.
 */
struct vscsi_task {
	struct list_head list;
	struct vscsi_unit *unit;
	u64 number;
	u64 tag;
	u8 aborted;
	bool waits_exclusive;
};

/**
 * struct vscsi_request - a request in flight
 * @free: link in vscsi_queue.free
 * @vq: its queue
 * @id: names the chain
 * @response: VIRTIO_SCSI_S_*
 * @task: it, as its unit sees it
 * @cmd: what it is to do
 * @data_len: bytes of the driver's buffer for data, in either direction
 * @filled: bytes of data-in that were written, from the beginning
 * @sense_size: bytes of sense data in its response
 * @used_len: what the used entry will say
 * @resp: pinned memory of the response
 * @params: copy of the parameter list, NULL: none
 * @reading: it is reading from the store: what fails is that
 * @bad_lba: the block that is at fault if the store fails;
 *	KVDEV_SCSI_NO_INFO: not known
 * @range: UNMAP: the next one
 * @pos: UNMAP, WRITE SAME: byte position of what is left of the range
 * @left: bytes of it
 * @io: operation on the store
 */
struct vscsi_request {
	struct llist_node free;
	struct kvdev_vq *vq;
	u16 id;
	u8 response;
	struct vscsi_task task;
	struct kvdev_scsi_cmd cmd;
	u64 data_len;
	u32 filled;
	u32 sense_size;
	u32 used_len;
	struct kvdev_pages resp;
	u8 *params;
	bool reading;
	u64 bad_lba;
	u32 range;
	u64 pos;
	u64 left;
	struct kvdev_io io;
};

static inline unsigned long vscsi_index(u8 target, u16 lun)
{
	return (unsigned long)target * (VSCSI_MAX_LUN + 1) + lun;
}

/**
 * struct vscsi_store - a store, by however many units it is shown
 * @node: link in the table of stores
 * @nr: units that have it; the table's lock
 * @inode: what it is known by; kept by the units' files
 * @alone: held by who must be alone on the store, and covers @units
 * @units: those that show it
 * @lock: covers @pr; interrupts off
 * @pr: its reservations
 */
struct vscsi_store {
	struct hlist_node node;
	unsigned int nr;
	struct inode *inode;
	struct mutex alone;	/* and @units */
	struct list_head units;
	spinlock_t lock;	/* @pr */
	struct kvdev_scsi_pr pr;
};

/* share.c */
struct vscsi_store *vscsi_store_get(const struct kvdev_backend *backend);
void vscsi_store_put(struct vscsi_store *store);
void vscsi_store_enter(struct vscsi_unit *unit, struct vscsi_store *store,
		       bool may_register);
void vscsi_store_leave(struct vscsi_unit *unit);
void vscsi_with_store(struct vscsi_unit *unit, const u8 *cdb,
		      void (*fn)(void *arg), void *arg);
void vscsi_lu_reset(struct vscsi_unit *unit, u32 sense);
void vscsi_lu_nexus_loss(struct vscsi_unit *unit);
int vscsi_store_exclude(struct vscsi_request *req);
void vscsi_store_readmit(struct vscsi_request *req);
void vscsi_store_abort(struct vscsi_request *req);

/* unit.c */
struct vscsi_unit *vscsi_unit_create(struct vscsi *scsi, u8 target, u16 lun,
				     const struct kvdev_scsi_config *cfg);
void vscsi_unit_free(struct vscsi_unit *unit);
struct vscsi_unit *vscsi_unit_get(struct vscsi *scsi, u8 target, u16 lun);
struct vscsi_unit *vscsi_unit_next(struct vscsi *scsi, u8 target, u16 *lun);
void vscsi_unit_put(struct vscsi_unit *unit);
bool vscsi_target_exists(struct vscsi *scsi, u8 target);
void vscsi_unit_kill(struct vscsi_unit *unit);
void vscsi_unit_drain(struct vscsi_unit *unit);
u64 vscsi_unit_blocks(const struct vscsi_unit *unit);
void vscsi_unit_reset(struct vscsi_unit *unit);

bool vscsi_task_begin(struct vscsi *scsi, u8 target, u16 lun,
		      struct vscsi_task *task,
		      void (*decide)(struct vscsi_task *task));
void vscsi_task_end(struct vscsi_task *task, struct list_head *waits);
unsigned int vscsi_tasks_abort(struct vscsi_unit *unit, const u64 *tag,
			       const struct vscsi_task *but, u8 response,
			       struct vscsi_tmf *tmf);
unsigned int vscsi_tasks_count(struct vscsi_unit *unit, const u64 *tag);

/* request.c */
int vscsi_request_start(struct kvdev_vq *vq);
void vscsi_request_stop(struct kvdev_vq *vq);
bool vscsi_request_serve(struct kvdev_vq *vq);
void vscsi_complete(struct vscsi_request *req);
void vscsi_fail(struct vscsi_request *req, int error);
bool vscsi_lun(const u8 *address, u8 *target, u16 *lun);
void vscsi_submit(struct vscsi_request *req, enum kvdev_io_op op, u64 lba,
		  u64 blocks);

/*
 * As much as is read or written at a time by what has buffers of its own; a
 * multiple of any block.
 */
#define VSCSI_STEP		SZ_32K

/* Something is wrong with a block, not with the store as a whole. */
static inline bool vscsi_medium_error(int error)
{
	return error == -EIO || error == -EILSEQ || error == -ENODATA;
}

/* The operation to come: what can be said if it fails. */
static inline void vscsi_blame(struct vscsi_request *req, bool reading, u64 lba,
			       u64 blocks)
{
	req->reading = reading;
	req->bad_lba = blocks == 1 ? lba : KVDEV_SCSI_NO_INFO;
}

/* probe.c */
void vscsi_probe(struct vscsi_request *req, int error);

/* slow.c: in the worker; they complete the request, some time */
void vscsi_long_rw(struct vscsi_request *req, enum kvdev_io_op op,
		   struct iov_iter *data, u64 len);
void vscsi_verify(struct vscsi_request *req, struct iov_iter *data);
void vscsi_write_verify(struct vscsi_request *req, struct iov_iter *data);
void vscsi_compare_write(struct vscsi_request *req, struct iov_iter *data);
void vscsi_write_same(struct vscsi_request *req, struct iov_iter *data);
void vscsi_unmap(struct vscsi_request *req);
u32 vscsi_find_ranges(struct vscsi_request *req,
		      struct kvdev_scsi_range *ranges, u32 max);

/* control.c */
bool vscsi_control_serve(struct kvdev_vq *vq);

/**
 * struct vscsi_wait - a task management function waits for tasks of a unit
 * @list: on vscsi_unit.waits, then on the list of who ends the last task
 * @tmf: who waits
 * @first: number of the first task
 * @last: number of the last task
 */
struct vscsi_wait {
	struct list_head list;
	struct vscsi_tmf *tmf;
	u64 first;
	u64 last;
};

struct vscsi_wait *vscsi_tmf_wait(struct vscsi_tmf *tmf);
void vscsi_waits_over(struct list_head *waits);

/* event.c */
int vscsi_event_start(struct kvdev_vq *vq);
void vscsi_event_stop(struct kvdev_vq *vq);
bool vscsi_event_serve(struct kvdev_vq *vq);
void vscsi_event(struct vscsi *scsi, u32 type, u8 target, u16 lun, u32 reason);

/* lun.c */
int vscsi_open_store(struct kvdev_dev *dev, unsigned int cmd, const void *arg,
		     struct kvdev_backend **store);
int vscsi_command(struct kvdev_dev *dev, unsigned int cmd, void *arg,
		  struct kvdev_backend **store);
void vscsi_remove_all(struct vscsi *scsi);

#endif /* KVDEV_SCSI_DEV_H */
