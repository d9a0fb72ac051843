/* SPDX-License-Identifier: GPL-2.0 */
/* A driver of SCSI host devices, for tests. */
#ifndef SCSI_USER_H
#define SCSI_USER_H

#include <linux/kvdev_scsi.h>
#include <linux/virtio_scsi.h>

#include "kvdev_user.h"
#include "kvtest.h"

#define MIB		(1UL << 20)
#define CANARY		0x5a
#define W		VRING_DESC_F_WRITE

#define Q_CONTROL	0
#define Q_EVENT		1
#define Q_REQUEST	2

#define CMD_LEN		51		/* header with a CDB of 32 bytes */
#define RESP_LEN	108		/* response with 96 bytes of sense */

/* Sense: key, code, qualifier in one number */
#define SENSE(key, asc, ascq)	((key) << 16 | (asc) << 8 | (ascq))

/**
 * struct scsi_op - a command, and what became of it
 * @target: address
 * @lun: address
 * @cdb: command
 * @tag: task tag
 * @data: buffer in guest memory
 * @out: bytes of it to the device
 * @in: bytes of it from the device
 * @resp: set: the response
 * @used: set: length in the used entry
 */
struct scsi_op {
	uint8_t target;
	uint16_t lun;
	uint8_t cdb[32];
	uint64_t tag;
	uint8_t task_attr;
	uint64_t data;
	uint32_t out;
	uint32_t in;
	struct virtio_scsi_cmd_resp resp;
	uint32_t used;
};

struct guest *scsi_guest(const struct guest_options *o);
struct guest *scsi_disk(int store);	/* with one disk 0:0, started */
int scsi_add(struct guest *g, unsigned int target, unsigned int lun,
	     uint32_t type, int store, uint32_t flags);
int scsi_lun_cmd(struct guest *g, unsigned long nr, unsigned int target,
		 unsigned int lun);
int scsi_media(struct guest *g, unsigned int target, unsigned int lun,
	       int store, uint32_t flags);
void scsi_ready(struct guest *g, unsigned int target, unsigned int lun);

void put_be(uint8_t *p, unsigned int bytes, uint64_t value);
uint64_t get_be(const uint8_t *p, unsigned int bytes);
void scsi_address(uint8_t *to, unsigned int target, unsigned int lun);

/* Guest memory with the header; room for a response */
uint64_t scsi_header(struct guest *g, const struct scsi_op *op);
int scsi_post(struct guest *g, unsigned int queue, struct scsi_op *op,
	      uint64_t *resp);
int scsi_run(struct guest *g, struct scsi_op *op);	/* the response byte */
int scsi_rw(struct guest *g, unsigned int target, unsigned int lun, bool write,
	    uint64_t lba, uint32_t blocks, uint32_t block_size, uint64_t data);
uint32_t scsi_sense(const struct scsi_op *op);		/* 0: none */
int scsi_tmf(struct guest *g, uint32_t subtype, unsigned int target,
	     unsigned int lun, uint64_t tag);
int scsi_event_buffer(struct guest *g);
bool scsi_event(struct guest *g, struct virtio_scsi_event *e, int ms);

#endif /* SCSI_USER_H */
