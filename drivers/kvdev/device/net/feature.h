/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Features of the network device: 128 bits in 64, and which go together.
 */
#ifndef KVDEV_NET_FEATURE_H
#define KVDEV_NET_FEATURE_H

#include "proto.h"

/* Those of KVDEV_NET_TUNNELS as they are negotiated: in bits 64 to 127. */
#define KVDEV_NET_TUNNELS_HI						\
	(BIT_ULL(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO - 64) |		\
	 BIT_ULL(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM - 64) |	\
	 BIT_ULL(VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO - 64) |		\
	 BIT_ULL(VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO_CSUM - 64))

/**
 * kvdev_net_fold() - features as the other parts of the device want them
 * @low: negotiated, bits 0 to 63
 * @high: negotiated, bits 64 to 127
 *
 * Return: @low, and KVDEV_NET_TUNNELS as @high has them.
 */
u64 kvdev_net_fold(u64 low, u64 high);

/**
 * kvdev_net_features_fit() - does each feature have those that it needs?
 * @features: to be negotiated, from kvdev_net_fold()
 *
 * Return: whether they go together.
 */
bool kvdev_net_features_fit(u64 features);

#endif /* KVDEV_NET_FEATURE_H */
