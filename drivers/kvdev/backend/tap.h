/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue of a tap interface, or of a macvtap or ipvtap one.
 *
 * Packets are exchanged with the virtio header that IFF_VNET_HDR puts in front
 * of them: in its shortest form, which is what such a queue starts with, or in
 * the one that has room for tunnels. What the driver's header has beyond that
 * is the device's business.
 */
#ifndef KVDEV_TAP_H
#define KVDEV_TAP_H

#include <linux/types.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <net/xdp.h>
#include <uapi/linux/virtio_net.h>

struct file;
struct kvdev_tap_offloads;
struct ptr_ring;
struct socket;

/* The header in front of packets: struct virtio_net_hdr, and with tunnels. */
#define KVDEV_TAP_HDR_LEN		sizeof(struct virtio_net_hdr)
#define KVDEV_TAP_TUNNEL_HDR_LEN	24

/**
 * struct kvdev_tap - an open queue
 * @file: keeps the rest
 * @sock: sends and receives
 * @ring: packets for us
 * @offloads: what it was told last
 * @hdr_len: bytes of the header
 * @tunnels: packets may be segmented in tunnels
 */
struct kvdev_tap {
	struct file *file;
	struct socket *sock;
	struct ptr_ring *ring;
	struct kvdev_tap_offloads *offloads;
	unsigned int hdr_len;
	bool tunnels;
};

int kvdev_tap_open(struct kvdev_tap *tap, int fd, bool tunnel_hdr);
void kvdev_tap_close(struct kvdev_tap *tap);
void kvdev_tap_set_offloads(const struct kvdev_tap *tap, unsigned int offloads);
int kvdev_tap_init(void);
void kvdev_tap_exit(void);

/* Sending: worker context. */
bool kvdev_tap_can_batch(const struct kvdev_tap *tap);
unsigned int kvdev_tap_headroom(const struct kvdev_tap *tap);
int kvdev_tap_send_batch(const struct kvdev_tap *tap, struct xdp_buff *xdp,
			 unsigned int nr);
int kvdev_tap_send(const struct kvdev_tap *tap, struct iov_iter *iter);

/* Receiving: worker context. */
unsigned int kvdev_tap_receive(const struct kvdev_tap *tap, void **packets,
			       unsigned int max);
void kvdev_tap_unreceive(const struct kvdev_tap *tap, void **packets,
			 unsigned int nr);
int kvdev_tap_deliver(const struct kvdev_tap *tap, void *packet,
		      struct iov_iter *iter);
void kvdev_tap_drop(void *packet);

/**
 * struct kvdev_tap_wait - waiting for a queue of a tap
 * @entry: in the tap's wait queue while @active
 * @events: EPOLLIN: a packet has come; EPOLLOUT: there is room again
 * @active: waiting; worker
 * @fn: called in any context when it is so
 */
struct kvdev_tap_wait {
	wait_queue_entry_t entry;
	__poll_t events;
	bool active;
	void (*fn)(struct kvdev_tap_wait *wait);
};

void kvdev_tap_wait_init(struct kvdev_tap_wait *wait, __poll_t events,
			 void (*fn)(struct kvdev_tap_wait *wait));
bool kvdev_tap_wait(const struct kvdev_tap *tap, struct kvdev_tap_wait *wait);
void kvdev_tap_unwait(const struct kvdev_tap *tap,
		      struct kvdev_tap_wait *wait);

#endif /* KVDEV_TAP_H */
