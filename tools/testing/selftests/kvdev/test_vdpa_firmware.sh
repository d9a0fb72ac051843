#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# QEMU's firmware boots a stock guest from a disk on the vDPA bus: SeaBIOS reads
# the boot loader from it, that one the kernel, which has its root there. The
# guest reboots once, which goes through the firmware again, and powers off.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$here/vdpa.sh"
need qemu-system-x86_64 sfdisk mkfs.vfat mcopy syslinux
for mbr in /usr/lib/{syslinux,SYSLINUX}/{mbr/,}mbr.bin ''; do [[ ! -e $mbr ]] || break; done
[[ $mbr ]] || skip "no mbr.bin of syslinux"
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

# A partition for the boot loader from 1 MiB, one for the root from 65 MiB.
cat >syslinux.cfg <<'END_CFG'
SERIAL 0 115200
DEFAULT linux
LABEL linux
	KERNEL vmlinuz
	APPEND initrd=initrd console=ttyS0 quiet panic=-1 root=/dev/vda2 rw
END_CFG
size=$(stat -c %s "$GUEST/root.img")
truncate -s $((size + (66 << 20))) disk.img
printf '2048,131072,e,*\n133120,%d,83\n' $((size / 512)) | sfdisk -q disk.img
dd if="$mbr" of=disk.img bs=440 count=1 conv=notrunc status=none
truncate -s 64M boot.fat
mkfs.vfat -F 16 -h 2048 boot.fat
mcopy -i boot.fat "$GUEST/vmlinuz" initrd syslinux.cfg ::
syslinux --install boot.fat
dd if=boot.fat of=disk.img bs=1M seek=1 conv=notrunc,sparse status=none
rm boot.fat
dd if="$GUEST/root.img" of=disk.img bs=1M seek=65 conv=notrunc,sparse status=none

on_bus blk "$n" --file disk.img --queues 2
start_qemu 512 -device vhost-vdpa-device-pci,vhostdev="$(node "$n")"
wait_qemu
same "$(grep -ac 'Booting from Hard Disk' console)" 2 "boots through firmware"
grep -aq SYSLINUX console || fail "no boot loader was read from the disk"
same "$(said first)" /dev/vda2 "root"

"$ctl" -j stats >stats.json
check_stats
"$ctl" delete "$n" --vdpa
dd if=disk.img of=root.img bs=1M skip=65 conv=sparse status=none
truncate -s "$size" root.img
clean_fs root.img
same "$(said second)" "$(debugfs -R 'cat /data' root.img 2>/dev/null | sha256sum)" "data"
