#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A guest with a VMM control interface: a driver in it checks each register through
# real I/O ports, then the host asks it to set its clock, to reboot, to shut
# down; and a guest that does not listen is stopped.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# The lean one finds no clock.
kernels=$GUEST

ctl=''
for c in "${KVDEVCTL:-}" /lab/build/kvdevctl/kvdevctl \
	"$here/../../../../build/kvdevctl/kvdevctl" "$(type -P kvdevctl || true)"; do
	if [[ -x $c ]]; then ctl=$(readlink -f "$c"); break; fi
done
[[ $ctl ]] || skip "no kvdevctl: make -C tools/kvdevctl"
[[ -x $here/vmmci_guest ]] || skip "no vmmci_guest"

n=ci-$$ pids=()
at_end "'$ctl' delete $n --force"
# shellcheck disable=SC2329 # at the end
end_all() { for p in "${pids[@]}"; do undo_process "$p"; done; }
at_end end_all
# boot [ARGUMENT]: a guest with that driver, in the background; its pid is $vm
boot() {
	local command
	mkdir -p extra/guest
	cp "$here/vmmci_guest" extra/guest/
	guest_script <<<"/guest/vmmci_guest $*"
	vmm_command --verbose --vmmci="$n"
	"${command[@]}" </dev/null >console.raw 2>vmm.err &
	vm=$! pids+=("$!")
	for _ in {1..600}; do
		grep -q '^driver: up' console.raw && return
		kill -0 "$vm" 2>/dev/null || break
		sleep 0.2
	done
	cat console.raw vmm.err
	fail "the guest's driver does not come up"
}
# ends STATUS: the VMM does, with that
ends() {
	local rc=0
	wait "$vm" || rc=$?
	tr -d '\r' <console.raw >console
	cat console vmm.err
	same "$rc" "$1" "status of the VMM"
}

"$ctl" create vmmci "$n"
"$ctl" vmmci "$n" wait >>events &
pids+=("$!")
# ask COMMAND EVENT: until whoever waits for events has heard of that one. Of each
# kind it hears of the last only.
heard() { [[ $(tail -n1 events) == "$1" ]]; }
driver_is_up() { "$ctl" show "$n" | grep -q DRIVER_OK; }
ask() {
	# A reboot is done before the driver is there again.
	wait_for 60 driver_is_up
	# Emulated machines take their time to answer.
	"$ctl" vmmci "$n" "$1" --wait --ack-timeout 60
	wait_for 60 heard "$2"
}

# A guest whose driver reads the ISR status, and one whose driver does not.
for mode in '' heedless; do
	: >events
	boot "$mode"
	now=$(date +%s)
	ask syncrtc 'ack syncrtc'
	ask reboot 'done reboot'
	ask shutdown released
	ends 0
	after=$(date +%s)
	same "$(said failed)" 0 "failed checks in the guest"
	same "$(said command | tr '\n' ' ')" '3 2 1 '
	[[ $(said time | head -n1) -le $now && $(said time | tail -n1) -ge $now ]] ||
		fail "the guest was told $(said time | tr '\n' ' '), not around $now"
	# The clock was wrong, and the machine's own is right.
	[[ $(said clock) -ge $((now - 1)) && $(said clock) -le $after ]] ||
		fail "the guest set its clock to $(said clock), not between $now and $after"
	same "$(tr '\n' ',' <events)" \
		'guest-reboot reboot,ack syncrtc,ack reboot,done reboot,ack shutdown,released,' events
done

# A request by signal, to a guest that does not hear: three seconds.
boot deaf
start=$SECONDS
kill -TERM "$vm"
ends 3
grep -q 'does not do what it is asked for' vmm.err || fail "stopped for another reason"
(( SECONDS - start >= 3 )) || fail "stopped after $((SECONDS - start)) s"
heard_both() { [[ $(tail -n2 events | tr '\n' ',') == 'ack-timeout shutdown,released,' ]]; }
wait_for 60 heard_both
