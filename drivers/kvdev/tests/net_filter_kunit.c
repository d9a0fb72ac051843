// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: which frames pass.
 */
#include <kunit/test.h>

#include "../device/net/filter.h"

static const u8 own[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x10 };

/* Cases run one after the other, and it is large for a kernel's stack. */
static struct kvdev_net_filter f;

enum to { OWN, OTHER, LISTED, MULTI, MULTI_LISTED, BROADCAST };

static const u8 addrs[][ETH_ALEN] = {
	[OWN] = { 0x02, 0, 0, 0, 0, 0x10 },
	[OTHER] = { 0x02, 0, 0, 0, 0, 0x11 },
	[LISTED] = { 0x02, 0, 0, 0, 0, 0x12 },
	[MULTI] = { 0x01, 0, 0x5e, 0, 0, 1 },
	[MULTI_LISTED] = { 0x33, 0x33, 0, 0, 0, 1 },
	[BROADCAST] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
};

#define NOT_TAGGED	0xffff

/* Returns the length of the head. */
static void make_head(u8 *head, const u8 *to, const u8 *from, u16 vid)
{
	memset(head, 0, KVDEV_NET_FILTER_HEAD);
	memcpy(head, to, ETH_ALEN);
	memcpy(head + ETH_ALEN, from, ETH_ALEN);
	if (vid == NOT_TAGGED) {
		kvdev_put_be16(head + 12, ETH_P_IP);
	} else {
		kvdev_put_be16(head + 12, ETH_P_8021Q);
		kvdev_put_be16(head + 14, vid);
	}
}

/* Everything off, one address of each kind in the table. */
static void make_filter(u64 features)
{
	kvdev_net_filter_reset(&f, own, false, features);
	f.promisc = false;
	kvdev_net_macs_set(&f.uni, addrs[LISTED], 1);
	kvdev_net_macs_set(&f.multi, addrs[MULTI_LISTED], 1);
}

#define M_PROMISC	BIT(0)
#define M_ALLMULTI	BIT(1)
#define M_ALLUNI	BIT(2)
#define M_NOMULTI	BIT(3)
#define M_NOUNI		BIT(4)
#define M_NOBCAST	BIT(5)
#define M_LOCKED	BIT(6)

/* The rules again, as the specification puts them. */
static enum kvdev_net_drop wanted(unsigned int modes, enum to to)
{
	bool uni = to == OWN || to == OTHER || to == LISTED;
	bool pass;

	if (modes & M_LOCKED && uni && to != OWN)
		return KVDEV_NET_DROP_FOREIGN;
	if (modes & M_PROMISC)
		return KVDEV_NET_PASS;
	if (to == BROADCAST)
		pass = !(modes & M_NOBCAST);
	else if (uni && modes & M_NOUNI)
		pass = false;
	else if (uni)
		pass = to != OTHER || modes & M_ALLUNI;
	else if (modes & M_NOMULTI)
		pass = false;
	else
		pass = to == MULTI_LISTED || modes & M_ALLMULTI;
	return pass ? KVDEV_NET_PASS : KVDEV_NET_DROP_ADDRESS;
}

static void rx_modes(struct kunit *test)
{
	u8 head[KVDEV_NET_FILTER_HEAD];
	unsigned int modes;
	enum to to;

	for (modes = 0; modes < 128; modes++) {
		make_filter(0);
		f.promisc = modes & M_PROMISC;
		f.allmulti = modes & M_ALLMULTI;
		f.alluni = modes & M_ALLUNI;
		f.nomulti = modes & M_NOMULTI;
		f.nouni = modes & M_NOUNI;
		f.nobcast = modes & M_NOBCAST;
		f.locked = modes & M_LOCKED;
		for (to = OWN; to <= BROADCAST; to++) {
			make_head(head, addrs[to], addrs[OTHER], NOT_TAGGED);
			KUNIT_EXPECT_EQ_MSG(test,
					    (int)kvdev_net_filter_rx(&f, head, 60, false),
					    (int)wanted(modes, to),
					    "modes 0x%x, address %u", modes,
					    (unsigned int)to);
		}
	}
}

static void rx_after_reset(struct kunit *test)
{
	u8 head[KVDEV_NET_FILTER_HEAD];
	enum to to;

	memset(&f, 0xee, sizeof(f));
	kvdev_net_filter_reset(&f, own, false, ~0ULL);
	KUNIT_EXPECT_EQ(test, f.uni.nr, 0);
	KUNIT_EXPECT_EQ(test, f.multi.nr, 0);
	for (to = OWN; to <= BROADCAST; to++) {
		make_head(head, addrs[to], addrs[OTHER], 7);
		KUNIT_EXPECT_EQ(test,
				(int)kvdev_net_filter_rx(&f, head, 60, false),
				(int)KVDEV_NET_PASS);
	}
	/* Nothing that a driver configured comes before the lock */
	kvdev_net_filter_reset(&f, own, true, ~0ULL);
	f.alluni = true;
	kvdev_net_macs_set(&f.uni, addrs[OTHER], 1);
	make_head(head, addrs[OTHER], addrs[OWN], NOT_TAGGED);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, head, 60, false),
			(int)KVDEV_NET_DROP_FOREIGN);
}

static void rx_short(struct kunit *test)
{
	u8 head[KVDEV_NET_FILTER_HEAD];
	u32 len;

	make_filter(~0ULL);
	make_head(head, addrs[OWN], addrs[OTHER], 1);
	for (len = 0; len < ETH_HLEN; len++) {
		/* Of its own size: reading on would be seen */
		u8 *exact = kunit_kmalloc(test, len, GFP_KERNEL);

		memcpy(exact, head, len);
		KUNIT_EXPECT_EQ(test,
				(int)kvdev_net_filter_rx(&f, exact, len, false),
				(int)KVDEV_NET_DROP_SHORT);
		KUNIT_EXPECT_EQ(test,
				(int)kvdev_net_filter_tx(&f, exact, len, false),
				(int)KVDEV_NET_DROP_SHORT);
	}
	/* A tag that is cut off is no tag */
	for (; len < KVDEV_NET_FILTER_HEAD; len++) {
		u8 *exact = kunit_kmalloc(test, len, GFP_KERNEL);

		memcpy(exact, head, len);
		KUNIT_EXPECT_EQ(test,
				(int)kvdev_net_filter_rx(&f, exact, len, false),
				(int)KVDEV_NET_PASS);
	}
}

static void rx_vlans(struct kunit *test)
{
	static const u16 on[] = { 1, 63, 64, 100, 4094, 4095 };
	u8 head[KVDEV_NET_FILTER_HEAD];
	unsigned int i, vid;

	make_filter(BIT_ULL(VIRTIO_NET_F_CTRL_VLAN));
	for (i = 0; i < ARRAY_SIZE(on); i++)
		kvdev_net_vlan_set(&f, on[i], true);
	/* Out of range is nothing */
	kvdev_net_vlan_set(&f, KVDEV_NET_VLANS, true);
	kvdev_net_vlan_set(&f, 0xffff, true);
	for (vid = 0; vid < KVDEV_NET_VLANS; vid++) {
		bool pass = !vid;

		for (i = 0; i < ARRAY_SIZE(on); i++)
			pass |= on[i] == vid;
		/* With a priority, which is not part of it */
		make_head(head, addrs[OWN], addrs[OTHER], vid | 0xe000);
		KUNIT_ASSERT_EQ(test,
				(int)kvdev_net_filter_rx(&f, head, 60, false),
				(int)(pass ? KVDEV_NET_PASS :
					     KVDEV_NET_DROP_VLAN));
	}
	kvdev_net_vlan_set(&f, 100, false);
	make_head(head, addrs[OWN], addrs[OTHER], 100);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, head, 60, false),
			(int)KVDEV_NET_DROP_VLAN);
	/* Tag or not, the address must fit */
	make_head(head, addrs[OTHER], addrs[OTHER], 64);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, head, 60, false),
			(int)KVDEV_NET_DROP_ADDRESS);
	make_head(head, addrs[OWN], addrs[OTHER], NOT_TAGGED);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, head, 60, false),
			(int)KVDEV_NET_PASS);
	/* virtio 1.3, 5.1.6.5.3.2: not negotiated, all are accepted */
	make_filter(0);
	make_head(head, addrs[OWN], addrs[OTHER], 5);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, head, 60, false),
			(int)KVDEV_NET_PASS);
}

static void longest(struct kunit *test)
{
	u8 plain[KVDEV_NET_FILTER_HEAD], tagged[KVDEV_NET_FILTER_HEAD];

	make_filter(0);
	f.max_len = 1514;
	make_head(plain, addrs[OWN], addrs[OTHER], NOT_TAGGED);
	make_head(tagged, addrs[OWN], addrs[OTHER], 1);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, plain, 1514, false),
			(int)KVDEV_NET_PASS);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, plain, 1515, false),
			(int)KVDEV_NET_DROP_LONG);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, plain, 65000, true),
			(int)KVDEV_NET_PASS);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, tagged, 1518, false),
			(int)KVDEV_NET_PASS);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, tagged, 1519, false),
			(int)KVDEV_NET_DROP_LONG);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_tx(&f, plain, 1515, false),
			(int)KVDEV_NET_DROP_LONG);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_tx(&f, plain, 1515, true),
			(int)KVDEV_NET_PASS);
	f.max_len = 0;
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, plain, 65550, false),
			(int)KVDEV_NET_PASS);
}

static void tx_source(struct kunit *test)
{
	u8 head[KVDEV_NET_FILTER_HEAD];
	unsigned int i;

	kvdev_net_filter_reset(&f, own, true, 0);
	make_head(head, addrs[OTHER], own, NOT_TAGGED);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_tx(&f, head, 60, false),
			(int)KVDEV_NET_PASS);
	/* Each bit counts */
	for (i = 0; i < 48; i++) {
		head[ETH_ALEN + i / 8] ^= BIT(i % 8);
		KUNIT_EXPECT_EQ(test,
				(int)kvdev_net_filter_tx(&f, head, 60, false),
				(int)KVDEV_NET_DROP_SPOOFED);
		head[ETH_ALEN + i / 8] ^= BIT(i % 8);
	}
	f.locked = false;
	make_head(head, addrs[OTHER], addrs[BROADCAST], NOT_TAGGED);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_tx(&f, head, 60, false),
			(int)KVDEV_NET_PASS);
}

/* A full table in every order, looked up by what is in it and what is not. */
static void table(struct kunit *test)
{
	u8 head[KVDEV_NET_FILTER_HEAD], *list, to[ETH_ALEN];
	const u32 nr = KVDEV_NET_MACS_MAX;
	unsigned int i, step;

	list = kunit_kmalloc(test, (nr + 1) * ETH_ALEN, GFP_KERNEL);
	for (step = 1; step < nr; step += 2) {
		make_filter(0);
		for (i = 0; i < nr; i++)
			kvdev_net_put_mac(list + i * ETH_ALEN,
					  0x020000000000ULL +
					  2 * (i * step % nr) * 0x1000001);
		kvdev_net_macs_set(&f.uni, list, nr);
		KUNIT_ASSERT_EQ(test, f.uni.nr, nr);
		for (i = 0; i < 2 * nr; i++) {
			kvdev_net_put_mac(to, 0x020000000000ULL +
					      i * 0x1000001ULL);
			make_head(head, to, own, NOT_TAGGED);
			KUNIT_ASSERT_EQ(test,
					(int)kvdev_net_filter_rx(&f, head, 60,
								 false),
					(int)(i % 2 ? KVDEV_NET_DROP_ADDRESS :
						      KVDEV_NET_PASS));
		}
	}
	/* One more, and all pass */
	memcpy(list + nr * ETH_ALEN, addrs[LISTED], ETH_ALEN);
	kvdev_net_macs_set(&f.uni, list, nr + 1);
	make_head(head, addrs[OTHER], own, NOT_TAGGED);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, head, 60, false),
			(int)KVDEV_NET_PASS);
	make_head(head, addrs[MULTI], own, NOT_TAGGED);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, head, 60, false),
			(int)KVDEV_NET_DROP_ADDRESS);
	/* Until there are fewer again */
	kvdev_net_macs_set(&f.uni, list, 0);
	make_head(head, addrs[OTHER], own, NOT_TAGGED);
	KUNIT_EXPECT_EQ(test, (int)kvdev_net_filter_rx(&f, head, 60, false),
			(int)KVDEV_NET_DROP_ADDRESS);
}

static struct kunit_case filter_cases[] = {
	KUNIT_CASE(rx_modes),
	KUNIT_CASE(rx_after_reset),
	KUNIT_CASE(rx_short),
	KUNIT_CASE(rx_vlans),
	KUNIT_CASE(longest),
	KUNIT_CASE(tx_source),
	KUNIT_CASE(table),
	{ }
};

static struct kunit_suite filter_suite = {
	.name = "kvdev_net_filter",
	.test_cases = filter_cases,
};

kunit_test_suite(filter_suite);
