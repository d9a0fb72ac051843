// SPDX-License-Identifier: GPL-2.0
/*
 * Devices on the vDPA bus under load: processes that end, devices that are
 * taken away, eventfds and memory that come and go, and everything at once.
 * What these tests look for are oopses, hangs and devices nobody can use.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "load.h"
#include "vdpa_user.h"

#define OTHER_GPA	(1ULL << 40)

static struct vdpa_dev *slow_disk(struct nullb *disk)
{
	int fd;

	if (!nullb_new(disk, 16, 100 * 1000000UL))
		SKIP("no null_blk disk");
	fd = open(disk->path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	return vdpa_new(VIRTIO_ID_BLOCK, 2, fd);
}

/* ------------------------------------------------------------ owners that end */

static struct guest *child_of_bus(const void *d)
{
	return vdpa_guest(d);
}

static const enum end ends[] = { END_SIGKILL, END_CLOSE, END_EXIT };

TEST(owner_ends_under_load)
{
	struct vdpa_dev *d = vdpa_disk();
	int i;

	for (i = 0; i < 60; i++)
		end_under_load(child_of_bus, d, ends[i % 3], i * 100);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

TEST_WHEN(have_null_blk, owner_ends_slow_disk)
{
	struct nullb disk;
	struct vdpa_dev *d = slow_disk(&disk);
	int i;

	for (i = 0; i < 12; i++)
		end_under_load(child_of_bus, d, ends[i % 3], i * 5000);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
	nullb_free(&disk);
}

/* A child has the file, and ends its owner. What it does then; its status. */
static int after_the_owner(struct guest *g, pid_t owner)
{
	struct pollfd p = { .fd = syscall(SYS_pidfd_open, owner, 0),
			    .events = POLLIN };
	int i;

	/* All its threads, of which some are workers */
	kill(owner, SIGKILL);
	poll(&p, 1, WAIT_MS);
	for (i = 0; i < 100; i++)
		vq_kick_always(&g->vq[i & 1]);
	cmd(g->fd, VHOST_VDPA_SUSPEND, NULL);
	cmd(g->fd, VHOST_VDPA_RESUME, NULL);
	/* Its memory is not the owner's. */
	if (!map(g->fd, OTHER_GPA, 4096, g->mem) ||
	    !vring_state(g->fd, VHOST_SET_VRING_NUM, 0, 4))
		return -1;
	set_status(g->fd, S_DRIVER_OK);
	i = get_status(g->fd);
	set_status(g->fd, 0);
	return i;
}

static int orphan(const struct vdpa_dev *d, bool started)
{
	int pipes[2], status, fd, result = -1;
	pid_t owner;

	ASSERT_EQ(pipe(pipes), 0);
	owner = fork();
	if (!owner) {
		struct guest *g;

		owner = getpid();
		fd = vdpa_open(d);
		g = vdpa_guest_on(d, fd, (struct guest_options){});
		if (guest_negotiate(g) || guest_setup_vq(g, 0) ||
		    guest_setup_vq(g, 1))
			_exit(1);
		if (started) {
			guest_driver_ok(g);
			start_reads(g);
		}
		if (fork()) {
			pause();
			_exit(0);
		}
		result = after_the_owner(g, owner);
		_exit(write(pipes[1], &result, sizeof(result)) < 0);
	}
	close(pipes[1]);
	ASSERT_EQ(read(pipes[0], &result, sizeof(result)), sizeof(result));
	close(pipes[0]);
	ASSERT_EQ(waitpid(owner, &status, 0), owner);
	EXPECT_EQ(WTERMSIG(status), SIGKILL);
	/* Until the child is gone the file is open. */
	while ((fd = vdpa_open(d)) == -EBUSY)
		usleep(1000);
	ASSERT_GE(fd, 0);
	close(fd);
	return result;
}

/* There is no thread that could serve a queue: only close is left. */
TEST(owner_killed_file_elsewhere)
{
	struct vdpa_dev *d = vdpa_disk();

	EXPECT_EQ(orphan(d, true), S_DRIVER_OK | S_NEEDS_RESET);
	EXPECT_TRUE(vdpa_usable(d));
	EXPECT_EQ(orphan(d, false), S_DRIVER_OK | S_NEEDS_RESET);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

/* ------------------------------------------------------ devices that are taken */

/* "vdpa dev del" waits for who has the device open, and harms nobody. */
TEST(deleted_while_open)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_guest(d);
	struct kvdev_name n = { .size = sizeof(n) };
	int status, i, fd = dev_open();
	pid_t pid = fork();

	if (!pid) {
		close(g->fd);
		_exit(vdpa_tool("dev del %s", d->name));
	}
	for (i = 0; i < 20; i++) {
		usleep(10000);
		blk_works(g);
	}
	EXPECT_EQ(waitpid(pid, &status, WNOHANG), 0);
	guest_free(g);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_NE(access(d->path, F_OK), 0);
	/* And nobody has it now. */
	memcpy(n.name, d->name, sizeof(n.name));
	EXPECT_EQ(cmd(fd, KVDEV_DELETE, &n), 0);
}

TEST(added_and_deleted_many_times)
{
	int i, file = temp_file(1 << 20, 0);

	for (i = 0; i < 30; i++) {
		struct vdpa_dev *d = vdpa_new(VIRTIO_ID_BLOCK, 2, file);
		struct guest *g = i & 1 ? vdpa_guest(d) : NULL;

		if (g) {
			start_reads(g);
			guest_free(g);
		}
		vdpa_delete(d);
	}
}

/* -------------------------------------------------------- eventfds and memory */

static void *swap_eventfds(void *data)
{
	struct guest *g = data;
	unsigned int i = 0;

	while (!stop) {
		int fd = event_new(), q = i++ & 1;

		/* Nobody else keeps it. */
		vring_file(g->fd, VHOST_SET_VRING_CALL, q, fd);
		close(fd);
		if (i % 7 == 0)
			cmd(g->fd, VHOST_VDPA_SET_CONFIG_CALL, &g->config_fd);
	}
	return NULL;
}

static void *stop_and_go(void *data)
{
	struct guest *g = data;

	while (!stop) {
		cmd(g->fd, VHOST_VDPA_SUSPEND, NULL);
		cmd(g->fd, VHOST_VDPA_RESUME, NULL);
		usleep(500);
	}
	return NULL;
}

/* Interrupts go to no eventfd that is gone, also while a queue is drained. */
TEST_WHEN(have_null_blk, eventfds_come_and_go)
{
	void *(*fn[])(void *) = { swap_eventfds, stop_and_go, drive };
	struct nullb disk;
	struct vdpa_dev *d;
	struct guest *g;
	int fd;

	if (!nullb_new(&disk, 16, 2000000))
		SKIP("no null_blk disk");
	fd = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	d = vdpa_new(VIRTIO_ID_BLOCK, 2, fd);
	g = vdpa_guest(d);
	run_threads(fn, 3, g, HAMMER_MS);
	guest_free(g);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
	nullb_free(&disk);
}

/* The process changes its mappings, which takes the lock the bus maps under. */
static void *change_mappings(void *data)
{
	(void)data;
	while (!stop) {
		void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		memset(p, 1, 1 << 16);
		munmap(p, 1 << 20);
	}
	return NULL;
}

static uint8_t *hotplug;
static unsigned long maps, worst;

static void *plug_memory(void *data)
{
	struct guest *g = data;
	unsigned int i = 0;
	uint64_t start;

	while (!stop) {
		uint64_t at = OTHER_GPA + ((uint64_t)(i++ % 64) << 20);

		start = now_ms();
		EXPECT_EQ(map(g->fd, at, 1 << 20, hotplug), 0);
		if (now_ms() - start > worst)
			worst = now_ms() - start;
		EXPECT_EQ(unmap(g->fd, at, 1 << 20), 0);
		/* Some fail half way, and are taken back by the bus. */
		if (i % 8 == 0)
			EXPECT_NE(map(g->fd, at, 1ULL << 47, hotplug), 0);
		maps++;
	}
	return NULL;
}

/* Pages go away under the device, so that it faults. */
static void *drop_pages(void *data)
{
	struct guest *g = data;

	while (!stop) {
		madvise(g->mem + (4 << 20), 2 << 20, MADV_DONTNEED);
		usleep(100);
	}
	return NULL;
}

TEST(memory_comes_and_goes_under_load)
{
	void *(*fn[])(void *) = { plug_memory, change_mappings, drop_pages,
				  drive };
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_guest(d);

	hotplug = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	run_threads(fn, 4, g, HAMMER_MS);
	NOTE("%lu times mapped and unmapped, %lu ms at most", maps, worst);
	/* No worker was waited for. */
	EXPECT_LE(worst, WAIT_MS);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
	guest_free(g);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

/* ----------------------------------------------------------- all at once */

static uint64_t seed;

static void *hammer_bus(void *data)
{
	uint64_t x = 88172645463325252ULL + __atomic_add_fetch(&seed, 1, 5);
	struct guest *g = data;
	struct vhost_vring_state s;
	uint64_t n, f;

	while (!stop) {
		struct vq *vq;

		n = next(&x);
		vq = &g->vq[n >> 8 & 1];
		s = (struct vhost_vring_state){ .index = vq->index,
						.num = n >> 16 & 1 };
		switch (n & 31) {
		case 0:
			if (!(n >> 16 & 7))
				set_status(g->fd, 0);
			break;
		case 1:
		case 2:
		case 3:
			cmd(g->fd, VHOST_SET_FEATURES, &g->features);
			vring_state(g->fd, VHOST_SET_VRING_NUM, vq->index,
				    vq->num);
			vring_addr(g->fd, vq->index,
				   (void *)guest_addr(g, vq->desc),
				   (void *)guest_addr(g, vq->avail),
				   (void *)guest_addr(g, vq->used));
			s.num = vq->used->idx;
			cmd(g->fd, VHOST_SET_VRING_BASE, &s);
			s.num = 1;
			cmd(g->fd, VHOST_VDPA_SET_VRING_ENABLE, &s);
			set_status(g->fd, S_DRIVER_OK);
			break;
		case 4:
			cmd(g->fd, VHOST_VDPA_SET_VRING_ENABLE, &s);
			break;
		case 5:
			s.num = 1;
			cmd(g->fd, VHOST_VDPA_SET_VRING_ENABLE, &s);
			break;
		case 6:
			vring_file(g->fd, VHOST_SET_VRING_KICK, vq->index,
				   n >> 16 & 1 ? vq->kick : -1);
			break;
		case 7:
			vring_file(g->fd, VHOST_SET_VRING_CALL, vq->index,
				   n >> 16 & 1 ? vq->call : -1);
			break;
		case 8:
			cmd(g->fd, n >> 16 & 1 ? VHOST_VDPA_SUSPEND :
						 VHOST_VDPA_RESUME, NULL);
			break;
		case 9:
			cmd(g->fd, VHOST_GET_VRING_BASE, &s);
			break;
		case 10:
			map(g->fd, OTHER_GPA + (n >> 16 & 0xff000), 4096,
			    g->mem);
			break;
		case 11:
			unmap(g->fd, OTHER_GPA + (n >> 16 & 0xff000), 4096);
			break;
		case 12:
			if (!(n >> 16 & 7))
				unmap(g->fd, 0, -1ULL);
			break;
		case 13:
			map(g->fd, GUEST_GPA, GUEST_MEM, g->mem);
			break;
		case 14:
			vring_state(g->fd, VHOST_SET_VRING_NUM, vq->index,
				    1 << (n >> 16 & 15));
			break;
		case 15:
			cmd(g->fd, VHOST_VDPA_SET_CONFIG_CALL, &g->config_fd);
			break;
		case 16:
			f = n >> 16 & 1 ? BIT(VHOST_BACKEND_F_IOTLB_PERSIST) : 0;
			cmd(g->fd, VHOST_SET_BACKEND_FEATURES, &f);
			break;
		case 17:
			guest_stats(g, vq->index);
			get_status(g->fd);
			break;
		case 18:
			if (!(n >> 16 & 255))
				vdpa_tool("dev config show");
			break;
		default:
			vq_kick_always(vq);
		}
	}
	return NULL;
}

TEST(hammer_on_the_bus)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_guest(d);

	hammer(g, hammer_bus);
	guest_free(g);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}
