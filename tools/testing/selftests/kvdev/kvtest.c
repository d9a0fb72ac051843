// SPDX-License-Identifier: GPL-2.0
/* The runner: see kvtest.h. */
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "kvtest.h"

/* Grace for what a killed test left in the kernel. */
#define KILL_MS	30000
/* What takes longer is told. */
#define SLOW_S	3

struct kvt_shared *kvt;

static struct kvt_test *tests, **tail = &tests;

void kvt_add(struct kvt_test *test)
{
	*tail = test;
	tail = &test->next;
}

static const char *value_text(char *buf, size_t size, long long v)
{
	const char *name = v < 0 && v > -200 ? strerrorname_np(-v) : NULL;

	if (name)
		snprintf(buf, size, "-%s", name);
	else
		snprintf(buf, size, "%lld (0x%llx)", v, v);
	return buf;
}

bool kvt_check(bool ok, const char *file, int line, const char *what,
	       long long a, long long b)
{
	char bufa[48], bufb[48];

	if (ok)
		return true;
	kvt->failed = 1;
	printf("# %s:%d: %s: %s, %s\n", file, line, what,
	       value_text(bufa, sizeof(bufa), a),
	       value_text(bufb, sizeof(bufb), b));
	return false;
}

pid_t kvt_child(void (*begin)(void *arg), void (*end)(void *arg), void *arg)
{
	int ready[2];
	pid_t pid;
	char c;

	ASSERT_EQ(pipe(ready), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		begin(arg);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		if (end)
			end(arg);
		pause();
		_exit(1);
	}
	/* A child that fails before it is ready leaves nobody who would write. */
	close(ready[1]);
	ASSERT_EQ(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void run_child(struct kvt_test *test)
{
	setpgid(0, 0);
	test->fn();
	fflush(stdout);
	_exit(kvt->failed ? KVT_FAIL : KVT_PASS);
}

static int run(struct kvt_test *test, const char **why)
{
	struct pollfd p = { .events = POLLIN };
	bool late, stuck = false;
	int status = 0;
	pid_t pid;

	memset(kvt, 0, sizeof(*kvt));
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_child(test);
	setpgid(pid, pid);

	p.fd = syscall(SYS_pidfd_open, pid, 0);
	late = poll(&p, 1, test->timeout * 1000) == 0;
	kill(-pid, SIGKILL);
	stuck = late && poll(&p, 1, KILL_MS) == 0;
	if (!stuck)
		waitpid(pid, &status, 0);
	close(p.fd);

	*why = stuck ? " # timeout, and cannot be killed" :
	       late ? " # timeout" :
	       WIFSIGNALED(status) ? " # killed by a signal" : "";
	if (**why || kvt->failed)
		return KVT_FAIL;
	status = WEXITSTATUS(status);
	return status == KVT_PASS || status == KVT_SKIP ? status : KVT_FAIL;
}

/* The full name of a test: program.test, without "_test". */
static const char *full_name(const struct kvt_test *test)
{
	static char name[100];
	const char *prog = program_invocation_short_name;
	const char *end = strstr(prog, "_test");

	snprintf(name, sizeof(name), "%.*s.%s",
		 (int)(end ? end - prog : (long)strlen(prog)), prog,
		 test->name);
	return name;
}

static bool chosen(const struct kvt_test *test, const char *pattern)
{
	if (test->when && !test->when())
		return false;
	return !fnmatch(pattern, test->name, 0) ||
	       !fnmatch(pattern, full_name(test), 0);
}

static int run_all(const char *pattern, int nr)
{
	int ret, sum[KVT_SKIP + 1] = {}, i = 0;
	struct kvt_test *t;
	const char *why;
	time_t start;

	printf("TAP version 13\n1..%d\n", nr);
	for (t = tests; t; t = t->next) {
		if (!chosen(t, pattern))
			continue;
		start = time(NULL);
		ret = run(t, &why);
		sum[ret]++;
		printf("%sok %d %s%s%s%s\n", ret == KVT_FAIL ? "not " : "", ++i,
		       full_name(t), ret == KVT_SKIP ? " # SKIP " : "",
		       ret == KVT_SKIP ? kvt->why : "", why);
		if (time(NULL) - start >= SLOW_S)
			NOTE("%lld s", (long long)(time(NULL) - start));
		fflush(stdout);
	}
	if (sum[KVT_FAIL])
		return KVT_FAIL;
	return nr && sum[KVT_SKIP] == nr ? KVT_SKIP : KVT_PASS;
}

int main(int argc, char **argv)
{
	const char *pattern = "*";
	bool list = false;
	struct kvt_test *t;
	int opt, nr = 0;

	while ((opt = getopt(argc, argv, "lt:")) != -1) {
		if (opt == 'l')
			list = true;
		else if (opt == 't')
			pattern = optarg;
		else
			return 2;
	}
	kvt = mmap(NULL, sizeof(*kvt), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (t = tests; t; t = t->next) {
		if (!chosen(t, pattern))
			continue;
		nr++;
		if (list)
			puts(full_name(t));
	}
	return list ? 0 : run_all(pattern, nr);
}
