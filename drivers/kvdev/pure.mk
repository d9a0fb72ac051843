# SPDX-License-Identifier: GPL-2.0
#
# Code that reads bytes the guest or an image chose. It includes nothing but
# pure.h and its own headers, so the kernel, the user space unit tests and the
# fuzzers all build the same files from this list.

kvdev-pure-y := mem_table.o ring/ring.o ring/chain.o ring/split.o ring/packed.o \
		transport/regs.o transport/pci_modern.o \
		transport/legacy.o transport/pci_legacy.o \
		transport/mmio.o transport/pci_config.o
kvdev-pure-y += device/scsi/cdb.o device/scsi/table.o device/scsi/lu.o \
		device/scsi/sense.o device/scsi/spc.o device/scsi/vpd.o \
		device/scsi/mode.o device/scsi/pr.o device/scsi/sbc.o \
		device/scsi/mmc.o device/scsi/disc.o
kvdev-pure-y += device/vmmci_cmd.o device/blk_range.o

# Those of kvdev_net
kvdev-net-pure-y := device/net/feature.o device/net/hdr.o device/net/filter.o \
		    device/net/rss.o device/net/ctrl.o device/net/dhcp.o
