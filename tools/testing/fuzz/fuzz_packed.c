// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that can do anything to a packed ring, against a device that uses it
 * as the core does. Lists are compared with a second, naive walker; places,
 * what is in flight and notifications with a model.
 *
 * Input: ring size, features, base, number of operations; the operations, 4
 * bytes each; descriptor ring; the rest is guest memory, at addresses in
 * fuzz_memory[].
 */
#include "fuzz_ring.h"

#define NUM_MAX		64
#define OPS_MAX		96
#define AVAIL		BIT(VRING_PACKED_DESC_F_AVAIL)
#define USED		BIT(VRING_PACKED_DESC_F_USED)

static struct mock_ring rings[NUM_MAX + 1];
static struct kvdev_chain again;

/* Places plus the size while the wrap counter is 0. */
struct model {
	u16 num;
	u16 last;		/* next to take */
	u16 used;		/* next to write as used */
	u16 driver;		/* next to make available */
	struct {		/* in flight, in the order taken */
		u16 id;		/* the driver's */
		u16 nr_desc;
		u16 name;	/* the device's */
	} flight[NUM_MAX];
	u16 nr;
	struct told told;
	u16 first_flags;	/* due where the published ones end */
};

static u16 go(const struct model *m, u16 pos, u16 count)
{
	while (count--)
		pos = pos + 1 == 2 * m->num ? 0 : pos + 1;
	return pos;
}

static u16 in_flight(const struct model *m)
{
	u16 pos, sum = 0;

	/* With what was pushed and not published */
	for (pos = m->told.published; pos != m->last; pos = go(m, pos, 1))
		sum++;
	return sum;
}

static u16 base_of(const struct model *m, u16 pos)
{
	return pos % m->num | (pos < m->num) << 15;
}

static bool available(const struct mock_ring *mock, const struct model *m,
		      u16 pos)
{
	u16 flags = mock->packed[pos % m->num].flags & (AVAIL | USED);

	return flags == (pos < m->num ? AVAIL : USED);
}

/* The reference */

static struct {
	u16 id;
	u16 nr_desc;
} ref_found;

static bool ref_one(const struct mock_ring *mock,
		    const struct vring_packed_desc *d)
{
	const struct vring_packed_desc *table = (void *)ref_table;
	u32 i;

	if (!(d->flags & VRING_DESC_F_INDIRECT))
		return ref_add(d->addr, d->len, d->flags & VRING_DESC_F_WRITE);
	if (!mock->ring.indirect || ref_found.nr_desc > 1 ||
	    d->flags & VRING_DESC_F_NEXT || !ref_fetch(d->addr, d->len))
		return false;
	for (i = 0; i < d->len / 16; i++) {
		if (!ref_add(table[i].addr, table[i].len,
			     table[i].flags & VRING_DESC_F_WRITE))
			return false;
	}
	return true;
}

static bool ref_walk(const struct mock_ring *mock, const struct model *m)
{
	const struct vring_packed_desc *d;
	u16 max = m->num - in_flight(m);
	u16 i, pos = m->last;

	ref_reset();
	ref_found.nr_desc = 0;
	do {
		if (ref_found.nr_desc == max || !available(mock, m, pos))
			return false;
		d = &mock->packed[pos % m->num];
		ref_found.nr_desc++;
		if (!ref_one(mock, d))
			return false;
		pos = go(m, pos, 1);
	} while (d->flags & VRING_DESC_F_NEXT);
	ref_found.id = d->id;
	for (i = 0; i < m->nr; i++)
		if (m->flight[i].id == d->id)
			return false;
	return true;
}

/* Operations */

static int op_peek(struct mock_ring *mock, struct model *m)
{
	struct kvdev_chain *chain = &mock->chain;
	int i, ret;

	if (!available(mock, m, m->last)) {
		CHECK(peek(mock, chain) == 0);
		return 0;
	}
	ref.good = ref_walk(mock, m);
	ret = peek(mock, chain);
	CHECK(ret == (ref.good ? 1 : -EPROTO));
	if (ret == 1) {
		check_chain(chain, chain->id);
		CHECK(chain->buffer_id == ref_found.id);
		CHECK(chain->nr_desc == ref_found.nr_desc);
		CHECK(chain->id < m->num);
		for (i = 0; i < m->nr; i++)
			CHECK(m->flight[i].name != chain->id);
	}

	/* Nothing was consumed: the same once more */
	CHECK(peek(mock, &again) == ret);
	if (ret == 1)
		check_chain(&again, chain->id);
	return ret;
}

static bool op_pop(struct mock_ring *mock, struct model *m)
{
	if (op_peek(mock, m) != 1)
		return false;
	kvdev_ring_pop(&mock->ring, &mock->chain);
	m->flight[m->nr].id = ref_found.id;
	m->flight[m->nr].nr_desc = ref_found.nr_desc;
	m->flight[m->nr++].name = mock->chain.id;
	m->last = go(m, m->last, ref_found.nr_desc);
	return true;
}

static void op_unpop(struct mock_ring *mock, struct model *m)
{
	m->nr--;
	kvdev_ring_unpop(&mock->ring, m->flight[m->nr].name);
	m->last = go(m, m->last, 2 * m->num - m->flight[m->nr].nr_desc);
}

static void op_push(struct mock_ring *mock, struct model *m, u8 which,
		    u16 written)
{
	const struct vring_packed_desc *first =
		&mock->packed[m->told.published % m->num];
	const struct vring_packed_desc *d;
	u16 flags = first->flags;

	if (!m->nr)
		return;
	which %= m->nr;
	kvdev_ring_push(&mock->ring, m->flight[which].name, written);
	CHECK(first->flags == flags);
	/* What the driver writes there later is its own affair */
	d = &mock->packed[m->used % m->num];
	flags = (m->used < m->num ? AVAIL | USED : 0) |
		(written ? VRING_DESC_F_WRITE : 0);
	CHECK(d->id == m->flight[which].id);
	CHECK(d->len == written);
	if (d == first)
		m->first_flags = flags;
	else
		CHECK(d->flags == flags);
	m->used = go(m, m->used, m->flight[which].nr_desc);
	m->nr--;
	for (; which < m->nr; which++)
		m->flight[which] = m->flight[which + 1];
}

/* Does the driver want an interrupt for what comes before @end? */
static bool model_signal(const struct mock_ring *mock, const struct model *m,
			 u16 end)
{
	u32 event = *(const u32 *)mock->areas.driver;
	u16 flags = event >> 16 & 3, pos;

	if (m->told.first)
		return true;
	if (flags == VRING_PACKED_EVENT_FLAG_DISABLE)
		return false;
	if (!mock->ring.event_idx || flags != VRING_PACKED_EVENT_FLAG_DESC)
		return true;
	for (pos = m->told.asked; pos != end; pos = go(m, pos, 1))
		if (base_of(m, pos) == (u16)event)
			return true;
	return false;
}

static void op_publish(struct mock_ring *mock, struct model *m)
{
	const struct vring_packed_desc *first =
		&mock->packed[m->told.published % m->num];
	bool any = m->told.published != m->used;
	bool want = any && model_signal(mock, m, m->used);

	CHECK(kvdev_ring_publish(&mock->ring) == want);
	if (any) {
		CHECK(first->flags == m->first_flags);
		told_asked(&m->told, m->used);
	}
}

static u16 steps(const struct model *m, u16 from, u16 to)
{
	u16 n;

	for (n = 0; from != to; n++)
		from = go(m, from, 1);
	return n;
}

/* The two halves of it */
static void op_show(struct mock_ring *mock, struct model *m)
{
	const struct vring_packed_desc *first =
		&mock->packed[m->told.published % m->num];
	bool any = m->told.published != m->used;

	if (steps(m, m->told.asked, m->told.published) >= m->num)
		return;
	CHECK(kvdev_ring_show(&mock->ring) ==
	      (any ? steps(m, m->told.asked, m->used) : 0));
	if (any)
		CHECK(first->flags == m->first_flags);
	m->told.published = m->used;
}

static void op_ask(struct mock_ring *mock, struct model *m)
{
	if (m->told.asked == m->told.published)
		return;
	check_ask(mock, &m->told, model_signal(mock, m, m->told.published));
}

static void op_kick(struct mock_ring *mock, struct model *m, bool enable)
{
	const u32 *event = mock->areas.device;

	if (!enable) {
		kvdev_ring_disable_kick(&mock->ring);
		CHECK(*event == VRING_PACKED_EVENT_FLAG_DISABLE << 16);
		return;
	}
	CHECK(kvdev_ring_enable_kick(&mock->ring) ==
	      available(mock, m, m->last));
	if (mock->ring.event_idx)
		CHECK(*event == (base_of(m, m->last) |
				 VRING_PACKED_EVENT_FLAG_DESC << 16));
	else
		CHECK(*event == VRING_PACKED_EVENT_FLAG_ENABLE << 16);
}

static void activate(struct mock_ring *mock, struct model *m)
{
	CHECK(!kvdev_ring_check(&mock->cfg, mock->features));
	kvdev_ring_activate(&mock->ring, &mock->cfg, mock->features,
			    &mock->areas);
	/* A ring at its beginning is a new one. */
	m->told.first = m->last;
	m->told.asked = m->told.published;
}

static void operate(struct mock_ring *mock, struct model *m, u8 op, u8 arg,
		    u16 value)
{
	unsigned int i;

	switch (op % 12) {
	case 0:
		op_peek(mock, m);
		break;
	case 1:
		op_pop(mock, m);
		CHECK(mock_ring_avail_base(mock) == base_of(m, m->last));
		break;
	case 2:
		op_push(mock, m, arg, value);
		break;
	case 3:
		op_publish(mock, m);
		break;
	case 4:
		op_kick(mock, m, arg & 1);
		break;
	case 5:
		/* As a driver does: the next ones are available */
		for (i = 0; i <= arg % 4; i++) {
			u16 *flags = &mock->packed[m->driver % m->num].flags;

			*flags = (*flags & ~(AVAIL | USED)) |
				 (m->driver < m->num ? AVAIL : USED);
			m->driver = go(m, m->driver, 1);
		}
		break;
	case 6:
		((u16 *)mock->areas.driver)[arg & 1] = value;
		break;
	case 7:
		/* 2 bytes of a descriptor */
		((u16 *)mock->packed)[arg % (8 * m->num)] = value;
		break;
	case 8:
		/* Take some and give them back */
		for (i = 0; i < arg % 4 && op_pop(mock, m); i++)
			;
		while (i--)
			op_unpop(mock, m);
		CHECK(mock_ring_avail_base(mock) == base_of(m, m->last));
		break;
	case 9:
		/* Stopped, drained and started again */
		while (m->nr)
			op_push(mock, m, arg, value);
		op_publish(mock, m);
		kvdev_ring_save(&mock->ring, &mock->cfg);
		CHECK(mock->cfg.avail_base == base_of(m, m->last));
		CHECK(mock->cfg.used_base == base_of(m, m->last));
		activate(mock, m);
		break;
	case 10:
		op_show(mock, m);
		break;
	case 11:
		op_ask(mock, m);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct mock_alloc alloc = { fuzz_alloc, NULL };
	struct input in = { data, size };
	struct { u8 op, arg; u16 value; } ops[OPS_MAX];
	struct mock_ring *mock;
	struct model m = { };
	unsigned int i, nr_ops;
	u16 num;
	u8 bits;

	num = take(&in, 1) % NUM_MAX + 1;
	mock = &rings[num];
	if (!guest.table) {
		CHECK(!mock_guest_init(&guest, &alloc));
		CHECK(!mock_chain_init(&again, &alloc));
	}
	if (!mock->packed)
		CHECK(!mock_ring_init(mock, &alloc, num, MOCK_PACKED, 0));
	bits = take(&in, 1);
	mock->features = MOCK_PACKED |
			 (bits & 1 ? BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) : 0) |
			 (bits & 2 ? BIT_ULL(VIRTIO_RING_F_EVENT_IDX) : 0);
	scramble = bits & 4;
	m.num = num;
	m.last = take(&in, 1) % (2 * num);
	m.used = m.last;
	m.told.published = m.last;
	m.told.asked = m.last;
	m.driver = m.last;
	/* 0 in one of them: a new ring */
	mock->cfg.has_base = m.last;
	mock->cfg.avail_base = base_of(&m, m.last);
	mock->cfg.used_base = base_of(&m, m.last);

	nr_ops = take(&in, 1) % (OPS_MAX + 1);
	for (i = 0; i < nr_ops; i++) {
		ops[i].op = take(&in, 1);
		ops[i].arg = take(&in, 1);
		ops[i].value = take(&in, 2);
	}
	take_bytes(&in, mock->areas.desc, 16 * num);
	memset(mock->areas.driver, 0, 4);
	memset(mock->areas.device, 0xff, 4);
	take_memory(&in);

	activate(mock, &m);
	mock_copy_ctx = mock;
	mock_copy_hook = spoil;
	for (i = 0; i < nr_ops; i++)
		operate(mock, &m, ops[i].op, ops[i].arg, ops[i].value);
	return 0;
}
