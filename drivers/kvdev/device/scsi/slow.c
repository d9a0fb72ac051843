// SPDX-License-Identifier: GPL-2.0
/*
 * SCSI commands that take more than one operation on the store.
 *
 * All but UNMAP and zeroes run in the queue's worker, which waits: only there is
 * the driver's memory at hand, and what a guest asks for costs the VMM's time.
 * Others use the queue, so each is limited (see unit_limits() in lun.c), and goes
 * by steps. Before each it looks if it was aborted, or if somebody waits for the
 * worker: then it ends as ABORTED COMMAND, which makes initiators try again.
 */
#include <linux/math64.h>
#include <linux/slab.h>

#include "../piece.h"
#include "dev.h"

/* Two buffers, pages because direct I/O wants them aligned. */
struct slow {
	struct vscsi_request *req;
	struct kvdev_backend *backend;
	u32 block_size;
	u8 *store;
	u8 *data;
};

/* Without buffers. */
static void slow_begin(struct slow *slow, struct vscsi_request *req)
{
	*slow = (struct slow){
		.req = req,
		.backend = req->task.unit->backend,
		.block_size = req->task.unit->lu.cfg.block_size,
	};
	/* What came before has been done; the driver need not wait for us. */
	kvdev_vq_flush(req->vq);
}

static bool slow_open(struct slow *slow, struct vscsi_request *req)
{
	slow_begin(slow, req);
	/* Cleared: a store may lie about how much it read. */
	slow->store = alloc_pages_exact(VSCSI_STEP,
					GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	slow->data = alloc_pages_exact(VSCSI_STEP,
				       GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return slow->store && slow->data;
}

static void slow_close(struct slow *slow)
{
	if (slow->store)
		free_pages_exact(slow->store, VSCSI_STEP);
	if (slow->data)
		free_pages_exact(slow->data, VSCSI_STEP);
}

/* Is there a reason to go no further? */
static int slow_check(const struct vscsi_request *req)
{
	if (READ_ONCE(req->task.aborted) || kvdev_vq_is_awaited(req->vq))
		return -EINTR;
	cond_resched();
	return 0;
}

/* One step, unless there is a reason to go no further. */
static int slow_step(struct slow *slow, enum kvdev_io_op op, u64 pos,
		     struct iov_iter *iter, bool durable)
{
	int ret = slow_check(slow->req);

	if (ret)
		return ret;
	vscsi_blame(slow->req, op == KVDEV_IO_READ,
		    div_u64(pos, slow->block_size),
		    div_u64(iov_iter_count(iter), slow->block_size));
	return kvdev_backend_transfer(slow->backend, slow->req->io.pool, op,
				      pos, iter, durable);
}

static int slow_transfer(struct slow *slow, enum kvdev_io_op op, u64 pos,
			 void *buf, size_t len, bool durable)
{
	bool write = op == KVDEV_IO_WRITE;
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, write ? ITER_SOURCE : ITER_DEST, &kvec, 1, len);
	return slow_step(slow, op, pos, &iter, durable);
}

/*
 * @len bytes could not be read: by a block at a time, from where a step of them
 * fails on, the first bad one is found, and @req knows it.
 */
static void slow_find_bad(struct slow *slow, u64 pos, u64 len)
{
	size_t step = VSCSI_STEP, n;
	int ret = 0;

	while (len && !slow_check(slow->req)) {
		n = min_t(u64, len, step);
		ret = slow_transfer(slow, KVDEV_IO_READ, pos, slow->store, n,
				    false);
		if (!ret) {
			pos += n;
			len -= n;
			continue;
		}
		if (!vscsi_medium_error(ret))
			break;
		if (n <= slow->block_size)
			return;
		step = slow->block_size;
		len = n;
	}
	/* This time all were read, or there was no time to. */
	slow->req->bad_lba = KVDEV_SCSI_NO_INFO;
}

/* The same, if that is what is wrong. Return: @error */
static int slow_failed(struct slow *slow, enum kvdev_io_op op, u64 pos, u64 len,
		       int error)
{
	if (op != KVDEV_IO_READ || !vscsi_medium_error(error) ||
	    len <= slow->block_size)
		return error;
	if (!slow->store)
		slow->store = alloc_pages_exact(VSCSI_STEP, GFP_KERNEL_ACCOUNT |
							    __GFP_ZERO);
	if (slow->store)
		slow_find_bad(slow, pos, len);
	return error;
}

/* The next @len bytes to compare with: one block again and again, or all. */
static int slow_data(struct slow *slow, struct iov_iter *data, size_t len,
		     bool first)
{
	size_t bs = slow->block_size, at;

	if (!(slow->req->cmd.flags & KVDEV_SCSI_F_ONE_BLOCK))
		return copy_from_iter(slow->data, len, data) == len ? 0 :
								      -EFAULT;
	if (!first)
		return 0;
	if (copy_from_iter(slow->data, bs, data) != bs)
		return -EFAULT;
	for (at = bs; at < VSCSI_STEP; at += bs)
		memcpy(slow->data + at, slow->data, bs);
	return 0;
}

static size_t first_difference(const u8 *a, const u8 *b)
{
	size_t i = 0;

	while (a[i] == b[i])
		i++;
	return i;
}

/*
 * Read the command's blocks and compare them with @data, if any. Returns 0,
 * -errno, or -EILSEQ if they differ; then the sense data is complete.
 */
static int slow_compare(struct slow *slow, struct iov_iter *data)
{
	struct kvdev_scsi_cmd *cmd = &slow->req->cmd;
	u64 pos = cmd->lba * slow->block_size;
	u64 left = cmd->blocks * slow->block_size;
	u64 done = 0;
	int ret;

	for (; left; left -= min_t(u64, left, VSCSI_STEP)) {
		size_t len = min_t(u64, left, VSCSI_STEP);

		ret = slow_transfer(slow, KVDEV_IO_READ, pos + done,
				    slow->store, len, false);
		if (ret)
			return slow_failed(slow, KVDEV_IO_READ, pos + done, len,
					   ret);
		if (data)
			ret = slow_data(slow, data, len, !done);
		if (ret)
			return ret;
		if (data && memcmp(slow->store, slow->data, len)) {
			/* SBC-3, 5.3: where in data-out the difference is */
			done += first_difference(slow->store, slow->data);
			if (cmd->flags & KVDEV_SCSI_F_ONE_BLOCK)
				done %= slow->block_size;
			kvdev_scsi_fail(cmd, KVDEV_SENSE_MISCOMPARE, done);
			return -EILSEQ;
		}
		done += len;
	}
	return 0;
}

static void slow_end(struct slow *slow, int ret)
{
	struct vscsi_request *req = slow->req;

	slow_close(slow);
	if (ret && !req->cmd.sense_len)
		vscsi_fail(req, ret);
	else
		vscsi_complete(req);
}

/**
 * vscsi_verify() - VERIFY: read blocks, compare them if there is data
 * @req: begun
 * @data: data-out
 */
void vscsi_verify(struct vscsi_request *req, struct iov_iter *data)
{
	struct slow slow;
	int ret = -ENOMEM;

	if (slow_open(&slow, req))
		ret = slow_compare(&slow, req->cmd.out_len ? data : NULL);
	slow_end(&slow, ret);
}

/*
 * Read or write the command's blocks, from or to @data, @left bytes of it: in
 * what the store takes at a time.
 */
static int slow_rw(struct slow *slow, enum kvdev_io_op op,
		   struct iov_iter *data, u64 left, bool durable)
{
	u64 pos = slow->req->cmd.lba * slow->block_size;
	size_t len;
	int ret;

	for (; left; left -= len, pos += len) {
		struct iov_iter part = *data;

		len = min_t(u64, left, KVDEV_IO_MAX);
		iov_iter_truncate(&part, len);
		ret = slow_step(slow, op, pos, &part, durable);
		if (ret)
			return slow_failed(slow, op, pos, len, ret);
		iov_iter_advance(data, len);
	}
	return 0;
}

/**
 * vscsi_long_rw() - READ or WRITE of more than the store takes at a time
 * @req: begun
 * @op: KVDEV_IO_READ or KVDEV_IO_WRITE
 * @data: data-in or data-out
 * @len: bytes of it
 */
void vscsi_long_rw(struct vscsi_request *req, enum kvdev_io_op op,
		   struct iov_iter *data, u64 len)
{
	bool durable = op == KVDEV_IO_WRITE &&
		       req->cmd.flags & KVDEV_SCSI_F_FUA;
	struct slow slow;
	int ret;

	slow_begin(&slow, req);
	ret = slow_rw(&slow, op, data, len, durable);
	if (!ret && op == KVDEV_IO_READ)
		req->filled = len;
	slow_end(&slow, ret);
}

/**
 * vscsi_write_verify() - WRITE AND VERIFY: write, then as VERIFY
 * @req: begun
 * @data: data-out
 */
void vscsi_write_verify(struct vscsi_request *req, struct iov_iter *data)
{
	bool compare = req->cmd.flags & KVDEV_SCSI_F_COMPARE;
	struct iov_iter again = *data;
	struct slow slow;
	int ret = -ENOMEM;

	if (slow_open(&slow, req)) {
		ret = slow_rw(&slow, KVDEV_IO_WRITE, data, req->cmd.out_len,
			      true);
		ret = ret ?: slow_compare(&slow, compare ? &again : NULL);
	}
	slow_end(&slow, ret);
}

/* Write @len bytes of @data, by pages that any store takes. */
static int write_copy(struct slow *slow, const u8 *data, size_t len)
{
	const struct kvdev_scsi_cmd *cmd = &slow->req->cmd;
	u64 pos = cmd->lba * slow->block_size;
	size_t n;
	int ret;

	for (; len; len -= n, data += n, pos += n) {
		n = min_t(size_t, len, VSCSI_STEP);
		memcpy(slow->data, data, n);
		ret = slow_transfer(slow, KVDEV_IO_WRITE, pos, slow->data, n,
				    cmd->flags & KVDEV_SCSI_F_FUA);
		if (ret)
			return ret;
	}
	return 0;
}

static int compare_write(struct slow *slow, u8 *data)
{
	size_t len = slow->req->cmd.blocks * slow->block_size;
	struct kvec kvec = { .iov_base = data, .iov_len = len };
	struct iov_iter iter;
	int ret;

	ret = vscsi_store_exclude(slow->req);
	if (ret)
		return ret;
	iov_iter_kvec(&iter, ITER_SOURCE, &kvec, 1, len);
	ret = slow_compare(slow, &iter);
	if (!ret)
		ret = write_copy(slow, data + len, len);
	vscsi_store_readmit(slow->req);
	return ret;
}

/**
 * vscsi_compare_write() - COMPARE AND WRITE
 * @req: begun
 * @data: data-out: what is to be there, and what to write then
 *
 * All of it is fetched before: while others are kept out, nothing may depend on
 * the driver's memory.
 */
void vscsi_compare_write(struct vscsi_request *req, struct iov_iter *data)
{
	size_t len = req->cmd.out_len;
	struct slow slow;
	int ret = -ENOMEM;
	u8 *copy;

	if (!len) {
		vscsi_complete(req);
		return;
	}
	/* At most UNIT_MAX_COMPARE blocks, twice: 2 MiB */
	copy = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (slow_open(&slow, req) && copy)
		ret = copy_from_iter(copy, len, data) == len ? 0 : -EFAULT;
	ret = ret ?: compare_write(&slow, copy);
	kvfree(copy);
	slow_end(&slow, ret);
}

static int write_pattern(struct slow *slow)
{
	const struct kvdev_scsi_cmd *cmd = &slow->req->cmd;
	u64 pos = cmd->lba * slow->block_size;
	u64 left = cmd->blocks * slow->block_size;
	size_t len;
	int ret;

	for (; left; left -= len, pos += len) {
		len = min_t(u64, left, VSCSI_STEP);
		ret = slow_transfer(slow, KVDEV_IO_WRITE, pos, slow->data, len,
				    cmd->flags & KVDEV_SCSI_F_FUA);
		if (ret)
			return ret;
	}
	return 0;
}

/* --------------------------------------------------------- UNMAP, zeroes */

static void pieces_done(struct kvdev_io *io, int error);

/* Is there another range? Then it is what is left. */
static bool pieces_range(struct vscsi_request *req)
{
	u32 block_size = req->task.unit->lu.cfg.block_size;
	struct kvdev_scsi_range range;

	while (!req->left && req->range < req->cmd.nr_ranges) {
		kvdev_scsi_unmap_range(req->params, req->range++, &range);
		req->pos = range.lba * block_size;
		req->left = (u64)range.blocks * block_size;
	}
	return req->left;
}

/* Start on the next piece, or end the request. */
static void pieces_next(struct vscsi_request *req)
{
	const struct vscsi_unit *unit = req->task.unit;
	bool unmap = req->cmd.action == KVDEV_SCSI_UNMAP;
	struct kvdev_io *io = &req->io;

	if (READ_ONCE(req->task.aborted) || !pieces_range(req)) {
		vscsi_complete(req);
		return;
	}
	if (kvdev_vq_abandoned(req->vq)) {
		vscsi_fail(req, -EINTR);
		return;
	}
	io->op = unmap ? KVDEV_IO_DISCARD : KVDEV_IO_ZEROES;
	io->unmap = unmap || req->cmd.flags & KVDEV_SCSI_F_UNMAP;
	io->durable = req->cmd.flags & KVDEV_SCSI_F_FUA;
	io->pos = req->pos;
	io->len = kvdev_piece_len(req->pos, req->left);
	io->done = pieces_done;
	vscsi_blame(req, false, div_u64(req->pos, unit->lu.cfg.block_size),
		    div_u64(io->len, unit->lu.cfg.block_size));
	req->pos += io->len;
	req->left -= io->len;
	kvdev_backend_submit(unit->backend, io);
}

/* Each piece is done by a thread of the store, so this is no recursion. */
static void pieces_done(struct kvdev_io *io, int error)
{
	struct vscsi_request *req = container_of(io, struct vscsi_request, io);

	if (error)
		vscsi_fail(req, error);
	else
		pieces_next(req);
}

/**
 * vscsi_unmap() - UNMAP: one range after the other
 * @req: begun, with its parameters
 */
void vscsi_unmap(struct vscsi_request *req)
{
	pieces_next(req);
}

/* WRITE SAME of zeroes */
static void write_zeroes(struct vscsi_request *req)
{
	u32 block_size = req->task.unit->lu.cfg.block_size;

	req->pos = req->cmd.lba * block_size;
	req->left = req->cmd.blocks * block_size;
	pieces_next(req);
}

/**
 * vscsi_write_same() - WRITE SAME
 * @req: begun
 * @data: data-out: one block, or nothing
 */
void vscsi_write_same(struct vscsi_request *req, struct iov_iter *data)
{
	struct kvdev_scsi_cmd *cmd = &req->cmd;
	struct slow slow;
	int ret = -ENOMEM;

	if (!cmd->blocks) {
		vscsi_complete(req);
		return;
	}
	if (slow_open(&slow, req)) {
		cmd->flags |= KVDEV_SCSI_F_ONE_BLOCK;
		ret = cmd->out_len ? slow_data(&slow, data, 0, true) : 0;
	}
	if (!ret && memchr_inv(slow.data, 0, slow.block_size)) {
		slow_end(&slow, write_pattern(&slow));
		return;
	}
	if (ret) {
		slow_end(&slow, ret);
		return;
	}
	slow_close(&slow);
	write_zeroes(req);
}

/* -------------------------------------------------------- GET LBA STATUS */

/*
 * Blocks from @lba on that are the same: a block is deallocated if all of it is.
 * Never none.
 */
static struct kvdev_scsi_range find_range(const struct vscsi_unit *unit,
					  u64 lba, u64 blocks)
{
	u32 block_size = unit->lu.cfg.block_size;
	struct kvdev_scsi_range range = { .lba = lba };
	u64 pos = lba * block_size, end = pos + blocks * block_size;
	struct kvdev_extent extent = { .end = U64_MAX };

	/* Space of what cannot be unmapped is all there, as far as we know. */
	if (unit->lu.cfg.unmap)
		kvdev_backend_extent(unit->backend, pos, &extent);
	extent.end = min(extent.end, end);
	range.deallocated = extent.hole && extent.end - pos >= block_size;
	if (!range.deallocated)
		extent.end = round_up(extent.end, block_size);
	range.blocks = min_t(u64, div_u64(extent.end - pos, block_size),
			     U32_MAX);
	return range;
}

/**
 * vscsi_find_ranges() - which blocks are mapped, for GET LBA STATUS
 * @req: begun
 * @ranges: filled
 * @max: number of them, not 0
 *
 * Context: worker.
 * Return: number that were filled: at least one, fewer than there are if
 * somebody waits.
 */
u32 vscsi_find_ranges(struct vscsi_request *req,
		      struct kvdev_scsi_range *ranges, u32 max)
{
	u64 lba = req->cmd.lba, left = req->cmd.blocks;
	/* Holes smaller than a block are no ranges, and can be many. */
	u32 tries = 2 * max, nr = 0;

	while (left && tries-- && (!nr || !slow_check(req))) {
		struct kvdev_scsi_range range = find_range(req->task.unit, lba,
							   left);
		struct kvdev_scsi_range *last = nr ? &ranges[nr - 1] : NULL;

		if (last && last->deallocated == range.deallocated &&
		    range.blocks <= U32_MAX - last->blocks)
			last->blocks += range.blocks;
		else if (nr < max)
			ranges[nr++] = range;
		else
			break;
		lba += range.blocks;
		left -= range.blocks;
	}
	return nr;
}
