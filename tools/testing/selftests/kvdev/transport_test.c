// SPDX-License-Identifier: GPL-2.0
/*
 * Drivers of the transports other than virtio-pci modern, which abi_regs_test.c
 * is about: they are this process.
 */
#include <fcntl.h>
#include <glob.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <linux/virtio_pci.h>

#include "transport_user.h"

/* ------------------------------------------------------- virtio-pci legacy */

static void legacy_start(struct guest *g, uint32_t status)
{
	struct vq *vq = &g->vq[0];
	unsigned int num;

	set(g, L, VIRTIO_PCI_STATUS, 1, 0);
	set(g, L, VIRTIO_PCI_STATUS, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	set(g, L, VIRTIO_PCI_STATUS, 1, S_DRIVER);
	g->features = get(g, L, VIRTIO_PCI_HOST_FEATURES, 4);
	EXPECT_TRUE(g->features & BIT(VIRTIO_F_ANY_LAYOUT));
	EXPECT_TRUE(g->features & BIT(VIRTIO_BLK_F_FLUSH));
	g->features &= ~(F_EVENT_IDX | F_INDIRECT);
	set(g, L, VIRTIO_PCI_GUEST_FEATURES, 4, g->features);
	EXPECT_EQ(get(g, L, VIRTIO_PCI_GUEST_FEATURES, 4), g->features);

	set(g, L, VIRTIO_PCI_QUEUE_SEL, 2, 0);
	num = get(g, L, VIRTIO_PCI_QUEUE_NUM, 2);
	EXPECT_EQ(get(g, L, VIRTIO_PCI_QUEUE_PFN, 4), 0);
	set(g, L, VIRTIO_PCI_QUEUE_PFN, 4,
	    ring_gpa(legacy_ring(vq, num, 4096)) >> 12);
	if (get(g, L, VIRTIO_PCI_STATUS, 1) != status)
		set(g, L, VIRTIO_PCI_STATUS, 1, status);
}

TEST(legacy_works)
{
	struct guest *g = disk();
	struct vq *vq = &g->vq[0];
	int i;

	ASSERT_EQ(bind(g, KVDEV_TRANSPORT_PCI_LEGACY, 2), 0);
	EXPECT_EQ(g->bar.bar_size, 0);
	EXPECT_GE(g->bar.legacy_size, 24 + 16);
	low_memory(g);
	ASSERT_EQ(set_vector(g->fd, 1, vq->call), 0);
	for (i = 0; i < 3; i++) {
		legacy_start(g, S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
		/* Such a driver never wrote FEATURES_OK, so it reads none */
		EXPECT_EQ(get(g, L, VIRTIO_PCI_STATUS, 1),
			  S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
		/* without a vector, by polling */
		ASSERT_EQ(get(g, L, VIRTIO_PCI_ISR, 1), 0);
		EXPECT_EQ(get(g, L, VIRTIO_PCI_QUEUE_PFN, 4),
			  ring_gpa(guest_addr(g, vq->desc)) >> 12);
		/* capacity: MSI-X is off, so it is at 20 */
		EXPECT_EQ(get(g, L, VIRTIO_PCI_CONFIG_OFF(0), 4), 2048);
		EXPECT_EQ(get(g, L, VIRTIO_PCI_CONFIG_OFF(0), 1), 0);
		EXPECT_EQ(get(g, L, VIRTIO_PCI_CONFIG_OFF(0) + 1, 1), 8);
	}
	set(g, L, VIRTIO_PCI_STATUS, 1, 0);
	EXPECT_EQ(get(g, L, VIRTIO_PCI_STATUS, 1), 0);
	EXPECT_EQ(get(g, L, VIRTIO_PCI_QUEUE_PFN, 4), 0);
}

/* Requests by doorbell and polling; a queue taken away and given again. */
TEST(legacy_queue_stops_and_starts)
{
	struct guest *g = disk();
	struct vq *vq = &g->vq[0];
	uint64_t data, status;
	struct vring_used_elem e;
	int i;

	ASSERT_EQ(bind(g, KVDEV_TRANSPORT_PCI_LEGACY, 0), 0);
	low_memory(g);
	legacy_start(g, S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
	data = guest_alloc(g, 512, 512);
	status = guest_alloc(g, 1, 1);
	for (i = 0; i < 4; i++) {
		uint64_t header = blk_header(g, VIRTIO_BLK_T_IN, 0);
		struct seg s[] = { { header, 16, 0 },
				   { data, 512, VRING_DESC_F_WRITE },
				   { status, 1, VRING_DESC_F_WRITE } };
		uint64_t end = now_ms() + WAIT_MS;

		*(uint8_t *)guest_ptr(g, status) = 0xff;
		vq_add(vq, s, 3);
		set(g, L, VIRTIO_PCI_QUEUE_NOTIFY, 2, 0);
		while (!vq_get(vq, &e) && now_ms() < end)
			;
		EXPECT_EQ(*(uint8_t *)guest_ptr(g, status), 0);
		while (!get(g, L, VIRTIO_PCI_ISR, 1) && now_ms() < end)
			;
		EXPECT_EQ(get(g, L, VIRTIO_PCI_ISR, 1), 0);
		/* 0 stops it: what is made available stays there */
		set(g, L, VIRTIO_PCI_QUEUE_PFN, 4, 0);
		EXPECT_EQ(get(g, L, VIRTIO_PCI_QUEUE_PFN, 4), 0);
		vq_add(vq, s, 3);
		set(g, L, VIRTIO_PCI_QUEUE_NOTIFY, 2, 0);
		usleep(10000);
		EXPECT_TRUE(!vq_get(vq, &e));
		set(g, L, VIRTIO_PCI_QUEUE_PFN, 4,
		    ring_gpa(legacy_ring(vq, vq->num, 4096)) >> 12);
	}
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
}

/* A page number that is no memory: the device cannot start. */
TEST(legacy_bad_pfn)
{
	struct guest *g = disk();

	ASSERT_EQ(bind(g, KVDEV_TRANSPORT_PCI_LEGACY, 0), 0);
	set(g, L, VIRTIO_PCI_STATUS, 1, S_DRIVER);
	set(g, L, VIRTIO_PCI_QUEUE_PFN, 4, UINT32_MAX);
	set(g, L, VIRTIO_PCI_STATUS, 1, S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
	EXPECT_EQ(get(g, L, VIRTIO_PCI_STATUS, 1), S_DRIVER |
		  VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET);
	set(g, L, VIRTIO_PCI_STATUS, 1, 0);
	EXPECT_EQ(get(g, L, VIRTIO_PCI_STATUS, 1), 0);
	low_memory(g);
	legacy_start(g, S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
	EXPECT_EQ(get(g, L, VIRTIO_PCI_STATUS, 1),
		  S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* Both windows, one driver after the other. */
TEST(transitional_either_driver)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	uint32_t status;
	int i;

	ASSERT_EQ(bind(g, KVDEV_TRANSPORT_PCI_TRANSITIONAL, 2), 0);
	EXPECT_TRUE(g->bar.bar_size && g->bar.legacy_size);
	ASSERT_EQ(set_vector(g->fd, 0, g->config_fd), 0);
	ASSERT_EQ(set_vector(g->fd, 1, g->vq[0].call), 0);
	ASSERT_EQ(pci_state(g->fd, KVDEV_PCI_MSIX, NULL), 0);
	low_memory(g);
	status = g->bar.common_offset + 20;
	for (i = 0; i < 3; i++) {
		g->o.pci = true;
		guest_start(g);
		blk_works(g);
		/* The other window takes nothing but a reset */
		set(g, L, VIRTIO_PCI_STATUS, 1, 0xff);
		set(g, L, VIRTIO_PCI_QUEUE_PFN, 4, 0);
		EXPECT_EQ(get(g, L, VIRTIO_PCI_STATUS, 1), S_DRIVER_OK);
		blk_works(g);
		set(g, L, VIRTIO_PCI_STATUS, 1, 0);
		EXPECT_EQ(guest_status(g), 0);
		guest_reset(g);

		g->vq[0].desc = NULL;
		g->vq[0].num = 0;
		legacy_start(g, S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
		set(g, 0, status, 1, 0xff);
		EXPECT_EQ(get(g, 0, status, 1),
			  S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
		set(g, 0, status, 1, 0);
		EXPECT_EQ(get(g, L, VIRTIO_PCI_STATUS, 1), 0);
		g->vq[0].desc = NULL;
		g->vq[0].num = 0;
	}
}

/* --------------------------------------------------------------------- mmio */

enum {
	M_MAGIC = 0, M_VERSION = 4, M_DEVICE = 8, M_FEATURES = 0x10,
	M_FEATURES_SEL = 0x14, M_DRIVER_FEATURES = 0x20, M_DRIVER_SEL = 0x24,
	M_PAGE_SIZE = 0x28, M_QUEUE_SEL = 0x30, M_QUEUE_MAX = 0x34,
	M_QUEUE_NUM = 0x38, M_QUEUE_ALIGN = 0x3c, M_QUEUE_PFN = 0x40,
	M_QUEUE_READY = 0x44, M_NOTIFY = 0x50, M_ISR = 0x60, M_ACK = 0x64,
	M_STATUS = 0x70, M_DESC = 0x80, M_DRIVER = 0x90, M_DEVICE_AREA = 0xa0,
	M_QUEUE_RESET = 0xc0, M_GENERATION = 0xfc, M_CONFIG = 0x100,
};

static uint32_t mget(struct guest *g, uint32_t offset)
{
	return get(g, 0, offset, 4);
}

static void mset(struct guest *g, uint32_t offset, uint32_t value)
{
	set(g, 0, offset, 4, value);
}

static void mset64(struct guest *g, uint32_t offset, uint64_t value)
{
	mset(g, offset, value);
	mset(g, offset + 4, value >> 32);
}

static void mmio_start(struct guest *g, uint32_t version)
{
	uint64_t ring, features = 0;
	struct vq *vq = &g->vq[0];
	unsigned int num;
	int i;

	EXPECT_EQ(mget(g, M_MAGIC), 0x74726976);
	EXPECT_EQ(mget(g, M_VERSION), version);
	EXPECT_EQ(mget(g, M_DEVICE), VIRTIO_ID_BLOCK);
	if (version == 1)
		mset(g, M_PAGE_SIZE, 4096);
	mset(g, M_STATUS, 0);
	mset(g, M_STATUS, S_DRIVER);
	for (i = 0; i < (version == 1 ? 1 : 2); i++) {
		mset(g, M_FEATURES_SEL, i);
		features |= (uint64_t)mget(g, M_FEATURES) << 32 * i;
	}
	features &= ~(F_EVENT_IDX | F_INDIRECT | F_RING_PACKED);
	for (i = 0; i < (version == 1 ? 1 : 2); i++) {
		mset(g, M_DRIVER_SEL, i);
		mset(g, M_DRIVER_FEATURES, features >> 32 * i);
	}
	if (version == 2) {
		mset(g, M_STATUS, S_FEATURES_OK);
		EXPECT_EQ(mget(g, M_STATUS), S_FEATURES_OK);
	}
	mset(g, M_QUEUE_SEL, 0);
	num = mget(g, M_QUEUE_MAX);
	mset(g, M_QUEUE_NUM, num);
	ring = legacy_ring(vq, num, 4096);
	if (version == 1) {
		mset(g, M_QUEUE_ALIGN, 4096);
		mset(g, M_QUEUE_PFN, ring_gpa(ring) >> 12);
	} else {
		mset64(g, M_DESC, ring);
		mset64(g, M_DRIVER, guest_addr(g, vq->avail));
		mset64(g, M_DEVICE_AREA, guest_addr(g, vq->used));
		mset(g, M_QUEUE_READY, 1);
		EXPECT_EQ(mget(g, M_QUEUE_READY), 1);
	}
	mset(g, M_STATUS, version == 1 ? S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK :
					 S_DRIVER_OK);
}

static struct guest *mmio_disk(uint32_t version)
{
	struct guest *g = disk();

	ASSERT_EQ(bind(g, version == 1 ? KVDEV_TRANSPORT_MMIO_LEGACY :
					 KVDEV_TRANSPORT_MMIO, 0), 0);
	EXPECT_EQ(g->bar.bar_size, 0x200);
	low_memory(g);
	return g;
}

static int set_line(struct guest *g, int fd, int resample)
{
	struct kvdev_set_line l = {
		.size = sizeof(l), .fd = fd, .resample_fd = resample,
	};

	return cmd(g->fd, KVDEV_SET_LINE, &l);
}

/*
 * One request, that the worker ends itself: when it rests the interrupt has
 * been told, too.
 */
static void request(struct guest *g, uint32_t space, uint32_t offset,
		  uint32_t len)
{
	struct vq *vq = &g->vq[0];
	size_t brk = g->brk;
	uint64_t header = blk_header(g, VIRTIO_BLK_T_GET_ID, 0);
	uint64_t id = guest_alloc(g, 21, 1), status = id + 20;
	struct seg s[] = { { header, 16, 0 }, { id, 21, VRING_DESC_F_WRITE } };
	struct vring_used_elem e;

	*(uint8_t *)guest_ptr(g, status) = 0xff;
	vq_add(vq, s, 2);
	set(g, space, offset, len, 0);
	workers_rest();
	ASSERT_TRUE(vq_get(vq, &e));
	EXPECT_EQ(*(uint8_t *)guest_ptr(g, status), 0);
	vq_free_chain(vq, e.id);
	g->brk = brk;
}

static void mmio_works(uint32_t version)
{
	struct guest *g = mmio_disk(version);
	int line = event_new(), i;

	ASSERT_EQ(set_line(g, line, -1), 0);
	for (i = 0; i < 3; i++) {
		mmio_start(g, version);
		EXPECT_EQ(mget(g, M_CONFIG), 2048);
		request(g, 0, M_NOTIFY, 4);
		/* InterruptStatus stays until it is acknowledged */
		EXPECT_TRUE(event_wait(line, WAIT_MS));
		EXPECT_EQ(mget(g, M_ISR), 1);
		EXPECT_EQ(mget(g, M_ISR), 1);
		mset(g, M_ACK, 2);
		EXPECT_EQ(mget(g, M_ISR), 1);
		mset(g, M_ACK, 1);
		EXPECT_EQ(mget(g, M_ISR), 0);
		/* Taken back from the device */
		mset(g, version == 1 ? M_QUEUE_PFN : M_QUEUE_READY, 0);
		EXPECT_EQ(mget(g, version == 1 ? M_QUEUE_PFN : M_QUEUE_READY),
			  0);
		mset(g, M_NOTIFY, 0);
	}
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
	mset(g, M_STATUS, 0);
	EXPECT_EQ(mget(g, M_STATUS), 0);
	EXPECT_EQ(mget(g, M_ISR), 0);
}

TEST(mmio_version_2)
{
	mmio_works(2);
}

TEST(mmio_version_1)
{
	mmio_works(1);
}

/* Reset by the register, and given again, smaller each time. */
TEST(mmio_queue_reset)
{
	struct guest *g = mmio_disk(2);
	struct vq *vq = &g->vq[0];
	unsigned int num;

	mmio_start(g, 2);
	for (num = vq->num; num >= 2; num /= 2) {
		request(g, 0, M_NOTIFY, 4);
		EXPECT_EQ(mget(g, M_QUEUE_RESET), 0);
		mset(g, M_QUEUE_RESET, 1);
		EXPECT_EQ(mget(g, M_QUEUE_RESET), 0);
		EXPECT_EQ(mget(g, M_QUEUE_READY), 0);
		mset(g, M_QUEUE_NUM, num);
		mset64(g, M_DESC, legacy_ring(vq, num, 4096));
		vq->avail = (void *)(vq->desc + num);
		memset(vq->used, 0, 6 + 8 * num);
		mset64(g, M_DRIVER, guest_addr(g, vq->avail));
		mset64(g, M_DEVICE_AREA, guest_addr(g, vq->used));
		mset(g, M_QUEUE_READY, 1);
		EXPECT_EQ(mget(g, M_QUEUE_READY), 1);
	}
	request(g, 0, M_NOTIFY, 4);
	EXPECT_EQ(guest_stats(g, 0).dev_ignored_accesses, 0);
	/* No value, and a queue that is not ready */
	mset(g, M_QUEUE_RESET, 0x10001);
	mset(g, M_QUEUE_READY, 0);
	mset(g, M_QUEUE_RESET, 1);
	EXPECT_EQ(guest_stats(g, 0).dev_ignored_accesses, 2);
	EXPECT_EQ(mget(g, M_STATUS), S_DRIVER_OK);
	/* The reset of all */
	mset(g, M_STATUS, 0);
	EXPECT_EQ(mget(g, M_QUEUE_RESET), 0);
}

/* ---------------------------------------------------------- interrupt line */

static char *file_text(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "r");
	size_t len;

	ASSERT_TRUE(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

/* The file of the device that this test has; tests run one at a time. */
static char *debugfs(const char *name)
{
	char pattern[64], *text;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/debug/kvdev/*/%s",
		 name);
	if (glob(pattern, 0, NULL, &found))
		SKIP("no debugfs");
	text = file_text(found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return text;
}

static unsigned int debugfs_number(const char *name, const char *after)
{
	const char *at = strstr(debugfs(name), after);

	ASSERT_TRUE(at);
	return strtoul(at + strlen(after), NULL, 10);
}

/* The line as KVM makes it from two eventfds: high until the guest ends it. */
TEST(line_is_a_level)
{
	struct guest *g = mmio_disk(2);
	int line = event_new(), end = event_new(), i;
	uint64_t one = 1;

	/* Would signal itself for ever */
	EXPECT_EQ(set_line(g, line, line), -EINVAL);
	EXPECT_EQ(set_line(g, line, dup(line)), -EINVAL);
	ASSERT_EQ(set_line(g, line, end), 0);
	mmio_start(g, 2);
	request(g, 0, M_NOTIFY, 4);
	EXPECT_TRUE(event_wait(line, WAIT_MS));
	/* High already: another event needs no signal */
	for (i = 0; i < 3; i++)
		request(g, 0, M_NOTIFY, 4);
	EXPECT_TRUE(!event_wait(line, NO_USED_MS));
	/* Ended, but not acknowledged: again */
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(write(end, &one, 8), 8);
		EXPECT_TRUE(event_wait(line, WAIT_MS));
		EXPECT_TRUE(!event_wait(line, 20));
	}
	/* Acknowledged, then ended: low */
	mset(g, M_ACK, 1);
	ASSERT_EQ(write(end, &one, 8), 8);
	EXPECT_TRUE(!event_wait(line, NO_USED_MS));
	/* Another line while it is high */
	request(g, 0, M_NOTIFY, 4);
	EXPECT_TRUE(event_wait(line, WAIT_MS));
	ASSERT_EQ(set_line(g, -1, -1), 0);
	ASSERT_EQ(write(end, &one, 8), 8);
	EXPECT_TRUE(!event_wait(line, 20));
	ASSERT_EQ(set_line(g, line, end), 0);
	EXPECT_TRUE(event_wait(line, WAIT_MS));
	/* The end from before, found with the eventfd, may be told as well */
	event_wait(line, NO_USED_MS);
	/* A reset makes it low; but for what was told before */
	mset(g, M_STATUS, 0);
	event_take(line);
	ASSERT_EQ(write(end, &one, 8), 8);
	EXPECT_TRUE(!event_wait(line, NO_USED_MS));
}

/* Two devices whose lines end each other's interrupts come to rest. */
TEST(lines_in_a_circle)
{
	struct guest *g[] = { mmio_disk(2), mmio_disk(2) };
	int line[] = { event_new(), event_new() };
	uint64_t one = 1, end = now_ms() + WAIT_MS;
	unsigned int i, signals;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(set_line(g[i], line[i], line[!i]), 0);
		mmio_start(g[i], 2);
		request(g[i], 0, M_NOTIFY, 4);
	}
	ASSERT_EQ(write(line[0], &one, 8), 8);
	/* Whoever waits for an event takes its count: none is left to take */
	for (i = 0; i < 2; i++)
		EXPECT_EQ(mget(g[i], M_ISR), 1);
	do {
		ASSERT_TRUE(now_ms() < end);
		signals = debugfs_number("registers", "line signals ");
		usleep(100000);
	} while (debugfs_number("registers", "line signals ") != signals);
}

/* Without an end of interrupt each event is a signal. */
TEST(line_without_resample)
{
	struct guest *g = mmio_disk(2);
	int line = event_new(), i;

	ASSERT_EQ(set_line(g, line, -1), 0);
	mmio_start(g, 2);
	for (i = 0; i < 3; i++) {
		request(g, 0, M_NOTIFY, 4);
		EXPECT_TRUE(event_wait(line, WAIT_MS));
	}
	EXPECT_EQ(mget(g, M_ISR), 1);
	EXPECT_EQ(set_line(g, 0, -1), -EINVAL);
	EXPECT_EQ(set_line(g, line, 12345), -EBADF);
	EXPECT_EQ(set_line(g, 12345, -1), -EBADF);
	request(g, 0, M_NOTIFY, 4);
	EXPECT_TRUE(event_wait(line, WAIT_MS));
}

static int set_pci(struct guest *g, uint32_t state, uint32_t *isr)
{
	struct kvdev_pci_state s;
	int ret = pci_state(g->fd, state, &s);

	*isr = s.isr;
	return ret;
}

/* INTx, MSI-X and the bit that disables INTx. */
TEST(line_and_msix)
{
	struct guest_options o = { .pci = true,
				   .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	int line = event_new(), end = event_new();
	uint32_t isr, vector = g->bar.common_offset + 26;
	uint32_t bell = g->bar.notify_offset;

	ASSERT_EQ(set_line(g, line, end), 0);
	guest_start(g);
	ASSERT_EQ(set_pci(g, KVDEV_PCI_MSIX, &isr), 0);
	request(g, 0, bell, 2);
	EXPECT_TRUE(event_wait(g->vq[0].call, WAIT_MS));
	reg_write(g, vector, 2, 0xffff);
	/* virtio 1.3, 4.1.5.3.1: no vector, no interrupt */
	request(g, 0, bell, 2);
	EXPECT_TRUE(!event_wait(line, NO_USED_MS));
	/* Off: the level shows */
	ASSERT_EQ(set_pci(g, KVDEV_PCI_INTX_OFF, &isr), 0);
	EXPECT_EQ(isr, 1);
	EXPECT_TRUE(!event_wait(line, 20));
	ASSERT_EQ(set_pci(g, 0, &isr), 0);
	EXPECT_EQ(isr, 1);
	EXPECT_TRUE(event_wait(line, WAIT_MS));
	EXPECT_EQ(reg_read(g, g->bar.isr_offset, 1), 1);
	ASSERT_EQ(set_pci(g, 0, &isr), 0);
	EXPECT_EQ(isr, 0);
	EXPECT_TRUE(!event_wait(line, 20));
	/* A device that needs a reset says so there */
	request(g, 0, bell, 2);
	EXPECT_TRUE(event_wait(line, WAIT_MS));
	EXPECT_EQ(reg_read(g, g->bar.isr_offset, 1), 1);
	vq_expose(&g->vq[0], 0xffff);
	reg_write(g, bell, 2, 0);
	EXPECT_TRUE(event_wait(line, WAIT_MS));
	EXPECT_EQ(reg_read(g, g->bar.isr_offset, 1), 2);
	EXPECT_EQ(set_pci(g, 8, &isr), -EOPNOTSUPP);
}

TEST(line_needs_a_transport)
{
	struct guest *g = disk();
	uint32_t isr;

	EXPECT_EQ(set_line(g, -1, -1), -ENXIO);
	EXPECT_EQ(set_pci(g, 0, &isr), -ENXIO);
	ASSERT_EQ(bind(g, KVDEV_TRANSPORT_MMIO, 1), -EINVAL);
	ASSERT_EQ(bind(g, KVDEV_TRANSPORT_MMIO, 0), 0);
	EXPECT_EQ(set_pci(g, 0, &isr), -ENXIO);
	EXPECT_EQ(set_vector(g->fd, 0, -1), -ENXIO);
}

/* MSI-X moves the configuration of the legacy window. */
TEST(legacy_msix_moves_config)
{
	struct guest *g = disk();
	uint32_t isr;

	ASSERT_EQ(bind(g, KVDEV_TRANSPORT_PCI_LEGACY, 2), 0);
	EXPECT_EQ(get(g, L, 20, 4), 2048);
	ASSERT_EQ(set_pci(g, KVDEV_PCI_MSIX, &isr), 0);
	EXPECT_EQ(get(g, L, 20, 2), 0xffff);
	EXPECT_EQ(get(g, L, 24, 4), 2048);
	ASSERT_EQ(set_pci(g, 0, &isr), 0);
	EXPECT_EQ(get(g, L, 20, 4), 2048);
}

#define EXPECT_IN(text, what)						\
	do {								\
		if (!strstr(text, what))				\
			NOTE("not there: %s", what);			\
		EXPECT_TRUE(strstr(text, what));			\
	} while (0)

/* What a person sees of a device, and that looking changes nothing. */
TEST(debugfs_shows_registers_and_rings)
{
	struct guest *g = mmio_disk(1);
	const char *text;

	text = debugfs("queues");
	EXPECT_IN(text, "queue 0: stopped");
	mmio_start(g, 1);
	request(g, 0, M_NOTIFY, 4);
	/* Waiting for a kick that never comes */
	g->vq[0].desc[7].addr = 0x123456789abcULL;
	g->vq[0].desc[7].len = 4711;
	vq_expose(&g->vq[0], 7);
	vq_expose(&g->vq[0], 0xfffe);

	text = debugfs("registers");
	EXPECT_IN(text, "transport mmio-legacy, legacy driver");
	EXPECT_IN(text, "device_status 0x07 ACKNOWLEDGE DRIVER DRIVER_OK\n");
	EXPECT_IN(text, "isr_status 0x1");
	EXPECT_IN(text, "queue 0: queue_size 256 of 256 queue_enable 1 running");
	EXPECT_IN(text, "00000000: 00 08 00 00 00 00 00 00");
	text = debugfs("queues");
	EXPECT_IN(text, "queue 0: split, 256 entries");
	EXPECT_IN(text, "avail: idx 3 flags 0x0, next to take 1");
	EXPECT_IN(text, "used: idx 1 ");
	EXPECT_IN(text, "waiting: 7: addr 0x123456789abc len 4711 flags 0x0");
	EXPECT_IN(text, "waiting: 65534, no descriptor");
	EXPECT_IN(text, "descriptor area, 4096 bytes");
	EXPECT_EQ(mget(g, M_ISR), 1);
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
}

#define TRACE	"/sys/kernel/tracing/instances/kvtest"

/* What a driver did to registers, by their names, and what came of it. */
TEST(trace_names_registers)
{
	struct guest *g = mmio_disk(2);
	const char *text;
	int fd;

	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	if (mkdir(TRACE, 0700) && errno != EEXIST)
		SKIP("no tracing");
	fd = open(TRACE "/events/kvdev/kvdev_reg/enable", O_WRONLY);
	ASSERT_TRUE(fd >= 0);
	EXPECT_EQ(write(fd, "1", 1), 1);
	mget(g, M_MAGIC);
	mset(g, M_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	mset(g, M_VERSION, 7);
	EXPECT_EQ(pwrite(fd, "0", 1, 0), 1);
	close(fd);

	text = file_text(TRACE "/trace");
	EXPECT_IN(text, "read MagicValue offset=0x0 len=4 value=0x74726976");
	EXPECT_IN(text, "write Status offset=0x70 len=4 value=0x1 status");
	EXPECT_IN(text, "write Version offset=0x4 len=4 value=0x7 ignored");
	EXPECT_EQ(rmdir(TRACE), 0);
}
