// SPDX-License-Identifier: GPL-2.0
/*
 * One store, shown by units of several devices: what one guest reserves, the
 * other one does not write, and what is one step for one is so for both.
 */
#include <fcntl.h>
#include <pthread.h>

#include "scsi_user.h"

enum { REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, ABORT, IGNORE };
enum { KEYS, RESERVATION, CAPABILITIES, FULL };
/* Types: write exclusive, exclusive access; registrants only */
enum { WE = 1, EA = 3, WE_RO = 5, EA_RO = 6, WE_AR = 7, EA_AR = 8 };

#define CONFLICT	0x18
#define PREEMPTED	SENSE(6, 0x2a, 3)
#define RELEASED	SENSE(6, 0x2a, 4)
#define UNREGISTERED	SENSE(6, 0x2a, 5)

/* PERSISTENT RESERVE OUT: the status, or the sense */
static int pr_out(struct guest *g, int action, int type, uint64_t key,
		  uint64_t service_key)
{
	size_t brk = g->brk;
	struct scsi_op op = { .cdb = { 0x5f, action, type, [8] = 24 },
			      .data = guest_alloc(g, 24, 8), .out = 24 };
	uint8_t *p = guest_ptr(g, op.data);

	memset(p, 0, 24);
	put_be(p, 8, key);
	put_be(p + 8, 8, service_key);
	ASSERT_EQ(scsi_run(g, &op), 0);
	g->brk = brk;
	return op.resp.status == 2 ? (int)scsi_sense(&op) : op.resp.status;
}

/* PERSISTENT RESERVE IN: bytes of the answer behind its header */
static uint32_t pr_in(struct guest *g, int action, uint8_t *to, uint32_t len)
{
	size_t brk = g->brk;
	struct scsi_op op = { .cdb = { 0x5e, action },
			      .data = guest_alloc(g, len, 8), .in = len };

	put_be(op.cdb + 7, 2, len);
	ASSERT_EQ(scsi_run(g, &op), 0);
	ASSERT_EQ(op.resp.status, 0);
	memcpy(to, guest_ptr(g, op.data), len);
	g->brk = brk;
	return get_be(to + 4, 4);
}

/* READ or WRITE of a block: 0, the status, or the sense */
static int rw(struct guest *g, bool write)
{
	size_t brk = g->brk;
	struct scsi_op op = { .cdb = { write ? 0x2a : 0x28, [8] = 1 },
			      .data = guest_alloc(g, 512, 8),
			      .out = write ? 512 : 0, .in = write ? 0 : 512 };

	ASSERT_EQ(scsi_run(g, &op), 0);
	g->brk = brk;
	return op.resp.status == 2 ? (int)scsi_sense(&op) : op.resp.status;
}

static int ready(struct guest *g)
{
	struct scsi_op op = { .cdb = { 0 } };

	ASSERT_EQ(scsi_run(g, &op), 0);
	return op.resp.status == 2 ? (int)scsi_sense(&op) : op.resp.status;
}

/* Two guests with a disk on the same file, each by a file of its own */
struct pair {
	int file;
	struct guest *a, *b;
};

static int again(int file, int flags)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = open(path, flags | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	return fd;
}

static struct pair pair(void)
{
	struct pair p = { .file = temp_file(MIB, 0) };

	p.a = scsi_disk(p.file);
	p.b = scsi_disk(again(p.file, O_RDWR));
	return p;
}

static struct pair registered(void)
{
	struct pair p = pair();

	EXPECT_EQ(pr_out(p.a, REGISTER, 0, 0, 0xa), 0);
	EXPECT_EQ(pr_out(p.b, REGISTER, 0, 0, 0xb), 0);
	return p;
}

TEST(registrations_are_shared)
{
	struct pair p = registered();
	uint8_t r[512];

	EXPECT_EQ(pr_in(p.a, KEYS, r, 64), 16);
	EXPECT_EQ(get_be(r, 4), 2);
	EXPECT_EQ(get_be(r + 8, 8), 0xa);
	EXPECT_EQ(get_be(r + 16, 8), 0xb);
	EXPECT_EQ(pr_in(p.b, KEYS, r, 64), 16);
	/* Each its own key */
	EXPECT_EQ(pr_out(p.a, REGISTER, 0, 0xb, 0xc), CONFLICT);
	EXPECT_EQ(pr_out(p.b, RESERVE, WE, 0xb, 0), 0);
	/* Two ports, and who holds it; the same from both sides */
	EXPECT_EQ(pr_in(p.a, FULL, r, 512), 96);
	EXPECT_EQ(get_be(r + 8, 8), 0xa);
	EXPECT_EQ(r[8 + 12], 0);
	EXPECT_EQ(get_be(r + 56, 8), 0xb);
	EXPECT_EQ(r[56 + 12], 1);
	EXPECT_EQ(r[56 + 13], WE);
	EXPECT_TRUE(memcmp(r + 8 + 24, r + 56 + 24, 24));
	EXPECT_EQ(pr_in(p.b, FULL, r + 256, 128), 96);
	EXPECT_TRUE(!memcmp(r, r + 256, 104));
	EXPECT_EQ(pr_in(p.a, RESERVATION, r, 24), 16);
	EXPECT_EQ(get_be(r + 8, 8), 0xb);
	EXPECT_EQ(r[21], WE);
}

TEST(reservations_keep_others_out)
{
	static const struct { int type; bool reads, reg_reads, reg_writes; } t[] = {
		{ WE, true, true, false },
		{ EA, false, false, false },
		{ WE_RO, true, true, true },
		{ EA_RO, false, true, true },
		{ WE_AR, true, true, true },
		{ EA_AR, false, true, true },
	};
	struct pair p = pair();
	size_t i;

	EXPECT_EQ(pr_out(p.a, REGISTER, 0, 0, 0xa), 0);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		EXPECT_EQ(pr_out(p.a, RESERVE, t[i].type, 0xa, 0), 0);
		EXPECT_EQ(rw(p.a, true), 0);
		EXPECT_EQ(rw(p.a, false), 0);
		EXPECT_EQ(rw(p.b, true), CONFLICT);
		EXPECT_EQ(rw(p.b, false), t[i].reads ? 0 : CONFLICT);
		EXPECT_EQ(pr_out(p.b, REGISTER, 0, 0, 0xb), 0);
		EXPECT_EQ(rw(p.b, true), t[i].reg_writes ? 0 : CONFLICT);
		EXPECT_EQ(rw(p.b, false), t[i].reg_reads ? 0 : CONFLICT);
		EXPECT_EQ(pr_out(p.a, RELEASE, t[i].type, 0xa, 0), 0);
		/* Who had access as a registrant is told. */
		EXPECT_EQ(ready(p.b), t[i].type >= WE_RO ? RELEASED : 0);
		EXPECT_EQ(rw(p.b, true), 0);
		EXPECT_EQ(pr_out(p.b, REGISTER, 0, 0xb, 0), 0);
	}
	/* and RESERVE of old */
	ready(p.a);
	for (i = 0; i < 2; i++) {
		struct scsi_op op = { .cdb = { i ? 0x17 : 0x16 } };

		EXPECT_EQ(pr_out(p.a, REGISTER, 0, 0xa, 0), i ? CONFLICT : 0);
		ASSERT_EQ(scsi_run(p.b, &op), 0);
		EXPECT_EQ(op.resp.status, 0);
		EXPECT_EQ(rw(p.a, true), i ? 0 : CONFLICT);
	}
}

TEST(preempting_and_clearing)
{
	struct pair p = registered();
	uint8_t r[64];

	EXPECT_EQ(pr_out(p.a, RESERVE, EA, 0xa, 0), 0);
	EXPECT_EQ(rw(p.b, false), CONFLICT);
	EXPECT_EQ(pr_out(p.b, PREEMPT, WE, 0xb, 0xa), 0);
	EXPECT_EQ(ready(p.a), UNREGISTERED);
	EXPECT_EQ(ready(p.a), 0);
	EXPECT_EQ(rw(p.a, true), CONFLICT);
	EXPECT_EQ(rw(p.a, false), 0);
	EXPECT_EQ(pr_out(p.a, RELEASE, WE, 0xa, 0), CONFLICT);
	EXPECT_EQ(pr_in(p.a, KEYS, r, 64), 8);
	EXPECT_EQ(get_be(r + 8, 8), 0xb);

	EXPECT_EQ(pr_out(p.a, IGNORE, 0, 0, 0xa), 0);
	EXPECT_EQ(pr_out(p.a, ABORT, EA, 0xa, 0xb), 0);
	EXPECT_EQ(ready(p.b), UNREGISTERED);
	EXPECT_EQ(rw(p.b, false), CONFLICT);
	EXPECT_EQ(rw(p.a, true), 0);

	EXPECT_EQ(pr_out(p.b, REGISTER, 0, 0, 0xb), 0);
	EXPECT_EQ(pr_out(p.b, CLEAR, 0, 0xb, 0), 0);
	EXPECT_EQ(ready(p.a), PREEMPTED);
	EXPECT_EQ(pr_in(p.a, KEYS, r, 64), 0);
	EXPECT_EQ(rw(p.a, true), 0);
	EXPECT_EQ(rw(p.b, true), 0);
}

/* A guest that is gone is still kept to its word, until somebody preempts it. */
TEST(a_guest_goes)
{
	struct pair p = registered();
	struct guest *c;
	uint8_t r[64];

	EXPECT_EQ(pr_out(p.a, RESERVE, WE, 0xa, 0), 0);
	guest_free(p.a);
	EXPECT_EQ(rw(p.b, true), CONFLICT);
	/* One who comes is another one. */
	c = scsi_disk(again(p.file, O_RDWR));
	EXPECT_EQ(rw(c, true), CONFLICT);
	EXPECT_EQ(pr_in(c, KEYS, r, 64), 16);
	EXPECT_EQ(pr_out(p.b, PREEMPT, WE, 0xb, 0xa), 0);
	EXPECT_EQ(rw(p.b, true), 0);
	EXPECT_EQ(pr_in(c, KEYS, r, 64), 8);
	/* A reset of one is none of the others' business. */
	guest_reset(c);
	guest_start(c);
	scsi_ready(c, 0, 0);
	EXPECT_EQ(rw(c, true), CONFLICT);
	guest_reset(p.b);
	guest_start(p.b);
	scsi_ready(p.b, 0, 0);
	EXPECT_EQ(pr_in(p.b, KEYS, r, 64), 8);
	EXPECT_EQ(rw(c, true), CONFLICT);
	/* The last one's is a loss of power. */
	guest_free(p.b);
	EXPECT_EQ(rw(c, true), CONFLICT);
	guest_reset(c);
	guest_start(c);
	scsi_ready(c, 0, 0);
	EXPECT_EQ(rw(c, true), 0);
	EXPECT_EQ(pr_in(c, KEYS, r, 64), 0);
	guest_free(c);
	/* Nothing is left when nobody is. */
	c = scsi_disk(p.file);
	EXPECT_EQ(pr_out(c, REGISTER, 0, 0, 1), 0);
	EXPECT_EQ(pr_out(c, RESERVE, WE, 1, 0), 0);
	guest_free(c);
	c = scsi_disk(p.file);
	EXPECT_EQ(pr_in(c, KEYS, r, 64), 0);
	EXPECT_EQ(rw(c, true), 0);
}

/* Who may only read cannot keep others out, but is kept out. */
TEST(readers_do_not_register)
{
	struct pair p = { .file = temp_file(MIB, 0) };

	p.a = scsi_disk(p.file);
	p.b = scsi_disk(again(p.file, O_RDONLY));
	EXPECT_EQ(pr_out(p.b, REGISTER, 0, 0, 0xb), SENSE(5, 0x55, 4));
	EXPECT_EQ(pr_out(p.a, REGISTER, 0, 0, 0xa), 0);
	EXPECT_EQ(rw(p.b, false), 0);
	EXPECT_EQ(pr_out(p.a, RESERVE, EA, 0xa, 0), 0);
	EXPECT_EQ(rw(p.b, false), CONFLICT);
	/* Another file is another store. */
	guest_free(p.b);
	p.b = scsi_disk(temp_file(MIB, 0));
	EXPECT_EQ(rw(p.b, true), 0);
}

/* More units than can register, and those who left make room. */
TEST(many_registrants)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	int file = temp_file(MIB, 0), i, refused = 0;
	struct scsi_op op = { .cdb = { 0x5f, [8] = 24 }, .out = 24 };
	uint8_t *p;

	op.data = guest_alloc(g, 24, 8);
	p = guest_ptr(g, op.data);
	memset(p, 0, 24);
	for (i = 0; i < 70; i++)
		ASSERT_EQ(scsi_add(g, i, 0, KVDEV_LUN_DISK, file, 0), 0);
	guest_start(g);
	for (i = 0; i < 70; i++) {
		scsi_ready(g, i, 0);
		op.target = i;
		put_be(p + 8, 8, i + 1);
		ASSERT_EQ(scsi_run(g, &op), 0);
		refused += op.resp.status != 0;
		if (op.resp.status)
			EXPECT_EQ(scsi_sense(&op), SENSE(5, 0x55, 4));
	}
	EXPECT_EQ(refused, 6);
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_REMOVE_LUN, 0, 0), 0);
		ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, file, 0), 0);
		scsi_ready(g, 0, 0);
		op.target = 0;
		ASSERT_EQ(scsi_run(g, &op), 0);
		ASSERT_EQ(op.resp.status, 0);
	}
}

/* ------------------------------------------------------- COMPARE AND WRITE */

#define ROUNDS	400

struct adder {
	struct guest *g;
	unsigned int won, lost;
};

/* Adds one to the counter in block 5, ROUNDS times, whatever others do. */
static void *add(void *arg)
{
	struct adder *a = arg;
	uint64_t data = guest_alloc(a->g, 1024, 512);
	uint32_t *value = guest_ptr(a->g, data);

	while (a->won < ROUNDS) {
		struct scsi_op op = { .cdb = { 0x89, [9] = 5, [13] = 1 },
				      .data = data, .out = 1024 };

		ASSERT_EQ(scsi_rw(a->g, 0, 0, false, 5, 1, 512, data), 0);
		memcpy(value + 128, value, 512);
		value[128]++;
		ASSERT_EQ(scsi_run(a->g, &op), 0);
		if (!op.resp.status)
			a->won++;
		else
			a->lost++;
	}
	return NULL;
}

static void count(struct guest *a, struct guest *b, int file)
{
	struct adder one = { .g = a }, two = { .g = b };
	pthread_t thread;
	uint32_t value[128];

	ASSERT_EQ(pthread_create(&thread, NULL, add, &two), 0);
	add(&one);
	ASSERT_EQ(pthread_join(thread, NULL), 0);
	ASSERT_EQ(pread(file, value, 512, 5 * 512), 512);
	EXPECT_EQ(value[0], 2 * ROUNDS);
	NOTE("%u of %u tries were lost", one.lost + two.lost,
	     one.lost + two.lost + 2 * ROUNDS);
}

TEST(compare_and_write_of_two)
{
	struct pair p = pair();

	count(p.a, p.b, p.file);
}

/* As a block device does it, with late completions */
TEST(compare_and_write_of_two_on_a_disk)
{
	struct guest *a, *b;
	struct nullb n;
	int fd;

	if (!have_null_blk() || !nullb_new(&n, 16, 20000))
		SKIP("no null_blk");
	fd = open(n.path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	a = scsi_disk(fd);
	b = scsi_disk(again(fd, O_RDWR));
	fd = open(n.path, O_RDWR | O_DIRECT | O_CLOEXEC);
	count(a, b, again(fd, O_RDONLY));
	guest_free(a);
	guest_free(b);
	close(fd);
	nullb_free(&n);
}
