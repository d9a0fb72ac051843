// SPDX-License-Identifier: GPL-2.0
/*
 * Request queues of the SCSI host device (virtio 1.3, 5.6.6.1).
 *
 * A chain is two streams of bytes: header, CDB, data-out; and response, sense
 * data, data-in. The response comes before the data and is written last, from
 * any context, so its memory is pinned.
 */
#include <linux/blkdev.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "../../event.h"
#include "dev.h"

#define CMD_HEADER	offsetof(struct virtio_scsi_cmd_req, cdb)
#define RESP_HEADER	offsetof(struct virtio_scsi_cmd_resp, sense)

/**
 * struct vscsi_queue - requests of a running queue
 * @free: requests not in use. The worker takes, any context gives back
 * @lun: LUN of the command that is being decided
 * @target: target of it
 * @req: command of it
 * @resp: response of it
 * @requests: as many as the ring has entries, so the worker always finds one
 */
struct vscsi_queue {
	struct llist_head free;
	u16 lun;
	u8 target;
	struct kvdev_scsi_req req;
	u8 resp[KVDEV_SCSI_RESP_MAX];
	struct vscsi_request requests[];
};

static struct vscsi *to_vscsi(const struct vscsi_request *req)
{
	return kvdev_dev_priv(kvdev_vq_dev(req->vq));
}

/* ------------------------------------------------------------ completion */

/* The response is in place: give the chain back. */
static void request_finish(struct vscsi_request *req)
{
	struct kvdev_vq *vq = req->vq;
	struct vscsi_queue *queue = kvdev_vq_priv(vq);
	u32 used_len = req->used_len;
	u16 id = req->id;
	LIST_HEAD(waits);

	/*
	 * One read side from the end of the task to its used entry: who does
	 * not find the task waits for that, see tmf_tasks_over().
	 */
	rcu_read_lock();
	vscsi_task_end(&req->task, &waits);
	/* Free before the driver sees the used entry, see blk_finish(). */
	llist_add(&req->free, &queue->free);
	kvdev_vq_complete(vq, id, used_len);
	/* Here, so that kvdev_memacc_exit() knows of what it defers. */
	vscsi_waits_over(&waits);
	rcu_read_unlock();
}

static void request_finish_work(struct work_struct *work)
{
	struct vscsi_request *req = container_of(work, struct vscsi_request,
						 io.work);

	kvdev_pages_release(&req->resp);
	request_finish(req);
}

/*
 * All of the response is written, whatever it says: what was in the driver's
 * memory before, or in ours, is no part of it.
 */
static void request_put_response(struct vscsi_request *req)
{
	struct {
		struct virtio_scsi_cmd_resp resp;
		u8 sense[VSCSI_SENSE_SIZE_MAX];
	} r = {};
	u32 sense_len = min_t(u32, req->cmd.sense_len, req->sense_size);
	u64 done = req->cmd.in_len + req->cmd.out_len;
	u8 *sense = (u8 *)&r + RESP_HEADER;

	r.resp.sense_len = __cpu_to_virtio32(true, sense_len);
	r.resp.resid = __cpu_to_virtio32(true, min_t(u64, U32_MAX,
						     req->data_len - done));
	r.resp.status = req->cmd.status;
	r.resp.response = req->response;
	memcpy(sense, req->cmd.sense, sense_len);
	kvdev_pages_store(&req->resp, &r, RESP_HEADER + req->sense_size);
}

/* The driver opened or closed a tray: whoever changes media wants to know. */
static void tray_moved(const struct vscsi_request *req)
{
	const struct vscsi_unit *unit = req->task.unit;
	u32 value = unit->target << 16 | unit->lun;

	/* What it is now: others may have moved it since. */
	if (READ_ONCE(unit->lu.tray_open))
		value |= KVDEV_SCSI_TRAY_OPEN;
	kvdev_event_post(kvdev_vq_dev(req->vq), KVDEV_EVENT_SCSI_TRAY, value);
}

/**
 * vscsi_complete() - the only way a request ends
 * @req: begun; its data is in place and its store not in use any more
 *
 * Context: any.
 */
void vscsi_complete(struct vscsi_request *req)
{
	/* One that is aborted later has been completed before that. */
	u8 aborted = READ_ONCE(req->task.aborted);
	struct kvdev_scsi_cmd *cmd = &req->cmd;
	bool failed;

	if (unlikely(aborted)) {
		req->response = aborted;
		cmd->status = KVDEV_SCSI_GOOD;
		cmd->sense_len = 0;
	}
	if (unlikely(cmd->flags & KVDEV_SCSI_F_TRAY))
		tray_moved(req);
	failed = req->response != VIRTIO_SCSI_S_OK ||
		 cmd->status == KVDEV_SCSI_CHECK_CONDITION;
	if (unlikely(failed)) {
		cmd->in_len = 0;
		cmd->out_len = 0;
		req->filled = 0;
	}
	req->used_len = RESP_HEADER + req->sense_size + req->filled;
	kvdev_vq_account(req->vq, cmd->out_len, req->filled, failed);
	kfree(req->params);
	req->params = NULL;

	request_put_response(req);
	if (likely(kvdev_pages_try_release(&req->resp))) {
		request_finish(req);
		return;
	}
	INIT_WORK(&req->io.work, request_finish_work);
	kvdev_memacc_defer(&req->io.work);
}

static u32 sense_of(const struct vscsi_request *req, int error)
{
	switch (error) {
	case -ENOSPC:
	case -EDQUOT:
		return KVDEV_SENSE_NO_SPACE;
	case -EROFS:
		return KVDEV_SENSE_WRITE_PROTECTED;
	case -EILSEQ:
	case -ENODATA:
	case -EIO:
		return req->reading ? KVDEV_SENSE_READ_ERROR :
				      KVDEV_SENSE_WRITE_ERROR;
	case -EINTR:
	case -EAGAIN:
		return KVDEV_SENSE_ABORTED;
	default:
		return KVDEV_SENSE_TARGET_FAILURE;
	}
}

/**
 * vscsi_fail() - a request failed for a reason of the host
 * @req: begun
 * @error: -errno
 *
 * Context: any.
 */
void vscsi_fail(struct vscsi_request *req, int error)
{
	u32 sense = sense_of(req, error);
	u64 info = KVDEV_SCSI_NO_INFO;

	/* SPC-4, 4.5.2.2; SBC-3, 4.18: of a medium error, the first bad block */
	if (KVDEV_SENSE_KEY(sense) == 3)
		info = req->bad_lba;
	kvdev_scsi_fail(&req->cmd, sense, info);
	vscsi_complete(req);
}

static void request_io_done(struct kvdev_io *io, int error)
{
	struct vscsi_request *req = container_of(io, struct vscsi_request, io);

	if (unlikely(error)) {
		if (io->op == KVDEV_IO_READ && vscsi_medium_error(error) &&
		    req->bad_lba == KVDEV_SCSI_NO_INFO)
			vscsi_probe(req, error);
		else
			vscsi_fail(req, error);
		return;
	}
	if (io->op == KVDEV_IO_READ)
		req->filled = io->len;
	vscsi_complete(req);
}

/* ------------------------------------------------------------- execution */

/* Nobody needs the result. Else it is waited for: it cannot begin anew. */
static int request_io_check(const struct kvdev_io *io)
{
	const struct vscsi_request *req =
		container_of(io, struct vscsi_request, io);

	return kvdev_vq_abandoned(req->vq) || READ_ONCE(req->task.aborted) ?
	       -EINTR : 0;
}

/**
 * vscsi_submit() - start an operation that completes the request
 * @req: begun; @io.iter is set if there is data
 * @op: which
 * @lba: first block
 * @blocks: number
 *
 * Context: worker.
 */
void vscsi_submit(struct vscsi_request *req, enum kvdev_io_op op, u64 lba,
		  u64 blocks)
{
	const struct vscsi_unit *unit = req->task.unit;
	u32 block_size = unit->lu.cfg.block_size;
	struct kvdev_io *io = &req->io;

	io->op = op;
	io->durable = req->cmd.flags & KVDEV_SCSI_F_FUA &&
		      op != KVDEV_IO_READ;
	io->unmap = req->cmd.flags & KVDEV_SCSI_F_UNMAP;
	io->pos = lba * block_size;
	io->len = blocks * block_size;
	io->done = request_io_done;
	io->check = request_io_check;
	vscsi_blame(req, op == KVDEV_IO_READ, lba, blocks);
	kvdev_backend_submit(unit->backend, io);
}

static void execute_rw(struct vscsi_request *req, enum kvdev_io_op op,
		       struct iov_iter *data, u64 len)
{
	struct kvdev_scsi_cmd *cmd = &req->cmd;

	if (!len) {
		vscsi_complete(req);
		return;
	}
	if (unlikely(len > KVDEV_IO_MAX)) {
		vscsi_long_rw(req, op, data, len);
		return;
	}
	iov_iter_truncate(data, len);
	req->io.iter = *data;
	vscsi_submit(req, op, cmd->lba, cmd->blocks);
}

/* Decided: the answer is there. */
static void execute_done(struct vscsi_request *req, const u8 *resp,
			 struct iov_iter *data)
{
	u32 len = req->cmd.resp_len;

	if (copy_to_iter(resp, len, data) != len) {
		vscsi_fail(req, -EFAULT);
		return;
	}
	req->filled = len;
	vscsi_complete(req);
}

/* SPC-4, 6.33: all LUNs of the target, the allocation length cuts the list. */
static void execute_report_luns(struct vscsi_request *req, u8 target,
				struct iov_iter *data)
{
	struct vscsi *scsi = to_vscsi(req);
	u32 left = min_t(u64, req->cmd.alloc_len, iov_iter_count(data));
	struct iov_iter list = *data;
	u8 entry[KVDEV_SCSI_LUN_BYTES];
	struct vscsi_unit *unit;
	u32 nr = 0, len;
	bool ok = true;
	u16 lun = 0;

	len = min_t(u32, left, sizeof(entry));
	iov_iter_advance(&list, len);
	req->filled = len;
	while ((unit = vscsi_unit_next(scsi, target, &lun))) {
		spin_lock_irq(&unit->lock);
		kvdev_scsi_lu_luns_reported(&unit->lu, VSCSI_NEXUS);
		spin_unlock_irq(&unit->lock);
		vscsi_unit_put(unit);
		nr++;
		len = min_t(u32, left - req->filled, sizeof(entry));
		kvdev_scsi_lun_entry(lun - 1, entry);
		ok &= copy_to_iter(entry, len, &list) == len;
		req->filled += len;
		cond_resched();
	}
	nr = kvdev_scsi_luns_wanted(&req->cmd, nr);
	kvdev_scsi_luns_header(nr, entry);
	len = min_t(u32, left, sizeof(entry));
	ok &= copy_to_iter(entry, len, data) == len;
	if (!ok) {
		vscsi_fail(req, -EFAULT);
		return;
	}
	req->filled = min_t(u32, req->filled, (nr + 1) * sizeof(entry));
	req->cmd.in_len = req->filled;
	vscsi_complete(req);
}

/* GET LBA STATUS: as many ranges as the driver has room for */
static void execute_lba_status(struct vscsi_request *req, u8 *resp,
			       struct iov_iter *data)
{
	struct vscsi_queue *queue = kvdev_vq_priv(req->vq);
	u32 max = req->cmd.nr_ranges, nr;
	struct kvdev_scsi_range *ranges;

	/* At most 4 KiB: what fits into KVDEV_SCSI_RESP_MAX */
	ranges = kmalloc_array(max, sizeof(*ranges), GFP_KERNEL_ACCOUNT);
	if (!ranges) {
		vscsi_fail(req, -ENOMEM);
		return;
	}
	nr = vscsi_find_ranges(req, ranges, max);
	kvdev_scsi_lba_status(&req->cmd, &queue->req, ranges, nr, resp);
	kfree(ranges);
	/* Only now is it known how long the answer is. */
	if (req->cmd.action == KVDEV_SCSI_OVERRUN)
		req->response = VIRTIO_SCSI_S_OVERRUN;
	execute_done(req, resp, data);
}

static void execute(struct vscsi_request *req, struct vscsi_queue *queue,
		    struct kvdev_vq_chain *chain)
{
	struct kvdev_scsi_cmd *cmd = &req->cmd;

	/* Cannot happen: such a command needs a medium. */
	if (cmd->action >= KVDEV_SCSI_READ &&
	    WARN_ON_ONCE(!req->task.unit || !req->task.unit->backend)) {
		vscsi_fail(req, -EIO);
		return;
	}
	switch (cmd->action) {
	case KVDEV_SCSI_DONE:
		execute_done(req, queue->resp, &chain->writable);
		break;
	case KVDEV_SCSI_OVERRUN:
		req->response = VIRTIO_SCSI_S_OVERRUN;
		vscsi_complete(req);
		break;
	case KVDEV_SCSI_REPORT_LUNS:
		execute_report_luns(req, queue->target, &chain->writable);
		break;
	case KVDEV_SCSI_READ:
		execute_rw(req, KVDEV_IO_READ, &chain->writable, cmd->in_len);
		break;
	case KVDEV_SCSI_WRITE:
		execute_rw(req, KVDEV_IO_WRITE, &chain->readable, cmd->out_len);
		break;
	case KVDEV_SCSI_FLUSH:
		vscsi_submit(req, KVDEV_IO_FLUSH, 0, 0);
		break;
	case KVDEV_SCSI_VERIFY:
		vscsi_verify(req, &chain->readable);
		break;
	case KVDEV_SCSI_WRITE_VERIFY:
		vscsi_write_verify(req, &chain->readable);
		break;
	case KVDEV_SCSI_COMPARE_WRITE:
		vscsi_compare_write(req, &chain->readable);
		break;
	case KVDEV_SCSI_UNMAP:
		vscsi_unmap(req);
		break;
	case KVDEV_SCSI_WRITE_SAME:
		vscsi_write_same(req, &chain->readable);
		break;
	case KVDEV_SCSI_LBA_STATUS:
		execute_lba_status(req, queue->resp, &chain->writable);
		break;
	case KVDEV_SCSI_PARAMS:
		/* Cannot happen: fetch_params() comes before. */
		WARN_ON_ONCE(1);
		vscsi_fail(req, -EIO);
	}
}

/* -------------------------------------------------------------- decision */

static void decide_alone(void *arg)
{
	struct vscsi_request *req = arg;
	struct vscsi_queue *queue = kvdev_vq_priv(req->vq);

	kvdev_scsi_parse(&req->task.unit->lu, &queue->req, &req->cmd,
			 queue->resp);
}

/* The unit is locked. */
static void decide(struct vscsi_task *task)
{
	struct vscsi_request *req = container_of(task, struct vscsi_request,
						 task);
	struct vscsi_queue *queue = kvdev_vq_priv(req->vq);

	vscsi_with_store(task->unit, queue->req.cdb, decide_alone, req);
}

/* A LUN that is not there, of a target that is: something answers for it. */
static void decide_nowhere(struct vscsi_request *req)
{
	struct vscsi_queue *queue = kvdev_vq_priv(req->vq);
	struct vscsi *scsi = to_vscsi(req);

	spin_lock(&scsi->nowhere_lock);
	kvdev_scsi_parse(&scsi->nowhere, &queue->req, &req->cmd, queue->resp);
	spin_unlock(&scsi->nowhere_lock);
}

static void take_params(void *arg)
{
	struct vscsi_request *req = arg;
	struct vscsi_queue *queue = kvdev_vq_priv(req->vq);

	kvdev_scsi_params(&req->task.unit->lu, &queue->req, &req->cmd,
			  req->params);
}

/* A command with parameters: get them, once, and decide the rest. */
static int fetch_params(struct vscsi_request *req, struct iov_iter *data)
{
	struct vscsi_queue *queue = kvdev_vq_priv(req->vq);
	struct vscsi_unit *unit = req->task.unit;
	u32 len = min_t(u64, req->cmd.out_len, KVDEV_SCSI_PARAM_MAX);

	/* What only reads LUNs has no parameters; see the table of commands. */
	if (WARN_ON_ONCE(!unit))
		return -EIO;
	req->params = kmalloc(KVDEV_SCSI_PARAM_MAX, GFP_KERNEL_ACCOUNT);
	if (!req->params)
		return -ENOMEM;
	if (copy_from_iter(req->params, len, data) != len)
		return -EFAULT;
	memset(req->params + len, 0, KVDEV_SCSI_PARAM_MAX - len);

	spin_lock_irq(&unit->lock);
	vscsi_with_store(unit, queue->req.cdb, take_params, req);
	spin_unlock_irq(&unit->lock);
	return 0;
}

/* The header was copied to @queue; the chain has been popped. */
static void request_run(struct vscsi_request *req, struct vscsi_queue *queue,
			struct kvdev_vq_chain *chain, bool address_ok)
{
	struct vscsi *scsi = to_vscsi(req);
	int ret = 0;

	/* virtio 1.3, 5.6.6.1.1: data in one direction, INOUT is not offered */
	if (queue->req.in_len && queue->req.out_len)
		req->response = VIRTIO_SCSI_S_FAILURE;
	else if (!address_ok || !vscsi_target_exists(scsi, queue->target))
		req->response = VIRTIO_SCSI_S_BAD_TARGET;
	if (req->response != VIRTIO_SCSI_S_OK) {
		vscsi_complete(req);
		return;
	}

	if (!vscsi_task_begin(scsi, queue->target, queue->lun, &req->task,
			      decide))
		decide_nowhere(req);
	if (req->cmd.action == KVDEV_SCSI_PARAMS)
		ret = fetch_params(req, &chain->readable);
	if (ret) {
		vscsi_fail(req, ret);
		return;
	}
	if (req->cmd.abort)
		vscsi_store_abort(req);
	execute(req, queue, chain);
}

/* --------------------------------------------------------------- parsing */

/**
 * vscsi_lun() - decode an address
 * @address: eight bytes, virtio 1.3, 5.6.6.1
 * @target: set
 * @lun: set; U16_MAX for the well known unit of REPORT LUNS
 *
 * Return: false for a form that is not supported.
 */
bool vscsi_lun(const u8 *address, u8 *target, u16 *lun)
{
	u16 level = get_unaligned_be16(address + 2);

	*target = address[1];
	if (address[0] != 1 || get_unaligned_be32(address + 4))
		return false;
	/* SAM-5, 4.7.7.4: the well known unit */
	if (level == 0xc101) {
		*lun = U16_MAX;
		return true;
	}
	/* Peripheral device addressing on bus 0, or flat space */
	if (level >> 8 && level >> 14 != 1)
		return false;
	*lun = level & VSCSI_MAX_LUN;
	return true;
}

/*
 * Fill @req and @queue from @chain, whose iterators are left with the data.
 * Returns NULL, or what the driver did wrong; then nothing is held.
 */
static const char *request_parse(struct vscsi_request *req,
				 struct vscsi_queue *queue,
				 struct kvdev_vq_chain *chain,
				 bool *address_ok)
{
	const struct vscsi *scsi = to_vscsi(req);
	/* The driver may change them meanwhile. */
	u32 cdb_size = READ_ONCE(scsi->cdb_size);
	u32 sense_size = READ_ONCE(scsi->sense_size);
	size_t resp_size = RESP_HEADER + sense_size;
	u32 cdb_len = min_t(u32, cdb_size, KVDEV_SCSI_CDB_MAX);
	struct virtio_scsi_cmd_req hdr;
	struct iov_iter resp;

	if (iov_iter_count(&chain->readable) < CMD_HEADER + cdb_size)
		return "SCSI request without a complete header";
	if (iov_iter_count(&chain->writable) < resp_size)
		return "SCSI request without room for a response";
	/* Single fetch: the driver may change it under us. */
	memset(&queue->req, 0, sizeof(queue->req));
	if (copy_from_iter(&hdr, CMD_HEADER, &chain->readable) != CMD_HEADER ||
	    copy_from_iter(queue->req.cdb, cdb_len, &chain->readable) !=
	    cdb_len)
		return "SCSI request header is not accessible";
	iov_iter_advance(&chain->readable, cdb_size - cdb_len);

	resp = chain->writable;
	iov_iter_truncate(&resp, resp_size);
	if (kvdev_pages_pin(&req->resp, &resp))
		return "response of a SCSI request is not accessible";
	iov_iter_advance(&chain->writable, resp_size);

	queue->req.cdb_len = cdb_size;
	queue->req.nexus = VSCSI_NEXUS;
	queue->req.out_len = iov_iter_count(&chain->readable);
	queue->req.in_len = iov_iter_count(&chain->writable);
	*address_ok = vscsi_lun(hdr.lun, &queue->target, &queue->lun);
	req->id = chain->id;
	req->response = VIRTIO_SCSI_S_OK;
	req->task.tag = __virtio64_to_cpu(true, hdr.tag);
	req->task.unit = NULL;
	req->task.aborted = 0;
	req->cmd = (struct kvdev_scsi_cmd){ .action = KVDEV_SCSI_DONE };
	req->data_len = queue->req.out_len + queue->req.in_len;
	req->filled = 0;
	req->sense_size = sense_size;
	req->reading = false;
	req->bad_lba = KVDEV_SCSI_NO_INFO;
	req->range = 0;
	req->left = 0;
	return NULL;
}

/* Serve one chain; false if no more can be served. */
static bool request_serve(struct kvdev_vq *vq, struct kvdev_vq_chain *chain)
{
	struct vscsi_queue *queue = kvdev_vq_priv(vq);
	struct llist_node *node = llist_del_first(&queue->free);
	struct vscsi_request *req;
	const char *reason;
	bool address_ok;

	/* Cannot happen: one request per ring entry, see request_finish(). */
	if (WARN_ON_ONCE(!node))
		return false;
	req = llist_entry(node, struct vscsi_request, free);

	reason = request_parse(req, queue, chain, &address_ok);
	if (reason) {
		llist_add(&req->free, &queue->free);
		kvdev_vq_violation(vq, reason);
		return false;
	}
	kvdev_vq_pop(vq, chain);
	request_run(req, queue, chain, address_ok);
	return true;
}

/* ---------------------------------------------------------------- queues */

/**
 * vscsi_request_serve() - the worker's turn on a request queue
 * @vq: being served
 *
 * Return: true if there is more to do.
 */
bool vscsi_request_serve(struct kvdev_vq *vq)
{
	struct kvdev_vq_chain chain;
	struct blk_plug plug;
	bool again;

	/* What comes in one go goes to the disk in one go. */
	blk_start_plug(&plug);
	for (;;) {
		again = kvdev_vq_should_stop(vq);
		if (again || kvdev_vq_peek(vq, &chain) != 1)
			break;
		if (!request_serve(vq, &chain))
			break;
	}
	blk_finish_plug(&plug);
	return again;
}

/**
 * vscsi_request_start() - a request queue is about to run
 * @vq: the queue
 *
 * Return: 0 or -ENOMEM.
 */
int vscsi_request_start(struct kvdev_vq *vq)
{
	u16 num = kvdev_vq_num(vq);
	struct vscsi_queue *queue;
	u16 i;

	/* At most KVDEV_MAX_RING_SIZE requests, below 2 MiB. */
	queue = kvzalloc(struct_size(queue, requests, num), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return -ENOMEM;

	init_llist_head(&queue->free);
	for (i = 0; i < num; i++) {
		queue->requests[i].vq = vq;
		queue->requests[i].io.pool = kvdev_dev_pool(kvdev_vq_dev(vq));
		llist_add(&queue->requests[i].free, &queue->free);
	}
	kvdev_vq_set_priv(vq, queue);
	return 0;
}

/**
 * vscsi_request_stop() - a request queue runs no more
 * @vq: the queue; it has no request in flight
 */
void vscsi_request_stop(struct kvdev_vq *vq)
{
	kvfree(kvdev_vq_priv(vq));
	kvdev_vq_set_priv(vq, NULL);
}
