// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what with a named device: its owner, its group, others, whoever
 * got a file of it, and those with capabilities of their own user namespace.
 */
#include <fcntl.h>
#include <poll.h>

#include "authority_common.h"

#define SECRET		42	/* seed of what is on root's disk */

/* ----------------------------------------------------------------- devices */

/* A disk that root keeps to himself, in a file that nobody else can open. */
static int secret_file;

static void secret_disk(unsigned int i)
{
	uint8_t bytes[512];

	secret_file = temp_file(1 << 20, 0);
	fill(bytes, sizeof(bytes), SECRET);
	ASSERT_EQ(pwrite(secret_file, bytes, sizeof(bytes), 0), sizeof(bytes));
	new_device(i, VIRTIO_ID_BLOCK, secret_file);
}

static void expect_secret(void)
{
	uint8_t bytes[512];

	ASSERT_EQ(pread(secret_file, bytes, sizeof(bytes), 0), sizeof(bytes));
	EXPECT_TRUE(filled(bytes, sizeof(bytes), SECRET));
}

/* A guest on this file, which is taken over: reads the first sector, writes it. */
static void use_disk(int fd)
{
	struct guest *g = guest_on(fd);
	uint64_t data = guest_alloc(g, 512, 512);

	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0, data, 512, NULL),
		  VIRTIO_BLK_S_OK);
	EXPECT_TRUE(filled(guest_ptr(g, data), 512, SECRET));
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 0, data, 512, NULL),
		  VIRTIO_BLK_S_OK);
	guest_free(g);
}

/* ---------------------------------------------------------------- defaults */

static void strangers_probe(void)
{
	struct kvdev_next n;

	EXPECT_EQ(open_as(0, O_RDWR), -EACCES);
	EXPECT_EQ(open_as(0, O_RDONLY), -EACCES);
	EXPECT_EQ(open_as(0, O_WRONLY), -EACCES);
	EXPECT_EQ(open_as(0, O_ACCMODE), -EACCES);
	EXPECT_EQ(delete_device(0), -EACCES);
	EXPECT_EQ(set_mode(0, 0666), -EPERM);
	EXPECT_EQ(set_owner(0, getuid()), -EPERM);
	EXPECT_EQ(set_group(0, getgid()), -EPERM);
	EXPECT_TRUE(!find(name_of(0), &n));
	/* Names are one space: that one is taken, anybody can find out. */
	EXPECT_EQ(try_create(0, VIRTIO_ID_RNG, 0, 0, 0, 0), -EEXIST);
	EXPECT_EQ(open_as(9, O_RDWR), -ENOENT);
}

static void find_nothing(void)
{
	struct kvdev_next n;

	EXPECT_TRUE(!find(name_of(0), &n));
}

TEST(default_is_for_the_creator)
{
	struct kvdev_next n;

	secret_disk(0);
	n = look(0);
	EXPECT_EQ(n.uid, 0);
	EXPECT_EQ(n.gid, 0);
	EXPECT_EQ(n.mode, 0600);
	EXPECT_EQ(n.may, 6);
	as(&stranger, strangers_probe);
	/* Nor does belonging to the group help, or what others would be given. */
	ASSERT_EQ(set_group(0, GROUP), 0);
	as(&member, strangers_probe);
	ASSERT_EQ(set_owner(0, stranger.uid), 0);
	ASSERT_EQ(set_mode(0, 0066), 0);
	as(&stranger, find_nothing);
	expect_secret();
	EXPECT_EQ(delete_device(0), 0);
}

static void own_device(void)
{
	struct kvdev_next n;
	int fd;

	fd = node(O_RDWR);
	ASSERT_EQ(create_on(fd, 0, VIRTIO_ID_BLOCK, 0, 0, 0, 0), 0);
	ASSERT_TRUE(find(name_of(0), &n));
	EXPECT_EQ(n.uid, getuid());
	EXPECT_EQ(n.gid, getgid());
	EXPECT_EQ(n.mode, 0600);
	close(fd);
	fd = open_as(0, O_RDWR);
	EXPECT_GE(fd, 0);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	close(fd);
}

TEST(an_ordinary_user_has_devices)
{
	as(&stranger, own_device);
	as(&member, strangers_probe);
	/* Root sees it, opens it, deletes it. */
	EXPECT_EQ(look(0).uid, stranger.uid);
	EXPECT_EQ(look(0).may, 6);
	close(must_open(0, O_RDWR));
	EXPECT_EQ(delete_device(0), 0);
}

/* --------------------------------------------------------------- the mode */

static unsigned int want_may;

static void expect_may(void)
{
	static const struct {
		int flags;
		unsigned int needs;
	} t[] = { { O_RDONLY, 4 }, { O_WRONLY, 2 }, { O_RDWR, 6 } };
	struct kvdev_next n;
	unsigned int i;
	bool found;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		int fd = open_as(0, t[i].flags);

		if (want_may == (want_may | t[i].needs))
			EXPECT_GE(fd, 0);
		else
			EXPECT_EQ(fd, -EACCES);
		close(fd);
	}
	found = find(name_of(0), &n);
	EXPECT_EQ(found, !!(want_may & 4));
	if (found)
		EXPECT_EQ(n.may, want_may);
	if (!(want_may & 2))
		EXPECT_EQ(delete_device(0), -EACCES);
}

TEST(every_mode_for_everybody)
{
	static const struct {
		const struct who *who;
		int shift;
	} t[] = {
		{ &owner, 6 }, { &member, 3 }, { &member2, 3 }, { &stranger, 0 },
	};
	unsigned int own, others, i;

	secret_disk(0);
	ASSERT_EQ(set_owner(0, owner.uid), 0);
	ASSERT_EQ(set_group(0, GROUP), 0);
	/* Only one of the three counts, whatever the other two say. */
	for (i = 0; i < ARRAY_SIZE(t); i++)
		for (own = 0; own <= 6; own += 2)
			for (others = 0; others <= 0666; others += 0666) {
				uint32_t mask = 6 << t[i].shift;

				ASSERT_EQ(set_mode(0, (others & ~mask) |
						   own << t[i].shift), 0);
				want_may = own;
				as(t[i].who, expect_may);
			}
	ASSERT_EQ(set_mode(0, 0), 0);
	want_may = 6;
	expect_may();
	EXPECT_EQ(delete_device(0), 0);
}

static void group_uses(void)
{
	use_disk(must_open(0, O_RDWR));
	EXPECT_EQ(delete_device(0), 0);
}

TEST(the_group_uses_and_deletes)
{
	struct kvdev_next n;

	secret_disk(0);
	ASSERT_EQ(set_group(0, GROUP), 0);
	ASSERT_EQ(set_mode(0, 0660), 0);
	as(&stranger, strangers_probe);
	as(&member, group_uses);
	EXPECT_TRUE(!find(name_of(0), &n));
}

/* -------------------------------------------- given at creation, and changed */

static void choose(void)
{
	/* His own, and a group he is in */
	EXPECT_EQ(try_create(0, VIRTIO_ID_RNG, KVDEV_PERM_UID | KVDEV_PERM_GID |
			     KVDEV_PERM_MODE, getuid(), GROUP, 0640), 0);
	EXPECT_EQ(look(0).uid, getuid());
	EXPECT_EQ(look(0).gid, GROUP);
	EXPECT_EQ(look(0).mode, 0640);
	EXPECT_EQ(set_owner(0, getuid()), 0);
	EXPECT_EQ(set_group(0, getgid()), 0);
	EXPECT_EQ(set_group(0, GROUP), 0);
	EXPECT_EQ(set_mode(0, 0), 0);
	/* Without leave to look, but it is his. */
	EXPECT_EQ(open_as(0, O_RDONLY), -EACCES);
	EXPECT_EQ(set_mode(0, 0660), 0);
	/* Not: give it away, a group of others, root's */
	EXPECT_EQ(set_owner(0, 0), -EPERM);
	EXPECT_EQ(set_owner(0, getuid() + 1), -EPERM);
	EXPECT_EQ(set_group(0, 0), -EPERM);
	EXPECT_EQ(set_group(0, GROUP + 7), -EPERM);
	EXPECT_EQ(try_create(1, VIRTIO_ID_RNG, KVDEV_PERM_UID, 0, 0, 0), -EPERM);
	EXPECT_EQ(try_create(1, VIRTIO_ID_RNG, KVDEV_PERM_GID, 0, 0, 0), -EPERM);
	EXPECT_EQ(look(0).gid, GROUP);
	EXPECT_EQ(look(0).mode, 0660);
}

TEST(owner_group_and_mode_are_given)
{
	static const struct {
		uint32_t flags, uid, gid, mode;
	} bad[] = {
		{ KVDEV_PERM_UID, UINT32_MAX, 0, 0 },
		{ KVDEV_PERM_GID, 0, UINT32_MAX, 0 },
		{ KVDEV_PERM_MODE, 0, 0, 0700 },
		{ KVDEV_PERM_MODE, 0, 0, 01600 },
		{ KVDEV_PERM_MODE, 0, 0, 0x80000000 },
		{ 0, 1, 0, 0 }, { 0, 0, 1, 0 }, { 0, 0, 0, 0600 },
	};
	struct kvdev_create c = {
		.size = sizeof(c), .device_id = VIRTIO_ID_RNG,
		.flags = KVDEV_PERM_MODE, .mode = 0666,
	};
	unsigned int i;
	int fd = node(O_RDWR);

	as(&member2, choose);
	/* Root may all of that. */
	EXPECT_EQ(set_owner(0, 4711), 0);
	EXPECT_EQ(set_group(0, 4712), 0);
	EXPECT_EQ(look(0).uid, 4711);
	EXPECT_EQ(look(0).gid, 4712);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(set_permissions(0, bad[i].flags, bad[i].uid,
					  bad[i].gid, bad[i].mode), -EINVAL);
		EXPECT_EQ(try_create(1, VIRTIO_ID_RNG, bad[i].flags, bad[i].uid,
				     bad[i].gid, bad[i].mode), -EINVAL);
	}
	EXPECT_EQ(look(0).uid, 4711);
	EXPECT_EQ(look(0).gid, 4712);
	EXPECT_EQ(look(0).mode, 0660);
	EXPECT_EQ(set_mode(1, 0600), -ENOENT);
	EXPECT_EQ(delete_device(0), 0);
	EXPECT_EQ(set_mode(0, 0600), -ENOENT);

	EXPECT_EQ(try_create(0, VIRTIO_ID_RNG, KVDEV_PERM_UID | KVDEV_PERM_GID,
			     4711, 4712, 0), 0);
	EXPECT_EQ(look(0).uid, 4711);
	EXPECT_EQ(look(0).gid, 4712);
	EXPECT_EQ(look(0).mode, 0600);
	EXPECT_EQ(delete_device(0), 0);
	/* A device without a name is its file's. */
	EXPECT_EQ(cmd(fd, KVDEV_CREATE, &c), -EINVAL);
}

/* ------------------------------------------------------------------- files */

static int passed;

static void passed_is_used(void)
{
	int fd = passed;

	EXPECT_EQ(open_as(0, O_RDWR), -EACCES);
	use_disk(fd);
}

static void passed_only_looks(void)
{
	uint64_t features;

	EXPECT_EQ(cmd(passed, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(cmd(passed, VHOST_SET_OWNER, NULL), -EACCES);
	EXPECT_EQ(set_backend(passed, -1, 0, 0), -EACCES);
}

static void passed_has_no_device(void)
{
	EXPECT_EQ(name_cmd(passed, KVDEV_OPEN, name_of(0)), -EACCES);
	EXPECT_EQ(name_cmd(passed, KVDEV_DELETE, name_of(0)), -EACCES);
}

/* What a file may do was decided when it got the device, by who asked. */
TEST(a_passed_file_means_the_same)
{
	secret_disk(0);
	passed = must_open(0, O_RDWR);
	as(&stranger, passed_is_used);
	close(passed);
	passed = must_open(0, O_RDONLY);
	as(&stranger, passed_only_looks);
	/* Root as well; he asked for no more. */
	passed_only_looks();
	close(passed);
	passed = node(O_RDWR);
	as(&stranger, passed_has_no_device);
	/* And through a socket. */
	passed = must_open(0, O_RDWR);
	as_receiver(&stranger, &passed, passed_is_used);
	expect_secret();
	close(passed);
	EXPECT_EQ(delete_device(0), 0);
}

static void keep_a_file(void)
{
	int fd = must_open(0, O_RDWR);

	go_on();
	EXPECT_EQ(open_as(0, O_RDWR), -EACCES);
	use_disk(fd);
}

/* As of any file: what is open stays open. */
TEST(a_file_keeps_what_it_had)
{
	struct child c;

	secret_disk(0);
	ASSERT_EQ(set_mode(0, 0666), 0);
	c = as_begin(&stranger, keep_a_file);
	ASSERT_EQ(set_mode(0, 0600), 0);
	as_end(&c);
	EXPECT_EQ(delete_device(0), 0);
}

static void writes_only(void)
{
	struct pollfd p = { .fd = must_open(0, O_WRONLY), .events = POLLIN };

	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_EQ(p.revents, POLLERR);
}

TEST(events_are_for_readers)
{
	secret_disk(0);
	ASSERT_EQ(set_mode(0, 0602), 0);
	as(&stranger, writes_only);
	EXPECT_EQ(delete_device(0), 0);
}

/* ---------------------------------------------------------- every command */

enum authority { LOOK, CLAIM, OWNER, SETUP, MANAGE };

static const struct {
	unsigned long nr;
	enum authority whose;
} cmds[] = {
	{ KVDEV_SET_BACKEND, SETUP }, { KVDEV_GET_STATS, LOOK },
	{ KVDEV_BIND_TRANSPORT, CLAIM }, { KVDEV_ACCESS, OWNER },
	{ KVDEV_SET_VECTOR, CLAIM }, { KVDEV_SET_LINE, CLAIM },
	{ KVDEV_PCI_STATE, CLAIM }, { KVDEV_PCI_CONFIG, CLAIM },
	{ KVDEV_GET_DOORBELL, CLAIM }, { KVDEV_VMMCI_CMD, MANAGE },
	{ KVDEV_NET_ATTACH, SETUP }, { KVDEV_NET_SET, MANAGE },
	{ KVDEV_NET_GET, LOOK }, { KVDEV_NET_GET_STATS, LOOK },
	{ KVDEV_NET_LOCAL, MANAGE }, { KVDEV_SCSI_ADD_LUN, MANAGE },
	{ KVDEV_SCSI_REMOVE_LUN, MANAGE }, { KVDEV_SCSI_SET_MEDIA, MANAGE },
	{ KVDEV_SCSI_RESIZE_LUN, MANAGE }, { KVDEV_SCSI_NEXT_LUN, LOOK },
	{ VHOST_SET_OWNER, CLAIM }, { VHOST_RESET_OWNER, OWNER },
	{ VHOST_SET_MEM_TABLE, OWNER }, { VHOST_GET_FEATURES, LOOK },
	{ VHOST_SET_FEATURES, OWNER }, { VHOST_GET_FEATURES_ARRAY, LOOK },
	{ VHOST_SET_FEATURES_ARRAY, OWNER },
	{ VHOST_GET_BACKEND_FEATURES, LOOK },
	{ VHOST_SET_BACKEND_FEATURES, LOOK },
	{ VHOST_SET_VRING_NUM, OWNER }, { VHOST_SET_VRING_ADDR, OWNER },
	{ VHOST_SET_VRING_BASE, OWNER }, { VHOST_GET_VRING_BASE, OWNER },
	{ VHOST_SET_VRING_KICK, OWNER }, { VHOST_SET_VRING_CALL, OWNER },
	{ VHOST_SET_VRING_ERR, OWNER }, { VHOST_VDPA_GET_DEVICE_ID, LOOK },
	{ VHOST_VDPA_GET_STATUS, LOOK }, { VHOST_VDPA_SET_STATUS, OWNER },
	{ VHOST_VDPA_SUSPEND, OWNER }, { VHOST_VDPA_RESUME, OWNER },
	{ VHOST_VDPA_GET_CONFIG, LOOK }, { VHOST_VDPA_SET_CONFIG, OWNER },
	{ VHOST_VDPA_SET_CONFIG_CALL, OWNER },
	{ VHOST_VDPA_GET_CONFIG_SIZE, LOOK },
	{ VHOST_VDPA_SET_VRING_ENABLE, OWNER },
	{ VHOST_VDPA_GET_VRING_NUM, LOOK }, { VHOST_VDPA_GET_VQS_COUNT, LOOK },
};

/* With an argument of every known size: what comes of it is not looked at. */
static int call(int fd, unsigned int i)
{
	static union {
		uint32_t size;
		uint8_t bytes[4096];
	} arg;

	memset(&arg, 0, sizeof(arg));
	/* Of an own structure; longer than all of them, and zero behind. */
	if (_IOC_TYPE(cmds[i].nr) == KVDEV_IOCTL_MAGIC)
		arg.size = sizeof(arg);
	return cmd(fd, cmds[i].nr, &arg);
}

static bool refused(int ret)
{
	return ret == -EACCES || ret == -EPERM || ret == -EBUSY;
}

/* What such a file is told for commands of each kind; 0: no refusal. */
static void expect_all(int fd, const int *want)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		int ret = call(fd, i), told = want[cmds[i].whose];

		if (told ? ret != told : refused(ret))
			NOTE("command 0x%lx: %d", cmds[i].nr, ret);
		if (told)
			EXPECT_EQ(ret, told);
		else
			EXPECT_TRUE(!refused(ret));
	}
}

static void all_commands_idle(void)
{
	static const int none[] = {
		[LOOK] = -EACCES, [CLAIM] = 0, [OWNER] = -EPERM, [SETUP] = 0,
		[MANAGE] = 0,
	};
	static const int look_only[] = {
		[LOOK] = 0, [CLAIM] = -EACCES, [OWNER] = -EPERM,
		[SETUP] = -EACCES, [MANAGE] = -EACCES,
	};
	unsigned int i;
	int fd = must_open(0, O_RDONLY);

	expect_all(fd, look_only);
	close(fd);
	/* One by one: some take the device for this file. */
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		int ret, told = none[cmds[i].whose];

		fd = must_open(0, O_WRONLY);
		ret = call(fd, i);
		if (told ? ret != told : refused(ret))
			NOTE("command 0x%lx: %d", cmds[i].nr, ret);
		EXPECT_TRUE(told ? ret == told : !refused(ret));
		close(fd);
	}
}

static void all_commands_member(void)
{
	static const int want[] = {
		[LOOK] = 0, [CLAIM] = -EBUSY, [OWNER] = -EPERM,
		[SETUP] = -EBUSY, [MANAGE] = -EBUSY,
	};
	int fd = must_open(0, O_RDWR);

	expect_all(fd, want);
	close(fd);
}

static void all_commands_owner(void)
{
	static const int want[] = {
		[LOOK] = 0, [CLAIM] = -EBUSY, [OWNER] = -EPERM,
		[SETUP] = -EBUSY, [MANAGE] = 0,
	};
	static const int look_only[] = {
		[LOOK] = 0, [CLAIM] = -EACCES, [OWNER] = -EPERM,
		[SETUP] = -EACCES, [MANAGE] = -EACCES,
	};
	int fd = must_open(0, O_RDWR);

	expect_all(fd, want);
	close(fd);
	fd = must_open(0, O_RDONLY);
	expect_all(fd, look_only);
	close(fd);
}

TEST(every_command_is_somebodys)
{
	int user;

	secret_disk(0);
	ASSERT_EQ(set_owner(0, owner.uid), 0);
	ASSERT_EQ(set_group(0, GROUP), 0);
	ASSERT_EQ(set_mode(0, 0660), 0);
	as(&member, all_commands_idle);
	as(&owner, all_commands_idle);
	user = must_open(0, O_RDWR);
	ASSERT_EQ(cmd(user, VHOST_SET_OWNER, NULL), 0);
	as(&member, all_commands_member);
	as(&owner, all_commands_owner);
	all_commands_owner();
	EXPECT_EQ(get_status(user), 0);
	EXPECT_EQ(set_status(user, S_DRIVER), 0);
	close(user);
	EXPECT_EQ(delete_device(0), 0);
}

/* What is managed while a guest runs, command by command. */
static int mine, managed;

static void manage_scsi(void)
{
	struct kvdev_scsi_add_lun add = {
		.size = sizeof(add), .type = KVDEV_LUN_CDROM, .fd = -1,
		.target = 1,
	};
	struct kvdev_scsi_lun lun = { .size = sizeof(lun), .target = 1 };
	struct kvdev_scsi_set_media media = {
		.size = sizeof(media), .target = 1, .fd = -1,
	};
	int fd = mine ?: must_open(0, O_RDWR);

	EXPECT_EQ(cmd(fd, KVDEV_SCSI_ADD_LUN, &add), managed);
	EXPECT_EQ(cmd(fd, KVDEV_SCSI_SET_MEDIA, &media), managed);
	EXPECT_EQ(cmd(fd, KVDEV_SCSI_REMOVE_LUN, &lun), managed);
}

static void manage_net(void)
{
	struct kvdev_net_config c = {
		.size = sizeof(c), .set = KVDEV_NET_SET_LINK,
		.link = KVDEV_NET_LINK_DOWN,
	};
	struct kvdev_net_local l = { .size = sizeof(l) };
	int fd = mine ?: must_open(0, O_RDWR);

	EXPECT_EQ(cmd(fd, KVDEV_NET_SET, &c), managed);
	EXPECT_EQ(cmd(fd, KVDEV_NET_LOCAL, &l), managed);
}

static void manage_vmmci(void)
{
	struct kvdev_vmmci_cmd c = {
		.size = sizeof(c), .command = KVDEV_VMMCI_SHUTDOWN,
	};
	int fd = mine ?: must_open(0, O_RDWR);

	/* There is no driver. */
	EXPECT_EQ(cmd(fd, KVDEV_VMMCI_CMD, &c), managed ?: -ENXIO);
}

TEST(a_device_in_use_is_managed_by_its_owner)
{
	static const struct {
		uint32_t id;
		void (*fn)(void);
	} t[] = {
		{ VIRTIO_ID_SCSI, manage_scsi },
		{ VIRTIO_ID_NET, manage_net },
		{ KVDEV_DEVICE_VMMCI, manage_vmmci },
	};
	unsigned int i;
	int user;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		new_device(0, t[i].id, -1);
		ASSERT_EQ(set_owner(0, owner.uid), 0);
		ASSERT_EQ(set_group(0, GROUP), 0);
		ASSERT_EQ(set_mode(0, 0660), 0);
		mine = 0;
		as(&stranger, strangers_probe);
		/* Idle: whoever may write */
		managed = 0;
		as(&member, t[i].fn);
		user = must_open(0, O_RDWR);
		ASSERT_EQ(cmd(user, VHOST_SET_OWNER, NULL), 0);
		as(&owner, t[i].fn);
		t[i].fn();
		managed = -EBUSY;
		as(&member, t[i].fn);
		/* The file that uses it, wherever it is */
		managed = 0;
		mine = user;
		as(&stranger, t[i].fn);
		t[i].fn();
		close(user);
		EXPECT_EQ(delete_device(0), 0);
	}
}

/* -------------------------------------------------------- without a name */

static void sees_no_unnamed(void)
{
	struct kvdev_next n = { .size = sizeof(n) };
	int fd = node(O_RDWR);

	EXPECT_EQ(cmd(fd, KVDEV_NEXT, &n), -ENOENT);
	close(fd);
}

static void sees_his_own(void)
{
	struct kvdev_next n = { .size = sizeof(n) };
	int fd = node(O_RDONLY);

	/* He who has the file does what he likes with it. */
	ASSERT_EQ(create(fd, VIRTIO_ID_RNG, 0, 0), 0);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	EXPECT_EQ(cmd(fd, KVDEV_NEXT, &n), 0);
	EXPECT_EQ(n.uid, getuid());
	EXPECT_EQ(n.mode, 0600);
	n = (struct kvdev_next){ .size = sizeof(n), .id = n.id + 1 };
	EXPECT_EQ(cmd(fd, KVDEV_NEXT, &n), -ENOENT);
}

static void has_an_unnamed(void)
{
	uint64_t features;

	EXPECT_EQ(cmd(passed, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(cmd(passed, VHOST_SET_OWNER, NULL), 0);
}

TEST(devices_without_a_name_are_not_for_others)
{
	int fd = node(O_RDWR), file = temp_file(1 << 20, 0);

	ASSERT_EQ(create(fd, VIRTIO_ID_BLOCK, 0, 0), 0);
	ASSERT_EQ(set_backend(fd, file, 0, 0), 0);
	as(&stranger, sees_no_unnamed);
	as(&stranger, sees_his_own);
	passed = fd;
	as(&stranger, has_an_unnamed);
}

/* -------------------------------------------------------------- namespaces */

static void all_capabilities_there(void)
{
	struct kvdev_next n;

	become_root_of_namespace();
	strangers_probe();
	/* Ids are those here: his own is 0, root's has no number. */
	ASSERT_EQ(try_create(2, VIRTIO_ID_RNG, KVDEV_PERM_UID, 0, 0, 0), 0);
	EXPECT_EQ(look(2).uid, 0);
	EXPECT_EQ(look(2).gid, 0);
	EXPECT_EQ(try_create(3, VIRTIO_ID_RNG, KVDEV_PERM_UID, 1, 0, 0),
		  -EINVAL);
	EXPECT_EQ(set_owner(2, 1), -EINVAL);
	EXPECT_EQ(set_group(2, 1), -EINVAL);
	EXPECT_EQ(set_group(2, 0), 0);
	ASSERT_TRUE(find(name_of(1), &n));
	EXPECT_EQ(n.uid, 65534);
	EXPECT_EQ(n.gid, 65534);
	EXPECT_EQ(n.may, 4);
}

TEST(capabilities_of_another_user_namespace)
{
	secret_disk(0);
	/* One that he may see. */
	ASSERT_EQ(try_create(1, VIRTIO_ID_RNG, KVDEV_PERM_MODE, 0, 0, 0604), 0);
	as(&owner, all_capabilities_there);
	EXPECT_EQ(look(2).uid, owner.uid);
	EXPECT_EQ(look(2).gid, owner.gid);
	expect_secret();
	EXPECT_EQ(delete_device(0), 0);
	EXPECT_EQ(delete_device(1), 0);
	EXPECT_EQ(delete_device(2), 0);
}

static void own_as_first(void)
{
	int fd = must_open(0, O_RDWR);

	ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	EXPECT_EQ(getpid(), 1);
	EXPECT_EQ(look(0).use_pid, 1);
	go_on();
}

static void own_there(void)
{
	in_pid_namespace(own_as_first);
}

static void look_from_elsewhere(void)
{
	EXPECT_EQ(getpid(), 1);
	EXPECT_EQ(look(0).use, KVDEV_USE_OWNER);
	EXPECT_EQ(look(0).use_pid, 0);
}

static void look_there(void)
{
	in_pid_namespace(look_from_elsewhere);
}

/* It is the first process where it lives. */
static bool is_first(pid_t pid)
{
	char path[64], line[128];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		found |= !strncmp(line, "NSpid:", 6) && strstr(line, "\t1\n");
	if (f)
		fclose(f);
	return found;
}

TEST(processes_have_the_number_they_are_seen_by)
{
	struct child c;

	secret_disk(0);
	c = as_begin(&root, own_there);
	EXPECT_NE(look(0).use_pid, 1);
	EXPECT_TRUE(is_first(look(0).use_pid));
	as(&root, look_there);
	as_end(&c);
	EXPECT_EQ(delete_soon(0), 0);
}
