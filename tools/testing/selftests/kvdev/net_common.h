/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of network devices share: a device on a tap in a network name
 * space of its own, and a packet socket on the other side of the tap.
 */
#ifndef NET_COMMON_H
#define NET_COMMON_H

#include "kvdev_user.h"
#include "kvtest.h"

#include <linux/if_ether.h>
#include <linux/kvdev_net.h>
#include <linux/virtio_net.h>

#define W		VRING_DESC_F_WRITE
#define HDR		12		/* with VERSION_1, without hashes */
#define RXQ		0
#define TXQ		1
#define PACKET_MAX	66000
#define NET_PAIRS	4		/* most that a test uses */
#define TEST_PROTO	0x88b5		/* for experiments */
#define NF(_f)		BIT(VIRTIO_NET_F_##_f)

extern const uint8_t guest_mac[ETH_ALEN], host_mac[ETH_ALEN];

struct net {
	struct guest *g;
	int tap;			/* descriptor; -1: closed */
	int taps[NET_PAIRS];		/* all of them, the same is the first */
	unsigned int ifindex;
	int sock;			/* packet socket on the tap */
	uint8_t buf[PACKET_MAX];	/* received by peer_receive() */
};

/* A tap "t0", up, in a name space of its own, MTU as large as can be. */
void net_tap(struct net *n);
void net_tap_queues(struct net *n, unsigned int queues);
int net_open_tap(const char *name, bool multi);
void net_link_set(const char *name, bool up);
int net_sh(const char *command);		/* its exit status */
int packet_socket(const char *name, uint16_t proto, bool vnet_hdr);

/* A device on it; started unless told otherwise. */
void net_new(struct net *n, const struct guest_options *o);
/* On a tap there is, attached with flags */
void net_new_on(struct net *n, const struct guest_options *o, uint32_t flags);
void net_start(struct net *n, uint64_t refuse, bool pci);
int net_attach(struct net *n, uint32_t pair, int fd, uint32_t ifindex);
int net_attach_flags(struct net *n, uint32_t pair, int fd, uint32_t ifindex,
		     uint32_t flags);
int net_set(struct net *n, struct kvdev_net_config *c);
struct kvdev_net_config net_get(struct net *n);
/* Until the tap has the feature, by the name that ethtool has for it, or not */
void net_wait_offloads(const char *feature, bool on);
struct kvdev_net_get_stats net_stats(struct net *n, unsigned int queue);

/* Packets: an Ethernet header of this test, then bytes that depend on seed. */
void packet_fill(uint8_t *p, uint32_t len, uint64_t seed);
bool packet_filled(const uint8_t *p, uint32_t len, uint64_t seed);

/* TCP over IPv4, the checksum left to be done; segments of mss bytes, if not 0. */
#define TCP_HEADERS	(ETH_HLEN + 20 + 20)
void packet_fill_tcp(uint8_t *p, struct virtio_net_hdr *hdr, uint32_t payload,
		     uint16_t mss);

/* The driver */
int net_send(struct net *n, const struct virtio_net_hdr_mrg_rxbuf *hdr,
	     const void *packet, uint32_t len);
/* The same with a header of another length */
int net_send_hdr(struct net *n, const void *hdr, uint32_t hdr_len,
		 const void *packet, uint32_t len);
int net_send_filled(struct net *n, uint32_t len, uint64_t seed);
/* The first packets of the device, of these lengths: all arrive. */
void net_send_all(struct net *n, const uint32_t *lens, unsigned int nr);
void net_post(struct net *n, unsigned int count, uint32_t size);
/* A whole packet, or -ETIMEDOUT. hdr may be NULL. */
int net_receive(struct net *n, struct virtio_net_hdr_mrg_rxbuf *hdr,
		uint8_t *packet, int ms);

/*
 * A command of the control queue: its status. Bytes of the result that came with
 * it are in got; without got there is none to be.
 */
int net_command(struct net *n, unsigned int ctrlq, const uint8_t class_cmd[2],
		const void *data, uint32_t len, void *result, uint32_t room,
		uint32_t *got);

/* The other side */
int peer_send(struct net *n, const void *packet, uint32_t len);
int peer_send_filled(struct net *n, uint32_t len, uint64_t seed);
int peer_receive(struct net *n, int ms);	/* length or -ETIMEDOUT */
/* By an interface of any name; packet_fill_tcp() is in packet. */
int peer_send_tcp(const char *name, uint32_t payload, uint16_t mss,
		  uint8_t *packet);
/* Until ethtool -k says so: a tap learns a little later what a driver accepts. */
void net_wait_feature(const char *name, const char *feature, bool on);

#endif /* NET_COMMON_H */
