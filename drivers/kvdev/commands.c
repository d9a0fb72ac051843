// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on a device, own ones and those of vhost, in one table.
 *
 * A handler gets its argument as a copy in kernel memory, complete and with
 * unknown parts known to be zero, and the device with its mutex held. What it
 * leaves in the copy goes back to user space if the command says so. What is not
 * in the argument is copied before or afterwards (struct kvdev_cmd_copy): a
 * handler touches no user memory and opens no file, both of which may wait for
 * somebody who never comes.
 */
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/virtio_config.h>

#include "backend/backend.h"
#include "commands.h"
#include "core.h"

#define BACKEND_FEATURES	(BIT_ULL(VHOST_BACKEND_F_SUSPEND) |	\
				 BIT_ULL(VHOST_BACKEND_F_RESUME))

/**
 * kvdev_payload_drop() - free what nobody took
 * @p: the payload
 *
 * Context: the mutex is not held: closing a store may wait.
 */
void kvdev_payload_drop(struct kvdev_payload *p)
{
	kfree(p->bytes);
	kvdev_mem_put(p->mem);
	kvdev_backend_close(p->store);
}

/* With -1 for @fd there is none. */
static int open_store(struct kvdev_payload *p, int fd, u32 format,
		      bool read_only)
{
	struct kvdev_backend *store;

	if (fd == -1)
		return 0;
	store = kvdev_backend_open(fd, format, read_only, 0);
	if (IS_ERR(store))
		return PTR_ERR(store);
	p->store = store;
	return 0;
}

/* ---------------------------------------------------------- own commands */

static int set_backend_in(struct kvdev_dev *dev, const union kvdev_arg *arg,
			  void __user *uarg, struct kvdev_payload *p)
{
	const struct kvdev_set_backend *b = &arg->set_backend;

	if (b->flags & ~(KVDEV_BACKEND_RDONLY | KVDEV_BACKEND_NO_DISCARD))
		return -EOPNOTSUPP;
	if (b->__reserved || b->__reserved2)
		return -EINVAL;
	if (!dev->type->set_backend)
		return -EOPNOTSUPP;
	return open_store(p, b->fd, b->format, b->flags & KVDEV_BACKEND_RDONLY);
}

static const struct kvdev_cmd_copy set_backend_copy = {
	.in = set_backend_in,
};

static int cmd_set_backend(struct kvdev_dev *dev, union kvdev_arg *arg,
			   struct kvdev_payload *p)
{
	const struct kvdev_set_backend *b = &arg->set_backend;
	int ret;

	if (dev->regs.status)
		return -EBUSY;
	ret = dev->type->set_backend(dev, b, &p->store);
	if (ret)
		return ret;
	kvdev_dev_update_features(dev);
	kvdev_dev_config_changed(dev);
	return 0;
}

static int cmd_get_stats(struct kvdev_dev *dev, union kvdev_arg *arg,
			 struct kvdev_payload *p)
{
	if (arg->get_stats.flags)
		return -EOPNOTSUPP;
	if (arg->get_stats.__reserved)
		return -EINVAL;
	return kvdev_stats_read(dev, &arg->get_stats);
}

static int cmd_bind_transport(struct kvdev_dev *dev, union kvdev_arg *arg,
			      struct kvdev_payload *p)
{
	return kvdev_bind_transport(dev, &arg->bind_transport);
}

static int cmd_access(struct kvdev_dev *dev, union kvdev_arg *arg,
		      struct kvdev_payload *p)
{
	if (arg->access.flags & ~KVDEV_ACCESS_WRITE)
		return -EOPNOTSUPP;
	if (arg->access.__reserved)
		return -EINVAL;
	return kvdev_access(dev, &arg->access);
}

static int cmd_set_vector(struct kvdev_dev *dev, union kvdev_arg *arg,
			  struct kvdev_payload *p)
{
	if (arg->set_vector.flags)
		return -EOPNOTSUPP;
	return kvdev_set_vector(dev, arg->set_vector.vector,
				arg->set_vector.fd);
}

static int cmd_set_line(struct kvdev_dev *dev, union kvdev_arg *arg,
			struct kvdev_payload *p)
{
	if (arg->set_line.flags)
		return -EOPNOTSUPP;
	return kvdev_set_line(dev, arg->set_line.fd,
			      arg->set_line.resample_fd);
}

static int cmd_pci_state(struct kvdev_dev *dev, union kvdev_arg *arg,
			 struct kvdev_payload *p)
{
	return kvdev_pci_state(dev, &arg->pci_state);
}

static int cmd_pci_config(struct kvdev_dev *dev, union kvdev_arg *arg,
			  struct kvdev_payload *p)
{
	return kvdev_pci_config(dev, &arg->pci_config);
}

static int cmd_get_doorbell(struct kvdev_dev *dev, union kvdev_arg *arg,
			    struct kvdev_payload *p)
{
	return kvdev_get_doorbell(dev, &arg->get_doorbell);
}

static int add_lun_in(struct kvdev_dev *dev, const union kvdev_arg *arg,
		      void __user *uarg, struct kvdev_payload *p)
{
	return dev->type->open_store ?
	       dev->type->open_store(dev, KVDEV_SCSI_ADD_LUN, arg, &p->store) :
	       -EOPNOTSUPP;
}

static const struct kvdev_cmd_copy add_lun_copy = {
	.in = add_lun_in,
};

static int set_media_in(struct kvdev_dev *dev, const union kvdev_arg *arg,
			void __user *uarg, struct kvdev_payload *p)
{
	return dev->type->open_store ?
	       dev->type->open_store(dev, KVDEV_SCSI_SET_MEDIA, arg,
				     &p->store) : -EOPNOTSUPP;
}

static const struct kvdev_cmd_copy set_media_copy = {
	.in = set_media_in,
};

/* -------------------------------------------------------- vhost commands */

static int cmd_set_owner(struct kvdev_dev *dev, union kvdev_arg *arg,
			 struct kvdev_payload *p)
{
	return kvdev_dev_set_owner(dev, KVDEV_WORKER_OWNER);
}

static int cmd_reset_owner(struct kvdev_dev *dev, union kvdev_arg *arg,
			   struct kvdev_payload *p)
{
	int ret = kvdev_dev_drain(dev, KVDEV_WAIT_KILLABLE);

	if (!ret)
		kvdev_dev_unclaim(dev);
	return ret;
}

static int mem_table_in(struct kvdev_dev *dev, const union kvdev_arg *arg,
			void __user *uarg, struct kvdev_payload *p)
{
	struct kvdev_mem_table *table = kvdev_mem_from_user(uarg);

	if (IS_ERR(table))
		return PTR_ERR(table);
	p->mem = table;
	return 0;
}

static const struct kvdev_cmd_copy mem_table_copy = {
	.in = mem_table_in,
};

static int cmd_set_mem_table(struct kvdev_dev *dev, union kvdev_arg *arg,
			     struct kvdev_payload *p)
{
	struct kvdev_mem_table *table = p->mem;

	p->mem = NULL;
	return kvdev_dev_set_mem(dev, table);
}

static int cmd_get_features(struct kvdev_dev *dev, union kvdev_arg *arg,
			    struct kvdev_payload *p)
{
	arg->features = dev->regs.device_features;
	return 0;
}

static int set_features(struct kvdev_dev *dev, u64 low, u64 high)
{
	if (dev->regs.status & VIRTIO_CONFIG_S_FEATURES_OK)
		return -EBUSY;
	if (low & ~dev->regs.device_features ||
	    high & ~dev->regs.device_features_hi)
		return -EOPNOTSUPP;
	dev->regs.driver_features = low;
	dev->regs.driver_features_hi = high;
	return 0;
}

static int cmd_set_features(struct kvdev_dev *dev, union kvdev_arg *arg,
			    struct kvdev_payload *p)
{
	return set_features(dev, arg->features, 0);
}

/* Words an array may have; two are known. */
#define FEATURES_COUNT_MAX	512

static int features_array_in(struct kvdev_dev *dev, const union kvdev_arg *arg,
			     void __user *uarg, struct kvdev_payload *p)
{
	struct vhost_features_array __user *user = uarg;
	int ret;

	if (arg->count > FEATURES_COUNT_MAX)
		return -E2BIG;
	/* A shorter one has no more; beyond what is known nothing is offered. */
	ret = copy_struct_from_user(p->features, sizeof(p->features),
				    user->features, arg->count * sizeof(u64));
	return ret == -E2BIG ? -EOPNOTSUPP : ret;
}

static int features_array_out(const union kvdev_arg *arg, void __user *uarg,
			      const struct kvdev_payload *p)
{
	struct vhost_features_array __user *user = uarg;
	size_t size = arg->count * sizeof(u64);
	size_t known = min(size, sizeof(p->features));

	if (copy_to_user(user->features, p->features, known) ||
	    clear_user((u8 __user *)user->features + known, size - known))
		return -EFAULT;
	return 0;
}

static const struct kvdev_cmd_copy get_features_array_copy = {
	.out = features_array_out,
};

static const struct kvdev_cmd_copy set_features_array_copy = {
	.in = features_array_in,
};

static int cmd_get_features_array(struct kvdev_dev *dev, union kvdev_arg *arg,
				  struct kvdev_payload *p)
{
	if (arg->count > FEATURES_COUNT_MAX)
		return -E2BIG;
	p->features[0] = dev->regs.device_features;
	p->features[1] = dev->regs.device_features_hi;
	return 0;
}

static int cmd_set_features_array(struct kvdev_dev *dev, union kvdev_arg *arg,
				  struct kvdev_payload *p)
{
	return set_features(dev, p->features[0], p->features[1]);
}

static int cmd_get_backend_features(struct kvdev_dev *dev,
				    union kvdev_arg *arg, struct kvdev_payload *p)
{
	arg->features = BACKEND_FEATURES;
	return 0;
}

static int cmd_set_backend_features(struct kvdev_dev *dev,
				    union kvdev_arg *arg, struct kvdev_payload *p)
{
	return arg->features & ~BACKEND_FEATURES ? -EOPNOTSUPP : 0;
}

/* The queue of a command that configures it: exists and does not run. */
static int stopped_vq(struct kvdev_dev *dev, u32 index, struct kvdev_vq **vq)
{
	*vq = kvdev_dev_vq(dev, index);
	if (!*vq)
		return -ENXIO;
	return (*vq)->running ? -EBUSY : 0;
}

static int cmd_set_vring_num(struct kvdev_dev *dev, union kvdev_arg *arg,
			     struct kvdev_payload *p)
{
	u32 num = arg->vring_state.num;
	struct kvdev_vq *vq;
	int ret;

	ret = stopped_vq(dev, arg->vring_state.index, &vq);
	if (ret)
		return ret;
	if (!num || num > vq->regs->cfg.num_max ||
	    (!kvdev_dev_packed(dev) && !is_power_of_2(num)))
		return -EINVAL;
	vq->regs->cfg.num = num;
	return 0;
}

static int cmd_set_vring_addr(struct kvdev_dev *dev, union kvdev_arg *arg,
			      struct kvdev_payload *p)
{
	const struct vhost_vring_addr *a = &arg->vring_addr;
	struct kvdev_vq *vq;
	int ret;

	ret = stopped_vq(dev, a->index, &vq);
	if (ret)
		return ret;
	if (a->flags)
		return -EOPNOTSUPP;
	vq->regs->cfg.desc_addr = a->desc_user_addr;
	vq->regs->cfg.driver_addr = a->avail_user_addr;
	vq->regs->cfg.device_addr = a->used_user_addr;
	return 0;
}

static int cmd_set_vring_base(struct kvdev_dev *dev, union kvdev_arg *arg,
			      struct kvdev_payload *p)
{
	u32 base = arg->vring_state.num;
	struct kvdev_vq *vq;
	int ret;

	ret = stopped_vq(dev, arg->vring_state.index, &vq);
	if (ret)
		return ret;
	if (base > U16_MAX && !kvdev_dev_packed(dev))
		return -EINVAL;
	kvdev_vq_set_base(vq, base, base >> 16);
	return 0;
}

static int cmd_get_vring_base(struct kvdev_dev *dev, union kvdev_arg *arg,
			      struct kvdev_payload *p)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_state.index);
	u16 avail, used;
	int ret;

	if (!vq)
		return -ENXIO;
	ret = kvdev_vq_stop(vq, KVDEV_WAIT_KILLABLE);
	if (ret) {
		dev->unsettled = true;
		return ret;
	}
	kvdev_vq_get_base(vq, &avail, &used);
	/* As vhost does it; the split format's used index is in the ring. */
	arg->vring_state.num = kvdev_dev_packed(dev) ? avail | (u32)used << 16 : avail;
	return 0;
}

static int cmd_set_vring_kick(struct kvdev_dev *dev, union kvdev_arg *arg,
			      struct kvdev_payload *p)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_file.index);

	return vq ? kvdev_kick_set(&vq->kick, arg->vring_file.fd) : -ENXIO;
}

static int cmd_set_vring_call(struct kvdev_dev *dev, union kvdev_arg *arg,
			      struct kvdev_payload *p)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_file.index);

	return vq ? kvdev_call_set(&vq->call, arg->vring_file.fd) : -ENXIO;
}

static int cmd_set_vring_err(struct kvdev_dev *dev, union kvdev_arg *arg,
			     struct kvdev_payload *p)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_file.index);

	return vq ? kvdev_call_set(&vq->err, arg->vring_file.fd) : -ENXIO;
}

static int cmd_get_device_id(struct kvdev_dev *dev, union kvdev_arg *arg,
			     struct kvdev_payload *p)
{
	arg->num32 = dev->type->id;
	return 0;
}

static int cmd_get_status(struct kvdev_dev *dev, union kvdev_arg *arg,
			  struct kvdev_payload *p)
{
	arg->num8 = kvdev_dev_status(dev);
	return 0;
}

static int cmd_set_status(struct kvdev_dev *dev, union kvdev_arg *arg,
			  struct kvdev_payload *p)
{
	/* With a transport status is the driver's, but for a reset. */
	if (dev->transport && arg->num8)
		return -EBUSY;
	return kvdev_dev_set_status(dev, arg->num8);
}

static int cmd_suspend(struct kvdev_dev *dev, union kvdev_arg *arg,
		       struct kvdev_payload *p)
{
	return kvdev_dev_suspend(dev);
}

static int cmd_resume(struct kvdev_dev *dev, union kvdev_arg *arg,
		      struct kvdev_payload *p)
{
	return kvdev_dev_resume(dev);
}

/* The size of the configuration is a constant of the device. */
static int check_config_range(const struct kvdev_dev *dev,
			      const struct vhost_vdpa_config *c)
{
	u32 end;

	return check_add_overflow(c->off, c->len, &end) ||
	       end > dev->regs.config_len ? -EINVAL : 0;
}

static int get_config_in(struct kvdev_dev *dev, const union kvdev_arg *arg,
			 void __user *uarg, struct kvdev_payload *p)
{
	const struct vhost_vdpa_config *c = &arg->vdpa_config;
	int ret = check_config_range(dev, c);

	if (ret)
		return ret;
	p->len = c->len;
	p->bytes = kzalloc(c->len, GFP_KERNEL_ACCOUNT);
	return p->bytes ? 0 : -ENOMEM;
}

static int get_config_out(const union kvdev_arg *arg, void __user *uarg,
			  const struct kvdev_payload *p)
{
	struct vhost_vdpa_config __user *user = uarg;

	return copy_to_user(user->buf, p->bytes, p->len) ? -EFAULT : 0;
}

static const struct kvdev_cmd_copy get_config_copy = {
	.in = get_config_in,
	.out = get_config_out,
};

static int cmd_get_config(struct kvdev_dev *dev, union kvdev_arg *arg,
			  struct kvdev_payload *p)
{
	u32 offset = arg->vdpa_config.off;

	/* Somebody who only looks on does not disturb the driver's reading. */
	if (!kvdev_dev_driver_level(dev) &&
	    (!dev->mm || dev->mm == current->mm))
		kvdev_dev_refresh_config(dev, offset, p->len);
	memcpy(p->bytes, dev->regs.config + offset, p->len);
	return 0;
}

static int set_config_in(struct kvdev_dev *dev, const union kvdev_arg *arg,
			 void __user *uarg, struct kvdev_payload *p)
{
	const struct vhost_vdpa_config __user *user = uarg;
	const struct vhost_vdpa_config *c = &arg->vdpa_config;
	int ret = check_config_range(dev, c);
	u8 *bytes;

	if (ret)
		return ret;
	bytes = memdup_user(user->buf, c->len);
	if (IS_ERR(bytes))
		return PTR_ERR(bytes);
	p->bytes = bytes;
	p->len = c->len;
	return 0;
}

static const struct kvdev_cmd_copy set_config_copy = {
	.in = set_config_in,
};

static int cmd_set_config(struct kvdev_dev *dev, union kvdev_arg *arg,
			  struct kvdev_payload *p)
{
	return kvdev_dev_write_config(dev, arg->vdpa_config.off, p->bytes,
				      p->len);
}

static int cmd_set_config_call(struct kvdev_dev *dev, union kvdev_arg *arg,
			       struct kvdev_payload *p)
{
	return kvdev_call_set(&dev->config_call, arg->fd);
}

static int cmd_get_config_size(struct kvdev_dev *dev, union kvdev_arg *arg,
			       struct kvdev_payload *p)
{
	arg->num32 = dev->regs.config_len;
	return 0;
}

static int cmd_set_vring_enable(struct kvdev_dev *dev, union kvdev_arg *arg,
				struct kvdev_payload *p)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_state.index);

	if (!vq)
		return -ENXIO;
	if (arg->vring_state.num > 1)
		return -EINVAL;
	if (arg->vring_state.num)
		return kvdev_dev_enable_vq(dev, vq->index);
	return kvdev_dev_disable_vq(dev, vq->index);
}

static int cmd_get_vring_num(struct kvdev_dev *dev, union kvdev_arg *arg,
			     struct kvdev_payload *p)
{
	arg->num16 = kvdev_dev_queue_size(dev);
	return 0;
}

static int cmd_get_vqs_count(struct kvdev_dev *dev, union kvdev_arg *arg,
			     struct kvdev_payload *p)
{
	arg->num32 = dev->nr_vqs;
	return 0;
}

#define OWN_COPY(_cmd, _auth, _fn, _struct, _last, _flags, _copy)	\
	{								\
		.copy = _copy,						\
		.cmd = _cmd,						\
		.size = sizeof(_struct) +				\
			BUILD_BUG_ON_ZERO(sizeof(_struct) >		\
					  sizeof(union kvdev_arg)),	\
		.min_size = offsetofend(_struct, _last),		\
		.auth = AUTH_##_auth,					\
		.flags = _flags,					\
		.fn = _fn,						\
	}

#define OWN(_cmd, _auth, _fn, _struct, _last, _flags)			\
	OWN_COPY(_cmd, _auth, _fn, _struct, _last, _flags, NULL)

/* Of one device type. */
#define TYPE(_cmd, _auth, _struct, _last, _flags)			\
	OWN(_cmd, _auth, NULL, _struct, _last, _flags)

/* The number has the size in it, and is a constant. */
#define VHOST_COPY(_cmd, _auth, _fn, _flags, _copy)			\
	{								\
		.copy = _copy,						\
		.cmd = _cmd,						\
		.size = _IOC_SIZE(_cmd) +				\
			BUILD_BUG_ON_ZERO(_IOC_SIZE(_cmd) >		\
					  sizeof(union kvdev_arg)),	\
		.auth = AUTH_##_auth,					\
		.flags = _flags,					\
		.fn = _fn,						\
	}

#define VHOST(_cmd, _auth, _fn, _flags)					\
	VHOST_COPY(_cmd, _auth, _fn, _flags, NULL)

static const struct kvdev_cmd cmds[] = {
	/* What the device is */
	OWN_COPY(KVDEV_SET_BACKEND, SETUP, cmd_set_backend,
		 struct kvdev_set_backend, __reserved2, 0, &set_backend_copy),
	OWN(KVDEV_GET_STATS, LOOK, cmd_get_stats, struct kvdev_get_stats,
	    dev_ignored_accesses, CMD_OUT | CMD_UNSETTLED),

	/* The VMM that holds its registers */
	{
		.cmd = KVDEV_BIND_TRANSPORT,
		.size = sizeof(struct kvdev_bind_transport),
		.min_size = offsetofend(struct kvdev_bind_transport,
					device_len),
		.auth = AUTH_CLAIM,
		.flags = CMD_OUT | CMD_WRITABLE,
		.fn = cmd_bind_transport,
	},
	OWN(KVDEV_ACCESS, OWNER, cmd_access, struct kvdev_access, value,
	    CMD_OUT | CMD_UNSETTLED),
	OWN(KVDEV_SET_VECTOR, CLAIM, cmd_set_vector, struct kvdev_set_vector,
	    fd, 0),
	OWN(KVDEV_SET_LINE, CLAIM, cmd_set_line, struct kvdev_set_line,
	    resample_fd, 0),
	OWN(KVDEV_PCI_STATE, CLAIM, cmd_pci_state, struct kvdev_pci_state,
	    pending, CMD_OUT),
	OWN(KVDEV_PCI_CONFIG, CLAIM, cmd_pci_config, struct kvdev_pci_config,
	    caps, CMD_OUT),
	OWN(KVDEV_GET_DOORBELL, CLAIM, cmd_get_doorbell,
	    struct kvdev_get_doorbell, value, CMD_OUT),

	/* A guest is asked to shut down by others than its VMM. */
	TYPE(KVDEV_VMMCI_CMD, MANAGE, struct kvdev_vmmci_cmd, __reserved, 0),

	/* Link, announcements, boot files change while a guest runs. */
	TYPE(KVDEV_NET_ATTACH, SETUP, struct kvdev_net_attach, __reserved, 0),
	TYPE(KVDEV_NET_SET, MANAGE, struct kvdev_net_config, ifname, 0),
	TYPE(KVDEV_NET_GET, LOOK, struct kvdev_net_config, ifname, CMD_OUT),
	TYPE(KVDEV_NET_GET_STATS, LOOK, struct kvdev_net_get_stats, drop_memory,
	     CMD_OUT),
	TYPE(KVDEV_NET_LOCAL, MANAGE, struct kvdev_net_local, tftp_server, 0),

	/* Disks and media come and go while a guest runs. */
	OWN_COPY(KVDEV_SCSI_ADD_LUN, MANAGE, NULL, struct kvdev_scsi_add_lun,
		 wwn, 0, &add_lun_copy),
	TYPE(KVDEV_SCSI_REMOVE_LUN, MANAGE, struct kvdev_scsi_lun, lun, 0),
	OWN_COPY(KVDEV_SCSI_SET_MEDIA, MANAGE, NULL,
		 struct kvdev_scsi_set_media, format, 0, &set_media_copy),
	TYPE(KVDEV_SCSI_RESIZE_LUN, MANAGE, struct kvdev_scsi_lun, lun, 0),
	TYPE(KVDEV_SCSI_NEXT_LUN, LOOK, struct kvdev_scsi_next_lun, backing,
	     CMD_OUT),

	/* The VMM that uses the device */
	VHOST(VHOST_SET_OWNER, CLAIM, cmd_set_owner, 0),
	VHOST(VHOST_RESET_OWNER, OWNER, cmd_reset_owner, 0),
	VHOST_COPY(VHOST_SET_MEM_TABLE, OWNER, cmd_set_mem_table, 0,
		   &mem_table_copy),
	VHOST(VHOST_GET_FEATURES, LOOK, cmd_get_features, 0),
	VHOST(VHOST_SET_FEATURES, OWNER, cmd_set_features, CMD_RING_LEVEL),
	VHOST_COPY(VHOST_GET_FEATURES_ARRAY, LOOK, cmd_get_features_array,
		   CMD_HEADER, &get_features_array_copy),
	VHOST_COPY(VHOST_SET_FEATURES_ARRAY, OWNER, cmd_set_features_array,
		   CMD_RING_LEVEL | CMD_HEADER, &set_features_array_copy),
	VHOST(VHOST_GET_BACKEND_FEATURES, LOOK, cmd_get_backend_features, 0),
	/* Changes nothing. */
	VHOST(VHOST_SET_BACKEND_FEATURES, LOOK, cmd_set_backend_features, 0),
	VHOST(VHOST_SET_VRING_NUM, OWNER, cmd_set_vring_num, CMD_RING_LEVEL),
	VHOST(VHOST_SET_VRING_ADDR, OWNER, cmd_set_vring_addr, CMD_RING_LEVEL),
	VHOST(VHOST_SET_VRING_BASE, OWNER, cmd_set_vring_base, CMD_RING_LEVEL),
	VHOST(VHOST_GET_VRING_BASE, OWNER, cmd_get_vring_base, CMD_RING_LEVEL),
	VHOST(VHOST_SET_VRING_KICK, OWNER, cmd_set_vring_kick, 0),
	VHOST(VHOST_SET_VRING_CALL, OWNER, cmd_set_vring_call, CMD_RING_LEVEL),
	VHOST(VHOST_SET_VRING_ERR, OWNER, cmd_set_vring_err, 0),
	VHOST(VHOST_VDPA_GET_DEVICE_ID, LOOK, cmd_get_device_id, 0),
	VHOST(VHOST_VDPA_GET_STATUS, LOOK, cmd_get_status, CMD_UNSETTLED),
	VHOST(VHOST_VDPA_SET_STATUS, OWNER, cmd_set_status, 0),
	VHOST(VHOST_VDPA_SUSPEND, OWNER, cmd_suspend, 0),
	VHOST(VHOST_VDPA_RESUME, OWNER, cmd_resume, 0),
	VHOST_COPY(VHOST_VDPA_GET_CONFIG, LOOK, cmd_get_config, CMD_HEADER,
		   &get_config_copy),
	VHOST_COPY(VHOST_VDPA_SET_CONFIG, OWNER, cmd_set_config, 0,
		   &set_config_copy),
	VHOST(VHOST_VDPA_SET_CONFIG_CALL, OWNER, cmd_set_config_call,
	      CMD_RING_LEVEL),
	VHOST(VHOST_VDPA_GET_CONFIG_SIZE, LOOK, cmd_get_config_size, 0),
	VHOST(VHOST_VDPA_SET_VRING_ENABLE, OWNER, cmd_set_vring_enable,
	      CMD_RING_LEVEL),
	VHOST(VHOST_VDPA_GET_VRING_NUM, LOOK, cmd_get_vring_num, 0),
	VHOST(VHOST_VDPA_GET_VQS_COUNT, LOOK, cmd_get_vqs_count, 0),
};

/**
 * kvdev_find_cmd() - a command by its number
 * @cmd: from user space
 *
 * Return: the command, NULL if there is none.
 */
const struct kvdev_cmd *kvdev_find_cmd(unsigned int cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		if (cmds[i].cmd == cmd)
			return &cmds[i];
	return NULL;
}
