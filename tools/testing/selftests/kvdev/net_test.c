// SPDX-License-Identifier: GPL-2.0
/* Network devices on a tap, driven by this process. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <linux/if_tun.h>

#include "net_common.h"

static struct net n;
static uint8_t packet[PACKET_MAX];

static const uint32_t lens[] = { 14, 15, 60, 64, 1000, 1513, 1514, 3500, 3600,
				 3700, 3800, 3900, 4000, 4096, 9014, 32768,
				 65000, 65535 };

/* ------------------------------------------------------------------- ABI */

TEST(attach_errors)
{
	struct kvdev_net_attach a = { .size = sizeof(a), .fd = -1 };
	struct guest_options o = {};
	int fd, blk;

	net_new(&n, &o);
	EXPECT_EQ(net_attach(&n, 1, n.tap, 0), -ENXIO);
	EXPECT_EQ(net_attach(&n, UINT32_MAX, n.tap, 0), -ENXIO);
	EXPECT_EQ(net_attach(&n, 0, -2, 0), -EINVAL);
	EXPECT_EQ(net_attach(&n, 0, 1000, 0), -EBADF);
	EXPECT_EQ(net_attach(&n, 0, n.tap, 12345), -EINVAL);
	EXPECT_EQ(net_attach(&n, 0, n.tap, UINT32_MAX), -EINVAL);
	/* The loopback interface is no Ethernet. */
	EXPECT_EQ(net_attach(&n, 0, n.tap, 1), -EINVAL);
	/* Sockets of other kinds, other files, a tap without an interface */
	EXPECT_EQ(net_attach(&n, 0, n.sock, 0), -EINVAL);
	EXPECT_EQ(net_attach(&n, 0, n.g->fd, 0), -EINVAL);
	fd = open("/dev/null", O_RDWR);
	EXPECT_EQ(net_attach(&n, 0, fd, 0), -EINVAL);
	fd = eventfd(0, 0);
	EXPECT_EQ(net_attach(&n, 0, fd, 0), -EINVAL);
	a.size = sizeof(a) - 1;
	EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_ATTACH, &a), -EINVAL);
	a.size = sizeof(a);
	a.flags = 2;
	EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_ATTACH, &a), -EOPNOTSUPP);
	a.flags = 0;
	a.__reserved = 1;
	EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_ATTACH, &a), -EINVAL);

	/* None of these took the tap away. */
	guest_start(n.g);
	EXPECT_EQ(net_attach(&n, 0, -1, 0), -EBUSY);
	guest_reset(n.g);
	EXPECT_EQ(net_attach(&n, 0, -1, 0), 0);
	EXPECT_EQ(guest_negotiate(n.g), 0);
	ASSERT_EQ(guest_setup_vq(n.g, RXQ), 0);
	ASSERT_EQ(guest_setup_vq(n.g, TXQ), 0);
	EXPECT_EQ(guest_driver_ok(n.g), -ENXIO);

	blk = dev_open();
	ASSERT_EQ(create(blk, VIRTIO_ID_BLOCK, 1, 0), 0);
	a.__reserved = 0;
	EXPECT_EQ(cmd(blk, KVDEV_NET_ATTACH, &a), -EOPNOTSUPP);
	EXPECT_EQ(create(dev_open(), VIRTIO_ID_NET, 1, 0), -EINVAL);
}

static void refused(struct kvdev_net_config c, int error)
{
	EXPECT_EQ(net_set(&n, &c), error);
}

TEST(config)
{
	static const uint8_t group[ETH_ALEN] = { 1, 0, 0, 0, 0, 1 };
	struct kvdev_net_config c = {
		.set = KVDEV_NET_SET_MAC | KVDEV_NET_SET_MTU |
		       KVDEV_NET_SET_SPEED | KVDEV_NET_SET_HOST_MAC |
		       KVDEV_NET_SET_LOCKED_MAC | KVDEV_NET_SET_BUSY_POLL,
		.mtu = 9000, .speed = 10000, .duplex = 1, .locked_mac = 1,
		.busy_poll = 50,
	}, got;
	struct guest_options o = {};
	uint64_t features;

	net_new(&n, &o);
	got = net_get(&n);
	EXPECT_EQ(got.mac[0] & 3, 2);	/* random: local, no group */
	EXPECT_EQ(got.speed, UINT32_MAX);
	EXPECT_EQ(got.link_up, 1);
	EXPECT_EQ(strcmp((char *)got.ifname, "t0"), 0);
	ASSERT_EQ(cmd(n.g->fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features & (NF(MTU) | NF(SPEED_DUPLEX)), 0);

	memcpy(c.mac, guest_mac, ETH_ALEN);
	memcpy(c.host_mac, host_mac, ETH_ALEN);
	ASSERT_EQ(net_set(&n, &c), 0);
	got = net_get(&n);
	EXPECT_EQ(memcmp(got.mac, guest_mac, ETH_ALEN), 0);
	EXPECT_EQ(memcmp(got.host_mac, host_mac, ETH_ALEN), 0);
	EXPECT_EQ(got.mtu, 9000);
	EXPECT_EQ(got.speed, 10000);
	EXPECT_EQ(got.duplex, 1);
	EXPECT_EQ(got.locked_mac, 1);
	EXPECT_EQ(got.busy_poll, 50);
	ASSERT_EQ(cmd(n.g->fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features & (NF(MTU) | NF(SPEED_DUPLEX)),
		  NF(MTU) | NF(SPEED_DUPLEX));

	refused((struct kvdev_net_config){ .flags = 1 }, -EOPNOTSUPP);
	refused((struct kvdev_net_config){ .set = 1U << 31 }, -EOPNOTSUPP);
	refused((struct kvdev_net_config){ .link_up = 1 }, -EINVAL);
	refused((struct kvdev_net_config){ .announcing = 1 }, -EINVAL);
	refused((struct kvdev_net_config){ .ifname = "x" }, -EINVAL);
	refused((struct kvdev_net_config){ .__reserved = { 0, 0, 1 } }, -EINVAL);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_MAC }, -EINVAL);
	c.set = KVDEV_NET_SET_MAC;
	memcpy(c.mac, group, ETH_ALEN);
	refused(c, -EINVAL);
	c.set = KVDEV_NET_SET_HOST_MAC;
	memcpy(c.host_mac, group, ETH_ALEN);
	refused(c, -EINVAL);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_MTU,
					   .mtu = 67 }, -EINVAL);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_MTU,
					   .mtu = 65536 }, -EINVAL);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_SPEED,
					   .speed = 1U << 31 }, -EINVAL);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_SPEED,
					   .duplex = 2 }, -EINVAL);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_LINK,
					   .link = 3 }, -EINVAL);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_LOCKED_MAC,
					   .locked_mac = 2 }, -EINVAL);
	refused((struct kvdev_net_config){
		.set = KVDEV_NET_SET_BUSY_POLL,
		.busy_poll = KVDEV_NET_BUSY_POLL_MAX + 1 }, -EINVAL);

	/* A driver is there: only what may change under it. */
	guest_start(n.g);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_MTU,
					   .mtu = 1500 }, -EBUSY);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_LOCKED_MAC },
		-EBUSY);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_BUSY_POLL }, 0);
}

/* What the driver reads is what was set, and stays as long as it is there. */
TEST(config_of_the_driver)
{
	struct kvdev_net_config c = {
		.set = KVDEV_NET_SET_MAC | KVDEV_NET_SET_MTU |
		       KVDEV_NET_SET_SPEED,
		.mtu = 1500, .speed = 1000, .duplex = 1,
	};
	struct {
		struct vhost_vdpa_config c;
		struct virtio_net_config net;
	} __attribute__((packed)) a = {
		.c.len = offsetof(struct virtio_net_config, duplex) + 1,
	}, b;
	struct guest_options o = {};

	net_new(&n, &o);
	memcpy(c.mac, guest_mac, ETH_ALEN);
	ASSERT_EQ(net_set(&n, &c), 0);
	guest_start(n.g);
	ASSERT_EQ(cmd(n.g->fd, VHOST_VDPA_GET_CONFIG, &a), 0);
	EXPECT_EQ(memcmp(a.net.mac, guest_mac, ETH_ALEN), 0);
	EXPECT_EQ(a.net.status, VIRTIO_NET_S_LINK_UP);
	EXPECT_EQ(a.net.max_virtqueue_pairs, 1);
	EXPECT_EQ(a.net.mtu, 1500);
	EXPECT_EQ(a.net.speed, 1000);
	EXPECT_EQ(a.net.duplex, 1);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_MTU,
					   .mtu = 9000 }, -EBUSY);
	refused((struct kvdev_net_config){ .set = KVDEV_NET_SET_SPEED,
					   .speed = 10000 }, -EBUSY);
	b.c = a.c;
	ASSERT_EQ(cmd(n.g->fd, VHOST_VDPA_GET_CONFIG, &b), 0);
	EXPECT_EQ(memcmp(&a, &b, sizeof(a.c) + a.c.len), 0);
}

/* Of a pair, or each queue its own; chosen while there is none. */
TEST(workers)
{
	struct kvdev_net_config c = {
		.size = sizeof(c), .set = KVDEV_NET_SET_SPLIT_WORKERS,
	};
	int fd = dev_open();

	ASSERT_EQ(create(fd, VIRTIO_ID_NET, 2 * 2 + 1, 0), 0);
	ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	EXPECT_TRUE(workers_become(3));
	c.split_workers = 1;
	EXPECT_EQ(cmd(fd, KVDEV_NET_SET, &c), -EBUSY);
	ASSERT_EQ(cmd(fd, VHOST_RESET_OWNER, NULL), 0);
	EXPECT_TRUE(workers_become(0));

	c.split_workers = 2;
	EXPECT_EQ(cmd(fd, KVDEV_NET_SET, &c), -EINVAL);
	c.split_workers = 1;
	ASSERT_EQ(cmd(fd, KVDEV_NET_SET, &c), 0);
	c = (struct kvdev_net_config){ .size = sizeof(c) };
	ASSERT_EQ(cmd(fd, KVDEV_NET_GET, &c), 0);
	EXPECT_EQ(c.split_workers, 1);
	ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	EXPECT_TRUE(workers_become(5));
}

/* virtio 1.3, 5.1.3.1 */
TEST(feature_dependencies)
{
	static const uint64_t without[] = { NF(CSUM), NF(GUEST_CSUM),
					    NF(HOST_TSO4) | NF(HOST_TSO6),
					    NF(GUEST_TSO4) | NF(GUEST_TSO6) };
	struct guest_options o = {};
	unsigned int i;

	net_new(&n, &o);
	for (i = 0; i < ARRAY_SIZE(without); i++) {
		n.g->o.refuse = without[i];
		EXPECT_EQ(guest_negotiate(n.g), -EINVAL);
		guest_reset(n.g);
	}
	n.g->o.refuse = NF(HOST_TSO4);
	EXPECT_EQ(guest_negotiate(n.g), 0);
}

/* ----------------------------------------------------------------- sending */

TEST(send_sizes)
{
	net_start(&n, 0, true);
	net_send_all(&n, lens, ARRAY_SIZE(lens));
}

TEST(send_sizes_no_offloads)
{
	net_start(&n, ~(F_VERSION_1 | NF(MAC)), false);
	net_send_all(&n, lens, ARRAY_SIZE(lens));
}

/* Where descriptors begin and end means nothing. */
TEST(send_in_pieces)
{
	static const uint32_t sizes[] = { 1, 11, 1, 12, 13, 2, 700, 3, 5000, 1,
					  4096, 4095 };
	struct seg s[ARRAY_SIZE(sizes)];
	uint32_t at = 0, used;
	uint64_t addr;
	unsigned int i;

	net_start(&n, 0, false);
	addr = guest_alloc(n.g, 65536, 4096) + 7;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		s[i] = (struct seg){ addr + at, sizes[i], 0 };
		at += sizes[i];
		if (i < 3)
			continue;
		packet_fill((uint8_t *)guest_ptr(n.g, addr) + HDR,
			    at < HDR + 14 ? 14 : at - HDR, i);
		if (at - HDR < ETH_HLEN)
			continue;
		ASSERT_EQ(vq_submit(&n.g->vq[TXQ], s, i + 1, &used), 0);
		ASSERT_EQ(peer_receive(&n, WAIT_MS), at - HDR);
		EXPECT_TRUE(packet_filled(n.buf, at - HDR, i));
	}
}

/* A full ring at once arrives complete and in order. */
TEST(send_many_in_order)
{
	struct vring_used_elem e;
	struct vq *vq;
	unsigned int i;

	net_start(&n, 0, true);
	vq = &n.g->vq[TXQ];
	for (i = 0; i < vq->num; i++) {
		/* Some do not fit into a batch. */
		uint32_t len = i % 10 == 9 ? 5000 : 60 + i;
		struct seg s = { guest_alloc(n.g, HDR + len, 64),
				 HDR + len, 0 };

		packet_fill((uint8_t *)guest_ptr(n.g, s.addr) + HDR, len, i);
		ASSERT_GE(vq_add(vq, &s, 1), 0);
	}
	vq_kick(vq);
	for (i = 0; i < vq->num; i++) {
		uint32_t len = i % 10 == 9 ? 5000 : 60 + i;

		ASSERT_EQ(peer_receive(&n, WAIT_MS), len);
		EXPECT_TRUE(packet_filled(n.buf, len, i));
		ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	}
}

/* The tap is full: packets wait, none is lost, and nobody runs in circles. */
TEST(send_back_pressure)
{
	int sndbuf = 4096, out;
	struct guest_options o = {};
	struct pollfd p;
	struct vq *vq;
	unsigned int i;

	net_new(&n, &o);
	if (net_sh("ip link add b0 type bridge && ip link add d0 type veth peer name d1 &&"
		   "ip link set d0 master b0 && ip link set t0 master b0 &&"
		   "tc qdisc add dev d0 root tbf rate 2mbit burst 3kb limit 1mb &&"
		   "ip link set d0 up && ip link set d1 up && ip link set b0 up"))
		SKIP("no bridge, veth, tbf or their tools");
	ASSERT_EQ(ioctl(n.tap, TUNSETSNDBUF, &sndbuf), 0);
	out = packet_socket("d1", TEST_PROTO, false);
	guest_start(n.g);
	vq = &n.g->vq[TXQ];
	for (i = 0; i < vq->num; i++) {
		uint32_t len = i % 7 == 6 ? 1400 : 1000;
		struct seg s = { guest_alloc(n.g, HDR + len, 64),
				 HDR + len, 0 };

		packet_fill((uint8_t *)guest_ptr(n.g, s.addr) + HDR, len, i);
		ASSERT_GE(vq_add(vq, &s, 1), 0);
	}
	vq_kick(vq);
	p = (struct pollfd){ .fd = out, .events = POLLIN };
	for (i = 0; i < vq->num; i++) {
		ASSERT_EQ(poll(&p, 1, WAIT_MS), 1);
		ASSERT_GE(recv(out, n.buf, sizeof(n.buf), 0), 1000);
		ASSERT_TRUE(packet_filled(n.buf, i % 7 == 6 ? 1400 : 1000, i));
	}
	workers_rest();
	EXPECT_GE(net_stats(&n, TXQ).waits, 2);
	EXPECT_LE(net_stats(&n, TXQ).waits, vq->num);
	EXPECT_EQ(net_stats(&n, TXQ).drop_tap, 0);
	EXPECT_EQ(net_stats(&n, TXQ).packets, vq->num);
}

/* --------------------------------------------------------------- receiving */

static void receive_all(uint32_t size)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		size_t brk = n.g->brk;
		unsigned int need = (HDR + lens[i] + size - 1) / size;

		if (need > n.g->vq[RXQ].num)
			continue;
		net_post(&n, need, size);
		ASSERT_EQ(peer_send_filled(&n, lens[i], i), 0);
		ASSERT_EQ(net_receive(&n, &hdr, packet, WAIT_MS), lens[i]);
		EXPECT_TRUE(packet_filled(packet, lens[i], i));
		EXPECT_EQ(hdr.num_buffers, need);
		EXPECT_EQ(hdr.hdr.flags | hdr.hdr.gso_type, 0);
		n.g->brk = brk;
	}
	EXPECT_EQ(guest_stats(n.g, RXQ).violations, 0);
}

TEST(receive_mergeable)
{
	net_start(&n, 0, true);
	receive_all(1526);
	receive_all(4096);
	receive_all(66000);
	receive_all(300);
}

TEST(receive_big)
{
	net_start(&n, NF(MRG_RXBUF), false);
	receive_all(66000);
}

TEST(receive_small)
{
	net_start(&n, ~(F_VERSION_1 | NF(MAC)), false);
	net_post(&n, 2, 1526);
	ASSERT_EQ(peer_send_filled(&n, 1515, 1), 0);	/* one too many */
	ASSERT_EQ(peer_send_filled(&n, 1514, 2), 0);
	ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 1514);
	EXPECT_TRUE(packet_filled(packet, 1514, 2));
	EXPECT_EQ(net_stats(&n, RXQ).drop_buffer, 1);
	EXPECT_EQ(net_stats(&n, RXQ).packets, 1);
}

/* Nothing to do: the worker does not wake up to find that out. */
static void expect_asleep(void)
{
	long sleeps = workers_rest();

	usleep(NO_USED_MS * 1000);
	EXPECT_LE(workers_rest() - sleeps, 3);
}

/* No buffers, then too few: packets wait, in order; the worker sleeps. */
TEST(receive_starved)
{
	unsigned int i;

	net_start(&n, 0, false);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(peer_send_filled(&n, 4000, i), 0);
	expect_asleep();
	EXPECT_EQ(net_receive(&n, NULL, packet, 0), -ETIMEDOUT);
	net_post(&n, 1, 1500);
	net_post(&n, 1, 1500);
	expect_asleep();
	EXPECT_EQ(net_receive(&n, NULL, packet, 0), -ETIMEDOUT);
	EXPECT_GE(net_stats(&n, RXQ).waits, 2);
	net_post(&n, 1, 1500);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 4000);
		EXPECT_TRUE(packet_filled(packet, 4000, i));
		net_post(&n, 3, 1500);
	}
	EXPECT_EQ(net_receive(&n, NULL, packet, 0), -ETIMEDOUT);
}

/* Idle with a ring full of buffers: the worker sleeps. */
TEST(receive_idle)
{
	net_start(&n, 0, true);
	net_post(&n, n.g->vq[RXQ].num, 1526);
	expect_asleep();
	ASSERT_EQ(peer_send_filled(&n, 100, 1), 0);
	EXPECT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 100);
}

/* Not even all buffers of a full ring hold it: dropped, the next one comes. */
TEST(receive_larger_than_ring)
{
	struct guest_options o = { .num = 4 };

	net_new(&n, &o);
	guest_start(n.g);
	net_post(&n, 4, 1000);
	ASSERT_EQ(peer_send_filled(&n, 4000, 1), 0);
	ASSERT_EQ(peer_send_filled(&n, 3988, 2), 0);
	ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 3988);
	EXPECT_TRUE(packet_filled(packet, 3988, 2));
	EXPECT_EQ(net_stats(&n, RXQ).drop_buffer, 1);
}

/* Stopped with packets in hand: they come after the start. */
TEST(receive_after_stop)
{
	struct vhost_vring_state state = { .index = RXQ };
	unsigned int i;

	net_start(&n, 0, false);
	for (i = 0; i < 5; i++)
		ASSERT_EQ(peer_send_filled(&n, 3000, i), 0);
	net_post(&n, 3, 1526);
	ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 3000);
	ASSERT_EQ(cmd(n.g->fd, VHOST_GET_VRING_BASE, &state), 0);
	/* The third buffer was taken, and given back. */
	EXPECT_EQ(state.num, 2);
	ASSERT_EQ(cmd(n.g->fd, VHOST_SET_VRING_BASE, &state), 0);
	ASSERT_EQ(vring_state(n.g->fd, VHOST_VDPA_SET_VRING_ENABLE, RXQ, 1), 0);
	net_post(&n, 16, 1526);
	for (i = 1; i < 5; i++) {
		ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 3000);
		EXPECT_TRUE(packet_filled(packet, 3000, i));
	}
}

/* ---------------------------------------------------------------- offloads */

static int peer_tso(uint32_t payload, uint16_t mss)
{
	return peer_send_tcp("t0", payload, mss, packet);
}

/* What the driver accepts decides what the tap leaves to be done. */
TEST(receive_offloads)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	int i, total = 0, len;

	net_start(&n, 0, true);
	net_wait_offloads("tx-tcp-segmentation", true);
	net_post(&n, 32, 4096);
	ASSERT_EQ(peer_tso(20000, 1000), 0);
	ASSERT_EQ(net_receive(&n, &hdr, packet, WAIT_MS), TCP_HEADERS + 20000);
	EXPECT_EQ(hdr.hdr.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	EXPECT_EQ(hdr.hdr.gso_size, 1000);
	EXPECT_EQ(hdr.hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM, 1);
	EXPECT_EQ(hdr.hdr.csum_start, ETH_HLEN + 20);

	guest_reset(n.g);
	net_wait_offloads("tx-tcp-segmentation", false);
	n.g->o.refuse = NF(GUEST_TSO4) | NF(GUEST_TSO6) | NF(GUEST_ECN) |
			NF(GUEST_CSUM) | NF(GUEST_UFO) | NF(GUEST_USO4) |
			NF(GUEST_USO6);
	guest_start(n.g);
	usleep(100000);
	net_post(&n, 64, 4096);
	ASSERT_EQ(peer_tso(20000, 1000), 0);
	for (i = 0; i < 20; i++) {
		len = net_receive(&n, &hdr, packet, WAIT_MS);
		ASSERT_EQ(len, TCP_HEADERS + 1000);
		EXPECT_EQ(hdr.hdr.gso_type | hdr.hdr.flags, 0);
		total += len - TCP_HEADERS;
	}
	EXPECT_EQ(total, 20000);
}

TEST(send_tso)
{
	struct virtio_net_hdr_mrg_rxbuf hdr = {};
	int s;

	net_start(&n, 0, false);
	n.sock = s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
	ASSERT_GE(s, 0);
	packet_fill_tcp(packet, &hdr.hdr, 60000, 1400);
	ASSERT_EQ(net_send(&n, &hdr, packet, TCP_HEADERS + 60000), 0);
	ASSERT_EQ(peer_receive(&n, WAIT_MS), TCP_HEADERS + 60000);
	EXPECT_EQ(memcmp(n.buf + TCP_HEADERS, packet + TCP_HEADERS, 60000), 0);
}

/* -------------------------------------------------------------------- link */

static int link_bit(void)
{
	struct {
		struct vhost_vdpa_config c;
		uint16_t status;
	} __attribute__((packed)) c = {
		.c = { .off = offsetof(struct virtio_net_config, status),
		       .len = 2 },
	};

	ASSERT_EQ(cmd(n.g->fd, VHOST_VDPA_GET_CONFIG, &c), 0);
	return c.status & VIRTIO_NET_S_LINK_UP;
}

static void expect_link(int up)
{
	ASSERT_TRUE(event_wait(n.g->config_fd, WAIT_MS));
	EXPECT_EQ(link_bit(), up);
	EXPECT_EQ(net_get(&n).link_up, up);
}

TEST(link_state)
{
	struct kvdev_net_config c = { .set = KVDEV_NET_SET_LINK };
	int off = 0, on = 1;

	net_start(&n, 0, false);
	EXPECT_EQ(link_bit(), 1);
	net_link_set("t0", false);
	expect_link(0);
	net_link_set("t0", true);
	expect_link(1);
	if (!ioctl(n.tap, TUNSETCARRIER, &off)) {
		expect_link(0);
		ASSERT_EQ(ioctl(n.tap, TUNSETCARRIER, &on), 0);
		expect_link(1);
	}
	c.link = KVDEV_NET_LINK_DOWN;
	ASSERT_EQ(net_set(&n, &c), 0);
	expect_link(0);
	ASSERT_EQ(net_send_filled(&n, 100, 1), 0);
	EXPECT_EQ(net_stats(&n, TXQ).drop_link, 1);
	net_post(&n, 4, 1526);
	ASSERT_EQ(peer_send_filled(&n, 100, 1), 0);
	workers_rest();
	EXPECT_EQ(net_receive(&n, NULL, packet, 0), -ETIMEDOUT);
	EXPECT_EQ(net_stats(&n, RXQ).drop_link, 1);
	/* The interface has no say now. */
	net_link_set("t0", false);
	net_link_set("t0", true);
	c.link = KVDEV_NET_LINK_UP;
	ASSERT_EQ(net_set(&n, &c), 0);
	expect_link(1);
	ASSERT_EQ(peer_send_filled(&n, 100, 1), 0);
	EXPECT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 100);
}

TEST(tap_goes)
{
	net_start(&n, 0, false);
	net_post(&n, 4, 1526);
	ASSERT_EQ(net_send_filled(&n, 100, 1), 0);
	if (net_sh("ip link del t0"))
		SKIP("no ip");
	expect_link(0);
	EXPECT_EQ(net_stats(&n, TXQ).drop_tap, 0);
	/* No link: dropped before the tap is asked. */
	ASSERT_EQ(net_send_filled(&n, 100, 1), 0);
	EXPECT_EQ(net_stats(&n, TXQ).drop_link, 1);
	n.g->o.refuse = 0;
	guest_reset(n.g);
	/* The descriptor is still one of a tap, only without an interface. */
	ASSERT_EQ(net_attach(&n, 0, n.tap, n.ifindex), -EINVAL);
	ASSERT_EQ(net_attach(&n, 0, n.tap, 0), 0);
	guest_start(n.g);
	ASSERT_EQ(net_send_filled(&n, 100, 1), 0);
	EXPECT_EQ(net_stats(&n, TXQ).drop_tap, 1);
}

/* The same without an interface to follow: the tap itself says no. */
TEST(tap_goes_unseen)
{
	struct guest_options o = {};

	net_new(&n, &o);
	ASSERT_EQ(net_attach(&n, 0, n.tap, 0), 0);
	guest_start(n.g);
	net_post(&n, 4, 1526);
	if (net_sh("ip link del t0"))
		SKIP("no ip");
	ASSERT_EQ(net_send_filled(&n, 100, 1), 0);
	ASSERT_EQ(net_send_filled(&n, 30000, 1), 0);
	EXPECT_EQ(net_stats(&n, TXQ).drop_tap, 2);
	EXPECT_EQ(net_stats(&n, TXQ).packets, 0);
	EXPECT_EQ(guest_status(n.g), S_DRIVER_OK);
}

/* A tap with another header: packets are dropped, nothing is written astray. */
TEST(tap_with_other_header)
{
	struct guest_options o = {};
	int len = 24;

	net_new(&n, &o);
	ASSERT_EQ(ioctl(n.tap, TUNSETVNETHDRSZ, &len), 0);
	guest_start(n.g);
	net_post(&n, 2, 1526);
	ASSERT_EQ(peer_send_filled(&n, 200, 1), 0);
	workers_rest();
	EXPECT_EQ(net_receive(&n, NULL, packet, 0), -ETIMEDOUT);
	EXPECT_EQ(net_stats(&n, RXQ).drop_tap, 1);
	len = 10;
	ASSERT_EQ(ioctl(n.tap, TUNSETVNETHDRSZ, &len), 0);
	ASSERT_EQ(peer_send_filled(&n, 200, 2), 0);
	ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 200);
	EXPECT_TRUE(packet_filled(packet, 200, 2));
}

/* ------------------------------------------------------------------ policy */

TEST(locked_mac)
{
	struct kvdev_net_config c = {
		.set = KVDEV_NET_SET_MAC | KVDEV_NET_SET_LOCKED_MAC,
		.locked_mac = 1,
	};
	struct guest_options o = {};
	static const uint32_t sizes[] = { 100, 20000 };
	unsigned int i;

	net_new(&n, &o);
	memcpy(c.mac, guest_mac, ETH_ALEN);
	ASSERT_EQ(net_set(&n, &c), 0);
	guest_start(n.g);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		packet_fill(packet, sizes[i], 1);
		packet[11] ^= 0x80;
		ASSERT_EQ(net_send(&n, NULL, packet, sizes[i]), 0);
		EXPECT_EQ(net_stats(&n, TXQ).drop_spoofed, i + 1);
		ASSERT_EQ(net_send_filled(&n, sizes[i], 2), 0);
		ASSERT_EQ(peer_receive(&n, WAIT_MS), sizes[i]);
		EXPECT_TRUE(packet_filled(n.buf, sizes[i], 2));
	}
	/* For the host, that is for another one; for us; for all. */
	net_post(&n, 8, 1526);
	ASSERT_EQ(peer_send_filled(&n, 100, 1), 0);
	packet_fill(packet, 100, 2);
	memcpy(packet, guest_mac, ETH_ALEN);
	ASSERT_EQ(peer_send(&n, packet, 100), 0);
	memset(packet, 0xff, ETH_ALEN);
	ASSERT_EQ(peer_send(&n, packet, 100), 0);
	ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 100);
	EXPECT_EQ(memcmp(packet, guest_mac, ETH_ALEN), 0);
	ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 100);
	EXPECT_EQ(packet[0], 0xff);
	EXPECT_EQ(net_stats(&n, RXQ).drop_foreign, 1);
}

TEST(mtu_is_a_limit)
{
	struct kvdev_net_config c = { .set = KVDEV_NET_SET_MTU, .mtu = 1500 };
	struct guest_options o = {};

	net_new(&n, &o);
	ASSERT_EQ(net_set(&n, &c), 0);
	guest_start(n.g);
	EXPECT_TRUE(n.g->features & NF(MTU));
	ASSERT_EQ(net_send_filled(&n, 1515, 1), 0);
	ASSERT_EQ(net_send_filled(&n, 9000, 1), 0);
	ASSERT_EQ(net_send_filled(&n, 1514, 2), 0);
	ASSERT_EQ(peer_receive(&n, WAIT_MS), 1514);
	EXPECT_EQ(net_stats(&n, TXQ).drop_long, 2);
}

TEST(busy_poll)
{
	struct kvdev_net_config c = {
		.set = KVDEV_NET_SET_BUSY_POLL, .busy_poll = 20000,
	};
	unsigned int i;

	net_start(&n, 0, true);
	ASSERT_EQ(net_set(&n, &c), 0);
	for (i = 0; i < 20; i++) {
		size_t brk = n.g->brk;

		net_post(&n, 1, 1526);
		ASSERT_EQ(net_send_filled(&n, 100, i), 0);
		ASSERT_EQ(peer_receive(&n, WAIT_MS), 100);
		ASSERT_EQ(peer_send_filled(&n, 100, i), 0);
		ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 100);
		EXPECT_TRUE(packet_filled(packet, 100, i));
		n.g->brk = brk;
	}
	/* The device can be stopped while it looks. */
	guest_reset(n.g);
}

TEST(no_such_queue)
{
	static const uint32_t bad[] = { 2, 3, 65536, UINT32_MAX };
	unsigned int i;

	net_start(&n, 0, false);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kvdev_net_get_stats s = { .size = sizeof(s),
						 .queue = bad[i] };

		EXPECT_EQ(cmd(n.g->fd, KVDEV_NET_GET_STATS, &s), -ENXIO);
	}
}
