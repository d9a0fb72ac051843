// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of the tap go to the driver (virtio 1.3, 5.1.6.3, 5.1.6.4).
 *
 *	rx_accept()	is it for the driver, and in a form it can handle?
 *	rx_collect()	take buffers until the packet fits
 *	rx_deliver()	copy it, header last, and give the buffers back
 *
 * Packets are taken from the tap, or from other queues (steer.c), a batch at a
 * time. What the driver has no buffers for yet is kept, in order, and given back
 * to the tap when the queue stops.
 */
#include <linux/if_tun.h>
#include <linux/if_vlan.h>
#include <linux/poll.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>

#include "../../ring/ring.h"
#include "net.h"

/*
 * Most that a tap's header is longer than the driver's, and so most pieces of
 * buffers that it takes to hold that.
 */
#define RX_LEAD		(KVDEV_TAP_TUNNEL_HDR_LEN - KVDEV_NET_HDR_LEGACY)

/* Packets, dropped ones too, after which others get their turn. */
#define RX_BUDGET	256

/**
 * struct net_rx_wait - waiting for packets in a queue of the tap
 * @wait: for the tap
 * @vq: to be served then
 */
struct net_rx_wait {
	struct kvdev_tap_wait wait;
	struct kvdev_vq *vq;
};

/**
 * struct net_rx - a receive queue
 * @q: what all queues have
 * @in: packets for the driver
 * @waits: for each of the tap's queues
 * @pair: number of the pair
 * @next: queue of the tap to be read next
 * @own: queues of the tap that this one reads, in this round
 * @mergeable: a packet may be in several buffers
 * @hdr: being made
 * @nr: buffers taken for the packet
 * @nr_iov: their pieces
 * @room: bytes in them
 * @id: of each buffer
 * @len: bytes of each buffer
 * @iov: the pieces, behind RX_LEAD others, see rx_lead()
 */
struct net_rx {
	struct net_queue q;
	struct net_inbox *in;
	struct net_rx_wait *waits;
	u16 pair;
	u16 next;
	unsigned long own;
	bool mergeable;
	struct kvdev_net_hdr hdr;
	unsigned int nr;
	unsigned int nr_iov;
	size_t room;
	u16 id[KVDEV_MAX_RING_SIZE];
	u32 len[KVDEV_MAX_RING_SIZE];
	struct iovec iov[RX_LEAD + KVDEV_CHAIN_MAX];
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

/* The tunnel that the packet is to be segmented in, if it is in one. */
static void rx_make_tunnel(struct kvdev_net_hdr *hdr, const struct sk_buff *skb,
			   int vlan)
{
	unsigned int type = skb_shinfo(skb)->gso_type;

	if (!(type & (SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)))
		return;
	hdr->gso_type |= vlan_get_protocol(skb) == htons(ETH_P_IPV6) ?
			 VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 :
			 VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4;
	if (type & SKB_GSO_UDP_TUNNEL_CSUM)
		hdr->flags |= VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	hdr->outer_th_offset = cpu_to_le16(skb_transport_offset(skb) + vlan);
	hdr->inner_nh_offset = cpu_to_le16(skb_inner_network_offset(skb) + vlan);
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
	if (virtio_net_hdr_from_skb(skb, hdr, true, true, vlan))
		return false;
	/* virtio 1.4, 5.1.9.4.1: all headers, of which a tag is one */
	if (skb_is_gso(skb))
		rx->hdr.hdr_len = cpu_to_le16(min_t(u32, U16_MAX,
						    skb_headlen(skb) + vlan));
	rx_make_tunnel(&rx->hdr, skb, vlan);
	return true;
}

/* KVDEV_NET_PASS, or why the packet is not for the driver. */
static unsigned int rx_accept(struct net_rx *rx,
			      const struct kvdev_net_state *state,
			      const struct net_packet *packet, u32 len)
{
	u8 buf[KVDEV_NET_FILTER_HEAD] __aligned(2);
	const u8 *head;
	unsigned int reason;

	if (!READ_ONCE(rx->q.net->link.up))
		return NET_DROP_LINK;
	if (len < ETH_HLEN)
		return KVDEV_NET_DROP_SHORT;
	head = rx_packet_head(packet->ptr, buf);
	if (!head)
		return NET_DROP_MEMORY;
	if (!rx_make_hdr(rx, packet->ptr, state->offloads))
		return KVDEV_NET_DROP_GSO_TYPE;
	reason = kvdev_net_hdr_rx(&rx->hdr, len, state->offloads);
	if (reason != KVDEV_NET_PASS)
		return reason;
	/* virtio 1.3, 5.1.6.4.3: where the header has room for it */
	rx->hdr.hash_value = cpu_to_le32(packet->hash.value);
	rx->hdr.hash_report = cpu_to_le16(packet->hash.report);
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

	memcpy(&rx->iov[RX_LEAD + rx->nr_iov], chain->writable_iov,
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

/*
 * Put @len bytes of the buffers' beginning in front of their pieces: what is
 * written there is written over when the same bytes come again. Returns how many
 * pieces that takes. The buffers have room for a packet, so for this too.
 */
static unsigned int rx_lead(struct net_rx *rx, size_t len)
{
	const struct iovec *piece = &rx->iov[RX_LEAD];
	struct iovec lead[RX_LEAD];
	unsigned int nr = 0, i;

	for (i = 0; len && i < rx->nr_iov && nr < RX_LEAD; i++) {
		if (!piece[i].iov_len)
			continue;
		lead[nr] = piece[i];
		lead[nr].iov_len = min(len, piece[i].iov_len);
		len -= lead[nr++].iov_len;
	}
	memcpy(&rx->iov[RX_LEAD - nr], lead, nr * sizeof(*lead));
	return nr;
}

/* The buffers, @len bytes of them, with the first @lead bytes twice. */
static void rx_iter(struct net_rx *rx, struct iov_iter *iter, size_t lead,
		    size_t len)
{
	unsigned int nr_lead = lead ? rx_lead(rx, lead) : 0;
	struct iovec *iov = &rx->iov[RX_LEAD - nr_lead];
	unsigned int nr = rx->nr_iov + nr_lead;

	len += lead;
	if (kvdev_vq_kernel_memory(rx->q.vq))
		iov_iter_kvec(iter, ITER_DEST, (struct kvec *)iov, nr, len);
	else
		iov_iter_init(iter, ITER_DEST, iov, nr, len);
}

/* The buffers hold @len bytes: they are the driver's now. */
static void rx_complete(struct net_rx *rx, u32 len)
{
	unsigned int i;
	u32 part;

	for (i = 0; i < rx->nr; i++) {
		part = min(len, rx->len[i]);
		len -= part;
		net_complete(&rx->q, rx->id[i], part);
	}
	net_publish(&rx->q, rx->nr);
	rx->nr = 0;
}

static enum rx_result rx_odd_tap(struct net_rx *rx)
{
	rx_give_back(rx);
	net_drop(&rx->q, NET_DROP_TAP);
	return RX_DONE;
}

/*
 * The tap writes its header and the packet behind it, where the packet is to be;
 * then ours goes over the header. The packet is gone in any case.
 */
static enum rx_result rx_deliver(struct net_rx *rx,
				 const struct net_packet *packet, u32 len)
{
	const struct kvdev_tap *tap = &rx->q.net->taps[packet->tap];
	u32 total = rx->q.hdr_len + len;
	int extra = tap->hdr_len - rx->q.hdr_len;
	struct iov_iter hdr, iter;
	int ret;

	rx_iter(rx, &hdr, 0, total);
	if (extra > 0) {
		rx_iter(rx, &iter, extra, total);
	} else {
		iter = hdr;
		iov_iter_advance(&iter, -extra);
	}
	ret = kvdev_tap_deliver(tap, packet->ptr, &iter);
	if (ret && ret != -EFAULT)
		return rx_odd_tap(rx);
	/* virtio 1.3, 5.1.6.4: the number of buffers, 1 without merging */
	rx->hdr.num_buffers = cpu_to_le16(rx->nr);
	if (copy_to_iter(&rx->hdr, rx->q.hdr_len, &hdr) != rx->q.hdr_len ||
	    (!ret && iov_iter_count(&iter))) {
		rx_violation(rx, "receive buffer is not accessible");
		return RX_DONE;
	}
	/* It is: the tap was made to have a header too short for tunnels. */
	if (ret)
		return rx_odd_tap(rx);
	rx_complete(rx, total);
	rx->q.stats->packets++;
	rx->q.stats->bytes += len;
	rx->q.bytes += len;
	return RX_DONE;
}

static enum rx_result rx_serve(struct net_rx *rx,
			       const struct kvdev_net_state *state,
			       const struct net_packet *packet)
{
	u32 len = rx_packet_len(packet->ptr);
	enum rx_result result;
	unsigned int reason;

	reason = rx_accept(rx, state, packet, len);
	if (reason != KVDEV_NET_PASS) {
		net_drop(&rx->q, reason);
		kvdev_tap_drop(packet->ptr);
		return RX_DONE;
	}
	result = rx_collect(rx, rx->q.hdr_len + len);
	if (result != RX_DONE)
		return result;
	if (rx->room < rx->q.hdr_len + len) {
		rx_give_back(rx);
		net_drop(&rx->q, NET_DROP_BUFFER);
		kvdev_tap_drop(packet->ptr);
		return RX_DONE;
	}
	return rx_deliver(rx, packet, len);
}

/* --------------------------------------------------------------- serving */

static void rx_unwait(struct net_rx *rx)
{
	u16 tap;

	for (tap = 0; tap < rx->q.net->nr_pairs; tap++)
		kvdev_tap_unwait(&rx->q.net->taps[tap], &rx->waits[tap].wait);
}

/* Be told of packets in the tap; true: there are some. */
static bool rx_wait(struct net_rx *rx)
{
	unsigned int tap;

	for_each_set_bit(tap, &rx->own, rx->q.net->nr_pairs) {
		if (kvdev_tap_wait(&rx->q.net->taps[tap],
				   &rx->waits[tap].wait)) {
			rx_unwait(rx);
			return true;
		}
	}
	return false;
}

/* An answer of ours, see local.c. */
static bool rx_take_answer(struct net_rx *rx)
{
	struct sk_buff_head *answers = &rx->q.net->answers;
	struct net_inbox *in = rx->in;
	struct sk_buff *skb;

	if (likely(skb_queue_empty_lockless(answers)) || rx->pair)
		return false;
	skb = skb_dequeue(answers);
	if (!skb)
		return false;
	in->held[0] = (struct net_packet){ .ptr = skb };
	in->head = 0;
	in->tail = 1;
	in->from_tap = true;
	return true;
}

static void rx_spend(unsigned int *budget, unsigned int nr)
{
	*budget -= min(*budget, nr);
}

/*
 * Give what is in the tap to those it is for. Returns how many packets. They
 * are work of this turn, even if none of them is for this queue.
 */
static unsigned int rx_steer(struct net_rx *rx,
			     const struct kvdev_net_state *state,
			     unsigned int *budget)
{
	unsigned int tap, nr = 0;

	for_each_set_bit(tap, &rx->own, rx->q.net->nr_pairs)
		nr += net_steer(&rx->q, state, tap);
	rx_spend(budget, nr);
	return nr;
}

/* One batch of one of the queues that are ours, which take turns. */
static bool rx_read(struct net_rx *rx, const struct kvdev_net_state *state)
{
	u16 nr_pairs = rx->q.net->nr_pairs;
	unsigned int tap;

	for_each_set_bit_wrap(tap, &rx->own, nr_pairs, rx->next) {
		if (net_inbox_fill(&rx->q, state, tap)) {
			rx->next = (tap + 1) % nr_pairs;
			return true;
		}
	}
	return false;
}

static bool rx_refill(struct net_rx *rx, const struct kvdev_net_state *state,
		      unsigned int *budget)
{
	struct net_inbox *in = rx->in;

	if (in->head < in->tail || rx_take_answer(rx))
		return true;
	if (!state->rss.steer)
		return net_inbox_refill(in) || rx_read(rx, state);
	rx_steer(rx, state, budget);
	return net_inbox_refill(in);
}

/* Nothing has come: false if it is time to sleep. */
static bool rx_idle(struct net_rx *rx, u64 *start)
{
	if (net_busy_poll(&rx->q, start))
		return true;
	if (rx_wait(rx))
		return true;
	/* Buffers there are: they wait for packets. */
	kvdev_vq_park(rx->q.vq);
	return false;
}

/*
 * The next packet has no buffers, and there will be a kick when it has. But
 * those of other queues are not to wait for that. False: none is left.
 */
static bool rx_steer_others(struct net_rx *rx,
			    const struct kvdev_net_state *state,
			    unsigned int *budget)
{
	if (!state->rss.steer)
		return false;
	return rx_steer(rx, state, budget) || rx_wait(rx);
}

/* One packet, if there is one; false if no more can be done. */
static bool rx_next(struct net_rx *rx, const struct kvdev_net_state *state,
		    unsigned int *budget, u64 *start)
{
	struct net_inbox *in = rx->in;

	if (!rx_refill(rx, state, budget))
		return rx_idle(rx, start);
	*start = 0;
	switch (rx_serve(rx, state, &in->held[in->head])) {
	case RX_DONE:
		in->head++;
		rx_spend(budget, 1);
		return true;
	case RX_STARVED:
		rx->q.stats->waits++;
		return rx_steer_others(rx, state, budget);
	case RX_BROKEN:
		break;
	}
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
	bool again = false;
	u64 start = 0;
	int idx;

	rx_unwait(rx);
	state = kvdev_net_state_get(rx->q.net, &idx);
	/* Pairs with the release in net_resteer(), which wakes us up. */
	if (smp_load_acquire(&state->paused)) {
		kvdev_vq_park(vq);
		goto out;
	}
	rx->own = net_taps_of(rx->q.net, state, rx->pair);
	do {
		again = net_turn_over(&rx->q) || !budget;
	} while (!again && rx_next(rx, state, &budget, &start));
out:
	kvdev_net_state_put(rx->q.net, idx);
	net_round_over(&rx->q);
	return again;
}

static void rx_arrived(struct kvdev_tap_wait *wait)
{
	struct net_rx_wait *w = container_of(wait, struct net_rx_wait, wait);

	kvdev_vq_wake(w->vq);
}

/**
 * net_rx_start() - a receive queue is about to run
 * @vq: the queue
 *
 * Return: 0 or -ENOMEM.
 */
int net_rx_start(struct kvdev_vq *vq)
{
	struct kvdev_net *net = kvdev_dev_priv(kvdev_vq_dev(vq));
	struct net_rx *rx;
	u16 tap;

	rx = kvzalloc(sizeof(*rx), GFP_KERNEL_ACCOUNT);
	if (!rx)
		return -ENOMEM;
	rx->waits = kcalloc(net->nr_pairs, sizeof(*rx->waits),
			    GFP_KERNEL_ACCOUNT);
	if (!rx->waits) {
		kvfree(rx);
		return -ENOMEM;
	}
	net_queue_init(&rx->q, vq);
	for (tap = 0; tap < net->nr_pairs; tap++) {
		rx->waits[tap].vq = vq;
		kvdev_tap_wait_init(&rx->waits[tap].wait, EPOLLIN, rx_arrived);
	}
	rx->pair = kvdev_vq_index(vq) / 2;
	rx->in = &net->inboxes[rx->pair];
	rx->mergeable = kvdev_net_has(rx->q.features, VIRTIO_NET_F_MRG_RXBUF);
	kvdev_vq_set_priv(vq, rx);
	/* Alone; else all of them are set up before the first one starts. */
	if (kvdev_dev_status(net->dev) & VIRTIO_CONFIG_S_DRIVER_OK)
		net_readers_changed(net);
	return 0;
}

/* To the tap, for whoever reads it next; what others gave us stays. */
static void rx_unread(struct net_rx *rx)
{
	struct net_inbox *in = rx->in;
	void *ptrs[NET_BATCH];
	unsigned int nr = 0;
	u16 tap;

	if (in->head == in->tail || !in->from_tap)
		return;
	tap = in->held[in->head].tap;
	while (in->head < in->tail)
		ptrs[nr++] = in->held[in->head++].ptr;
	kvdev_tap_unreceive(&rx->q.net->taps[tap], ptrs, nr);
}

/**
 * net_rx_stop() - undo net_rx_start()
 * @vq: the queue, not served any more
 */
void net_rx_stop(struct kvdev_vq *vq)
{
	struct net_rx *rx = kvdev_vq_priv(vq);

	rx_unwait(rx);
	rx_unread(rx);
	kfree(rx->waits);
	if (!kvdev_vq_set_up(vq))
		net_readers_changed(rx->q.net);
	kvfree(rx);
	kvdev_vq_set_priv(vq, NULL);
}
