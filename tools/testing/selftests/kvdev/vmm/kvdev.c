// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel virtio devices: all a VMM has to do for them.
 *
 *	1. KVDEV_CREATE makes an open file of /dev/kvdev a device.
 *	2. VHOST_SET_OWNER and VHOST_SET_MEM_TABLE give it our memory.
 *	3. KVDEV_SET_BACKEND gives a disk its file.
 *	4. KVDEV_BIND_TRANSPORT gives the virtio registers to the kernel and
 *	   tells where in a BAR they are: what the PCI capabilities must say.
 *	5. KVDEV_SET_VECTOR: interrupts leave by the eventfds of msix.c, which
 *	   KVM turns into messages.
 *	6. VHOST_SET_VRING_KICK: notifications come by eventfds, which KVM
 *	   signals when the guest writes to a doorbell.
 *	7. While the guest runs, KVDEV_ACCESS forwards the accesses to the BAR.
 *
 * No meaning of any virtio register is known here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vhost.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>

#include "vmm.h"

#define KVDEV_NODE	"/dev/kvdev"

#define VIRTIO_BAR	0
#define MSIX_BAR	1

#define PCI_VENDOR_VIRTIO	0x1af4
#define PCI_DEVICE_VIRTIO	0x1040		/* plus the virtio id */
#define PCI_SUBDEVICE_VIRTIO	0x1100
#define PCI_CLASS_STORAGE	0x018000
#define PCI_CLASS_OTHER		0x00ff00

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

static void create(struct kvdev *dev, u32 nr_queues)
{
	struct kvdev_create create = {
		.size = sizeof(create),
		.device_id = dev->device_id,
		.nr_queues = nr_queues,
	};

	dev->fd = open(KVDEV_NODE, O_RDWR | O_CLOEXEC);
	if (dev->fd < 0 && errno == EACCES)
		die_errno(KVDEV_NODE " (join group kvm)");
	if (dev->fd < 0)
		die_errno(KVDEV_NODE " (modprobe kvdev)");
	KVDEV_IOCTL(dev, KVDEV_CREATE, &create);
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

/* One access of the guest to the BAR: the only thing a vCPU asks for. */
static void access_registers(void *opaque, u64 offset, unsigned int len,
			     bool write, u64 *value)
{
	struct kvdev *dev = opaque;
	struct kvdev_access access = {
		.size = sizeof(access),
		.flags = write ? KVDEV_ACCESS_WRITE : 0,
		.offset = offset,
		.len = len,
		.value = write ? *value : 0,
	};

	/* KVM may cut an access; beyond the window the BAR is just padding. */
	if ((len & (len - 1)) || offset + len > dev->win.bar_size) {
		*value = 0;
		return;
	}
	KVDEV_IOCTL(dev, KVDEV_ACCESS, &access);
	*value = access.value;
}

/*
 * Binds the doorbells, of which each queue has the one its index counts, to
 * where the guest has put the BAR. If KVM refuses an address, as when the guest
 * lays two BARs over each other, a notification is trapped and forwarded as any
 * other write to the BAR is.
 */
static void bind_doorbells(void *opaque, u32 bar)
{
	struct kvdev *dev = opaque;
	u32 doorbell;
	unsigned int i;

	for (i = 0; i < dev->nr_queues; i++) {
		doorbell =
			dev->win.notify_offset + i * dev->win.notify_multiplier;
		if (dev->doorbells_at)
			vm_ioeventfd(dev->vm, dev->kick[i],
				     dev->doorbells_at + doorbell, false);
		if (bar && vm_ioeventfd(dev->vm, dev->kick[i], bar + doorbell,
					true) < 0)
			debug("%s: queue %u has no ioeventfd: %s", dev->name, i,
			      strerror(errno));
	}
	dev->doorbells_at = bar;
}

static void add_virtio_cap(struct kvdev *dev, u8 type, u32 offset, u32 len)
{
	struct virtio_pci_notify_cap cap = {
		.cap = {
			.cap_vndr = PCI_CAP_ID_VNDR,
			.cap_len = sizeof(cap.cap),
			.cfg_type = type,
			.bar = VIRTIO_BAR,
			.offset = offset,
			.length = len,
		},
		.notify_off_multiplier = dev->win.notify_multiplier,
	};

	if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		cap.cap.cap_len = sizeof(cap);
	pci_add_cap(&dev->pci, &cap, cap.cap.cap_len);
}

/* The kernel chooses the layout, the capabilities tell the guest. */
static void bind_registers(struct kvdev *dev, u32 nr_vectors)
{
	dev->win = (struct kvdev_bind_transport){
		.size = sizeof(dev->win),
		.type = KVDEV_TRANSPORT_PCI_MODERN,
		.nr_vectors = nr_vectors,
	};
	KVDEV_IOCTL(dev, KVDEV_BIND_TRANSPORT, &dev->win);
	if (!dev->win.notify_multiplier)
		die("%s: queues share one doorbell", dev->name);

	add_virtio_cap(dev, VIRTIO_PCI_CAP_COMMON_CFG, dev->win.common_offset,
		       dev->win.common_len);
	add_virtio_cap(dev, VIRTIO_PCI_CAP_NOTIFY_CFG, dev->win.notify_offset,
		       dev->win.notify_len);
	add_virtio_cap(dev, VIRTIO_PCI_CAP_ISR_CFG, dev->win.isr_offset,
		       dev->win.isr_len);
	if (dev->win.device_len)
		add_virtio_cap(dev, VIRTIO_PCI_CAP_DEVICE_CFG,
			       dev->win.device_offset, dev->win.device_len);
	pci_add_bar(&dev->pci, VIRTIO_BAR, dev->win.bar_size, access_registers,
		    dev, bind_doorbells);
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

static struct kvdev *new_device(struct vm *vm, u32 device_id, u32 nr_queues)
{
	struct kvdev *dev;

	if (nr_devices == ARRAY_SIZE(devices))
		die("too many devices");
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		die("out of memory");
	dev->vm = vm;
	dev->device_id = device_id;
	snprintf(dev->name, sizeof(dev->name), "%s%u",
		 device_id == VIRTIO_ID_BLOCK ? "blk" : "rng", nr_devices);
	create(dev, nr_queues);
	share_memory(dev);
	devices[nr_devices++] = dev;
	return dev;
}

static void plug(struct kvdev *dev, u32 class)
{
	const struct pci_ids ids = {
		.vendor = PCI_VENDOR_VIRTIO,
		.device = PCI_DEVICE_VIRTIO + dev->device_id,
		.sub_vendor = PCI_VENDOR_VIRTIO,
		.sub_device = PCI_SUBDEVICE_VIRTIO,
		.class = class,
		.revision = 1,
	};
	/* One for each queue and one for configuration changes. */
	u32 nr_vectors = dev->nr_queues + 1;

	pci_add(&dev->pci, dev->name, &ids);
	bind_registers(dev, nr_vectors);
	msix_init(&dev->msix, dev->vm, &dev->pci, MSIX_BAR, nr_vectors);
	set_vectors(dev);
	set_kicks(dev);
}

void kvdev_add_disk(struct vm *vm, const struct disk_options *opt)
{
	struct kvdev *dev = new_device(vm, VIRTIO_ID_BLOCK, opt->nr_queues);

	set_backend(dev, opt);
	plug(dev, PCI_CLASS_STORAGE);
}

void kvdev_add_rng(struct vm *vm)
{
	plug(new_device(vm, VIRTIO_ID_RNG, 0), PCI_CLASS_OTHER);
}
