#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A stock DHCP client, behind the host's own virtio_net, gets its address, name
# and file from the device, and reaches the host with them. Needs no guest.
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
no_violations
