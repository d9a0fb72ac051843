// SPDX-License-Identifier: GPL-2.0
/*
 * How a device stops: its queues are told to, then their requests are waited for,
 * which may be left and taken up again.
 */
#include "compat/compat.h"
#include "core.h"

/**
 * kvdev_dev_stop_queues() - all of them together
 * @dev: the device
 * @how: to wait for requests in flight
 *
 * Return: as kvdev_vq_stop().
 */
int kvdev_dev_stop_queues(struct kvdev_dev *dev, enum kvdev_wait how)
{
	int ret;
	u16 i;

	for (i = 0; i < dev->nr_vqs; i++)
		kvdev_vq_stop_begin(&dev->vqs[i]);
	for (i = 0; i < dev->nr_vqs; i++) {
		ret = kvdev_vq_stop(&dev->vqs[i], how);
		if (ret) {
			dev->unsettled = true;
			return ret;
		}
	}
	dev->unsettled = false;
	return 0;
}

/**
 * kvdev_dev_patience() - how long does the user of the device wait for requests?
 * @dev: the device
 *
 * A process, until it is killed. A driver in this kernel, always: after a reset
 * its memory is somebody else's.
 *
 * Return: the answer.
 */
enum kvdev_wait kvdev_dev_patience(const struct kvdev_dev *dev)
{
	return dev->use == KVDEV_USE_VDPA && !dev->mm ? KVDEV_WAIT_ALWAYS :
							KVDEV_WAIT_KILLABLE;
}

/**
 * kvdev_dev_drain() - stop all queues for a reset that is to follow
 * @dev: the device
 * @how: to wait for requests in flight; they are of no use and end early
 *
 * Return: as kvdev_vq_stop().
 */
int kvdev_dev_drain(struct kvdev_dev *dev, enum kvdev_wait how)
{
	lockdep_assert_held(&dev->mutex);
	set_bit(KVDEV_DEV_RESETTING, &dev->flags);
	return kvdev_dev_stop_queues(dev, how);
}

/**
 * kvdev_dev_reset() - forget what the driver did
 * @dev: the device
 * @how: to wait for requests in flight
 *
 * virtio 1.3, 2.4: status reads 0 when the device is done with the queues,
 * and it interrupts no more until it is initialised again.
 *
 * Return: as kvdev_vq_stop(); not 0: the reset is not over, and status is what it
 * was.
 */
int kvdev_dev_reset(struct kvdev_dev *dev, enum kvdev_wait how)
{
	int ret = kvdev_dev_drain(dev, how);
	u16 i;

	if (ret)
		return ret;
	clear_bit(KVDEV_DEV_RESETTING, &dev->flags);
	for (i = 0; i < dev->nr_vqs; i++)
		WRITE_ONCE(dev->vqs[i].broken, false);
	dev->suspended = false;
	kvdev_regs_reset(&dev->regs);
	if (dev->type->reset)
		dev->type->reset(dev);
	WRITE_ONCE(dev->regs.status, 0);
	clear_bit(KVDEV_DEV_NEEDS_RESET, &dev->flags);
	atomic_set(&dev->isr, 0);
	bitmap_zero(dev->pending, KVDEV_MAX_VECTORS);
	dev->stats.resets++;
	return 0;
}

/**
 * kvdev_dev_settle() - end what somebody did not wait for
 * @dev: the device
 * @how: to wait for requests in flight
 *
 * Return: as kvdev_vq_stop(); 0: the device is as if it had been waited for.
 */
int kvdev_dev_settle(struct kvdev_dev *dev, enum kvdev_wait how)
{
	int ret = 0;
	u16 i;

	lockdep_assert_held(&dev->mutex);
	if (likely(!dev->unsettled))
		return 0;
	if (test_bit(KVDEV_DEV_RESETTING, &dev->flags))
		return kvdev_dev_reset(dev, how);
	for (i = 0; i < dev->nr_vqs && !ret; i++)
		if (!dev->vqs[i].running)
			ret = kvdev_vq_stop(&dev->vqs[i], how);
	if (!ret)
		dev->unsettled = false;
	return ret;
}
