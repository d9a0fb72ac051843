/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vDPA bus of older kernels; see Kbuild.probe.
 */
#ifndef KVDEV_COMPAT_VDPA_H
#define KVDEV_COMPAT_VDPA_H

#include <linux/vdpa.h>

#ifdef KVDEV_HAVE_VDPA_MAP

#define kvdev_compat_vdpa_alloc(type, member, parent, ops, name, use_va)     \
	vdpa_alloc_device(type, member, parent, ops, NULL, 1, 1, name, use_va)

static inline void kvdev_compat_vdpa_set_dma_dev(struct vdpa_device *vdpa,
						 struct device *dev)
{
	vdpa->vmap.dma_dev = dev;
}

#else

#define kvdev_compat_vdpa_alloc(type, member, parent, ops, name, use_va)     \
	vdpa_alloc_device(type, member, parent, ops, 1, 1, name, use_va)

static inline void kvdev_compat_vdpa_set_dma_dev(struct vdpa_device *vdpa,
						 struct device *dev)
{
	vdpa->dma_dev = dev;
}

#endif

#endif /* KVDEV_COMPAT_VDPA_H */
