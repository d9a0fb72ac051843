// SPDX-License-Identifier: GPL-2.0
/*
 * Block device (virtio 1.3, 5.2).
 *
 * A request is a header, data in one direction, and a status byte that is the
 * last device-writable byte. Where descriptors begin and end means nothing
 * (virtio 1.3, 2.7.4), so all of it is read through iterators.
 *
 *	blk_parse()     worker: every rule whose breach is a violation
 *	blk_execute()   worker: starts what the type asks for
 *	blk_complete()  any context: status byte, counters, used entry
 */
#include <linux/blkdev.h>
#include <linux/llist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/virtio_blk.h>
#include <uapi/linux/virtio_ids.h>

#include <uapi/linux/kvdev.h>

#include "../backend/backend.h"
#include "../memacc.h"
#include "../ring/ring.h"
#include "blk_range.h"
#include "device.h"
#include "inflight.h"
#include "piece.h"

#define BLK_QUEUE_SIZE	256

/*
 * Most data segments of a request. Two pieces of a chain are header and
 * status; each border of a memory region may cut a segment in two.
 */
#define BLK_SEG_MAX	(KVDEV_CHAIN_MAX - KVDEV_MEM_MAX_REGIONS - 2)

/*
 * Most of a DISCARD and of a WRITE ZEROES. At worst the store has nothing better
 * than to write the zeroes, and whoever stops the queue waits for a GiB of them.
 * A discard ends early then.
 */
#define BLK_DISCARD_RANGES	64
#define BLK_DISCARD_SECTORS	(SZ_4G >> SECTOR_SHIFT)
#define BLK_ZEROES_RANGES	16
#define BLK_ZEROES_SECTORS	(SZ_64M >> SECTOR_SHIFT)

/*
 * Multi-byte fields are little endian: of a VERSION_1 driver always, and one
 * without runs on the same little-endian machine.
 */
#define BLK_LE		true

/**
 * struct kvdev_blk - a block device
 * @backend: store, NULL while there is none
 * @size: bytes shown to the driver
 * @block_size: shown to the driver; positions and lengths are multiples of it
 * @serial: answer to GET_ID
 * @inflight: bytes of requests in flight; any context
 *
 * The rest changes under the device's mutex while no queue runs.
 */
struct kvdev_blk {
	struct kvdev_backend *backend;
	u64 size;
	u32 block_size;
	u8 serial[KVDEV_SERIAL_LEN];
	struct kvdev_inflight inflight;
};

/**
 * struct blk_request - a request in flight
 * @free: link in blk_queue.free
 * @vq: its queue
 * @type: VIRTIO_BLK_T_*
 * @id: names the chain
 * @sector: position, in 512 bytes
 * @writable: bytes of the chain's writable part, the status byte included
 * @charged: part of kvdev_blk.bytes
 * @filled: data bytes at the beginning of that part, if the request succeeds
 * @used_len: what the used entry will say
 * @status_byte: pinned, so that any context can store it
 * @ranges: DISCARD, WRITE ZEROES: what is left; its bytes are our copy
 * @io: operation on the store
 */
struct blk_request {
	struct llist_node free;
	struct kvdev_vq *vq;
	u32 type;
	u16 id;
	u64 sector;
	u32 writable;
	u32 charged;
	u32 filled;
	u32 used_len;
	struct kvdev_pinned_byte status_byte;
	struct kvdev_blk_ranges ranges;
	struct kvdev_io io;
};

/**
 * struct blk_queue - requests of a running queue
 * @free: requests not in use. The worker takes, any context gives back
 * @requests: as many as the ring has entries, so the worker always finds one
 */
struct blk_queue {
	struct llist_head free;
	struct blk_request requests[];
};

static struct kvdev_blk *to_kvdev_blk(const struct blk_request *req)
{
	return kvdev_dev_priv(kvdev_vq_dev(req->vq));
}

static bool blk_can_zero(const struct kvdev_blk *blk)
{
	return blk->backend && !blk->backend->read_only;
}

static bool blk_can_discard(const struct kvdev_blk *blk)
{
	return blk_can_zero(blk) && blk->backend->discard_granularity;
}

/* ------------------------------------------------------- bytes in flight */

static void blk_charge(struct blk_request *req, u32 bytes)
{
	req->charged = bytes;
	kvdev_inflight_add(&to_kvdev_blk(req)->inflight, bytes);
}

static void blk_uncharge(struct blk_request *req)
{
	if (req->charged)
		kvdev_inflight_sub(&to_kvdev_blk(req)->inflight, req->vq,
				   req->charged);
	req->charged = 0;
}

/* ------------------------------------------------------------ completion */

static u8 blk_status(int error)
{
	switch (error) {
	case 0:
		return VIRTIO_BLK_S_OK;
	case -EOPNOTSUPP:
		return VIRTIO_BLK_S_UNSUPP;
	default:
		return VIRTIO_BLK_S_IOERR;
	}
}

/* The status byte is in place: give the chain back. */
static void blk_finish(struct blk_request *req)
{
	struct kvdev_vq *vq = req->vq;
	struct blk_queue *queue = kvdev_vq_priv(vq);
	u32 used_len = req->used_len;
	u16 id = req->id;

	/*
	 * The request is free before the driver sees the used entry and posts
	 * the next one: so there is a request for every chain.
	 */
	llist_add(&req->free, &queue->free);
	kvdev_vq_complete(vq, id, used_len);
}

static void blk_finish_work(struct work_struct *work)
{
	struct blk_request *req = container_of(work, struct blk_request,
					       io.work);

	kvdev_pinned_byte_finish(&req->status_byte);
	blk_finish(req);
}

/*
 * How much of the writable part was certainly written, from its beginning
 * (virtio 1.3, 2.7.8.2): data, and the status byte if it follows at once. A
 * failed read says 0, as the data before its status byte may be missing.
 */
static u32 blk_used_len(const struct blk_request *req, u32 filled)
{
	return filled == req->writable - 1 ? req->writable : filled;
}

/* The only way a request ends. Any context; data is in place. */
static void blk_complete(struct blk_request *req, int error)
{
	u32 filled = error ? 0 : req->filled;
	u32 taken = 0;

	if (!error && req->type == VIRTIO_BLK_T_OUT)
		taken = req->io.len;
	if (unlikely(req->ranges.bytes)) {
		taken = error ? 0 : req->ranges.nr * KVDEV_BLK_RANGE_BYTES;
		kfree(req->ranges.bytes);
		req->ranges.bytes = NULL;
	}
	blk_uncharge(req);
	req->used_len = blk_used_len(req, filled);
	kvdev_vq_account(req->vq, taken, filled, error);

	if (likely(kvdev_pinned_byte_store(&req->status_byte,
					   blk_status(error)))) {
		blk_finish(req);
		return;
	}
	INIT_WORK(&req->io.work, blk_finish_work);
	kvdev_memacc_defer(&req->io.work);
}

/* As if it had never been taken; it begins anew when the queue goes on. */
static void blk_give_back(struct blk_request *req)
{
	struct blk_queue *queue = kvdev_vq_priv(req->vq);
	struct kvdev_vq *vq = req->vq;
	u16 id = req->id;

	blk_uncharge(req);
	kvdev_pinned_byte_drop(&req->status_byte);
	llist_add(&req->free, &queue->free);
	kvdev_vq_unpop(vq, id);
}

static void blk_io_done(struct kvdev_io *io, int error)
{
	struct blk_request *req = container_of(io, struct blk_request, io);

	if (unlikely(io->interrupted))
		blk_give_back(req);
	else
		blk_complete(req, error);
}

/*
 * Of a queue that stops without being reset nothing may get lost: a request that
 * would take long is done another time.
 */
static int blk_io_check(const struct kvdev_io *io)
{
	const struct blk_request *req = container_of(io, struct blk_request,
						     io);

	if (kvdev_vq_abandoned(req->vq))
		return -EINTR;
	return kvdev_vq_is_stopping(req->vq) ? -ERESTART : 0;
}

/* ------------------------------------------------------------- execution */

/* A well-formed request may still ask for what the device does not have. */
static int blk_check_rw(const struct kvdev_blk *blk, u64 sector, size_t len)
{
	u64 nr_sectors = blk->size >> SECTOR_SHIFT;
	u32 block_sectors = blk->block_size >> SECTOR_SHIFT;

	if (!len || !IS_ALIGNED(len, blk->block_size))
		return -EINVAL;
	if (!IS_ALIGNED(sector, block_sectors))
		return -EINVAL;
	/* No sum of sector and length: it could wrap. */
	if (sector > nr_sectors || len >> SECTOR_SHIFT > nr_sectors - sector)
		return -EIO;
	return 0;
}

/*
 * virtio 1.3, 5.2.6.2: a driver that did not accept FLUSH cannot ask for
 * durability later, its writes are stable when they complete.
 */
static bool blk_is_durable(const struct blk_request *req)
{
	return !kvdev_dev_has_feature(kvdev_vq_dev(req->vq),
				      VIRTIO_BLK_F_FLUSH);
}

static void blk_execute_rw(struct blk_request *req, enum kvdev_io_op op,
			   const struct iov_iter *data)
{
	struct kvdev_blk *blk = to_kvdev_blk(req);
	struct kvdev_io *io = &req->io;
	size_t len = iov_iter_count(data);
	int ret;

	ret = blk_check_rw(blk, req->sector, len);
	/* virtio 1.3, 5.2.6.2: IOERR for a write to a read-only device */
	if (!ret && op == KVDEV_IO_WRITE && blk->backend->read_only)
		ret = -EROFS;
	if (ret) {
		blk_complete(req, ret);
		return;
	}

	if (op == KVDEV_IO_READ)
		req->filled = len;
	/* Of longer ones the worker does one at a time. */
	if (len <= KVDEV_IO_MAX)
		blk_charge(req, len);
	io->op = op;
	io->durable = op == KVDEV_IO_WRITE && blk_is_durable(req);
	io->pos = req->sector << SECTOR_SHIFT;
	io->len = len;
	io->iter = *data;
	io->done = blk_io_done;
	kvdev_backend_submit(blk->backend, io);
}

/*
 * The store flushes what was completed before, and that is all the driver may
 * rely on: it has seen no other completion (virtio 1.3, 5.2.6.2).
 */
static void blk_execute_flush(struct blk_request *req)
{
	req->io.op = KVDEV_IO_FLUSH;
	req->io.pos = 0;
	req->io.len = 0;
	req->io.done = blk_io_done;
	kvdev_backend_submit(to_kvdev_blk(req)->backend, &req->io);
}

/*
 * virtio 1.3, 5.2.6: the string has 20 bytes, zero padded. Of a longer buffer
 * the rest is left alone, a shorter one gets the beginning.
 */
static void blk_execute_get_id(struct blk_request *req, struct iov_iter *data)
{
	size_t len = min_t(size_t, iov_iter_count(data), VIRTIO_BLK_ID_BYTES);

	BUILD_BUG_ON(VIRTIO_BLK_ID_BYTES != KVDEV_SERIAL_LEN);
	if (copy_to_iter(to_kvdev_blk(req)->serial, len, data) != len) {
		blk_complete(req, -EFAULT);
		return;
	}
	req->filled = len;
	blk_complete(req, 0);
}

static void blk_ranges_done(struct kvdev_io *io, int error);

/* Start on the next piece, or end the request. */
static void blk_ranges_next(struct blk_request *req)
{
	bool discard = req->type == VIRTIO_BLK_T_DISCARD;
	struct kvdev_io *io = &req->io;
	struct kvdev_blk_piece piece;

	/* virtio 1.3, 5.2.6.2: a discard need not do anything. */
	if (!kvdev_blk_ranges_next(&req->ranges, &piece) ||
	    (discard && !kvdev_vq_enabled(req->vq))) {
		blk_complete(req, 0);
		return;
	}
	if (kvdev_vq_abandoned(req->vq)) {
		blk_complete(req, -EINTR);
		return;
	}
	io->op = discard ? KVDEV_IO_DISCARD : KVDEV_IO_ZEROES;
	io->unmap = blk_can_discard(to_kvdev_blk(req)) &&
		    (discard || piece.unmap);
	io->durable = blk_is_durable(req);
	io->pos = piece.pos;
	io->len = piece.len;
	io->done = blk_ranges_done;
	kvdev_backend_submit(to_kvdev_blk(req)->backend, io);
}

/* Each piece is done by a thread of the store, so this is no recursion. */
static void blk_ranges_done(struct kvdev_io *io, int error)
{
	struct blk_request *req = container_of(io, struct blk_request, io);

	if (error)
		blk_complete(req, error);
	else
		blk_ranges_next(req);
}

/* Copies the ranges, once, and looks at them. */
static int blk_fetch_ranges(struct blk_request *req, struct iov_iter *data)
{
	bool discard = req->type == VIRTIO_BLK_T_DISCARD;
	const struct kvdev_blk *blk = to_kvdev_blk(req);
	struct kvdev_blk_limits limits = {
		.nr_sectors = blk->size >> SECTOR_SHIFT,
		.block_sectors = blk->block_size >> SECTOR_SHIFT,
		.max_sectors = discard ? BLK_DISCARD_SECTORS :
					 BLK_ZEROES_SECTORS,
		.max_ranges = discard ? BLK_DISCARD_RANGES : BLK_ZEROES_RANGES,
	};
	size_t len = iov_iter_count(data);
	u8 *bytes;

	/* virtio 1.3, 5.2.6.1: whole ranges, and not too many */
	if (!len || len % KVDEV_BLK_RANGE_BYTES ||
	    len / KVDEV_BLK_RANGE_BYTES > limits.max_ranges)
		return -EINVAL;
	bytes = kmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!bytes)
		return -ENOMEM;
	req->ranges = (struct kvdev_blk_ranges){
		.bytes = bytes,
		.nr = len / KVDEV_BLK_RANGE_BYTES,
	};
	if (copy_from_iter(bytes, len, data) != len)
		return -EFAULT;
	return kvdev_blk_ranges_check(bytes, req->ranges.nr, discard, &limits);
}

static void blk_execute_ranges(struct blk_request *req, unsigned int feature,
			       struct iov_iter *data)
{
	int ret;

	if (to_kvdev_blk(req)->backend->read_only)
		ret = -EROFS;
	else if (!kvdev_dev_has_feature(kvdev_vq_dev(req->vq), feature))
		ret = -EOPNOTSUPP;
	else
		ret = blk_fetch_ranges(req, data);
	if (ret) {
		blk_complete(req, ret);
		return;
	}
	/* At worst a piece of zeroes is written. */
	if (req->type == VIRTIO_BLK_T_WRITE_ZEROES)
		blk_charge(req, KVDEV_PIECE_MAX);
	blk_ranges_next(req);
}

static void blk_execute(struct blk_request *req, struct kvdev_vq_chain *chain)
{
	switch (req->type) {
	case VIRTIO_BLK_T_IN:
		blk_execute_rw(req, KVDEV_IO_READ, &chain->writable);
		break;
	case VIRTIO_BLK_T_OUT:
		blk_execute_rw(req, KVDEV_IO_WRITE, &chain->readable);
		break;
	case VIRTIO_BLK_T_FLUSH:
		blk_execute_flush(req);
		break;
	case VIRTIO_BLK_T_GET_ID:
		blk_execute_get_id(req, &chain->writable);
		break;
	case VIRTIO_BLK_T_DISCARD:
		blk_execute_ranges(req, VIRTIO_BLK_F_DISCARD, &chain->readable);
		break;
	case VIRTIO_BLK_T_WRITE_ZEROES:
		blk_execute_ranges(req, VIRTIO_BLK_F_WRITE_ZEROES,
				   &chain->readable);
		break;
	default:
		blk_complete(req, -EOPNOTSUPP);
	}
}

/* --------------------------------------------------------------- parsing */

/* Data in the direction of the type only; other types may bring anything. */
static const char *blk_check_direction(const struct blk_request *req,
				       size_t nr_readable)
{
	switch (req->type) {
	case VIRTIO_BLK_T_IN:
	case VIRTIO_BLK_T_GET_ID:
		return nr_readable ? "device-readable data in a read" : NULL;
	case VIRTIO_BLK_T_OUT:
		return req->writable > 1 ? "device-writable data in a write" :
					   NULL;
	default:
		return NULL;
	}
}

/*
 * The status byte is not data any more. If it shares a piece with data, the
 * piece gets shorter too: to cut the iterator is not enough, as direct I/O
 * looks at the alignment of whole pieces.
 */
static int blk_take_status(struct blk_request *req,
			   struct kvdev_vq_chain *chain)
{
	struct iovec *last = &chain->writable_iov[chain->nr_writable - 1];
	unsigned long addr = (unsigned long)last->iov_base + last->iov_len - 1;

	iov_iter_truncate(&chain->writable, req->writable - 1);
	if (last->iov_len > 1)
		last->iov_len--;
	return kvdev_pin_byte(&req->status_byte, addr,
			      kvdev_vq_kernel_memory(req->vq));
}

/*
 * Fill @req from @chain, whose iterators are left with the data. Returns NULL,
 * or what the driver did wrong, then nothing is held. A request whose status
 * cannot be told must not be completed: the driver would take what was in the
 * byte before for it. With @error the host could not do what it should, and the
 * chain can be tried again.
 */
static const char *blk_parse(struct blk_request *req,
			     struct kvdev_vq_chain *chain, int *error)
{
	struct virtio_blk_outhdr hdr;
	const char *reason;

	if (iov_iter_count(&chain->readable) < sizeof(hdr))
		return "block request without a complete header";
	if (!iov_iter_count(&chain->writable))
		return "block request without a status byte";
	/* Single fetch: the driver may change it under us. */
	if (copy_from_iter(&hdr, sizeof(hdr), &chain->readable) != sizeof(hdr))
		return "block request header is not accessible";

	req->id = chain->id;
	req->type = __virtio32_to_cpu(BLK_LE, hdr.type);
	req->sector = __virtio64_to_cpu(BLK_LE, hdr.sector);
	req->writable = iov_iter_count(&chain->writable);
	req->filled = 0;

	reason = blk_check_direction(req, iov_iter_count(&chain->readable));
	if (reason)
		return reason;
	req->io.check = blk_io_check;
	*error = blk_take_status(req, chain);
	if (*error == -ENOMEM || *error == -EINTR)
		return NULL;
	return *error ? "status byte of a block request is not accessible" :
			NULL;
}

/* Jiffies for the host to find some memory. */
#define BLK_PAUSE	1

/* Serve one chain; false if no more can be served. */
static bool blk_serve(struct kvdev_vq *vq, struct kvdev_vq_chain *chain)
{
	struct blk_queue *queue = kvdev_vq_priv(vq);
	struct llist_node *node = llist_del_first(&queue->free);
	struct blk_request *req;
	const char *reason;
	int error = 0;

	/* Cannot happen: one request per ring entry, see blk_finish(). */
	if (WARN_ON_ONCE(!node))
		return false;
	req = llist_entry(node, struct blk_request, free);

	reason = blk_parse(req, chain, &error);
	if (reason || error)
		llist_add(&req->free, &queue->free);
	if (reason) {
		kvdev_vq_violation(vq, reason);
		return false;
	}
	/* That is no fault of the driver: the chain stays where it is. */
	if (error) {
		schedule_timeout_killable(BLK_PAUSE);
		return !fatal_signal_pending(current);
	}
	kvdev_vq_pop(vq, chain);
	blk_execute(req, chain);
	return true;
}

/* ---------------------------------------------------------------- queues */

static bool blk_vq_serve(struct kvdev_vq *vq)
{
	struct kvdev_blk *blk = kvdev_dev_priv(kvdev_vq_dev(vq));
	struct kvdev_vq_chain chain;
	struct blk_plug plug;
	bool again;

	/* What comes in one go goes to the disk in one go. */
	blk_start_plug(&plug);
	for (;;) {
		again = kvdev_vq_should_stop(vq);
		if (again || kvdev_inflight_full(&blk->inflight, vq) ||
		    kvdev_vq_peek(vq, &chain) != 1)
			break;
		if (!blk_serve(vq, &chain))
			break;
	}
	blk_finish_plug(&plug);
	return again;
}

static int blk_vq_start(struct kvdev_vq *vq)
{
	u16 num = kvdev_vq_num(vq);
	struct blk_queue *queue;
	u16 i;

	/* At most KVDEV_MAX_RING_SIZE requests, below 1 MiB. */
	queue = kvzalloc(struct_size(queue, requests, num), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return -ENOMEM;

	init_llist_head(&queue->free);
	for (i = 0; i < num; i++) {
		queue->requests[i].vq = vq;
		queue->requests[i].io.pool = kvdev_dev_pool(kvdev_vq_dev(vq));
		llist_add(&queue->requests[i].free, &queue->free);
	}
	kvdev_vq_set_priv(vq, queue);
	return 0;
}

static void blk_vq_stop(struct kvdev_vq *vq)
{
	kvfree(kvdev_vq_priv(vq));
	kvdev_vq_set_priv(vq, NULL);
}

/* ---------------------------------------------------------------- device */

static void blk_fill_ranges_config(const struct kvdev_blk *blk,
				   struct virtio_blk_config *config)
{
	if (blk_can_zero(blk)) {
		config->max_write_zeroes_sectors =
			__cpu_to_virtio32(BLK_LE, BLK_ZEROES_SECTORS);
		config->max_write_zeroes_seg =
			__cpu_to_virtio32(BLK_LE, BLK_ZEROES_RANGES);
	}
	if (blk_can_discard(blk)) {
		u32 granularity = max(blk->backend->discard_granularity,
				      blk->block_size);

		config->max_discard_sectors =
			__cpu_to_virtio32(BLK_LE, BLK_DISCARD_SECTORS);
		config->max_discard_seg =
			__cpu_to_virtio32(BLK_LE, BLK_DISCARD_RANGES);
		config->discard_sector_alignment =
			__cpu_to_virtio32(BLK_LE, granularity >> SECTOR_SHIFT);
		/* virtio 1.3, 5.2.6.2: only then can sectors be deallocated */
		config->write_zeroes_may_unmap = 1;
	}
}

/* Everything not set here is for features that are not offered, and 0. */
static void blk_fill_config(struct kvdev_dev *dev)
{
	const struct kvdev_blk *blk = kvdev_dev_priv(dev);
	struct virtio_blk_config *config = kvdev_dev_config(dev);
	u32 seg_max = clamp_t(u32, kvdev_dev_queue_size(dev), 3,
			      BLK_SEG_MAX + 2) - 2;

	memset(config, 0, sizeof(*config));
	config->capacity = __cpu_to_virtio64(BLK_LE,
					     blk->size >> SECTOR_SHIFT);
	config->seg_max = __cpu_to_virtio32(BLK_LE, seg_max);
	config->blk_size = __cpu_to_virtio32(BLK_LE, blk->block_size);
	config->num_queues = __cpu_to_virtio16(BLK_LE,
					       kvdev_dev_nr_queues(dev));
	blk_fill_ranges_config(blk, config);
}

/* Show *@store, or no store, from now on; then *@store is the one before. */
static void blk_attach(struct kvdev_dev *dev, struct kvdev_backend **store,
		       u32 block_size, const u8 *serial)
{
	struct kvdev_blk *blk = kvdev_dev_priv(dev);

	kvdev_dev_desc_lock(dev);
	swap(blk->backend, *store);
	blk->block_size = block_size;
	blk->size = blk->backend ? round_down(blk->backend->size, block_size) :
				   0;
	kvdev_dev_desc_unlock(dev);
	memcpy(blk->serial, serial, sizeof(blk->serial));
	blk_fill_config(dev);
}

static int blk_check_block_size(const struct kvdev_backend *backend,
				u32 block_size)
{
	if (!is_power_of_2(block_size) || block_size > KVDEV_BLOCK_MAX ||
	    block_size < backend->block_size)
		return -EINVAL;
	return backend->size < block_size ? -EINVAL : 0;
}

static int blk_set_backend(struct kvdev_dev *dev,
			   const struct kvdev_set_backend *arg,
			   struct kvdev_backend **store)
{
	static const u8 no_serial[KVDEV_SERIAL_LEN];
	u32 block_size;
	int ret;

	if (!*store) {
		blk_attach(dev, store, KVDEV_BLOCK_MIN, no_serial);
		return 0;
	}

	block_size = arg->block_size ?: (*store)->block_size;
	ret = blk_check_block_size(*store, block_size);
	if (ret)
		return ret;
	if (arg->flags & KVDEV_BACKEND_NO_DISCARD)
		(*store)->discard_granularity = 0;
	blk_attach(dev, store, block_size, arg->serial);
	return 0;
}

static void blk_describe(struct kvdev_dev *dev, struct kvdev_next *arg)
{
	const struct kvdev_blk *blk = kvdev_dev_priv(dev);

	if (!blk->backend)
		return;
	arg->format = KVDEV_FORMAT_RAW;
	arg->capacity = blk->size;
	arg->block_size = blk->block_size;
	arg->read_only = blk->backend->read_only;
	kvdev_backend_path(blk->backend, arg->backing, sizeof(arg->backing));
}

static int blk_ready(struct kvdev_dev *dev)
{
	const struct kvdev_blk *blk = kvdev_dev_priv(dev);

	return blk->backend ? 0 : -ENXIO;
}

static u64 blk_features(struct kvdev_dev *dev)
{
	const struct kvdev_blk *blk = kvdev_dev_priv(dev);
	u64 features = BIT_ULL(VIRTIO_BLK_F_SEG_MAX) |
		       BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) |
		       BIT_ULL(VIRTIO_BLK_F_FLUSH);

	if (blk->backend && blk->backend->read_only)
		features |= BIT_ULL(VIRTIO_BLK_F_RO);
	if (blk_can_zero(blk))
		features |= BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES);
	if (blk_can_discard(blk))
		features |= BIT_ULL(VIRTIO_BLK_F_DISCARD);
	if (kvdev_dev_nr_queues(dev) > 1)
		features |= BIT_ULL(VIRTIO_BLK_F_MQ);
	return features;
}

static int blk_create(struct kvdev_dev *dev)
{
	struct kvdev_blk *blk = kzalloc(sizeof(*blk), GFP_KERNEL_ACCOUNT);

	if (!blk)
		return -ENOMEM;
	blk->block_size = KVDEV_BLOCK_MIN;
	kvdev_dev_set_priv(dev, blk);
	blk_fill_config(dev);
	return 0;
}

static void blk_destroy(struct kvdev_dev *dev)
{
	struct kvdev_blk *blk = kvdev_dev_priv(dev);

	kvdev_backend_close(blk->backend);
	kfree(blk);
}

const struct kvdev_device_type kvdev_blk_type = {
	.id = VIRTIO_ID_BLOCK,
	.name = "blk",
	.owner = THIS_MODULE,
	.nr_queues = 1,
	.max_queues = KVDEV_MAX_QUEUES,
	.queue_size = BLK_QUEUE_SIZE,
	.has_stores = true,
	.config_size = sizeof(struct virtio_blk_config),
	.create = blk_create,
	.destroy = blk_destroy,
	.features = blk_features,
	.set_backend = blk_set_backend,
	.describe = blk_describe,
	.ready = blk_ready,
	.vq_start = blk_vq_start,
	.vq_stop = blk_vq_stop,
	.vq_serve = blk_vq_serve,
};
