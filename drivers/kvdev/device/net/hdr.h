/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The header before each frame (5.1.6): checked and made harmless when the
 * driver wrote it, made to fit what was negotiated when the host did.
 */
#ifndef KVDEV_NET_HDR_H
#define KVDEV_NET_HDR_H

#include "proto.h"

/* Bytes of the header by features, kvdev_net_hdr_len(). */
#define KVDEV_NET_HDR_LEGACY	10
#define KVDEV_NET_HDR_LEN	12
#define KVDEV_NET_HDR_HASH_LEN	20
#define KVDEV_NET_HDR_TUNNEL_LEN	24

/**
 * struct kvdev_net_hdr - the longest header; the shorter ones are its beginning
 * @flags: VIRTIO_NET_HDR_F_*
 * @gso_type: VIRTIO_NET_HDR_GSO_*
 * @hdr_len: bytes of all headers of the frame, a hint
 * @gso_size: payload bytes of a segment
 * @csum_start: offset of the first byte to sum up
 * @csum_offset: offset of the sum from there
 * @num_buffers: chains a received frame is in
 * @hash_value: hash of a received frame
 * @hash_report: VIRTIO_NET_HASH_REPORT_*: what @hash_value is of
 * @padding: 0
 * @outer_th_offset: where the header of the tunnel's UDP is
 * @inner_nh_offset: where the network header of the packet in the tunnel is
 */
struct kvdev_net_hdr {
	u8 flags;
	u8 gso_type;
	__le16 hdr_len;
	__le16 gso_size;
	__le16 csum_start;
	__le16 csum_offset;
	__le16 num_buffers;
	__le32 hash_value;
	__le16 hash_report;
	__le16 padding;
	__le16 outer_th_offset;
	__le16 inner_nh_offset;
};

/**
 * kvdev_net_hdr_len() - size of the header in every buffer
 * @features: negotiated
 *
 * Return: bytes
 */
unsigned int kvdev_net_hdr_len(u64 features);

/**
 * kvdev_net_hdr_tx() - check the header of a frame the driver sends
 * @hdr: our copy of it. If the frame passes, only what the host may rely on is
 *	left: known flags, fields that are in use, a header length within the
 *	frame
 * @len: bytes of the frame without this header
 * @features: negotiated
 *
 * Return: KVDEV_NET_PASS, or why to drop the frame.
 */
enum kvdev_net_drop kvdev_net_hdr_tx(struct kvdev_net_hdr *hdr, u32 len,
				     u64 features);

/**
 * kvdev_net_hdr_rx() - make a header of the host fit for the driver
 * @hdr: as the host wrote it. What is no business of the host is set: one
 *	buffer, no hash
 * @len: bytes of the frame without this header
 * @offloads: of KVDEV_NET_GUEST_OFFLOADS, what is on now
 *
 * Return: KVDEV_NET_PASS, or why to drop the frame: what it needs is not on (it
 * was under way when the driver switched it off).
 */
enum kvdev_net_drop kvdev_net_hdr_rx(struct kvdev_net_hdr *hdr, u32 len,
				     u64 offloads);

#endif /* KVDEV_NET_HDR_H */
