// SPDX-License-Identifier: GPL-2.0
/*
 * Loads a bzImage by the 64-bit boot protocol (Documentation/arch/x86/boot.rst
 * of Linux): the first vCPU starts in long mode with memory mapped one to one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asm/bootparam.h>
#include <linux/kvm.h>

#include "vmm.h"

/* Where things are below BOOT_DATA_END. */
#define GDT_ADDR	0x1000
#define PARAMS_ADDR	0x7000
#define PAGE_TABLES	0x8000		/* 6 pages, ending at 0xe000 */
#define CMDLINE_ADDR	0x20000
#define CMDLINE_MAX	0x10000
#define LOW_END		0x9fc00		/* where a BIOS keeps its own data */

#define MIN_VERSION	0x020e		/* first with acpi_rsdp_addr */
#define ENTRY_64	0x200		/* from the start of the kernel */
#define LOADER_UNKNOWN	0xff

#define CODE_SEL	0x10		/* __BOOT_CS */
#define DATA_SEL	0x18		/* __BOOT_DS */

#define CR0_PE		(1UL << 0)
#define CR0_PG		(1UL << 31)
#define CR4_PAE		(1UL << 5)
#define EFER_LME	(1UL << 8)
#define EFER_LMA	(1UL << 10)
#define PTE_PRESENT	(1UL << 0)
#define PTE_WRITE	(1UL << 1)
#define PTE_LARGE	(1UL << 7)

static int open_image(const char *file, u64 *size)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		die_errno("%s", file);
	*size = st.st_size;
	return fd;
}

static void read_image(int fd, const char *file, void *buf, u64 len, u64 pos)
{
	ssize_t n;

	while (len) {
		n = pread(fd, buf, len, pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_errno("%s", file);
		if (n == 0)
			die("%s: ends too early", file);
		buf = (char *)buf + n;
		pos += n;
		len -= n;
	}
}

/* Returns where the kernel is. */
static u64 load_kernel(struct vm *vm, const char *file, struct boot_params *bp)
{
	struct setup_header *hdr = &bp->hdr;
	u64 size, setup_size;
	u8 first[1024];
	size_t len;
	int fd;

	fd = open_image(file, &size);
	if (size < sizeof(first))
		die("%s: not a bzImage", file);
	read_image(fd, file, first, sizeof(first), 0);
	/* Byte 0x201, a jump's distance, tells where the header ends. */
	len = 0x202 + first[0x201] - 0x1f1;
	if (len > sizeof(*hdr))
		len = sizeof(*hdr);
	memcpy(hdr, first + 0x1f1, len);
	if (hdr->header != 0x53726448 /* HdrS */)
		die("%s: not a bzImage", file);
	if (hdr->version < MIN_VERSION || !(hdr->xloadflags & XLF_KERNEL_64))
		die("%s: not a 64-bit kernel of boot protocol %d.%02d or later",
		    file, MIN_VERSION >> 8, MIN_VERSION & 0xff);

	setup_size = ((hdr->setup_sects ?: 4) + 1) * 512;
	if (size <= setup_size)
		die("%s: ends too early", file);
	size -= setup_size;
	read_image(fd, file, vm_ram(vm, hdr->pref_address, size), size,
		   setup_size);
	/* It unpacks itself into init_size bytes from here. */
	vm_ram(vm, hdr->pref_address, hdr->init_size);
	close(fd);
	return hdr->pref_address;
}

/* As high as possible below 4G, out of the way of the kernel. */
static void load_initrd(struct vm *vm, const char *file, struct boot_params *bp)
{
	u64 size, addr, end = vm->region[0].size;
	int fd = open_image(file, &size);

	if (end > (u64)bp->hdr.initrd_addr_max + 1)
		end = (u64)bp->hdr.initrd_addr_max + 1;
	if (size > end ||
	    end - size < bp->hdr.pref_address + bp->hdr.init_size + 0x1000)
		die("%s: no room beside the kernel; give more with --mem",
		    file);
	addr = (end - size) & ~0xfffUL;
	read_image(fd, file, vm_ram(vm, addr, size), size, 0);
	close(fd);
	bp->hdr.ramdisk_image = addr;
	bp->hdr.ramdisk_size = size;
}

static void add_e820(struct boot_params *bp, u64 addr, u64 end, u32 type)
{
	bp->e820_table[bp->e820_entries++] = (struct boot_e820_entry){
		.addr = addr, .size = end - addr, .type = type,
	};
}

static void build_memory_map(struct vm *vm, struct boot_params *bp)
{
	enum { RAM = 1, RESERVED };
	const struct vm_region *high = &vm->region[1];

	add_e820(bp, 0, LOW_END, RAM);
	add_e820(bp, LOW_END, BOOT_DATA_END, RESERVED);
	add_e820(bp, ACPI_BASE, KERNEL_BASE, RESERVED);
	add_e820(bp, KERNEL_BASE, vm->region[0].size, RAM);
	if (vm->nr_regions > 1)
		add_e820(bp, high->gpa, high->gpa + high->size, RAM);
}

static void build_page_tables(struct vm *vm)
{
	u64 *pml4 = vm_ram(vm, PAGE_TABLES, 6 * 0x1000);
	u64 *pdpt = pml4 + 512, *pd = pml4 + 1024;
	unsigned int i;

	pml4[0] = (PAGE_TABLES + 0x1000) | PTE_PRESENT | PTE_WRITE;
	for (i = 0; i < 4; i++)
		pdpt[i] = (PAGE_TABLES + 0x2000 + i * 0x1000UL) | PTE_PRESENT |
			  PTE_WRITE;
	for (i = 0; i < 4 * 512; i++)
		pd[i] = ((u64)i << 21) | PTE_PRESENT | PTE_WRITE | PTE_LARGE;
}

static void build_gdt(struct vm *vm)
{
	u64 *gdt = vm_ram(vm, GDT_ADDR, 4 * 8);

	gdt[CODE_SEL / 8] = 0x00af9b000000ffff;
	gdt[DATA_SEL / 8] = 0x00cf93000000ffff;
}

struct boot_entry boot_load(struct vm *vm, const char *kernel,
			    const char *initrd, const char *cmdline, u64 rsdp)
{
	struct boot_params *bp = vm_ram(vm, PARAMS_ADDR, sizeof(*bp));
	u64 base = load_kernel(vm, kernel, bp);
	size_t len = strlen(cmdline) + 1;

	if (len > CMDLINE_MAX || len > bp->hdr.cmdline_size)
		die("--cmdline is too long");
	memcpy(vm_ram(vm, CMDLINE_ADDR, len), cmdline, len);
	bp->hdr.cmd_line_ptr = CMDLINE_ADDR;
	bp->hdr.type_of_loader = LOADER_UNKNOWN;
	bp->acpi_rsdp_addr = rsdp;
	if (initrd)
		load_initrd(vm, initrd, bp);
	build_memory_map(vm, bp);
	build_page_tables(vm);
	build_gdt(vm);
	return (struct boot_entry){ base + ENTRY_64, PARAMS_ADDR };
}

void boot_set_sregs(int vcpu_fd)
{
	const struct kvm_segment code = {
		.selector = CODE_SEL, .limit = ~0U, .type = 0xb,
		.present = 1, .s = 1, .l = 1, .g = 1,
	};
	const struct kvm_segment data = {
		.selector = DATA_SEL, .limit = ~0U, .type = 3,
		.present = 1, .s = 1, .db = 1, .g = 1,
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu_fd, KVM_GET_SREGS, &sregs) < 0)
		die_errno("KVM_GET_SREGS");
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.ss = data;
	sregs.gdt.base = GDT_ADDR;
	sregs.gdt.limit = 4 * 8 - 1;
	sregs.cr3 = PAGE_TABLES;
	sregs.cr4 |= CR4_PAE;
	sregs.cr0 |= CR0_PE | CR0_PG;
	sregs.efer |= EFER_LME | EFER_LMA;
	if (ioctl(vcpu_fd, KVM_SET_SREGS, &sregs) < 0)
		die_errno("KVM_SET_SREGS");
}
