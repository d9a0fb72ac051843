// SPDX-License-Identifier: GPL-2.0
/*
 * What is durable when a request has been completed: a disk and files on a disk
 * that forgets what it was not told to keep, and what is left after a crash.
 */
#include <fcntl.h>

#include "scsi_user.h"
#include "stores.h"

#define NEW_SEED	2

/* Where, and from which place in a page; the last is more than one operation. */
static const struct piece {
	uint64_t pos;
	uint32_t len;
	uint32_t shift;
} pieces[] = {
	{ 0, 4096, 0 },
	{ 1 * MIB, 512, 0 },
	{ 2 * MIB, 64 << 10, 512 },
	/* Not aligned: what direct I/O cannot take as it is */
	{ 3 * MIB, 64 << 10, 4 },
	{ 4 * MIB, 5 * MIB, 0 },
};

static uint8_t fresh[VOLATILE_SIZE];

/* The data of a piece in guest memory */
static uint64_t piece_data(struct guest *g, const struct piece *p)
{
	uint64_t data = guest_alloc(g, p->len + 8192, 4096) + p->shift;

	memcpy(guest_ptr(g, data), fresh + p->pos, p->len);
	return data;
}

/* The store of a device, when it is cut off, and who had it */
static void crash(struct store *s, struct guest *g)
{
	store_cut(s);
	guest_free(g);
	store_crash(s);
}

static void expect_pieces(struct store *s, uint64_t seed)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		if (!store_has(s, pieces[i].pos, pieces[i].len, seed))
			NOTE("%u bytes at %llu", pieces[i].len,
			     (unsigned long long)pieces[i].pos);
		EXPECT_TRUE(store_has(s, pieces[i].pos, pieces[i].len, seed));
	}
}

/* The stores do forget, or no test here could fail. */
TEST_WHEN(have_volatile, forgets)
{
	uint8_t *data = aligned_alloc(4096, VOLATILE_SIZE);
	struct store s;
	int kind;

	fill(data, VOLATILE_SIZE, NEW_SEED);
	for (kind = 0; kind < NR_STORES; kind++) {
		NOTE("%s", store_names[kind]);
		store_new(&s, kind, kind == STORE_DISK ? O_DIRECT : 0,
			  false);
		ASSERT_EQ(pwrite(s.fd, data, VOLATILE_SIZE, 0), VOLATILE_SIZE);
		store_cut(&s);
		store_crash(&s);
		EXPECT_TRUE(store_zero(&s, 0, VOLATILE_SIZE));
		store_free(&s);

		store_new(&s, kind, kind == STORE_DISK ? O_DIRECT : 0,
			  false);
		ASSERT_EQ(pwrite(s.fd, data, VOLATILE_SIZE, 0), VOLATILE_SIZE);
		ASSERT_EQ(fdatasync(s.fd), 0);
		store_cut(&s);
		store_crash(&s);
		EXPECT_TRUE(store_has(&s, 0, VOLATILE_SIZE, NEW_SEED));
		store_free(&s);
	}
	free(data);
}

/* -------------------------------------------------------------------- block */

static void blk_write(struct guest *g, const struct piece *p)
{
	uint64_t data = piece_data(g, p);

	ASSERT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, p->pos / 512, data,
			      p->len, NULL), VIRTIO_BLK_S_OK);
}

/* DISCARD or WRITE ZEROES of one range */
static void blk_range(struct guest *g, uint32_t type, uint64_t pos,
		      uint32_t len, bool unmap)
{
	uint64_t data = guest_alloc(g, 16, 8), status = guest_alloc(g, 1, 1);
	struct virtio_blk_discard_write_zeroes r = {
		.sector = pos / 512,
		.num_sectors = len / 512,
		.flags = unmap ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0,
	};
	struct seg segs[] = {
		{ blk_header(g, type, 0), 16, 0 },
		{ data, sizeof(r), 0 },
		{ status, 1, W },
	};

	memcpy(guest_ptr(g, data), &r, sizeof(r));
	ASSERT_EQ(vq_submit(&g->vq[0], segs, 3, NULL), 0);
	ASSERT_EQ(*(uint8_t *)guest_ptr(g, status), VIRTIO_BLK_S_OK);
}

static struct guest *blk_guest(struct store *s, enum store_kind kind,
			       int flags, uint64_t refuse, bool full)
{
	struct guest_options o = { .refuse = refuse };
	struct guest *g;

	NOTE("%s", store_names[kind]);
	fill(fresh, sizeof(fresh), NEW_SEED);
	store_new(s, kind, flags, full);
	o.backend = s->fd;
	g = guest_new(&o);
	guest_start(g);
	return g;
}

static void blk_writes(enum store_kind kind, int flags, uint64_t refuse,
		       bool flush)
{
	struct store s;
	struct guest *g = blk_guest(&s, kind, flags, refuse, false);
	size_t brk = g->brk;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		blk_write(g, &pieces[i]);
		g->brk = brk;
	}
	if (flush)
		ASSERT_EQ(blk_request(g, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL),
			  VIRTIO_BLK_S_OK);
	crash(&s, g);
	expect_pieces(&s, NEW_SEED);
	store_free(&s);
}

/*
 * Zeroes by each way, and a discard, which must not come undone by halves. The
 * disk has the pages, so it forgets nothing; but it counts flushes.
 */
static void blk_ranges(enum store_kind kind, int flags, uint64_t refuse,
		       bool flush)
{
	struct store s;
	struct guest *g = blk_guest(&s, kind, flags, refuse, true);
	unsigned long flushes = store_flushes(&s);

	blk_range(g, VIRTIO_BLK_T_WRITE_ZEROES, 1 * MIB, 64 << 10, false);
	if (!flush)
		EXPECT_GE(store_flushes(&s), flushes + 1);
	blk_range(g, VIRTIO_BLK_T_WRITE_ZEROES, 2 * MIB, 64 << 10, true);
	blk_range(g, VIRTIO_BLK_T_DISCARD, 3 * MIB, 64 << 10, false);
	if (flush)
		ASSERT_EQ(blk_request(g, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL),
			  VIRTIO_BLK_S_OK);
	crash(&s, g);
	EXPECT_TRUE(store_zero(&s, 1 * MIB, 64 << 10));
	EXPECT_TRUE(store_zero(&s, 2 * MIB, 64 << 10));
	/* What was discarded is zeroes on each of these stores. */
	EXPECT_TRUE(store_zero(&s, 3 * MIB, 64 << 10));
	EXPECT_TRUE(store_has(&s, 4 * MIB, MIB, OLD_SEED));
	store_free(&s);
}

static void blk_each(int flags, uint64_t refuse, bool flush)
{
	int kind;

	for (kind = 0; kind < NR_STORES; kind++) {
		blk_writes(kind, flags, refuse, flush);
		blk_ranges(kind, flags, refuse, flush);
	}
}

/* virtio 1.3, 5.2.6.2: after a flush */
TEST_WHEN(have_volatile, blk_flush)
{
	blk_each(0, 0, true);
}

/* virtio 1.3, 5.2.6.2: without FLUSH each write is stable by itself. */
TEST_WHEN(have_volatile, blk_no_flush)
{
	blk_each(0, BIT(VIRTIO_BLK_F_FLUSH), false);
}

/* The VMM wants it so, whatever the driver does. */
TEST_WHEN(have_volatile, blk_dsync)
{
	blk_each(O_DSYNC, 0, false);
	blk_each(O_SYNC, 0, false);
}

/* --------------------------------------------------------------------- SCSI */

static void scsi_ok(struct guest *g, struct scsi_op *op)
{
	ASSERT_EQ(scsi_run(g, op), VIRTIO_SCSI_S_OK);
	if (op->resp.status)
		NOTE("command %02x: sense %06x", op->cdb[0], scsi_sense(op));
	ASSERT_EQ(op->resp.status, 0);
}

/* A CDB of 16 bytes with address and length where most have them */
static struct scsi_op cdb16(uint8_t code, uint8_t flags, uint64_t pos,
			    uint32_t len)
{
	struct scsi_op op = { .cdb = { code, flags } };

	put_be(op.cdb + 2, 8, pos / 512);
	put_be(op.cdb + 10, 4, len / 512);
	return op;
}

static void scsi_write(struct guest *g, const struct piece *p, uint8_t code,
		       uint8_t flags)
{
	struct scsi_op op = cdb16(code, flags, p->pos, p->len);

	op.data = piece_data(g, p);
	op.out = p->len;
	scsi_ok(g, &op);
}

static void scsi_writes(struct guest *g, uint8_t code, uint8_t flags)
{
	size_t brk = g->brk;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		scsi_write(g, &pieces[i], code, flags);
		g->brk = brk;
	}
}

/* MODE SELECT(6) of the caching page with another WCE */
static void scsi_set_wce(struct guest *g, bool wce)
{
	uint64_t data = guest_alloc(g, 64, 8);
	struct scsi_op sense = { .cdb = { 0x1a, 0x08, 0x08, [4] = 64 },
				 .data = data, .in = 64 };
	struct scsi_op select = { .cdb = { 0x15, 0x10, [4] = 24 },
				  .data = data, .out = 24 };
	uint8_t *p = guest_ptr(g, data);

	scsi_ok(g, &sense);
	ASSERT_EQ(p[4] & 0x3f, 0x08);
	memset(p, 0, 4);
	p[4] &= 0x3f;
	p[6] = wce ? p[6] | 0x04 : p[6] & ~0x04;
	scsi_ok(g, &select);
}

static struct guest *scsi_new(struct store *s, enum store_kind kind, int flags,
			      bool full)
{
	NOTE("%s", store_names[kind]);
	fill(fresh, sizeof(fresh), NEW_SEED);
	store_new(s, kind, flags, full);
	return scsi_disk(s->fd);
}

static void scsi_over(struct store *s, struct guest *g)
{
	crash(s, g);
	expect_pieces(s, NEW_SEED);
	store_free(s);
}

TEST_WHEN(have_volatile, scsi_synchronize_cache)
{
	struct scsi_op op;
	struct store s;
	struct guest *g;
	int kind;

	for (kind = 0; kind < NR_STORES; kind++) {
		g = scsi_new(&s, kind, 0, false);
		scsi_writes(g, 0x8a, 0);
		op = (struct scsi_op){ .cdb = { kind == STORE_FILE ? 0x91 :
								     0x35 } };
		scsi_ok(g, &op);
		scsi_over(&s, g);
	}
}

TEST_WHEN(have_volatile, scsi_fua)
{
	struct store s;
	struct guest *g;
	int kind;

	for (kind = 0; kind < NR_STORES; kind++) {
		g = scsi_new(&s, kind, 0, false);
		scsi_writes(g, 0x8a, 0x08);
		scsi_over(&s, g);
	}
}

/* WRITE AND VERIFY: what is verified is the medium. */
TEST_WHEN(have_volatile, scsi_write_and_verify)
{
	struct store s;
	struct guest *g;
	int kind;

	for (kind = 0; kind < NR_STORES; kind++) {
		g = scsi_new(&s, kind, 0, false);
		scsi_writes(g, 0x8e, 0);
		scsi_over(&s, g);
	}
}

TEST_WHEN(have_volatile, scsi_write_through)
{
	struct store s;
	struct guest *g;
	int kind;

	for (kind = 0; kind < NR_STORES; kind++) {
		g = scsi_new(&s, kind, 0, false);
		scsi_set_wce(g, false);
		scsi_writes(g, 0x8a, 0);
		scsi_over(&s, g);
	}
}

/* SBC-3, 4.15: no cache any more: what was in it is durable. */
TEST_WHEN(have_volatile, scsi_cache_off)
{
	struct store s;
	struct guest *g;
	int kind;

	for (kind = 0; kind < NR_STORES; kind++) {
		g = scsi_new(&s, kind, 0, false);
		scsi_writes(g, 0x8a, 0);
		scsi_set_wce(g, false);
		scsi_over(&s, g);
	}
}

TEST_WHEN(have_volatile, scsi_dsync)
{
	struct store s;
	struct guest *g;
	int kind;

	for (kind = 0; kind < NR_STORES; kind++) {
		g = scsi_new(&s, kind, O_DSYNC, false);
		scsi_writes(g, 0x8a, 0);
		scsi_over(&s, g);
	}
}

/* Everything else that writes blocks, where there is no cache */
TEST_WHEN(have_volatile, scsi_write_through_others)
{
	uint8_t found[64 << 10], *p;
	struct scsi_op same, caw;
	struct store s;
	struct guest *g;
	int kind;

	for (kind = 0; kind < NR_STORES; kind++) {
		g = scsi_new(&s, kind, 0, false);
		scsi_set_wce(g, false);
		/* WRITE SAME: a block again and again */
		same = cdb16(0x93, 0, 1 * MIB, 64 << 10);
		same.data = guest_alloc(g, 1024, 512);
		same.out = 512;
		p = guest_ptr(g, same.data);
		memset(p, 0xa5, 512);
		scsi_ok(g, &same);
		/* COMPARE AND WRITE of a block */
		caw = (struct scsi_op){ .cdb = { 0x89, [13] = 1 },
					.data = same.data, .out = 1024 };
		put_be(caw.cdb + 2, 8, 5 * MIB / 512);
		memset(p, 0, 512);
		memset(p + 512, 0xa5, 512);
		scsi_ok(g, &caw);

		crash(&s, g);
		ASSERT_EQ(pread(s.fd, found, sizeof(found), 1 * MIB),
			  sizeof(found));
		EXPECT_TRUE(all_bytes(found, sizeof(found), 0xa5));
		ASSERT_EQ(pread(s.fd, found, 512, 5 * MIB), 512);
		EXPECT_TRUE(all_bytes(found, 512, 0xa5));
		store_free(&s);
	}
}

/* One range */
static void scsi_unmap(struct guest *g, uint64_t pos, uint32_t len)
{
	uint64_t data = guest_alloc(g, 24, 8);
	struct scsi_op op = { .cdb = { 0x42, [8] = 24 }, .data = data,
			      .out = 24 };
	uint8_t *p = guest_ptr(g, data);

	memset(p, 0, 24);
	put_be(p, 2, 22);
	put_be(p + 2, 2, 16);
	put_be(p + 8, 8, pos / 512);
	put_be(p + 16, 4, len / 512);
	scsi_ok(g, &op);
}

/* Zeroes, with UNMAP or not, and UNMAP; as to disks, see blk_ranges(). */
TEST_WHEN(have_volatile, scsi_write_through_zeroes)
{
	unsigned long flushes;
	struct scsi_op op;
	struct store s;
	struct guest *g;
	int kind, unmap;

	for (kind = 0; kind < NR_STORES; kind++) {
		g = scsi_new(&s, kind, 0, true);
		scsi_set_wce(g, false);
		for (unmap = 0; unmap < 2; unmap++) {
			op = cdb16(0x93, unmap ? 0x08 : 0, (2 + unmap) * MIB,
				   64 << 10);
			op.data = guest_alloc(g, 512, 512);
			op.out = 512;
			memset(guest_ptr(g, op.data), 0, 512);
			flushes = store_flushes(&s);
			scsi_ok(g, &op);
			EXPECT_GE(store_flushes(&s), flushes + 1);
		}
		flushes = store_flushes(&s);
		scsi_unmap(g, 4 * MIB, 64 << 10);
		EXPECT_GE(store_flushes(&s), flushes + 1);
		crash(&s, g);
		EXPECT_TRUE(store_zero(&s, 2 * MIB, 64 << 10));
		EXPECT_TRUE(store_zero(&s, 3 * MIB, 64 << 10));
		EXPECT_TRUE(store_zero(&s, 4 * MIB, 64 << 10));
		EXPECT_TRUE(store_has(&s, 5 * MIB, MIB, OLD_SEED));
		store_free(&s);
	}
}
