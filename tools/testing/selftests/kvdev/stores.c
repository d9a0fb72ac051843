// SPDX-License-Identifier: GPL-2.0
/* See stores.h. */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <linux/fiemap.h>
#include <linux/fs.h>

#include "stores.h"

/* EXT4_IOC_SHUTDOWN: the file system writes nothing from now on. */
#define FS_SHUTDOWN		_IOR('X', 125, uint32_t)
#define FS_SHUTDOWN_NOFLUSH	2

/* Room for the file, its journal and the rest. */
#define DISK_MIB		48

const char *const store_names[NR_STORES] = {
	[STORE_DISK] = "disk",
	[STORE_FILE] = "buffered file",
	[STORE_DIRECT] = "direct file",
};

bool have_volatile(void)
{
	return have_null_blk();
}

static void store_path(const struct store *s, char *path, size_t size)
{
	if (s->kind == STORE_DISK)
		snprintf(path, size, "%s", s->disk.path);
	else
		snprintf(path, size, "%s/image", s->dir);
}

int store_open(const struct store *s, int flags)
{
	char path[64];
	int fd;

	store_path(s, path, sizeof(path));
	fd = open(path, flags | O_CLOEXEC, 0600);
	must(fd < 0 ? -errno : 0, path);
	return fd;
}

static void store_mount(struct store *s)
{
	must(mount(s->disk.path, s->dir, "ext4", 0, "") ? -errno : 0,
	     "mount an ext4");
}

/* Whoever had a file open may be a moment behind. */
static void store_unmount(struct store *s)
{
	uint64_t end = now_ms() + WAIT_MS;

	while (umount(s->dir)) {
		must(errno != EBUSY || now_ms() > end ? -errno : 0, "umount");
		usleep(1000);
	}
}

static void make_file_system(struct store *s)
{
	char command[160];

	snprintf(s->dir, sizeof(s->dir), "/tmp/volatile-XXXXXX");
	must(mkdtemp(s->dir) ? 0 : -errno, "mkdtemp");
	snprintf(command, sizeof(command),
		 "mkfs.ext4 -q -b 4096 -J size=4 -E lazy_itable_init=0,lazy_journal_init=0 %s",
		 s->disk.path);
	if (system(command))
		SKIP("no mkfs.ext4");
	store_mount(s);
}

/*
 * The disk loses what the file has, and the file system does not know; it is
 * not mounted meanwhile, as some kernels let nobody write to a disk that is.
 */
static void forget_blocks(struct store *s)
{
	struct {
		struct fiemap map;
		struct fiemap_extent extents[64];
	} m = { .map = {
		.fm_length = VOLATILE_SIZE,
		.fm_extent_count = 64,
	} };
	int disk, fd = store_open(s, O_RDONLY);
	unsigned int i;

	must(ioctl(fd, FS_IOC_FIEMAP, &m) ? -errno : 0, "FIEMAP");
	close(fd);
	store_unmount(s);
	disk = open(s->disk.path, O_RDWR | O_CLOEXEC);
	must(disk < 0 ? -errno : 0, s->disk.path);
	for (i = 0; i < m.map.fm_mapped_extents; i++) {
		uint64_t range[] = { m.extents[i].fe_physical,
				     m.extents[i].fe_length };

		must(ioctl(disk, BLKDISCARD, range) ? -errno : 0, "discard");
	}
	close(disk);
	store_mount(s);
}

void store_new(struct store *s, enum store_kind kind, int flags, bool full)
{
	uint8_t *old;
	int fd;

	*s = (struct store){ .kind = kind };
	if (!nullb_new_volatile(&s->disk, DISK_MIB))
		SKIP("no null_blk disk with a cache");
	if (kind != STORE_DISK)
		make_file_system(s);
	fd = store_open(s, O_RDWR | O_CREAT);
	if (full || kind != STORE_DISK) {
		old = malloc(VOLATILE_SIZE);
		fill(old, VOLATILE_SIZE, OLD_SEED);
		must(pwrite(fd, old, VOLATILE_SIZE, 0) ==
		     (ssize_t)VOLATILE_SIZE ? 0 : -EIO, "fill the store");
		must(syncfs(fd) || fsync(fd) ? -errno : 0, "fsync");
		free(old);
	}
	close(fd);
	if (!full && kind != STORE_DISK)
		forget_blocks(s);
	if (kind == STORE_DIRECT)
		flags |= O_DIRECT;
	s->fd = store_open(s, O_RDWR | flags);
}

void store_cut(struct store *s)
{
	uint32_t how = FS_SHUTDOWN_NOFLUSH;

	if (s->kind == STORE_DISK)
		return;
	must(ioctl(s->fd, FS_SHUTDOWN, &how) ? -errno : 0, "shut down ext4");
}

void store_crash(struct store *s)
{
	close(s->fd);
	if (s->kind != STORE_DISK)
		store_unmount(s);
	must(nullb_crash(&s->disk) ? 0 : -EIO, "switch the disk off and on");
	if (s->kind != STORE_DISK)
		store_mount(s);
	s->fd = store_open(s, O_RDWR);
}

void store_free(struct store *s)
{
	close(s->fd);
	if (s->dir[0]) {
		store_unmount(s);
		rmdir(s->dir);
	}
	nullb_free(&s->disk);
}

unsigned long store_flushes(struct store *s)
{
	unsigned long field[17] = {};
	unsigned int i;
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/block/%s/stat",
		 strrchr(s->disk.path, '/') + 1);
	f = fopen(path, "r");
	must(f ? 0 : -errno, path);
	for (i = 0; i < ARRAY_SIZE(field); i++)
		if (fscanf(f, "%lu", &field[i]) != 1)
			break;
	fclose(f);
	return field[15];
}

bool store_has(struct store *s, uint64_t pos, size_t len, uint64_t seed)
{
	uint8_t *all = malloc(pos + len), *found = malloc(len);
	bool same;

	fill(all, pos + len, seed);
	same = pread(s->fd, found, len, pos) == (ssize_t)len &&
	       !memcmp(found, all + pos, len);
	free(all);
	free(found);
	return same;
}

bool store_zero(struct store *s, uint64_t pos, size_t len)
{
	uint8_t *found = malloc(len);
	bool zero;

	zero = pread(s->fd, found, len, pos) == (ssize_t)len &&
	       all_bytes(found, len, 0);
	free(found);
	return zero;
}

/*
 * A file that has fallocate() by its looks and no holes: an overlay passes the
 * call on to the file system below, and ramfs has none. Or -1.
 */
int file_without_holes(size_t size)
{
	char dir[] = "/tmp/no-holes-XXXXXX", path[64], options[160];
	int fd = -1;

	if (!mkdtemp(dir))
		return -1;
	if (mount("ramfs", dir, "ramfs", 0, NULL))
		goto out_rmdir;
	snprintf(path, sizeof(path), "%s/upper", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/work", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/lower", dir);
	mkdir(path, 0700);
	snprintf(options, sizeof(options),
		 "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", dir,
		 dir, dir);
	if (!mount("overlay", path, "overlay", 0, options)) {
		snprintf(path, sizeof(path), "%s/lower/image", dir);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		snprintf(path, sizeof(path), "%s/lower", dir);
		umount2(path, MNT_DETACH);
	}
	umount2(dir, MNT_DETACH);
out_rmdir:
	rmdir(dir);
	if (fd >= 0)
		must(ftruncate(fd, size) ? -errno : 0, "ftruncate");
	return fd;
}
