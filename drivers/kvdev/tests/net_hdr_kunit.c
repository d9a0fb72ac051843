// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: the header before each frame.
 */
#include <kunit/test.h>

#include "../device/net/hdr.h"

#define F(name)		BIT_ULL(VIRTIO_NET_F_##name)
#define ALL_TX		(F(CSUM) | F(HOST_TSO4) | F(HOST_TSO6) | F(HOST_ECN) | \
			 F(HOST_UFO) | F(HOST_USO))
#define HOST_TUNNEL	BIT_ULL(KVDEV_NET_F_HOST_TUNNEL)
#define HOST_TUNNEL_CSUM BIT_ULL(KVDEV_NET_F_HOST_TUNNEL_CSUM)
#define GUEST_TUNNEL	BIT_ULL(KVDEV_NET_F_GUEST_TUNNEL)
#define GUEST_TUNNEL_CSUM BIT_ULL(KVDEV_NET_F_GUEST_TUNNEL_CSUM)
#define CSUM		VIRTIO_NET_HDR_F_NEEDS_CSUM
#define TCSUM		VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM
#define TUN4		VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4
#define TUN6		VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6
#define VALID		VIRTIO_NET_HDR_F_DATA_VALID
#define TSO4		VIRTIO_NET_HDR_GSO_TCPV4
#define TSO6		VIRTIO_NET_HDR_GSO_TCPV6
#define UFO		VIRTIO_NET_HDR_GSO_UDP
#define USO		VIRTIO_NET_HDR_GSO_UDP_L4
#define ECN		VIRTIO_NET_HDR_GSO_ECN

static void layout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct kvdev_net_hdr), (size_t)24);
	KUNIT_EXPECT_EQ(test, offsetof(struct kvdev_net_hdr, outer_th_offset),
			(size_t)KVDEV_NET_HDR_HASH_LEN);
	KUNIT_EXPECT_EQ(test, offsetof(struct kvdev_net_hdr, num_buffers),
			(size_t)KVDEV_NET_HDR_LEGACY);
	KUNIT_EXPECT_EQ(test, offsetof(struct kvdev_net_hdr, hash_value),
			(size_t)KVDEV_NET_HDR_LEN);
	KUNIT_EXPECT_EQ(test, kvdev_net_hdr_len(0), 10U);
	KUNIT_EXPECT_EQ(test, kvdev_net_hdr_len(ALL_TX), 10U);
	KUNIT_EXPECT_EQ(test, kvdev_net_hdr_len(F(MRG_RXBUF)), 12U);
	KUNIT_EXPECT_EQ(test, kvdev_net_hdr_len(BIT_ULL(VIRTIO_F_VERSION_1)),
			12U);
	KUNIT_EXPECT_EQ(test, kvdev_net_hdr_len(BIT_ULL(VIRTIO_F_VERSION_1) |
						F(MRG_RXBUF)), 12U);
	KUNIT_EXPECT_EQ(test, kvdev_net_hdr_len(BIT_ULL(VIRTIO_F_VERSION_1) |
						F(HASH_REPORT)), 20U);
	KUNIT_EXPECT_EQ(test, kvdev_net_hdr_len(HOST_TUNNEL), 24U);
	KUNIT_EXPECT_EQ(test, kvdev_net_hdr_len(GUEST_TUNNEL), 24U);
	KUNIT_EXPECT_EQ(test, kvdev_net_hdr_len(GUEST_TUNNEL | HOST_TUNNEL |
						F(HASH_REPORT)), 24U);
}

struct tx_case {
	const char *name;
	u64 features;
	u32 len;
	u8 flags, type;
	u16 hdr_len, size, start, offset;
	enum kvdev_net_drop drop;
	/* Afterwards */
	u16 hdr_len_out, size_out, start_out;
	/* Offsets of a tunnel; what is left of its flag, and of them */
	u16 outer, inner;
	u8 tcsum_out;
	bool tunnel_out;
};

/* What is the same in all of them */
#define IN_TUNNEL(_flags, _type, _offset, _start, _outer, _inner)	\
	9000, CSUM | (_flags), _type, 0, 1400, _start, _offset,		\
	.outer = _outer, .inner = _inner
#define TUNNEL_OUT(_headers, _start, _tcsum)				\
	.hdr_len_out = _headers, .size_out = 1400, .start_out = _start,	\
	.tcsum_out = _tcsum, .tunnel_out = true
#define TUNNEL_TX	(ALL_TX | HOST_TUNNEL)
#define TUNNEL_CSUM_TX	(TUNNEL_TX | HOST_TUNNEL_CSUM)

#define DROP(reason)	.drop = KVDEV_NET_DROP_##reason

static const struct tx_case tx_cases[] = {
	{ "nothing", 0, 60 },
	{ "an Ethernet header", 0, 14 },
	{ "less than that", 0, 13, DROP(SHORT) },
	{ "no frame", ALL_TX, 0, DROP(SHORT) },
	{ "fields that are not in use", 0, 60, 0, 0, 0, 9, 0xffff, 0xffff },
	{ "fields not in use, everything negotiated", ALL_TX, 60, 0, 0, 40,
	  1400, 34, 16, .hdr_len_out = 40 },
	{ "unknown flags", 0, 60, 0xfe },
	{ "unknown and known flags", ALL_TX, 60, 0xff, 0, 0, 0, 34, 16,
	  .hdr_len_out = 52, .start_out = 34 },
	{ "hdr_len beyond the frame", 0, 60, 0, 0, 0xffff, .hdr_len_out = 60 },
	{ "hdr_len one beyond", 0, 60, 0, 0, 61, .hdr_len_out = 60 },

	{ "csum", F(CSUM), 60, CSUM, 0, 0, 0, 34, 16, .hdr_len_out = 52,
	  .start_out = 34 },
	{ "csum not negotiated", ALL_TX & ~F(CSUM), 60, CSUM, 0, 0, 0, 34, 16,
	  DROP(CSUM) },
	{ "csum at the end", F(CSUM), 60, CSUM, 0, 0, 0, 42, 16,
	  .hdr_len_out = 60, .start_out = 42 },
	{ "csum over the end", F(CSUM), 60, CSUM, 0, 0, 0, 43, 16,
	  DROP(CSUM) },
	{ "csum over the end, odd", F(CSUM), 59, CSUM, 0, 0, 0, 42, 16,
	  DROP(CSUM) },
	{ "csum_start beyond", F(CSUM), 60, CSUM, 0, 0, 0, 61, 0, DROP(CSUM) },
	{ "csum_start largest", F(CSUM), 60, CSUM, 0, 0, 0, 0xffff, 0,
	  DROP(CSUM) },
	{ "csum_offset largest", F(CSUM), 60, CSUM, 0, 0, 0, 34, 0xffff,
	  DROP(CSUM) },
	{ "csum sum of both wraps in 16 bits", F(CSUM), 60, CSUM, 0, 0, 0,
	  0xffff, 0xffff, DROP(CSUM) },
	{ "csum start and offset wrap to a good one", F(CSUM), 60, CSUM, 0, 0,
	  0, 0x8022, 0x8000, DROP(CSUM) },
	{ "csum in the Ethernet header", F(CSUM), 60, CSUM, 0, 0, 0, 13, 0,
	  DROP(CSUM) },
	{ "csum at 0", F(CSUM), 60, CSUM, 0, 0, 0, 0, 0, DROP(CSUM) },
	{ "csum right behind it", F(CSUM), 60, CSUM, 0, 0, 0, 14, 0,
	  .hdr_len_out = 16, .start_out = 14 },

	{ "tso4", ALL_TX, 9000, CSUM, TSO4, 54, 1448, 34, 16,
	  .hdr_len_out = 54, .size_out = 1448, .start_out = 34 },
	{ "tso4 not negotiated", ALL_TX & ~F(HOST_TSO4), 9000, CSUM, TSO4, 54,
	  1448, 34, 16, DROP(GSO_TYPE) },
	{ "tso6 not negotiated", ALL_TX & ~F(HOST_TSO6), 9000, CSUM, TSO6, 74,
	  1428, 54, 16, DROP(GSO_TYPE) },
	{ "ufo not negotiated", ALL_TX & ~F(HOST_UFO), 9000, CSUM, UFO, 42,
	  1480, 34, 6, DROP(GSO_TYPE) },
	{ "uso not negotiated", ALL_TX & ~F(HOST_USO), 9000, CSUM, USO, 42,
	  1472, 34, 6, DROP(GSO_TYPE) },
	{ "tso6", ALL_TX, 9000, CSUM, TSO6, 0, 1428, 54, 16,
	  .hdr_len_out = 74, .size_out = 1428, .start_out = 54 },
	{ "ufo", ALL_TX, 9000, CSUM, UFO, 0, 1480, 34, 6, .hdr_len_out = 42,
	  .size_out = 1480, .start_out = 34 },
	{ "uso", ALL_TX, 9000, CSUM, USO, 0, 1472, 34, 6, .hdr_len_out = 42,
	  .size_out = 1472, .start_out = 34 },
	{ "ecn", ALL_TX, 9000, CSUM, TSO4 | ECN, 54, 1448, 34, 16,
	  .hdr_len_out = 54, .size_out = 1448, .start_out = 34 },
	{ "ecn not negotiated", ALL_TX & ~F(HOST_ECN), 9000, CSUM, TSO4 | ECN,
	  54, 1448, 34, 16, DROP(GSO_TYPE) },
	{ "ecn of udp", ALL_TX, 9000, CSUM, USO | ECN, 42, 1472, 34, 6,
	  DROP(GSO_TYPE) },
	{ "ecn of nothing", ALL_TX, 60, 0, ECN, DROP(GSO_TYPE) },
	{ "gso without csum", ALL_TX, 9000, 0, TSO4, 54, 1448, 34, 16,
	  DROP(CSUM) },
	{ "gso with csum elsewhere", ALL_TX, 9000, CSUM, TSO4, 54, 1448, 34, 6,
	  DROP(CSUM) },
	{ "uso with csum of tcp", ALL_TX, 9000, CSUM, USO, 42, 1472, 34, 16,
	  DROP(CSUM) },
	{ "gso of size 0", ALL_TX, 9000, CSUM, TSO4, 54, 0, 34, 16,
	  DROP(GSO_SIZE) },
	{ "gso of size 1", ALL_TX, 9000, CSUM, TSO4, 54, 1, 34, 16,
	  .hdr_len_out = 54, .size_out = 1, .start_out = 34 },
	{ "gso of the size that is none", ALL_TX, 9000, CSUM, TSO4, 54, 0xffff,
	  34, 16, DROP(GSO_SIZE) },
	{ "gso of the largest size", ALL_TX, 9000, CSUM, TSO4, 54, 0xfffe, 34,
	  16, .hdr_len_out = 54, .size_out = 0xfffe, .start_out = 34 },
	{ "uso of 128 segments", ALL_TX, 42 + 1280, CSUM, USO, 42, 10, 34, 6,
	  .hdr_len_out = 42, .size_out = 10, .start_out = 34 },
	{ "uso of 129 segments", ALL_TX, 42 + 1281, CSUM, USO, 42, 10, 34, 6,
	  DROP(GSO_SIZE) },
	{ "gso without room for the header", ALL_TX, 53, CSUM, TSO4, 54, 1448,
	  34, 16, DROP(CSUM) },
	{ "gso of headers only", ALL_TX, 54, CSUM, TSO4, 54, 1448, 34, 16,
	  .hdr_len_out = 54, .size_out = 1448, .start_out = 34 },
	{ "gso without a network header", ALL_TX, 9000, CSUM, TSO4, 34, 1448,
	  14, 16, DROP(CSUM) },
	{ "gso of type 2", ALL_TX, 9000, CSUM, 2, 54, 1448, 34, 16,
	  DROP(GSO_TYPE) },
	{ "gso of type 6", ALL_TX, 9000, CSUM, 6, 54, 1448, 34, 16,
	  DROP(GSO_TYPE) },
	{ "gso of type 127", ALL_TX, 9000, CSUM, 127, 54, 1448, 34, 16,
	  DROP(GSO_TYPE) },
	{ "tunnel v4", ~0ULL, 9000, CSUM, 0x20 | TSO4, 54, 1448, 34, 16,
	  DROP(GSO_TYPE) },
	{ "tunnel v6", ~0ULL, 9000, CSUM, 0x40 | TSO6, 54, 1448, 34, 16,
	  DROP(GSO_TYPE) },
	{ "tunnel of both", ~0ULL, 9000, CSUM, 0x60 | TSO4, 54, 1448, 34, 16,
	  DROP(GSO_TYPE) },

	{ "tunnel, tso4", TUNNEL_TX, IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 34, 62),
	  TUNNEL_OUT(104, 84, 0) },
	{ "tunnel, tso4 with ecn", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4 | ECN, 16, 84, 34, 62),
	  TUNNEL_OUT(104, 84, 0) },
	{ "tunnel over v6, tso6", TUNNEL_TX,
	  IN_TUNNEL(0, TUN6 | TSO6, 16, 124, 54, 82), TUNNEL_OUT(144, 124, 0) },
	{ "tunnel, uso", TUNNEL_TX, IN_TUNNEL(0, TUN4 | USO, 6, 84, 34, 62),
	  TUNNEL_OUT(92, 84, 0) },
	{ "tunnel, headers as near as can be", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 62, 34, 42), TUNNEL_OUT(82, 62, 0) },
	{ "tunnel, tso6, headers as near as can be", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO6, 16, 82, 34, 42), TUNNEL_OUT(102, 82, 0) },
	{ "tunnel with sum", TUNNEL_CSUM_TX,
	  IN_TUNNEL(TCSUM, TUN4 | TSO4, 16, 84, 34, 62),
	  TUNNEL_OUT(104, 84, TCSUM) },
	{ "tunnel without sum, though it could", TUNNEL_CSUM_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 34, 62), TUNNEL_OUT(104, 84, 0) },
	{ "tunnel not negotiated", ALL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 34, 62), DROP(GSO_TYPE) },
	{ "tunnel's sum not negotiated", TUNNEL_TX,
	  IN_TUNNEL(TCSUM, TUN4 | TSO4, 16, 84, 34, 62), DROP(CSUM) },
	{ "tunnel's tso4 not negotiated", TUNNEL_TX & ~F(HOST_TSO4),
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 34, 62), DROP(GSO_TYPE) },
	{ "tunnel over both", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TUN6 | TSO4, 16, 84, 34, 62), DROP(GSO_TYPE) },
	{ "tunnel, ufo", TUNNEL_TX, IN_TUNNEL(0, TUN4 | UFO, 6, 84, 34, 62),
	  DROP(GSO_TYPE) },
	{ "tunnel, no segmentation", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4, 16, 84, 34, 62), DROP(GSO_TYPE) },
	{ "tunnel, ecn alone", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | ECN, 16, 84, 34, 62), DROP(GSO_TYPE) },
	{ "tunnel, unknown segmentation", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | 7, 16, 84, 34, 62), DROP(GSO_TYPE) },
	{ "tunnel without csum", TUNNEL_TX, 9000, 0, TUN4 | TSO4, 0, 1400, 84,
	  16, DROP(CSUM), .outer = 34, .inner = 62 },
	{ "tunnel that is valid", TUNNEL_TX,
	  IN_TUNNEL(VALID, TUN4 | TSO4, 16, 84, 34, 62), DROP(CSUM) },
	{ "tunnel, csum elsewhere", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 6, 84, 34, 62), DROP(CSUM) },
	{ "tunnel, outer header in the network header", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 33, 62), DROP(GSO_TYPE) },
	{ "tunnel, outer header at 0", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 0, 62), DROP(GSO_TYPE) },
	{ "tunnel, outer header behind", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 62, 34), DROP(GSO_TYPE) },
	{ "tunnel, outer header largest", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 0xffff, 62), DROP(GSO_TYPE) },
	{ "tunnel, both largest", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 0xffff, 0xffff), DROP(GSO_TYPE) },
	{ "tunnel, inner wraps in 16 bits", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 0xfffc, 4), DROP(GSO_TYPE) },
	{ "tunnel, inner header in the outer", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 34, 41), DROP(GSO_TYPE) },
	{ "tunnel, inner header too near", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 34, 65), DROP(GSO_TYPE) },
	{ "tunnel, inner header too near of tso6", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO6, 16, 84, 34, 45), DROP(GSO_TYPE) },
	{ "tunnel, inner header behind", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 84, 34, 0xffff), DROP(GSO_TYPE) },
	{ "tunnel, header beyond the frame", TUNNEL_TX,
	  IN_TUNNEL(0, TUN4 | TSO4, 16, 8981, 34, 62), DROP(CSUM) },
	{ "tunnel's sum without a tunnel", TUNNEL_CSUM_TX, 9000, CSUM | TCSUM,
	  TSO4, 54, 1448, 34, 16, DROP(CSUM) },
	{ "tunnel's sum of nothing", TUNNEL_TX, 60, TCSUM, DROP(CSUM) },
	{ "tunnel's fields not in use", TUNNEL_TX, 9000, CSUM, TSO4, 54, 1448,
	  34, 16, .hdr_len_out = 54, .size_out = 1448, .start_out = 34,
	  .outer = 0xffff, .inner = 1 },
};

static void tx_case_desc(const struct tx_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tx, tx_cases, tx_case_desc);

static void tx_checks(struct kunit *test)
{
	const struct tx_case *c = test->param_value;
	struct kvdev_net_hdr hdr = {
		.flags = c->flags,
		.gso_type = c->type,
		.hdr_len = cpu_to_le16(c->hdr_len),
		.gso_size = cpu_to_le16(c->size),
		.csum_start = cpu_to_le16(c->start),
		.csum_offset = cpu_to_le16(c->offset),
		.num_buffers = cpu_to_le16(7),
		.hash_value = cpu_to_le32(7),
		.hash_report = cpu_to_le16(7),
		.padding = cpu_to_le16(7),
		.outer_th_offset = cpu_to_le16(c->outer),
		.inner_nh_offset = cpu_to_le16(c->inner),
	};

	KUNIT_ASSERT_EQ(test, (int)kvdev_net_hdr_tx(&hdr, c->len, c->features),
			(int)c->drop);
	if (c->drop)
		return;
	KUNIT_EXPECT_EQ(test, hdr.flags, (c->flags & CSUM) | c->tcsum_out);
	KUNIT_EXPECT_EQ(test, hdr.gso_type, c->type);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.hdr_len), c->hdr_len_out);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.gso_size), c->size_out);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.csum_start), c->start_out);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.csum_offset),
			c->start_out ? c->offset : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.num_buffers), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(hdr.hash_value), 0U);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.hash_report), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.padding), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.outer_th_offset),
			c->tunnel_out ? c->outer : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.inner_nh_offset),
			c->tunnel_out ? c->inner : 0);
}

struct rx_case {
	const char *name;
	u64 offloads;
	u32 len;
	u8 flags, type;
	enum kvdev_net_drop drop;
	u8 flags_out;
	u16 outer, inner, start;	/* 0: what must not be looked at */
};

#define AT(_outer, _inner, _start) \
	.outer = _outer, .inner = _inner, .start = _start

#define ALL_RX	KVDEV_NET_GUEST_OFFLOADS

static const struct rx_case rx_cases[] = {
	{ "plain", 0, 60 },
	{ "short", ALL_RX, 13, DROP(SHORT) },
	{ "partial sum", F(GUEST_CSUM), 60, CSUM, .flags_out = CSUM },
	{ "partial sum switched off", ALL_RX & ~F(GUEST_CSUM), 60, CSUM,
	  DROP(CSUM) },
	{ "valid", F(GUEST_CSUM), 60, VALID, .flags_out = VALID },
	{ "valid, not negotiated: no flags", 0, 60, VALID },
	{ "flags of the future", ALL_RX, 60, 0xf4 },
	{ "tso4", F(GUEST_CSUM) | F(GUEST_TSO4), 9000, CSUM, TSO4,
	  .flags_out = CSUM },
	{ "tso4 off", ALL_RX & ~F(GUEST_TSO4), 9000, CSUM, TSO4,
	  DROP(GSO_TYPE) },
	{ "tso6 off", ALL_RX & ~F(GUEST_TSO6), 9000, CSUM, TSO6,
	  DROP(GSO_TYPE) },
	{ "ufo off", ALL_RX & ~F(GUEST_UFO), 9000, CSUM, UFO, DROP(GSO_TYPE) },
	{ "uso by uso4", F(GUEST_CSUM) | F(GUEST_USO4), 9000, CSUM, USO,
	  .flags_out = CSUM },
	{ "uso by uso6", F(GUEST_CSUM) | F(GUEST_USO6), 9000, CSUM, USO,
	  .flags_out = CSUM },
	{ "uso off", ALL_RX & ~F(GUEST_USO4) & ~F(GUEST_USO6), 9000, CSUM, USO,
	  DROP(GSO_TYPE) },
	{ "ecn", ALL_RX, 9000, CSUM, TSO4 | ECN, .flags_out = CSUM },
	{ "ecn off", ALL_RX & ~F(GUEST_ECN), 9000, CSUM, TSO4 | ECN,
	  DROP(GSO_TYPE) },
	{ "type of the future", ~0ULL, 9000, CSUM, 0x10 | TSO4,
	  DROP(GSO_TYPE) },
	{ "tunnel", ALL_RX, 9000, CSUM, TUN4 | TSO4, .flags_out = CSUM,
	  AT(34, 62, 84) },
	{ "tunnel with sum", ALL_RX, 9000, CSUM | TCSUM, TUN6 | TSO6 | ECN,
	  .flags_out = CSUM | TCSUM, AT(54, 82, 122) },
	{ "tunnel, uso, flags of the future", ALL_RX, 9000, 0xf4 | CSUM,
	  TUN4 | USO, .flags_out = CSUM, AT(34, 62, 84) },
	{ "tunnel, valid and to be done", ALL_RX, 9000, CSUM | VALID,
	  TUN4 | TSO4, .flags_out = CSUM, AT(34, 62, 84) },
	{ "tunnel off", ALL_RX & ~GUEST_TUNNEL, 9000, CSUM, TUN4 | TSO4,
	  DROP(GSO_TYPE), AT(34, 62, 84) },
	{ "tunnel's sum off", ALL_RX & ~GUEST_TUNNEL_CSUM, 9000, CSUM | TCSUM,
	  TUN4 | TSO4, DROP(CSUM), AT(34, 62, 84) },
	{ "tunnel's tso4 off", ALL_RX & ~F(GUEST_TSO4), 9000, CSUM,
	  TUN4 | TSO4, DROP(GSO_TYPE), AT(34, 62, 84) },
	{ "tunnel, no segmentation", ALL_RX, 9000, CSUM, TUN4, DROP(GSO_TYPE),
	  AT(34, 62, 84) },
	{ "tunnel, ufo", ALL_RX, 9000, CSUM, TUN4 | UFO, DROP(GSO_TYPE),
	  AT(34, 62, 84) },
	{ "tunnel over both", ALL_RX, 9000, CSUM, TUN4 | TUN6 | TSO4,
	  DROP(GSO_TYPE), AT(34, 62, 84) },
	{ "tunnel, nothing to be done", ALL_RX, 9000, VALID, TUN4 | TSO4,
	  DROP(CSUM), AT(34, 62, 0xeeee) },
	{ "tunnel, no order", ALL_RX, 9000, CSUM, TUN4 | TSO4, DROP(GSO_TYPE),
	  AT(62, 34, 84) },
	{ "tunnel's sum without a tunnel", ALL_RX, 9000, CSUM | TCSUM, TSO4,
	  .flags_out = CSUM },
};

static void rx_case_desc(const struct rx_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rx, rx_cases, rx_case_desc);

static void rx_prepares(struct kunit *test)
{
	const struct rx_case *c = test->param_value;
	struct kvdev_net_hdr hdr;

	memset(&hdr, 0xee, sizeof(hdr));
	hdr.flags = c->flags;
	hdr.gso_type = c->type;
	if (c->start) {
		hdr.csum_start = cpu_to_le16(c->start);
		hdr.outer_th_offset = cpu_to_le16(c->outer);
		hdr.inner_nh_offset = cpu_to_le16(c->inner);
	}
	KUNIT_ASSERT_EQ(test, (int)kvdev_net_hdr_rx(&hdr, c->len, c->offloads),
			(int)c->drop);
	if (c->drop)
		return;
	KUNIT_EXPECT_EQ(test, hdr.flags, c->flags_out);
	KUNIT_EXPECT_EQ(test, hdr.gso_type, c->type);
	/* What is not in use says nothing */
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.csum_start),
			hdr.flags & CSUM ? c->start ?: 0xeeee : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.csum_offset),
			hdr.flags & CSUM ? 0xeeee : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.gso_size), c->type ? 0xeeee : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.hdr_len), c->type ? 0xeeee : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.num_buffers), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(hdr.hash_value), 0U);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.hash_report), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.padding), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.outer_th_offset), c->outer);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.inner_nh_offset), c->inner);
}

static struct kunit_case hdr_cases[] = {
	KUNIT_CASE(layout),
	KUNIT_CASE_PARAM(tx_checks, tx_gen_params),
	KUNIT_CASE_PARAM(rx_prepares, rx_gen_params),
	{ }
};

static struct kunit_suite hdr_suite = {
	.name = "kvdev_net_hdr",
	.test_cases = hdr_cases,
};

kunit_test_suite(hdr_suite);
