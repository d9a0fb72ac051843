// SPDX-License-Identifier: GPL-2.0
/*
 * The legacy interface, virtio before 1.0, as far as its two transports agree:
 * 32 feature bits, a ring given by a page number, and a status without
 * FEATURES_OK.
 *
 * Everything is in the guest's byte order. Only guests that are little endian,
 * as all of virtio 1.0 is, are served; the VMM is told so when it asks for
 * another.
 */
#include "regs.h"

/* No bit of virtio 1.0, but every device here keeps its promise. */
#define ANY_LAYOUT	BIT(VIRTIO_F_ANY_LAYOUT)

/**
 * kvdev_legacy_offered - features a legacy driver is offered
 * @regs: registers
 *
 * virtio 1.3, 6.4.1: such drivers know of 32 bits only, VERSION_1 is none of
 * them.
 *
 * Return: feature bits 0 to 31.
 */
u64 kvdev_legacy_offered(const struct kvdev_regs *regs)
{
	return (u32)regs->device_features | ANY_LAYOUT;
}

/**
 * kvdev_legacy_write_features - a legacy driver accepts features
 * @regs: registers
 * @value: bits 0 to 31
 *
 * Return: KVDEV_ACT_* bits.
 */
u32 kvdev_legacy_write_features(struct kvdev_regs *regs, u32 value)
{
	/* virtio 1.3, 3.1.2: nothing but the start of the device ends it */
	if (regs->status & VIRTIO_CONFIG_S_DRIVER_OK)
		return KVDEV_ACT_IGNORED;
	regs->driver_features = value & kvdev_legacy_offered(regs);
	regs->driver_features_hi = 0;
	return 0;
}

/**
 * kvdev_legacy_read_pfn - where the selected queue is
 * @regs: registers
 *
 * Return: the page number the driver wrote; 0 if the queue is not in use.
 */
u32 kvdev_legacy_read_pfn(const struct kvdev_regs *regs)
{
	const struct kvdev_queue_regs *queue = kvdev_regs_queue(regs);

	return queue ? queue->pfn : 0;
}

/*
 * virtio 1.3, 2.7.2: descriptors, available ring with its event field, and from
 * the next multiple of the alignment on the used ring.
 */
static void set_addresses(struct kvdev_queue_regs *queue, u64 addr)
{
	size_t desc, driver, device;
	u64 align = queue->align;

	kvdev_ring_area_sizes(queue->cfg.num, 0, &desc, &driver, &device);
	queue->cfg.desc_addr = addr;
	queue->cfg.driver_addr = addr + desc;
	queue->cfg.device_addr = (addr + desc + driver + align - 1) &
				 ~(align - 1);
	/* A ring given anew begins anew */
	queue->cfg.has_base = false;
}

/**
 * kvdev_legacy_write_pfn - a legacy driver starts or stops a queue
 * @regs: registers; which queue is queue_select's to say
 * @pfn: page number of the ring; 0 stops the queue
 * @page_size: bytes of such a page, a power of two
 * @acc: the access, for what the action is about
 *
 * Return: KVDEV_ACT_* bits.
 */
u32 kvdev_legacy_write_pfn(struct kvdev_regs *regs, u32 pfn, u32 page_size,
			   struct kvdev_reg_access *acc)
{
	struct kvdev_queue_regs *queue = kvdev_regs_queue(regs);

	if (!queue)
		return KVDEV_ACT_IGNORED;
	acc->queue = regs->queue_select;
	if (!pfn)
		return kvdev_regs_disable(regs, acc);
	/* A queue in use stays where it is */
	if (queue->enabled || !page_size)
		return KVDEV_ACT_IGNORED;
	if (regs->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return KVDEV_ACT_IGNORED;
	queue->pfn = pfn;
	/* 32 bits times 32 bits */
	set_addresses(queue, (u64)pfn * page_size);
	queue->enabled = true;
	return KVDEV_ACT_ENABLE;
}

/**
 * kvdev_legacy_write_status - a legacy driver writes status
 * @regs: registers
 * @value: what it writes
 * @acc: the access, for what the action is about
 *
 * Return: KVDEV_ACT_* bits.
 */
u32 kvdev_legacy_write_status(struct kvdev_regs *regs, u8 value,
			      struct kvdev_reg_access *acc)
{
	if (!kvdev_regs_select(regs, true) && value)
		return KVDEV_ACT_IGNORED;
	acc->value = value;
	return KVDEV_ACT_STATUS;
}
