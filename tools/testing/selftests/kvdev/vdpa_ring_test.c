// SPDX-License-Identifier: GPL-2.0
/*
 * Where rings are, told to a VMM that stops a device on the vDPA bus and goes on
 * with it: what a migration does. On split rings, and, by another name of this
 * program, on packed ones.
 */
#include "vdpa_user.h"

static uint32_t base_of(struct guest *g, unsigned int queue)
{
	struct vhost_vring_state s = { .index = queue };

	ASSERT_EQ(cmd(g->fd, VHOST_GET_VRING_BASE, &s), 0);
	return s.num;
}

/* virtio 1.3, 2.8.10: a place in the ring, and the wrap counter above it */
static uint32_t place(const struct vq *vq, uint16_t pos)
{
	return pos < vq->num ? pos | 1 << 15 : pos - vq->num;
}

/* What vhost says of a ring whose chains were all served. */
static uint32_t base_when_idle(const struct vq *vq)
{
	if (!vq->packed)
		return vq->avail_idx;
	return place(vq, vq->avail_pos) | place(vq, vq->used_pos) << 16;
}

/* ------------------------------------------------------------------ tests */

TEST(suspend_and_resume)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest *g = vdpa_guest(d);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;
	struct seg s[3];
	unsigned int i;
	uint32_t base;

	for (i = 0; i < 5; i++)
		blk_works(g);
	base = base_when_idle(vq);
	EXPECT_EQ(base_of(g, 0), base);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
	EXPECT_EQ(base_of(g, 0), base);
	EXPECT_EQ(base_of(g, 1), base_when_idle(&g->vq[1]));

	/* Nothing is looked at, and nothing is lost. */
	s[0] = (struct seg){ blk_header(g, VIRTIO_BLK_T_IN, 0), 16, 0 };
	s[1] = (struct seg){ guest_alloc(g, 512, 512), 512, W };
	s[2] = (struct seg){ guest_alloc(g, 1, 1), 1, W };
	ASSERT_GE(vq_add(vq, s, 3), 0);
	vq_kick_always(vq);
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	EXPECT_EQ(base_of(g, 0), base);
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_RESUME, NULL), 0);
	EXPECT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	vq_free_chain(vq, e.id);
	EXPECT_NE(base_of(g, 0), base);
	EXPECT_EQ(base_of(g, 0), base_when_idle(vq));
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_RESUME, NULL), 0);
	blk_works(g);

	/* A reset takes a device out of it. */
	EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
	guest_reset(g);
	guest_start(g);
	blk_works(g);
	vdpa_done(d, g);
}

/* A new driver of the same ring: nothing in it is touched. */
static void go_on(struct guest *g, struct vq *vq, uint32_t base)
{
	struct vhost_vring_addr a = {
		.desc_user_addr = guest_addr(g, vq->area[0]),
		.avail_user_addr = guest_addr(g, vq->area[1]),
		.used_user_addr = guest_addr(g, vq->area[2]),
	};

	ASSERT_EQ(guest_negotiate(g), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_NUM, 0, vq->num), 0);
	EXPECT_EQ(cmd(g->fd, VHOST_SET_VRING_ADDR, &a), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_BASE, 0, base), 0);
	EXPECT_EQ(vring_file(g->fd, VHOST_SET_VRING_CALL, 0, vq->call), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
	EXPECT_EQ(guest_driver_ok(g), 0);
}

/* A ring that is in use goes on where it was, across a reset. */
TEST(ring_moves_on)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest_options o = { .num = 16 };
	struct guest *g = vdpa_fresh_guest(d, o);
	struct vq *vq = &g->vq[0];
	unsigned int i, n;
	uint32_t base;

	guest_start(g);
	/* Another place in each round, with either wrap counter */
	for (i = 0; i < 5; i++) {
		for (n = 0; n < 20 + i; n++)
			blk_works(g);
		EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
		base = base_of(g, 0);
		EXPECT_EQ(base, base_when_idle(vq));
		guest_reset(g);
		go_on(g, vq, base);
	}
	blk_works(g);
	EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_BASE, 0, 7), -EINVAL);
	vdpa_done(d, g);
}

/*
 * DPDK and its like say of a packed ring only where the next available entry
 * is: the other half is 0, and means the same (virtio_user: 1 << 15, always).
 */
TEST(base_without_used_half)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest_options o = { .num = 4 };
	struct guest *g = vdpa_fresh_guest(d, o);
	struct vq *vq = &g->vq[0];
	unsigned int i;
	uint32_t base;

	if (split_rings()) {
		guest_free(g);
		vdpa_delete(d);
		SKIP("a split ring has no such half");
	}
	/* A new ring */
	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_SET_VRING_BASE, 0, 1 << 15), 0);
	EXPECT_EQ(base_of(g, 0), 1 << 15 | 1U << 31);
	ASSERT_EQ(guest_driver_ok(g), 0);
	/* And at every other place; three descriptors each */
	for (i = 0; i < 10; i++) {
		blk_works(g);
		EXPECT_EQ(guest_status(g), S_DRIVER_OK);
		EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
		base = base_of(g, 0);
		EXPECT_EQ(base, base_when_idle(vq));
		guest_reset(g);
		go_on(g, vq, base & 0xffff);
	}
	blk_works(g);
	vdpa_done(d, g);
}

/* A place that is none is found out when the queue is to run. */
TEST(nowhere_in_the_ring)
{
	struct vdpa_dev *d = vdpa_disk();
	struct guest_options o = { .num = 16 };
	struct guest *g = vdpa_fresh_guest(d, o);
	struct vq *vq = &g->vq[0];

	guest_start(g);
	if (!vq->packed) {
		guest_free(g);
		vdpa_delete(d);
		SKIP("any index is one");
	}
	guest_reset(g);
	go_on(g, vq, 16 | 16 << 16);
	EXPECT_TRUE(guest_status(g) & S_NEEDS_RESET);
	guest_reset(g);
	guest_start(g);
	blk_works(g);
	vdpa_done(d, g);
}
