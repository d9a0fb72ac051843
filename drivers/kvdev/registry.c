// SPDX-License-Identifier: GPL-2.0
/*
 * The list of all devices, their names, and who keeps them alive.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/pid.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "core.h"

/* Ascending by id. A device on it may have lost its last reference. */
static LIST_HEAD(devices);
static DEFINE_MUTEX(devices_mutex);

/**
 * kvdev_name_valid() - can this be a device's name?
 * @name: KVDEV_NAME_LEN bytes from user space
 *
 * Names appear in paths and on command lines: nothing there needs quoting.
 *
 * Return: whether it can.
 */
bool kvdev_name_valid(const u8 *name)
{
	size_t len = strnlen(name, KVDEV_NAME_LEN);
	size_t i;

	if (!len || len == KVDEV_NAME_LEN)
		return false;
	for (i = 0; i < len; i++)
		if (!isascii(name[i]) ||
		    (!isalnum(name[i]) && !strchr("._-", name[i])))
			return false;
	return !memchr_inv(name + len, 0, KVDEV_NAME_LEN - len);
}

static struct kvdev_dev *find_name(const char *name)
{
	struct kvdev_dev *dev;

	lockdep_assert_held(&devices_mutex);
	list_for_each_entry(dev, &devices, list)
		if (dev->name[0] && !strncmp(dev->name, name, KVDEV_NAME_LEN))
			return dev;
	return NULL;
}

/* The caller holds the mutex, so the device cannot be freed. */
static bool dev_get(struct kvdev_dev *dev)
{
	return kref_get_unless_zero(&dev->ref);
}

/**
 * kvdev_registry_add() - show a new device
 * @dev: complete; a name is a reference of its own
 * @name: valid name, or NULL for none
 *
 * Return: 0, or -EEXIST if the name is taken.
 */
int kvdev_registry_add(struct kvdev_dev *dev, const u8 *name)
{
	struct kvdev_dev *pos;
	int ret = 0;

	mutex_lock(&devices_mutex);
	if (name && find_name(name)) {
		ret = -EEXIST;
		goto out_unlock;
	}
	if (name) {
		memcpy(dev->name, name, sizeof(dev->name));
		kref_get(&dev->ref);
	}
	list_for_each_entry_reverse(pos, &devices, list)
		if (pos->id < dev->id)
			break;
	list_add(&dev->list, &pos->list);
out_unlock:
	mutex_unlock(&devices_mutex);
	return ret;
}

static void dev_release(struct kref *ref)
{
	struct kvdev_dev *dev = container_of(ref, struct kvdev_dev, ref);

	mutex_lock(&devices_mutex);
	list_del(&dev->list);
	mutex_unlock(&devices_mutex);
	kvdev_dev_destroy(dev);
}

/**
 * kvdev_dev_put() - give a reference back
 * @dev: gone afterwards, if it was the last one
 *
 * Context: process, no lock of ours held.
 */
void kvdev_dev_put(struct kvdev_dev *dev)
{
	kref_put(&dev->ref, dev_release);
}
EXPORT_SYMBOL_NS_GPL(kvdev_dev_put, KVDEV_NS);

/**
 * kvdev_registry_find() - find a device by its name
 * @name: of up to KVDEV_NAME_LEN bytes
 * @want: KVDEV_MAY_* that the caller needs
 * @may: out, those that he has. Optional
 *
 * Return: the device with a reference for the caller; -ENOENT if there is none,
 * -EACCES if he may not, as an error pointer.
 */
struct kvdev_dev *kvdev_registry_find(const char *name, unsigned int want,
				      unsigned int *may)
{
	struct kvdev_dev *dev;
	unsigned int has;

	mutex_lock(&devices_mutex);
	dev = find_name(name);
	if (!dev) {
		dev = ERR_PTR(-ENOENT);
		goto out_unlock;
	}
	has = kvdev_perm_may(&dev->perm);
	if (want & ~has)
		dev = ERR_PTR(-EACCES);
	else if (!dev_get(dev))
		dev = ERR_PTR(-ENOENT);
	if (may)
		*may = has;
out_unlock:
	mutex_unlock(&devices_mutex);
	return dev;
}
EXPORT_SYMBOL_NS_GPL(kvdev_registry_find, KVDEV_NS);

/* Take the name and its reference away; false if it has gone already. */
static bool forget_name(struct kvdev_dev *dev)
{
	bool had;

	mutex_lock(&devices_mutex);
	had = dev->name[0];
	memset(dev->name, 0, sizeof(dev->name));
	mutex_unlock(&devices_mutex);
	return had;
}

/**
 * kvdev_registry_forget() - a device that has just got its name loses it
 * @dev: referenced by the caller, too
 */
void kvdev_registry_forget(struct kvdev_dev *dev)
{
	if (forget_name(dev))
		kvdev_dev_put(dev);
}

/**
 * kvdev_registry_delete() - take a device's name away
 * @name: valid name
 *
 * The device goes with its last file.
 *
 * Return: 0; -ENOENT; -EACCES if the caller may not; -EBUSY if the device is in
 * use; -EINTR if killed while waiting for it.
 */
int kvdev_registry_delete(const u8 *name)
{
	struct kvdev_dev *dev = kvdev_registry_find(name, KVDEV_MAY_WRITE,
						    NULL);
	int ret;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	/* Its requests may take their time: only this device waits for them. */
	ret = mutex_lock_killable(&dev->mutex);
	if (ret)
		goto out_put;
	if (dev->use != KVDEV_USE_NONE)
		ret = -EBUSY;
	else if (!forget_name(dev))
		ret = -ENOENT;
	mutex_unlock(&dev->mutex);
	if (!ret)
		kvdev_dev_put(dev);
out_put:
	kvdev_dev_put(dev);
	return ret;
}

/**
 * kvdev_registry_set_perm() - change a device's owner, group or mode
 * @arg: see KVDEV_SET_PERMISSIONS; reserved fields and flags have been checked
 *
 * Return: 0; -ENOENT; -EINVAL; -EPERM; -EINTR if killed while waiting for the
 * device.
 */
int kvdev_registry_set_perm(const struct kvdev_permissions *arg)
{
	struct kvdev_dev *dev = kvdev_registry_find(arg->name, 0, NULL);
	int ret;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	/* Whoever uses it is told of changes in their order. */
	ret = mutex_lock_killable(&dev->mutex);
	if (ret)
		goto out_put;
	mutex_lock(&devices_mutex);
	ret = dev->name[0] ? kvdev_perm_change(&dev->perm, arg) : -ENOENT;
	mutex_unlock(&devices_mutex);
	if (!ret && dev->perm_changed)
		dev->perm_changed(dev->user);
	mutex_unlock(&dev->mutex);
out_put:
	kvdev_dev_put(dev);
	return ret;
}

/*
 * With the desc_mutex, as the device's own may be held for long. So what is a
 * single number may change meanwhile: each is right at some moment.
 */
static void describe(struct kvdev_dev *dev, struct kvdev_next *arg)
{
	*arg = (struct kvdev_next){
		.size = sizeof(*arg),
		.id = dev->id,
		.device_id = dev->type->id,
		.nr_queues = dev->nr_vqs,
		.queue_size = kvdev_dev_queue_size(dev),
		.use = dev->use,
		.use_pid = dev->use_pid ? pid_vnr(dev->use_pid) : 0,
		.offered = READ_ONCE(dev->regs.device_features),
		.accepted = READ_ONCE(dev->regs.driver_features),
		.status = kvdev_dev_status(dev),
	};
	memcpy(arg->use_comm, dev->use_comm, sizeof(arg->use_comm));
	if (READ_ONCE(dev->trouble)) {
		arg->trouble_errno = READ_ONCE(dev->trouble_errno);
		strscpy(arg->trouble, READ_ONCE(dev->trouble),
			sizeof(arg->trouble));
	}
	if (dev->type->describe)
		dev->type->describe(dev, arg);
}

/**
 * kvdev_registry_next() - describe a device
 * @arg: see KVDEV_NEXT
 *
 * Waits for no device.
 *
 * Return: 0 or -ENOENT.
 */
int kvdev_registry_next(struct kvdev_next *arg)
{
	struct kvdev_dev *dev, *found = NULL;

	mutex_lock(&devices_mutex);
	list_for_each_entry(dev, &devices, list) {
		if (dev->id >= arg->id &&
		    kvdev_perm_may(&dev->perm) & KVDEV_MAY_READ &&
		    dev_get(dev)) {
			found = dev;
			break;
		}
	}
	mutex_unlock(&devices_mutex);
	if (!found)
		return -ENOENT;

	mutex_lock(&found->desc_mutex);
	describe(found, arg);
	mutex_unlock(&found->desc_mutex);
	mutex_lock(&devices_mutex);
	memcpy(arg->name, found->name, sizeof(arg->name));
	kvdev_perm_describe(&found->perm, arg);
	mutex_unlock(&devices_mutex);
	kvdev_dev_put(found);
	return 0;
}
