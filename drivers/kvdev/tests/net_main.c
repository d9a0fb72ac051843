// SPDX-License-Identifier: GPL-2.0
/*
 * Module of the KUnit suites of kvdev_net; each suite registers itself.
 */
#include <linux/module.h>

#include "../compat/compat.h"

MODULE_DESCRIPTION("KUnit suites of kvdev_net's pure code");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(KVDEV_NS);
