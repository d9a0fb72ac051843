// SPDX-License-Identifier: GPL-2.0
/* See scsi_user.h. */
#include "scsi_user.h"

void put_be(uint8_t *p, unsigned int bytes, uint64_t value)
{
	while (bytes--) {
		p[bytes] = value;
		value >>= 8;
	}
}

uint64_t get_be(const uint8_t *p, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *p++;
	return value;
}

void scsi_address(uint8_t *to, unsigned int target, unsigned int lun)
{
	memset(to, 0, 8);
	to[0] = 1;
	to[1] = target;
	to[2] = 0x40 | lun >> 8;
	to[3] = lun;
}

/* ----------------------------------------------------------------- device */

struct guest *scsi_guest(const struct guest_options *o)
{
	struct guest_options options = *o;

	options.device_id = VIRTIO_ID_SCSI;
	return guest_new(&options);
}

int scsi_add(struct guest *g, unsigned int target, unsigned int lun,
	     uint32_t type, int store, uint32_t flags)
{
	struct kvdev_scsi_add_lun a = {
		.size = sizeof(a),
		.flags = flags,
		.target = target,
		.lun = lun,
		.type = type,
		.fd = store,
		.format = KVDEV_FORMAT_RAW,
	};

	return cmd(g->fd, KVDEV_SCSI_ADD_LUN, &a);
}

int scsi_lun_cmd(struct guest *g, unsigned long nr, unsigned int target,
		 unsigned int lun)
{
	struct kvdev_scsi_lun a = {
		.size = sizeof(a),
		.target = target,
		.lun = lun,
	};

	return cmd(g->fd, nr, &a);
}

int scsi_media(struct guest *g, unsigned int target, unsigned int lun,
	       int store, uint32_t flags)
{
	struct kvdev_scsi_set_media a = {
		.size = sizeof(a),
		.flags = flags,
		.target = target,
		.lun = lun,
		.fd = store,
		.format = KVDEV_FORMAT_RAW,
	};

	return cmd(g->fd, KVDEV_SCSI_SET_MEDIA, &a);
}

struct guest *scsi_disk(int store)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });

	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, store, 0), 0);
	guest_start(g);
	scsi_ready(g, 0, 0);
	return g;
}

/* ----------------------------------------------------------------- driver */

uint64_t scsi_header(struct guest *g, const struct scsi_op *op)
{
	uint64_t addr = guest_alloc(g, CMD_LEN, 8);
	struct virtio_scsi_cmd_req *req = guest_ptr(g, addr);

	memset(req, 0, CMD_LEN);
	scsi_address(req->lun, op->target, op->lun);
	req->tag = op->tag;
	req->task_attr = op->task_attr;
	memcpy(req->cdb, op->cdb, sizeof(op->cdb));
	return addr;
}

/* The head of the chain, or -errno; @resp is where the response will be. */
int scsi_post(struct guest *g, unsigned int queue, struct scsi_op *op,
	      uint64_t *resp)
{
	struct seg segs[4] = { { scsi_header(g, op), CMD_LEN, 0 } };
	unsigned int nr = 1;
	int head;

	*resp = guest_alloc(g, RESP_LEN, 8);
	memset(guest_ptr(g, *resp), CANARY, RESP_LEN);
	if (op->out)
		segs[nr++] = (struct seg){ op->data, op->out, 0 };
	segs[nr++] = (struct seg){ *resp, RESP_LEN, W };
	if (op->in)
		segs[nr++] = (struct seg){ op->data, op->in, W };
	head = vq_add(&g->vq[queue], segs, nr);
	if (head >= 0)
		vq_kick(&g->vq[queue]);
	return head;
}

int scsi_run(struct guest *g, struct scsi_op *op)
{
	struct vq *vq = &g->vq[Q_REQUEST];
	struct vring_used_elem e;
	size_t brk = g->brk;
	uint64_t resp;
	int head = scsi_post(g, Q_REQUEST, op, &resp);

	if (head < 0 || vq_wait(vq, &e, WAIT_MS))
		return -ETIMEDOUT;
	if (e.id != (uint32_t)head)
		return -EPROTO;
	vq_free_chain(vq, head);
	op->used = e.len;
	memcpy(&op->resp, guest_ptr(g, resp), RESP_LEN);
	g->brk = brk;
	return op->resp.response;
}

uint32_t scsi_sense(const struct scsi_op *op)
{
	const uint8_t *s = op->resp.sense;

	if (!op->resp.sense_len || op->resp.status != 2)
		return 0;
	return SENSE(s[2] & 0xf, s[12], s[13]);
}

/* TEST UNIT READY until nothing is new, or the end. */
void scsi_ready(struct guest *g, unsigned int target, unsigned int lun)
{
	int i;

	for (i = 0; i < 10; i++) {
		struct scsi_op op = { .target = target, .lun = lun };

		ASSERT_EQ(scsi_run(g, &op), VIRTIO_SCSI_S_OK);
		if (!op.resp.status || scsi_sense(&op) >> 16 != 6)
			return;
	}
	ASSERT_TRUE(!"a unit that is ready");
}

/* READ or WRITE(16): 0, the sense, or -1 for another response than OK. */
int scsi_rw(struct guest *g, unsigned int target, unsigned int lun, bool write,
	    uint64_t lba, uint32_t blocks, uint32_t block_size, uint64_t data)
{
	struct scsi_op op = {
		.target = target,
		.lun = lun,
		.cdb = { write ? 0x8a : 0x88 },
		.data = data,
		.out = write ? blocks * block_size : 0,
		.in = write ? 0 : blocks * block_size,
	};

	put_be(op.cdb + 2, 8, lba);
	put_be(op.cdb + 10, 4, blocks);
	if (scsi_run(g, &op))
		return -1;
	return op.resp.status ? (int)scsi_sense(&op) : 0;
}

int scsi_tmf(struct guest *g, uint32_t subtype, unsigned int target,
	     unsigned int lun, uint64_t tag)
{
	size_t brk = g->brk;
	uint64_t addr = guest_alloc(g, sizeof(struct virtio_scsi_ctrl_tmf_req),
				    8);
	struct virtio_scsi_ctrl_tmf_req *req = guest_ptr(g, addr);
	uint64_t resp = guest_alloc(g, 1, 1);
	struct seg segs[] = {
		{ addr, sizeof(*req), 0 },
		{ resp, 1, W },
	};
	int ret;

	memset(req, 0, sizeof(*req));
	req->type = VIRTIO_SCSI_T_TMF;
	req->subtype = subtype;
	scsi_address(req->lun, target, lun);
	req->tag = tag;
	*(uint8_t *)guest_ptr(g, resp) = CANARY;
	ret = vq_submit(&g->vq[Q_CONTROL], segs, 2, NULL);
	if (!ret)
		ret = *(uint8_t *)guest_ptr(g, resp);
	g->brk = brk;
	return ret;
}

int scsi_event_buffer(struct guest *g)
{
	uint64_t addr = guest_alloc(g, sizeof(struct virtio_scsi_event), 8);
	struct seg seg = { addr, sizeof(struct virtio_scsi_event), W };
	int head;

	memset(guest_ptr(g, addr), CANARY, seg.len);
	head = vq_add(&g->vq[Q_EVENT], &seg, 1);
	vq_kick(&g->vq[Q_EVENT]);
	return head;
}

bool scsi_event(struct guest *g, struct virtio_scsi_event *e, int ms)
{
	struct vq *vq = &g->vq[Q_EVENT];
	struct vring_used_elem elem;

	if (vq_wait(vq, &elem, ms))
		return false;
	EXPECT_EQ(elem.len, sizeof(*e));
	memcpy(e, guest_ptr(g, vq->desc[elem.id].addr), sizeof(*e));
	vq_free_chain(vq, elem.id);
	return true;
}
