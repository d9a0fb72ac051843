// SPDX-License-Identifier: GPL-2.0
/*
 * The control queue (virtio 1.3, 5.1.6.5): takes commands from the ring, has
 * ctrl.c execute them on a copy of what the driver configured, and puts the
 * copy in its place.
 *
 * A command may change the configuration space, so it is executed under the
 * device's mutex. Its owner may be waiting for this very queue to stop, so it
 * is only tried.
 */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/virtio_byteorder.h>

#include "net.h"

/* Class and number, and behind the data the status. */
#define CTRL_HDR_LEN	2
#define CTRL_ACK_LEN	1

/* Commands up to this length need no allocation: all but large tables. */
#define CTRL_DATA_SMALL	2048

/**
 * struct net_ctrl - the control queue; its worker
 * @vq: the queue
 * @net: its device
 * @commands: that came
 * @commands_ok: that were executed
 * @data: of a short command
 * @result: of a command
 */
struct net_ctrl {
	struct kvdev_vq *vq;
	struct kvdev_net *net;
	u64 commands;
	u64 commands_ok;
	u8 data[CTRL_DATA_SMALL];
	u8 result[KVDEV_NET_CTRL_RESULT_MAX];
};

static bool ctrl_vq_enabled(void *ctx, u16 vq)
{
	struct net_ctrl *c = ctx;

	return kvdev_vq_enabled(kvdev_dev_vq(c->net->dev, vq));
}

static void ctrl_counters(void *ctx, u16 vq, struct kvdev_net_counters *n)
{
	struct net_ctrl *c = ctx;
	const struct net_stats *s = &c->net->stats[vq];
	unsigned int i;

	kvdev_vq_notifications(kvdev_dev_vq(c->net->dev, vq), &n->notifications,
			       &n->interrupts);
	n->packets = READ_ONCE(s->packets);
	n->bytes = READ_ONCE(s->bytes);
	for (i = 0; i < NET_NR_DROPS; i++)
		n->drops += READ_ONCE(s->drops[i]);
	n->bad = READ_ONCE(s->drops[NET_DROP_BUFFER]);
	if (vq % 2)
		n->bad = READ_ONCE(s->drops[KVDEV_NET_DROP_SHORT]) +
			 READ_ONCE(s->drops[KVDEV_NET_DROP_CSUM]) +
			 READ_ONCE(s->drops[KVDEV_NET_DROP_GSO_TYPE]) +
			 READ_ONCE(s->drops[KVDEV_NET_DROP_GSO_SIZE]);
}

static const struct kvdev_net_ctrl_ops ctrl_ops = {
	.vq_enabled = ctrl_vq_enabled,
	.counters = ctrl_counters,
};

static void ctrl_coalesce(struct net_ctrl *c,
			  const struct kvdev_net_state *state)
{
	struct kvdev_vq *vq;
	u16 i;

	for (i = 0; i < kvdev_vq_index(c->vq); i++) {
		vq = kvdev_dev_vq(c->net->dev, i);
		if (kvdev_vq_enabled(vq))
			net_coalesce(vq, state);
	}
}

/* What else must happen before the driver sees that the command is done. */
static void ctrl_act(struct net_ctrl *c, const struct kvdev_net_state *state,
		     u32 did)
{
	struct virtio_net_config *config = kvdev_dev_config(c->net->dev);

	if (did & KVDEV_NET_DID_MAC)
		kvdev_net_put_mac(config->mac, state->filter.mac);
	if (did & KVDEV_NET_DID_ANNOUNCE)
		net_announced(c->net);
	if (did & KVDEV_NET_DID_OFFLOADS)
		net_set_offloads(c->net, state->offloads);
	if (did & KVDEV_NET_DID_COAL)
		ctrl_coalesce(c, state);
}

static u8 ctrl_execute(struct net_ctrl *c, struct kvdev_net_cmd *cmd)
{
	struct kvdev_net *net = c->net;
	const struct kvdev_net_ctrl ctrl = {
		.max_pairs = net->nr_pairs,
		.cvq = kvdev_vq_index(c->vq),
		.commands = c->commands,
		.commands_ok = c->commands_ok,
		.ops = &ctrl_ops,
		.ctx = c,
	};
	struct kvdev_net_state *state;
	u8 ack = VIRTIO_NET_ERR;
	bool steer;

	mutex_lock(&net->state_mutex);
	state = kvmemdup(rcu_dereference_protected(net->state,
						   lockdep_is_held(&net->state_mutex)),
			 sizeof(*state), GFP_KERNEL_ACCOUNT);
	if (state)
		ack = kvdev_net_ctrl(&ctrl, state, cmd);
	if (ack == VIRTIO_NET_OK && cmd->did) {
		steer = cmd->did & (KVDEV_NET_DID_PAIRS | KVDEV_NET_DID_STEER);
		state->paused = steer;
		ctrl_act(c, state, cmd->did);
		kvdev_net_state_set(net, state);
		if (steer)
			net_resteer(net, state);
	} else {
		kvfree(state);
	}
	mutex_unlock(&net->state_mutex);
	return ack;
}

/* Fetches the data of a command and executes it. NULL, or a violation. */
static const char *ctrl_fetch(struct net_ctrl *c, struct iov_iter *from,
			      struct kvdev_net_cmd *cmd, u8 *ack)
{
	u8 hdr[CTRL_HDR_LEN], *data = c->data;
	const char *reason = NULL;
	size_t len;

	*ack = VIRTIO_NET_ERR;
	c->commands++;
	if (!copy_from_iter_full(hdr, sizeof(hdr), from))
		return "control command is not accessible";
	len = iov_iter_count(from);
	if (len > KVDEV_NET_CTRL_DATA_MAX)
		return NULL;
	if (len > CTRL_DATA_SMALL) {
		data = kvmalloc(len, GFP_KERNEL_ACCOUNT);
		if (!data)
			return NULL;
	}
	if (copy_from_iter_full(data, len, from)) {
		cmd->class = hdr[0];
		cmd->cmd = hdr[1];
		cmd->data = data;
		cmd->len = len;
		*ack = ctrl_execute(c, cmd);
		c->commands_ok += *ack == VIRTIO_NET_OK;
	} else {
		reason = "control command is not accessible";
	}
	if (data != c->data)
		kvfree(data);
	return reason;
}

/* One command, the device's mutex is held. NULL, or a violation. */
static const char *ctrl_serve(struct net_ctrl *c, struct kvdev_vq_chain *chain)
{
	struct iov_iter *to = &chain->writable;
	struct kvdev_net_cmd cmd = { .result = c->result };
	size_t room = iov_iter_count(to), readable;
	const char *reason;
	u8 ack;

	readable = iov_iter_count(&chain->readable);
	if (readable < CTRL_HDR_LEN)
		return "control command without class and number";
	if (room < CTRL_ACK_LEN)
		return "control command without room for its status";
	cmd.room = min(room - CTRL_ACK_LEN, sizeof(c->result));

	/* virtio 1.3, 5.1.6.5: done before it is used */
	reason = ctrl_fetch(c, &chain->readable, &cmd, &ack);
	if (reason)
		return reason;
	if (copy_to_iter(&ack, CTRL_ACK_LEN, to) != CTRL_ACK_LEN ||
	    copy_to_iter(c->result, cmd.result_len, to) != cmd.result_len)
		return "status of a control command is not accessible";
	kvdev_vq_pop(c->vq, chain);
	kvdev_vq_account(c->vq, readable, CTRL_ACK_LEN + cmd.result_len,
			 ack != VIRTIO_NET_OK);
	kvdev_vq_complete(c->vq, chain->id, CTRL_ACK_LEN + cmd.result_len);
	return NULL;
}

/**
 * net_ctrl_serve() - see vq_serve of struct kvdev_device_type
 * @vq: the control queue
 *
 * Return: whether it wants to be called again.
 */
bool net_ctrl_serve(struct kvdev_vq *vq)
{
	struct net_ctrl *c = kvdev_vq_priv(vq);
	struct kvdev_dev *dev = c->net->dev;
	struct kvdev_vq_chain chain;
	const char *reason;

	for (;;) {
		if (kvdev_vq_should_stop(vq))
			return true;
		if (kvdev_vq_peek(vq, &chain) <= 0)
			return false;
		if (!kvdev_dev_trylock(dev)) {
			/* Not for long; or for this queue to stop. */
			schedule_timeout_idle(1);
			return true;
		}
		reason = ctrl_serve(c, &chain);
		kvdev_dev_unlock(dev);
		if (reason) {
			kvdev_vq_violation(vq, reason);
			return false;
		}
	}
}

/**
 * net_ctrl_start() - the control queue is about to run
 * @vq: the queue
 *
 * Return: 0 or -ENOMEM.
 */
int net_ctrl_start(struct kvdev_vq *vq)
{
	struct net_ctrl *c = kvzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	if (!c)
		return -ENOMEM;
	c->vq = vq;
	c->net = kvdev_dev_priv(kvdev_vq_dev(vq));
	kvdev_vq_set_priv(vq, c);
	return 0;
}

/**
 * net_ctrl_stop() - undo net_ctrl_start()
 * @vq: the queue, not served any more
 */
void net_ctrl_stop(struct kvdev_vq *vq)
{
	kvfree(kvdev_vq_priv(vq));
	kvdev_vq_set_priv(vq, NULL);
}
