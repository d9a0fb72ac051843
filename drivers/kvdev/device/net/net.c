// SPDX-License-Identifier: GPL-2.0
/*
 * Network device (virtio 1.3, 5.1).
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/virtio_byteorder.h>
#include <linux/virtio_config.h>
#include <uapi/linux/ethtool.h>
#include <uapi/linux/if_tun.h>
#include <uapi/linux/virtio_ids.h>
#include <uapi/linux/virtio_net.h>

#include "../../compat/compat.h"
#include "../../compat/tun.h"
#include "../../version.h"
#include "feature.h"
#include "net.h"

#define NET_QUEUE_SIZE	256

/* The fields that were there before tunnels. */
#define NET_CONFIG_SIZE	offsetofend(struct virtio_net_config,	\
				    supported_hash_types)

/* Multi-byte fields are little endian, see blk.c. */
#define NET_LE		true

/* What the host can do with packets of the driver. */
#define NET_HOST_OFFLOADS						\
	(BIT_ULL(VIRTIO_NET_F_CSUM) | BIT_ULL(VIRTIO_NET_F_HOST_TSO4) |	\
	 BIT_ULL(VIRTIO_NET_F_HOST_TSO6) |				\
	 BIT_ULL(VIRTIO_NET_F_HOST_ECN) |				\
	 BIT_ULL(VIRTIO_NET_F_HOST_UFO) | BIT_ULL(VIRTIO_NET_F_HOST_USO))

/* What takes a control queue. */
#define NET_CTRL_FEATURES						\
	(BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | BIT_ULL(VIRTIO_NET_F_CTRL_RX) |	\
	 BIT_ULL(VIRTIO_NET_F_CTRL_RX_EXTRA) |				\
	 BIT_ULL(VIRTIO_NET_F_CTRL_VLAN) |				\
	 BIT_ULL(VIRTIO_NET_F_GUEST_ANNOUNCE) |				\
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) |			\
	 BIT_ULL(VIRTIO_NET_F_NOTF_COAL) |				\
	 BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL) |				\
	 BIT_ULL(VIRTIO_NET_F_DEVICE_STATS))

/* ---------------------------------------------------------------- queues */

struct queue_ops {
	int (*start)(struct kvdev_vq *vq);
	void (*stop)(struct kvdev_vq *vq);
	bool (*serve)(struct kvdev_vq *vq);
};

static const struct queue_ops rx_ops = {
	net_rx_start, net_rx_stop, net_rx_serve
};

static const struct queue_ops tx_ops = {
	net_tx_start, net_tx_stop, net_tx_serve
};

/* A queue that the driver's features do not have: nobody looks at it. */
static int no_start(struct kvdev_vq *vq)
{
	return 0;
}

static void no_stop(struct kvdev_vq *vq)
{
}

static bool no_serve(struct kvdev_vq *vq)
{
	kvdev_vq_park(vq);
	return false;
}

static const struct queue_ops no_ops = { no_start, no_stop, no_serve };

static const struct queue_ops ctrl_ops = {
	net_ctrl_start, net_ctrl_stop, net_ctrl_serve
};

/*
 * virtio 1.3, 5.1.2: the control queue is the last one, but a driver that did
 * not negotiate several pairs has it behind the first.
 */
static const struct queue_ops *queue_ops(const struct kvdev_vq *vq)
{
	const struct kvdev_dev *dev = kvdev_vq_dev(vq);
	const struct kvdev_net *net = kvdev_dev_priv(dev);
	u16 pairs = 1, index = kvdev_vq_index(vq);

	if (kvdev_dev_has_feature(dev, VIRTIO_NET_F_MQ) ||
	    kvdev_dev_has_feature(dev, VIRTIO_NET_F_RSS))
		pairs = net->nr_pairs;
	if (index == 2 * pairs &&
	    kvdev_dev_has_feature(dev, VIRTIO_NET_F_CTRL_VQ))
		return &ctrl_ops;
	if (index >= 2 * pairs)
		return &no_ops;
	return index & 1 ? &tx_ops : &rx_ops;
}

/**
 * net_set_offloads() - the tap is to leave undone what the driver does
 * @net: the device
 * @offloads: of KVDEV_NET_GUEST_OFFLOADS
 */
void net_set_offloads(const struct kvdev_net *net, u64 offloads)
{
	static const struct {
		unsigned int feature;
		unsigned int tun;
	} map[] = {
		{ VIRTIO_NET_F_GUEST_CSUM, TUN_F_CSUM },
		{ VIRTIO_NET_F_GUEST_TSO4, TUN_F_TSO4 },
		{ VIRTIO_NET_F_GUEST_TSO6, TUN_F_TSO6 },
		{ VIRTIO_NET_F_GUEST_ECN, TUN_F_TSO_ECN },
		{ VIRTIO_NET_F_GUEST_UFO, TUN_F_UFO },
		{ VIRTIO_NET_F_GUEST_USO4, TUN_F_USO4 },
		{ VIRTIO_NET_F_GUEST_USO6, TUN_F_USO6 },
		{ KVDEV_NET_F_GUEST_TUNNEL, TUN_F_UDP_TUNNEL_GSO },
		{ KVDEV_NET_F_GUEST_TUNNEL_CSUM, TUN_F_UDP_TUNNEL_GSO_CSUM },
	};
	unsigned int tun = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map); i++)
		if (kvdev_net_has(offloads, map[i].feature))
			tun |= map[i].tun;
	/* The tap knows only both. */
	if ((tun & (TUN_F_USO4 | TUN_F_USO6)) != (TUN_F_USO4 | TUN_F_USO6))
		tun &= ~(TUN_F_USO4 | TUN_F_USO6);
	if (!(tun & (TUN_F_TSO4 | TUN_F_TSO6)))
		tun &= ~TUN_F_TSO_ECN;
	/* Nor any of these without what is to be in the tunnel. */
	if (!(tun & (TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4)))
		tun &= ~TUN_F_UDP_TUNNEL_GSO;
	if (!(tun & TUN_F_UDP_TUNNEL_GSO))
		tun &= ~TUN_F_UDP_TUNNEL_GSO_CSUM;
	for (i = 0; i < net->nr_pairs; i++)
		if (net->taps[i].file)
			kvdev_tap_set_offloads(&net->taps[i], tun);
}

/**
 * kvdev_net_state_set() - what the driver configured is this from now on
 * @net: the device; state_mutex is held
 * @state: kmalloc'ed, now the device's
 *
 * On return no queue looks at the old one.
 */
void kvdev_net_state_set(struct kvdev_net *net, struct kvdev_net_state *state)
{
	struct kvdev_net_state *old;

	old = rcu_replace_pointer(net->state, state,
				  lockdep_is_held(&net->state_mutex));
	synchronize_srcu_expedited(&net->srcu);
	kvfree(old);
}

static u64 net_driver_features(struct kvdev_net *net)
{
	u64 high, low = kvdev_dev_driver_features(net->dev, &high);

	return kvdev_net_fold(low, high);
}

/* The first queue of a new driver is about to run; none looks at the state. */
static void net_start(struct kvdev_net *net)
{
	struct kvdev_net_state *state;
	u64 features = net_driver_features(net);
	struct virtio_net_config *config = kvdev_dev_config(net->dev);
	u32 max_len = net->mtu ? net->mtu + ETH_HLEN : 0;

	mutex_lock(&net->state_mutex);
	state = rcu_dereference_protected(net->state,
					  lockdep_is_held(&net->state_mutex));
	kvdev_net_state_reset(state, features, config->mac, net->locked,
			      max_len);
	mutex_unlock(&net->state_mutex);
	net_set_offloads(net, state->offloads);
	net->started = true;
}

/*
 * What is sent and what is received depend on each other: while one is served,
 * what the other one is to do adds up.
 */
static u16 net_vq_served_by(const struct kvdev_vq *vq)
{
	const struct kvdev_net *net = kvdev_dev_priv(kvdev_vq_dev(vq));
	u16 index = kvdev_vq_index(vq);

	return net->split_workers ? index : index & ~1;
}

static int net_vq_start(struct kvdev_vq *vq)
{
	struct kvdev_net *net = kvdev_dev_priv(kvdev_vq_dev(vq));

	if (!net->started)
		net_start(net);
	return queue_ops(vq)->start(vq);
}

static void net_vq_stop(struct kvdev_vq *vq)
{
	struct kvdev_net *net = kvdev_dev_priv(kvdev_vq_dev(vq));
	struct kvdev_net_state *state;

	queue_ops(vq)->stop(vq);
	if (kvdev_vq_set_up(vq))
		return;
	/* Nobody else looks at what this changes. */
	mutex_lock(&net->state_mutex);
	state = rcu_dereference_protected(net->state,
					  lockdep_is_held(&net->state_mutex));
	kvdev_net_state_vq_disabled(state, kvdev_vq_index(vq));
	mutex_unlock(&net->state_mutex);
}

static bool net_vq_serve(struct kvdev_vq *vq)
{
	return queue_ops(vq)->serve(vq);
}

/* -------------------------------------------------------------- features */

static u64 net_features(struct kvdev_dev *dev)
{
	const struct kvdev_net *net = kvdev_dev_priv(dev);
	const struct virtio_net_config *config = kvdev_dev_config(dev);
	u64 features = NET_HOST_OFFLOADS |
		       (KVDEV_NET_GUEST_OFFLOADS & ~KVDEV_NET_TUNNELS) |
		       BIT_ULL(VIRTIO_NET_F_MAC) |
		       BIT_ULL(VIRTIO_NET_F_STATUS) |
		       BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) |
		       BIT_ULL(VIRTIO_F_ANY_LAYOUT);

	if (net->has_ctrl) {
		features |= NET_CTRL_FEATURES;
		if (!net->locked)
			features |= BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR);
		if (net->nr_pairs > 1)
			features |= BIT_ULL(VIRTIO_NET_F_MQ);
		if (net->hash & KVDEV_NET_HASH_RSS)
			features |= BIT_ULL(VIRTIO_NET_F_RSS);
		if (net->hash & KVDEV_NET_HASH_REPORT)
			features |= BIT_ULL(VIRTIO_NET_F_HASH_REPORT);
	}
	if (net->mtu)
		features |= BIT_ULL(VIRTIO_NET_F_MTU);
	if (config->speed != cpu_to_le32(SPEED_UNKNOWN))
		features |= BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX);
	return features;
}

/* Tunnels are for a driver only if each tap can have their packets. */
static u64 net_features_hi(struct kvdev_dev *dev)
{
	const struct kvdev_net *net = kvdev_dev_priv(dev);
	u16 i;

	for (i = 0; i < net->nr_pairs; i++)
		if (!net->taps[i].tunnels)
			return 0;
	return KVDEV_NET_TUNNELS_HI;
}

static int net_check_features(struct kvdev_dev *dev)
{
	u64 features = net_driver_features(kvdev_dev_priv(dev));

	return kvdev_net_features_fit(features) ? 0 : -EINVAL;
}

/* ---------------------------------------------------------- configuration */

/* As the driver finds it after a reset; status is the link's. */
static void net_fill_config(struct kvdev_net *net)
{
	struct virtio_net_config *config = kvdev_dev_config(net->dev);

	ether_addr_copy(config->mac, net->mac);
	config->max_virtqueue_pairs = __cpu_to_virtio16(NET_LE, net->nr_pairs);
	config->mtu = __cpu_to_virtio16(NET_LE, net->mtu);
	config->rss_max_key_size = KVDEV_NET_RSS_KEY_MAX;
	config->rss_max_indirection_table_length =
		cpu_to_le16(KVDEV_NET_RSS_TABLE_MAX);
	config->supported_hash_types = cpu_to_le32(KVDEV_NET_RSS_HASH_TYPES);
}

/*
 * virtio 1.3, 5.1.6.5.4: the driver is to tell the network where it is, as it
 * may have moved.
 */
static int net_announce(struct kvdev_net *net)
{
	struct virtio_net_config *config = kvdev_dev_config(net->dev);

	if (!(kvdev_dev_status(net->dev) & VIRTIO_CONFIG_S_DRIVER_OK) ||
	    !kvdev_dev_has_feature(net->dev, VIRTIO_NET_F_GUEST_ANNOUNCE))
		return -ENXIO;
	config->status |= __cpu_to_virtio16(NET_LE, VIRTIO_NET_S_ANNOUNCE);
	kvdev_dev_config_changed(net->dev);
	return 0;
}

/**
 * net_announced() - the driver has been told that it may have moved
 * @net: the device, its mutex is held
 */
void net_announced(struct kvdev_net *net)
{
	struct virtio_net_config *config = kvdev_dev_config(net->dev);

	config->status &= ~__cpu_to_virtio16(NET_LE, VIRTIO_NET_S_ANNOUNCE);
}

static bool net_announcing(struct kvdev_net *net)
{
	const struct virtio_net_config *config = kvdev_dev_config(net->dev);

	return config->status &
	       __cpu_to_virtio16(NET_LE, VIRTIO_NET_S_ANNOUNCE);
}

/* The address in the configuration is the driver's at once. */
static int net_follow_mac(struct kvdev_net *net)
{
	struct virtio_net_config *config = kvdev_dev_config(net->dev);
	struct kvdev_net_state *state;

	mutex_lock(&net->state_mutex);
	state = kvmemdup(rcu_dereference_protected(net->state,
						   lockdep_is_held(&net->state_mutex)),
			 sizeof(*state), GFP_KERNEL_ACCOUNT);
	if (state) {
		state->filter.mac = kvdev_net_mac(config->mac);
		kvdev_net_state_set(net, state);
	}
	mutex_unlock(&net->state_mutex);
	return state ? 0 : -ENOMEM;
}

/* virtio 1.3, 5.1.4.3: a legacy driver may write its address there. */
static int net_config_write(struct kvdev_dev *dev, u32 offset, const u8 *bytes,
			    u32 len)
{
	struct kvdev_net *net = kvdev_dev_priv(dev);
	struct virtio_net_config *config = kvdev_dev_config(dev);

	if (offset >= ETH_ALEN || len > ETH_ALEN - offset || net->locked ||
	    kvdev_dev_has_feature(dev, VIRTIO_F_VERSION_1))
		return -EINVAL;
	memcpy(config->mac + offset, bytes, len);
	/* One that has no queue yet takes it from there when it starts. */
	return net->started ? net_follow_mac(net) : 0;
}

static void net_reset(struct kvdev_dev *dev)
{
	struct kvdev_net *net = kvdev_dev_priv(dev);

	net_fill_config(net);
	net_announced(net);
	if (net->started)
		net_set_offloads(net, 0);
	net->started = false;
	skb_queue_purge(&net->answers);
	net_steer_purge(net);
}

static int net_ready(struct kvdev_dev *dev)
{
	const struct kvdev_net *net = kvdev_dev_priv(dev);
	u16 i;

	for (i = 0; i < net->nr_pairs; i++)
		if (!net->taps[i].file)
			return -ENXIO;
	return 0;
}

static void net_describe(struct kvdev_dev *dev, struct kvdev_next *arg)
{
	struct kvdev_net *net = kvdev_dev_priv(dev);

	strscpy(arg->backing, net->link.name, sizeof(arg->backing));
}

/* -------------------------------------------------------------- commands */

static int net_attach(struct kvdev_net *net, const struct kvdev_net_attach *arg)
{
	struct kvdev_tap tap = { 0 };
	u32 pair;
	int ret;

	if (arg->flags & ~KVDEV_NET_ATTACH_TUNNEL_HDR)
		return -EOPNOTSUPP;
	if (arg->__reserved || arg->fd < -1 || (arg->fd < 0 && arg->flags))
		return -EINVAL;
	if (kvdev_dev_status(net->dev))
		return -EBUSY;
	if (arg->pair >= net->nr_pairs)
		return -ENXIO;
	pair = array_index_nospec(arg->pair, net->nr_pairs);

	if (arg->fd >= 0) {
		ret = kvdev_tap_open(&tap, arg->fd,
				     arg->flags & KVDEV_NET_ATTACH_TUNNEL_HDR);
		if (ret)
			return ret;
	}
	ret = net_link_follow(net, arg->ifindex);
	if (ret) {
		kvdev_tap_close(&tap);
		return ret;
	}
	kvdev_tap_close(&net->taps[pair]);
	net->taps[pair] = tap;
	if (tap.file)
		kvdev_tap_set_offloads(&tap, 0);
	kvdev_dev_update_features(net->dev);
	return 0;
}

/* Is each of the values to be set one that can be? */
static int net_check_config(const struct kvdev_net_config *arg)
{
	u32 set = arg->set;

	if (set & KVDEV_NET_SET_MAC && !is_valid_ether_addr(arg->mac))
		return -EINVAL;
	if (set & KVDEV_NET_SET_LOCKED_MAC && arg->locked_mac > 1)
		return -EINVAL;
	if (set & KVDEV_NET_SET_HOST_MAC &&
	    is_multicast_ether_addr(arg->host_mac))
		return -EINVAL;
	if (set & KVDEV_NET_SET_MTU && arg->mtu &&
	    (arg->mtu < ETH_MIN_MTU || arg->mtu > ETH_MAX_MTU))
		return -EINVAL;
	/* virtio 1.3, 5.1.4 */
	if (set & KVDEV_NET_SET_SPEED &&
	    ((arg->speed > INT_MAX && arg->speed != (u32)SPEED_UNKNOWN) ||
	     (arg->duplex > DUPLEX_FULL && arg->duplex != DUPLEX_UNKNOWN)))
		return -EINVAL;
	if (set & KVDEV_NET_SET_LINK && arg->link > KVDEV_NET_LINK_DOWN)
		return -EINVAL;
	if (set & KVDEV_NET_SET_SPLIT_WORKERS && arg->split_workers > 1)
		return -EINVAL;
	if (set & KVDEV_NET_SET_BUSY_POLL &&
	    arg->busy_poll > KVDEV_NET_BUSY_POLL_MAX)
		return -EINVAL;
	return 0;
}

/* Hashes are asked for by commands; they choose between several queues. */
static bool net_can_hash(const struct kvdev_net *net, u8 hash)
{
	if (hash & ~(KVDEV_NET_HASH_RSS | KVDEV_NET_HASH_REPORT))
		return false;
	return !hash || (net->has_ctrl && (!(hash & KVDEV_NET_HASH_RSS) ||
					   net->nr_pairs > 1));
}

#define NET_SET_ANY_TIME						\
	(KVDEV_NET_SET_LINK | KVDEV_NET_SET_BUSY_POLL |			\
	 KVDEV_NET_SET_ANNOUNCE)
#define NET_SET_ALL							\
	(KVDEV_NET_SET_MAC | KVDEV_NET_SET_LOCKED_MAC |			\
	 KVDEV_NET_SET_HOST_MAC | KVDEV_NET_SET_MTU |			\
	 KVDEV_NET_SET_SPEED | KVDEV_NET_SET_HASH |			\
	 KVDEV_NET_SET_SPLIT_WORKERS | NET_SET_ANY_TIME)

static int net_set(struct kvdev_net *net, const struct kvdev_net_config *arg)
{
	struct virtio_net_config *config = kvdev_dev_config(net->dev);
	int ret;

	if (arg->flags || arg->set & ~NET_SET_ALL)
		return -EOPNOTSUPP;
	if (arg->link_up || arg->announcing ||
	    memchr_inv(arg->ifname, 0, sizeof(arg->ifname)) ||
	    memchr_inv(arg->__reserved, 0, sizeof(arg->__reserved)))
		return -EINVAL;
	ret = net_check_config(arg);
	if (ret)
		return ret;
	if (arg->set & KVDEV_NET_SET_HASH && !net_can_hash(net, arg->hash))
		return -EOPNOTSUPP;
	/* On the bus it is what it was when it was put there. */
	if (arg->set & ~NET_SET_ANY_TIME &&
	    (kvdev_dev_status(net->dev) || kvdev_dev_on_bus(net->dev)))
		return -EBUSY;
	if (arg->set & KVDEV_NET_SET_SPLIT_WORKERS &&
	    kvdev_dev_has_owner(net->dev))
		return -EBUSY;
	if (arg->set & KVDEV_NET_SET_ANNOUNCE) {
		ret = net_announce(net);
		if (ret)
			return ret;
	}

	if (arg->set & KVDEV_NET_SET_MAC)
		ether_addr_copy(net->mac, arg->mac);
	if (arg->set & KVDEV_NET_SET_LOCKED_MAC)
		net->locked = arg->locked_mac;
	if (arg->set & KVDEV_NET_SET_HOST_MAC)
		ether_addr_copy(net->host_mac, arg->host_mac);
	if (arg->set & KVDEV_NET_SET_MTU)
		net->mtu = arg->mtu;
	if (arg->set & KVDEV_NET_SET_SPEED) {
		config->speed = cpu_to_le32(arg->speed);
		config->duplex = arg->duplex;
	}
	if (arg->set & KVDEV_NET_SET_HASH)
		net->hash = arg->hash;
	if (arg->set & KVDEV_NET_SET_SPLIT_WORKERS)
		net->split_workers = arg->split_workers;
	if (arg->set & KVDEV_NET_SET_BUSY_POLL)
		WRITE_ONCE(net->busy_poll, arg->busy_poll);
	if (arg->set & KVDEV_NET_SET_LINK)
		net_link_force(net, arg->link);
	if (arg->set & ~NET_SET_ANY_TIME) {
		net_fill_config(net);
		kvdev_dev_update_features(net->dev);
	}
	return 0;
}

static int net_get(struct kvdev_net *net, struct kvdev_net_config *arg)
{
	const struct virtio_net_config *config = kvdev_dev_config(net->dev);

	if (arg->flags)
		return -EOPNOTSUPP;
	if (arg->set)
		return -EINVAL;
	arg->link = net->link.forced;
	arg->link_up = net->link.up;
	arg->speed = le32_to_cpu(config->speed);
	arg->mtu = net->mtu;
	arg->busy_poll = net->busy_poll;
	arg->duplex = config->duplex;
	arg->locked_mac = net->locked;
	arg->hash = net->hash;
	arg->announcing = net_announcing(net);
	arg->split_workers = net->split_workers;
	/* The driver may have changed it. */
	ether_addr_copy(arg->mac, config->mac);
	ether_addr_copy(arg->host_mac, net->host_mac);
	strscpy_pad(arg->ifname, net->link.name, sizeof(arg->ifname));
	return 0;
}

static int net_get_stats(struct kvdev_net *net, struct kvdev_net_get_stats *arg)
{
	const struct net_stats *s;

	if (arg->flags)
		return -EOPNOTSUPP;
	if (arg->__reserved)
		return -EINVAL;
	if (arg->queue >= 2 * net->nr_pairs)
		return -ENXIO;
	s = &net->stats[array_index_nospec(arg->queue, 2 * net->nr_pairs)];
	arg->packets = READ_ONCE(s->packets);
	arg->bytes = READ_ONCE(s->bytes);
	arg->waits = READ_ONCE(s->waits);
	arg->drop_short = READ_ONCE(s->drops[KVDEV_NET_DROP_SHORT]);
	arg->drop_long = READ_ONCE(s->drops[KVDEV_NET_DROP_LONG]);
	arg->drop_csum = READ_ONCE(s->drops[KVDEV_NET_DROP_CSUM]);
	arg->drop_gso_type = READ_ONCE(s->drops[KVDEV_NET_DROP_GSO_TYPE]);
	arg->drop_gso_size = READ_ONCE(s->drops[KVDEV_NET_DROP_GSO_SIZE]);
	arg->drop_spoofed = READ_ONCE(s->drops[KVDEV_NET_DROP_SPOOFED]);
	arg->drop_foreign = READ_ONCE(s->drops[KVDEV_NET_DROP_FOREIGN]);
	arg->drop_vlan = READ_ONCE(s->drops[KVDEV_NET_DROP_VLAN]);
	arg->drop_address = READ_ONCE(s->drops[KVDEV_NET_DROP_ADDRESS]);
	arg->drop_queue = READ_ONCE(s->drops[KVDEV_NET_DROP_QUEUE]);
	arg->drop_buffer = READ_ONCE(s->drops[NET_DROP_BUFFER]);
	arg->drop_link = READ_ONCE(s->drops[NET_DROP_LINK]);
	arg->drop_tap = READ_ONCE(s->drops[NET_DROP_TAP]);
	arg->drop_memory = READ_ONCE(s->drops[NET_DROP_MEMORY]);
	arg->drop_backlog = READ_ONCE(s->drops[NET_DROP_BACKLOG]);
	return 0;
}

static int net_command(struct kvdev_dev *dev, unsigned int cmd, void *arg,
		       struct kvdev_backend **store)
{
	struct kvdev_net *net = kvdev_dev_priv(dev);

	switch (cmd) {
	case KVDEV_NET_ATTACH:
		return net_attach(net, arg);
	case KVDEV_NET_SET:
		return net_set(net, arg);
	case KVDEV_NET_GET:
		return net_get(net, arg);
	case KVDEV_NET_LOCAL:
		return net_local_set(net, arg);
	case KVDEV_NET_GET_STATS:
		return net_get_stats(net, arg);
	default:
		return -EOPNOTSUPP;
	}
}

/* ---------------------------------------------------------------- device */

static int net_create(struct kvdev_dev *dev)
{
	u16 nr_queues = kvdev_dev_nr_queues(dev);
	struct virtio_net_config *config = kvdev_dev_config(dev);
	struct kvdev_net_state *state;
	struct kvdev_net *net;
	int ret = -ENOMEM;

	if (nr_queues < 2)
		return -EINVAL;
	net = kvzalloc(sizeof(*net), GFP_KERNEL_ACCOUNT);
	state = kvzalloc(sizeof(*state), GFP_KERNEL_ACCOUNT);
	if (!net || !state)
		goto err_free;
	ret = init_srcu_struct(&net->srcu);
	if (ret)
		goto err_free;

	net->dev = dev;
	net->nr_pairs = nr_queues / 2;
	net->has_ctrl = nr_queues % 2;
	ret = net_steer_init(net);
	if (ret)
		goto err_steer;
	mutex_init(&net->state_mutex);
	skb_queue_head_init(&net->answers);
	RCU_INIT_POINTER(net->state, state);
	eth_random_addr(net->mac);
	config->speed = cpu_to_le32(SPEED_UNKNOWN);
	config->duplex = DUPLEX_UNKNOWN;
	kvdev_dev_set_priv(dev, net);
	net_fill_config(net);
	net_link_init(net);
	return 0;

err_steer:
	net_steer_exit(net);
	cleanup_srcu_struct(&net->srcu);
err_free:
	kvfree(state);
	kvfree(net);
	return ret;
}

static void net_destroy(struct kvdev_dev *dev)
{
	struct kvdev_net *net = kvdev_dev_priv(dev);
	u16 i;

	net_link_exit(net);
	skb_queue_purge(&net->answers);
	net_steer_exit(net);
	kfree(net->dhcp);
	for (i = 0; i < net->nr_pairs; i++)
		kvdev_tap_close(&net->taps[i]);
	cleanup_srcu_struct(&net->srcu);
	kvfree(rcu_access_pointer(net->state));
	kvfree(net);
}

static const struct kvdev_device_type kvdev_net_type = {
	.id = VIRTIO_ID_NET,
	.name = "net",
	.owner = THIS_MODULE,
	.nr_queues = 2,
	.max_queues = KVDEV_NET_MAX_VQS,
	.queue_size = NET_QUEUE_SIZE,
	.config_size = NET_CONFIG_SIZE,
	.create = net_create,
	.destroy = net_destroy,
	.features = net_features,
	.features_hi = net_features_hi,
	.check_features = net_check_features,
	.describe = net_describe,
	.command = net_command,
	.config_write = net_config_write,
	.reset = net_reset,
	.ready = net_ready,
	.vq_served_by = net_vq_served_by,
	.vq_start = net_vq_start,
	.vq_stop = net_vq_stop,
	.vq_serve = net_vq_serve,
};

static int __init kvdev_net_init(void)
{
	int ret;

	ret = kvdev_tap_init();
	if (ret)
		return ret;
	ret = net_link_register();
	if (ret)
		goto err_tap;
	ret = kvdev_type_register(&kvdev_net_type);
	if (ret)
		goto err_link;
	return 0;

err_link:
	net_link_unregister();
err_tap:
	kvdev_tap_exit();
	return ret;
}

static void __exit kvdev_net_exit(void)
{
	kvdev_type_unregister(&kvdev_net_type);
	net_link_unregister();
	kvdev_tap_exit();
}

module_init(kvdev_net_init);
module_exit(kvdev_net_exit);

MODULE_DESCRIPTION("kvdev network devices");
MODULE_LICENSE("GPL");
MODULE_VERSION(KVDEV_VERSION);
MODULE_IMPORT_NS(KVDEV_NS);
MODULE_ALIAS(KVDEV_TYPE_ALIAS(1));
