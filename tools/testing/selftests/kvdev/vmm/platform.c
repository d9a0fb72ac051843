// SPDX-License-Identifier: GPL-2.0
/*
 * The few ports of the machine itself.
 *
 * Besides the ways a PC is switched off and reset there is one by which a guest
 * returns a status: a byte v written to port EXIT_PORT or to the address
 * EXIT_MMIO ends the VM, and v is the exit status of the VMM. The latter is for
 * scripts in guests without /dev/port: busybox devmem 0xfef00000 8 5
 */
#include "vmm.h"

#define EXIT_PORT	0xf4

#define PM1_ENABLE	2		/* offset; status is before it */
#define PM1_SCI_EN	0x0001
#define PM1_SLP_EN	0x2000

static void exit_access(void *opaque, u64 offset, unsigned int len, bool write,
			u64 *value)
{
	(void)opaque;
	(void)offset;
	(void)len;
	if (write)
		vmm_stop(*value & 0xff, "status from the guest");
}

/* Only the reset line of the keyboard controller; it reads as absent. */
static void kbd_access(void *opaque, u64 offset, unsigned int len, bool write,
		       u64 *value)
{
	(void)opaque;
	(void)offset;
	(void)len;
	if (write && (*value & 0xff) == KBD_CTRL_RESET)
		vmm_stop(0, "reset by the keyboard controller");
}

/* No event ever happens, but what is enabled can be read back. */
static void pm1_event_access(void *opaque, u64 offset, unsigned int len,
			     bool write, u64 *value)
{
	static _Atomic u16 enable;

	(void)opaque;
	(void)len;
	if (!write)
		*value = offset == PM1_ENABLE ? enable : 0;
	else if (offset == PM1_ENABLE)
		enable = *value;
}

/* S5 is the only sleep state. */
static void pm1_ctrl_access(void *opaque, u64 offset, unsigned int len,
			    bool write, u64 *value)
{
	(void)opaque;
	(void)offset;
	(void)len;
	if (!write)
		*value = PM1_SCI_EN;
	else if (*value & PM1_SLP_EN)
		vmm_stop(0, "power off");
}

void platform_init(void)
{
	bus_add_pio(EXIT_PORT, 1, exit_access, NULL);
	bus_add_mmio(EXIT_MMIO, 8, exit_access, NULL);
	bus_add_pio(KBD_CTRL_PORT, 1, kbd_access, NULL);
	bus_add_pio(PM1A_EVENT_PORT, 4, pm1_event_access, NULL);
	bus_add_pio(PM1A_CTRL_PORT, 2, pm1_ctrl_access, NULL);
}
