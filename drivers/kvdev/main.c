// SPDX-License-Identifier: GPL-2.0
/*
 * kvdev: in-kernel virtio devices for KVM guests.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "core.h"
#include "memacc.h"
#include "version.h"

static int __init kvdev_init(void)
{
	int ret;

	ret = kvdev_memacc_init();
	if (ret)
		return ret;
	kvdev_debugfs_init();
	ret = kvdev_chardev_init();
	if (ret)
		goto err_exit;
	return 0;

err_exit:
	kvdev_debugfs_exit();
	kvdev_memacc_exit();
	return ret;
}

static void __exit kvdev_exit(void)
{
	kvdev_chardev_exit();
	kvdev_debugfs_exit();
	kvdev_memacc_exit();
}

module_init(kvdev_init);
module_exit(kvdev_exit);

MODULE_DESCRIPTION("In-kernel virtio devices for KVM guests");
MODULE_LICENSE("GPL");
MODULE_VERSION(KVDEV_VERSION);
