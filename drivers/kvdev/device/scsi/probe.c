// SPDX-License-Identifier: GPL-2.0
/*
 * Which block of a READ cannot be read: sense data names the first bad one
 * (SBC-3, 4.18), but a store says only that the READ failed. So it is read
 * again, by steps that end early where one fails, and from there by a block at a
 * time: at most KVDEV_IO_MAX / VSCSI_STEP and VSCSI_STEP / 512 operations, two of
 * which fail.
 *
 * The driver's memory is not needed, and not touched. Each operation is started
 * by a thread of the store, and nobody waits for it. A unit looks for one bad
 * block at a time, so that the memory this takes is limited: sense data of what
 * fails meanwhile does not say which it was.
 */
#include <linux/math64.h>
#include <linux/slab.h>

#include "dev.h"

/**
 * struct probe - a search
 * @req: the request that failed
 * @error: of it
 * @buf: VSCSI_STEP bytes
 * @kvec: of @buf
 * @step: bytes to read at a time
 * @pos: where to read next
 * @left: bytes that were not read
 * @over: nothing more is to be read
 * @item: does the next step
 * @io: the operation
 */
struct probe {
	struct vscsi_request *req;
	int error;
	void *buf;
	struct kvec kvec;
	u32 step;
	u64 pos;
	u64 left;
	bool over;
	struct kvdev_pool_item item;
	struct kvdev_io io;
};

static void probe_end(struct probe *probe)
{
	struct vscsi_request *req = probe->req;
	struct vscsi_unit *unit = req->task.unit;
	int error = probe->error;
	unsigned long flags;

	spin_lock_irqsave(&unit->lock, flags);
	unit->probing = false;
	spin_unlock_irqrestore(&unit->lock, flags);
	if (probe->buf)
		free_pages_exact(probe->buf, VSCSI_STEP);
	kfree(probe);
	vscsi_fail(req, error);
}

/* Any context */
static void probe_next(struct probe *probe)
{
	struct vscsi_request *req = probe->req;

	kvdev_pool_add(req->io.pool, &req->task.unit->backend->queue,
		       &probe->item);
}

static void probe_done(struct kvdev_io *io, int error)
{
	struct probe *probe = container_of(io, struct probe, io);
	struct vscsi_unit *unit = probe->req->task.unit;
	u32 block_size = unit->lu.cfg.block_size;

	if (!error) {
		probe->pos += io->len;
		probe->left -= io->len;
	} else if (!vscsi_medium_error(error)) {
		probe->over = true;
	} else if (io->len > block_size) {
		probe->step = block_size;
		probe->left = io->len;
	} else {
		probe->req->bad_lba = div_u64(probe->pos, block_size);
		probe->over = true;
	}
	probe_next(probe);
}

static void probe_step(struct kvdev_pool_item *item, int error)
{
	struct probe *probe = container_of(item, struct probe, item);
	struct vscsi_request *req = probe->req;
	struct kvdev_io *io = &probe->io;

	/* The owner was killed, as its thread would find out. */
	if (error) {
		probe_end(probe);
		return;
	}
	if (!probe->buf)
		probe->buf = alloc_pages_exact(VSCSI_STEP,
					       GFP_KERNEL | __GFP_NOWARN);
	if (!probe->buf || probe->over || !probe->left ||
	    READ_ONCE(req->task.aborted) || kvdev_vq_abandoned(req->vq)) {
		probe_end(probe);
		return;
	}
	io->op = KVDEV_IO_READ;
	io->pos = probe->pos;
	io->len = min_t(u64, probe->left, probe->step);
	io->pool = req->io.pool;
	io->done = probe_done;
	probe->kvec = (struct kvec){ .iov_base = probe->buf,
				     .iov_len = io->len };
	iov_iter_kvec(&io->iter, ITER_DEST, &probe->kvec, 1, io->len);
	kvdev_backend_submit(req->task.unit->backend, io);
}

/**
 * vscsi_probe() - a READ of several blocks failed: end it, with the block
 * @req: begun; its operation on the store is over
 * @error: -errno, vscsi_medium_error()
 *
 * Context: any.
 */
void vscsi_probe(struct vscsi_request *req, int error)
{
	struct vscsi_unit *unit = req->task.unit;
	struct probe *probe = kzalloc(sizeof(*probe), GFP_ATOMIC);
	unsigned long flags;
	bool busy;

	spin_lock_irqsave(&unit->lock, flags);
	busy = unit->probing;
	if (probe)
		unit->probing = true;
	spin_unlock_irqrestore(&unit->lock, flags);
	if (!probe || busy) {
		kfree(probe);
		vscsi_fail(req, error);
		return;
	}
	probe->req = req;
	probe->error = error;
	probe->step = VSCSI_STEP;
	probe->pos = req->io.pos;
	probe->left = req->io.len;
	probe->item.fn = probe_step;
	probe_next(probe);
}
