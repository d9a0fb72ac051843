// SPDX-License-Identifier: GPL-2.0
/* lun, media: logical units of SCSI devices. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvdev_scsi.h>
#include <linux/virtio_ids.h>

#include "commands.h"
#include "kvdevctl.h"

const char lun_help[] =
"Usage: kvdevctl lun list NAME\n"
"       kvdevctl lun add NAME TARGET:LUN --disk|--cdrom [OPTION]...\n"
"       kvdevctl lun del NAME TARGET:LUN\n"
"       kvdevctl lun resize NAME TARGET:LUN\n"
"       kvdevctl lun wait NAME [--count N]\n"
"Disks and CD-ROM drives of a SCSI device, also while a guest uses it. Targets\n"
"are 0 to 255, LUNs 0 to 16383. 'resize' tells the guest that the store has\n"
"another size. 'wait' prints what happens: 'tray-open TARGET:LUN' when the\n"
"guest ejects a medium, 'tray-closed', 'needs-reset' and 'released'.\n"
"\n"
"  --disk             a disk, of a file or block device\n"
"  --cdrom            a CD-ROM drive, with an image or empty\n"
"  --file FILE        keep the content in this file\n"
"  --dev DEVICE       keep it in this block device\n"
"  --format raw       of the content; raw is all there is, and the default\n"
"  --ro               write protected, as CD-ROMs always are\n"
"  --removable        a disk whose medium can be changed, or be missing\n"
"  --rotational       a disk that says it has moving parts\n"
"  --direct           bypass the page cache (block devices always do)\n"
"  --shared           even if others write to the store too\n"
"  --block-size N     of a disk: 512 or 4096; default: as the store needs\n"
"  --vendor TEXT      what the guest sees, up to 8 characters\n"
"  --product TEXT     up to 16\n"
"  --revision TEXT    up to 4\n"
"  --serial TEXT      up to 36\n"
"  --wwn NUMBER       world wide name, 64 bits that begin with 2, 3 or 5\n"
"  --count N          end after that many events\n"
"  -j, --json\n"
"\n"
"Examples:\n"
"  kvdevctl create scsi hba0 --queues 4 --vdpa\n"
"  kvdevctl lun add hba0 0:0 --disk --file disk.img --serial DATA01\n"
"  kvdevctl lun add hba0 1:0 --cdrom --file install.iso\n"
"  kvdevctl lun list hba0\n"
"  kvdevctl lun del hba0 0:0\n";

const char media_help[] =
"Usage: kvdevctl media NAME TARGET:LUN --file FILE | --dev DEVICE | --eject\n"
"Change the medium of a CD-ROM drive or a removable disk, or take it out.\n"
"\n"
"  --file FILE        the new medium is this file\n"
"  --dev DEVICE       the new medium is this block device\n"
"  --format raw       of the content; raw is all there is, and the default\n"
"  --eject            none\n"
"  --force            even if the guest has locked the present one\n"
"  --ro               write protected, as CD-ROMs always are\n"
"  --direct           bypass the page cache (block devices always do)\n"
"  --shared           even if others write to the store too\n"
"\n"
"Examples:\n"
"  kvdevctl media hba0 1:0 --file second.iso\n"
"  kvdevctl media hba0 1:0 --eject\n";

struct lun_options {
	struct kvdev_scsi_add_lun add;
	struct store_options store;
	bool eject;
	bool force;
};

enum {
	OPT_DISK = 256, OPT_CDROM, OPT_REMOVABLE, OPT_ROTATIONAL,
	OPT_BLOCK_SIZE, OPT_VENDOR, OPT_PRODUCT, OPT_REVISION, OPT_SERIAL,
	OPT_WWN, OPT_EJECT, OPT_FORCE, OPT_COUNT,
};

static const struct option no_options[] = { COMMON_OPTIONS };

static const struct option add_options[] = {
	{ "disk", no_argument, NULL, OPT_DISK },
	{ "cdrom", no_argument, NULL, OPT_CDROM },
	STORE_OPTIONS,
	{ "removable", no_argument, NULL, OPT_REMOVABLE },
	{ "rotational", no_argument, NULL, OPT_ROTATIONAL },
	{ "block-size", required_argument, NULL, OPT_BLOCK_SIZE },
	{ "vendor", required_argument, NULL, OPT_VENDOR },
	{ "product", required_argument, NULL, OPT_PRODUCT },
	{ "revision", required_argument, NULL, OPT_REVISION },
	{ "serial", required_argument, NULL, OPT_SERIAL },
	{ "wwn", required_argument, NULL, OPT_WWN },
	COMMON_OPTIONS
};

static const struct option media_options[] = {
	STORE_OPTIONS,
	{ "eject", no_argument, NULL, OPT_EJECT },
	{ "force", no_argument, NULL, OPT_FORCE },
	COMMON_OPTIONS
};

/* ----------------------------------------------------------------- options */

static void set_text(void *to, size_t size, const char *option)
{
	if (strlen(optarg) > size)
		usage_error("%s: '%s' is longer than %zu bytes", option, optarg,
			    size);
	memset(to, 0, size);
	memcpy(to, optarg, strlen(optarg));
}

static void set_type(struct kvdev_scsi_add_lun *add, uint32_t type)
{
	if (add->type && add->type != type)
		usage_error("--disk or --cdrom, not both");
	add->type = type;
}

static void set_block_size(struct kvdev_scsi_add_lun *add)
{
	uint64_t n;

	if (!parse_number(optarg, &n) || (n != 512 && n != 4096))
		usage_error("--block-size: '%s' is neither 512 nor 4096",
			    optarg);
	add->block_size = n;
}

static void set_wwn(struct kvdev_scsi_add_lun *add)
{
	char *end;

	errno = 0;
	add->wwn = strtoull(optarg, &end, 16);
	if (errno || *end || !optarg[0] ||
	    !strchr("\2\3\5", (int)(add->wwn >> 60)) || !(add->wwn >> 60))
		usage_error("--wwn: '%s' is not 16 hexadecimal digits that begin with 2, 3 or 5",
			    optarg);
}

static void set_identity(struct kvdev_scsi_add_lun *add, int c)
{
	switch (c) {
	case OPT_VENDOR:
		set_text(add->vendor, sizeof(add->vendor), "--vendor");
		break;
	case OPT_PRODUCT:
		set_text(add->product, sizeof(add->product), "--product");
		break;
	case OPT_REVISION:
		set_text(add->revision, sizeof(add->revision), "--revision");
		break;
	case OPT_SERIAL:
		set_text(add->serial, sizeof(add->serial), "--serial");
		break;
	case OPT_WWN:
		set_wwn(add);
		break;
	}
}

static void set_option(struct lun_options *o, int c)
{
	if (store_option(&o->store, c))
		return;
	switch (c) {
	case OPT_DISK:
		set_type(&o->add, KVDEV_LUN_DISK);
		break;
	case OPT_CDROM:
		set_type(&o->add, KVDEV_LUN_CDROM);
		break;
	case OPT_REMOVABLE:
		o->add.flags |= KVDEV_LUN_REMOVABLE;
		break;
	case OPT_ROTATIONAL:
		o->add.flags |= KVDEV_LUN_ROTATIONAL;
		break;
	case OPT_BLOCK_SIZE:
		set_block_size(&o->add);
		break;
	case OPT_EJECT:
		o->eject = true;
		break;
	case OPT_FORCE:
		o->force = true;
		break;
	default:
		set_identity(&o->add, c);
	}
}

/* A number at the beginning of @text, up to @end. */
static bool address_part(const char *text, const char *end, uint32_t max,
			 uint32_t *value)
{
	uint32_t n = 0;

	if (text == end || end - text > 5)
		return false;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (*text - '0');
	}
	*value = n;
	return n <= max;
}

static void parse_address(const char *text, uint32_t *target, uint32_t *lun)
{
	const char *colon = strchr(text, ':');

	if (!colon || !address_part(text, colon, 255, target) ||
	    !address_part(colon + 1, text + strlen(text), 16383, lun))
		usage_error("'%s' is not an address: TARGET:LUN, at most 255:16383",
			    text);
}

/* ------------------------------------------------------------- the command */

/* A file of the device; ends the program if it is none of ours. */
static int open_scsi(const char *name, bool look)
{
	struct kvdev_next d;
	int fd;

	device_must_exist(name, &d);
	if (d.device_id != VIRTIO_ID_SCSI)
		die("'%s' is a device of type %s: it has no logical units",
		    name, type_name(d.device_id));
	fd = look ? device_look(name) : device_open(name);
	if (fd < 0)
		die("cannot open '%s': %s", name, strerror(-fd));
	return fd;
}

/* The words NAME TARGET:LUN. */
static void need_unit(int argc, char **argv, uint32_t *target, uint32_t *lun,
		      const char **name, const char **address)
{
	*name = next_word(argc, argv);
	if (!*name)
		usage_error("which device? Its name is missing");
	*address = next_word(argc, argv);
	if (!*address)
		usage_error("which unit? Its TARGET:LUN is missing");
	no_more_words(argc, argv);
	parse_address(*address, target, lun);
}

static int unit_command(int argc, char **argv, unsigned long cmd,
			const char *what)
{
	struct kvdev_scsi_lun a = { .size = sizeof(a) };
	const char *name, *address;
	int fd;

	next_option(argc, argv, no_options);
	need_unit(argc, argv, &a.target, &a.lun, &name, &address);
	fd = open_scsi(name, false);
	if (!ioctl(fd, cmd, &a))
		return EXIT_OK;
	if (errno == ENXIO)
		error("'%s' has no unit %s with a medium", name, address);
	else
		error("cannot %s %s of '%s': %s", what, address, name,
		      strerror(errno));
	return EXIT_FAILED;
}

static int cmd_lun_del(int argc, char **argv)
{
	return unit_command(argc, argv, KVDEV_SCSI_REMOVE_LUN, "remove");
}

static int cmd_lun_resize(int argc, char **argv)
{
	return unit_command(argc, argv, KVDEV_SCSI_RESIZE_LUN, "resize");
}

static int cmd_lun_wait(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, OPT_COUNT },
		COMMON_OPTIONS
	};
	uint64_t count = 0;
	int fd;

	while (next_option(argc, argv, options) != -1)
		if (!parse_number(optarg, &count) || !count)
			usage_error("--count: '%s' is not a number from 1",
				    optarg);
	fd = open_scsi(need_name(argc, argv), true);
	events_wait(fd, count);
	close(fd);
	return EXIT_OK;
}

static int cmd_lun_add(int argc, char **argv)
{
	struct lun_options o = {
		.add = { .size = sizeof(o.add), .fd = -1,
			 .format = KVDEV_FORMAT_RAW },
	};
	const char *name, *address;
	int c, fd;

	while ((c = next_option(argc, argv, add_options)) != -1)
		set_option(&o, c);
	need_unit(argc, argv, &o.add.target, &o.add.lun, &name, &address);
	if (!o.add.type)
		usage_error("what kind of unit? --disk or --cdrom");
	if (o.add.type == KVDEV_LUN_DISK && !o.store.path &&
	    !(o.add.flags & KVDEV_LUN_REMOVABLE))
		usage_error("a disk needs --file FILE or --dev DEVICE");
	if (o.add.type == KVDEV_LUN_CDROM && o.add.block_size)
		usage_error("--block-size is for disks");
	fd = open_scsi(name, false);
	if (o.store.read_only)
		o.add.flags |= KVDEV_LUN_RDONLY;
	o.store.read_only |= o.add.type == KVDEV_LUN_CDROM;
	if (o.store.path)
		o.add.fd = store_open(&o.store);
	if (!ioctl(fd, KVDEV_SCSI_ADD_LUN, &o.add))
		return EXIT_OK;
	if (errno == EEXIST)
		error("'%s' has a unit %s already", name, address);
	else if (errno == EINVAL)
		error("'%s' cannot be that unit: it is smaller than a block, or a text is not printable ASCII",
		      o.store.path ?: address);
	else
		error("cannot add %s to '%s': %s", address, name,
		      strerror(errno));
	return EXIT_FAILED;
}

int cmd_media(int argc, char **argv)
{
	struct kvdev_scsi_set_media a = { .size = sizeof(a), .fd = -1,
					  .format = KVDEV_FORMAT_RAW };
	struct lun_options o = {};
	const char *name, *address;
	int c, fd;

	while ((c = next_option(argc, argv, media_options)) != -1)
		set_option(&o, c);
	need_unit(argc, argv, &a.target, &a.lun, &name, &address);
	if (o.eject == !!o.store.path)
		usage_error("one of --file, --dev, --eject");
	fd = open_scsi(name, false);
	a.flags = (o.store.read_only ? KVDEV_MEDIA_RDONLY : 0) |
		  (o.force ? KVDEV_MEDIA_FORCE : 0);
	if (o.store.path) {
		struct kvdev_scsi_next_lun n = {
			.size = sizeof(n), .target = a.target, .lun = a.lun,
		};

		/* Nobody can write to a CD-ROM, so nor need we. */
		if (!ioctl(fd, KVDEV_SCSI_NEXT_LUN, &n) &&
		    n.target == a.target && n.lun == a.lun)
			o.store.read_only |= n.type == KVDEV_LUN_CDROM;
		a.fd = store_open(&o.store);
	}
	if (!ioctl(fd, KVDEV_SCSI_SET_MEDIA, &a))
		return EXIT_OK;
	if (errno == EBUSY)
		error("the guest has locked the medium, and was asked to let it go; --force takes it anyway");
	else if (errno == ENXIO)
		error("'%s' has no unit %s", name, address);
	else if (errno == EOPNOTSUPP)
		error("the medium of %s cannot be changed", address);
	else
		error("cannot change the medium of %s: %s", address,
		      strerror(errno));
	return EXIT_FAILED;
}

/* ------------------------------------------------------------------ listing */

static bool next_lun(int fd, struct kvdev_scsi_next_lun *n)
{
	n->size = sizeof(*n);
	n->flags = 0;
	if (n->lun > 16383) {
		n->lun = 0;
		n->target++;
	}
	return n->target <= 255 && !ioctl(fd, KVDEV_SCSI_NEXT_LUN, n);
}

#define for_each_lun(fd, n)						\
	for (*(n) = (struct kvdev_scsi_next_lun){}; next_lun(fd, n);	\
	     (n)->lun++)

static const char *lun_type(const struct kvdev_scsi_next_lun *n)
{
	return n->type == KVDEV_LUN_CDROM ? "cdrom" : "disk";
}

static const struct {
	uint32_t bit;
	const char *word;
	const char *json;
} states[] = {
	{ KVDEV_LUN_IS_RDONLY, "ro", "read_only" },
	{ KVDEV_LUN_IS_REMOVABLE, "removable", "removable" },
	{ KVDEV_LUN_TRAY_OPEN, "open", "tray_open" },
	{ KVDEV_LUN_LOCKED, "locked", "locked" },
};

static void add_clean(struct json_object *o, const char *key, const void *bytes,
		      size_t len)
{
	char text[4 * KVDEV_BACKING_LEN + 1];

	text_clean(text, sizeof(text), bytes, len);
	json_add_text(o, key, text);
}

static struct json_object *json_lun(const struct kvdev_scsi_next_lun *n)
{
	struct json_object *o = json_object_new_object();
	char wwn[24] = "";
	size_t i;

	if (n->wwn)
		snprintf(wwn, sizeof(wwn), "%016" PRIx64, (uint64_t)n->wwn);
	json_add_u64(o, "target", n->target);
	json_add_u64(o, "lun", n->lun);
	json_add_text(o, "type", lun_type(n));
	json_add_u64(o, "block_size", n->block_size);
	json_add_u64(o, "blocks", n->blocks);
	json_add(o, "medium", json_object_new_boolean(
			 !!(n->state & KVDEV_LUN_HAS_MEDIUM)));
	for (i = 0; i < ARRAY_SIZE(states); i++)
		json_add(o, states[i].json, json_object_new_boolean(
				 !!(n->state & states[i].bit)));
	add_clean(o, "vendor", n->vendor, sizeof(n->vendor));
	add_clean(o, "product", n->product, sizeof(n->product));
	add_clean(o, "revision", n->revision, sizeof(n->revision));
	add_clean(o, "serial", n->serial, sizeof(n->serial));
	json_add_text(o, "wwn", wwn);
	add_clean(o, "backing", n->backing, sizeof(n->backing));
	return o;
}

static void list_lun(struct table *t, const struct kvdev_scsi_next_lun *n)
{
	char path[4 * KVDEV_BACKING_LEN + 1], words[64] = "";
	size_t i;

	text_clean(path, sizeof(path), n->backing, sizeof(n->backing));
	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (n->state & states[i].bit)
			snprintf(words + strlen(words),
				 sizeof(words) - strlen(words), "%s%s",
				 words[0] ? "," : "", states[i].word);
	table_add(t, "%u:%u", n->target, n->lun);
	table_add(t, "%s", lun_type(n));
	table_add(t, "%s", n->state & KVDEV_LUN_HAS_MEDIUM ?
		  size_text(n->blocks * n->block_size) : "empty");
	table_add(t, "%u", n->block_size);
	table_add(t, "%s", words[0] ? words : "-");
	table_add(t, "%s", path[0] ? path : "-");
}

static int cmd_lun_list(int argc, char **argv)
{
	static const char *const titles[] = {
		"ADDRESS", "TYPE", "SIZE", "BLOCK", "STATE", "BACKING",
	};
	struct table t = { .columns = ARRAY_SIZE(titles) };
	struct json_object *all;
	struct kvdev_scsi_next_lun n;
	size_t i;
	int fd;

	next_option(argc, argv, no_options);
	fd = open_scsi(need_name(argc, argv), true);
	if (opt_json) {
		all = json_object_new_array();
		for_each_lun(fd, &n)
			json_object_array_add(all, json_lun(&n));
		json_print(all);
		return EXIT_OK;
	}
	for (i = 0; i < ARRAY_SIZE(titles); i++)
		table_add(&t, "%s", titles[i]);
	for_each_lun(fd, &n)
		list_lun(&t, &n);
	table_print(&t);
	return EXIT_OK;
}

int cmd_lun(int argc, char **argv)
{
	static const struct command commands[] = {
		{ "list", cmd_lun_list, lun_help },
		{ "add", cmd_lun_add, lun_help },
		{ "del", cmd_lun_del, lun_help },
		{ "resize", cmd_lun_resize, lun_help },
		{ "wait", cmd_lun_wait, lun_help },
	};

	return run_command(commands, ARRAY_SIZE(commands), lun_help, argc,
			   argv);
}
