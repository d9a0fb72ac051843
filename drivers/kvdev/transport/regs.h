/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The register file of a virtio transport and its decoding.
 *
 * A decoder is pure: it looks up what an access means, reads or changes
 * struct kvdev_regs, and says in action bits what the device has to do about
 * it. The device (access.c) performs the actions; it alone touches rings, memory
 * and interrupts. One decoder call is one access; the caller serialises.
 */
#ifndef KVDEV_TRANSPORT_REGS_H
#define KVDEV_TRANSPORT_REGS_H

#include "../pure.h"
#include "../ring/ring.h"

#define KVDEV_NO_VECTOR		0xffff	/* VIRTIO_MSI_NO_VECTOR */
#define KVDEV_CONFIG_QUEUE	0xffff	/* "the configuration", not a queue */

/* What the device has to do; kvdev_reg_access.queue and .value say on what. */
#define KVDEV_ACT_STATUS	BIT(0)	/* driver wrote status: .value */
#define KVDEV_ACT_ENABLE	BIT(1)	/* driver enabled queue .queue */
#define KVDEV_ACT_NOTIFY	BIT(2)	/* driver rang for queue .queue */
#define KVDEV_ACT_ISR		BIT(3)	/* .value is to be ISR, then clear */
#define KVDEV_ACT_CONFIG	BIT(4)	/* driver wrote .value to the config */
#define KVDEV_ACT_VECTOR	BIT(5)	/* vector of .queue changed */
#define KVDEV_ACT_IGNORED	BIT(6)	/* driver error, nothing happened */
#define KVDEV_ACT_DISABLE	BIT(7)	/* driver disabled queue .queue */
#define KVDEV_ACT_ISR_PEEK	BIT(8)	/* .value is to be ISR, which stays */
#define KVDEV_ACT_ISR_ACK	BIT(9)	/* driver has seen the causes .value */
#define KVDEV_ACT_WINDOW	BIT(10)	/* another access is to be done */
#define KVDEV_ACT_CONFIG_READ	BIT(11)	/* .value is of the config, if current */
#define KVDEV_ACT_QUEUE_RESET	BIT(12)	/* driver resets queue .queue */

/**
 * struct kvdev_queue_regs - registers of one queue
 * @cfg: size and addresses as written
 * @vector: MSI-X vector, or KVDEV_NO_VECTOR
 * @enabled: driver set queue_enable; @cfg is frozen until reset
 * @resetting: driver set queue_reset; until kvdev_regs_reset_queue() the device
 *	has the queue and @cfg is frozen
 * @pfn: legacy: page number of the ring as written, 0 while not enabled
 * @align: legacy: what the used ring is aligned to
 */
struct kvdev_queue_regs {
	struct kvdev_ring_cfg cfg;
	u16 vector;
	bool enabled;
	bool resetting;
	u32 pfn;
	u32 align;
};

/**
 * struct kvdev_regs - what the driver sees of a device
 * @device_features: offered, bits 0 to 63
 * @driver_features: accepted so far; frozen by FEATURES_OK
 * @device_features_hi: offered, bits 64 to 127
 * @driver_features_hi: accepted so far of these; likewise
 * @device_feature_select: which 32 bits the driver reads
 * @driver_feature_select: which 32 bits the driver writes
 * @queue_select: queue the queue registers show
 * @config_vector: MSI-X vector for configuration changes
 * @nr_vectors: vectors that exist
 * @nr_queues: queues that exist
 * @status: device status. Written by the device only, from KVDEV_ACT_STATUS
 * @generation: configuration generation
 * @config_read: the driver has read some of @config in this generation
 * @legacy: the driver uses the legacy interface. Follows the last write while
 *	@status is 0
 * @msix: MSI-X is enabled; the VMM's to say
 * @device_id: virtio device id
 * @page_size: legacy mmio: the driver's page size, 0: not written yet
 * @queues: @nr_queues of them
 * @config: device-specific configuration, little endian
 * @config_len: bytes of @config
 */
struct kvdev_regs {
	u64 device_features;
	u64 driver_features;
	u64 device_features_hi;
	u64 driver_features_hi;
	u32 device_feature_select;
	u32 driver_feature_select;
	u16 queue_select;
	u16 config_vector;
	u16 nr_vectors;
	u16 nr_queues;
	u8 status;
	u8 generation;
	bool config_read;
	bool legacy;
	bool msix;
	u32 device_id;
	u32 page_size;
	struct kvdev_queue_regs *queues;
	u8 *config;
	u32 config_len;
};

/**
 * struct kvdev_reg_access - one access of the driver, and what became of it
 * @offset: in the register window
 * @len: bytes: 1, 2, 4, 8
 * @write: direction
 * @value: in: written value; out: value read, or the argument of the action
 * @queue: out: queue of the action, or KVDEV_CONFIG_QUEUE
 * @config_offset: out: offset in the configuration, with KVDEV_ACT_CONFIG and
 *	KVDEV_ACT_CONFIG_READ
 * @field: out: name of the register, for the trace; never NULL
 */
struct kvdev_reg_access {
	u32 offset;
	u32 len;
	bool write;
	u64 value;
	u16 queue;
	u32 config_offset;
	const char *field;
};

/**
 * struct kvdev_pci_layout - where virtio-pci structures are in the window
 * @common: offset of the common configuration
 * @notify: offset of the first doorbell
 * @notify_multiplier: bytes between doorbells, 0: one for all
 * @isr: offset of the ISR byte
 * @device: offset of the device-specific configuration
 * @size: bytes of the window
 * @common_len: bytes of the common configuration
 * @notify_len: bytes of all doorbells
 * @isr_len: bytes of the ISR structure
 * @device_len: bytes of the device-specific configuration
 */
struct kvdev_pci_layout {
	u32 common;
	u32 notify;
	u32 notify_multiplier;
	u32 isr;
	u32 device;
	u32 size;
	u32 common_len;
	u32 notify_len;
	u32 isr_len;
	u32 device_len;
};

/*
 * The registers, whatever offset a transport gives them.
 *
 * Names as in the common configuration structure, virtio 1.3, 4.1.4.3.
 */
enum kvdev_reg {
	KVDEV_REG_DEVICE_FEATURE_SELECT,
	KVDEV_REG_DEVICE_FEATURE,
	KVDEV_REG_DRIVER_FEATURE_SELECT,
	KVDEV_REG_DRIVER_FEATURE,
	KVDEV_REG_CONFIG_VECTOR,
	KVDEV_REG_NUM_QUEUES,
	KVDEV_REG_STATUS,
	KVDEV_REG_CONFIG_GENERATION,
	KVDEV_REG_QUEUE_SELECT,
	KVDEV_REG_QUEUE_SIZE,
	KVDEV_REG_QUEUE_VECTOR,
	KVDEV_REG_QUEUE_ENABLE,
	KVDEV_REG_QUEUE_NOTIFY_OFF,
	KVDEV_REG_QUEUE_DESC,
	KVDEV_REG_QUEUE_DRIVER,
	KVDEV_REG_QUEUE_DEVICE,
	KVDEV_REG_QUEUE_NOTIFY_DATA,
	KVDEV_REG_QUEUE_RESET,
};

/* regs.c: what all transports share */
struct kvdev_queue_regs *kvdev_regs_queue(const struct kvdev_regs *regs);
void kvdev_regs_reset(struct kvdev_regs *regs);
void kvdev_regs_reset_queue(struct kvdev_queue_regs *queue);
u32 kvdev_regs_disable(struct kvdev_regs *regs, struct kvdev_reg_access *acc);
u64 kvdev_regs_read(const struct kvdev_regs *regs, enum kvdev_reg reg);
u32 kvdev_regs_write(struct kvdev_regs *regs, enum kvdev_reg reg, u64 value,
		     struct kvdev_reg_access *acc);
bool kvdev_regs_select(struct kvdev_regs *regs, bool legacy);
u64 kvdev_regs_read_config(const struct kvdev_regs *regs, u32 offset, u32 len);
u32 kvdev_regs_access_config(struct kvdev_regs *regs, u32 offset,
			     struct kvdev_reg_access *acc);
u32 kvdev_regs_begin(struct kvdev_reg_access *acc);

/* pci_modern.c: virtio 1.3, 4.1.4 */
int kvdev_pci_layout_default(struct kvdev_pci_layout *layout,
			     const struct kvdev_regs *regs);
int kvdev_pci_layout_check(struct kvdev_pci_layout *layout,
			   const struct kvdev_regs *regs);
bool kvdev_pci_has_queue_reset(const struct kvdev_pci_layout *layout);
u32 kvdev_pci_modern_access(struct kvdev_regs *regs,
			    const struct kvdev_pci_layout *layout,
			    struct kvdev_reg_access *acc);

/* legacy.c: virtio before 1.0, what its two transports share */
#define KVDEV_LEGACY_ALIGN	4096	/* virtio 1.3, 2.7.2, 4.1.5.1.3.1 */

u64 kvdev_legacy_offered(const struct kvdev_regs *regs);
u32 kvdev_legacy_write_features(struct kvdev_regs *regs, u32 value);
u32 kvdev_legacy_read_pfn(const struct kvdev_regs *regs);
u32 kvdev_legacy_write_pfn(struct kvdev_regs *regs, u32 pfn, u32 page_size,
			   struct kvdev_reg_access *acc);
u32 kvdev_legacy_write_status(struct kvdev_regs *regs, u8 value,
			      struct kvdev_reg_access *acc);

/* pci_legacy.c: virtio 1.3, 4.1.4.10 */
#define KVDEV_PCI_LEGACY_NOTIFY	16	/* offset of the only doorbell */

u32 kvdev_pci_legacy_size(const struct kvdev_regs *regs);
u32 kvdev_pci_legacy_access(struct kvdev_regs *regs,
			    struct kvdev_reg_access *acc);

/* mmio.c: virtio 1.3, 4.2.2, 4.2.4 */
#define KVDEV_MMIO_NOTIFY	0x50	/* offset of the only doorbell */

u32 kvdev_mmio_size(const struct kvdev_regs *regs);
u32 kvdev_mmio_access(struct kvdev_regs *regs, u32 version,
		      struct kvdev_reg_access *acc);

/**
 * struct kvdev_pci_ids - what a PCI function is
 * @vendor: of the device
 * @device: of the vendor's
 * @sub_vendor: subsystem vendor
 * @sub_device: subsystem
 * @class: 24 bits
 * @revision: of the device
 */
struct kvdev_pci_ids {
	u16 vendor;
	u16 device;
	u16 sub_vendor;
	u16 sub_device;
	u32 class;
	u8 revision;
};

/**
 * struct kvdev_pci_caps - the virtio capabilities in configuration space
 * @bar: in: BAR of the window
 * @first: in: offset in configuration space of the first one
 * @next: in: of what follows the last one
 * @order: in: types, filled up with 0; all 0: the usual
 * @pci_cfg: out: offset of the one that is a window, 0: there is none
 * @len: out: bytes of @bytes
 * @bytes: out
 */
struct kvdev_pci_caps {
	u32 bar;
	u32 first;
	u32 next;
	u8 order[8];
	u32 pci_cfg;
	u32 len;
	u8 bytes[128];
};

/**
 * struct kvdev_pci_cfg - the window in configuration space, virtio 1.3, 4.1.4.9
 * @window_bar: BAR of the register window
 * @bar: as the driver wrote it
 * @offset: the same
 * @length: the same
 * @data: pci_cfg_data
 */
struct kvdev_pci_cfg {
	u8 window_bar;
	u8 bar;
	u32 offset;
	u32 length;
	u32 data;
};

/* pci_config.c */
void kvdev_pci_ids_default(struct kvdev_pci_ids *ids, u32 device_id,
			   bool transitional);
int kvdev_pci_caps_build(struct kvdev_pci_caps *caps,
			 const struct kvdev_pci_layout *layout);
u32 kvdev_pci_cfg_begin(struct kvdev_pci_cfg *cfg,
			struct kvdev_reg_access *acc,
			struct kvdev_reg_access *inner);
void kvdev_pci_cfg_end(struct kvdev_pci_cfg *cfg, struct kvdev_reg_access *acc,
		       const struct kvdev_reg_access *inner);

#endif /* KVDEV_TRANSPORT_REGS_H */
