// SPDX-License-Identifier: GPL-2.0
/*
 * Which receive queue a packet goes to.
 *
 * Every queue of the tap is read by one receive queue: that of its own pair, or,
 * if the driver does not use that pair, another one (tap_reader()). As long as
 * the device may choose, that is all: the queue that reads a packet delivers it.
 *
 * With RSS the hash decides (virtio 1.3, 5.1.6.5.7). The queue that reads a
 * packet puts it into the backlog of the queue that it is for, which may be
 * itself, and wakes that one up. A backlog that is full costs packets, and
 * nothing else: one queue without buffers does not hold up the others.
 *
 * Packets of a flow keep their order. They come through one queue of the tap,
 * that has one reader, and go to one backlog. When the rules change all receive
 * queues pause until those under way have been sorted anew.
 */
#include <linux/if_tun.h>
#include <linux/nospec.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "net.h"

/* Hashes are the same with and without VLAN tags: one beside it stays there. */
static noinline_for_stack struct kvdev_net_hash
hash_packet(const struct kvdev_net_rss *rss, void *ptr)
{
	struct kvdev_net_hash none = { 0, VIRTIO_NET_HASH_REPORT_NONE };
	u8 buf[KVDEV_NET_RSS_HEAD];
	const struct xdp_frame *frame;
	const struct sk_buff *skb = ptr;
	const u8 *head;
	u32 len;

	if (tun_is_xdp_frame(ptr)) {
		frame = tun_ptr_to_xdp(ptr);
		return kvdev_net_rss_hash(rss, frame->data,
					  min_t(u32, frame->len,
						KVDEV_NET_RSS_HEAD));
	}
	len = min_t(u32, skb->len, KVDEV_NET_RSS_HEAD);
	head = skb_header_pointer(skb, 0, len, buf);
	return head ? kvdev_net_rss_hash(rss, head, len) : none;
}

static void make_packet(struct net_packet *p,
			const struct kvdev_net_state *state, void *ptr, u16 tap)
{
	p->ptr = ptr;
	p->tap = tap;
	p->hash.value = 0;
	p->hash.report = VIRTIO_NET_HASH_REPORT_NONE;
	if (state->rss.types)
		p->hash = hash_packet(&state->rss, ptr);
}

static bool pair_is_set_up(const struct kvdev_net *net, u16 pair)
{
	return kvdev_vq_set_up(kvdev_dev_vq(net->dev, KVDEV_NET_RXQ(pair)));
}

/*
 * The pair that reads a queue of the tap. virtio 1.3, 5.1.6.5.5: one of those in
 * use, and another one while a queue is being reset.
 */
static u16 tap_reader(const struct kvdev_net *net,
		      const struct kvdev_net_state *state, u16 tap)
{
	u16 i, pair = tap % state->pairs;

	for (i = 0; i < state->pairs; i++) {
		if (pair_is_set_up(net, pair))
			return pair;
		pair = (pair + 1) % state->pairs;
	}
	return pair;
}

/**
 * net_taps_of() - which queues of the tap a receive queue reads
 * @net: the device
 * @state: what the driver configured
 * @pair: of the queue
 *
 * Return: a bit for each of them.
 */
unsigned long net_taps_of(const struct kvdev_net *net,
			  const struct kvdev_net_state *state, u16 pair)
{
	unsigned long taps = 0;
	u16 tap;

	BUILD_BUG_ON(KVDEV_NET_MAX_PAIRS > BITS_PER_LONG);
	for (tap = 0; tap < net->nr_pairs; tap++)
		if (tap_reader(net, state, tap) == pair)
			__set_bit(tap, &taps);
	return taps;
}

/* False: the backlog is full. */
static bool inbox_put(struct net_inbox *in, const struct net_packet *p)
{
	bool ret;

	spin_lock(&in->lock);
	ret = kfifo_put(&in->backlog, *p);
	spin_unlock(&in->lock);
	return ret;
}

static unsigned int inbox_take(struct net_inbox *in, struct net_packet *p,
			       unsigned int max)
{
	unsigned int nr;

	spin_lock(&in->lock);
	nr = kfifo_out(&in->backlog, p, max);
	spin_unlock(&in->lock);
	return nr;
}

static void wake_rx(struct kvdev_net *net, u16 pair)
{
	kvdev_vq_wake(kvdev_dev_vq(net->dev, KVDEV_NET_RXQ(pair)));
}

/* To the queue that the rules say, or why it is dropped. */
static unsigned int hand_over(struct kvdev_net *net,
			      const struct kvdev_net_state *state,
			      const struct net_packet *p, u16 *to)
{
	unsigned int reason = NET_DROP_BACKLOG;
	u16 pair;

	if (state->rss.steer)
		pair = kvdev_net_rss_pair(&state->rss, &p->hash);
	else
		pair = tap_reader(net, state, p->tap);
	pair = array_index_nospec(pair, net->nr_pairs);
	*to = pair;
	/* virtio 1.3, 5.1.6.5.7: dropped if the queue is being reset */
	if (!pair_is_set_up(net, pair))
		reason = KVDEV_NET_DROP_QUEUE;
	else if (inbox_put(&net->inboxes[pair], p))
		return KVDEV_NET_PASS;
	kvdev_tap_drop(p->ptr);
	return reason;
}

/**
 * net_steer() - give packets of the tap to the queues their hashes choose
 * @q: the receive queue that reads the tap
 * @state: what the driver configured
 * @tap: queue of the tap
 *
 * Return: number of packets that were read.
 */
unsigned int net_steer(struct net_queue *q, const struct kvdev_net_state *state,
		       u16 tap)
{
	struct kvdev_net *net = q->net;
	unsigned long woken = 0;
	void *ptrs[NET_BATCH];
	unsigned int i, nr, reason;
	struct net_packet p;
	u16 pair;

	nr = kvdev_tap_receive(&net->taps[tap], ptrs, NET_BATCH);
	for (i = 0; i < nr; i++) {
		make_packet(&p, state, ptrs[i], tap);
		reason = hand_over(net, state, &p, &pair);
		if (reason == KVDEV_NET_PASS)
			__set_bit(pair, &woken);
		else
			net_drop(q, reason);
	}
	__clear_bit(kvdev_vq_index(q->vq) / 2, &woken);
	for_each_set_bit(i, &woken, net->nr_pairs)
		wake_rx(net, i);
	return nr;
}

/**
 * net_inbox_fill() - hold packets of a tap that the queue delivers itself
 * @q: a receive queue that holds none
 * @state: what the driver configured
 * @tap: queue of the tap
 *
 * Return: number of packets that are held now.
 */
unsigned int net_inbox_fill(struct net_queue *q,
			    const struct kvdev_net_state *state, u16 tap)
{
	struct net_inbox *in = &q->net->inboxes[kvdev_vq_index(q->vq) / 2];
	void *ptrs[NET_BATCH];
	unsigned int i;

	in->head = 0;
	in->tail = kvdev_tap_receive(&q->net->taps[tap], ptrs, NET_BATCH);
	in->from_tap = true;
	for (i = 0; i < in->tail; i++)
		make_packet(&in->held[i], state, ptrs[i], tap);
	return in->tail;
}

/**
 * net_inbox_refill() - hold packets that others read
 * @in: holds none
 *
 * Return: whether there were any.
 */
bool net_inbox_refill(struct net_inbox *in)
{
	/* A packet that comes after this look comes with a wake-up. */
	if (kfifo_is_empty(&in->backlog))
		return false;
	in->head = 0;
	in->tail = inbox_take(in, in->held, NET_BATCH);
	in->from_tap = false;
	return in->tail;
}

/* A packet under way goes to where the new rules want it. */
static void move_packet(struct kvdev_net *net,
			const struct kvdev_net_state *state,
			const struct net_packet *old)
{
	unsigned int reason;
	struct net_packet p;
	u16 pair;

	make_packet(&p, state, old->ptr, old->tap);
	reason = hand_over(net, state, &p, &pair);
	if (reason != KVDEV_NET_PASS)
		net->stats[KVDEV_NET_RXQ(pair)].drops[reason]++;
}

/**
 * net_resteer() - sort packets under way anew, and go on receiving
 * @net: the device; state_mutex is held
 * @state: new rules, in use and paused
 */
void net_resteer(struct kvdev_net *net, struct kvdev_net_state *state)
{
	unsigned int left[KVDEV_NET_MAX_PAIRS];
	struct net_packet p;
	struct net_inbox *in;
	u16 i;

	/* Nobody else: queues pause. Those that are moved come behind these. */
	for (i = 0; i < net->nr_pairs; i++)
		left[i] = kfifo_len(&net->inboxes[i].backlog);
	for (i = 0; i < net->nr_pairs; i++) {
		in = &net->inboxes[i];
		while (in->head < in->tail)
			move_packet(net, state, &in->held[in->head++]);
		while (left[i]-- && inbox_take(in, &p, 1))
			move_packet(net, state, &p);
	}
	/* Pairs with the acquire in net_rx_serve(). */
	smp_store_release(&state->paused, false);
	for (i = 0; i < net->nr_pairs; i++)
		wake_rx(net, i);
}

/**
 * net_readers_changed() - a receive queue begins, or has ended
 * @net: the device; its mutex is held, its queues may run
 *
 * Its part is taken from, or given to, the others.
 */
void net_readers_changed(struct kvdev_net *net)
{
	struct kvdev_net_state *state;

	if (net->nr_pairs == 1)
		return;
	mutex_lock(&net->state_mutex);
	state = rcu_dereference_protected(net->state,
					  lockdep_is_held(&net->state_mutex));
	WRITE_ONCE(state->paused, true);
	/* Rounds that have not seen it are over then. */
	synchronize_srcu_expedited(&net->srcu);
	net_resteer(net, state);
	mutex_unlock(&net->state_mutex);
}

/**
 * net_steer_purge() - drop what waits for a driver that is gone
 * @net: the device; no queue runs
 */
void net_steer_purge(struct kvdev_net *net)
{
	struct net_packet p;
	struct net_inbox *in;
	u16 i;

	for (i = 0; i < net->nr_pairs; i++) {
		in = &net->inboxes[i];
		while (in->head < in->tail)
			kvdev_tap_drop(in->held[in->head++].ptr);
		while (inbox_take(in, &p, 1))
			kvdev_tap_drop(p.ptr);
	}
}

/**
 * net_steer_init() - nothing is under way
 * @net: new
 *
 * Return: 0 or -ENOMEM; net_steer_exit() is due in any case.
 */
int net_steer_init(struct kvdev_net *net)
{
	/* With one pair only net_resteer() uses it, for what is held. */
	unsigned int backlog = net->nr_pairs > 1 ? NET_BACKLOG : NET_BATCH;
	u16 i;

	net->inboxes = kvcalloc(net->nr_pairs, sizeof(*net->inboxes),
				GFP_KERNEL_ACCOUNT);
	if (!net->inboxes)
		return -ENOMEM;
	for (i = 0; i < net->nr_pairs; i++)
		spin_lock_init(&net->inboxes[i].lock);
	for (i = 0; i < net->nr_pairs; i++)
		if (kfifo_alloc(&net->inboxes[i].backlog, backlog,
				GFP_KERNEL_ACCOUNT))
			return -ENOMEM;
	return 0;
}

/**
 * net_steer_exit() - undo net_steer_init()
 * @net: going
 */
void net_steer_exit(struct kvdev_net *net)
{
	u16 i;

	if (!net->inboxes)
		return;
	net_steer_purge(net);
	for (i = 0; i < net->nr_pairs; i++)
		kfifo_free(&net->inboxes[i].backlog);
	kvfree(net->inboxes);
}
