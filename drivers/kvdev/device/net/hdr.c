// SPDX-License-Identifier: GPL-2.0
/*
 * The header before each frame, see hdr.h.
 */
#include "hdr.h"

#define TCP_HLEN	20
#define TCP_CSUM	16	/* offset of the sum in the header */
#define UDP_HLEN	8
#define UDP_CSUM	6
#define IPV4_HLEN	20
#define IPV6_HLEN	40
/* The shortest a frame with a transport header can start: IPv4 without options. */
#define TRANSPORT_MIN	(ETH_HLEN + IPV4_HLEN)
/* The kernel's limit; more would be refused further down. */
#define UDP_SEGMENTS_MAX	128
/* This size means something else to the kernel (GSO_BY_FRAGS). */
#define GSO_SIZE_RESERVED	0xffff

#define TUNNEL	(VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 |	\
		 VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6)

/* A type of segmentation. */
struct gso {
	u8 host;	/* feature: the driver may send it */
	u8 guest[2];	/* feature: the driver can receive it, any of them */
	u8 hlen;	/* least length of the transport header */
	u8 csum;	/* where its sum is */
};

static const struct gso gso_types[] = {
	[VIRTIO_NET_HDR_GSO_TCPV4] = {
		VIRTIO_NET_F_HOST_TSO4,
		{ VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO4 },
		TCP_HLEN, TCP_CSUM
	},
	[VIRTIO_NET_HDR_GSO_UDP] = {
		VIRTIO_NET_F_HOST_UFO,
		{ VIRTIO_NET_F_GUEST_UFO, VIRTIO_NET_F_GUEST_UFO },
		UDP_HLEN, UDP_CSUM
	},
	[VIRTIO_NET_HDR_GSO_TCPV6] = {
		VIRTIO_NET_F_HOST_TSO6,
		{ VIRTIO_NET_F_GUEST_TSO6, VIRTIO_NET_F_GUEST_TSO6 },
		TCP_HLEN, TCP_CSUM
	},
	[VIRTIO_NET_HDR_GSO_UDP_L4] = {
		VIRTIO_NET_F_HOST_USO,
		{ VIRTIO_NET_F_GUEST_USO4, VIRTIO_NET_F_GUEST_USO6 },
		UDP_HLEN, UDP_CSUM
	},
};

static const struct gso *find_gso(u8 type)
{
	if (type >= ARRAY_SIZE(gso_types))
		return NULL;
	type = array_index_nospec(type, ARRAY_SIZE(gso_types));
	return gso_types[type].hlen ? &gso_types[type] : NULL;
}

/* virtio 1.3, 5.1.6.1: only TCP has this bit */
static bool is_tcp(const struct gso *gso)
{
	return gso->hlen == TCP_HLEN;
}

unsigned int kvdev_net_hdr_len(u64 features)
{
	/* virtio 1.4, 5.1.6.3.1: whether or not there are hashes before */
	if (kvdev_net_has(features, KVDEV_NET_F_GUEST_TUNNEL) ||
	    kvdev_net_has(features, KVDEV_NET_F_HOST_TUNNEL))
		return KVDEV_NET_HDR_TUNNEL_LEN;
	if (kvdev_net_has(features, VIRTIO_NET_F_HASH_REPORT))
		return KVDEV_NET_HDR_HASH_LEN;
	if (kvdev_net_has(features, VIRTIO_F_VERSION_1) ||
	    kvdev_net_has(features, VIRTIO_NET_F_MRG_RXBUF))
		return KVDEV_NET_HDR_LEN;
	return KVDEV_NET_HDR_LEGACY;
}

/* virtio 1.3, 5.1.6.2.1: what the driver must keep to in a header for @gso. */
static enum kvdev_net_drop check_gso(const struct kvdev_net_hdr *hdr,
				     const struct gso *gso, u32 len)
{
	u32 size = le16_to_cpu(hdr->gso_size);
	u32 headers = le16_to_cpu(hdr->csum_start) + gso->hlen;

	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	    le16_to_cpu(hdr->csum_offset) != gso->csum ||
	    le16_to_cpu(hdr->csum_start) < TRANSPORT_MIN || headers > len)
		return KVDEV_NET_DROP_CSUM;
	if (!size || size == GSO_SIZE_RESERVED)
		return KVDEV_NET_DROP_GSO_SIZE;
	if (gso == &gso_types[VIRTIO_NET_HDR_GSO_UDP_L4] &&
	    len - headers > size * UDP_SEGMENTS_MAX)
		return KVDEV_NET_DROP_GSO_SIZE;
	return KVDEV_NET_PASS;
}

/*
 * virtio 1.4, 5.1.6.2.1 and .2: a tunnel is over IPv4 or IPv6, has UDP in front
 * of and TCP or UDP_L4 in what is in it, in this order. The packet's headers up
 * to csum_start are in the frame. Which of the networks the bits are about is
 * not clear to everybody, so neither has to be the longer one for them.
 */
static bool tunnel_fits(const struct kvdev_net_hdr *hdr, const struct gso *gso)
{
	u32 outer = le16_to_cpu(hdr->outer_th_offset);
	u32 inner = le16_to_cpu(hdr->inner_nh_offset);
	u32 inner_hlen = gso == &gso_types[VIRTIO_NET_HDR_GSO_TCPV6] ?
			 IPV6_HLEN : IPV4_HLEN;

	return (hdr->gso_type & TUNNEL) != TUNNEL &&
	       gso != &gso_types[VIRTIO_NET_HDR_GSO_UDP] &&
	       outer >= TRANSPORT_MIN && inner >= outer + UDP_HLEN &&
	       le16_to_cpu(hdr->csum_start) >= inner + inner_hlen;
}

/*
 * What there is of a tunnel in a header for @gso, NULL: for no segmentation.
 * Without a tunnel its fields are not used.
 */
static enum kvdev_net_drop tx_tunnel(struct kvdev_net_hdr *hdr, u8 flags,
				     const struct gso *gso, u64 features)
{
	bool csum = flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;

	if (!(hdr->gso_type & TUNNEL)) {
		hdr->outer_th_offset = 0;
		hdr->inner_nh_offset = 0;
		/* A flag that is not known is ignored */
		return csum && kvdev_net_has(features, KVDEV_NET_F_HOST_TUNNEL) ?
		       KVDEV_NET_DROP_CSUM : KVDEV_NET_PASS;
	}
	if (!kvdev_net_has(features, KVDEV_NET_F_HOST_TUNNEL) || !gso ||
	    !tunnel_fits(hdr, gso))
		return KVDEV_NET_DROP_GSO_TYPE;
	if (flags & VIRTIO_NET_HDR_F_DATA_VALID ||
	    (csum && !kvdev_net_has(features, KVDEV_NET_F_HOST_TUNNEL_CSUM)))
		return KVDEV_NET_DROP_CSUM;
	if (csum)
		hdr->flags |= VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	return KVDEV_NET_PASS;
}

/* The segmentation that the driver asks for: NULL if there is none to pass. */
static enum kvdev_net_drop tx_gso(const struct kvdev_net_hdr *hdr, u32 len,
				  u64 features, const struct gso **found)
{
	u8 ecn = hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN;
	u8 type = hdr->gso_type & ~(VIRTIO_NET_HDR_GSO_ECN | TUNNEL);
	const struct gso *gso;

	*found = NULL;
	if (type == VIRTIO_NET_HDR_GSO_NONE)
		return ecn ? KVDEV_NET_DROP_GSO_TYPE : KVDEV_NET_PASS;
	gso = find_gso(type);
	if (!gso || !kvdev_net_has(features, gso->host))
		return KVDEV_NET_DROP_GSO_TYPE;
	if (ecn && (!is_tcp(gso) ||
		    !kvdev_net_has(features, VIRTIO_NET_F_HOST_ECN)))
		return KVDEV_NET_DROP_GSO_TYPE;
	*found = gso;
	return check_gso(hdr, gso, len);
}

enum kvdev_net_drop kvdev_net_hdr_tx(struct kvdev_net_hdr *hdr, u32 len,
				     u64 features)
{
	u32 start = le16_to_cpu(hdr->csum_start);
	u32 offset = le16_to_cpu(hdr->csum_offset);
	u8 flags = hdr->flags;
	u32 headers = 0;
	enum kvdev_net_drop drop;
	const struct gso *gso;

	if (len < ETH_HLEN)
		return KVDEV_NET_DROP_SHORT;

	/* virtio 1.3, 5.1.6.2.2: flags we do not know are ignored, and without
	 * this one the checksum fields are not used
	 */
	hdr->flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (!hdr->flags) {
		hdr->csum_start = 0;
		hdr->csum_offset = 0;
	} else {
		/* No sum over, or into, the Ethernet header */
		if (!kvdev_net_has(features, VIRTIO_NET_F_CSUM) ||
		    start < ETH_HLEN || start + offset + sizeof(u16) > len)
			return KVDEV_NET_DROP_CSUM;
		headers = start + offset + sizeof(u16);
	}

	drop = tx_gso(hdr, len, features, &gso);
	if (drop)
		return drop;
	drop = tx_tunnel(hdr, flags, gso, features);
	if (drop)
		return drop;
	if (gso)
		headers = start + gso->hlen;
	else
		hdr->gso_size = 0;

	/* virtio 1.3, 5.1.6.2.2: hdr_len is a hint and may be wrong */
	hdr->hdr_len = cpu_to_le16(min(max((u32)le16_to_cpu(hdr->hdr_len),
					   headers), len));
	hdr->num_buffers = 0;
	hdr->hash_value = 0;
	hdr->hash_report = 0;
	hdr->padding = 0;
	return KVDEV_NET_PASS;
}

/* As tx_tunnel(), of what the host wrote. */
static enum kvdev_net_drop rx_tunnel(struct kvdev_net_hdr *hdr, u8 flags,
				     const struct gso *gso, u64 offloads)
{
	if (!(hdr->gso_type & TUNNEL)) {
		hdr->outer_th_offset = 0;
		hdr->inner_nh_offset = 0;
		return KVDEV_NET_PASS;
	}
	/* virtio 1.4, 5.1.6.4.1: the packet's sum is to be done, always */
	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return KVDEV_NET_DROP_CSUM;
	if (!kvdev_net_has(offloads, KVDEV_NET_F_GUEST_TUNNEL) || !gso ||
	    !tunnel_fits(hdr, gso))
		return KVDEV_NET_DROP_GSO_TYPE;
	hdr->flags &= ~VIRTIO_NET_HDR_F_DATA_VALID;
	if (!(flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM))
		return KVDEV_NET_PASS;
	if (!kvdev_net_has(offloads, KVDEV_NET_F_GUEST_TUNNEL_CSUM))
		return KVDEV_NET_DROP_CSUM;
	hdr->flags |= VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	return KVDEV_NET_PASS;
}

enum kvdev_net_drop kvdev_net_hdr_rx(struct kvdev_net_hdr *hdr, u32 len,
				     u64 offloads)
{
	u8 ecn = hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN;
	u8 type = hdr->gso_type & ~(VIRTIO_NET_HDR_GSO_ECN | TUNNEL);
	u8 flags = hdr->flags;
	const struct gso *gso = NULL;
	bool csum = kvdev_net_has(offloads, VIRTIO_NET_F_GUEST_CSUM);
	enum kvdev_net_drop drop;

	if (len < ETH_HLEN)
		return KVDEV_NET_DROP_SHORT;

	/* virtio 1.3, 5.1.6.4.1: without GUEST_CSUM no flags */
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !csum)
		return KVDEV_NET_DROP_CSUM;
	hdr->flags &= csum ? VIRTIO_NET_HDR_F_NEEDS_CSUM |
			     VIRTIO_NET_HDR_F_DATA_VALID : 0;
	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) {
		hdr->csum_start = 0;
		hdr->csum_offset = 0;
	}

	/* Nor a type that the driver cannot take */
	if (type == VIRTIO_NET_HDR_GSO_NONE) {
		hdr->gso_type &= TUNNEL;
		hdr->gso_size = 0;
		hdr->hdr_len = 0;
	} else {
		gso = find_gso(type);
		if (!gso || (!kvdev_net_has(offloads, gso->guest[0]) &&
			     !kvdev_net_has(offloads, gso->guest[1])))
			return KVDEV_NET_DROP_GSO_TYPE;
		if (ecn && !kvdev_net_has(offloads, VIRTIO_NET_F_GUEST_ECN))
			return KVDEV_NET_DROP_GSO_TYPE;
	}
	drop = rx_tunnel(hdr, flags, gso, offloads);
	if (drop)
		return drop;

	/* virtio 1.3, 5.1.6.4.1: 1 unless buffers are merged */
	hdr->num_buffers = cpu_to_le16(1);
	hdr->hash_value = 0;
	hdr->hash_report = cpu_to_le16(VIRTIO_NET_HASH_REPORT_NONE);
	hdr->padding = 0;
	return KVDEV_NET_PASS;
}
