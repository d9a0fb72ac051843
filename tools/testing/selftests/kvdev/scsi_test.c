// SPDX-License-Identifier: GPL-2.0
/*
 * What a correct driver of a SCSI host device may rely on: any layout of
 * descriptors, responses, lengths, configuration, logical units, media.
 */
#include <fcntl.h>

#include "scsi_user.h"

struct lba_range {
	uint32_t nr;
	uint8_t deallocated;
};

/* Cuts a run of bytes into @nr pieces at random places. */
static unsigned int cut(struct seg *segs, uint64_t addr, uint32_t len,
			unsigned int nr, uint16_t flags)
{
	unsigned int i = 0;
	uint32_t n;

	while (len) {
		n = i + 1 == nr || len == 1 ? len : 1 + random() % (len - 1);
		segs[i++] = (struct seg){ addr, n, flags };
		addr += n;
		len -= n;
	}
	return i;
}

/*
 * Header and data-out are one stream of bytes, response and data-in another
 * one; where descriptors begin and end means nothing.
 */
static int stream_rw(struct guest *g, bool write, uint64_t lba, void *data,
		     uint32_t len, unsigned int pieces, bool indirect)
{
	struct scsi_op op = { .cdb = { write ? 0x2a : 0x28 } };
	struct vq *vq = &g->vq[Q_REQUEST];
	uint32_t readable = CMD_LEN + (write ? len : 0);
	uint32_t writable = RESP_LEN + (write ? 0 : len);
	size_t brk = g->brk;
	uint64_t r = guest_alloc(g, readable + 7, 1) + 3;
	uint64_t w = guest_alloc(g, writable + 7, 1) + 5;
	uint64_t table = guest_alloc(g, 2 * pieces * 16, 16);
	struct virtio_scsi_cmd_resp *resp = guest_ptr(g, w);
	struct vring_used_elem e;
	struct seg segs[64];
	unsigned int nr;
	int head;

	put_be(op.cdb + 2, 4, lba);
	put_be(op.cdb + 7, 2, len / 512);
	memcpy(guest_ptr(g, r), guest_ptr(g, scsi_header(g, &op)), CMD_LEN);
	if (write)
		memcpy(guest_ptr(g, r + CMD_LEN), data, len);
	memset(guest_ptr(g, w - 1), CANARY, writable + 2);
	nr = cut(segs, r, readable, pieces, 0);
	nr += cut(segs + nr, w, writable, pieces, W);
	head = indirect ? vq_add_indirect(vq, table, segs, nr) :
			  vq_add(vq, segs, nr);
	ASSERT_GE(head, 0);
	vq_kick(vq);
	ASSERT_EQ(vq_wait(vq, &e, WAIT_MS), 0);
	ASSERT_EQ(e.id, head);
	vq_free_chain(vq, head);
	EXPECT_EQ(e.len, writable);
	EXPECT_EQ(*(uint8_t *)guest_ptr(g, w - 1), CANARY);
	EXPECT_EQ(*(uint8_t *)guest_ptr(g, w + writable), CANARY);
	EXPECT_EQ(resp->resid, 0);
	EXPECT_EQ(resp->sense_len, 0);
	EXPECT_TRUE(all_bytes(resp->sense, 96, 0));
	if (!write)
		memcpy(data, guest_ptr(g, w + RESP_LEN), len);
	g->brk = brk;
	return resp->response << 8 | resp->status;
}

static void any_layout(struct guest *g, int rounds)
{
	uint8_t out[8192], in[8192];
	int i;

	srandom(1);
	for (i = 0; i < rounds; i++) {
		uint32_t len = 512 * (1 + random() % 16);
		uint64_t lba = random() % 1000;
		bool indirect = g->features & F_INDIRECT && random() % 2;

		fill(out, len, i + 1);
		ASSERT_EQ(stream_rw(g, true, lba, out, len, 1 + random() % 30,
				    indirect), 0);
		memset(in, 0, len);
		ASSERT_EQ(stream_rw(g, false, lba, in, len, 1 + random() % 30,
				    indirect), 0);
		ASSERT_TRUE(!memcmp(in, out, len));
	}
}

TEST(any_descriptor_layout)
{
	any_layout(scsi_disk(temp_file(4 * MIB, 0)), 300);
}

TEST(any_descriptor_layout_direct)
{
	int store = temp_direct(4 * MIB);

	if (store < 0)
		SKIP("no O_DIRECT in /tmp");
	any_layout(scsi_disk(store), 300);
}

TEST(any_descriptor_layout_registers)
{
	struct guest *g = scsi_guest(&(struct guest_options){ .pci = true });

	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, temp_file(4 * MIB, 0), 0),
		  0);
	guest_start(g);
	scsi_ready(g, 0, 0);
	any_layout(g, 100);
}

/* --------------------------------------------------------------- responses */

TEST(inquiry_and_its_lengths)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	uint64_t data = guest_alloc(g, 4096, 1);
	uint8_t *p = guest_ptr(g, data);
	uint32_t alloc;

	for (alloc = 0; alloc <= 255; alloc += 5) {
		struct scsi_op op = { .cdb = { 0x12, 0, 0, 0, alloc },
				      .data = data, .in = 255 };
		uint32_t got;

		memset(p, CANARY, 4096);
		ASSERT_EQ(scsi_run(g, &op), VIRTIO_SCSI_S_OK);
		ASSERT_EQ(op.resp.status, 0);
		got = 255 - op.resp.resid;
		EXPECT_LE(got, alloc);
		EXPECT_EQ(op.used, RESP_LEN + got);
		EXPECT_TRUE(all_bytes(p + got, 4096 - got, CANARY));
		if (alloc >= 36)
			EXPECT_TRUE(!memcmp(p + 8, "KVDEV   VIRTUAL DISK    1.0 ",
					    28));
	}
}

/* Each is taken for SIMPLE, those that do not exist too. */
TEST(task_attributes)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	uint64_t data = guest_alloc(g, 512, 512);
	unsigned int attr;

	for (attr = 0; attr < 256; attr++) {
		struct scsi_op op = { .cdb = { attr % 2 ? 0x28 : 0x2a, [8] = 1 },
				      .task_attr = attr, .data = data };

		*(attr % 2 ? &op.in : &op.out) = 512;
		ASSERT_EQ(scsi_run(g, &op), VIRTIO_SCSI_S_OK);
		ASSERT_EQ(op.resp.status, 0);
	}
}

TEST(residuals)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	uint64_t data = guest_alloc(g, 8192, 4096);
	/* more room than a READ needs */
	struct scsi_op longer = { .cdb = { 0x28, [8] = 2 }, .data = data,
				  .in = 4096 };
	/* less */
	struct scsi_op shorter = { .cdb = { 0x28, [8] = 9 }, .data = data,
				   .in = 4096 };
	struct scsi_op write = { .cdb = { 0x2a, [8] = 2 }, .data = data,
				 .out = 4096 };
	struct scsi_op wrong = { .cdb = { 0x28, 0, 0xff, [8] = 2 },
				 .data = data, .in = 4096 };
	/* an answer whose length the store decides: GET LBA STATUS */
	struct scsi_op status = { .cdb = { 0x9e, 0x12, [13] = 24 },
				  .data = data, .in = 23 };

	memset(guest_ptr(g, data), CANARY, 8192);
	EXPECT_EQ(scsi_run(g, &longer), VIRTIO_SCSI_S_OK);
	EXPECT_EQ(longer.resp.resid, 3072);
	EXPECT_EQ(longer.used, RESP_LEN + 1024);
	EXPECT_TRUE(all_bytes(guest_ptr(g, data + 1024), 3072, CANARY));
	EXPECT_EQ(scsi_run(g, &shorter), VIRTIO_SCSI_S_OVERRUN);
	EXPECT_EQ(shorter.used, RESP_LEN);
	EXPECT_EQ(scsi_run(g, &status), VIRTIO_SCSI_S_OVERRUN);
	EXPECT_EQ(status.used, RESP_LEN);
	status.in = 30;
	EXPECT_EQ(scsi_run(g, &status), VIRTIO_SCSI_S_OK);
	EXPECT_EQ(status.resp.resid, 6);
	EXPECT_EQ(scsi_run(g, &write), VIRTIO_SCSI_S_OK);
	EXPECT_EQ(write.resp.resid, 3072);
	EXPECT_EQ(write.used, RESP_LEN);
	EXPECT_EQ(scsi_run(g, &wrong), VIRTIO_SCSI_S_OK);
	EXPECT_EQ(wrong.resp.status, 2);
	EXPECT_EQ(scsi_sense(&wrong), SENSE(5, 0x21, 0));
	EXPECT_EQ(wrong.resp.resid, 4096);
	EXPECT_EQ(wrong.used, RESP_LEN);
	EXPECT_TRUE(all_bytes(wrong.resp.sense + wrong.resp.sense_len,
			      96 - wrong.resp.sense_len, 0));
}

TEST(both_directions_are_refused)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	uint64_t data = guest_alloc(g, 4096, 4096);
	struct scsi_op op = { .cdb = { 0x28, [8] = 1 }, .data = data,
			      .in = 512, .out = 512 };

	EXPECT_EQ(scsi_run(g, &op), VIRTIO_SCSI_S_FAILURE);
	EXPECT_EQ(op.used, RESP_LEN);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 512, data), 0);
}

TEST(addresses)
{
	static const struct {
		uint8_t lun[8];
		int response;
		uint8_t qualifier;	/* of INQUIRY */
	} cases[] = {
		{ { 1, 3, 0x40, 5 }, VIRTIO_SCSI_S_OK, 0x00 },
		{ { 1, 3, 0x00, 5 }, VIRTIO_SCSI_S_OK, 0x00 },
		{ { 1, 3, 0x40, 6 }, VIRTIO_SCSI_S_OK, 0x7f },
		{ { 1, 3, 0xc1, 1 }, VIRTIO_SCSI_S_OK, 0x7f },
		{ { 1, 4, 0x40, 5 }, VIRTIO_SCSI_S_BAD_TARGET, 0 },
		{ { 0, 3, 0x40, 5 }, VIRTIO_SCSI_S_BAD_TARGET, 0 },
		{ { 1, 3, 0x80, 5 }, VIRTIO_SCSI_S_BAD_TARGET, 0 },
		{ { 1, 3, 0x01, 5 }, VIRTIO_SCSI_S_BAD_TARGET, 0 },
		{ { 1, 3, 0x40, 5, 1 }, VIRTIO_SCSI_S_BAD_TARGET, 0 },
	};
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	uint64_t data = guest_alloc(g, 256, 1);
	size_t i;

	ASSERT_EQ(scsi_add(g, 3, 5, KVDEV_LUN_DISK, temp_file(MIB, 0), 0), 0);
	guest_start(g);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scsi_op op = { .cdb = { 0x12, 0, 0, 0, 96 } };
		uint64_t hdr = scsi_header(g, &op);
		uint64_t resp = guest_alloc(g, RESP_LEN, 1);
		struct seg segs[] = {
			{ hdr, CMD_LEN, 0 }, { resp, RESP_LEN, W },
			{ data, 96, W },
		};
		struct virtio_scsi_cmd_resp *r = guest_ptr(g, resp);

		memcpy(guest_ptr(g, hdr), cases[i].lun, 8);
		ASSERT_EQ(vq_submit(&g->vq[Q_REQUEST], segs, 3, NULL), 0);
		EXPECT_EQ(r->response, cases[i].response);
		if (!cases[i].response)
			EXPECT_EQ(*(uint8_t *)guest_ptr(g, data),
				  cases[i].qualifier);
	}
}

/* ----------------------------------------------------------- configuration */

static int config_rw(struct guest *g, unsigned long nr, uint32_t off,
		     uint32_t len, uint32_t *value)
{
	struct {
		struct vhost_vdpa_config c;
		uint32_t value;
	} __attribute__((packed)) a = { { off, len }, *value };
	int ret = cmd(g->fd, nr, &a);

	*value = a.value;
	return ret;
}

static uint32_t config(struct guest *g, uint32_t off)
{
	uint32_t value = 0;

	ASSERT_EQ(config_rw(g, VHOST_VDPA_GET_CONFIG, off, 4, &value), 0);
	return value;
}

static int set_config(struct guest *g, uint32_t off, uint32_t value)
{
	return config_rw(g, VHOST_VDPA_SET_CONFIG, off, 4, &value);
}

#define CFG(field) offsetof(struct virtio_scsi_config, field)

TEST(configuration)
{
	struct guest *g = scsi_guest(&(struct guest_options){ .nr_queues = 3 });

	EXPECT_EQ(g->nr_vqs, 5);
	EXPECT_EQ(config(g, CFG(num_queues)), 3);
	EXPECT_EQ(config(g, CFG(seg_max)), 254);
	EXPECT_EQ(config(g, CFG(max_sectors)), 8192);
	EXPECT_EQ(config(g, CFG(event_info_size)), 16);
	EXPECT_EQ(config(g, CFG(sense_size)), 96);
	EXPECT_EQ(config(g, CFG(cdb_size)), 32);
	EXPECT_EQ(config(g, CFG(max_channel)), 255 << 16);
	EXPECT_EQ(config(g, CFG(max_lun)), 16383);

	EXPECT_EQ(set_config(g, CFG(cdb_size), 0), -EINVAL);
	EXPECT_EQ(set_config(g, CFG(cdb_size), 256), -EINVAL);
	EXPECT_EQ(set_config(g, CFG(sense_size), 253), -EINVAL);
	EXPECT_EQ(set_config(g, CFG(num_queues), 1), -EINVAL);
	EXPECT_EQ(set_config(g, CFG(sense_size) + 1, 1), -EINVAL);
	EXPECT_EQ(set_config(g, CFG(cdb_size), 255), 0);
	EXPECT_EQ(set_config(g, CFG(sense_size), 0), 0);
	EXPECT_EQ(config(g, CFG(cdb_size)), 255);
	EXPECT_EQ(config(g, CFG(sense_size)), 0);
	guest_reset(g);
	EXPECT_EQ(config(g, CFG(sense_size)), 96);
	EXPECT_EQ(config(g, CFG(cdb_size)), 32);
}

TEST(other_sizes_of_sense_and_cdb)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	uint32_t sense, cdb;

	for (cdb = 6; cdb <= 255; cdb += 83)
		for (sense = 0; sense <= 252; sense += 12) {
			uint64_t hdr = guest_alloc(g, 512, 1);
			uint64_t resp = guest_alloc(g, 512, 1);
			struct seg segs[] = {
				{ hdr, 19 + cdb, 0 },
				{ resp, 12 + sense, W },
			};
			struct virtio_scsi_cmd_req *req = guest_ptr(g, hdr);
			struct virtio_scsi_cmd_resp *r = guest_ptr(g, resp);
			uint32_t used;

			ASSERT_EQ(set_config(g, CFG(cdb_size), cdb), 0);
			ASSERT_EQ(set_config(g, CFG(sense_size), sense), 0);
			memset(req, 0, 19 + cdb);
			memset(r, CANARY, 512);
			scsi_address(req->lun, 0, 0);
			req->cdb[0] = 0xff;	/* no such command */
			ASSERT_EQ(vq_submit(&g->vq[Q_REQUEST], segs, 2, &used),
				  0);
			EXPECT_EQ(used, 12 + sense);
			EXPECT_EQ(r->response, VIRTIO_SCSI_S_OK);
			EXPECT_EQ(r->status, 2);
			EXPECT_EQ(r->sense_len, sense < 18 ? sense : 18);
			EXPECT_EQ(((uint8_t *)r)[12 + sense], CANARY);
			g->brk = (hdr - GUEST_GPA);
		}
}

/* ------------------------------------------------------------ logical units */

TEST(far_addresses)
{
	static const struct { unsigned int target, lun; } at[] = {
		{ 0, 0 }, { 0, 255 }, { 0, 256 }, { 0, 16383 }, { 1, 0 },
		{ 255, 0 }, { 255, 16383 },
	};
	struct kvdev_scsi_next_lun next = { .size = sizeof(next) };
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	uint64_t data = guest_alloc(g, 256, 1);
	struct scsi_op luns = { .cdb = { 0xa0, [9] = 255 }, .data = data,
				.in = 255 };
	uint8_t *p = guest_ptr(g, data);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(at); i++)
		ASSERT_EQ(scsi_add(g, at[i].target, at[i].lun,
				   KVDEV_LUN_CDROM, -1, 0), 0);
	EXPECT_EQ(scsi_add(g, 256, 0, KVDEV_LUN_CDROM, -1, 0), -EINVAL);
	EXPECT_EQ(scsi_add(g, 0, 16384, KVDEV_LUN_CDROM, -1, 0), -EINVAL);
	EXPECT_EQ(scsi_add(g, 255, 16383, KVDEV_LUN_CDROM, -1, 0), -EEXIST);
	EXPECT_EQ(scsi_add(g, 7, 7, KVDEV_LUN_DISK, -1, 0), -EINVAL);
	EXPECT_EQ(scsi_add(g, 7, 7, 9, -1, 0), -EINVAL);
	EXPECT_EQ(scsi_add(g, 7, 7, KVDEV_LUN_CDROM, -1, 1 << 9), -EOPNOTSUPP);

	for (i = 0; i < ARRAY_SIZE(at); i++, next.lun++) {
		ASSERT_EQ(cmd(g->fd, KVDEV_SCSI_NEXT_LUN, &next), 0);
		EXPECT_EQ(next.target, at[i].target);
		EXPECT_EQ(next.lun, at[i].lun);
		EXPECT_EQ(next.type, KVDEV_LUN_CDROM);
		if (next.lun == 16383) {
			next.target++;
			next.lun = -1;
		}
	}
	EXPECT_EQ(next.target, 256);
	next.target = 255;
	next.lun = 16383;
	EXPECT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_REMOVE_LUN, 255, 16383), 0);
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_NEXT_LUN, &next), -ENOENT);
	EXPECT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_REMOVE_LUN, 255, 16383), -ENXIO);

	guest_start(g);
	ASSERT_EQ(scsi_run(g, &luns), VIRTIO_SCSI_S_OK);
	EXPECT_EQ(get_be(p, 4), 4 * 8);
	EXPECT_EQ(luns.used, RESP_LEN + 40);
	EXPECT_EQ(get_be(p + 8, 8), 0);
	EXPECT_EQ(get_be(p + 16, 8), 255ULL << 48);
	EXPECT_EQ(get_be(p + 24, 8), 0x4100ULL << 48);
	EXPECT_EQ(get_be(p + 32, 8), 0x7fffULL << 48);

	/* The list is cut, its length is not. */
	luns.cdb[9] = 20;
	memset(p, CANARY, 256);
	ASSERT_EQ(scsi_run(g, &luns), VIRTIO_SCSI_S_OK);
	EXPECT_EQ(get_be(p, 4), 4 * 8);
	EXPECT_EQ(luns.used, RESP_LEN + 20);
	EXPECT_TRUE(all_bytes(p + 20, 235, CANARY));
}

TEST(wrong_arguments)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	int file = temp_file(MIB, 0), small = temp_file(100, 0);
	struct kvdev_scsi_add_lun a = {
		.size = sizeof(a), .type = KVDEV_LUN_DISK, .fd = file,
		.format = KVDEV_FORMAT_RAW,
	}, b;

	b = a; b.fd = small;
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &b), -EINVAL);
	b = a; b.fd = 12345;
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &b), -EBADF);
	b = a; b.block_size = 1024;
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &b), -EINVAL);
	b = a; b.format = 77;
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &b), -EOPNOTSUPP);
	b = a; b.vendor[0] = 0x80;
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &b), -EINVAL);
	b = a; b.wwn = 1;
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &b), -EINVAL);
	b = a; b.type = KVDEV_LUN_CDROM; b.block_size = 512;
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &b), -EINVAL);
	b = a; b.size = 8;
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &b), -EINVAL);
	EXPECT_EQ(scsi_media(g, 0, 0, -1, 0), -ENXIO);
	EXPECT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_RESIZE_LUN, 0, 0), -ENXIO);
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &a), 0);
	EXPECT_EQ(scsi_media(g, 0, 0, -1, 0), -EOPNOTSUPP);
	EXPECT_EQ(scsi_media(g, 0, 0, -1, 1 << 7), -EOPNOTSUPP);
	/* Of another type */
	guest_free(g);
	g = guest_new(&(struct guest_options){ 0 });
	EXPECT_EQ(cmd(g->fd, KVDEV_SCSI_ADD_LUN, &a), -EOPNOTSUPP);
}

/* The store of a write protected unit stays as it is. */
TEST(read_only_unit)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	int file = temp_file(MIB, 0);
	uint64_t data = guest_alloc(g, 4096, 4096);
	uint8_t sector[512];

	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, file, KVDEV_LUN_RDONLY), 0);
	ASSERT_EQ(scsi_add(g, 1, 0, KVDEV_LUN_CDROM, file, 0), 0);
	guest_start(g);
	scsi_ready(g, 0, 0);
	scsi_ready(g, 1, 0);
	memset(guest_ptr(g, data), 1, 4096);
	EXPECT_EQ(scsi_rw(g, 0, 0, true, 0, 1, 512, data), SENSE(7, 0x27, 0));
	EXPECT_EQ(scsi_rw(g, 1, 0, true, 0, 1, 2048, data), SENSE(5, 0x20, 0));
	EXPECT_EQ(pread(file, sector, 512, 0), 512);
	EXPECT_TRUE(all_bytes(sector, 512, 0));
}

/* A unit goes and comes while others are busy, with what was in flight. */
TEST(units_come_and_go)
{
	struct guest *g = scsi_disk(temp_file(4 * MIB, 0));
	uint64_t data = guest_alloc(g, 65536, 4096);
	struct vring_used_elem e;
	int i, n, file = temp_file(4 * MIB, 0);

	for (i = 0; i < 100; i++) {
		struct scsi_op op = { .target = 1, .cdb = { 0x28, [8] = 128 },
				      .data = data, .in = 65536 };
		size_t brk = g->brk;
		uint64_t resp;

		ASSERT_EQ(scsi_add(g, 1, 0, KVDEV_LUN_DISK, file, 0), 0);
		for (n = 0; n < 20; n++)
			ASSERT_GE(scsi_post(g, Q_REQUEST, &op, &resp), 0);
		ASSERT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_REMOVE_LUN, 1, 0), 0);
		for (n = 0; n < 20; n++) {
			ASSERT_EQ(vq_wait(&g->vq[Q_REQUEST], &e, WAIT_MS), 0);
			vq_free_chain(&g->vq[Q_REQUEST], e.id);
		}
		ASSERT_EQ(scsi_run(g, &op), VIRTIO_SCSI_S_BAD_TARGET);
		g->brk = brk;
	}
	scsi_ready(g, 0, 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 512, data), 0);
}

/* Who has seen the list from one unit is not told of it by the others. */
TEST(new_units_are_news_once)
{
	struct guest *g = scsi_disk(temp_file(MIB, 0));
	struct scsi_op ready = { .cdb = { 0x00 } };
	struct scsi_op luns = { .cdb = { 0xa0, [9] = 32 }, .in = 32 };
	unsigned int lun;

	luns.data = guest_alloc(g, 32, 1);
	for (lun = 1; lun < 3; lun++) {
		ASSERT_EQ(scsi_add(g, 0, lun, KVDEV_LUN_CDROM, -1, 0), 0);
		ready.lun = lun;
		/* power on */
		EXPECT_EQ(scsi_run(g, &ready), VIRTIO_SCSI_S_OK);
		EXPECT_EQ(scsi_sense(&ready), SENSE(6, 0x29, 0));
	}
	ready.lun = 0;
	EXPECT_EQ(scsi_run(g, &ready), VIRTIO_SCSI_S_OK);
	EXPECT_EQ(scsi_sense(&ready), SENSE(6, 0x3f, 0x0e));
	EXPECT_EQ(scsi_run(g, &luns), VIRTIO_SCSI_S_OK);
	EXPECT_EQ(get_be(guest_ptr(g, luns.data), 4), 24);
	ready.lun = 1;
	EXPECT_EQ(scsi_run(g, &ready), VIRTIO_SCSI_S_OK);
	EXPECT_EQ(scsi_sense(&ready), SENSE(2, 0x3a, 1));
}

/* ------------------------------------------------------------------- media */

TEST(media)
{
	struct guest *g = scsi_guest(&(struct guest_options){ 0 });
	int one = temp_file(MIB, 0), two = temp_file(2 * MIB, 0);
	uint64_t data = guest_alloc(g, 4096, 4096);
	struct kvdev_scsi_next_lun n = { .size = sizeof(n) };
	struct scsi_op lock = { .cdb = { 0x1e, [4] = 1 } };
	struct scsi_op unlock = { .cdb = { 0x1e } };
	struct scsi_op eject = { .cdb = { 0x1b, [4] = 2 } };
	struct scsi_op load = { .cdb = { 0x1b, [4] = 3 } };
	uint8_t sector[2048];

	memset(sector, 2, sizeof(sector));
	ASSERT_EQ(pwrite(two, sector, 2048, 0), 2048);
	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_CDROM, -1, 0), 0);
	guest_start(g);
	scsi_ready(g, 0, 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 2048, data),
		  SENSE(2, 0x3a, 1));

	EXPECT_EQ(scsi_media(g, 0, 0, one, 0), 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 2048, data), SENSE(6, 0x28, 0));
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 511, 1, 2048, data), 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 512, 1, 2048, data),
		  SENSE(5, 0x21, 0));

	EXPECT_EQ(scsi_media(g, 0, 0, two, 0), 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 2048, data), SENSE(6, 0x28, 0));
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 2048, data), 0);
	EXPECT_TRUE(all_bytes(guest_ptr(g, data), 2048, 2));
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 1023, 1, 2048, data), 0);

	/* Locked */
	EXPECT_EQ(scsi_run(g, &lock), 0);
	EXPECT_EQ(lock.resp.status, 0);
	EXPECT_EQ(scsi_media(g, 0, 0, -1, 0), -EBUSY);
	ASSERT_EQ(cmd(g->fd, KVDEV_SCSI_NEXT_LUN, &n), 0);
	EXPECT_EQ(n.state, KVDEV_LUN_IS_RDONLY | KVDEV_LUN_IS_REMOVABLE |
			   KVDEV_LUN_HAS_MEDIUM | KVDEV_LUN_LOCKED);
	EXPECT_EQ(n.blocks, 1024);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 2048, data), 0);
	EXPECT_EQ(scsi_run(g, &unlock), 0);

	/* The driver opens the tray and closes it: it is the same medium. */
	EXPECT_EQ(scsi_run(g, &eject), 0);
	EXPECT_EQ(eject.resp.status, 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 2048, data),
		  SENSE(2, 0x3a, 2));
	n.lun = 0;
	ASSERT_EQ(cmd(g->fd, KVDEV_SCSI_NEXT_LUN, &n), 0);
	EXPECT_TRUE(n.state & KVDEV_LUN_TRAY_OPEN);
	EXPECT_EQ(scsi_run(g, &load), 0);
	scsi_ready(g, 0, 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 2048, data), 0);

	/* By force */
	EXPECT_EQ(scsi_run(g, &lock), 0);
	EXPECT_EQ(scsi_media(g, 0, 0, -1, KVDEV_MEDIA_FORCE), 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 0, 1, 2048, data),
		  SENSE(2, 0x3a, 1));
}

/* -------------------------------------------------------------- slow commands */

/* COMPARE AND WRITE, WRITE SAME, UNMAP, VERIFY, and what is in the file. */
TEST(compare_same_unmap_verify)
{
	int file = temp_file(MIB, 0);
	struct guest *g = scsi_disk(file);
	uint64_t data = guest_alloc(g, 65536, 4096);
	uint8_t *p = guest_ptr(g, data), disk[16 * 512];
	struct scsi_op caw = { .cdb = { 0x89, [9] = 3, [13] = 2 },
			       .data = data, .out = 2048 };
	struct scsi_op same = { .cdb = { 0x93, [9] = 8, [13] = 4 },
				.data = data, .out = 512 };
	struct scsi_op unmap = { .cdb = { 0x42, [8] = 24 }, .data = data,
				 .out = 24 };
	struct scsi_op verify = { .cdb = { 0x2f, 2, [5] = 8, [8] = 4 },
				  .data = data, .out = 2048 };

	fill(p, 65536, 1);
	ASSERT_EQ(scsi_rw(g, 0, 0, true, 0, 16, 512, data), 0);
	/* blocks 3 and 4 of it */
	memcpy(p + 8192, p + 3 * 512, 1024);
	memset(p + 8192 + 1024, 0x77, 1024);
	caw.data = data + 8192;
	ASSERT_EQ(scsi_run(g, &caw), 0);
	EXPECT_EQ(caw.resp.status, 0);
	ASSERT_EQ(pread(file, disk, sizeof(disk), 0), (int)sizeof(disk));
	EXPECT_TRUE(all_bytes(disk + 3 * 512, 1024, 0x77));
	EXPECT_TRUE(!memcmp(disk, p, 3 * 512));
	EXPECT_TRUE(!memcmp(disk + 5 * 512, p + 5 * 512, 11 * 512));
	/* again: it is not what it was */
	ASSERT_EQ(scsi_run(g, &caw), 0);
	EXPECT_EQ(scsi_sense(&caw), SENSE(0xe, 0x1d, 0));

	memset(p, 0xab, 512);
	ASSERT_EQ(scsi_run(g, &same), 0);
	EXPECT_EQ(same.resp.status, 0);
	memset(p, 0xab, 2048);
	ASSERT_EQ(scsi_run(g, &verify), 0);
	EXPECT_EQ(verify.resp.status, 0);
	p[1500] ^= 1;
	ASSERT_EQ(scsi_run(g, &verify), 0);
	EXPECT_EQ(scsi_sense(&verify), SENSE(0xe, 0x1d, 0));
	ASSERT_EQ(pread(file, disk, sizeof(disk), 0), (int)sizeof(disk));
	EXPECT_TRUE(all_bytes(disk + 8 * 512, 2048, 0xab));

	memset(p, 0, 24);
	put_be(p, 2, 22);
	put_be(p + 2, 2, 16);
	put_be(p + 8, 8, 9);
	put_be(p + 16, 4, 2);
	ASSERT_EQ(scsi_run(g, &unmap), 0);
	EXPECT_EQ(unmap.resp.status, 0);
	ASSERT_EQ(pread(file, disk, sizeof(disk), 0), (int)sizeof(disk));
	EXPECT_TRUE(all_bytes(disk + 8 * 512, 512, 0xab));
	EXPECT_TRUE(all_bytes(disk + 9 * 512, 1024, 0));
	EXPECT_TRUE(all_bytes(disk + 11 * 512, 512, 0xab));

	/* zeroes */
	memset(p, 0, 512);
	ASSERT_EQ(scsi_run(g, &same), 0);
	EXPECT_EQ(same.resp.status, 0);
	ASSERT_EQ(pread(file, disk, sizeof(disk), 0), (int)sizeof(disk));
	EXPECT_TRUE(all_bytes(disk + 8 * 512, 2048, 0));
}

/* GET LBA STATUS from @lba on: the answer, in ranges */
static unsigned int lba_status(struct guest *g, uint64_t lba, uint32_t alloc,
			       struct lba_range *ranges)
{
	struct scsi_op op = { .cdb = { 0x9e, 0x12 },
			      .data = guest_alloc(g, 4096, 8), .in = 4096 };
	const uint8_t *p = guest_ptr(g, op.data);
	unsigned int i, nr;

	put_be(op.cdb + 2, 8, lba);
	put_be(op.cdb + 10, 4, alloc);
	ASSERT_EQ(scsi_run(g, &op), 0);
	ASSERT_EQ(op.resp.status, 0);
	nr = (get_be(p, 4) - 4) / 16;
	EXPECT_EQ(op.used, RESP_LEN + 8 + 16 * nr);
	EXPECT_LE(8 + 16 * nr, alloc);
	for (i = 0; i < nr; i++) {
		const uint8_t *entry = p + 8 + 16 * i;

		EXPECT_EQ(get_be(entry, 8), lba);
		ranges[i].nr = get_be(entry + 8, 4);
		ranges[i].deallocated = entry[12];
		lba += ranges[i].nr;
	}
	return nr;
}

/* A file's holes are what is not mapped. */
TEST(mapped_and_deallocated)
{
	int file = temp_file(MIB, 0);
	struct guest *g = scsi_disk(file);
	uint64_t data = guest_alloc(g, 65536, 4096);
	uint8_t *p = guest_ptr(g, data);
	struct scsi_op unmap = { .cdb = { 0x42, [8] = 24 }, .data = data,
				 .out = 24 };
	struct lba_range r[256];

	if (lseek(file, 0, SEEK_DATA) == 0)
		SKIP("no holes in files of /tmp");
	EXPECT_EQ(lba_status(g, 0, 4096, r), 1);
	EXPECT_EQ(r[0].nr, 2048);
	EXPECT_EQ(r[0].deallocated, 1);

	fill(p, 65536, 1);
	ASSERT_EQ(scsi_rw(g, 0, 0, true, 256, 128, 512, data), 0);
	EXPECT_EQ(lba_status(g, 0, 4096, r), 3);
	EXPECT_EQ(r[0].nr, 256);
	EXPECT_EQ(r[0].deallocated, 1);
	EXPECT_EQ(r[1].nr, 128);
	EXPECT_EQ(r[1].deallocated, 0);
	EXPECT_EQ(r[2].nr, 2048 - 384);
	EXPECT_EQ(r[2].deallocated, 1);
	/* as many as there is room for, from anywhere */
	EXPECT_EQ(lba_status(g, 0, 24, r), 1);
	EXPECT_EQ(lba_status(g, 300, 55, r), 2);
	EXPECT_EQ(r[0].nr, 84);
	EXPECT_EQ(r[0].deallocated, 0);
	EXPECT_EQ(lba_status(g, 2047, 4096, r), 1);
	EXPECT_EQ(r[0].nr, 1);

	memset(p, 0, 24);
	put_be(p, 2, 22);
	put_be(p + 2, 2, 16);
	put_be(p + 8, 8, 320);
	put_be(p + 16, 4, 64);
	ASSERT_EQ(scsi_run(g, &unmap), 0);
	EXPECT_EQ(unmap.resp.status, 0);
	EXPECT_EQ(lba_status(g, 256, 4096, r), 2);
	EXPECT_EQ(r[0].nr, 64);
	EXPECT_EQ(r[0].deallocated, 0);
	EXPECT_EQ(r[1].deallocated, 1);
	/* The VMM's position in its file is its own. */
	EXPECT_EQ(lseek(file, 0, SEEK_CUR), 0);
}

/* One adds to a counter on the disk; with several at once none is lost. */
TEST(compare_and_write_is_atomic)
{
	struct guest *g = scsi_guest(&(struct guest_options){ .nr_queues = 2 });
	int file = temp_file(MIB, 0);
	uint32_t *value[2], on_disk, won = 0;
	uint64_t data[2];
	int i, q;

	ASSERT_EQ(scsi_add(g, 0, 0, KVDEV_LUN_DISK, file, 0), 0);
	guest_start(g);
	scsi_ready(g, 0, 0);
	for (q = 0; q < 2; q++) {
		data[q] = guest_alloc(g, 1024, 512);
		value[q] = guest_ptr(g, data[q]);
		memset(value[q], 0, 1024);
	}
	for (i = 0; i < 500; i++) {
		size_t brk = g->brk;
		uint64_t resp[2];
		struct vring_used_elem e;

		for (q = 0; q < 2; q++) {
			struct scsi_op op = { .cdb = { 0x89, [13] = 1 },
					      .data = data[q], .out = 1024 };

			value[q][0] = won;
			value[q][128] = won + 1;
			ASSERT_GE(scsi_post(g, Q_REQUEST + q, &op, &resp[q]),
				  0);
		}
		for (q = 0; q < 2; q++) {
			struct virtio_scsi_cmd_resp *r = guest_ptr(g, resp[q]);

			ASSERT_EQ(vq_wait(&g->vq[Q_REQUEST + q], &e, WAIT_MS),
				  0);
			vq_free_chain(&g->vq[Q_REQUEST + q], e.id);
			ASSERT_EQ(r->response, 0);
			won += !r->status;
		}
		ASSERT_EQ(won, i + 1);
		g->brk = brk;
	}
	ASSERT_EQ(pread(file, &on_disk, 4, 0), 4);
	EXPECT_EQ(on_disk, won);
}

TEST(resize)
{
	int file = temp_file(MIB, 0);
	struct guest *g = scsi_disk(file);
	uint64_t data = guest_alloc(g, 4096, 4096);

	EXPECT_EQ(scsi_rw(g, 0, 0, false, 4000, 1, 512, data),
		  SENSE(5, 0x21, 0));
	ASSERT_EQ(ftruncate(file, 2 * MIB), 0);
	EXPECT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_RESIZE_LUN, 0, 0), 0);
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 4000, 1, 512, data),
		  SENSE(6, 0x2a, 9));
	EXPECT_EQ(scsi_rw(g, 0, 0, false, 4000, 1, 512, data), 0);
	ASSERT_EQ(ftruncate(file, 100), 0);
	EXPECT_EQ(scsi_lun_cmd(g, KVDEV_SCSI_RESIZE_LUN, 0, 0), -EINVAL);
}
