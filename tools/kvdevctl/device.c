// SPDX-License-Identifier: GPL-2.0
/* The ioctls of /dev/kvdev, as functions that return 0 or -errno. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvdevctl.h"

#define DEV_PATH "/dev/kvdev"

static int neg(int ret)
{
	return ret < 0 ? -errno : ret;
}

/* Nothing works without: says what to do, and ends. */
static int open_kvdev(int flags)
{
	int fd = open(DEV_PATH, flags | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		die("no %s: load the module with 'modprobe kvdev'", DEV_PATH);
	case EACCES:
	case EPERM:
		die("%s: permission denied: join group kvm, or become root",
		    DEV_PATH);
	default:
		die("cannot open %s: %s", DEV_PATH, strerror(errno));
	}
}

/* For commands that need no device on the file. */
static int control_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open_kvdev(O_RDWR);
	return fd;
}

/* The kernel's rule, so that what is wrong can be said. */
bool name_valid(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._-";
	size_t len = strlen(name);

	return len && len < KVDEV_NAME_LEN && strspn(name, allowed) == len;
}

static int name_command(int fd, unsigned long cmd, const char *name)
{
	struct kvdev_name n = { .size = sizeof(n) };

	if (!name_valid(name))
		return -ENOENT;
	memcpy(n.name, name, strlen(name));
	return neg(ioctl(fd, cmd, &n));
}

/**
 * device_create() - make a named device
 * @fd: out, a file of it
 */
int device_create(const char *name, uint32_t type, uint32_t nr_queues,
		  uint32_t queue_size, uint64_t features,
		  const struct perm_options *perm, int *fd)
{
	struct kvdev_create c = {
		.size = sizeof(c),
		.flags = KVDEV_CREATE_NAMED | perm->flags,
		.device_id = type,
		.nr_queues = nr_queues,
		.queue_size = queue_size,
		.features = features,
		.uid = perm->uid,
		.gid = perm->gid,
		.mode = perm->mode,
	};
	int ret;

	if (!name_valid(name))
		return -EINVAL;
	memcpy(c.name, name, strlen(name));
	*fd = open_kvdev(O_RDWR);
	ret = neg(ioctl(*fd, KVDEV_CREATE, &c));
	if (ret)
		close(*fd);
	return ret;
}

static int open_as(const char *name, int flags)
{
	int fd = open_kvdev(flags), ret = name_command(fd, KVDEV_OPEN, name);

	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* A file of the device, to be closed. */
int device_open(const char *name)
{
	return open_as(name, O_RDWR);
}

int device_look(const char *name)
{
	return open_as(name, O_RDONLY);
}

int device_delete(const char *name)
{
	return name_command(control_fd(), KVDEV_DELETE, name);
}

int device_set_permissions(const char *name, const struct perm_options *o)
{
	struct kvdev_permissions p = {
		.size = sizeof(p),
		.flags = o->flags,
		.uid = o->uid,
		.gid = o->gid,
		.mode = o->mode,
	};

	if (!name_valid(name))
		return -ENOENT;
	memcpy(p.name, name, strlen(name));
	return neg(ioctl(control_fd(), KVDEV_SET_PERMISSIONS, &p));
}

/* The first device from this id on; -ENOENT: there is none. */
int device_next(uint32_t from, struct kvdev_next *d)
{
	int ret;

	*d = (struct kvdev_next){ .size = sizeof(*d), .id = from };
	ret = neg(ioctl(control_fd(), KVDEV_NEXT, d));
	if (ret && ret != -ENOENT)
		die("cannot list devices: %s", ret == -ENOTTY ?
		    "the kvdev module is too old" : strerror(-ret));
	return ret;
}

int device_find(const char *name, struct kvdev_next *d)
{
	for_each_device(d)
		if (name[0] && !strcmp((const char *)d->name, name))
			return 0;
	return -ENOENT;
}

void device_must_exist(const char *name, struct kvdev_next *d)
{
	int fd;

	if (!device_find(name, d))
		return;
	/* Others' devices are not on the list. */
	fd = device_look(name);
	if (fd == -EACCES)
		die("'%s': permission denied: its owner, group and mode say who may look at it",
		    name);
	die("there is no device '%s'; 'kvdevctl list' shows all", name);
}

int device_info(struct kvdev_info *info)
{
	*info = (struct kvdev_info){ .size = sizeof(*info) };
	return neg(ioctl(control_fd(), KVDEV_GET_INFO, info));
}

int device_stats(int fd, uint32_t queue, struct kvdev_get_stats *s)
{
	*s = (struct kvdev_get_stats){ .size = sizeof(*s), .queue = queue };
	return neg(ioctl(fd, KVDEV_GET_STATS, s));
}
