// SPDX-License-Identifier: GPL-2.0
/* A legacy driver of a network device, by its window of registers. */
#include <linux/virtio_pci.h>

#include "net_common.h"
#include "transport_user.h"

#define CTRLQ		2
#define NR_QUEUES	3
/* With MSI-X */
#define CONFIG		VIRTIO_PCI_CONFIG_OFF(1)

static struct net n;
static uint8_t packet[PACKET_MAX];

static const uint8_t other_mac[ETH_ALEN] = { 0x52, 0x54, 0, 0xaa, 0xbb, 9 };
static const uint8_t all_macs[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void new_device(bool locked)
{
	struct kvdev_pci_state state = {
		.size = sizeof(state), .state = KVDEV_PCI_MSIX,
	};
	struct kvdev_net_config c = {
		.set = KVDEV_NET_SET_MAC | KVDEV_NET_SET_LOCKED_MAC,
		.locked_mac = locked,
	};
	struct guest_options o = { .nr_queues = NR_QUEUES };
	unsigned int i;

	net_new(&n, &o);
	memcpy(c.mac, guest_mac, ETH_ALEN);
	ASSERT_EQ(net_set(&n, &c), 0);
	ASSERT_EQ(bind(n.g, KVDEV_TRANSPORT_PCI_LEGACY, NR_QUEUES + 1), 0);
	low_memory(n.g);
	ASSERT_EQ(cmd(n.g->fd, KVDEV_PCI_STATE, &state), 0);
	for (i = 0; i < NR_QUEUES; i++)
		ASSERT_EQ(set_vector(n.g->fd, i + 1, n.g->vq[i].call), 0);
}

static void write_mac(const uint8_t *mac)
{
	unsigned int i;

	/* As drivers do */
	for (i = 0; i < ETH_ALEN; i++)
		set(n.g, L, CONFIG + i, 1, mac[i]);
}

static void expect_mac(const uint8_t *mac)
{
	struct kvdev_net_config c = net_get(&n);
	unsigned int i;

	for (i = 0; i < ETH_ALEN; i++)
		EXPECT_EQ(get(n.g, L, CONFIG + i, 1), mac[i]);
	EXPECT_EQ(memcmp(c.mac, mac, ETH_ALEN), 0);
}

/* Up to DRIVER_OK, with @mac written before, if not NULL; then not promiscuous. */
static void start(const uint8_t *mac)
{
	uint64_t features;
	uint8_t off = 0;
	unsigned int i;

	set(n.g, L, VIRTIO_PCI_STATUS, 1, 0);
	set(n.g, L, VIRTIO_PCI_STATUS, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	set(n.g, L, VIRTIO_PCI_STATUS, 1, S_DRIVER);
	features = get(n.g, L, VIRTIO_PCI_HOST_FEATURES, 4);
	features &= NF(MAC) | NF(STATUS) | NF(MRG_RXBUF) | NF(CTRL_VQ) |
		    NF(CTRL_RX);
	EXPECT_TRUE(features & NF(CTRL_RX));
	set(n.g, L, VIRTIO_PCI_GUEST_FEATURES, 4, features);
	n.g->features = features;
	for (i = 0; i < NR_QUEUES; i++) {
		struct vq *vq = &n.g->vq[i];
		unsigned int num;

		set(n.g, L, VIRTIO_PCI_QUEUE_SEL, 2, i);
		num = get(n.g, L, VIRTIO_PCI_QUEUE_NUM, 2);
		set(n.g, L, VIRTIO_MSI_QUEUE_VECTOR, 2, i + 1);
		EXPECT_EQ(get(n.g, L, VIRTIO_MSI_QUEUE_VECTOR, 2), i + 1);
		set(n.g, L, VIRTIO_PCI_QUEUE_PFN, 4,
		    ring_gpa(legacy_ring(vq, num, 4096)) >> 12);
	}
	if (mac)
		write_mac(mac);
	set(n.g, L, VIRTIO_PCI_STATUS, 1, S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
	ASSERT_EQ(net_command(&n, CTRLQ, (uint8_t[]){
				VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC },
			      &off, 1, NULL, 0, NULL), VIRTIO_NET_OK);
}

/* Does a packet to that address arrive, ahead of one for all? */
static bool passes(const uint8_t *mac)
{
	bool passed = false;

	packet_fill(packet, 100, 1);
	memcpy(packet, mac, ETH_ALEN);
	ASSERT_EQ(peer_send(&n, packet, 100), 0);
	memcpy(packet, all_macs, ETH_ALEN);
	ASSERT_EQ(peer_send(&n, packet, 100), 0);
	do {
		net_post(&n, 1, 1526);
		ASSERT_EQ(net_receive(&n, NULL, packet, WAIT_MS), 100);
		passed |= !memcmp(packet, mac, ETH_ALEN);
	} while (memcmp(packet, all_macs, ETH_ALEN));
	return passed;
}

/* virtio 1.3, 5.1.4.3: the address is the one in the configuration, at once. */
TEST(mac_write_counts)
{
	new_device(false);
	start(NULL);
	expect_mac(guest_mac);
	EXPECT_TRUE(passes(guest_mac));
	EXPECT_TRUE(!passes(other_mac));
	EXPECT_EQ(net_stats(&n, RXQ).drop_address, 1);

	write_mac(other_mac);
	expect_mac(other_mac);
	EXPECT_TRUE(passes(other_mac));
	EXPECT_TRUE(!passes(guest_mac));
	EXPECT_EQ(net_stats(&n, RXQ).drop_address, 2);

	/* A new driver finds the device's own, and may write before it starts. */
	start(NULL);
	expect_mac(guest_mac);
	EXPECT_TRUE(passes(guest_mac));
	EXPECT_TRUE(!passes(other_mac));
	start(other_mac);
	expect_mac(other_mac);
	EXPECT_TRUE(passes(other_mac));
	EXPECT_TRUE(!passes(guest_mac));
	EXPECT_EQ(guest_stats(n.g, RXQ).violations, 0);
}

/* Nor does this way lead past what the host insists on. */
TEST(mac_write_locked)
{
	new_device(true);
	start(other_mac);
	write_mac(other_mac);
	expect_mac(guest_mac);
	EXPECT_TRUE(passes(guest_mac));
	EXPECT_TRUE(!passes(other_mac));
	packet_fill(packet, 100, 1);
	memcpy(packet + ETH_ALEN, other_mac, ETH_ALEN);
	ASSERT_EQ(net_send(&n, NULL, packet, 100), 0);
	EXPECT_EQ(net_stats(&n, TXQ).drop_spoofed, 1);
}
