// SPDX-License-Identifier: GPL-2.0
/*
 * Counters for user space: an ioctl for programs, debugfs for people.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "compat/compat.h"
#include "core.h"

static struct dentry *debugfs_root;

/**
 * kvdev_stats_read() - counters of one queue and its device
 * @dev: the device
 * @arg: see KVDEV_GET_STATS
 *
 * Counters move on while they are read: each is right, their sum may be of
 * slightly different moments.
 *
 * Return: 0, or -ENXIO if there is no such queue.
 */
int kvdev_stats_read(struct kvdev_dev *dev, struct kvdev_get_stats *arg)
{
	struct kvdev_vq *vq = kvdev_dev_vq(dev, arg->queue);
	struct kvdev_vq_stats *s;

	arg->dev_resets = dev->stats.resets;
	arg->dev_needs_reset = atomic64_read(&dev->stats.needs_reset);
	arg->dev_ignored_accesses = dev->stats.ignored_accesses;
	/* A device without queues has these three. */
	if (!dev->nr_vqs && !arg->queue)
		return 0;
	if (!vq)
		return -ENXIO;
	s = &vq->stats;
	arg->kicks = atomic64_read(&s->kicks);
	arg->chains = READ_ONCE(s->chains);
	arg->completions = READ_ONCE(s->completions);
	arg->completions_inplace = READ_ONCE(s->completions_inplace);
	arg->signals = READ_ONCE(s->signals);
	arg->signals_suppressed = READ_ONCE(s->signals_suppressed);
	arg->bytes_readable = atomic64_read(&s->bytes_readable);
	arg->bytes_writable = atomic64_read(&s->bytes_writable);
	arg->errors = atomic64_read(&s->errors);
	arg->violations = READ_ONCE(s->violations);
	arg->signals_held = READ_ONCE(s->signals_held);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(kvdev_stats_read, KVDEV_NS);

static void show_queue(struct seq_file *m, struct kvdev_vq *vq)
{
	struct kvdev_get_stats s = { .queue = vq->index };

	if (kvdev_stats_read(vq->dev, &s))
		return;
	seq_printf(m, "queue %u: size %u %s%s\n", vq->index,
		   vq->regs->cfg.num, vq->running ? "running" : "stopped",
		   vq->broken ? " broken" : "");
	seq_printf(m, "  kicks %llu chains %llu errors %llu violations %llu\n",
		   s.kicks, s.chains, s.errors, s.violations);
	seq_printf(m, "  completions %llu in-place %llu\n", s.completions,
		   s.completions_inplace);
	seq_printf(m, "  signals %llu suppressed %llu held %llu\n", s.signals,
		   s.signals_suppressed, s.signals_held);
	seq_printf(m, "  bytes readable %llu writable %llu\n",
		   s.bytes_readable, s.bytes_writable);
}

static int stats_show(struct seq_file *m, void *unused)
{
	struct kvdev_dev *dev = m->private;
	u16 i;

	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	seq_printf(m, "device %u: %s status 0x%02x features 0x%llx\n", dev->id,
		   dev->type->name, kvdev_dev_status(dev),
		   dev->regs.driver_features);
	seq_printf(m, "  resets %llu needs-reset %lld ignored-accesses %llu\n",
		   dev->stats.resets, atomic64_read(&dev->stats.needs_reset),
		   dev->stats.ignored_accesses);
	for (i = 0; i < dev->nr_vqs; i++)
		show_queue(m, &dev->vqs[i]);
	mutex_unlock(&dev->mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/**
 * kvdev_debugfs_add() - show a new device
 * @dev: the device
 */
void kvdev_debugfs_add(struct kvdev_dev *dev)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", dev->id);
	dev->debugfs = debugfs_create_dir(name, debugfs_root);
	debugfs_create_file("stats", 0400, dev->debugfs, dev, &stats_fops);
	kvdev_debug_add(dev);
}

/**
 * kvdev_debugfs_remove() - undo kvdev_debugfs_add()
 * @dev: the device; nobody reads its files on return
 */
void kvdev_debugfs_remove(struct kvdev_dev *dev)
{
	debugfs_remove(dev->debugfs);
}

void kvdev_debugfs_init(void)
{
	debugfs_root = debugfs_create_dir("kvdev", NULL);
}

void kvdev_debugfs_exit(void)
{
	debugfs_remove(debugfs_root);
}
