// SPDX-License-Identifier: GPL-2.0
/*
 * Adding and removing devices: "vdpa dev add name NAME mgmtdev kvdev" puts the
 * kvdev device of that name on the bus.
 *
 * The management interface of the bus has no words for a backing file, so the
 * device is created and given its store first, through /dev/kvdev.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <uapi/linux/vdpa.h>
#include <uapi/linux/virtio_blk.h>
#include <uapi/linux/virtio_ids.h>
#include <uapi/linux/virtio_net.h>

#include "compat/compat.h"
#include "compat/vdpa.h"
#include "core.h"
#include "vdpa.h"
#include "version.h"

/* What devices on the bus may offer, for people to see; one may have less. */
#define ANY_FEATURES	(BIT_ULL(VIRTIO_F_VERSION_1) |		\
			 BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |	\
			 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) |	\
			 BIT_ULL(VIRTIO_RING_F_EVENT_IDX) |	\
			 BIT_ULL(VIRTIO_F_RING_PACKED))
#define BLK_FEATURES	(BIT_ULL(VIRTIO_BLK_F_SEG_MAX) |	\
			 BIT_ULL(VIRTIO_BLK_F_RO) |		\
			 BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) |	\
			 BIT_ULL(VIRTIO_BLK_F_FLUSH) |		\
			 BIT_ULL(VIRTIO_BLK_F_DISCARD) |	\
			 BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES) |	\
			 BIT_ULL(VIRTIO_BLK_F_MQ))
#define NET_FEATURES	(BIT_ULL(VIRTIO_NET_F_CSUM) |		\
			 BIT_ULL(VIRTIO_NET_F_HOST_TSO4) |	\
			 BIT_ULL(VIRTIO_NET_F_HOST_TSO6) |	\
			 BIT_ULL(VIRTIO_NET_F_HOST_ECN) |	\
			 BIT_ULL(VIRTIO_NET_F_HOST_UFO) |	\
			 BIT_ULL(VIRTIO_NET_F_HOST_USO) |	\
			 BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) |	\
			 BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) |	\
			 BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) |	\
			 BIT_ULL(VIRTIO_NET_F_GUEST_ECN) |	\
			 BIT_ULL(VIRTIO_NET_F_GUEST_UFO) |	\
			 BIT_ULL(VIRTIO_NET_F_GUEST_USO4) |	\
			 BIT_ULL(VIRTIO_NET_F_GUEST_USO6) |	\
			 BIT_ULL(VIRTIO_NET_F_MAC) |		\
			 BIT_ULL(VIRTIO_NET_F_MTU) |		\
			 BIT_ULL(VIRTIO_NET_F_STATUS) |		\
			 BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX) |	\
			 BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) |	\
			 BIT_ULL(VIRTIO_F_ANY_LAYOUT) |		\
			 BIT_ULL(VIRTIO_NET_F_CTRL_VQ) |	\
			 BIT_ULL(VIRTIO_NET_F_CTRL_RX) |	\
			 BIT_ULL(VIRTIO_NET_F_CTRL_RX_EXTRA) |	\
			 BIT_ULL(VIRTIO_NET_F_CTRL_VLAN) |	\
			 BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR) |	\
			 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_ANNOUNCE) |	\
			 BIT_ULL(VIRTIO_NET_F_NOTF_COAL) |	\
			 BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL) |	\
			 BIT_ULL(VIRTIO_NET_F_DEVICE_STATS) |	\
			 BIT_ULL(VIRTIO_NET_F_MQ) |		\
			 BIT_ULL(VIRTIO_NET_F_RSS) |		\
			 BIT_ULL(VIRTIO_NET_F_HASH_REPORT))

struct workqueue_struct *kvdev_vdpa_wq;

static struct device *mgmt_parent, *net_parent;

/*
 * The network attributes of "vdpa dev add": what the device has was said when
 * it was made, so here they can only be wrong.
 */
static int check_net_attrs(const struct kvdev_dev *dev,
			   const struct vdpa_dev_set_config *config)
{
	const struct virtio_net_config *has = (const void *)dev->regs.config;

	if (dev->type->id != VIRTIO_ID_NET)
		return -EINVAL;
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) &&
	    !ether_addr_equal_unaligned(has->mac, config->net.mac))
		return -EINVAL;
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU) &&
	    __virtio16_to_cpu(true, has->mtu) != config->net.mtu)
		return -EINVAL;
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP) &&
	    __virtio16_to_cpu(true, has->max_virtqueue_pairs) !=
	    config->net.max_vq_pairs)
		return -EINVAL;
	return 0;
}

/* The node of the device follows its owner, group and mode: udev sees to it. */
static void perm_changed(void *user)
{
	struct kvdev_vdpa *v = user;

	/* On its way there, or from there, nobody has a node. */
	if (device_is_registered(&v->vdpa.dev))
		kobject_uevent(&v->vdpa.dev.kobj, KOBJ_CHANGE);
}

/*
 * The whole host's management of the bus waits while a device is added or
 * removed. So nobody is waited for who may keep the device for long.
 */
#define LOCK_TRIES	100
#define LOCK_PAUSE_MS	10

static int lock_device(struct kvdev_dev *dev)
{
	unsigned int i;

	for (i = 0; i < LOCK_TRIES; i++) {
		if (mutex_trylock(&dev->mutex))
			return 0;
		if (msleep_interruptible(LOCK_PAUSE_MS))
			return -EINTR;
	}
	return -EBUSY;
}

/* The device of that name, referenced and claimed for the bus. */
static struct kvdev_dev *claim_device(struct kvdev_vdpa *v, const char *name,
				      bool net,
				      const struct vdpa_dev_set_config *config)
{
	/* The request is handled in the process that sends it. */
	struct kvdev_dev *dev = kvdev_registry_find(name, KVDEV_MAY_WRITE,
						    NULL);
	int ret;

	if (IS_ERR(dev))
		return dev;

	ret = lock_device(dev);
	if (ret)
		goto err_put;
	/* No driver on the bus knows it, and VMMs end on an unknown id. */
	ret = dev->type->id == KVDEV_DEVICE_VMMCI ? -EOPNOTSUPP : 0;
	if (net)
		ret = check_net_attrs(dev, config);
	if (ret)
		goto err_unlock;
	ret = kvdev_dev_claim(dev, KVDEV_USE_VDPA, v);
	if (ret)
		goto err_unlock;
	dev->perm_changed = perm_changed;
	/* Drivers behind the bus use the addresses it gives them. */
	dev->extra_features = BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
	kvdev_dev_update_features(dev);
	/* As others on the bus do: no driver there could use it. */
	if (!(dev->regs.device_features & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM))) {
		ret = -EOPNOTSUPP;
		goto err_unclaim;
	}
	/*
	 * QEMU takes the 16 bits of the largest ring size for 32 and ends up
	 * with its own limit, whatever we say.
	 */
	kvdev_dev_widen_queues(dev, KVDEV_MAX_RING_SIZE);
	if (config->mask & BIT_ULL(VDPA_ATTR_DEV_FEATURES)) {
		u64 wanted = config->device_features;

		/* More than there is, or less than the bus needs. */
		if (wanted & ~dev->regs.device_features ||
		    !(wanted & BIT_ULL(VIRTIO_F_VERSION_1)) ||
		    !(wanted & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM))) {
			ret = -EINVAL;
			goto err_unclaim;
		}
		dev->bus_features = wanted;
		kvdev_dev_update_features(dev);
	}
	mutex_unlock(&dev->mutex);
	return dev;

err_unclaim:
	kvdev_dev_unclaim(dev);
err_unlock:
	mutex_unlock(&dev->mutex);
err_put:
	kvdev_dev_put(dev);
	return ERR_PTR(ret);
}

static int dev_add(struct vdpa_mgmt_dev *mdev, const char *name,
		   const struct vdpa_dev_set_config *config)
{
	struct kvdev_vdpa *v;
	struct kvdev_dev *dev;
	int ret;

	v = kvdev_compat_vdpa_alloc(struct kvdev_vdpa, vdpa, mgmt_parent,
				    &kvdev_vdpa_ops, name, true);
	if (IS_ERR(v))
		return PTR_ERR(v);

	dev = claim_device(v, name, mdev->device == net_parent, config);
	if (IS_ERR(dev)) {
		ret = PTR_ERR(dev);
		goto err_put;
	}
	/* A device on the bus keeps the module; see kvdev_vdpa_ops.free. */
	__module_get(THIS_MODULE);
	kvdev_vdpa_map_init(v);
	v->dev = dev;
	v->vdpa.mdev = mdev;
	/* A driver in this kernel maps its memory for this device. */
	kvdev_compat_vdpa_set_dma_dev(&v->vdpa, &v->vdpa.dev);
	v->vdpa.dev.dma_mask = &v->vdpa.dev.coherent_dma_mask;
	ret = dma_set_mask_and_coherent(&v->vdpa.dev, DMA_BIT_MASK(64));
	if (ret)
		goto err_put;

	ret = _vdpa_register_device(&v->vdpa, kvdev_dev_nr_queues(dev));
	if (ret)
		goto err_put;
	return 0;

err_put:
	/* Gives the device back, see kvdev_vdpa_ops.free. */
	put_device(&v->vdpa.dev);
	return ret;
}

static void dev_del(struct vdpa_mgmt_dev *mdev, struct vdpa_device *vdpa)
{
	_vdpa_unregister_device(vdpa);
}

static const struct vdpa_mgmtdev_ops mgmt_ops = {
	.dev_add = dev_add,
	.dev_del = dev_del,
};

/*
 * Two of them: for the one that has network devices among others, the bus
 * takes no features. So any device goes through "kvdev", network devices with
 * their attributes through "kvdev-net".
 */
static struct virtio_device_id mgmt_ids[] = {
	{ VIRTIO_ID_BLOCK, VIRTIO_DEV_ANY_ID },
	{ VIRTIO_ID_RNG, VIRTIO_DEV_ANY_ID },
	{ VIRTIO_ID_SCSI, VIRTIO_DEV_ANY_ID },
	{ 0 },
};

static struct vdpa_mgmt_dev mgmt = {
	.ops = &mgmt_ops,
	.id_table = mgmt_ids,
	.config_attr_mask = BIT_ULL(VDPA_ATTR_DEV_FEATURES),
	.max_supported_vqs = KVDEV_MAX_QUEUES,
	.supported_features = ANY_FEATURES | BLK_FEATURES,
};

static struct virtio_device_id net_ids[] = {
	{ VIRTIO_ID_NET, VIRTIO_DEV_ANY_ID },
	{ 0 },
};

static struct vdpa_mgmt_dev net_mgmt = {
	.ops = &mgmt_ops,
	.id_table = net_ids,
	.config_attr_mask = BIT_ULL(VDPA_ATTR_DEV_FEATURES) |
			    BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MACADDR) |
			    BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MTU) |
			    BIT_ULL(VDPA_ATTR_DEV_NET_CFG_MAX_VQP),
	.max_supported_vqs = KVDEV_MAX_QUEUES,
	.supported_features = ANY_FEATURES | NET_FEATURES,
};

static int mgmt_add(struct vdpa_mgmt_dev *m, struct device **parent,
		    const char *name)
{
	int ret;

	*parent = root_device_register(name);
	if (IS_ERR(*parent))
		return PTR_ERR(*parent);
	m->device = *parent;
	ret = vdpa_mgmtdev_register(m);
	if (ret)
		root_device_unregister(*parent);
	return ret;
}

static void mgmt_remove(struct vdpa_mgmt_dev *m)
{
	vdpa_mgmtdev_unregister(m);
	root_device_unregister(m->device);
}

static int __init kvdev_vdpa_init(void)
{
	int ret;

	kvdev_vdpa_wq = alloc_workqueue("kvdev-vdpa", WQ_UNBOUND, 0);
	if (!kvdev_vdpa_wq)
		return -ENOMEM;
	ret = mgmt_add(&mgmt, &mgmt_parent, "kvdev");
	if (ret)
		goto err_destroy_wq;
	ret = mgmt_add(&net_mgmt, &net_parent, "kvdev-net");
	if (ret)
		goto err_remove;
	return 0;

err_remove:
	mgmt_remove(&mgmt);
err_destroy_wq:
	destroy_workqueue(kvdev_vdpa_wq);
	return ret;
}

static void __exit kvdev_vdpa_exit(void)
{
	/* No device of ours is on the bus: each keeps the module. */
	mgmt_remove(&net_mgmt);
	mgmt_remove(&mgmt);
	destroy_workqueue(kvdev_vdpa_wq);
}

module_init(kvdev_vdpa_init);
module_exit(kvdev_vdpa_exit);

MODULE_DESCRIPTION("kvdev devices on the vDPA bus");
MODULE_LICENSE("GPL");
MODULE_VERSION(KVDEV_VERSION);
MODULE_IMPORT_NS(KVDEV_NS);
