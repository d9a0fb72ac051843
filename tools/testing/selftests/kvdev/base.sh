# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For test_*.sh. Source it; it makes a temporary directory its working
# directory, which vanishes at the end.
[[ ! ${work:-} ]] || return 0
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

skip() { echo "$*"; exit 4; }
# Heard wherever it is called.
exec 3>&1
fail() {
	cat stats.json qemu.err >&3 2>/dev/null || true
	[[ ! -e console.raw ]] || tail -n 40 console.raw >&3
	echo "FAILED: $*" >&3
	exit 1
}
step() { echo "# $SECONDS s: $*"; }
same() { [[ $1 == "$2" ]] || fail "${3:-values}: '$1' is not '$2'"; }
need() {
	local c
	for c in "$@"; do type -P "$c" >/dev/null || skip "no $c"; done
}
# wait_for SECONDS COMMAND...: on a machine that does nothing else; on others it
# may be three times as long.
wait_for() {
	local end=$((SECONDS + 3 * $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || fail "waited in vain for: $*"
		sleep 0.1
	done
}

# opens NODE: the node of a disk is there before the kernel lets anybody open it.
# A drive does without a disc.
opens() { dd if="$1" iflag=nonblock count=0 status=none 2>/dev/null; }

# remove MODULE: a device whose last user has just ended may keep it for a moment
remove() { wait_for 60 rmmod "$1"; }

# What undoes: done already is well done, anything else that fails is told.
# undo COMMAND...: for up to a minute, as somebody may be just about to let go
undo() {
	local end=$((SECONDS + 60)) out
	until out=$("$@" 2>&1); do
		if ((SECONDS >= end)); then echo "$*: $out"; return 1; fi
		sleep 0.1
	done
}
undo_process() { ! kill -0 "$1" 2>/dev/null || kill -9 "$1"; }
undo_link() { [[ ! -e /sys/class/net/$1 ]] || undo ip link del "$1"; }
undo_ns() { [[ ! -e /run/netns/$1 ]] || undo ip netns del "$1"; }
undo_module() { [[ ! -e /sys/module/$1 ]] || undo rmmod "$1"; }
undo_mount() { ! mountpoint -q "$1" || undo umount "$1"; }
# iperf [OPTION]...: its output is in ./iperf.out. A server that does not know yet
# that its last client is gone calls itself busy.
iperf() {
	local end=$((SECONDS + 60))
	until iperf3 "$@" >iperf.out 2>&1; do
		grep -q 'server is busy' iperf.out || fail "iperf3 $*: $(cat iperf.out)"
		((SECONDS < end)) || fail "iperf3 $*: busy for ever"
		sleep 0.1
	done
}

work=$(mktemp -d)
cd "$work"
cleanups=()
# shellcheck disable=SC2329 # by trap
cleanup() {
	local rc=$? c
	for c in "${cleanups[@]}"; do
		if ! eval "$c"; then
			echo "FAILED: at the end: $c" >&3
			((rc != 0 && rc != 4)) || rc=1
		fi
	done
	cd /
	rm -rf "$work"
	exit "$rc"
}
trap cleanup EXIT
at_end() { cleanups=("$1" "${cleanups[@]}"); }
