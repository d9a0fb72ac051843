// SPDX-License-Identifier: GPL-2.0
/*
 * vmmci_guest [deaf | heedless]: a driver of the VMM control interface, as OpenBSD
 * has it in its kernel, for user space of a Linux guest: finds the device on PCI,
 * reaches its registers through I/O ports, checks every field, and then does what
 * the host asks for. With "deaf" it does not. With "heedless" it never reads the
 * ISR status, as OpenBSD's driver for Linux.
 *
 * There is no interrupt handler in user space: it polls the ISR status, and looks
 * whether PCI says that the interrupt line is high.
 *
 * Its clock is wrong from the beginning until the host asks it to set it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/rtc.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#define PCI_DIR		"/sys/bus/pci/devices"
#define ID		0x07770b5d	/* as configuration space has it */
#define SUBSYSTEM	0xffff0b5d
#define CLASS		0x078000

/* In the window */
#define CONFIG		VIRTIO_PCI_CONFIG_OFF(0)
#define CMD		(CONFIG + 0)
#define SEC		(CONFIG + 4)
#define USEC		(CONFIG + 12)
#define CONFIG_END	(CONFIG + 20)

enum { F_TIMESYNC = 1, F_ACK = 2, F_SYNCRTC = 4 };
enum { SHUTDOWN = 1, REBOOT, SYNCRTC };

static int config_fd;
static unsigned int base, size, failed;
static bool heedless;

#define CHECK(is, want)							\
	do {								\
		unsigned long long c_is = (is), c_want = (want);	\
									\
		if (c_is != c_want) {					\
			printf("line %d: %s: 0x%llx, not 0x%llx\n",	\
			       __LINE__, #is, c_is, c_want);		\
			failed++;					\
		}							\
	} while (0)

static void die(const char *what)
{
	printf("vmmci_guest: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ----------------------------------------------------------------- access */

static uint64_t pci(unsigned int reg, unsigned int len)
{
	uint64_t v = 0;

	if (pread(config_fd, &v, len, reg) != (ssize_t)len)
		die("configuration space");
	return v;
}

static uint32_t rd(unsigned int offset, unsigned int len)
{
	switch (len) {
	case 1:
		return inb(base + offset);
	case 2:
		return inw(base + offset);
	default:
		return inl(base + offset);
	}
}

static void wr(unsigned int offset, unsigned int len, uint32_t value)
{
	switch (len) {
	case 1:
		outb(value, base + offset);
		break;
	case 2:
		outw(value, base + offset);
		break;
	default:
		outl(value, base + offset);
		break;
	}
}

/* Opens configuration space of the function; its I/O BAR as Linux placed it. */
static bool open_function(const char *name)
{
	unsigned long long start, end;
	char path[300];
	uint16_t command;
	FILE *f;

	snprintf(path, sizeof(path), PCI_DIR "/%s/config", name);
	config_fd = open(path, O_RDWR);
	if (config_fd < 0)
		die(path);
	if (pci(PCI_VENDOR_ID, 4) != ID) {
		close(config_fd);
		return false;
	}
	snprintf(path, sizeof(path), PCI_DIR "/%s/resource", name);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llx %llx", &start, &end) != 2)
		die(path);
	fclose(f);
	base = start;
	size = end - start + 1;
	command = pci(PCI_COMMAND, 2) | PCI_COMMAND_IO;
	if (pwrite(config_fd, &command, 2, PCI_COMMAND) != 2)
		die("PCI command");
	return true;
}

static void find(void)
{
	DIR *dir = opendir(PCI_DIR);
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.' && open_function(d->d_name))
			return;
	printf("vmmci_guest: no such device\n");
	exit(1);
}

/* ----------------------------------------------------------------- checks */

static void check_pci(void)
{
	CHECK(pci(PCI_SUBSYSTEM_VENDOR_ID, 4), SUBSYSTEM);
	CHECK(pci(PCI_CLASS_REVISION, 4) >> 8, CLASS);
	CHECK(pci(PCI_BASE_ADDRESS_0, 4) & PCI_BASE_ADDRESS_SPACE,
	      PCI_BASE_ADDRESS_SPACE_IO);
	CHECK(pci(PCI_BASE_ADDRESS_0, 4) & PCI_BASE_ADDRESS_IO_MASK, base);
	CHECK(size >= CONFIG_END, true);
	CHECK(pci(PCI_INTERRUPT_PIN, 1), 1);
	/* no capability: no MSI-X */
	CHECK(pci(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST, 0);
}

/* All but the configuration: at their width, and at no other. */
static void check_registers(void)
{
	static const struct {
		uint8_t offset, len;
		uint32_t value;
	} fields[] = {
		{ VIRTIO_PCI_GUEST_FEATURES, 4, 0 },
		{ VIRTIO_PCI_QUEUE_PFN, 4, 0 },
		{ VIRTIO_PCI_QUEUE_NUM, 2, 0 },
		{ VIRTIO_PCI_QUEUE_SEL, 2, 0 },
		{ VIRTIO_PCI_STATUS, 1, 0 },
		{ VIRTIO_PCI_ISR, 1, 0 },
	};
	unsigned int i, len;

	CHECK(rd(VIRTIO_PCI_HOST_FEATURES, 4) & 0xffffff,
	      F_TIMESYNC | F_ACK | F_SYNCRTC);
	CHECK(rd(VIRTIO_PCI_HOST_FEATURES, 2), 0);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		CHECK(rd(fields[i].offset, fields[i].len), fields[i].value);
		for (len = 1; len <= 4; len *= 2)
			if (len != fields[i].len)
				CHECK(rd(fields[i].offset, len), 0);
	}
	/* There is no queue to be made. */
	wr(VIRTIO_PCI_QUEUE_PFN, 4, 0x1000);
	CHECK(rd(VIRTIO_PCI_QUEUE_PFN, 4), 0);
	wr(VIRTIO_PCI_QUEUE_NOTIFY, 2, 0);
	for (i = CONFIG_END; i < size; i++)
		CHECK(rd(i, 1), 0);
}

static void check_time(void)
{
	uint32_t t[4], i, len, got;
	struct timespec wait = { .tv_nsec = 20000000 };

	/* Later reads are of the time of the first one, in any width. */
	for (i = 0; i < 4; i++)
		t[i] = rd(SEC + 4 * i, 4);
	nanosleep(&wait, NULL);
	for (len = 1; len <= 4; len *= 2)
		for (i = 4; i < 16; i += len) {
			got = rd(SEC + i, len);
			CHECK(got, (t[i / 4] >> 8 * (i % 4)) &
				   (0xffffffff >> (32 - 8 * len)));
		}
	CHECK(t[1], 0);
	CHECK(t[3], 0);
	CHECK(t[2] < 1000000, true);
	/* The next first byte takes another time. */
	rd(SEC, 1);
	CHECK(rd(USEC, 4) != t[2], true);
	printf("time: %" PRIu64 "\n", (uint64_t)rd(SEC, 4));
}

/* Nothing but the command can be written, and that not before the start. */
static void check_writes(void)
{
	unsigned int offset, len;

	for (offset = CONFIG; offset < size; offset++)
		for (len = 1; len <= 4; len *= 2)
			if (offset >= SEC && offset + len <= size)
				wr(offset, len, 0xa5a5a5a5);
	wr(CMD, 4, SHUTDOWN);
	CHECK(rd(CMD, 4), 0);
	CHECK(rd(SEC + 4, 4), 0);
	CHECK(rd(VIRTIO_PCI_ISR, 1), 0);
}

/* ----------------------------------------------------------------- driver */

static void start(void)
{
	uint8_t status = 0;

	wr(VIRTIO_PCI_STATUS, 1, 0);
	CHECK(rd(VIRTIO_PCI_STATUS, 1), 0);
	wr(VIRTIO_PCI_STATUS, 1, status |= VIRTIO_CONFIG_S_ACKNOWLEDGE);
	wr(VIRTIO_PCI_STATUS, 1, status |= VIRTIO_CONFIG_S_DRIVER);
	wr(VIRTIO_PCI_GUEST_FEATURES, 4, F_TIMESYNC | F_ACK | F_SYNCRTC);
	CHECK(rd(VIRTIO_PCI_GUEST_FEATURES, 4), F_TIMESYNC | F_ACK | F_SYNCRTC);
	/* From DRIVER_OK on there may be one. */
	CHECK(rd(CMD, 4), 0);
	wr(VIRTIO_PCI_STATUS, 1, status |= VIRTIO_CONFIG_S_DRIVER_OK);
	CHECK(rd(VIRTIO_PCI_STATUS, 1), status);
}

/* As an interrupt handler does: the cause, which is gone by reading it. */
static uint32_t wait_for_command(void)
{
	struct timespec wait = { .tv_nsec = 10000000 };

	while (!(pci(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT))
		nanosleep(&wait, NULL);
	if (heedless)
		return rd(CMD, 4);
	CHECK(rd(VIRTIO_PCI_ISR, 1), VIRTIO_PCI_ISR_CONFIG);
	CHECK(rd(VIRTIO_PCI_ISR, 1), 0);
	CHECK(pci(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, 0);
	return rd(CMD, 4);
}

/* Byte by byte, as Linux writes legacy configurations. */
static void answer(uint32_t op)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		wr(CMD + i, 1, op >> 8 * i);
}

static void set_clock(time_t seconds)
{
	struct timespec t = { .tv_sec = seconds };

	if (clock_settime(CLOCK_REALTIME, &t))
		die("clock");
}

/* SYNCRTC: the clock follows that of the machine, as after a boot. */
static void sync_clock(void)
{
	struct tm tm = {};
	struct rtc_time r;
	int rtc = open("/dev/rtc0", O_RDONLY);

	if (rtc < 0 || ioctl(rtc, RTC_RD_TIME, &r))
		die("/dev/rtc0");
	close(rtc);
	tm.tm_sec = r.tm_sec;
	tm.tm_min = r.tm_min;
	tm.tm_hour = r.tm_hour;
	tm.tm_mday = r.tm_mday;
	tm.tm_mon = r.tm_mon;
	tm.tm_year = r.tm_year;
	set_clock(timegm(&tm));
	printf("clock: %lld\n", (long long)time(NULL));
}

static void serve(void)
{
	uint32_t op;

	do {
		op = wait_for_command();
		answer(op);
		/* Answered is over, though nobody has read the ISR status. */
		if (heedless)
			CHECK(pci(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, 0);
		printf("command: %u\n", op);
		if (op == SYNCRTC) {
			sync_clock();
			check_time();
			/* Taken; there may be another one by now */
			CHECK(rd(CMD, 4) != SYNCRTC, true);
		} else if (op == REBOOT) {
			start();
		}
	} while (op != SHUTDOWN);
}

int main(int argc, char **argv)
{
	bool deaf = argc > 1 && !strcmp(argv[1], "deaf");

	heedless = argc > 1 && !strcmp(argv[1], "heedless");
	setlinebuf(stdout);
	if (iopl(3))
		die("iopl");
	find();
	check_pci();
	check_registers();
	check_time();
	check_writes();
	start();
	set_clock(1000000);
	printf("driver: up\n");
	if (deaf)
		for (;;)
			pause();
	/* It reboots by itself, in a way. */
	answer(REBOOT);
	serve();
	printf("failed: %u\n", failed);
	return failed > 0;
}
