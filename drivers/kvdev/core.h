/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device and its queues, as the core and the bindings see them.
 *
 * Who owns what:
 *
 *	file, name, vDPA device -> kvdev_dev -> kvdev_vq[] -> ring, mapped
 *	  (each a reference)                     areas, worker, eventfds
 *	                                     -> memory table, transport, device
 *	                                        type's state
 *
 * A device is used by one at a time (enum kvdev_use): by a process that set
 * itself as owner through a file, or by the vDPA binding.
 *
 * Lock order:
 *
 *	kvdev_dev.mutex
 *	  the list of devices (registry.c)
 *	  kvdev_dev.desc_mutex	(what the list tells about a device)
 *	  kvdev_vq.mutex		(worker: this one only)
 *	    kvdev_dev.mem_lock		(which table there is)
 *	    eventfd wait queue lock	(kicks come in under it)
 *	    kvdev_vq.used_lock		(interrupts off; completions, any context)
 *	    kvdev_pool.lock		(interrupts off; any context)
 *
 * The address space's mmap_lock is taken under both mutexes (pinning, faults),
 * so nothing that is called with it may take one of them. The vDPA bus does
 * call like that, see vdpa/vdpa.c.
 *
 * An interrupt to the guest (a signal of an eventfd) is sent with none of the
 * spinlocks held and never from inside a kick.
 *
 * A queue's life:
 *
 *	stopped --start--> running --stop--> draining --last completion--> stopped
 *	                      |
 *	                      +--violation--> broken, until stopped
 *
 * Start and stop happen under kvdev_dev.mutex. The worker serves the queue
 * under kvdev_vq.mutex and only while it is running and not broken. A turn of
 * the worker counts as a request in flight: who stops a queue waits for both
 * alike, and takes no lock that a worker may hold for long.
 *
 * What waits for requests can be left when the process is killed: the queue
 * stays draining, the device unsettled (kvdev_dev_settle()), and whoever uses it
 * next waits first. So does a driver that resets the device through registers:
 * it reads a status other than 0 as long as requests are in flight.
 */
#ifndef KVDEV_CORE_H
#define KVDEV_CORE_H

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>
#include <uapi/linux/kvdev_transport.h>

#include "device/device.h"
#include "event.h"
#include "mem.h"
#include "notify.h"
#include "pool.h"
#include "ring/ring.h"
#include "stats.h"
#include "transport/regs.h"
#include "worker.h"

struct dentry;

enum {
	KVDEV_AREA_DESC,
	KVDEV_AREA_DRIVER,
	KVDEV_AREA_DEVICE,
	KVDEV_NR_AREAS
};

/**
 * struct kvdev_coalescing - notifications that are put off
 * @max_packets: this many packets are reason for one; 0: none is put off
 * @max_usecs: so long does one wait
 * @packets: given back so far; the worker's
 * @asked_at: @packets when the driver was last asked whether it wants one
 * @held: one is put off: the driver was shown something and not asked
 * @timer: runs since the first packet of those one is put off for; may run on
 *	when it is not needed any more
 *
 * Without another rule: kvdev_vq.used_lock.
 */
struct kvdev_coalescing {
	u32 max_packets;
	u32 max_usecs;
	u32 packets;
	u32 asked_at;
	bool held;
	struct hrtimer timer;
};

/**
 * struct kvdev_vq - one queue of a device
 * @dev: its device
 * @index: its number
 * @regs: its registers; kvdev_dev.mutex
 * @worker: the thread that serves it: @own, or that of another queue; changed
 *	while there is no owner
 * @own: its thread, if it has one
 * @work: serves it; queued by kicks
 * @kick: doorbell
 * @call: used buffer notification, if no transport is bound
 * @err: told about violations
 * @mutex: held while serving; covers the fields down to @priv
 * @running: is to be served; set under both mutexes, cleared under the device's
 * @active: started and not stopped completely; kvdev_dev.mutex
 * @broken: the driver broke the protocol; not served until the device is reset
 * @parked: chains that are left are not work until somebody wakes the queue
 * @starved: nothing goes on without more chains: no notification is put off
 * @mem: memory table, of its own reference; NULL unless active
 * @mem_seq: kvdev_dev.mem_seq of @mem
 * @areas: mapped ring
 * @chain: scratch for the chain being looked at
 * @taken: memory of a packed ring, KVDEV_CHAIN_MAX entries
 * @budget: chains the worker may still take in this round
 * @priv: of the device type
 * @waiters: who waits for @mutex, which the worker is to give up soon
 * @used_lock: covers the producer side of @ring
 * @batcher: the worker while it serves: completions in it are published
 *	together at the end of its round; written under @mutex
 * @inflight: chains in flight, plus one while running, plus one while served
 * @drained: completed when @inflight drops to 0
 * @ring: consumer side under @mutex, producer side under @used_lock
 * @coal: when the driver is notified
 * @stats: counters
 */
struct kvdev_vq {
	struct kvdev_dev *dev;
	u16 index;
	struct kvdev_queue_regs *regs;

	struct kvdev_worker *worker;
	struct kvdev_worker own;
	struct kvdev_work work;
	struct kvdev_kick kick;
	struct kvdev_call call;
	struct kvdev_call err;

	struct mutex mutex;	/* serving, and the fields to @priv */
	bool running;
	bool active;
	bool broken;
	bool parked;
	bool starved;
	struct kvdev_mem_table *mem;
	unsigned long mem_seq;
	struct kvdev_area areas[KVDEV_NR_AREAS];
	struct kvdev_chain chain;
	struct kvdev_taken *taken;
	unsigned int budget;
	void *priv;

	atomic_t waiters;

	spinlock_t used_lock;	/* producer side of the ring */
	struct task_struct *batcher;
	refcount_t inflight;
	struct completion drained;
	struct kvdev_ring ring;
	struct kvdev_coalescing coal;
	struct kvdev_vq_stats stats;
};

/**
 * struct kvdev_perm - whose a device is, and what others may do with it
 * @uid: owner
 * @gid: group
 * @mode: KVDEV_MAY_READ and KVDEV_MAY_WRITE, three times, as of a file
 */
struct kvdev_perm {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

#define KVDEV_PERM_FLAGS (KVDEV_PERM_UID | KVDEV_PERM_GID | KVDEV_PERM_MODE)

/* What one may do with a device; the first two as in a mode. */
enum {
	KVDEV_MAY_READ = 4,
	KVDEV_MAY_WRITE = 2,
	KVDEV_MAY_MANAGE = 8,	/* change it though somebody else uses it */
	KVDEV_MAY_ALL = KVDEV_MAY_READ | KVDEV_MAY_WRITE | KVDEV_MAY_MANAGE,
};

/* kvdev_dev.flags */
enum {
	KVDEV_DEV_NEEDS_RESET,	/* DEVICE_NEEDS_RESET of device status */
	KVDEV_DEV_RESETTING,	/* requests in flight are of no use to anybody */
};

/**
 * struct kvdev_dev - a device
 * @id: number of the device since the module was loaded
 * @type: constants and callbacks
 * @priv: of the device type
 * @ref: files, name, binding
 * @charged_to: whose quota it counts to: who made it
 * @list: on the list of all devices; its lock
 * @name: name, or empty; the list's lock
 * @perm: who may do what; the list's lock
 * @mutex: covers everything that has no other rule
 * @desc_mutex: held for moments, also to change what others than the users of
 *	the device look at: the next four, and what the type describes. Nobody
 *	who lists devices waits for one
 * @use: who uses the device
 * @user: the file the owner was set through, or what the binding gave
 * @use_pid: the process that uses it, NULL: none
 * @use_comm: its name, or that of the driver
 * @perm_changed: tells the binding that uses the device, with @user, that @perm
 *	has changed. Optional
 * @owned: there is an owner: workers run
 * @pool: threads for what waits for stores, if the type has any
 * @mm: the owner's address space (mm_count is held), NULL: no owner, or a
 *	driver in this kernel
 * @mem_lock: covers the next two
 * @mem: guest memory, NULL: none set. Queues that run follow it from chain to
 *	chain, each with a reference of its own
 * @mem_seq: changes of @mem
 * @suspended: queues are stopped but not forgotten
 * @unsettled: queues are to stop that nobody has waited for
 * @fixed_queue_size: the largest ring size was asked for at creation
 * @extra_features: what the binding adds to the features offered
 * @bus_features: what may be offered on the vDPA bus, as whoever put the device
 *	there wants it, 0: all
 * @allowed: features the VMM allows, 0: all
 * @allowed_hi: likewise bits 64 to 127, unless @allowed is 0
 * @regs: features, status, configuration and the queues' registers, whether
 *	the driver reaches them through a transport or the VMM sets them
 * @transport: enum kvdev_transport_type, 0: ring level, the VMM emulates it
 * @layout: of the register window
 * @vectors: MSI-X vectors' eventfds, @regs.nr_vectors of them
 * @config_call: configuration change notification, if no transport is bound
 * @pending: vectors with an event that could not be told yet; any context
 * @master_off: the guest has disabled bus mastering; any context
 * @line: the interrupt line
 * @resample: told that the guest has ended the interrupt
 * @resample_work: raises the line again
 * @line_off: MSI-X or the guest has turned the line off; any context
 * @pci_cfg: window to the registers in PCI configuration space
 * @isr: ISR status bits; any context
 * @flags: any context
 * @trouble: why the device last needed a reset, or did not start; static text,
 *	NULL: never; any context
 * @trouble_errno: what was wrong then, positive; any context
 * @start_trouble: why a queue could not be started, NULL: not known
 * @nr_vqs: number of @vqs
 * @vqs: queues
 * @events: what it has to tell
 * @stats: counters
 * @debugfs: directory
 */
struct kvdev_dev {
	unsigned int id;
	const struct kvdev_device_type *type;
	void *priv;

	struct kref ref;
	kuid_t charged_to;
	struct list_head list;
	char name[KVDEV_NAME_LEN];
	struct kvdev_perm perm;

	struct mutex mutex;	/* whatever has no other rule */
	struct mutex desc_mutex;	/* what is told about the device */
	enum kvdev_use use;
	void *user;
	struct pid *use_pid;
	char use_comm[16];
	void (*perm_changed)(void *user);
	bool owned;
	struct kvdev_pool pool;
	struct mm_struct *mm;
	spinlock_t mem_lock;	/* which memory there is */
	struct kvdev_mem_table *mem;
	unsigned long mem_seq;
	bool suspended;
	bool unsettled;
	u64 allowed;
	u64 allowed_hi;
	u64 extra_features;
	u64 bus_features;
	bool fixed_queue_size;
	struct kvdev_regs regs;
	u32 transport;
	struct kvdev_pci_layout layout;
	struct kvdev_call *vectors;
	DECLARE_BITMAP(pending, KVDEV_MAX_VECTORS);
	bool master_off;
	struct kvdev_call config_call;
	struct kvdev_call line;
	struct kvdev_kick resample;
	struct work_struct resample_work;
	bool line_off;
	struct kvdev_pci_cfg pci_cfg;
	atomic_t isr;
	unsigned long flags;
	const char *trouble;
	int trouble_errno;
	const char *start_trouble;
	struct kvdev_events events;

	struct kvdev_dev_stats stats;
	struct dentry *debugfs;

	u16 nr_vqs;
	struct kvdev_vq vqs[] __counted_by(nr_vqs);
};

/* The driver chose packed rings; split ones otherwise. */
static inline bool kvdev_dev_packed(const struct kvdev_dev *dev)
{
	return dev->regs.driver_features & BIT_ULL(VIRTIO_F_RING_PACKED);
}

/**
 * enum kvdev_wait - for requests in flight
 * @KVDEV_WAIT_NOT: not at all
 * @KVDEV_WAIT_KILLABLE: until killed
 * @KVDEV_WAIT_ALWAYS: as long as it takes
 */
enum kvdev_wait {
	KVDEV_WAIT_NOT,
	KVDEV_WAIT_KILLABLE,
	KVDEV_WAIT_ALWAYS,
};

/* dev.c, stop.c: for bindings. All but create: kvdev_dev.mutex is held. */
struct kvdev_dev *kvdev_dev_create(const struct kvdev_create *arg);
void kvdev_dev_destroy(struct kvdev_dev *dev);
int kvdev_dev_stop_queues(struct kvdev_dev *dev, enum kvdev_wait how);
int kvdev_dev_drain(struct kvdev_dev *dev, enum kvdev_wait how);
int kvdev_dev_reset(struct kvdev_dev *dev, enum kvdev_wait how);
int kvdev_dev_settle(struct kvdev_dev *dev, enum kvdev_wait how);
enum kvdev_wait kvdev_dev_patience(const struct kvdev_dev *dev);
int kvdev_dev_set_status(struct kvdev_dev *dev, u8 status);
void kvdev_dev_widen_queues(struct kvdev_dev *dev, u16 num);
int kvdev_dev_enable_vq(struct kvdev_dev *dev, u16 index);
int kvdev_dev_disable_vq(struct kvdev_dev *dev, u16 index);
int kvdev_dev_reset_vq(struct kvdev_dev *dev, u16 index);
int kvdev_dev_suspend(struct kvdev_dev *dev);
int kvdev_dev_resume(struct kvdev_dev *dev);
void kvdev_dev_set_master(struct kvdev_dev *dev, bool off);
bool kvdev_dev_no_master(const struct kvdev_dev *dev);
void kvdev_dev_refresh_config(struct kvdev_dev *dev, u32 offset, u32 len);
int kvdev_dev_write_config(struct kvdev_dev *dev, u32 offset, const u8 *bytes,
			   u32 len);
/* Addresses of rings are the driver's, not the VMM's. */
bool kvdev_dev_driver_level(const struct kvdev_dev *dev);

/* owner.c: for bindings. kvdev_dev.mutex is held. */
int kvdev_dev_claim(struct kvdev_dev *dev, enum kvdev_use use, void *user);
void kvdev_dev_unclaim(struct kvdev_dev *dev);
int kvdev_dev_set_owner(struct kvdev_dev *dev, enum kvdev_worker_kind kind);
void kvdev_dev_reset_owner(struct kvdev_dev *dev);
int kvdev_dev_set_mem(struct kvdev_dev *dev, struct kvdev_mem_table *table);
/* These three: the mutex need not be held. */
void kvdev_dev_publish_mem(struct kvdev_dev *dev,
			   struct kvdev_mem_table *table);
int kvdev_dev_sync_mem(struct kvdev_dev *dev, bool killable);
struct kvdev_mem_table *kvdev_dev_get_mem(struct kvdev_dev *dev,
					  unsigned long *seq);

/* registry.c */
int kvdev_registry_add(struct kvdev_dev *dev, const u8 *name);
int kvdev_registry_delete(const u8 *name);
void kvdev_registry_forget(struct kvdev_dev *dev);
struct kvdev_dev *kvdev_registry_find(const char *name, unsigned int want,
				      unsigned int *may);
int kvdev_registry_set_perm(const struct kvdev_permissions *arg);
int kvdev_registry_next(struct kvdev_next *arg);
void kvdev_dev_put(struct kvdev_dev *dev);
bool kvdev_name_valid(const u8 *name);

/* perm.c */
int kvdev_perm_init(struct kvdev_perm *perm, const struct kvdev_create *arg);
unsigned int kvdev_perm_may(const struct kvdev_perm *perm);
int kvdev_perm_change(struct kvdev_perm *perm,
		      const struct kvdev_permissions *arg);
void kvdev_perm_describe(const struct kvdev_perm *perm, struct kvdev_next *arg);

/* event.c: any context */
void kvdev_dev_blame(struct kvdev_dev *dev, const char *reason, int error);
void kvdev_dev_give_up(struct kvdev_dev *dev, const char *reason, int error);
void kvdev_dev_needs_reset(struct kvdev_dev *dev, const char *reason);

/* access.c: the register level; kvdev_dev.mutex is held */
u64 kvdev_transport_features(const struct kvdev_dev *dev);
int kvdev_bind_transport(struct kvdev_dev *dev,
			 struct kvdev_bind_transport *arg);
int kvdev_access(struct kvdev_dev *dev, struct kvdev_access *arg);
int kvdev_pci_config(struct kvdev_dev *dev, struct kvdev_pci_config *arg);
int kvdev_get_doorbell(struct kvdev_dev *dev, struct kvdev_get_doorbell *arg);
void kvdev_transport_release(struct kvdev_dev *dev);

/* irq.c: interrupts; kvdev_dev.mutex is held but for signals */
int kvdev_irq_init(struct kvdev_dev *dev, u16 nr_vectors);
void kvdev_irq_release(struct kvdev_dev *dev);
int kvdev_set_vector(struct kvdev_dev *dev, u32 vector, int fd);
int kvdev_set_line(struct kvdev_dev *dev, int fd, int resample_fd);
int kvdev_pci_state(struct kvdev_dev *dev, struct kvdev_pci_state *arg);
void kvdev_signal_vq(struct kvdev_vq *vq);
void kvdev_signal_config(struct kvdev_dev *dev);
void kvdev_irq_config_seen(struct kvdev_dev *dev);

/* vq.c: kvdev_dev.mutex is held */
void kvdev_vq_init(struct kvdev_vq *vq, struct kvdev_dev *dev, u16 index);
int kvdev_vq_start(struct kvdev_vq *vq);
void kvdev_vq_stop_begin(struct kvdev_vq *vq);
int kvdev_vq_stop(struct kvdev_vq *vq, enum kvdev_wait how);
void kvdev_vq_get_base(struct kvdev_vq *vq, u16 *avail, u16 *used);
void kvdev_vq_set_base(struct kvdev_vq *vq, u16 avail, u16 used);

/* complete.c */
void kvdev_vq_put(struct kvdev_vq *vq);

/* coalesce.c */
void kvdev_coalesce_init(struct kvdev_vq *vq);
void kvdev_coalesce_end(struct kvdev_vq *vq);
bool kvdev_coalesce_publish(struct kvdev_vq *vq, bool now);

/* The driver was asked: with the producer's lock. */
static inline void kvdev_vq_count_signal(struct kvdev_vq *vq, bool signal)
{
	if (signal)
		vq->stats.signals++;
	else
		vq->stats.signals_suppressed++;
}

/* vq.c: the mutex need not be held */
int kvdev_vq_sync(struct kvdev_vq *vq, bool killable);

/* vq.c: any context */
void kvdev_vq_kick(struct kvdev_vq *vq, u64 count);

/* chardev.c */
int kvdev_chardev_init(void);
void kvdev_chardev_exit(void);

/* types.c: device types by virtio id */
const struct kvdev_device_type *kvdev_type_get(u32 id);
void kvdev_type_put(const struct kvdev_device_type *type);
u64 kvdev_type_mask(void);

#endif /* KVDEV_CORE_H */
