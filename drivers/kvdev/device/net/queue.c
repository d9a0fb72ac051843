// SPDX-License-Identifier: GPL-2.0
/*
 * What receive and transmit queues have in common: turns of the worker, what of
 * them the driver gets to see when, and waiting for more without sleeping.
 */
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sizes.h>
#include <linux/time64.h>

#include "net.h"

/* After which a queue lets another one have the worker they share. */
#define NET_TURN_BYTES	SZ_512K

/**
 * net_queue_init() - what receive and transmit queues have in common
 * @q: filled
 * @vq: the queue
 */
void net_queue_init(struct net_queue *q, struct kvdev_vq *vq)
{
	struct kvdev_net *net = kvdev_dev_priv(kvdev_vq_dev(vq));
	u16 index = kvdev_vq_index(vq);
	/* The device's mutex is held: it stays. */
	const struct kvdev_net_state *state = rcu_access_pointer(net->state);

	q->vq = vq;
	q->net = net;
	q->tap = &net->taps[index / 2];
	q->stats = &net->stats[index];
	q->features = state->features;
	q->hdr_len = kvdev_net_hdr_len(q->features);
	net_coalesce(vq, state);
}

/**
 * net_coalesce() - the driver has said when it is to be notified
 * @vq: a receive or transmit queue; the device's mutex is held
 * @state: what the driver configured
 */
void net_coalesce(struct kvdev_vq *vq, const struct kvdev_net_state *state)
{
	const struct kvdev_net_coal *coal = &state->coal[kvdev_vq_index(vq)];

	kvdev_vq_coalesce(vq, coal->max_packets, coal->max_usecs);
}

static void push(struct net_queue *q)
{
	kvdev_vq_complete_batch(q->vq, q->used, q->nr_used);
	q->nr_used = 0;
}

/**
 * net_round_over() - tell the core what was done
 * @q: of the queue's worker
 */
void net_round_over(struct net_queue *q)
{
	bool rx = kvdev_vq_index(q->vq) % 2 == 0;

	push(q);
	kvdev_vq_account(q->vq, rx ? 0 : q->bytes, rx ? q->bytes : 0, false);
	kvdev_vq_add_packets(q->vq, q->done);
	q->bytes = 0;
	q->done = 0;
}

/**
 * net_turn_over() - is it the turn of another queue?
 * @q: being served
 *
 * A queue of packets of 64 kB would keep the acknowledgements waiting, for which
 * the sender of the next ones waits.
 *
 * Return: whether it is.
 */
bool net_turn_over(const struct net_queue *q)
{
	return kvdev_vq_should_stop(q->vq) ||
	       (q->bytes >= NET_TURN_BYTES && kvdev_vq_shared_wanted(q->vq));
}

/**
 * net_complete() - give a buffer back, with others
 * @q: being served
 * @id: the buffer
 * @written: bytes written to it
 */
void net_complete(struct net_queue *q, u16 id, u32 written)
{
	q->used[q->nr_used++] = (struct kvdev_used){ id, written };
	if (q->nr_used == ARRAY_SIZE(q->used))
		push(q);
}

/**
 * net_publish() - a packet is done, the driver is to see it soon
 * @q: being served
 * @nr: the packet's buffers, all given to net_complete()
 *
 * Not each of them, and not a whole ring: then one side would always wait for
 * the other.
 */
void net_publish(struct net_queue *q, unsigned int nr)
{
	q->done++;
	q->unpublished += nr;
	if (q->unpublished < NET_BATCH)
		return;
	q->unpublished = 0;
	kvdev_vq_add_packets(q->vq, q->done);
	q->done = 0;
	push(q);
	kvdev_vq_flush(q->vq);
}

/**
 * net_busy_poll() - go on looking for work?
 * @q: has nothing to do
 * @start: 0 the first time
 *
 * Return: true to look again at once.
 */
bool net_busy_poll(struct net_queue *q, u64 *start)
{
	u32 usecs = READ_ONCE(q->net->busy_poll);
	u64 now;

	if (!usecs)
		return false;
	now = local_clock();
	if (!*start) {
		*start = now;
		net_round_over(q);
		kvdev_vq_flush(q->vq);
	}
	if (now - *start >= (u64)usecs * NSEC_PER_USEC || need_resched() ||
	    kvdev_vq_should_stop(q->vq) || kvdev_vq_shared_wanted(q->vq))
		return false;
	cpu_relax();
	return true;
}
