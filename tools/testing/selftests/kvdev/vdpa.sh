# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For test_*.sh: kvdevctl ($ctl), and devices on the vDPA bus. Source it.
# shellcheck source=tools/testing/selftests/kvdev/base.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/base.sh"

ctl=''
for c in "${KVDEVCTL:-}" /lab/build/kvdevctl/kvdevctl \
	"$here/../../../../build/kvdevctl/kvdevctl" "$(type -P kvdevctl || true)"; do
	if [[ -x $c ]]; then ctl=$(readlink -f "$c"); break; fi
done
[[ $ctl ]] || skip "no kvdevctl: make -C tools/kvdevctl"

undo_device() { "$ctl" delete "$1" --force; }

# bus DRIVER OTHER: the first driver that takes a device has it.
bus() {
	modprobe -q -a kvdev_vdpa "$1" || skip "no $1 in this kernel"
	modprobe -q -r "$2" || true
	at_end 'undo_module kvdev_vdpa'
}

# on_bus TYPE NAME OPTION...: a device on it, which goes at the end.
on_bus() {
	at_end "undo_device $2"
	"$ctl" create "$@" --vdpa
}

used_by() { "$ctl" show "$1" | sed -n 's|^  used by  *||p'; }
# node NAME: /dev/vhost-vdpa-N, as soon as it is there
node() {
	local found
	for _ in {1..600}; do
		found=$(used_by "$1" | sed -n 's|.*\(/dev/vhost-vdpa-[0-9]*\).*|\1|p')
		[[ ! -c $found ]] || break
		sleep 0.1
	done
	[[ -c $found ]] || fail "no node of $1: $(used_by "$1")"
	echo "$found"
}
# disk_of NAME: /dev/vdX of the host's own driver, as soon as it can be used
disk_of() {
	local found
	found=$(used_by "$1" | sed -n 's|.*driver virtio_vdpa.*\(/dev/vd[a-z]*\).*|\1|p')
	[[ -b $found ]] && opens "$found" && echo "$found"
}

# start_qemu MIB OPTION...: a guest with that much memory in the background,
# its console in ./console.raw, $qemu its process. In front of it: "${before[@]}";
# what it is told: $qemu_stdin.
qemu='' before=() qemu_stdin='' accel=kvm cpu=host
# Slower, but all of the device is the same.
[[ -w /dev/kvm ]] || accel=tcg cpu=max
# shellcheck disable=SC2329 # at the end
end_qemu() {
	[[ $qemu ]] || return 0
	undo_process "$qemu"
	wait "$qemu" 2>/dev/null
	qemu=''
}
start_qemu() {
	local mib=$1
	shift
	at_end end_qemu
	"${before[@]}" qemu-system-x86_64 -M q35,accel="$accel",memory-backend=m -cpu "$cpu" -smp 2 -m "$mib" \
		-object memory-backend-memfd,id=m,size="$mib"M,share=on \
		-nodefaults -nographic -serial stdio "$@" <"${qemu_stdin:-/dev/null}" >console.raw 2>qemu.err &
	qemu=$!
}
# The guest has ended too early: its script says so, or it died.
guest_ended() {
	grep -aq '^GUEST-EXIT: ' console.raw || fail "QEMU ended, and the guest said nothing"
	fail "the guest's script failed"
}
# What the guest's console said, or the end of the test.
console_has() {
	if grep -q -- "$1" console.raw; then return 0; fi
	kill -0 "$qemu" || guest_ended
	return 1
}
# wait_qemu: ends well, and leaves ./console
wait_qemu() {
	local rc=0
	wait "$qemu" || rc=$?
	qemu=''
	tr -d '\r' <console.raw >console
	cat console
	(( rc == 0 )) || fail "QEMU ended with $rc"
	grep -q '^GUEST-EXIT: 0$' console || guest_ended
}
