/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device side of a virtqueue.
 *
 * Two types, two phases. struct kvdev_ring_cfg is what registers or ioctls
 * write; struct kvdev_ring is a running ring. kvdev_ring_activate() is the
 * only door between them and validates everything once, so device code never
 * sees a half-configured ring.
 *
 * The driver owns the memory the ring lives in and may change any of it at any
 * moment. Each value is therefore fetched once, checked, and only the copy is
 * used afterwards.
 *
 * Contexts: peek, pop, unpop, enable_kick and disable_kick belong to the one
 * consumer (the queue's worker). push and publish belong to whoever completes and are
 * serialised by the caller; they touch no field of the consumer side, so both
 * sides run concurrently.
 *
 *	       consumer (worker)                producer (completion)
 *	avail -> peek -> pop -> ... request ... -> push -> publish -> used
 */
#ifndef KVDEV_RING_H
#define KVDEV_RING_H

#include "../pure.h"
#include "../mem_table.h"

/*
 * Most pieces of guest memory one chain may have, after splitting at region
 * borders. Ring size is capped at the same number; an indirect table may be
 * longer than a small ring (drivers do that), but not longer than this.
 */
#define KVDEV_CHAIN_MAX		1024

/**
 * struct kvdev_chain - one descriptor chain, whatever the ring format
 * @id: what the used entry must name
 * @nr_readable: pieces the device may read, the first of @iov
 * @nr_writable: pieces the device may write, after the readable ones
 * @readable_len: bytes of the readable part
 * @writable_len: bytes of the writable part; the sum of both fits 32 bits
 * @iov: caller's array of KVDEV_CHAIN_MAX entries, host addresses
 * @table: caller's buffer for an indirect table, KVDEV_CHAIN_MAX entries
 * @hint: region that matched last, speeds up the next translation
 */
struct kvdev_chain {
	u16 id;
	u16 nr_readable;
	u16 nr_writable;
	u32 readable_len;
	u32 writable_len;
	struct iovec *iov;
	struct vring_desc *table;
	u32 hint;
};

/**
 * struct kvdev_ring_cfg - a ring as it was configured, not validated
 * @num_max: largest @num, the queue's own limit
 * @num: ring size in entries
 * @desc_addr: Descriptor Area, address space of whoever configures
 * @driver_addr: Driver Area (available ring)
 * @device_addr: Device Area (used ring)
 * @avail_base: index of the first available entry to look at
 * @used_base: index of the first used entry to write
 */
struct kvdev_ring_cfg {
	u16 num_max;
	u16 num;
	u64 desc_addr;
	u64 driver_addr;
	u64 device_addr;
	u16 avail_base;
	u16 used_base;
};

/**
 * struct kvdev_ring_areas - host memory of the three areas
 * @desc: kernel address of the Descriptor Area
 * @driver: kernel address of the Driver Area
 * @device: kernel address of the Device Area
 *
 * Mapped for as long as the ring is active; see kvdev_ring_area_sizes().
 */
struct kvdev_ring_areas {
	void *desc;
	void *driver;
	void *device;
};

struct kvdev_ring;

/**
 * struct kvdev_ring_ops - one ring format
 * @name: for traces
 * @peek: build the next chain: 1 got one, 0 ring empty, -EPROTO the driver
 *	broke the rules and @kvdev_ring.reason says how. Does not consume
 * @pop: consume what peek returned
 * @unpop: undo the latest pop that is not undone yet, of the chain @id; it has
 *	not been pushed. The next peek looks at it again, as if for the first
 *	time. Several are undone in the reverse order
 * @push: write a used entry that the driver does not see yet
 * @publish: let the driver see what was pushed; true if it wants an interrupt
 * @enable_kick: ask the driver for kicks; true if there is work already
 * @disable_kick: tell the driver that kicks are not needed
 */
struct kvdev_ring_ops {
	const char *name;
	int (*peek)(struct kvdev_ring *ring,
		    const struct kvdev_mem_table *mem,
		    struct kvdev_chain *chain);
	void (*pop)(struct kvdev_ring *ring, const struct kvdev_chain *chain);
	void (*unpop)(struct kvdev_ring *ring, u16 id);
	void (*push)(struct kvdev_ring *ring, u16 id, u32 written);
	bool (*publish)(struct kvdev_ring *ring);
	bool (*enable_kick)(struct kvdev_ring *ring);
	void (*disable_kick)(struct kvdev_ring *ring);
};

extern const struct kvdev_ring_ops kvdev_split_ops;

/**
 * struct kvdev_split_ring - split virtqueue, virtio 1.3, 2.7
 * @desc: descriptor table
 * @avail: available ring
 * @used: used ring
 * @used_event: in the driver area: used index the driver waits for
 * @avail_event: in the device area: available index we wait for
 * @avail_idx: consumer: avail->idx as last fetched
 * @last_avail: consumer: next available entry to take
 * @used_idx: producer: next used entry to write
 * @published: producer: used->idx as the driver sees it
 * @flags: consumer: used->flags as written
 */
struct kvdev_split_ring {
	const struct vring_desc *desc;
	const struct vring_avail *avail;
	struct vring_used *used;
	const __virtio16 *used_event;
	__virtio16 *avail_event;

	u16 avail_idx;
	u16 last_avail;
	u16 flags;

	/* The producer's fields; another CPU than the consumer's writes them */
	u16 used_idx __aligned(64);
	u16 published;
};

/**
 * struct kvdev_ring - a running ring
 * @ops: format
 * @num: entries
 * @indirect: VIRTIO_F_INDIRECT_DESC was negotiated
 * @event_idx: VIRTIO_F_EVENT_IDX was negotiated
 * @signal_next: producer: the next publish interrupts in any case. Set at
 *	activation: what the driver saw before cannot be known
 * @reason: consumer: after -EPROTO, what the driver did wrong; static text
 * @split: state of the split format
 */
struct kvdev_ring {
	const struct kvdev_ring_ops *ops;
	u16 num;
	bool indirect;
	bool event_idx;
	bool signal_next;
	const char *reason;
	struct kvdev_split_ring split;
};

const char *kvdev_ring_check(const struct kvdev_ring_cfg *cfg, u64 features);
void kvdev_ring_area_sizes(u16 num, u64 features, size_t *desc, size_t *driver,
			   size_t *device);
void kvdev_ring_activate(struct kvdev_ring *ring,
			 const struct kvdev_ring_cfg *cfg, u64 features,
			 const struct kvdev_ring_areas *areas);
u16 kvdev_ring_avail_base(const struct kvdev_ring *ring);

/* A queue in the making starts here; see kvdev_chain_add(). */
void kvdev_chain_init(struct kvdev_chain *chain, u16 id);
const char *kvdev_chain_add(struct kvdev_chain *chain,
			    const struct kvdev_mem_table *mem, u64 addr,
			    u32 len, bool writable);
const char *kvdev_chain_fetch_table(struct kvdev_chain *chain,
				    const struct kvdev_mem_table *mem,
				    u64 addr, u32 len, u32 *nr);

static inline int kvdev_ring_peek(struct kvdev_ring *ring,
				  const struct kvdev_mem_table *mem,
				  struct kvdev_chain *chain)
{
	return ring->ops->peek(ring, mem, chain);
}

static inline void kvdev_ring_pop(struct kvdev_ring *ring,
				  const struct kvdev_chain *chain)
{
	ring->ops->pop(ring, chain);
}

static inline void kvdev_ring_unpop(struct kvdev_ring *ring, u16 id)
{
	ring->ops->unpop(ring, id);
}

static inline void kvdev_ring_push(struct kvdev_ring *ring, u16 id,
				   u32 written)
{
	ring->ops->push(ring, id, written);
}

static inline bool kvdev_ring_publish(struct kvdev_ring *ring)
{
	return ring->ops->publish(ring);
}

static inline bool kvdev_ring_enable_kick(struct kvdev_ring *ring)
{
	return ring->ops->enable_kick(ring);
}

static inline void kvdev_ring_disable_kick(struct kvdev_ring *ring)
{
	ring->ops->disable_kick(ring);
}

#endif /* KVDEV_RING_H */
