#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's own virtio_net, in a network name space, on a kvdev device on a tap:
# packets of all sizes, bytes that arrive as they were sent with every set of
# features, MTUs, VLANs, and links, drivers and taps that go away under load.
# Needs no guest.
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
for c in ip ping iperf3 ethtool vdpa busybox; do
	type -P $c >/dev/null || skip "no $c"
done
modprobe -q -a kvdev_vdpa kvdev_net virtio_vdpa virtio_net tun || skip "no virtio_vdpa, virtio_net or tun in this kernel"
modprobe -q -a 8021q || true
modprobe -q -r vhost_vdpa || true

n=net-$$ tap=kt$$ ns=kn$$
work=$(mktemp -d)
cd "$work"
pids=()
# shellcheck disable=SC2329 # by trap
cleanup() {
	local rc=$?
	[[ ${#pids[@]} == 0 ]] || kill -9 "${pids[@]}" 2>/dev/null || true
	"$ctl" delete "$n" --vdpa --force 2>/dev/null || true
	ip netns del $ns 2>/dev/null || true
	ip link del $tap 2>/dev/null || true
	! grep -q '^kvdev_vdpa ' /proc/modules || rmmod kvdev_vdpa || true
	cd /
	rm -rf "$work"
	exit "$rc"
}
trap cleanup EXIT
wait_for() { # COMMAND...
	for _ in {1..300}; do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.1; done
	fail "waited in vain for: $*"
}
step() { echo "# $*"; }
in_ns() { ip netns exec $ns "$@"; }

# --------------------------------------------------------------- the network
netdev() { basename /sys/bus/vdpa/devices/"$n"/virtio*/net/*; }
has_netdev() { [[ $(netdev 2>/dev/null) =~ ^[a-z0-9]+$ ]]; }
# The driver's interface, wherever the kernel put it, as g0 in the name space.
connect() {
	wait_for has_netdev
	ip link set "$(netdev)" name g0
	ip link set g0 netns $ns
	in_ns ip addr add 192.0.2.2/24 dev g0
	in_ns ip link set g0 up
	ip addr replace 192.0.2.1/24 dev $tap
	ip link set $tap up
	wait_for carrier 1
	wait_for ping -c1 -W1 -q 192.0.2.2
}
carrier() { [[ $(in_ns cat /sys/class/net/g0/carrier 2>/dev/null) == "$1" ]]; }
stat() { # QUEUE NAME
	"$ctl" -j stats "$n" | tr '{' '\n' | grep '"waits"' | sed -n "$(($1 + 1))s/.*\"$2\": *\([0-9]*\).*/\1/p"
}
# No packet is dropped but for REASON, or because the driver does not want it.
no_drops() { # [REASON]
	local q r
	for q in 0 1; do
		for r in short long csum gso_type gso_size spoofed foreign vlan queue buffer tap memory; do
			[[ $r == "${1:-}" || $(stat $q drop_$r) == 0 ]] || fail "queue $q: dropped, $r: $(stat $q drop_$r)"
		done
	done
}
create() { "$ctl" create net "$n" --tap $tap --mac 52:54:00:12:34:56 "$@"; }
# A tap of its own life, so that it is there between devices.
ip tuntap add dev $tap mode tap vnet_hdr
echo 1 >/proc/sys/net/ipv6/conf/$tap/disable_ipv6 || true
ip netns add $ns
in_ns ip link set lo up

# send HOST|GUEST FILE: the file goes from there to the other side
transfer() {
	local pid sum
	if [[ $1 == host ]]; then
		in_ns busybox nc -l -p 5001 >received &
		pid=$!
		wait_for in_ns grep -q ':1389 .* 0A ' /proc/net/tcp /proc/net/tcp6
		cat sent >/dev/tcp/192.0.2.2/5001
	else
		busybox nc -l -p 5001 >received &
		pid=$!
		wait_for grep -q ':1389 .* 0A ' /proc/net/tcp /proc/net/tcp6
		in_ns bash -c 'cat sent >/dev/tcp/192.0.2.1/5001'
	fi
	wait "$pid" || true
	sum=$(sha256sum <received)
	[[ $sum == "$sent_sum" ]] || fail "$1 sent $sent_sum, there arrived $sum"
}
head -c 24M /dev/urandom >sent
sent_sum=$(sha256sum <sent)

# ----------------------------------------------------------- sets of features
create
full=$("$ctl" -j show "$n" | grep -o '"bits": *"0x[0-9a-f]*"' | head -n1 | grep -o '0x[0-9a-f]*')
bit() { local b mask=0; for b in "$@"; do mask=$((mask | 1 << b)); done; echo $mask; }
guest=$(bit 1 7 8 9 10 54 55) host=$(bit 0 11 12 13 14 56) mrg=$(bit 15) ring=$(bit 28 29)
platform=$(bit 33)
"$ctl" delete "$n"
features() { # NAME BITS-TO-LEAVE-OUT
	step "features: all but $1"
	create --features "$(printf %#x $(((full | platform) & ~$2)))" --vdpa
	connect
	for size in 0 1 1400 1472 1473 8000 65507; do
		ping -q -c2 -i0.02 -s $size 192.0.2.2 >ping.out || fail "ping $size: $(cat ping.out)"
	done
	transfer host
	transfer guest
	no_drops
	"$ctl" delete "$n" --vdpa --force
}
features none 0
features 'those of the guest' "$guest"
features 'those of the host' "$host"
features 'merged buffers' "$mrg"
features 'merged buffers and those of the guest' $((mrg | guest))
features 'what must be' $((mrg | guest | host | ring))

# -------------------------------------------------------- what the driver can
create --vdpa
connect
for k in 'tx off' 'tx on tso off' 'tso on gso off' 'gso on sg off' 'sg on gro off' 'gro on'; do
	step "ethtool -K g0 $k"
	# shellcheck disable=SC2086 # words
	in_ns ethtool -K g0 $k >/dev/null 2>&1 || echo "# not possible: $k"
	transfer host
	transfer guest
done
no_drops

step 'iperf3: TCP both ways, UDP with every packet accounted for'
in_ns iperf3 -s >server.out 2>&1 &
pids+=($!)
wait_for in_ns grep -q ':1451 ' /proc/net/tcp6
rate() { sed -n 's/.*[0-9.]* *\([MG]\)Bytes *\([0-9.]* .bits.sec\).*receiver.*/\2/p'; }
for way in '' -R; do
	iperf3 -c 192.0.2.2 -t 2 $way >iperf.out || fail "iperf3 $way: $(cat iperf.out)"
	echo "# TCP $way: $(rate <iperf.out)"
	[[ $(rate <iperf.out) ]] || fail "$(cat iperf.out)"
done
tx() { in_ns cat /sys/class/net/g0/statistics/tx_packets; }
before=$(($(tx) - $(stat 1 packets)))
iperf3 -c 192.0.2.2 -t 2 -u -b 20M -l 64 -R >iperf.out || fail "$(cat iperf.out)"
grep receiver iperf.out | sed 's/^/# /'
iperf3 -c 192.0.2.2 -t 2 -u -b 20M -l 64 >iperf.out || fail "$(cat iperf.out)"
grep receiver iperf.out | sed 's/^/# /'
same() { [[ $(($(tx) - $(stat 1 packets))) == "$before" ]]; }
wait_for same
no_drops

step 'MTU'
for mtu in 68 576 1280 1500 9000 65521; do
	ip link set $tap mtu $mtu
	in_ns ip link set g0 mtu $mtu
	ip addr replace 192.0.2.1/24 dev $tap
	in_ns ip addr replace 192.0.2.2/24 dev g0
	ping -q -c2 -i0.02 -M 'do' -s $((mtu - 28)) 192.0.2.2 >ping.out || fail "MTU $mtu: $(cat ping.out)"
	in_ns ping -q -c2 -i0.02 -M 'do' -s $((mtu - 28)) 192.0.2.1 >ping.out || fail "MTU $mtu: $(cat ping.out)"
	((mtu < 576)) || { transfer host; transfer guest; }
done
ip link set $tap mtu 1500
in_ns ip link set g0 mtu 1500

if ip link add link $tap name $tap.5 type vlan id 5 2>/dev/null; then
	step 'VLAN'
	in_ns ip link add link g0 name g0.5 type vlan id 5
	ip addr add 198.51.100.1/24 dev $tap.5
	in_ns ip addr add 198.51.100.2/24 dev g0.5
	ip link set $tap.5 up
	in_ns ip link set g0.5 up
	for size in 0 1400 1472 20000; do
		ping -q -c2 -i0.02 -s $size 198.51.100.2 >ping.out || fail "VLAN, $size: $(cat ping.out)"
	done
	ip link del $tap.5
	in_ns ip link del g0.5
fi

step 'link'
ip link set $tap down
wait_for carrier 0
ip link set $tap up
wait_for carrier 1
ip addr replace 192.0.2.1/24 dev $tap
"$ctl" set "$n" --link down
wait_for carrier 0
! ping -c1 -W1 -q 192.0.2.2 >/dev/null || fail "a packet without a link"
"$ctl" show "$n" | grep -q '^  link *down (forced)' || fail "$("$ctl" show "$n")"
"$ctl" set "$n" --link auto
wait_for carrier 1
wait_for ping -c1 -W1 -q 192.0.2.2

step 'the driver goes and comes under load'
for way in '' -R; do
	iperf3 -c 192.0.2.2 -t 60 $way >/dev/null 2>&1 &
	load=$!
	pids+=("$load")
	sleep 0.5
	echo "$n" >/sys/bus/vdpa/drivers/virtio_vdpa/unbind
	echo "$n" >/sys/bus/vdpa/drivers/virtio_vdpa/bind
	kill $load
	wait $load || true
	connect
	transfer host
	transfer guest
done
no_drops gso_type

step 'the tap goes under load'
iperf3 -c 192.0.2.2 -t 60 >/dev/null 2>&1 &
pids+=($!)
in_ns ping -f 192.0.2.1 >/dev/null 2>&1 &
pids+=($!)
sleep 0.5
ip link del $tap
wait_for carrier 0
"$ctl" show "$n" | grep -q '^  link *down' || fail "$("$ctl" show "$n")"
kill -9 "${pids[@]}" 2>/dev/null || true
wait 2>/dev/null || true
pids=()
"$ctl" delete "$n" --vdpa --force

if modprobe -q -a macvtap veth && ip link add kv$$ type veth peer name kw$$; then
	step 'macvtap'
	at=kv$$ tap=km$$
	ip link set $at up
	ip link add link $at name $tap type macvtap mode bridge
	ip link set kw$$ up
	"$ctl" create net "$n" --tap $tap --mac "$(cat /sys/class/net/$tap/address)" --vdpa
	wait_for has_netdev
	ip link set "$(netdev)" name g0
	ip link set g0 netns $ns
	in_ns ip addr add 192.0.2.2/24 dev g0
	in_ns ip link set g0 up
	ip addr add 192.0.2.1/24 dev kw$$
	ip link set $tap up
	wait_for ping -c1 -W1 -q 192.0.2.2
	for size in 0 1400 1473 65507; do
		ping -q -c2 -i0.02 -s $size 192.0.2.2 >ping.out || fail "macvtap, $size: $(cat ping.out)"
	done
	transfer host
	transfer guest
	no_drops
	ip link set $at down
	wait_for carrier 0
	"$ctl" delete "$n" --vdpa --force
	ip link del $at
fi
ip netns del $ns
rmmod kvdev_vdpa kvdev_net || fail "modules stay"
