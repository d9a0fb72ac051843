// SPDX-License-Identifier: GPL-2.0
/*
 * Features of the network device, see feature.h.
 */
#include "feature.h"

/*
 * virtio 1.4, 5.1.3.1: a feature and those of which it needs one. The header has
 * the form that tunnels are in with VERSION_1 only.
 */
static const struct {
	u64 feature;
	u64 needs;
} net_needs[] = {
#define NEEDS(_f, _n) { BIT_ULL(VIRTIO_NET_F_##_f), _n }
#define TUNNEL(_f, _n) { BIT_ULL(KVDEV_NET_F_##_f), _n }
#define F(_f) BIT_ULL(VIRTIO_NET_F_##_f)
	NEEDS(GUEST_TSO4, F(GUEST_CSUM)),
	NEEDS(GUEST_TSO6, F(GUEST_CSUM)),
	NEEDS(GUEST_ECN, F(GUEST_TSO4) | F(GUEST_TSO6)),
	NEEDS(GUEST_UFO, F(GUEST_CSUM)),
	NEEDS(GUEST_USO4, F(GUEST_CSUM)),
	NEEDS(GUEST_USO6, F(GUEST_CSUM)),
	NEEDS(HOST_TSO4, F(CSUM)),
	NEEDS(HOST_TSO6, F(CSUM)),
	NEEDS(HOST_ECN, F(HOST_TSO4) | F(HOST_TSO6)),
	NEEDS(HOST_UFO, F(CSUM)),
	NEEDS(HOST_USO, F(CSUM)),
	TUNNEL(GUEST_TUNNEL, F(GUEST_TSO4)),
	TUNNEL(GUEST_TUNNEL, F(GUEST_TSO6)),
	TUNNEL(GUEST_TUNNEL, F(GUEST_USO4)),
	TUNNEL(GUEST_TUNNEL, F(GUEST_USO6)),
	TUNNEL(GUEST_TUNNEL, BIT_ULL(VIRTIO_F_VERSION_1)),
	TUNNEL(GUEST_TUNNEL_CSUM, BIT_ULL(KVDEV_NET_F_GUEST_TUNNEL)),
	TUNNEL(HOST_TUNNEL, F(HOST_TSO4)),
	TUNNEL(HOST_TUNNEL, F(HOST_TSO6)),
	TUNNEL(HOST_TUNNEL, F(HOST_USO)),
	TUNNEL(HOST_TUNNEL, BIT_ULL(VIRTIO_F_VERSION_1)),
	TUNNEL(HOST_TUNNEL_CSUM, BIT_ULL(KVDEV_NET_F_HOST_TUNNEL)),
	NEEDS(CTRL_RX, F(CTRL_VQ)),
	NEEDS(CTRL_RX_EXTRA, F(CTRL_VQ)),
	NEEDS(CTRL_VLAN, F(CTRL_VQ)),
	NEEDS(GUEST_ANNOUNCE, F(CTRL_VQ)),
	NEEDS(CTRL_MAC_ADDR, F(CTRL_VQ)),
	NEEDS(CTRL_GUEST_OFFLOADS, F(CTRL_VQ)),
	NEEDS(DEVICE_STATS, F(CTRL_VQ)),
	NEEDS(NOTF_COAL, F(CTRL_VQ)),
	NEEDS(VQ_NOTF_COAL, F(CTRL_VQ)),
	NEEDS(MQ, F(CTRL_VQ)),
	NEEDS(RSS, F(CTRL_VQ)),
	NEEDS(HASH_REPORT, F(CTRL_VQ)),
#undef F
#undef TUNNEL
#undef NEEDS
};

u64 kvdev_net_fold(u64 low, u64 high)
{
	static const struct {
		u8 from;
		u8 to;
	} map[] = {
		{ VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO,
		  KVDEV_NET_F_GUEST_TUNNEL },
		{ VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM,
		  KVDEV_NET_F_GUEST_TUNNEL_CSUM },
		{ VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO,
		  KVDEV_NET_F_HOST_TUNNEL },
		{ VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO_CSUM,
		  KVDEV_NET_F_HOST_TUNNEL_CSUM },
	};
	u64 features = low & ~KVDEV_NET_TUNNELS;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map); i++)
		if (high & BIT_ULL(map[i].from - 64))
			features |= BIT_ULL(map[i].to);
	return features;
}

bool kvdev_net_features_fit(u64 features)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(net_needs); i++)
		if (features & net_needs[i].feature &&
		    !(features & net_needs[i].needs))
			return false;
	return true;
}
