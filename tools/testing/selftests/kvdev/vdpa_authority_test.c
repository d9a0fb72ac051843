// SPDX-License-Identifier: GPL-2.0
/*
 * The vDPA bus: who may put a device there, who may change it while it is
 * there, and what stays as the administrator wanted it.
 */
#include <fcntl.h>
#include <sys/socket.h>

#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/virtio_net.h>

#include "authority_common.h"
#include "vdpa_user.h"

#define MAC	"52:54:00:00:00:07"

/* All they need for the bus itself */
static const struct who net_admin = {
	.uid = 65534, .gid = 65534, .cap = CAP_NET_ADMIN,
};
static const struct who net_member = {
	.uid = 4712, .gid = GROUP, .cap = CAP_NET_ADMIN,
};
static const struct who net_owner = {
	.uid = 4711, .gid = 4711, .cap = CAP_NET_ADMIN,
};

/* Number 0; it was on the bus, which is here, and is not now. */
static void off_the_bus(struct vdpa_dev *d)
{
	ASSERT_EQ(vdpa_tool("dev del %s", d->name), 0);
	first_name = d->name;
}

static int bus_add(void)
{
	return vdpa_tool("dev add name %s mgmtdev kvdev", name_of(0));
}

static void cannot_add(void)
{
	EXPECT_NE(bus_add(), 0);
}

static void adds(void)
{
	EXPECT_EQ(bus_add(), 0);
	EXPECT_EQ(vdpa_tool("dev del %s", name_of(0)), 0);
}

TEST(publishing_needs_permission_to_write)
{
	struct vdpa_dev *d = vdpa_disk();

	off_the_bus(d);
	/* Does what he runs have the capability? */
	ASSERT_EQ(set_mode(0, 0666), 0);
	as(&net_admin, adds);
	ASSERT_EQ(set_mode(0, 0664), 0);
	as(&net_admin, cannot_add);
	EXPECT_EQ(look(0).use, KVDEV_USE_NONE);
	ASSERT_EQ(set_group(0, GROUP), 0);
	as(&net_member, adds);
	ASSERT_EQ(set_mode(0, 0604), 0);
	as(&net_member, cannot_add);
	as(&net_owner, cannot_add);
	ASSERT_EQ(set_owner(0, net_owner.uid), 0);
	as(&net_owner, adds);
	/* And the owner needs what everybody does. */
	as(&owner, cannot_add);
	EXPECT_EQ(look(0).use, KVDEV_USE_NONE);
	EXPECT_EQ(bus_add(), 0);
	vdpa_delete(d);
}

/* ------------------------------------------------------------- on the bus */

static int set_link(int fd)
{
	struct kvdev_net_config c = {
		.size = sizeof(c), .set = KVDEV_NET_SET_LINK,
		.link = KVDEV_NET_LINK_DOWN,
	};

	return cmd(fd, KVDEV_NET_SET, &c);
}

static void may_manage(void)
{
	int fd = must_open(0, O_RDWR);

	EXPECT_EQ(set_link(fd), 0);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), -EBUSY);
	EXPECT_EQ(delete_device(0), -EBUSY);
}

static void may_look(void)
{
	int fd = must_open(0, O_RDWR);

	EXPECT_EQ(set_link(fd), -EBUSY);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), -EBUSY);
	EXPECT_EQ(delete_device(0), -EBUSY);
	EXPECT_EQ(look(0).use, KVDEV_USE_VDPA);
}

TEST(on_the_bus_it_is_the_owners)
{
	struct vdpa_dev *d = vdpa_new(VIRTIO_ID_NET, 3, -1);

	first_name = d->name;
	ASSERT_EQ(set_owner(0, owner.uid), 0);
	ASSERT_EQ(set_group(0, GROUP), 0);
	ASSERT_EQ(set_mode(0, 0660), 0);
	as(&owner, may_manage);
	as(&member, may_look);
	may_manage();
	vdpa_delete(d);
}

/* Fields that say what the device is, by any file */
static void try_to_change(int fd)
{
	static const uint32_t set[] = {
		KVDEV_NET_SET_MAC, KVDEV_NET_SET_LOCKED_MAC,
		KVDEV_NET_SET_HOST_MAC, KVDEV_NET_SET_MTU, KVDEV_NET_SET_SPEED,
		KVDEV_NET_SET_HASH, KVDEV_NET_SET_SPLIT_WORKERS,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(set); i++) {
		struct kvdev_net_config c = {
			.size = sizeof(c), .set = set[i], .mtu = 1400,
			.mac = { 2, 2, 2, 2, 2, 2 }, .speed = 1000, .duplex = 1,
			.hash = KVDEV_NET_HASH_REPORT,
		};

		EXPECT_EQ(cmd(fd, KVDEV_NET_SET, &c), -EBUSY);
	}
}

static void expect_fixed(uint64_t features)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0, 0, 7 };
	struct kvdev_net_config c = { .size = sizeof(c) };
	uint64_t offered;
	int fd = must_open(0, O_RDWR);

	EXPECT_EQ(look(0).offered, features);
	EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES, &offered), 0);
	EXPECT_EQ(offered, features);
	EXPECT_EQ(cmd(fd, KVDEV_NET_GET, &c), 0);
	EXPECT_EQ(memcmp(c.mac, mac, sizeof(mac)), 0);
	EXPECT_EQ(c.mtu, 1280);
	close(fd);
}

TEST(what_was_fixed_stays_fixed)
{
	const uint64_t features = F_VERSION_1 | F_ACCESS |
				  BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_MTU);
	struct kvdev_net_config c = {
		.size = sizeof(c),
		.set = KVDEV_NET_SET_MAC | KVDEV_NET_SET_MTU,
		.mac = { 0x52, 0x54, 0, 0, 0, 7 }, .mtu = 1280,
	};
	struct vdpa_dev *d = vdpa_new(VIRTIO_ID_NET, 3, -1);
	int fd;

	off_the_bus(d);
	fd = must_open(0, O_RDWR);
	ASSERT_EQ(cmd(fd, KVDEV_NET_SET, &c), 0);
	ASSERT_EQ(vdpa_tool("dev add name %s mgmtdev kvdev-net mac " MAC
			    " mtu 1280 device_features 0x%llx", d->name,
			    (unsigned long long)features), 0);
	expect_fixed(features);
	try_to_change(fd);
	expect_fixed(features);
	EXPECT_EQ(set_link(fd), 0);
	expect_fixed(features);
	/* Until it leaves the bus. */
	ASSERT_EQ(vdpa_tool("dev del %s", d->name), 0);
	EXPECT_NE(look(0).offered, features);
	EXPECT_EQ(look(0).offered & F_ACCESS, 0);
	c.mtu = 1400;
	EXPECT_EQ(cmd(fd, KVDEV_NET_SET, &c), 0);
	close(fd);
	ASSERT_EQ(bus_add(), 0);
	vdpa_delete(d);
}

/* ------------------------------------------------------------------ uevents */

static int uevents(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct timeval wait = { .tv_sec = WAIT_MS / 1000 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(bind(fd, (void *)&a, sizeof(a)), 0);
	ASSERT_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)),
		  0);
	return fd;
}

/* So that whoever made the node's owner and mode makes them once more */
TEST(a_change_is_told)
{
	struct vdpa_dev *d = vdpa_new(VIRTIO_ID_RNG, 1, -1);
	char want[80], got[4096];
	int fd = uevents();
	ssize_t n;

	first_name = d->name;
	snprintf(want, sizeof(want), "change@/devices/kvdev/%s", d->name);
	EXPECT_EQ(set_mode(0, 0660), 0);
	do {
		n = recv(fd, got, sizeof(got) - 1, 0);
		ASSERT_GE(n, 1);
		got[n] = '\0';
	} while (strcmp(got, want));
	vdpa_delete(d);
}
