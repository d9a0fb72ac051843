/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * kvdev: logical units of SCSI devices. Commands of /dev/kvdev, see kvdev.h for
 * what holds for all of them.
 */
#ifndef _UAPI_LINUX_KVDEV_SCSI_H
#define _UAPI_LINUX_KVDEV_SCSI_H

#include "kvdev.h"

/**
 * enum kvdev_lun_type - what a logical unit of a SCSI device is
 * @KVDEV_LUN_DISK: a disk (SBC)
 * @KVDEV_LUN_CDROM: a CD or DVD drive (MMC), blocks of 2048 bytes, read-only
 */
enum kvdev_lun_type {
	KVDEV_LUN_DISK = 1,
	KVDEV_LUN_CDROM = 2,
};

/* The unit is write protected. */
#define KVDEV_LUN_RDONLY	(1U << 0)
/* A disk whose medium can be changed; drives always can. */
#define KVDEV_LUN_REMOVABLE	(1U << 1)
/* A disk that says it has moving parts. */
#define KVDEV_LUN_ROTATIONAL	(1U << 2)

#define KVDEV_LUN_VENDOR_LEN	8
#define KVDEV_LUN_PRODUCT_LEN	16
#define KVDEV_LUN_REVISION_LEN	4
#define KVDEV_LUN_SERIAL_LEN	36

/**
 * struct kvdev_scsi_add_lun - ioctl(KVDEV_SCSI_ADD_LUN)
 * @size: sizeof(struct kvdev_scsi_add_lun)
 * @flags: KVDEV_LUN_*
 * @target: 0 to 255
 * @lun: 0 to 16383
 * @type: enum kvdev_lun_type
 * @fd: store, as of struct kvdev_set_backend; -1: no medium, if it can be
 *	changed
 * @format: enum kvdev_format; not looked at without a store
 * @block_size: of a disk: 512 or 4096; 0 chooses what the store needs. Of a
 *	drive: 2048 or 0
 * @vendor: what INQUIRY tells: printable ASCII, zero padded, not necessarily
 *	terminated; empty chooses a default
 * @product: as @vendor
 * @revision: as @vendor
 * @serial: as @vendor; empty: the unit has none
 * @wwn: world wide name, NAA 2, 3 or 5; 0: the unit has none
 *
 * SCSI devices only. At any time: a driver that runs is told by an event if it
 * accepted VIRTIO_SCSI_F_HOTPLUG. While the device is in use, for the file that
 * uses it and for files of the device's owner; so are the commands below that
 * change something.
 *
 * A store that is not a multiple of the block size is rounded down. A store that
 * needs larger blocks (O_DIRECT, a block device) is accessed through the page
 * cache. Whoever shows one block device by several units should give them the
 * same block size: one that goes through the page cache and one that does not see
 * different things.
 */
struct kvdev_scsi_add_lun {
	__u32 size;
	__u32 flags;
	__u32 target;
	__u32 lun;
	__u32 type;
	__s32 fd;
	__u32 format;
	__u32 block_size;
	__u8 vendor[KVDEV_LUN_VENDOR_LEN];
	__u8 product[KVDEV_LUN_PRODUCT_LEN];
	__u8 revision[KVDEV_LUN_REVISION_LEN];
	__u8 serial[KVDEV_LUN_SERIAL_LEN];
	__aligned_u64 wwn;
};
#define KVDEV_SCSI_ADD_LUN _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_SCSI_ADD_LUN)

/**
 * struct kvdev_scsi_lun - ioctl(KVDEV_SCSI_REMOVE_LUN), _RESIZE_LUN
 * @size: sizeof(struct kvdev_scsi_lun)
 * @flags: Must be 0
 * @target: of the unit
 * @lun: of the unit
 *
 * KVDEV_SCSI_REMOVE_LUN takes a unit away, also while it is in use: commands
 * that have begun end before it returns, which takes as long as the store does.
 *
 * KVDEV_SCSI_RESIZE_LUN says that the store of a disk has another size now.
 * Commands beyond a new end fail; the driver is told if it accepted
 * VIRTIO_SCSI_F_CHANGE, and in any case by a unit attention.
 */
struct kvdev_scsi_lun {
	__u32 size;
	__u32 flags;
	__u32 target;
	__u32 lun;
};
#define KVDEV_SCSI_REMOVE_LUN _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_SCSI_REMOVE_LUN)
#define KVDEV_SCSI_RESIZE_LUN _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_SCSI_RESIZE_LUN)

/* This medium is write protected. */
#define KVDEV_MEDIA_RDONLY	(1U << 0)
/* Also if the driver has locked the medium. */
#define KVDEV_MEDIA_FORCE	(1U << 1)

/**
 * struct kvdev_scsi_set_media - ioctl(KVDEV_SCSI_SET_MEDIA)
 * @size: sizeof(struct kvdev_scsi_set_media)
 * @flags: KVDEV_MEDIA_*
 * @target: of the unit
 * @lun: of the unit
 * @fd: the new store; -1 only takes the present one out
 * @format: enum kvdev_format; not looked at without a store
 *
 * Change the medium of a unit that can be. Commands that have begun end first;
 * when this returns the old store is not used any more. A medium that the
 * driver has locked stays, with EBUSY; the driver is told that somebody wants
 * it and may give it up.
 */
struct kvdev_scsi_set_media {
	__u32 size;
	__u32 flags;
	__u32 target;
	__u32 lun;
	__s32 fd;
	__u32 format;
};
#define KVDEV_SCSI_SET_MEDIA _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_SCSI_SET_MEDIA)

/* struct kvdev_scsi_next_lun, @state */
#define KVDEV_LUN_IS_RDONLY	(1U << 0)
#define KVDEV_LUN_IS_REMOVABLE	(1U << 1)
#define KVDEV_LUN_HAS_MEDIUM	(1U << 2)
#define KVDEV_LUN_TRAY_OPEN	(1U << 3)	/* by the driver */
#define KVDEV_LUN_LOCKED	(1U << 4)	/* by the driver */

/**
 * struct kvdev_scsi_next_lun - ioctl(KVDEV_SCSI_NEXT_LUN)
 * @size: in/out, sizeof(struct kvdev_scsi_next_lun); out: what the kernel knows
 * @flags: Must be 0
 * @target: in/out: finds the unit with the smallest address not below
 * @lun: in/out: this
 * @type: out, enum kvdev_lun_type
 * @block_size: out, bytes of a block
 * @state: out, KVDEV_LUN_*
 * @__reserved: out, 0
 * @blocks: out, number of blocks; 0: no medium
 * @wwn: out, as added
 * @vendor: out, what INQUIRY tells
 * @product: out, the same
 * @revision: out, the same
 * @serial: out, as added
 * @backing: out, path of the store as far as it fits, for people
 *
 * Lists units: start with 0:0, go on with the next address, until ENOENT.
 */
struct kvdev_scsi_next_lun {
	__u32 size;
	__u32 flags;
	__u32 target;
	__u32 lun;
	__u32 type;
	__u32 block_size;
	__u32 state;
	__u32 __reserved;
	__aligned_u64 blocks;
	__aligned_u64 wwn;
	__u8 vendor[KVDEV_LUN_VENDOR_LEN];
	__u8 product[KVDEV_LUN_PRODUCT_LEN];
	__u8 revision[KVDEV_LUN_REVISION_LEN];
	__u8 serial[KVDEV_LUN_SERIAL_LEN];
	__u8 backing[KVDEV_BACKING_LEN];
};
#define KVDEV_SCSI_NEXT_LUN _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_SCSI_NEXT_LUN)

#endif /* _UAPI_LINUX_KVDEV_SCSI_H */
