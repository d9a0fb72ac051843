// SPDX-License-Identifier: GPL-2.0
/*
 * OpenBSD's VMM control interface: the host asks the guest to shut down, to
 * reboot or to set its clock, and the guest reads the host's time. No virtio
 * specification has it; it has no queue. What a command is and what becomes of
 * it is in vmmci_cmd.c, here are clock, time and events.
 *
 * A timer looks at the clock. It cannot take the device's mutex, as destroy
 * waits for it under that: it only changes the state, which the configuration
 * is brought up to date with when it is read.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>
#include <linux/virtio_config.h>
#include <uapi/linux/kvdev_vmmci.h>

#include "../event.h"
#include "../transport/regs.h"
#include "device.h"
#include "vmmci_cmd.h"

#define ACK_MS		3000
#define STOP_MS		120000
/* Nobody waits longer for a guest; and nothing overflows. */
#define TIMEOUT_MAX_MS	(24 * 3600 * MSEC_PER_SEC)

static_assert((u32)VMMCI_NONE == KVDEV_VMMCI_NONE);
static_assert((u32)VMMCI_SHUTDOWN == KVDEV_VMMCI_SHUTDOWN);
static_assert((u32)VMMCI_REBOOT == KVDEV_VMMCI_REBOOT);
static_assert((u32)VMMCI_SYNCRTC == KVDEV_VMMCI_SYNCRTC);
static_assert(sizeof(struct kvdev_vmmci_config) == 20);

/**
 * struct vmmci - the type's state
 * @dev: the device
 * @lock: covers @state and @armed; the timer takes it
 * @state: the command under way
 * @armed: the deadline @clock is set for
 * @clock: fires not before it
 */
struct vmmci {
	struct kvdev_dev *dev;
	spinlock_t lock;	/* @state and the clock */
	struct kvdev_vmmci_cmd_state state;
	u64 armed;
	struct timer_list clock;
};

static const enum kvdev_event_type events[] = {
	[VMMCI_ACKED] = KVDEV_EVENT_VMMCI_ACK,
	[VMMCI_DONE] = KVDEV_EVENT_VMMCI_DONE,
	[VMMCI_GUEST_SHUTDOWN] = KVDEV_EVENT_VMMCI_GUEST_SHUTDOWN,
	[VMMCI_GUEST_REBOOT] = KVDEV_EVENT_VMMCI_GUEST_REBOOT,
	[VMMCI_ACK_TIMEOUT] = KVDEV_EVENT_VMMCI_ACK_TIMEOUT,
	[VMMCI_STOP_TIMEOUT] = KVDEV_EVENT_VMMCI_STOP_TIMEOUT,
};

/*
 * What the driver was interrupted for has been answered or taken back; @v->lock
 * is held. OpenBSD's driver for Linux never reads the ISR status, and would be
 * interrupted for ever.
 */
static void end_interrupt(struct vmmci *v)
{
	kvdev_dev_config_seen(v->dev);
}

static void report(struct vmmci *v, enum kvdev_vmmci_outcome outcome, u32 op)
{
	if (outcome != VMMCI_NOTHING)
		kvdev_event_post(v->dev, events[outcome], op);
}

/*
 * The timer follows the state; @v->lock is held. One that is set is left alone:
 * a guest that writes all the time would put it off all the time.
 */
static void set_clock(struct vmmci *v)
{
	u64 now = ktime_get_ns(), deadline = v->state.deadline;

	if (deadline == v->armed)
		return;
	v->armed = deadline;
	if (!deadline)
		timer_delete(&v->clock);
	else
		mod_timer(&v->clock, jiffies + 1 +
			  nsecs_to_jiffies(deadline > now ? deadline - now : 0));
}

static void clock_fires(struct timer_list *timer)
{
	struct vmmci *v = container_of(timer, struct vmmci, clock);
	enum kvdev_vmmci_outcome outcome;
	u32 op = VMMCI_NONE;

	spin_lock(&v->lock);
	outcome = kvdev_vmmci_expire(&v->state, ktime_get_ns(), &op);
	/* The command it was set for may have given way to another. */
	v->armed = 0;
	set_clock(v);
	if (outcome != VMMCI_NOTHING)
		end_interrupt(v);
	spin_unlock(&v->lock);
	report(v, outcome, op);
}

/* ----------------------------------------------------------- configuration */

static void vmmci_config_read(struct kvdev_dev *dev, u32 offset, u32 len)
{
	struct kvdev_vmmci_config *config = kvdev_dev_config(dev);
	struct vmmci *v = kvdev_dev_priv(dev);
	struct timespec64 now;

	spin_lock_bh(&v->lock);
	config->command = cpu_to_le32(v->state.shown);
	spin_unlock_bh(&v->lock);

	if (!kvdev_vmmci_takes_time(offset, len) ||
	    !kvdev_dev_offers(dev, KVDEV_VMMCI_F_TIMESYNC))
		return;
	ktime_get_real_ts64(&now);
	config->time_sec = cpu_to_le64(now.tv_sec);
	config->time_usec = cpu_to_le64(now.tv_nsec / NSEC_PER_USEC);
}

static int vmmci_config_write(struct kvdev_dev *dev, u32 offset,
			      const u8 *bytes, u32 len)
{
	enum kvdev_vmmci_outcome outcome = VMMCI_NOTHING;
	struct vmmci *v = kvdev_dev_priv(dev);
	u32 op = VMMCI_NONE;
	int ret;

	if (!(kvdev_dev_status(dev) & VIRTIO_CONFIG_S_DRIVER_OK) ||
	    !kvdev_dev_has_feature(dev, KVDEV_VMMCI_F_ACK))
		return -EINVAL;

	spin_lock_bh(&v->lock);
	ret = kvdev_vmmci_write(&v->state, offset, bytes, len, &op);
	if (ret == 1) {
		ret = kvdev_vmmci_answer(&v->state, op, ktime_get_ns(),
					 &outcome);
		set_clock(v);
		if (outcome == VMMCI_ACKED)
			end_interrupt(v);
	}
	spin_unlock_bh(&v->lock);
	report(v, outcome, op);
	return ret;
}

/* ---------------------------------------------------------------- commands */

static int check_command(struct kvdev_dev *dev, u32 command)
{
	if (command >= VMMCI_NR_OPS)
		return -EOPNOTSUPP;
	if (command == KVDEV_VMMCI_NONE)
		return 0;
	if (!(kvdev_dev_status(dev) & VIRTIO_CONFIG_S_DRIVER_OK))
		return -ENXIO;
	if (command == KVDEV_VMMCI_SYNCRTC &&
	    !kvdev_dev_has_feature(dev, KVDEV_VMMCI_F_SYNCRTC))
		return -EOPNOTSUPP;
	return 0;
}

static int send(struct vmmci *v, u32 command, u64 ack_ms, u64 stop_ms)
{
	bool answers = kvdev_dev_has_feature(v->dev, KVDEV_VMMCI_F_ACK);
	struct kvdev_vmmci_times times = {
		.now = ktime_get_ns(),
		.ack = (ack_ms ?: ACK_MS) * NSEC_PER_MSEC,
		.stop = (stop_ms ?: STOP_MS) * NSEC_PER_MSEC,
	};
	int ret;

	ret = check_command(v->dev, command);
	if (ret)
		return ret;
	spin_lock_bh(&v->lock);
	if (command == KVDEV_VMMCI_NONE) {
		kvdev_vmmci_cancel(&v->state);
		end_interrupt(v);
	} else {
		ret = kvdev_vmmci_send(&v->state, command, answers, &times);
	}
	set_clock(v);
	spin_unlock_bh(&v->lock);
	/* What is taken back is not worth an interrupt. */
	if (!ret && command != KVDEV_VMMCI_NONE)
		kvdev_dev_config_changed(v->dev);
	return ret;
}

static int vmmci_command(struct kvdev_dev *dev, unsigned int cmd, void *arg,
			 struct kvdev_backend **store)
{
	const struct kvdev_vmmci_cmd *c = arg;

	if (cmd != KVDEV_VMMCI_CMD || c->flags)
		return -EOPNOTSUPP;
	if (c->__reserved || c->ack_timeout_ms > TIMEOUT_MAX_MS ||
	    c->stop_timeout_ms > TIMEOUT_MAX_MS)
		return -EINVAL;
	return send(kvdev_dev_priv(dev), c->command, c->ack_timeout_ms,
		    c->stop_timeout_ms);
}

/* The guest's clock stood still. If it cannot be told, it is not. */
static void vmmci_resumed(struct kvdev_dev *dev)
{
	send(kvdev_dev_priv(dev), KVDEV_VMMCI_SYNCRTC, 0, 0);
}

/* --------------------------------------------------------------- lifecycle */

static void vmmci_reset(struct kvdev_dev *dev)
{
	struct vmmci *v = kvdev_dev_priv(dev);
	enum kvdev_vmmci_outcome outcome;

	spin_lock_bh(&v->lock);
	outcome = kvdev_vmmci_driver_reset(&v->state);
	set_clock(v);
	spin_unlock_bh(&v->lock);
	report(v, outcome, VMMCI_REBOOT);
}

/* Whoever had the guest is gone, and the guest with it. */
static void vmmci_release(struct kvdev_dev *dev)
{
	struct vmmci *v = kvdev_dev_priv(dev);

	spin_lock_bh(&v->lock);
	kvdev_vmmci_cancel(&v->state);
	set_clock(v);
	spin_unlock_bh(&v->lock);
}

static int vmmci_create(struct kvdev_dev *dev)
{
	struct vmmci *v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);

	if (!v)
		return -ENOMEM;
	v->dev = dev;
	spin_lock_init(&v->lock);
	timer_setup(&v->clock, clock_fires, 0);
	kvdev_dev_set_priv(dev, v);
	return 0;
}

static void vmmci_destroy(struct kvdev_dev *dev)
{
	struct vmmci *v = kvdev_dev_priv(dev);

	timer_shutdown_sync(&v->clock);
	kfree(v);
}

static u64 vmmci_features(struct kvdev_dev *dev)
{
	return BIT_ULL(KVDEV_VMMCI_F_TIMESYNC) | BIT_ULL(KVDEV_VMMCI_F_ACK) |
	       BIT_ULL(KVDEV_VMMCI_F_SYNCRTC);
}

static const struct kvdev_pci_ids vmmci_pci_ids = {
	.vendor = 0x0b5d,	/* OpenBSD */
	.device = 0x0777,
	.sub_vendor = 0x0b5d,
	.sub_device = 0xffff,
	.class = 0x078000,	/* communication, other */
};

const struct kvdev_device_type kvdev_vmmci_type = {
	.id = KVDEV_DEVICE_VMMCI,
	.name = "vmmci",
	.owner = THIS_MODULE,
	.nr_queues = 0,
	.max_queues = 0,
	.config_size = sizeof(struct kvdev_vmmci_config),
	.pci_ids = &vmmci_pci_ids,
	.create = vmmci_create,
	.destroy = vmmci_destroy,
	.features = vmmci_features,
	.command = vmmci_command,
	.config_read = vmmci_config_read,
	.config_write = vmmci_config_write,
	.reset = vmmci_reset,
	.release = vmmci_release,
	.resumed = vmmci_resumed,
};
