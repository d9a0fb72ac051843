// SPDX-License-Identifier: GPL-2.0
/*
 * The device object: creation, configuration, features.
 */
#include <linux/idr.h>
#include <linux/overflow.h>
#include <linux/slab.h>
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

/* -------------------------------------------------------------- features */

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
