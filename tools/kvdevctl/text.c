// SPDX-License-Identifier: GPL-2.0
/* Numbers, bits and foreign bytes for people. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_scsi.h>

#include "kvdevctl.h"

#define LINE_LEN	79
#define LABEL_LEN	11

/* Rounded down: never more than there is. Good until the next call. */
const char *size_text(uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	static char text[48];
	uint64_t unit = 1;
	int i = -1;

	while (bytes / unit >= 1024) {
		unit <<= 10;
		i++;
	}
	if (i < 0)
		snprintf(text, sizeof(text), "%" PRIu64 " B", bytes);
	else if (bytes % unit == 0 || bytes / unit >= 100)
		snprintf(text, sizeof(text), "%" PRIu64 " %ciB", bytes / unit,
			 units[i]);
	else
		snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64 " %ciB",
			 bytes / unit, bytes % unit * 10 / unit, units[i]);
	return text;
}

/* 4096, 4k, 1M */
bool parse_number(const char *text, uint64_t *value)
{
	static const char units[] = "kmg";
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno)
		return false;
	if (!*end)
		return true;
	unit = strchr(units, tolower((unsigned char)*end));
	if (!unit || end[1] || *value > UINT32_MAX)
		return false;
	*value <<= 10 * (unit - units + 1);
	return true;
}

/* Bytes in a valid UTF-8 character of no control at the start; 0: it is none */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	size_t n, i;
	uint32_t c;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	c = s[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < 0xa0 || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000) ||
	    (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	return n;
}

/**
 * text_clean() - make printable what others chose: paths, process names
 * @src: up to @len bytes, or up to a zero
 *
 * Bytes that could steer a terminal or are no UTF-8 become \ooo.
 */
void text_clean(char *dst, size_t size, const void *src, size_t len)
{
	const unsigned char *s = src;
	size_t left = strnlen(src, len), used = 0, n;

	while (left) {
		n = utf8_len(s, left);
		if (used + (n ?: 4) + 1 > size)
			break;
		if (n)
			memcpy(dst + used, s, n);
		else
			snprintf(dst + used, 5, "\\%03o", *s);
		used += n ?: 4;
		s += n ?: 1;
		left -= n ?: 1;
	}
	dst[used] = '\0';
}

/* "  label   words words", broken into lines. */
void print_words(const char *label, const char *words)
{
	int column = printf("  %-*s", LABEL_LEN - 2, label);
	const char *end;
	int len;

	while (*words) {
		end = strchrnul(words, ' ');
		len = end - words;
		if (column > LABEL_LEN && column + 1 + len > LINE_LEN)
			column = printf("\n%*s", LABEL_LEN, "") - 1;
		column += printf(" %.*s", len, words);
		words = *end ? end + 1 : end;
	}
	putchar('\n');
}

/* ------------------------------------------------------------------- bits */

#define F(_prefix, _name) [_prefix ## _ ## _name] = #_name

static const char *const blk_features[64] = {
	F(VIRTIO_BLK_F, SIZE_MAX), F(VIRTIO_BLK_F, SEG_MAX),
	F(VIRTIO_BLK_F, GEOMETRY), F(VIRTIO_BLK_F, RO),
	F(VIRTIO_BLK_F, BLK_SIZE), F(VIRTIO_BLK_F, TOPOLOGY),
	F(VIRTIO_BLK_F, MQ), F(VIRTIO_BLK_F, DISCARD),
	F(VIRTIO_BLK_F, WRITE_ZEROES), F(VIRTIO_BLK_F, SECURE_ERASE),
	[VIRTIO_BLK_F_FLUSH] = "FLUSH",
	[VIRTIO_BLK_F_CONFIG_WCE] = "CONFIG_WCE",
	[17] = "ZONED",
};

static const char *const net_features[64] = {
	F(VIRTIO_NET_F, CSUM), F(VIRTIO_NET_F, GUEST_CSUM),
	F(VIRTIO_NET_F, CTRL_GUEST_OFFLOADS), F(VIRTIO_NET_F, MTU),
	F(VIRTIO_NET_F, MAC), F(VIRTIO_NET_F, GUEST_TSO4),
	F(VIRTIO_NET_F, GUEST_TSO6), F(VIRTIO_NET_F, GUEST_ECN),
	F(VIRTIO_NET_F, GUEST_UFO), F(VIRTIO_NET_F, HOST_TSO4),
	F(VIRTIO_NET_F, HOST_TSO6), F(VIRTIO_NET_F, HOST_ECN),
	F(VIRTIO_NET_F, HOST_UFO), F(VIRTIO_NET_F, MRG_RXBUF),
	F(VIRTIO_NET_F, STATUS), F(VIRTIO_NET_F, CTRL_VQ),
	F(VIRTIO_NET_F, CTRL_RX), F(VIRTIO_NET_F, CTRL_VLAN),
	F(VIRTIO_NET_F, GUEST_ANNOUNCE), F(VIRTIO_NET_F, MQ),
	F(VIRTIO_NET_F, CTRL_MAC_ADDR), F(VIRTIO_NET_F, HASH_REPORT),
	F(VIRTIO_NET_F, RSS), F(VIRTIO_NET_F, RSC_EXT),
	F(VIRTIO_NET_F, STANDBY), F(VIRTIO_NET_F, SPEED_DUPLEX),
	[20] = "CTRL_RX_EXTRA", [50] = "DEVICE_STATS", [52] = "VQ_NOTF_COAL",
	[53] = "NOTF_COAL", [54] = "GUEST_USO4", [55] = "GUEST_USO6",
	[56] = "HOST_USO", [59] = "GUEST_HDRLEN",
};

static const char *const scsi_features[64] = {
	F(VIRTIO_SCSI_F, INOUT), F(VIRTIO_SCSI_F, HOTPLUG),
	F(VIRTIO_SCSI_F, CHANGE), F(VIRTIO_SCSI_F, T10_PI),
};

/* Of every device; numbers, because headers may be older than some. */
static const char *const common_features[64] = {
	[24] = "NOTIFY_ON_EMPTY", [27] = "ANY_LAYOUT", [28] = "INDIRECT_DESC",
	[29] = "EVENT_IDX", [32] = "VERSION_1", [33] = "ACCESS_PLATFORM",
	[34] = "RING_PACKED", [35] = "IN_ORDER", [36] = "ORDER_PLATFORM",
	[37] = "SR_IOV", [38] = "NOTIFICATION_DATA", [39] = "NOTIF_CONFIG_DATA",
	[40] = "RING_RESET", [41] = "ADMIN_VQ",
};

static const char *const *const features[] = {
	[VIRTIO_ID_NET] = net_features,
	[VIRTIO_ID_BLOCK] = blk_features,
	[VIRTIO_ID_SCSI] = scsi_features,
};

static const char *const vmmci_features[64] = {
	F(KVDEV_VMMCI_F, TIMESYNC), F(KVDEV_VMMCI_F, ACK),
	F(KVDEV_VMMCI_F, SYNCRTC),
};

/* NULL: it has none. */
const char *feature_name(uint32_t device_id, unsigned int bit)
{
	const char *name = NULL;

	if (device_id < ARRAY_SIZE(features) && features[device_id])
		name = features[device_id][bit];
	else if (device_id == KVDEV_DEVICE_VMMCI)
		name = vmmci_features[bit];
	return name ?: common_features[bit];
}

const char *status_name(unsigned int bit)
{
	static const char *const names[8] = {
		[0] = "ACKNOWLEDGE", [1] = "DRIVER", [2] = "DRIVER_OK",
		[3] = "FEATURES_OK", [6] = "NEEDS_RESET", [7] = "FAILED",
	};

	return bit < ARRAY_SIZE(names) ? names[bit] : NULL;
}

/* In one word, where the device is. */
const char *status_word(uint32_t status)
{
	if (status & VIRTIO_CONFIG_S_FAILED)
		return "failed";
	if (status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return "needs-reset";
	if (status & VIRTIO_CONFIG_S_DRIVER_OK)
		return "running";
	return status ? "starting" : "idle";
}
