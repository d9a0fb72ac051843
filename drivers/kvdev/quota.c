// SPDX-License-Identifier: GPL-2.0
/*
 * How many devices a user has: those who made them stay charged until the devices
 * are gone, though with a name they outlive their makers' processes.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>

#include "quota.h"

static unsigned int max_devices_per_user = 128;
module_param(max_devices_per_user, uint, 0644);
MODULE_PARM_DESC(max_devices_per_user,
		 "devices a user may have who lacks CAP_SYS_RESOURCE (128)");

/* Devices by kuid; a user without any has no entry. */
static DEFINE_XARRAY(users);
static DEFINE_MUTEX(users_mutex);	/* counts */

/**
 * kvdev_quota_charge() - the caller makes a device
 * @uid: set to whom it is charged to
 *
 * Return: 0; -EDQUOT if he has as many as he may have; -ENOMEM.
 */
int kvdev_quota_charge(kuid_t *uid)
{
	unsigned long nr, index;
	void *entry;
	int ret;

	*uid = current_fsuid();
	index = __kuid_val(*uid);
	mutex_lock(&users_mutex);
	entry = xa_load(&users, index);
	nr = entry ? xa_to_value(entry) : 0;
	if (nr >= READ_ONCE(max_devices_per_user) && !capable(CAP_SYS_RESOURCE))
		ret = -EDQUOT;
	else
		ret = xa_err(xa_store(&users, index, xa_mk_value(nr + 1),
				      GFP_KERNEL));
	mutex_unlock(&users_mutex);
	return ret;
}

/**
 * kvdev_quota_uncharge() - a device is gone
 * @uid: from kvdev_quota_charge()
 */
void kvdev_quota_uncharge(kuid_t uid)
{
	unsigned long nr, index = __kuid_val(uid);

	mutex_lock(&users_mutex);
	nr = xa_to_value(xa_load(&users, index));
	/* An entry is there: no memory is needed. */
	if (nr > 1)
		xa_store(&users, index, xa_mk_value(nr - 1), GFP_KERNEL);
	else
		xa_erase(&users, index);
	mutex_unlock(&users_mutex);
}
