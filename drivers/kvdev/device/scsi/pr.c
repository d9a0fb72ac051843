// SPDX-License-Identifier: GPL-2.0
/*
 * Reservations: SPC-4, 5.12, 6.15, 6.16; RESERVE and RELEASE of SPC-2.
 *
 * An initiator that is registered has a key. One of them, or all, hold the
 * reservation; its type says what the others may do.
 */
#include "cdb.h"

enum pr_type {
	WRITE_EXCLUSIVE			= 1,
	EXCLUSIVE_ACCESS		= 3,
	WRITE_EXCLUSIVE_REGISTRANTS	= 5,	/* registrants only */
	EXCLUSIVE_ACCESS_REGISTRANTS	= 6,
	WRITE_EXCLUSIVE_ALL		= 7,	/* all registrants */
	EXCLUSIVE_ACCESS_ALL		= 8,
};

enum pr_in_action { READ_KEYS, READ_RESERVATION, CAPABILITIES, FULL_STATUS };

enum pr_out_action {
	REGISTER,
	RESERVE,
	RELEASE,
	CLEAR,
	PREEMPT,
	PREEMPT_AND_ABORT,
	REGISTER_AND_IGNORE,
};

#define PARAM_LEN	24

static bool type_ok(u8 type)
{
	return type == WRITE_EXCLUSIVE || type == EXCLUSIVE_ACCESS ||
	       (type >= WRITE_EXCLUSIVE_REGISTRANTS &&
		type <= EXCLUSIVE_ACCESS_ALL);
}

/* All registrants hold it */
static bool type_all(u8 type)
{
	return type == WRITE_EXCLUSIVE_ALL || type == EXCLUSIVE_ACCESS_ALL;
}

/* Who is registered may do everything */
static bool type_registrants(u8 type)
{
	return type >= WRITE_EXCLUSIVE_REGISTRANTS;
}

static bool type_exclusive(u8 type)
{
	return type == EXCLUSIVE_ACCESS ||
	       type == EXCLUSIVE_ACCESS_REGISTRANTS ||
	       type == EXCLUSIVE_ACCESS_ALL;
}

static bool holds(const struct kvdev_scsi_lu *lu, u32 nexus)
{
	if (!lu->pr_type || !lu->nexus[nexus].registered)
		return false;
	return type_all(lu->pr_type) || lu->pr_holder == nexus;
}

static bool any_registered(const struct kvdev_scsi_lu *lu)
{
	u32 i;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		if (lu->nexus[i].registered)
			return true;
	return false;
}

/*
 * Does a reservation keep a nexus from a command with these OPF_ flags?
 * SPC-4, tables 65 and 66; SBC-3, table 16.
 */
bool kvdev_scsi_pr_conflicts(const struct kvdev_scsi_lu *lu, u32 nexus,
			     u32 flags)
{
	if (lu->reserved && lu->reserved_by != nexus &&
	    flags & (OPF_PR_FREE | OPF_PR_READ | OPF_PR_WRITE))
		return true;
	if (!lu->pr_type || !(flags & (OPF_PR_READ | OPF_PR_WRITE)))
		return false;
	if (holds(lu, nexus))
		return false;
	if (type_registrants(lu->pr_type) && lu->nexus[nexus].registered)
		return false;
	return flags & OPF_PR_WRITE || type_exclusive(lu->pr_type);
}

/* SPC-4, 5.12.5: without APTPL a loss of power ends all of it */
void kvdev_scsi_pr_forget(struct kvdev_scsi_lu *lu)
{
	u32 i;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++) {
		lu->nexus[i].registered = false;
		lu->nexus[i].key = 0;
	}
	lu->pr_type = 0;
	lu->pr_holder = 0;
	lu->pr_generation = 0;
}

/* ----------------------------------------------------- PERSISTENT RESERVE IN */

static u32 read_keys(const struct kvdev_scsi_lu *lu, u8 *resp)
{
	u32 i, len = 8;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++) {
		if (!lu->nexus[i].registered)
			continue;
		put_unaligned_be64(lu->nexus[i].key, &resp[len]);
		len += 8;
	}
	return len;
}

static u32 read_reservation(const struct kvdev_scsi_lu *lu, u8 *resp)
{
	if (!lu->pr_type)
		return 8;
	/* SPC-4, 6.15.3.2: no single key if all registrants hold it */
	if (!type_all(lu->pr_type))
		put_unaligned_be64(lu->nexus[lu->pr_holder].key, &resp[8]);
	resp[21] = lu->pr_type;
	return 24;
}

/* SPC-4, 6.15.5: protocol 15 is none in particular; the nexus is its name */
#define TRANSPORT_ID_LEN	24

static u32 full_status(const struct kvdev_scsi_lu *lu, u8 *resp)
{
	u32 i, len = 8;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++) {
		u8 *entry = &resp[len];

		if (!lu->nexus[i].registered)
			continue;
		put_unaligned_be64(lu->nexus[i].key, entry);
		if (holds(lu, i)) {
			entry[12] = 0x01;
			entry[13] = lu->pr_type;
		}
		put_unaligned_be16(1, &entry[18]);
		put_unaligned_be32(TRANSPORT_ID_LEN, &entry[20]);
		entry[24] = 0x0f;
		put_unaligned_be32(i, &entry[24 + 8]);
		len += 24 + TRANSPORT_ID_LEN;
	}
	return len;
}

/* SPC-4, 6.15.4: nothing survives a loss of power, RESERVE is not for both */
static u32 capabilities(u8 *resp)
{
	put_unaligned_be16(8, resp);
	resp[3] = 0x80;			/* the type mask is valid */
	resp[4] = 0xea;			/* all six types */
	resp[5] = 0x01;
	return 8;
}

u32 kvdev_scsi_pr_in(struct kvdev_scsi_ctx *ctx)
{
	const struct kvdev_scsi_lu *lu = ctx->lu;
	u16 alloc_len = get_unaligned_be16(&ctx->cdb[7]);
	u8 *resp = kvdev_scsi_resp(ctx, 512);
	u32 len;

	/* SPC-2, 5.5.1: whoever has reserved the unit, conflicts too */
	if (lu->reserved)
		return kvdev_scsi_conflict(ctx);
	switch (ctx->op->action) {
	case READ_KEYS:
		len = read_keys(lu, resp);
		break;
	case READ_RESERVATION:
		len = read_reservation(lu, resp);
		break;
	case FULL_STATUS:
		len = full_status(lu, resp);
		break;
	default:
		return kvdev_scsi_respond(ctx, capabilities(resp), alloc_len);
	}
	put_unaligned_be32(lu->pr_generation, resp);
	put_unaligned_be32(len - 8, &resp[4]);
	return kvdev_scsi_respond(ctx, len, alloc_len);
}

/* ---------------------------------------------------- PERSISTENT RESERVE OUT */

/* Tell the registered initiators, but for the one who did it. */
static void tell(struct kvdev_scsi_ctx *ctx, u32 sense)
{
	u32 i;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		if (i != ctx->req->nexus && ctx->lu->nexus[i].registered)
			kvdev_scsi_ua_add(&ctx->lu->nexus[i], sense);
}

/* SPC-4, 5.12.11.2.2: who had access by being registered, loses it or not */
static void end_reservation(struct kvdev_scsi_ctx *ctx)
{
	u8 type = ctx->lu->pr_type;

	ctx->lu->pr_type = 0;
	ctx->lu->pr_holder = 0;
	if (type_registrants(type))
		tell(ctx, KVDEV_SENSE_RELEASED);
}

static void unregister(struct kvdev_scsi_nexus *nexus)
{
	nexus->registered = false;
	nexus->key = 0;
}

/* SPC-4, 5.12.7: registering, with a key or (0) no longer */
static u32 do_register(struct kvdev_scsi_ctx *ctx, u64 key, u64 new_key)
{
	struct kvdev_scsi_nexus *nexus = ctx->nexus;
	struct kvdev_scsi_lu *lu = ctx->lu;
	bool held = holds(lu, ctx->req->nexus);

	if (ctx->op->action == REGISTER &&
	    key != (nexus->registered ? nexus->key : 0))
		return kvdev_scsi_conflict(ctx);
	if (!nexus->registered && !new_key)
		return 0;

	lu->pr_generation++;
	if (new_key) {
		nexus->registered = true;
		nexus->key = new_key;
		return 0;
	}
	unregister(nexus);
	/* The reservation goes with its last holder */
	if (held && !(type_all(lu->pr_type) && any_registered(lu)))
		end_reservation(ctx);
	return 0;
}

/* SPC-4, 5.12.9 */
static u32 do_reserve(struct kvdev_scsi_ctx *ctx, u8 type)
{
	struct kvdev_scsi_lu *lu = ctx->lu;

	if (!lu->pr_type) {
		lu->pr_type = type;
		lu->pr_holder = ctx->req->nexus;
		return 0;
	}
	/* The same again is fine, from a holder only */
	if (!holds(lu, ctx->req->nexus) || lu->pr_type != type)
		return kvdev_scsi_conflict(ctx);
	return 0;
}

/* SPC-4, 5.12.11.2: not ours to release is no error, the wrong type is */
static u32 do_release(struct kvdev_scsi_ctx *ctx, u8 type)
{
	struct kvdev_scsi_lu *lu = ctx->lu;

	if (!holds(lu, ctx->req->nexus))
		return 0;
	if (lu->pr_type != type)
		return KVDEV_SENSE_INVALID_RELEASE;
	end_reservation(ctx);
	return 0;
}

/* SPC-4, 5.12.11.5 */
static u32 do_clear(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_lu *lu = ctx->lu;
	u32 i;

	tell(ctx, KVDEV_SENSE_PREEMPTED);
	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++)
		unregister(&lu->nexus[i]);
	lu->pr_type = 0;
	lu->pr_holder = 0;
	lu->pr_generation++;
	return 0;
}

/*
 * Removes registrations: those with @key, or with @any all; @keep is spared.
 * Return: how many.
 */
static u32 remove_registrations(struct kvdev_scsi_ctx *ctx, u64 key, bool any,
				u32 keep)
{
	struct kvdev_scsi_lu *lu = ctx->lu;
	u32 i, removed = 0;

	for (i = 0; i < KVDEV_SCSI_NEXUS_MAX; i++) {
		struct kvdev_scsi_nexus *nexus = &lu->nexus[i];

		if (!nexus->registered || (!any && nexus->key != key))
			continue;
		removed++;
		if (i == keep)
			continue;
		unregister(nexus);
		if (i == ctx->req->nexus)
			continue;
		kvdev_scsi_ua_add(nexus, KVDEV_SENSE_UNREGISTERED);
		if (ctx->op->action == PREEMPT_AND_ABORT)
			ctx->cmd->abort |= BIT(i);
	}
	return removed;
}

/* SPC-4, 5.12.11.4: takes the reservation over from who holds it */
static u32 preempt_holder(struct kvdev_scsi_ctx *ctx, u64 key, u8 type)
{
	struct kvdev_scsi_lu *lu = ctx->lu;
	u32 self = ctx->req->nexus;
	u8 old = lu->pr_type;

	remove_registrations(ctx, key, type_all(old), self);
	lu->pr_type = type;
	lu->pr_holder = self;
	lu->pr_generation++;
	/* Who is left, and had access as a registrant: things have changed */
	if (old != type && type_registrants(old))
		tell(ctx, KVDEV_SENSE_RELEASED);
	return 0;
}

/* SPC-4, 5.12.11.3 and 5.12.11.4, figure 8 */
static u32 do_preempt(struct kvdev_scsi_ctx *ctx, u64 key, u8 type)
{
	struct kvdev_scsi_lu *lu = ctx->lu;

	if (lu->pr_type && type_all(lu->pr_type)) {
		if (!key)
			return preempt_holder(ctx, key, type);
	} else if (lu->pr_type && lu->nexus[lu->pr_holder].key == key) {
		return preempt_holder(ctx, key, type);
	}
	/* Registrations only. 0 is nobody's key. */
	if (!key)
		return kvdev_scsi_bad_param(ctx, 8, 7);
	if (!remove_registrations(ctx, key, false, KVDEV_SCSI_NEXUS_MAX))
		return kvdev_scsi_conflict(ctx);
	lu->pr_generation++;
	/* The last of all registrants may have been among them: ourselves */
	if (lu->pr_type && !any_registered(lu))
		end_reservation(ctx);
	return 0;
}

/* Only the unit as a whole can be reserved; the type must be one. */
static bool has_type(u8 action)
{
	return action == RESERVE || action == RELEASE || action == PREEMPT ||
	       action == PREEMPT_AND_ABORT;
}

u32 kvdev_scsi_pr_out(struct kvdev_scsi_ctx *ctx)
{
	const u8 *cdb = ctx->cdb;

	if (ctx->lu->reserved)
		return kvdev_scsi_conflict(ctx);
	if (has_type(ctx->op->action)) {
		if (cdb[2] >> 4)
			return kvdev_scsi_bad_cdb(ctx, 2, 7);
		if (!type_ok(cdb[2] & 0x0f))
			return kvdev_scsi_bad_cdb(ctx, 2, 3);
	}
	/* SPC-4, 6.16.1: with SPEC_I_PT it could be more, but that is refused */
	if (get_unaligned_be32(&cdb[5]) != PARAM_LEN)
		return KVDEV_SENSE_PARAM_LENGTH;
	ctx->cmd->action = KVDEV_SCSI_PARAMS;
	ctx->cmd->out_len = PARAM_LEN;
	return 0;
}

u32 kvdev_scsi_pr_out_params(struct kvdev_scsi_ctx *ctx)
{
	u64 key = get_unaligned_be64(ctx->params);
	u64 service_key = get_unaligned_be64(&ctx->params[8]);
	u8 action = ctx->op->action, type = ctx->cdb[2] & 0x0f;

	/* A RESERVE may have come in between */
	if (ctx->lu->reserved)
		return kvdev_scsi_conflict(ctx);
	if (action == REGISTER || action == REGISTER_AND_IGNORE) {
		/* SPEC_I_PT, ALL_TG_PT, APTPL: as REPORT CAPABILITIES says */
		if (ctx->params[20] & 0x08)
			return kvdev_scsi_bad_param(ctx, 20, 3);
		if (ctx->params[20] & 0x04)
			return kvdev_scsi_bad_param(ctx, 20, 2);
		if (ctx->params[20] & 0x01)
			return kvdev_scsi_bad_param(ctx, 20, 0);
		return do_register(ctx, key, service_key);
	}
	/* SPC-4, 5.12.4: all else is for those who know their key */
	if (!ctx->nexus->registered || ctx->nexus->key != key)
		return kvdev_scsi_conflict(ctx);
	switch (action) {
	case RESERVE:
		return do_reserve(ctx, type);
	case RELEASE:
		return do_release(ctx, type);
	case CLEAR:
		return do_clear(ctx);
	default:
		return do_preempt(ctx, service_key, type);
	}
}

/* -------------------------------------------------------- RESERVE, RELEASE */

/* SPC-2, 7.21 and 7.22: the unit, for ourselves, and nothing finer */
static u32 check_reserve(struct kvdev_scsi_ctx *ctx)
{
	if (ctx->cdb[1] & 0x10)
		return kvdev_scsi_bad_cdb(ctx, 1, 4);
	if (ctx->cdb[1] & 0x01)
		return kvdev_scsi_bad_cdb(ctx, 1, 0);
	return 0;
}

u32 kvdev_scsi_reserve(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_lu *lu = ctx->lu;
	u32 sense = check_reserve(ctx);

	if (sense)
		return sense;
	/* SPC-4, 5.12.3, CRH 0: not beside persistent reservations */
	if (any_registered(lu) ||
	    (lu->reserved && lu->reserved_by != ctx->req->nexus))
		return kvdev_scsi_conflict(ctx);
	lu->reserved = true;
	lu->reserved_by = ctx->req->nexus;
	return kvdev_scsi_respond(ctx, 0, 0);
}

/* SPC-2, 7.17: who has not reserved it has nothing to release, and no error */
u32 kvdev_scsi_release(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_lu *lu = ctx->lu;
	u32 sense = check_reserve(ctx);

	if (sense)
		return sense;
	if (any_registered(lu))
		return kvdev_scsi_conflict(ctx);
	if (lu->reserved_by == ctx->req->nexus)
		lu->reserved = false;
	return kvdev_scsi_respond(ctx, 0, 0);
}
