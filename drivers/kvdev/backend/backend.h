/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Backing stores of block-like devices.
 *
 * A backend moves bytes between a position of the store and an iov_iter. It
 * knows nothing of rings, chains or device protocols, and reports errno.
 *
 *	kvdev_backend_submit()		worker: splits and bounces if it must
 *	  ops->submit()			worker: starts the I/O
 *	    kvdev_io_end()		any context: lets go of the memory
 *	      io->done()		any context: the device's completion
 */
#ifndef KVDEV_BACKEND_H
#define KVDEV_BACKEND_H

#include <linux/bio.h>
#include <linux/fs.h>
#include <linux/refcount.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/uio.h>
#include <linux/workqueue.h>

#include "../memacc.h"
#include "../pool.h"

struct kvdev_backend;

/*
 * Most bytes of one operation of a backend. Bounds what a request can pin and
 * the arrays that go with it; larger than what guests send but for firmware
 * that loads a file in one go. Longer operations are cut into such pieces,
 * one after the other.
 */
#define KVDEV_IO_MAX		SZ_4M

/* Block sizes a store may need, and a device may show. */
#define KVDEV_BLOCK_MIN		512
#define KVDEV_BLOCK_MAX		4096

enum kvdev_io_op {
	KVDEV_IO_READ,
	KVDEV_IO_WRITE,
	KVDEV_IO_FLUSH,
	KVDEV_IO_DISCARD,
	KVDEV_IO_ZEROES,
};

/**
 * struct kvdev_io - one operation on a backend, embedded in a request
 * @op: what to do. A flush makes all writes durable that were done before it
 *	was submitted. After a discard, for which the store must have a
 *	granularity, the content is what it was, or anything, but zeroes
 *	instead of anything if the store says so
 * @durable: write or zeroes only: done means durable, as if a flush had
 *	followed
 * @unmap: zeroes only: the store need not keep space for them
 * @pos: byte position, a multiple of the block size
 * @len: bytes, a multiple of the block size; 0 for a flush. The submitter has
 *	checked that the range lies inside the store
 * @iter: read or write: the memory, @len bytes. Only used until submit
 *	returns: a backend that is not done by then has pinned or copied what
 *	it needs
 * @pool: threads that may wait for the store
 * @done: called exactly once for each submitted operation, from any context
 *	including hard interrupts and from inside submit. @error is 0 or a
 *	negative errno; a short transfer is -EIO. The operation is the
 *	submitter's again, with all of its fields
 * @check: is there a reason to go no further with what takes long? -EINTR:
 *	nobody needs the result. -ERESTART: somebody waits for the worker, the
 *	operation is to be done another time. 0: no. Any context. Optional
 * @interrupted: when done is called: the worker was told -ERESTART, which it is
 *	still executing; what was done so far is of no use
 * @backend: from submit to done: the backend
 * @error: from submit to done: result on its way to process context
 * @pages: from submit to done: memory of an operation that is in flight
 * @work: from submit to done: the way to process context
 * @item: from submit to done: the way to a thread of @pool
 * @f: state of the file backend
 * @b: state of the block device backend
 */
struct kvdev_io {
	enum kvdev_io_op op;
	bool durable;
	bool unmap;
	loff_t pos;
	size_t len;
	struct iov_iter iter;
	struct kvdev_pool *pool;
	void (*done)(struct kvdev_io *io, int error);
	int (*check)(const struct kvdev_io *io);
	bool interrupted;

	/* private to the backend, from submit to done */
	struct kvdev_backend *backend;
	int error;
	struct kvdev_pages pages;
	struct work_struct work;
	struct kvdev_pool_item item;
	union {
		struct {
			struct kiocb iocb;
			refcount_t ref;
			ssize_t ret;
		} f;
		struct {
			struct bio bio;
		} b;
	};
};

/**
 * struct kvdev_extent - what a store has from a position on
 * @end: where it ends, more than the position; may be behind the store's end
 * @hole: the store keeps nothing for it
 */
struct kvdev_extent {
	u64 end;
	bool hole;
};

/**
 * struct kvdev_backend_ops - one kind of store
 * @name: for traces and statistics
 * @open: look at @backend->file and fill size, block_size, the alignments and
 *	priv; may set read_only. Process context of the VMM, sleeps
 * @close: undo @open; no operation is in flight. Cannot fail
 * @submit: start @io in worker context (the address space of the user memory
 *	in @io->iter is current). Memory is aligned as @open asked and at most
 *	KVDEV_IO_MAX bytes. Never fails: errors go to kvdev_io_end()
 * @work: do what @submit left to kvdev_io_defer(), then kvdev_io_end(), after
 *	which the store may be gone. A thread of the device's user, which may
 *	wait for the store
 * @size: bytes there are now
 * @extent: what there is from @pos on, 0 or -errno. Process context, sleeps.
 *	Optional: stores that cannot tell have everything
 */
struct kvdev_backend_ops {
	const char *name;
	int (*open)(struct kvdev_backend *backend);
	void (*close)(struct kvdev_backend *backend);
	void (*submit)(struct kvdev_backend *backend, struct kvdev_io *io);
	void (*work)(struct kvdev_backend *backend, struct kvdev_io *io);
	u64 (*size)(const struct kvdev_backend *backend);
	int (*extent)(struct kvdev_backend *backend, u64 pos,
		      struct kvdev_extent *extent);
};

/**
 * struct kvdev_backend - an attached store
 * @ops: kind of store
 * @file: the VMM's file, referenced
 * @size: bytes; changed by kvdev_backend_resized() only
 * @block_size: smallest unit of position and length: what the store needs, a
 *	power of two from KVDEV_BLOCK_MIN to KVDEV_BLOCK_MAX
 * @addr_align: what memory addresses must be a multiple of, a power of two
 * @len_align: what lengths of memory pieces must be a multiple of; 1 or
 *	@block_size
 * @read_only: writes are refused here too, whatever the device checked
 * @buffered: goes through the page cache, whatever the file was opened for
 * @physical_size: bytes that the store writes as one; 0: not known
 * @io_opt: bytes that are good to transfer; 0: not known
 * @aligned: position where the first @physical_size bytes begin
 * @sync: O_DSYNC or O_SYNC: all that changes the store is durable when done.
 *	Kept from when it was opened: fcntl() on the VMM's descriptor does not
 *	change what its guest was promised
 * @discard_granularity: bytes that are discarded together; 0: none can be
 * @discard_zeroes: what a discard deallocated reads as zeroes
 * @queue: what waits for the store
 * @priv: private to the kind of store
 *
 * Nothing else changes between open and close.
 */
struct kvdev_backend {
	const struct kvdev_backend_ops *ops;
	struct file *file;
	u64 size;
	u32 block_size;
	u32 addr_align;
	u32 len_align;
	bool read_only;
	bool buffered;
	u32 physical_size;
	u32 io_opt;
	u32 aligned;
	bool sync;
	u32 discard_granularity;
	bool discard_zeroes;
	struct kvdev_pool_queue queue;
	void *priv;
};

/* For devices */
struct kvdev_backend *kvdev_backend_open(int fd, u32 format, bool read_only,
					 u32 block_size);
void kvdev_backend_close(struct kvdev_backend *backend);
u64 kvdev_backend_id(const struct kvdev_backend *backend);
void kvdev_backend_path(const struct kvdev_backend *backend, char *buf,
			size_t len);
void kvdev_backend_submit(struct kvdev_backend *backend, struct kvdev_io *io);
int kvdev_backend_transfer(struct kvdev_backend *backend,
			   struct kvdev_pool *pool, enum kvdev_io_op op,
			   loff_t pos, struct iov_iter *iter, bool durable);
int kvdev_backend_resized(struct kvdev_backend *backend, u32 min);
void kvdev_backend_extent(struct kvdev_backend *backend, u64 pos,
			  struct kvdev_extent *extent);

/* For kinds of stores */

/* Done has to mean durable: for this operation, or for all of the store. */
static inline bool kvdev_io_durable(const struct kvdev_io *io)
{
	return io->durable || io->backend->sync;
}

void kvdev_io_end(struct kvdev_io *io, int error);
void kvdev_io_defer(struct kvdev_io *io);
void kvdev_backend_topology(struct kvdev_backend *backend,
			    struct block_device *bdev);

extern const struct kvdev_backend_ops kvdev_file_backend_ops;
extern const struct kvdev_backend_ops kvdev_bdev_backend_ops;

#endif /* KVDEV_BACKEND_H */
