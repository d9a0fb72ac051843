// SPDX-License-Identifier: GPL-2.0
/*
 * The clock of a PC: an MC146818 behind ports 0x70 and 0x71, as far as a guest
 * needs it to tell and to set the time. It goes by the host's UTC, from which the
 * guest may set it apart. It has no alarm and no interrupt.
 */
#include <string.h>
#include <time.h>

#include "vmm.h"

/* Registers. Others are memory, RTC_CENTURY among them. */
enum {
	RTC_SECONDS = 0x00,
	RTC_MINUTES = 0x02,
	RTC_HOURS = 0x04,
	RTC_DAY_OF_WEEK = 0x06,
	RTC_DAY_OF_MONTH,
	RTC_MONTH,
	RTC_YEAR,
	RTC_REG_A,
	RTC_REG_B,
	RTC_REG_C,
	RTC_REG_D,
};

#define RTC_UIP		0x80		/* A: the time is about to change */
#define RTC_RATE	0x26		/* A: 32 kHz crystal, 1024 Hz */
#define RTC_SET		0x80		/* B: the time stands still */
#define RTC_BINARY	0x04		/* B: else BCD */
#define RTC_24H		0x02		/* B */
#define RTC_DST		0x01		/* B */
#define RTC_VALID	0x80		/* D: the battery is good */

#define NVRAM_SIZE	128
/* The chip says so 244 us before it changes the time, and is done after 1984. */
#define UIP_US		(244 + 1984)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static u8 nvram[NVRAM_SIZE];
static u8 selected;
static u8 control = RTC_24H;	/* register B */
static long long ahead;		/* of the host's clock, in seconds */
static struct tm stopped;	/* with RTC_SET: the time that does not go on */

static u8 to_reg(int value)
{
	return control & RTC_BINARY ? value : value / 10 << 4 | value % 10;
}

static int from_reg(u8 reg)
{
	return control & RTC_BINARY ? reg : (reg >> 4) * 10 + (reg & 0xf);
}

static u8 hour_reg(int hour)
{
	if (control & RTC_24H)
		return to_reg(hour);
	return to_reg(hour % 12 ?: 12) | (hour >= 12 ? 0x80 : 0);
}

static int hour_value(u8 reg)
{
	if (control & RTC_24H)
		return from_reg(reg);
	return from_reg(reg & 0x7f) % 12 + (reg & 0x80 ? 12 : 0);
}

static struct tm now(void)
{
	time_t t = time(NULL) + ahead;
	struct tm tm;

	if (control & RTC_SET)
		return stopped;
	gmtime_r(&t, &tm);
	return tm;
}

static bool is_time(u8 reg)
{
	return reg == RTC_SECONDS || reg == RTC_MINUTES || reg == RTC_HOURS ||
	       (reg >= RTC_DAY_OF_WEEK && reg <= RTC_YEAR) ||
	       reg == RTC_CENTURY;
}

static u8 time_reg(u8 reg)
{
	struct tm tm = now();

	switch (reg) {
	case RTC_SECONDS:
		return to_reg(tm.tm_sec);
	case RTC_MINUTES:
		return to_reg(tm.tm_min);
	case RTC_HOURS:
		return hour_reg(tm.tm_hour);
	case RTC_DAY_OF_WEEK:
		return to_reg(tm.tm_wday + 1);
	case RTC_DAY_OF_MONTH:
		return to_reg(tm.tm_mday);
	case RTC_MONTH:
		return to_reg(tm.tm_mon + 1);
	case RTC_YEAR:
		return to_reg(tm.tm_year % 100);
	default:
		return to_reg(tm.tm_year / 100 + 19);
	}
}

static void set_time_reg(u8 reg, u8 byte)
{
	struct tm tm = now();
	int value = from_reg(byte);

	switch (reg) {
	case RTC_SECONDS:
		tm.tm_sec = value;
		break;
	case RTC_MINUTES:
		tm.tm_min = value;
		break;
	case RTC_HOURS:
		tm.tm_hour = hour_value(byte);
		break;
	case RTC_DAY_OF_MONTH:
		tm.tm_mday = value;
		break;
	case RTC_MONTH:
		tm.tm_mon = value - 1;
		break;
	case RTC_YEAR:
		tm.tm_year = tm.tm_year / 100 * 100 + value;
		break;
	case RTC_CENTURY:
		tm.tm_year = (value - 19) * 100 + tm.tm_year % 100;
		break;
	default:
		/* The day of the week follows from the date. */
		return;
	}
	/* Fields come one by one: what a month cannot have may be right soon. */
	if (control & RTC_SET)
		stopped = tm;
	else
		ahead = timegm(&tm) - time(NULL);
}

static void set_control(u8 byte)
{
	struct tm tm = now();

	if (byte & RTC_SET)
		stopped = tm;
	else if (control & RTC_SET)
		ahead = timegm(&tm) - time(NULL);
	/* What would interrupt stays off. */
	control = byte & (RTC_SET | RTC_BINARY | RTC_24H | RTC_DST);
}

static u8 status_a(void)
{
	struct timespec t;
	bool uip;

	clock_gettime(CLOCK_REALTIME, &t);
	uip = !(control & RTC_SET) && t.tv_nsec >= (1000000 - UIP_US) * 1000;
	return RTC_RATE | (uip ? RTC_UIP : 0);
}

static u8 reg_read(u8 reg)
{
	if (is_time(reg))
		return time_reg(reg);
	switch (reg) {
	case RTC_REG_A:
		return status_a();
	case RTC_REG_B:
		return control;
	case RTC_REG_C:
		return 0;
	case RTC_REG_D:
		return RTC_VALID;
	default:
		return nvram[reg];
	}
}

static void reg_write(u8 reg, u8 byte)
{
	if (is_time(reg))
		set_time_reg(reg, byte);
	else if (reg == RTC_REG_B)
		set_control(byte);
	else if (reg < RTC_REG_A || reg > RTC_REG_D)
		nvram[reg] = byte;
}

static void rtc_access(void *opaque, u64 offset, unsigned int len, bool write,
		       u64 *value)
{
	(void)opaque;
	if (len != 1)
		return;
	pthread_mutex_lock(&lock);
	/* Bit 7 masks NMIs, of which there are none. */
	if (!offset && write)
		selected = *value & 0x7f;
	else if (offset && write)
		reg_write(selected, *value);
	else if (offset)
		*value = reg_read(selected);
	pthread_mutex_unlock(&lock);
}

void rtc_init(void)
{
	bus_add_pio(RTC_INDEX_PORT, 2, rtc_access, NULL);
}
