// SPDX-License-Identifier: GPL-2.0
/*
 * What changes while the device uses it: rings that the driver rewrites all the
 * time, memory that the VMM unmaps, a store that shrinks.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "hostile_common.h"

/* ------------------------------------------------------ the driver's rings */

struct toctou {
	struct guest *g;
	volatile bool stop;
};

/* One change of a packed ring. */
static void flip_packed(struct vq *vq, uint64_t x)
{
	volatile struct vring_packed_desc *d = &vq->ring[x & 7];

	switch ((x >> 8) & 7) {
	case 0:
		d->len = x >> 16 & 1 ? 512 : x >> 32;
		break;
	case 1:
		/* seldom: it ends everything else */
		if (!(x >> 12 & 63))
			d->flags = x >> 16;
		break;
	case 2:
		d->id = x >> 16 & 0x10f;
		break;
	case 3:
		d->addr = x >> 16 & 1 ? GUEST_GPA + (x >> 40) : x;
		break;
	case 4:
		*(volatile uint32_t *)vq->area[x >> 16 & 1 ? 1 : 2] = x >> 32;
		break;
	case 5:
		((volatile uint8_t *)vq->g->mem)[x >> 16 & 0xfffff] = x >> 48;
		break;
	default:
		/* and right again, or nothing gets far */
		d->addr = GUEST_GPA + (1 << 20) + 512 * (x >> 16 & 7);
		d->len = 512;
		d->id = x >> 24 & 7;
		d->flags = (x >> 27 & 1 ? 1 << VRING_PACKED_DESC_F_USED :
					  1 << VRING_PACKED_DESC_F_AVAIL) |
			   (x >> 28 & 3);
	}
}

/* Turns everything the device reads over and over again. */
static void *flip(void *data)
{
	struct toctou *t = data;
	struct vq *vq = &t->g->vq[0];
	uint64_t x = 88172645463325252ULL;

	while (!t->stop) {
		volatile struct vring_desc *d;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if (vq->packed) {
			flip_packed(vq, x);
			continue;
		}
		d = &vq->desc[x & 7];
		switch ((x >> 8) & 15) {
		case 0:
			d->len = x >> 16 & 1 ? 512 : x >> 32;
			break;
		case 1:
			d->flags = x >> 16;
			break;
		case 2:
			d->next = x >> 16 & 0x10f;
			break;
		case 3:
			d->addr = x >> 16 & 1 ? GUEST_GPA + (x >> 40) : x;
			break;
		case 4:
			/* seldom: it ends everything else */
			if (!(x >> 12 & 63))
				vq->avail->idx = x >> 16;
			break;
		case 5:
			vq->avail->ring[x >> 16 & 255] = x >> 32 & 0x107;
			break;
		case 6:
			((volatile uint8_t *)t->g->mem)[x >> 16 & 0xfffff] =
				x >> 48;
			break;
		case 7:
			vq->used->idx = x >> 16;
			break;
		default:
			/* and right again, or nothing gets far */
			*d = (struct vring_desc){
				GUEST_GPA + (1 << 20) + 512 * (x >> 16 & 7),
				512,
				VRING_DESC_F_NEXT | (x >> 20 & 2), (x >> 24 & 7) };
		}
	}
	return NULL;
}

/* The other thread may break the ring before this is over. */
static void start_anyhow(struct guest *g)
{
	ASSERT_EQ(guest_negotiate(g), 0);
	ASSERT_EQ(guest_setup_vq(g, 0), 0);
	ASSERT_EQ(guest_driver_ok(g), 0);
}

static void toctou(bool pci, int backend)
{
	struct guest_options o = { .pci = pci, .backend = backend };
	struct guest *g = guest_new(&o);
	struct toctou t = { .g = g };
	uint64_t end = now_ms() + 3000;
	struct vq *vq = &g->vq[0];
	pthread_t thread;
	int rounds = 0;

	guest_start(g);
	ASSERT_EQ(pthread_create(&thread, NULL, flip, &t), 0);
	while (now_ms() < end) {
		uint16_t i, nr = rounds % 8 + 1;

		request(g, vq, rounds & 1 ? VIRTIO_BLK_T_IN : VIRTIO_BLK_T_OUT,
			512);
		for (i = 0; i < nr; i++)
			vq_expose(vq, 0);
		vq_kick_always(vq);
		if (guest_status(g) & VIRTIO_CONFIG_S_NEEDS_RESET) {
			guest_reset(g);
			g->brk = 1 << 20;
			start_anyhow(g);
		}
		rounds++;
		g->brk = 1 << 20;
	}
	t.stop = true;
	pthread_join(thread, NULL);
	NOTE("%d rounds, %llu chains, %llu violations", rounds,
	     guest_stats(g, 0).chains, guest_stats(g, 0).violations);
	guest_reset(g);
	guest_start(g);
	blk_works(g);
	guest_free(g);
}

TEST(rings_change_meanwhile)
{
	toctou(false, temp_file(IMAGE_SIZE, 0));
}

TEST(rings_change_meanwhile_registers)
{
	toctou(true, temp_file(IMAGE_SIZE, 0));
}

TEST(rings_change_meanwhile_direct)
{
	int file = temp_direct(IMAGE_SIZE);

	if (file < 0)
		SKIP("no O_DIRECT in /tmp");
	toctou(true, file);
}

/* ------------------------------------------------------- memory and store */

/* The ring stays valid for the device, whatever the VMM unmaps. */
TEST(ring_memory_disappears)
{
	struct guest *g = hostile_guest(false, 0);
	struct vq *vq = &g->vq[0];
	uint8_t *ring;
	int i;

	guest_start(g);
	blk_works(g);
	ring = vq->area[0];
	ASSERT_EQ(munmap(ring, g->brk), 0);
	for (i = 0; i < 100; i++)
		vq_kick_always(vq);
	EXPECT_EQ(set_status(g->fd, 0), 0);
	/* Not there: it cannot be started again. */
	ASSERT_EQ(guest_negotiate(g), 0);
	EXPECT_EQ(vring_addr(g->fd, 0, ring, ring + 4096, ring + 8192), 0);
	EXPECT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
	EXPECT_EQ(guest_driver_ok(g), -EFAULT);
}

TEST(data_memory_disappears)
{
	static const uint32_t types[] = { VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT };
	struct guest *g = hostile_guest(false, 0);
	uint64_t gone = GUEST_GPA + (8 << 20);
	unsigned int i;

	guest_start(g);
	ASSERT_EQ(munmap(guest_ptr(g, gone), 8192), 0);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(blk_request(g, 0, types[i], 0, gone, 512, NULL),
			  VIRTIO_BLK_S_IOERR);
		/* the second half of it */
		EXPECT_EQ(blk_request(g, 0, types[i], 0, gone - 4096, 8192,
				      NULL), VIRTIO_BLK_S_IOERR);
	}
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	EXPECT_EQ(guest_stats(g, 0).errors, 4);
	blk_works(g);
}

/* A store that shrinks: what is not there any more is an error, not zeroes. */
TEST(image_truncated_meanwhile)
{
	struct guest *g = hostile_guest(false, 0);
	uint64_t data = guest_alloc(g, 8192, 4096);

	guest_start(g);
	ASSERT_EQ(ftruncate(image_fd, 4096), 0);
	memset(guest_ptr(g, data), CANARY, 8192);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 64, data, 4096, NULL),
		  VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 7, data, 1024, NULL),
		  VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(blk_request(g, 0, VIRTIO_BLK_T_IN, 0, data, 4096, NULL),
		  VIRTIO_BLK_S_OK);
	EXPECT_TRUE(all_bytes(guest_ptr(g, data + 4096), 4096, CANARY));
}
