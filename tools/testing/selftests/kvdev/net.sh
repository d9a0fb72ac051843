# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For test_net_*.sh: a network device on the vDPA bus, used by the host's own
# virtio_net in a name space. Source it; see vdpa.sh, too.
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/vdpa.sh"
need ip ping vdpa
# shellcheck disable=SC2034 # of the device
mac=52:54:00:12:34:56

# net_names LETTERS: sets $n, of the device, $tap and $ns, of the name space.
net_names() {
	# shellcheck disable=SC2034
	n=n$1-$$ tap=k$1$$ ns=k$1n$$
	at_end 'undo_module kvdev_net'
	modprobe -q -a kvdev_net virtio_net tun || skip "no virtio_net or tun in this kernel"
	bus virtio_vdpa vhost_vdpa
	at_end "undo_link $tap"
	at_end "undo_ns $ns"
	at_end "undo_device $n"
	ip netns add "$ns"
}
in_ns() { ip netns exec "$ns" "$@"; }
no_ipv6() { echo 1 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6" || true; }
netdev() { basename /sys/bus/vdpa/devices/"$n"/virtio*/net/*; }
has_netdev() { [[ $(netdev 2>/dev/null) =~ ^[a-z0-9]+$ ]]; }
# The driver's interface, wherever the kernel put it and however it is called by
# now, as g0 in the name space.
take_netdev() { ip link set "$(netdev)" name g0 && ip link set g0 netns "$ns"; }
into_ns() {
	wait_for 60 has_netdev
	wait_for 60 take_netdev
}
# queue_stats DEVICE: a line for each queue
queue_stats() { "$ctl" -j stats "$1" | tr '{' '\n' | grep '"waits"'; }
# counter QUEUE NAME
counter() {
	queue_stats "$n" |
		sed -n "$(($1 + 1))s/.*\"$2\": *\([0-9]*\).*/\1/p"
}
no_violations() {
	[[ $("$ctl" -j stats "$n" | grep -c '"violations": *[1-9]') == 0 ]] ||
		fail "violations: $("$ctl" stats "$n")"
}
