// SPDX-License-Identifier: GPL-2.0
/*
 * What a VMM asks of the register level beside accesses: PCI configuration
 * space, doorbells, and what a transport refuses.
 */
#include <sys/mman.h>

#include "transport_user.h"

/* ------------------------------------------------- PCI configuration space */

static int pci_config(struct guest *g, struct kvdev_pci_config *c)
{
	c->size = sizeof(*c);
	return cmd(g->fd, KVDEV_PCI_CONFIG, c);
}

TEST(pci_config_says)
{
	static const struct {
		uint32_t type, device, revision, caps;
	} cases[] = {
		{ KVDEV_TRANSPORT_PCI_MODERN, 0x1042, 1, 88 },
		{ KVDEV_TRANSPORT_PCI_LEGACY, 0x1001, 0, 0 },
		{ KVDEV_TRANSPORT_PCI_TRANSITIONAL, 0x1001, 0, 88 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct guest *g = disk();
		struct kvdev_pci_config c = { .bar = 1, .first = 0x40 };

		EXPECT_EQ(pci_config(g, &c), -ENXIO);
		ASSERT_EQ(bind(g, cases[i].type, 0), 0);
		EXPECT_EQ(pci_config(g, &c), 0);
		EXPECT_EQ(c.vendor_id, 0x1af4);
		EXPECT_EQ(c.device_id, cases[i].device);
		EXPECT_EQ(c.revision, cases[i].revision);
		EXPECT_EQ(c.class_code, 0x018000);
		EXPECT_EQ(c.caps_len, cases[i].caps);
		EXPECT_EQ(!c.pci_cfg, !cases[i].caps);
		c.bar = 6;
		EXPECT_EQ(pci_config(g, &c),
			  cases[i].caps ? -EINVAL : 0);
		guest_free(g);
	}
}

/* The window in configuration space: a driver that has nothing else. */
TEST(pci_cfg_window)
{
	struct guest_options o = { .pci = true,
				   .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	struct kvdev_pci_config c = { .bar = 2, .first = 0x60 };
	uint32_t offset;

	ASSERT_EQ(pci_config(g, &c), 0);
	set(g, KVDEV_SPACE_PCI_CFG, 4, 1, 2);
	set(g, KVDEV_SPACE_PCI_CFG, 12, 4, 4);
	for (offset = 0; offset < 8; offset += 4) {
		set(g, KVDEV_SPACE_PCI_CFG, 8, 4, g->bar.device_offset + offset);
		EXPECT_EQ(get(g, KVDEV_SPACE_PCI_CFG, 16, 4),
			  reg_read(g, g->bar.device_offset + offset, 4));
	}
	/* device_status by it */
	set(g, KVDEV_SPACE_PCI_CFG, 8, 4, g->bar.common_offset + 20);
	set(g, KVDEV_SPACE_PCI_CFG, 12, 4, 1);
	set(g, KVDEV_SPACE_PCI_CFG, 16, 1, S_DRIVER);
	EXPECT_EQ(guest_status(g), S_DRIVER);
	EXPECT_EQ(get(g, KVDEV_SPACE_PCI_CFG, 16, 1), S_DRIVER);
	set(g, KVDEV_SPACE_PCI_CFG, 16, 4, 0);
	EXPECT_EQ(guest_status(g), 0);
	/* Another BAR, no BAR, no width */
	set(g, KVDEV_SPACE_PCI_CFG, 4, 1, 1);
	set(g, KVDEV_SPACE_PCI_CFG, 16, 1, S_DRIVER);
	set(g, KVDEV_SPACE_PCI_CFG, 4, 1, 2);
	set(g, KVDEV_SPACE_PCI_CFG, 12, 4, 3);
	set(g, KVDEV_SPACE_PCI_CFG, 16, 1, S_DRIVER);
	EXPECT_EQ(guest_status(g), 0);
	EXPECT_GE(guest_stats(g, 0).dev_ignored_accesses, 2);
	guest_start(g);
	blk_works(g);
}

TEST(doorbells)
{
	static const struct {
		uint32_t type, space, offset, stride, len, match;
	} cases[] = {
		{ KVDEV_TRANSPORT_PCI_MODERN, 0, 0x3000, 4, 0, 0 },
		{ KVDEV_TRANSPORT_PCI_LEGACY, L, 16, 0, 2, 1 },
		{ KVDEV_TRANSPORT_PCI_TRANSITIONAL, 0, 0x3000, 4, 0, 0 },
		{ KVDEV_TRANSPORT_PCI_TRANSITIONAL, L, 16, 0, 2, 1 },
		{ KVDEV_TRANSPORT_MMIO, 0, 0x50, 0, 4, 1 },
		{ KVDEV_TRANSPORT_MMIO_LEGACY, 0, 0x50, 0, 4, 1 },
	};
	unsigned int i, q;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct guest_options o = { .nr_queues = 2 };
		struct guest *g = guest_new(&o);

		ASSERT_EQ(bind(g, cases[i].type, 0), 0);
		for (q = 0; q < 3; q++) {
			struct kvdev_get_doorbell d = {
				.size = sizeof(d), .space = cases[i].space,
				.queue = q,
			};
			int ret = cmd(g->fd, KVDEV_GET_DOORBELL, &d);

			EXPECT_EQ(ret, q < 2 ? 0 : -ENXIO);
			if (ret)
				continue;
			EXPECT_EQ(d.offset,
				  cases[i].offset + q * cases[i].stride);
			EXPECT_EQ(d.len, cases[i].len);
			EXPECT_EQ(d.match, cases[i].match);
			EXPECT_EQ(d.value, q);
			d.space = 2;
			EXPECT_EQ(cmd(g->fd, KVDEV_GET_DOORBELL, &d), -EINVAL);
		}
		guest_free(g);
	}
}

/* Config generation: another one if the driver could have read of both. */
TEST(generation_with_the_configuration)
{
	struct guest_options o = { .pci = true,
				   .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	uint32_t gen = g->bar.common_offset + 21;
	uint64_t first, second;

	first = reg_read(g, gen, 1);
	EXPECT_EQ(set_backend(g->fd, temp_file(2 << 20, 0), 0, 0), 0);
	EXPECT_EQ(reg_read(g, gen, 1), first);
	EXPECT_EQ(reg_read(g, g->bar.device_offset, 4), 4096);
	EXPECT_EQ(reg_read(g, gen, 1), first);
	EXPECT_EQ(set_backend(g->fd, temp_file(3 << 20, 0), 0, 0), 0);
	second = reg_read(g, gen, 1);
	EXPECT_NE(second, first);
	EXPECT_EQ(set_backend(g->fd, temp_file(4 << 20, 0), 0, 0), 0);
	EXPECT_EQ(reg_read(g, gen, 1), second);
	EXPECT_EQ(reg_read(g, g->bar.device_offset, 4), 8192);
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
		{ KVDEV_TRANSPORT_MMIO, 0, 0, 0, -EINVAL },
		{ KVDEV_TRANSPORT_MMIO_LEGACY, 0, 0, 0, -EINVAL },
		{ KVDEV_TRANSPORT_MMIO_LEGACY + 1, 0, -EOPNOTSUPP, -ENXIO,
		  -ENXIO },
		{ KVDEV_TRANSPORT_MMIO, KVDEV_BIND_BIG_ENDIAN, 0, 0, -EINVAL },
		{ KVDEV_TRANSPORT_MMIO_LEGACY, KVDEV_BIND_BIG_ENDIAN,
		  -EOPNOTSUPP, -ENXIO, -ENXIO },
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
