# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For test_*.sh: guests under the reference VMM. Source it; see base.sh, too.
#
# A guest is what is in $KVDEV_GUEST (vmlinuz, vmlinux, initrd, root.img, as
# tools/testing/lab makes them). Its kernel is the one in $KVDEV_LEAN, which boots
# fast; a test of what users have says kernels=$GUEST, as do all if there is no other.
# Its root is /dev/vda, read-only; disks of the test are /dev/vdb, /dev/vdc, ...
# shellcheck source=tools/testing/selftests/kvdev/base.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/base.sh"
vmm=$here/vmm/kvdev-vmm
GUEST=${KVDEV_GUEST:-/lab/guest}
kernels=${KVDEV_LEAN:-/lab/lean}
[[ -e $kernels/vmlinux ]] || kernels=$GUEST
for file in "$vmm" "$GUEST"/{vmlinuz,vmlinux,initrd,root.img}; do
	[[ -e $file ]] || skip "no $file"
done

# Makes ./initrd from the guest's, with standard input as what it runs.
guest_script() {
	mkdir -p extra/guest
	{ echo '#!/bin/sh'; echo 'set -e'; cat; } >extra/guest/cmd
	cp "$GUEST/initrd" initrd
	# An archive after the first one starts at a multiple of 4 bytes.
	truncate -s %4 initrd
	(cd extra && find . | cpio -o -H newc --quiet) >>initrd
}

# vmm_command [OPTION]...: sets the array "command".
vmm_command() {
	command=("$vmm" --kernel "$kernels/vmlinuz" --initrd initrd --mem 256
		--cmdline 'console=ttyS0 quiet root=/dev/vda ro panic=-1 reboot=t'
		--disk "file=$GUEST/root.img,ro,serial=root" --timeout 900
		--stats-json stats.json "$@")
}

# guest [OPTION]... <<SCRIPT: boots, runs SCRIPT, leaves the console in ./console
# and fails if the script does.
guest() {
	local command rc=0
	guest_script
	vmm_command "$@"
	"${command[@]}" </dev/null >console.raw || rc=$?
	tr -d '\r' <console.raw >console
	cat console
	(( rc == 0 )) || fail "the VMM ended with $rc"
	grep -q '^GUEST-EXIT: 0$' console || fail "the guest's script failed"
	check_stats
}

# No test drives a device wrongly, so nothing of that kind may be counted.
check_stats() {
	if grep -Eo '"(violations|needs_reset|dev_needs_reset|errors)": *[1-9][0-9]*' stats.json; then
		[[ ${may_have_errors:-} ]] || fail "errors in the counters"
	fi
}

# said NAME: what the guest said as "NAME: ...".
said() { sed -n "s/^$1: //p" console; }
clean_fs() { e2fsck -fn "$1" || fail "file system on $1 is damaged"; }
