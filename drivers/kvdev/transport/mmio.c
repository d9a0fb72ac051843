// SPDX-License-Identifier: GPL-2.0
/*
 * The register window of virtio over MMIO: version 2 (virtio 1.3, 4.2.2) and
 * version 1, which is from before 1.0 (4.2.4). Control registers are 32 bits
 * wide and accessed so; the configuration begins at 0x100.
 */
#include "regs.h"

#define MAGIC		0x74726976	/* "virt" */
#define VENDOR		0x5644564b	/* "KVDV" */
#define CONFIG		0x100
#define SIZE_MIN	0x200
#define LEGACY		1		/* Version */

enum {
	MAGIC_VALUE = 0x00,
	VERSION = 0x04,
	DEVICE_ID = 0x08,
	VENDOR_ID = 0x0c,
	DEVICE_FEATURES = 0x10,
	DEVICE_FEATURES_SEL = 0x14,
	DRIVER_FEATURES = 0x20,
	DRIVER_FEATURES_SEL = 0x24,
	GUEST_PAGE_SIZE = 0x28,
	QUEUE_SEL = 0x30,
	QUEUE_SIZE_MAX = 0x34,
	QUEUE_SIZE = 0x38,
	QUEUE_ALIGN = 0x3c,
	QUEUE_PFN = 0x40,
	QUEUE_READY = 0x44,
	QUEUE_NOTIFY = KVDEV_MMIO_NOTIFY,
	INTERRUPT_STATUS = 0x60,
	INTERRUPT_ACK = 0x64,
	STATUS = 0x70,
	QUEUE_DESC_LOW = 0x80,
	QUEUE_DRIVER_LOW = 0x90,
	QUEUE_DEVICE_LOW = 0xa0,
	SHM_SEL = 0xac,
	SHM_LEN_LOW = 0xb0,
	SHM_BASE_LOW = 0xb8,
	QUEUE_RESET = 0xc0,
	CONFIG_GENERATION = 0xfc,
};

/* Which versions have it, and in which direction. */
#define R1	BIT(0)
#define W1	BIT(1)
#define R2	BIT(2)
#define W2	BIT(3)
#define R	(R1 | R2)
#define W	(W1 | W2)

struct mmio_field {
	u8 offset;
	u8 flags;
	const char *name;
};

static const struct mmio_field fields[] = {
	{ MAGIC_VALUE, R, "MagicValue" },
	{ VERSION, R, "Version" },
	{ DEVICE_ID, R, "DeviceID" },
	{ VENDOR_ID, R, "VendorID" },
	{ DEVICE_FEATURES, R, "DeviceFeatures" },
	{ DEVICE_FEATURES_SEL, W, "DeviceFeaturesSel" },
	{ DRIVER_FEATURES, W, "DriverFeatures" },
	{ DRIVER_FEATURES_SEL, W, "DriverFeaturesSel" },
	{ GUEST_PAGE_SIZE, W1, "GuestPageSize" },
	{ QUEUE_SEL, W, "QueueSel" },
	{ QUEUE_SIZE_MAX, R, "QueueSizeMax" },
	{ QUEUE_SIZE, W, "QueueSize" },
	{ QUEUE_ALIGN, W1, "QueueAlign" },
	{ QUEUE_PFN, R1 | W1, "QueuePFN" },
	{ QUEUE_READY, R2 | W2, "QueueReady" },
	{ QUEUE_NOTIFY, W, "QueueNotify" },
	{ INTERRUPT_STATUS, R, "InterruptStatus" },
	{ INTERRUPT_ACK, W, "InterruptACK" },
	{ STATUS, R | W, "Status" },
	{ QUEUE_DESC_LOW, W2, "QueueDescLow" },
	{ QUEUE_DESC_LOW + 4, W2, "QueueDescHigh" },
	{ QUEUE_DRIVER_LOW, W2, "QueueDriverLow" },
	{ QUEUE_DRIVER_LOW + 4, W2, "QueueDriverHigh" },
	{ QUEUE_DEVICE_LOW, W2, "QueueDeviceLow" },
	{ QUEUE_DEVICE_LOW + 4, W2, "QueueDeviceHigh" },
	{ SHM_SEL, W2, "SHMSel" },
	{ SHM_LEN_LOW, R2, "SHMLenLow" },
	{ SHM_LEN_LOW + 4, R2, "SHMLenHigh" },
	{ SHM_BASE_LOW, R2, "SHMBaseLow" },
	{ SHM_BASE_LOW + 4, R2, "SHMBaseHigh" },
	{ QUEUE_RESET, R2 | W2, "QueueReset" },
	{ CONFIG_GENERATION, R2, "ConfigGeneration" },
};

static u32 queue_size_max(const struct kvdev_regs *regs)
{
	const struct kvdev_queue_regs *queue = kvdev_regs_queue(regs);

	return queue ? queue->cfg.num_max : 0;
}

static u32 read_features(const struct kvdev_regs *regs, bool legacy)
{
	if (!legacy)
		return kvdev_regs_read(regs, KVDEV_REG_DEVICE_FEATURE);
	return regs->device_feature_select ? 0 : kvdev_legacy_offered(regs);
}

static u32 mmio_read(const struct kvdev_regs *regs, u32 version, u32 offset,
		     struct kvdev_reg_access *acc)
{
	switch (offset) {
	case MAGIC_VALUE:
		acc->value = MAGIC;
		return 0;
	case VERSION:
		acc->value = version;
		return 0;
	case DEVICE_ID:
		acc->value = regs->device_id;
		return 0;
	case VENDOR_ID:
		acc->value = VENDOR;
		return 0;
	case DEVICE_FEATURES:
		acc->value = read_features(regs, version == LEGACY);
		return 0;
	case QUEUE_SIZE_MAX:
		acc->value = queue_size_max(regs);
		return 0;
	case QUEUE_PFN:
		acc->value = kvdev_legacy_read_pfn(regs);
		return 0;
	case QUEUE_READY:
		acc->value = kvdev_regs_read(regs, KVDEV_REG_QUEUE_ENABLE);
		return 0;
	case QUEUE_RESET:
		acc->value = kvdev_regs_read(regs, KVDEV_REG_QUEUE_RESET);
		return 0;
	case INTERRUPT_STATUS:
		return KVDEV_ACT_ISR_PEEK;
	case STATUS:
		acc->value = regs->status;
		return 0;
	case CONFIG_GENERATION:
		acc->value = regs->generation;
		return 0;
	default:
		/* virtio 1.3, 4.2.2: all ones: no such shared memory */
		acc->value = U32_MAX;
		return 0;
	}
}

/* virtio 1.3, 4.2.2: 1 makes the queue run, 0 takes it back from the device */
static u32 write_ready(struct kvdev_regs *regs, struct kvdev_reg_access *acc)
{
	struct kvdev_queue_regs *queue = kvdev_regs_queue(regs);

	if (!queue)
		return KVDEV_ACT_IGNORED;
	if (acc->value) {
		/* Given anew, it begins anew */
		if (!queue->enabled)
			queue->cfg.has_base = false;
		return kvdev_regs_write(regs, KVDEV_REG_QUEUE_ENABLE,
					acc->value > 1 ? 0 : 1, acc);
	}
	return kvdev_regs_disable(regs, acc);
}

static u32 write_align(struct kvdev_regs *regs, u32 value)
{
	struct kvdev_queue_regs *queue = kvdev_regs_queue(regs);

	if (!queue || queue->enabled || !is_power_of_2(value))
		return KVDEV_ACT_IGNORED;
	queue->align = value;
	return 0;
}

static u32 write_page_size(struct kvdev_regs *regs, u32 value)
{
	/* virtio 1.3, 4.2.4: a power of two */
	if (!is_power_of_2(value))
		return KVDEV_ACT_IGNORED;
	/* A reset does not forget it: drivers write it once, before theirs */
	regs->page_size = value;
	return 0;
}

static u32 write_driver_features(struct kvdev_regs *regs, bool legacy,
				 struct kvdev_reg_access *acc)
{
	if (!legacy)
		return kvdev_regs_write(regs, KVDEV_REG_DRIVER_FEATURE,
					acc->value, acc);
	if (regs->driver_feature_select)
		return acc->value ? KVDEV_ACT_IGNORED : 0;
	return kvdev_legacy_write_features(regs, acc->value);
}

static u32 write_notify(const struct kvdev_regs *regs,
			struct kvdev_reg_access *acc)
{
	if (acc->value >= regs->nr_queues)
		return KVDEV_ACT_IGNORED;
	acc->queue = array_index_nospec(acc->value, regs->nr_queues);
	return KVDEV_ACT_NOTIFY;
}

/* One half of an address; the other one stays. */
static u32 write_half(struct kvdev_regs *regs, enum kvdev_reg reg, bool high,
		      struct kvdev_reg_access *acc)
{
	u64 value = kvdev_regs_read(regs, reg);

	if (high)
		value = (u32)value | acc->value << 32;
	else
		value = (value & ~(u64)U32_MAX) | acc->value;
	return kvdev_regs_write(regs, reg, value, acc);
}

static u32 mmio_write(struct kvdev_regs *regs, u32 version, u32 offset,
		      struct kvdev_reg_access *acc)
{
	bool legacy = version == LEGACY;
	bool high = offset & 4;

	switch (offset) {
	case DEVICE_FEATURES_SEL:
		return kvdev_regs_write(regs, KVDEV_REG_DEVICE_FEATURE_SELECT,
					acc->value, acc);
	case DRIVER_FEATURES:
		return write_driver_features(regs, legacy, acc);
	case DRIVER_FEATURES_SEL:
		return kvdev_regs_write(regs, KVDEV_REG_DRIVER_FEATURE_SELECT,
					acc->value, acc);
	case GUEST_PAGE_SIZE:
		return write_page_size(regs, acc->value);
	case QUEUE_SEL:
		/* The register behind it is narrower: not another queue */
		return kvdev_regs_write(regs, KVDEV_REG_QUEUE_SELECT,
					min_t(u64, acc->value, U16_MAX), acc);
	case QUEUE_SIZE:
		return kvdev_regs_write(regs, KVDEV_REG_QUEUE_SIZE,
					acc->value > U16_MAX ? 0 : acc->value,
					acc);
	case QUEUE_ALIGN:
		return write_align(regs, acc->value);
	case QUEUE_PFN:
		return kvdev_legacy_write_pfn(regs, acc->value,
					      regs->page_size, acc);
	case QUEUE_READY:
		return write_ready(regs, acc);
	case QUEUE_RESET:
		/* The register behind it is narrower: not another value */
		return kvdev_regs_write(regs, KVDEV_REG_QUEUE_RESET,
					min_t(u64, acc->value, U16_MAX), acc);
	case QUEUE_NOTIFY:
		return write_notify(regs, acc);
	case INTERRUPT_ACK:
		return KVDEV_ACT_ISR_ACK;
	case STATUS:
		if (legacy)
			return kvdev_legacy_write_status(regs, acc->value, acc);
		return kvdev_regs_write(regs, KVDEV_REG_STATUS, acc->value,
					acc);
	case QUEUE_DESC_LOW:
	case QUEUE_DESC_LOW + 4:
		return write_half(regs, KVDEV_REG_QUEUE_DESC, high, acc);
	case QUEUE_DRIVER_LOW:
	case QUEUE_DRIVER_LOW + 4:
		return write_half(regs, KVDEV_REG_QUEUE_DRIVER, high, acc);
	case QUEUE_DEVICE_LOW:
	case QUEUE_DEVICE_LOW + 4:
		return write_half(regs, KVDEV_REG_QUEUE_DEVICE, high, acc);
	default:
		/* Whichever shared memory it selects, there is none */
		return 0;
	}
}

/**
 * kvdev_mmio_size - bytes of the register window
 * @regs: bytes of configuration
 *
 * Return: a power of two.
 */
u32 kvdev_mmio_size(const struct kvdev_regs *regs)
{
	return max_t(u32, SIZE_MIN,
		     roundup_pow_of_two(CONFIG + regs->config_len));
}

/**
 * kvdev_mmio_access - one access of the driver to the register window
 * @regs: registers
 * @version: 2, or 1 for the legacy interface
 * @acc: the access, and what became of it. What is no register and what is
 *	read in the wrong way reads as 0
 *
 * Context: the caller serialises.
 *
 * Return: KVDEV_ACT_* bits for the device to perform.
 */
u32 kvdev_mmio_access(struct kvdev_regs *regs, u32 version,
		      struct kvdev_reg_access *acc)
{
	u32 i, need;

	if (kvdev_regs_begin(acc))
		return KVDEV_ACT_IGNORED;
	if (!regs->status)
		regs->legacy = version == LEGACY;

	if (acc->offset >= CONFIG) {
		u32 offset = acc->offset - CONFIG;

		if (offset >= regs->config_len ||
		    acc->len > regs->config_len - offset)
			return KVDEV_ACT_IGNORED;
		return kvdev_regs_access_config(regs, offset, acc);
	}
	/* virtio 1.3, 4.2.2.2: 32 bits wide and aligned */
	if (acc->len != 4)
		return KVDEV_ACT_IGNORED;
	need = version == LEGACY ? (acc->write ? W1 : R1) :
				   (acc->write ? W2 : R2);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (acc->offset != fields[i].offset)
			continue;
		acc->field = fields[i].name;
		if (!(fields[i].flags & need))
			return KVDEV_ACT_IGNORED;
		return acc->write ?
		       mmio_write(regs, version, acc->offset, acc) :
		       mmio_read(regs, version, acc->offset, acc);
	}
	return KVDEV_ACT_IGNORED;
}
