// SPDX-License-Identifier: GPL-2.0
/*
 * Packed virtqueues, virtio 1.3, 2.8.
 *
 * One ring of descriptors that both sides write. Each side has a wrap counter
 * that starts at 1 and changes when its place in the ring goes round. Here a
 * place and its wrap counter are one number, the position: the index of the
 * descriptor, plus the size of the ring while the counter is 0. Positions
 * count modulo twice the size.
 *
 *	used	where the next used descriptor is written
 *	avail	where the next available descriptor is looked for
 *
 * What lies between the two is in flight: taken from the driver and not given
 * back, never more than the ring has, even with what the driver does not see
 * yet. Chains are given back in any order, so a
 * used descriptor overwrites one of another chain: nothing is read twice.
 *
 * A size that is no power of two costs nothing here. All ring memory is little
 * endian, and the barriers are the smp_ ones: see split.c.
 */
#include "ring.h"

/* Both are 16 bytes, and one buffer is used for the tables of both. */
static_assert(sizeof(struct vring_packed_desc) == sizeof(struct vring_desc));

#define FLAG_AVAIL	BIT(VRING_PACKED_DESC_F_AVAIL)
#define FLAG_USED	BIT(VRING_PACKED_DESC_F_USED)
#define WRAP_COUNTER	BIT(VRING_PACKED_EVENT_F_WRAP_CTR)

static bool wrap_counter(const struct kvdev_ring *ring, u16 pos)
{
	return pos < ring->num;
}

static struct vring_packed_desc *desc_at(const struct kvdev_ring *ring, u16 pos)
{
	return &ring->packed.desc[pos < ring->num ? pos : pos - ring->num];
}

static u16 advance(const struct kvdev_ring *ring, u16 pos, u16 count)
{
	u32 next = (u32)pos + count;

	return next < 2U * ring->num ? next : next - 2U * ring->num;
}

static u16 distance(const struct kvdev_ring *ring, u16 from, u16 to)
{
	return to >= from ? to - from : to + 2U * ring->num - from;
}

/* A position as it is written to an event structure, or kept for later. */
static u16 pos_to_base(const struct kvdev_ring *ring, u16 pos)
{
	return wrap_counter(ring, pos) ? pos | WRAP_COUNTER : pos - ring->num;
}

static u16 base_to_pos(const struct kvdev_ring *ring, u16 base)
{
	return base & WRAP_COUNTER ? base & ~WRAP_COUNTER : base + ring->num;
}

/*
 * virtio 1.3, 2.8.1: available if the driver wrote its wrap counter into one
 * flag and the inverse into the other. Whatever else lies at the position is
 * from an earlier round.
 */
static bool is_available(const struct kvdev_ring *ring, u16 pos, u16 flags)
{
	bool wrap = wrap_counter(ring, pos);

	return !!(flags & FLAG_AVAIL) == wrap && !!(flags & FLAG_USED) != wrap;
}

struct packed_desc {
	u64 addr;
	u32 len;
	u16 id;
	u16 flags;
};

/* The one fetch of all but the flags, which are fetched once before. */
static struct packed_desc fetch_desc(const struct vring_packed_desc *d,
				     u16 flags)
{
	return (struct packed_desc){
		.addr = le64_to_cpu(READ_ONCE(d->addr)),
		.len = le32_to_cpu(READ_ONCE(d->len)),
		.id = le16_to_cpu(READ_ONCE(d->id)),
		.flags = flags,
	};
}

/*
 * A table has no links: all of its descriptors count, in their order. Their
 * ids and all flags but one mean nothing (virtio 1.3, 2.8.7).
 */
static const char *walk_table(const struct kvdev_mem_table *mem,
			      struct kvdev_chain *chain, u64 addr, u32 len)
{
	const struct vring_packed_desc *table;
	struct packed_desc d;
	const char *reason;
	u32 i, nr;

	reason = kvdev_chain_fetch_table(chain, mem, addr, len, &nr);
	if (reason)
		return reason;

	table = (const struct vring_packed_desc *)chain->table;
	for (i = 0; i < nr; i++) {
		d = fetch_desc(&table[i], le16_to_cpu(table[i].flags));
		reason = kvdev_chain_add(chain, mem, d.addr, d.len,
					 d.flags & VRING_DESC_F_WRITE);
		if (reason)
			return reason;
	}
	return NULL;
}

static const char *add_desc(const struct kvdev_ring *ring,
			    const struct kvdev_mem_table *mem,
			    struct kvdev_chain *chain,
			    const struct packed_desc *d)
{
	if (!(d->flags & VRING_DESC_F_INDIRECT))
		return kvdev_chain_add(chain, mem, d->addr, d->len,
				       d->flags & VRING_DESC_F_WRITE);
	if (!ring->indirect)
		return "indirect table not negotiated";
	/* Other than in a split ring, it stands alone. */
	if (chain->nr_desc > 1 || d->flags & VRING_DESC_F_NEXT)
		return "indirect table in a list of descriptors";
	return walk_table(mem, chain, d->addr, d->len);
}

/*
 * Where to note a chain that the driver calls @id. Drivers number their buffers
 * from 0 up to the size of the ring, but nothing obliges them to (virtio 1.3,
 * 2.8): once one does not, all chains in flight are looked at.
 */
static const char *find_free(struct kvdev_packed_ring *p, u16 num, u16 id,
			     u16 *slot)
{
	u16 i, found = num;

	if (id >= num)
		p->other_ids = true;
	if (!p->other_ids) {
		*slot = array_index_nospec(id, num);
		return READ_ONCE(p->taken[*slot].nr_desc) ?
		       "buffer id that is in use" : NULL;
	}
	for (i = 0; i < num; i++) {
		if (!READ_ONCE(p->taken[i].nr_desc))
			found = i;
		else if (p->taken[i].buffer_id == id)
			return "buffer id that is in use";
	}
	/*
	 * One chain has at least one descriptor, and walk_list() counts them.
	 * But a driver that did not look at what was given back may be ahead of
	 * what we see of it here.
	 */
	if (found == num)
		return "more descriptors available than the ring holds";
	*slot = found;
	return NULL;
}

/*
 * Follow a list of neighbours, whose last one has the buffer's id. @flags are
 * those of the first.
 */
static const char *walk_list(struct kvdev_ring *ring,
			     const struct kvdev_mem_table *mem,
			     struct kvdev_chain *chain, u16 flags)
{
	struct kvdev_packed_ring *p = &ring->packed;
	u16 pos = p->avail;
	u16 max = ring->num - distance(ring, READ_ONCE(p->published), pos);
	struct packed_desc d;
	const char *reason;

	for (;;) {
		/*
		 * The end of every list, and of what a driver has: one more
		 * would be a descriptor that it was not given back.
		 */
		if (chain->nr_desc == max)
			return "more descriptors available than the ring holds";
		chain->nr_desc++;
		d = fetch_desc(desc_at(ring, pos), flags);
		reason = add_desc(ring, mem, chain, &d);
		if (reason)
			return reason;
		if (!(flags & VRING_DESC_F_NEXT))
			break;

		/*
		 * The first one was made available last, so all of the list
		 * has to be (virtio 1.3, 2.8.6).
		 */
		pos = advance(ring, pos, 1);
		flags = le16_to_cpu(READ_ONCE(desc_at(ring, pos)->flags));
		if (!is_available(ring, pos, flags))
			return "descriptor in a list is not available";
	}

	chain->buffer_id = d.id;
	return find_free(p, ring->num, d.id, &chain->id);
}

static int packed_peek(struct kvdev_ring *ring,
		       const struct kvdev_mem_table *mem,
		       struct kvdev_chain *chain)
{
	u16 pos = ring->packed.avail;
	u16 flags;

	/*
	 * Flags before all else of the list. Pairs with the driver's write
	 * barrier before it writes the flags of the first descriptor
	 * (virtio 1.3, 2.8.6). And what push did to the id that the driver
	 * uses again was done before the driver could see that.
	 */
	flags = le16_to_cpu(smp_load_acquire(&desc_at(ring, pos)->flags));
	if (!is_available(ring, pos, flags))
		return 0;

	kvdev_chain_init(chain, 0);
	ring->reason = walk_list(ring, mem, chain, flags);
	return ring->reason ? -EPROTO : 1;
}

static void packed_pop(struct kvdev_ring *ring, const struct kvdev_chain *chain)
{
	struct kvdev_packed_ring *p = &ring->packed;

	p->taken[chain->id].buffer_id = chain->buffer_id;
	WRITE_ONCE(p->taken[chain->id].nr_desc, chain->nr_desc);
	p->avail = advance(ring, p->avail, chain->nr_desc);
}

static void packed_unpop(struct kvdev_ring *ring, u16 id)
{
	struct kvdev_packed_ring *p = &ring->packed;
	u16 count = p->taken[id].nr_desc;

	WRITE_ONCE(p->taken[id].nr_desc, 0);
	p->avail = advance(ring, p->avail, 2 * ring->num - count);
}

/*
 * The driver looks at used descriptors in their order, so it sees none of a
 * batch before the flags of the first, which publish writes.
 */
static void packed_push(struct kvdev_ring *ring, u16 id, u32 written)
{
	struct kvdev_packed_ring *p = &ring->packed;
	struct vring_packed_desc *desc = desc_at(ring, p->used);
	u16 flags = written ? VRING_DESC_F_WRITE : 0;

	if (wrap_counter(ring, p->used))
		flags |= FLAG_AVAIL | FLAG_USED;
	WRITE_ONCE(desc->id, cpu_to_le16(p->taken[id].buffer_id));
	WRITE_ONCE(desc->len, cpu_to_le32(written));
	if (p->used == p->published)
		p->first_flags = flags;
	else
		WRITE_ONCE(desc->flags, cpu_to_le16(flags));

	p->used = advance(ring, p->used, p->taken[id].nr_desc);
	WRITE_ONCE(p->taken[id].nr_desc, 0);
}

/*
 * Both fields of an event structure in one access, so that they belong
 * together: the areas are aligned for it.
 */
static bool wants_signal(const struct kvdev_ring *ring, u16 old, u16 new)
{
	u32 event = le32_to_cpu(READ_ONCE(*ring->packed.driver_event));
	u16 base = event, flags = (event >> 16) & 3;

	if (flags == VRING_PACKED_EVENT_FLAG_DISABLE)
		return false;
	if (!ring->event_idx || flags != VRING_PACKED_EVENT_FLAG_DESC)
		return true;
	/* Nowhere in the ring: never */
	if ((base & ~WRAP_COUNTER) >= ring->num)
		return false;
	return distance(ring, old, base_to_pos(ring, base)) <
	       distance(ring, old, new);
}

static u16 packed_show(struct kvdev_ring *ring)
{
	struct kvdev_packed_ring *p = &ring->packed;
	u16 old = p->published, new = p->used;

	WRITE_ONCE(p->published, new);
	/*
	 * The driver must see all of the batch, and the data it stands for,
	 * before the flags. Pairs with its read barrier after reading them
	 * (virtio 1.3, 2.8.21). The consumer must know before the driver goes
	 * on: pairs with its acquire of what the driver writes then.
	 */
	smp_wmb();
	WRITE_ONCE(desc_at(ring, old)->flags, cpu_to_le16(p->first_flags));
	return distance(ring, p->asked, new);
}

static bool packed_wants_signal(struct kvdev_ring *ring)
{
	struct kvdev_packed_ring *p = &ring->packed;
	u16 old = p->asked, new = p->published;

	p->asked = new;
	/*
	 * Flags before the look at what the driver wants: it writes its wish
	 * and then looks at the flags, so one of the two sees the other
	 * (virtio 1.3, 2.8.10). Pairs with its barrier between the two.
	 */
	smp_mb();
	return wants_signal(ring, old, new);
}

static bool packed_publish(struct kvdev_ring *ring)
{
	packed_show(ring);
	return packed_wants_signal(ring);
}

static void set_event(struct kvdev_ring *ring, u16 base, u16 flags)
{
	struct kvdev_packed_ring *p = &ring->packed;
	u32 event = base | (u32)flags << 16;

	if (p->event_known && p->event == event)
		return;
	p->event_known = true;
	p->event = event;
	WRITE_ONCE(*p->device_event, cpu_to_le32(event));
}

static bool packed_enable_kick(struct kvdev_ring *ring)
{
	u16 pos = ring->packed.avail;
	u16 flags;

	if (ring->event_idx)
		set_event(ring, pos_to_base(ring, pos),
			  VRING_PACKED_EVENT_FLAG_DESC);
	else
		set_event(ring, 0, VRING_PACKED_EVENT_FLAG_ENABLE);
	/*
	 * Wish before the look at the descriptor; pairs with the driver's
	 * barrier between its flags and its look at our wish
	 * (virtio 1.3, 2.8.10).
	 */
	smp_mb();
	flags = le16_to_cpu(READ_ONCE(desc_at(ring, pos)->flags));
	return is_available(ring, pos, flags);
}

static void packed_disable_kick(struct kvdev_ring *ring)
{
	set_event(ring, 0, VRING_PACKED_EVENT_FLAG_DISABLE);
}

static void packed_activate(struct kvdev_ring *ring,
			    const struct kvdev_ring_areas *areas, u16 avail,
			    u16 used)
{
	struct kvdev_packed_ring *p = &ring->packed;

	p->desc = areas->desc;
	p->driver_event = areas->driver;
	p->device_event = areas->device;
	p->taken = areas->taken;
	memset(p->taken, 0, sizeof(*p->taken) * ring->num);
	p->avail = base_to_pos(ring, avail);
	p->used = base_to_pos(ring, used);
	p->published = p->used;
	p->asked = p->used;
}

static void packed_base(const struct kvdev_ring *ring, u16 *avail, u16 *used)
{
	*avail = pos_to_base(ring, ring->packed.avail);
	*used = pos_to_base(ring, ring->packed.used);
}

static void packed_area_sizes(u16 num, size_t *desc, size_t *driver,
			      size_t *device)
{
	*desc = sizeof(struct vring_packed_desc) * num;
	*driver = sizeof(struct vring_packed_desc_event);
	*device = sizeof(struct vring_packed_desc_event);
}

static const char *packed_check(const struct kvdev_ring_cfg *cfg, u16 avail,
				u16 used)
{
	u16 avail_pos, used_pos;
	const struct kvdev_ring ring = { .num = cfg->num };

	/* virtio 1.3, 2.8.10.1: any size up to 2^15 */
	if (cfg->num > WRAP_COUNTER)
		return "bad ring size";
	/* virtio 1.3, 2.8.10.1: alignment of the areas */
	if (!IS_ALIGNED(cfg->desc_addr, 16) ||
	    !IS_ALIGNED(cfg->driver_addr, 4) ||
	    !IS_ALIGNED(cfg->device_addr, 4))
		return "misaligned ring";
	if ((avail & ~WRAP_COUNTER) >= cfg->num ||
	    (used & ~WRAP_COUNTER) >= cfg->num)
		return "ring base outside of the ring";
	avail_pos = base_to_pos(&ring, avail);
	used_pos = base_to_pos(&ring, used);
	if (distance(&ring, used_pos, avail_pos) > cfg->num)
		return "ring base with used after available";
	return NULL;
}

const struct kvdev_ring_ops kvdev_packed_ops = {
	.name = "packed",
	.start_base = WRAP_COUNTER,
	.area_sizes = packed_area_sizes,
	.check = packed_check,
	.activate = packed_activate,
	.base = packed_base,
	.peek = packed_peek,
	.pop = packed_pop,
	.unpop = packed_unpop,
	.push = packed_push,
	.publish = packed_publish,
	.show = packed_show,
	.wants_signal = packed_wants_signal,
	.enable_kick = packed_enable_kick,
	.disable_kick = packed_disable_kick,
};
