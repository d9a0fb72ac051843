/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The network device (virtio 1.3, 5.1) between its files.
 *
 *	net.c    the device: configuration, features, commands, life
 *	link.c   whether there is a link: the interface's state, and the VMM's
 *	         word
 *	tx.c     driver -> tap
 *	rx.c     tap -> driver
 *	steer.c  which queue a received packet goes to
 *	ctrl_vq.c  commands of the driver
 *	local.c  answers to the guest's requests for an address
 *
 * What the driver configures is in struct kvdev_net_state. Nobody changes one
 * that is in use: whoever wants to, holds the mutex of the device's @state_mutex,
 * copies it, changes the copy and calls kvdev_net_state_set(). Queues look at
 * it for one round, between kvdev_net_state_get() and _put().
 */
#ifndef KVDEV_NET_H
#define KVDEV_NET_H

#include <linux/kfifo.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <uapi/linux/kvdev_net.h>

#include "../../backend/tap.h"
#include "../device.h"
#include "ctrl.h"
#include "hdr.h"

struct kvdev_dhcp;

/* Reasons to drop a packet, after those of enum kvdev_net_drop. */
enum {
	NET_DROP_BUFFER = KVDEV_NET_NR_DROPS,	/* driver's buffer too small */
	NET_DROP_LINK,				/* there is no link */
	NET_DROP_TAP,				/* the tap is gone or odd */
	NET_DROP_MEMORY,			/* none left */
	NET_DROP_BACKLOG,			/* too many wait for the queue */
	NET_NR_DROPS
};

/**
 * struct net_stats - counters of a queue; its worker
 * @packets: that went through
 * @bytes: of them, without headers
 * @waits: times packets had to wait: for buffers of the driver (receive), for
 *	room in the tap (transmit)
 * @drops: by reason
 */
struct net_stats {
	u64 packets;
	u64 bytes;
	u64 waits;
	u64 drops[NET_NR_DROPS];
};

/**
 * struct net_link - where the state of the link comes from
 * @node: on the list of those that follow an interface
 * @netdev: the interface, NULL: none, or it has gone; the list's lock
 * @followed: there is, or was, an interface; the device's mutex
 * @forced: enum kvdev_net_link; the device's mutex
 * @name: of the interface, for people; the list's lock
 * @work: takes over a change
 * @up: there is a link; written under the device's mutex
 */
struct net_link {
	struct list_head node;
	struct net_device *netdev;
	bool followed;
	u32 forced;
	char name[IFNAMSIZ];
	struct delayed_work work;
	bool up;
};

/* Packets taken from a tap in one go. */
#define NET_BATCH	64

/* Packets that wait for a queue that the hash chose, before more are dropped. */
#define NET_BACKLOG	1024

/**
 * struct net_packet - a packet from a tap
 * @ptr: as the tap has it
 * @hash: of the packet, if the driver asked for hashes
 * @tap: queue of the tap that it came from
 */
struct net_packet {
	void *ptr;
	struct kvdev_net_hash hash;
	u16 tap;
};

/**
 * struct net_inbox - packets for a receive queue; it outlives the queue's stop
 * @lock: @backlog
 * @backlog: from queues that read taps, for this one
 * @head: next one in @held; the queue's worker
 * @tail: end of those in @held; likewise
 * @from_tap: @held is what this queue took last from a tap; likewise
 * @held: being delivered, in order; likewise
 */
struct net_inbox {
	spinlock_t lock;		/* of the backlog */
	DECLARE_KFIFO_PTR(backlog, struct net_packet);
	unsigned int head;
	unsigned int tail;
	bool from_tap;
	struct net_packet held[NET_BATCH];
};

/**
 * struct kvdev_net - a network device
 * @dev: the device
 * @nr_pairs: pairs of queues
 * @has_ctrl: the last queue is the control queue
 * @taps: of each pair; file is NULL while there is none
 * @inboxes: of each pair
 * @hash: KVDEV_NET_HASH_*: what the driver is offered
 * @split_workers: the queues of a pair do not share a worker
 * @mac: of the device, as the VMM set it
 * @host_mac: of the host, all 0: not set
 * @locked: the driver has to use @mac
 * @mtu: 0: not told
 * @dhcp: what requests for an address are answered, NULL: nothing
 * @answers: to be received
 * @busy_poll: microseconds a queue looks for more before it sleeps
 * @link: state of the link
 * @state_mutex: whoever changes @state
 * @state: what the driver configured
 * @srcu: who looks at @state
 * @started: @state is for the present driver
 * @stats: of each receive and transmit queue
 *
 * Without another rule: the device's mutex, and no change while queues run.
 */
struct kvdev_net {
	struct kvdev_dev *dev;
	u16 nr_pairs;
	bool has_ctrl;
	struct kvdev_tap taps[KVDEV_NET_MAX_PAIRS];
	struct net_inbox *inboxes;
	u8 hash;
	bool split_workers;
	u8 mac[ETH_ALEN];
	u8 host_mac[ETH_ALEN];
	bool locked;
	u32 mtu;
	struct kvdev_dhcp *dhcp;
	struct sk_buff_head answers;
	u32 busy_poll;
	struct net_link link;

	struct mutex state_mutex;	/* changes of @state */
	struct kvdev_net_state __rcu *state;
	struct srcu_struct srcu;
	bool started;

	struct net_stats stats[2 * KVDEV_NET_MAX_PAIRS];
};

/**
 * struct net_queue - what a receive and a transmit queue have in common
 * @vq: the queue
 * @net: its device
 * @tap: of its pair
 * @stats: counters
 * @features: negotiated
 * @hdr_len: bytes of the header in front of each packet
 * @bytes: payload of this turn, not accounted yet
 * @done: packets given back, likewise
 * @unpublished: buffers the driver has not been told of yet
 * @used: of these, those that are not on the ring yet
 * @nr_used: number of them
 */
struct net_queue {
	struct kvdev_vq *vq;
	struct kvdev_net *net;
	const struct kvdev_tap *tap;
	struct net_stats *stats;
	u64 features;
	unsigned int hdr_len;
	u32 bytes;
	u32 done;
	unsigned int unpublished;
	struct kvdev_used used[NET_BATCH];
	unsigned int nr_used;
};

/* queue.c */
void net_queue_init(struct net_queue *q, struct kvdev_vq *vq);
void net_coalesce(struct kvdev_vq *vq, const struct kvdev_net_state *state);
void net_round_over(struct net_queue *q);
bool net_turn_over(const struct net_queue *q);
void net_complete(struct net_queue *q, u16 id, u32 written);
void net_publish(struct net_queue *q, unsigned int nr);
bool net_busy_poll(struct net_queue *q, u64 *start);

/* net.c */
void net_announced(struct kvdev_net *net);
void net_set_offloads(const struct kvdev_net *net, u64 offloads);
void kvdev_net_state_set(struct kvdev_net *net, struct kvdev_net_state *state);

/* Counts a dropped packet. */
static inline void net_drop(struct net_queue *q, unsigned int reason)
{
	q->stats->drops[reason]++;
}

static inline const struct kvdev_net_state *
kvdev_net_state_get(struct kvdev_net *net, int *idx)
{
	*idx = srcu_read_lock(&net->srcu);
	return srcu_dereference(net->state, &net->srcu);
}

static inline void kvdev_net_state_put(struct kvdev_net *net, int idx)
{
	srcu_read_unlock(&net->srcu, idx);
}

/* tx.c */
int net_tx_start(struct kvdev_vq *vq);
void net_tx_stop(struct kvdev_vq *vq);
bool net_tx_serve(struct kvdev_vq *vq);

/* rx.c */
int net_rx_start(struct kvdev_vq *vq);
void net_rx_stop(struct kvdev_vq *vq);
bool net_rx_serve(struct kvdev_vq *vq);

/* steer.c */
int net_steer_init(struct kvdev_net *net);
void net_steer_purge(struct kvdev_net *net);
void net_steer_exit(struct kvdev_net *net);
unsigned int net_steer(struct net_queue *q, const struct kvdev_net_state *state,
		       u16 tap);
unsigned int net_inbox_fill(struct net_queue *q,
			    const struct kvdev_net_state *state, u16 tap);
bool net_inbox_refill(struct net_inbox *in);
unsigned long net_taps_of(const struct kvdev_net *net,
			  const struct kvdev_net_state *state, u16 pair);
void net_readers_changed(struct kvdev_net *net);
void net_resteer(struct kvdev_net *net, struct kvdev_net_state *state);

/* ctrl_vq.c */
int net_ctrl_start(struct kvdev_vq *vq);
void net_ctrl_stop(struct kvdev_vq *vq);
bool net_ctrl_serve(struct kvdev_vq *vq);

/* local.c */
int net_local_set(struct kvdev_net *net, const struct kvdev_net_local *arg);
bool net_local_answer(struct kvdev_net *net,
		      const struct kvdev_net_state *state, const u8 *frame,
		      u32 len);

/* link.c: the device's mutex is held */
void net_link_init(struct kvdev_net *net);
int net_link_follow(struct kvdev_net *net, u32 ifindex);
void net_link_force(struct kvdev_net *net, u32 link);
void net_link_update(struct kvdev_net *net);
void net_link_exit(struct kvdev_net *net);
int net_link_register(void);
void net_link_unregister(void);

#endif /* KVDEV_NET_H */
