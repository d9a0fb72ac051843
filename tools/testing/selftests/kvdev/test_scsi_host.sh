#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's own SCSI drivers (sd, sr, sg) use a SCSI device through the vDPA bus: a
# file system keeps every byte, units come and go under load, a disc is read,
# locked, changed and taken out, a disk grows, bad blocks give medium errors, a
# reset under load loses nothing. Needs no guest.
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$(dirname "$(readlink -f "$0")")/vdpa.sh"
need fio mkfs.ext4 e2fsck xorriso sg_raw sg_reset sg_start
modprobe -q -a virtio_scsi sd_mod sr_mod sg isofs || skip "no virtio_scsi in this kernel"
n=scsi-$$ fio='' nullb=/sys/kernel/config/nullb/$n
bus virtio_vdpa vhost_vdpa
# shellcheck disable=SC2329 # at the end
end_users() {
	[[ ! $fio ]] || undo_process "$fio"
	undo_mount mnt
	undo_device "$n"
	[[ ! -e $nullb ]] || undo rmdir "$nullb"
}
at_end end_users

# known KIND TARGET:LUN: sets "found" to the name under /dev, where it may come later
known() {
	local at=$2 path
	# The kernel shows LUNs from 256 on as they are addressed: flat space.
	(( ${2#*:} < 256 )) || at=${2%:*}:$((${2#*:} + 0x4000))
	path=(/sys/bus/vdpa/devices/"$n"/virtio*/host*/target*/*:0:"$at"/"$1"/*)
	[[ -e ${path[0]} ]] && found=${path[0]##*/}
}
unit() { known "$1" "$2" && opens "/dev/$found"; }
gone() { ! known "$1" "$2"; }
requests() { awk '{ print $1 + $5 }' "/sys/block/${1#/dev/}/stat"; }
load() { # DISK
	fio --name=load --filename="$1" --direct=1 --ioengine=libaio \
		--iodepth=16 --rw=randrw --bsrange=512-256k --blockalign=512 --size=32m \
		--verify=crc32c --time_based --runtime=600 >fio.out 2>&1 &
	fio=$!
	started=$(requests "$1")
	busy() { (( $(requests "$1") > started + 100 )); }
	wait_for 60 busy "$1"
}
unload() {
	kill -INT "$fio" || fail "fio: $(cat fio.out)"
	wait "$fio" || [[ $? == 128 ]] || fail "fio: $(cat fio.out)"
	! grep -q 'verify:\|err= *[1-9]' fio.out || fail "fio: $(cat fio.out)"
	fio=''
}

step "a disk with a file system"
truncate -s 60M disk.img
"$ctl" create scsi "$n" --queues 2
"$ctl" lun add "$n" 0:0 --disk --file disk.img --serial DISK01 --vendor ACME
"$ctl" lun add "$n" 1:300 --cdrom
"$ctl" vdpa add "$n"
wait_for 60 unit block 0:0
disk=/dev/$found
[[ $(cat /sys/block/"$found"/device/vendor) == ACME* ]] || fail "another vendor"
[[ $(tr -d '\0\200\006' </sys/block/"$found"/device/vpd_pg80) == *DISK01* ]] ||
	fail "another serial number"
mkfs.ext4 -q -E nodiscard "$disk"
mkdir mnt
mount "$disk" mnt
fio --name=v --directory=mnt --numjobs=4 --size=8m --direct=1 --ioengine=libaio \
	--iodepth=32 --rw=randrw --bsrange=512-1m --blockalign=512 \
	--verify=crc32c --verify_fatal=1 --minimal >fio.out || fail "fio: $(cat fio.out)"
(cd mnt && sha256sum -- v.* >../first)
umount mnt
mount "$disk" mnt
(cd mnt && sha256sum -- v.*) | cmp - first || fail "after the remount"
blocks=$(stat -c %b disk.img)
rm mnt/v.*
sync
fstrim mnt
umount mnt
after=$(stat -c %b disk.img)
(( after < blocks / 2 )) || fail "after discarding the file has $after blocks of $blocks"
e2fsck -fn disk.img || fail "file system is damaged"

step "units come and go under load"
load "$disk"
truncate -s 8M second.img
for _ in 1 2 3; do
	"$ctl" lun add "$n" 0:1 --disk --file second.img
	wait_for 60 unit block 0:1
	second=$found
	[[ $(blockdev --getsize64 "/dev/$second") == $((8 << 20)) ]] || fail "another size"
	"$ctl" lun del "$n" 0:1
	wait_for 60 gone block 0:1
done
! "$ctl" lun del "$n" 0:1 2>err || fail "deleted twice"
grep -q 'has no unit 0:1' err || fail "kvdevctl says: $(cat err)"

step "resets under load"
wait_for 60 unit scsi_generic 0:0
sg_reset --device "/dev/$found"
unload

step "a disk grows"
truncate -s 100M disk.img
"$ctl" lun resize "$n" 0:0
size_is() { [[ $(blockdev --getsize64 "$disk") == "$1" ]]; }
wait_for 60 size_is $((100 << 20))

step "discs"
wait_for 60 unit block 1:300
cd=/dev/$found
! head -c 1 "$cd" >/dev/null 2>&1 || fail "reads without a disc"
for disc in one two; do
	mkdir $disc.d
	for i in {1..20}; do head -c $((i * 7919)) /dev/urandom >"$disc.d/file$i"; done
	(cd $disc.d && sha256sum -- *) >$disc.sum
	xorriso -as mkisofs -quiet -R -J -V "$disc" -o $disc.iso $disc.d 2>/dev/null
done
check_disc() { # SUMS
	mount -o ro -t iso9660 "$cd" mnt
	(cd mnt && sha256sum -c --quiet "../$1") || fail "files of $1"
}
"$ctl" media "$n" 1:300 --file one.iso
wait_for 60 head -c 1 "$cd"
check_disc one.sum
! "$ctl" media "$n" 1:300 --eject 2>err || fail "a locked disc was taken"
grep -q locked err || fail "kvdevctl says: $(cat err)"
"$ctl" lun list "$n" | grep -q '1:300 .*cdrom.*locked.*one.iso' || fail "$("$ctl" lun list "$n")"
umount mnt
for disc in two one; do
	# The drive is locked until its last user is really gone.
	wait_for 60 "$ctl" media "$n" 1:300 --eject
	! head -c 1 "$cd" >/dev/null 2>&1 || fail "reads without a disc"
	"$ctl" media "$n" 1:300 --file $disc.iso
	wait_for 60 head -c 1 "$cd"
	check_disc $disc.sum
	umount mnt
done
wait_for 60 unit scsi_generic 1:300
wait_for 60 sg_start --eject "/dev/$found"
"$ctl" -j lun list "$n" | grep -q '"tray_open":true' || fail "the tray is closed"
sg_start --load "/dev/$found"
wait_for 60 head -c 1 "$cd"
! dd if=/dev/zero of="$cd" count=4 2>/dev/null || fail "a disc was written to"

step "bad blocks"
if modprobe -q null_blk nr_devices=0 && mkdir "$nullb"; then
	{ echo 64 >"$nullb/size" && echo 1 >"$nullb/memory_backed" &&
		echo +1000-1007 >"$nullb/badblocks" && echo 1 >"$nullb/power"; } ||
		fail "null_blk"
	bad=/dev/$n
	[[ -b $bad ]] || bad=/dev/nullb$(cat "$nullb/index")
	"$ctl" lun add "$n" 0:2 --disk --dev "$bad"
	wait_for 60 unit scsi_generic 0:2
	sg=/dev/$found
	# The first one may be told that the unit is new.
	wait_for 60 sg_raw "$sg" 00 00 00 00 00 00
	sg_raw -r 4k "$sg" 28 00 00 00 03 e0 00 00 08 00 >out 2>&1 || fail "$(cat out)"
	! sg_raw -r 4k "$sg" 28 00 00 00 03 e8 00 00 08 00 >out 2>&1 || fail "read a bad block"
	grep -qi 'medium error' out || fail "$(cat out)"
	# Which one it is, wherever the command begins
	grep -qi 'info.*=0x3e8' out || fail "no block in: $(cat out)"
	! sg_raw -r 8k "$sg" 28 00 00 00 03 e4 00 00 10 00 >out 2>&1 || fail "read a bad block"
	grep -qi 'info.*=0x3e8' out || fail "another block in: $(cat out)"
	# Of a write of several that is not known.
	! sg_raw -s 4k -i /dev/zero "$sg" 2a 00 00 00 03 e8 00 00 08 00 >out 2>&1 ||
		fail "wrote a bad block"
	grep -qi 'medium error' out || fail "$(cat out)"
	! grep -qi 'info.*=0x' out || fail "a block in: $(cat out)"
	! sg_raw -s 512 -i /dev/zero "$sg" 2a 00 00 00 03 e9 00 00 01 00 >out 2>&1 ||
		fail "wrote a bad block"
	grep -qi 'info.*=0x3e9' out || fail "no block in: $(cat out)"
	"$ctl" lun del "$n" 0:2
	wait_for 60 gone block 0:2
else
	echo "# none: no null_blk"
fi

step "taken away under load"
load "$disk"
"$ctl" lun del "$n" 0:0
rc=0
wait "$fio" || rc=$?
fio=''
[[ $rc != 0 ]] || fail "fio without a disk is content: $(cat fio.out)"
wait_for 60 gone block 0:0
"$ctl" delete "$n" --vdpa
remove kvdev_vdpa
