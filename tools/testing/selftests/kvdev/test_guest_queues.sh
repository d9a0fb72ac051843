#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two processors, two queues: each queue serves its processor.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

truncate -s 16M disk.img
guest --cpus 2 --disk file=disk.img,queues=2 <<'END'
[ "$(nproc)" = 2 ]
[ -d /sys/block/vdb/mq/1 ]
[ ! -d /sys/block/vdb/mq/2 ]
fio --name=v --filename=/dev/vdb --numjobs=2 --cpus_allowed=0,1 --cpus_allowed_policy=split \
	--size=8m --offset_increment=8m --direct=1 --ioengine=libaio --iodepth=8 --rw=randwrite \
	--bs=4k --verify=crc32c --verify_fatal=1 --minimal >/tmp/out || { cat /tmp/out; exit 1; }
END
# The disk is the last device of the list.
mapfile -t queues < <(grep -Eo '"chains": [0-9]+, "completions": [0-9]+' stats.json | tail -n2)
same "${#queues[@]}" 2 queues
for queue in "${queues[@]}"; do
	read -r chains completions <<<"${queue//[!0-9 ]/}"
	(( chains >= 1000 )) || fail "a queue had only $chains requests"
	same "$completions" "$chains" completions
done
