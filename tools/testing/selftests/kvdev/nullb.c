// SPDX-License-Identifier: GPL-2.0
/* Disks of null_blk, with completions as late as a test wants them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvdev_user.h"

bool have_null_blk(void)
{
	return !access("/sys/kernel/config/nullb", F_OK);
}

static bool write_attr(const char *name, const char *attr, const char *value)
{
	char path[160];
	int fd, ret;

	snprintf(path, sizeof(path), "/sys/kernel/config/nullb/%s/%s", name,
		 attr);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ret = write(fd, value, strlen(value));
	close(fd);
	return ret > 0;
}

bool nullb_set(const struct nullb *n, const char *attr, const char *value)
{
	return write_attr(n->name, attr, value);
}

static bool power_on(struct nullb *n)
{
	char path[96], index[24] = "";
	int fd;

	if (!write_attr(n->name, "power", "1"))
		return false;
	snprintf(path, sizeof(path), "/sys/kernel/config/nullb/%s/index",
		 n->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, index, sizeof(index) - 1) < 0)
		index[0] = '\0';
	close(fd);
	/* Newer kernels name the disk after the directory. */
	snprintf(n->path, sizeof(n->path), "/dev/%s", n->name);
	if (access(n->path, F_OK))
		snprintf(n->path, sizeof(n->path), "/dev/nullb%d", atoi(index));
	return true;
}

static bool new_disk(struct nullb *n, unsigned int mib, unsigned int cache_mib,
		     unsigned long delay_ns, unsigned int block_size)
{
	char path[96], text[24];

	snprintf(n->name, sizeof(n->name), "selftest-%d", getpid());
	snprintf(path, sizeof(path), "/sys/kernel/config/nullb/%s", n->name);
	if (mkdir(path, 0700))
		return false;
	snprintf(text, sizeof(text), "%u", mib);
	write_attr(n->name, "size", text);
	write_attr(n->name, "memory_backed", "1");
	snprintf(text, sizeof(text), "%u", block_size);
	write_attr(n->name, "blocksize", text);
	if (cache_mib) {
		snprintf(text, sizeof(text), "%u", cache_mib);
		write_attr(n->name, "cache_size", text);
		write_attr(n->name, "discard", "1");
	}
	if (delay_ns) {
		snprintf(text, sizeof(text), "%lu", delay_ns);
		write_attr(n->name, "completion_nsec", text);
		write_attr(n->name, "irqmode", "2");
		write_attr(n->name, "hw_queue_depth", "1024");
	}
	if (power_on(n))
		return true;
	nullb_free(n);
	return false;
}

bool nullb_new(struct nullb *n, unsigned int mib, unsigned long delay_ns)
{
	return new_disk(n, mib, 0, delay_ns, 512);
}

bool nullb_new_blocks(struct nullb *n, unsigned int mib, unsigned long delay_ns,
		      unsigned int block_size)
{
	return new_disk(n, mib, 0, delay_ns, block_size);
}

/*
 * One with a write cache that nothing but a flush empties, as it is larger than
 * the disk, and that is lost when the power goes.
 */
bool nullb_new_volatile(struct nullb *n, unsigned int mib)
{
	return new_disk(n, mib, 2 * mib, 0, 512);
}

/* The power goes and comes back. Nobody has the disk open. */
bool nullb_crash(struct nullb *n)
{
	return write_attr(n->name, "power", "0") && power_on(n);
}

void nullb_free(struct nullb *n)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/kernel/config/nullb/%s", n->name);
	rmdir(path);
}
