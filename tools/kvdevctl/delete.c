// SPDX-License-Identifier: GPL-2.0
/* delete, and the vDPA bus: with a word about who is in the way. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "kvdevctl.h"

const char delete_help[] =
"Usage: kvdevctl delete NAME [--vdpa] [--force]\n"
"Delete a device. What is in use is not deleted; its user is named.\n"
"\n"
"  --vdpa    take it from the vDPA bus first, if it is there\n"
"  --force   delete it in any case: take it from the bus, if it is there; wait\n"
"            until the process that has it open closes it (for one on the bus\n"
"            all other commands on the bus wait as well); what uses a disk of\n"
"            this host gets I/O errors. No error if there is no such device.\n"
"\n"
"Examples:\n"
"  kvdevctl delete disk0\n"
"  kvdevctl delete disk0 --vdpa\n"
"  kvdevctl delete disk0 --force\n";

const char vdpa_help[] =
"Usage: kvdevctl vdpa add NAME\n"
"       kvdevctl vdpa del NAME [--force]\n"
"       kvdevctl vdpa node NAME\n"
"Put a device on the vDPA bus, as 'vdpa dev add name NAME mgmtdev kvdev' does,\n"
"or take it from there. Driver vhost_vdpa makes it a /dev/vhost-vdpa-N for\n"
"QEMU; driver virtio_vdpa makes it a device of this host.\n"
"\n"
"'node' is for udev: it gives that node the owner and group of the device, opens\n"
"it to those who may write, and makes the link /dev/kvdev-vdpa/NAME.\n"
"\n"
"  --force   even if it is open or mounted, see 'kvdevctl delete --help'\n"
"\n"
"Examples:\n"
"  kvdevctl vdpa add disk0\n"
"  kvdevctl vdpa del disk0\n";

/* What is on its way out of use, the kernel may still hold for a moment. */
#define BUSY_RETRIES	100
#define BUSY_WAIT_NS	(20 * 1000 * 1000)

enum { OPT_VDPA = 256, OPT_FORCE };

/* -------------------------------------------------------------- the bus */

static void add_failed(const char *name, int ret)
{
	struct vdpa_dev v;
	struct kvdev_next d;
	const char *why = vdpa_message();

	switch (-ret) {
	case EOPNOTSUPP:
		if (!device_find(name, &d) && d.device_id != KVDEV_DEVICE_VMMCI)
			error("'%s' is not for the vDPA bus: its --features lack bit 33 (ACCESS_PLATFORM), which drivers there need: add 0x%llx when you create it",
			      name, BUS_FEATURE);
		else
			error("'%s' is not for the vDPA bus: no driver there knows its type",
			      name);
		return;
	case EPROTONOSUPPORT:
		if (!access("/sys/module/kvdev_vdpa", F_OK)) {
			error("the vDPA bus cannot be reached from this network namespace");
			return;
		}
		/* fallthrough */
	case ENODEV:
		error("there is no kvdev on the vDPA bus: load it with 'modprobe kvdev_vdpa'");
		return;
	case EPERM:
		error("not permitted to change the vDPA bus: become root (CAP_NET_ADMIN)");
		return;
	case EACCES:
		error("'%s' is not yours to put on the vDPA bus: that needs permission to write, see 'kvdevctl show %s'",
		      name, name);
		return;
	case EBUSY:
		if (!device_find(name, &d) && d.use != KVDEV_USE_NONE) {
			device_busy(&d);
			return;
		}
		break;
	case EEXIST:
		if (!vdpa_get(name, &v)) {
			error("the vDPA bus has a device '%s' already, made by '%s'",
			      name, v.mgmtdev);
			return;
		}
		break;
	case ENOENT:
		error("there is no device '%s'; 'kvdevctl list' shows all",
		      name);
		return;
	}
	error("cannot put '%s' on the vDPA bus: %s%s%s%s", name, strerror(-ret),
	      why ? " (" : "", why ?: "", why ? ")" : "");
}

/**
 * bus_add() - put a device on the vDPA bus
 *
 * Return: whether that was possible; if not, why not has been told.
 */
bool bus_add(const char *name)
{
	struct kvdev_next d;
	struct user u;
	int ret = vdpa_add(name);

	if (ret) {
		add_failed(name, ret);
		return false;
	}
	if (device_find(name, &d) || d.use != KVDEV_USE_VDPA)
		return true;
	find_user(&d, &u, false);
	if (!u.driver[0])
		error("note: '%s' is on the vDPA bus, but no driver is: 'modprobe vhost_vdpa' (for QEMU) or 'modprobe virtio_vdpa' (for this host)",
		      name);
	return true;
}

static bool bus_is_free(const struct kvdev_next *d)
{
	struct user u;

	find_user(d, &u, true);
	if (!user_is_active(&u))
		return true;
	if (u.block && !u.pid)
		error("'%s' is in use: %s; unmount it first; with --force its users get I/O errors",
		      d->name, user_text(d, &u));
	else
		error("'%s' is in use: %s; end that first; with --force %s",
		      d->name, user_text(d, &u), u.block ?
		      "it gets I/O errors" :
		      "this command waits until it does");
	return false;
}

/* Tells what fails. */
/* With --force the rest is the kernel's, which waits without a word. */
static void say_waiting(const struct kvdev_next *d)
{
	struct user u;

	find_user(d, &u, true);
	if (u.pid)
		error("waiting until '%s' is closed: %s", d->name,
		      user_text(d, &u));
}

static bool bus_del(const struct kvdev_next *d, bool force)
{
	const char *name = (const char *)d->name, *why;
	int ret;

	if (force)
		say_waiting(d);
	else if (!bus_is_free(d))
		return false;
	ret = vdpa_del(name);
	/* Somebody else was faster. */
	if (!ret || ret == -ENODEV)
		return true;
	why = vdpa_message();
	if (ret == -EPERM)
		error("not permitted to change the vDPA bus: become root (CAP_NET_ADMIN)");
	else
		error("cannot take '%s' from the vDPA bus: %s%s%s%s", name,
		      strerror(-ret), why ? " (" : "", why ?: "",
		      why ? ")" : "");
	return false;
}

/* --------------------------------------------------------------- delete */

/* Say by whom, and what to do about it. */
void device_busy(const struct kvdev_next *d)
{
	struct user u;

	find_user(d, &u, true);
	if (u.bus)
		error("'%s' is in use: %s; 'kvdevctl vdpa del %s' takes it from the bus, 'kvdevctl delete %s --vdpa' deletes it as well",
		      d->name, user_text(d, &u), d->name, d->name);
	else
		error("'%s' is in use: %s; end that first", d->name,
		      user_text(d, &u));
}

/*
 * Just taken from the bus: whoever still looks at it there lets go soon. By force:
 * until its user closes it, however long that takes.
 */
static int delete_patiently(const char *name, bool force)
{
	struct timespec wait = { .tv_nsec = BUSY_WAIT_NS };
	int i, ret = device_delete(name);
	struct kvdev_next d;

	for (i = 0; ret == -EBUSY && (force || i < BUSY_RETRIES); i++) {
		if (force && i == BUSY_RETRIES && !device_find(name, &d))
			say_waiting(&d);
		nanosleep(&wait, NULL);
		ret = device_delete(name);
	}
	return force && ret == -ENOENT ? 0 : ret;
}

int cmd_delete(int argc, char **argv)
{
	static const struct option options[] = {
		{ "vdpa", no_argument, NULL, OPT_VDPA },
		{ "force", no_argument, NULL, OPT_FORCE },
		COMMON_OPTIONS
	};
	bool vdpa = false, force = false;
	struct kvdev_next d;
	const char *name;
	int c, ret;

	while ((c = next_option(argc, argv, options)) != -1) {
		vdpa |= c == OPT_VDPA;
		force |= c == OPT_FORCE;
	}
	name = need_name(argc, argv);
	if (force && device_find(name, &d) == -ENOENT)
		return EXIT_OK;

	device_must_exist(name, &d);
	vdpa = (vdpa || force) && d.use == KVDEV_USE_VDPA;
	if (vdpa && !bus_del(&d, force))
		return EXIT_FAILED;
	ret = vdpa || force ? delete_patiently(name, force) :
			      device_delete(name);
	if (ret == -EBUSY && !device_find(name, &d))
		device_busy(&d);
	else if (ret)
		error("cannot delete '%s': %s", name, strerror(-ret));
	return ret ? EXIT_FAILED : EXIT_OK;
}

/* ----------------------------------------------------------------- vdpa */

static int cmd_vdpa_add(int argc, char **argv)
{
	static const struct option options[] = { COMMON_OPTIONS };
	struct kvdev_next d;
	const char *name;

	next_option(argc, argv, options);
	name = need_name(argc, argv);
	device_must_exist(name, &d);
	return bus_add(name) ? EXIT_OK : EXIT_FAILED;
}

static int cmd_vdpa_del(int argc, char **argv)
{
	static const struct option options[] = {
		{ "force", no_argument, NULL, OPT_FORCE },
		COMMON_OPTIONS
	};
	struct kvdev_next d;
	bool force = false;
	const char *name;

	while (next_option(argc, argv, options) == OPT_FORCE)
		force = true;
	name = need_name(argc, argv);
	/* Names on the bus are of all its devices: never del what is not ours. */
	device_must_exist(name, &d);
	if (d.use != KVDEV_USE_VDPA)
		die("'%s' is not on the vDPA bus", name);
	return bus_del(&d, force) ? EXIT_OK : EXIT_FAILED;
}

int cmd_vdpa(int argc, char **argv)
{
	static const struct command commands[] = {
		{ "add", cmd_vdpa_add, vdpa_help },
		{ "del", cmd_vdpa_del, vdpa_help },
		{ "node", cmd_vdpa_node, vdpa_help },
	};

	return run_command(commands, ARRAY_SIZE(commands), vdpa_help, argc,
			   argv);
}
