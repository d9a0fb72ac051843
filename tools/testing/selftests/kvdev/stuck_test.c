// SPDX-License-Identifier: GPL-2.0
/*
 * What takes for ever, or long: pages of userfaultfd that nobody provides, in
 * the argument of a command or in a request's data; slow stores. Whoever touches
 * such a page waits for ever, and can be killed; nobody else waits.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kvdev_user.h"
#include "kvtest.h"

#define W		VRING_DESC_F_WRITE
#define PAGE		4096UL
/* What hangs hangs for ever: no need to look for long. */
#define HANG_S		100

/* ------------------------------------------------- pages that do not come */

static int never(void *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)page, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg))
		SKIP("no userfaultfd");
	return fd;
}

/* Somebody touches it, and waits. */
static void wait_touched(int uffd)
{
	struct pollfd p = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	ASSERT_EQ(poll(&p, 1, WAIT_MS), 1);
	ASSERT_EQ(read(uffd, &msg, sizeof(msg)), sizeof(msg));
}

static void provide(int uffd, void *page)
{
	struct uffdio_zeropage z = { .range = { (uintptr_t)page, PAGE } };

	ASSERT_EQ(ioctl(uffd, UFFDIO_ZEROPAGE, &z), 0);
}

/* The thread is not on the processor, and stays where it is. */
static void wait_blocked(pid_t tid)
{
	char path[64], line[256], state;
	int i, fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	for (i = 0; i < WAIT_MS; i++) {
		memset(line, 0, sizeof(line));
		fd = open(path, O_RDONLY);
		if (fd >= 0 && read(fd, line, sizeof(line) - 1) > 0 &&
		    sscanf(line, "%*d (%*[^)]) %c", &state) == 1 &&
		    (state == 'S' || state == 'D')) {
			close(fd);
			return;
		}
		close(fd);
		usleep(1000);
	}
	ASSERT_TRUE(false);
}

/* A list of all devices, and a device of one's own. */
static void others_go_on(int least)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	struct kvdev_next n = { .size = sizeof(n) };
	int fd = dev_open(), nr = 0;
	struct guest *g;

	while (!cmd(fd, KVDEV_NEXT, &n)) {
		n = (struct kvdev_next){ .size = sizeof(n), .id = n.id + 1 };
		nr++;
	}
	EXPECT_GE(nr, least);
	close(fd);
	g = guest_new(&o);
	guest_start(g);
	blk_works(g);
	guest_free(g);
}

/* A process that gets stuck as @fn says, harms nobody, and can be killed. */
static void stuck_child(void (*fn)(int which), int which)
{
	int ready[2], status;
	pid_t pid;
	char c;

	ASSERT_EQ(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		fn(which);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(9);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) == 1) {
		others_go_on(1);
		kill(pid, SIGKILL);
	}
	close(ready[0]);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == KVT_SKIP)
		_exit(KVT_SKIP);
	EXPECT_TRUE(WIFSIGNALED(status));
	others_go_on(0);
}

/* ------------------------------------------------ in a command's argument */

enum { GET_FEATURES, SET_MEM, GET_CONFIG, SET_CONFIG, GET_ARRAY, SET_ARRAY,
       NR_ARGUMENTS };

static struct guest *stuck_guest;
static uint8_t *stuck_page;
static int which_call;

static void *call_with_page(void *data)
{
	uint64_t *before = (uint64_t *)(stuck_page - sizeof(uint64_t));
	struct vhost_vdpa_config *c = (void *)before;
	struct vhost_memory *m = (void *)before;
	int fd = stuck_guest->fd;

	*(pid_t *)data = syscall(SYS_gettid);
	switch (which_call) {
	case GET_FEATURES:
		cmd(fd, VHOST_GET_FEATURES, stuck_page);
		break;
	case SET_MEM:
		m->nregions = 1;
		cmd(fd, VHOST_SET_MEM_TABLE, m);
		break;
	case GET_CONFIG:
		c->len = 4;
		cmd(fd, VHOST_VDPA_GET_CONFIG, c);
		break;
	case SET_CONFIG:
		c->len = 4;
		cmd(fd, VHOST_VDPA_SET_CONFIG, c);
		break;
	case GET_ARRAY:
		*before = 2;
		cmd(fd, VHOST_GET_FEATURES_ARRAY, before);
		break;
	case SET_ARRAY:
		*before = 2;
		cmd(fd, VHOST_SET_FEATURES_ARRAY, before);
		break;
	}
	return NULL;
}

static void stuck_argument(int which)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	static pid_t tid;
	pthread_t t;
	int uffd;

	stuck_guest = guest_new(&o);
	stuck_page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(stuck_page, MAP_FAILED);
	stuck_page += PAGE;
	uffd = never(stuck_page);
	which_call = which;
	ASSERT_EQ(pthread_create(&t, NULL, call_with_page, &tid), 0);
	wait_touched(uffd);
}

TEST_TIMEOUT(argument_that_never_comes, HANG_S)
{
	int i;

	for (i = 0; i < NR_ARGUMENTS; i++)
		stuck_child(stuck_argument, i);
}

/* Not even its own device is kept from other threads. */
TEST_TIMEOUT(argument_that_never_comes_and_other_commands, HANG_S)
{
	int i;

	for (i = 0; i < NR_ARGUMENTS; i++) {
		if (!fork()) {
			stuck_argument(i);
			EXPECT_EQ(set_status(stuck_guest->fd, S_DRIVER), 0);
			EXPECT_EQ(get_status(stuck_guest->fd), S_DRIVER);
			_exit(0);
		}
		wait(NULL);
	}
}

/* ---------------------------------------------------- in a request's data */

/* The worker waits for the page; returns the userfaultfd. */
static int stuck_worker(bool pci)
{
	struct guest_options o = { .pci = pci,
				   .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	uint64_t data = guest_alloc(g, PAGE, PAGE);
	struct seg s[] = {
		{ blk_header(g, VIRTIO_BLK_T_IN, 0), 16, 0 },
		{ data, PAGE, W },
		{ guest_alloc(g, PAGE, PAGE), 1, W },
	};
	int uffd;

	stuck_guest = g;
	stuck_page = guest_ptr(g, data);
	uffd = never(stuck_page);
	guest_start(g);
	vq_add(&g->vq[0], s, 3);
	vq_kick_always(&g->vq[0]);
	wait_touched(uffd);
	return uffd;
}

enum { RESET, DISABLE, GET_BASE, SUSPEND, RESET_OWNER, NEW_MEM, REG_RESET,
       NR_STOPS };

static void *stop_it(void *data)
{
	struct vhost_vring_state s = { };
	struct guest *g = stuck_guest;
	struct vhost_memory_region r = { GUEST_GPA, GUEST_MEM,
					 (uintptr_t)g->mem, 0 };

	__atomic_store_n((pid_t *)data, syscall(SYS_gettid), __ATOMIC_RELEASE);
	switch (which_call) {
	case RESET:
		set_status(g->fd, 0);
		break;
	case DISABLE:
		vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 0);
		break;
	case GET_BASE:
		cmd(g->fd, VHOST_GET_VRING_BASE, &s);
		break;
	case SUSPEND:
		cmd(g->fd, VHOST_VDPA_SUSPEND, NULL);
		break;
	case RESET_OWNER:
		cmd(g->fd, VHOST_RESET_OWNER, NULL);
		break;
	case NEW_MEM:
		set_mem(g->fd, &r, 1);
		break;
	case REG_RESET:
		set_status(g->fd, 0);
		break;
	}
	return NULL;
}

static void stuck_stop(int which)
{
	static pid_t tid;
	pthread_t t;

	stuck_worker(which == REG_RESET);
	which_call = which;
	ASSERT_EQ(pthread_create(&t, NULL, stop_it, &tid), 0);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		usleep(1000);
	wait_blocked(tid);
}

TEST_TIMEOUT(stop_behind_data_that_never_comes, HANG_S)
{
	int i;

	for (i = 0; i < NR_STOPS; i++)
		stuck_child(stuck_stop, i);
}

/*
 * virtio 1.3, 2.4: a driver reads status until it is 0. Its processor does not
 * stand still meanwhile.
 */
TEST_TIMEOUT(reset_by_registers_goes_on_behind, HANG_S)
{
	int uffd = stuck_worker(true), i;
	struct guest *g = stuck_guest;
	uint32_t status = g->bar.common_offset + 20;
	uint64_t resets = guest_stats(g, 0).dev_resets;

	reg_write(g, status, 1, 0);
	EXPECT_EQ(reg_read(g, status, 1), S_DRIVER_OK);
	EXPECT_EQ(get_status(g->fd), S_DRIVER_OK);
	provide(uffd, stuck_page);
	for (i = 0; i < WAIT_MS && reg_read(g, status, 1); i++)
		usleep(1000);
	EXPECT_EQ(reg_read(g, status, 1), 0);
	EXPECT_EQ(guest_stats(g, 0).dev_resets, resets + 1);
	guest_reset(g);
	guest_start(g);
	blk_works(g);
}

/* ------------------------------------------------------------- slow disks */

#define DELAY_NS	(500 * 1000000UL)
#define LONG_SEGS	32
#define LONG_BYTES	((uint64_t)LONG_SEGS << 20)

static unsigned long long bytes_read(const struct nullb *disk)
{
	unsigned long long sectors = 0;
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/block/%s/stat",
		 strrchr(disk->path, '/') + 1);
	f = fopen(path, "r");
	ASSERT_TRUE(f);
	ASSERT_EQ(fscanf(f, "%*u %*u %llu", &sectors), 1);
	fclose(f);
	return sectors << 9;
}

/* A read of 32 MiB that has begun: more than one operation of the store. */
static struct guest *long_read(struct nullb *disk, uint64_t *status)
{
	struct guest_options o = { };
	struct guest *g;
	struct seg s[LONG_SEGS + 2];
	uint64_t data;
	int i;

	if (!nullb_new(disk, 64, DELAY_NS))
		SKIP("no null_blk disk");
	o.backend = open(disk->path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(o.backend, 0);
	g = guest_new(&o);
	close(o.backend);
	data = guest_alloc(g, 1 << 20, PAGE);
	*status = guest_alloc(g, 1, 1);
	s[0] = (struct seg){ blk_header(g, VIRTIO_BLK_T_IN, 0), 16, 0 };
	for (i = 1; i <= LONG_SEGS; i++)
		s[i] = (struct seg){ data, 1 << 20, W };
	s[LONG_SEGS + 1] = (struct seg){ *status, 1, W };
	*(uint8_t *)guest_ptr(g, *status) = 0xff;
	guest_start(g);
	vq_add(&g->vq[0], s, LONG_SEGS + 2);
	vq_kick_always(&g->vq[0]);
	for (i = 0; i < WAIT_MS && !guest_stats(g, 0).chains; i++)
		usleep(1000);
	ASSERT_EQ(guest_stats(g, 0).chains, 1);
	return g;
}

KVT_TEST(reset_ends_a_long_read, KVT_TIMEOUT, have_null_blk)
{
	struct nullb disk;
	uint64_t status;
	struct guest *g = long_read(&disk, &status);

	EXPECT_EQ(set_status(g->fd, 0), 0);
	EXPECT_LE(bytes_read(&disk), LONG_BYTES / 2);
	guest_free(g);
	nullb_free(&disk);
}

/* Suspended, it is not taken; when the device goes on it is done. */
KVT_TEST(suspend_puts_a_long_read_off, KVT_TIMEOUT, have_null_blk)
{
	struct vring_used_elem e;
	struct nullb disk;
	uint64_t status;
	struct guest *g = long_read(&disk, &status);

	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
	EXPECT_LE(bytes_read(&disk), LONG_BYTES / 2);
	EXPECT_EQ(*(uint8_t *)guest_ptr(g, status), 0xff);
	EXPECT_EQ(vq_used_idx(&g->vq[0]), 0);
	EXPECT_EQ(guest_stats(g, 0).chains, 0);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_RESUME, NULL), 0);
	EXPECT_EQ(vq_wait(&g->vq[0], &e, 4 * WAIT_MS), 0);
	EXPECT_EQ(*(uint8_t *)guest_ptr(g, status), 0);
	EXPECT_EQ(e.len, LONG_BYTES + 1);
	guest_free(g);
	nullb_free(&disk);
}

/* More waits on the ring until some has ended. */
KVT_TEST(bytes_in_flight_have_a_limit, KVT_TIMEOUT, have_null_blk)
{
	enum { NR = 80, EACH = 3 << 20, LIMIT = 128 << 20 };
	struct guest_options o = { };
	struct kvdev_get_stats st;
	struct nullb disk;
	struct guest *g;
	uint64_t data;
	int i;

	if (!nullb_new(&disk, 64, DELAY_NS))
		SKIP("no null_blk disk");
	o.backend = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(o.backend, 0);
	g = guest_new(&o);
	close(o.backend);
	data = guest_alloc(g, EACH, PAGE);
	guest_start(g);
	for (i = 0; i < NR; i++) {
		struct seg s[] = {
			{ blk_header(g, VIRTIO_BLK_T_IN, i), 16, 0 },
			{ data, EACH, W },
			{ guest_alloc(g, 1, 1), 1, W },
		};

		vq_add(&g->vq[0], s, 3);
	}
	vq_kick_always(&g->vq[0]);
	do {
		usleep(1000);
		st = guest_stats(g, 0);
		EXPECT_LE((st.chains - st.completions) * EACH, LIMIT + EACH);
	} while (st.completions < NR);
	EXPECT_EQ(st.errors, 0);
	guest_free(g);
	nullb_free(&disk);
}
