// SPDX-License-Identifier: GPL-2.0
/*
 * guest_regs PCI-ADDRESS: runs in a guest, with the device's driver unbound, and
 * accesses the registers of an entropy device as hardware: the common
 * configuration, field by field, in every width and state, directly and through
 * the window in configuration space; the legacy window too if there is one.
 *
 * Prints what was wrong and a closing line. Exit status 0: nothing was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ACK_DRIVER	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define FEATURES_OK	(ACK_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)

static const char *device;
static int config_fd, legacy_fd = -1;
static uint8_t *bar;
static uint32_t at[6], bar_nr, multiplier, window;
static unsigned long checks, wrong;

static void check(uint64_t got, uint64_t want, const char *what,
		  unsigned int offset, unsigned int len)
{
	checks++;
	if (got == want)
		return;
	wrong++;
	if (wrong < 30)
		printf("%s at %u, %u bytes: 0x%llx, not 0x%llx\n", what, offset,
		       len, (unsigned long long)got, (unsigned long long)want);
}

static void die(const char *what)
{
	printf("guest_regs: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int open_file(const char *name, unsigned int nr)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device,
		 name);
	if (nr != -1U)
		sprintf(path + strlen(path), "%u", nr);
	fd = open(path, O_RDWR | O_SYNC);
	if (fd < 0)
		die(path);
	return fd;
}

static uint32_t config_read(unsigned int reg, unsigned int len)
{
	uint32_t value = 0;

	if (pread(config_fd, &value, len, reg) != (ssize_t)len)
		die("config");
	return value;
}

static void config_write(unsigned int reg, unsigned int len, uint32_t value)
{
	if (pwrite(config_fd, &value, len, reg) != (ssize_t)len)
		die("config");
}

/* Capabilities, as virtio 1.3, 4.1.4 has them */
static void find_caps(void)
{
	unsigned int pos, type, seen = 0;

	for (pos = config_read(PCI_CAPABILITY_LIST, 1); pos;
	     pos = config_read(pos + 1, 1)) {
		if (config_read(pos, 1) != PCI_CAP_ID_VNDR)
			continue;
		type = config_read(pos + 3, 1);
		if (type < 1 || type > 5)
			continue;
		seen |= 1 << type;
		at[type] = config_read(pos + 8, 4);
		if (type == VIRTIO_PCI_CAP_PCI_CFG)
			window = pos;
		else
			bar_nr = config_read(pos + 4, 1);
		if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
			multiplier = config_read(pos + 16, 4);
	}
	/* An entropy device has no configuration, so no capability for it */
	check(seen, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5, "capabilities", 0, 0);
}

static uint64_t rd(uint32_t offset, unsigned int len)
{
	switch (len) {
	case 1:
		return *(volatile uint8_t *)(bar + offset);
	case 2:
		return *(volatile uint16_t *)(bar + offset);
	case 4:
		return *(volatile uint32_t *)(bar + offset);
	default:
		return *(volatile uint64_t *)(bar + offset);
	}
}

static void wr(uint32_t offset, unsigned int len, uint64_t value)
{
	switch (len) {
	case 1:
		*(volatile uint8_t *)(bar + offset) = value;
		break;
	case 2:
		*(volatile uint16_t *)(bar + offset) = value;
		break;
	case 4:
		*(volatile uint32_t *)(bar + offset) = value;
		break;
	default:
		*(volatile uint64_t *)(bar + offset) = value;
	}
}

static void aim(uint32_t nr, uint32_t offset, uint32_t len)
{
	config_write(window + 4, 1, nr);
	config_write(window + 8, 4, offset);
	config_write(window + 12, 4, len);
}

struct field {
	uint32_t offset;
	uint32_t size;
	bool writable;
};

static const struct field fields[] = {
	{ VIRTIO_PCI_COMMON_DFSELECT, 4, true },
	{ VIRTIO_PCI_COMMON_DF, 4, false },
	{ VIRTIO_PCI_COMMON_GFSELECT, 4, true },
	{ VIRTIO_PCI_COMMON_GF, 4, true },
	{ VIRTIO_PCI_COMMON_MSIX, 2, true },
	{ VIRTIO_PCI_COMMON_NUMQ, 2, false },
	{ VIRTIO_PCI_COMMON_STATUS, 1, true },
	{ VIRTIO_PCI_COMMON_CFGGENERATION, 1, false },
	{ VIRTIO_PCI_COMMON_Q_SELECT, 2, true },
	{ VIRTIO_PCI_COMMON_Q_SIZE, 2, true },
	{ VIRTIO_PCI_COMMON_Q_MSIX, 2, true },
	{ VIRTIO_PCI_COMMON_Q_ENABLE, 2, true },
	{ VIRTIO_PCI_COMMON_Q_NOFF, 2, false },
	{ VIRTIO_PCI_COMMON_Q_DESCLO, 8, true },
	{ VIRTIO_PCI_COMMON_Q_AVAILLO, 8, true },
	{ VIRTIO_PCI_COMMON_Q_USEDLO, 8, true },
};

/* What each field reads: DF and GF with select 1 */
struct state {
	uint8_t status;
	uint64_t value[ARRAY_SIZE(fields)];
};

#define V(status, gf, queue_max)					\
	{ status, { 1, ~0ULL, 1, gf, 0xffff, 1, status, ~0ULL, 0,	\
		    queue_max, 0xffff, 0, 0, 0x1000, 0x2000, 0x3000 } }

static void enter(const struct state *s, uint32_t common)
{
	static const uint8_t steps[] = { ACK_DRIVER, FEATURES_OK };
	unsigned int i;

	wr(common + VIRTIO_PCI_COMMON_STATUS, 1, 0);
	while (rd(common + VIRTIO_PCI_COMMON_STATUS, 1))
		;
	wr(common + VIRTIO_PCI_COMMON_DFSELECT, 4, 1);
	wr(common + VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
	if (s->value[3])
		wr(common + VIRTIO_PCI_COMMON_GF, 4, 1);
	for (i = 0; i < 3; i++)
		wr(common + VIRTIO_PCI_COMMON_Q_DESCLO + 8 * i, 8,
		   0x1000 * (i + 1));
	for (i = 0; i < 2; i++)
		if (s->status >= steps[i])
			wr(common + VIRTIO_PCI_COMMON_STATUS, 1, steps[i]);
}

static const struct field *field_of(uint32_t offset)
{
	const struct field *f = fields;

	while (f + 1 < fields + ARRAY_SIZE(fields) && f[1].offset <= offset)
		f++;
	return f;
}

static bool good(const struct field *f, uint32_t offset, unsigned int len)
{
	return (offset == f->offset && len == f->size) ||
	       (f->size == 8 && len == 4 && offset % 4 == 0);
}

static void common_config(void)
{
	const uint32_t common = at[VIRTIO_PCI_CAP_COMMON_CFG];
	const uint32_t max = rd(common + VIRTIO_PCI_COMMON_Q_SIZE, 2);
	const struct state states[] = {
		V(0, 0, max), V(ACK_DRIVER, 1, max), V(FEATURES_OK, 1, max),
	};
	unsigned int s, len;
	uint32_t offset;

	for (s = 0; s < ARRAY_SIZE(states); s++) {
		for (offset = 0; offset < 56; offset++) {
			for (len = 1; len <= 8; len *= 2) {
				const struct field *f = field_of(offset);
				bool ok = good(f, offset, len);
				uint64_t want = states[s].value[f - fields];

				if (offset % len)
					continue;
				enter(&states[s], common);
				/* These two are the device's to say */
				if (want == ~0ULL)
					want = rd(common + f->offset, f->size);
				want >>= 8 * (offset - f->offset);
				if (len < 8)
					want &= (1ULL << (8 * len)) - 1;
				check(rd(common + offset, len), ok ? want : 0,
				      "read", offset, len);
				if (len <= 4) {
					aim(bar_nr, common + offset, len);
					check(config_read(window + 16, len),
					      ok ? want : 0, "window", offset,
					      len);
				}
				if (ok && f->writable)
					continue;
				/* Read-only, or wrong: nothing happens */
				wr(common + offset, len, ~0ULL);
				check(rd(common + f->offset, f->size),
				      states[s].value[f - fields] == ~0ULL ?
				      rd(common + f->offset, f->size) :
				      states[s].value[f - fields],
				      "after a write", offset, len);
			}
		}
	}
	/* By the window as well: status */
	enter(&states[0], common);
	aim(bar_nr, common + VIRTIO_PCI_COMMON_STATUS, 1);
	config_write(window + 16, 1, ACK_DRIVER);
	check(rd(common + VIRTIO_PCI_COMMON_STATUS, 1), ACK_DRIVER,
	      "write by the window", VIRTIO_PCI_COMMON_STATUS, 1);
	/* Nonsense does nothing */
	for (s = 0; s < 8; s++) {
		if (s == bar_nr)
			continue;
		aim(s, common + VIRTIO_PCI_COMMON_STATUS, 1);
		config_write(window + 16, 1, 0);
		check(config_read(window + 16, 1), 0, "another BAR", s, 1);
	}
	aim(bar_nr, common + VIRTIO_PCI_COMMON_STATUS, 3);
	config_write(window + 16, 1, 0);
	check(rd(common + VIRTIO_PCI_COMMON_STATUS, 1), ACK_DRIVER,
	      "after nonsense", VIRTIO_PCI_COMMON_STATUS, 1);
	/* Doorbells and ISR */
	check(rd(at[VIRTIO_PCI_CAP_ISR_CFG], 1), 0, "isr", 0, 1);
	wr(at[VIRTIO_PCI_CAP_NOTIFY_CFG], 2, 0);
	wr(at[VIRTIO_PCI_CAP_NOTIFY_CFG] + multiplier, 2, 1);
	wr(common + VIRTIO_PCI_COMMON_STATUS, 1, 0);
	check(rd(common + VIRTIO_PCI_COMMON_STATUS, 1), 0, "reset", 0, 1);
}

static uint32_t port_read(unsigned int reg, unsigned int len)
{
	uint32_t value = 0;

	if (pread(legacy_fd, &value, len, reg) != (ssize_t)len)
		die("legacy window");
	return value;
}

static void port_write(unsigned int reg, unsigned int len, uint32_t value)
{
	if (pwrite(legacy_fd, &value, len, reg) != (ssize_t)len)
		die("legacy window");
}

static void legacy_window(void)
{
	static const struct {
		uint32_t offset, size;
		int64_t value;		/* -1: the device's to say */
		bool writable;
	} regs[] = {
		{ VIRTIO_PCI_HOST_FEATURES, 4, -1, false },
		{ VIRTIO_PCI_GUEST_FEATURES, 4, 0, true },
		{ VIRTIO_PCI_QUEUE_PFN, 4, 0, true },
		{ VIRTIO_PCI_QUEUE_NUM, 2, -1, false },
		{ VIRTIO_PCI_QUEUE_SEL, 2, 0, true },
		{ VIRTIO_PCI_QUEUE_NOTIFY, 2, 0, true },
		{ VIRTIO_PCI_STATUS, 1, ACK_DRIVER, true },
		{ VIRTIO_PCI_ISR, 1, 0, false },
	};
	unsigned int i, len;
	uint32_t offset;

	port_write(VIRTIO_PCI_STATUS, 1, 0);
	port_write(VIRTIO_PCI_STATUS, 1, ACK_DRIVER);
	for (offset = 0; offset < 20; offset++) {
		for (len = 1; len <= 4; len *= 2) {
			int64_t want = 0;

			if (offset % len)
				continue;
			for (i = 0; i < ARRAY_SIZE(regs); i++)
				if (regs[i].offset == offset &&
				    regs[i].size == len)
					break;
			if (i < ARRAY_SIZE(regs))
				want = regs[i].value;
			if (want >= 0)
				check(port_read(offset, len), want,
				      "legacy read", offset, len);
			if (i < ARRAY_SIZE(regs) && regs[i].writable)
				continue;
			port_write(offset, len, 0xffffffff);
			check(port_read(VIRTIO_PCI_STATUS, 1), ACK_DRIVER,
			      "legacy status after a write", offset, len);
			check(port_read(VIRTIO_PCI_QUEUE_PFN, 4), 0,
			      "legacy page number after a write", offset, len);
		}
	}
	port_write(VIRTIO_PCI_QUEUE_SEL, 2, 1);
	check(port_read(VIRTIO_PCI_QUEUE_NUM, 2), 0, "no such queue", 12, 2);
	port_write(VIRTIO_PCI_STATUS, 1, 0);
	check(port_read(VIRTIO_PCI_STATUS, 1), 0, "legacy reset", 18, 1);
}

int main(int argc, char **argv)
{
	bool modern, legacy;

	if (argc != 2)
		return 2;
	device = argv[1];
	config_fd = open_file("config", -1U);
	config_write(PCI_COMMAND, 2, config_read(PCI_COMMAND, 2) |
		     PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	legacy = config_read(PCI_BASE_ADDRESS_0, 1) & PCI_BASE_ADDRESS_SPACE_IO;
	modern = config_read(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST &&
		 config_read(config_read(PCI_CAPABILITY_LIST, 1), 1) ==
		 PCI_CAP_ID_VNDR;
	if (legacy) {
		legacy_fd = open_file("resource", 0);
		legacy_window();
	}
	if (modern) {
		find_caps();
		bar = mmap(NULL, 0x4000, PROT_READ | PROT_WRITE, MAP_SHARED,
			   open_file("resource", bar_nr), 0);
		if (bar == MAP_FAILED)
			die("BAR");
		common_config();
	}
	printf("guest_regs:%s%s: %lu checks, %lu wrong\n",
	       legacy ? " legacy" : "", modern ? " modern" : "", checks, wrong);
	return wrong || !checks;
}
