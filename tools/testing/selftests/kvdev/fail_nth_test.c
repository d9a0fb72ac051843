// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a device again and again, each time with another allocation
 * failing: the first, the second, ... until none is left to fail. Needs a
 * kernel with FAULT_INJECTION and FAILSLAB.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "kvdev_user.h"
#include "kvtest.h"
#include "scsi_user.h"
#include "vdpa_user.h"

/* More than any phase has. */
#define MAX_NTH	2000

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* A failure that is still due may hit this very call, and is over. */
	if (write(fd, text, strlen(text)) < 0 && errno != EFAULT)
		NOTE("%s: %s", path, strerror(errno));
	close(fd);
}

static void need_fault_injection(void)
{
	if (access("/proc/self/fail-nth", W_OK))
		SKIP("no fault injection in this kernel");
	/* Allocations that may sleep fail too, and silently. */
	write_text("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_text("/sys/kernel/debug/failslab/verbose", "0");
	write_text("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_text("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	write_text("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	write_text("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	write_text("/sys/kernel/debug/fail_usercopy/verbose", "0");
}

/* 0 as @nth: nothing fails any more. */
static void set_nth(const char *task, int nth)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), "/proc/self/task/%s/fail-nth", task);
	snprintf(text, sizeof(text), "%d", nth);
	write_text(path, text);
}

/* Has the failure happened? Otherwise there were fewer than nth. */
static bool hit(const char *task)
{
	char path[64], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%s/fail-nth", task);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return atoi(text) == 0;
}

static char self[16];

/* One call with the nth allocation failing. */
#define FAILING(nth, was_hit, call)					\
	({								\
		int fail_ret;						\
		set_nth(self, nth);					\
		fail_ret = (call);					\
		was_hit = hit(self);					\
		set_nth(self, 0);					\
		fail_ret;						\
	})

/*
 * A failure is told by an errno that says so, leaves nothing behind, and the
 * same call succeeds afterwards. A failure that was got around is fine.
 */
#define SWEEP(call)							\
	do {								\
		int nth, ret, failed = 0;				\
		bool was_hit = true;					\
		for (nth = 1; was_hit && nth < MAX_NTH; nth++) {	\
			ret = FAILING(nth, was_hit, call);		\
			failed += ret < 0;				\
			if (!ret)					\
				undo(g);				\
			else if (ret != -ENOMEM && ret != -EFAULT &&	\
				 ret != -EAGAIN)			\
				EXPECT_EQ(ret, -ENOMEM);		\
		}							\
		EXPECT_TRUE(!was_hit);					\
		EXPECT_EQ(call, 0);					\
		NOTE("%s: %d, %d failed", #call, nth - 2, failed);	\
	} while (0)

static void start(void)
{
	need_fault_injection();
	snprintf(self, sizeof(self), "%d", getpid());
}

struct state {
	int fd, file, event;
	void *mem;
};

static void none(struct state *g)
{
	(void)g;
}

static void reopen(struct state *g)
{
	close(g->fd);
	g->fd = dev_open();
}

static void reset_owner(struct state *g)
{
	ASSERT_EQ(cmd(g->fd, VHOST_RESET_OWNER, NULL), 0);
}

static void reset(struct state *g)
{
	ASSERT_EQ(set_status(g->fd, 0), 0);
	ASSERT_EQ(set_status(g->fd, S_FEATURES_OK), 0);
	ASSERT_EQ(vring_addr(g->fd, 0, g->mem, (char *)g->mem + 8192,
			     (char *)g->mem + 16384), 0);
	ASSERT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
}

static int memory(struct state *g)
{
	struct vhost_memory_region r = { GUEST_GPA, 1 << 20,
					 (uintptr_t)g->mem, 0 };

	return set_mem(g->fd, &r, 1);
}

static int bind_transport(int fd)
{
	struct kvdev_bind_transport b = {
		.size = sizeof(b), .type = KVDEV_TRANSPORT_PCI_MODERN,
		.nr_vectors = 3 };

	return cmd(fd, KVDEV_BIND_TRANSPORT, &b);
}

TEST(every_command)
{
	struct state s = { .file = temp_file(1 << 20, 0) }, *g = &s;
	void (*undo)(struct state *g) = reopen;

	start();
	s.event = event_new();
	s.mem = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	s.fd = dev_open();
	SWEEP(create(g->fd, VIRTIO_ID_BLOCK, 3, 0));
	undo = reset_owner;
	SWEEP(cmd(g->fd, VHOST_SET_OWNER, NULL));
	undo = none;
	SWEEP(memory(g));
	SWEEP(set_backend(g->fd, g->file, 0, 0));
	SWEEP(vring_file(g->fd, VHOST_SET_VRING_KICK, 0, g->event));
	SWEEP(vring_file(g->fd, VHOST_SET_VRING_CALL, 0, g->event));
	undo = reset;
	reset(g);
	SWEEP(set_status(g->fd, S_DRIVER_OK));
	undo = none;
	SWEEP(set_status(g->fd, 0));
	close(g->fd);

	undo = reopen;
	g->fd = dev_open();
	SWEEP(create(g->fd, VIRTIO_ID_RNG, 0, 0));
	ASSERT_EQ(cmd(g->fd, VHOST_SET_OWNER, NULL), 0);
	{
		bool was_hit = true;
		int nth, ret = -ENOMEM;

		/*
		 * Bound for good, also if all that failed was telling the
		 * layout.
		 */
		for (nth = 1; ret == -ENOMEM || ret == -EFAULT; nth++) {
			ASSERT_GE(MAX_NTH, nth);
			ret = FAILING(nth, was_hit, bind_transport(g->fd));
		}
		(void)was_hit;
		EXPECT_TRUE(!ret || ret == -EEXIST);
		EXPECT_EQ(bind_transport(g->fd), -EEXIST);
	}
	undo = none;
	SWEEP(set_vector(g->fd, 0, g->event));
}

TEST(open_and_close)
{
	bool was_hit = true;
	int nth, fd;

	start();
	for (nth = 1; was_hit && nth < MAX_NTH; nth++) {
		fd = FAILING(nth, was_hit, open(DEV_PATH, O_RDWR));
		if (fd < 0)
			continue;
		ASSERT_EQ(create(fd, VIRTIO_ID_BLOCK, 0, 0), 0);
		ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
		set_nth(self, nth);
		EXPECT_EQ(close(fd), 0);
		was_hit |= hit(self);
		set_nth(self, 0);
	}
	EXPECT_TRUE(!was_hit);
}

/* The data of DISCARD and WRITE ZEROES: ranges, one after the other. */
static void fill_ranges(uint8_t *data, uint32_t len)
{
	struct virtio_blk_discard_write_zeroes r = { .num_sectors = 8 };
	uint32_t pos;

	for (pos = 0; pos < len; pos += sizeof(r), r.sector += 16)
		memcpy(data + pos, &r, sizeof(r));
}

/* I/O ends with OK or IOERR, or as a violation if its parts are unreadable. */
static void sweep_io(struct guest *g, uint32_t type, uint32_t len)
{
	uint64_t data = guest_alloc(g, len + 4096, 4096) + 24;
	int nth, ok = 0, io_errors = 0, resets = 0, ret;
	bool was_hit = true;
	char task[16];

	if (type == VIRTIO_BLK_T_DISCARD || type == VIRTIO_BLK_T_WRITE_ZEROES)
		fill_ranges(guest_ptr(g, data), len);
	for (nth = 1; was_hit && nth < MAX_NTH; nth++) {
		ASSERT_TRUE(first_worker(task, sizeof(task)));
		set_nth(task, nth);
		{
			struct vq *vq = &g->vq[0];
			size_t brk = g->brk;
			uint64_t header = blk_header(g, type, 1);
			uint64_t status = guest_alloc(g, 1, 1);
			struct vring_used_elem e;
			struct seg s[] = {
				{ header, 16, 0 },
				{ data, len, type ? 0 : VRING_DESC_F_WRITE },
				{ status, 1, VRING_DESC_F_WRITE },
			};

			if (type == VIRTIO_BLK_T_FLUSH)
				s[1] = s[2];
			vq_add(vq, s, type == VIRTIO_BLK_T_FLUSH ? 2 : 3);
			vq_kick_always(vq);
			ret = -1;
			while (ret < 0) {
				if (!vq_wait(vq, &e, 5)) {
					vq_free_chain(vq, e.id);
					ret = *(uint8_t *)guest_ptr(g, status);
				} else if (guest_status(g) &
					   VIRTIO_CONFIG_S_NEEDS_RESET) {
					ret = 100;
				}
			}
			g->brk = brk;
		}
		was_hit = hit(task);
		set_nth(task, 0);
		ok += ret == VIRTIO_BLK_S_OK;
		io_errors += ret == VIRTIO_BLK_S_IOERR;
		resets += ret == 100;
		EXPECT_TRUE(ret == 100 || ret <= VIRTIO_BLK_S_IOERR);
		if (ret == 100) {
			guest_reset(g);
			guest_start(g);
		}
	}
	EXPECT_TRUE(!was_hit);
	NOTE("type %u, %u bytes: %d ok, %d I/O errors, %d resets", type, len,
	     ok, io_errors, resets);
	blk_works(g);
}

static void sweep_store(int backend)
{
	struct guest_options o = { .backend = backend };
	struct guest *g = guest_new(&o);

	guest_start(g);
	blk_works(g);
	sweep_io(g, VIRTIO_BLK_T_OUT, 4096);
	sweep_io(g, VIRTIO_BLK_T_IN, 4096);
	/* long enough for lists of pages */
	sweep_io(g, VIRTIO_BLK_T_OUT, 512 * 1024);
	sweep_io(g, VIRTIO_BLK_T_IN, 512 * 1024);
	sweep_io(g, VIRTIO_BLK_T_FLUSH, 0);
	if (g->features & BIT(VIRTIO_BLK_F_DISCARD))
		sweep_io(g, VIRTIO_BLK_T_DISCARD, 3 * 16);
	if (g->features & BIT(VIRTIO_BLK_F_WRITE_ZEROES))
		sweep_io(g, VIRTIO_BLK_T_WRITE_ZEROES, 3 * 16);
}

TEST(io_buffered_file)
{
	start();
	sweep_store(temp_file(4 << 20, 0));
}

TEST(io_direct_file)
{
	int fd;

	start();
	fd = temp_direct(4 << 20);
	if (fd < 0)
		SKIP("no O_DIRECT in /tmp");
	sweep_store(fd);
}

/* Only one that was made for tests: its content is lost. */
static bool have_brd(void)
{
	return getenv("KVDEV_TEST_BRD");
}

TEST_WHEN(have_brd, io_block_device)
{
	int fd;

	start();
	fd = open(getenv("KVDEV_TEST_BRD"), O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	sweep_store(fd);
}

/* -------------------------------------------------------------------- SCSI */

static struct guest *scsi;

static void remove_unit(struct state *g)
{
	(void)g;
	ASSERT_EQ(scsi_lun_cmd(scsi, KVDEV_SCSI_REMOVE_LUN, 1, 2), 0);
}

TEST(scsi_commands)
{
	int file = temp_file(1 << 20, 0);
	void (*undo)(struct state *g) = remove_unit;
	struct state *g = NULL;

	start();
	scsi = scsi_disk(temp_file(1 << 20, 0));
	ASSERT_EQ(scsi_add(scsi, 2, 0, KVDEV_LUN_CDROM, -1, 0), 0);
	SWEEP(scsi_add(scsi, 1, 2, KVDEV_LUN_DISK, file, 0));
	undo = none;
	SWEEP(scsi_media(scsi, 2, 0, file, 0));
	SWEEP(scsi_lun_cmd(scsi, KVDEV_SCSI_RESIZE_LUN, 1, 2));
	scsi_ready(scsi, 0, 0);
}

/* Workers are made in the order of their queues: the last is of requests. */
static void request_worker(char *task, size_t size)
{
	struct dirent *e;
	DIR *d = opendir("/proc/self/task");
	int last = 0;

	while ((e = readdir(d)))
		if (atoi(e->d_name) > last)
			last = atoi(e->d_name);
	closedir(d);
	snprintf(task, size, "%d", last);
}

/* A command ends well, with sense data, or as a violation. */
static void sweep_scsi(struct guest *g, const struct scsi_op *op)
{
	struct vq *vq = &g->vq[Q_REQUEST];
	int nth, ok = 0, failed = 0, resets = 0;
	struct vring_used_elem e;
	bool was_hit = true;
	char task[16];

	for (nth = 1; was_hit && nth < MAX_NTH; nth++) {
		struct virtio_scsi_cmd_resp *r;
		struct scsi_op copy = *op;
		size_t brk = g->brk;
		bool done = false;
		uint64_t resp;

		request_worker(task, sizeof(task));
		set_nth(task, nth);
		ASSERT_GE(scsi_post(g, Q_REQUEST, &copy, &resp), 0);
		vq_kick_always(vq);
		while (!done && !(guest_status(g) &
				  VIRTIO_CONFIG_S_NEEDS_RESET))
			done = !vq_wait(vq, &e, 5);
		was_hit = hit(task);
		set_nth(task, 0);
		r = guest_ptr(g, resp);
		if (!done) {
			resets++;
			guest_reset(g);
			guest_start(g);
			scsi_ready(g, 0, 0);
		} else {
			vq_free_chain(vq, e.id);
			EXPECT_EQ(r->response, VIRTIO_SCSI_S_OK);
			EXPECT_TRUE(!r->status || r->sense_len);
			ok += !r->status;
			failed += !!r->status;
		}
		g->brk = brk;
	}
	EXPECT_TRUE(!was_hit);
	EXPECT_GE(ok, 1);
	NOTE("command %02x: %d ok, %d failed, %d resets", op->cdb[0], ok,
	     failed, resets);
}

TEST(io_scsi)
{
	struct guest *g;
	uint64_t data;
	uint8_t *p;

	start();
	g = scsi_disk(temp_file(1 << 20, 0));
	data = guest_alloc(g, 65536, 4096);
	p = guest_ptr(g, data);
	memset(p, 0, 65536);
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x2a, [8] = 64 },
					 .data = data, .out = 32768 });
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x28, [8] = 64 },
					 .data = data, .in = 32768 });
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0xa0, [9] = 64 },
					 .data = data, .in = 64 });
	/* What is on the disk */
	memset(p, 0, 65536);
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x2f, 2, [8] = 8 },
					 .data = data, .out = 4096 });
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x89, [13] = 2 },
					 .data = data, .out = 2048 });
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x93, [13] = 64 },
					 .data = data, .out = 512 });
	memset(p, 1, 512);
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x93, [13] = 64 },
					 .data = data, .out = 512 });
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x2e, 2, [8] = 8 },
					 .data = data, .out = 4096 });
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x35 } });
	/* Two ranges */
	memset(p, 0, 40);
	put_be(p, 2, 38);
	put_be(p + 2, 2, 32);
	put_be(p + 16, 4, 8);
	put_be(p + 24, 8, 100);
	put_be(p + 32, 4, 8);
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x42, [8] = 40 },
					 .data = data, .out = 40 });
	sweep_scsi(g, &(struct scsi_op){ .cdb = { 0x9e, 0x12, [13] = 64 },
					 .data = data, .in = 64 });
}

/* ----------------------------------------------------------- the vDPA bus */

static struct vdpa_dev *on_bus;

static int bus_open(struct state *g)
{
	g->fd = vdpa_open(on_bus);
	return g->fd < 0 ? g->fd : 0;
}

static void bus_close(struct state *g)
{
	close(g->fd);
}

static void bus_reopen(struct state *g)
{
	bus_close(g);
	ASSERT_EQ(bus_open(g), 0);
}

static int bus_map(struct state *g)
{
	int ret = map(g->fd, GUEST_GPA, 1 << 20, g->mem);

	/* vhost says so of a message that it cannot fetch. */
	return ret == -EINVAL ? -EFAULT : ret;
}

static void bus_unmap(struct state *g)
{
	ASSERT_EQ(unmap(g->fd, GUEST_GPA, 1 << 20), 0);
}

/* Everything but DRIVER_OK. What fails there is told by the status. */
static void bus_reset(struct state *g)
{
	uint64_t features;

	ASSERT_EQ(set_status(g->fd, 0), 0);
	ASSERT_EQ(set_status(g->fd, S_DRIVER), 0);
	ASSERT_EQ(cmd(g->fd, VHOST_GET_FEATURES, &features), 0);
	ASSERT_EQ(cmd(g->fd, VHOST_SET_FEATURES, &features), 0);
	ASSERT_EQ(set_status(g->fd, S_FEATURES_OK), 0);
	ASSERT_EQ(vring_state(g->fd, VHOST_SET_VRING_NUM, 0, 16), 0);
	ASSERT_EQ(vring_state(g->fd, VHOST_SET_VRING_BASE, 0,
			      features & F_RING_PACKED ? PACKED_BASE : 0), 0);
	ASSERT_EQ(vring_addr(g->fd, 0, (void *)GUEST_GPA,
			     (void *)(GUEST_GPA + 8192),
			     (void *)(GUEST_GPA + 16384)), 0);
	ASSERT_EQ(vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE, 0, 1), 0);
}

/* Callers take 0 for what the bus has no way to tell: look at the status. */
TEST(life_on_the_bus)
{
	uint64_t bits = BIT(VHOST_BACKEND_F_IOTLB_MSG_V2) |
			BIT(VHOST_BACKEND_F_IOTLB_PERSIST);
	struct state s = { .event = event_new() }, *g = &s;
	void (*undo)(struct state *g) = bus_close;

	start();
	on_bus = vdpa_disk();
	s.mem = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	SWEEP(bus_open(g));
	undo = bus_reopen;
	SWEEP(cmd(g->fd, VHOST_SET_OWNER, NULL));
	ASSERT_EQ(cmd(g->fd, VHOST_SET_BACKEND_FEATURES, &bits), 0);
	undo = bus_unmap;
	SWEEP(bus_map(g));
	undo = none;
	SWEEP(vring_file(g->fd, VHOST_SET_VRING_KICK, 0, g->event));
	SWEEP(vring_file(g->fd, VHOST_SET_VRING_CALL, 0, g->event));
	undo = bus_reset;
	bus_reset(g);
	SWEEP(set_status(g->fd, S_DRIVER_OK));
	EXPECT_EQ(get_status(g->fd), S_DRIVER_OK);
	undo = none;
	SWEEP(set_status(g->fd, 0));
	bus_close(g);
	EXPECT_TRUE(vdpa_usable(on_bus));
	vdpa_delete(on_bus);
}
