// SPDX-License-Identifier: GPL-2.0
/* Commands of a network device's driver, and what they do to its packets. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>

#include "net_common.h"

#define CTRLQ	2
#define DATA_MAX (64 << 10)

static struct net n;
static uint8_t packet[PACKET_MAX], result[4096];

static const uint8_t other_mac[ETH_ALEN] = { 0x52, 0x54, 0, 0, 0, 9 };
static const uint8_t group_mac[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 9 };
static const uint8_t all_macs[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void start(uint64_t refuse)
{
	struct kvdev_net_config c = { .set = KVDEV_NET_SET_MAC };
	struct guest_options o = { .nr_queues = 3, .refuse = refuse };

	net_new(&n, &o);
	memcpy(c.mac, guest_mac, ETH_ALEN);
	ASSERT_EQ(net_set(&n, &c), 0);
	guest_start(n.g);
}

/* The status of a command; bytes of the result that came with it in got. */
static int command(uint8_t class, uint8_t cmd, const void *data, uint32_t len,
		   uint32_t room, uint32_t *got)
{
	return net_command(&n, CTRLQ, (uint8_t[]){ class, cmd }, data, len,
			   result, room, got);
}

static int rx_mode(uint8_t mode, uint8_t on)
{
	return command(VIRTIO_NET_CTRL_RX, mode, &on, 1, 0, NULL);
}

static int vlan(uint8_t cmd, uint16_t vid)
{
	return command(VIRTIO_NET_CTRL_VLAN, cmd, &vid, 2, 0, NULL);
}

/* The other side sends a packet: does it get here? */
static bool passes_tagged(const uint8_t *to, uint16_t vid)
{
	size_t brk = n.g->brk;
	bool passed = false;

	packet_fill(packet, 100, 5);
	memcpy(packet, to, ETH_ALEN);
	if (vid) {
		packet[12] = 0x81;
		packet[13] = 0;
		packet[14] = vid >> 8;
		packet[15] = vid;
	}
	ASSERT_EQ(peer_send(&n, packet, 100), 0);
	/* One that always passes comes behind it. */
	memcpy(packet, all_macs, ETH_ALEN);
	packet[12] = 8;
	ASSERT_EQ(peer_send(&n, packet, 101), 0);
	net_post(&n, 2, 200);
	switch (net_receive(&n, NULL, packet, WAIT_MS)) {
	case 100:
		ASSERT_EQ(memcmp(packet, to, ETH_ALEN), 0);
		ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 101);
		passed = true;
		break;
	case 101:
		/* Leaves one buffer: take it off with one more packet. */
		packet_fill(packet, 102, 5);
		memcpy(packet, all_macs, ETH_ALEN);
		ASSERT_EQ(peer_send(&n, packet, 102), 0);
		ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 102);
		break;
	default:
		ASSERT_TRUE(false);
	}
	n.g->brk = brk;
	return passed;
}

static bool passes(const uint8_t *to)
{
	return passes_tagged(to, 0);
}

TEST(rx_modes)
{
	start(0);
	/* Until told otherwise everything passes. */
	EXPECT_TRUE(passes(other_mac));
	EXPECT_TRUE(passes(group_mac));
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, 0), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(guest_mac));
	EXPECT_TRUE(!passes(other_mac));
	EXPECT_TRUE(!passes(group_mac));
	EXPECT_EQ(net_stats(&n, RXQ).drop_address, 2);
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_ALLMULTI, 1), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(group_mac));
	EXPECT_TRUE(!passes(other_mac));
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_NOMULTI, 1), VIRTIO_NET_OK);
	EXPECT_TRUE(!passes(group_mac));
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_ALLUNI, 1), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(other_mac));
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_NOUNI, 1), VIRTIO_NET_OK);
	EXPECT_TRUE(!passes(guest_mac));
	/* Before all others */
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, 1), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(group_mac));
	EXPECT_TRUE(passes(guest_mac));

	/* A new driver finds nothing of it. */
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, 0), VIRTIO_NET_OK);
	guest_reset(n.g);
	guest_start(n.g);
	EXPECT_TRUE(passes(guest_mac));
	EXPECT_TRUE(passes(other_mac));
}

TEST(rx_modes_need_the_feature)
{
	start(NF(CTRL_RX) | NF(CTRL_RX_EXTRA) | NF(CTRL_VLAN) |
	      NF(CTRL_MAC_ADDR));
	EXPECT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, 0), VIRTIO_NET_ERR);
	EXPECT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_NOUNI, 1), VIRTIO_NET_ERR);
	EXPECT_EQ(vlan(VIRTIO_NET_CTRL_VLAN_ADD, 5), VIRTIO_NET_ERR);
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET,
			  other_mac, ETH_ALEN, 0, NULL), VIRTIO_NET_ERR);
	EXPECT_TRUE(passes(other_mac));
	EXPECT_TRUE(passes_tagged(other_mac, 77));
}

/* A table of nr addresses in which the last one is ours, for both kinds. */
static int set_macs(uint32_t nr, const uint8_t *uni, const uint8_t *multi)
{
	static uint8_t data[DATA_MAX];
	uint32_t i, len = 0, kind;

	for (kind = 0; kind < 2; kind++) {
		memcpy(data + len, &nr, 4);
		len += 4;
		for (i = 0; i < nr; i++, len += ETH_ALEN) {
			memcpy(data + len, kind ? multi : uni, ETH_ALEN);
			if (i < nr - 1)
				memcpy(data + len + 2, &i, 2);
		}
	}
	return command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET,
		       data, len, 0, NULL);
}

TEST(mac_table)
{
	static const uint8_t far_mac[ETH_ALEN] = { 0x52, 0x99, 1, 2, 3, 4 };

	start(0);
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, 0), VIRTIO_NET_OK);
	ASSERT_EQ(set_macs(1, other_mac, group_mac), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(other_mac));
	EXPECT_TRUE(passes(group_mac));
	EXPECT_TRUE(!passes(far_mac));
	ASSERT_EQ(set_macs(64, other_mac, group_mac), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(other_mac));
	EXPECT_TRUE(!passes(far_mac));
	/* More than fit, also more than a small command has: all pass */
	ASSERT_EQ(set_macs(65, other_mac, group_mac), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(far_mac));
	ASSERT_EQ(set_macs(1000, other_mac, group_mac), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(far_mac));
	ASSERT_EQ(set_macs(0, other_mac, group_mac), VIRTIO_NET_OK);
	EXPECT_TRUE(!passes(other_mac));
	EXPECT_TRUE(passes(guest_mac));
}

TEST(mac_address)
{
	struct kvdev_net_config c;

	start(0);
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, 0), VIRTIO_NET_OK);
	ASSERT_EQ(command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET,
			  other_mac, ETH_ALEN, 0, NULL), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(other_mac));
	EXPECT_TRUE(!passes(guest_mac));
	c = net_get(&n);
	EXPECT_EQ(memcmp(c.mac, other_mac, ETH_ALEN), 0);
	/* Of this driver only */
	guest_reset(n.g);
	c = net_get(&n);
	EXPECT_EQ(memcmp(c.mac, guest_mac, ETH_ALEN), 0);
}

TEST(mac_address_locked)
{
	struct kvdev_net_config c = {
		.set = KVDEV_NET_SET_MAC | KVDEV_NET_SET_LOCKED_MAC,
		.locked_mac = 1,
	};
	struct guest_options o = { .nr_queues = 3 };

	net_new(&n, &o);
	memcpy(c.mac, guest_mac, ETH_ALEN);
	ASSERT_EQ(net_set(&n, &c), 0);
	guest_start(n.g);
	EXPECT_TRUE(!(n.g->features & NF(CTRL_MAC_ADDR)));
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET,
			  other_mac, ETH_ALEN, 0, NULL), VIRTIO_NET_ERR);
	/* No mode is a way around it. */
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, 1), VIRTIO_NET_OK);
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_ALLUNI, 1), VIRTIO_NET_OK);
	ASSERT_EQ(set_macs(1, other_mac, group_mac), VIRTIO_NET_OK);
	EXPECT_TRUE(!passes(other_mac));
	EXPECT_EQ(net_stats(&n, RXQ).drop_foreign, 1);
	EXPECT_TRUE(passes(guest_mac));
}

TEST(vlans)
{
	start(0);
	ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, 0), VIRTIO_NET_OK);
	EXPECT_TRUE(!passes_tagged(guest_mac, 5));
	EXPECT_EQ(net_stats(&n, RXQ).drop_vlan, 1);
	ASSERT_EQ(vlan(VIRTIO_NET_CTRL_VLAN_ADD, 5), VIRTIO_NET_OK);
	ASSERT_EQ(vlan(VIRTIO_NET_CTRL_VLAN_ADD, 4094), VIRTIO_NET_OK);
	EXPECT_TRUE(passes_tagged(guest_mac, 5));
	EXPECT_TRUE(passes_tagged(guest_mac, 4094));
	EXPECT_TRUE(!passes_tagged(guest_mac, 6));
	ASSERT_EQ(vlan(VIRTIO_NET_CTRL_VLAN_DEL, 5), VIRTIO_NET_OK);
	EXPECT_TRUE(!passes_tagged(guest_mac, 5));
	EXPECT_TRUE(passes(guest_mac));
	EXPECT_EQ(vlan(VIRTIO_NET_CTRL_VLAN_ADD, 4096), VIRTIO_NET_ERR);
}

TEST(guest_offloads)
{
	uint64_t offloads = 0;

	start(0);
	ASSERT_EQ(command(VIRTIO_NET_CTRL_GUEST_OFFLOADS,
			  VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, &offloads, 8, 0,
			  NULL), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(guest_mac));
	offloads = NF(GUEST_CSUM) | NF(GUEST_TSO4) | NF(GUEST_TSO6);
	ASSERT_EQ(command(VIRTIO_NET_CTRL_GUEST_OFFLOADS,
			  VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, &offloads, 8, 0,
			  NULL), VIRTIO_NET_OK);
	EXPECT_TRUE(passes(guest_mac));
	offloads = NF(GUEST_TSO4);
	EXPECT_EQ(command(VIRTIO_NET_CTRL_GUEST_OFFLOADS,
			  VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, &offloads, 8, 0,
			  NULL), VIRTIO_NET_ERR);
}

/* The tap is told later: by then all that counts is the last word. */
TEST(guest_offloads_in_a_row)
{
	const uint64_t all = NF(GUEST_CSUM) | NF(GUEST_TSO4) | NF(GUEST_TSO6);
	uint64_t offloads;
	int i;

	start(0);
	for (i = 0; i < 1000; i++) {
		offloads = i & 1 ? all : 0;
		ASSERT_EQ(command(VIRTIO_NET_CTRL_GUEST_OFFLOADS,
				  VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, &offloads,
				  8, 0, NULL), VIRTIO_NET_OK);
	}
	EXPECT_TRUE(passes(guest_mac));
}

static int announce_ack(void)
{
	return command(VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK,
		       NULL, 0, 0, NULL);
}

TEST(announce)
{
	struct kvdev_net_config c = { .set = KVDEV_NET_SET_ANNOUNCE };

	start(0);
	EXPECT_EQ(net_get(&n).announcing, 0);
	ASSERT_EQ(net_set(&n, &c), 0);
	EXPECT_EQ(net_get(&n).announcing, 1);
	ASSERT_TRUE(event_wait(n.g->config_fd, WAIT_MS));
	EXPECT_EQ(announce_ack(), VIRTIO_NET_OK);
	EXPECT_EQ(net_get(&n).announcing, 0);
	EXPECT_EQ(net_get(&n).link_up, 1);

	/* A reset is an answer, too; and there must be somebody to ask. */
	ASSERT_EQ(net_set(&n, &c), 0);
	guest_reset(n.g);
	EXPECT_EQ(net_get(&n).announcing, 0);
	EXPECT_EQ(net_set(&n, &c), -ENXIO);
	n.g->o.refuse = NF(GUEST_ANNOUNCE);
	guest_start(n.g);
	EXPECT_EQ(net_set(&n, &c), -ENXIO);
	EXPECT_EQ(net_get(&n).announcing, 0);
	EXPECT_EQ(announce_ack(), VIRTIO_NET_ERR);
}

static uint64_t le64_at(unsigned int offset)
{
	uint64_t v;

	memcpy(&v, result + offset, 8);
	return v;
}

TEST(statistics)
{
	struct {
		uint16_t vq, reserved[3];
		uint64_t types;
	} ask[3] = { { RXQ, {}, 1 }, { TXQ, {}, 1 << 16 },
		     { CTRLQ, {}, 1ULL << 32 } };
	uint32_t got;

	start(0);
	ASSERT_EQ(command(8, 0, NULL, 0, 8, &got), VIRTIO_NET_OK);
	ASSERT_EQ(got, 8);
	EXPECT_EQ(le64_at(0), 1 | 1 << 16 | 1ULL << 32);

	ASSERT_EQ(net_send_filled(&n, 100, 1), 0);
	ASSERT_EQ(net_send_filled(&n, 200, 1), 0);
	ASSERT_EQ(net_send(&n, NULL, packet, 13), 0);
	ASSERT_TRUE(passes(guest_mac));
	ASSERT_EQ(command(8, 1, ask, sizeof(ask), 500, &got), VIRTIO_NET_OK);
	ASSERT_EQ(got, 56 + 56 + 24);
	EXPECT_EQ(le64_at(16), 2);		/* packets */
	EXPECT_EQ(le64_at(24), 201);		/* bytes */
	EXPECT_EQ(le64_at(56 + 16), 2);
	EXPECT_EQ(le64_at(56 + 24), 300);
	EXPECT_EQ(le64_at(56 + 40), 1);		/* drops */
	EXPECT_EQ(le64_at(56 + 48), 1);		/* malformed */
	EXPECT_EQ(le64_at(112 + 8), 2);		/* commands */
	EXPECT_EQ(le64_at(112 + 16), 1);	/* of them executed */

	/* Less room than it takes: what fits */
	ASSERT_EQ(command(8, 1, ask, sizeof(ask), 60, &got), VIRTIO_NET_OK);
	EXPECT_EQ(got, 60);
	ask[2].types = 1;
	ASSERT_EQ(command(8, 1, ask, sizeof(ask), 60, &got), VIRTIO_NET_ERR);
	EXPECT_EQ(got, 0);
}

/* Each byte of a command and its answer in a piece of its own. */
TEST(any_layout)
{
	uint64_t addr;
	struct seg s[5];
	uint32_t used;
	uint8_t *p;
	int i;

	start(0);
	addr = guest_alloc(n.g, 64, 64);
	p = guest_ptr(n.g, addr);
	p[0] = VIRTIO_NET_CTRL_RX;
	p[16] = VIRTIO_NET_CTRL_RX_PROMISC;
	p[32] = 0;
	p[48] = 0xee;
	for (i = 0; i < 4; i++)
		s[i] = (struct seg){ addr + 16 * i, 1, i == 3 ? W : 0 };
	ASSERT_EQ(vq_submit(&n.g->vq[CTRLQ], s, 4, &used), 0);
	EXPECT_EQ(used, 1);
	EXPECT_EQ(p[48], VIRTIO_NET_OK);
	EXPECT_TRUE(!passes(other_mac));
}

TEST(unknown_commands)
{
	static uint8_t data[DATA_MAX + 16];
	unsigned int class, cmd;

	start(0);
	for (class = 9; class < 256; class += 13)
		for (cmd = 0; cmd < 256; cmd += 51)
			EXPECT_EQ(command(class, cmd, data, class, 0, NULL),
				  VIRTIO_NET_ERR);
	/* Longer than any can be */
	EXPECT_EQ(command(1, 0, data, DATA_MAX, 0, NULL), VIRTIO_NET_ERR);
	EXPECT_EQ(command(1, 0, data, DATA_MAX + 1, 0, NULL), VIRTIO_NET_ERR);
	EXPECT_TRUE(passes(guest_mac));
}

static void broken(struct seg *s, unsigned int nr)
{
	start(0);
	if (!s[0].addr)
		s[0].addr = guest_alloc(n.g, 64, 64);
	if (nr > 1 && !s[1].addr)
		s[1].addr = guest_alloc(n.g, 64, 64);
	ASSERT_GE(vq_add(&n.g->vq[CTRLQ], s, nr), 0);
	vq_kick_always(&n.g->vq[CTRLQ]);
	ASSERT_TRUE(event_wait(n.g->vq[CTRLQ].err, WAIT_MS));
	/* The last that is told */
	ASSERT_TRUE(event_wait(n.g->config_fd, WAIT_MS));
	EXPECT_TRUE(guest_status(n.g) & VIRTIO_CONFIG_S_NEEDS_RESET);
	guest_reset(n.g);
	guest_start(n.g);
	EXPECT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, 0), VIRTIO_NET_OK);
	EXPECT_TRUE(!passes(other_mac));
	guest_free(n.g);
	close(n.tap);
	close(n.sock);
}

TEST(breaches)
{
	broken((struct seg[]){ { 0, 1, 0 }, { 0, 1, W } }, 2);
	broken((struct seg[]){ { 0, 3, 0 } }, 1);
	broken((struct seg[]){ { 0, 1, W } }, 1);
}

static atomic_bool ending;

static void *set_options(void *unused)
{
	struct kvdev_net_config c = { .set = KVDEV_NET_SET_BUSY_POLL };

	(void)unused;

	while (!ending) {
		struct kvdev_net_config got = { .size = sizeof(got) };

		c.size = sizeof(c);
		cmd(n.g->fd, KVDEV_NET_SET, &c);
		cmd(n.g->fd, KVDEV_NET_GET, &got);
	}
	return NULL;
}

/* Commands while the VMM gives others, and while queues stop under them. */
TEST(commands_against_others)
{
	size_t brk;
	pthread_t t;
	int i, k;

	start(0);
	brk = n.g->brk;
	ASSERT_EQ(pthread_create(&t, NULL, set_options, NULL), 0);
	for (i = 0; i < 20; i++) {
		for (k = 0; k < 20; k++)
			ASSERT_EQ(rx_mode(VIRTIO_NET_CTRL_RX_PROMISC, k & 1),
				  VIRTIO_NET_OK);
		/* One under way when the reset comes */
		struct seg s[] = { { guest_alloc(n.g, 64, 64), 3, 0 },
				   { guest_alloc(n.g, 64, 64), 1, W } };

		memset(guest_ptr(n.g, s[0].addr), 0, 3);
		vq_add(&n.g->vq[CTRLQ], s, 2);
		vq_kick_always(&n.g->vq[CTRLQ]);
		guest_reset(n.g);
		n.g->brk = brk;
		guest_start(n.g);
	}
	ending = true;
	pthread_join(t, NULL);
	EXPECT_TRUE(passes(guest_mac));
}
