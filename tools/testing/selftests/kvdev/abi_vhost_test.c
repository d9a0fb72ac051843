// SPDX-License-Identifier: GPL-2.0
/*
 * What the commands of vhost and vhost-vdpa do with a device: features, memory,
 * queues, status, configuration.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "abi_common.h"

TEST(features)
{
	int fd = open_at(OWNED);
	uint64_t offered;

	ASSERT_EQ(cmd(fd, VHOST_GET_FEATURES, &offered), 0);
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_FEATURES, offered | BIT(62)),
		  -EOPNOTSUPP);
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_FEATURES, BIT(VIRTIO_BLK_F_RO)),
		  -EOPNOTSUPP);
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_FEATURES, offered), 0);
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_FEATURES, F_VERSION_1), 0);
	EXPECT_EQ(set_status(fd, S_FEATURES_OK), 0);
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_FEATURES, F_VERSION_1), -EBUSY);
	EXPECT_EQ(set_status(fd, 0), 0);
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_FEATURES, offered), 0);

	EXPECT_EQ(cmd(fd, VHOST_GET_BACKEND_FEATURES, &offered), 0);
	EXPECT_EQ(offered, BIT(VHOST_BACKEND_F_SUSPEND) |
			   BIT(VHOST_BACKEND_F_RESUME));
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_BACKEND_FEATURES, 0), 0);
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_BACKEND_FEATURES, offered), 0);
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_BACKEND_FEATURES, 1), -EOPNOTSUPP);
}

#define COUNT_MAX 512

union features_arg {
	struct vhost_features_array a;
	uint64_t words[2 + COUNT_MAX];
};

TEST(features_array)
{
	int fd = open_at(OWNED), i;
	union features_arg f;
	uint64_t offered;

	ASSERT_EQ(cmd(fd, VHOST_GET_FEATURES, &offered), 0);
	/* As many words as there is room for, and no more */
	for (i = 0; i <= COUNT_MAX; i = 4 * i + 1) {
		memset(&f, 0x55, sizeof(f));
		f.a.count = i;
		ASSERT_EQ(cmd(fd, VHOST_GET_FEATURES_ARRAY, &f), 0);
		EXPECT_EQ(f.a.count, i);
		if (i)
			EXPECT_EQ(f.words[1], offered);
		EXPECT_TRUE(all_bytes(&f.words[2], i > 1 ? 8 * (i - 1) : 0, 0));
		EXPECT_EQ(f.words[1 + i], 0x5555555555555555ULL);
	}

	memset(&f, 0, sizeof(f));
	for (i = 1; i <= COUNT_MAX; i *= 2) {
		f.a.count = i;
		f.words[1] = offered;
		EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES_ARRAY, &f), 0);
		f.words[1] = offered | BIT(62);
		EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES_ARRAY, &f), -EOPNOTSUPP);
		f.words[1] = offered;
		/* One more bit, known (65 and 68) or beyond what is known */
		f.words[i] |= i == 2 ? BIT(1) | BIT(4) : BIT(63);
		EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES_ARRAY, &f), -EOPNOTSUPP);
		f.words[i] = 0;
	}
	f.a.count = 0;
	EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES_ARRAY, &f), 0);
	f.a.count = 2;
	f.words[1] = F_VERSION_1;
	EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES_ARRAY, &f), 0);
	EXPECT_EQ(set_status(fd, S_FEATURES_OK), 0);
	EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES_ARRAY, &f), -EBUSY);
}

TEST(features_array_hostile)
{
	static const uint64_t bad[] = {
		COUNT_MAX + 1, 1ULL << 29, 1ULL << 31, 1ULL << 32, 1ULL << 61,
		(1ULL << 61) + 1, UINT64_MAX / 8, UINT64_MAX - 1, UINT64_MAX,
	};
	uint64_t *edge = (uint64_t *)cliff();
	int fd = open_at(OWNED);
	union features_arg f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&f, 0, sizeof(f));
		f.a.count = bad[i];
		EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES_ARRAY, &f), -E2BIG);
		EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES_ARRAY, &f), -E2BIG);
		EXPECT_TRUE(all_bytes(&f.words[1], sizeof(f) - 8, 0));
	}
	/* The count can be read, what follows only as far as it says */
	for (i = 0; i < 4; i++) {
		memset(edge - i - 1, 0, 8 * (i + 1));
		edge[-(int)i - 1] = i;
		EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES_ARRAY, edge - i - 1), 0);
		EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES_ARRAY, edge - i - 1), 0);
		edge[-(int)i - 1] = i + 1;
		EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES_ARRAY, edge - i - 1),
			  -EFAULT);
		memset(edge - i, 0, 8 * i);
		EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES_ARRAY, edge - i - 1),
			  -EFAULT);
	}
}

/* ------------------------------------------------------------- memory */

static int one_region(int fd, uint64_t gpa, uint64_t size, uint64_t user)
{
	struct vhost_memory_region r = {
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = user,
	};

	return set_mem(fd, &r, 1);
}

TEST(memory_table)
{
	struct vhost_memory_region r[65] = {};
	int fd = open_at(OWNED), i;
	struct vhost_memory m = {};
	uint64_t user;
	uint8_t *p;

	p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	user = (uintptr_t)p;

	EXPECT_EQ(one_region(fd, 0, 1 << 20, user), 0);
	EXPECT_EQ(one_region(fd, -4096ULL, 4096, user), 0);
	EXPECT_EQ(one_region(fd, 123, 77, user + 1), 0);
	EXPECT_EQ(one_region(fd, 0, 0, user), -EINVAL);
	EXPECT_EQ(one_region(fd, -4096ULL, 8192, user), -EINVAL);
	EXPECT_EQ(one_region(fd, 1, -1ULL, user), -EFAULT);
	EXPECT_EQ(one_region(fd, 2, -1ULL, user), -EINVAL);
	EXPECT_EQ(one_region(fd, 0, 4096, 0xffff888000000000ULL), -EFAULT);
	EXPECT_EQ(one_region(fd, 0, 4096, -4096ULL), -EFAULT);
	EXPECT_EQ(one_region(fd, 0, 1ULL << 62, user), -EFAULT);

	/* 64 in any order; 65; a pair that overlaps by a byte */
	for (i = 0; i < 65; i++)
		r[i] = (struct vhost_memory_region){
			.guest_phys_addr = ((i * 37) % 65) * 8192ULL,
			.memory_size = 4096,
			.userspace_addr = user + i * 4096ULL,
		};
	EXPECT_EQ(set_mem(fd, r, 64), 0);
	EXPECT_EQ(set_mem(fd, r, 65), -EINVAL);
	EXPECT_EQ(set_mem(fd, r, 0), 0);
	r[1].guest_phys_addr = r[0].guest_phys_addr + 4095;
	EXPECT_EQ(set_mem(fd, r, 2), -EINVAL);
	r[1].guest_phys_addr++;
	EXPECT_EQ(set_mem(fd, r, 2), 0);
	r[1] = r[0];
	EXPECT_EQ(set_mem(fd, r, 2), -EINVAL);
	r[0].flags_padding = 1;
	EXPECT_EQ(set_mem(fd, r, 1), -EINVAL);

	m.padding = 1;
	EXPECT_EQ(cmd(fd, VHOST_SET_MEM_TABLE, &m), -EINVAL);
	m.padding = 0;
	m.nregions = UINT32_MAX;
	EXPECT_EQ(cmd(fd, VHOST_SET_MEM_TABLE, &m), -EINVAL);
}

/* ------------------------------------------------------------- queues */

TEST(vring_arguments)
{
	static const unsigned int bad_num[] = { 3, 255, 512, 2048, 65536,
						65537, 0x80000000 };
	int fd = open_at(OWNED), i;		/* queue size 256 */
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(bad_num); n++)
		EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_NUM, 0, bad_num[n]),
			  -EINVAL);
	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_NUM, 0, 0), -EINVAL);
	for (i = 0; i <= 8; i++)
		EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_NUM, 0, 1 << i), 0);

	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_BASE, 0, 65535), 0);
	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_BASE, 0, 65536), -EINVAL);
	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_BASE, 0, UINT32_MAX),
		  -EINVAL);
	EXPECT_EQ(vring_state(fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 2), -EINVAL);
	EXPECT_EQ(vring_state(fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
	EXPECT_EQ(vring_state(fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 0), 0);
}

TEST(vring_base_comes_back)
{
	struct vhost_vring_state s = { .index = 0 };
	int fd = open_at(OWNED);

	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_BASE, 0, 4711), 0);
	EXPECT_EQ(cmd(fd, VHOST_GET_VRING_BASE, &s), 0);
	EXPECT_EQ(s.num, 4711);
}

TEST(vring_addr_flags)
{
	struct vhost_vring_addr a = { .flags = 1 << VHOST_VRING_F_LOG };
	int fd = open_at(OWNED);

	EXPECT_EQ(cmd(fd, VHOST_SET_VRING_ADDR, &a), -EOPNOTSUPP);
	a.flags = 0x80000000;
	EXPECT_EQ(cmd(fd, VHOST_SET_VRING_ADDR, &a), -EOPNOTSUPP);
}

TEST(no_such_queue)
{
	static const unsigned int bad[] = { 1, 64, 65535, 65536, 0x7fffffff,
					    0x80000000, UINT32_MAX };
	int fd = open_at(OWNED), ev = event_new();
	struct vhost_vring_state s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kvdev_get_stats st = { .size = sizeof(st),
					      .queue = bad[i] };

		EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_NUM, bad[i], 16),
			  -ENXIO);
		EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_BASE, bad[i], 0),
			  -ENXIO);
		EXPECT_EQ(vring_addr(fd, bad[i], NULL, NULL, NULL), -ENXIO);
		EXPECT_EQ(vring_state(fd, VHOST_VDPA_SET_VRING_ENABLE, bad[i],
				      1), -ENXIO);
		EXPECT_EQ(vring_file(fd, VHOST_SET_VRING_KICK, bad[i], ev),
			  -ENXIO);
		EXPECT_EQ(vring_file(fd, VHOST_SET_VRING_CALL, bad[i], ev),
			  -ENXIO);
		EXPECT_EQ(vring_file(fd, VHOST_SET_VRING_ERR, bad[i], ev),
			  -ENXIO);
		s = (struct vhost_vring_state){ .index = bad[i] };
		EXPECT_EQ(cmd(fd, VHOST_GET_VRING_BASE, &s), -ENXIO);
		EXPECT_EQ(cmd(fd, KVDEV_GET_STATS, &st), -ENXIO);
	}
}

TEST(eventfds)
{
	static const unsigned long cmds[] = {
		VHOST_SET_VRING_KICK, VHOST_SET_VRING_CALL, VHOST_SET_VRING_ERR,
	};
	int fd = open_at(OWNED), ev = event_new(), file = temp_file(4096, 0);
	int bad = 12345, off = -1, pipes[2];
	unsigned int i;

	ASSERT_EQ(pipe(pipes), 0);
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		EXPECT_EQ(vring_file(fd, cmds[i], 0, -1), 0);
		EXPECT_EQ(vring_file(fd, cmds[i], 0, ev), 0);
		EXPECT_EQ(vring_file(fd, cmds[i], 0, ev), 0);
		EXPECT_EQ(vring_file(fd, cmds[i], 0, bad), -EBADF);
		EXPECT_EQ(vring_file(fd, cmds[i], 0, -2), -EBADF);
		EXPECT_EQ(vring_file(fd, cmds[i], 0, file), -EINVAL);
		EXPECT_EQ(vring_file(fd, cmds[i], 0, pipes[0]), -EINVAL);
		EXPECT_EQ(vring_file(fd, cmds[i], 0, fd), -EINVAL);
		EXPECT_EQ(vring_file(fd, cmds[i], 0, -1), 0);
		EXPECT_EQ(vring_file(fd, cmds[i], 0, -1), 0);
	}
	EXPECT_EQ(cmd(fd, VHOST_VDPA_SET_CONFIG_CALL, &ev), 0);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_SET_CONFIG_CALL, &file), -EINVAL);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_SET_CONFIG_CALL, &bad), -EBADF);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_SET_CONFIG_CALL, &off), 0);

	fd = open_at(BOUND);			/* 2 vectors */
	EXPECT_EQ(set_vector(fd, 0, ev), 0);
	EXPECT_EQ(set_vector(fd, 1, ev), 0);
	EXPECT_EQ(set_vector(fd, 0, ev), 0);
	EXPECT_EQ(set_vector(fd, 0, file), -EINVAL);
	EXPECT_EQ(set_vector(fd, 0, bad), -EBADF);
	EXPECT_EQ(set_vector(fd, 0, -2), -EBADF);
	EXPECT_EQ(set_vector(fd, 0, -1), 0);
	EXPECT_EQ(set_vector(fd, 2, ev), -ENXIO);
	EXPECT_EQ(set_vector(fd, 65535, ev), -ENXIO);
	EXPECT_EQ(set_vector(fd, UINT32_MAX, ev), -ENXIO);

	fd = open_at(OWNED);
	EXPECT_EQ(set_vector(fd, 0, ev), -ENXIO);
}

/* -------------------------------------------------------- starting up */

static struct guest *file_guest(bool pci)
{
	struct guest_options o = {
		.backend = temp_file(1 << 20, 0),
		.pci = pci,
	};

	return guest_new(&o);
}

TEST(driver_ok_without_backend)
{
	struct guest_options o = {};
	struct guest *g = guest_new(&o);

	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(guest_driver_ok(g), -ENXIO);
	EXPECT_EQ(guest_status(g), S_FEATURES_OK);
	/* Not too late: after a reset. */
	EXPECT_EQ(set_backend(g->fd, temp_file(1 << 20, 0), 0, 0), -EBUSY);
	EXPECT_EQ(set_status(g->fd, 0), 0);
	EXPECT_EQ(set_backend(g->fd, temp_file(1 << 20, 0), 0, 0), 0);
	guest_start(g);
	blk_works(g);
}

TEST(driver_ok_without_memory)
{
	int fd = open_at(OWNED);

	ASSERT_EQ(set_backend(fd, temp_file(1 << 20, 0), 0, 0), 0);
	EXPECT_EQ(set_status(fd, S_FEATURES_OK), 0);
	EXPECT_EQ(set_status(fd, S_DRIVER_OK), -EFAULT);
	EXPECT_EQ(get_status(fd), S_FEATURES_OK);
}

TEST(driver_ok_without_queues)
{
	struct guest *g = file_guest(false);

	ASSERT_EQ(guest_negotiate(g), 0);
	EXPECT_EQ(guest_driver_ok(g), 0);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	/* A queue enabled later starts at once. */
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	blk_works(g);
}

TEST(driver_ok_without_features_ok)
{
	int fd = open_at(OWNED);

	EXPECT_EQ(set_status(fd, S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK),
		  -EINVAL);
	EXPECT_TRUE(!(get_status(fd) & VIRTIO_CONFIG_S_DRIVER_OK));
}

TEST(status_all_at_once)
{
	struct guest *g = file_guest(false);

	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(set_status(g->fd, S_DRIVER_OK), 0);
	EXPECT_EQ(get_status(g->fd), S_DRIVER_OK);
	blk_works(g);
}

TEST(status_bits_are_only_added)
{
	struct guest *g = file_guest(false);

	guest_start(g);
	EXPECT_EQ(set_status(g->fd, VIRTIO_CONFIG_S_ACKNOWLEDGE), 0);
	EXPECT_EQ(get_status(g->fd), S_DRIVER_OK);
	EXPECT_EQ(set_status(g->fd, VIRTIO_CONFIG_S_NEEDS_RESET), 0);
	EXPECT_EQ(get_status(g->fd), S_DRIVER_OK);
	EXPECT_EQ(set_status(g->fd, S_DRIVER_OK | VIRTIO_CONFIG_S_FAILED), 0);
	EXPECT_EQ(get_status(g->fd), S_DRIVER_OK | VIRTIO_CONFIG_S_FAILED);
	EXPECT_EQ(set_status(g->fd, 0), 0);
	EXPECT_EQ(get_status(g->fd), 0);
}

static int start_with(struct guest *g, void *desc, void *avail, void *used)
{
	int ret;

	EXPECT_EQ(vring_addr(g->fd, 0, desc, avail, used), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
	ret = set_status(g->fd, S_DRIVER_OK);
	EXPECT_EQ(get_status(g->fd), ret ? S_FEATURES_OK : S_DRIVER_OK);
	if (!ret) {
		guest_reset(g);
		ASSERT_EQ(guest_negotiate(g), 0);
	}
	return ret;
}

TEST(ring_addresses)
{
	struct guest *g = file_guest(false);
	uint8_t *m = g->mem, *ro, *edge = cliff();
	uint8_t *d = m, *a = m + 8192, *u = m + 12288;

	ro = mmap(NULL, 8192, PROT_READ, MAP_SHARED, g->memfd, 0);
	ASSERT_TRUE(ro != MAP_FAILED);
	ASSERT_EQ(guest_negotiate(g), 0);
	EXPECT_EQ(start_with(g, d, a, u), 0);
	/* 16, 2 and 4 */
	EXPECT_EQ(start_with(g, d + 8, a, u), -EINVAL);
	EXPECT_EQ(start_with(g, d + 1, a, u), -EINVAL);
	EXPECT_EQ(start_with(g, d + 16, a, u), 0);
	EXPECT_EQ(start_with(g, d, a + 1, u), -EINVAL);
	EXPECT_EQ(start_with(g, d, a + 2, u), 0);
	EXPECT_EQ(start_with(g, d, a, u + 2), -EINVAL);
	EXPECT_EQ(start_with(g, d, a, u + 4), 0);
	/* nothing there, not writable, half there */
	EXPECT_EQ(start_with(g, NULL, a, u), -EFAULT);
	EXPECT_EQ(start_with(g, d, NULL, u), -EFAULT);
	EXPECT_EQ(start_with(g, d, a, NULL), -EFAULT);
	EXPECT_EQ(start_with(g, edge, a, u), -EFAULT);
	EXPECT_EQ(start_with(g, edge - 4096, a, u), 0);	/* 256 * 16 */
	EXPECT_EQ(start_with(g, edge - 4080, a, u), -EFAULT);
	EXPECT_EQ(start_with(g, d, a, edge - 2048), -EFAULT);
	EXPECT_EQ(start_with(g, d, a, ro), -EFAULT);
	/* What is only read need not be writable. */
	EXPECT_EQ(start_with(g, ro, a, u), 0);
	EXPECT_EQ(start_with(g, d, ro, u), 0);
	/* kernel addresses, and one that wraps */
	EXPECT_EQ(start_with(g, (void *)0xffff888000000000UL, a, u), -EFAULT);
	EXPECT_EQ(start_with(g, d, (void *)0xffffffff81000000UL, u), -EFAULT);
	EXPECT_EQ(start_with(g, d, a, (void *)-8L), -EINVAL);
	EXPECT_EQ(start_with(g, (void *)-16L, a, u), -EINVAL);
	EXPECT_EQ(start_with(g, (void *)0x7ffffffff000UL, a, u), -EFAULT);
	/* all at the same place is the driver's own problem */
	EXPECT_EQ(start_with(g, d, d, d), 0);
	EXPECT_EQ(start_with(g, d, a, u), 0);
}

/* What pages of a file system hold must not be pinned for long. */
TEST(ring_in_file_pages)
{
	struct guest *g = file_guest(false);
	int file = open("/var/tmp", O_TMPFILE | O_RDWR, 0600), ret;
	uint8_t *p;

	if (file < 0 || ftruncate(file, 65536))
		SKIP("no file in /var/tmp");
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(guest_negotiate(g), 0);
	ret = start_with(g, p, p + 8192, p + 16384);
	/* tmpfs is memory. */
	EXPECT_TRUE(!ret || ret == -EFAULT);
}

TEST(running_queue_is_busy)
{
	struct guest *g = file_guest(false);
	struct vhost_vring_state s = { .index = 0 };
	int fd = g->fd, ev = event_new();

	guest_start(g);
	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_NUM, 0, 16), -EBUSY);
	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_BASE, 0, 0), -EBUSY);
	EXPECT_EQ(vring_addr(fd, 0, g->mem, g->mem, g->mem), -EBUSY);
	EXPECT_EQ(cmd_u64(fd, VHOST_SET_FEATURES, F_VERSION_1), -EBUSY);
	EXPECT_EQ(set_backend(fd, -1, 0, 0), -EBUSY);
	EXPECT_EQ(set_backend(fd, temp_file(4096, 0), 0, 0), -EBUSY);
	EXPECT_EQ(call_any(fd, KVDEV_BIND_TRANSPORT), -EBUSY);
	/* At any time: eventfds, memory, enabling again. */
	EXPECT_EQ(vring_file(fd, VHOST_SET_VRING_ERR, 0, ev), 0);
	EXPECT_EQ(vring_state(fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
	EXPECT_EQ(one_region(fd, GUEST_GPA, g->o.mem, (uintptr_t)g->mem), 0);
	blk_works(g);
	/* GET_VRING_BASE stops it, and tells where it was. */
	EXPECT_EQ(cmd(fd, VHOST_GET_VRING_BASE, &s), 0);
	EXPECT_EQ(s.num, 2);
	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_NUM, 0, g->vq[0].num), 0);
}

TEST(stop_and_go_on)
{
	struct vhost_vring_state s = { .index = 0 };
	struct guest *g = file_guest(false);

	guest_start(g);
	blk_works(g);
	EXPECT_EQ(cmd(g->fd, VHOST_GET_VRING_BASE, &s), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_BASE, 0, s.num), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
	blk_works(g);
	EXPECT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 0), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
	blk_works(g);
}

TEST(reset_owner)
{
	struct guest *g = file_guest(false);
	int fd = g->fd, status;

	guest_start(g);
	blk_works(g);
	EXPECT_EQ(cmd(fd, VHOST_RESET_OWNER, NULL), 0);
	EXPECT_EQ(get_status(fd), 0);
	EXPECT_EQ(set_status(fd, S_DRIVER), -EPERM);
	/* A new one begins anew: no memory, no eventfds. */
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	EXPECT_EQ(set_status(fd, S_FEATURES_OK), 0);
	EXPECT_EQ(set_status(fd, S_DRIVER_OK), -EFAULT);

	EXPECT_EQ(cmd(fd, VHOST_RESET_OWNER, NULL), 0);
	if (!fork()) {
		EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
		EXPECT_EQ(set_status(fd, S_DRIVER), 0);
		fflush(stdout);
		_exit(0);
	}
	ASSERT_GE(wait(&status), 0);
	EXPECT_EQ(set_status(fd, S_DRIVER), -EPERM);
}

TEST(get_config)
{
	struct {
		struct vhost_vdpa_config c;
		struct virtio_blk_config blk;
		uint8_t more[64];
	} __attribute__((packed)) a = {};
	int fd = open_at(CREATED);
	uint32_t size, off;

	ASSERT_EQ(set_backend(fd, temp_file(1 << 20, 0), 0, 0), 0);
	ASSERT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG_SIZE, &size), 0);
	a.c.len = 8;
	ASSERT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	EXPECT_EQ(a.blk.capacity, 2048);
	off = offsetof(struct virtio_blk_config, blk_size);
	a.c.off = off;
	a.c.len = 4;
	ASSERT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	EXPECT_EQ(*(uint32_t *)&a.blk, 512);

	a.c = (struct vhost_vdpa_config){ .off = 0, .len = size };
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	a.c = (struct vhost_vdpa_config){ .off = 0, .len = size + 1 };
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), -EINVAL);
	a.c = (struct vhost_vdpa_config){ .off = size, .len = 1 };
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), -EINVAL);
	a.c = (struct vhost_vdpa_config){ .off = 1, .len = UINT32_MAX };
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), -EINVAL);
	a.c = (struct vhost_vdpa_config){ .off = UINT32_MAX, .len = 1 };
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), -EINVAL);
	a.c = (struct vhost_vdpa_config){ .off = UINT32_MAX, .len = UINT32_MAX };
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), -EINVAL);
}

TEST(set_config)
{
	struct {
		struct vhost_vdpa_config c;
		uint8_t buf[8];
	} a = { .c.len = 8 };
	int fd = open_at(OWNED);

	EXPECT_EQ(cmd(fd, VHOST_VDPA_SET_CONFIG, &a), -EOPNOTSUPP);
}

/* Nothing beyond its end, though it says what the first byte does. */
TEST(set_config_limits)
{
	static const struct {
		uint32_t off, len;
	} bad[] = {
		{ 0, 1 }, { -1U, 4 }, { 1, 4 }, { UINT32_MAX, 1 },
	};
	struct {
		struct vhost_vdpa_config c;
		uint8_t buf[8];
	} __attribute__((packed)) a = { .c.len = 4 };
	int fd = open_at(OPENED);
	unsigned int i;
	uint32_t size;

	ASSERT_EQ(create(fd, VIRTIO_ID_SCSI, 0, 0), 0);
	ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	ASSERT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG_SIZE, &size), 0);
	ASSERT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_SET_CONFIG, &a), 0);
	memset(a.buf, a.buf[0], sizeof(a.buf));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		a.c.off = bad[i].off == UINT32_MAX ? bad[i].off :
						     size + bad[i].off;
		a.c.len = bad[i].len;
		EXPECT_EQ(cmd(fd, VHOST_VDPA_SET_CONFIG, &a), -EINVAL);
	}
}
