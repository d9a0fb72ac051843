// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the control queue, see ctrl.h.
 */
#include "ctrl.h"

/* What is left of a command's data. */
struct cursor {
	const u8 *at;
	u32 left;
	bool bad;	/* something was not there */
};

static const u8 *take(struct cursor *c, u32 len)
{
	const u8 *at = c->at;

	if (c->bad || c->left < len) {
		c->bad = true;
		return NULL;
	}
	c->at += len;
	c->left -= len;
	return at;
}

static u64 take_le(struct cursor *c, unsigned int len)
{
	const u8 *at = take(c, len);
	u64 value = 0;

	while (at && len--)
		value = value << 8 | at[len];
	return value;
}

/* All was there, and nothing else was. */
static bool all_taken(const struct cursor *c)
{
	return !c->bad && !c->left;
}

/* What does not fit any more is left out (5.1.6.5.10.2). */
static void put_le(struct kvdev_net_cmd *cmd, u64 value, unsigned int len)
{
	for (; len-- && cmd->result_len < cmd->room; value >>= 8)
		cmd->result[cmd->result_len++] = value;
}

static bool rx_mode(struct kvdev_net_state *state, struct kvdev_net_cmd *cmd,
		    struct cursor *c)
{
	struct kvdev_net_filter *f = &state->filter;
	bool *const mode[] = {
		[VIRTIO_NET_CTRL_RX_PROMISC] = &f->promisc,
		[VIRTIO_NET_CTRL_RX_ALLMULTI] = &f->allmulti,
		[VIRTIO_NET_CTRL_RX_ALLUNI] = &f->alluni,
		[VIRTIO_NET_CTRL_RX_NOMULTI] = &f->nomulti,
		[VIRTIO_NET_CTRL_RX_NOUNI] = &f->nouni,
		[VIRTIO_NET_CTRL_RX_NOBCAST] = &f->nobcast,
	};
	unsigned int feature = cmd->cmd < VIRTIO_NET_CTRL_RX_ALLUNI ?
		VIRTIO_NET_F_CTRL_RX : VIRTIO_NET_F_CTRL_RX_EXTRA;
	bool on = take_le(c, 1);

	if (!kvdev_net_has(state->features, feature) || !all_taken(c) ||
	    cmd->cmd >= ARRAY_SIZE(mode))
		return false;
	*mode[array_index_nospec(cmd->cmd, ARRAY_SIZE(mode))] = on;
	cmd->did = KVDEV_NET_DID_FILTER;
	return true;
}

/* A count, and as many addresses. */
static const u8 *take_macs(struct cursor *c, u32 *nr)
{
	*nr = take_le(c, 4);
	if (*nr > KVDEV_NET_CTRL_DATA_MAX / ETH_ALEN) {
		c->bad = true;
		return NULL;
	}
	return take(c, *nr * ETH_ALEN);
}

static bool mac_table_set(struct kvdev_net_state *state,
			  struct kvdev_net_cmd *cmd, struct cursor *c)
{
	const u8 *uni, *multi;
	u32 nr_uni, nr_multi;

	uni = take_macs(c, &nr_uni);
	multi = take_macs(c, &nr_multi);
	if (!kvdev_net_has(state->features, VIRTIO_NET_F_CTRL_RX) ||
	    !all_taken(c))
		return false;
	kvdev_net_macs_set(&state->filter.uni, uni, nr_uni);
	kvdev_net_macs_set(&state->filter.multi, multi, nr_multi);
	cmd->did = KVDEV_NET_DID_FILTER;
	return true;
}

static bool mac_addr_set(struct kvdev_net_state *state,
			 struct kvdev_net_cmd *cmd, struct cursor *c)
{
	const u8 *addr = take(c, ETH_ALEN);

	if (!kvdev_net_has(state->features, VIRTIO_NET_F_CTRL_MAC_ADDR) ||
	    !all_taken(c))
		return false;
	/* An address of one host */
	if (addr[0] & 1 || !kvdev_net_mac(addr))
		return false;
	if (state->filter.locked)
		return kvdev_net_mac(addr) == state->filter.mac;
	state->filter.mac = kvdev_net_mac(addr);
	cmd->did = KVDEV_NET_DID_MAC;
	return true;
}

static bool mac(struct kvdev_net_state *state, struct kvdev_net_cmd *cmd,
		struct cursor *c)
{
	switch (cmd->cmd) {
	case VIRTIO_NET_CTRL_MAC_TABLE_SET:
		return mac_table_set(state, cmd, c);
	case VIRTIO_NET_CTRL_MAC_ADDR_SET:
		return mac_addr_set(state, cmd, c);
	}
	return false;
}

static bool vlan(struct kvdev_net_state *state, struct kvdev_net_cmd *cmd,
		 struct cursor *c)
{
	u16 vid = take_le(c, 2);

	if (!kvdev_net_has(state->features, VIRTIO_NET_F_CTRL_VLAN) ||
	    !all_taken(c) || vid >= KVDEV_NET_VLANS)
		return false;
	if (cmd->cmd != VIRTIO_NET_CTRL_VLAN_ADD &&
	    cmd->cmd != VIRTIO_NET_CTRL_VLAN_DEL)
		return false;
	kvdev_net_vlan_set(&state->filter, vid,
			   cmd->cmd == VIRTIO_NET_CTRL_VLAN_ADD);
	cmd->did = KVDEV_NET_DID_FILTER;
	return true;
}

/* virtio 1.3, 5.1.6.5.4.2 */
static bool announce(struct kvdev_net_state *state, struct kvdev_net_cmd *cmd,
		     struct cursor *c)
{
	if (!kvdev_net_has(state->features, VIRTIO_NET_F_GUEST_ANNOUNCE) ||
	    cmd->cmd != VIRTIO_NET_CTRL_ANNOUNCE_ACK || !all_taken(c))
		return false;
	state->announce = false;
	cmd->did = KVDEV_NET_DID_ANNOUNCE;
	return true;
}

static bool vq_pairs_set(const struct kvdev_net_ctrl *ctrl,
			 struct kvdev_net_state *state,
			 struct kvdev_net_cmd *cmd, struct cursor *c)
{
	u16 pairs = take_le(c, 2);

	if (!kvdev_net_has(state->features, VIRTIO_NET_F_MQ) || !all_taken(c) ||
	    !pairs || pairs > ctrl->max_pairs)
		return false;
	state->pairs = pairs;
	/* virtio 1.3, 5.1.6.5.5: the device chooses by itself again */
	state->rss.steer = false;
	cmd->did = KVDEV_NET_DID_PAIRS | KVDEV_NET_DID_STEER;
	return true;
}

/*
 * Length and bytes of the key, last in both commands that have one. Some versions
 * of Linux (6.12.107) send a byte more, as they have padding of a structure of their
 * own before the key. Nothing tells it from the key, so it is taken for the first
 * byte, and what is behind the key does not matter.
 */
static bool take_key(struct kvdev_net_rss *rss, struct cursor *c)
{
	u32 len = take_le(c, 1);
	const u8 *key = take(c, len);

	if (c->bad || len > KVDEV_NET_RSS_KEY_MAX)
		return false;
	kvdev_net_rss_set_key(rss, key, len);
	return true;
}

/* virtio 1.3, 5.1.6.5.7.1 */
static bool rss_config(const struct kvdev_net_ctrl *ctrl,
		       struct kvdev_net_state *state,
		       struct kvdev_net_cmd *cmd, struct cursor *c)
{
	struct kvdev_net_rss *rss = &state->rss;
	u16 max_rx = 0, max_tx;
	unsigned int i;
	u32 entries;

	if (!kvdev_net_has(state->features, VIRTIO_NET_F_RSS))
		return false;
	rss->types = take_le(c, 4);
	rss->mask = take_le(c, 2);
	rss->unclassified = take_le(c, 2);
	entries = rss->mask + 1;
	if (rss->types & ~KVDEV_NET_RSS_HASH_TYPES ||
	    entries > KVDEV_NET_RSS_TABLE_MAX || !is_power_of_2(entries))
		return false;
	for (i = 0; i < entries; i++) {
		rss->table[i] = take_le(c, 2);
		max_rx = max(max_rx, rss->table[i]);
	}
	max_rx = max(max_rx, rss->unclassified);
	max_tx = take_le(c, 2);
	if (max_rx >= ctrl->max_pairs || !max_tx || max_tx > ctrl->max_pairs)
		return false;
	if (!take_key(rss, c))
		return false;
	rss->steer = true;
	/* Has the effect of VQ_PAIRS_SET, too */
	state->pairs = max(max_tx, (u16)(max_rx + 1));
	cmd->did = KVDEV_NET_DID_PAIRS | KVDEV_NET_DID_STEER;
	return true;
}

/* virtio 1.3, 5.1.6.5.6.4: hashes to report, which choose no queue */
static bool hash_config(struct kvdev_net_state *state,
			struct kvdev_net_cmd *cmd, struct cursor *c)
{
	struct kvdev_net_rss *rss = &state->rss;

	if (!kvdev_net_has(state->features, VIRTIO_NET_F_HASH_REPORT))
		return false;
	rss->types = take_le(c, 4);
	/* Reserved, where RSS_CONFIG has its table */
	take_le(c, 8);
	if (rss->types & ~KVDEV_NET_RSS_HASH_TYPES || !take_key(rss, c))
		return false;
	rss->steer = false;
	cmd->did = KVDEV_NET_DID_STEER;
	return true;
}

static bool mq(const struct kvdev_net_ctrl *ctrl, struct kvdev_net_state *state,
	       struct kvdev_net_cmd *cmd, struct cursor *c)
{
	switch (cmd->cmd) {
	case VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET:
		return vq_pairs_set(ctrl, state, cmd, c);
	case VIRTIO_NET_CTRL_MQ_RSS_CONFIG:
		return rss_config(ctrl, state, cmd, c);
	case VIRTIO_NET_CTRL_MQ_HASH_CONFIG:
		return hash_config(state, cmd, c);
	}
	return false;
}

/* virtio 1.3, 5.1.6.5.6.1: bits as those of the features */
static bool guest_offloads(struct kvdev_net_state *state,
			   struct kvdev_net_cmd *cmd, struct cursor *c)
{
	const u64 csum = BIT_ULL(VIRTIO_NET_F_GUEST_CSUM);
	u64 offloads = take_le(c, 8);

	if (!kvdev_net_has(state->features, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) ||
	    cmd->cmd != VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET || !all_taken(c))
		return false;
	if (offloads & ~(state->features & KVDEV_NET_GUEST_OFFLOADS))
		return false;
	/* As with features (5.1.3.1): all others need this one */
	if (offloads & ~csum && !(offloads & csum))
		return false;
	state->offloads = offloads;
	cmd->did = KVDEV_NET_DID_OFFLOADS;
	return true;
}

/* For all queues of a kind: @first, and every second from there. */
static void coal_all(struct kvdev_net_state *state, unsigned int first,
		     const struct kvdev_net_coal *coal)
{
	unsigned int vq;

	for (vq = first; vq < ARRAY_SIZE(state->coal); vq += 2)
		state->coal[vq] = *coal;
}

static bool coal_vq(const struct kvdev_net_ctrl *ctrl,
		    struct kvdev_net_state *state, struct kvdev_net_cmd *cmd,
		    struct cursor *c)
{
	bool set = cmd->cmd == VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET;
	struct kvdev_net_coal coal = { };
	u16 vq = take_le(c, 2);

	/* virtio 1.3, 5.1.6.5.9.2: the device ignores reserved */
	take_le(c, 2);
	if (set) {
		coal.max_packets = take_le(c, 4);
		coal.max_usecs = take_le(c, 4);
	}
	if (!kvdev_net_has(state->features, VIRTIO_NET_F_VQ_NOTF_COAL) ||
	    !all_taken(c))
		return false;
	/* virtio 1.3, 5.1.6.5.9.2: an enabled receive or transmit queue */
	if (vq >= ctrl->cvq || vq >= ARRAY_SIZE(state->coal) ||
	    !ctrl->ops->vq_enabled(ctrl->ctx, vq))
		return false;
	vq = array_index_nospec(vq, ARRAY_SIZE(state->coal));
	if (set) {
		state->coal[vq] = coal;
		cmd->did = KVDEV_NET_DID_COAL;
	} else {
		put_le(cmd, state->coal[vq].max_packets, 4);
		put_le(cmd, state->coal[vq].max_usecs, 4);
	}
	return true;
}

static bool notf_coal(const struct kvdev_net_ctrl *ctrl,
		      struct kvdev_net_state *state, struct kvdev_net_cmd *cmd,
		      struct cursor *c)
{
	struct kvdev_net_coal coal;
	bool rx;

	switch (cmd->cmd) {
	case VIRTIO_NET_CTRL_NOTF_COAL_TX_SET:
	case VIRTIO_NET_CTRL_NOTF_COAL_RX_SET:
		break;
	case VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET:
	case VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET:
		return coal_vq(ctrl, state, cmd, c);
	default:
		return false;
	}
	coal.max_packets = take_le(c, 4);
	coal.max_usecs = take_le(c, 4);
	if (!kvdev_net_has(state->features, VIRTIO_NET_F_NOTF_COAL) ||
	    !all_taken(c))
		return false;
	rx = cmd->cmd == VIRTIO_NET_CTRL_NOTF_COAL_RX_SET;
	if (rx)
		state->coal_rx = coal;
	else
		state->coal_tx = coal;
	coal_all(state, rx ? KVDEV_NET_RXQ(0) : KVDEV_NET_TXQ(0), &coal);
	cmd->did = KVDEV_NET_DID_COAL;
	return true;
}

/* What a queue can say about itself. */
static u64 stats_types(const struct kvdev_net_ctrl *ctrl, u16 vq)
{
	if (vq == ctrl->cvq)
		return VIRTIO_NET_STATS_TYPE_CVQ;
	if (vq >= 2 * ctrl->max_pairs)
		return 0;
	return vq % 2 ? VIRTIO_NET_STATS_TYPE_TX_BASIC :
			VIRTIO_NET_STATS_TYPE_RX_BASIC;
}

/* struct virtio_net_stats_reply_hdr, with all behind it @size bytes */
static void put_stats_hdr(struct kvdev_net_cmd *cmd, u8 type, u16 vq, u16 size)
{
	put_le(cmd, type, 1);
	put_le(cmd, 0, 1);
	put_le(cmd, vq, 2);
	put_le(cmd, 0, 2);
	put_le(cmd, size, 2);
}

static void put_stats(const struct kvdev_net_ctrl *ctrl,
		      struct kvdev_net_cmd *cmd, u16 vq)
{
	struct kvdev_net_counters n = { };

	if (vq == ctrl->cvq) {
		put_stats_hdr(cmd, VIRTIO_NET_STATS_TYPE_REPLY_CVQ, vq,
			      8 + 2 * 8);
		put_le(cmd, ctrl->commands, 8);
		put_le(cmd, ctrl->commands_ok, 8);
		return;
	}
	ctrl->ops->counters(ctrl->ctx, vq, &n);
	put_stats_hdr(cmd, vq % 2 ? VIRTIO_NET_STATS_TYPE_REPLY_TX_BASIC :
				    VIRTIO_NET_STATS_TYPE_REPLY_RX_BASIC,
		      vq, 8 + 6 * 8);
	put_le(cmd, n.notifications, 8);
	put_le(cmd, n.packets, 8);
	put_le(cmd, n.bytes, 8);
	put_le(cmd, n.interrupts, 8);
	put_le(cmd, n.drops, 8);
	put_le(cmd, n.bad, 8);
}

/* virtio 1.3, 5.1.6.5.10.1: one wrong queue or type, and all of it fails */
static bool stats_get(const struct kvdev_net_ctrl *ctrl,
		      struct kvdev_net_cmd *cmd, struct cursor *c)
{
	while (c->left && !c->bad) {
		u16 vq = take_le(c, 2);
		u64 types;

		take_le(c, 6);
		types = take_le(c, 8);
		if (c->bad || types & ~stats_types(ctrl, vq) ||
		    !stats_types(ctrl, vq))
			return false;
		if (types && cmd->result_len < cmd->room)
			put_stats(ctrl, cmd, vq);
	}
	return all_taken(c);
}

static bool stats(const struct kvdev_net_ctrl *ctrl,
		  const struct kvdev_net_state *state,
		  struct kvdev_net_cmd *cmd, struct cursor *c)
{
	if (!kvdev_net_has(state->features, VIRTIO_NET_F_DEVICE_STATS))
		return false;
	switch (cmd->cmd) {
	case VIRTIO_NET_CTRL_STATS_QUERY:
		if (!all_taken(c))
			return false;
		put_le(cmd, VIRTIO_NET_STATS_TYPE_CVQ |
			    VIRTIO_NET_STATS_TYPE_RX_BASIC |
			    VIRTIO_NET_STATS_TYPE_TX_BASIC, 8);
		return true;
	case VIRTIO_NET_CTRL_STATS_GET:
		return stats_get(ctrl, cmd, c);
	}
	return false;
}

void kvdev_net_state_reset(struct kvdev_net_state *state, u64 features,
			   const u8 *mac, bool locked, u32 max_len)
{
	memset(state, 0, sizeof(*state));
	state->features = features;
	state->offloads = features & KVDEV_NET_GUEST_OFFLOADS;
	/* virtio 1.3, 5.1.6.5.5.2: the first pair only */
	state->pairs = 1;
	kvdev_net_filter_reset(&state->filter, mac, locked, features);
	state->filter.max_len = max_len;
}

/* virtio 1.3, 5.1.6.5.9.2: a queue's own parameters end with its reset */
void kvdev_net_state_vq_disabled(struct kvdev_net_state *state, u16 vq)
{
	if (vq < ARRAY_SIZE(state->coal))
		state->coal[vq] = vq % 2 ? state->coal_tx : state->coal_rx;
}

u8 kvdev_net_ctrl(const struct kvdev_net_ctrl *ctrl,
		  struct kvdev_net_state *state, struct kvdev_net_cmd *cmd)
{
	struct cursor c = { cmd->data, cmd->len };
	bool ok = false;

	cmd->result_len = 0;
	cmd->did = 0;
	switch (cmd->class) {
	case VIRTIO_NET_CTRL_RX:
		ok = rx_mode(state, cmd, &c);
		break;
	case VIRTIO_NET_CTRL_MAC:
		ok = mac(state, cmd, &c);
		break;
	case VIRTIO_NET_CTRL_VLAN:
		ok = vlan(state, cmd, &c);
		break;
	case VIRTIO_NET_CTRL_ANNOUNCE:
		ok = announce(state, cmd, &c);
		break;
	case VIRTIO_NET_CTRL_MQ:
		ok = mq(ctrl, state, cmd, &c);
		break;
	case VIRTIO_NET_CTRL_GUEST_OFFLOADS:
		ok = guest_offloads(state, cmd, &c);
		break;
	case VIRTIO_NET_CTRL_NOTF_COAL:
		ok = notf_coal(ctrl, state, cmd, &c);
		break;
	case VIRTIO_NET_CTRL_STATS:
		ok = stats(ctrl, state, cmd, &c);
		break;
	}
	if (!ok) {
		cmd->result_len = 0;
		cmd->did = 0;
	}
	return ok ? VIRTIO_NET_OK : VIRTIO_NET_ERR;
}
