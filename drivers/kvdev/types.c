// SPDX-License-Identifier: GPL-2.0
/*
 * Device types by virtio device id.
 */
#include <linux/array_size.h>
#include <linux/nospec.h>
#include <uapi/linux/virtio_ids.h>

#include "core.h"

static const struct kvdev_device_type *const types[] = {
	[VIRTIO_ID_BLOCK] = &kvdev_blk_type,
	[VIRTIO_ID_RNG] = &kvdev_rng_type,
};

/**
 * kvdev_type_get() - find a device type and keep its module
 * @id: virtio device id
 *
 * Return: the type, NULL if there is none.
 */
const struct kvdev_device_type *kvdev_type_get(u32 id)
{
	const struct kvdev_device_type *type;

	if (id >= ARRAY_SIZE(types))
		return NULL;
	type = types[array_index_nospec(id, ARRAY_SIZE(types))];
	if (!type || !try_module_get(type->owner))
		return NULL;
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
 * Return: bit n is set if virtio device id n can be created.
 */
u64 kvdev_type_mask(void)
{
	u64 mask = 0;
	u32 id;

	for (id = 0; id < ARRAY_SIZE(types); id++)
		if (types[id])
			mask |= BIT_ULL(id);
	return mask;
}
