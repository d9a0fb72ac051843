// SPDX-License-Identifier: GPL-2.0
/* Owner, group and mode of devices, and of their nodes behind the vDPA bus. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "kvdevctl.h"

#define LINK_DIR "/dev/kvdev-vdpa"

/* ----------------------------------------------------------------- options */

static bool parse_id(const char *text, uint32_t *id)
{
	uint64_t n;

	if (!text[0] || strspn(text, "0123456789") != strlen(text) ||
	    !parse_number(text, &n) || n >= UINT32_MAX)
		return false;
	*id = n;
	return true;
}

static void set_uid(struct perm_options *o, const char *text)
{
	const struct passwd *user = getpwnam(text);

	if (user)
		o->uid = user->pw_uid;
	else if (!parse_id(text, &o->uid))
		usage_error("--owner: there is no user '%s'", text);
	o->flags |= KVDEV_PERM_UID;
}

static void set_gid(struct perm_options *o, const char *text)
{
	const struct group *group = getgrnam(text);

	if (group)
		o->gid = group->gr_gid;
	else if (!parse_id(text, &o->gid))
		usage_error("--group: there is no group '%s'", text);
	o->flags |= KVDEV_PERM_GID;
}

static void set_mode(struct perm_options *o, const char *text)
{
	unsigned long mode = 01000;

	if (text[0] && strspn(text, "01234567") == strlen(text) &&
	    strlen(text) < 8)
		mode = strtoul(text, NULL, 8);
	if (mode & ~0666UL)
		usage_error("--mode: '%s' is not an octal number like 660, of read (4) and write (2) for owner, group, others",
			    text);
	o->mode = mode;
	o->flags |= KVDEV_PERM_MODE;
}

/* Was it one of PERM_OPTIONS? */
bool perm_option(struct perm_options *o, int c)
{
	switch (c) {
	case OPT_OWNER:
		set_uid(o, optarg);
		return true;
	case OPT_GROUP:
		set_gid(o, optarg);
		return true;
	case OPT_MODE:
		set_mode(o, optarg);
		return true;
	default:
		return false;
	}
}

/* -------------------------------------------------------------------- show */

/* Names for people; a number without one. */
const char *owner_text(uint32_t uid)
{
	static char text[40];
	const struct passwd *user = getpwuid(uid);

	if (user)
		text_clean(text, sizeof(text), user->pw_name, 32);
	else
		snprintf(text, sizeof(text), "%u", uid);
	return text;
}

const char *group_text(uint32_t gid)
{
	static char text[40];
	const struct group *group = getgrgid(gid);

	if (group)
		text_clean(text, sizeof(text), group->gr_name, 32);
	else
		snprintf(text, sizeof(text), "%u", gid);
	return text;
}

void perm_show(const struct kvdev_next *d)
{
	printf("  %-9s %s, group %s, mode %04o\n", "owner", owner_text(d->uid),
	       group_text(d->gid), d->mode);
}

void perm_json(struct json_object *o, const struct kvdev_next *d)
{
	char mode[8];

	json_add_text(o, "owner", owner_text(d->uid));
	json_add_u64(o, "uid", d->uid);
	json_add_text(o, "group", group_text(d->gid));
	json_add_u64(o, "gid", d->gid);
	snprintf(mode, sizeof(mode), "%04o", d->mode & 07777);
	json_add_text(o, "mode", mode);
}

/* --------------------------------------------------------------------- set */

/* Tells what fails. */
bool perm_set(const char *name, const struct perm_options *o)
{
	int ret = device_set_permissions(name, o);

	switch (-ret) {
	case 0:
		return true;
	case ENOENT:
		error("there is no device '%s'; 'kvdevctl list' shows all",
		      name);
		break;
	case EPERM:
		error("not permitted to change '%s': mode and group are for its owner (a group he is in), all of it for root (CAP_SYS_ADMIN)",
		      name);
		break;
	default:
		error("cannot change '%s': %s", name, strerror(-ret));
		break;
	}
	return false;
}

/* --------------------------------------------------------------- the node */

/*
 * The node has no other mode than the device: whoever can open it uses the
 * device, so it is for those who may write.
 */
static mode_t node_mode(const struct kvdev_next *d)
{
	mode_t w = d->mode & 0222;

	return w | w << 1;
}

/* Still the node of the device? If so, it was when it was opened. */
static bool is_node_of(const struct kvdev_next *d, const struct user *was)
{
	struct kvdev_next now;
	struct user u;

	if (device_find((const char *)d->name, &now) || now.id != d->id ||
	    now.use != KVDEV_USE_VDPA)
		return false;
	find_user(&now, &u, false);
	return !strcmp(u.node, was->node);
}

static bool set_node(const struct kvdev_next *d, const struct user *u)
{
	char path[32];
	struct stat st;
	int fd = open(u->node, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	/*
	 * A device that is taken away and another one that gets its number have
	 * nodes that are not the same file: what is changed is the one opened.
	 */
	ok = !fstat(fd, &st) && S_ISCHR(st.st_mode) && is_node_of(d, u);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* In this order nobody has more than one of the two allows. */
	ok = ok && !chmod(path, 0) && !chown(path, d->uid, d->gid) &&
	     !chmod(path, node_mode(d));
	close(fd);
	return ok;
}

static bool set_link(const char *name, const char *node)
{
	char link[sizeof(LINK_DIR) + KVDEV_NAME_LEN + 8], fresh[sizeof(link) + 8];

	snprintf(link, sizeof(link), LINK_DIR "/%s", name);
	if (!node) {
		unlink(link);
		rmdir(LINK_DIR);
		return true;
	}
	if (mkdir(LINK_DIR, 0755) && errno != EEXIST)
		return false;
	/* No device has such a name: it is too long. */
	snprintf(fresh, sizeof(fresh), LINK_DIR "/.%0*d", KVDEV_NAME_LEN,
		 getpid());
	return !symlink(node, fresh) && !rename(fresh, link);
}

/* For udev: on every event of the device on the bus. */
int cmd_vdpa_node(int argc, char **argv)
{
	static const struct option options[] = { COMMON_OPTIONS };
	struct kvdev_next d;
	struct user u = {};
	const char *name;

	next_option(argc, argv, options);
	name = need_name(argc, argv);
	if (!name_valid(name))
		die("'%s' is no device's name", name);
	if (!device_find(name, &d) && d.use == KVDEV_USE_VDPA)
		find_user(&d, &u, false);
	if (strncmp(u.node, "/dev/vhost-vdpa-", 16)) {
		set_link(name, NULL);
		return EXIT_OK;
	}
	if (!set_node(&d, &u))
		die("cannot give %s to the owner of '%s': %s", u.node, name,
		    strerror(errno));
	if (!set_link(name, u.node))
		die("cannot make %s/%s: %s", LINK_DIR, name, strerror(errno));
	return EXIT_OK;
}
