// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of the tap go to the driver (virtio 1.3, 5.1.6.3, 5.1.6.4).
 *
 *	rx_accept()	is it for the driver, and in a form it can handle?
 *	rx_collect()	take buffers until the packet fits
 *	rx_deliver()	copy it, header last, and give the buffers back
 *
 * Packets are taken from the tap a batch at a time. What the driver has no
 * buffers for yet is kept, in order, and given back to the tap when the queue
 * stops.
 */
#include <linux/if_tun.h>
#include <linux/if_vlan.h>
#include <linux/poll.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/virtio_net.h>

#include "../../ring/ring.h"
#include "net.h"

/* Packets taken from the tap in one go. */
#define RX_BATCH	64

/* Packets, dropped ones too, after which others get their turn. */
#define RX_BUDGET	256

/**
 * struct net_rx - a receive queue
 * @q: what all queues have
 * @mergeable: a packet may be in several buffers
 * @hdr: being made
 * @head: next one in @packets
 * @tail: end of those in @packets
 * @packets: taken from the tap
 * @nr: buffers taken for the packet
 * @nr_iov: their pieces
 * @room: bytes in them
 * @id: of each buffer
 * @len: bytes of each buffer
 * @iov: the pieces
 */
struct net_rx {
	struct net_queue q;
	bool mergeable;
	struct kvdev_net_hdr hdr;
	unsigned int head;
	unsigned int tail;
	void *packets[RX_BATCH];
	unsigned int nr;
	unsigned int nr_iov;
	size_t room;
	u16 id[KVDEV_MAX_RING_SIZE];
	u32 len[KVDEV_MAX_RING_SIZE];
	struct iovec iov[KVDEV_CHAIN_MAX];
};

/* What became of a packet. */
enum rx_result {
	RX_DONE,	/* delivered or dropped */
	RX_STARVED,	/* kept: there are not enough buffers */
	RX_BROKEN,	/* kept: the driver broke the protocol */
};

/* ------------------------------------------------------------ the packet */

/* Bytes the driver gets, a VLAN tag beside the packet included. */
static u32 rx_packet_len(void *packet)
{
	struct sk_buff *skb = packet;

	if (tun_is_xdp_frame(packet))
		return tun_ptr_to_xdp(packet)->len;
	return skb->len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
}

/* The beginning of the packet as the driver gets it; all of it if shorter. */
static const u8 *rx_packet_head(void *packet, u8 *buf)
{
	struct sk_buff *skb = packet;
	u32 len;

	if (tun_is_xdp_frame(packet))
		return tun_ptr_to_xdp(packet)->data;
	if (!skb_vlan_tag_present(skb)) {
		len = min_t(u32, skb->len, KVDEV_NET_FILTER_HEAD);
		return skb_header_pointer(skb, 0, len, buf);
	}
	if (skb_copy_bits(skb, 0, buf, 2 * ETH_ALEN))
		return NULL;
	*(__be16 *)(buf + 2 * ETH_ALEN) = skb->vlan_proto;
	*(__be16 *)(buf + 2 * ETH_ALEN + 2) = htons(skb_vlan_tag_get(skb));
	return buf;
}

/* What the tap knows of the packet, as a header; false: it cannot be said. */
static bool rx_make_hdr(struct net_rx *rx, void *packet, u64 offloads)
{
	struct virtio_net_hdr *hdr = (struct virtio_net_hdr *)&rx->hdr;
	struct sk_buff *skb = packet;
	int vlan;

	memset(&rx->hdr, 0, sizeof(rx->hdr));
	if (tun_is_xdp_frame(packet))
		return true;
	/* From before the tap knew that the driver wants it done. */
	if (!kvdev_net_has(offloads, VIRTIO_NET_F_GUEST_CSUM) &&
	    skb->ip_summed == CHECKSUM_PARTIAL && !skb_is_gso(skb) &&
	    skb_checksum_help(skb))
		return false;
	vlan = skb_vlan_tag_present(skb) ? VLAN_HLEN : 0;
	return !virtio_net_hdr_from_skb(skb, hdr, true, true, vlan);
}

/* KVDEV_NET_PASS, or why the packet is not for the driver. */
static unsigned int rx_accept(struct net_rx *rx,
			      const struct kvdev_net_state *state, void *packet,
			      u32 len)
{
	u8 buf[KVDEV_NET_FILTER_HEAD] __aligned(2);
	const u8 *head;
	unsigned int reason;

	if (!READ_ONCE(rx->q.net->link.up))
		return NET_DROP_LINK;
	if (len < ETH_HLEN)
		return KVDEV_NET_DROP_SHORT;
	head = rx_packet_head(packet, buf);
	if (!head)
		return NET_DROP_MEMORY;
	if (!rx_make_hdr(rx, packet, state->offloads))
		return KVDEV_NET_DROP_GSO_TYPE;
	reason = kvdev_net_hdr_rx(&rx->hdr, len, state->offloads);
	if (reason != KVDEV_NET_PASS)
		return reason;
	return kvdev_net_filter_rx(&state->filter, head, len,
				   rx->hdr.gso_type);
}

/* ----------------------------------------------------------- the buffers */

/* Take over a buffer that was peeked. Returns what the driver did wrong. */
static const char *rx_take(struct net_rx *rx,
			   const struct kvdev_vq_chain *chain)
{
	u32 len = iov_iter_count(&chain->writable);

	if (iov_iter_count(&chain->readable))
		return "receive buffer with device-readable bytes";
	if (len < rx->q.hdr_len)
		return "receive buffer without room for a header";
	if (rx->nr_iov + chain->nr_writable > KVDEV_CHAIN_MAX)
		return "packet in too many pieces of receive buffers";

	memcpy(&rx->iov[rx->nr_iov], chain->writable_iov,
	       chain->nr_writable * sizeof(*rx->iov));
	rx->nr_iov += chain->nr_writable;
	rx->id[rx->nr] = chain->id;
	rx->len[rx->nr] = len;
	rx->room += len;
	rx->nr++;
	return NULL;
}

/* Undo rx_collect(). */
static void rx_give_back(struct net_rx *rx)
{
	while (rx->nr)
		kvdev_vq_unpop(rx->q.vq, rx->id[--rx->nr]);
}

static enum rx_result rx_violation(struct net_rx *rx, const char *reason)
{
	rx_give_back(rx);
	kvdev_vq_violation(rx->q.vq, reason);
	return RX_BROKEN;
}

/*
 * There are too few buffers, and none left. More may come; but if the driver
 * has given all it can, the packet would wait for ever.
 */
static enum rx_result rx_starve(struct net_rx *rx)
{
	if (rx->nr == kvdev_vq_num(rx->q.vq))
		return RX_DONE;
	return kvdev_vq_await_chains(rx->q.vq) ? RX_DONE : RX_STARVED;
}

/*
 * Take buffers for @need bytes. RX_DONE: they are in @rx, or, if that has less
 * room, the packet cannot be received.
 */
static enum rx_result rx_collect(struct net_rx *rx, u32 need)
{
	struct kvdev_vq_chain chain;
	enum rx_result result;
	const char *reason;
	int ret;

	rx->nr = 0;
	rx->nr_iov = 0;
	rx->room = 0;

	do {
		ret = kvdev_vq_peek(rx->q.vq, &chain);
		if (ret < 0) {
			rx_give_back(rx);
			return RX_BROKEN;
		}
		if (!ret) {
			result = rx_starve(rx);
			if (result == RX_STARVED) {
				rx_give_back(rx);
				return result;
			}
			if (rx->nr == kvdev_vq_num(rx->q.vq))
				break;
			continue;
		}
		reason = rx_take(rx, &chain);
		if (reason)
			return rx_violation(rx, reason);
		kvdev_vq_pop(rx->q.vq, &chain);
	} while (rx->room < need && (rx->mergeable || !rx->nr));
	return RX_DONE;
}

static void rx_iter(struct net_rx *rx, struct iov_iter *iter, size_t len)
{
	if (kvdev_vq_kernel_memory(rx->q.vq))
		iov_iter_kvec(iter, ITER_DEST, (struct kvec *)rx->iov,
			      rx->nr_iov, len);
	else
		iov_iter_init(iter, ITER_DEST, rx->iov, rx->nr_iov, len);
}

/* The buffers hold @len bytes: they are the driver's now. */
static void rx_complete(struct net_rx *rx, u32 len)
{
	unsigned int i;
	u32 part;

	for (i = 0; i < rx->nr; i++) {
		part = min(len, rx->len[i]);
		len -= part;
		kvdev_vq_complete(rx->q.vq, rx->id[i], part);
	}
	rx->nr = 0;
}

/*
 * The tap writes its header, which is shorter than ours, and the packet behind
 * it; then ours goes over it. The packet is gone in any case.
 */
static enum rx_result rx_deliver(struct net_rx *rx, void *packet, u32 len)
{
	u32 total = rx->q.hdr_len + len;
	struct iov_iter hdr, iter;
	int ret;

	rx_iter(rx, &hdr, total);
	iter = hdr;
	iov_iter_advance(&iter, rx->q.hdr_len - KVDEV_TAP_HDR_LEN);
	ret = kvdev_tap_deliver(rx->q.tap, packet, &iter);
	if (ret && ret != -EFAULT) {
		rx_give_back(rx);
		net_drop(&rx->q, NET_DROP_TAP);
		return RX_DONE;
	}
	/* virtio 1.3, 5.1.6.4: the number of buffers, 1 without merging */
	rx->hdr.num_buffers = cpu_to_le16(rx->nr);
	if (ret || iov_iter_count(&iter) ||
	    copy_to_iter(&rx->hdr, rx->q.hdr_len, &hdr) != rx->q.hdr_len) {
		rx_violation(rx, "receive buffer is not accessible");
		return RX_DONE;
	}
	rx_complete(rx, total);
	rx->q.stats->packets++;
	rx->q.stats->bytes += len;
	rx->q.bytes += len;
	return RX_DONE;
}

static enum rx_result rx_serve(struct net_rx *rx,
			       const struct kvdev_net_state *state,
			       void *packet)
{
	u32 len = rx_packet_len(packet);
	enum rx_result result;
	unsigned int reason;

	reason = rx_accept(rx, state, packet, len);
	if (reason != KVDEV_NET_PASS) {
		net_drop(&rx->q, reason);
		kvdev_tap_drop(packet);
		return RX_DONE;
	}
	result = rx_collect(rx, rx->q.hdr_len + len);
	if (result != RX_DONE)
		return result;
	if (rx->room < rx->q.hdr_len + len) {
		rx_give_back(rx);
		net_drop(&rx->q, NET_DROP_BUFFER);
		kvdev_tap_drop(packet);
		return RX_DONE;
	}
	return rx_deliver(rx, packet, len);
}

/* --------------------------------------------------------------- serving */

/* An answer of ours, see local.c. */
static bool rx_take_answer(struct net_rx *rx)
{
	struct sk_buff_head *answers = &rx->q.net->answers;

	if (likely(skb_queue_empty_lockless(answers)) ||
	    kvdev_vq_index(rx->q.vq) != KVDEV_NET_RXQ(0))
		return false;
	rx->packets[0] = skb_dequeue(answers);
	return rx->packets[0];
}

static bool rx_refill(struct net_rx *rx)
{
	if (rx->head < rx->tail)
		return true;
	rx->head = 0;
	if (rx_take_answer(rx))
		rx->tail = 1;
	else
		rx->tail = kvdev_tap_receive(rx->q.tap, rx->packets, RX_BATCH);
	return rx->tail;
}

/* Nothing has come: false if it is time to sleep. */
static bool rx_idle(struct net_rx *rx, u64 *start)
{
	if (net_busy_poll(&rx->q, start))
		return true;
	if (kvdev_tap_wait(rx->q.tap, &rx->q.wait))
		return true;
	/* Buffers there are: they wait for packets. */
	kvdev_vq_park(rx->q.vq);
	return false;
}

/**
 * net_rx_serve() - see vq_serve of struct kvdev_device_type
 * @vq: a receive queue
 *
 * Return: whether it wants to be called again.
 */
bool net_rx_serve(struct kvdev_vq *vq)
{
	struct net_rx *rx = kvdev_vq_priv(vq);
	const struct kvdev_net_state *state;
	unsigned int budget = RX_BUDGET;
	enum rx_result result;
	bool again;
	u64 start = 0;
	int idx;

	kvdev_tap_unwait(rx->q.tap, &rx->q.wait);
	state = kvdev_net_state_get(rx->q.net, &idx);
	for (;;) {
		again = kvdev_vq_should_stop(vq) || !budget;
		if (again)
			break;
		if (!rx_refill(rx)) {
			if (!rx_idle(rx, &start))
				break;
			continue;
		}
		start = 0;
		result = rx_serve(rx, state, rx->packets[rx->head]);
		if (result == RX_STARVED)
			rx->q.stats->waits++;
		if (result != RX_DONE)
			break;
		rx->head++;
		budget--;
	}
	kvdev_net_state_put(rx->q.net, idx);
	kvdev_vq_account(vq, 0, rx->q.bytes, false);
	rx->q.bytes = 0;
	return again;
}

static void rx_arrived(struct kvdev_tap_wait *wait)
{
	struct net_rx *rx = container_of(wait, struct net_rx, q.wait);

	kvdev_vq_wake(rx->q.vq);
}

/**
 * net_rx_start() - a receive queue is about to run
 * @vq: the queue
 *
 * Return: 0 or -ENOMEM.
 */
int net_rx_start(struct kvdev_vq *vq)
{
	struct net_rx *rx = kvzalloc(sizeof(*rx), GFP_KERNEL_ACCOUNT);

	if (!rx)
		return -ENOMEM;
	net_queue_init(&rx->q, vq);
	kvdev_tap_wait_init(&rx->q.wait, EPOLLIN, rx_arrived);
	rx->mergeable = kvdev_net_has(rx->q.features, VIRTIO_NET_F_MRG_RXBUF);
	kvdev_vq_set_priv(vq, rx);
	return 0;
}

/**
 * net_rx_stop() - undo net_rx_start()
 * @vq: the queue, not served any more
 */
void net_rx_stop(struct kvdev_vq *vq)
{
	struct net_rx *rx = kvdev_vq_priv(vq);

	kvdev_tap_unwait(rx->q.tap, &rx->q.wait);
	if (rx->head < rx->tail)
		kvdev_tap_unreceive(rx->q.tap, rx->packets + rx->head,
				    rx->tail - rx->head);
	kvfree(rx);
	kvdev_vq_set_priv(vq, NULL);
}
