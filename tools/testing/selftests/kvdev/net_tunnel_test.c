// SPDX-License-Identifier: GPL-2.0
/*
 * Taps whose header has room for tunnels: with drivers that know nothing of
 * them, and, where the kernel's taps do (Linux 6.17), with packets that are to be
 * segmented in UDP tunnels, from one device through a bridge to another.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>

#include <linux/if_tun.h>

#include "net_common.h"

/* Younger than some headers. */
#define TUNNEL_FLAG	0x80		/* TUN_F_UDP_TUNNEL_GSO */
#define TUNNELS		0x1e		/* features 65 to 68 */
#define GUEST_TUNNEL	BIT(1)
#define GUEST_SUM	BIT(2)
#define HOST_TUNNEL	BIT(3)
#define HOST_SUM	BIT(4)
#define TCSUM		8		/* VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM */
#define TUN4		0x20		/* VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 */
#define TUN6		0x40
#define TSO4		VIRTIO_NET_HDR_GSO_TCPV4
#define TUNNEL_HDR	24
#define PEER_BUF	16384		/* for any packet of these tests */

/* struct virtio_net_hdr_v1_hash_tunnel */
struct tunnel_hdr {
	struct virtio_net_hdr_v1_hash h;
	uint16_t outer_th, inner_nh;
};

/* Everything a driver can receive segmented, and what needs that. */
#define GUEST_OFFLOADS	(NF(GUEST_CSUM) | NF(GUEST_TSO4) | NF(GUEST_TSO6) | \
			 NF(GUEST_ECN) | NF(GUEST_UFO) | BIT(54) | BIT(55))

static struct net n, peer;
static uint8_t packet[PACKET_MAX];

static const uint32_t lens[] = { 14, 15, 60, 1000, 1514, 3500, 3700, 4000, 4096,
				 9014, 65000 };

static int set_hdr_len(int tap, int len)
{
	return ioctl(tap, TUNSETVNETHDRSZ, &len);
}

static bool taps_have_tunnels(int tap)
{
	bool have = !ioctl(tap, TUNSETOFFLOAD, (unsigned long)
			   (TUN_F_CSUM | TUN_F_TSO4 | TUNNEL_FLAG));

	ASSERT_EQ(ioctl(tap, TUNSETOFFLOAD, 0UL), 0);
	return have;
}

static uint64_t offered_hi(struct net *of)
{
	uint64_t low = 1, high = 1, plain;

	ASSERT_EQ(vhost_features(of->g->fd, VHOST_GET_FEATURES_ARRAY, &low,
				 &high), 0);
	ASSERT_EQ(cmd(of->g->fd, VHOST_GET_FEATURES, &plain), 0);
	EXPECT_EQ(low, plain);
	return high;
}

/* A device on a tap with the long header, not started. */
static void new_long(const struct guest_options *o)
{
	net_tap(&n);
	ASSERT_EQ(set_hdr_len(n.tap, TUNNEL_HDR), 0);
	net_new_on(&n, o, KVDEV_NET_ATTACH_TUNNEL_HDR);
}

/* ------------------------------------------------------------------- ABI */

TEST(attach)
{
	static const int bad[] = { 10, 12, 20, 23, 25, 26, 65536 };
	struct guest_options o = { .device_id = VIRTIO_ID_NET, .nr_queues = 4 };
	const uint32_t flag = KVDEV_NET_ATTACH_TUNNEL_HDR;
	uint64_t want;
	unsigned int i;

	net_tap_queues(&n, 2);
	n.g = guest_new(&o);
	want = taps_have_tunnels(n.tap) ? TUNNELS : 0;
	EXPECT_EQ(offered_hi(&n), 0);
	EXPECT_EQ(net_attach_flags(&n, 0, -1, 0, flag), -EINVAL);
	EXPECT_EQ(net_attach_flags(&n, 0, n.tap, 0, flag | 2), -EOPNOTSUPP);
	EXPECT_EQ(net_attach_flags(&n, 2, n.tap, 0, flag), -ENXIO);
	EXPECT_EQ(net_attach_flags(&n, 0, n.sock, 0, flag), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(set_hdr_len(n.tap, bad[i]), 0);
		EXPECT_EQ(net_attach_flags(&n, 0, n.tap, 0, flag), -EINVAL);
	}

	/* Both queues, or none: a driver has one size of headers */
	ASSERT_EQ(set_hdr_len(n.tap, TUNNEL_HDR), 0);
	EXPECT_EQ(net_attach_flags(&n, 0, n.taps[0], 0, flag), 0);
	EXPECT_EQ(offered_hi(&n), 0);
	EXPECT_EQ(net_attach_flags(&n, 1, n.taps[1], 0, flag), 0);
	EXPECT_EQ(offered_hi(&n), want);
	EXPECT_EQ(net_attach_flags(&n, 1, n.taps[1], 0, 0), 0);
	EXPECT_EQ(offered_hi(&n), 0);
	EXPECT_EQ(net_attach_flags(&n, 1, n.taps[1], 0, flag), 0);
	EXPECT_EQ(net_attach(&n, 0, -1, 0), 0);
	EXPECT_EQ(offered_hi(&n), 0);
}

/* Who limits the features limits these, too. */
TEST(not_allowed)
{
	static const struct {
		uint64_t low, high, offered;
	} allow[] = {
		{ 0, 0, TUNNELS }, { 0, HOST_TUNNEL, TUNNELS },
		{ 1, 0, 0 }, { 1, HOST_TUNNEL, HOST_TUNNEL },
		{ UINT64_MAX, UINT64_MAX, TUNNELS },
	};
	unsigned int i;
	bool have;

	net_tap(&n);
	have = taps_have_tunnels(n.tap);
	ASSERT_EQ(set_hdr_len(n.tap, TUNNEL_HDR), 0);
	n.g = calloc(1, sizeof(*n.g));
	for (i = 0; i < ARRAY_SIZE(allow); i++) {
		struct kvdev_create c = {
			.size = sizeof(c), .device_id = VIRTIO_ID_NET,
			.features = allow[i].low, .features_hi = allow[i].high,
		};

		n.g->fd = dev_open();
		ASSERT_EQ(cmd(n.g->fd, KVDEV_CREATE, &c), 0);
		ASSERT_EQ(net_attach_flags(&n, 0, n.tap, 0,
					   KVDEV_NET_ATTACH_TUNNEL_HDR), 0);
		EXPECT_EQ(offered_hi(&n), have ? allow[i].offered : 0);
		close(n.g->fd);
	}
}

/* ---------------------------------------- drivers that know of no tunnels */

TEST(short_header_sends)
{
	struct guest_options o = {};
	int sndbuf = 1 << 20;

	new_long(&o);
	guest_start(n.g);
	net_send_all(&n, lens, ARRAY_SIZE(lens));
	guest_free(n.g);

	/* One by one, as the tap has a limit */
	ASSERT_EQ(ioctl(n.tap, TUNSETSNDBUF, &sndbuf), 0);
	net_new_on(&n, &o, KVDEV_NET_ATTACH_TUNNEL_HDR);
	guest_start(n.g);
	net_send_all(&n, lens, ARRAY_SIZE(lens));
}

/*
 * The tap's header is longer than the driver's: the buffer begins with pieces of
 * these lengths, and has enough for the rest.
 */
static void receive_in_pieces(const uint32_t *pieces, unsigned int nr)
{
	static const struct virtio_net_hdr_mrg_rxbuf want = { .num_buffers = 1 };
	struct vq *vq = &n.g->vq[RXQ];
	struct vring_used_elem e;
	struct seg s[16];
	unsigned int i, k;
	uint64_t at;
	uint8_t *p;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		size_t brk = n.g->brk;

		at = guest_alloc(n.g, HDR + 65535, 64);
		p = guest_ptr(n.g, at);
		memset(p, 0xee, HDR + 65535);
		for (k = 0; k < nr; k++) {
			s[k] = (struct seg){ at, pieces[k], W };
			at += pieces[k];
		}
		s[nr] = (struct seg){ at, 65000 + HDR, W };
		ASSERT_GE(vq_add(vq, s, nr + 1), 0);
		vq_kick(vq);
		ASSERT_EQ(peer_send_filled(&n, lens[i], i), 0);
		ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
		vq_free_chain(vq, e.id);
		ASSERT_EQ(e.len, HDR + lens[i]);
		EXPECT_EQ(memcmp(p, &want, HDR), 0);
		EXPECT_TRUE(packet_filled(p + HDR, lens[i], i));
		EXPECT_TRUE(all_bytes(p + HDR + lens[i], 64, 0xee));
		n.g->brk = brk;
	}
}

TEST(short_header_receives)
{
	static const uint32_t one[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	static const uint32_t odd[] = { 5, 3, 7, 2 };
	static const uint32_t hdr[] = { HDR };
	struct guest_options o = {};

	new_long(&o);
	guest_start(n.g);
	receive_in_pieces(NULL, 0);
	receive_in_pieces(hdr, 1);
	receive_in_pieces(odd, 4);
	receive_in_pieces(one, 13);
	EXPECT_EQ(guest_stats(n.g, RXQ).violations, 0);
}

TEST(short_header_receives_merged)
{
	static const uint32_t sizes[] = { HDR, HDR + 1, 20, 24, 1526, 4096 };
	struct virtio_net_hdr_mrg_rxbuf hdr;
	struct guest_options o = {};
	unsigned int i, k;

	new_long(&o);
	guest_start(n.g);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (k = 0; k < ARRAY_SIZE(lens); k++) {
			unsigned int need = (HDR + lens[k] + sizes[i] - 1) /
					    sizes[i];
			size_t brk = n.g->brk;

			if (need > n.g->vq[RXQ].num)
				continue;
			net_post(&n, need, sizes[i]);
			ASSERT_EQ(peer_send_filled(&n, lens[k], k), 0);
			ASSERT_EQ(net_receive(&n, &hdr, packet, WAIT_MS),
				  lens[k]);
			EXPECT_EQ(hdr.num_buffers, need);
			EXPECT_TRUE(packet_filled(packet, lens[k], k));
			n.g->brk = brk;
		}
	}
}

/* --------------------------------------------------------------- packets */

/* Ethernet, IPv4, UDP, VXLAN, Ethernet, IPv4, TCP */
enum { IP = 14, UDP = 34, VXLAN = 42, ETH2 = 50, IP2 = 64, TCP = 84,
       HEADERS = 104 };

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static uint32_t sum(const uint8_t *p, uint32_t len, uint32_t start)
{
	uint32_t i;

	for (i = 0; i + 1 < len; i += 2)
		start += get16(p + i);
	if (len & 1)
		start += p[len - 1] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

/* Of addresses, protocol and length of what is behind the header at @ip */
static uint32_t pseudo(const uint8_t *ip)
{
	return sum(ip + 12, 8, ip[9] + get16(ip + 2) - 20);
}

static void put_ip(uint8_t *ip, uint32_t len, uint8_t proto, uint8_t net)
{
	static const uint8_t start[] = { 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64 };

	memcpy(ip, start, sizeof(start));
	put16(ip + 2, len);
	ip[9] = proto;
	memcpy(ip + 12, (uint8_t[]){ 10, 0, net, 1, 10, 0, net, 2 }, 8);
	put16(ip + 10, ~sum(ip, 20, 0));
}

/* So many bytes of TCP in a tunnel; its sums are the host's to do. */
static uint32_t tunnel_packet(uint8_t *p, const uint8_t *to, uint32_t len,
			      uint32_t seq, bool outer_sum)
{
	uint32_t total = HEADERS + len;

	memset(p, 0, HEADERS);
	memcpy(p, to, ETH_ALEN);
	memcpy(p + ETH_ALEN, guest_mac, ETH_ALEN);
	put16(p + 12, ETH_P_IP);
	put_ip(p + IP, total - IP, IPPROTO_UDP, 1);
	put16(p + UDP, 40000);
	put16(p + UDP + 2, 4789);
	put16(p + UDP + 4, total - UDP);
	if (outer_sum)
		put16(p + UDP + 6, pseudo(p + IP));
	p[VXLAN] = 8;
	memcpy(p + ETH2, (uint8_t[]){ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8 },
	       13);
	put_ip(p + IP2, total - IP2, IPPROTO_TCP, 2);
	put16(p + TCP, 1000);
	put16(p + TCP + 2, 2000);
	put16(p + TCP + 4, seq >> 16);
	put16(p + TCP + 6, seq);
	p[TCP + 12] = 0x50;
	p[TCP + 13] = 0x10;
	put16(p + TCP + 14, 0xffff);
	put16(p + TCP + 16, pseudo(p + IP2));
	fill(p + HEADERS, len & ~7U, seq);
	return total;
}

static struct tunnel_hdr good_hdr(uint16_t size, bool outer_sum)
{
	return (struct tunnel_hdr){
		.h.hdr = {
			.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM |
				 (outer_sum ? TCSUM : 0),
			.gso_type = TUN4 | TSO4, .hdr_len = HEADERS,
			.gso_size = size, .csum_start = TCP, .csum_offset = 16,
		},
		.outer_th = UDP, .inner_nh = IP2,
	};
}

static int send_with(const struct tunnel_hdr *hdr, const uint8_t *p,
		     uint32_t len)
{
	return net_send_hdr(&n, hdr, TUNNEL_HDR, p, len);
}

/* ------------------------------------------------------------ to the host */

static void need_tunnels(void)
{
	if (!offered_hi(&n))
		SKIP("taps of this kernel have no tunnels");
}

/* Sums of what is dropped for a header. */
static uint64_t drops(void)
{
	struct kvdev_net_get_stats s = net_stats(&n, TXQ);

	return s.drop_csum + s.drop_gso_type + s.drop_gso_size + s.drop_tap;
}

TEST(feature_dependencies)
{
	static const struct {
		uint64_t hi, refuse;
		bool good;
	} sets[] = {
		{ TUNNELS, 0, true },
		{ HOST_TUNNEL, 0, true },
		{ GUEST_TUNNEL, 0, true },
		{ HOST_TUNNEL, GUEST_OFFLOADS, true },
		{ HOST_SUM, 0, false },
		{ GUEST_SUM, 0, false },
		{ GUEST_TUNNEL | HOST_SUM, 0, false },
		{ HOST_TUNNEL | GUEST_SUM, 0, false },
		{ HOST_TUNNEL, NF(HOST_TSO6), false },
		{ HOST_TUNNEL, BIT(56), false },
		{ GUEST_TUNNEL, NF(GUEST_TSO4), false },
		{ GUEST_TUNNEL, BIT(54), false },
	};
	struct guest_options o = {};
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(sets); i++) {
		o.pci = i & 1;
		o.accept_hi = sets[i / 2].hi;
		o.refuse = sets[i / 2].refuse;
		new_long(&o);
		need_tunnels();
		EXPECT_EQ(guest_negotiate(n.g), sets[i / 2].good ? 0 : -EINVAL);
		EXPECT_EQ(n.g->features_hi, sets[i / 2].hi);
		guest_free(n.g);
		close(n.tap);
		close(n.sock);
	}
}

TEST(wrong_headers)
{
	struct tunnel_hdr good = good_hdr(1000, false), h;
	struct guest_options o = {
		.accept_hi = HOST_TUNNEL | GUEST_TUNNEL, .pci = true,
	};
	unsigned int sent = 0;
	uint32_t len;

	new_long(&o);
	need_tunnels();
	guest_start(n.g);
	len = tunnel_packet(packet, host_mac, 3000, 0, false);
#define WRONG(_change)							\
	do {								\
		h = good;						\
		_change;						\
		ASSERT_EQ(send_with(&h, packet, len), 0);		\
		EXPECT_EQ(drops(), ++sent);				\
	} while (0)
	WRONG(h.h.hdr.gso_type = TUN4);
	WRONG(h.h.hdr.gso_type = TUN4 | TUN6 | TSO4);
	WRONG(h.h.hdr.gso_type = TUN4 | VIRTIO_NET_HDR_GSO_UDP);
	WRONG(h.h.hdr.gso_type = TUN4 | 0x1f);
	WRONG(h.h.hdr.flags = 0);
	WRONG(h.h.hdr.flags |= VIRTIO_NET_HDR_F_DATA_VALID);
	WRONG(h.h.hdr.flags |= TCSUM);
	WRONG(h.h.hdr.gso_type = TSO4; h.h.hdr.flags |= TCSUM);
	WRONG(h.h.hdr.gso_size = 0);
	WRONG(h.h.hdr.csum_start = 0xffff);
	WRONG(h.h.hdr.csum_start = UDP);
	WRONG(h.outer_th = 0);
	WRONG(h.outer_th = 0xffff);
	WRONG(h.inner_nh = 0);
	WRONG(h.inner_nh = 0xffff);
	WRONG(h.outer_th = IP2; h.inner_nh = UDP);
	WRONG(h.outer_th = 0xfff8; h.inner_nh = 0);
#undef WRONG
	EXPECT_EQ(net_stats(&n, TXQ).drop_tap, 0);
	EXPECT_EQ(net_stats(&n, TXQ).packets, 0);
	ASSERT_EQ(send_with(&good, packet, len), 0);
	EXPECT_EQ(net_stats(&n, TXQ).packets, 1);
	EXPECT_EQ(guest_stats(n.g, TXQ).violations, 0);
}

/* -------------------------------------------------------- and from there */

static size_t peer_brk;		/* where its buffers begin */

/* Two devices on taps of one bridge; the second one is the receiver. */
static void start_both(uint64_t peer_hi, uint64_t peer_refuse)
{
	struct guest_options o = {
		.accept_hi = HOST_TUNNEL | HOST_SUM, .pci = true,
	};
	struct guest_options to = {
		.accept_hi = peer_hi, .refuse = peer_refuse,
	};

	new_long(&o);
	need_tunnels();
	peer.tap = net_open_tap("t1", false);
	ASSERT_EQ(set_hdr_len(peer.tap, TUNNEL_HDR), 0);
	if (net_sh("ip link add b0 type bridge && ip link set t0 master b0 && "
		   "ip link set t1 mtu 65000 && ip link set t1 master b0 && "
		   "ip link set t1 up && ip link set b0 up"))
		SKIP("no bridge or its tools");
	peer.ifindex = if_nametoindex("t1");
	net_new_on(&peer, &to, KVDEV_NET_ATTACH_TUNNEL_HDR);
	guest_start(n.g);
	guest_start(peer.g);
	peer_brk = peer.g->brk;
	net_post(&peer, 128, PEER_BUF);
}

/* The next packet of any kind, its buffer is given back. */
static int receive_any(struct tunnel_hdr *hdr, uint8_t *p, uint32_t hdr_len,
		       int ms)
{
	struct vq *vq = &peer.g->vq[RXQ];
	struct vring_used_elem e;
	const uint8_t *buf;
	struct seg again;

	if (vq_wait(vq, &e, ms))
		return -ETIMEDOUT;
	again = (struct seg){ vq->desc[e.id].addr, PEER_BUF, W };
	buf = guest_ptr(peer.g, again.addr);
	memset(hdr, 0, sizeof(*hdr));
	memcpy(hdr, buf, hdr_len);
	memcpy(p, buf + hdr_len, e.len - hdr_len);
	vq_free_chain(vq, e.id);
	ASSERT_GE(vq_add(vq, &again, 1), 0);
	vq_kick(vq);
	return e.len - hdr_len;
}

static uint32_t seq_of(const uint8_t *p)
{
	return (uint32_t)get16(p + TCP + 4) << 16 | get16(p + TCP + 6);
}

/*
 * The packet that begins with @seq at the peer: its length or -ETIMEDOUT. Others
 * are passed over: the bridge has something to say, too.
 */
static int receive_seq(struct tunnel_hdr *hdr, uint8_t *p, uint32_t hdr_len,
		       uint32_t seq, int ms)
{
	int len;

	do {
		len = receive_any(hdr, p, hdr_len, ms);
	} while (len >= 0 && (len <= HEADERS || get16(p + UDP + 2) != 4789 ||
			      seq_of(p) != seq));
	return len;
}

/* Are the lengths, the sums and the bytes those of a segment? */
static void check_segment(const uint8_t *p, uint32_t len, uint32_t seq,
			  const uint8_t *payload, bool outer_sum)
{
	EXPECT_EQ(get16(p + IP + 2), len - IP);
	EXPECT_EQ(get16(p + UDP + 4), len - UDP);
	EXPECT_EQ(get16(p + IP2 + 2), len - IP2);
	EXPECT_EQ(seq_of(p), seq);
	EXPECT_EQ(sum(p + IP, 20, 0), 0xffff);
	EXPECT_EQ(sum(p + IP2, 20, 0), 0xffff);
	EXPECT_EQ(sum(p + TCP, len - TCP, pseudo(p + IP2)), 0xffff);
	if (outer_sum)
		EXPECT_EQ(sum(p + UDP, len - UDP, pseudo(p + IP)), 0xffff);
	else
		EXPECT_EQ(get16(p + UDP + 6), 0);
	EXPECT_EQ(memcmp(p + HEADERS, payload, len - HEADERS), 0);
}

/* Each packet that is sent has a number of its own. */
static uint32_t next_seq(void)
{
	static uint32_t seq;

	return seq += 100000;
}

/*
 * The peer knows of no tunnels and no sums: it gets what the host's stack made
 * of one packet. Until the bridge is ready, packets are lost.
 */
static void segments(uint32_t len, bool outer_sum)
{
	static uint8_t sent[PACKET_MAX];
	struct tunnel_hdr hdr = good_hdr(1000, outer_sum), got;
	struct kvdev_net_config c = net_get(&peer);
	uint64_t end = now_ms() + 2 * WAIT_MS;
	uint32_t seq, total, at;
	int ret;

	do {
		ASSERT_TRUE(now_ms() < end);
		seq = next_seq();
		total = tunnel_packet(sent, c.mac, len, seq, outer_sum);
		ASSERT_EQ(send_with(&hdr, sent, total), 0);
		ret = receive_seq(&got, packet, HDR, seq, 1000);
	} while (ret < 0);
	for (at = 0; at < len; at += 1000) {
		uint32_t part = len - at < 1000 ? len - at : 1000;

		if (at)
			ret = receive_seq(&got, packet, HDR, seq + at, WAIT_MS);
		ASSERT_EQ(ret, HEADERS + part);
		EXPECT_EQ(got.h.hdr.gso_type, 0);
		EXPECT_EQ(got.h.hdr.flags, 0);
		check_segment(packet, ret, seq + at, sent + HEADERS + at,
			      outer_sum);
	}
	EXPECT_EQ(drops(), 0);
	EXPECT_EQ(net_stats(&peer, RXQ).drop_gso_type, 0);
}

TEST(host_segments)
{
	int sndbuf = 1 << 20;

	start_both(0, GUEST_OFFLOADS);
	segments(2500, false);		/* in a batch */
	segments(2500, true);
	segments(8000, false);		/* too long for one */
	segments(8000, true);
	guest_reset(n.g);
	ASSERT_EQ(ioctl(n.tap, TUNSETSNDBUF, &sndbuf), 0);
	guest_start(n.g);
	segments(2500, false);		/* with a limit, one by one */
}

/*
 * The peer gets the packet as it was sent, and is told what there is to do. Until
 * the tap has heard what the driver accepted, it is segments.
 */
static void whole(uint32_t len, bool outer_sum)
{
	static uint8_t sent[PACKET_MAX];
	struct tunnel_hdr hdr = good_hdr(1000, outer_sum), got;
	struct kvdev_net_config c = net_get(&peer);
	uint64_t end = now_ms() + 2 * WAIT_MS;
	uint32_t seq, total;
	int ret;

	for (;;) {
		ASSERT_TRUE(now_ms() < end);
		seq = next_seq();
		total = tunnel_packet(sent, c.mac, len, seq, outer_sum);
		ASSERT_EQ(send_with(&hdr, sent, total), 0);
		ret = receive_seq(&got, packet, TUNNEL_HDR, seq, 1000);
		if (ret == (int)total)
			break;
		usleep(20000);
	}
	EXPECT_EQ(memcmp(packet, sent, total), 0);
	EXPECT_EQ(got.h.hdr.flags, hdr.h.hdr.flags);
	EXPECT_EQ(got.h.hdr.gso_type, TUN4 | TSO4);
	EXPECT_EQ(got.h.hdr.gso_size, 1000);
	EXPECT_EQ(got.h.hdr.csum_start, TCP);
	EXPECT_EQ(got.h.hdr.csum_offset, 16);
	EXPECT_EQ(got.h.hdr.num_buffers, 1);
	EXPECT_EQ(got.h.hash_report, 0);
	EXPECT_EQ(got.outer_th, UDP);
	EXPECT_EQ(got.inner_nh, IP2);
}

TEST(whole_way)
{
	start_both(GUEST_TUNNEL | GUEST_SUM, 0);
	whole(2500, false);
	whole(2500, true);
	whole(8000, false);
	whole(8000, true);
	EXPECT_EQ(drops(), 0);
	EXPECT_EQ(guest_stats(peer.g, RXQ).violations, 0);
}

static void *keep_locking(void *arg)
{
	/* The lock that the tap's news have to wait for */
	while (!atomic_load((atomic_bool *)arg))
		net_sh("ip link set b0 mtu 9000; ip link set b0 mtu 65000");
	return NULL;
}

/*
 * Packets to be segmented in tunnels wait in the tap while their driver goes. The
 * next one has tunnels, too, but the tap has not heard of it yet: that is no
 * reason for the kernel to warn.
 */
TEST(waits_for_the_next_driver)
{
	struct tunnel_hdr hdr = good_hdr(1000, false), got;
	struct kvdev_net_config c;
	atomic_bool over = false;
	pthread_t thread;
	unsigned int i, j, arrived = 0;
	uint32_t total;

	start_both(GUEST_TUNNEL | GUEST_SUM, 0);
	whole(2500, false);
	c = net_get(&peer);
	total = tunnel_packet(packet, c.mac, 2500, 1, false);
	ASSERT_EQ(pthread_create(&thread, NULL, keep_locking, &over), 0);
	for (i = 0; i < 10; i++) {
		/* Nobody reads the tap, and it still has tunnels. */
		ASSERT_EQ(vring_state(peer.g->fd, VHOST_VDPA_SET_VRING_ENABLE,
				      RXQ, 0), 0);
		for (j = 0; j < 3; j++)
			ASSERT_EQ(send_with(&hdr, packet, total), 0);
		workers_rest();
		guest_reset(peer.g);
		net_wait_feature("t1", "tx-udp_tnl-segmentation", false);
		MUST(guest_negotiate(peer.g));
		MUST(guest_setup_vq(peer.g, RXQ));
		MUST(guest_setup_vq(peer.g, TXQ));
		peer.g->brk = peer_brk;
		net_post(&peer, 128, PEER_BUF);
		MUST(guest_driver_ok(peer.g));
		for (j = 0; j < 3; j++)
			arrived += receive_seq(&got, packet + total, TUNNEL_HDR,
					       1, 500) == (int)total;
	}
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	NOTE("%u of 30 arrived", arrived);
	EXPECT_GE(arrived, 1);
	EXPECT_EQ(guest_stats(peer.g, RXQ).violations, 0);
	EXPECT_EQ(guest_status(peer.g), S_DRIVER_OK);
}

/* The VMM takes the room away that the tap needs: packets are lost, no more. */
TEST(header_shrinks)
{
	struct guest_options o = { .accept_hi = GUEST_TUNNEL | GUEST_SUM };
	uint64_t end = now_ms() + WAIT_MS;
	struct tunnel_hdr got;
	unsigned int i;

	new_long(&o);
	need_tunnels();
	guest_start(n.g);
	if (net_sh("ethtool -k t0 >/dev/null 2>&1"))
		SKIP("no ethtool");
	while (net_sh("ethtool -k t0 | grep -q '^[[:space:]]*tx-udp_tnl-segmentation: on'")) {
		ASSERT_TRUE(now_ms() < end);
		usleep(20000);
	}
	net_post(&n, 8, PEER_BUF);
	ASSERT_EQ(set_hdr_len(n.tap, 10), 0);
	for (i = 1; i <= 20; i++) {
		ASSERT_EQ(peer_send_filled(&n, 500, i), 0);
		end = now_ms() + WAIT_MS;
		while (net_stats(&n, RXQ).drop_tap < i) {
			ASSERT_TRUE(now_ms() < end);
			usleep(1000);
		}
	}
	EXPECT_EQ(guest_stats(n.g, RXQ).violations, 0);
	ASSERT_EQ(set_hdr_len(n.tap, TUNNEL_HDR), 0);
	ASSERT_EQ(peer_send_filled(&n, 500, 1), 0);
	peer = n;
	ASSERT_EQ(receive_any(&got, packet, TUNNEL_HDR, WAIT_MS), 500);
	EXPECT_TRUE(packet_filled(packet, 500, 1));
}
