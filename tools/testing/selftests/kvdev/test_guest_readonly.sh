#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A read-only disk, by option and by the mode of the file, can be read and
# mounted; writes fail and change nothing.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

mkdir tree
echo "something to read" >tree/file
mke2fs -q -t ext4 -d tree disk.img 16M
before=$(sha256sum <disk.img)

guest --disk file=disk.img,ro <<'END'
[ "$(blockdev --getro /dev/vdb)" = 1 ]
[ "$(cat /sys/block/vdb/ro)" = 1 ]
mkdir /tmp/m
mount -t ext4 -o ro,noload /dev/vdb /tmp/m
[ "$(cat /tmp/m/file)" = "something to read" ]
! echo x >/tmp/m/file
umount /tmp/m
# The driver refuses by itself; the device has tests of its own.
! dd if=/dev/zero of=/dev/vdb bs=4k count=1 oflag=direct 2>/dev/null
! blockdev --setrw /dev/vdb || ! dd if=/dev/zero of=/dev/vdb bs=4k count=1 oflag=direct 2>/dev/null
END
same "$(sha256sum <disk.img)" "$before" "image"
