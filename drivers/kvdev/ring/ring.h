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
 * consumer (the queue's worker). push and publish, which is show and wants_signal,
 * belong to whoever completes and are serialised by the caller; they touch no
 * field of the consumer side, so both sides run concurrently.
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
 * @id: which one, for push and unpop; below the size of the ring. Split format:
 *	what the used entry must name
 * @buffer_id: packed format only: what the used descriptor must name, any
 *	number that the driver likes
 * @nr_desc: descriptors of the ring it takes up; packed format only
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
	u16 buffer_id;
	u16 nr_desc;
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
 * @driver_addr: Driver Area (available ring, or driver event suppression)
 * @device_addr: Device Area (used ring, or device event suppression)
 * @has_base: @avail_base and @used_base are where it is to go on; otherwise it
 *	starts from the beginning, which the formats write differently
 * @avail_base: the first available entry to look at. Split format: its index;
 *	packed format: its place in the ring, bit 15 is the wrap counter
 * @used_base: the first used entry to write, likewise
 */
struct kvdev_ring_cfg {
	u16 num_max;
	u16 num;
	u64 desc_addr;
	u64 driver_addr;
	u64 device_addr;
	bool has_base;
	u16 avail_base;
	u16 used_base;
};

/**
 * struct kvdev_taken - a chain of a packed ring that is in flight
 * @nr_desc: descriptors it takes up, 0: there is none. Written by pop and unpop
 *	if 0, by push if not
 * @buffer_id: the driver's name for it
 */
struct kvdev_taken {
	u16 nr_desc;
	u16 buffer_id;
};

/**
 * struct kvdev_ring_areas - host memory of a ring
 * @desc: kernel address of the Descriptor Area
 * @driver: kernel address of the Driver Area
 * @device: kernel address of the Device Area
 * @taken: not the driver's: as many entries as the ring has; may be NULL for
 *	the split format
 *
 * Mapped for as long as the ring is active; see kvdev_ring_area_sizes().
 */
struct kvdev_ring_areas {
	void *desc;
	void *driver;
	void *device;
	struct kvdev_taken *taken;
};

struct kvdev_ring;

/**
 * struct kvdev_ring_ops - one ring format
 * @name: for people
 * @start_base: kvdev_ring_cfg.avail_base and used_base of a new ring
 * @area_sizes: bytes of the three areas
 * @check: the format's part of kvdev_ring_check()
 * @activate: the format's part of kvdev_ring_activate()
 * @base: where both sides are, as in kvdev_ring_cfg
 * @peek: build the next chain: 1 got one, 0 ring empty, -EPROTO the driver
 *	broke the rules and @kvdev_ring.reason says how. Does not consume
 * @pop: consume what peek returned
 * @unpop: undo the latest pop that is not undone yet, of the chain @id; it has
 *	not been pushed. The next peek looks at it again, as if for the first
 *	time. Several are undone in the reverse order
 * @push: write a used entry that the driver does not see yet
 * @publish: let the driver see what was pushed, at least one; true if it wants
 *	an interrupt. It is the next two at once
 * @show: let the driver see what was pushed, at least one. Returns how much of
 *	the ring it was shown since it was last asked, at most twice its size
 * @wants_signal: ask it whether it wants an interrupt for what it was shown
 *	since it was last asked, which is less than twice the ring
 * @enable_kick: ask the driver for kicks; true if there is work already
 * @disable_kick: tell the driver that kicks are not needed
 */
struct kvdev_ring_ops {
	const char *name;
	u16 start_base;
	void (*area_sizes)(u16 num, size_t *desc, size_t *driver,
			   size_t *device);
	const char *(*check)(const struct kvdev_ring_cfg *cfg, u16 avail,
			     u16 used);
	void (*activate)(struct kvdev_ring *ring,
			 const struct kvdev_ring_areas *areas, u16 avail,
			 u16 used);
	void (*base)(const struct kvdev_ring *ring, u16 *avail, u16 *used);
	int (*peek)(struct kvdev_ring *ring,
		    const struct kvdev_mem_table *mem,
		    struct kvdev_chain *chain);
	void (*pop)(struct kvdev_ring *ring, const struct kvdev_chain *chain);
	void (*unpop)(struct kvdev_ring *ring, u16 id);
	void (*push)(struct kvdev_ring *ring, u16 id, u32 written);
	bool (*publish)(struct kvdev_ring *ring);
	u16 (*show)(struct kvdev_ring *ring);
	bool (*wants_signal)(struct kvdev_ring *ring);
	bool (*enable_kick)(struct kvdev_ring *ring);
	void (*disable_kick)(struct kvdev_ring *ring);
};

extern const struct kvdev_ring_ops kvdev_split_ops;
extern const struct kvdev_ring_ops kvdev_packed_ops;

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
 * @asked: producer: @published when the driver was last asked
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
	u16 asked;
};

/**
 * struct kvdev_packed_ring - packed virtqueue, virtio 1.3, 2.8
 * @desc: descriptor ring
 * @driver_event: driver area: which used descriptor the driver waits for
 * @device_event: device area: which available descriptor we wait for
 * @taken: chains in flight, as many entries as the ring has
 * @other_ids: consumer: buffer ids are not always those of @taken
 * @avail: consumer: position of the next descriptor to take, see packed.c
 * @event: consumer: @device_event as written
 * @event_known: consumer: @event was written
 * @used: producer: position of the next used descriptor to write
 * @published: producer: position of the first used descriptor that the driver
 *	does not see; the consumer reads it
 * @asked: producer: @published when the driver was last asked
 * @first_flags: producer: the flags to be written there
 */
struct kvdev_packed_ring {
	struct vring_packed_desc *desc;
	const __le32 *driver_event;
	__le32 *device_event;
	struct kvdev_taken *taken;

	u16 avail;
	u32 event;
	bool event_known;
	bool other_ids;

	/* The producer's fields; another CPU than the consumer's writes them */
	u16 used __aligned(64);
	u16 published;
	u16 asked;
	u16 first_flags;
};

/**
 * struct kvdev_ring - a running ring
 * @ops: format
 * @num: entries
 * @indirect: VIRTIO_F_INDIRECT_DESC was negotiated
 * @event_idx: VIRTIO_F_EVENT_IDX was negotiated
 * @reason: consumer: after -EPROTO, what the driver did wrong; static text
 * @split: state of the split format
 * @packed: state of the packed format
 * @pending: producer: entries pushed and not published
 * @signal_next: producer: the next time the driver is asked, the answer is yes.
 *	Set when a ring that was in use goes on: what the driver saw of it before
 *	cannot be known
 */
struct kvdev_ring {
	const struct kvdev_ring_ops *ops;
	u16 num;
	bool indirect;
	bool event_idx;
	const char *reason;
	union {
		struct kvdev_split_ring split;
		struct kvdev_packed_ring packed;
	};
	u16 pending;
	bool signal_next;
};

const char *kvdev_ring_check(const struct kvdev_ring_cfg *cfg, u64 features);
void kvdev_ring_area_sizes(u16 num, u64 features, size_t *desc, size_t *driver,
			   size_t *device);
void kvdev_ring_activate(struct kvdev_ring *ring,
			 const struct kvdev_ring_cfg *cfg, u64 features,
			 const struct kvdev_ring_areas *areas);
void kvdev_ring_base(const struct kvdev_ring_cfg *cfg, u64 features, u16 *avail,
		     u16 *used);
void kvdev_ring_set_base(struct kvdev_ring_cfg *cfg, u64 features, u16 avail,
			 u16 used);
void kvdev_ring_save(const struct kvdev_ring *ring, struct kvdev_ring_cfg *cfg);

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
	ring->pending++;
}

/*
 * For those who notify later: the driver can see what was pushed, and is asked
 * by kvdev_ring_wants_signal(). One that was shown as much as the ring holds is
 * asked before it is shown more. Returns how much that is, see struct
 * kvdev_ring_ops.
 */
static inline u16 kvdev_ring_show(struct kvdev_ring *ring)
{
	if (!ring->pending)
		return 0;
	ring->pending = 0;
	return ring->ops->show(ring);
}

/* It was shown something. */
static inline bool kvdev_ring_wants_signal(struct kvdev_ring *ring)
{
	bool force = ring->signal_next;

	ring->signal_next = false;
	return ring->ops->wants_signal(ring) || force;
}

/* Both at once: true if the driver wants an interrupt. */
static inline bool kvdev_ring_publish(struct kvdev_ring *ring)
{
	bool force = ring->signal_next;

	if (!ring->pending)
		return false;
	ring->pending = 0;
	ring->signal_next = false;
	return ring->ops->publish(ring) || force;
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
