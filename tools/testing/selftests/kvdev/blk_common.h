/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of block devices share. */
#ifndef BLK_COMMON_H
#define BLK_COMMON_H

#include "kvdev_user.h"
#include "kvtest.h"

#define MIB		(1UL << 20)
#define CANARY		0x5a
#define W		VRING_DESC_F_WRITE

struct guest *file_guest(bool pci, uint64_t refuse);	/* 4 MiB, started */
bool chance(unsigned int one_in);

#endif /* BLK_COMMON_H */
