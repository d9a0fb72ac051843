/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * kvdev: network devices. Commands of /dev/kvdev, see kvdev.h for what holds for
 * all of them.
 */
#ifndef _UAPI_LINUX_KVDEV_NET_H
#define _UAPI_LINUX_KVDEV_NET_H

#include "kvdev.h"

/*
 * The queue's virtio header has the size of struct virtio_net_hdr_v1_hash_tunnel
 * (TUNSETVNETHDRSZ: 24).
 */
#define KVDEV_NET_ATTACH_TUNNEL_HDR	(1U << 0)

/**
 * struct kvdev_net_attach - ioctl(KVDEV_NET_ATTACH)
 * @size: sizeof(struct kvdev_net_attach)
 * @flags: KVDEV_NET_ATTACH_TUNNEL_HDR or 0; 0 with @fd -1
 * @pair: pair of queues: receive queue 2 * @pair, transmit queue 2 * @pair + 1
 * @fd: queue of a tap (/dev/net/tun with IFF_TAP, IFF_NO_PI, IFF_VNET_HDR) or
 *	of a macvtap or ipvtap interface (with IFF_VNET_HDR); -1 takes the
 *	present one away. The device keeps its own reference
 * @ifindex: the interface, in the caller's network name space: its state is
 *	the link's state from now on, see KVDEV_NET_LINK_AUTO; 0: of none
 * @__reserved: Must be 0
 *
 * Network devices only. Allowed while device status is 0. Each pair needs a
 * queue before the driver can start the device.
 *
 * The queue's virtio header must have the size it has when the interface is
 * new, that of struct virtio_net_hdr, or the one that the flag says (EINVAL).
 * If the queues of all pairs have the latter, and are of taps of Linux 6.17 or
 * newer, the driver is offered segmentation in UDP tunnels, features 65 to 68.
 * Not on the vDPA bus, which has no such features. Which packets come with offloads
 * (TUNSETOFFLOAD) is set by the device, as the driver chooses. A limit of the
 * sending side (TUNSETSNDBUF) is kept: packets wait for room.
 */
struct kvdev_net_attach {
	__u32 size;
	__u32 flags;
	__u32 pair;
	__s32 fd;
	__u32 ifindex;
	__u32 __reserved;
};
#define KVDEV_NET_ATTACH _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_NET_ATTACH)

/**
 * enum kvdev_net_link - who decides whether there is a link
 * @KVDEV_NET_LINK_AUTO: there is while the interface is up and has a carrier,
 *	and as long as none was named
 * @KVDEV_NET_LINK_UP: there is
 * @KVDEV_NET_LINK_DOWN: there is none: packets are dropped in both directions
 */
enum kvdev_net_link {
	KVDEV_NET_LINK_AUTO,
	KVDEV_NET_LINK_UP,
	KVDEV_NET_LINK_DOWN,
};

/* Fields of struct kvdev_net_config that are to be set. */
#define KVDEV_NET_SET_MAC		(1U << 0)
#define KVDEV_NET_SET_LOCKED_MAC	(1U << 1)
#define KVDEV_NET_SET_HOST_MAC		(1U << 2)
#define KVDEV_NET_SET_MTU		(1U << 3)
#define KVDEV_NET_SET_SPEED		(1U << 4)
#define KVDEV_NET_SET_LINK		(1U << 5)
#define KVDEV_NET_SET_BUSY_POLL		(1U << 6)
#define KVDEV_NET_SET_HASH		(1U << 7)
#define KVDEV_NET_SET_ANNOUNCE		(1U << 8)
#define KVDEV_NET_SET_SPLIT_WORKERS	(1U << 9)

/*
 * Hashes of received packets. Drivers ask for what they are offered, and a hash
 * of each packet costs time.
 */
#define KVDEV_NET_HASH_RSS		(1U << 0)
#define KVDEV_NET_HASH_REPORT		(1U << 1)

/* Longest time a queue may be looking for work, microseconds. */
#define KVDEV_NET_BUSY_POLL_MAX		1000000

/**
 * struct kvdev_net_config - ioctl(KVDEV_NET_SET), ioctl(KVDEV_NET_GET)
 * @size: sizeof(struct kvdev_net_config)
 * @flags: Must be 0
 * @set: KVDEV_NET_SET: KVDEV_NET_SET_*, what else is here does not matter;
 *	KVDEV_NET_GET: Must be 0
 * @link: enum kvdev_net_link
 * @link_up: KVDEV_NET_GET: 1: there is a link; KVDEV_NET_SET: Must be 0
 * @speed: Mbit/s, 0 to 0x7fffffff, or 0xffffffff for unknown
 * @mtu: largest MTU the driver may use, 68 to 65535, and what longer packets
 *	it sends are dropped by; 0: it is told none
 * @busy_poll: microseconds, up to KVDEV_NET_BUSY_POLL_MAX, that a queue
 *	without work goes on looking for some before it sleeps
 * @duplex: 0 half, 1 full, 0xff unknown; set with @speed
 * @locked_mac: 1: the driver has to use @mac: what it sends with another
 *	source, and what comes for another host, is dropped
 * @mac: address of the device, not a group's. A new device has a random one
 * @host_mac: address of the host on a network of the two alone, all 0 for none
 * @hash: what the driver is offered: KVDEV_NET_HASH_RSS: it chooses receive
 *	queues by hashes (of a device with several pairs),
 *	KVDEV_NET_HASH_REPORT: it gets the hash of each packet. Both need a
 *	control queue
 * @announcing: KVDEV_NET_GET: 1: the driver was asked to announce itself and has
 *	not answered yet; KVDEV_NET_SET: Must be 0
 * @ifname: KVDEV_NET_GET: name of the interface, empty: none; KVDEV_NET_SET:
 *	Must be 0
 * @split_workers: 0: the queues of a pair share a worker; 1: each has one of its
 *	own: sending and receiving do not wait for each other, and cost more
 * @__reserved: Must be 0
 *
 * @link and @busy_poll may be set at any time, @split_workers while there is no
 * owner, the others while device status is 0 and the device is not on the vDPA
 * bus.
 *
 * KVDEV_NET_SET_ANNOUNCE has no field: the driver is asked to announce itself to
 * the network, as after a migration. ENXIO if there is none that can.
 */
struct kvdev_net_config {
	__u32 size;
	__u32 flags;
	__u32 set;
	__u32 link;
	__u32 link_up;
	__u32 speed;
	__u32 mtu;
	__u32 busy_poll;
	__u8 duplex;
	__u8 locked_mac;
	__u8 mac[6];
	__u8 host_mac[6];
	__u8 hash;
	__u8 announcing;
	__u8 ifname[16];
	__u8 split_workers;
	__u8 __reserved[3];
};
#define KVDEV_NET_SET _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_NET_SET)
#define KVDEV_NET_GET _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_NET_GET)

/**
 * struct kvdev_net_get_stats - ioctl(KVDEV_NET_GET_STATS)
 * @size: sizeof(struct kvdev_net_get_stats)
 * @flags: Must be 0
 * @queue: index of a receive or transmit queue
 * @__reserved: Must be 0
 * @packets: out, packets that went through
 * @bytes: out, bytes of them without headers
 * @waits: out, times packets had to wait, for buffers of the driver (receive)
 *	or for room in the tap (transmit)
 * @drop_short: out, dropped: no complete Ethernet header
 * @drop_long: out, longer than a packet, or the MTU, can be
 * @drop_csum: out, checksum fields not negotiated or outside of the packet
 * @drop_gso_type: out, segmentation not negotiated or unknown
 * @drop_gso_size: out, segmentation into an impossible size
 * @drop_spoofed: out, source is not the locked address
 * @drop_foreign: out, for another host, and the address is locked
 * @drop_vlan: out, of a VLAN the driver does not want
 * @drop_address: out, for an address the driver does not want
 * @drop_queue: out, for a queue that does not exist
 * @drop_buffer: out, larger than the driver's receive buffers
 * @drop_link: out, there was no link
 * @drop_tap: out, the tap is gone, refused it, or has another header
 * @drop_memory: out, there was no memory
 * @drop_backlog: out, too many were waiting for the queue that the hash chose
 *
 * Counters since KVDEV_CREATE.
 */
struct kvdev_net_get_stats {
	__u32 size;
	__u32 flags;
	__u32 queue;
	__u32 __reserved;
	__aligned_u64 packets;
	__aligned_u64 bytes;
	__aligned_u64 waits;
	__aligned_u64 drop_short;
	__aligned_u64 drop_long;
	__aligned_u64 drop_csum;
	__aligned_u64 drop_gso_type;
	__aligned_u64 drop_gso_size;
	__aligned_u64 drop_spoofed;
	__aligned_u64 drop_foreign;
	__aligned_u64 drop_vlan;
	__aligned_u64 drop_address;
	__aligned_u64 drop_queue;
	__aligned_u64 drop_buffer;
	__aligned_u64 drop_link;
	__aligned_u64 drop_tap;
	__aligned_u64 drop_memory;
	__aligned_u64 drop_backlog;
};
#define KVDEV_NET_GET_STATS _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_NET_GET_STATS)

/**
 * struct kvdev_net_local - ioctl(KVDEV_NET_LOCAL)
 * @size: sizeof(struct kvdev_net_local)
 * @flags: Must be 0
 * @addr: IPv4 address of the guest, as a number (10.0.0.1 is 0x0a000001); 0:
 *	the device answers nothing
 * @__reserved: Must be 0
 * @hostname: name of the guest, up to 63 characters and 0s; empty: none
 * @boot_file: name of the file to boot, up to 127; empty: none
 * @tftp_server: name of the server that has it, up to 63; empty: none
 *
 * A network of the host and the guest alone: their addresses differ in the last
 * bit, the mask is 255.255.255.254. DHCP and BOOTP requests of the guest, from
 * the device's own address, are answered by the device and do not go to the
 * tap. The guest gets @addr for ever, and the host as its router, name server
 * and server to boot from. Answers come from the host_mac of
 * KVDEV_NET_SET, or, if that is none, from the device's address with its last
 * byte one more.
 *
 * Names are of printable ASCII characters without blanks. Device status must be
 * 0.
 */
struct kvdev_net_local {
	__u32 size;
	__u32 flags;
	__u32 addr;
	__u32 __reserved;
	__u8 hostname[64];
	__u8 boot_file[128];
	__u8 tftp_server[64];
};
#define KVDEV_NET_LOCAL _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_NET_LOCAL)

#endif /* _UAPI_LINUX_KVDEV_NET_H */
