#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unmodified QEMU uses a disk and an entropy device through /dev/vhost-vdpa-N.
# The guest's root is the disk, fio verifies on it, the host finds the same
# bytes; QEMU may lock far less memory than the guest has, and pins none of it.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

ctl=''
for c in "${KVDEVCTL:-}" /lab/build/kvdevctl/kvdevctl \
	"$here/../../../../build/kvdevctl/kvdevctl" "$(type -P kvdevctl || true)"; do
	if [[ -x $c ]]; then ctl=$(readlink -f "$c"); break; fi
done
[[ $ctl ]] || skip "no kvdevctl: make -C tools/kvdevctl"
type -P qemu-system-x86_64 >/dev/null || skip "no qemu-system-x86_64"
modprobe -q -a kvdev_vdpa vhost_vdpa || skip "no vhost_vdpa in this kernel"
modprobe -q -r virtio_vdpa || true

n=qemu-$$ qemu=''
at_end 'rmmod kvdev_vdpa'
at_end "'$ctl' delete $n --vdpa --force; '$ctl' delete $n.rng --vdpa --force"
# shellcheck disable=SC2329 # at the end
end_qemu() { [[ ! $qemu ]] || kill -9 "$qemu"; }
at_end end_qemu
# node NAME: /dev/vhost-vdpa-N
node() { "$ctl" show "$1" | sed -n 's|^  used by .*\(/dev/vhost-vdpa-[0-9]*\).*|\1|p'; }
# wait_for SECONDS COMMAND...
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || { cat console.raw qemu.err; fail "waited in vain for: $*"; }
		sleep 0.2
	done
}

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
"$ctl" create blk "$n" --file disk.img --queues 2 --serial "$n" --vdpa
"$ctl" create rng "$n.rng" --vdpa
wait_for 10 test -c "$(node "$n")" -a -c "$(node "$n.rng")"

# What QEMU may lock is less than what the guest has: 1 MiB.
(
	ulimit -l 1024
	exec setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock -- \
		qemu-system-x86_64 -M q35,accel=kvm,memory-backend=m -cpu host -smp 2 -m 512 \
		-object memory-backend-memfd,id=m,size=512M,share=on \
		-device vhost-vdpa-device-pci,vhostdev="$(node "$n")" \
		-device vhost-vdpa-device-pci,vhostdev="$(node "$n.rng")" \
		-nodefaults -nographic -no-reboot -serial stdio \
		-kernel "$GUEST/vmlinuz" -initrd initrd \
		-append 'console=ttyS0 quiet panic=-1 root=/dev/vda rw' \
		</dev/null >console.raw 2>qemu.err
) &
qemu=$!
wait_for 200 grep -q '^serial: ' console.raw
cp "/proc/$qemu/status" status
"$ctl" show "$n" | grep -q "qemu-system-x86 (pid $qemu)" || fail "$("$ctl" show "$n")"
# Rings and nothing else: the guest's memory is neither locked nor pinned.
grep -E '^Vm(Lck|Pin|RSS)|CapEff' status
kib() { sed -n "s/^$1:[[:space:]]*\([0-9]*\) kB/\1/p" status; }
(( $(kib VmLck) + $(kib VmPin) <= 256 )) || fail "memory is pinned"
(( (0x$(sed -n 's/^CapEff:\t//p' status) >> 14 & 1) == 0 )) || fail "QEMU may lock anything"

gone() { ! kill -0 "$qemu"; }
wait_for 300 gone
wait "$qemu" || fail "QEMU ended with $?: $(cat qemu.err)"
qemu=''
tr -d '\r' <console.raw >console
cat console
grep -q '^GUEST-EXIT: 0$' console || fail "the guest's script failed"
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
