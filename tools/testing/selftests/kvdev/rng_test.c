// SPDX-License-Identifier: GPL-2.0
/* The entropy device. */
#include <fcntl.h>
#include <sys/mman.h>

#include "kvdev_user.h"
#include "kvtest.h"

#define CANARY	0x5a
#define W	VRING_DESC_F_WRITE

static struct guest *rng_guest(bool pci)
{
	struct guest_options o = { .device_id = VIRTIO_ID_RNG, .pci = pci };
	struct guest *g = guest_new(&o);

	guest_start(g);
	return g;
}

/* Nothing but the bytes that used.len says is touched. */
TEST(any_length)
{
	static const uint32_t lens[] = { 1, 2, 7, 64, 4095, 4096, 4097, 65535,
					 65536, 65537, 1 << 20 };
	struct guest *g = rng_guest(true);
	uint64_t data = guest_alloc(g, (1 << 20) + 8192, 4096) + 13;
	uint8_t *p = guest_ptr(g, data);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct seg s = { data, lens[i], W };
		uint32_t used = 0;

		memset(p - 13, CANARY, (1 << 20) + 8192);
		ASSERT_EQ(vq_submit(&g->vq[0], &s, 1, &used), 0);
		/* virtio 1.3, 5.4.6.2: one byte at least */
		EXPECT_GE(used, 1);
		EXPECT_LE(used, lens[i]);
		if (lens[i] <= 65536)
			EXPECT_EQ(used, lens[i]);
		EXPECT_TRUE(all_bytes(p + used, lens[i] - used + 4096, CANARY));
		EXPECT_TRUE(all_bytes(p - 13, 13, CANARY));
		if (used >= 64)
			EXPECT_TRUE(!all_bytes(p + used - 16, 16, CANARY));
	}
	EXPECT_EQ(guest_stats(g, 0).completions, ARRAY_SIZE(lens));
	EXPECT_EQ(guest_stats(g, 0).errors, 0);
}

TEST(bytes_differ)
{
	struct guest *g = rng_guest(false);
	uint64_t data = guest_alloc(g, 8192, 4096);
	uint8_t *p = guest_ptr(g, data);
	struct seg s[] = { { data, 4096, W }, { data + 4096, 4096, W } };
	unsigned int count[256] = {}, i;
	uint32_t used;

	ASSERT_EQ(vq_submit(&g->vq[0], &s[0], 1, &used), 0);
	ASSERT_EQ(vq_submit(&g->vq[0], &s[1], 1, &used), 0);
	EXPECT_TRUE(memcmp(p, p + 4096, 4096));
	for (i = 0; i < 8192; i++)
		count[p[i]]++;
	for (i = 0; i < 256; i++)
		EXPECT_GE(count[i], 1);		/* 32 expected */
}

TEST(scattered_and_indirect)
{
	struct guest *g = rng_guest(false);
	uint64_t data = guest_alloc(g, 65536, 4096);
	uint64_t table = guest_alloc(g, 64 * 16, 16);
	struct vring_used_elem e;
	struct seg s[64];
	int i, head;

	memset(guest_ptr(g, data), 0, 65536);
	for (i = 0; i < 64; i++)
		s[i] = (struct seg){ data + i * 1024, 1 + i, W };
	head = vq_add_indirect(&g->vq[0], table, s, 64);
	ASSERT_GE(head, 0);
	vq_kick(&g->vq[0]);
	ASSERT_EQ(vq_wait(&g->vq[0], &e, WAIT_MS), 0);
	EXPECT_EQ(e.len, 64 * 65 / 2);
	for (i = 0; i < 64; i++)
		EXPECT_TRUE(all_bytes(guest_ptr(g, data + i * 1024 + 1 + i),
				      1024 - 1 - i, 0));
}

/* One kick, many buffers: none is left. */
TEST(all_of_a_batch)
{
	struct guest *g = rng_guest(true);
	struct vq *vq = &g->vq[0];
	uint64_t data = guest_alloc(g, 64 * 64, 64);
	struct vring_used_elem e;
	unsigned int i;

	EXPECT_EQ(vq->num, 64);
	for (i = 0; i < vq->num; i++) {
		struct seg s = { data + i * 64, 64, W };

		ASSERT_GE(vq_add(vq, &s, 1), 0);
	}
	vq_kick_always(vq);
	for (i = 0; i < 64; i++) {
		ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
		EXPECT_EQ(e.len, 64);
	}
}

static void violation(void (*attack)(struct guest *g, struct vq *vq))
{
	int pci;

	for (pci = 0; pci < 2; pci++) {
		struct guest *g = rng_guest(pci);
		struct seg good = { guest_alloc(g, 16, 1), 16, W };
		uint32_t used;

		attack(g, &g->vq[0]);
		vq_kick_always(&g->vq[0]);
		ASSERT_TRUE(event_wait(g->vq[0].err, WAIT_MS));
		ASSERT_TRUE(event_wait(g->config_fd, WAIT_MS));
		EXPECT_TRUE(guest_status(g) & VIRTIO_CONFIG_S_NEEDS_RESET);
		EXPECT_EQ(guest_stats(g, 0).violations, 1);
		guest_reset(g);
		guest_start(g);
		EXPECT_EQ(vq_submit(&g->vq[0], &good, 1, &used), 0);
		EXPECT_EQ(used, 16);
		guest_free(g);
	}
}

static void attack_readable(struct guest *g, struct vq *vq)
{
	struct seg s = { guest_alloc(g, 64, 1), 64, 0 };

	vq_add(vq, &s, 1);
}

TEST(readable_buffer)
{
	violation(attack_readable);
}

static void attack_mixed(struct guest *g, struct vq *vq)
{
	struct seg s[] = { { guest_alloc(g, 64, 1), 64, 0 },
			   { guest_alloc(g, 64, 1), 64, W } };

	vq_add(vq, s, 2);
}

TEST(readable_before_writable)
{
	violation(attack_mixed);
}

static void attack_gone(struct guest *g, struct vq *vq)
{
	struct seg s = { GUEST_GPA + (8 << 20), 64, W };

	ASSERT_EQ(munmap(g->mem + (8 << 20), 4096), 0);
	vq_add(vq, &s, 1);
}

TEST(buffer_memory_gone)
{
	violation(attack_gone);
}

/* Half of the buffer is there: it gets what fits, or the device gives up. */
TEST(buffer_memory_half_gone)
{
	struct guest *g = rng_guest(false);
	struct seg s = { GUEST_GPA + (8 << 20) - 4096, 8192, W };
	struct vring_used_elem e;

	ASSERT_EQ(munmap(g->mem + (8 << 20), 4096), 0);
	ASSERT_GE(vq_add(&g->vq[0], &s, 1), 0);
	vq_kick(&g->vq[0]);
	ASSERT_EQ(vq_wait(&g->vq[0], &e, WAIT_MS), 0);
	EXPECT_LE(e.len, 4096);
	EXPECT_GE(e.len, 1);
}

/* A guest that wants gigabytes at once keeps nobody from stopping it. */
TEST(huge_buffers_and_reset)
{
	struct guest *g = rng_guest(true);
	void *big = mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct vhost_memory_region r[] = {
		{ GUEST_GPA, GUEST_MEM, (uintptr_t)g->mem, 0 },
		{ 1ULL << 32, 1 << 30, (uintptr_t)big, 0 },
	};
	struct seg s = { 1ULL << 32, 1 << 30, W };
	uint64_t start;
	unsigned int i;

	ASSERT_TRUE(big != MAP_FAILED);
	ASSERT_EQ(set_mem(g->fd, r, 2), 0);
	for (i = 0; i < g->vq[0].num; i++)
		ASSERT_GE(vq_add(&g->vq[0], &s, 1), 0);
	vq_kick(&g->vq[0]);
	start = now_ms();
	guest_reset(g);
	EXPECT_LE(now_ms() - start, WAIT_MS);
}
