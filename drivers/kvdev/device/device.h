/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a device type is to the core, and what the core is to a device type.
 *
 * A device type sees its queues through the chain calls below, its payload
 * through iov_iters and its storage through backend/backend.h. It knows no
 * transport, no ring format and no ioctl.
 *
 * Life of a request, the same in every type:
 *
 *	parse     take a chain, check all of it, decide what to do
 *	execute   start the work; it may end in any context
 *	complete  one function per type: status to the guest, counters,
 *		  kvdev_vq_complete()
 *
 * The three kinds of failure are kept apart. The driver broke the protocol:
 * kvdev_vq_violation(), the device needs a reset. The host failed: an error
 * status of the device's own protocol, the device goes on. We have a bug:
 * WARN_ON_ONCE and the request fails.
 */
#ifndef KVDEV_DEVICE_H
#define KVDEV_DEVICE_H

#include <linux/module.h>
#include <linux/stringify.h>
#include <linux/types.h>
#include <linux/uio.h>

struct kvdev_backend;
struct kvdev_dev;
struct kvdev_vq;
struct kvdev_next;
struct kvdev_set_backend;
struct kvdev_pci_ids;
struct kvdev_pool;

/**
 * struct kvdev_device_type - constants and callbacks of one virtio device type
 * @id: virtio device id
 * @name: short name, for workers and debugfs
 * @owner: module
 * @nr_queues: default number of queues; 0 if the type has none
 * @max_queues: most of them; equal to @nr_queues if it cannot be chosen
 * @extra_queues: queues every device has besides those
 * @queue_size: default size of every ring
 * @has_stores: its requests wait for stores: kvdev_dev_pool() has threads
 * @config_size: bytes of the configuration space
 * @pci_ids: what it is as a PCI function, if that does not follow from @id
 * @create: allocate the type's state, set kvdev_dev_set_priv(), fill the
 *	configuration. May sleep and fail
 * @destroy: undo @create. Queues are stopped. Cannot fail
 * @features: type-specific feature bits the device offers as it is now
 * @features_hi: likewise bits 64 to 127. Not offered on the vDPA bus, which has
 *	no room for them. Optional
 * @check_features: 0, or -EINVAL if what the driver accepted, a subset of these
 *	(and core bits), does not go together. Optional
 * @set_backend: attach or detach the backing store. Status is 0, no queue
 *	runs; flags and reserved fields of the argument have been checked.
 *	@store is the opened store, NULL for none: set it to what is to be
 *	closed after that, if anything. Types without a backing store have none
 * @describe: fill in what is special about the device. Called with
 *	kvdev_dev_desc_lock() instead of the mutex, and must not wait. Optional
 * @open_store: open the store that @command is to get for this command and
 *	argument, if any. Process context of the caller, without the mutex.
 *	Optional
 * @command: a command of this type's own, see the table in commands.c: @arg is
 *	its structure, complete and changeable; flags and reserved fields are
 *	the type's to check. @store as of @set_backend, if the command has one.
 *	Process context of the caller, whose memory must not be touched. Optional
 * @config_read: the driver is about to read @len bytes at @offset of the
 *	configuration, inside of it: bring kvdev_dev_config() up to date.
 *	Optional, for what changes by itself
 * @config_write: the driver writes @len bytes at @offset of the configuration,
 *	inside of it: take them over into kvdev_dev_config(), or -EINVAL for a
 *	field that cannot be written so. Optional: none can
 * @reset: the device was reset, no queue runs: back to what a new driver is
 *	to find. Optional
 * @release: whoever used the device has given it up, after @reset. Optional
 * @resumed: the device goes on after a suspension. Optional
 * @ready: -ENXIO while something the queues need is missing. Optional
 * @vq_served_by: the queue whose worker serves this one: its own index, or that
 *	of one before it which has a worker. Optional: each has one. Called when
 *	there is an owner, not afterwards
 * @vq_start: queue is about to run: allocate its requests. Sleeps, may fail
 * @vq_stop: queue no longer runs and has no request in flight. Cannot fail
 * @vq_serve: worker context (the owner's address space): take and execute
 *	chains until the ring is empty or kvdev_vq_should_stop(). Returns true
 *	if it stopped early and wants to be called again
 *
 * All but @describe, @open_store and @vq_serve are called with the device's mutex held.
 */
struct kvdev_device_type {
	u32 id;
	const char *name;
	struct module *owner;
	u16 nr_queues;
	u16 max_queues;
	u16 extra_queues;
	u16 queue_size;
	bool has_stores;
	u32 config_size;
	const struct kvdev_pci_ids *pci_ids;

	int (*create)(struct kvdev_dev *dev);
	void (*destroy)(struct kvdev_dev *dev);
	u64 (*features)(struct kvdev_dev *dev);
	u64 (*features_hi)(struct kvdev_dev *dev);
	int (*check_features)(struct kvdev_dev *dev);
	int (*set_backend)(struct kvdev_dev *dev,
			   const struct kvdev_set_backend *arg,
			   struct kvdev_backend **store);
	void (*describe)(struct kvdev_dev *dev, struct kvdev_next *arg);
	int (*open_store)(struct kvdev_dev *dev, unsigned int cmd,
			  const void *arg, struct kvdev_backend **store);
	int (*command)(struct kvdev_dev *dev, unsigned int cmd, void *arg,
		       struct kvdev_backend **store);
	void (*config_read)(struct kvdev_dev *dev, u32 offset, u32 len);
	int (*config_write)(struct kvdev_dev *dev, u32 offset, const u8 *bytes,
			    u32 len);
	void (*reset)(struct kvdev_dev *dev);
	void (*release)(struct kvdev_dev *dev);
	void (*resumed)(struct kvdev_dev *dev);
	int (*ready)(struct kvdev_dev *dev);
	u16 (*vq_served_by)(const struct kvdev_vq *vq);
	int (*vq_start)(struct kvdev_vq *vq);
	void (*vq_stop)(struct kvdev_vq *vq);
	bool (*vq_serve)(struct kvdev_vq *vq);
};

extern const struct kvdev_device_type kvdev_blk_type;
extern const struct kvdev_device_type kvdev_rng_type;
extern const struct kvdev_device_type kvdev_vmmci_type;
extern const struct kvdev_device_type kvdev_scsi_type;

/* A type in a module of its own: MODULE_ALIAS(KVDEV_TYPE_ALIAS(id)). */
#define KVDEV_TYPE_ALIAS(id)	"kvdev-device-" __stringify(id)

int kvdev_type_register(const struct kvdev_device_type *type);
void kvdev_type_unregister(const struct kvdev_device_type *type);

/**
 * struct kvdev_used - a chain to be given back
 * @id: the chain
 * @written: bytes written from the beginning of its writable part
 */
struct kvdev_used {
	u16 id;
	u32 written;
};

/**
 * struct kvdev_vq_chain - a chain as a device type sees it
 * @id: names the chain in kvdev_vq_complete()
 * @readable: what the driver gave us to read; ITER_SOURCE
 * @writable: what the driver gave us to fill; ITER_DEST
 * @nr_writable: pieces of @writable
 * @writable_iov: the pieces of @writable, for types that need an address or
 *	shorten a piece
 *
 * The iterators are cursors: copying advances them. They point into the
 * queue's own array and are good until the next kvdev_vq_peek() of the queue;
 * only the worker may use them.
 */
struct kvdev_vq_chain {
	u16 id;
	struct iov_iter readable;
	struct iov_iter writable;
	u16 nr_writable;
	struct iovec *writable_iov;
};

/* The device, for types */
void kvdev_dev_set_priv(struct kvdev_dev *dev, void *priv);
void *kvdev_dev_priv(const struct kvdev_dev *dev);
struct kvdev_pool *kvdev_dev_pool(struct kvdev_dev *dev);
/* The configuration space: config_size bytes, little endian, mutex held. */
void *kvdev_dev_config(struct kvdev_dev *dev);
/* After a change of it that the driver is to notice; mutex held. */
void kvdev_dev_config_changed(struct kvdev_dev *dev);
/* The driver has seen the change: no interrupt is pending for it. Any context. */
void kvdev_dev_config_seen(struct kvdev_dev *dev);
/* What is offered has changed; mutex held, status is 0. */
void kvdev_dev_update_features(struct kvdev_dev *dev);
/* Device status, 0: no driver; mutex held. */
u8 kvdev_dev_status(const struct kvdev_dev *dev);
/* It is on the vDPA bus; mutex held. */
bool kvdev_dev_on_bus(const struct kvdev_dev *dev);
/* There are workers; mutex held. */
bool kvdev_dev_has_owner(const struct kvdev_dev *dev);
/* For what comes from elsewhere than a callback; may sleep. */
void kvdev_dev_lock(struct kvdev_dev *dev);
int kvdev_dev_lock_killable(struct kvdev_dev *dev);
bool kvdev_dev_trylock(struct kvdev_dev *dev);
void kvdev_dev_unlock(struct kvdev_dev *dev);
/* To change what @describe looks at. Held for moments: nobody is waited for. */
void kvdev_dev_desc_lock(struct kvdev_dev *dev);
void kvdev_dev_desc_unlock(struct kvdev_dev *dev);
/* NULL: no such queue */
struct kvdev_vq *kvdev_dev_vq(struct kvdev_dev *dev, u32 index);
u16 kvdev_dev_nr_queues(const struct kvdev_dev *dev);
/* The largest ring size of any queue, 0 without queues. */
u16 kvdev_dev_queue_size(const struct kvdev_dev *dev);
/* Feature offered; mutex held. */
bool kvdev_dev_offers(const struct kvdev_dev *dev, unsigned int bit);
/* Features the driver accepted; stable while queues run. */
bool kvdev_dev_has_feature(const struct kvdev_dev *dev, unsigned int bit);
/* All of them: bits 0 to 63, in @high bits 64 to 127. */
u64 kvdev_dev_driver_features(const struct kvdev_dev *dev, u64 *high);

/* A queue, for types */
struct kvdev_dev *kvdev_vq_dev(const struct kvdev_vq *vq);
u16 kvdev_vq_index(const struct kvdev_vq *vq);
/* Ring size of the running queue: no more chains than this are in flight. */
u16 kvdev_vq_num(const struct kvdev_vq *vq);
/*
 * It runs, and is not broken. Only the device's mutex makes the answer last;
 * any context. @vq may be NULL.
 */
bool kvdev_vq_enabled(const struct kvdev_vq *vq);
/*
 * The driver has enabled it, so that it runs, or will when the device goes on.
 * Any context. When that ends, it does before @vq_stop; when it begins, before
 * @vq_start.
 */
bool kvdev_vq_set_up(const struct kvdev_vq *vq);
/* Kicks that came, and notifications that were sent. */
void kvdev_vq_notifications(struct kvdev_vq *vq, u64 *kicks, u64 *signals);
void kvdev_vq_set_priv(struct kvdev_vq *vq, void *priv);
void *kvdev_vq_priv(const struct kvdev_vq *vq);

/* Notify for so many packets, or after so long. */
void kvdev_vq_coalesce(struct kvdev_vq *vq, u32 max_packets, u32 max_usecs);

/* Worker context only: */
int kvdev_vq_peek(struct kvdev_vq *vq, struct kvdev_vq_chain *chain);
void kvdev_vq_pop(struct kvdev_vq *vq, const struct kvdev_vq_chain *chain);
/*
 * Undo the latest kvdev_vq_pop(), of the chain @id; several in reverse order.
 * Nothing has been written to the chain, and it is not completed.
 */
void kvdev_vq_unpop(struct kvdev_vq *vq, u16 id);
bool kvdev_vq_should_stop(struct kvdev_vq *vq);
/* Another queue waits for the worker they share. */
bool kvdev_vq_shared_wanted(const struct kvdev_vq *vq);
/* The queue is about to stop; any context, of a request in flight. */
bool kvdev_vq_is_stopping(const struct kvdev_vq *vq);
/* For requests that take the worker's time: somebody waits for it. */
bool kvdev_vq_is_awaited(struct kvdev_vq *vq);
/* So many packets were given back, for kvdev_vq_coalesce(). */
void kvdev_vq_add_packets(struct kvdev_vq *vq, u32 nr);
/* Let the driver see what was completed so far, in this round. */
void kvdev_vq_flush(struct kvdev_vq *vq);
/*
 * What is on the ring waits for something else than the driver: after @vq_serve
 * has returned false, the next call comes with kvdev_vq_wake(), or a kick.
 */
void kvdev_vq_park(struct kvdev_vq *vq);
/*
 * All chains have been taken and do not suffice: true if more have come
 * meanwhile. Else there will be a kick when they come, as if the queue was
 * parked, and the chains can be given back.
 */
bool kvdev_vq_await_chains(struct kvdev_vq *vq);
void kvdev_vq_violation(struct kvdev_vq *vq, const char *reason);
/* Memory behind the iterators is kernel memory (in-kernel driver). */
bool kvdev_vq_kernel_memory(const struct kvdev_vq *vq);

/* Any context: */
/* A request in flight may end early and not well: nobody is there to mind. */
bool kvdev_vq_abandoned(const struct kvdev_vq *vq);
/* Have @vq_serve called though the driver did not kick. */
void kvdev_vq_wake(struct kvdev_vq *vq);
void kvdev_vq_complete(struct kvdev_vq *vq, u16 id, u32 written);
void kvdev_vq_complete_batch(struct kvdev_vq *vq, const struct kvdev_used *used,
			     unsigned int nr);
/* Of any queue: what was completed so far, the driver sees before anything else. */
void kvdev_vq_show(struct kvdev_vq *vq);
/* Counters of a request about to be completed; error: it failed. */
void kvdev_vq_account(struct kvdev_vq *vq, u32 readable, u32 writable,
		      bool error);

#endif /* KVDEV_DEVICE_H */
