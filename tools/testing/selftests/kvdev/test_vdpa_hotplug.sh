#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host gets more memory while its own driver uses a disk on the vDPA bus, and
# reads and writes the disk from there. The memory is some the kernel was told to
# keep out of, memmap=SIZE!START, which becomes persistent memory, then system RAM.
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$(dirname "$(readlink -f "$0")")/vdpa.sh"
nvdimm=/sys/bus/nd dax=/sys/bus/dax
modprobe -q -a nd_e820 dax_pmem kmem || skip "no nd_e820, dax_pmem or kmem in this kernel"
[[ -e $nvdimm/devices/namespace0.0 ]] || skip "no memory to add: boot with memmap=256M!START"
bus virtio_vdpa vhost_vdpa
modprobe virtio_blk
n=hotplug-$$
mib=64

mem_total() { awk '/^MemTotal:/ { print $2 }' /proc/meminfo; }
# unbind BUS DEVICE
unbind() { [[ ! -e $1/devices/$2/driver ]] || echo "$2" >"$1/devices/$2/driver/unbind"; }

# add_memory: pages for programs come from there first, as it is "movable".
add_memory() {
	local d
	echo online_movable >/sys/devices/system/memory/auto_online_blocks
	unbind $nvdimm namespace0.0
	d=$(cat $nvdimm/devices/region0/dax_seed)
	cat /proc/sys/kernel/random/uuid >$nvdimm/devices/"$d"/uuid
	echo 2097152 >$nvdimm/devices/"$d"/align
	echo ram >$nvdimm/devices/"$d"/mode
	echo namespace0.0 >$nvdimm/devices/"$d"/namespace
	echo "$d" >$nvdimm/drivers/dax_pmem/bind
	wait_for 60 test -e $dax/devices/dax0.0
	unbind $dax dax0.0
	echo dax0.0 >$dax/drivers/kmem/new_id
	[[ -e $dax/devices/dax0.0/driver ]] || echo dax0.0 >$dax/drivers/kmem/bind
}

# copy OPTION...: nobody can kill who waits for a disk that does not answer
ended() { ! kill -0 "$1" 2>/dev/null; }
copy() {
	dd "$@" bs=${mib}M count=1 status=none &
	wait_for 60 ended $!
	wait $! || fail "dd $*"
}

truncate -s $((2 * mib))M disk.img
on_bus blk "$n" --file disk.img
wait_for 60 disk_of "$n"
disk=$(disk_of "$n")

mem_before=$(mem_total)
add_memory
mem_after=$(mem_total)
(( mem_after - mem_before >= 100 << 10 )) || fail "memory: $mem_before KiB, then $mem_after KiB"

# One buffer of 64 MiB, in the memory that is new
head -c ${mib}M /dev/urandom >data
copy iflag=fullblock oflag=direct if=data of="$disk"
copy iflag=direct,fullblock if="$disk" of=back
cmp data back || fail "what was read is not what was written"
"$ctl" -j stats "$n" >stats.json
if grep -Eo '"(violations|errors)": *[1-9][0-9]*' stats.json; then fail "errors in the counters"; fi
sync
cmp -n $((mib << 20)) data disk.img || fail "the file has something else"
