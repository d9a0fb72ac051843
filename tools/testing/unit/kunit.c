// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the KUnit suites in user space. An argument limits the run to cases
 * whose "suite.case" contains it.
 */
#include <kunit/test.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct kunit_alloc {
	struct kunit_alloc *next;
	void *mem;
};

static struct kunit_suite *suites;
static unsigned int nr_run, nr_passed, nr_failed, nr_skipped;

void kunit_register(struct kunit_suite *suite)
{
	struct kunit_suite **at = &suites;

	while (*at && strcmp((*at)->name, suite->name) < 0)
		at = &(*at)->next;
	suite->next = *at;
	*at = suite;
}

void kunit_info(const struct kunit *test, const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void kunit_fail(struct kunit *test, bool fatal, const char *file, int line,
		const char *what, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	va_list args;

	test->failed = true;
	printf("# %s:%d: failed: %s ", base ? base + 1 : file, line, what);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	if (fatal)
		longjmp(test->abort, 1);
}

void kunit_skip(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	test->skipped = true;
	printf("# skipped: ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	longjmp(test->abort, 1);
}

/* One malloc per call: every object has its own red zones. */
void *kunit_kmalloc(struct kunit *test, size_t size, int gfp)
{
	struct kunit_alloc *alloc = malloc(sizeof(*alloc));
	void *mem = malloc(size);

	if (!alloc || !mem)
		abort();
	alloc->mem = mem;
	alloc->next = test->allocs;
	test->allocs = alloc;
	return mem;
}

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	return memset(kunit_kmalloc(test, size, gfp), 0, size);
}

static void free_allocs(struct kunit *test)
{
	while (test->allocs) {
		struct kunit_alloc *alloc = test->allocs;

		test->allocs = alloc->next;
		free(alloc->mem);
		free(alloc);
	}
}

static void run_one(struct kunit_suite *suite, struct kunit_case *c,
		    const void *param, const char *desc)
{
	struct kunit test = { .param_value = param };
	const char *result;

	if (!setjmp(test.abort)) {
		if (suite->init && suite->init(&test))
			test.failed = true;
		else
			c->run_case(&test);
	}
	if (suite->exit)
		suite->exit(&test);
	free_allocs(&test);

	if (test.failed) {
		result = "not ok";
		nr_failed++;
	} else {
		result = "ok";
		nr_skipped += test.skipped;
		nr_passed += !test.skipped;
	}
	printf("%s %u %s.%s%s%s%s\n", result, ++nr_run, suite->name, c->name,
	       *desc ? ": " : "", desc, test.skipped ? " # SKIP" : "");
	fflush(stdout);
}

static void run_case(struct kunit_suite *suite, struct kunit_case *c)
{
	char desc[KUNIT_PARAM_DESC_SIZE] = "";
	const void *param = NULL;

	if (!c->generate_params) {
		run_one(suite, c, NULL, "");
		return;
	}
	while ((param = c->generate_params(param, desc)))
		run_one(suite, c, param, desc);
}

int main(int argc, char **argv)
{
	struct kunit_suite *suite;
	struct kunit_case *c;
	char name[256];

	printf("TAP version 13\n");
	for (suite = suites; suite; suite = suite->next) {
		for (c = suite->test_cases; c->run_case; c++) {
			snprintf(name, sizeof(name), "%s.%s", suite->name,
				 c->name);
			if (argc < 2 || strstr(name, argv[1]))
				run_case(suite, c);
		}
	}
	printf("1..%u\n", nr_run);
	printf("%u passed, %u failed, %u skipped\n", nr_passed, nr_failed,
	       nr_skipped);
	/* Nothing run is no success. */
	return nr_failed || !nr_passed;
}
