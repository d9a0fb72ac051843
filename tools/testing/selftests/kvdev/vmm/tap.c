// SPDX-License-Identifier: GPL-2.0
/* Tap interfaces of the host, for network devices. */
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include "vmm.h"

/**
 * tap_open() - open a queue of a tap, made if there is none of that name
 * @name: of the interface
 * @multi: it has several queues; this is another one
 *
 * Packets come and go with a header in front, of the size struct virtio_net_hdr
 * has: that is what KVDEV_NET_ATTACH wants.
 */
int tap_open(const char *name, bool multi)
{
	int hdr_len = sizeof(struct virtio_net_hdr);
	struct ifreq ifr = {
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR |
			     (multi ? IFF_MULTI_QUEUE : 0),
	};
	int fd;

	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die_errno("/dev/net/tun");
	memcpy(ifr.ifr_name, name, strnlen(name, sizeof(ifr.ifr_name) - 1));
	if (ioctl(fd, TUNSETIFF, &ifr) < 0)
		die_errno("tap %s", name);
	if (ioctl(fd, TUNSETVNETHDRSZ, &hdr_len) < 0)
		die_errno("tap %s: size of its header", name);
	return fd;
}
