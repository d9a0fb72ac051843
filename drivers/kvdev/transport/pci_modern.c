// SPDX-License-Identifier: GPL-2.0
/*
 * The register window of a virtio-pci device, non-transitional: where the
 * four structures of virtio 1.3, 4.1.4 are, and which register an access hits.
 *
 *	default layout	0x0000  common configuration
 *			0x1000  ISR status
 *			0x2000  device-specific configuration
 *			0x3000  doorbells, 4 bytes each
 *
 * A page per structure lets a VMM map or trap each one separately.
 */
#include "regs.h"

#define DEFAULT_COMMON		0x0000
#define DEFAULT_ISR		0x1000
#define DEFAULT_DEVICE		0x2000
#define DEFAULT_NOTIFY		0x3000
#define DEFAULT_SIZE		0x4000
#define DEFAULT_MULTIPLIER	4

/* Up to queue_reset: what follows needs features we lack. Up to queue_device */
#define COMMON_LEN		60
#define COMMON_LEN_1_0		56
#define ISR_LEN			1
/* A doorbell is 2 bytes (virtio 1.3, 4.1.5.2), some drivers write 4 */
#define DOORBELL_LEN		4
#define SIZE_MIN		16
#define NR_WINDOWS		4

struct common_field {
	u8 offset;
	u8 size;
	enum kvdev_reg reg;
	const char *name;
};

/*
 * virtio 1.3, 4.1.4.3; ascending, without gaps. Which of them are read-only is
 * a property of the register.
 */
static const struct common_field common_fields[] = {
	{ 0, 4, KVDEV_REG_DEVICE_FEATURE_SELECT, "device_feature_select" },
	{ 4, 4, KVDEV_REG_DEVICE_FEATURE, "device_feature" },
	{ 8, 4, KVDEV_REG_DRIVER_FEATURE_SELECT, "driver_feature_select" },
	{ 12, 4, KVDEV_REG_DRIVER_FEATURE, "driver_feature" },
	{ 16, 2, KVDEV_REG_CONFIG_VECTOR, "config_msix_vector" },
	{ 18, 2, KVDEV_REG_NUM_QUEUES, "num_queues" },
	{ 20, 1, KVDEV_REG_STATUS, "device_status" },
	{ 21, 1, KVDEV_REG_CONFIG_GENERATION, "config_generation" },
	{ 22, 2, KVDEV_REG_QUEUE_SELECT, "queue_select" },
	{ 24, 2, KVDEV_REG_QUEUE_SIZE, "queue_size" },
	{ 26, 2, KVDEV_REG_QUEUE_VECTOR, "queue_msix_vector" },
	{ 28, 2, KVDEV_REG_QUEUE_ENABLE, "queue_enable" },
	{ 30, 2, KVDEV_REG_QUEUE_NOTIFY_OFF, "queue_notify_off" },
	{ 32, 8, KVDEV_REG_QUEUE_DESC, "queue_desc" },
	{ 40, 8, KVDEV_REG_QUEUE_DRIVER, "queue_driver" },
	{ 48, 8, KVDEV_REG_QUEUE_DEVICE, "queue_device" },
	{ 56, 2, KVDEV_REG_QUEUE_NOTIFY_DATA, "queue_notify_data" },
	{ 58, 2, KVDEV_REG_QUEUE_RESET, "queue_reset" },
};

/* The field the byte at @offset belongs to. */
static const struct common_field *common_find(u32 offset)
{
	const struct common_field *field = common_fields;

	while (field < common_fields + ARRAY_SIZE(common_fields) - 1 &&
	       field[1].offset <= offset)
		field++;
	return field;
}

/* @len is 1 to 8. */
static u64 width_mask(u32 len)
{
	return U64_MAX >> (64 - 8 * len);
}

static u64 common_read(const struct kvdev_regs *regs,
		       const struct kvdev_pci_layout *layout,
		       enum kvdev_reg reg)
{
	/* virtio 1.3, 4.1.4.4: times the multiplier, the queue's doorbell */
	if (reg == KVDEV_REG_QUEUE_NOTIFY_OFF)
		return layout->notify_multiplier &&
		       regs->queue_select < regs->nr_queues ?
		       regs->queue_select : 0;
	return kvdev_regs_read(regs, reg);
}

static u32 common_access(struct kvdev_regs *regs,
			 const struct kvdev_pci_layout *layout,
			 struct kvdev_reg_access *acc)
{
	u32 offset = acc->offset - layout->common;
	const struct common_field *field = common_find(offset);
	u32 shift = 8 * (offset - field->offset);
	u64 value, mask;

	acc->field = field->name;
	/*
	 * virtio 1.3, 4.1.3.1, 4.1.3.2: a field is accessed as a whole, one of
	 * 64 bits also by halves.
	 */
	if (!(acc->len == field->size && !shift) &&
	    !(acc->len == 4 && field->size == 8 && shift % 32 == 0))
		return KVDEV_ACT_IGNORED;

	mask = width_mask(acc->len);
	value = common_read(regs, layout, field->reg);
	if (!acc->write) {
		acc->value = (value >> shift) & mask;
		return 0;
	}
	value &= ~(mask << shift);
	value |= acc->value << shift;
	/* Whoever uses the device, a reset is a reset */
	if (!kvdev_regs_select(regs, false) &&
	    !(field->reg == KVDEV_REG_STATUS && !value))
		return KVDEV_ACT_IGNORED;
	return kvdev_regs_write(regs, field->reg, value, acc);
}

static u32 notify_access(const struct kvdev_regs *regs,
			 const struct kvdev_pci_layout *layout,
			 struct kvdev_reg_access *acc)
{
	u32 offset = acc->offset - layout->notify;
	u32 multiplier = layout->notify_multiplier;
	u32 queue;

	acc->field = "queue_notify";
	if (!acc->write) {
		acc->value = width_mask(acc->len);
		return 0;
	}
	if (acc->len != 2 && acc->len != 4)
		return KVDEV_ACT_IGNORED;

	/* virtio 1.3, 4.1.4.4, 4.1.5.2: one doorbell each, or one for all */
	if (multiplier) {
		if (offset % multiplier)
			return KVDEV_ACT_IGNORED;
		queue = offset / multiplier;
	} else {
		if (offset)
			return KVDEV_ACT_IGNORED;
		queue = acc->value;
	}
	if (queue >= regs->nr_queues)
		return KVDEV_ACT_IGNORED;
	acc->queue = array_index_nospec(queue, regs->nr_queues);
	return KVDEV_ACT_NOTIFY;
}

static u32 isr_access(struct kvdev_reg_access *acc)
{
	acc->field = "isr_status";
	/* virtio 1.3, 4.1.4.5: reading has the side effect of clearing */
	return acc->write ? KVDEV_ACT_IGNORED : KVDEV_ACT_ISR;
}

/* All bytes of the access are in the window's @len bytes at @start. */
static bool access_within(const struct kvdev_reg_access *acc, u32 start,
			  u32 len)
{
	u32 offset = acc->offset - start;

	return acc->offset >= start && offset < len && acc->len <= len - offset;
}

/**
 * kvdev_pci_modern_access - one access of the driver to the register window
 * @regs: registers
 * @layout: as kvdev_pci_layout_check() approved it
 * @acc: the access, and what became of it. What is no register and what is
 *	read in the wrong way reads as 0
 *
 * Context: the caller serialises.
 *
 * Return: KVDEV_ACT_* bits for the device to perform.
 */
u32 kvdev_pci_modern_access(struct kvdev_regs *regs,
			    const struct kvdev_pci_layout *layout,
			    struct kvdev_reg_access *acc)
{
	if (kvdev_regs_begin(acc))
		return KVDEV_ACT_IGNORED;

	if (access_within(acc, layout->common, layout->common_len))
		return common_access(regs, layout, acc);
	if (access_within(acc, layout->notify, layout->notify_len))
		return notify_access(regs, layout, acc);
	if (access_within(acc, layout->isr, layout->isr_len))
		return isr_access(acc);
	if (access_within(acc, layout->device, layout->device_len))
		return kvdev_regs_access_config(regs,
						acc->offset - layout->device,
						acc);
	return KVDEV_ACT_IGNORED;
}

/*
 * virtio 1.3, 4.1.4.4.1: the structure reaches to the end of the last doorbell,
 * and there is room for one even if there is no queue.
 */
static int notify_len(const struct kvdev_pci_layout *layout,
		      const struct kvdev_regs *regs, u32 *len)
{
	u32 last = regs->nr_queues ? regs->nr_queues - 1 : 0;

	if (check_mul_overflow(last, layout->notify_multiplier, len) ||
	    check_add_overflow(*len, DOORBELL_LEN, len))
		return -EINVAL;
	return 0;
}

struct window {
	u32 start;
	u32 len;
	u32 align;
};

static int windows_check(const struct window *windows, u32 size)
{
	u32 ends[NR_WINDOWS];
	unsigned int i, j;

	for (i = 0; i < NR_WINDOWS; i++) {
		const struct window *w = &windows[i];

		if (w->start % w->align ||
		    check_add_overflow(w->start, w->len, &ends[i]) ||
		    ends[i] > size)
			return -EINVAL;
		for (j = 0; j < i; j++) {
			if (max(w->start, windows[j].start) <
			    min(ends[i], ends[j]))
				return -EINVAL;
		}
	}
	return 0;
}

static int structures_check(const struct kvdev_pci_layout *layout)
{
	/* virtio 1.3, 4.1.4.3.1, 4.1.4.4.1, 4.1.4.5, 4.1.4.6.1: alignment */
	return windows_check((const struct window[]){
		{ layout->common, layout->common_len, 4 },
		{ layout->notify, layout->notify_len, 2 },
		{ layout->isr, layout->isr_len, 1 },
		{ layout->device, layout->device_len, 4 },
	}, layout->size);
}

/**
 * kvdev_pci_layout_check - validate a layout and compute its lengths
 * @layout: offsets, multiplier and size; the lengths are set. The common
 *	configuration is as long as there is room for
 * @regs: number of queues and bytes of configuration
 *
 * Return: 0, or -EINVAL: misaligned, overlapping, or outside the window.
 */
int kvdev_pci_layout_check(struct kvdev_pci_layout *layout,
			   const struct kvdev_regs *regs)
{
	u32 multiplier = layout->notify_multiplier;

	/* A BAR is a power of two, and at least 16 bytes in memory */
	if (!is_power_of_2(layout->size) || layout->size < SIZE_MIN)
		return -EINVAL;
	/* virtio 1.3, 4.1.4.4.1: 0, or an even power of two */
	if (multiplier && (!is_power_of_2(multiplier) || multiplier < 2))
		return -EINVAL;
	if (notify_len(layout, regs, &layout->notify_len))
		return -EINVAL;
	layout->isr_len = ISR_LEN;
	layout->device_len = regs->config_len;
	layout->common_len = COMMON_LEN;
	if (!structures_check(layout))
		return 0;
	/* Or as it was before virtio 1.2: queues are not reset one by one */
	layout->common_len = COMMON_LEN_1_0;
	return structures_check(layout);
}

/**
 * kvdev_pci_has_queue_reset - is there the register that resets a queue?
 * @layout: as kvdev_pci_layout_check() approved it
 *
 * Return: whether there is.
 */
bool kvdev_pci_has_queue_reset(const struct kvdev_pci_layout *layout)
{
	return layout->common_len >= COMMON_LEN;
}

/**
 * kvdev_pci_layout_default - the layout for a VMM that has no wish
 * @layout: out
 * @regs: number of queues and bytes of configuration
 *
 * Return: 0, or -EINVAL: the configuration does not fit.
 */
int kvdev_pci_layout_default(struct kvdev_pci_layout *layout,
			     const struct kvdev_regs *regs)
{
	u32 doorbells;

	*layout = (struct kvdev_pci_layout){
		.common = DEFAULT_COMMON,
		.isr = DEFAULT_ISR,
		.device = DEFAULT_DEVICE,
		.notify = DEFAULT_NOTIFY,
		.notify_multiplier = DEFAULT_MULTIPLIER,
	};
	if (notify_len(layout, regs, &doorbells))
		return -EINVAL;
	/* At most 65535 queues: the sum cannot overflow */
	layout->size = max_t(u32, DEFAULT_SIZE,
			     roundup_pow_of_two(DEFAULT_NOTIFY + doorbells));
	return kvdev_pci_layout_check(layout, regs);
}
