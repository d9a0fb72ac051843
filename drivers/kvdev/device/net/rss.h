/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hashes of received frames and the queues they lead to (5.1.6.4.3,
 * 5.1.6.5.7).
 */
#ifndef KVDEV_NET_RSS_H
#define KVDEV_NET_RSS_H

#include "proto.h"

/* The least the specification allows, and enough for IPv6 with ports. */
#define KVDEV_NET_RSS_KEY_MAX	40
#define KVDEV_NET_RSS_TABLE_MAX	128
/* Bytes that are hashed at most: two IPv6 addresses, two ports. */
#define KVDEV_NET_RSS_INPUT_MAX	36

#define KVDEV_NET_RSS_HASH_TYPES \
	(VIRTIO_NET_RSS_HASH_TYPE_IPv4 | VIRTIO_NET_RSS_HASH_TYPE_TCPv4 | \
	 VIRTIO_NET_RSS_HASH_TYPE_UDPv4 | VIRTIO_NET_RSS_HASH_TYPE_IPv6 | \
	 VIRTIO_NET_RSS_HASH_TYPE_TCPv6 | VIRTIO_NET_RSS_HASH_TYPE_UDPv6 | \
	 VIRTIO_NET_RSS_HASH_TYPE_IP_EX | VIRTIO_NET_RSS_HASH_TYPE_TCP_EX | \
	 VIRTIO_NET_RSS_HASH_TYPE_UDP_EX)

/*
 * Bytes from the start of a frame that are worth having: two VLAN tags, IPv6,
 * extension headers. A frame whose headers are longer is hashed by its
 * addresses only.
 */
#define KVDEV_NET_RSS_HEAD	256

/**
 * struct kvdev_net_hash - a hash and what it is of
 * @value: the hash
 * @report: VIRTIO_NET_HASH_REPORT_*; NONE if there is no hash
 */
struct kvdev_net_hash {
	u32 value;
	u16 report;
};

/**
 * struct kvdev_net_rss - what the driver configured
 * @steer: the hash chooses the queue
 * @types: VIRTIO_NET_RSS_HASH_TYPE_*: what is hashed; 0 is nothing
 * @mask: entries of @table minus one
 * @unclassified: receive queue of frames without a hash
 * @table: receive queues, as numbers of pairs
 * @part: contribution to the hash of each value of each four bits of input,
 *	made of the key
 */
struct kvdev_net_rss {
	bool steer;
	u32 types;
	u16 mask;
	u16 unclassified;
	u16 table[KVDEV_NET_RSS_TABLE_MAX];
	u32 part[2 * KVDEV_NET_RSS_INPUT_MAX][16];
};

/**
 * kvdev_net_rss_set_key() - the key of all further hashes
 * @rss: to change
 * @key: the key
 * @len: its bytes, 0 to KVDEV_NET_RSS_KEY_MAX; what is missing is 0
 */
void kvdev_net_rss_set_key(struct kvdev_net_rss *rss, const u8 *key, u32 len);

/**
 * kvdev_net_rss_hash() - hash a frame
 * @rss: configuration
 * @head: beginning of the frame, from the Ethernet header
 * @len: bytes at @head, not necessarily all of the frame
 *
 * Return: the hash; none if nothing that was asked for is in the frame.
 */
struct kvdev_net_hash kvdev_net_rss_hash(const struct kvdev_net_rss *rss,
					 const u8 *head, u32 len);

/**
 * kvdev_net_rss_pair() - the pair a frame is received by
 * @rss: configuration, @steer is set
 * @hash: of the frame
 *
 * Return: number of the pair.
 */
u16 kvdev_net_rss_pair(const struct kvdev_net_rss *rss,
		       const struct kvdev_net_hash *hash);

#endif /* KVDEV_NET_RSS_H */
