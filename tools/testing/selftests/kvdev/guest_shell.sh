# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For test_*.sh: a guest that does what it is told, line by line, over its serial
# line. Source common.sh before. Its root is the guest's, in a chroot, so that
# modules of the initramfs can be loaded.
mkfifo stdin
exec 7<>stdin
# shellcheck disable=SC2034 # of vdpa.sh
qemu_stdin=stdin

# shell_initrd [MODULE]...: makes ./initrd; boot it without root=, with the root
# disk as /dev/vda, and standard input from ./stdin, output to ./console.raw.
shell_initrd() {
	mkdir -p extra/guest
	cat >extra/guest/serve <<-'END'
		stty -F /dev/ttyS0 -echo
		exec </dev/ttyS0
		echo "DONE: 0"
		while IFS= read -r line; do
			( eval "$line" ) </dev/null 2>&1
			printf '\nDONE: %s\n' $?
		done
	END
	guest_script <<-END
		for m in $*; do [ ! -d "/lib/modules/\$(uname -r)" ] || modprobe \$m; done
		until [ -b /dev/vda ]; do sleep 0.1; done
		mount -t ext4 -o ro /dev/vda /mnt
		for d in proc sys dev tmp guest; do mount -o bind /\$d /mnt/\$d; done
		exec chroot /mnt sh /guest/serve
	END
}

plain_console() { tr -d '\r' <console.raw; }
answers() { plain_console | grep -ac '^DONE: ' || true; }
answered() { (( $(answers) > $1 )); }
# guest_up PID: waits until the guest takes commands
guest_up() {
	guest_pid=$1
	wait_for 300 eval "answered 0 || ! kill -0 $1"
	answered 0 || { cat console.raw >&3; fail "the guest did not come up"; }
}
# ask COMMAND: prints what the guest says to it; a failure of it is the test's
ask() {
	local before text rc
	before=$(answers)
	printf '%s\n' "$1" >&7
	wait_for 600 eval "answered $before || ! kill -0 $guest_pid"
	text=$(plain_console | awk -v n="$before" '/^DONE: / { if (k++ == n) exit; next } k == n && NF')
	rc=$(plain_console | sed -n 's/^DONE: //p' | sed -n "$((before + 1))p")
	[[ ! $text ]] || printf '%s\n' "$text"
	[[ $rc == 0 ]] || fail "in the guest: $1: ${rc:-it is gone}: $text"
}
# restart: the guest reboots, whatever it is at
restart() {
	local before
	before=$(answers)
	printf 'reboot -f\n' >&7
	wait_for 300 eval "answered $before || ! kill -0 $guest_pid"
	answered "$before" || { cat console.raw >&3; fail "the guest did not come up again"; }
}
# ask_until CONDITION: of the guest's shell
ask_until() { ask "until $1; do sleep 0.1; done" >/dev/null; }
