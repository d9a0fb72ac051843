// SPDX-License-Identifier: GPL-2.0
/*
 * Devices on the vDPA bus as VMMs use them, through /dev/vhost-vdpa-N: what
 * they are told, the orders in which they do things, and the states they leave
 * a device in.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <linux/virtio_net.h>

#include "vdpa_user.h"

#define SPACES		1	/* address spaces and groups */

static int backend_features(int fd, uint64_t bits)
{
	return cmd(fd, VHOST_SET_BACKEND_FEATURES, &bits);
}

static uint64_t features_of(int fd)
{
	uint64_t f;

	ASSERT_EQ(cmd(fd, VHOST_GET_FEATURES, &f), 0);
	return f;
}

/* The device gave up on the driver and said so, and a reset helps. */
static void expect_needs_reset(struct guest *g)
{
	EXPECT_TRUE(event_wait(g->config_fd, WAIT_MS));
	EXPECT_EQ(guest_status(g) & S_NEEDS_RESET, S_NEEDS_RESET);
	guest_reset(g);
	EXPECT_EQ(guest_status(g), 0);
}

/* ------------------------------------------------------------------- facts */

TEST(what_a_disk_says)
{
	struct vhost_vdpa_iova_range range = {};
	struct vhost_vring_state s;
	struct vdpa_dev *d = vdpa_disk();
	uint64_t bits, must = F_VERSION_1 | F_ACCESS | F_INDIRECT | F_EVENT_IDX;
	uint32_t n = 0;
	uint16_t max;
	int fd = vdpa_owner(d);

	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_DEVICE_ID, &n), 0);
	EXPECT_EQ(n, VIRTIO_ID_BLOCK);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VQS_COUNT, &n), 0);
	EXPECT_EQ(n, 2);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VRING_NUM, &max), 0);
	EXPECT_EQ(max, KVDEV_MAX_RING_SIZE);
	for (s.index = 0; s.index < 2; s.index++) {
		EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VRING_SIZE, &s), 0);
		EXPECT_EQ(s.num, max);
		s.num = 99;
		EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VRING_GROUP, &s), 0);
		EXPECT_EQ(s.num, 0);
	}
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VRING_SIZE, &s), -ENOBUFS);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_IOVA_RANGE, &range), 0);
	EXPECT_EQ(range.first, 0);
	EXPECT_EQ(range.last, -1ULL);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_GROUP_NUM, &n), 0);
	EXPECT_EQ(n, SPACES);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_AS_NUM, &n), 0);
	EXPECT_EQ(n, SPACES);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG_SIZE, &n), 0);
	EXPECT_GE(n, offsetof(struct virtio_blk_config, max_discard_sectors));
	EXPECT_EQ(features_of(fd) & must, must);
	must = BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES);
	EXPECT_EQ(features_of(fd) & must, must);

	/* What VMMs want to be there before they trust SUSPEND and late enabling. */
	must = BIT(VHOST_BACKEND_F_IOTLB_MSG_V2) |
	       BIT(VHOST_BACKEND_F_IOTLB_BATCH) | BIT(VHOST_BACKEND_F_SUSPEND) |
	       BIT(VHOST_BACKEND_F_RESUME) |
	       BIT(VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK) |
	       BIT(VHOST_BACKEND_F_IOTLB_PERSIST);
	EXPECT_EQ(cmd(fd, VHOST_GET_BACKEND_FEATURES, &bits), 0);
	EXPECT_EQ(bits & must, must);
	EXPECT_EQ(backend_features(fd, must), 0);
	EXPECT_EQ(backend_features(fd, 1ULL << 40), -EOPNOTSUPP);
	close(fd);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

static int config_cmd(int fd, bool write, uint32_t off, uint32_t len, void *buf)
{
	struct vhost_vdpa_config *c = calloc(1, sizeof(*c) + 256);
	int ret;

	c->off = off;
	c->len = len;
	if (write)
		memcpy(c->buf, buf, len);
	ret = cmd(fd, write ? VHOST_VDPA_SET_CONFIG : VHOST_VDPA_GET_CONFIG, c);
	if (!ret && !write)
		memcpy(buf, c->buf, len);
	free(c);
	return ret;
}

TEST(configuration)
{
	struct vdpa_dev *d = vdpa_disk();
	struct virtio_blk_config c = {}, again;
	int fd = vdpa_owner(d);
	uint32_t size;

	ASSERT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG_SIZE, &size), 0);
	ASSERT_TRUE(size <= 256);
	/* Before there are features, and the bus says 0 for the driver. */
	EXPECT_EQ(config_cmd(fd, false, 0, 8, &c), 0);
	EXPECT_EQ(c.capacity, 8192);
	EXPECT_EQ(config_cmd(fd, false,
			     offsetof(struct virtio_blk_config, num_queues), 2,
			     &c.num_queues), 0);
	EXPECT_EQ(c.num_queues, 2);
	EXPECT_EQ(config_cmd(fd, false, size - 1, 1, &again), 0);
	EXPECT_EQ(config_cmd(fd, false, size, 1, &again), -EINVAL);
	EXPECT_EQ(config_cmd(fd, false, 0, 0, &again), -EINVAL);
	EXPECT_EQ(config_cmd(fd, false, -1U, 8, &again), -EINVAL);
	/* No field of a disk can be written; the bus cannot say so. */
	again.capacity = 1;
	EXPECT_EQ(config_cmd(fd, true, 0, 8, &again), 0);
	EXPECT_EQ(config_cmd(fd, false, 0, 8, &again), 0);
	EXPECT_EQ(again.capacity, 8192);
	EXPECT_EQ(config_cmd(fd, true, size, 8, &again), -EINVAL);
	EXPECT_EQ(vdpa_tool("dev config show %s", d->name), 0);
	close(fd);
	vdpa_delete(d);

	/* One without any: VMMs read it all the same. */
	d = vdpa_new(VIRTIO_ID_RNG, 0, 0);
	fd = vdpa_owner(d);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG_SIZE, &size), 0);
	ASSERT_TRUE(size > 0 && size <= sizeof(c));
	memset(&c, 0xff, sizeof(c));
	EXPECT_EQ(config_cmd(fd, false, 0, size, &c), 0);
	EXPECT_TRUE(all_bytes(&c, size, 0));
	close(fd);
	vdpa_delete(d);
}

TEST(entropy)
{
	struct vdpa_dev *d = vdpa_new(VIRTIO_ID_RNG, 0, 0);
	struct guest_options o = { .device_id = VIRTIO_ID_RNG };
	struct guest *g = vdpa_fresh_guest(d, o);
	struct seg s;
	uint32_t used;

	guest_start(g);
	s = (struct seg){ guest_alloc(g, 4096, 4096), 4096, W };
	EXPECT_EQ(vq_submit(&g->vq[0], &s, 1, &used), 0);
	EXPECT_EQ(used, 4096);
	EXPECT_TRUE(!all_bytes(guest_ptr(g, s.addr), 4096, 0));
	guest_free(g);
	vdpa_delete(d);
}

TEST(opened_once)
{
	struct vdpa_dev *d = vdpa_disk();
	struct kvdev_name n = { .size = sizeof(n) };
	int i, fd, other = dev_open();

	for (i = 0; i < 20; i++) {
		fd = vdpa_open(d);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(vdpa_open(d), -EBUSY);
		close(fd);
	}
	/* Nor is it for anybody who has it by name. */
	memcpy(n.name, d->name, sizeof(n.name));
	EXPECT_EQ(cmd(other, KVDEV_DELETE, &n), -EBUSY);
	EXPECT_EQ(cmd(other, KVDEV_OPEN, &n), 0);
	EXPECT_EQ(cmd(other, VHOST_SET_OWNER, NULL), -EBUSY);
	EXPECT_EQ(set_status(other, S_DRIVER_OK), -EPERM);
	EXPECT_EQ(vdpa_tool("dev add name %s mgmtdev kvdev", d->name) == 0, 0);
	close(other);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

/* What a tool prints has @text. */
static bool tool_says(const char *text, const char *fmt, const char *name)
{
	char command[128], out[8192];
	bool found;
	size_t n;
	FILE *f;

	snprintf(command, sizeof(command), fmt, name);
	f = popen(command, "r");
	ASSERT_TRUE(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	pclose(f);
	found = strstr(out, text);
	if (!found)
		NOTE("%s: %s", command, out);
	return found;
}

/* The kernel's tool asks as well, at any time. */
TEST(vdpa_tool_while_running)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_guest(d);

	EXPECT_EQ(vdpa_tool("dev show %s", d->name), 0);
	EXPECT_EQ(vdpa_tool("dev config show %s", d->name), 0);
	/* Only for network devices, says the bus. */
	EXPECT_NE(vdpa_tool("dev vstats show %s qidx 0", d->name), 0);
	EXPECT_NE(vdpa_tool("dev vstats show %s qidx 77", d->name), 0);
	EXPECT_EQ(vdpa_tool("mgmtdev show"), 0);
	blk_works(g);
	vdpa_done(d, g);
}

/*
 * Firmware behind QEMU's legacy window (OVMF, U-Boot) does not accept VERSION_1.
 * It is served, as by others' devices, with what it can know: 32 features.
 */
TEST(driver_from_before_version_1)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest_options o = { .refuse = F_VERSION_1 };
	struct guest *g = vdpa_fresh_guest(d, o);

	guest_start(g);
	EXPECT_TRUE(!(g->features & (F_VERSION_1 | F_RING_PACKED)));
	blk_works(g);
	guest_reset(g);
	/* Nothing of a later time goes with it. */
	g->o.refuse = F_VERSION_1;
	g->o.packed = true;
	EXPECT_NE(guest_negotiate(g), 0);
	EXPECT_EQ(guest_status(g), S_DRIVER);
	guest_reset(g);
	/* What the bus needs it has to have. */
	g->o.refuse = F_VERSION_1 | F_RING_PACKED | F_ACCESS;
	EXPECT_NE(guest_negotiate(g), 0);
	guest_reset(g);
	g->o.refuse = F_RING_PACKED;
	guest_start(g);
	blk_works(g);
	vdpa_done(d, g);
}

/* What does not fit the device is refused before it is on the bus. */
TEST(attributes_of_dev_add)
{
	struct vdpa_dev *d = vdpa_disk();
	uint64_t f;
	int fd = vdpa_open(d);

	ASSERT_GE(fd, 0);
	f = features_of(fd);
	close(fd);
	ASSERT_EQ(vdpa_tool("dev del %s", d->name), 0);
#define ADD(fmt, ...)							\
	vdpa_tool("dev add name %s mgmtdev kvdev " fmt, d->name, __VA_ARGS__)
	EXPECT_NE(ADD("mac %s", "00:11:22:33:44:55"), 0);
	EXPECT_NE(ADD("mtu %d", 1500), 0);
	EXPECT_NE(ADD("max_vqp %d", 1), 0);
	EXPECT_NE(ADD("device_features 0x%llx", (long long)(f | BIT(63))), 0);
	EXPECT_NE(ADD("device_features 0x%llx", (long long)(f & ~F_ACCESS)), 0);
	EXPECT_NE(ADD("device_features 0x%llx", (long long)(f & ~F_VERSION_1)),
		  0);
	EXPECT_EQ(ADD("device_features 0x%llx", (long long)(f & ~F_EVENT_IDX)),
		  0);
	fd = vdpa_open(d);
	if (fd >= 0) {
		EXPECT_EQ(features_of(fd), f & ~F_EVENT_IDX);
		close(fd);
	}
	vdpa_delete(d);
}

/* The bus knows counters and attributes of network devices only. */
TEST(network_device)
{
	struct guest_options o = { .device_id = VIRTIO_ID_NET };
	struct virtio_net_config c = {};
	struct vdpa_dev *d;
	struct guest *g;
	int fd = dev_open();
	char mac[18];

	if (create(fd, VIRTIO_ID_NET, 0, 0))
		SKIP("no network devices in this module");
	close(fd);
	d = vdpa_new(VIRTIO_ID_NET, 0, 0);
	g = vdpa_fresh_guest(d, o);
	EXPECT_EQ(config_cmd(g->fd, false, 0, sizeof(c.mac), &c), 0);
	EXPECT_NE(vdpa_tool("dev vstats show %s qidx 0", d->name), 0);
	EXPECT_EQ(guest_negotiate(g), 0);
	EXPECT_TRUE(tool_says("violations",
			      "vdpa dev vstats show %s qidx 0", d->name));
	EXPECT_NE(vdpa_tool("dev vstats show %s qidx %u", d->name, g->nr_vqs),
		  0);
	EXPECT_EQ(vdpa_tool("dev config show %s", d->name), 0);
	guest_free(g);

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", c.mac[0],
		 c.mac[1], c.mac[2], c.mac[3], c.mac[4], c.mac[5]);
	ASSERT_EQ(vdpa_tool("dev del %s", d->name), 0);
#define ADD_NET(mgmtdev, fmt, ...)					\
	vdpa_tool("dev add name %s mgmtdev " mgmtdev " " fmt, d->name,	\
		  __VA_ARGS__)
	EXPECT_NE(ADD_NET("kvdev", "mac %s", mac), 0);
	EXPECT_NE(ADD_NET("kvdev-net", "mac %s", "02:00:00:00:00:77"), 0);
	EXPECT_NE(ADD_NET("kvdev-net", "mtu %d", 77), 0);
	EXPECT_NE(ADD_NET("kvdev-net", "max_vqp %d", 7), 0);
	EXPECT_EQ(ADD_NET("kvdev-net", "mac %s", mac), 0);
	vdpa_delete(d);

	d = vdpa_disk();
	ASSERT_EQ(vdpa_tool("dev del %s", d->name), 0);
	EXPECT_NE(ADD_NET("kvdev-net", "%s", ""), 0);
	EXPECT_EQ(ADD_NET("kvdev", "%s", ""), 0);
	vdpa_delete(d);
}

/* ------------------------------------------------------- orders of things */

/* Cloud Hypervisor: all of status at once. */
TEST(status_in_one_write)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_fresh_guest(d, (struct guest_options){});
	unsigned int i;

	g->features = features_of(g->fd);
	/* Features come first, and before those of the backend. */
	EXPECT_EQ(cmd(g->fd, VHOST_SET_FEATURES, &g->features), 0);
	EXPECT_EQ(backend_features(g->fd, BIT(VHOST_BACKEND_F_IOTLB_MSG_V2)), 0);
	for (i = 0; i < g->nr_vqs; i++)
		EXPECT_EQ(guest_setup_vq(g, i), 0);
	EXPECT_EQ(set_status(g->fd, S_DRIVER_OK), 0);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	blk_works(g);

	/* Bits are only added. */
	EXPECT_EQ(set_status(g->fd, S_FEATURES_OK), -EINVAL);
	EXPECT_EQ(set_status(g->fd, S_DRIVER_OK), 0);
	blk_works(g);
	vdpa_done(d, g);
}

TEST(enabled_before_and_after_driver_ok)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_fresh_guest(d, (struct guest_options){});
	struct vhost_vring_state s = { .index = 1, .num = 1 };

	EXPECT_EQ(backend_features(g->fd, BIT(VHOST_BACKEND_F_IOTLB_PERSIST) |
			BIT(VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK)), 0);
	/* libblkio: before, one that has no address yet among them */
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_VRING_ENABLE, &s), 0);
	EXPECT_EQ(guest_negotiate(g), 0);
	EXPECT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(guest_driver_ok(g), 0);
	blk_works(g);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	/* Addresses are frozen now, says the bus. */
	EXPECT_EQ(guest_setup_vq(g, 1), -EINVAL);
	blk_works(g);

	/* after: with its addresses set beforehand */
	guest_reset(g);
	EXPECT_EQ(guest_negotiate(g), 0);
	EXPECT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(guest_setup_vq(g, 1), 0);
	s.num = 0;
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_VRING_ENABLE, &s), 0);
	EXPECT_EQ(guest_driver_ok(g), 0);
	blk_works(g);
	s.num = 1;
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_VRING_ENABLE, &s), 0);
	EXPECT_EQ(blk_request(g, 1, VIRTIO_BLK_T_IN, 0,
			      guest_alloc(g, 512, 512), 512, NULL), 0);
	EXPECT_EQ(guest_stats(g, 1).chains, 1);
	blk_works(g);
	vdpa_done(d, g);
}

TEST(sets_of_features)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_fresh_guest(d, (struct guest_options){});
	uint64_t f = features_of(g->fd);

	/* 0 is what the bus says before there was a driver. */
	EXPECT_EQ(cmd_u64(g->fd, VHOST_SET_FEATURES, 0), 0);
	EXPECT_EQ(cmd_u64(g->fd, VHOST_SET_FEATURES, f & ~F_ACCESS), -EINVAL);
	EXPECT_EQ(cmd_u64(g->fd, VHOST_SET_FEATURES, f | BIT(63)), -EINVAL);
	EXPECT_EQ(cmd_u64(g->fd, VHOST_SET_FEATURES, f), 0);
	EXPECT_EQ(cmd_u64(g->fd, VHOST_SET_FEATURES, 0), 0);
	EXPECT_EQ(guest_negotiate(g), 0);
	EXPECT_EQ(cmd_u64(g->fd, VHOST_SET_FEATURES, f), -EBUSY);
	EXPECT_EQ(cmd_u64(g->fd, VHOST_SET_FEATURES, 0), -EBUSY);
	/* The tool reads the configuration of a device just reset. */
	EXPECT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(guest_setup_vq(g, 1), 0);
	EXPECT_EQ(guest_driver_ok(g), 0);
	blk_works(g);
	guest_reset(g);
	EXPECT_EQ(vdpa_tool("dev config show %s", d->name), 0);
	guest_start(g);
	blk_works(g);
	vdpa_done(d, g);
}

/* A driver that accepts nothing it has to: DRIVER_OK is not for it. */
TEST(driver_ok_without_features)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_fresh_guest(d, (struct guest_options){});
	uint64_t none = 0;

	EXPECT_EQ(set_status(g->fd, VIRTIO_CONFIG_S_DRIVER_OK), 0);
	EXPECT_EQ(guest_status(g) & VIRTIO_CONFIG_S_DRIVER_OK, 0);
	guest_reset(g);
	EXPECT_EQ(cmd(g->fd, VHOST_SET_FEATURES, &none), 0);
	EXPECT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(set_status(g->fd, S_FEATURES_OK), 0);
	EXPECT_EQ(guest_status(g) & VIRTIO_CONFIG_S_FEATURES_OK, 0);
	EXPECT_EQ(set_status(g->fd, S_DRIVER_OK), 0);
	EXPECT_EQ(guest_status(g) & S_DRIVER_OK, S_DRIVER);
	guest_reset(g);
	vdpa_done(d, g);
}

TEST(ring_features)
{
	static const uint64_t refuse[] = {
		0, F_EVENT_IDX, F_INDIRECT, F_EVENT_IDX | F_INDIRECT,
	};
	struct vdpa_dev *d = vdpa_disk();
	struct guest_options o = { .num = 8 };
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(refuse); i++) {
		struct guest *g;
		struct seg s[3];
		struct vring_used_elem e;
		uint64_t table;
		int head;

		o.refuse = refuse[i];
		g = vdpa_fresh_guest(d, o);
		guest_start(g);
		EXPECT_EQ(g->features & refuse[i], 0);
		for (n = 0; n < 50; n++)
			blk_works(g);
		if (!(refuse[i] & F_INDIRECT)) {
			table = guest_alloc(g, 48, 16);
			s[0] = (struct seg){ blk_header(g, VIRTIO_BLK_T_IN, 0),
					     16, 0 };
			s[1] = (struct seg){ guest_alloc(g, 512, 512), 512, W };
			s[2] = (struct seg){ guest_alloc(g, 1, 1), 1, W };
			*(uint8_t *)guest_ptr(g, s[2].addr) = 99;
			head = vq_add_indirect(&g->vq[1], table, s, 3);
			EXPECT_GE(head, 0);
			vq_kick(&g->vq[1]);
			EXPECT_EQ(vq_wait(&g->vq[1], &e, WAIT_MS), 0);
			EXPECT_EQ(*(uint8_t *)guest_ptr(g, s[2].addr),
				  VIRTIO_BLK_S_OK);
		}
		EXPECT_EQ(guest_stats(g, 0).violations, 0);
		guest_free(g);
	}
	vdpa_delete(d);
}

/* ------------------------------------------------------------------- owner */

TEST(nothing_without_an_owner)
{
	struct vdpa_dev *d = vdpa_disk();
	struct vhost_vring_state s = { .num = 1 };
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = vdpa_open(d);
	uint64_t f;

	ASSERT_GE(fd, 0);
	f = features_of(fd);
	EXPECT_NE(map(fd, 0, 4096, p), 0);
	EXPECT_NE(unmap(fd, 0, -1ULL), 0);
	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_NUM, 0, 256), -EPERM);
	EXPECT_EQ(vring_addr(fd, 0, NULL, NULL, NULL), -EPERM);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_SET_VRING_ENABLE, &s), -EPERM);
	/* Status and features are the bus' to take; they lead nowhere. */
	EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES, &f), 0);
	EXPECT_EQ(set_status(fd, S_DRIVER_OK), 0);
	EXPECT_EQ(get_status(fd), S_DRIVER_OK | S_NEEDS_RESET);
	EXPECT_EQ(set_status(fd, 0), 0);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), -EBUSY);
	close(fd);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

/*
 * Addresses of the kernel's drivers are physical ones, and no process gets at
 * those: not without a mapping, and not with a table of vhost.
 */
TEST(no_memory_but_its_own)
{
	static const uint64_t where[] = { 0, 0x1000, 1 << 20, 16 << 20 };
	struct vdpa_dev *d = vdpa_disk();
	struct vhost_memory_region r;
	unsigned int i;
	uint8_t *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	r = (struct vhost_memory_region){ 0, 1 << 20, (uintptr_t)p, 0 };
	for (i = 0; i < ARRAY_SIZE(where); i++) {
		int fd = vdpa_owner(d);
		uint64_t f = features_of(fd);

		if (i & 1)
			EXPECT_EQ(set_mem(fd, &r, 1), 0);
		EXPECT_EQ(cmd(fd, VHOST_SET_FEATURES, &f), 0);
		EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_NUM, 0, 4), 0);
		EXPECT_EQ(vring_addr(fd, 0, (void *)where[i],
				     (void *)(where[i] + 64),
				     (void *)(where[i] + 128)), 0);
		EXPECT_EQ(vring_state(fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1),
			  0);
		EXPECT_EQ(set_status(fd, S_DRIVER_OK), 0);
		EXPECT_EQ(get_status(fd), S_DRIVER_OK | S_NEEDS_RESET);
		close(fd);
	}
	EXPECT_TRUE(all_bytes(p, 1 << 20, 0));
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

/* The file works in a child, for the memory of the one who is the owner. */
TEST(used_by_a_child)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_fresh_guest(d, (struct guest_options){});
	int status;
	pid_t pid;

	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	ASSERT_EQ(guest_setup_vq(g, 1), 0);
	pid = fork();
	if (!pid) {
		/* Its own private page: nothing must come from here. */
		_exit(guest_driver_ok(g) || cmd(g->fd, VHOST_SET_OWNER, NULL) !=
		      -EBUSY);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	blk_works(g);
	vdpa_done(d, g);
}

/* --------------------------------------------------------- notifications */

TEST(configuration_change)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_guest(d);
	int bad = 9999, none = -1, no_eventfd = g->memfd;

	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_CONFIG_CALL, &bad), -EBADF);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_CONFIG_CALL, &no_eventfd), -EINVAL);
	/* Linux 6.12 forgets the one there was. */
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_CONFIG_CALL, &g->config_fd), 0);
	vq_expose(&g->vq[0], g->vq[0].num);
	vq_kick_always(&g->vq[0]);
	expect_needs_reset(g);

	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_CONFIG_CALL, &none), 0);
	guest_start(g);
	vq_expose(&g->vq[0], g->vq[0].num);
	vq_kick_always(&g->vq[0]);
	guest_wait_status(g, S_DRIVER_OK | S_NEEDS_RESET);
	EXPECT_TRUE(!event_wait(g->config_fd, NO_USED_MS));
	guest_reset(g);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_CONFIG_CALL, &g->config_fd), 0);
	guest_start(g);
	vdpa_done(d, g);
}

TEST(other_eventfds_while_running)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_guest(d);
	struct vq *vq = &g->vq[0];
	struct seg s[2];
	uint64_t end;
	int i, old;

	for (i = 0; i < 50; i++) {
		old = vq->call;
		vq->call = event_new();
		EXPECT_EQ(vring_file(g->fd, VHOST_SET_VRING_CALL, 0, vq->call),
			  0);
		close(old);
		blk_works(g);
		old = vq->kick;
		vq->kick = event_new();
		EXPECT_EQ(vring_file(g->fd, VHOST_SET_VRING_KICK, 0, vq->kick),
			  0);
		close(old);
		blk_works(g);
	}
	/* None: whoever polls finds the used entry all the same. */
	end = now_ms() + WAIT_MS;
	EXPECT_EQ(vring_file(g->fd, VHOST_SET_VRING_CALL, 0, -1), 0);
	s[0] = (struct seg){ blk_header(g, VIRTIO_BLK_T_FLUSH, 0), 16, 0 };
	s[1] = (struct seg){ guest_alloc(g, 1, 1), 1, W };
	ASSERT_GE(vq_add(vq, s, 2), 0);
	vq_kick_always(vq);
	while (vq_used_idx(vq) != vq->avail_idx)
		ASSERT_TRUE(now_ms() < end);
	vdpa_done(d, g);
}

/* ----------------------------------------------------- what cannot be */

TEST(commands_that_are_not_for_it)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_guest(d);
	struct vhost_vring_state s = { .index = 0, .num = 1 };
	uint64_t base = 0;
	int i, fd = -1;

	/* Memory is logged by nobody; there is one address space. */
	EXPECT_NE(cmd(g->fd, VHOST_SET_LOG_BASE, &base), 0);
	EXPECT_NE(cmd(g->fd, VHOST_SET_LOG_FD, &fd), 0);
	EXPECT_NE(cmd(g->fd, VHOST_VDPA_SET_GROUP_ASID, &s), 0);
	s.num = 0;
	EXPECT_NE(cmd(g->fd, VHOST_VDPA_SET_GROUP_ASID, &s), 0);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_GET_VRING_DESC_GROUP, &s), -EOPNOTSUPP);
	for (i = 2; i < 0x10000; i += 0x3ffe) {
		EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_NUM, i, 1),
			  -ENOBUFS);
		EXPECT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, i, 1),
			  -ENOBUFS);
		EXPECT_EQ(vring_file(g->fd, VHOST_SET_VRING_CALL, i, -1),
			  -ENOBUFS);
	}
	EXPECT_EQ(cmd(g->fd, KVDEV_GET_INFO, &s), -ENOTTY);
	EXPECT_TRUE(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, g->fd, 0) ==
		    MAP_FAILED);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_GET_STATUS, (void *)1), -EFAULT);
	EXPECT_EQ(cmd(g->fd, VHOST_SET_VRING_ADDR, (void *)1), -EFAULT);
	blk_works(g);
	vdpa_done(d, g);
}

/* A queue of another size than ours, or where there is no memory. */
TEST(rings_that_cannot_be)
{
	static const struct {
		uint32_t num;
		uint64_t desc, driver, device;
	} bad[] = {
		{ 1U << 15, GUEST_GPA, GUEST_GPA + 0x100000,
		  GUEST_GPA + 0x200000 },
		{ 16, 0, GUEST_GPA, GUEST_GPA + 4096 },
		{ 16, GUEST_GPA, GUEST_GPA - 2, GUEST_GPA + 4096 },
		{ 16, GUEST_GPA, GUEST_GPA + 256, GUEST_GPA + GUEST_MEM - 4 },
		{ 16, GUEST_GPA + 8, GUEST_GPA + 256, GUEST_GPA + 4096 },
		{ 16, GUEST_GPA, -16ULL, GUEST_GPA + 4096 },
		{ 16, GUEST_GPA + GUEST_MEM, GUEST_GPA, GUEST_GPA },
	};
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_fresh_guest(d, (struct guest_options){});
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(guest_negotiate(g), 0);
		/* Newer kernels check the size themselves. */
		ret = vring_state(g->fd, VHOST_SET_VRING_NUM, 0, bad[i].num);
		EXPECT_TRUE(!ret || (!i && ret == -EINVAL));
		ret = ret ? ret : vring_addr(g->fd, 0, (void *)bad[i].desc,
					     (void *)bad[i].driver,
					     (void *)bad[i].device);
		EXPECT_TRUE(!ret || ret == -EINVAL);
		EXPECT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1),
			  0);
		if (!ret) {
			EXPECT_EQ(guest_driver_ok(g), 0);
			expect_needs_reset(g);
		}
		guest_reset(g);
	}
	EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_NUM, 0, 0), -EINVAL);
	EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_NUM, 0, 3), -EINVAL);
	EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_NUM, 0, 1 << 16), -EINVAL);
	guest_start(g);
	blk_works(g);
	vdpa_done(d, g);
}

/* VMMs end on an id that is none of virtio. */
TEST(not_for_the_bus)
{
	struct kvdev_create c = {
		.size = sizeof(c),
		.flags = KVDEV_CREATE_NAMED,
		.device_id = KVDEV_DEVICE_VMMCI,
	};
	struct kvdev_name n = { .size = sizeof(n) };
	int fd = dev_open();

	snprintf((char *)c.name, sizeof(c.name), "vdpa-vmmci-%d", getpid());
	memcpy(n.name, c.name, sizeof(n.name));
	/* That there is a bus */
	vdpa_delete(vdpa_disk());
	ASSERT_EQ(cmd(fd, KVDEV_CREATE, &c), 0);
	EXPECT_NE(vdpa_tool("dev add name %s mgmtdev kvdev", (char *)c.name), 0);
	EXPECT_EQ(cmd(fd, KVDEV_DELETE, &n), 0);
}
