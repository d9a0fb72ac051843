/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small test harness. TEST(name) { ... } is one test; it runs in a process
 * of its own, alone in a process group that is killed afterwards, and prints
 * TAP 13. EXPECT_* go on after a failure, ASSERT_* and SKIP end the test.
 *
 *	rng_test [-l] [-t GLOB]	list, or run, those whose name (rng.any_length or
 *				any_length) matches
 *
 * Exit status: 0 all passed, 1 one failed, 4 all were skipped.
 */
#ifndef KVTEST_H
#define KVTEST_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KVT_PASS = 0, KVT_FAIL = 1, KVT_SKIP = 4 };

struct kvt_test {
	const char *name;
	void (*fn)(void);
	int timeout;			/* seconds */
	bool (*when)(void);		/* exists only then */
	struct kvt_test *next;
};

/* Memory that a test, its children and the runner share. */
struct kvt_shared {
	volatile int failed;
	char why[120];			/* skipped */
};

extern struct kvt_shared *kvt;
void kvt_add(struct kvt_test *test);
bool kvt_check(bool ok, const char *file, int line, const char *what,
	       long long a, long long b);

#define KVT_TEST(_name, _timeout, _when)				\
	static void _name(void);					\
	static struct kvt_test kvt_##_name = {				\
		.name = #_name, .fn = _name, .timeout = _timeout,	\
		.when = _when };					\
	__attribute__((constructor)) static void kvt_add_##_name(void)	\
	{								\
		kvt_add(&kvt_##_name);					\
	}								\
	static void _name(void)
/* What hangs does so for ever; what is slow is so on a slow machine. */
#define KVT_TIMEOUT	900
#define TEST(_name) KVT_TEST(_name, KVT_TIMEOUT, NULL)
#define TEST_TIMEOUT(_name, _timeout) KVT_TEST(_name, _timeout, NULL)
#define TEST_WHEN(_when, _name) KVT_TEST(_name, KVT_TIMEOUT, _when)

#define KVT_CHECK(a, op, b)						\
	({								\
		long long kvt_a = (long long)(a);			\
		long long kvt_b = (long long)(b);			\
		kvt_check(kvt_a op kvt_b, __FILE__, __LINE__,		\
			  #a " " #op " " #b, kvt_a, kvt_b);		\
	})
#define EXPECT_EQ(a, b)	((void)KVT_CHECK(a, ==, b))
#define EXPECT_NE(a, b)	((void)KVT_CHECK(a, !=, b))
#define EXPECT_GE(a, b)	((void)KVT_CHECK(a, >=, b))
#define EXPECT_LE(a, b)	((void)KVT_CHECK(a, <=, b))
#define EXPECT_TRUE(a)	((void)KVT_CHECK(!!(a), ==, 1))

#define KVT_ASSERT(ok)							\
	do {								\
		if (!(ok)) {						\
			fflush(stdout);					\
			_exit(KVT_FAIL);				\
		}							\
	} while (0)
#define ASSERT_EQ(a, b)	KVT_ASSERT(KVT_CHECK(a, ==, b))
#define ASSERT_NE(a, b)	KVT_ASSERT(KVT_CHECK(a, !=, b))
#define ASSERT_GE(a, b)	KVT_ASSERT(KVT_CHECK(a, >=, b))
#define ASSERT_TRUE(a)	KVT_ASSERT(KVT_CHECK(!!(a), ==, 1))

/*
 * A child that has done @begin when this returns. Then it does @end, which does
 * not return, or waits to be killed.
 */
pid_t kvt_child(void (*begin)(void *arg), void (*end)(void *arg), void *arg);

#define NOTE(fmt, ...)	printf("# " fmt "\n", ##__VA_ARGS__)
#define SKIP(...)							\
	do {								\
		snprintf(kvt->why, sizeof(kvt->why), __VA_ARGS__);	\
		fflush(stdout);						\
		_exit(KVT_SKIP);					\
	} while (0)

#endif /* KVTEST_H */
