#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's own virtio_net gives the device its commands: promiscuous mode,
# multicast groups, addresses, VLANs, statistics; each is seen by what packets
# arrive, and by why others do not. Needs no guest.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
skip() { echo "$*"; exit 4; }
fail() { echo "FAILED: $*"; exit 1; }

ctl=''
for c in "${KVDEVCTL:-}" /lab/build/kvdevctl/kvdevctl \
	"$here/../../../../build/kvdevctl/kvdevctl" "$(type -P kvdevctl || true)"; do
	if [[ -x $c ]]; then ctl=$(readlink -f "$c"); break; fi
done
[[ $ctl ]] || skip "no kvdevctl: make -C tools/kvdevctl"
for c in ip ping ethtool vdpa; do
	type -P $c >/dev/null || skip "no $c"
done
modprobe -q -a kvdev_vdpa kvdev_net virtio_vdpa virtio_net tun || skip "no virtio_vdpa, virtio_net or tun in this kernel"
modprobe -q 8021q || skip "no VLANs in this kernel"
modprobe -q -r vhost_vdpa || true

n=nc-$$ tap=kc$$ ns=kcn$$
# shellcheck disable=SC2329 # by trap
cleanup() {
	local rc=$?
	"$ctl" delete "$n" --vdpa --force 2>/dev/null || true
	ip netns del $ns 2>/dev/null || true
	! grep -q '^kvdev_vdpa ' /proc/modules || rmmod kvdev_vdpa || true
	! grep -q '^kvdev_net ' /proc/modules || rmmod kvdev_net || true
	exit "$rc"
}
trap cleanup EXIT
wait_for() { # COMMAND...
	for _ in {1..300}; do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.1; done
	fail "waited in vain for: $*"
}
step() { echo "# $*"; }
in_ns() { ip netns exec $ns "$@"; }
netdev() { basename /sys/bus/vdpa/devices/"$n"/virtio*/net/*; }
has_netdev() { [[ $(netdev 2>/dev/null) =~ ^[a-z0-9]+$ ]]; }
counter() { # NAME, of the receive queue
	"$ctl" -j stats "$n" | tr '{' '\n' | grep '"waits"' | sed -n "1s/.*\"$1\": *\([0-9]*\).*/\1/p"
}
counts() { # NAME COMMAND...: the command makes the counter grow
	local before name=$1
	shift
	before=$(counter "$name")
	"$@" >/dev/null 2>&1 || true
	wait_for grown "$name" "$before"
}
grown() { (( $(counter "$1") > $2 )); }
reaches() { # ADDRESS [INTERFACE]: a packet to there is answered
	ip neigh replace 192.0.2.2 lladdr "$1" dev $tap nud permanent
	ping -c1 -W2 -q 192.0.2.2 >/dev/null
}

mac=52:54:00:12:34:56 other=52:54:00:12:34:57
"$ctl" create net "$n" --tap $tap --mac $mac
ip netns add $ns
echo 1 >/proc/sys/net/ipv6/conf/$tap/disable_ipv6 || true
ip link set $tap up
ip addr add 192.0.2.1/24 dev $tap
"$ctl" vdpa add "$n"
wait_for has_netdev
ip link set "$(netdev)" name g0
ip link set g0 netns $ns
in_ns ip addr add 192.0.2.2/24 dev g0
in_ns ip link set g0 up
wait_for reaches $mac

step 'addresses and promiscuous mode'
ip neigh replace 192.0.2.2 lladdr $other dev $tap nud permanent
counts drop_address ping -c1 -W1 -q 192.0.2.2
in_ns ip link set g0 promisc on
before=$(counter drop_address)
packets=$(counter packets)
ping -c1 -W1 -q 192.0.2.2 >/dev/null 2>&1 || true
wait_for grown packets "$packets"
[[ $(counter drop_address) == "$before" ]] || fail "dropped in promiscuous mode"
in_ns ip link set g0 promisc off
counts drop_address ping -c1 -W1 -q 192.0.2.2

step 'another address'
in_ns ip link set g0 address $other
in_ns ip addr replace 192.0.2.2/24 dev g0
wait_for reaches $other
"$ctl" show "$n" | grep -qi "$other" || fail "$("$ctl" show "$n")"
ip neigh replace 192.0.2.2 lladdr $mac dev $tap nud permanent
counts drop_address ping -c1 -W1 -q 192.0.2.2
in_ns ip link set g0 address $mac
wait_for reaches $mac

step 'multicast'
ip route replace 239.1.2.3/32 dev $tap
counts drop_address ping -c1 -W1 -q 239.1.2.3
in_ns ip maddr add 01:00:5e:01:02:03 dev g0
packets=$(counter packets) before=$(counter drop_address)
ping -c1 -W1 -q 239.1.2.3 >/dev/null 2>&1 || true
wait_for grown packets "$packets"
[[ $(counter drop_address) == "$before" ]] || fail "dropped a group of its own"
in_ns ip maddr del 01:00:5e:01:02:03 dev g0
counts drop_address ping -c1 -W1 -q 239.1.2.3
in_ns ip link set g0 allmulticast on
packets=$(counter packets)
ping -c1 -W1 -q 239.1.2.3 >/dev/null 2>&1 || true
wait_for grown packets "$packets"
in_ns ip link set g0 allmulticast off
# More groups than the table has
for i in {1..80}; do in_ns ip maddr add "01:00:5e:01:03:$(printf %02x "$i")" dev g0; done
packets=$(counter packets)
ping -c1 -W1 -q 239.1.2.3 >/dev/null 2>&1 || true
wait_for grown packets "$packets"

step 'VLANs'
ip link add link $tap name $tap.5 type vlan id 5
ip addr add 198.51.100.1/24 dev $tap.5
ip link set $tap.5 up
counts drop_vlan ping -c1 -W1 -q 198.51.100.2
in_ns ip link add link g0 name g0.5 type vlan id 5
in_ns ip addr add 198.51.100.2/24 dev g0.5
in_ns ip link set g0.5 up
wait_for ping -c1 -W1 -q 198.51.100.2
in_ns ip link del g0.5
ip neigh replace 198.51.100.2 lladdr $mac dev $tap.5 nud permanent
counts drop_vlan ping -c1 -W1 -q 198.51.100.2

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
[[ $("$ctl" -j stats "$n" | grep -c '"violations": *[1-9]') == 0 ]] || fail "violations: $("$ctl" stats "$n")"
