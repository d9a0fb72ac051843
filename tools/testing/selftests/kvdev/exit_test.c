// SPDX-License-Identifier: GPL-2.0
/*
 * Files that are closed under load, and processes that end when they should
 * not. What these tests look for are oopses, hangs, and a module that cannot be
 * unloaded.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "load.h"

/* --------------------------------------------------------------- under load */

TEST(close_during_io)
{
	int fd = temp_file(4 << 20, 0), i;

	for (i = 0; i < 200; i++) {
		struct guest *g = busy_guest(i & 1, fd);

		start_reads(g);
		if (i % 4 > 1)
			usleep(i * 10);
		guest_free(g);
	}
}

struct busy {
	bool pci;
	int backend;
};

static struct guest *busy_child(const void *arg)
{
	const struct busy *b = arg;

	return busy_guest(b->pci, b->backend);
}

static void end_busy(enum end end, bool pci, int backend, int usec)
{
	end_under_load(busy_child, &(struct busy){ pci, backend }, end, usec);
}

TEST(kill_under_load)
{
	int fd = temp_file(4 << 20, 0), i;

	for (i = 0; i < 100; i++)
		end_busy(END_SIGKILL, i & 1, fd, i * 100);
}

TEST(exit_under_load)
{
	struct rlimit no_core = {};
	int fd = temp_file(4 << 20, 0), i;

	setrlimit(RLIMIT_CORE, &no_core);
	for (i = 0; i < 50; i++)
		end_busy(i & 2 ? END_EXIT : END_SIGSEGV, i & 1, fd, i * 100);
}

TEST_WHEN(have_null_blk, kill_with_slow_disk)
{
	struct nullb disk;
	int fd, i;

	if (!nullb_new(&disk, 16, 100 * 1000000UL))
		SKIP("no null_blk disk");
	fd = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	for (i = 0; i < 20; i++)
		end_busy(i % 3, i & 1, fd, i * 5000);
	/* Nobody holds it any more. */
	blk_works(busy_guest(true, fd));
	close(fd);
	nullb_free(&disk);
}

TEST(kill_with_direct_file)
{
	int fd = temp_direct(4 << 20), i;

	if (fd < 0)
		SKIP("no O_DIRECT in /tmp");
	for (i = 0; i < 50; i++)
		end_busy(END_SIGKILL, i & 1, fd, i * 200);
}

/* ------------------------------------------------- an owner that is gone */

static void send_fd(int sock, int fd)
{
	char c = 0, buf[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = buf, .msg_controllen = sizeof(buf) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	if (sendmsg(sock, &m, 0) != 1)
		_exit(9);
}

static int receive_fd(int sock)
{
	char c, buf[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = buf, .msg_controllen = sizeof(buf) };
	int fd;

	ASSERT_EQ(recvmsg(sock, &m, 0), 1);
	ASSERT_TRUE(CMSG_FIRSTHDR(&m));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

/* The device and the doorbell of a child that was killed with I/O running. */
static void orphan(bool pci, int backend, int *fd, int *kick)
{
	int sock[2], status;
	pid_t pid;

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	pid = fork();
	if (!pid) {
		struct guest *g = busy_guest(pci, backend);
		pthread_t t;

		pthread_create(&t, NULL, drive, g);
		start_reads(g);
		send_fd(sock[1], g->fd);
		send_fd(sock[1], g->vq[0].kick);
		pause();
		_exit(0);
	}
	*fd = receive_fd(sock[0]);
	*kick = receive_fd(sock[0]);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	close(sock[0]);
	close(sock[1]);
}

TEST(owner_killed_file_elsewhere)
{
	int pci, i, fd, kick, file = temp_file(4 << 20, 0);
	struct kvdev_get_stats st = { .size = sizeof(st) };
	uint64_t one = 1;

	for (pci = 0; pci < 2; pci++) {
		orphan(pci, file, &fd, &kick);
		for (i = 0; i < 100; i++)
			EXPECT_EQ(write(kick, &one, sizeof(one)), 8);
		EXPECT_EQ(set_status(fd, 0), -EPERM);
		EXPECT_EQ(cmd(fd, VHOST_RESET_OWNER, NULL), -EPERM);
		EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), -EEXIST);
		EXPECT_EQ(set_backend(fd, -1, 0, 0), -EBUSY);
		EXPECT_GE(get_status(fd), S_DRIVER_OK);
		EXPECT_EQ(cmd(fd, KVDEV_GET_STATS, &st), 0);
		EXPECT_EQ(close(fd), 0);
		EXPECT_EQ(write(kick, &one, sizeof(one)), 8);
		close(kick);
	}
}

TEST_WHEN(have_null_blk, owner_killed_slow_disk)
{
	int file, fd, kick, pci;
	struct nullb disk;
	uint64_t one = 1;

	if (!nullb_new(&disk, 16, 300 * 1000000UL))
		SKIP("no null_blk disk");
	file = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(file, 0);
	for (pci = 0; pci < 2; pci++) {
		orphan(pci, file, &fd, &kick);
		EXPECT_EQ(write(kick, &one, sizeof(one)), 8);
		EXPECT_EQ(close(fd), 0);
		close(kick);
	}
	close(file);
	nullb_free(&disk);
}

static struct guest *volatile lent;

static int lend(void *data)
{
	lent = busy_guest(false, temp_file(1 << 20, 0));
	start_reads(lent);
	if (write(*(int *)data, "x", 1) == 1)
		pause();
	return 0;
}

/*
 * The owner's thread group dies, its address space lives on in this process:
 * the right memory, but no workers.
 */
TEST(owner_killed_memory_shared)
{
	char *stack = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ready[2], status;
	pid_t pid;
	char c;

	ASSERT_EQ(pipe(ready), 0);
	pid = clone(lend, stack + (1 << 20), CLONE_VM | CLONE_FILES | SIGCHLD,
		    &ready[1]);
	ASSERT_GE(pid, 0);
	ASSERT_EQ(read(ready[0], &c, 1), 1);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);

	vq_kick_always(&lent->vq[0]);
	EXPECT_EQ(set_status(lent->fd, 0), 0);
	ASSERT_EQ(guest_negotiate(lent), 0);
	ASSERT_EQ(guest_setup_vq(lent, 0), 0);
	EXPECT_EQ(guest_driver_ok(lent), -ESHUTDOWN);
	/* A new owner is a new beginning. */
	EXPECT_EQ(cmd(lent->fd, VHOST_RESET_OWNER, NULL), 0);
	expect_usable(lent);
}

/* exec() ends the workers; the file, kept open, knows its owner no more. */
TEST(exec_with_the_file_kept)
{
	int i, status;

	for (i = 0; i < 2; i++) {
		char code[80];
		pid_t pid = fork();

		if (!pid) {
			struct guest *g = busy_guest(i, temp_file(1 << 20, 0));

			start_reads(g);
			fcntl(g->fd, F_SETFD, 0);
			snprintf(code, sizeof(code),
				 "[ -c /proc/self/fd/%d ]; exit $?", g->fd);
			execl("/bin/sh", "sh", "-c", code, NULL);
			_exit(3);
		}
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_EQ(status, 0);
	}
}

/* The owner's process keeps a mapping of its own device's memory: no cycle. */
TEST(exit_with_ring_in_anonymous_memory)
{
	int i, status;

	for (i = 0; i < 20; i++) {
		if (!fork()) {
			struct guest *g = busy_guest(0, temp_file(1 << 20, 0));
			uint8_t *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			guest_reset(g);
			guest_negotiate(g);
			vring_addr(g->fd, 0, p, p + 8192, p + 16384);
			vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1);
			guest_driver_ok(g);
			vq_kick_always(&g->vq[0]);
			_exit(0);
		}
		ASSERT_GE(wait(&status), 0);
		EXPECT_EQ(status, 0);
	}
}
