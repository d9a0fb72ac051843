// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the control queue, one after the other, as the device executes
 * them: on a copy, which is taken if the command succeeds. What must hold of
 * any state is checked after each.
 *
 * Input: features, pairs; then commands: class, number, room for a result,
 * length, data.
 */
#include "fuzz.h"
#include "../../../drivers/kvdev/device/net/ctrl.h"

#define DATA_MAX	2048
#define KNOWN_DID	(KVDEV_NET_DID_MAC | KVDEV_NET_DID_ANNOUNCE | \
			 KVDEV_NET_DID_PAIRS | KVDEV_NET_DID_STEER | \
			 KVDEV_NET_DID_OFFLOADS | KVDEV_NET_DID_COAL | \
			 KVDEV_NET_DID_FILTER)

static const u8 own[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x10 };

static bool vq_enabled(void *ctx, u16 vq)
{
	const u16 *pairs = ctx;

	CHECK(vq < 2 * *pairs);
	return vq % 3;
}

static void counters(void *ctx, u16 vq, struct kvdev_net_counters *c)
{
	const u16 *pairs = ctx;

	CHECK(vq < 2 * *pairs);
	memset(c, vq, sizeof(*c));
}

static const struct kvdev_net_ctrl_ops ops = {
	.vq_enabled = vq_enabled,
	.counters = counters,
};

static void check_macs(const struct kvdev_net_macs *macs)
{
	unsigned int i;

	CHECK(macs->nr <= KVDEV_NET_MACS_MAX);
	for (i = 1; i < macs->nr; i++)
		CHECK(macs->addr[i - 1] <= macs->addr[i]);
}

static void check_state(const struct kvdev_net_state *s, u16 pairs,
			bool locked)
{
	u8 frame[KVDEV_NET_FILTER_HEAD] = { 2, 1, 1, 1, 1, 1 };
	const struct kvdev_net_rss *rss = &s->rss;
	enum kvdev_net_drop drop;
	unsigned int i;

	CHECK(s->pairs >= 1 && s->pairs <= pairs);
	CHECK(!(s->offloads & ~(s->features & KVDEV_NET_GUEST_OFFLOADS)));
	CHECK(!(rss->types & ~KVDEV_NET_RSS_HASH_TYPES));
	if (rss->steer) {
		CHECK(rss->mask < KVDEV_NET_RSS_TABLE_MAX);
		CHECK(rss->unclassified < s->pairs);
		for (i = 0; i <= rss->mask; i++)
			CHECK(rss->table[i] < s->pairs);
	}
	check_macs(&s->filter.uni);
	check_macs(&s->filter.multi);
	CHECK(s->filter.mac && !(s->filter.mac >> 40 & 1));
	CHECK(s->filter.locked == locked);
	if (!locked)
		return;
	CHECK(s->filter.mac == kvdev_net_mac(own));
	drop = kvdev_net_filter_rx(&s->filter, frame, 60, false);
	CHECK(drop == KVDEV_NET_DROP_FOREIGN);
	drop = kvdev_net_filter_tx(&s->filter, frame, 60, false);
	CHECK(drop == KVDEV_NET_DROP_SPOOFED);
}

/* A second opinion on commands of this class: of a copy, what it may have become. */
static void check_coal(const struct kvdev_net_state *old,
		       const struct kvdev_net_state *new,
		       const struct kvdev_net_ctrl *ctrl,
		       const struct kvdev_net_cmd *cmd, u8 ack)
{
	bool queue = cmd->cmd >= 2;
	u32 lens[] = { 8, 8, 12, 4 }, at = queue ? 4 : 0;
	struct kvdev_net_coal want;
	unsigned int i;
	u16 vq = 0;
	bool mine;

	if (cmd->cmd > 3 || cmd->len != lens[cmd->cmd] ||
	    !kvdev_net_has(old->features, queue ? VIRTIO_NET_F_VQ_NOTF_COAL :
						  VIRTIO_NET_F_NOTF_COAL)) {
		CHECK(ack == VIRTIO_NET_ERR);
		return;
	}
	if (queue)
		memcpy(&vq, cmd->data, 2);
	if (queue && (vq >= ctrl->cvq || !(vq % 3))) {
		CHECK(ack == VIRTIO_NET_ERR);
		return;
	}
	CHECK(ack == VIRTIO_NET_OK);
	if (cmd->cmd == 3) {
		CHECK(cmd->result_len == min(cmd->room, 8U));
		CHECK(!memcmp(cmd->result, &old->coal[vq], cmd->result_len));
		CHECK(!memcmp(old, new, sizeof(*old)));
		return;
	}
	memcpy(&want, cmd->data + at, sizeof(want));
	for (i = 0; i < ARRAY_SIZE(new->coal); i++) {
		mine = queue ? i == vq : i % 2 != cmd->cmd;
		CHECK(!memcmp(&new->coal[i], mine ? &want : &old->coal[i],
			      sizeof(want)));
	}
}

static void command(struct input *in, struct kvdev_net_state *state,
		    struct kvdev_net_ctrl *ctrl, bool locked)
{
	struct kvdev_net_state *copy = fuzz_alloc(NULL, sizeof(*copy));
	struct kvdev_net_cmd cmd = { };
	u8 *data, *result;
	u8 ack;

	cmd.class = take(in, 1);
	cmd.cmd = take(in, 1);
	cmd.room = take(in, 2) % (KVDEV_NET_CTRL_RESULT_MAX + 1);
	cmd.len = take(in, 2) % DATA_MAX;
	data = malloc(cmd.len);
	result = malloc(cmd.room);
	if ((!data && cmd.len) || (!result && cmd.room))
		abort();
	take_bytes(in, data, cmd.len);
	cmd.data = data;
	cmd.result = result;

	*copy = *state;
	ack = kvdev_net_ctrl(ctrl, copy, &cmd);
	CHECK(ack == VIRTIO_NET_OK || ack == VIRTIO_NET_ERR);
	CHECK(cmd.result_len <= cmd.room);
	CHECK(!(cmd.did & ~KNOWN_DID));
	if (cmd.class == VIRTIO_NET_CTRL_NOTF_COAL)
		check_coal(state, copy, ctrl, &cmd, ack);
	ctrl->commands++;
	if (ack == VIRTIO_NET_OK) {
		ctrl->commands_ok++;
		check_state(copy, ctrl->max_pairs, locked);
		*state = *copy;
	} else {
		CHECK(!cmd.result_len && !cmd.did);
	}
	free(data);
	free(result);
	free(copy);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct kvdev_net_ctrl ctrl = { .ops = &ops };
	struct kvdev_net_state *state = fuzz_alloc(NULL, sizeof(*state));
	u64 features = take(&in, 8);
	u8 how = take(&in, 1);
	bool locked = how & 0x80;

	ctrl.max_pairs = 1 + how % KVDEV_NET_MAX_PAIRS;
	ctrl.cvq = how & 0x40 ? 2 : 2 * ctrl.max_pairs;
	ctrl.ctx = &ctrl.max_pairs;
	kvdev_net_state_reset(state, features, own, locked, 1514);
	check_state(state, ctrl.max_pairs, locked);
	while (in.size)
		command(&in, state, &ctrl, locked);
	free(state);
	return 0;
}
