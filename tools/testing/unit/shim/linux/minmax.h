/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_MINMAX_H
#define SHIM_LINUX_MINMAX_H

#define min(x, y) __extension__ ({ \
	__auto_type _x = (x); \
	__auto_type _y = (y); \
	_x < _y ? _x : _y; })
#define max(x, y) __extension__ ({ \
	__auto_type _x = (x); \
	__auto_type _y = (y); \
	_x > _y ? _x : _y; })
#define min_t(type, x, y) min((type)(x), (type)(y))
#define max_t(type, x, y) max((type)(x), (type)(y))

#endif
