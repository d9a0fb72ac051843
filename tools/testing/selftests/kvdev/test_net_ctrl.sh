#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's own virtio_net gives the device its commands: promiscuous mode,
# multicast groups, addresses, VLANs, statistics; each is seen by what packets
# arrive, and by why others do not. Then it has notifications put off. Needs no guest.
# shellcheck source=tools/testing/selftests/kvdev/net.sh
. "$(dirname "$(readlink -f "$0")")/net.sh"
need ethtool
modprobe -q 8021q || skip "no VLANs in this kernel"
net_names c

of_rx() { counter 0 "$1"; }
# The driver gives its commands some time after who asked has gone on, so a
# packet is sent again until what it meets is what was asked for.
ping_to() { ping -c1 -W1 -q "$1" >/dev/null 2>&1 || true; }
drops() { # REASON ADDRESS: is a packet to there dropped for this?
	local had
	had=$(of_rx "drop_$1")
	ping_to "$2"
	(( $(of_rx "drop_$1") > had ))
}
passes() { # ADDRESS: does a packet to there get through to the driver?
	local packets dropped
	packets=$(of_rx packets) dropped=$(of_rx drop_address)
	ping_to "$1"
	(( $(of_rx packets) > packets && $(of_rx drop_address) == dropped ))
}
reaches() { # ADDRESS [INTERFACE]: a packet to there is answered
	ip neigh replace 192.0.2.2 lladdr "$1" dev "$tap" nud permanent
	ping -c1 -W2 -q 192.0.2.2 >/dev/null
}

other=52:54:00:12:34:57
"$ctl" create net "$n" --tap "$tap" --mac $mac
no_ipv6 "$tap"
ip link set "$tap" up
ip addr add 192.0.2.1/24 dev "$tap"
"$ctl" vdpa add "$n"
into_ns
in_ns ip addr add 192.0.2.2/24 dev g0
in_ns ip link set g0 up
wait_for 60 reaches $mac

step 'addresses and promiscuous mode'
ip neigh replace 192.0.2.2 lladdr $other dev "$tap" nud permanent
wait_for 60 drops address 192.0.2.2
in_ns ip link set g0 promisc on
wait_for 60 passes 192.0.2.2
in_ns ip link set g0 promisc off
wait_for 60 drops address 192.0.2.2

step 'another address'
in_ns ip link set g0 address $other
in_ns ip addr replace 192.0.2.2/24 dev g0
wait_for 60 reaches $other
"$ctl" show "$n" | grep -qi "$other" || fail "$("$ctl" show "$n")"
ip neigh replace 192.0.2.2 lladdr $mac dev "$tap" nud permanent
wait_for 60 drops address 192.0.2.2
in_ns ip link set g0 address $mac
wait_for 60 reaches $mac

step 'multicast'
ip route replace 239.1.2.3/32 dev "$tap"
wait_for 60 drops address 239.1.2.3
in_ns ip maddr add 01:00:5e:01:02:03 dev g0
wait_for 60 passes 239.1.2.3
in_ns ip maddr del 01:00:5e:01:02:03 dev g0
wait_for 60 drops address 239.1.2.3
in_ns ip link set g0 allmulticast on
wait_for 60 passes 239.1.2.3
in_ns ip link set g0 allmulticast off
# More groups than the table has
for i in {1..80}; do in_ns ip maddr add "01:00:5e:01:03:$(printf %02x "$i")" dev g0; done
wait_for 60 passes 239.1.2.3

step 'VLANs'
ip link add link "$tap" name "$tap".5 type vlan id 5
ip addr add 198.51.100.1/24 dev "$tap".5
ip link set "$tap".5 up
wait_for 60 drops vlan 198.51.100.2
in_ns ip link add link g0 name g0.5 type vlan id 5
in_ns ip addr add 198.51.100.2/24 dev g0.5
in_ns ip link set g0.5 up
wait_for 60 ping -c1 -W1 -q 198.51.100.2
in_ns ip link del g0.5
ip neigh replace 198.51.100.2 lladdr $mac dev "$tap".5 nud permanent
wait_for 60 drops vlan 198.51.100.2

step 'statistics as the driver sees them'
# Some drivers index an array of one by queue, at which a kernel that checks
# bounds complains.
for s in rx0_hw_packets tx0_hw_packets cvq_hw_command_num; do
	[[ ! -e /sys/kernel/debug/kmemleak ]] || continue
	! grep -qs '^CONFIG_UBSAN_BOUNDS=y' "/boot/config-$(uname -r)" || continue
	[[ $(in_ns ethtool -S g0) == *"$s"* ]] || { echo "# this driver has no $s"; continue; }
	value=$(in_ns ethtool -S g0 | sed -n "s/^ *$s: //p")
	echo "# $s: $value"
	(( value > 0 )) || fail "$s is $value"
done

step 'notifications put off'
held() { # QUEUE
	"$ctl" -j stats "$n" | grep -o '"signals_held": *[0-9]*' | sed -n "$(($1 + 1))s/.* *://p"
}
settings() { in_ns ethtool "$@" | grep -E '^[rt]x-(usecs|frames):' | tr -s ': \t\n' ' '; }
(( $(held 0) + $(held 1) == 0 )) || fail "$("$ctl" stats "$n")"
in_ns ethtool -C g0 rx-usecs 2000 rx-frames 8 tx-usecs 3000 tx-frames 9
[[ $(settings -c g0) == 'rx-usecs 2000 rx-frames 8 tx-usecs 3000 tx-frames 9 ' ]] || fail "$(in_ns ethtool -c g0)"
more_are_held() { # every packet arrives, as it did
	local had
	had=$(held 0)
	ping -c4 -i0.05 -W60 -q 192.0.2.2 || return 1
	(( $(held 0) > had ))
}
wait_for 60 more_are_held
if [[ $(in_ns ethtool -Q g0 queue_mask 1 --show-coalesce 2>/dev/null) == *rx-usecs* ]]; then
	in_ns ethtool -Q g0 queue_mask 1 --coalesce rx-usecs 1000 rx-frames 64
	[[ $(settings -Q g0 queue_mask 1 --show-coalesce) == 'rx-usecs 1000 rx-frames 64 tx-usecs 3000 tx-frames 9 ' ]] ||
		fail "$(in_ns ethtool -Q g0 queue_mask 1 --show-coalesce)"
	wait_for 60 more_are_held
fi
none_is_held() {
	local had
	had=$(held 0)
	ping -c4 -i0.05 -W60 -q 192.0.2.2 || return 1
	(( $(held 0) == had ))
}
in_ns ethtool -C g0 rx-usecs 0 rx-frames 0 tx-usecs 0 tx-frames 1
wait_for 60 none_is_held
no_violations
