// SPDX-License-Identifier: GPL-2.0
/*
 * Who uses a device. The kernel knows the process that is the owner; for the
 * vDPA bus, sysfs knows the driver and what it made of the device (a vhost
 * node for a VMM, a disk of this host), and /proc who has that open.
 *
 * All of it may change while we look. It is for messages, and for refusing what
 * is clearly a mistake; the kernel has the last word.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kvdevctl.h"

#define BUS_PATH "/sys/bus/vdpa/devices"

/* ------------------------------------------------------------------- sysfs */

static bool read_line(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(buf, size, f);

	if (f)
		fclose(f);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok;
}

/* The first entry of a directory that starts with these letters. */
static bool find_entry(const char *dir, const char *prefix, char *name,
		       size_t size)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	if (!d)
		return false;
	while (!found && (e = readdir(d))) {
		if (e->d_name[0] == '.' ||
		    strncmp(e->d_name, prefix, strlen(prefix)) ||
		    strlen(e->d_name) >= size)
			continue;
		strcpy(name, e->d_name);
		found = true;
	}
	closedir(d);
	return found;
}

static void find_driver(const char *dev, struct user *u)
{
	char path[128], link[256], *name;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/driver", dev);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return;
	link[len] = '\0';
	name = strrchr(link, '/');
	snprintf(u->driver, sizeof(u->driver), "%.31s", name ? name + 1 : link);
}

/* What the driver made of the device. */
static void find_node(const char *dev, struct user *u)
{
	char path[256], name[48];

	if (find_entry(dev, "vhost-vdpa-", name, sizeof(name))) {
		snprintf(u->node, sizeof(u->node), "/dev/%s", name);
		return;
	}
	if (!find_entry(dev, "virtio", name, sizeof(name)))
		return;
	snprintf(path, sizeof(path), "%s/%s/block", dev, name);
	if (!find_entry(path, "", name, sizeof(name)))
		return;
	snprintf(u->node, sizeof(u->node), "/dev/%s", name);
	u->block = true;
}

/* ------------------------------------------------------------------- /proc */

struct node {
	mode_t type;
	dev_t rdev;
	char disk[48];			/* a block device's name */
};

/* Is that the node, or a partition of it? */
static bool same_node(const struct node *n, mode_t mode, dev_t rdev)
{
	char path[128];

	if ((mode & S_IFMT) != n->type)
		return false;
	if (rdev == n->rdev)
		return true;
	if (n->type != S_IFBLK || !n->disk[0])
		return false;
	/* /sys/dev/block/8:1 leads to .../sda/sda1 */
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(rdev),
		 minor(rdev));
	{
		char link[512], *name;
		ssize_t len = readlink(path, link, sizeof(link) - 1);

		if (len < 0)
			return false;
		link[len] = '\0';
		name = strrchr(link, '/');
		if (!name)
			return false;
		*name = '\0';
		name = strrchr(link, '/');
		return name && !strcmp(name + 1, n->disk);
	}
}

static bool has_open(const char *pid, const struct node *n)
{
	char path[64];
	struct dirent *e;
	struct stat st;
	bool found = false;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	d = opendir(path);
	if (!d)
		return false;
	while (!found && (e = readdir(d)))
		found = e->d_name[0] != '.' &&
			!fstatat(dirfd(d), e->d_name, &st, 0) &&
			same_node(n, st.st_mode, st.st_rdev);
	closedir(d);
	return found;
}

static void find_process(const struct node *n, struct user *u)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && !u->pid && (e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]) &&
		    has_open(e->d_name, n))
			u->pid = atoi(e->d_name);
	if (d)
		closedir(d);
	if (u->pid) {
		char path[64], comm[32] = "";

		snprintf(path, sizeof(path), "/proc/%d/comm", u->pid);
		read_line(path, comm, sizeof(comm));
		text_clean(u->comm, sizeof(u->comm), comm, sizeof(comm));
	}
}

/* "36 35 98:0 /root /mount ...": the file system on the disk or part of it. */
static void find_mount(const struct node *n, struct user *u)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	unsigned int major, minor;
	char line[1024], where[512];

	while (f && !u->mount[0] && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %u:%u %*s %511s", &major, &minor,
			   where) == 3 &&
		    same_node(n, S_IFBLK, makedev(major, minor)))
			text_clean(u->mount, sizeof(u->mount), where,
				   sizeof(where));
	if (f)
		fclose(f);
}

static void find_opener(struct user *u)
{
	struct stat st;
	struct node n;
	int fd;

	if (stat(u->node, &st))
		return;
	n.type = st.st_mode & S_IFMT;
	n.rdev = st.st_rdev;
	n.disk[0] = '\0';
	if (u->block)
		snprintf(n.disk, sizeof(n.disk), "%.40s",
			 u->node + strlen("/dev/"));

	if (!u->pid)
		find_process(&n, u);
	if (!u->block || n.type != S_IFBLK)
		return;
	find_mount(&n, u);
	/* Swap, RAID, LVM, or a mount in another name space. */
	fd = open(u->node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	else if (errno == EBUSY)
		u->claimed = true;
}

/**
 * find_user() - who uses a device
 * @search: also look through all processes, if need be
 */
void find_user(const struct kvdev_next *d, struct user *u, bool search)
{
	char dev[96];

	memset(u, 0, sizeof(*u));
	u->pid = d->use_pid;
	if (u->pid)
		text_clean(u->comm, sizeof(u->comm), d->use_comm,
			   sizeof(d->use_comm));
	u->bus = d->use == KVDEV_USE_VDPA;
	if (!u->bus)
		return;
	snprintf(dev, sizeof(dev), BUS_PATH "/%.31s", (const char *)d->name);
	find_driver(dev, u);
	find_node(dev, u);
	if (search && u->node[0])
		find_opener(u);
}

/* Would it be missed? */
bool user_is_active(const struct user *u)
{
	return u->pid || u->mount[0] || u->claimed;
}

/* In words; good until the next call. */
const char *user_text(const struct kvdev_next *d, const struct user *u)
{
	static char text[512];
	size_t len = 0;

	text[0] = '\0';
	if (d->use == KVDEV_USE_NONE)
		return text;
	if (u->bus)
		len = snprintf(text, sizeof(text), "vDPA bus, %s%s%s%s",
			       u->driver[0] ? "driver " : "no driver",
			       u->driver, u->node[0] ? ", " : "", u->node);
	if (u->pid)
		snprintf(text + len, sizeof(text) - len, "%s%s (pid %d)",
			 len ? ", " : "", u->comm, u->pid);
	else if (u->mount[0])
		snprintf(text + len, sizeof(text) - len, ", mounted on %s",
			 u->mount);
	else if (u->claimed)
		snprintf(text + len, sizeof(text) - len, ", in use");
	else if (!u->bus)
		snprintf(text, sizeof(text),
			 "a process that cannot be seen from here");
	return text;
}
