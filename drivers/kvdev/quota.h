/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The number of devices of a user.
 */
#ifndef KVDEV_QUOTA_H
#define KVDEV_QUOTA_H

#include <linux/uidgid_types.h>

int kvdev_quota_charge(kuid_t *uid);
void kvdev_quota_uncharge(kuid_t uid);

#endif /* KVDEV_QUOTA_H */
