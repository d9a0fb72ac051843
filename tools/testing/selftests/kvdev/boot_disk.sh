# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# For test_*.sh: a disk the firmware boots from. Source it.
need sfdisk mkfs.vfat mcopy syslinux
for mbr in /usr/lib/{syslinux,SYSLINUX}/{mbr/,}mbr.bin ''; do [[ ! -e $mbr ]] || break; done
[[ $mbr ]] || skip "no mbr.bin of syslinux"

# boot_disk ROOT: makes ./disk.img with a partition for the boot loader, the guest's
# kernel and ./initrd from 1 MiB, one with the guest's root from 65 MiB. The guest
# calls the latter ROOT. Sets "size" to the bytes of the root.
boot_disk() {
	size=$(stat -c %s "$GUEST/root.img")
	cat >syslinux.cfg <<-END_CFG
	SERIAL 0 115200
	DEFAULT linux
	LABEL linux
		KERNEL vmlinuz
		APPEND initrd=initrd console=ttyS0 earlyprintk=ttyS0,115200 quiet panic=-1 root=$1 rw
	END_CFG
	truncate -s $((size + (66 << 20))) disk.img
	printf '2048,131072,e,*\n133120,%d,83\n' $((size / 512)) | sfdisk -q disk.img
	dd if="$mbr" of=disk.img bs=440 count=1 conv=notrunc status=none
	truncate -s 64M boot.fat
	mkfs.vfat -F 16 -h 2048 boot.fat
	mcopy -i boot.fat "$kernels/vmlinuz" ::vmlinuz
	mcopy -i boot.fat initrd syslinux.cfg ::
	syslinux --install boot.fat
	dd if=boot.fat of=disk.img bs=1M seek=1 conv=notrunc,sparse status=none
	rm boot.fat
	dd if="$GUEST/root.img" of=disk.img bs=1M seek=65 conv=notrunc,sparse status=none
}
