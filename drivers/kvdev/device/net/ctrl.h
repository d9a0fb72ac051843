/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands of the control queue (5.1.6.5). All of them change one struct, which
 * the rest of the device only reads.
 *
 * Whoever calls executes a command on a copy and puts the copy in the place of
 * what the queues use, so that these see either all of a command or nothing.
 */
#ifndef KVDEV_NET_CTRL_H
#define KVDEV_NET_CTRL_H

#include "filter.h"
#include "rss.h"

/*
 * Bytes of a command without class and number. The longest are tables of
 * addresses, for which there is no limit in the specification: 10000 addresses
 * are more than a driver has uses for.
 */
#define KVDEV_NET_CTRL_DATA_MAX		(64 * 1024)
/* Bytes of a result without the status: statistics of all queues. */
#define KVDEV_NET_CTRL_RESULT_MAX	(KVDEV_NET_MAX_VQS * 64)

/**
 * struct kvdev_net_coal - when a queue notifies
 * @max_packets: after so many packets; 0 and 1 are each packet
 * @max_usecs: after so many microseconds; 0 is at once
 */
struct kvdev_net_coal {
	u32 max_packets;
	u32 max_usecs;
};

/**
 * struct kvdev_net_state - all that the driver configured
 * @features: negotiated
 * @offloads: of KVDEV_NET_GUEST_OFFLOADS, what is on
 * @pairs: pairs of queues in use
 * @paused: no packets are received: those under way change queues
 * @announce: VIRTIO_NET_S_ANNOUNCE is in the status
 * @filter: what is received
 * @rss: where to
 * @coal_rx: for receive queues that are enabled from now on
 * @coal_tx: for transmit queues that are enabled from now on
 * @coal: of each queue, by its number. That of one that is not enabled is what it
 *	will be enabled with
 */
struct kvdev_net_state {
	u64 features;
	u64 offloads;
	u16 pairs;
	bool paused;
	bool announce;
	struct kvdev_net_filter filter;
	struct kvdev_net_rss rss;
	struct kvdev_net_coal coal_rx;
	struct kvdev_net_coal coal_tx;
	struct kvdev_net_coal coal[2 * KVDEV_NET_MAX_PAIRS];
};

/**
 * struct kvdev_net_counters - of a queue, as the driver sees them
 * @notifications: kicks by the driver
 * @packets: that went through
 * @bytes: of them
 * @interrupts: notifications of the driver
 * @drops: packets dropped, for whatever reason
 * @bad: of these: no buffer (receive), malformed (transmit)
 */
struct kvdev_net_counters {
	u64 notifications;
	u64 packets;
	u64 bytes;
	u64 interrupts;
	u64 drops;
	u64 bad;
};

/**
 * struct kvdev_net_ctrl_ops - what a command must ask the device
 * @vq_enabled: whether the queue is one the driver can use now
 * @counters: fill in the counters of a receive or transmit queue
 */
struct kvdev_net_ctrl_ops {
	bool (*vq_enabled)(void *ctx, u16 vq);
	void (*counters)(void *ctx, u16 vq, struct kvdev_net_counters *c);
};

/**
 * struct kvdev_net_ctrl - the device a command is for
 * @max_pairs: pairs of queues it has, at least 1
 * @cvq: number of the control queue; those before it receive and transmit
 * @commands: commands that came so far, this one included
 * @commands_ok: those that were executed
 * @ops: how to ask
 * @ctx: whom
 */
struct kvdev_net_ctrl {
	u16 max_pairs;
	u16 cvq;
	u64 commands;
	u64 commands_ok;
	const struct kvdev_net_ctrl_ops *ops;
	void *ctx;
};

/* What a command did, and the caller has to act on. */
#define KVDEV_NET_DID_MAC	BIT(0)	/* filter.mac: put it into the config */
#define KVDEV_NET_DID_ANNOUNCE	BIT(1)	/* acknowledged: take it off the status */
#define KVDEV_NET_DID_PAIRS	BIT(2)	/* pairs */
#define KVDEV_NET_DID_STEER	BIT(3)	/* rss */
#define KVDEV_NET_DID_OFFLOADS	BIT(4)	/* offloads: tell the tap */
#define KVDEV_NET_DID_COAL	BIT(5)	/* coal, coal_rx, coal_tx */
#define KVDEV_NET_DID_FILTER	BIT(6)	/* filter, apart from the address */

/**
 * struct kvdev_net_cmd - one command
 * @class: VIRTIO_NET_CTRL_*
 * @cmd: command of the class
 * @data: what came behind these two
 * @len: bytes of it
 * @result: in: where to put an answer. KVDEV_NET_CTRL_RESULT_MAX bytes are
 *	always enough
 * @room: bytes at @result
 * @result_len: out: bytes that were put there. Of these, the driver gets what
 *	it left room for
 * @did: out: KVDEV_NET_DID_*
 */
struct kvdev_net_cmd {
	u8 class;
	u8 cmd;
	const u8 *data;
	u32 len;
	u8 *result;
	u32 room;
	u32 result_len;
	u32 did;
};

/**
 * kvdev_net_state_reset() - as after a reset, with these features
 * @state: everything is set
 * @features: negotiated
 * @mac: address of the device
 * @locked: whether the driver must use it
 * @max_len: see struct kvdev_net_filter
 */
void kvdev_net_state_reset(struct kvdev_net_state *state, u64 features,
			   const u8 *mac, bool locked, u32 max_len);

/* The queue is disabled, by a reset of its own. */
void kvdev_net_state_vq_disabled(struct kvdev_net_state *state, u16 vq);

/**
 * kvdev_net_ctrl() - execute a command
 * @ctrl: the device
 * @state: what the command may change; undefined if it fails
 * @cmd: the command
 *
 * Return: VIRTIO_NET_OK or VIRTIO_NET_ERR.
 */
u8 kvdev_net_ctrl(const struct kvdev_net_ctrl *ctrl,
		  struct kvdev_net_state *state, struct kvdev_net_cmd *cmd);

#endif /* KVDEV_NET_CTRL_H */
