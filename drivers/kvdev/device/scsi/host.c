// SPDX-License-Identifier: GPL-2.0
/*
 * SCSI host device (virtio 1.3, 5.6): the device type, its configuration and
 * its queues.
 */
#include <linux/log2.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <uapi/linux/virtio_ids.h>

#include "../../ring/ring.h"
#include "dev.h"

#define VSCSI_QUEUE_SIZE	256

/* Queues besides the request queues */
#define VSCSI_EXTRA_QUEUES	VSCSI_REQUEST

/*
 * Most data segments of a request. Two pieces of a chain are header and
 * response; each border of a memory region may cut a segment in two.
 */
#define VSCSI_SEG_MAX	(KVDEV_CHAIN_MAX - KVDEV_MEM_MAX_REGIONS - 2)

/* Longer requests are cut and their worker waits: better ask for less. */
#define VSCSI_MAX_SECTORS	(KVDEV_IO_MAX >> SECTOR_SHIFT)

/* --------------------------------------------------------- configuration */

static void fill_config(struct kvdev_dev *dev)
{
	const struct vscsi *scsi = kvdev_dev_priv(dev);
	struct virtio_scsi_config *config = kvdev_dev_config(dev);
	u32 queue_size = kvdev_dev_queue_size(dev);

	memset(config, 0, sizeof(*config));
	config->num_queues = __cpu_to_virtio32(true, kvdev_dev_nr_queues(dev) -
					       VSCSI_EXTRA_QUEUES);
	config->seg_max = __cpu_to_virtio32(true,
					    clamp_t(u32, queue_size, 3,
						    VSCSI_SEG_MAX + 2) - 2);
	config->max_sectors = __cpu_to_virtio32(true, VSCSI_MAX_SECTORS);
	config->cmd_per_lun = __cpu_to_virtio32(true, queue_size);
	config->event_info_size =
		__cpu_to_virtio32(true, sizeof(struct virtio_scsi_event));
	config->sense_size = __cpu_to_virtio32(true, scsi->sense_size);
	config->cdb_size = __cpu_to_virtio32(true, scsi->cdb_size);
	config->max_channel = 0;
	config->max_target = __cpu_to_virtio16(true, VSCSI_MAX_TARGET);
	config->max_lun = __cpu_to_virtio32(true, VSCSI_MAX_LUN);
}

/* The bytes of a field that a driver may write */
#define SIZES_START	offsetof(struct virtio_scsi_config, sense_size)
#define SIZES_END	offsetofend(struct virtio_scsi_config, cdb_size)

/* Is this byte of the configuration the driver's to change? */
static bool may_write(u32 offset)
{
	return offset >= SIZES_START && offset < SIZES_END;
}

/*
 * virtio 1.3, 5.6.4.1: the driver may change these two. They hold for requests
 * that are looked at afterwards. Drivers write them as a whole; QEMU's
 * vhost-vdpa hands on all of the configuration, or a byte at a time. So any
 * bytes will do: those of other fields if they say what is there, and the two
 * if they make sense afterwards. Both fit in their first byte, so no
 * value between two bytes is one that the driver did not mean.
 */
static int host_config_write(struct kvdev_dev *dev, u32 offset, const u8 *bytes,
			     u32 len)
{
	struct vscsi *scsi = kvdev_dev_priv(dev);
	const u8 *now = kvdev_dev_config(dev);
	struct virtio_scsi_config config;
	u32 sense_size, cdb_size, i;

	memcpy(&config, now, sizeof(config));
	for (i = 0; i < len; i++) {
		u32 at = array_index_nospec(offset + i, sizeof(config));

		if (may_write(at))
			((u8 *)&config)[at] = bytes[i];
		else if (bytes[i] != now[at])
			return -EINVAL;
	}
	sense_size = __virtio32_to_cpu(true, config.sense_size);
	cdb_size = __virtio32_to_cpu(true, config.cdb_size);
	if (sense_size > VSCSI_SENSE_SIZE_MAX || !cdb_size ||
	    cdb_size > VSCSI_CDB_SIZE_MAX)
		return -EINVAL;
	WRITE_ONCE(scsi->sense_size, sense_size);
	WRITE_ONCE(scsi->cdb_size, cdb_size);
	fill_config(dev);
	return 0;
}

/* ---------------------------------------------------------------- queues */

static int host_vq_start(struct kvdev_vq *vq)
{
	switch (kvdev_vq_index(vq)) {
	case VSCSI_CONTROL:
		return 0;
	case VSCSI_EVENT:
		return vscsi_event_start(vq);
	default:
		return vscsi_request_start(vq);
	}
}

static void host_vq_stop(struct kvdev_vq *vq)
{
	switch (kvdev_vq_index(vq)) {
	case VSCSI_CONTROL:
		break;
	case VSCSI_EVENT:
		vscsi_event_stop(vq);
		break;
	default:
		vscsi_request_stop(vq);
	}
}

static bool host_vq_serve(struct kvdev_vq *vq)
{
	switch (kvdev_vq_index(vq)) {
	case VSCSI_CONTROL:
		return vscsi_control_serve(vq);
	case VSCSI_EVENT:
		return vscsi_event_serve(vq);
	default:
		return vscsi_request_serve(vq);
	}
}

/* ---------------------------------------------------------------- device */

static void set_defaults(struct vscsi *scsi)
{
	/* virtio 1.3, 5.6.4.2: on reset */
	scsi->sense_size = VIRTIO_SCSI_SENSE_DEFAULT_SIZE;
	scsi->cdb_size = VIRTIO_SCSI_CDB_DEFAULT_SIZE;
}

static void host_reset(struct kvdev_dev *dev)
{
	struct vscsi *scsi = kvdev_dev_priv(dev);
	struct vscsi_unit *unit;
	unsigned long index;

	set_defaults(scsi);
	fill_config(dev);
	xa_for_each(&scsi->units, index, unit) {
		vscsi_unit_reset(unit);
		cond_resched();
	}
}

static u64 host_features(struct kvdev_dev *dev)
{
	return BIT_ULL(VIRTIO_SCSI_F_HOTPLUG) | BIT_ULL(VIRTIO_SCSI_F_CHANGE);
}

static int host_create(struct kvdev_dev *dev)
{
	struct vscsi *scsi = kzalloc(sizeof(*scsi), GFP_KERNEL_ACCOUNT);
	struct kvdev_scsi_config nowhere = {
		.type = KVDEV_SCSI_NO_UNIT,
	};

	if (!scsi)
		return -ENOMEM;
	/* Cannot fail: there is nothing in it that could be wrong. */
	if (WARN_ON_ONCE(kvdev_scsi_lu_init(&scsi->nowhere, &nowhere))) {
		kfree(scsi);
		return -EINVAL;
	}
	scsi->dev = dev;
	xa_init_flags(&scsi->units, XA_FLAGS_ACCOUNT);
	spin_lock_init(&scsi->nowhere_lock);
	spin_lock_init(&scsi->event_lock);
	INIT_KFIFO(scsi->events);
	set_defaults(scsi);
	kvdev_dev_set_priv(dev, scsi);
	fill_config(dev);
	return 0;
}

static void host_destroy(struct kvdev_dev *dev)
{
	struct vscsi *scsi = kvdev_dev_priv(dev);

	vscsi_remove_all(scsi);
	kfree(scsi);
}

const struct kvdev_device_type kvdev_scsi_type = {
	.id = VIRTIO_ID_SCSI,
	.name = "scsi",
	.owner = THIS_MODULE,
	.nr_queues = 1,
	.max_queues = KVDEV_MAX_QUEUES - VSCSI_EXTRA_QUEUES,
	.extra_queues = VSCSI_EXTRA_QUEUES,
	.queue_size = VSCSI_QUEUE_SIZE,
	.has_stores = true,
	.config_size = sizeof(struct virtio_scsi_config),
	.create = host_create,
	.destroy = host_destroy,
	.features = host_features,
	.open_store = vscsi_open_store,
	.command = vscsi_command,
	.config_write = host_config_write,
	.reset = host_reset,
	.vq_start = host_vq_start,
	.vq_stop = host_vq_stop,
	.vq_serve = host_vq_serve,
};
