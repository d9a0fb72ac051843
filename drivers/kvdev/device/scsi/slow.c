// SPDX-License-Identifier: GPL-2.0
/*
 * SCSI commands that take more than one operation on the store.
 *
 * All but UNMAP run in the queue's worker, which waits: only there is the
 * driver's memory at hand to be compared, and what a guest asks for costs the
 * VMM's time. Others use the queue, so each is limited (see unit_limits() in
 * lun.c) and ends early when it is aborted.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "dev.h"

/* As much as is read or written at a time; a multiple of any block. */
#define SLOW_SIZE	SZ_32K

/* Two buffers, pages because direct I/O wants them aligned. */
struct slow {
	struct vscsi_request *req;
	struct kvdev_backend *backend;
	u32 block_size;
	u8 *store;
	u8 *data;
};

static bool slow_open(struct slow *slow, struct vscsi_request *req)
{
	slow->req = req;
	slow->backend = req->task.unit->backend;
	slow->block_size = req->task.unit->lu.cfg.block_size;
	/* Cleared: a store may lie about how much it read. */
	slow->store = alloc_pages_exact(SLOW_SIZE,
					GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	slow->data = alloc_pages_exact(SLOW_SIZE,
				       GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return slow->store && slow->data;
}

static void slow_close(struct slow *slow)
{
	if (slow->store)
		free_pages_exact(slow->store, SLOW_SIZE);
	if (slow->data)
		free_pages_exact(slow->data, SLOW_SIZE);
}

static int slow_transfer(struct slow *slow, enum kvdev_io_op op, u64 pos,
			 void *buf, size_t len, bool durable)
{
	bool write = op == KVDEV_IO_WRITE;
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;

	if (READ_ONCE(slow->req->task.aborted) ||
	    fatal_signal_pending(current))
		return -EINTR;
	cond_resched();
	iov_iter_kvec(&iter, write ? ITER_SOURCE : ITER_DEST, &kvec, 1, len);
	return kvdev_backend_transfer(slow->backend, op, pos, &iter, durable);
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
	for (at = bs; at < SLOW_SIZE; at += bs)
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

	for (; left; left -= min_t(u64, left, SLOW_SIZE)) {
		size_t len = min_t(u64, left, SLOW_SIZE);

		ret = slow_transfer(slow, KVDEV_IO_READ, pos + done,
				    slow->store, len, false);
		if (ret)
			return ret;
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
		iov_iter_truncate(data, req->cmd.out_len);
		ret = kvdev_backend_transfer(slow.backend, KVDEV_IO_WRITE,
					     req->cmd.lba * slow.block_size,
					     data, true);
		ret = ret ?: slow_compare(&slow, compare ? &again : NULL);
	}
	slow_end(&slow, ret);
}

/**
 * vscsi_compare_write() - COMPARE AND WRITE
 * @req: begun
 * @data: data-out: what is to be there, and what to write then
 */
void vscsi_compare_write(struct vscsi_request *req, struct iov_iter *data)
{
	struct slow slow;
	int ret = -ENOMEM;

	vscsi_task_exclude(&req->task);
	if (slow_open(&slow, req))
		ret = slow_compare(&slow, data);
	if (ret) {
		slow_end(&slow, ret);
		return;
	}
	slow_close(&slow);
	if (!req->cmd.blocks) {
		vscsi_complete(req);
		return;
	}
	/* It is alone until it ends. */
	iov_iter_truncate(data, req->cmd.blocks * slow.block_size);
	req->io.iter = *data;
	vscsi_submit(req, KVDEV_IO_WRITE, req->cmd.lba, req->cmd.blocks);
}

static int write_pattern(struct slow *slow)
{
	const struct kvdev_scsi_cmd *cmd = &slow->req->cmd;
	u64 pos = cmd->lba * slow->block_size;
	u64 left = cmd->blocks * slow->block_size;
	size_t len;
	int ret;

	for (; left; left -= len, pos += len) {
		len = min_t(u64, left, SLOW_SIZE);
		ret = slow_transfer(slow, KVDEV_IO_WRITE, pos, slow->data, len,
				    cmd->flags & KVDEV_SCSI_F_FUA);
		if (ret)
			return ret;
	}
	return 0;
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
	vscsi_submit(req, KVDEV_IO_ZEROES, cmd->lba, cmd->blocks);
}

/* ----------------------------------------------------------------- UNMAP */

static void unmap_done(struct kvdev_io *io, int error);

/* Start on the next range, or end the request. */
static void unmap_next(struct vscsi_request *req)
{
	const struct vscsi_unit *unit = req->task.unit;
	struct kvdev_io *io = &req->io;
	struct kvdev_scsi_range range = {};

	while (req->range < req->cmd.nr_ranges && !range.blocks &&
	       !READ_ONCE(req->task.aborted))
		kvdev_scsi_unmap_range(req->params, req->range++, &range);
	if (!range.blocks) {
		vscsi_complete(req);
		return;
	}
	io->op = KVDEV_IO_DISCARD;
	io->durable = false;
	io->unmap = true;
	io->pos = range.lba * unit->lu.cfg.block_size;
	io->len = (u64)range.blocks * unit->lu.cfg.block_size;
	io->done = unmap_done;
	kvdev_backend_submit(unit->backend, io);
}

/* Each range is done by a thread of the store, so this is no recursion. */
static void unmap_done(struct kvdev_io *io, int error)
{
	struct vscsi_request *req = container_of(io, struct vscsi_request, io);

	if (error)
		vscsi_fail(req, error);
	else
		unmap_next(req);
}

/**
 * vscsi_unmap() - UNMAP: one range after the other
 * @req: begun, with its parameters
 */
void vscsi_unmap(struct vscsi_request *req)
{
	unmap_next(req);
}
