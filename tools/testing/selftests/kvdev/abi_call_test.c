// SPDX-License-Identifier: GPL-2.0
/*
 * How the commands of <linux/kvdev.h> are called: the form of their arguments,
 * who may call them, and when.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "abi_common.h"

/* ------------------------------------------------- the form of own commands */

/* On a file of its own: a success changes the state. */
static int try(const struct own *o, void *arg)
{
	int fd = open_at(o->level), ret = cmd(fd, o->nr, arg);

	close(fd);
	if (o->level == NAMED)
		delete_named();
	return ret;
}

#define EXPECT_OWN(o, arg, want)					\
	do {								\
		int own_ret = try(o, arg);				\
		if (own_ret != (want))					\
			NOTE("%s", (o)->name);				\
		EXPECT_EQ(own_ret, want);				\
	} while (0)

static union own_arg arg;

TEST(own_good)
{
	const struct own *o;

	for_each_own(o) {
		good(o, &arg);
		EXPECT_OWN(o, &arg, 0);
	}
}

TEST(own_too_short)
{
	const struct own *o;
	uint32_t size;

	for_each_own(o)
		for (size = 0; size < (o->min ?: o->size); size++) {
			good(o, &arg);
			arg.size = size;
			EXPECT_OWN(o, &arg, -EINVAL);
		}
}

TEST(own_longer)
{
	const struct own *o;

	for_each_own(o) {
		good(o, &arg);
		arg.size = o->size + 1;
		EXPECT_OWN(o, &arg, 0);
		/* Nothing is written behind what the kernel knows. */
		EXPECT_TRUE(all_bytes(arg.bytes + o->size, 64, 0));
		good(o, &arg);
		arg.size = o->size + 64;
		EXPECT_OWN(o, &arg, 0);

		good(o, &arg);
		arg.size = o->size + 1;
		arg.bytes[o->size] = 1;
		EXPECT_OWN(o, &arg, -E2BIG);
		good(o, &arg);
		arg.size = o->size + 64;
		arg.bytes[o->size + 63] = 0x80;
		EXPECT_OWN(o, &arg, -E2BIG);

		good(o, &arg);
		arg.size = 4097;
		EXPECT_OWN(o, &arg, -E2BIG);
		arg.size = UINT32_MAX;
		EXPECT_OWN(o, &arg, -E2BIG);
	}
}

TEST(own_unknown_flags)
{
	const struct own *o;
	int bit;

	for_each_own(o)
		for (bit = 0; bit < 32; bit++) {
			if (o->flags & 1U << bit)
				continue;
			good(o, &arg);
			arg.head.flags = 1U << bit;
			EXPECT_OWN(o, &arg, -EOPNOTSUPP);
		}
}

TEST(own_reserved)
{
	const struct own *o;
	int i;

	for_each_own(o)
		for (i = 0; i < OWN_MAX_RESERVED && o->reserved[i]; i++) {
			good(o, &arg);
			arg.bytes[o->reserved[i]] = 1;
			EXPECT_OWN(o, &arg, -EINVAL);
			good(o, &arg);
			arg.bytes[o->reserved[i] + 3] = 0x80;
			EXPECT_OWN(o, &arg, -EINVAL);
		}
}

TEST(own_bad_pointers)
{
	uint8_t *edge = cliff(), *ro;
	const struct own *o;

	ro = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for_each_own(o) {
		EXPECT_OWN(o, NULL, -EFAULT);
		EXPECT_OWN(o, edge, -EFAULT);
		EXPECT_OWN(o, (void *)0xffff888000000000UL, -EFAULT);
		EXPECT_OWN(o, (void *)-4096L, -EFAULT);
		EXPECT_OWN(o, (void *)-1L, -EFAULT);

		/* Ends at the edge: nothing beyond is touched. */
		good(o, &arg);
		memcpy(edge - o->size, &arg, o->size);
		EXPECT_OWN(o, edge - o->size, 0);
		memcpy(edge - o->size + 1, &arg, o->size - 1);
		EXPECT_OWN(o, edge - o->size + 1, -EFAULT);
		/* Not aligned. */
		memcpy(edge - 1001, &arg, o->size);
		EXPECT_OWN(o, edge - 1001, 0);

		ASSERT_EQ(mprotect(ro, 4096, PROT_READ | PROT_WRITE), 0);
		memcpy(ro, &arg, o->size);
		ASSERT_EQ(mprotect(ro, 4096, PROT_READ), 0);
		EXPECT_OWN(o, ro, o->out ? -EFAULT : 0);
	}
}

/* ---------------------------------------------------------- order and owner */

static const unsigned long owner_cmds[] = {
	KVDEV_ACCESS, VHOST_RESET_OWNER, VHOST_SET_MEM_TABLE,
	VHOST_SET_FEATURES, VHOST_SET_FEATURES_ARRAY,
	VHOST_SET_VRING_NUM, VHOST_SET_VRING_ADDR, VHOST_SET_VRING_BASE, VHOST_GET_VRING_BASE, VHOST_SET_VRING_KICK,
	VHOST_SET_VRING_CALL, VHOST_SET_VRING_ERR, VHOST_VDPA_SET_STATUS,
	VHOST_VDPA_SET_CONFIG_CALL, VHOST_VDPA_SET_VRING_ENABLE,
	VHOST_VDPA_SUSPEND, VHOST_VDPA_RESUME,
};
static const unsigned long free_cmds[] = {
	KVDEV_SET_BACKEND, KVDEV_GET_STATS, KVDEV_BIND_TRANSPORT,
	KVDEV_SET_VECTOR, VHOST_SET_OWNER, VHOST_GET_FEATURES,
	VHOST_GET_FEATURES_ARRAY,
	VHOST_GET_BACKEND_FEATURES, VHOST_SET_BACKEND_FEATURES,
	VHOST_VDPA_GET_DEVICE_ID, VHOST_VDPA_GET_STATUS,
	VHOST_VDPA_GET_CONFIG, VHOST_VDPA_GET_CONFIG_SIZE,
	VHOST_VDPA_GET_VRING_NUM, VHOST_VDPA_GET_VQS_COUNT,
};

TEST(no_such_command)
{
	static const unsigned long unknown[] = {
		0, _IO(KVDEV_IOCTL_MAGIC, 0x7f), _IO(KVDEV_IOCTL_MAGIC, 0xff),
		_IOW(KVDEV_IOCTL_MAGIC, KVDEV_CMD_CREATE, int),
		_IOWR(KVDEV_IOCTL_MAGIC, KVDEV_CMD_GET_INFO, struct kvdev_info),
		_IO(VHOST_VIRTIO, 0x7f), _IO(VHOST_VIRTIO, 0x00),
		VHOST_NET_SET_BACKEND, VHOST_SCSI_SET_ENDPOINT,
		VHOST_VSOCK_SET_GUEST_CID, 0x5401, 0xffffffffUL,
	};
	int fd[] = { open_at(OPENED), open_at(CREATED), open_at(OWNED) };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(fd); i++)
		for (j = 0; j < ARRAY_SIZE(unknown); j++)
			EXPECT_EQ(call_any(fd[i], unknown[j]), -ENOTTY);
}

TEST(no_device_yet)
{
	int fd = open_at(OPENED);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(owner_cmds); i++)
		EXPECT_EQ(call_any(fd, owner_cmds[i]), -ENODEV);
	for (i = 0; i < ARRAY_SIZE(free_cmds); i++)
		EXPECT_EQ(call_any(fd, free_cmds[i]), -ENODEV);
}

TEST(no_owner_yet)
{
	int fd = open_at(CREATED);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(owner_cmds); i++) {
		if (call_any(fd, owner_cmds[i]) != -EPERM)
			NOTE("command 0x%lx", owner_cmds[i]);
		EXPECT_EQ(call_any(fd, owner_cmds[i]), -EPERM);
	}
}

TEST(not_the_owner)
{
	int fd = open_at(OWNED), status;
	unsigned int i;

	if (!fork()) {
		for (i = 0; i < ARRAY_SIZE(owner_cmds); i++)
			EXPECT_EQ(call_any(fd, owner_cmds[i]), -EPERM);
		EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), -EEXIST);
		EXPECT_EQ(get_status(fd), 0);
		fflush(stdout);
		_exit(0);
	}
	ASSERT_GE(wait(&status), 0);
	EXPECT_EQ(status, 0);
	/* And it is still ours. */
	EXPECT_EQ(set_status(fd, S_DRIVER), 0);
}

TEST(create_twice)
{
	int fd = open_at(CREATED);

	EXPECT_EQ(create(fd, VIRTIO_ID_BLOCK, 0, 0), -EEXIST);
	EXPECT_EQ(create(fd, VIRTIO_ID_RNG, 0, 0), -EEXIST);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), -EEXIST);
	bind_default(fd, 0);
	EXPECT_EQ(call_any(fd, KVDEV_BIND_TRANSPORT), -EEXIST);
}

/* ----------------------------------------------------------------- the rest */

TEST(vhost_bad_pointers)
{
	static const unsigned long cmds[] = {
		VHOST_SET_MEM_TABLE, VHOST_GET_FEATURES, VHOST_SET_FEATURES,
		VHOST_GET_FEATURES_ARRAY, VHOST_SET_FEATURES_ARRAY,
		VHOST_GET_BACKEND_FEATURES, VHOST_SET_BACKEND_FEATURES,
		VHOST_SET_VRING_NUM, VHOST_SET_VRING_ADDR, VHOST_SET_VRING_BASE,
		VHOST_GET_VRING_BASE, VHOST_SET_VRING_KICK,
		VHOST_SET_VRING_CALL, VHOST_SET_VRING_ERR,
		VHOST_VDPA_GET_DEVICE_ID, VHOST_VDPA_GET_STATUS,
		VHOST_VDPA_SET_STATUS, VHOST_VDPA_GET_CONFIG,
		VHOST_VDPA_SET_CONFIG_CALL, VHOST_VDPA_GET_CONFIG_SIZE,
		VHOST_VDPA_SET_VRING_ENABLE, VHOST_VDPA_GET_VRING_NUM,
		VHOST_VDPA_GET_VQS_COUNT,
	};
	int fd = open_at(OWNED);
	uint8_t *edge = cliff();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		if (cmd(fd, cmds[i], NULL) != -EFAULT)
			NOTE("command 0x%lx", cmds[i]);
		EXPECT_EQ(cmd(fd, cmds[i], NULL), -EFAULT);
		EXPECT_EQ(cmd(fd, cmds[i], edge), -EFAULT);
		EXPECT_EQ(cmd(fd, cmds[i], (void *)0xffff888000000000UL),
			  -EFAULT);
	}
}

TEST(no_read_write_mmap)
{
	int fd = open_at(OWNED);
	char c = 0;

	EXPECT_EQ(read(fd, &c, 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(write(fd, &c, 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_TRUE(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) ==
		    MAP_FAILED);
}

TEST(many_devices)
{
	int fd[64], i;

	for (i = 0; i < 64; i++)
		fd[i] = open_at(OWNED);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(set_status(fd[i], S_DRIVER), 0);
	for (i = 0; i < 64; i += 2)
		close(fd[i]);
	for (i = 1; i < 64; i += 2)
		EXPECT_EQ(get_status(fd[i]), S_DRIVER);
}

/* ------------------------------------------------------- 32-bit callers */

#ifdef __x86_64__
/* From a 64-bit process, through the gate that 32-bit programs use. */
static long call32(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "a"(nr), "b"(a), "c"(b), "d"(c)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

/* The gate of UML leads to the host. */
static bool not_under_uml(void)
{
	char line[256];
	FILE *f = fopen("/proc/cpuinfo", "r");
	bool uml = false;

	while (f && fgets(line, sizeof(line), f))
		uml |= !!strstr(line, "User Mode Linux");
	return !uml;
}

TEST_WHEN(not_under_uml, compat_callers)
{
	union own_arg *low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
				  -1, 0);
	const struct own *o;
	int status;

	ASSERT_TRUE(low != MAP_FAILED);
	if (!fork()) {
		call32(20, 0, 0, 0);		/* getpid */
		_exit(0);
	}
	ASSERT_GE(wait(&status), 0);
	if (status)
		SKIP("no 32-bit system calls");
	for_each_own(o) {
		int fd = open_at(o->level);

		good(o, low);
		EXPECT_EQ(call32(54, fd, o->nr, (long)low), 0);	/* ioctl */
		close(fd);
		delete_named();
		fd = open_at(o->level);
		good(o, low);
		low->size = 8;
		EXPECT_EQ(call32(54, fd, o->nr, (long)low), -EINVAL);
		close(fd);
		delete_named();
	}
}
#endif
