// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that can do anything to a split ring, against a device that uses it
 * as the core does. What the device makes of each chain is compared with a
 * second, naive walker; indices and notifications with a model.
 *
 * Input: log2 of the ring size, features, base index, scramble, number of
 * operations; the operations, 4 bytes each; descriptor table, available ring;
 * the rest is guest memory, at addresses in fuzz_memory[].
 */
#include "fuzz_ring.h"

#define LOG_MAX		6
#define NUM_MAX		(1 << LOG_MAX)
#define OPS_MAX		64

static struct mock_ring rings[LOG_MAX + 1];
static struct kvdev_chain again;
/* The reference */

static bool ref_list(const struct vring_desc *table, u32 nr, u32 i,
		     bool in_table, bool indirect)
{
	bool seen[KVDEV_CHAIN_MAX] = { };

	for (;;) {
		const struct vring_desc *d;

		if (i >= nr || seen[i])
			return false;
		seen[i] = true;
		d = &table[i];

		if (d->flags & VRING_DESC_F_INDIRECT) {
			if (in_table || !indirect ||
			    (d->flags & VRING_DESC_F_NEXT))
				return false;
			return ref_fetch(d->addr, d->len) &&
			       ref_list(ref_table, d->len / 16, 0, true, false);
		}

		if (!ref_add(d->addr, d->len, d->flags & VRING_DESC_F_WRITE))
			return false;
		if (!(d->flags & VRING_DESC_F_NEXT))
			return true;
		i = d->next;
	}
}

static void ref_walk(const struct mock_ring *mock, u16 head)
{
	ref_reset();
	ref.good = ref_list(mock->desc, mock->cfg.num, head, false,
			    mock->ring.indirect);
}

/* Operations */

struct model {
	u16 last;	/* next entry to take */
	u16 seen;	/* avail->idx as last looked at */
	u16 used;
	struct told told;
	bool no_kick;
};

static int op_peek(struct mock_ring *mock, struct model *m)
{
	struct kvdev_chain *chain = &mock->chain;
	u16 head;
	int ret;

	if (m->seen == m->last) {
		m->seen = mock->avail->idx;
		if ((u16)(m->seen - m->last) > mock->cfg.num) {
			m->seen = m->last;
			CHECK(peek(mock, chain) == -EPROTO);
			return -EPROTO;
		}
	}
	if (m->seen == m->last) {
		CHECK(peek(mock, chain) == 0);
		return 0;
	}

	head = mock->avail->ring[m->last % mock->cfg.num];
	ref_walk(mock, head);
	ret = peek(mock, chain);
	CHECK(ret == (ref.good ? 1 : -EPROTO));
	if (ret == 1)
		check_chain(chain, head);

	/* Nothing was consumed: the same once more */
	CHECK(peek(mock, &again) == ret);
	if (ret == 1)
		check_chain(&again, head);
	return ret;
}

/* Does the driver want an interrupt for what comes before @end? */
static bool model_signal(const struct mock_ring *mock, struct model *m, u16 end)
{
	u16 event = mock->avail->ring[mock->cfg.num];
	bool want = false;
	u16 i;

	for (i = m->told.asked; i != end; i++)
		want |= i == event;
	if (m->told.first)
		return true;
	if (mock->ring.event_idx)
		return want;
	return !(mock->avail->flags & VRING_AVAIL_F_NO_INTERRUPT);
}

static void op_publish(struct mock_ring *mock, struct model *m)
{
	bool any = m->told.published != m->used;
	bool want = any && model_signal(mock, m, m->used);

	CHECK(mock_ring_used_idx(mock) == m->told.published);
	CHECK(kvdev_ring_publish(&mock->ring) == want);
	CHECK(mock_ring_used_idx(mock) == m->used);
	if (any)
		told_asked(&m->told, m->used);
}

/* The two halves of it */
static void op_show(struct mock_ring *mock, struct model *m)
{
	u16 shown = m->told.published == m->used ? 0 : m->used - m->told.asked;

	if ((u16)(m->told.published - m->told.asked) >= mock->cfg.num)
		return;
	CHECK(kvdev_ring_show(&mock->ring) == shown);
	CHECK(mock_ring_used_idx(mock) == m->used);
	m->told.published = m->used;
}

static void op_ask(struct mock_ring *mock, struct model *m)
{
	if (m->told.asked == m->told.published)
		return;
	check_ask(mock, &m->told, model_signal(mock, m, m->told.published));
	CHECK(mock_ring_used_idx(mock) == m->told.published);
}

static void op_kick(struct mock_ring *mock, struct model *m, bool enable)
{
	if (enable) {
		bool more = kvdev_ring_enable_kick(&mock->ring);

		CHECK(more == (m->seen != m->last ||
			       mock->avail->idx != m->last));
		if (mock->ring.event_idx)
			CHECK(mock_ring_avail_event(mock) == m->last);
	} else {
		kvdev_ring_disable_kick(&mock->ring);
	}
	m->no_kick = !enable;
	CHECK(mock_ring_used_flags(mock) ==
	      (m->no_kick && !mock->ring.event_idx ?
	       VRING_USED_F_NO_NOTIFY : 0));
}

static void operate(struct mock_ring *mock, struct model *m, u8 op, u8 arg,
		    u16 value)
{
	u16 ids[4], num = mock->cfg.num;
	unsigned int i;

	switch (op % 12) {
	case 0:
		op_peek(mock, m);
		break;
	case 1:
		if (op_peek(mock, m) == 1) {
			kvdev_ring_pop(&mock->ring, &mock->chain);
			m->last++;
		}
		CHECK(mock_ring_avail_base(mock) == m->last);
		break;
	case 2:
		/* The core has no more in flight than the ring has entries */
		if ((u16)(m->used - m->told.published) == num)
			break;
		kvdev_ring_push(&mock->ring, arg, value);
		CHECK(mock_ring_used_id(mock, m->used) == arg);
		CHECK(mock_ring_used_len(mock, m->used) == value);
		CHECK(mock_ring_used_idx(mock) == m->told.published);
		m->used++;
		break;
	case 3:
		op_publish(mock, m);
		break;
	case 4:
		op_kick(mock, m, arg & 1);
		break;
	case 5:
		mock_ring_set_avail_idx(mock, arg & 1 ? value :
					(u16)(mock->avail->idx + arg / 2));
		break;
	case 6:
		mock->avail->ring[arg % (num + 1)] = value;
		break;
	case 7:
		mock->avail->flags = value;
		break;
	case 8:
		/* 2 bytes of a descriptor */
		((u16 *)mock->desc)[arg % (8 * num)] = value;
		break;
	case 9:
		/* Take some and give them back */
		for (i = 0; i < arg % 4 && op_peek(mock, m) == 1; i++) {
			ids[i] = mock->chain.id;
			kvdev_ring_pop(&mock->ring, &mock->chain);
			m->last++;
		}
		while (i--) {
			kvdev_ring_unpop(&mock->ring, ids[i]);
			m->last--;
		}
		CHECK(mock_ring_avail_base(mock) == m->last);
		break;
	case 10:
		op_show(mock, m);
		break;
	case 11:
		op_ask(mock, m);
		break;
	}
}

static void setup(void)
{
	const struct mock_alloc alloc = { fuzz_alloc, NULL };
	unsigned int i;

	if (guest.table)
		return;
	CHECK(!mock_guest_init(&guest, &alloc));
	CHECK(!mock_chain_init(&again, &alloc));
	for (i = 0; i <= LOG_MAX; i++)
		CHECK(!mock_ring_init(&rings[i], &alloc, 1 << i, 0, 0));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct { u8 op, arg; u16 value; } ops[OPS_MAX];
	struct mock_ring *mock;
	struct model m = { };
	unsigned int i, nr_ops;
	u64 features = 0;
	u16 num;
	u8 bits;

	setup();
	mock = &rings[take(&in, 1) % (LOG_MAX + 1)];
	num = mock->cfg.num;
	bits = take(&in, 1);
	if (bits & 1)
		features |= BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC);
	if (bits & 2)
		features |= BIT_ULL(VIRTIO_RING_F_EVENT_IDX);
	scramble = bits & 4;
	mock->cfg.has_base = true;
	mock->cfg.avail_base = take(&in, 2);
	mock->cfg.used_base = bits & 8 ? mock->cfg.avail_base + 1 :
					 mock->cfg.avail_base;
	m.last = mock->cfg.avail_base;
	m.seen = m.last;
	m.used = mock->cfg.used_base;
	/* A ring at its beginning is a new one. */
	m.told.first = m.last || m.used;
	m.told.published = m.used;
	m.told.asked = m.used;

	nr_ops = take(&in, 1) % (OPS_MAX + 1);
	for (i = 0; i < nr_ops; i++) {
		ops[i].op = take(&in, 1);
		ops[i].arg = take(&in, 1);
		ops[i].value = take(&in, 2);
	}
	take_bytes(&in, mock->areas.desc, 16 * num);
	take_bytes(&in, mock->areas.driver, 6 + 2 * num);
	memset(mock->areas.device, 0, 6 + 8 * num);
	mock->used->idx = mock->cfg.used_base;
	take_memory(&in);

	CHECK(!kvdev_ring_check(&mock->cfg, features));
	kvdev_ring_activate(&mock->ring, &mock->cfg, features, &mock->areas);
	mock_copy_ctx = mock;
	mock_copy_hook = spoil;
	for (i = 0; i < nr_ops; i++)
		operate(mock, &m, ops[i].op, ops[i].arg, ops[i].value);
	return 0;
}
