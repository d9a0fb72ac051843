/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure parts of the network device share: the protocol's numbers, the
 * virtio header, and the reasons for which a frame goes no further.
 */
#ifndef KVDEV_NET_PROTO_H
#define KVDEV_NET_PROTO_H

#include "../../pure.h"

/* Younger than the headers some systems still have. */
#ifndef VIRTIO_NET_F_DEVICE_STATS
#define VIRTIO_NET_F_DEVICE_STATS	50
#endif
#ifndef VIRTIO_NET_F_VQ_NOTF_COAL
#define VIRTIO_NET_F_VQ_NOTF_COAL	52
#endif
#ifndef VIRTIO_NET_F_NOTF_COAL
#define VIRTIO_NET_F_NOTF_COAL		53
#endif
#ifndef VIRTIO_NET_F_GUEST_USO4
#define VIRTIO_NET_F_GUEST_USO4		54
#define VIRTIO_NET_F_GUEST_USO6		55
#define VIRTIO_NET_F_HOST_USO		56
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4	5
#endif
#ifndef VIRTIO_NET_CTRL_NOTF_COAL
#define VIRTIO_NET_CTRL_NOTF_COAL		6
#define VIRTIO_NET_CTRL_NOTF_COAL_TX_SET	0
#define VIRTIO_NET_CTRL_NOTF_COAL_RX_SET	1
#endif
#ifndef VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET
#define VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET	2
#define VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET	3
#endif
#ifndef VIRTIO_NET_CTRL_STATS
#define VIRTIO_NET_CTRL_STATS			8
#define VIRTIO_NET_CTRL_STATS_QUERY		0
#define VIRTIO_NET_CTRL_STATS_GET		1
#define VIRTIO_NET_STATS_TYPE_CVQ		BIT_ULL(32)
#define VIRTIO_NET_STATS_TYPE_RX_BASIC		BIT_ULL(0)
#define VIRTIO_NET_STATS_TYPE_TX_BASIC		BIT_ULL(16)
#define VIRTIO_NET_STATS_TYPE_REPLY_CVQ		32
#define VIRTIO_NET_STATS_TYPE_REPLY_RX_BASIC	0
#define VIRTIO_NET_STATS_TYPE_REPLY_TX_BASIC	16
#endif

#ifndef VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO
#define VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO	65
#define VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM	66
#define VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO	67
#define VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO_CSUM	68
#define VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_MAPPED	46
#define VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM_MAPPED	47
#define VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM	8
#define VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4	0x20
#define VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6	0x40
#endif

/*
 * Features are kept in 64 bits, so those above 63 have other numbers here: two
 * of them those that they have as offloads (virtio 1.4, 5.1.6.5.6.1), the others
 * the next ones. No feature is called so.
 */
#define KVDEV_NET_F_GUEST_TUNNEL	VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_MAPPED
#define KVDEV_NET_F_GUEST_TUNNEL_CSUM	VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM_MAPPED
#define KVDEV_NET_F_HOST_TUNNEL		48
#define KVDEV_NET_F_HOST_TUNNEL_CSUM	49
#define KVDEV_NET_TUNNELS						\
	(BIT_ULL(KVDEV_NET_F_GUEST_TUNNEL) |				\
	 BIT_ULL(KVDEV_NET_F_GUEST_TUNNEL_CSUM) |			\
	 BIT_ULL(KVDEV_NET_F_HOST_TUNNEL) |				\
	 BIT_ULL(KVDEV_NET_F_HOST_TUNNEL_CSUM))

/* Pairs of queues a device can have; with the control queue, all its queues. */
#define KVDEV_NET_MAX_PAIRS	31
#define KVDEV_NET_MAX_VQS	(2 * KVDEV_NET_MAX_PAIRS + 1)

/* Receive queues have even numbers, transmit queues odd ones (5.1.2). */
#define KVDEV_NET_RXQ(pair)	(2 * (pair))
#define KVDEV_NET_TXQ(pair)	(2 * (pair) + 1)

/* Every feature by which a driver says what it can receive. */
#define KVDEV_NET_GUEST_OFFLOADS \
	(BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | BIT_ULL(VIRTIO_NET_F_GUEST_ECN) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_UFO) | BIT_ULL(VIRTIO_NET_F_GUEST_USO4) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_USO6) |				\
	 BIT_ULL(KVDEV_NET_F_GUEST_TUNNEL) |				\
	 BIT_ULL(KVDEV_NET_F_GUEST_TUNNEL_CSUM))

/**
 * enum kvdev_net_drop - why a frame goes no further; index of counters
 * @KVDEV_NET_PASS: it does go further
 * @KVDEV_NET_DROP_SHORT: no Ethernet header
 * @KVDEV_NET_DROP_LONG: longer than what the MTU allows
 * @KVDEV_NET_DROP_CSUM: checksum fields not negotiated or not in the frame
 * @KVDEV_NET_DROP_GSO_TYPE: segmentation not negotiated or unknown, or in a
 *	tunnel whose headers are not where it says
 * @KVDEV_NET_DROP_GSO_SIZE: segmentation by an impossible size
 * @KVDEV_NET_DROP_SPOOFED: source is not the locked address
 * @KVDEV_NET_DROP_FOREIGN: for another host, and the address is locked
 * @KVDEV_NET_DROP_VLAN: VLAN the driver did not ask for
 * @KVDEV_NET_DROP_ADDRESS: address or kind of address the driver did not ask for
 * @KVDEV_NET_DROP_QUEUE: receive queue is not there
 * @KVDEV_NET_NR_DROPS: number of reasons
 */
enum kvdev_net_drop {
	KVDEV_NET_PASS,
	KVDEV_NET_DROP_SHORT,
	KVDEV_NET_DROP_LONG,
	KVDEV_NET_DROP_CSUM,
	KVDEV_NET_DROP_GSO_TYPE,
	KVDEV_NET_DROP_GSO_SIZE,
	KVDEV_NET_DROP_SPOOFED,
	KVDEV_NET_DROP_FOREIGN,
	KVDEV_NET_DROP_VLAN,
	KVDEV_NET_DROP_ADDRESS,
	KVDEV_NET_DROP_QUEUE,
	KVDEV_NET_NR_DROPS
};

static inline bool kvdev_net_has(u64 features, unsigned int bit)
{
	return features & BIT_ULL(bit);
}

/* Frames and commands are bytes at any alignment. */
static inline u16 kvdev_get_be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static inline void kvdev_put_be16(u8 *p, u16 val)
{
	p[0] = val >> 8;
	p[1] = val & 0xff;
}

#endif /* KVDEV_NET_PROTO_H */
