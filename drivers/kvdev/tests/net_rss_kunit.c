// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: hashes of frames, against Microsoft's published values and against
 * the hash as it is defined, bit by bit.
 */
#include <kunit/test.h>

#include "../device/net/rss.h"

#define R_IPV4		VIRTIO_NET_HASH_REPORT_IPv4
#define R_IPV6		VIRTIO_NET_HASH_REPORT_IPv6
#define R_IPV6_EX	VIRTIO_NET_HASH_REPORT_IPv6_EX
#define R_NONE		VIRTIO_NET_HASH_REPORT_NONE
#define R_TCPV4		VIRTIO_NET_HASH_REPORT_TCPv4
#define R_TCPV6		VIRTIO_NET_HASH_REPORT_TCPv6
#define R_TCPV6_EX	VIRTIO_NET_HASH_REPORT_TCPv6_EX
#define R_UDPV4		VIRTIO_NET_HASH_REPORT_UDPv4
#define R_UDPV6		VIRTIO_NET_HASH_REPORT_UDPv6
#define R_UDPV6_EX	VIRTIO_NET_HASH_REPORT_UDPv6_EX
#define T_IP_EX		VIRTIO_NET_RSS_HASH_TYPE_IP_EX
#define T_IPV4		VIRTIO_NET_RSS_HASH_TYPE_IPv4
#define T_IPV6		VIRTIO_NET_RSS_HASH_TYPE_IPv6
#define T_TCP_EX	VIRTIO_NET_RSS_HASH_TYPE_TCP_EX
#define T_TCPV4		VIRTIO_NET_RSS_HASH_TYPE_TCPv4
#define T_TCPV6		VIRTIO_NET_RSS_HASH_TYPE_TCPv6
#define T_UDP_EX	VIRTIO_NET_RSS_HASH_TYPE_UDP_EX
#define T_UDPV4		VIRTIO_NET_RSS_HASH_TYPE_UDPv4
#define T_UDPV6		VIRTIO_NET_RSS_HASH_TYPE_UDPv6
#define ALL		KVDEV_NET_RSS_HASH_TYPES
#define FRAME_MAX	512
#define TCP		6
#define UDP		17
#define ICMP		1
#define NO_NEXT		59

static const u8 ms_key[KVDEV_NET_RSS_KEY_MAX] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2,
	0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0,
	0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4,
	0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c,
	0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* A frame in the making. */
struct frame {
	u8 data[FRAME_MAX];
	u32 len;
	u32 next;	/* where the number of the next header goes */
	u32 ip;
};

static void put16(struct frame *f, u16 val)
{
	kvdev_put_be16(f->data + f->len, val);
	f->len += 2;
}

static void ethernet(struct frame *f, unsigned int tags, u16 type)
{
	memset(f, 0, sizeof(*f));
	f->len = 2 * ETH_ALEN;
	for (; tags; tags--) {
		put16(f, tags > 1 ? ETH_P_8021AD : ETH_P_8021Q);
		put16(f, 0x2005);
	}
	put16(f, type);
	f->ip = f->len;
}

static void ipv4(struct frame *f, unsigned int tags, unsigned int words,
		 const u8 *src, const u8 *dst, u8 proto)
{
	ethernet(f, tags, ETH_P_IP);
	f->data[f->ip] = 0x40 | words;
	f->data[f->ip + 9] = proto;
	memcpy(f->data + f->ip + 12, src, 4);
	memcpy(f->data + f->ip + 16, dst, 4);
	f->len += 4 * words;
}

static void ipv6(struct frame *f, const u8 *src, const u8 *dst)
{
	ethernet(f, 0, ETH_P_IPV6);
	f->data[f->ip] = 0x60;
	f->next = f->ip + 6;
	memcpy(f->data + f->ip + 8, src, 16);
	memcpy(f->data + f->ip + 24, dst, 16);
	f->len += 40;
}

/* An extension header of 8 * (@units + 1) bytes; returns where it starts. */
static u8 *ext(struct frame *f, u8 number, u8 units)
{
	u8 *at = f->data + f->len;

	f->data[f->next] = number;
	f->next = f->len;
	at[1] = units;
	f->len += 8 * (units + 1);
	return at;
}

static void transport(struct frame *f, u8 proto, u16 sport, u16 dport)
{
	if (f->next)
		f->data[f->next] = proto;
	put16(f, sport);
	put16(f, dport);
}

/* The hash as it is defined. */
static u32 reference(const u8 *key, const u8 *in, u32 len)
{
	u32 hash = 0, i, k;

	for (i = 0; i < 8 * len; i++) {
		if (!(in[i / 8] & (0x80 >> i % 8)))
			continue;
		for (k = 0; k < 32; k++) {
			if (key[(i + k) / 8] & (0x80 >> (i + k) % 8))
				hash ^= 0x80000000u >> k;
		}
	}
	return hash;
}

static struct kvdev_net_rss *make_rss(struct kunit *test, u32 types)
{
	struct kvdev_net_rss *rss = kunit_kzalloc(test, sizeof(*rss),
						  GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rss);
	rss->types = types;
	kvdev_net_rss_set_key(rss, ms_key, sizeof(ms_key));
	return rss;
}

struct vector {
	u8 dst[16], src[16];
	u16 dport, sport;
	u32 ip, tcp;
};

static const struct vector vectors4[] = {
	{ { 161, 142, 100, 80 }, { 66, 9, 149, 187 }, 1766, 2794,
	  0x323e8fc2, 0x51ccc178 },
	{ { 65, 69, 140, 83 }, { 199, 92, 111, 2 }, 4739, 14230,
	  0xd718262a, 0xc626b0ea },
	{ { 12, 22, 207, 184 }, { 24, 19, 198, 95 }, 38024, 12898,
	  0xd2d0a5de, 0x5c2b394a },
	{ { 209, 142, 163, 6 }, { 38, 27, 205, 30 }, 2217, 48228,
	  0x82989176, 0xafc7327f },
	{ { 202, 188, 127, 2 }, { 153, 39, 163, 191 }, 1303, 44251,
	  0x5d1809c5, 0x10e828a2 },
};

static const struct vector vectors6[] = {
	{ { 0x3f, 0xfe, 0x25, 0x01, 0x02, 0, 0, 3, [15] = 1 },
	  { 0x3f, 0xfe, 0x25, 0x01, 0x02, 0, 0x1f, 0xff, [15] = 7 },
	  1766, 2794, 0x2cc18cd5, 0x40207d3d },
	{ { 0xff, 0x02, [15] = 1 },
	  { 0x3f, 0xfe, 0x05, 0x01, 0, 8, 0, 0, 2, 0x60, 0x97, 0xff, 0xfe,
	    0x40, 0xef, 0xab },
	  4739, 14230, 0x0f0c461c, 0xdde51bbf },
	{ { 0xfe, 0x80, [8] = 2, 0, 0xf8, 0xff, 0xfe, 0x21, 0x67, 0xcf },
	  { 0x3f, 0xfe, 0x19, 0, 0x45, 0x45, 0, 3, 2, 0, 0xf8, 0xff, 0xfe,
	    0x21, 0x67, 0xcf },
	  38024, 44251, 0x4b61e985, 0x02d1feef },
};

static void expect(struct kunit *test, const struct kvdev_net_rss *rss,
		   const struct frame *f, u16 report, u32 value)
{
	struct kvdev_net_hash hash = kvdev_net_rss_hash(rss, f->data, f->len);

	KUNIT_EXPECT_EQ(test, hash.report, report);
	KUNIT_EXPECT_EQ(test, hash.value, value);
}

static void published_values(struct kunit *test)
{
	struct kvdev_net_rss *rss = make_rss(test, ALL);
	const struct vector *v;
	unsigned int i;
	struct frame f;

	for (i = 0; i < ARRAY_SIZE(vectors4); i++) {
		v = &vectors4[i];
		ipv4(&f, 0, 5, v->src, v->dst, TCP);
		transport(&f, TCP, v->sport, v->dport);
		rss->types = ALL;
		expect(test, rss, &f, R_TCPV4, v->tcp);
		rss->types = T_IPV4;
		expect(test, rss, &f, R_IPV4, v->ip);
		f.data[f.ip + 9] = UDP;
		rss->types = ALL;
		expect(test, rss, &f, R_UDPV4, v->tcp);
	}
	for (i = 0; i < ARRAY_SIZE(vectors6); i++) {
		v = &vectors6[i];
		ipv6(&f, v->src, v->dst);
		transport(&f, TCP, v->sport, v->dport);
		rss->types = ALL;
		expect(test, rss, &f, R_TCPV6, v->tcp);
		rss->types = T_IPV6;
		expect(test, rss, &f, R_IPV6, v->ip);
	}
}

/* Any key, each bit of the input. */
static void same_as_defined(struct kunit *test)
{
	struct kvdev_net_rss *rss = make_rss(test, ALL);
	u8 key[KVDEV_NET_RSS_KEY_MAX], in[36] = { };
	unsigned int len, bit, i;
	struct frame f;

	for (len = 0; len <= sizeof(key); len++) {
		memset(key, 0, sizeof(key));
		for (i = 0; i < len; i++)
			key[i] = 0x9e + 0x3b * i * len;
		kvdev_net_rss_set_key(rss, key, len);
		for (bit = 0; bit < 8 * sizeof(in); bit++) {
			in[bit / 8] ^= 0x80 >> bit % 8;
			ipv6(&f, in, in + 16);
			transport(&f, TCP, kvdev_get_be16(in + 32),
				  kvdev_get_be16(in + 34));
			expect(test, rss, &f, R_TCPV6,
			       reference(key, in, sizeof(in)));
			if (bit % 3)
				in[bit / 8] ^= 0x80 >> bit % 8;
		}
	}
}

static const u8 src4[4] = { 10, 1, 2, 3 }, dst4[4] = { 10, 9, 8, 7 };
static const u8 src6[16] = { 0x20, 1, [15] = 1 };
static const u8 dst6[16] = { 0x20, 2, [15] = 2 };
static const u8 home6[16] = { 0x20, 3, [15] = 3 };
static const u8 route6[16] = { 0x20, 4, [15] = 4 };
#define SPORT	0x1234
#define DPORT	0x5678

static u32 hash_of(const u8 *a, const u8 *b, u32 alen, bool ports)
{
	u8 in[36];

	memcpy(in, a, alen);
	memcpy(in + alen, b, alen);
	kvdev_put_be16(in + 2 * alen, SPORT);
	kvdev_put_be16(in + 2 * alen + 2, DPORT);
	return reference(ms_key, in, 2 * alen + (ports ? 4 : 0));
}

/* What is taken by what is enabled, for each set of types. */
static void types_ipv4(struct kunit *test)
{
	static const u8 protos[] = { TCP, UDP, ICMP };
	struct kvdev_net_rss *rss = make_rss(test, 0);
	unsigned int i, words, tags;
	struct frame f;
	u32 types;

	for (types = 0; types <= ALL; types++) {
		for (i = 0; i < ARRAY_SIZE(protos); i++) {
			u16 report = 0;

			words = 5 + types % 11;
			tags = types % 3;
			ipv4(&f, tags, words, src4, dst4, protos[i]);
			transport(&f, protos[i], SPORT, DPORT);
			rss->types = types;
			if (protos[i] == TCP && types & T_TCPV4)
				report = R_TCPV4;
			else if (protos[i] == UDP && types & T_UDPV4)
				report = R_UDPV4;
			else if (types & T_IPV4)
				report = R_IPV4;
			expect(test, rss, &f, report, report ?
			       hash_of(src4, dst4, 4, report != R_IPV4) : 0);
		}
	}
}

static void home_option(u8 *at)
{
	/* Behind a Pad1, a PadN of 2 and a Pad1 */
	at[3] = 1;
	at[6] = 0xc9;
	at[7] = 16;
	memcpy(at + 8, home6, 16);
}

static void types_ipv6(struct kunit *test)
{
	static const u8 protos[] = { TCP, UDP, ICMP, NO_NEXT };
	struct kvdev_net_rss *rss = make_rss(test, 0);
	unsigned int i, exts;
	struct frame f;
	u32 types;

	/* exts: hop-by-hop, home address, routing of type 2, of type 0 */
	for (exts = 0; exts < 16; exts++) {
		for (types = 0; types <= ALL; types++) {
			for (i = 0; i < ARRAY_SIZE(protos); i++) {
				const u8 *a = src6, *b = dst6;
				bool ports = true;
				u16 report = 0;
				u8 *at;

				ipv6(&f, src6, dst6);
				if (exts & 1)
					ext(&f, 0, 1);
				if (exts & 2)
					home_option(ext(&f, 60, 2));
				if (exts & 4) {
					at = ext(&f, 43, 2);
					at[2] = 2;
					at[3] = 1;
					memcpy(at + 8, route6, 16);
				}
				if (exts & 8) {
					at = ext(&f, 43, 2);
					memcpy(at + 8, home6, 16);
				}
				transport(&f, protos[i], SPORT, DPORT);

				if (exts && protos[i] == TCP &&
				    types & T_TCP_EX)
					report = R_TCPV6_EX;
				else if (exts && protos[i] == UDP &&
					 types & T_UDP_EX)
					report = R_UDPV6_EX;
				else if (exts && types & T_IP_EX)
					report = R_IPV6_EX;
				if (report) {
					ports = report != R_IPV6_EX;
					a = exts & 2 ? home6 : src6;
					b = exts & 4 ? route6 : dst6;
				} else if (protos[i] == TCP &&
					   types & T_TCPV6) {
					report = R_TCPV6;
				} else if (protos[i] == UDP &&
					   types & T_UDPV6) {
					report = R_UDPV6;
				} else if (types & T_IPV6) {
					report = R_IPV6;
					ports = false;
				}
				rss->types = types;
				expect(test, rss, &f, report,
				       report ? hash_of(a, b, 16, ports) : 0);
			}
		}
	}
}

/* All fragments of a packet have one hash. */
static void fragments(struct kunit *test)
{
	static const u16 fields4[] = { 0x2000, 0x0001, 0x3fff, 0x6000 };
	static const u16 fields6[] = { 0x0001, 0x0008, 0xfff9 };
	struct kvdev_net_rss *rss = make_rss(test, ALL);
	struct frame f;
	unsigned int i;
	u8 *at;

	for (i = 0; i < ARRAY_SIZE(fields4); i++) {
		ipv4(&f, 0, 5, src4, dst4, TCP);
		kvdev_put_be16(f.data + f.ip + 6, fields4[i]);
		transport(&f, TCP, SPORT, DPORT);
		expect(test, rss, &f, R_IPV4, hash_of(src4, dst4, 4, false));
	}
	/* "Do not" is no fragment, nor is the reserved bit */
	kvdev_put_be16(f.data + f.ip + 6, 0xc000);
	expect(test, rss, &f, R_TCPV4, hash_of(src4, dst4, 4, true));

	for (i = 0; i < ARRAY_SIZE(fields6); i++) {
		ipv6(&f, src6, dst6);
		at = ext(&f, 44, 0);
		at[1] = 0xff;	/* reserved here: no length */
		kvdev_put_be16(at + 2, fields6[i]);
		transport(&f, TCP, SPORT, DPORT);
		expect(test, rss, &f, R_IPV6_EX,
		       hash_of(src6, dst6, 16, false));
	}
	/* RFC 6946: a packet of one fragment */
	kvdev_put_be16(at + 2, 0);
	expect(test, rss, &f, R_TCPV6_EX, hash_of(src6, dst6, 16, true));
}

static void ext_header_lengths(struct kunit *test)
{
	struct kvdev_net_rss *rss = make_rss(test, ALL);
	struct frame f;
	unsigned int n;
	u8 *at;

	/* Authentication: counted in words, and from another start */
	ipv6(&f, src6, dst6);
	at = ext(&f, 51, 2);
	at[1] = 4;
	transport(&f, UDP, SPORT, DPORT);
	expect(test, rss, &f, R_UDPV6_EX, hash_of(src6, dst6, 16, true));

	/* As many as are followed, and one more: then no ports */
	for (n = 7; n < 10; n++) {
		unsigned int i;

		ipv6(&f, src6, dst6);
		for (i = 0; i < n; i++)
			ext(&f, 60, 0);
		transport(&f, TCP, SPORT, DPORT);
		expect(test, rss, &f, n < 8 ? R_TCPV6_EX : R_IPV6_EX,
		       hash_of(src6, dst6, 16, n < 8));
	}

	/* Longer than the frame */
	ipv6(&f, src6, dst6);
	ext(&f, 0, 0)[1] = 0xff;
	transport(&f, TCP, SPORT, DPORT);
	expect(test, rss, &f, R_IPV6_EX, hash_of(src6, dst6, 16, false));

	/* An option that is longer than its header, one of another length */
	ipv6(&f, src6, dst6);
	at = ext(&f, 60, 2);
	home_option(at);
	at[4] = 0xff;
	transport(&f, TCP, SPORT, DPORT);
	expect(test, rss, &f, R_TCPV6_EX, hash_of(src6, dst6, 16, true));
	home_option(at);
	at[4] = 0;
	at[7] = 15;
	expect(test, rss, &f, R_TCPV6_EX, hash_of(src6, dst6, 16, true));
}

/* Every prefix of a frame: nothing behind it is read, and addresses count. */
static void cut_off(struct kunit *test)
{
	struct kvdev_net_rss *rss = make_rss(test, ALL);
	struct kvdev_net_hash hash;
	struct frame f;
	u32 len;
	u8 *at;

	ipv6(&f, src6, dst6);
	home_option(ext(&f, 60, 2));
	at = ext(&f, 43, 2);
	at[2] = 2;
	memcpy(at + 8, route6, 16);
	transport(&f, TCP, SPORT, DPORT);
	for (len = 0; len <= f.len; len++) {
		u8 *exact = kunit_kmalloc(test, len, GFP_KERNEL);
		u16 report = R_TCPV6_EX;

		memcpy(exact, f.data, len);
		hash = kvdev_net_rss_hash(rss, exact, len);
		if (len < ETH_HLEN + 40)
			report = R_NONE;
		else if (len < f.len)
			report = R_IPV6_EX;
		KUNIT_EXPECT_EQ(test, hash.report, report);
	}

	ipv4(&f, 2, 6, src4, dst4, UDP);
	transport(&f, UDP, SPORT, DPORT);
	for (len = 0; len <= f.len; len++) {
		u8 *exact = kunit_kmalloc(test, len, GFP_KERNEL);
		u16 report = R_UDPV4;

		memcpy(exact, f.data, len);
		hash = kvdev_net_rss_hash(rss, exact, len);
		if (len < f.ip + 20)
			report = R_NONE;
		else if (len < f.len)
			report = R_IPV4;
		KUNIT_EXPECT_EQ(test, hash.report, report);
	}
}

static void not_hashed(struct kunit *test)
{
	struct kvdev_net_rss *rss = make_rss(test, ALL);
	struct frame f;

	/* Not IP */
	ethernet(&f, 0, ETH_P_ARP);
	f.len += 40;
	expect(test, rss, &f, R_NONE, 0);
	/* More tags than are followed */
	ipv4(&f, 3, 5, src4, dst4, TCP);
	transport(&f, TCP, SPORT, DPORT);
	expect(test, rss, &f, R_NONE, 0);
	/* Other versions than the type says, a header that is too short */
	ipv4(&f, 0, 5, src4, dst4, TCP);
	f.data[f.ip] = 0x65;
	expect(test, rss, &f, R_NONE, 0);
	f.data[f.ip] = 0x44;
	expect(test, rss, &f, R_NONE, 0);
	ipv6(&f, src6, dst6);
	f.data[f.ip] = 0x40;
	expect(test, rss, &f, R_NONE, 0);
}

static void pairs(struct kunit *test)
{
	struct kvdev_net_rss *rss = make_rss(test, ALL);
	struct kvdev_net_hash hash = { };
	unsigned int i, entries;

	rss->unclassified = 5;
	for (i = 0; i < KVDEV_NET_RSS_TABLE_MAX; i++)
		rss->table[i] = i % 31;
	for (entries = 1; entries <= KVDEV_NET_RSS_TABLE_MAX; entries *= 2) {
		rss->mask = entries - 1;
		for (i = 0; i < 1000; i++) {
			hash.value = 0x9e3779b9u * i;
			hash.report = R_IPV4;
			KUNIT_ASSERT_EQ(test, kvdev_net_rss_pair(rss, &hash),
					hash.value % entries % 31);
			hash.report = R_NONE;
			KUNIT_ASSERT_EQ(test, kvdev_net_rss_pair(rss, &hash),
					5);
		}
	}
}

static struct kunit_case rss_cases[] = {
	KUNIT_CASE(published_values),
	KUNIT_CASE(same_as_defined),
	KUNIT_CASE(types_ipv4),
	KUNIT_CASE(types_ipv6),
	KUNIT_CASE(fragments),
	KUNIT_CASE(ext_header_lengths),
	KUNIT_CASE(cut_off),
	KUNIT_CASE(not_hashed),
	KUNIT_CASE(pairs),
	{ }
};

static struct kunit_suite rss_suite = {
	.name = "kvdev_net_rss",
	.test_cases = rss_cases,
};

kunit_test_suite(rss_suite);
