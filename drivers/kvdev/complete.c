// SPDX-License-Identifier: GPL-2.0
/*
 * Chains go back to the driver.
 *
 * Those that the worker completes while it serves their queue are shown together:
 * when the type asks for it, or at the end of the round. Others, from any context,
 * are shown at once.
 */
#include "compat/compat.h"
#include "core.h"
#include "trace.h"

/*
 * Let the driver see what was pushed. True: it wants an interrupt. @now: it is not
 * put off.
 */
static bool publish(struct kvdev_vq *vq, bool now)
{
	bool signal = false;

	lockdep_assert_held(&vq->used_lock);
	if (unlikely(vq->coal.max_packets))
		return kvdev_coalesce_publish(vq, now);
	if (vq->ring.pending) {
		signal = kvdev_ring_publish(&vq->ring);
		kvdev_vq_count_signal(vq, signal);
	}
	return signal;
}

/**
 * kvdev_vq_flush() - publish and signal what was completed in this round
 * @vq: being served
 *
 * It is done at the end of every round; types call it before they wait.
 *
 * Context: worker.
 */
void kvdev_vq_flush(struct kvdev_vq *vq)
{
	bool signal;

	lockdep_assert_held(&vq->mutex);
	spin_lock_irq(&vq->used_lock);
	signal = publish(vq, vq->starved || vq->broken);
	spin_unlock_irq(&vq->used_lock);
	vq->starved = false;
	if (signal)
		kvdev_signal_vq(vq);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_flush, KVDEV_NS);

/**
 * kvdev_vq_put() - a chain is not in flight any more
 * @vq: the chain's queue
 *
 * The last one out says so; the queue may be gone right after.
 *
 * Context: any.
 */
void kvdev_vq_put(struct kvdev_vq *vq)
{
	if (refcount_dec_and_test(&vq->inflight))
		complete(&vq->drained);
}

/**
 * kvdev_vq_complete() - give a chain back to the driver
 * @vq: the chain's queue
 * @id: the chain
 * @written: bytes written from the beginning of its writable part
 *
 * The driver may use the memory again at once: everything must be in place
 * and nothing may be touched afterwards, including @vq.
 *
 * Context: any.
 */
void kvdev_vq_complete(struct kvdev_vq *vq, u16 id, u32 written)
{
	/* An interrupt on top of the worker is not the worker. */
	bool batched = in_task() && READ_ONCE(vq->batcher) == current;
	unsigned long flags;
	bool signal = false;

	trace_kvdev_push(vq->dev->id, vq->index, id, written, !batched);
	spin_lock_irqsave(&vq->used_lock, flags);
	kvdev_ring_push(&vq->ring, id, written);
	vq->stats.completions++;
	if (!batched) {
		vq->stats.completions_inplace++;
		signal = publish(vq, false);
	}
	spin_unlock_irqrestore(&vq->used_lock, flags);

	if (signal)
		kvdev_signal_vq(vq);
	kvdev_vq_put(vq);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_complete, KVDEV_NS);

/**
 * kvdev_vq_complete_batch() - give chains back, in the worker's round
 * @vq: being served
 * @used: the chains
 * @nr: number of them
 *
 * As many calls of kvdev_vq_complete() at once: kvdev_vq_flush() shows them. Until
 * then kvdev_vq_show() does not know of what a type still collects.
 *
 * Context: worker.
 */
void kvdev_vq_complete_batch(struct kvdev_vq *vq, const struct kvdev_used *used,
			     unsigned int nr)
{
	unsigned int i;

	lockdep_assert_held(&vq->mutex);
	if (!nr)
		return;
	spin_lock_irq(&vq->used_lock);
	for (i = 0; i < nr; i++) {
		trace_kvdev_push(vq->dev->id, vq->index, used[i].id,
				 used[i].written, false);
		kvdev_ring_push(&vq->ring, used[i].id, used[i].written);
	}
	vq->stats.completions += nr;
	spin_unlock_irq(&vq->used_lock);
	/* Not the last: the queue has one while it is served. */
	WARN_ON_ONCE(refcount_sub_and_test(nr, &vq->inflight));
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_complete_batch, KVDEV_NS);

/**
 * kvdev_vq_show() - let the driver see what was completed, before the round ends
 * @vq: in any state; of a device that stays
 *
 * On return the driver can see every chain that was given back before, ahead of
 * anything it is told next, by other queues too.
 *
 * Context: any.
 */
void kvdev_vq_show(struct kvdev_vq *vq)
{
	unsigned long flags;
	bool signal;

	/* A queue that is stopped has shown all, and its ring is gone. */
	if (!refcount_inc_not_zero(&vq->inflight))
		return;
	spin_lock_irqsave(&vq->used_lock, flags);
	signal = publish(vq, false);
	spin_unlock_irqrestore(&vq->used_lock, flags);
	if (signal)
		kvdev_signal_vq(vq);
	kvdev_vq_put(vq);
}

/**
 * kvdev_vq_account() - count a request
 * @vq: its queue
 * @readable: payload bytes read from guest memory
 * @writable: payload bytes written to guest memory
 * @error: it ended with an error status
 *
 * Context: any, before kvdev_vq_complete().
 */
void kvdev_vq_account(struct kvdev_vq *vq, u32 readable, u32 writable,
		      bool error)
{
	if (readable)
		atomic64_add(readable, &vq->stats.bytes_readable);
	if (writable)
		atomic64_add(writable, &vq->stats.bytes_writable);
	if (error)
		atomic64_inc(&vq->stats.errors);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_account, KVDEV_NS);
