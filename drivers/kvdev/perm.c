// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what with a device: owner, group and mode, as files have them.
 *
 * Credentials are always those of the caller, as for the path of a file: a name
 * is looked up by whoever asks. The way past is CAP_SYS_ADMIN in the initial
 * user namespace, as a device is no object of any other: its store, threads and
 * guest belong to the host.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "core.h"
#define PERM_MODE	0666
#define PERM_DEFAULT	0600

/* To be asked last, as it is noted that it was of use. */
static bool is_admin(void)
{
	/* Without a word in the audit log: a refusal is the mode's. */
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

static bool is_owner(const struct kvdev_perm *perm)
{
	return uid_eq(current_fsuid(), perm->uid);
}

/**
 * kvdev_perm_may() - what the caller may do with a device
 * @perm: of the device
 *
 * Return: KVDEV_MAY_*.
 */
unsigned int kvdev_perm_may(const struct kvdev_perm *perm)
{
	unsigned int may = 0, mode = perm->mode;

	if (is_owner(perm)) {
		mode >>= 6;
		may = KVDEV_MAY_MANAGE;
	} else if (in_group_p(perm->gid)) {
		mode >>= 3;
	}
	may |= mode & (KVDEV_MAY_READ | KVDEV_MAY_WRITE);
	if (may != KVDEV_MAY_ALL && is_admin())
		may = KVDEV_MAY_ALL;
	return may;
}

/* Which ids and which mode the argument means. */
static int perm_from_user(struct kvdev_perm *perm, u32 flags, u32 uid, u32 gid,
			  u32 mode)
{
	if ((uid && !(flags & KVDEV_PERM_UID)) ||
	    (gid && !(flags & KVDEV_PERM_GID)) ||
	    (mode && !(flags & KVDEV_PERM_MODE)) || mode & ~PERM_MODE)
		return -EINVAL;
	if (flags & KVDEV_PERM_UID)
		perm->uid = make_kuid(current_user_ns(), uid);
	if (flags & KVDEV_PERM_GID)
		perm->gid = make_kgid(current_user_ns(), gid);
	if (flags & KVDEV_PERM_MODE)
		perm->mode = mode;
	return uid_valid(perm->uid) && gid_valid(perm->gid) ? 0 : -EINVAL;
}

/* From the caller's own, or from what there is, to that. */
static int check_change(const struct kvdev_perm *from,
			const struct kvdev_perm *to)
{
	bool ok = is_owner(from) && uid_eq(from->uid, to->uid) &&
		  (gid_eq(from->gid, to->gid) || in_group_p(to->gid));

	return ok || is_admin() ? 0 : -EPERM;
}

/**
 * kvdev_perm_init() - whose a new device is
 * @perm: of the device
 * @arg: what the caller wants; its flags have been checked
 *
 * Return: 0; -EINVAL if that cannot be; -EPERM if the caller may not choose it.
 */
int kvdev_perm_init(struct kvdev_perm *perm, const struct kvdev_create *arg)
{
	const struct kvdev_perm own = {
		.uid = current_fsuid(),
		.gid = current_fsgid(),
		.mode = PERM_DEFAULT,
	};
	int ret;

	/* Of a device without a name the file is all there is to ask. */
	if (arg->flags & KVDEV_PERM_FLAGS && !(arg->flags & KVDEV_CREATE_NAMED))
		return -EINVAL;
	*perm = own;
	ret = perm_from_user(perm, arg->flags, arg->uid, arg->gid, arg->mode);
	return ret ?: check_change(&own, perm);
}

/**
 * kvdev_perm_change() - change owner, group or mode
 * @perm: of the device; stays as it is if that fails
 * @arg: see KVDEV_SET_PERMISSIONS; reserved fields and flags have been checked
 *
 * Return: 0, -EINVAL, -EPERM.
 */
int kvdev_perm_change(struct kvdev_perm *perm,
		      const struct kvdev_permissions *arg)
{
	struct kvdev_perm to = *perm;
	int ret;

	ret = perm_from_user(&to, arg->flags, arg->uid, arg->gid, arg->mode);
	if (!ret)
		ret = check_change(perm, &to);
	if (!ret)
		*perm = to;
	return ret;
}

/**
 * kvdev_perm_describe() - as the caller sees it
 * @perm: of the device
 * @arg: gets it
 */
void kvdev_perm_describe(const struct kvdev_perm *perm, struct kvdev_next *arg)
{
	arg->uid = from_kuid_munged(current_user_ns(), perm->uid);
	arg->gid = from_kgid_munged(current_user_ns(), perm->gid);
	arg->mode = perm->mode;
	arg->may = kvdev_perm_may(perm) & (KVDEV_MAY_READ | KVDEV_MAY_WRITE);
}
