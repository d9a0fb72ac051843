// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that accesses the registers at random, through the windows of any
 * transport, with a device that does no more than follow status writes. After
 * each access, what must hold in any state is checked.
 *
 * Input: transport, queues, vectors, bytes of configuration, layout and its
 * numbers; then accesses: where and how, offset, value.
 */
#include "fuzz.h"
#include <linux/virtio_pci.h>
#include "../../../drivers/kvdev/transport/regs.h"

#define QUEUES_MAX	8
#define CONFIG_MAX	64
#define RING_RESET	(1ULL << VIRTIO_F_RING_RESET)
#define KNOWN_ACTS	(KVDEV_ACT_STATUS | KVDEV_ACT_ENABLE | \
			 KVDEV_ACT_NOTIFY | KVDEV_ACT_ISR | KVDEV_ACT_CONFIG | \
			 KVDEV_ACT_VECTOR | KVDEV_ACT_IGNORED | \
			 KVDEV_ACT_DISABLE | KVDEV_ACT_ISR_PEEK | \
			 KVDEV_ACT_ISR_ACK | KVDEV_ACT_CONFIG_READ | \
			 KVDEV_ACT_QUEUE_RESET)

enum kind { MODERN, LEGACY, TRANSITIONAL, MMIO, MMIO_LEGACY, PCI_CFG, KINDS };

struct device {
	enum kind kind;
	struct kvdev_pci_cfg cfg;
	struct kvdev_regs regs;
	struct kvdev_queue_regs queues[QUEUES_MAX];
	u8 config[CONFIG_MAX];
};

static bool apart(u64 start, u64 len, u64 other, u64 other_len)
{
	return !len || !other_len || start + len <= other ||
	       other + other_len <= start;
}

/*
 * Is a layout as the specification wants it, with so long a common
 * configuration? In 64 bits nothing wraps.
 */
static bool ref_layout(const struct kvdev_pci_layout *l,
		       const struct kvdev_regs *regs, u32 common_len)
{
	u64 m = l->notify_multiplier;
	u64 notify_len = m * (regs->nr_queues ? regs->nr_queues - 1 : 0) + 4;
	u64 size = l->size, config = regs->config_len;

	if (size < 16 || (size & (size - 1)) || m == 1 || (m & (m - 1)))
		return false;
	if (l->common % 4 || l->notify % 2 || l->device % 4)
		return false;
	return (u64)l->common + common_len <= size && l->notify + notify_len <= size &&
	       l->isr + 1ULL <= size && l->device + config <= size &&
	       apart(l->common, common_len, l->notify, notify_len) &&
	       apart(l->common, common_len, l->isr, 1) &&
	       apart(l->common, common_len, l->device, config) &&
	       apart(l->notify, notify_len, l->isr, 1) &&
	       apart(l->notify, notify_len, l->device, config) &&
	       apart(l->isr, 1, l->device, config);
}

static void check_state(const struct device *d)
{
	const struct kvdev_regs *regs = &d->regs;
	u32 i;

	CHECK(!(regs->driver_features & ~(regs->device_features |
					  kvdev_legacy_offered(regs))));
	CHECK(!(regs->driver_features_hi & ~regs->device_features_hi));
	CHECK(!regs->page_size || !(regs->page_size & (regs->page_size - 1)));
	CHECK(regs->config_vector < regs->nr_vectors ||
	      regs->config_vector == KVDEV_NO_VECTOR);
	for (i = 0; i < regs->nr_queues; i++) {
		const struct kvdev_queue_regs *q = &d->queues[i];

		CHECK(q->vector < regs->nr_vectors ||
		      q->vector == KVDEV_NO_VECTOR);
		CHECK(q->cfg.num && q->cfg.num <= q->cfg.num_max);
		/* Any size will do for a packed ring. */
		CHECK(regs->device_features & BIT_ULL(VIRTIO_F_RING_PACKED) ||
		      !(q->cfg.num & (q->cfg.num - 1)));
		CHECK(!q->cfg.avail_base && !q->cfg.used_base);
		CHECK(q->align && !(q->align & (q->align - 1)));
		CHECK(!q->pfn || q->enabled);
		CHECK(!q->resetting || !q->enabled);
	}
}

/* What no access changes, whatever it is. */
static void check_kept(const struct device *old, const struct device *new,
		       const struct kvdev_reg_access *acc, u32 act)
{
	u32 i;

	CHECK(new->regs.status == old->regs.status);
	CHECK(new->regs.generation == old->regs.generation);
	CHECK(new->regs.device_features == old->regs.device_features);
	CHECK(new->regs.device_features_hi == old->regs.device_features_hi);
	CHECK(new->regs.nr_queues == old->regs.nr_queues);
	CHECK(new->regs.nr_vectors == old->regs.nr_vectors);
	CHECK(new->regs.msix == old->regs.msix);
	if (old->regs.status)
		CHECK(new->regs.legacy == old->regs.legacy);
	CHECK(!memcmp(new->config, old->config, sizeof(new->config)));
	if (old->regs.status & VIRTIO_CONFIG_S_FEATURES_OK) {
		CHECK(new->regs.driver_features == old->regs.driver_features);
		CHECK(new->regs.driver_features_hi ==
		      old->regs.driver_features_hi);
	}
	for (i = 0; i < QUEUES_MAX; i++) {
		const struct kvdev_queue_regs *o = &old->queues[i];
		const struct kvdev_queue_regs *n = &new->queues[i];

		CHECK(n->cfg.num_max == o->cfg.num_max);
		/* Whoever asks for it, a reset is the device's to end */
		CHECK(n->resetting == (o->resetting ||
				       (act == KVDEV_ACT_QUEUE_RESET &&
					acc->queue == i)));
		if (o->enabled || o->resetting)
			CHECK(!memcmp(&n->cfg, &o->cfg, sizeof(n->cfg)));
		if (!o->enabled)
			continue;
		if (act & (KVDEV_ACT_DISABLE | KVDEV_ACT_QUEUE_RESET) &&
		    acc->queue == i)
			CHECK(!n->enabled);
		else
			CHECK(n->enabled);
	}
}

static void check_acts(const struct device *old, const struct device *new,
		       const struct kvdev_reg_access *acc, u32 act)
{
	bool changed = memcmp(old, new, sizeof(*old));

	CHECK(!(act & ~KNOWN_ACTS) && !(act & (act - 1)));
	CHECK(acc->field && *acc->field);
	CHECK(acc->queue < new->regs.nr_queues ||
	      acc->queue == KVDEV_CONFIG_QUEUE);
	if (acc->len < 8)
		CHECK(!(acc->value >> (8 * acc->len)) ||
		      (act == KVDEV_ACT_IGNORED && acc->write));

	if (!acc->write) {
		CHECK(!changed);
		CHECK(!(act & ~(KVDEV_ACT_ISR | KVDEV_ACT_ISR_PEEK |
				KVDEV_ACT_IGNORED | KVDEV_ACT_CONFIG_READ)));
		CHECK(!act || act == KVDEV_ACT_CONFIG_READ || !acc->value);
	}
	switch (act) {
	case KVDEV_ACT_IGNORED:
	case KVDEV_ACT_ISR:
	case KVDEV_ACT_ISR_PEEK:
	case KVDEV_ACT_ISR_ACK:
		CHECK(!changed);
		break;
	case KVDEV_ACT_STATUS:
		CHECK(!changed && acc->value <= 0xff);
		CHECK(acc->len == (new->kind == MMIO ||
				   new->kind == MMIO_LEGACY ? 4 : 1));
		break;
	case KVDEV_ACT_DISABLE:
		CHECK(old->queues[acc->queue].enabled);
		CHECK(new->kind != MODERN && new->kind != PCI_CFG);
		break;
	case KVDEV_ACT_QUEUE_RESET:
		CHECK(old->queues[acc->queue].enabled);
		CHECK(new->kind != LEGACY && new->kind != MMIO_LEGACY);
		CHECK(new->regs.driver_features & RING_RESET);
		CHECK(acc->write && acc->value == 1);
		break;
	case KVDEV_ACT_NOTIFY:
		CHECK(!changed && acc->queue != KVDEV_CONFIG_QUEUE);
		break;
	case KVDEV_ACT_CONFIG:
	case KVDEV_ACT_CONFIG_READ:
		CHECK(!changed && acc->write == (act == KVDEV_ACT_CONFIG));
		CHECK(acc->config_offset <= new->regs.config_len &&
		      acc->len <= new->regs.config_len - acc->config_offset);
		break;
	case KVDEV_ACT_ENABLE:
		CHECK(!old->queues[acc->queue].enabled);
		CHECK(!old->queues[acc->queue].resetting);
		CHECK(new->queues[acc->queue].enabled);
		CHECK(new->regs.legacy ||
		      old->regs.status & VIRTIO_CONFIG_S_FEATURES_OK);
		CHECK(!(old->regs.status & VIRTIO_CONFIG_S_NEEDS_RESET));
		break;
	}
}

/* The device's part: status as written, 0 resets, needs-reset stays. */
static void follow_status(struct device *d, u8 status)
{
	u32 i;

	if (d->regs.legacy)
		status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	if (status) {
		d->regs.status = status |
			(d->regs.status & VIRTIO_CONFIG_S_NEEDS_RESET);
		return;
	}
	d->regs.status = 0;
	kvdev_regs_reset(&d->regs);
	CHECK(!d->regs.driver_features && !d->regs.driver_features_hi);
	CHECK(!d->regs.queue_select);
	CHECK(d->regs.config_vector == KVDEV_NO_VECTOR);
	for (i = 0; i < d->regs.nr_queues; i++) {
		CHECK(!d->queues[i].enabled && !d->queues[i].resetting);
		CHECK(d->queues[i].cfg.num == d->queues[i].cfg.num_max);
		CHECK(d->queues[i].vector == KVDEV_NO_VECTOR);
	}
}

/* The device is done with queues that the driver resets. */
static void end_resets(struct device *d)
{
	u32 i;

	for (i = 0; i < d->regs.nr_queues; i++) {
		struct kvdev_queue_regs *q = &d->queues[i];

		if (!q->resetting)
			continue;
		kvdev_regs_reset_queue(q);
		CHECK(!q->resetting && !q->enabled);
		CHECK(q->cfg.num == q->cfg.num_max && !q->cfg.has_base);
		CHECK(!q->cfg.desc_addr && !q->cfg.driver_addr &&
		      !q->cfg.device_addr);
		CHECK(q->vector == KVDEV_NO_VECTOR);
	}
}

/* One access to a window of registers, and what must hold afterwards. */
static void checked_access(struct device *d,
			   const struct kvdev_pci_layout *layout, bool legacy,
			   struct kvdev_reg_access *acc)
{
	struct device old;
	u32 act;

	memcpy(&old, d, sizeof(old));
	if (d->kind == MMIO || d->kind == MMIO_LEGACY)
		act = kvdev_mmio_access(&d->regs, d->kind == MMIO ? 2 : 1, acc);
	else if (legacy)
		act = kvdev_pci_legacy_access(&d->regs, acc);
	else
		act = kvdev_pci_modern_access(&d->regs, layout, acc);
	/* Neither that the configuration was looked at nor by whom is a change */
	old.regs.config_read = d->regs.config_read;
	if (!old.regs.status)
		old.regs.legacy = d->regs.legacy;
	check_kept(&old, d, acc, act);
	check_acts(&old, d, acc, act);
	check_state(d);
	if (act == KVDEV_ACT_STATUS)
		follow_status(d, acc->value);
	/* What ran into trouble elsewhere */
	if (act == KVDEV_ACT_NOTIFY && (acc->value & 0x80))
		d->regs.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
}

/* The capability that is a window: what it does is what the window does. */
static void window_access(struct device *d,
			  const struct kvdev_pci_layout *layout,
			  struct kvdev_reg_access *acc)
{
	struct kvdev_reg_access inner;
	struct device old;
	u32 act;

	memcpy(&old, d, sizeof(old));
	act = kvdev_pci_cfg_begin(&d->cfg, acc, &inner);
	CHECK(!(act & ~(KVDEV_ACT_IGNORED | KVDEV_ACT_WINDOW)));
	CHECK(!memcmp(&old.regs, &d->regs, sizeof(old.regs)));
	CHECK(!memcmp(old.queues, d->queues, sizeof(old.queues)));
	if (act != KVDEV_ACT_WINDOW)
		return;
	CHECK(d->cfg.bar == d->cfg.window_bar);
	CHECK(inner.len == 1 || inner.len == 2 || inner.len == 4);
	CHECK(inner.write == acc->write && inner.offset == d->cfg.offset);
	checked_access(d, layout, false, &inner);
	kvdev_pci_cfg_end(&d->cfg, acc, &inner);
	if (!acc->write && !(acc->offset % 4) && acc->len >= inner.len)
		CHECK(acc->value == inner.value);
}

static void one_access(struct device *d, const struct kvdev_pci_layout *layout,
		       struct input *in)
{
	u32 bases[] = { layout->common, layout->notify, layout->isr,
			layout->device };
	struct kvdev_reg_access acc = { .queue = 0x1234 };
	u8 how = take(in, 1);
	bool legacy = d->kind == LEGACY ||
		      (d->kind == TRANSITIONAL && how & 0x08);

	if (d->kind == MMIO || d->kind == MMIO_LEGACY) {
		bases[0] = bases[2] = 0;
		bases[1] = 0x100;
		bases[3] = 0x60;
	} else if (legacy || d->kind == PCI_CFG) {
		memset(bases, 0, sizeof(bases));
	}
	if (how & 0x10)
		end_resets(d);
	acc.write = how & 1;
	acc.len = 1U << ((how >> 1) & 3);
	acc.offset = how & 0x20 ? bases[(how >> 3) & 3] + take(in, 1) :
		     how & 0x40 ? take(in, 4) :
				  bases[0] + take(in, 1) % 64;
	/* Wrong widths are rarer */
	if ((how & 0xc0) == 0xc0)
		acc.len = take(in, 1);
	acc.value = take(in, how & 0x80 ? 8 : 1);
	/* The VMM's part: MSI-X is switched on or off */
	if (acc.write && acc.value == 0x5a5a5a5a)
		d->regs.msix = !d->regs.msix && d->regs.nr_vectors;

	if (d->kind == PCI_CFG)
		window_access(d, layout, &acc);
	else
		checked_access(d, layout, legacy, &acc);
}

/* Capabilities of any kind: walked as a driver does. */
static void check_caps(const struct kvdev_pci_layout *layout, struct input *in)
{
	struct kvdev_pci_caps caps = { };
	u32 at, nr = 0, types = 0;

	caps.bar = take(in, 1) % 8;
	caps.first = take(in, 1) * 4 + 0x40;
	caps.next = take(in, 1);
	take_bytes(in, caps.order, take(in, 1) % 9);
	if (kvdev_pci_caps_build(&caps, layout))
		return;
	CHECK(caps.bar < 6 && caps.len <= sizeof(caps.bytes));
	CHECK(!caps.len || caps.first + caps.len <= 0x100);
	for (at = caps.len ? caps.first : caps.next; at != caps.next; nr++) {
		const u8 *cap = caps.bytes + at - caps.first;

		CHECK(at >= caps.first && at - caps.first + 16 <= caps.len);
		CHECK(cap[0] == 9 && cap[3] >= 1 && cap[3] <= 5);
		CHECK(cap[2] == (cap[3] == 2 || cap[3] == 5 ? 20 : 16));
		CHECK(at - caps.first + cap[2] <= caps.len);
		CHECK(!(types & 1U << cap[3]) && nr < 5);
		types |= 1U << cap[3];
		at = cap[1];
	}
}

static bool make_layout(struct kvdev_pci_layout *layout,
			const struct kvdev_regs *regs, struct input *in)
{
	static const struct kvdev_pci_layout known[] = {
		{ .notify = 0x100, .isr = 0x200, .device = 0x300,
		  .size = 0x1000 },
		{ .notify = 0x40, .notify_multiplier = 2, .isr = 0x60,
		  .device = 0x80, .size = 0x1000 },
	};
	u8 how = take(in, 1);
	bool good;

	memset(layout, 0, sizeof(*layout));
	if (how < 128)
		return !kvdev_pci_layout_default(layout, regs);
	if (how < 192) {
		*layout = known[how & 1];
	} else {
		layout->common = take(in, 2) << (how & 3 ? 0 : 16);
		layout->notify = take(in, 2) << (how & 4 ? 0 : 16);
		layout->isr = take(in, 2);
		layout->device = take(in, 2) << (how & 8 ? 0 : 16);
		layout->notify_multiplier = take(in, how & 16 ? 4 : 1);
		layout->size = how & 32 ? take(in, 4) : 1U << (take(in, 1) % 32);
	}
	good = !kvdev_pci_layout_check(layout, regs);
	CHECK(good == ref_layout(layout, regs, 56));
	CHECK(!good || layout->common_len ==
	      (ref_layout(layout, regs, 60) ? 60 : 56));
	return good;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	struct kvdev_pci_layout layout;
	struct device *d = fuzz_alloc(NULL, sizeof(*d));
	u32 i;

	d->kind = take(&in, 1) % KINDS;
	d->cfg.window_bar = 2;
	d->regs.nr_queues = take(&in, 1) % (QUEUES_MAX + 1);
	d->regs.nr_vectors = take(&in, 1) % (QUEUES_MAX + 2);
	d->regs.config_len = take(&in, 1) % (CONFIG_MAX + 1);
	d->regs.queues = d->queues;
	d->regs.config = d->config;
	d->regs.device_features = 0x8000000530000061ULL | RING_RESET;
	d->regs.device_features_hi = 0x800000010000001aULL;
	for (i = 0; i < CONFIG_MAX; i++)
		d->config[i] = i + 1;
	for (i = 0; i < d->regs.nr_queues; i++)
		d->queues[i].cfg.num_max = 1024 >> i;
	kvdev_regs_reset(&d->regs);

	if (make_layout(&layout, &d->regs, &in)) {
		CHECK(ref_layout(&layout, &d->regs, layout.common_len));
		check_caps(&layout, &in);
		while (in.size)
			one_access(d, &layout, &in);
	}
	free(d);
	return 0;
}
