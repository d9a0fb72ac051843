// SPDX-License-Identifier: GPL-2.0
/* What kvdev's own commands do: devices, stores, statistics, names. */
#include <fcntl.h>

#include "abi_common.h"

/* ------------------------------------------------------------------ devices */

TEST(get_info)
{
	struct kvdev_info info;
	int fd = open_at(OPENED);

	memset(&info, 0xff, sizeof(info));
	info.size = sizeof(info);
	info.flags = 0;
	ASSERT_EQ(cmd(fd, KVDEV_GET_INFO, &info), 0);
	EXPECT_EQ(info.size, sizeof(info));
	EXPECT_EQ(info.api_version, KVDEV_API_VERSION);
	EXPECT_EQ(info.max_queues, KVDEV_MAX_QUEUES);
	EXPECT_TRUE(info.device_types & BIT(VIRTIO_ID_BLOCK));
	EXPECT_TRUE(info.device_types & BIT(VIRTIO_ID_RNG));
	EXPECT_TRUE(!(info.device_types & 1));
	EXPECT_TRUE(info.transports & BIT(KVDEV_TRANSPORT_PCI_MODERN));
	EXPECT_TRUE(info.formats & BIT(KVDEV_FORMAT_RAW));
}

TEST(create_arguments)
{
	static const struct {
		uint32_t id, queues, size;
		int want;
	} t[] = {
		{ 0, 0, 0, -EOPNOTSUPP },
		{ 0xfffe, 0, 0, -EOPNOTSUPP },
		{ 0x10000, 0, 0, -EOPNOTSUPP },
		{ UINT32_MAX, 0, 0, -EOPNOTSUPP },
		{ VIRTIO_ID_BLOCK, 1, 1, 0 },
		{ VIRTIO_ID_BLOCK, 64, 1024, 0 },
		{ VIRTIO_ID_BLOCK, 65, 0, -EINVAL },
		{ VIRTIO_ID_BLOCK, UINT32_MAX, 0, -EINVAL },
		{ VIRTIO_ID_BLOCK, 65537, 0, -EINVAL },
		{ VIRTIO_ID_BLOCK, 0, 3, -EINVAL },
		{ VIRTIO_ID_BLOCK, 0, 2048, -EINVAL },
		{ VIRTIO_ID_BLOCK, 0, 0x80000000, -EINVAL },
		{ VIRTIO_ID_BLOCK, 0, 65536, -EINVAL },
		{ VIRTIO_ID_RNG, 1, 0, 0 },
		{ VIRTIO_ID_RNG, 2, 0, -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		int fd = open_at(OPENED);
		int ret = create(fd, t[i].id, t[i].queues, t[i].size);

		if (ret != t[i].want)
			NOTE("id %u queues %u size %u", t[i].id, t[i].queues,
			     t[i].size);
		EXPECT_EQ(ret, t[i].want);
		/* What failed leaves nothing behind. */
		if (t[i].want)
			EXPECT_EQ(create(fd, VIRTIO_ID_BLOCK, 0, 0), 0);
		close(fd);
	}
}

TEST(create_result)
{
	uint32_t id, count, size;
	uint64_t features;
	uint16_t num;
	int fd = open_at(OPENED);

	ASSERT_EQ(create(fd, VIRTIO_ID_BLOCK, 3, 512), 0);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_DEVICE_ID, &id), 0);
	EXPECT_EQ(id, VIRTIO_ID_BLOCK);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VQS_COUNT, &count), 0);
	EXPECT_EQ(count, 3);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VRING_NUM, &num), 0);
	EXPECT_EQ(num, 512);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG_SIZE, &size), 0);
	EXPECT_GE(size, offsetof(struct virtio_blk_config, num_queues) + 2);
	EXPECT_EQ(get_status(fd), 0);
	EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features, F_VERSION_1 | F_INDIRECT | F_EVENT_IDX |
		  F_RING_PACKED |
		  BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_BLK_SIZE) |
		  BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_BLK_F_MQ));

	fd = open_at(OPENED);
	ASSERT_EQ(create(fd, VIRTIO_ID_RNG, 0, 0), 0);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_DEVICE_ID, &id), 0);
	EXPECT_EQ(id, VIRTIO_ID_RNG);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VQS_COUNT, &count), 0);
	EXPECT_EQ(count, 1);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG_SIZE, &size), 0);
	EXPECT_EQ(size, 0);
	EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features, F_VERSION_1 | F_INDIRECT | F_EVENT_IDX |
		  F_RING_PACKED);
}

/* What is there for alignment, or for features that are not offered, is 0. */
TEST(config_padding)
{
	struct {
		struct vhost_vdpa_config c;
		struct virtio_blk_config blk;
	} __attribute__((packed)) a = { .c.len = sizeof(a.blk) };
	int fd = open_at(OPENED), file = temp_file(1 << 20, 0);

	ASSERT_EQ(create(fd, VIRTIO_ID_BLOCK, 2, 0), 0);
	ASSERT_EQ(set_backend(fd, file, 0, 4096), 0);
	memset(&a.blk, 0xee, sizeof(a.blk));
	ASSERT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	EXPECT_EQ(a.blk.capacity, 2048);
	EXPECT_EQ(a.blk.unused, 0);
	EXPECT_TRUE(all_bytes(a.blk.unused1, sizeof(a.blk.unused1), 0));
	EXPECT_TRUE(all_bytes((uint8_t *)&a.blk.zoned, sizeof(a.blk.zoned), 0));
}

TEST(create_allowed_features)
{
	struct kvdev_create c = {
		.size = sizeof(c),
		.device_id = VIRTIO_ID_BLOCK,
		.features = BIT(VIRTIO_BLK_F_FLUSH) | F_EVENT_IDX | BIT(63),
	};
	int fd = open_at(OPENED), file = temp_file(1 << 20, 0);
	uint64_t features;

	ASSERT_EQ(cmd(fd, KVDEV_CREATE, &c), 0);
	EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features & ~F_VERSION_1,
		  BIT(VIRTIO_BLK_F_FLUSH) | F_EVENT_IDX);
	/* A backend adds nothing that is not allowed. */
	EXPECT_EQ(set_backend(fd, file, 0, 0), 0);
	EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features & ~F_VERSION_1,
		  BIT(VIRTIO_BLK_F_FLUSH) | F_EVENT_IDX);
}

TEST(create_allowed_features_hi)
{
	struct kvdev_create c = {
		.size = sizeof(c),
		.device_id = VIRTIO_ID_BLOCK,
		.features = BIT(VIRTIO_BLK_F_FLUSH),
		.features_hi = UINT64_MAX,
	};
	uint64_t low = 1, high = 1;
	int fd = open_at(OPENED);

	/* What is allowed and not there is not offered. */
	ASSERT_EQ(cmd(fd, KVDEV_CREATE, &c), 0);
	EXPECT_EQ(vhost_features(fd, VHOST_GET_FEATURES_ARRAY, &low, &high), 0);
	EXPECT_EQ(low, BIT(VIRTIO_BLK_F_FLUSH) | F_VERSION_1);
	EXPECT_EQ(high, 0);
}

TEST(stats_start_at_zero)
{
	struct kvdev_get_stats s;
	int fd = open_at(CREATED);

	memset(&s, 0xff, sizeof(s));
	s = (struct kvdev_get_stats){ .size = sizeof(s) };
	ASSERT_EQ(cmd(fd, KVDEV_GET_STATS, &s), 0);
	EXPECT_TRUE(all_bytes(&s.kicks, sizeof(s) - 16, 0));
	EXPECT_EQ(s.size, sizeof(s));
}

/* ------------------------------------------------------------ backends */

TEST(backend_descriptors)
{
	struct kvdev_set_backend b = { .size = sizeof(b) };
	int fd = open_at(CREATED), pipes[2], file;
	char path[] = "/tmp/kvdev-abi-XXXXXX";

	ASSERT_EQ(pipe(pipes), 0);
	file = mkstemp(path);
	ASSERT_EQ(ftruncate(file, 1 << 20), 0);
	EXPECT_EQ(set_backend(fd, file, 0, 0), 0);
	EXPECT_EQ(set_backend(fd, -1, 0, 0), 0);
	EXPECT_EQ(set_backend(fd, -1, 0, 0), 0);
	EXPECT_EQ(set_backend(fd, -2, 0, 0), -EBADF);
	EXPECT_EQ(set_backend(fd, 12345, 0, 0), -EBADF);
	EXPECT_EQ(set_backend(fd, pipes[0], 0, 0), -EINVAL);
	EXPECT_EQ(set_backend(fd, event_new(), 0, 0), -EINVAL);
	EXPECT_EQ(set_backend(fd, fd, 0, 0), -EINVAL);
	EXPECT_EQ(set_backend(fd, open("/", O_RDONLY), 0, 0), -EINVAL);
	EXPECT_EQ(set_backend(fd, open("/dev/null", O_RDWR), 0, 0), -EINVAL);
	EXPECT_EQ(set_backend(fd, open("/dev/zero", O_RDWR), 0, 0), -EINVAL);
	EXPECT_EQ(set_backend(fd, open(path, O_WRONLY), 0, 0), -EBADF);
	EXPECT_EQ(set_backend(fd, open(path, O_PATH), 0, 0), -EBADF);
	EXPECT_EQ(set_backend(fd, open(path, O_RDWR | O_APPEND), 0, 0),
		  -EINVAL);
	EXPECT_EQ(set_backend(fd, temp_file(0, 0), 0, 0), -EINVAL);
	EXPECT_EQ(set_backend(fd, temp_file(511, 0), 0, 0), -EINVAL);
	EXPECT_EQ(set_backend(fd, temp_file(512, 0), 0, 0), 0);

	b.fd = file;
	b.format = 0;
	EXPECT_EQ(cmd(fd, KVDEV_SET_BACKEND, &b), -EOPNOTSUPP);
	b.format = 99;
	EXPECT_EQ(cmd(fd, KVDEV_SET_BACKEND, &b), -EOPNOTSUPP);

	fd = open_at(OPENED);
	ASSERT_EQ(create(fd, VIRTIO_ID_RNG, 0, 0), 0);
	EXPECT_EQ(set_backend(fd, file, 0, 0), -EOPNOTSUPP);
	EXPECT_EQ(set_backend(fd, -1, 0, 0), -EOPNOTSUPP);
	unlink(path);
}

TEST(backend_block_size)
{
	static const uint32_t bad[] = { 1, 3, 256, 513, 768, 8192, 0x80000000 };
	static const uint32_t ok[] = { 512, 1024, 2048, 4096 };
	struct {
		struct vhost_vdpa_config c;
		struct virtio_blk_config blk;
	} __attribute__((packed)) a = {
		.c.len = offsetof(struct virtio_blk_config, blk_size) + 4,
	};
	int fd = open_at(CREATED), file = temp_file((1 << 20) + 3584, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(set_backend(fd, file, 0, bad[i]), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(ok); i++) {
		EXPECT_EQ(set_backend(fd, file, 0, ok[i]), 0);
		EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG, &a), 0);
		EXPECT_EQ(a.blk.blk_size, ok[i]);
		/* Rounded down to the block size. */
		EXPECT_EQ(a.blk.capacity,
			  ((1 << 20) + 3584) / ok[i] * ok[i] / 512);
	}
	EXPECT_EQ(set_backend(fd, temp_file(2048, 0), 0, 4096), -EINVAL);
}

TEST(backend_below_its_block_size)
{
	int fd = open_at(CREATED), file = temp_direct(1 << 20);
	int ret;

	if (file < 0)
		SKIP("no O_DIRECT in /tmp");
	ret = set_backend(fd, file, 0, 0);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(set_backend(fd, file, 0, 4096), 0);
}

static void expect_read_only(struct guest *g, int file)
{
	uint64_t data = guest_alloc(g, 4096, 4096);
	uint8_t sector[512];

	guest_start(g);
	EXPECT_TRUE(g->features & BIT(VIRTIO_BLK_F_RO));
	fill(guest_ptr(g, data), 512, 1);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 0, data, 512, NULL),
		  VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0, data, 512, NULL),
		  VIRTIO_BLK_S_OK);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL),
		  VIRTIO_BLK_S_OK);
	EXPECT_EQ(pread(file, sector, 512, 0), 512);
	EXPECT_TRUE(all_bytes(sector, 512, 0));
	guest_free(g);
}

TEST(backend_read_only)
{
	char path[] = "/tmp/kvdev-abi-XXXXXX";
	struct guest_options o = {};
	int file = mkstemp(path);

	ASSERT_EQ(ftruncate(file, 1 << 20), 0);
	/* by the mode of the descriptor, with and without the flag; by it */
	o.backend = open(path, O_RDONLY);
	expect_read_only(guest_new(&o), file);
	o.backend_flags = KVDEV_BACKEND_RDONLY;
	expect_read_only(guest_new(&o), file);
	o.backend = file;
	expect_read_only(guest_new(&o), file);
	/* A driver that does not know of it is refused as well. */
	o.refuse = BIT(VIRTIO_BLK_F_RO);
	o.pci = true;
	{
		struct guest *g = guest_new(&o);
		uint64_t data = guest_alloc(g, 4096, 4096);
		uint8_t sector[512];

		guest_start(g);
		fill(guest_ptr(g, data), 512, 1);
		EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 0, data, 512,
				      NULL), VIRTIO_BLK_S_IOERR);
		EXPECT_EQ(pread(file, sector, 512, 0), 512);
		EXPECT_TRUE(all_bytes(sector, 512, 0));
		guest_free(g);
	}
	unlink(path);
}

/* The device has its own reference. */
TEST(backend_descriptor_closed)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);

	close(o.backend);
	guest_start(g);
	blk_works(g);
}

TEST(backend_replaced)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	int second = temp_file(2 << 20, 0);
	uint8_t sector[512];
	uint64_t data;

	guest_start(g);
	blk_works(g);
	guest_reset(g);
	EXPECT_EQ(set_backend(g->fd, second, 0, 0), 0);
	guest_start(g);
	data = guest_alloc(g, 512, 512);
	fill(guest_ptr(g, data), 512, 5);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 4095, data, 512, NULL),
		  VIRTIO_BLK_S_OK);
	EXPECT_EQ(pread(second, sector, 512, 4095 * 512), 512);
	EXPECT_TRUE(filled(sector, 512, 5));
}

/* ------------------------------------------------------------- names */

TEST(names)
{
	static const char * const good[] = {
		"a", "Z", "0", "a.b_c-D", "0123456789abcdefghijklmnopqrst-",
	};
	static const char * const bad[] = {
		"", " ", "a b", "a/b", "a\n", "a:b", "\x7f", "\xe4",
		"0123456789abcdefghijklmnopqrstu-",	/* not terminated */
	};
	struct kvdev_create c = { .size = sizeof(c),
				  .device_id = VIRTIO_ID_RNG };
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		fd = dev_open();
		EXPECT_EQ(create_named(fd, good[i]), 0);
		EXPECT_EQ(name_cmd(fd, KVDEV_DELETE, good[i]), 0);
		close(fd);
	}
	fd = dev_open();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(create_named(fd, bad[i]), -EINVAL);
		EXPECT_EQ(name_cmd(fd, KVDEV_OPEN, bad[i]), -EINVAL);
		EXPECT_EQ(name_cmd(fd, KVDEV_DELETE, bad[i]), -EINVAL);
	}
	/* zero padded; without the flag all zero */
	c.flags = KVDEV_CREATE_NAMED;
	memcpy(c.name, "a\0b", 3);
	EXPECT_EQ(cmd(fd, KVDEV_CREATE, &c), -EINVAL);
	c.flags = 0;
	memcpy(c.name, "a\0\0", 3);
	EXPECT_EQ(cmd(fd, KVDEV_CREATE, &c), -EINVAL);
	/* a caller of the first ABI knows no names */
	c.size = offsetof(struct kvdev_create, name);
	c.flags = KVDEV_CREATE_NAMED;
	EXPECT_EQ(cmd(fd, KVDEV_CREATE, &c), -EINVAL);
	c.flags = 0;
	EXPECT_EQ(cmd(fd, KVDEV_CREATE, &c), 0);
}

TEST(named_device_stays)
{
	const char *name = test_name("");
	int a = dev_open(), b = dev_open(), c = dev_open();
	uint32_t id;

	EXPECT_EQ(name_cmd(b, KVDEV_OPEN, name), -ENOENT);
	EXPECT_EQ(name_cmd(b, KVDEV_DELETE, name), -ENOENT);
	ASSERT_EQ(create_named(a, name), 0);
	EXPECT_EQ(create_named(b, name), -EEXIST);
	EXPECT_EQ(name_cmd(a, KVDEV_OPEN, name), -EEXIST);
	close(a);
	ASSERT_EQ(name_cmd(b, KVDEV_OPEN, name), 0);
	EXPECT_EQ(name_cmd(b, KVDEV_OPEN, name), -EEXIST);
	EXPECT_EQ(create(b, VIRTIO_ID_RNG, 0, 0), -EEXIST);
	EXPECT_EQ(cmd(b, VHOST_VDPA_GET_DEVICE_ID, &id), 0);
	EXPECT_EQ(id, VIRTIO_ID_BLOCK);
	/* The name is free at once, the device goes with its last file. */
	EXPECT_EQ(name_cmd(c, KVDEV_DELETE, name), 0);
	EXPECT_EQ(name_cmd(c, KVDEV_DELETE, name), -ENOENT);
	EXPECT_EQ(name_cmd(c, KVDEV_OPEN, name), -ENOENT);
	EXPECT_EQ(cmd(b, VHOST_VDPA_GET_DEVICE_ID, &id), 0);
	ASSERT_EQ(create_named(c, name), 0);
	EXPECT_EQ(name_cmd(c, KVDEV_DELETE, name), 0);
}

TEST(named_device_has_one_owner)
{
	const char *name = test_name("");
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	int a = dev_open(), b = dev_open(), ev = event_new();
	struct vhost_memory_region r = { GUEST_GPA, 4096, 0, 0 };

	ASSERT_EQ(create_named(a, name), 0);
	ASSERT_EQ(name_cmd(b, KVDEV_OPEN, name), 0);
	ASSERT_EQ(set_backend(a, o.backend, 0, 0), 0);
	ASSERT_EQ(cmd(a, VHOST_SET_OWNER, NULL), 0);
	/* The other file may look, and no more. */
	EXPECT_EQ(cmd(b, VHOST_SET_OWNER, NULL), -EBUSY);
	EXPECT_EQ(set_backend(b, -1, 0, 0), -EBUSY);
	EXPECT_EQ(set_status(b, S_DRIVER), -EPERM);
	EXPECT_EQ(set_mem(b, &r, 0), -EPERM);
	EXPECT_EQ(vring_file(b, VHOST_SET_VRING_KICK, 0, ev), -EPERM);
	EXPECT_EQ(cmd(b, VHOST_RESET_OWNER, NULL), -EPERM);
	EXPECT_EQ(get_status(b), 0);
	EXPECT_EQ(name_cmd(b, KVDEV_DELETE, name), -EBUSY);
	EXPECT_EQ(set_status(a, S_DRIVER), 0);
	EXPECT_EQ(get_status(b), S_DRIVER);
	/* Closing the owner's file resets the device and makes room. */
	close(a);
	EXPECT_EQ(get_status(b), 0);
	EXPECT_EQ(cmd(b, VHOST_SET_OWNER, NULL), 0);
	EXPECT_EQ(set_status(b, S_DRIVER), 0);
	EXPECT_EQ(cmd(b, VHOST_RESET_OWNER, NULL), 0);
	EXPECT_EQ(name_cmd(b, KVDEV_DELETE, name), 0);
}

TEST(next)
{
	struct kvdev_next n = { .size = sizeof(n) };
	char name[3][KVDEV_NAME_LEN];
	int fd[3], seen = 0, i, other = dev_open();
	uint32_t last = 0;

	for (i = 0; i < 3; i++) {
		char what[] = { '-', 'a' + i, 0 };

		strcpy(name[i], test_name(what));
		fd[i] = dev_open();
		ASSERT_EQ(create_named(fd[i], name[i]), 0);
	}
	ASSERT_EQ(set_backend(fd[1], temp_file(1 << 20, 0),
			      KVDEV_BACKEND_RDONLY, 1024), 0);
	ASSERT_EQ(cmd(fd[1], VHOST_SET_OWNER, NULL), 0);
	ASSERT_EQ(cmd_u64(fd[1], VHOST_SET_FEATURES, F_VERSION_1), 0);
	ASSERT_EQ(set_status(fd[1], S_DRIVER), 0);

	while (!cmd(other, KVDEV_NEXT, &n)) {
		for (i = 0; i < 3; i++)
			seen += !strcmp((char *)n.name, name[i]) << 4 * i;
		EXPECT_GE(n.id, last);
		if (!strcmp((char *)n.name, name[1])) {
			EXPECT_EQ(n.device_id, VIRTIO_ID_BLOCK);
			EXPECT_EQ(n.nr_queues, 1);
			EXPECT_EQ(n.queue_size, 256);
			EXPECT_EQ(n.use, KVDEV_USE_OWNER);
			EXPECT_EQ(n.use_pid, getpid());
			EXPECT_TRUE(n.offered & BIT(VIRTIO_BLK_F_RO));
			EXPECT_EQ(n.accepted, F_VERSION_1);
			EXPECT_EQ(n.status, S_DRIVER);
			EXPECT_EQ(n.format, KVDEV_FORMAT_RAW);
			EXPECT_EQ(n.capacity, 1 << 20);
			EXPECT_EQ(n.block_size, 1024);
			EXPECT_EQ(n.read_only, 1);
			EXPECT_TRUE(!strncmp((char *)n.use_comm,
					     program_invocation_short_name,
					     15));
		}
		if (!strcmp((char *)n.name, name[0])) {
			EXPECT_EQ(n.use, KVDEV_USE_NONE);
			EXPECT_EQ(n.use_pid, 0);
			EXPECT_EQ(n.format, 0);
			EXPECT_EQ(n.capacity, 0);
		}
		EXPECT_TRUE(memchr(n.name, 0, sizeof(n.name)));
		EXPECT_TRUE(memchr(n.backing, 0, sizeof(n.backing)));
		last = n.id + 1;
		n = (struct kvdev_next){ .size = sizeof(n), .id = last };
	}
	EXPECT_EQ(cmd(other, KVDEV_NEXT, &n), -ENOENT);
	EXPECT_EQ(seen, 0x111);
	n = (struct kvdev_next){ .size = sizeof(n), .id = UINT32_MAX };
	EXPECT_EQ(cmd(other, KVDEV_NEXT, &n), -ENOENT);
	close(fd[1]);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(name_cmd(other, KVDEV_DELETE, name[i]), 0);
}
