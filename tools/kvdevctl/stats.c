// SPDX-License-Identifier: GPL-2.0
/* stats: the counters of queues, their sums, and how fast they grow. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "kvdevctl.h"

const char stats_help[] =
"Usage: kvdevctl stats [NAME] [--watch [SECONDS]] [--count N]\n"
"Show the counters of a device, or of every device that has a name, since it\n"
"was created.\n"
"\n"
"  --watch [SECONDS]  show rates per second, every second or that often\n"
"  --count N          that many times, then end\n"
"  -j, --json         one line of JSON each time\n"
"\n"
"  kicks              notifications from the driver\n"
"  chains             requests taken from the ring\n"
"  completions        requests given back\n"
"  inplace            of these without waking a worker\n"
"  signals            interrupts to the driver\n"
"  suppressed         interrupts the driver did not need\n"
"  held               interrupts put off, as a network driver asked\n"
"  read, written      bytes of guest memory the device read, wrote\n"
"  errors             requests that ended with an error\n"
"  violations         breaches of the ring's rules by the driver\n"
"\n"
"Examples:\n"
"  kvdevctl stats disk0\n"
"  kvdevctl stats disk0 --watch\n"
"  kvdevctl stats disk0 --watch 0.5 --count 10 --json\n";

enum { OPT_WATCH = 256, OPT_COUNT };

enum {
	PER_QUEUE = 11,
	PER_DEVICE = 3,
};

struct counter {
	const char *name;		/* in JSON: the interface's */
	const char *title;
	size_t offset;
	bool bytes;
};

#define COUNTER(_field, _title, _bytes)					\
	{ #_field, _title, offsetof(struct kvdev_get_stats, _field), _bytes }
#define C(_field, _title)	COUNTER(_field, _title, false)
#define BYTES(_field, _title)	COUNTER(_field, _title, true)

static const struct counter queue_counters[PER_QUEUE] = {
	C(kicks, "kicks"),
	C(chains, "chains"),
	C(completions, "completions"),
	C(completions_inplace, "inplace"),
	C(signals, "signals"),
	C(signals_suppressed, "suppressed"),
	C(signals_held, "held"),
	BYTES(bytes_readable, "read"),
	BYTES(bytes_writable, "written"),
	C(errors, "errors"),
	C(violations, "violations"),
};

static const struct counter device_counters[PER_DEVICE] = {
	C(dev_resets, "resets"),
	C(dev_needs_reset, "needs-reset"),
	C(dev_ignored_accesses, "ignored accesses"),
};

static uint64_t value(const struct kvdev_get_stats *s, const struct counter *c)
{
	return *(const uint64_t *)((const char *)s + c->offset);
}

/* A device at one time. */
struct sample {
	struct kvdev_next d;
	double time;
	uint64_t queue[KVDEV_MAX_QUEUES][PER_QUEUE];
	uint64_t total[PER_QUEUE];
	uint64_t device[PER_DEVICE];
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/*
 * The file is closed each time: a device deleted meanwhile must not stay, with
 * its backing file, for somebody who watches.
 */
static int take_sample(const struct kvdev_next *d, struct sample *s)
{
	int fd = device_look((const char *)d->name), ret = 0;
	struct kvdev_get_stats stats;
	uint32_t q;
	size_t i;

	if (fd < 0)
		return fd;
	memset(s, 0, sizeof(*s));
	s->d = *d;
	/* Without queues, too: the counters of the device. */
	for (q = 0; (!q || q < d->nr_queues) && q < KVDEV_MAX_QUEUES && !ret;
	     q++) {
		ret = device_stats(fd, q, &stats);
		for (i = 0; i < PER_QUEUE && !ret; i++) {
			s->queue[q][i] = value(&stats, &queue_counters[i]);
			s->total[i] += s->queue[q][i];
		}
	}
	for (i = 0; i < PER_DEVICE && !ret; i++)
		s->device[i] = value(&stats, &device_counters[i]);
	s->time = now();
	close(fd);
	/* Another device has the name now, with fewer queues. */
	return ret == -ENXIO ? -ENOENT : ret;
}

struct samples {
	struct sample *s;
	size_t nr;
};

/* Of all devices, or of the one of that name. */
static void take_samples(const char *name, struct samples *all)
{
	struct kvdev_next d;
	int ret;

	all->nr = 0;
	for_each_device(&d) {
		if (!d.name[0] || (name && strcmp((char *)d.name, name)))
			continue;
		all->s = reallocarray(all->s, all->nr + 1, sizeof(*all->s));
		if (!all->s)
			die("out of memory");
		ret = take_sample(&d, &all->s[all->nr]);
		if (!ret)
			all->nr++;
		else if (ret != -ENOENT)
			die("cannot read the counters of '%s': %s", d.name,
			    strerror(-ret));
	}
}

static const struct sample *find_sample(const struct samples *all, uint32_t id)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		if (all->s[i].d.id == id)
			return &all->s[i];
	return NULL;
}

/* Per second; a counter that went back is one of a device that is new. */
static double rate(uint64_t value, uint64_t before, double seconds)
{
	return value < before || seconds <= 0 ? 0 :
	       (value - before) / seconds;
}

/* -------------------------------------------------------------------- text */

static void add_row(struct table *t, const char *label, const uint64_t *values,
		    const uint64_t *before, double seconds)
{
	uint64_t v;
	size_t i;

	table_add(t, "%s", label);
	for (i = 0; i < PER_QUEUE; i++) {
		v = values[i];
		if (before)
			v = rate(v, before[i], seconds) + 0.5;
		if (queue_counters[i].bytes)
			table_add(t, "%s", size_text(v));
		else
			table_add(t, "%" PRIu64, v);
	}
}

static void print_sample(const struct sample *s, const struct sample *before)
{
	struct table t = { .columns = 1 + PER_QUEUE, .indent = 2,
			   .numbers = true };
	double seconds = before ? s->time - before->time : 0;
	char label[16];
	uint32_t q;
	size_t i;

	printf("%s: %s", s->d.name, type_name(s->d.device_id));
	for (i = 0; i < PER_DEVICE; i++)
		printf(", %s %" PRIu64, device_counters[i].title, s->device[i]);
	puts(before ? "; per second:" : "");

	if (!s->d.nr_queues)
		return;
	table_add(&t, "queue");
	for (i = 0; i < PER_QUEUE; i++)
		table_add(&t, "%s", queue_counters[i].title);
	for (q = 0; q < s->d.nr_queues; q++) {
		snprintf(label, sizeof(label), "%u", q);
		add_row(&t, label, s->queue[q],
			before ? before->queue[q] : NULL, seconds);
	}
	if (s->d.nr_queues > 1)
		add_row(&t, "total", s->total, before ? before->total : NULL,
			seconds);
	table_print(&t);
	if (!before)
		net_stats_text(&s->d);
}

/* -------------------------------------------------------------------- JSON */

static struct json_object *json_values(const uint64_t *values)
{
	struct json_object *o = json_object_new_object();
	size_t i;

	for (i = 0; i < PER_QUEUE; i++)
		json_add_u64(o, queue_counters[i].name, values[i]);
	return o;
}

static struct json_object *json_rates(const uint64_t *values,
				      const uint64_t *before, double seconds)
{
	struct json_object *o = json_object_new_object();
	size_t i;

	for (i = 0; i < PER_QUEUE; i++) {
		double r = rate(values[i], before[i], seconds);
		char text[64];

		snprintf(text, sizeof(text), "%.1f", r);
		json_add(o, queue_counters[i].name,
			 json_object_new_double_s(r, text));
	}
	return o;
}

static struct json_object *json_sample(const struct sample *s,
				       const struct sample *before)
{
	double seconds = before ? s->time - before->time : 0;
	struct json_object *o = json_object_new_object();
	struct json_object *queues = json_object_new_array(), *queue;
	uint32_t q;
	size_t i;

	json_add_text(o, "name", (const char *)s->d.name);
	json_add_u64(o, "id", s->d.id);
	json_add_text(o, "type", type_name(s->d.device_id));
	for (i = 0; i < PER_DEVICE; i++)
		json_add_u64(o, device_counters[i].name, s->device[i]);
	for (q = 0; q < s->d.nr_queues; q++) {
		queue = json_values(s->queue[q]);
		if (before)
			json_add(queue, "rates",
				 json_rates(s->queue[q], before->queue[q],
					    seconds));
		json_object_array_add(queues, queue);
	}
	json_add(o, "queues", queues);
	json_add(o, "total", json_values(s->total));
	net_stats_json(o, &s->d);
	if (before) {
		json_add(o, "seconds", json_object_new_double(seconds));
		json_add(o, "rates",
			 json_rates(s->total, before->total, seconds));
	}
	return o;
}

static void print_samples(const struct samples *all,
			  const struct samples *before)
{
	struct json_object *list = opt_json ? json_object_new_array() : NULL;
	const struct sample *old;
	size_t i;

	for (i = 0; i < all->nr; i++) {
		old = before ? find_sample(before, all->s[i].d.id) : NULL;
		if (list)
			json_object_array_add(list,
					      json_sample(&all->s[i], old));
		else
			print_sample(&all->s[i], old);
	}
	if (list)
		json_print(list);
	fflush(stdout);
	if (ferror(stdout))
		exit(EXIT_FAILED);
}

/* ----------------------------------------------------------------- command */

static double watch_seconds(int argc, char **argv)
{
	const char *text = optarg;
	double seconds;
	char *end;

	/* An argument of its own, if it is a number. */
	if (!text && optind < argc && argv[optind][0] &&
	    !argv[optind][strspn(argv[optind], "0123456789.")])
		text = argv[optind++];
	if (!text)
		return 1;
	seconds = strtod(text, &end);
	if (*end || end == text || !(seconds >= 0.01 && seconds <= 86400))
		usage_error("--watch: '%s' is not a time from 0.01 to 86400 seconds",
			    text);
	return seconds;
}

static void sleep_seconds(double seconds)
{
	struct timespec ts = { .tv_sec = seconds };

	ts.tv_nsec = (seconds - ts.tv_sec) * 1e9;
	nanosleep(&ts, NULL);
}

static void watch(const char *name, double seconds, uint64_t count)
{
	bool screen = !opt_json && isatty(STDOUT_FILENO);
	struct samples a = {}, b = {}, tmp;

	take_samples(name, &a);
	while (count--) {
		sleep_seconds(seconds);
		take_samples(name, &b);
		if (name && !b.nr)
			die("device '%s' has been deleted", name);
		if (screen)
			fputs("\033[H\033[J", stdout);
		print_samples(&b, &a);
		tmp = a;
		a = b;
		b = tmp;
	}
	free(a.s);
	free(b.s);
}

int cmd_stats(int argc, char **argv)
{
	static const struct option options[] = {
		{ "watch", optional_argument, NULL, OPT_WATCH },
		{ "count", required_argument, NULL, OPT_COUNT },
		COMMON_OPTIONS
	};
	struct samples all = {};
	uint64_t count = UINT64_MAX;
	struct kvdev_next d;
	double seconds = 0;
	const char *name;
	int c;

	while ((c = next_option(argc, argv, options)) != -1) {
		if (c == OPT_WATCH)
			seconds = watch_seconds(argc, argv);
		else if (!parse_number(optarg, &count) || !count)
			usage_error("--count: '%s' is not a number from 1 on",
				    optarg);
	}
	name = next_word(argc, argv);
	no_more_words(argc, argv);
	if (count != UINT64_MAX && !seconds)
		usage_error("--count belongs to --watch");
	if (name)
		device_must_exist(name, &d);

	if (seconds) {
		watch(name, seconds, count);
	} else {
		take_samples(name, &all);
		print_samples(&all, NULL);
		free(all.s);
	}
	return EXIT_OK;
}
