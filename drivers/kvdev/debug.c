// SPDX-License-Identifier: GPL-2.0
/*
 * What people look at in debugfs when a device and its driver disagree: the
 * registers as they are, and the rings.
 *
 * Nothing here changes anything: the ISR status stays, the device is not
 * stopped. Of guest memory only the rings are shown, which are mapped anyway,
 * and of them a bounded part.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "core.h"

/* Bytes of a ring area, and descriptors that wait, that are shown. */
#define SHOW_BYTES	256
#define SHOW_CHAINS	16

static const char *transport_name(const struct kvdev_dev *dev)
{
	static const char *const names[] = {
		[KVDEV_TRANSPORT_PCI_MODERN] = "pci-modern",
		[KVDEV_TRANSPORT_PCI_LEGACY] = "pci-legacy",
		[KVDEV_TRANSPORT_PCI_TRANSITIONAL] = "pci-transitional",
		[KVDEV_TRANSPORT_MMIO] = "mmio",
		[KVDEV_TRANSPORT_MMIO_LEGACY] = "mmio-legacy",
	};

	if (dev->transport)
		return names[dev->transport];
	return dev->use == KVDEV_USE_VDPA ? "vdpa" : "ring level";
}

static void show_status(struct seq_file *m, u8 status)
{
	static const struct {
		u8 bit;
		const char *name;
	} bits[] = {
		{ VIRTIO_CONFIG_S_ACKNOWLEDGE, "ACKNOWLEDGE" },
		{ VIRTIO_CONFIG_S_DRIVER, "DRIVER" },
		{ VIRTIO_CONFIG_S_FEATURES_OK, "FEATURES_OK" },
		{ VIRTIO_CONFIG_S_DRIVER_OK, "DRIVER_OK" },
		{ VIRTIO_CONFIG_S_NEEDS_RESET, "DEVICE_NEEDS_RESET" },
		{ VIRTIO_CONFIG_S_FAILED, "FAILED" },
	};
	size_t i;

	seq_printf(m, "device_status 0x%02x", status);
	for (i = 0; i < ARRAY_SIZE(bits); i++)
		if (status & bits[i].bit)
			seq_printf(m, " %s", bits[i].name);
	seq_putc(m, '\n');
}

static void show_queue_regs(struct seq_file *m, const struct kvdev_vq *vq)
{
	const struct kvdev_queue_regs *q = vq->regs;

	seq_printf(m, "queue %u: queue_size %u of %u queue_enable %u%s\n",
		   vq->index, q->cfg.num, q->cfg.num_max, q->enabled,
		   vq->running ? " running" : "");
	seq_printf(m, "  queue_desc 0x%llx queue_driver 0x%llx queue_device 0x%llx\n",
		   q->cfg.desc_addr, q->cfg.driver_addr, q->cfg.device_addr);
	if (q->pfn)
		seq_printf(m, "  queue_pfn 0x%x queue_align %u\n", q->pfn,
			   q->align);
	if (vq->dev->regs.nr_vectors)
		seq_printf(m, "  queue_msix_vector 0x%04x\n", q->vector);
}

static int registers_show(struct seq_file *m, void *unused)
{
	struct kvdev_dev *dev = m->private;
	const struct kvdev_regs *r = &dev->regs;
	u16 i;

	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	seq_printf(m, "transport %s%s\n", transport_name(dev),
		   r->legacy ? ", legacy driver" : "");
	show_status(m, kvdev_dev_status(dev));
	if (READ_ONCE(dev->trouble))
		seq_printf(m, "last trouble: %s (errno %d)\n",
			   READ_ONCE(dev->trouble),
			   READ_ONCE(dev->trouble_errno));
	seq_printf(m, "device_feature 0x%016llx\n", r->device_features);
	seq_printf(m, "driver_feature 0x%016llx\n", r->driver_features);
	if (r->device_features_hi) {
		seq_printf(m, "device_feature_hi 0x%016llx\n",
			   r->device_features_hi);
		seq_printf(m, "driver_feature_hi 0x%016llx\n",
			   r->driver_features_hi);
	}
	seq_printf(m, "config_generation %u\n", r->generation);
	if (dev->transport) {
		seq_printf(m, "queue_select %u\n", r->queue_select);
		seq_printf(m, "isr_status 0x%x\n", atomic_read(&dev->isr));
		seq_printf(m, "line signals %lld ends %lld%s\n",
			   atomic64_read(&dev->stats.line_signals),
			   atomic64_read(&dev->stats.line_ends),
			   dev->line_off ? " off" : "");
	}
	if (r->nr_vectors)
		seq_printf(m, "config_msix_vector 0x%04x of %u%s\n",
			   r->config_vector, r->nr_vectors,
			   r->msix ? " enabled" : "");
	for (i = 0; i < dev->nr_vqs; i++)
		show_queue_regs(m, &dev->vqs[i]);
	seq_puts(m, "device_config\n");
	seq_hex_dump(m, "  ", DUMP_PREFIX_OFFSET, 16, 1, r->config,
		     r->config_len, false);
	mutex_unlock(&dev->mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(registers);

/*
 * The driver may write while we read: what is shown is what was there, and is
 * used for nothing else.
 */
static void show_split(struct seq_file *m, const struct kvdev_ring *ring)
{
	const struct kvdev_split_ring *s = &ring->split;
	u16 avail = le16_to_cpu((__force __le16)READ_ONCE(s->avail->idx));
	u16 used = le16_to_cpu((__force __le16)READ_ONCE(s->used->idx));
	u16 i, at, waiting = avail - s->last_avail;

	seq_printf(m, "  avail: idx %u flags 0x%x, next to take %u\n", avail,
		   le16_to_cpu((__force __le16)READ_ONCE(s->avail->flags)),
		   s->last_avail);
	seq_printf(m, "  used: idx %u flags 0x%x, next to write %u\n", used,
		   le16_to_cpu((__force __le16)READ_ONCE(s->used->flags)),
		   READ_ONCE(s->used_idx));
	if (ring->event_idx)
		seq_printf(m, "  used_event %u avail_event %u\n",
			   le16_to_cpu((__force __le16)
				       READ_ONCE(*s->used_event)),
			   le16_to_cpu((__force __le16)
				       READ_ONCE(*s->avail_event)));
	for (i = 0; i < min_t(u16, waiting, SHOW_CHAINS); i++) {
		const struct vring_desc *d;

		at = (s->last_avail + i) & (ring->num - 1);
		at = le16_to_cpu((__force __le16)
				 READ_ONCE(s->avail->ring[at]));
		if (at >= ring->num) {
			seq_printf(m, "  waiting: %u, no descriptor\n", at);
			continue;
		}
		d = &s->desc[array_index_nospec(at, ring->num)];
		seq_printf(m, "  waiting: %u: addr 0x%llx len %u flags 0x%x next %u\n",
			   at,
			   le64_to_cpu((__force __le64)READ_ONCE(d->addr)),
			   le32_to_cpu((__force __le32)READ_ONCE(d->len)),
			   le16_to_cpu((__force __le16)READ_ONCE(d->flags)),
			   le16_to_cpu((__force __le16)READ_ONCE(d->next)));
	}
}

static void show_area(struct seq_file *m, const char *name, const void *at,
		      size_t len)
{
	seq_printf(m, "  %s, %zu bytes\n", name, len);
	seq_hex_dump(m, "    ", DUMP_PREFIX_OFFSET, 16, 2, at,
		     min_t(size_t, len, SHOW_BYTES), false);
}

static void show_ring(struct seq_file *m, struct kvdev_vq *vq)
{
	size_t desc, driver, device;

	/* While it is held the areas stay mapped. */
	if (mutex_lock_killable(&vq->mutex))
		return;
	seq_printf(m, "queue %u: ", vq->index);
	if (!vq->active) {
		seq_puts(m, "stopped\n");
		goto out_unlock;
	}
	seq_printf(m, "%s, %u entries%s%s%s\n", vq->ring.ops->name,
		   vq->ring.num, vq->ring.event_idx ? ", event index" : "",
		   vq->ring.indirect ? ", indirect" : "",
		   vq->broken ? ", broken" : "");
	if (vq->ring.reason)
		seq_printf(m, "  the driver: %s\n", vq->ring.reason);
	if (vq->ring.ops == &kvdev_split_ops)
		show_split(m, &vq->ring);
	kvdev_ring_area_sizes(vq->ring.num, vq->dev->regs.driver_features,
			      &desc, &driver, &device);
	show_area(m, "descriptor area", vq->areas[KVDEV_AREA_DESC].kaddr, desc);
	show_area(m, "driver area", vq->areas[KVDEV_AREA_DRIVER].kaddr, driver);
	show_area(m, "device area", vq->areas[KVDEV_AREA_DEVICE].kaddr, device);
out_unlock:
	mutex_unlock(&vq->mutex);
}

static int queues_show(struct seq_file *m, void *unused)
{
	struct kvdev_dev *dev = m->private;
	u16 i;

	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	for (i = 0; i < dev->nr_vqs; i++)
		show_ring(m, &dev->vqs[i]);
	mutex_unlock(&dev->mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

/**
 * kvdev_debug_add() - the device's registers and rings in debugfs
 * @dev: has its directory, with which they go
 */
void kvdev_debug_add(struct kvdev_dev *dev)
{
	debugfs_create_file("registers", 0400, dev->debugfs, dev,
			    &registers_fops);
	debugfs_create_file("queues", 0400, dev->debugfs, dev, &queues_fops);
}
