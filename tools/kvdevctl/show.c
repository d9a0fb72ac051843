// SPDX-License-Identifier: GPL-2.0
/* list, show, info. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "kvdevctl.h"

const char list_help[] =
"Usage: kvdevctl list [--names]\n"
"List all devices you may look at, also those without a name that belong to a\n"
"VMM of yours ('-').\n"
"\n"
"  --names      only the names\n"
"  -j, --json\n"
"\n"
"Examples:\n"
"  kvdevctl list\n"
"  kvdevctl --json list | jq -r '.[] | select(.used_by == null) | .name'\n";

const char show_help[] =
"Usage: kvdevctl show [NAME]\n"
"Show what a device, or every device, is, where its data is, what driver and\n"
"device agreed on, and who uses it.\n"
"\n"
"  -j, --json\n"
"\n"
"Examples:\n"
"  kvdevctl show disk0\n"
"  kvdevctl --pretty show disk0\n";

const char info_help[] =
"Usage: kvdevctl info\n"
"Show what the kernel module can do.\n"
"\n"
"  -j, --json\n"
"\n"
"Examples:\n"
"  kvdevctl info\n";

enum { OPT_NAMES = 256 };

/* -------------------------------------------------------------------- list */

static void list_device(struct table *t, const struct kvdev_next *d)
{
	char path[4 * KVDEV_BACKING_LEN + 1];
	const char *by;
	struct user u;

	find_user(d, &u, false);
	by = user_text(d, &u);
	text_clean(path, sizeof(path), d->backing, sizeof(d->backing));
	table_add(t, "%s", d->name[0] ? (char *)d->name : "-");
	table_add(t, "%u", d->id);
	table_add(t, "%s", type_name(d->device_id));
	table_add(t, "%s", d->format ? size_text(d->capacity) : "-");
	table_add(t, "%u", d->nr_queues);
	table_add(t, "%s", status_word(d->status));
	table_add(t, "%04o", d->mode);
	table_add(t, "%s", owner_text(d->uid));
	table_add(t, "%s", group_text(d->gid));
	table_add(t, "%s", by[0] ? by : "-");
	table_add(t, "%s%s", path[0] ? path : "-",
		  d->format && d->read_only ? " (ro)" : "");
}

static void list_json(void)
{
	struct json_object *all = json_object_new_array();
	struct kvdev_next d;

	for_each_device(&d)
		json_object_array_add(all, json_device(&d));
	json_print(all);
}

static void list_text(void)
{
	static const char *const titles[] = {
		"NAME", "ID", "TYPE", "SIZE", "QUEUES", "STATE", "MODE",
		"OWNER", "GROUP", "USED BY", "BACKING",
	};
	struct table t = { .columns = ARRAY_SIZE(titles) };
	struct kvdev_next d;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(titles); i++)
		table_add(&t, "%s", titles[i]);
	for_each_device(&d)
		list_device(&t, &d);
	table_print(&t);
}

int cmd_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "names", no_argument, NULL, OPT_NAMES },
		COMMON_OPTIONS
	};
	bool names = false;
	struct kvdev_next d;
	const char *word;

	while (next_option(argc, argv, options) == OPT_NAMES)
		names = true;
	word = next_word(argc, argv);
	if (word)
		usage_error("what is '%s'? 'show' takes a name", word);

	if (names)
		for_each_device(&d) {
			if (d.name[0])
				puts((char *)d.name);
		}
	else if (opt_json)
		list_json();
	else
		list_text();
	return EXIT_OK;
}

/* -------------------------------------------------------------------- show */

static void print_features(const char *label, uint32_t device_id,
			   uint64_t features)
{
	char words[2048];
	unsigned int bit;
	size_t len;

	len = snprintf(words, sizeof(words), "0x%" PRIx64, features);
	for (bit = 0; bit < 64; bit++) {
		const char *name = feature_name(device_id, bit);

		if (!(features & BIT_ULL(bit)))
			continue;
		if (name)
			len += snprintf(words + len, sizeof(words) - len, " %s",
					name);
		else
			len += snprintf(words + len, sizeof(words) - len,
					" bit-%u", bit);
	}
	print_words(label, words);
}

static void print_status(uint32_t status)
{
	char words[256];
	unsigned int bit;
	size_t len;

	len = snprintf(words, sizeof(words), "%s", status_word(status));
	for (bit = 0; bit < 8; bit++)
		if (status & BIT_ULL(bit) && status_name(bit))
			len += snprintf(words + len, sizeof(words) - len, " %s",
					status_name(bit));
	print_words("status", words);
}

static void print_store(const struct kvdev_next *d)
{
	char path[4 * KVDEV_BACKING_LEN + 1];

	if (!d->format) {
		print_words("backing", "none");
		return;
	}
	text_clean(path, sizeof(path), d->backing, sizeof(d->backing));
	printf("  %-9s %s (%s%s)\n", "backing",
	       path[0] ? path : "a file whose path is too long",
	       d->format == KVDEV_FORMAT_RAW ? "raw" : "unknown format",
	       d->read_only ? ", read-only" : "");
	printf("  %-9s %s (%" PRIu64 " bytes, blocks of %u)\n", "capacity",
	       size_text(d->capacity), (uint64_t)d->capacity, d->block_size);
}

static void show_text(const struct kvdev_next *d)
{
	const char *by;
	struct user u;

	printf("%s: %s, id %u, ", d->name[0] ? (char *)d->name : "-",
	       type_name(d->device_id), d->id);
	if (d->nr_queues)
		printf("%u queue%s of up to %u\n", d->nr_queues,
		       d->nr_queues == 1 ? "" : "s", d->queue_size);
	else
		puts("no queues");
	if (!strcmp(type_name(d->device_id), "blk"))
		print_store(d);
	if (!strcmp(type_name(d->device_id), "net"))
		net_show(d);
	perm_show(d);
	print_status(d->status);
	if (d->trouble_errno)
		printf("  %-9s %.*s (%s)\n", "trouble", KVDEV_TROUBLE_LEN,
		       (const char *)d->trouble, strerror(d->trouble_errno));
	print_features("offered", d->device_id, d->offered);
	print_features("accepted", d->device_id, d->accepted);
	find_user(d, &u, true);
	by = user_text(d, &u);
	printf("  %-9s %s\n", "used by", by[0] ? by : "nobody");
}

static void show_all(void)
{
	struct kvdev_next d;

	for_each_device(&d)
		show_text(&d);
}

int cmd_show(int argc, char **argv)
{
	static const struct option options[] = { COMMON_OPTIONS };
	struct kvdev_next d;
	const char *name;

	next_option(argc, argv, options);
	name = next_word(argc, argv);
	no_more_words(argc, argv);
	if (!name && opt_json) {
		list_json();
	} else if (!name) {
		show_all();
	} else {
		device_must_exist(name, &d);
		if (opt_json)
			json_print(json_device(&d));
		else
			show_text(&d);
	}
	return EXIT_OK;
}

/* -------------------------------------------------------------------- info */

static const char *const transport_names[64] = {
	[KVDEV_TRANSPORT_PCI_MODERN] = "pci-modern",
};

static const char *const format_names[64] = {
	[KVDEV_FORMAT_RAW] = "raw",
};

static const char *type_of_bit(unsigned int bit)
{
	return type_name(bit == KVDEV_TYPE_BIT_VMMCI ? KVDEV_DEVICE_VMMCI : bit);
}

static const char *transport_of_bit(unsigned int bit)
{
	return transport_names[bit] ?: "unknown";
}

static const char *format_of_bit(unsigned int bit)
{
	return format_names[bit] ?: "unknown";
}

static void info_set(struct json_object *o, const char *key, const char *label,
		     uint64_t set, const char *(*name)(unsigned int bit))
{
	struct json_object *names = json_object_new_array();
	char words[1024] = "";
	unsigned int bit;
	size_t len = 0;

	for (bit = 0; bit < 64; bit++) {
		if (!(set & BIT_ULL(bit)))
			continue;
		json_object_array_add(names, json_object_new_string(name(bit)));
		len += snprintf(words + len, sizeof(words) - len, "%s%s",
				len ? " " : "", name(bit));
	}
	json_add(o, key, names);
	if (!opt_json)
		printf("%-12s %s\n", label, words);
}

int cmd_info(int argc, char **argv)
{
	static const struct option options[] = { COMMON_OPTIONS };
	struct json_object *o = json_object_new_object();
	struct kvdev_info info;
	const char *word;
	bool vdpa;
	int ret;

	next_option(argc, argv, options);
	word = next_word(argc, argv);
	if (word)
		usage_error("what is '%s'?", word);
	ret = device_info(&info);
	if (ret)
		die("cannot ask the kernel module: %s", strerror(-ret));
	vdpa = !access("/sys/module/kvdev_vdpa", F_OK);

	json_add_u64(o, "api_version", info.api_version);
	json_add_u64(o, "max_queues", info.max_queues);
	json_add(o, "vdpa", json_object_new_boolean(vdpa));
	if (!opt_json) {
		printf("%-12s %u\n", "API version", info.api_version);
		printf("%-12s %u\n", "most queues", info.max_queues);
		printf("%-12s %s\n", "vDPA",
		       vdpa ? "yes" : "no (modprobe kvdev_vdpa)");
	}
	info_set(o, "device_types", "types", info.device_types, type_of_bit);
	info_set(o, "transports", "transports", info.transports,
		 transport_of_bit);
	info_set(o, "formats", "formats", info.formats, format_of_bit);
	if (opt_json)
		json_print(o);
	else
		json_object_put(o);
	return EXIT_OK;
}
