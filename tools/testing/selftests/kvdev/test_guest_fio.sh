#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Four fio jobs write and verify, on a file by way of the page cache and on one
# past it; the host finds what was written last.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

truncate -s 32M buffered.img direct.img
guest --disk file=buffered.img --disk file=direct.img,direct <<'END'
for disk in vdb vdc; do
	fio --name=v --filename=/dev/$disk --numjobs=4 --size=8m --offset_increment=8m \
		--direct=1 --ioengine=libaio --iodepth=8 --rw=randrw --bsrange=512-64k \
		--blockalign=512 --verify=crc32c --verify_fatal=1 --minimal >/tmp/out ||
		{ cat /tmp/out; exit 1; }
	dd if=/dev/urandom of=/dev/$disk bs=1M count=2 seek=7 conv=fsync 2>/dev/null
	blockdev --flushbufs /dev/$disk
	echo "$disk: $(sha256sum </dev/$disk)"
done
END
same "$(said vdb)" "$(sha256sum <buffered.img)" "first disk"
same "$(said vdc)" "$(sha256sum <direct.img)" "second disk"
[[ $(cmp buffered.img direct.img 2>&1) ]] || fail "disks are the same"
