/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Breaches of the ring protocol end in DEVICE_NEEDS_RESET, never in anything
 * worse, and after a reset the device works.
 *
 * HOSTILE(name) { ... } prepares one breach in queue vq of guest g; it is done
 * at ring level and at register level. What is exposed is kicked afterwards.
 */
#ifndef HOSTILE_COMMON_H
#define HOSTILE_COMMON_H

#include "kvdev_user.h"
#include "kvtest.h"

#define IMAGE_SIZE	(1 << 20)
#define CANARY		0xa5

extern int image_fd;			/* of the last hostile_guest() */

struct guest *hostile_guest(bool pci, uint64_t refuse);
void expect_image_unchanged(void);
void wait_needs_reset(struct guest *g, unsigned int queue);
void hostile(void (*attack)(struct guest *g, struct vq *vq), bool pci,
	     uint64_t refuse);
void request(struct guest *g, struct vq *vq, uint32_t type, uint32_t len);

#define HOSTILE_WHEN(_when, _refuse, _name)				\
	static void _name##_attack(struct guest *g, struct vq *vq);	\
	TEST_WHEN(_when, _name)						\
	{								\
		hostile(_name##_attack, false, _refuse);		\
		hostile(_name##_attack, true, _refuse);			\
	}								\
	static void _name##_attack(struct guest *g, struct vq *vq)
#define HOSTILE_WITHOUT(_refuse, _name) HOSTILE_WHEN(NULL, _refuse, _name)
#define HOSTILE(_name)	HOSTILE_WITHOUT(0, _name)
/* A request of 512 bytes, which { ... } makes wrong. */
#define HOSTILE_REQUEST(_type, _name)					\
	static void _name##_change(struct guest *g, struct vq *vq);	\
	HOSTILE(_name)							\
	{								\
		request(g, vq, VIRTIO_BLK_T_##_type, 512);		\
		_name##_change(g, vq);					\
		vq_expose(vq, 0);					\
	}								\
	static void _name##_change(struct guest *g __attribute__((unused)), \
				   struct vq *vq)
#define HOSTILE_SPLIT(_name) HOSTILE_WHEN(split_rings, 0, _name)

#endif /* HOSTILE_COMMON_H */
