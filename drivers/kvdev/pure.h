/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that pure code may include: types, byte order, overflow-checked
 * arithmetic, barriers and the structures of the virtio specification.
 * No locks, no allocation, no printing, no user access.
 */
#ifndef KVDEV_PURE_H
#define KVDEV_PURE_H

#include <linux/types.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <uapi/linux/virtio_blk.h>
#include <uapi/linux/virtio_net.h>
#include <asm/barrier.h>
#include <asm/byteorder.h>
#include <linux/uio.h>

#endif /* KVDEV_PURE_H */
