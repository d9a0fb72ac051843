#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The stock guest kernel over every transport and interrupt mode: a disk under
# random reads and an entropy device. A lost interrupt would leave a request
# waiting; one that stays would interrupt an idle guest, or be nobody's.
#
# KVDEV_TEST_IOS says how many requests each mode gets (3000, on an emulated
# machine 1000; 200000 is a long run, and needs KVDEV_TEST_TIMEOUT as well).
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

ios=${KVDEV_TEST_IOS:-}
if [[ ! $ios ]]; then
	ios=3000
	! grep -q 'QEMU TCG' /proc/cpuinfo || ios=1000
fi
# A long run has many under way, or it would take days on an emulated machine.
how='--iodepth=16 --bs=4k'
(( ios < 20000 )) || how='--iodepth=64 --iodepth_batch_submit=16 --iodepth_batch_complete_max=64 --bs=512'
base='console=ttyS0 quiet root=/dev/vda ro panic=-1 reboot=t'
truncate -s 16M disk.img
dd if=/dev/urandom of=disk.img bs=1M count=16 conv=notrunc status=none
sum=$(sha256sum <disk.img)
table=() failures=0

# mode NAME INTERRUPTS VERSION_1 CMDLINE OPTION...: one guest
mode() {
	local name=$1 irq=$2 version1=$3 cmdline=$4 got chains completions signals before=$failures
	shift 4
	guest --cmdline "$base $cmdline" --timeout "$((900 + ios / 15))" --rng \
		--disk "file=disk.img,serial=test" "$@" <<END
# The disk is virtio1 of root, disk, rng; one or two lines per device
dev=\$(basename "\$(readlink -f /sys/block/vdb/device)")
irqs() {
	awk -v dev="\$dev" 'NR > 1 && \$0 ~ dev { for (i = 2; i <= NF && \$i ~ /^[0-9]+\$/; i++) n += \$i } END { print n + 0 }' /proc/interrupts
}
unhandled() {
	cat /proc/irq/*/spurious | awk '\$1 == "unhandled" { n += \$2 } END { print n + 0 }'
}
echo "version: \$(cut -c33 /sys/bus/virtio/devices/\$dev/features)"
echo "kind: \$(grep "\$dev" /proc/interrupts | grep -Eo 'IO-APIC|MSIX|MSI' | sort -u | tr '\n' ' ')"
[ "\$(sha256sum </dev/vdb)" = "$sum" ]
before=\$(irqs)
fio --name=t --filename=/dev/vdb --direct=1 --ioengine=libaio $how --rw=randread \
	--size=16m --io_size=$((ios * 4))k --number_ios=$ios --norandommap --minimal >/tmp/out || { cat /tmp/out; exit 1; }
after=\$(irqs)
echo "interrupts: \$((after - before))"
echo "worst: \$(cut -d';' -f15 /tmp/out)"
sleep 1
echo "idle: \$((\$(irqs) - after))"
echo "unhandled: \$(unhandled)"
echo "rng: \$(cat /sys/class/misc/hw_random/rng_current)"
dd if=/dev/hwrng of=/tmp/r bs=4k count=1 iflag=fullblock 2>/dev/null
[ "\$(gzip -c /tmp/r | wc -c)" -gt 4000 ]
END
	# The second device of the list is the disk
	got=$(grep -Eo '"chains": [0-9]+, "completions": [0-9]+' stats.json | sed -n 2p)
	read -r chains completions <<<"${got//[!0-9 ]/}"
	signals=$(grep -Eo '"signals": [0-9]+' stats.json | sed -n 2p)
	signals=${signals//[!0-9]/}
	check() { "$@" || { echo "# $name: not: $*"; failures=$((failures + 1)); }; }
	check [ "$(said version)" = "$version1" ]
	check [ "$(said kind)" = "$irq " ]
	check [ "$chains" -ge "$ios" ]
	check [ "$completions" = "$chains" ]
	check [ "$(said interrupts)" -gt 0 ]
	# Every interrupt has a cause: MSI-X has no more than were sent
	[[ $irq != MSIX ]] || check [ "$(said interrupts)" -le "$signals" ]
	check [ "$(said idle)" -le 2 ]
	check [ "$(said unhandled)" -le $((ios / 100 + 20)) ]
	# Microseconds; a request that waited for the next one's interrupt at the
	# end of the run would wait for ever, and one in between shows here.
	check [ "$(said worst)" -lt 20000000 ]
	[[ $(said rng) == virtio_rng* ]] || check false "rng"
	table+=("$(printf '%-24s %-8s %8s %8s %8s %9s  %-4s %-4s' "$name" "$irq" "$completions" "$signals" \
		"$(said interrupts)" "$(said worst)" \
		"$( ((failures == before)) && echo ok || echo FAIL)" "$([[ $(said rng) == virtio_rng* ]] && echo ok || echo FAIL)")")
}

mode modern MSIX 1 ''
mode modern IO-APIC 1 pci=nomsi
mode 'modern without MSI-X' IO-APIC 1 '' --no-msix
mode legacy MSIX 0 '' --transport legacy
mode legacy IO-APIC 0 pci=nomsi --transport legacy
mode transitional MSIX 1 '' --transport transitional
mode 'transitional, as legacy' MSIX 0 virtio_pci.force_legacy=1 --transport transitional
mode 'transitional, as legacy' IO-APIC 0 'virtio_pci.force_legacy=1 pci=nomsi' --transport transitional
mode mmio IO-APIC 1 '' --transport mmio
mode 'mmio version 1' IO-APIC 0 '' --transport mmio-legacy

printf 'REPORT: %-24s %-8s %8s %8s %8s %9s  %-4s %-4s\n' transport irq requests signals taken worst-us blk rng
printf 'REPORT: %s\n' "${table[@]}"
# What a VMM has to know of virtio: nothing; only how to hand things on
if grep -lE 'linux/virtio_(pci|config|mmio|ring)' "$here"/vmm/*.[ch]; then fail "the VMM knows registers of virtio"; fi
code() { sed -e 's|/\*.*\*/||' "$@" | awk '/\/\*/ { skip = 1 } !skip && NF { n++ } /\*\// { skip = 0 } END { print n + 0 }'; }
echo "REPORT: the VMM: $(code "$here/vmm/kvdev.c") of $(code "$here"/vmm/*.[ch]) lines of code are about kvdev devices"
(( failures == 0 )) || fail "$failures checks failed"
