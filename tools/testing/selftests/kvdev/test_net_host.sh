#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's own virtio_net, in a network name space, on a kvdev device on a tap:
# packets of all sizes, bytes that arrive as they were sent with every set of
# features, MTUs, VLANs, and links, drivers and taps that go away under load.
# Needs no guest.
# shellcheck source=tools/testing/selftests/kvdev/net.sh
. "$(dirname "$(readlink -f "$0")")/net.sh"
need iperf3 ethtool busybox
modprobe -q 8021q || true
net_names t
pids=()
# shellcheck disable=SC2329 # at the end
end_load() {
	local p
	for p in "${pids[@]}"; do undo_process "$p"; done
}
at_end end_load

# --------------------------------------------------------------- the network
connect() {
	into_ns
	in_ns ip addr add 192.0.2.2/24 dev g0
	in_ns ip link set g0 up
	ip addr replace 192.0.2.1/24 dev "$tap"
	ip link set "$tap" up
	wait_for 60 carrier 1
	wait_for 60 ping -c1 -W1 -q 192.0.2.2
}
carrier() { [[ $(in_ns cat /sys/class/net/g0/carrier 2>/dev/null) == "$1" ]]; }
# No packet is dropped but for REASON, or because the driver does not want it.
no_drops() { # [REASON]
	local q r
	for q in 0 1; do
		for r in short long csum gso_type gso_size spoofed foreign vlan queue buffer tap memory; do
			[[ $r == "${1:-}" || $(counter $q drop_$r) == 0 ]] || fail "queue $q: dropped, $r: $(counter $q drop_$r)"
		done
	done
}
create() { "$ctl" create net "$n" --tap "$tap" --mac $mac "$@"; }
# A tap of its own life, so that it is there between devices.
ip tuntap add dev "$tap" mode tap vnet_hdr
no_ipv6 "$tap"
in_ns ip link set lo up

# send HOST|GUEST FILE: the file goes from there to the other side
transfer() {
	local pid sum
	if [[ $1 == host ]]; then
		in_ns busybox nc -l -p 5001 >received &
		pid=$!
		wait_for 60 in_ns grep -q ':1389 .* 0A ' /proc/net/tcp /proc/net/tcp6
		cat sent >/dev/tcp/192.0.2.2/5001
	else
		busybox nc -l -p 5001 >received &
		pid=$!
		wait_for 60 grep -q ':1389 .* 0A ' /proc/net/tcp /proc/net/tcp6
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
wait_for 60 in_ns grep -q ':1451 ' /proc/net/tcp6
rate() { sed -n 's/.*[0-9.]* *\([MG]\)Bytes *\([0-9.]* .bits.sec\).*receiver.*/\2/p'; }
for way in '' -R; do
	# shellcheck disable=SC2086 # a word or none
	iperf -c 192.0.2.2 -t 2 $way
	echo "# TCP $way: $(rate <iperf.out)"
	[[ $(rate <iperf.out) ]] || fail "$(cat iperf.out)"
done
tx() { in_ns cat /sys/class/net/g0/statistics/tx_packets; }
# What only one of the two has counted: when none is on its way it stays the same.
uncounted() { echo $(($(tx) - $(counter 1 packets))); }
was='' counts="$(tx) $(counter 1 packets)"
while [[ $counts != "$was" ]]; do
	was=$counts
	sleep 0.5
	counts="$(tx) $(counter 1 packets)"
done
counted=$((${counts% *} - ${counts#* }))
iperf -c 192.0.2.2 -t 2 -u -b 20M -l 64 -R
grep receiver iperf.out | sed 's/^/# /'
iperf -c 192.0.2.2 -t 2 -u -b 20M -l 64
grep receiver iperf.out | sed 's/^/# /'
accounted() { [[ $(uncounted) == "$counted" ]]; }
wait_for 60 accounted
no_drops

step 'MTU'
for mtu in 68 576 1280 1500 9000 65521; do
	ip link set "$tap" mtu $mtu
	in_ns ip link set g0 mtu $mtu
	ip addr replace 192.0.2.1/24 dev "$tap"
	in_ns ip addr replace 192.0.2.2/24 dev g0
	ping -q -c2 -i0.02 -M 'do' -s $((mtu - 28)) 192.0.2.2 >ping.out || fail "MTU $mtu: $(cat ping.out)"
	in_ns ping -q -c2 -i0.02 -M 'do' -s $((mtu - 28)) 192.0.2.1 >ping.out || fail "MTU $mtu: $(cat ping.out)"
	((mtu < 576)) || { transfer host; transfer guest; }
done
ip link set "$tap" mtu 1500
in_ns ip link set g0 mtu 1500

if ip link add link "$tap" name "$tap".5 type vlan id 5 2>/dev/null; then
	step 'VLAN'
	in_ns ip link add link g0 name g0.5 type vlan id 5
	ip addr add 198.51.100.1/24 dev "$tap".5
	in_ns ip addr add 198.51.100.2/24 dev g0.5
	ip link set "$tap".5 up
	in_ns ip link set g0.5 up
	for size in 0 1400 1472 20000; do
		ping -q -c2 -i0.02 -s $size 198.51.100.2 >ping.out || fail "VLAN, $size: $(cat ping.out)"
	done
	ip link del "$tap".5
	in_ns ip link del g0.5
fi

step 'link'
ip link set "$tap" down
wait_for 60 carrier 0
ip link set "$tap" up
wait_for 60 carrier 1
ip addr replace 192.0.2.1/24 dev "$tap"
"$ctl" set "$n" --link down
wait_for 60 carrier 0
! ping -c1 -W1 -q 192.0.2.2 >/dev/null || fail "a packet without a link"
"$ctl" show "$n" | grep -q '^  link *down (forced)' || fail "$("$ctl" show "$n")"
"$ctl" set "$n" --link auto
wait_for 60 carrier 1
wait_for 60 ping -c1 -W1 -q 192.0.2.2

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
ip link del "$tap"
wait_for 60 carrier 0
"$ctl" show "$n" | grep -q '^  link *down' || fail "$("$ctl" show "$n")"
kill -9 "${pids[@]}" 2>/dev/null || true
wait 2>/dev/null || true
pids=()
"$ctl" delete "$n" --vdpa --force

if modprobe -q -a macvtap veth && ip link add kv$$ type veth peer name kw$$; then
	step 'macvtap'
	at=kv$$ tap=km$$
	ip link set $at up
	ip link add link $at name "$tap" type macvtap mode bridge
	ip link set kw$$ up
	"$ctl" create net "$n" --tap "$tap" --mac "$(cat /sys/class/net/"$tap"/address)" --vdpa
	into_ns
	in_ns ip addr add 192.0.2.2/24 dev g0
	in_ns ip link set g0 up
	ip addr add 192.0.2.1/24 dev kw$$
	ip link set "$tap" up
	wait_for 60 ping -c1 -W1 -q 192.0.2.2
	for size in 0 1400 1473 65507; do
		ping -q -c2 -i0.02 -s $size 192.0.2.2 >ping.out || fail "macvtap, $size: $(cat ping.out)"
	done
	transfer host
	transfer guest
	no_drops
	ip link set $at down
	wait_for 60 carrier 0
	"$ctl" delete "$n" --vdpa --force
	ip link del $at
fi
ip netns del "$ns"
remove kvdev_vdpa
remove kvdev_net
