/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kvdevctl: named kvdev devices from the command line.
 *
 *	main.c		options and commands; what they share
 *	create.c	create, and the names of device types
 *	delete.c	delete, vdpa add, vdpa del
 *	show.c		list, show, info
 *	stats.c		stats
 *	lun.c		lun, media
 *	vmmci.c		vmmci
 *	event.c		what devices tell
 *	device.c	ioctls of /dev/kvdev
 *	vdpa.c		netlink of the vDPA bus
 *	user.c		who uses a device: sysfs and /proc
 *	store.c		backing files: opened and locked
 *	perm.c		owner, group, mode
 *	net.c		taps, and what create, show, stats and set do for them
 *	json.c		what --json prints
 *	text.c		numbers, feature names and strange bytes for people
 *	table.c		tables
 *
 * Functions of device.c and vdpa.c return 0 or -errno and print nothing; those
 * that end the program say so by __noreturn.
 */
#ifndef KVDEVCTL_H
#define KVDEVCTL_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <json-c/json.h>
#include <linux/kvdev_net.h>
#include <linux/kvdev_transport.h>
#include <linux/kvdev_vmmci.h>
#include <linux/virtio_config.h>

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BIT_ULL(n)		(1ULL << (n))
/* What a device must be able to offer on the vDPA bus. */
#define BUS_FEATURE		BIT_ULL(VIRTIO_F_ACCESS_PLATFORM)
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#undef __noreturn
#define __noreturn		__attribute__((noreturn))

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* main.c */
struct command {
	const char *name;
	int (*fn)(int argc, char **argv);
	const char *help;
};

extern bool opt_json, opt_pretty;

/* At the end of every command's long options. */
#define COMMON_OPTIONS				\
	{ "json", no_argument, NULL, 'j' },	\
	{ "pretty", no_argument, NULL, 'p' },	\
	{ "help", no_argument, NULL, 'h' },	\
	{ "version", no_argument, NULL, 'V' },	\
	{ NULL, 0, NULL, 0 }

int next_option(int argc, char **argv, const struct option *options);
const char *next_word(int argc, char **argv);
void no_more_words(int argc, char **argv);
const char *need_name(int argc, char **argv);
size_t find_prefix(const char *what, const char *word, const char *const *names,
		   size_t nr);
int run_command(const struct command *commands, size_t nr, const char *help,
		int argc, char **argv);
__printf(1, 2) void error(const char *fmt, ...);
__printf(1, 2) __noreturn void die(const char *fmt, ...);
__printf(1, 2) __noreturn void usage_error(const char *fmt, ...);

/* perm.c */
struct perm_options {
	uint32_t flags;			/* KVDEV_PERM_*: which are given */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
};

enum { OPT_OWNER = 2048, OPT_GROUP, OPT_MODE };

#define PERM_OPTIONS						\
	{ "owner", required_argument, NULL, OPT_OWNER },	\
	{ "group", required_argument, NULL, OPT_GROUP },	\
	{ "mode", required_argument, NULL, OPT_MODE }

bool perm_option(struct perm_options *o, int c);
bool perm_set(const char *name, const struct perm_options *o);
const char *owner_text(uint32_t uid);
const char *group_text(uint32_t gid);
void perm_show(const struct kvdev_next *d);
void perm_json(struct json_object *o, const struct kvdev_next *d);
int cmd_vdpa_node(int argc, char **argv);

/* device.c */
int device_create(const char *name, uint32_t type, uint32_t nr_queues,
		  uint32_t queue_size, uint64_t features,
		  const struct perm_options *perm, int *fd);
int device_open(const char *name);	/* to change it */
int device_look(const char *name);	/* not to */
int device_delete(const char *name);
int device_set_permissions(const char *name, const struct perm_options *o);
int device_next(uint32_t from, struct kvdev_next *d);
int device_find(const char *name, struct kvdev_next *d);
void device_must_exist(const char *name, struct kvdev_next *d);
int device_info(struct kvdev_info *info);
int device_stats(int fd, uint32_t queue, struct kvdev_get_stats *s);
bool name_valid(const char *name);

#define for_each_device(d)						\
	for (uint32_t next_id = 0; device_next(next_id, (d)) == 0;	\
	     next_id = (d)->id + 1)

/* event.c */
void event_next(int fd, struct kvdev_event *e);
void events_wait(int fd, uint64_t count);

/* vdpa.c */
struct vdpa_dev {
	char mgmtdev[32];
	uint32_t max_vqs;
};

int vdpa_add(const char *name);
int vdpa_del(const char *name);
int vdpa_get(const char *name, struct vdpa_dev *v);
const char *vdpa_message(void);		/* the kernel's words, or NULL */

/* delete.c */
bool bus_add(const char *name);
void device_busy(const struct kvdev_next *d);

/* user.c */
struct user {
	bool bus;			/* on the vDPA bus */
	char driver[32];		/* there; empty: none */
	char node[64];			/* /dev/vhost-vdpa-0, /dev/vda, ... */
	bool block;			/* that is a disk of this host */
	pid_t pid;			/* 0: none, or not to be seen */
	char comm[64];
	char mount[256];		/* where that disk is mounted */
	bool claimed;			/* somebody else has it for himself */
};

void find_user(const struct kvdev_next *d, struct user *u, bool search);
bool user_is_active(const struct user *u);
const char *user_text(const struct kvdev_next *d, const struct user *u);

/* store.c */
struct store_options {
	const char *path;
	bool dev;			/* --dev, not --file */
	bool read_only;
	bool direct;
	bool shared;
};

/* Of every command that takes one; apart from the options of its own. */
enum {
	OPT_FILE = 1024, OPT_DEV, OPT_FORMAT, OPT_RO, OPT_DIRECT, OPT_SHARED,
};

#define STORE_OPTIONS						\
	{ "file", required_argument, NULL, OPT_FILE },		\
	{ "dev", required_argument, NULL, OPT_DEV },		\
	{ "format", required_argument, NULL, OPT_FORMAT },	\
	{ "ro", no_argument, NULL, OPT_RO },			\
	{ "direct", no_argument, NULL, OPT_DIRECT },		\
	{ "shared", no_argument, NULL, OPT_SHARED }

bool store_option(struct store_options *o, int c);
int store_open(const struct store_options *o);

/* create.c */
const char *type_name(uint32_t device_id);
uint32_t number(const char *option, const char *text, uint32_t min,
		uint32_t max, bool power_of_2);

/* net.c */
struct net_options {
	const char *tap;
	uint32_t pairs;
	uint32_t ifindex;
	int fds[KVDEV_MAX_QUEUES / 2];
	struct kvdev_net_config config;
	struct kvdev_net_local local;
};

enum {
	NET_TAP, NET_MAC, NET_LOCKED_MAC, NET_HOST_MAC, NET_MTU, NET_SPEED,
	NET_BUSY_POLL, NET_NO_LINK, NET_DHCP, NET_HOSTNAME, NET_BOOT_FILE,
	NET_TFTP_SERVER, NET_RSS, NET_HASH_REPORT, NET_SPLIT_WORKERS,
};

#define NET_OPTIONS(_base)						\
	{ "tap", required_argument, NULL, (_base) + NET_TAP },		\
	{ "mac", required_argument, NULL, (_base) + NET_MAC },		\
	{ "locked-mac", no_argument, NULL, (_base) + NET_LOCKED_MAC },	\
	{ "host-mac", required_argument, NULL, (_base) + NET_HOST_MAC },\
	{ "mtu", required_argument, NULL, (_base) + NET_MTU },		\
	{ "speed", required_argument, NULL, (_base) + NET_SPEED },	\
	{ "busy-poll", required_argument, NULL, (_base) + NET_BUSY_POLL },\
	{ "no-link", no_argument, NULL, (_base) + NET_NO_LINK },	\
	{ "dhcp", required_argument, NULL, (_base) + NET_DHCP },	\
	{ "hostname", required_argument, NULL, (_base) + NET_HOSTNAME },\
	{ "boot-file", required_argument, NULL, (_base) + NET_BOOT_FILE },\
	{ "tftp-server", required_argument, NULL, (_base) + NET_TFTP_SERVER }, \
	{ "rss", no_argument, NULL, (_base) + NET_RSS },		\
	{ "hash-report", no_argument, NULL, (_base) + NET_HASH_REPORT },\
	{ "split-workers", no_argument, NULL, (_base) + NET_SPLIT_WORKERS },

void net_option(struct net_options *o, int option);
void net_check(struct net_options *o, uint32_t *nr_queues);
void net_open(struct net_options *o);
bool net_complete(const struct net_options *o, int fd);
void net_show(const struct kvdev_next *d);
void net_json(struct json_object *o, const struct kvdev_next *d);
void net_stats_text(const struct kvdev_next *d);
void net_stats_json(struct json_object *o, const struct kvdev_next *d);

/* json.c */
struct json_object *json_device(const struct kvdev_next *d);
struct json_object *json_features(uint32_t device_id, uint64_t features);
void json_add(struct json_object *o, const char *key, struct json_object *v);
void json_add_u64(struct json_object *o, const char *key, uint64_t value);
void json_add_text(struct json_object *o, const char *key, const char *text);
void json_print(struct json_object *o);	/* and free */

/* text.c */
const char *size_text(uint64_t bytes);
void text_clean(char *dst, size_t size, const void *src, size_t len);
const char *feature_name(uint32_t device_id, unsigned int bit);
const char *status_name(unsigned int bit);
const char *status_word(uint32_t status);
void print_words(const char *label, const char *words);
bool parse_number(const char *text, uint64_t *value);

/* table.c */
#define TABLE_COLUMNS 16

struct table {
	size_t columns;
	int indent;
	bool numbers;			/* all but the first column */
	char **cells;
	size_t nr;
};

__printf(2, 3) void table_add(struct table *t, const char *fmt, ...);
void table_print(struct table *t);

#endif /* KVDEVCTL_H */
