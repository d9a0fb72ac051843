// SPDX-License-Identifier: GPL-2.0
/*
 * What a device tells through its files, and pausing it.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "vmmci_common.h"

TEST(events_of_each_file)
{
	struct ci c = { .wire = RING, .fd = ci_new_named() };
	int late, early = dev_open();
	struct kvdev_event e;

	ASSERT_EQ(name_cmd(early, KVDEV_OPEN, test_name("")), 0);
	ASSERT_EQ(cmd(c.fd, VHOST_SET_OWNER, NULL), 0);
	ASSERT_EQ(cmd_u64(c.fd, VHOST_SET_FEATURES, F_VERSION_1 | F_ALL), 0);
	ASSERT_EQ(set_status(c.fd, S_DRIVER_OK), 0);
	EXPECT_EQ(ci_poke(&c, CMD, 4, SHUTDOWN), 0);
	late = dev_open();
	ASSERT_EQ(name_cmd(late, KVDEV_OPEN, test_name("")), 0);
	EXPECT_TRUE(!event_readable(late, 0));
	EXPECT_EQ(event_next(c.fd, 0).type, EV(GUEST_SHUTDOWN));
	EXPECT_TRUE(!event_readable(c.fd, 0));
	EXPECT_EQ(event_next(early, 0).type, EV(GUEST_SHUTDOWN));

	/* In order; of each the last, with a count. */
	EXPECT_EQ(ci_send(&c, SYNCRTC), 0);
	EXPECT_EQ(ci_poke(&c, CMD, 4, SYNCRTC), 0);
	EXPECT_EQ(ci_poke(&c, CMD, 4, REBOOT), 0);
	EXPECT_EQ(ci_poke(&c, CMD, 4, SHUTDOWN), 0);
	EXPECT_EQ(ci_poke(&c, CMD, 4, SHUTDOWN), 0);
	e = event_next(late, 0);
	EXPECT_EQ(e.type, EV(ACK));
	EXPECT_EQ(e.count, 1);
	EXPECT_EQ(event_next(late, 0).type, EV(GUEST_REBOOT));
	e = event_next(late, 0);
	EXPECT_EQ(e.type, EV(GUEST_SHUTDOWN));
	EXPECT_EQ(e.count, 3);
	EXPECT_TRUE(!event_readable(late, 0));
	EXPECT_TRUE(event_readable(early, 0));
	close(c.fd);
	delete_named();
}

TEST(reading_events)
{
	struct ci *c = ci_start(MODERN, 0);
	struct kvdev_event e[2];
	struct pollfd p = { .fd = dev_open(), .events = POLLIN };
	int status;

	/* no device yet */
	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_TRUE(p.revents & POLLERR);
	EXPECT_EQ(read(p.fd, e, sizeof(e)), -1);
	EXPECT_EQ(errno, ENODEV);

	EXPECT_EQ(read(c->fd, e, sizeof(e[0]) - 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(lseek(c->fd, 0, SEEK_SET), -1);
	EXPECT_EQ(pread(c->fd, e, sizeof(e), 0), -1);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(read(c->fd, e, sizeof(e)), -1);
	EXPECT_EQ(errno, EAGAIN);
	fcntl(c->fd, F_SETFL, 0);

	/* sleeps until there is one; one at a time */
	if (!fork()) {
		usleep(100000);
		EXPECT_EQ(ci_send_within(c->fd, SHUTDOWN, 1, 1), 0);
		_exit(0);
	}
	EXPECT_EQ(read(c->fd, e, sizeof(e)), sizeof(e[0]));
	EXPECT_EQ(e[0].type, EV(ACK_TIMEOUT));
	EXPECT_EQ(e[0].__reserved, 0);
	wait(&status);
	EXPECT_EQ(status, 0);
	ci_answer(c, REBOOT);
	/* a bad address takes none away */
	EXPECT_EQ(read(c->fd, cliff(), sizeof(e)), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EVENT(c, EV(GUEST_REBOOT), REBOOT);
}

/* A reader that waits is no hindrance to the end of anything. */
TEST(killed_while_reading)
{
	int i;

	for (i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid) {
			struct ci *c = ci_start(i % NR_WIRES, 0);
			struct kvdev_event e;

			if (read(c->fd, &e, sizeof(e)) < 0)
				_exit(1);
			_exit(0);
		}
		usleep(i * 2000);
		kill(pid, SIGKILL);
		ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	}
}

/* Other devices tell what they have to tell. */
TEST(needs_reset)
{
	struct guest_options o = { .device_id = VIRTIO_ID_RNG, .pci = true };
	struct guest *g = guest_new(&o);
	int i;

	for (i = 1; i < 3; i++) {
		struct kvdev_event e;

		guest_start(g);
		EXPECT_TRUE(!event_readable(g->fd, 0));
		vq_expose(&g->vq[0], 0xffff);
		vq_kick_always(&g->vq[0]);
		e = event_next(g->fd, WAIT_MS);
		EXPECT_EQ(e.type, KVDEV_EVENT_NEEDS_RESET);
		EXPECT_EQ(e.count, i);
		guest_reset(g);
	}
	EXPECT_EQ(cmd(g->fd, VHOST_RESET_OWNER, NULL), 0);
	EXPECT_EQ(event_next(g->fd, WAIT_MS).type, KVDEV_EVENT_RELEASED);
}

/* Suspended queues take nothing, and lose nothing. */
TEST(suspend_and_resume)
{
	int pci;

	for (pci = 0; pci < 2; pci++) {
		struct guest_options o = { .device_id = VIRTIO_ID_RNG,
					   .pci = pci };
		struct guest *g = guest_new(&o);
		struct vq *vq = &g->vq[0];
		struct seg s = { guest_alloc(g, 64, 64), 64,
				 VRING_DESC_F_WRITE };
		struct vring_used_elem e;
		uint64_t f;

		EXPECT_EQ(cmd(g->fd, VHOST_GET_BACKEND_FEATURES, &f), 0);
		EXPECT_EQ(f, BIT(VHOST_BACKEND_F_SUSPEND) |
			     BIT(VHOST_BACKEND_F_RESUME));
		EXPECT_EQ(cmd_u64(g->fd, VHOST_SET_BACKEND_FEATURES, f), 0);
		EXPECT_EQ(cmd_u64(g->fd, VHOST_SET_BACKEND_FEATURES, f | 2),
			  -EOPNOTSUPP);
		guest_start(g);
		EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
		EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
		ASSERT_GE(vq_add(vq, &s, 1), 0);
		vq_kick_always(vq);
		EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
		EXPECT_EQ(cmd(g->fd, VHOST_VDPA_RESUME, NULL), 0);
		EXPECT_EQ(vq_wait(vq, &e, WAIT_MS), 0);

		/* A driver that starts meanwhile waits, too. */
		guest_reset(g);
		EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
		guest_start(g);
		ASSERT_GE(vq_add(vq, &s, 1), 0);
		vq_kick_always(vq);
		EXPECT_EQ(vq_wait(vq, &e, NO_USED_MS), -ETIMEDOUT);
		EXPECT_EQ(cmd(g->fd, VHOST_VDPA_RESUME, NULL), 0);
		EXPECT_EQ(vq_wait(vq, &e, WAIT_MS), 0);

		/* A reset ends it. */
		EXPECT_EQ(cmd(g->fd, VHOST_VDPA_SUSPEND, NULL), 0);
		guest_reset(g);
		guest_start(g);
		EXPECT_EQ(vq_submit(vq, &s, 1, &(uint32_t){ 0 }), 0);
		guest_free(g);
	}
}
