#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Stock DHCP clients, behind the host's own virtio_net, get their address, name
# and file from the device, and reach the host with them: udhcpc, and of dhclient,
# dhcpcd and systemd-networkd what there is. Needs no guest.
# shellcheck source=tools/testing/selftests/kvdev/net.sh
. "$(dirname "$(readlink -f "$0")")/net.sh"
need busybox
[[ $(busybox --list) == *udhcpc* ]] || skip "no udhcpc in busybox"
modprobe -q af_packet || true
net_names d

"$ctl" create net "$n" --tap "$tap" --mac $mac --locked-mac --dhcp 100.64.0.3 \
	--hostname vm-7 --boot-file auto_install --tftp-server boot.example
no_ipv6 "$tap"
ip link set "$tap" up
ip addr add 100.64.0.2/31 dev "$tap"
"$ctl" vdpa add "$n"
into_ns
in_ns ip link set g0 up

cat >script <<'EOF'
#!/bin/sh
env | grep -E '^(ip|subnet|router|dns|lease|serverid|hostname|boot_file|bootfile|tftp|siaddr|sname)=' >"lease.$1"
case $1 in
bound | renew) ip addr add "$ip/$mask" dev "$interface" ;;
esac
EOF
chmod +x script
in_ns busybox udhcpc -f -q -n -t 30 -T 1 -i g0 -s "$work/script" -O 66 -O 67 >udhcpc.out 2>&1 ||
	fail "udhcpc: $(cat udhcpc.out)"
sed 's/^/# /' lease.bound
for want in ip=100.64.0.3 subnet=255.255.255.254 router=100.64.0.2 dns=100.64.0.2 \
	lease=4294967295 serverid=100.64.0.2 hostname=vm-7 siaddr=100.64.0.2 boot_file=auto_install \
	sname=boot.example; do
	grep -qx "$want" lease.bound || fail "no $want in $(cat lease.bound)"
done
wait_for 60 in_ns ping -c1 -W1 -q 100.64.0.2
wait_for 60 ping -c1 -W1 -q 100.64.0.3

# Asking for the address of another network is refused, then the client asks
# again and gets its own.
in_ns ip addr flush dev g0
in_ns busybox udhcpc -f -q -n -t 30 -T 1 -i g0 -r 10.1.2.3 -s "$work/script" >udhcpc.out 2>&1 ||
	fail "udhcpc: $(cat udhcpc.out)"
grep -qx ip=100.64.0.3 lease.bound || fail "$(cat lease.bound)"

# Each of them in a process of its name space, whose mounts are its own.
export work
# run_client COMMAND: in the background, $client
client=''
# shellcheck disable=SC2329 # at the end
end_client() {
	[[ $client ]] || return 0
	kill "$client" 2>/dev/null || true
	wait "$client" 2>/dev/null || true
	client=''
}
at_end end_client
run_client() {
	rm -f lease.*
	in_ns ip addr flush dev g0
	in_ns ip link set g0 up
	ip netns exec "$ns" bash -c "$1" >client.out 2>&1 &
	client=$!
}
# there GLOB: is such a file there?
there() { compgen -G "$1" >/dev/null; }
# client_has REASON WORD...: a client's script has been told
client_has() {
	local reason=$1 want
	shift
	for want in "$@"; do
		grep -qx "$want" "lease.$reason" || fail "no $want in $(cat "lease.$reason")"
	done
}
reaches_host() { wait_for 60 in_ns ping -c1 -W1 -q 100.64.0.2; }

step 'udhcpc renews'
# shellcheck disable=SC2016 # there
run_client 'exec busybox udhcpc -f -n -t 30 -T 1 -i g0 -s "$work/script"'
wait_for 60 there lease.bound
kill -USR1 "$client"
wait_for 60 there lease.renew
client_has renew ip=100.64.0.3 lease=4294967295
kill -USR2 "$client"
wait_for 60 grep -q 'sending release' client.out
end_client
grep -c 'sending renew to server' client.out | grep -qx 1 || fail "$(cat client.out)"

cat >script.dhc <<'EOF'
#!/bin/sh
env | grep -E '^new_(ip_address|subnet_mask|routers|domain_name_servers|host_name|dhcp_server_identifier|dhcp_lease_time)=' >"$work/lease.new"
case $reason in
BOUND | REBOOT | RENEW | REBIND) ip addr replace "$new_ip_address/31" dev "$interface" ;;
esac
mv "$work/lease.new" "$work/lease.$reason"
exit 0
EOF
chmod +x script.dhc
leased=(new_ip_address=100.64.0.3 new_subnet_mask=255.255.255.254 new_routers=100.64.0.2
	new_domain_name_servers=100.64.0.2 new_host_name=vm-7 new_dhcp_server_identifier=100.64.0.2
	new_dhcp_lease_time=4294967295)

if type -P dhclient >/dev/null; then
	step dhclient
	for reason in BOUND REBOOT; do
		# shellcheck disable=SC2016 # there
		run_client 'exec dhclient -4 -1 -d -v -sf "$work/script.dhc" -e work="$work" -lf "$work/leases" \
			-pf "$work/dhclient.pid" g0'
		wait_for 60 there "lease.$reason"
		client_has "$reason" "${leased[@]}"
		reaches_host
		end_client
	done
fi

if type -P dhcpcd >/dev/null && type -P nsenter >/dev/null; then
	step dhcpcd
	# shellcheck disable=SC2016 # there
	run_client 'mount -t tmpfs t /run && mkdir -p /var/lib/dhcpcd && mount -t tmpfs t /var/lib/dhcpcd &&
		exec dhcpcd -B -d -4 -A -L -e work="$work" -c "$work/script.dhc" g0'
	wait_for 60 there lease.BOUND
	client_has BOUND "${leased[@]}"
	reaches_host
	timeout 30 nsenter -t "$client" -m -n dhcpcd -4 -n g0 >/dev/null 2>&1 || true
	wait_for 60 there 'lease.RE*'
	grep -qx new_ip_address=100.64.0.3 lease.RE* || fail "$(cat client.out)"
	reaches_host
	end_client
fi

networkd=/usr/lib/systemd/systemd-networkd
if [[ -x $networkd ]]; then
	step systemd-networkd
	echo 0123456789abcdef0123456789abcdef >machine-id
	printf '[Match]\nName=g0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n' >g0.network
	# Without /sys to write to, it does not wait for udev.
	# shellcheck disable=SC2016 # there
	run_client 'mount -t tmpfs t /run && mkdir -p /run/systemd/network && cp "$work/g0.network" /run/systemd/network &&
		mount --bind "$work/machine-id" /etc/machine-id && mount -o remount,ro /sys &&
		SYSTEMD_LOG_TARGET=console exec '"$networkd"
	has_address() { [[ $(in_ns ip -4 addr show dev g0) == *'inet 100.64.0.3/31'* ]]; }
	wait_for 60 has_address
	grep -q 'address 100.64.0.3/31, gateway 100.64.0.2 acquired from 100.64.0.2' client.out ||
		fail "$(cat client.out)"
	reaches_host
	end_client
fi
no_violations
