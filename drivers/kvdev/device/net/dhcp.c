// SPDX-License-Identifier: GPL-2.0
/*
 * A BOOTP and DHCP server for the guest, see dhcp.h.
 *
 * Offsets within packets are written out: everything is at any alignment.
 */
#include "dhcp.h"

#define IP_HLEN		20
#define UDP_HLEN	8
#define PROTO_UDP	17
#define PORT_SERVER	67
#define PORT_CLIENT	68

/* The fixed part of a packet, RFC 951, 3 and RFC 2131, 2 */
#define BOOTP_OP	0
#define BOOTP_HTYPE	1
#define BOOTP_HLEN	2
#define BOOTP_HOPS	3
#define BOOTP_XID	4
#define BOOTP_FLAGS	10
#define BOOTP_CIADDR	12
#define BOOTP_YIADDR	16
#define BOOTP_SIADDR	20
#define BOOTP_CHADDR	28
#define BOOTP_SNAME	44
#define BOOTP_FILE	108
#define BOOTP_OPTIONS	236
/*
 * RFC 951: with its area for vendors a packet has this length at least. DHCP has
 * no such limit, and systemd-networkd sends less (RFC 2131, table 1: options have
 * variable length). What we send has it: there are clients that insist.
 */
#define BOOTP_MIN	300
/* RFC 2131, 2: a datagram of 576 bytes is what every client can receive. */
#define BOOTP_MAX	(576 - IP_HLEN - UDP_HLEN)

#define OP_REQUEST	1
#define OP_REPLY	2
#define FLAG_BROADCAST	0x8000
#define HTYPE_ETHERNET	1

/* RFC 2132 */
#define OPT_PAD			0
#define OPT_SUBNET_MASK		1
#define OPT_ROUTERS		3
#define OPT_NAME_SERVERS	6
#define OPT_HOST_NAME		12
#define OPT_REQUESTED_ADDR	50
#define OPT_LEASE_TIME		51
#define OPT_MESSAGE_TYPE	53
#define OPT_SERVER_ID		54
#define OPT_PARAMETERS		55
#define OPT_TFTP_SERVER		66
#define OPT_BOOT_FILE		67
#define OPT_END			255

#define LEASE_FOREVER	0xffffffff
/* RFC 3021: the host and the guest, and nobody else */
#define MASK_31		0xfffffffe

enum {
	MSG_BOOTP,	/* no message type: not DHCP */
	MSG_DISCOVER,
	MSG_OFFER,
	MSG_REQUEST,
	MSG_DECLINE,
	MSG_ACK,
	MSG_NAK,
	MSG_RELEASE,
	MSG_INFORM,
};

static const u8 cookie[4] = { 99, 130, 83, 99 };

/* What a request says: its options, and the address its sender has. */
struct options {
	u8 type;
	bool has_addr;
	bool has_server;
	bool wants_tftp;
	bool wants_file;
	u32 addr;
	u32 server;
	u32 ciaddr;
};

/* Where the options of a reply end so far. */
struct writer {
	u8 *at;
	const u8 *end;
};

static u32 get_be32(const u8 *p)
{
	return (u32)kvdev_get_be16(p) << 16 | kvdev_get_be16(p + 2);
}

static void put_be32(u8 *p, u32 val)
{
	kvdev_put_be16(p, val >> 16);
	kvdev_put_be16(p + 2, val);
}

bool kvdev_dhcp_candidate(const u8 *head, u32 have)
{
	const u8 *ip = head + ETH_HLEN;
	unsigned int hlen;

	if (have < ETH_HLEN + IP_HLEN + UDP_HLEN ||
	    kvdev_get_be16(head + 2 * ETH_ALEN) != ETH_P_IP ||
	    ip[0] >> 4 != 4 || ip[9] != PROTO_UDP)
		return false;
	hlen = 4 * (ip[0] & 15);
	/* With IP options the ports may be farther on: then it may be */
	if (have < ETH_HLEN + hlen + UDP_HLEN)
		return true;
	return kvdev_get_be16(ip + hlen + 2) == PORT_SERVER;
}

/*
 * The BOOTP packet in a frame, or NULL. Checksums are not looked at: the
 * frame came through memory, and may have been sent without.
 */
static const u8 *find_bootp(const struct kvdev_dhcp *dhcp, const u8 *frame,
			    u32 len, u32 *size)
{
	static const u8 broadcast[ETH_ALEN] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};
	const u8 *ip = frame + ETH_HLEN, *udp;
	u32 hlen, total, ulen;

	if (len < ETH_HLEN + IP_HLEN + UDP_HLEN ||
	    len > KVDEV_DHCP_REQUEST_MAX ||
	    !kvdev_dhcp_candidate(frame, len))
		return NULL;
	/*
	 * To all, or to the host, whatever address its interface has: who renews
	 * knows from ARP where to send it. Only from the guest itself
	 */
	if (memcmp(frame, broadcast, ETH_ALEN) &&
	    memcmp(frame, dhcp->host_mac, ETH_ALEN) &&
	    get_be32(ip + 16) != (dhcp->addr ^ 1))
		return NULL;
	if (memcmp(frame + ETH_ALEN, dhcp->guest_mac, ETH_ALEN))
		return NULL;

	hlen = 4 * (ip[0] & 15);
	total = kvdev_get_be16(ip + 2);
	if (hlen < IP_HLEN || total < hlen + UDP_HLEN ||
	    total > len - ETH_HLEN)
		return NULL;
	/* No part of something */
	if (kvdev_get_be16(ip + 6) & 0x3fff)
		return NULL;
	udp = ip + hlen;
	ulen = kvdev_get_be16(udp + 4);
	if (kvdev_get_be16(udp) != PORT_CLIENT ||
	    kvdev_get_be16(udp + 2) != PORT_SERVER)
		return NULL;
	if (ulen < UDP_HLEN + BOOTP_OPTIONS || ulen > total - hlen)
		return NULL;
	*size = ulen - UDP_HLEN;
	return udp + UDP_HLEN;
}

/* Of the guest itself, not relayed, that has no file yet. */
static bool is_request(const struct kvdev_dhcp *dhcp, const u8 *req)
{
	return req[BOOTP_OP] == OP_REQUEST &&
	       req[BOOTP_HTYPE] == HTYPE_ETHERNET &&
	       req[BOOTP_HLEN] == ETH_ALEN && !req[BOOTP_HOPS] &&
	       !req[BOOTP_FILE] &&
	       !memcmp(req + BOOTP_CHADDR, dhcp->guest_mac, ETH_ALEN);
}

static void read_option(struct options *opts, u8 code, const u8 *value, u8 len)
{
	unsigned int i;

	switch (code) {
	case OPT_MESSAGE_TYPE:
		if (len == 1)
			opts->type = value[0];
		break;
	case OPT_REQUESTED_ADDR:
		if (len == 4) {
			opts->has_addr = true;
			opts->addr = get_be32(value);
		}
		break;
	case OPT_SERVER_ID:
		if (len == 4) {
			opts->has_server = true;
			opts->server = get_be32(value);
		}
		break;
	case OPT_PARAMETERS:
		for (i = 0; i < len; i++) {
			opts->wants_tftp |= value[i] == OPT_TFTP_SERVER;
			opts->wants_file |= value[i] == OPT_BOOT_FILE;
		}
		break;
	}
}

/* Every turn takes a byte at least of what a frame can have. */
static void read_options(struct options *opts, const u8 *req, u32 size)
{
	const u8 *at = req + BOOTP_OPTIONS, *end = req + size;

	memset(opts, 0, sizeof(*opts));
	opts->ciaddr = get_be32(req + BOOTP_CIADDR);
	if (end - at < sizeof(cookie) || memcmp(at, cookie, sizeof(cookie)))
		return;
	at += sizeof(cookie);
	while (at < end && *at != OPT_END) {
		if (*at == OPT_PAD) {
			at++;
			continue;
		}
		if (end - at < 2 || end - at - 2 < at[1])
			return;
		read_option(opts, at[0], at + 2, at[1]);
		at += 2 + at[1];
	}
}

/* RFC 951: who has an address wants a file. Ours, or what is it doing here? */
static int decide_bootp(const struct kvdev_dhcp *dhcp,
			const struct options *opts, u32 size)
{
	if (size < BOOTP_MIN || (opts->ciaddr && opts->ciaddr != dhcp->addr))
		return -ENOENT;
	return MSG_BOOTP;
}

/*
 * RFC 2131, 4.3.2. Who selects, or starts again, has no address yet and says which
 * one it wants; who renews or rebinds has one.
 */
static int decide_request(const struct kvdev_dhcp *dhcp,
			  const struct options *opts)
{
	if (opts->ciaddr)
		return opts->ciaddr == dhcp->addr ? MSG_ACK : MSG_NAK;
	if (opts->has_addr && opts->addr != dhcp->addr)
		return MSG_NAK;
	return MSG_ACK;
}

/*
 * What to answer a message: an offer, an ACK, a NAK, MSG_BOOTP; or -ENODATA for
 * nothing, or -ENOENT for a message to another server.
 */
static int decide(const struct kvdev_dhcp *dhcp, const struct options *opts,
		  u32 size)
{
	if (opts->type == MSG_BOOTP)
		return decide_bootp(dhcp, opts, size);
	if (opts->has_server && opts->server != (dhcp->addr ^ 1))
		return -ENOENT;
	switch (opts->type) {
	case MSG_DISCOVER:
		return MSG_OFFER;
	case MSG_REQUEST:
		return decide_request(dhcp, opts);
	case MSG_INFORM:
		/* RFC 2131, 4.3.5: to the address it has, whatever that is */
		return opts->ciaddr ? MSG_ACK : -ENODATA;
	default:
		/* RFC 2131, 4.3.3, 4.3.4: no answer. The address stays what it
		 * is, there is no other
		 */
		return -ENODATA;
	}
}

static void put_option(struct writer *w, u8 code, const void *value, u8 len)
{
	/* Keeps a byte for the end */
	if (w->end - w->at < 3 + len)
		return;
	w->at[0] = code;
	w->at[1] = len;
	memcpy(w->at + 2, value, len);
	w->at += 2 + len;
}

static void put_addr(struct writer *w, u8 code, u32 addr)
{
	u8 value[4];

	put_be32(value, addr);
	put_option(w, code, value, sizeof(value));
}

static void put_text(struct writer *w, u8 code, const char *text, u32 max)
{
	u32 len = strnlen(text, max);

	if (len)
		put_option(w, code, text, len);
}

/* The area for options of a reply of @type. Returns the size of all of it. */
static u32 put_options(const struct kvdev_dhcp *dhcp, u8 *reply, int type,
		       const struct options *opts)
{
	struct writer w = { reply + BOOTP_OPTIONS, reply + BOOTP_MAX };
	u32 host = dhcp->addr ^ 1;
	u8 msg = type;

	memcpy(w.at, cookie, sizeof(cookie));
	w.at += sizeof(cookie);
	if (type != MSG_BOOTP) {
		put_option(&w, OPT_MESSAGE_TYPE, &msg, 1);
		put_addr(&w, OPT_SERVER_ID, host);
	}
	/* RFC 2131, table 3: a NAK says no more */
	if (type != MSG_NAK) {
		if (type != MSG_BOOTP && opts->type != MSG_INFORM)
			put_addr(&w, OPT_LEASE_TIME, LEASE_FOREVER);
		put_addr(&w, OPT_SUBNET_MASK, MASK_31);
		put_addr(&w, OPT_ROUTERS, host);
		put_addr(&w, OPT_NAME_SERVERS, host);
		put_text(&w, OPT_HOST_NAME, dhcp->hostname,
			 KVDEV_DHCP_NAME_MAX);
		if (opts->wants_tftp)
			put_text(&w, OPT_TFTP_SERVER, dhcp->tftp_server,
				 KVDEV_DHCP_NAME_MAX);
		if (opts->wants_file)
			put_text(&w, OPT_BOOT_FILE, dhcp->boot_file,
				 KVDEV_DHCP_FILE_MAX);
	}
	*w.at++ = OPT_END;
	return max((u32)(w.at - reply), (u32)BOOTP_MIN);
}

static void put_bootp(const struct kvdev_dhcp *dhcp, const u8 *req, u8 *reply,
		      int type, const struct options *opts)
{
	reply[BOOTP_OP] = OP_REPLY;
	reply[BOOTP_HTYPE] = HTYPE_ETHERNET;
	reply[BOOTP_HLEN] = ETH_ALEN;
	memcpy(reply + BOOTP_XID, req + BOOTP_XID, 4);
	memcpy(reply + BOOTP_FLAGS, req + BOOTP_FLAGS, 2);
	memcpy(reply + BOOTP_CHADDR, dhcp->guest_mac, ETH_ALEN);
	if (type == MSG_NAK)
		return;
	/* RFC 2131, table 3: an offer says 0 */
	if (type != MSG_OFFER)
		put_be32(reply + BOOTP_CIADDR, opts->ciaddr);
	if (opts->type != MSG_INFORM)
		put_be32(reply + BOOTP_YIADDR, dhcp->addr);
	put_be32(reply + BOOTP_SIADDR, dhcp->addr ^ 1);
	memcpy(reply + BOOTP_SNAME, dhcp->tftp_server,
	       strnlen(dhcp->tftp_server, KVDEV_DHCP_NAME_MAX));
	memcpy(reply + BOOTP_FILE, dhcp->boot_file,
	       strnlen(dhcp->boot_file, KVDEV_DHCP_FILE_MAX));
}

/* RFC 1071, over @len bytes; @len is even or these are the last ones. */
static u32 sum16(u32 sum, const u8 *data, u32 len)
{
	for (; len > 1; data += 2, len -= 2)
		sum += kvdev_get_be16(data);
	return len ? sum + (*data << 8) : sum;
}

static u16 fold(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void put_frame(const struct kvdev_dhcp *dhcp, u8 *frame, u32 size,
		      u32 to)
{
	u8 *ip = frame + ETH_HLEN, *udp = ip + IP_HLEN;
	u16 sum;

	if (to == 0xffffffff)
		memset(frame, 0xff, ETH_ALEN);
	else
		memcpy(frame, dhcp->guest_mac, ETH_ALEN);
	memcpy(frame + ETH_ALEN, dhcp->host_mac, ETH_ALEN);
	kvdev_put_be16(frame + 2 * ETH_ALEN, ETH_P_IP);

	ip[0] = 0x45;
	ip[1] = 0x10;		/* low delay */
	kvdev_put_be16(ip + 2, IP_HLEN + UDP_HLEN + size);
	ip[8] = 16;		/* hops left */
	ip[9] = PROTO_UDP;
	put_be32(ip + 12, dhcp->addr ^ 1);
	put_be32(ip + 16, to);
	kvdev_put_be16(ip + 10, fold(sum16(0, ip, IP_HLEN)));

	kvdev_put_be16(udp, PORT_SERVER);
	kvdev_put_be16(udp + 2, PORT_CLIENT);
	kvdev_put_be16(udp + 4, UDP_HLEN + size);
	/* Over addresses, protocol and length, too; 0 would mean none */
	sum = fold(sum16(sum16(PROTO_UDP + UDP_HLEN + size, ip + 12, 8),
			 udp, UDP_HLEN + size));
	kvdev_put_be16(udp + 6, sum ? sum : 0xffff);
}

/* RFC 2131, 4.1: where a reply goes */
static u32 reply_to(const struct kvdev_dhcp *dhcp, const u8 *req, int type,
		    const struct options *opts)
{
	/* Who has to drop its address cannot receive what is for it. */
	if (type == MSG_NAK)
		return 0xffffffff;
	if (opts->ciaddr)
		return type == MSG_OFFER ? dhcp->addr : opts->ciaddr;
	/* Nor can a client without one that says so. */
	if (kvdev_get_be16(req + BOOTP_FLAGS) & FLAG_BROADCAST)
		return 0xffffffff;
	return dhcp->addr;
}

int kvdev_dhcp_answer(const struct kvdev_dhcp *conf, const u8 *frame, u32 len,
		      u8 *reply)
{
	static const u8 none[ETH_ALEN];
	struct kvdev_dhcp dhcp = *conf;
	u8 *bootp = reply + ETH_HLEN + IP_HLEN + UDP_HLEN;
	struct options opts;
	const u8 *req;
	u32 size;
	int type;

	if (!memcmp(dhcp.host_mac, none, ETH_ALEN)) {
		memcpy(dhcp.host_mac, dhcp.guest_mac, ETH_ALEN);
		dhcp.host_mac[ETH_ALEN - 1]++;
	}
	req = find_bootp(&dhcp, frame, len, &size);
	if (!req || !is_request(&dhcp, req))
		return -ENOENT;
	read_options(&opts, req, size);
	type = decide(&dhcp, &opts, size);
	if (type < 0)
		return type == -ENODATA ? 0 : type;

	memset(reply, 0, KVDEV_DHCP_REPLY_MAX);
	put_bootp(&dhcp, req, bootp, type, &opts);
	size = put_options(&dhcp, bootp, type, &opts);
	put_frame(&dhcp, reply, size, reply_to(&dhcp, req, type, &opts));
	return ETH_HLEN + IP_HLEN + UDP_HLEN + size;
}
