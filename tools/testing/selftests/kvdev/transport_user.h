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

#endif /* TRANSPORT_USER_H */
