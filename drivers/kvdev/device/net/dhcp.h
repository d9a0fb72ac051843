/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A BOOTP and DHCP server for one client, the guest behind the device: its
 * address never changes, and on the other side of a two-address network is the
 * host (RFC 951, RFC 2131, RFC 3021).
 */
#ifndef KVDEV_NET_DHCP_H
#define KVDEV_NET_DHCP_H

#include "proto.h"

#define KVDEV_DHCP_NAME_MAX	63	/* a label of a host name, RFC 1035 */
#define KVDEV_DHCP_FILE_MAX	127	/* the field has 128 bytes with its 0 */

/* Bytes of the longest answer, Ethernet header included. */
#define KVDEV_DHCP_REPLY_MAX	(14 + 576)
/* Bytes of a request that are looked at; a longer frame is not for us. */
#define KVDEV_DHCP_REQUEST_MAX	1514

/**
 * struct kvdev_dhcp - what the client is told
 * @guest_mac: its address
 * @host_mac: the host's; all 0 is @guest_mac with its last byte one more
 * @addr: the client's address, host byte order. The host has the other one of
 *	the pair, which differs in the last bit
 * @hostname: host name, or ""
 * @boot_file: name of the file to boot, or ""
 * @tftp_server: name of the server that has it, or "": the host
 */
struct kvdev_dhcp {
	u8 guest_mac[ETH_ALEN];
	u8 host_mac[ETH_ALEN];
	u32 addr;
	char hostname[KVDEV_DHCP_NAME_MAX + 1];
	char boot_file[KVDEV_DHCP_FILE_MAX + 1];
	char tftp_server[KVDEV_DHCP_NAME_MAX + 1];
};

/**
 * kvdev_dhcp_candidate() - whether a frame may be for the server
 * @head: beginning of the frame
 * @have: bytes at @head; with fewer than 42 the answer is no
 *
 * Cheap, for all frames the guest sends.
 *
 * Return: true if kvdev_dhcp_answer() is to be asked.
 */
bool kvdev_dhcp_candidate(const u8 *head, u32 have);

/**
 * kvdev_dhcp_answer() - answer a frame of the guest
 * @dhcp: what to tell
 * @frame: the frame, all of it
 * @len: its bytes
 * @reply: KVDEV_DHCP_REPLY_MAX bytes
 *
 * Return: bytes of the frame in @reply for the guest to receive; 0 if there is
 * nothing to say, but the frame was for the server; -ENOENT if it was not, and
 * goes where all frames go.
 */
int kvdev_dhcp_answer(const struct kvdev_dhcp *dhcp, const u8 *frame, u32 len,
		      u8 *reply);

#endif /* KVDEV_NET_DHCP_H */
