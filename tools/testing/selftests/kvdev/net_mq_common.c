// SPDX-License-Identifier: GPL-2.0
/* See net_mq_common.h. */
#include <arpa/inet.h>
#include <net/if.h>

#include <linux/if_tun.h>

#include "net_mq_common.h"

struct net n;
unsigned int ctrlq, hdr_len;
bool ring_level;

/* The key of the example that all implementations are tested with. */
const uint8_t key[KEY_LEN] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
	0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* ------------------------------------------------------------- the device */

void start(uint8_t hash, uint64_t refuse)
{
	struct kvdev_net_config c = { .set = KVDEV_NET_SET_HASH, .hash = hash };
	struct guest_options o = {
		.device_id = VIRTIO_ID_NET, .nr_queues = 2 * PAIRS + 1,
		.refuse = refuse, .packed = !split_rings(), .pci = !ring_level,
	};
	unsigned int i;

	net_tap_queues(&n, PAIRS);
	n.g = guest_new(&o);
	for (i = 0; i < PAIRS; i++)
		ASSERT_EQ(net_attach(&n, i, n.taps[i], n.ifindex), 0);
	ASSERT_EQ(net_set(&n, &c), 0);
	guest_start(n.g);
	ctrlq = n.g->features & (NF(MQ) | NF(RSS)) ? 2 * PAIRS : 2;
	hdr_len = n.g->features & NF(HASH_REPORT) ? REPORT_HDR : HDR;
}

int command(uint8_t cmd, const void *data, uint32_t len)
{
	return net_command(&n, ctrlq, (uint8_t[]){ VIRTIO_NET_CTRL_MQ, cmd },
			   data, len, NULL, 0, NULL);
}

int set_pairs(uint16_t pairs)
{
	return command(VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, &pairs, 2);
}

static uint32_t put(uint8_t *p, const void *from, uint32_t len)
{
	memcpy(p, from, len);
	return len;
}

uint32_t rss_bytes(uint8_t *p, const struct rss *r)
{
	uint16_t mask = r->entries - 1;
	uint32_t at = 0;

	at += put(p + at, &r->types, 4);
	at += put(p + at, &mask, 2);
	at += put(p + at, &r->unclassified, 2);
	at += put(p + at, r->table, 2 * r->entries);
	at += put(p + at, &r->max_tx, 2);
	at += put(p + at, &r->key_len, 1);
	at += put(p + at, key, r->key_len < KEY_LEN ? r->key_len : KEY_LEN);
	return at;
}

int set_rss(const struct rss *r)
{
	static uint8_t data[1024];

	return command(VIRTIO_NET_CTRL_MQ_RSS_CONFIG, data, rss_bytes(data, r));
}

struct rss usual_rss(void)
{
	struct rss r = { .types = ALL_TYPES, .entries = 128,
			 .unclassified = 2, .max_tx = PAIRS,
			 .key_len = KEY_LEN };
	unsigned int i;

	for (i = 0; i < r.entries; i++)
		r.table[i] = (i * 7 + i / 4) % PAIRS;
	return r;
}

/* --------------------------------------------------------------- packets */

struct flow flow_nr(unsigned int i)
{
	struct flow f = { .v6 = i & 1, .proto = i & 2 ? IPPROTO_TCP :
							IPPROTO_UDP,
			  .sport = 1000 + 37 * i, .dport = 80 + i };

	if (i % 8 == 7)
		f.proto = IPPROTO_ICMP;	/* no ports */
	fill(f.src, sizeof(f.src), i);
	fill(f.dst, sizeof(f.dst), i + 1000);
	return f;
}

/* The number is the last 8 bytes of the packet. */
uint32_t flow_packet(uint8_t *p, const struct flow *f, uint64_t seq)
{
	uint32_t at = ETH_HLEN, alen = f->v6 ? 16 : 4;
	uint16_t ports[] = { htons(f->sport), htons(f->dport) };

	memset(p, 0, 128);
	memcpy(p, guest_mac, ETH_ALEN);
	memcpy(p + ETH_ALEN, host_mac, ETH_ALEN);
	p[12] = f->v6 ? 0x86 : 0x08;
	p[13] = f->v6 ? 0xdd : 0x00;
	p[at] = f->v6 ? 0x60 : 0x45;
	p[at + (f->v6 ? 6 : 9)] = f->proto;
	at += f->v6 ? 8 : 12;
	at += put(p + at, f->src, alen);
	at += put(p + at, f->dst, alen);
	at += put(p + at, ports, 4) + 20;
	at += put(p + at, &seq, 8);
	return at;
}

/* virtio 1.3, 5.1.6.4.3: bit by bit, as it is defined */
uint32_t toeplitz(const uint8_t *in, uint32_t len)
{
	uint32_t hash = 0, window = key[0] << 24 | key[1] << 16 | key[2] << 8 |
				    key[3], i;
	uint32_t next = 32;

	for (i = 0; i < len * 8; i++, next++) {
		if (in[i / 8] & (0x80 >> i % 8))
			hash ^= window;
		window = window << 1 | (key[next / 8] >> (7 - next % 8) & 1);
	}
	return hash;
}

uint32_t flow_hash(const struct flow *f, uint32_t types,
			  uint16_t *report)
{
	uint16_t ports[] = { htons(f->sport), htons(f->dport) };
	uint32_t len = 0, alen = f->v6 ? 16 : 4;
	uint32_t tcp = f->v6 ? T(TCPv6) : T(TCPv4);
	uint32_t udp = f->v6 ? T(UDPv6) : T(UDPv4);
	uint8_t in[36];

	len += put(in + len, f->src, alen);
	len += put(in + len, f->dst, alen);
	*report = VIRTIO_NET_HASH_REPORT_NONE;
	if (f->proto == IPPROTO_TCP && types & tcp)
		*report = f->v6 ? VIRTIO_NET_HASH_REPORT_TCPv6 :
				  VIRTIO_NET_HASH_REPORT_TCPv4;
	else if (f->proto == IPPROTO_UDP && types & udp)
		*report = f->v6 ? VIRTIO_NET_HASH_REPORT_UDPv6 :
				  VIRTIO_NET_HASH_REPORT_UDPv4;
	if (*report)
		len += put(in + len, ports, 4);
	else if (types & (f->v6 ? T(IPv6) : T(IPv4)))
		*report = f->v6 ? VIRTIO_NET_HASH_REPORT_IPv6 :
				  VIRTIO_NET_HASH_REPORT_IPv4;
	return *report ? toeplitz(in, len) : 0;
}

unsigned int flow_pair(const struct flow *f, const struct rss *r)
{
	uint16_t report;
	uint32_t hash = flow_hash(f, r->types, &report);

	return report ? r->table[hash & (r->entries - 1)] : r->unclassified;
}

void send_flow(const struct flow *f, uint64_t seq)
{
	uint8_t p[128];

	ASSERT_EQ(peer_send(&n, p, flow_packet(p, f, seq)), 0);
}

/* Buffers for a pair; those that come back are posted again at once. */
void post(unsigned int pair, unsigned int count)
{
	struct vq *vq = &n.g->vq[2 * pair];
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct seg s = { guest_alloc(n.g, BUF, 64), BUF, W };

		ASSERT_GE(vq_add(vq, &s, 1), 0);
	}
	vq_kick(vq);
}

void post_all(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < PAIRS; i++)
		post(i, count);
}

/* A packet on any of the queues, not waited for. */
static bool look(struct received *r)
{
	struct vring_used_elem e;
	uint64_t addr;
	const uint8_t *p;

	for (r->pair = 0; r->pair < PAIRS; r->pair++) {
		struct vq *vq = &n.g->vq[2 * r->pair];
		struct seg s;

		if (!vq_get(vq, &e))
			continue;
		addr = vq->desc[e.id].addr;
		p = guest_ptr(n.g, addr);
		ASSERT_GE(e.len, hdr_len + ETH_HLEN + 20);
		memcpy(&r->seq, p + e.len - 8, 8);
		memcpy(r->head, p + hdr_len, sizeof(r->head));
		r->hash = 0;
		r->report = 0;
		if (hdr_len == REPORT_HDR) {
			memcpy(&r->hash, p + 12, 4);
			memcpy(&r->report, p + 16, 2);
			EXPECT_EQ(p[18] | p[19], 0);
		}
		vq_free_chain(vq, e.id);
		s = (struct seg){ addr, BUF, W };
		ASSERT_GE(vq_add(vq, &s, 1), 0);
		vq_kick(vq);
		return true;
	}
	return false;
}

struct received receive(void)
{
	uint64_t end = now_ms() + WAIT_MS;
	struct received r;

	while (!look(&r)) {
		ASSERT_TRUE(now_ms() < end);
		usleep(100);
	}
	return r;
}

/* Which pair a packet of the flow comes in on. */
unsigned int arrives(const struct flow *f)
{
	static uint64_t seq;
	struct received r;

	send_flow(f, ++seq);
	r = receive();
	ASSERT_EQ(r.seq, seq);
	return r.pair;
}

/* From now on all packets for the device come through this queue of the tap. */
void only_tap(unsigned int tap)
{
	struct ifreq ifr = { .ifr_flags = IFF_ATTACH_QUEUE };
	unsigned int i;

	ioctl(n.taps[tap], TUNSETQUEUE, &ifr);
	ifr.ifr_flags = IFF_DETACH_QUEUE;
	for (i = 0; i < PAIRS; i++)
		if (i != tap)
			ioctl(n.taps[i], TUNSETQUEUE, &ifr);
}

void all_taps(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_ATTACH_QUEUE };
	unsigned int i;

	for (i = 0; i < PAIRS; i++)
		ioctl(n.taps[i], TUNSETQUEUE, &ifr);
}

uint64_t dropped(size_t offset)
{
	struct kvdev_net_get_stats s;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < PAIRS; i++) {
		s = net_stats(&n, 2 * i);
		sum += *(uint64_t *)((char *)&s + offset);
	}
	return sum;
}
