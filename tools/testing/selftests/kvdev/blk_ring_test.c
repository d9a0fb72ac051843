// SPDX-License-Identifier: GPL-2.0
/*
 * What a correct driver of a block device may rely on: notifications, rings
 * that are full or wrap, and the end of what is in flight.
 */
#include <fcntl.h>
#include <poll.h>

#include "blk_common.h"

/* --------------------------------------------------------- notifications */

static void post_flush(struct guest *g, struct vq *vq, uint64_t *status)
{
	struct seg s[] = { { blk_header(g, VIRTIO_BLK_T_FLUSH, 0), 16, 0 },
			   { guest_alloc(g, 1, 1), 1, W } };

	*status = s[1].addr;
	*(uint8_t *)guest_ptr(g, *status) = 0xff;
	ASSERT_GE(vq_add(vq, s, 2), 0);
}

/*
 * The device uses entry after entry of the first queue, this is number @idx, and
 * whoever waits for it looks at memory only. Is there one interrupt for it?
 */
static void flush_polled(struct guest *g, uint16_t idx, bool interrupt)
{
	uint64_t before = guest_stats_told(g, 0, idx - 1).signals;
	uint64_t status, end = now_ms() + WAIT_MS;
	struct vq *vq = &g->vq[0];
	struct pollfd p = { .fd = vq->call, .events = POLLIN };

	post_flush(g, vq, &status);
	vq_kick_always(vq);
	while (vq_used_idx(vq) != idx) {
		ASSERT_GE(end, now_ms());
		usleep(100);
	}
	/* It comes after what it is for, and after it was decided. */
	EXPECT_EQ(guest_stats_told(g, 0, idx).signals, before + interrupt);
	EXPECT_EQ(poll(&p, 1, interrupt ? WAIT_MS : 20), interrupt);
	EXPECT_EQ(event_take(vq->call), interrupt);
}

TEST(no_interrupt_flag)
{
	struct guest *g = file_guest(false, F_EVENT_IDX);
	struct vq *vq = &g->vq[0];

	vq_interrupts(vq, false);
	flush_polled(g, 1, false);
	flush_polled(g, 2, false);
	vq_interrupts(vq, true);
	flush_polled(g, 3, true);
	EXPECT_EQ(guest_stats(g, 0).signals_suppressed, 2);
}

/* A ring that was in use before: the first one comes whatever is wished. */
TEST(no_interrupt_flag_of_a_ring_that_goes_on)
{
	struct guest *g = file_guest(false, F_EVENT_IDX);
	struct vhost_vring_state s = { .index = 0 };
	struct vq *vq = &g->vq[0];

	vq_interrupts(vq, false);
	flush_polled(g, 1, false);
	ASSERT_EQ(cmd(g->fd, VHOST_GET_VRING_BASE, &s), 0);
	ASSERT_EQ(vring_state(g->fd, VHOST_SET_VRING_BASE, 0, s.num), 0);
	ASSERT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
	flush_polled(g, 2, true);
	flush_polled(g, 3, false);
}

TEST(event_idx_interrupts)
{
	struct guest *g = file_guest(true, 0);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;
	int i;

	/* Not when the first is used, but when the third is: index 0 + 2. */
	vq_interrupt_at(vq, 2, 2);
	for (i = 1; i <= 4; i++)
		flush_polled(g, i, i == 3);
	for (i = 1; i <= 4; i++)
		ASSERT_TRUE(vq_get(vq, &e));
	/* Only when the fifth from here is used: index 4 + 4. */
	vq_interrupt_at(vq, 8, 2);
	for (i = 5; i <= 10; i++)
		flush_polled(g, i, i == 9);
}

/* The device that is idle wants a kick; whatever it said before. */
TEST(kicks_when_idle)
{
	static const uint64_t refuse[] = { 0, F_EVENT_IDX };
	unsigned int i;
	int n;

	for (i = 0; i < ARRAY_SIZE(refuse); i++) {
		struct guest *g = file_guest(false, refuse[i]);

		for (n = 0; n < 50; n++) {
			uint64_t status;
			struct vring_used_elem e;
			struct vq *vq = &g->vq[0];

			post_flush(g, vq, &status);
			/* Kicks only if asked to; must not hang. */
			vq_kick(vq);
			ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
			vq_free_chain(vq, e.id);
		}
		guest_free(g);
	}
}

/*
 * What only packed rings have: a driver may call its buffers what it likes
 * (virtio 1.3, 2.8), and in a table of descriptors all flags but WRITE mean
 * nothing (2.8.7).
 */
TEST_WHEN(split_rings, packed_ids_and_flags)
{
	static const uint16_t ids[] = { 0xffff, 4, 0x8000, 0, 300, 0xffff, 1 };
	struct guest_options o = { .packed = true, .num = 4,
				   .backend = temp_file(MIB, 0) };
	struct guest *g = guest_new(&o);
	struct vq *vq = &g->vq[0];
	uint64_t table = guest_alloc(g, 2 * 16, 16);
	struct vring_packed_desc *t = guest_ptr(g, table);
	uint64_t status = guest_alloc(g, 1, 1);
	struct vring_packed_desc *d = NULL;
	unsigned int i;

	guest_start(g);
	ASSERT_TRUE(vq->packed);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		bool wrap = i / vq->num % 2 == 0;
		uint64_t end = now_ms() + WAIT_MS;
		uint16_t used = wrap ? 0x8080 : 0;

		*(uint8_t *)guest_ptr(g, status) = 0xff;
		t[0] = (struct vring_packed_desc){
			blk_header(g, VIRTIO_BLK_T_FLUSH, 0), 16, i,
			0xffff & ~W };
		t[1] = (struct vring_packed_desc){ status, 1, 0xffff, 0xffff };
		d = &vq->ring[i % vq->num];
		d->addr = table;
		d->len = 2 * 16;
		d->id = ids[i];
		__atomic_store_n(&d->flags, VRING_DESC_F_INDIRECT |
				 (wrap ? 0x80 : 0x8000), __ATOMIC_RELEASE);
		vq_kick_always(vq);
		while ((__atomic_load_n(&d->flags, __ATOMIC_ACQUIRE) & 0x8080) !=
		       used) {
			ASSERT_EQ(guest_status(g), S_DRIVER_OK);
			ASSERT_GE(end, now_ms());
		}
		EXPECT_EQ(d->id, ids[i]);
		EXPECT_EQ(d->len, 1);
		EXPECT_EQ(*(uint8_t *)guest_ptr(g, status), 0);
	}
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
	guest_free(g);
}

/* Buffers made available before the queue runs are served without a kick. */
TEST(served_at_start)
{
	static const bool pci[] = { false, true };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct guest_options o = { .pci = pci[i],
					   .backend = temp_file(MIB, 0) };
		struct guest *g = guest_new(&o);
		struct vring_used_elem e;
		uint64_t status;

		ASSERT_EQ(guest_negotiate(g), 0);
		ASSERT_EQ(guest_setup_vq(g, 0), 0);
		post_flush(g, &g->vq[0], &status);
		EXPECT_EQ(vq_wait(&g->vq[0], &e, 50), -ETIMEDOUT);
		guest_driver_ok(g);
		EXPECT_EQ(vq_wait(&g->vq[0], &e, WAIT_MS), 0);
		guest_free(g);
	}
}

/* A kick that came before the eventfd was given is not lost. */
TEST(kick_before_eventfd)
{
	struct guest *g = file_guest(false, 0);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;
	uint64_t status;

	/* The look at the ring that a start brings must be over. */
	blk_works(g);
	workers_rest();
	ASSERT_EQ(vring_file(g->fd, VHOST_SET_VRING_KICK, 0, -1), 0);
	post_flush(g, vq, &status);
	vq_kick_always(vq);
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	ASSERT_EQ(vring_file(g->fd, VHOST_SET_VRING_KICK, 0, vq->kick), 0);
	EXPECT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
}

/* By register: the doorbell of the queue. */
TEST(kick_by_register)
{
	struct guest *g = file_guest(true, 0);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;
	uint64_t status;
	int i;

	for (i = 0; i < 10; i++) {
		post_flush(g, vq, &status);
		reg_write(g, g->bar.notify_offset, 2, 0);
		ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
		vq_free_chain(vq, e.id);
	}
}

/*
 * A full ring in one kick: all come back, with few interrupts. For requests
 * that the worker ends itself that does not depend on any timing: it publishes
 * once a round.
 */
TEST(batch)
{
	struct guest_options o = { .queue_size = 1024, .mem = 32 * MIB,
				   .backend = temp_file(MIB, 0) };
	struct guest *g = guest_new(&o);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;
	uint64_t status[512];
	int i;

	guest_start(g);
	/* Or it takes the first ones as they come. */
	workers_rest();
	for (i = 0; i < 512; i++) {
		struct seg s[] = {
			{ blk_header(g, VIRTIO_BLK_T_GET_ID, 0), 16, 0 },
			{ guest_alloc(g, 21, 1), 21, W },
		};

		status[i] = s[1].addr + 20;
		*(uint8_t *)guest_ptr(g, status[i]) = 0xff;
		ASSERT_GE(vq_add(vq, s, 2), 0);
	}
	EXPECT_EQ(vq->nr_free, 0);
	vq_kick_always(vq);
	for (i = 0; i < 512; i++)
		ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	for (i = 0; i < 512; i++)
		EXPECT_EQ(*(uint8_t *)guest_ptr(g, status[i]), 0);
	NOTE("512 requests, %llu interrupts", guest_stats(g, 0).signals);
	EXPECT_LE(guest_stats(g, 0).signals, 4);
}

/* Indexes wrap at 65536. */
static void wrap(struct guest *g, int total)
{
	struct vq *vq = &g->vq[0];
	uint64_t header = blk_header(g, VIRTIO_BLK_T_GET_ID, 0);
	uint64_t data = guest_alloc(g, 32 * 256, 1);
	struct vring_used_elem e;
	int posted = 0, done = 0;

	while (done < total) {
		while (vq->nr_free >= 2 && posted < total) {
			struct seg s[] = {
				{ header, 16, 0 },
				{ data + posted % 256 * 32, 21, W },
			};

			ASSERT_GE(vq_add(vq, s, 2), 0);
			posted++;
		}
		vq_kick(vq);
		ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
		do {
			ASSERT_EQ(e.len, 21);
			vq_free_chain(vq, e.id);
			done++;
		} while (vq_get(vq, &e));
	}
	EXPECT_EQ(guest_stats(g, 0).completions, total);
	blk_works(g);
}

TEST(index_wrap_small_ring)
{
	struct guest_options o = { .num = 4, .backend = temp_file(MIB, 0) };
	struct guest *g = guest_new(&o);

	guest_start(g);
	wrap(g, 66000);
}

TEST(index_wrap_large_ring)
{
	struct guest_options o = { .queue_size = 1024, .pci = true,
				   .backend = temp_file(MIB, 0) };
	struct guest *g = guest_new(&o);

	guest_start(g);
	wrap(g, 140000);
}

/*
 * A ring that is full all the time, with a chain in every descriptor: as soon
 * as the driver sees a used entry it uses the descriptor again, and does not
 * wait for interrupts.
 */
static void full_ring(int backend, unsigned int num, int total)
{
	struct guest_options o = { .num = num, .pci = true,
				   .backend = backend };
	struct guest *g = guest_new(&o);
	struct vq *vq = &g->vq[0];
	uint64_t table[64], end = now_ms() + 6 * WAIT_MS;
	struct vring_used_elem e;
	int posted = 0, done = 0;
	unsigned int i;

	guest_start(g);
	for (i = 0; i < num; i++)
		table[i] = guest_alloc(g, 4096 + 3 * 16, 4096);
	while (done < total) {
		while (vq->nr_free && posted < total) {
			uint64_t t = table[vq->free[vq->nr_free - 1]];
			struct virtio_blk_outhdr *h = guest_ptr(g, t + 48);
			struct seg s[] = {
				{ t + 48, 16, 0 },
				{ t + 512, 512, W },
				{ t + 1024, 1, W },
			};

			/* Flushes end in other threads, with luck reads too. */
			*h = (struct virtio_blk_outhdr){
				.type = posted % 3 ? VIRTIO_BLK_T_FLUSH :
						     VIRTIO_BLK_T_IN,
				.sector = posted % 2048 };
			posted++;
			ASSERT_GE(vq_add_indirect(vq, t, s, 3), 0);
			vq_kick_always(vq);
		}
		while (vq_get(vq, &e)) {
			vq_free_chain(vq, e.id);
			done++;
		}
		if (now_ms() > end || !(random() % 4096)) {
			ASSERT_EQ(guest_status(g), S_DRIVER_OK);
			ASSERT_GE(end, now_ms());
		}
	}
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
	EXPECT_EQ(guest_stats(g, 0).completions, total);
	guest_free(g);
}

TEST(full_ring_buffered_file)
{
	int fd = temp_file(MIB, 0);

	full_ring(fd, 1, 5000);
	full_ring(fd, 4, 5000);
}

TEST_WHEN(have_null_blk, full_ring_null_blk)
{
	struct nullb disk;
	int fd;

	if (!nullb_new(&disk, 8, 10000))
		SKIP("no null_blk disk");
	fd = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	full_ring(fd, 1, 3000);
	full_ring(fd, 2, 5000);
	full_ring(fd, 16, 10000);
	close(fd);
	nullb_free(&disk);
}

/* --------------------------------------------------- reset and slow disks */

/* A reset with requests in flight waits for them and then touches nothing. */
TEST_WHEN(have_null_blk, reset_in_flight)
{
	struct guest_options o = { .pci = true };
	struct nullb disk;
	struct guest *g;
	uint64_t data;
	int round, i;

	if (!nullb_new(&disk, 16, 200 * 1000000UL))
		SKIP("no null_blk disk");
	o.backend = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(o.backend, 0);
	g = guest_new(&o);
	data = guest_alloc(g, 64 * 4096, 4096);
	guest_start(g);
	guest_reset(g);
	for (round = 0; round < 5; round++) {
		size_t brk = g->brk;

		guest_start(g);
		memset(guest_ptr(g, data), CANARY, 64 * 4096);
		for (i = 0; i < 32; i++) {
			struct seg s[] = {
				{ blk_header(g, VIRTIO_BLK_T_IN, i), 16, 0 },
				{ data + i * 8192, 4097, W },
			};

			ASSERT_GE(vq_add(&g->vq[0], s, 2), 0);
		}
		vq_kick_always(&g->vq[0]);
		usleep(round * 20000);
		guest_reset(g);
		/* From here on the memory is the driver's. */
		memset(g->mem, CANARY, g->o.mem);
		usleep(300000);
		EXPECT_TRUE(all_bytes(g->mem, g->o.mem, CANARY));
		EXPECT_EQ(event_take(g->vq[0].call), 0);
		g->brk = brk;
	}
	EXPECT_EQ(guest_stats(g, 0).chains, guest_stats(g, 0).completions);
	guest_start(g);
	blk_works(g);
	guest_free(g);
	close(o.backend);
	nullb_free(&disk);
}

/* GET_VRING_BASE drains: everything taken has been given back. */
TEST_WHEN(have_null_blk, stop_drains)
{
	struct vhost_vring_state s = { .index = 0 };
	struct guest_options o = {};
	struct nullb disk;
	struct guest *g;
	struct vq *vq;
	int i;

	if (!nullb_new(&disk, 16, 200 * 1000000UL))
		SKIP("no null_blk disk");
	o.backend = open(disk.path, O_RDWR | O_CLOEXEC);
	g = guest_new(&o);
	vq = &g->vq[0];
	guest_start(g);
	for (i = 0; i < 16; i++) {
		struct seg seg[] = {
			{ blk_header(g, VIRTIO_BLK_T_IN, i), 16, 0 },
			{ guest_alloc(g, 513, 1), 513, W },
		};

		ASSERT_GE(vq_add(vq, seg, 2), 0);
	}
	vq_kick_always(vq);
	usleep(20000);
	ASSERT_EQ(cmd(g->fd, VHOST_GET_VRING_BASE, &s), 0);
	if (vq->packed)
		EXPECT_EQ(s.num >> 16, s.num & 0xffff);
	else
		EXPECT_EQ(vq->used->idx, (uint16_t)s.num);
	/* What was not taken is served after going on. */
	EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_BASE, 0, s.num), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
	for (i = 0; i < 16; i++) {
		struct vring_used_elem e;

		EXPECT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	}
	guest_free(g);
	close(o.backend);
	nullb_free(&disk);
}
