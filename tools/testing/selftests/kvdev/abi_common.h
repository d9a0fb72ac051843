/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the interface share: a file of /dev/kvdev in any state, and
 * a table of the commands that kvdev adds to those of vhost.
 */
#ifndef ABI_COMMON_H
#define ABI_COMMON_H

#include "kvdev_user.h"
#include "kvtest.h"

/* How far a file has come. */
enum level { OPENED, NAMED, CREATED, OWNED, BOUND, VMMCI };

const char *test_name(const char *what);	/* KVDEV_NAME_LEN bytes */
int name_cmd(int fd, unsigned long nr, const char *name);
int create_named(int fd, const char *name);
void delete_named(void);
void bind_default(int fd, uint32_t nr_vectors);
int open_at(enum level level);
uint8_t *cliff(void);

union own_arg {
	uint32_t size;
	struct {
		uint32_t size, flags;
	} head;
	struct kvdev_info info;
	struct kvdev_create create;
	struct kvdev_name name;
	struct kvdev_next next;
	struct kvdev_permissions permissions;
	struct kvdev_set_backend set_backend;
	struct kvdev_get_stats get_stats;
	struct kvdev_bind_transport bind_transport;
	struct kvdev_access access;
	struct kvdev_set_vector set_vector;
	struct kvdev_set_line set_line;
	struct kvdev_pci_state pci_state;
	struct kvdev_pci_config pci_config;
	struct kvdev_get_doorbell get_doorbell;
	uint8_t bytes[8192];
};

#define OWN_MAX_RESERVED 2
struct own {
	const char *name;
	unsigned long nr;
	uint32_t size;
	enum level level;
	bool out;
	uint32_t min;			/* what the first ABI had; 0: size */
	uint32_t flags;			/* known ones */
	size_t reserved[OWN_MAX_RESERVED];
	union {
		struct kvdev_info info;
		struct kvdev_create create;
		struct kvdev_set_backend set_backend;
		struct kvdev_get_stats get_stats;
		struct kvdev_bind_transport bind_transport;
		struct kvdev_access access;
		struct kvdev_set_vector set_vector;
		struct kvdev_set_line set_line;
		struct kvdev_pci_config pci_config;
	} good;
};
extern const struct own own[];	/* the last one has no name */

#define for_each_own(o) for (o = own; o->name; o++)

void good(const struct own *o, union own_arg *arg);
int call_any(int fd, unsigned long nr);

#endif /* ABI_COMMON_H */
