// SPDX-License-Identifier: GPL-2.0
/*
 * Pinning guest memory and storing into it from any context.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compat/compat.h"
#include "memacc.h"

/* Pages pinned by one call; the array lives on the stack. */
#define PIN_BATCH	32

/* For what an interrupt has to leave to somebody who may sleep. */
static struct workqueue_struct *memacc_wq;

/**
 * kvdev_memacc_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int kvdev_memacc_init(void)
{
	memacc_wq = alloc_workqueue("kvdev", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return memacc_wq ? 0 : -ENOMEM;
}

/**
 * kvdev_memacc_exit() - at module unload; waits for deferred work
 */
void kvdev_memacc_exit(void)
{
	/* A function that timed out may not have seen the end of its tasks yet. */
	synchronize_rcu();
	rcu_barrier();
	destroy_workqueue(memacc_wq);
}

/**
 * kvdev_memacc_defer() - finish a completion where it may sleep
 * @work: only for giving back memory and completing; it must not wait for I/O,
 *	as completions of all devices share the threads
 *
 * Context: any.
 */
void kvdev_memacc_defer(struct work_struct *work)
{
	queue_work(memacc_wq, work);
}

/**
 * kvdev_memacc_defer_delayed() - the same, later
 * @work: as of kvdev_memacc_defer()
 * @delay: jiffies
 *
 * Context: any.
 */
void kvdev_memacc_defer_delayed(struct delayed_work *work, unsigned long delay)
{
	queue_delayed_work(memacc_wq, work, delay);
}

/**
 * kvdev_memacc_defer_rcu() - the same, after an RCU grace period
 * @work: as of kvdev_memacc_defer()
 *
 * Context: any.
 */
void kvdev_memacc_defer_rcu(struct rcu_work *work)
{
	queue_rcu_work(memacc_wq, work);
}

/* Sleeps. A page that has no file behind it stays dirty for ever. */
static void page_make_dirty(struct page *page)
{
	if (!folio_test_dirty(page_folio(page)))
		set_page_dirty_lock(page);
}

/* ------------------------------------------------------------- one byte */

/**
 * kvdev_pin_byte() - prepare a byte for a store from any context
 * @pb: filled
 * @addr: host address of the byte
 * @kernel: @addr is a kernel address
 *
 * Context: the owner's address space; sleeps.
 * Return: 0, or -EFAULT, -ENOMEM or -EINTR.
 */
int kvdev_pin_byte(struct kvdev_pinned_byte *pb, unsigned long addr,
		   bool kernel)
{
	int ret;

	if (kernel) {
		*pb = (struct kvdev_pinned_byte) { .kaddr = (u8 *)addr };
		return 0;
	}

	ret = pin_user_pages_fast(addr & PAGE_MASK, 1, FOLL_WRITE, &pb->page);
	if (ret != 1)
		return ret < 0 ? ret : -EFAULT;
	pb->offset = offset_in_page(addr);
	page_make_dirty(pb->page);
	return 0;
}

/**
 * kvdev_pinned_byte_store() - store into the byte and let go of its page
 * @pb: from kvdev_pin_byte()
 * @val: what to store
 *
 * Context: any.
 * Return: true if all is done. False if the byte is stored, but the page was
 * cleaned meanwhile: kvdev_pinned_byte_finish() must follow.
 */
bool kvdev_pinned_byte_store(struct kvdev_pinned_byte *pb, u8 val)
{
	if (!pb->page) {
		WRITE_ONCE(*pb->kaddr, val);
		return true;
	}

	memcpy_to_page(pb->page, pb->offset, &val, sizeof(val));
	/*
	 * The store comes before the look at the dirty flag. Pairs with the
	 * atomic clearing of the flag in folio_clear_dirty_for_io(), which
	 * comes before writeback reads the page: either writeback sees the
	 * byte or we see the flag cleared.
	 */
	smp_mb();
	if (unlikely(!folio_test_dirty(page_folio(pb->page))))
		return false;
	unpin_user_page(pb->page);
	return true;
}

/**
 * kvdev_pinned_byte_finish() - let go of a page that was cleaned
 * @pb: for which kvdev_pinned_byte_store() returned false
 *
 * Context: sleeps; any address space.
 */
void kvdev_pinned_byte_finish(struct kvdev_pinned_byte *pb)
{
	unpin_user_pages_dirty_lock(&pb->page, 1, true);
}

/**
 * kvdev_pinned_byte_drop() - let go of a byte that was not stored to
 * @pb: from kvdev_pin_byte()
 *
 * Context: any.
 */
void kvdev_pinned_byte_drop(struct kvdev_pinned_byte *pb)
{
	if (pb->page)
		unpin_user_page(pb->page);
}

/* ----------------------------------------------------------- many pages */

/*
 * Only a piece that starts a page is joined to the piece before it: what
 * starts inside a page may share that page, which would then have two pins
 * and lose one. Only inside a folio, whose pages are contiguous and go the
 * same way in all respects.
 */
static bool pages_join(struct kvdev_pages *pages, struct page *page,
		       unsigned int offset, unsigned int len)
{
	struct bio_vec *last;
	unsigned int end;

	if (!pages->nr || offset)
		return false;
	last = &pages->bvec[pages->nr - 1];
	end = last->bv_offset + last->bv_len;
	if (!PAGE_ALIGNED(end) || page_folio(page) != page_folio(last->bv_page))
		return false;
	if (page_to_pfn(page) != page_to_pfn(last->bv_page) + end / PAGE_SIZE)
		return false;
	last->bv_len += len;
	return true;
}

static void pages_add(struct kvdev_pages *pages, struct page *page,
		      unsigned int offset, unsigned int len)
{
	if (pages_join(pages, page, offset, len))
		return;
	if (pages->to_driver)
		page_make_dirty(page);
	bvec_set_page(&pages->bvec[pages->nr++], page, len, offset);
}

/* Take the next pages of the iterator: 0 or -errno. */
static int pages_extract(struct kvdev_pages *pages, struct iov_iter *iter)
{
	struct page *batch[PIN_BATCH];
	struct page **p = batch;
	size_t offset, len;
	ssize_t got;

	got = iov_iter_extract_pages(iter, &p, iov_iter_count(iter),
				     ARRAY_SIZE(batch), 0, &offset);
	if (got <= 0)
		return got ?: -EFAULT;

	for (; got; got -= len) {
		len = min_t(size_t, got, PAGE_SIZE - offset);
		pages_add(pages, *p++, offset, len);
		offset = 0;
	}
	return 0;
}

/* With @make_dirty in process context only. */
static void pages_unpin(struct kvdev_pages *pages, bool make_dirty)
{
	const struct bio_vec *bv = pages->bvec;
	const struct bio_vec *end = bv + pages->nr;

	for (; pages->pinned && bv < end; bv++)
		unpin_user_page_range_dirty_lock(bv->bv_page,
						 DIV_ROUND_UP(bv->bv_offset + bv->bv_len,
							      PAGE_SIZE),
						 make_dirty);
	if (pages->bvec != pages->inline_bvec)
		kfree(pages->bvec);
	kvdev_pages_init(pages);
}

/**
 * kvdev_pages_pin() - turn an iterator into pages that stay put
 * @pages: filled; the caller gives it back by kvdev_pages_try_release() or
 *	kvdev_pages_release()
 * @iter: user or kernel memory, ITER_DEST if it will be written to; consumed.
 *	The caller has bounded its length
 *
 * Pages of kernel memory are listed, not pinned.
 *
 * Context: the owner's address space; sleeps.
 * Return: 0 or -errno, then nothing is pinned.
 */
int kvdev_pages_pin(struct kvdev_pages *pages, struct iov_iter *iter)
{
	unsigned int max = iov_iter_npages(iter, INT_MAX);
	int ret;

	kvdev_pages_init(pages);
	pages->pinned = iov_iter_extract_will_pin(iter);
	pages->to_driver = pages->pinned && iov_iter_rw(iter) == READ;
	if (max > ARRAY_SIZE(pages->inline_bvec)) {
		struct bio_vec *bvec;

		/* The driver says how many: if there is no memory, no word. */
		bvec = kmalloc_array(max, sizeof(*bvec),
				     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!bvec)
			return -ENOMEM;
		pages->bvec = bvec;
	}

	while (iov_iter_count(iter)) {
		ret = pages_extract(pages, iter);
		if (ret) {
			/* Nobody wrote to them yet. */
			pages_unpin(pages, false);
			return ret;
		}
	}
	return 0;
}
EXPORT_SYMBOL_NS_GPL(kvdev_pages_pin, KVDEV_NS);

/**
 * kvdev_pages_store() - write to the pages, from the beginning
 * @pages: pinned for that
 * @buf: what
 * @len: bytes, no more than the pages have
 *
 * Context: any, before kvdev_pages_try_release().
 */
void kvdev_pages_store(const struct kvdev_pages *pages, const void *buf,
		       size_t len)
{
	struct iov_iter iter;

	iov_iter_bvec(&iter, ITER_DEST, pages->bvec, pages->nr, len);
	/* Cannot be short: these are pages, and the caller has counted. */
	WARN_ON_ONCE(copy_to_iter(buf, len, &iter) != len);
}

static bool pages_all_dirty(const struct kvdev_pages *pages)
{
	unsigned int i;

	/* The data comes before the flags, see kvdev_pinned_byte_store(). */
	smp_mb();
	for (i = 0; i < pages->nr; i++)
		if (!folio_test_dirty(page_folio(pages->bvec[i].bv_page)))
			return false;
	return true;
}

/**
 * kvdev_pages_try_release() - let go of the pages if that needs no sleep
 * @pages: from kvdev_pages_pin() or kvdev_pages_init()
 *
 * Context: any.
 * Return: false if nothing was done and kvdev_pages_release() must follow.
 */
bool kvdev_pages_try_release(struct kvdev_pages *pages)
{
	if (unlikely(pages->to_driver && !pages_all_dirty(pages)))
		return false;
	pages_unpin(pages, false);
	return true;
}

/**
 * kvdev_pages_release() - let go of the pages
 * @pages: from kvdev_pages_pin() or kvdev_pages_init()
 *
 * Context: sleeps; any address space.
 */
void kvdev_pages_release(struct kvdev_pages *pages)
{
	pages_unpin(pages, pages->to_driver);
}
EXPORT_SYMBOL_NS_GPL(kvdev_pages_release, KVDEV_NS);

/* ------------------------------------------------------------ alignment */

static unsigned long iter_addr(const struct iov_iter *iter)
{
	if (iov_iter_is_kvec(iter))
		return (unsigned long)iter->kvec->iov_base + iter->iov_offset;
	return (unsigned long)iter_iov_addr(iter);
}

/**
 * kvdev_iter_aligned() - can direct I/O use this memory as it is?
 * @iter: user or kernel memory without empty pieces
 * @addr_align: what the address of each piece must be a multiple of
 * @len_align: what the length of each piece must be a multiple of
 *
 * Both are powers of two. The length of each piece counts, not only their sum:
 * a bio cut anywhere between two pieces is then still whole blocks.
 *
 * Return: true if it can.
 */
bool kvdev_iter_aligned(const struct iov_iter *iter, unsigned int addr_align,
			unsigned int len_align)
{
	struct iov_iter it = *iter;
	size_t len;

	if (addr_align == 1 && len_align == 1)
		return true;
	for (; iov_iter_count(&it); iov_iter_advance(&it, len)) {
		len = iov_iter_single_seg_count(&it);
		if (!IS_ALIGNED(len, len_align) ||
		    !IS_ALIGNED(iter_addr(&it), addr_align))
			return false;
	}
	return true;
}
