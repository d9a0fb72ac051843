// SPDX-License-Identifier: GPL-2.0
/*
 * Split virtqueues, virtio 1.3, 2.7.
 *
 * All ring memory is little endian: the device offers VERSION_1, and a driver
 * that does not accept it runs on the same little-endian machine.
 *
 * The barriers are the smp_ ones: the driver is another CPU of this machine,
 * or of a virtual machine on it.
 */
#include "ring.h"

/*
 * One fetch of a 16-bit field that the driver may be writing. In ring memory
 * __virtio16 is little endian, see above.
 */
static u16 get16(const __virtio16 *p)
{
	return le16_to_cpu((__force __le16)READ_ONCE(*p));
}

static void put16(__virtio16 *p, u16 val)
{
	WRITE_ONCE(*p, (__force __virtio16)cpu_to_le16(val));
}

struct split_desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 next;
};

/* The one fetch of a descriptor; everything is decided on the copy. */
static struct split_desc fetch_desc(const struct vring_desc *table, u16 i)
{
	const struct vring_desc *d = &table[i];

	return (struct split_desc){
		.addr = le64_to_cpu((__force __le64)READ_ONCE(d->addr)),
		.len = le32_to_cpu((__force __le32)READ_ONCE(d->len)),
		.flags = get16(&d->flags),
		.next = get16(&d->next),
	};
}

/*
 * Follow the descriptors of an indirect table. They are linked by next like
 * those of the ring; the table is a private copy.
 */
static const char *walk_indirect(const struct kvdev_mem_table *mem,
				 struct kvdev_chain *chain, u64 addr, u32 len)
{
	struct split_desc d;
	const char *reason;
	u32 nr, seen = 0;
	u16 i = 0;

	reason = kvdev_chain_fetch_table(chain, mem, addr, len, &nr);
	if (reason)
		return reason;

	do {
		if (i >= nr)
			return "index outside of an indirect table";
		/* More steps than descriptors: one of them comes twice. */
		if (seen++ >= nr)
			return "loop in an indirect table";

		d = fetch_desc(chain->table, array_index_nospec(i, nr));
		/* virtio 1.3, 2.7.5.3.1: no table inside a table */
		if (d.flags & VRING_DESC_F_INDIRECT)
			return "indirect table inside an indirect table";

		reason = kvdev_chain_add(chain, mem, d.addr, d.len,
					 d.flags & VRING_DESC_F_WRITE);
		if (reason)
			return reason;
		i = d.next;
	} while (d.flags & VRING_DESC_F_NEXT);

	return NULL;
}

static const char *walk_chain(struct kvdev_ring *ring,
			      const struct kvdev_mem_table *mem,
			      struct kvdev_chain *chain)
{
	u16 i = chain->id;
	struct split_desc d;
	const char *reason;
	u32 seen = 0;

	do {
		if (i >= ring->num)
			return "descriptor index outside of the ring";
		if (seen++ >= ring->num)
			return "loop in a descriptor chain";

		d = fetch_desc(ring->split.desc,
			       array_index_nospec(i, ring->num));
		if (d.flags & VRING_DESC_F_INDIRECT) {
			/* virtio 1.3, 2.7.5.3.1: both are the driver's duty */
			if (!ring->indirect)
				return "indirect table not negotiated";
			if (d.flags & VRING_DESC_F_NEXT)
				return "indirect table with a next descriptor";
			return walk_indirect(mem, chain, d.addr, d.len);
		}

		reason = kvdev_chain_add(chain, mem, d.addr, d.len,
					 d.flags & VRING_DESC_F_WRITE);
		if (reason)
			return reason;
		i = d.next;
	} while (d.flags & VRING_DESC_F_NEXT);

	return NULL;
}

/* Fetch avail->idx if nothing known is left. 1 / 0 / -EPROTO as peek. */
static int fetch_avail_idx(struct kvdev_ring *ring)
{
	struct kvdev_split_ring *s = &ring->split;
	u16 count;

	if (s->avail_idx != s->last_avail)
		return 1;

	s->avail_idx = get16(&s->avail->idx);
	count = s->avail_idx - s->last_avail;
	if (!count)
		return 0;
	if (count > ring->num) {
		s->avail_idx = s->last_avail;
		ring->reason = "more buffers available than the ring holds";
		return -EPROTO;
	}
	/*
	 * Read the entries after the index that covers them. Pairs with the
	 * driver's write barrier between the ring entry and avail->idx
	 * (virtio 1.3, 2.7.13.3.1).
	 */
	smp_rmb();
	return 1;
}

static int split_peek(struct kvdev_ring *ring,
		      const struct kvdev_mem_table *mem,
		      struct kvdev_chain *chain)
{
	struct kvdev_split_ring *s = &ring->split;
	int ret;

	ret = fetch_avail_idx(ring);
	if (ret <= 0)
		return ret;

	kvdev_chain_init(chain,
			 get16(&s->avail->ring[s->last_avail &
					       (ring->num - 1)]));
	ring->reason = walk_chain(ring, mem, chain);
	return ring->reason ? -EPROTO : 1;
}

static void split_pop(struct kvdev_ring *ring, const struct kvdev_chain *chain)
{
	ring->split.last_avail++;
}

static void split_unpop(struct kvdev_ring *ring, u16 id)
{
	ring->split.last_avail--;
}

static void split_push(struct kvdev_ring *ring, u16 id, u32 written)
{
	struct kvdev_split_ring *s = &ring->split;
	struct vring_used_elem *elem;

	elem = &s->used->ring[s->used_idx++ & (ring->num - 1)];
	WRITE_ONCE(elem->id, (__force __virtio32)cpu_to_le32(id));
	WRITE_ONCE(elem->len, (__force __virtio32)cpu_to_le32(written));
}

static u16 split_show(struct kvdev_ring *ring)
{
	struct kvdev_split_ring *s = &ring->split;

	/*
	 * The driver must see entries, and the data they stand for, before the
	 * index. Pairs with its read barrier after reading used->idx
	 * (virtio 1.3, 2.7.14).
	 */
	smp_wmb();
	put16(&s->used->idx, s->used_idx);
	s->published = s->used_idx;
	return s->published - s->asked;
}

static bool split_wants_signal(struct kvdev_ring *ring)
{
	struct kvdev_split_ring *s = &ring->split;
	u16 old = s->asked, new = s->published;

	s->asked = new;
	/*
	 * Index before the look at what the driver wants: it writes its wish
	 * and then looks at the index, so one of the two sees the other
	 * (virtio 1.3, 2.7.7.2). Pairs with its barrier between the two.
	 */
	smp_mb();
	if (ring->event_idx)
		return vring_need_event(get16(s->used_event), new, old);
	return !(get16(&s->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
}

static bool split_publish(struct kvdev_ring *ring)
{
	split_show(ring);
	return split_wants_signal(ring);
}

static bool split_enable_kick(struct kvdev_ring *ring)
{
	struct kvdev_split_ring *s = &ring->split;

	if (ring->event_idx) {
		put16(s->avail_event, s->last_avail);
	} else if (s->flags & VRING_USED_F_NO_NOTIFY) {
		s->flags &= ~VRING_USED_F_NO_NOTIFY;
		put16(&s->used->flags, s->flags);
	}
	/*
	 * Wish before the look at the index; pairs with the driver's barrier
	 * between avail->idx and its look at our wish (virtio 1.3, 2.7.10.1).
	 */
	smp_mb();
	return s->avail_idx != s->last_avail ||
	       get16(&s->avail->idx) != s->last_avail;
}

static void split_disable_kick(struct kvdev_ring *ring)
{
	struct kvdev_split_ring *s = &ring->split;

	/* avail_event stays behind: the driver kicks once when passing it. */
	if (ring->event_idx || (s->flags & VRING_USED_F_NO_NOTIFY))
		return;
	s->flags |= VRING_USED_F_NO_NOTIFY;
	put16(&s->used->flags, s->flags);
}

static void split_activate(struct kvdev_ring *ring,
			   const struct kvdev_ring_areas *areas, u16 avail,
			   u16 used)
{
	struct kvdev_split_ring *s = &ring->split;

	s->desc = areas->desc;
	s->avail = areas->driver;
	s->used = areas->device;
	s->used_event = &s->avail->ring[ring->num];
	s->avail_event = (__virtio16 *)&s->used->ring[ring->num];
	s->last_avail = avail;
	s->avail_idx = avail;
	s->used_idx = used;
	s->published = used;
	s->asked = used;
}

static void split_base(const struct kvdev_ring *ring, u16 *avail, u16 *used)
{
	*avail = ring->split.last_avail;
	*used = ring->split.used_idx;
}

/* virtio 1.3, 2.7: the event fields are counted whether negotiated or not. */
static void split_area_sizes(u16 num, size_t *desc, size_t *driver,
			     size_t *device)
{
	*desc = sizeof(struct vring_desc) * num;
	*driver = sizeof(__virtio16) * (3 + num);
	*device = sizeof(__virtio16) * 3 + sizeof(struct vring_used_elem) * num;
}

static const char *split_check(const struct kvdev_ring_cfg *cfg, u16 avail,
			       u16 used)
{
	if (!is_power_of_2(cfg->num))
		return "bad ring size";
	/* virtio 1.3, 2.7: alignment of the areas */
	if (!IS_ALIGNED(cfg->desc_addr, VRING_DESC_ALIGN_SIZE) ||
	    !IS_ALIGNED(cfg->driver_addr, VRING_AVAIL_ALIGN_SIZE) ||
	    !IS_ALIGNED(cfg->device_addr, VRING_USED_ALIGN_SIZE))
		return "misaligned ring";
	return NULL;
}

const struct kvdev_ring_ops kvdev_split_ops = {
	.name = "split",
	.start_base = 0,
	.area_sizes = split_area_sizes,
	.check = split_check,
	.activate = split_activate,
	.base = split_base,
	.peek = split_peek,
	.pop = split_pop,
	.unpop = split_unpop,
	.push = split_push,
	.publish = split_publish,
	.show = split_show,
	.wants_signal = split_wants_signal,
	.enable_kick = split_enable_kick,
	.disable_kick = split_disable_kick,
};
