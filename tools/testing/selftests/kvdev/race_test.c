// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once: commands of several threads, I/O, and memory that comes
 * and goes. What these tests look for are oopses, hangs, and devices that
 * cannot be used any more.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include "load.h"

/* --------------------------------------------------- two threads, one file */

static uint64_t seed;

static void *hammer_ring_level(void *data)
{
	struct guest *g = data;
	struct vhost_memory_region r[] = {
		{ GUEST_GPA, GUEST_MEM, (uintptr_t)g->mem, 0 },
		{ 1 << 20, 1 << 20, (uintptr_t)g->mem, 0 },
	};
	uint64_t x = 88172645463325252ULL + __atomic_add_fetch(&seed, 1, 5);
	struct vhost_vring_state s;
	struct vq *vq;
	uint64_t f;

	while (!stop) {
		uint64_t n = next(&x);

		vq = &g->vq[n >> 8 & 1];
		switch (n & 31) {
		case 0:
			create(g->fd, VIRTIO_ID_BLOCK, 2, 0);
			break;
		case 1:
			set_mem(g->fd, r, n >> 16 & 1 ? 2 : 1);
			break;
		case 2:
			set_mem(g->fd, r, n >> 16 & 63 ? 1 : 0);
			break;
		case 3:
			vring_state(g->fd, VHOST_SET_VRING_NUM, vq->index, 256);
			break;
		case 4:
			vring_addr(g->fd, vq->index, vq->area[0],
				   vq->area[1], vq->area[2]);
			break;
		case 5:
			vring_state(g->fd, VHOST_SET_VRING_BASE, vq->index,
				    vq->packed ? n >> 16 & 0x80ff80ff :
						 vq->used->idx);
			break;
		case 6:
			s = (struct vhost_vring_state){ .index = vq->index };
			cmd(g->fd, VHOST_GET_VRING_BASE, &s);
			break;
		case 7:
			if (!(n >> 16 & 7))
				set_status(g->fd, 0);
			break;
		case 8:
		case 9:
		case 10:
			set_status(g->fd, S_DRIVER_OK);
			break;
		case 11:
			vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE,
				    vq->index, n >> 16 & 1);
			break;
		case 12:
		case 13:
		case 14:
			vring_state(g->fd, VHOST_VDPA_SET_VRING_ENABLE,
				    vq->index, 1);
			break;
		case 15:
			vring_file(g->fd, VHOST_SET_VRING_KICK, vq->index,
				   n >> 16 & 1 ? vq->kick : -1);
			break;
		case 16:
			vring_file(g->fd, VHOST_SET_VRING_CALL, vq->index,
				   n >> 16 & 1 ? vq->call : -1);
			break;
		case 17:
			vring_file(g->fd, VHOST_SET_VRING_ERR, vq->index,
				   n >> 16 & 1 ? vq->err : -1);
			break;
		case 18:
			set_backend(g->fd, g->o.backend, 0, 0);
			break;
		case 19:
			cmd(g->fd, VHOST_GET_FEATURES, &f);
			cmd(g->fd, VHOST_SET_FEATURES, &f);
			break;
		case 20:
			cmd(g->fd, VHOST_VDPA_SET_CONFIG_CALL, &g->config_fd);
			break;
		case 21:
			if (!(n >> 16 & 31))
				cmd(g->fd, VHOST_RESET_OWNER, NULL);
			break;
		case 22:
		case 23:
			cmd(g->fd, VHOST_SET_OWNER, NULL);
			break;
		case 24:
			guest_stats(g, vq->index);
			get_status(g->fd);
			break;
		default:
			vq_kick_always(vq);
		}
	}
	return NULL;
}

static void *hammer_registers(void *data)
{
	struct guest *g = data;
	struct vhost_memory_region r[] = {
		{ GUEST_GPA, GUEST_MEM, (uintptr_t)g->mem, 0 },
		{ 1 << 20, 1 << 20, (uintptr_t)g->mem, 0 },
	};
	uint64_t x = 88172645463325252ULL + __atomic_add_fetch(&seed, 1, 5);
	uint32_t c = g->bar.common_offset;
	struct vq *vq;
	uint64_t v;
	struct kvdev_set_line line = { .size = sizeof(line) };
	struct kvdev_pci_state state = { .size = sizeof(state) };

	while (!stop) {
		uint64_t n = next(&x);

		vq = &g->vq[n >> 8 & 1];
		switch (n & 15) {
		case 0:
			set_mem(g->fd, r, n >> 16 & 1 ? 2 : 1);
			break;
		case 1:
			set_vector(g->fd, vq->index + 1,
				   n >> 16 & 1 ? vq->call : -1);
			break;
		case 2:
			set_vector(g->fd, 0, n >> 16 & 1 ? g->config_fd : -1);
			break;
		case 3:
			vring_file(g->fd, VHOST_SET_VRING_KICK, vq->index,
				   n >> 16 & 1 ? vq->kick : -1);
			break;
		case 4:
			v = 0;
			if (!(n >> 16 & 7))
				reg_access(g->fd, true, c + 20, 1, &v);
			break;
		case 5:
			if (!(n >> 16 & 15))
				set_status(g->fd, 0);
			break;
		case 6:
		case 7:
			/* a whole start; another thread is in between */
			v = S_DRIVER;
			reg_access(g->fd, true, c + 20, 1, &v);
			v = 1;
			reg_access(g->fd, true, c + 8, 4, &v);
			/* VERSION_1, and half of the time RING_RESET */
			v |= n >> 32 & 1 << (VIRTIO_F_RING_RESET - 32);
			reg_access(g->fd, true, c + 12, 4, &v);
			v = S_FEATURES_OK;
			reg_access(g->fd, true, c + 20, 1, &v);
			v = vq->index;
			reg_access(g->fd, true, c + 22, 2, &v);
			v = guest_addr(g, vq->area[0]);
			reg_access(g->fd, true, c + 32, 8, &v);
			v = guest_addr(g, vq->area[1]);
			reg_access(g->fd, true, c + 40, 8, &v);
			v = guest_addr(g, vq->area[2]);
			reg_access(g->fd, true, c + 48, 8, &v);
			v = vq->index + 1;
			reg_access(g->fd, true, c + 26, 2, &v);
			v = 1;
			reg_access(g->fd, true, c + 28, 2, &v);
			v = S_DRIVER_OK;
			reg_access(g->fd, true, c + 20, 1, &v);
			break;
		case 8:
			v = n >> 16;
			reg_access(g->fd, n >> 40 & 1, n >> 16 & 63,
				   1 << (n >> 24 & 3), &v);
			break;
		case 9:
			v = 0;
			reg_access(g->fd, true, g->bar.notify_offset +
				   vq->index * g->bar.notify_multiplier, 2, &v);
			break;
		case 10:
			reg_access(g->fd, false, g->bar.isr_offset, 1, &v);
			break;
		case 11:
			guest_stats(g, vq->index);
			break;
		case 12:
			line.fd = n >> 16 & 1 ? g->config_fd : -1;
			line.resample_fd = n >> 17 & 1 ? g->vq[1].call : -1;
			cmd(g->fd, KVDEV_SET_LINE, &line);
			break;
		case 13:
			state.state = n >> 16 & 7;
			cmd(g->fd, KVDEV_PCI_STATE, &state);
			break;
		case 14:
			v = vq->index;
			reg_access(g->fd, true, c + 22, 2, &v);
			v = 1;
			reg_access(g->fd, true, c + 58, 2, &v);
			break;
		default:
			vq_kick_always(vq);
		}
	}
	return NULL;
}

TEST(hammer_at_ring_level)
{
	struct guest *g = busy_guest(false, temp_file(1 << 20, 0));

	hammer(g, hammer_ring_level);
	expect_usable(g);
}

TEST(hammer_at_register_level)
{
	struct guest *g = busy_guest(true, temp_file(1 << 20, 0));

	hammer(g, hammer_registers);
	expect_usable(g);
}

TEST_WHEN(have_null_blk, hammer_with_late_completions)
{
	struct nullb disk;
	struct guest *g;
	int fd;

	if (!nullb_new(&disk, 16, 2000000))
		SKIP("no null_blk disk");
	fd = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	g = busy_guest(false, fd);
	hammer(g, hammer_ring_level);
	expect_usable(g);
	guest_free(g);
	g = busy_guest(true, fd);
	hammer(g, hammer_registers);
	expect_usable(g);
	guest_free(g);
	close(fd);
	nullb_free(&disk);
}

static int shared_fd = -1;
static int created, binds;

static void *creator(void *arg)
{
	struct kvdev_bind_transport b;

	(void)arg;
	while (!stop) {
		int fd = __atomic_load_n(&shared_fd, __ATOMIC_ACQUIRE);

		if (!create(fd, VIRTIO_ID_RNG, 0, 0))
			__atomic_add_fetch(&created, 1, 5);
		cmd(fd, VHOST_SET_OWNER, NULL);
		b = (struct kvdev_bind_transport){
			.size = sizeof(b), .type = KVDEV_TRANSPORT_PCI_MODERN,
			.nr_vectors = 2 };
		if (!cmd(fd, KVDEV_BIND_TRANSPORT, &b))
			__atomic_add_fetch(&binds, 1, 5);
	}
	return NULL;
}

/* Of two CREATE on one file exactly one succeeds. */
TEST(create_by_two_threads)
{
	pthread_t t[2];
	int i, files = 0;
	uint64_t end = now_ms() + HAMMER_MS;

	shared_fd = dev_open();
	for (i = 0; i < 2; i++)
		ASSERT_EQ(pthread_create(&t[i], NULL, creator, NULL), 0);
	while (now_ms() < end) {
		int old = shared_fd, done = ++files;

		while (__atomic_load_n(&created, __ATOMIC_ACQUIRE) < done ||
		       __atomic_load_n(&binds, __ATOMIC_ACQUIRE) < done)
			sched_yield();
		__atomic_store_n(&shared_fd, dev_open(), __ATOMIC_RELEASE);
		/* the threads may still use the old one: that is the point */
		dup2(shared_fd, old);
		close(old);
	}
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	EXPECT_GE(created, files);
	EXPECT_LE(created, files + 1);
	NOTE("%d files", files);
}

/* ------------------------------------------------------------------ memory */

static void *unmapper(void *data)
{
	struct guest *g = data;
	uint8_t *at = g->mem + (4 << 20);
	uint64_t x = 88172645463325252ULL;

	while (!stop) {
		uint8_t *p = at + (next(&x) % 512) * 4096;

		switch (next(&x) % 5) {
		case 0:
			munmap(p, 16384);
			break;
		case 1:
			madvise(p, 16384, MADV_DONTNEED);
			break;
		case 2:
			madvise(p, 16384, MADV_REMOVE);
			break;
		case 3:
			mprotect(p, 4096, PROT_READ);
			break;
		default:
			mmap(p, 16384, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_FIXED, g->memfd, p - g->mem);
		}
		sched_yield();
	}
	mmap(at, 4 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
	     g->memfd, 4 << 20);
	return NULL;
}

/* As drive(), through another mapping, so that it does not fault itself. */
static void *drive_and_reset(void *data)
{
	struct guest *g = data;
	uint8_t *own = mmap(NULL, g->o.mem, PROT_READ | PROT_WRITE, MAP_SHARED,
			    g->memfd, 0);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;
	uint64_t x = 362436069;

	while (!stop) {
		while (vq->nr_free >= 3) {
			uint64_t slot = (4 << 20) + (next(&x) % 512) * 4096;
			bool write = next(&x) & 1;
			struct virtio_blk_outhdr *h = (void *)(own + slot);
			struct seg s[] = {
				{ GUEST_GPA + slot, 16, 0 },
				{ GUEST_GPA + slot + 16, 8192, write ? 0 : W },
				{ GUEST_GPA + slot + 8208, 1, W },
			};

			*h = (struct virtio_blk_outhdr){ .type = write };
			vq_add(vq, s, 3);
		}
		vq_kick_always(vq);
		while (vq_get(vq, &e))
			vq_free_chain(vq, e.id);
		event_wait(vq->call, 1);
		if (guest_status(g) & VIRTIO_CONFIG_S_NEEDS_RESET) {
			guest_reset(g);
			guest_start(g);
		}
	}
	munmap(own, g->o.mem);
	return NULL;
}

static void memory_comes_and_goes(int backend)
{
	void *(*fn[])(void *) = { unmapper, drive_and_reset };
	struct guest_options o = { .backend = backend, .pci = true };
	struct guest *g = guest_new(&o);

	guest_start(g);
	run_threads(fn, 2, g, HAMMER_MS);
	guest_reset(g);
	guest_start(g);
	blk_works(g);
	NOTE("%llu requests, %llu errors, %llu violations",
	     guest_stats(g, 0).chains, guest_stats(g, 0).errors,
	     guest_stats(g, 0).violations);
	guest_free(g);
}

TEST(memory_unmapped_under_io)
{
	memory_comes_and_goes(temp_file(1 << 20, 0));
}

TEST(memory_unmapped_under_direct_io)
{
	int fd = temp_direct(1 << 20);

	if (fd < 0)
		SKIP("no O_DIRECT in /tmp");
	memory_comes_and_goes(fd);
}

TEST_WHEN(have_null_blk, memory_unmapped_under_slow_io)
{
	struct nullb disk;
	int fd;

	if (!nullb_new(&disk, 16, 1000000))
		SKIP("no null_blk disk");
	fd = open(disk.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	memory_comes_and_goes(fd);
	close(fd);
	nullb_free(&disk);
}

/* The VMM moves memory and tells the device: nothing is lost. */
TEST(memory_moved_under_io)
{
	struct guest_options o = { .backend = temp_file(1 << 20, 0) };
	struct guest *g = guest_new(&o);
	struct vhost_memory_region r = { GUEST_GPA, GUEST_MEM, 0, 0 };
	int i;

	guest_start(g);
	for (i = 0; i < 50; i++) {
		void *to = mremap(g->mem, 0, GUEST_MEM, MREMAP_MAYMOVE);

		ASSERT_TRUE(to != MAP_FAILED);
		r.userspace_addr = (uintptr_t)to;
		start_reads(g);
		ASSERT_EQ(set_mem(g->fd, &r, 1), 0);
		guest_reset(g);
		guest_start(g);
		blk_works(g);
	}
}
