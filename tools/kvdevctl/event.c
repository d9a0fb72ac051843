// SPDX-License-Identifier: GPL-2.0
/* What devices tell through their files, for people and as JSON. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvdevctl.h"

static const char *const names[] = {
	[KVDEV_EVENT_NEEDS_RESET] = "needs-reset",
	[KVDEV_EVENT_RELEASED] = "released",
	[KVDEV_EVENT_VMMCI_ACK] = "ack",
	[KVDEV_EVENT_VMMCI_DONE] = "done",
	[KVDEV_EVENT_VMMCI_GUEST_SHUTDOWN] = "guest-shutdown",
	[KVDEV_EVENT_VMMCI_GUEST_REBOOT] = "guest-reboot",
	[KVDEV_EVENT_VMMCI_ACK_TIMEOUT] = "ack-timeout",
	[KVDEV_EVENT_VMMCI_STOP_TIMEOUT] = "stop-timeout",
};

static const char *const commands[] = {
	[KVDEV_VMMCI_NONE] = "",
	[KVDEV_VMMCI_SHUTDOWN] = "shutdown",
	[KVDEV_VMMCI_REBOOT] = "reboot",
	[KVDEV_VMMCI_SYNCRTC] = "syncrtc",
};

#define WORD_LEN	24

/* The two words an event is; @name and @what have WORD_LEN bytes. */
static void event_words(const struct kvdev_event *e, char *name, char *what)
{
	what[0] = 0;
	if (e->type == KVDEV_EVENT_SCSI_TRAY) {
		snprintf(name, WORD_LEN, "tray-%s",
			 e->value & KVDEV_SCSI_TRAY_OPEN ? "open" : "closed");
		snprintf(what, WORD_LEN, "%u:%u", e->value >> 16 & 0xff,
			 e->value & 0x3fff);
		return;
	}
	if (e->type < ARRAY_SIZE(names) && names[e->type])
		snprintf(name, WORD_LEN, "%s", names[e->type]);
	else
		snprintf(name, WORD_LEN, "event-%u", e->type);
	if (e->type == KVDEV_EVENT_NEEDS_RESET)
		snprintf(what, WORD_LEN, "%s", strerrorname_np(e->value) ?: "");
	else if (e->value < ARRAY_SIZE(commands))
		snprintf(what, WORD_LEN, "%s", commands[e->value]);
}

static void print_event(const struct kvdev_event *e)
{
	const char *key = e->type == KVDEV_EVENT_SCSI_TRAY ? "unit" :
			  e->type == KVDEV_EVENT_NEEDS_RESET ? "error" :
							       "command";
	char name[WORD_LEN], what[WORD_LEN];
	struct json_object *o;

	event_words(e, name, what);
	if (opt_json) {
		o = json_object_new_object();
		json_add_text(o, "event", name);
		json_add_text(o, key, what);
		json_add_u64(o, "count", e->count);
		json_add_u64(o, "time_ns", e->time_ns);
		json_print(o);
	} else {
		printf("%s%s%s\n", name, what[0] ? " " : "", what);
	}
	fflush(stdout);
	if (ferror(stdout))
		exit(EXIT_FAILED);
}

/* Waits for one, and prints it. */
void event_next(int fd, struct kvdev_event *e)
{
	ssize_t len;

	do
		len = read(fd, e, sizeof(*e));
	while (len < 0 && errno == EINTR);
	if (len != sizeof(*e))
		die("cannot read events: %s",
		    len < 0 ? strerror(errno) : "too short");
	print_event(e);
}

/* Prints @count events; 0: for ever. */
void events_wait(int fd, uint64_t count)
{
	struct kvdev_event e;
	uint64_t n;

	for (n = 0; !count || n < count; n++)
		event_next(fd, &e);
}
