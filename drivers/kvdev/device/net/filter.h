/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which frames the driver wants (5.1.6.5.1 to 5.1.6.5.3), and which it may
 * have and send if the host locked its address.
 */
#ifndef KVDEV_NET_FILTER_H
#define KVDEV_NET_FILTER_H

#include "proto.h"

/*
 * Addresses of each kind the table holds. With more the driver gets all of the
 * kind, which it must expect anyway (5.1.6.5.2).
 */
#define KVDEV_NET_MACS_MAX	64

#define KVDEV_NET_VLANS		4096

/* Bytes of a frame that the filter looks at, VLAN tag included. */
#define KVDEV_NET_FILTER_HEAD	16

/**
 * struct kvdev_net_macs - a set of addresses
 * @nr: number of addresses in @addr
 * @overflow: there were more than fit: every address is in the set
 * @addr: ascending, as numbers
 */
struct kvdev_net_macs {
	u16 nr;
	bool overflow;
	u64 addr[KVDEV_NET_MACS_MAX];
};

/**
 * struct kvdev_net_filter - what a driver wants to receive
 * @mac: address of the device
 * @locked: the host chose @mac and insists on it
 * @promisc: everything, whatever the rest says
 * @allmulti: all multicast
 * @alluni: all unicast
 * @nomulti: no multicast
 * @nouni: no unicast
 * @nobcast: no broadcast
 * @by_vlan: VLANs are filtered
 * @max_len: longest frame without segmentation, with its Ethernet header and
 *	without a VLAN tag; 0 is no limit
 * @uni: unicast addresses besides @mac
 * @multi: multicast addresses
 * @vlans: VLANs, if @by_vlan
 */
struct kvdev_net_filter {
	u64 mac;
	bool locked;
	bool promisc;
	bool allmulti;
	bool alluni;
	bool nomulti;
	bool nouni;
	bool nobcast;
	bool by_vlan;
	u32 max_len;
	struct kvdev_net_macs uni;
	struct kvdev_net_macs multi;
	u64 vlans[KVDEV_NET_VLANS / 64];
};

/* An address as a number: the first byte on the wire is the highest. */
u64 kvdev_net_mac(const u8 *addr);
void kvdev_net_put_mac(u8 *addr, u64 mac);

/* Replaces @macs by @nr addresses, one after the other at @addrs. */
void kvdev_net_macs_set(struct kvdev_net_macs *macs, const u8 *addrs, u32 nr);

/* @vid is below KVDEV_NET_VLANS. */
void kvdev_net_vlan_set(struct kvdev_net_filter *filter, u16 vid, bool on);

/**
 * kvdev_net_filter_reset() - as after a reset
 * @filter: everything is set
 * @mac: address of the device
 * @locked: whether the driver must use it
 * @features: negotiated
 *
 * A driver that does not know better gets everything its address is not locked
 * against: firmware never sends a command.
 */
void kvdev_net_filter_reset(struct kvdev_net_filter *filter, const u8 *mac,
			    bool locked, u64 features);

/**
 * kvdev_net_filter_rx() - whether the driver wants a frame
 * @filter: what it wants
 * @head: beginning of the frame, KVDEV_NET_FILTER_HEAD bytes or all of it
 * @len: bytes of the frame
 * @gso: it is to be segmented
 *
 * Return: KVDEV_NET_PASS, or why to drop the frame.
 */
enum kvdev_net_drop kvdev_net_filter_rx(const struct kvdev_net_filter *filter,
					const u8 *head, u32 len, bool gso);

/**
 * kvdev_net_filter_tx() - whether the driver may send a frame
 * @filter: of the device
 * @head: beginning of the frame, KVDEV_NET_FILTER_HEAD bytes or all of it
 * @len: bytes of the frame
 * @gso: it is to be segmented
 *
 * Return: KVDEV_NET_PASS, or why to drop the frame.
 */
enum kvdev_net_drop kvdev_net_filter_tx(const struct kvdev_net_filter *filter,
					const u8 *head, u32 len, bool gso);

#endif /* KVDEV_NET_FILTER_H */
