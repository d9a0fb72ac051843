// SPDX-License-Identifier: GPL-2.0
/*
 * What the KUnit module imports. Linked into the module only if the kernel has
 * KUnit, so that a shipped build exports none of it.
 */
#include <linux/export.h>

#include "../compat/compat.h"
#include "../core.h"
#include "../device/blk_range.h"
#include "../device/scsi/cdb.h"
#include "../device/vmmci_cmd.h"
#include "../mem_table.h"
#include "../ring/ring.h"
#include "../transport/regs.h"

EXPORT_SYMBOL_NS_GPL(kvdev_mem_table_sort, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_mem_translate, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_ring_check, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_ring_area_sizes, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_ring_activate, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_ring_save, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_ring_set_base, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_ring_base, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_chain_init, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_chain_add, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_chain_fetch_table, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_regs_reset, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_regs_reset_queue, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_has_queue_reset, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_regs_read_config, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_layout_default, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_layout_check, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_modern_access, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_legacy_size, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_legacy_access, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_mmio_size, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_mmio_access, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_ids_default, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_caps_build, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_cfg_begin, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_cfg_end, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_blk_ranges_check, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_blk_ranges_next, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_scsi_ops, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_nr_ops, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_find_op, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_op_there, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_cdb_len, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_parse, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_params, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_pr_join, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_pr_leave, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_pr_news, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_fail, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_build_sense, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_unmap_range, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lba_status, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_luns_wanted, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_luns_header, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lun_entry, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lu_init, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lu_insert, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lu_remove, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lu_resize, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lu_eject_request, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lu_reset, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lu_nexus_loss, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_scsi_lu_attention, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_signal_config, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_signal_vq, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_vmmci_send, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_vmmci_cancel, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_vmmci_write, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_vmmci_answer, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_vmmci_driver_reset, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_vmmci_expire, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_vmmci_takes_time, KVDEV_NS);
