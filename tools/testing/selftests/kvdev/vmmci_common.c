// SPDX-License-Identifier: GPL-2.0
/* See vmmci_common.h. */
#include <poll.h>

#include "vmmci_common.h"

/* ------------------------------------------------------------------ access */

static int legacy(struct ci *c, uint32_t offset, uint32_t len, bool write,
		  uint64_t *value)
{
	struct kvdev_access a = {
		.size = sizeof(a), .offset = offset, .len = len,
		.space = KVDEV_SPACE_LEGACY, .value = *value,
		.flags = write ? KVDEV_ACCESS_WRITE : 0,
	};
	int ret = cmd(c->fd, KVDEV_ACCESS, &a);

	*value = a.value;
	return ret;
}

static uint64_t legacy_read(struct ci *c, uint32_t offset, uint32_t len)
{
	uint64_t value = 0;

	ASSERT_EQ(legacy(c, offset, len, false, &value), 0);
	return value;
}

static void legacy_write(struct ci *c, uint32_t offset, uint32_t len,
			 uint64_t value)
{
	ASSERT_EQ(legacy(c, offset, len, true, &value), 0);
}

static int config_ioctl(struct ci *c, unsigned long nr, uint32_t offset,
			uint32_t len, uint64_t *value)
{
	struct {
		struct vhost_vdpa_config head;
		uint64_t value;
	} __attribute__((packed)) arg = {
		.head = { .off = offset, .len = len }, .value = *value,
	};
	int ret = cmd(c->fd, nr, &arg);

	*value = arg.value;
	return ret;
}

/* The config in little endian, as everything here is. */
uint64_t ci_read(struct ci *c, uint32_t offset, uint32_t len)
{
	uint64_t value = 0;

	switch (c->wire) {
	case RING:
		ASSERT_EQ(config_ioctl(c, VHOST_VDPA_GET_CONFIG, offset, len,
				       &value), 0);
		return value;
	case MODERN:
		return reg_read(c->g, c->g->bar.device_offset + offset, len);
	default:
		return legacy_read(c, VIRTIO_PCI_CONFIG_OFF(0) + offset, len);
	}
}

/* Returns what a VMM is told; a driver with registers is told nothing. */
int ci_poke(struct ci *c, uint32_t offset, uint32_t len, uint64_t value)
{
	switch (c->wire) {
	case RING:
		return config_ioctl(c, VHOST_VDPA_SET_CONFIG, offset, len,
				    &value);
	case MODERN:
		reg_write(c->g, c->g->bar.device_offset + offset, len, value);
		return 0;
	default:
		legacy_write(c, VIRTIO_PCI_CONFIG_OFF(0) + offset, len, value);
		return 0;
	}
}

/* And what the device thinks of it. */
void ci_write(struct ci *c, uint32_t offset, uint32_t len, uint64_t value,
	       bool good)
{
	uint64_t ignored = guest_stats(c->g, 0).dev_ignored_accesses;
	bool told = c->wire == RING;

	EXPECT_EQ(ci_poke(c, offset, len, value), told && !good ? -EINVAL : 0);
	EXPECT_EQ(guest_stats(c->g, 0).dev_ignored_accesses - ignored,
		  !told && !good);
}

void ci_answer(struct ci *c, uint32_t op)
{
	ci_write(c, CMD, 4, op, true);
}

/* ------------------------------------------------------------------ driver */

void ci_reset(struct ci *c)
{
	if (c->wire == LEGACY)
		legacy_write(c, VIRTIO_PCI_STATUS, 1, 0);
	else
		guest_reset(c->g);
	event_take(c->g->config_fd);
}

void ci_up(struct ci *c)
{
	if (c->wire != LEGACY) {
		guest_start(c->g);
		return;
	}
	legacy_write(c, VIRTIO_PCI_STATUS, 1, S_DRIVER);
	c->g->features = legacy_read(c, VIRTIO_PCI_HOST_FEATURES, 4) &
			 ~c->g->o.refuse;
	legacy_write(c, VIRTIO_PCI_GUEST_FEATURES, 4, c->g->features);
	legacy_write(c, VIRTIO_PCI_STATUS, 1,
		     S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* A device whose driver is not up yet. */
struct ci *ci_new(enum wire wire, uint64_t refuse)
{
	struct guest_options o = {
		.device_id = KVDEV_DEVICE_VMMCI, .pci = wire == MODERN,
		.refuse = refuse,
	};
	struct ci *c = calloc(1, sizeof(*c));

	c->g = guest_new(&o);
	c->fd = c->g->fd;
	c->wire = wire;
	if (wire == LEGACY) {
		c->g->bar = (struct kvdev_bind_transport){
			.size = sizeof(c->g->bar),
			.type = KVDEV_TRANSPORT_PCI_LEGACY,
		};
		ASSERT_EQ(cmd(c->fd, KVDEV_BIND_TRANSPORT, &c->g->bar), 0);
	}
	return c;
}

struct ci *ci_start(enum wire wire, uint64_t refuse)
{
	struct ci *c = ci_new(wire, refuse);

	ci_up(c);
	return c;
}

void ci_free(struct ci *c)
{
	guest_free(c->g);
	free(c);
}

/* Was the driver interrupted for its configuration? */
bool ci_interrupted(struct ci *c)
{
	if (c->wire != LEGACY)
		return event_wait(c->g->config_fd, WAIT_MS);
	return legacy_read(c, VIRTIO_PCI_ISR, 1) == VIRTIO_PCI_ISR_CONFIG;
}

uint32_t ci_isr(struct ci *c)
{
	if (c->wire == LEGACY)
		return legacy_read(c, VIRTIO_PCI_ISR, 1);
	return reg_read(c->g, c->g->bar.isr_offset, 1);
}

void ci_set_line(struct ci *c, int line, int end)
{
	struct kvdev_set_line l = {
		.size = sizeof(l), .fd = line, .resample_fd = end,
	};

	ASSERT_EQ(cmd(c->fd, KVDEV_SET_LINE, &l), 0);
}

/* The line, and ISR, are for drivers without MSI-X. */
void ci_msix_off(struct ci *c)
{
	ASSERT_EQ(pci_state(c->fd, 0, NULL), 0);
}

/* -------------------------------------------------------------------- host */

int ci_send_within(int fd, uint32_t op, uint32_t ack_ms, uint32_t stop_ms)
{
	struct kvdev_vmmci_cmd v = {
		.size = sizeof(v), .command = op, .ack_timeout_ms = ack_ms,
		.stop_timeout_ms = stop_ms,
	};

	return cmd(fd, KVDEV_VMMCI_CMD, &v);
}

/* With more time than any slow machine takes. */
int ci_send(struct ci *c, uint32_t op)
{
	return ci_send_within(c->fd, op, 30 * WAIT_MS, 30 * WAIT_MS);
}

bool event_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && p.revents == POLLIN;
}

struct kvdev_event event_next(int fd, int ms)
{
	struct kvdev_event e = {};

	if (event_readable(fd, ms))
		EXPECT_EQ(read(fd, &e, sizeof(e)), sizeof(e));
	return e;
}

int ci_new_named(void)
{
	struct kvdev_create k = {
		.size = sizeof(k), .flags = KVDEV_CREATE_NAMED,
		.device_id = KVDEV_DEVICE_VMMCI,
	};
	int fd = dev_open();

	strcpy((char *)k.name, test_name(""));
	ASSERT_EQ(cmd(fd, KVDEV_CREATE, &k), 0);
	return fd;
}
