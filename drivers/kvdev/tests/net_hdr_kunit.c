// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: the header before each frame.
 */
#include <kunit/test.h>

#include "../device/net/hdr.h"

#define F(name)		BIT_ULL(VIRTIO_NET_F_##name)
#define ALL_TX		(F(CSUM) | F(HOST_TSO4) | F(HOST_TSO6) | F(HOST_ECN) | \
			 F(HOST_UFO) | F(HOST_USO))
#define CSUM		VIRTIO_NET_HDR_F_NEEDS_CSUM
#define VALID		VIRTIO_NET_HDR_F_DATA_VALID
#define TSO4		VIRTIO_NET_HDR_GSO_TCPV4
#define TSO6		VIRTIO_NET_HDR_GSO_TCPV6
#define UFO		VIRTIO_NET_HDR_GSO_UDP
#define USO		VIRTIO_NET_HDR_GSO_UDP_L4
#define ECN		VIRTIO_NET_HDR_GSO_ECN

static void layout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct kvdev_net_hdr), (size_t)20);
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
};

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
	};

	KUNIT_ASSERT_EQ(test, (int)kvdev_net_hdr_tx(&hdr, c->len, c->features),
			(int)c->drop);
	if (c->drop)
		return;
	KUNIT_EXPECT_EQ(test, hdr.flags, c->flags & CSUM);
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
}

struct rx_case {
	const char *name;
	u64 offloads;
	u32 len;
	u8 flags, type;
	enum kvdev_net_drop drop;
	u8 flags_out;
};

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
	{ "type of the future", ~0ULL, 9000, CSUM, 0x20 | TSO4,
	  DROP(GSO_TYPE) },
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
	KUNIT_ASSERT_EQ(test, (int)kvdev_net_hdr_rx(&hdr, c->len, c->offloads),
			(int)c->drop);
	if (c->drop)
		return;
	KUNIT_EXPECT_EQ(test, hdr.flags, c->flags_out);
	KUNIT_EXPECT_EQ(test, hdr.gso_type, c->type);
	/* What is not in use says nothing */
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.csum_start),
			hdr.flags & CSUM ? 0xeeee : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.csum_offset),
			hdr.flags & CSUM ? 0xeeee : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.gso_size), c->type ? 0xeeee : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.hdr_len), c->type ? 0xeeee : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.num_buffers), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(hdr.hash_value), 0U);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.hash_report), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(hdr.padding), 0);
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
