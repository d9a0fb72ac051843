/* SPDX-License-Identifier: GPL-2.0 */
/* The one place of the version; packaging is checked against it. */
#define KVDEV_VERSION "0.1.0"
