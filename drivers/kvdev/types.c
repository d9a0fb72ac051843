// SPDX-License-Identifier: GPL-2.0
/*
 * Device types by virtio device id: those of this module, and those that
 * modules of their own bring because they need more of the kernel.
 */
#include <linux/array_size.h>
#include <linux/kmod.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <uapi/linux/virtio_ids.h>

#include "compat/compat.h"
#include "core.h"

/* A bit for each in struct kvdev_info. */
#define MAX_TYPES	64

/* Types that have a module of their own, found by its alias. */
#define MODULAR_TYPES	BIT_ULL(VIRTIO_ID_NET)

static const struct kvdev_device_type *types[MAX_TYPES] = {
	[VIRTIO_ID_BLOCK] = &kvdev_blk_type,
	[VIRTIO_ID_RNG] = &kvdev_rng_type,
};

static DEFINE_MUTEX(types_mutex);

/**
 * kvdev_type_register() - a module brings a device type
 * @type: constants and callbacks; @type->owner is the module
 *
 * The module has the alias KVDEV_TYPE_ALIAS of the type's id.
 *
 * Return: 0; -EINVAL for an id that cannot be; -EEXIST if there is such a type.
 */
int kvdev_type_register(const struct kvdev_device_type *type)
{
	int ret = 0;

	if (type->id >= MAX_TYPES)
		return -EINVAL;
	mutex_lock(&types_mutex);
	if (types[type->id])
		ret = -EEXIST;
	else
		types[type->id] = type;
	mutex_unlock(&types_mutex);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(kvdev_type_register, KVDEV_NS);

/**
 * kvdev_type_unregister() - the module goes; no device of the type is left
 * @type: registered
 */
void kvdev_type_unregister(const struct kvdev_device_type *type)
{
	mutex_lock(&types_mutex);
	types[type->id] = NULL;
	mutex_unlock(&types_mutex);
}
EXPORT_SYMBOL_NS_GPL(kvdev_type_unregister, KVDEV_NS);

static const struct kvdev_device_type *type_get(u32 id)
{
	const struct kvdev_device_type *type;

	mutex_lock(&types_mutex);
	type = types[array_index_nospec(id, MAX_TYPES)];
	if (type && !try_module_get(type->owner))
		type = NULL;
	mutex_unlock(&types_mutex);
	return type;
}

/**
 * kvdev_type_get() - find a device type and keep its module
 * @id: virtio device id
 *
 * Loads the module if the type has one.
 *
 * Return: the type, NULL if there is none.
 */
const struct kvdev_device_type *kvdev_type_get(u32 id)
{
	const struct kvdev_device_type *type;

	if (id >= MAX_TYPES)
		return NULL;
	type = type_get(id);
	if (!type && MODULAR_TYPES & BIT_ULL(id) &&
	    !request_module("kvdev-device-%u", id))
		type = type_get(id);
	return type;
}

/**
 * kvdev_type_put() - undo kvdev_type_get()
 * @type: the type
 */
void kvdev_type_put(const struct kvdev_device_type *type)
{
	module_put(type->owner);
}

/**
 * kvdev_type_mask() - what can be created
 *
 * Return: bit n is set if virtio device id n can be created without loading
 * another module.
 */
u64 kvdev_type_mask(void)
{
	u64 mask = 0;
	u32 id;

	mutex_lock(&types_mutex);
	for (id = 0; id < MAX_TYPES; id++)
		if (types[id])
			mask |= BIT_ULL(id);
	mutex_unlock(&types_mutex);
	return mask;
}
