// SPDX-License-Identifier: GPL-2.0
/*
 * What the driver of a network device finds in headers and buffers of the packets
 * that it receives (virtio 1.4, 5.1.9.4.1).
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>

#include "net_common.h"

#define IP_HLEN		20
#define UDP_HLEN	8
#define TCP_HLEN	20
#define VLAN_HLEN	4
#define VLAN_ID		5

static struct net n;
static uint8_t packet[PACKET_MAX];

/* Where packets come from: the tap itself, and with a tag beside the packet. */
static const struct from {
	const char *name;
	uint32_t tag;		/* bytes of it */
} origins[] = {
	{ "t0", 0 },
	{ "t0.5", VLAN_HLEN },
};

static void start(void)
{
	net_start(&n, 0, true);
	if (net_sh("modprobe -q 8021q; ip link add link t0 name t0.5 type vlan id 5 && "
		   "sysctl -qw net.ipv6.conf.t0/5.disable_ipv6=1; ip link set t0.5 up"))
		SKIP("no ip or no VLANs");
	net_wait_offloads("tx-tcp-segmentation", true);
}

/* Ones' complement, from @sum on */
static uint16_t add_up(uint32_t sum, const uint8_t *p, uint32_t len)
{
	for (; len > 1; p += 2, len -= 2)
		sum += p[0] << 8 | p[1];
	if (len)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint16_t pseudo_header(const uint8_t *ip, uint32_t len)
{
	return add_up(ip[9] + len, ip + 12, 8);
}

/* A packet of @len bytes over IPv4 with its sum to be done, sent by the host. */
static void send_from(const struct from *from, uint8_t proto, uint32_t len,
		      uint16_t mss)
{
	static uint8_t buf[sizeof(struct virtio_net_hdr) + PACKET_MAX];
	uint8_t *p = buf + sizeof(struct virtio_net_hdr);
	uint8_t *ip = p + ETH_HLEN, *l4 = ip + IP_HLEN;
	uint16_t sum, total = htons(len - ETH_HLEN);
	struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = mss ? VIRTIO_NET_HDR_GSO_TCPV4 : 0,
		.gso_size = mss,
		.hdr_len = ETH_HLEN + IP_HLEN +
			   (proto == IPPROTO_TCP ? TCP_HLEN : UDP_HLEN),
		.csum_start = ETH_HLEN + IP_HLEN,
		.csum_offset = proto == IPPROTO_TCP ? 16 : 6,
	};
	int s = packet_socket(from->name, ETH_P_IP, true);

	memcpy(buf, &hdr, sizeof(hdr));
	packet_fill(p, len, len);
	p[12] = 8;
	p[13] = 0;
	memset(ip, 0, IP_HLEN);
	ip[0] = 0x45;
	memcpy(ip + 2, &total, 2);
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
	if (proto == IPPROTO_TCP) {
		memset(l4, 0, TCP_HLEN);
		l4[12] = TCP_HLEN / 4 << 4;
	}
	sum = htons(pseudo_header(ip, len - hdr.csum_start));
	memcpy(l4 + hdr.csum_offset, &sum, 2);
	ASSERT_EQ(send(s, buf, sizeof(hdr) + len, 0), sizeof(hdr) + len);
	close(s);
}

static void expect_tag(const struct from *from)
{
	if (!from->tag)
		return;
	EXPECT_EQ(packet[12] << 8 | packet[13], ETH_P_8021Q);
	EXPECT_EQ(packet[15], VLAN_ID);
}

/* The sum of the pseudo header is there, and the header says how to go on. */
TEST(sum_to_be_done)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	uint32_t i, len, at;
	uint16_t sum;
	uint8_t *ip;

	start();
	net_post(&n, 32, 4096);
	for (i = 0; i < 2 * ARRAY_SIZE(origins); i++) {
		const struct from *from = &origins[i / 2];

		len = 1001 + i;		/* of odd and even lengths */
		send_from(from, IPPROTO_UDP, len, 0);
		at = from->tag + ETH_HLEN + IP_HLEN;
		len += from->tag;
		ASSERT_EQ(net_receive(&n, &hdr, packet, WAIT_MS), len);
		expect_tag(from);
		EXPECT_EQ(hdr.hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		EXPECT_EQ(hdr.hdr.gso_type, VIRTIO_NET_HDR_GSO_NONE);
		ASSERT_EQ(hdr.hdr.csum_start, at);
		ASSERT_EQ(hdr.hdr.csum_offset, 6);
		ip = packet + at - IP_HLEN;
		EXPECT_EQ(add_up(0, packet + at + 6, 2),
			  pseudo_header(ip, len - at));
		/* As a driver does it; then as a receiver looks at it. */
		sum = htons(~add_up(0, packet + at, len - at));
		memcpy(packet + at + 6, &sum, 2);
		EXPECT_EQ(add_up(pseudo_header(ip, len - at), packet + at,
				 len - at), 0xffff);
	}
}

/* hdr_len has all headers, a tag too. */
TEST(headers_of_segments)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	uint32_t i, at;

	start();
	for (i = 0; i < ARRAY_SIZE(origins); i++) {
		const struct from *from = &origins[i];

		net_post(&n, 32, 4096);
		send_from(from, IPPROTO_TCP, 20000, 1000);
		ASSERT_EQ(net_receive(&n, &hdr, packet, WAIT_MS),
			  20000 + from->tag);
		at = from->tag + ETH_HLEN + IP_HLEN;
		expect_tag(from);
		EXPECT_EQ(hdr.hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		EXPECT_EQ(hdr.hdr.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
		EXPECT_EQ(hdr.hdr.gso_size, 1000);
		EXPECT_EQ(hdr.hdr.csum_start, at);
		EXPECT_EQ(hdr.hdr.csum_offset, 16);
		EXPECT_GE(hdr.hdr.hdr_len, at + TCP_HLEN);
		EXPECT_EQ(pseudo_header(packet + at - IP_HLEN,
					20000 + from->tag - at),
			  add_up(0, packet + at + 16, 2));
	}
}

/* All but the last are full, whatever their lengths are. */
TEST(buffers_are_filled)
{
	static const uint32_t sizes[] = { 12, 13, 64, 1, 1526, 12, 300, 4096 };
	struct vring_used_elem e;
	uint32_t i, size, left = HDR + 5000;
	struct vq *vq;

	net_start(&n, 0, true);
	vq = &n.g->vq[RXQ];
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		net_post(&n, 1, sizes[i] < HDR ? HDR : sizes[i]);
	ASSERT_EQ(peer_send_filled(&n, 5000, 1), 0);
	for (i = 0; left; i++) {
		ASSERT_TRUE(i < ARRAY_SIZE(sizes));
		ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
		size = vq->desc[e.id].len;
		EXPECT_EQ(e.len, left < size ? left : size);
		left -= e.len;
	}
	EXPECT_EQ(i, ARRAY_SIZE(sizes));
	EXPECT_TRUE(!vq_get(vq, &e));
}

/*
 * The driver sees all buffers of a packet or none. Each time that it is shown some
 * it is told; so it is told once.
 */
TEST(buffers_of_a_packet_at_once)
{
	struct vq *vq;
	uint32_t i;

	net_start(&n, F_EVENT_IDX, false);
	vq = &n.g->vq[RXQ];
	net_post(&n, 240, 300);
	for (i = 1; i <= 2; i++) {
		event_take(vq->call);
		ASSERT_EQ(peer_send_filled(&n, 30000, i), 0);
		ASSERT_TRUE(event_wait(vq->call, WAIT_MS));
		EXPECT_EQ(vq_used_idx(vq), i * 101);
		EXPECT_EQ(net_receive(&n, NULL, packet, 0), 30000);
		EXPECT_TRUE(packet_filled(packet, 30000, i));
		workers_rest();
		EXPECT_EQ(event_take(vq->call), 0);
		EXPECT_EQ(guest_stats(n.g, RXQ).signals, i);
	}
}
