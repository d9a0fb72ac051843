// SPDX-License-Identifier: GPL-2.0
/*
 * From configuration to running ring.
 */
#include "ring.h"

static bool has_feature(u64 features, unsigned int bit)
{
	return features & BIT_ULL(bit);
}

static const struct kvdev_ring_ops *format(u64 features)
{
	return has_feature(features, VIRTIO_F_RING_PACKED) ? &kvdev_packed_ops :
							     &kvdev_split_ops;
}

/**
 * kvdev_ring_area_sizes() - bytes of the three areas
 * @num: ring size
 * @features: negotiated
 * @desc: out, Descriptor Area
 * @driver: out, Driver Area
 * @device: out, Device Area
 */
void kvdev_ring_area_sizes(u16 num, u64 features, size_t *desc, size_t *driver,
			   size_t *device)
{
	format(features)->area_sizes(num, desc, driver, device);
}

/**
 * kvdev_ring_base() - where a configured ring is to go on
 * @cfg: as the driver or the VMM left it
 * @features: negotiated
 * @avail: out, as kvdev_ring_cfg.avail_base
 * @used: out, as kvdev_ring_cfg.used_base
 */
void kvdev_ring_base(const struct kvdev_ring_cfg *cfg, u64 features, u16 *avail,
		     u16 *used)
{
	u16 start = format(features)->start_base;

	*avail = cfg->has_base ? cfg->avail_base : start;
	*used = cfg->has_base ? cfg->used_base : start;
}

/**
 * kvdev_ring_set_base() - somebody says where a ring is to go on
 * @cfg: its bases are set, for the next activation
 * @features: negotiated
 * @avail: as kvdev_ring_cfg.avail_base; checked when the ring is activated
 * @used: as kvdev_ring_cfg.used_base. Of a split ring the ring itself says it
 *
 * Drivers in user space (DPDK, SPDK) say of a packed ring only where the first
 * available entry is, and leave the other half 0. A ring whose chains were all
 * given back has two halves that are the same, and so has every state that a
 * device leaves: no chain is in flight when a ring is stopped. So a half of 0
 * means what the first one says. Taken by the letter it would be the state of a
 * ring with chains in flight that nobody knows any more, with which no device
 * can go on.
 */
void kvdev_ring_set_base(struct kvdev_ring_cfg *cfg, u64 features, u16 avail,
			 u16 used)
{
	if (!used && has_feature(features, VIRTIO_F_RING_PACKED))
		used = avail;
	cfg->has_base = true;
	cfg->avail_base = avail;
	cfg->used_base = used;
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
	const char *reason;
	u16 avail, used;
	u64 end;

	if (!cfg->num || cfg->num > cfg->num_max)
		return "bad ring size";
	kvdev_ring_base(cfg, features, &avail, &used);
	reason = format(features)->check(cfg, avail, used);
	if (reason)
		return reason;

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
	u16 avail, used;

	memset(ring, 0, sizeof(*ring));
	ring->ops = format(features);
	ring->num = cfg->num;
	ring->indirect = has_feature(features, VIRTIO_RING_F_INDIRECT_DESC);
	ring->event_idx = has_feature(features, VIRTIO_RING_F_EVENT_IDX);
	kvdev_ring_base(cfg, features, &avail, &used);
	ring->signal_next = avail != ring->ops->start_base ||
			    used != ring->ops->start_base;
	ring->ops->activate(ring, areas, avail, used);
}

/**
 * kvdev_ring_save() - where the ring would go on
 * @ring: nobody uses either side now
 * @cfg: its bases are set, for a later activation
 */
void kvdev_ring_save(const struct kvdev_ring *ring, struct kvdev_ring_cfg *cfg)
{
	cfg->has_base = true;
	ring->ops->base(ring, &cfg->avail_base, &cfg->used_base);
}
