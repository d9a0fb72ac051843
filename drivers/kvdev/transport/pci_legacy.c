// SPDX-License-Identifier: GPL-2.0
/*
 * The register window of virtio-pci before 1.0, in I/O space: virtio 1.3,
 * 4.1.4.10. The configuration follows at once, so it moves by the two vectors
 * when MSI-X is enabled:
 *
 *	 0  device features	18  status
 *	 4  driver features	19  ISR status
 *	 8  queue page number	20  configuration vector  (MSI-X)
 *	12  queue size		22  queue vector          (MSI-X)
 *	14  queue select	20 or 24  configuration
 *	16  queue notify
 */
#include "regs.h"

#define CONFIG_OFF		20
#define CONFIG_OFF_MSIX		24
#define SIZE_MIN		32
#define PAGE_BYTES		4096	/* virtio 1.3, 4.1.5.1.3.1 */

enum legacy_reg {
	DEVICE_FEATURES,
	DRIVER_FEATURES,
	QUEUE_PFN,
	QUEUE_SIZE,
	QUEUE_SELECT,
	QUEUE_NOTIFY,
	STATUS,
	ISR,
	CONFIG_VECTOR,
	QUEUE_VECTOR,
};

struct legacy_field {
	u8 offset;
	u8 size;
	const char *name;
};

/* By enum legacy_reg; ascending, without gaps. */
static const struct legacy_field fields[] = {
	[DEVICE_FEATURES] = { 0, 4, "legacy_device_features" },
	[DRIVER_FEATURES] = { 4, 4, "legacy_driver_features" },
	[QUEUE_PFN] = { 8, 4, "legacy_queue_pfn" },
	[QUEUE_SIZE] = { 12, 2, "legacy_queue_size" },
	[QUEUE_SELECT] = { 14, 2, "legacy_queue_select" },
	[QUEUE_NOTIFY] = { KVDEV_PCI_LEGACY_NOTIFY, 2, "legacy_queue_notify" },
	[STATUS] = { 18, 1, "legacy_device_status" },
	[ISR] = { 19, 1, "legacy_isr_status" },
	[CONFIG_VECTOR] = { 20, 2, "legacy_config_msix_vector" },
	[QUEUE_VECTOR] = { 22, 2, "legacy_queue_msix_vector" },
};

static u32 legacy_read(const struct kvdev_regs *regs, enum legacy_reg reg,
		       struct kvdev_reg_access *acc)
{
	switch (reg) {
	case DEVICE_FEATURES:
		acc->value = kvdev_legacy_offered(regs);
		return 0;
	case DRIVER_FEATURES:
		acc->value = (u32)regs->driver_features;
		return 0;
	case QUEUE_PFN:
		acc->value = kvdev_legacy_read_pfn(regs);
		return 0;
	case QUEUE_SIZE:
		acc->value = kvdev_regs_read(regs, KVDEV_REG_QUEUE_SIZE);
		return 0;
	case QUEUE_SELECT:
		acc->value = regs->queue_select;
		return 0;
	case STATUS:
		acc->value = regs->status;
		return 0;
	case ISR:
		return KVDEV_ACT_ISR;
	case CONFIG_VECTOR:
		acc->value = regs->config_vector;
		return 0;
	case QUEUE_VECTOR:
		acc->value = kvdev_regs_read(regs, KVDEV_REG_QUEUE_VECTOR);
		return 0;
	default:
		/* A doorbell has nothing to say */
		return KVDEV_ACT_IGNORED;
	}
}

static u32 legacy_notify(const struct kvdev_regs *regs,
			 struct kvdev_reg_access *acc)
{
	u16 queue = acc->value;

	if (queue >= regs->nr_queues)
		return KVDEV_ACT_IGNORED;
	acc->queue = array_index_nospec(queue, regs->nr_queues);
	return KVDEV_ACT_NOTIFY;
}

static u32 legacy_write(struct kvdev_regs *regs, enum legacy_reg reg,
			struct kvdev_reg_access *acc)
{
	if (reg == STATUS)
		return kvdev_legacy_write_status(regs, acc->value, acc);
	if (reg == QUEUE_NOTIFY)
		return legacy_notify(regs, acc);
	if (!kvdev_regs_select(regs, true))
		return KVDEV_ACT_IGNORED;

	switch (reg) {
	case DRIVER_FEATURES:
		return kvdev_legacy_write_features(regs, acc->value);
	case QUEUE_PFN:
		return kvdev_legacy_write_pfn(regs, acc->value, PAGE_BYTES,
					      acc);
	case QUEUE_SELECT:
		return kvdev_regs_write(regs, KVDEV_REG_QUEUE_SELECT,
					acc->value, acc);
	case CONFIG_VECTOR:
		return kvdev_regs_write(regs, KVDEV_REG_CONFIG_VECTOR,
					acc->value, acc);
	case QUEUE_VECTOR:
		return kvdev_regs_write(regs, KVDEV_REG_QUEUE_VECTOR,
					acc->value, acc);
	default:
		/* virtio 1.3, 4.1.5.1.3.1: the size is the device's to choose */
		return KVDEV_ACT_IGNORED;
	}
}

static u32 config_off(const struct kvdev_regs *regs)
{
	return regs->msix ? CONFIG_OFF_MSIX : CONFIG_OFF;
}

/**
 * kvdev_pci_legacy_size - bytes of the register window
 * @regs: bytes of configuration
 *
 * Return: a power of two that is enough with MSI-X, as a BAR's is.
 */
u32 kvdev_pci_legacy_size(const struct kvdev_regs *regs)
{
	return max_t(u32, SIZE_MIN,
		     roundup_pow_of_two(CONFIG_OFF_MSIX + regs->config_len));
}

/**
 * kvdev_pci_legacy_access - one access of the driver to the legacy window
 * @regs: registers
 * @acc: the access, and what became of it. What is no register and what is
 *	read in the wrong way reads as 0
 *
 * Context: the caller serialises.
 *
 * Return: KVDEV_ACT_* bits for the device to perform.
 */
u32 kvdev_pci_legacy_access(struct kvdev_regs *regs,
			    struct kvdev_reg_access *acc)
{
	u32 config = config_off(regs), i;

	if (kvdev_regs_begin(acc))
		return KVDEV_ACT_IGNORED;

	if (acc->offset >= config) {
		u32 offset = acc->offset - config;

		if (offset >= regs->config_len ||
		    acc->len > regs->config_len - offset)
			return KVDEV_ACT_IGNORED;
		if (acc->write && !kvdev_regs_select(regs, true))
			return KVDEV_ACT_IGNORED;
		return kvdev_regs_access_config(regs, offset, acc);
	}
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (acc->offset != fields[i].offset ||
		    acc->len != fields[i].size)
			continue;
		acc->field = fields[i].name;
		return acc->write ? legacy_write(regs, i, acc) :
				    legacy_read(regs, i, acc);
	}
	return KVDEV_ACT_IGNORED;
}
