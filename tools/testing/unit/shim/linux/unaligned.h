/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_UNALIGNED_H
#define SHIM_LINUX_UNALIGNED_H

#include <linux/types.h>

/* Byte by byte: right on every host, and a sanitizer sees every access. */
static inline u64 shim_get_be(const void *p, unsigned int bytes)
{
	const u8 *from = p;
	u64 value = 0;

	while (bytes--)
		value = value << 8 | *from++;
	return value;
}

static inline void shim_put_be(u64 value, void *p, unsigned int bytes)
{
	u8 *to = (u8 *)p + bytes;

	while (bytes--) {
		*--to = value;
		value >>= 8;
	}
}

static inline u64 shim_get_le(const void *p, unsigned int bytes)
{
	const u8 *from = (const u8 *)p + bytes;
	u64 value = 0;

	while (bytes--)
		value = value << 8 | *--from;
	return value;
}

static inline void shim_put_le(u64 value, void *p, unsigned int bytes)
{
	u8 *to = p;

	while (bytes--) {
		*to++ = value;
		value >>= 8;
	}
}

#define get_unaligned_le32(p) ((u32)shim_get_le(p, 4))
#define get_unaligned_le64(p) ((u64)shim_get_le(p, 8))
#define put_unaligned_le32(value, p) shim_put_le(value, p, 4)
#define put_unaligned_le64(value, p) shim_put_le(value, p, 8)
#define get_unaligned_be16(p) ((u16)shim_get_be(p, 2))
#define get_unaligned_be24(p) ((u32)shim_get_be(p, 3))
#define get_unaligned_be32(p) ((u32)shim_get_be(p, 4))
#define get_unaligned_be64(p) ((u64)shim_get_be(p, 8))
#define put_unaligned_be16(value, p) shim_put_be(value, p, 2)
#define put_unaligned_be24(value, p) shim_put_be(value, p, 3)
#define put_unaligned_be32(value, p) shim_put_be(value, p, 4)
#define put_unaligned_be64(value, p) shim_put_be(value, p, 8)

#endif
