// SPDX-License-Identifier: GPL-2.0
/*
 * What a VMM does with a VMM control interface: a SIGTERM becomes a request to
 * the guest to shut down, and a guest whose time is up is stopped.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvdev_vmmci.h>

#include "vmm.h"

/**
 * vmmci_shutdown() - ask the guest to shut down
 * @ci: NULL: there is no such device
 *
 * Returns whether it was asked; if not, nobody there can hear it.
 */
bool vmmci_shutdown(struct kvdev *ci)
{
	struct kvdev_vmmci_cmd c = {
		.size = sizeof(c), .command = KVDEV_VMMCI_SHUTDOWN,
	};

	if (!ci)
		return false;
	if (!ioctl(ci->fd, KVDEV_VMMCI_CMD, &c))
		return true;
	debug("%s: shutdown: %s", ci->name, strerror(errno));
	return false;
}

/**
 * vmmci_event() - the device has something to tell
 * @ci: its file is readable
 */
void vmmci_event(struct kvdev *ci)
{
	struct kvdev_event e = {};

	if (read(ci->fd, &e, sizeof(e)) < 0)
		die_errno("%s: events", ci->name);
	debug("%s: event %u, command %u", ci->name, e.type, e.value);
	/* It may set its clock later, or never. */
	if (e.value == KVDEV_VMMCI_SYNCRTC)
		return;
	if (e.type == KVDEV_EVENT_VMMCI_ACK_TIMEOUT ||
	    e.type == KVDEV_EVENT_VMMCI_STOP_TIMEOUT)
		vmm_stop(EXIT_TIMEOUT, "the guest does not do what it is asked for");
}
