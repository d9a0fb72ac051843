// SPDX-License-Identifier: GPL-2.0
/*
 * Block device as a store: bios on the guest's own pages, past the page cache.
 *
 * One operation is one bio, which lives in the request: nothing is allocated
 * but the list of pages of a long one. The block layer cuts the bio to what
 * the device can take.
 */
#include <linux/blkdev.h>
#include <linux/ioprio.h>

#include "backend.h"

static void bdev_end_io(struct bio *bio)
{
	struct kvdev_io *io = container_of(bio, struct kvdev_io, b.bio);
	int error = blk_status_to_errno(bio->bi_status);

	bio_uninit(bio);
	kvdev_io_end(io, error);
}

static void bdev_bio_init(struct kvdev_backend *backend, struct kvdev_io *io,
			  blk_opf_t opf)
{
	struct bio *bio = &io->b.bio;

	bio_init(bio, backend->priv, io->pages.bvec, io->pages.nr, opf);
	bio->bi_vcnt = io->pages.nr;
	bio->bi_iter.bi_sector = io->pos >> SECTOR_SHIFT;
	bio->bi_iter.bi_size = io->len;
	bio->bi_ioprio = get_current_ioprio();
	bio->bi_end_io = bdev_end_io;
}

static blk_opf_t bdev_opf(const struct kvdev_io *io)
{
	blk_opf_t opf;

	switch (io->op) {
	case KVDEV_IO_READ:
		return REQ_OP_READ;
	case KVDEV_IO_WRITE:
		/* What direct I/O says: somebody waits, alone. */
		opf = REQ_OP_WRITE | REQ_SYNC | REQ_IDLE;
		return kvdev_io_durable(io) ? opf | REQ_FUA : opf;
	default:
		break;
	}
	return REQ_OP_WRITE | REQ_PREFLUSH | REQ_SYNC;
}

static void bdev_submit(struct kvdev_backend *backend, struct kvdev_io *io)
{
	int ret;

	if (io->op >= KVDEV_IO_DISCARD) {
		kvdev_io_defer(io);
		return;
	}
	if (io->op != KVDEV_IO_FLUSH) {
		ret = kvdev_pages_pin(&io->pages, &io->iter);
		if (ret) {
			kvdev_io_end(io, ret);
			return;
		}
	}
	bdev_bio_init(backend, io, bdev_opf(io));
	submit_bio(&io->b.bio);
}

/* These wait for the device; the block layer cuts them into bios. */
static void bdev_work(struct kvdev_backend *backend, struct kvdev_io *io)
{
	struct block_device *bdev = backend->priv;
	sector_t sector = io->pos >> SECTOR_SHIFT;
	sector_t nr = io->len >> SECTOR_SHIFT;
	int ret;

	if (io->op == KVDEV_IO_DISCARD)
		ret = blkdev_issue_discard(bdev, sector, nr, GFP_KERNEL);
	else
		ret = blkdev_issue_zeroout(bdev, sector, nr, GFP_KERNEL,
					   io->unmap ? 0 :
					   BLKDEV_ZERO_NOUNMAP);
	if (!ret && kvdev_io_durable(io))
		ret = blkdev_issue_flush(bdev);
	kvdev_io_end(io, ret);
}

static u64 bdev_size(const struct kvdev_backend *backend)
{
	return bdev_nr_bytes(file_bdev(backend->file));
}

static int bdev_open(struct kvdev_backend *backend)
{
	struct block_device *bdev = file_bdev(backend->file);
	int ret;

	/* A zone is not written to anywhere; the raw format cannot say so. */
	if (bdev_is_zoned(bdev))
		return -EOPNOTSUPP;

	/* From here on the device is the truth, and the page cache is not. */
	ret = sync_blockdev(bdev);
	if (ret)
		return ret;
	invalidate_bdev(bdev);

	backend->size = bdev_size(backend);
	backend->block_size = bdev_logical_block_size(bdev);
	backend->addr_align = bdev_dma_alignment(bdev) + 1;
	backend->len_align = backend->block_size;
	backend->read_only |= bdev_read_only(bdev);
	if (bdev_max_discard_sectors(bdev))
		backend->discard_granularity =
			max(bdev_discard_granularity(bdev),
			    backend->block_size);
	kvdev_backend_topology(backend, bdev);
	backend->priv = bdev;
	return 0;
}

static void bdev_close(struct kvdev_backend *backend)
{
	/* What somebody read through the page cache meanwhile may be stale. */
	invalidate_bdev(backend->priv);
}

const struct kvdev_backend_ops kvdev_bdev_backend_ops = {
	.name = "bdev",
	.open = bdev_open,
	.close = bdev_close,
	.submit = bdev_submit,
	.work = bdev_work,
	.size = bdev_size,
};
