// SPDX-License-Identifier: GPL-2.0
/* Limits of the caller: locked memory, threads, files. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/capability.h>

#include "kvdev_user.h"
#include "kvtest.h"

static int drop_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {};

	return syscall(SYS_capset, &h, d);
}

/* The only device whose owner is this process. */
static struct kvdev_next trouble_of(struct guest *g)
{
	struct kvdev_next n = { .size = sizeof(n) };

	while (!cmd(g->fd, KVDEV_NEXT, &n)) {
		if (n.use_pid == (uint32_t)getpid())
			return n;
		n = (struct kvdev_next){ .size = sizeof(n), .id = n.id + 1 };
	}
	ASSERT_TRUE(false);
	return n;
}

/* From here on; whoever gives up capabilities opens it before. */
static int open_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(lseek(fd, 0, SEEK_END), 0);
	return fd;
}

/* The kernel's log has @what, since @fd is open, which this closes. */
static bool log_has(int fd, const char *what)
{
	char line[4096];
	bool found = false;
	ssize_t len;

	while (!found && ((len = read(fd, line, sizeof(line) - 1)) > 0 ||
			  (len < 0 && errno == EPIPE))) {
		line[len < 0 ? 0 : len] = '\0';
		found = strstr(line, what);
	}
	close(fd);
	return found;
}

/* What a device in trouble says, whoever is to blame. */
TEST(trouble_is_told)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	struct kvdev_event e;

	EXPECT_EQ(trouble_of(g).trouble_errno, 0);
	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	ASSERT_EQ(vring_addr(g->fd, 0, g->mem + 1, g->mem, g->mem), 0);
	EXPECT_EQ(guest_driver_ok(g), -EINVAL);
	EXPECT_EQ(trouble_of(g).trouble_errno, EINVAL);
	EXPECT_TRUE(!strcmp((char *)trouble_of(g).trouble, "misaligned ring"));
	guest_reset(g);
	guest_start(g);
	vq_expose(&g->vq[0], 0);
	vq_kick_always(&g->vq[0]);
	guest_wait_status(g, S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET);
	ASSERT_EQ(read(g->fd, &e, sizeof(e)), sizeof(e));
	EXPECT_EQ(e.type, KVDEV_EVENT_NEEDS_RESET);
	EXPECT_EQ(e.value, EPROTO);
	EXPECT_EQ(trouble_of(g).trouble_errno, EPROTO);
	EXPECT_TRUE(!strcmp((char *)trouble_of(g).trouble,
			    "zero-length descriptor"));
	/* It is the last one, also when all is well again. */
	guest_reset(g);
	guest_start(g);
	EXPECT_EQ(trouble_of(g).trouble_errno, EPROTO);
	guest_free(g);
}

TEST(memlock_limit)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	struct rlimit none = { 0, 8 << 20 }, some = { 8 << 20, 8 << 20 };
	int log = open_log();
	struct kvdev_next n;

	/* With the capability there is no limit. */
	ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	guest_start(g);
	guest_reset(g);
	ASSERT_EQ(drop_caps(), 0);
	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(guest_driver_ok(g), -ENOMEM);
	EXPECT_EQ(guest_status(g), S_FEATURES_OK);
	/* Not in silence */
	n = trouble_of(g);
	EXPECT_EQ(n.trouble_errno, ENOMEM);
	EXPECT_TRUE(strstr((char *)n.trouble, "RLIMIT_MEMLOCK"));
	EXPECT_TRUE(log_has(log, "cannot lock the rings: RLIMIT_MEMLOCK is 0,"));
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

static unsigned long read_number(const char *path, const char *format)
{
	unsigned long nr = 0;
	char line[128];
	FILE *f = fopen(path, "r");

	ASSERT_TRUE(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, format, &nr) == 1)
			break;
	fclose(f);
	return nr;
}

#define MAX_DEVICES	"/sys/module/kvdev/parameters/max_devices_per_user"

/* Who made a device pays for it, also when only its name keeps it. */
TEST(device_limit)
{
	unsigned long nr, max = read_number(MAX_DEVICES, "%lu");
	struct kvdev_create c = { .size = sizeof(c), .device_id = 4,
				  .flags = KVDEV_CREATE_NAMED };
	struct kvdev_name n = { .size = sizeof(n) };
	int fd[200], more, again, ret, go[2], back[2];
	pid_t pid;
	char x;

	ASSERT_GE(max, 2);
	if (max >= ARRAY_SIZE(fd))
		SKIP("the limit is another one");
	snprintf((char *)c.name, sizeof(c.name), "limit_test-%d", getpid());
	memcpy(n.name, c.name, sizeof(n.name));
	/* The node is root's. */
	for (nr = 0; nr < max; nr++)
		fd[nr] = dev_open();
	more = dev_open();
	again = dev_open();
	ASSERT_EQ(pipe(go) || pipe(back), 0);
	pid = fork();
	if (!pid) {
		close(go[1]);
		ASSERT_EQ(setgid(65534) || setuid(65534), 0);
		ASSERT_EQ(cmd(fd[0], KVDEV_CREATE, &c), 0);
		for (nr = 1; nr < max; nr++)
			ASSERT_EQ(create(fd[nr], VIRTIO_ID_RNG, 0, 0), 0);
		EXPECT_EQ(create(more, VIRTIO_ID_RNG, 0, 0), -EDQUOT);
		/* Closed here and by the parent. */
		close(fd[0]);
		ASSERT_EQ(read(go[0], &x, 1), 1);
		EXPECT_EQ(create(more, VIRTIO_ID_RNG, 0, 0), -EDQUOT);
		ASSERT_EQ(write(back[1], "x", 1), 1);
		ASSERT_EQ(read(go[0], &x, 1), 0);
		EXPECT_EQ(create(more, VIRTIO_ID_RNG, 0, 0), 0);
		_exit(0);
	}
	close(go[0]);
	close(back[1]);
	close(fd[0]);
	ASSERT_EQ(write(go[1], "x", 1), 1);
	/* root has no such limit, and is another user */
	EXPECT_EQ(create(again, VIRTIO_ID_RNG, 0, 0), 0);
	ASSERT_EQ(read(back[0], &x, 1), 1);
	EXPECT_EQ(cmd(dev_open(), KVDEV_DELETE, &n), 0);
	close(go[1]);
	ASSERT_EQ(waitpid(pid, &ret, 0), pid);
	EXPECT_EQ(ret, 0);
}

/* 64 KiB, and 4 KiB for each further queue. */
TEST(idle_devices_cost_little)
{
	enum { NR = 32, QUEUES = 64, KIB = 64 + 4 * (QUEUES - 1) };
	unsigned long before, after;
	int i;

	/* What is made once */
	ASSERT_EQ(create(dev_open(), VIRTIO_ID_BLOCK, QUEUES, 0), 0);
	before = read_number("/proc/meminfo", "MemFree: %lu");
	for (i = 0; i < NR; i++)
		ASSERT_EQ(create(dev_open(), VIRTIO_ID_BLOCK, QUEUES, 0), 0);
	after = read_number("/proc/meminfo", "MemFree: %lu");
	NOTE("%ld KiB each", (long)(before - after) / NR);
	EXPECT_LE((long)(before - after) / NR, KIB);
}
