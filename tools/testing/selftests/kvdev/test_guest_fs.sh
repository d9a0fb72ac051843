#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An ext4 written by the guest: the same files for the guest that wrote it, for
# the host, and for the next guest.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
kernels=$GUEST

truncate -s 96M disk.img
guest --disk file=disk.img <<'END'
mkfs.ext4 -q /dev/vdb
mkdir /tmp/m
mount -t ext4 /dev/vdb /tmp/m
i=0
while [ $i -lt 20 ]; do
	dd if=/dev/urandom of=/tmp/m/file$i bs=37k count=$((i + 1)) 2>/dev/null
	i=$((i + 1))
done
cp -r /bin /tmp/m/bin
rm /tmp/m/file3
sync
echo 3 >/proc/sys/vm/drop_caches
echo "tree: $(cd /tmp/m && find . -type f | sort | xargs sha256sum | sha256sum)"
(cd /tmp/m && sha256sum file* | sed 's/^/hash: /')
umount /tmp/m
END
tree=$(said tree)
[[ $tree ]] || fail "no hash"

clean_fs disk.img
while read -r sum name; do
	same "$(debugfs -R "cat /$name" disk.img 2>/dev/null | sha256sum | cut -d' ' -f1)" "$sum" "$name"
done < <(said hash)
same "$(said hash | wc -l)" 19 "files"

guest --disk file=disk.img,direct <<'END'
mkdir /tmp/m
mount -t ext4 /dev/vdb /tmp/m
echo "tree: $(cd /tmp/m && find . -type f | sort | xargs sha256sum | sha256sum)"
umount /tmp/m
END
same "$(said tree)" "$tree" "files for the second guest"
clean_fs disk.img
