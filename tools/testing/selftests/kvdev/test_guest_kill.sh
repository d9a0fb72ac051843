#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# SIGKILL of the VMM while the guest writes: the journal replays, what was
# synced is there, and another guest goes on with the disk.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

truncate -s 128M disk.img
mkfs.ext4 -q disk.img
guest_script <<'END'
mkdir /tmp/m
mount -t ext4 /dev/vdb /tmp/m
dd if=/dev/urandom of=/tmp/m/synced bs=64k count=16 conv=fsync 2>/dev/null
sync
echo "synced: $(sha256sum </tmp/m/synced)"
echo "LOAD"
fio --name=w --directory=/tmp/m --numjobs=4 --size=8m --rw=randwrite --bs=4k --fsync=16 \
	--time_based --runtime=600 --minimal
END
vmm_command --disk file=disk.img
"${command[@]}" </dev/null >console.raw &
pid=$!
at_end "undo_process $pid"
for (( i = 0; i < 1200; i++ )); do
	! grep -q '^LOAD' console.raw || break
	kill -0 "$pid" || fail "the VMM ended"
	sleep 0.2
done
grep -q '^LOAD' console.raw || fail "no load"
sleep 8
kill -9 "$pid"
wait "$pid" || true
tr -d '\r' <console.raw >console
synced=$(said synced)
[[ $synced ]] || fail "no hash"

# At once: nothing of the dead VMM writes any more.
sum=$(sha256sum <disk.img)
sleep 2
same "$(sha256sum <disk.img)" "$sum" "image after the end"
cp disk.img copy.img
rc=0
e2fsck -p copy.img || rc=$?
(( rc <= 1 )) || fail "e2fsck -p says $rc"
clean_fs copy.img
same "$(debugfs -R 'cat /synced' copy.img 2>/dev/null | sha256sum)" "$synced" "synced file"

guest --disk file=disk.img <<'END'
mkdir /tmp/m
mount -t ext4 /dev/vdb /tmp/m
echo "synced: $(sha256sum </tmp/m/synced)"
echo new >/tmp/m/new
umount /tmp/m
END
same "$(said synced)" "$synced" "synced file for the second guest"
clean_fs disk.img
