/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kvdev-vmm: the smallest correct user of /dev/kvdev.
 *
 * Read kvdev.c first: it is everything a VMM has to do for an in-kernel virtio
 * device. The rest is an ordinary small VMM around it, one file per job:
 *
 *	main.c		options, the life of the process
 *	vm.c		memory, interrupt controllers and routes, ioeventfds
 *	vcpu.c		threads around KVM_RUN; cpuid.c: what they look like
 *	boot.c		loads a bzImage; acpi.c: the tables it finds
 *	bus.c		who answers which port or address
 *	platform.c	power off, reset, and how a guest returns a status
 *	rtc.c		the clock of a PC
 *	serial.c	the console
 *	pci.c		configuration space; msix.c: its interrupts
 *	kvdev.c		virtio devices; stats.c: their counters; tap.c: their
 *			networks; vmmci.c: asking a guest to shut down
 *
 * Every setup function ends the process with a message if it fails, so their
 * callers have no error paths.
 */
#ifndef KVDEV_VMM_H
#define KVDEV_VMM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/kvdev_transport.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __packed	__attribute__((packed))
#define __noreturn	__attribute__((noreturn))
#define __printf(a, b)	__attribute__((format(printf, a, b)))

/* The guest physical address space. */
#define BOOT_DATA_END	0x000a0000UL	/* below it: what boot.c leaves */
#define ACPI_BASE	0x000e0000UL	/* to 1M: what acpi.c leaves */
#define KERNEL_BASE	0x00100000UL
#define LOW_RAM_END	0xc0000000UL	/* RAM goes on at HIGH_RAM_BASE */
#define PCI_MMIO_BASE	0xd0000000UL	/* 32-bit BARs */
#define PCI_MMIO_SIZE	0x10000000UL
#define MMIO_DEV_BASE	0xcf000000UL	/* virtio over MMIO, a page each */
#define IOAPIC_BASE	0xfec00000UL
#define LAPIC_BASE	0xfee00000UL
#define EXIT_MMIO	0xfef00000UL	/* see platform.c */
#define KVM_TSS_BASE	0xfffbd000UL	/* 4 pages that KVM wants on Intel */
#define HIGH_RAM_BASE	0x100000000UL

/* I/O ports and interrupts which more than one file must agree on. */
#define RTC_INDEX_PORT	0x70		/* data is the next one */
#define RTC_CENTURY	0x32		/* register that ACPI names */
#define PM1A_EVENT_PORT	0x600
#define PM1A_CTRL_PORT	0x604
#define KBD_CTRL_PORT	0x64
#define KBD_CTRL_RESET	0xfe
#define SERIAL_GSI	4
#define SCI_GSI		9
#define NR_IOAPIC_PINS	24
#define PCI_PORT_BASE	0xc000		/* I/O BARs */
#define PCI_PORT_SIZE	0x1000
/* Pins 16 to 23 are those that no ISA interrupt has; devices share them. */
#define PCI_GSI(n)	(16 + (n) % 8)
#define S5_SLP_TYP	5

#define MAX_CPUS	64

/* main.c */
enum { EXIT_VMM_FAILED = 1, EXIT_USAGE, EXIT_TIMEOUT };

extern bool verbose;

/* Both end the process with EXIT_VMM_FAILED; die_errno() adds strerror(). */
__printf(1, 2) __noreturn void die(const char *fmt, ...);
__printf(1, 2) __noreturn void die_errno(const char *fmt, ...);
__printf(1, 2) void debug(const char *fmt, ...);

/* End the VM from any thread; the first caller's status is the one returned. */
void vmm_stop(int status, const char *why);
bool vmm_stopping(void);

/* bus.c */

/**
 * io_fn - one access of the guest
 * @opaque: what bus_add_*() was given
 * @offset: from the start of the range
 * @len: 1 to 8 bytes
 * @write: direction
 * @value: in/out, host byte order; zero extended if written, and if read
 *	only the lowest @len bytes count
 *
 * May be called by several vCPUs at the same time.
 */
typedef void (*io_fn)(void *opaque, u64 offset, unsigned int len, bool write,
		      u64 *value);

void bus_add(bool port, u64 base, u64 len, io_fn fn, void *opaque);
void bus_del(bool port, u64 base, u64 len, void *opaque);
void bus_add_pio(u16 base, u16 len, io_fn fn, void *opaque);
void bus_add_mmio(u64 base, u64 len, io_fn fn, void *opaque);
void bus_pio(u16 port, unsigned int len, bool write, void *data);
void bus_mmio(u64 addr, unsigned int len, bool write, void *data);

/* vm.c */
struct vm_region {
	u64 gpa;
	u64 size;
	void *hva;
};

struct vm {
	int kvm_fd;
	int fd;
	unsigned int nr_cpus;
	struct vm_region region[2];	/* [0] from address 0, [1] from 4G */
	unsigned int nr_regions;
	pthread_mutex_t route_lock;	/* protects routes and next_gsi */
	struct kvm_irq_routing *routes;
	unsigned int next_gsi;
};

void vm_init(struct vm *vm, u64 ram_size, bool shared);
void *vm_ram(struct vm *vm, u64 gpa, u64 len);
void vm_irq_line(struct vm *vm, unsigned int gsi, bool level);
unsigned int vm_alloc_gsi(struct vm *vm);
void vm_msi_route(struct vm *vm, unsigned int gsi, u64 addr, u32 data);
void vm_irqfd(struct vm *vm, int fd, int resample_fd, unsigned int gsi,
	      bool assign);

struct vm_doorbell {
	u64 addr;
	u32 len;		/* 0: any */
	u32 value;
	bool match;		/* only if @value is written */
	bool port;
	int fd;
};

int vm_ioeventfd(struct vm *vm, const struct vm_doorbell *bell, bool assign);

/* vcpu.c, cpuid.c */
void vcpus_create(struct vm *vm, u64 entry, u64 boot_params);
void vcpus_run(void);
void vcpus_stop(void);
void cpuid_set(struct vm *vm, int vcpu_fd, unsigned int apic_id);

/* boot.c, acpi.c */
struct boot_entry {
	u64 rip;
	u64 boot_params;		/* for rsi */
};

struct boot_entry boot_load(struct vm *vm, const char *kernel,
			    const char *initrd, const char *cmdline, u64 rsdp);
void boot_set_sregs(int vcpu_fd);
void acpi_add_mmio(u64 base, u32 size, unsigned int gsi);
u64 acpi_build(struct vm *vm);

/* platform.c, serial.c */
void platform_init(void);

/* rtc.c */
void rtc_init(void);
void serial_init(struct vm *vm);

/* pci.c */
#define PCI_BARS	6
#define PCI_SLOTS	32
#define PCI_FIRST_CAP	0x40

struct pci_bar {
	bool port;
	u32 size;
	u32 mapped_at;		/* 0: not decoded at present */
	io_fn fn;
	void *opaque;
	/* Tells where the BAR is now; addr 0: nowhere. May be NULL. */
	void (*moved)(void *opaque, u32 addr);
};

/* Who else has to do with configuration space; each may be NULL. */
struct pci_hook {
	/* Before anything else: true if the access has been done. */
	bool (*access)(void *opaque, unsigned int reg, unsigned int len,
		       bool write, u64 *value);
	void (*written)(void *opaque);		/* after the guest wrote */
	void *opaque;
};

struct pci_dev {
	const char *name;
	unsigned int gsi;	/* of INTA */
	u8 cfg[256];
	u8 wmask[256];		/* bits of cfg the guest may change */
	u8 cap_end;		/* where the next capability goes */
	u8 cap_link;		/* where its offset must be written */
	struct pci_bar bar[PCI_BARS];
	struct pci_hook hook[2];
	unsigned int nr_hooks;
};

struct pci_ids {
	u16 vendor, device;
	u16 sub_vendor, sub_device;
	u32 class;			/* 24 bits */
	u8 revision;
};

void pci_init(void);
void pci_add(struct pci_dev *dev, const char *name, const struct pci_ids *ids);
void pci_add_hook(struct pci_dev *dev, const struct pci_hook *hook);
void pci_add_bar(struct pci_dev *dev, unsigned int nr, bool port, u32 size,
		 io_fn fn, void *opaque,
		 void (*moved)(void *opaque, u32 addr));
u8 pci_add_cap(struct pci_dev *dev, const void *cap, u8 len);
void pci_add_caps(struct pci_dev *dev, const u8 *caps, u32 len);
void pci_use_intx(struct pci_dev *dev);

/* msix.c */
struct msix_vector {
	u32 entry[4];		/* as the guest sees it */
	unsigned int gsi;
	int fd;
	bool live;			/* fd is an irqfd at present */
};

struct msix {
	struct vm *vm;
	struct pci_dev *pci;
	u8 cap;
	unsigned int nr_vectors;
	pthread_mutex_t lock;		/* protects what follows */
	u16 control;		/* of the capability */
	struct msix_vector vector[KVDEV_MAX_VECTORS];
};

/* Leaves an eventfd in vector[].fd: signalling it is the interrupt. */
void msix_init(struct msix *msix, struct vm *vm, struct pci_dev *pci,
	       unsigned int bar, unsigned int nr_vectors);

bool msix_enabled(const struct msix *msix);

/* kvdev.c, stats.c, tap.c, vmmci.c */
struct kvdev;

/* A window of registers, and where the guest has put it. */
struct kvdev_window {
	struct kvdev *dev;
	u32 space;
	u32 size;
	bool port;
	u64 at;				/* 0: nowhere */
};

struct kvdev {
	char name[16];
	int fd;
	u32 device_id;
	u32 nr_queues;
	int kick[KVDEV_MAX_QUEUES];
	struct kvdev_window window[2];	/* by its space */
	u32 pci_cfg;			/* capability with a window; 0: none */
	u32 pci_state;
	struct vm *vm;
	struct pci_dev pci;
	struct msix msix;
};

struct disk_options {
	const char *file;
	const char *serial;
	bool read_only;
	bool direct;
	u32 nr_queues;
	u32 block_size;
};

struct net_options {
	const char *tap;
	const char *device;	/* an existing one, which has its tap */
	bool has_mac;
	u8 mac[6];
	u32 nr_pairs;
};

/* How the guest finds the devices that are added from now on. */
struct kvdev_attach {
	enum kvdev_transport_type transport;
	bool no_msix;
};

extern struct kvdev_attach kvdev_attach;

void kvdev_add_disk(struct vm *vm, const struct disk_options *opt);
void kvdev_add_net(struct vm *vm, const struct net_options *opt);
void kvdev_add_rng(struct vm *vm);
struct kvdev *kvdev_add_vmmci(struct vm *vm, const char *name);
int tap_open(const char *name, bool multi);
bool vmmci_shutdown(struct kvdev *ci);
void vmmci_event(struct kvdev *ci);
struct kvdev *kvdev_get(unsigned int nr);
void stats_print(FILE *out);
void stats_json(const char *file);

#endif /* KVDEV_VMM_H */
