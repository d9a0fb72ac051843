// SPDX-License-Identifier: GPL-2.0
/*
 * The VMM control interface: every field, every command and what can become of
 * it.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "vmmci_common.h"

TEST(what_it_is)
{
	struct kvdev_info info = { .size = sizeof(info) };
	uint64_t features;
	uint32_t n = 77;
	uint16_t num = 77;
	int fd = dev_open();

	EXPECT_EQ(cmd(fd, KVDEV_GET_INFO, &info), 0);
	EXPECT_TRUE(info.device_types & BIT(KVDEV_TYPE_BIT_VMMCI));
	EXPECT_EQ(create(fd, KVDEV_DEVICE_VMMCI, 1, 0), -EINVAL);
	EXPECT_EQ(create(fd, KVDEV_DEVICE_VMMCI, 0, 64), -EINVAL);
	EXPECT_EQ(create(fd, KVDEV_TYPE_BIT_VMMCI, 0, 0), -EOPNOTSUPP);
	ASSERT_EQ(create(fd, KVDEV_DEVICE_VMMCI, 0, 0), 0);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_DEVICE_ID, &n), 0);
	EXPECT_EQ(n, 0xffff);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VQS_COUNT, &n), 0);
	EXPECT_EQ(n, 0);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_VRING_NUM, &num), 0);
	EXPECT_EQ(num, 0);
	EXPECT_EQ(cmd(fd, VHOST_VDPA_GET_CONFIG_SIZE, &n), 0);
	EXPECT_EQ(n, CONFIG_LEN);
	EXPECT_EQ(cmd(fd, VHOST_GET_FEATURES, &features), 0);
	EXPECT_EQ(features & 0xffffff, F_ALL);
	EXPECT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	EXPECT_EQ(vring_state(fd, VHOST_SET_VRING_NUM, 0, 1), -ENXIO);
	EXPECT_EQ(vring_file(fd, VHOST_SET_VRING_KICK, 0, -1), -ENXIO);
	EXPECT_EQ(set_backend(fd, -1, 0, 0), -EOPNOTSUPP);
	/* no queue, so no memory is needed */
	EXPECT_EQ(set_status(fd, S_DRIVER), 0);
	EXPECT_EQ(set_status(fd, S_DRIVER_OK), 0);
	EXPECT_EQ(get_status(fd), S_DRIVER_OK);
	close(fd);
}

TEST(counters_without_queues)
{
	struct ci *c = ci_start(MODERN, 0);
	struct kvdev_get_stats s = { .size = sizeof(s), .queue = 1 };

	EXPECT_EQ(cmd(c->fd, KVDEV_GET_STATS, &s), -ENXIO);
	s.queue = 0;
	EXPECT_EQ(cmd(c->fd, KVDEV_GET_STATS, &s), 0);
	EXPECT_EQ(s.kicks, 0);
	/* a doorbell of no queue, queue registers of none */
	reg_write(c->g, c->g->bar.notify_offset, 2, 0);
	EXPECT_EQ(guest_stats(c->g, 0).dev_ignored_accesses, 1);
	EXPECT_EQ(reg_read(c->g, c->g->bar.common_offset + offsetof(
		struct virtio_pci_common_cfg, queue_size), 2), 0);
}

/* A pair of the device's time, read in pieces of @len bytes. */
static struct timespec device_time(struct ci *c, uint32_t len)
{
	uint64_t t[2] = {};
	uint32_t i;

	for (i = 0; i < sizeof(t); i += len)
		t[i / 8] |= ci_read(c, SEC + i, len) << 8 * (i % 8);
	return (struct timespec){ t[0], t[1] * 1000 };
}

static bool between(struct timespec a, struct timespec t, struct timespec b)
{
	a.tv_nsec -= a.tv_nsec % 1000;
	return (t.tv_sec > a.tv_sec ||
		(t.tv_sec == a.tv_sec && t.tv_nsec >= a.tv_nsec)) &&
	       (t.tv_sec < b.tv_sec ||
		(t.tv_sec == b.tv_sec && t.tv_nsec <= b.tv_nsec));
}

TEST(time_in_any_width)
{
	static const uint32_t widths[] = { 1, 2, 4, 8 };
	unsigned int l, i;

	for_each_wire(l) {
		struct ci *c = ci_start(l, 0);

		for (i = 0; i < ARRAY_SIZE(widths); i++) {
			struct timespec before, after, t;

			clock_gettime(CLOCK_REALTIME, &before);
			t = device_time(c, widths[i]);
			clock_gettime(CLOCK_REALTIME, &after);
			if (!between(before, t, after))
				NOTE("wire %u width %u", l, widths[i]);
			EXPECT_TRUE(between(before, t, after));
		}
		ci_free(c);
	}
}

/* Seconds and microseconds belong together however late they are read. */
TEST(time_is_latched)
{
	unsigned int l;

	for_each_wire(l) {
		struct ci *c = ci_start(l, 0);
		uint64_t low, high, usec;
		struct timespec now;

		low = ci_read(c, SEC, 4);
		high = ci_read(c, SEC + 4, 4);
		usec = ci_read(c, USEC, 8);
		usleep(1200000);
		EXPECT_EQ(ci_read(c, SEC + 4, 4), high);
		EXPECT_EQ(ci_read(c, USEC, 8), usec);
		EXPECT_EQ(ci_read(c, USEC, 4), usec);
		EXPECT_EQ(ci_read(c, USEC + 4, 4), 0);
		EXPECT_EQ(ci_read(c, SEC + 1, 1), low >> 8 & 0xff);
		EXPECT_EQ(ci_read(c, CMD, 4), 0);
		EXPECT_EQ(ci_read(c, CMD, 1), 0);
		EXPECT_EQ(ci_read(c, USEC, 8), usec);
		/* until its first byte is read again */
		EXPECT_GE(ci_read(c, SEC, 1), 0);
		clock_gettime(CLOCK_REALTIME, &now);
		EXPECT_EQ(high, (uint64_t)now.tv_sec >> 32);
		EXPECT_NE(ci_read(c, USEC, 8) + (ci_read(c, SEC + 1, 1) << 32),
			  usec + ((low >> 8 & 0xff) << 32));
		ci_free(c);
	}
}

/* Somebody who looks at the device does not move what the driver reads. */
TEST(time_of_the_driver_only)
{
	int fd = dev_open(), own = dev_open(), status;
	struct kvdev_create k = {
		.size = sizeof(k), .flags = KVDEV_CREATE_NAMED,
		.device_id = KVDEV_DEVICE_VMMCI,
	};
	struct ci c = { .wire = RING, .fd = own };
	uint64_t usec;

	strcpy((char *)k.name, test_name(""));
	ASSERT_EQ(cmd(fd, KVDEV_CREATE, &k), 0);
	ASSERT_EQ(name_cmd(own, KVDEV_OPEN, test_name("")), 0);
	ASSERT_EQ(cmd(own, VHOST_SET_OWNER, NULL), 0);
	EXPECT_NE(ci_read(&c, SEC, 4), 0);
	usec = ci_read(&c, USEC, 4);
	if (!fork()) {
		c.fd = fd;
		_exit(ci_read(&c, SEC, 4) == 0);
	}
	wait(&status);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(ci_read(&c, USEC, 4), usec);
	close(own);
	delete_named();
}

TEST(no_time_unless_offered)
{
	struct kvdev_create k = {
		.size = sizeof(k), .device_id = KVDEV_DEVICE_VMMCI,
		.features = F_ACK,
	};
	struct ci c = { .wire = RING, .fd = dev_open() };

	ASSERT_EQ(cmd(c.fd, KVDEV_CREATE, &k), 0);
	EXPECT_EQ(ci_read(&c, SEC, 8), 0);
	EXPECT_EQ(ci_read(&c, USEC, 8), 0);
}

TEST(command_and_answer)
{
	static const uint32_t ops[] = { SHUTDOWN, REBOOT, SYNCRTC };
	unsigned int l, i;

	for_each_wire(l) {
		struct ci *c = ci_start(l, 0);

		for (i = 0; i < ARRAY_SIZE(ops); i++) {
			uint64_t before = now_ms(), when;

			EXPECT_EQ(ci_read(c, CMD, 4), 0);
			EXPECT_EQ(ci_send(c, ops[i]), 0);
			EXPECT_TRUE(ci_interrupted(c));
			EXPECT_EQ(ci_read(c, CMD, 4), ops[i]);
			EXPECT_EQ(ci_read(c, CMD, 1), ops[i]);
			EXPECT_EQ(ci_read(c, CMD + 1, 1), 0);
			EXPECT_NO_EVENT(c);
			ci_answer(c, ops[i]);
			when = EXPECT_EVENT(c, EV(ACK), ops[i]).time_ns /
			       1000000;
			EXPECT_GE(when, before - 1);
			EXPECT_LE(when, now_ms());
			if (ops[i] == SYNCRTC) {
				EXPECT_EQ(ci_read(c, CMD, 4), 0);
				break;
			}
			EXPECT_EQ(ci_send(c, SHUTDOWN), -EBUSY);
			EXPECT_EQ(ci_send(c, REBOOT), -EBUSY);
			EXPECT_EQ(ci_send(c, SYNCRTC), -EBUSY);
			EXPECT_EQ(ci_send(c, KVDEV_VMMCI_NONE), 0);
		}
		EXPECT_NO_EVENT(c);
		ci_free(c);
	}
}

/* Linux' legacy driver writes every field byte by byte. */
TEST(answer_in_pieces)
{
	unsigned int l, i;

	for_each_wire(l) {
		struct ci *c = ci_start(l, 0);

		EXPECT_EQ(ci_send(c, SHUTDOWN), 0);
		for (i = 0; i < 4; i++) {
			EXPECT_NO_EVENT(c);
			ci_write(c, CMD + i, 1, i ? 0 : SHUTDOWN, true);
		}
		EXPECT_EVENT(c, EV(ACK), SHUTDOWN);
		ci_free(c);
	}
}

TEST(no_driver)
{
	unsigned int l;

	for_each_wire(l) {
		struct ci *c = ci_new(l, 0);

		EXPECT_EQ(ci_send(c, SHUTDOWN), -ENXIO);
		EXPECT_EQ(ci_send(c, SYNCRTC), -ENXIO);
		EXPECT_EQ(ci_send(c, KVDEV_VMMCI_NONE), 0);
		/* Nor has a driver anything to say before it is up. */
		ci_write(c, CMD, 4, SHUTDOWN, false);
		ci_up(c);
		EXPECT_EQ(ci_send(c, SHUTDOWN), 0);
		ci_reset(c);
		EXPECT_EQ(ci_send(c, SHUTDOWN), -ENXIO);
		EXPECT_NO_EVENT(c);
		ci_free(c);
	}
}

TEST(features_of_the_driver)
{
	unsigned int l;

	for_each_wire(l) {
		struct ci *c = ci_start(l, F_SYNCRTC);

		EXPECT_EQ(ci_send(c, SYNCRTC), -EOPNOTSUPP);
		EXPECT_EQ(ci_send(c, SHUTDOWN), 0);
		ci_answer(c, SHUTDOWN);
		EXPECT_EVENT(c, EV(ACK), SHUTDOWN);
		ci_free(c);

		/* Who does not answer is given the time to stop at once. */
		c = ci_start(l, F_ACK);
		EXPECT_EQ(ci_send(c, SYNCRTC), 0);
		EXPECT_EQ(ci_read(c, CMD, 4), SYNCRTC);
		EXPECT_EQ(ci_send_within(c->fd, SHUTDOWN, 1, 86400000), 0);
		EXPECT_EQ(ci_read(c, CMD, 4), SHUTDOWN);
		ci_write(c, CMD, 4, SHUTDOWN, false);
		EXPECT_EQ(ci_send(c, KVDEV_VMMCI_NONE), 0);
		EXPECT_EQ(ci_send_within(c->fd, SHUTDOWN, 86400000, 50), 0);
		EXPECT_EVENT(c, EV(STOP_TIMEOUT), SHUTDOWN);
		EXPECT_NO_EVENT(c);
		ci_free(c);
	}
}

TEST(wrong_commands)
{
	struct ci *c = ci_start(MODERN, 0);
	struct kvdev_vmmci_cmd v = { .size = sizeof(v), .command = SYNCRTC };
	int blk = dev_open();

	EXPECT_EQ(ci_send(c, 4), -EOPNOTSUPP);
	EXPECT_EQ(ci_send(c, UINT32_MAX), -EOPNOTSUPP);
	EXPECT_EQ(ci_send_within(c->fd, SYNCRTC, 86400001, 0), -EINVAL);
	EXPECT_EQ(ci_send_within(c->fd, SYNCRTC, 0, 86400001), -EINVAL);
	EXPECT_EQ(ci_send_within(c->fd, SYNCRTC, UINT32_MAX, 0), -EINVAL);
	v.__reserved = 1;
	EXPECT_EQ(cmd(c->fd, KVDEV_VMMCI_CMD, &v), -EINVAL);
	v.__reserved = 0;
	v.flags = 1;
	EXPECT_EQ(cmd(c->fd, KVDEV_VMMCI_CMD, &v), -EOPNOTSUPP);
	v.flags = 0;
	v.size--;
	EXPECT_EQ(cmd(c->fd, KVDEV_VMMCI_CMD, &v), -EINVAL);
	EXPECT_EQ(ci_read(c, CMD, 4), 0);
	EXPECT_EQ(ci_send_within(c->fd, SYNCRTC, 86400000, 86400000), 0);
	EXPECT_EQ(ci_read(c, CMD, 4), SYNCRTC);

	EXPECT_EQ(create(blk, VIRTIO_ID_BLOCK, 0, 0), 0);
	EXPECT_EQ(ci_send_within(blk, SYNCRTC, 0, 0), -EOPNOTSUPP);
	EXPECT_EQ(ci_send_within(dev_open(), SYNCRTC, 0, 0), -ENODEV);
}

static void times_out(struct ci *c, uint32_t op, uint32_t ack_ms,
		      uint32_t stop_ms, bool answers)
{
	uint64_t start = now_ms();
	uint32_t want = answers ? stop_ms : ack_ms;

	EXPECT_EQ(ci_send_within(c->fd, op, ack_ms, stop_ms), 0);
	if (answers) {
		ci_answer(c, op);
		EXPECT_EVENT(c, EV(ACK), op);
	}
	EXPECT_EVENT(c, answers ? EV(STOP_TIMEOUT) : EV(ACK_TIMEOUT), op);
	EXPECT_GE(now_ms() - start, want);
	/* Taken back: a guest that looks only now does not shut down. */
	EXPECT_EQ(ci_read(c, CMD, 4), 0);
	EXPECT_NO_EVENT(c);
}

TEST(time_outs)
{
	unsigned int l;

	for_each_wire(l) {
		struct ci *c = ci_start(l, 0);

		times_out(c, SHUTDOWN, 100, 1, false);
		times_out(c, REBOOT, 1, 60000, false);
		times_out(c, SYNCRTC, 50, 60000, false);
		times_out(c, SHUTDOWN, 60000, 150, true);
		times_out(c, REBOOT, 60000, 1, true);
		/* and it still works */
		EXPECT_EQ(ci_send(c, SHUTDOWN), 0);
		ci_answer(c, SHUTDOWN);
		EXPECT_EVENT(c, EV(ACK), SHUTDOWN);
		ci_free(c);
	}
}

/* Three seconds if nothing else is said. */
TEST(default_time_to_answer)
{
	struct ci *c = ci_start(LEGACY, 0);
	uint64_t start = now_ms();

	EXPECT_EQ(ci_send_within(c->fd, SHUTDOWN, 0, 0), 0);
	EXPECT_EVENT(c, EV(ACK_TIMEOUT), SHUTDOWN);
	EXPECT_GE(now_ms() - start, 3000);
	/* and 120 from an answer on: longer than the first time */
	EXPECT_EQ(ci_send_within(c->fd, SHUTDOWN, 30 * WAIT_MS, 0), 0);
	ci_answer(c, SHUTDOWN);
	EXPECT_EVENT(c, EV(ACK), SHUTDOWN);
	EXPECT_TRUE(!event_readable(c->fd, 4000));
}

TEST(answers_do_not_prolong)
{
	struct ci *c = ci_start(MODERN, 0);
	uint64_t start = now_ms();
	struct kvdev_event e;

	EXPECT_EQ(ci_send_within(c->fd, SHUTDOWN, 30 * WAIT_MS, 300), 0);
	do {
		ci_answer(c, SHUTDOWN);
		ci_answer(c, REBOOT);
		e = event_next(c->fd, 0);
	} while (e.type != EV(STOP_TIMEOUT) && now_ms() - start < WAIT_MS);
	EXPECT_EQ(e.type, EV(STOP_TIMEOUT));
}

/* The line as KVM makes it: high from a signal to the end that finds no cause. */
static bool line_stays(int line, int end, int ms)
{
	uint64_t one = 1;

	ASSERT_EQ(write(end, &one, 8), 8);
	return event_wait(line, ms);
}

/*
 * OpenBSD's driver for Linux never reads the ISR status: its answer ends the
 * interrupt. Until then, however often the line is ended, it is high.
 */
TEST(interrupt_ends_with_the_answer)
{
	static const uint32_t ops[] = { SYNCRTC, REBOOT };
	static const enum wire wires[] = { MODERN, LEGACY };
	unsigned int l, i, n;

	for (l = 0; l < ARRAY_SIZE(wires); l++) {
		struct ci *c = ci_start(wires[l], 0);
		int line = event_new(), end = event_new();

		ci_msix_off(c);
		ci_set_line(c, line, end);
		for (i = 0; i < ARRAY_SIZE(ops); i++) {
			EXPECT_EQ(ci_send(c, ops[i]), 0);
			EXPECT_TRUE(event_wait(line, WAIT_MS));
			for (n = 0; n < 3; n++)
				EXPECT_TRUE(line_stays(line, end, WAIT_MS));
			EXPECT_EQ(ci_read(c, CMD, 4), ops[i]);
			ci_answer(c, ops[i]);
			/* One that was on its way */
			event_take(line);
			EXPECT_TRUE(!line_stays(line, end, NO_USED_MS));
			EXPECT_EQ(ci_isr(c), 0);
			EXPECT_EVENT(c, EV(ACK), ops[i]);
		}
		/* A repeated answer is nothing the guest wants by itself. */
		for (n = 0; n < 3; n++)
			ci_answer(c, REBOOT);
		EXPECT_NO_EVENT(c);
		ci_answer(c, SHUTDOWN);
		EXPECT_EVENT(c, EV(GUEST_SHUTDOWN), SHUTDOWN);
		ci_free(c);
	}
}

/* What is taken back has nobody to answer it. */
TEST(interrupt_ends_with_the_command)
{
	static const enum wire wires[] = { MODERN, LEGACY };
	unsigned int l;

	for (l = 0; l < ARRAY_SIZE(wires); l++) {
		struct ci *c = ci_start(wires[l], 0);

		ci_msix_off(c);
		EXPECT_EQ(ci_send(c, SHUTDOWN), 0);
		EXPECT_EQ(ci_send(c, KVDEV_VMMCI_NONE), 0);
		EXPECT_EQ(ci_isr(c), 0);
		EXPECT_EQ(ci_send_within(c->fd, REBOOT, 1, 1), 0);
		EXPECT_EVENT(c, EV(ACK_TIMEOUT), REBOOT);
		EXPECT_EQ(ci_isr(c), 0);
		EXPECT_EQ(ci_send(c, SHUTDOWN), 0);
		EXPECT_EQ(ci_isr(c), VIRTIO_PCI_ISR_CONFIG);
		ci_free(c);
	}
}

TEST(guest_on_its_own)
{
	unsigned int l;

	for_each_wire(l) {
		struct ci *c = ci_start(l, 0);

		ci_answer(c, SHUTDOWN);
		EXPECT_EVENT(c, EV(GUEST_SHUTDOWN), SHUTDOWN);
		ci_answer(c, REBOOT);
		EXPECT_EVENT(c, EV(GUEST_REBOOT), REBOOT);
		EXPECT_EQ(ci_read(c, CMD, 4), 0);
		ci_answer(c, 0);
		ci_write(c, CMD, 4, SYNCRTC, false);
		ci_write(c, CMD, 4, 4, false);
		ci_write(c, CMD, 4, 0xffffffff, false);
		ci_write(c, CMD, 4, 0x10001, false);
		EXPECT_NO_EVENT(c);
		ci_free(c);
	}
}

/* Every width, place and a value of each sort: only commands come through. */
TEST(hostile_writes)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 0x80, 0xff, 0xffff, 0x01000000, 0xffffffff,
		0x100000001, UINT64_MAX,
	};
	unsigned int l, offset, len, i;

	for_each_wire(l) {
		struct ci *c = ci_start(l, 0);

		for (offset = 0; offset < CONFIG_LEN; offset++) {
			for (len = 1; len <= 8; len *= 2) {
				if (offset + len <= 4 ||
				    offset + len > CONFIG_LEN)
					continue;
				for (i = 0; i < ARRAY_SIZE(values); i++)
					ci_write(c, offset, len, values[i], false);
			}
		}
		EXPECT_NO_EVENT(c);
		for (offset = 0; offset < 4; offset++)
			for (len = 1; offset + len <= 4; len *= 2)
				for (i = 0; i < ARRAY_SIZE(values); i++)
					ci_poke(c, offset, len, values[i]);
		ci_reset(c);
		ci_up(c);
		while (event_next(c->fd, 0).type)
			;
		EXPECT_EQ(ci_send(c, REBOOT), 0);
		ci_answer(c, REBOOT);
		EXPECT_EVENT(c, EV(ACK), REBOOT);
		ci_free(c);
	}
}

/*
 * A reboot that ends in a reset. On a machine that is busy the time-outs may
 * be over by then: once more, and longer.
 */
static void reboot_in_time(struct ci *c, bool acked)
{
	uint64_t start;
	uint32_t ms;

	for (ms = 200;; ms *= 4) {
		start = now_ms();
		EXPECT_EQ(ci_send_within(c->fd, REBOOT, acked ? 60000 : ms, ms),
			  0);
		if (acked)
			ci_answer(c, REBOOT);
		ci_reset(c);
		if (now_ms() - start < ms)
			break;
		while (event_next(c->fd, NO_USED_MS).type)
			;
		ci_up(c);
	}
	if (acked)
		EXPECT_EVENT(c, EV(ACK), REBOOT);
	EXPECT_EVENT(c, EV(DONE), REBOOT);
	ci_up(c);
	EXPECT_EQ(ci_read(c, CMD, 4), 0);
	EXPECT_TRUE(!event_readable(c->fd, ms + 100));
}

TEST(reset_in_between)
{
	unsigned int l;
	int acked;

	for_each_wire(l) {
		struct ci *c = ci_start(l, 0);

		for (acked = 0; acked < 2; acked++) {
			/* A reboot ends so. */
			reboot_in_time(c, acked);

			/* A shutdown does not. */
			EXPECT_EQ(ci_send_within(c->fd, SHUTDOWN,
						 acked ? 60000 : 200, 200), 0);
			if (acked) {
				ci_answer(c, SHUTDOWN);
				EXPECT_EVENT(c, EV(ACK), SHUTDOWN);
			}
			ci_reset(c);
			ci_up(c);
			EXPECT_EQ(ci_read(c, CMD, 4), 0);
			EXPECT_EVENT(c, acked ? EV(STOP_TIMEOUT) :
						EV(ACK_TIMEOUT), SHUTDOWN);
		}
		ci_free(c);
	}
}

TEST(clock_after_a_pause)
{
	unsigned int l;

	for_each_wire(l) {
		struct ci *c = ci_start(l, 0);

		EXPECT_EQ(cmd(c->fd, VHOST_VDPA_RESUME, NULL), 0);
		EXPECT_EQ(ci_read(c, CMD, 4), 0);
		EXPECT_EQ(cmd(c->fd, VHOST_VDPA_SUSPEND, NULL), 0);
		EXPECT_EQ(ci_read(c, CMD, 4), 0);
		EXPECT_EQ(cmd(c->fd, VHOST_VDPA_RESUME, NULL), 0);
		EXPECT_TRUE(ci_interrupted(c));
		EXPECT_EQ(ci_read(c, CMD, 4), SYNCRTC);
		ci_answer(c, SYNCRTC);
		EXPECT_EVENT(c, EV(ACK), SYNCRTC);

		/* More important things are not disturbed by it. */
		EXPECT_EQ(ci_send(c, SHUTDOWN), 0);
		EXPECT_EQ(cmd(c->fd, VHOST_VDPA_SUSPEND, NULL), 0);
		EXPECT_EQ(cmd(c->fd, VHOST_VDPA_RESUME, NULL), 0);
		EXPECT_EQ(ci_read(c, CMD, 4), SHUTDOWN);
		ci_free(c);

		c = ci_start(l, F_SYNCRTC);
		EXPECT_EQ(cmd(c->fd, VHOST_VDPA_SUSPEND, NULL), 0);
		EXPECT_EQ(cmd(c->fd, VHOST_VDPA_RESUME, NULL), 0);
		EXPECT_EQ(ci_read(c, CMD, 4), 0);
		ci_free(c);
	}
}

/* Nothing fires after the device has gone, and nothing keeps it. */
TEST(close_with_the_clock_running)
{
	int i;

	for (i = 0; i < 200; i++) {
		struct ci *c = ci_start(i % NR_WIRES, 0);

		EXPECT_EQ(ci_send_within(c->fd, SHUTDOWN, 1 + i % 8, 1), 0);
		if (i & 1)
			ci_answer(c, SHUTDOWN);
		usleep(i * 50);
		ci_free(c);
	}
}

static void begin_owner(void *name)
{
	int own = dev_open();

	ASSERT_EQ(name_cmd(own, KVDEV_OPEN, name), 0);
	ASSERT_EQ(cmd(own, VHOST_SET_OWNER, NULL), 0);
	ASSERT_EQ(cmd_u64(own, VHOST_SET_FEATURES, F_VERSION_1 | F_ALL), 0);
	ASSERT_EQ(set_status(own, S_DRIVER_OK), 0);
}

/* An owner on its way: the clock of the guest it had stops, others see it go. */
TEST(owner_is_killed)
{
	struct ci c = { .wire = RING, .fd = ci_new_named() };
	pid_t pid = kvt_child(begin_owner, NULL, (void *)test_name(""));

	/* through the operator's file */
	EXPECT_EQ(ci_send_within(c.fd, SHUTDOWN, 0, 0), 0);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	EXPECT_EVENT(&c, KVDEV_EVENT_RELEASED, 0);
	EXPECT_EQ(ci_send_within(c.fd, SHUTDOWN, 0, 0), -ENXIO);
	EXPECT_TRUE(!event_readable(c.fd, 3500));
	delete_named();
}
