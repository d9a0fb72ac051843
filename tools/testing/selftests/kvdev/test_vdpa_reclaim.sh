#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host frees memory by writing to its own disks: one that it swaps to, and one
# with a file system, by processes of which a memory cgroup allows less than they
# use. Who serves a disk must not wait for memory that is freed by writing to that
# disk. Needs no guest.
#
# On a machine with less than 300 MiB there is no cgroup: then all have too little,
# also who serves the disks. The stores must be elsewhere than in memory, as in
#
#	tools/testing/lab/uml --mem 144M -- bash -c 'mkdir /run/stores
#		mount -t hostfs -o hostfs=/var/tmp none /run/stores
#		KVDEV_TEST_STORES=/run/stores
#		/lab/testing/selftests/kvdev/test_vdpa_reclaim.sh'
#
# On User Mode Linux only that shows anything, and only that nobody waits for ever:
# its copy_to_user() does not make a page dirty, so one that came back from swap and
# is then read into loses what was read when it goes again. With swap on any disk.
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$(dirname "$(readlink -f "$0")")/vdpa.sh"
need mkfs.ext4 mkswap swapon swapoff e2fsck
modprobe -q virtio_blk || skip "no virtio_blk in this kernel"
modprobe -q null_blk nr_devices=0
nullb=/sys/kernel/config/nullb/reclaim-$$ group=/sys/fs/cgroup/reclaim-$$
small='' stores=${KVDEV_TEST_STORES:-}
(( $(sed -n 's/^MemTotal: *\([0-9]*\) .*/\1/p' /proc/meminfo) >= 300000 )) || small=1
uml=''
! grep -q 'User Mode Linux' /proc/cpuinfo || uml=1
[[ ! $uml || $small ]] || skip "User Mode Linux loses data that was swapped"
[[ $stores || -d /sys/kernel/config/nullb ]] || skip "no null_blk"
[[ $small ]] || grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null || skip "no memory cgroup"
[[ ! $small || $stores ]] || skip "KVDEV_TEST_STORES: no place for stores"
bus virtio_vdpa vhost_vdpa
n=reclaim-$$ swap=''
# shellcheck disable=SC2329 # at the end
end_users() {
	[[ $small ]] || echo $$ >/sys/fs/cgroup/cgroup.procs
	! mountpoint -q mnt || umount mnt
	[[ ! $swap ]] || swapoff "$swap"
}
# shellcheck disable=SC2329 # at the end
end_stores() {
	rm -f "$stores/swap" "$stores/disk"
	! mountpoint -q stores || umount stores
	[[ ! -d $nullb ]] || rmdir "$nullb"
	[[ ! -d $group ]] || rmdir "$group"
}
find_disk() { disk=$(disk_of "$1"); }

step "stores, in files of a file system"
at_end end_stores
mkdir stores mnt
if [[ ! $stores ]]; then
	mkdir "$nullb"
	echo 512 >"$nullb/size"
	echo 1 >"$nullb/memory_backed"
	echo 1 >"$nullb/power"
	below=/dev/${nullb##*/}
	[[ -b $below ]] || below=/dev/nullb$(cat "$nullb/index")
	mkfs.ext4 -q "$below"
	mount "$below" stores
	stores=stores
fi
truncate -s 192M "$stores/swap" "$stores/disk"

step "disks"
on_bus blk "$n" --file "$stores/swap" --queues 2
on_bus blk "$n.fs" --file "$stores/disk"
at_end end_users
wait_for 120 find_disk "$n.fs"
fs=$disk
wait_for 120 find_disk "$n"
mkswap "$disk" >/dev/null
swapon "$disk"
swap=$disk
mkfs.ext4 -q -E nodiscard "$fs"
mount "$fs" mnt
if [[ ! $small ]]; then
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir "$group"
	# Above it allocations reclaim and wait; nobody is killed.
	echo 32M >"$group/memory.high"
	echo $$ >"$group/cgroup.procs"
fi

step "more memory and more files than fit"
# A line without an end: tail keeps all of it. Nothing that compresses.
more() {
	head -c "$1" /dev/urandom | tr -d '\n' | tee >(sha256sum >"$2.in") |
		tail -n 1 | sha256sum >"$2.out"
}
files() {
	local i
	for i in 1 2 3 4; do
		head -c 16M /dev/urandom | tee >(sha256sum >"file$i.in") >"mnt/$i"
	done
	sync -f mnt
}
files &
first=$!
more 48M a &
second=$!
more 48M b
wait "$second" || fail "memory: exit status $?"
wait "$first" || fail "files: exit status $?"
for i in a b file{1..4}; do wait_for 60 test -s "$i.in"; done
if [[ ! $uml ]]; then
	same "$(cat a.in)" "$(cat a.out)" "memory"
	same "$(cat b.in)" "$(cat b.out)" "memory"
fi
(( $(sed -n 's/^pswpout //p' /proc/vmstat) > 1024 )) || fail "nothing was swapped"
umount mnt
mount "$fs" mnt
for i in 1 2 3 4; do
	[[ $uml ]] || same "$(cat "file$i.in")" "$(sha256sum <"mnt/$i")" "file $i"
done
umount mnt
e2fsck -fn "$fs" >/dev/null || fail "file system is damaged"
swapoff "$swap"
swap=''
[[ $small ]] || echo $$ >/sys/fs/cgroup/cgroup.procs
"$ctl" delete "$n" --vdpa
"$ctl" delete "$n.fs" --vdpa
remove kvdev_vdpa
