// SPDX-License-Identifier: GPL-2.0
/* See hostile_common.h. */
#include "hostile_common.h"

int image_fd;

struct guest *hostile_guest(bool pci, uint64_t refuse)
{
	struct guest_options o = { .pci = pci, .refuse = refuse };
	uint8_t *image = malloc(IMAGE_SIZE);

	image_fd = temp_file(IMAGE_SIZE, 0);
	fill(image, IMAGE_SIZE, 42);
	ASSERT_EQ(pwrite(image_fd, image, IMAGE_SIZE, 0), IMAGE_SIZE);
	free(image);
	o.backend = image_fd;
	return guest_new(&o);
}

void expect_image_unchanged(void)
{
	uint8_t *image = malloc(IMAGE_SIZE);

	EXPECT_EQ(pread(image_fd, image, IMAGE_SIZE, 0), IMAGE_SIZE);
	EXPECT_TRUE(filled(image, IMAGE_SIZE, 42));
	free(image);
}

void wait_needs_reset(struct guest *g, unsigned int queue)
{
	struct vq *vq = &g->vq[queue];

	ASSERT_TRUE(event_wait(vq->err, WAIT_MS));
	ASSERT_TRUE(event_wait(g->config_fd, WAIT_MS));
	EXPECT_TRUE(guest_status(g) & VIRTIO_CONFIG_S_NEEDS_RESET);
	EXPECT_EQ(guest_stats(g, queue).violations, 1);
	EXPECT_EQ(guest_stats(g, queue).dev_needs_reset, 1);
}

void hostile(void (*attack)(struct guest *g, struct vq *vq), bool pci,
	     uint64_t refuse)
{
	struct guest *g = hostile_guest(pci, refuse);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;

	guest_start(g);
	attack(g, vq);
	vq_kick_always(vq);
	wait_needs_reset(g, 0);
	/* Not served any more, not even what is correct. */
	EXPECT_EQ(vq_wait(vq, &e, 0), -ETIMEDOUT);
	vq_kick_always(vq);
	workers_rest();
	EXPECT_EQ(guest_stats(g, 0).violations, 1);
	EXPECT_EQ(event_take(vq->err), 0);
	EXPECT_EQ(event_take(g->config_fd), 0);
	expect_image_unchanged();

	guest_reset(g);
	guest_start(g);
	blk_works(g);
	EXPECT_EQ(guest_stats(g, 0).violations, 1);
	guest_free(g);
	close(image_fd);
}

/* A block request by hand: descriptors 0, 1, 2 from data, status. */
void request(struct guest *g, struct vq *vq, uint32_t type, uint32_t len)
{
	uint16_t w = type == VIRTIO_BLK_T_OUT ? 0 : VRING_DESC_F_WRITE;

	vq->desc[0] = (struct vring_desc){
		blk_header(g, type, 0), 16, VRING_DESC_F_NEXT, 1 };
	vq->desc[1] = (struct vring_desc){
		guest_alloc(g, len, 512), len, w | VRING_DESC_F_NEXT, 2 };
	vq->desc[2] = (struct vring_desc){
		guest_alloc(g, 1, 1), 1, VRING_DESC_F_WRITE, 0 };
}
