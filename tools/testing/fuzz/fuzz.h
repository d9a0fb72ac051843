/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers share: a reader of their input, and a check. */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* A failed check is a crash to libFuzzer, which then keeps the input. */
#define CHECK(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, \
			__LINE__, #cond); \
		abort(); \
	} \
} while (0)

struct input {
	const u8 *data;
	size_t size;
};

/* Little endian; what the input does not have is 0. */
static inline u64 take(struct input *in, unsigned int bytes)
{
	u64 value = 0;
	unsigned int i;

	for (i = 0; i < bytes && in->size; i++, in->data++, in->size--)
		value |= (u64)*in->data << (8 * i);
	return value;
}

static inline void take_bytes(struct input *in, void *to, size_t size)
{
	size_t n = size < in->size ? size : in->size;

	if (n)
		memcpy(to, in->data, n);
	memset((u8 *)to + n, 0, size - n);
	in->data += n;
	in->size -= n;
}

static inline void *fuzz_alloc(void *ctx, size_t size)
{
	void *mem = calloc(1, size);

	if (!mem)
		abort();
	return mem;
}

#endif
