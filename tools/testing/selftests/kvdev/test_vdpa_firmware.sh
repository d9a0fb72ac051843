#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# QEMU's firmware boots a stock guest from a disk on the vDPA bus: SeaBIOS reads
# the boot loader from it, that one the kernel, which has its root there. The
# guest reboots once, which goes through the firmware again, and powers off.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

ctl=''
for c in "${KVDEVCTL:-}" /lab/build/kvdevctl/kvdevctl \
	"$here/../../../../build/kvdevctl/kvdevctl" "$(type -P kvdevctl || true)"; do
	if [[ -x $c ]]; then ctl=$(readlink -f "$c"); break; fi
done
[[ $ctl ]] || skip "no kvdevctl: make -C tools/kvdevctl"
for c in qemu-system-x86_64 sfdisk mkfs.vfat mcopy syslinux; do
	type -P $c >/dev/null || skip "no $c"
done
for mbr in /usr/lib/{syslinux,SYSLINUX}/{mbr/,}mbr.bin ''; do [[ ! -e $mbr ]] || break; done
[[ $mbr ]] || skip "no mbr.bin of syslinux"
modprobe -q -a kvdev_vdpa vhost_vdpa || skip "no vhost_vdpa in this kernel"
modprobe -q -r virtio_vdpa || true

n=firmware-$$ qemu=''
at_end 'rmmod kvdev_vdpa'
at_end "'$ctl' delete $n --vdpa --force"
# shellcheck disable=SC2329 # at the end
end_qemu() { [[ ! $qemu ]] || { kill "$qemu"; wait "$qemu"; }; }
at_end end_qemu
node() { "$ctl" show "$1" | sed -n 's|^  used by .*\(/dev/vhost-vdpa-[0-9]*\).*|\1|p'; }

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

"$ctl" create blk "$n" --file disk.img --queues 2 --vdpa
for _ in {1..100}; do [[ ! -c $(node "$n") ]] || break; sleep 0.1; done
rc=0
timeout -k 5 600 qemu-system-x86_64 -M q35,accel=kvm,memory-backend=m -cpu host -smp 2 -m 512 \
	-object memory-backend-memfd,id=m,size=512M,share=on \
	-device vhost-vdpa-device-pci,vhostdev="$(node "$n")" \
	-nodefaults -nographic -serial stdio </dev/null >console.raw 2>qemu.err &
qemu=$!
wait "$qemu" || rc=$?
qemu=''
tr -d '\r' <console.raw >console
cat console
(( rc == 0 )) || fail "QEMU ended with $rc: $(cat qemu.err)"
grep -q '^GUEST-EXIT: 0$' console || fail "the guest's script failed"
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
