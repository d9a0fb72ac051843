/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SCSI logical units: what a command means and what a unit answers.
 *
 * Pure: no memory of the guest, no store, no lock. The device copies a CDB,
 * calls kvdev_scsi_parse() and gets an action to carry out:
 *
 *	kvdev_scsi_parse()	decides everything that the CDB decides
 *	kvdev_scsi_params()	for KVDEV_SCSI_PARAMS, once the parameter list
 *				has been fetched: decides the rest
 *	kvdev_scsi_fail()	the store failed: sense data instead of success
 *
 * Whoever calls serialises all calls on one unit (a spinlock will do: nothing
 * here sleeps or loops for long).
 *
 * Standards: SPC-4 (commands of all units, mode pages, persistent
 * reservations), SBC-3 (disks), MMC-6 (CD-ROM), SAM-5 (unit attentions).
 */
#ifndef KVDEV_SCSI_SCSI_H
#define KVDEV_SCSI_SCSI_H

#include "../../pure.h"

/* Longest CDB there is; what the guest sent less of is 0. */
#define KVDEV_SCSI_CDB_MAX	32
/* Longest response that is built here, REPORT SUPPORTED OPERATION CODES. */
#define KVDEV_SCSI_RESP_MAX	4096
/* Longest parameter list: UNMAP with KVDEV_SCSI_UNMAP_MAX descriptors. */
#define KVDEV_SCSI_PARAM_MAX	4096
#define KVDEV_SCSI_UNMAP_MAX	((KVDEV_SCSI_PARAM_MAX - 8) / 16)
/* Longest sense data that is built here. */
#define KVDEV_SCSI_SENSE_MAX	32
/*
 * Initiators a unit can tell apart. A virtio-scsi device is one I_T nexus,
 * number 0.
 */
#define KVDEV_SCSI_NEXUS_MAX	4
/*
 * I_T nexuses that can register with a store, of all units that show it: what
 * READ FULL STATUS has room for, and a cluster may have.
 */
#define KVDEV_SCSI_REGISTRANTS	64
#define KVDEV_SCSI_NO_REGISTRANT	KVDEV_SCSI_REGISTRANTS
/* What happened to a registrant's registration, until its unit asks. */
#define KVDEV_SCSI_NEWS_MAX	4
/* Unit attentions that wait; what does not fit any more is the oldest. */
#define KVDEV_SCSI_UA_MAX	8

#define KVDEV_SCSI_VENDOR_LEN	8
#define KVDEV_SCSI_PRODUCT_LEN	16
#define KVDEV_SCSI_REVISION_LEN	4
#define KVDEV_SCSI_SERIAL_LEN	36

/* Peripheral device types, SPC-4 table 140 */
#define KVDEV_SCSI_DISK		0x00
#define KVDEV_SCSI_CDROM	0x05
#define KVDEV_SCSI_NO_UNIT	0x1f	/* answers for units that are not there */

/* Status codes, SAM-5 table 37 */
#define KVDEV_SCSI_GOOD			0x00
#define KVDEV_SCSI_CHECK_CONDITION	0x02
#define KVDEV_SCSI_CONDITION_MET	0x04
#define KVDEV_SCSI_RESERVATION_CONFLICT	0x18

/* Sense key, additional sense code and its qualifier in one number */
#define KVDEV_SENSE(key, asc, ascq)	((key) << 16 | (asc) << 8 | (ascq))
#define KVDEV_SENSE_KEY(sense)		((sense) >> 16 & 0xf)
#define KVDEV_SENSE_ASC(sense)		((sense) >> 8 & 0xff)
#define KVDEV_SENSE_ASCQ(sense)		((sense) & 0xff)

enum kvdev_scsi_sense {
	KVDEV_SENSE_NONE		= KVDEV_SENSE(0x0, 0x00, 0x00),
	KVDEV_SENSE_STOPPED		= KVDEV_SENSE(0x2, 0x04, 0x02),
	KVDEV_SENSE_NO_MEDIUM		= KVDEV_SENSE(0x2, 0x3a, 0x01),
	KVDEV_SENSE_TRAY_OPEN		= KVDEV_SENSE(0x2, 0x3a, 0x02),
	KVDEV_SENSE_WRITE_ERROR		= KVDEV_SENSE(0x3, 0x0c, 0x00),
	KVDEV_SENSE_READ_ERROR		= KVDEV_SENSE(0x3, 0x11, 0x00),
	KVDEV_SENSE_TARGET_FAILURE	= KVDEV_SENSE(0x4, 0x44, 0x00),
	KVDEV_SENSE_PARAM_LENGTH	= KVDEV_SENSE(0x5, 0x1a, 0x00),
	KVDEV_SENSE_INVALID_OPCODE	= KVDEV_SENSE(0x5, 0x20, 0x00),
	KVDEV_SENSE_LBA_RANGE		= KVDEV_SENSE(0x5, 0x21, 0x00),
	KVDEV_SENSE_INVALID_FIELD	= KVDEV_SENSE(0x5, 0x24, 0x00),
	KVDEV_SENSE_NO_UNIT		= KVDEV_SENSE(0x5, 0x25, 0x00),
	KVDEV_SENSE_INVALID_PARAM	= KVDEV_SENSE(0x5, 0x26, 0x00),
	KVDEV_SENSE_INVALID_RELEASE	= KVDEV_SENSE(0x5, 0x26, 0x04),
	KVDEV_SENSE_NO_RESOURCES	= KVDEV_SENSE(0x5, 0x55, 0x04),
	KVDEV_SENSE_WRONG_FORMAT	= KVDEV_SENSE(0x5, 0x30, 0x02),
	KVDEV_SENSE_REMOVAL_PREVENTED	= KVDEV_SENSE(0x5, 0x53, 0x02),
	KVDEV_SENSE_ILLEGAL_TRACK_MODE	= KVDEV_SENSE(0x5, 0x64, 0x00),
	KVDEV_SENSE_MEDIUM_CHANGED	= KVDEV_SENSE(0x6, 0x28, 0x00),
	KVDEV_SENSE_POWER_ON		= KVDEV_SENSE(0x6, 0x29, 0x00),
	KVDEV_SENSE_RESET		= KVDEV_SENSE(0x6, 0x29, 0x03),
	KVDEV_SENSE_NEXUS_LOSS		= KVDEV_SENSE(0x6, 0x29, 0x07),
	KVDEV_SENSE_MODE_CHANGED	= KVDEV_SENSE(0x6, 0x2a, 0x01),
	KVDEV_SENSE_PREEMPTED		= KVDEV_SENSE(0x6, 0x2a, 0x03),
	KVDEV_SENSE_RELEASED		= KVDEV_SENSE(0x6, 0x2a, 0x04),
	KVDEV_SENSE_UNREGISTERED	= KVDEV_SENSE(0x6, 0x2a, 0x05),
	KVDEV_SENSE_CAPACITY_CHANGED	= KVDEV_SENSE(0x6, 0x2a, 0x09),
	KVDEV_SENSE_INQUIRY_CHANGED	= KVDEV_SENSE(0x6, 0x3f, 0x03),
	KVDEV_SENSE_LUNS_CHANGED	= KVDEV_SENSE(0x6, 0x3f, 0x0e),
	KVDEV_SENSE_WRITE_PROTECTED	= KVDEV_SENSE(0x7, 0x27, 0x00),
	KVDEV_SENSE_NO_SPACE		= KVDEV_SENSE(0x7, 0x27, 0x07),
	KVDEV_SENSE_ABORTED		= KVDEV_SENSE(0xb, 0x00, 0x00),
	KVDEV_SENSE_MISCOMPARE		= KVDEV_SENSE(0xe, 0x1d, 0x00),
};

/* For kvdev_scsi_fail(): nothing goes into the INFORMATION field */
#define KVDEV_SCSI_NO_INFO	U64_MAX

/**
 * enum kvdev_scsi_action - what the device has to do for a command
 * @KVDEV_SCSI_DONE: nothing: send status, sense or resp_len bytes of response
 * @KVDEV_SCSI_OVERRUN: nothing: the driver's buffers are too short,
 *	VIRTIO_SCSI_S_OVERRUN (virtio 1.3, 5.6.6.1.1)
 * @KVDEV_SCSI_PARAMS: fetch the first out_len bytes of data-out (at most
 *	KVDEV_SCSI_PARAM_MAX), then call kvdev_scsi_params(), which sets the
 *	next action
 * @KVDEV_SCSI_REPORT_LUNS: answer with the LUNs, see kvdev_scsi_luns_header().
 *	alloc_len bytes at most
 * @KVDEV_SCSI_READ: blocks to data-in
 * @KVDEV_SCSI_WRITE: data-out to blocks
 * @KVDEV_SCSI_VERIFY: read the blocks; if out_len is not 0, compare: with
 *	KVDEV_SCSI_F_ONE_BLOCK each with the one block of data-out, else with
 *	all of data-out. A difference is KVDEV_SENSE_MISCOMPARE
 * @KVDEV_SCSI_WRITE_VERIFY: write, durably, then as VERIFY (compare only with
 *	KVDEV_SCSI_F_COMPARE)
 * @KVDEV_SCSI_COMPARE_WRITE: compare the blocks with the first half of
 *	data-out, write the second half if they are the same. Atomic to other
 *	commands on these blocks
 * @KVDEV_SCSI_FLUSH: make durable what was written before
 * @KVDEV_SCSI_UNMAP: unmap nr_ranges ranges, kvdev_scsi_unmap_range() of the
 *	parameter list. Each lies in the medium; any may be empty
 * @KVDEV_SCSI_WRITE_SAME: write the one block of data-out (zeroes if out_len
 *	is 0) to each of the blocks; with KVDEV_SCSI_F_UNMAP it may unmap
 *	instead where that reads back the same
 * @KVDEV_SCSI_LBA_STATUS: which of the blocks are mapped: tell
 *	kvdev_scsi_lba_status() up to nr_ranges ranges, which need not be all
 */
enum kvdev_scsi_action {
	KVDEV_SCSI_DONE,
	KVDEV_SCSI_OVERRUN,
	KVDEV_SCSI_PARAMS,
	KVDEV_SCSI_REPORT_LUNS,
	KVDEV_SCSI_READ,
	KVDEV_SCSI_WRITE,
	KVDEV_SCSI_VERIFY,
	KVDEV_SCSI_WRITE_VERIFY,
	KVDEV_SCSI_COMPARE_WRITE,
	KVDEV_SCSI_FLUSH,
	KVDEV_SCSI_UNMAP,
	KVDEV_SCSI_WRITE_SAME,
	KVDEV_SCSI_LBA_STATUS,
};

/* kvdev_scsi_cmd.flags */
#define KVDEV_SCSI_F_FUA	BIT(0)	/* done means durable; also set by WCE 0 */
#define KVDEV_SCSI_F_DPO	BIT(1)	/* not worth caching */
#define KVDEV_SCSI_F_COMPARE	BIT(2)	/* data-out is to be compared */
#define KVDEV_SCSI_F_ONE_BLOCK	BIT(3)	/* data-out is one block for all */
#define KVDEV_SCSI_F_UNMAP	BIT(4)	/* WRITE SAME may unmap */
#define KVDEV_SCSI_F_IMMED	BIT(5)	/* FLUSH: may complete at once */
#define KVDEV_SCSI_F_TRAY	BIT(6)	/* the tray was opened or closed */

/**
 * struct kvdev_scsi_req - a command as the driver sent it; the guest chose it
 * @cdb: copy of the CDB, zero padded
 * @cdb_len: bytes the driver can send (cdb_size of the configuration)
 * @nexus: I_T nexus it came by, below KVDEV_SCSI_NEXUS_MAX; the caller's
 * @out_len: bytes of data-out buffer
 * @in_len: bytes of data-in buffer
 */
struct kvdev_scsi_req {
	u8 cdb[KVDEV_SCSI_CDB_MAX];
	u32 cdb_len;
	u32 nexus;
	u64 out_len;
	u64 in_len;
};

/**
 * struct kvdev_scsi_cmd - what became of it
 * @action: what to do
 * @name: of the command, for traces; never NULL
 * @flags: KVDEV_SCSI_F_*
 * @status: status if @action succeeds; DONE: final
 * @sense_len: bytes of @sense, not 0 only with CHECK CONDITION
 * @sense: sense data
 * @d_sense: sense data is to have descriptor format
 * @resp_len: DONE: bytes of the response buffer to copy to data-in, at most
 *	the allocation length and in_len of the request
 * @alloc_len: REPORT_LUNS, LBA_STATUS: most bytes of response
 * @select: REPORT_LUNS: which; see kvdev_scsi_luns_header()
 * @lba: first block of the medium
 * @blocks: number of blocks; @lba + @blocks lies in the medium. May be 0,
 *	which is no error: nothing to do. FLUSH: 0 is "to the end"
 * @out_len: bytes of data-out the command takes, at most out_len of the
 *	request
 * @in_len: bytes of data-in the command fills if all goes well, at most
 *	in_len of the request
 * @nr_ranges: UNMAP, LBA_STATUS: number of ranges
 * @abort: registrants whose other commands are to be aborted, a bit each
 *	(PREEMPT AND ABORT)
 *
 * The residual is in_len of the request less in_len (resp_len) here, or
 * out_len less out_len; all of it if the command fails.
 */
struct kvdev_scsi_cmd {
	enum kvdev_scsi_action action;
	const char *name;
	u32 flags;
	u8 status;
	u8 sense_len;
	u8 sense[KVDEV_SCSI_SENSE_MAX];
	bool d_sense;
	u8 select;
	u32 resp_len;
	u32 alloc_len;
	u64 lba;
	u64 blocks;
	u64 out_len;
	u64 in_len;
	u32 nr_ranges;
	u64 abort;
};

/**
 * struct kvdev_scsi_config - what a unit is; does not change
 * @type: KVDEV_SCSI_DISK, _CDROM or _NO_UNIT
 * @block_size: bytes of a logical block: 512 or 4096, CD-ROM: 2048
 * @physical_exp: log2 of logical blocks per physical block
 * @aligned_lba: the first block with which a physical block begins
 * @read_only: medium is write protected
 * @removable: disk: medium can be ejected. CD-ROMs always are
 * @write_back: write cache is enabled by default
 * @rotational: disk: a spinning one, else it says solid state
 * @unmap: the store can deallocate blocks (UNMAP, WRITE SAME with UNMAP)
 * @unmap_zeroes: deallocated blocks read as zeroes, always
 * @max_blocks: most blocks of a READ, WRITE, VERIFY; 0: no limit
 * @opt_granularity: a multiple of this many blocks is good to transfer; 0: of
 *	physical blocks
 * @opt_blocks: best transfer length in blocks; 0: not known
 * @max_unmap_blocks: most blocks of an UNMAP, all ranges; 0: no limit
 * @unmap_granularity: blocks that are deallocated together; 0: not known
 * @max_same_blocks: most blocks of a WRITE SAME; 0: no limit
 * @max_compare_blocks: most blocks of a COMPARE AND WRITE; 0: refused
 * @vendor: printable ASCII, zero terminated or full; padded with spaces
 * @product: the same
 * @revision: the same
 * @serial: the same; empty: none
 * @naa: 64-bit world wide name (NAA 2, 3 or 5); 0: none
 * @id: tells it from others if it has neither @serial nor @naa; 0: nothing does
 */
struct kvdev_scsi_config {
	u8 type;
	u8 physical_exp;
	u16 aligned_lba;
	u32 block_size;
	bool read_only;
	bool removable;
	bool write_back;
	bool rotational;
	bool unmap;
	bool unmap_zeroes;
	u32 max_blocks;
	u16 opt_granularity;
	u32 opt_blocks;
	u32 max_unmap_blocks;
	u32 unmap_granularity;
	u32 max_same_blocks;
	u8 max_compare_blocks;
	char vendor[KVDEV_SCSI_VENDOR_LEN];
	char product[KVDEV_SCSI_PRODUCT_LEN];
	char revision[KVDEV_SCSI_REVISION_LEN];
	char serial[KVDEV_SCSI_SERIAL_LEN];
	u64 naa;
	u64 id;
};

/* Mode parameters a driver can change, as they are, and as they are saved. */
struct kvdev_scsi_mode {
	bool wce;		/* caching page: write cache enabled */
	bool rcd;		/* caching page: read cache disabled */
	bool d_sense;		/* control page: descriptor format sense */
	bool swp;		/* control page: software write protect */
};

/**
 * struct kvdev_scsi_nexus - what a unit knows of one initiator
 * @ua: unit attentions it has not been told of, oldest first
 * @nr_ua: number of them
 * @prevents: it has locked the medium
 * @media_event: MMC media event it has not polled yet
 */
struct kvdev_scsi_nexus {
	u32 ua[KVDEV_SCSI_UA_MAX];
	u8 nr_ua;
	bool prevents;
	u8 media_event;
};

/**
 * struct kvdev_scsi_registrant - an I_T nexus that may register
 * @used: it is there, or has left its registration behind
 * @present: it is there
 * @registered: it has registered a reservation key
 * @nr_news: number of @news
 * @key: that key
 * @port: names its initiator port
 * @news: unit attentions for it, oldest first
 */
struct kvdev_scsi_registrant {
	bool used;
	bool present;
	bool registered;
	u8 nr_news;
	u64 key;
	u64 port;
	u32 news[KVDEV_SCSI_NEWS_MAX];
};

/**
 * struct kvdev_scsi_pr - reservations of a store, by whatever unit it is shown
 * @generation: counts changes of registrations
 * @type: type of the persistent reservation; 0: there is none
 * @holder: registrant that holds it, unless all do
 * @reserved: reserved by RESERVE(6) or (10)
 * @reserved_by: registrant that did
 * @busy: there is anything at all: a registration, a reservation, news. May be
 *	read at any time
 * @reg: registrants
 *
 * Zeroes are none. Whoever calls serialises all calls of all units that share it.
 */
struct kvdev_scsi_pr {
	u32 generation;
	u8 type;
	u8 holder;
	bool reserved;
	u8 reserved_by;
	bool busy;
	struct kvdev_scsi_registrant reg[KVDEV_SCSI_REGISTRANTS];
};

/**
 * struct kvdev_scsi_lu - a logical unit
 * @cfg: what it is
 * @nr_blocks: capacity of the medium; 0 if there is none
 * @medium: there is a medium (a tray may still be open)
 * @read_only: this medium is write protected
 * @tray_open: the driver ejected the medium, or it has never been closed
 * @stopped: START STOP UNIT stopped it
 * @mode: mode parameters in effect
 * @saved: mode parameters after a reset
 * @nexus: initiators
 * @pr: reservations; NULL: no medium, so there are none
 * @pr_first: registrant that nexus 0 is; KVDEV_SCSI_NO_REGISTRANT: none is
 * @pr_nr: nexuses that are registrants, one after the other
 *
 * Read freely (serialised); changed by the functions below only.
 */
struct kvdev_scsi_lu {
	struct kvdev_scsi_config cfg;
	u64 nr_blocks;
	bool medium;
	bool read_only;
	bool tray_open;
	bool stopped;
	struct kvdev_scsi_mode mode;
	struct kvdev_scsi_mode saved;
	struct kvdev_scsi_nexus nexus[KVDEV_SCSI_NEXUS_MAX];
	struct kvdev_scsi_pr *pr;
	u8 pr_first;
	u8 pr_nr;
};

/**
 * struct kvdev_scsi_range - blocks of the medium
 * @lba: first
 * @blocks: number
 * @deallocated: for kvdev_scsi_lba_status(): they are not mapped
 */
struct kvdev_scsi_range {
	u64 lba;
	u32 blocks;
	bool deallocated;
};

/* lu.c: the unit and what happens to it other than by commands */
int kvdev_scsi_lu_init(struct kvdev_scsi_lu *lu,
		       const struct kvdev_scsi_config *cfg);
void kvdev_scsi_lu_insert(struct kvdev_scsi_lu *lu, u64 nr_blocks,
			  bool read_only);
void kvdev_scsi_lu_remove(struct kvdev_scsi_lu *lu);
void kvdev_scsi_lu_resize(struct kvdev_scsi_lu *lu, u64 nr_blocks);
bool kvdev_scsi_lu_eject_request(struct kvdev_scsi_lu *lu);
void kvdev_scsi_lu_reset(struct kvdev_scsi_lu *lu, u32 sense);
void kvdev_scsi_lu_nexus_loss(struct kvdev_scsi_lu *lu, u32 nexus);
void kvdev_scsi_lu_attention(struct kvdev_scsi_lu *lu, u32 sense);
void kvdev_scsi_lu_luns_reported(struct kvdev_scsi_lu *lu, u32 nexus);

/* pr.c: who shares reservations */
u32 kvdev_scsi_pr_join(struct kvdev_scsi_pr *pr, u64 port);
void kvdev_scsi_pr_leave(struct kvdev_scsi_pr *pr, u32 registrant);
bool kvdev_scsi_pr_wants(const u8 *cdb);

/* cdb.c: commands */
void kvdev_scsi_parse(struct kvdev_scsi_lu *lu,
		      const struct kvdev_scsi_req *req,
		      struct kvdev_scsi_cmd *cmd, u8 *resp);
void kvdev_scsi_params(struct kvdev_scsi_lu *lu,
		       const struct kvdev_scsi_req *req,
		       struct kvdev_scsi_cmd *cmd, const u8 *params);

/* sense.c */
void kvdev_scsi_fail(struct kvdev_scsi_cmd *cmd, u32 sense, u64 info);

/* sbc.c: UNMAP's ranges, GET LBA STATUS' answer */
void kvdev_scsi_unmap_range(const u8 *params, u32 index,
			    struct kvdev_scsi_range *range);
void kvdev_scsi_lba_status(struct kvdev_scsi_cmd *cmd,
			   const struct kvdev_scsi_req *req,
			   const struct kvdev_scsi_range *ranges, u32 nr,
			   u8 *resp);

/*
 * spc.c: REPORT LUNS' answer: a header of 8 bytes, then 8 bytes for each LUN,
 * in ascending order; all of it cut at alloc_len.
 */
#define KVDEV_SCSI_LUN_BYTES	8
u32 kvdev_scsi_luns_wanted(const struct kvdev_scsi_cmd *cmd, u32 nr_luns);
void kvdev_scsi_luns_header(u32 nr_luns, u8 *to);
void kvdev_scsi_lun_entry(u16 lun, u8 *to);

#endif /* KVDEV_SCSI_SCSI_H */
