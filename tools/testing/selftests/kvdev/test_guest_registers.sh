#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Registers by real accesses of a guest's processor: every field in every width
# and state, directly and through the window in configuration space.
# shellcheck source=tools/testing/selftests/kvdev/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

[[ -x $here/guest_regs ]] || skip "no guest_regs"
mkdir -p extra/guest
cp "$here/guest_regs" extra/guest/
for transport in modern transitional legacy; do
	guest --rng --transport "$transport" <<'END'
dev=$(readlink -f /sys/bus/virtio/drivers/virtio_rng/virtio*/..)
dev=${dev##*/}
echo "$dev" >/sys/bus/pci/drivers/virtio-pci/unbind
/guest/guest_regs "$dev"
# The same driver finds it as it was
echo "$dev" >/sys/bus/pci/drivers/virtio-pci/bind
dd if=/dev/hwrng of=/tmp/r bs=512 count=1 iflag=fullblock 2>/dev/null
[ "$(wc -c </tmp/r)" = 512 ]
END
	echo "REPORT: $(grep '^guest_regs' console)"
done
