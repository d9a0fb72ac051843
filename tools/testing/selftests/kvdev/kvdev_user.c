// SPDX-License-Identifier: GPL-2.0
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kvdev_user.h"

/* What a test cannot do without. */
void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	printf("# cannot go on: %s: %s\n", what, strerror(-ret));
	fflush(stdout);
	_exit(1);
}

static int neg(int ret)
{
	return ret < 0 ? -errno : ret;
}

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* ----------------------------------------------------------- system calls */

int dev_open(void)
{
	int fd = neg(open(DEV_PATH, O_RDWR | O_CLOEXEC));

	must(fd, "open " DEV_PATH);
	return fd;
}

int cmd(int fd, unsigned long nr, void *arg)
{
	return neg(ioctl(fd, nr, arg));
}

int cmd_u64(int fd, unsigned long nr, uint64_t value)
{
	return cmd(fd, nr, &value);
}

int vhost_features(int fd, unsigned long nr, uint64_t *low, uint64_t *high)
{
	union {
		struct vhost_features_array a;
		uint64_t words[3];
	} f = { .words = { 2, *low, *high } };
	int ret = cmd(fd, nr, &f);

	*low = f.words[1];
	*high = f.words[2];
	return ret;
}

int set_status(int fd, uint8_t status)
{
	return cmd(fd, VHOST_VDPA_SET_STATUS, &status);
}

int get_status(int fd)
{
	uint8_t status;
	int ret = cmd(fd, VHOST_VDPA_GET_STATUS, &status);

	return ret ? ret : status;
}

int set_mem(int fd, const struct vhost_memory_region *regions, uint32_t nr)
{
	size_t size = sizeof(struct vhost_memory) + nr * sizeof(*regions);
	struct vhost_memory *m = calloc(1, size);
	int ret;

	m->nregions = nr;
	memcpy(m->regions, regions, nr * sizeof(*regions));
	ret = cmd(fd, VHOST_SET_MEM_TABLE, m);
	free(m);
	return ret;
}

/* @form: VHOST_IOTLB_MSG or VHOST_IOTLB_MSG_V2; the latter for space 0. */
int iotlb(int fd, int form, uint8_t type, uint64_t iova, uint64_t size,
	  const void *p, uint8_t perm)
{
	struct vhost_iotlb_msg m = {
		.iova = iova, .size = size, .uaddr = (uintptr_t)p,
		.perm = perm, .type = type,
	};
	struct vhost_msg_v2 v2 = { .type = form, .iotlb = m };
	struct vhost_msg v1 = { .type = form, .iotlb = m };
	bool old = form == VHOST_IOTLB_MSG;
	size_t len = old ? sizeof(v1) : sizeof(v2);
	ssize_t n = write(fd, old ? (void *)&v1 : &v2, len);

	return n < 0 ? -errno : n == (ssize_t)len ? 0 : -EMSGSIZE;
}

int vring_file(int fd, unsigned long nr, unsigned int index, int file)
{
	struct vhost_vring_file f = { .index = index, .fd = file };

	return cmd(fd, nr, &f);
}

int vring_state(int fd, unsigned long nr, unsigned int index, unsigned int num)
{
	struct vhost_vring_state s = { .index = index, .num = num };

	return cmd(fd, nr, &s);
}

int vring_addr(int fd, unsigned int index, const void *desc, const void *avail,
	       const void *used)
{
	struct vhost_vring_addr a = {
		.index = index,
		.desc_user_addr = (uintptr_t)desc,
		.avail_user_addr = (uintptr_t)avail,
		.used_user_addr = (uintptr_t)used,
	};

	return cmd(fd, VHOST_SET_VRING_ADDR, &a);
}

int create(int fd, uint32_t device_id, uint32_t nr_queues, uint32_t queue_size)
{
	struct kvdev_create c = {
		.size = sizeof(c),
		.device_id = device_id,
		.nr_queues = nr_queues,
		.queue_size = queue_size,
	};

	return cmd(fd, KVDEV_CREATE, &c);
}

static int set_backend_serial(int fd, int file, uint32_t flags,
			      uint32_t block_size, const char *serial)
{
	struct kvdev_set_backend b = {
		.size = sizeof(b),
		.flags = flags,
		.fd = file,
		.format = KVDEV_FORMAT_RAW,
		.block_size = block_size,
	};

	if (serial)
		memcpy(b.serial, serial, strnlen(serial, sizeof(b.serial)));
	return cmd(fd, KVDEV_SET_BACKEND, &b);
}

int set_backend(int fd, int file, uint32_t flags, uint32_t block_size)
{
	return set_backend_serial(fd, file, flags, block_size, NULL);
}

int set_vector(int fd, uint32_t vector, int file)
{
	struct kvdev_set_vector v = {
		.size = sizeof(v),
		.vector = vector,
		.fd = file,
	};

	return cmd(fd, KVDEV_SET_VECTOR, &v);
}

/* @out: what it returned, or NULL. */
int pci_state(int fd, uint32_t state, struct kvdev_pci_state *out)
{
	struct kvdev_pci_state s = { .size = sizeof(s), .state = state };
	int ret = cmd(fd, KVDEV_PCI_STATE, &s);

	if (out)
		*out = s;
	return ret;
}

int reg_access(int fd, bool write, uint32_t offset, uint32_t len,
	       uint64_t *value)
{
	struct kvdev_access a = {
		.size = sizeof(a),
		.flags = write ? KVDEV_ACCESS_WRITE : 0,
		.offset = offset,
		.len = len,
		.value = write ? *value : 0,
	};
	int ret = cmd(fd, KVDEV_ACCESS, &a);

	if (!ret && !write)
		*value = a.value;
	return ret;
}

uint64_t reg_read(struct guest *g, uint32_t offset, uint32_t len)
{
	uint64_t value = 0;

	MUST(reg_access(g->fd, false, offset, len, &value));
	return value;
}

void reg_write(struct guest *g, uint32_t offset, uint32_t len, uint64_t value)
{
	MUST(reg_access(g->fd, true, offset, len, &value));
}

#define COMMON(field)							\
	offsetof(struct virtio_pci_common_cfg, field),			\
	sizeof(((struct virtio_pci_common_cfg *)0)->field)

static uint64_t common_read(struct guest *g, uint32_t offset, uint32_t len)
{
	return reg_read(g, g->bar.common_offset + offset, len);
}

static void common_write(struct guest *g, uint32_t offset, uint32_t len,
			 uint64_t value)
{
	reg_write(g, g->bar.common_offset + offset, len, value);
}

/* ----------------------------------------------------------------- memory */

static void guest_memory(struct guest *g)
{
	struct vhost_memory_region r = { .guest_phys_addr = GUEST_GPA };

	if (!g->o.mem)
		g->o.mem = GUEST_MEM;
	g->memfd = neg(memfd_create("guest", MFD_CLOEXEC));
	MUST(g->memfd);
	MUST(neg(ftruncate(g->memfd, g->o.mem)));
	g->mem = mmap(NULL, g->o.mem, PROT_READ | PROT_WRITE, MAP_SHARED,
		      g->memfd, 0);
	must(g->mem == MAP_FAILED ? -ENOMEM : 0, "mmap");
	r.memory_size = g->o.mem;
	r.userspace_addr = (uintptr_t)g->mem;
	if (g->o.vhost)
		MUST(iotlb(g->fd, VHOST_IOTLB_MSG, VHOST_IOTLB_UPDATE,
			   GUEST_GPA, g->o.mem, g->mem, VHOST_ACCESS_RW));
	else
		MUST(set_mem(g->fd, &r, 1));
}

uint64_t guest_alloc(struct guest *g, size_t size, size_t align)
{
	size_t at = (g->brk + align - 1) & ~(align - 1);

	must(at + size > g->o.mem ? -ENOMEM : 0, "guest_alloc");
	g->brk = at + size;
	return GUEST_GPA + at;
}

void *guest_ptr(struct guest *g, uint64_t addr)
{
	return g->mem + (addr - GUEST_GPA);
}

uint64_t guest_addr(struct guest *g, const void *ptr)
{
	return GUEST_GPA + ((const uint8_t *)ptr - g->mem);
}

/* ----------------------------------------------------------------- device */

static void guest_eventfds(struct guest *g)
{
	unsigned int i;

	g->config_fd = event_new();
	if (g->o.pci)
		MUST(set_vector(g->fd, 0, g->config_fd));
	else
		MUST(cmd(g->fd, VHOST_VDPA_SET_CONFIG_CALL, &g->config_fd));

	for (i = 0; i < g->nr_vqs; i++) {
		struct vq *vq = &g->vq[i];

		vq->g = g;
		vq->index = i;
		vq->kick = event_new();
		vq->call = event_new();
		vq->err = event_new();
		MUST(vring_file(g->fd, VHOST_SET_VRING_KICK, i, vq->kick));
		MUST(vring_file(g->fd, VHOST_SET_VRING_ERR, i, vq->err));
		if (g->o.pci)
			MUST(set_vector(g->fd, i + 1, vq->call));
		else
			MUST(vring_file(g->fd, VHOST_SET_VRING_CALL, i,
					vq->call));
	}
}

/* The same tests are run under another name for the other format. */
bool split_rings(void)
{
	return !strstr(program_invocation_short_name, "_packed_test");
}

struct guest *guest_new(const struct guest_options *o)
{
	struct guest *g = calloc(1, sizeof(*g));
	uint32_t count;

	g->o = *o;
	g->o.packed |= !split_rings();
	if (!g->o.packed)
		g->o.refuse |= F_RING_PACKED;
	if (!g->o.device_id)
		g->o.device_id = VIRTIO_ID_BLOCK;
	g->fd = o->vhost ? o->vhost : dev_open();
	g->stats_fd = g->fd;
	if (!o->vhost)
		MUST(create(g->fd, g->o.device_id, g->o.nr_queues,
			    g->o.queue_size));
	MUST(cmd(g->fd, VHOST_VDPA_GET_VQS_COUNT, &count));
	g->nr_vqs = count;
	MUST(cmd(g->fd, VHOST_SET_OWNER, NULL));
	guest_memory(g);
	if (o->backend > 0)
		MUST(set_backend_serial(g->fd, o->backend, o->backend_flags,
					o->block_size, o->serial));
	if (o->pci) {
		g->bar = (struct kvdev_bind_transport){
			.size = sizeof(g->bar),
			.type = KVDEV_TRANSPORT_PCI_MODERN,
			.nr_vectors = g->nr_vqs + 1,
		};
		MUST(cmd(g->fd, KVDEV_BIND_TRANSPORT, &g->bar));
		MUST(pci_state(g->fd, KVDEV_PCI_MSIX, NULL));
	}
	guest_eventfds(g);
	return g;
}

int guest_status(struct guest *g)
{
	return g->o.pci ? (int)common_read(g, COMMON(device_status)) :
			  get_status(g->fd);
}

void guest_wait_status(struct guest *g, int status)
{
	uint64_t end = now_ms() + WAIT_MS;

	while (guest_status(g) != status) {
		must(now_ms() < end ? 0 : -ETIMEDOUT, "another status");
		usleep(1000);
	}
}

static int write_status(struct guest *g, uint8_t status)
{
	if (!g->o.pci)
		return set_status(g->fd, status);
	common_write(g, COMMON(device_status), status);
	return 0;
}

static int negotiate_pci(struct guest *g)
{
	uint64_t f[2] = {};
	int i;

	for (i = 0; i < 4; i++) {
		common_write(g, COMMON(device_feature_select), i);
		f[i / 2] |= common_read(g, COMMON(device_feature)) << 32 * (i & 1);
	}
	g->features = f[0] &= ~g->o.refuse;
	g->features_hi = f[1] &= g->o.accept_hi;
	for (i = 0; i < 4; i++) {
		common_write(g, COMMON(guest_feature_select), i);
		common_write(g, COMMON(guest_feature),
			     (uint32_t)(f[i / 2] >> 32 * (i & 1)));
	}
	common_write(g, COMMON(msix_config), 0);
	return 0;
}

int guest_negotiate(struct guest *g)
{
	int ret;

	ret = write_status(g, S_DRIVER);
	if (ret)
		return ret;
	if (g->o.pci) {
		negotiate_pci(g);
	} else if (g->o.accept_hi) {
		ret = vhost_features(g->fd, VHOST_GET_FEATURES_ARRAY,
				     &g->features, &g->features_hi);
		g->features &= ~g->o.refuse;
		g->features_hi &= g->o.accept_hi;
		ret = ret ? ret : vhost_features(g->fd,
						 VHOST_SET_FEATURES_ARRAY,
						 &g->features, &g->features_hi);
	} else {
		ret = cmd(g->fd, VHOST_GET_FEATURES, &g->features);
		g->features &= ~g->o.refuse;
		ret = ret ? ret : cmd(g->fd, VHOST_SET_FEATURES, &g->features);
	}
	ret = ret ? ret : write_status(g, S_FEATURES_OK);
	if (!ret && !(guest_status(g) & VIRTIO_CONFIG_S_FEATURES_OK))
		ret = -EINVAL;
	return ret;
}

static int setup_vq_pci(struct guest *g, struct vq *vq)
{
	uint64_t areas[] = {
		guest_addr(g, vq->area[0]), guest_addr(g, vq->area[1]),
		guest_addr(g, vq->area[2]),
	};
	uint32_t at = offsetof(struct virtio_pci_common_cfg, queue_desc_lo);
	int i;

	common_write(g, COMMON(queue_size), vq->num);
	common_write(g, COMMON(queue_msix_vector), vq->index + 1);
	/* One by halves, two at once. */
	common_write(g, at, 4, (uint32_t)areas[0]);
	common_write(g, at + 4, 4, areas[0] >> 32);
	for (i = 1; i < 3; i++)
		common_write(g, at + 8 * i, 8, areas[i]);
	common_write(g, COMMON(queue_enable), 1);
	return common_read(g, COMMON(queue_enable)) == 1 ? 0 : -EINVAL;
}

int guest_setup_vq(struct guest *g, unsigned int index)
{
	struct vq *vq = &g->vq[index];
	uint8_t *base;
	uint16_t max;
	int ret;

	if (g->o.pci) {
		common_write(g, COMMON(queue_select), index);
		max = common_read(g, COMMON(queue_size));
	} else {
		MUST(cmd(g->fd, VHOST_VDPA_GET_VRING_NUM, &max));
	}
	if (!vq->num)
		vq->num = g->o.num ? g->o.num : max;
	vq_layout(vq);
	if (g->o.pci)
		return setup_vq_pci(g, vq);

	ret = vring_state(g->fd, VHOST_SET_VRING_NUM, index, vq->num);
	/* On the bus the rings are where the driver says, not the VMM. */
	base = g->o.vhost ? (void *)(uintptr_t)GUEST_GPA : g->mem;
	ret = ret ? ret : vring_addr(g->fd, index,
				     base + ((uint8_t *)vq->area[0] - g->mem),
				     base + ((uint8_t *)vq->area[1] - g->mem),
				     base + ((uint8_t *)vq->area[2] - g->mem));
	ret = ret ? ret : vring_state(g->fd, VHOST_SET_VRING_BASE, index,
				      vq->packed ? PACKED_BASE : 0);
	return ret ? ret : vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE,
				       index, 1);
}

int guest_driver_ok(struct guest *g)
{
	return write_status(g, S_DRIVER_OK);
}

void guest_start(struct guest *g)
{
	unsigned int i;

	MUST(guest_negotiate(g));
	for (i = 0; i < g->nr_vqs; i++)
		MUST(guest_setup_vq(g, i));
	MUST(guest_driver_ok(g));
	must(guest_status(g) == S_DRIVER_OK ? 0 : -EIO, "DRIVER_OK");
}

void guest_reset(struct guest *g)
{
	unsigned int i, ms;

	MUST(write_status(g, 0));
	for (ms = 0; guest_status(g) && ms < WAIT_MS; ms++)
		usleep(1000);
	must(guest_status(g) ? -EIO : 0, "reset");
	event_take(g->config_fd);
	for (i = 0; i < g->nr_vqs; i++) {
		event_take(g->vq[i].kick);
		event_take(g->vq[i].call);
		event_take(g->vq[i].err);
	}
}

void guest_free(struct guest *g)
{
	unsigned int i;

	if (g->stats_fd != g->fd)
		close(g->stats_fd);
	close(g->fd);
	close(g->memfd);
	close(g->config_fd);
	for (i = 0; i < g->nr_vqs; i++) {
		close(g->vq[i].kick);
		close(g->vq[i].call);
		close(g->vq[i].err);
		vq_free(&g->vq[i]);
	}
	munmap(g->mem, g->o.mem);
	free(g);
}

struct kvdev_get_stats guest_stats(struct guest *g, unsigned int queue)
{
	struct kvdev_get_stats s = { .size = sizeof(s), .queue = queue };

	MUST(cmd(g->stats_fd, KVDEV_GET_STATS, &s));
	return s;
}

/* Whoever looks at the ring finds an entry before that is decided. */
struct kvdev_get_stats guest_stats_told(struct guest *g, unsigned int queue,
					uint64_t nr)
{
	uint64_t end = now_ms() + WAIT_MS;
	struct kvdev_get_stats s = guest_stats(g, queue);

	while (s.signals + s.signals_suppressed < nr) {
		must(now_ms() < end ? 0 : -ETIMEDOUT, "decision to interrupt");
		s = guest_stats(g, queue);
	}
	return s;
}

/* ------------------------------------------------------------------ block */

uint64_t blk_header(struct guest *g, uint32_t type, uint64_t sector)
{
	uint64_t addr = guest_alloc(g, sizeof(struct virtio_blk_outhdr), 8);

	*(struct virtio_blk_outhdr *)guest_ptr(g, addr) =
		(struct virtio_blk_outhdr){ .type = type, .sector = sector };
	return addr;
}

int blk_request(struct guest *g, unsigned int queue, uint32_t type,
		uint64_t sector, uint64_t data, uint32_t len,
		uint32_t *used_len)
{
	size_t brk = g->brk;
	uint64_t header = blk_header(g, type, sector);
	uint64_t status = guest_alloc(g, 1, 1);
	struct seg segs[3] = { { header, 16, 0 } };
	unsigned int nr = 1;
	int ret;

	*(uint8_t *)guest_ptr(g, status) = 0xff;
	if (len)
		segs[nr++] = (struct seg){
			data, len,
			type == VIRTIO_BLK_T_OUT ? 0 : VRING_DESC_F_WRITE };
	segs[nr++] = (struct seg){ status, 1, VRING_DESC_F_WRITE };
	ret = vq_submit(&g->vq[queue], segs, nr, used_len);
	if (!ret)
		ret = *(uint8_t *)guest_ptr(g, status);
	g->brk = brk;
	return ret;
}

void blk_works(struct guest *g)
{
	size_t brk = g->brk;
	uint64_t data = guest_alloc(g, 4096, 4096);
	uint64_t seed = now_ms();

	fill(guest_ptr(g, data), 4096, seed);
	must(-blk_request(g, 0, VIRTIO_BLK_T_OUT, 8, data, 4096, NULL),
	     "a correct write");
	memset(guest_ptr(g, data), 0, 4096);
	must(-blk_request(g, 0, VIRTIO_BLK_T_IN, 8, data, 4096, NULL),
	     "a correct read");
	must(filled(guest_ptr(g, data), 4096, seed) ? 0 : -EIO,
	     "reading what was written");
	g->brk = brk;
}

/* ----------------------------------------------------------------- stores */

int temp_file(size_t size, int flags)
{
	int fd = neg(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600));

	must(fd, "open a file in /tmp");
	MUST(neg(ftruncate(fd, size)));
	return fd;
}

int temp_direct(size_t size)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC | O_DIRECT, 0600);

	if (fd < 0)
		return -1;
	MUST(neg(ftruncate(fd, size)));
	return fd;
}

void fill(void *p, size_t size, uint64_t seed)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ULL + 1;
	uint8_t *b = p;
	size_t i;

	for (i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		b[i] = x >> 24;
	}
}

bool filled(const void *p, size_t size, uint64_t seed)
{
	uint8_t *want = malloc(size);
	bool same;

	fill(want, size, seed);
	same = !memcmp(p, want, size);
	free(want);
	return same;
}

bool all_bytes(const void *p, size_t size, uint8_t byte)
{
	const uint8_t *b = p;

	while (size && *b == byte) {
		b++;
		size--;
	}
	return !size;
}

/* --------------------------------------------------------------- eventfds */

int event_new(void)
{
	int fd = neg(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));

	must(fd, "eventfd");
	return fd;
}

uint64_t event_take(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

bool event_wait(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0 && event_take(fd);
}
