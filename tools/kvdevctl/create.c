// SPDX-License-Identifier: GPL-2.0
/* create: a device complete with its store, or none. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/virtio_ids.h>

#include "commands.h"
#include "kvdevctl.h"

const char create_help[] =
"Usage: kvdevctl create blk NAME --file FILE | --dev DEVICE [OPTION]...\n"
"       kvdevctl create net NAME --tap INTERFACE [OPTION]...\n"
"       kvdevctl create rng NAME [OPTION]...\n"
"       kvdevctl create scsi NAME [OPTION]...\n"
"       kvdevctl create vmmci NAME\n"
"Make a virtio device of that name. It lives until it is deleted.\n"
"\n"
"A name has 1 to 31 of the characters a-z A-Z 0-9 . _ -\n"
"\n"
"  --file FILE        keep the disk's content in this file\n"
"  --dev DEVICE       keep it in this block device\n"
"  --format raw       of the content; raw is all there is, and the default\n"
"  --ro               read-only\n"
"  --direct           bypass the page cache (block devices always do)\n"
"  --shared           even if others write to the store too\n"
"  --serial TEXT      serial number the guest sees, up to 20 bytes\n"
"  --block-size N     logical block size: 512, 1024, 2048, 4096\n"
"  --no-discard       keep the space of what the guest discards\n"
"\n"
"  --tap INTERFACE    tap to use, made if it does not exist; or a macvtap\n"
"  --mac ADDRESS      of the device; without, a random one\n"
"  --locked-mac       the guest cannot use another\n"
"  --host-mac ADDRESS of the host, where it has a network with the guest alone\n"
"  --mtu N            tell the guest, 68 to 65535\n"
"  --speed N          tell the guest, Mbit/s, full duplex\n"
"  --busy-poll N      microseconds to look for work before sleeping\n"
"  --split-workers    a thread for each queue, not for each pair\n"
"  --no-link          without a link; 'kvdevctl set' changes that\n"
"  --rss              the guest may choose queues by hashes of packets\n"
"  --hash-report      the guest may have the hash of each packet\n"
"  --dhcp ADDRESS     answer the guest's DHCP requests with this address; the\n"
"                     host's is the other one of the pair\n"
"  --hostname NAME    what else to answer: the guest's name,\n"
"  --boot-file NAME   the file to boot,\n"
"  --tftp-server NAME the server that has it\n"
"\n"
"  --queues N         request queues, 1 to 64; of a net device: pairs of queues;\n"
"                     of a SCSI device up to 62\n"
"  --queue-size N     largest ring, a power of two up to 1024\n"
"  --features BITS    offer only these of its features, hexadecimal\n"
"  --owner USER       whose it is (root may give it to others)\n"
"  --group GROUP      of its owner, for the second digit of the mode\n"
"  --mode MODE        who may look (4) and use, change, delete it (2): owner,\n"
"                     group, others; octal, 600 without\n"
"  --vdpa             put it on the vDPA bus, too\n"
"  -j, --json         print the new device as JSON\n"
"\n"
"Examples:\n"
"  truncate -s 10G disk.img\n"
"  kvdevctl create blk disk0 --file disk.img --queues 4 --vdpa\n"
"  kvdevctl create blk data --dev /dev/nvme0n1 --serial DATA01\n"
"  kvdevctl create net net0 --tap tap0 --mac 52:54:00:12:34:56 --vdpa\n"
"  kvdevctl create rng entropy --group kvm --mode 660 --vdpa\n"
"  kvdevctl create scsi hba0 --queues 4; kvdevctl lun help\n"
"  kvdevctl create vmmci ci0\n";

static const struct {
	const char *name;
	uint32_t id;
} types[] = {
	{ "net", VIRTIO_ID_NET },
	{ "blk", VIRTIO_ID_BLOCK },
	{ "rng", VIRTIO_ID_RNG },
	{ "scsi", VIRTIO_ID_SCSI },
	{ "vmmci", KVDEV_DEVICE_VMMCI },
};

/* What create can make; the first ones of the words above. */
static const char *const creatable[] = { "blk", "net", "rng", "scsi", "vmmci" };

struct create_options {
	const char *name;
	uint32_t type;
	uint32_t nr_queues;
	uint32_t queue_size;
	uint64_t features;
	struct perm_options perm;
	bool vdpa;
	bool blk_option;		/* one that is for disks only */
	struct store_options store;
	uint32_t block_size;
	bool no_discard;
	const char *serial;
	bool net_option;		/* one that is for network devices only */
	struct net_options net;
};

const char *type_name(uint32_t device_id)
{
	static char number[24];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].id == device_id)
			return types[i].name;
	snprintf(number, sizeof(number), "virtio%u", device_id);
	return number;
}

/* In a set of types as the kernel has it. */
static uint64_t type_bit(uint32_t device_id)
{
	return BIT_ULL(device_id == KVDEV_DEVICE_VMMCI ? KVDEV_TYPE_BIT_VMMCI :
							 device_id);
}

/* ----------------------------------------------------------------- options */

enum {
	OPT_SERIAL = 256, OPT_BLOCK_SIZE, OPT_NO_DISCARD, OPT_QUEUES, OPT_QUEUE_SIZE,
	OPT_FEATURES, OPT_VDPA,
	OPT_NET,			/* and what net.c has behind it */
};

static const struct option options[] = {
	STORE_OPTIONS,
	PERM_OPTIONS,
	{ "serial", required_argument, NULL, OPT_SERIAL },
	{ "block-size", required_argument, NULL, OPT_BLOCK_SIZE },
	{ "no-discard", no_argument, NULL, OPT_NO_DISCARD },
	{ "queues", required_argument, NULL, OPT_QUEUES },
	{ "queue-size", required_argument, NULL, OPT_QUEUE_SIZE },
	{ "features", required_argument, NULL, OPT_FEATURES },
	{ "vdpa", no_argument, NULL, OPT_VDPA },
	NET_OPTIONS(OPT_NET)
	COMMON_OPTIONS
};

uint32_t number(const char *option, const char *text, uint32_t min,
		uint32_t max, bool power_of_2)
{
	uint64_t n;

	if (!parse_number(text, &n) || n < min || n > max ||
	    (power_of_2 && (n & (n - 1))))
		usage_error("%s: '%s' is not a %s from %u to %u", option, text,
			    power_of_2 ? "power of two" : "number", min, max);
	return n;
}

static void set_serial(struct create_options *o, const char *text)
{
	if (strlen(text) > KVDEV_SERIAL_LEN)
		usage_error("--serial: '%s' is longer than %u bytes", text,
			    KVDEV_SERIAL_LEN);
	o->serial = text;
}

static uint64_t feature_bits(const char *text)
{
	unsigned long long bits;
	char *end;

	errno = 0;
	bits = strtoull(text, &end, 16);
	if (errno || *end || end == text || text[0] == '-' || !bits)
		usage_error("--features: '%s' is not a hexadecimal number like 0x300000000",
			    text);
	return bits;
}

static void set_option(struct create_options *o, int c)
{
	if (store_option(&o->store, c)) {
		o->blk_option = true;
		return;
	}
	if (perm_option(&o->perm, c))
		return;
	switch (c) {
	case OPT_SERIAL:
		set_serial(o, optarg);
		break;
	case OPT_BLOCK_SIZE:
		o->block_size = number("--block-size", optarg, 512, 4096, true);
		break;
	case OPT_NO_DISCARD:
		o->no_discard = true;
		break;
	case OPT_QUEUES:
		o->nr_queues = number("--queues", optarg, 1, KVDEV_MAX_QUEUES,
				      false);
		break;
	case OPT_QUEUE_SIZE:
		o->queue_size = number("--queue-size", optarg, 1,
				       KVDEV_MAX_RING_SIZE, true);
		break;
	case OPT_FEATURES:
		o->features = feature_bits(optarg);
		break;
	case OPT_VDPA:
		o->vdpa = true;
		break;
	}
	if (c < OPT_QUEUES)
		o->blk_option = true;
	if (c >= OPT_NET) {
		o->net_option = true;
		net_option(&o->net, c - OPT_NET);
	}
}

static void parse(struct create_options *o, int argc, char **argv)
{
	const char *type;
	size_t i;
	int c;

	while ((c = next_option(argc, argv, options)) != -1)
		set_option(o, c);
	type = next_word(argc, argv);
	if (!type)
		usage_error("what kind of device? blk, net, rng or vmmci");
	type = creatable[find_prefix("device type", type, creatable,
				     ARRAY_SIZE(creatable))];
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].name, type))
			o->type = types[i].id;
	o->name = need_name(argc, argv);

	if (!name_valid(o->name))
		usage_error("'%s' cannot be a name: 1 to %d of a-z A-Z 0-9 . _ -",
			    o->name, KVDEV_NAME_LEN - 1);
	if (o->type == VIRTIO_ID_BLOCK && !o->store.path)
		usage_error("a disk needs --file FILE or --dev DEVICE");
	if (o->type != VIRTIO_ID_BLOCK && o->blk_option)
		usage_error("--file, --dev and what belongs to them are for disks; those of a SCSI device: 'kvdevctl lun add'");
	if (o->type == VIRTIO_ID_NET)
		net_check(&o->net, &o->nr_queues);
	else if (o->net_option)
		usage_error("--tap and what belongs to it are for network devices");
	if (o->vdpa && o->features && !(o->features & BUS_FEATURE))
		usage_error("--features: a device for the vDPA bus needs bit 33 (ACCESS_PLATFORM), too: add 0x%llx",
			    BUS_FEATURE);
	if (o->type == KVDEV_DEVICE_VMMCI &&
	    (o->vdpa || o->nr_queues || o->queue_size))
		usage_error("a vmmci has no queues, and is not for the vDPA bus");
}

/* --------------------------------------------------------------- the device */

static int set_backend(const struct create_options *o, int fd, int file)
{
	struct kvdev_set_backend b = {
		.size = sizeof(b),
		.flags = (o->store.read_only ? KVDEV_BACKEND_RDONLY : 0) |
			 (o->no_discard ? KVDEV_BACKEND_NO_DISCARD : 0),
		.fd = file,
		.format = KVDEV_FORMAT_RAW,
		.block_size = o->block_size,
	};

	if (o->serial)
		memcpy(b.serial, o->serial, strlen(o->serial));
	return ioctl(fd, KVDEV_SET_BACKEND, &b) ? -errno : 0;
}

static void backend_failed(const struct create_options *o, int ret)
{
	const char *path = o->store.path;

	if (ret == -EINVAL && o->block_size)
		error("'%s' cannot be a disk with blocks of %u bytes: it is smaller than one, or needs larger ones; try without --block-size",
		      path, o->block_size);
	else if (ret == -EINVAL)
		error("'%s' cannot be a disk: it is smaller than a block, in use as swap, or cannot be written anywhere (append-only, immutable)",
		      path);
	else if (ret == -EOPNOTSUPP && o->store.dev)
		error("'%s' cannot be a disk: it is a zoned device", path);
	else
		error("'%s' cannot be a disk: %s", path, strerror(-ret));
}

static void create_failed(const struct create_options *o, int ret)
{
	struct kvdev_info info;

	if (ret == -EEXIST)
		error("there is a device '%s' already; 'kvdevctl show %s' shows it",
		      o->name, o->name);
	else if (ret == -EPERM)
		error("cannot create '%s': another owner, or a group you are not in, is for root (CAP_SYS_ADMIN) to give",
		      o->name);
	else if (ret == -EOPNOTSUPP && !device_info(&info) &&
		 !(info.device_types & type_bit(o->type)))
		error("the kernel module has no devices of type %s",
		      type_name(o->type));
	else if (ret == -EINVAL && o->nr_queues)
		error("a device of type %s cannot have so many queues",
		      type_name(o->type));
	else
		error("cannot create '%s': %s", o->name, strerror(-ret));
}

/* The device exists; give it what it needs. Tells what fails. */
static bool complete(const struct create_options *o, int fd, int file)
{
	int ret = file < 0 ? 0 : set_backend(o, fd, file);

	if (ret) {
		backend_failed(o, ret);
		return false;
	}
	if (o->type == VIRTIO_ID_NET && !net_complete(&o->net, fd))
		return false;
	return !o->vdpa || bus_add(o->name);
}

/* Half a device is worse than none: an interrupt has to wait. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int create(const struct create_options *o, int file)
{
	int fd, ret;

	block_signals();
	ret = device_create(o->name, o->type, o->nr_queues, o->queue_size,
			    o->features, &o->perm, &fd);
	if (ret) {
		create_failed(o, ret);
		return EXIT_FAILED;
	}
	if (complete(o, fd, file)) {
		close(fd);
		return EXIT_OK;
	}
	ret = device_delete(o->name);
	close(fd);
	if (ret && ret != -ENOENT)
		error("and the half-made device '%s' cannot be deleted: %s",
		      o->name, strerror(-ret));
	return EXIT_FAILED;
}

int cmd_create(int argc, char **argv)
{
	struct create_options o = {};
	struct kvdev_next d;
	int file = -1, ret;

	parse(&o, argc, argv);
	/* The likelier mistake than a store that is in use. */
	if (!device_find(o.name, &d)) {
		create_failed(&o, -EEXIST);
		return EXIT_FAILED;
	}
	if (o.store.path)
		file = store_open(&o.store);
	if (o.type == VIRTIO_ID_NET)
		net_open(&o.net);
	ret = create(&o, file);
	if (!ret && opt_json && !device_find(o.name, &d))
		json_print(json_device(&d));
	return ret;
}
