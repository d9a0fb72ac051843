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

static bool is_packed(const struct mock_ring *mock)
{
	return mock->features & MOCK_PACKED;
}

/* What the format has for the place after @idx entries of one descriptor. */
u16 mock_ring_base(const struct mock_ring *mock, u16 idx)
{
	u16 num = mock->cfg.num;

	if (!is_packed(mock))
		return idx;
	return idx % num | (idx / num % 2 ? 0 : 1 << 15);
}

/* Where the device would go on, as it says. */
u16 mock_ring_avail_base(const struct mock_ring *mock)
{
	struct kvdev_ring_cfg cfg;

	kvdev_ring_save(&mock->ring, &cfg);
	return cfg.avail_base;
}

/* Activate again, where the device was. */
void mock_ring_restart(struct mock_ring *mock)
{
	kvdev_ring_save(&mock->ring, &mock->cfg);
	memset(&mock->ring, 0xff, sizeof(mock->ring));
	kvdev_ring_activate(&mock->ring, &mock->cfg, mock->features,
			    &mock->areas);
}

static int packed_init(struct mock_ring *mock, const struct mock_alloc *alloc,
		       u16 base)
{
	u16 i, num = mock->cfg.num;

	mock->packed = mock->areas.desc;
	mock->desc = alloc->alloc(alloc->ctx, sizeof(*mock->desc) * num);
	mock->nr_desc = alloc->alloc(alloc->ctx, sizeof(*mock->nr_desc) * num);
	mock->found = alloc->alloc(alloc->ctx, sizeof(*mock->found) * num);
	mock->areas.taken = alloc->alloc(alloc->ctx,
					 sizeof(*mock->areas.taken) * num);
	if (!mock->desc || !mock->nr_desc || !mock->found ||
	    !mock->areas.taken)
		return -ENOMEM;
	mock->avail_pos = base % (2 * num);
	mock->used_pos = mock->avail_pos;
	mock->used_idx = base;
	/* All before were used: in this round, or in the one before. */
	for (i = 0; i < num; i++) {
		bool wrap = (mock->used_pos < num) == (i < base % num);

		mock->packed[i].flags =
			cpu_to_le16(wrap << VRING_PACKED_DESC_F_AVAIL |
				    wrap << VRING_PACKED_DESC_F_USED);
	}
	return 0;
}

/* Both indices start at @base, as after a restore. */
int mock_ring_init(struct mock_ring *mock, const struct mock_alloc *alloc,
		   u16 num, u64 features, u16 base)
{
	size_t desc, driver, device;

	memset(mock, 0, sizeof(*mock));
	mock->features = features;
	kvdev_ring_area_sizes(num, features, &desc, &driver, &device);
	mock->areas.desc = alloc->alloc(alloc->ctx, desc);
	mock->areas.driver = alloc->alloc(alloc->ctx, driver);
	mock->areas.device = alloc->alloc(alloc->ctx, device);
	if (!mock->areas.desc || !mock->areas.driver || !mock->areas.device)
		return -ENOMEM;
	mock->cfg.num = num;
	mock->cfg.num_max = num;
	mock->cfg.has_base = base;
	mock->cfg.avail_base = mock_ring_base(mock, base);
	mock->cfg.used_base = mock_ring_base(mock, base);
	if (kvdev_ring_check(&mock->cfg, features))
		return -EINVAL;
	if (is_packed(mock)) {
		if (packed_init(mock, alloc, base))
			return -ENOMEM;
	} else {
		mock->desc = mock->areas.desc;
		mock->avail = mock->areas.driver;
		mock->used = mock->areas.device;
		mock_ring_set_avail_idx(mock, base);
		mock->used->idx = (__force __virtio16)cpu_to_le16(base);
	}
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

/* Write a descriptor at the driver's place, available at once. */
void mock_packed_desc(struct mock_ring *mock, u64 addr, u32 len, u16 flags,
		      u16 id)
{
	u16 num = mock->cfg.num;
	struct vring_packed_desc *d = &mock->packed[mock->avail_pos % num];
	bool wrap = mock->avail_pos < num;

	d->addr = cpu_to_le64(addr);
	d->len = cpu_to_le32(len);
	d->id = cpu_to_le16(id);
	d->flags = cpu_to_le16(flags | wrap << VRING_PACKED_DESC_F_AVAIL |
			       !wrap << VRING_PACKED_DESC_F_USED);
	mock->avail_pos = (mock->avail_pos + 1) % (2 * num);
}

static void packed_post(struct mock_ring *mock, u16 head)
{
	const struct vring_desc *d;
	u16 flags, i = head;

	mock->nr_desc[head] = 0;
	do {
		d = &mock->desc[i];
		flags = le16_to_cpu((__force __le16)d->flags);
		mock->nr_desc[head]++;
		mock_packed_desc(mock, le64_to_cpu((__force __le64)d->addr),
				 le32_to_cpu((__force __le32)d->len), flags,
				 head);
		i = le16_to_cpu((__force __le16)d->next);
	} while (flags & VRING_DESC_F_NEXT);
}

/* Make the chain at @head available. */
void mock_ring_post(struct mock_ring *mock, u16 head)
{
	if (is_packed(mock)) {
		packed_post(mock, head);
		return;
	}
	mock->avail->ring[mock->avail_idx % mock->cfg.num] =
		(__force __virtio16)cpu_to_le16(head);
	mock_ring_set_avail_idx(mock, mock->avail_idx + 1);
}

/* A chain of one descriptor that the device took some time ago is used. */
void mock_ring_give(struct mock_ring *mock, u16 id, u32 written)
{
	kvdev_chain_init(&mock->chain, id);
	mock->chain.nr_desc = 1;
	if (is_packed(mock))
		mock->nr_desc[id] = 1;
	kvdev_ring_pop(&mock->ring, &mock->chain);
	kvdev_ring_push(&mock->ring, id, written);
}

/* The driver's event structure, computed without the code under test. */
void mock_packed_event(struct mock_ring *mock, u16 off_wrap, u16 flags)
{
	struct vring_packed_desc_event *event = mock->areas.driver;

	event->off_wrap = cpu_to_le16(off_wrap);
	event->flags = cpu_to_le16(flags);
}

void mock_ring_no_interrupt(struct mock_ring *mock, bool no)
{
	if (is_packed(mock))
		mock_packed_event(mock, 0, no ? VRING_PACKED_EVENT_FLAG_DISABLE :
						VRING_PACKED_EVENT_FLAG_ENABLE);
	else
		mock_ring_set_avail_flags(mock,
					  no ? VRING_AVAIL_F_NO_INTERRUPT : 0);
}

/* With EVENT_IDX: does the device wait for entry @idx? */
bool mock_ring_kick_at(const struct mock_ring *mock, u16 idx)
{
	const struct vring_packed_desc_event *event = mock->areas.device;

	if (!is_packed(mock))
		return mock_ring_avail_event(mock) == idx;
	return le16_to_cpu(event->flags) == VRING_PACKED_EVENT_FLAG_DESC &&
	       le16_to_cpu(event->off_wrap) == mock_ring_base(mock, idx);
}

/* Did the device say that it needs no kicks? */
bool mock_ring_kick_off(const struct mock_ring *mock)
{
	const struct vring_packed_desc_event *event = mock->areas.device;

	if (!is_packed(mock))
		return mock_ring_used_flags(mock) & VRING_USED_F_NO_NOTIFY;
	return le16_to_cpu(event->flags) == VRING_PACKED_EVENT_FLAG_DISABLE;
}

void mock_ring_set_avail_flags(struct mock_ring *mock, u16 flags)
{
	mock->avail->flags = (__force __virtio16)cpu_to_le16(flags);
}

/* Interrupt when entry @event is used. */
void mock_ring_set_used_event(struct mock_ring *mock, u16 event)
{
	if (is_packed(mock)) {
		mock_packed_event(mock, mock_ring_base(mock, event),
				  VRING_PACKED_EVENT_FLAG_DESC);
		return;
	}
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

/* The driver takes the used descriptors it can see. */
static void packed_poll(struct mock_ring *mock)
{
	u16 num = mock->cfg.num;

	for (;;) {
		const struct vring_packed_desc *d =
			&mock->packed[mock->used_pos % num];
		struct mock_used *found = &mock->found[mock->used_idx % num];
		u16 flags = le16_to_cpu(d->flags);
		bool wrap = mock->used_pos < num;

		if (!!(flags & BIT(VRING_PACKED_DESC_F_AVAIL)) != wrap ||
		    !!(flags & BIT(VRING_PACKED_DESC_F_USED)) != wrap)
			return;
		found->id = le16_to_cpu(d->id);
		found->len = le32_to_cpu(d->len);
		mock->used_idx++;
		/* Nonsense ids go on with the next one: tests notice. */
		if (found->id < num && mock->nr_desc[found->id])
			mock->used_pos += mock->nr_desc[found->id];
		else
			mock->used_pos++;
		mock->used_pos %= 2 * num;
	}
}

/* Number of entries the driver sees used, from the first base on. */
u16 mock_ring_used_idx(struct mock_ring *mock)
{
	if (is_packed(mock)) {
		packed_poll(mock);
		return mock->used_idx;
	}
	return le16_to_cpu((__force __le16)mock->used->idx);
}

u32 mock_ring_used_id(const struct mock_ring *mock, u16 i)
{
	if (is_packed(mock))
		return mock->found[i % mock->cfg.num].id;
	return le32_to_cpu((__force __le32)
			   mock->used->ring[i % mock->cfg.num].id);
}

u32 mock_ring_used_len(const struct mock_ring *mock, u16 i)
{
	if (is_packed(mock))
		return mock->found[i % mock->cfg.num].len;
	return le32_to_cpu((__force __le32)
			   mock->used->ring[i % mock->cfg.num].len);
}
