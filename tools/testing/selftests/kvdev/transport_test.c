// SPDX-License-Identifier: GPL-2.0
/*
 * Drivers of the transports other than virtio-pci modern, which abi_regs_test.c
 * is about: they are this process.
 */
#include <sys/mman.h>

#include <linux/virtio_pci.h>

#include "abi_common.h"

static uint64_t get(struct guest *g, uint32_t space, uint32_t offset,
		    uint32_t len)
{
	struct kvdev_access a = {
		.size = sizeof(a), .offset = offset, .len = len, .space = space,
	};

	ASSERT_EQ(cmd(g->fd, KVDEV_ACCESS, &a), 0);
	return a.value;
}

static void set(struct guest *g, uint32_t space, uint32_t offset, uint32_t len,
		uint64_t value)
{
	struct kvdev_access a = {
		.size = sizeof(a), .flags = KVDEV_ACCESS_WRITE,
		.offset = offset, .len = len, .space = space, .value = value,
	};

	ASSERT_EQ(cmd(g->fd, KVDEV_ACCESS, &a), 0);
}

static int bind(struct guest *g, uint32_t type, uint32_t nr_vectors)
{
	g->bar = (struct kvdev_bind_transport){
		.size = sizeof(g->bar), .type = type, .nr_vectors = nr_vectors,
	};
	return cmd(g->fd, KVDEV_BIND_TRANSPORT, &g->bar);
}

static struct guest *disk(void)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };

	return guest_new(&o);
}

/* Rings where virtio 1.3, 2.7.2 has them, @align apart from each other. */
static uint64_t legacy_ring(struct vq *vq, unsigned int num, size_t align)
{
	size_t used = (16 * num + 6 + 2 * num + align - 1) & ~(align - 1);
	uint64_t at;
	unsigned int i;

	vq->num = num;
	if (!vq->desc) {
		at = guest_alloc(vq->g, used + 6 + 8 * num, 4096);
		vq->desc = guest_ptr(vq->g, at);
		vq->g->brk = (vq->g->brk + 4095) & ~4095UL;
		vq->avail = (void *)(vq->desc + num);
		vq->used = (void *)((uint8_t *)vq->desc + used);
		vq->free = malloc(num * sizeof(*vq->free));
	}
	memset(vq->desc, 0, used + 6 + 8 * num);
	vq->avail_idx = vq->last_used = vq->kicked = vq->nr_free = 0;
	for (i = num; i-- > 0;)
		vq->free[vq->nr_free++] = i;
	return guest_addr(vq->g, vq->desc);
}

/* ------------------------------------------------------- virtio-pci legacy */

#define L KVDEV_SPACE_LEGACY

static uint64_t ring_gpa(uint64_t addr)
{
	/* GUEST_GPA is beyond what a page number reaches. */
	return addr - GUEST_GPA + (1 << 20);
}

/* Guest memory where a page number of 32 bits reaches. */
static void low_memory(struct guest *g)
{
	struct vhost_memory_region r[] = {
		{ GUEST_GPA, g->o.mem, (uintptr_t)g->mem, 0 },
		{ 1 << 20, g->o.mem, (uintptr_t)g->mem, 0 },
	};

	ASSERT_EQ(set_mem(g->fd, r, 2), 0);
}

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

/* Spaces and byte orders that a transport does not have. */
TEST(transport_refuses)
{
	static const struct {
		uint32_t type, flags;
		int ret, bar, legacy;
	} cases[] = {
		{ KVDEV_TRANSPORT_PCI_MODERN, 0, 0, 0, -EINVAL },
		{ KVDEV_TRANSPORT_PCI_LEGACY, 0, 0, -EINVAL, 0 },
		{ KVDEV_TRANSPORT_PCI_TRANSITIONAL, 0, 0, 0, 0 },
		{ KVDEV_TRANSPORT_PCI_MODERN, KVDEV_BIND_BIG_ENDIAN, 0, 0,
		  -EINVAL },
		{ KVDEV_TRANSPORT_PCI_LEGACY, KVDEV_BIND_BIG_ENDIAN,
		  -EOPNOTSUPP, -ENXIO, -ENXIO },
		{ KVDEV_TRANSPORT_PCI_TRANSITIONAL, KVDEV_BIND_BIG_ENDIAN,
		  -EOPNOTSUPP, -ENXIO, -ENXIO },
	};
	unsigned int i, space;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvdev_bind_transport b = {
			.size = sizeof(b), .type = cases[i].type,
			.flags = cases[i].flags,
		};
		int fd = open_at(OWNED);

		EXPECT_EQ(cmd(fd, KVDEV_BIND_TRANSPORT, &b), cases[i].ret);
		for (space = 0; space < 2; space++) {
			struct kvdev_access a = {
				.size = sizeof(a), .len = 4, .space = space,
			};

			EXPECT_EQ(cmd(fd, KVDEV_ACCESS, &a),
				  space ? cases[i].legacy : cases[i].bar);
		}
		close(fd);
	}
}

/* What cannot be returned has not happened. */
TEST(bind_that_cannot_return)
{
	struct kvdev_bind_transport b = {
		.size = sizeof(b), .type = KVDEV_TRANSPORT_PCI_MODERN,
		.nr_vectors = 2,
	};
	struct kvdev_bind_transport *ro;
	int fd = open_at(OWNED);

	ro = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(ro != MAP_FAILED);
	*ro = b;
	ASSERT_EQ(mprotect(ro, 4096, PROT_READ), 0);
	EXPECT_EQ(cmd(fd, KVDEV_BIND_TRANSPORT, ro), -EFAULT);
	EXPECT_EQ(set_vector(fd, 0, -1), -ENXIO);
	EXPECT_EQ(cmd(fd, KVDEV_BIND_TRANSPORT, &b), 0);
	EXPECT_EQ(set_vector(fd, 0, -1), 0);
}
