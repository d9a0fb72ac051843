/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The kvdev user space interface: in-kernel virtio devices for KVM guests.
 *
 * One open file of /dev/kvdev is one device. Own commands are below; rings,
 * memory, features, status and configuration space use the numbers and
 * structures of <linux/vhost.h>, so a VMM that speaks vhost or vhost-vdpa
 * has only KVDEV_CREATE and KVDEV_SET_BACKEND to add.
 */
#ifndef _UAPI_LINUX_KVDEV_H
#define _UAPI_LINUX_KVDEV_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: General ioctl format
 *
 * Every structure of an own command starts with @size, the number of bytes
 * the caller knows of. A shorter structure of an older caller is completed
 * with zeroes; a longer one is accepted if the part this kernel does not know
 * is zero. Numbers are host endian. Fields named __reserved and unknown bits
 * of @flags must be 0.
 *
 * The same error always means the same thing, for the vhost commands too:
 *
 *  - ENOTTY: no such command.
 *  - E2BIG: the part of the structure unknown to this kernel is not zero, or
 *    @size is more than a page.
 *  - EINVAL: @size is too small, a value is out of its range, or a reserved
 *    field is not zero.
 *  - EOPNOTSUPP: a known field asks for something this kernel or this device
 *    type does not have: an unknown flag, device id, format, transport.
 *  - EFAULT: a user pointer cannot be read or written, or guest memory
 *    that must be accessible now is not.
 *  - ENODEV: the file has no device yet (KVDEV_CREATE or KVDEV_OPEN comes
 *    first).
 *  - EEXIST: the file has a device, the device a transport or, by this file,
 *    an owner, or the name or the address of a logical unit is taken.
 *  - ENOENT: no device of this name or after this id.
 *  - EPERM: no owner yet (VHOST_SET_OWNER), the owner was set through another
 *    file, or the caller does not share the owner's address space; owner, group
 *    or mode are not the caller's to choose.
 *  - EACCES: the mode of a named device does not allow it to the caller, or the
 *    file was not opened for it.
 *  - EBUSY: not in this state: queue running, driver active, register level
 *    owns the field, device in use by another owner, medium locked by the
 *    driver.
 *  - ENXIO: no such queue, vector or logical unit, or no backend, transport or
 *    driver where one is needed.
 *  - EBADF: a descriptor is not open or was not opened for what it must do. One
 *    of the wrong kind (no eventfd, no file that can be a disk) is EINVAL.
 *  - EAGAIN: a thread cannot be created (limits of the owner). Of read(2):
 *    nothing to read.
 *  - EINTR: killed while waiting.
 *  - ESHUTDOWN: the owner was killed; only close is left.
 *  - ENOMEM: out of memory, or RLIMIT_MEMLOCK is too small for the rings.
 *  - EDQUOT: the user has as many devices as he may have.
 *  - EIO: the backing store failed.
 */

#define KVDEV_IOCTL_MAGIC	0xD5
#define KVDEV_API_VERSION	1

/* Largest number of queues, MSI-X vectors and ring entries of any device. */
#define KVDEV_MAX_QUEUES	64
#define KVDEV_MAX_VECTORS	(KVDEV_MAX_QUEUES + 1)
#define KVDEV_MAX_RING_SIZE	1024

enum {
	KVDEV_CMD_GET_INFO = 0x00,
	KVDEV_CMD_CREATE,
	KVDEV_CMD_SET_BACKEND,
	KVDEV_CMD_GET_STATS,
	KVDEV_CMD_OPEN,
	KVDEV_CMD_DELETE,
	KVDEV_CMD_NEXT,
	KVDEV_CMD_SET_PERMISSIONS,

	KVDEV_CMD_BIND_TRANSPORT = 0x10,
	KVDEV_CMD_ACCESS,
	KVDEV_CMD_SET_VECTOR,
	KVDEV_CMD_SET_LINE,
	KVDEV_CMD_PCI_STATE,
	KVDEV_CMD_PCI_CONFIG,
	KVDEV_CMD_GET_DOORBELL,

	KVDEV_CMD_NET_ATTACH = 0x20,
	KVDEV_CMD_NET_SET,
	KVDEV_CMD_NET_GET,
	KVDEV_CMD_NET_GET_STATS,
	KVDEV_CMD_NET_LOCAL,

	KVDEV_CMD_SCSI_ADD_LUN = 0x30,
	KVDEV_CMD_SCSI_REMOVE_LUN,
	KVDEV_CMD_SCSI_SET_MEDIA,
	KVDEV_CMD_SCSI_RESIZE_LUN,
	KVDEV_CMD_SCSI_NEXT_LUN,

	KVDEV_CMD_VMMCI_CMD = 0x40,
};

/*
 * OpenBSD's VMM control interface has no number that virtio gave it; this is
 * its PCI subsystem id. In a set of device types it has bit 63.
 */
#define KVDEV_DEVICE_VMMCI	0xffff
#define KVDEV_TYPE_BIT_VMMCI	63

/**
 * struct kvdev_info - ioctl(KVDEV_GET_INFO)
 * @size: in/out, sizeof(struct kvdev_info); out: what the kernel knows
 * @flags: Must be 0
 * @api_version: out, KVDEV_API_VERSION of the module
 * @max_queues: out, most queues a device can have
 * @device_types: out, bit n is set if virtio device id n can be created, bit
 *	KVDEV_TYPE_BIT_VMMCI for KVDEV_DEVICE_VMMCI. Types whose module is not
 *	loaded yet are not counted
 * @transports: out, bit n is set for each known enum kvdev_transport_type
 * @formats: out, bit n is set for each known enum kvdev_format
 *
 * What this module can do. Needs no device.
 */
struct kvdev_info {
	__u32 size;
	__u32 flags;
	__u32 api_version;
	__u32 max_queues;
	__aligned_u64 device_types;
	__aligned_u64 transports;
	__aligned_u64 formats;
};
#define KVDEV_GET_INFO _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_GET_INFO)

/* Bytes of a device's name with its terminating zero. */
#define KVDEV_NAME_LEN		32

/* @name is given; the device lives until KVDEV_DELETE, not with the file. */
#define KVDEV_CREATE_NAMED	(1U << 0)

/* @uid, @gid, @mode are given: KVDEV_CREATE, KVDEV_SET_PERMISSIONS */
#define KVDEV_PERM_UID		(1U << 1)
#define KVDEV_PERM_GID		(1U << 2)
#define KVDEV_PERM_MODE		(1U << 3)

/**
 * DOC: Permissions
 *
 * A device has an owner, a group and a mode, as files have: read and write for
 * the owner, for the group, and for others. By default they are the creator's
 * (fsuid and fsgid) and 0600. They are asked for, with the credentials of the
 * caller, when a name is looked up (KVDEV_OPEN, KVDEV_DELETE, the vDPA bus) and
 * when devices are listed (KVDEV_NEXT).
 *
 *  - Read: see that the device is there, and look at it.
 *  - Write: use it, change it, delete it, put it on the vDPA bus. A command
 *    that changes a device while another file or the bus uses it is for its
 *    owner only.
 *
 * CAP_SYS_ADMIN in the initial user namespace permits all of it; capabilities
 * in another one permit nothing.
 *
 * What a file may do is decided by KVDEV_CREATE or KVDEV_OPEN and stays: it is
 * the same in whatever process the file is used, and whatever becomes of owner,
 * group and mode. A file that was opened for reading only asks for, and gets,
 * nothing else. The file that created a device may do all with it; so that of a
 * device without a name always does.
 *
 * Ids are those of the caller's user namespace.
 */

/**
 * struct kvdev_create - ioctl(KVDEV_CREATE)
 * @size: sizeof(struct kvdev_create)
 * @flags: 0, or KVDEV_CREATE_NAMED and KVDEV_PERM_*
 * @device_id: virtio device id (VIRTIO_ID_BLOCK, VIRTIO_ID_RNG, ...), or
 *	KVDEV_DEVICE_VMMCI
 * @nr_queues: request queues, 1 to KVDEV_MAX_QUEUES; 0 chooses the type's
 *	default. Types with a fixed number refuse any other
 * @queue_size: largest ring size the driver may choose, a power of two up to
 *	KVDEV_MAX_RING_SIZE; 0 chooses the type's default. 0 for a type without
 *	queues
 * @__reserved: Must be 0
 * @features: feature bits 0 to 63 the VMM allows; those the device has and
 *	that are clear here are not offered. VIRTIO_F_VERSION_1 is offered in
 *	any case. 0 allows all
 * @name: with KVDEV_CREATE_NAMED: 1 to 31 bytes of a-z A-Z 0-9 . _ -, zero
 *	padded; all zero without
 * @features_hi: feature bits 64 to 127, likewise; with a @features of 0 all are
 *	allowed
 * @uid: with KVDEV_PERM_UID: owner; another than the caller is for an
 *	administrator to choose (EPERM). Must be 0 without
 * @gid: with KVDEV_PERM_GID: group; one that the caller is not in is for an
 *	administrator to choose. Must be 0 without
 * @mode: with KVDEV_PERM_MODE: bits of 0666. Must be 0 without
 * @__reserved2: Must be 0
 *
 * Make this file a device. It has no owner, memory, backend or driver yet.
 *
 * A named device stays when the file is closed. Others find it by its name:
 * KVDEV_OPEN, and the vDPA bus, where a device of the same name can be added.
 */
struct kvdev_create {
	__u32 size;
	__u32 flags;
	__u32 device_id;
	__u32 nr_queues;
	__u32 queue_size;
	__u32 __reserved;
	__aligned_u64 features;
	__u8 name[KVDEV_NAME_LEN];
	__aligned_u64 features_hi;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 __reserved2;
};
#define KVDEV_CREATE _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_CREATE)

/**
 * struct kvdev_name - ioctl(KVDEV_OPEN), ioctl(KVDEV_DELETE)
 * @size: sizeof(struct kvdev_name)
 * @flags: Must be 0
 * @name: of the device, zero padded
 *
 * KVDEV_OPEN makes this file another one of a named device. It needs the
 * permissions the file was opened with: read for O_RDONLY, write for O_WRONLY,
 * both for O_RDWR. Closing the file through which an owner was set ends that
 * ownership and resets the device.
 *
 * KVDEV_DELETE takes the name away; the device goes with the last file. It
 * fails with EBUSY while the device is in use, see KVDEV_NEXT for by whom. It
 * needs permission to write, and no device on the file.
 */
struct kvdev_name {
	__u32 size;
	__u32 flags;
	__u8 name[KVDEV_NAME_LEN];
};
#define KVDEV_OPEN _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_OPEN)
#define KVDEV_DELETE _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_DELETE)

/**
 * struct kvdev_permissions - ioctl(KVDEV_SET_PERMISSIONS)
 * @size: sizeof(struct kvdev_permissions)
 * @flags: KVDEV_PERM_*: which of the next three change; those that do not must
 *	be 0
 * @uid: owner, for an administrator to change
 * @gid: group; the device's owner may choose any that he is in
 * @mode: bits of 0666, for the owner to change
 * @__reserved: Must be 0
 * @name: of the device, zero padded
 *
 * Needs no permission to read or write, and no device on the file. A node of
 * the device behind the vDPA bus follows, see KVDEV_USE_VDPA.
 */
struct kvdev_permissions {
	__u32 size;
	__u32 flags;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 __reserved;
	__u8 name[KVDEV_NAME_LEN];
};
#define KVDEV_SET_PERMISSIONS \
	_IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_SET_PERMISSIONS)

/**
 * enum kvdev_use - who uses a device
 * @KVDEV_USE_NONE: nobody
 * @KVDEV_USE_OWNER: a file that said VHOST_SET_OWNER or bound a transport
 * @KVDEV_USE_VDPA: it is on the vDPA bus. When its owner, group or mode change,
 *	the device there sends a uevent
 */
enum kvdev_use {
	KVDEV_USE_NONE,
	KVDEV_USE_OWNER,
	KVDEV_USE_VDPA,
};

#define KVDEV_BACKING_LEN	256

/* Bytes of what is said of a device in trouble, with the zero. */
#define KVDEV_TROUBLE_LEN	96

/**
 * struct kvdev_next - ioctl(KVDEV_NEXT)
 * @size: in/out, sizeof(struct kvdev_next); out: what the kernel knows
 * @flags: Must be 0
 * @id: in/out: finds the device with the smallest id not below this
 * @device_id: out, virtio device id
 * @nr_queues: out, number of queues
 * @queue_size: out, largest ring size
 * @use: out, enum kvdev_use
 * @use_pid: out, process that is the owner, as seen by the caller; 0: none
 * @offered: out, features offered, bits 0 to 63
 * @accepted: out, features the driver accepted, bits 0 to 63
 * @status: out, device status
 * @format: out, enum kvdev_format, 0: no backend
 * @capacity: out, bytes of the store
 * @block_size: out, logical block size
 * @read_only: out, 1: the store cannot be written
 * @name: out, name, empty if it has none
 * @use_comm: out, name of the owner process, or driver of the vDPA device
 * @backing: out, path of the backing file as far as it fits, for people
 * @uid: out, owner, as seen by the caller; the overflow id if that has no number
 * @gid: out, group, likewise
 * @mode: out, bits of 0666
 * @may: out, what the caller may do: 4 read, 2 write, as in @mode
 * @trouble_errno: out, what was wrong when the device last set
 *	DEVICE_NEEDS_RESET, or refused DRIVER_OK: EPROTO, the driver broke the
 *	protocol; others as of a command. 0: never
 * @trouble: out, the same in words, for people
 * @__reserved: out, 0
 *
 * Lists devices: start with an @id of 0, go on with the returned one plus 1,
 * until ENOENT. Needs no device on the file. A device that the caller may not
 * read is left out.
 */
struct kvdev_next {
	__u32 size;
	__u32 flags;
	__u32 id;
	__u32 device_id;
	__u32 nr_queues;
	__u32 queue_size;
	__u32 use;
	__u32 use_pid;
	__aligned_u64 offered;
	__aligned_u64 accepted;
	__u32 status;
	__u32 format;
	__aligned_u64 capacity;
	__u32 block_size;
	__u32 read_only;
	__u8 name[KVDEV_NAME_LEN];
	__u8 use_comm[16];
	__u8 backing[KVDEV_BACKING_LEN];
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 may;
	__u32 trouble_errno;
	__u8 trouble[KVDEV_TROUBLE_LEN];
	__u32 __reserved;
};
#define KVDEV_NEXT _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_NEXT)

/**
 * enum kvdev_format - how the bytes of a backing file are read
 * @KVDEV_FORMAT_RAW: sector n is at byte n * 512 of the file or block device
 *
 * The format is always said, never guessed from the content: the content
 * belongs to the guest.
 */
enum kvdev_format {
	KVDEV_FORMAT_RAW = 1,
};

/* The guest gets a read-only disk; implied if @fd was opened read-only. */
#define KVDEV_BACKEND_RDONLY	(1U << 0)
/* Space of the store is kept, whatever the guest does not need any more. */
#define KVDEV_BACKEND_NO_DISCARD	(1U << 1)

#define KVDEV_SERIAL_LEN	20

/**
 * struct kvdev_set_backend - ioctl(KVDEV_SET_BACKEND)
 * @size: sizeof(struct kvdev_set_backend)
 * @flags: KVDEV_BACKEND_*
 * @fd: regular file or block device, open for reading, and for writing unless
 *	read-only; -1 takes the present backend away. The device keeps its own
 *	reference. O_DIRECT of a regular file is honoured; a block device is
 *	always accessed past the page cache
 * @format: enum kvdev_format
 * @block_size: logical block size shown to the driver, a power of two from
 *	512 to 4096 and not below what the file needs; 0 chooses the latter
 * @__reserved: Must be 0
 * @serial: what GET_ID tells, zero padded, not necessarily terminated
 * @__reserved2: Must be 0
 *
 * Block devices only. Allowed while device status is 0.
 *
 * A size that is not a multiple of the block size is rounded down.
 */
struct kvdev_set_backend {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 format;
	__u32 block_size;
	__u32 __reserved;
	__u8 serial[KVDEV_SERIAL_LEN];
	__u32 __reserved2;
};
#define KVDEV_SET_BACKEND _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_SET_BACKEND)

/**
 * struct kvdev_get_stats - ioctl(KVDEV_GET_STATS)
 * @size: sizeof(struct kvdev_get_stats)
 * @flags: Must be 0
 * @queue: index of the queue
 * @__reserved: Must be 0
 * @kicks: out, notifications from the driver
 * @chains: out, descriptor chains taken from the ring
 * @completions: out, chains given back
 * @completions_inplace: out, of these given back in the context of the I/O
 *	completion, without a worker in between
 * @signals: out, interrupts due for used buffers, whether or not there was
 *	somewhere to send them
 * @signals_suppressed: out, interrupts the driver said it did not need
 * @bytes_readable: out, payload bytes read from guest memory
 * @bytes_writable: out, payload bytes written to guest memory
 * @errors: out, requests that ended with an error status
 * @violations: out, breaches of the ring protocol by the driver
 * @dev_resets: out, resets of the whole device, also of one just reset
 * @dev_needs_reset: out, times DEVICE_NEEDS_RESET was set
 * @dev_ignored_accesses: out, register accesses ignored for a wrong offset,
 *	width, state or value
 * @signals_held: out, times an interrupt for used buffers was put off, as the
 *	driver of a network device had asked; one for all of them comes later
 *
 * Counters since KVDEV_CREATE; those named ``dev_`` are of the whole device. A
 * device without queues has these only, as those of queue 0.
 */
struct kvdev_get_stats {
	__u32 size;
	__u32 flags;
	__u32 queue;
	__u32 __reserved;
	__aligned_u64 kicks;
	__aligned_u64 chains;
	__aligned_u64 completions;
	__aligned_u64 completions_inplace;
	__aligned_u64 signals;
	__aligned_u64 signals_suppressed;
	__aligned_u64 bytes_readable;
	__aligned_u64 bytes_writable;
	__aligned_u64 errors;
	__aligned_u64 violations;
	__aligned_u64 dev_resets;
	__aligned_u64 dev_needs_reset;
	__aligned_u64 dev_ignored_accesses;
	__aligned_u64 signals_held;
};
#define KVDEV_GET_STATS _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_GET_STATS)

/**
 * enum kvdev_event_type - what a device tells
 * @KVDEV_EVENT_NEEDS_RESET: the device set DEVICE_NEEDS_RESET; the value is
 *	the errno of why, as in &kvdev_next.trouble_errno
 * @KVDEV_EVENT_RELEASED: whoever used the device has given it up: the file was
 *	closed, VHOST_RESET_OWNER, or the device was taken from the bus
 * @KVDEV_EVENT_VMMCI_ACK: the guest took the command
 * @KVDEV_EVENT_VMMCI_DONE: the command, a reboot, was under way, and the guest
 *	reset the device
 * @KVDEV_EVENT_VMMCI_GUEST_SHUTDOWN: the guest says it shuts down, not as an
 *	answer
 * @KVDEV_EVENT_VMMCI_GUEST_REBOOT: the guest says it reboots, not as an answer
 * @KVDEV_EVENT_VMMCI_ACK_TIMEOUT: the guest did not take the command in time;
 *	it was taken back
 * @KVDEV_EVENT_VMMCI_STOP_TIMEOUT: the guest took the command, but did not shut
 *	down or reboot in time
 * @KVDEV_EVENT_SCSI_TRAY: the guest opened or closed the tray of a CD-ROM drive
 *	or a removable disk
 */
enum kvdev_event_type {
	KVDEV_EVENT_NEEDS_RESET = 1,
	KVDEV_EVENT_RELEASED,
	KVDEV_EVENT_VMMCI_ACK,
	KVDEV_EVENT_VMMCI_DONE,
	KVDEV_EVENT_VMMCI_GUEST_SHUTDOWN,
	KVDEV_EVENT_VMMCI_GUEST_REBOOT,
	KVDEV_EVENT_VMMCI_ACK_TIMEOUT,
	KVDEV_EVENT_VMMCI_STOP_TIMEOUT,
	KVDEV_EVENT_SCSI_TRAY,
};

/* Value of KVDEV_EVENT_SCSI_TRAY: target in bits 16 to 23, LUN below them. */
#define KVDEV_SCSI_TRAY_OPEN	(1U << 31)

/**
 * struct kvdev_event - read(2)
 * @size: bytes of the structure as the kernel knows it
 * @type: enum kvdev_event_type; more may come
 * @value: enum kvdev_vmmci_command of KVDEV_EVENT_VMMCI_*; the unit of
 *	KVDEV_EVENT_SCSI_TRAY, and whether its tray is open; 0 of others
 * @__reserved: 0
 * @count: events of this type since KVDEV_CREATE, with this one
 * @time_ns: when it happened, CLOCK_MONOTONIC
 *
 * One read of a file with a device gives one event, or the part of it that
 * fits; less than all to @time_ns is EINVAL. Without an event it waits; with
 * O_NONBLOCK it fails with EAGAIN. poll(2) says EPOLLIN when there is one, and
 * EPOLLERR if the file has no device yet.
 *
 * Each file sees all events for itself, from KVDEV_CREATE or KVDEV_OPEN on. Of
 * each type the last one is kept: who is late finds by @count how many there
 * were in between. So a guest cannot cover one event by many others.
 */
struct kvdev_event {
	__u32 size;
	__u32 type;
	__u32 value;
	__u32 __reserved;
	__aligned_u64 count;
	__aligned_u64 time_ns;
};

/**
 * DOC: vhost commands
 *
 * These of <linux/vhost.h> work on a kvdev file, with their usual arguments:
 *
 *  - VHOST_SET_OWNER, VHOST_RESET_OWNER: the caller's address space becomes
 *    the device's; the workers are threads of the caller. RESET_OWNER resets
 *    the device and drops memory, eventfds, workers and the transport.
 *  - VHOST_SET_MEM_TABLE: guest physical to user addresses, at most 64
 *    regions, in any order, not overlapping. May be replaced while I/O runs.
 *  - VHOST_GET_FEATURES, VHOST_SET_FEATURES: feature bits 0 to 63. With SET
 *    none of the others is accepted.
 *  - VHOST_GET_FEATURES_ARRAY, VHOST_SET_FEATURES_ARRAY (in <linux/vhost.h>
 *    since Linux 6.17): words of 64 feature bits, a @count of up to 512 of
 *    them (E2BIG). Bit 64 is bit 0 of the second word. GET writes 0 to words
 *    that no feature is in, SET fails with EOPNOTSUPP if they are not 0; words
 *    that @count leaves out are 0.
 *  - VHOST_GET_BACKEND_FEATURES, VHOST_SET_BACKEND_FEATURES:
 *    VHOST_BACKEND_F_SUSPEND and VHOST_BACKEND_F_RESUME; neither need be set.
 *  - VHOST_VDPA_SUSPEND, VHOST_VDPA_RESUME: stop all queues when they are done
 *    with what they took, and go on. A reset ends a suspension, too.
 *  - VHOST_SET_VRING_NUM, _ADDR, VHOST_SET_VRING_BASE, VHOST_GET_VRING_BASE:
 *    while the queue does not run; addresses are the VMM's own (user)
 *    addresses. GET_VRING_BASE stops a running queue first and drains it. Of
 *    packed rings the base is avail | used << 16, bit 15 of each half is the
 *    wrap counter.
 *  - VHOST_SET_VRING_KICK, _CALL, _ERR: eventfds, -1 for none, at any time.
 *    A queue's ERR eventfd is signalled when the driver broke the protocol on
 *    it. With a transport bound KICK is the queue's doorbell and CALL is
 *    refused, see KVDEV_SET_VECTOR.
 *  - VHOST_VDPA_GET_DEVICE_ID, VHOST_VDPA_GET_STATUS, VHOST_VDPA_SET_STATUS,
 *    VHOST_VDPA_GET_CONFIG, VHOST_VDPA_SET_CONFIG, VHOST_VDPA_SET_CONFIG_CALL,
 *    VHOST_VDPA_GET_CONFIG_SIZE, VHOST_VDPA_SET_VRING_ENABLE,
 *    VHOST_VDPA_GET_VRING_NUM, VHOST_VDPA_GET_VQS_COUNT. SET_CONFIG fails
 *    with EOPNOTSUPP if the device has no field that can be written, with
 *    EINVAL for another field than those.
 *
 * The GET commands that need no memory or queue work as soon as there is a
 * device, VHOST_VDPA_GET_VQS_COUNT for one, and through any of its files that may
 * read.
 *
 * A queue is started when it is enabled and status has DRIVER_OK, whichever
 * comes last, unless the device needs a reset. It begins with a look at the
 * ring: buffers made available before are served. It runs until it is disabled,
 * its base is asked for, or the device is reset.
 */

#endif /* _UAPI_LINUX_KVDEV_H */
