// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/kvdev: one file is one device, commands come from one table.
 *
 * A named device can have several files. Many may look; one at a time uses the
 * device: the file that claimed it, by the first command that needs it alone.
 *
 * A handler gets its argument as a copy in kernel memory, complete and with
 * unknown parts known to be zero, and the device with its mutex held. What it
 * leaves in the copy goes back to user space if the command says so.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>

#include "backend/backend.h"
#include "core.h"

/*
 * From the range for local use, so that the device node can exist before the
 * module is loaded and load it (see MODULE_ALIAS); any other does if it is
 * taken.
 */
#define KVDEV_MINOR	247

/* What a command needs. */
#define CMD_OWNER	BIT(0)	/* an owner, and the caller shares its memory */
#define CMD_RING_LEVEL	BIT(1)	/* no transport: the VMM sets it */
#define CMD_OUT		BIT(2)	/* own command: the argument goes back */
#define CMD_CLAIM	BIT(3)	/* the device for itself, from now on */
#define CMD_UNUSED	BIT(4)	/* nobody else uses the device */

union kvdev_arg {
	struct kvdev_set_backend set_backend;
	struct kvdev_get_stats get_stats;
	struct kvdev_bind_transport bind_transport;
	struct kvdev_access access;
	struct kvdev_set_vector set_vector;
	struct vhost_vring_state vring_state;
	struct vhost_vring_addr vring_addr;
	struct vhost_vring_file vring_file;
	struct vhost_vdpa_config vdpa_config;
	u64 features;
	u32 num32;
	u16 num16;
	u8 num8;
	int fd;
};

/**
 * struct kvdev_cmd - a command on a device
 * @cmd: number
 * @size: bytes of the argument this kernel knows
 * @min_size: bytes every caller has had to know; 0 for a vhost command, whose
 *	size is fixed
 * @flags: CMD_*
 * @fn: does it. @uarg is for what follows the argument in user memory. NULL:
 *	the device type does, if it knows the command
 */
struct kvdev_cmd {
	unsigned int cmd;
	u16 size;
	u16 min_size;
	u32 flags;
	int (*fn)(struct kvdev_dev *dev, union kvdev_arg *arg,
		  void __user *uarg);
};

/* ---------------------------------------------------------- own commands */

static int cmd_set_backend(struct kvdev_dev *dev, union kvdev_arg *arg,
			   void __user *uarg)
{
	const struct kvdev_set_backend *b = &arg->set_backend;
	int ret;

	if (b->flags & ~KVDEV_BACKEND_RDONLY)
		return -EOPNOTSUPP;
	if (b->__reserved || b->__reserved2)
		return -EINVAL;
	if (!dev->type->set_backend)
		return -EOPNOTSUPP;
	if (dev->regs.status)
		return -EBUSY;
	ret = dev->type->set_backend(dev, b);
	if (!ret)
		kvdev_dev_update_features(dev);
	return ret;
}

static int cmd_get_stats(struct kvdev_dev *dev, union kvdev_arg *arg,
			 void __user *uarg)
{
	if (arg->get_stats.flags)
		return -EOPNOTSUPP;
	if (arg->get_stats.__reserved)
		return -EINVAL;
	return kvdev_stats_read(dev, &arg->get_stats);
}

static int cmd_bind_transport(struct kvdev_dev *dev, union kvdev_arg *arg,
			      void __user *uarg)
{
	if (arg->bind_transport.flags)
		return -EOPNOTSUPP;
	return kvdev_bind_transport(dev, &arg->bind_transport);
}

static int cmd_access(struct kvdev_dev *dev, union kvdev_arg *arg,
		      void __user *uarg)
{
	if (arg->access.flags & ~KVDEV_ACCESS_WRITE)
		return -EOPNOTSUPP;
	if (arg->access.__reserved)
		return -EINVAL;
	return kvdev_access(dev, &arg->access);
}

static int cmd_set_vector(struct kvdev_dev *dev, union kvdev_arg *arg,
			  void __user *uarg)
{
	if (arg->set_vector.flags)
		return -EOPNOTSUPP;
	return kvdev_set_vector(dev, arg->set_vector.vector,
				arg->set_vector.fd);
}

/* -------------------------------------------------------- vhost commands */

static int cmd_set_owner(struct kvdev_dev *dev, union kvdev_arg *arg,
			 void __user *uarg)
{
	return kvdev_dev_set_owner(dev, KVDEV_WORKER_OWNER);
}

static int cmd_reset_owner(struct kvdev_dev *dev, union kvdev_arg *arg,
			   void __user *uarg)
{
	kvdev_dev_unclaim(dev);
	return 0;
}

static int cmd_set_mem_table(struct kvdev_dev *dev, union kvdev_arg *arg,
			     void __user *uarg)
{
	struct kvdev_mem_table *table = kvdev_mem_from_user(uarg);

	if (IS_ERR(table))
		return PTR_ERR(table);
	kvdev_dev_set_mem(dev, table);
	return 0;
}

static int cmd_get_features(struct kvdev_dev *dev, union kvdev_arg *arg,
			    void __user *uarg)
{
	arg->features = dev->regs.device_features;
	return 0;
}

static int cmd_set_features(struct kvdev_dev *dev, union kvdev_arg *arg,
			    void __user *uarg)
{
	if (dev->regs.status & VIRTIO_CONFIG_S_FEATURES_OK)
		return -EBUSY;
	if (arg->features & ~dev->regs.device_features)
		return -EOPNOTSUPP;
	dev->regs.driver_features = arg->features;
	return 0;
}

static int cmd_get_backend_features(struct kvdev_dev *dev,
				    union kvdev_arg *arg, void __user *uarg)
{
	arg->features = 0;
	return 0;
}

static int cmd_set_backend_features(struct kvdev_dev *dev,
				    union kvdev_arg *arg, void __user *uarg)
{
	return arg->features ? -EOPNOTSUPP : 0;
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
			     void __user *uarg)
{
	u32 num = arg->vring_state.num;
	struct kvdev_vq *vq;
	int ret;

	ret = stopped_vq(dev, arg->vring_state.index, &vq);
	if (ret)
		return ret;
	if (num > vq->regs->cfg.num_max || !is_power_of_2(num))
		return -EINVAL;
	vq->regs->cfg.num = num;
	return 0;
}

static int cmd_set_vring_addr(struct kvdev_dev *dev, union kvdev_arg *arg,
			      void __user *uarg)
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
			      void __user *uarg)
{
	struct kvdev_vq *vq;
	int ret;

	ret = stopped_vq(dev, arg->vring_state.index, &vq);
	if (ret)
		return ret;
	if (arg->vring_state.num > U16_MAX)
		return -EINVAL;
	vq->regs->cfg.avail_base = arg->vring_state.num;
	return 0;
}

static int cmd_get_vring_base(struct kvdev_dev *dev, union kvdev_arg *arg,
			      void __user *uarg)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_state.index);

	if (!vq)
		return -ENXIO;
	kvdev_vq_stop(vq);
	arg->vring_state.num = vq->regs->cfg.avail_base;
	return 0;
}

static int cmd_set_vring_kick(struct kvdev_dev *dev, union kvdev_arg *arg,
			      void __user *uarg)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_file.index);

	return vq ? kvdev_kick_set(&vq->kick, arg->vring_file.fd) : -ENXIO;
}

static int cmd_set_vring_call(struct kvdev_dev *dev, union kvdev_arg *arg,
			      void __user *uarg)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_file.index);

	return vq ? kvdev_call_set(&vq->call, arg->vring_file.fd) : -ENXIO;
}

static int cmd_set_vring_err(struct kvdev_dev *dev, union kvdev_arg *arg,
			     void __user *uarg)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_file.index);

	return vq ? kvdev_call_set(&vq->err, arg->vring_file.fd) : -ENXIO;
}

static int cmd_get_device_id(struct kvdev_dev *dev, union kvdev_arg *arg,
			     void __user *uarg)
{
	arg->num32 = dev->type->id;
	return 0;
}

static int cmd_get_status(struct kvdev_dev *dev, union kvdev_arg *arg,
			  void __user *uarg)
{
	arg->num8 = kvdev_dev_status(dev);
	return 0;
}

static int cmd_set_status(struct kvdev_dev *dev, union kvdev_arg *arg,
			  void __user *uarg)
{
	/* With a transport status is the driver's, but for a reset. */
	if (dev->transport && arg->num8)
		return -EBUSY;
	return kvdev_dev_set_status(dev, arg->num8);
}

static int cmd_get_config(struct kvdev_dev *dev, union kvdev_arg *arg,
			  void __user *uarg)
{
	const struct vhost_vdpa_config *c = &arg->vdpa_config;
	struct vhost_vdpa_config __user *user = uarg;
	u32 end;

	if (check_add_overflow(c->off, c->len, &end) ||
	    end > dev->regs.config_len)
		return -EINVAL;
	if (copy_to_user(user->buf, dev->regs.config + c->off, c->len))
		return -EFAULT;
	return 0;
}

static int cmd_set_config(struct kvdev_dev *dev, union kvdev_arg *arg,
			  void __user *uarg)
{
	const struct vhost_vdpa_config *c = &arg->vdpa_config;
	const struct vhost_vdpa_config __user *user = uarg;
	u8 *bytes;
	u32 end;
	int ret;

	if (check_add_overflow(c->off, c->len, &end) ||
	    end > dev->regs.config_len)
		return -EINVAL;
	bytes = memdup_user(user->buf, c->len);
	if (IS_ERR(bytes))
		return PTR_ERR(bytes);
	ret = kvdev_dev_write_config(dev, c->off, bytes, c->len);
	kfree(bytes);
	return ret;
}

static int cmd_set_config_call(struct kvdev_dev *dev, union kvdev_arg *arg,
			       void __user *uarg)
{
	return kvdev_call_set(&dev->config_call, arg->fd);
}

static int cmd_get_config_size(struct kvdev_dev *dev, union kvdev_arg *arg,
			       void __user *uarg)
{
	arg->num32 = dev->regs.config_len;
	return 0;
}

static int cmd_set_vring_enable(struct kvdev_dev *dev, union kvdev_arg *arg,
				void __user *uarg)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->vring_state.index);

	if (!vq)
		return -ENXIO;
	if (arg->vring_state.num > 1)
		return -EINVAL;
	if (arg->vring_state.num)
		return kvdev_dev_enable_vq(dev, vq->index);
	kvdev_dev_disable_vq(dev, vq->index);
	return 0;
}

static int cmd_get_vring_num(struct kvdev_dev *dev, union kvdev_arg *arg,
			     void __user *uarg)
{
	arg->num16 = kvdev_dev_queue_size(dev);
	return 0;
}

static int cmd_get_vqs_count(struct kvdev_dev *dev, union kvdev_arg *arg,
			     void __user *uarg)
{
	arg->num32 = dev->nr_vqs;
	return 0;
}

#define OWN(_cmd, _fn, _struct, _last, _flags)				\
	{								\
		.cmd = _cmd,						\
		.size = sizeof(_struct) +				\
			BUILD_BUG_ON_ZERO(sizeof(_struct) >		\
					  sizeof(union kvdev_arg)),	\
		.min_size = offsetofend(_struct, _last),		\
		.flags = _flags,					\
		.fn = _fn,						\
	}

/* Of one device type. */
#define TYPE(_cmd, _struct, _last, _flags)				\
	OWN(_cmd, NULL, _struct, _last, _flags)

/* The number has the size in it, and is a constant. */
#define VHOST(_cmd, _fn, _flags)					\
	{								\
		.cmd = _cmd,						\
		.size = _IOC_SIZE(_cmd) +				\
			BUILD_BUG_ON_ZERO(_IOC_SIZE(_cmd) >		\
					  sizeof(union kvdev_arg)),	\
		.flags = _flags,					\
		.fn = _fn,						\
	}

static const struct kvdev_cmd cmds[] = {
	OWN(KVDEV_SET_BACKEND, cmd_set_backend, struct kvdev_set_backend,
	    __reserved2, CMD_UNUSED),
	OWN(KVDEV_GET_STATS, cmd_get_stats, struct kvdev_get_stats,
	    dev_ignored_accesses, CMD_OUT),
	OWN(KVDEV_BIND_TRANSPORT, cmd_bind_transport,
	    struct kvdev_bind_transport, device_len, CMD_OUT | CMD_CLAIM),
	OWN(KVDEV_ACCESS, cmd_access, struct kvdev_access, value,
	    CMD_OWNER | CMD_OUT),
	OWN(KVDEV_SET_VECTOR, cmd_set_vector, struct kvdev_set_vector, fd,
	    CMD_CLAIM),

	VHOST(VHOST_SET_OWNER, cmd_set_owner, CMD_CLAIM),
	VHOST(VHOST_RESET_OWNER, cmd_reset_owner, CMD_OWNER),
	VHOST(VHOST_SET_MEM_TABLE, cmd_set_mem_table, CMD_OWNER),
	VHOST(VHOST_GET_FEATURES, cmd_get_features, 0),
	VHOST(VHOST_SET_FEATURES, cmd_set_features,
	      CMD_OWNER | CMD_RING_LEVEL),
	VHOST(VHOST_GET_BACKEND_FEATURES, cmd_get_backend_features, 0),
	VHOST(VHOST_SET_BACKEND_FEATURES, cmd_set_backend_features, 0),
	VHOST(VHOST_SET_VRING_NUM, cmd_set_vring_num,
	      CMD_OWNER | CMD_RING_LEVEL),
	VHOST(VHOST_SET_VRING_ADDR, cmd_set_vring_addr,
	      CMD_OWNER | CMD_RING_LEVEL),
	VHOST(VHOST_SET_VRING_BASE, cmd_set_vring_base,
	      CMD_OWNER | CMD_RING_LEVEL),
	VHOST(VHOST_GET_VRING_BASE, cmd_get_vring_base,
	      CMD_OWNER | CMD_RING_LEVEL),
	VHOST(VHOST_SET_VRING_KICK, cmd_set_vring_kick, CMD_OWNER),
	VHOST(VHOST_SET_VRING_CALL, cmd_set_vring_call,
	      CMD_OWNER | CMD_RING_LEVEL),
	VHOST(VHOST_SET_VRING_ERR, cmd_set_vring_err, CMD_OWNER),
	VHOST(VHOST_VDPA_GET_DEVICE_ID, cmd_get_device_id, 0),
	VHOST(VHOST_VDPA_GET_STATUS, cmd_get_status, 0),
	VHOST(VHOST_VDPA_SET_STATUS, cmd_set_status, CMD_OWNER),
	VHOST(VHOST_VDPA_GET_CONFIG, cmd_get_config, 0),
	VHOST(VHOST_VDPA_SET_CONFIG, cmd_set_config, CMD_OWNER),
	VHOST(VHOST_VDPA_SET_CONFIG_CALL, cmd_set_config_call,
	      CMD_OWNER | CMD_RING_LEVEL),
	VHOST(VHOST_VDPA_GET_CONFIG_SIZE, cmd_get_config_size, 0),
	VHOST(VHOST_VDPA_SET_VRING_ENABLE, cmd_set_vring_enable,
	      CMD_OWNER | CMD_RING_LEVEL),
	VHOST(VHOST_VDPA_GET_VRING_NUM, cmd_get_vring_num, 0),
	VHOST(VHOST_VDPA_GET_VQS_COUNT, cmd_get_vqs_count, 0),
};

/* -------------------------------------------------------------- dispatch */

static const struct kvdev_cmd *find_cmd(unsigned int cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		if (cmds[i].cmd == cmd)
			return &cmds[i];
	return NULL;
}

/* An own structure: it starts with its size. Returns what the caller knows. */
static int copy_own_arg(void *arg, size_t size, size_t min_size,
			void __user *uarg, u32 *user_size)
{
	if (get_user(*user_size, (u32 __user *)uarg))
		return -EFAULT;
	if (*user_size < min_size)
		return -EINVAL;
	if (*user_size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(arg, size, uarg, *user_size);
}

static int copy_arg(const struct kvdev_cmd *op, union kvdev_arg *arg,
		    void __user *uarg, u32 *user_size)
{
	memset(arg, 0, sizeof(*arg));
	if (op->min_size)
		return copy_own_arg(arg, op->size, op->min_size, uarg,
				    user_size);

	/*
	 * These two write what follows the header, so the header goes in
	 * whatever direction vhost gave the number.
	 */
	if (_IOC_DIR(op->cmd) & _IOC_WRITE || op->fn == cmd_get_config)
		return copy_from_user(arg, uarg, op->size) ? -EFAULT : 0;
	return 0;
}

static int return_arg(const struct kvdev_cmd *op, const union kvdev_arg *arg,
		      void __user *uarg, u32 user_size)
{
	size_t size = op->size;

	if (op->min_size) {
		if (!(op->flags & CMD_OUT))
			return 0;
		size = min_t(size_t, size, user_size);
	} else if (!(_IOC_DIR(op->cmd) & _IOC_READ) ||
		   op->fn == cmd_get_config) {
		return 0;
	}
	return copy_to_user(uarg, arg, size) ? -EFAULT : 0;
}

/* May this file do that now? The mutex is held. */
static int check_cmd(const struct kvdev_cmd *op, struct kvdev_dev *dev,
		     struct file *file)
{
	bool mine = dev->use == KVDEV_USE_OWNER && dev->user == file;

	if (op->flags & CMD_CLAIM && !mine)
		return kvdev_dev_claim(dev, KVDEV_USE_OWNER, file);
	if (op->flags & CMD_UNUSED && !mine && dev->use != KVDEV_USE_NONE)
		return -EBUSY;
	if (op->flags & CMD_OWNER && (!mine || dev->mm != current->mm))
		return -EPERM;
	if (op->flags & CMD_RING_LEVEL && dev->transport)
		return -EBUSY;
	return 0;
}

static int call_cmd(const struct kvdev_cmd *op, struct kvdev_dev *dev,
		    union kvdev_arg *arg, void __user *uarg)
{
	if (op->fn)
		return op->fn(dev, arg, uarg);
	return dev->type->command ? dev->type->command(dev, op->cmd, arg) :
				    -EOPNOTSUPP;
}

static int run_cmd(const struct kvdev_cmd *op, struct kvdev_dev *dev,
		   struct file *file, union kvdev_arg *arg, void __user *uarg)
{
	bool unused;
	int ret;

	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	unused = dev->use == KVDEV_USE_NONE;
	ret = check_cmd(op, dev, file);
	if (!ret)
		ret = call_cmd(op, dev, arg, uarg);
	/* A failed command leaves the device to others. */
	if (ret && unused && dev->use != KVDEV_USE_NONE)
		kvdev_dev_unclaim(dev);
	mutex_unlock(&dev->mutex);
	return ret;
}

/* ------------------------------------- commands that work without a device */

static int ioctl_get_info(struct file *file, void __user *uarg)
{
	struct kvdev_info info;
	u32 user_size;
	int ret;

	ret = copy_own_arg(&info, sizeof(info),
			   offsetofend(struct kvdev_info, formats), uarg,
			   &user_size);
	if (ret)
		return ret;
	if (info.flags)
		return -EOPNOTSUPP;

	info.size = sizeof(info);
	info.api_version = KVDEV_API_VERSION;
	info.max_queues = KVDEV_MAX_QUEUES;
	info.device_types = kvdev_type_mask();
	info.transports = BIT_ULL(KVDEV_TRANSPORT_PCI_MODERN);
	info.formats = BIT_ULL(KVDEV_FORMAT_RAW);
	return copy_to_user(uarg, &info, min_t(size_t, sizeof(info),
					       user_size)) ? -EFAULT : 0;
}

/* The file's device from now on; takes over the caller's reference. */
static int attach(struct file *file, struct kvdev_dev *dev)
{
	/* Publishes a complete device; of two callers one is too late. */
	if (cmpxchg(&file->private_data, NULL, dev)) {
		kvdev_dev_put(dev);
		return -EEXIST;
	}
	return 0;
}

static int check_name(const struct kvdev_create *arg)
{
	if (arg->flags & KVDEV_CREATE_NAMED)
		return kvdev_name_valid(arg->name) ? 0 : -EINVAL;
	return memchr_inv(arg->name, 0, sizeof(arg->name)) ? -EINVAL : 0;
}

static int ioctl_create(struct file *file, void __user *uarg)
{
	struct kvdev_create arg;
	struct kvdev_dev *dev;
	const u8 *name;
	u32 user_size;
	int ret;

	ret = copy_own_arg(&arg, sizeof(arg),
			   offsetofend(struct kvdev_create, features), uarg,
			   &user_size);
	if (ret)
		return ret;
	if (arg.flags & ~KVDEV_CREATE_NAMED)
		return -EOPNOTSUPP;
	if (arg.__reserved)
		return -EINVAL;
	ret = check_name(&arg);
	if (ret)
		return ret;
	if (READ_ONCE(file->private_data))
		return -EEXIST;

	dev = kvdev_dev_create(&arg);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	name = arg.flags & KVDEV_CREATE_NAMED ? arg.name : NULL;
	ret = kvdev_registry_add(dev, name);
	if (ret) {
		kvdev_dev_put(dev);
		return ret;
	}
	/* Ours until the end, though a file of ours, or of others, has it. */
	kref_get(&dev->ref);
	ret = attach(file, dev);
	if (ret)
		kvdev_registry_forget(dev);
	kvdev_dev_put(dev);
	return ret;
}

static int copy_name(struct kvdev_name *arg, void __user *uarg)
{
	u32 user_size;
	int ret;

	ret = copy_own_arg(arg, sizeof(*arg),
			   offsetofend(struct kvdev_name, name), uarg,
			   &user_size);
	if (ret)
		return ret;
	if (arg->flags)
		return -EOPNOTSUPP;
	return kvdev_name_valid(arg->name) ? 0 : -EINVAL;
}

static int ioctl_open(struct file *file, void __user *uarg)
{
	struct kvdev_name arg;
	struct kvdev_dev *dev;
	int ret;

	ret = copy_name(&arg, uarg);
	if (ret)
		return ret;
	if (READ_ONCE(file->private_data))
		return -EEXIST;
	dev = kvdev_registry_find(arg.name);
	return dev ? attach(file, dev) : -ENOENT;
}

static int ioctl_delete(struct file *file, void __user *uarg)
{
	struct kvdev_name arg;
	int ret;

	ret = copy_name(&arg, uarg);
	return ret ?: kvdev_registry_delete(arg.name);
}

static int ioctl_next(struct file *file, void __user *uarg)
{
	struct kvdev_next arg;
	u32 user_size;
	int ret;

	ret = copy_own_arg(&arg, sizeof(arg),
			   offsetofend(struct kvdev_next, backing), uarg,
			   &user_size);
	if (ret)
		return ret;
	if (arg.flags)
		return -EOPNOTSUPP;
	ret = kvdev_registry_next(&arg);
	if (ret)
		return ret;
	return copy_to_user(uarg, &arg, min_t(size_t, sizeof(arg),
					      user_size)) ? -EFAULT : 0;
}

static const struct {
	unsigned int cmd;
	int (*fn)(struct file *file, void __user *uarg);
} file_cmds[] = {
	{ KVDEV_GET_INFO, ioctl_get_info },
	{ KVDEV_CREATE, ioctl_create },
	{ KVDEV_OPEN, ioctl_open },
	{ KVDEV_DELETE, ioctl_delete },
	{ KVDEV_NEXT, ioctl_next },
};

static long kvdev_ioctl(struct file *file, unsigned int cmd, unsigned long ptr)
{
	void __user *uarg = (void __user *)ptr;
	const struct kvdev_cmd *op;
	struct kvdev_dev *dev;
	union kvdev_arg arg;
	u32 user_size = 0;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(file_cmds); i++)
		if (file_cmds[i].cmd == cmd)
			return file_cmds[i].fn(file, uarg);

	op = find_cmd(cmd);
	if (!op)
		return -ENOTTY;
	/* Pairs with the cmpxchg in attach(). */
	dev = smp_load_acquire(&file->private_data);
	if (!dev)
		return -ENODEV;

	ret = copy_arg(op, &arg, uarg, &user_size);
	if (ret)
		return ret;
	ret = run_cmd(op, dev, file, &arg, uarg);
	if (ret)
		return ret;
	return return_arg(op, &arg, uarg, user_size);
}

static int kvdev_open(struct inode *inode, struct file *file)
{
	/* misc_open() leaves the miscdevice here. */
	file->private_data = NULL;
	return nonseekable_open(inode, file);
}

static int kvdev_release(struct inode *inode, struct file *file)
{
	struct kvdev_dev *dev = file->private_data;

	if (!dev)
		return 0;
	mutex_lock(&dev->mutex);
	if (dev->use == KVDEV_USE_OWNER && dev->user == file)
		kvdev_dev_unclaim(dev);
	mutex_unlock(&dev->mutex);
	kvdev_dev_put(dev);
	return 0;
}

static const struct file_operations kvdev_fops = {
	.owner = THIS_MODULE,
	.open = kvdev_open,
	.release = kvdev_release,
	.unlocked_ioctl = kvdev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice kvdev_misc = {
	.minor = KVDEV_MINOR,
	.name = "kvdev",
	.nodename = "kvdev",
	.fops = &kvdev_fops,
	.mode = 0600,
};

/**
 * kvdev_chardev_init() - make /dev/kvdev
 *
 * Return: 0 or a negative errno.
 */
int __init kvdev_chardev_init(void)
{
	int ret = misc_register(&kvdev_misc);

	if (ret == -EBUSY) {
		kvdev_misc.minor = MISC_DYNAMIC_MINOR;
		ret = misc_register(&kvdev_misc);
	}
	return ret;
}

/**
 * kvdev_chardev_exit() - remove /dev/kvdev; no file is open
 */
void kvdev_chardev_exit(void)
{
	misc_deregister(&kvdev_misc);
}

MODULE_ALIAS_MISCDEV(KVDEV_MINOR);
MODULE_ALIAS("devname:kvdev");
