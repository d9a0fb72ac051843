#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kvdevctl with the module: every command, what it prints, what it leaves, and
# whom it names when something is in use. Needs no guest.
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$(dirname "$(readlink -f "$0")")/vdpa.sh"
[[ $EUID -eq 0 && -c /dev/kvdev ]] || skip "needs root and /dev/kvdev"
! type -P python3 >/dev/null || python=1
ldd "$ctl" | grep -q 'not found' && skip "kvdevctl's libraries are not installed"

n=ctltest-$$	# beginning of our devices' names
pids=()
mounted='' moved=''
# shellcheck disable=SC2329 # at the end
leave() {
	local p d
	[[ ! $moved ]] || mv "$moved" /dev/kvdev
	for p in "${pids[@]}"; do undo_process "$p"; done
	[[ ! $mounted ]] || undo_mount "$mounted"
	for d in $("$ctl" list --names | grep "^$n" || true); do
		"$ctl" delete "$d" --force
	done
}
at_end leave

# ok ARGUMENT...: works, prints nothing on stderr; its output is in ./out
ok() {
	"$ctl" "$@" >out 2>err || fail "kvdevctl $*: $(cat err)"
	[[ ! -s err ]] || fail "kvdevctl $*: says $(cat err)"
}
# bad STATUS WORDS -- ARGUMENT...: fails with that, and says that
bad() {
	local status=$1 words=$2 rc=0
	shift 3
	"$ctl" "$@" >out 2>err || rc=$?
	[[ $rc == "$status" ]] || fail "kvdevctl $*: status $rc, not $status: $(cat out err)"
	grep -qF -- "$words" err || fail "kvdevctl $*: no '$words' in: $(cat err)"
	[[ ! -s out ]] || fail "kvdevctl $*: prints $(cat out)"
}
has() { grep -qE -- "$1" out || fail "no '$1' in: $(cat out)"; }
lacks() { ! grep -qE -- "$1" out || fail "'$1' in: $(cat out)"; }
gone() { ! "$ctl" list --names | grep -qx -- "$1" || fail "$1 is still there"; }
# runs PID NAME: it has got as far as that, with its files open
runs() { [[ $(cat "/proc/$1/comm") == "$2" ]]; }
# listens PID: it has the device open and sleeps
listens() {
	readlink "/proc/$1"/fd/* | grep -qx /dev/kvdev && grep -q ') S ' "/proc/$1/stat"
}
driver_is_up() { "$ctl" show "$n.ci" | grep -q DRIVER_OK; }
# is EXPRESSION: is it true of "j", which is what ./out says?
is() {
	[[ ${python:-} ]] || return 0
	python3 -c 'import json, sys
j = json.load(open("out"))
sys.exit(not eval(sys.argv[1]))' "$1"
}
json() { is "$1" || fail "not '$1': $(cat out)"; }

# ------------------------------------------------------------ without the bus
step "module and device node"
ok info
has '^API version +1$'
has '^types +.*blk.*rng'
ok -j info
json 'j["api_version"] == 1 and "blk" in j["device_types"] and j["formats"] == ["raw"]'
# In place: a node that came back from another file system would be a new one,
# which devtmpfs does not take away with the module.
moved=/dev/.kvdev-node
mv /dev/kvdev "$moved"
bad 1 "load the module with 'modprobe kvdev'" -- list
bad 1 "load the module with 'modprobe kvdev'" -- create rng "$n"
mv "$moved" /dev/kvdev
moved=''
if type -P setpriv >/dev/null; then
	# With what it needs in reach of everybody.
	chmod 755 "$work"
	rc=0
	setpriv --reuid 65534 --regid 65534 --clear-groups "$ctl" list >out 2>err || rc=$?
	if [[ $rc != 126 && $rc != 127 ]]; then
		grep -q 'join group kvm' err || fail "a stranger is told: $(cat err)"
	fi
fi

step "create"
truncate -s 10M disk.img
truncate -s 10M other.img
ok create blk "$n" --file disk.img --queues 2 --serial S123 --block-size 4k
[[ ! -s out ]] || fail "create prints $(cat out)"
bad 1 "there is a device '$n' already" -- create blk "$n" --file other.img
bad 1 "there is a device '$n' already" -- create rng "$n"
ok create blk "$n.kept" --file other.img --no-discard
ok show "$n.kept"
has 'offered.* WRITE_ZEROES'
! grep -w DISCARD out || fail "it discards"
ok delete "$n.kept"
ok show "$n"
has 'offered.* DISCARD'
ok -j create rng "$n.rng"
json "j['name'] == '$n.rng' and j['type'] == 'rng' and j['used_by'] is None"

step "what create refuses leaves nothing behind"
x=$n.x
bad 1 "there is no file 'missing'" -- create blk "$x" --file missing
bad 1 "cannot open 'missing'" -- create blk "$x" --dev missing
bad 1 'is a file: --file' -- create blk "$x" --dev other.img
bad 1 'neither a file nor a block device' -- create blk "$x" --file .
bad 1 'neither a file nor a block device' -- create blk "$x" --file /dev/null
mkfifo fifo
bad 1 'neither a file nor a block device' -- create blk "$x" --file fifo
: >empty
bad 1 "'empty' cannot be a disk" -- create blk "$x" --file empty
truncate -s 1k small
bad 1 'blocks of 4096 bytes' -- create blk "$x" --file small --block-size 4096
bad 1 'cannot have so many queues' -- create rng "$x" --queues 2
bad 2 'cannot be a name' -- create blk 'a b' --file other.img
bad 1 "in use by device '$n'" -- create blk "$x" --file disk.img
gone "$x"
# Nor is a store that was refused.
ok create blk "$x" --file other.img --ro
bad 1 "in use by device '$x'" -- create blk "$x.2" --file other.img
ok create blk "$x.2" --file other.img --ro
ok delete "$x"
ok delete "$x.2"
# Who made it wants no other writer, but bears readers that bear it.
bad 1 "in use by device '$n'" -- create blk "$x" --file disk.img --shared
ok create blk "$x" --file disk.img --shared --ro
ok delete "$x"
if mkdir ro && mount -t tmpfs tmpfs ro; then
	mounted=$work/ro
	truncate -s 1M ro/disk
	mount -o remount,ro "$mounted"
	bad 1 '--ro makes a read-only disk' -- create blk "$x" --file ro/disk
	ok create blk "$x" --file ro/disk --ro
	ok show "$x"
	has 'raw, read-only'
	has 'offered .* RO '
	ok delete "$x"
	umount "$mounted"
	mounted=''
fi

step "list and show"
ok list
has '^NAME +ID +TYPE +SIZE'
has "^$n +[0-9]+ +blk +10 MiB +2 +idle +0600 +root +root +- +$work/disk.img\$"
has "^$n.rng +[0-9]+ +rng +- +1 +idle +0600 +root +root +- +-\$"
ok list --names
has "^$n\$"
ok list --json
json "[d['capacity'] for d in j if d['name'] == '$n'] == [10485760]"
ok show "$n"
has "^$n: blk, id [0-9]+, 2 queues of up to 256\$"
has 'capacity +10 MiB \(10485760 bytes, blocks of 4096\)$'
has 'offered +0x[0-9a-f]+ .*FLUSH'
has 'VERSION_1'
has 'used by +nobody'
ok show "$n" -p
json "j['block_size'] == 4096 and j['format'] == 'raw' and j['read_only'] is False"
json "j['backing'] == '$work/disk.img' and j['status'] == 0"
json "'MQ' in j['offered']['names'] and int(j['offered']['bits'], 16) >> 32 & 1"
ok sh "$n.rng"
lacks backing
ok show
has "^$n: "
has "^$n.rng: "
bad 1 "there is no device '$x'" -- show "$x"
bad 1 "there is no device 'a b'" -- show 'a b'
bad 1 "there is no device ''" -- show ''
bad 1 "there is no device 'help'" -- show -- help

step "a path that is not for a terminal"
name=$'weird \e[31m\xff \xc3\xa4 "x" \\ \n.img'
truncate -s 1M "$name"
ok create blk "$n.weird" --file "$name"
ok -j show "$n.weird"
json "'\\\\033[31m\\\\377 ä \"x\" ' in j['backing']"
for c in list show; do
	ok "$c"
	! grep -q $'\e' out || fail "$c sends escapes to the terminal"
done
ok delete "$n.weird"

step "stats"
ok stats "$n"
has "^$n: blk, resets 0"
has '^  queue +kicks +chains'
has '^  1 +0 +0'
has '^  total '
ok stats -j
json "len([d for d in j if d['name'] == '$n' and len(d['queues']) == 2]) == 1"
json "[d['total']['kicks'] for d in j if d['name'] == '$n.rng'] == [0]"
ok stats "$n" --watch 0.05 --count 2
[[ $(grep -c "per second" out) == 2 ]] || fail "not twice: $(cat out)"
ok stats "$n" --watch=0.05 --count 1 -j
json 'j[0]["rates"]["kicks"] == 0.0 and j[0]["queues"][0]["rates"]["chains"] == 0 and j[0]["seconds"] > 0'
bad 1 'there is no device' -- stats "$x"
ok create rng "$x"
"$ctl" stats "$x" --watch 0.1 >watched 2>&1 &
watcher=$!
pids+=("$watcher")
wait_for 60 grep -q 'per second' watched
# Who watches does not hold the device.
ok delete "$x"
rc=0
wait "$watcher" || rc=$?
[[ $rc == 1 ]] || fail "a watch of nothing ends with $rc"
grep -q 'has been deleted' watched || fail "$(tail -n1 watched)"

step "an owner"
if [[ ${python:-} ]]; then
	cat >owner.py <<-'END'
	import fcntl, os, struct, sys, time
	fd = os.open("/dev/kvdev", os.O_RDWR)
	fcntl.ioctl(fd, 0xd504, struct.pack("II32s", 40, 0, sys.argv[1].encode()))
	fcntl.ioctl(fd, 0xaf01)
	def status(s): fcntl.ioctl(fd, 0x4001af72, bytes([s]))
	status(3)
	fcntl.ioctl(fd, 0x4008af00, struct.pack("Q", 1 << 32))
	status(11)
	try:
	    status(15)
	except OSError as e:
	    open("owner.error", "w").write(str(e.errno))
	open("owner.ready", "w")
	time.sleep(600)
	END
	python3 owner.py "$n" &
	owner=$!
	pids+=("$owner")
	wait_for 60 test -e owner.ready
	bad 1 "'$n' is in use: python3 (pid $owner); end that first" -- delete "$n"
	bad 1 "python3 (pid $owner)" -- delete "$n" --vdpa
	ok list
	has "python3 \(pid $owner\)"
	ok -j show "$n"
	json "j['used_by']['as'] == 'owner' and j['used_by']['pid'] == $owner and j['used_by']['process'] == 'python3'"
	# Without guest memory it does not start, and says so.
	same "$(cat owner.error)" 14 "errno of DRIVER_OK"
	json "j['trouble_errno'] == 14 and j['trouble'] == 'there is no guest memory'"
	ok show "$n"
	has 'trouble +there is no guest memory \(Bad address\)'
	kill "$owner"
	wait "$owner" 2>/dev/null || true

	# By force it waits, says for whom, and goes on.
	ok create rng "$n.force"
	rm owner.ready
	python3 owner.py "$n.force" &
	owner=$!
	pids+=("$owner")
	wait_for 60 test -e owner.ready
	"$ctl" delete "$n.force" --force 2>forced &
	forced=$!
	wait_for 60 grep -q "waiting until '$n.force' is closed: python3 (pid $owner)" forced
	kill "$owner"
	wait "$owner" 2>/dev/null || true
	wait "$forced" || fail "--force: $? $(cat forced)"
	gone "$n.force"
fi

step "features without what the bus needs"
bad 2 'needs bit 33 (ACCESS_PLATFORM), too: add 0x200000000' -- create rng "$x" --features 0x130000000 --vdpa
bad 1 'there is no device' -- show "$x"
if [[ -e /sys/module/kvdev_vdpa ]] || modprobe -q kvdev_vdpa; then
	ok create rng "$x" --features 0x130000000
	bad 1 'lack bit 33 (ACCESS_PLATFORM)' -- vdpa add "$x"
	# It is as it was, and free.
	ok show "$x"
	lacks ACCESS_PLATFORM
	has 'used by +nobody'
	ok delete "$x"
	# With no driver there it would say so.
	modprobe -q vhost_vdpa || modprobe -q virtio_vdpa || true
	ok create rng "$x" --features 0x330000000 --vdpa
	ok show "$x"
	has 'offered.* ACCESS_PLATFORM'
	lacks INDIRECT_DESC.*EVENT_IDX.*PACKED
	ok delete "$x" --vdpa
fi

step "a VMM control interface"
ok create vmmci "$n.ci"
ok show "$n.ci"
has "^$n.ci: vmmci, id [0-9]+, no queues\$"
has 'offered +0x[0-9a-f]+ TIMESYNC ACK SYNCRTC'
ok stats "$n.ci"
has "^$n.ci: vmmci, resets 0"
lacks kicks
ok info
has '^types +.*vmmci'
bad 1 'the guest does not run, or does not know it' -- vmmci "$n.ci" shutdown
ok vmmci "$n.ci" cancel
bad 1 'no VMM control interface but of type blk' -- vmmci "$n" shutdown
bad 1 'there is no device' -- vmmci "$x" shutdown
if [[ -e /sys/module/kvdev_vdpa ]] || modprobe -q kvdev_vdpa; then
	bad 1 'not for the vDPA bus' -- vdpa add "$n.ci"
fi
if [[ ${python:-} ]]; then
	# A VMM and its guest: takes what is asked for, does it after a while.
	cat >guest.py <<-'END'
	import fcntl, os, struct, sys, time
	fd = os.open("/dev/kvdev", os.O_RDWR)
	def config(nr, off, data):
	    b = bytearray(struct.pack("II", off, len(data)) + data)
	    fcntl.ioctl(fd, nr, b)
	    return bytes(b[8:])
	def command():
	    return struct.unpack("<I", config(0x8008af73, 0, bytes(4)))[0]
	def status(s):
	    fcntl.ioctl(fd, 0x4001af72, struct.pack("B", s))
	fcntl.ioctl(fd, 0xd504, struct.pack("II32s", 40, 0, sys.argv[1].encode()))
	fcntl.ioctl(fd, 0xaf01)
	def start():
	    fcntl.ioctl(fd, 0x4008af00, struct.pack("Q", 1 << 32 | 7))
	    status(15)
	start()
	open("guest.ready", "w")
	while True:
	    c = command()
	    if c and not os.path.exists("guest.deaf"):
	        # Before the test knows that it has heard.
	        stubborn = os.path.exists("guest.stubborn")
	        config(0x4008af74, 0, struct.pack("<I", c))
	        if c == 1 and not stubborn:
	            sys.exit(0)
	        if c == 2:
	            status(0)
	            start()
	    time.sleep(0.01)
	END
	python3 guest.py "$n.ci" &
	guest=$!
	pids+=("$guest")
	wait_for 60 test -e guest.ready
	"$ctl" vmmci "$n.ci" wait --count 2 --json >watched 2>&1 &
	watcher=$!
	pids+=("$watcher")
	wait_for 60 listens "$watcher"
	ok vmmci "$n.ci" syncrtc --wait --ack-timeout 60
	[[ $(cat out) == 'ack syncrtc' ]] || fail "syncrtc: $(cat out)"
	# Of two of a kind it would hear of the last.
	wait_for 60 grep -q syncrtc watched
	ok vmmci "$n.ci" reboot --wait --ack-timeout 60
	[[ $(cat out) == $'ack reboot\ndone reboot' ]] || fail "reboot: $(cat out)"
	wait "$watcher" || fail "wait --count: $(cat watched)"
	head -n1 watched >out
	json 'j["event"] == "ack" and j["command"] == "syncrtc" and j["count"] == 1'
	# The reboot is done before the driver is there again.
	wait_for 60 driver_is_up
	touch guest.deaf
	rc=0
	"$ctl" vmmci "$n.ci" shutdown --wait --ack-timeout 0.2 >out || rc=$?
	[[ $rc == 1 && $(cat out) == 'ack-timeout shutdown' ]] || fail "$rc: $(cat out)"
	ok vmmci "$n.ci" shutdown --ack-timeout 600
	bad 1 "'kvdevctl vmmci $n.ci cancel' takes it back" -- vmmci "$n.ci" reboot
	ok vmmci "$n.ci" cancel
	touch guest.stubborn
	rm guest.deaf
	rc=0
	"$ctl" vmmci "$n.ci" shutdown --wait --ack-timeout 60 --stop-timeout 0.2 >out || rc=$?
	[[ $rc == 1 && $(tail -n1 out) == 'stop-timeout shutdown' ]] || fail "$rc: $(cat out)"
	bad 1 "python3 (pid $guest)" -- delete "$n.ci"
	rm guest.stubborn
	ok -j vmmci "$n.ci" shutdown --wait --ack-timeout 60
	tail -n1 out >last
	mv last out
	json 'j["event"] == "released" and j["command"] is None'
	wait "$guest" || fail "the guest ended with $?"
fi
ok delete "$n.ci"

step "delete"
bad 1 'there is no device' -- delete "$x"
bad 1 'there is no device' -- delete 'a b'
ok delete "$x" --force
ok delete "$n.rng" --force
gone "$n.rng"
ok delete "$n" --vdpa

# ---------------------------------------------------------------- block device
if modprobe -q loop && loop=$(losetup --show -f disk.img 2>/dev/null); then
	step "block device"
	ok create blk "$n" --dev "$loop"
	ok show "$n"
	has "backing +$loop "
	bad 1 "in use by device '$n'" -- create blk "$x" --dev "$loop"
	bad 1 'is a block device: --dev' -- create blk "$x" --file "$loop"
	ok create blk "$x" --dev "$loop" --shared
	ok delete "$x"
	ok delete "$n"
	losetup -d "$loop"
fi

# --------------------------------------------------------------------- the bus
if [[ ! -e /sys/module/vdpa ]]; then
	step "no bus yet"
	bad 1 "modprobe kvdev_vdpa" -- create blk "$n" --file disk.img --vdpa
	gone "$n"
	ok create rng "$n"
	bad 1 "modprobe kvdev_vdpa" -- vdpa add "$n"
	ok delete "$n"
fi
if ! modprobe -q kvdev_vdpa; then
	echo "no vDPA in this kernel"
	exit 0
fi
for m in virtio_vdpa virtio_blk vhost_vdpa; do modprobe -q -r $m || true; done
if [[ ! -e /sys/module/virtio_vdpa && ! -e /sys/module/vhost_vdpa ]]; then
	step "no driver yet"
	"$ctl" create rng "$n" --vdpa 2>err || fail "$(cat err)"
	grep -q 'modprobe vhost_vdpa' err || fail "no word about drivers: $(cat err)"
	ok list
	has 'vDPA bus, no driver'
	ok delete "$n" --vdpa
fi

step "not permitted, not reachable"
# with COMMAND STATUS WORDS -- ARGUMENT...: as bad, if the machine has COMMAND
cat >wrapped <<'END'
#!/bin/sh
exec $WRAP "$KVDEVCTL" "$@"
END
chmod +x wrapped
export WRAP='' KVDEVCTL=$ctl
with() {
	local real=$ctl
	WRAP=$1 ctl=$work/wrapped
	shift
	if [[ $($WRAP echo works 2>/dev/null) == works ]]; then bad "$@"; fi
	ctl=$real
}
with 'setpriv --bounding-set -net_admin --inh-caps -net_admin' \
	1 'become root (CAP_NET_ADMIN)' -- create rng "$n" --vdpa
gone "$n"
with 'unshare --net' 1 'from this network namespace' -- create rng "$n" --vdpa
gone "$n"

if modprobe -q virtio_vdpa && modprobe -q virtio_blk; then
	step "a disk of this host"
	ok create blk "$n" --file disk.img --serial S123 --queues 2 --vdpa
	ok -j show "$n"
	json "j['used_by']['as'] == 'vdpa' and j['used_by']['driver'] == 'virtio_vdpa'"
	disk=$("$ctl" show "$n" | sed -n 's/^  used by .*\(\/dev\/vd[a-z]*\).*/\1/p')
	[[ $disk ]] || fail "no disk in: $("$ctl" show "$n")"
	wait_for 60 opens "$disk"
	[[ $(cat "/sys/block/${disk#/dev/}/serial") == S123 ]] || fail "wrong serial"
	head -c 1M /dev/urandom >data
	dd if=data of="$disk" bs=64k seek=16 oflag=direct status=none
	dd if="$disk" bs=64k skip=16 count=16 iflag=direct status=none | cmp - data
	dd if=disk.img bs=64k skip=16 count=16 status=none | cmp - data
	ok -j stats "$n"
	json "j[0]['total']['bytes_readable'] >= 1 << 20 and j[0]['total']['bytes_writable'] >= 1 << 20 and j[0]['total']['errors'] == 0"
	ok show "$n"
	has 'status +running .*DRIVER_OK'
	sed -n '/^  accepted/,$p' out | grep -qw ACCESS_PLATFORM || fail "not accepted: $(cat out)"

	(while [[ ! -e enough ]]; do dd if="$disk" of=/dev/null bs=64k iflag=direct status=none; done) 2>/dev/null &
	pids+=($!)
	# Reading may take a moment to begin.
	for _ in {1..20}; do
		ok -j stats "$n" --watch 2 --count 1
		! is "j[0]['rates']['chains'] > 1 and j[0]['rates']['bytes_writable'] > 65536" || break
	done
	json "j[0]['rates']['chains'] > 1 and j[0]['rates']['bytes_writable'] > 65536"
	touch enough
	wait "${pids[-1]}" || true

	bad 1 "'$n' is in use: vDPA bus, driver virtio_vdpa, $disk" -- delete "$n"
	grep -q "kvdevctl delete $n --vdpa" err || fail "no advice: $(cat err)"
	bad 1 'there is a device' -- create blk "$n" --file other.img --vdpa
	bad 1 'driver virtio_vdpa' -- vdpa add "$n"

	# shellcheck disable=SC2217 # to have it open is all
	sleep 600 <"$disk" &
	pids+=($!)
	wait_for 60 runs "${pids[-1]}" sleep
	bad 1 "sleep (pid ${pids[-1]})" -- delete "$n" --vdpa
	bad 1 "sleep (pid ${pids[-1]})" -- vdpa del "$n"
	kill "${pids[-1]}"
	wait "${pids[-1]}" 2>/dev/null || true
	if type -P mke2fs >/dev/null && mke2fs -q -t ext4 "$disk" 2>/dev/null &&
		mkdir mnt && mount "$disk" mnt 2>/dev/null; then
		mounted=$work/mnt
		bad 1 "mounted on $mounted" -- delete "$n" --vdpa
		bad 1 'unmount it first' -- vdpa del "$n"
		umount "$mounted"
		mounted=''
	fi
	ok vdpa del "$n"
	wait_for 60 test ! -b "$disk"
	bad 1 'is not on the vDPA bus' -- vdpa del "$n"
	ok vd a "$n"
	wait_for 60 disk_of "$n"
	ok delete "$n" --vdpa
	gone "$n"

	step "an entropy device of this host"
	ok create rng "$n" --vdpa
	if modprobe -q virtio_rng && [[ -c /dev/hwrng ]] &&
		grep -q virtio /sys/class/misc/hw_random/rng_available; then
		[[ $(timeout 120 head -c 64 /dev/hwrng | wc -c) == 64 ]] || fail "no entropy"
		ok -j stats "$n"
		json "j[0]['total']['bytes_writable'] >= 64"
	fi
	ok delete "$n" --vdpa
	modprobe -q -r virtio_rng || true
	modprobe -q -r virtio_vdpa || true
fi

if [[ ! -e /sys/module/virtio_vdpa ]] && modprobe -q vhost_vdpa; then
	step "a vhost node"
	ok create blk "$n" --file disk.img --vdpa
	ok show "$n"
	has 'driver vhost_vdpa, /dev/vhost-vdpa-[0-9]+$'
	node=$(sed -n 's/^  used by .*\(\/dev\/vhost-vdpa-[0-9]*\).*/\1/p' out)
	wait_for 60 test -c "$node"
	# Open only: the kernel does not know yet by whom, but would wait for it.
	sleep 600 <>"$node" &
	holder=$!
	pids+=("$holder")
	wait_for 60 runs "$holder" sleep
	bad 1 "sleep (pid $holder)" -- delete "$n" --vdpa
	bad 1 'end that first' -- vdpa del "$n"
	# It waits indeed.
	"$ctl" delete "$n" --vdpa --force >forced 2>&1 &
	forced=$!
	sleep 0.5
	kill -0 "$forced" 2>/dev/null || fail "did not wait: $(cat forced)"
	kill "$holder"
	rc=0
	wait "$forced" || rc=$?
	[[ $rc == 0 ]] || fail "--force: $rc $(cat forced)"
	grep -q "waiting until '$n' is closed: .*sleep (pid $holder)" forced || fail "--force says: $(cat forced)"
	gone "$n"

	if [[ ${python:-} ]]; then
		step "a vhost owner"
		ok create rng "$n" --vdpa
		node=$("$ctl" show "$n" | sed -n 's/^  used by .*\(\/dev\/vhost-vdpa-[0-9]*\).*/\1/p')
		wait_for 60 test -c "$node"
		rm -f owner.ready
		python3 -c 'import fcntl, os, sys, time
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.ioctl(fd, 0xaf01)
open("owner.ready", "w")
time.sleep(600)' "$node" &
		holder=$!
		pids+=("$holder")
		wait_for 60 test -e owner.ready
		ok list
		has "vDPA bus, driver vhost_vdpa, $node, python3 \(pid $holder\)"
		bad 1 "python3 (pid $holder)" -- delete "$n" --vdpa
		kill -9 "$holder"
		wait "$holder" 2>/dev/null || true
		# The last work for a dead process may be done a moment later.
		wait_for 60 "$ctl" delete "$n" --vdpa
	fi
	modprobe -q -r vhost_vdpa || true
fi

step "names of other devices on the bus"
if modprobe -q vdpa_sim_blk && type -P vdpa >/dev/null &&
	vdpa dev add name "$n" mgmtdev vdpasim_blk 2>/dev/null; then
	bad 1 'there is no device' -- vdpa del "$n"
	bad 1 "made by 'vdpasim_blk'" -- create rng "$n" --vdpa
	gone "$n"
	vdpa dev del "$n"
fi

wait_for 60 modprobe -r kvdev_vdpa
"$ctl" list --names | grep "^$n" && fail "left behind"
echo "all done"
