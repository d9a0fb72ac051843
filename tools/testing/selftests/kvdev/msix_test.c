// SPDX-License-Identifier: GPL-2.0
/*
 * What the guest does in PCI configuration space: MSI-X enabled and disabled
 * while vectors are mapped, vectors that are masked, bus mastering.
 */
#include <fcntl.h>
#include <pthread.h>

#include "abi_common.h"

#define W		VRING_DESC_F_WRITE
#define S_NEEDS_RESET	VIRTIO_CONFIG_S_NEEDS_RESET
#define MASK_ROUNDS	2000

static struct kvdev_pci_state state_of(struct guest *g, uint32_t state)
{
	struct kvdev_pci_state s;

	ASSERT_EQ(pci_state(g->fd, state, &s), 0);
	return s;
}

static struct guest *pci_disk(unsigned int nr_queues)
{
	struct guest_options o = { .pci = true, .nr_queues = nr_queues,
				   .backend = temp_file(1 << 20, 0) };

	return guest_new(&o);
}

static void post(struct guest *g, unsigned int queue)
{
	struct seg s[] = { { blk_header(g, VIRTIO_BLK_T_FLUSH, 0), 16, 0 },
			   { guest_alloc(g, 1, 1), 1, W } };

	ASSERT_GE(vq_add(&g->vq[queue], s, 2), 0);
	vq_kick_always(&g->vq[queue]);
}

/* One request of a queue: it has ended, and whom to interrupt was decided. */
static void request(struct guest *g, unsigned int queue)
{
	uint64_t nr = guest_stats(g, queue).completions + 1;
	struct vq *vq = &g->vq[queue];
	struct vring_used_elem e;
	size_t brk = g->brk;

	post(g, queue);
	while (!vq_get(vq, &e))
		usleep(100);
	vq_free_chain(vq, e.id);
	guest_stats_told(g, queue, nr);
	workers_rest();
	g->brk = brk;
}

/* A descriptor of no length, after which the device needs a reset. */
static void breach(struct guest *g)
{
	g->vq[0].desc[0] = (struct vring_desc){ 0 };
	vq_expose(&g->vq[0], 0);
	vq_kick_always(&g->vq[0]);
}

static int use_line(struct guest *g)
{
	struct kvdev_set_line l = { .size = sizeof(l), .fd = event_new(),
				    .resample_fd = event_new() };

	ASSERT_EQ(cmd(g->fd, KVDEV_SET_LINE, &l), 0);
	return l.fd;
}

/*
 * virtio 1.3, 4.1.4.5 and PCI: while MSI-X is disabled the device interrupts by
 * its line and the ISR status, whatever vectors are mapped.
 */
TEST(mapped_vectors_while_msix_is_disabled)
{
	struct guest *g = pci_disk(1);
	uint32_t isr = g->bar.isr_offset;
	int i, line = use_line(g);

	guest_start(g);
	for (i = 0; i < 3; i++) {
		/* Enabled: the vector and nothing else */
		state_of(g, KVDEV_PCI_MSIX);
		request(g, 0);
		EXPECT_EQ(event_take(g->vq[0].call), 1);
		EXPECT_EQ(event_take(line), 0);
		EXPECT_EQ(reg_read(g, isr, 1), 0);
		/* Disabled: the line and nothing else */
		state_of(g, 0);
		request(g, 0);
		EXPECT_EQ(event_take(g->vq[0].call), 0);
		EXPECT_EQ(event_take(line), 1);
		EXPECT_EQ(state_of(g, 0).isr, 1);
		/* As the line is high, it is told again. */
		event_take(line);
		EXPECT_EQ(reg_read(g, isr, 1), 1);
		/* Disabled, and INTx too: the bit alone */
		state_of(g, KVDEV_PCI_INTX_OFF);
		request(g, 0);
		EXPECT_EQ(event_take(g->vq[0].call), 0);
		EXPECT_EQ(event_take(line), 0);
		EXPECT_EQ(reg_read(g, isr, 1), 1);
	}
	/* Of the configuration the same */
	state_of(g, 0);
	event_take(g->config_fd);
	breach(g);
	guest_wait_status(g, S_DRIVER_OK | S_NEEDS_RESET);
	EXPECT_TRUE(event_wait(line, WAIT_MS));
	EXPECT_EQ(reg_read(g, isr, 1), 2);
	EXPECT_EQ(event_take(g->config_fd), 0);
	EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 0);
	guest_free(g);
}

/* A vector without an eventfd is masked, and what comes then is pending. */
TEST(masked_vectors_are_pending)
{
	struct guest *g = pci_disk(1);
	int i, line = use_line(g);

	guest_start(g);
	EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 0);
	/* One or many events: one message */
	for (i = 1; i < 4; i++) {
		int n;

		ASSERT_EQ(set_vector(g->fd, 1, -1), 0);
		EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 0);
		for (n = 0; n < i; n++)
			request(g, 0);
		EXPECT_EQ(event_take(g->vq[0].call), 0);
		EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 1 << 1);
		EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).isr, 0);
		/* Another one's unmasking is not its own */
		ASSERT_EQ(set_vector(g->fd, 0, -1), 0);
		ASSERT_EQ(set_vector(g->fd, 0, g->config_fd), 0);
		EXPECT_EQ(event_take(g->vq[0].call), 0);
		/* A wrong eventfd changes nothing */
		EXPECT_EQ(set_vector(g->fd, 1, 12345), -EBADF);
		EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 1 << 1);
		ASSERT_EQ(set_vector(g->fd, 1, g->vq[0].call), 0);
		EXPECT_EQ(event_take(g->vq[0].call), 1);
		EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 0);
		/* Not masked: not pending */
		request(g, 0);
		EXPECT_EQ(event_take(g->vq[0].call), 1);
		EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 0);
	}

	/* No message leaves while MSI-X is disabled; enabled again it does. */
	ASSERT_EQ(set_vector(g->fd, 1, -1), 0);
	request(g, 0);
	state_of(g, 0);
	ASSERT_EQ(set_vector(g->fd, 1, g->vq[0].call), 0);
	EXPECT_EQ(event_take(g->vq[0].call), 0);
	EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 0);
	EXPECT_EQ(event_take(g->vq[0].call), 1);
	EXPECT_EQ(event_take(line), 0);

	/* The configuration's, and a reset forgets it. */
	ASSERT_EQ(set_vector(g->fd, 0, -1), 0);
	breach(g);
	guest_wait_status(g, S_DRIVER_OK | S_NEEDS_RESET);
	while (!(state_of(g, KVDEV_PCI_MSIX).pending[0] & 1))
		usleep(100);
	EXPECT_EQ(event_take(g->config_fd), 0);
	guest_reset(g);
	EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 0);
	ASSERT_EQ(set_vector(g->fd, 0, g->config_fd), 0);
	EXPECT_EQ(event_take(g->config_fd), 0);
	guest_start(g);
	blk_works(g);
	guest_free(g);
}

/* The last vector there can be. */
TEST(last_vector_is_pending)
{
	struct guest *g = pci_disk(KVDEV_MAX_QUEUES);
	unsigned int last = KVDEV_MAX_QUEUES - 1;
	struct kvdev_pci_state s;

	guest_start(g);
	ASSERT_EQ(set_vector(g->fd, last + 1, -1), 0);
	request(g, last);
	s = state_of(g, KVDEV_PCI_MSIX);
	EXPECT_EQ(s.pending[0], 0);
	EXPECT_EQ(s.pending[1], 1);
	ASSERT_EQ(set_vector(g->fd, last + 1, g->vq[last].call), 0);
	EXPECT_EQ(event_take(g->vq[last].call), 1);
	guest_free(g);
}

static volatile bool stop;

static void *mask_and_unmask(void *arg)
{
	struct guest *g = arg;
	unsigned int n;

	for (n = 0; !stop; n++) {
		set_vector(g->fd, 1, -1);
		if (n % 4 == 0)
			pci_state(g->fd, KVDEV_PCI_MSIX |
				  KVDEV_PCI_MASTER_OFF, NULL);
		set_vector(g->fd, 1, g->vq[0].call);
		if (n % 4 == 0)
			pci_state(g->fd, KVDEV_PCI_MSIX, NULL);
	}
	return NULL;
}

/* Whenever a vector is masked and unmasked, no interrupt is lost. */
TEST(no_interrupt_is_lost)
{
	struct guest *g = pci_disk(1);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;
	uint64_t end = now_ms() + 5000;
	pthread_t t;
	int i;

	guest_start(g);
	ASSERT_EQ(pthread_create(&t, NULL, mask_and_unmask, g), 0);
	for (i = 0; i < MASK_ROUNDS && now_ms() < end; i++) {
		size_t brk = g->brk;

		post(g, 0);
		ASSERT_TRUE(event_wait(vq->call, WAIT_MS));
		ASSERT_TRUE(vq_get(vq, &e));
		vq_free_chain(vq, e.id);
		g->brk = brk;
	}
	stop = true;
	pthread_join(t, NULL);
	NOTE("%d interrupts", i);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK);
	EXPECT_EQ(guest_stats(g, 0).violations, 0);
	guest_free(g);
}

/* Without Bus Master Enable the device neither reads nor writes nor signals. */
TEST(bus_master_off)
{
	struct guest *g = pci_disk(1);
	struct vq *vq = &g->vq[0];
	struct vring_used_elem e;

	/* A driver may come before it is enabled. */
	state_of(g, KVDEV_PCI_MSIX | KVDEV_PCI_MASTER_OFF);
	guest_start(g);
	post(g, 0);
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	EXPECT_EQ(guest_stats(g, 0).chains, 0);
	/* What was put there is served then. */
	state_of(g, KVDEV_PCI_MSIX);
	EXPECT_TRUE(event_wait(vq->call, WAIT_MS));
	EXPECT_TRUE(vq_get(vq, &e));
	vq_free_chain(vq, e.id);
	blk_works(g);

	state_of(g, KVDEV_PCI_MSIX | KVDEV_PCI_MASTER_OFF);
	event_take(vq->call);
	state_of(g, KVDEV_PCI_MSIX | KVDEV_PCI_MASTER_OFF);
	post(g, 0);
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	/* Suspended or not, both have to end. */
	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
	state_of(g, KVDEV_PCI_MSIX);
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	state_of(g, KVDEV_PCI_MSIX | KVDEV_PCI_MASTER_OFF);
	ASSERT_EQ(cmd(g->fd, VHOST_VDPA_RESUME, NULL), 0);
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	EXPECT_EQ(event_take(vq->call), 0);
	state_of(g, KVDEV_PCI_MSIX);
	EXPECT_TRUE(event_wait(vq->call, WAIT_MS));
	EXPECT_TRUE(vq_get(vq, &e));
	vq_free_chain(vq, e.id);
	blk_works(g);

	/* A broken device stays what it is, and its message waits. */
	ASSERT_EQ(set_vector(g->fd, 0, -1), 0);
	breach(g);
	guest_wait_status(g, S_DRIVER_OK | S_NEEDS_RESET);
	state_of(g, KVDEV_PCI_MSIX | KVDEV_PCI_MASTER_OFF);
	ASSERT_EQ(set_vector(g->fd, 0, g->config_fd), 0);
	EXPECT_EQ(event_take(g->config_fd), 0);
	EXPECT_EQ(state_of(g, KVDEV_PCI_MSIX).pending[0], 0);
	EXPECT_EQ(event_take(g->config_fd), 1);
	EXPECT_EQ(guest_status(g), S_DRIVER_OK | S_NEEDS_RESET);
	EXPECT_EQ(guest_stats(g, 0).violations, 1);

	/* A reset does not enable it. */
	state_of(g, KVDEV_PCI_MSIX | KVDEV_PCI_MASTER_OFF);
	guest_reset(g);
	guest_start(g);
	post(g, 0);
	EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
	state_of(g, KVDEV_PCI_MSIX);
	EXPECT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	guest_free(g);
}

/* When the command returns, what was in flight has ended. */
TEST_WHEN(have_null_blk, bus_master_off_waits)
{
	struct guest_options o = { .pci = true };
	struct vring_used_elem e;
	struct nullb disk;
	struct guest *g;
	int i, nr = 0;

	if (!nullb_new(&disk, 16, 100 * 1000000UL))
		SKIP("no null_blk disk");
	o.backend = open(disk.path, O_RDWR | O_CLOEXEC);
	g = guest_new(&o);
	guest_start(g);
	for (i = 0; i < 16; i++) {
		struct seg s[] = {
			{ blk_header(g, VIRTIO_BLK_T_IN, i), 16, 0 },
			{ guest_alloc(g, 513, 1), 513, W },
		};

		ASSERT_GE(vq_add(&g->vq[0], s, 2), 0);
	}
	vq_kick_always(&g->vq[0]);
	/* The first is with the disk: until then it may go back to the ring. */
	while (guest_stats(g, 0).chains < 2)
		usleep(100);
	state_of(g, KVDEV_PCI_MSIX | KVDEV_PCI_MASTER_OFF);
	while (vq_get(&g->vq[0], &e))
		nr++;
	EXPECT_GE(nr, 1);
	EXPECT_EQ(guest_stats(g, 0).chains, nr);
	EXPECT_EQ(guest_stats(g, 0).completions, nr);
	state_of(g, KVDEV_PCI_MSIX);
	for (; nr < 16; nr++)
		EXPECT_EQ(vq_wait(&g->vq[0], &e, WAIT_MS), 0);
	guest_free(g);
	close(o.backend);
	nullb_free(&disk);
}
