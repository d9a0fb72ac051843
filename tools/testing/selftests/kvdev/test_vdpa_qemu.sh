#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unmodified QEMU uses a disk and an entropy device through /dev/vhost-vdpa-N.
# The guest's root is the disk, fio verifies on it, the host finds the same
# bytes; QEMU may lock far less memory than the guest has, and pins none of it.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$here/vdpa.sh"
need qemu-system-x86_64
bus vhost_vdpa virtio_vdpa
n=qemu-$$

guest_script <<'END_GUEST'
echo "queues: $(ls /sys/block/vda/mq | wc -l) cpus: $(nproc)"
echo "root: $(sed -n 's|^\(/dev/[^ ]*\) / .*|\1|p' /proc/mounts)"
echo "serial: $(cat /sys/block/vda/serial)"
mkdir -p /var/fio
fio --name=v --directory=/var/fio --numjobs=4 --size=8m --direct=1 --ioengine=libaio \
	--iodepth=32 --rw=randrw --bsrange=512-1m --blockalign=512 \
	--verify=crc32c --verify_fatal=1 --minimal >/tmp/out || { cat /tmp/out; exit 1; }
for f in /var/fio/v.*; do echo "${f##*/}: $(sha256sum <$f)"; done
echo "rng: $(cat /sys/class/misc/hw_random/rng_current) $(head -c 64 /dev/hwrng | wc -c)"
sync
mount -o remount,ro /
echo "GUEST-EXIT: 0"
poweroff -f
END_GUEST

cp --sparse=always "$GUEST/root.img" disk.img
on_bus blk "$n" --file disk.img --queues 2 --serial "$n"
on_bus rng "$n.rng"

# What QEMU may lock is less than what the guest has: 1 MiB.
ulimit -l 1024
before=(setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock --)
start_qemu 512 -no-reboot \
	-device vhost-vdpa-device-pci,vhostdev="$(node "$n")" \
	-device vhost-vdpa-device-pci,vhostdev="$(node "$n.rng")" \
	-kernel "$GUEST/vmlinux" -initrd initrd \
	-append 'console=ttyS0 quiet panic=-1 root=/dev/vda rw'
wait_for 600 console_has '^serial: '
cp "/proc/$qemu/status" status
[[ $(used_by "$n") == *"qemu-system-x86 (pid $qemu)"* ]] || fail "$("$ctl" show "$n")"
# Rings and nothing else: the guest's memory is neither locked nor pinned.
grep -E '^Vm(Lck|Pin|RSS)|CapEff' status
grep 'locked memory' "/proc/$qemu/limits"
kib() { sed -n "s/^$1:[[:space:]]*\([0-9]*\) kB/\1/p" status; }
(( $(kib VmLck) + $(kib VmPin) <= 256 )) || fail "memory is pinned"
(( (0x$(sed -n 's/^CapEff:\t//p' status) >> 14 & 1) == 0 )) || fail "QEMU may lock anything"
wait_qemu
same "$(said queues)" "2 cpus: 2" "queues"
same "$(said root)" /dev/vda "root"
same "$(said serial)" "$n" "serial"
same "$(said rng)" "$(sed -n 's/^rng: \(virtio_rng[^ ]*\) .*/\1/p' console) 64" "entropy"

"$ctl" -j stats >stats.json
check_stats
"$ctl" delete "$n" --vdpa
"$ctl" delete "$n.rng" --vdpa
clean_fs disk.img
for i in 0 1 2 3; do
	same "$(said "v.$i.0")" "$(debugfs -R "cat /var/fio/v.$i.0" disk.img 2>/dev/null | sha256sum)" "v.$i.0"
done
