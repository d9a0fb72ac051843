#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Firmware boots from the network: iPXE, from the ROM that QEMU has for its own
# virtio-net, asks the device for its address (DHCP), and fetches what it is told
# to boot from the host, over the tap.
# shellcheck source=tools/testing/selftests/kvdev/base.sh
. "$(dirname "$(readlink -f "$0")")/base.sh"
# shellcheck source=tools/testing/selftests/kvdev/vdpa.sh
. "$here/vdpa.sh"
need qemu-system-x86_64 busybox ip
modprobe -q -a kvdev_net tun || skip "no tun in this kernel"
bus vhost_vdpa virtio_vdpa
tap=kb$$ n=boot-$$

ip tuntap add dev $tap mode tap vnet_hdr
at_end "undo_link $tap"
echo 1 >/proc/sys/net/ipv6/conf/$tap/disable_ipv6 || true
ip addr add 100.64.0.2/31 dev $tap
ip link set $tap up
mkdir www
# Longer than one packet
{
	echo '#!ipxe'
	for i in {1..200}; do echo "# line $i of what is booted"; done
	# shellcheck disable=SC2016 # of iPXE
	echo 'echo BOOTED ${net0/ip} from ${next-server}'
	echo sleep 3
	echo poweroff
} >www/boot.ipxe
busybox httpd -f -p 100.64.0.2:80 -h www &
at_end "undo_process $!"
wait_for 120 eval ': </dev/tcp/100.64.0.2/80'

on_bus net $n --tap $tap --mac 52:54:00:00:00:03 --locked-mac --dhcp 100.64.0.3 \
	--boot-file http://100.64.0.2/boot.ipxe
start_qemu 128 -no-reboot -netdev "vhost-vdpa,id=n,vhostdev=$(node $n)" \
	-device "virtio-net-pci,netdev=n,mac=52:54:00:00:00:03,bootindex=1"
wait_for 300 console_has '^BOOTED 100.64.0.3 from 100.64.0.2'
wait_for 100 eval "! kill -0 $qemu"
wait "$qemu" || fail "QEMU ended with $?"
qemu=''
tr -d '\r' <console.raw | grep -a '100\.64' | sed 's/^/# /' || true
[[ $("$ctl" -j stats $n | grep -c '"violations": *[1-9]') == 0 ]] || fail "violations: $("$ctl" stats $n)"
"$ctl" delete $n --vdpa
