#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sg3-utils, which were written for real disks and drives, walk through the SCSI
# commands of disks (512 and 4096 bytes) and a CD-ROM drive: what the units say
# of themselves, every length of READ and WRITE, provisioning, comparing,
# reservations, errors with the right sense data. The host's own drivers, so no
# guest is needed.
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$(dirname "$(readlink -f "$0")")/vdpa.sh"
need sg_inq sg_persist sg_opcodes xorriso
modprobe -q -a virtio_scsi sd_mod sr_mod sg || skip "no virtio_scsi in this kernel"
bus virtio_vdpa vhost_vdpa
n=sg-$$

found() {
	local path=(/sys/bus/vdpa/devices/"$n"/virtio*/host*/target*/*:0:"$1"/scsi_generic/*)
	sg=/dev/${path[0]##*/}
	[[ -c $sg ]]
}
# unit TARGET:LUN: $sg is its node, from now on. The first one who asks may be told
# that the unit is new: the kernel's own driver, or we.
unit() {
	wait_for 60 found "$1"
	found "$1"
	wait_for 60 sg_raw "$sg" 00 00 00 00 00 00
}
# The command succeeds and says each of the patterns.
says() { # COMMAND... -- PATTERN...
	local command=()
	while [[ $1 != -- ]]; do command+=("$1"); shift; done
	shift
	"${command[@]}" >out 2>&1 || fail "${command[*]}: $? $(cat out)"
	while [[ $# -gt 0 ]]; do
		grep -Eq -- "$1" out || fail "${command[*]} does not say '$1': $(cat out)"
		shift
	done
}
# The command ends with a status, a number of sg3-utils for a kind of sense data.
ILLEGAL=5 PROTECTED=7 NO_OPCODE=9 MISCOMPARE=14 LBA=22 CONFLICT=24
ends() { # STATUS COMMAND...
	local want=$1 rc=0
	shift
	"$@" >out 2>&1 || rc=$?
	[[ $rc == "$want" ]] || fail "$*: status $rc, not $want: $(cat out)"
}
raw_sense() { # PATTERN BYTE...
	local pattern=$1
	shift
	sg_raw -r 64k "$sg" "$@" >out 2>&1 || true
	grep -Eq -- "$pattern" out || fail "$* does not say '$pattern': $(cat out)"
}

truncate -s 16M disk.img
truncate -s 64M big.img
mkdir disc
seq 100000 >disc/numbers
xorriso -as mkisofs -quiet -R -V WALK -o disc.iso disc
at_end "undo_device $n"
"$ctl" create scsi "$n" --queues 2
"$ctl" lun add "$n" 0:0 --disk --file disk.img --vendor ACME --product 'WALKED DISK' \
	--revision 7.01 --serial WALK-0 --wwn 0x3123456789abcdef
"$ctl" lun add "$n" 0:1 --disk --file big.img --block-size 4096 --rotational
"$ctl" lun add "$n" 0:2 --disk --file big.img --ro --shared
"$ctl" lun add "$n" 3:0 --cdrom --file disc.iso --serial WALK-3
"$ctl" vdpa add "$n"

step "what a disk says of itself"
unit 0:0
says sg_raw "$sg" 00 00 00 00 00 00 --
says sg_inq "$sg" -- 'Vendor identification: ACME' 'Product identification: WALKED DISK' \
	'revision level: 7.01'
says sg_inq -d "$sg" -- SAM-5 SPC-4 SBC-3
says sg_vpd -p sv "$sg" -- sv sn di bl bdc lbpv
says sg_vpd -p sn "$sg" -- 'WALK-0'
says sg_vpd -p di "$sg" -- '0x3123456789abcdef' 'T10 vendor identification'
says sg_vpd -p bl "$sg" -- 'WSNZ\): 1' 'Maximum compare and write length: 0xff' \
	'Maximum unmap block descriptor count: 0xff'
says sg_vpd -p bdc "$sg" -- 'Non-rotating'
says sg_vpd -p lbpv "$sg" -- LBPU=1 LBPWS=1 LBPRZ=0x1
says sg_readcap "$sg" -- 'Number of logical blocks=32768' 'Logical block length=512'
says sg_readcap -l "$sg" -- 'lbpme=1, lbprz=1' 'Number of logical blocks=32768'
says sg_modes -a "$sg" -- Caching Control 'Informational exceptions'
says sg_logs "$sg" -- '0x2f'
says sg_luns "$sg" -- 'Lun list length = 24' '0000000000000000' '0002000000000000'
says sg_requests "$sg" -- 'No Sense'
says sg_senddiag -t "$sg" --
says sg_opcodes "$sg" -- 'Read\(10\)' 'Compare and write' 'Unmap' 'Persistent reserve out, preempt'
# As many lines as the table of commands has for disks
[[ $(grep -cE '^ *[0-9a-f]{2} ' out) == 55 ]] || fail "commands: $(cat out)"
says sg_opcodes -o 0x28 "$sg" -- 'supported' '28 18 ff ff ff ff 00 ff ff 00'
says sg_opcodes -o 0x9e -s 0x10 "$sg" -- 'Read capacity\(16\)' supported
says sg_opcodes -o 0x04 "$sg" -- 'NOT supported'
says sg_opcodes -t "$sg" -- 'Abort task' 'Logical unit reset' 'Query task set' 'I_T nexus reset'

step "every length of READ and WRITE"
head -c 1M /dev/urandom >data
for cdb in 6 10 12 16; do
	seek=$((cdb * 100))
	sg_dd if=data of="$sg" bs=512 bpt=16 seek=$seek cdbsz=$cdb oflag=sgio 2>err || fail "$(cat err)"
	sg_dd if="$sg" of=back bs=512 bpt=64 skip=$seek count=2048 cdbsz=$cdb iflag=sgio 2>err ||
		fail "$(cat err)"
	cmp data back || fail "READ and WRITE($cdb)"
	cmp -n 1048576 -i $((seek * 512)):0 disk.img data || fail "WRITE($cdb) in the file"
done
sg_dd if=data of="$sg" bs=512 bpt=128 oflag=sgio,fua,dpo iflag=fua 2>err || fail "$(cat err)"
cmp -n 1048576 disk.img data || fail "with FUA and DPO"
says sg_sync "$sg" --
says sg_sync -S "$sg" --
says sg_seek -l 100 -c 8 "$sg" --

step "comparing"
head -c 4096 data >block
says sg_verify -l 0 -c 2048 "$sg" --
says sg_verify -S -l 0 -c 8 -n 4096 -i block "$sg" --
ends $MISCOMPARE sg_verify -l 1 -c 8 -n 4096 -i block "$sg"
says sg_write_verify -l 1000 -n 8 -i block "$sg" --
says sg_write_verify -b 1 -S -l 1000 -n 8 -i block "$sg" --
cmp -n 4096 -i 512000:0 disk.img block || fail "WRITE AND VERIFY"
# What is there is written again, and then something else
tail -c 4096 data >other
cat block other >two
says sg_compare_and_write -l 1000 -n 8 -i two -x 8192 "$sg" --
cmp -n 4096 -i 512000:0 disk.img other || fail "COMPARE AND WRITE"
ends $MISCOMPARE sg_compare_and_write -l 1000 -n 8 -i two -x 8192 "$sg"
cmp -n 4096 -i 512000:0 disk.img other || fail "COMPARE AND WRITE wrote after all"

step "provisioning"
zeroes() { # LBA BLOCKS
	cmp -n $(($2 * 512)) -i $(($1 * 512)):0 disk.img /dev/zero || fail "blocks from $1 on"
}
head -c 512 other >one
says sg_write_same -l 2000 -n 100 -i one -x 512 "$sg" --
for i in 2000 2050 2099; do
	cmp -n 512 -i $((i * 512)):0 disk.img one || fail "WRITE SAME, block $i"
done
says sg_write_same -S -l 2000 -n 50 -i /dev/zero -x 512 "$sg" --
zeroes 2000 50
cmp -n 512 -i $((2050 * 512)):0 disk.img one || fail "WRITE SAME did too much"
says sg_write_same -S -N -l 2050 -n 10 "$sg" --
zeroes 2050 10
says sg_write_same -S -U -l 0 -n 64 -i /dev/zero -x 512 "$sg" --
zeroes 0 64
# It would give us time to think, otherwise.
says sg_unmap --force -l 64,128 -n 64,64 "$sg" --
zeroes 64 128
says sg_get_lba_status -l 0 "$sg" -- 'LBA: 0x0'
ends $ILLEGAL sg_write_same -l 0 -n 0 -i one -x 512 "$sg"
ends $LBA sg_unmap --force -l 32767 -n 2 "$sg"

step "modes"
# The write cache, by sd and by hand
has_type() { type=$(echo /sys/class/scsi_disk/*:0:0:0/cache_type) && [[ -e $type ]]; }
wait_for 60 has_type
grep -qx 'write back' "$type" || fail "cache: $(cat "$type")"
echo 'write through' >"$type"
says sg_modes -p 8 -H "$sg" -- '12 00'
says sg_modes -p 8 -c 2 -H "$sg" -- '12 04'
echo 'write back' >"$type"
says sg_modes -p 8 -H "$sg" -- '12 04'
# Descriptor format sense data
control() { # BYTE: a parameter list with the control page, BYTE has D_SENSE
	printf '%b' "$(printf '\\x%s' 0 0 0 0 0 0 0 0 0a 0a "$1" 10 0 0 0 0 ff ff 0 0)" >page
}
mode_select=(sg_raw -s 20 -i page "$sg" 55 10 00 00 00 00 00 00 14 00)
control 06
says "${mode_select[@]}" --
raw_sense 'Descriptor format.*Illegal Request' 04 00 00 00 00 00
control 02
says "${mode_select[@]}" --
raw_sense 'Fixed format.*Illegal Request' 04 00 00 00 00 00
# GLTSD cannot be changed, and the sense data points at it
control 00
"${mode_select[@]}" >out 2>&1 || true
grep -q 'Error in Data parameters: byte 10' out || fail "$(cat out)"

step "reservations"
says sg_persist -o -G -S 0x123 "$sg" --
says sg_persist -i -k "$sg" -- '0x123'
ends $CONFLICT sg_persist -o -G -K 0x99 -S 0x5 "$sg"
for type in 1 3 5 6 7 8; do
	says sg_persist -o -R -K 0x123 -T $type "$sg" --
	says sg_persist -i -r "$sg" -- 'Reservation follows' 'scope: LU_SCOPE'
	says sg_dd if=block of="$sg" bs=512 oflag=sgio --
	says sg_persist -i -s "$sg" -- 'Key=0x123' 'Reservation holder'
	says sg_persist -o -L -K 0x123 -T $type "$sg" --
done
says sg_persist -i -c "$sg" -- 'Write Exclusive, all registrants: 1' 'Persist Through Power Loss.*: 0'
says sg_persist -o -P -K 0x123 -S 0x123 -T 3 "$sg" --
says sg_persist -o -I -K 0x123 -S 0x456 "$sg" --
says sg_persist -o -C -K 0x456 "$sg" --
says sg_persist -i -k "$sg" -- 'NO registered reservation keys'

step "what a disk refuses"
ends $NO_OPCODE sg_format -F -Q "$sg"
raw_sense 'Invalid command operation code' 83 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
raw_sense 'Invalid command operation code' 84 03 00 00 00 00 00 00 00 00 00 00 00 ff 00 00
raw_sense 'Invalid field in cdb' 12 00 80 00 ff 00
raw_sense 'Logical block address out of range' 28 00 00 00 7f ff 00 00 02 00
raw_sense 'Logical block address out of range' 88 00 ff ff ff ff ff ff ff ff 00 00 00 01 00 00
says sg_start --stop "$sg" --
raw_sense 'not ready, initializing command required' 00 00 00 00 00 00
says sg_start --start "$sg" --
says sg_raw "$sg" 00 00 00 00 00 00 --

step "blocks of 4096 bytes"
unit 0:1
says sg_readcap -l "$sg" -- 'Logical block length=4096' 'Number of logical blocks=16384'
says sg_vpd -p bdc -H "$sg" -- '1c 20'
sg_dd if=data of="$sg" bs=4096 seek=16128 cdbsz=16 oflag=sgio 2>err || fail "$(cat err)"
cmp -n 1048576 -i $((16128 * 4096)):0 big.img data || fail "the last megabyte"
ends $LBA sg_verify -l 16383 -c 2 "$sg"
says sg_vpd -p sv "$sg" -- bl
raw_sense 'Invalid field in cdb' 12 01 80 00 ff 00

step "a disk that is write protected"
unit 0:2
says sg_modes -p 0xa "$sg" -- 'WP=1'
ends $PROTECTED sg_write_same -l 0 -n 1 -i one -x 512 "$sg"
sg_raw -s 512 -i one "$sg" 2a 00 00 00 00 00 00 00 01 00 >out 2>&1 || true
grep -q 'Write protected' out || fail "$(cat out)"
says sg_dd if="$sg" of=/dev/null bs=512 count=1 iflag=sgio --

step "a CD-ROM drive"
unit 3:0
says sg_inq -d "$sg" -- 'Peripheral device type: cd/dvd' 'RMB=1' MMC-6
says sg_raw "$sg" 00 00 00 00 00 00 --
says sg_readcap "$sg" -- 'Logical block length=2048'
says sg_get_config "$sg" -- 'Current profile: CD-ROM' 'Removable media' 'Random readable' \
	'Multi-read' 'CD read'
says sg_modes -a "$sg" -- 'capabilities'
says sg_vpd -p sn "$sg" -- WALK-3
says sg_opcodes "$sg" -- 'Read TOC' 'Get configuration' 'Read CD'
blocks=$(($(stat -c %s disc.iso) / 2048))
sg_dd if="$sg" of=read.iso bs=2048 count=$blocks iflag=sgio 2>err || fail "$(cat err)"
cmp read.iso disc.iso || fail "another disc was read"
# READ CD of the volume descriptor, the table of contents, the disc
sg_raw -r 2048 -o back "$sg" be 00 00 00 00 10 00 00 01 10 00 00 2>err || fail "$(cat err)"
cmp -n 2048 -i 0:32768 back disc.iso || fail "READ CD"
says sg_raw -r 20 "$sg" 43 00 00 00 00 00 01 00 14 00 -- '00 12 01 01 00 14 01 00'
says sg_raw -r 34 "$sg" 51 00 00 00 00 00 00 00 22 00 -- '00 20 0e 01 01 01 01 20'
says sg_raw -r 8 "$sg" bd 00 00 00 00 00 00 00 00 08 00 00 --
says sg_prevent -p 1 "$sg" --
raw_sense 'Medium removal prevented' 1b 00 00 00 02 00
says sg_prevent --allow "$sg" --
says sg_start --eject "$sg" --
raw_sense 'Medium not present - tray open' 00 00 00 00 00 00
says sg_raw -r 8 "$sg" 4a 01 00 00 10 00 00 00 08 00 -- '00 04 04 10 0[03] 01'
says sg_start --load "$sg" --
raw_sense 'medium may have changed' 00 00 00 00 00 00
raw_sense 'Invalid command operation code' 2a 00 00 00 00 00 00 00 01 00
raw_sense 'Illegal mode for this track' be 04 00 00 00 10 00 00 01 10 00 00
