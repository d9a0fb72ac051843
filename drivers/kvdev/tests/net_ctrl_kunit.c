// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: commands of the control queue.
 */
#include <kunit/test.h>

#include "../device/net/ctrl.h"

#define F(name)		BIT_ULL(VIRTIO_NET_F_##name)
#define MAX_PAIRS	4
#define CVQ		(2 * MAX_PAIRS)
#define DATA_MAX	2048

#define C_RX		VIRTIO_NET_CTRL_RX
#define C_MAC		VIRTIO_NET_CTRL_MAC
#define C_VLAN		VIRTIO_NET_CTRL_VLAN
#define C_ANNOUNCE	VIRTIO_NET_CTRL_ANNOUNCE
#define C_MQ		VIRTIO_NET_CTRL_MQ
#define C_OFFLOADS	VIRTIO_NET_CTRL_GUEST_OFFLOADS
#define C_COAL		VIRTIO_NET_CTRL_NOTF_COAL
#define C_STATS		VIRTIO_NET_CTRL_STATS
#define MAC_TABLE	VIRTIO_NET_CTRL_MAC_TABLE_SET
#define MAC_ADDR	VIRTIO_NET_CTRL_MAC_ADDR_SET
#define RSS		VIRTIO_NET_CTRL_MQ_RSS_CONFIG
#define HASH		VIRTIO_NET_CTRL_MQ_HASH_CONFIG
#define VQ_SET		VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET
#define VQ_GET		VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET
#define ALL_TYPES	KVDEV_NET_RSS_HASH_TYPES

static const u8 own[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x10 };

/* Everything a case has: the device, its state, a command being made. */
struct dev {
	struct kunit *test;
	struct kvdev_net_state state;
	u64 features;
	u8 data[DATA_MAX];
	u32 len;
	u8 result[KVDEV_NET_CTRL_RESULT_MAX];
	u32 room;
	u32 result_len;
	u32 did;
	u16 disabled;	/* queue */
	u16 cvq;	/* 0: the last one */
	u64 counted;	/* by all counters before */
};

static bool vq_enabled(void *ctx, u16 vq)
{
	struct dev *d = ctx;

	return vq != d->disabled;
}

static void counters(void *ctx, u16 vq, struct kvdev_net_counters *c)
{
	struct dev *d = ctx;

	KUNIT_EXPECT_TRUE(d->test, vq < CVQ);
	*c = (struct kvdev_net_counters){
		d->counted + vq * 100 + 1, d->counted + vq * 100 + 2,
		d->counted + vq * 100 + 3, d->counted + vq * 100 + 4,
		d->counted + vq * 100 + 5, d->counted + vq * 100 + 6
	};
}

static const struct kvdev_net_ctrl_ops ops = {
	.vq_enabled = vq_enabled,
	.counters = counters,
};

static struct dev *make_dev(struct kunit *test, u64 features)
{
	struct dev *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, d);
	d->test = test;
	d->features = features;
	d->room = sizeof(d->result);
	d->disabled = 0xffff;
	memset(&d->state, 0xee, sizeof(d->state));
	kvdev_net_state_reset(&d->state, features, own, false, 1514);
	return d;
}

static void put(struct dev *d, u64 value, unsigned int len)
{
	while (len--) {
		d->data[d->len++] = value;
		value >>= 8;
	}
}

/* Executes what was put; its data are in memory of just that size. */
static u8 exec(struct dev *d, u8 class, u8 cmd)
{
	const struct kvdev_net_ctrl ctrl = {
		.max_pairs = MAX_PAIRS,
		.cvq = d->cvq ?: CVQ,
		.commands = 7,
		.commands_ok = 6,
		.ops = &ops,
		.ctx = d,
	};
	struct kvdev_net_cmd c = {
		.class = class,
		.cmd = cmd,
		.len = d->len,
		.result = d->result,
		.room = d->room,
		.result_len = 77,
		.did = 77,
	};
	u8 *exact = kunit_kmalloc(d->test, d->len, GFP_KERNEL);
	u8 ack;

	memcpy(exact, d->data, d->len);
	c.data = exact;
	ack = kvdev_net_ctrl(&ctrl, &d->state, &c);
	d->len = 0;
	d->result_len = c.result_len;
	d->did = c.did;
	return ack;
}

/*
 * A command that is good if it is whole and negotiated: with every other
 * length and without the feature it must fail.
 */
struct good_case {
	const char *name;
	u8 class, cmd;
	u64 features;	/* one is enough */
	u32 len;
	u32 did;
	u8 data[64];
};

static const struct good_case good_cases[] = {
	{ "promisc", C_RX, 0, F(CTRL_RX), 1, KVDEV_NET_DID_FILTER, { 1 } },
	{ "allmulti", C_RX, 1, F(CTRL_RX), 1, KVDEV_NET_DID_FILTER, { 1 } },
	{ "alluni", C_RX, 2, F(CTRL_RX_EXTRA), 1, KVDEV_NET_DID_FILTER },
	{ "nomulti", C_RX, 3, F(CTRL_RX_EXTRA), 1, KVDEV_NET_DID_FILTER },
	{ "nouni", C_RX, 4, F(CTRL_RX_EXTRA), 1, KVDEV_NET_DID_FILTER },
	{ "nobcast", C_RX, 5, F(CTRL_RX_EXTRA), 1, KVDEV_NET_DID_FILTER },
	{ "empty table", C_MAC, MAC_TABLE, F(CTRL_RX), 8,
	  KVDEV_NET_DID_FILTER },
	{ "table of one and two", C_MAC, MAC_TABLE, F(CTRL_RX), 8 + 18,
	  KVDEV_NET_DID_FILTER, { 1, [10] = 2 } },
	{ "address", C_MAC, MAC_ADDR, F(CTRL_MAC_ADDR), 6, KVDEV_NET_DID_MAC,
	  { 2, 1 } },
	{ "vlan", C_VLAN, 0, F(CTRL_VLAN), 2, KVDEV_NET_DID_FILTER, { 1 } },
	{ "no vlan", C_VLAN, 1, F(CTRL_VLAN), 2, KVDEV_NET_DID_FILTER, { 1 } },
	{ "announced", C_ANNOUNCE, 0, F(GUEST_ANNOUNCE), 0,
	  KVDEV_NET_DID_ANNOUNCE },
	{ "pairs", C_MQ, 0, F(MQ), 2,
	  KVDEV_NET_DID_PAIRS | KVDEV_NET_DID_STEER, { 2 } },
	{ "rss", C_MQ, RSS, F(RSS), 4 + 4 + 4 + 2 + 1 + 3,
	  KVDEV_NET_DID_PAIRS | KVDEV_NET_DID_STEER,
	  { 1, [4] = 1, [8] = 0, [10] = 1, [12] = 2, [14] = 3 } },
	{ "hash", C_MQ, HASH, F(HASH_REPORT), 4 + 8 + 1 + 40,
	  KVDEV_NET_DID_STEER, { 1, [12] = 40 } },
	{ "offloads", C_OFFLOADS, 0, F(CTRL_GUEST_OFFLOADS), 8,
	  KVDEV_NET_DID_OFFLOADS },
	{ "coal tx", C_COAL, 0, F(NOTF_COAL), 8, KVDEV_NET_DID_COAL, { 1 } },
	{ "coal rx", C_COAL, 1, F(NOTF_COAL), 8, KVDEV_NET_DID_COAL, { 1 } },
	{ "coal of a queue", C_COAL, 2, F(VQ_NOTF_COAL), 12,
	  KVDEV_NET_DID_COAL, { 1, [2] = 9 } },
	{ "coal of a queue, get", C_COAL, 3, F(VQ_NOTF_COAL), 4 },
	{ "stats query", C_STATS, 0, F(DEVICE_STATS), 0 },
	{ "stats get", C_STATS, 1, F(DEVICE_STATS), 16, 0, { 0, [8] = 1 } },
};

static void good_case_desc(const struct good_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(good, good_cases, good_case_desc);

static void whole_and_negotiated(struct kunit *test)
{
	const struct good_case *c = test->param_value;
	u32 len;

	for (len = 0; len <= sizeof(c->data); len++) {
		struct dev *d = make_dev(test, c->features);
		bool good = len == c->len;

		/* Of all commands only these may be longer. */
		if (c->class == C_MQ && (c->cmd == RSS || c->cmd == HASH))
			good = len >= c->len;
		/* No statistics at all, and of the same queue again */
		if (c->class == C_STATS && c->cmd == 1 && !len)
			good = true;
		memcpy(d->data, c->data, len);
		if (c->class == C_STATS && c->cmd == 1 && len == 32) {
			memcpy(d->data + 16, c->data, 16);
			good = true;
		}
		if (c->class == C_STATS && c->cmd == 1 && len > 32)
			continue;
		d->len = len;
		KUNIT_EXPECT_EQ_MSG(test, exec(d, c->class, c->cmd),
				    good ? VIRTIO_NET_OK : VIRTIO_NET_ERR,
				    "length %u", len);
		KUNIT_EXPECT_EQ(test, d->did, good ? c->did : 0);
		if (!good)
			KUNIT_EXPECT_EQ(test, d->result_len, 0U);

		d = make_dev(test, ~c->features);
		memcpy(d->data, c->data, len);
		d->len = len;
		KUNIT_EXPECT_EQ(test, exec(d, c->class, c->cmd),
				VIRTIO_NET_ERR);
	}
}

/* All numbers there are, with lengths that may fit one. */
static void unknown_commands(struct kunit *test)
{
	struct dev *d = make_dev(test, ~0ULL);
	unsigned int class, cmd, i, len;
	bool known;

	for (class = 0; class < 256; class += class < 16 ? 1 : 15) {
		for (cmd = 0; cmd < 256; cmd += cmd < 16 ? 1 : 15) {
			for (known = false, i = 0; i < ARRAY_SIZE(good_cases);
			     i++)
				known |= good_cases[i].class == class &&
					 good_cases[i].cmd == cmd;
			for (len = 0; !known && len < 13; len++) {
				memset(d->data, 0, len);
				d->len = len;
				KUNIT_ASSERT_EQ(test, exec(d, class, cmd),
						VIRTIO_NET_ERR);
				if (class > 16 || cmd > 16)
					break;
			}
		}
	}
}

static void after_reset(struct kunit *test)
{
	struct dev *d = make_dev(test, F(GUEST_TSO4) | F(GUEST_CSUM) | F(MQ));
	unsigned int i;

	KUNIT_EXPECT_EQ(test, d->state.features, d->features);
	KUNIT_EXPECT_EQ(test, d->state.offloads, F(GUEST_TSO4) | F(GUEST_CSUM));
	KUNIT_EXPECT_EQ(test, d->state.pairs, 1);
	KUNIT_EXPECT_FALSE(test, d->state.announce);
	KUNIT_EXPECT_FALSE(test, d->state.rss.steer);
	KUNIT_EXPECT_EQ(test, d->state.rss.types, 0U);
	KUNIT_EXPECT_TRUE(test, d->state.filter.promisc);
	KUNIT_EXPECT_EQ(test, d->state.filter.max_len, 1514U);
	for (i = 0; i < ARRAY_SIZE(d->state.coal); i++) {
		KUNIT_EXPECT_EQ(test, d->state.coal[i].max_packets, 0U);
		KUNIT_EXPECT_EQ(test, d->state.coal[i].max_usecs, 0U);
	}
}

static void rx_modes(struct kunit *test)
{
	struct dev *d = make_dev(test, ~0ULL);
	struct kvdev_net_filter *f = &d->state.filter;
	bool *modes[] = { &f->promisc, &f->allmulti, &f->alluni, &f->nomulti,
			  &f->nouni, &f->nobcast };
	unsigned int i, k, on;

	f->promisc = false;
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		for (on = 1; on < 2; on--) {
			put(d, on, 1);
			KUNIT_EXPECT_EQ(test, exec(d, C_RX, i), VIRTIO_NET_OK);
			for (k = 0; k < ARRAY_SIZE(modes); k++)
				KUNIT_EXPECT_EQ(test, *modes[k], k == i && on);
		}
	}
}

static void mac_table(struct kunit *test)
{
	static const u32 counts[] = {
		0, 1, KVDEV_NET_MACS_MAX, KVDEV_NET_MACS_MAX + 1, 150
	};
	struct dev *d = make_dev(test, F(CTRL_RX));
	struct kvdev_net_filter *f = &d->state.filter;
	unsigned int u, m, i;

	for (u = 0; u < ARRAY_SIZE(counts); u++) {
		for (m = 0; m < ARRAY_SIZE(counts); m++) {
			put(d, counts[u], 4);
			for (i = 0; i < counts[u]; i++)
				put(d, 2 | (u64)i << 40, 6);
			put(d, counts[m], 4);
			for (i = 0; i < counts[m]; i++)
				put(d, 3 | (u64)i << 40, 6);
			KUNIT_EXPECT_EQ(test, exec(d, C_MAC, MAC_TABLE),
					VIRTIO_NET_OK);
			KUNIT_EXPECT_EQ(test, f->uni.overflow,
					counts[u] > KVDEV_NET_MACS_MAX);
			KUNIT_EXPECT_EQ(test, f->multi.overflow,
					counts[m] > KVDEV_NET_MACS_MAX);
			if (!f->uni.overflow)
				KUNIT_EXPECT_EQ(test, f->uni.nr, counts[u]);
			if (!f->multi.overflow)
				KUNIT_EXPECT_EQ(test, f->multi.nr, counts[m]);
		}
	}
}

/* Counts that lead out of the data, also in 32 bits. */
static void mac_table_counts(struct kunit *test)
{
	static const u32 counts[] = {
		2, 3, 0x2aaaaaab, 0x55555556, 0x80000000, 0xaaaaaaab,
		0xffffffff, KVDEV_NET_CTRL_DATA_MAX / 6,
		KVDEV_NET_CTRL_DATA_MAX / 6 + 1
	};
	struct dev *d = make_dev(test, F(CTRL_RX));
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		put(d, counts[i], 4);
		put(d, 2, 6);
		put(d, 0, 4);
		KUNIT_EXPECT_EQ(test, exec(d, C_MAC, MAC_TABLE),
				VIRTIO_NET_ERR);
		put(d, 0, 4);
		put(d, counts[i], 4);
		put(d, 3, 6);
		KUNIT_EXPECT_EQ(test, exec(d, C_MAC, MAC_TABLE),
				VIRTIO_NET_ERR);
	}
}

static void mac_addr(struct kunit *test)
{
	struct dev *d = make_dev(test, F(CTRL_MAC_ADDR));

	put(d, 0x112233445502ULL, 6);
	KUNIT_EXPECT_EQ(test, exec(d, C_MAC, MAC_ADDR), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, d->did, (u32)KVDEV_NET_DID_MAC);
	KUNIT_EXPECT_EQ(test, d->state.filter.mac, 0x025544332211ULL);
	/* No address of a host */
	put(d, 1, 6);
	KUNIT_EXPECT_EQ(test, exec(d, C_MAC, MAC_ADDR), VIRTIO_NET_ERR);
	put(d, 0, 6);
	KUNIT_EXPECT_EQ(test, exec(d, C_MAC, MAC_ADDR), VIRTIO_NET_ERR);
	put(d, ~0ULL, 6);
	KUNIT_EXPECT_EQ(test, exec(d, C_MAC, MAC_ADDR), VIRTIO_NET_ERR);
	/* Locked: the one it has, and no other */
	kvdev_net_state_reset(&d->state, d->features, own, true, 0);
	put(d, 0x112233445502ULL, 6);
	KUNIT_EXPECT_EQ(test, exec(d, C_MAC, MAC_ADDR), VIRTIO_NET_ERR);
	memcpy(d->data, own, ETH_ALEN);
	d->len = ETH_ALEN;
	KUNIT_EXPECT_EQ(test, exec(d, C_MAC, MAC_ADDR), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, d->did, 0U);
	KUNIT_EXPECT_EQ(test, d->state.filter.mac, kvdev_net_mac(own));
}

static void vlans(struct kunit *test)
{
	struct dev *d = make_dev(test, F(CTRL_VLAN));
	u64 *vlans = d->state.filter.vlans;
	unsigned int vid;

	for (vid = 0; vid < 0x10000; vid += vid < 4200 ? 1 : 997) {
		bool good = vid < KVDEV_NET_VLANS;

		put(d, vid, 2);
		KUNIT_ASSERT_EQ(test, exec(d, C_VLAN, 0),
				good ? VIRTIO_NET_OK : VIRTIO_NET_ERR);
		if (good)
			KUNIT_ASSERT_EQ(test, vlans[vid / 64],
					BIT_ULL(vid % 64));
		put(d, vid, 2);
		KUNIT_ASSERT_EQ(test, exec(d, C_VLAN, 1),
				good ? VIRTIO_NET_OK : VIRTIO_NET_ERR);
		if (good)
			KUNIT_ASSERT_EQ(test, vlans[vid / 64], 0ULL);
	}
}

static void announce_ack(struct kunit *test)
{
	struct dev *d = make_dev(test, F(GUEST_ANNOUNCE));

	d->state.announce = true;
	KUNIT_EXPECT_EQ(test, exec(d, C_ANNOUNCE, 0), VIRTIO_NET_OK);
	KUNIT_EXPECT_FALSE(test, d->state.announce);
}

static void pairs(struct kunit *test)
{
	struct dev *d = make_dev(test, F(MQ));
	unsigned int n;

	d->state.rss.steer = true;
	for (n = 0; n < 0x10000; n += n < 10 ? 1 : 1 + n / 2) {
		bool good = n >= 1 && n <= MAX_PAIRS;

		put(d, n, 2);
		KUNIT_EXPECT_EQ(test, exec(d, C_MQ, 0),
				good ? VIRTIO_NET_OK : VIRTIO_NET_ERR);
		if (good)
			KUNIT_EXPECT_EQ(test, d->state.pairs, n);
	}
	KUNIT_EXPECT_FALSE(test, d->state.rss.steer);
}

struct rss_case {
	const char *name;
	u32 types;
	u16 mask, unclassified;
	u16 entry;	/* the last in the table, the others are 0 */
	u16 max_tx;
	u8 key_len;
	u16 pairs;	/* 0: an error */
};

static const struct rss_case rss_cases[] = {
	{ "one entry", ALL_TYPES, 0, 0, 0, 1, 40, 1 },
	{ "most entries", ALL_TYPES, 127, 0, 3, 4, 40, 4 },
	{ "too many entries", ALL_TYPES, 255, 0, 3, 4, 40 },
	{ "no power of two", ALL_TYPES, 2, 0, 0, 4, 40 },
	{ "mask of all", ALL_TYPES, 0xffff, 0, 0, 4, 40 },
	{ "no types", 0, 0, 0, 0, 1, 0, 1 },
	{ "an unknown type", ALL_TYPES + 1, 0, 0, 0, 1, 40 },
	{ "all bits of types", 0xffffffff, 0, 0, 0, 1, 40 },
	{ "short key", ALL_TYPES, 0, 0, 0, 1, 1, 1 },
	{ "key too long", ALL_TYPES, 0, 0, 0, 1, 41 },
	{ "longest key there can be", ALL_TYPES, 0, 0, 0, 1, 255 },
	{ "entry not there", ALL_TYPES, 1, 0, 4, 1, 40 },
	{ "entry largest", ALL_TYPES, 1, 0, 0xffff, 1, 40 },
	{ "unclassified not there", ALL_TYPES, 1, 4, 0, 1, 40 },
	{ "unclassified is the last", ALL_TYPES, 1, 3, 0, 1, 40, 4 },
	{ "transmit 0", ALL_TYPES, 1, 0, 0, 0, 40 },
	{ "transmit too many", ALL_TYPES, 1, 0, 0, 5, 40 },
	{ "transmit more than receive", ALL_TYPES, 1, 0, 0, 3, 40, 3 },
	{ "receive more than transmit", ALL_TYPES, 1, 0, 2, 1, 40, 3 },
};

static void rss_case_desc(const struct rss_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rss, rss_cases, rss_case_desc);

static void rss_config(struct kunit *test)
{
	const struct rss_case *c = test->param_value;
	struct dev *d = make_dev(test, F(RSS));
	unsigned int i, entries = min(c->mask + 1, 256);

	put(d, c->types, 4);
	put(d, c->mask, 2);
	put(d, c->unclassified, 2);
	for (i = 0; i < entries; i++)
		put(d, i == entries - 1 ? c->entry : 0, 2);
	put(d, c->max_tx, 2);
	put(d, c->key_len, 1);
	for (i = 0; i < c->key_len; i++)
		put(d, i, 1);
	KUNIT_ASSERT_EQ(test, exec(d, C_MQ, RSS),
			c->pairs ? VIRTIO_NET_OK : VIRTIO_NET_ERR);
	if (!c->pairs)
		return;
	KUNIT_EXPECT_TRUE(test, d->state.rss.steer);
	KUNIT_EXPECT_EQ(test, d->state.pairs, c->pairs);
	KUNIT_EXPECT_EQ(test, d->state.rss.types, c->types);
	KUNIT_EXPECT_EQ(test, d->state.rss.mask, c->mask);
	KUNIT_EXPECT_EQ(test, d->state.rss.unclassified, c->unclassified);
	KUNIT_EXPECT_EQ(test, d->state.rss.table[c->mask], c->entry);
}

static void hash_config(struct kunit *test)
{
	struct dev *d = make_dev(test, F(HASH_REPORT));

	d->state.rss.steer = true;
	put(d, 3, 4);
	put(d, ~0ULL, 8);	/* reserved */
	put(d, 40, 1);
	d->len += 40;
	KUNIT_EXPECT_EQ(test, exec(d, C_MQ, HASH), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, d->state.rss.types, 3U);
	KUNIT_EXPECT_FALSE(test, d->state.rss.steer);
	put(d, ALL_TYPES + 1, 4);
	put(d, 0, 8);
	put(d, 0, 1);
	KUNIT_EXPECT_EQ(test, exec(d, C_MQ, HASH), VIRTIO_NET_ERR);
}

static void offloads(struct kunit *test)
{
	const u64 tunnel = BIT_ULL(46), tunnel_csum = BIT_ULL(47);
	const u64 some = F(GUEST_CSUM) | F(GUEST_TSO4) | F(GUEST_TSO6) | tunnel;
	struct dev *d = make_dev(test, F(CTRL_GUEST_OFFLOADS) | F(CSUM) | some);
	const struct {
		u64 offloads;
		bool good;
	} sets[] = {
		{ 0, true },
		{ F(GUEST_CSUM), true },
		{ F(GUEST_CSUM) | F(GUEST_TSO4), true },
		{ F(GUEST_CSUM) | F(GUEST_TSO4) | F(GUEST_TSO6), true },
		{ F(GUEST_CSUM) | F(GUEST_TSO4) | tunnel, true },
		/* Not without the sum */
		{ F(GUEST_TSO4) },
		/* Not negotiated */
		{ F(GUEST_CSUM) | F(GUEST_UFO) },
		{ F(GUEST_CSUM) | F(GUEST_USO4) },
		{ F(GUEST_CSUM) | F(GUEST_TSO4) | tunnel | tunnel_csum },
		{ tunnel },
		{ ~0ULL },
		/* No offloads of the driver */
		{ F(CSUM) },
		{ F(CTRL_GUEST_OFFLOADS) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		put(d, sets[i].offloads, 8);
		KUNIT_EXPECT_EQ(test, exec(d, C_OFFLOADS, 0),
				sets[i].good ? VIRTIO_NET_OK : VIRTIO_NET_ERR);
		if (sets[i].good)
			KUNIT_EXPECT_EQ(test, d->state.offloads,
					sets[i].offloads);
	}
}

static void check_coal(struct dev *d, u16 vq, u32 packets, u32 usecs)
{
	static const u8 none[8];
	u8 want[8];

	put(d, vq, 2);
	put(d, 0xffff, 2);	/* reserved */
	KUNIT_EXPECT_EQ(d->test, exec(d, C_COAL, VQ_GET), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(d->test, d->result_len, 8U);
	memcpy(want, none, sizeof(none));
	put(d, packets, 4);
	put(d, usecs, 4);
	memcpy(want, d->data, 8);
	d->len = 0;
	KUNIT_EXPECT_MEMEQ(d->test, d->result, want, 8);
}

static void coalescing(struct kunit *test)
{
	struct dev *d = make_dev(test, ~0ULL);
	unsigned int vq;

	put(d, 10, 4);
	put(d, 11, 4);
	KUNIT_EXPECT_EQ(test, exec(d, C_COAL, 0), VIRTIO_NET_OK);
	put(d, 20, 4);
	put(d, 0xfffffff1, 4);
	KUNIT_EXPECT_EQ(test, exec(d, C_COAL, 1), VIRTIO_NET_OK);
	for (vq = 0; vq < CVQ; vq++)
		check_coal(d, vq, vq % 2 ? 10 : 20,
			   vq % 2 ? 11 : 0xfffffff1);

	/* One of its own, until it is disabled */
	put(d, 3, 4);
	put(d, 30, 4);
	put(d, 31, 4);
	KUNIT_EXPECT_EQ(test, exec(d, C_COAL, VQ_SET), VIRTIO_NET_OK);
	check_coal(d, 1, 10, 11);
	check_coal(d, 3, 30, 31);
	kvdev_net_state_vq_disabled(&d->state, 3);
	check_coal(d, 3, 10, 11);
	kvdev_net_state_vq_disabled(&d->state, 0xffff);

	/* Queues that are not there, not enabled, or the control queue */
	for (vq = CVQ; vq < 0x10000; vq += 1 + vq / 4) {
		put(d, vq, 4);
		put(d, 0, 8);
		KUNIT_EXPECT_EQ(test, exec(d, C_COAL, VQ_SET), VIRTIO_NET_ERR);
		put(d, vq, 4);
		KUNIT_EXPECT_EQ(test, exec(d, C_COAL, VQ_GET), VIRTIO_NET_ERR);
	}
	d->disabled = 2;
	put(d, 2, 4);
	put(d, 0, 8);
	KUNIT_EXPECT_EQ(test, exec(d, C_COAL, VQ_SET), VIRTIO_NET_ERR);
	put(d, 2, 4);
	KUNIT_EXPECT_EQ(test, exec(d, C_COAL, VQ_GET), VIRTIO_NET_ERR);

	/* The control queue of a driver without several pairs, and beyond */
	d->disabled = 0xffff;
	d->cvq = 2;
	check_coal(d, 1, 10, 11);
	for (vq = 2; vq < CVQ; vq++) {
		put(d, vq, 4);
		put(d, 0, 8);
		KUNIT_EXPECT_EQ(test, exec(d, C_COAL, VQ_SET), VIRTIO_NET_ERR);
		put(d, vq, 4);
		KUNIT_EXPECT_EQ(test, exec(d, C_COAL, VQ_GET), VIRTIO_NET_ERR);
	}
}

static u64 le(const u8 *at, unsigned int len)
{
	u64 value = 0;

	while (len--)
		value = value << 8 | at[len];
	return value;
}

static void stats_request(struct dev *d, u16 vq, u64 types)
{
	put(d, vq, 2);
	put(d, 0, 6);
	put(d, types, 8);
}

static void stats(struct kunit *test)
{
	const u64 rx = VIRTIO_NET_STATS_TYPE_RX_BASIC;
	const u64 tx = VIRTIO_NET_STATS_TYPE_TX_BASIC;
	const u64 cvq = VIRTIO_NET_STATS_TYPE_CVQ;
	struct dev *d = make_dev(test, ~0ULL);
	unsigned int i, vq;
	u8 *at;

	KUNIT_EXPECT_EQ(test, exec(d, C_STATS, 0), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, d->result_len, 8U);
	KUNIT_EXPECT_EQ(test, le(d->result, 8), rx | tx | cvq);

	/* Of all queues at once, as Linux asks */
	for (vq = 0; vq < CVQ; vq++)
		stats_request(d, vq, vq % 2 ? tx : rx);
	stats_request(d, CVQ, cvq);
	KUNIT_EXPECT_EQ(test, exec(d, C_STATS, 1), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, d->result_len, CVQ * 56U + 24);
	for (vq = 0, at = d->result; vq < CVQ; vq++, at += 56) {
		KUNIT_EXPECT_EQ(test, at[0], vq % 2 ? 16 : 0);
		KUNIT_EXPECT_EQ(test, le(at + 2, 2), (u64)vq);
		KUNIT_EXPECT_EQ(test, le(at + 6, 2), 56ULL);
		for (i = 0; i < 6; i++)
			KUNIT_EXPECT_EQ(test, le(at + 8 + 8 * i, 8),
					vq * 100ULL + i + 1);
	}
	KUNIT_EXPECT_EQ(test, at[0], 32);
	KUNIT_EXPECT_EQ(test, le(at + 2, 2), (u64)CVQ);
	KUNIT_EXPECT_EQ(test, le(at + 6, 2), 24ULL);
	KUNIT_EXPECT_EQ(test, le(at + 8, 8), 7ULL);
	KUNIT_EXPECT_EQ(test, le(at + 16, 8), 6ULL);

	/* None of a queue */
	stats_request(d, 0, 0);
	KUNIT_EXPECT_EQ(test, exec(d, C_STATS, 1), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, d->result_len, 0U);
}

/* They have 64 bits, and 0 comes after the last value. */
static void stats_wrap(struct kunit *test)
{
	static const u64 values[] = { ~0ULL - 2, ~0ULL - 1, ~0ULL, 0, 1, 2 };
	struct dev *d = make_dev(test, ~0ULL);
	unsigned int i, vq;

	for (vq = 0; vq < 2; vq++) {
		d->counted = ~0ULL - 3 - vq * 100;
		stats_request(d, vq, vq ? VIRTIO_NET_STATS_TYPE_TX_BASIC :
					  VIRTIO_NET_STATS_TYPE_RX_BASIC);
		KUNIT_EXPECT_EQ(test, exec(d, C_STATS, 1), VIRTIO_NET_OK);
		KUNIT_ASSERT_EQ(test, d->result_len, 56U);
		for (i = 0; i < ARRAY_SIZE(values); i++)
			KUNIT_EXPECT_EQ(test, le(d->result + 8 + 8 * i, 8),
					values[i]);
	}
}

/* One that is wrong among many, and all of it fails. */
static void stats_errors(struct kunit *test)
{
	static const struct {
		u16 vq;
		u64 types;
	} bad[] = {
		{ 0, VIRTIO_NET_STATS_TYPE_TX_BASIC },
		{ 1, VIRTIO_NET_STATS_TYPE_RX_BASIC },
		{ 0, VIRTIO_NET_STATS_TYPE_CVQ },
		{ CVQ, VIRTIO_NET_STATS_TYPE_RX_BASIC },
		{ 0, 2 | VIRTIO_NET_STATS_TYPE_RX_BASIC },
		{ 0, ~0ULL },
		{ CVQ + 1, 0 },
		{ 0xffff, 0 },
	};
	struct dev *d = make_dev(test, ~0ULL);
	unsigned int i, at, k;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		for (at = 0; at < 3; at++) {
			for (k = 0; k < 3; k++) {
				if (k == at)
					stats_request(d, bad[i].vq,
						      bad[i].types);
				else
					stats_request(d, 0, 1);
			}
			KUNIT_EXPECT_EQ(test, exec(d, C_STATS, 1),
					VIRTIO_NET_ERR);
			KUNIT_EXPECT_EQ(test, d->result_len, 0U);
		}
	}
}

/* The driver left less room than needed, or asks for more than there is. */
static void stats_room(struct kunit *test)
{
	struct dev *d = make_dev(test, ~0ULL);
	unsigned int i;

	for (d->room = 0; d->room < 130; d->room++) {
		memset(d->result, 0xee, sizeof(d->result));
		stats_request(d, 0, 1);
		stats_request(d, 2, 1);
		KUNIT_EXPECT_EQ(test, exec(d, C_STATS, 1), VIRTIO_NET_OK);
		KUNIT_EXPECT_EQ(test, d->result_len, min(d->room, 112U));
		KUNIT_EXPECT_EQ(test, d->result[d->result_len], 0xee);
	}
	d->room = sizeof(d->result);
	for (i = 0; i < DATA_MAX / 16; i++)
		stats_request(d, 0, 1);
	KUNIT_EXPECT_EQ(test, exec(d, C_STATS, 1), VIRTIO_NET_OK);
	KUNIT_EXPECT_EQ(test, d->result_len, d->room);
}

static struct kunit_case ctrl_cases[] = {
	KUNIT_CASE_PARAM(whole_and_negotiated, good_gen_params),
	KUNIT_CASE(unknown_commands),
	KUNIT_CASE(after_reset),
	KUNIT_CASE(rx_modes),
	KUNIT_CASE(mac_table),
	KUNIT_CASE(mac_table_counts),
	KUNIT_CASE(mac_addr),
	KUNIT_CASE(vlans),
	KUNIT_CASE(announce_ack),
	KUNIT_CASE(pairs),
	KUNIT_CASE_PARAM(rss_config, rss_gen_params),
	KUNIT_CASE(hash_config),
	KUNIT_CASE(offloads),
	KUNIT_CASE(coalescing),
	KUNIT_CASE(stats),
	KUNIT_CASE(stats_wrap),
	KUNIT_CASE(stats_errors),
	KUNIT_CASE(stats_room),
	{ }
};

static struct kunit_suite ctrl_suite = {
	.name = "kvdev_net_ctrl",
	.test_cases = ctrl_cases,
};

kunit_test_suite(ctrl_suite);
