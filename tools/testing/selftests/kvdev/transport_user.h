/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of transports share: accesses to any window of registers. */
#ifndef TRANSPORT_USER_H
#define TRANSPORT_USER_H

#include "abi_common.h"

#define L KVDEV_SPACE_LEGACY

static inline uint64_t get(struct guest *g, uint32_t space, uint32_t offset,
		    uint32_t len)
{
	struct kvdev_access a = {
		.size = sizeof(a), .offset = offset, .len = len, .space = space,
	};

	ASSERT_EQ(cmd(g->fd, KVDEV_ACCESS, &a), 0);
	return a.value;
}

static inline void set(struct guest *g, uint32_t space, uint32_t offset, uint32_t len,
		uint64_t value)
{
	struct kvdev_access a = {
		.size = sizeof(a), .flags = KVDEV_ACCESS_WRITE,
		.offset = offset, .len = len, .space = space, .value = value,
	};

	ASSERT_EQ(cmd(g->fd, KVDEV_ACCESS, &a), 0);
}

static inline int bind(struct guest *g, uint32_t type, uint32_t nr_vectors)
{
	g->bar = (struct kvdev_bind_transport){
		.size = sizeof(g->bar), .type = type, .nr_vectors = nr_vectors,
	};
	return cmd(g->fd, KVDEV_BIND_TRANSPORT, &g->bar);
}

static inline struct guest *disk(void)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };

	return guest_new(&o);
}

/* Rings where virtio 1.3, 2.7.2 has them, @align apart from each other. */
static inline uint64_t legacy_ring(struct vq *vq, unsigned int num,
				   size_t align)
{
	size_t used = (16 * num + 6 + 2 * num + align - 1) & ~(align - 1);
	uint64_t at;
	unsigned int i;

	vq->num = num;
	if (!vq->desc) {
		at = guest_alloc(vq->g, used + 6 + 8 * num, 4096);
		vq->desc = guest_ptr(vq->g, at);
		vq->g->brk = (vq->g->brk + 4095) & ~4095UL;
		vq->avail = (void *)(vq->desc + num);
		vq->used = (void *)((uint8_t *)vq->desc + used);
		vq->free = malloc(num * sizeof(*vq->free));
	}
	memset(vq->desc, 0, used + 6 + 8 * num);
	vq->avail_idx = vq->last_used = vq->kicked = vq->nr_free = 0;
	for (i = num; i-- > 0;)
		vq->free[vq->nr_free++] = i;
	return guest_addr(vq->g, vq->desc);
}

static inline uint64_t ring_gpa(uint64_t addr)
{
	/* GUEST_GPA is beyond what a page number reaches. */
	return addr - GUEST_GPA + (1 << 20);
}

/* Guest memory where a page number of 32 bits reaches. */
static inline void low_memory(struct guest *g)
{
	struct vhost_memory_region r[] = {
		{ GUEST_GPA, g->o.mem, (uintptr_t)g->mem, 0 },
		{ 1 << 20, g->o.mem, (uintptr_t)g->mem, 0 },
	};

	ASSERT_EQ(set_mem(g->fd, r, 2), 0);
}

#endif /* TRANSPORT_USER_H */
