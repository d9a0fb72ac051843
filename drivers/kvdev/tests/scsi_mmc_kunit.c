// SPDX-License-Identifier: GPL-2.0
/*
 * Responses of MMC commands, byte by byte.
 */
#include "mock_scsi.h"

#define BUFFER	65536

#define expect_resp(s, ...) do { \
	const u8 bytes_[] = { __VA_ARGS__ }; \
	mock_scsi_good(s, sizeof(bytes_)); \
	KUNIT_EXPECT_MEMEQ((s)->test, (s)->resp, bytes_, sizeof(bytes_)); \
} while (0)

/* 1000 blocks: the lead-out is at 0:15:25, two seconds later than it is */
static void toc_of_tracks(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, BUFFER, 0x43, 0, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 18, 1, 1,
		    0, 0x14, 1, 0, 0, 0, 0, 0,
		    0, 0x14, 0xaa, 0, 0, 0, 3, 0xe8);
	mock_scsi_do(s, 0, BUFFER, 0x43, 2, 0, 0, 0, 0, 1, 1, 0);
	expect_resp(s, 0, 18, 1, 1,
		    0, 0x14, 1, 0, 0, 0, 2, 0,
		    0, 0x14, 0xaa, 0, 0, 0, 15, 25);
	mock_scsi_do(s, 0, BUFFER, 0x43, 0, 0, 0, 0, 0, 0xaa, 1, 0);
	expect_resp(s, 0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 3, 0xe8);
}

static void toc_of_sessions(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, BUFFER, 0x43, 2, 1, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 2, 0);
}

static void toc_raw(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, BUFFER, 0x43, 2, 2, 0, 0, 0, 1, 1, 0);
	expect_resp(s, 0, 46, 1, 1,
		    1, 0x14, 0, 0xa0, 0, 0, 0, 0, 1, 0, 0,
		    1, 0x14, 0, 0xa1, 0, 0, 0, 0, 1, 0, 0,
		    1, 0x14, 0, 0xa2, 0, 0, 0, 0, 0, 15, 25,
		    1, 0x14, 0, 1, 0, 0, 0, 0, 0, 2, 0);
}

/* A DVD lasts longer than the digits of a time can say */
static void toc_time_is_bounded(struct kunit *test)
{
	static const u8 last[] = { 0, 99, 59, 74 };
	struct mock_scsi *s = mock_scsi(test, MOCK_DVD);

	mock_scsi_do(s, 0, BUFFER, 0x43, 2, 0, 0, 0, 0, 0xaa, 1, 0);
	KUNIT_EXPECT_MEMEQ(test, &s->resp[8], last, 4);
	kvdev_scsi_lu_insert(&s->lu, U64_MAX, true);
	s->lu.nexus[0].nr_ua = 0;
	mock_scsi_do(s, 0, BUFFER, 0x43, 2, 0, 0, 0, 0, 0xaa, 1, 0);
	KUNIT_EXPECT_MEMEQ(test, &s->resp[8], last, 4);
	mock_scsi_do(s, 0, BUFFER, 0x43, 0, 0, 0, 0, 0, 0xaa, 1, 0);
	KUNIT_EXPECT_EQ(test, mock_be(&s->resp[8], 4), U32_MAX);
}

static void disc_and_track_info(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);
	u8 disc[34] = { 0, 32, 0x0e, 1, 1, 1, 1, 0x20, [16] = 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff };
	u8 track[36] = { 0, 34, 1, 1, 0, 4, 1, [26] = 3, 0xe8 };

	mock_scsi_do(s, 0, BUFFER, 0x51, 0, 0, 0, 0, 0, 0, 1, 0);
	mock_scsi_good(s, sizeof(disc));
	KUNIT_EXPECT_MEMEQ(test, s->resp, disc, sizeof(disc));
	mock_scsi_do(s, 0, BUFFER, 0x52, 2, 0, 0, 0, 1, 0, 1, 0);
	mock_scsi_good(s, sizeof(track));
	KUNIT_EXPECT_MEMEQ(test, s->resp, track, sizeof(track));
}

static void configuration(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	/* All that is current, with a CD */
	mock_scsi_do(s, 0, BUFFER, 0x46, 1, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0, 0, 76, 0, 0, 0, 8,
		    0, 0, 3, 8, 0, 0x10, 0, 0, 0, 8, 1, 0,
		    0, 1, 0x0b, 8, 0, 0, 0, 1, 0, 0, 0, 0,
		    0, 2, 7, 4, 0, 0, 0, 0,
		    0, 3, 7, 4, 0x39, 0, 0, 0,
		    0, 0x10, 1, 8, 0, 0, 8, 0, 0, 1, 1, 0,
		    0, 0x1d, 1, 0,
		    0, 0x1e, 9, 4, 0, 0, 0, 0,
		    1, 7, 0x11, 4, 0x0c, 0, 0, 0);
	/* From one on; not current is not current */
	mock_scsi_do(s, 0, BUFFER, 0x46, 0, 0, 0x1e, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0, 0, 28, 0, 0, 0, 8,
		    0, 0x1e, 9, 4, 0, 0, 0, 0,
		    0, 0x1f, 4, 4, 0, 0, 0, 0,
		    1, 7, 0x11, 4, 0x0c, 0, 0, 0);

	s = mock_scsi(test, MOCK_DVD);
	mock_scsi_do(s, 0, BUFFER, 0x46, 2, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0, 0, 16, 0, 0, 0, 0x10,
		    0, 0, 3, 8, 0, 0x10, 1, 0, 0, 8, 0, 0);
	mock_scsi_do(s, 0, BUFFER, 0x46, 2, 0, 0x10, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0, 0, 16, 0, 0, 0, 0x10,
		    0, 0x10, 1, 8, 0, 0, 8, 0, 0, 16, 1, 0);

	s = mock_scsi(test, MOCK_CD_EMPTY);
	mock_scsi_do(s, 0, BUFFER, 0x46, 2, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0, 0, 16, 0, 0, 0, 0,
		    0, 0, 3, 8, 0, 0x10, 0, 0, 0, 8, 0, 0);
}

static void expect_event(struct mock_scsi *s, u8 event, u8 state)
{
	mock_scsi_do(s, 0, BUFFER, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8);
	expect_resp(s, 0, 4, 4, 0x10, event, state, 0, 0);
}

static void events(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD_EMPTY);

	expect_event(s, 0, 0);
	kvdev_scsi_lu_insert(&s->lu, 1000, true);
	/* Without taking the unit attention away; told once */
	expect_event(s, 2, 2);
	expect_event(s, 0, 2);
	KUNIT_EXPECT_EQ(test, s->lu.nexus[0].nr_ua, (u8)1);
	s->lu.nexus[0].nr_ua = 0;

	kvdev_scsi_lu_eject_request(&s->lu);
	/* The header alone is not the event */
	mock_scsi_do(s, 0, BUFFER, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 4);
	expect_resp(s, 0, 4, 4, 0x10);
	expect_event(s, 1, 2);
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 2);
	expect_event(s, 3, 1);
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 3);
	expect_event(s, 2, 2);
	kvdev_scsi_lu_remove(&s->lu);
	expect_event(s, 3, 0);
	/* No class that there is */
	mock_scsi_do(s, 0, BUFFER, 0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8);
	expect_resp(s, 0, 0, 0x80, 0x10);
}

static void mechanism(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, BUFFER, 0xbd, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0, 0, 0, 0, 0, 0, 0);
	mock_scsi_do(s, 0, 0, 0x1b, 0, 0, 0, 2);
	mock_scsi_do(s, 0, BUFFER, 0xbd, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0x10, 0, 0, 0, 0, 0, 0);
}

static void performance(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, BUFFER, 0xac, 0x10, 0, 0, 0, 0, 0, 0, 0, 1);
	expect_resp(s, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x22, 0x60,
		    0, 0, 3, 0xe7, 0, 0, 0x22, 0x60);
	/* Exceptions, no descriptors, no medium */
	mock_scsi_do(s, 0, BUFFER, 0xac, 0x12, 0, 0, 0, 0, 0, 0, 0, 1);
	expect_resp(s, 0, 0, 0, 4, 1, 0, 0, 0);
	mock_scsi_do(s, 0, BUFFER, 0xac, 0x10, 0, 0, 0, 0, 0, 0, 0, 0);
	expect_resp(s, 0, 0, 0, 4, 0, 0, 0, 0);
	s = mock_scsi(test, MOCK_CD_EMPTY);
	mock_scsi_do(s, 0, BUFFER, 0xac, 0x10, 0, 0, 0, 0, 0, 0, 0, 1);
	expect_resp(s, 0, 0, 0, 4, 0, 0, 0, 0);
}

static void structures(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_DVD);
	static const u8 physical[] = { 0x08, 0x02, 0, 0, 0x01, 0x0f, 0x01, 0,
				       0, 0x03, 0, 0, 0, 0x0a, 0xa1, 0x1f };
	u32 i;

	mock_scsi_do(s, 0, BUFFER, 0xad, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);
	mock_scsi_good(s, 2052);
	KUNIT_EXPECT_MEMEQ(test, s->resp, physical, sizeof(physical));
	for (i = sizeof(physical); i < 2052; i++)
		KUNIT_EXPECT_EQ(test, s->resp[i], (u8)0);
	mock_scsi_do(s, 0, BUFFER, 0xad, 0, 0, 0, 0, 0, 0, 0xff, 1, 0);
	expect_resp(s, 0, 14, 0, 0, 0, 0x40, 0x08, 0x04, 1, 0x40, 0, 8,
		    0xff, 0x40, 0, 16);
	mock_scsi_do(s, 0, BUFFER, 0xad, 0, 0, 0, 0, 0, 0, 1, 1, 0);
	expect_resp(s, 0, 6, 0, 0, 0, 0, 0, 0);
}

static void sub_channel(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, BUFFER, 0x42, 0, 0x40, 1, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0x15, 0, 12, 1, 0x14, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
	mock_scsi_do(s, 0, BUFFER, 0x42, 2, 0x40, 1, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0x15, 0, 12, 1, 0x14, 1, 1, 0, 0, 2, 0, 0, 0, 0, 0);
	mock_scsi_do(s, 0, BUFFER, 0x42, 2, 0x40, 3, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0x15, 0, 20, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		    0, 0, 0, 0, 0, 0, 0, 0);
	mock_scsi_do(s, 0, BUFFER, 0x42, 2, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 0x15, 0, 0);
}

static void buffer_capacity(struct kunit *test)
{
	struct mock_scsi *s = mock_scsi(test, MOCK_CD);

	mock_scsi_do(s, 0, BUFFER, 0x5c, 1, 0, 0, 0, 0, 0, 1, 0);
	expect_resp(s, 0, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
}

static struct kunit_case scsi_mmc_test_cases[] = {
	KUNIT_CASE(toc_of_tracks),
	KUNIT_CASE(toc_of_sessions),
	KUNIT_CASE(toc_raw),
	KUNIT_CASE(toc_time_is_bounded),
	KUNIT_CASE(disc_and_track_info),
	KUNIT_CASE(configuration),
	KUNIT_CASE(events),
	KUNIT_CASE(mechanism),
	KUNIT_CASE(performance),
	KUNIT_CASE(structures),
	KUNIT_CASE(sub_channel),
	KUNIT_CASE(buffer_capacity),
	{ }
};

static struct kunit_suite scsi_mmc_suite = {
	.name = "kvdev_scsi_mmc",
	.test_cases = scsi_mmc_test_cases,
};

kunit_test_suite(scsi_mmc_suite);
