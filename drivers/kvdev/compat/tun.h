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

/* Most that is put in front of a packet in its buffer. */
#define KVDEV_TUN_BATCH_HDR	24

/*
 * What a tap wants to find at the beginning of a packet's buffer: the length
 * of the buffer and the virtio header, or (v7.1) the header alone. It may look
 * at more than the header's shortest form: the rest is 0.
 */
static inline void kvdev_compat_tun_batch_hdr(struct xdp_buff *xdp,
					      const struct virtio_net_hdr *hdr)
{
	void *start = xdp->data_hard_start;

	memset(start, 0, KVDEV_TUN_BATCH_HDR);
#ifdef KVDEV_HAVE_TUN_XDP_HDR
	((struct tun_xdp_hdr *)start)->buflen = xdp->frame_sz;
	((struct tun_xdp_hdr *)start)->gso = *hdr;
#else
	memcpy(start, hdr, sizeof(*hdr));
#endif
}

#endif /* KVDEV_COMPAT_TUN_H */
