// SPDX-License-Identifier: GPL-2.0
/*
 * What the vDPA bus asks of a device.
 *
 * Whose memory it is depends on the driver of the bus, and the two are never
 * confused:
 *
 *	vhost_vdpa	a process: it says which through bind_mm, in its own
 *			context, and its threads are the workers. Addresses are
 *			translated by what it maps to its user addresses;
 *			nothing is pinned but the rings.
 *	virtio_vdpa	this kernel: addresses are those of the DMA API, that
 *			is physical ones, and workers are kernel threads.
 *
 * The kernel's memory is given only to the driver that is known to be the
 * kernel's: whatever a process does or leaves out with vhost_vdpa, it ends up
 * with its own memory or none.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
#include <net/netlink.h>
#include <uapi/linux/vdpa.h>
#include <uapi/linux/vhost_types.h>

#include "core.h"
#include "vdpa.h"

/* See wait_for_workers(). */
#define SYNC_LOOK	msecs_to_jiffies(50)
#define SYNC_LOOKS	40

static struct kvdev_vdpa *to_kvdev_vdpa(struct vdpa_device *vdpa)
{
	return container_of(vdpa, struct kvdev_vdpa, vdpa);
}

static struct kvdev_dev *to_kvdev_dev(const struct vdpa_device *vdpa)
{
	return container_of_const(vdpa, struct kvdev_vdpa, vdpa)->dev;
}

static bool driver_is_kernel(const struct vdpa_device *vdpa)
{
	const struct device_driver *driver = vdpa->dev.driver;

	return driver && !strcmp(driver->name, "virtio_vdpa");
}

/* ---------------------------------------------------------------- queues */

static int kvdev_vdpa_set_vq_address(struct vdpa_device *vdpa, u16 idx,
				     u64 desc, u64 driver, u64 device)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	struct kvdev_vq *vq = &dev->vqs[idx];
	int ret = 0;

	mutex_lock(&dev->mutex);
	if (vq->running) {
		ret = -EBUSY;
	} else {
		vq->regs->cfg.desc_addr = desc;
		vq->regs->cfg.driver_addr = driver;
		vq->regs->cfg.device_addr = device;
	}
	mutex_unlock(&dev->mutex);
	return ret;
}

static void kvdev_vdpa_set_vq_num(struct vdpa_device *vdpa, u16 idx, u32 num)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	struct kvdev_vq *vq = &dev->vqs[idx];

	mutex_lock(&dev->mutex);
	/* What does not fit is found out when the queue is started. */
	if (!vq->running)
		vq->regs->cfg.num = min_t(u32, num, U16_MAX);
	mutex_unlock(&dev->mutex);
}

/* Also from inside an eventfd's wake-up, interrupts off. */
static void kvdev_vdpa_kick_vq(struct vdpa_device *vdpa, u16 idx)
{
	kvdev_vq_kick(&to_kvdev_dev(vdpa)->vqs[idx], 1);
}

static void set_call(struct kvdev_dev *dev, struct kvdev_call *call,
		     const struct vdpa_callback *cb)
{
	/*
	 * Not cb->trigger, the eventfd behind the callback: the bus drops its
	 * reference to the old one before it tells us about the next.
	 */
	struct kvdev_target target = {
		.fn = cb->callback,
		.arg = cb->private,
	};

	mutex_lock(&dev->mutex);
	kvdev_call_set_target(call, target.fn ? &target : NULL);
	mutex_unlock(&dev->mutex);
}

static void kvdev_vdpa_set_vq_cb(struct vdpa_device *vdpa, u16 idx,
				 struct vdpa_callback *cb)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);

	set_call(dev, &dev->vqs[idx].call, cb);
}

static void kvdev_vdpa_set_vq_ready(struct vdpa_device *vdpa, u16 idx, bool ready)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);

	mutex_lock(&dev->mutex);
	if (ready)
		kvdev_dev_enable_vq(dev, idx);
	else
		kvdev_dev_disable_vq(dev, idx);
	mutex_unlock(&dev->mutex);
}

static bool kvdev_vdpa_get_vq_ready(struct vdpa_device *vdpa, u16 idx)
{
	return READ_ONCE(to_kvdev_dev(vdpa)->vqs[idx].regs->enabled);
}

#define WRAP_COUNTER	BIT(VRING_PACKED_EVENT_F_WRAP_CTR)

static u16 pack_base(u16 idx, u16 counter)
{
	return (idx & ~WRAP_COUNTER) | (counter ? WRAP_COUNTER : 0);
}

static int kvdev_vdpa_set_vq_state(struct vdpa_device *vdpa, u16 idx,
				   const struct vdpa_vq_state *state)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	struct kvdev_vq *vq = &dev->vqs[idx];
	int ret = 0;

	mutex_lock(&dev->mutex);
	if (vq->running)
		ret = -EBUSY;
	else if (kvdev_dev_packed(dev))
		kvdev_vq_set_base(vq, pack_base(state->packed.last_avail_idx,
						state->packed.last_avail_counter),
				  pack_base(state->packed.last_used_idx,
					    state->packed.last_used_counter));
	else
		kvdev_vq_set_base(vq, state->split.avail_index, 0);
	mutex_unlock(&dev->mutex);
	return ret;
}

static int kvdev_vdpa_get_vq_state(struct vdpa_device *vdpa, u16 idx,
				   struct vdpa_vq_state *state)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	u16 avail, used;

	mutex_lock(&dev->mutex);
	kvdev_vq_get_base(&dev->vqs[idx], &avail, &used);
	if (kvdev_dev_packed(dev)) {
		state->packed.last_avail_idx = avail & ~WRAP_COUNTER;
		state->packed.last_avail_counter = !!(avail & WRAP_COUNTER);
		state->packed.last_used_idx = used & ~WRAP_COUNTER;
		state->packed.last_used_counter = !!(used & WRAP_COUNTER);
	} else {
		state->split.avail_index = avail;
	}
	mutex_unlock(&dev->mutex);
	return 0;
}

static int put_stat(struct sk_buff *msg, const char *name, u64 value)
{
	if (nla_put_string(msg, VDPA_ATTR_DEV_VENDOR_ATTR_NAME, name) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_VENDOR_ATTR_VALUE, value,
			      VDPA_ATTR_PAD))
		return -EMSGSIZE;
	return 0;
}

static int kvdev_vdpa_get_vendor_vq_stats(struct vdpa_device *vdpa, u16 idx,
					  struct sk_buff *msg,
					  struct netlink_ext_ack *extack)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	struct kvdev_get_stats s = { .queue = idx };
	int ret;

	/*
	 * Without the mutex, which the user of the device may hold for long:
	 * the management of the whole bus would wait. Counters need none.
	 */
	ret = kvdev_stats_read(dev, &s);
	return ret ?: put_stat(msg, "kicks", s.kicks) ?:
	       put_stat(msg, "chains", s.chains) ?:
	       put_stat(msg, "completions", s.completions) ?:
	       put_stat(msg, "completions_inplace", s.completions_inplace) ?:
	       put_stat(msg, "signals", s.signals) ?:
	       put_stat(msg, "signals_suppressed", s.signals_suppressed) ?:
	       put_stat(msg, "signals_held", s.signals_held) ?:
	       put_stat(msg, "errors", s.errors) ?:
	       put_stat(msg, "violations", s.violations);
}

static u16 kvdev_vdpa_get_vq_size(struct vdpa_device *vdpa, u16 idx)
{
	return kvdev_dev_queue_size(to_kvdev_dev(vdpa));
}

/* One group, one address space. VMMs ask before they look for more. */
static u32 kvdev_vdpa_get_vq_group(struct vdpa_device *vdpa, u16 idx)
{
	return 0;
}

static u32 kvdev_vdpa_get_vq_align(struct vdpa_device *vdpa)
{
	return PAGE_SIZE;
}

static u16 kvdev_vdpa_get_vq_num_max(struct vdpa_device *vdpa)
{
	return kvdev_dev_queue_size(to_kvdev_dev(vdpa));
}

static u16 kvdev_vdpa_get_vq_num_min(struct vdpa_device *vdpa)
{
	return 1;
}

static int kvdev_vdpa_set_vq_affinity(struct vdpa_device *vdpa, u16 idx,
				      const struct cpumask *mask)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	int ret;

	mutex_lock(&dev->mutex);
	ret = kvdev_worker_set_affinity(dev->vqs[idx].worker, mask);
	mutex_unlock(&dev->mutex);
	return ret;
}

/* ---------------------------------------------------------------- memory */

static void sync_work(struct work_struct *work)
{
	struct kvdev_vdpa *v = container_of(work, struct kvdev_vdpa, sync_work);
	unsigned long unmaps = READ_ONCE(v->unmaps);

	kvdev_dev_sync_mem(v->dev, false);
	WRITE_ONCE(v->synced, unmaps);
	wake_up_all(&v->sync_wait);
}

/**
 * kvdev_vdpa_map_init() - no memory yet
 * @v: new
 */
void kvdev_vdpa_map_init(struct kvdev_vdpa *v)
{
	mutex_init(&v->map_mutex);
	init_waitqueue_head(&v->sync_wait);
	INIT_WORK(&v->sync_work, sync_work);
}

/*
 * When this returns the device does not use what was unmapped any more, which
 * a process that takes memory away relies on.
 *
 * But if a message of the process fails half way, the bus undoes the first half
 * with the process' mmap_lock held for reading. Then a worker that faults may
 * be waiting for another thread of the process, which waits to change the
 * mappings, which waits for us. Nobody can tell us that we hold that lock, only
 * that somebody waits for it; if there is somebody whenever we look, for two
 * seconds, we leave. Nothing is lost then: what is undone is still mapped in
 * the process, and it is told that its message failed.
 */
static void wait_for_workers(struct kvdev_vdpa *v, unsigned long unmaps)
{
	unsigned int looks = 0;

	queue_work(kvdev_vdpa_wq, &v->sync_work);
	while (!wait_event_timeout(v->sync_wait,
				   (long)(READ_ONCE(v->synced) - unmaps) >= 0,
				   SYNC_LOOK)) {
		/* The bus calls unbind_mm not before we are done. */
		if (!mmap_lock_is_contended(v->dev->mm))
			looks = 0;
		else if (++looks == SYNC_LOOKS)
			return;
	}
}

/*
 * With use_va the address is one of the process that bind_mm named; each call
 * is one range, so there is nothing to rebuild but our own small table. The
 * bus holds mmap_lock: no worker is waited for.
 */
static int kvdev_vdpa_dma_map(struct vdpa_device *vdpa, unsigned int asid,
			      u64 iova, u64 size, u64 va, u32 perm,
			      void *opaque)
{
	struct kvdev_vdpa *v = to_kvdev_vdpa(vdpa);
	struct kvdev_mem_table *table = ERR_PTR(-EPERM);

	mutex_lock(&v->map_mutex);
	if (v->bound)
		table = kvdev_mem_add(v->dev->mem, iova, size, va,
				      perm & VHOST_ACCESS_RW);
	if (!IS_ERR(table))
		kvdev_dev_publish_mem(v->dev, table);
	mutex_unlock(&v->map_mutex);
	return PTR_ERR_OR_ZERO(table);
}

static int kvdev_vdpa_dma_unmap(struct vdpa_device *vdpa, unsigned int asid,
				u64 iova, u64 size)
{
	struct kvdev_vdpa *v = to_kvdev_vdpa(vdpa);
	struct kvdev_mem_table *table;
	unsigned long unmaps;

	mutex_lock(&v->map_mutex);
	if (!v->bound || !v->dev->mem) {
		/* There is nothing to forget. */
		mutex_unlock(&v->map_mutex);
		return 0;
	}
	table = kvdev_mem_remove(v->dev->mem, iova, size);
	/* Nobody would listen. Rather no memory than too much. */
	if (IS_ERR(table))
		table = NULL;
	kvdev_dev_publish_mem(v->dev, table);
	unmaps = v->unmaps + 1;
	WRITE_ONCE(v->unmaps, unmaps);
	mutex_unlock(&v->map_mutex);

	wait_for_workers(v, unmaps);
	return 0;
}

/* The process' memory is forgotten, and it with it or not. */
static void drop_map(struct kvdev_vdpa *v, bool bound)
{
	mutex_lock(&v->map_mutex);
	if (v->bound)
		kvdev_dev_publish_mem(v->dev, NULL);
	v->bound = bound;
	mutex_unlock(&v->map_mutex);
}

static int kvdev_vdpa_reset_map(struct vdpa_device *vdpa, unsigned int asid)
{
	struct kvdev_vdpa *v = to_kvdev_vdpa(vdpa);
	int ret;

	mutex_lock(&v->dev->mutex);
	drop_map(v, v->bound);
	ret = kvdev_dev_sync_mem(v->dev, true);
	mutex_unlock(&v->dev->mutex);
	return ret;
}

/* ---------------------------------------------------------------- device */

static u64 kvdev_vdpa_get_device_features(struct vdpa_device *vdpa)
{
	return to_kvdev_dev(vdpa)->regs.device_features;
}

static u64 kvdev_vdpa_get_backend_features(const struct vdpa_device *vdpa)
{
	return BIT_ULL(VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK);
}

static int kvdev_vdpa_set_driver_features(struct vdpa_device *vdpa, u64 features)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	int ret = 0;

	mutex_lock(&dev->mutex);
	/*
	 * The bus itself sets 0 in order to read the configuration before a
	 * driver came; any other set has to be one we can work with.
	 */
	if (features & ~dev->regs.device_features)
		ret = -EINVAL;
	else if (features && !(features & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM)))
		ret = -EINVAL;
	else if (dev->regs.status & VIRTIO_CONFIG_S_FEATURES_OK)
		ret = features == dev->regs.driver_features ? 0 : -EBUSY;
	else
		dev->regs.driver_features = features;
	mutex_unlock(&dev->mutex);
	return ret;
}

static u64 kvdev_vdpa_get_driver_features(struct vdpa_device *vdpa)
{
	return to_kvdev_dev(vdpa)->regs.driver_features;
}

static void kvdev_vdpa_set_config_cb(struct vdpa_device *vdpa,
				     struct vdpa_callback *cb)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);

	set_call(dev, &dev->config_call, cb);
}

static u32 kvdev_vdpa_get_device_id(struct vdpa_device *vdpa)
{
	return to_kvdev_dev(vdpa)->type->id;
}

static u32 kvdev_vdpa_get_vendor_id(struct vdpa_device *vdpa)
{
	return 0;
}

static u8 kvdev_vdpa_get_status(struct vdpa_device *vdpa)
{
	return kvdev_dev_status(to_kvdev_dev(vdpa));
}

/* A driver in this kernel has no bind_mm: its first sign of life is status. */
static int own_by_kernel(struct kvdev_dev *dev)
{
	struct kvdev_mem_table *table;
	int ret;

	if (dev->owned)
		return dev->mm ? -EBUSY : 0;
	table = kvdev_mem_kernel();
	if (IS_ERR(table))
		return PTR_ERR(table);
	ret = kvdev_dev_set_owner(dev, KVDEV_WORKER_KERNEL);
	if (ret) {
		kvdev_mem_put(table);
		return ret;
	}
	mutex_lock(&dev->desc_mutex);
	strscpy(dev->use_comm, "virtio_vdpa", sizeof(dev->use_comm));
	mutex_unlock(&dev->desc_mutex);
	kvdev_dev_set_mem(dev, table);
	return 0;
}

static void kvdev_vdpa_set_status(struct vdpa_device *vdpa, u8 status)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);

	mutex_lock(&dev->mutex);
	/* If that fails DRIVER_OK does, and that the driver is told. */
	if (status && driver_is_kernel(vdpa))
		own_by_kernel(dev);
	kvdev_dev_set_status(dev, status);
	mutex_unlock(&dev->mutex);
}

static int kvdev_vdpa_compat_reset(struct vdpa_device *vdpa, u32 flags)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);

	mutex_lock(&dev->mutex);
	/*
	 * A driver in this kernel may be gone after this, and its callbacks
	 * with it. Those of a process are good until unbind_mm.
	 */
	if (dev->mm)
		kvdev_dev_set_status(dev, 0);
	else
		kvdev_dev_reset_owner(dev);
	if (flags & VDPA_RESET_F_CLEAN_MAP)
		drop_map(to_kvdev_vdpa(vdpa), to_kvdev_vdpa(vdpa)->bound);
	mutex_unlock(&dev->mutex);
	return 0;
}

static int kvdev_vdpa_reset(struct vdpa_device *vdpa)
{
	return kvdev_vdpa_compat_reset(vdpa, 0);
}

static int kvdev_vdpa_suspend(struct vdpa_device *vdpa)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	int ret;

	mutex_lock(&dev->mutex);
	ret = kvdev_dev_suspend(dev);
	mutex_unlock(&dev->mutex);
	return ret;
}

static int kvdev_vdpa_resume(struct vdpa_device *vdpa)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	int ret;

	mutex_lock(&dev->mutex);
	ret = kvdev_dev_resume(dev);
	mutex_unlock(&dev->mutex);
	return ret;
}

/*
 * VMMs read the configuration of every device, and reading nothing is an error
 * on this bus. So a device without one has a few zeroes.
 */
static size_t kvdev_vdpa_get_config_size(struct vdpa_device *vdpa)
{
	return to_kvdev_dev(vdpa)->regs.config_len ?: sizeof(u32);
}

/*
 * The management of the bus reads the configuration, too, and must not wait for
 * a user who holds the mutex for long: rather it gets bytes of two moments.
 */
static bool lock_for_a_while(struct kvdev_dev *dev)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		if (mutex_trylock(&dev->mutex))
			return true;
		msleep(20);
	}
	return false;
}

static void kvdev_vdpa_get_config(struct vdpa_device *vdpa, unsigned int offset,
				  void *buf, unsigned int len)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	bool locked = lock_for_a_while(dev);
	unsigned int end;

	memset(buf, 0, len);
	/* Before the copy: a change of what it read is another generation. */
	WRITE_ONCE(dev->regs.config_read, true);
	smp_mb();	/* pairs with the mutex of who changes it, if not locked */
	/* The bus has checked it for processes, not for itself. */
	if (!check_add_overflow(offset, len, &end) &&
	    end <= dev->regs.config_len)
		memcpy(buf, dev->regs.config + offset, len);
	if (locked)
		mutex_unlock(&dev->mutex);
}

static void kvdev_vdpa_set_config(struct vdpa_device *vdpa, unsigned int offset,
				  const void *buf, unsigned int len)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);

	/* What is wrong with it is not said: the bus has no way to. */
	mutex_lock(&dev->mutex);
	kvdev_dev_write_config(dev, offset, buf, len);
	mutex_unlock(&dev->mutex);
}

static u32 kvdev_vdpa_get_generation(struct vdpa_device *vdpa)
{
	return to_kvdev_dev(vdpa)->regs.generation;
}

static struct vdpa_iova_range kvdev_vdpa_get_iova_range(struct vdpa_device *vdpa)
{
	return (struct vdpa_iova_range){ .first = 0, .last = U64_MAX };
}

/* ------------------------------------------------------------------ owner */

static int kvdev_vdpa_bind_mm(struct vdpa_device *vdpa, struct mm_struct *mm)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);
	int ret;

	/* The workers are to be threads of the process that is asking. */
	if (mm != current->mm || driver_is_kernel(vdpa))
		return -EINVAL;
	mutex_lock(&dev->mutex);
	ret = kvdev_dev_set_owner(dev, KVDEV_WORKER_OWNER);
	if (!ret)
		drop_map(to_kvdev_vdpa(vdpa), true);
	mutex_unlock(&dev->mutex);
	return ret;
}

static void kvdev_vdpa_unbind_mm(struct vdpa_device *vdpa)
{
	struct kvdev_dev *dev = to_kvdev_dev(vdpa);

	mutex_lock(&dev->mutex);
	/* First of all: nothing may be mapped for who is no owner any more. */
	drop_map(to_kvdev_vdpa(vdpa), false);
	kvdev_dev_reset_owner(dev);
	mutex_unlock(&dev->mutex);
}

static void kvdev_vdpa_free(struct vdpa_device *vdpa)
{
	struct kvdev_vdpa *v = to_kvdev_vdpa(vdpa);
	struct kvdev_dev *dev = v->dev;

	/* Never got one. */
	if (!dev)
		return;
	cancel_work_sync(&v->sync_work);
	mutex_lock(&dev->mutex);
	drop_map(v, false);
	kvdev_dev_unclaim(dev);
	mutex_unlock(&dev->mutex);
	kvdev_dev_put(dev);
	module_put(THIS_MODULE);
}

const struct vdpa_config_ops kvdev_vdpa_ops = {
	.set_vq_address = kvdev_vdpa_set_vq_address,
	.set_vq_num = kvdev_vdpa_set_vq_num,
	.kick_vq = kvdev_vdpa_kick_vq,
	.set_vq_cb = kvdev_vdpa_set_vq_cb,
	.set_vq_ready = kvdev_vdpa_set_vq_ready,
	.get_vq_ready = kvdev_vdpa_get_vq_ready,
	.set_vq_state = kvdev_vdpa_set_vq_state,
	.get_vq_state = kvdev_vdpa_get_vq_state,
	.get_vendor_vq_stats = kvdev_vdpa_get_vendor_vq_stats,
	.get_vq_size = kvdev_vdpa_get_vq_size,
	.get_vq_group = kvdev_vdpa_get_vq_group,
	.get_vq_align = kvdev_vdpa_get_vq_align,
	.get_vq_num_max = kvdev_vdpa_get_vq_num_max,
	.get_vq_num_min = kvdev_vdpa_get_vq_num_min,
	.set_vq_affinity = kvdev_vdpa_set_vq_affinity,
	.get_device_features = kvdev_vdpa_get_device_features,
	.get_backend_features = kvdev_vdpa_get_backend_features,
	.set_driver_features = kvdev_vdpa_set_driver_features,
	.get_driver_features = kvdev_vdpa_get_driver_features,
	.set_config_cb = kvdev_vdpa_set_config_cb,
	.get_device_id = kvdev_vdpa_get_device_id,
	.get_vendor_id = kvdev_vdpa_get_vendor_id,
	.get_status = kvdev_vdpa_get_status,
	.set_status = kvdev_vdpa_set_status,
	.reset = kvdev_vdpa_reset,
	.compat_reset = kvdev_vdpa_compat_reset,
	.suspend = kvdev_vdpa_suspend,
	.resume = kvdev_vdpa_resume,
	.get_config_size = kvdev_vdpa_get_config_size,
	.get_config = kvdev_vdpa_get_config,
	.set_config = kvdev_vdpa_set_config,
	.get_generation = kvdev_vdpa_get_generation,
	.get_iova_range = kvdev_vdpa_get_iova_range,
	.dma_map = kvdev_vdpa_dma_map,
	.dma_unmap = kvdev_vdpa_dma_unmap,
	.reset_map = kvdev_vdpa_reset_map,
	.bind_mm = kvdev_vdpa_bind_mm,
	.unbind_mm = kvdev_vdpa_unbind_mm,
	.free = kvdev_vdpa_free,
};
