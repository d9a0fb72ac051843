// SPDX-License-Identifier: GPL-2.0
/*
 * Device types by their id: those of this module, and those that
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
	[KVDEV_TYPE_BIT_VMMCI] = &kvdev_vmmci_type,
	[VIRTIO_ID_SCSI] = &kvdev_scsi_type,
};

static DEFINE_MUTEX(types_mutex);

/* Place in the table, which is the bit as well; MAX_TYPES: none. */
static u32 slot(u32 id)
{
	if (id == KVDEV_DEVICE_VMMCI)
		return KVDEV_TYPE_BIT_VMMCI;
	return id < KVDEV_TYPE_BIT_VMMCI ? id : MAX_TYPES;
}

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
	u32 n = slot(type->id);
	int ret = 0;

	if (n >= MAX_TYPES)
		return -EINVAL;
	mutex_lock(&types_mutex);
	if (types[n])
		ret = -EEXIST;
	else
		types[n] = type;
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
	types[slot(type->id)] = NULL;
	mutex_unlock(&types_mutex);
}
EXPORT_SYMBOL_NS_GPL(kvdev_type_unregister, KVDEV_NS);

static const struct kvdev_device_type *type_get(u32 n)
{
	const struct kvdev_device_type *type;

	mutex_lock(&types_mutex);
	type = types[array_index_nospec(n, MAX_TYPES)];
	if (type && !try_module_get(type->owner))
		type = NULL;
	mutex_unlock(&types_mutex);
	return type;
}

/**
 * kvdev_type_get() - find a device type and keep its module
 * @id: virtio device id, or KVDEV_DEVICE_VMMCI
 *
 * Loads the module if the type has one.
 *
 * Return: the type, NULL if there is none.
 */
const struct kvdev_device_type *kvdev_type_get(u32 id)
{
	const struct kvdev_device_type *type;
	u32 n = slot(id);

	if (n >= MAX_TYPES)
		return NULL;
	type = type_get(n);
	if (!type && MODULAR_TYPES & BIT_ULL(n) &&
	    !request_module("kvdev-device-%u", id))
		type = type_get(n);
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
 * another module, KVDEV_TYPE_BIT_VMMCI if KVDEV_DEVICE_VMMCI can.
 */
u64 kvdev_type_mask(void)
{
	u64 mask = 0;
	u32 n;

	mutex_lock(&types_mutex);
	for (n = 0; n < MAX_TYPES; n++)
		if (types[n])
			mask |= BIT_ULL(n);
	mutex_unlock(&types_mutex);
	return mask;
}
