// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/kvdev: one file is one device, commands come from one table (commands.c).
 *
 * Reading gives events (event.c).
 *
 * A named device can have several files. Many may look; one at a time uses the
 * device: the file that claimed it, by the first command that needs it alone.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vhost.h>

#include "commands.h"
#include "core.h"

/*
 * From the range for local use, so that the device node can exist before the
 * module is loaded and load it (see MODULE_ALIAS); any other does if it is
 * taken.
 */
#define KVDEV_MINOR	247

/**
 * struct kvdev_file - what a file has got by KVDEV_CREATE or KVDEV_OPEN
 * @dev: its device, referenced
 * @may: KVDEV_MAY_*: what it may do with it. Decided once, so that the file
 *	means the same in whatever process it is
 */
struct kvdev_file {
	struct kvdev_dev *dev;
	unsigned int may;
};

/* NULL: it has no device yet. */
static struct kvdev_file *file_get(const struct file *file)
{
	/* Pairs with the cmpxchg in attach(). */
	return smp_load_acquire(&file->private_data);
}

/* -------------------------------------------------------------- dispatch */

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

	/* Such a header goes in whatever direction vhost gave the number. */
	if (_IOC_DIR(op->cmd) & _IOC_WRITE || op->flags & CMD_HEADER)
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
		   op->flags & CMD_HEADER) {
		return 0;
	}
	return copy_to_user(uarg, arg, size) ? -EFAULT : 0;
}

/* May this file do that now? The mutex is held. */
static int check_authority(enum kvdev_authority auth, struct kvdev_dev *dev,
			   struct file *file, unsigned int may)
{
	bool mine = dev->use == KVDEV_USE_OWNER && dev->user == file;
	bool others = dev->use != KVDEV_USE_NONE && !mine;

	switch (auth) {
	case AUTH_LOOK:
		return may & KVDEV_MAY_READ ? 0 : -EACCES;
	case AUTH_OWNER:
		return mine && dev->mm == current->mm ? 0 : -EPERM;
	case AUTH_CLAIM:
		if (!(may & KVDEV_MAY_WRITE))
			return -EACCES;
		return mine ? 0 : kvdev_dev_claim(dev, KVDEV_USE_OWNER, file);
	case AUTH_SETUP:
		if (!(may & KVDEV_MAY_WRITE))
			return -EACCES;
		return others ? -EBUSY : 0;
	case AUTH_MANAGE:
		if (!(may & KVDEV_MAY_WRITE))
			return -EACCES;
		return others && !(may & KVDEV_MAY_MANAGE) ? -EBUSY : 0;
	case AUTH_NONE:
		break;
	}
	return -EACCES;
}

static int check_cmd(const struct kvdev_cmd *op, struct kvdev_dev *dev,
		     struct file *file, unsigned int may)
{
	int ret = check_authority(op->auth, dev, file, may);

	if (!ret && op->flags & CMD_RING_LEVEL && dev->transport)
		ret = -EBUSY;
	return ret;
}

/* Is it allowed, as far as can be said before it is done? */
static int precheck_cmd(const struct kvdev_cmd *op, const struct kvdev_file *kf,
			struct file *file)
{
	struct kvdev_dev *dev = kf->dev;
	int ret;

	/* Those that claim the device have nothing to be copied. */
	if (WARN_ON_ONCE(op->auth == AUTH_CLAIM))
		return -EINVAL;
	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	ret = check_cmd(op, dev, file, kf->may);
	mutex_unlock(&dev->mutex);
	return ret;
}

static int call_cmd(const struct kvdev_cmd *op, struct kvdev_dev *dev,
		    union kvdev_arg *arg, struct kvdev_payload *p)
{
	if (op->fn)
		return op->fn(dev, arg, p);
	return dev->type->command ?
	       dev->type->command(dev, op->cmd, arg, &p->store) : -EOPNOTSUPP;
}

/* What a reset, or a stop, left to whoever comes next. */
static int settle(const struct kvdev_cmd *op, struct kvdev_dev *dev)
{
	int ret;

	if (!(op->flags & CMD_UNSETTLED))
		return kvdev_dev_settle(dev, KVDEV_WAIT_KILLABLE);
	ret = kvdev_dev_settle(dev, KVDEV_WAIT_NOT);
	return ret == -EAGAIN ? 0 : ret;
}

static int run_cmd(const struct kvdev_cmd *op, const struct kvdev_file *kf,
		   struct file *file, union kvdev_arg *arg,
		   struct kvdev_payload *p)
{
	struct kvdev_dev *dev = kf->dev;
	bool unused;
	int ret;

	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	unused = dev->use == KVDEV_USE_NONE;
	ret = check_cmd(op, dev, file, kf->may);
	if (!ret)
		ret = settle(op, dev);
	if (!ret)
		ret = call_cmd(op, dev, arg, p);
	/* A failed command leaves the device to others. */
	if (ret && unused && dev->use != KVDEV_USE_NONE)
		kvdev_dev_unclaim(dev);
	mutex_unlock(&dev->mutex);
	return ret;
}

/*
 * User memory is touched before and after, never with the mutex held: a page of
 * it may be one that nobody ever provides (userfaultfd, FUSE).
 */
static int do_cmd(const struct kvdev_cmd *op, const struct kvdev_file *kf,
		  struct file *file, void __user *uarg)
{
	struct kvdev_payload payload = { };
	union kvdev_arg arg;
	u32 user_size = 0;
	int ret;

	ret = copy_arg(op, &arg, uarg, &user_size);
	if (!ret && op->flags & CMD_WRITABLE)
		ret = return_arg(op, &arg, uarg, user_size);
	if (!ret && op->copy && op->copy->in)
		ret = precheck_cmd(op, kf, file) ?:
		      op->copy->in(kf->dev, &arg, uarg, &payload);
	if (!ret)
		ret = run_cmd(op, kf, file, &arg, &payload);
	if (!ret)
		ret = return_arg(op, &arg, uarg, user_size);
	if (!ret && op->copy && op->copy->out)
		ret = op->copy->out(&arg, uarg, &payload);
	kvdev_payload_drop(&payload);
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
	info.transports = BIT_ULL(KVDEV_TRANSPORT_PCI_MODERN) |
			  BIT_ULL(KVDEV_TRANSPORT_PCI_LEGACY) |
			  BIT_ULL(KVDEV_TRANSPORT_PCI_TRANSITIONAL) |
			  BIT_ULL(KVDEV_TRANSPORT_MMIO) |
			  BIT_ULL(KVDEV_TRANSPORT_MMIO_LEGACY);
	info.formats = BIT_ULL(KVDEV_FORMAT_RAW);
	return copy_to_user(uarg, &info, min_t(size_t, sizeof(info),
					       user_size)) ? -EFAULT : 0;
}

/* The file's device from now on; takes over the caller's reference. */
static int attach(struct file *file, struct kvdev_dev *dev, unsigned int may)
{
	struct kvdev_file *kf = kmalloc(sizeof(*kf), GFP_KERNEL_ACCOUNT);
	int ret = -ENOMEM;

	if (!kf)
		goto err_put;
	kf->dev = dev;
	kf->may = may;
	/* Publishes a complete device; of two callers one is too late. */
	if (!cmpxchg(&file->private_data, NULL, kf))
		return 0;
	kfree(kf);
	ret = -EEXIST;
err_put:
	kvdev_dev_put(dev);
	return ret;
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
	if (arg.flags & ~(KVDEV_CREATE_NAMED | KVDEV_PERM_FLAGS))
		return -EOPNOTSUPP;
	if (arg.__reserved || arg.__reserved2)
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
	ret = attach(file, dev, KVDEV_MAY_ALL);
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

/* What a file needs to be allowed, as it was opened for that. */
static unsigned int file_wants(const struct file *file)
{
	return (file->f_mode & FMODE_READ ? KVDEV_MAY_READ : 0) |
	       (file->f_mode & FMODE_WRITE ? KVDEV_MAY_WRITE : 0);
}

static int ioctl_open(struct file *file, void __user *uarg)
{
	unsigned int wants = file_wants(file), may;
	struct kvdev_name arg;
	struct kvdev_dev *dev;
	int ret;

	ret = copy_name(&arg, uarg);
	if (ret)
		return ret;
	if (READ_ONCE(file->private_data))
		return -EEXIST;
	/* A file that was opened for nothing would still keep the device. */
	if (!wants)
		return -EACCES;
	dev = kvdev_registry_find(arg.name, wants, &may);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	ret = attach(file, dev, may & (wants | KVDEV_MAY_MANAGE));
	/* What happened before is no news for this file. */
	if (!ret)
		file->f_pos = kvdev_event_seq(&dev->events);
	return ret;
}

static int ioctl_delete(struct file *file, void __user *uarg)
{
	struct kvdev_name arg;
	int ret;

	ret = copy_name(&arg, uarg);
	return ret ?: kvdev_registry_delete(arg.name);
}

static int ioctl_set_permissions(struct file *file, void __user *uarg)
{
	struct kvdev_permissions arg;
	u32 user_size;
	int ret;

	ret = copy_own_arg(&arg, sizeof(arg),
			   offsetofend(struct kvdev_permissions, name), uarg,
			   &user_size);
	if (ret)
		return ret;
	if (arg.flags & ~KVDEV_PERM_FLAGS)
		return -EOPNOTSUPP;
	if (arg.__reserved || !kvdev_name_valid(arg.name))
		return -EINVAL;
	return kvdev_registry_set_perm(&arg);
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

/* Whose these are: anybody's, who finds only what he may; see perm.c. */
static const struct {
	unsigned int cmd;
	int (*fn)(struct file *file, void __user *uarg);
} file_cmds[] = {
	{ KVDEV_GET_INFO, ioctl_get_info },
	{ KVDEV_CREATE, ioctl_create },
	{ KVDEV_OPEN, ioctl_open },
	{ KVDEV_DELETE, ioctl_delete },
	{ KVDEV_NEXT, ioctl_next },
	{ KVDEV_SET_PERMISSIONS, ioctl_set_permissions },
};

static long kvdev_ioctl(struct file *file, unsigned int cmd, unsigned long ptr)
{
	void __user *uarg = (void __user *)ptr;
	const struct kvdev_cmd *op;
	struct kvdev_file *kf;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(file_cmds); i++)
		if (file_cmds[i].cmd == cmd)
			return file_cmds[i].fn(file, uarg);

	op = kvdev_find_cmd(cmd);
	if (!op)
		return -ENOTTY;
	kf = file_get(file);
	if (!kf)
		return -ENODEV;

	return do_cmd(op, kf, file, uarg);
}

/* ----------------------------------------------------------------- events */

/* A file's position is the number of the last event it has seen. */
static ssize_t kvdev_read(struct file *file, char __user *buf, size_t len,
			  loff_t *ppos)
{
	const struct kvdev_file *kf = file_get(file);
	struct kvdev_event event;
	struct kvdev_dev *dev;
	u64 pos = *ppos;
	int ret;

	if (!kf)
		return -ENODEV;
	dev = kf->dev;
	if (len < offsetofend(struct kvdev_event, time_ns))
		return -EINVAL;
	while (!kvdev_event_next(&dev->events, &pos, &event)) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(dev->events.wait,
					       kvdev_event_next(&dev->events,
								&pos, NULL));
		if (ret)
			return ret;
	}
	len = min(len, sizeof(event));
	if (copy_to_user(buf, &event, len))
		return -EFAULT;
	*ppos = pos;
	return len;
}

static __poll_t kvdev_poll(struct file *file, poll_table *wait)
{
	const struct kvdev_file *kf = file_get(file);
	struct kvdev_dev *dev;
	u64 pos = file->f_pos;

	if (!kf || !(kf->may & KVDEV_MAY_READ))
		return EPOLLERR;
	dev = kf->dev;
	poll_wait(file, &dev->events.wait, wait);
	return kvdev_event_next(&dev->events, &pos, NULL) ?
	       EPOLLIN | EPOLLRDNORM : 0;
}

static int kvdev_open(struct inode *inode, struct file *file)
{
	/* misc_open() leaves the miscdevice here. */
	file->private_data = NULL;
	return nonseekable_open(inode, file);
}

static int kvdev_release(struct inode *inode, struct file *file)
{
	struct kvdev_file *kf = file->private_data;
	struct kvdev_dev *dev;

	if (!kf)
		return 0;
	dev = kf->dev;
	kfree(kf);
	/*
	 * A file becomes the user by a command of its own, and there is none any
	 * more. Others do not wait for the user here.
	 */
	if (READ_ONCE(dev->user) == file) {
		mutex_lock(&dev->mutex);
		kvdev_dev_unclaim(dev);
		mutex_unlock(&dev->mutex);
	}
	kvdev_dev_put(dev);
	return 0;
}

static const struct file_operations kvdev_fops = {
	.owner = THIS_MODULE,
	.open = kvdev_open,
	.release = kvdev_release,
	.read = kvdev_read,
	.poll = kvdev_poll,
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
