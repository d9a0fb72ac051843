// SPDX-License-Identifier: GPL-2.0
/*
 * A logical unit: its medium, its modes, and the events its initiators have
 * yet to be told of.
 */
#include "cdb.h"

static bool text_ok(const char *text, u32 len)
{
	u32 i;

	/* SPC-4, 4.4.1: graphic codes 20h to 7Eh */
	for (i = 0; i < len && text[i]; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

static bool block_size_ok(const struct kvdev_scsi_config *cfg)
{
	switch (cfg->type) {
	case KVDEV_SCSI_DISK:
		return cfg->block_size == 512 || cfg->block_size == 4096;
	case KVDEV_SCSI_CDROM:
		return cfg->block_size == 2048;
	case KVDEV_SCSI_NO_UNIT:
		return true;
	default:
		return false;
	}
}

/**
 * kvdev_scsi_lu_init - make a unit
 * @lu: memory for it
 * @cfg: what it is; copied
 *
 * The unit has no medium yet, and a tray that is closed.
 *
 * Return: 0, -EINVAL if @cfg does not describe a unit.
 */
int kvdev_scsi_lu_init(struct kvdev_scsi_lu *lu,
		       const struct kvdev_scsi_config *cfg)
{
	if (!block_size_ok(cfg))
		return -EINVAL;
	/* READ CAPACITY(16) has four bits for it */
	if (cfg->physical_exp > 15 || cfg->aligned_lba > 0x3fff)
		return -EINVAL;
	if (!text_ok(cfg->vendor, sizeof(cfg->vendor)) ||
	    !text_ok(cfg->product, sizeof(cfg->product)) ||
	    !text_ok(cfg->revision, sizeof(cfg->revision)) ||
	    !text_ok(cfg->serial, sizeof(cfg->serial)))
		return -EINVAL;
	/* SPC-4, 7.8.6.6: NAA in the first four bits, 8 bytes long */
	if (cfg->naa && cfg->naa >> 60 != 2 && cfg->naa >> 60 != 3 &&
	    cfg->naa >> 60 != 5)
		return -EINVAL;

	memset(lu, 0, sizeof(*lu));
	lu->cfg = *cfg;
	lu->pr_first = KVDEV_SCSI_NO_REGISTRANT;
	if (cfg->type == KVDEV_SCSI_CDROM) {
		lu->cfg.read_only = true;
		lu->cfg.removable = true;
	}
	lu->read_only = lu->cfg.read_only;
	lu->saved.wce = cfg->write_back;
	lu->mode = lu->saved;
	kvdev_scsi_lu_attention(lu, KVDEV_SENSE_POWER_ON);
	return 0;
}

/* ------------------------------------------------------- unit attentions */

/*
 * SAM-5, 5.14: each once, in the order of events. A power on or reset makes
 * whatever waits meaningless.
 */
void kvdev_scsi_ua_add(struct kvdev_scsi_nexus *nexus, u32 sense)
{
	u32 i;

	if (sense == KVDEV_SENSE_POWER_ON)
		nexus->nr_ua = 0;
	for (i = 0; i < nexus->nr_ua; i++)
		if (nexus->ua[i] == sense)
			return;
	if (nexus->nr_ua == KVDEV_SCSI_UA_MAX)
		kvdev_scsi_ua_take(nexus);
	nexus->ua[nexus->nr_ua++] = sense;
}

u32 kvdev_scsi_ua_take(struct kvdev_scsi_nexus *nexus)
{
	u32 sense;

	if (!nexus->nr_ua)
		return KVDEV_SENSE_NONE;
	sense = nexus->ua[0];
	kvdev_scsi_ua_forget(nexus, sense);
	return sense;
}

void kvdev_scsi_ua_forget(struct kvdev_scsi_nexus *nexus, u32 sense)
{
	u32 from, to = 0;

	for (from = 0; from < nexus->nr_ua; from++)
		if (nexus->ua[from] != sense)
			nexus->ua[to++] = nexus->ua[from];
	nexus->nr_ua = to;
}

/**
 * kvdev_scsi_lu_attention - have every initiator told of something
 * @lu: unit
 * @sense: what: a sense with key 6
 */
void kvdev_scsi_lu_attention(struct kvdev_scsi_lu *lu, u32 sense)
{
	u32 i;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		kvdev_scsi_ua_add(&lu->nexus[i], sense);
}

/**
 * kvdev_scsi_lu_luns_reported - REPORT LUNS went to another unit of the target
 * @lu: unit
 * @nexus: of the command
 *
 * SAM-5, 5.14.2: what the initiator has just seen is no news of any of them.
 */
void kvdev_scsi_lu_luns_reported(struct kvdev_scsi_lu *lu, u32 nexus)
{
	kvdev_scsi_ua_forget(&lu->nexus[nexus], KVDEV_SENSE_LUNS_CHANGED);
}

/* ---------------------------------------------------------------- medium */

void kvdev_scsi_media_event(struct kvdev_scsi_lu *lu, u8 event)
{
	u32 i;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		lu->nexus[i].media_event = event;
}

/* Why the medium cannot be accessed, or 0. */
u32 kvdev_scsi_not_ready(const struct kvdev_scsi_lu *lu)
{
	if (lu->tray_open)
		return KVDEV_SENSE_TRAY_OPEN;
	if (!lu->medium)
		return KVDEV_SENSE_NO_MEDIUM;
	if (lu->stopped)
		return KVDEV_SENSE_STOPPED;
	return KVDEV_SENSE_NONE;
}

bool kvdev_scsi_locked(const struct kvdev_scsi_lu *lu)
{
	u32 i;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		if (lu->nexus[i].prevents)
			return true;
	return false;
}

bool kvdev_scsi_is_dvd(const struct kvdev_scsi_lu *lu)
{
	return lu->nr_blocks > 80 * 60 * 75;
}

/**
 * kvdev_scsi_lu_insert - there is a medium, or another one
 * @lu: unit
 * @nr_blocks: its capacity; 0 is no medium
 * @read_only: it is write protected
 *
 * Closes the tray. Initiators are told, except by a disk that is not
 * removable, which gets its medium once and for all.
 */
void kvdev_scsi_lu_insert(struct kvdev_scsi_lu *lu, u64 nr_blocks,
			  bool read_only)
{
	lu->medium = nr_blocks != 0;
	lu->nr_blocks = nr_blocks;
	lu->read_only = read_only || lu->cfg.read_only;
	lu->tray_open = false;
	lu->stopped = false;
	if (!lu->cfg.removable)
		return;
	kvdev_scsi_media_event(lu, lu->medium ? MEDIA_EVENT_NEW :
						MEDIA_EVENT_REMOVED);
	if (lu->medium)
		kvdev_scsi_lu_attention(lu, KVDEV_SENSE_MEDIUM_CHANGED);
}

/**
 * kvdev_scsi_lu_remove - the medium is gone
 * @lu: unit
 *
 * Whether it is locked, and whether commands use it, is the caller's to know.
 */
void kvdev_scsi_lu_remove(struct kvdev_scsi_lu *lu)
{
	u32 i;

	if (lu->medium)
		kvdev_scsi_media_event(lu, MEDIA_EVENT_REMOVED);
	lu->medium = false;
	lu->nr_blocks = 0;
	/* Locks are for this medium: nobody would unlock the next one */
	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		lu->nexus[i].prevents = false;
}

/**
 * kvdev_scsi_lu_resize - the medium has another size
 * @lu: unit with a medium
 * @nr_blocks: new capacity, not 0
 */
void kvdev_scsi_lu_resize(struct kvdev_scsi_lu *lu, u64 nr_blocks)
{
	if (!lu->medium || !nr_blocks || nr_blocks == lu->nr_blocks)
		return;
	lu->nr_blocks = nr_blocks;
	kvdev_scsi_lu_attention(lu, KVDEV_SENSE_CAPACITY_CHANGED);
}

/**
 * kvdev_scsi_lu_eject_request - somebody pressed the button
 * @lu: unit with a removable medium
 *
 * The driver sees it when it polls for events, and may eject the medium.
 *
 * Return: true if a driver has locked the medium: then it should be waited
 * for, else the medium may be removed at once.
 */
bool kvdev_scsi_lu_eject_request(struct kvdev_scsi_lu *lu)
{
	kvdev_scsi_media_event(lu, MEDIA_EVENT_EJECT);
	return kvdev_scsi_locked(lu);
}

/* ---------------------------------------------------------------- resets */

/**
 * kvdev_scsi_lu_reset - reset the unit
 * @lu: unit
 * @sense: KVDEV_SENSE_RESET (the task management function) or
 *	KVDEV_SENSE_POWER_ON (the guest starts anew; persistent reservations
 *	end if nobody else has the store)
 *
 * Commands are the caller's to abort.
 */
void kvdev_scsi_lu_reset(struct kvdev_scsi_lu *lu, u32 sense)
{
	u32 i;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		lu->nexus[i].prevents = false;
	lu->mode = lu->saved;
	lu->stopped = false;
	kvdev_scsi_pr_reset(lu, sense == KVDEV_SENSE_POWER_ON);
	kvdev_scsi_lu_attention(lu, sense);
}

/**
 * kvdev_scsi_lu_nexus_loss - an initiator has lost its connection
 * @lu: unit
 * @nexus: which, below KVDEV_SCSI_NEXUS_MAX
 */
void kvdev_scsi_lu_nexus_loss(struct kvdev_scsi_lu *lu, u32 nexus)
{
	lu->nexus[nexus].prevents = false;
	kvdev_scsi_pr_nexus_loss(lu, nexus);
	kvdev_scsi_ua_add(&lu->nexus[nexus], KVDEV_SENSE_NEXUS_LOSS);
}

/* ------------------------------------------------------------------ text */

/* SPC-4, 4.4.1: left-aligned, padded with spaces */
void kvdev_scsi_put_text(u8 *to, const char *text, u32 len)
{
	memset(to, ' ', len);
	memcpy(to, text, strnlen(text, len));
}
