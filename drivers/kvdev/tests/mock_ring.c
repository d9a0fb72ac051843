// SPDX-License-Identifier: GPL-2.0
/*
 * A guest and its driver for tests of the device side of a ring.
 */
#include "mock_ring.h"

void (*mock_copy_hook)(void *ctx, void *src, size_t len);
void *mock_copy_ctx;
unsigned int mock_copies;

static const struct {
	u64 gpa;
	u32 perm;
} mock_regions[MOCK_NR_REGIONS] = {
	[MOCK_LOW] = { 0x10000, KVDEV_MEM_RW },
	[MOCK_NEXT] = { 0x14000, KVDEV_MEM_RW },
	[MOCK_READONLY] = { 0x20000, KVDEV_MEM_READ },
	[MOCK_WRITEONLY] = { 0x24000, KVDEV_MEM_WRITE },
	[MOCK_HUGE] = { 1ULL << 32, KVDEV_MEM_RW },
	[MOCK_TOP] = { 0ULL - MOCK_REGION_SIZE, KVDEV_MEM_RW },
};

int mock_copy_in(void *dst, const void __user *src, size_t len)
{
	/* As user memory that is not mapped */
	if ((unsigned long)src - MOCK_HUGE_HOST < MOCK_HUGE_SIZE)
		return -EFAULT;
	memcpy(dst, (__force const void *)src, len);
	mock_copies++;
	if (mock_copy_hook)
		mock_copy_hook(mock_copy_ctx, (__force void *)src, len);
	return 0;
}

int mock_copy_fault(void *dst, const void __user *src, size_t len)
{
	return -EFAULT;
}

u64 mock_gpa(enum mock_region region, u64 offset)
{
	return mock_regions[region].gpa + offset;
}

int mock_guest_init(struct mock_guest *guest, const struct mock_alloc *alloc)
{
	struct kvdev_mem_table *table;
	int i;

	mock_copy_hook = NULL;
	mock_copies = 0;

	table = alloc->alloc(alloc->ctx, struct_size(table, regions,
						     MOCK_NR_REGIONS));
	if (!table)
		return -ENOMEM;
	table->copy_in = mock_copy_in;
	table->kernel = true;
	table->nr = MOCK_NR_REGIONS;
	guest->table = table;

	/* Backwards, so that sorting has something to do */
	for (i = 0; i < MOCK_NR_REGIONS; i++) {
		struct kvdev_region *r = &table->regions[table->nr - 1 - i];
		u64 size = MOCK_REGION_SIZE;

		guest->host[i] = NULL;
		r->host = MOCK_HUGE_HOST;
		if (i == MOCK_HUGE) {
			size = MOCK_HUGE_SIZE;
		} else {
			guest->host[i] = alloc->alloc(alloc->ctx, size);
			if (!guest->host[i])
				return -ENOMEM;
			r->host = (unsigned long)guest->host[i];
		}
		r->gpa = mock_regions[i].gpa;
		r->last = r->gpa + (size - 1);
		r->perm = mock_regions[i].perm;
	}
	return kvdev_mem_table_sort(table);
}

/* Memory behind a driver address, or NULL; has no part in translation. */
void *mock_guest_host(const struct mock_guest *guest, u64 gpa)
{
	int i;

	for (i = 0; i < MOCK_NR_REGIONS; i++) {
		u64 offset = gpa - mock_regions[i].gpa;

		if (guest->host[i] && offset < MOCK_REGION_SIZE)
			return guest->host[i] + offset;
	}
	return NULL;
}

int mock_chain_init(struct kvdev_chain *chain, const struct mock_alloc *alloc)
{
	memset(chain, 0, sizeof(*chain));
	chain->iov = alloc->alloc(alloc->ctx,
				  sizeof(*chain->iov) * KVDEV_CHAIN_MAX);
	chain->table = alloc->alloc(alloc->ctx,
				    sizeof(*chain->table) * KVDEV_CHAIN_MAX);
	return chain->iov && chain->table ? 0 : -ENOMEM;
}

/* Both indices start at @base, as after a restore. */
int mock_ring_init(struct mock_ring *mock, const struct mock_alloc *alloc,
		   u16 num, u64 features, u16 base)
{
	size_t desc, driver, device;

	memset(mock, 0, sizeof(*mock));
	kvdev_ring_area_sizes(num, features, &desc, &driver, &device);
	mock->areas.desc = alloc->alloc(alloc->ctx, desc);
	mock->areas.driver = alloc->alloc(alloc->ctx, driver);
	mock->areas.device = alloc->alloc(alloc->ctx, device);
	if (!mock->areas.desc || !mock->areas.driver || !mock->areas.device)
		return -ENOMEM;
	mock->desc = mock->areas.desc;
	mock->avail = mock->areas.driver;
	mock->used = mock->areas.device;

	mock->cfg.num = num;
	mock->cfg.num_max = num;
	mock->cfg.avail_base = base;
	mock->cfg.used_base = base;
	if (kvdev_ring_check(&mock->cfg, features))
		return -EINVAL;
	mock_ring_set_avail_idx(mock, base);
	mock->used->idx = (__force __virtio16)cpu_to_le16(base);
	kvdev_ring_activate(&mock->ring, &mock->cfg, features, &mock->areas);
	return mock_chain_init(&mock->chain, alloc);
}

void mock_desc_set(struct vring_desc *desc, u64 addr, u32 len, u16 flags,
		   u16 next)
{
	desc->addr = (__force __virtio64)cpu_to_le64(addr);
	desc->len = (__force __virtio32)cpu_to_le32(len);
	desc->flags = (__force __virtio16)cpu_to_le16(flags);
	desc->next = (__force __virtio16)cpu_to_le16(next);
}

void mock_ring_desc(struct mock_ring *mock, u16 i, u64 addr, u32 len,
		    u16 flags, u16 next)
{
	mock_desc_set(&mock->desc[i], addr, len, flags, next);
}

void mock_ring_set_avail_idx(struct mock_ring *mock, u16 idx)
{
	mock->avail_idx = idx;
	mock->avail->idx = (__force __virtio16)cpu_to_le16(idx);
}

/* Make the chain at @head available. */
void mock_ring_post(struct mock_ring *mock, u16 head)
{
	mock->avail->ring[mock->avail_idx % mock->cfg.num] =
		(__force __virtio16)cpu_to_le16(head);
	mock_ring_set_avail_idx(mock, mock->avail_idx + 1);
}

void mock_ring_set_avail_flags(struct mock_ring *mock, u16 flags)
{
	mock->avail->flags = (__force __virtio16)cpu_to_le16(flags);
}

void mock_ring_set_used_event(struct mock_ring *mock, u16 event)
{
	mock->avail->ring[mock->cfg.num] =
		(__force __virtio16)cpu_to_le16(event);
}

/* Where the layout puts it, computed without the code under test. */
u16 mock_ring_avail_event(const struct mock_ring *mock)
{
	__le16 event;

	memcpy(&event, (const u8 *)mock->areas.device + 4 + 8 * mock->cfg.num,
	       sizeof(event));
	return le16_to_cpu(event);
}

u16 mock_ring_used_flags(const struct mock_ring *mock)
{
	return le16_to_cpu((__force __le16)mock->used->flags);
}

u16 mock_ring_used_idx(const struct mock_ring *mock)
{
	return le16_to_cpu((__force __le16)mock->used->idx);
}

u32 mock_ring_used_id(const struct mock_ring *mock, u16 i)
{
	return le32_to_cpu((__force __le32)
			   mock->used->ring[i % mock->cfg.num].id);
}

u32 mock_ring_used_len(const struct mock_ring *mock, u16 i)
{
	return le32_to_cpu((__force __le32)
			   mock->used->ring[i % mock->cfg.num].len);
}
