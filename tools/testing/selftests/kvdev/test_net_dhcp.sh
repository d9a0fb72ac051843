#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A stock DHCP client, behind the host's own virtio_net, gets its address, name
# and file from the device, and reaches the host with them. Needs no guest.
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
for c in ip ping vdpa busybox; do
	type -P $c >/dev/null || skip "no $c"
done
[[ $(busybox --list) == *udhcpc* ]] || skip "no udhcpc in busybox"
modprobe -q -a kvdev_vdpa kvdev_net virtio_vdpa virtio_net tun || skip "no virtio_vdpa, virtio_net or tun in this kernel"
modprobe -q af_packet || true
modprobe -q -r vhost_vdpa || true

n=nd-$$ tap=kd$$ ns=kdn$$
work=$(mktemp -d)
cd "$work"
# shellcheck disable=SC2329 # by trap
cleanup() {
	local rc=$?
	"$ctl" delete "$n" --vdpa --force 2>/dev/null || true
	ip netns del $ns 2>/dev/null || true
	! grep -q '^kvdev_vdpa ' /proc/modules || rmmod kvdev_vdpa || true
	! grep -q '^kvdev_net ' /proc/modules || rmmod kvdev_net || true
	cd /
	rm -rf "$work"
	exit "$rc"
}
trap cleanup EXIT
wait_for() { # COMMAND...
	for _ in {1..300}; do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.1; done
	fail "waited in vain for: $*"
}
in_ns() { ip netns exec $ns "$@"; }
netdev() { basename /sys/bus/vdpa/devices/"$n"/virtio*/net/*; }
has_netdev() { [[ $(netdev 2>/dev/null) =~ ^[a-z0-9]+$ ]]; }

mac=52:54:00:12:34:56
"$ctl" create net "$n" --tap $tap --mac $mac --locked-mac --dhcp 100.64.0.3 \
	--hostname vm-7 --boot-file auto_install --tftp-server boot.example
echo 1 >/proc/sys/net/ipv6/conf/$tap/disable_ipv6 || true
ip link set $tap up
ip addr add 100.64.0.2/31 dev $tap
ip netns add $ns
"$ctl" vdpa add "$n"
wait_for has_netdev
ip link set "$(netdev)" name g0
ip link set g0 netns $ns
in_ns ip link set g0 up

cat >script <<'EOF'
#!/bin/sh
env | grep -E '^(ip|subnet|router|dns|lease|serverid|hostname|boot_file|bootfile|tftp|siaddr|sname)=' >"lease.$1"
case $1 in
bound | renew) ip addr add "$ip/$mask" dev "$interface" ;;
esac
EOF
chmod +x script
in_ns busybox udhcpc -f -q -n -t 5 -T 1 -i g0 -s "$work/script" -O 66 -O 67 >udhcpc.out 2>&1 ||
	fail "udhcpc: $(cat udhcpc.out)"
sed 's/^/# /' lease.bound
for want in ip=100.64.0.3 subnet=255.255.255.254 router=100.64.0.2 dns=100.64.0.2 \
	lease=4294967295 serverid=100.64.0.2 hostname=vm-7 siaddr=100.64.0.2 boot_file=auto_install \
	sname=boot.example; do
	grep -qx "$want" lease.bound || fail "no $want in $(cat lease.bound)"
done
wait_for in_ns ping -c1 -W1 -q 100.64.0.2
wait_for ping -c1 -W1 -q 100.64.0.3

# Asking for the address of another network is refused, then the client asks
# again and gets its own.
in_ns ip addr flush dev g0
in_ns busybox udhcpc -f -q -n -t 5 -T 1 -i g0 -r 10.1.2.3 -s "$work/script" >udhcpc.out 2>&1 ||
	fail "udhcpc: $(cat udhcpc.out)"
grep -qx ip=100.64.0.3 lease.bound || fail "$(cat lease.bound)"
[[ $("$ctl" -j stats "$n" | grep -c '"violations": *[1-9]') == 0 ]] || fail "violations: $("$ctl" stats "$n")"
