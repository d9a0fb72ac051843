/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands of vhost that older headers lack: of kernels, and of users' programs,
 * which the tests are.
 */
#ifndef KVDEV_COMPAT_VHOST_H
#define KVDEV_COMPAT_VHOST_H

#include <linux/vhost.h>

/* Features as an array (v6.17). */
#ifndef VHOST_GET_FEATURES_ARRAY
struct vhost_features_array {
	__u64 count;
	__u64 features[];
};

#define VHOST_GET_FEATURES_ARRAY _IOR(VHOST_VIRTIO, 0x83, \
				       struct vhost_features_array)
#define VHOST_SET_FEATURES_ARRAY _IOW(VHOST_VIRTIO, 0x83, \
				       struct vhost_features_array)
#endif

#endif /* KVDEV_COMPAT_VHOST_H */
