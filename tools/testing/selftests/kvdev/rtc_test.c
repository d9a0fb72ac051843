// SPDX-License-Identifier: GPL-2.0
/* The clock of the reference VMM, through its two ports. */
#include <stdarg.h>
#include <time.h>

#include "kvtest.h"
#include "vmm/vmm.h"

static io_fn access_fn;

void bus_add_pio(u16 base, u16 len, io_fn fn, void *opaque)
{
	(void)opaque;
	if (base == RTC_INDEX_PORT && len == 2)
		access_fn = fn;
}

static u8 rd(u8 reg)
{
	u64 value = reg;

	access_fn(NULL, 0, 1, true, &value);
	value = ~0ULL;
	access_fn(NULL, 1, 1, false, &value);
	return value;
}

static void wr(u8 reg, u8 byte)
{
	u64 value = reg;

	access_fn(NULL, 0, 1, true, &value);
	value = byte;
	access_fn(NULL, 1, 1, true, &value);
}

static void begin(void)
{
	access_fn = NULL;
	rtc_init();
	ASSERT_TRUE(access_fn);
}

static int bcd(u8 v)
{
	EXPECT_LE(v & 0xf, 9);
	return (v >> 4) * 10 + (v & 0xf);
}

static int plain(u8 v)
{
	return v;
}

/* The time as drivers read it: when it is not about to change. */
static time_t read_time(int (*value)(u8 v))
{
	struct tm tm = {};
	u8 hour;

	while (rd(0x0a) & 0x80)
		;
	tm.tm_sec = value(rd(0));
	tm.tm_min = value(rd(2));
	hour = rd(4);
	if (rd(0x0b) & 0x02)
		tm.tm_hour = value(hour);
	else
		tm.tm_hour = value(hour & 0x7f) % 12 + (hour & 0x80 ? 12 : 0);
	tm.tm_mday = value(rd(7));
	tm.tm_mon = value(rd(8)) - 1;
	tm.tm_year = value(rd(9)) + value(rd(0x32)) * 100 - 1900;
	EXPECT_LE(tm.tm_mday, 31);
	return timegm(&tm);
}

/* Nothing stops the test between two reads: try until nothing did. */
static void expect_time(time_t ahead, int (*value)(u8 v))
{
	time_t before, got;
	int tries;

	for (tries = 0; tries < 100; tries++) {
		before = time(NULL);
		got = read_time(value);
		if (time(NULL) == before)
			break;
	}
	EXPECT_EQ(got, before + ahead);
}

TEST(tells_the_time)
{
	time_t now;
	struct tm tm;

	begin();
	EXPECT_EQ(rd(0x0b), 0x02);	/* 24 hours, BCD, no interrupts */
	EXPECT_EQ(rd(0x0c), 0);
	EXPECT_EQ(rd(0x0d), 0x80);
	expect_time(0, bcd);
	now = time(NULL);
	gmtime_r(&now, &tm);
	EXPECT_LE(rd(6), 7);
	/* binary, then twelve hours */
	wr(0x0b, 0x06);
	expect_time(0, plain);
	wr(0x0b, 0x00);
	expect_time(0, bcd);
	EXPECT_LE(bcd(rd(4) & 0x7f), 12);
	EXPECT_GE(bcd(rd(4) & 0x7f), 1);
	wr(0x0b, 0x04);
	expect_time(0, plain);
	/* no interrupt can be enabled */
	wr(0x0b, 0x72);
	EXPECT_EQ(rd(0x0b), 0x02);
}

static void set_time(const u8 *fields)
{
	static const u8 regs[] = { 0, 2, 4, 7, 8, 9, 0x32 };
	unsigned int i;

	wr(0x0b, rd(0x0b) | 0x80);
	for (i = 0; i < sizeof(regs); i++)
		wr(regs[i], fields[i]);
	for (i = 0; i < sizeof(regs); i++)
		EXPECT_EQ(rd(regs[i]), fields[i]);
	EXPECT_EQ(rd(0x0a) & 0x80, 0);
	wr(0x0b, rd(0x0b) & ~0x80);
}

TEST(can_be_set)
{
	static const u8 leap[] = { 0x10, 0x59, 0x23, 0x29, 0x02, 0x24, 0x20 };
	struct tm tm = { .tm_sec = 10, .tm_min = 59, .tm_hour = 23,
			 .tm_mday = 29, .tm_mon = 1, .tm_year = 124 };
	time_t then = timegm(&tm), start, got;

	begin();
	start = time(NULL);
	set_time(leap);
	got = read_time(bcd);
	EXPECT_GE(got, then);
	EXPECT_LE(got, then + (time(NULL) - start) + 1);
	EXPECT_EQ(rd(6), 5);		/* it was a Thursday */
	/* and goes on */
	start = got;
	while (read_time(bcd) == start)
		;
	EXPECT_GE(read_time(bcd), start + 1);
}

TEST(says_when_it_changes)
{
	time_t end = time(NULL) + 4;
	bool seen = false;
	u8 was, sec;

	begin();
	was = rd(0);
	while (time(NULL) < end) {
		seen |= rd(0x0a) & 0x80;
		sec = rd(0);
		if (sec != was && seen)
			break;
		was = sec;
	}
	EXPECT_TRUE(seen);
}

TEST(memory)
{
	unsigned int reg;

	begin();
	for (reg = 0x0e; reg < 0x80; reg++)
		if (reg != 0x32)
			wr(reg, reg ^ 0x5a);
	for (reg = 0x0e; reg < 0x80; reg++)
		if (reg != 0x32)
			EXPECT_EQ(rd(reg | 0x80), reg ^ 0x5a);
	expect_time(0, bcd);
}
