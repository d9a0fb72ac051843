/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as the suites use, so that the very same files also run in
 * user space, under sanitizers. Output is TAP, one line per case or parameter.
 */
#ifndef SHIM_KUNIT_TEST_H
#define SHIM_KUNIT_TEST_H

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>

#define KUNIT_PARAM_DESC_SIZE 128
#define strscpy(dst, src, n) snprintf(dst, n, "%s", src)
#define GFP_KERNEL 0

struct kunit_alloc;

struct kunit {
	void *priv;
	const void *param_value;
	bool failed;
	bool skipped;
	jmp_buf abort;
	struct kunit_alloc *allocs;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

void *kunit_kmalloc(struct kunit *test, size_t size, int gfp);
void *kunit_kzalloc(struct kunit *test, size_t size, int gfp);
void kunit_register(struct kunit_suite *suite);
void kunit_info(const struct kunit *test, const char *fmt, ...)
	__attribute__((__format__(printf, 2, 3)));
/* With @fatal it does not return. */
void kunit_fail(struct kunit *test, bool fatal, const char *file, int line,
		const char *what, const char *fmt, ...)
	__attribute__((__format__(printf, 6, 7)));
void kunit_skip(struct kunit *test, const char *fmt, ...)
	__attribute__((__format__(printf, 2, 3), __noreturn__));

#define kunit_test_suite(suite) \
	static void __attribute__((__constructor__)) \
	__UNIQUE_NAME(kunit_register_, __LINE__)(void) \
	{ \
		kunit_register(&(suite)); \
	} \
	struct kunit_suite

#define KUNIT_CASE(fn) { .run_case = (fn), .name = #fn }
#define KUNIT_CASE_PARAM(fn, gen) \
	{ .run_case = (fn), .name = #fn, .generate_params = (gen) }

#define KUNIT_ARRAY_PARAM(name, array, get_desc) \
	static const void *name##_gen_params(const void *prev, char *desc) \
	{ \
		__typeof__((array)[0]) *next = prev ? \
			(__typeof__(next))prev + 1 : (array); \
		if (next >= (array) + ARRAY_SIZE(array)) \
			return NULL; \
		(get_desc)(next, desc); \
		return next; \
	}

#define KUNIT_CHECK(test, fatal, ok, what, ...) do { \
	if (!(ok)) \
		kunit_fail(test, fatal, __FILE__, __LINE__, what, \
			   __VA_ARGS__); \
} while (0)

#define KUNIT_BINARY(test, fatal, l, op, r, ...) do { \
	__typeof__(l) _left = (l); \
	__typeof__(r) _right = (r); \
	if (!(_left op _right)) { \
		kunit_info(test, "%s == %lld (0x%llx)", #l, \
			   (long long)_left, (long long)_left); \
		kunit_info(test, "%s == %lld (0x%llx)", #r, \
			   (long long)_right, (long long)_right); \
		kunit_fail(test, fatal, __FILE__, __LINE__, \
			   #l " " #op " " #r, __VA_ARGS__); \
	} \
} while (0)

#define KUNIT_EXPECT_EQ(t, l, r) KUNIT_BINARY(t, false, l, ==, r, " ")
#define KUNIT_EXPECT_NE(t, l, r) KUNIT_BINARY(t, false, l, !=, r, " ")
#define KUNIT_EXPECT_LE(t, l, r) KUNIT_BINARY(t, false, l, <=, r, " ")
#define KUNIT_EXPECT_EQ_MSG(t, l, r, ...) \
	KUNIT_BINARY(t, false, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(t, l, r, ...) \
	KUNIT_BINARY(t, false, l, !=, r, __VA_ARGS__)
#define KUNIT_ASSERT_LE(t, l, r) KUNIT_BINARY(t, true, l, <=, r, " ")
#define KUNIT_ASSERT_EQ(t, l, r) KUNIT_BINARY(t, true, l, ==, r, " ")
#define KUNIT_ASSERT_EQ_MSG(t, l, r, ...) \
	KUNIT_BINARY(t, true, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_TRUE(t, c) KUNIT_CHECK(t, false, c, #c, " ")
#define KUNIT_EXPECT_FALSE(t, c) KUNIT_CHECK(t, false, !(c), "!" #c, " ")
#define KUNIT_ASSERT_TRUE(t, c) KUNIT_CHECK(t, true, c, #c, " ")
#define KUNIT_ASSERT_FALSE(t, c) KUNIT_CHECK(t, true, !(c), "!" #c, " ")
#define KUNIT_EXPECT_PTR_EQ(t, l, r) \
	KUNIT_CHECK(t, false, (l) == (r), #l " == " #r, " ")
#define KUNIT_EXPECT_NULL(t, p) \
	KUNIT_CHECK(t, false, (p) == NULL, #p " == NULL", " ")
#define KUNIT_EXPECT_NOT_NULL(t, p) \
	KUNIT_CHECK(t, false, (p) != NULL, #p " != NULL", " ")
#define KUNIT_ASSERT_NOT_NULL(t, p) \
	KUNIT_CHECK(t, true, (p) != NULL, #p " != NULL", " ")
#define KUNIT_STR(t, fatal, l, r) do { \
	const char *_left = (l), *_right = (r); \
	KUNIT_CHECK(t, fatal, _left && _right && !strcmp(_left, _right), \
		    #l " == " #r, "\"%s\" != \"%s\"", \
		    _left ? _left : "(null)", _right ? _right : "(null)"); \
} while (0)
#define KUNIT_EXPECT_STREQ(t, l, r) KUNIT_STR(t, false, l, r)
#define KUNIT_EXPECT_MEMEQ(t, l, r, n) \
	KUNIT_CHECK(t, false, !memcmp(l, r, n), #l " == " #r, " ")

#endif
