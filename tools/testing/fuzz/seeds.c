// SPDX-License-Identifier: GPL-2.0
/*
 * Writes the seeds of a target into a directory: well-formed input to start
 * from, which random bytes would not become in reasonable time.
 */
#include <linux/types.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>

static u8 bytes[4096];
static size_t len;

static void put(u64 value, unsigned int n)
{
	while (n--) {
		bytes[len++] = value;
		value >>= 8;
	}
}

static void pad_to(size_t size)
{
	while (len < size)
		put(0, 1);
}

static void save(const char *dir, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, len, 1, file) != 1 || fclose(file)) {
		perror(path);
		exit(1);
	}
	len = 0;
}

static void desc(u64 addr, u32 length, u16 flags, u16 next)
{
	put(addr, 8);
	put(length, 4);
	put(flags, 2);
	put(next, 2);
}

#define N	VRING_DESC_F_NEXT
#define W	VRING_DESC_F_WRITE
#define I	VRING_DESC_F_INDIRECT
#define NUM	4
#define LOW	0x10000ULL
#define BORDER	(0x14000ULL - 128)
#define HUGE	(1ULL << 32)

/* Everything a device does, for up to three chains. */
static void split_head(u8 features, u16 base)
{
	static const u8 ops[][4] = {
		{ 0 }, { 1 }, { 2, 0, 16 }, { 3 }, { 4, 1 }, { 1 },
		{ 2, 1, 1 }, { 3 }, { 4, 0 }, { 1 }, { 2, 2 }, { 3 },
		{ 4, 1 }, { 5, 2 }, { 1 },
	};
	unsigned int i, k;

	put(2, 1);
	put(features, 1);
	put(base, 2);
	put(sizeof(ops) / 4, 1);
	for (i = 0; i < sizeof(ops) / 4; i++) {
		for (k = 0; k < 4; k++)
			put(ops[i][k], 1);
	}
}

static void split_avail(u16 base, u16 count, u16 event)
{
	u16 i, ring[NUM] = { };

	for (i = 0; i < count; i++)
		ring[(base + i) % NUM] = i;
	put(0, 2);
	put(base + count, 2);
	for (i = 0; i < NUM; i++)
		put(ring[i], 2);
	put(event, 2);
}

static void split_seeds(const char *dir)
{
	unsigned int features;
	char name[32];

	for (features = 0; features < 16; features++) {
		u16 base = features * 0x1111;

		split_head(features, base);
		desc(LOW, 16, N, 3);
		desc(LOW, 64, I, 0);
		desc(BORDER, 256, W, 0);
		desc(0ULL - 1, 1, W, 0);
		split_avail(base, 3, base);
		desc(LOW, 8, N, 2);
		desc(LOW, 8, W, 0);
		desc(HUGE, 0x7fffffff, N, 1);
		desc(0, 0, 0, 0);
		snprintf(name, sizeof(name), "served-%u", features);
		save(dir, name);

		/* A table over the border */
		split_head(features, base);
		desc(0x20000, 64, N, 1);
		desc(0x14000 - 32, 64, I, 0);
		desc(0x24000, 64, W, 0);
		desc(LOW, 1, N | W, 3);
		split_avail(base, 3, base + 1);
		pad_to(len + 256 + 96);
		desc(LOW, 1, N, 1);
		desc(LOW, 1, N, 3);
		desc(LOW, 1, W, 0);
		desc(LOW, 1, N | W, 2);
		snprintf(name, sizeof(name), "border-%u", features);
		save(dir, name);
	}
}

/* A descriptor of a packed ring that is available in the first round, or not. */
static void packed_desc(u64 addr, u32 length, u16 flags, u16 id, bool first)
{
	put(addr, 8);
	put(length, 4);
	put(id, 2);
	put(flags | 1 << (first ? VRING_PACKED_DESC_F_AVAIL :
				  VRING_PACKED_DESC_F_USED), 2);
}

/* Takes all, gives back in another order, starts again, goes round. */
static void packed_seeds(const char *dir)
{
	static const u8 ops[][4] = {
		{ 4, 0 }, { 8, 3 }, { 1 }, { 1 }, { 1 }, { 4, 1 }, { 2, 1, 16 },
		{ 2, 0 }, { 3 }, { 6, 0, 1, 0x80 }, { 6, 1, 2 }, { 2, 0, 1 },
		{ 3 }, { 9 }, { 5, 3 }, { 1 }, { 1 }, { 2 }, { 3 }, { 4, 1 },
	};
	unsigned int features, i, k;
	char name[32];

	for (features = 0; features < 16; features++) {
		bool first = features < 8;

		put(NUM, 1);
		put(features & 7, 1);
		put(first ? 0 : NUM + 1, 1);
		put(sizeof(ops) / 4, 1);
		for (i = 0; i < sizeof(ops) / 4; i++) {
			for (k = 0; k < 4; k++)
				put(ops[i][k], 1);
		}
		packed_desc(LOW, 16, N, 9, true);
		packed_desc(BORDER, 256, W, 2, first);
		packed_desc(LOW, 64, I, 4, first);
		packed_desc(0ULL - 1, 1, W, 0, first);
		packed_desc(LOW, 1, 0, 1, first);
		packed_desc(LOW, 8, 0, 0, true);
		packed_desc(LOW, 8, W, 0, true);
		packed_desc(HUGE, 0x7fffffff, W, 1, true);
		snprintf(name, sizeof(name), "served-%u", features);
		save(dir, name);
	}
}

/* In a common structure at 0; @how as in fuzz_regs.c. */
static void reg_write(u8 offset, unsigned int log, u64 value)
{
	put(0x80 | log << 1 | 1, 1);
	put(offset, 1);
	put(value, 8);
}

static void reg_read(u8 offset, unsigned int log)
{
	put(log << 1, 1);
	put(offset, 1);
	put(0, 1);
}

/* What a driver does from reset to reset. */
static void regs_driver(void)
{
	unsigned int q;

	reg_write(20, 0, 0);
	reg_read(20, 0);
	reg_write(20, 0, 3);
	for (q = 0; q < 2; q++) {
		reg_write(0, 2, q);
		reg_read(4, 2);
		reg_write(8, 2, q);
		reg_write(12, 2, 0xffffffff);
	}
	reg_write(20, 0, 11);
	reg_write(16, 1, 0);
	for (q = 0; q < 2; q++) {
		reg_write(22, 1, q);
		reg_read(24, 1);
		reg_write(24, 1, 64);
		reg_write(26, 1, 1 + q);
		reg_write(32, 2, 0x1000);
		reg_write(36, 2, 0);
		reg_write(40, 3, 0x2000);
		reg_write(48, 3, 0x3000);
		reg_read(30, 1);
		reg_write(28, 1, 1);
	}
	reg_write(20, 0, 15);
	/* Doorbell, ISR, configuration */
	for (q = 0; q < 4; q++) {
		put(0x20 | q << 3 | 1 << 1 | 1, 1);
		put(0, 1);
		put(1, 1);
		put(0x20 | q << 3, 1);
		put(0, 1);
		put(0, 1);
	}
	reg_write(20, 0, 0);
}

/* Two queues, three vectors, 24 bytes of configuration, the usual layout */
static void regs_head(u8 kind)
{
	put(kind, 1);
	put(2, 1);
	put(3, 1);
	put(24, 1);
	put(0, 1);
	put(0, 4);
}

/* @how as in fuzz_regs.c; offsets that do not fit 64 go by the second base */
static void window_write(u8 how, u8 offset, unsigned int log, u64 value)
{
	put(0x80 | how | log << 1 | 1, 1);
	put(offset, 1);
	put(value, 8);
}

static void legacy_driver(u8 how)
{
	unsigned int q;

	window_write(how, 18, 0, 0);
	window_write(how, 18, 0, 3);
	window_write(how, 4, 2, 0xffffffff);
	for (q = 0; q < 2; q++) {
		window_write(how, 14, 1, q);
		window_write(how, 8, 2, 0x10 + q);
		window_write(how, 16, 1, q);
	}
	window_write(how, 18, 0, 7);
	put(how, 1);
	put(19, 1);
	put(0, 1);
	window_write(how, 8, 2, 0);
	window_write(how, 16, 1, 0x5a5a5a5a);
	window_write(how, 22, 1, 1);
	window_write(how, 18, 0, 0);
}

static void mmio_driver(bool legacy)
{
	static const u8 steps[][3] = {
		{ 0x28, 1, 16 }, { 0x70, 0, 0 }, { 0x70, 0, 3 },
		{ 0x24, 0, 1 }, { 0x20, 0, 1 }, { 0x70, 0, 11 },
		{ 0x30, 0, 1 }, { 0x38, 0, 64 }, { 0x3c, 0, 64 },
		{ 0x40, 0, 5 }, { 0x80, 1, 16 }, { 0x90, 1, 32 },
		{ 0xa0, 1, 48 }, { 0x44, 0, 1 }, { 0x70, 0, 15 },
		{ 0x50, 0, 1 }, { 0x64, 0, 1 }, { 0x44, 0, 0 },
		{ 0x40, 0, 0 }, { 0x70, 0, 0 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(steps) / 3; i++) {
		if (legacy && steps[i][2] == 11)
			continue;
		window_write(0x20, steps[i][0], 2,
			     (u64)steps[i][2] << (8 * steps[i][1]));
	}
}

static void window_driver(void)
{
	window_write(0, 4, 0, 2);
	window_write(0, 12, 2, 1);
	window_write(0, 8, 2, 20);
	window_write(0, 16, 0, 3);
	put(0, 1);
	put(16, 1);
	put(0, 1);
	window_write(0, 12, 2, 4);
	window_write(0, 8, 2, 0);
	window_write(0, 16, 2, 1);
}

static void regs_seeds(const char *dir)
{
	static const u8 layouts[] = { 0, 128, 129 };
	unsigned int i;
	char name[32];

	for (i = 0; i < 3; i++) {
		put(0, 1);
		put(2, 1);
		put(3, 1);
		put(24, 1);
		put(layouts[i], 1);
		put(0, 4);
		regs_driver();
		snprintf(name, sizeof(name), "driver-%u", i);
		save(dir, name);
	}
	/* A layout of the VMM's own */
	put(0, 1);
	put(2, 1);
	put(3, 1);
	put(8, 1);
	put(255 - 32, 1);
	put(0, 2);
	put(0x40, 2);
	put(0x80, 2);
	put(0x84, 2);
	put(4, 4);
	put(8, 1);
	put(0, 4);
	regs_driver();
	save(dir, "layout");

	/* The other transports; of the last one the window is aimed */
	for (i = 1; i < 6; i++) {
		regs_head(i);
		if (i == 1 || i == 2)
			legacy_driver(i == 2 ? 0x08 : 0);
		else if (i < 5)
			mmio_driver(i == 4);
		else
			window_driver();
		snprintf(name, sizeof(name), "transport-%u", i);
		save(dir, name);
	}
}

static void number(u16 value, u8 shift, u8 minus)
{
	put(shift, 1);
	put(value, 2);
	put(minus, 1);
}

static void mem_seeds(const char *dir)
{
	put(3, 1);
	put(0, 1);
	number(1, 12, 0);
	number(1, 12, 1);
	number(5, 12, 0);
	put(1, 1);
	number(1, 12, 1);
	number(3, 12, 0);
	put(2 | 1 << 2, 1);
	number(0xffff, 48, 0);
	number(1, 48, 1);
	number(7, 12, 0);
	put(1 << 2, 1);
	number(1, 12, 0);
	number(2, 12, 0);
	put(1 | 1 << 2, 1);
	number(3, 0, 0);
	number(8, 0, 0);
	put(1 | 2 << 2 | 1 << 4 | 0x80, 1);
	number(3, 0, 0);
	number(1, 0, 0);
	put(1, 1);
	save(dir, "neighbours");

	put(1, 1);
	put(0, 1);
	number(0, 0, 0);
	number(0, 0, 1);
	number(0, 0, 0);
	put(1 << 2, 1);
	number(0, 0, 0);
	number(0, 0, 1);
	save(dir, "whole-space");
}

static void net_cmd(u8 class, u8 cmd, u16 size)
{
	put(class, 1);
	put(cmd, 1);
	put(512, 2);
	put(size, 2);
}

/* Every command once, as a driver with two pairs gives it. */
static void netctrl_seeds(const char *dir)
{
	unsigned int i;

	put(~0ULL, 8);
	put(1, 1);
	for (i = 0; i < 6; i++) {
		net_cmd(0, i, 1);
		put(i & 1, 1);
	}
	net_cmd(1, 0, 4 + 6 + 4 + 12);
	put(1, 4);
	put(0x020202020202, 6);
	put(2, 4);
	put(0x010101010101, 6);
	put(0x030303030303, 6);
	net_cmd(1, 1, 6);
	put(0x040404040402, 6);
	net_cmd(2, 0, 2);
	put(5, 2);
	net_cmd(2, 1, 2);
	put(5, 2);
	net_cmd(3, 0, 0);
	net_cmd(4, 0, 2);
	put(2, 2);
	net_cmd(4, 1, 4 + 2 + 2 + 8 + 2 + 1 + 40);
	put(0x1ff, 4);
	put(3, 2);
	put(1, 2);
	put(0x0001000100000001, 8);
	put(2, 2);
	put(40, 1);
	pad_to(len + 40);
	net_cmd(4, 2, 4 + 8 + 1 + 40);
	put(0x1ff, 4);
	put(0, 8);
	put(40, 1);
	pad_to(len + 40);
	net_cmd(5, 0, 8);
	put(0x82, 8);
	for (i = 0; i < 2; i++) {
		net_cmd(6, i, 8);
		put(64, 4);
		put(100, 4);
	}
	net_cmd(6, 2, 12);
	put(1, 4);
	put(64, 4);
	put(100, 4);
	net_cmd(6, 3, 4);
	put(1, 4);
	net_cmd(8, 0, 0);
	net_cmd(8, 1, 48);
	put(0, 8);
	put(1, 8);
	put(1, 8);
	put(1 << 16, 8);
	put(4, 8);
	put(1ULL << 32, 8);
	save(dir, "all");
}

static void dhcp_seeds(const char *dir)
{
	static const u8 types[] = { 1, 3 };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		put(15, 1);
		put(0x64400001, 4);
		put(42 + 300, 2);
		put(53 | 1 << 8 | types[i] << 16, 3);
		put(50 | 4 << 8, 2);
		put(0x01004064, 4);
		put(55 | 2 << 8 | 66 << 16 | 67 << 24, 4);
		put(255, 1);
		save(dir, types[i] == 1 ? "discover" : "request");
	}
}

/* All features, a header for TCP segments at @start, addresses */
static void segmented(u16 flags_and_type, u16 hdr_len, u16 size, u16 start,
		      u16 outer_th, u16 inner_nh)
{
	put(~0ULL, 8);
	put(0x1ff, 2);
	put(flags_and_type, 2);
	put(hdr_len, 2);
	put(size, 2);
	put(start, 2);
	put(16, 2);
	put(0, 10);
	put(outer_th, 2);
	put(inner_nh, 2);
	put(0x010000000002, 6);
	put(0x020000000002, 6);
}

static void ethernet(u16 type, u8 tagged)
{
	segmented(1 | 1 << 8, 54, 1448, 34, 0, 0);
	if (tagged) {
		put(0x0081, 2);
		put(0x0100, 2);
	}
	put(type >> 8 | (type & 0xff) << 8, 2);
}

/* TCP over IPv4 in a tunnel of the same: headers that are where they can be. */
static void tunnel_seed(const char *dir)
{
	segmented(9 | 0x21 << 8, 104, 1400, 84, 34, 62);
	put(0x0008, 2);
	pad_to(len + 1000);
	save(dir, "tunnel");
}

static void netframe_seeds(const char *dir)
{
	static const u8 exts[] = { 0, 60, 43, 44, 51 };
	unsigned int i;
	char name[32];

	for (i = 0; i < 2; i++) {
		ethernet(0x0800, i);
		put(0x45, 9);
		put(i ? 17 : 6, 1);
		put(0, 2);
		put(0x0102030405060708, 8);
		pad_to(len + 20);
		save(dir, i ? "udp4" : "tcp4");
	}
	for (i = 0; i < sizeof(exts); i++) {
		ethernet(0x86dd, 0);
		put(0x60, 6);
		put(exts[i], 1);
		put(64, 1);
		for (size_t k = 0; k < 4; k++)
			put(0x0102030405060708 * (k + 1), 8);
		put(6, 1);
		put(exts[i] == 44 ? 0 : 2, 1);
		put(exts[i] == 43 ? 2 : 0, 4);
		put(0x10c9, 2);
		pad_to(len + 36);
		snprintf(name, sizeof(name), "ip6-%u", exts[i]);
		save(dir, name);
	}
	tunnel_seed(dir);
}

/* Byte 1, and a length somewhere */
static void scsi_cdb(u8 opcode, u8 byte, u8 len_at, u8 length)
{
	u8 cdb[16] = { opcode, byte };
	unsigned int i;

	cdb[len_at] = length;
	put(0, 1);
	for (i = 0; i < sizeof(cdb); i++)
		put(cdb[i], 1);
}

/* A registration, a reservation, and so on through all service actions */
static void scsi_reservations(u8 kind)
{
	u8 action;

	put(kind, 1);
	for (action = 0; action < 8; action++) {
		put(0, 1);
		put(0x5f | action << 8 | 5 << 16, 8);
		put(24, 8);
		put(action ? 1ULL << 56 : 0, 8);
		put(1ULL << 56, 8);
		put(0, 8);
		scsi_cdb(0x5e, action & 3, 8, 255);
	}
}

static void scsi_seeds(const char *dir)
{
	static const u8 kinds[] = { 0x40, 0x78, 0x05, 0x06 };
	unsigned int i, opcode;
	char name[32];

	/* Every opcode, with a length wherever its CDB may have one */
	for (i = 0; i < 2 * sizeof(kinds); i++) {
		put(kinds[i / 2], 1);
		for (opcode = i & 1; opcode < 192; opcode += 2)
			scsi_cdb(opcode, 0, opcode < 0x20 ? 4 :
				 opcode < 0x80 ? 8 : opcode < 0xa0 ? 13 : 9, 1);
		snprintf(name, sizeof(name), "opcodes-%u", i);
		save(dir, name);
	}
	/* What has pages, formats, options or service actions */
	for (i = 0; i < sizeof(kinds); i++) {
		static const u8 pages[] = { 0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2 };

		put(kinds[i], 1);
		for (opcode = 0; opcode < sizeof(pages); opcode++) {
			put(0, 1);
			put(0x12 | 1 << 8 | pages[opcode] << 16 | 1 << 24, 16);
		}
		for (opcode = 0; opcode < 4; opcode++) {
			scsi_cdb(0xa3, 0x0c, 8, 255);
			bytes[len - 16 + 2] = opcode;
			scsi_cdb(0x43, 2, 7, 255);
			bytes[len - 16 + 2] = opcode;
			scsi_cdb(0x42, 2, 7, 255);
			bytes[len - 16 + 2] = 0x40;
			bytes[len - 16 + 3] = opcode;
			scsi_cdb(0xad, 0, 8, 255);
			bytes[len - 16 + 7] = opcode;
			scsi_cdb(0x52, opcode, 7, 255);
			bytes[len - 16 + 5] = 1;
			scsi_cdb(0x1b, 0, 4, opcode);
		}
		scsi_cdb(0xa3, 0x0d, 8, 255);
		scsi_cdb(0x9e, 0x10, 12, 255);
		scsi_cdb(0x9e, 0x12, 12, 255);
		scsi_cdb(0x4d, 0, 2, 0x6f);
		scsi_cdb(0x1a, 0, 2, 0x3f);
		snprintf(name, sizeof(name), "pages-%u", i);
		save(dir, name);
	}
	scsi_reservations(0x40);
	save(dir, "reservations");
	/* MODE SELECT of the caching page, UNMAP of one range */
	put(0x60, 1);
	scsi_cdb(0x15, 0x10, 4, 24);
	put(0, 4);
	put(0x1208, 2);
	pad_to(len + 18);
	scsi_cdb(0x42, 0, 8, 24);
	put(0x10001600, 4);
	pad_to(len + 4 + 11);
	put(1, 1);
	pad_to(len + 4);
	/* The medium comes and goes */
	for (i = 0x80; i < 0x88; i++) {
		put(i, 1);
		put(100, 2);
		scsi_cdb(0x4a, 1, 4, 0x10);
	}
	/* More unit attentions than fit */
	for (i = 0x87; i < 0x100; i += 8) {
		put(i, 1);
		put(0, i & 8 ? 8 : 2);
	}
	save(dir, "parameters");
}

/* A shutdown that is answered and one that is not, a reboot, a clock. */
static void vmmci_seeds(const char *dir)
{
	unsigned int op, answered;

	for (op = 0; op < 3; op++) {
		for (answered = 0; answered < 2; answered++) {
			put(0, 1);
			put(op, 1);
			put(1, 1);
			put(100, 2);
			put(1000, 2);
			if (answered) {
				put(1, 1);
				put(0, 2);
				put(4, 1);
				put(op + 1, 8);
			}
			put(3, 1);
			put(2, 1);
			put(500, 2);
			put(2, 1);
			put(2000, 2);
		}
	}
	save(dir, "commands");
}

/* Ranges that are fine, and one that is not. */
static void blkrange_seeds(const char *dir)
{
	unsigned int bad, i;

	for (bad = 0; bad < 4; bad++) {
		put(1ULL << 40, 8);
		put(3, 1);
		put(0x800000, 3);
		put(7, 1);
		put(bad & 1, 1);
		put(4, 1);
		for (i = 0; i < 4; i++) {
			put(i << 18 | 8, 8);
			put(bad & 2 ? 1 << 31 : 0x20000 << i, 4);
			put(!(bad & 1), 4);
		}
		save(dir, bad & 2 ? "bad" : bad ? "discard" : "zeroes");
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "split"))
		split_seeds(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "packed"))
		packed_seeds(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "regs"))
		regs_seeds(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "mem"))
		mem_seeds(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "netctrl"))
		netctrl_seeds(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "dhcp"))
		dhcp_seeds(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "netframe"))
		netframe_seeds(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "scsi"))
		scsi_seeds(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "vmmci"))
		vmmci_seeds(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "blkrange"))
		blkrange_seeds(argv[2]);
	else
		return 1;
	return 0;
}
