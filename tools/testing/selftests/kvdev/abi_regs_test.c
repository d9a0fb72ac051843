// SPDX-License-Identifier: GPL-2.0
/*
 * Every statement of <linux/kvdev.h> about the register level: where the
 * registers are, how they are accessed, what they hold.
 */
#include "abi_common.h"

/* --------------------------------------------------------- transports */

static const struct kvdev_bind_transport vmd_layout = {
	.size = sizeof(vmd_layout),
	.type = KVDEV_TRANSPORT_PCI_MODERN,
	.common_offset = 0,
	.notify_offset = 0x100,
	.notify_multiplier = 0,
	.isr_offset = 0x200,
	.device_offset = 0x300,
	.bar_size = 0x1000,
};

static int bind_with(const struct kvdev_bind_transport *b)
{
	struct kvdev_bind_transport copy = *b;
	int fd = open_at(CREATED), ret = cmd(fd, KVDEV_BIND_TRANSPORT, &copy);

	close(fd);
	return ret;
}

#define BIND(...)							\
	({								\
		struct kvdev_bind_transport b = vmd_layout;		\
		__VA_ARGS__;						\
		bind_with(&b);						\
	})

TEST(transport_layouts)
{
	EXPECT_EQ(BIND(), 0);
	EXPECT_EQ(BIND(b.type = 0), -EOPNOTSUPP);
	EXPECT_EQ(BIND(b.type = 99), -EOPNOTSUPP);
	EXPECT_EQ(BIND(b.nr_vectors = KVDEV_MAX_VECTORS), 0);
	EXPECT_EQ(BIND(b.nr_vectors = KVDEV_MAX_VECTORS + 1), -EINVAL);
	EXPECT_EQ(BIND(b.nr_vectors = UINT32_MAX), -EINVAL);
	/* alignment */
	EXPECT_EQ(BIND(b.common_offset = 2), -EINVAL);
	EXPECT_EQ(BIND(b.notify_offset = 0x101), -EINVAL);
	EXPECT_EQ(BIND(b.notify_offset = 0x102), 0);
	EXPECT_EQ(BIND(b.isr_offset = 0x201), 0);
	EXPECT_EQ(BIND(b.device_offset = 0x302), -EINVAL);
	/* overlap */
	EXPECT_EQ(BIND(b.isr_offset = 0), -EINVAL);
	EXPECT_EQ(BIND(b.isr_offset = 55), -EINVAL);
	EXPECT_EQ(BIND(b.isr_offset = 56), 0);
	EXPECT_EQ(BIND(b.notify_offset = 54), -EINVAL);
	EXPECT_EQ(BIND(b.device_offset = 0x1fc), -EINVAL);
	/* end */
	EXPECT_EQ(BIND(b.device_offset = 0x1000), -EINVAL);
	EXPECT_EQ(BIND(b.isr_offset = 0xfff), 0);
	EXPECT_EQ(BIND(b.isr_offset = 0x1000), -EINVAL);
	EXPECT_EQ(BIND(b.common_offset = UINT32_MAX - 3), -EINVAL);
	EXPECT_EQ(BIND(b.notify_offset = UINT32_MAX - 1), -EINVAL);
	EXPECT_EQ(BIND(b.bar_size = 0x1800), -EINVAL);
	EXPECT_EQ(BIND(b.bar_size = 0x200), -EINVAL);
	EXPECT_EQ(BIND(b.bar_size = 0x80000000), 0);
	EXPECT_EQ(BIND(b.bar_size = 1), -EINVAL);
	/* multiplier */
	EXPECT_EQ(BIND(b.notify_multiplier = 1), -EINVAL);
	EXPECT_EQ(BIND(b.notify_multiplier = 2), 0);
	EXPECT_EQ(BIND(b.notify_multiplier = 3), -EINVAL);
	EXPECT_EQ(BIND(b.notify_multiplier = 0x80000000), 0);
	/* with the default layout the rest is 0 */
	EXPECT_EQ(BIND(b.bar_size = 0), -EINVAL);
	EXPECT_EQ(BIND(b.bar_size = 0, b.notify_offset = 0, b.isr_offset = 0),
		  -EINVAL);
	EXPECT_EQ(BIND(b.bar_size = 0, b.notify_offset = 0, b.isr_offset = 0,
		       b.device_offset = 0), 0);
	EXPECT_EQ(BIND(b.bar_size = 0, b.notify_offset = 0, b.isr_offset = 0,
		       b.device_offset = 0, b.notify_multiplier = 4), -EINVAL);
}

TEST(transport_lengths)
{
	struct kvdev_bind_transport b = vmd_layout;
	int fd = open_at(OPENED);
	uint32_t size;

	ASSERT_EQ(create(fd, VIRTIO_ID_BLOCK, 4, 0), 0);
	ASSERT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG_SIZE, &size), 0);
	ASSERT_EQ(cmd(fd, KVDEV_BIND_TRANSPORT, &b), 0);
	EXPECT_EQ(b.notify_offset, 0x100);
	EXPECT_EQ(b.bar_size, 0x1000);
	EXPECT_EQ(b.common_len, 60);
	EXPECT_GE(b.notify_len, 2);
	EXPECT_EQ(b.isr_len, 1);
	EXPECT_EQ(b.device_len, size);

	fd = open_at(OPENED);
	ASSERT_EQ(create(fd, VIRTIO_ID_BLOCK, 64, 0), 0);
	memset(&b, 0, sizeof(b));
	b.size = sizeof(b);
	b.type = KVDEV_TRANSPORT_PCI_MODERN;
	/* These are out only. */
	b.common_len = b.notify_len = b.isr_len = b.device_len = 0xdead;
	ASSERT_EQ(cmd(fd, KVDEV_BIND_TRANSPORT, &b), 0);
	EXPECT_EQ(b.bar_size & (b.bar_size - 1), 0);
	EXPECT_GE(b.notify_len, 63 * b.notify_multiplier + 2);
	EXPECT_LE(b.notify_offset + b.notify_len, b.bar_size);
	EXPECT_LE(b.device_offset + b.device_len, b.bar_size);
	EXPECT_EQ(b.device_len, size);
}

TEST(bound_is_not_ring_level)
{
	static const unsigned long cmds[] = {
		VHOST_SET_FEATURES, VHOST_SET_VRING_NUM, VHOST_SET_VRING_ADDR,
		VHOST_SET_VRING_BASE, VHOST_GET_VRING_BASE,
		VHOST_SET_VRING_CALL, VHOST_VDPA_SET_CONFIG_CALL,
		VHOST_VDPA_SET_VRING_ENABLE,
	};
	int fd = open_at(BOUND), ev = event_new();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		EXPECT_EQ(call_any(fd, cmds[i]), -EBUSY);
	EXPECT_EQ(set_status(fd, S_DRIVER), -EBUSY);
	EXPECT_EQ(set_status(fd, 0), 0);
	EXPECT_EQ(vring_file(fd, VHOST_SET_VRING_KICK, 0, ev), 0);
	EXPECT_EQ(vring_file(fd, VHOST_SET_VRING_ERR, 0, ev), 0);
}

TEST(ring_level_has_no_registers)
{
	int fd = open_at(OWNED);
	uint64_t value = 0;

	EXPECT_EQ(reg_access(fd, false, 0, 4, &value), -ENXIO);
}

TEST(bind_while_driver_is_active)
{
	int fd = open_at(OWNED);

	EXPECT_EQ(set_status(fd, S_DRIVER), 0);
	EXPECT_EQ(call_any(fd, KVDEV_BIND_TRANSPORT), -EBUSY);
	EXPECT_EQ(set_status(fd, 0), 0);
	EXPECT_EQ(call_any(fd, KVDEV_BIND_TRANSPORT), 0);
}

TEST(access_widths)
{
	static const uint32_t bad[] = { 0, 3, 5, 6, 7, 9, 16, 0x80000000,
					UINT32_MAX };
	int fd = open_at(BOUND);
	uint64_t value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		value = 0;
		EXPECT_EQ(reg_access(fd, false, 0, bad[i], &value), -EINVAL);
		EXPECT_EQ(reg_access(fd, true, 0, bad[i], &value), -EINVAL);
	}
}

/* What the driver does wrong is ignored, read as 0, and counted. */
TEST(access_errors_are_the_drivers)
{
	static const struct {
		uint32_t offset, len;
	} bad[] = {
		{ 0, 1 }, { 0, 8 }, { 1, 4 }, { 16, 4 }, { 20, 2 }, { 33, 4 },
		{ 34, 2 }, { 0xf00, 4 }, { 0x7fffffff, 1 },
		{ UINT32_MAX, 8 }, { UINT32_MAX - 3, 4 },
	};
	struct guest_options o = { .pci = true,
				   .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	uint64_t before = guest_stats(g, 0).dev_ignored_accesses, value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		value = -1ULL;
		EXPECT_EQ(reg_access(g->fd, false, bad[i].offset, bad[i].len,
				     &value), 0);
		EXPECT_EQ(value, 0);
		value = -1ULL;
		EXPECT_EQ(reg_access(g->fd, true, bad[i].offset, bad[i].len,
				     &value), 0);
	}
	EXPECT_EQ(guest_stats(g, 0).dev_ignored_accesses,
		  before + 2 * ARRAY_SIZE(bad));
	/* read-only registers, a queue that is not there, the config */
	before = guest_stats(g, 0).dev_ignored_accesses;
	reg_write(g, g->bar.common_offset + 18, 2, 7);
	reg_write(g, g->bar.common_offset + 22, 2, 1);
	EXPECT_EQ(reg_read(g, g->bar.common_offset + 24, 2), 0);
	reg_write(g, g->bar.common_offset + 24, 2, 8);
	reg_write(g, g->bar.notify_offset + g->bar.notify_multiplier, 2, 1);
	reg_write(g, g->bar.device_offset, 4, 7);
	EXPECT_GE(guest_stats(g, 0).dev_ignored_accesses, before + 4);
	EXPECT_EQ(reg_read(g, g->bar.common_offset + 18, 2), 1);
	EXPECT_EQ(guest_status(g), 0);
	guest_start(g);
	blk_works(g);
}

TEST(registers_after_reset)
{
	struct guest_options o = { .pci = true, .nr_queues = 2,
				   .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	uint32_t c = g->bar.common_offset;
	int how;

	for (how = 0; how < 2; how++) {
		guest_start(g);
		blk_works(g);
		EXPECT_EQ(reg_read(g, c + 16, 2), 0);
		if (how)
			EXPECT_EQ(set_status(g->fd, 0), 0);
		else
			reg_write(g, c + 20, 1, 0);
		EXPECT_EQ(guest_status(g), 0);
		EXPECT_EQ(reg_read(g, c + 0, 4), 0);
		EXPECT_EQ(reg_read(g, c + 8, 4), 0);
		EXPECT_EQ(reg_read(g, c + 12, 4), 0);
		EXPECT_EQ(reg_read(g, c + 16, 2), 0xffff);
		EXPECT_EQ(reg_read(g, c + 18, 2), 2);
		EXPECT_EQ(reg_read(g, c + 22, 2), 0);
		EXPECT_EQ(reg_read(g, c + 24, 2), 256);
		EXPECT_EQ(reg_read(g, c + 26, 2), 0xffff);
		EXPECT_EQ(reg_read(g, c + 28, 2), 0);
		EXPECT_EQ(reg_read(g, c + 32, 8), 0);
		EXPECT_EQ(reg_read(g, c + 40, 8), 0);
		EXPECT_EQ(reg_read(g, c + 48, 8), 0);
		guest_reset(g);
	}
	EXPECT_EQ(guest_stats(g, 0).dev_resets, 4);
}

/* Features the device cannot work with: FEATURES_OK is not there to read. */
TEST(registers_refuse_features)
{
	struct guest_options o = { .pci = true, .refuse = F_VERSION_1,
				   .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);

	EXPECT_EQ(guest_negotiate(g), -EINVAL);
	EXPECT_EQ(guest_status(g), S_DRIVER);
	/* DRIVER_OK without it does nothing. */
	guest_driver_ok(g);
	EXPECT_TRUE(!(guest_status(g) & VIRTIO_CONFIG_S_DRIVER_OK));
}

/* A driver has no return value: it gets NEEDS_RESET. */
TEST(registers_bad_ring)
{
	struct guest_options o = { .pci = true,
				   .backend = temp_file(1 << 20, 0) };
	static const uint64_t bad[] = {
		0, 0x1000, GUEST_GPA - 16, GUEST_GPA + GUEST_MEM,
		GUEST_GPA + GUEST_MEM - 16, GUEST_GPA + 8, -16ULL,
		0xffff888000000000ULL,
	};
	struct guest *g = guest_new(&o);
	unsigned int i, area;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		for (area = 0; area < 3; area++) {
			uint32_t reg = g->bar.common_offset + 32 + 8 * area;

			/* 8 is only bad for descriptors */
			if (bad[i] == GUEST_GPA + 8 && area)
				continue;
			ASSERT_EQ(guest_negotiate(g), 0);
			reg_write(g, g->bar.common_offset + 22, 2, 0);
			reg_write(g, g->bar.common_offset + 32, 8, GUEST_GPA);
			reg_write(g, g->bar.common_offset + 40, 8,
				  GUEST_GPA + 8192);
			reg_write(g, g->bar.common_offset + 48, 8,
				  GUEST_GPA + 16384);
			reg_write(g, reg, 8, bad[i]);
			reg_write(g, g->bar.common_offset + 28, 2, 1);
			event_take(g->config_fd);
			guest_driver_ok(g);
			EXPECT_EQ(guest_status(g), S_DRIVER_OK |
				  VIRTIO_CONFIG_S_NEEDS_RESET);
			EXPECT_EQ(event_take(g->config_fd), 1);
			guest_reset(g);
		}
	}
	EXPECT_EQ(guest_stats(g, 0).dev_needs_reset,
		  guest_stats(g, 0).dev_resets);
	guest_start(g);
	blk_works(g);
}

TEST(vmd_layout_works)
{
	struct guest_options o = { .nr_queues = 2,
				   .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	struct vq *vq = &g->vq[1];
	uint64_t seven = 7;
	unsigned int i;

	g->bar = vmd_layout;
	g->bar.nr_vectors = 3;
	ASSERT_EQ(cmd(g->fd, KVDEV_BIND_TRANSPORT, &g->bar), 0);
	ASSERT_EQ(pci_state(g->fd, KVDEV_PCI_MSIX, NULL), 0);
	g->o.pci = true;
	ASSERT_EQ(set_vector(g->fd, 0, g->config_fd), 0);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(set_vector(g->fd, i + 1, g->vq[i].call), 0);
	guest_start(g);
	blk_works(g);
	/* One doorbell; the value says which queue. */
	{
		uint64_t header = blk_header(g, VIRTIO_BLK_T_FLUSH, 0);
		uint64_t status = guest_alloc(g, 1, 1);
		struct vring_used_elem e;
		struct seg s[] = { { header, 16, 0 },
				   { status, 1, VRING_DESC_F_WRITE } };

		vq_add(vq, s, 2);
		reg_write(g, 0x100, 2, 1);
		EXPECT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
		EXPECT_EQ(reg_access(g->fd, true, 0x100, 2, &seven), 0);
	}
	EXPECT_EQ(reg_read(g, 0x200, 1), 0);
}

/* Without a vector the cause is in ISR, and reading clears it. */
TEST(isr)
{
	struct guest_options o = { .pci = true,
				   .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	uint64_t data = guest_alloc(g, 4096, 4096);
	struct vring_used_elem e;
	struct vq *vq = &g->vq[0];
	struct seg s[] = { { data, 16, 0 },
			   { data + 16, 1, VRING_DESC_F_WRITE } };

	ASSERT_EQ(pci_state(g->fd, 0, NULL), 0);
	guest_start(g);
	reg_write(g, g->bar.common_offset + 26, 2, 0xffff);
	EXPECT_EQ(reg_read(g, g->bar.common_offset + 26, 2), 0xffff);
	*(uint32_t *)guest_ptr(g, data) = VIRTIO_BLK_T_FLUSH;
	vq_add(vq, s, 2);
	vq_kick_always(vq);
	while (vq_wait(vq, &e, 10))
		;
	while (!reg_read(g, g->bar.isr_offset, 1))
		;
	EXPECT_EQ(reg_read(g, g->bar.isr_offset, 1), 0);
	EXPECT_EQ(event_take(vq->call), 0);
	/* A vector that does not exist cannot be chosen. */
	reg_write(g, g->bar.common_offset + 26, 2, 2);
	EXPECT_EQ(reg_read(g, g->bar.common_offset + 26, 2), 0xffff);
	reg_write(g, g->bar.common_offset + 26, 2, 1);
	EXPECT_EQ(reg_read(g, g->bar.common_offset + 26, 2), 1);
	ASSERT_EQ(pci_state(g->fd, KVDEV_PCI_MSIX, NULL), 0);
	blk_works(g);
}

/* A ring over two regions is mapped by pages: in each they must be whole. */
TEST(ring_over_two_regions)
{
	struct guest_options o = { .pci = true,
				   .backend = temp_file(1 << 20, 0) };
	static const struct {
		uint32_t cut;
		int status;
	} t[] = {
		{ 4096, S_DRIVER_OK },
		{ 3072, S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET },
		{ 4096 + 16, S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET },
	};
	struct guest *g = guest_new(&o);
	uint32_t c = g->bar.common_offset;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		uint32_t cut = t[i].cut;
		struct vhost_memory_region r[] = {
			{ GUEST_GPA, cut, (uintptr_t)g->mem, 0 },
			{ GUEST_GPA + cut, GUEST_MEM - cut,
			  (uintptr_t)g->mem + cut, 0 },
		};

		ASSERT_EQ(set_mem(g->fd, r, 2), 0);
		ASSERT_EQ(guest_negotiate(g), 0);
		reg_write(g, c + 22, 2, 0);
		reg_write(g, c + 32, 8, GUEST_GPA + 2048);
		reg_write(g, c + 40, 8, GUEST_GPA + 65536);
		reg_write(g, c + 48, 8, GUEST_GPA + 131072);
		reg_write(g, c + 28, 2, 1);
		guest_driver_ok(g);
		EXPECT_EQ(guest_status(g), t[i].status);
		guest_reset(g);
	}
}
