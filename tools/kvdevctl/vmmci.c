// SPDX-License-Identifier: GPL-2.0
/* vmmci: ask a guest to shut down, to reboot, to set its clock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "commands.h"
#include "kvdevctl.h"

const char vmmci_help[] =
"Usage: kvdevctl vmmci NAME shutdown|reboot|syncrtc [--wait] [OPTION]...\n"
"       kvdevctl vmmci NAME cancel\n"
"       kvdevctl vmmci NAME wait [--count N]\n"
"Ask a guest through its VMM control interface to shut down, to reboot or to set\n"
"its clock; take that back; or wait for what happens.\n"
"\n"
"  --wait                  until it is done, or the guest's time is up\n"
"  --ack-timeout SECONDS   time to take the command; the default is 3\n"
"  --stop-timeout SECONDS  then to shut down or reboot; the default is 120\n"
"  --count N               end after that many events\n"
"  -j, --json              one line of JSON for each event\n"
"\n"
"  needs-reset             the device cannot go on: a broken driver\n"
"  released                the VMM is done with the device, the guest is gone\n"
"  ack                     the guest took the command\n"
"  done                    the guest reset the device for the reboot\n"
"  guest-shutdown          the guest shuts down by itself\n"
"  guest-reboot            the guest reboots by itself\n"
"  ack-timeout             it did not take the command in time\n"
"  stop-timeout            it took the command and did not end in time\n"
"\n"
"What becomes of a guest whose time is up is for its VMM to decide.\n"
"Exit status of --wait: 0 done, 1 the guest's time was up.\n"
"\n"
"Examples:\n"
"  kvdevctl vmmci ci0 shutdown --wait\n"
"  kvdevctl vmmci ci0 wait --count 1 --json\n";

enum { OPT_WAIT = 256, OPT_ACK_TIMEOUT, OPT_STOP_TIMEOUT, OPT_COUNT };

enum { OP_CANCEL = KVDEV_VMMCI_NONE, OP_WAIT = KVDEV_VMMCI_SYNCRTC + 1 };

static const char *const ops[] = {
	[OP_CANCEL] = "cancel",
	[KVDEV_VMMCI_SHUTDOWN] = "shutdown",
	[KVDEV_VMMCI_REBOOT] = "reboot",
	[KVDEV_VMMCI_SYNCRTC] = "syncrtc",
	[OP_WAIT] = "wait",
};

struct vmmci_options {
	const char *name;
	uint32_t op;
	bool wait;
	uint64_t count;			/* 0: no end */
	uint32_t ack_ms, stop_ms;
};

static uint32_t milliseconds(const char *option, const char *text)
{
	char *end;
	double s = strtod(text, &end);

	if (*end || end == text || !(s >= 0.001 && s <= 86400))
		usage_error("%s: '%s' is not a time from 0.001 to 86400 seconds",
			    option, text);
	return s * 1000;
}

static void parse(struct vmmci_options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "wait", no_argument, NULL, OPT_WAIT },
		{ "ack-timeout", required_argument, NULL, OPT_ACK_TIMEOUT },
		{ "stop-timeout", required_argument, NULL, OPT_STOP_TIMEOUT },
		{ "count", required_argument, NULL, OPT_COUNT },
		COMMON_OPTIONS
	};
	const char *word;
	int c;

	while ((c = next_option(argc, argv, options)) != -1) {
		switch (c) {
		case OPT_WAIT:
			o->wait = true;
			break;
		case OPT_ACK_TIMEOUT:
			o->ack_ms = milliseconds("--ack-timeout", optarg);
			break;
		case OPT_STOP_TIMEOUT:
			o->stop_ms = milliseconds("--stop-timeout", optarg);
			break;
		case OPT_COUNT:
			if (!parse_number(optarg, &o->count) || !o->count)
				usage_error("--count: '%s' is not a number from 1",
					    optarg);
			break;
		}
	}
	o->name = next_word(argc, argv);
	if (!o->name)
		usage_error("which device? A name is missing");
	word = next_word(argc, argv);
	if (!word)
		usage_error("what of it? shutdown, reboot, syncrtc, cancel or wait");
	o->op = find_prefix("thing to ask for", word, ops, ARRAY_SIZE(ops));
	no_more_words(argc, argv);
	if (o->count && o->op != OP_WAIT)
		usage_error("--count belongs to wait");
	if ((o->wait || o->ack_ms || o->stop_ms) &&
	    (o->op == OP_WAIT || o->op == OP_CANCEL))
		usage_error("--wait and time-outs belong to shutdown, reboot and syncrtc");
}

/* What a command comes to at last; -1: that was not the end. */
static int outcome(uint32_t op, const struct kvdev_event *e)
{
	bool ours = e->value == op;

	switch (e->type) {
	case KVDEV_EVENT_RELEASED:
		return EXIT_OK;
	case KVDEV_EVENT_VMMCI_ACK:
		return ours && op == KVDEV_VMMCI_SYNCRTC ? EXIT_OK : -1;
	case KVDEV_EVENT_VMMCI_DONE:
		return ours ? EXIT_OK : -1;
	case KVDEV_EVENT_VMMCI_ACK_TIMEOUT:
	case KVDEV_EVENT_VMMCI_STOP_TIMEOUT:
		return ours ? EXIT_FAILED : -1;
	default:
		return -1;
	}
}

static int wait_for(const struct vmmci_options *o, int fd)
{
	struct kvdev_event e;
	int ret = -1;

	if (o->op == OP_WAIT) {
		events_wait(fd, o->count);
		return EXIT_OK;
	}
	while (ret < 0) {
		event_next(fd, &e);
		ret = outcome(o->op, &e);
	}
	return ret;
}

static void send_failed(const struct vmmci_options *o, int ret)
{
	switch (-ret) {
	case ENXIO:
		error("no driver of '%s' is up: the guest does not run, or does not know it",
		      o->name);
		break;
	case EBUSY:
		error("'%s' is at a shutdown or reboot; 'kvdevctl vmmci %s cancel' takes it back",
		      o->name, o->name);
		break;
	case EOPNOTSUPP:
		error("the driver of '%s' does not know '%s'", o->name,
		      ops[o->op]);
		break;
	default:
		error("cannot tell '%s': %s", o->name, strerror(-ret));
	}
}

int cmd_vmmci(int argc, char **argv)
{
	struct vmmci_options o = {};
	struct kvdev_vmmci_cmd c = { .size = sizeof(c) };
	struct kvdev_next d;
	int fd, ret = 0;

	parse(&o, argc, argv);
	device_must_exist(o.name, &d);
	if (d.device_id != KVDEV_DEVICE_VMMCI)
		die("'%s' is no VMM control interface but of type %s", o.name,
		    type_name(d.device_id));
	/* Before the command: no event of it is missed. */
	fd = o.op == OP_WAIT ? device_look(o.name) : device_open(o.name);
	if (fd < 0)
		die("cannot open '%s': %s", o.name, strerror(-fd));
	if (o.op != OP_WAIT) {
		c.command = o.op;
		c.ack_timeout_ms = o.ack_ms;
		c.stop_timeout_ms = o.stop_ms;
		ret = ioctl(fd, KVDEV_VMMCI_CMD, &c) ? -errno : 0;
	}
	if (ret) {
		send_failed(&o, ret);
		ret = EXIT_FAILED;
	} else if (o.wait || o.op == OP_WAIT) {
		ret = wait_for(&o, fd);
	}
	close(fd);
	return ret;
}
