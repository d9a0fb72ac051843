#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# QEMU's firmware boots a stock guest from a disk on the vDPA bus: SeaBIOS reads
# the boot loader from it, that one the kernel, which has its root there. The
# guest reboots once, which goes through the firmware again, and powers off.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$here/vdpa.sh"
# shellcheck source=tools/testing/selftests/kvdev/boot_disk.sh
. "$here/boot_disk.sh"
need qemu-system-x86_64
kernels=$GUEST
bus vhost_vdpa virtio_vdpa
n=firmware-$$

# Whatever goes wrong, the guest does not reboot forever.
guest_script <<'END_GUEST'
trap 'echo "GUEST-EXIT: $?"; poweroff -f' EXIT
if [ ! -e /first-boot ]; then
	echo "first: $(sed -n 's|^\(/dev/[^ ]*\) / .*|\1|p' /proc/mounts)"
	head -c 1048576 /dev/urandom >/data
	sha256sum </data >/first-boot
	sync
	mount -o remount,ro /
	reboot -f
fi
[ "$(cat /first-boot)" = "$(sha256sum </data)" ]
echo "second: $(cat /first-boot)"
sync
mount -o remount,ro /
END_GUEST

boot_disk /dev/vda2
on_bus blk "$n" --file disk.img --queues 2
start_qemu 512 -d cpu_reset -D resets -device vhost-vdpa-device-pci,vhostdev="$(node "$n")"
wait_qemu
# More would be resets nobody asked for; where the processor was then:
boots=$(grep -ac 'Booting from Hard Disk' console)
(( boots == 2 )) || grep -a -A12 '^CPU Reset (CPU 0)' resets >&3
same "$boots" 2 "boots through firmware"
grep -aq SYSLINUX console || fail "no boot loader was read from the disk"
same "$(said first)" /dev/vda2 "root"

"$ctl" -j stats >stats.json
check_stats
"$ctl" delete "$n" --vdpa
dd if=disk.img of=root.img bs=1M skip=65 conv=sparse status=none
truncate -s "$size" root.img
clean_fs root.img
same "$(said second)" "$(debugfs -R 'cat /data' root.img 2>/dev/null | sha256sum)" "data"
