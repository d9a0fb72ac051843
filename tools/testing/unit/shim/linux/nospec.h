/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_NOSPEC_H
#define SHIM_LINUX_NOSPEC_H

/* As in the kernel: 0 when out of bounds, so that a missing check shows. */
#define array_index_nospec(index, size) __extension__ ({ \
	__auto_type _i = (index); \
	_i < (size) ? _i : (__typeof__(_i))0; })

#endif
