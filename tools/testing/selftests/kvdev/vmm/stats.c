// SPDX-License-Identifier: GPL-2.0
/* The devices' counters, for people and for scripts. */
#include <errno.h>
#include <sys/ioctl.h>

#include "vmm.h"

static const struct {
	const char *name;
	size_t offset;
} counters[] = {
#define COUNTER(name) { #name, offsetof(struct kvdev_get_stats, name) }
	COUNTER(kicks),
	COUNTER(chains),
	COUNTER(completions),
	COUNTER(completions_inplace),
	COUNTER(signals),
	COUNTER(signals_suppressed),
	COUNTER(signals_held),
	COUNTER(bytes_readable),
	COUNTER(bytes_writable),
	COUNTER(errors),
	COUNTER(violations),
}, dev_counters[] = {
	COUNTER(dev_resets),
	COUNTER(dev_needs_reset),
	COUNTER(dev_ignored_accesses),
#undef COUNTER
};

static struct kvdev_get_stats get(struct kvdev *dev, u32 queue)
{
	struct kvdev_get_stats st = { .size = sizeof(st), .queue = queue };

	if (ioctl(dev->fd, KVDEV_GET_STATS, &st) < 0)
		die_errno("%s: KVDEV_GET_STATS", dev->name);
	return st;
}

static unsigned long long value(const struct kvdev_get_stats *st, size_t offset)
{
	return *(const u64 *)((const char *)st + offset);
}

/* One line per queue that did anything, without the counters that are 0. */
void stats_print(FILE *out)
{
	struct kvdev_get_stats st;
	struct kvdev *dev;
	unsigned int i, q, c;

	for (i = 0; (dev = kvdev_get(i)); i++) {
		st = get(dev, 0);
		fprintf(out, "%s:", dev->name);
		for (c = 0; c < ARRAY_SIZE(dev_counters); c++)
			fprintf(out, " %s %llu", dev_counters[c].name + 4,
				value(&st, dev_counters[c].offset));
		fputc('\n', out);
		for (q = 0; q < dev->nr_queues; q++) {
			st = get(dev, q);
			fprintf(out, "%s queue %u:", dev->name, q);
			for (c = 0; c < ARRAY_SIZE(counters); c++)
				if (value(&st, counters[c].offset))
					fprintf(out, " %s %llu",
						counters[c].name,
						value(&st, counters[c].offset));
			fputc('\n', out);
		}
	}
}

static void json_queue(FILE *out, struct kvdev *dev, unsigned int q)
{
	struct kvdev_get_stats st = get(dev, q);
	unsigned int c;

	for (c = 0; c < ARRAY_SIZE(counters); c++)
		fprintf(out, "%s\"%s\": %llu", c ? ", " : "{", counters[c].name,
			value(&st, counters[c].offset));
	fputc('}', out);
}

/* { "devices": [ { "name", "device_id", dev counters, "queues": [ {} ] } ] } */
void stats_json(const char *file)
{
	struct kvdev_get_stats st;
	struct kvdev *dev;
	unsigned int i, q, c;
	FILE *out = fopen(file, "w");

	if (!out)
		die_errno("%s", file);
	fputs("{\"devices\": [", out);
	for (i = 0; (dev = kvdev_get(i)); i++) {
		st = get(dev, 0);
		fprintf(out, "%s\n{\"name\": \"%s\", \"device_id\": %u",
			i ? "," : "", dev->name, dev->device_id);
		for (c = 0; c < ARRAY_SIZE(dev_counters); c++)
			fprintf(out, ", \"%s\": %llu", dev_counters[c].name,
				value(&st, dev_counters[c].offset));
		fputs(", \"queues\": [", out);
		for (q = 0; q < dev->nr_queues; q++) {
			fputs(q ? ",\n\t" : "\n\t", out);
			json_queue(out, dev, q);
		}
		fputs("]}", out);
	}
	fputs("\n]}\n", out);
	if (fclose(out))
		die_errno("%s", file);
}
