// SPDX-License-Identifier: GPL-2.0
/*
 * Backing files. The device keeps the open file, and with it what is done to it
 * here: an exclusive claim of a block device and the locks on a file last as
 * long as the device. The same disk under two guests is a destroyed disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvdevctl.h"

static void set_path(struct store_options *o, bool dev)
{
	if (o->path)
		usage_error("one --file or one --dev, not more");
	if (!optarg[0])
		usage_error("the name of the store is empty");
	o->path = optarg;
	o->dev = dev;
}

/**
 * store_option() - an option that may be one of STORE_OPTIONS
 * @c: from next_option()
 *
 * Return: whether it was.
 */
bool store_option(struct store_options *o, int c)
{
	switch (c) {
	case OPT_FILE:
	case OPT_DEV:
		set_path(o, c == OPT_DEV);
		return true;
	case OPT_FORMAT:
		if (strcmp(optarg, "raw"))
			usage_error("--format: '%s' is not known, only 'raw' is",
				    optarg);
		return true;
	case OPT_RO:
		o->read_only = true;
		return true;
	case OPT_DIRECT:
		o->direct = true;
		return true;
	case OPT_SHARED:
		o->shared = true;
		return true;
	default:
		return false;
	}
}

/*
 * QEMU's locks of image files (its block/file-posix.c), so that both keep off
 * each other's: who does something has a read lock on byte 100 + n, who bears
 * nobody else doing it has one on byte 200 + n.
 */
enum {
	BYTE_READ = 0,
	BYTE_WRITE = 1,
	BYTE_RESIZE = 3,
	BYTES_DOING = 100,
	BYTES_ALONE = 200,
};

static struct flock one_byte(short type, off_t byte)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET,
			       .l_start = byte, .l_len = 1 };
}

/* A file system without locks is not refused. */
static bool lock_byte(int fd, off_t byte)
{
	struct flock lock = one_byte(F_RDLCK, byte);

	return !fcntl(fd, F_OFD_SETLK, &lock) ||
	       (errno != EAGAIN && errno != EACCES);
}

static bool byte_is_free(int fd, off_t byte)
{
	struct flock lock = one_byte(F_WRLCK, byte);

	return fcntl(fd, F_OFD_GETLK, &lock) || lock.l_type == F_UNLCK;
}

static bool lock_store(int fd, const struct store_options *o)
{
	bool ok = lock_byte(fd, BYTES_DOING + BYTE_READ);

	if (!o->read_only)
		ok &= lock_byte(fd, BYTES_DOING + BYTE_WRITE);
	if (!o->shared)
		ok &= lock_byte(fd, BYTES_ALONE + BYTE_WRITE) &&
		      lock_byte(fd, BYTES_ALONE + BYTE_RESIZE);

	ok &= byte_is_free(fd, BYTES_ALONE + BYTE_READ);
	if (!o->read_only)
		ok &= byte_is_free(fd, BYTES_ALONE + BYTE_WRITE);
	if (!o->shared)
		ok &= byte_is_free(fd, BYTES_DOING + BYTE_WRITE) &&
		      byte_is_free(fd, BYTES_DOING + BYTE_RESIZE);
	return ok;
}

/* Another device's store? Its name, or NULL. */
static const char *device_with_store(const char *path)
{
	static struct kvdev_next d;
	char *real = realpath(path, NULL);
	bool found = false;

	for_each_device(&d) {
		found = real && d.name[0] &&
			!strcmp((const char *)d.backing, real);
		if (found)
			break;
	}
	free(real);
	return found ? (const char *)d.name : NULL;
}

static __noreturn void die_in_use(const struct store_options *o)
{
	const char *name = device_with_store(o->path);

	if (name)
		die("'%s' is already in use by device '%s'; if that is right: --shared",
		    o->path, name);
	die("'%s' is already in use (%s); if that is right: --shared", o->path,
	    o->dev ? "mounted, or the disk of another program" :
	    "its locks are those of another virtual machine");
}

static __noreturn void die_open(const struct store_options *o)
{
	int err = errno;

	if (err == EBUSY && o->dev)
		die_in_use(o);
	if (err == ENOENT && !o->dev)
		die("there is no file '%s'; 'truncate -s 10G FILE' makes an empty disk",
		    o->path);
	if (err == EROFS || (err == EACCES && !o->read_only))
		die("cannot write to '%s': %s; --ro makes a read-only disk",
		    o->path, strerror(err));
	if (err == EINVAL && o->direct)
		die("the file system of '%s' has no direct I/O; leave out --direct",
		    o->path);
	die("cannot open '%s': %s", o->path, strerror(err));
}

/* Before anything is opened: opening a FIFO or a terminal does something. */
static void check_kind(const struct store_options *o)
{
	struct stat st;

	if (stat(o->path, &st))
		die_open(o);
	if (S_ISBLK(st.st_mode) && !o->dev)
		die("'%s' is a block device: --dev, not --file", o->path);
	if (S_ISREG(st.st_mode) && o->dev)
		die("'%s' is a file: --file, not --dev", o->path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		die("'%s' is neither a file nor a block device", o->path);
}

/**
 * store_open() - open a backing file for a device
 *
 * Ends the program if that cannot be.
 *
 * Return: the descriptor.
 */
int store_open(const struct store_options *o)
{
	int fd, flags = O_CLOEXEC | O_NONBLOCK;

	check_kind(o);
	flags |= o->read_only ? O_RDONLY : O_RDWR;
	if (o->direct)
		flags |= O_DIRECT;
	/* A claim excludes readers as well: only for who writes. */
	if (o->dev && !o->shared && !o->read_only)
		flags |= O_EXCL;
	fd = open(o->path, flags);
	if (fd < 0)
		die_open(o);
	/* It was for open() alone. */
	if (fcntl(fd, F_SETFL, flags & O_DIRECT))
		die("fcntl: %s", strerror(errno));
	if (!o->dev && !lock_store(fd, o))
		die_in_use(o);
	return fd;
}
