// SPDX-License-Identifier: GPL-2.0
/* The VM as KVM knows it: memory, interrupt controllers, routes, eventfds. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "vmm.h"

/* The fixed routes of an AT plus one per MSI-X vector there can be. */
#define MAX_ROUTES	(16 + NR_IOAPIC_PINS + PCI_SLOTS * KVDEV_MAX_VECTORS)

static void need_cap(struct vm *vm, long cap, const char *name)
{
	if (ioctl(vm->kvm_fd, KVM_CHECK_EXTENSION, cap) <= 0)
		die("this KVM has no %s", name);
}

static void add_region(struct vm *vm, u64 gpa, void *hva, u64 size)
{
	struct kvm_userspace_memory_region slot = {
		.slot = vm->nr_regions,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
		die_errno("KVM_SET_USER_MEMORY_REGION of %llu MiB", size >> 20);
	vm->region[vm->nr_regions++] = (struct vm_region){ gpa, size, hva };
}

static void init_memory(struct vm *vm, u64 size, bool shared)
{
	int flags = MAP_NORESERVE | MAP_ANONYMOUS | MAP_PRIVATE;
	u64 low = size < LOW_RAM_END ? size : LOW_RAM_END;
	int fd = -1;
	char *hva;

	if (shared) {
		fd = memfd_create("guest-ram", MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, size) < 0)
			die_errno("memfd of %llu MiB for the guest",
				  size >> 20);
		flags = MAP_NORESERVE | MAP_SHARED;
	}
	hva = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (hva == MAP_FAILED)
		die_errno("mmap of %llu MiB for the guest", size >> 20);
	if (fd >= 0)
		close(fd);

	add_region(vm, 0, hva, low);
	if (size > low)
		add_region(vm, HIGH_RAM_BASE, hva + low, size - low);
}

/* Host address of guest RAM; for what the VMM itself puts there. */
void *vm_ram(struct vm *vm, u64 gpa, u64 len)
{
	struct vm_region *r;

	for (r = vm->region; r < vm->region + vm->nr_regions; r++)
		if (gpa >= r->gpa && gpa - r->gpa <= r->size &&
		    len <= r->size - (gpa - r->gpa))
			return (char *)r->hva + (gpa - r->gpa);
	die("no guest memory at 0x%llx for %llu bytes; give more with --mem",
	    gpa, len);
}

static void add_chip_route(struct vm *vm, unsigned int gsi, unsigned int chip,
			   unsigned int pin)
{
	vm->routes->entries[vm->routes->nr++] = (struct kvm_irq_routing_entry){
		.gsi = gsi,
		.type = KVM_IRQ_ROUTING_IRQCHIP,
		.u.irqchip = { .irqchip = chip, .pin = pin },
	};
}

static void set_routes(struct vm *vm)
{
	if (ioctl(vm->fd, KVM_SET_GSI_ROUTING, vm->routes) < 0)
		die_errno("KVM_SET_GSI_ROUTING with %u entries",
			  vm->routes->nr);
}

/* ISA interrupts go to the PICs and the I/O APIC; the timer is its pin 2. */
static void init_irqchip(struct vm *vm)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	u64 identity_map = KVM_TSS_BASE - 0x1000;
	unsigned int i;

	if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) < 0)
		die_errno("KVM_SET_IDENTITY_MAP_ADDR");
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, KVM_TSS_BASE) < 0)
		die_errno("KVM_SET_TSS_ADDR");
	if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) < 0)
		die_errno("KVM_CREATE_IRQCHIP");
	if (ioctl(vm->fd, KVM_CREATE_PIT2, &pit) < 0)
		die_errno("KVM_CREATE_PIT2");

	vm->routes =
		calloc(1, sizeof(*vm->routes) +
				  MAX_ROUTES * sizeof(vm->routes->entries[0]));
	if (!vm->routes)
		die("out of memory");
	for (i = 0; i < 16; i++)
		if (i != 2)
			add_chip_route(vm, i, i < 8 ? KVM_IRQCHIP_PIC_MASTER :
				       KVM_IRQCHIP_PIC_SLAVE, i % 8);
	for (i = 0; i < NR_IOAPIC_PINS; i++)
		if (i != 2)
			add_chip_route(vm, i, KVM_IRQCHIP_IOAPIC, i ? i : 2);
	vm->next_gsi = NR_IOAPIC_PINS;
	pthread_mutex_init(&vm->route_lock, NULL);
	set_routes(vm);
}

void vm_init(struct vm *vm, u64 ram_size, bool shared)
{
	vm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm_fd < 0 && errno == EACCES)
		die_errno("/dev/kvm (join group kvm)");
	if (vm->kvm_fd < 0)
		die_errno("/dev/kvm (modprobe kvm_intel or kvm_amd)");
	if (ioctl(vm->kvm_fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		die("/dev/kvm has not API version %d", KVM_API_VERSION);
	need_cap(vm, KVM_CAP_IRQFD, "KVM_CAP_IRQFD");
	need_cap(vm, KVM_CAP_IOEVENTFD_ANY_LENGTH,
		 "KVM_CAP_IOEVENTFD_ANY_LENGTH");
	need_cap(vm, KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT");

	vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		die_errno("KVM_CREATE_VM");
	init_memory(vm, ram_size, shared);
	init_irqchip(vm);
}

void vm_irq_line(struct vm *vm, unsigned int gsi, bool level)
{
	struct kvm_irq_level irq = { .irq = gsi, .level = level };

	if (ioctl(vm->fd, KVM_IRQ_LINE, &irq) < 0)
		die_errno("KVM_IRQ_LINE %u", gsi);
}

unsigned int vm_alloc_gsi(struct vm *vm)
{
	unsigned int gsi;

	pthread_mutex_lock(&vm->route_lock);
	gsi = vm->next_gsi++;
	pthread_mutex_unlock(&vm->route_lock);
	return gsi;
}

/* From now on @gsi is the message @data written to @addr. */
void vm_msi_route(struct vm *vm, unsigned int gsi, u64 addr, u32 data)
{
	struct kvm_irq_routing_entry *e;
	unsigned int i;

	pthread_mutex_lock(&vm->route_lock);
	for (i = 0; i < vm->routes->nr; i++)
		if (vm->routes->entries[i].gsi == gsi)
			break;
	if (i == MAX_ROUTES)
		die("too many interrupt routes");
	if (i == vm->routes->nr)
		vm->routes->nr++;
	e = &vm->routes->entries[i];
	memset(e, 0, sizeof(*e));
	e->gsi = gsi;
	e->type = KVM_IRQ_ROUTING_MSI;
	e->u.msi.address_lo = addr;
	e->u.msi.address_hi = addr >> 32;
	e->u.msi.data = data;
	set_routes(vm);
	pthread_mutex_unlock(&vm->route_lock);
}

/*
 * Signalling @fd raises @gsi; an event that came before counts too. With
 * @resample_fd it is a level: high until the guest ends the interrupt, which
 * signals @resample_fd.
 */
void vm_irqfd(struct vm *vm, int fd, int resample_fd, unsigned int gsi,
	      bool assign)
{
	struct kvm_irqfd irqfd = {
		.fd = fd,
		.gsi = gsi,
		.flags = assign ? 0 : KVM_IRQFD_FLAG_DEASSIGN,
	};

	if (resample_fd >= 0) {
		irqfd.flags |= KVM_IRQFD_FLAG_RESAMPLE;
		irqfd.resamplefd = resample_fd;
	}
	if (ioctl(vm->fd, KVM_IRQFD, &irqfd) < 0)
		die_errno("KVM_IRQFD for gsi %u", gsi);
}

/*
 * A guest write as @bell says signals its fd without an exit to user space.
 * Returns 0 or -1 and errno: the guest chooses the address, so a failure is
 * not necessarily ours.
 */
int vm_ioeventfd(struct vm *vm, const struct vm_doorbell *bell, bool assign)
{
	struct kvm_ioeventfd io = {
		.addr = bell->addr,
		.len = bell->len,
		.fd = bell->fd,
		.datamatch = bell->value,
		.flags = assign ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN,
	};

	if (bell->port)
		io.flags |= KVM_IOEVENTFD_FLAG_PIO;
	if (bell->match)
		io.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
	return ioctl(vm->fd, KVM_IOEVENTFD, &io);
}
