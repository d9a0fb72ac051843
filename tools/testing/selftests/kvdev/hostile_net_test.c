// SPDX-License-Identifier: GPL-2.0
/*
 * A driver of a network device that breaks the rules: of the buffers, which is
 * a breach of the protocol, and of the header in front of packets, which costs
 * it the packet and nothing else.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "net_common.h"

#define GONE	(8UL << 20)		/* a page of guest memory to lose */

static struct net n;
static uint8_t packet[PACKET_MAX];

/* ------------------------------------------------------------ the buffers */

static void works(void)
{
	net_post(&n, 2, 1526);
	ASSERT_EQ(net_send_filled(&n, 500, 1), 0);
	ASSERT_EQ(peer_receive(&n, WAIT_MS), 500);
	ASSERT_EQ(peer_send_filled(&n, 500, 2), 0);
	ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 500);
	EXPECT_TRUE(packet_filled(packet, 500, 2));
}

/* What attack exposes in the queue, with a packet coming, ends the service. */
static void breach(void (*attack)(struct guest *g, struct vq *vq),
		   unsigned int queue, uint64_t refuse, bool pci)
{
	struct vq *vq;

	net_start(&n, refuse, pci);
	vq = &n.g->vq[queue];
	attack(n.g, vq);
	vq_kick_always(vq);
	if (queue == RXQ)
		ASSERT_EQ(peer_send_filled(&n, 500, 3), 0);
	ASSERT_TRUE(event_wait(vq->err, WAIT_MS));
	ASSERT_TRUE(event_wait(n.g->config_fd, WAIT_MS));
	EXPECT_TRUE(guest_status(n.g) & VIRTIO_CONFIG_S_NEEDS_RESET);
	EXPECT_EQ(guest_stats(n.g, queue).violations, 1);
	vq_kick_always(vq);
	workers_rest();
	EXPECT_EQ(guest_stats(n.g, queue).violations, 1);

	/* Without the packet that may still be there. */
	guest_reset(n.g);
	while (peer_receive(&n, 0) >= 0)
		;
	guest_start(n.g);
	if (queue == RXQ) {
		net_post(&n, 1, 1526);
		workers_rest();
		net_receive(&n, NULL, packet, 0);
	}
	works();
	guest_free(n.g);
	close(n.tap);
	close(n.sock);
}

#define BREACH_WITHOUT(_refuse, _queue, _name)				\
	static void _name##_attack(struct guest *g, struct vq *vq);	\
	TEST(_name)							\
	{								\
		breach(_name##_attack, _queue, _refuse, false);		\
		breach(_name##_attack, _queue, _refuse, true);		\
	}								\
	static void _name##_attack(struct guest *g, struct vq *vq)
#define BREACH(_queue, _name)	BREACH_WITHOUT(0, _queue, _name)

static void expose_at(struct vq *vq, uint64_t addr, uint32_t len,
		      uint16_t flags)
{
	vq->desc[0] = (struct vring_desc){ addr, len, flags, 0 };
	vq_expose(vq, 0);
}

static void expose(struct guest *g, struct vq *vq, uint32_t len, uint16_t flags)
{
	expose_at(vq, guest_alloc(g, len, 64), len, flags);
}

static uint64_t lose_memory(struct guest *g, int prot)
{
	if (prot == PROT_NONE)
		ASSERT_EQ(munmap(g->mem + GONE, 4096), 0);
	else
		ASSERT_EQ(mprotect(g->mem + GONE, 4096, prot), 0);
	return GUEST_GPA + GONE;
}

BREACH(TXQ, send_short_header) { expose(g, vq, HDR - 1, 0); }
BREACH(TXQ, send_writable) { expose(g, vq, 500, W); }

BREACH(TXQ, send_with_writable_tail)
{
	vq->desc[1] = (struct vring_desc){ guest_alloc(g, 1, 1), 1, W, 0 };
	vq->desc[0] = (struct vring_desc){ guest_alloc(g, 500, 64), 500,
					   VRING_DESC_F_NEXT, 1 };
	vq_expose(vq, 0);
}

BREACH(TXQ, send_header_gone)
{
	expose_at(vq, lose_memory(g, PROT_NONE), 500, 0);
}

static void data_gone(struct guest *g, struct vq *vq, uint32_t len)
{
	struct seg s[] = {
		{ guest_alloc(g, HDR + 200, 64), HDR + 200, 0 },
		{ lose_memory(g, PROT_NONE), len, 0 },
	};

	memset(guest_ptr(g, s[0].addr), 0, HDR + 200);
	vq_add(vq, s, 2);
}

BREACH(TXQ, send_data_gone) { data_gone(g, vq, 500); }
BREACH(TXQ, send_big_data_gone) { data_gone(g, vq, 20000); }

BREACH(RXQ, receive_readable) { expose(g, vq, 1526, 0); }
BREACH(RXQ, receive_no_room_for_header) { expose(g, vq, HDR - 1, W); }

BREACH_WITHOUT(NF(MRG_RXBUF), RXQ, receive_big_no_room)
{
	expose(g, vq, HDR - 1, W);
}

BREACH(RXQ, receive_memory_gone)
{
	expose_at(vq, lose_memory(g, PROT_NONE), 1526, W);
}

BREACH(RXQ, receive_memory_read_only)
{
	expose_at(vq, lose_memory(g, PROT_READ), 1526, W);
}

BREACH(RXQ, receive_second_buffer_bad)
{
	struct seg good = { guest_alloc(g, 100, 64), 100, W };
	struct seg bad = { guest_alloc(g, 1526, 64), 1526, 0 };

	vq_add(vq, &good, 1);
	vq_add(vq, &bad, 1);
}

/* ------------------------------------------------------------- the header */

struct bad_header {
	struct virtio_net_hdr hdr;
	size_t counter;
};

#define AT(_f)	offsetof(struct kvdev_net_get_stats, drop_##_f)
#define CSUM	VIRTIO_NET_HDR_F_NEEDS_CSUM

static uint64_t counter(size_t at)
{
	struct kvdev_net_get_stats s = net_stats(&n, TXQ);

	return *(uint64_t *)((char *)&s + at);
}

static void bad_headers(const struct bad_header *h, size_t nr, uint32_t len)
{
	struct virtio_net_hdr_mrg_rxbuf hdr = {};
	uint64_t before;
	size_t i;

	for (i = 0; i < nr; i++) {
		packet_fill(packet, len, i);
		hdr.hdr = h[i].hdr;
		before = counter(h[i].counter);
		ASSERT_EQ(net_send(&n, &hdr, packet, len), 0);
		if (counter(h[i].counter) != before + 1)
			NOTE("header %zu of a packet of %u", i, len);
		EXPECT_EQ(counter(h[i].counter), before + 1);
	}
	EXPECT_EQ(peer_receive(&n, 0), -ETIMEDOUT);
	EXPECT_EQ(guest_stats(n.g, TXQ).violations, 0);
}

TEST(header_lies)
{
	const struct bad_header bad[] = {
		/* a sum that is, or is put, outside of the packet */
		{ { CSUM, .csum_start = 65535 }, AT(csum) },
		{ { CSUM, .csum_start = 65535, .csum_offset = 65535 },
		  AT(csum) },
		{ { CSUM, .csum_start = 34, .csum_offset = 65535 }, AT(csum) },
		/* segments of nothing, without a sum, of an unknown kind */
		{ { CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 54, 0, 34, 16 },
		  AT(gso_size) },
		{ { 0, VIRTIO_NET_HDR_GSO_TCPV4, 54, 1000, 0, 0 }, AT(csum) },
		{ { CSUM, 77, 54, 1000, 34, 16 }, AT(gso_type) },
		{ { CSUM, 0x7f, 54, 1000, 34, 16 }, AT(gso_type) },
	};

	net_start(&n, 0, true);
	bad_headers(bad, ARRAY_SIZE(bad), 500);
	bad_headers(bad, ARRAY_SIZE(bad), 20000);
}

TEST(header_not_negotiated)
{
	const struct bad_header bad[] = {
		{ { CSUM, .csum_start = 34, .csum_offset = 16 }, AT(csum) },
		{ { CSUM, VIRTIO_NET_HDR_GSO_TCPV4, 54, 100, 34, 16 },
		  AT(csum) },
		{ { 0, VIRTIO_NET_HDR_GSO_UDP, 42, 100, 0, 0 }, AT(gso_type) },
	};

	net_start(&n, ~(F_VERSION_1 | NF(MAC)), false);
	bad_headers(bad, ARRAY_SIZE(bad), 500);
}

TEST(lengths)
{
	uint32_t len;

	net_start(&n, 0, false);
	memset(packet, 0, sizeof(packet));
	for (len = 0; len < ETH_HLEN; len++)
		ASSERT_EQ(net_send(&n, NULL, packet, len), 0);
	EXPECT_EQ(net_stats(&n, TXQ).drop_short, ETH_HLEN);
	ASSERT_EQ(net_send(&n, NULL, packet, 65998), 0);
	EXPECT_EQ(net_stats(&n, TXQ).drop_long, 1);
	EXPECT_EQ(peer_receive(&n, 0), -ETIMEDOUT);
}

/* Random headers before packets that look like something: nothing breaks. */
TEST(random_headers)
{
	static const uint8_t types[] = { 0, 1, 3, 4, 5, 0x81, 0x84 };
	struct virtio_net_hdr_mrg_rxbuf hdr;
	struct kvdev_net_get_stats s;
	uint64_t sum = 0, *p;
	unsigned int i, j;

	srand(1);
	net_start(&n, 0, true);
	for (i = 0; i < 3000; i++) {
		uint32_t len = i % 5 ? 14 + rand() % 1500 :
				       4000 + rand() % 60000;

		packet_fill(packet, len, i);
		if (len > 60) {
			packet[12] = rand() % 2 ? 8 : 0x86;
			packet[13] = packet[12] == 8 ? 0 : 0xdd;
			packet[14] = packet[12] == 8 ? 0x45 : 0x60;
			packet[packet[12] == 8 ? 23 : 20] = rand() % 2 ? 6 : 17;
		}
		for (j = 0; j < sizeof(hdr); j++)
			((uint8_t *)&hdr)[j] = rand();
		hdr.hdr.flags &= 1;
		hdr.hdr.gso_type = types[rand() % ARRAY_SIZE(types)];
		if (rand() % 4)
			hdr.hdr.csum_start %= 200;
		if (rand() % 4)
			hdr.hdr.csum_offset %= 32;
		if (rand() % 2)
			hdr.hdr.hdr_len %= 200;
		if (rand() % 2)
			hdr.hdr.gso_size %= 2000;
		ASSERT_EQ(net_send(&n, &hdr, packet, len), 0);
	}
	s = net_stats(&n, TXQ);
	for (p = (uint64_t *)&s.drop_short; p <= (uint64_t *)&s.drop_memory; p++)
		sum += *p;
	EXPECT_EQ(s.packets + sum, 3000);
	EXPECT_GE(s.packets, 100);
	EXPECT_GE(sum, 100);
	EXPECT_EQ(guest_stats(n.g, TXQ).violations, 0);
	while (peer_receive(&n, 0) >= 0)
		;
	n.g->o.refuse = 0;
	ASSERT_EQ(net_send_filled(&n, 500, 1), 0);
	ASSERT_EQ(peer_receive(&n, WAIT_MS), 500);
}

/* -------------------------------------------------------------- odd pieces */

#define PIECES_MAX	1000

/* A packet that lies in the pieces, after each other, and arrives as it was. */
static void send_pieces(const struct seg *s, unsigned int nr, uint64_t table,
			uint64_t seed)
{
	static uint8_t data[HDR + PACKET_MAX];
	struct vq *vq = &n.g->vq[TXQ];
	struct vring_used_elem e;
	uint32_t len = 0, at = 0;
	unsigned int i;
	int head;

	for (i = 0; i < nr; i++)
		len += s[i].len;
	memset(data, 0, HDR);
	packet_fill(data + HDR, len - HDR, seed);
	for (i = 0; i < nr; at += s[i++].len)
		memcpy(guest_ptr(n.g, s[i].addr), data + at, s[i].len);
	head = nr > 1 ? vq_add_indirect(vq, table, s, nr) : vq_add(vq, s, nr);
	ASSERT_GE(head, 0);
	vq_kick(vq);
	ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	vq_free_chain(vq, e.id);
	ASSERT_EQ(peer_receive(&n, WAIT_MS), len - HDR);
	if (!packet_filled(n.buf, len - HDR, seed))
		NOTE("packet of %u bytes in %u pieces", len - HDR, nr);
	EXPECT_TRUE(packet_filled(n.buf, len - HDR, seed));
}

/* Pieces of eight bytes, each of them in two pages. */
TEST(pieces_across_pages)
{
	static struct seg s[1 + PIECES_MAX];
	static const unsigned int nr[] = { 600, PIECES_MAX, 500, 10 };
	unsigned int i, pci;
	uint64_t pages, table;

	for (pci = 0; pci < 2; pci++) {
		net_start(&n, 0, pci);
		pages = guest_alloc(n.g, (PIECES_MAX + 1) * 4096UL, 4096);
		table = guest_alloc(n.g, 16 * (1 + PIECES_MAX), 4096);
		for (i = 0; i < PIECES_MAX; i++)
			s[1 + i] = (struct seg){ pages + i * 4096UL + 4092, 8, 0 };
		for (i = 0; i < ARRAY_SIZE(nr); i++) {
			uint32_t len = HDR + (i == 3 ? 5000 : 200);

			s[0] = (struct seg){ guest_alloc(n.g, len, 64), len, 0 };
			send_pieces(s, 1 + nr[i], table, i);
		}
		EXPECT_EQ(net_stats(&n, TXQ).packets, ARRAY_SIZE(nr));
		EXPECT_EQ(guest_stats(n.g, TXQ).violations, 0);
		guest_free(n.g);
		close(n.tap);
		close(n.sock);
	}
}

/* Pieces of any length, anywhere in pages and across their borders. */
TEST(random_pieces)
{
	static struct seg s[PIECES_MAX];
	uint64_t table, at, start;
	unsigned int i, nr, max;
	uint32_t len, total;

	srand(1);
	net_start(&n, 0, true);
	table = guest_alloc(n.g, 16 * PIECES_MAX, 4096);
	start = guest_alloc(n.g, 8UL << 20, 4096);
	for (i = 0; i < 300; i++) {
		max = 1 + rand() % (rand() % 4 ? 40 : PIECES_MAX);
		at = start + rand() % 4096;
		for (nr = 0, total = 0; nr < max; nr++) {
			len = 1 + rand() % (rand() % 8 ? 16 : 9000);
			if (total + len > 60000)
				break;
			/* Often up to a border, or across it */
			if (rand() % 2)
				at = ((at + len) | 4095) + 1 - rand() % len;
			s[nr] = (struct seg){ at, len, 0 };
			total += len;
			at += len + rand() % 3000;
		}
		while (total < HDR + ETH_HLEN + 50) {
			s[nr - 1].len += 100;
			total += 100;
		}
		send_pieces(s, nr, table, i);
	}
	EXPECT_EQ(net_stats(&n, TXQ).packets, 300);
	EXPECT_EQ(guest_stats(n.g, TXQ).violations, 0);
}

/* -------------------------------------------------------------------- flood */

static atomic_bool over;

static void *keep_flooding(void *foreign)
{
	while (!over)
		if (send(n.sock, foreign, 100, 0) < 0 && errno != ENOBUFS)
			break;
	return NULL;
}

/* Buffers that are merged have more pieces together than a chain may. */
TEST(receive_in_too_many_pieces)
{
	enum { NR = 700 };
	static struct seg s[NR];
	struct vq *vq;
	int i, k;

	net_start(&n, 0, false);
	vq = &n.g->vq[RXQ];
	for (i = 0; i < 2; i++) {
		uint64_t table = guest_alloc(n.g, NR * 16, 16);
		uint64_t data = guest_alloc(n.g, 2 * NR, 1);

		for (k = 0; k < NR; k++)
			s[k] = (struct seg){ data + 2 * k, 1, W };
		ASSERT_GE(vq_add_indirect(vq, table, s, NR), 0);
	}
	vq_kick_always(vq);
	ASSERT_EQ(peer_send_filled(&n, 2 * NR - HDR, 3), 0);
	ASSERT_TRUE(event_wait(vq->err, WAIT_MS));
	EXPECT_TRUE(guest_status(n.g) & VIRTIO_CONFIG_S_NEEDS_RESET);
	EXPECT_EQ(guest_stats(n.g, RXQ).violations, 1);
}

/*
 * Packets that never get as far as a buffer: they do not end, and the worker
 * does not keep others waiting for it (CVE-2019-3900).
 */
TEST(flood_of_dropped_packets)
{
	struct kvdev_net_config c = {
		.set = KVDEV_NET_SET_MAC | KVDEV_NET_SET_LOCKED_MAC,
		.locked_mac = 1,
	};
	struct guest_options o = {};
	static uint8_t foreign[100];
	pthread_t thread;
	int i;

	net_new(&n, &o);
	memcpy(c.mac, guest_mac, ETH_ALEN);
	ASSERT_EQ(net_set(&n, &c), 0);
	guest_start(n.g);
	net_post(&n, 8, 1526);
	packet_fill(foreign, sizeof(foreign), 1);
	ASSERT_EQ(pthread_create(&thread, NULL, keep_flooding, foreign), 0);
	while (net_stats(&n, RXQ).drop_foreign < 5000)
		ASSERT_EQ(net_send_filled(&n, 100, 2), 0);
	for (i = 0; i < 20; i++) {
		guest_reset(n.g);
		guest_start(n.g);
	}
	over = true;
	pthread_join(thread, NULL);
	workers_rest();
	while (peer_receive(&n, 0) >= 0)
		;
	EXPECT_EQ(net_stats(&n, RXQ).packets, 0);
	EXPECT_EQ(guest_status(n.g), S_DRIVER_OK);
	memcpy(foreign, guest_mac, ETH_ALEN);
	net_post(&n, 2, 1526);
	ASSERT_EQ(peer_send(&n, foreign, sizeof(foreign)), 0);
	ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 100);
}
