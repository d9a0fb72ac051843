// SPDX-License-Identifier: GPL-2.0
/*
 * What descriptors mean, whatever ring they came from: pieces of memory the
 * device may read, then pieces it may write.
 *
 * Functions return NULL, or what the driver did wrong.
 */
#include "ring.h"

/**
 * kvdev_chain_init() - start collecting a chain
 * @chain: has its arrays; the translation hint survives
 * @id: what the used entry will name, below the size of the ring
 */
void kvdev_chain_init(struct kvdev_chain *chain, u16 id)
{
	chain->id = id;
	chain->buffer_id = id;
	chain->nr_desc = 0;
	chain->nr_readable = 0;
	chain->nr_writable = 0;
	chain->readable_len = 0;
	chain->writable_len = 0;
}

/**
 * kvdev_chain_add() - add the memory of one descriptor
 * @chain: chain so far
 * @mem: memory the device may touch
 * @addr: driver address, from a descriptor fetched once
 * @len: bytes, likewise
 * @writable: the device writes it
 *
 * Return: NULL, or what is wrong with the descriptor.
 */
const char *kvdev_chain_add(struct kvdev_chain *chain,
			    const struct kvdev_mem_table *mem, u64 addr,
			    u32 len, bool writable)
{
	u16 nr = chain->nr_readable + chain->nr_writable;
	u32 total;
	int pieces;

	/* Nothing to read or write; the source of endless loops elsewhere. */
	if (!len)
		return "zero-length descriptor";
	/* virtio 1.3, 2.7.4.2: writable descriptors come after readable ones */
	if (!writable && chain->nr_writable)
		return "readable descriptor after a writable one";
	/* virtio 1.3, 2.7.5.2: not more than 2^32 bytes in total */
	if (check_add_overflow(chain->readable_len, chain->writable_len,
			       &total) ||
	    check_add_overflow(total, len, &total))
		return "chain longer than 4 GiB";

	pieces = kvdev_mem_translate(mem, addr, len,
				     writable ? KVDEV_MEM_WRITE :
						KVDEV_MEM_READ,
				     chain->iov + nr, KVDEV_CHAIN_MAX - nr,
				     &chain->hint);
	if (pieces == -E2BIG)
		return "too many descriptors in a chain";
	if (pieces < 0)
		return "descriptor outside of guest memory";

	if (writable) {
		chain->nr_writable += pieces;
		chain->writable_len += len;
	} else {
		chain->nr_readable += pieces;
		chain->readable_len += len;
	}
	return NULL;
}

/**
 * kvdev_chain_fetch_table() - copy an indirect descriptor table
 * @chain: its @table receives the copy
 * @mem: memory the device may touch
 * @addr: driver address of the table
 * @len: bytes of the table
 * @nr: out, descriptors in the table
 *
 * The one fetch of the table: the driver can change it afterwards without
 * effect.
 *
 * Return: NULL, or what is wrong with the table.
 */
const char *kvdev_chain_fetch_table(struct kvdev_chain *chain,
				    const struct kvdev_mem_table *mem,
				    u64 addr, u32 len, u32 *nr)
{
	struct iovec iov[2];
	u8 *dst = (u8 *)chain->table;
	int i, pieces;

	if (!len || len % sizeof(struct vring_desc))
		return "bad length of an indirect table";
	if (len > KVDEV_CHAIN_MAX * sizeof(struct vring_desc))
		return "indirect table too long";

	/* 16 KiB at most: no guest lays that over more than two regions. */
	pieces = kvdev_mem_translate(mem, addr, len, KVDEV_MEM_READ, iov,
				     ARRAY_SIZE(iov), &chain->hint);
	if (pieces < 0)
		return "indirect table outside of guest memory";

	for (i = 0; i < pieces; i++) {
		if (mem->copy_in(dst, iov[i].iov_base, iov[i].iov_len))
			return "indirect table not accessible";
		dst += iov[i].iov_len;
	}
	*nr = len / sizeof(struct vring_desc);
	return NULL;
}
