// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching stores, and what all kinds of them have in common: the way from
 * submission to completion, and the slow roads for memory that direct I/O
 * cannot use and for operations that are too long.
 */
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/sched/signal.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include <uapi/linux/kvdev.h>

#include "backend.h"

/*
 * Size of a bounce buffer: the largest order that the page allocator does not
 * give up on easily, with 4 KiB pages.
 */
#define BOUNCE_SIZE		SZ_32K

/* ------------------------------------------------------------- attaching */

/* May this file be somebody's disk? */
static int backend_check_file(const struct kvdev_backend *backend)
{
	const struct file *file = backend->file;
	const struct inode *inode = file->f_mapping->host;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_READ) || !file->f_op->read_iter)
		return -EINVAL;
	if (IS_SWAPFILE(inode))
		return -EINVAL;
	if (backend->read_only)
		return 0;

	if (!(file->f_mode & FMODE_CAN_WRITE) || !file->f_op->write_iter)
		return -EINVAL;
	/* Writes to an append-only file go to its end, not where they should. */
	if (file->f_flags & O_APPEND || IS_APPEND(inode) || IS_IMMUTABLE(inode))
		return -EINVAL;
	return 0;
}

static const struct kvdev_backend_ops *backend_ops(const struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	if (S_ISREG(mode))
		return &kvdev_file_backend_ops;
	if (S_ISBLK(mode))
		return &kvdev_bdev_backend_ops;
	return NULL;
}

/* What open() of the kind of store found out must make sense. */
static int backend_check_geometry(const struct kvdev_backend *backend)
{
	if (!is_power_of_2(backend->block_size) ||
	    backend->block_size < KVDEV_BLOCK_MIN ||
	    backend->block_size > KVDEV_BLOCK_MAX)
		return -EINVAL;
	if (!is_power_of_2(backend->addr_align) ||
	    backend->addr_align > PAGE_SIZE)
		return -EINVAL;
	if (backend->size < backend->block_size)
		return -EINVAL;
	return 0;
}

/*
 * The device's blocks are smaller than what the store does directly. The page
 * cache reads and writes back whole pages, and keeps writers of one page from each
 * other, of all devices that show the store so.
 */
static int backend_open_buffered(struct kvdev_backend *backend)
{
	backend->ops->close(backend);
	backend->buffered = true;
	backend->ops = &kvdev_file_backend_ops;
	return backend->ops->open(backend);
}

/**
 * kvdev_backend_open() - attach a file or block device
 * @fd: descriptor of the calling process
 * @format: enum kvdev_format: the VMM's word. The content is the guest's and
 *	is never asked
 * @read_only: refuse writes; also done if @fd cannot be written to
 * @block_size: of the device: what the store must be able to do; 0: any will do
 *
 * Context: the VMM; sleeps.
 * Return: the store or an ERR_PTR.
 */
struct kvdev_backend *kvdev_backend_open(int fd, u32 format, bool read_only,
					 u32 block_size)
{
	struct kvdev_backend *backend;
	int ret;

	if (format != KVDEV_FORMAT_RAW)
		return ERR_PTR(-EOPNOTSUPP);

	backend = kzalloc(sizeof(*backend), GFP_KERNEL_ACCOUNT);
	if (!backend)
		return ERR_PTR(-ENOMEM);

	ret = -EBADF;
	backend->file = fget(fd);
	if (!backend->file)
		goto err_free;
	backend->read_only = read_only ||
			     !(backend->file->f_mode & FMODE_WRITE);
	backend->sync = backend->file->f_iocb_flags & IOCB_DSYNC;

	ret = -EINVAL;
	backend->ops = backend_ops(backend->file);
	if (!backend->ops)
		goto err_put_file;
	ret = backend_check_file(backend);
	if (ret)
		goto err_put_file;

	kvdev_pool_queue_init(&backend->queue);
	ret = backend->ops->open(backend);
	if (ret)
		goto err_put_file;
	if (block_size && backend->block_size > block_size) {
		ret = backend_open_buffered(backend);
		if (ret)
			goto err_put_file;
	}
	ret = backend_check_geometry(backend);
	if (ret)
		goto err_close;
	return backend;

err_close:
	backend->ops->close(backend);
err_put_file:
	fput(backend->file);
err_free:
	kfree(backend);
	return ERR_PTR(ret);
}

/**
 * kvdev_backend_close() - detach a store
 * @backend: from kvdev_backend_open(), or NULL; no operation is in flight
 *
 * Context: sleeps.
 */
void kvdev_backend_close(struct kvdev_backend *backend)
{
	if (!backend)
		return;
	/* All operations are done, but threads may be on their way out. */
	kvdev_pool_queue_exit(&backend->queue);
	backend->ops->close(backend);
	fput(backend->file);
	kfree(backend);
}

/**
 * kvdev_backend_id() - a number that tells the store from others
 * @backend: the store
 *
 * The same for the same file or block device on the same file system, also after
 * the host was started again. A hash: it says nothing of the host to who does not
 * know the UUID of the file system.
 *
 * Return: the number.
 */
u64 kvdev_backend_id(const struct kvdev_backend *backend)
{
	const struct inode *inode = backend->file->f_mapping->host;
	static const siphash_key_t key = { { 0x6b76646576207363ULL,
					     0x7369207374657665ULL } };
	struct {
		u8 uuid[sizeof(inode->i_sb->s_uuid)];
		u64 ino;
		u32 generation;
		u32 rdev;
	} what = {
		.ino = inode->i_ino,
		.generation = inode->i_generation,
		.rdev = inode->i_rdev,
	};

	memcpy(what.uuid, &inode->i_sb->s_uuid, sizeof(what.uuid));
	return siphash(&what, sizeof(what), &key);
}

/**
 * kvdev_backend_path() - where the store is, for people
 * @backend: the store
 * @buf: filled, terminated and zero padded; empty if the path does not fit
 * @len: of @buf
 */
void kvdev_backend_path(const struct kvdev_backend *backend, char *buf,
			size_t len)
{
	char *path = kzalloc(len, GFP_KERNEL);
	char *start;

	memset(buf, 0, len);
	if (!path)
		return;
	start = file_path(backend->file, path, len);
	if (!IS_ERR(start))
		strscpy_pad(buf, start, len);
	kfree(path);
}

/**
 * kvdev_backend_resized() - the store may have another size
 * @backend: the store; operations may be in flight
 * @min: bytes it must have at least
 *
 * Context: process; the caller serialises.
 * Return: 0; -EINVAL if it is too small now, then nothing changes.
 */
int kvdev_backend_resized(struct kvdev_backend *backend, u32 min)
{
	u64 size = backend->ops->size(backend);

	if (size < min || size < backend->block_size)
		return -EINVAL;
	backend->size = size;
	return 0;
}

/**
 * kvdev_backend_extent() - what a store has from a position on
 * @backend: the store
 * @pos: byte position, inside the store
 * @extent: set; with what cannot be told counted as no hole
 *
 * Context: process; sleeps.
 */
void kvdev_backend_extent(struct kvdev_backend *backend, u64 pos,
			  struct kvdev_extent *extent)
{
	int ret = -EOPNOTSUPP;

	if (backend->ops->extent)
		ret = backend->ops->extent(backend, pos, extent);
	if (ret || extent->end <= pos)
		*extent = (struct kvdev_extent){ .end = U64_MAX };
}

/**
 * kvdev_backend_topology() - what a block device says of itself
 * @backend: the store, which is @bdev; filled in
 * @bdev: the block device
 */
void kvdev_backend_topology(struct kvdev_backend *backend,
			    struct block_device *bdev)
{
	int aligned = bdev_alignment_offset(bdev);

	backend->physical_size = bdev_physical_block_size(bdev);
	backend->io_opt = bdev_io_opt(bdev);
	/* Negative: it cannot be said. */
	backend->aligned = max(aligned, 0);
}

/* ------------------------------------------------------------ completion */

static void io_end_work(struct work_struct *work)
{
	struct kvdev_io *io = container_of(work, struct kvdev_io, work);

	kvdev_pages_release(&io->pages);
	io->done(io, io->error);
}

/**
 * kvdev_io_end() - an operation is over
 * @io: the operation; not the backend's any more
 * @error: 0 or -errno
 *
 * Context: any.
 */
void kvdev_io_end(struct kvdev_io *io, int error)
{
	if (likely(kvdev_pages_try_release(&io->pages))) {
		io->done(io, error);
		return;
	}
	io->error = error;
	INIT_WORK(&io->work, io_end_work);
	kvdev_memacc_defer(&io->work);
}

static void io_work(struct kvdev_pool_item *item, int error)
{
	struct kvdev_io *io = container_of(item, struct kvdev_io, item);

	/* It may have waited for its turn for long. */
	if (!error && io->check && io->check(io) == -EINTR)
		error = -EINTR;
	if (unlikely(error))
		kvdev_io_end(io, error);
	else
		io->backend->ops->work(io->backend, io);
}

/**
 * kvdev_io_defer() - leave an operation to a thread that may wait
 * @io: its memory, if any, is pinned
 *
 * Context: any.
 */
void kvdev_io_defer(struct kvdev_io *io)
{
	io->item.fn = io_work;
	kvdev_pool_add(io->pool, &io->backend->queue, &io->item);
}

/* ----------------------------------------------------------- slow roads */

/* A part of an operation, done while the worker waits. */
struct io_part {
	struct kvdev_io io;
	struct kvdev_io *whole;
	struct completion over;
	int error;
};

static void part_done(struct kvdev_io *io, int error)
{
	struct io_part *part = container_of(io, struct io_part, io);

	part->error = error;
	complete(&part->over);
}

static struct io_part *part_alloc(struct kvdev_io *whole)
{
	struct io_part *part = kzalloc(sizeof(*part), GFP_KERNEL_ACCOUNT);

	if (!part)
		return NULL;
	part->whole = whole;
	part->io.op = whole->op;
	part->io.durable = whole->durable;
	part->io.pos = whole->pos;
	part->io.pool = whole->pool;
	part->io.done = part_done;
	part->io.backend = whole->backend;
	init_completion(&part->over);
	return part;
}

/* Transfer @len bytes at part->io.pos with part->io.iter, and move on. */
static int part_run(struct io_part *part, size_t len)
{
	struct kvdev_io *whole = part->whole;
	struct kvdev_io *io = &part->io;
	loff_t next = io->pos + len;
	int ret;

	/* Gigabytes take a while, and the VMM may be killed or the guest reset. */
	if (fatal_signal_pending(current))
		return -EINTR;
	ret = whole->check ? whole->check(whole) : 0;
	if (ret) {
		whole->interrupted = ret == -ERESTART;
		return ret;
	}

	io->len = len;
	kvdev_pages_init(&io->pages);
	reinit_completion(&part->over);
	io->backend->ops->submit(io->backend, io);
	wait_for_completion_io(&part->over);
	io->pos = next;
	return part->error;
}

/*
 * More than KVDEV_IO_MAX: piece by piece. The worker waits, which is the back
 * pressure a guest deserves that wants gigabytes at once.
 */
static int io_run_long(struct kvdev_io *whole)
{
	struct io_part *part = part_alloc(whole);
	int ret = part ? 0 : -ENOMEM;

	while (!ret && iov_iter_count(&whole->iter)) {
		size_t len = min_t(size_t, iov_iter_count(&whole->iter),
				   KVDEV_IO_MAX);

		part->io.iter = whole->iter;
		iov_iter_truncate(&part->io.iter, len);
		ret = part_run(part, len);
		iov_iter_advance(&whole->iter, len);
	}
	kfree(part);
	return ret;
}

static int bounce_part(struct io_part *part, struct kvdev_io *whole,
		       void *buf, size_t len)
{
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	bool write = whole->op == KVDEV_IO_WRITE;
	int ret;

	if (write && copy_from_iter(buf, len, &whole->iter) != len)
		return -EFAULT;

	iov_iter_kvec(&part->io.iter, write ? ITER_SOURCE : ITER_DEST, &kvec, 1,
		      len);
	ret = part_run(part, len);
	if (ret)
		return ret;

	if (!write && copy_to_iter(buf, len, &whole->iter) != len)
		return -EFAULT;
	return 0;
}

/*
 * Memory the store cannot use directly (firmware has such buffers): copy
 * through an own buffer. The worker waits, because only here is the memory's
 * address space at hand to copy what was read.
 */
static int io_run_bounced(struct kvdev_io *whole)
{
	struct io_part *part = part_alloc(whole);
	size_t size = min_t(size_t, whole->len, BOUNCE_SIZE);
	void *buf;
	int ret = -ENOMEM;

	/*
	 * As a whole number of pages it is aligned for any direct I/O. Cleared:
	 * the guest must not see our memory through a store that lies about
	 * how much it read.
	 */
	buf = alloc_pages_exact(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!part || !buf)
		goto out;

	ret = 0;
	while (!ret && iov_iter_count(&whole->iter))
		ret = bounce_part(part, whole, buf,
				  min(size, iov_iter_count(&whole->iter)));
out:
	if (buf)
		free_pages_exact(buf, size);
	kfree(part);
	return ret;
}

/* ------------------------------------------------------------ submission */

static bool io_memory_fits(const struct kvdev_backend *backend,
			   const struct kvdev_io *io)
{
	u32 addr_align = backend->addr_align;

	/* Kernel memory goes as pages: what lies in each is whole blocks then. */
	if (iov_iter_is_kvec(&io->iter))
		addr_align = max(addr_align, backend->len_align);
	return kvdev_iter_aligned(&io->iter, addr_align, backend->len_align);
}

/**
 * kvdev_backend_submit() - start an operation
 * @backend: the store
 * @io: op, durable, pos, len, iter, pool and done are set. It may be over, and
 *	@io->done have been called, when this returns
 *
 * Context: worker (the address space of @io->iter); sleeps.
 */
void kvdev_backend_submit(struct kvdev_backend *backend, struct kvdev_io *io)
{
	io->backend = backend;
	io->interrupted = false;
	kvdev_pages_init(&io->pages);

	/* Who cannot write has nothing to make durable either. */
	if (unlikely(backend->read_only && io->op != KVDEV_IO_READ))
		io->done(io, io->op == KVDEV_IO_FLUSH ? 0 : -EROFS);
	else if (io->op >= KVDEV_IO_FLUSH)
		backend->ops->submit(backend, io);
	else if (unlikely(!io_memory_fits(backend, io)))
		io->done(io, io_run_bounced(io));
	else if (unlikely(io->len > KVDEV_IO_MAX))
		io->done(io, io_run_long(io));
	else
		backend->ops->submit(backend, io);
}

/**
 * kvdev_backend_transfer() - read or write, and wait for it
 * @backend: the store
 * @pool: threads that may wait for it
 * @op: KVDEV_IO_READ or KVDEV_IO_WRITE
 * @pos: byte position, a multiple of the block size, inside the store with all
 *	of @iter
 * @iter: the memory, whole blocks; consumed
 * @durable: a write is durable when this returns
 *
 * Context: process (the address space of @iter); sleeps.
 * Return: 0 or -errno.
 */
int kvdev_backend_transfer(struct kvdev_backend *backend,
			   struct kvdev_pool *pool, enum kvdev_io_op op,
			   loff_t pos, struct iov_iter *iter, bool durable)
{
	struct io_part *part;
	int ret;

	if (!iov_iter_count(iter))
		return 0;
	part = kzalloc(sizeof(*part), GFP_KERNEL_ACCOUNT);
	if (!part)
		return -ENOMEM;
	init_completion(&part->over);
	part->io.op = op;
	part->io.durable = durable;
	part->io.pool = pool;
	part->io.pos = pos;
	part->io.len = iov_iter_count(iter);
	part->io.iter = *iter;
	part->io.done = part_done;
	kvdev_backend_submit(backend, &part->io);
	wait_for_completion_io(&part->over);
	iov_iter_advance(iter, part->io.len);
	ret = part->error;
	kfree(part);
	return ret;
}
