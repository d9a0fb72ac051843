/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory of a device: the table as user space sets it, and mappings of
 * the rings.
 */
#ifndef KVDEV_MEM_H
#define KVDEV_MEM_H

#include <linux/types.h>

#include "mem_table.h"

struct mm_struct;
struct page;

/**
 * struct kvdev_area - memory of the owner, mapped for the kernel
 * @kaddr: where the kernel sees it
 * @vmap: start of the mapping, in its first page
 * @pages: pinned pages
 * @nr_pages: number of @pages
 * @writable: the device writes it
 *
 * The pin keeps the pages; that the guest still sees the same ones is the
 * VMM's part: it must not remap a range while a ring lives in it.
 */
struct kvdev_area {
	void *kaddr;
	void *vmap;
	struct page **pages;
	unsigned int nr_pages;
	bool writable;
};

struct kvdev_mem_table *kvdev_mem_from_user(const void __user *arg);
struct kvdev_mem_table *kvdev_mem_kernel(void);
struct kvdev_mem_table *kvdev_mem_add(const struct kvdev_mem_table *old,
				      u64 gpa, u64 len, u64 host, u32 perm);
struct kvdev_mem_table *kvdev_mem_remove(const struct kvdev_mem_table *old,
					 u64 gpa, u64 len);
struct kvdev_mem_table *kvdev_mem_get(struct kvdev_mem_table *table);
void kvdev_mem_put(struct kvdev_mem_table *table);

int kvdev_area_map(struct kvdev_area *area, struct mm_struct *mm,
		   const struct kvdev_mem_table *table, u64 addr, size_t len,
		   bool writable);
void kvdev_area_unmap(struct kvdev_area *area, struct mm_struct *mm);

#endif /* KVDEV_MEM_H */
