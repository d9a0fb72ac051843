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

static struct range pio[16];
static unsigned int nr_pio;

static pthread_rwlock_t mmio_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct range mmio[PCI_SLOTS * PCI_BARS];
static unsigned int nr_mmio;

void bus_add_pio(u16 base, u16 len, io_fn fn, void *opaque)
{
	if (nr_pio == ARRAY_SIZE(pio))
		die("bus: too many port ranges");
	pio[nr_pio++] = (struct range){ base, len, fn, opaque };
}

void bus_add_mmio(u64 base, u64 len, io_fn fn, void *opaque)
{
	pthread_rwlock_wrlock(&mmio_lock);
	if (nr_mmio == ARRAY_SIZE(mmio))
		die("bus: too many memory ranges");
	mmio[nr_mmio++] = (struct range){ base, len, fn, opaque };
	pthread_rwlock_unlock(&mmio_lock);
}

void bus_del_mmio(u64 base, u64 len, void *opaque)
{
	unsigned int i;

	pthread_rwlock_wrlock(&mmio_lock);
	for (i = 0; i < nr_mmio; i++) {
		if (mmio[i].base == base && mmio[i].len == len &&
		    mmio[i].opaque == opaque) {
			mmio[i] = mmio[--nr_mmio];
			break;
		}
	}
	pthread_rwlock_unlock(&mmio_lock);
}

/* A copy, so that the handler runs without the lock and may remap itself. */
static struct range find(const struct range *tab, unsigned int nr, u64 addr,
			 unsigned int len)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (addr >= tab[i].base && addr - tab[i].base < tab[i].len &&
		    len <= tab[i].len - (addr - tab[i].base))
			return tab[i];
	return (struct range){ 0 };
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
	struct range r = find(pio, nr_pio, port, len);

	dispatch(&r, port, len, write, data);
}

void bus_mmio(u64 addr, unsigned int len, bool write, void *data)
{
	struct range r;

	pthread_rwlock_rdlock(&mmio_lock);
	r = find(mmio, nr_mmio, addr, len);
	pthread_rwlock_unlock(&mmio_lock);
	dispatch(&r, addr, len, write, data);
}
