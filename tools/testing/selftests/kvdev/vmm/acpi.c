// SPDX-License-Identifier: GPL-2.0
/*
 * The ACPI tables a kernel needs to find its processors, the I/O APIC, the PCI
 * bus and its interrupt lines, virtio devices that are not on it, the way to
 * switch off and the way to reset, and nothing else.
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
 * AML, assembled by hand. A package, and all else that has a length, is begun
 * and ended; its length is written then, always as three bytes.
 */
struct aml {
	u8 bytes[8192];
	size_t len;
};

static void emit(struct aml *aml, const void *bytes, size_t len)
{
	if (len > sizeof(aml->bytes) - aml->len)
		die("too many devices for the ACPI tables");
	memcpy(aml->bytes + aml->len, bytes, len);
	aml->len += len;
}

#define EMIT(aml, ...) do {						\
	const u8 emit_bytes[] = { __VA_ARGS__ };			\
	emit(aml, emit_bytes, sizeof(emit_bytes));			\
} while (0)

/* Returns what end() needs. */
static size_t begin(struct aml *aml)
{
	EMIT(aml, 0, 0, 0);
	return aml->len - 3;
}

static void end(struct aml *aml, size_t at)
{
	size_t len = aml->len - at;

	aml->bytes[at] = 0x80 | (len & 0xf);
	aml->bytes[at + 1] = len >> 4;
	aml->bytes[at + 2] = len >> 12;
}

/* Name (@name, @value): the value follows */
static void name(struct aml *aml, const char *name)
{
	EMIT(aml, 0x08);
	emit(aml, name, 4);
}

/* Name (_CRS, Buffer () { @resources, EndTag }) */
static void crs(struct aml *aml, const void *resources, u8 len)
{
	size_t at;

	name(aml, "_CRS");
	EMIT(aml, 0x11);
	at = begin(aml);
	EMIT(aml, 0x0a, len + 2);
	emit(aml, resources, len);
	EMIT(aml, 0x79, 0x00);
	end(aml, at);
}

static void aml_s5(struct aml *aml)
{
	/* Name (_S5, Package (4) { S5_SLP_TYP, S5_SLP_TYP, 0, 0 }) */
	EMIT(aml, 0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04,
	     0x0a, S5_SLP_TYP, 0x0a, S5_SLP_TYP, 0x00, 0x00);
}

static const u8 pci_resources[] = {
	/* WordBusNumber: bus 0 only */
	0x88, BYTES16(13), 0x02, 0x0c, 0x00, BYTES16(0), BYTES16(0),
	BYTES16(0), BYTES16(0), BYTES16(1),
	/* IO: the configuration ports */
	0x47, 0x01, BYTES16(0xcf8), BYTES16(0xcf8), 0x01, 0x08,
	/* WordIO: for BARs */
	0x88, BYTES16(13), 0x01, 0x0c, 0x03, BYTES16(0),
	BYTES16(PCI_PORT_BASE), BYTES16(PCI_PORT_BASE + PCI_PORT_SIZE - 1),
	BYTES16(0), BYTES16(PCI_PORT_SIZE),
	/* DWordMemory, read-write, not cacheable: for BARs */
	0x87, BYTES16(23), 0x00, 0x0c, 0x01, BYTES32(0),
	BYTES32(PCI_MMIO_BASE), BYTES32(PCI_MMIO_BASE + PCI_MMIO_SIZE - 1),
	BYTES32(0), BYTES32(PCI_MMIO_SIZE),
};

/* Name (_PRT, Package () { Package (4) { slot, INTA, 0, GSI }, ... }) */
static void aml_prt(struct aml *aml)
{
	unsigned int slot;
	size_t at;

	name(aml, "_PRT");
	EMIT(aml, 0x12);
	at = begin(aml);
	EMIT(aml, PCI_SLOTS);
	for (slot = 0; slot < PCI_SLOTS; slot++)
		EMIT(aml, 0x12, 0x0b, 0x04, 0x0c,
		     BYTES32(slot << 16 | 0xffff), 0x00, 0x00, 0x0a,
		     PCI_GSI(slot));
	end(aml, at);
}

static void aml_pci(struct aml *aml)
{
	size_t at;

	/* Device (PCI0) { Name (_HID, EisaId ("PNP0A03")) */
	EMIT(aml, 0x5b, 0x82);
	at = begin(aml);
	EMIT(aml, 'P', 'C', 'I', '0');
	name(aml, "_HID");
	EMIT(aml, 0x0c, 0x41, 0xd0, 0x0a, 0x03);
	crs(aml, pci_resources, sizeof(pci_resources));
	aml_prt(aml);
	end(aml, at);
}

static const u8 rtc_resources[] = {
	/* IO: index and data */
	0x47, 0x01, BYTES16(RTC_INDEX_PORT), BYTES16(RTC_INDEX_PORT), 0x01,
	0x02,
};

static void aml_rtc(struct aml *aml)
{
	size_t at;

	/* Device (RTC0) { Name (_HID, EisaId ("PNP0B00")) */
	EMIT(aml, 0x5b, 0x82);
	at = begin(aml);
	EMIT(aml, 'R', 'T', 'C', '0');
	name(aml, "_HID");
	EMIT(aml, 0x0c, 0x41, 0xd0, 0x0b, 0x00);
	crs(aml, rtc_resources, sizeof(rtc_resources));
	end(aml, at);
}

static struct mmio_dev {
	u64 base;
	u32 size;
	unsigned int gsi;
} mmio_devs[PCI_SLOTS];
static unsigned int nr_mmio_devs;

void acpi_add_mmio(u64 base, u32 size, unsigned int gsi)
{
	if (nr_mmio_devs == ARRAY_SIZE(mmio_devs))
		die("too many devices");
	mmio_devs[nr_mmio_devs++] = (struct mmio_dev){ base, size, gsi };
}

/* Device (Vnnn) { Name (_HID, "LNRO0005") Name (_UID, nr) Name (_CRS, ...) } */
static void aml_mmio(struct aml *aml, unsigned int nr)
{
	const struct mmio_dev *dev = &mmio_devs[nr];
	const u8 resources[] = {
		/* Memory32Fixed, read-write */
		0x86, BYTES16(9), 0x01, BYTES32(dev->base), BYTES32(dev->size),
		/* Interrupt: consumer, level, active high, shared */
		0x89, BYTES16(6), 0x09, 0x01, BYTES32(dev->gsi),
	};
	size_t at;

	EMIT(aml, 0x5b, 0x82);
	at = begin(aml);
	EMIT(aml, 'V', '0', '0' + nr / 10, '0' + nr % 10);
	name(aml, "_HID");
	EMIT(aml, 0x0d, 'L', 'N', 'R', 'O', '0', '0', '0', '5', 0x00);
	name(aml, "_UID");
	EMIT(aml, 0x0a, nr);
	crs(aml, resources, sizeof(resources));
	end(aml, at);
}

static u64 add_dsdt(struct vm *vm)
{
	static struct aml aml = { .len = sizeof(struct acpi_header) };
	unsigned int i;
	size_t at;

	aml_s5(&aml);
	/* Scope (\_SB) */
	EMIT(&aml, 0x10);
	at = begin(&aml);
	EMIT(&aml, '\\', '_', 'S', 'B', '_');
	aml_pci(&aml);
	aml_rtc(&aml);
	for (i = 0; i < nr_mmio_devs; i++)
		aml_mmio(&aml, i);
	end(&aml, at);
	return add_table(vm, "DSDT", 2, aml.bytes, aml.len);
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
		NO_VGA = 1 << 2,
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
	put(fadt, 108, RTC_CENTURY, 1);
	put(fadt, 109, NO_VGA, 2);
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
