#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's packet generator sends frames of all sizes, in pieces and from many
# addresses, as fast as it can, through the host's own virtio_net, to it, and both
# at once. Each of them arrives or is counted where it was dropped. Needs no guest.
# shellcheck source=tools/testing/selftests/kvdev/net.sh
. "$(dirname "$(readlink -f "$0")")/net.sh"
need ethtool
net_names p
modprobe -q pktgen || skip "no pktgen in this kernel"
at_end 'undo_module pktgen'
count=10000

# generate DEVICE MAC: to nobody there is, so that nobody answers
generate() {
	local dev=$1 p
	local to=/proc/net/pktgen
	echo "add_device $dev" >$to/kpktgend_0
	for p in "count $count" 'delay 0' 'clone_skb 0' 'frags 3' 'min_pkt_size 60' 'max_pkt_size 1514' \
		'flag TXSIZE_RND' 'flag IPSRC_RND' 'src_min 198.51.100.1' 'src_max 198.51.100.250' \
		'flag UDPSRC_RND' 'udp_src_min 1024' 'udp_src_max 60000' 'dst 192.0.2.77' "dst_mac $2"; do
		echo "$p" >"$to/$dev"
	done
	echo start >$to/pgctrl
	grep -q '^Result: OK' "$to/$dev" || { cat "$to/$dev"; return 1; }
	echo rem_device_all >$to/kpktgend_0
}
from_guest() { in_ns bash -c "$(declare -f generate); count=$count; generate g0 02:00:00:00:00:01" >sent-by-guest; }
from_host() { generate "$tap" $mac >sent-by-host; }

# total NAME PARITY: of all receive (0) or transmit (1) queues
total() {
	queue_stats "$n" | head -n 8 |
		awk -v name="\"$1[a-z_]*\": *[0-9]+" -v parity="$2" '(NR + 1) % 2 == parity {
			while (match($0, name)) {
				s = substr($0, RSTART, RLENGTH); sub(/.*: */, "", s); sum += s
				$0 = substr($0, RSTART + RLENGTH)
			} } END { print sum + 0 }'
}
of_tap() { cat "/sys/class/net/$tap/statistics/$1"; }
# What the guest sent and the tap had, or was dropped on the way
guest_sent() { echo $(($(of_tap rx_packets) + $(of_tap rx_dropped) + $(total drop_ 1))); }
# What the host sent and the tap had room for, which is all that the generator counts
host_sent() { echo $(($(total packets 0) + $(total drop_ 0))); }
# Others may send a frame now and then.
all_there() { (( $("$1") - $2 >= count )); }
expect_all() { # FUNCTION BEFORE
	wait_for 60 all_there "$1" "$2"
	(( $("$1") - $2 < count + 100 )) || fail "$1: $(($("$1") - $2)) of $count"
}

"$ctl" create net "$n" --tap "$tap" --mac $mac --queues 4 --rss --vdpa
no_ipv6 "$tap"
into_ns
in_ns bash -c 'echo 1 >/proc/sys/net/ipv6/conf/g0/disable_ipv6' || true
in_ns ip link set g0 up
in_ns ethtool -L g0 combined 4
ip link set "$tap" up
up() { [[ $(in_ns cat /sys/class/net/g0/carrier) == 1 && $(of_tap rx_packets) -ge 0 ]]; }
wait_for 60 up

step 'from the guest'
was=$(guest_sent) had=$(of_tap rx_packets)
from_guest || fail "$(cat sent-by-guest)"
expect_all guest_sent "$was"
(( $(of_tap rx_packets) - had >= count )) || fail "some were dropped: $("$ctl" stats "$n")"

step 'to the guest'
was=$(host_sent) had=$(total packets 0)
from_host || fail "$(cat sent-by-host)"
expect_all host_sent "$was"
(( $(total packets 0) > had )) || fail "none arrived: $("$ctl" stats "$n")"

step 'both at once'
was=$(guest_sent) had=$(host_sent)
from_guest &
guest=$!
from_host || fail "$(cat sent-by-host)"
wait $guest || fail "$(cat sent-by-guest)"
expect_all guest_sent "$was"
expect_all host_sent "$had"
no_violations
