// SPDX-License-Identifier: GPL-2.0
/*
 * DISCARD and WRITE ZEROES (virtio 1.3, 5.2.6): what is zeroed reads as zeroes,
 * what is not in a range stays, and what a driver must not ask for fails whole.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "blk_common.h"
#include "stores.h"

#define IMAGE		(4 * MIB)
#define SECTORS		(IMAGE / 512)
#define BLOCK		4096		/* bytes that a file frees together */
#define UNMAP		VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP
#define SEED		77

#define RANGE_FEATURES	(BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES))

struct range {
	uint64_t sector;
	uint32_t nr;
	uint32_t flags;
};

static uint8_t image[IMAGE] __attribute__((aligned(4096)));
static uint8_t found[IMAGE] __attribute__((aligned(4096)));

/* A request whose data are @len bytes at @ranges. */
static int send(struct guest *g, uint32_t type, const void *ranges,
		uint32_t len, uint32_t *used)
{
	size_t brk = g->brk;
	uint64_t header = blk_header(g, type, 0);
	uint64_t status = guest_alloc(g, 1, 1);
	uint64_t data = guest_alloc(g, len + 1, 1);
	struct seg segs[3] = { { header, 16, 0 }, { data, len, 0 } };
	int ret, nr = len ? 2 : 1;

	if (len)
		memcpy(guest_ptr(g, data), ranges, len);
	*(uint8_t *)guest_ptr(g, status) = 0xff;
	segs[nr++] = (struct seg){ status, 1, W };
	ret = vq_submit(&g->vq[0], segs, nr, used);
	if (!ret)
		ret = *(uint8_t *)guest_ptr(g, status);
	g->brk = brk;
	return ret;
}

static int one(struct guest *g, uint32_t type, uint64_t sector, uint32_t nr,
	       uint32_t flags)
{
	struct range r = { sector, nr, flags };
	uint32_t used = 0;
	int ret = send(g, type, &r, sizeof(r), &used);

	EXPECT_EQ(used, 1);
	return ret;
}

static int full_image(void)
{
	int fd = temp_file(IMAGE, 0);

	fill(image, IMAGE, SEED);
	ASSERT_EQ(pwrite(fd, image, IMAGE, 0), IMAGE);
	return fd;
}

static struct guest *range_guest(struct guest_options *o)
{
	struct guest *g;

	if (!o->backend)
		o->backend = full_image();
	g = guest_new(o);
	guest_start(g);
	return g;
}

static void expect_image(struct guest *g)
{
	ASSERT_EQ(pread(g->o.backend, found, IMAGE, 0), IMAGE);
	EXPECT_TRUE(!memcmp(found, image, IMAGE));
}

static struct virtio_blk_config config_of(struct guest *g)
{
	struct {
		struct vhost_vdpa_config c;
		struct virtio_blk_config blk;
	} __attribute__((packed)) a = { .c.len = sizeof(a.blk) };

	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	return a.blk;
}

static long blocks_of(struct guest *g)
{
	struct stat st;

	ASSERT_EQ(fsync(g->o.backend), 0);
	ASSERT_EQ(fstat(g->o.backend, &st), 0);
	return st.st_blocks;
}

/* ------------------------------------------------------------------- offers */

static void offers(uint32_t flags, uint64_t want, bool unmap)
{
	struct guest_options o = { .backend = full_image(),
				   .backend_flags = flags };
	struct guest *g = guest_new(&o);
	struct virtio_blk_config c = config_of(g);
	uint64_t features;

	ASSERT_EQ(cmd(g->fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features & RANGE_FEATURES, want);
	EXPECT_EQ(features & BIT(VIRTIO_BLK_F_SECURE_ERASE), 0);
	EXPECT_EQ(!!c.max_discard_sectors, !!(want & BIT(VIRTIO_BLK_F_DISCARD)));
	EXPECT_EQ(!!c.max_discard_seg, !!c.max_discard_sectors);
	EXPECT_EQ(!!c.discard_sector_alignment, !!c.max_discard_sectors);
	EXPECT_EQ(!!c.max_write_zeroes_sectors,
		  !!(want & BIT(VIRTIO_BLK_F_WRITE_ZEROES)));
	EXPECT_EQ(!!c.max_write_zeroes_seg, !!c.max_write_zeroes_sectors);
	EXPECT_EQ(c.write_zeroes_may_unmap, unmap);
	EXPECT_EQ(c.max_secure_erase_sectors, 0);
	guest_free(g);
}

TEST(offered)
{
	offers(0, RANGE_FEATURES, true);
	offers(KVDEV_BACKEND_NO_DISCARD, BIT(VIRTIO_BLK_F_WRITE_ZEROES), false);
	offers(KVDEV_BACKEND_RDONLY, 0, false);
}

/* A driver without the feature has not got the request either. */
TEST(not_accepted)
{
	struct guest_options o = { .pci = true, .refuse = RANGE_FEATURES };
	struct guest *g = range_guest(&o);

	EXPECT_EQ(one(g, VIRTIO_BLK_T_DISCARD, 0, 8, 0), VIRTIO_BLK_S_UNSUPP);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0),
		  VIRTIO_BLK_S_UNSUPP);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_SECURE_ERASE, 0, 8, 0),
		  VIRTIO_BLK_S_UNSUPP);
	expect_image(g);
	blk_works(g);
}

TEST(read_only)
{
	struct guest_options o = { .backend_flags = KVDEV_BACKEND_RDONLY };
	struct guest *g = range_guest(&o);

	EXPECT_EQ(one(g, VIRTIO_BLK_T_DISCARD, 0, 8, 0), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, UNMAP),
		  VIRTIO_BLK_S_IOERR);
	expect_image(g);
}

/* ------------------------------------------------------------- what it does */

/* Any ranges, also ones that overlap, against a mirror. */
static void zeroes_are_zero(struct guest *g, unsigned int block)
{
	struct virtio_blk_config c = config_of(g);
	unsigned int i, n, round;
	struct range r[16];

	ASSERT_GE(c.max_write_zeroes_seg, 16);
	srandom(3);
	for (round = 0; round < 60; round++) {
		n = 1 + random() % 16;
		for (i = 0; i < n; i++) {
			r[i].sector = random() % (SECTORS / block) * block;
			r[i].nr = random() % 64 * block;
			if (r[i].nr > SECTORS - r[i].sector)
				r[i].nr = SECTORS - r[i].sector;
			r[i].flags = chance(2) ? UNMAP : 0;
			memset(image + r[i].sector * 512, 0, r[i].nr * 512);
		}
		ASSERT_EQ(send(g, VIRTIO_BLK_T_WRITE_ZEROES, r,
			       n * sizeof(r[0]), NULL), VIRTIO_BLK_S_OK);
		fill(image + round * 8192, 4096, round);
		ASSERT_EQ(pwrite(g->o.backend, image + round * 8192, 4096,
				 round * 8192), 4096);
	}
	expect_image(g);
}

TEST(zeroes)
{
	struct guest_options o = {};

	zeroes_are_zero(range_guest(&o), 1);
}

TEST(zeroes_registers)
{
	struct guest_options o = { .pci = true };

	zeroes_are_zero(range_guest(&o), 1);
}

/* Writes that are stable by themselves. */
TEST(zeroes_without_flush)
{
	struct guest_options o = { .refuse = BIT(VIRTIO_BLK_F_FLUSH) };

	zeroes_are_zero(range_guest(&o), 1);
}

TEST(zeroes_without_discard)
{
	struct guest_options o = { .backend_flags = KVDEV_BACKEND_NO_DISCARD };
	struct guest *g = range_guest(&o);
	long before = blocks_of(g);

	EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, 0, SECTORS, UNMAP),
		  VIRTIO_BLK_S_OK);
	memset(image, 0, IMAGE);
	expect_image(g);
	EXPECT_GE(blocks_of(g), before);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_DISCARD, 0, SECTORS, 0),
		  VIRTIO_BLK_S_UNSUPP);
}

TEST(zeroes_large_blocks)
{
	struct guest_options o = { .block_size = 4096 };

	zeroes_are_zero(range_guest(&o), 8);
}

/* Space is given back, by a discard and by zeroes that may do so. */
static void space(uint32_t type, uint32_t flags)
{
	struct guest_options o = {};
	struct guest *g = range_guest(&o);
	long before = blocks_of(g);

	EXPECT_EQ(one(g, type, 8, SECTORS / 2, flags), VIRTIO_BLK_S_OK);
	/* What a file has discarded reads as zeroes. */
	memset(image + BLOCK, 0, IMAGE / 2);
	expect_image(g);
	EXPECT_LE(blocks_of(g), before - SECTORS / 2 + 64);
	guest_free(g);
}

TEST(space_is_given_back)
{
	space(VIRTIO_BLK_T_DISCARD, 0);
	space(VIRTIO_BLK_T_WRITE_ZEROES, UNMAP);
}

/* A discard must not take space: it does nothing there. Zeroes are zeroes. */
TEST(file_without_holes_is_left_alone)
{
	struct guest_options o = { .backend = file_without_holes(IMAGE) };
	struct guest *g;

	if (o.backend < 0)
		SKIP("no overlay on ramfs");
	ASSERT_EQ(fallocate(o.backend, FALLOC_FL_PUNCH_HOLE |
			    FALLOC_FL_KEEP_SIZE, 0, BLOCK), -1);
	ASSERT_EQ(errno, EOPNOTSUPP);
	fill(image, IMAGE, SEED);
	ASSERT_EQ(pwrite(o.backend, image, IMAGE, 0), IMAGE);
	g = range_guest(&o);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_DISCARD, 0, SECTORS, 0), VIRTIO_BLK_S_OK);
	expect_image(g);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, 8, 64, UNMAP),
		  VIRTIO_BLK_S_OK);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, 256, 64, 0),
		  VIRTIO_BLK_S_OK);
	memset(image + 8 * 512, 0, 64 * 512);
	memset(image + 256 * 512, 0, 64 * 512);
	expect_image(g);
}

/* All of what the configuration allows, in one request. */
TEST(most_ranges)
{
	struct guest_options o = {};
	struct guest *g = range_guest(&o);
	struct virtio_blk_config c = config_of(g);
	struct range *r = calloc(c.max_discard_seg + 1, sizeof(*r));
	uint32_t i, nr = c.max_discard_seg;

	for (i = 0; i < nr; i++) {
		r[i] = (struct range){ i * 2 * BLOCK / 512, BLOCK / 512, 0 };
		memset(image + r[i].sector * 512, 0, BLOCK);
	}
	EXPECT_EQ(send(g, VIRTIO_BLK_T_DISCARD, r, (nr + 1) * sizeof(*r), NULL),
		  VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(send(g, VIRTIO_BLK_T_DISCARD, r, nr * sizeof(*r), NULL),
		  VIRTIO_BLK_S_OK);
	expect_image(g);
	EXPECT_EQ(guest_stats(g, 0).bytes_readable, nr * sizeof(*r));
	EXPECT_EQ(guest_stats(g, 0).errors, 1);
	free(r);
}

/* More than one piece, most of it a hole: nothing is written for it. */
TEST(long_range)
{
	struct guest_options o = { .backend = temp_file(9UL << 30, 0) };
	struct guest *g = range_guest(&o);
	struct virtio_blk_config c = config_of(g);
	long before = blocks_of(g);

	EXPECT_EQ(one(g, VIRTIO_BLK_T_DISCARD, 9, c.max_discard_sectors, 0),
		  VIRTIO_BLK_S_OK);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_DISCARD, 0, c.max_discard_sectors + 1, 0),
		  VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, 9,
		      c.max_write_zeroes_sectors, UNMAP), VIRTIO_BLK_S_OK);
	EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, 0,
		      c.max_write_zeroes_sectors + 1, UNMAP),
		  VIRTIO_BLK_S_IOERR);
	EXPECT_LE(blocks_of(g), before + 64);
}

/* Past the page cache, as the device does it. */
static void on_disk(const char *path)
{
	struct guest_options o = { .backend = open(path, O_RDWR | O_CLOEXEC |
						   O_DIRECT) };

	ASSERT_GE(o.backend, 0);
	fill(image, IMAGE, SEED);
	ASSERT_EQ(pwrite(o.backend, image, IMAGE, 0), IMAGE);
	zeroes_are_zero(range_guest(&o), 1);
}

static bool have_brd(void)
{
	return getenv("KVDEV_TEST_BRD");
}

TEST_WHEN(have_brd, zeroes_brd)
{
	on_disk(getenv("KVDEV_TEST_BRD"));
}

/* Completions that come from elsewhere; it keeps nothing that could be read. */
TEST_WHEN(have_null_blk, null_blk_delayed)
{
	struct guest_options o = {};
	struct nullb disk;
	struct guest *g;
	unsigned int i;

	if (!nullb_new(&disk, 8, 100000))
		SKIP("no null_blk disk");
	o.backend = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(o.backend, 0);
	g = range_guest(&o);
	for (i = 0; i < 50; i++)
		EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, i * 8, 100,
			      i % 2 ? UNMAP : 0), VIRTIO_BLK_S_OK);
	guest_free(g);
	close(o.backend);
	nullb_free(&disk);
}

/* ---------------------------------------------------------------- hostile */

TEST(bad_ranges)
{
	static const struct {
		struct range r;
		int discard, zeroes;
	} bad[] = {
		{ { SECTORS, 1, 0 }, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ { SECTORS - 1, 2, 0 }, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ { UINT64_MAX, 1, 0 }, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ { UINT64_MAX, 2, 0 }, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ { 1ULL << 55, 8, 0 }, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ { 0, UINT32_MAX, 0 }, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ { 0, SECTORS + 1, 0 }, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ { 0, 8, UNMAP }, VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_S_OK },
		{ { 0, 8, 2 }, VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_S_UNSUPP },
		{ { 0, 8, 1U << 31 }, VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_S_UNSUPP },
		{ { UINT64_MAX, 8, 6 }, VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_S_UNSUPP },
		{ { SECTORS, 0, 0 }, VIRTIO_BLK_S_OK, VIRTIO_BLK_S_OK },
		{ { 0, 0, 0 }, VIRTIO_BLK_S_OK, VIRTIO_BLK_S_OK },
	};
	struct guest_options o = {};
	struct guest *g = range_guest(&o);
	unsigned int i;

	memset(image, 0, 4096);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct range *r = &bad[i].r;
		/* It is the last one that is wrong. */
		struct range two[2] = { { 4, 0, 0 }, *r };

		EXPECT_EQ(one(g, VIRTIO_BLK_T_DISCARD, r->sector, r->nr,
			      r->flags), bad[i].discard);
		EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, r->sector, r->nr,
			      r->flags), bad[i].zeroes);
		EXPECT_EQ(send(g, VIRTIO_BLK_T_WRITE_ZEROES, two, sizeof(two),
			       NULL), bad[i].zeroes);
	}
	expect_image(g);
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	blk_works(g);
}

/* Nothing is done of a request of which one range is wrong. */
TEST(all_or_nothing)
{
	struct range r[] = { { 0, 8, 0 }, { 16, 8, 0 }, { SECTORS, 8, 0 } };
	struct guest_options o = {};
	struct guest *g = range_guest(&o);

	EXPECT_EQ(send(g, VIRTIO_BLK_T_WRITE_ZEROES, r, sizeof(r), NULL),
		  VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(send(g, VIRTIO_BLK_T_DISCARD, r, sizeof(r), NULL),
		  VIRTIO_BLK_S_IOERR);
	expect_image(g);
}

TEST(bad_lengths)
{
	static const uint32_t lens[] = { 0, 1, 8, 15, 17, 31, 16 * 65, 4096 };
	struct guest_options o = {};
	struct guest *g = range_guest(&o);
	uint8_t zeroes[4096] = {};
	uint32_t used;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		EXPECT_EQ(send(g, VIRTIO_BLK_T_DISCARD, zeroes, lens[i], &used),
			  VIRTIO_BLK_S_IOERR);
		EXPECT_EQ(used, 1);
		EXPECT_EQ(send(g, VIRTIO_BLK_T_WRITE_ZEROES, zeroes, lens[i],
			       &used), VIRTIO_BLK_S_IOERR);
	}
	expect_image(g);
	blk_works(g);
}

TEST(not_whole_blocks)
{
	static const struct range bad[] = {
		{ 0, 1, 0 }, { 0, 7, 0 }, { 1, 8, 0 }, { 4, 8, 0 }, { 8, 12, 0 },
	};
	struct guest_options o = { .block_size = 4096 };
	struct guest *g = range_guest(&o);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(one(g, VIRTIO_BLK_T_DISCARD, bad[i].sector, bad[i].nr,
			      0), VIRTIO_BLK_S_IOERR);
		EXPECT_EQ(one(g, VIRTIO_BLK_T_WRITE_ZEROES, bad[i].sector,
			      bad[i].nr, 0), VIRTIO_BLK_S_IOERR);
	}
	expect_image(g);
}

/* A reset finds them in flight; nothing is lost or left, then it works. */
TEST(reset_in_flight)
{
	struct guest_options o = { .backend = temp_file(64 * MIB, 0) };
	struct guest *g = range_guest(&o);
	struct range r[8];
	unsigned int i, n, round;
	struct seg segs[3];

	for (round = 0; round < 20; round++) {
		size_t brk = g->brk;

		for (i = 0; i < 20; i++) {
			uint64_t data = guest_alloc(g, sizeof(r), 16);

			for (n = 0; n < ARRAY_SIZE(r); n++)
				r[n] = (struct range){ n * 8192, 8192, 0 };
			memcpy(guest_ptr(g, data), r, sizeof(r));
			segs[0] = (struct seg){
				blk_header(g, i % 2 ? VIRTIO_BLK_T_DISCARD :
					   VIRTIO_BLK_T_WRITE_ZEROES, 0),
				16, 0 };
			segs[1] = (struct seg){ data, sizeof(r), 0 };
			segs[2] = (struct seg){ guest_alloc(g, 1, 1), 1, W };
			ASSERT_GE(vq_add(&g->vq[0], segs, 3), 0);
		}
		vq_kick_always(&g->vq[0]);
		guest_reset(g);
		g->brk = brk;
		guest_start(g);
	}
	blk_works(g);
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
}
