// SPDX-License-Identifier: GPL-2.0
/* A network device that answers its guest's requests for an address. */
#include <arpa/inet.h>

#include "net_common.h"

#define GUEST_IP	0x64400003	/* 100.64.0.3 */
#define HOST_IP		0x64400002
#define BOOTP		42		/* in a frame */
#define OPTIONS		(BOOTP + 240)
#define LEN		(BOOTP + 300)

#define DISCOVER	1
#define OFFER		2
#define REQUEST		3
#define ACK		5
#define NAK		6

static struct net n;
static uint8_t packet[PACKET_MAX];

static int set_local(const char *hostname, uint32_t addr)
{
	struct kvdev_net_local l = { .size = sizeof(l), .addr = addr };

	strcpy((char *)l.hostname, hostname);
	strcpy((char *)l.boot_file, "auto_install");
	return cmd(n.g->fd, KVDEV_NET_LOCAL, &l);
}

static void start(uint32_t addr)
{
	struct kvdev_net_config c = {
		.set = KVDEV_NET_SET_MAC | KVDEV_NET_SET_HOST_MAC,
	};
	struct guest_options o = {};

	net_new(&n, &o);
	memcpy(c.mac, guest_mac, ETH_ALEN);
	memcpy(c.host_mac, host_mac, ETH_ALEN);
	ASSERT_EQ(net_set(&n, &c), 0);
	ASSERT_EQ(set_local("vm-7", addr), 0);
	guest_start(n.g);
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return ntohl(v);
}

/* A message; type 0 is a BOOTP request. want is the address it asks for. */
static void make_request(uint8_t type, uint32_t want)
{
	uint8_t *p = packet;

	memset(p, 0, LEN);
	memset(p, 0xff, ETH_ALEN);
	memcpy(p + ETH_ALEN, guest_mac, ETH_ALEN);
	p[12] = 8;
	p[14] = 0x45;
	p[16] = (LEN - 14) >> 8;
	p[17] = (LEN - 14) & 0xff;
	p[22] = 64;
	p[23] = 17;
	memset(p + 30, 0xff, 4);
	p[35] = 68;
	p[37] = 67;
	p[38] = (LEN - 34) >> 8;
	p[39] = (LEN - 34) & 0xff;
	p += BOOTP;
	p[0] = 1;
	p[1] = 1;
	p[2] = 6;
	put32(p + 4, 0x12345678);
	memcpy(p + 28, guest_mac, ETH_ALEN);
	if (!type)
		return;
	p = packet + OPTIONS;
	put32(p - 4, 0x63825363);
	*p++ = 53;
	*p++ = 1;
	*p++ = type;
	if (want) {
		*p++ = 50;
		*p++ = 4;
		put32(p, want);
		p += 4;
	}
	*p = 255;
}

/* Type of the message that answers: -1 is none, 0 is BOOTP. */
static int answer(void)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	size_t brk = n.g->brk;
	int len, type = 0;
	const uint8_t *o;

	ASSERT_EQ(net_send(&n, NULL, packet, LEN), 0);
	net_post(&n, 1, 1526);
	workers_rest();
	len = net_receive(&n, &hdr, packet, 0);
	if (len < 0) {
		/* Take the buffer off again. */
		packet_fill(packet, 64, 1);
		ASSERT_EQ(peer_send(&n, packet, 64), 0);
		ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 64);
		n.g->brk = brk;
		return -1;
	}
	n.g->brk = brk;
	ASSERT_GE(len, LEN);
	EXPECT_EQ(hdr.num_buffers, 1);
	EXPECT_EQ(hdr.hdr.flags, 0);
	EXPECT_EQ(hdr.hdr.gso_type, 0);
	EXPECT_EQ(memcmp(packet + ETH_ALEN, host_mac, ETH_ALEN), 0);
	EXPECT_EQ(get32(packet + BOOTP + 4), 0x12345678);
	for (o = packet + OPTIONS; *o != 255; o += 2 + o[1]) {
		ASSERT_TRUE(o < packet + len - 2);
		if (o[0] == 53)
			type = o[2];
	}
	return type;
}

TEST(answers)
{
	start(GUEST_IP);
	make_request(DISCOVER, 0);
	ASSERT_EQ(answer(), OFFER);
	EXPECT_EQ(get32(packet + BOOTP + 16), GUEST_IP);
	EXPECT_EQ(get32(packet + BOOTP + 20), HOST_IP);
	EXPECT_EQ(strcmp((char *)packet + BOOTP + 108, "auto_install"), 0);
	make_request(REQUEST, GUEST_IP);
	EXPECT_EQ(answer(), ACK);
	make_request(REQUEST, GUEST_IP + 1);
	EXPECT_EQ(answer(), NAK);
	make_request(0, 0);
	EXPECT_EQ(answer(), 0);
	EXPECT_EQ(get32(packet + BOOTP + 16), GUEST_IP);
	/* None of it went to the tap; other packets do, both ways. */
	EXPECT_EQ(peer_receive(&n, NO_USED_MS), -ETIMEDOUT);
	ASSERT_EQ(net_send_filled(&n, 500, 1), 0);
	ASSERT_EQ(peer_receive(&n, WAIT_MS), 500);
}

TEST(not_asked)
{
	start(0);
	make_request(DISCOVER, 0);
	EXPECT_EQ(answer(), -1);
	EXPECT_EQ(net_stats(&n, TXQ).packets, 1);
}

/* Other hosts behind the guest are not served. */
TEST(somebody_else)
{
	start(GUEST_IP);
	make_request(DISCOVER, 0);
	packet[11] ^= 1;
	EXPECT_EQ(answer(), -1);
	make_request(DISCOVER, 0);
	packet[BOOTP + 28] ^= 4;
	EXPECT_EQ(answer(), -1);
}

/* It asks and never receives: some answers wait, the others are lost. */
TEST(asks_for_ever)
{
	unsigned int i, got = 0;

	start(GUEST_IP);
	for (i = 0; i < 1000; i++) {
		make_request(DISCOVER, 0);
		ASSERT_EQ(net_send(&n, NULL, packet, LEN), 0);
	}
	net_post(&n, 60, 1526);
	workers_rest();
	while (net_receive(&n, NULL, packet, 0) > 0)
		got++;
	EXPECT_GE(got, 1);
	EXPECT_LE(got, 20);
	/* What waits at a reset is nobody's. */
	for (i = 0; i < 10; i++) {
		make_request(DISCOVER, 0);
		ASSERT_EQ(net_send(&n, NULL, packet, LEN), 0);
	}
	guest_reset(n.g);
	guest_start(n.g);
	make_request(REQUEST, GUEST_IP);
	EXPECT_EQ(answer(), ACK);
}

TEST(errors)
{
	static const uint32_t bad[] = { 0x00000001, 0x7f000001, 0xe0000001,
					0xfffffffe, 0xffffffff };
	struct kvdev_net_local l = { .size = sizeof(l), .addr = GUEST_IP };
	struct guest_options o = {};
	unsigned int i;

	net_new(&n, &o);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(set_local("x", bad[i]), -EINVAL);
	EXPECT_EQ(set_local("a b", GUEST_IP), -EINVAL);
	EXPECT_EQ(set_local("a\n", GUEST_IP), -EINVAL);
	memset(l.hostname, 'h', sizeof(l.hostname));
	EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_LOCAL, &l), -EINVAL);
	/* Something behind the end */
	l.hostname[5] = 0;
	EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_LOCAL, &l), -EINVAL);
	memset(l.hostname, 0, sizeof(l.hostname));
	l.__reserved = 1;
	EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_LOCAL, &l), -EINVAL);
	l.__reserved = 0;
	l.flags = 1;
	EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_LOCAL, &l), -EOPNOTSUPP);
	l.flags = 0;
	EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_LOCAL, &l), 0);
	guest_start(n.g);
	EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_LOCAL, &l), -EBUSY);
}
