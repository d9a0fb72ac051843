// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices with several pairs of queues: which pair a packet comes in on,
 * by the queue of the tap or by its hash, which is computed here, too.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>

#include "net_mq_common.h"

/* ------------------------------------------------------------------- ABI */

TEST(what_is_offered)
{
	const uint64_t hashes = NF(RSS) | NF(HASH_REPORT);
	struct kvdev_net_config c = { .set = KVDEV_NET_SET_HASH, .hash = 3 };
	struct guest_options o = { .nr_queues = 2 * PAIRS + 1 };
	struct virtio_net_config *config;
	struct {
		struct vhost_vdpa_config arg;
		uint8_t bytes[sizeof(*config)];
	} space = { .arg.len = offsetof(struct virtio_net_config,
					supported_hash_types) + 4 };
	uint64_t f;

	net_new(&n, &o);
	ASSERT_EQ(cmd(n.g->fd, VHOST_GET_FEATURES, &f), 0);
	EXPECT_EQ(f & (NF(MQ) | hashes), NF(MQ));
	ASSERT_EQ(net_set(&n, &c), 0);
	EXPECT_EQ(net_get(&n).hash, 3);
	ASSERT_EQ(cmd(n.g->fd, VHOST_GET_FEATURES, &f), 0);
	EXPECT_EQ(f & (NF(MQ) | hashes), NF(MQ) | hashes);
	ASSERT_EQ(cmd(n.g->fd, VHOST_VDPA_GET_CONFIG, &space), 0);
	config = (void *)space.arg.buf;
	EXPECT_EQ(config->max_virtqueue_pairs, PAIRS);
	EXPECT_EQ(config->rss_max_key_size, KEY_LEN);
	EXPECT_EQ(config->rss_max_indirection_table_length, 128);
	EXPECT_EQ(config->supported_hash_types, 0x1ff);

	/* Each pair needs a queue of a tap. */
	EXPECT_EQ(guest_negotiate(n.g), 0);
	EXPECT_EQ(guest_driver_ok(n.g), -ENXIO);
	c.hash = 0;
	EXPECT_EQ(net_set(&n, &c), -EBUSY);
	guest_reset(n.g);
	c.hash = 4;
	EXPECT_EQ(net_set(&n, &c), -EOPNOTSUPP);
	guest_free(n.g);
	close(n.tap);
	close(n.sock);

	/* One pair; no control queue; more than there can be */
	o.nr_queues = 3;
	net_new(&n, &o);
	ASSERT_EQ(cmd(n.g->fd, VHOST_GET_FEATURES, &f), 0);
	EXPECT_EQ(f & (NF(MQ) | hashes), 0);
	c.hash = KVDEV_NET_HASH_RSS;
	EXPECT_EQ(net_set(&n, &c), -EOPNOTSUPP);
	c.hash = KVDEV_NET_HASH_REPORT;
	EXPECT_EQ(net_set(&n, &c), 0);
	EXPECT_EQ(net_attach(&n, 1, n.tap, 0), -ENXIO);
	guest_free(n.g);
	close(n.tap);
	close(n.sock);
	o.nr_queues = 2 * PAIRS;
	net_new(&n, &o);
	ASSERT_EQ(cmd(n.g->fd, VHOST_GET_FEATURES, &f), 0);
	EXPECT_EQ(f & (NF(MQ) | hashes | NF(CTRL_VQ)), 0);
	EXPECT_EQ(net_set(&n, &c), -EOPNOTSUPP);
	EXPECT_EQ(create(dev_open(), VIRTIO_ID_NET, 63, 0), 0);
	EXPECT_EQ(create(dev_open(), VIRTIO_ID_NET, 64, 0), -EINVAL);
}

TEST(features_need_the_control_queue)
{
	struct kvdev_net_config c = { .set = KVDEV_NET_SET_HASH, .hash = 3 };
	struct guest_options o = {
		.nr_queues = 2 * PAIRS + 1,
		.refuse = NF(CTRL_VQ) | NF(CTRL_RX) | NF(CTRL_RX_EXTRA) |
			  NF(CTRL_VLAN) | NF(GUEST_ANNOUNCE) |
			  NF(CTRL_MAC_ADDR) | NF(CTRL_GUEST_OFFLOADS) |
			  BIT(50),
	};
	static const uint64_t one[] = { NF(MQ), NF(RSS), NF(HASH_REPORT),
					NF(NOTF_COAL), NF(VQ_NOTF_COAL), 0 };
	uint64_t all = 0;
	uint64_t refuse = o.refuse;
	unsigned int i;

	net_new(&n, &o);
	ASSERT_EQ(net_set(&n, &c), 0);
	for (i = 0; i < ARRAY_SIZE(one); i++)
		all |= one[i];
	for (i = 0; i < ARRAY_SIZE(one); i++) {
		n.g->o.refuse = refuse | (all & ~one[i]);
		EXPECT_EQ(guest_negotiate(n.g), one[i] ? -EINVAL : 0);
		guest_reset(n.g);
	}
}

/* ------------------------------------------------- queues of the tap decide */

/* Sent by a pair, a packet leaves through the same queue of the tap. */
TEST(sends_on_each_pair)
{
	static uint8_t packet[2000];
	unsigned int i;

	start(0, 0);
	ASSERT_EQ(set_pairs(PAIRS), VIRTIO_NET_OK);
	for (i = 0; i < 4 * PAIRS; i++) {
		unsigned int q = 2 * (i % PAIRS) + 1;
		uint64_t addr = guest_alloc(n.g, HDR + 200, 64);
		struct seg s = { addr, HDR + 200, 0 };
		uint32_t used;

		packet_fill(packet, 200, i);
		memset(guest_ptr(n.g, addr), 0, HDR);
		memcpy((uint8_t *)guest_ptr(n.g, addr) + HDR, packet, 200);
		ASSERT_EQ(vq_submit(&n.g->vq[q], &s, 1, &used), 0);
		ASSERT_EQ(peer_receive(&n, WAIT_MS), 200);
		EXPECT_TRUE(packet_filled(n.buf, 200, i));
		EXPECT_EQ(net_stats(&n, q).packets, i / PAIRS + 1);
	}
}

/* Each queue of the tap is read, whatever pairs are in use. */
TEST(receives_by_tap)
{
	struct flow f = flow_nr(0);
	unsigned int pairs, tap;

	start(0, 0);
	post_all(8);
	for (tap = 0; tap < PAIRS; tap++) {
		only_tap(tap);
		EXPECT_EQ(arrives(&f), 0);
	}
	for (pairs = 1; pairs <= PAIRS; pairs++) {
		ASSERT_EQ(set_pairs(pairs), VIRTIO_NET_OK);
		for (tap = 0; tap < PAIRS; tap++) {
			only_tap(tap);
			EXPECT_EQ(arrives(&f), tap % pairs);
		}
	}
	EXPECT_EQ(set_pairs(0), VIRTIO_NET_ERR);
	EXPECT_EQ(set_pairs(PAIRS + 1), VIRTIO_NET_ERR);
	EXPECT_EQ(set_pairs(0x8000), VIRTIO_NET_ERR);
	EXPECT_EQ(set_pairs(0xffff), VIRTIO_NET_ERR);
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, "\1", 1),
		  VIRTIO_NET_ERR);
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MQ_RSS_CONFIG, key, 40),
		  VIRTIO_NET_ERR);
	EXPECT_EQ(arrives(&f), PAIRS - 1);

	/* A new driver begins with one. */
	guest_reset(n.g);
	guest_start(n.g);
	post_all(8);
	EXPECT_EQ(arrives(&f), 0);
}

/* A driver that knows one pair has its control queue behind that. */
TEST(driver_without_mq)
{
	struct flow f = flow_nr(1);
	unsigned int tap;
	uint8_t on = 1;

	start(0, NF(MQ));
	ASSERT_EQ(ctrlq, 2);
	post(0, 8);
	for (tap = 0; tap < PAIRS; tap++) {
		only_tap(tap);
		EXPECT_EQ(arrives(&f), 0);
	}
	EXPECT_EQ(set_pairs(1), VIRTIO_NET_ERR);
	/* What would be the control queue is nothing. */
	struct seg s[] = { { guest_alloc(n.g, 64, 64), 3, 0 },
			   { guest_alloc(n.g, 64, 64), 1, W } };

	memcpy(guest_ptr(n.g, s[0].addr), &on, 1);
	ASSERT_GE(vq_add(&n.g->vq[2 * PAIRS], s, 2), 0);
	vq_kick_always(&n.g->vq[2 * PAIRS]);
	usleep(NO_USED_MS * 1000);
	EXPECT_EQ(vq_used_idx(&n.g->vq[2 * PAIRS]), 0);
	EXPECT_EQ(guest_status(n.g), S_DRIVER_OK);
}

/* --------------------------------------------------------- hashes decide */

static void flows_arrive(const struct rss *r)
{
	unsigned int i, got[PAIRS] = {};

	for (i = 0; i < FLOWS; i++) {
		struct flow f = flow_nr(i);
		unsigned int pair = arrives(&f);

		EXPECT_EQ(pair, flow_pair(&f, r));
		got[pair]++;
	}
	NOTE("%u %u %u %u packets", got[0], got[1], got[2], got[3]);
}

TEST(rss_spread)
{
	static const uint32_t types[] = { ALL_TYPES, T(IPv4) | T(IPv6),
					  T(TCPv4), T(UDPv6) | T(IPv4), 0 };
	struct rss r = usual_rss();
	unsigned int i;

	/* The verification suite of the hash: 66.9.149.187:2794, ... */
	ASSERT_EQ(toeplitz((const uint8_t[]){ 66, 9, 149, 187, 161, 142, 100,
					      80, 0x0a, 0xea, 0x06, 0xe6 },
			   12), 0x51ccc178);
	start(KVDEV_NET_HASH_RSS, 0);
	EXPECT_TRUE(n.g->features & NF(RSS));
	post_all(16);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		r.types = types[i];
		ASSERT_EQ(set_rss(&r), VIRTIO_NET_OK);
		flows_arrive(&r);
	}
	/* Through each queue of the tap, and with tables of other lengths */
	r.types = ALL_TYPES;
	for (i = 0; i < PAIRS; i++) {
		r.entries = 1 << i * 2;
		r.unclassified = i;
		ASSERT_EQ(set_rss(&r), VIRTIO_NET_OK);
		only_tap(i);
		flows_arrive(&r);
	}
	all_taps();
	/* The device chooses again. */
	ASSERT_EQ(set_pairs(1), VIRTIO_NET_OK);
	for (i = 0; i < FLOWS; i++) {
		struct flow f = flow_nr(i);

		EXPECT_EQ(arrives(&f), 0);
	}
	EXPECT_EQ(DROPPED(backlog), 0);
}

/* Fewer pairs than the tap has queues, without VIRTIO_NET_F_MQ */
TEST(rss_without_mq)
{
	struct rss r = usual_rss();
	unsigned int i;

	start(KVDEV_NET_HASH_RSS, NF(MQ));
	ASSERT_EQ(ctrlq, 2 * PAIRS);
	post_all(16);
	EXPECT_EQ(set_pairs(2), VIRTIO_NET_ERR);
	for (i = 0; i < r.entries; i++)
		r.table[i] = i % 3 ? 1 : 0;
	r.unclassified = 0;
	r.max_tx = 2;
	ASSERT_EQ(set_rss(&r), VIRTIO_NET_OK);
	flows_arrive(&r);
}

TEST(rss_hostile)
{
	struct rss good = usual_rss(), r = good;
	static uint8_t data[1024];
	unsigned int len, i;

	start(KVDEV_NET_HASH_RSS, 0);
	post_all(16);
	ASSERT_EQ(set_rss(&good), VIRTIO_NET_OK);
	r.entries = 256;
	EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	r.entries = 127;
	EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	r = good;
	r.types |= 1U << 9;
	EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	r = good;
	r.unclassified = PAIRS;
	EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	r.unclassified = 0xffff;
	EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	for (i = 0; i < 128; i += 127) {
		r = good;
		r.table[i] = PAIRS;
		EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
		r.table[i] = 0xffff;
		EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	}
	r = good;
	r.max_tx = 0;
	EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	r.max_tx = PAIRS + 1;
	EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	r = good;
	r.key_len = KEY_LEN + 1;
	EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	r.key_len = 255;
	EXPECT_EQ(set_rss(&r), VIRTIO_NET_ERR);
	/* All that is too short */
	len = rss_bytes(data, &good);
	for (i = 0; i < len; i += i < 16 ? 1 : 13)
		EXPECT_EQ(command(VIRTIO_NET_CTRL_MQ_RSS_CONFIG, data, i),
			  VIRTIO_NET_ERR);
	/* Some drivers send more than that. */
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MQ_RSS_CONFIG, data, len + 1),
		  VIRTIO_NET_OK);
	/* The length of the table says more than there is. */
	memset(data + 4, 0xff, 2);
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MQ_RSS_CONFIG, data, len),
		  VIRTIO_NET_ERR);
	/* Without the feature */
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MQ_HASH_CONFIG, data, 53),
		  VIRTIO_NET_ERR);

	/* None of it changed anything. */
	flows_arrive(&good);
	EXPECT_EQ(guest_status(n.g), S_DRIVER_OK);
}

/*
 * A queue without buffers holds up none of the others: its packets are kept up
 * to a limit, beyond which they are dropped and counted. Nobody runs in circles.
 */
TEST(rss_starved_queue)
{
	const unsigned int packets = 3000, backlog = 1024, held = 64;
	struct rss r = usual_rss();
	struct flow starved = flow_nr(0), other = flow_nr(1);
	uint64_t last = 0, waits;
	unsigned int i, kept, pair = flow_pair(&starved, &r);
	struct received got;

	start(KVDEV_NET_HASH_RSS, 0);
	ASSERT_EQ(set_rss(&r), VIRTIO_NET_OK);
	for (i = 2; flow_pair(&other, &r) == pair; i++)
		other = flow_nr(i);
	for (i = 0; i < PAIRS; i++)
		if (i != pair)
			post(i, 4);
	/* The tap's queue has room for fewer than all. */
	only_tap(pair);
	for (i = 1; i <= packets; i++) {
		send_flow(&starved, i);
		if (i % 50)
			continue;
		send_flow(&other, 1000000 + i);
		got = receive();
		ASSERT_EQ(got.seq, 1000000 + i);
	}
	EXPECT_GE(DROPPED(backlog), packets - backlog - held);
	EXPECT_LE(DROPPED(backlog), packets - backlog);
	kept = packets - DROPPED(backlog);

	waits = net_stats(&n, 2 * pair).waits;
	EXPECT_GE(waits, 1);
	usleep(NO_USED_MS * 1000);
	EXPECT_LE(net_stats(&n, 2 * pair).waits, waits + 2);

	post(pair, 64);
	for (i = 0; i < kept; i++) {
		got = receive();
		EXPECT_EQ(got.pair, pair);
		ASSERT_TRUE(got.seq > last);
		last = got.seq;
	}
}

/* A queue that is being reset: another one, or none, gets its packets. */
TEST(queue_is_reset)
{
	struct flow f = flow_nr(0);
	struct rss r = usual_rss();
	unsigned int i, pair = flow_pair(&f, &r), q = 2 * pair;

	ring_level = true;
	start(KVDEV_NET_HASH_RSS, 0);
	post_all(16);
	ASSERT_EQ(set_pairs(PAIRS), VIRTIO_NET_OK);
	only_tap(pair);
	EXPECT_EQ(arrives(&f), pair);
	MUST(vring_state(n.g->fd, VHOST_VDPA_SET_VRING_ENABLE, q, 0));
	EXPECT_EQ(arrives(&f), (pair + 1) % PAIRS);
	MUST(guest_setup_vq(n.g, q));
	post(pair, 16);
	EXPECT_EQ(arrives(&f), pair);

	ASSERT_EQ(set_rss(&r), VIRTIO_NET_OK);
	EXPECT_EQ(arrives(&f), pair);
	MUST(vring_state(n.g->fd, VHOST_VDPA_SET_VRING_ENABLE, q, 0));
	for (i = 0; i < 100; i++)
		send_flow(&f, i);
	for (i = 0; i < WAIT_MS / 10 && DROPPED(queue) < 100; i++)
		usleep(10000);
	EXPECT_EQ(DROPPED(queue), 100);
	MUST(guest_setup_vq(n.g, q));
	post(pair, 16);
	EXPECT_EQ(arrives(&f), pair);
	EXPECT_EQ(DROPPED(queue), 100);
}

/* ------------------------------------------------------------ hash report */

static void hashes_are_reported(uint32_t types)
{
	unsigned int i;

	for (i = 0; i < FLOWS; i++) {
		struct flow f = flow_nr(i);
		struct received r;
		uint16_t report;

		send_flow(&f, i);
		r = receive();
		ASSERT_EQ(r.seq, i);
		EXPECT_EQ(r.hash, flow_hash(&f, types, &report));
		EXPECT_EQ(r.report, report);
	}
}

TEST(hash_report)
{
	struct { uint32_t types; uint16_t reserved[4]; uint8_t len, key[40]; }
		__attribute__((packed)) h = { .len = KEY_LEN };
	static const uint32_t types[] = { ALL_TYPES, T(TCPv4) | T(IPv6), 0 };
	unsigned int i;

	start(KVDEV_NET_HASH_REPORT, 0);
	ASSERT_EQ(hdr_len, REPORT_HDR);
	post_all(8);
	/* Until asked for there are none. */
	hashes_are_reported(0);
	memcpy(h.key, key, KEY_LEN);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		h.types = types[i];
		ASSERT_EQ(command(VIRTIO_NET_CTRL_MQ_HASH_CONFIG, &h,
				  sizeof(h)), VIRTIO_NET_OK);
		hashes_are_reported(types[i]);
	}
	h.types = 1 << 9;
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MQ_HASH_CONFIG, &h, sizeof(h)),
		  VIRTIO_NET_ERR);
	h.types = ALL_TYPES;
	h.len = 41;
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MQ_HASH_CONFIG, &h, sizeof(h)),
		  VIRTIO_NET_ERR);
	EXPECT_EQ(command(VIRTIO_NET_CTRL_MQ_HASH_CONFIG, &h, 30),
		  VIRTIO_NET_ERR);
	hashes_are_reported(0);
	/* What is sent has the same header. */
	struct seg s = { guest_alloc(n.g, REPORT_HDR + 500, 64),
			 REPORT_HDR + 500, 0 };
	uint32_t used;

	memset(guest_ptr(n.g, s.addr), 0, REPORT_HDR);
	packet_fill((uint8_t *)guest_ptr(n.g, s.addr) + REPORT_HDR, 500, 9);
	ASSERT_EQ(vq_submit(&n.g->vq[TXQ], &s, 1, &used), 0);
	ASSERT_EQ(peer_receive(&n, WAIT_MS), 500);
	EXPECT_TRUE(packet_filled(n.buf, 500, 9));
}

TEST(hash_report_with_rss)
{
	struct rss r = usual_rss();

	start(KVDEV_NET_HASH_RSS | KVDEV_NET_HASH_REPORT, 0);
	post_all(8);
	ASSERT_EQ(set_rss(&r), VIRTIO_NET_OK);
	flows_arrive(&r);
	hashes_are_reported(ALL_TYPES);
}

/* --------------------------------------------------------------- under load */

/*
 * Rules change with packets under way: none is lost, and those of a flow that
 * come in on one queue come in order.
 */
TEST(change_under_load)
{
	static uint64_t last[FLOWS][PAIRS];
	const unsigned int rounds = 60;
	struct rss r = usual_rss();
	uint64_t seq = 0, got = 0;
	unsigned int i, k;

	start(KVDEV_NET_HASH_RSS, 0);
	post_all(128);
	for (k = 0; k < rounds; k++) {
		for (i = 0; i < FLOWS; i++) {
			struct flow f = flow_nr(i);

			send_flow(&f, ++seq);
		}
		for (i = 0; i < r.entries; i++)
			r.table[i] = (i * 5 + k) % PAIRS;
		if (k % 3)
			ASSERT_EQ(set_rss(&r), VIRTIO_NET_OK);
		else
			ASSERT_EQ(set_pairs(1 + k % PAIRS), VIRTIO_NET_OK);
		/* Some are left for the next change. */
		while (seq - got > FLOWS / 2) {
			struct received p = receive();
			unsigned int f = (p.seq - 1) % FLOWS;

			EXPECT_TRUE(p.seq > last[f][p.pair]);
			last[f][p.pair] = p.seq;
			got++;
		}
	}
	for (; got < seq; got++)
		receive();
	EXPECT_EQ(DROPPED(backlog), 0);
	EXPECT_EQ(guest_status(n.g), S_DRIVER_OK);
}

static atomic_bool ending;

static void *keep_sending(void *unused)
{
	uint8_t p[128];
	unsigned int i = 0;

	(void)unused;
	while (!ending) {
		struct flow f = flow_nr(i % FLOWS);

		/* Some do not get through: that is what the test is about. */
		if (send(n.sock, p, flow_packet(p, &f, i++), 0) < 0 &&
		    errno != ENETDOWN && errno != ENOBUFS)
			break;
	}
	return NULL;
}

TEST(reset_under_load)
{
	struct rss r = usual_rss();
	pthread_t t;
	unsigned int i;
	size_t brk;

	start(KVDEV_NET_HASH_RSS | KVDEV_NET_HASH_REPORT, 0);
	brk = n.g->brk;
	ASSERT_EQ(pthread_create(&t, NULL, keep_sending, NULL), 0);
	for (i = 0; i < 30; i++) {
		post_all(32);
		if (i % 4)
			ASSERT_EQ(set_rss(&r), VIRTIO_NET_OK);
		if (i % 2)
			receive();
		guest_reset(n.g);
		n.g->brk = brk;
		guest_start(n.g);
	}
	EXPECT_EQ(guest_status(n.g), S_DRIVER_OK);
	post_all(8);
	receive();
	ending = true;
	pthread_join(t, NULL);
}

TEST(tap_goes_under_load)
{
	struct rss r = usual_rss();
	pthread_t t;
	unsigned int i;

	start(KVDEV_NET_HASH_RSS, 0);
	post_all(32);
	ASSERT_EQ(set_rss(&r), VIRTIO_NET_OK);
	ASSERT_EQ(pthread_create(&t, NULL, keep_sending, NULL), 0);
	for (i = 0; i < 100; i++)
		receive();
	if (net_sh("ip link del t0"))
		SKIP("no ip");
	ending = true;
	pthread_join(t, NULL);
	for (i = 0; i < WAIT_MS / 10 && net_get(&n).link_up; i++)
		usleep(10000);
	EXPECT_EQ(net_get(&n).link_up, 0);
	ASSERT_EQ(set_pairs(2), VIRTIO_NET_OK);
	guest_reset(n.g);
	guest_start(n.g);
	EXPECT_EQ(guest_status(n.g), S_DRIVER_OK);
}
