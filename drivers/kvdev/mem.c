// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/refcount.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vhost.h>
#include <linux/vmalloc.h>

#include "compat/compat.h"
#include "mem.h"

static int copy_in_user(void *dst, const void __user *src, size_t len)
{
	return copy_from_user(dst, src, len) ? -EFAULT : 0;
}

/* A table, and who looks at it: the device, and each queue that runs. */
struct counted_table {
	refcount_t ref;
	struct kvdev_mem_table table;
};

static struct counted_table no_memory = {
	.ref = REFCOUNT_INIT(1),
	.table.copy_in = copy_in_user,
};

/* A ring area is small; nobody lays it over more regions than this. */
#define AREA_MAX_PIECES	4

static int copy_in_kernel(void *dst, const void __user *src, size_t len)
{
	memcpy(dst, (__force const void *)src, len);
	return 0;
}

static struct kvdev_mem_table *table_alloc(u32 nr)
{
	struct counted_table *counted;

	counted = kvzalloc(struct_size(counted, table.regions, nr),
			   GFP_KERNEL_ACCOUNT);
	if (!counted)
		return ERR_PTR(-ENOMEM);
	refcount_set(&counted->ref, 1);
	counted->table.copy_in = copy_in_user;
	counted->table.nr = nr;
	return &counted->table;
}

/**
 * kvdev_mem_get() - look at a table as well
 * @table: somebody looks at it; or NULL
 *
 * Return: @table, or one without memory instead of NULL.
 */
struct kvdev_mem_table *kvdev_mem_get(struct kvdev_mem_table *table)
{
	if (!table)
		table = &no_memory.table;
	refcount_inc(&container_of(table, struct counted_table, table)->ref);
	return table;
}

/**
 * kvdev_mem_put() - do not look at a table any more
 * @table: or NULL; freed with the last one
 *
 * Context: may sleep.
 */
void kvdev_mem_put(struct kvdev_mem_table *table)
{
	struct counted_table *counted;

	if (!table)
		return;
	counted = container_of(table, struct counted_table, table);
	if (refcount_dec_and_test(&counted->ref))
		kvfree(counted);
}
EXPORT_SYMBOL_NS_GPL(kvdev_mem_put, KVDEV_NS);

static int set_region(struct kvdev_region *region, u64 gpa, u64 len, u64 host,
		      u32 perm)
{
	if (!len || check_add_overflow(gpa, len - 1, &region->last))
		return -EINVAL;
	/* Checked here once; copies check again where it is cheap. */
	if (len > TASK_SIZE_MAX ||
	    !access_ok((void __user *)(unsigned long)host, len))
		return -EFAULT;
	region->gpa = gpa;
	region->host = host;
	region->perm = perm;
	return 0;
}

static int fill_from_user(struct kvdev_mem_table *table,
			  const struct vhost_memory_region *regions)
{
	int ret;
	u32 i;

	for (i = 0; i < table->nr; i++) {
		if (regions[i].flags_padding)
			return -EINVAL;
		ret = set_region(&table->regions[i], regions[i].guest_phys_addr,
				 regions[i].memory_size,
				 regions[i].userspace_addr, KVDEV_MEM_RW);
		if (ret)
			return ret;
	}
	return kvdev_mem_table_sort(table);
}

/**
 * kvdev_mem_from_user() - read a memory table
 * @arg: struct vhost_memory of VHOST_SET_MEM_TABLE
 *
 * Return: the table, or -EFAULT, -EINVAL, -ENOMEM as an error pointer.
 */
struct kvdev_mem_table *kvdev_mem_from_user(const void __user *arg)
{
	const struct vhost_memory __user *umem = arg;
	struct vhost_memory_region *regions;
	struct kvdev_mem_table *table;
	struct vhost_memory head;
	int ret;

	if (copy_from_user(&head, umem, sizeof(head)))
		return ERR_PTR(-EFAULT);
	if (head.padding || head.nregions > KVDEV_MEM_MAX_VHOST)
		return ERR_PTR(-EINVAL);

	regions = memdup_array_user(umem->regions, head.nregions,
				    sizeof(*regions));
	if (IS_ERR(regions))
		return ERR_CAST(regions);
	table = table_alloc(head.nregions);
	if (IS_ERR(table))
		goto out_free_regions;
	ret = fill_from_user(table, regions);
	if (ret) {
		kvdev_mem_put(table);
		table = ERR_PTR(ret);
	}

out_free_regions:
	kfree(regions);
	return table;
}

/*
 * The last physical address the kernel maps, also when memory is added later:
 * nobody tells us, and a driver uses what it is given.
 */
static u64 last_mapped(void)
{
	u64 last = __pa(high_memory - 1);

#ifdef CONFIG_MEMORY_HOTPLUG
	last = max(last, mhp_get_pluggable_range(true).end);
#endif
	return last;
}

/**
 * kvdev_mem_kernel() - all memory, for a driver in this kernel
 *
 * Addresses are physical ones, as the DMA API gives them to a device without
 * IOMMU.
 *
 * Return: the table or -ENOMEM.
 */
struct kvdev_mem_table *kvdev_mem_kernel(void)
{
	struct kvdev_mem_table *table = table_alloc(1);

	if (IS_ERR(table))
		return table;
	table->copy_in = copy_in_kernel;
	table->kernel = true;
	table->regions[0] = (struct kvdev_region){
		.gpa = 0,
		.last = last_mapped(),
		.host = (unsigned long)__va(0),
		.perm = KVDEV_MEM_RW,
	};
	return table;
}
EXPORT_SYMBOL_NS_GPL(kvdev_mem_kernel, KVDEV_NS);

/**
 * kvdev_mem_add() - a table with one more region
 * @old: present table, or NULL
 * @gpa: first driver address
 * @len: bytes
 * @host: user address of @gpa
 * @perm: KVDEV_MEM_READ, KVDEV_MEM_WRITE
 *
 * Return: the new table; -EINVAL if it overlaps or wraps, -EFAULT if it is not
 * user memory, -ENOSPC if there are too many regions, -ENOMEM.
 */
struct kvdev_mem_table *kvdev_mem_add(const struct kvdev_mem_table *old,
				      u64 gpa, u64 len, u64 host, u32 perm)
{
	u32 nr = old ? old->nr : 0;
	struct kvdev_mem_table *table;
	int ret;

	if (nr == KVDEV_MEM_MAX_REGIONS)
		return ERR_PTR(-ENOSPC);
	table = table_alloc(nr + 1);
	if (IS_ERR(table))
		return table;
	if (nr)
		memcpy(table->regions, old->regions,
		       flex_array_size(table, regions, nr));
	ret = set_region(&table->regions[nr], gpa, len, host, perm);
	if (!ret)
		ret = kvdev_mem_table_sort(table);
	if (ret) {
		kvdev_mem_put(table);
		return ERR_PTR(ret);
	}
	return table;
}
EXPORT_SYMBOL_NS_GPL(kvdev_mem_add, KVDEV_NS);

/**
 * kvdev_mem_remove() - a table without a range
 * @old: present table
 * @gpa: first driver address
 * @len: bytes
 *
 * A region that is only partly in the range goes as a whole: rather too little
 * memory than some that is somebody else's by now.
 *
 * Return: the new table, or -ENOMEM.
 */
struct kvdev_mem_table *kvdev_mem_remove(const struct kvdev_mem_table *old,
					 u64 gpa, u64 len)
{
	struct kvdev_mem_table *table = table_alloc(old->nr);
	u64 last = len ? gpa + len - 1 : gpa;
	u32 i, nr = 0;

	if (IS_ERR(table))
		return table;
	/* A range up to the very end, or beyond. */
	if (last < gpa)
		last = U64_MAX;
	for (i = 0; i < old->nr; i++) {
		const struct kvdev_region *r = &old->regions[i];

		if (r->last < gpa || r->gpa > last)
			table->regions[nr++] = *r;
	}
	table->nr = nr;
	return table;
}
EXPORT_SYMBOL_NS_GPL(kvdev_mem_remove, KVDEV_NS);

/* Pages pinned or -errno. The owner's fd may have gone to another process. */
static long pin_range(struct mm_struct *mm, unsigned long start,
		      unsigned long nr, bool writable, struct page **pages)
{
	unsigned int flags = FOLL_LONGTERM | (writable ? FOLL_WRITE : 0);
	int locked = 1;
	long ret;

	if (mm == current->mm)
		return pin_user_pages_fast(start, nr, flags, pages);

	if (!mmget_not_zero(mm))
		return -ESHUTDOWN;
	mmap_read_lock(mm);
	ret = pin_user_pages_remote(mm, start, nr, flags, pages, &locked);
	if (locked)
		mmap_read_unlock(mm);
	mmput(mm);
	return ret;
}

/*
 * Pin the pages of all pieces. Neighbouring pieces must meet at page borders,
 * or what lies between them would appear in the mapping.
 */
static int pin_pieces(struct kvdev_area *area, struct mm_struct *mm,
		      const struct iovec *iov, int nr)
{
	int i, ret;

	for (i = 0; i < nr; i++) {
		unsigned long start = (unsigned long)iov[i].iov_base;
		unsigned long end = start + iov[i].iov_len;
		unsigned long first = start & PAGE_MASK;
		unsigned int pages = (PAGE_ALIGN(end) - first) >> PAGE_SHIFT;

		if ((i && !PAGE_ALIGNED(start)) ||
		    (i < nr - 1 && !PAGE_ALIGNED(end)))
			return -EINVAL;
		ret = pin_range(mm, first, pages, area->writable,
				area->pages + area->nr_pages);
		if (ret > 0)
			area->nr_pages += ret;
		if (ret < 0)
			return ret;
		if (ret != pages)
			return -EFAULT;
	}
	return 0;
}

static void area_release(struct kvdev_area *area)
{
	if (area->nr_pages)
		unpin_user_pages_dirty_lock(area->pages, area->nr_pages,
					    area->writable);
	kvfree(area->pages);
	memset(area, 0, sizeof(*area));
}

static int map_user_pieces(struct kvdev_area *area, struct mm_struct *mm,
			   const struct iovec *iov, int nr, size_t len)
{
	/* One more page for each border that is not page aligned. */
	unsigned int max = (len >> PAGE_SHIFT) + 2 + nr;
	int ret;

	area->pages = kvcalloc(max, sizeof(*area->pages), GFP_KERNEL_ACCOUNT);
	if (!area->pages)
		return -ENOMEM;

	ret = pin_pieces(area, mm, iov, nr);
	if (ret)
		goto err_release;
	ret = account_locked_vm(mm, area->nr_pages, true);
	if (ret)
		goto err_release;

	area->vmap = vmap(area->pages, area->nr_pages, VM_MAP,
			  area->writable ? PAGE_KERNEL : PAGE_KERNEL_RO);
	if (!area->vmap) {
		account_locked_vm(mm, area->nr_pages, false);
		ret = -ENOMEM;
		goto err_release;
	}
	area->kaddr = area->vmap + offset_in_page(iov[0].iov_base);
	return 0;

err_release:
	area_release(area);
	return ret;
}

/**
 * kvdev_area_map() - map an area of a ring for the kernel
 * @area: zeroed
 * @mm: the owner's address space
 * @table: @addr is a driver address in this table; NULL: it is a user address
 * @addr: first byte
 * @len: bytes
 * @writable: the device writes the area; otherwise it only reads it, and memory
 *	that may only be read will do
 *
 * Return: 0; -EFAULT if a byte is outside of guest memory, not mapped or of a
 * kind that cannot be pinned for long (a file system's pages); -ENOMEM also if
 * RLIMIT_MEMLOCK is too small; -EINVAL if the range crosses two regions inside
 * a page.
 */
int kvdev_area_map(struct kvdev_area *area, struct mm_struct *mm,
		   const struct kvdev_mem_table *table, u64 addr, size_t len,
		   bool writable)
{
	u32 perm = writable ? KVDEV_MEM_RW : KVDEV_MEM_READ;
	struct iovec iov[AREA_MAX_PIECES];
	u32 hint = 0;
	int nr = 1;

	area->writable = writable;
	if (table) {
		nr = kvdev_mem_translate(table, addr, len, perm, iov,
					 ARRAY_SIZE(iov), &hint);
		if (nr < 0)
			return -EFAULT;
	} else {
		iov[0].iov_base = (void __user *)(unsigned long)addr;
		iov[0].iov_len = len;
		if (!access_ok(iov[0].iov_base, len))
			return -EFAULT;
	}
	if (table && table->kernel) {
		if (nr != 1)
			return -EFAULT;
		area->kaddr = (__force void *)iov[0].iov_base;
		return 0;
	}
	return map_user_pieces(area, mm, iov, nr, len);
}

/**
 * kvdev_area_unmap() - undo kvdev_area_map()
 * @area: mapped, or zeroed
 * @mm: as in kvdev_area_map(); may be exiting
 */
void kvdev_area_unmap(struct kvdev_area *area, struct mm_struct *mm)
{
	vunmap(area->vmap);
	if (area->nr_pages)
		account_locked_vm(mm, area->nr_pages, false);
	area_release(area);
}
