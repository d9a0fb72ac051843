// SPDX-License-Identifier: GPL-2.0
/*
 * Regular file as a store.
 *
 * With O_DIRECT an operation is one asynchronous kiocb on the guest's memory.
 *
 * Without it, the worker itself copies from and to the page cache as far as
 * that is possible without waiting. For the rest the memory is pinned and a
 * kernel thread does it, so several operations of a queue wait for the disk at
 * once and the worker waits for none.
 */
#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/falloc.h>
#include <linux/ioprio.h>
#include <linux/memcontrol.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/stat.h>

#include "backend.h"

/**
 * struct file_store - private state of the kind
 * @iocb_flags: how the file was opened. Kept from then: fcntl() on the VMM's
 *	descriptor must not turn our writes into appending ones
 * @memcg: whom the page cache is charged to if a kernel thread fills it: who
 *	attached the store. The VMM's threads charge the VMM
 * @seek_lock: covers @seek
 * @seek: the file again, opened when it is first needed: looking for holes
 *	changes a file's position, and that of the VMM's is the VMM's
 */
struct file_store {
	int iocb_flags;
	struct mem_cgroup *memcg;
	struct mutex seek_lock;		/* @seek */
	struct file *seek;
};

#define FILE_IOCB_FLAGS	(IOCB_DIRECT | IOCB_DSYNC | IOCB_SYNC)

static bool store_is_direct(const struct file_store *store)
{
	return store->iocb_flags & IOCB_DIRECT;
}

/*
 * Memory of a VMM's threads is the VMM's. A kernel thread, which serves a driver
 * in this kernel, charges who attached the store.
 */
static struct mem_cgroup *charge_begin(const struct file_store *store)
{
	if (!(current->flags & PF_KTHREAD))
		return NULL;
	return set_active_memcg(store->memcg);
}

static void charge_end(struct mem_cgroup *old)
{
	if (current->flags & PF_KTHREAD)
		set_active_memcg(old);
}

/* Transfer from where io->iter is: bytes, -EIOCBQUEUED or -errno. */
static ssize_t file_rw(struct kvdev_io *io, int flags,
		       void (*complete)(struct kiocb *iocb, long ret))
{
	const struct file_store *store = io->backend->priv;
	struct file *file = io->backend->file;
	struct kiocb *iocb = &io->f.iocb;

	*iocb = (struct kiocb) {
		.ki_filp = file,
		.ki_pos = io->pos + (io->len - iov_iter_count(&io->iter)),
		.ki_flags = store->iocb_flags | flags,
		.ki_ioprio = get_current_ioprio(),
		.ki_complete = complete,
	};
	if (io->op == KVDEV_IO_READ)
		return vfs_iocb_iter_read(file, iocb, &io->iter);

	iocb->ki_flags |= IOCB_WRITE;
	if (io->durable)
		iocb->ki_flags |= IOCB_DSYNC;
	return vfs_iocb_iter_write(file, iocb, &io->iter);
}

/* ---------------------------------------------------------------- direct */

/*
 * Two references: the file system may look at the kiocb and the iterator after
 * it started the I/O, when that is already over. So the operation ends with
 * whoever is last, the submitter or the completion.
 */
static void direct_put(struct kvdev_io *io)
{
	ssize_t ret;

	if (!refcount_dec_and_test(&io->f.ref))
		return;
	ret = io->f.ret;
	if (ret >= 0)
		ret = ret == io->len ? 0 : -EIO;
	kvdev_io_end(io, ret);
}

static void direct_complete(struct kiocb *iocb, long ret)
{
	struct kvdev_io *io = container_of(iocb, struct kvdev_io, f.iocb);

	/* Only of a write that was queued: others have ended it already. */
	if (io->op == KVDEV_IO_WRITE)
		kiocb_end_write(iocb);
	io->f.ret = ret;
	direct_put(io);
}

static void direct_submit(struct kvdev_io *io)
{
	ssize_t ret;

	/* Not every file system takes addresses of the kernel. */
	if (iov_iter_is_kvec(&io->iter)) {
		unsigned int dir = io->iter.data_source;

		ret = kvdev_pages_pin(&io->pages, &io->iter);
		if (ret) {
			kvdev_io_end(io, ret);
			return;
		}
		iov_iter_bvec(&io->iter, dir, io->pages.bvec, io->pages.nr,
			      io->len);
	}

	refcount_set(&io->f.ref, 2);
	ret = file_rw(io, 0, direct_complete);
	if (ret != -EIOCBQUEUED) {
		io->f.ret = ret;
		direct_put(io);
	}
	direct_put(io);
}

/* -------------------------------------------------------------- buffered */

/*
 * Copy what can be copied without waiting for the disk. Whatever goes wrong
 * here is left to the kernel thread, which finds out if it is an error.
 */
static void buffered_copy(struct kvdev_io *io)
{
	struct iov_iter start = io->iter;
	struct mem_cgroup *old;
	ssize_t ret;

	if (!(io->backend->file->f_mode & FMODE_NOWAIT))
		return;
	/* Durable is what the disk says, and that takes a while. */
	if (io->op == KVDEV_IO_WRITE && kvdev_io_durable(io))
		return;

	old = charge_begin(io->backend->priv);
	ret = file_rw(io, IOCB_NOWAIT, NULL);
	charge_end(old);
	/* A failed transfer leaves the iterator anywhere. */
	io->iter = start;
	if (ret > 0)
		iov_iter_advance(&io->iter, ret);
}

/* The rest of the operation, in a thread that may wait. */
static int buffered_finish(struct kvdev_io *io)
{
	ssize_t ret;

	while (iov_iter_count(&io->iter)) {
		ret = file_rw(io, 0, NULL);
		if (ret < 0)
			return ret;
		/* Somebody cut the file. */
		if (!ret)
			return -EIO;
	}
	return 0;
}

/* As many pages of zeroes are written at a time. */
#define ZERO_PAGES	16

/* Zeroes as data, for file systems that have nothing better. */
static int file_write_zeroes(struct kvdev_io *io)
{
	const struct file_store *store = io->backend->priv;
	struct file *file = io->backend->file;
	struct bio_vec bvec[ZERO_PAGES];
	struct iov_iter iter;
	struct kiocb iocb = {
		.ki_filp = file,
		.ki_pos = io->pos,
		.ki_flags = store->iocb_flags | IOCB_WRITE,
	};
	loff_t end = io->pos + io->len;
	ssize_t ret;
	int i;

	for (i = 0; i < ZERO_PAGES; i++)
		bvec_set_page(&bvec[i], ZERO_PAGE(0), PAGE_SIZE, 0);
	while (iocb.ki_pos < end) {
		iov_iter_bvec(&iter, ITER_SOURCE, bvec, ZERO_PAGES,
			      min_t(u64, end - iocb.ki_pos,
				    ZERO_PAGES * PAGE_SIZE));
		ret = vfs_iocb_iter_write(file, &iocb, &iter);
		if (ret <= 0)
			return ret ?: -EIO;
		cond_resched();
	}
	return 0;
}

static bool file_is_bdev(const struct file *file)
{
	return S_ISBLK(file_inode(file)->i_mode);
}

static int file_zero(struct kvdev_io *io)
{
	struct file *file = io->backend->file;
	int ret = -EOPNOTSUPP;

	/* The device takes ranges of its own blocks only; the cache any. */
	if (file_is_bdev(file))
		ret = file_write_zeroes(io);
	else if (io->unmap)
		ret = vfs_fallocate(file,
				    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				    io->pos, io->len);
	/*
	 * A discard need not do anything (virtio 1.3, 5.2.6.2; SBC-3, 4.7.3.4).
	 * Zeroes would take the space that it is to give back.
	 */
	if (ret == -EOPNOTSUPP && io->op == KVDEV_IO_DISCARD)
		return 0;
	if (ret == -EOPNOTSUPP)
		ret = vfs_fallocate(file,
				    FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
				    io->pos, io->len);
	if (ret == -EOPNOTSUPP)
		ret = file_write_zeroes(io);
	if (!ret && kvdev_io_durable(io))
		ret = vfs_fsync_range(file, io->pos, io->pos + io->len - 1, 1);
	return ret;
}

static void file_work(struct kvdev_backend *backend, struct kvdev_io *io)
{
	const struct file_store *store = backend->priv;
	struct file *file = backend->file;
	struct mem_cgroup *old_memcg;
	const struct cred *old_cred;
	int ret;

	/* On behalf of the VMM that opened the file. */
	old_cred = override_creds(file->f_cred);
	old_memcg = charge_begin(store);
	if (io->op == KVDEV_IO_FLUSH)
		ret = vfs_fsync(file, 1);
	else if (io->op >= KVDEV_IO_DISCARD)
		ret = file_zero(io);
	else
		ret = buffered_finish(io);
	charge_end(old_memcg);
	revert_creds(old_cred);

	kvdev_io_end(io, ret);
}

static void buffered_submit(struct kvdev_io *io)
{
	unsigned int dir = io->iter.data_source;
	size_t rest;
	int ret;

	buffered_copy(io);
	rest = iov_iter_count(&io->iter);
	if (!rest) {
		kvdev_io_end(io, 0);
		return;
	}

	ret = kvdev_pages_pin(&io->pages, &io->iter);
	if (ret) {
		kvdev_io_end(io, ret);
		return;
	}
	iov_iter_bvec(&io->iter, dir, io->pages.bvec, io->pages.nr, rest);
	kvdev_io_defer(io);
}

static void file_submit(struct kvdev_backend *backend, struct kvdev_io *io)
{
	if (io->op >= KVDEV_IO_FLUSH)
		kvdev_io_defer(io);
	else if (store_is_direct(backend->priv))
		direct_submit(io);
	else
		buffered_submit(io);
}

/* ------------------------------------------------------------- lifecycle */

/* What O_DIRECT of this file needs; every file system has its own idea. */
static void file_direct_limits(struct kvdev_backend *backend)
{
	struct super_block *sb = file_inode(backend->file)->i_sb;
	struct kstat stat;
	u32 block = KVDEV_BLOCK_MIN;
	u32 addr = 0;

	if (!vfs_getattr(&backend->file->f_path, &stat, STATX_DIOALIGN, 0) &&
	    stat.result_mask & STATX_DIOALIGN && stat.dio_offset_align) {
		block = max(block, stat.dio_offset_align);
		addr = stat.dio_mem_align;
	} else if (sb->s_bdev) {
		block = max(block, bdev_logical_block_size(sb->s_bdev));
	}
	backend->block_size = block;
	/* Without a better word memory has to be as aligned as positions. */
	backend->addr_align = addr ?: block;
	backend->len_align = block;
}

static u64 file_size(const struct kvdev_backend *backend)
{
	return i_size_read(backend->file->f_mapping->host);
}

/* A block device, through its page cache: see backend_open_buffered(). */
static void file_open_bdev(struct kvdev_backend *backend)
{
	struct block_device *bdev = file_bdev(backend->file);

	backend->read_only |= bdev_read_only(bdev);
	kvdev_backend_topology(backend, bdev);
	/* Its own commands want its own blocks. */
	backend->discard_granularity = 0;
	backend->discard_zeroes = false;
}

static int file_open(struct kvdev_backend *backend)
{
	struct file_store *store;

	store = kzalloc(sizeof(*store), GFP_KERNEL_ACCOUNT);
	if (!store)
		return -ENOMEM;
	mutex_init(&store->seek_lock);
	store->iocb_flags = backend->file->f_iocb_flags & FILE_IOCB_FLAGS;
	if (backend->buffered)
		store->iocb_flags &= ~IOCB_DIRECT;
	store->memcg = get_mem_cgroup_from_mm(current->mm);
	backend->priv = store;

	backend->size = file_size(backend);
	/* A hole. Without holes a discard changes nothing. */
	backend->discard_zeroes = true;
	if (store_is_direct(store)) {
		file_direct_limits(backend);
	} else {
		backend->block_size = KVDEV_BLOCK_MIN;
		backend->addr_align = 1;
		backend->len_align = 1;
	}
	if (backend->file->f_op->fallocate)
		backend->discard_granularity =
			max_t(u32, backend->block_size,
			      i_blocksize(file_inode(backend->file)));
	backend->physical_size = i_blocksize(file_inode(backend->file));
	if (file_is_bdev(backend->file))
		file_open_bdev(backend);
	return 0;
}

/* Under seek_lock. */
static int file_open_seek(struct kvdev_backend *backend)
{
	struct file_store *store = backend->priv;
	struct file *file;

	if (store->seek)
		return 0;
	file = dentry_open(&backend->file->f_path, O_RDONLY | O_LARGEFILE,
			   backend->file->f_cred);
	if (IS_ERR(file))
		return PTR_ERR(file);
	store->seek = file;
	return 0;
}

static int file_seek_extent(struct file *file, u64 pos,
			    struct kvdev_extent *extent)
{
	loff_t data = vfs_llseek(file, pos, SEEK_DATA);
	loff_t end;

	/* Nothing but a hole is left. */
	if (data == -ENXIO) {
		*extent = (struct kvdev_extent){ .end = U64_MAX, .hole = true };
		return 0;
	}
	if (data < 0)
		return data;
	if (data > pos) {
		*extent = (struct kvdev_extent){ .end = data, .hole = true };
		return 0;
	}
	end = vfs_llseek(file, pos, SEEK_HOLE);
	if (end < 0)
		return end;
	*extent = (struct kvdev_extent){ .end = end };
	return 0;
}

static int file_extent(struct kvdev_backend *backend, u64 pos,
		       struct kvdev_extent *extent)
{
	struct file_store *store = backend->priv;
	int ret;

	mutex_lock(&store->seek_lock);
	ret = file_open_seek(backend);
	if (!ret)
		ret = file_seek_extent(store->seek, pos, extent);
	mutex_unlock(&store->seek_lock);
	return ret;
}

static void file_close(struct kvdev_backend *backend)
{
	struct file_store *store = backend->priv;

	if (store->seek)
		fput(store->seek);
	mem_cgroup_put(store->memcg);
	kfree(store);
}

const struct kvdev_backend_ops kvdev_file_backend_ops = {
	.name = "file",
	.open = file_open,
	.close = file_close,
	.submit = file_submit,
	.work = file_work,
	.size = file_size,
	.extent = file_extent,
};
