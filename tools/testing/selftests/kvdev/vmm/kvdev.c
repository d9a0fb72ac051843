// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel virtio devices: all a VMM has to do for them.
 *
 *	1. KVDEV_CREATE makes an open file of /dev/kvdev a device.
 *	2. VHOST_SET_OWNER and VHOST_SET_MEM_TABLE give it our memory.
 *	3. KVDEV_SET_BACKEND gives a disk its file, KVDEV_NET_ATTACH a network
 *	   device its tap.
 *	4. KVDEV_BIND_TRANSPORT gives the virtio registers to the kernel and
 *	   tells how large their windows are; KVDEV_PCI_CONFIG what PCI
 *	   configuration space must say.
 *	5. KVDEV_SET_VECTOR: interrupts leave by the eventfds of msix.c, which
 *	   KVM turns into messages; KVDEV_SET_LINE: or by the interrupt line.
 *	6. VHOST_SET_VRING_KICK: notifications come by eventfds, which KVM
 *	   signals when the guest writes to a doorbell; KVDEV_GET_DOORBELL says
 *	   where those are.
 *	7. While the guest runs, KVDEV_ACCESS forwards the accesses to the
 *	   windows, and KVDEV_PCI_STATE tells what the guest does to MSI-X,
 *	   INTx and bus mastering.
 *
 * No register of virtio, no structure of its capabilities and no id is known
 * here.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvdev_net.h>
#include <linux/pci_regs.h>
#include <linux/vhost.h>
#include <linux/virtio_ids.h>

#include "vmm.h"

#define KVDEV_NODE	"/dev/kvdev"

/* The I/O window has to be in the first one. */
#define LEGACY_BAR	0
#define MSIX_BAR	1
#define VIRTIO_BAR	2

struct kvdev_attach kvdev_attach = {
	.transport = KVDEV_TRANSPORT_PCI_MODERN,
};

static struct kvdev *devices[PCI_SLOTS];
static unsigned int nr_devices;

struct kvdev *kvdev_get(unsigned int nr)
{
	return nr < nr_devices ? devices[nr] : NULL;
}

static const char *hint(int err)
{
	switch (err) {
	case ENOMEM:
		return " (or RLIMIT_MEMLOCK is too small: ulimit -l)";
	case EOPNOTSUPP:
		return " (is the module of this device type installed?)";
	case ENOTTY:
		return " (is the loaded kvdev module older than this VMM?)";
	default:
		return "";
	}
}

static void do_ioctl(struct kvdev *dev, unsigned long cmd, const char *name,
		     void *arg)
{
	if (ioctl(dev->fd, cmd, arg) < 0)
		die_errno("%s: %s%s", dev->name, name, hint(errno));
}

#define KVDEV_IOCTL(dev, cmd, arg) do_ioctl(dev, cmd, #cmd, arg)

static void open_file(struct kvdev *dev)
{
	dev->fd = open(KVDEV_NODE, O_RDWR | O_CLOEXEC);
	if (dev->fd < 0 && errno == EACCES)
		die_errno(KVDEV_NODE " (join group kvm)");
	if (dev->fd < 0)
		die_errno(KVDEV_NODE " (modprobe kvdev)");
}

/* A device that has been made before, and may outlive us. */
static void open_named(struct kvdev *dev, const char *name)
{
	struct kvdev_name n = { .size = sizeof(n) };
	u32 device_id;

	open_file(dev);
	memcpy(n.name, name, strnlen(name, sizeof(n.name)));
	KVDEV_IOCTL(dev, KVDEV_OPEN, &n);
	KVDEV_IOCTL(dev, VHOST_VDPA_GET_DEVICE_ID, &device_id);
	if (device_id != dev->device_id)
		die("%s: '%s' is of another type", dev->name, name);
}

static void create(struct kvdev *dev, u32 nr_queues)
{
	struct kvdev_create create = {
		.size = sizeof(create),
		.device_id = dev->device_id,
		.nr_queues = nr_queues,
	};

	open_file(dev);
	KVDEV_IOCTL(dev, KVDEV_CREATE, &create);
}

static void count_queues(struct kvdev *dev)
{
	KVDEV_IOCTL(dev, VHOST_VDPA_GET_VQS_COUNT, &dev->nr_queues);
	if (dev->nr_queues > KVDEV_MAX_QUEUES)
		die("%s: has %u queues", dev->name, dev->nr_queues);
}

/* The memory slots of vm.c, and the threads that serve the device are ours. */
static void share_memory(struct kvdev *dev)
{
	const struct vm *vm = dev->vm;
	struct vhost_memory *mem;
	unsigned int i;

	mem = calloc(1,
		     sizeof(*mem) + vm->nr_regions * sizeof(mem->regions[0]));
	if (!mem)
		die("out of memory");
	mem->nregions = vm->nr_regions;
	for (i = 0; i < vm->nr_regions; i++)
		mem->regions[i] = (struct vhost_memory_region){
			.guest_phys_addr = vm->region[i].gpa,
			.memory_size = vm->region[i].size,
			.userspace_addr = (uintptr_t)vm->region[i].hva,
		};
	KVDEV_IOCTL(dev, VHOST_SET_OWNER, NULL);
	KVDEV_IOCTL(dev, VHOST_SET_MEM_TABLE, mem);
	free(mem);
}

static void set_backend(struct kvdev *dev, const struct disk_options *opt)
{
	struct kvdev_set_backend backend = {
		.size = sizeof(backend),
		.flags = opt->read_only ? KVDEV_BACKEND_RDONLY : 0,
		.format = KVDEV_FORMAT_RAW,
		.block_size = opt->block_size,
	};
	int flags = opt->read_only ? O_RDONLY : O_RDWR;

	if (opt->direct)
		flags |= O_DIRECT;
	if (opt->serial)
		memcpy(backend.serial, opt->serial,
		       strnlen(opt->serial, sizeof(backend.serial)));
	backend.fd = open(opt->file, flags | O_CLOEXEC);
	if (backend.fd < 0)
		die_errno("%s", opt->file);
	KVDEV_IOCTL(dev, KVDEV_SET_BACKEND, &backend);
	close(backend.fd);	/* the device has its own reference */
}

/* Each pair of queues has a queue of the tap, whose link is the device's. */
static void set_tap(struct kvdev *dev, const struct net_options *opt)
{
	struct kvdev_net_config config = { .size = sizeof(config) };
	struct kvdev_net_attach attach = { .size = sizeof(attach) };

	if (opt->has_mac) {
		config.set = KVDEV_NET_SET_MAC;
		memcpy(config.mac, opt->mac, sizeof(config.mac));
		KVDEV_IOCTL(dev, KVDEV_NET_SET, &config);
	}
	for (; attach.pair < opt->nr_pairs; attach.pair++) {
		attach.fd = tap_open(opt->tap, opt->nr_pairs > 1);
		attach.ifindex = if_nametoindex(opt->tap);
		KVDEV_IOCTL(dev, KVDEV_NET_ATTACH, &attach);
		close(attach.fd);	/* the device has its own reference */
	}
}

static u64 forward(struct kvdev *dev, u32 space, u32 offset, u32 len,
		   bool write, u64 value)
{
	struct kvdev_access access = {
		.size = sizeof(access),
		.flags = write ? KVDEV_ACCESS_WRITE : 0,
		.space = space,
		.offset = offset,
		.len = len,
		.value = write ? value : 0,
	};

	KVDEV_IOCTL(dev, KVDEV_ACCESS, &access);
	return access.value;
}

/* One access of the guest to a window: the only thing a vCPU asks for. */
static void access_registers(void *opaque, u64 offset, unsigned int len,
			     bool write, u64 *value)
{
	struct kvdev_window *win = opaque;

	/* KVM may cut an access; beyond the window there is just padding. */
	if ((len & (len - 1)) || offset + len > win->size)
		*value = 0;
	else
		*value = forward(win->dev, win->space, offset, len, write,
				 *value);
}

static void bind_doorbell(struct kvdev_window *win, u32 queue, u64 base,
			  bool assign)
{
	struct kvdev *dev = win->dev;
	struct kvdev_get_doorbell at = {
		.size = sizeof(at), .space = win->space, .queue = queue,
	};
	struct vm_doorbell bell;

	KVDEV_IOCTL(dev, KVDEV_GET_DOORBELL, &at);
	bell = (struct vm_doorbell){
		.addr = base + at.offset, .len = at.len, .match = at.match,
		.value = at.value, .port = win->port, .fd = dev->kick[queue],
	};
	/*
	 * If KVM refuses an address, as when the guest lays two BARs over each
	 * other, a notification is trapped and forwarded as any other write.
	 */
	if (vm_ioeventfd(dev->vm, &bell, assign) < 0 && assign)
		debug("%s: queue %u has no ioeventfd: %s", dev->name, queue,
		      strerror(errno));
}

/* Binds the doorbells to where the guest has put the window. */
static void window_moved(void *opaque, u32 addr)
{
	struct kvdev_window *win = opaque;
	u32 i;

	for (i = 0; i < win->dev->nr_queues; i++) {
		if (win->at)
			bind_doorbell(win, i, win->at, false);
		if (addr)
			bind_doorbell(win, i, addr, true);
	}
	win->at = addr;
}

static struct kvdev_window *window(struct kvdev *dev, u32 space, u32 size,
				   bool port)
{
	struct kvdev_window *win = &dev->window[space];

	*win = (struct kvdev_window){
		.dev = dev, .space = space, .size = size, .port = port,
	};
	return win;
}

/* The interrupt line, as a level: see vm_irqfd(). */
static void set_line(struct kvdev *dev, unsigned int gsi)
{
	struct kvdev_set_line line = {
		.size = sizeof(line),
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.resample_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};

	if (line.fd < 0 || line.resample_fd < 0)
		die_errno("%s: eventfd", dev->name);
	vm_irqfd(dev->vm, line.fd, line.resample_fd, gsi, true);
	KVDEV_IOCTL(dev, KVDEV_SET_LINE, &line);
}

static void set_vectors(struct kvdev *dev)
{
	struct kvdev_set_vector vector = { .size = sizeof(vector) };
	unsigned int i;

	for (i = 0; i < dev->msix.nr_vectors; i++) {
		vector.vector = i;
		vector.fd = dev->msix.vector[i].fd;
		KVDEV_IOCTL(dev, KVDEV_SET_VECTOR, &vector);
	}
}

static void set_kicks(struct kvdev *dev)
{
	struct vhost_vring_file kick;
	unsigned int i;

	for (i = 0; i < dev->nr_queues; i++) {
		dev->kick[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (dev->kick[i] < 0)
			die_errno("%s: eventfd", dev->name);
		kick.index = i;
		kick.fd = dev->kick[i];
		KVDEV_IOCTL(dev, VHOST_SET_VRING_KICK, &kick);
	}
}

static const char *type_name(u32 device_id)
{
	switch (device_id) {
	case VIRTIO_ID_BLOCK:
		return "blk";
	case VIRTIO_ID_NET:
		return "net";
	case VIRTIO_ID_RNG:
		return "rng";
	default:
		return "vmmci";
	}
}

/* @name: of an existing device, or NULL to make one */
static struct kvdev *new_device(struct vm *vm, u32 device_id, u32 nr_queues,
				const char *name)
{
	struct kvdev *dev;

	if (nr_devices == ARRAY_SIZE(devices))
		die("too many devices");
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		die("out of memory");
	dev->vm = vm;
	dev->device_id = device_id;
	snprintf(dev->name, sizeof(dev->name), "%s%u", type_name(device_id),
		 nr_devices);
	if (name)
		open_named(dev, name);
	else
		create(dev, nr_queues);
	count_queues(dev);
	share_memory(dev);
	devices[nr_devices++] = dev;
	return dev;
}

/* What the guest set of what is not virtio's but matters to it. */
static u32 pci_state(struct kvdev *dev)
{
	struct kvdev_pci_state state = { .size = sizeof(state) };
	u16 command;

	memcpy(&command, dev->pci.cfg + PCI_COMMAND, sizeof(command));
	if (command & PCI_COMMAND_INTX_DISABLE)
		state.state |= KVDEV_PCI_INTX_OFF;
	if (!(command & PCI_COMMAND_MASTER))
		state.state |= KVDEV_PCI_MASTER_OFF;
	if (msix_enabled(&dev->msix))
		state.state |= KVDEV_PCI_MSIX;
	KVDEV_IOCTL(dev, KVDEV_PCI_STATE, &state);
	dev->pci_state = state.state;
	return state.isr;
}

static void config_written(void *opaque)
{
	pci_state(opaque);
}

/* Accesses to configuration space that the kernel knows more of. */
static bool config_access(void *opaque, unsigned int reg, unsigned int len,
			  bool write, u64 *value)
{
	struct kvdev *dev = opaque;
	u32 cap = dev->pci_cfg;

	if (cap && reg >= cap + 4 && reg + len <= cap + 20) {
		*value = forward(dev, KVDEV_SPACE_PCI_CFG, reg - cap, len,
				 write, *value);
		return true;
	}
	if (!write && reg <= PCI_STATUS && reg + len > PCI_STATUS) {
		dev->pci.cfg[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
		if (pci_state(dev) && !(dev->pci_state & KVDEV_PCI_MSIX))
			dev->pci.cfg[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
	}
	return false;
}

static void plug_pci(struct kvdev *dev, const struct kvdev_bind_transport *win,
		     u32 nr_vectors)
{
	struct kvdev_pci_config config = {
		.size = sizeof(config),
		.bar = VIRTIO_BAR,
		.first = PCI_FIRST_CAP,
	};
	struct pci_ids ids;

	KVDEV_IOCTL(dev, KVDEV_PCI_CONFIG, &config);
	ids = (struct pci_ids){
		.vendor = config.vendor_id,
		.device = config.device_id,
		.sub_vendor = config.subsystem_vendor_id,
		.sub_device = config.subsystem_id,
		.class = config.class_code,
		.revision = config.revision,
	};
	pci_add(&dev->pci, dev->name, &ids);
	dev->pci_cfg = config.pci_cfg;
	pci_add_caps(&dev->pci, config.caps, config.caps_len);
	if (win->bar_size)
		pci_add_bar(&dev->pci, VIRTIO_BAR, false, win->bar_size,
			    access_registers,
			    window(dev, KVDEV_SPACE_BAR, win->bar_size, false),
			    window_moved);
	if (win->legacy_size)
		pci_add_bar(&dev->pci, LEGACY_BAR, true, win->legacy_size,
			    access_registers,
			    window(dev, KVDEV_SPACE_LEGACY, win->legacy_size,
				   true),
			    window_moved);
	if (nr_vectors)
		msix_init(&dev->msix, dev->vm, &dev->pci, MSIX_BAR, nr_vectors);
	set_vectors(dev);
	pci_use_intx(&dev->pci);
	set_line(dev, dev->pci.gsi);
	pci_add_hook(&dev->pci, &(struct pci_hook){
		.access = config_access, .written = config_written,
		.opaque = dev });
	pci_state(dev);
}

static void plug_mmio(struct kvdev *dev, u32 size)
{
	static unsigned int nr;
	u64 base = MMIO_DEV_BASE + nr * 0x1000UL;
	struct kvdev_window *win = window(dev, KVDEV_SPACE_BAR, size, false);
	unsigned int gsi = PCI_GSI(nr++);

	bus_add_mmio(base, size, access_registers, win);
	window_moved(win, base);
	acpi_add_mmio(base, size, gsi);
	set_line(dev, gsi);
}

static void plug(struct kvdev *dev)
{
	bool pci = kvdev_attach.transport < KVDEV_TRANSPORT_MMIO;
	struct kvdev_bind_transport win = {
		.size = sizeof(win),
		.type = kvdev_attach.transport,
		/* One for each queue and one for configuration changes. */
		.nr_vectors = pci && !kvdev_attach.no_msix ?
			      dev->nr_queues + 1 : 0,
	};

	KVDEV_IOCTL(dev, KVDEV_BIND_TRANSPORT, &win);
	set_kicks(dev);
	if (pci)
		plug_pci(dev, &win, win.nr_vectors);
	else
		plug_mmio(dev, win.bar_size);
}

void kvdev_add_disk(struct vm *vm, const struct disk_options *opt)
{
	struct kvdev *dev = new_device(vm, VIRTIO_ID_BLOCK, opt->nr_queues,
				       NULL);

	set_backend(dev, opt);
	plug(dev);
}

/* Two queues for each pair, and the control queue. */
void kvdev_add_net(struct vm *vm, const struct net_options *opt)
{
	struct kvdev *dev = new_device(vm, VIRTIO_ID_NET,
				       2 * opt->nr_pairs + 1, opt->device);

	if (!opt->device)
		set_tap(dev, opt);
	plug(dev);
}

void kvdev_add_rng(struct vm *vm)
{
	plug(new_device(vm, VIRTIO_ID_RNG, 0, NULL));
}

/* Its drivers know no other transport. */
struct kvdev *kvdev_add_vmmci(struct vm *vm, const char *name)
{
	struct kvdev *dev = new_device(vm, KVDEV_DEVICE_VMMCI, 0, name);
	struct kvdev_attach others = kvdev_attach;

	kvdev_attach = (struct kvdev_attach){
		.transport = KVDEV_TRANSPORT_PCI_LEGACY, .no_msix = true,
	};
	plug(dev);
	kvdev_attach = others;
	return dev;
}
