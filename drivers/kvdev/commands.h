/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of commands on a device.
 */
#ifndef KVDEV_COMMANDS_H
#define KVDEV_COMMANDS_H

#include <linux/bits.h>
#include <linux/types.h>
#include <linux/vhost.h>
#include <uapi/linux/kvdev.h>
#include <uapi/linux/kvdev_net.h>
#include <uapi/linux/kvdev_scsi.h>
#include <uapi/linux/kvdev_transport.h>
#include <uapi/linux/kvdev_vmmci.h>

#include "compat/vhost.h"

struct kvdev_backend;
struct kvdev_dev;
struct kvdev_mem_table;

/*
 * Whose a command is. What a file may do was decided when it got its device; see
 * "Permissions" in the uapi header. Every command has one of these.
 */
enum kvdev_authority {
	AUTH_NONE,	/* nobody's: an entry without authority is refused */
	/* Any file that may read: changes nothing */
	AUTH_LOOK,
	/* A file that may write, which uses the device alone from now on */
	AUTH_CLAIM,
	/*
	 * The file that uses the device, in the owner's address space: the
	 * guest's memory, rings, registers
	 */
	AUTH_OWNER,
	/* A file that may write, unless somebody else uses the device: what it is */
	AUTH_SETUP,
	/*
	 * A file that may write; while somebody else uses the device, only one
	 * of the device's owner, or of an administrator: what is changed from
	 * outside of a guest that runs
	 */
	AUTH_MANAGE,
};

/* What else a command needs. */
#define CMD_RING_LEVEL	BIT(0)	/* no transport: the VMM sets it */
#define CMD_OUT		BIT(1)	/* own command: the argument goes back */
#define CMD_HEADER	BIT(2)	/* of vhost: more follows, see kvdev_cmd.copy */
#define CMD_WRITABLE	BIT(3)	/* not done unless the argument can go back */
#define CMD_UNSETTLED	BIT(4)	/* also while a reset is going on */

union kvdev_arg {
	struct kvdev_set_backend set_backend;
	struct kvdev_get_stats get_stats;
	struct kvdev_bind_transport bind_transport;
	struct kvdev_access access;
	struct kvdev_set_vector set_vector;
	struct kvdev_set_line set_line;
	struct kvdev_pci_state pci_state;
	struct kvdev_pci_config pci_config;
	struct kvdev_get_doorbell get_doorbell;
	struct kvdev_vmmci_cmd vmmci_cmd;
	struct kvdev_net_attach net_attach;
	struct kvdev_net_config net_config;
	struct kvdev_net_get_stats net_get_stats;
	struct kvdev_scsi_add_lun scsi_add_lun;
	struct kvdev_scsi_lun scsi_lun;
	struct kvdev_scsi_set_media scsi_set_media;
	struct kvdev_scsi_next_lun scsi_next_lun;
	struct vhost_vring_state vring_state;
	struct vhost_vring_addr vring_addr;
	struct vhost_vring_file vring_file;
	struct vhost_vdpa_config vdpa_config;
	u64 features;
	u64 count;
	u32 num32;
	u16 num16;
	u8 num8;
	int fd;
};

/**
 * struct kvdev_payload - what a command needs besides its argument
 * @features: words of features
 * @bytes: allocated
 * @len: of @bytes
 * @mem: a memory table
 * @store: an opened store. The handler takes it and may leave another, which
 *	is closed
 */
struct kvdev_payload {
	u64 features[2];
	u8 *bytes;
	u32 len;
	struct kvdev_mem_table *mem;
	struct kvdev_backend *store;
};

/**
 * struct kvdev_cmd_copy - how a command gets and gives its payload
 * @in: before the command, when it has been found to be allowed. Optional
 * @out: after the command, if it succeeded. Optional
 *
 * Without the device's mutex: user memory and files may make whoever touches
 * them wait for ever.
 */
struct kvdev_cmd_copy {
	int (*in)(struct kvdev_dev *dev, const union kvdev_arg *arg,
		  void __user *uarg, struct kvdev_payload *p);
	int (*out)(const union kvdev_arg *arg, void __user *uarg,
		   const struct kvdev_payload *p);
};

/**
 * struct kvdev_cmd - a command on a device
 * @cmd: number
 * @size: bytes of the argument this kernel knows
 * @min_size: bytes every caller has had to know; 0 for a vhost command, whose
 *	size is fixed
 * @auth: whose it is
 * @flags: CMD_*
 * @fn: does it, with the mutex held. NULL: the device type does, if it knows the
 *	command
 * @copy: moves what is not in the argument. Optional
 */
struct kvdev_cmd {
	unsigned int cmd;
	u16 size;
	u16 min_size;
	enum kvdev_authority auth;
	u32 flags;
	int (*fn)(struct kvdev_dev *dev, union kvdev_arg *arg,
		  struct kvdev_payload *p);
	const struct kvdev_cmd_copy *copy;
};

void kvdev_payload_drop(struct kvdev_payload *p);
const struct kvdev_cmd *kvdev_find_cmd(unsigned int cmd);

#endif /* KVDEV_COMMANDS_H */
