// SPDX-License-Identifier: GPL-2.0
/*
 * Control queue of the SCSI host device (virtio 1.3, 5.6.6.2).
 *
 * A task management function that aborts tasks answers when they have ended.
 * I/O cannot be called back, so that takes as long as the I/O. Nobody waits for
 * it here: each function is a small object that its last task finds, in any
 * context, and others are served meanwhile. One whose tasks do not end in time
 * answers that it failed; they end as aborted all the same.
 *
 *	unit's list of waits --> vscsi_wait --> vscsi_tmf <-- time-out, the end
 *	  (each a reference)
 *
 * The driver may use the memory of a task again when it has the answer. So its
 * used entry must come before, also that of a task that was not found any more:
 * it may have ended, but not be on the ring (a grace period waits for that), or
 * on the ring, but not be shown (show_requests()).
 */
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "dev.h"

/* Before this nobody should give up; drivers wait 30 s for I/O. */
static unsigned int tmf_seconds = 60;
module_param_named(scsi_tmf_timeout, tmf_seconds, uint, 0644);
MODULE_PARM_DESC(scsi_tmf_timeout,
		 "seconds that SCSI task management waits for I/O before it fails (default 60)");

/**
 * struct vscsi_tmf - a task management function
 * @ref: whoever refers to it
 * @pending: tasks' waits, plus one while they are being collected
 * @answered: somebody has answered
 * @code: what it answers if all goes well
 * @vq: the control queue, until answered
 * @id: names the chain
 * @response: pinned, for whoever answers
 * @timeout: answers if nobody else does
 * @end: answers, a grace period after the last task has ended
 */
struct vscsi_tmf {
	refcount_t ref;
	atomic_t pending;
	atomic_t answered;
	u8 code;
	struct kvdev_vq *vq;
	u16 id;
	struct kvdev_pinned_byte response;
	struct delayed_work timeout;
	struct rcu_work end;
};

static struct vscsi *vq_scsi(const struct kvdev_vq *vq)
{
	return kvdev_dev_priv(kvdev_vq_dev(vq));
}

/* ------------------------------------------------------------ completion */

static void tmf_put(struct vscsi_tmf *tmf)
{
	if (refcount_dec_and_test(&tmf->ref))
		kfree(tmf);
}

/* Whatever has been given back by now, the driver sees before the answer. */
static void show_requests(struct kvdev_dev *dev)
{
	u32 i;

	for (i = VSCSI_REQUEST; i < kvdev_dev_nr_queues(dev); i++)
		kvdev_vq_show(kvdev_dev_vq(dev, i));
}

/* May sleep. The caller has a reference, and keeps it. */
static void tmf_answer(struct vscsi_tmf *tmf, u8 code)
{
	if (atomic_xchg(&tmf->answered, 1))
		return;
	/* The one of the time-out, if that has not begun. */
	if (cancel_delayed_work(&tmf->timeout))
		tmf_put(tmf);
	show_requests(kvdev_vq_dev(tmf->vq));
	if (!kvdev_pinned_byte_store(&tmf->response, code))
		kvdev_pinned_byte_finish(&tmf->response);
	kvdev_vq_account(tmf->vq, 0, 1, false);
	kvdev_vq_complete(tmf->vq, tmf->id, 1);
}

static void tmf_timeout(struct work_struct *work)
{
	struct vscsi_tmf *tmf = container_of(to_delayed_work(work),
					     struct vscsi_tmf, timeout);

	tmf_answer(tmf, VIRTIO_SCSI_S_FAILURE);
	tmf_put(tmf);
}

/*
 * virtio 1.3, 5.6.6.2: the tasks have been completed when the driver has the
 * answer. They are all on their rings: each went from its end to there in one
 * read side, which began before it was missed, by us or by the last one.
 */
static void tmf_tasks_over(struct work_struct *work)
{
	struct vscsi_tmf *tmf = container_of(to_rcu_work(work),
					     struct vscsi_tmf, end);

	tmf_answer(tmf, tmf->code);
	tmf_put(tmf);
}

/* One thing less to wait for. The caller has a reference, and keeps it. */
static void tmf_over(struct vscsi_tmf *tmf)
{
	if (!atomic_dec_and_test(&tmf->pending))
		return;
	refcount_inc(&tmf->ref);
	kvdev_memacc_defer_rcu(&tmf->end);
}

/**
 * vscsi_tmf_wait() - prepare to wait for tasks of one more unit
 * @tmf: who waits
 *
 * Return: NULL without memory.
 */
struct vscsi_wait *vscsi_tmf_wait(struct vscsi_tmf *tmf)
{
	struct vscsi_wait *wait = kzalloc(sizeof(*wait), GFP_KERNEL_ACCOUNT);

	if (!wait)
		return NULL;
	refcount_inc(&tmf->ref);
	atomic_inc(&tmf->pending);
	wait->tmf = tmf;
	return wait;
}

/**
 * vscsi_waits_over() - tasks have ended
 * @waits: those who waited for them; freed
 *
 * Context: any.
 */
void vscsi_waits_over(struct list_head *waits)
{
	struct vscsi_wait *wait, *next;

	list_for_each_entry_safe(wait, next, waits, list) {
		tmf_over(wait->tmf);
		tmf_put(wait->tmf);
		kfree(wait);
	}
}

/* ------------------------------------------------------- task management */

/* Abort, and have @tmf wait. */
static void tmf_abort(struct vscsi_tmf *tmf, struct vscsi_unit *unit,
		      const u64 *tag, u8 response)
{
	if (vscsi_tasks_abort(unit, tag, NULL, response, tmf) == UINT_MAX)
		tmf->code = VIRTIO_SCSI_S_FAILURE;
}

static void tmf_lu_reset(struct vscsi_tmf *tmf, struct vscsi_unit *unit)
{
	tmf_abort(tmf, unit, NULL, VIRTIO_SCSI_S_RESET);
	spin_lock_irq(&unit->lock);
	vscsi_lu_reset(unit, KVDEV_SENSE_RESET);
	spin_unlock_irq(&unit->lock);
}

/* All units of the target. */
static void tmf_nexus_reset(struct vscsi_tmf *tmf, struct vscsi *scsi,
			    u8 target)
{
	struct vscsi_unit *unit;
	u16 lun = 0;

	while ((unit = vscsi_unit_next(scsi, target, &lun))) {
		tmf_abort(tmf, unit, NULL, VIRTIO_SCSI_S_RESET);
		spin_lock_irq(&unit->lock);
		vscsi_lu_nexus_loss(unit);
		spin_unlock_irq(&unit->lock);
		vscsi_unit_put(unit);
		cond_resched();
	}
}

static void tmf_query(struct vscsi_tmf *tmf, struct vscsi_unit *unit,
		      const u64 *tag)
{
	if (vscsi_tasks_count(unit, tag))
		tmf->code = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
}

/* What is for one unit. */
static void tmf_run_unit(struct vscsi_tmf *tmf, struct vscsi_unit *unit,
			 u32 subtype, u64 tag)
{
	switch (subtype) {
	case VIRTIO_SCSI_T_TMF_ABORT_TASK:
		tmf_abort(tmf, unit, &tag, VIRTIO_SCSI_S_ABORTED);
		break;
	case VIRTIO_SCSI_T_TMF_ABORT_TASK_SET:
	case VIRTIO_SCSI_T_TMF_CLEAR_TASK_SET:
		/* With one initiator they are the same. */
		tmf_abort(tmf, unit, NULL, VIRTIO_SCSI_S_ABORTED);
		break;
	case VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET:
		tmf_lu_reset(tmf, unit);
		break;
	case VIRTIO_SCSI_T_TMF_QUERY_TASK:
		tmf_query(tmf, unit, &tag);
		break;
	case VIRTIO_SCSI_T_TMF_QUERY_TASK_SET:
		tmf_query(tmf, unit, NULL);
		break;
	default:
		/* CLEAR ACA: there is none to clear (NACA is refused). */
		tmf->code = VIRTIO_SCSI_S_FUNCTION_REJECTED;
	}
}

static void tmf_run(struct vscsi_tmf *tmf, struct vscsi *scsi,
		    const struct virtio_scsi_ctrl_tmf_req *req)
{
	u32 subtype = __virtio32_to_cpu(true, req->subtype);
	struct vscsi_unit *unit;
	u8 target;
	u16 lun;

	/* virtio 1.3, 5.6.6.2: the number of FUNCTION COMPLETE, too */
	tmf->code = VIRTIO_SCSI_S_OK;
	if (!vscsi_lun(req->lun, &target, &lun) ||
	    !vscsi_target_exists(scsi, target)) {
		tmf->code = VIRTIO_SCSI_S_BAD_TARGET;
		return;
	}
	if (subtype == VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET) {
		tmf_nexus_reset(tmf, scsi, target);
		return;
	}
	unit = vscsi_unit_get(scsi, target, lun);
	if (!unit) {
		tmf->code = VIRTIO_SCSI_S_INCORRECT_LUN;
		return;
	}
	tmf_run_unit(tmf, unit, subtype, __virtio64_to_cpu(true, req->tag));
	vscsi_unit_put(unit);
}

/* Without memory for more: nothing was done, and that is the answer. */
static const char *tmf_refuse(struct kvdev_vq *vq, struct kvdev_vq_chain *chain)
{
	u8 code = VIRTIO_SCSI_S_FAILURE;

	if (copy_to_iter(&code, 1, &chain->writable) != 1)
		return "response of task management is not accessible";
	kvdev_vq_pop(vq, chain);
	kvdev_vq_account(vq, 0, 1, true);
	kvdev_vq_complete(vq, chain->id, 1);
	return NULL;
}

static const char *tmf_serve(struct kvdev_vq *vq, struct kvdev_vq_chain *chain,
			     const struct virtio_scsi_ctrl_tmf_req *req)
{
	struct vscsi_tmf *tmf;
	unsigned long addr;

	if (!iov_iter_count(&chain->writable))
		return "task management request without room for a response";
	addr = (unsigned long)chain->writable_iov[0].iov_base;
	tmf = kzalloc(sizeof(*tmf), GFP_KERNEL_ACCOUNT);
	if (!tmf)
		return tmf_refuse(vq, chain);
	if (kvdev_pin_byte(&tmf->response, addr, kvdev_vq_kernel_memory(vq))) {
		kfree(tmf);
		return "response of task management is not accessible";
	}

	/* Ours and the time-out's */
	refcount_set(&tmf->ref, 2);
	atomic_set(&tmf->pending, 1);
	tmf->vq = vq;
	tmf->id = chain->id;
	INIT_DELAYED_WORK(&tmf->timeout, tmf_timeout);
	INIT_RCU_WORK(&tmf->end, tmf_tasks_over);
	kvdev_vq_pop(vq, chain);
	kvdev_memacc_defer_delayed(&tmf->timeout,
				   READ_ONCE(tmf_seconds) * (unsigned long)HZ);
	tmf_run(tmf, vq_scsi(vq), req);
	tmf_over(tmf);
	tmf_put(tmf);
	return NULL;
}

/* ---------------------------------------------- asynchronous notification */

/*
 * virtio 1.3, 5.6.6.2: events of CD-ROMs, which must not be told of otherwise
 * (5.6.6.3.2).
 */
static u32 notify_offered(const struct vscsi_unit *unit)
{
	if (unit->lu.cfg.type != KVDEV_SCSI_CDROM)
		return 0;
	return VSCSI_ASYNC_MEDIA_CHANGE |
	       VSCSI_ASYNC_EXTERNAL_REQUEST;
}

static u8 notify_run(struct vscsi *scsi,
		     const struct virtio_scsi_ctrl_an_req *req, u32 *events)
{
	u32 type = __virtio32_to_cpu(true, req->type);
	struct vscsi_unit *unit;
	u8 target;
	u16 lun;

	*events = 0;
	if (!vscsi_lun(req->lun, &target, &lun) ||
	    !vscsi_target_exists(scsi, target))
		return VIRTIO_SCSI_S_BAD_TARGET;
	unit = vscsi_unit_get(scsi, target, lun);
	if (!unit)
		return VIRTIO_SCSI_S_INCORRECT_LUN;
	*events = __virtio32_to_cpu(true, req->event_requested) &
		  notify_offered(unit);
	if (type == VIRTIO_SCSI_T_AN_SUBSCRIBE) {
		spin_lock_irq(&unit->lock);
		unit->notify = *events;
		spin_unlock_irq(&unit->lock);
	}
	vscsi_unit_put(unit);
	return VIRTIO_SCSI_S_OK;
}

static const char *notify_serve(struct kvdev_vq *vq,
				struct kvdev_vq_chain *chain,
				const struct virtio_scsi_ctrl_an_req *req)
{
	struct virtio_scsi_ctrl_an_resp resp;
	u32 events;

	if (iov_iter_count(&chain->writable) < sizeof(resp))
		return "notification request without room for a response";
	resp.response = notify_run(vq_scsi(vq), req, &events);
	resp.event_actual = __cpu_to_virtio32(true, events);
	if (copy_to_iter(&resp, sizeof(resp), &chain->writable) != sizeof(resp))
		return "response of a notification request is not accessible";
	kvdev_vq_pop(vq, chain);
	kvdev_vq_account(vq, 0, sizeof(resp), false);
	kvdev_vq_complete(vq, chain->id, sizeof(resp));
	return NULL;
}

/* ----------------------------------------------------------------- queue */

/* Serve one chain. Returns NULL, or what the driver did wrong. */
static const char *control_serve(struct kvdev_vq *vq,
				 struct kvdev_vq_chain *chain)
{
	union {
		__virtio32 type;
		struct virtio_scsi_ctrl_tmf_req tmf;
		struct virtio_scsi_ctrl_an_req an;
	} req = {};
	size_t len = min(iov_iter_count(&chain->readable), sizeof(req));

	/* Single fetch: the driver may change it under us. */
	if (copy_from_iter(&req, len, &chain->readable) != len)
		return "control request is not accessible";
	if (len < sizeof(req.type))
		return "control request without a type";
	switch (__virtio32_to_cpu(true, req.type)) {
	case VIRTIO_SCSI_T_TMF:
		if (len < sizeof(req.tmf))
			return "task management request is too short";
		return tmf_serve(vq, chain, &req.tmf);
	case VIRTIO_SCSI_T_AN_QUERY:
	case VIRTIO_SCSI_T_AN_SUBSCRIBE:
		if (len < sizeof(req.an))
			return "notification request is too short";
		return notify_serve(vq, chain, &req.an);
	default:
		return "control request of an unknown type";
	}
}

/**
 * vscsi_control_serve() - the worker's turn on the control queue
 * @vq: being served
 *
 * Return: true if there is more to do.
 */
bool vscsi_control_serve(struct kvdev_vq *vq)
{
	struct kvdev_vq_chain chain;
	const char *reason;

	while (!kvdev_vq_should_stop(vq)) {
		if (kvdev_vq_peek(vq, &chain) != 1)
			return false;
		reason = control_serve(vq, &chain);
		if (reason) {
			kvdev_vq_violation(vq, reason);
			return false;
		}
	}
	return true;
}
