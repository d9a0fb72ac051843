// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts: to the vector an event has, while MSI-X is enabled, or to the ISR
 * status and the line.
 *
 * A vector is a message, which cannot leave while the VMM has taken its eventfd
 * away (it is masked) or the guest has disabled bus mastering. Then its pending
 * bit is set, until it can. Who sets the bit looks at what hinders it once more
 * afterwards, and who takes that away looks at the bit: no event is lost.
 *
 * The line is a level, but an eventfd is an edge. KVM makes a level of it: it
 * keeps the line high from our signal on until the guest ends the interrupt,
 * and tells us then. What holds at any time:
 *
 *	ISR is not 0 and the line is not off
 *	   => the line is high, or whoever made it so is about to signal
 *
 * So an event needs a signal only if ISR was 0 before; else the line is high,
 * and on its end we look at ISR again. No event is lost, and no interrupt
 * stays that nobody asks for: when ISR is 0 at the end, nothing is signalled.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "core.h"
#include "trace.h"

#define ISR_QUEUE	BIT(0)
#define ISR_CONFIG	BIT(1)	/* VIRTIO_PCI_ISR_CONFIG */

static bool may_leave(const struct kvdev_dev *dev, u16 vector)
{
	return READ_ONCE(dev->regs.msix) && !kvdev_dev_no_master(dev) &&
	       kvdev_call_has_target(&dev->vectors[vector]);
}

/* Send what is pending, if it can leave. After a full barrier. */
static void deliver(struct kvdev_dev *dev, u16 vector)
{
	while (may_leave(dev, vector) &&
	       test_and_clear_bit(vector, dev->pending)) {
		if (kvdev_call_signal(&dev->vectors[vector]))
			return;
		/* Its eventfd went meanwhile. */
		set_bit(vector, dev->pending);
		/* Before may_leave() looks at what lets messages leave, again. */
		smp_mb__after_atomic();
	}
}

/* After what lets messages leave. */
static void deliver_all(struct kvdev_dev *dev)
{
	u16 i;

	smp_mb();	/* pairs with the barrier in signal_vector() */
	for (i = 0; i < dev->regs.nr_vectors; i++)
		deliver(dev, i);
}

/* To the vector of an event; false if it has none or MSI-X is disabled. */
static bool signal_vector(struct kvdev_dev *dev, u16 vector)
{
	if (!READ_ONCE(dev->regs.msix) || vector >= dev->regs.nr_vectors)
		return false;
	vector = array_index_nospec(vector, dev->regs.nr_vectors);
	if (!kvdev_dev_no_master(dev) &&
	    kvdev_call_signal(&dev->vectors[vector]))
		return true;
	set_bit(vector, dev->pending);
	smp_mb__after_atomic();	/* pairs with that in deliver_all() */
	deliver(dev, vector);
	return true;
}

static void signal_line(struct kvdev_dev *dev)
{
	if (READ_ONCE(dev->line_off))
		return;
	trace_kvdev_line(dev->id, atomic_read(&dev->isr));
	if (kvdev_call_signal(&dev->line))
		atomic64_inc(&dev->stats.line_signals);
}

/*
 * The order of setting ISR and looking at what turns the line off pairs with
 * recheck_line(): one of the two sees what the other one did.
 */
static void raise_line(struct kvdev_dev *dev, int cause)
{
	int old = atomic_fetch_or(cause, &dev->isr);	/* a full barrier */

	/* Without an end of interrupt, each event is told */
	if (!old || !READ_ONCE(dev->resample.ctx))
		signal_line(dev);
}

/* After what turns the line on. */
static void recheck_line(struct kvdev_dev *dev)
{
	smp_mb();	/* pairs with the full barrier in raise_line() */
	if (atomic_read(&dev->isr))
		signal_line(dev);
}

/**
 * kvdev_signal_vq() - used buffer notification
 * @vq: a queue with new used buffers
 *
 * Context: any but inside an eventfd's wake-up.
 */
void kvdev_signal_vq(struct kvdev_vq *vq)
{
	trace_kvdev_signal(vq->dev->id, vq->index);
	if (!vq->dev->transport) {
		kvdev_call_signal(&vq->call);
		return;
	}
	/*
	 * virtio 1.3, 4.1.4.5: with MSI-X disabled the cause is in ISR, whatever
	 * vectors are mapped. It is there, too, if there is no vector, for who
	 * polls; with MSI-X enabled the line is off (4.1.5.3.1).
	 */
	if (!signal_vector(vq->dev, READ_ONCE(vq->regs->vector)))
		raise_line(vq->dev, ISR_QUEUE);
}

/**
 * kvdev_signal_config() - configuration change notification
 * @dev: status or configuration changed
 *
 * Context: any but inside an eventfd's wake-up.
 */
void kvdev_signal_config(struct kvdev_dev *dev)
{
	if (!dev->transport) {
		kvdev_call_signal(&dev->config_call);
		return;
	}
	/* virtio 1.3, 4.1.4.5.1: before the notification, vector or not */
	raise_line(dev, ISR_CONFIG);
	signal_vector(dev, READ_ONCE(dev->regs.config_vector));
}

/**
 * kvdev_irq_config_seen() - end a configuration change notification
 * @dev: the device
 *
 * The line is low from the guest's end of interrupt on, as if it had read the
 * ISR status.
 *
 * Context: any.
 */
void kvdev_irq_config_seen(struct kvdev_dev *dev)
{
	atomic_andnot(ISR_CONFIG, &dev->isr);
}

static void resample_work(struct work_struct *work)
{
	struct kvdev_dev *dev = container_of(work, struct kvdev_dev,
					     resample_work);

	/* The driver may have read ISR since */
	if (atomic_read(&dev->isr))
		signal_line(dev);
}

/* An eventfd cannot be signalled from inside another one's wake-up. */
static void resample_kick(struct kvdev_kick *kick, u64 count)
{
	struct kvdev_dev *dev = container_of(kick, struct kvdev_dev, resample);
	struct work_struct *work = current_work();

	/*
	 * An end that is another device's line: with one more such device they
	 * would signal each other for ever. No interrupt ends from in here.
	 */
	if (work && work->func == resample_work)
		return;
	atomic64_add(count, &dev->stats.line_ends);
	if (atomic_read(&dev->isr))
		queue_work(system_highpri_wq, &dev->resample_work);
}

/**
 * kvdev_irq_init() - prepare the interrupts of a transport
 * @dev: has no transport yet
 * @nr_vectors: MSI-X vectors
 *
 * Return: 0 or -ENOMEM.
 */
int kvdev_irq_init(struct kvdev_dev *dev, u16 nr_vectors)
{
	dev->vectors = kcalloc(nr_vectors, sizeof(*dev->vectors),
			       GFP_KERNEL_ACCOUNT);
	if (!dev->vectors)
		return -ENOMEM;
	dev->regs.nr_vectors = nr_vectors;
	dev->resample.fn = resample_kick;
	INIT_WORK(&dev->resample_work, resample_work);
	dev->line_off = false;
	return 0;
}

/**
 * kvdev_irq_release() - undo kvdev_irq_init()
 * @dev: has no running queue and is not used any more
 */
void kvdev_irq_release(struct kvdev_dev *dev)
{
	u16 i;

	kvdev_kick_set(&dev->resample, -1);
	cancel_work_sync(&dev->resample_work);
	kvdev_call_set(&dev->line, -1);
	for (i = 0; i < dev->regs.nr_vectors; i++)
		kvdev_call_set(&dev->vectors[i], -1);
	kfree(dev->vectors);
	dev->vectors = NULL;
	dev->regs.nr_vectors = 0;
	dev->regs.msix = false;
	bitmap_zero(dev->pending, KVDEV_MAX_VECTORS);
	dev->master_off = false;
	dev->line_off = false;
}

/**
 * kvdev_set_vector() - where interrupts of a vector go
 * @dev: the device
 * @vector: from user space
 * @fd: eventfd or -1
 *
 * What is pending is told to the new one.
 *
 * Return: 0; -ENXIO; -EBADF or -EINVAL from looking up @fd.
 */
int kvdev_set_vector(struct kvdev_dev *dev, u32 vector, int fd)
{
	u16 nr = dev->regs.nr_vectors;
	int ret;

	if (vector >= nr)
		return -ENXIO;
	vector = array_index_nospec(vector, nr);
	ret = kvdev_call_set(&dev->vectors[vector], fd);
	if (ret)
		return ret;
	smp_mb();	/* pairs with the barrier in signal_vector() */
	deliver(dev, vector);
	return 0;
}

static bool same_eventfd(struct eventfd_ctx *ctx, int fd)
{
	struct eventfd_ctx *other = fd == -1 ? NULL : eventfd_ctx_fdget(fd);
	bool same = other == ctx;

	if (!IS_ERR_OR_NULL(other))
		eventfd_ctx_put(other);
	return same;
}

/**
 * kvdev_set_line() - where the interrupt line goes
 * @dev: the device
 * @fd: eventfd or -1
 * @resample_fd: eventfd or -1
 *
 * On error both stay as they were.
 *
 * Return: 0; -ENXIO without transport; -EBADF or -EINVAL from looking up the
 * eventfds; -EINVAL if they are the same.
 */
int kvdev_set_line(struct kvdev_dev *dev, int fd, int resample_fd)
{
	struct kvdev_target target = { .owned = true };
	int ret;

	if (!dev->transport)
		return -ENXIO;
	if (fd != -1) {
		target.ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(target.ctx))
			return PTR_ERR(target.ctx);
	}
	/* Our signal would be the end of its own interrupt, for ever. */
	ret = -EINVAL;
	if (fd != -1 && same_eventfd(target.ctx, resample_fd))
		goto err_put;
	ret = kvdev_kick_set(&dev->resample, resample_fd);
	if (ret)
		goto err_put;
	kvdev_call_set_target(&dev->line, target.ctx ? &target : NULL);
	recheck_line(dev);
	return 0;

err_put:
	if (target.ctx)
		eventfd_ctx_put(target.ctx);
	return ret;
}

/**
 * kvdev_pci_state() - the guest has changed PCI configuration space
 * @dev: the device
 * @arg: see KVDEV_PCI_STATE
 *
 * Return: 0; -EOPNOTSUPP for an unknown state; -ENXIO without PCI transport.
 */
int kvdev_pci_state(struct kvdev_dev *dev, struct kvdev_pci_state *arg)
{
	const u32 line_off = KVDEV_PCI_MSIX | KVDEV_PCI_INTX_OFF;
	bool msix = arg->state & KVDEV_PCI_MSIX;
	u16 i;

	if (arg->flags || arg->state & ~(line_off | KVDEV_PCI_MASTER_OFF))
		return -EOPNOTSUPP;
	if (!dev->transport || dev->transport >= KVDEV_TRANSPORT_MMIO)
		return -ENXIO;
	/* What is not there cannot be enabled */
	if (msix && !dev->regs.nr_vectors)
		return -ENXIO;
	WRITE_ONCE(dev->regs.msix, msix);
	WRITE_ONCE(dev->line_off, arg->state & line_off);
	kvdev_dev_set_master(dev, arg->state & KVDEV_PCI_MASTER_OFF);
	recheck_line(dev);
	deliver_all(dev);
	arg->isr = atomic_read(&dev->isr);
	memset(arg->pending, 0, sizeof(arg->pending));
	for (i = 0; i < dev->regs.nr_vectors; i++)
		if (test_bit(i, dev->pending))
			arg->pending[i / 64] |= BIT_ULL(i % 64);
	return 0;
}
