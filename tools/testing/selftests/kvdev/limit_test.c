// SPDX-License-Identifier: GPL-2.0
/* Limits of the caller: locked memory, threads, files. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include "kvdev_user.h"
#include "kvtest.h"

static int drop_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {};

	return syscall(SYS_capset, &h, d);
}

TEST(memlock_limit)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	struct rlimit none = { 0, 8 << 20 }, some = { 8 << 20, 8 << 20 };

	/* With the capability there is no limit. */
	ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	guest_start(g);
	guest_reset(g);
	ASSERT_EQ(drop_caps(), 0);
	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(guest_driver_ok(g), -ENOMEM);
	EXPECT_EQ(guest_status(g), S_FEATURES_OK);
	ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &some), 0);
	EXPECT_EQ(guest_driver_ok(g), 0);
	blk_works(g);
}

/* What is accounted is given back: thousands of starts fit in the limit. */
TEST(memlock_is_given_back)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	struct rlimit some = { 1 << 20, 1 << 20 };
	int i;

	ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &some), 0);
	ASSERT_EQ(drop_caps(), 0);
	for (i = 0; i < 500; i++) {
		guest_start(g);
		guest_reset(g);
	}
	guest_start(g);
	blk_works(g);
}

TEST(thread_limit)
{
	int fd = dev_open();
	struct rlimit none = { 0, 0 };

	ASSERT_EQ(create(fd, VIRTIO_ID_BLOCK, 64, 0), 0);
	/* root has no such limit */
	ASSERT_EQ(setgid(65534) || setuid(65534), 0);
	ASSERT_EQ(setrlimit(RLIMIT_NPROC, &none), 0);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), -EAGAIN);
	EXPECT_EQ(set_status(fd, S_DRIVER), -EPERM);
}

TEST(file_limit)
{
	struct rlimit few = { 16, 16 };
	int fd[32], i, nr = 0;

	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (i = 0; i < 32; i++) {
		fd[i] = open(DEV_PATH, O_RDWR);
		if (fd[i] >= 0) {
			nr++;
			EXPECT_EQ(create(fd[i], VIRTIO_ID_RNG, 0, 0), 0);
		} else {
			EXPECT_EQ(errno, EMFILE);
		}
	}
	EXPECT_LE(nr, 16);
	EXPECT_GE(nr, 4);
}
