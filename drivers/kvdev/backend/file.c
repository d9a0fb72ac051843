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
#include <linux/ioprio.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/stat.h>

#include "backend.h"

/*
 * Operations of one file that may sleep at a time. Enough to keep a disk busy;
 * a limit because each holds a kernel thread while it sleeps, and the file may
 * be one (FUSE) that never answers. Each file has its own threads to lose, so
 * such a file harms no other.
 */
#define FILE_MAX_SLEEPING	64

/**
 * struct file_store - private state of the kind
 * @iocb_flags: how the file was opened. Kept from then: fcntl() on the VMM's
 *	descriptor must not turn our writes into appending ones
 * @wq: threads that may wait for the file
 * @memcg: whom the page cache is charged to: the VMM, not the kernel thread
 */
struct file_store {
	int iocb_flags;
	struct workqueue_struct *wq;
	struct mem_cgroup *memcg;
};

#define FILE_IOCB_FLAGS	(IOCB_DIRECT | IOCB_DSYNC | IOCB_SYNC)

static bool store_is_direct(const struct file_store *store)
{
	return store->iocb_flags & IOCB_DIRECT;
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
	const struct file_store *store = io->backend->priv;
	struct iov_iter start = io->iter;
	ssize_t ret;

	if (!(io->backend->file->f_mode & FMODE_NOWAIT))
		return;
	/* Durable is what the disk says, and that takes a while. */
	if (io->op == KVDEV_IO_WRITE &&
	    (io->durable || store->iocb_flags & IOCB_DSYNC))
		return;

	ret = file_rw(io, IOCB_NOWAIT, NULL);
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

static void file_work(struct work_struct *work)
{
	struct kvdev_io *io = container_of(work, struct kvdev_io, work);
	const struct file_store *store = io->backend->priv;
	struct file *file = io->backend->file;
	struct mem_cgroup *old_memcg;
	const struct cred *old_cred;
	int ret;

	/* On behalf of the VMM that opened the file and pays for its cache. */
	old_cred = override_creds(file->f_cred);
	old_memcg = set_active_memcg(store->memcg);
	if (io->op == KVDEV_IO_FLUSH)
		ret = vfs_fsync(file, 1);
	else
		ret = buffered_finish(io);
	set_active_memcg(old_memcg);
	revert_creds(old_cred);

	kvdev_io_end(io, ret);
}

static void file_defer(struct kvdev_io *io)
{
	const struct file_store *store = io->backend->priv;

	INIT_WORK(&io->work, file_work);
	queue_work(store->wq, &io->work);
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
	file_defer(io);
}

static void file_submit(struct kvdev_backend *backend, struct kvdev_io *io)
{
	if (io->op == KVDEV_IO_FLUSH)
		file_defer(io);
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

static int file_open(struct kvdev_backend *backend)
{
	struct file_store *store;

	store = kzalloc(sizeof(*store), GFP_KERNEL_ACCOUNT);
	if (!store)
		return -ENOMEM;
	store->wq = alloc_workqueue("kvdev-file", WQ_UNBOUND,
				    FILE_MAX_SLEEPING);
	if (!store->wq) {
		kfree(store);
		return -ENOMEM;
	}
	store->iocb_flags = backend->file->f_iocb_flags & FILE_IOCB_FLAGS;
	store->memcg = get_mem_cgroup_from_mm(current->mm);
	backend->priv = store;

	backend->size = i_size_read(file_inode(backend->file));
	if (store_is_direct(store)) {
		file_direct_limits(backend);
	} else {
		backend->block_size = KVDEV_BLOCK_MIN;
		backend->addr_align = 1;
		backend->len_align = 1;
	}
	return 0;
}

static void file_close(struct kvdev_backend *backend)
{
	struct file_store *store = backend->priv;

	/* All operations are done, but their work may be on its way out. */
	destroy_workqueue(store->wq);
	mem_cgroup_put(store->memcg);
	kfree(store);
}

const struct kvdev_backend_ops kvdev_file_backend_ops = {
	.name = "file",
	.open = file_open,
	.close = file_close,
	.submit = file_submit,
};
