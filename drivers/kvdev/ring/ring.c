// SPDX-License-Identifier: GPL-2.0
/*
 * From configuration to running ring.
 */
#include "ring.h"

#define has_feature(features, bit) (!!((features) & BIT_ULL(bit)))

/**
 * kvdev_ring_area_sizes() - bytes of the three areas
 * @num: ring size
 * @features: negotiated
 * @desc: out, Descriptor Area
 * @driver: out, Driver Area
 * @device: out, Device Area
 *
 * virtio 1.3, 2.7: the event fields are counted whether negotiated or not.
 */
void kvdev_ring_area_sizes(u16 num, u64 features, size_t *desc, size_t *driver,
			   size_t *device)
{
	*desc = sizeof(struct vring_desc) * num;
	*driver = sizeof(__virtio16) * (3 + num);
	*device = sizeof(__virtio16) * 3 + sizeof(struct vring_used_elem) * num;
}

/**
 * kvdev_ring_check() - is a configuration fit to be activated?
 * @cfg: as the driver or the VMM left it
 * @features: negotiated
 *
 * Checks everything but whether the areas can be mapped.
 *
 * Return: NULL, or what is wrong.
 */
const char *kvdev_ring_check(const struct kvdev_ring_cfg *cfg, u64 features)
{
	size_t desc, driver, device;
	u64 end;

	if (!cfg->num || cfg->num > cfg->num_max || !is_power_of_2(cfg->num))
		return "bad ring size";

	/* virtio 1.3, 2.7: alignment of the areas */
	if (!IS_ALIGNED(cfg->desc_addr, VRING_DESC_ALIGN_SIZE) ||
	    !IS_ALIGNED(cfg->driver_addr, VRING_AVAIL_ALIGN_SIZE) ||
	    !IS_ALIGNED(cfg->device_addr, VRING_USED_ALIGN_SIZE))
		return "misaligned ring";

	kvdev_ring_area_sizes(cfg->num, features, &desc, &driver, &device);
	if (check_add_overflow(cfg->desc_addr, desc - 1, &end) ||
	    check_add_overflow(cfg->driver_addr, driver - 1, &end) ||
	    check_add_overflow(cfg->device_addr, device - 1, &end))
		return "ring wraps around";
	return NULL;
}

/**
 * kvdev_ring_activate() - make a ring run
 * @ring: overwritten
 * @cfg: has passed kvdev_ring_check() with the same features
 * @features: negotiated
 * @areas: mapped, kvdev_ring_area_sizes() bytes each
 */
void kvdev_ring_activate(struct kvdev_ring *ring,
			 const struct kvdev_ring_cfg *cfg, u64 features,
			 const struct kvdev_ring_areas *areas)
{
	struct kvdev_split_ring *s = &ring->split;

	memset(ring, 0, sizeof(*ring));
	ring->ops = &kvdev_split_ops;
	ring->num = cfg->num;
	ring->indirect = has_feature(features, VIRTIO_RING_F_INDIRECT_DESC);
	ring->event_idx = has_feature(features, VIRTIO_RING_F_EVENT_IDX);
	ring->signal_next = true;

	s->desc = areas->desc;
	s->avail = areas->driver;
	s->used = areas->device;
	s->used_event = &s->avail->ring[cfg->num];
	s->avail_event = (__virtio16 *)&s->used->ring[cfg->num];
	s->last_avail = cfg->avail_base;
	s->avail_idx = cfg->avail_base;
	s->used_idx = cfg->used_base;
	s->published = cfg->used_base;
}

/**
 * kvdev_ring_avail_base() - where the ring would continue
 * @ring: no longer consumed from
 *
 * Return: the value for kvdev_ring_cfg.avail_base of a later activation.
 */
u16 kvdev_ring_avail_base(const struct kvdev_ring *ring)
{
	return ring->split.last_avail;
}
