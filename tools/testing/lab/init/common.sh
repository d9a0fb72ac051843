# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What process 1 does alike under UML and in L1. Sourced from /lab/.lab.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C.UTF-8 TERM=dumb

# Some of these are options of the kernel; a test that needs one will tell.
mount_all() {
	mount -t tmpfs -o mode=1777 tmp /tmp
	mount -t tmpfs -o mode=1777 tmp /var/tmp
	mount -t tmpfs -o mode=755 run /run
	mkdir -p /dev/pts /dev/shm /dev/hugepages
	mount -t devpts devpts /dev/pts
	mount -t tmpfs -o mode=1777 shm /dev/shm
	mount -t debugfs debugfs /sys/kernel/debug
	{
		mount -t tracefs tracefs /sys/kernel/tracing
		mount -t configfs configfs /sys/kernel/config
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		mount -t hugetlbfs hugetlbfs /dev/hugepages
	} 2>/dev/null
	ln -sf /proc/self/fd /dev/fd
	ln -sf /proc/self/fd/0 /dev/stdin
	ln -sf /proc/self/fd/1 /dev/stdout
	ln -sf /proc/self/fd/2 /dev/stderr
	ip link set lo up
	ulimit -c 0
	set -a
	# shellcheck source=/dev/null
	. /lab/.lab/env
	set +a
}

leaks_wanted() { grep -q 'kmemleak=on' /proc/cmdline; }

scan_for_leaks() {
	# Blocks younger than five seconds are never reported, and a scan may
	# take a stale register or stack word for a reference: so wait, and twice.
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	echo scan >/sys/kernel/debug/kmemleak
}

# run_command OUTPUT: the command's output goes there; its status is ours.
# Descriptor 9 is the way the status leaves, which the command must not hold.
run_command() {
	local rc
	if leaks_wanted; then
		# What the kernel lost while booting is not for us to judge.
		echo scan=off >/sys/kernel/debug/kmemleak
		scan_for_leaks
		echo clear >/sys/kernel/debug/kmemleak
	fi
	echo ready >&9
	(
		cd /lab || exit
		exec >"$1" 2>&1 9>&- </dev/null
		if [[ $LAB_LOAD ]] && modinfo kvdev >/dev/null 2>&1; then modprobe kvdev || exit; fi
		exec bash /lab/.lab/cmd
	)
	rc=$?
	if leaks_wanted; then
		scan_for_leaks
		# Some of what the boot lost is found out only now.
		awk -v RS= '{ n = split($0, part, /(^|\n)unreferenced object /)
			for (i = 2; i <= n; i++)
				if (part[i] !~ /comm "swapper/) {
					print "unreferenced object " part[i]
					lost++
				}
			}
			END { if (lost) print "lab: leaked " lost " objects" }' \
			/sys/kernel/debug/kmemleak >/dev/console
	fi
	echo "rc $rc" >&9
}
