# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Shared by the lab's scripts: where things are, messages, and the artefact cache.
# Source it; it runs nothing by itself.
# shellcheck disable=SC2034 # used by those who source it

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TOP=${LAB_TREE:-$(cd "$LAB/../../.." && pwd -P)}
CACHE=${KVDEV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kvdev}
LOGS=$CACHE/log
ROOT=$CACHE/root/root

# The suite whose stock kernel is the oldest one supported. The newest one is what its
# backports had when the lab root was made: NEW_SERIES (say, 7.3) and NEW_KVER, its
# release, are what the root says.
SUITE=trixie
OLD_SERIES=6.12
NEW_SERIES='' NEW_KVER=''
know_root() {
	# shellcheck source=/dev/null
	[[ ! -e $ROOT/etc/kvdev-lab ]] || . "$ROOT/etc/kvdev-lab"
}
know_root
# Prints the versions of what the root takes from the archive and tests run on.
# shellcheck disable=SC2016 # for a shell in the root
ARCHIVE_VERSIONS='for s in '"$SUITE $SUITE-backports"'; do for p in linux-image-cloud-amd64 qemu-system-x86; do
	apt-cache show $p/$s | sed -n "s/^Version: /$p /p" | head -n1; done; done'

# Emulates L1. Before QEMU 11 nested guests with two processors, and now and then L1
# itself, died under load.
EMULATOR=/opt/qemu-backports/bin/qemu-system-x86_64

# stock KERNEL: the series of a stock kernel, which can be called "newest" as well.
stock() {
	case $1 in
	newest) echo "$NEW_SERIES" ;;
	"$OLD_SERIES" | "$NEW_SERIES") echo "$1" ;;
	*) return 1 ;;
	esac
}

# What a kernel prints when something is wrong. A test that provokes one of
# these on purpose is a bad test: the lab fails the run whatever it returned.
BAD_LOG='WARNING:|BUG:|Oops|KASAN|UBSAN|lab: leaked|possible circular|possible recursive|INFO: task .* blocked|general protection|Kernel panic|refcount_t'
# Lines which match BAD_LOG and are no defect: a kernel naming its own features,
# or telling of a fault of a program (of which it says "traps:").
GOOD_LOG='traps: |kasan: KernelAddressSanitizer initialized|kmemleak: Kernel memory leak detector|Command line:|Kernel command line:'

# complaints CONSOLE: the lines of a kernel's log that fail a run.
complaints() {
	tr -d '\r' <"$1" 2>/dev/null | grep -aE "$BAD_LOG" | grep -avE "$GOOD_LOG" || true
}

say() { printf 'lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }
need_root() { [[ $EUID -eq 0 ]] || die "needs root (chroot, mounts)"; }

# Hash of files and strings: hash_of STRING... -- FILE...
# Files are known by their path below the lab, so that two clones share a cache.
hash_of() {
	local strings=()
	while [[ $# -gt 0 && $1 != -- ]]; do strings+=("$1"); shift; done
	[[ $# -eq 0 ]] || shift
	{ printf '%s\n' "${strings[@]}"; (cd "$LAB" && sha256sum "$@" </dev/null); } |
		sha256sum | cut -c1-16
}

key_is() { [[ $(cat "$1/.key" 2>/dev/null) == "$2" ]]; }

# Runs CMD with its output in LOG, says every half minute that it is alive.
with_progress() {
	local what=$1 log=$2 start=$SECONDS pid rc=0
	shift 2
	# A session of its own, so that an interrupt ends compilers and all.
	setsid "$@" >"$log" 2>&1 </dev/null &
	pid=$!
	# shellcheck disable=SC2064
	trap "kill -- -$pid 2>/dev/null; exit 130" INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		(( (SECONDS - start) % 30 )) || (( SECONDS == start )) || \
			say "$what: $((SECONDS - start)) s, $(tail -n1 "$log" | tr -d '\r' | cut -c1-100)"
	done
	wait "$pid" || rc=$?
	trap - INT TERM
	if (( rc )); then
		tail -n 25 "$log" >&2
		say "$what: FAILED ($rc) after $((SECONDS - start)) s; whole log: $log"
		return "$rc"
	fi
	say "$what: done in $((SECONDS - start)) s"
}

# artefact NAME KEY MAKER [ARG]...
# Leaves a directory CACHE/NAME made by "MAKER DIR ARG..." from inputs that hash to
# KEY. The maker works in NAME.tmp, which only a finished build renames; a
# NAME.tmp left over with the same key is handed to the maker to go on with.
artefact() {
	local name=$1 key=$2 maker=$3 dir=$CACHE/$1 tmp=$CACHE/$1.tmp lock
	shift 3
	mkdir -p "$CACHE" "$LOGS"
	key_is "$dir" "$key" && return 0
	exec {lock}>"$CACHE/$name.lock"
	if ! flock -n "$lock"; then
		say "$name: another build is under way, waiting for it"
		flock "$lock"
	fi
	if ! key_is "$dir" "$key"; then
		key_is "$tmp" "$key" || rm -rf --one-file-system "$tmp"
		mkdir -p "$tmp"
		echo "$key" >"$tmp/.key"
		say "$name: building (log: $LOGS/build-$name.log)"
		# The maker must not hold the lock beyond our own life.
		with_progress "$name" "$LOGS/build-$name.log" "$maker" "$tmp" "$@" {lock}>&- || return
		if [[ -d $dir ]]; then mv "$dir" "$dir.old.$$"; fi
		mv "$tmp" "$dir"
		# What is still in use goes next time.
		rm -rf --one-file-system "$dir".old.* 2>/dev/null || true
	fi
	exec {lock}>&-
}
