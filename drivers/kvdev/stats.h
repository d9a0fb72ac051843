/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters, and where one can read them.
 */
#ifndef KVDEV_STATS_H
#define KVDEV_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>

struct kvdev_dev;
struct kvdev_get_stats;

/**
 * struct kvdev_vq_stats - counters of a queue
 * @kicks: any context
 * @bytes_readable: any context
 * @bytes_writable: any context
 * @errors: any context
 * @chains: worker
 * @violations: worker
 * @completions: kvdev_vq.used_lock
 * @completions_inplace: kvdev_vq.used_lock
 * @signals: kvdev_vq.used_lock
 * @signals_suppressed: kvdev_vq.used_lock
 * @signals_held: kvdev_vq.used_lock
 *
 * Meanings: struct kvdev_get_stats.
 */
struct kvdev_vq_stats {
	atomic64_t kicks;
	atomic64_t bytes_readable;
	atomic64_t bytes_writable;
	atomic64_t errors;
	u64 chains;
	u64 violations;
	u64 completions;
	u64 completions_inplace;
	u64 signals;
	u64 signals_suppressed;
	u64 signals_held;
};

/**
 * struct kvdev_dev_stats - counters of a device
 * @resets: kvdev_dev.mutex
 * @needs_reset: any context
 * @ignored_accesses: kvdev_dev.mutex
 * @line_signals: signals of the interrupt line; any context
 * @line_ends: ends of its interrupts; any context
 */
struct kvdev_dev_stats {
	u64 resets;
	atomic64_t needs_reset;
	u64 ignored_accesses;
	atomic64_t line_signals;
	atomic64_t line_ends;
};

int kvdev_stats_read(struct kvdev_dev *dev, struct kvdev_get_stats *arg);

void kvdev_debugfs_init(void);
void kvdev_debugfs_exit(void);
void kvdev_debugfs_add(struct kvdev_dev *dev);
void kvdev_debug_add(struct kvdev_dev *dev);
void kvdev_debugfs_remove(struct kvdev_dev *dev);

#endif /* KVDEV_STATS_H */
