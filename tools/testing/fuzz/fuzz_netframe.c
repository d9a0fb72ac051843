// SPDX-License-Identifier: GPL-2.0
/*
 * Any frame with any header in front of it, both ways: what passes is within
 * what was negotiated and within the frame, and its hash is the hash as it is
 * defined, of what is found by another way of looking for it.
 *
 * Input: features, header, hash types, the frame.
 */
#include "fuzz.h"
#include "../../../drivers/kvdev/device/net/filter.h"
#include "../../../drivers/kvdev/device/net/hdr.h"
#include "../../../drivers/kvdev/device/net/rss.h"

static u8 key[KVDEV_NET_RSS_KEY_MAX];
static struct kvdev_net_rss rss;

static u32 ref_toeplitz(const u8 *in, u32 len)
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

/* Whether @hash is of two addresses, and ports, somewhere in the frame. */
static bool ref_found(const u8 *frame, u32 len, const struct kvdev_net_hash *h)
{
	bool v4 = h->report <= VIRTIO_NET_HASH_REPORT_UDPv4;
	bool ports = h->report % 3 != 1;
	u32 alen = v4 ? 4 : 16, ip, at;
	u8 in[36];

	for (ip = 14; ip <= 22 && ip + (v4 ? 20 : 40) <= len; ip += 4) {
		memcpy(in, frame + ip + (v4 ? 12 : 8), 2 * alen);
		if (!ports && ref_toeplitz(in, 2 * alen) == h->value)
			return true;
		for (at = ip + (v4 ? 20 : 40); ports && at + 4 <= len; at++) {
			memcpy(in + 2 * alen, frame + at, 4);
			if (ref_toeplitz(in, 2 * alen + 4) == h->value)
				return true;
		}
	}
	return false;
}

static void check_hash(const u8 *frame, u32 len)
{
	/* Report n is of the type of bit n - 1 */
	struct kvdev_net_hash hash = kvdev_net_rss_hash(&rss, frame, len);

	CHECK(hash.report <= VIRTIO_NET_HASH_REPORT_UDPv6_EX);
	if (!hash.report) {
		CHECK(!hash.value);
		return;
	}
	CHECK(rss.types & BIT(hash.report - 1));
	/* With extensions the addresses may be others */
	if (hash.report < VIRTIO_NET_HASH_REPORT_IPv6_EX)
		CHECK(ref_found(frame, len, &hash));
}

/* What is behind is behind, as far as the sum's start, which is in the frame. */
static void check_tunnel(const struct kvdev_net_hdr *hdr, u64 features,
			 unsigned int tunnel, unsigned int csum)
{
	u32 outer = le16_to_cpu(hdr->outer_th_offset);
	u32 inner = le16_to_cpu(hdr->inner_nh_offset);

	if (hdr->flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM)
		CHECK(kvdev_net_has(features, csum) && hdr->gso_type & 0x60);
	if (!(hdr->gso_type & 0x60)) {
		CHECK(!outer && !inner);
		return;
	}
	CHECK(kvdev_net_has(features, tunnel));
	CHECK((hdr->gso_type & 0x60) != 0x60);
	CHECK((hdr->gso_type & 0x1f) != VIRTIO_NET_HDR_GSO_NONE &&
	      (hdr->gso_type & 0x1f) != VIRTIO_NET_HDR_GSO_UDP);
	CHECK((hdr->flags & 3) == VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CHECK(outer >= 34 && inner >= outer + 8 &&
	      le16_to_cpu(hdr->csum_start) >= inner + 20);
}

static void check_tx(struct kvdev_net_hdr hdr, u32 len, u64 features)
{
	u32 start, offset;

	if (kvdev_net_hdr_tx(&hdr, len, features))
		return;
	start = le16_to_cpu(hdr.csum_start);
	offset = le16_to_cpu(hdr.csum_offset);
	CHECK(len >= ETH_HLEN);
	check_tunnel(&hdr, features, KVDEV_NET_F_HOST_TUNNEL,
		     KVDEV_NET_F_HOST_TUNNEL_CSUM);
	CHECK(!(hdr.flags & ~(VIRTIO_NET_HDR_F_NEEDS_CSUM |
			      VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM)));
	CHECK(le16_to_cpu(hdr.hdr_len) <= len);
	if (hdr.flags) {
		CHECK(kvdev_net_has(features, VIRTIO_NET_F_CSUM));
		CHECK(start >= ETH_HLEN && start + offset + 2 <= len);
		CHECK(le16_to_cpu(hdr.hdr_len) >= start + offset + 2);
	} else {
		CHECK(!start && !offset);
	}
	if (hdr.gso_type) {
		CHECK(hdr.flags && hdr.gso_size);
		CHECK(hdr.gso_size != cpu_to_le16(0xffff));
		CHECK(features & (BIT_ULL(VIRTIO_NET_F_HOST_TSO4) |
				  BIT_ULL(VIRTIO_NET_F_HOST_TSO6) |
				  BIT_ULL(VIRTIO_NET_F_HOST_UFO) |
				  BIT_ULL(VIRTIO_NET_F_HOST_USO)));
		CHECK(start + 8 <= len);
	} else {
		CHECK(!hdr.gso_size);
	}
}

static void check_rx(struct kvdev_net_hdr hdr, u32 len, u64 features)
{
	if (kvdev_net_hdr_rx(&hdr, len, features & KVDEV_NET_GUEST_OFFLOADS))
		return;
	if (!kvdev_net_has(features, VIRTIO_NET_F_GUEST_CSUM))
		CHECK(!hdr.flags);
	check_tunnel(&hdr, features, KVDEV_NET_F_GUEST_TUNNEL,
		     KVDEV_NET_F_GUEST_TUNNEL_CSUM);
	CHECK(!(hdr.flags & ~(3 | VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM)));
	if (!(features & KVDEV_NET_GUEST_OFFLOADS))
		CHECK(!hdr.gso_type);
	CHECK(hdr.num_buffers == cpu_to_le16(1));
	CHECK(!hdr.hash_value && !hdr.hash_report && !hdr.padding);
}

static void check_filter(const u8 *frame, u32 len, u64 features)
{
	struct kvdev_net_filter filter;
	u8 own[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };

	kvdev_net_filter_reset(&filter, own, features & 1, features);
	filter.promisc = features & 2;
	filter.max_len = 1514;
	if (!kvdev_net_filter_rx(&filter, frame, len, false)) {
		CHECK(len >= ETH_HLEN && len <= 1518);
		CHECK(filter.promisc || !memcmp(frame, own, ETH_ALEN) ||
		      frame[0] == 0xff);
	}
	if (!kvdev_net_filter_tx(&filter, frame, len, false))
		CHECK(!filter.locked ||
		      !memcmp(frame + ETH_ALEN, own, ETH_ALEN));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u64 features = take(&in, 8);
	struct kvdev_net_hdr hdr;
	unsigned int i;
	u8 *frame;
	u32 len;

	if (!key[0]) {
		for (i = 0; i < sizeof(key); i++)
			key[i] = 0x6d + 0x3b * i;
		kvdev_net_rss_set_key(&rss, key, sizeof(key));
	}
	rss.types = take(&in, 2) & KVDEV_NET_RSS_HASH_TYPES;
	take_bytes(&in, &hdr, sizeof(hdr));
	len = in.size;
	frame = malloc(len ? len : 1);
	if (!frame)
		abort();
	take_bytes(&in, frame, len);

	check_tx(hdr, len, features);
	check_rx(hdr, len, features);
	check_filter(frame, len, features);
	check_hash(frame, len);
	free(frame);
	return 0;
}
