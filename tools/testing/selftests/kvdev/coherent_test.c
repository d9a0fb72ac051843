// SPDX-License-Identifier: GPL-2.0
/*
 * Memory and page caches on both sides of a device: a store that others have
 * used through the page cache, and guest memory that is a file, to which what
 * the device writes has to get.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "scsi_user.h"
#include "stores.h"

/* In the middle of a store: whoever looks for a file system looks elsewhere. */
#define MIDDLE		(7 * MIB)
#define LEN		(256UL << 10)

static uint8_t page_cache[LEN], want[LEN];

/* ------------------------------------------------------------------- stores */

static struct guest *start_on(struct store *s)
{
	struct guest_options o = { .backend = s->fd };
	struct guest *g = guest_new(&o);

	guest_start(g);
	return g;
}

static void device_rw(struct guest *g, bool write, uint64_t data)
{
	ASSERT_EQ(blk_request(g, 0, write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN,
			      MIDDLE / 512, data, LEN, NULL), VIRTIO_BLK_S_OK);
}

/* What somebody wrote before, and did not sync, is what the device reads. */
TEST_WHEN(have_volatile, device_reads_what_was_written)
{
	struct store s;
	struct guest *g;
	uint64_t data;
	int kind, fd;

	for (kind = 0; kind < NR_STORES; kind++) {
		NOTE("%s", store_names[kind]);
		store_new(&s, kind, 0, true);
		fd = store_open(&s, O_RDWR);
		fill(want, LEN, 7);
		ASSERT_EQ(pwrite(fd, want, LEN, MIDDLE), LEN);
		g = start_on(&s);
		data = guest_alloc(g, LEN, 4096);
		device_rw(g, false, data);
		EXPECT_TRUE(filled(guest_ptr(g, data), LEN, 7));
		guest_free(g);
		close(fd);
		store_free(&s);
	}
}

/*
 * Who reads through the page cache sees what the device wrote: at the latest,
 * of a disk, if it was not read since the device got it, or since it let go.
 */
TEST_WHEN(have_volatile, others_read_what_the_device_wrote)
{
	struct store s;
	struct guest *g;
	uint64_t data;
	int kind, fd;

	for (kind = 0; kind < NR_STORES; kind++) {
		NOTE("%s", store_names[kind]);
		store_new(&s, kind, 0, true);
		fd = store_open(&s, O_RDONLY);
		ASSERT_EQ(pread(fd, page_cache, LEN, MIDDLE), LEN);
		g = start_on(&s);
		data = guest_alloc(g, LEN, 4096);
		fill(guest_ptr(g, data), LEN, 8);
		device_rw(g, true, data);
		ASSERT_EQ(pread(fd, page_cache, LEN, MIDDLE), LEN);
		EXPECT_TRUE(filled(page_cache, LEN, 8));

		fill(guest_ptr(g, data), LEN, 9);
		device_rw(g, true, data);
		guest_free(g);
		ASSERT_EQ(pread(fd, page_cache, LEN, MIDDLE), LEN);
		EXPECT_TRUE(filled(page_cache, LEN, 9));
		close(fd);
		store_free(&s);
	}
}

/* --------------------------------------------------------- memory is a file */

/*
 * A disk full of zeroes whose answers come when the test wants them: device
 * mapper holds what is asked of a device that is suspended.
 */
struct held_disk {
	char name[32];
	int fd;
};

static bool dm(const char *what, const struct held_disk *h, const char *table)
{
	char command[200];

	snprintf(command, sizeof(command),
		 "dmsetup %s %s --noudevsync %s >/dev/null 2>&1", what,
		 h->name, table);
	return !system(command);
}

/* Its node has a number, and a name only where somebody makes one. */
static int held_open(const struct held_disk *h)
{
	char path[48], name[40] = "";
	int i, fd;

	for (i = 0; i < 256; i++) {
		snprintf(path, sizeof(path), "/sys/block/dm-%d/dm/name", i);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		memset(name, 0, sizeof(name));
		if (read(fd, name, sizeof(name) - 1) > 0)
			name[strcspn(name, "\n")] = '\0';
		close(fd);
		if (!strcmp(name, h->name)) {
			snprintf(path, sizeof(path), "/dev/dm-%d", i);
			return open(path, O_RDWR | O_CLOEXEC);
		}
	}
	errno = ENODEV;
	return -1;
}

static void held_new(struct held_disk *h)
{
	snprintf(h->name, sizeof(h->name), "held-%d", getpid());
	if (system("modprobe -q -a dm-mod dm-zero"))
		SKIP("no device mapper");
	if (!dm("create", h, "--table '0 32768 zero'"))
		SKIP("no dmsetup");
	h->fd = held_open(h);
	must(h->fd < 0 ? -errno : 0, h->name);
}

static void held_free(struct held_disk *h)
{
	uint64_t end = now_ms() + WAIT_MS;

	close(h->fd);
	while (!dm("remove", h, ""))
		must(now_ms() < end ? 0 : -EBUSY, "dmsetup remove");
}

/*
 * Guest memory that is a file, beside the usual, for which rings are not made:
 * LEN bytes at FILE_GPA.
 */
#define FILE_GPA	(GUEST_GPA + (1ULL << 32))

struct file_memory {
	struct store s;
	uint8_t *p;
};

static void memory_new(struct file_memory *m, struct guest *g)
{
	struct vhost_memory_region regions[] = {
		{ .guest_phys_addr = GUEST_GPA, .memory_size = g->o.mem,
		  .userspace_addr = (uintptr_t)g->mem },
		{ .guest_phys_addr = FILE_GPA, .memory_size = LEN },
	};

	store_new(&m->s, STORE_FILE, 0, true);
	m->p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, m->s.fd, 0);
	ASSERT_TRUE(m->p != MAP_FAILED);
	memset(m->p, CANARY, LEN);
	regions[1].userspace_addr = (uintptr_t)m->p;
	ASSERT_EQ(set_mem(g->fd, regions, 2), 0);
}

/* What the disk below the file has in the end; O_DIRECT asks no cache. */
static const uint8_t *memory_on_disk(struct file_memory *m)
{
	static uint8_t found[LEN] __attribute__((aligned(4096)));
	int fd;

	munmap(m->p, LEN);
	ASSERT_EQ(fsync(m->s.fd), 0);
	fd = store_open(&m->s, O_RDONLY | O_DIRECT);
	ASSERT_EQ(pread(fd, found, LEN, 0), LEN);
	close(fd);
	return found;
}

/*
 * A chain of which the disk has not answered yet: all of its memory is taken.
 * Then the memory is written back, and clean when the answer is stored.
 */
static void answer_into_clean_memory(struct guest *g, struct vq *vq,
				     const struct seg *segs, unsigned int nr,
				     struct held_disk *disk,
				     struct file_memory *m)
{
	struct vring_used_elem e;

	ASSERT_TRUE(dm("suspend", disk, "--noflush --nolockfs"));
	ASSERT_GE(vq_add(vq, segs, nr), 0);
	vq_kick_always(vq);
	workers_rest();
	ASSERT_EQ(vq_get(vq, &e), false);
	ASSERT_EQ(msync(m->p, LEN, MS_SYNC), 0);
	ASSERT_TRUE(dm("resume", disk, ""));
	ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	guest_free(g);
}

/* Data and status byte of a block request */
TEST_WHEN(have_volatile, answers_reach_the_file_behind_memory)
{
	struct guest_options o = {};
	const uint8_t *found;
	struct file_memory m;
	struct held_disk disk;
	struct guest *g;

	held_new(&disk);
	o.backend = disk.fd;
	g = guest_new(&o);
	memory_new(&m, g);
	guest_start(g);
	{
		const struct seg segs[] = {
			{ blk_header(g, VIRTIO_BLK_T_IN, 0), 16, 0 },
			{ FILE_GPA, LEN / 2, W },
			{ FILE_GPA + LEN - 1, 1, W },
		};

		answer_into_clean_memory(g, &g->vq[0], segs, 3, &disk, &m);
	}
	found = memory_on_disk(&m);
	EXPECT_TRUE(all_bytes(found, LEN / 2, 0));
	EXPECT_TRUE(all_bytes(found + LEN / 2, LEN / 2 - 1, CANARY));
	EXPECT_EQ(found[LEN - 1], VIRTIO_BLK_S_OK);
	store_free(&m.s);
	held_free(&disk);
}

/* Data and response of a SCSI command */
TEST_WHEN(have_volatile, scsi_answers_reach_the_file_behind_memory)
{
	struct scsi_op op = { .cdb = { 0x88, [12] = LEN / 2 / 512 >> 8 } };
	const uint8_t *found;
	struct file_memory m;
	struct held_disk disk;
	struct guest *g;

	held_new(&disk);
	g = scsi_disk(disk.fd);
	memory_new(&m, g);
	{
		const struct seg segs[] = {
			{ scsi_header(g, &op), CMD_LEN, 0 },
			{ FILE_GPA + LEN - 4096, RESP_LEN, W },
			{ FILE_GPA, LEN / 2, W },
		};

		answer_into_clean_memory(g, &g->vq[Q_REQUEST], segs, 3, &disk,
					 &m);
	}
	found = memory_on_disk(&m);
	EXPECT_TRUE(all_bytes(found, LEN / 2, 0));
	EXPECT_TRUE(all_bytes(found + LEN - 4096, RESP_LEN, 0));
	EXPECT_TRUE(all_bytes(found + LEN / 2, LEN / 2 - 4096, CANARY));
	store_free(&m.s);
	held_free(&disk);
}
