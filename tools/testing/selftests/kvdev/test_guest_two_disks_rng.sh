#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two disks, one of them a block device with blocks of 4 KiB, and an entropy
# device in one guest; host and guest see the same bytes.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
kernels=$GUEST

truncate -s 10M one.img
truncate -s 20M two.img
loop=$(losetup -f --show -b 4096 two.img) || skip "no loop device"
at_end "losetup -d $loop"
dd if=/dev/urandom of=one.img bs=1M count=1 conv=notrunc status=none

guest --rng --disk file=one.img,serial=first,block-size=2048 --disk "file=$loop,serial=0123456789abcdefghij" <<'END'
echo "sizes: $(blockdev --getsize64 /dev/vdb) $(blockdev --getsize64 /dev/vdc)"
echo "blocks: $(blockdev --getss /dev/vdb) $(blockdev --getss /dev/vdc)"
echo "serials: $(cat /sys/block/vdb/serial) $(cat /sys/block/vdc/serial)"
echo "first: $(head -c 1048576 /dev/vdb | sha256sum)"
dd if=/dev/vdb of=/dev/vdc bs=1M count=1 seek=5 conv=fsync
set -x
echo "rng: $(cat /sys/class/misc/hw_random/rng_current)"
for i in 1 2; do
	dd if=/dev/hwrng of=/tmp/r$i bs=4k count=1 iflag=fullblock 2>/dev/null
	[ "$(wc -c </tmp/r$i)" = 4096 ]
done
! cmp -s /tmp/r1 /tmp/r2
# Random bytes do not get shorter.
[ "$(gzip -c /tmp/r1 | wc -c)" -gt 4000 ]
END
same "$(said sizes)" "10485760 20971520" sizes
same "$(said blocks)" "2048 4096" "block sizes"
same "$(said serials)" "first 0123456789abcdefghij" serials
same "$(said first)" "$(head -c 1M one.img | sha256sum)" "what the guest read"
[[ $(said rng) == virtio_rng* ]] || fail "the entropy device is '$(said rng)'"
same "$(dd if="$loop" bs=1M skip=5 count=1 iflag=direct status=none | sha256sum)" \
	"$(head -c 1M one.img | sha256sum)" "what the guest wrote"
