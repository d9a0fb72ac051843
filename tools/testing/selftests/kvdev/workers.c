// SPDX-License-Identifier: GPL-2.0
/* The threads that serve the devices of this process. See kvdev_user.h. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvdev_user.h"

/* Much more than any device under load is given without a pause. */
#define REST_MS	(2 * WAIT_MS)

/* The file of a thread, as text; empty if the thread has gone. */
static const char *task_file(const char *tid, const char *name)
{
	static char text[2048];
	char path[300];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%s/%s", tid, name);
	f = fopen(path, "r");
	len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[len] = '\0';
	if (f)
		fclose(f);
	return text;
}

/*
 * The next one of the threads in dir that is a worker, or NULL. Those that wait
 * for stores, "kvdev-store-N", are as many as are needed.
 */
static const char *next_worker(DIR *dir)
{
	struct dirent *d;
	const char *name;

	while ((d = readdir(dir))) {
		name = task_file(d->d_name, "comm");
		if (!strncmp(name, "kvdev-", 6) && name[6] != 's')
			return d->d_name;
	}
	return NULL;
}

static DIR *threads(void)
{
	DIR *dir = opendir("/proc/self/task");

	must(dir ? 0 : -errno, "list of threads");
	return dir;
}

bool first_worker(char *tid, size_t size)
{
	DIR *dir = threads();
	const char *found = next_worker(dir);

	if (found)
		snprintf(tid, size, "%.15s", found);
	closedir(dir);
	return found;
}

static unsigned int nr_workers(void)
{
	DIR *dir = threads();
	unsigned int nr = 0;

	while (next_worker(dir))
		nr++;
	closedir(dir);
	return nr;
}

bool workers_become(unsigned int nr)
{
	int tries;

	for (tries = 0; tries < WAIT_MS && nr_workers() != nr; tries++)
		usleep(1000);
	return nr_workers() == nr;
}

/*
 * How often it slept, if it sleeps. A thread that only is about to sleep has
 * the state of one that does; but of such a thread the kernel tells no system
 * call.
 */
static long task_sleeps(const char *tid)
{
	static const char field[] = "\nvoluntary_ctxt_switches:";
	const char *p = strrchr(task_file(tid, "stat"), ')');

	if (!p || strncmp(p, ") S", 3))
		return -EBUSY;
	if (!strncmp(task_file(tid, "syscall"), "running", 7))
		return -EBUSY;
	p = strstr(task_file(tid, "status"), field);
	return p ? atol(p + strlen(field)) : -EBUSY;
}

/* How often all slept, if all sleep. */
static long workers_sleep(void)
{
	DIR *dir = threads();
	long ret = 0, sum = 0;
	const char *tid;

	while (ret >= 0 && (tid = next_worker(dir))) {
		ret = task_sleeps(tid);
		sum += ret;
	}
	closedir(dir);
	return ret < 0 ? ret : sum;
}

/* All slept at the same time: nothing woke one between two looks at all. */
long workers_rest(void)
{
	uint64_t end = now_ms() + REST_MS;
	long last = -EBUSY, sleeps;

	for (;; last = sleeps) {
		sleeps = workers_sleep();
		if (sleeps >= 0 && sleeps == last)
			return sleeps;
		must(now_ms() > end ? -ETIMEDOUT : 0, "rest of the workers");
		if (sleeps < 0)
			usleep(1000);
	}
}
