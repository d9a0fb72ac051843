/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory for others than the copying worker: pages that stay put, so
 * that a device can read and write them and a completion in an interrupt can
 * store into them.
 *
 * What the device writes must reach the file or the swap behind the page, so
 * its page has to be dirty afterwards. Making a page dirty may sleep; asking
 * whether it is dirty may not. So pages are made dirty when they are pinned,
 * and on release, in any context, it is enough to find them still dirty.
 * Writeback may have cleaned one in between. That is rare, and then the
 * release has to be done again where sleeping is allowed:
 *
 *	pin (sleeps) -> ... -> try_release / store (any context)
 *				 | false
 *				 v
 *			       kvdev_memacc_defer() -> release / finish (sleeps)
 */
#ifndef KVDEV_MEMACC_H
#define KVDEV_MEMACC_H

#include <linux/bvec.h>
#include <linux/types.h>
#include <linux/uio.h>

struct page;
struct delayed_work;
struct rcu_work;
struct work_struct;

int kvdev_memacc_init(void);
void kvdev_memacc_exit(void);
void kvdev_memacc_defer(struct work_struct *work);
void kvdev_memacc_defer_delayed(struct delayed_work *work, unsigned long delay);
void kvdev_memacc_defer_rcu(struct rcu_work *work);

/**
 * struct kvdev_pinned_byte - a byte a completion can store
 * @page: pinned page of the byte, NULL for kernel memory
 * @offset: of the byte in @page
 * @kaddr: the byte, if it is kernel memory
 */
struct kvdev_pinned_byte {
	struct page *page;
	unsigned int offset;
	u8 *kaddr;
};

int kvdev_pin_byte(struct kvdev_pinned_byte *pb, unsigned long addr,
		   bool kernel);
bool kvdev_pinned_byte_store(struct kvdev_pinned_byte *pb, u8 val);
void kvdev_pinned_byte_finish(struct kvdev_pinned_byte *pb);
void kvdev_pinned_byte_drop(struct kvdev_pinned_byte *pb);

/* Pieces that need no allocation: 4 KiB requests and most 32 KiB ones. */
#define KVDEV_PAGES_INLINE	8

/**
 * struct kvdev_pages - the memory of an iterator as physical pieces
 * @bvec: the pieces, @inline_bvec or allocated
 * @nr: number of pieces
 * @pinned: the pages are pinned
 * @to_driver: the device writes to the pages: they have to end up dirty
 * @inline_bvec: room for a few pieces
 */
struct kvdev_pages {
	struct bio_vec *bvec;
	unsigned int nr;
	bool pinned;
	bool to_driver;
	struct bio_vec inline_bvec[KVDEV_PAGES_INLINE];
};

/* No pages; may be released. */
static inline void kvdev_pages_init(struct kvdev_pages *pages)
{
	pages->bvec = pages->inline_bvec;
	pages->nr = 0;
	pages->pinned = false;
	pages->to_driver = false;
}

int kvdev_pages_pin(struct kvdev_pages *pages, struct iov_iter *iter);
void kvdev_pages_store(const struct kvdev_pages *pages, const void *buf,
		       size_t len);
bool kvdev_pages_try_release(struct kvdev_pages *pages);
void kvdev_pages_release(struct kvdev_pages *pages);

bool kvdev_iter_aligned(const struct iov_iter *iter, unsigned int addr_align,
			unsigned int len_align);

#endif /* KVDEV_MEMACC_H */
