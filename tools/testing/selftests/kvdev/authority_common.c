// SPDX-License-Identifier: GPL-2.0
/* See authority_common.h. */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "authority_common.h"

const struct who root = {};
const struct who owner = { .uid = 4711, .gid = 4711 };
const struct who member = { .uid = 4712, .gid = GROUP };
const struct who member2 = { .uid = 4713, .gid = 4713, .group = GROUP };
const struct who stranger = { .uid = 65534, .gid = 65534 };

/* -------------------------------------------------------------- the node */

/* One that everybody may open, for this test alone. */
static void prepare(void)
{
	static bool done;
	char dir[] = "/tmp/authority.XXXXXX", path[64];
	struct stat st;

	if (done || geteuid())
		return;
	done = true;
	/* The test's, not that of the child who asks for it first. */
	name_of(0);
	ASSERT_EQ(stat(DEV_PATH, &st), 0);
	ASSERT_EQ(unshare(CLONE_NEWNS), 0);
	ASSERT_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ASSERT_TRUE(mkdtemp(dir));
	ASSERT_EQ(mount("tmpfs", dir, "tmpfs", 0, NULL), 0);
	snprintf(path, sizeof(path), "%s/node", dir);
	ASSERT_EQ(mknod(path, S_IFCHR | 0600, st.st_rdev), 0);
	ASSERT_EQ(chmod(path, 0666), 0);
	ASSERT_EQ(mount(path, DEV_PATH, NULL, MS_BIND, NULL), 0);
	ASSERT_EQ(umount2(dir, MNT_DETACH), 0);
	ASSERT_EQ(rmdir(dir), 0);
}

int node(int flags)
{
	int fd;

	prepare();
	fd = open(DEV_PATH, flags | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	return fd;
}

/* ------------------------------------------------------------- processes */

static void keep(int cap)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2] = {};

	d[cap / 32].permitted = 1U << cap % 32;
	d[cap / 32].effective = 1U << cap % 32;
	d[cap / 32].inheritable = 1U << cap % 32;
	ASSERT_EQ(syscall(SYS_capset, &h, d), 0);
	/* What he runs has it, too. */
	ASSERT_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0), 0);
}

void become(const struct who *who)
{
	ASSERT_EQ(setgroups(!!who->group, &who->group), 0);
	ASSERT_EQ(prctl(PR_SET_KEEPCAPS, !!who->cap, 0, 0, 0), 0);
	ASSERT_EQ(setresgid(who->gid, who->gid, who->gid), 0);
	ASSERT_EQ(setresuid(who->uid, who->uid, who->uid), 0);
	if (who->cap)
		keep(who->cap);
	/* Its files in /proc are its own. */
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
}

static void end_child(void)
{
	fflush(stdout);
	_exit(kvt->failed ? KVT_FAIL : KVT_PASS);
}

static void wait_child(pid_t pid)
{
	int status;

	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == KVT_SKIP)
		_exit(KVT_SKIP);
	ASSERT_EQ(status, 0);
}

void as(const struct who *who, void (*fn)(void))
{
	pid_t pid;

	prepare();
	fflush(stdout);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		become(who);
		fn();
		end_child();
	}
	wait_child(pid);
}

static void fd_message(struct msghdr *msg, struct iovec *iov, void *control,
		       size_t size)
{
	static char byte;

	*iov = (struct iovec){ .iov_base = &byte, .iov_len = 1 };
	*msg = (struct msghdr){
		.msg_iov = iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = size,
	};
}

static void send_file(int sock, int file)
{
	char control[CMSG_SPACE(sizeof(int))] = {};
	struct msghdr msg;
	struct cmsghdr *c;
	struct iovec iov;

	fd_message(&msg, &iov, control, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &file, sizeof(int));
	ASSERT_EQ(sendmsg(sock, &msg, 0), 1);
}

static int receive_file(int sock)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct msghdr msg;
	struct iovec iov;
	int file;

	fd_message(&msg, &iov, control, sizeof(control));
	ASSERT_EQ(recvmsg(sock, &msg, MSG_CMSG_CLOEXEC), 1);
	ASSERT_TRUE(CMSG_FIRSTHDR(&msg));
	memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return file;
}

void as_receiver(const struct who *who, int *file, void (*fn)(void))
{
	int sock[2];
	pid_t pid;

	prepare();
	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	fflush(stdout);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		close(*file);
		become(who);
		*file = receive_file(sock[1]);
		fn();
		end_child();
	}
	send_file(sock[0], *file);
	wait_child(pid);
}

static int ready_fd, go_fd;

struct child as_begin(const struct who *who, void (*fn)(void))
{
	int ready[2], go[2];
	struct child c;
	char byte;

	prepare();
	ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
	ASSERT_EQ(pipe2(go, O_CLOEXEC), 0);
	fflush(stdout);
	c.pid = fork();
	ASSERT_GE(c.pid, 0);
	if (!c.pid) {
		close(ready[0]);
		close(go[1]);
		ready_fd = ready[1];
		go_fd = go[0];
		become(who);
		fn();
		end_child();
	}
	close(ready[1]);
	close(go[0]);
	c.ready = ready[0];
	c.go = go[1];
	ASSERT_EQ(read(c.ready, &byte, 1), 1);
	return c;
}

void go_on(void)
{
	char byte = 0;

	ASSERT_EQ(write(ready_fd, &byte, 1), 1);
	ASSERT_EQ(read(go_fd, &byte, 1), 1);
}

void as_end(struct child *c)
{
	char byte = 0;

	ASSERT_EQ(write(c->go, &byte, 1), 1);
	close(c->ready);
	close(c->go);
	wait_child(c->pid);
}

void in_pid_namespace(void (*fn)(void))
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		SKIP("no pid namespaces");
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		fn();
		end_child();
	}
	wait_child(pid);
}

void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

void become_root_of_namespace(void)
{
	unsigned int uid = getuid(), gid = getgid();
	char map[32];

	if (unshare(CLONE_NEWUSER))
		SKIP("no user namespaces");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_text("/proc/self/uid_map", map);
	write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_text("/proc/self/gid_map", map);
	ASSERT_EQ(getuid(), 0);
	ASSERT_EQ(getgid(), 0);
}

/* --------------------------------------------------------------- devices */

const char *first_name;

/* One for each test process; its children use the same. */
const char *name_of(unsigned int i)
{
	static char name[KVDEV_NAME_LEN];
	static pid_t test;

	if (!i && first_name)
		return first_name;
	if (!test)
		test = getpid();
	snprintf(name, sizeof(name), "authority-%d.%u", test, i);
	return name;
}

int name_cmd(int fd, unsigned long nr, const char *name)
{
	struct kvdev_name n = { .size = sizeof(n) };

	memcpy(n.name, name, strnlen(name, sizeof(n.name)));
	return cmd(fd, nr, &n);
}

int create_on(int fd, unsigned int i, uint32_t device_id, uint32_t flags,
	      uint32_t uid, uint32_t gid, uint32_t mode)
{
	struct kvdev_create c = {
		.size = sizeof(c),
		.flags = KVDEV_CREATE_NAMED | flags,
		.device_id = device_id,
		.uid = uid,
		.gid = gid,
		.mode = mode,
	};

	strcpy((char *)c.name, name_of(i));
	return cmd(fd, KVDEV_CREATE, &c);
}

int try_create(unsigned int i, uint32_t device_id, uint32_t flags,
	       uint32_t uid, uint32_t gid, uint32_t mode)
{
	int fd = node(O_RDWR);
	int ret = create_on(fd, i, device_id, flags, uid, gid, mode);

	close(fd);
	return ret;
}

void new_device(unsigned int i, uint32_t device_id, int store)
{
	int fd = node(O_RDWR);

	ASSERT_EQ(create_on(fd, i, device_id, 0, 0, 0, 0), 0);
	if (store >= 0)
		ASSERT_EQ(set_backend(fd, store, 0, 0), 0);
	close(fd);
}

int open_as(unsigned int i, int flags)
{
	int fd = node(flags), ret = name_cmd(fd, KVDEV_OPEN, name_of(i));

	if (!ret)
		return fd;
	close(fd);
	return ret;
}

int must_open(unsigned int i, int flags)
{
	int fd = open_as(i, flags);

	ASSERT_GE(fd, 0);
	return fd;
}

int delete_device(unsigned int i)
{
	int fd = node(O_RDWR), ret = name_cmd(fd, KVDEV_DELETE, name_of(i));

	close(fd);
	return ret;
}

/* The last work for a dead process may be done after it was waited for. */
int delete_soon(unsigned int i)
{
	uint64_t end = now_ms() + WAIT_MS;
	int ret = delete_device(i);

	while (ret == -EBUSY && now_ms() < end) {
		usleep(1000);
		ret = delete_device(i);
	}
	return ret;
}

int set_permissions(unsigned int i, uint32_t flags, uint32_t uid, uint32_t gid,
		    uint32_t mode)
{
	struct kvdev_permissions p = {
		.size = sizeof(p), .flags = flags, .uid = uid, .gid = gid,
		.mode = mode,
	};
	int fd = node(O_RDONLY), ret;

	strcpy((char *)p.name, name_of(i));
	ret = cmd(fd, KVDEV_SET_PERMISSIONS, &p);
	close(fd);
	return ret;
}

int set_owner(unsigned int i, uint32_t uid)
{
	return set_permissions(i, KVDEV_PERM_UID, uid, 0, 0);
}

int set_group(unsigned int i, uint32_t gid)
{
	return set_permissions(i, KVDEV_PERM_GID, 0, gid, 0);
}

int set_mode(unsigned int i, uint32_t mode)
{
	return set_permissions(i, KVDEV_PERM_MODE, 0, 0, mode);
}

bool find(const char *name, struct kvdev_next *n)
{
	int fd = node(O_RDONLY);
	bool found = false;

	*n = (struct kvdev_next){ .size = sizeof(*n) };
	while (!found && !cmd(fd, KVDEV_NEXT, n)) {
		found = !strcmp((char *)n->name, name);
		if (!found)
			*n = (struct kvdev_next){ .size = sizeof(*n),
						  .id = n->id + 1 };
	}
	close(fd);
	return found;
}

struct kvdev_next look(unsigned int i)
{
	struct kvdev_next n;

	ASSERT_TRUE(find(name_of(i), &n));
	return n;
}

struct guest *guest_on(int fd)
{
	struct guest_options o = { .backend = 0 };
	struct guest *g = guest_new(&o);
	struct vhost_memory_region r = {
		.guest_phys_addr = GUEST_GPA,
		.memory_size = GUEST_MEM,
		.userspace_addr = (uintptr_t)g->mem,
	};

	ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	ASSERT_EQ(set_mem(fd, &r, 1), 0);
	ASSERT_EQ(vring_file(fd, VHOST_SET_VRING_KICK, 0, g->vq[0].kick), 0);
	ASSERT_EQ(vring_file(fd, VHOST_SET_VRING_CALL, 0, g->vq[0].call), 0);
	ASSERT_GE(dup2(fd, g->fd), 0);
	close(fd);
	guest_start(g);
	return g;
}
