// SPDX-License-Identifier: GPL-2.0
/*
 * What a correct driver of a block device may rely on: any layout of
 * descriptors in any memory, what each request does, exact lengths.
 */
#include <sys/mman.h>

#include "blk_common.h"

/* ------------------------------------------------------------- descriptors */

/* Cuts a run of bytes into @nr pieces at random places. */
static unsigned int cut(struct seg *segs, uint64_t addr, uint32_t len,
			unsigned int nr, uint16_t flags)
{
	unsigned int i = 0;
	uint32_t n;

	while (len) {
		n = i + 1 == nr || len == 1 ? len : 1 + random() % (len - 1);
		segs[i++] = (struct seg){ addr, n, flags };
		addr += n;
		len -= n;
	}
	return i;
}

/*
 * Header and readable data are one stream of bytes, writable data and status
 * another one; where descriptors begin and end means nothing.
 */
static int stream_request(struct guest *g, uint32_t type, uint64_t sector,
			  void *data, uint32_t len, unsigned int pieces,
			  bool indirect, uint32_t *used)
{
	struct vq *vq = &g->vq[0];
	bool write = type == VIRTIO_BLK_T_OUT;
	uint32_t readable = 16 + (write ? len : 0);
	uint32_t writable = (write ? 0 : len) + 1;
	size_t brk = g->brk;
	/* Not aligned to anything. */
	uint64_t r = guest_alloc(g, readable + 7, 1) + 3;
	uint64_t w = guest_alloc(g, writable + 7, 1) + 5;
	uint64_t table = guest_alloc(g, 2 * pieces * 16, 16);
	struct virtio_blk_outhdr hdr = { .type = type, .sector = sector };
	struct vring_used_elem e;
	struct seg segs[64];
	unsigned int nr;
	int head;

	memcpy(guest_ptr(g, r), &hdr, 16);
	if (write)
		memcpy(guest_ptr(g, r + 16), data, len);
	memset(guest_ptr(g, w - 1), CANARY, writable + 2);
	nr = cut(segs, r, readable, pieces, 0);
	nr += cut(segs + nr, w, writable, pieces, W);

	head = indirect ? vq_add_indirect(vq, table, segs, nr) :
			  vq_add(vq, segs, nr);
	ASSERT_GE(head, 0);
	vq_kick(vq);
	ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	ASSERT_EQ(e.id, head);
	vq_free_chain(vq, head);
	*used = e.len;
	EXPECT_EQ(*(uint8_t *)guest_ptr(g, w - 1), CANARY);
	EXPECT_EQ(*(uint8_t *)guest_ptr(g, w + writable), CANARY);
	if (!write)
		memcpy(data, guest_ptr(g, w), len);
	g->brk = brk;
	return *(uint8_t *)guest_ptr(g, w + writable - 1);
}

static void any_layout(struct guest *g, int rounds)
{
	uint8_t out[8192], in[8192];
	uint32_t used;
	int i;

	srandom(1);
	for (i = 0; i < rounds; i++) {
		uint32_t len = 512 * (1 + random() % 16);
		uint64_t sector = random() % 1000;
		bool indirect = g->features & F_INDIRECT && chance(2);

		fill(out, len, i + 1);
		ASSERT_EQ(stream_request(g, VIRTIO_BLK_T_OUT, sector, out, len,
					 1 + random() % 30, indirect, &used),
			  VIRTIO_BLK_S_OK);
		ASSERT_EQ(used, 1);
		memset(in, 0, len);
		ASSERT_EQ(stream_request(g, VIRTIO_BLK_T_IN, sector, in, len,
					 1 + random() % 30, indirect, &used),
			  VIRTIO_BLK_S_OK);
		ASSERT_EQ(used, len + 1);
		ASSERT_TRUE(!memcmp(in, out, len));
	}
}

TEST(any_descriptor_layout)
{
	any_layout(file_guest(false, 0), 300);
}

TEST(any_descriptor_layout_registers)
{
	any_layout(file_guest(true, F_INDIRECT), 300);
}

TEST(any_descriptor_layout_direct)
{
	struct guest_options o = { .backend = temp_direct(4 * MIB) };
	struct guest *g;

	if (o.backend < 0)
		SKIP("no O_DIRECT in /tmp");
	g = guest_new(&o);
	guest_start(g);
	any_layout(g, 300);
}

/* An indirect table may be longer than the ring. */
TEST(long_indirect_table)
{
	struct guest_options o = { .num = 2, .backend = temp_file(MIB, 0) };
	uint8_t out[8192], in[8192];
	struct guest *g = guest_new(&o);
	uint32_t used;

	guest_start(g);
	fill(out, sizeof(out), 3);
	EXPECT_EQ(stream_request(g, VIRTIO_BLK_T_OUT, 1, out, sizeof(out), 31,
				 true, &used), VIRTIO_BLK_S_OK);
	EXPECT_EQ(stream_request(g, VIRTIO_BLK_T_IN, 1, in, sizeof(in), 31,
				 true, &used), VIRTIO_BLK_S_OK);
	EXPECT_TRUE(!memcmp(in, out, sizeof(in)));
}

TEST(ring_of_one)
{
	struct guest_options o = { .num = 1, .backend = temp_file(MIB, 0) };
	struct guest *g = guest_new(&o);
	uint8_t out[512], in[512];
	uint32_t used;
	int i;

	guest_start(g);
	for (i = 0; i < 10; i++) {
		fill(out, 512, i);
		EXPECT_EQ(stream_request(g, VIRTIO_BLK_T_OUT, 5, out, 512, 3,
					 true, &used), 0);
		EXPECT_EQ(stream_request(g, VIRTIO_BLK_T_IN, 5, in, 512, 3,
					 true, &used), 0);
		EXPECT_TRUE(!memcmp(in, out, 512));
	}
}

/* seg_max data segments and one more piece at each end. */
TEST(seg_max)
{
	struct guest_options o = { .queue_size = 1024, .mem = 32 * MIB,
				   .backend = temp_file(8 * MIB, 0) };
	struct guest *g = guest_new(&o);
	static struct seg segs[1024];
	uint64_t data = guest_alloc(g, 4 * MIB, 4096), header, status;
	uint32_t seg_max, used, i;
	struct {
		struct vhost_vdpa_config c;
		struct virtio_blk_config blk;
	} __attribute__((packed)) a = { .c.len = 16 };

	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	seg_max = a.blk.seg_max;
	NOTE("seg_max %u", seg_max);
	ASSERT_GE(seg_max, 126);
	ASSERT_GE(1022, seg_max);
	guest_start(g);
	header = blk_header(g, VIRTIO_BLK_T_OUT, 0);
	status = guest_alloc(g, 1, 1);
	segs[0] = (struct seg){ header, 16, 0 };
	for (i = 0; i < seg_max; i++) {
		segs[i + 1] = (struct seg){ data + i * 4096ULL, 512, 0 };
		fill(guest_ptr(g, data + i * 4096ULL), 512, i + 1);
	}
	segs[i + 1] = (struct seg){ status, 1, W };
	ASSERT_EQ(vq_submit(&g->vq[0], segs, seg_max + 2, &used), 0);
	EXPECT_EQ(*(uint8_t *)guest_ptr(g, status), VIRTIO_BLK_S_OK);

	*(uint32_t *)guest_ptr(g, header) = VIRTIO_BLK_T_IN;
	memset(guest_ptr(g, data), 0, 4 * MIB);
	for (i = 0; i < seg_max; i++)
		segs[i + 1].flags = W;
	ASSERT_EQ(vq_submit(&g->vq[0], segs, seg_max + 2, &used), 0);
	EXPECT_EQ(used, seg_max * 512 + 1);
	for (i = 0; i < seg_max; i++)
		ASSERT_TRUE(filled(guest_ptr(g, data + i * 4096ULL), 512,
				   i + 1));
}

/* Buffers that cross a border of memory regions. */
TEST(regions_side_by_side)
{
	struct guest *g = file_guest(true, 0);
	struct vhost_memory_region r[4];
	uint8_t *away = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t data = GUEST_GPA + 8 * MIB - 1024;
	int i;

	/* the third quarter is somewhere else in this process */
	for (i = 0; i < 4; i++)
		r[3 - i] = (struct vhost_memory_region){
			.guest_phys_addr = GUEST_GPA + i * 4 * MIB,
			.memory_size = 4 * MIB,
			.userspace_addr = (uintptr_t)(i == 2 ? away :
						      g->mem + i * 4 * MIB),
		};
	ASSERT_EQ(set_mem(g->fd, r, 4), 0);
	fill(guest_ptr(g, data), 1024, 1);
	fill(away, 1024, 2);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 9, data, 2048, NULL),
		  VIRTIO_BLK_S_OK);
	memset(guest_ptr(g, data), 0, 2048);
	memset(away, 0, 2048);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 9, data, 2048, NULL),
		  VIRTIO_BLK_S_OK);
	EXPECT_TRUE(filled(guest_ptr(g, data), 1024, 1));
	EXPECT_TRUE(filled(away, 1024, 2));
	EXPECT_TRUE(all_bytes(guest_ptr(g, data + 1024), 1024, 0));
}

/* --------------------------------------------------------------- requests */

TEST(used_len)
{
	struct guest *g = file_guest(false, 0);
	uint64_t data = guest_alloc(g, 8192, 4096);
	uint32_t used;

	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0, data, 4096, &used), 0);
	EXPECT_EQ(used, 4097);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 0, data, 4096, &used), 0);
	EXPECT_EQ(used, 1);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, &used), 0);
	EXPECT_EQ(used, 1);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_GET_ID, 0, data, 20, &used),
		  0);
	EXPECT_EQ(used, 21);
}

TEST(get_id)
{
	static const char id[] = "kvdev-selftest-01234";
	struct guest *g = file_guest(true, 0);
	uint64_t data = guest_alloc(g, 64, 1);
	uint32_t used, len;
	uint8_t *p = guest_ptr(g, data);

	for (len = 1; len <= 40; len++) {
		uint32_t n = len < 20 ? len : 20;

		memset(p, CANARY, 64);
		EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_GET_ID, 0, data, len,
				      &used), VIRTIO_BLK_S_OK);
		EXPECT_TRUE(!memcmp(p, id, n));
		EXPECT_TRUE(all_bytes(p + n, 64 - n, CANARY));
		/* Without a hole before it the status byte counts. */
		EXPECT_EQ(used, len <= 20 ? len + 1 : 20);
	}
}

TEST(serial_is_zero_padded)
{
	struct guest_options o = { .backend = temp_file(MIB, 0),
				   .serial = "abc" };
	struct guest *g = guest_new(&o);
	uint64_t data = guest_alloc(g, 20, 1);
	char *p = guest_ptr(g, data);

	memset(p, CANARY, 20);
	guest_start(g);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_GET_ID, 0, data, 20, NULL), 0);
	EXPECT_TRUE(!memcmp(p, "abc", 4));
	EXPECT_TRUE(all_bytes(p + 3, 17, 0));
}

/* The host sees the bytes where they belong, and so does the driver. */
TEST(host_and_driver_see_the_same)
{
	struct guest *g = file_guest(false, 0);
	uint64_t data = guest_alloc(g, 4096, 4096);
	uint8_t sector[512], *p = guest_ptr(g, data);
	int i, fd = g->o.backend;

	for (i = 0; i < 4; i++) {
		uint64_t at = i * 2731 % 8192;

		fill(p, 512, i + 1);
		EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, at, data, 512,
				      NULL), VIRTIO_BLK_S_OK);
		EXPECT_EQ(pread(fd, sector, 512, at * 512), 512);
		EXPECT_TRUE(filled(sector, 512, i + 1));
		fill(sector, 512, i + 100);
		EXPECT_EQ(pwrite(fd, sector, 512, at * 512), 512);
		EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, at, data, 512,
				      NULL), VIRTIO_BLK_S_OK);
		EXPECT_TRUE(filled(p, 512, i + 100));
	}
	/* first and last sector, all of it */
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 8191, data, 512, NULL), 0);
	data = guest_alloc(g, 4 * MIB, 4096);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0, data, 4 * MIB, NULL),
		  VIRTIO_BLK_S_OK);
}

/*
 * A guest makes its disk look like a qcow2 image that is based on a file of the
 * host. The next device on it is as large as the file and reads what is there.
 */
TEST(header_of_another_format)
{
	static const uint8_t qcow2[] = {
		'Q', 'F', 'I', 0xfb, 0, 0, 0, 3,	/* version 3 */
		0, 0, 0, 0, 0, 0, 0, 104,		/* name is behind */
		0, 0, 0, 11, 0, 0, 0, 16,		/* its length; clusters */
		0, 0, 1, 0, 0, 0, 0, 0,			/* 1 TiB */
		[104] = '/', 'e', 't', 'c', '/', 'p', 'a', 's', 's', 'w', 'd',
	};
	struct guest *g = file_guest(false, 0);
	uint64_t data = guest_alloc(g, 4096, 4096);
	int fd = dup(g->o.backend);
	struct {
		struct vhost_vdpa_config c;
		uint64_t capacity;
	} config = { .c.len = 8 };

	memset(guest_ptr(g, data), 0, 4096);
	memcpy(guest_ptr(g, data), qcow2, sizeof(qcow2));
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 0, data, 4096, NULL), 0);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL), 0);
	guest_free(g);

	g = guest_new(&(struct guest_options){ .backend = fd });
	guest_start(g);
	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_GET_CONFIG, &config), 0);
	EXPECT_EQ(le64toh(config.capacity), 4 * MIB / 512);
	data = guest_alloc(g, 4096, 4096);
	memset(guest_ptr(g, data), CANARY, 4096);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0, data, 4096, NULL), 0);
	EXPECT_TRUE(!memcmp(guest_ptr(g, data), qcow2, sizeof(qcow2)));
	EXPECT_TRUE(all_bytes((uint8_t *)guest_ptr(g, data) + sizeof(qcow2),
			      4096 - sizeof(qcow2), 0));
}

/* Longer than any one I/O of the host. */
TEST(long_requests)
{
	struct guest_options o = { .mem = 64 * MIB,
				   .backend = temp_file(24 * MIB, 0) };
	struct guest *g = guest_new(&o);
	uint64_t data = guest_alloc(g, 20 * MIB, 4096);
	uint32_t used;

	guest_start(g);
	fill(guest_ptr(g, data), 20 * MIB, 9);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 3, data, 20 * MIB, &used),
		  VIRTIO_BLK_S_OK);
	memset(guest_ptr(g, data), 0, 20 * MIB);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 3, data, 20 * MIB, &used),
		  VIRTIO_BLK_S_OK);
	EXPECT_EQ(used, 20 * MIB + 1);
	EXPECT_TRUE(filled(guest_ptr(g, data), 20 * MIB, 9));
}

TEST(stats_count_what_happened)
{
	struct guest *g = file_guest(false, F_EVENT_IDX);
	uint64_t data = guest_alloc(g, 8192, 4096);
	struct kvdev_get_stats s;

	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 0, data, 4096, NULL), 0);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0, data, 512, NULL), 0);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0, data, 512, NULL), 0);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL), 0);
	EXPECT_EQ(blk_request(g, 0, 77, 0, 0, 0, NULL), VIRTIO_BLK_S_UNSUPP);
	s = guest_stats_told(g, 0, 5);
	EXPECT_GE(s.kicks, 1);
	EXPECT_EQ(s.chains, 5);
	EXPECT_EQ(s.completions, 5);
	EXPECT_EQ(s.signals + s.signals_suppressed, 5);
	EXPECT_EQ(s.bytes_readable, 4096);
	EXPECT_EQ(s.bytes_writable, 1024);
	EXPECT_EQ(s.errors, 1);
	EXPECT_EQ(s.violations, 0);
	EXPECT_EQ(s.dev_resets, 0);
}

/* ------------------------------------------------------------------- memory */

/* The memory table changes under I/O; requests in flight keep theirs. */
TEST(memory_table_changes_meanwhile)
{
	struct guest *g = file_guest(true, 0);
	struct vhost_memory_region r[] = {
		{ GUEST_GPA, GUEST_MEM, (uintptr_t)g->mem, 0 },
		{ 1 << 20, 1 << 20, (uintptr_t)g->mem, 0 },
	};
	int i;

	for (i = 0; i < 300; i++) {
		ASSERT_EQ(set_mem(g->fd, r, 1 + i % 2), 0);
		blk_works(g);
	}
}

/* Bytes of a discarded memory are found again in a new page. */
TEST(memory_discarded_meanwhile)
{
	struct guest *g = file_guest(false, 0);
	uint64_t data = GUEST_GPA + 8 * MIB;
	int i;

	for (i = 0; i < 20; i++) {
		fill(guest_ptr(g, data), 8192, i);
		EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 16, data, 8192,
				      NULL), 0);
		ASSERT_EQ(madvise(guest_ptr(g, data), 8192, MADV_REMOVE), 0);
		EXPECT_TRUE(all_bytes(guest_ptr(g, data), 8192, 0));
		ASSERT_EQ(madvise(guest_ptr(g, data), 8192, MADV_DONTNEED), 0);
		EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 16, data, 8192,
				      NULL), 0);
		EXPECT_TRUE(filled(guest_ptr(g, data), 8192, i));
	}
}
