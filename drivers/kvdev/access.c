// SPDX-License-Identifier: GPL-2.0
/*
 * The register level: the driver's accesses are decoded by transport/ and done
 * here, and interrupts find their vector.
 */
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/virtio_pci.h>

#include "core.h"
#include "trace.h"

#define ISR_QUEUE	BIT(0)
#define ISR_CONFIG	BIT(1)	/* VIRTIO_PCI_ISR_CONFIG */

static bool signal_vector(struct kvdev_dev *dev, u16 vector)
{
	return vector < dev->regs.nr_vectors &&
	       kvdev_call_signal(&dev->vectors[vector]);
}

/**
 * kvdev_signal_vq() - used buffer notification
 * @vq: a queue with new used buffers
 *
 * Context: any but inside an eventfd's wake-up.
 */
void kvdev_signal_vq(struct kvdev_vq *vq)
{
	trace_kvdev_signal(vq->dev->id, vq->index);
	if (!vq->dev->transport) {
		kvdev_call_signal(&vq->call);
		return;
	}
	/* virtio 1.3, 4.1.4.5: without a vector the cause is in ISR */
	if (!signal_vector(vq->dev, READ_ONCE(vq->regs->vector)))
		atomic_or(ISR_QUEUE, &vq->dev->isr);
}

/**
 * kvdev_signal_config() - configuration change notification
 * @dev: status or configuration changed
 *
 * Context: any but inside an eventfd's wake-up.
 */
void kvdev_signal_config(struct kvdev_dev *dev)
{
	if (!dev->transport) {
		kvdev_call_signal(&dev->config_call);
		return;
	}
	/* virtio 1.3, 4.1.4.5.1: before the notification, vector or not */
	atomic_or(ISR_CONFIG, &dev->isr);
	signal_vector(dev, READ_ONCE(dev->regs.config_vector));
}

static void layout_from_user(struct kvdev_pci_layout *layout,
			     const struct kvdev_bind_transport *arg)
{
	*layout = (struct kvdev_pci_layout){
		.common = arg->common_offset,
		.notify = arg->notify_offset,
		.notify_multiplier = arg->notify_multiplier,
		.isr = arg->isr_offset,
		.device = arg->device_offset,
		.size = arg->bar_size,
	};
}

static void layout_to_user(struct kvdev_bind_transport *arg,
			   const struct kvdev_pci_layout *layout)
{
	arg->common_offset = layout->common;
	arg->notify_offset = layout->notify;
	arg->notify_multiplier = layout->notify_multiplier;
	arg->isr_offset = layout->isr;
	arg->device_offset = layout->device;
	arg->bar_size = layout->size;
	arg->common_len = layout->common_len;
	arg->notify_len = layout->notify_len;
	arg->isr_len = layout->isr_len;
	arg->device_len = layout->device_len;
}

static bool has_modern(u32 type)
{
	return type != KVDEV_TRANSPORT_PCI_LEGACY;
}

static bool has_legacy(u32 type)
{
	return type != KVDEV_TRANSPORT_PCI_MODERN;
}

static int choose_layout(const struct kvdev_dev *dev,
			 const struct kvdev_bind_transport *arg,
			 struct kvdev_pci_layout *layout)
{
	layout_from_user(layout, arg);
	if (arg->bar_size && has_modern(arg->type))
		return kvdev_pci_layout_check(layout, &dev->regs);
	if (memchr_inv(layout, 0, sizeof(*layout)))
		return -EINVAL;
	if (!has_modern(arg->type))
		return 0;
	return kvdev_pci_layout_default(layout, &dev->regs);
}

/**
 * kvdev_bind_transport() - from now on the kernel holds the registers
 * @dev: has no transport, status is 0
 * @arg: see KVDEV_BIND_TRANSPORT; out fields are filled
 *
 * Return: 0; -EEXIST, -EBUSY, -EOPNOTSUPP, -EINVAL, -ENOMEM.
 */
int kvdev_bind_transport(struct kvdev_dev *dev,
			 struct kvdev_bind_transport *arg)
{
	struct kvdev_pci_layout layout;
	struct kvdev_call *vectors;
	int ret;

	if (arg->flags & ~KVDEV_BIND_BIG_ENDIAN)
		return -EOPNOTSUPP;
	if (arg->__reserved)
		return -EINVAL;
	if (dev->transport)
		return -EEXIST;
	if (dev->regs.status)
		return -EBUSY;
	if (arg->type < KVDEV_TRANSPORT_PCI_MODERN ||
	    arg->type > KVDEV_TRANSPORT_PCI_TRANSITIONAL)
		return -EOPNOTSUPP;
	/* Legacy registers and rings are in the guest's byte order. */
	if (arg->flags & KVDEV_BIND_BIG_ENDIAN && has_legacy(arg->type))
		return -EOPNOTSUPP;
	if (arg->nr_vectors > KVDEV_MAX_VECTORS)
		return -EINVAL;
	ret = choose_layout(dev, arg, &layout);
	if (ret)
		return ret;

	vectors = kcalloc(arg->nr_vectors, sizeof(*vectors),
			  GFP_KERNEL_ACCOUNT);
	if (!vectors)
		return -ENOMEM;

	dev->vectors = vectors;
	dev->layout = layout;
	dev->regs.nr_vectors = arg->nr_vectors;
	dev->transport = arg->type;
	/* What the VMM set so far is the driver's now. */
	kvdev_regs_reset(&dev->regs);
	layout_to_user(arg, &layout);
	arg->legacy_size = has_legacy(arg->type) ?
			   kvdev_pci_legacy_size(&dev->regs) : 0;
	return 0;
}

/**
 * kvdev_transport_release() - free what kvdev_bind_transport() got
 * @dev: has no running queue and is not used any more
 */
void kvdev_transport_release(struct kvdev_dev *dev)
{
	u16 i;

	for (i = 0; i < dev->regs.nr_vectors; i++)
		kvdev_call_set(&dev->vectors[i], -1);
	kfree(dev->vectors);
	dev->vectors = NULL;
	dev->regs.nr_vectors = 0;
	dev->regs.msix = false;
	dev->regs.page_size = 0;
	dev->transport = 0;
}

/**
 * kvdev_set_vector() - where interrupts of a vector go
 * @dev: the device
 * @vector: from user space
 * @fd: eventfd or -1
 *
 * Return: 0; -ENXIO; -EBADF or -EINVAL from looking up @fd.
 */
int kvdev_set_vector(struct kvdev_dev *dev, u32 vector, int fd)
{
	u16 nr = dev->regs.nr_vectors;

	if (vector >= nr)
		return -ENXIO;
	return kvdev_call_set(&dev->vectors[array_index_nospec(vector, nr)],
			      fd);
}

static int write_config(struct kvdev_dev *dev,
			const struct kvdev_reg_access *acc)
{
	/* virtio 1.3, 2.5: little endian */
	__le64 bytes = cpu_to_le64(acc->value);

	return kvdev_dev_write_config(dev, acc->config_offset, (u8 *)&bytes,
				      acc->len);
}

/* Do what an access asks for. Errors are told through status, not here. */
static void perform(struct kvdev_dev *dev, u32 actions,
		    struct kvdev_reg_access *acc)
{
	if (actions & KVDEV_ACT_IGNORED)
		dev->stats.ignored_accesses++;
	if (actions & KVDEV_ACT_STATUS)
		kvdev_dev_set_status(dev, acc->value);
	if (actions & KVDEV_ACT_ENABLE)
		kvdev_dev_enable_vq(dev, acc->queue);
	if (actions & KVDEV_ACT_DISABLE)
		kvdev_dev_disable_vq(dev, acc->queue);
	if (actions & KVDEV_ACT_NOTIFY)
		kvdev_vq_kick(&dev->vqs[acc->queue], 1);
	/* virtio 1.3, 4.1.4.5: reading clears */
	if (actions & KVDEV_ACT_ISR)
		acc->value = atomic_xchg(&dev->isr, 0);
	if (actions & KVDEV_ACT_CONFIG && write_config(dev, acc))
		dev->stats.ignored_accesses++;
}

static bool has_space(const struct kvdev_dev *dev, u32 space)
{
	switch (space) {
	case KVDEV_SPACE_BAR:
		return has_modern(dev->transport);
	case KVDEV_SPACE_LEGACY:
		return has_legacy(dev->transport);
	default:
		return false;
	}
}

static u32 decode(struct kvdev_dev *dev, u32 space,
		  struct kvdev_reg_access *acc)
{
	if (space == KVDEV_SPACE_LEGACY)
		return kvdev_pci_legacy_access(&dev->regs, acc);
	return kvdev_pci_modern_access(&dev->regs, &dev->layout, acc);
}

/**
 * kvdev_access() - one access of the driver
 * @dev: has a transport
 * @arg: see KVDEV_ACCESS; reserved fields and flags have been checked
 *
 * Return: 0; -EINVAL for a space or width that there is not; -ENXIO without
 * transport.
 */
int kvdev_access(struct kvdev_dev *dev, struct kvdev_access *arg)
{
	struct kvdev_reg_access acc = {
		.offset = arg->offset,
		.len = arg->len,
		.write = arg->flags & KVDEV_ACCESS_WRITE,
	};
	u8 status;
	u32 actions;

	if (!dev->transport)
		return -ENXIO;
	if (!has_space(dev, arg->space) || arg->len > 8 ||
	    !is_power_of_2(arg->len))
		return -EINVAL;
	if (acc.write)
		acc.value = arg->value;

	/* The decoder shows status as it is; NEEDS_RESET is set by workers. */
	status = dev->regs.status;
	dev->regs.status = kvdev_dev_status(dev);
	actions = decode(dev, arg->space, &acc);
	dev->regs.status = status;

	perform(dev, actions, &acc);
	trace_kvdev_reg(dev->id, &acc, actions);
	if (!acc.write)
		arg->value = acc.value;
	return 0;
}
