// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that breaks the rules of block requests. What cannot be answered
 * ends as breaches of the ring protocol do; what a rule of the device's own
 * protocol forbids ends in a status.
 */
#include <sys/mman.h>

#include "hostile_common.h"

/* ---------------------------------------------------------- block requests */

HOSTILE_REQUEST(IN, header_too_short)
{
	vq->desc[0].len = 15;
}

HOSTILE(no_header)
{
	request(g, vq, VIRTIO_BLK_T_IN, 512);
	vq_expose(vq, 1);
}

HOSTILE_REQUEST(OUT, no_status_byte)
{
	vq->desc[1].flags = 0;
}

HOSTILE_REQUEST(FLUSH, header_only)
{
	vq->desc[0].flags = 0;
}

HOSTILE_REQUEST(OUT, read_from_readable)
{
	*(uint32_t *)guest_ptr(g, vq->desc[0].addr) = VIRTIO_BLK_T_IN;
}

HOSTILE_REQUEST(OUT, get_id_from_readable)
{
	*(uint32_t *)guest_ptr(g, vq->desc[0].addr) = VIRTIO_BLK_T_GET_ID;
}

HOSTILE_REQUEST(IN, write_from_writable)
{
	*(uint32_t *)guest_ptr(g, vq->desc[0].addr) = VIRTIO_BLK_T_OUT;
}

HOSTILE_REQUEST(IN, header_memory_gone)
{
	vq->desc[0].addr = GUEST_GPA + (8 << 20);
	ASSERT_EQ(munmap(g->mem + (8 << 20), 4096), 0);
}

HOSTILE_REQUEST(IN, status_memory_gone)
{
	vq->desc[2].addr = GUEST_GPA + (8 << 20);
	ASSERT_EQ(munmap(g->mem + (8 << 20), 4096), 0);
}

HOSTILE_REQUEST(IN, status_memory_read_only)
{
	vq->desc[2].addr = GUEST_GPA + (8 << 20);
	ASSERT_EQ(mprotect(g->mem + (8 << 20), 4096, PROT_READ), 0);
}

/* --------------------------------------------- well-formed, but not right */

struct bad_request {
	uint32_t type;
	uint64_t sector;
	uint32_t len;
	int status;
};

static void expect_status(struct guest *g, const struct bad_request *r)
{
	size_t brk = g->brk;
	uint32_t room = (r->len + 8191) & ~4095, used = 0xdead;
	uint64_t data = guest_alloc(g, room + 4096, 4096) + 2048;
	uint8_t *p = guest_ptr(g, data);
	int status;

	memset(p - 2048, CANARY, room + 4096);
	status = blk_request(g, 0, r->type, r->sector, data, r->len, &used);
	if (status != r->status)
		NOTE("type %u sector %llu len %u", r->type,
		     (unsigned long long)r->sector, r->len);
	EXPECT_EQ(status, r->status);
	/* used.len: nothing, or the status byte if there is nothing else. */
	EXPECT_EQ(used, r->type == VIRTIO_BLK_T_OUT || !r->len ? 1 : 0);
	EXPECT_TRUE(all_bytes(p - 2048, room + 4096, CANARY));
	g->brk = brk;
}

TEST(bad_block_requests)
{
	static const uint64_t max = IMAGE_SIZE / 512;
	const struct bad_request bad[] = {
		{ VIRTIO_BLK_T_IN, max, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, max - 1, 1024, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, max + 1, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, UINT64_MAX, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, UINT64_MAX - 1, 1024, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 1ULL << 55, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 1ULL << 54, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, (1ULL << 55) - 1, 1024, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 1ULL << 63, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 1 << 21, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 511, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 513, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 1, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 0, 0, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, max, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, max - 1, 1024, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, UINT64_MAX, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, 1ULL << 55, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, 0, 511, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, 0, 513, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, 0, 0, VIRTIO_BLK_S_IOERR },
		/* their ranges are to be readable */
		{ VIRTIO_BLK_T_DISCARD, 0, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_SECURE_ERASE, 0, 16, VIRTIO_BLK_S_UNSUPP },
		{ 10 /* lifetime */, 0, 16, VIRTIO_BLK_S_UNSUPP },
		{ 2, 0, 512, VIRTIO_BLK_S_UNSUPP },
		{ 99, 0, 512, VIRTIO_BLK_S_UNSUPP },
		{ 99, 0, 0, VIRTIO_BLK_S_UNSUPP },
		{ 0x80000000, 0, 512, VIRTIO_BLK_S_UNSUPP },
		{ UINT32_MAX, UINT64_MAX, 4096, VIRTIO_BLK_S_UNSUPP },
	};
	struct guest *g = hostile_guest(true, 0);
	unsigned int i;

	guest_start(g);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect_status(g, &bad[i]);
	EXPECT_EQ(guest_stats(g, 0).errors, ARRAY_SIZE(bad));
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	expect_image_unchanged();
	blk_works(g);
}

/* The disk has no zones. */
TEST(zone_requests)
{
	static const uint32_t types[] = {
		VIRTIO_BLK_T_ZONE_APPEND, VIRTIO_BLK_T_ZONE_REPORT,
		VIRTIO_BLK_T_ZONE_OPEN, VIRTIO_BLK_T_ZONE_CLOSE,
		VIRTIO_BLK_T_ZONE_FINISH, VIRTIO_BLK_T_ZONE_RESET,
		VIRTIO_BLK_T_ZONE_RESET_ALL,
	};
	struct guest *g = hostile_guest(true, 0);
	unsigned int i;

	guest_start(g);
	EXPECT_EQ(g->features & BIT(VIRTIO_BLK_F_ZONED), 0);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct bad_request r = { types[i], 0, 4096,
					 VIRTIO_BLK_S_UNSUPP };

		expect_status(g, &r);
		r.len = 0;
		expect_status(g, &r);
	}
	expect_image_unchanged();
	blk_works(g);
}

TEST(bad_requests_with_large_blocks)
{
	static const struct bad_request bad[] = {
		{ VIRTIO_BLK_T_IN, 0, 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 1, 4096, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_IN, 8, 4096 + 512, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, 4, 4096, VIRTIO_BLK_S_IOERR },
		{ VIRTIO_BLK_T_OUT, 0, 2048, VIRTIO_BLK_S_IOERR },
		/* the part of the file behind the last whole block */
		{ VIRTIO_BLK_T_IN, 2048, 4096, VIRTIO_BLK_S_IOERR },
	};
	struct guest_options o = { .block_size = 4096,
				   .backend = temp_file(IMAGE_SIZE + 2048, 0) };
	struct guest *g = guest_new(&o);
	unsigned int i;

	guest_start(g);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect_status(g, &bad[i]);
	blk_works(g);
}

/* A write of 2 GiB to a small disk must not take time or memory. */
TEST(huge_requests)
{
	struct vhost_memory_region r[] = {
		{ GUEST_GPA, GUEST_MEM, 0, 0 },
		{ 1ULL << 32, 3ULL << 30, 0, 0 },
	};
	struct guest *g = hostile_guest(false, 0);
	void *big = mmap(NULL, 3ULL << 30, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ASSERT_TRUE(big != MAP_FAILED);
	r[0].userspace_addr = (uintptr_t)g->mem;
	r[1].userspace_addr = (uintptr_t)big;
	ASSERT_EQ(set_mem(g->fd, r, 2), 0);
	guest_start(g);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0, 1ULL << 32,
			      0x80000000, NULL), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 0, 1ULL << 32,
			      0xbffffe00, NULL), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_GET_ID, 0, 1ULL << 32,
			      0x80000000, NULL), VIRTIO_BLK_S_OK);
	EXPECT_EQ(blk_request(g, 0, 99, 0, 1ULL << 32, 0x80000000, NULL),
		  VIRTIO_BLK_S_UNSUPP);
	blk_works(g);
}
