// SPDX-License-Identifier: GPL-2.0
/* See net_common.h. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <linux/if_packet.h>
#include <linux/if_tun.h>

#include "net_common.h"

const uint8_t guest_mac[ETH_ALEN] = { 0x52, 0x54, 0, 0, 0, 1 };
const uint8_t host_mac[ETH_ALEN] = { 0x52, 0x54, 0, 0, 0, 2 };

int net_sh(const char *command)
{
	int status = system(command);

	return status < 0 ? -1 : WEXITSTATUS(status);
}

static void if_ioctl(const char *name, unsigned long cmd, struct ifreq *ifr)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ASSERT_GE(s, 0);
	strncpy(ifr->ifr_name, name, IFNAMSIZ - 1);
	ASSERT_EQ(ioctl(s, cmd, ifr), 0);
	close(s);
}

void net_link_set(const char *name, bool up)
{
	struct ifreq ifr = {};

	if_ioctl(name, SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags &= ~IFF_UP;
	if (up)
		ifr.ifr_flags |= IFF_UP;
	if_ioctl(name, SIOCSIFFLAGS, &ifr);
}

int packet_socket(const char *name, uint16_t proto, bool vnet_hdr)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(proto),
		.sll_ifindex = if_nametoindex(name),
	};
	int on = 1, big = 8 << 20;
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	ASSERT_GE(s, 0);
	if (vnet_hdr)
		ASSERT_EQ(setsockopt(s, SOL_PACKET, PACKET_VNET_HDR, &on,
				     sizeof(on)), 0);
	setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big));
	ASSERT_EQ(bind(s, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return s;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		NOTE("%s: %s", path, strerror(errno));
	close(fd);
}

int net_open_tap(const char *name, bool multi)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		SKIP("no /dev/net/tun");
	if (multi)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	ASSERT_EQ(ioctl(fd, TUNSETIFF, &ifr), 0);
	return fd;
}

void net_tap_queues(struct net *n, unsigned int queues)
{
	struct ifreq ifr;
	unsigned int i;

	ASSERT_EQ(unshare(CLONE_NEWNET), 0);
	for (i = 0; i < queues; i++)
		n->taps[i] = net_open_tap("t0", queues > 1);
	n->tap = n->taps[0];
	n->ifindex = if_nametoindex("t0");
	write_file("/proc/sys/net/ipv6/conf/t0/disable_ipv6", "1");
	ifr = (struct ifreq){ .ifr_mtu = 65521 };
	if_ioctl("t0", SIOCSIFMTU, &ifr);
	net_link_set("t0", true);
	n->sock = packet_socket("t0", TEST_PROTO, false);
}

void net_tap(struct net *n)
{
	net_tap_queues(n, 1);
}

int net_attach_flags(struct net *n, uint32_t pair, int fd, uint32_t ifindex,
		     uint32_t flags)
{
	struct kvdev_net_attach a = {
		.size = sizeof(a), .pair = pair, .fd = fd, .ifindex = ifindex,
		.flags = flags,
	};

	return cmd(n->g->fd, KVDEV_NET_ATTACH, &a);
}

int net_attach(struct net *n, uint32_t pair, int fd, uint32_t ifindex)
{
	return net_attach_flags(n, pair, fd, ifindex, 0);
}

int net_set(struct net *n, struct kvdev_net_config *c)
{
	c->size = sizeof(*c);
	return cmd(n->g->fd, KVDEV_NET_SET, c);
}

struct kvdev_net_config net_get(struct net *n)
{
	struct kvdev_net_config c = { .size = sizeof(c) };

	ASSERT_EQ(cmd(n->g->fd, KVDEV_NET_GET, &c), 0);
	return c;
}

struct kvdev_net_get_stats net_stats(struct net *n, unsigned int queue)
{
	struct kvdev_net_get_stats s = { .size = sizeof(s), .queue = queue };

	ASSERT_EQ(cmd(n->g->fd, KVDEV_NET_GET_STATS, &s), 0);
	return s;
}

void net_new_on(struct net *n, const struct guest_options *o, uint32_t flags)
{
	struct guest_options opt = *o;

	opt.device_id = VIRTIO_ID_NET;
	opt.nr_queues = opt.nr_queues ? opt.nr_queues : 2;
	n->g = guest_new(&opt);
	ASSERT_EQ(net_attach_flags(n, 0, n->tap, n->ifindex, flags), 0);
}

void net_new(struct net *n, const struct guest_options *o)
{
	net_tap(n);
	net_new_on(n, o, 0);
}

void net_start(struct net *n, uint64_t refuse, bool pci)
{
	struct guest_options o = { .refuse = refuse, .pci = pci };

	net_new(n, &o);
	guest_start(n->g);
}

void net_wait_offloads(const char *feature, bool on)
{
	net_wait_feature("t0", feature, on);
}

/* --------------------------------------------------------------- packets */

void packet_fill(uint8_t *p, uint32_t len, uint64_t seed)
{
	struct ethhdr *eth = (struct ethhdr *)p;

	memcpy(eth->h_source, guest_mac, ETH_ALEN);
	memcpy(eth->h_dest, host_mac, ETH_ALEN);
	eth->h_proto = htons(TEST_PROTO);
	fill(p + ETH_HLEN, (len - ETH_HLEN) & ~7U, seed);
	memset(p + ETH_HLEN + ((len - ETH_HLEN) & ~7U), 0x77,
	       (len - ETH_HLEN) & 7);
}

bool packet_filled(const uint8_t *p, uint32_t len, uint64_t seed)
{
	static uint8_t want[PACKET_MAX];

	packet_fill(want, len, seed);
	return !memcmp(p + 2 * ETH_ALEN, want + 2 * ETH_ALEN,
		       len - 2 * ETH_ALEN);
}

void packet_fill_tcp(uint8_t *p, struct virtio_net_hdr *hdr, uint32_t payload,
		     uint16_t mss)
{
	uint8_t *ip = p + ETH_HLEN, *tcp = ip + 20;
	uint16_t total = htons(40 + payload);

	packet_fill(p, TCP_HEADERS + payload, 5);
	p[12] = 8;
	p[13] = 0;
	memset(ip, 0, 40);
	ip[0] = 0x45;
	memcpy(ip + 2, &total, 2);
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
	tcp[12] = 0x50;
	*hdr = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = mss ? VIRTIO_NET_HDR_GSO_TCPV4 : 0,
		.hdr_len = TCP_HEADERS,
		.gso_size = mss,
		.csum_start = ETH_HLEN + 20,
		.csum_offset = 16,
	};
}

int net_send_hdr(struct net *n, const void *hdr, uint32_t hdr_len,
		 const void *packet, uint32_t len)
{
	size_t brk = n->g->brk;
	uint64_t addr = guest_alloc(n->g, hdr_len + len + 1, 64);
	struct seg s = { addr, hdr_len + len, 0 };
	uint32_t used;
	int ret;

	memcpy(guest_ptr(n->g, addr), hdr, hdr_len);
	memcpy((uint8_t *)guest_ptr(n->g, addr) + hdr_len, packet, len);
	ret = vq_submit(&n->g->vq[TXQ], &s, 1, &used);
	n->g->brk = brk;
	if (!ret)
		EXPECT_EQ(used, 0);
	return ret;
}

int net_send(struct net *n, const struct virtio_net_hdr_mrg_rxbuf *hdr,
	     const void *packet, uint32_t len)
{
	static const struct virtio_net_hdr_mrg_rxbuf none;

	return net_send_hdr(n, hdr ? hdr : &none, HDR, packet, len);
}

int net_send_filled(struct net *n, uint32_t len, uint64_t seed)
{
	static uint8_t packet[PACKET_MAX];

	packet_fill(packet, len, seed);
	return net_send(n, NULL, packet, len);
}

void net_send_all(struct net *n, const uint32_t *lens, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		ASSERT_EQ(net_send_filled(n, lens[i], i), 0);
		ASSERT_EQ(peer_receive(n, WAIT_MS), lens[i]);
		EXPECT_TRUE(packet_filled(n->buf, lens[i], i));
	}
	EXPECT_EQ(net_stats(n, TXQ).packets, nr);
	EXPECT_EQ(guest_stats(n->g, TXQ).violations, 0);
}

void net_post(struct net *n, unsigned int count, uint32_t size)
{
	struct vq *vq = &n->g->vq[RXQ];
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct seg s = { guest_alloc(n->g, size, 64), size, W };

		ASSERT_GE(vq_add(vq, &s, 1), 0);
	}
	vq_kick(vq);
}

int net_receive(struct net *n, struct virtio_net_hdr_mrg_rxbuf *hdr,
		uint8_t *packet, int ms)
{
	struct virtio_net_hdr_mrg_rxbuf h = {};
	struct vq *vq = &n->g->vq[RXQ];
	struct vring_used_elem e;
	unsigned int i, nr = 1;
	uint32_t len = 0, skip = HDR;
	const uint8_t *p;

	for (i = 0; i < nr; i++) {
		if (vq_wait(vq, &e, i ? WAIT_MS : ms))
			return -ETIMEDOUT;
		p = guest_ptr(n->g, vq->desc[e.id].addr);
		if (!i) {
			memcpy(&h, p, HDR);
			nr = h.num_buffers;
		}
		ASSERT_GE(e.len, skip);
		ASSERT_TRUE(len + e.len - skip <= PACKET_MAX);
		memcpy(packet + len, p + skip, e.len - skip);
		len += e.len - skip;
		skip = 0;
		vq_free_chain(vq, e.id);
	}
	if (hdr)
		*hdr = h;
	return len;
}

int net_command(struct net *n, unsigned int ctrlq, const uint8_t class_cmd[2],
		const void *data, uint32_t len, void *result, uint32_t room,
		uint32_t *got)
{
	size_t brk = n->g->brk;
	uint64_t out = guest_alloc(n->g, 2 + len, 64);
	uint64_t in = guest_alloc(n->g, 1 + room, 64);
	uint8_t *p = guest_ptr(n->g, out);
	struct seg s[] = { { out, 2 + len, 0 }, { in, 1 + room, W } };
	uint32_t used = 0;

	memcpy(p, class_cmd, 2);
	memcpy(p + 2, data, len);
	memset(guest_ptr(n->g, in), 0xee, 1 + room);
	ASSERT_EQ(vq_submit(&n->g->vq[ctrlq], s, 2, &used), 0);
	n->g->brk = brk;
	ASSERT_GE(used, 1);
	if (got)
		*got = used - 1;
	else
		EXPECT_EQ(used, 1);
	p = guest_ptr(n->g, in);
	if (used > 1)
		memcpy(result, p + 1, used - 1);
	if (used < 1 + room)
		EXPECT_EQ(p[used], 0xee);
	return p[0];
}

/* ------------------------------------------------------------ other side */

int peer_send(struct net *n, const void *packet, uint32_t len)
{
	ssize_t ret = send(n->sock, packet, len, 0);

	/* Told once if the interface was down for a while. */
	if (ret < 0 && errno == ENETDOWN)
		ret = send(n->sock, packet, len, 0);
	return ret == (ssize_t)len ? 0 : -errno;
}

int peer_send_filled(struct net *n, uint32_t len, uint64_t seed)
{
	static uint8_t packet[PACKET_MAX];

	packet_fill(packet, len, seed);
	return peer_send(n, packet, len);
}

int peer_receive(struct net *n, int ms)
{
	struct pollfd p = { .fd = n->sock, .events = POLLIN };

	if (poll(&p, 1, ms) != 1)
		return -ETIMEDOUT;
	return recv(n->sock, n->buf, sizeof(n->buf), 0);
}

int peer_send_tcp(const char *name, uint32_t payload, uint16_t mss,
		  uint8_t *packet)
{
	static uint8_t buf[PACKET_MAX + sizeof(struct virtio_net_hdr)];
	size_t len = TCP_HEADERS + payload + sizeof(struct virtio_net_hdr);
	int s = packet_socket(name, ETH_P_IP, true);
	struct virtio_net_hdr hdr;
	ssize_t ret;

	packet_fill_tcp(packet, &hdr, payload, mss);
	memcpy(buf, &hdr, sizeof(hdr));
	memcpy(buf + sizeof(hdr), packet, TCP_HEADERS + payload);
	ret = send(s, buf, len, 0);
	ret = ret == (ssize_t)len ? 0 : -errno;
	close(s);
	return ret;
}

void net_wait_feature(const char *name, const char *feature, bool on)
{
	uint64_t end = now_ms() + WAIT_MS;
	char sh[128];

	snprintf(sh, sizeof(sh), "ethtool -k %s >/dev/null 2>&1", name);
	if (net_sh(sh))
		SKIP("no ethtool");
	snprintf(sh, sizeof(sh),
		 "ethtool -k %s | grep -q '^[[:space:]]*%s: %s'", name,
		 feature, on ? "on" : "off");
	while (net_sh(sh)) {
		ASSERT_TRUE(now_ms() < end);
		usleep(20000);
	}
}
