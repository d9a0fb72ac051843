// SPDX-License-Identifier: GPL-2.0
/*
 * One PCI bus, reached by configuration mechanism #1: a host bridge and up to
 * 31 functions with 32-bit memory BARs and capabilities.
 *
 * BARs get an address here, as a firmware would give them, and the guest may
 * move them; they answer while memory decoding is enabled.
 */
#include <string.h>

#include <linux/pci_regs.h>

#include "vmm.h"

#define CONFIG_ADDRESS	0xcf8
#define ADDRESS_ENABLE	0x80000000U
#define MIN_BAR_SIZE	0x1000		/* pages are not shared */

static pthread_mutex_t pci_lock = PTHREAD_MUTEX_INITIALIZER;
static u32 config_address;
static struct pci_dev *slots[PCI_SLOTS];
static u32 next_mmio = PCI_MMIO_BASE;
static u32 next_port = PCI_PORT_BASE;

static u16 get16(const struct pci_dev *dev, unsigned int reg)
{
	u16 v;

	memcpy(&v, dev->cfg + reg, sizeof(v));
	return v;
}

static u32 get32(const struct pci_dev *dev, unsigned int reg)
{
	u32 v;

	memcpy(&v, dev->cfg + reg, sizeof(v));
	return v;
}

/* Integers in configuration space are little endian, as we are. */
static void put(u8 *space, unsigned int reg, u32 v, unsigned int len)
{
	memcpy(space + reg, &v, len);
}

static u8 bar_reg(unsigned int nr)
{
	return PCI_BASE_ADDRESS_0 + 4 * nr;
}

static u32 bar_addr(const struct pci_dev *dev, unsigned int nr)
{
	const struct pci_bar *bar = &dev->bar[nr];
	u16 enable = bar->port ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;

	if (!bar->size || !(get16(dev, PCI_COMMAND) & enable))
		return 0;
	return get32(dev, bar_reg(nr)) & ~(bar->size - 1);
}

/* Makes what is mapped agree with the command register and the BARs. */
static void update_mappings(struct pci_dev *dev)
{
	struct pci_bar *bar;
	unsigned int i;
	u32 addr;

	for (i = 0; i < PCI_BARS; i++) {
		bar = &dev->bar[i];
		addr = bar_addr(dev, i);
		if (addr == bar->mapped_at)
			continue;
		debug("%s: BAR %u at 0x%08x", dev->name, i, addr);
		if (bar->mapped_at)
			bus_del(bar->port, bar->mapped_at, bar->size,
				bar->opaque);
		bar->mapped_at = addr;
		if (addr)
			bus_add(bar->port, addr, bar->size, bar->fn,
				bar->opaque);
		if (bar->moved)
			bar->moved(bar->opaque, addr);
	}
}

static void config_write(struct pci_dev *dev, unsigned int reg,
			 unsigned int len, u64 value)
{
	unsigned int i;
	u8 mask;

	for (i = reg; i < reg + len; i++, value >>= 8) {
		mask = dev->wmask[i];
		dev->cfg[i] = (dev->cfg[i] & ~mask) | (value & mask);
	}
	update_mappings(dev);
	for (i = 0; i < dev->nr_hooks; i++)
		if (dev->hook[i].written)
			dev->hook[i].written(dev->hook[i].opaque);
}

static bool hooked(struct pci_dev *dev, unsigned int reg, unsigned int len,
		   bool write, u64 *value)
{
	unsigned int i;

	for (i = 0; i < dev->nr_hooks; i++)
		if (dev->hook[i].access &&
		    dev->hook[i].access(dev->hook[i].opaque, reg, len, write,
					value))
			return true;
	return false;
}

static void config_data(unsigned int offset, unsigned int len, bool write,
			u64 *value)
{
	unsigned int bus = (config_address >> 16) & 0xff;
	unsigned int slot = (config_address >> 11) & 0x1f;
	unsigned int function = (config_address >> 8) & 7;
	unsigned int reg = (config_address & 0xfc) + offset;
	struct pci_dev *dev = slots[slot];

	if (!(config_address & ADDRESS_ENABLE) || bus || function || !dev)
		return;			/* nobody there, reads all ones */
	if (hooked(dev, reg, len, write, value))
		return;
	if (write) {
		config_write(dev, reg, len, *value);
	} else {
		*value = 0;
		memcpy(value, dev->cfg + reg, len);
	}
}

/* The address register is 4 bytes wide only; the data register is any width. */
static void config_access(void *opaque, u64 offset, unsigned int len,
			  bool write, u64 *value)
{
	(void)opaque;
	pthread_mutex_lock(&pci_lock);
	if (offset >= 4) {
		if (offset + len <= 8)
			config_data(offset - 4, len, write, value);
	} else if (offset == 0 && len == 4) {
		if (write)
			config_address = *value;
		else
			*value = config_address;
	}
	pthread_mutex_unlock(&pci_lock);
}

void pci_add(struct pci_dev *dev, const char *name, const struct pci_ids *ids)
{
	unsigned int slot = 0;

	while (slot < PCI_SLOTS && slots[slot])
		slot++;
	if (slot == PCI_SLOTS)
		die("%s: no free PCI slot", name);
	slots[slot] = dev;

	dev->name = name;
	dev->cap_end = PCI_FIRST_CAP;
	dev->cap_link = PCI_CAPABILITY_LIST;
	put(dev->cfg, PCI_VENDOR_ID, ids->vendor, 2);
	put(dev->cfg, PCI_DEVICE_ID, ids->device, 2);
	put(dev->cfg, PCI_CLASS_REVISION, ids->class << 8 | ids->revision, 4);
	put(dev->cfg, PCI_SUBSYSTEM_VENDOR_ID, ids->sub_vendor, 2);
	put(dev->cfg, PCI_SUBSYSTEM_ID, ids->sub_device, 2);
	put(dev->wmask, PCI_COMMAND,
	    PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
	    PCI_COMMAND_INTX_DISABLE, 2);
	put(dev->wmask, PCI_CACHE_LINE_SIZE, 0xff, 1);
	put(dev->wmask, PCI_INTERRUPT_LINE, 0xff, 1);
	put(dev->cfg, PCI_INTERRUPT_LINE, PCI_GSI(slot), 1);
	dev->gsi = PCI_GSI(slot);
}

void pci_add_hook(struct pci_dev *dev, const struct pci_hook *hook)
{
	if (dev->nr_hooks == ARRAY_SIZE(dev->hook))
		die("%s: too many hooks", dev->name);
	dev->hook[dev->nr_hooks++] = *hook;
}

void pci_add_bar(struct pci_dev *dev, unsigned int nr, bool port, u32 size,
		 io_fn fn, void *opaque, void (*moved)(void *opaque, u32 addr))
{
	u32 *next = port ? &next_port : &next_mmio;
	u32 end = port ? PCI_PORT_BASE + PCI_PORT_SIZE :
			 PCI_MMIO_BASE + PCI_MMIO_SIZE;
	u32 addr;

	if (!port && size < MIN_BAR_SIZE)
		size = MIN_BAR_SIZE;
	addr = (*next + size - 1) & ~(size - 1);
	if (addr + size > end)
		die("%s: no room for a BAR of %u bytes", dev->name, size);
	*next = addr + size;

	dev->bar[nr] = (struct pci_bar){
		.port = port, .size = size, .fn = fn, .opaque = opaque,
		.moved = moved,
	};
	put(dev->cfg, bar_reg(nr), addr | (port ? PCI_BASE_ADDRESS_SPACE_IO :
						  0), 4);
	put(dev->wmask, bar_reg(nr), ~(size - 1), 4);
}

/* Returns where in configuration space @cap went; its link is set here. */
u8 pci_add_cap(struct pci_dev *dev, const void *cap, u8 len)
{
	u8 pos = dev->cap_end;

	if (len > sizeof(dev->cfg) - pos)
		die("%s: no room for a capability", dev->name);
	memcpy(dev->cfg + pos, cap, len);
	dev->cfg[pos + PCI_CAP_LIST_NEXT] = 0;
	dev->cfg[dev->cap_link] = pos;
	dev->cfg[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	dev->cap_link = pos + PCI_CAP_LIST_NEXT;
	dev->cap_end = (pos + len + 3) & ~3;
	return pos;
}

/* Capabilities that are linked already, made for PCI_FIRST_CAP. */
void pci_add_caps(struct pci_dev *dev, const u8 *caps, u32 len)
{
	u8 pos = PCI_FIRST_CAP;

	if (!len)
		return;
	if (dev->cap_end != pos || len > sizeof(dev->cfg) - pos)
		die("%s: no room for capabilities", dev->name);
	memcpy(dev->cfg + pos, caps, len);
	dev->cfg[dev->cap_link] = pos;
	dev->cfg[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	while (dev->cfg[pos + PCI_CAP_LIST_NEXT])
		pos = dev->cfg[pos + PCI_CAP_LIST_NEXT];
	dev->cap_link = pos + PCI_CAP_LIST_NEXT;
	dev->cap_end = (PCI_FIRST_CAP + len + 3) & ~3;
}

/* Its line is INTA. */
void pci_use_intx(struct pci_dev *dev)
{
	put(dev->cfg, PCI_INTERRUPT_PIN, 1, 1);
}

void pci_init(void)
{
	static const struct pci_ids host_bridge = {
		.vendor = 0x1b36,	/* the ids of QEMU's generic bridge */
		.device = 0x0008,
		.sub_vendor = 0x1af4,
		.sub_device = 0x1100,
		.class = 0x060000,
	};
	static struct pci_dev bridge;

	bus_add_pio(CONFIG_ADDRESS, 8, config_access, NULL);
	pci_add(&bridge, "host bridge", &host_bridge);
}
