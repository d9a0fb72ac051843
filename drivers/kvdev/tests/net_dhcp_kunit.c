// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: the BOOTP and DHCP server of the guest.
 */
#include <kunit/test.h>

#include "../device/net/dhcp.h"

#define GUEST_IP	0x64400003	/* 100.64.0.3 */
#define SERVER_IP	0x64400002
#define XID		0xdeadbeef
#define FRAME_MAX	1600

/* Offsets in a frame without IP options */
#define IP		14
#define UDP		34
#define BOOTP		42
#define OPTIONS		(BOOTP + 236)

#define DISCOVER	1
#define OFFER		2
#define REQUEST		3
#define DECLINE		4
#define ACK		5
#define NAK		6
#define RELEASE		7
#define INFORM		8

#include "net_dhcp_packets.h"

static const u8 guest[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0xff };
static const u8 host[ETH_ALEN] = { 0xfe, 1, 2, 3, 4, 5 };
static const u8 all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static const struct kvdev_dhcp plain = {
	.guest_mac = { 0x02, 0, 0, 0, 0, 0xff },
	.addr = GUEST_IP,
};

static const struct kvdev_dhcp full = {
	.guest_mac = { 0x02, 0, 0, 0, 0, 0xff },
	.host_mac = { 0xfe, 1, 2, 3, 4, 5 },
	.addr = GUEST_IP,
	.hostname = "vm-7",
	.boot_file = "auto_install",
	.tftp_server = "boot.example",
};

struct frame {
	u8 data[FRAME_MAX];
	u32 len;
	u32 bootp;	/* where it is */
};

/* Cases run one after the other, and these are large for a kernel's stack. */
static struct frame f;
static u8 reply[KVDEV_DHCP_REPLY_MAX];

static u32 be32(const u8 *p)
{
	return (u32)kvdev_get_be16(p) << 16 | kvdev_get_be16(p + 2);
}

static void put_be32(u8 *p, u32 val)
{
	kvdev_put_be16(p, val >> 16);
	kvdev_put_be16(p + 2, val);
}

/* Lengths to fit what is there. */
static void finish(void)
{
	kvdev_put_be16(f.data + IP + 2, f.len - IP);
	kvdev_put_be16(f.data + f.bootp - 4, f.len - f.bootp + 8);
}

/* A BOOTP request of 300 bytes, with @words of IP header. */
static void make_bootp(unsigned int words)
{
	u8 *p;

	memset(&f, 0, sizeof(f));
	memcpy(f.data, all, ETH_ALEN);
	memcpy(f.data + ETH_ALEN, guest, ETH_ALEN);
	kvdev_put_be16(f.data + 12, ETH_P_IP);
	f.data[IP] = 0x40 | words;
	f.data[IP + 8] = 64;
	f.data[IP + 9] = 17;
	memset(f.data + IP + 16, 0xff, 4);
	f.bootp = IP + 4 * words + 8;
	p = f.data + f.bootp;
	kvdev_put_be16(p - 8, 68);
	kvdev_put_be16(p - 6, 67);
	p[0] = 1;
	p[1] = 1;
	p[2] = 6;
	put_be32(p + 4, XID);
	memcpy(p + 28, guest, ETH_ALEN);
	f.len = f.bootp + 300;
	finish();
}

/* From a guest that has an address, to @mac and @ip. */
static void has_addr(u32 ciaddr, const u8 *mac, u32 ip)
{
	memcpy(f.data, mac, ETH_ALEN);
	put_be32(f.data + IP + 12, ciaddr);
	put_be32(f.data + IP + 16, ip);
	put_be32(f.data + f.bootp + 12, ciaddr);
}

/* A DHCP message; options go on at the address that is returned. */
static u8 *make_dhcp(u8 type)
{
	static const u8 start[] = { 99, 130, 83, 99, 53, 1 };
	u8 *opt;

	make_bootp(5);
	opt = f.data + OPTIONS;
	memcpy(opt, start, sizeof(start));
	opt[6] = type;
	opt[7] = 255;
	return opt + 7;
}

static u8 *add_addr(u8 *opt, u8 code, u32 addr)
{
	opt[0] = code;
	opt[1] = 4;
	put_be32(opt + 2, addr);
	opt[6] = 255;
	return opt + 6;
}

/* Asked with a frame of exactly its size; what it sends is complete. */
static int ask(struct kunit *test, const struct kvdev_dhcp *dhcp)
{
	u8 *exact = kunit_kmalloc(test, f.len, GFP_KERNEL);
	u8 *out = kunit_kmalloc(test, KVDEV_DHCP_REPLY_MAX, GFP_KERNEL);
	int ret;

	memcpy(exact, f.data, f.len);
	memset(out, 0xee, KVDEV_DHCP_REPLY_MAX);
	ret = kvdev_dhcp_answer(dhcp, exact, f.len, out);
	if (ret > 0 && !kvdev_dhcp_candidate(exact, f.len))
		ret = -1000;
	KUNIT_EXPECT_TRUE(test, ret <= KVDEV_DHCP_REPLY_MAX);
	memcpy(reply, out, KVDEV_DHCP_REPLY_MAX);
	return ret;
}

/* RFC 1071, in the plainest way: 0xffff if the sum in the data is right. */
static u32 sum(const u8 *data, u32 len, u32 start)
{
	u32 i;

	for (i = 0; i < len; i++)
		start += i % 2 ? data[i] : (u32)data[i] << 8;
	while (start > 0xffff)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

/* The option, or NULL; also checks that they end properly. */
static const u8 *option(struct kunit *test, u32 len, u8 code)
{
	const u8 *at = reply + OPTIONS, *found = NULL;

	KUNIT_EXPECT_EQ(test, be32(at), 0x63825363U);
	at += 4;
	while (at < reply + len && *at != 255) {
		if (*at == code) {
			KUNIT_EXPECT_NULL(test, found);
			found = at;
		}
		at += 2 + at[1];
	}
	KUNIT_EXPECT_TRUE(test, at < reply + len);
	return found;
}

static void expect_addr(struct kunit *test, u32 len, u8 code, u32 addr)
{
	const u8 *opt = option(test, len, code);

	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_EXPECT_EQ(test, opt[1], 4);
	KUNIT_EXPECT_EQ(test, be32(opt + 2), addr);
}

static void expect_text(struct kunit *test, u32 len, u8 code, const char *text)
{
	const u8 *opt = option(test, len, code);

	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_ASSERT_EQ(test, (size_t)opt[1], strlen(text));
	KUNIT_EXPECT_MEMEQ(test, opt + 2, text, strlen(text));
}

/* What every reply has: headers, sums, who from and who to. */
static void expect_reply(struct kunit *test, int ret, const u8 *from,
			 bool broadcast)
{
	u32 ulen;

	KUNIT_ASSERT_TRUE(test, ret >= BOOTP + 300);
	KUNIT_EXPECT_MEMEQ(test, reply, broadcast ? all : guest, ETH_ALEN);
	KUNIT_EXPECT_MEMEQ(test, reply + ETH_ALEN, from, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, kvdev_get_be16(reply + 12), ETH_P_IP);
	KUNIT_EXPECT_EQ(test, reply[IP], 0x45);
	KUNIT_EXPECT_EQ(test, kvdev_get_be16(reply + IP + 2), ret - IP);
	KUNIT_EXPECT_EQ(test, kvdev_get_be16(reply + IP + 6), 0);
	KUNIT_EXPECT_NE(test, reply[IP + 8], 0);
	KUNIT_EXPECT_EQ(test, reply[IP + 9], 17);
	KUNIT_EXPECT_EQ(test, sum(reply + IP, 20, 0), 0xffffU);
	KUNIT_EXPECT_EQ(test, be32(reply + IP + 12), SERVER_IP);
	KUNIT_EXPECT_EQ(test, be32(reply + IP + 16),
			broadcast ? 0xffffffff : GUEST_IP);

	KUNIT_EXPECT_EQ(test, kvdev_get_be16(reply + UDP), 67);
	KUNIT_EXPECT_EQ(test, kvdev_get_be16(reply + UDP + 2), 68);
	ulen = kvdev_get_be16(reply + UDP + 4);
	KUNIT_EXPECT_EQ(test, ulen, (u32)ret - UDP);
	KUNIT_EXPECT_NE(test, kvdev_get_be16(reply + UDP + 6), 0);
	KUNIT_EXPECT_EQ(test, sum(reply + UDP, ulen,
				  sum(reply + IP + 12, 8, 17 + ulen)),
			0xffffU);

	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP), 0x02010600U);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 4),
			be32(f.data + f.bootp + 4));
	KUNIT_EXPECT_MEMEQ(test, reply + BOOTP + 28, guest, ETH_ALEN);
}

static void expect_lease(struct kunit *test, int ret, u8 type)
{
	const u8 *opt = option(test, ret, 53);

	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_EXPECT_EQ(test, opt[1], 1);
	KUNIT_EXPECT_EQ(test, opt[2], type);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 16), GUEST_IP);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 20), SERVER_IP);
	expect_addr(test, ret, 54, SERVER_IP);
	expect_addr(test, ret, 51, 0xffffffff);
	expect_addr(test, ret, 1, 0xfffffffe);
	expect_addr(test, ret, 3, SERVER_IP);
	expect_addr(test, ret, 6, SERVER_IP);
}

static void discover_offers(struct kunit *test)
{
	u8 plus_one[ETH_ALEN];
	int ret;

	memcpy(plus_one, guest, ETH_ALEN);
	plus_one[5]++;
	make_dhcp(DISCOVER);
	ret = ask(test, &plain);
	expect_reply(test, ret, plus_one, false);
	expect_lease(test, ret, OFFER);
	KUNIT_EXPECT_NULL(test, option(test, ret, 12));
	KUNIT_EXPECT_EQ(test, reply[BOOTP + 44], 0);
	KUNIT_EXPECT_EQ(test, reply[BOOTP + 108], 0);
}

static void request_acks(struct kunit *test)
{
	int ret;
	u8 *opt;

	/* As clients do: the address and the server of the offer */
	opt = make_dhcp(REQUEST);
	opt = add_addr(opt, 50, GUEST_IP);
	add_addr(opt, 54, SERVER_IP);
	ret = ask(test, &full);
	expect_reply(test, ret, host, false);
	expect_lease(test, ret, ACK);
	expect_text(test, ret, 12, "vm-7");
	KUNIT_EXPECT_STREQ(test, (char *)reply + BOOTP + 108, "auto_install");
	KUNIT_EXPECT_STREQ(test, (char *)reply + BOOTP + 44, "boot.example");
	/* Nobody asked for these */
	KUNIT_EXPECT_NULL(test, option(test, ret, 66));
	KUNIT_EXPECT_NULL(test, option(test, ret, 67));

	/* Without an address: it gets the one there is */
	make_dhcp(REQUEST);
	ret = ask(test, &full);
	expect_lease(test, ret, ACK);
}

static void request_of_options(struct kunit *test)
{
	static const u8 list[] = { 55, 4, 1, 66, 67, 3, 255 };
	int ret;

	memcpy(make_dhcp(DISCOVER), list, sizeof(list));
	ret = ask(test, &full);
	expect_lease(test, ret, OFFER);
	expect_text(test, ret, 66, "boot.example");
	expect_text(test, ret, 67, "auto_install");
	/* Nothing to say is not said */
	ret = ask(test, &plain);
	KUNIT_EXPECT_NULL(test, option(test, ret, 66));
	KUNIT_EXPECT_NULL(test, option(test, ret, 67));
}

static void wrong_address_naks(struct kunit *test)
{
	static const u32 addrs[] = { 0, SERVER_IP, GUEST_IP + 1, 0xffffffff };
	const u8 *opt;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		add_addr(make_dhcp(REQUEST), 50, addrs[i]);
		ret = ask(test, &full);
		/* RFC 2131, 4.3.2: to all, as the address is no good */
		expect_reply(test, ret, host, true);
		opt = option(test, ret, 53);
		KUNIT_ASSERT_NOT_NULL(test, opt);
		KUNIT_EXPECT_EQ(test, opt[2], NAK);
		expect_addr(test, ret, 54, SERVER_IP);
		/* Table 3 */
		KUNIT_EXPECT_NULL(test, option(test, ret, 51));
		KUNIT_EXPECT_NULL(test, option(test, ret, 1));
		KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 16), 0U);
		KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 20), 0U);
		KUNIT_EXPECT_EQ(test, reply[BOOTP + 108], 0);
	}
}

/* RFC 2131, 4.3.2: to the server alone, or to all; the answer to the address */
static void renewal_acks(struct kunit *test)
{
	static const u8 tap[ETH_ALEN] = { 0x06, 1, 1, 1, 1, 1 };
	static const struct {
		const u8 *mac;
		u32 ip;
	} to[] = {
		{ host, SERVER_IP },
		/* As ARP says, who knows nothing of us */
		{ tap, SERVER_IP },
		{ all, 0xffffffff },
	};
	unsigned int i;
	int ret;

	for (i = 0; i < 2 * ARRAY_SIZE(to); i++) {
		make_dhcp(REQUEST);
		has_addr(GUEST_IP, to[i / 2].mac, to[i / 2].ip);
		/* 4.1: the broadcast flag is of those without an address */
		f.data[BOOTP + 10] = i % 2 ? 0x80 : 0;
		ret = ask(test, &full);
		expect_reply(test, ret, host, false);
		expect_lease(test, ret, ACK);
		KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 12), GUEST_IP);
	}
	/* To somebody else */
	make_dhcp(REQUEST);
	has_addr(GUEST_IP, tap, SERVER_IP - 1);
	KUNIT_EXPECT_EQ(test, ask(test, &full), -ENOENT);
}

static void renewal_of_another_address_naks(struct kunit *test)
{
	const u8 *opt;
	int ret;

	make_dhcp(REQUEST);
	has_addr(GUEST_IP + 4, all, 0xffffffff);
	ret = ask(test, &full);
	expect_reply(test, ret, host, true);
	opt = option(test, ret, 53);
	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_EXPECT_EQ(test, opt[2], NAK);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 12), 0U);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 16), 0U);
}

/* RFC 2131, 4.3.5: to the address it says, with neither address nor lease */
static void inform_acks(struct kunit *test)
{
	const u8 *opt;
	int ret;

	make_dhcp(INFORM);
	has_addr(0x0a000005, all, 0xffffffff);
	ret = ask(test, &full);
	KUNIT_ASSERT_TRUE(test, ret >= BOOTP + 300);
	KUNIT_EXPECT_MEMEQ(test, reply, guest, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, be32(reply + IP + 16), 0x0a000005U);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 12), 0x0a000005U);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 16), 0U);
	opt = option(test, ret, 53);
	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_EXPECT_EQ(test, opt[2], ACK);
	KUNIT_EXPECT_NULL(test, option(test, ret, 51));
	expect_addr(test, ret, 54, SERVER_IP);
	expect_addr(test, ret, 6, SERVER_IP);
	/* Nowhere to send it */
	make_dhcp(INFORM);
	KUNIT_EXPECT_EQ(test, ask(test, &full), 0);
}

/* Who has an address and gives it up, or asks in the old way */
static void address_in_other_messages(struct kunit *test)
{
	int ret;

	make_dhcp(RELEASE);
	has_addr(GUEST_IP, host, SERVER_IP);
	KUNIT_EXPECT_EQ(test, ask(test, &full), 0);
	make_dhcp(DISCOVER);
	has_addr(GUEST_IP, all, 0xffffffff);
	ret = ask(test, &full);
	expect_reply(test, ret, host, false);
	expect_lease(test, ret, OFFER);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 12), 0U);
	make_bootp(5);
	has_addr(GUEST_IP, all, 0xffffffff);
	ret = ask(test, &full);
	expect_reply(test, ret, host, false);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 16), GUEST_IP);
	make_bootp(5);
	has_addr(GUEST_IP + 4, all, 0xffffffff);
	KUNIT_EXPECT_EQ(test, ask(test, &full), -ENOENT);
}

static void make_client_packet(const struct client_packet *c)
{
	const u8 *o = (const u8 *)c->options;
	u32 len = 0;
	u8 *p;

	make_bootp(5);
	p = f.data + BOOTP;
	memcpy(f.data, c->dst == 0xffffffff ? all : host, ETH_ALEN);
	put_be32(f.data + IP + 12, c->src);
	put_be32(f.data + IP + 16, c->dst);
	put_be32(p + 4, c->xid);
	kvdev_put_be16(p + 8, c->secs);
	kvdev_put_be16(p + 10, c->flags);
	put_be32(p + 12, c->ciaddr);
	put_be32(p + 236, 0x63825363);
	while (o[len] != 255)
		len += 2 + o[len + 1];
	memcpy(p + 240, o, len + 1);
	f.len = BOOTP + c->len;
	finish();
}

static void client_packet_desc(const struct client_packet *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(client, client_packets, client_packet_desc);

/* What clients send is answered. */
static void clients(struct kunit *test)
{
	const struct client_packet *c = test->param_value;
	bool inform = c->options[0] == 53 && c->options[2] == INFORM;
	const u8 *opt;
	int ret;

	make_client_packet(c);
	ret = ask(test, &full);
	if (!c->answer) {
		KUNIT_EXPECT_EQ(test, ret, 0);
		return;
	}
	expect_reply(test, ret, host, c->flags && !c->ciaddr);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 12), c->ciaddr);
	if (!inform) {
		expect_lease(test, ret, c->answer);
		return;
	}
	opt = option(test, ret, 53);
	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_EXPECT_EQ(test, opt[2], c->answer);
	KUNIT_EXPECT_NULL(test, option(test, ret, 51));
}

static void other_server_is_not_ours(struct kunit *test)
{
	add_addr(make_dhcp(REQUEST), 54, 0x0a000001);
	KUNIT_EXPECT_EQ(test, ask(test, &full), -ENOENT);
}

static void other_messages_are_swallowed(struct kunit *test)
{
	unsigned int type;

	for (type = 1; type < 256; type++) {
		make_dhcp(type);
		if (type == DISCOVER || type == REQUEST)
			KUNIT_EXPECT_TRUE(test, ask(test, &full) > 0);
		else
			KUNIT_EXPECT_EQ(test, ask(test, &full), 0);
	}
}

static void broadcast_flag(struct kunit *test)
{
	int ret;

	make_dhcp(DISCOVER);
	f.data[BOOTP + 10] = 0x80;
	ret = ask(test, &full);
	expect_reply(test, ret, host, true);
	expect_lease(test, ret, OFFER);
	KUNIT_EXPECT_EQ(test, kvdev_get_be16(reply + BOOTP + 10), 0x8000);
}

static void bootp_answers(struct kunit *test)
{
	unsigned int words;
	int ret;

	/* With any IP options */
	for (words = 5; words < 16; words++) {
		make_bootp(words);
		ret = ask(test, &full);
		expect_reply(test, ret, host, false);
		KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 16), GUEST_IP);
		KUNIT_EXPECT_NULL(test, option(test, ret, 53));
		KUNIT_EXPECT_NULL(test, option(test, ret, 51));
		expect_addr(test, ret, 1, 0xfffffffe);
		expect_addr(test, ret, 3, SERVER_IP);
	}
	/* To the host alone */
	memcpy(f.data, host, ETH_ALEN);
	KUNIT_EXPECT_TRUE(test, ask(test, &full) > 0);
}

/* One field that is not as it must be. */
struct bad_case {
	const char *name;
	u32 at;
	u8 value;
};

static const struct bad_case bad_cases[] = {
	{ "to somebody", 0, 0 },
	{ "from somebody", 11, 0 },
	{ "not IP", 13, 6 },
	{ "not IPv4", IP, 0x65 },
	{ "IP header too short", IP, 0x44 },
	{ "IP header longer than the packet", IP, 0x4f },
	{ "IP length too short", IP + 2, 0 },
	{ "IP length beyond the frame", IP + 2, 2 },
	{ "first fragment", IP + 6, 0x20 },
	{ "later fragment", IP + 7, 1 },
	{ "not UDP", IP + 9, 6 },
	{ "from another port", UDP + 1, 67 },
	{ "to another port", UDP + 3, 68 },
	{ "UDP length too short", UDP + 4, 0 },
	{ "UDP length beyond the packet", UDP + 4, 2 },
	{ "a reply", BOOTP, 2 },
	{ "no operation", BOOTP, 0 },
	{ "another kind of hardware", BOOTP + 1, 6 },
	{ "a shorter address", BOOTP + 2, 5 },
	{ "a longer address", BOOTP + 2, 16 },
	{ "relayed", BOOTP + 3, 1 },
	{ "address of somebody", BOOTP + 28, 4 },
	{ "wants a file", BOOTP + 108, 'x' },
};

static void bad_case_desc(const struct bad_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bad_cases, bad_case_desc);

static void not_for_us(struct kunit *test)
{
	const struct bad_case *c = test->param_value;

	make_dhcp(DISCOVER);
	KUNIT_EXPECT_TRUE(test, ask(test, &full) > 0);
	f.data[c->at] = c->value;
	KUNIT_EXPECT_EQ(test, ask(test, &full), -ENOENT);
}

/*
 * RFC 951: BOOTP has 300 bytes at least. A DHCP message has as many as its options
 * need, which is less. Cut anywhere, nothing is read behind.
 */
static void cut_anywhere(struct kunit *test)
{
	u32 len, end = OPTIONS + 4 + 3;
	bool dhcp;

	for (len = 0; len < BOOTP + 300; len++) {
		make_dhcp(DISCOVER);
		f.len = len;
		KUNIT_EXPECT_EQ(test, ask(test, &full), -ENOENT);
		if (len < BOOTP)
			continue;
		finish();
		/* With the message type it is a message, without it is none */
		dhcp = len >= end;
		KUNIT_EXPECT_EQ(test, ask(test, &full) > 0, dhcp);
		make_bootp(5);
		f.len = len;
		finish();
		KUNIT_EXPECT_EQ(test, ask(test, &full), -ENOENT);
	}
	make_bootp(5);
	KUNIT_EXPECT_TRUE(test, ask(test, &full) > 0);
}

static void long_frames(struct kunit *test)
{
	/* What Ethernet pads is no part of it; too long for Ethernet is not */
	make_dhcp(DISCOVER);
	f.len += 100;
	KUNIT_EXPECT_TRUE(test, ask(test, &full) > 0);
	f.len = KVDEV_DHCP_REQUEST_MAX;
	finish();
	KUNIT_EXPECT_TRUE(test, ask(test, &full) > 0);
	f.len++;
	KUNIT_EXPECT_EQ(test, ask(test, &full), -ENOENT);
}

/* Options up to the last byte, with lengths that lead out. */
static void options_are_bounded(struct kunit *test)
{
	const u8 *opt;
	u32 at, end;
	int ret;
	u8 *p;

	for (at = 0; at < 60; at++) {
		p = make_dhcp(REQUEST);
		end = f.len - (p - f.data);
		/* Pads, then an address that is cut off at the end */
		memset(p, 0, end);
		if (at >= end)
			break;
		p[at] = 50;
		if (at + 1 < end)
			p[at + 1] = 0xff;
		ret = ask(test, &full);
		expect_lease(test, ret, ACK);
	}
	/* Of the wrong length they are not there: this is no DHCP */
	p = make_dhcp(REQUEST);
	p[-2] = 2;
	p[1] = 255;
	ret = ask(test, &full);
	expect_reply(test, ret, host, false);
	KUNIT_EXPECT_NULL(test, option(test, ret, 53));
	p = make_dhcp(REQUEST);
	p[0] = 50;
	p[1] = 3;
	p[5] = 255;
	ret = ask(test, &full);
	expect_lease(test, ret, ACK);
	/* The last of several counts; what is behind the end does not */
	p = make_dhcp(REQUEST);
	p = add_addr(p, 50, 1);
	p = add_addr(p, 50, GUEST_IP);
	add_addr(p + 1, 50, 2);
	ret = ask(test, &full);
	opt = option(test, ret, 53);
	KUNIT_ASSERT_NOT_NULL(test, opt);
	KUNIT_EXPECT_EQ(test, opt[2], ACK);
}

/* The longest names there are fit; one more host address. */
static void longest_names(struct kunit *test)
{
	static const u8 list[] = { 55, 2, 66, 67, 255 };
	struct kvdev_dhcp dhcp = full;
	int ret;

	memset(dhcp.hostname, 'h', KVDEV_DHCP_NAME_MAX);
	memset(dhcp.tftp_server, 't', KVDEV_DHCP_NAME_MAX);
	memset(dhcp.boot_file, 'f', KVDEV_DHCP_FILE_MAX);
	memcpy(make_dhcp(DISCOVER), list, sizeof(list));
	ret = ask(test, &dhcp);
	expect_reply(test, ret, host, false);
	expect_lease(test, ret, OFFER);
	expect_text(test, ret, 12, dhcp.hostname);
	expect_text(test, ret, 66, dhcp.tftp_server);
	expect_text(test, ret, 67, dhcp.boot_file);
	KUNIT_EXPECT_STREQ(test, (char *)reply + BOOTP + 108, dhcp.boot_file);
	KUNIT_EXPECT_STREQ(test, (char *)reply + BOOTP + 44, dhcp.tftp_server);

	/* The other address of the pair is the host's, above or below */
	dhcp = full;
	dhcp.addr = SERVER_IP;
	ret = ask(test, &dhcp);
	expect_addr(test, ret, 3, GUEST_IP);
	KUNIT_EXPECT_EQ(test, be32(reply + BOOTP + 16), SERVER_IP);
}

/* What is cheap to see from the beginning of a frame. */
static void candidates(struct kunit *test)
{
	u32 have;

	make_bootp(5);
	for (have = 0; have < 60; have++)
		KUNIT_EXPECT_EQ(test, kvdev_dhcp_candidate(f.data, have),
				have >= BOOTP);
	f.data[UDP + 3] = 68;
	KUNIT_EXPECT_FALSE(test, kvdev_dhcp_candidate(f.data, f.len));
	/* IP options hide the ports from who has too little of the frame */
	make_bootp(15);
	KUNIT_EXPECT_TRUE(test, kvdev_dhcp_candidate(f.data, BOOTP));
	KUNIT_EXPECT_TRUE(test, kvdev_dhcp_candidate(f.data, f.len));
	f.data[f.bootp - 5] = 1;
	KUNIT_EXPECT_FALSE(test, kvdev_dhcp_candidate(f.data, f.len));
}

static struct kunit_case dhcp_cases[] = {
	KUNIT_CASE(discover_offers),
	KUNIT_CASE(request_acks),
	KUNIT_CASE(request_of_options),
	KUNIT_CASE(wrong_address_naks),
	KUNIT_CASE(renewal_acks),
	KUNIT_CASE(renewal_of_another_address_naks),
	KUNIT_CASE(inform_acks),
	KUNIT_CASE(address_in_other_messages),
	KUNIT_CASE_PARAM(clients, client_gen_params),
	KUNIT_CASE(other_server_is_not_ours),
	KUNIT_CASE(other_messages_are_swallowed),
	KUNIT_CASE(broadcast_flag),
	KUNIT_CASE(bootp_answers),
	KUNIT_CASE_PARAM(not_for_us, bad_gen_params),
	KUNIT_CASE(cut_anywhere),
	KUNIT_CASE(long_frames),
	KUNIT_CASE(options_are_bounded),
	KUNIT_CASE(longest_names),
	KUNIT_CASE(candidates),
	{ }
};

static struct kunit_suite dhcp_suite = {
	.name = "kvdev_net_dhcp",
	.test_cases = dhcp_cases,
};

kunit_test_suite(dhcp_suite);
