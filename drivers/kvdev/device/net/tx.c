// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of the driver go to the tap (virtio 1.3, 5.1.6.2).
 *
 *	tx_parse()   the rules whose breach is a violation
 *	tx_small()   one copy into a page fragment, which becomes the packet;
 *	             fragments go to the tap in batches
 *	tx_big()     header and beginning are copied, the rest is pinned and
 *	             the tap copies it into a packet of its own
 *
 * Both check a copy that the driver cannot change any more, and send that one.
 * A packet is given back when it has been copied; one for which the tap has no
 * room stays on the ring until it has.
 */
#include <linux/bvec.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/skbuff.h>
#include <linux/uio.h>

#include "../../compat/tun.h"
#include "../../memacc.h"
#include "../../ring/ring.h"
#include "net.h"

/* Packets in a batch. */
#define TX_BATCH	64

/*
 * Longest packet: what the header of the longest IPv4 packet or IPv6 payload
 * can say, and the Ethernet header with two VLAN tags.
 */
#define TX_LEN_MAX	(65535 + 40 + ETH_HLEN + 8)

/* Beginning of a big packet that is copied before it is checked. */
#define TX_HEAD		128
#define TX_HEAD_SIZE	(sizeof(struct kvdev_net_hdr) + TX_HEAD)

/*
 * Pieces of a big packet, its head included, that need no allocation: usual
 * drivers have a page or less in each fragment. Others may cut a packet into
 * pieces of some bytes and lay each of them across the border of two pages.
 */
#define TX_BVECS	(1 + 2 * (MAX_SKB_FRAGS + 1))

/**
 * struct net_tx - a transmit queue
 * @q: what all queues have
 * @wait: for room in the tap
 * @headroom: in front of packets in a batch
 * @nr: packets in @xdp
 * @xdp: the batch
 * @frags: where its packets are from
 * @head: header and beginning of a big packet
 * @bvec: a big packet
 */
struct net_tx {
	struct net_queue q;
	struct kvdev_tap_wait wait;
	unsigned int headroom;
	unsigned int nr;
	struct xdp_buff xdp[TX_BATCH];
	struct page_frag_cache frags;
	u8 *head;
	struct bio_vec bvec[TX_BVECS];
};

/* A packet on its way. */
struct tx_packet {
	struct kvdev_vq_chain chain;
	struct kvdev_net_hdr hdr;
	u32 len;
};

/* The tap gets to see as much of the header as its own has. */
static_assert(offsetof(struct kvdev_net_hdr, num_buffers) == KVDEV_TAP_HDR_LEN);
static_assert(sizeof(struct kvdev_net_hdr) == KVDEV_TAP_TUNNEL_HDR_LEN);

static void tx_flush(struct net_tx *tx)
{
	unsigned int nr = tx->nr;

	if (!nr)
		return;
	tx->nr = 0;
	if (!kvdev_tap_send_batch(tx->q.tap, tx->xdp, nr))
		return;
	tx->q.stats->packets -= nr;
	tx->q.stats->drops[NET_DROP_TAP] += nr;
}

/* The packet's buffers are the driver's again. */
static void tx_done(struct net_tx *tx, struct tx_packet *pkt)
{
	kvdev_vq_pop(tx->q.vq, &pkt->chain);
	/* virtio 1.3, 5.1.6.2: nothing was written */
	net_complete(&tx->q, pkt->chain.id, 0);
	net_publish(&tx->q, 1);
}

static void tx_sent(struct net_tx *tx, struct tx_packet *pkt)
{
	tx->q.stats->packets++;
	tx->q.stats->bytes += pkt->len;
	tx->q.bytes += pkt->len;
	tx_done(tx, pkt);
}

static void tx_drop(struct net_tx *tx, struct tx_packet *pkt,
		    unsigned int reason)
{
	net_drop(&tx->q, reason);
	tx_done(tx, pkt);
}

/* Is it a packet? Returns NULL, or what the driver did wrong. */
static const char *tx_parse(struct net_tx *tx, struct tx_packet *pkt)
{
	size_t len = iov_iter_count(&pkt->chain.readable);

	if (pkt->chain.nr_writable)
		return "packet to send with a device-writable buffer";
	if (len < tx->q.hdr_len)
		return "packet to send without a complete header";
	pkt->len = len - tx->q.hdr_len;
	return NULL;
}

/*
 * Copy header and @len bytes of the packet, which go to @data, the header in
 * front of it. The only fetch: the driver may change it under us.
 */
static bool tx_fetch(struct net_tx *tx, struct tx_packet *pkt, u8 *data,
		     u32 len)
{
	unsigned int hdr_len = tx->q.hdr_len;

	if (copy_from_iter(data - hdr_len, hdr_len + len,
			   &pkt->chain.readable) != hdr_len + len)
		return false;
	memset(&pkt->hdr, 0, sizeof(pkt->hdr));
	memcpy(&pkt->hdr, data - hdr_len, hdr_len);
	return true;
}

/* May the packet that begins with @head be sent? */
static enum kvdev_net_drop tx_check(struct net_tx *tx,
				    const struct kvdev_net_state *state,
				    struct tx_packet *pkt, const u8 *head)
{
	enum kvdev_net_drop drop;

	drop = kvdev_net_hdr_tx(&pkt->hdr, pkt->len, tx->q.features);
	if (drop != KVDEV_NET_PASS)
		return drop;
	return kvdev_net_filter_tx(&state->filter, head, pkt->len,
				   pkt->hdr.gso_type);
}

/* Sent at once; the buffer is left to the caller. */
static int tx_send_copy(struct net_tx *tx, struct tx_packet *pkt, void *data)
{
	unsigned int hdr_len = tx->q.tap->hdr_len;
	void *start = data - hdr_len;
	struct kvec kvec = {
		.iov_base = start,
		.iov_len = pkt->len + hdr_len,
	};
	struct iov_iter iter;

	memcpy(start, &pkt->hdr, hdr_len);
	iov_iter_kvec(&iter, ITER_SOURCE, &kvec, 1, kvec.iov_len);
	return kvdev_tap_send(tx->q.tap, &iter);
}

/* 0, or why it is dropped; -EAGAIN: no room. */
static int tx_small(struct net_tx *tx, const struct kvdev_net_state *state,
		    struct tx_packet *pkt, unsigned int buf_len)
{
	unsigned int reason;
	struct xdp_buff *xdp;
	void *buf;
	int ret;

	buf = page_frag_alloc_align(&tx->frags, buf_len, GFP_KERNEL,
				    SMP_CACHE_BYTES);
	if (!buf)
		return NET_DROP_MEMORY;
	if (!tx_fetch(tx, pkt, buf + tx->headroom, pkt->len)) {
		ret = -EFAULT;
		goto err_free;
	}
	reason = tx_check(tx, state, pkt, buf + tx->headroom);
	if (reason != KVDEV_NET_PASS) {
		ret = reason;
		goto err_free;
	}

	if (net_local_answer(tx->q.net, state, buf + tx->headroom, pkt->len)) {
		ret = 0;
		goto err_free;
	}

	if (!kvdev_tap_can_batch(tx->q.tap)) {
		ret = tx_send_copy(tx, pkt, buf + tx->headroom);
		if (ret && ret != -EAGAIN)
			ret = NET_DROP_TAP;
		goto err_free;
	}

	xdp = &tx->xdp[tx->nr++];
	xdp_init_buff(xdp, buf_len, NULL);
	xdp_prepare_buff(xdp, buf, tx->headroom, pkt->len, true);
	kvdev_compat_tun_batch_hdr(xdp, &pkt->hdr, tx->q.tap->hdr_len);
	return 0;

err_free:
	page_frag_free(buf);
	return ret;
}

/* As tx_small(). */
static int tx_send_pages(struct net_tx *tx, struct tx_packet *pkt,
			 const struct kvdev_pages *rest, u8 *head,
			 unsigned int head_len)
{
	unsigned int hdr_len = tx->q.tap->hdr_len;
	size_t len = hdr_len + pkt->len;
	struct bio_vec *bvec = tx->bvec;
	struct iov_iter iter;
	int ret;

	/* Bounded: two for each piece of a chain, and the pages of TX_LEN_MAX */
	if (1 + rest->nr > TX_BVECS) {
		bvec = kvmalloc_array(1 + rest->nr, sizeof(*bvec),
				      GFP_KERNEL_ACCOUNT);
		if (!bvec)
			return NET_DROP_MEMORY;
	}
	bvec_set_virt(&bvec[0], head - hdr_len, hdr_len + head_len);
	memcpy(&bvec[1], rest->bvec, rest->nr * sizeof(*rest->bvec));
	iov_iter_bvec(&iter, ITER_SOURCE, bvec, 1 + rest->nr, len);
	ret = kvdev_tap_send(tx->q.tap, &iter);
	if (bvec != tx->bvec)
		kvfree(bvec);
	if (ret && ret != -EAGAIN)
		return NET_DROP_TAP;
	return ret;
}

/* As tx_small(). */
static int tx_big(struct net_tx *tx, const struct kvdev_net_state *state,
		  struct tx_packet *pkt)
{
	unsigned int head_len = min(pkt->len, TX_HEAD);
	u8 *head = tx->head + sizeof(struct kvdev_net_hdr);
	struct kvdev_pages rest;
	unsigned int reason;
	int ret;

	if (!tx_fetch(tx, pkt, head, head_len))
		return -EFAULT;
	reason = tx_check(tx, state, pkt, head);
	if (reason != KVDEV_NET_PASS)
		return reason;
	memcpy(head - tx->q.tap->hdr_len, &pkt->hdr, tx->q.tap->hdr_len);

	/* Packets are not to overtake each other. */
	tx_flush(tx);
	ret = kvdev_pages_pin(&rest, &pkt->chain.readable);
	if (ret)
		return ret == -ENOMEM ? NET_DROP_MEMORY : -EFAULT;
	ret = tx_send_pages(tx, pkt, &rest, head, head_len);
	kvdev_pages_release(&rest);
	return ret;
}

/* Bytes of a page fragment for the packet; 0: it needs more than a page. */
static unsigned int tx_buf_len(const struct net_tx *tx, u32 len)
{
	size_t size = SKB_DATA_ALIGN(tx->headroom + (size_t)len) +
		      SKB_DATA_ALIGN(sizeof(struct skb_shared_info));

	return size <= PAGE_SIZE ? size : 0;
}

static int tx_send(struct net_tx *tx, const struct kvdev_net_state *state,
		   struct tx_packet *pkt)
{
	unsigned int buf_len;

	if (!READ_ONCE(tx->q.net->link.up))
		return NET_DROP_LINK;
	if (pkt->len > TX_LEN_MAX)
		return KVDEV_NET_DROP_LONG;
	buf_len = tx_buf_len(tx, pkt->len);
	return buf_len ? tx_small(tx, state, pkt, buf_len) :
			 tx_big(tx, state, pkt);
}

/* Serve one chain; false if no more can be served. */
static bool tx_serve(struct net_tx *tx, const struct kvdev_net_state *state,
		     struct tx_packet *pkt)
{
	const char *reason = tx_parse(tx, pkt);
	int ret;

	if (reason) {
		kvdev_vq_violation(tx->q.vq, reason);
		return false;
	}
	ret = tx_send(tx, state, pkt);
	if (!ret) {
		tx_sent(tx, pkt);
		if (tx->nr == TX_BATCH)
			tx_flush(tx);
		return true;
	}
	if (ret > 0) {
		tx_drop(tx, pkt, ret);
		return true;
	}
	if (ret != -EAGAIN) {
		kvdev_vq_violation(tx->q.vq,
				   "packet to send is not accessible");
		return false;
	}
	/* The packet stays where it is, the next look finds it again. */
	tx->q.stats->waits++;
	if (kvdev_tap_wait(tx->q.tap, &tx->wait))
		return true;
	kvdev_vq_park(tx->q.vq);
	return false;
}

/**
 * net_tx_serve() - see vq_serve of struct kvdev_device_type
 * @vq: a transmit queue
 *
 * Return: whether it wants to be called again.
 */
bool net_tx_serve(struct kvdev_vq *vq)
{
	struct net_tx *tx = kvdev_vq_priv(vq);
	const struct kvdev_net_state *state;
	struct tx_packet pkt;
	bool again;
	u64 start = 0;
	int idx, ret;

	kvdev_tap_unwait(tx->q.tap, &tx->wait);
	state = kvdev_net_state_get(tx->q.net, &idx);
	for (;;) {
		again = net_turn_over(&tx->q);
		if (again)
			break;
		ret = kvdev_vq_peek(vq, &pkt.chain);
		if (ret < 0)
			break;
		if (!ret) {
			tx_flush(tx);
			if (!net_busy_poll(&tx->q, &start))
				break;
			continue;
		}
		start = 0;
		if (!tx_serve(tx, state, &pkt))
			break;
	}
	tx_flush(tx);
	kvdev_net_state_put(tx->q.net, idx);
	net_round_over(&tx->q);
	return again;
}

static void tx_room(struct kvdev_tap_wait *wait)
{
	struct net_tx *tx = container_of(wait, struct net_tx, wait);

	kvdev_vq_wake(tx->q.vq);
}

/**
 * net_tx_start() - a transmit queue is about to run
 * @vq: the queue
 *
 * Return: 0 or -ENOMEM.
 */
int net_tx_start(struct kvdev_vq *vq)
{
	struct net_tx *tx = kvzalloc(sizeof(*tx), GFP_KERNEL_ACCOUNT);

	if (!tx)
		return -ENOMEM;
	tx->head = kmalloc(TX_HEAD_SIZE, GFP_KERNEL_ACCOUNT);
	if (!tx->head) {
		kvfree(tx);
		return -ENOMEM;
	}
	net_queue_init(&tx->q, vq);
	kvdev_tap_wait_init(&tx->wait, EPOLLOUT, tx_room);
	tx->headroom = kvdev_tap_headroom(tx->q.tap);
	kvdev_vq_set_priv(vq, tx);
	return 0;
}

/**
 * net_tx_stop() - undo net_tx_start()
 * @vq: the queue, not served any more
 */
void net_tx_stop(struct kvdev_vq *vq)
{
	struct net_tx *tx = kvdev_vq_priv(vq);

	kvdev_tap_unwait(tx->q.tap, &tx->wait);
	page_frag_cache_drain(&tx->frags);
	kfree(tx->head);
	kvfree(tx);
	kvdev_vq_set_priv(vq, NULL);
}
