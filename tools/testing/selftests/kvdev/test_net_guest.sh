#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The stock virtio_net of a guest, under the reference VMM and under QEMU, on a
# tap: packets of all sizes, bytes that arrive as they were sent with and without
# offloads, VLANs, links, an address by DHCP, queues by hashes; rings that are reset
# and resized, guests that reboot, taps that go and VMMs that are killed, all under
# load.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$here/vdpa.sh"
# shellcheck source=tools/testing/selftests/kvdev/guest_shell.sh
. "$here/guest_shell.sh"
need ip ping iperf3 busybox
modprobe -q -a kvdev_net tun || skip "no tun in this kernel"

tap=kg$$ tap2=kh$$ tap3=ki$$ n=ng-$$
loads=()
# shellcheck disable=SC2329 # at the end
end_all() {
	local p
	for p in "${loads[@]}"; do undo_process "$p"; done
	undo_link "$tap"
	undo_link "$tap2"
}
at_end end_all
mkfifo silence
exec 8<>silence
head -c 4M /dev/urandom >sent
sent_sum=$(sha256sum <sent)
cmdline='console=ttyS0 quiet panic=-1 reboot=t'

# new_tap NAME ADDRESS/LENGTH
new_tap() {
	ip tuntap add dev "$1" mode tap vnet_hdr
	echo 1 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6" || true
	ip addr add "$2" dev "$1"
	ip link set "$1" up
}
# up MAC [ADDRESS/LENGTH]: sets dev, the guest's interface of that address
up() {
	dev=$(ask "cd /sys/class/net; grep -l $1 */address | cut -d/ -f1")
	[[ $dev == e* ]] || fail "the guest's interface is '$dev'"
	ask "echo 1 >/proc/sys/net/ipv6/conf/$dev/disable_ipv6; ip link set $dev up"
	[[ ! ${2:-} ]] || ask "ip addr add $2 dev $dev"
}

# The functions from here on are between $host and $peer, the guest.
pings() {
	local size sizes='0 1 1472 1473 9000 65507'
	for size in $sizes; do
		ping -q -c2 -i0.05 -W20 -s "$size" "$peer" >ping.out || fail "ping $size: $(cat ping.out)"
	done
	ask "for s in $sizes; do ping -q -c2 -i0.05 -W20 -s \$s $host || exit 1; done" >/dev/null
}
rate() { sed -n 's/.* \([0-9.]* .bits.sec\).*receiver.*/\1/p'; }
serve_iperf() {
	ask "iperf3 -s -D"
	ask_until "grep -q ':1451 .* 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null"
}
streams() {
	local way
	for way in '' -R; do
		# shellcheck disable=SC2086 # a word or none
		iperf -c "$peer" -t 2 $way
		[[ $(rate <iperf.out) ]] || fail "iperf3 $way: $(cat iperf.out)"
		echo "# TCP ${way:-  }: $(rate <iperf.out)"
	done
}
listening() { grep -q ':1389 .* 0A ' /proc/net/tcp /proc/net/tcp6; }
# A file each way.
files() {
	local pid
	ask "nc -l -p 5001 >/tmp/in & until grep -q ':1389 .* 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null; do sleep 0.1; done"
	cat sent >"/dev/tcp/$peer/5001"
	same "$(ask 'while pidof nc >/dev/null; do sleep 0.1; done; sha256sum </tmp/in')" "$sent_sum" "file to the guest"
	# One whose input ends would close.
	busybox nc -l -p 5001 <&8 >received &
	pid=$!
	wait_for 60 listening
	ask "nc $host 5001 </tmp/in"
	wait "$pid" || true
	same "$(sha256sum <received)" "$sent_sum" "file to the host"
}
# offloads on|off
offloads() { ask "ethtool -K $dev tx $1 sg $1 tso $1 gso $1 gro $1" >/dev/null; }
carrier() { ask_until "[ \"\$(cat /sys/class/net/$dev/carrier)\" = $1 ]"; }
# Until unload: streams both ways at the same time.
load() {
	iperf3 -c "$peer" -t 600 --bidir >/dev/null 2>&1 &
	loads=($!)
	ask "before=\$(cat /sys/class/net/$dev/statistics/rx_packets); until [ \$(cat /sys/class/net/$dev/statistics/rx_packets) -gt \$((before + 1000)) ]; do sleep 0.1; done"
}
unload() {
	kill -9 "${loads[@]}" 2>/dev/null || true
	wait "${loads[@]}" 2>/dev/null || true
	loads=()
}

# ------------------------------------------------------ the reference VMM
step "reference VMM"
host=192.0.2.1 peer=192.0.2.2
new_tap $tap $host/24
shell_initrd 8021q pktgen
vmm_command --cmdline "$cmdline" --timeout 2400 --net tap=$tap,mac=52:54:00:12:34:56
"${command[@]}" <stdin >console.raw &
vmm_pid=$!
at_end "undo_process $vmm_pid"
guest_up $vmm_pid
up 52:54:00:12:34:56 $peer/24
same "$(ask "ethtool -i $dev | sed -n 's/^driver: //p'")" virtio_net driver
carrier 1
step "packets of all sizes"
pings
step "TCP, all offloads"
serve_iperf
streams
files
step "TCP, no offloads"
offloads off
files
offloads on

step "VLAN"
ip link add link $tap name $tap.5 type vlan id 5
ip addr add 198.51.100.1/24 dev $tap.5
ip link set $tap.5 up
ask "/usr/bin/ip link add link $dev name v5 type vlan id 5 && ip addr add 198.51.100.2/24 dev v5 && ip link set v5 up"
for size in 0 1472 20000; do
	ping -q -c2 -i0.05 -W20 -s $size 198.51.100.2 >ping.out || fail "VLAN, $size: $(cat ping.out)"
done
ask "/usr/bin/ip link del v5"
ip link del $tap.5

step "link"
ip link set $tap down
carrier 0
ip link set $tap up
carrier 1
ping -q -c1 -W20 $peer >/dev/null || fail "no packet after the link came back"

step "rings of other sizes, under load"
max=$(ask "ethtool -g $dev" | awk '/^RX:/ { print $2; exit }')
load
for size in 64 "$max" 128; do
	ask "ethtool -G $dev rx $size tx $size"
	same "$(ask "ethtool -g $dev" | awk '/^Current/ { c = 1 } c && /^[RT]X:/ { printf "%s ", $2 }')" "$size $size " "rings"
done
unload
pings
files

step "pktgen"
seen=$(cat /sys/class/net/$tap/statistics/rx_packets)
ask "cd /proc/net/pktgen; echo add_device $dev >kpktgend_0 && { echo count 20000; echo pkt_size 60; echo dst 192.0.2.1; echo dst_mac $(cat /sys/class/net/$tap/address); echo burst 1; } >$dev && echo start >pgctrl; grep -q '^Result: OK' $dev"
all_seen() { (( $(cat /sys/class/net/"$tap"/statistics/rx_packets) >= seen + 20000 )); }
wait_for 60 all_seen
ask "ethtool -S $dev" >ethtool.out
grep -q 'tx.*packets: [1-9]' ethtool.out || fail "ethtool -S: $(cat ethtool.out)"

step "killed under load"
load
kill -9 $vmm_pid
wait $vmm_pid 2>/dev/null || true
unload
wait_for 120 eval "[[ \$(cat /sys/class/net/$tap/carrier) == 0 ]]"

# ------------------------------------ the reference VMM, several pairs of queues
step "four processors, four pairs, hashes"
# The key that all implementations are tested with
key=6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa
toeplitz() { # BYTE...: their hash
	local byte bit window at=0 hash=0
	for byte; do
		window=0x${key:at:10} at=$((at + 2))
		for bit in {7..0}; do
			if (( byte >> bit & 1 )); then hash=$((hash ^ (window >> (bit + 1) & 0xffffffff))); fi
		done
	done
	echo $hash
}
same "$(toeplitz 66 9 149 187 161 142 100 80)" $((0x323e8fc2)) "the published hash"
received() { # on each queue
	"$ctl" -j stats $n.rss | tr '{' '\n' | grep '"waits"' |
		sed -n '1~2s/.*"packets": *\([0-9]*\).*/\1/p' | paste -sd' '
}
at_end "undo_link $tap3"
at_end "undo_device $n.rss"
"$ctl" create net $n.rss --tap $tap3 --mac 52:54:00:12:34:58 --queues 4 --rss
echo 1 >/proc/sys/net/ipv6/conf/$tap3/disable_ipv6 || true
host=203.0.113.1 peer=203.0.113.2
ip addr add $host/24 dev $tap3
for i in {108..115}; do ip addr add 203.0.113."$i"/24 dev $tap3; done
ip link set $tap3 up
shell_initrd
vmm_command --cmdline "$cmdline" --timeout 2400 --cpus 4 --net device=$n.rss
"${command[@]}" <stdin >console.raw &
vmm_pid=$!
at_end "undo_process $vmm_pid"
guest_up $vmm_pid
same "$(ask nproc)" 4 processors
up 52:54:00:12:34:58 $peer/24
carrier 1
ask "ethtool -L $dev combined 4"
files
ask "ethtool -X $dev hkey $(sed 's/../&:/g;s/:$//' <<<$key) equal 4"
files
# Nobody asks for addresses: that has no hash.
ip neigh replace $peer lladdr 52:54:00:12:34:58 dev $tap3 nud permanent
ask "for i in 108 109 110 111 112 113 114 115; do /usr/bin/ip neigh replace 203.0.113.\$i lladdr $(cat /sys/class/net/$tap3/address) dev $dev nud permanent; done"
# Where they are to come in: the table is 0 1 2 3 0 1 2 3 and so on.
chosen=''
for i in {108..115}; do
	read -ra old <<<"$(received)"
	ping -q -c5 -i0.05 -W20 -I 203.0.113."$i" "$peer" >ping.out || fail "ping from $i: $(cat ping.out)"
	read -ra new <<<"$(received)"
	for k in {0..3}; do
		if (( new[k] - old[k] >= 5 )); then chosen=$chosen$k; fi
	done
done
by_hash() { # KEY
	local i key=$1
	for i in {108..115}; do echo -n $(($(toeplitz 203 0 113 "$i" 203 0 113 2) & 3)); done
}
# Some stable versions of Linux (6.12.107) send a byte of padding before the key, that
# of struct virtio_net_rss_config_trailer: to the device it is the first one of it.
[[ $chosen == "$(by_hash $key)" || $chosen == "$(by_hash 00$key)" ]] ||
	fail "queues $chosen, by hashes $(by_hash $key) or $(by_hash 00$key)"
kill -9 $vmm_pid
wait $vmm_pid 2>/dev/null || true
"$ctl" -j stats $n.rss >stats.json
check_stats

# ------------------------------------------------------- QEMU, by the vDPA bus
step "QEMU"
cat >extra/guest/lease <<'END'
#!/bin/sh
case $1 in
bound)
	ip addr add "$ip/$mask" dev "$interface"
	echo "lease: $ip $subnet $router $hostname" ;;
esac
END
chmod +x extra/guest/lease
shell_initrd
new_tap $tap2 100.64.0.2/31
bus vhost_vdpa virtio_vdpa
on_bus net $n --tap $tap --mac 52:54:00:00:00:01
on_bus net $n.local --tap $tap2 --mac 52:54:00:00:00:02 --locked-mac --dhcp 100.64.0.3 --hostname vm-7
start_qemu 320 -device "vhost-vdpa-device-pci,vhostdev=$(node $n)" \
	-netdev "vhost-vdpa,id=local,vhostdev=$(node $n.local)" \
	-device virtio-net-pci,netdev=local,mac=52:54:00:00:00:02,romfile= \
	-drive if=virtio,file="$GUEST/root.img",format=raw,readonly=on \
	-kernel "$kernels/vmlinux" -initrd initrd -append "$cmdline"
guest_up "$qemu"

step "QEMU: -netdev vhost-vdpa, an address by DHCP"
up 52:54:00:00:00:02
host=100.64.0.2 peer=100.64.0.3
same "$(ask "udhcpc -f -q -n -t 20 -T 2 -i $dev -s /guest/lease" | grep ^lease)" \
	"lease: 100.64.0.3 255.255.255.254 100.64.0.2 vm-7" "lease"
pings
files

step "QEMU: vhost-vdpa-device-pci"
host=192.0.2.1 peer=192.0.2.2
connect() {
	up 52:54:00:00:00:01 $peer/24
	carrier 1
}
connect
pings
serve_iperf
streams
files
offloads off
files

step "reboot under load"
load
restart
unload
connect
files

step "link"
"$ctl" set $n --link down
carrier 0
"$ctl" set $n --link auto
carrier 1
"$ctl" -j stats >stats.json
check_stats

step "the tap goes under load"
serve_iperf
load
ip link del $tap
carrier 0
unload
ask "ip link set $dev down; ip link set $dev up; uname -r"
ask "poweroff -f &"
wait "$qemu" || fail "QEMU ended with $?"
qemu=''
"$ctl" delete $n --vdpa
"$ctl" delete $n.local --vdpa
