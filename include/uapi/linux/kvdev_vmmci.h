/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * kvdev: OpenBSD's VMM control interface. Its command of /dev/kvdev, see kvdev.h for
 * what holds for all of them; what becomes of it is told by KVDEV_EVENT_VMMCI_*.
 */
#ifndef _UAPI_LINUX_KVDEV_VMMCI_H
#define _UAPI_LINUX_KVDEV_VMMCI_H

#include "kvdev.h"

/* Feature bits of KVDEV_DEVICE_VMMCI: its time, answers, SYNCRTC. */
#define KVDEV_VMMCI_F_TIMESYNC	0
#define KVDEV_VMMCI_F_ACK	1
#define KVDEV_VMMCI_F_SYNCRTC	2

/**
 * enum kvdev_vmmci_command - what a guest is asked for
 * @KVDEV_VMMCI_NONE: nothing any more: a command under way is taken back
 * @KVDEV_VMMCI_SHUTDOWN: to shut down
 * @KVDEV_VMMCI_REBOOT: to reboot
 * @KVDEV_VMMCI_SYNCRTC: to set its clock, which stood still
 */
enum kvdev_vmmci_command {
	KVDEV_VMMCI_NONE,
	KVDEV_VMMCI_SHUTDOWN,
	KVDEV_VMMCI_REBOOT,
	KVDEV_VMMCI_SYNCRTC,
};

/**
 * struct kvdev_vmmci_cmd - ioctl(KVDEV_VMMCI_CMD)
 * @size: sizeof(struct kvdev_vmmci_cmd)
 * @flags: Must be 0
 * @command: enum kvdev_vmmci_command
 * @ack_timeout_ms: time the guest has to take the command; 0: 3 seconds; at
 *	most a day
 * @stop_timeout_ms: time it has from then on to shut down or reboot; 0: 120
 *	seconds; at most a day
 * @__reserved: Must be 0
 *
 * KVDEV_DEVICE_VMMCI only; while the device is in use, through the file that uses
 * it and files of the device's owner. Interrupts the guest and returns; what
 * becomes of it is told by events. A driver that did not
 * accept KVDEV_VMMCI_F_ACK counts as one that took the command at once.
 *
 * The clock of a SHUTDOWN stops when the device is released or the command is
 * taken back; a reset by the driver does not stop it. That of a REBOOT stops
 * with a reset, too.
 *
 * Fails with ENXIO if no driver is up, with EBUSY while a SHUTDOWN or REBOOT is
 * under way, with EOPNOTSUPP for SYNCRTC if the driver did not accept
 * KVDEV_VMMCI_F_SYNCRTC. VHOST_VDPA_RESUME sends a SYNCRTC by itself.
 */
struct kvdev_vmmci_cmd {
	__u32 size;
	__u32 flags;
	__u32 command;
	__u32 ack_timeout_ms;
	__u32 stop_timeout_ms;
	__u32 __reserved;
};
#define KVDEV_VMMCI_CMD _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_VMMCI_CMD)

#endif /* _UAPI_LINUX_KVDEV_VMMCI_H */
