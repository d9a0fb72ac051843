// SPDX-License-Identifier: GPL-2.0
/*
 * What the KUnit module imports. Linked into the module only if the kernel has
 * KUnit, so that a shipped build exports none of it.
 */
#include <linux/export.h>

#include "../compat/compat.h"
#include "../mem_table.h"
#include "../ring/ring.h"
#include "../transport/regs.h"

EXPORT_SYMBOL_NS_GPL(kvdev_mem_table_sort, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_mem_translate, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_ring_check, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_ring_area_sizes, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_ring_activate, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_ring_avail_base, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_chain_init, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_chain_add, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_chain_fetch_table, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_regs_reset, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_regs_read_config, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_layout_default, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_layout_check, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_modern_access, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_legacy_size, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_pci_legacy_access, KVDEV_NS);
