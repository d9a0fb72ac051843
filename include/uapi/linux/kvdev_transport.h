/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * kvdev: registers and interrupts of a transport, held by the kernel. Commands of
 * /dev/kvdev, see kvdev.h for what holds for all of them. A VMM that emulates the
 * transport itself, as with vhost, needs none of this.
 */
#ifndef _UAPI_LINUX_KVDEV_TRANSPORT_H
#define _UAPI_LINUX_KVDEV_TRANSPORT_H

#include "kvdev.h"

/**
 * enum kvdev_transport_type - register layouts the kernel can hold
 * @KVDEV_TRANSPORT_PCI_MODERN: virtio over PCI, non-transitional: one window
 *	in a memory BAR
 * @KVDEV_TRANSPORT_PCI_LEGACY: virtio over PCI before 1.0: one window in an
 *	I/O BAR
 * @KVDEV_TRANSPORT_PCI_TRANSITIONAL: both windows, for a driver of either kind
 * @KVDEV_TRANSPORT_MMIO: virtio over MMIO, version 2
 * @KVDEV_TRANSPORT_MMIO_LEGACY: virtio over MMIO before 1.0, version 1
 */
enum kvdev_transport_type {
	KVDEV_TRANSPORT_PCI_MODERN = 1,
	KVDEV_TRANSPORT_PCI_LEGACY,
	KVDEV_TRANSPORT_PCI_TRANSITIONAL,
	KVDEV_TRANSPORT_MMIO,
	KVDEV_TRANSPORT_MMIO_LEGACY,
};

/*
 * The guest is big endian. Of no meaning since virtio 1.0; a transport with a
 * legacy interface, which is in the guest's byte order, is refused with it
 * (EOPNOTSUPP): only little endian guests can have one.
 */
#define KVDEV_BIND_BIG_ENDIAN	(1U << 0)

/**
 * struct kvdev_bind_transport - ioctl(KVDEV_BIND_TRANSPORT)
 * @size: sizeof(struct kvdev_bind_transport)
 * @flags: KVDEV_BIND_BIG_ENDIAN or 0
 * @type: enum kvdev_transport_type
 * @nr_vectors: MSI-X vectors the VMM's PCI function has, 0 to
 *	KVDEV_MAX_VECTORS; a driver that selects another one reads NO_VECTOR
 * @common_offset: in/out, offset of the common configuration structure
 * @notify_offset: in/out, offset of the notification structure
 * @notify_multiplier: in/out, bytes between two queues' doorbells: 0 (one
 *	for all), or a power of two from 2 up
 * @isr_offset: in/out, offset of the ISR status byte
 * @device_offset: in/out, offset of the device-specific configuration
 * @bar_size: in/out, bytes of the register window, a power of two
 * @common_len: out, length of the common configuration structure: 60, or 56 if
 *	the layout leaves no room for more. Then VIRTIO_F_RING_RESET, which
 *	needs a register there, is not offered
 * @notify_len: out, length of the notification structure
 * @isr_len: out, length of the ISR structure
 * @device_len: out, length of the device-specific configuration
 * @legacy_size: out, bytes of the legacy register window, a power of two; 0 if
 *	the transport has none
 * @__reserved: Must be 0
 *
 * From now on the kernel holds the device's virtio registers; the VMM puts
 * the returned offsets and lengths into the PCI capabilities and forwards
 * trapped accesses with KVDEV_ACCESS. A @bar_size of 0 asks for the default
 * layout (all other in/out fields must be 0 then); otherwise the given layout
 * is checked for alignment, overlap and end and used as it is.
 *
 * In the default layout each queue has its own doorbell (@notify_multiplier is
 * not 0). queue_notify_off of a queue is its index, or 0 with a multiplier of
 * 0, so the doorbell of queue i is at @notify_offset + i * @notify_multiplier.
 *
 * Of the legacy window nothing can be chosen. KVDEV_TRANSPORT_PCI_LEGACY has no
 * other: all in/out fields are 0 then, as they are for MMIO, of which @bar_size
 * returns the size of the only window; it has no vectors. A driver uses one of the two windows of
 * a transitional device: while status is not 0 the other one takes no writes,
 * but for a reset.
 *
 * Queues, features, status and interrupts are the driver's afterwards: the
 * vhost commands for them (but for GET_FEATURES, GET_STATUS and SET_VRING_KICK
 * and _ERR) fail with EBUSY, but VHOST_VDPA_SET_STATUS with 0 resets the device
 * as a machine reset does.
 */
struct kvdev_bind_transport {
	__u32 size;
	__u32 flags;
	__u32 type;
	__u32 nr_vectors;
	__u32 common_offset;
	__u32 notify_offset;
	__u32 notify_multiplier;
	__u32 isr_offset;
	__u32 device_offset;
	__u32 bar_size;
	__u32 common_len;
	__u32 notify_len;
	__u32 isr_len;
	__u32 device_len;
	__u32 legacy_size;
	__u32 __reserved;
};
#define KVDEV_BIND_TRANSPORT _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_BIND_TRANSPORT)

#define KVDEV_ACCESS_WRITE	(1U << 0)

/**
 * enum kvdev_space - windows of registers
 * @KVDEV_SPACE_BAR: the window in a memory BAR; of MMIO the only one
 * @KVDEV_SPACE_LEGACY: the legacy window in an I/O BAR
 * @KVDEV_SPACE_PCI_CFG: the capability VIRTIO_PCI_CAP_PCI_CFG, from its first
 *	byte on, of which the first four are the VMM's own to answer
 */
enum kvdev_space {
	KVDEV_SPACE_BAR,
	KVDEV_SPACE_LEGACY,
	KVDEV_SPACE_PCI_CFG,
};

/**
 * struct kvdev_access - ioctl(KVDEV_ACCESS)
 * @size: sizeof(struct kvdev_access)
 * @flags: KVDEV_ACCESS_WRITE or 0 for a read
 * @offset: offset in the register window
 * @len: width in bytes: 1, 2, 4 or 8
 * @space: enum kvdev_space, one that the transport has
 * @__reserved: Must be 0
 * @value: in/out, the value in host byte order, zero extended
 *
 * One access of the driver to the device's registers. What the driver does
 * wrong is no error of this call: such writes are ignored, such reads give 0,
 * both are counted.
 *
 * A write of 0 to the status register resets the device, which has to wait for
 * requests in flight. If that takes more than a moment the call returns before,
 * and status reads as it was; it reads 0 when the device no longer touches guest
 * memory. Until then reads go on, and a write waits. Legacy drivers and some of
 * MMIO do not look, so for them the call returns when the device is reset.
 */
struct kvdev_access {
	__u32 size;
	__u32 flags;
	__u32 offset;
	__u32 len;
	__u32 space;
	__u32 __reserved;
	__aligned_u64 value;
};
#define KVDEV_ACCESS _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_ACCESS)

/**
 * struct kvdev_set_vector - ioctl(KVDEV_SET_VECTOR)
 * @size: sizeof(struct kvdev_set_vector)
 * @flags: Must be 0
 * @vector: MSI-X vector, below nr_vectors of KVDEV_BIND_TRANSPORT
 * @fd: eventfd to signal for it (normally a KVM irqfd); -1 for none
 *
 * May be changed at any time, also while I/O runs. Vectors are used while
 * KVDEV_PCI_STATE says that MSI-X is enabled.
 *
 * A vector has no eventfd while the guest has masked it: its events are not
 * lost, but make it pending, and are told to the next eventfd, by one signal.
 * KVDEV_PCI_STATE returns the pending bits. A VMM that leaves the eventfd and
 * takes the irqfd away has them in the eventfd's count instead.
 */
struct kvdev_set_vector {
	__u32 size;
	__u32 flags;
	__u32 vector;
	__s32 fd;
};
#define KVDEV_SET_VECTOR _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_SET_VECTOR)

/**
 * struct kvdev_set_line - ioctl(KVDEV_SET_LINE)
 * @size: sizeof(struct kvdev_set_line)
 * @flags: Must be 0
 * @fd: eventfd to signal when the interrupt line is to rise; -1 for none
 * @resample_fd: eventfd signalled to us when the guest ended the interrupt, not
 *	the same as @fd; -1 for none
 *
 * The interrupt line of the device: INTx of PCI, or that of MMIO. It is a
 * level, high while the ISR status has a bit set and, for PCI, MSI-X and
 * KVDEV_PCI_INTX_OFF are off.
 *
 * The two are meant for a KVM irqfd with KVM_IRQFD_FLAG_RESAMPLE, which keeps
 * the line high until the guest ends the interrupt: then @fd is signalled again
 * if the ISR status still has a bit set. Without @resample_fd each event that
 * is due is one signal.
 *
 * May be changed at any time. If the line is high, the new @fd is signalled.
 */
struct kvdev_set_line {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__s32 resample_fd;
};
#define KVDEV_SET_LINE _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_SET_LINE)

/* struct kvdev_pci_state, state */
#define KVDEV_PCI_MSIX		(1U << 0)	/* MSI-X is enabled */
#define KVDEV_PCI_INTX_OFF	(1U << 1)	/* INTx is disabled */
#define KVDEV_PCI_MASTER_OFF	(1U << 2)	/* bus mastering is not enabled */

/**
 * struct kvdev_pci_state - ioctl(KVDEV_PCI_STATE)
 * @size: sizeof(struct kvdev_pci_state)
 * @flags: Must be 0
 * @state: KVDEV_PCI_*: what the guest has set in the configuration space of the
 *	VMM's PCI function
 * @isr: out, ISR status; reading it here does not clear it. If it is not 0, and
 *	MSI-X is off, the PCI status register shows a pending interrupt
 * @pending: out, MSI-X pending bits, as the guest reads them: vector n is bit
 *	n % 64 of word n / 64
 *
 * With MSI-X interrupts go to vectors, and the line is off; without it they go
 * by the ISR status and the line, whatever vectors the driver has mapped. MSI-X
 * also decides where the legacy window has the device's configuration.
 *
 * With KVDEV_PCI_MASTER_OFF the device touches no guest memory: when the call
 * returns all requests have ended, queues wait until the bit is clear, and
 * vectors become pending. It means nothing to a driver that uses the legacy
 * window, as old ones do not enable bus mastering.
 *
 * All bits are clear after KVDEV_BIND_TRANSPORT; a reset of the device leaves
 * them, and clears the pending bits.
 */
struct kvdev_pci_state {
	__u32 size;
	__u32 flags;
	__u32 state;
	__u32 isr;
	__aligned_u64 pending[2];
};
#define KVDEV_PCI_STATE _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_PCI_STATE)

#define KVDEV_PCI_CAPS_LEN	128
#define KVDEV_PCI_MAX_CAPS	8

/**
 * struct kvdev_pci_config - ioctl(KVDEV_PCI_CONFIG)
 * @size: sizeof(struct kvdev_pci_config)
 * @flags: Must be 0
 * @bar: number of the BAR that has the register window, 0 to 5
 * @first: where in configuration space the capabilities go: a multiple of 4
 *	from 64 up
 * @next: offset of the capability that follows the last of them, 0: none
 * @order: types of the capabilities in the order they are to have, each at most
 *	once, filled up with 0. All 0 asks for all there are, in their order
 * @vendor_id: out
 * @device_id: out
 * @subsystem_vendor_id: out
 * @subsystem_id: out
 * @class_code: out, 24 bits
 * @revision: out
 * @pci_cfg: out, offset in configuration space of the capability
 *	VIRTIO_PCI_CAP_PCI_CFG, 0: there is none
 * @caps_len: out, bytes of @caps that are used; 0 with a transport that has no
 *	capabilities
 * @caps: out, the capabilities, linked, to be copied to @first
 *
 * What the configuration space of the VMM's PCI function must say. Accesses of
 * the guest to the 16 bytes from @pci_cfg + 4 on go to KVDEV_ACCESS with
 * KVDEV_SPACE_PCI_CFG: behind them is a window to all registers.
 */
struct kvdev_pci_config {
	__u32 size;
	__u32 flags;
	__u32 bar;
	__u32 first;
	__u32 next;
	__u8 order[KVDEV_PCI_MAX_CAPS];
	__u32 vendor_id;
	__u32 device_id;
	__u32 subsystem_vendor_id;
	__u32 subsystem_id;
	__u32 class_code;
	__u32 revision;
	__u32 pci_cfg;
	__u32 caps_len;
	__u8 caps[KVDEV_PCI_CAPS_LEN];
};
#define KVDEV_PCI_CONFIG _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_PCI_CONFIG)

/**
 * struct kvdev_get_doorbell - ioctl(KVDEV_GET_DOORBELL)
 * @size: sizeof(struct kvdev_get_doorbell)
 * @flags: Must be 0
 * @space: KVDEV_SPACE_BAR or KVDEV_SPACE_LEGACY
 * @queue: index of the queue
 * @offset: out, where in the window the driver writes to notify the queue
 * @len: out, width of that write in bytes; 0: any
 * @match: out, 1: only if it writes @value, as queues share the doorbell
 * @value: out, index of the queue
 *
 * What KVM_IOEVENTFD needs to signal the queue's VHOST_SET_VRING_KICK eventfd.
 */
struct kvdev_get_doorbell {
	__u32 size;
	__u32 flags;
	__u32 space;
	__u32 queue;
	__u32 offset;
	__u32 len;
	__u32 match;
	__u32 value;
};
#define KVDEV_GET_DOORBELL _IO(KVDEV_IOCTL_MAGIC, KVDEV_CMD_GET_DOORBELL)

#endif /* _UAPI_LINUX_KVDEV_TRANSPORT_H */
