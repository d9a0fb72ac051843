// SPDX-License-Identifier: GPL-2.0
/*
 * Devices with a name: who keeps them alive, who may use them, what the list
 * says of them. The form of the structures is in abi_call_test.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kvdev_user.h"
#include "kvtest.h"

#define REFCNT_PATH	"/sys/module/kvdev/refcnt"
#define W		VRING_DESC_F_WRITE

/* ------------------------------------------------------------------ helpers */

/* One for each test process: a failed test leaves nothing in others' way. */
static const char *name_of(unsigned int i)
{
	static __thread char name[KVDEV_NAME_LEN];
	static pid_t test;

	/* Its children use the same. */
	if (!test)
		test = getpid();
	snprintf(name, sizeof(name), "named_test-%d.%u", test, i);
	return name;
}

static int name_cmd(int fd, unsigned long nr, const char *name)
{
	struct kvdev_name n = { .size = sizeof(n) };

	memcpy(n.name, name, strnlen(name, sizeof(n.name)));
	return cmd(fd, nr, &n);
}

static int try_create(int fd, const char *name)
{
	struct kvdev_create c = {
		.size = sizeof(c),
		.flags = KVDEV_CREATE_NAMED,
		.device_id = VIRTIO_ID_BLOCK,
	};

	memcpy(c.name, name, strnlen(name, sizeof(c.name)));
	return cmd(fd, KVDEV_CREATE, &c);
}

/* With a store, and no file. */
static void new_device(unsigned int i)
{
	int fd = dev_open(), file = temp_file(1 << 20, 0);

	ASSERT_EQ(try_create(fd, name_of(i)), 0);
	ASSERT_EQ(set_backend(fd, file, 0, 0), 0);
	close(file);
	close(fd);
}

static int try_open(unsigned int i)
{
	int fd = dev_open(), ret = name_cmd(fd, KVDEV_OPEN, name_of(i));

	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int open_device(unsigned int i)
{
	int fd = try_open(i);

	ASSERT_GE(fd, 0);
	return fd;
}

static int delete_device(unsigned int i)
{
	int fd = dev_open(), ret = name_cmd(fd, KVDEV_DELETE, name_of(i));

	close(fd);
	return ret;
}

static bool find(const char *name, struct kvdev_next *n)
{
	int fd = dev_open();
	bool found = false;

	*n = (struct kvdev_next){ .size = sizeof(*n) };
	while (!found && !cmd(fd, KVDEV_NEXT, n)) {
		found = !strcmp((char *)n->name, name);
		if (!found)
			*n = (struct kvdev_next){ .size = sizeof(*n),
						  .id = n->id + 1 };
	}
	close(fd);
	return found;
}

static struct kvdev_next look(unsigned int i)
{
	struct kvdev_next n;

	ASSERT_TRUE(find(name_of(i), &n));
	return n;
}

/* A guest on this file, which is taken over. */
static struct guest *guest_on(int fd)
{
	struct guest_options o = { .backend = 0 };
	struct guest *g = guest_new(&o);
	struct vhost_memory_region r = {
		.guest_phys_addr = GUEST_GPA,
		.memory_size = GUEST_MEM,
		.userspace_addr = (uintptr_t)g->mem,
	};

	ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	ASSERT_EQ(set_mem(fd, &r, 1), 0);
	ASSERT_EQ(vring_file(fd, VHOST_SET_VRING_KICK, 0, g->vq[0].kick), 0);
	ASSERT_EQ(vring_file(fd, VHOST_SET_VRING_CALL, 0, g->vq[0].call), 0);
	ASSERT_GE(dup2(fd, g->fd), 0);
	close(fd);
	guest_start(g);
	return g;
}

/* Requests nobody waits for. */
static void post_some(struct guest *g)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		struct seg s[] = {
			{ blk_header(g, VIRTIO_BLK_T_IN, i), 16, 0 },
			{ guest_alloc(g, 4096, 4096), 4096, W },
			{ guest_alloc(g, 1, 1), 1, W },
		};

		vq_add(&g->vq[0], s, 3);
	}
	vq_kick_always(&g->vq[0]);
}

/* What a child does; its checks count. */
#define IN_CHILD(...)							\
	do {								\
		pid_t child_pid = fork();				\
		int child_status;					\
		if (!child_pid) {					\
			__VA_ARGS__;					\
			fflush(stdout);					\
			_exit(0);					\
		}							\
		ASSERT_EQ(waitpid(child_pid, &child_status, 0),		\
			  child_pid);					\
		ASSERT_EQ(child_status, 0);				\
	} while (0)

/* The last work for a dead process may be done after it was waited for. */
static int delete_soon(unsigned int i)
{
	uint64_t end = now_ms() + WAIT_MS;
	int ret = delete_device(i);

	while (ret == -EBUSY && now_ms() < end) {
		usleep(1000);
		ret = delete_device(i);
	}
	return ret;
}

/* ------------------------------------------------------------------- names */

TEST(every_character)
{
	static const char good[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-";
	char name[KVDEV_NAME_LEN] = {};
	unsigned int c, at;
	int fd;

	for (c = 1; c < 256; c++)
		for (at = 0; at < 3; at++) {
			bool ok = strchr(good, c);

			memcpy(name, "abc", 3);
			name[at] = c;
			fd = dev_open();
			EXPECT_EQ(try_create(fd, name), ok ? 0 : -EINVAL);
			EXPECT_EQ(name_cmd(fd, KVDEV_DELETE, name),
				  ok ? 0 : -EINVAL);
			close(fd);
		}
}

/* All of it counts, and case does. */
TEST(similar_names)
{
	static const char * const names[] = { "sim", "Sim", "simi", "si", "sim.",
					      ".", "..", "-", "sim-", "help" };
	struct kvdev_next n;
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		fd = dev_open();
		EXPECT_EQ(try_create(fd, names[i]), 0);
		close(fd);
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		fd = dev_open();
		EXPECT_EQ(name_cmd(fd, KVDEV_OPEN, names[i]), 0);
		EXPECT_EQ(name_cmd(fd, KVDEV_DELETE, names[i]), 0);
		EXPECT_TRUE(!find(names[i], &n));
		close(fd);
	}
}

/* A create that fails takes no name. */
TEST(failed_create)
{
	struct kvdev_create c = {
		.size = sizeof(c),
		.flags = KVDEV_CREATE_NAMED,
		.device_id = VIRTIO_ID_BLOCK,
		.queue_size = 3,
	};
	int fd = dev_open();

	strcpy((char *)c.name, name_of(0));
	EXPECT_EQ(cmd(fd, KVDEV_CREATE, &c), -EINVAL);
	c.queue_size = 0;
	c.device_id = 63;
	EXPECT_EQ(cmd(fd, KVDEV_CREATE, &c), -EOPNOTSUPP);
	EXPECT_EQ(try_open(0), -ENOENT);
	/* Nor does one on a file that has a device. */
	ASSERT_EQ(create(fd, VIRTIO_ID_RNG, 0, 0), 0);
	EXPECT_EQ(try_create(fd, name_of(0)), -EEXIST);
	EXPECT_EQ(try_open(0), -ENOENT);
}

/* -------------------------------------------------------------------- life */

TEST(survives_its_maker)
{
	name_of(0);
	IN_CHILD(new_device(0));
	/* And used by yet another process. */
	IN_CHILD({
		struct guest *g = guest_on(open_device(0));

		blk_works(g);
		EXPECT_EQ(look(0).use_pid, getpid());
		EXPECT_EQ(delete_device(0), -EBUSY);
		guest_free(g);
		EXPECT_EQ(look(0).use, KVDEV_USE_NONE);
	});
	EXPECT_EQ(delete_device(0), 0);
	EXPECT_EQ(try_open(0), -ENOENT);
}

/* What the first user did is forgotten when its file is closed. */
TEST(next_owner_finds_it_reset)
{
	struct guest *g;
	uint64_t resets;
	int other;

	new_device(0);
	other = open_device(0);
	g = guest_on(open_device(0));
	blk_works(g);
	resets = guest_stats(g, 0).dev_resets;
	EXPECT_EQ(look(0).status, S_DRIVER_OK);
	EXPECT_NE(look(0).accepted, 0);
	post_some(g);
	guest_free(g);
	EXPECT_EQ(look(0).use, KVDEV_USE_NONE);
	EXPECT_EQ(look(0).status, 0);
	EXPECT_EQ(look(0).accepted, 0);
	EXPECT_EQ(look(0).use_pid, 0);
	EXPECT_TRUE(all_bytes(look(0).use_comm, sizeof(look(0).use_comm), 0));

	g = guest_on(other);
	blk_works(g);
	EXPECT_GE(guest_stats(g, 0).dev_resets, resets + 1);
	/* Counters are the device's, not the owner's. */
	EXPECT_GE(guest_stats(g, 0).chains, 4);
	guest_free(g);
	EXPECT_EQ(delete_device(0), 0);
}

/* Others open, look and close while the guest works. */
TEST(onlookers_change_nothing)
{
	struct guest *g;
	int i, other;

	new_device(0);
	g = guest_on(open_device(0));
	for (i = 0; i < 50; i++) {
		uint64_t offered = 0;

		other = open_device(0);
		post_some(g);
		EXPECT_EQ(cmd(other, VHOST_GET_FEATURES, &offered), 0);
		EXPECT_TRUE(offered & F_VERSION_1);
		EXPECT_EQ(get_status(other), S_DRIVER_OK);
		/* What would change it is refused, from the same process too. */
		EXPECT_EQ(set_status(other, 0), -EPERM);
		EXPECT_EQ(cmd(other, VHOST_RESET_OWNER, NULL), -EPERM);
		EXPECT_EQ(cmd(other, VHOST_SET_OWNER, NULL), -EBUSY);
		EXPECT_EQ(set_vector(other, 0, -1), -EBUSY);
		EXPECT_EQ(set_backend(other, -1, 0, 0), -EBUSY);
		close(other);
		while (g->vq[0].nr_free < g->vq[0].num) {
			struct vring_used_elem e;

			ASSERT_EQ(vq_wait(&g->vq[0], &e, WAIT_MS), 0);
			vq_free_chain(&g->vq[0], e.id);
		}
		g->brk = 1 << 20;
	}
	IN_CHILD(open_device(0));
	EXPECT_NE(look(0).accepted, 0);
	blk_works(g);
	guest_free(g);
	EXPECT_EQ(delete_device(0), 0);
}

/* ------------------------------------------------------------------ owners */

TEST(owner_killed)
{
	int i, pipefd[2];
	char c;

	new_device(0);
	for (i = 0; i < 10; i++) {
		pid_t pid;
		int status;

		ASSERT_EQ(pipe2(pipefd, O_CLOEXEC), 0);
		pid = fork();
		if (!pid) {
			struct guest *g = guest_on(open_device(0));

			post_some(g);
			ASSERT_EQ(write(pipefd[1], "x", 1), 1);
			pause();
		}
		ASSERT_EQ(read(pipefd[0], &c, 1), 1);
		EXPECT_EQ(look(0).use_pid, pid);
		EXPECT_EQ(delete_device(0), -EBUSY);
		kill(pid, SIGKILL);
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		while (look(0).use != KVDEV_USE_NONE)	/* for the next */
			usleep(1000);
		close(pipefd[0]);
		close(pipefd[1]);
	}
	EXPECT_EQ(delete_soon(0), 0);
}

/* The file lives on in another process: only closing it makes room. */
TEST(owner_dead_but_file_open)
{
	int fd, other;

	new_device(0);
	fd = open_device(0);
	other = open_device(0);
	IN_CHILD(ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0));
	EXPECT_EQ(set_status(fd, S_DRIVER), -EPERM);
	EXPECT_EQ(cmd(other, VHOST_SET_OWNER, NULL), -EBUSY);
	EXPECT_EQ(delete_device(0), -EBUSY);
	close(fd);
	EXPECT_EQ(cmd(other, VHOST_SET_OWNER, NULL), 0);
	close(other);
	EXPECT_EQ(delete_device(0), 0);
}

/* ------------------------------------------------------------------ delete */

/* Its files keep the device; the name is free at once. */
TEST(delete_with_idle_files)
{
	struct kvdev_next n = { .size = sizeof(n) };
	struct guest *first, *second;
	uint32_t id;
	int a, b;

	new_device(0);
	id = look(0).id;
	a = open_device(0);
	b = open_device(0);
	EXPECT_EQ(delete_device(0), 0);
	EXPECT_EQ(delete_device(0), -ENOENT);
	EXPECT_EQ(try_open(0), -ENOENT);
	/* Still on the list, without the name. */
	n.id = id;
	ASSERT_EQ(cmd(a, KVDEV_NEXT, &n), 0);
	EXPECT_EQ(n.id, id);
	EXPECT_TRUE(all_bytes(n.name, sizeof(n.name), 0));

	new_device(0);
	EXPECT_NE(look(0).id, id);
	close(a);
	first = guest_on(b);
	second = guest_on(open_device(0));
	blk_works(first);
	blk_works(second);
	guest_free(first);
	n = (struct kvdev_next){ .size = sizeof(n), .id = id };
	a = dev_open();
	EXPECT_TRUE(cmd(a, KVDEV_NEXT, &n) || n.id != id);
	blk_works(second);
	guest_free(second);
	EXPECT_EQ(delete_device(0), 0);
}

/* -------------------------------------------------------------------- list */

TEST(next_has_unnamed_devices)
{
	struct kvdev_next n = { .size = sizeof(n) };
	int i, fd[5], seen = 0, list = dev_open();
	uint32_t from = 0;

	for (i = 0; i < 5; i++) {
		fd[i] = dev_open();
		ASSERT_EQ(create(fd[i], i % 2 ? VIRTIO_ID_RNG : VIRTIO_ID_BLOCK,
				 0, 0), 0);
	}
	for (;;) {
		n = (struct kvdev_next){ .size = sizeof(n), .id = from };
		if (cmd(list, KVDEV_NEXT, &n))
			break;
		EXPECT_GE(n.id, from);
		seen += all_bytes(n.name, sizeof(n.name), 0);
		from = n.id + 1;
	}
	EXPECT_GE(seen, 5);
}

static void expect_backing(const char *path)
{
	struct kvdev_next n = look(0);

	if (strcmp((char *)n.backing, path))
		NOTE("'%s' instead of '%s'", n.backing, path);
	EXPECT_EQ(strcmp((char *)n.backing, path), 0);
	EXPECT_TRUE(all_bytes(n.backing + strlen(path),
			      sizeof(n.backing) - strlen(path), 0));
}

TEST(next_tells_the_store)
{
	char path[300] = "", dir[] = "/tmp/named.XXXXXX";
	int fd = dev_open(), file, len;

	ASSERT_EQ(try_create(fd, name_of(0)), 0);
	expect_backing("");
	EXPECT_EQ(look(0).format, 0);
	EXPECT_EQ(look(0).capacity, 0);

	/* The longest path that fits, and one that does not. */
	ASSERT_TRUE(mkdtemp(dir));
	for (len = KVDEV_BACKING_LEN - 1; len <= KVDEV_BACKING_LEN; len++) {
		snprintf(path, sizeof(path), "%s/%0*d", dir, 100, 0);
		mkdir(path, 0700);
		snprintf(path, sizeof(path), "%s/%0*d/%0*d", dir, 100, 0,
			 len - (int)strlen(dir) - 102, 0);
		file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		ASSERT_GE(file, 0);
		ASSERT_EQ(ftruncate(file, 1234567), 0);
		ASSERT_EQ(set_backend(fd, file, 0, 1024), 0);
		close(file);
		expect_backing(len < KVDEV_BACKING_LEN ? path : "");
		EXPECT_EQ(look(0).format, KVDEV_FORMAT_RAW);
		EXPECT_EQ(look(0).capacity, 1234567 / 1024 * 1024);
		EXPECT_EQ(look(0).block_size, 1024);
		EXPECT_EQ(look(0).read_only, 0);
		EXPECT_EQ(look(0).offered & BIT(VIRTIO_BLK_F_RO), 0);
		file = open(path, O_RDONLY | O_CLOEXEC);
		ASSERT_EQ(set_backend(fd, file, 0, 512), 0);
		close(file);
		EXPECT_EQ(look(0).read_only, 1);
		EXPECT_EQ(look(0).capacity, 1234567 / 512 * 512);
		EXPECT_NE(look(0).offered & BIT(VIRTIO_BLK_F_RO), 0);
		unlink(path);
	}
	ASSERT_EQ(set_backend(fd, -1, 0, 0), 0);
	expect_backing("");
	EXPECT_EQ(look(0).format, 0);
	EXPECT_EQ(look(0).read_only, 0);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(dir);
	EXPECT_EQ(delete_device(0), 0);
}

TEST(next_tells_the_owner)
{
	static const char comm[] = "ab\n\x1b[31m\xff/xyz12";
	int fd;

	new_device(0);
	fd = open_device(0);
	EXPECT_EQ(look(0).use, KVDEV_USE_NONE);
	prctl(PR_SET_NAME, comm);
	ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	EXPECT_EQ(look(0).use, KVDEV_USE_OWNER);
	EXPECT_EQ(look(0).use_pid, getpid());
	EXPECT_EQ(strcmp((char *)look(0).use_comm, comm), 0);

	/* Who cannot see the process gets no number that is another's. */
	if (!unshare(CLONE_NEWPID))
		IN_CHILD(EXPECT_EQ(look(0).use_pid, 0));
	close(fd);
	EXPECT_EQ(delete_device(0), 0);
}

/* ------------------------------------------------------------------ module */

static long refcnt(void)
{
	FILE *f = fopen(REFCNT_PATH, "re");
	long n = -1;

	if (f && fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/* A name without any file keeps the module, too. */
TEST(module_stays)
{
	uint64_t end = now_ms() + WAIT_MS;
	long before, ret;

	/* Those before us may take a moment to go. */
	while (refcnt() > 0 && now_ms() < end - WAIT_MS / 2)
		usleep(10000);
	before = refcnt();
	if (before < 0)
		SKIP("no " REFCNT_PATH);
	new_device(0);
	EXPECT_EQ(refcnt(), before + 1);
	ret = syscall(SYS_delete_module, "kvdev", O_NONBLOCK);
	EXPECT_EQ(ret, -1);
	EXPECT_TRUE(errno == EWOULDBLOCK || errno == EBUSY);
	EXPECT_EQ(look(0).use, KVDEV_USE_NONE);
	EXPECT_EQ(delete_device(0), 0);
	EXPECT_EQ(refcnt(), before);
}

/* ------------------------------------------------------------------- races */

#define RACERS	4
#define ROUNDS	300

static pthread_barrier_t barrier;
static int results[RACERS];
static int shared_fd;
static int (*racer)(unsigned int self);

static void *race(void *arg)
{
	unsigned int self = (uintptr_t)arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&barrier);
		results[self] = racer(self);
		/* the judge reads, and prepares the next round */
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

/* All at the same time, round after round. */
static void run_race(int (*fn)(unsigned int self), void (*prepare)(void),
		     void (*judge)(void))
{
	pthread_t thread[RACERS];
	uintptr_t i;

	racer = fn;
	ASSERT_EQ(pthread_barrier_init(&barrier, NULL, RACERS + 1), 0);
	for (i = 0; i < RACERS; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, race, (void *)i), 0);
	for (i = 0; i < ROUNDS; i++) {
		if (prepare)
			prepare();
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		judge();
	}
	for (i = 0; i < RACERS; i++)
		pthread_join(thread[i], NULL);
}

static int count(int result)
{
	int i, n = 0;

	for (i = 0; i < RACERS; i++)
		n += results[i] == result;
	return n;
}

static int race_create(unsigned int self)
{
	int fd = dev_open(), ret = try_create(fd, name_of(0));

	(void)self;
	close(fd);
	return ret;
}

static void one_created(void)
{
	EXPECT_EQ(count(0), 1);
	EXPECT_EQ(count(-EEXIST), RACERS - 1);
	EXPECT_EQ(delete_device(0), 0);
}

TEST(one_of_many_gets_the_name)
{
	run_race(race_create, NULL, one_created);
}

static void prepare_device(void)
{
	new_device(0);
}

static int race_delete(unsigned int self)
{
	(void)self;
	return delete_device(0);
}

static void one_deleted(void)
{
	EXPECT_EQ(count(0), 1);
	EXPECT_EQ(count(-ENOENT), RACERS - 1);
}

TEST(one_of_many_deletes)
{
	run_race(race_delete, prepare_device, one_deleted);
}

static void prepare_file(void)
{
	shared_fd = dev_open();
}

static int race_one_file(unsigned int self)
{
	return try_create(shared_fd, name_of(self));
}

static void one_name(void)
{
	unsigned int i;

	EXPECT_EQ(count(0), 1);
	EXPECT_EQ(count(-EEXIST), RACERS - 1);
	for (i = 0; i < RACERS; i++)
		EXPECT_EQ(delete_device(i), results[i] ? -ENOENT : 0);
	close(shared_fd);
}

TEST(one_file_becomes_one_device)
{
	run_race(race_one_file, prepare_file, one_name);
}

/* Deleted or owned first: in use means that it has kept its name. */
static int race_use(unsigned int self)
{
	int fd, ret;

	if (self == 0)
		return delete_device(0);
	fd = try_open(0);
	if (fd < 0)
		return fd;
	ret = cmd(fd, VHOST_SET_OWNER, NULL);
	if (!ret)
		ret = set_status(fd, S_DRIVER);
	close(fd);
	return ret;
}

static void used_or_deleted(void)
{
	unsigned int i;

	for (i = 1; i < RACERS; i++)
		EXPECT_TRUE(results[i] == 0 || results[i] == -EBUSY ||
			    results[i] == -ENOENT);
	EXPECT_TRUE(results[0] == 0 || results[0] == -EBUSY);
	EXPECT_EQ(delete_device(0), results[0] ? 0 : -ENOENT);
}

TEST(delete_against_use)
{
	run_race(race_use, prepare_device, used_or_deleted);
}

/* Everything, on few names, from many processes. */
static void hammer(unsigned int seed)
{
	for (;;) {
		unsigned int i = rand_r(&seed) % 3;
		struct kvdev_next n;
		int fd, file;

		switch (rand_r(&seed) % 6) {
		case 0:
			fd = dev_open();
			file = temp_file(1 << 16, 0);
			if (!try_create(fd, name_of(i)))
				set_backend(fd, file, 0, 0);
			close(file);
			close(fd);
			break;
		case 1:
			delete_device(i);
			break;
		case 2:
			find(name_of(i), &n);
			break;
		default:
			fd = try_open(i);
			if (fd < 0)
				break;
			if (!cmd(fd, VHOST_SET_OWNER, NULL))
				set_status(fd, S_DRIVER);
			if (rand_r(&seed) % 2)
				delete_device(i);
			close(fd);
			break;
		}
	}
}

TEST(all_at_once)
{
	pid_t pid[6];
	unsigned int i;

	name_of(0);
	for (i = 0; i < ARRAY_SIZE(pid); i++) {
		pid[i] = fork();
		if (!pid[i])
			hammer(i + 1);
	}
	for (i = 0; i < 30; i++) {
		unsigned int j = i % ARRAY_SIZE(pid);

		usleep(100000);
		/* Some are killed in the middle of it. */
		kill(pid[j], SIGKILL);
		waitpid(pid[j], NULL, 0);
		pid[j] = fork();
		if (!pid[j])
			hammer(100 + i);
	}
	for (i = 0; i < ARRAY_SIZE(pid); i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	for (i = 0; i < 3; i++) {
		int ret = delete_soon(i);

		EXPECT_TRUE(ret == 0 || ret == -ENOENT);
		EXPECT_EQ(try_open(i), -ENOENT);
	}
}
