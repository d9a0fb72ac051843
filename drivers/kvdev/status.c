// SPDX-License-Identifier: GPL-2.0
/*
 * Device status: the status machine, queues that start and stop with it.
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
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "compat/compat.h"
#include "core.h"
#include "trace.h"

/* Why it did not start, if that is known. */
static const char *why_not(const struct kvdev_dev *dev, const char *otherwise)
{
	return dev->start_trouble ?: otherwise;
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
	dev->start_trouble = "there is no owner";
	if (!dev->owned)
		return -EPERM;
	dev->start_trouble = "there is no guest memory";
	if (dev->nr_vqs && !READ_ONCE(dev->mem))
		return -EFAULT;
	dev->start_trouble = "there is no backend";
	if (dev->type->ready) {
		ret = dev->type->ready(dev);
		if (ret)
			return ret;
	}
	dev->start_trouble = NULL;
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
		dev->start_trouble = ret ? "features do not go together" : NULL;
		ret = ret ?: start_queues(dev);
		if (ret && !kvdev_dev_driver_level(dev)) {
			status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
			kvdev_dev_blame(dev,
					why_not(dev, "queues cannot be started"),
					ret);
		}
	}
	WRITE_ONCE(dev->regs.status, status);
	if (!(status & ~old & VIRTIO_CONFIG_S_DRIVER_OK))
		return ret;

	/*
	 * The notification is due only with DRIVER_OK, so now. A queue started
	 * above may have been found broken before the bit was set: then it was
	 * left to us. Pairs with the barrier in kvdev_dev_give_up(): who
	 * comes second sees what the first one wrote.
	 */
	smp_mb();
	if (test_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags))
		kvdev_signal_config(dev);
	else if (ret)
		kvdev_dev_give_up(dev, why_not(dev, "queues cannot be started"),
				  ret);
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
		kvdev_dev_give_up(dev, why_not(dev, "queue cannot be started"),
				  ret);
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
		kvdev_dev_give_up(dev, why_not(dev, "queues cannot be started again"),
				  ret);
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
	int ret = 0;

	lockdep_assert_held(&dev->mutex);
	WRITE_ONCE(dev->master_off, off);
	if (held == is_held(dev))
		return;
	if (!held)
		kvdev_dev_stop_queues(dev, kvdev_dev_patience(dev));
	else if (dev->regs.status & VIRTIO_CONFIG_S_DRIVER_OK &&
		 !test_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags))
		ret = start_queues(dev);
	if (ret)
		kvdev_dev_give_up(dev, why_not(dev, "queues cannot be started again"),
				  ret);
}
