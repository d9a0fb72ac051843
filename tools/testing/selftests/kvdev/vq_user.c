// SPDX-License-Identifier: GPL-2.0
/* A driver's side of a ring, split or packed. See kvdev_user.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvdev_user.h"

#define AVAIL	(1 << VRING_PACKED_DESC_F_AVAIL)
#define USED	(1 << VRING_PACKED_DESC_F_USED)
#define WRAP	(1 << VRING_PACKED_EVENT_F_WRAP_CTR)

void vq_layout(struct vq *vq)
{
	struct guest *g = vq->g;
	bool packed = g->features & F_RING_PACKED;
	size_t size[3] = { 16 * vq->num, packed ? 4 : 6 + 2 * vq->num,
			   packed ? 4 : 6 + 8 * vq->num };
	const size_t align[3] = { 4096, 4, 4096 };
	unsigned int i;

	vq->packed = packed;
	vq->event_idx = g->features & F_EVENT_IDX;
	for (i = 0; i < 3; i++) {
		if (!vq->area[i])
			vq->area[i] = guest_ptr(g, guest_alloc(g, size[i],
							       align[i]));
		memset(vq->area[i], 0, size[i]);
	}
	if (packed) {
		if (!vq->desc)
			vq->desc = malloc(16 * vq->num);
		if (!vq->nr_desc)
			vq->nr_desc = malloc(2 * vq->num);
		memset(vq->desc, 0, 16 * vq->num);
		memset(vq->nr_desc, 0, 2 * vq->num);
		vq->ring = vq->area[0];
	} else {
		vq->desc = vq->area[0];
		vq->avail = vq->area[1];
		vq->used = vq->area[2];
	}
	vq->avail_idx = 0;
	vq->last_used = 0;
	vq->kicked = 0;
	vq->avail_pos = 0;
	vq->used_pos = 0;
	vq->looked_pos = 0;
	if (!vq->free)
		vq->free = malloc(vq->num * sizeof(*vq->free));
	vq->nr_free = 0;
	for (i = vq->num; i-- > 0;)
		vq->free[vq->nr_free++] = i;
}

void vq_free(struct vq *vq)
{
	free(vq->free);
	free(vq->nr_desc);
	if (vq->packed)
		free(vq->desc);
}

/* ----------------------------------------------------------------- packed */

static uint16_t packed_base(const struct vq *vq, uint16_t pos)
{
	return pos < vq->num ? pos | WRAP : pos - vq->num;
}

static unsigned int distance(const struct vq *vq, uint16_t from, uint16_t to)
{
	return (to + (to >= from ? 0 : 2 * vq->num)) - from;
}

/*
 * Copy the chain into the ring, whatever it is: one without an end ends with
 * the ring, a number that is none becomes an id.
 */
static void packed_expose(struct vq *vq, uint16_t head)
{
	struct vring_packed_desc *first = &vq->ring[vq->avail_pos % vq->num];
	uint16_t flags, first_flags = 0, i = head;
	unsigned int n = 0;

	do {
		struct vring_packed_desc *to =
			&vq->ring[vq->avail_pos % vq->num];
		struct vring_desc d = i < vq->num ? vq->desc[i] :
						    vq->desc[0];

		if (i >= vq->num)
			d.flags &= ~VRING_DESC_F_NEXT;
		flags = d.flags & ~(AVAIL | USED);
		flags |= vq->avail_pos < vq->num ? AVAIL : USED;
		*(volatile uint64_t *)&to->addr = d.addr;
		*(volatile uint32_t *)&to->len = d.len;
		*(volatile uint16_t *)&to->id = i < vq->num ? head : i;
		if (n++)
			*(volatile uint16_t *)&to->flags = flags;
		else
			first_flags = flags;
		vq->avail_pos = (vq->avail_pos + 1) % (2 * vq->num);
		i = d.next;
	} while (flags & VRING_DESC_F_NEXT && n < vq->num);
	if (head < vq->num)
		vq->nr_desc[head] = n;
	__atomic_store_n(&first->flags, first_flags, __ATOMIC_RELEASE);
}

/*
 * Is the event among what was added since the last look? Places repeat soon,
 * so every look counts, not only those that ended in a kick.
 */
static bool packed_wants_kick(struct vq *vq)
{
	uint32_t event = *(volatile uint32_t *)vq->area[2];
	uint16_t base = event, flags = event >> 16;
	uint16_t pos = base & WRAP ? base & ~WRAP : base + vq->num;
	uint16_t old = vq->looked_pos;

	vq->looked_pos = vq->avail_pos;
	if (flags == VRING_PACKED_EVENT_FLAG_DESC)
		return distance(vq, old, pos) < distance(vq, old, vq->avail_pos);
	return flags != VRING_PACKED_EVENT_FLAG_DISABLE;
}

static void packed_event(struct vq *vq, uint16_t pos, uint16_t flags)
{
	*(volatile uint32_t *)vq->area[1] = packed_base(vq, pos) |
					    (uint32_t)flags << 16;
}

/* The used entry at *@pos, and on to the next one. */
static bool packed_next(struct vq *vq, uint16_t *pos,
			struct vring_used_elem *elem)
{
	struct vring_packed_desc *d = &vq->ring[*pos % vq->num];
	uint16_t flags = __atomic_load_n(&d->flags, __ATOMIC_ACQUIRE);
	bool wrap = *pos < vq->num;

	if (!!(flags & AVAIL) != wrap || !!(flags & USED) != wrap)
		return false;
	elem->id = d->id;
	elem->len = d->len;
	*pos += elem->id < vq->num && vq->nr_desc[elem->id] ?
		vq->nr_desc[elem->id] : 1;
	*pos %= 2 * vq->num;
	return true;
}

/* ------------------------------------------------------------ both formats */

uint16_t vq_used_idx(struct vq *vq)
{
	uint16_t pos = vq->used_pos, idx = vq->last_used;
	struct vring_used_elem elem;

	if (!vq->packed)
		return __atomic_load_n(&vq->used->idx, __ATOMIC_ACQUIRE);
	while (packed_next(vq, &pos, &elem))
		idx++;
	return idx;
}

void vq_interrupts(struct vq *vq, bool on)
{
	if (vq->packed)
		packed_event(vq, 0, on ? VRING_PACKED_EVENT_FLAG_ENABLE :
					 VRING_PACKED_EVENT_FLAG_DISABLE);
	else
		vq->avail->flags = on ? 0 : VRING_AVAIL_F_NO_INTERRUPT;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void vq_interrupt_at(struct vq *vq, uint16_t idx, unsigned int each)
{
	if (vq->packed)
		packed_event(vq, (vq->used_pos + each *
				  (uint16_t)(idx - vq->last_used)) %
				 (2 * vq->num), VRING_PACKED_EVENT_FLAG_DESC);
	else
		vq->avail->ring[vq->num] = idx;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void vq_expose(struct vq *vq, uint16_t head)
{
	if (vq->packed) {
		packed_expose(vq, head);
		vq->avail_idx++;
		return;
	}
	vq->avail->ring[vq->avail_idx & (vq->num - 1)] = head;
	vq->avail_idx++;
	__atomic_store_n(&vq->avail->idx, vq->avail_idx, __ATOMIC_RELEASE);
}

int vq_add(struct vq *vq, const struct seg *segs, unsigned int nr)
{
	uint16_t head, i;
	unsigned int n;

	if (nr > vq->nr_free)
		return -ENOSPC;
	head = vq->free[vq->nr_free - 1];
	for (n = 0; n < nr; n++) {
		i = vq->free[--vq->nr_free];
		vq->desc[i] = (struct vring_desc){
			.addr = segs[n].addr,
			.len = segs[n].len,
			.flags = segs[n].flags |
				 (n + 1 < nr ? VRING_DESC_F_NEXT : 0),
			.next = n + 1 < nr ? vq->free[vq->nr_free - 1] : 0,
		};
	}
	vq_expose(vq, head);
	return head;
}

/* A table of descriptors in their order becomes one of the ring's format. */
void vq_table(struct vq *vq, struct vring_desc *desc, unsigned int nr)
{
	struct vring_packed_desc *packed = (void *)desc;
	unsigned int n;

	for (n = 0; vq->packed && n < nr; n++) {
		uint16_t flags = desc[n].flags;

		packed[n].flags = flags & ~VRING_DESC_F_NEXT;
		packed[n].id = 0;
	}
}

int vq_add_indirect(struct vq *vq, uint64_t table, const struct seg *segs,
		    unsigned int nr)
{
	struct vring_desc *desc = guest_ptr(vq->g, table);
	struct seg s = { table, nr * sizeof(*desc), VRING_DESC_F_INDIRECT };
	unsigned int n;

	for (n = 0; n < nr; n++)
		desc[n] = (struct vring_desc){
			.addr = segs[n].addr,
			.len = segs[n].len,
			.flags = segs[n].flags |
				 (n + 1 < nr ? VRING_DESC_F_NEXT : 0),
			.next = n + 1,
		};
	vq_table(vq, desc, nr);
	return vq_add(vq, &s, 1);
}

void vq_kick_always(struct vq *vq)
{
	uint64_t one = 1;

	vq->kicked = vq->avail_idx;
	if (write(vq->kick, &one, sizeof(one)) != sizeof(one))
		must(-errno, "kick");
}

bool vq_kick(struct vq *vq)
{
	uint16_t event, old = vq->kicked;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vq->packed) {
		if (!packed_wants_kick(vq))
			return false;
	} else if (vq->event_idx) {
		event = *(volatile uint16_t *)&vq->used->ring[vq->num];
		if (!vring_need_event(event, vq->avail_idx, old))
			return false;
	} else if (*(volatile uint16_t *)&vq->used->flags &
		   VRING_USED_F_NO_NOTIFY) {
		return false;
	}
	vq_kick_always(vq);
	return true;
}

bool vq_get(struct vq *vq, struct vring_used_elem *elem)
{
	if (vq->packed) {
		if (!packed_next(vq, &vq->used_pos, elem))
			return false;
		vq->last_used++;
		if (vq->event_idx)
			packed_event(vq, vq->used_pos,
				     VRING_PACKED_EVENT_FLAG_DESC);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		return true;
	}
	if (__atomic_load_n(&vq->used->idx, __ATOMIC_ACQUIRE) == vq->last_used)
		return false;
	*elem = vq->used->ring[vq->last_used++ & (vq->num - 1)];
	if (vq->event_idx) {
		vq->avail->ring[vq->num] = vq->last_used;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	}
	return true;
}

int vq_wait(struct vq *vq, struct vring_used_elem *elem, int ms)
{
	uint64_t now, end = now_ms() + ms;

	while (!vq_get(vq, elem)) {
		now = now_ms();
		/* What comes without an interrupt is not waited for. */
		if (now >= end || !event_wait(vq->call, end - now))
			return vq_get(vq, elem) && ms < WAIT_MS ? 0 :
								  -ETIMEDOUT;
	}
	return 0;
}

void vq_free_chain(struct vq *vq, uint16_t head)
{
	struct vring_desc *d;

	do {
		d = &vq->desc[head];
		vq->free[vq->nr_free++] = head;
		head = d->next;
	} while (d->flags & VRING_DESC_F_NEXT);
}

int vq_submit(struct vq *vq, const struct seg *segs, unsigned int nr,
	      uint32_t *used_len)
{
	struct vring_used_elem elem;
	int ret, head = vq_add(vq, segs, nr);

	if (head < 0)
		return head;
	vq_kick(vq);
	ret = vq_wait(vq, &elem, WAIT_MS);
	if (ret)
		return ret;
	if (elem.id != (uint32_t)head)
		return -EPROTO;
	vq_free_chain(vq, head);
	if (used_len)
		*used_len = elem.len;
	return 0;
}
