// SPDX-License-Identifier: GPL-2.0
/*
 * Who pays for what a device does: the control group (v2) of the process whose
 * guest it serves, whoever attached the store, and whatever thread does it.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "scsi_user.h"
#include "stores.h"

#define CGROUPS	"/sys/fs/cgroup"

static struct group {
	char dir[64];
} attacher, user;

static const struct group root = { CGROUPS };

static int group_write(const struct group *g, const char *name,
		       const char *text)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* The number behind @key in a line that begins with @line, if it is not empty. */
static unsigned long long group_read(const struct group *g, const char *name,
				     const char *line, const char *key)
{
	unsigned long long value = 0;
	char path[128], text[512];
	const char *p;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	f = fopen(path, "r");
	while (f && fgets(text, sizeof(text), f)) {
		if (strncmp(text, line, strlen(line)))
			continue;
		p = strstr(text, key);
		if (p) {
			value = strtoull(p + strlen(key), NULL, 10);
			break;
		}
	}
	if (f)
		fclose(f);
	return value;
}

static void group_enter(const struct group *g)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	must(group_write(g, "cgroup.procs", pid), "enter a group");
}

static bool has_file(const struct group *g, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	return !access(path, F_OK);
}

static void group_new(struct group *g, const char *name)
{
	if (!has_file(&root, "cgroup.controllers"))
		SKIP("no cgroup v2");
	group_write(&root, "cgroup.subtree_control", "+memory");
	group_write(&root, "cgroup.subtree_control", "+io");
	snprintf(g->dir, sizeof(g->dir), CGROUPS "/selftest-%s-%d", name,
		 getpid());
	must(mkdir(g->dir, 0755) ? -errno : 0, g->dir);
}

/* A thread that has just ended may be in one for a moment. */
static void groups_remove(void)
{
	uint64_t end = now_ms() + WAIT_MS;

	group_enter(&root);
	while ((attacher.dir[0] && rmdir(attacher.dir) && errno == EBUSY) ||
	       (rmdir(user.dir) && errno == EBUSY)) {
		must(now_ms() < end ? 0 : -EBUSY, "remove groups");
		usleep(1000);
	}
}

/* This process is in the first group, and makes the device there. */
static struct guest *attached(struct store *s, enum store_kind kind)
{
	struct guest_options o = {};
	struct guest *g;

	group_new(&attacher, "attacher");
	group_new(&user, "user");
	store_new(s, kind, 0, true);
	if (kind != STORE_DISK)
		ASSERT_EQ(posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	group_enter(&attacher);
	o.backend = s->fd;
	g = guest_new(&o);
	group_enter(&user);
	guest_start(g);
	return g;
}

static void leave(struct store *s, struct guest *g)
{
	guest_free(g);
	store_free(s);
	groups_remove();
}

/* A line of io.stat */
static unsigned long long io_stat(const struct group *g, const struct store *s,
				  const char *key)
{
	struct stat st;
	char line[32];

	must(stat(s->disk.path, &st) ? -errno : 0, s->disk.path);
	snprintf(line, sizeof(line), "%u:%u ", major(st.st_rdev),
		 minor(st.st_rdev));
	return group_read(g, "io.stat", line, key);
}

/* What is read from the disk goes into the user's page cache. */
TEST_WHEN(have_volatile, cache_is_the_users)
{
	const size_t len = 12 * MIB, piece = 128 << 10;
	unsigned long long before;
	struct store s;
	struct guest *g = attached(&s, STORE_FILE);
	uint64_t data = guest_alloc(g, piece, 4096);
	size_t pos;

	if (!has_file(&user, "memory.stat"))
		SKIP("no memory controller");
	before = group_read(&user, "memory.stat", "file ", " ");
	for (pos = 0; pos < len; pos += piece)
		ASSERT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, pos / 512, data,
				      piece, NULL), VIRTIO_BLK_S_OK);
	NOTE("user: %llu more, attacher: %llu",
	     group_read(&user, "memory.stat", "file ", " ") - before,
	     group_read(&attacher, "memory.stat", "file ", " "));
	EXPECT_GE(group_read(&user, "memory.stat", "file ", " "),
		  before + len * 3 / 4);
	EXPECT_LE(group_read(&attacher, "memory.stat", "file ", " "), len / 8);
	leave(&s, g);
}

/* DISCARD or WRITE ZEROES of the first @len bytes, @times times */
static void range(struct guest *g, uint32_t type, uint32_t len, int times)
{
	size_t brk = g->brk;
	uint64_t data = guest_alloc(g, 16, 8), status = guest_alloc(g, 1, 1);
	struct virtio_blk_discard_write_zeroes r = { .num_sectors = len / 512 };
	struct seg segs[] = {
		{ blk_header(g, type, 0), 16, 0 },
		{ data, sizeof(r), 0 },
		{ status, 1, W },
	};

	memcpy(guest_ptr(g, data), &r, sizeof(r));
	while (times--) {
		ASSERT_EQ(vq_submit(&g->vq[0], segs, 3, NULL), 0);
		ASSERT_EQ(*(uint8_t *)guest_ptr(g, status), VIRTIO_BLK_S_OK);
	}
	g->brk = brk;
}

static unsigned long long own_usec(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000ULL +
	       u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

/* A thread that may wait writes zeroes; by system calls it takes as long. */
TEST_WHEN(have_volatile, time_is_the_users)
{
	static uint8_t zeroes[64 << 10];
	const int times = 20;
	unsigned long long own, used;
	struct guest_options o = {};
	struct guest *g;
	size_t pos;
	int i;

	o.backend = file_without_holes(VOLATILE_SIZE);
	if (o.backend < 0)
		SKIP("no overlay on ramfs");
	group_new(&user, "user");
	group_enter(&user);
	g = guest_new(&o);
	guest_start(g);
	/* Its pages are there. */
	range(g, VIRTIO_BLK_T_WRITE_ZEROES, VOLATILE_SIZE, 1);

	own = own_usec();
	for (i = 0; i < times; i++)
		for (pos = 0; pos < VOLATILE_SIZE; pos += sizeof(zeroes))
			ASSERT_EQ(pwrite(o.backend, zeroes, sizeof(zeroes),
					 pos), sizeof(zeroes));
	own = own_usec() - own;
	used = group_read(&user, "cpu.stat", "usage_usec", " ");
	range(g, VIRTIO_BLK_T_WRITE_ZEROES, VOLATILE_SIZE, times);
	used = group_read(&user, "cpu.stat", "usage_usec", " ") - used;
	NOTE("the device: %llu us, system calls: %llu us", used, own);
	EXPECT_GE(used, own / 4);
	guest_free(g);
	close(o.backend);
	groups_remove();
}

/* And what is discarded on a disk counts as the user's. */
TEST_WHEN(have_volatile, discards_are_the_users)
{
	struct store s;
	struct guest *g = attached(&s, STORE_DISK);

	if (!has_file(&user, "io.stat"))
		SKIP("no io controller");
	range(g, VIRTIO_BLK_T_DISCARD, 8 * MIB, 1);
	/* The kernel does not show a disk of which nothing was read. */
	ASSERT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0,
			      guest_alloc(g, 4096, 4096), 4096, NULL),
		  VIRTIO_BLK_S_OK);
	EXPECT_GE(io_stat(&user, &s, "dbytes="), 8 * MIB);
	EXPECT_EQ(io_stat(&attacher, &s, "dbytes="), 0);
	leave(&s, g);
}
