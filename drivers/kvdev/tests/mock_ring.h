/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other side of a ring: a small guest with awkward memory, and a driver
 * that can do anything, right or wrong. Shared by the KUnit suites and the
 * fuzzers, so it allocates through its caller and prints nothing.
 *
 *	driver address		region		permissions
 *	0x10000			MOCK_LOW	rw	\ neighbours here,
 *	0x14000			MOCK_NEXT	rw	/ not in the host
 *	0x18000			(hole)
 *	0x20000			MOCK_READONLY	r	\ neighbours
 *	0x24000			MOCK_WRITEONLY	w	/
 *	0x28000			(hole)
 *	0x100000000, 8 GiB	MOCK_HUGE	rw	no memory behind it
 *	2^64 - 0x4000		MOCK_TOP	rw	ends where 64 bits end
 */
#ifndef KVDEV_TESTS_MOCK_RING_H
#define KVDEV_TESTS_MOCK_RING_H

#include "../pure.h"
#include "../mem_table.h"
#include "../ring/ring.h"

#define MOCK_PACKED		BIT_ULL(VIRTIO_F_RING_PACKED)
#define MOCK_REGION_SIZE	0x4000U
#define MOCK_HUGE_SIZE		(8ULL << 30)
/* Looks like an address; whoever follows it finds nothing. */
#define MOCK_HUGE_HOST		0x7f0000000000ULL

enum mock_region {
	MOCK_LOW,
	MOCK_NEXT,
	MOCK_READONLY,
	MOCK_WRITEONLY,
	MOCK_HUGE,
	MOCK_TOP,
	MOCK_NR_REGIONS,
};

/**
 * struct mock_alloc - where the mock gets memory from
 * @alloc: zeroed memory that lives as long as the test, or NULL
 * @ctx: first argument of @alloc
 */
struct mock_alloc {
	void *(*alloc)(void *ctx, size_t size);
	void *ctx;
};

/**
 * struct mock_guest - guest memory
 * @table: regions as in the drawing, sorted
 * @host: memory of each region; NULL for MOCK_HUGE
 */
struct mock_guest {
	struct kvdev_mem_table *table;
	u8 *host[MOCK_NR_REGIONS];
};

/**
 * struct mock_used - a used entry a driver has found
 * @id: of the chain
 * @len: bytes written
 */
struct mock_used {
	u32 id;
	u32 len;
};

/**
 * struct mock_ring - a ring of either format with its driver and its device
 * @features: what was negotiated
 * @cfg: what was activated
 * @areas: its memory, of the exact size
 * @desc: descriptors, linked by next. Split: those of the ring; packed: the
 *	driver's own, which mock_ring_post() lays out in the ring
 * @avail: split: driver's view
 * @used: split: driver's view
 * @packed: packed: driver's view
 * @avail_idx: split: driver's own copy of avail->idx
 * @avail_pos: packed: next descriptor to write; plus the size while the wrap
 *	counter is 0, here and below
 * @used_pos: packed: next descriptor to read
 * @used_idx: packed: used entries found so far
 * @nr_desc: packed: descriptors by id
 * @found: packed: used entries found
 * @ring: the device's ring under test
 * @chain: for peek; has its arrays
 */
struct mock_ring {
	u64 features;
	struct kvdev_ring_cfg cfg;
	struct kvdev_ring_areas areas;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	struct vring_packed_desc *packed;
	u16 avail_idx;
	u16 avail_pos;
	u16 used_pos;
	u16 used_idx;
	u16 *nr_desc;
	struct mock_used *found;
	struct kvdev_ring ring;
	struct kvdev_chain chain;
};

/*
 * Called after each copy from guest memory with what was copied, to change the
 * original: what a driver on another CPU would do.
 */
extern void (*mock_copy_hook)(void *ctx, void *src, size_t len);
extern void *mock_copy_ctx;
/* Number of copies so far. */
extern unsigned int mock_copies;

int mock_copy_in(void *dst, const void __user *src, size_t len);
int mock_copy_fault(void *dst, const void __user *src, size_t len);

u64 mock_gpa(enum mock_region region, u64 offset);
int mock_guest_init(struct mock_guest *guest, const struct mock_alloc *alloc);
void *mock_guest_host(const struct mock_guest *guest, u64 gpa);

int mock_chain_init(struct kvdev_chain *chain, const struct mock_alloc *alloc);
int mock_ring_init(struct mock_ring *mock, const struct mock_alloc *alloc,
		   u16 num, u64 features, u16 base);
void mock_desc_set(struct vring_desc *desc, u64 addr, u32 len, u16 flags,
		   u16 next);
void mock_ring_desc(struct mock_ring *mock, u16 i, u64 addr, u32 len,
		    u16 flags, u16 next);
void mock_ring_post(struct mock_ring *mock, u16 head);
void mock_ring_give(struct mock_ring *mock, u16 id, u32 written);
void mock_ring_restart(struct mock_ring *mock);
u16 mock_ring_avail_base(const struct mock_ring *mock);
u16 mock_ring_base(const struct mock_ring *mock, u16 idx);
void mock_packed_desc(struct mock_ring *mock, u64 addr, u32 len, u16 flags,
		      u16 id);
void mock_packed_event(struct mock_ring *mock, u16 off_wrap, u16 flags);
void mock_ring_no_interrupt(struct mock_ring *mock, bool no);
bool mock_ring_kick_at(const struct mock_ring *mock, u16 idx);
bool mock_ring_kick_off(const struct mock_ring *mock);
void mock_ring_set_avail_idx(struct mock_ring *mock, u16 idx);
void mock_ring_set_avail_flags(struct mock_ring *mock, u16 flags);
void mock_ring_set_used_event(struct mock_ring *mock, u16 event);
u16 mock_ring_avail_event(const struct mock_ring *mock);
u16 mock_ring_used_flags(const struct mock_ring *mock);
u16 mock_ring_used_idx(struct mock_ring *mock);
u32 mock_ring_used_id(const struct mock_ring *mock, u16 i);
u32 mock_ring_used_len(const struct mock_ring *mock, u16 i);

#endif /* KVDEV_TESTS_MOCK_RING_H */
