// SPDX-License-Identifier: GPL-2.0
/*
 * The ACPI tables a kernel needs to find its processors, the I/O APIC, the PCI
 * bus, the way to switch off and the way to reset, and nothing else. There is
 * no _PRT: PCI interrupts are MSI-X here.
 */
#include <string.h>

#include "vmm.h"

#define BYTES16(x)	(u8)(x), (u8)((x) >> 8)
#define BYTES32(x)	BYTES16(x), BYTES16((x) >> 16)

struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision;
	u8 checksum;
	char oem_id[6];
	char oem_table_id[8];
	u32 oem_revision;
	char creator_id[4];
	u32 creator_revision;
} __packed;

static u64 next_addr;

static u8 checksum(const void *data, size_t len)
{
	const u8 *p = data;
	u8 sum = 0;

	while (len--)
		sum += *p++;
	return -sum;
}

static void *alloc(struct vm *vm, size_t len, u64 *addr)
{
	*addr = next_addr;
	next_addr = (next_addr + len + 63) & ~63ULL;
	if (next_addr > KERNEL_BASE)
		die("too many vCPUs for the ACPI tables");
	return vm_ram(vm, *addr, len);
}

/* Room for the table's header is at the start of @body. */
static u64 add_table(struct vm *vm, const char *signature, u8 revision,
		     const void *body, size_t len)
{
	struct acpi_header *hdr;
	u64 addr;

	hdr = alloc(vm, len, &addr);
	memcpy(hdr, body, len);
	memcpy(hdr->signature, signature, 4);
	memcpy(hdr->oem_id, "KVDEV ", 6);
	memcpy(hdr->oem_table_id, "KVDEVVMM", 8);
	memcpy(hdr->creator_id, "KVDV", 4);
	hdr->oem_revision = 1;
	hdr->creator_revision = 1;
	hdr->revision = revision;
	hdr->length = len;
	hdr->checksum = checksum(hdr, len);
	return addr;
}

/*
 * AML, assembled by hand. Lengths that enclose others are left to sizeof by
 * cutting the table into the pieces which are enclosed.
 */
#define PKG_LENGTH(n)	(u8)(0x40 | (((n) + 2) & 0xf)), \
			(u8)(((n) + 2) >> 4)

static const u8 aml_s5[] = {
	/* Name (_S5, Package (4) { S5_SLP_TYP, S5_SLP_TYP, 0, 0 }) */
	0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04,
	0x0a, S5_SLP_TYP, 0x0a, S5_SLP_TYP, 0x00, 0x00,
};

static const u8 aml_crs[] = {
	/* WordBusNumber: bus 0 only */
	0x88, BYTES16(13), 0x02, 0x0c, 0x00, BYTES16(0), BYTES16(0),
	BYTES16(0), BYTES16(0), BYTES16(1),
	/* IO: the configuration ports */
	0x47, 0x01, BYTES16(0xcf8), BYTES16(0xcf8), 0x01, 0x08,
	/* DWordMemory, read-write, not cacheable: for BARs */
	0x87, BYTES16(23), 0x00, 0x0c, 0x01, BYTES32(0),
	BYTES32(PCI_MMIO_BASE), BYTES32(PCI_MMIO_BASE + PCI_MMIO_SIZE - 1),
	BYTES32(0), BYTES32(PCI_MMIO_SIZE),
	/* EndTag */
	0x79, 0x00,
};

static const u8 aml_pci_names[] = {
	/* Name (_HID, EisaId ("PNP0A03")) */
	0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x0a, 0x03,
	/* Name (_CRS, Buffer (sizeof(aml_crs)) { aml_crs }) */
	0x08, '_', 'C', 'R', 'S', 0x11, PKG_LENGTH(2 + sizeof(aml_crs)),
	0x0a, sizeof(aml_crs),
};

#define PCI_BODY	(4 + sizeof(aml_pci_names) + sizeof(aml_crs))

static const u8 aml_scope[] = {
	/* Scope (\_SB) { Device (PCI0) { */
	0x10, PKG_LENGTH(5 + 4 + PCI_BODY), '\\', '_', 'S', 'B', '_',
	0x5b, 0x82, PKG_LENGTH(PCI_BODY), 'P', 'C', 'I', '0',
};

static u64 add_dsdt(struct vm *vm)
{
	struct {
		struct acpi_header hdr;
		u8 s5[sizeof(aml_s5)];
		u8 scope[sizeof(aml_scope)];
		u8 names[sizeof(aml_pci_names)];
		u8 crs[sizeof(aml_crs)];
	} __packed dsdt = { 0 };

	memcpy(dsdt.s5, aml_s5, sizeof(aml_s5));
	memcpy(dsdt.scope, aml_scope, sizeof(aml_scope));
	memcpy(dsdt.names, aml_pci_names, sizeof(aml_pci_names));
	memcpy(dsdt.crs, aml_crs, sizeof(aml_crs));
	return add_table(vm, "DSDT", 2, &dsdt, sizeof(dsdt));
}

static u64 add_facs(struct vm *vm)
{
	struct acpi_header *facs;	/* only its first two fields */
	u64 addr;

	facs = alloc(vm, 64, &addr);
	memcpy(facs->signature, "FACS", 4);
	facs->length = 64;
	return addr;
}

static void put(u8 *table, unsigned int offset, u64 value, unsigned int len)
{
	memcpy(table + offset, &value, len);
}

static u64 add_fadt(struct vm *vm, u64 facs, u64 dsdt)
{
	enum {			/* IAPC_BOOT_ARCH and Flags */
		NO_VGA = 1 << 2, NO_CMOS_RTC = 1 << 5,
		WBINVD = 1 << 0, NO_PWR_BUTTON = 1 << 4,
		NO_SLP_BUTTON = 1 << 5, NO_FIX_RTC = 1 << 6, RESET = 1 << 10,
	};
	u8 fadt[244] = { 0 };

	put(fadt, 36, facs, 4);
	put(fadt, 40, dsdt, 4);
	put(fadt, 46, SCI_GSI, 2);
	put(fadt, 56, PM1A_EVENT_PORT, 4);
	put(fadt, 64, PM1A_CTRL_PORT, 4);
	put(fadt, 88, 4, 1);			/* PM1_EVT_LEN */
	put(fadt, 89, 2, 1);			/* PM1_CNT_LEN */
	put(fadt, 96, 0xffff, 2);		/* no C2 */
	put(fadt, 98, 0xffff, 2);		/* no C3 */
	put(fadt, 109, NO_VGA | NO_CMOS_RTC, 2);
	put(fadt, 112, WBINVD | NO_PWR_BUTTON | NO_SLP_BUTTON | NO_FIX_RTC |
	    RESET, 4);
	put(fadt, 116, 0x01000801, 4);		/* RESET_REG: byte wide port */
	put(fadt, 120, KBD_CTRL_PORT, 8);
	put(fadt, 128, KBD_CTRL_RESET, 1);
	return add_table(vm, "FACP", 4, fadt, sizeof(fadt));
}

static u64 add_madt(struct vm *vm)
{
	u8 madt[sizeof(struct acpi_header) + 8 + MAX_CPUS * 8 + 12 + 2 * 10 +
		6] = { 0 };
	u8 *p = madt + sizeof(struct acpi_header);
	unsigned int i;

#define ADD(...) do {							\
	const u8 bytes[] = { __VA_ARGS__ };			\
	memcpy(p, bytes, sizeof(bytes));				\
	p += sizeof(bytes);						\
} while (0)

	/* There are PICs as well. */
	ADD(BYTES32(LAPIC_BASE), BYTES32(1));
	for (i = 0; i < vm->nr_cpus; i++)
		ADD(0, 8, i, i, BYTES32(1));
	ADD(1, 12, 0, 0, BYTES32(IOAPIC_BASE), BYTES32(0));
	/* ISA interrupt 0 is pin 2; the SCI is active high and level. */
	ADD(2, 10, 0, 0, BYTES32(2), BYTES16(0));
	ADD(2, 10, 0, SCI_GSI, BYTES32(SCI_GSI), BYTES16(0xd));
	/* NMI at LINT1 of all of them */
	ADD(4, 6, 0xff, BYTES16(0), 1);
#undef ADD
	return add_table(vm, "APIC", 3, madt, p - madt);
}

/* Returns the address of the RSDP. */
u64 acpi_build(struct vm *vm)
{
	struct {
		struct acpi_header hdr;
		u64 table[2];
	} __packed xsdt = { 0 };
	struct {
		char signature[8];
		u8 checksum;
		char oem_id[6];
		u8 revision;
		u32 rsdt;
		u32 length;
		u64 xsdt;
		u8 ext_checksum;
		u8 reserved[3];
	} __packed *rsdp;
	u64 addr;

	next_addr = ACPI_BASE;
	rsdp = alloc(vm, sizeof(*rsdp), &addr);
	xsdt.table[0] = add_fadt(vm, add_facs(vm), add_dsdt(vm));
	xsdt.table[1] = add_madt(vm);

	memcpy(rsdp->signature, "RSD PTR ", 8);
	memcpy(rsdp->oem_id, "KVDEV ", 6);
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = add_table(vm, "XSDT", 1, &xsdt, sizeof(xsdt));
	rsdp->checksum = checksum(rsdp, 20);
	rsdp->ext_checksum = checksum(rsdp, sizeof(*rsdp));
	return addr;
}
