#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host's own virtio_net on a device with four pairs of queues: packets come in on
# the pairs that ethtool says, by the tap's choice and by hashes, and bytes arrive as
# they were sent while that changes. Needs no guest.
# shellcheck source=tools/testing/selftests/kvdev/net.sh
. "$(dirname "$(readlink -f "$0")")/net.sh"
need ethtool busybox
net_names q

packets() { # of each receive queue
	queue_stats "$n" |
		sed -n '1~2s/.*"packets": *\([0-9]*\).*/\1/p' | paste -sd' '
}
no_drops() {
	local some
	some=$("$ctl" -j stats "$n" | grep -oE '"drop_(backlog|queue|buffer|tap|memory|csum|gso_type|gso_size)": *[1-9][0-9]*') || return 0
	fail "$some"
}
no_tap() { [[ ! -e /sys/class/net/$tap ]]; }
# Sets "had" to what there was, when nothing is on its way any more.
settle() {
	local was=''
	had=$(packets)
	while [[ $had != "$was" ]]; do
		was=$had
		sleep 0.3
		had=$(packets)
	done
}
create() { # OPTION...
	wait_for 60 no_tap
	"$ctl" create net "$n" --tap "$tap" --mac $mac --queues 4 "$@" --vdpa
	no_ipv6 "$tap"
	into_ns
	in_ns ip addr add 192.0.2.2/24 dev g0
	in_ns ip link set g0 up
	ip addr replace 192.0.2.1/24 dev "$tap"
	ip link set "$tap" up
	wait_for 60 ping -c1 -W1 -q 192.0.2.2
}
# send HOST|GUEST: the file goes from there to the other side
transfer() {
	local pid sum to=192.0.2.2 at=in_ns from=''
	if [[ $1 == guest ]]; then to=192.0.2.1 at='' from=in_ns; fi
	$at busybox nc -l -p 5001 >received &
	pid=$!
	wait_for 60 $at grep -q ':1389 .* 0A ' /proc/net/tcp /proc/net/tcp6
	$from bash -c "cat sent >/dev/tcp/$to/5001"
	wait "$pid" || true
	sum=$(sha256sum <received)
	[[ $sum == "$sent_sum" ]] || fail "$1 sent $sent_sum, there arrived $sum"
}
# Packets of many flows, to ports where nobody listens.
flows() {
	local p
	for p in {3000..3063}; do echo "$p" >/dev/udp/192.0.2.2/"$p" || true; done 2>/dev/null
}
grown() { # HOW-MANY QUEUE...: since $had each of these has more, the others do not
	local now old i=0 q want got=0
	read -ra old <<<"$had"
	read -ra now <<<"$(packets)"
	for q in 0 2 4 6; do
		want=0
		[[ " ${*:2} " != *" $q "* ]] || want=1
		if (( now[i] > old[i] && ! want )); then fail "packets on queue $q: $had, ${now[*]}"; fi
		(( now[i] > old[i] || ! want )) || return 1
		got=$((got + now[i] - old[i]))
		i=$((i + 1))
	done
	(( got >= $1 ))
}
head -c 2M /dev/urandom >sent
sent_sum=$(sha256sum <sent)
in_ns ip link set lo up

step 'pairs, and the tap chooses'
create
"$ctl" show "$n" | grep -q '^  pairs *4' || fail "$("$ctl" show "$n")"
[[ $(vdpa dev config show "$n") == *'max_vq_pairs 4'* ]] || fail "$(vdpa dev config show "$n")"
[[ $(in_ns ethtool -l g0 | grep -c 'Combined:.*4') -ge 1 ]] || fail "$(in_ns ethtool -l g0)"
for pairs in 4 3 2; do
	in_ns ethtool -L g0 combined $pairs
	transfer host
	transfer guest
done
settle
flows
wait_for 60 grown 32 0 2
in_ns ethtool -L g0 combined 1
settle
flows
wait_for 60 grown 32 0
no_drops

step 'the guest announces itself'
"$ctl" set "$n" --announce
announced() { [[ $("$ctl" -j show "$n") =~ \"announcing\":\ *false ]]; }
wait_for 60 announced
"$ctl" delete "$n" --vdpa --force

step 'vdpa dev add'
"$ctl" create net "$n" --tap "$tap" --queues 4
# What a device of all options offers is what the bus says that one may
"$ctl" create net "$n.all" --tap "$tap" --queues 4 --rss --hash-report --mtu 1500
at_end "undo_device $n.all"
possible=" $(vdpa mgmtdev show kvdev-net | sed -n 's/^ *dev_features *//p') "
offered=$("$ctl" -j show "$n.all" | sed -n 's/.*"offered":{"bits":"\(0x[0-9a-f]*\)","names":\[\([^]]*\)\].*/\1 \2/p' | tr -d '"' | tr , ' ')
read -ra names <<<"${offered#* }"
bits=$((${offered%% *}))
for bit in {0..63}; do
	(( bits >> bit & 1 )) || continue
	name=${names[0]} names=("${names[@]:1}")
	# Words for some, numbers for others
	[[ $possible =~ \ (RING_)?$name\ |\ bit_$bit\  ]] || fail "$name ($bit) is not among$possible"
done
[[ $possible =~ \ RSS\  && ${#names[@]} == 0 ]] || fail "$offered;$possible"
"$ctl" delete "$n.all"
! vdpa dev add name "$n" mgmtdev kvdev-net max_vqp 2 2>/dev/null || fail "two pairs of four"
vdpa dev add name "$n" mgmtdev kvdev-net max_vqp 4
"$ctl" delete "$n" --vdpa --force

for options in --rss '--rss --hash-report --split-workers'; do
	step "hashes: $options"
	# shellcheck disable=SC2086 # words
	create $options
	"$ctl" show "$n" | grep -q '^  hashes  *choose queues' || fail "$("$ctl" show "$n")"
	workers=pair
	[[ $options != *--split-workers* ]] || workers=queue
	"$ctl" show "$n" | grep -q "^  workers  *one for each $workers" || fail "$("$ctl" show "$n")"
	in_ns ethtool -L g0 combined 4
	in_ns ethtool -X g0 equal 4
	settle
	flows
	wait_for 60 grown 64 0 2 4 6
	in_ns ethtool -X g0 weight 0 0 1 0
	# What has no hash would go to another queue: nobody is to ask for addresses.
	ip neigh replace 192.0.2.2 lladdr $mac dev "$tap" nud permanent
	in_ns ip neigh replace 192.0.2.1 lladdr "$(cat "/sys/class/net/$tap/address")" dev g0 nud permanent
	settle
	flows
	wait_for 60 grown 64 4
	for table in 'weight 1 0 0 1' 'equal 3'; do
		# shellcheck disable=SC2086 # words
		in_ns ethtool -X g0 $table
		transfer host
		transfer guest
	done
	in_ns ethtool -X g0 equal 2
	in_ns ethtool -L g0 combined 2
	transfer host
	transfer guest
	# While the table changes
	for _ in {1..5}; do
		in_ns ethtool -X g0 equal 2 2>/dev/null || true
		in_ns ethtool -X g0 equal 1 2>/dev/null || true
	done &
	changes=$!
	transfer host
	transfer guest
	wait $changes
	no_drops
	"$ctl" delete "$n" --vdpa --force
done
