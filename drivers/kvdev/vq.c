// SPDX-License-Identifier: GPL-2.0
/*
 * A queue: from configured to running and back, serving it, and the calls
 * device types make on it.
 */
#include <linux/pid.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "compat/compat.h"
#include "core.h"
#include "trace.h"

/*
 * Chains a worker takes from a queue before it looks at other work, signals
 * and the scheduler. A full ring of the default size fits.
 */
#define VQ_BUDGET	256

/* The pure code collects plain iovecs; for kernel memory they are kvecs. */
static_assert(sizeof(struct iovec) == sizeof(struct kvec));
static_assert(offsetof(struct iovec, iov_base) ==
	      offsetof(struct kvec, iov_base));
static_assert(offsetof(struct iovec, iov_len) ==
	      offsetof(struct kvec, iov_len));

/* ------------------------------------------------ calls of device types */

struct kvdev_dev *kvdev_vq_dev(const struct kvdev_vq *vq)
{
	return vq->dev;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_dev, KVDEV_NS);

u16 kvdev_vq_index(const struct kvdev_vq *vq)
{
	return vq->index;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_index, KVDEV_NS);

u16 kvdev_vq_num(const struct kvdev_vq *vq)
{
	return vq->ring.num;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_num, KVDEV_NS);

bool kvdev_vq_enabled(const struct kvdev_vq *vq)
{
	return vq && READ_ONCE(vq->running) && !READ_ONCE(vq->broken);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_enabled, KVDEV_NS);

bool kvdev_vq_set_up(const struct kvdev_vq *vq)
{
	return READ_ONCE(vq->regs->enabled);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_set_up, KVDEV_NS);

void kvdev_vq_notifications(struct kvdev_vq *vq, u64 *kicks, u64 *signals)
{
	*kicks = atomic64_read(&vq->stats.kicks);
	*signals = READ_ONCE(vq->stats.signals);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_notifications, KVDEV_NS);

void kvdev_vq_set_priv(struct kvdev_vq *vq, void *priv)
{
	vq->priv = priv;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_set_priv, KVDEV_NS);

void *kvdev_vq_priv(const struct kvdev_vq *vq)
{
	return vq->priv;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_priv, KVDEV_NS);

bool kvdev_vq_kernel_memory(const struct kvdev_vq *vq)
{
	return vq->mem->kernel;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_kernel_memory, KVDEV_NS);

static void chain_iter(const struct kvdev_vq *vq, struct iov_iter *iter,
		       unsigned int dir, const struct iovec *iov,
		       unsigned long nr, size_t len)
{
	if (vq->mem->kernel)
		iov_iter_kvec(iter, dir, (const struct kvec *)iov, nr, len);
	else
		iov_iter_init(iter, dir, iov, nr, len);
}

/**
 * kvdev_vq_violation() - the driver broke the protocol on this queue
 * @vq: being served
 * @reason: static text
 *
 * The queue is not served any more, the device needs a reset, requests in
 * flight end as usual. Nothing is logged: a guest could flood the log.
 *
 * Context: worker.
 */
void kvdev_vq_violation(struct kvdev_vq *vq, const char *reason)
{
	lockdep_assert_held(&vq->mutex);
	WRITE_ONCE(vq->broken, true);
	vq->stats.violations++;
	trace_kvdev_violation(vq->dev->id, vq->index, reason);
	kvdev_call_signal(&vq->err);
	kvdev_dev_needs_reset(vq->dev, reason);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_violation, KVDEV_NS);

static bool mem_changed(const struct kvdev_vq *vq)
{
	return vq->mem_seq != READ_ONCE(vq->dev->mem_seq);
}

static void drop_mem(struct kvdev_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	kvdev_mem_put(vq->mem);
	vq->mem = NULL;
}

static void follow_mem(struct kvdev_vq *vq)
{
	drop_mem(vq);
	vq->mem = kvdev_dev_get_mem(vq->dev, &vq->mem_seq);
}

/* The next chain, in memory as it is when the chain is seen. */
static int peek_ring(struct kvdev_vq *vq)
{
	int ret;

	if (mem_changed(vq))
		follow_mem(vq);
	ret = kvdev_ring_peek(&vq->ring, vq->mem, &vq->chain);
	if (ret >= 0)
		return ret;
	/*
	 * The chain may be newer than the table: the driver uses new memory as
	 * soon as it hears of it. What it then made available was read above,
	 * after which this sees the change that came before it.
	 */
	smp_rmb();
	if (!mem_changed(vq))
		return ret;
	follow_mem(vq);
	return kvdev_ring_peek(&vq->ring, vq->mem, &vq->chain);
}

/**
 * kvdev_vq_peek() - look at the next chain
 * @vq: being served
 * @chain: filled
 *
 * Context: worker.
 * Return: 1: there is one; 0: the ring is empty; -EPROTO: the driver broke the
 * protocol, everything has been done about that.
 */
int kvdev_vq_peek(struct kvdev_vq *vq, struct kvdev_vq_chain *chain)
{
	struct kvdev_chain *c = &vq->chain;
	int ret;

	lockdep_assert_held(&vq->mutex);
	if (vq->broken)
		return -EPROTO;
	if (kvdev_vq_is_stopping(vq))
		return 0;

	ret = peek_ring(vq);
	if (!ret)
		return 0;
	if (ret < 0) {
		kvdev_vq_violation(vq, vq->ring.reason);
		return ret;
	}
	/*
	 * The driver owns num descriptors. With as many chains in flight,
	 * another one reuses a descriptor that we have. Not @inflight: it is
	 * dropped after the used entry, which allows the driver to go on.
	 */
	if (vq->stats.chains - READ_ONCE(vq->stats.completions) >=
	    vq->ring.num) {
		kvdev_vq_violation(vq, "more chains than descriptors");
		return -EPROTO;
	}

	chain->id = c->id;
	chain->nr_writable = c->nr_writable;
	chain->writable_iov = c->iov + c->nr_readable;
	chain_iter(vq, &chain->readable, ITER_SOURCE, c->iov, c->nr_readable,
		   c->readable_len);
	chain_iter(vq, &chain->writable, ITER_DEST, chain->writable_iov,
		   c->nr_writable, c->writable_len);
	return 1;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_peek, KVDEV_NS);

/**
 * kvdev_vq_pop() - take the chain kvdev_vq_peek() showed
 * @vq: being served
 * @chain: the chain; must be given back by kvdev_vq_complete()
 *
 * Context: worker.
 */
void kvdev_vq_pop(struct kvdev_vq *vq, const struct kvdev_vq_chain *chain)
{
	lockdep_assert_held(&vq->mutex);
	trace_kvdev_pop(vq->dev->id, vq->index, chain->id,
			vq->chain.readable_len, vq->chain.writable_len);
	refcount_inc(&vq->inflight);
	kvdev_ring_pop(&vq->ring, &vq->chain);
	vq->stats.chains++;
	if (vq->budget)
		vq->budget--;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_pop, KVDEV_NS);

/**
 * kvdev_vq_unpop() - give a chain back to the ring, as if never taken
 * @vq: being served
 * @id: of the latest chain taken that was neither completed nor given back
 *
 * For a type that collects several chains and finds that they do not suffice:
 * it gives back what it took, the latest first. None of them may have been
 * written to. kvdev_vq_peek() looks at them again, and at what the driver made
 * of them meanwhile; what was found out about them before is void.
 *
 * They do not count as work that is left: the driver's next chain comes behind
 * them, so wait for it before giving back.
 *
 * Context: worker.
 */
void kvdev_vq_unpop(struct kvdev_vq *vq, u16 id)
{
	lockdep_assert_held(&vq->mutex);
	trace_kvdev_unpop(vq->dev->id, vq->index, id);
	kvdev_ring_unpop(&vq->ring, id);
	vq->stats.chains--;
	/* Not the last: the queue has one while it is served. */
	refcount_dec(&vq->inflight);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_unpop, KVDEV_NS);

/**
 * kvdev_vq_is_stopping() - is the queue about to stop?
 * @vq: being served, or with a request in flight
 *
 * No more chains are taken then. Requests in flight are to end, or are given
 * back to the ring: see kvdev_vq_unpop().
 *
 * Context: any.
 * Return: whether that is so.
 */
bool kvdev_vq_is_stopping(const struct kvdev_vq *vq)
{
	return !READ_ONCE(vq->running);
}

/**
 * kvdev_vq_is_awaited() - does somebody wait for the worker?
 * @vq: being served
 *
 * As kvdev_vq_should_stop(), for those in the middle of a request: that there
 * have been many before it in this turn is no reason to leave it.
 *
 * Context: worker.
 * Return: whether somebody does.
 */
bool kvdev_vq_is_awaited(struct kvdev_vq *vq)
{
	return atomic_read(&vq->waiters) || kvdev_vq_is_stopping(vq) ||
	       kvdev_worker_should_stop();
}

/**
 * kvdev_vq_should_stop() - is the worker's turn over?
 * @vq: being served
 *
 * Context: worker.
 * Return: whether it is.
 */
bool kvdev_vq_should_stop(struct kvdev_vq *vq)
{
	return !vq->budget || kvdev_vq_is_awaited(vq);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_should_stop, KVDEV_NS);

/**
 * kvdev_vq_shared_wanted() - does another queue wait for the same worker?
 * @vq: being served
 *
 * For types whose queues share a worker, see @vq_served_by: to end a turn
 * earlier than kvdev_vq_should_stop() says.
 *
 * Context: worker.
 * Return: whether one does.
 */
bool kvdev_vq_shared_wanted(const struct kvdev_vq *vq)
{
	return kvdev_worker_has_work(vq->worker);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_shared_wanted, KVDEV_NS);

/**
 * kvdev_vq_abandoned() - does nobody wait for what requests do any more?
 * @vq: with a request in flight
 *
 * For requests that go on for long: of an owner that was killed, and of a
 * driver that reset the device, they may end without having done what they
 * should.
 *
 * Context: any.
 * Return: whether that is so.
 */
bool kvdev_vq_abandoned(const struct kvdev_vq *vq)
{
	return READ_ONCE(vq->worker->killed) ||
	       test_bit(KVDEV_DEV_RESETTING, &vq->dev->flags);
}

/**
 * kvdev_vq_park() - what is left on the ring waits for something else
 * @vq: being served
 *
 * Without it a queue whose ring is not empty is served again. Whoever has what
 * is missing calls kvdev_vq_wake(); one that comes before the round is over is
 * not lost.
 *
 * Context: worker; then @vq_serve returns false.
 */
void kvdev_vq_park(struct kvdev_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	vq->parked = true;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_park, KVDEV_NS);

/**
 * kvdev_vq_await_chains() - the chains on the ring do not suffice
 * @vq: being served; all of them have been taken
 *
 * Context: worker.
 * Return: true if there are more by now; false if there will be a kick when
 * there are, and until then the queue is parked, or if the queue is to stop.
 */
bool kvdev_vq_await_chains(struct kvdev_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	/* What there is on the ring of a queue that stops is not taken. */
	if (!kvdev_vq_is_stopping(vq) && kvdev_ring_enable_kick(&vq->ring)) {
		kvdev_ring_disable_kick(&vq->ring);
		return true;
	}
	vq->parked = true;
	vq->starved = true;
	return false;
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_await_chains, KVDEV_NS);

/* --------------------------------------------------------------- serving */

/**
 * kvdev_vq_kick() - the driver made buffers available
 * @vq: in any state
 * @count: notifications
 *
 * Context: any, interrupts may be off.
 */
void kvdev_vq_kick(struct kvdev_vq *vq, u64 count)
{
	atomic64_add(count, &vq->stats.kicks);
	trace_kvdev_kick(vq->dev->id, vq->index);
	kvdev_vq_wake(vq);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_kick, KVDEV_NS);

/**
 * kvdev_vq_wake() - there is work for a queue that the driver does not know of
 * @vq: in any state
 *
 * Context: any, interrupts may be off.
 */
void kvdev_vq_wake(struct kvdev_vq *vq)
{
	kvdev_worker_queue(READ_ONCE(vq->worker), &vq->work);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_wake, KVDEV_NS);

static void vq_eventfd_kick(struct kvdev_kick *kick, u64 count)
{
	kvdev_vq_kick(container_of(kick, struct kvdev_vq, kick), count);
}

/* The worker's turn on one queue. */
static void vq_work(struct kvdev_work *work)
{
	struct kvdev_vq *vq = container_of(work, struct kvdev_vq, work);
	bool again = false;

	mutex_lock(&vq->mutex);
	/* The queue does not end while it is served. */
	if (!refcount_inc_not_zero(&vq->inflight))
		goto out_unlock;
	if (kvdev_vq_is_stopping(vq) || vq->broken)
		goto out_put;

	vq->budget = VQ_BUDGET;
	WRITE_ONCE(vq->batcher, current);
	do {
		vq->parked = false;
		kvdev_ring_disable_kick(&vq->ring);
		again = vq->dev->type->vq_serve(vq);
		kvdev_vq_flush(vq);
		if (again || vq->broken || vq->parked)
			break;
		/* Empty; but look once more after asking for kicks. */
		again = kvdev_ring_enable_kick(&vq->ring);
	} while (again && !kvdev_vq_should_stop(vq));
	WRITE_ONCE(vq->batcher, NULL);

	if (again && !vq->broken)
		kvdev_vq_wake(vq);
out_put:
	kvdev_vq_put(vq);
out_unlock:
	mutex_unlock(&vq->mutex);
}

/* ------------------------------------------------------------- lifecycle */

/**
 * kvdev_vq_init() - the queue of a new device
 * @vq: zeroed
 * @dev: its device
 * @index: its number
 */
void kvdev_vq_init(struct kvdev_vq *vq, struct kvdev_dev *dev, u16 index)
{
	vq->dev = dev;
	vq->index = index;
	vq->regs = &dev->regs.queues[index];
	mutex_init(&vq->mutex);
	spin_lock_init(&vq->used_lock);
	init_completion(&vq->drained);
	kvdev_coalesce_init(vq);
	vq->worker = &vq->own;
	vq->work.fn = vq_work;
	vq->kick.fn = vq_eventfd_kick;
}

static void vq_release(struct kvdev_vq *vq)
{
	kvfree(vq->taken);
	kvfree(vq->chain.table);
	kvfree(vq->chain.iov);
	vq->taken = NULL;
	vq->chain.table = NULL;
	vq->chain.iov = NULL;
}

/* Only a queue that runs needs them: 34 KiB, and its user pays. */
static int vq_alloc(struct kvdev_vq *vq)
{
	vq->chain.iov = kvmalloc_array(KVDEV_CHAIN_MAX,
				       sizeof(*vq->chain.iov),
				       GFP_KERNEL_ACCOUNT);
	vq->chain.table = kvmalloc_array(KVDEV_CHAIN_MAX,
					 sizeof(*vq->chain.table),
					 GFP_KERNEL_ACCOUNT);
	vq->taken = kvmalloc_array(KVDEV_CHAIN_MAX, sizeof(*vq->taken),
				   GFP_KERNEL_ACCOUNT);
	if (!vq->chain.iov || !vq->chain.table || !vq->taken) {
		vq_release(vq);
		return -ENOMEM;
	}
	return 0;
}

static void vq_unmap(struct kvdev_vq *vq)
{
	int i;

	for (i = 0; i < KVDEV_NR_AREAS; i++)
		kvdev_area_unmap(&vq->areas[i], vq->dev->mm);
}

/* What of the host keeps a guest from starting is nothing it could say. */
static void warn_memlock(const struct kvdev_vq *vq)
{
	const struct kvdev_dev *dev = vq->dev;

	pr_warn_ratelimited("kvdev: device %u %.*s: process %d (%s) cannot lock the rings: RLIMIT_MEMLOCK is %lu, or memory is short\n",
			    dev->id, KVDEV_NAME_LEN, dev->name,
			    pid_nr(dev->use_pid), dev->use_comm,
			    rlimit(RLIMIT_MEMLOCK));
}

static const char *map_trouble(int error)
{
	switch (error) {
	case -ENOMEM:
		return "rings cannot be locked: RLIMIT_MEMLOCK or no memory";
	case -EFAULT:
		return "ring outside of guest memory, or in memory that cannot be pinned";
	default:
		return "ring cannot be mapped";
	}
}

static int vq_map(struct kvdev_vq *vq, u64 features)
{
	const struct kvdev_ring_cfg *cfg = &vq->regs->cfg;
	/* At ring level the VMM says where its own memory is. */
	struct kvdev_mem_table *table =
		kvdev_dev_driver_level(vq->dev) ? vq->mem : NULL;
	u64 addr[KVDEV_NR_AREAS] = { cfg->desc_addr, cfg->driver_addr,
				     cfg->device_addr };
	/* Used descriptors of a packed ring take the place of available ones. */
	const bool writable[KVDEV_NR_AREAS] = {
		[KVDEV_AREA_DESC] = kvdev_dev_packed(vq->dev),
		[KVDEV_AREA_DEVICE] = true,
	};
	size_t len[KVDEV_NR_AREAS];
	int i, ret;

	kvdev_ring_area_sizes(cfg->num, features, &len[KVDEV_AREA_DESC],
			      &len[KVDEV_AREA_DRIVER],
			      &len[KVDEV_AREA_DEVICE]);
	for (i = 0; i < KVDEV_NR_AREAS; i++) {
		ret = kvdev_area_map(&vq->areas[i], vq->dev->mm, table,
				     addr[i], len[i], writable[i]);
		if (ret) {
			vq_unmap(vq);
			vq->dev->start_trouble = map_trouble(ret);
			if (ret == -ENOMEM)
				warn_memlock(vq);
			return ret;
		}
	}
	return 0;
}

static void vq_activate(struct kvdev_vq *vq, u64 features)
{
	struct kvdev_ring_cfg cfg = vq->regs->cfg;
	struct kvdev_ring_areas areas = {
		.desc = vq->areas[KVDEV_AREA_DESC].kaddr,
		.driver = vq->areas[KVDEV_AREA_DRIVER].kaddr,
		.device = vq->areas[KVDEV_AREA_DEVICE].kaddr,
		.taken = vq->taken,
	};

	/*
	 * As with vhost: the VMM hands over a ring that may have been in use,
	 * and only the ring itself knows how many entries were used. A packed
	 * ring does not know it either: the VMM says it.
	 */
	if (!vq->dev->transport &&
	    !kvdev_dev_packed(vq->dev)) {
		const struct vring_used *used = areas.device;
		u16 avail, ignored;

		kvdev_ring_base(&cfg, features, &avail, &ignored);
		cfg.has_base = true;
		cfg.avail_base = avail;
		cfg.used_base = le16_to_cpu((__force __le16)
					    READ_ONCE(used->idx));
	}
	kvdev_ring_activate(&vq->ring, &cfg, features, &areas);
}

/**
 * kvdev_vq_start() - start a configured queue
 * @vq: stopped; its device has an owner, current, and memory
 *
 * Return: 0; -EINVAL for a configuration that cannot be; -EFAULT, -ENOMEM from
 * mapping the ring; -ESHUTDOWN if the owner was killed; what the type's
 * vq_start says.
 */
int kvdev_vq_start(struct kvdev_vq *vq)
{
	u64 features = vq->dev->regs.driver_features;
	int ret;

	lockdep_assert_held(&vq->dev->mutex);
	vq->dev->start_trouble = "the owner was killed";
	if (READ_ONCE(vq->worker->killed))
		return -ESHUTDOWN;
	vq->dev->start_trouble = kvdev_ring_check(&vq->regs->cfg, features);
	if (vq->dev->start_trouble)
		return -EINVAL;
	ret = vq_alloc(vq);
	if (ret)
		return ret;

	mutex_lock(&vq->mutex);
	follow_mem(vq);
	mutex_unlock(&vq->mutex);
	ret = vq_map(vq, features);
	if (ret)
		goto err_drop_mem;
	vq_activate(vq, features);
	vq->starved = false;
	vq->coal.max_packets = 0;

	ret = vq->dev->type->vq_start(vq);
	if (ret)
		goto err_unmap;

	mutex_lock(&vq->mutex);
	reinit_completion(&vq->drained);
	/* Locked: who finds the queue in use by this finds its ring, too. */
	spin_lock_irq(&vq->used_lock);
	refcount_set(&vq->inflight, 1);
	spin_unlock_irq(&vq->used_lock);
	WRITE_ONCE(vq->broken, false);
	WRITE_ONCE(vq->running, true);
	vq->active = true;
	mutex_unlock(&vq->mutex);

	/* Buffers may be there already, and their kick long gone. */
	kvdev_vq_wake(vq);
	return 0;

err_unmap:
	vq_unmap(vq);
err_drop_mem:
	mutex_lock(&vq->mutex);
	drop_mem(vq);
	mutex_unlock(&vq->mutex);
	vq_release(vq);
	return ret;
}

/**
 * kvdev_vq_stop_begin() - no more chains are taken
 * @vq: in any state
 *
 * Waits for nobody. kvdev_vq_stop() must follow.
 */
void kvdev_vq_stop_begin(struct kvdev_vq *vq)
{
	lockdep_assert_held(&vq->dev->mutex);
	if (!vq->running)
		return;
	WRITE_ONCE(vq->running, false);
	kvdev_vq_put(vq);
}

/* All requests have ended, and the worker's turn. */
static void vq_finish(struct kvdev_vq *vq)
{
	kvdev_coalesce_end(vq);
	vq->dev->type->vq_stop(vq);
	kvdev_ring_save(&vq->ring, &vq->regs->cfg);
	vq_unmap(vq);
	/* The worker is at most on its way out. */
	mutex_lock(&vq->mutex);
	drop_mem(vq);
	mutex_unlock(&vq->mutex);
	vq_release(vq);
	vq->active = false;
}

/**
 * kvdev_vq_stop() - stop a queue and wait for its requests
 * @vq: in any state; stopped afterwards
 * @how: whether the wait may be left
 *
 * On return all requests have ended, the driver has been told (also what was put
 * off), and neither the ring nor guest memory is touched any more.
 *
 * If the wait was left the queue takes no more chains, but is not free to be
 * used otherwise until this has been called again.
 *
 * Return: 0; -EINTR if killed; -EAGAIN if there is something to wait for, with
 * KVDEV_WAIT_NOT.
 */
int kvdev_vq_stop(struct kvdev_vq *vq, enum kvdev_wait how)
{
	lockdep_assert_held(&vq->dev->mutex);
	if (!vq->active)
		return 0;

	kvdev_vq_stop_begin(vq);
	switch (how) {
	case KVDEV_WAIT_NOT:
		if (!try_wait_for_completion(&vq->drained))
			return -EAGAIN;
		break;
	case KVDEV_WAIT_KILLABLE:
		if (wait_for_completion_killable(&vq->drained))
			return -EINTR;
		break;
	case KVDEV_WAIT_ALWAYS:
		/* As long as the store takes: that is no hung task. */
		wait_for_completion_state(&vq->drained, TASK_IDLE);
		break;
	}
	vq_finish(vq);
	return 0;
}

/**
 * kvdev_vq_get_base() - where a queue goes on
 * @vq: in any state; while it runs the answer is old at once
 * @avail: out, the next available entry, as kvdev_ring_cfg.avail_base
 * @used: out, the next used entry, likewise
 */
void kvdev_vq_get_base(struct kvdev_vq *vq, u16 *avail, u16 *used)
{
	struct kvdev_ring_cfg cfg = vq->regs->cfg;

	lockdep_assert_held(&vq->dev->mutex);
	mutex_lock(&vq->mutex);
	if (vq->active) {
		spin_lock_irq(&vq->used_lock);
		kvdev_ring_save(&vq->ring, &cfg);
		spin_unlock_irq(&vq->used_lock);
	}
	mutex_unlock(&vq->mutex);
	kvdev_ring_base(&cfg, vq->dev->regs.driver_features, avail, used);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_get_base, KVDEV_NS);

/**
 * kvdev_vq_set_base() - where a queue is to go on
 * @vq: stopped
 * @avail: as kvdev_ring_cfg.avail_base; checked when the queue is started
 * @used: as kvdev_ring_cfg.used_base; see kvdev_ring_set_base()
 */
void kvdev_vq_set_base(struct kvdev_vq *vq, u16 avail, u16 used)
{
	lockdep_assert_held(&vq->dev->mutex);
	kvdev_ring_set_base(&vq->regs->cfg, vq->dev->regs.driver_features,
			    avail, used);
}
EXPORT_SYMBOL_NS_GPL(kvdev_vq_set_base, KVDEV_NS);

/**
 * kvdev_vq_sync() - wait until a queue uses the present guest memory
 * @vq: in any state
 * @killable: the wait may be left
 *
 * Context: see kvdev_dev_sync_mem().
 * Return: 0, or -EINTR if killed.
 */
int kvdev_vq_sync(struct kvdev_vq *vq, bool killable)
{
	int ret = 0;

	/* Without waiting for the rest of the worker's turn. */
	atomic_inc(&vq->waiters);
	if (killable)
		ret = mutex_lock_killable(&vq->mutex);
	else
		mutex_lock(&vq->mutex);
	atomic_dec(&vq->waiters);
	if (ret)
		return ret;
	if (vq->mem && mem_changed(vq))
		follow_mem(vq);
	mutex_unlock(&vq->mutex);
	return 0;
}
