// SPDX-License-Identifier: GPL-2.0
/*
 * VIRTIO_F_RING_RESET: a queue is reset by itself and enabled again, another
 * one than it was, while the device runs (virtio 1.3, 2.6.1).
 */
#include <fcntl.h>
#include <pthread.h>

#include "blk_common.h"

#define F_RESET		BIT(VIRTIO_F_RING_RESET)
#define S_BROKEN	(S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET)

/* ------------------------------------------------------------- registers */

static uint64_t field(struct guest *g, uint32_t offset, uint32_t len)
{
	return reg_read(g, g->bar.common_offset + offset, len);
}

static void set_field(struct guest *g, uint32_t offset, uint32_t len,
		      uint64_t value)
{
	reg_write(g, g->bar.common_offset + offset, len, value);
}

static void select_queue(struct guest *g, unsigned int index)
{
	set_field(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, index);
}

/* As a driver does it; afterwards nothing of the queue is left. */
static void reset_queue(struct guest *g, unsigned int index)
{
	uint64_t end = now_ms() + WAIT_MS;
	uint16_t max;

	select_queue(g, index);
	ASSERT_EQ(field(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
	ASSERT_EQ(field(g, VIRTIO_PCI_COMMON_Q_RESET, 2), 0);
	set_field(g, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	while (field(g, VIRTIO_PCI_COMMON_Q_RESET, 2))
		ASSERT_GE(end, now_ms());
	ASSERT_EQ(field(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	max = field(g, VIRTIO_PCI_COMMON_Q_SIZE, 2);
	EXPECT_GE(max, g->vq[index].num);
	EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_MSIX, 2), 0xffff);
	EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_DESCLO, 8), 0);
	EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_AVAILLO, 8), 0);
	EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_USEDLO, 8), 0);
	event_take(g->vq[index].call);
}

/* @num: not more than it was first */
static void enable_again(struct guest *g, unsigned int index, unsigned int num)
{
	g->vq[index].num = num;
	ASSERT_EQ(guest_setup_vq(g, index), 0);
}

static unsigned long long ignored(struct guest *g)
{
	return guest_stats(g, 0).dev_ignored_accesses;
}

static struct guest *disk(unsigned int nr_queues, int backend)
{
	struct guest_options o = { .pci = true, .nr_queues = nr_queues,
				   .backend = backend };

	return guest_new(&o);
}

static struct guest *started(unsigned int nr_queues, uint64_t refuse)
{
	struct guest *g = disk(nr_queues, temp_file(4 * MIB, 0));

	g->o.refuse |= refuse;
	guest_start(g);
	EXPECT_EQ(!!(g->features & F_RESET), !(refuse & F_RESET));
	return g;
}

/* ------------------------------------------------------------- the offer */

static uint64_t offered(uint32_t type, uint32_t isr, uint64_t allowed)
{
	struct kvdev_create c = { .size = sizeof(c), .features = allowed,
				  .device_id = VIRTIO_ID_BLOCK };
	struct kvdev_bind_transport b = { .size = sizeof(b), .type = type };
	uint64_t before, features;
	int fd = dev_open();

	ASSERT_EQ(cmd(fd, KVDEV_CREATE, &c), 0);
	ASSERT_EQ(cmd(fd, VHOST_GET_FEATURES, &before), 0);
	/* There is no register yet */
	EXPECT_EQ(before & F_RESET, 0);
	if (isr) {
		b.notify_offset = 0x100;
		b.isr_offset = isr;
		b.device_offset = 0x300;
		b.bar_size = 0x1000;
	}
	ASSERT_EQ(cmd(fd, KVDEV_BIND_TRANSPORT, &b), 0);
	if (type == KVDEV_TRANSPORT_PCI_MODERN)
		EXPECT_EQ(b.common_len, isr && isr < 60 ? 56 : 60);
	ASSERT_EQ(cmd(fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features & ~F_RESET, before);
	close(fd);
	return features & F_RESET;
}

TEST_WHEN(split_rings, offered_where_there_is_a_register)
{
	EXPECT_TRUE(offered(KVDEV_TRANSPORT_PCI_MODERN, 0, 0));
	EXPECT_TRUE(offered(KVDEV_TRANSPORT_PCI_TRANSITIONAL, 0, 0));
	EXPECT_TRUE(offered(KVDEV_TRANSPORT_MMIO, 0, 0));
	EXPECT_TRUE(!offered(KVDEV_TRANSPORT_PCI_LEGACY, 0, 0));
	EXPECT_TRUE(!offered(KVDEV_TRANSPORT_MMIO_LEGACY, 0, 0));
	/* A VMM may forbid it, or leave no room for the register */
	EXPECT_TRUE(!offered(KVDEV_TRANSPORT_PCI_MODERN, 0, F_VERSION_1));
	EXPECT_TRUE(offered(KVDEV_TRANSPORT_PCI_MODERN, 60, 0));
	EXPECT_TRUE(!offered(KVDEV_TRANSPORT_PCI_MODERN, 59, 0));
	EXPECT_TRUE(!offered(KVDEV_TRANSPORT_PCI_MODERN, 56, 0));
}

/* A device that is left is as it was before it had a transport. */
TEST_WHEN(split_rings, offer_ends_with_the_transport)
{
	struct kvdev_create c = { .size = sizeof(c),
				  .flags = KVDEV_CREATE_NAMED,
				  .device_id = VIRTIO_ID_BLOCK };
	struct kvdev_name n = { .size = sizeof(n) };
	struct kvdev_bind_transport b = { .size = sizeof(b),
					  .type = KVDEV_TRANSPORT_MMIO };
	uint64_t features;
	int fd = dev_open();

	snprintf((char *)c.name, sizeof(c.name), "reset-%d", getpid());
	memcpy(n.name, c.name, sizeof(n.name));
	ASSERT_EQ(cmd(fd, KVDEV_CREATE, &c), 0);
	ASSERT_EQ(cmd(fd, KVDEV_BIND_TRANSPORT, &b), 0);
	close(fd);
	fd = dev_open();
	ASSERT_EQ(cmd(fd, KVDEV_OPEN, &n), 0);
	EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features & F_RESET, 0);
	EXPECT_EQ(cmd(fd, KVDEV_DELETE, &n), 0);
	close(fd);
}

/* --------------------------------------------------------------- function */

TEST(another_size)
{
	static const unsigned int split[] = { 4, 128, 8, 64, 16, 32 };
	static const unsigned int packed[] = { 5, 128, 7, 99, 3, 32 };
	struct guest *g = started(1, 0);
	unsigned int max = g->vq[0].num, i, n;

	for (i = 0; i < 4 * ARRAY_SIZE(split); i++) {
		unsigned int at = i % ARRAY_SIZE(split);

		/* Where the ring is then, and which way round, is forgotten */
		for (n = 0; n <= i; n++)
			blk_works(g);
		reset_queue(g, 0);
		enable_again(g, 0, split_rings() ? split[at] : packed[at]);
		blk_works(g);
		EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	}
	reset_queue(g, 0);
	enable_again(g, 0, max);
	blk_works(g);
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
	EXPECT_EQ(ignored(g), 0);
	/* The reset of all is the same as ever */
	guest_reset(g);
	guest_start(g);
	blk_works(g);
}

/* Before DRIVER_OK too: the queue starts with the others. */
TEST(before_driver_ok)
{
	struct guest *g = disk(2, temp_file(4 * MIB, 0));

	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	ASSERT_EQ(guest_setup_vq(g, 1), 0);
	reset_queue(g, 0);
	enable_again(g, 0, 16);
	reset_queue(g, 1);
	ASSERT_EQ(guest_driver_ok(g), 0);
	blk_works(g);
	enable_again(g, 1, 32);
	EXPECT_EQ(blk_request(g, 1, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL), 0);
	EXPECT_EQ(ignored(g), 0);
}

/* A queue that was reset is the driver's memory; doorbells do nothing. */
TEST(reset_queue_is_left_alone)
{
	struct guest *g = started(2, 0);
	struct seg s[] = { { blk_header(g, VIRTIO_BLK_T_FLUSH, 0), 16, 0 },
			   { guest_alloc(g, 1, 1), 1, W } };
	struct vq *vq = &g->vq[0];
	uint8_t *status = guest_ptr(g, s[1].addr);
	struct vring_used_elem e;

	blk_works(g);
	reset_queue(g, 0);
	*status = CANARY;
	ASSERT_GE(vq_add(vq, s, 2), 0);
	vq_kick_always(vq);
	reg_write(g, g->bar.notify_offset, 2, 0);
	EXPECT_EQ(blk_request(g, 1, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL), 0);
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	EXPECT_EQ(*status, CANARY);
	enable_again(g, 0, vq->num);
	/* The old ring was emptied, so nothing happens of itself */
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	blk_works(g);
}

/* What waits on the new ring is served without a kick. */
TEST(served_when_enabled_again)
{
	struct guest *g = started(1, 0);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;

	blk_works(g);
	reset_queue(g, 0);
	enable_again(g, 0, 8);
	reset_queue(g, 0);
	vq_layout(vq);
	ASSERT_GE(vq_add(vq, (struct seg[]){
		{ blk_header(g, VIRTIO_BLK_T_FLUSH, 0), 16, 0 },
		{ guest_alloc(g, 1, 1), 1, W } }, 2), 0);
	set_field(g, VIRTIO_PCI_COMMON_Q_SIZE, 2, 8);
	set_field(g, VIRTIO_PCI_COMMON_Q_MSIX, 2, 1);
	set_field(g, VIRTIO_PCI_COMMON_Q_DESCLO, 8,
		  guest_addr(g, vq->area[0]));
	set_field(g, VIRTIO_PCI_COMMON_Q_AVAILLO, 8,
		  guest_addr(g, vq->area[1]));
	set_field(g, VIRTIO_PCI_COMMON_Q_USEDLO, 8, guest_addr(g, vq->area[2]));
	set_field(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	EXPECT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
}

/* A VMM that pauses the device does not notice. */
TEST(while_suspended)
{
	struct guest *g = started(2, 0);

	blk_works(g);
	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
	reset_queue(g, 0);
	enable_again(g, 0, 16);
	reset_queue(g, 1);
	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_RESUME, NULL), 0);
	blk_works(g);
	enable_again(g, 1, 16);
	EXPECT_EQ(blk_request(g, 1, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL), 0);
}

/* ------------------------------------------------------------ under load */

/* A reset waits for what is in flight and then touches nothing of the queue. */
TEST_WHEN(have_null_blk, in_flight)
{
	struct nullb store;
	struct guest *g;
	struct vq *vq;
	uint64_t at;
	int round, i, fd;

	if (!nullb_new(&store, 16, 200 * 1000000UL))
		SKIP("no null_blk disk");
	fd = open(store.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	g = disk(2, fd);
	guest_start(g);
	vq = &g->vq[1];
	at = guest_alloc(g, 64 * 4096, 4096);
	for (round = 0; round < 5; round++) {
		uint8_t *area[3] = { vq->area[0], vq->area[1], vq->area[2] };

		memset(guest_ptr(g, at), CANARY, 64 * 4096);
		for (i = 0; i < 32; i++) {
			struct virtio_blk_outhdr h = { .type = VIRTIO_BLK_T_IN,
						       .sector = i };
			struct seg s[] = { { at + i * 8192, 16, 0 },
					   { at + i * 8192 + 512, 4097, W } };

			memcpy(guest_ptr(g, s[0].addr), &h, sizeof(h));
			if (vq->nr_free >= 2)
				ASSERT_GE(vq_add(vq, s, 2), 0);
		}
		vq_kick_always(vq);
		usleep(round * 20000);
		reset_queue(g, 1);
		EXPECT_EQ(guest_stats(g, 1).chains,
			  guest_stats(g, 1).completions);
		/* From here on the memory is the driver's. */
		memset(guest_ptr(g, at), CANARY, 64 * 4096);
		memset(area[0], CANARY, 16 * vq->num);
		usleep(250000);
		EXPECT_TRUE(all_bytes(guest_ptr(g, at), 64 * 4096, CANARY));
		EXPECT_TRUE(all_bytes(area[0], 16 * vq->num, CANARY));
		EXPECT_EQ(event_take(vq->call), 0);
		enable_again(g, 1, 128 >> round);
		EXPECT_EQ(blk_request(g, 1, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL),
			  0);
	}
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	blk_works(g);
	guest_free(g);
	close(fd);
	nullb_free(&store);
}

#define NR_LOADS	4
#define LOAD_MS		3000
#define SLOT		8192

static pthread_mutex_t registers = PTHREAD_MUTEX_INITIALIZER;

struct load {
	struct guest *g;
	unsigned int index;
	uint64_t slots;			/* 9 of them, in guest memory */
	unsigned int resets;
};

/* One that waits, in the first slot; sectors of this queue. */
static void request(struct load *l, uint32_t type)
{
	struct virtio_blk_outhdr h = { .type = type,
				       .sector = l->index * 256 };
	struct seg s[] = {
		{ l->slots, 16, 0 },
		{ l->slots + 512, 4096, type == VIRTIO_BLK_T_IN ? W : 0 },
		{ l->slots + 16, 1, W },
	};

	memcpy(guest_ptr(l->g, l->slots), &h, sizeof(h));
	*(uint8_t *)guest_ptr(l->g, l->slots + 16) = 0xff;
	ASSERT_EQ(vq_submit(&l->g->vq[l->index], s, 3, NULL), 0);
	ASSERT_EQ(*(uint8_t *)guest_ptr(l->g, l->slots + 16), 0);
}

/* Some that nobody waits for, in the others. */
static void post(struct load *l)
{
	struct vq *vq = &l->g->vq[l->index];
	unsigned int i;

	for (i = 1; i <= 8 && vq->nr_free >= 2; i++) {
		uint64_t at = l->slots + i * SLOT;
		struct virtio_blk_outhdr h = { .type = VIRTIO_BLK_T_IN,
					       .sector = i };
		struct seg s[] = { { at, 16, 0 }, { at + 16, 4097, W } };

		memcpy(guest_ptr(l->g, at), &h, sizeof(h));
		ASSERT_GE(vq_add(vq, s, 2), 0);
	}
	vq_kick_always(vq);
}

static void *load_thread(void *data)
{
	static const unsigned int split[] = { 4, 64, 16, 128 };
	static const unsigned int packed[] = { 5, 64, 19, 127 };
	struct load *l = data;
	uint64_t end = now_ms() + LOAD_MS, seed = l->index << 16;
	uint8_t *busy = guest_ptr(l->g, l->slots + SLOT);
	uint8_t *buffer = guest_ptr(l->g, l->slots + 512);
	unsigned int i, num;

	memset(busy, CANARY, 8 * SLOT);
	while (now_ms() < end || l->resets < 3) {
		for (i = 0; i < 3; i++) {
			fill(buffer, 4096, ++seed);
			request(l, VIRTIO_BLK_T_OUT);
			memset(buffer, 0, 4096);
			request(l, VIRTIO_BLK_T_IN);
			ASSERT_TRUE(filled(buffer, 4096, seed));
		}
		/* What the last reset left belongs to nobody else */
		ASSERT_TRUE(all_bytes(busy, 8 * SLOT, CANARY));
		post(l);
		num = (split_rings() ? split : packed)[l->resets++ % 4];
		pthread_mutex_lock(&registers);
		reset_queue(l->g, l->index);
		memset(busy, CANARY, 8 * SLOT);
		enable_again(l->g, l->index, num);
		pthread_mutex_unlock(&registers);
	}
	return NULL;
}

/* Each queue of a disk is reset under I/O while the others go on. */
TEST(every_queue_while_others_run)
{
	struct guest *g = started(NR_LOADS, 0);
	struct load load[NR_LOADS];
	pthread_t thread[NR_LOADS];
	unsigned int i;

	for (i = 0; i < NR_LOADS; i++) {
		load[i] = (struct load){ .g = g, .index = i };
		load[i].slots = guest_alloc(g, 9 * SLOT, 4096);
		ASSERT_EQ(pthread_create(&thread[i], NULL, load_thread,
					 &load[i]), 0);
	}
	for (i = 0; i < NR_LOADS; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < NR_LOADS; i++) {
		NOTE("queue %u: %u resets", i, load[i].resets);
		EXPECT_GE(load[i].resets, 3);
		EXPECT_EQ(guest_stats(g, i).violations, 0);
	}
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	EXPECT_EQ(ignored(g), 0);
	blk_works(g);
}

/* --------------------------------------------------------------- hostile */

/* What is no reset is ignored and counted, and the queue goes on. */
TEST(ignored_and_counted)
{
	static const uint16_t values[] = { 0, 2, 0x101, 0x8001, 0xffff };
	struct guest *g = started(2, 0);
	unsigned long long before = ignored(g);
	unsigned int i;

	select_queue(g, 0);
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		set_field(g, VIRTIO_PCI_COMMON_Q_RESET, 2, values[i]);
		EXPECT_EQ(ignored(g), ++before);
	}
	set_field(g, VIRTIO_PCI_COMMON_Q_RESET, 1, 1);
	set_field(g, VIRTIO_PCI_COMMON_Q_NDATA, 4, 0x10000);
	set_field(g, VIRTIO_PCI_COMMON_Q_NDATA, 2, 1);
	set_field(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 0);
	select_queue(g, 2);
	set_field(g, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	select_queue(g, 0xffff);
	set_field(g, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_RESET, 2), 0);
	before += 6;
	EXPECT_EQ(ignored(g), before);
	blk_works(g);
	/* Twice */
	reset_queue(g, 1);
	set_field(g, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	EXPECT_EQ(ignored(g), ++before);
	EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_RESET, 2), 0);
	enable_again(g, 1, 16);
	EXPECT_EQ(blk_request(g, 1, VIRTIO_BLK_T_FLUSH, 0, 0, 0, NULL), 0);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
}

TEST(not_negotiated)
{
	struct guest *g = started(1, F_RESET);
	unsigned long long before = ignored(g);

	select_queue(g, 0);
	set_field(g, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
	EXPECT_EQ(ignored(g), before + 1);
	EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_RESET, 2), 0);
	EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
	blk_works(g);
}

/* Nothing runs any more before a reset of the device, but resets end. */
TEST(broken_device)
{
	struct guest *g = started(2, 0);
	struct vq *vq = &g->vq[0];
	unsigned long long before;
	unsigned int i;

	blk_works(g);
	vq_expose(vq, vq->num);
	vq_kick_always(vq);
	EXPECT_TRUE(event_wait(g->config_fd, WAIT_MS));
	ASSERT_EQ(guest_status(g), S_BROKEN);
	for (i = 0; i < 2; i++) {
		reset_queue(g, i);
		before = ignored(g);
		EXPECT_EQ(guest_setup_vq(g, i), -EINVAL);
		EXPECT_EQ(ignored(g), before + 1);
	}
	EXPECT_EQ(guest_status(g), S_BROKEN);
	guest_reset(g);
	guest_start(g);
	blk_works(g);
}

/* Enabled again with a ring that cannot be: the device says so. */
TEST(bad_ring_again)
{
	static const uint64_t bad[][3] = {
		{ 0, 0, 0 },			/* none at all */
		{ 0xfffffffffffff000ULL, 4096, 8192 },
		{ GUEST_GPA + 8, GUEST_GPA + 4096, GUEST_GPA + 8192 },
		{ GUEST_GPA, GUEST_GPA + 4096, GUEST_GPA + GUEST_MEM },
	};
	struct guest *g = disk(2, temp_file(4 * MIB, 0));
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		guest_start(g);
		blk_works(g);
		reset_queue(g, 1);
		set_field(g, VIRTIO_PCI_COMMON_Q_DESCLO, 8, bad[i][0]);
		set_field(g, VIRTIO_PCI_COMMON_Q_AVAILLO, 8, bad[i][1]);
		set_field(g, VIRTIO_PCI_COMMON_Q_USEDLO, 8, bad[i][2]);
		set_field(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
		EXPECT_EQ(guest_status(g), S_BROKEN);
		/* Of a queue that never ran */
		select_queue(g, 1);
		set_field(g, VIRTIO_PCI_COMMON_Q_RESET, 2, 1);
		EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_RESET, 2), 0);
		EXPECT_EQ(field(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
		guest_reset(g);
	}
	guest_start(g);
	blk_works(g);
}
