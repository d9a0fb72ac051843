// SPDX-License-Identifier: GPL-2.0
/*
 * What a correct driver of a block device may rely on above all: the data, on
 * every kind of store, against a mirror in memory.
 */
#include <fcntl.h>

#include <linux/fs.h>
#include <linux/loop.h>

#include "blk_common.h"

#define IMAGE	(4 * MIB)
#define DEPTH	16
#define LEN_MAX	16384

/* Several requests in flight, never two on the same sectors. */
static struct slot {
	bool busy, write;
	uint32_t block, nr;		/* in units of the block size */
	uint64_t data, header, status;
	uint64_t seed;
	int head;
} slots[KVDEV_MAX_QUEUES][DEPTH];

static bool overlaps(unsigned int nr_vqs, uint32_t block, uint32_t nr)
{
	unsigned int q;
	int i;

	for (q = 0; q < nr_vqs; q++)
		for (i = 0; i < DEPTH; i++) {
			const struct slot *s = &slots[q][i];

			if (s->busy && block < s->block + s->nr &&
			    s->block < block + nr)
				return true;
		}
	return false;
}

static bool submit(struct guest *g, unsigned int q, struct slot *s, uint32_t bs,
		   uint64_t seed)
{
	uint32_t blocks = IMAGE / bs, len, half;
	struct virtio_blk_outhdr *h = guest_ptr(g, s->header);
	struct seg segs[4];

	s->nr = 1 + random() % (LEN_MAX / bs);
	s->block = random() % (blocks - s->nr + 1);
	if (overlaps(g->nr_vqs, s->block, s->nr))
		return false;
	s->write = chance(2);
	s->seed = seed;
	/* Any byte of a page, seldom a whole one. */
	s->data = (s->data & ~4095ULL) + (chance(3) ? 0 : random() % 4096);
	len = s->nr * bs;
	if (s->write)
		fill(guest_ptr(g, s->data), len, seed);
	else
		memset(guest_ptr(g, s->data), CANARY, len);
	h->type = s->write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN;
	h->sector = (uint64_t)s->block * bs / 512;
	*(uint8_t *)guest_ptr(g, s->status) = 0xff;

	half = chance(2) ? len / 2 : 1 + random() % (len - 1);
	segs[0] = (struct seg){ s->header, 16, 0 };
	segs[1] = (struct seg){ s->data, half, s->write ? 0 : W };
	segs[2] = (struct seg){ s->data + half, len - half, s->write ? 0 : W };
	segs[3] = (struct seg){ s->status, 1, W };
	s->head = vq_add(&g->vq[q], segs, 4);
	ASSERT_GE(s->head, 0);
	s->busy = true;
	return true;
}

static void expect_same(const uint8_t *want, const uint8_t *got, uint32_t len,
			uint32_t at)
{
	uint32_t i = 0;

	while (i < len && want[i] == got[i])
		i++;
	if (i == len)
		return;
	NOTE("byte %u of %u at %u: %02x, not %02x", i, len, at, got[i],
	     want[i]);
	ASSERT_TRUE(!"same data");
}

static void finish(struct guest *g, unsigned int q, uint8_t *mirror,
		   uint32_t bs, const struct vring_used_elem *e)
{
	struct slot *s = slots[q];
	uint8_t *data, *there;
	uint32_t len;

	while (s->head != (int)e->id || !s->busy) {
		s++;
		ASSERT_TRUE(s < slots[q] + DEPTH);
	}
	len = s->nr * bs;
	data = guest_ptr(g, s->data);
	there = mirror + (size_t)s->block * bs;
	ASSERT_EQ(*(uint8_t *)guest_ptr(g, s->status), VIRTIO_BLK_S_OK);
	ASSERT_EQ(e->len, s->write ? 1 : len + 1);
	if (s->write)
		memcpy(there, data, len);
	else
		expect_same(there, data, len, s->block * bs);
	vq_free_chain(&g->vq[q], s->head);
	s->busy = false;
}

static void integrity(int backend, bool pci, unsigned int nr_queues, int total,
		      int host)
{
	struct guest_options o = { .backend = backend, .pci = pci,
				   .nr_queues = nr_queues };
	struct guest *g = guest_new(&o);
	uint8_t *mirror = calloc(1, IMAGE), *image = malloc(IMAGE);
	struct {
		struct vhost_vdpa_config c;
		struct virtio_blk_config blk;
	} __attribute__((packed)) a = {
		.c.len = offsetof(struct virtio_blk_config, blk_size) + 4,
	};
	struct vring_used_elem e;
	int posted = 0, done = 0, i;
	unsigned int q;
	uint32_t bs;

	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	bs = a.blk.blk_size;
	ASSERT_GE(a.blk.capacity, IMAGE / 512);
	guest_start(g);
	srandom(7);
	for (q = 0; q < nr_queues; q++)
		for (i = 0; i < DEPTH; i++) {
			slots[q][i].data = guest_alloc(g, LEN_MAX + 8192, 4096);
			slots[q][i].header = blk_header(g, 0, 0);
			slots[q][i].status = guest_alloc(g, 1, 1);
		}
	while (done < total) {
		for (q = 0; q < nr_queues; q++) {
			for (i = 0; i < DEPTH && posted < total; i++)
				if (!slots[q][i].busy &&
				    submit(g, q, &slots[q][i], bs, posted + 1))
					posted++;
			vq_kick(&g->vq[q]);
		}
		for (q = 0; q < nr_queues; q++) {
			while (vq_get(&g->vq[q], &e)) {
				finish(g, q, mirror, bs, &e);
				done++;
			}
		}
		if (chance(200))
			ASSERT_EQ(guest_status(g), S_DRIVER_OK);
		if (chance(4))
			event_wait(g->vq[random() % nr_queues].call, 1);
	}
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL), 0);
	guest_reset(g);
	guest_free(g);
	ASSERT_EQ(pread(host, image, IMAGE, 0), IMAGE);
	EXPECT_TRUE(!memcmp(image, mirror, IMAGE));
	free(mirror);
	free(image);
}

TEST(data_buffered_file)
{
	int fd = temp_file(IMAGE, 0);

	integrity(fd, false, 1, 4000, fd);
	ASSERT_EQ(ftruncate(fd, 0), 0);
	ASSERT_EQ(ftruncate(fd, IMAGE), 0);
	integrity(fd, true, 3, 4000, fd);
}

/* The same file read in the usual way: coherent with O_DIRECT. */
static int open_again(int fd, int flags)
{
	char path[40];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, flags | O_CLOEXEC);
	ASSERT_GE(again, 0);
	return again;
}

TEST(data_direct_file)
{
	int fd = temp_direct(IMAGE);

	if (fd < 0)
		SKIP("no O_DIRECT in /tmp");
	integrity(fd, true, 2, 4000, open_again(fd, O_RDONLY));
}

/* A loop device on a new file; its descriptor, or -1. */
static int loop_device(uint32_t block_size, int flags)
{
	struct loop_config c = {
		.fd = temp_file(IMAGE, 0),
		.block_size = block_size,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | flags,
	};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	char path[24];
	int fd, nr;

	if (control < 0)
		return -1;
	nr = ioctl(control, LOOP_CTL_GET_FREE);
	snprintf(path, sizeof(path), "/dev/loop%d", nr);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_CONFIGURE, &c))
		return -1;
	return fd;
}

static bool have_loop(void)
{
	return !access("/dev/loop-control", F_OK);
}

/* An own file system with O_DIRECT, as /tmp may have none. */
static int ext4_direct_file(void)
{
	char path[64], dir[] = "/tmp/kvdev-ext4-XXXXXX", command[160];
	int fd;

	if (!mkdtemp(dir))
		return -1;
	snprintf(command, sizeof(command),
		 "truncate -s 32M %s.img && mkfs.ext4 -q %s.img && mount -o loop %s.img %s",
		 dir, dir, dir, dir);
	fd = system(command) ? -1 : 0;
	if (!fd) {
		snprintf(path, sizeof(path), "%s/image", dir);
		fd = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
		snprintf(command, sizeof(command), "umount -l %s", dir);
		if (system(command))
			NOTE("cannot unmount %s", dir);
	}
	rmdir(dir);
	snprintf(path, sizeof(path), "%s.img", dir);
	unlink(path);
	return fd;
}

TEST_WHEN(have_loop, data_ext4_direct_file)
{
	int fd = ext4_direct_file();

	if (fd < 0)
		SKIP("cannot make an ext4");
	ASSERT_EQ(ftruncate(fd, IMAGE), 0);
	integrity(fd, true, 2, 3000, open_again(fd, O_RDONLY));
}

/*
 * All of it is written before: null_blk reads zeroes from a sector that was
 * written if the buffer begins inside the one before and that was not.
 */
static void data_device(int fd)
{
	int host = open_again(fd, O_RDWR);
	uint8_t *zeroes = calloc(1, IMAGE);

	ASSERT_EQ(pwrite(host, zeroes, IMAGE, 0), IMAGE);
	ASSERT_EQ(fsync(host), 0);
	free(zeroes);
	integrity(fd, true, 2, 4000, host);
}

TEST_WHEN(have_loop, data_loop_device)
{
	int fd = loop_device(512, 0);

	if (fd < 0)
		SKIP("no loop device");
	data_device(fd);
}

TEST_WHEN(have_loop, data_loop_device_4k)
{
	int fd = loop_device(4096, 0), dev;

	if (fd < 0)
		SKIP("no loop device");
	dev = dev_open();
	ASSERT_EQ(create(dev, VIRTIO_ID_BLOCK, 0, 0), 0);
	/* Not below what the device needs. */
	EXPECT_EQ(set_backend(dev, fd, 0, 512), -EINVAL);
	EXPECT_EQ(set_backend(dev, fd, 0, 4096), 0);
	close(dev);
	data_device(fd);
}

/* Only one that was made for tests: its content is lost. */
static bool have_brd(void)
{
	return getenv("KVDEV_TEST_BRD");
}

TEST_WHEN(have_brd, data_brd)
{
	int fd = open(getenv("KVDEV_TEST_BRD"), O_RDWR | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	data_device(fd);
}

TEST_WHEN(have_null_blk, data_null_blk)
{
	struct nullb disk;
	int fd;

	if (!nullb_new(&disk, 8, 0))
		SKIP("no null_blk disk");
	fd = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	data_device(fd);
	close(fd);
	nullb_free(&disk);
}

/* Completions that come from a timer, out of the worker's hands. */
TEST_WHEN(have_null_blk, data_null_blk_delayed)
{
	struct nullb disk;
	int fd;

	if (!nullb_new(&disk, 8, 100000))
		SKIP("no null_blk disk");
	fd = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	data_device(fd);
	close(fd);
	nullb_free(&disk);
}

/* A device that the host made read-only. */
TEST_WHEN(have_loop, read_only_device)
{
	struct guest_options o = { .backend = loop_device(512, 0) };
	struct guest *g;
	int zero = 0, one = 1;

	if (o.backend < 0)
		SKIP("no loop device");
	ASSERT_EQ(ioctl(o.backend, BLKROSET, &one), 0);
	g = guest_new(&o);
	guest_start(g);
	EXPECT_TRUE(g->features & BIT(VIRTIO_BLK_F_RO));
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 0,
			      guest_alloc(g, 512, 512), 512, NULL),
		  VIRTIO_BLK_S_IOERR);
	/* It would still be, for whoever gets this loop device next. */
	EXPECT_EQ(ioctl(o.backend, BLKROSET, &zero), 0);
}
