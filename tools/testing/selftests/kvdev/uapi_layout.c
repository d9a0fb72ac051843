// SPDX-License-Identifier: GPL-2.0
/*
 * The layout of the ABI, for good: the build fails if it changes. Compiled as
 * C and C++, for 64 and, if the compiler can, for 32 bits.
 */
#include <stddef.h>

#include <linux/kvdev_net.h>
#include <linux/kvdev_scsi.h>
#include <linux/kvdev_transport.h>
#include <linux/kvdev_vmmci.h>

#ifdef __cplusplus
#define CHECK(x)	static_assert(x, #x)
#else
#define CHECK(x)	_Static_assert(x, #x)
#endif
#define SIZE(type, size)	CHECK(sizeof(struct type) == (size))
#define AT(type, field, offset)	CHECK(offsetof(struct type, field) == (offset))

SIZE(kvdev_info, 40);
AT(kvdev_info, size, 0);
AT(kvdev_info, flags, 4);
AT(kvdev_info, api_version, 8);
AT(kvdev_info, max_queues, 12);
AT(kvdev_info, device_types, 16);
AT(kvdev_info, transports, 24);
AT(kvdev_info, formats, 32);

SIZE(kvdev_create, 88);
AT(kvdev_create, flags, 4);
AT(kvdev_create, device_id, 8);
AT(kvdev_create, nr_queues, 12);
AT(kvdev_create, queue_size, 16);
AT(kvdev_create, __reserved, 20);
AT(kvdev_create, features, 24);
AT(kvdev_create, name, 32);
AT(kvdev_create, features_hi, 64);
AT(kvdev_create, uid, 72);
AT(kvdev_create, gid, 76);
AT(kvdev_create, mode, 80);
AT(kvdev_create, __reserved2, 84);

SIZE(kvdev_name, 40);
AT(kvdev_name, flags, 4);
AT(kvdev_name, name, 8);

SIZE(kvdev_permissions, 56);
AT(kvdev_permissions, flags, 4);
AT(kvdev_permissions, uid, 8);
AT(kvdev_permissions, gid, 12);
AT(kvdev_permissions, mode, 16);
AT(kvdev_permissions, __reserved, 20);
AT(kvdev_permissions, name, 24);

SIZE(kvdev_next, 496);
AT(kvdev_next, flags, 4);
AT(kvdev_next, id, 8);
AT(kvdev_next, device_id, 12);
AT(kvdev_next, nr_queues, 16);
AT(kvdev_next, queue_size, 20);
AT(kvdev_next, use, 24);
AT(kvdev_next, use_pid, 28);
AT(kvdev_next, offered, 32);
AT(kvdev_next, accepted, 40);
AT(kvdev_next, status, 48);
AT(kvdev_next, format, 52);
AT(kvdev_next, capacity, 56);
AT(kvdev_next, block_size, 64);
AT(kvdev_next, read_only, 68);
AT(kvdev_next, name, 72);
AT(kvdev_next, use_comm, 104);
AT(kvdev_next, backing, 120);
AT(kvdev_next, uid, 376);
AT(kvdev_next, gid, 380);
AT(kvdev_next, mode, 384);
AT(kvdev_next, may, 388);
AT(kvdev_next, trouble_errno, 392);
AT(kvdev_next, trouble, 396);

SIZE(kvdev_set_backend, 48);
AT(kvdev_set_backend, flags, 4);
AT(kvdev_set_backend, fd, 8);
AT(kvdev_set_backend, format, 12);
AT(kvdev_set_backend, block_size, 16);
AT(kvdev_set_backend, __reserved, 20);
AT(kvdev_set_backend, serial, 24);
AT(kvdev_set_backend, __reserved2, 44);

SIZE(kvdev_get_stats, 128);
AT(kvdev_get_stats, flags, 4);
AT(kvdev_get_stats, queue, 8);
AT(kvdev_get_stats, __reserved, 12);
AT(kvdev_get_stats, kicks, 16);
AT(kvdev_get_stats, chains, 24);
AT(kvdev_get_stats, completions, 32);
AT(kvdev_get_stats, completions_inplace, 40);
AT(kvdev_get_stats, signals, 48);
AT(kvdev_get_stats, signals_suppressed, 56);
AT(kvdev_get_stats, bytes_readable, 64);
AT(kvdev_get_stats, bytes_writable, 72);
AT(kvdev_get_stats, errors, 80);
AT(kvdev_get_stats, violations, 88);
AT(kvdev_get_stats, dev_resets, 96);
AT(kvdev_get_stats, dev_needs_reset, 104);
AT(kvdev_get_stats, dev_ignored_accesses, 112);
AT(kvdev_get_stats, signals_held, 120);

SIZE(kvdev_bind_transport, 64);
AT(kvdev_bind_transport, type, 8);
AT(kvdev_bind_transport, nr_vectors, 12);
AT(kvdev_bind_transport, common_offset, 16);
AT(kvdev_bind_transport, notify_offset, 20);
AT(kvdev_bind_transport, notify_multiplier, 24);
AT(kvdev_bind_transport, isr_offset, 28);
AT(kvdev_bind_transport, device_offset, 32);
AT(kvdev_bind_transport, bar_size, 36);
AT(kvdev_bind_transport, common_len, 40);
AT(kvdev_bind_transport, notify_len, 44);
AT(kvdev_bind_transport, isr_len, 48);
AT(kvdev_bind_transport, device_len, 52);
AT(kvdev_bind_transport, legacy_size, 56);
AT(kvdev_bind_transport, __reserved, 60);

SIZE(kvdev_access, 32);
AT(kvdev_access, flags, 4);
AT(kvdev_access, offset, 8);
AT(kvdev_access, len, 12);
AT(kvdev_access, space, 16);
AT(kvdev_access, __reserved, 20);
AT(kvdev_access, value, 24);

SIZE(kvdev_set_vector, 16);
AT(kvdev_set_vector, flags, 4);
AT(kvdev_set_vector, vector, 8);
AT(kvdev_set_vector, fd, 12);

SIZE(kvdev_set_line, 16);
AT(kvdev_set_line, flags, 4);
AT(kvdev_set_line, fd, 8);
AT(kvdev_set_line, resample_fd, 12);

SIZE(kvdev_pci_state, 32);
AT(kvdev_pci_state, flags, 4);
AT(kvdev_pci_state, state, 8);
AT(kvdev_pci_state, isr, 12);
AT(kvdev_pci_state, pending, 16);

SIZE(kvdev_pci_config, 188);
AT(kvdev_pci_config, flags, 4);
AT(kvdev_pci_config, bar, 8);
AT(kvdev_pci_config, first, 12);
AT(kvdev_pci_config, next, 16);
AT(kvdev_pci_config, order, 20);
AT(kvdev_pci_config, vendor_id, 28);
AT(kvdev_pci_config, device_id, 32);
AT(kvdev_pci_config, subsystem_vendor_id, 36);
AT(kvdev_pci_config, subsystem_id, 40);
AT(kvdev_pci_config, class_code, 44);
AT(kvdev_pci_config, revision, 48);
AT(kvdev_pci_config, pci_cfg, 52);
AT(kvdev_pci_config, caps_len, 56);
AT(kvdev_pci_config, caps, 60);

SIZE(kvdev_get_doorbell, 32);
AT(kvdev_get_doorbell, flags, 4);
AT(kvdev_get_doorbell, space, 8);
AT(kvdev_get_doorbell, queue, 12);
AT(kvdev_get_doorbell, offset, 16);
AT(kvdev_get_doorbell, len, 20);
AT(kvdev_get_doorbell, match, 24);
AT(kvdev_get_doorbell, value, 28);

SIZE(kvdev_event, 32);
AT(kvdev_event, size, 0);
AT(kvdev_event, type, 4);
AT(kvdev_event, value, 8);
AT(kvdev_event, __reserved, 12);
AT(kvdev_event, count, 16);
AT(kvdev_event, time_ns, 24);

SIZE(kvdev_vmmci_cmd, 24);
AT(kvdev_vmmci_cmd, flags, 4);
AT(kvdev_vmmci_cmd, command, 8);
AT(kvdev_vmmci_cmd, ack_timeout_ms, 12);
AT(kvdev_vmmci_cmd, stop_timeout_ms, 16);
AT(kvdev_vmmci_cmd, __reserved, 20);

SIZE(kvdev_scsi_add_lun, 104);
AT(kvdev_scsi_add_lun, flags, 4);
AT(kvdev_scsi_add_lun, target, 8);
AT(kvdev_scsi_add_lun, lun, 12);
AT(kvdev_scsi_add_lun, type, 16);
AT(kvdev_scsi_add_lun, fd, 20);
AT(kvdev_scsi_add_lun, format, 24);
AT(kvdev_scsi_add_lun, block_size, 28);
AT(kvdev_scsi_add_lun, vendor, 32);
AT(kvdev_scsi_add_lun, product, 40);
AT(kvdev_scsi_add_lun, revision, 56);
AT(kvdev_scsi_add_lun, serial, 60);
AT(kvdev_scsi_add_lun, wwn, 96);

SIZE(kvdev_scsi_lun, 16);
AT(kvdev_scsi_lun, flags, 4);
AT(kvdev_scsi_lun, target, 8);
AT(kvdev_scsi_lun, lun, 12);

SIZE(kvdev_scsi_set_media, 24);
AT(kvdev_scsi_set_media, flags, 4);
AT(kvdev_scsi_set_media, target, 8);
AT(kvdev_scsi_set_media, lun, 12);
AT(kvdev_scsi_set_media, fd, 16);
AT(kvdev_scsi_set_media, format, 20);

SIZE(kvdev_scsi_next_lun, 368);
AT(kvdev_scsi_next_lun, flags, 4);
AT(kvdev_scsi_next_lun, target, 8);
AT(kvdev_scsi_next_lun, lun, 12);
AT(kvdev_scsi_next_lun, type, 16);
AT(kvdev_scsi_next_lun, block_size, 20);
AT(kvdev_scsi_next_lun, state, 24);
AT(kvdev_scsi_next_lun, __reserved, 28);
AT(kvdev_scsi_next_lun, blocks, 32);
AT(kvdev_scsi_next_lun, wwn, 40);
AT(kvdev_scsi_next_lun, vendor, 48);
AT(kvdev_scsi_next_lun, product, 56);
AT(kvdev_scsi_next_lun, revision, 72);
AT(kvdev_scsi_next_lun, serial, 76);
AT(kvdev_scsi_next_lun, backing, 112);

CHECK(KVDEV_GET_INFO == 0xd500);
CHECK(KVDEV_CREATE == 0xd501);
CHECK(KVDEV_SET_BACKEND == 0xd502);
CHECK(KVDEV_GET_STATS == 0xd503);
CHECK(KVDEV_BIND_TRANSPORT == 0xd510);
CHECK(KVDEV_ACCESS == 0xd511);
CHECK(KVDEV_SET_VECTOR == 0xd512);
CHECK(KVDEV_VMMCI_CMD == 0xd540);
CHECK(KVDEV_DEVICE_VMMCI == 0xffff);
CHECK(KVDEV_TYPE_BIT_VMMCI == 63);
CHECK(KVDEV_VMMCI_SHUTDOWN == 1);
CHECK(KVDEV_VMMCI_REBOOT == 2);
CHECK(KVDEV_VMMCI_SYNCRTC == 3);
CHECK(KVDEV_EVENT_NEEDS_RESET == 1);
CHECK(KVDEV_EVENT_RELEASED == 2);
CHECK(KVDEV_EVENT_SCSI_TRAY == 9);
CHECK(KVDEV_EVENT_VMMCI_ACK == 3);
CHECK(KVDEV_EVENT_VMMCI_DONE == 4);
CHECK(KVDEV_EVENT_VMMCI_GUEST_SHUTDOWN == 5);
CHECK(KVDEV_EVENT_VMMCI_GUEST_REBOOT == 6);
CHECK(KVDEV_EVENT_VMMCI_ACK_TIMEOUT == 7);
CHECK(KVDEV_EVENT_VMMCI_STOP_TIMEOUT == 8);
CHECK(KVDEV_SCSI_ADD_LUN == 0xd530);
CHECK(KVDEV_SCSI_REMOVE_LUN == 0xd531);
CHECK(KVDEV_SCSI_SET_MEDIA == 0xd532);
CHECK(KVDEV_SCSI_RESIZE_LUN == 0xd533);
CHECK(KVDEV_SCSI_NEXT_LUN == 0xd534);
CHECK(KVDEV_FORMAT_RAW == 1);
CHECK(KVDEV_TRANSPORT_PCI_MODERN == 1);
CHECK(KVDEV_BACKEND_RDONLY == 1);
CHECK(KVDEV_BACKEND_NO_DISCARD == 2);
CHECK(KVDEV_ACCESS_WRITE == 1);
CHECK(KVDEV_SERIAL_LEN == 20);

SIZE(kvdev_net_attach, 24);
AT(kvdev_net_attach, flags, 4);
AT(kvdev_net_attach, pair, 8);
AT(kvdev_net_attach, fd, 12);
AT(kvdev_net_attach, ifindex, 16);
AT(kvdev_net_attach, __reserved, 20);

SIZE(kvdev_net_config, 68);
AT(kvdev_net_config, flags, 4);
AT(kvdev_net_config, set, 8);
AT(kvdev_net_config, link, 12);
AT(kvdev_net_config, link_up, 16);
AT(kvdev_net_config, speed, 20);
AT(kvdev_net_config, mtu, 24);
AT(kvdev_net_config, busy_poll, 28);
AT(kvdev_net_config, duplex, 32);
AT(kvdev_net_config, locked_mac, 33);
AT(kvdev_net_config, mac, 34);
AT(kvdev_net_config, host_mac, 40);
AT(kvdev_net_config, hash, 46);
AT(kvdev_net_config, announcing, 47);
AT(kvdev_net_config, ifname, 48);
AT(kvdev_net_config, split_workers, 64);
AT(kvdev_net_config, __reserved, 65);

SIZE(kvdev_net_get_stats, 160);
AT(kvdev_net_get_stats, flags, 4);
AT(kvdev_net_get_stats, queue, 8);
AT(kvdev_net_get_stats, packets, 16);
AT(kvdev_net_get_stats, bytes, 24);
AT(kvdev_net_get_stats, waits, 32);
AT(kvdev_net_get_stats, drop_short, 40);
AT(kvdev_net_get_stats, drop_long, 48);
AT(kvdev_net_get_stats, drop_csum, 56);
AT(kvdev_net_get_stats, drop_gso_type, 64);
AT(kvdev_net_get_stats, drop_gso_size, 72);
AT(kvdev_net_get_stats, drop_spoofed, 80);
AT(kvdev_net_get_stats, drop_foreign, 88);
AT(kvdev_net_get_stats, drop_vlan, 96);
AT(kvdev_net_get_stats, drop_address, 104);
AT(kvdev_net_get_stats, drop_queue, 112);
AT(kvdev_net_get_stats, drop_buffer, 120);
AT(kvdev_net_get_stats, drop_link, 128);
AT(kvdev_net_get_stats, drop_tap, 136);
AT(kvdev_net_get_stats, drop_memory, 144);
AT(kvdev_net_get_stats, drop_backlog, 152);

SIZE(kvdev_net_local, 272);
AT(kvdev_net_local, flags, 4);
AT(kvdev_net_local, addr, 8);
AT(kvdev_net_local, hostname, 16);
AT(kvdev_net_local, boot_file, 80);
AT(kvdev_net_local, tftp_server, 208);
