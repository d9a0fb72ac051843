// SPDX-License-Identifier: GPL-2.0
/* Who answers which port or address. */
#include <string.h>

#include "vmm.h"

struct range {
	u64 base;
	u64 len;
	io_fn fn;
	void *opaque;
};

struct table {
	struct range *range;
	unsigned int nr, max;
	const char *what;
};

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct range pio_ranges[16 + PCI_SLOTS];
static struct range mmio_ranges[PCI_SLOTS * PCI_BARS];
static struct table pio = { pio_ranges, 0, ARRAY_SIZE(pio_ranges), "port" };
static struct table mmio = { mmio_ranges, 0, ARRAY_SIZE(mmio_ranges),
			     "memory" };

static void add(struct table *tab, u64 base, u64 len, io_fn fn, void *opaque)
{
	pthread_rwlock_wrlock(&lock);
	if (tab->nr == tab->max)
		die("bus: too many %s ranges", tab->what);
	tab->range[tab->nr++] = (struct range){ base, len, fn, opaque };
	pthread_rwlock_unlock(&lock);
}

void bus_add(bool port, u64 base, u64 len, io_fn fn, void *opaque)
{
	add(port ? &pio : &mmio, base, len, fn, opaque);
}

void bus_add_pio(u16 base, u16 len, io_fn fn, void *opaque)
{
	add(&pio, base, len, fn, opaque);
}

void bus_add_mmio(u64 base, u64 len, io_fn fn, void *opaque)
{
	add(&mmio, base, len, fn, opaque);
}

void bus_del(bool port, u64 base, u64 len, void *opaque)
{
	struct table *tab = port ? &pio : &mmio;
	struct range *r;
	unsigned int i;

	pthread_rwlock_wrlock(&lock);
	for (i = 0; i < tab->nr; i++) {
		r = &tab->range[i];
		if (r->base == base && r->len == len && r->opaque == opaque) {
			*r = tab->range[--tab->nr];
			break;
		}
	}
	pthread_rwlock_unlock(&lock);
}

/* A copy, so that the handler runs without the lock and may remap itself. */
static struct range find(const struct table *tab, u64 addr, unsigned int len)
{
	struct range found = { 0 };
	const struct range *r;

	pthread_rwlock_rdlock(&lock);
	for (r = tab->range; r < tab->range + tab->nr; r++) {
		if (addr >= r->base && addr - r->base < r->len &&
		    len <= r->len - (addr - r->base)) {
			found = *r;
			break;
		}
	}
	pthread_rwlock_unlock(&lock);
	return found;
}

/* x86 is little endian: the lowest bytes of a value are its first bytes. */
static void dispatch(const struct range *r, u64 addr, unsigned int len,
		     bool write, void *data)
{
	u64 value = 0;

	if (write)
		memcpy(&value, data, len);
	else
		value = ~0ULL;		/* as of a bus that nobody drives */
	if (r->fn)
		r->fn(r->opaque, addr - r->base, len, write, &value);
	if (!write)
		memcpy(data, &value, len);
}

void bus_pio(u16 port, unsigned int len, bool write, void *data)
{
	struct range r = find(&pio, port, len);

	dispatch(&r, port, len, write, data);
}

void bus_mmio(u64 addr, unsigned int len, bool write, void *data)
{
	struct range r = find(&mmio, addr, len);

	dispatch(&r, addr, len, write, data);
}
