// SPDX-License-Identifier: GPL-2.0
/*
 * The register level: the driver's accesses are decoded by transport/ and done
 * here.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include "core.h"
#include "trace.h"

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

static bool is_mmio(u32 type)
{
	return type >= KVDEV_TRANSPORT_MMIO;
}

/* The window of virtio-pci 1.0, the one before it. */
static bool has_modern(u32 type)
{
	return type == KVDEV_TRANSPORT_PCI_MODERN ||
	       type == KVDEV_TRANSPORT_PCI_TRANSITIONAL;
}

static bool has_legacy(u32 type)
{
	return type == KVDEV_TRANSPORT_PCI_LEGACY ||
	       type == KVDEV_TRANSPORT_PCI_TRANSITIONAL;
}

/* Something in it is in the guest's byte order. */
static bool is_legacy(u32 type)
{
	return has_legacy(type) || type == KVDEV_TRANSPORT_MMIO_LEGACY;
}

/**
 * kvdev_transport_features() - what a transport can do for any device
 * @dev: the device
 *
 * A queue is reset by a register of its transport. There is none at ring level
 * and on the vDPA bus, none before virtio 1.0, and a VMM may leave no room for
 * it in virtio-pci.
 *
 * Return: features; 0 without transport.
 */
u64 kvdev_transport_features(const struct kvdev_dev *dev)
{
	bool reset = dev->transport == KVDEV_TRANSPORT_MMIO ||
		     (has_modern(dev->transport) &&
		      kvdev_pci_has_queue_reset(&dev->layout));

	return reset ? BIT_ULL(VIRTIO_F_RING_RESET) : 0;
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
	    arg->type > KVDEV_TRANSPORT_MMIO_LEGACY)
		return -EOPNOTSUPP;
	/* Legacy registers and rings are in the guest's byte order. */
	if (arg->flags & KVDEV_BIND_BIG_ENDIAN && is_legacy(arg->type))
		return -EOPNOTSUPP;
	if (arg->nr_vectors > KVDEV_MAX_VECTORS ||
	    (arg->nr_vectors && is_mmio(arg->type)))
		return -EINVAL;
	ret = choose_layout(dev, arg, &layout);
	if (ret)
		return ret;

	ret = kvdev_irq_init(dev, arg->nr_vectors);
	if (ret)
		return ret;
	dev->layout = layout;
	dev->pci_cfg = (struct kvdev_pci_cfg){ };
	dev->transport = arg->type;
	/* What the VMM set so far is the driver's now. */
	kvdev_regs_reset(&dev->regs);
	kvdev_dev_update_features(dev);
	layout_to_user(arg, &layout);
	if (is_mmio(arg->type))
		arg->bar_size = kvdev_mmio_size(&dev->regs);
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
	if (!dev->transport)
		return;
	kvdev_irq_release(dev);
	dev->regs.page_size = 0;
	dev->transport = 0;
	kvdev_dev_update_features(dev);
}

static u32 doorbell_offset(const struct kvdev_dev *dev, u32 space, u32 queue)
{
	if (is_mmio(dev->transport))
		return KVDEV_MMIO_NOTIFY;
	if (space == KVDEV_SPACE_LEGACY)
		return KVDEV_PCI_LEGACY_NOTIFY;
	return dev->layout.notify + queue * dev->layout.notify_multiplier;
}

/**
 * kvdev_pci_config() - what PCI configuration space must say
 * @dev: has a transport
 * @arg: see KVDEV_PCI_CONFIG
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP; -ENXIO without PCI transport.
 */
int kvdev_pci_config(struct kvdev_dev *dev, struct kvdev_pci_config *arg)
{
	struct kvdev_pci_caps caps = {
		.bar = arg->bar,
		.first = arg->first,
		.next = arg->next,
	};
	struct kvdev_pci_ids ids;
	int ret;

	static_assert(sizeof(caps.bytes) == sizeof(arg->caps));
	static_assert(sizeof(caps.order) == sizeof(arg->order));
	if (arg->flags)
		return -EOPNOTSUPP;
	if (!dev->transport || is_mmio(dev->transport))
		return -ENXIO;
	if (has_modern(dev->transport)) {
		memcpy(caps.order, arg->order, sizeof(caps.order));
		ret = kvdev_pci_caps_build(&caps, &dev->layout);
		if (ret)
			return ret;
		dev->pci_cfg.window_bar = arg->bar;
	}
	if (dev->type->pci_ids)
		ids = *dev->type->pci_ids;
	else
		kvdev_pci_ids_default(&ids, dev->type->id,
				      has_legacy(dev->transport));
	arg->vendor_id = ids.vendor;
	arg->device_id = ids.device;
	arg->subsystem_vendor_id = ids.sub_vendor;
	arg->subsystem_id = ids.sub_device;
	arg->class_code = ids.class;
	arg->revision = ids.revision;
	arg->pci_cfg = caps.pci_cfg;
	arg->caps_len = caps.len;
	memcpy(arg->caps, caps.bytes, sizeof(arg->caps));
	return 0;
}

static u64 read_config(struct kvdev_dev *dev,
		       const struct kvdev_reg_access *acc)
{
	kvdev_dev_refresh_config(dev, acc->config_offset, acc->len);
	return kvdev_regs_read_config(&dev->regs, acc->config_offset,
				      acc->len);
}

static int write_config(struct kvdev_dev *dev,
			const struct kvdev_reg_access *acc)
{
	/* virtio 1.3, 2.5: little endian */
	__le64 bytes = cpu_to_le64(acc->value);

	return kvdev_dev_write_config(dev, acc->config_offset, (u8 *)&bytes,
				      acc->len);
}

/* So long does a driver wait for its reset, before it is to read status. */
#define RESET_WAIT	msecs_to_jiffies(20)

/*
 * A driver writes 0 to status. It reads status until that is 0 (virtio 1.3, 2.4),
 * so that its processor need not stand still until all requests have ended.
 * Most resets are over before it looks. What came before virtio 1.0 does not
 * look, nor does Linux with virtio-mmio.
 */
static int reset(struct kvdev_dev *dev)
{
	unsigned long end = jiffies + RESET_WAIT;
	int ret;

	trace_kvdev_status(dev->id, kvdev_dev_status(dev), 0);
	if (dev->regs.legacy || is_mmio(dev->transport))
		return kvdev_dev_reset(dev, KVDEV_WAIT_KILLABLE);
	do {
		ret = kvdev_dev_reset(dev, KVDEV_WAIT_NOT);
		if (ret != -EAGAIN)
			return ret;
		usleep_range(50, 200);
	} while (time_before(jiffies, end));
	return 0;
}

/*
 * Do what an access asks for. Errors are told through status, not here: all but
 * -EINTR, if the VMM is being killed.
 */
static int perform(struct kvdev_dev *dev, u32 actions,
		   struct kvdev_reg_access *acc)
{
	int ret = 0;

	if (actions & KVDEV_ACT_IGNORED)
		dev->stats.ignored_accesses++;
	if (actions & KVDEV_ACT_STATUS && !(u8)acc->value)
		ret = reset(dev);
	else if (actions & KVDEV_ACT_STATUS)
		kvdev_dev_set_status(dev, acc->value);
	if (actions & KVDEV_ACT_ENABLE)
		kvdev_dev_enable_vq(dev, acc->queue);
	if (actions & KVDEV_ACT_DISABLE)
		ret = kvdev_dev_disable_vq(dev, acc->queue);
	if (actions & KVDEV_ACT_QUEUE_RESET)
		ret = kvdev_dev_reset_vq(dev, acc->queue);
	if (actions & KVDEV_ACT_NOTIFY)
		kvdev_vq_kick(&dev->vqs[acc->queue], 1);
	/* virtio 1.3, 4.1.4.5: reading clears */
	if (actions & KVDEV_ACT_ISR)
		acc->value = atomic_xchg(&dev->isr, 0);
	if (actions & KVDEV_ACT_ISR_PEEK)
		acc->value = atomic_read(&dev->isr);
	if (actions & KVDEV_ACT_ISR_ACK)
		atomic_andnot(acc->value, &dev->isr);
	if (actions & KVDEV_ACT_CONFIG_READ && dev->type->config_read)
		acc->value = read_config(dev, acc);
	if (actions & KVDEV_ACT_CONFIG && write_config(dev, acc))
		dev->stats.ignored_accesses++;
	return ret;
}

static bool has_space(const struct kvdev_dev *dev, u32 space)
{
	switch (space) {
	case KVDEV_SPACE_BAR:
		return has_modern(dev->transport) || is_mmio(dev->transport);
	case KVDEV_SPACE_PCI_CFG:
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
	if (dev->transport == KVDEV_TRANSPORT_MMIO)
		return kvdev_mmio_access(&dev->regs, 2, acc);
	if (dev->transport == KVDEV_TRANSPORT_MMIO_LEGACY)
		return kvdev_mmio_access(&dev->regs, 1, acc);
	if (space == KVDEV_SPACE_LEGACY)
		return kvdev_pci_legacy_access(&dev->regs, acc);
	return kvdev_pci_modern_access(&dev->regs, &dev->layout, acc);
}

/* One access to a window of registers. */
static int access_regs(struct kvdev_dev *dev, u32 space,
		       struct kvdev_reg_access *acc)
{
	u8 status = dev->regs.status;
	u32 actions;
	int ret;

	/* The decoder shows status as it is; NEEDS_RESET is set by workers. */
	dev->regs.status = kvdev_dev_status(dev);
	actions = decode(dev, space, acc);
	dev->regs.status = status;

	ret = perform(dev, actions, acc);
	trace_kvdev_reg(dev->id, acc, actions);
	return ret;
}

/* One to the capability that is a window to them, virtio 1.3, 4.1.4.9. */
static int access_pci_cfg(struct kvdev_dev *dev, struct kvdev_reg_access *acc)
{
	struct kvdev_reg_access inner;
	u32 actions = kvdev_pci_cfg_begin(&dev->pci_cfg, acc, &inner);
	int ret;

	if (actions == KVDEV_ACT_WINDOW) {
		ret = access_regs(dev, KVDEV_SPACE_BAR, &inner);
		kvdev_pci_cfg_end(&dev->pci_cfg, acc, &inner);
	} else {
		ret = perform(dev, actions, acc);
	}
	trace_kvdev_reg(dev->id, acc, actions);
	return ret;
}

/*
 * A reset may be going on. Who reads is told; who writes something does not
 * wait for the reset as it should, so the write does.
 */
static int settle(struct kvdev_dev *dev, bool write)
{
	int ret = kvdev_dev_settle(dev, write ? KVDEV_WAIT_KILLABLE :
						KVDEV_WAIT_NOT);

	return ret == -EAGAIN ? 0 : ret;
}

/**
 * kvdev_get_doorbell() - where a driver writes to notify a queue
 * @dev: has a transport
 * @arg: see KVDEV_GET_DOORBELL
 *
 * Return: 0; -EOPNOTSUPP; -EINVAL for a space that there is not; -ENXIO for a
 * queue that there is not, or without transport.
 */
int kvdev_get_doorbell(struct kvdev_dev *dev, struct kvdev_get_doorbell *arg)
{
	if (arg->flags)
		return -EOPNOTSUPP;
	if (!dev->transport || arg->queue >= dev->nr_vqs)
		return -ENXIO;
	if (!has_space(dev, arg->space) || arg->space == KVDEV_SPACE_PCI_CFG)
		return -EINVAL;
	arg->offset = doorbell_offset(dev, arg->space, arg->queue);
	arg->value = arg->queue;
	arg->match = is_mmio(dev->transport) ||
		     arg->space == KVDEV_SPACE_LEGACY ||
		     !dev->layout.notify_multiplier;
	/* KVM compares what is written only with a width that is said */
	arg->len = is_mmio(dev->transport) ? 4 : arg->match ? 2 : 0;
	return 0;
}

/**
 * kvdev_access() - one access of the driver
 * @dev: has a transport
 * @arg: see KVDEV_ACCESS; reserved fields and flags have been checked
 *
 * Return: 0; -EINVAL for a space or width that there is not; -ENXIO without
 * transport; -EINTR if killed.
 */
int kvdev_access(struct kvdev_dev *dev, struct kvdev_access *arg)
{
	struct kvdev_reg_access acc = {
		.offset = arg->offset,
		.len = arg->len,
		.write = arg->flags & KVDEV_ACCESS_WRITE,
	};
	int ret;

	if (!dev->transport)
		return -ENXIO;
	if (!has_space(dev, arg->space) || arg->len > 8 ||
	    !is_power_of_2(arg->len))
		return -EINVAL;
	if (acc.write)
		acc.value = arg->value;

	ret = settle(dev, acc.write);
	if (ret)
		return ret;
	if (arg->space == KVDEV_SPACE_PCI_CFG)
		ret = access_pci_cfg(dev, &acc);
	else
		ret = access_regs(dev, arg->space, &acc);
	if (!acc.write)
		arg->value = acc.value;
	return ret;
}
