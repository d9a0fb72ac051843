// SPDX-License-Identifier: GPL-2.0
/*
 * Hashes of received frames, see rss.h.
 *
 * The Toeplitz hash is linear: the hash of an input is the sum (exclusive or)
 * of the hashes of its parts with all others 0. So one table per key with the
 * hash of each value of each four bits makes a hash two look-ups per byte. With
 * eight bits it would be one, of a table that does not fit the L1 cache.
 */
#include "rss.h"

#define IPV4_HLEN	20
#define IPV6_HLEN	40
#define IPV6_ALEN	16
#define PORTS_LEN	4

#define PROTO_HOPOPTS	0
#define PROTO_TCP	6
#define PROTO_UDP	17
#define PROTO_ROUTING	43
#define PROTO_FRAGMENT	44
#define PROTO_AH	51
#define PROTO_DSTOPTS	60
#define PROTO_MH	135
/* Not a protocol: a later fragment, or headers end before the frame does. */
#define PROTO_UNKNOWN	256

/* Extension headers and options that are followed; no sane frame has more. */
#define EXT_MAX		8
#define OPTIONS_MAX	16
#define VLAN_TAGS_MAX	2

#define OPT_PAD1	0
#define OPT_HOME	0xc9	/* RFC 6275, 6.3 */
#define ROUTING_TYPE2	2	/* RFC 6275, 6.4 */

/* What a frame is, by its headers. The pointers go into the frame. */
struct flow {
	const u8 *src;
	const u8 *dst;
	const u8 *ports;	/* NULL: unknown */
	unsigned int alen;
	unsigned int proto;
	bool ext;		/* IPv6 with extension headers */
	const u8 *home;		/* IPv6: home address option, or src */
	const u8 *route;	/* IPv6: routing header of type 2, or dst */
};

void kvdev_net_rss_set_key(struct kvdev_net_rss *rss, const u8 *key, u32 len)
{
	u8 full[KVDEV_NET_RSS_INPUT_MAX + 4] = { };
	u32 window[4];
	unsigned int i, bit, value;

	static_assert(sizeof(full) == KVDEV_NET_RSS_KEY_MAX);
	memcpy(full, key, min_t(u32, len, sizeof(full)));
	for (i = 0; i < 2 * KVDEV_NET_RSS_INPUT_MAX; i++) {
		const u8 *at = full + i / 2;
		/* The 32 bits of the key from bit 4 * i on, and 8 more */
		u64 bits = (u64)at[0] << 32 | (u32)at[1] << 24 |
			   (u32)at[2] << 16 | (u32)at[3] << 8 | at[4];

		for (bit = 0; bit < 4; bit++)
			window[bit] = bits >> (8 - 4 * (i % 2) - bit);
		for (value = 0; value < 16; value++)
			rss->part[i][value] =
				(value & 8 ? window[0] : 0) ^
				(value & 4 ? window[1] : 0) ^
				(value & 2 ? window[2] : 0) ^
				(value & 1 ? window[3] : 0);
	}
}

/* Adds @len bytes to a hash that is of @done bytes so far. */
static u32 toeplitz(const struct kvdev_net_rss *rss, u32 hash,
		    unsigned int *done, const u8 *in, unsigned int len)
{
	const u32 (*part)[16] = rss->part + 2 * *done;
	unsigned int i;

	for (i = 0; i < len; i++, part += 2)
		hash ^= part[0][in[i] >> 4] ^ part[1][in[i] & 15];
	*done += len;
	return hash;
}

/* TCP and UDP start with the ports. */
static void find_ports(struct flow *flow, const u8 *at, const u8 *end)
{
	if (flow->proto != PROTO_TCP && flow->proto != PROTO_UDP)
		return;
	if (end - at >= PORTS_LEN)
		flow->ports = at;
}

static bool parse_ipv4(struct flow *flow, const u8 *ip, const u8 *end)
{
	unsigned int hlen;

	if (end - ip < IPV4_HLEN || ip[0] >> 4 != 4)
		return false;
	hlen = 4 * (ip[0] & 15);
	if (hlen < IPV4_HLEN)
		return false;
	flow->src = ip + 12;
	flow->dst = ip + 16;
	flow->alen = 4;
	/* All fragments of a packet must have the same hash, and only the
	 * first has the ports: more to come, or an offset
	 */
	if (kvdev_get_be16(ip + 6) & 0x3fff)
		flow->proto = PROTO_UNKNOWN;
	else
		flow->proto = ip[9];
	if (end - ip > hlen)
		find_ports(flow, ip + hlen, end);
	return true;
}

/* RFC 6275, 6.3: the address the packet would be from if it were at home. */
static void parse_dstopts(struct flow *flow, const u8 *ext, unsigned int len)
{
	const u8 *opt = ext + 2, *end = ext + len;
	unsigned int n;

	for (n = 0; n < OPTIONS_MAX && opt < end; n++) {
		if (*opt == OPT_PAD1) {
			opt++;
			continue;
		}
		if (end - opt < 2 || end - opt - 2 < opt[1])
			return;
		if (opt[0] == OPT_HOME && opt[1] == IPV6_ALEN) {
			flow->home = opt + 2;
			return;
		}
		opt += 2 + opt[1];
	}
}

/* Headers between IPv6 and transport, RFC 8200, 4. */
static void parse_ext(struct flow *flow, unsigned int proto, const u8 *at,
		      const u8 *end)
{
	unsigned int n, len;

	for (n = 0; n < EXT_MAX; n++) {
		switch (proto) {
		case PROTO_HOPOPTS:
		case PROTO_ROUTING:
		case PROTO_FRAGMENT:
		case PROTO_AH:
		case PROTO_DSTOPTS:
		case PROTO_MH:
			break;
		default:
			flow->proto = proto;
			find_ports(flow, at, end);
			return;
		}
		flow->ext = true;
		if (end - at < 8)
			return;
		if (proto == PROTO_FRAGMENT) {
			/* As with IPv4: every fragment, the first too, unless
			 * it is the only one
			 */
			if (kvdev_get_be16(at + 2) & 0xfff9)
				return;
			len = 8;
		} else if (proto == PROTO_AH) {
			len = 4 * (at[1] + 2);
		} else {
			len = 8 * (at[1] + 1);
		}
		if (end - at < len)
			return;
		if (proto == PROTO_DSTOPTS && flow->home == flow->src)
			parse_dstopts(flow, at, len);
		/* RFC 6275, 6.4.1: of this type there is one, of one length */
		if (proto == PROTO_ROUTING && at[2] == ROUTING_TYPE2 &&
		    len == 8 + IPV6_ALEN)
			flow->route = at + 8;
		proto = at[0];
		at += len;
	}
}

static bool parse_ipv6(struct flow *flow, const u8 *ip, const u8 *end)
{
	if (end - ip < IPV6_HLEN || ip[0] >> 4 != 6)
		return false;
	flow->src = ip + 8;
	flow->dst = ip + 24;
	flow->alen = IPV6_ALEN;
	flow->home = flow->src;
	flow->route = flow->dst;
	flow->proto = PROTO_UNKNOWN;
	parse_ext(flow, ip[6], ip + IPV6_HLEN, end);
	return true;
}

static bool parse(struct flow *flow, const u8 *head, u32 len)
{
	const u8 *end = head + len, *at = head + 2 * ETH_ALEN;
	unsigned int n;
	u16 type;

	if (len < ETH_HLEN)
		return false;
	for (n = 0; n <= VLAN_TAGS_MAX; n++) {
		type = kvdev_get_be16(at);
		at += 2;
		if (type == ETH_P_IP)
			return parse_ipv4(flow, at, end);
		if (type == ETH_P_IPV6)
			return parse_ipv6(flow, at, end);
		if ((type != ETH_P_8021Q && type != ETH_P_8021AD) ||
		    end - at < 4)
			return false;
		at += 2;
	}
	return false;
}

/* A way to hash a flow: the first that is enabled and applies is taken. */
struct method {
	u32 type;
	u16 report;
	u16 proto;	/* PROTO_TCP, PROTO_UDP; 0: any, without ports */
};

/* virtio 1.3, 5.1.6.4.3.3 */
static const struct method ipv4_methods[] = {
	{ VIRTIO_NET_RSS_HASH_TYPE_TCPv4, VIRTIO_NET_HASH_REPORT_TCPv4,
	  PROTO_TCP },
	{ VIRTIO_NET_RSS_HASH_TYPE_UDPv4, VIRTIO_NET_HASH_REPORT_UDPv4,
	  PROTO_UDP },
	{ VIRTIO_NET_RSS_HASH_TYPE_IPv4, VIRTIO_NET_HASH_REPORT_IPv4, 0 },
};

/* 5.1.6.4.3.4 */
static const struct method ipv6_methods[] = {
	{ VIRTIO_NET_RSS_HASH_TYPE_TCPv6, VIRTIO_NET_HASH_REPORT_TCPv6,
	  PROTO_TCP },
	{ VIRTIO_NET_RSS_HASH_TYPE_UDPv6, VIRTIO_NET_HASH_REPORT_UDPv6,
	  PROTO_UDP },
	{ VIRTIO_NET_RSS_HASH_TYPE_IPv6, VIRTIO_NET_HASH_REPORT_IPv6, 0 },
};

/* 5.1.6.4.3.5 */
static const struct method ipv6_ext_methods[] = {
	{ VIRTIO_NET_RSS_HASH_TYPE_TCP_EX, VIRTIO_NET_HASH_REPORT_TCPv6_EX,
	  PROTO_TCP },
	{ VIRTIO_NET_RSS_HASH_TYPE_UDP_EX, VIRTIO_NET_HASH_REPORT_UDPv6_EX,
	  PROTO_UDP },
	{ VIRTIO_NET_RSS_HASH_TYPE_IP_EX, VIRTIO_NET_HASH_REPORT_IPv6_EX, 0 },
};

static const struct method *choose(const struct method *methods, u32 types,
				   const struct flow *flow)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		const struct method *m = &methods[i];

		if (types & m->type &&
		    (!m->proto || (flow->proto == m->proto && flow->ports)))
			return m;
	}
	return NULL;
}

struct kvdev_net_hash kvdev_net_rss_hash(const struct kvdev_net_rss *rss,
					 const u8 *head, u32 len)
{
	struct kvdev_net_hash hash = { 0, VIRTIO_NET_HASH_REPORT_NONE };
	const struct method *m = NULL;
	struct flow flow = { };
	const u8 *src, *dst;
	unsigned int done = 0;

	if (!rss->types || !parse(&flow, head, len))
		return hash;
	src = flow.src;
	dst = flow.dst;
	if (flow.alen == 4) {
		m = choose(ipv4_methods, rss->types, &flow);
	} else {
		if (flow.ext)
			m = choose(ipv6_ext_methods, rss->types, &flow);
		if (m) {
			src = flow.home;
			dst = flow.route;
		} else {
			/* 5.1.6.4.3.5: else as if there were no extensions */
			m = choose(ipv6_methods, rss->types, &flow);
		}
	}
	if (!m)
		return hash;

	hash.report = m->report;
	hash.value = toeplitz(rss, 0, &done, src, flow.alen);
	hash.value = toeplitz(rss, hash.value, &done, dst, flow.alen);
	if (m->proto)
		hash.value = toeplitz(rss, hash.value, &done, flow.ports,
				      PORTS_LEN);
	return hash;
}

u16 kvdev_net_rss_pair(const struct kvdev_net_rss *rss,
		       const struct kvdev_net_hash *hash)
{
	unsigned int i;

	/* virtio 1.3, 5.1.6.5.7.2 */
	if (hash->report == VIRTIO_NET_HASH_REPORT_NONE)
		return rss->unclassified;
	i = hash->value & rss->mask;
	return rss->table[array_index_nospec(i, KVDEV_NET_RSS_TABLE_MAX)];
}
