// SPDX-License-Identifier: GPL-2.0
/* See load.h. */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "load.h"

volatile bool stop;

uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x >> 8;
}

static void post_reads(struct guest *g, struct vq *vq, unsigned int max)
{
	uint64_t at = GUEST_GPA + (4 << 20) + (vq->index << 20);
	unsigned int i;

	for (i = 0; i < max && vq->nr_free >= 2; i++) {
		uint64_t slot = at + (vq->free[vq->nr_free - 1] % 256) * 4096;
		struct virtio_blk_outhdr *h = guest_ptr(g, slot);
		struct seg s[] = { { slot, 16, 0 }, { slot + 16, 513, W } };

		*h = (struct virtio_blk_outhdr){ .type = VIRTIO_BLK_T_IN,
						 .sector = i };
		vq_add(vq, s, 2);
	}
}

void start_reads(struct guest *g)
{
	unsigned int q;

	for (q = 0; q < g->nr_vqs; q++) {
		post_reads(g, &g->vq[q], 128);
		vq_kick_always(&g->vq[q]);
	}
}

/* Keeps the queues busy for as long as they answer. */
void *drive(void *data)
{
	struct guest *g = data;
	struct vring_used_elem e;
	unsigned int q;

	while (!stop) {
		for (q = 0; q < g->nr_vqs; q++) {
			struct vq *vq = &g->vq[q];

			post_reads(g, vq, 8);
			vq_kick_always(vq);
			while (vq_get(vq, &e))
				if (e.id < vq->num && vq->nr_free + 2U <= vq->num)
					vq_free_chain(vq, e.id);
			event_wait(vq->call, 1);
		}
	}
	return NULL;
}

struct guest *busy_guest(bool pci, int backend)
{
	struct guest_options o = { .pci = pci, .nr_queues = 2,
				   .backend = backend };
	struct guest *g = guest_new(&o);

	guest_start(g);
	return g;
}

void run_threads(void *(*fn[])(void *), int nr, void *arg, int ms)
{
	pthread_t thread[8];
	int i;

	for (i = 0; i < nr; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, fn[i], arg), 0);
	usleep(ms * 1000);
	stop = true;
	for (i = 0; i < nr; i++)
		pthread_join(thread[i], NULL);
	stop = false;
}

void hammer(struct guest *g, void *(*fn)(void *))
{
	void *(*all[])(void *) = { fn, fn, drive };

	run_threads(all, 3, g, HAMMER_MS);
}

struct ending {
	struct guest *(*start)(const void *arg);
	const void *arg;
	enum end end;
	int usec;
	struct guest *g;
};

static void begin_load(void *data)
{
	struct ending *e = data;
	pthread_t t;

	e->g = e->start(e->arg);
	pthread_create(&t, NULL, drive, e->g);
	start_reads(e->g);
}

static void end_soon(void *data)
{
	struct ending *e = data;

	usleep(e->usec);
	if (e->end == END_CLOSE)
		close(e->g->fd);
	if (e->end == END_SIGSEGV) {
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	_exit(0);
}

void end_under_load(struct guest *(*start)(const void *arg), const void *arg,
		    enum end end, int usec)
{
	struct ending e = {
		.start = start, .arg = arg, .end = end, .usec = usec,
	};
	pid_t pid = kvt_child(begin_load, end == END_SIGKILL ? NULL : end_soon,
			      &e);
	int status;

	if (end == END_SIGKILL) {
		usleep(usec);
		kill(pid, SIGKILL);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	if (end == END_SIGKILL || end == END_SIGSEGV)
		EXPECT_EQ(WTERMSIG(status), end == END_SIGKILL ? SIGKILL :
								 SIGSEGV);
	else
		EXPECT_EQ(status, 0);
}

/* After all that the device starts as if nothing had been. */
void expect_usable(struct guest *g)
{
	struct vhost_memory_region r = { GUEST_GPA, GUEST_MEM,
					 (uintptr_t)g->mem, 0 };
	unsigned int i;

	cmd(g->fd, VHOST_SET_OWNER, NULL);
	if (g->o.pci)
		ASSERT_EQ(pci_state(g->fd, KVDEV_PCI_MSIX, NULL), 0);
	ASSERT_EQ(set_mem(g->fd, &r, 1), 0);
	ASSERT_EQ(set_status(g->fd, 0), 0);
	for (i = 0; i < g->nr_vqs; i++) {
		struct vq *vq = &g->vq[i];

		ASSERT_EQ(vring_file(g->fd, VHOST_SET_VRING_KICK, i, vq->kick),
			  0);
		if (g->o.pci)
			ASSERT_EQ(set_vector(g->fd, i + 1, vq->call), 0);
		else
			ASSERT_EQ(vring_file(g->fd, VHOST_SET_VRING_CALL, i,
					     vq->call), 0);
		event_take(vq->kick);
	}
	guest_start(g);
	blk_works(g);
	EXPECT_EQ(guest_stats(g, 0).chains, guest_stats(g, 0).completions);
}
