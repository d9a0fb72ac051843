// SPDX-License-Identifier: GPL-2.0
/*
 * Up to four initiators that send any CDB, and any parameter list, to a disk or
 * a CD-ROM whose medium comes and goes.
 *
 * Each command is decoded twice, with different garbage where its results go:
 * if they differ, something of the host would have got out. Then, what must
 * hold for any command: no more than was asked for, no block that is not there,
 * no write to what is protected or reserved.
 *
 * Input: unit; then commands (how, CDB, buffers, parameter list) and events.
 */
#include "fuzz.h"
#include "../../../drivers/kvdev/device/scsi/cdb.h"

struct run {
	struct kvdev_scsi_lu lu;
	struct kvdev_scsi_pr pr;
	struct kvdev_scsi_req req;
	struct kvdev_scsi_cmd cmd;
	u8 resp[KVDEV_SCSI_RESP_MAX];
};

/* --------------------------------------------------- a second look at things */

/* What the CDB allows in the answer, by where the standards put it */
static u64 allowed(const u8 *cdb)
{
	switch (cdb[0]) {
	case OP_REQUEST_SENSE:
	case OP_MODE_SENSE_6:
		return cdb[4];
	case OP_INQUIRY:
		return cdb[3] << 8 | cdb[4];
	case OP_READ_SUB_CHANNEL:
	case OP_READ_TOC:
	case OP_GET_CONFIGURATION:
	case OP_GET_EVENT_STATUS:
	case OP_LOG_SENSE:
	case OP_READ_DISC_INFO:
	case OP_READ_TRACK_INFO:
	case OP_MODE_SENSE_10:
	case OP_READ_BUFFER_CAPACITY:
	case OP_PERSISTENT_RESERVE_IN:
		return cdb[7] << 8 | cdb[8];
	case OP_READ_DISC_STRUCTURE:
	case OP_MECHANISM_STATUS:
		return cdb[8] << 8 | cdb[9];
	case OP_MAINTENANCE_IN:
		return (u64)cdb[6] << 24 | cdb[7] << 16 | cdb[8] << 8 | cdb[9];
	case OP_SERVICE_ACTION_IN_16:
		return (u64)cdb[10] << 24 | cdb[11] << 16 | cdb[12] << 8 |
		       cdb[13];
	case OP_READ_CAPACITY_10:
		return 8;
	case OP_GET_PERFORMANCE:
		return 8 + 16 * (cdb[8] << 8 | cdb[9]);
	default:
		return 0;
	}
}

static bool may_access(const struct kvdev_scsi_lu *lu, u32 nexus, bool write)
{
	bool registered = lu->pr->reg[nexus].registered;

	if (lu->pr->reserved)
		return lu->pr->reserved_by == nexus;
	switch (lu->pr->type) {
	case 0:
		return true;
	case 1:
		return !write || (registered && lu->pr->holder == nexus);
	case 3:
		return registered && lu->pr->holder == nexus;
	case 5:
	case 7:
		return !write || registered;
	default:
		return registered;
	}
}

static void check_sense(const struct kvdev_scsi_cmd *cmd)
{
	u32 i, key = cmd->d_sense ? cmd->sense[1] : cmd->sense[2];

	CHECK(cmd->sense_len <= KVDEV_SCSI_SENSE_MAX);
	CHECK(cmd->sense_len == cmd->sense[7] + 8);
	CHECK((cmd->sense[0] & 0x7f) == (cmd->d_sense ? 0x72 : 0x70));
	CHECK(key && key < 16);
	for (i = cmd->sense_len; i < KVDEV_SCSI_SENSE_MAX; i++)
		CHECK(!cmd->sense[i]);
}

static void check_lu(const struct kvdev_scsi_lu *lu)
{
	u32 i, j, registered = 0;

	CHECK(lu->medium == !!lu->nr_blocks);
	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++) {
		const struct kvdev_scsi_nexus *n = &lu->nexus[i];

		registered += lu->pr->reg[i].registered;
		CHECK(lu->pr->reg[i].registered == !!lu->pr->reg[i].key);
		CHECK(lu->pr->reg[i].nr_news <= KVDEV_SCSI_NEWS_MAX);
		CHECK(n->nr_ua <= KVDEV_SCSI_UA_MAX);
		for (j = 0; j < n->nr_ua; j++)
			CHECK(KVDEV_SENSE_KEY(n->ua[j]) == 6);
		CHECK(!n->prevents || lu->cfg.removable);
	}
	CHECK(!lu->pr->type || registered);
	CHECK(!lu->pr->reserved || !registered);
	CHECK(lu->pr->busy || (!registered && !lu->pr->reserved));
	if (lu->pr->type && lu->pr->type < 7)
		CHECK(lu->pr->reg[lu->pr->holder].registered);
}

static void check_range(const struct kvdev_scsi_lu *lu, u64 lba, u64 blocks)
{
	CHECK(lu->medium);
	CHECK(lba < lu->nr_blocks && blocks <= lu->nr_blocks - lba);
}

static void check_access(const struct run *r, bool write)
{
	CHECK(may_access(&r->lu, r->req.nexus, write));
	CHECK(!write || (!r->lu.read_only && !r->lu.mode.swp &&
			 r->lu.cfg.type == KVDEV_SCSI_DISK));
}

static void check_blocks(const struct run *r, bool write, u64 out, u64 in)
{
	const struct kvdev_scsi_lu *lu = &r->lu;

	check_access(r, write);
	check_range(lu, r->cmd.lba, r->cmd.blocks);
	CHECK(!lu->tray_open && !lu->stopped);
	CHECK(r->cmd.out_len == out * lu->cfg.block_size);
	CHECK(r->cmd.in_len == in * lu->cfg.block_size);
	CHECK(!write || lu->mode.wce || r->cmd.flags & KVDEV_SCSI_F_FUA);
}

static void check_unmap(const struct run *r, const u8 *params)
{
	struct kvdev_scsi_range range;
	u64 total = 0;
	u32 i;

	check_access(r, true);
	CHECK(r->lu.cfg.unmap && r->cmd.nr_ranges);
	CHECK(8 + 16ULL * r->cmd.nr_ranges <= r->cmd.out_len);
	for (i = 0; i < r->cmd.nr_ranges; i++) {
		kvdev_scsi_unmap_range(params, i, &range);
		check_range(&r->lu, range.lba, range.blocks);
		total += range.blocks;
	}
	CHECK(!r->lu.cfg.max_unmap_blocks ||
	      total <= r->lu.cfg.max_unmap_blocks);
}

static void check_verify(const struct run *r)
{
	u64 out = 0;

	if (r->cmd.flags & KVDEV_SCSI_F_ONE_BLOCK)
		out = 1;
	else if (r->cmd.flags & KVDEV_SCSI_F_COMPARE)
		out = r->cmd.blocks;
	check_blocks(r, false, out, 0);
}

static void check_done(const struct run *r)
{
	const struct kvdev_scsi_cmd *cmd = &r->cmd;

	switch (cmd->status) {
	case KVDEV_SCSI_CHECK_CONDITION:
		check_sense(cmd);
		CHECK(!cmd->resp_len && !cmd->out_len);
		break;
	case KVDEV_SCSI_RESERVATION_CONFLICT:
		CHECK(r->pr.type || r->pr.reserved ||
		      r->req.cdb[0] == OP_PERSISTENT_RESERVE_OUT ||
		      r->req.cdb[0] == OP_RESERVE_6 ||
		      r->req.cdb[0] == OP_RESERVE_10 ||
		      r->req.cdb[0] == OP_RELEASE_6 ||
		      r->req.cdb[0] == OP_RELEASE_10);
		CHECK(!cmd->resp_len && !cmd->out_len);
		break;
	default:
		CHECK(cmd->status == KVDEV_SCSI_GOOD);
		CHECK(cmd->resp_len <= allowed(r->req.cdb));
		CHECK(cmd->resp_len <= KVDEV_SCSI_RESP_MAX);
	}
	CHECK(cmd->in_len == cmd->resp_len);
}

static void check_action(const struct run *r, const u8 *params)
{
	const struct kvdev_scsi_cmd *cmd = &r->cmd;

	CHECK(cmd->name && *cmd->name);
	CHECK(cmd->out_len <= r->req.out_len && cmd->in_len <= r->req.in_len);
	CHECK(!cmd->resp_len || cmd->action == KVDEV_SCSI_DONE);
	CHECK((cmd->sense_len != 0) ==
	      (cmd->status == KVDEV_SCSI_CHECK_CONDITION));
	CHECK(cmd->action == KVDEV_SCSI_DONE || !cmd->status);
	CHECK(!(cmd->abort & ~0xfU) && !(cmd->abort & BIT(r->req.nexus)));

	switch (cmd->action) {
	case KVDEV_SCSI_DONE:
		check_done(r);
		break;
	case KVDEV_SCSI_OVERRUN:
		CHECK(!cmd->in_len && !cmd->out_len);
		break;
	case KVDEV_SCSI_PARAMS:
		CHECK(!params && cmd->out_len &&
		      cmd->out_len <= KVDEV_SCSI_PARAM_MAX);
		break;
	case KVDEV_SCSI_REPORT_LUNS:
		CHECK(cmd->alloc_len >= 16);
		break;
	case KVDEV_SCSI_READ:
		check_blocks(r, false, 0, cmd->blocks);
		break;
	case KVDEV_SCSI_WRITE:
	case KVDEV_SCSI_WRITE_VERIFY:
		check_blocks(r, true, cmd->blocks, 0);
		break;
	case KVDEV_SCSI_VERIFY:
		check_verify(r);
		break;
	case KVDEV_SCSI_COMPARE_WRITE:
		CHECK(cmd->blocks <= r->lu.cfg.max_compare_blocks);
		check_blocks(r, true, 2 * cmd->blocks, 0);
		break;
	case KVDEV_SCSI_FLUSH:
		CHECK(r->lu.medium);
		if (cmd->blocks)
			check_range(&r->lu, cmd->lba, cmd->blocks);
		break;
	case KVDEV_SCSI_UNMAP:
		CHECK(params);
		check_unmap(r, params);
		break;
	case KVDEV_SCSI_WRITE_SAME:
		CHECK(cmd->blocks);
		check_blocks(r, true, cmd->out_len != 0, 0);
		break;
	case KVDEV_SCSI_LBA_STATUS:
		CHECK(cmd->nr_ranges && cmd->nr_ranges <= 255);
		CHECK(8 + 16ULL * cmd->nr_ranges <= cmd->alloc_len);
		check_access(r, false);
		check_range(&r->lu, cmd->lba, cmd->blocks);
		break;
	}
}

/* The same results from the same command, whatever was there before */
static void check_same(const struct run *a, struct run *b)
{
	CHECK(!memcmp(&a->pr, &b->pr, sizeof(a->pr)));
	b->lu.pr = a->lu.pr;
	CHECK(!memcmp(&a->lu, &b->lu, sizeof(a->lu)));
	CHECK(!memcmp(&a->cmd, &b->cmd, sizeof(a->cmd)));
	CHECK(!memcmp(a->resp, b->resp, a->cmd.resp_len));
	b->lu.pr = &b->pr;
}

/* ----------------------------------------------------------- what happens */

static u64 take_len(struct input *in)
{
	u8 how = take(in, 1);

	/* Enough for everything, mostly */
	return how < 200 ? 1ULL << 40 : how < 240 ? how - 200 : take(in, 4);
}

/* The store answers, or fails. */
static void finish_action(struct run *r, struct input *in)
{
	struct kvdev_scsi_range ranges[4];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		ranges[i].lba = r->cmd.lba + i;
		ranges[i].blocks = 1;
		ranges[i].deallocated = i & 1;
	}
	if (r->cmd.action == KVDEV_SCSI_LBA_STATUS) {
		kvdev_scsi_lba_status(&r->cmd, &r->req, ranges, take(in, 1) % 5,
				      r->resp);
		check_action(r, NULL);
	} else if (r->cmd.action != KVDEV_SCSI_DONE) {
		kvdev_scsi_fail(&r->cmd, KVDEV_SENSE_READ_ERROR, r->cmd.lba);
		check_action(r, NULL);
	}
}

static void command(struct run *a, struct run *b, u8 how, struct input *in)
{
	u8 *params = NULL;

	take_bytes(in, a->req.cdb, 16);
	memset(&a->req.cdb[16], 0, sizeof(a->req.cdb) - 16);
	if (how & 0x08) {
		const struct kvdev_scsi_op *op =
			&kvdev_scsi_ops[a->req.cdb[0] % kvdev_scsi_nr_ops];

		/* One that there is, with a control byte as it should be */
		a->req.cdb[0] = op->opcode;
		if (op->flags & OPF_ACTION)
			a->req.cdb[1] = op->action;
		a->req.cdb[kvdev_scsi_cdb_len(op->opcode) - 1] = 0;
	}
	a->req.cdb_len = how & 0x40 ? take(in, 1) % 33 : 32;
	a->req.nexus = how & 3;
	a->req.out_len = how & 0x20 ? take_len(in) : 1ULL << 40;
	a->req.in_len = how & 0x10 ? take_len(in) : 1ULL << 40;

	b->lu = a->lu;
	b->pr = a->pr;
	b->lu.pr = &b->pr;
	b->req = a->req;
	memset(&a->cmd, 0x5a, sizeof(a->cmd));
	memset(&b->cmd, 0xa5, sizeof(b->cmd));
	memset(a->resp, 0x5a, sizeof(a->resp));
	memset(b->resp, 0xa5, sizeof(b->resp));
	kvdev_scsi_parse(&a->lu, &a->req, &a->cmd, a->resp);
	kvdev_scsi_parse(&b->lu, &b->req, &b->cmd, b->resp);
	check_same(a, b);
	check_action(a, NULL);

	if (a->cmd.action == KVDEV_SCSI_PARAMS) {
		size_t len = a->cmd.out_len;

		/* As long as it was asked for, so that ASan sees the end */
		params = fuzz_alloc(NULL, len);
		take_bytes(in, params, len);
		kvdev_scsi_params(&a->lu, &a->req, &a->cmd, params);
		kvdev_scsi_params(&b->lu, &b->req, &b->cmd, params);
		check_same(a, b);
		check_action(a, params);
	}
	check_lu(&a->lu);
	finish_action(a, in);
	free(params);
}

static void event(struct kvdev_scsi_lu *lu, u8 what, struct input *in)
{
	u64 blocks = take(in, what & 0x08 ? 8 : 2);

	switch (what % 8) {
	case 0:
		kvdev_scsi_lu_insert(lu, blocks, what & 0x10);
		break;
	case 1:
		kvdev_scsi_lu_remove(lu);
		break;
	case 2:
		kvdev_scsi_lu_resize(lu, blocks);
		break;
	case 3:
		kvdev_scsi_lu_eject_request(lu);
		break;
	case 4:
		kvdev_scsi_lu_reset(lu, KVDEV_SENSE_RESET);
		break;
	case 5:
		kvdev_scsi_lu_reset(lu, KVDEV_SENSE_POWER_ON);
		break;
	case 6:
		kvdev_scsi_lu_nexus_loss(lu, what >> 3 & 3);
		break;
	case 7:
		kvdev_scsi_lu_attention(lu, KVDEV_SENSE(6, 0x3f, what));
		break;
	}
	check_lu(lu);
}

static void make_unit(struct kvdev_scsi_lu *lu, u8 kind)
{
	struct kvdev_scsi_config cfg = {
		.type = KVDEV_SCSI_DISK,
		.block_size = kind & 0x10 ? 4096 : 512,
		.removable = kind & 0x08,
		.write_back = kind & 0x20,
		.vendor = "KVDEV",
		.product = "FUZZ",
		.revision = "1",
	};

	if ((kind & 7) == 5) {
		cfg.type = KVDEV_SCSI_CDROM;
		cfg.block_size = 2048;
	} else if ((kind & 7) == 6) {
		cfg.type = KVDEV_SCSI_NO_UNIT;
	}
	if (kind & 0x40) {
		cfg.unmap = true;
		cfg.max_compare_blocks = 8;
		cfg.max_blocks = 256;
		cfg.max_unmap_blocks = 1000;
		cfg.max_same_blocks = 1000;
		memset(cfg.serial, 'x', sizeof(cfg.serial));
		cfg.naa = 0x3000000000000001ULL;
	}
	CHECK(!kvdev_scsi_lu_init(lu, &cfg));
	if (!(kind & 0x80) && cfg.type != KVDEV_SCSI_NO_UNIT)
		kvdev_scsi_lu_insert(lu, kind & 0x08 ? 1ULL << 33 : 5000,
				     false);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct run *a = fuzz_alloc(NULL, sizeof(*a));
	struct run *b = fuzz_alloc(NULL, sizeof(*b));
	u32 i;

	make_unit(&a->lu, take(&in, 1));
	memset(&a->pr, 0, sizeof(a->pr));
	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		CHECK(kvdev_scsi_pr_join(&a->pr, i) == i);
	a->lu.pr = &a->pr;
	a->lu.pr_first = 0;
	a->lu.pr_nr = KVDEV_SCSI_NEXUS_MAX;
	/* Or every input would begin with getting rid of it */
	a->lu.nexus[0].nr_ua = 0;
	while (in.size) {
		u8 how = take(&in, 1);

		if (how & 0x80)
			event(&a->lu, how, &in);
		else
			command(a, b, how, &in);
	}
	free(a);
	free(b);
	return 0;
}
