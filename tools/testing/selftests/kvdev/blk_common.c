// SPDX-License-Identifier: GPL-2.0
/* See blk_common.h. */
#include "blk_common.h"

struct guest *file_guest(bool pci, uint64_t refuse)
{
	struct guest_options o = {
		.pci = pci,
		.refuse = refuse,
		.backend = temp_file(4 * MIB, 0),
		.serial = "kvdev-selftest-01234",
	};
	struct guest *g = guest_new(&o);

	guest_start(g);
	return g;
}

bool chance(unsigned int one_in)
{
	return !(random() % one_in);
}
