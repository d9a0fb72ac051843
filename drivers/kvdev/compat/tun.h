/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Batches of packets for taps; see Kbuild.probe.
 */
#ifndef KVDEV_COMPAT_TUN_H
#define KVDEV_COMPAT_TUN_H

#include <linux/if_tun.h>
#include <linux/string.h>
#include <net/xdp.h>

/* Its own header file since v6.13, part of gfp.h before. */
#ifdef KVDEV_HAVE_PAGE_FRAG_CACHE_H
#include <linux/page_frag_cache.h>
#else
#include <linux/gfp.h>
#endif

/* Segmentation in UDP tunnels (v6.17); macvtap and ipvtap do not have it. */
#ifdef TUN_F_UDP_TUNNEL_GSO
#define KVDEV_TUN_TUNNELS		true
#else
#define KVDEV_TUN_TUNNELS		false
#define TUN_F_UDP_TUNNEL_GSO		0x080
#define TUN_F_UDP_TUNNEL_GSO_CSUM	0x100
#endif

/* Most that is put in front of a packet in its buffer. */
#define KVDEV_TUN_BATCH_HDR	28

/*
 * What a tap wants to find at the beginning of a packet's buffer: the length
 * of the buffer and the virtio header, or (v7.1) the header alone. It may look
 * at more of the header than the @len bytes there are: the rest is 0.
 */
static inline void kvdev_compat_tun_batch_hdr(struct xdp_buff *xdp,
					      const void *hdr, size_t len)
{
	void *start = xdp->data_hard_start;

	memset(start, 0, KVDEV_TUN_BATCH_HDR);
#ifdef KVDEV_HAVE_TUN_XDP_HDR
	((struct tun_xdp_hdr *)start)->buflen = xdp->frame_sz;
	memcpy(start + offsetof(struct tun_xdp_hdr, gso), hdr, len);
#else
	memcpy(start, hdr, len);
#endif
}

#endif /* KVDEV_COMPAT_TUN_H */
