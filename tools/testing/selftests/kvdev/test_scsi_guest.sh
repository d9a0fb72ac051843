#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# QEMU's firmware boots a stock guest from a SCSI device on the vDPA bus: first
# from its CD-ROM, where the guest finds every file as it was, changes the disc and
# sees a disk come and go; then from its disk, where the guest has its root and
# fio verifies. The host finds the same bytes.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$here/vdpa.sh"
# shellcheck source=tools/testing/selftests/kvdev/boot_disk.sh
. "$here/boot_disk.sh"
need qemu-system-x86_64 xorriso
isolinux=/usr/lib/ISOLINUX/isolinux.bin
ldlinux=/usr/lib/syslinux/modules/bios/ldlinux.c32
[[ -e $isolinux && -e $ldlinux ]] || skip "no isolinux"
bus vhost_vdpa virtio_vdpa
n=scsi-$$
# What the guest said, if it does not end well.
at_end '[[ ! -e console.raw ]] || tail -c 4000 console.raw >&3'

# Booted from the disc it has no root, but all modules of its initramfs.
guest_script <<'END_GUEST'
trap 'echo "GUEST-EXIT: $?"; poweroff -f' EXIT
soon() {
	tries=0
	until "$@" 2>/dev/null; do
		[ $tries -lt 1200 ] || { echo "in vain: $*"; exit 1; }
		sleep 0.1
		tries=$((tries + 1))
	done
}
if grep -q ' / ext4 ' /proc/mounts; then
	echo "booted: $(sed -n 's|^\(/dev/[^ ]*\) / .*|\1|p' /proc/mounts)"
	mkdir -p /var/fio
	fio --name=v --directory=/var/fio --numjobs=2 --size=8m --direct=1 --ioengine=libaio \
		--iodepth=32 --rw=randrw --bsrange=512-1m --blockalign=512 \
		--verify=crc32c --verify_fatal=1 --minimal >/tmp/out || { cat /tmp/out; exit 1; }
	for f in /var/fio/v.*; do echo "${f##*/}: $(sha256sum <$f)"; done
	sync
	mount -o remount,ro /
	exit 0
fi
echo "booted: disc"
[ ! -d "/lib/modules/$(uname -r)" ] || modprobe isofs
disc() { mount -t iso9660 -o ro /dev/sr0 /mnt; }
empty() { ! dd if=/dev/sr0 of=/dev/null bs=2048 count=1; }
soon disc
(cd /mnt && sha256sum -c sums) | sed 's/^/file: /'
umount /mnt
echo "drive: take it"
soon empty
echo "drive: empty"
soon disc
(cd /mnt && sha256sum -c sums) | sed 's/^/second: /'
umount /mnt
echo "bus: waits"
soon dd if=/dev/sdb of=/dev/null count=1
echo "plugged: $(sha256sum </dev/sdb)"
soon [ ! -e /dev/sdb ]
echo "bus: unplugged"
END_GUEST

mkdir -p disc/isolinux second
cp "$isolinux" "$ldlinux" disc/isolinux/
cp "$kernels/vmlinuz" initrd disc/
for i in 1 2 3 4 5; do head -c $((i * 100003)) /dev/urandom >disc/file$i; done
(cd disc && sha256sum file* vmlinuz >sums)
cat >disc/isolinux/isolinux.cfg <<'END_CFG'
SERIAL 0 115200
DEFAULT linux
LABEL linux
	KERNEL /vmlinuz
	APPEND initrd=/initrd console=ttyS0 quiet panic=-1
END_CFG
xorriso -as mkisofs -quiet -R -J -o disc.iso -b isolinux/isolinux.bin -c isolinux/boot.cat \
	-no-emul-boot -boot-load-size 4 -boot-info-table disc 2>/dev/null
head -c 300000 /dev/urandom >second/other
(cd second && sha256sum other >sums)
xorriso -as mkisofs -quiet -R -o second.iso second 2>/dev/null
rm -r disc second
head -c 1M /dev/urandom >more.img
boot_disk /dev/sda2

on_bus scsi "$n" --queues 2
"$ctl" lun add "$n" 0:0 --disk --file disk.img
"$ctl" lun add "$n" 1:0 --cdrom --file disc.iso
# boot ORDER: from CD-ROM (d) or disk (c)
boot() { start_qemu 512 -no-reboot -boot "$1" -device vhost-vdpa-device-pci,vhostdev="$(node "$n")"; }

step "from the disc"
boot d
wait_for 300 console_has '^drive: take it'
# The drive is locked while the guest looks at the disc.
wait_for 300 "$ctl" media "$n" 1:0 --eject
wait_for 300 console_has '^drive: empty'
"$ctl" media "$n" 1:0 --file second.iso
wait_for 300 console_has '^bus: waits'
"$ctl" lun add "$n" 2:0 --disk --file more.img
wait_for 300 console_has '^plugged: '
"$ctl" lun del "$n" 2:0
wait_qemu
grep -aq 'Booting from DVD/CD' console || fail "not from the disc"
same "$(said booted)" disc "booted"
same "$(grep -c '^file: .*: OK$' console)" 6 "files of the disc"
same "$(said second)" "other: OK" "files of the second disc"
same "$(said plugged)" "$(sha256sum <more.img)" "disk that came"
same "$(grep -c '^bus: unplugged' console)" 1 "disk that went"

step "from the disk"
boot c
wait_qemu
grep -aq 'Booting from Hard Disk' console || fail "not from the disk"
same "$(said booted)" /dev/sda2 "booted"

"$ctl" -j stats >stats.json
may_have_errors=1 check_stats
! grep -Eo '"(violations|dev_needs_reset)": *[1-9][0-9]*' stats.json || fail "a stock guest broke the protocol"
"$ctl" delete "$n" --vdpa
dd if=disk.img of=root.img bs=1M skip=65 conv=sparse status=none
truncate -s "$size" root.img
clean_fs root.img
for i in 0 1; do
	same "$(said "v.$i.0")" "$(debugfs -R "cat /var/fio/v.$i.0" root.img 2>/dev/null | sha256sum)" "v.$i.0"
done
