#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# SIGKILL of QEMU while its guest writes to a disk on the vDPA bus: the journal
# replays, what was synced is there, another guest goes on with the device. It
# is taken off the bus while that one writes: that waits for QEMU, harms nobody,
# and is done when QEMU is. Meanwhile no module goes; afterwards they do.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$here/vdpa.sh"
need qemu-system-x86_64 vdpa mkfs.ext4 e2fsck debugfs
bus vhost_vdpa virtio_vdpa
n=kill-$$

truncate -s 128M disk.img
mkfs.ext4 -q disk.img
on_bus blk "$n.root" --file "$GUEST/root.img" --ro
on_bus blk "$n" --file disk.img --queues 2

# The first one writes what the second finds.
guest_script <<'END_GUEST'
mkdir /tmp/m
mount -t ext4 /dev/vdb /tmp/m
[ -e /tmp/m/synced ] || dd if=/dev/urandom of=/tmp/m/synced bs=64k count=16 conv=fsync 2>/dev/null
sync
sum=$(sha256sum </tmp/m/synced)
echo LOAD
fio --name=w --directory=/tmp/m --numjobs=4 --size=8m --rw=randwrite --bs=4k --direct=1 \
	--ioengine=libaio --iodepth=32 --time_based --runtime=600 --minimal >/dev/null &
# Again and again: the kernel's own lines may come in between.
while :; do sleep 1; echo "synced: $sum"; echo "alive $(cut -d' ' -f3,7 /sys/block/vdb/stat | tr -s ' ')"; done
END_GUEST

boot() {
	start_qemu 512 -no-reboot \
		-device vhost-vdpa-device-pci,vhostdev="$(node "$n.root")" \
		-device vhost-vdpa-device-pci,vhostdev="$(node "$n")" \
		-kernel "$kernels/vmlinux" -initrd initrd \
		-append 'console=ttyS0 quiet panic=-1 root=/dev/vda ro'
	wait_for 600 console_has "^LOAD"
	wait_for 600 has_hash
	wait_for 400 busy
}
has_hash() {
	tr -d '\r' <console.raw >console
	synced=$(said synced | grep -E -m1 '^[0-9a-f]{64}  -$')
}
# Requests that completed, by the device's own count.
completions() { "$ctl" -j stats "$n" | sed -n '/"total"/,$s/.*"completions": *\([0-9]*\).*/\1/p' | head -n1; }
busy() {
	kill -0 "$qemu" || fail "QEMU ended"
	(( $(completions) > from + 200 ))
}
kill_qemu() {
	kill -9 "$qemu"
	wait "$qemu" || true
	qemu=''
}
# The journal makes a file system of it, with everything that was synced.
check_image() {
	local rc=0
	cp --sparse=always disk.img copy.img
	e2fsck -p copy.img || rc=$?
	(( rc <= 1 )) || fail "e2fsck -p says $rc"
	clean_fs copy.img
	same "$(debugfs -R 'cat /synced' copy.img 2>/dev/null | sha256sum)" "$synced" "synced file"
}

step "killed under load"
from=0
boot
first=$synced
! rmmod kvdev_vdpa 2>/dev/null || fail "kvdev_vdpa goes, its devices do not"
! rmmod kvdev 2>/dev/null || fail "kvdev goes, its devices do not"
kill_qemu
# At once: nothing of the dead writes any more.
sum=$(sha256sum <disk.img)
sleep 2
same "$(sha256sum <disk.img)" "$sum" "image after the end"
free_again() { [[ $(used_by "$n") == *'driver vhost_vdpa'* && $(used_by "$n") != *pid* ]]; }
wait_for 60 free_again
check_image

step "another guest"
from=$(completions)
boot
same "$synced" "$first" "synced file for the second guest"

step "taken off the bus under load"
! "$ctl" delete "$n" --vdpa 2>err || fail "deleted under QEMU"
grep -q "qemu-system-x86 (pid $qemu)" err || fail "kvdevctl says: $(cat err)"
vdpa dev del "$n" &
del=$!
sleep 2
from=$(completions)
wait_for 400 busy
kill -0 "$del" || fail "vdpa dev del did not wait for QEMU"
kill_qemu
wait_for 200 eval "! kill -0 $del"
wait "$del" || fail "vdpa dev del: $?"
same "$(used_by "$n")" nobody "used by"
check_image

"$ctl" delete "$n"
"$ctl" delete "$n.root" --vdpa
remove kvdev_vdpa
