// SPDX-License-Identifier: GPL-2.0
/*
 * Any frame, to the DHCP server: what it answers is a whole and correct
 * packet to the guest, and it answers only what the guest itself sent.
 *
 * Input: address; names; the frame, of which the parts that must be there are
 * put in unless a bit says otherwise.
 */
#include "fuzz.h"
#include "../../../drivers/kvdev/device/net/dhcp.h"

#define FRAME_MAX	1600

static const u8 guest[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0xff };

static u32 get_be32(const u8 *p)
{
	return (u32)kvdev_get_be16(p) << 16 | kvdev_get_be16(p + 2);
}

static u32 sum(const u8 *data, u32 len, u32 start)
{
	u32 i;

	for (i = 0; i < len; i++)
		start += i % 2 ? data[i] : (u32)data[i] << 8;
	while (start > 0xffff)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

/* Headers that lead to the options. */
static void make_request(u8 *frame, u32 len)
{
	static const u8 cookie[] = { 99, 130, 83, 99 };

	if (len < 42 + 240)
		return;
	memset(frame, 0xff, ETH_ALEN);
	memcpy(frame + ETH_ALEN, guest, ETH_ALEN);
	kvdev_put_be16(frame + 12, ETH_P_IP);
	frame[14] = 0x45;
	kvdev_put_be16(frame + 16, len - 14);
	kvdev_put_be16(frame + 20, 0);
	frame[23] = 17;
	kvdev_put_be16(frame + 34, 68);
	kvdev_put_be16(frame + 36, 67);
	kvdev_put_be16(frame + 38, len - 34);
	memset(frame + 42, 0, 236);
	frame[42] = 1;
	frame[43] = 1;
	frame[44] = 6;
	memcpy(frame + 42 + 28, guest, ETH_ALEN);
	memcpy(frame + 42 + 236, cookie, sizeof(cookie));
}

static void check_reply(const struct kvdev_dhcp *dhcp, const u8 *frame,
			const u8 *reply, int len)
{
	static const u8 all[ETH_ALEN] = { 255, 255, 255, 255, 255, 255 };
	u32 ip = 14 + 4 * (frame[14] & 15), to, addr, ciaddr;
	const u8 *at = reply + 42 + 236 + 4, *end = reply + len;

	CHECK(len >= 42 + 300 && len <= KVDEV_DHCP_REPLY_MAX);
	CHECK(kvdev_get_be16(reply + 16) == len - 14);
	CHECK(kvdev_get_be16(reply + 38) == len - 34);
	CHECK(sum(reply + 14, 20, 0) == 0xffff);
	CHECK(kvdev_get_be16(reply + 40));
	CHECK(sum(reply + 34, len - 34,
		  sum(reply + 26, 8, 17 + len - 34)) == 0xffff);
	CHECK(!memcmp(reply + 42 + 28, guest, ETH_ALEN));
	/* To all, or the guest, at its address or the one it says it has */
	to = get_be32(reply + 30);
	addr = get_be32(reply + 42 + 16);
	ciaddr = get_be32(frame + ip + 8 + 12);
	CHECK(!memcmp(reply, to == 0xffffffff ? all : guest, ETH_ALEN));
	CHECK(to == 0xffffffff || to == dhcp->addr || to == ciaddr);
	CHECK(!addr || addr == dhcp->addr);
	while (*at != 255) {
		CHECK(end - at > 2 && end - at > 2 + at[1]);
		at += 2 + at[1];
	}
	/* Nothing of us behind it */
	for (; ++at < end;)
		CHECK(!*at);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct kvdev_dhcp dhcp = { .guest_mac = { 0x02, 0, 0, 0, 0, 0xff } };
	u8 frame[FRAME_MAX], reply[KVDEV_DHCP_REPLY_MAX];
	struct input in = { data, size };
	u8 how = take(&in, 1);
	u8 *exact;
	u32 len;
	int ret;

	dhcp.addr = take(&in, 4);
	if (how & 1)
		memset(dhcp.hostname, 'h', KVDEV_DHCP_NAME_MAX);
	if (how & 2)
		memset(dhcp.boot_file, 'b', KVDEV_DHCP_FILE_MAX);
	if (how & 4)
		memset(dhcp.tftp_server, 't', KVDEV_DHCP_NAME_MAX);
	len = take(&in, 2) % FRAME_MAX;
	memset(frame, 0, sizeof(frame));
	if (how & 8) {
		make_request(frame, len);
		if (len > 42 + 240)
			take_bytes(&in, frame + 42 + 240, len - 42 - 240);
		/* Of who renews */
		if (len > 42 + 240 && how & 16) {
			kvdev_put_be16(frame + 42 + 12, dhcp.addr >> 16);
			kvdev_put_be16(frame + 42 + 14, dhcp.addr);
			if (how & 32)
				frame[42 + 15] ^= 4;
		}
	} else {
		take_bytes(&in, frame, len);
	}

	exact = malloc(len ? len : 1);
	if (!exact)
		abort();
	memcpy(exact, frame, len);
	memset(reply, 0xee, sizeof(reply));
	ret = kvdev_dhcp_answer(&dhcp, exact, len, reply);
	CHECK(ret == -ENOENT || ret >= 0);
	if (ret >= 0) {
		CHECK(kvdev_dhcp_candidate(exact, len));
		CHECK(!memcmp(frame + ETH_ALEN, guest, ETH_ALEN));
	}
	if (ret > 0)
		check_reply(&dhcp, frame, reply, ret);
	free(exact);
	return 0;
}
