# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Names of tests as the documentation writes them. Source it in the tree's top.

check_test() { # SUITE.CASE or PROGRAM.TEST
	local suite=${1%%.*} name=${1#*.} file
	if [[ $suite == *_test ]]; then
		# The same program, with a driver that wants packed rings.
		file=tools/testing/selftests/kvdev/${suite/_packed_test/_test}.c
		[[ -f $file ]] && grep -qE "^[A-Z_]+\(([^()]*, )?${name}[,)]" "$file"
	else
		file=$(grep -l "\.name = \"$suite\"" drivers/kvdev/tests/*.c) &&
			grep -qE "KUNIT_CASE(_PARAM)?\(${name}[,)]" "$file"
	fi
}
