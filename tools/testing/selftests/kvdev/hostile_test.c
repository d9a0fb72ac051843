// SPDX-License-Identifier: GPL-2.0
/* A driver that breaks the rules of descriptors and rings. */
#include <fcntl.h>
#include <sys/mman.h>

#include "hostile_common.h"

/* ------------------------------------------------- descriptors and chains */

HOSTILE_REQUEST(OUT, loop_of_two)
{
	vq->desc[1].next = 0;
}

HOSTILE_REQUEST(OUT, self_loop)
{
	vq->desc[0].next = 0;
}

HOSTILE_REQUEST(IN, self_loop_writable)
{
	vq->desc[2].flags |= VRING_DESC_F_NEXT;
	vq->desc[2].next = 2;
}

HOSTILE(loop_over_the_whole_ring)
{
	unsigned int i;

	request(g, vq, VIRTIO_BLK_T_OUT, 512);
	for (i = 1; i < vq->num; i++)
		vq->desc[i] = (struct vring_desc){
			vq->desc[1].addr, 512, VRING_DESC_F_NEXT,
			(i + 1) % vq->num };
	vq_expose(vq, 0);
}

HOSTILE_REQUEST(OUT, next_out_of_range)
{
	vq->desc[1].next = vq->num;
}

HOSTILE_REQUEST(OUT, next_65535)
{
	vq->desc[1].next = 65535;
}

HOSTILE(head_out_of_range)
{
	(void)g;
	vq_expose(vq, vq->num);
}

HOSTILE(head_65535)
{
	(void)g;
	vq_expose(vq, 65535);
}

HOSTILE_REQUEST(IN, readable_after_writable)
{
	vq->desc[2].flags = 0;
}

HOSTILE(header_after_status)
{
	request(g, vq, VIRTIO_BLK_T_IN, 512);
	vq->desc[1].next = 0;
	vq->desc[0].flags = 0;
	vq_expose(vq, 1);
}

HOSTILE_REQUEST(IN, address_wraps)
{
	vq->desc[1].addr = -256ULL;
}

HOSTILE_REQUEST(IN, address_0)
{
	vq->desc[1].addr = 0;
}

/* An address of this process is no driver address. */
HOSTILE_REQUEST(IN, address_of_the_vmm)
{
	vq->desc[1].addr = (uintptr_t)g->mem;
}

HOSTILE_REQUEST(IN, address_of_the_kernel)
{
	vq->desc[1].addr = 0xffff888000000000ULL;
}

HOSTILE_REQUEST(IN, address_one_below)
{
	vq->desc[1].addr = GUEST_GPA - 1;
}

HOSTILE_REQUEST(IN, address_one_beyond)
{
	vq->desc[1].addr = GUEST_GPA + GUEST_MEM - 511;
}

HOSTILE_REQUEST(IN, status_outside)
{
	vq->desc[2].addr = GUEST_GPA + GUEST_MEM;
}

HOSTILE_REQUEST(IN, header_outside)
{
	vq->desc[0].addr = GUEST_GPA + GUEST_MEM - 8;
}

HOSTILE(hole_between_regions)
{
	struct vhost_memory_region r[] = {
		{ GUEST_GPA, 4 << 20, (uintptr_t)g->mem, 0 },
		{ GUEST_GPA + (4 << 20) + 4096, (12 << 20) - 4096,
		  (uintptr_t)g->mem + (4 << 20) + 4096, 0 },
	};

	ASSERT_EQ(set_mem(g->fd, r, 2), 0);
	request(g, vq, VIRTIO_BLK_T_IN, 512);
	vq->desc[1].addr = GUEST_GPA + (4 << 20) - 512;
	vq->desc[1].len = 4096 + 1024;
	vq_expose(vq, 0);
}

HOSTILE_REQUEST(IN, zero_length)
{
	vq->desc[1].len = 0;
}

HOSTILE_REQUEST(IN, zero_length_only)
{
	vq->desc[0].len = 0;
	vq->desc[0].flags = 0;
}

HOSTILE(longer_than_4_gib)
{
	struct vhost_memory_region r[] = {
		{ GUEST_GPA, GUEST_MEM, (uintptr_t)g->mem, 0 },
		{ 1ULL << 32, 6ULL << 30, 0x100000000ULL, 0 },
	};

	ASSERT_EQ(set_mem(g->fd, r, 2), 0);
	request(g, vq, VIRTIO_BLK_T_IN, 512);
	vq->desc[1] = (struct vring_desc){ 1ULL << 32, 0x80000000,
		VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 3 };
	vq->desc[3] = (struct vring_desc){ 1ULL << 32, 0x80000000,
		VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 2 };
	vq_expose(vq, 0);
}

/* ---------------------------------------------------------------- indirect */

static struct vring_desc *table(struct guest *g, struct vq *vq, uint32_t nr)
{
	uint64_t addr = guest_alloc(g, nr * 16, 16);

	request(g, vq, VIRTIO_BLK_T_OUT, 512);
	memcpy(guest_ptr(g, addr), vq->desc, (nr < 3 ? nr : 3) * 16);
	vq->desc[0] = (struct vring_desc){ addr, nr * 16,
					   VRING_DESC_F_INDIRECT, 0 };
	return guest_ptr(g, addr);
}

/* In a packed ring the flag means nothing in a table: blk_ring_test. */
HOSTILE_SPLIT(indirect_in_indirect)
{
	struct vring_desc *t = table(g, vq, 3);

	t[1].flags |= VRING_DESC_F_INDIRECT;
	vq_expose(vq, 0);
}

HOSTILE_SPLIT(indirect_of_itself)
{
	struct vring_desc *t = table(g, vq, 3);

	t[0] = vq->desc[0];
	vq_expose(vq, 0);
}

HOSTILE(indirect_with_next)
{
	vq_table(vq, table(g, vq, 3), 3);
	vq->desc[0].flags |= VRING_DESC_F_NEXT;
	vq->desc[0].next = 2;
	vq_expose(vq, 0);
}

HOSTILE_WITHOUT(F_INDIRECT, indirect_not_negotiated)
{
	vq_table(vq, table(g, vq, 3), 3);
	vq_expose(vq, 0);
}

HOSTILE(indirect_length_0)
{
	table(g, vq, 3);
	vq->desc[0].len = 0;
	vq_expose(vq, 0);
}

HOSTILE(indirect_length_odd)
{
	table(g, vq, 3);
	vq->desc[0].len = 47;
	vq_expose(vq, 0);
}

HOSTILE(indirect_too_long)
{
	uint64_t addr = guest_alloc(g, 65536 * 16, 16);
	struct vring_desc *t = guest_ptr(g, addr);
	uint32_t i;

	request(g, vq, VIRTIO_BLK_T_OUT, 512);
	for (i = 0; i < 65535; i++)
		t[i] = (struct vring_desc){ vq->desc[1].addr, 512,
					    VRING_DESC_F_NEXT, i + 1 };
	t[i] = vq->desc[2];
	vq->desc[0] = (struct vring_desc){ addr, 65536 * 16,
					   VRING_DESC_F_INDIRECT, 0 };
	vq_expose(vq, 0);
}

HOSTILE(indirect_length_huge)
{
	table(g, vq, 3);
	vq->desc[0].len = 0xfffffff0;
	vq_expose(vq, 0);
}

HOSTILE(indirect_outside)
{
	table(g, vq, 3);
	vq->desc[0].addr = GUEST_GPA + GUEST_MEM - 32;
	vq_expose(vq, 0);
}

HOSTILE_SPLIT(indirect_loop)
{
	struct vring_desc *t = table(g, vq, 3);

	t[1].next = 0;
	vq_expose(vq, 0);
}

HOSTILE_SPLIT(indirect_next_outside)
{
	struct vring_desc *t = table(g, vq, 3);

	t[1].next = 3;
	vq_expose(vq, 0);
}

HOSTILE(indirect_memory_gone)
{
	table(g, vq, 3);
	vq->desc[0].addr = GUEST_GPA + (8 << 20);
	ASSERT_EQ(munmap(g->mem + (8 << 20), 4096), 0);
	vq_expose(vq, 0);
}

/* ------------------------------------------------------------ avail ring */

HOSTILE_SPLIT(avail_index_absurd)
{
	(void)g;
	__atomic_store_n(&vq->avail->idx, 0x8000, __ATOMIC_RELEASE);
}

HOSTILE_SPLIT(avail_index_backwards)
{
	(void)g;
	__atomic_store_n(&vq->avail->idx, 0xffff, __ATOMIC_RELEASE);
}

HOSTILE_SPLIT(avail_index_one_too_many)
{
	(void)g;
	__atomic_store_n(&vq->avail->idx, vq->num + 1, __ATOMIC_RELEASE);
}

/* -------------------------------------------------------- several of them */

/* Correct requests before the bad one end as usual, those behind it never. */
TEST(violation_among_correct_requests)
{
	struct guest *g = hostile_guest(true, F_EVENT_IDX);
	uint64_t data = guest_alloc(g, 65536, 4096);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;
	int i;

	guest_start(g);
	for (i = 0; i < 8; i++) {
		struct seg s[] = {
			{ blk_header(g, VIRTIO_BLK_T_IN, i), 16, 0 },
			{ data + i * 512, 512, VRING_DESC_F_WRITE },
			{ data + 16384 + i, 1, VRING_DESC_F_WRITE },
		};

		if (i == 5)
			s[1].len = 0;
		vq_add(vq, s, 3);
	}
	vq_kick_always(vq);
	wait_needs_reset(g, 0);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	EXPECT_EQ(guest_stats(g, 0).completions, 5);
	guest_reset(g);
	guest_start(g);
	blk_works(g);
}

/* Only the queue is broken; others go on until the driver resets. */
TEST(violation_on_one_queue)
{
	struct guest_options o = { .nr_queues = 2,
				   .backend = temp_file(IMAGE_SIZE, 0) };
	struct guest *g = guest_new(&o);

	guest_start(g);
	vq_expose(&g->vq[1], 65535);
	vq_kick_always(&g->vq[1]);
	wait_needs_reset(g, 1);
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
	EXPECT_EQ(event_take(g->vq[0].err), 0);
	guest_reset(g);
	guest_start(g);
	blk_works(g);
}

/* Whatever a VMM does with the device meanwhile. */
TEST(broken_queue_stays_so_when_resumed)
{
	struct guest_options o = { .nr_queues = 2,
				   .backend = temp_file(IMAGE_SIZE, 0) };
	struct guest *g = guest_new(&o);
	struct vq *vq = &g->vq[1];
	struct vring_used_elem e;

	guest_start(g);
	request(g, vq, VIRTIO_BLK_T_IN, 512);
	vq->desc[0].len = 15;
	vq->desc[1].len = 0;
	vq_expose(vq, 0);
	vq_kick_always(vq);
	wait_needs_reset(g, 1);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
	EXPECT_TRUE(guest_status(g) & VIRTIO_CONFIG_S_NEEDS_RESET);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_RESUME, NULL), 0);
	EXPECT_TRUE(guest_status(g) & VIRTIO_CONFIG_S_NEEDS_RESET);
	vq_kick_always(vq);
	workers_rest();
	EXPECT_EQ(vq_wait(vq, &e, 0), -ETIMEDOUT);
	EXPECT_EQ(guest_stats(g, 1).violations, 1);
	EXPECT_EQ(event_take(vq->err), 0);
	blk_works(g);
	guest_reset(g);
	guest_start(g);
	blk_works(g);
}

TEST(violations_again_and_again)
{
	struct guest *g = hostile_guest(true, 0);
	int i;

	for (i = 1; i <= 100; i++) {
		guest_start(g);
		vq_expose(&g->vq[0], 65535);
		vq_kick_always(&g->vq[0]);
		ASSERT_TRUE(event_wait(g->config_fd, WAIT_MS));
		ASSERT_TRUE(event_wait(g->vq[0].err, WAIT_MS));
		ASSERT_EQ(guest_stats(g, 0).violations, i);
		guest_reset(g);
	}
	guest_start(g);
	blk_works(g);
}

/* False: the first request was over before the last was posted. */
static bool repost_in_flight(unsigned int delay_ms)
{
	struct guest_options o = { .num = 4, .pci = true };
	struct vring_used_elem e;
	struct nullb disk;
	struct guest *g;
	struct vq *vq;
	unsigned int i;
	unsigned int max;
	bool in_time;

	if (!nullb_new(&disk, 16, delay_ms * 1000000UL))
		SKIP("no null_blk disk");
	o.backend = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(o.backend, 0);
	g = guest_new(&o);
	vq = &g->vq[0];
	guest_start(g);
	request(g, vq, VIRTIO_BLK_T_IN, 512);
	/* In a packed ring an id in flight does not come again at all. */
	max = vq->packed ? 1 : 4;
	/* One by one, or there would be too many in the ring. */
	for (i = 1; i <= max; i++) {
		vq_expose(vq, 0);
		vq_kick_always(vq);
		while (guest_stats(g, 0).chains < i)
			usleep(1000);
	}
	vq_expose(vq, 0);
	vq_kick_always(vq);
	/* When they rest the last one was taken, or refused. */
	workers_rest();
	in_time = guest_stats(g, 0).violations ||
		  !guest_stats(g, 0).completions;
	if (in_time) {
		wait_needs_reset(g, 0);
		/* Those that were taken come back all the same. */
		for (i = 0; i < max; i++) {
			ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
			EXPECT_EQ(e.id, 0);
		}
		EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	}
	guest_reset(g);
	guest_start(g);
	blk_works(g);
	guest_free(g);
	close(o.backend);
	nullb_free(&disk);
	return in_time;
}

/*
 * The same head again while it is in flight: with a disk slow enough the
 * device sees more chains than the ring has descriptors.
 */
TEST_WHEN(have_null_blk, head_reposted_in_flight)
{
	unsigned int delay_ms = 500;

	/* On a machine that is busy: once more, and slower. */
	while (!repost_in_flight(delay_ms)) {
		delay_ms *= 4;
		ASSERT_GE(WAIT_MS, delay_ms);
	}
}
