// SPDX-License-Identifier: GPL-2.0
/*
 * What the host does to a tap while a device is on it: another length of its
 * queue, another name space. And what its stack has done, or not, to packets
 * that wait in it.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <linux/if.h>
#include <linux/if_tun.h>

#include "net_common.h"

static struct net n;
static uint8_t packet[PACKET_MAX], got[PACKET_MAX];

/* -------------------------------------------------------------------- load */

static atomic_bool over;
static atomic_ulong sent;

/* The driver sends, with or without somebody to receive. */
static void *keep_sending(void *arg)
{
	while (!over) {
		ASSERT_EQ(net_send_filled(&n, 60 + sent % 1400, sent), 0);
		sent++;
	}
	return arg;
}

/*
 * The next packet of these tests, of @len bytes, is there and its buffer the
 * device's again. A new name space may have others to say.
 */
static bool receive_one(uint32_t len, uint64_t seed, int ms)
{
	struct vq *vq = &n.g->vq[RXQ];
	struct vring_used_elem e;
	struct seg again;
	const uint8_t *p;
	bool ours;

	do {
		if (vq_wait(vq, &e, ms))
			return false;
		again = (struct seg){ vq->desc[e.id].addr, 1526, W };
		p = (uint8_t *)guest_ptr(n.g, again.addr) + HDR;
		ours = p[12] == TEST_PROTO >> 8 && p[13] == (TEST_PROTO & 0xff);
		if (ours) {
			EXPECT_EQ(e.len, HDR + len);
			EXPECT_TRUE(packet_filled(p, len, seed));
		}
		vq_free_chain(vq, e.id);
		ASSERT_GE(vq_add(vq, &again, 1), 0);
		vq_kick(vq);
	} while (!ours);
	return true;
}

static void receive_some(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		ASSERT_EQ(peer_send_filled(&n, 500, i), 0);
		ASSERT_TRUE(receive_one(500, i, WAIT_MS));
	}
}

static void drain_peer(void)
{
	while (peer_receive(&n, 0) >= 0)
		;
}

/* ------------------------------------------------------------- its length */

static void *keep_resizing(void *arg)
{
	static const unsigned int lens[] = { 1000, 2, 500, 16, 4000, 1 };
	unsigned int i;
	char sh[64];

	for (i = 0; !over; i++) {
		snprintf(sh, sizeof(sh), "ip link set t0 txqueuelen %u",
			 lens[i % ARRAY_SIZE(lens)]);
		ASSERT_EQ(net_sh(sh), 0);
	}
	return arg;
}

/* A few packets, and again: the device often looks whether there is one more. */
static void *keep_bursting(void *arg)
{
	static uint8_t burst[500];
	unsigned int i;

	packet_fill(burst, sizeof(burst), 7);
	for (i = 0; !over; i++) {
		/* What there is no room for is lost. */
		if (send(n.sock, burst, sizeof(burst), 0) < 0)
			ASSERT_EQ(errno, ENOBUFS);
		if (!(i % 7))
			usleep(100);
	}
	return arg;
}

/* The queue of the tap is another one all the time while the device reads it. */
TEST(queue_resized_under_load)
{
	uint64_t end = now_ms() + 4000;
	pthread_t resizer, sender;
	unsigned long received = 0;

	net_start(&n, 0, true);
	if (net_sh("ip link set t0 txqueuelen 1000"))
		SKIP("no ip");
	net_post(&n, 16, 1526);
	ASSERT_EQ(pthread_create(&resizer, NULL, keep_resizing, NULL), 0);
	ASSERT_EQ(pthread_create(&sender, NULL, keep_bursting, NULL), 0);
	while (now_ms() < end || received < 100) {
		ASSERT_TRUE(now_ms() < end + WAIT_MS);
		received += receive_one(500, 7, 100);
	}
	over = true;
	pthread_join(resizer, NULL);
	pthread_join(sender, NULL);
	while (receive_one(500, 7, 100))
		;
	receive_some(20);
	EXPECT_EQ(guest_stats(n.g, RXQ).violations, 0);
	EXPECT_EQ(guest_status(n.g), S_DRIVER_OK);
}

/* ---------------------------------------------------------- its name space */

static int home;

static void away(void *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWNET))
		_exit(1);
}

static void wait_link(bool up)
{
	uint64_t end = now_ms() + WAIT_MS;

	while (net_get(&n).link_up != up) {
		ASSERT_TRUE(now_ms() < end);
		usleep(1000);
	}
}

static uint16_t link_bit(void)
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

/* The interface as @name in the name space of @fd, which is ours from then on. */
static void move_to(int fd, const char *space, const char *from,
		    const char *name)
{
	char sh[128];

	snprintf(sh, sizeof(sh), "ip link set %s netns %s name %s", from, space,
		 name);
	ASSERT_EQ(net_sh(sh), 0);
	/* It is down now, and stays so until somebody there says otherwise. */
	wait_link(false);
	EXPECT_EQ(link_bit(), 0);
	ASSERT_EQ(setns(fd, CLONE_NEWNET), 0);
	close(n.sock);
	net_link_set(name, true);
	wait_link(true);
	EXPECT_EQ(link_bit(), VIRTIO_NET_S_LINK_UP);
	EXPECT_EQ(strcmp((char *)net_get(&n).ifname, name), 0);
	n.sock = packet_socket(name, TEST_PROTO, false);
}

/* A tap goes to another name space, as those of containers do, and comes back. */
TEST(moves_between_name_spaces)
{
	char there[32], here[32], path[64];
	pthread_t thread;
	unsigned int i;
	pid_t child;
	int far;

	if (net_sh("ip link show >/dev/null"))
		SKIP("no ip");
	net_start(&n, 0, true);
	net_post(&n, 16, 1526);
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ASSERT_GE(home, 0);
	child = kvt_child(away, NULL, NULL);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", child);
	far = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(far, 0);
	snprintf(there, sizeof(there), "%d", child);
	snprintf(here, sizeof(here), "%d", getpid());
	ASSERT_EQ(pthread_create(&thread, NULL, keep_sending, NULL), 0);
	for (i = 0; i < 5; i++) {
		unsigned long before;

		move_to(far, there, "t0", "inside0");
		receive_some(20);
		drain_peer();
		before = sent;
		while (sent < before + 50 || peer_receive(&n, 0) < 0)
			usleep(1000);
		/* The name of the process' own space, not of this thread's. */
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), home);
		move_to(home, path, "inside0", "t0");
		receive_some(20);
	}
	over = true;
	pthread_join(thread, NULL);
	drain_peer();
	ASSERT_EQ(net_send_filled(&n, 700, 9), 0);
	ASSERT_EQ(peer_receive(&n, WAIT_MS), 700);
	EXPECT_TRUE(packet_filled(n.buf, 700, 9));

	/* Its end is its end, there as here. */
	move_to(far, there, "t0", "inside0");
	ASSERT_EQ(net_sh("ip link del inside0"), 0);
	wait_link(false);
	EXPECT_EQ(link_bit(), 0);
	EXPECT_EQ(guest_status(n.g), S_DRIVER_OK);
	EXPECT_EQ(guest_stats(n.g, TXQ).violations, 0);
	EXPECT_EQ(guest_stats(n.g, RXQ).violations, 0);
}

/* With a name space its interfaces end, too. */
TEST(name_space_goes)
{
	uint64_t end = now_ms() + WAIT_MS;
	struct ifreq ifr;
	char sh[64];
	pid_t child;

	if (net_sh("ip link show >/dev/null"))
		SKIP("no ip");
	net_start(&n, 0, false);
	child = kvt_child(away, NULL, NULL);
	snprintf(sh, sizeof(sh), "ip link set t0 netns %d", child);
	ASSERT_EQ(net_sh(sh), 0);
	wait_link(false);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	/* It goes: the device that follows it does not keep it. */
	while (!ioctl(n.tap, TUNGETIFF, &ifr)) {
		ASSERT_TRUE(now_ms() < end);
		usleep(1000);
	}
	EXPECT_EQ(errno, EBADFD);
	guest_reset(n.g);
	ASSERT_EQ(net_attach(&n, 0, n.tap, n.ifindex), -EINVAL);
	guest_start(n.g);
	EXPECT_EQ(link_bit(), 0);
	ASSERT_EQ(net_send_filled(&n, 100, 1), 0);
	EXPECT_EQ(net_stats(&n, TXQ).drop_link, 1);
}

/* ------------------------------------------------- sums left to be made */

#define GUEST_OFFLOADS	(NF(GUEST_CSUM) | NF(GUEST_TSO4) | NF(GUEST_TSO6) | \
			 NF(GUEST_ECN) | NF(GUEST_UFO) | NF(GUEST_USO4) |   \
			 NF(GUEST_USO6))

/* RFC 1071: 0xffff if the sum in the data is right. */
static uint32_t sum(const uint8_t *p, uint32_t len)
{
	uint32_t s = 0, i;

	for (i = 0; i < len; i++)
		s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (s > 0xffff)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* The packet of peer_send_tcp() with its sum in it; what it covers is at @tcp. */
static void expect_summed(uint32_t len, uint32_t tcp)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;

	ASSERT_EQ(net_receive(&n, &hdr, got, WAIT_MS), len);
	EXPECT_EQ(hdr.hdr.flags | hdr.hdr.gso_type, 0);
	EXPECT_EQ(hdr.hdr.csum_start | hdr.hdr.csum_offset, 0);
	EXPECT_EQ(sum(got + tcp, len - tcp), 0xffff);
	/* Nothing else is different. */
	memset(got + tcp + 16, 0, 2);
	EXPECT_EQ(memcmp(got + tcp, packet + ETH_HLEN + 20, len - tcp), 0);
}

/*
 * Packets wait in the tap for a driver that would have made their sums. The next
 * one does not: it gets them with sums, and does not get what is to be segmented.
 */
TEST(sum_made_for_the_next_driver)
{
	unsigned int i;

	net_start(&n, 0, true);
	net_wait_feature("t0", "tx-checksum-ip-generic", true);
	ASSERT_EQ(peer_send_tcp("t0", 20000, 1000, packet), 0);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(peer_send_tcp("t0", 500, 0, packet), 0);
	workers_rest();
	guest_reset(n.g);
	n.g->o.refuse = GUEST_OFFLOADS;
	guest_start(n.g);
	net_post(&n, 8, 4096);
	for (i = 0; i < 3; i++)
		expect_summed(TCP_HEADERS + 500, ETH_HLEN + 20);
	EXPECT_EQ(net_stats(&n, RXQ).packets, 3);
	/* What is to be segmented has no sum either. */
	EXPECT_EQ(net_stats(&n, RXQ).drop_csum, 1);
}

/* The same driver changes its mind: a command, with packets on their way. */
TEST(sum_made_after_a_command)
{
	struct guest_options o = { .nr_queues = 3 };
	uint64_t none = 0;

	net_new(&n, &o);
	guest_start(n.g);
	net_wait_feature("t0", "tx-checksum-ip-generic", true);
	ASSERT_EQ(peer_send_tcp("t0", 500, 0, packet), 0);
	workers_rest();
	ASSERT_EQ(net_command(&n, 2, (uint8_t[]){
				VIRTIO_NET_CTRL_GUEST_OFFLOADS,
				VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET },
			      &none, 8, NULL, 0, NULL), VIRTIO_NET_OK);
	net_post(&n, 8, 4096);
	expect_summed(TCP_HEADERS + 500, ETH_HLEN + 20);
	EXPECT_EQ(net_stats(&n, RXQ).drop_csum, 0);
}

/* ------------------------------------------------- a tag beside the packet */

#define TAG	4

static void vlan_up(void)
{
	net_sh("modprobe -q 8021q");
	if (net_sh("ip link add link t0 name t0.5 type vlan id 5"))
		SKIP("no VLANs in this kernel, or no ip");
	/* Which has something to say of its own. */
	net_sh("echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/t0.5/disable_ipv6");
	net_link_set("t0.5", true);
}

static void expect_tagged(uint32_t len)
{
	static const uint8_t tag[TAG] = { 0x81, 0, 0, 5 };

	/* The packet as it was sent, and the tag between addresses and the rest */
	EXPECT_EQ(memcmp(got, packet, 2 * ETH_ALEN), 0);
	EXPECT_EQ(memcmp(got + 2 * ETH_ALEN, tag, TAG), 0);
	EXPECT_EQ(memcmp(got + 2 * ETH_ALEN + TAG, packet + 2 * ETH_ALEN,
			 len - 2 * ETH_ALEN), 0);
}

static void receive_tagged(uint32_t len, uint16_t mss)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;

	ASSERT_EQ(peer_send_tcp("t0.5", len, mss, packet), 0);
	ASSERT_EQ(net_receive(&n, &hdr, got, WAIT_MS), TCP_HEADERS + TAG + len);
	expect_tagged(TCP_HEADERS + len);
	EXPECT_EQ(hdr.hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	EXPECT_EQ(hdr.hdr.csum_start, ETH_HLEN + TAG + 20);
	EXPECT_EQ(hdr.hdr.csum_offset, 16);
	EXPECT_EQ(hdr.hdr.gso_type, mss ? VIRTIO_NET_HDR_GSO_TCPV4 : 0);
	EXPECT_EQ(hdr.hdr.gso_size, mss);
}

/* The stack keeps the tag beside the packet: the driver gets it inside. */
TEST(vlan_tag_in_the_packet)
{
	static const uint32_t lens[] = { 60, 500, 1500, 8000 };
	unsigned int i;
	int s;

	net_start(&n, 0, true);
	vlan_up();
	net_wait_feature("t0", "tx-tcp-segmentation", true);
	net_post(&n, 64, 2048);
	s = packet_socket("t0.5", TEST_PROTO, false);
	for (i = 0; i < ARRAY_SIZE(lens) - 1; i++) {
		packet_fill(packet, lens[i], i);
		ASSERT_EQ(send(s, packet, lens[i], 0), lens[i]);
		ASSERT_EQ(net_receive(&n, NULL, got, WAIT_MS), lens[i] + TAG);
		expect_tagged(lens[i]);
	}
	for (i = 0; i < ARRAY_SIZE(lens); i++)
		receive_tagged(lens[i], 0);
	receive_tagged(20000, 1000);
	EXPECT_EQ(guest_stats(n.g, RXQ).violations, 0);
}

/* A buffer that the tag makes too small is too small. */
TEST(vlan_tag_needs_room)
{
	net_start(&n, NF(MRG_RXBUF), true);
	vlan_up();
	net_wait_feature("t0", "tx-tcp-segmentation", true);
	net_post(&n, 1, HDR + TCP_HEADERS + 500);
	ASSERT_EQ(peer_send_tcp("t0.5", 500, 0, packet), 0);
	workers_rest();
	EXPECT_EQ(net_receive(&n, NULL, got, 0), -ETIMEDOUT);
	EXPECT_EQ(net_stats(&n, RXQ).drop_buffer, 1);
	ASSERT_EQ(peer_send_tcp("t0.5", 496, 0, packet), 0);
	ASSERT_EQ(net_receive(&n, NULL, got, WAIT_MS), TCP_HEADERS + 500);
	expect_tagged(TCP_HEADERS + 496);
}

/* Sums are made with a tag beside the packet, too. */
TEST(vlan_sum_made_for_the_next_driver)
{
	net_start(&n, 0, true);
	vlan_up();
	net_wait_feature("t0", "tx-checksum-ip-generic", true);
	ASSERT_EQ(peer_send_tcp("t0.5", 500, 0, packet), 0);
	workers_rest();
	guest_reset(n.g);
	n.g->o.refuse = GUEST_OFFLOADS;
	guest_start(n.g);
	net_post(&n, 8, 4096);
	expect_summed(TCP_HEADERS + TAG + 500, ETH_HLEN + TAG + 20);
}
