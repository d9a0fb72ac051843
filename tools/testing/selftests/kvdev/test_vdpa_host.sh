#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's own drivers use devices through the vDPA bus (virtio_vdpa): a disk
# with a file system keeps every byte, also across unbinding, and an entropy
# device feeds /dev/hwrng. Taking a disk away under load gives I/O errors and
# nothing else. Needs no guest.
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$(dirname "$(readlink -f "$0")")/vdpa.sh"
need fio mkfs.ext4 e2fsck debugfs vdpa fstrim blkdiscard
modprobe -q virtio_blk || skip "no virtio_blk in this kernel"
bus virtio_vdpa vhost_vdpa
n=host-$$ fio=''
# shellcheck disable=SC2329 # at the end
end_users() {
	[[ ! $fio ]] || undo_process "$fio"
	undo_mount mnt
}
find_disk() { disk=$(disk_of "$n"); }
# Has virtio's feature bit $1 been accepted by the driver of the disk?
accepted() { [[ $(cut -c $(($1 + 1)) "/sys/block/${disk#/dev/}/device/features") == 1 ]]; }
bound() { [[ -e /sys/bus/vdpa/drivers/virtio_vdpa/$n ]]; }
driver() { echo "$n" >"/sys/bus/vdpa/drivers/virtio_vdpa/$1"; }
hashes() { (cd mnt && sha256sum -- v.*); }

step "a disk with a file system"
truncate -s 60M disk.img
on_bus blk "$n" --file disk.img --queues 2
at_end end_users
wait_for 120 find_disk
accepted 34 || fail "rings are not packed"
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

step "space is given back"
# What is free in the file system, but for its files, is free in the host's.
blocks() { sync -f disk.img; stat -c %b disk.img; }
mount "$disk" mnt
head -c 8M /dev/urandom >mnt/gone
sync
was=$(blocks)
rm mnt/gone
sync -f mnt
fstrim mnt
is=$(blocks)
(( is < was - 8192 )) || fail "after fstrim the file has $is blocks of $was"
umount mnt
mount -o discard "$disk" mnt
hashes | cmp - first || fail "after fstrim: $(hashes)"
umount mnt

step "the backing file"
driver unbind
wait_for 120 test ! -b "$disk"
e2fsck -fn disk.img || fail "file system is damaged"
while read -r sum name; do
	found=$(debugfs -R "cat /$name" disk.img 2>/dev/null | sha256sum)
	[[ ${found%% *} == "$sum" ]] || fail "$name in the file is $found, was $sum"
done <first

step "bound again"
driver bind
wait_for 120 bound
wait_for 120 find_disk
mount "$disk" mnt
hashes | cmp - first || fail "after binding: $(hashes)"
umount mnt

step "zeroes"
blkdiscard -f -z -o 1M -l 3M "$disk"
head -c 3M /dev/zero >zeroes
dd if="$disk" bs=1M skip=1 count=3 iflag=direct status=none | cmp - zeroes || fail "not zeroes"
blkdiscard -f "$disk"
(( $(blocks) < 256 )) || fail "after blkdiscard the file has $(blocks) blocks"

step "taken away under load"
fio --name=load --filename="$disk" --numjobs=4 --direct=1 --ioengine=libaio --iodepth=32 \
	--rw=randrw --bsrange=512-1m --blockalign=512 --time_based --runtime=600 >fio.out 2>&1 &
fio=$!
busy() { grep -q '[1-9]' "/sys/block/${disk#/dev/}/inflight"; }
wait_for 120 busy
! "$ctl" delete "$n" --vdpa 2>err || fail "deleted under fio"
grep -q 'fio (pid' err || fail "kvdevctl says: $(cat err)"
timeout 120 vdpa dev del "$n" || fail "vdpa dev del: $?"
rc=0
wait "$fio" || rc=$?
fio=''
[[ $rc != 0 ]] || fail "fio without a disk is content: $(cat fio.out)"
wait_for 120 test ! -b "$disk"
[[ $(used_by "$n") == nobody ]] || fail "$("$ctl" show "$n")"
"$ctl" delete "$n"

step "an entropy device"
on_bus rng "$n.rng"
modprobe -q virtio_rng || skip "no virtio_rng in this kernel"
misc=/sys/class/misc/hw_random
wait_for 120 grep -q virtio $misc/rng_available
tr ' ' '\n' <$misc/rng_available | grep virtio | tail -n1 >$misc/rng_current
[[ $(timeout 60 head -c 64 /dev/hwrng | wc -c) == 64 ]] || fail "no entropy"
grep -Eq '"bytes_writable": *[1-9][0-9]' <("$ctl" -j stats "$n.rng") || fail "$("$ctl" stats)"
! rmmod kvdev_vdpa 2>/dev/null || fail "the module goes, its device does not"
"$ctl" delete "$n.rng" --vdpa

remove kvdev_vdpa
