// SPDX-License-Identifier: GPL-2.0
/*
 * SCSI host devices: task management, events, and drivers that do it wrong.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "scsi_user.h"

/* Of a slow disk: longer than a test takes for what it does meanwhile. */
#define DELAY_NS	2000000000UL

/* A disk whose I/O takes its time, 0:0. */
static struct guest *slow_disk(struct nullb *n)
{
	struct guest *g;
	int fd;

	if (!have_null_blk())
		SKIP("no null_blk");
	ASSERT_TRUE(nullb_new(n, 64, DELAY_NS));
	fd = open(n->path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	g = scsi_guest(&(struct guest_options){ 0 });
	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, fd, 0), 0);
	close(fd);
	guest_start(g);
	scsi_ready(g, 0, 0);
	return g;
}

/* Post a read that takes a while. */
static void post_soon(struct guest *g, unsigned int target, uint64_t tag,
		      uint64_t *resp)
{
	struct scsi_op op = {
		.target = target,
		.tag = tag,
		.cdb = { 0x28, [8] = 8 },
		.data = guest_alloc(g, 4096, 4096),
		.in = 4096,
	};

	ASSERT_GE(scsi_post(g, Q_REQUEST, &op, resp), 0);
}

/*
 * On return it is under way: the queues have threads of their own, so what
 * comes by another one could be faster.
 */
static void post_read(struct guest *g, unsigned int target, uint64_t tag,
		      uint64_t *resp)
{
	post_soon(g, target, tag, resp);
	workers_rest();
}

/* A page that is not there: who looks at it waits, and the descriptor tells. */
static int absent_page(struct guest *g, uint64_t addr)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)guest_ptr(g, addr), 4096 },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	/* One that blocks cannot be polled. */
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		SKIP("no userfaultfd");
	ASSERT_EQ(ioctl(fd, UFFDIO_API, &api), 0);
	ASSERT_EQ(ioctl(fd, UFFDIO_REGISTER, &reg), 0);
	return fd;
}

/* It is there from now on, with @len bytes of @data. */
static void supply_page(int fd, struct guest *g, uint64_t addr,
			const void *data, size_t len)
{
	static uint8_t page[4096];
	struct uffdio_copy copy = { .dst = (uintptr_t)guest_ptr(g, addr),
				    .src = (uintptr_t)page, .len = 4096 };

	memcpy(page, data, len);
	ASSERT_EQ(ioctl(fd, UFFDIO_COPY, &copy), 0);
}

/* Until somebody does. */
static void await_look(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ASSERT_EQ(poll(&p, 1, WAIT_MS), 1);
	ASSERT_EQ(p.revents, POLLIN);
}

/*
 * Post a read that lasts until its data, a page, is supplied; by the descriptor.
 * On return it is under way.
 */
static int post_held(struct guest *g, struct scsi_op *op, uint64_t *resp)
{
	int fd;

	op->cdb[0] = 0x28;
	op->cdb[8] = 8;
	op->data = guest_alloc(g, 4096, 4096);
	op->in = 4096;
	fd = absent_page(g, op->data);
	ASSERT_GE(scsi_post(g, Q_REQUEST, op, resp), 0);
	await_look(fd);
	return fd;
}

/* Let it go, and wait for its end. */
static void release_held(struct guest *g, const struct scsi_op *op, int fd)
{
	struct vring_used_elem e;

	supply_page(fd, g, op->data, "", 0);
	close(fd);
	ASSERT_EQ(vq_wait(&g->vq[Q_REQUEST], &e, WAIT_MS), 0);
	vq_free_chain(&g->vq[Q_REQUEST], e.id);
}

static int response(struct guest *g, uint64_t resp)
{
	return ((struct virtio_scsi_cmd_resp *)guest_ptr(g, resp))->response;
}

/* How many requests the device has given back. */
static int returned(struct guest *g)
{
	struct vring_used_elem e;
	int n = 0;

	while (vq_get(&g->vq[Q_REQUEST], &e)) {
		vq_free_chain(&g->vq[Q_REQUEST], e.id);
		n++;
	}
	return n;
}

/* --------------------------------------------------------- task management */

TEST(task_management_without_tasks)
{
	static const struct {
		uint32_t subtype;
		int code;
	} cases[] = {
		{ VIRTIO_SCSI_T_TMF_ABORT_TASK, VIRTIO_SCSI_S_OK },
		{ VIRTIO_SCSI_T_TMF_ABORT_TASK_SET, VIRTIO_SCSI_S_OK },
		{ VIRTIO_SCSI_T_TMF_CLEAR_ACA,
		  VIRTIO_SCSI_S_FUNCTION_REJECTED },
		{ VIRTIO_SCSI_T_TMF_CLEAR_TASK_SET, VIRTIO_SCSI_S_OK },
		{ VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET, VIRTIO_SCSI_S_OK },
		{ VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET, VIRTIO_SCSI_S_OK },
		{ VIRTIO_SCSI_T_TMF_QUERY_TASK, VIRTIO_SCSI_S_OK },
		{ VIRTIO_SCSI_T_TMF_QUERY_TASK_SET, VIRTIO_SCSI_S_OK },
		{ 99, VIRTIO_SCSI_S_FUNCTION_REJECTED },
	};
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	struct scsi_op tur = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t t = cases[i].subtype;

		EXPECT_EQ(scsi_tmf(g, t, 0, 0, 1), cases[i].code);
		EXPECT_EQ(scsi_tmf(g, t, 9, 0, 1), VIRTIO_SCSI_S_BAD_TARGET);
		if (t != VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET)
			EXPECT_EQ(scsi_tmf(g, t, 0, 9, 1),
				  VIRTIO_SCSI_S_INCORRECT_LUN);
	}
	/* Both resets are told, once each. */
	EXPECT_EQ(scsi_run(g, &tur), 0);
	EXPECT_EQ(scsi_sense(&tur) >> 8, 0x629);
	EXPECT_EQ(scsi_run(g, &tur), 0);
	EXPECT_EQ(scsi_sense(&tur) >> 8, 0x629);
	EXPECT_EQ(scsi_run(g, &tur), 0);
	EXPECT_EQ(tur.resp.status, 0);
}

TEST(query_tasks)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	struct scsi_op read = { .tag = 77 };
	uint64_t resp;
	int fd = post_held(g, &read, &resp);

	EXPECT_EQ(scsi_tmf(g, VIRTIO_SCSI_T_TMF_QUERY_TASK, 0, 0, 77),
		  VIRTIO_SCSI_S_FUNCTION_SUCCEEDED);
	EXPECT_EQ(scsi_tmf(g, VIRTIO_SCSI_T_TMF_QUERY_TASK, 0, 0, 78),
		  VIRTIO_SCSI_S_OK);
	EXPECT_EQ(scsi_tmf(g, VIRTIO_SCSI_T_TMF_QUERY_TASK_SET, 0, 0, 0),
		  VIRTIO_SCSI_S_FUNCTION_SUCCEEDED);
	EXPECT_EQ(returned(g), 0);
	release_held(g, &read, fd);
	EXPECT_EQ(response(g, resp), VIRTIO_SCSI_S_OK);
	guest_free(g);
}

/* It answers when its tasks have ended, and they say why. */
static void abort_some(uint32_t subtype, uint64_t tag, int code, int nr)
{
	struct nullb n;
	struct guest *g = slow_disk(&n);
	struct vring_used_elem e;
	uint64_t resp[4];
	int i;

	/* Another unit is not concerned. */
	ASSERT_EQ(scsi_add(g, 1, 0, KVDEV_LUN_DISK, temp_file(MIB, 0), 0), 0);
	for (i = 0; i < 4; i++)
		post_soon(g, 0, 100 + i, &resp[i]);
	workers_rest();
	EXPECT_EQ(scsi_tmf(g, subtype, 0, 0, tag), VIRTIO_SCSI_S_OK);
	for (i = 0; i < 4; i++) {
		bool aborted = nr == 4 || tag == 100U + i;

		if (aborted)
			EXPECT_EQ(response(g, resp[i]), code);
	}
	for (i = returned(g); i < 4; i++)
		ASSERT_EQ(vq_wait(&g->vq[Q_REQUEST], &e, WAIT_MS), 0);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(response(g, resp[i]),
			  nr == 4 || tag == 100U + i ? code : 0);
	guest_free(g);
	nullb_free(&n);
}

TEST(abort_task)
{
	abort_some(VIRTIO_SCSI_T_TMF_ABORT_TASK, 102, VIRTIO_SCSI_S_ABORTED, 1);
}

TEST(abort_task_set)
{
	abort_some(VIRTIO_SCSI_T_TMF_ABORT_TASK_SET, 0, VIRTIO_SCSI_S_ABORTED,
		   4);
}

TEST(logical_unit_reset)
{
	abort_some(VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET, 0, VIRTIO_SCSI_S_RESET,
		   4);
}

TEST(nexus_reset)
{
	abort_some(VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET, 0, VIRTIO_SCSI_S_RESET,
		   4);
}

/* One that waits holds up no other. */
TEST(task_management_does_not_block)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	struct vq *vq = &g->vq[Q_CONTROL];
	struct virtio_scsi_ctrl_tmf_req *req;
	struct vring_used_elem e;
	struct seg segs[2] = { { 0, sizeof(*req), 0 }, { 0, 1, W } };
	struct scsi_op read = { .tag = 5 };
	int first, second, fd;
	uint64_t resp;

	fd = post_held(g, &read, &resp);
	segs[0].addr = guest_alloc(g, sizeof(*req), 8);
	segs[1].addr = guest_alloc(g, 1, 1);
	req = guest_ptr(g, segs[0].addr);
	*req = (struct virtio_scsi_ctrl_tmf_req){
		.type = VIRTIO_SCSI_T_TMF,
		.subtype = VIRTIO_SCSI_T_TMF_ABORT_TASK_SET,
	};
	scsi_address(req->lun, 0, 0);
	first = vq_add(vq, segs, 2);
	vq_kick(vq);
	segs[0].addr = guest_alloc(g, sizeof(*req), 8);
	segs[1].addr = guest_alloc(g, 1, 1);
	memcpy(guest_ptr(g, segs[0].addr), req, sizeof(*req));
	req = guest_ptr(g, segs[0].addr);
	req->subtype = VIRTIO_SCSI_T_TMF_QUERY_TASK_SET;
	second = vq_add(vq, segs, 2);
	vq_kick(vq);

	ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	EXPECT_EQ(e.id, second);
	EXPECT_EQ(returned(g), 0);
	release_held(g, &read, fd);
	EXPECT_EQ(response(g, resp), VIRTIO_SCSI_S_ABORTED);
	ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	EXPECT_EQ(e.id, first);
	guest_free(g);
}

/*
 * A command that has ended is on the ring when management answers that it knows
 * none of that name, though its worker is in the middle of something.
 */
TEST(ended_is_told_before_management_answers)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	struct scsi_op ended = { .tag = 7 }, next = { .tag = 8 };
	uint64_t absent = guest_alloc(g, 4096, 4096);
	uint64_t resp = guest_alloc(g, 2 * RESP_LEN, 8);
	struct seg segs[] = {
		{ scsi_header(g, &ended), CMD_LEN, 0 }, { resp, RESP_LEN, W },
		{ absent, CMD_LEN, 0 }, { resp + RESP_LEN, RESP_LEN, W },
	};
	struct vq *vq = &g->vq[Q_REQUEST];
	struct vring_used_elem e;
	int first, second, fd;

	fd = absent_page(g, absent);
	/* Both in one round */
	workers_rest();
	first = vq_add(vq, segs, 2);
	second = vq_add(vq, segs + 2, 2);
	vq_kick(vq);
	/* The worker waits for the header of the second one. */
	await_look(fd);
	EXPECT_EQ(scsi_tmf(g, VIRTIO_SCSI_T_TMF_ABORT_TASK, 0, 0, 7),
		  VIRTIO_SCSI_S_OK);
	ASSERT_TRUE(vq_get(vq, &e));
	EXPECT_EQ(e.id, first);
	EXPECT_EQ(response(g, resp), VIRTIO_SCSI_S_OK);
	EXPECT_TRUE(!vq_get(vq, &e));

	supply_page(fd, g, absent, guest_ptr(g, scsi_header(g, &next)),
		    CMD_LEN);
	ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	EXPECT_EQ(e.id, second);
	EXPECT_EQ(response(g, resp + RESP_LEN), VIRTIO_SCSI_S_OK);
	close(fd);
	guest_free(g);
}

static void tmf_timeout(const char *seconds)
{
	static const char path[] = "/sys/module/kvdev/parameters/scsi_tmf_timeout";
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(write(fd, seconds, strlen(seconds)), (int)strlen(seconds));
	close(fd);
}

/* Of I/O that does not end it says so; that ends as aborted all the same. */
TEST(management_gives_up)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	struct scsi_op read = { .tag = 3 };
	uint64_t resp;
	int fd = post_held(g, &read, &resp);

	tmf_timeout("1");
	EXPECT_EQ(scsi_tmf(g, VIRTIO_SCSI_T_TMF_ABORT_TASK, 0, 0, 3),
		  VIRTIO_SCSI_S_FAILURE);
	tmf_timeout("60");
	EXPECT_EQ(returned(g), 0);
	release_held(g, &read, fd);
	EXPECT_EQ(response(g, resp), VIRTIO_SCSI_S_ABORTED);
	guest_free(g);
}

static void await_chain(struct guest *g, uint64_t chains_before)
{
	uint64_t end = now_ms() + WAIT_MS;

	while (guest_stats(g, Q_REQUEST).chains == chains_before)
		ASSERT_TRUE(now_ms() < end);
}

/*
 * Post a VERIFY that has the worker read 32 MiB piece by piece: minutes, more
 * than a test has. On return it is under way. Its chain.
 */
static int post_verify(struct guest *g, uint64_t tag, uint64_t *resp)
{
	struct scsi_op op = { .tag = tag, .cdb = { 0x8f, [11] = 1 } };
	uint64_t chains = guest_stats(g, Q_REQUEST).chains;
	int head = scsi_post(g, Q_REQUEST, &op, resp);

	ASSERT_GE(head, 0);
	await_chain(g, chains);
	return head;
}

/* The only command there is ends early, and is to be tried again. */
static void stop_in_the_middle(struct guest *g, uint64_t resp)
{
	struct vhost_vring_state s = { .index = Q_REQUEST };
	struct virtio_scsi_cmd_resp *r = guest_ptr(g, resp);

	EXPECT_EQ(cmd(g->fd, VHOST_GET_VRING_BASE, &s), 0);
	EXPECT_EQ(returned(g), 1);
	EXPECT_EQ(r->response, VIRTIO_SCSI_S_OK);
	EXPECT_EQ(r->status, 2);
	EXPECT_EQ(SENSE(r->sense[2] & 0xf, r->sense[12], r->sense[13]),
		  SENSE(0xb, 0, 0));
}

/* It is on the ring when the answer is, though the worker has more to do. */
TEST(slow_command_is_aborted)
{
	struct scsi_op ready = { .tag = 10 };
	struct nullb n;
	struct guest *g = slow_disk(&n);
	struct vq *vq = &g->vq[Q_REQUEST];
	struct vring_used_elem e;
	uint64_t resp, other;
	int i, head;

	head = post_verify(g, 9, &resp);
	for (i = 0; i < 40; i++)
		ASSERT_GE(scsi_post(g, Q_REQUEST, &ready, &other), 0);
	/* Until it has begun nothing is there to be aborted. */
	while (scsi_tmf(g, VIRTIO_SCSI_T_TMF_QUERY_TASK, 0, 0, 9) !=
	       VIRTIO_SCSI_S_FUNCTION_SUCCEEDED)
		;
	EXPECT_EQ(scsi_tmf(g, VIRTIO_SCSI_T_TMF_ABORT_TASK, 0, 0, 9),
		  VIRTIO_SCSI_S_OK);
	ASSERT_TRUE(vq_get(vq, &e));
	EXPECT_EQ(e.id, head);
	vq_free_chain(vq, head);
	EXPECT_EQ(response(g, resp), VIRTIO_SCSI_S_ABORTED);
	for (i = returned(g); i < 40; i++) {
		ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
		vq_free_chain(vq, e.id);
	}
	EXPECT_EQ(response(g, other), VIRTIO_SCSI_S_OK);
	guest_free(g);
	nullb_free(&n);
}

/* Whoever stops the queue does not wait for it. */
TEST(slow_command_and_a_stop)
{
	struct nullb n;
	struct guest *g = slow_disk(&n);
	uint64_t resp;

	post_verify(g, 9, &resp);
	stop_in_the_middle(g, resp);
	guest_free(g);
	nullb_free(&n);
}

/* Nor for a READ of more than a store takes at a time. */
TEST(long_read_and_a_stop)
{
	struct scsi_op op = { .cdb = { 0x88, [11] = 1 } };
	struct nullb n;
	struct guest *g = slow_disk(&n);
	uint64_t chains = guest_stats(g, Q_REQUEST).chains;
	uint64_t data = guest_alloc(g, 4 * MIB, 4096);
	uint64_t resp = guest_alloc(g, RESP_LEN, 8);
	struct seg segs[10] = { { scsi_header(g, &op), CMD_LEN, 0 },
				{ resp, RESP_LEN, W } };
	int i;

	/* 32 MiB to the same place, a piece of it after the other */
	for (i = 2; i < 10; i++)
		segs[i] = (struct seg){ data, 4 * MIB, W };
	ASSERT_GE(vq_add(&g->vq[Q_REQUEST], segs, 10), 0);
	vq_kick(&g->vq[Q_REQUEST]);
	await_chain(g, chains);
	stop_in_the_middle(g, resp);
	guest_free(g);
	nullb_free(&n);
}

TEST(slow_command_and_a_reset)
{
	struct nullb n;
	struct guest *g = slow_disk(&n);
	uint64_t resp;

	post_verify(g, 9, &resp);
	guest_reset(g);
	guest_start(g);
	scsi_ready(g, 0, 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 512, guest_alloc(g, 512, 512)),
		  0);
	guest_free(g);
	nullb_free(&n);
}

/* A reset finds functions that wait, and closing finds them too. */
TEST(reset_with_tasks_and_management)
{
	struct nullb n;
	struct guest *g = slow_disk(&n);
	struct virtio_scsi_ctrl_tmf_req *req;
	struct seg segs[2] = { { 0, sizeof(*req), 0 }, { 0, 1, W } };
	uint64_t resp;
	int i, round;

	segs[0].addr = guest_alloc(g, sizeof(*req), 8);
	segs[1].addr = guest_alloc(g, 1, 1);
	req = guest_ptr(g, segs[0].addr);
	*req = (struct virtio_scsi_ctrl_tmf_req){
		.type = VIRTIO_SCSI_T_TMF,
		.subtype = VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET,
	};
	scsi_address(req->lun, 0, 0);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 5; i++) {
			post_read(g, 0, i, &resp);
			ASSERT_GE(vq_add(&g->vq[Q_CONTROL], segs, 2), 0);
			vq_kick(&g->vq[Q_CONTROL]);
		}
		if (round == 2)
			break;
		guest_reset(g);
		guest_start(g);
		scsi_ready(g, 0, 0);
	}
	guest_free(g);
	nullb_free(&n);
}

/* -------------------------------------------------------------------- events */

TEST(events)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	int file = temp_file(MIB, 0), i;
	struct virtio_scsi_event e;

	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, file, 0), 0);
	guest_start(g);
	for (i = 0; i < 4; i++)
		ASSERT_GE(scsi_event_buffer(g), 0);
	/* What happened before it ran is no event. */
	EXPECT_TRUE(!scsi_event(g, &e, NO_USED_MS));

	ASSERT_EQ(scsi_add(g, 2, 300, KVDEV_LUN_CDROM, -1, 0), 0);
	ASSERT_TRUE(scsi_event(g, &e, WAIT_MS));
	EXPECT_EQ(e.event, VIRTIO_SCSI_T_TRANSPORT_RESET);
	EXPECT_EQ(e.reason, VIRTIO_SCSI_EVT_RESET_RESCAN);
	EXPECT_EQ(get_be(e.lun, 8), 0x0102412cULL << 32);

	ASSERT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_REMOVE_LUN, 2, 300), 0);
	ASSERT_TRUE(scsi_event(g, &e, WAIT_MS));
	EXPECT_EQ(e.event, VIRTIO_SCSI_T_TRANSPORT_RESET);
	EXPECT_EQ(e.reason, VIRTIO_SCSI_EVT_RESET_REMOVED);

	ASSERT_EQ(ftruncate(file, 2 * MIB), 0);
	ASSERT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_RESIZE_LUN, 0, 0), 0);
	ASSERT_TRUE(scsi_event(g, &e, WAIT_MS));
	EXPECT_EQ(e.event, VIRTIO_SCSI_T_PARAM_CHANGE);
	EXPECT_EQ(e.reason, 0x2a | 0x09 << 8);
	EXPECT_EQ(get_be(e.lun, 8), 0x01ULL << 56);
	/* The same size is no change. */
	ASSERT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_RESIZE_LUN, 0, 0), 0);
	EXPECT_TRUE(!scsi_event(g, &e, NO_USED_MS));
}

TEST(no_events_that_were_not_negotiated)
{
	struct guest *g = scsi_guest(&(struct guest_options){
		.refuse = BIT(VIRTIO_SCSI_F_HOTPLUG) |
			  BIT(VIRTIO_SCSI_F_CHANGE) });
	int file = temp_file(MIB, 0);
	struct virtio_scsi_event e;

	guest_start(g);
	ASSERT_GE(scsi_event_buffer(g), 0);
	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, file, 0), 0);
	ASSERT_EQ(ftruncate(file, 2 * MIB), 0);
	ASSERT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_RESIZE_LUN, 0, 0), 0);
	ASSERT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_REMOVE_LUN, 0, 0), 0);
	EXPECT_TRUE(!scsi_event(g, &e, NO_USED_MS));
}

/* Events wait for buffers, but not without end. */
TEST(missed_events)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	struct virtio_scsi_event e;
	int i, nr = 0, missed = 0;

	guest_start(g);
	for (i = 0; i < 40; i++)
		ASSERT_EQ(scsi_add(g, i, 0, KVDEV_LUN_CDROM, -1, 0), 0);
	for (i = 0; i < 40; i++)
		ASSERT_GE(scsi_event_buffer(g), 0);
	workers_rest();
	while (scsi_event(g, &e, 0)) {
		if (e.event & VIRTIO_SCSI_T_EVENTS_MISSED) {
			EXPECT_EQ(nr, 0);
			missed++;
		}
		nr++;
	}
	EXPECT_EQ(nr, 32);
	EXPECT_EQ(missed, 1);
	ASSERT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_REMOVE_LUN, 0, 0), 0);
	ASSERT_TRUE(scsi_event(g, &e, WAIT_MS));
	EXPECT_EQ(e.event, VIRTIO_SCSI_T_TRANSPORT_RESET);
}

static uint32_t notify(struct guest *g, uint32_t type, unsigned int target,
		       uint32_t events, int *code)
{
	struct virtio_scsi_ctrl_an_req *req;
	struct virtio_scsi_ctrl_an_resp *resp;
	struct seg segs[] = {
		{ guest_alloc(g, sizeof(*req), 8), sizeof(*req), 0 },
		{ guest_alloc(g, sizeof(*resp), 8), sizeof(*resp), W },
	};
	uint32_t used;

	req = guest_ptr(g, segs[0].addr);
	resp = guest_ptr(g, segs[1].addr);
	memset(resp, CANARY, sizeof(*resp));
	req->type = type;
	req->event_requested = events;
	scsi_address(req->lun, target, 0);
	ASSERT_EQ(vq_submit(&g->vq[Q_CONTROL], segs, 2, &used), 0);
	EXPECT_EQ(used, sizeof(*resp));
	*code = resp->response;
	return resp->event_actual;
}

TEST(notifications)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	int code, disc = temp_file(MIB, 0);
	struct virtio_scsi_event e;

	ASSERT_EQ(scsi_add(g, 1, 0, KVDEV_LUN_CDROM, -1, 0), 0);
	EXPECT_EQ(notify(g, VIRTIO_SCSI_T_AN_QUERY, 1, ~0U, &code), 0x18);
	EXPECT_EQ(code, 0);
	EXPECT_EQ(notify(g, VIRTIO_SCSI_T_AN_QUERY, 0, ~0U, &code), 0);
	EXPECT_EQ(code, 0);
	EXPECT_EQ(notify(g, VIRTIO_SCSI_T_AN_QUERY, 9, ~0U, &code), 0);
	EXPECT_EQ(code, VIRTIO_SCSI_S_BAD_TARGET);
	ASSERT_GE(scsi_event_buffer(g), 0);
	/* That it was added */
	ASSERT_TRUE(scsi_event(g, &e, WAIT_MS));

	ASSERT_GE(scsi_event_buffer(g), 0);
	ASSERT_EQ(scsi_media(g, 1, 0, disc, 0), 0);
	EXPECT_TRUE(!scsi_event(g, &e, NO_USED_MS));
	EXPECT_EQ(notify(g, VIRTIO_SCSI_T_AN_SUBSCRIBE, 1, 0x10, &code), 0x10);
	ASSERT_EQ(scsi_media(g, 1, 0, -1, 0), 0);
	ASSERT_TRUE(scsi_event(g, &e, WAIT_MS));
	EXPECT_EQ(e.event, VIRTIO_SCSI_T_ASYNC_NOTIFY);
	EXPECT_EQ(e.reason, 0x10);
}

/* ------------------------------------------------------------------- hostile */

/* Breaks the protocol; after a reset the device works. */
static void broken(struct guest *g, unsigned int queue, const struct seg *segs,
		   unsigned int nr)
{
	uint64_t data = guest_alloc(g, 512, 512);

	ASSERT_GE(vq_add(&g->vq[queue], segs, nr), 0);
	vq_kick(&g->vq[queue]);
	EXPECT_TRUE(event_wait(g->vq[queue].err, WAIT_MS));
	/* The last that is told */
	EXPECT_TRUE(event_wait(g->config_fd, WAIT_MS));
	EXPECT_TRUE(guest_status(g) & VIRTIO_CONFIG_S_NEEDS_RESET);
	guest_reset(g);
	guest_start(g);
	scsi_ready(g, 0, 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 512, data), 0);
}

TEST(broken_requests)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	struct scsi_op op = { .cdb = { 0x12 } };
	uint64_t hdr = scsi_header(g, &op), buf = guest_alloc(g, 4096, 1);
	uint32_t *type = guest_ptr(g, buf);

	broken(g, Q_REQUEST, (struct seg[]){ { hdr, CMD_LEN, 0 } }, 1);
	broken(g, Q_REQUEST, (struct seg[]){ { buf, RESP_LEN, W } }, 1);
	broken(g, Q_REQUEST, (struct seg[]){ { hdr, CMD_LEN - 1, 0 },
					     { buf, RESP_LEN, W } }, 2);
	broken(g, Q_REQUEST, (struct seg[]){ { hdr, CMD_LEN, 0 },
					     { buf, RESP_LEN - 1, W } }, 2);
	broken(g, Q_EVENT, (struct seg[]){ { buf, 15, W } }, 1);
	broken(g, Q_EVENT, (struct seg[]){ { buf, 1, 0 }, { buf, 16, W } }, 2);
	*type = 12345;
	broken(g, Q_CONTROL, (struct seg[]){ { buf, 24, 0 },
					     { buf + 64, 64, W } }, 2);
	*type = VIRTIO_SCSI_T_TMF;
	broken(g, Q_CONTROL, (struct seg[]){ { buf, 23, 0 },
					     { buf + 64, 1, W } }, 2);
	broken(g, Q_CONTROL, (struct seg[]){ { buf, 24, 0 } }, 1);
	broken(g, Q_CONTROL, (struct seg[]){ { buf, 3, 0 },
					     { buf + 64, 1, W } }, 2);
	*type = VIRTIO_SCSI_T_AN_QUERY;
	broken(g, Q_CONTROL, (struct seg[]){ { buf, 16, 0 },
					     { buf + 64, 4, W } }, 2);
	broken(g, Q_CONTROL, (struct seg[]){ { buf, 15, 0 },
					     { buf + 64, 5, W } }, 2);
}

/*
 * Anything as a CDB, with anything as data: each is answered, nothing is
 * written but what the answer says, and the device lives.
 */
static void random_commands(unsigned int seed, int rounds)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	uint64_t data = guest_alloc(g, 8192, 4096);
	uint8_t *p = guest_ptr(g, data);
	int i, n;

	ASSERT_EQ(scsi_add(g, 0, 1, KVDEV_LUN_CDROM, temp_file(MIB, 0), 0), 0);
	srandom(seed);
	for (i = 0; i < rounds; i++) {
		struct scsi_op op = {
			.lun = random() % 3,
			.data = data,
			.out = random() % 4 ? 0 : 1 + random() % 4096,
		};
		uint32_t filled;

		for (n = 0; n < 32; n++)
			op.cdb[n] = random() % 3 ? 0 : random();
		op.cdb[0] = random();
		if (!op.out)
			op.in = 1 + random() % 4096;
		memset(p, CANARY, 8192);
		for (n = 0; n < 64 && op.out; n++)
			p[n] = random();
		ASSERT_GE(scsi_run(g, &op), 0);
		if (op.resp.response)
			EXPECT_EQ(op.resp.response, VIRTIO_SCSI_S_OVERRUN);
		filled = op.used - RESP_LEN;
		ASSERT_GE(op.in, filled);
		if (op.in && !op.resp.status && !op.resp.response)
			EXPECT_EQ(filled, op.in - op.resp.resid);
		if (op.in)
			ASSERT_TRUE(all_bytes(p + filled, 8192 - filled,
					      CANARY));
		EXPECT_TRUE(all_bytes(op.resp.sense + op.resp.sense_len,
				      96 - op.resp.sense_len, 0));
	}
	EXPECT_TRUE(!(guest_status(g) & VIRTIO_CONFIG_S_NEEDS_RESET));
}

TEST(random_commands_1)
{
	random_commands(1, 5000);
}

TEST(random_commands_2)
{
	random_commands(2, 5000);
}

/* ---------------------------------------------------------------- ends */

static void begin_tasks(void *path)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	int fd = open(path, O_RDWR), k;
	uint64_t resp;

	scsi_add(g, 0, 0, KVDEV_LUN_DISK, fd, 0);
	guest_start(g);
	for (k = 0; k < 40; k++)
		post_soon(g, 0, k, &resp);
}

TEST(killed_with_tasks)
{
	struct nullb n;
	int i, status;
	pid_t pid;

	if (!have_null_blk())
		SKIP("no null_blk");
	ASSERT_TRUE(nullb_new(&n, 64, 20000000));
	for (i = 0; i < 10; i++) {
		pid = kvt_child(begin_tasks, NULL, n.path);
		kill(pid, SIGKILL);
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
	}
	nullb_free(&n);
}
