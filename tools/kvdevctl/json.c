// SPDX-License-Identifier: GPL-2.0
/* What --json prints: exact numbers, bits as hexadecimal text and as names. */
#include <inttypes.h>
#include <string.h>

#include "kvdevctl.h"

void json_add(struct json_object *o, const char *key, struct json_object *v)
{
	if (json_object_object_add(o, key, v))
		die("out of memory");
}

void json_add_u64(struct json_object *o, const char *key, uint64_t value)
{
	json_add(o, key, json_object_new_uint64(value));
}

void json_add_text(struct json_object *o, const char *key, const char *text)
{
	json_add(o, key, text[0] ? json_object_new_string(text) : NULL);
}

/* Foreign bytes; null if there are none. */
static void add_bytes(struct json_object *o, const char *key, const void *bytes,
		      size_t len)
{
	char text[4 * KVDEV_BACKING_LEN + 1];

	text_clean(text, sizeof(text), bytes, len);
	json_add_text(o, key, text);
}

/* Readers that have only floating point numbers cannot have 64 bits. */
static void add_hex(struct json_object *o, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	json_add_text(o, key, text);
}

struct json_object *json_features(uint32_t device_id, uint64_t features)
{
	struct json_object *o = json_object_new_object();
	struct json_object *names = json_object_new_array();
	unsigned int bit;

	add_hex(o, "bits", features);
	for (bit = 0; bit < 64; bit++) {
		const char *name = feature_name(device_id, bit);
		char number[8];

		if (!(features & BIT_ULL(bit)))
			continue;
		snprintf(number, sizeof(number), "%u", bit);
		json_object_array_add(names,
				      json_object_new_string(name ?: number));
	}
	json_add(o, "names", names);
	return o;
}

static struct json_object *json_status(uint32_t status)
{
	struct json_object *names = json_object_new_array();
	unsigned int bit;

	for (bit = 0; bit < 8; bit++)
		if (status & BIT_ULL(bit) && status_name(bit))
			json_object_array_add(names, json_object_new_string(
						      status_name(bit)));
	return names;
}

static struct json_object *json_user(const struct kvdev_next *d)
{
	struct json_object *o;
	struct user u;

	if (d->use == KVDEV_USE_NONE)
		return NULL;
	find_user(d, &u, true);
	o = json_object_new_object();
	json_add_text(o, "as", u.bus ? "vdpa" : "owner");
	json_add_text(o, "driver", u.driver);
	json_add_text(o, "node", u.node);
	json_add_text(o, "mount", u.mount);
	json_add(o, "pid", u.pid ? json_object_new_uint64(u.pid) : NULL);
	json_add_text(o, "process", u.comm);
	return o;
}

static void add_store(struct json_object *o, const struct kvdev_next *d)
{
	json_add_text(o, "format", d->format == KVDEV_FORMAT_RAW ? "raw" :
		      d->format ? "unknown" : "");
	if (!d->format)
		return;
	add_bytes(o, "backing", d->backing, sizeof(d->backing));
	json_add_u64(o, "capacity", d->capacity);
	json_add_u64(o, "block_size", d->block_size);
	json_add(o, "read_only", json_object_new_boolean(d->read_only));
}

struct json_object *json_device(const struct kvdev_next *d)
{
	struct json_object *o = json_object_new_object();

	add_bytes(o, "name", d->name, sizeof(d->name));
	json_add_u64(o, "id", d->id);
	json_add_text(o, "type", type_name(d->device_id));
	json_add_u64(o, "device_id", d->device_id);
	json_add_u64(o, "queues", d->nr_queues);
	json_add_u64(o, "queue_size", d->queue_size);
	perm_json(o, d);
	json_add_text(o, "state", status_word(d->status));
	json_add_u64(o, "status", d->status);
	json_add(o, "status_names", json_status(d->status));
	if (d->trouble_errno) {
		json_add_u64(o, "trouble_errno", d->trouble_errno);
		add_bytes(o, "trouble", d->trouble, sizeof(d->trouble));
	}
	json_add(o, "offered", json_features(d->device_id, d->offered));
	json_add(o, "accepted", json_features(d->device_id, d->accepted));
	add_store(o, d);
	net_json(o, d);
	json_add(o, "used_by", json_user(d));
	return o;
}

void json_print(struct json_object *o)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (opt_pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	puts(json_object_to_json_string_ext(o, flags));
	json_object_put(o);
}
