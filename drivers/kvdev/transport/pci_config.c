// SPDX-License-Identifier: GPL-2.0
/*
 * What PCI configuration space says of a virtio device: ids (virtio 1.3,
 * 4.1.2), the capabilities (4.1.4) and the one among them that is a window to
 * the registers (4.1.4.9).
 */
#include "regs.h"

#define VENDOR_VIRTIO		0x1af4
#define DEVICE_MODERN		0x1040	/* plus the virtio device id */
#define SUBSYSTEM_MODERN	0x1100

#define CAP_ID_VENDOR		0x09
#define CAP_FIRST		0x40
#define CONFIG_SPACE		0x100
#define NR_BARS			6

/* virtio 1.3, 4.1.4: cfg_type */
enum {
	CAP_COMMON = 1,
	CAP_NOTIFY,
	CAP_ISR,
	CAP_DEVICE,
	CAP_PCI_CFG,
	NR_CAP_TYPES
};

/* struct virtio_pci_cap, and what two of them have behind it */
#define CAP_NEXT		1
#define CAP_BAR			4
#define CAP_OFFSET		8
#define CAP_LENGTH		12
#define CAP_LEN			16
#define CAP_EXTRA		16	/* notify_off_multiplier, pci_cfg_data */
#define CAP_LEN_EXTRA		20

struct type_ids {
	u32 device_id;
	u16 transitional;	/* virtio 1.3, 4.1.2.1; 0: there is no such */
	u32 class;
};

static const struct type_ids type_ids[] = {
	{ VIRTIO_ID_NET, 0x1000, 0x020000 },
	{ VIRTIO_ID_BLOCK, 0x1001, 0x018000 },
	{ VIRTIO_ID_SCSI, 0x1004, 0x010000 },
	{ VIRTIO_ID_RNG, 0x1005, 0x00ff00 },
};

/**
 * kvdev_pci_ids_default - what a device of a virtio type is as a PCI function
 * @ids: out
 * @device_id: virtio device id
 * @transitional: it has the legacy window
 */
void kvdev_pci_ids_default(struct kvdev_pci_ids *ids, u32 device_id,
			   bool transitional)
{
	u32 i;

	*ids = (struct kvdev_pci_ids){
		.vendor = VENDOR_VIRTIO,
		.device = DEVICE_MODERN + device_id,
		.sub_vendor = VENDOR_VIRTIO,
		.sub_device = SUBSYSTEM_MODERN,
		.class = 0x00ff00,
		.revision = 1,
	};
	for (i = 0; i < ARRAY_SIZE(type_ids); i++) {
		if (type_ids[i].device_id != device_id)
			continue;
		ids->class = type_ids[i].class;
		if (transitional)
			ids->device = type_ids[i].transitional;
	}
	/* virtio 1.3, 4.1.2.3: the subsystem is how such a driver tells them */
	if (transitional) {
		ids->sub_device = device_id;
		ids->revision = 0;
	}
}

static void put32(u8 *bytes, u32 at, u32 value)
{
	u32 i;

	for (i = 0; i < 4; i++, value >>= 8)
		bytes[at + i] = value;
}

static int add_cap(struct kvdev_pci_caps *caps, u8 type,
		   const struct kvdev_pci_layout *layout)
{
	u32 len = type == CAP_NOTIFY || type == CAP_PCI_CFG ? CAP_LEN_EXTRA :
							      CAP_LEN;
	u8 *cap = caps->bytes + caps->len;
	u32 offset = 0, length = 0;

	if (len > sizeof(caps->bytes) - caps->len ||
	    len > CONFIG_SPACE - (caps->first + caps->len))
		return -EINVAL;
	switch (type) {
	case CAP_COMMON:
		offset = layout->common;
		length = layout->common_len;
		break;
	case CAP_NOTIFY:
		offset = layout->notify;
		length = layout->notify_len;
		break;
	case CAP_ISR:
		offset = layout->isr;
		length = layout->isr_len;
		break;
	case CAP_DEVICE:
		offset = layout->device;
		length = layout->device_len;
		break;
	case CAP_PCI_CFG:
		caps->pci_cfg = caps->first + caps->len;
		break;
	}
	memset(cap, 0, len);
	cap[0] = CAP_ID_VENDOR;
	/* virtio 1.3, 4.1.4.2: what is behind the structure is counted */
	cap[2] = len;
	cap[3] = type;
	cap[CAP_BAR] = type == CAP_PCI_CFG ? 0 : caps->bar;
	put32(cap, CAP_OFFSET, offset);
	put32(cap, CAP_LENGTH, length);
	if (type == CAP_NOTIFY)
		put32(cap, CAP_EXTRA, layout->notify_multiplier);
	caps->len += len;
	cap[CAP_NEXT] = caps->first + caps->len;
	return 0;
}

/* Each at most once, and nothing behind the end. */
static int check_order(const u8 *order, u32 nr)
{
	u32 i, seen = 0;
	bool end = false;

	for (i = 0; i < nr; i++) {
		if (!order[i]) {
			end = true;
			continue;
		}
		if (end || order[i] >= NR_CAP_TYPES || seen & BIT(order[i]))
			return -EINVAL;
		seen |= BIT(order[i]);
	}
	return 0;
}

/**
 * kvdev_pci_caps_build - make the capabilities
 * @caps: the in fields are set
 * @layout: as kvdev_pci_layout_check() approved it
 *
 * A device without configuration has no capability for it.
 *
 * Return: 0, or -EINVAL: no such BAR, misplaced, no room, a bad order.
 */
int kvdev_pci_caps_build(struct kvdev_pci_caps *caps,
			 const struct kvdev_pci_layout *layout)
{
	static const u8 all[8] = { CAP_COMMON, CAP_NOTIFY, CAP_ISR, CAP_DEVICE,
				   CAP_PCI_CFG };
	const u8 *order = caps->order[0] ? caps->order : all;
	u32 i, last = 0;

	caps->len = 0;
	caps->pci_cfg = 0;
	if (caps->bar >= NR_BARS || caps->first % 4 ||
	    caps->first < CAP_FIRST || caps->first >= CONFIG_SPACE ||
	    caps->next % 4 || caps->next >= CONFIG_SPACE ||
	    check_order(caps->order, ARRAY_SIZE(caps->order)))
		return -EINVAL;

	for (i = 0; i < ARRAY_SIZE(all) && order[i]; i++) {
		if (order[i] == CAP_DEVICE && !layout->device_len)
			continue;
		last = caps->len;
		if (add_cap(caps, order[i], layout))
			return -EINVAL;
	}
	if (caps->len)
		caps->bytes[last + CAP_NEXT] = caps->next;
	return 0;
}

/* The four registers of the window, each 4 bytes: bar, offset, length, data */
static u32 *cfg_field(struct kvdev_pci_cfg *cfg, u32 offset, u32 *bar,
		      const char **name)
{
	switch (offset) {
	case CAP_BAR:
		*name = "pci_cfg_bar";
		*bar = cfg->bar;
		return bar;
	case CAP_OFFSET:
		*name = "pci_cfg_offset";
		return &cfg->offset;
	case CAP_LENGTH:
		*name = "pci_cfg_length";
		return &cfg->length;
	case CAP_EXTRA:
		*name = "pci_cfg_data";
		return &cfg->data;
	default:
		return NULL;
	}
}

static bool window_good(const struct kvdev_pci_cfg *cfg)
{
	return cfg->bar == cfg->window_bar &&
	       (cfg->length == 1 || cfg->length == 2 || cfg->length == 4);
}

/**
 * kvdev_pci_cfg_begin - an access of the driver to the capability
 * @cfg: the window
 * @acc: the access; offsets are from the beginning of the capability
 * @inner: out, with KVDEV_ACT_WINDOW: the access to the registers it stands for
 *
 * Return: KVDEV_ACT_WINDOW: do @inner, then call kvdev_pci_cfg_end();
 * KVDEV_ACT_IGNORED; or 0.
 */
u32 kvdev_pci_cfg_begin(struct kvdev_pci_cfg *cfg,
			struct kvdev_reg_access *acc,
			struct kvdev_reg_access *inner)
{
	u32 shift, mask, bar = 0, *field;
	u32 value;

	if (kvdev_regs_begin(acc))
		return KVDEV_ACT_IGNORED;
	if (acc->len > 4 || acc->offset % acc->len)
		return KVDEV_ACT_IGNORED;
	field = cfg_field(cfg, acc->offset & ~3U, &bar, &acc->field);
	if (!field)
		return KVDEV_ACT_IGNORED;

	shift = 8 * (acc->offset % 4);
	mask = (U32_MAX >> (32 - 8 * acc->len)) << shift;
	if (acc->write) {
		value = acc->value;
		*field = (*field & ~mask) | value << shift;
		cfg->bar = field == &bar ? bar : cfg->bar;
	}
	if (field == &cfg->data) {
		/* Whatever cannot be is harmless, and leaves no old data */
		if (!window_good(cfg)) {
			cfg->data = 0;
			return KVDEV_ACT_IGNORED;
		}
		*inner = (struct kvdev_reg_access){
			.offset = cfg->offset,
			.len = cfg->length,
			.write = acc->write,
			.value = cfg->data,
		};
		return KVDEV_ACT_WINDOW;
	}
	if (!acc->write)
		acc->value = (*field & mask) >> shift;
	return 0;
}

/**
 * kvdev_pci_cfg_end - finish what kvdev_pci_cfg_begin() began
 * @cfg: the window
 * @acc: the same access
 * @inner: what became of the one to the registers
 */
void kvdev_pci_cfg_end(struct kvdev_pci_cfg *cfg, struct kvdev_reg_access *acc,
		       const struct kvdev_reg_access *inner)
{
	if (acc->write)
		return;
	cfg->data = inner->value;
	acc->value = (cfg->data >> (8 * (acc->offset % 4))) &
		     (U32_MAX >> (32 - 8 * acc->len));
}
