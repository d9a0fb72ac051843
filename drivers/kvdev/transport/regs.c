// SPDX-License-Identifier: GPL-2.0
/*
 * What the registers of a virtio device mean, whatever transport shows them.
 *
 * A transport decodes an access into a register and a whole value; the rules
 * of that register are here, once. Everything the driver may not do is
 * ignored: nothing it writes can make an access fail, and a queue that is
 * enabled keeps the size and the addresses it was enabled with.
 */
#include "regs.h"

/* Of 32 feature bits each. */
#define FEATURE_WINDOWS	4

/**
 * kvdev_regs_reset_queue - the registers of a queue as they are after a reset
 * @queue: not in use by the device any more
 *
 * Of the whole device, or of the queue alone: then it ends here, and the driver
 * may set the queue up anew (virtio 1.3, 2.6.1.1: its default state).
 */
void kvdev_regs_reset_queue(struct kvdev_queue_regs *queue)
{
	/* virtio 1.3, 4.1.4.3: on reset, the largest queue size */
	queue->cfg = (struct kvdev_ring_cfg){
		.num_max = queue->cfg.num_max,
		.num = queue->cfg.num_max,
	};
	WRITE_ONCE(queue->vector, KVDEV_NO_VECTOR);
	/* virtio 1.3, 4.1.4.3.1: both are 0 on reset */
	queue->enabled = false;
	queue->resetting = false;
	queue->pfn = 0;
	queue->align = KVDEV_LEGACY_ALIGN;
}

/**
 * kvdev_regs_reset - what writing 0 to the status does to the registers
 * @regs: registers
 *
 * Status, configuration and generation are the device's and stay as they are.
 */
void kvdev_regs_reset(struct kvdev_regs *regs)
{
	u32 i;

	regs->driver_features = 0;
	regs->driver_features_hi = 0;
	regs->device_feature_select = 0;
	regs->driver_feature_select = 0;
	regs->queue_select = 0;
	regs->legacy = false;
	/* virtio 1.3, 4.1.5.1.2.1: every event is unmapped upon reset */
	WRITE_ONCE(regs->config_vector, KVDEV_NO_VECTOR);

	for (i = 0; i < regs->nr_queues; i++)
		kvdev_regs_reset_queue(&regs->queues[i]);
}

/**
 * kvdev_regs_select - may the driver write through this interface?
 * @regs: registers
 * @legacy: which of the two interfaces of a transitional device
 *
 * A driver uses one of them. Which one is open while status is 0; after that
 * the other one takes no writes, so neither its rules nor its notion of a ring
 * can be mixed with those of the first.
 *
 * Return: whether the write is to be done.
 */
bool kvdev_regs_select(struct kvdev_regs *regs, bool legacy)
{
	if (!regs->status)
		regs->legacy = legacy;
	return regs->legacy == legacy;
}

/**
 * kvdev_regs_begin - what a decoder does first with an access
 * @acc: out fields are set; bytes of the value beyond the width are cleared
 *
 * Return: 0, or KVDEV_ACT_IGNORED for a width that no access has.
 */
u32 kvdev_regs_begin(struct kvdev_reg_access *acc)
{
	acc->queue = KVDEV_CONFIG_QUEUE;
	acc->config_offset = 0;
	acc->field = "none";

	if (!acc->write)
		acc->value = 0;
	if (acc->len > 8 || !is_power_of_2(acc->len))
		return KVDEV_ACT_IGNORED;
	/* len is 1 to 8 */
	acc->value &= U64_MAX >> (64 - 8 * acc->len);
	return 0;
}

/**
 * kvdev_regs_queue - the queue that the queue registers show
 * @regs: registers
 *
 * Return: the selected queue, NULL if there is none.
 */
struct kvdev_queue_regs *kvdev_regs_queue(const struct kvdev_regs *regs)
{
	u16 index = regs->queue_select;

	if (index >= regs->nr_queues)
		return NULL;
	return &regs->queues[array_index_nospec(index, regs->nr_queues)];
}

static u64 read_queue(const struct kvdev_queue_regs *queue, enum kvdev_reg reg)
{
	/* virtio 1.3, 4.1.4.3.1: an unavailable queue has a queue_size of 0 */
	if (!queue)
		return reg == KVDEV_REG_QUEUE_VECTOR ? KVDEV_NO_VECTOR : 0;

	switch (reg) {
	case KVDEV_REG_QUEUE_SIZE:
		return queue->cfg.num;
	case KVDEV_REG_QUEUE_VECTOR:
		return queue->vector;
	case KVDEV_REG_QUEUE_ENABLE:
		return queue->enabled;
	case KVDEV_REG_QUEUE_DESC:
		return queue->cfg.desc_addr;
	case KVDEV_REG_QUEUE_DRIVER:
		return queue->cfg.driver_addr;
	case KVDEV_REG_QUEUE_DEVICE:
		return queue->cfg.device_addr;
	case KVDEV_REG_QUEUE_RESET:
		return queue->resetting;
	default:
		return 0;
	}
}

/* virtio 1.3, 4.1.4.3.1: there are feature bits behind every select, as 0 */
static u32 read_features(u64 low, u64 high, u32 select)
{
	if (select >= FEATURE_WINDOWS)
		return 0;
	return (select < 2 ? low : high) >> (32 * (select & 1));
}

/**
 * kvdev_regs_read - the value of a register
 * @regs: registers
 * @reg: register
 *
 * Return: the whole value, zero extended; 0 for queue registers (NO_VECTOR for
 * the vector) if the selected queue does not exist.
 */
u64 kvdev_regs_read(const struct kvdev_regs *regs, enum kvdev_reg reg)
{
	switch (reg) {
	case KVDEV_REG_DEVICE_FEATURE_SELECT:
		return regs->device_feature_select;
	case KVDEV_REG_DEVICE_FEATURE:
		return read_features(regs->device_features,
				     regs->device_features_hi,
				     regs->device_feature_select);
	case KVDEV_REG_DRIVER_FEATURE_SELECT:
		return regs->driver_feature_select;
	case KVDEV_REG_DRIVER_FEATURE:
		return read_features(regs->driver_features,
				     regs->driver_features_hi,
				     regs->driver_feature_select);
	case KVDEV_REG_CONFIG_VECTOR:
		return regs->config_vector;
	case KVDEV_REG_NUM_QUEUES:
		return regs->nr_queues;
	case KVDEV_REG_STATUS:
		return regs->status;
	case KVDEV_REG_CONFIG_GENERATION:
		return regs->generation;
	case KVDEV_REG_QUEUE_SELECT:
		return regs->queue_select;
	default:
		return read_queue(kvdev_regs_queue(regs), reg);
	}
}

static u32 write_features(struct kvdev_regs *regs, u32 value)
{
	u32 select = regs->driver_feature_select;
	bool low = select < 2;
	u64 *accepted = low ? &regs->driver_features :
			      &regs->driver_features_hi;
	u32 shift = 32 * (select & 1);
	u64 offered;

	/* virtio 1.3, 3.1.1: no feature is accepted after FEATURES_OK */
	if (regs->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return KVDEV_ACT_IGNORED;
	/* Drivers that know more bits write 0 to the rest: no error */
	if (select >= FEATURE_WINDOWS)
		return value ? KVDEV_ACT_IGNORED : 0;

	/* virtio 1.3, 4.1.4.3.1: valid bits are a subset of the offered ones */
	offered = low ? regs->device_features : regs->device_features_hi;
	offered &= (u64)value << shift;
	*accepted &= ~((u64)U32_MAX << shift);
	*accepted |= offered;
	return 0;
}

/*
 * virtio 1.3, 4.1.5.1.2.1: an event is mapped to any vector there is; a failed
 * mapping shows as NO_VECTOR, which is how the driver learns of it.
 */
static u32 write_vector(const struct kvdev_regs *regs, u16 *vector, u16 value,
			u16 queue, struct kvdev_reg_access *acc)
{
	if (value >= regs->nr_vectors)
		value = KVDEV_NO_VECTOR;
	/* Whoever signals reads it at the same time */
	WRITE_ONCE(*vector, value);
	acc->queue = queue;
	acc->value = value;
	return KVDEV_ACT_VECTOR;
}

static u32 write_queue_size(const struct kvdev_regs *regs,
			    struct kvdev_queue_regs *queue, u16 value)
{
	bool packed = regs->driver_features & BIT_ULL(VIRTIO_F_RING_PACKED);

	/* virtio 1.3, 4.1.4.3.2: a power of two, for a split ring */
	if (!value || value > queue->cfg.num_max ||
	    (!packed && !is_power_of_2(value)))
		return KVDEV_ACT_IGNORED;
	queue->cfg.num = value;
	return 0;
}

static u32 write_queue_enable(const struct kvdev_regs *regs,
			      struct kvdev_queue_regs *queue, u16 value,
			      struct kvdev_reg_access *acc)
{
	/* virtio 1.3, 4.1.4.3.2: 0 must not be written to queue_enable */
	if (value != 1)
		return KVDEV_ACT_IGNORED;
	/* virtio 1.3, 3.1.1: queues are set up once features are negotiated */
	if (!(regs->status & VIRTIO_CONFIG_S_FEATURES_OK))
		return KVDEV_ACT_IGNORED;
	/* virtio 1.3, 2.1.2: nothing but a reset helps */
	if (regs->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return KVDEV_ACT_IGNORED;
	queue->enabled = true;
	acc->queue = regs->queue_select;
	return KVDEV_ACT_ENABLE;
}

/**
 * kvdev_regs_disable - the driver takes the selected queue back
 * @regs: registers
 * @acc: the access, for what the action is about
 *
 * Return: KVDEV_ACT_DISABLE; 0 if the driver has it anyway; KVDEV_ACT_IGNORED if
 * there is no such queue.
 */
u32 kvdev_regs_disable(struct kvdev_regs *regs, struct kvdev_reg_access *acc)
{
	struct kvdev_queue_regs *queue = kvdev_regs_queue(regs);

	if (!queue)
		return KVDEV_ACT_IGNORED;
	if (!queue->enabled)
		return 0;
	queue->enabled = false;
	/* Whoever put it there: see kvdev_regs_select() */
	queue->pfn = 0;
	acc->queue = regs->queue_select;
	return KVDEV_ACT_DISABLE;
}

/*
 * virtio 1.3, 2.6.1: once the feature is negotiated, a queue that is enabled
 * can be reset by itself, also after the device has said that it needs a reset.
 */
static u32 write_queue_reset(struct kvdev_regs *regs, u16 value,
			     struct kvdev_reg_access *acc)
{
	if (value != 1 ||
	    !(regs->driver_features & BIT_ULL(VIRTIO_F_RING_RESET)))
		return KVDEV_ACT_IGNORED;
	if (kvdev_regs_disable(regs, acc) != KVDEV_ACT_DISABLE)
		return KVDEV_ACT_IGNORED;
	/* virtio 1.3, 4.1.4.3.1: 1 is read until the device is done */
	kvdev_regs_queue(regs)->resetting = true;
	return KVDEV_ACT_QUEUE_RESET;
}

static u32 write_queue(struct kvdev_regs *regs, enum kvdev_reg reg, u64 value,
		       struct kvdev_reg_access *acc)
{
	struct kvdev_queue_regs *queue = kvdev_regs_queue(regs);

	if (!queue)
		return KVDEV_ACT_IGNORED;
	/* A vector may change at any time: drivers spread interrupts late */
	if (reg == KVDEV_REG_QUEUE_VECTOR)
		return write_vector(regs, &queue->vector, value,
				    regs->queue_select, acc);
	/* virtio 1.3, 4.1.4.3.2: all else is written before queue_enable */
	if (queue->enabled || queue->resetting)
		return KVDEV_ACT_IGNORED;

	switch (reg) {
	case KVDEV_REG_QUEUE_SIZE:
		return write_queue_size(regs, queue, value);
	case KVDEV_REG_QUEUE_ENABLE:
		return write_queue_enable(regs, queue, value, acc);
	case KVDEV_REG_QUEUE_DESC:
		queue->cfg.desc_addr = value;
		return 0;
	case KVDEV_REG_QUEUE_DRIVER:
		queue->cfg.driver_addr = value;
		return 0;
	case KVDEV_REG_QUEUE_DEVICE:
		queue->cfg.device_addr = value;
		return 0;
	default:
		return KVDEV_ACT_IGNORED;
	}
}

/**
 * kvdev_regs_write - write a register
 * @regs: registers
 * @reg: register; those that are read-only ignore the write
 * @value: the whole new value
 * @acc: the access, for what the action is about
 *
 * Return: KVDEV_ACT_* bits; 0 if the device has nothing to do.
 */
u32 kvdev_regs_write(struct kvdev_regs *regs, enum kvdev_reg reg, u64 value,
		     struct kvdev_reg_access *acc)
{
	switch (reg) {
	case KVDEV_REG_DEVICE_FEATURE_SELECT:
		regs->device_feature_select = value;
		return 0;
	case KVDEV_REG_DRIVER_FEATURE_SELECT:
		regs->driver_feature_select = value;
		return 0;
	case KVDEV_REG_DRIVER_FEATURE:
		return write_features(regs, value);
	case KVDEV_REG_CONFIG_VECTOR:
		return write_vector(regs, &regs->config_vector, value,
				    KVDEV_CONFIG_QUEUE, acc);
	case KVDEV_REG_STATUS:
		/* Which bits may be set or cleared is the device's to say */
		acc->value = (u8)value;
		return KVDEV_ACT_STATUS;
	case KVDEV_REG_QUEUE_SELECT:
		regs->queue_select = value;
		return 0;
	case KVDEV_REG_DEVICE_FEATURE:
	case KVDEV_REG_NUM_QUEUES:
	case KVDEV_REG_CONFIG_GENERATION:
	case KVDEV_REG_QUEUE_NOTIFY_OFF:
	case KVDEV_REG_QUEUE_NOTIFY_DATA:
		return KVDEV_ACT_IGNORED;
	case KVDEV_REG_QUEUE_RESET:
		return write_queue_reset(regs, value, acc);
	default:
		return write_queue(regs, reg, value, acc);
	}
}

/**
 * kvdev_regs_read_config - read the device-specific configuration
 * @regs: registers
 * @offset: of the first byte
 * @len: bytes, at most 8
 *
 * The configuration is little endian (virtio 1.3, 2.5), and may be read in any
 * state (2.5.2) and width: fields of odd sizes are read bytewise.
 *
 * Return: the value; 0 if any byte is outside the configuration.
 */
u64 kvdev_regs_read_config(const struct kvdev_regs *regs, u32 offset, u32 len)
{
	u64 value = 0;
	u32 i, end;

	if (len > sizeof(value) || check_add_overflow(offset, len, &end) ||
	    end > regs->config_len)
		return 0;

	for (i = 0; i < len; i++) {
		u32 at = array_index_nospec(offset + i, regs->config_len);

		value |= (u64)regs->config[at] << (8 * i);
	}
	return value;
}

/**
 * kvdev_regs_access_config - the driver reads or writes the configuration
 * @regs: registers
 * @offset: of the first byte in the configuration
 * @acc: the access, inside of the configuration
 *
 * Return: KVDEV_ACT_* bits.
 */
u32 kvdev_regs_access_config(struct kvdev_regs *regs, u32 offset,
			     struct kvdev_reg_access *acc)
{
	acc->field = "device_config";
	acc->config_offset = offset;
	if (acc->write)
		return KVDEV_ACT_CONFIG;
	acc->value = kvdev_regs_read_config(regs, offset, acc->len);
	/* virtio 1.3, 2.5.1: the next change is another generation */
	regs->config_read = true;
	return KVDEV_ACT_CONFIG_READ;
}
