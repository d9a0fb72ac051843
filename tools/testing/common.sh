# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Shared by the scripts behind the make targets.

TESTING=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TREE=$(cd "$TESTING/../.." && pwd -P)
LAB_DIR=$TESTING/lab
# shellcheck disable=SC2034
BUILD=$TREE/build

passed=0 failed=0 skipped=0

# ok NAME CMD...: one check; what CMD prints is shown if it fails.
ok() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		passed=$((passed + 1))
		printf 'ok - %s\n' "$name"
	else
		failed=$((failed + 1))
		printf 'not ok - %s\n' "$name"
		printf '%s\n' "$out" | tail -n 40 | sed 's/^/# /'
	fi
}

# The closing line everything that tests prints; non-zero if something failed.
closing() {
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	(( failed == 0 && passed > 0 ))
}

inroot() { "$LAB_DIR/inroot" -b "$TREE:/lab/tree" "$@"; }
