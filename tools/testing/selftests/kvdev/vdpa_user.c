// SPDX-License-Identifier: GPL-2.0
/* See vdpa_user.h. */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "vdpa_user.h"

#define DEVICES		"/sys/bus/vdpa/devices"
#define DRIVERS		"/sys/bus/vdpa/drivers"

/* Of this program, which is not a test: those are its children. */
static pid_t program;
static bool loaded_here;

static int run(const char *command)
{
	int status = system(command);

	return status < 0 ? -1 : status >> 8;
}

int vdpa_tool(const char *fmt, ...)
{
	char args[128], command[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(args, sizeof(args), fmt, ap);
	va_end(ap);
	snprintf(command, sizeof(command), "vdpa %s >/dev/null 2>&1", args);
	return run(command);
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

	close(fd);
	return ok;
}

/* ------------------------------------------------------- before and after */

static void name_cmd(unsigned long nr, const char *name, int fd)
{
	struct kvdev_name n = { .size = sizeof(n) };

	memcpy(n.name, name, strnlen(name, sizeof(n.name) - 1));
	ASSERT_EQ(cmd(fd, nr, &n), 0);
}

__attribute__((constructor)) static void begin(void)
{
	program = getpid();
}

static void need_bus(void)
{
	if (run("command -v vdpa modprobe >/dev/null"))
		SKIP("no vdpa or no modprobe");
	if (run("modprobe -q -a kvdev_vdpa vhost_vdpa") ||
	    access(DRIVERS "/vhost_vdpa", X_OK))
		SKIP("no vhost_vdpa in this kernel");
}

/* Devices of tests that failed, and the modules if nobody else needs them. */
__attribute__((destructor)) static void end(void)
{
	struct kvdev_next n = { .size = sizeof(n) };
	char prefix[KVDEV_NAME_LEN];
	int fd;

	if (getpid() != program || !loaded_here)
		return;
	fd = open(DEV_PATH, O_RDWR | O_CLOEXEC);
	snprintf(prefix, sizeof(prefix), "vdpa-%d-", program);
	while (fd >= 0 && !cmd(fd, KVDEV_NEXT, &n)) {
		struct kvdev_name name = { .size = sizeof(name) };

		if (!strncmp((char *)n.name, prefix, strlen(prefix))) {
			vdpa_tool("dev del %s", (char *)n.name);
			memcpy(name.name, n.name, sizeof(name.name));
			cmd(fd, KVDEV_DELETE, &name);
		}
		n = (struct kvdev_next){ .size = sizeof(n), .id = n.id + 1 };
	}
	close(fd);
	run("rmmod kvdev_vdpa 2>/dev/null");
}

/* Only the program itself sees what its tests load: it looks beforehand. */
__attribute__((constructor)) static void look(void)
{
	loaded_here = access("/sys/module/kvdev_vdpa", F_OK) != 0;
}

/* ---------------------------------------------------------------- devices */

/* A new device goes to the first driver; here it has to be vhost_vdpa. */
static void bind_vhost(const char *name)
{
	char path[128], link[128] = "";

	snprintf(path, sizeof(path), DEVICES "/%s/driver", name);
	if (readlink(path, link, sizeof(link) - 1) > 0) {
		if (strstr(link, "/vhost_vdpa"))
			return;
		ASSERT_TRUE(write_text(DRIVERS "/virtio_vdpa/unbind", name));
	}
	ASSERT_TRUE(write_text(DRIVERS "/vhost_vdpa/bind", name));
}

static void find_node(struct vdpa_dev *d)
{
	char path[128];
	struct dirent *e;
	int i;
	DIR *dir;

	snprintf(path, sizeof(path), DEVICES "/%s", d->name);
	dir = opendir(path);
	ASSERT_TRUE(dir);
	while ((e = readdir(dir)))
		if (!strncmp(e->d_name, "vhost-vdpa-", 11))
			snprintf(d->path, sizeof(d->path), "/dev/%.20s",
				 e->d_name);
	closedir(dir);
	ASSERT_TRUE(d->path[0]);
	for (i = 0; i < 200 && access(d->path, F_OK); i++)
		usleep(10000);
}

struct vdpa_dev *vdpa_new(uint32_t device_id, uint32_t nr_queues, int backend)
{
	struct vdpa_dev *d = calloc(1, sizeof(*d));
	struct kvdev_create c = {
		.size = sizeof(c),
		.flags = KVDEV_CREATE_NAMED,
		.device_id = device_id,
		.nr_queues = nr_queues,
	};
	int fd = dev_open();

	need_bus();
	snprintf(d->name, sizeof(d->name), "vdpa-%d-%d", program, getpid());
	memcpy(c.name, d->name, sizeof(c.name));
	ASSERT_EQ(cmd(fd, KVDEV_CREATE, &c), 0);
	if (backend > 0)
		ASSERT_EQ(set_backend(fd, backend, 0, 0), 0);
	close(fd);
	ASSERT_EQ(vdpa_tool("dev add name %s mgmtdev kvdev", d->name), 0);
	bind_vhost(d->name);
	find_node(d);
	return d;
}

struct vdpa_dev *vdpa_disk(void)
{
	return vdpa_new(VIRTIO_ID_BLOCK, 2, temp_file(4 << 20, 0));
}

int vdpa_open(const struct vdpa_dev *d)
{
	int fd = open(d->path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int vdpa_owner(const struct vdpa_dev *d)
{
	int fd = vdpa_open(d);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	return fd;
}

void vdpa_delete(struct vdpa_dev *d)
{
	int fd = dev_open();

	ASSERT_EQ(vdpa_tool("dev del %s", d->name), 0);
	name_cmd(KVDEV_DELETE, d->name, fd);
	close(fd);
	free(d);
}

/* ----------------------------------------------------------------- guests */

struct guest *vdpa_guest_on(const struct vdpa_dev *d, int fd,
			    struct guest_options o)
{
	/* As VMMs do: a reset leaves the mapping alone. */
	uint64_t bits = BIT(VHOST_BACKEND_F_IOTLB_MSG_V2) |
			BIT(VHOST_BACKEND_F_IOTLB_PERSIST);
	struct guest *g;

	ASSERT_EQ(cmd(fd, VHOST_SET_BACKEND_FEATURES, &bits), 0);
	o.vhost = fd;
	g = guest_new(&o);
	g->stats_fd = dev_open();
	name_cmd(KVDEV_OPEN, d->name, g->stats_fd);
	return g;
}

struct guest *vdpa_guest(const struct vdpa_dev *d)
{
	int fd = vdpa_open(d);
	struct guest *g;

	ASSERT_GE(fd, 0);
	g = vdpa_guest_on(d, fd, (struct guest_options){});
	guest_start(g);
	return g;
}

bool vdpa_usable(const struct vdpa_dev *d)
{
	struct guest *g = vdpa_guest(d);

	blk_works(g);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	guest_free(g);
	return true;
}

struct guest *vdpa_fresh_guest(const struct vdpa_dev *d,
			       struct guest_options o)
{
	int fd = vdpa_open(d);

	ASSERT_GE(fd, 0);
	return vdpa_guest_on(d, fd, o);
}

void vdpa_done(struct vdpa_dev *d, struct guest *g)
{
	guest_free(g);
	EXPECT_TRUE(vdpa_usable(d));
	vdpa_delete(d);
}

int map(int fd, uint64_t iova, uint64_t size, const void *p)
{
	return iotlb(fd, VHOST_IOTLB_MSG, VHOST_IOTLB_UPDATE, iova, size, p,
		     RW);
}

int unmap(int fd, uint64_t iova, uint64_t size)
{
	return iotlb(fd, VHOST_IOTLB_MSG, VHOST_IOTLB_INVALIDATE, iova, size,
		     NULL, 0);
}
