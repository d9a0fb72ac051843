// SPDX-License-Identifier: GPL-2.0
/*
 * MSI-X: a capability, and a BAR with the vector table and the pending bits.
 *
 * The device signals one eventfd per vector and knows nothing of masks. While
 * a vector may interrupt, its eventfd is a KVM irqfd, routed to the address
 * and data in the vector's entry. While it may not, the eventfd is nobody's,
 * and an event stays in its counter: this is the pending bit. KVM looks at
 * the counter when the irqfd is assigned again and raises the interrupt then.
 */
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#include <linux/pci_regs.h>

#include "vmm.h"

#define TABLE_OFFSET	0x000
#define PBA_OFFSET	0x800
#define BAR_SIZE	0x1000

#define ENTRY_SIZE	PCI_MSIX_ENTRY_SIZE

enum { ADDR_LO, ADDR_HI, DATA, CTRL };

_Static_assert(KVDEV_MAX_VECTORS * ENTRY_SIZE <= PBA_OFFSET, "PBA_OFFSET");

static bool may_interrupt(const struct msix *msix, const struct msix_vector *v)
{
	const u16 bits = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;

	return (msix->control & bits) == PCI_MSIX_FLAGS_ENABLE &&
	       !(v->entry[CTRL] & PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

/* Makes KVM agree with the entry; @rewritten: its message changed. */
static void update(struct msix *msix, struct msix_vector *v, bool rewritten)
{
	bool live = may_interrupt(msix, v);

	if (live && (!v->live || rewritten))
		vm_msi_route(msix->vm, v->gsi,
			     (u64)v->entry[ADDR_HI] << 32 | v->entry[ADDR_LO],
			     v->entry[DATA]);
	if (live != v->live)
		vm_irqfd(msix->vm, v->fd, -1, v->gsi, live);
	v->live = live;
}

static void config_written(void *opaque)
{
	struct msix *msix = opaque;
	unsigned int i;

	pthread_mutex_lock(&msix->lock);
	memcpy(&msix->control, msix->pci->cfg + msix->cap + PCI_MSIX_FLAGS,
	       sizeof(msix->control));
	for (i = 0; i < msix->nr_vectors; i++)
		update(msix, &msix->vector[i], false);
	pthread_mutex_unlock(&msix->lock);
}

static bool is_pending(const struct msix_vector *v)
{
	struct pollfd p = { .fd = v->fd, .events = POLLIN };

	return !v->live && poll(&p, 1, 0) == 1;
}

static void read_pba(struct msix *msix, unsigned int offset, unsigned int len,
		     u64 *value)
{
	u8 pba[(KVDEV_MAX_VECTORS + 63) / 64 * 8] = { 0 };
	unsigned int i;

	*value = 0;
	if (offset + len > sizeof(pba))
		return;
	for (i = 0; i < msix->nr_vectors; i++)
		if (is_pending(&msix->vector[i]))
			pba[i / 8] |= 1 << i % 8;
	memcpy(value, pba + offset, len);
}

static void access_entry(struct msix *msix, unsigned int offset,
			 unsigned int len, bool write, u64 *value)
{
	struct msix_vector *v = &msix->vector[offset / ENTRY_SIZE];
	u8 *field = (u8 *)v->entry + offset % ENTRY_SIZE;

	if (!write) {
		*value = 0;
		memcpy(value, field, len);
		return;
	}
	memcpy(field, value, len);
	v->entry[CTRL] &= PCI_MSIX_ENTRY_CTRL_MASKBIT;
	update(msix, v, offset % ENTRY_SIZE < PCI_MSIX_ENTRY_VECTOR_CTRL);
}

static void msix_access(void *opaque, u64 offset, unsigned int len, bool write,
			u64 *value)
{
	struct msix *msix = opaque;

	if (!write)
		*value = 0;
	if ((len != 4 && len != 8) || offset % len)
		return;			/* undefined by PCI */
	pthread_mutex_lock(&msix->lock);
	if (offset < TABLE_OFFSET + msix->nr_vectors * ENTRY_SIZE)
		access_entry(msix, offset - TABLE_OFFSET, len, write, value);
	else if (offset >= PBA_OFFSET && !write)
		read_pba(msix, offset - PBA_OFFSET, len, value);
	pthread_mutex_unlock(&msix->lock);
}

bool msix_enabled(const struct msix *msix)
{
	return msix->control & PCI_MSIX_FLAGS_ENABLE;
}

void msix_init(struct msix *msix, struct vm *vm, struct pci_dev *pci,
	       unsigned int bar, unsigned int nr_vectors)
{
	const struct {
		u8 id, next;
		u16 control;
		u32 table, pba;
	} cap = {
		.id = PCI_CAP_ID_MSIX,
		.control = nr_vectors - 1,
		.table = TABLE_OFFSET | bar,
		.pba = PBA_OFFSET | bar,
	};
	const u16 writable = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
	unsigned int i;

	msix->vm = vm;
	msix->pci = pci;
	msix->nr_vectors = nr_vectors;
	pthread_mutex_init(&msix->lock, NULL);
	for (i = 0; i < nr_vectors; i++) {
		struct msix_vector *v = &msix->vector[i];

		v->entry[CTRL] = PCI_MSIX_ENTRY_CTRL_MASKBIT;
		v->gsi = vm_alloc_gsi(vm);
		v->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (v->fd < 0)
			die_errno("%s: eventfd", pci->name);
	}
	msix->cap = pci_add_cap(pci, &cap, sizeof(cap));
	memcpy(pci->wmask + msix->cap + PCI_MSIX_FLAGS, &writable,
	       sizeof(writable));
	pci_add_hook(pci, &(struct pci_hook){
		.written = config_written, .opaque = msix });
	pci_add_bar(pci, bar, false, BAR_SIZE, msix_access, msix, NULL);
}
