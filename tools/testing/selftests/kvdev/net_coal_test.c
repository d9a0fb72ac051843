// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications that a driver asked to put off: when they come, and that they come
 * in the end. Where none may come the time to wait is an hour, so that a slow
 * machine cannot run into it.
 */
#include <signal.h>
#include <sys/wait.h>

#include "net_common.h"

#define CTRLQ	2
#define HOUR	UINT32_MAX	/* microseconds; even a bit more */

enum { TX_SET, RX_SET, VQ_SET, VQ_GET };

static struct net n;
static uint8_t packet[PACKET_MAX];

static void start_with(uint32_t num, uint64_t refuse)
{
	struct guest_options o = { .nr_queues = 3, .refuse = refuse,
				   .num = num, .packed = !split_rings() };

	net_new(&n, &o);
	guest_start(n.g);
}

static void start(void)
{
	start_with(0, 0);
}

static int command(uint8_t cmd, const void *data, uint32_t len, void *result,
		   uint32_t room, uint32_t *got)
{
	return net_command(&n, CTRLQ,
			   (uint8_t[]){ VIRTIO_NET_CTRL_NOTF_COAL, cmd },
			   data, len, result, room, got);
}

static int set_all(uint8_t cmd, uint32_t packets, uint32_t usecs)
{
	uint32_t data[] = { packets, usecs };

	return command(cmd, data, sizeof(data), NULL, 0, NULL);
}

/* Of both kinds of queues, or the end. */
static void coalesce(uint32_t packets, uint32_t usecs)
{
	ASSERT_EQ(set_all(TX_SET, packets, usecs), VIRTIO_NET_OK);
	ASSERT_EQ(set_all(RX_SET, packets, usecs), VIRTIO_NET_OK);
}

static int set_queue(uint16_t queue, uint32_t packets, uint32_t usecs)
{
	struct {
		uint16_t queue, reserved;
		uint32_t packets, usecs;
	} data = { queue, 0xffff, packets, usecs };

	return command(VQ_SET, &data, sizeof(data), NULL, 0, NULL);
}

static int get_queue(uint16_t queue, uint32_t *packets, uint32_t *usecs)
{
	uint16_t data[] = { queue, 0xffff };
	uint32_t result[2], got;
	int ret = command(VQ_GET, data, sizeof(data), result, 8, &got);

	if (ret == VIRTIO_NET_OK) {
		ASSERT_EQ(got, 8);
		*packets = result[0];
		*usecs = result[1];
	}
	return ret;
}

static void expect_queue(uint16_t queue, uint32_t packets, uint32_t usecs)
{
	uint32_t p = 0xee, u = 0xee;

	ASSERT_EQ(get_queue(queue, &p, &u), VIRTIO_NET_OK);
	EXPECT_EQ(p, packets);
	EXPECT_EQ(u, usecs);
}

/* ------------------------------------------------ packets and interrupts */

/* The device has given back so many more than were taken off, and rests. */
static void used_up(unsigned int queue, uint16_t count)
{
	struct vq *vq = &n.g->vq[queue];
	uint64_t end = now_ms() + WAIT_MS;

	while ((uint16_t)(vq_used_idx(vq) - vq->last_used) != count) {
		must(now_ms() < end ? 0 : -ETIMEDOUT, "used buffers");
		usleep(1000);
	}
	workers_rest();
}

static void send_packets(unsigned int count)
{
	struct vq *vq = &n.g->vq[TXQ];
	uint16_t had = vq_used_idx(vq) - vq->last_used;
	uint64_t addr = guest_alloc(n.g, HDR + 100, 64);
	unsigned int i;

	memset(guest_ptr(n.g, addr), 0, HDR);
	packet_fill((uint8_t *)guest_ptr(n.g, addr) + HDR, 100, 1);
	for (i = 0; i < count; i++) {
		struct seg s = { addr, HDR + 100, 0 };

		ASSERT_GE(vq_add(vq, &s, 1), 0);
		vq_kick(vq);
	}
	used_up(TXQ, had + count);
}

static void take_used(unsigned int queue, unsigned int count)
{
	struct vq *vq = &n.g->vq[queue];
	struct vring_used_elem e;

	while (count--) {
		ASSERT_TRUE(vq_get(vq, &e));
		vq_free_chain(vq, e.id);
	}
	EXPECT_TRUE(!vq_get(vq, &e));
}

static void no_interrupt(unsigned int queue)
{
	EXPECT_EQ(event_take(n.g->vq[queue].call), 0);
}

static void interrupt(unsigned int queue)
{
	ASSERT_TRUE(event_wait(n.g->vq[queue].call, WAIT_MS));
}

static uint64_t signals(unsigned int queue)
{
	return guest_stats(n.g, queue).signals;
}

static uint64_t held(unsigned int queue)
{
	return guest_stats(n.g, queue).signals_held;
}

/* The first one of a ring comes in any case. */
static void warm_up(void)
{
	ASSERT_EQ(net_send_filled(&n, 100, 1), 0);
	ASSERT_EQ(peer_send_filled(&n, 100, 1), 0);
	net_post(&n, 1, 200);
	ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 100);
	event_take(n.g->vq[TXQ].call);
	event_take(n.g->vq[RXQ].call);
}

/* ------------------------------------------------------------- the tests */

TEST(none_is_put_off_unless_asked_for)
{
	start();
	EXPECT_EQ(~n.g->features & (NF(NOTF_COAL) | NF(VQ_NOTF_COAL)), 0);
	expect_queue(RXQ, 0, 0);
	expect_queue(TXQ, 0, 0);
	warm_up();
	/* One of the two is not enough, and one packet is all that is needed. */
	coalesce(1000, 0);
	warm_up();
	coalesce(0, HOUR);
	warm_up();
	coalesce(1, HOUR);
	warm_up();
	EXPECT_EQ(held(RXQ) + held(TXQ), 0);
}

TEST(so_many_sent_packets)
{
	uint64_t before;

	start();
	warm_up();
	coalesce(8, HOUR);
	before = signals(TXQ);
	send_packets(7);
	no_interrupt(TXQ);
	EXPECT_GE(held(TXQ), 1);
	EXPECT_EQ(signals(TXQ), before);
	send_packets(1);
	interrupt(TXQ);
	EXPECT_EQ(signals(TXQ), before + 1);
	take_used(TXQ, 8);
	/* and again from there */
	send_packets(7);
	no_interrupt(TXQ);
	send_packets(1);
	interrupt(TXQ);
	EXPECT_EQ(signals(TXQ), before + 2);
}

static void receive_packets(unsigned int count, uint32_t len, uint16_t buffers)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		ASSERT_EQ(peer_send_filled(&n, len, i), 0);
	used_up(RXQ, buffers);
}

/* Packets, not buffers */
TEST(so_many_received_packets)
{
	uint64_t before;

	start();
	warm_up();
	coalesce(4, HOUR);
	before = signals(RXQ);
	net_post(&n, 100, 300);
	receive_packets(3, 1000, 12);
	no_interrupt(RXQ);
	EXPECT_GE(held(RXQ), 1);
	receive_packets(1, 100, 13);
	interrupt(RXQ);
	EXPECT_EQ(signals(RXQ), before + 1);
}

TEST(so_long)
{
	uint64_t begin;

	start();
	warm_up();
	coalesce(1000, 300000);
	begin = now_ms();
	send_packets(3);
	interrupt(TXQ);
	/* Parts of milliseconds are cut off. */
	EXPECT_GE(now_ms() - begin, 299);
	take_used(TXQ, 3);

	net_post(&n, 4, 200);
	begin = now_ms();
	receive_packets(2, 100, 2);
	interrupt(RXQ);
	EXPECT_GE(now_ms() - begin, 299);
}

/* The driver has found all of it before it is told: it need not be. */
static void driver_looks(uint64_t refuse)
{
	uint64_t before, sent;

	start_with(0, refuse);
	warm_up();
	coalesce(1000, HOUR);
	before = guest_stats(n.g, TXQ).signals_suppressed;
	sent = signals(TXQ);
	send_packets(3);
	if (n.g->vq[TXQ].event_idx)
		take_used(TXQ, 3);
	else
		vq_interrupts(&n.g->vq[TXQ], false);
	/* Now it is due. */
	ASSERT_EQ(cmd(n.g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
	no_interrupt(TXQ);
	EXPECT_EQ(signals(TXQ), sent);
	EXPECT_EQ(guest_stats(n.g, TXQ).signals_suppressed, before + 1);
}

TEST(not_if_the_driver_looked)
{
	driver_looks(0);
}

TEST(not_if_the_driver_looked_flags)
{
	driver_looks(F_EVENT_IDX);
}

/* What a driver can do with one half of its ring is not to stop for the other. */
TEST(half_of_the_ring)
{
	start_with(16, 0);
	warm_up();
	coalesce(1000, HOUR);
	send_packets(7);
	no_interrupt(TXQ);
	send_packets(1);
	interrupt(TXQ);
	take_used(TXQ, 8);
	send_packets(7);
	no_interrupt(TXQ);
	send_packets(1);
	interrupt(TXQ);
}

/* A packet waits for buffers: the driver must know which it can use again. */
TEST(too_few_buffers)
{
	start();
	warm_up();
	coalesce(1000, HOUR);
	net_post(&n, 4, 200);
	receive_packets(4, 100, 4);
	no_interrupt(RXQ);
	ASSERT_EQ(peer_send_filled(&n, 100, 4), 0);
	interrupt(RXQ);
	take_used(RXQ, 4);
	net_post(&n, 4, 200);
	used_up(RXQ, 1);
	no_interrupt(RXQ);
}

TEST(other_parameters)
{
	start();
	warm_up();
	coalesce(1000, HOUR);
	send_packets(3);
	no_interrupt(TXQ);
	/* Of other queues, and the same again */
	ASSERT_EQ(set_all(RX_SET, 2, 2), VIRTIO_NET_OK);
	ASSERT_EQ(set_queue(TXQ, 1000, HOUR), VIRTIO_NET_OK);
	no_interrupt(TXQ);
	ASSERT_EQ(set_all(TX_SET, 2, HOUR), VIRTIO_NET_OK);
	interrupt(TXQ);
	take_used(TXQ, 3);
	send_packets(1);
	no_interrupt(TXQ);
	ASSERT_EQ(set_queue(TXQ, 0, 0), VIRTIO_NET_OK);
	interrupt(TXQ);
}

TEST(parameters_of_a_queue)
{
	start();
	coalesce(10, 20);
	expect_queue(RXQ, 10, 20);
	expect_queue(TXQ, 10, 20);
	ASSERT_EQ(set_queue(TXQ, UINT32_MAX, HOUR), VIRTIO_NET_OK);
	expect_queue(RXQ, 10, 20);
	expect_queue(TXQ, UINT32_MAX, HOUR);
	ASSERT_EQ(set_all(TX_SET, 5, 6), VIRTIO_NET_OK);
	expect_queue(TXQ, 5, 6);
	expect_queue(RXQ, 10, 20);
}

TEST(wrong_commands)
{
	static const uint16_t bad[] = { CTRLQ, 3, 61, 62, 63, 255, 256, 0xffff };
	static const uint32_t lens[] = { 8, 8, 12, 4 };
	uint8_t data[32] = { 0 };
	uint32_t a, b, len;
	unsigned int i;

	start();
	coalesce(10, 20);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(set_queue(bad[i], 1, 1), VIRTIO_NET_ERR);
		EXPECT_EQ(get_queue(bad[i], &a, &b), VIRTIO_NET_ERR);
	}
	for (i = 0; i <= 4; i++)
		for (len = 0; len < 32; len++)
			if (i == 4 || len != lens[i])
				EXPECT_EQ(command(i, data, len, NULL, 0, NULL),
					  VIRTIO_NET_ERR);
	expect_queue(RXQ, 10, 20);
	expect_queue(TXQ, 10, 20);

	/* A queue that is not enabled */
	ASSERT_EQ(vring_state(n.g->fd, VHOST_VDPA_SET_VRING_ENABLE, TXQ, 0), 0);
	EXPECT_EQ(set_queue(TXQ, 1, 1), VIRTIO_NET_ERR);
	EXPECT_EQ(get_queue(TXQ, &a, &b), VIRTIO_NET_ERR);
	expect_queue(RXQ, 10, 20);
}

TEST(commands_need_the_features)
{
	uint32_t a, b;

	start_with(0, NF(NOTF_COAL));
	EXPECT_EQ(set_all(TX_SET, 10, 20), VIRTIO_NET_ERR);
	EXPECT_EQ(set_all(RX_SET, 10, 20), VIRTIO_NET_ERR);
	EXPECT_EQ(set_queue(TXQ, 30, 40), VIRTIO_NET_OK);
	expect_queue(TXQ, 30, 40);
	guest_reset(n.g);
	n.g->o.refuse ^= NF(NOTF_COAL) | NF(VQ_NOTF_COAL);
	guest_start(n.g);
	EXPECT_EQ(set_queue(TXQ, 30, 40), VIRTIO_NET_ERR);
	EXPECT_EQ(get_queue(TXQ, &a, &b), VIRTIO_NET_ERR);
	EXPECT_EQ(set_all(TX_SET, 10, 20), VIRTIO_NET_OK);
}

/* ------------------------------------------------- ends with one put off */

TEST(suspended)
{
	start();
	warm_up();
	coalesce(1000, HOUR);
	send_packets(3);
	no_interrupt(TXQ);
	ASSERT_EQ(cmd(n.g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
	EXPECT_GE(event_take(n.g->vq[TXQ].call), 1);
	take_used(TXQ, 3);
	/* It goes on with what the driver said. */
	ASSERT_EQ(cmd(n.g->fd, VHOST_VDPA_RESUME, NULL), 0);
	expect_queue(TXQ, 1000, HOUR);
	send_packets(3);
	no_interrupt(TXQ);
}

TEST(reset)
{
	start();
	warm_up();
	coalesce(1000, HOUR);
	send_packets(3);
	no_interrupt(TXQ);
	ASSERT_EQ(set_status(n.g->fd, 0), 0);
	EXPECT_GE(event_take(n.g->vq[TXQ].call), 1);
	/* A new driver finds nothing of it. */
	guest_reset(n.g);
	guest_start(n.g);
	expect_queue(RXQ, 0, 0);
	expect_queue(TXQ, 0, 0);
	warm_up();
}

TEST(disabled)
{
	start();
	warm_up();
	ASSERT_EQ(set_all(TX_SET, 1000, HOUR), VIRTIO_NET_OK);
	ASSERT_EQ(set_queue(TXQ, 2000, HOUR), VIRTIO_NET_OK);
	send_packets(3);
	no_interrupt(TXQ);
	ASSERT_EQ(vring_state(n.g->fd, VHOST_VDPA_SET_VRING_ENABLE, TXQ, 0), 0);
	EXPECT_GE(event_take(n.g->vq[TXQ].call), 1);
	take_used(TXQ, 3);
	/* Its own parameters have ended, those for all queues have not. */
	ASSERT_EQ(vring_state(n.g->fd, VHOST_VDPA_SET_VRING_ENABLE, TXQ, 1), 0);
	expect_queue(TXQ, 1000, HOUR);
	send_packets(3);
	no_interrupt(TXQ);
}

static void begin_to_hold(void *usecs)
{
	start();
	warm_up();
	coalesce(1000, *(uint32_t *)usecs);
	send_packets(3);
}

TEST(killed)
{
	uint32_t usecs[] = { HOUR, 1000, 10 };
	unsigned int i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(usecs); i++) {
		pid = kvt_child(begin_to_hold, NULL, &usecs[i]);
		kill(pid, SIGKILL);
		ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	}
}

/* Timers, packets, other parameters and ends all at the same time. */
TEST(never_lost)
{
	unsigned int i, k;

	start();
	for (i = 0; i < 10; i++) {
		for (k = 0; k < 20; k++) {
			coalesce(2 + k % 5, 1 + 7 * k * k);
			ASSERT_EQ(net_send_filled(&n, 100, k), 0);
			net_post(&n, 1, 200);
			ASSERT_EQ(peer_send_filled(&n, 100, k), 0);
			ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 100);
		}
		send_packets(1);
		guest_reset(n.g);
		guest_start(n.g);
	}
	EXPECT_EQ(guest_stats(n.g, TXQ).violations, 0);
}
