// SPDX-License-Identifier: GPL-2.0
/*
 * net_ring: what a packet costs the worker of vhost-net and of kvdev. One
 * driver, in this process, drives either on the same tap in the same way: 256
 * packets are posted, one kick, one interrupt when all are done. Prints the time
 * and the workers' CPU time per packet; there need be no guest.
 *
 *	net_ring [PACKETS [ROUNDS]]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/kvdev.h>
#include <linux/kvdev_net.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#define NUM		256
#define HDR		12
#define BUF		4096
#define GPA		(1ULL << 40)
#define MEM		(4UL << 20)
#define TEST_PROTO	0x88b5

#define CHECK(x)							\
	({								\
		long check_ = (long)(x);				\
		if (check_ < 0) {					\
			fprintf(stderr, "net_ring: %s: %s\n", #x,	\
				strerror(errno));			\
			exit(1);					\
		}							\
		check_;							\
	})

struct ring {
	struct vring v;
	uint8_t *bufs;
	uint64_t gpa;
	uint16_t last_used;
	int kick, call;
};

static uint8_t *mem;
static struct ring rings[2];		/* receive, transmit */
static int dev, tap;

static void ring_init(struct ring *r, unsigned int i)
{
	uint8_t *base = mem + i * (MEM / 2);
	unsigned int n;

	memset(base, 0, MEM / 2);
	vring_init(&r->v, NUM, base, 4096);
	r->bufs = base + 65536;
	r->last_used = 0;
	r->kick = CHECK(eventfd(0, EFD_CLOEXEC));
	r->call = CHECK(eventfd(0, EFD_CLOEXEC));
	for (n = 0; n < NUM; n++) {
		r->v.desc[n].addr = GPA + (r->bufs + n * BUF - mem);
		r->v.desc[n].flags = i ? 0 : VRING_DESC_F_WRITE;
		r->v.avail->ring[n] = n;
	}
}

static void open_tap(int hdr)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int s = CHECK(socket(AF_INET, SOCK_DGRAM, 0));

	tap = CHECK(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
	strcpy(ifr.ifr_name, "ring0");
	CHECK(ioctl(tap, TUNSETIFF, &ifr));
	CHECK(ioctl(tap, TUNSETVNETHDRSZ, &hdr));
	CHECK(ioctl(s, SIOCGIFFLAGS, &ifr));
	ifr.ifr_flags |= IFF_UP;
	CHECK(ioctl(s, SIOCSIFFLAGS, &ifr));
	close(s);
}

/* What both have in common is vhost's. */
static void setup_rings(uint64_t features)
{
	struct {
		struct vhost_memory m;
		struct vhost_memory_region r;
	} table = {
		.m.nregions = 1,
		.r = { GPA, MEM, (uintptr_t)mem, 0 },
	};
	unsigned int i;

	CHECK(ioctl(dev, VHOST_SET_MEM_TABLE, &table));
	CHECK(ioctl(dev, VHOST_SET_FEATURES, &features));
	for (i = 0; i < 2; i++) {
		struct ring *r = &rings[i];
		struct vhost_vring_state s = { .index = i, .num = NUM };
		struct vhost_vring_file f = { .index = i };
		struct vhost_vring_addr a = {
			.index = i,
			.desc_user_addr = (uintptr_t)r->v.desc,
			.avail_user_addr = (uintptr_t)r->v.avail,
			.used_user_addr = (uintptr_t)r->v.used,
		};

		CHECK(ioctl(dev, VHOST_SET_VRING_NUM, &s));
		s.num = 0;
		CHECK(ioctl(dev, VHOST_SET_VRING_BASE, &s));
		CHECK(ioctl(dev, VHOST_SET_VRING_ADDR, &a));
		f.fd = r->kick;
		CHECK(ioctl(dev, VHOST_SET_VRING_KICK, &f));
		f.fd = r->call;
		CHECK(ioctl(dev, VHOST_SET_VRING_CALL, &f));
	}
}

#define FEATURES ((1ULL << VIRTIO_F_VERSION_1) |			\
		  (1ULL << VIRTIO_NET_F_MRG_RXBUF) |			\
		  (1ULL << VIRTIO_RING_F_EVENT_IDX))

static void start_vhost(void)
{
	unsigned int i;

	open_tap(HDR);
	dev = CHECK(open("/dev/vhost-net", O_RDWR | O_CLOEXEC));
	CHECK(ioctl(dev, VHOST_SET_OWNER, NULL));
	setup_rings(FEATURES);
	for (i = 0; i < 2; i++) {
		struct vhost_vring_file f = { .index = i, .fd = tap };

		CHECK(ioctl(dev, VHOST_NET_SET_BACKEND, &f));
	}
}

static void start_kvdev(void)
{
	struct kvdev_create c = {
		.size = sizeof(c), .device_id = VIRTIO_ID_NET, .nr_queues = 2,
	};
	struct kvdev_net_attach a = { .size = sizeof(a) };
	uint8_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
	unsigned int i;

	open_tap(sizeof(struct virtio_net_hdr));
	dev = CHECK(open("/dev/kvdev", O_RDWR | O_CLOEXEC));
	CHECK(ioctl(dev, KVDEV_CREATE, &c));
	CHECK(ioctl(dev, VHOST_SET_OWNER, NULL));
	a.fd = tap;
	CHECK(ioctl(dev, KVDEV_NET_ATTACH, &a));
	CHECK(ioctl(dev, VHOST_VDPA_SET_STATUS, &status));
	setup_rings(FEATURES);
	status |= VIRTIO_CONFIG_S_FEATURES_OK;
	CHECK(ioctl(dev, VHOST_VDPA_SET_STATUS, &status));
	for (i = 0; i < 2; i++) {
		struct vhost_vring_state s = { .index = i, .num = 1 };

		CHECK(ioctl(dev, VHOST_VDPA_SET_VRING_ENABLE, &s));
	}
	status |= VIRTIO_CONFIG_S_DRIVER_OK;
	CHECK(ioctl(dev, VHOST_VDPA_SET_STATUS, &status));
}

/* --------------------------------------------------------------- the load */

static void post_all(struct ring *r, uint32_t len)
{
	uint64_t one = 1;
	unsigned int n;

	for (n = 0; n < NUM; n++)
		r->v.desc[n].len = len;
	/* An interrupt for the last one. */
	vring_used_event(&r->v) = r->last_used + NUM - 1;
	__atomic_store_n(&r->v.avail->idx, r->v.avail->idx + NUM,
			 __ATOMIC_SEQ_CST);
	CHECK(write(r->kick, &one, sizeof(one)));
}

static void reap_all(struct ring *r)
{
	uint16_t want = r->last_used + NUM;
	struct pollfd p = { .fd = r->call, .events = POLLIN };
	uint64_t count;

	while (__atomic_load_n(&r->v.used->idx, __ATOMIC_SEQ_CST) != want) {
		if (poll(&p, 1, 10000) != 1) {
			fprintf(stderr, "net_ring: no interrupt\n");
			exit(1);
		}
		CHECK(read(r->call, &count, sizeof(count)));
	}
	r->last_used = want;
	/* The ring holds the same chains again, in the order of their use. */
}

static void transmit(unsigned int packets, uint32_t len)
{
	struct ring *r = &rings[1];
	struct ethhdr eth = { .h_dest = { 2 }, .h_source = { 2, 1 },
			      .h_proto = htons(TEST_PROTO) };
	unsigned int n;

	for (n = 0; n < NUM; n++)
		memcpy(r->bufs + n * BUF + HDR, &eth, sizeof(eth));
	for (n = 0; n < packets; n += NUM) {
		post_all(r, HDR + len);
		reap_all(r);
	}
}

static void receive(unsigned int packets, uint32_t len)
{
	static uint8_t packet[BUF];
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET, .sll_protocol = htons(TEST_PROTO),
		.sll_ifindex = if_nametoindex("ring0"),
	};
	struct iovec iov = { packet, len };
	struct mmsghdr msgs[NUM] = {};
	struct ethhdr eth = { .h_dest = { 2, 1 }, .h_source = { 2 },
			      .h_proto = htons(TEST_PROTO) };
	int s = CHECK(socket(AF_PACKET, SOCK_RAW, 0)), one = 1, sent, ret;
	unsigned int n;

	CHECK(setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
			 sizeof(one)));
	CHECK(bind(s, (struct sockaddr *)&addr, sizeof(addr)));
	memcpy(packet, &eth, sizeof(eth));
	for (n = 0; n < NUM; n++) {
		msgs[n].msg_hdr.msg_iov = &iov;
		msgs[n].msg_hdr.msg_iovlen = 1;
	}
	for (n = 0; n < packets; n += NUM) {
		post_all(&rings[0], BUF);
		for (sent = 0; sent < NUM; sent += ret)
			ret = CHECK(sendmmsg(s, msgs, NUM - sent, 0));
		reap_all(&rings[0]);
	}
	close(s);
}

/* Nanoseconds the workers have run: all threads but this one. */
static uint64_t worker_time(void)
{
	unsigned long u, s, ticks = 0;
	char path[300], line[512], *p;
	struct dirent *d;
	DIR *dir = opendir("/proc/self/task");
	FILE *f;

	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || atoi(d->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/stat",
			 d->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		p = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
		if (p && sscanf(p, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				&u, &s) == 2)
			ticks += u + s;
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return ticks * (1000000000ULL / sysconf(_SC_CLK_TCK));
}

static uint64_t clock_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* Nanoseconds per packet */
struct cost {
	double worker;
	double all;
};

static const struct {
	const char *name;
	void (*fn)(unsigned int packets, uint32_t len);
	uint32_t len;
} loads[] = {
	{ "send 60 bytes", transmit, 60 },
	{ "send 1514 bytes", transmit, 1514 },
	{ "receive 60 bytes", receive, 60 },
	{ "receive 1514 bytes", receive, 1514 },
};

#define NR_LOADS (sizeof(loads) / sizeof(loads[0]))

static void measure(void (*start)(void), unsigned int packets,
		    struct cost cost[NR_LOADS])
{
	uint64_t worker, all;
	unsigned int i;

	for (i = 0; i < 2; i++)
		ring_init(&rings[i], i);
	start();
	for (i = 0; i < NR_LOADS; i++) {
		loads[i].fn(packets / 10, loads[i].len);
		worker = worker_time();
		all = clock_time();
		loads[i].fn(packets, loads[i].len);
		cost[i].worker += (double)(worker_time() - worker) / packets;
		cost[i].all += (double)(clock_time() - all) / packets;
	}
	close(dev);
	close(tap);
	for (i = 0; i < 2; i++) {
		close(rings[i].kick);
		close(rings[i].call);
	}
}

int main(int argc, char **argv)
{
	unsigned int packets = argc > 1 ? atoi(argv[1]) : 256000;
	unsigned int rounds = argc > 2 ? atoi(argv[2]) : 3, i;
	struct cost vhost[NR_LOADS] = {}, kvdev[NR_LOADS] = {};

	packets -= packets % (10 * NUM);
	CHECK(unshare(CLONE_NEWNET));
	mem = mmap(NULL, MEM, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(mem == MAP_FAILED ? -1 : 0);
	for (i = 0; i < rounds; i++) {
		measure(start_vhost, packets, vhost);
		measure(start_kvdev, packets, kvdev);
	}
	printf("%-21s %27s   %27s\n", "ns per packet", "time: vhost  kvdev  ratio",
	       "worker: vhost  kvdev  ratio");
	for (i = 0; i < NR_LOADS; i++)
		printf("%-21s %13.0f %6.0f  %5.2f   %13.0f %6.0f  %5.2f\n",
		       loads[i].name, vhost[i].all / rounds,
		       kvdev[i].all / rounds, vhost[i].all / kvdev[i].all,
		       vhost[i].worker / rounds, kvdev[i].worker / rounds,
		       vhost[i].worker / kvdev[i].worker);
	return 0;
}
