// SPDX-License-Identifier: GPL-2.0
/*
 * What the KUnit module of kvdev_net imports, see exports.c.
 */
#include <linux/export.h>

#include "../compat/compat.h"
#include "../device/net/ctrl.h"
#include "../device/net/dhcp.h"
#include "../device/net/feature.h"
#include "../device/net/hdr.h"

EXPORT_SYMBOL_NS_GPL(kvdev_net_fold, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_features_fit, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_net_hdr_len, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_hdr_tx, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_hdr_rx, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_net_mac, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_put_mac, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_macs_set, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_vlan_set, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_filter_reset, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_filter_rx, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_filter_tx, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_net_rss_set_key, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_rss_hash, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_rss_pair, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_net_state_reset, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_state_vq_disabled, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_net_ctrl, KVDEV_NS);

EXPORT_SYMBOL_NS_GPL(kvdev_dhcp_candidate, KVDEV_NS);
EXPORT_SYMBOL_NS_GPL(kvdev_dhcp_answer, KVDEV_NS);
