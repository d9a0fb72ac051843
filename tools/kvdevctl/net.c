// SPDX-License-Identifier: GPL-2.0
/* Network devices: their taps, their options, their counters. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
/* After the C library's part of the same. */
#include <net/if.h>
#include <linux/if_tun.h>

#include "commands.h"
#include "kvdevctl.h"

const char set_help[] =
"Usage: kvdevctl set NAME --owner USER | --group GROUP | --mode MODE\n"
"       kvdevctl set NAME --link up|down|auto | --busy-poll N | --announce\n"
"Change whose a device is and who may use it; change a network device. Both also\n"
"while a guest uses it.\n"
"\n"
"  --owner USER     whose it is (for root to change)\n"
"  --group GROUP    one that its owner is in\n"
"  --mode MODE      who may look (4) and use, change, delete it (2): owner,\n"
"                   group, others; octal. Who has it open keeps it\n"
"\n"
"  --link STATE     whether it has a link; without, packets are dropped in both\n"
"                   directions. auto: while the interface behind it is up and\n"
"                   has a carrier; so does a new device\n"
"  --busy-poll N    microseconds to look for work before sleeping\n"
"  --announce       have the guest tell the network where it is\n"
"\n"
"Examples:\n"
"  kvdevctl set disk0 --group kvm --mode 660\n"
"  kvdevctl set net0 --link down\n"
"  kvdevctl set net0 --link auto --busy-poll 50\n";

#define MAC_FMT		"%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_ARGS(m)	(m)[0], (m)[1], (m)[2], (m)[3], (m)[4], (m)[5]

/* ----------------------------------------------------------------- options */

static void parse_mac(const char *option, const char *text, uint8_t *mac)
{
	char rest;

	if (strlen(text) != 17 ||
	    sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0],
		   &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &rest) != 6)
		usage_error("%s: '%s' is not an address like 52:54:00:12:34:56",
			    option, text);
	if (mac[0] & 1)
		usage_error("%s: '%s' is a group's address", option, text);
}

static void parse_ipv4(const char *option, const char *text, uint32_t *addr)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1 || !in.s_addr)
		usage_error("%s: '%s' is not an address like 192.0.2.1",
			    option, text);
	*addr = ntohl(in.s_addr);
}

static void parse_name(const char *option, const char *text, uint8_t *name,
		       size_t size)
{
	size_t i;

	if (!*text || strlen(text) >= size)
		usage_error("%s: a name has 1 to %zu characters", option,
			    size - 1);
	for (i = 0; text[i]; i++)
		if (text[i] <= ' ' || text[i] > '~')
			usage_error("%s: '%s' is not a name", option, text);
	memcpy(name, text, i);
}

void net_option(struct net_options *o, int option)
{
	struct kvdev_net_config *c = &o->config;

	switch (option) {
	case NET_TAP:
		if (!optarg[0] || strlen(optarg) >= IFNAMSIZ)
			usage_error("--tap: '%s' cannot be an interface's name",
				    optarg);
		o->tap = optarg;
		break;
	case NET_MAC:
		parse_mac("--mac", optarg, c->mac);
		c->set |= KVDEV_NET_SET_MAC;
		break;
	case NET_LOCKED_MAC:
		c->locked_mac = 1;
		c->set |= KVDEV_NET_SET_LOCKED_MAC;
		break;
	case NET_HOST_MAC:
		parse_mac("--host-mac", optarg, c->host_mac);
		c->set |= KVDEV_NET_SET_HOST_MAC;
		break;
	case NET_MTU:
		c->mtu = number("--mtu", optarg, 68, 65535, false);
		c->set |= KVDEV_NET_SET_MTU;
		break;
	case NET_SPEED:
		c->speed = number("--speed", optarg, 0, INT32_MAX, false);
		c->duplex = 1;
		c->set |= KVDEV_NET_SET_SPEED;
		break;
	case NET_BUSY_POLL:
		c->busy_poll = number("--busy-poll", optarg, 0,
				      KVDEV_NET_BUSY_POLL_MAX, false);
		c->set |= KVDEV_NET_SET_BUSY_POLL;
		break;
	case NET_NO_LINK:
		c->link = KVDEV_NET_LINK_DOWN;
		c->set |= KVDEV_NET_SET_LINK;
		break;
	case NET_SPLIT_WORKERS:
		c->split_workers = 1;
		c->set |= KVDEV_NET_SET_SPLIT_WORKERS;
		break;
	case NET_RSS:
		c->hash |= KVDEV_NET_HASH_RSS;
		c->set |= KVDEV_NET_SET_HASH;
		break;
	case NET_HASH_REPORT:
		c->hash |= KVDEV_NET_HASH_REPORT;
		c->set |= KVDEV_NET_SET_HASH;
		break;
	case NET_DHCP:
		parse_ipv4("--dhcp", optarg, &o->local.addr);
		break;
	case NET_HOSTNAME:
		parse_name("--hostname", optarg, o->local.hostname,
			   sizeof(o->local.hostname));
		break;
	case NET_BOOT_FILE:
		parse_name("--boot-file", optarg, o->local.boot_file,
			   sizeof(o->local.boot_file));
		break;
	case NET_TFTP_SERVER:
		parse_name("--tftp-server", optarg, o->local.tftp_server,
			   sizeof(o->local.tftp_server));
		break;
	}
}

/* For people --queues are pairs; the kernel counts queues. */
void net_check(struct net_options *o, uint32_t *nr_queues)
{
	if (!o->tap)
		usage_error("a network device needs --tap INTERFACE");
	if (!o->local.addr && (o->local.hostname[0] || o->local.boot_file[0] ||
			       o->local.tftp_server[0]))
		usage_error("--hostname, --boot-file and --tftp-server are what --dhcp tells");
	o->pairs = *nr_queues ?: 1;
	if (o->pairs > KVDEV_MAX_QUEUES / 2 - 1)
		usage_error("--queues: a network device has at most %u pairs",
			    KVDEV_MAX_QUEUES / 2 - 1);
	if (o->config.hash & KVDEV_NET_HASH_RSS && o->pairs == 1)
		usage_error("--rss chooses between pairs of queues: --queues is how many");
	/* And the control queue */
	*nr_queues = 2 * o->pairs + 1;
}

/* -------------------------------------------------------------------- taps */

static int open_tun(const struct net_options *o)
{
	short flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	int hdr_len = sizeof(struct virtio_net_hdr);
	struct ifreq ifr = {};
	int fd;

	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("cannot open /dev/net/tun: %s; is the module 'tun' loaded?",
		    strerror(errno));
	ifr.ifr_flags = flags | (o->pairs > 1 ? IFF_MULTI_QUEUE : 0);
	memcpy(ifr.ifr_name, o->tap, strlen(o->tap) + 1);
	if (ioctl(fd, TUNSETIFF, &ifr)) {
		if (errno == EBUSY)
			die("tap '%s' is in use, or has another number of queues than --queues says",
			    o->tap);
		if (errno == EINVAL)
			die("'%s' is not a tap, or one with%s multiple queues (multi_queue)",
			    o->tap, o->pairs > 1 ? "out" : "");
		die("cannot use tap '%s': %s", o->tap, strerror(errno));
	}
	if (ioctl(fd, TUNSETVNETHDRSZ, &hdr_len))
		die("tap '%s' cannot have headers of %d bytes: %s", o->tap,
		    hdr_len, strerror(errno));
	return fd;
}

/* The device of a macvtap; -1: it is none. */
static int open_macvtap(const struct net_options *o)
{
	int hdr_len = sizeof(struct virtio_net_hdr);
	struct ifreq ifr = {};
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/macvtap", o->tap);
	if (access(path, F_OK)) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/ipvtap",
			 o->tap);
		if (access(path, F_OK))
			return -1;
	}
	snprintf(path, sizeof(path), "/dev/tap%u", if_nametoindex(o->tap));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("cannot open '%s', where '%s' is: %s", path, o->tap,
		    strerror(errno));
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR |
			(o->pairs > 1 ? IFF_MULTI_QUEUE : 0);
	if (ioctl(fd, TUNSETIFF, &ifr) ||
	    ioctl(fd, TUNSETVNETHDRSZ, &hdr_len))
		die("cannot use '%s': %s", o->tap, strerror(errno));
	return fd;
}

/* Before the device is made: what can go wrong does so here. */
void net_open(struct net_options *o)
{
	uint32_t i;

	for (i = 0; i < o->pairs; i++) {
		o->fds[i] = open_macvtap(o);
		if (o->fds[i] < 0)
			o->fds[i] = open_tun(o);
	}
	o->ifindex = if_nametoindex(o->tap);
}

/* The device exists; give it what it needs. Tells what fails. */
bool net_complete(const struct net_options *o, int fd)
{
	struct kvdev_net_config config = o->config;
	struct kvdev_net_local local = o->local;
	uint32_t i;

	config.size = sizeof(config);
	local.size = sizeof(local);
	if (ioctl(fd, KVDEV_NET_SET, &config) ||
	    (local.addr && ioctl(fd, KVDEV_NET_LOCAL, &local))) {
		error("the kernel refuses the options: %s", strerror(errno));
		return false;
	}
	for (i = 0; i < o->pairs; i++) {
		struct kvdev_net_attach attach = {
			.size = sizeof(attach),
			.pair = i,
			.fd = o->fds[i],
			.ifindex = o->ifindex,
		};

		if (ioctl(fd, KVDEV_NET_ATTACH, &attach)) {
			error("'%s' cannot be used: %s", o->tap,
			      strerror(errno));
			return false;
		}
	}
	return true;
}

/* -------------------------------------------------------------------- show */

static int get_config(const struct kvdev_next *d, struct kvdev_net_config *c)
{
	int fd, ret;

	*c = (struct kvdev_net_config){ .size = sizeof(*c) };
	if (d->device_id != VIRTIO_ID_NET || !d->name[0])
		return -ENOENT;
	fd = device_look((const char *)d->name);
	if (fd < 0)
		return fd;
	ret = ioctl(fd, KVDEV_NET_GET, c) ? -errno : 0;
	close(fd);
	return ret;
}

void net_show(const struct kvdev_next *d)
{
	struct kvdev_net_config c;

	if (get_config(d, &c))
		return;
	printf("  %-9s %s\n", "tap", c.ifname[0] ? (char *)c.ifname : "none");
	printf("  %-9s " MAC_FMT "%s\n", "mac", MAC_ARGS(c.mac),
	       c.locked_mac ? " (locked)" : "");
	if (c.mtu)
		printf("  %-9s %u\n", "mtu", c.mtu);
	printf("  %-9s %u\n", "pairs", d->nr_queues / 2);
	printf("  %-9s one for each %s\n", "workers",
	       c.split_workers ? "queue" : "pair");
	if (c.hash)
		printf("  %-9s%s%s\n", "hashes",
		       c.hash & KVDEV_NET_HASH_RSS ? " choose queues" : "",
		       c.hash & KVDEV_NET_HASH_REPORT ? " reported" : "");
	printf("  %-9s %s%s\n", "link", c.link_up ? "up" : "down",
	       c.link == KVDEV_NET_LINK_AUTO ? "" : " (forced)");
}

void net_json(struct json_object *o, const struct kvdev_next *d)
{
	static const char *const links[] = { "auto", "up", "down" };
	struct kvdev_net_config c;
	char text[24];

	if (get_config(d, &c))
		return;
	json_add_text(o, "tap", (const char *)c.ifname);
	snprintf(text, sizeof(text), MAC_FMT, MAC_ARGS(c.mac));
	json_add_text(o, "mac", text);
	json_add(o, "locked_mac", json_object_new_boolean(c.locked_mac));
	json_add(o, "mtu", c.mtu ? json_object_new_uint64(c.mtu) : NULL);
	json_add_u64(o, "pairs", d->nr_queues / 2);
	json_add(o, "split_workers",
		 json_object_new_boolean(c.split_workers));
	json_add(o, "rss", json_object_new_boolean(c.hash &
						   KVDEV_NET_HASH_RSS));
	json_add(o, "hash_report",
		 json_object_new_boolean(c.hash & KVDEV_NET_HASH_REPORT));
	json_add(o, "announcing", json_object_new_boolean(c.announcing));
	json_add(o, "link_up", json_object_new_boolean(c.link_up));
	json_add_text(o, "link", c.link < ARRAY_SIZE(links) ? links[c.link] :
		      "unknown");
	json_add_u64(o, "busy_poll", c.busy_poll);
}

/* ------------------------------------------------------------------- stats */

#define C(_field, _title)						\
	{ #_field, _title, offsetof(struct kvdev_net_get_stats, _field) }

static const struct {
	const char *name;
	const char *title;
	size_t offset;
} counters[] = {
	C(packets, "packets"),
	C(bytes, "bytes"),
	C(waits, "waits"),
	C(drop_short, "dropped: too short"),
	C(drop_long, "dropped: too long"),
	C(drop_csum, "dropped: impossible checksum"),
	C(drop_gso_type, "dropped: segmentation not agreed on"),
	C(drop_gso_size, "dropped: impossible segments"),
	C(drop_spoofed, "dropped: source is not the locked address"),
	C(drop_foreign, "dropped: for another host"),
	C(drop_vlan, "dropped: VLAN not wanted"),
	C(drop_address, "dropped: address not wanted"),
	C(drop_queue, "dropped: no such queue"),
	C(drop_buffer, "dropped: larger than the driver's buffers"),
	C(drop_link, "dropped: no link"),
	C(drop_tap, "dropped: by the tap, or it is gone"),
	C(drop_memory, "dropped: no memory"),
	C(drop_backlog, "dropped: too many for the queue the hash chose"),
};

static int get_stats(int fd, uint32_t queue, struct kvdev_net_get_stats *s)
{
	*s = (struct kvdev_net_get_stats){ .size = sizeof(*s), .queue = queue };
	return ioctl(fd, KVDEV_NET_GET_STATS, s) ? -errno : 0;
}

static uint64_t value(const struct kvdev_net_get_stats *s, size_t i)
{
	return *(const uint64_t *)((const char *)s + counters[i].offset);
}

static int open_net(const struct kvdev_next *d)
{
	if (d->device_id != VIRTIO_ID_NET)
		return -1;
	return device_look((const char *)d->name);
}

void net_stats_text(const struct kvdev_next *d)
{
	struct kvdev_net_get_stats s;
	int fd = open_net(d);
	uint32_t q;
	size_t i;

	for (q = 0; fd >= 0 && !get_stats(fd, q, &s); q++) {
		printf("  queue %u, %s:", q, q & 1 ? "sent" : "received");
		for (i = 0; i < ARRAY_SIZE(counters); i++)
			if (i < 3)
				printf(" %s %" PRIu64, counters[i].title,
				       value(&s, i));
			else if (value(&s, i))
				printf("\n    %s %" PRIu64, counters[i].title,
				       value(&s, i));
		putchar('\n');
	}
	if (fd >= 0)
		close(fd);
}

void net_stats_json(struct json_object *o, const struct kvdev_next *d)
{
	struct json_object *queues, *queue;
	struct kvdev_net_get_stats s;
	int fd = open_net(d);
	uint32_t q;
	size_t i;

	if (fd < 0)
		return;
	queues = json_object_new_array();
	for (q = 0; !get_stats(fd, q, &s); q++) {
		queue = json_object_new_object();
		for (i = 0; i < ARRAY_SIZE(counters); i++)
			json_add_u64(queue, counters[i].name, value(&s, i));
		json_object_array_add(queues, queue);
	}
	json_add(o, "net", queues);
	close(fd);
}

/* --------------------------------------------------------------------- set */

enum { OPT_LINK = 256, OPT_BUSY_POLL, OPT_ANNOUNCE };

static void set_option(struct kvdev_net_config *c, int option)
{
	static const char *const states[] = { "auto", "up", "down" };

	if (option == OPT_LINK) {
		c->link = find_prefix("state of a link", optarg, states,
				      ARRAY_SIZE(states));
		c->set |= KVDEV_NET_SET_LINK;
	} else if (option == OPT_ANNOUNCE) {
		c->set |= KVDEV_NET_SET_ANNOUNCE;
	} else {
		c->busy_poll = number("--busy-poll", optarg, 0,
				      KVDEV_NET_BUSY_POLL_MAX, false);
		c->set |= KVDEV_NET_SET_BUSY_POLL;
	}
}

int cmd_set(int argc, char **argv)
{
	static const struct option options[] = {
		{ "link", required_argument, NULL, OPT_LINK },
		{ "busy-poll", required_argument, NULL, OPT_BUSY_POLL },
		{ "announce", no_argument, NULL, OPT_ANNOUNCE },
		PERM_OPTIONS,
		COMMON_OPTIONS
	};
	struct kvdev_net_config config = { .size = sizeof(config) };
	struct perm_options perm = {};
	struct kvdev_next d;
	const char *name;
	int c, fd, ret;

	while ((c = next_option(argc, argv, options)) != -1)
		if (!perm_option(&perm, c))
			set_option(&config, c);
	name = need_name(argc, argv);
	if (!config.set && !perm.flags)
		usage_error("what is to be set? --owner, --group, --mode, --link, --busy-poll or --announce");

	if (perm.flags && !perm_set(name, &perm))
		return EXIT_FAILED;
	if (!config.set)
		return EXIT_OK;
	device_must_exist(name, &d);
	if (d.device_id != VIRTIO_ID_NET)
		die("'%s' is not a network device", name);
	fd = device_open(name);
	if (fd < 0)
		die("cannot open '%s': %s", name, strerror(-fd));
	ret = ioctl(fd, KVDEV_NET_SET, &config) ? -errno : 0;
	close(fd);
	if (ret == -ENXIO)
		die("no driver of '%s' can announce itself", name);
	if (ret)
		die("cannot change '%s': %s", name, strerror(-ret));
	return EXIT_OK;
}
