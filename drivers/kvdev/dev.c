// SPDX-License-Identifier: GPL-2.0
/*
 * The device object: creation, features, the status machine, reset.
 *
 * Device status (virtio 1.3, 2.1) is one byte whoever writes it, a driver
 * through registers or a VMM through an ioctl:
 *
 *	0 --> ACKNOWLEDGE, DRIVER --> FEATURES_OK --> DRIVER_OK --> ...
 *	^				  |		  |
 *	|				  features are	  enabled queues
 *	|				  frozen	  run
 *	+--- write of 0: queues drained, everything forgotten ---- any state
 *
 * Bits are only added; several at once are taken in this order. NEEDS_RESET is
 * the device's own bit.
 */
#include <linux/idr.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/virtio_byteorder.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "compat/compat.h"
#include "core.h"
#include "quota.h"
#include "trace.h"

/* What the core does for every device type. */
#define CORE_FEATURES	(BIT_ULL(VIRTIO_F_VERSION_1) |		\
			 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) |	\
			 BIT_ULL(VIRTIO_RING_F_EVENT_IDX) |	\
			 BIT_ULL(VIRTIO_F_RING_PACKED))

static DEFINE_IDA(dev_ids);

/* ------------------------------------------------ calls of device types */

void kvdev_dev_set_priv(struct kvdev_dev *dev, void *priv)
{
	dev->priv = priv;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_set_priv, KVDEV_NS);

void *kvdev_dev_priv(const struct kvdev_dev *dev)
{
	return dev->priv;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_priv, KVDEV_NS);

void *kvdev_dev_config(struct kvdev_dev *dev)
{
	return dev->regs.config;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_config, KVDEV_NS);

void kvdev_dev_lock(struct kvdev_dev *dev)
{
	mutex_lock(&dev->mutex);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_lock, KVDEV_NS);

int kvdev_dev_lock_killable(struct kvdev_dev *dev)
{
	return mutex_lock_killable(&dev->mutex);
}

/* For work that a callback may be waiting for. */
bool kvdev_dev_trylock(struct kvdev_dev *dev)
{
	return mutex_trylock(&dev->mutex);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_trylock, KVDEV_NS);

void kvdev_dev_unlock(struct kvdev_dev *dev)
{
	mutex_unlock(&dev->mutex);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_unlock, KVDEV_NS);

void kvdev_dev_desc_lock(struct kvdev_dev *dev)
{
	mutex_lock(&dev->desc_mutex);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_desc_lock, KVDEV_NS);

void kvdev_dev_desc_unlock(struct kvdev_dev *dev)
{
	mutex_unlock(&dev->desc_mutex);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_desc_unlock, KVDEV_NS);

/**
 * kvdev_dev_config_changed() - the configuration is another one
 * @dev: the device
 *
 * virtio 1.3, 2.5.1: another generation if the driver could see parts of both,
 * and a notification if it is up.
 */
void kvdev_dev_config_changed(struct kvdev_dev *dev)
{
	lockdep_assert_held(&dev->mutex);
	/*
	 * virtio 1.3, 4.1.4.3.1: of the values before, the driver may have read
	 * some. If it has not, it cannot mix them with those it reads next.
	 */
	if (dev->regs.config_read)
		dev->regs.generation++;
	dev->regs.config_read = false;
	if (dev->regs.status & VIRTIO_CONFIG_S_DRIVER_OK)
		kvdev_signal_config(dev);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_config_changed, KVDEV_NS);

/**
 * kvdev_dev_config_seen() - the driver has dealt with what changed
 * @dev: the device
 *
 * For drivers that say so by other means than reading the ISR status.
 *
 * Context: any. The caller serialises with kvdev_dev_config_changed().
 */
void kvdev_dev_config_seen(struct kvdev_dev *dev)
{
	/* The driver has yet to hear of this. */
	if (!test_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags))
		kvdev_irq_config_seen(dev);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_config_seen, KVDEV_NS);

/**
 * kvdev_dev_refresh_config() - somebody is about to read the configuration
 * @dev: the device
 * @offset: of the first byte
 * @len: number of bytes
 */
void kvdev_dev_refresh_config(struct kvdev_dev *dev, u32 offset, u32 len)
{
	u32 end;

	lockdep_assert_held(&dev->mutex);
	if (dev->type->config_read && len &&
	    !check_add_overflow(offset, len, &end) &&
	    end <= dev->regs.config_len)
		dev->type->config_read(dev, offset, len);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_refresh_config, KVDEV_NS);

/**
 * kvdev_dev_write_config() - the driver writes its configuration
 * @dev: the device
 * @offset: of the first byte
 * @bytes: what is written
 * @len: number of @bytes
 *
 * Return: 0; -EINVAL for a range or a value that cannot be; -EOPNOTSUPP if no
 * field can be written.
 */
int kvdev_dev_write_config(struct kvdev_dev *dev, u32 offset, const u8 *bytes,
			   u32 len)
{
	u32 end;

	lockdep_assert_held(&dev->mutex);
	if (check_add_overflow(offset, len, &end) ||
	    end > dev->regs.config_len)
		return -EINVAL;
	if (!dev->type->config_write)
		return -EOPNOTSUPP;
	return dev->type->config_write(dev, offset, bytes, len);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_write_config, KVDEV_NS);

u16 kvdev_dev_nr_queues(const struct kvdev_dev *dev)
{
	return dev->nr_vqs;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_nr_queues, KVDEV_NS);

u16 kvdev_dev_queue_size(const struct kvdev_dev *dev)
{
	/* All queues have the same limit. */
	return dev->nr_vqs ? dev->regs.queues[0].cfg.num_max : 0;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_queue_size, KVDEV_NS);

/* Of two words of features, the one that @bit is in, and there the bit. */
static bool has_bit(u64 low, u64 high, unsigned int bit)
{
	return (bit < 64 ? low : high) & BIT_ULL(bit % 64);
}

bool kvdev_dev_offers(const struct kvdev_dev *dev, unsigned int bit)
{
	return has_bit(dev->regs.device_features, dev->regs.device_features_hi,
		       bit);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_offers, KVDEV_NS);

bool kvdev_dev_has_feature(const struct kvdev_dev *dev, unsigned int bit)
{
	return has_bit(dev->regs.driver_features, dev->regs.driver_features_hi,
		       bit);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_has_feature, KVDEV_NS);

u64 kvdev_dev_driver_features(const struct kvdev_dev *dev, u64 *high)
{
	*high = dev->regs.driver_features_hi;
	return dev->regs.driver_features;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_driver_features, KVDEV_NS);

/* ---------------------------------------------------------------- status */

/**
 * kvdev_dev_needs_reset() - the device cannot go on
 * @dev: the device
 * @reason: static text, for the trace
 *
 * virtio 1.3, 2.1.2: the bit, and a configuration change notification if the
 * driver is up.
 *
 * Context: any.
 */
void kvdev_dev_needs_reset(struct kvdev_dev *dev, const char *reason)
{
	if (test_and_set_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags))
		return;
	atomic64_inc(&dev->stats.needs_reset);
	trace_kvdev_needs_reset(dev->id, reason);
	kvdev_event_post(dev, KVDEV_EVENT_NEEDS_RESET, 0);
	/* Flag before status; test_and_set_bit() is a full barrier. */
	if (READ_ONCE(dev->regs.status) & VIRTIO_CONFIG_S_DRIVER_OK)
		kvdev_signal_config(dev);
}

/**
 * kvdev_dev_status() - device status as the driver sees it
 * @dev: the device
 *
 * Return: the status byte.
 */
u8 kvdev_dev_status(const struct kvdev_dev *dev)
{
	u8 status = dev->regs.status;

	if (test_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags))
		status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	return status;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_status, KVDEV_NS);

/**
 * kvdev_dev_has_owner() - are there workers?
 * @dev: the device
 *
 * Return: whether kvdev_dev_set_owner() was called, and not undone.
 */
bool kvdev_dev_has_owner(const struct kvdev_dev *dev)
{
	lockdep_assert_held(&dev->mutex);
	return dev->owned;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_has_owner, KVDEV_NS);

/*
 * Bus mastering is disabled, in any context. Drivers from before virtio 1.0 may
 * never have enabled it (Linux before 2.6.34), and all devices serve them.
 */
bool kvdev_dev_no_master(const struct kvdev_dev *dev)
{
	return READ_ONCE(dev->master_off) && !READ_ONCE(dev->regs.legacy);
}

/* Queues that should run do not, for now. */
static bool is_held(const struct kvdev_dev *dev)
{
	return dev->suspended || kvdev_dev_no_master(dev);
}

/**
 * kvdev_dev_driver_level() - is it a driver that writes status and rings?
 * @dev: the device
 *
 * Return: true if a driver does, through registers or the vDPA bus: ring
 * addresses are driver addresses, and what is wrong is told by status. False
 * if a VMM does, through the file.
 */
bool kvdev_dev_driver_level(const struct kvdev_dev *dev)
{
	return dev->transport || dev->use == KVDEV_USE_VDPA;
}

/*
 * A driver from before virtio 1.0, for which QEMU's legacy window negotiates as
 * for any other. As with mlx5 and vdpa_sim it has the host's byte order, which
 * is ours on a little-endian host; and it knows 32 features.
 */
static bool is_legacy_on_bus(const struct kvdev_dev *dev)
{
	u64 known = kvdev_legacy_offered(&dev->regs) | dev->extra_features;

	return dev->use == KVDEV_USE_VDPA && virtio_legacy_is_little_endian() &&
	       !(dev->regs.driver_features & ~known);
}

/* Is what the driver accepted a set the device can work with? */
static int check_features(struct kvdev_dev *dev)
{
	u64 features = dev->regs.driver_features;
	bool legacy = dev->regs.legacy;

	if (features & ~(legacy ? kvdev_legacy_offered(&dev->regs) :
				  dev->regs.device_features))
		return -EINVAL;
	if (dev->regs.driver_features_hi &
	    ~(legacy ? 0 : dev->regs.device_features_hi))
		return -EINVAL;
	/* virtio 1.3, 6.1: without it this is not the device it looks like */
	if (kvdev_dev_driver_level(dev) && !legacy &&
	    !(features & BIT_ULL(VIRTIO_F_VERSION_1)) && !is_legacy_on_bus(dev))
		return -EINVAL;
	/* What the binding adds is what it needs. */
	if (~features & dev->extra_features)
		return -EINVAL;
	if (dev->type->check_features)
		return dev->type->check_features(dev);
	return 0;
}

/*
 * The bus enables queues the driver never heard of along with the others:
 * those have no address, and nothing is to be done about them.
 */
static bool vq_wanted(const struct kvdev_dev *dev, u16 i)
{
	const struct kvdev_queue_regs *q = &dev->regs.queues[i];

	if (dev->use == KVDEV_USE_VDPA && !q->cfg.desc_addr &&
	    !q->cfg.driver_addr && !q->cfg.device_addr)
		return false;
	return q->enabled;
}

static int start_queues(struct kvdev_dev *dev)
{
	int ret;
	u16 i;

	/* They wait for kvdev_dev_resume() or kvdev_dev_set_master(). */
	if (is_held(dev))
		return 0;
	if (!dev->owned)
		return -EPERM;
	if (dev->nr_vqs && !READ_ONCE(dev->mem))
		return -EFAULT;
	if (dev->type->ready) {
		ret = dev->type->ready(dev);
		if (ret)
			return ret;
	}
	for (i = 0; i < dev->nr_vqs; i++) {
		/* Broken before a suspension: so it stays until the reset. */
		if (!vq_wanted(dev, i) || dev->vqs[i].broken)
			continue;
		ret = kvdev_vq_start(&dev->vqs[i]);
		if (ret) {
			kvdev_dev_stop_queues(dev, kvdev_dev_patience(dev));
			return ret;
		}
	}
	return 0;
}

/*
 * Steps of @status that cannot be done are taken out of it. Returns what was
 * wrong with them.
 */
static int check_status(struct kvdev_dev *dev, u8 *status)
{
	u8 set = *status & ~dev->regs.status;
	int ret = 0;

	if (dev->regs.legacy) {
		/*
		 * virtio 1.3, 3.1.2: such a driver knows no FEATURES_OK. What
		 * is wrong with its features it cannot be told but by a device
		 * that does not start.
		 */
		*status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
		return set & VIRTIO_CONFIG_S_DRIVER_OK ? check_features(dev) :
							 0;
	}
	if (set & VIRTIO_CONFIG_S_FEATURES_OK) {
		ret = check_features(dev);
		if (ret)
			*status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	}
	if (!(*status & VIRTIO_CONFIG_S_FEATURES_OK) &&
	    (*status & VIRTIO_CONFIG_S_DRIVER_OK)) {
		ret = ret ?: -EINVAL;
		*status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	}
	return ret;
}

/**
 * kvdev_dev_set_status() - somebody writes device status
 * @dev: the device
 * @status: what is written
 *
 * A VMM that writes status gets the reason why a step was refused. A driver
 * has only registers: it finds FEATURES_OK missing, or gets NEEDS_RESET if
 * queues could not be started.
 *
 * Return: 0; -EINVAL for a set of features or a queue configuration that
 * cannot be; -EPERM, -EFAULT, -ENXIO, -ENOMEM, -ESHUTDOWN from starting; -EINTR
 * if killed while waiting for requests.
 */
int kvdev_dev_set_status(struct kvdev_dev *dev, u8 status)
{
	u8 old = dev->regs.status;
	int ret;

	lockdep_assert_held(&dev->mutex);
	trace_kvdev_status(dev->id, kvdev_dev_status(dev), status);
	if (!status)
		return kvdev_dev_reset(dev, kvdev_dev_patience(dev));

	status = (status | old) & ~VIRTIO_CONFIG_S_NEEDS_RESET;
	ret = check_status(dev, &status);
	if (status & ~old & VIRTIO_CONFIG_S_DRIVER_OK) {
		ret = ret ?: start_queues(dev);
		if (ret && !kvdev_dev_driver_level(dev))
			status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	}
	WRITE_ONCE(dev->regs.status, status);
	if (!(status & ~old & VIRTIO_CONFIG_S_DRIVER_OK))
		return ret;

	/*
	 * The notification is due only with DRIVER_OK, so now. A queue started
	 * above may have been found broken before the bit was set: then it was
	 * left to us. Pairs with the barrier in kvdev_dev_needs_reset(): who
	 * comes second sees what the first one wrote.
	 */
	smp_mb();
	if (test_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags))
		kvdev_signal_config(dev);
	else if (ret)
		kvdev_dev_needs_reset(dev, "queues cannot be started");
	return ret;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_set_status, KVDEV_NS);

/**
 * kvdev_dev_enable_vq() - a queue is to run
 * @dev: the device
 * @index: an existing queue
 *
 * It starts with DRIVER_OK, or now if that is set.
 *
 * Return: as kvdev_vq_start().
 */
int kvdev_dev_enable_vq(struct kvdev_dev *dev, u16 index)
{
	struct kvdev_vq *vq = &dev->vqs[index];
	int ret;

	lockdep_assert_held(&dev->mutex);
	vq->regs->enabled = true;
	if (!(dev->regs.status & VIRTIO_CONFIG_S_DRIVER_OK) || vq->running ||
	    !vq_wanted(dev, index) || is_held(dev) ||
	    test_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags))
		return 0;

	ret = kvdev_vq_start(vq);
	if (ret && kvdev_dev_driver_level(dev))
		kvdev_dev_needs_reset(dev, "queue cannot be started");
	else if (ret)
		vq->regs->enabled = false;
	return ret;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_enable_vq, KVDEV_NS);

/**
 * kvdev_dev_disable_vq() - a queue is not to run
 * @dev: the device
 * @index: an existing queue; stopped and drained if it runs
 *
 * Return: 0, or -EINTR if killed.
 */
int kvdev_dev_disable_vq(struct kvdev_dev *dev, u16 index)
{
	int ret;

	/* See kvdev_vq_set_up(). */
	WRITE_ONCE(dev->vqs[index].regs->enabled, false);
	ret = kvdev_vq_stop(&dev->vqs[index], kvdev_dev_patience(dev));
	if (ret)
		dev->unsettled = true;
	return ret;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_disable_vq, KVDEV_NS);

/**
 * kvdev_dev_reset_vq() - forget what the driver did with a queue
 * @dev: the device
 * @index: an existing queue
 *
 * virtio 1.3, 2.6.1.1: no request of it is executed and no notification sent
 * after this, and nothing of its state is left: set up again it begins anew.
 *
 * Return: 0, or -EINTR if killed.
 */
int kvdev_dev_reset_vq(struct kvdev_dev *dev, u16 index)
{
	int ret = kvdev_dev_disable_vq(dev, index);

	/* Not before: a queue that stops notes where it was, and interrupts. */
	if (!ret)
		kvdev_regs_reset_queue(dev->vqs[index].regs);
	return ret;
}

/**
 * kvdev_dev_suspend() - stop all queues, keep everything
 * @dev: the device
 *
 * On return all requests have ended; kvdev_vq_get_base() says where each
 * queue goes on.
 *
 * Return: 0, or -EINTR if killed.
 */
int kvdev_dev_suspend(struct kvdev_dev *dev)
{
	int ret;

	lockdep_assert_held(&dev->mutex);
	ret = kvdev_dev_stop_queues(dev, kvdev_dev_patience(dev));
	if (!ret)
		dev->suspended = true;
	return ret;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_suspend, KVDEV_NS);

/**
 * kvdev_dev_resume() - undo kvdev_dev_suspend()
 * @dev: the device
 *
 * Return: 0, or as kvdev_dev_set_status().
 */
int kvdev_dev_resume(struct kvdev_dev *dev)
{
	int ret = 0;

	lockdep_assert_held(&dev->mutex);
	if (!dev->suspended)
		return 0;
	dev->suspended = false;
	if (dev->regs.status & VIRTIO_CONFIG_S_DRIVER_OK)
		ret = start_queues(dev);
	if (ret)
		kvdev_dev_needs_reset(dev, "queues cannot be started again");
	else if (dev->type->resumed)
		dev->type->resumed(dev);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_resume, KVDEV_NS);

/**
 * kvdev_dev_set_master() - the guest has changed Bus Master Enable
 * @dev: has a PCI transport
 * @off: the device must not touch guest memory
 *
 * When this returns it does not: all requests have ended, and the queues wait.
 */
void kvdev_dev_set_master(struct kvdev_dev *dev, bool off)
{
	bool held = is_held(dev);

	lockdep_assert_held(&dev->mutex);
	WRITE_ONCE(dev->master_off, off);
	if (held == is_held(dev))
		return;
	if (!held)
		kvdev_dev_stop_queues(dev, kvdev_dev_patience(dev));
	else if (dev->regs.status & VIRTIO_CONFIG_S_DRIVER_OK &&
		 !test_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags) &&
		 start_queues(dev))
		kvdev_dev_needs_reset(dev, "queues cannot be started again");
}

/**
 * kvdev_dev_widen_queues() - another largest ring size
 * @dev: status is 0
 * @num: power of two up to KVDEV_MAX_RING_SIZE
 *
 * What was asked for when the device was created stays.
 */
void kvdev_dev_widen_queues(struct kvdev_dev *dev, u16 num)
{
	u16 i;

	if (dev->fixed_queue_size)
		return;
	for (i = 0; i < dev->nr_vqs; i++)
		dev->regs.queues[i].cfg.num_max = num;
	kvdev_regs_reset(&dev->regs);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_widen_queues, KVDEV_NS);

/**
 * kvdev_dev_update_features() - what is offered has changed
 * @dev: status is 0
 */
void kvdev_dev_update_features(struct kvdev_dev *dev)
{
	u64 features = CORE_FEATURES | dev->extra_features |
		       kvdev_transport_features(dev) |
		       dev->type->features(dev);
	u64 high = 0;

	/* The vDPA bus has 64 bits: a driver there could not accept these. */
	if (dev->type->features_hi && dev->use != KVDEV_USE_VDPA)
		high = dev->type->features_hi(dev);
	if (dev->allowed) {
		features &= dev->allowed;
		high &= dev->allowed_hi;
	}
	if (dev->bus_features)
		features &= dev->bus_features;
	dev->regs.device_features_hi = high;
	/* virtio 1.3, 6.3: the device must offer it */
	dev->regs.device_features = features | BIT_ULL(VIRTIO_F_VERSION_1);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_update_features, KVDEV_NS);

/**
 * kvdev_dev_vq() - queue by number
 * @dev: the device
 * @index: from user space
 *
 * Return: the queue, NULL if there is no such queue.
 */
struct kvdev_vq *kvdev_dev_vq(struct kvdev_dev *dev, u32 index)
{
	if (index >= dev->nr_vqs)
		return NULL;
	return &dev->vqs[array_index_nospec(index, dev->nr_vqs)];
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_vq, KVDEV_NS);

/**
 * kvdev_dev_on_bus() - is the device on the vDPA bus?
 * @dev: the device; mutex held
 *
 * Return: whether it is: what it is was agreed on when it was put there.
 */
bool kvdev_dev_on_bus(const struct kvdev_dev *dev)
{
	return dev->use == KVDEV_USE_VDPA;
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_on_bus, KVDEV_NS);

/* ---------------------------------------------------- creation, destruction */

static void dev_free(struct kvdev_dev *dev)
{
	kfree(dev->regs.config);
	kfree(dev->regs.queues);
	ida_free(&dev_ids, dev->id);
	kvdev_quota_uncharge(dev->charged_to);
	kvdev_type_put(dev->type);
	kvfree(dev);
}

/* Memory only; dev_free() undoes what was done when it fails. */
static int dev_init(struct kvdev_dev *dev, u16 queue_size)
{
	struct kvdev_regs *regs = &dev->regs;
	u16 i;

	regs->queues = kcalloc(dev->nr_vqs, sizeof(*regs->queues),
			       GFP_KERNEL_ACCOUNT);
	regs->config = kzalloc(dev->type->config_size, GFP_KERNEL_ACCOUNT);
	if (!regs->queues || (!regs->config && dev->type->config_size))
		return -ENOMEM;
	regs->nr_queues = dev->nr_vqs;
	regs->config_len = dev->type->config_size;
	regs->device_id = dev->type->id;

	for (i = 0; i < dev->nr_vqs; i++) {
		regs->queues[i].cfg.num_max = queue_size;
		kvdev_vq_init(&dev->vqs[i], dev, i);
	}
	kvdev_regs_reset(regs);
	return 0;
}

static int check_create(const struct kvdev_create *arg,
			const struct kvdev_device_type *type, u16 *nr_queues,
			u16 *queue_size)
{
	if (arg->queue_size > KVDEV_MAX_RING_SIZE ||
	    (arg->queue_size && !is_power_of_2(arg->queue_size)))
		return -EINVAL;
	if (arg->queue_size && !type->max_queues)
		return -EINVAL;
	if (arg->nr_queues > type->max_queues ||
	    (arg->nr_queues && type->max_queues == type->nr_queues &&
	     arg->nr_queues != type->nr_queues))
		return -EINVAL;
	*nr_queues = (arg->nr_queues ?: type->nr_queues) + type->extra_queues;
	*queue_size = arg->queue_size ?: type->queue_size;
	return 0;
}

/**
 * kvdev_dev_create() - make a device
 * @arg: what kind; reserved fields and flags have been checked
 *
 * Return: the device, or -EOPNOTSUPP, -EINVAL, -EPERM, -EDQUOT, -ENOMEM or what the
 * type's create says as an error pointer.
 */
struct kvdev_dev *kvdev_dev_create(const struct kvdev_create *arg)
{
	const struct kvdev_device_type *type;
	struct kvdev_dev *dev;
	u16 nr_queues, queue_size;
	int ret;

	type = kvdev_type_get(arg->device_id);
	if (!type)
		return ERR_PTR(-EOPNOTSUPP);
	ret = check_create(arg, type, &nr_queues, &queue_size);
	if (ret)
		goto err_put_type;

	dev = kvzalloc(struct_size(dev, vqs, nr_queues), GFP_KERNEL_ACCOUNT);
	if (!dev) {
		ret = -ENOMEM;
		goto err_put_type;
	}
	dev->nr_vqs = nr_queues;
	dev->type = type;
	dev->allowed = arg->features;
	dev->allowed_hi = arg->features_hi;
	dev->fixed_queue_size = arg->queue_size;
	mutex_init(&dev->mutex);
	mutex_init(&dev->desc_mutex);
	spin_lock_init(&dev->mem_lock);
	kref_init(&dev->ref);
	kvdev_events_init(&dev->events);
	INIT_LIST_HEAD(&dev->list);
	ret = kvdev_perm_init(&dev->perm, arg);
	if (ret)
		goto err_free;

	ret = kvdev_quota_charge(&dev->charged_to);
	if (ret)
		goto err_free;
	ret = ida_alloc(&dev_ids, GFP_KERNEL);
	if (ret < 0)
		goto err_uncharge;
	dev->id = ret;

	ret = dev_init(dev, queue_size);
	if (ret)
		goto err_dev_free;
	ret = type->create(dev);
	if (ret)
		goto err_dev_free;
	kvdev_dev_update_features(dev);
	kvdev_debugfs_add(dev);
	return dev;

err_dev_free:
	dev_free(dev);
	return ERR_PTR(ret);
err_uncharge:
	kvdev_quota_uncharge(dev->charged_to);
err_free:
	kvfree(dev);
err_put_type:
	kvdev_type_put(type);
	return ERR_PTR(ret);
}

/**
 * kvdev_dev_destroy() - the end of a device
 * @dev: not in use, the last reference is gone
 */
void kvdev_dev_destroy(struct kvdev_dev *dev)
{
	kvdev_debugfs_remove(dev);
	mutex_lock(&dev->mutex);
	dev->type->destroy(dev);
	mutex_unlock(&dev->mutex);
	dev_free(dev);
}
