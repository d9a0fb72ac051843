// SPDX-License-Identifier: GPL-2.0
/*
 * Reservations: SPC-4, 5.12, 6.15, 6.16; RESERVE and RELEASE of SPC-2.
 *
 * An initiator that is registered has a key. One of them, or all, hold the
 * reservation; its type says what the others may do. All units that show a store
 * share what is registered and reserved.
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

/* Which registrant a nexus of a unit is; it may be none. */
static u32 registrant(const struct kvdev_scsi_lu *lu, u32 nexus)
{
	if (!lu->pr || nexus >= lu->pr_nr ||
	    lu->pr_first >= KVDEV_SCSI_REGISTRANTS - nexus)
		return KVDEV_SCSI_NO_REGISTRANT;
	return array_index_nospec(lu->pr_first + nexus, KVDEV_SCSI_REGISTRANTS);
}

static bool is_registered(const struct kvdev_scsi_pr *pr, u32 self)
{
	return self != KVDEV_SCSI_NO_REGISTRANT && pr->reg[self].registered;
}

static bool holds(const struct kvdev_scsi_pr *pr, u32 self)
{
	if (!pr->type || !is_registered(pr, self))
		return false;
	return type_all(pr->type) || pr->holder == self;
}

static bool any_registered(const struct kvdev_scsi_pr *pr)
{
	u32 i;

	for (i = 0; i < KVDEV_SCSI_REGISTRANTS; i++)
		if (pr->reg[i].registered)
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
	const struct kvdev_scsi_pr *pr = lu->pr;
	u32 self = registrant(lu, nexus);

	if (!pr)
		return false;
	if (pr->reserved && pr->reserved_by != self &&
	    flags & (OPF_PR_FREE | OPF_PR_READ | OPF_PR_WRITE))
		return true;
	if (!pr->type || !(flags & (OPF_PR_READ | OPF_PR_WRITE)))
		return false;
	if (holds(pr, self))
		return false;
	if (type_registrants(pr->type) && is_registered(pr, self))
		return false;
	return flags & OPF_PR_WRITE || type_exclusive(pr->type);
}

/* After each change */
static void update_busy(struct kvdev_scsi_pr *pr)
{
	bool busy = pr->reserved;
	u32 i;

	for (i = 0; i < KVDEV_SCSI_REGISTRANTS; i++)
		busy |= pr->reg[i].registered || pr->reg[i].nr_news;
	WRITE_ONCE(pr->busy, busy);
}

/* ------------------------------------------------------------- registrants */

static bool is_unused(const struct kvdev_scsi_pr *pr, u32 i)
{
	return !pr->reg[i].used;
}

/* Gone, and nothing depends on it */
static bool is_expendable(const struct kvdev_scsi_pr *pr, u32 i)
{
	return !pr->reg[i].present &&
	       !(pr->type && !type_all(pr->type) && pr->holder == i);
}

static u32 find_place(const struct kvdev_scsi_pr *pr,
		      bool (*good)(const struct kvdev_scsi_pr *pr, u32 i))
{
	u32 i;

	for (i = 0; i < KVDEV_SCSI_REGISTRANTS; i++)
		if (good(pr, i))
			return i;
	return KVDEV_SCSI_NO_REGISTRANT;
}

/**
 * kvdev_scsi_pr_join - one more I_T nexus may register
 * @pr: reservations of a store
 * @port: names its initiator port
 *
 * Registrations of those who have left give way to one who comes, if there is no
 * other place.
 *
 * Return: its number; KVDEV_SCSI_NO_REGISTRANT if there are too many: it cannot
 * register, and reservations of others hold for it.
 */
u32 kvdev_scsi_pr_join(struct kvdev_scsi_pr *pr, u64 port)
{
	u32 i = find_place(pr, is_unused);

	if (i == KVDEV_SCSI_NO_REGISTRANT)
		i = find_place(pr, is_expendable);
	if (i == KVDEV_SCSI_NO_REGISTRANT)
		return i;
	pr->reg[i] = (struct kvdev_scsi_registrant){
		.used = true, .present = true, .port = port,
	};
	return i;
}

/**
 * kvdev_scsi_pr_leave - an I_T nexus is gone
 * @pr: reservations of a store
 * @registrant: its number; may be KVDEV_SCSI_NO_REGISTRANT
 *
 * Its registration and its reservation stay, until somebody preempts them: others
 * must be able to rely on them.
 */
void kvdev_scsi_pr_leave(struct kvdev_scsi_pr *pr, u32 registrant)
{
	struct kvdev_scsi_registrant *reg;

	if (registrant >= KVDEV_SCSI_REGISTRANTS)
		return;
	reg = &pr->reg[registrant];
	reg->present = false;
	reg->used = reg->registered;
	reg->nr_news = 0;
	if (pr->reserved && pr->reserved_by == registrant)
		pr->reserved = false;
	update_busy(pr);
}

static void add_news(struct kvdev_scsi_registrant *reg, u32 sense)
{
	u32 i;

	if (!reg->present)
		return;
	for (i = 0; i < reg->nr_news; i++)
		if (reg->news[i] == sense)
			return;
	/* There are but three kinds of them. */
	if (reg->nr_news < KVDEV_SCSI_NEWS_MAX)
		reg->news[reg->nr_news++] = sense;
}

/* What others did to the registration of a nexus becomes unit attentions. */
void kvdev_scsi_pr_news(struct kvdev_scsi_lu *lu, u32 nexus)
{
	u32 self = registrant(lu, nexus), i;
	struct kvdev_scsi_registrant *reg;

	if (self == KVDEV_SCSI_NO_REGISTRANT || !lu->pr->reg[self].nr_news)
		return;
	reg = &lu->pr->reg[self];
	for (i = 0; i < reg->nr_news; i++)
		kvdev_scsi_ua_add(&lu->nexus[nexus], reg->news[i]);
	reg->nr_news = 0;
	update_busy(lu->pr);
}

static bool is_ours(const struct kvdev_scsi_lu *lu, u32 i)
{
	return i >= lu->pr_first && i < lu->pr_first + lu->pr_nr;
}

/*
 * SPC-4, 5.12.5: without APTPL a loss of power ends all of it; but a guest that
 * starts anew is a loss of power only if no other one uses the store. To others
 * it is the loss of a nexus. SPC-2, 5.5.1: a reset ends a RESERVE.
 */
void kvdev_scsi_pr_reset(struct kvdev_scsi_lu *lu, bool power_on)
{
	struct kvdev_scsi_pr *pr = lu->pr;
	bool alone = true;
	u32 i;

	if (!pr)
		return;
	for (i = 0; i < KVDEV_SCSI_REGISTRANTS; i++)
		if (pr->reg[i].present && !is_ours(lu, i))
			alone = false;
	if (alone || !power_on || is_ours(lu, pr->reserved_by))
		pr->reserved = false;
	for (i = 0; alone && power_on && i < KVDEV_SCSI_REGISTRANTS; i++) {
		pr->reg[i].used = pr->reg[i].present;
		pr->reg[i].registered = false;
		pr->reg[i].key = 0;
		pr->reg[i].nr_news = 0;
	}
	if (alone && power_on) {
		pr->type = 0;
		pr->holder = 0;
		pr->generation = 0;
	}
	update_busy(pr);
}

void kvdev_scsi_pr_nexus_loss(struct kvdev_scsi_lu *lu, u32 nexus)
{
	struct kvdev_scsi_pr *pr = lu->pr;

	if (!pr || !pr->reserved || pr->reserved_by != registrant(lu, nexus))
		return;
	pr->reserved = false;
	update_busy(pr);
}

/**
 * kvdev_scsi_pr_wants - does a command change or read reservations?
 * @cdb: of the command
 *
 * Return: whether it does; others only look at whether they are kept out.
 */
bool kvdev_scsi_pr_wants(const u8 *cdb)
{
	switch (cdb[0]) {
	case OP_RESERVE_6:
	case OP_RELEASE_6:
	case OP_RESERVE_10:
	case OP_RELEASE_10:
	case OP_PERSISTENT_RESERVE_IN:
	case OP_PERSISTENT_RESERVE_OUT:
		return true;
	default:
		return false;
	}
}

/* ----------------------------------------------------- PERSISTENT RESERVE IN */

static u32 read_keys(const struct kvdev_scsi_pr *pr, u8 *resp)
{
	u32 i, len = 8;

	for (i = 0; i < KVDEV_SCSI_REGISTRANTS; i++) {
		if (!pr->reg[i].registered)
			continue;
		put_unaligned_be64(pr->reg[i].key, &resp[len]);
		len += 8;
	}
	return len;
}

static u32 read_reservation(const struct kvdev_scsi_pr *pr, u8 *resp)
{
	if (!pr->type)
		return 8;
	/* SPC-4, 6.15.3.2: no single key if all registrants hold it */
	if (!type_all(pr->type))
		put_unaligned_be64(pr->reg[pr->holder].key, &resp[8]);
	resp[21] = pr->type;
	return 24;
}

/* SPC-4, 6.15.5: protocol 15 is none in particular; the port has a number */
#define TRANSPORT_ID_LEN	24

static u32 full_status(const struct kvdev_scsi_pr *pr, u8 *resp)
{
	u32 i, len = 8;

	for (i = 0; i < KVDEV_SCSI_REGISTRANTS; i++) {
		u8 *entry = &resp[len];

		if (!pr->reg[i].registered)
			continue;
		put_unaligned_be64(pr->reg[i].key, entry);
		if (holds(pr, i)) {
			entry[12] = 0x01;
			entry[13] = pr->type;
		}
		put_unaligned_be16(1, &entry[18]);
		put_unaligned_be32(TRANSPORT_ID_LEN, &entry[20]);
		entry[24] = 0x0f;
		put_unaligned_be64(pr->reg[i].port, &entry[24 + 8]);
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
	const struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u16 alloc_len = get_unaligned_be16(&ctx->cdb[7]);
	u8 *resp = kvdev_scsi_resp(ctx, KVDEV_SCSI_RESP_MAX);
	u32 len;

	BUILD_BUG_ON(8 + KVDEV_SCSI_REGISTRANTS * (24 + TRANSPORT_ID_LEN) >
		     KVDEV_SCSI_RESP_MAX);
	/* The medium is what is reserved. */
	if (!pr)
		return KVDEV_SENSE_NO_MEDIUM;
	/* SPC-2, 5.5.1: whoever has reserved the unit, conflicts too */
	if (pr->reserved)
		return kvdev_scsi_conflict(ctx);
	switch (ctx->op->action) {
	case READ_KEYS:
		len = read_keys(pr, resp);
		break;
	case READ_RESERVATION:
		len = read_reservation(pr, resp);
		break;
	case FULL_STATUS:
		len = full_status(pr, resp);
		break;
	default:
		return kvdev_scsi_respond(ctx, capabilities(resp), alloc_len);
	}
	put_unaligned_be32(pr->generation, resp);
	put_unaligned_be32(len - 8, &resp[4]);
	return kvdev_scsi_respond(ctx, len, alloc_len);
}

/* ---------------------------------------------------- PERSISTENT RESERVE OUT */

/* Tell the registered initiators, but for the one who did it. */
static void tell(struct kvdev_scsi_ctx *ctx, u32 sense)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u32 self = registrant(ctx->lu, ctx->req->nexus), i;

	for (i = 0; i < KVDEV_SCSI_REGISTRANTS; i++)
		if (i != self && pr->reg[i].registered)
			add_news(&pr->reg[i], sense);
}

/* SPC-4, 5.12.11.2.2: who had access by being registered, loses it or not */
static void end_reservation(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u8 type = pr->type;

	pr->type = 0;
	pr->holder = 0;
	if (type_registrants(type))
		tell(ctx, KVDEV_SENSE_RELEASED);
}

/* Who has left is gone for good then. */
static void unregister(struct kvdev_scsi_registrant *reg)
{
	reg->registered = false;
	reg->key = 0;
	reg->used = reg->present;
}

/* SPC-4, 5.12.7: registering, with a key or (0) no longer */
static u32 do_register(struct kvdev_scsi_ctx *ctx, u64 key, u64 new_key)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u32 self = registrant(ctx->lu, ctx->req->nexus);
	struct kvdev_scsi_registrant *reg = &pr->reg[self];
	bool held = holds(pr, self);

	if (ctx->op->action == REGISTER &&
	    key != (reg->registered ? reg->key : 0))
		return kvdev_scsi_conflict(ctx);
	if (!reg->registered && !new_key)
		return 0;

	pr->generation++;
	if (new_key) {
		reg->registered = true;
		reg->key = new_key;
		return 0;
	}
	unregister(reg);
	/* The reservation goes with its last holder */
	if (held && !(type_all(pr->type) && any_registered(pr)))
		end_reservation(ctx);
	return 0;
}

/* SPC-4, 5.12.9 */
static u32 do_reserve(struct kvdev_scsi_ctx *ctx, u8 type)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u32 self = registrant(ctx->lu, ctx->req->nexus);

	if (!pr->type) {
		pr->type = type;
		pr->holder = self;
		return 0;
	}
	/* The same again is fine, from a holder only */
	if (!holds(pr, self) || pr->type != type)
		return kvdev_scsi_conflict(ctx);
	return 0;
}

/* SPC-4, 5.12.11.2: not ours to release is no error, the wrong type is */
static u32 do_release(struct kvdev_scsi_ctx *ctx, u8 type)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;

	if (!holds(pr, registrant(ctx->lu, ctx->req->nexus)))
		return 0;
	if (pr->type != type)
		return KVDEV_SENSE_INVALID_RELEASE;
	end_reservation(ctx);
	return 0;
}

/* SPC-4, 5.12.11.5 */
static u32 do_clear(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u32 i;

	tell(ctx, KVDEV_SENSE_PREEMPTED);
	for (i = 0; i < KVDEV_SCSI_REGISTRANTS; i++)
		unregister(&pr->reg[i]);
	pr->type = 0;
	pr->holder = 0;
	pr->generation++;
	return 0;
}

/*
 * Removes registrations: those with @key, or with @any all; @keep is spared.
 * Return: how many.
 */
static u32 remove_registrations(struct kvdev_scsi_ctx *ctx, u64 key, bool any,
				u32 keep)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u32 self = registrant(ctx->lu, ctx->req->nexus), i, removed = 0;

	for (i = 0; i < KVDEV_SCSI_REGISTRANTS; i++) {
		struct kvdev_scsi_registrant *reg = &pr->reg[i];

		if (!reg->registered || (!any && reg->key != key))
			continue;
		removed++;
		if (i == keep)
			continue;
		unregister(reg);
		if (i == self)
			continue;
		add_news(reg, KVDEV_SENSE_UNREGISTERED);
		if (ctx->op->action == PREEMPT_AND_ABORT)
			ctx->cmd->abort |= BIT_ULL(i);
	}
	return removed;
}

/* SPC-4, 5.12.11.4: takes the reservation over from who holds it */
static u32 preempt_holder(struct kvdev_scsi_ctx *ctx, u64 key, u8 type)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u32 self = registrant(ctx->lu, ctx->req->nexus);
	u8 old = pr->type;

	remove_registrations(ctx, key, type_all(old), self);
	pr->type = type;
	pr->holder = self;
	pr->generation++;
	/* Who is left, and had access as a registrant: things have changed */
	if (old != type && type_registrants(old))
		tell(ctx, KVDEV_SENSE_RELEASED);
	return 0;
}

/* SPC-4, 5.12.11.3 and 5.12.11.4, figure 8 */
static u32 do_preempt(struct kvdev_scsi_ctx *ctx, u64 key, u8 type)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;

	if (pr->type && type_all(pr->type)) {
		if (!key)
			return preempt_holder(ctx, key, type);
	} else if (pr->type && pr->reg[pr->holder].key == key) {
		return preempt_holder(ctx, key, type);
	}
	/* Registrations only. 0 is nobody's key. */
	if (!key)
		return kvdev_scsi_bad_param(ctx, 8, 7);
	if (!remove_registrations(ctx, key, false, KVDEV_SCSI_REGISTRANTS))
		return kvdev_scsi_conflict(ctx);
	pr->generation++;
	/* The last of all registrants may have been among them: ourselves */
	if (pr->type && !any_registered(pr))
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
	const struct kvdev_scsi_lu *lu = ctx->lu;
	const u8 *cdb = ctx->cdb;

	if (!lu->pr)
		return KVDEV_SENSE_NO_MEDIUM;
	if (lu->pr->reserved)
		return kvdev_scsi_conflict(ctx);
	/* SPC-4, 5.12.7: there is no place for one more */
	if (registrant(lu, ctx->req->nexus) == KVDEV_SCSI_NO_REGISTRANT)
		return KVDEV_SENSE_NO_RESOURCES;
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

static u32 pr_out(struct kvdev_scsi_ctx *ctx, u32 self)
{
	const struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u64 key = get_unaligned_be64(ctx->params);
	u64 service_key = get_unaligned_be64(&ctx->params[8]);
	u8 action = ctx->op->action, type = ctx->cdb[2] & 0x0f;

	/* A RESERVE may have come in between */
	if (pr->reserved)
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
	if (!pr->reg[self].registered || pr->reg[self].key != key)
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

u32 kvdev_scsi_pr_out_params(struct kvdev_scsi_ctx *ctx)
{
	u32 self = registrant(ctx->lu, ctx->req->nexus), sense;

	/* The medium may have gone in between. */
	if (self == KVDEV_SCSI_NO_REGISTRANT)
		return KVDEV_SENSE_NO_RESOURCES;
	sense = pr_out(ctx, self);
	update_busy(ctx->lu->pr);
	return sense;
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
	struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u32 self = registrant(ctx->lu, ctx->req->nexus);
	u32 sense = check_reserve(ctx);

	if (sense)
		return sense;
	if (!pr)
		return KVDEV_SENSE_NO_MEDIUM;
	/* SPC-4, 5.12.3, CRH 0: not beside persistent reservations */
	if (any_registered(pr) || (pr->reserved && pr->reserved_by != self))
		return kvdev_scsi_conflict(ctx);
	if (self == KVDEV_SCSI_NO_REGISTRANT)
		return KVDEV_SENSE_NO_RESOURCES;
	pr->reserved = true;
	pr->reserved_by = self;
	update_busy(pr);
	return kvdev_scsi_respond(ctx, 0, 0);
}

/* SPC-2, 7.17: who has not reserved it has nothing to release, and no error */
u32 kvdev_scsi_release(struct kvdev_scsi_ctx *ctx)
{
	struct kvdev_scsi_pr *pr = ctx->lu->pr;
	u32 sense = check_reserve(ctx);

	if (sense)
		return sense;
	if (!pr)
		return kvdev_scsi_respond(ctx, 0, 0);
	if (any_registered(pr))
		return kvdev_scsi_conflict(ctx);
	kvdev_scsi_pr_nexus_loss(ctx->lu, ctx->req->nexus);
	return kvdev_scsi_respond(ctx, 0, 0);
}
