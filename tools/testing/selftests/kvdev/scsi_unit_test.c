// SPDX-License-Identifier: GPL-2.0
/*
 * Logical units of a SCSI device: what they say of themselves and of their
 * stores, what they say of what is broken, and what they tell the host.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "scsi_user.h"

/* ----------------------------------------------------------- configuration */

#define CFG(field) offsetof(struct virtio_scsi_config, field)

static uint32_t config(struct guest *g, uint32_t off)
{
	struct {
		struct vhost_vdpa_config c;
		uint32_t value;
	} __attribute__((packed)) a = { { off, 4 }, 0 };

	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	return a.value;
}

static int write_config(struct guest *g, uint32_t off, const void *bytes,
			uint32_t len)
{
	struct {
		struct vhost_vdpa_config c;
		uint8_t bytes[sizeof(struct virtio_scsi_config)];
	} __attribute__((packed)) a = { .c = { off, len } };

	memcpy(a.bytes, bytes, len);
	return cmd(g->fd, VHOST_VDPA_SET_CONFIG, &a);
}

/* As QEMU's vhost-vdpa does: a byte at a time, or all of the configuration. */
TEST(configuration_in_pieces)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	struct {
		struct vhost_vdpa_config c;
		struct virtio_scsi_config config;
	} __attribute__((packed)) a = { .c = { 0, sizeof(a.config) } };
	const uint8_t size[] = { 0x20, 0, 0, 0 };
	uint32_t i;

	for (i = 0; i < 4; i++)
		EXPECT_EQ(write_config(g, CFG(sense_size) + i, size + i, 1), 0);
	EXPECT_EQ(config(g, CFG(sense_size)), 32);
	EXPECT_EQ(config(g, CFG(cdb_size)), 32);
	EXPECT_EQ(write_config(g, CFG(cdb_size), "\x40", 2), 0);
	EXPECT_EQ(config(g, CFG(cdb_size)), 64);
	EXPECT_EQ(write_config(g, CFG(cdb_size), "", 1), -EINVAL);

	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	a.config.sense_size = 252;
	a.config.cdb_size = 16;
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_CONFIG, &a), 0);
	EXPECT_EQ(config(g, CFG(sense_size)), 252);
	EXPECT_EQ(config(g, CFG(cdb_size)), 16);
	/* All, or nothing of it */
	a.config.cdb_size = 20;
	a.config.max_lun++;
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_CONFIG, &a), -EINVAL);
	a.config.max_lun--;
	a.config.sense_size = 253;
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SET_CONFIG, &a), -EINVAL);
	EXPECT_EQ(config(g, CFG(sense_size)), 252);
	EXPECT_EQ(config(g, CFG(cdb_size)), 16);
}

/* ---------------------------------------------------------------- identity */

/* A page of vital product data; its length. */
static uint32_t vpd(struct guest *g, unsigned int target, uint8_t page,
		    uint8_t *to)
{
	struct scsi_op op = { .target = target,
			      .cdb = { 0x12, 1, page, 0, 252 },
			      .data = guest_alloc(g, 252, 8), .in = 252 };

	ASSERT_EQ(scsi_run(g, &op), 0);
	ASSERT_EQ(op.resp.status, 0);
	memcpy(to, guest_ptr(g, op.data), 252);
	return get_be(to + 2, 2);
}

/* Without serial number and name: by the store, whoever uses it. */
TEST(default_designator)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 }), *h;
	int one = temp_file(MIB, 0), two = temp_file(MIB, 0);
	uint8_t a[252], b[252], c[252];

	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, one, 0), 0);
	ASSERT_EQ(scsi_add(g, 1, 0, KVDEV_LUN_DISK, two, 0), 0);
	ASSERT_EQ(scsi_add(g, 2, 0, KVDEV_LUN_CDROM, -1, 0), 0);
	ASSERT_EQ(scsi_add(g, 3, 0, KVDEV_LUN_CDROM, -1, 0), 0);
	guest_start(g);
	EXPECT_EQ(vpd(g, 0, 0x83, a), 4 + 24 + 16);
	EXPECT_EQ(get_be(a + 4, 4), 0x02010028);
	EXPECT_TRUE(!memcmp(a + 8, "KVDEV   VIRTUAL DISK    ", 24));
	EXPECT_EQ(vpd(g, 1, 0x83, b), 4 + 24 + 16);
	EXPECT_TRUE(memcmp(a + 32, b + 32, 16));
	EXPECT_EQ(vpd(g, 2, 0x83, b), 4 + 24 + 16);
	EXPECT_EQ(vpd(g, 3, 0x83, c), 4 + 24 + 16);
	EXPECT_TRUE(memcmp(b + 32, c + 32, 16));
	guest_free(g);
	/* The same again */
	h = scsi_disk(one);
	EXPECT_EQ(vpd(h, 0, 0x83, b), 4 + 24 + 16);
	EXPECT_TRUE(!memcmp(a + 4, b + 4, 44));
}

/* ------------------------------------------------------------------- trays */

static struct kvdev_event next_event(struct guest *g, int ms)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };
	struct kvdev_event e = {};

	if (poll(&p, 1, ms) == 1)
		EXPECT_EQ(read(g->fd, &e, sizeof(e)), sizeof(e));
	return e;
}

static uint8_t start_stop(struct guest *g, unsigned int target, uint8_t how)
{
	struct scsi_op op = { .target = target, .cdb = { 0x1b, [4] = how } };

	EXPECT_EQ(scsi_run(g, &op), 0);
	return op.resp.status;
}

#define EXPECT_TRAY(g, _value)						\
	do {								\
		struct kvdev_event e = next_event(g, WAIT_MS);		\
									\
		EXPECT_EQ(e.type, KVDEV_EVENT_SCSI_TRAY);		\
		EXPECT_EQ(e.value, _value);				\
	} while (0)

/* The current profile of GET CONFIGURATION, the state of a media event */
static uint16_t profile(struct guest *g)
{
	struct scsi_op op = { .target = 2, .cdb = { 0x46, [8] = 8 },
			      .data = guest_alloc(g, 8, 8), .in = 8 };

	EXPECT_EQ(scsi_run(g, &op), 0);
	return get_be(guest_ptr(g, op.data + 6), 2);
}

static uint16_t media_event(struct guest *g)
{
	struct scsi_op op = { .target = 2,
			      .cdb = { 0x4a, 1, [4] = 0x10, [8] = 8 },
			      .data = guest_alloc(g, 8, 8), .in = 8 };

	EXPECT_EQ(scsi_run(g, &op), 0);
	return get_be(guest_ptr(g, op.data + 4), 2);
}

TEST(tray_is_told)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	struct scsi_op ready = { .target = 2 };
	struct scsi_op lock = { .target = 2, .cdb = { 0x1e, [4] = 1 } };

	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, temp_file(MIB, 0), 0), 0);
	ASSERT_EQ(scsi_add(g, 2, 0, KVDEV_LUN_CDROM, temp_file(MIB, 0), 0), 0);
	ASSERT_EQ(scsi_add(g, 7, 300, KVDEV_LUN_DISK, temp_file(MIB, 0),
			   KVDEV_LUN_REMOVABLE), 0);
	guest_start(g);
	scsi_ready(g, 0, 0);
	scsi_ready(g, 2, 0);
	scsi_ready(g, 7, 300);
	media_event(g);
	EXPECT_EQ(profile(g), 8);
	EXPECT_EQ(start_stop(g, 2, 2), 0);
	EXPECT_TRAY(g, KVDEV_SCSI_TRAY_OPEN | 2 << 16);
	EXPECT_EQ(scsi_run(g, &ready), 0);
	EXPECT_EQ(scsi_sense(&ready), SENSE(2, 0x3a, 2));
	EXPECT_EQ(profile(g), 0);
	EXPECT_EQ(media_event(g), 0x0301);
	/* It is open: nothing moves. */
	EXPECT_EQ(start_stop(g, 2, 2), 0);
	EXPECT_EQ(next_event(g, 0).type, 0);
	EXPECT_EQ(start_stop(g, 2, 3), 0);
	EXPECT_TRAY(g, 2 << 16);
	scsi_ready(g, 2, 0);
	EXPECT_EQ(profile(g), 8);
	EXPECT_EQ(media_event(g), 0x0202);
	/* Locked; stopped; of a disk with a long address */
	EXPECT_EQ(scsi_run(g, &lock), 0);
	EXPECT_EQ(start_stop(g, 2, 2), 2);
	EXPECT_EQ(start_stop(g, 0, 0), 0);
	EXPECT_EQ(start_stop(g, 0, 1), 0);
	EXPECT_EQ(next_event(g, 0).type, 0);
	ready = (struct scsi_op){ .target = 7, .lun = 300,
				  .cdb = { 0x1b, [4] = 2 } };
	EXPECT_EQ(scsi_run(g, &ready), 0);
	EXPECT_EQ(ready.resp.status, 0);
	EXPECT_TRAY(g, KVDEV_SCSI_TRAY_OPEN | 7 << 16 | 300);
	/* What the VMM does itself is no news. */
	ASSERT_EQ(scsi_media(g, 7, 300, temp_file(MIB, 0), 0), 0);
	EXPECT_EQ(next_event(g, 0).type, 0);
}

/* What cdrkit sends: the LUN in byte 1, and READ CD MSF. */
TEST(programs_of_old)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	int disc = temp_file(MIB, 0);
	uint64_t data = guest_alloc(g, 8192, 4096);
	struct scsi_op read = { .lun = 3, .cdb = { 0x28, 3 << 5, [8] = 2 },
				.data = data, .in = 4096 };
	/* 0:2:1 to 0:2:3: blocks 1 and 2 */
	struct scsi_op msf = { .lun = 3, .cdb = { 0xb9, 3 << 5, 0, 0, 2, 1, 0,
						  2, 3, 0x10 },
			       .data = data, .in = 4096 };
	uint8_t bytes[8192];

	fill(bytes, sizeof(bytes), 7);
	ASSERT_EQ(pwrite(disc, bytes, sizeof(bytes), 0), (int)sizeof(bytes));
	ASSERT_EQ(scsi_add(g, 0, 3, KVDEV_LUN_CDROM, disc, 0), 0);
	guest_start(g);
	scsi_ready(g, 0, 3);
	ASSERT_EQ(scsi_run(g, &read), 0);
	EXPECT_EQ(read.resp.status, 0);
	EXPECT_TRUE(!memcmp(guest_ptr(g, data), bytes, 4096));
	ASSERT_EQ(scsi_run(g, &msf), 0);
	EXPECT_EQ(msf.resp.status, 0);
	EXPECT_TRUE(!memcmp(guest_ptr(g, data), bytes + 2048, 4096));
}

/* -------------------------------------------------------------- bad blocks */

static struct guest *bad_disk(struct nullb *n, const char *bad,
			      unsigned int block_size)
{
	struct guest *g;
	int fd;

	if (!have_null_blk() || !nullb_new_blocks(n, 16, 0, block_size))
		SKIP("no null_blk");
	fd = open(n->path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	g = scsi_disk(fd);
	ASSERT_TRUE(nullb_set(n, "badblocks", bad));
	return g;
}

#define NO_BLOCK UINT64_MAX

/* The block that sense data names. */
static uint64_t bad_block(const struct scsi_op *op)
{
	return op->resp.sense[0] & 0x80 ? get_be(op->resp.sense + 3, 4) :
					  NO_BLOCK;
}

#define EXPECT_BAD(g, _op, _sense, _block)				\
	do {								\
		ASSERT_EQ(scsi_run(g, _op), 0);				\
		EXPECT_EQ(scsi_sense(_op), _sense);			\
		EXPECT_EQ(bad_block(_op), _block);			\
	} while (0)

TEST(sense_names_the_bad_block)
{
	struct nullb n;
	struct guest *g = bad_disk(&n, "+4660-4660", 512);	/* 1234h */
	uint64_t data = guest_alloc(g, 8 * MIB, 4096);
	struct scsi_op read = { .cdb = { 0x88, [8] = 0x12, [9] = 0x30,
					 [13] = 16 },
				.data = data, .in = 8192 };
	struct scsi_op verify = { .cdb = { 0x8f, [8] = 0x12, [9] = 0x30,
					   [13] = 16 } };
	struct scsi_op write = { .cdb = { 0x8a, [8] = 0x12, [9] = 0x30,
					  [13] = 16 },
				 .data = data, .out = 8192 };
	struct scsi_op caw = { .cdb = { 0x89, [8] = 0x12, [9] = 0x30,
					[13] = 16 },
			       .data = data, .out = 16384 };

	memset(guest_ptr(g, data), 0, 16384);
	EXPECT_BAD(g, &read, SENSE(3, 0x11, 0), 0x1234);
	EXPECT_BAD(g, &verify, SENSE(3, 0x11, 0), 0x1234);
	/* It is reading that fails here. */
	EXPECT_BAD(g, &caw, SENSE(3, 0x11, 0), 0x1234);
	/* Which one is not known. */
	EXPECT_BAD(g, &write, SENSE(3, 0x0c, 0), NO_BLOCK);
	/* One is all there is. */
	write.cdb[9] = 0x34;
	write.cdb[13] = 1;
	write.out = 512;
	EXPECT_BAD(g, &write, SENSE(3, 0x0c, 0), 0x1234);
	read.cdb[9] = 0x34;
	read.cdb[13] = 1;
	EXPECT_BAD(g, &read, SENSE(3, 0x11, 0), 0x1234);
	/* Far into a long one, and into one that takes several operations */
	read.cdb[8] = 0x02;
	put_be(read.cdb + 10, 4, 8192);
	read.in = 4 * MIB;
	EXPECT_BAD(g, &read, SENSE(3, 0x11, 0), 0x1234);
	put_be(read.cdb + 10, 4, 16384);
	read.in = 8 * MIB;
	EXPECT_BAD(g, &read, SENSE(3, 0x11, 0), 0x1234);
	put_be(verify.cdb + 10, 4, 0x800);
	EXPECT_BAD(g, &verify, SENSE(3, 0x11, 0), 0x1234);
	/* What is beside it can be read. */
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0x1230, 4, 512, data), 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0x1235, 11, 512, data), 0);
	guest_free(g);
	nullb_free(&n);
}

/* As many as a queue holds fail at once, and all end. */
TEST(many_bad_reads)
{
	struct nullb n;
	struct guest *g = bad_disk(&n, "+4660-4660", 512);
	struct scsi_op read = { .cdb = { 0x88, [8] = 0x12, [9] = 0x30,
					 [13] = 16 },
				.data = guest_alloc(g, 8192, 4096), .in = 8192 };
	struct vring_used_elem e;
	unsigned int i, named = 0;
	uint64_t resp[64];

	for (i = 0; i < ARRAY_SIZE(resp); i++)
		ASSERT_GE(scsi_post(g, Q_REQUEST, &read, &resp[i]), 0);
	for (i = 0; i < ARRAY_SIZE(resp); i++)
		ASSERT_EQ(vq_wait(&g->vq[Q_REQUEST], &e, WAIT_MS), 0);
	for (i = 0; i < ARRAY_SIZE(resp); i++) {
		memcpy(&read.resp, guest_ptr(g, resp[i]), RESP_LEN);
		EXPECT_EQ(scsi_sense(&read), SENSE(3, 0x11, 0));
		if (bad_block(&read) == NO_BLOCK)
			continue;
		EXPECT_EQ(bad_block(&read), 0x1234);
		named++;
	}
	EXPECT_GE(named, 1);
	guest_free(g);
	nullb_free(&n);
}

/* ------------------------------------------------------------ large blocks */

/* A block device of 4096-byte blocks; SKIPs without. */
static int big_store(struct nullb *n)
{
	int fd;

	if (!have_null_blk() || !nullb_new_blocks(n, 16, 0, 4096))
		SKIP("no null_blk");
	fd = open(n->path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	return fd;
}

static int add_blocks(struct guest *g, unsigned int target, uint32_t type,
		      int fd, uint32_t block_size)
{
	struct kvdev_scsi_add_lun a = {
		.size = sizeof(a), .target = target, .type = type, .fd = fd,
		.format = KVDEV_FORMAT_RAW, .block_size = block_size,
	};

	return cmd(g->fd, KVDEV_SCSI_ADD_LUN, &a);
}

struct capacity {
	uint64_t last;
	uint32_t block_size;
	uint8_t exponent;
	uint16_t aligned;
};

static struct capacity capacity(struct guest *g, unsigned int target)
{
	struct scsi_op op = { .target = target,
			      .cdb = { 0x9e, 0x10, [13] = 32 },
			      .data = guest_alloc(g, 32, 8), .in = 32 };
	const uint8_t *p = guest_ptr(g, op.data);

	ASSERT_EQ(scsi_run(g, &op), 0);
	ASSERT_EQ(op.resp.status, 0);
	return (struct capacity){
		.last = get_be(p, 8), .block_size = get_be(p + 8, 4),
		.exponent = p[13] & 0xf, .aligned = get_be(p + 14, 2) & 0x3fff,
	};
}

TEST(blocks_of_the_store)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	struct nullb n;
	int fd = big_store(&n), disc = open(n.path, O_RDONLY | O_CLOEXEC);
	struct capacity c;
	uint8_t page[252];

	ASSERT_EQ(add_blocks(g, 0, KVDEV_LUN_DISK, fd, 0), 0);
	ASSERT_EQ(add_blocks(g, 1, KVDEV_LUN_DISK, fd, 512), 0);
	ASSERT_EQ(add_blocks(g, 2, KVDEV_LUN_CDROM, disc, 0), 0);
	EXPECT_EQ(add_blocks(g, 3, KVDEV_LUN_DISK, fd, 1024), -EINVAL);
	guest_start(g);
	scsi_ready(g, 0, 0);
	scsi_ready(g, 1, 0);
	scsi_ready(g, 2, 0);
	c = capacity(g, 0);
	EXPECT_EQ(c.block_size, 4096);
	EXPECT_EQ(c.last, 4095);
	EXPECT_EQ(c.exponent, 0);
	c = capacity(g, 1);
	EXPECT_EQ(c.block_size, 512);
	EXPECT_EQ(c.last, 32767);
	EXPECT_EQ(c.exponent, 3);
	EXPECT_EQ(c.aligned, 0);
	EXPECT_EQ(vpd(g, 1, 0xb0, page), 0x3c);
	EXPECT_EQ(get_be(page + 6, 2), 8);
	c = capacity(g, 2);
	EXPECT_EQ(c.block_size, 2048);
	EXPECT_EQ(c.last, 8191);
	guest_free(g);
	close(fd);
	close(disc);
	nullb_free(&n);
}

/* Single small blocks, written in any order: their neighbours stay. */
static void small_blocks(struct guest *g, int fd)
{
	uint64_t data = guest_alloc(g, 65536, 4096);
	uint8_t *want = calloc(1, 65536), *p = guest_ptr(g, data);
	struct scsi_op flush = { .cdb = { 0x35 } };
	struct scsi_op same = { .cdb = { 0x93, [9] = 9, [13] = 5 },
				.data = data, .out = 512 };
	struct scsi_op caw = { .cdb = { 0x89, [9] = 3, [13] = 1 },
			       .data = data, .out = 1024 };
	unsigned int i, lba, nr;

	fill(want, 65536, 1);
	ASSERT_EQ(pwrite(fd, want, 65536, 0), 65536);
	ASSERT_EQ(fsync(fd), 0);
	srandom(2);
	for (i = 0; i < 300; i++) {
		lba = random() % 128;
		nr = 1 + random() % (128 - lba);
		if (random() % 2) {
			ASSERT_EQ(scsi_rw(g, 0, 0, false, lba, nr, 512, data),
				  0);
			ASSERT_TRUE(!memcmp(p, want + lba * 512, nr * 512));
			continue;
		}
		fill(p, nr * 512, i + 100);
		memcpy(want + lba * 512, p, nr * 512);
		ASSERT_EQ(scsi_rw(g, 0, 0, true, lba, nr, 512, data), 0);
	}
	/* WRITE SAME with a pattern and with zeroes; COMPARE AND WRITE */
	memset(p, 0xab, 512);
	memset(want + 9 * 512, 0xab, 5 * 512);
	ASSERT_EQ(scsi_run(g, &same), 0);
	EXPECT_EQ(same.resp.status, 0);
	memset(p, 0, 512);
	same.cdb[9] = 30;
	memset(want + 30 * 512, 0, 5 * 512);
	ASSERT_EQ(scsi_run(g, &same), 0);
	EXPECT_EQ(same.resp.status, 0);
	memcpy(p, want + 3 * 512, 512);
	memset(p + 512, 0x11, 512);
	memset(want + 3 * 512, 0x11, 512);
	ASSERT_EQ(scsi_run(g, &caw), 0);
	EXPECT_EQ(caw.resp.status, 0);
	ASSERT_EQ(scsi_run(g, &flush), 0);
	EXPECT_EQ(flush.resp.status, 0);
	ASSERT_EQ(scsi_rw(g, 0, 0, false, 0, 128, 512, data), 0);
	EXPECT_TRUE(!memcmp(p, want, 65536));
	free(want);
}

TEST(small_blocks_on_large_ones)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	struct nullb n;
	int fd = big_store(&n), raw;
	void *buf = NULL, *seen;

	ASSERT_EQ(add_blocks(g, 0, KVDEV_LUN_DISK, fd, 512), 0);
	guest_start(g);
	scsi_ready(g, 0, 0);
	small_blocks(g, fd);
	/* It is on the disk itself. */
	raw = open(n.path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	ASSERT_EQ(posix_memalign(&buf, 4096, 65536), 0);
	seen = guest_ptr(g, guest_alloc(g, 65536, 4096));
	ASSERT_EQ(pread(raw, buf, 65536, 0), 65536);
	ASSERT_EQ(pread(fd, seen, 65536, 0), 65536);
	EXPECT_TRUE(!memcmp(buf, seen, 65536));
	close(raw);
	guest_free(g);
	close(fd);
	nullb_free(&n);
}

TEST(small_blocks_in_a_direct_file)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	int fd = temp_direct(MIB), plain;
	char path[40];

	if (fd < 0)
		SKIP("no O_DIRECT in /tmp");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	plain = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(plain, 0);
	ASSERT_EQ(add_blocks(g, 0, KVDEV_LUN_DISK, fd, 512), 0);
	guest_start(g);
	scsi_ready(g, 0, 0);
	small_blocks(g, plain);
}

/* A CD-ROM on a disk of large blocks. */
TEST(disc_on_large_blocks)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	struct nullb n;
	int fd = big_store(&n), disc = open(n.path, O_RDONLY | O_CLOEXEC);
	uint64_t data = guest_alloc(g, 65536, 4096);
	uint8_t bytes[65536];
	unsigned int lba;

	fill(bytes, sizeof(bytes), 3);
	ASSERT_EQ(pwrite(fd, bytes, sizeof(bytes), 0), (int)sizeof(bytes));
	ASSERT_EQ(fsync(fd), 0);
	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_CDROM, disc, 0), 0);
	guest_start(g);
	scsi_ready(g, 0, 0);
	for (lba = 0; lba < 31; lba++) {
		ASSERT_EQ(scsi_rw(g, 0, 0, false, lba, 2, 2048, data), 0);
		EXPECT_TRUE(!memcmp(guest_ptr(g, data), bytes + lba * 2048,
				    4096));
	}
	/* Another disc */
	ASSERT_EQ(scsi_media(g, 0, 0, -1, 0), 0);
	ASSERT_EQ(scsi_media(g, 0, 0, disc, 0), 0);
	scsi_ready(g, 0, 0);
	ASSERT_EQ(scsi_rw(g, 0, 0, false, 7, 1, 2048, data), 0);
	EXPECT_TRUE(!memcmp(guest_ptr(g, data), bytes + 7 * 2048, 2048));
	guest_free(g);
	close(disc);
	close(fd);
	nullb_free(&n);
}
