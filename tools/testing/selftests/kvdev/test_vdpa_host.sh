#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's own drivers use devices through the vDPA bus (virtio_vdpa): a disk
# with a file system keeps every byte, also across unbinding, and an entropy
# device feeds /dev/hwrng. Taking a disk away under load gives I/O errors and
# nothing else. Needs no guest.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
skip() { echo "$*"; exit 4; }
fail() { echo "FAILED: $*"; exit 1; }

ctl=''
for c in "${KVDEVCTL:-}" /lab/build/kvdevctl/kvdevctl \
	"$here/../../../../build/kvdevctl/kvdevctl" "$(type -P kvdevctl || true)"; do
	if [[ -x $c ]]; then ctl=$(readlink -f "$c"); break; fi
done
[[ $ctl ]] || skip "no kvdevctl: make -C tools/kvdevctl"
for c in fio mkfs.ext4 e2fsck debugfs vdpa; do
	type -P $c >/dev/null || skip "no $c"
done
modprobe -q -a kvdev_vdpa virtio_vdpa virtio_blk || skip "no virtio_vdpa in this kernel"
# The first driver that takes a device has it.
modprobe -q -r vhost_vdpa || true

n=host-$$
work=$(mktemp -d)
cd "$work"
fio=''
# shellcheck disable=SC2329 # by trap
cleanup() {
	local rc=$?
	[[ ! $fio ]] || kill -9 "$fio" 2>/dev/null || true
	! mountpoint -q mnt || umount mnt || true
	for d in "$n" "$n.rng"; do "$ctl" delete "$d" --vdpa --force 2>/dev/null || true; done
	! grep -q '^kvdev_vdpa ' /proc/modules || rmmod kvdev_vdpa || true
	cd /
	rm -rf "$work"
	exit "$rc"
}
trap cleanup EXIT
wait_for() { # COMMAND...
	for _ in {1..300}; do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.1; done
	fail "waited in vain for: $*"
}
find_disk() {
	disk=$("$ctl" show "$n" | sed -n 's|^  used by .*driver virtio_vdpa.*\(/dev/vd[a-z]*\).*|\1|p')
	[[ -b $disk ]]
}
bound() { [[ -e /sys/bus/vdpa/drivers/virtio_vdpa/$n ]]; }
driver() { echo "$n" >"/sys/bus/vdpa/drivers/virtio_vdpa/$1"; }
hashes() { (cd mnt && sha256sum -- v.*); }
step() { echo "# $*"; }

step "a disk with a file system"
truncate -s 60M disk.img
"$ctl" create blk "$n" --file disk.img --queues 2 --vdpa
wait_for find_disk
mkfs.ext4 -q -E nodiscard "$disk"
mkdir mnt
mount -o nodiscard "$disk" mnt
# Each job has a file of its own.
fio --name=v --directory=mnt --numjobs=4 --size=8m --direct=1 --ioengine=libaio \
	--iodepth=32 --rw=randrw --bsrange=512-1m --blockalign=512 \
	--verify=crc32c --verify_fatal=1 --minimal >fio.out || fail "fio: $(cat fio.out)"
hashes >first
[[ $(wc -l <first) == 4 ]] || fail "fio left $(cat first)"
umount mnt
mount "$disk" mnt
hashes | cmp - first || fail "after the remount: $(hashes)"
! rmmod kvdev_vdpa 2>/dev/null || fail "the module goes, its device does not"
umount mnt

step "the backing file"
driver unbind
wait_for test ! -b "$disk"
e2fsck -fn disk.img || fail "file system is damaged"
while read -r sum name; do
	found=$(debugfs -R "cat /$name" disk.img 2>/dev/null | sha256sum)
	[[ ${found%% *} == "$sum" ]] || fail "$name in the file is $found, was $sum"
done <first

step "bound again"
driver bind
wait_for bound
wait_for find_disk
mount "$disk" mnt
hashes | cmp - first || fail "after binding: $(hashes)"
umount mnt

step "taken away under load"
fio --name=load --filename="$disk" --numjobs=4 --direct=1 --ioengine=libaio --iodepth=32 \
	--rw=randrw --bsrange=512-1m --blockalign=512 --time_based --runtime=600 >fio.out 2>&1 &
fio=$!
busy() { grep -q '[1-9]' "/sys/block/${disk#/dev/}/inflight"; }
wait_for busy
! "$ctl" delete "$n" --vdpa 2>err || fail "deleted under fio"
grep -q 'fio (pid' err || fail "kvdevctl says: $(cat err)"
timeout 120 vdpa dev del "$n" || fail "vdpa dev del: $?"
rc=0
wait "$fio" || rc=$?
fio=''
[[ $rc != 0 ]] || fail "fio without a disk is content: $(cat fio.out)"
wait_for test ! -b "$disk"
"$ctl" show "$n" | grep -q 'used by  *nobody' || fail "$("$ctl" show "$n")"
"$ctl" delete "$n"

step "an entropy device"
"$ctl" create rng "$n.rng" --vdpa
modprobe -q virtio_rng || skip "no virtio_rng in this kernel"
misc=/sys/class/misc/hw_random
wait_for grep -q virtio $misc/rng_available
tr ' ' '\n' <$misc/rng_available | grep virtio | tail -n1 >$misc/rng_current
[[ $(timeout 60 head -c 64 /dev/hwrng | wc -c) == 64 ]] || fail "no entropy"
grep -Eq '"bytes_writable": *[1-9][0-9]' <("$ctl" -j stats "$n.rng") || fail "$("$ctl" stats)"
! rmmod kvdev_vdpa 2>/dev/null || fail "the module goes, its device does not"
"$ctl" delete "$n.rng" --vdpa

rmmod kvdev_vdpa || fail "kvdev_vdpa stays"
