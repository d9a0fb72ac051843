/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers of the ring formats share: guest memory, a reference that
 * collects the pieces of a chain in a naive way, and a driver that spoils what
 * the device has read.
 */
#ifndef FUZZ_RING_H
#define FUZZ_RING_H

#include "fuzz.h"
#include "../../../drivers/kvdev/tests/mock_ring.h"

static const struct {
	u64 gpa;
	u32 len;
} fuzz_memory[] = {
	{ 0x10000, 256 },			/* the start of a region */
	{ 0x14000 - 128, 128 },			/* the end of a region */
	{ 0x14000, 128 },			/* and its neighbour */
	{ 0x20000, 64 },			/* read-only */
	{ 0ULL - 128, 128 },			/* the end of everything */
};

static struct mock_guest guest;
static bool scramble;

/* The reference: collects all descriptors first, judges them afterwards. */

struct ref {
	bool good;
	unsigned int nr[2];		/* pieces, by writable */
	u64 len[2];
	struct {
		u64 host;
		u64 len;
	} piece[2][KVDEV_CHAIN_MAX + 1];
};

static struct ref ref;
static struct vring_desc ref_table[KVDEV_CHAIN_MAX];

static bool ref_piece(u64 addr, u64 len, bool writable)
{
	const struct kvdev_mem_table *mem = guest.table;
	u32 want = writable ? KVDEV_MEM_WRITE : KVDEV_MEM_READ;
	unsigned int i;

	while (len) {
		const struct kvdev_region *in = NULL;
		u64 n = 1;

		for (i = 0; i < mem->nr; i++) {
			const struct kvdev_region *r = &mem->regions[i];

			if (r->gpa <= addr && addr <= r->last)
				in = r;
		}
		if (!in || !(in->perm & want))
			return false;
		if (ref.nr[0] + ref.nr[1] == KVDEV_CHAIN_MAX)
			return false;
		/* Number of bytes up to the end of the region, or of len */
		n = in->last - addr < len - 1 ? in->last - addr + 1 : len;
		ref.piece[writable][ref.nr[writable]].host =
			in->host + (addr - in->gpa);
		ref.piece[writable][ref.nr[writable]].len = n;
		ref.nr[writable]++;
		len -= n;
		/* Going on beyond the last address: wrapped */
		if (len && addr + n < addr)
			return false;
		addr += n;
	}
	return true;
}

/* One byte of a table. */
static bool ref_byte(u64 addr, u32 offset, u8 *byte)
{
	u64 gpa = addr + offset;
	const u8 *host = mock_guest_host(&guest, gpa);

	if (gpa < addr || !host ||
	    (gpa - mock_gpa(MOCK_WRITEONLY, 0)) < MOCK_REGION_SIZE)
		return false;
	*byte = *host;
	return true;
}

static void ref_reset(void)
{
	ref.nr[0] = 0;
	ref.nr[1] = 0;
	ref.len[0] = 0;
	ref.len[1] = 0;
}

/* One descriptor that refers to memory. */
static bool ref_add(u64 addr, u32 len, bool writable)
{
	if (!len || (!writable && ref.nr[1]))
		return false;
	ref.len[writable] += len;
	return ref.len[0] + ref.len[1] <= U32_MAX &&
	       ref_piece(addr, len, writable);
}

/* Fills ref_table. */
static bool ref_fetch(u64 addr, u32 len)
{
	u32 k;

	if (!len || len % 16 || len > sizeof(ref_table))
		return false;
	for (k = 0; k < len; k++) {
		if (!ref_byte(addr, k, (u8 *)ref_table + k))
			return false;
	}
	return true;
}

static void check_chain(const struct kvdev_chain *chain, u16 head)
{
	unsigned int i, w, at = 0;

	CHECK(chain->id == head);
	CHECK(chain->nr_readable == ref.nr[0]);
	CHECK(chain->nr_writable == ref.nr[1]);
	CHECK(chain->readable_len == ref.len[0]);
	CHECK(chain->writable_len == ref.len[1]);
	for (w = 0; w < 2; w++) {
		for (i = 0; i < ref.nr[w]; i++, at++) {
			CHECK((unsigned long)chain->iov[at].iov_base ==
			      ref.piece[w][i].host);
			CHECK(chain->iov[at].iov_len == ref.piece[w][i].len);
		}
	}
}

/*
 * The driver spoils what the device has just read, and the descriptors it came
 * from. XOR: spoiling a second time repairs.
 */
static struct {
	u8 *at;
	size_t len;
} spoilt[4];
static unsigned int nr_spoilt;

static void spoil_bytes(u8 *at, size_t len)
{
	while (len--)
		*at++ ^= 0xff;
}

static void spoil(void *ctx, void *src, size_t len)
{
	struct mock_ring *mock = ctx;

	if (!scramble)
		return;
	CHECK(nr_spoilt + 2 <= ARRAY_SIZE(spoilt));
	spoilt[nr_spoilt].at = src;
	spoilt[nr_spoilt++].len = len;
	spoilt[nr_spoilt].at = mock->areas.desc;
	spoilt[nr_spoilt++].len = 16 * mock->cfg.num;
	spoil_bytes(src, len);
	spoil_bytes(mock->areas.desc, 16 * mock->cfg.num);
}

static int peek(struct mock_ring *mock, struct kvdev_chain *chain)
{
	int ret;

	mock->ring.reason = NULL;
	ret = kvdev_ring_peek(&mock->ring, guest.table, chain);
	CHECK((ret == -EPROTO) == !!mock->ring.reason);
	while (nr_spoilt) {
		nr_spoilt--;
		spoil_bytes(spoilt[nr_spoilt].at, spoilt[nr_spoilt].len);
	}
	return ret;
}

/* What the driver knows of used entries */
struct told {
	u16 published;		/* it sees those before */
	u16 asked;		/* about those before it was asked for a signal */
	bool first;		/* it was never asked */
};

/* The driver was asked about all that it sees, up to @end. */
static void told_asked(struct told *told, u16 end)
{
	told->published = end;
	told->asked = end;
	told->first = false;
}

static void check_ask(struct mock_ring *mock, struct told *told, bool want)
{
	CHECK(kvdev_ring_wants_signal(&mock->ring) == want);
	told_asked(told, told->published);
}

/* What of the input becomes guest memory: the rest. */
static void take_memory(struct input *in)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fuzz_memory); i++)
		take_bytes(in, mock_guest_host(&guest, fuzz_memory[i].gpa),
			   fuzz_memory[i].len);
}

#endif
