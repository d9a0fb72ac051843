/* SPDX-License-Identifier: GPL-2.0 */
/* In the kernel the name without uapi/ is another header. */
#include <linux/virtio_blk.h>
