/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between supported kernels, and the only place that may test for
 * a version or a feature of the kernel. Code is written to the newest API;
 * each entry says what changed, when, and so when it can go.
 */
#ifndef KVDEV_COMPAT_H
#define KVDEV_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#error "kvdev needs Linux 6.12 or newer"
#endif

/* Symbol namespaces are strings, were tokens (v6.13). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define KVDEV_NS "KVDEV"
#define KVDEV_KUNIT_NS "EXPORTED_FOR_KUNIT_TESTING"
#else
#define KVDEV_NS KVDEV
#define KVDEV_KUNIT_NS EXPORTED_FOR_KUNIT_TESTING
#endif

#endif /* KVDEV_COMPAT_H */
