// SPDX-License-Identifier: GPL-2.0
/*
 * Which frames the driver gets and may send, see filter.h.
 */
#include "filter.h"

#define MAC_BROADCAST	0xffffffffffffULL
/* Lowest bit of the first byte: more than one host. */
#define MAC_GROUP	BIT_ULL(40)

u64 kvdev_net_mac(const u8 *addr)
{
	u64 mac = 0;
	unsigned int i;

	for (i = 0; i < ETH_ALEN; i++)
		mac = mac << 8 | addr[i];
	return mac;
}

void kvdev_net_put_mac(u8 *addr, u64 mac)
{
	unsigned int i;

	for (i = 0; i < ETH_ALEN; i++)
		addr[i] = mac >> (8 * (ETH_ALEN - 1 - i));
}

void kvdev_net_macs_set(struct kvdev_net_macs *macs, const u8 *addrs, u32 nr)
{
	unsigned int at;
	u64 mac;

	memset(macs, 0, sizeof(*macs));
	if (nr > KVDEV_NET_MACS_MAX) {
		macs->overflow = true;
		return;
	}
	/* By insertion: the table is short and changes seldom */
	for (; macs->nr < nr; addrs += ETH_ALEN) {
		mac = kvdev_net_mac(addrs);
		for (at = macs->nr++; at && macs->addr[at - 1] > mac; at--)
			macs->addr[at] = macs->addr[at - 1];
		macs->addr[at] = mac;
	}
}

static bool macs_have(const struct kvdev_net_macs *macs, u64 mac)
{
	unsigned int low = 0, high = macs->nr;

	if (macs->overflow)
		return true;
	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (macs->addr[mid] == mac)
			return true;
		if (macs->addr[mid] < mac)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

void kvdev_net_vlan_set(struct kvdev_net_filter *filter, u16 vid, bool on)
{
	unsigned int word;

	/* The command was checked already; never write behind the table. */
	if (vid >= KVDEV_NET_VLANS)
		return;
	word = array_index_nospec(vid / 64, ARRAY_SIZE(filter->vlans));
	if (on)
		filter->vlans[word] |= BIT_ULL(vid % 64);
	else
		filter->vlans[word] &= ~BIT_ULL(vid % 64);
}

void kvdev_net_filter_reset(struct kvdev_net_filter *filter, const u8 *mac,
			    bool locked, u64 features)
{
	memset(filter, 0, sizeof(*filter));
	filter->mac = kvdev_net_mac(mac);
	filter->locked = locked;
	filter->promisc = true;
	filter->by_vlan = kvdev_net_has(features, VIRTIO_NET_F_CTRL_VLAN);
}

static bool is_tagged(const u8 *head, u32 len)
{
	return len >= KVDEV_NET_FILTER_HEAD &&
	       kvdev_get_be16(head + 2 * ETH_ALEN) == ETH_P_8021Q;
}

static bool vlan_passes(const struct kvdev_net_filter *filter, const u8 *head,
			u32 len)
{
	u16 vid;

	if (!filter->by_vlan || !is_tagged(head, len))
		return true;
	vid = kvdev_get_be16(head + ETH_HLEN) % KVDEV_NET_VLANS;
	/* IEEE 802.1Q, 9.6: 0 is a priority without a VLAN */
	return !vid || filter->vlans[vid / 64] & BIT_ULL(vid % 64);
}

static bool address_passes(const struct kvdev_net_filter *filter, u64 to)
{
	if (to == MAC_BROADCAST)
		return !filter->nobcast;
	if (to & MAC_GROUP)
		return !filter->nomulti &&
		       (filter->allmulti || macs_have(&filter->multi, to));
	return !filter->nouni &&
	       (filter->alluni || to == filter->mac ||
		macs_have(&filter->uni, to));
}

/* virtio 1.3, 5.1.4.2: the MTU is for frames that are not to be segmented. */
static bool is_long(const struct kvdev_net_filter *filter, const u8 *head,
		    u32 len, bool gso)
{
	u32 max = filter->max_len;

	if (!max || gso)
		return false;
	return len > max + (is_tagged(head, len) ? 4 : 0);
}

enum kvdev_net_drop kvdev_net_filter_rx(const struct kvdev_net_filter *filter,
					const u8 *head, u32 len, bool gso)
{
	u64 to;

	if (len < ETH_HLEN)
		return KVDEV_NET_DROP_SHORT;
	to = kvdev_net_mac(head);
	if (filter->locked && !(to & MAC_GROUP) && to != filter->mac)
		return KVDEV_NET_DROP_FOREIGN;
	if (is_long(filter, head, len, gso))
		return KVDEV_NET_DROP_LONG;
	/* virtio 1.3, 5.1.6.5.1.1: comes before all other modes */
	if (filter->promisc)
		return KVDEV_NET_PASS;
	if (!vlan_passes(filter, head, len))
		return KVDEV_NET_DROP_VLAN;
	return address_passes(filter, to) ? KVDEV_NET_PASS :
					    KVDEV_NET_DROP_ADDRESS;
}

enum kvdev_net_drop kvdev_net_filter_tx(const struct kvdev_net_filter *filter,
					const u8 *head, u32 len, bool gso)
{
	if (len < ETH_HLEN)
		return KVDEV_NET_DROP_SHORT;
	if (filter->locked && kvdev_net_mac(head + ETH_ALEN) != filter->mac)
		return KVDEV_NET_DROP_SPOOFED;
	return is_long(filter, head, len, gso) ? KVDEV_NET_DROP_LONG :
						 KVDEV_NET_PASS;
}
