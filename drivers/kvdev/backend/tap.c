// SPDX-License-Identifier: GPL-2.0
/*
 * The calls tap interfaces have for a device in the kernel: a socket that takes
 * packets, one by one or in batches, and a ring of packets for us.
 *
 * The interface may go at any time. Then sending fails, nothing comes any more,
 * and what we hold stays until we close it.
 */
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/if_tap.h>
#include <linux/if_tun.h>
#include <linux/kref.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <linux/ptr_ring.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "compat/tun.h"
#include "tap.h"

/* -------------------------------------------------------------- offloads */

/**
 * struct kvdev_tap_offloads - telling a tap what it may leave to others
 * @work: does it. However often the driver changes its mind, there is one
 * @ref: the open queue's, and one for @work while it is due
 * @file: the tap
 * @wanted: TUN_F_*, the latest
 */
struct kvdev_tap_offloads {
	struct work_struct work;
	struct kref ref;
	struct file *file;
	unsigned int wanted;
};

/* For one at a time: each takes the lock of all network interfaces. */
static struct workqueue_struct *offload_wq;

static void offloads_free(struct kref *ref)
{
	struct kvdev_tap_offloads *o =
		container_of(ref, struct kvdev_tap_offloads, ref);

	fput(o->file);
	kfree(o);
}

static void offloads_work(struct work_struct *work)
{
	struct kvdev_tap_offloads *o =
		container_of(work, struct kvdev_tap_offloads, work);

	/* The argument is a number, not an address. */
	o->file->f_op->unlocked_ioctl(o->file, TUNSETOFFLOAD,
				      READ_ONCE(o->wanted));
	kref_put(&o->ref, offloads_free);
}

static struct kvdev_tap_offloads *offloads_alloc(struct file *file)
{
	struct kvdev_tap_offloads *o = kzalloc(sizeof(*o), GFP_KERNEL_ACCOUNT);

	if (!o)
		return NULL;
	INIT_WORK(&o->work, offloads_work);
	kref_init(&o->ref);
	o->file = get_file(file);
	return o;
}

/**
 * kvdev_tap_set_offloads() - what packets from the tap may need us to do
 * @tap: open
 * @offloads: TUN_F_*
 *
 * It needs the lock of all network interfaces, which a driver in this kernel
 * may hold while it waits for us. So it happens a little later, and packets
 * that come before are as they were.
 *
 * Context: sleeps.
 */
void kvdev_tap_set_offloads(const struct kvdev_tap *tap, unsigned int offloads)
{
	struct kvdev_tap_offloads *o = tap->offloads;

	/* Before it is queued: then work that was queued already sees it. */
	WRITE_ONCE(o->wanted, offloads);
	kref_get(&o->ref);
	if (!queue_work(offload_wq, &o->work))
		kref_put(&o->ref, offloads_free);
}

/* --------------------------------------------------------------- opening */

/* The kind of file decides by its operations, so no other is mistaken. */
static int get_socket(struct kvdev_tap *tap, struct file *file)
{
	tap->sock = tun_get_socket(file);
	if (!IS_ERR(tap->sock)) {
		tap->ring = tun_get_tx_ring(file);
		tap->tunnels = KVDEV_TUN_TUNNELS;
	} else if (PTR_ERR(tap->sock) == -EINVAL) {
		tap->sock = tap_get_socket(file);
		if (IS_ERR(tap->sock))
			return PTR_ERR(tap->sock);
		tap->ring = tap_get_ptr_ring(file);
	} else {
		return PTR_ERR(tap->sock);
	}
	return PTR_ERR_OR_ZERO(tap->ring);
}

/*
 * There is no call that tells the size of the header to a kernel. So a packet
 * of ours is read, an empty one; the interface counts it.
 */
static int check_hdr_len(const struct kvdev_tap *tap)
{
	u8 buf[KVDEV_TAP_TUNNEL_HDR_LEN + ETH_HLEN];
	struct kvec kvec = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct sk_buff *skb = alloc_skb(ETH_HLEN, GFP_KERNEL);
	struct iov_iter iter;

	if (!skb)
		return -ENOMEM;
	skb_put_zero(skb, ETH_HLEN);
	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, sizeof(buf));
	return kvdev_tap_deliver(tap, skb, &iter) ? -EINVAL : 0;
}

/**
 * kvdev_tap_open() - use a queue of a tap
 * @tap: filled
 * @fd: descriptor of /dev/net/tun or a macvtap that has an interface
 * @tunnel_hdr: its header has the size that tunnels need
 *
 * Return: 0; -EBADF; -EINVAL for another kind of descriptor, one without an
 * interface, or another size of the header than @tunnel_hdr says; -ENOMEM.
 */
int kvdev_tap_open(struct kvdev_tap *tap, int fd, bool tunnel_hdr)
{
	/* Looked up once: the descriptor may be another file next time. */
	struct file *file = fget(fd);
	int ret;

	if (!file)
		return -EBADF;
	ret = -EINVAL;
	if (get_socket(tap, file))
		goto err_put_file;
	tap->hdr_len = KVDEV_TAP_HDR_LEN;
	if (tunnel_hdr) {
		tap->hdr_len = KVDEV_TAP_TUNNEL_HDR_LEN;
		ret = check_hdr_len(tap);
		if (ret)
			goto err_put_file;
	}
	tap->tunnels &= tunnel_hdr;
	ret = -ENOMEM;
	tap->offloads = offloads_alloc(file);
	if (!tap->offloads)
		goto err_put_file;
	tap->file = file;
	return 0;

err_put_file:
	fput(file);
	memset(tap, 0, sizeof(*tap));
	return ret;
}

/**
 * kvdev_tap_close() - undo kvdev_tap_open()
 * @tap: not used any more; may be closed already
 */
void kvdev_tap_close(struct kvdev_tap *tap)
{
	if (tap->file) {
		kref_put(&tap->offloads->ref, offloads_free);
		fput(tap->file);
	}
	memset(tap, 0, sizeof(*tap));
}

/**
 * kvdev_tap_init() - at module load
 *
 * Return: 0 or -ENOMEM.
 */
int __init kvdev_tap_init(void)
{
	offload_wq = alloc_ordered_workqueue("kvdev-net", 0);
	return offload_wq ? 0 : -ENOMEM;
}

/**
 * kvdev_tap_exit() - at module unload; waits for work under way
 */
void kvdev_tap_exit(void)
{
	destroy_workqueue(offload_wq);
}

/* --------------------------------------------------------------- sending */

/**
 * kvdev_tap_can_batch() - may packets be sent in batches?
 * @tap: open
 *
 * They are not counted against the sender's limit, so only if there is none.
 *
 * Return: whether they may.
 */
bool kvdev_tap_can_batch(const struct kvdev_tap *tap)
{
	return READ_ONCE(tap->sock->sk->sk_sndbuf) == INT_MAX;
}

/**
 * kvdev_tap_headroom() - bytes to leave in front of a packet in a batch
 * @tap: open
 *
 * Return: the number, aligned.
 */
unsigned int kvdev_tap_headroom(const struct kvdev_tap *tap)
{
	unsigned int room = NET_SKB_PAD + NET_IP_ALIGN;

	BUILD_BUG_ON(NET_SKB_PAD < KVDEV_TUN_BATCH_HDR);
	if (sock_flag(tap->sock->sk, SOCK_XDP))
		room += XDP_PACKET_HEADROOM;
	return SKB_DATA_ALIGN(room);
}

/**
 * kvdev_tap_send_batch() - send packets
 * @tap: may be sent to in batches
 * @xdp: the packets, each in a page fragment of its own that begins with the
 *	header; the tap takes them over
 * @nr: number of packets
 *
 * Return: 0, or an error if none was sent; then they are freed.
 */
int kvdev_tap_send_batch(const struct kvdev_tap *tap, struct xdp_buff *xdp,
			 unsigned int nr)
{
	struct tun_msg_ctl ctl = {
		.type = TUN_MSG_PTR,
		.num = nr,
		.ptr = xdp,
	};
	struct msghdr msg = {
		.msg_control = &ctl,
		.msg_controllen = sizeof(ctl),
		.msg_flags = MSG_DONTWAIT,
	};
	unsigned int i;
	int ret;

	ret = tap->sock->ops->sendmsg(tap->sock, &msg, 0);
	if (ret >= 0)
		return 0;
	for (i = 0; i < nr; i++)
		page_frag_free(xdp[i].data_hard_start);
	return ret;
}

/**
 * kvdev_tap_send() - send one packet
 * @tap: open
 * @iter: header and packet; copied
 *
 * Return: 0; -EAGAIN if there is no room, see kvdev_tap_wait(); or another
 * error, then the packet is lost.
 */
int kvdev_tap_send(const struct kvdev_tap *tap, struct iov_iter *iter)
{
	struct msghdr msg = {
		.msg_iter = *iter,
		.msg_flags = MSG_DONTWAIT,
	};
	int ret;

	ret = tap->sock->ops->sendmsg(tap->sock, &msg, iov_iter_count(iter));
	return ret < 0 ? ret : 0;
}

/* ------------------------------------------------------------- receiving */

/**
 * kvdev_tap_receive() - take packets from the tap
 * @tap: open
 * @packets: filled; each ends in one of the following calls
 * @max: room in @packets
 *
 * Return: number of packets.
 */
unsigned int kvdev_tap_receive(const struct kvdev_tap *tap, void **packets,
			       unsigned int max)
{
	return ptr_ring_consume_batched(tap->ring, packets, max);
}

/**
 * kvdev_tap_unreceive() - give packets back, in front of those that came since
 * @tap: where they are from
 * @packets: the last @nr that were taken; some are lost if there is no room
 * @nr: number of packets
 */
void kvdev_tap_unreceive(const struct kvdev_tap *tap, void **packets,
			 unsigned int nr)
{
	ptr_ring_unconsume(tap->ring, packets, nr, tun_ptr_free);
}

/*
 * A packet that is to be segmented in a tunnel may have waited in the tap while
 * one driver went and another one came, or a driver changed its mind twice. The
 * tap learns of that a little later; one that does not have tunnels at present
 * takes the packet for a bug of the kernel, with a warning. What it says of tunnels
 * is not needed, so it sees a packet without. False: no memory.
 */
static bool hide_tunnel(void *packet)
{
	const unsigned int tunnel = SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM;
	struct sk_buff *skb = packet;

	if (tun_is_xdp_frame(packet) ||
	    likely(!(skb_shinfo(skb)->gso_type & tunnel)))
		return true;
	/* Others may look at the same packet. */
	if (skb_unclone(skb, GFP_KERNEL))
		return false;
	skb_shinfo(skb)->gso_type &= ~tunnel;
	return true;
}

/**
 * kvdev_tap_deliver() - copy a packet to where it goes, and free it
 * @tap: where it is from
 * @packet: freed in any case
 * @iter: exactly room for header and packet; advanced by what was copied
 *
 * The tap's header says nothing of tunnels.
 *
 * Return: 0; -EFAULT if not even the header could be written; -EMSGSIZE if the
 * tap's header is not of the size it must have; -ENOMEM; or another error of a
 * tap that is gone.
 */
int kvdev_tap_deliver(const struct kvdev_tap *tap, void *packet,
		      struct iov_iter *iter)
{
	size_t len = iov_iter_count(iter);
	struct msghdr msg = {
		.msg_iter = *iter,
		.msg_control = packet,
	};
	int ret;

	if (!hide_tunnel(packet)) {
		kvdev_tap_drop(packet);
		return -ENOMEM;
	}
	ret = tap->sock->ops->recvmsg(tap->sock, &msg, len,
				      MSG_DONTWAIT | MSG_TRUNC);
	*iter = msg.msg_iter;
	if (ret < 0)
		return ret;
	return ret == len ? 0 : -EMSGSIZE;
}

/**
 * kvdev_tap_drop() - free a packet
 * @packet: from kvdev_tap_receive()
 */
void kvdev_tap_drop(void *packet)
{
	tun_ptr_free(packet);
}

/* --------------------------------------------------------------- waiting */

static int tap_wakeup(wait_queue_entry_t *entry, unsigned int mode, int sync,
		      void *key)
{
	struct kvdev_tap_wait *wait =
		container_of(entry, struct kvdev_tap_wait, entry);
	__poll_t events = key_to_poll(key);

	/* No key: something has happened to the tap as a whole. */
	if (events && !(events & (wait->events | EPOLLERR | EPOLLHUP)))
		return 0;
	wait->fn(wait);
	return 0;
}

/**
 * kvdev_tap_wait_init() - before the first wait
 * @wait: filled
 * @events: EPOLLIN or EPOLLOUT
 * @fn: called when it is so; any context
 */
void kvdev_tap_wait_init(struct kvdev_tap_wait *wait, __poll_t events,
			 void (*fn)(struct kvdev_tap_wait *wait))
{
	init_waitqueue_func_entry(&wait->entry, tap_wakeup);
	wait->events = events;
	wait->active = false;
	wait->fn = fn;
}

/**
 * kvdev_tap_wait() - be told when there is a packet, or room
 * @tap: open
 * @wait: not waiting
 *
 * Return: true if it is so already, or the tap is gone: then nothing waits.
 */
bool kvdev_tap_wait(const struct kvdev_tap *tap, struct kvdev_tap_wait *wait)
{
	bool ready;

	add_wait_queue(sk_sleep(tap->sock->sk), &wait->entry);
	wait->active = true;
	/*
	 * Waiting before the look. Pairs with the barrier of whoever adds to
	 * the ring, or frees memory, before the look at who waits. The look
	 * takes the ring's lock: the host may be giving it another size.
	 */
	smp_mb();
	if (wait->events & EPOLLIN)
		ready = !ptr_ring_empty(tap->ring);
	else
		ready = vfs_poll(tap->file, NULL) & (EPOLLOUT | EPOLLERR);
	if (ready)
		kvdev_tap_unwait(tap, wait);
	return ready;
}

/**
 * kvdev_tap_unwait() - be told no more
 * @tap: open
 * @wait: waiting, or not; afterwards its function is not running
 */
void kvdev_tap_unwait(const struct kvdev_tap *tap, struct kvdev_tap_wait *wait)
{
	if (!wait->active)
		return;
	remove_wait_queue(sk_sleep(tap->sock->sk), &wait->entry);
	wait->active = false;
}
