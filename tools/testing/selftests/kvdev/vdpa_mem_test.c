// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of a process that uses a device on the vDPA bus: what it maps, in
 * which pieces and of which kind, what it takes away, and too much of it.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "vdpa_user.h"

#define OTHER_GPA	(1ULL << 40)	/* apart from the guest's */
#define MANY		300		/* more pieces than a device takes */

static void *pages(size_t size, int flags)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_ANONYMOUS | flags, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

/*
 * A read of the first sector into @addr. The header and the status are in the
 * guest's memory; the status it got, or -ETIMEDOUT if the device gave up.
 */
static int read_to(struct guest *g, uint64_t addr, uint32_t len)
{
	size_t brk = g->brk;
	struct seg s[3] = {
		{ blk_header(g, VIRTIO_BLK_T_IN, 0), 16, 0 },
		{ addr, len, W },
		{ guest_alloc(g, 1, 1), 1, W },
	};
	struct vring_used_elem e;
	int ret;

	*(uint8_t *)guest_ptr(g, s[2].addr) = 0xee;
	ASSERT_GE(vq_add(&g->vq[0], s, 3), 0);
	vq_kick(&g->vq[0]);
	do {
		ret = vq_wait(&g->vq[0], &e, 20);
	} while (ret && !(guest_status(g) & S_NEEDS_RESET));
	if (!ret) {
		vq_free_chain(&g->vq[0], e.id);
		ret = *(uint8_t *)guest_ptr(g, s[2].addr);
	}
	g->brk = brk;
	return ret;
}

static void expect_given_up(struct guest *g)
{
	EXPECT_EQ(guest_status(g), S_DRIVER_OK | S_NEEDS_RESET);
	guest_reset(g);
	guest_start(g);
}

static struct guest *running(struct vdpa_dev **d)
{
	struct guest *g;

	*d = vdpa_disk();
	g = vdpa_guest(*d);
	/* What the first sector is full of. */
	memset(guest_ptr(g, GUEST_GPA + (8 << 20)), 0xa5, 4096);
	ASSERT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 0,
			      GUEST_GPA + (8 << 20), 4096, NULL), 0);
	return g;
}

/* The four ways to say it. */
TEST(forms_of_messages)
{
	static const struct {
		int form;
		uint64_t backend;
		bool batch;
	} how[] = {
		{ VHOST_IOTLB_MSG, 0, false },
		{ VHOST_IOTLB_MSG_V2, BIT(VHOST_BACKEND_F_IOTLB_MSG_V2), false },
		{ VHOST_IOTLB_MSG_V2, BIT(VHOST_BACKEND_F_IOTLB_MSG_V2) |
		  BIT(VHOST_BACKEND_F_IOTLB_BATCH), true },
		{ VHOST_IOTLB_MSG_V2, BIT(VHOST_BACKEND_F_IOTLB_MSG_V2) |
		  BIT(VHOST_BACKEND_F_IOTLB_BATCH) |
		  BIT(VHOST_BACKEND_F_IOTLB_ASID), true },
	};
	uint8_t *p = pages(1 << 20, MAP_SHARED);
	struct vdpa_dev *d;
	struct guest *g = running(&d);
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		int form = how[i].form;
		uint64_t f = how[i].backend;

		NOTE("form %u", i);
		f |= BIT(VHOST_BACKEND_F_IOTLB_PERSIST);
		EXPECT_EQ(cmd(g->fd, VHOST_SET_BACKEND_FEATURES, &f), 0);
		if (how[i].batch)
			EXPECT_EQ(iotlb(g->fd, form, VHOST_IOTLB_BATCH_BEGIN, 0,
					0, NULL, 0), 0);
		for (n = 0; n < 4; n++)
			EXPECT_EQ(iotlb(g->fd, form, VHOST_IOTLB_UPDATE,
					OTHER_GPA + (n << 16), 1 << 16,
					p + (n << 16), RW), 0);
		if (how[i].batch)
			EXPECT_EQ(iotlb(g->fd, form, VHOST_IOTLB_BATCH_END, 0,
					0, NULL, 0), 0);
		/* Into all of them, across their borders, at once. */
		memset(p, 0, 1 << 20);
		EXPECT_EQ(read_to(g, OTHER_GPA + 512, (4 << 16) - 512), 0);
		EXPECT_TRUE(all_bytes(p, 512, 0));
		EXPECT_TRUE(all_bytes(p + 512, 4096, 0xa5));
		/* There is something already. */
		EXPECT_NE(iotlb(g->fd, form, VHOST_IOTLB_UPDATE,
				OTHER_GPA + 4096, 4096, p, RW), 0);
		EXPECT_EQ(iotlb(g->fd, form, VHOST_IOTLB_INVALIDATE, OTHER_GPA,
				4 << 16, NULL, 0), 0);
		EXPECT_EQ(read_to(g, OTHER_GPA + 512, 512), -ETIMEDOUT);
		expect_given_up(g);
	}
	vdpa_done(d, g);
}

TEST(messages_that_cannot_be)
{
	uint8_t *p = pages(1 << 20, MAP_SHARED);
	struct vhost_msg_v2 m = { .type = VHOST_IOTLB_MSG_V2 };
	struct vdpa_dev *d;
	struct guest *g = running(&d);
	uint64_t f = BIT(VHOST_BACKEND_F_IOTLB_MSG_V2) |
		     BIT(VHOST_BACKEND_F_IOTLB_ASID) |
		     BIT(VHOST_BACKEND_F_IOTLB_PERSIST);

	EXPECT_NE(map(g->fd, OTHER_GPA, 0, p), 0);
	EXPECT_NE(map(g->fd, -4096ULL, 8192, p), 0);
	EXPECT_NE(map(g->fd, OTHER_GPA, 1ULL << 47, p), 0);
	EXPECT_NE(map(g->fd, OTHER_GPA, 4096, (void *)-4096UL), 0);
	EXPECT_NE(iotlb(g->fd, VHOST_IOTLB_MSG, VHOST_IOTLB_UPDATE, OTHER_GPA,
			4096, p, 0), 0);
	EXPECT_NE(iotlb(g->fd, VHOST_IOTLB_MSG, 0, OTHER_GPA, 4096, p, RW), 0);
	EXPECT_NE(iotlb(g->fd, VHOST_IOTLB_MSG, 99, OTHER_GPA, 4096, p, RW), 0);
	EXPECT_NE(iotlb(g->fd, 99, VHOST_IOTLB_UPDATE, OTHER_GPA, 4096, p, RW),
		  0);
	EXPECT_NE(write(g->fd, p, 3), 3);
	blk_works(g);

	/* Another address space than the only one. */
	EXPECT_EQ(cmd(g->fd, VHOST_SET_BACKEND_FEATURES, &f), 0);
	m.asid = 1;
	m.iotlb = (struct vhost_iotlb_msg){
		.iova = OTHER_GPA, .size = 4096, .uaddr = (uintptr_t)p,
		.perm = RW, .type = VHOST_IOTLB_UPDATE,
	};
	EXPECT_EQ(write(g->fd, &m, sizeof(m)), -1);
	blk_works(g);
	EXPECT_EQ(read_to(g, OTHER_GPA, 512), -ETIMEDOUT);
	expect_given_up(g);

	/* The last byte there is can be mapped. */
	EXPECT_EQ(map(g->fd, -4096ULL, 4096, p), 0);
	EXPECT_EQ(read_to(g, -512ULL, 512), 0);
	EXPECT_TRUE(all_bytes(p + 4096 - 512, 512, 0xa5));
	vdpa_done(d, g);
}

/* DPDK: everything goes before anything is there. */
TEST(taken_away_before_mapped)
{
	uint64_t f = BIT(VHOST_BACKEND_F_IOTLB_MSG_V2) |
		     BIT(VHOST_BACKEND_F_IOTLB_BATCH);
	struct vdpa_dev *d = vdpa_disk();
	int fd = vdpa_owner(d);

	EXPECT_EQ(cmd(fd, VHOST_SET_BACKEND_FEATURES, &f), 0);
	/* No address space yet, says the bus. */
	EXPECT_NE(unmap(fd, 0, -1ULL), 0);
	EXPECT_EQ(iotlb(fd, VHOST_IOTLB_MSG_V2, VHOST_IOTLB_BATCH_BEGIN, 0, 0,
			NULL, 0), 0);
	EXPECT_EQ(unmap(fd, 0, -1ULL), 0);
	EXPECT_EQ(iotlb(fd, VHOST_IOTLB_MSG_V2, VHOST_IOTLB_BATCH_END, 0, 0,
			NULL, 0), 0);
	close(fd);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

TEST(everything_taken_away_while_running)
{
	struct vdpa_dev *d;
	struct guest *g = running(&d);

	EXPECT_EQ(unmap(g->fd, 0, -1ULL), 0);
	/* The ring is still there, what it points to is not. */
	EXPECT_EQ(read_to(g, GUEST_GPA + (8 << 20), 512), -ETIMEDOUT);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK | S_NEEDS_RESET);
	guest_reset(g);
	/* Without memory there is no start, with it there is. */
	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(guest_driver_ok(g), 0);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK | S_NEEDS_RESET);
	guest_reset(g);
	EXPECT_EQ(map(g->fd, GUEST_GPA, GUEST_MEM, g->mem), 0);
	guest_start(g);
	blk_works(g);
	vdpa_done(d, g);
}

/*
 * A reset keeps the mapping for who asked for that. For others it is gone, as
 * it was before that could be asked for; the bus goes on knowing of it.
 */
TEST(mapping_and_reset)
{
	uint64_t old = BIT(VHOST_BACKEND_F_IOTLB_MSG_V2);
	struct vdpa_dev *d;
	struct guest *g = running(&d);

	guest_reset(g);
	guest_start(g);
	blk_works(g);

	EXPECT_EQ(cmd(g->fd, VHOST_SET_BACKEND_FEATURES, &old), 0);
	guest_reset(g);
	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(guest_driver_ok(g), 0);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK | S_NEEDS_RESET);
	guest_reset(g);
	EXPECT_EQ(unmap(g->fd, GUEST_GPA, GUEST_MEM), 0);
	EXPECT_EQ(map(g->fd, GUEST_GPA, GUEST_MEM, g->mem), 0);
	guest_start(g);
	blk_works(g);
	vdpa_done(d, g);
}

/* vhost_vdpa leaves private memory out and says nothing. */
TEST(private_memory)
{
	uint8_t *p = pages(3 << 16, MAP_SHARED);
	struct vdpa_dev *d;
	struct guest *g = running(&d);

	ASSERT_TRUE(mmap(p + (1 << 16), 1 << 16, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
		    MAP_FAILED);
	EXPECT_EQ(map(g->fd, OTHER_GPA, 3 << 16, p), 0);
	EXPECT_EQ(read_to(g, OTHER_GPA, 512), 0);
	EXPECT_TRUE(all_bytes(p, 512, 0xa5));
	EXPECT_EQ(read_to(g, OTHER_GPA + (2 << 16), 512), 0);
	EXPECT_TRUE(all_bytes(p + (2 << 16), 512, 0xa5));
	EXPECT_EQ(read_to(g, OTHER_GPA + (1 << 16), 512), -ETIMEDOUT);
	EXPECT_TRUE(all_bytes(p + (1 << 16), 1 << 16, 0));
	expect_given_up(g);
	EXPECT_EQ(read_to(g, OTHER_GPA + (1 << 16) - 512, 1024), -ETIMEDOUT);
	expect_given_up(g);
	vdpa_done(d, g);
}

/* Neither the mapping's permission nor that of the process is exceeded. */
TEST(memory_that_cannot_be_written)
{
	uint8_t *p = pages(1 << 16, MAP_SHARED);
	struct vdpa_dev *d;
	struct guest *g = running(&d);

	EXPECT_EQ(iotlb(g->fd, VHOST_IOTLB_MSG, VHOST_IOTLB_UPDATE, OTHER_GPA,
			4096, p, VHOST_ACCESS_RO), 0);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_OUT, 16, OTHER_GPA, 4096,
			      NULL), 0);
	EXPECT_EQ(read_to(g, OTHER_GPA, 512), -ETIMEDOUT);
	expect_given_up(g);
	EXPECT_TRUE(all_bytes(p, 4096, 0));

	EXPECT_EQ(map(g->fd, OTHER_GPA + 4096, 4096, p + 4096), 0);
	EXPECT_EQ(read_to(g, OTHER_GPA + 4096, 512), 0);
	ASSERT_EQ(mprotect(p + 4096, 4096, PROT_READ), 0);
	EXPECT_NE(read_to(g, OTHER_GPA + 4096, 512), 0);
	ASSERT_EQ(munmap(p + 4096, 4096), 0);
	EXPECT_NE(read_to(g, OTHER_GPA + 4096, 512), 0);
	if (guest_status(g) & S_NEEDS_RESET)
		expect_given_up(g);
	blk_works(g);
	vdpa_done(d, g);
}

/*
 * A ring with each of its areas mapped once more, with other permissions, as
 * QEMU maps those of its shadow queues. Returns the status with DRIVER_OK.
 */
static int start_with(struct guest *g, bool packed, const uint8_t perm[3])
{
	struct vq *vq = &g->vq[0];
	uint64_t at[3];
	uint8_t *page;
	int i, status;

	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	ASSERT_EQ(vq->packed, packed);
	for (i = 0; i < 3; i++) {
		size_t offset = (uintptr_t)vq->area[i] & 4095;

		page = (uint8_t *)vq->area[i] - offset;
		at[i] = OTHER_GPA + ((uint64_t)i << 20) + offset;
		EXPECT_EQ(iotlb(g->fd, VHOST_IOTLB_MSG, VHOST_IOTLB_UPDATE,
				at[i] - offset, 1 << 16, page, perm[i]), 0);
	}
	EXPECT_EQ(vring_addr(g->fd, 0, (void *)(uintptr_t)at[0],
			     (void *)(uintptr_t)at[1],
			     (void *)(uintptr_t)at[2]), 0);
	EXPECT_EQ(guest_driver_ok(g), 0);
	status = guest_status(g);
	if (status == S_DRIVER_OK)
		blk_works(g);
	return status;
}

/*
 * What the device only reads need not be writable: descriptors and available
 * ring, of a packed ring the driver's event structure.
 */
TEST(rings_that_may_only_be_read)
{
	enum { R = VHOST_ACCESS_RO, WO = VHOST_ACCESS_WO };
	static const struct {
		bool packed, good;
		uint8_t perm[3];
	} how[] = {
		{ false, true, { R, R, RW } },
		{ false, true, { RW, R, RW } },
		{ false, true, { R, RW, RW } },
		{ false, false, { R, R, R } },
		{ false, false, { R, R, WO } },
		{ false, false, { WO, R, RW } },
		{ false, false, { R, WO, RW } },
		{ true, true, { RW, R, RW } },
		{ true, false, { R, R, RW } },
		{ true, false, { WO, R, RW } },
		{ true, false, { RW, WO, RW } },
		{ true, false, { RW, R, R } },
	};
	struct vdpa_dev *d = vdpa_disk();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		struct guest_options o = { .packed = how[i].packed };
		struct guest *g = vdpa_fresh_guest(d, o);

		NOTE("case %u", i);
		EXPECT_EQ(start_with(g, how[i].packed, how[i].perm),
			  S_DRIVER_OK | (how[i].good ? 0 : S_NEEDS_RESET));
		guest_free(g);
	}
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

/* Nor need the process itself be able to write what the device only reads. */
TEST(rings_that_the_process_cannot_write)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_fresh_guest(d, (struct guest_options){});
	struct vq *vq = &g->vq[0];
	uint8_t *other = mmap(NULL, GUEST_MEM, PROT_READ, MAP_SHARED, g->memfd,
			      0);
	int i;

	ASSERT_TRUE(other != MAP_FAILED);
	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	/* An image of all of it that nobody writes, for the first two. */
	EXPECT_EQ(iotlb(g->fd, VHOST_IOTLB_MSG, VHOST_IOTLB_UPDATE, OTHER_GPA,
			GUEST_MEM, other, VHOST_ACCESS_RO), 0);
	for (i = 0; i < 2; i++) {
		uint64_t base = OTHER_GPA - (uintptr_t)g->mem;

		EXPECT_EQ(vring_addr(g->fd, 0, vq->area[0] + base,
				     vq->area[1] + base,
				     vq->area[2] + (i ? base : GUEST_GPA -
						    (uintptr_t)g->mem)), 0);
		EXPECT_EQ(guest_driver_ok(g), 0);
		EXPECT_EQ(guest_status(g), i ? S_DRIVER_OK | S_NEEDS_RESET :
					       S_DRIVER_OK);
		if (!i)
			blk_works(g);
		guest_reset(g);
		ASSERT_EQ(guest_negotiate(g), 0);
		ASSERT_EQ(guest_setup_vq(g, 0), 0);
	}
	vdpa_done(d, g);
}

/*
 * As many pieces as there can be, and one more: that one fails, what is there
 * stays, and another one may come when one went.
 */
TEST(too_many_pieces)
{
	uint8_t *p = pages(MANY << 13, MAP_SHARED);
	struct vdpa_dev *d;
	struct guest *g = running(&d);
	unsigned int nr, i;
	int ret = 0;

	for (nr = 0; nr < MANY; nr++) {
		ret = map(g->fd, OTHER_GPA + (nr << 13), 4096, p + (nr << 13));
		if (ret)
			break;
	}
	/* The bus has one word for all that can go wrong. */
	EXPECT_EQ(ret, -EFAULT);
	EXPECT_EQ(nr, 255);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	for (i = 0; i < nr; i += nr - 1)
		EXPECT_EQ(read_to(g, OTHER_GPA + (i << 13), 512), 0);
	blk_works(g);
	EXPECT_EQ(map(g->fd, OTHER_GPA + (nr << 13), 4096, p), -EFAULT);
	EXPECT_EQ(unmap(g->fd, OTHER_GPA + (7 << 13), 4096), 0);
	EXPECT_EQ(map(g->fd, OTHER_GPA + (nr << 13), 4096, p + (nr << 13)), 0);
	EXPECT_EQ(read_to(g, OTHER_GPA + (nr << 13), 512), 0);
	EXPECT_TRUE(all_bytes(p + (nr << 13), 512, 0xa5));
	EXPECT_EQ(read_to(g, OTHER_GPA + (7 << 13), 512), -ETIMEDOUT);
	expect_given_up(g);

	/* All at once, and it can start again. */
	EXPECT_EQ(unmap(g->fd, OTHER_GPA, MANY << 13), 0);
	blk_works(g);
	for (i = 0; i < 255; i++)
		EXPECT_EQ(map(g->fd, OTHER_GPA + (i << 13), 4096,
			      p + (i << 13)), 0);
	vdpa_done(d, g);
}

/* One message for many mappings of the process: none of it, or all. */
TEST(a_message_that_fails_half_way)
{
	uint8_t *p = pages(MANY << 13, MAP_SHARED);
	struct vdpa_dev *d;
	struct guest *g = running(&d);
	unsigned int i;

	/* Every other page is of another kind, so there are MANY pieces. */
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(mprotect(p + (i << 13), 4096, PROT_READ), 0);
	EXPECT_EQ(map(g->fd, OTHER_GPA, MANY << 13, p), -EFAULT);
	blk_works(g);
	EXPECT_EQ(read_to(g, OTHER_GPA + 4096, 512), -ETIMEDOUT);
	expect_given_up(g);
	EXPECT_EQ(map(g->fd, OTHER_GPA, 200 << 12, p), 0);
	EXPECT_EQ(read_to(g, OTHER_GPA + 4096, 512), 0);
	EXPECT_TRUE(all_bytes(p + 4096, 512, 0xa5));

	/* A hole in the process' memory. */
	ASSERT_EQ(munmap(p + (250 << 12), 4096), 0);
	ASSERT_EQ(munmap(p + (252 << 12), (MANY << 13) - (252 << 12)), 0);
	EXPECT_NE(map(g->fd, OTHER_GPA + (200 << 12), 1ULL << 47,
		      p + (200 << 12)), 0);
	blk_works(g);
	vdpa_done(d, g);
}

/* Memory is not locked, and what is not shared costs nothing but its page. */
TEST(nothing_is_locked)
{
	struct rlimit small = { 1 << 16, 1 << 16 };
	size_t size = 1UL << 30;
	uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct vdpa_dev *d = vdpa_disk();
	unsigned long locked = 0, pinned = 0, rss = 0;
	struct guest_options o = { .num = 64 };
	struct guest *g;
	char line[128];
	FILE *f;
	int fd;

	ASSERT_TRUE(p != MAP_FAILED);
	/* Far less than the guest has, and enough for its rings. */
	ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &small), 0);
	fd = vdpa_open(d);
	ASSERT_GE(fd, 0);
	g = vdpa_guest_on(d, fd, o);
	EXPECT_EQ(map(g->fd, OTHER_GPA, size, p), 0);
	guest_start(g);
	EXPECT_EQ(read_to(g, OTHER_GPA + size - 512, 512), 0);
	f = fopen("/proc/self/status", "re");
	ASSERT_TRUE(f);
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "VmLck: %lu", &locked);
		sscanf(line, "VmPin: %lu", &pinned);
		sscanf(line, "VmRSS: %lu", &rss);
	}
	fclose(f);
	NOTE("VmLck %lu kB, VmPin %lu kB, VmRSS %lu kB", locked, pinned, rss);
	EXPECT_LE(locked + pinned, 64);
	EXPECT_LE(rss, 64 << 10);
	vdpa_done(d, g);
}
