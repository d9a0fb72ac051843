// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: features of the network device.
 */
#include <kunit/test.h>

#include "../device/net/feature.h"

#define F(name)		BIT_ULL(VIRTIO_NET_F_##name)
#define T(name)		BIT_ULL(KVDEV_NET_F_##name)
#define V1		BIT_ULL(VIRTIO_F_VERSION_1)
#define HOST		(V1 | F(CSUM) | F(HOST_TSO4) | F(HOST_TSO6) | \
			 F(HOST_USO) | T(HOST_TUNNEL))
#define GUEST		(V1 | F(GUEST_CSUM) | F(GUEST_TSO4) | F(GUEST_TSO6) | \
			 F(GUEST_USO4) | F(GUEST_USO6) | T(GUEST_TUNNEL))

static void folds(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kvdev_net_fold(0, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, kvdev_net_fold(0, 1ULL << 1), 1ULL << 46);
	KUNIT_EXPECT_EQ(test, kvdev_net_fold(0, 1ULL << 2), 1ULL << 47);
	KUNIT_EXPECT_EQ(test, kvdev_net_fold(0, 1ULL << 3), T(HOST_TUNNEL));
	KUNIT_EXPECT_EQ(test, kvdev_net_fold(0, 1ULL << 4),
			T(HOST_TUNNEL_CSUM));
	KUNIT_EXPECT_EQ(test, kvdev_net_fold(V1 | 1, KVDEV_NET_TUNNELS_HI),
			V1 | 1 | KVDEV_NET_TUNNELS);
	/* Others are nobody's, and nobody has these from below */
	KUNIT_EXPECT_EQ(test, kvdev_net_fold(0, ~KVDEV_NET_TUNNELS_HI), 0ULL);
	KUNIT_EXPECT_EQ(test, kvdev_net_fold(U64_MAX, 0),
			U64_MAX & ~KVDEV_NET_TUNNELS);
}

struct fit_case {
	const char *name;
	u64 features;
	bool fit;
};

static const struct fit_case fit_cases[] = {
	{ "nothing", 0, true },
	{ "everything", U64_MAX, true },
	{ "tso4 without csum", F(HOST_TSO4), false },
	{ "ecn by tso6", F(CSUM) | F(HOST_TSO6) | F(HOST_ECN), true },
	{ "ecn by nothing", F(CSUM) | F(HOST_ECN), false },
	{ "commands without the queue", F(CTRL_RX), false },
	{ "host tunnel", HOST, true },
	{ "host tunnel alone", T(HOST_TUNNEL), false },
	{ "host tunnel, no tso4", HOST & ~F(HOST_TSO4), false },
	{ "host tunnel, no tso6", HOST & ~F(HOST_TSO6), false },
	{ "host tunnel, no uso", HOST & ~F(HOST_USO), false },
	{ "host tunnel before 1.0", HOST & ~V1, false },
	{ "host tunnel's sum", HOST | T(HOST_TUNNEL_CSUM), true },
	{ "host tunnel's sum alone",
	  (HOST & ~T(HOST_TUNNEL)) | T(HOST_TUNNEL_CSUM), false },
	{ "guest tunnel", GUEST, true },
	{ "guest tunnel alone", T(GUEST_TUNNEL), false },
	{ "guest tunnel, no tso4", GUEST & ~F(GUEST_TSO4), false },
	{ "guest tunnel, no tso6", GUEST & ~F(GUEST_TSO6), false },
	{ "guest tunnel, no uso4", GUEST & ~F(GUEST_USO4), false },
	{ "guest tunnel, no uso6", GUEST & ~F(GUEST_USO6), false },
	{ "guest tunnel before 1.0", GUEST & ~V1, false },
	{ "guest tunnel's sum", GUEST | T(GUEST_TUNNEL_CSUM), true },
	{ "guest tunnel's sum by the host's", HOST | T(GUEST_TUNNEL_CSUM),
	  false },
};

static void fit_case_desc(const struct fit_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fit, fit_cases, fit_case_desc);

static void fits(struct kunit *test)
{
	const struct fit_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, kvdev_net_features_fit(c->features), c->fit);
}

/* virtio 1.3, 5.1.3.1: each of these needs another one. */
static void none_fits_alone(struct kunit *test)
{
	static const u64 needy[] = {
		F(GUEST_TSO4), F(GUEST_TSO6), F(GUEST_ECN), F(GUEST_UFO),
		F(GUEST_USO4), F(GUEST_USO6), F(HOST_TSO4), F(HOST_TSO6),
		F(HOST_ECN), F(HOST_UFO), F(HOST_USO), F(CTRL_RX),
		F(CTRL_RX_EXTRA), F(CTRL_VLAN), F(GUEST_ANNOUNCE),
		F(CTRL_MAC_ADDR), F(CTRL_GUEST_OFFLOADS), F(DEVICE_STATS),
		F(NOTF_COAL), F(VQ_NOTF_COAL), F(MQ), F(RSS), F(HASH_REPORT),
	};
	const u64 needed = F(CSUM) | F(GUEST_CSUM) | F(CTRL_VQ);
	u32 i;

	KUNIT_EXPECT_TRUE(test, kvdev_net_features_fit(needed));
	for (i = 0; i < ARRAY_SIZE(needy); i++)
		KUNIT_EXPECT_EQ_MSG(test, kvdev_net_features_fit(needy[i]),
				    false, "number %u", i);
}

static struct kunit_case feature_cases[] = {
	KUNIT_CASE(folds),
	KUNIT_CASE_PARAM(fits, fit_gen_params),
	KUNIT_CASE(none_fits_alone),
	{ }
};

static struct kunit_suite feature_suite = {
	.name = "kvdev_net_feature",
	.test_cases = feature_cases,
};

kunit_test_suite(feature_suite);
