// SPDX-License-Identifier: GPL-2.0
/* See abi_common.h. */
#include <sys/mman.h>

#include "abi_common.h"

/* One for each process; a left-over one is taken away by its next user. */
const char *test_name(const char *what)
{
	static char name[KVDEV_NAME_LEN];

	snprintf(name, sizeof(name), "selftest-%d%s", getpid(), what);
	return name;
}

int name_cmd(int fd, unsigned long nr, const char *name)
{
	struct kvdev_name n = { .size = sizeof(n) };

	memcpy(n.name, name, strnlen(name, sizeof(n.name)));
	return cmd(fd, nr, &n);
}

int create_named(int fd, const char *name)
{
	struct kvdev_create c = {
		.size = sizeof(c),
		.flags = KVDEV_CREATE_NAMED,
		.device_id = VIRTIO_ID_BLOCK,
	};

	memcpy(c.name, name, strnlen(name, sizeof(c.name)));
	return cmd(fd, KVDEV_CREATE, &c);
}

void delete_named(void)
{
	int fd = dev_open();

	name_cmd(fd, KVDEV_DELETE, test_name(""));
	close(fd);
}

void bind_default(int fd, uint32_t nr_vectors)
{
	struct kvdev_bind_transport b = {
		.size = sizeof(b),
		.type = KVDEV_TRANSPORT_PCI_MODERN,
		.nr_vectors = nr_vectors,
	};

	ASSERT_EQ(cmd(fd, KVDEV_BIND_TRANSPORT, &b), 0);
}

int open_at(enum level level)
{
	int fd = dev_open();

	if (level == NAMED) {
		int other = dev_open();

		ASSERT_EQ(create_named(other, test_name("")), 0);
		close(other);
	}
	if (level == VMMCI) {
		ASSERT_EQ(create(fd, KVDEV_DEVICE_VMMCI, 0, 0), 0);
		return fd;
	}
	if (level >= CREATED)
		ASSERT_EQ(create(fd, VIRTIO_ID_BLOCK, 0, 0), 0);
	if (level >= OWNED)
		ASSERT_EQ(cmd(fd, VHOST_SET_OWNER, NULL), 0);
	if (level >= BOUND)
		bind_default(fd, 2);
	return fd;
}

/* Two pages, the second one not accessible. */
uint8_t *cliff(void)
{
	uint8_t *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(mprotect(p + 4096, 4096, PROT_NONE), 0);
	return p + 4096;
}

const struct own own[] = {
#define OWN(_nr, _type, _level) .name = #_nr, .nr = _nr, \
	.size = sizeof(struct _type), .level = _level
#define RESERVED(_type, _field) offsetof(struct _type, _field)
	{ OWN(KVDEV_GET_INFO, kvdev_info, OPENED), .out = true },
	{ OWN(KVDEV_CREATE, kvdev_create, OPENED),
	  .min = offsetof(struct kvdev_create, name),
	  .flags = KVDEV_CREATE_NAMED | KVDEV_PERM_UID | KVDEV_PERM_GID |
		   KVDEV_PERM_MODE,
	  .reserved = { RESERVED(kvdev_create, __reserved),
			RESERVED(kvdev_create, __reserved2) },
	  .good.create = { .device_id = VIRTIO_ID_BLOCK } },
	{ OWN(KVDEV_OPEN, kvdev_name, NAMED) },
	{ OWN(KVDEV_DELETE, kvdev_name, NAMED) },
	{ OWN(KVDEV_NEXT, kvdev_next, NAMED), .out = true,
	  .min = offsetof(struct kvdev_next, uid) },
	{ OWN(KVDEV_SET_PERMISSIONS, kvdev_permissions, NAMED),
	  .flags = KVDEV_PERM_UID | KVDEV_PERM_GID | KVDEV_PERM_MODE,
	  .reserved = { RESERVED(kvdev_permissions, __reserved) } },
	{ OWN(KVDEV_SET_BACKEND, kvdev_set_backend, CREATED),
	  .flags = KVDEV_BACKEND_RDONLY | KVDEV_BACKEND_NO_DISCARD,
	  .reserved = { RESERVED(kvdev_set_backend, __reserved),
			RESERVED(kvdev_set_backend, __reserved2) },
	  .good.set_backend = { .fd = -1, .format = KVDEV_FORMAT_RAW } },
	{ OWN(KVDEV_GET_STATS, kvdev_get_stats, CREATED), .out = true,
	  .min = offsetof(struct kvdev_get_stats, signals_held),
	  .reserved = { RESERVED(kvdev_get_stats, __reserved) } },
	{ OWN(KVDEV_BIND_TRANSPORT, kvdev_bind_transport, CREATED),
	  .out = true,
	  .min = offsetof(struct kvdev_bind_transport, legacy_size),
	  .flags = KVDEV_BIND_BIG_ENDIAN,
	  .reserved = { RESERVED(kvdev_bind_transport, __reserved) },
	  .good.bind_transport = { .type = KVDEV_TRANSPORT_PCI_MODERN } },
	{ OWN(KVDEV_ACCESS, kvdev_access, BOUND), .out = true,
	  .flags = KVDEV_ACCESS_WRITE,
	  .reserved = { RESERVED(kvdev_access, space),
			RESERVED(kvdev_access, __reserved) },
	  .good.access = { .len = 4 } },
	{ OWN(KVDEV_SET_VECTOR, kvdev_set_vector, BOUND),
	  .good.set_vector = { .fd = -1 } },
	{ OWN(KVDEV_SET_LINE, kvdev_set_line, BOUND),
	  .good.set_line = { .fd = -1, .resample_fd = -1 } },
	{ OWN(KVDEV_PCI_STATE, kvdev_pci_state, BOUND), .out = true },
	{ OWN(KVDEV_PCI_CONFIG, kvdev_pci_config, BOUND), .out = true,
	  .good.pci_config = { .first = 64 } },
	{ OWN(KVDEV_GET_DOORBELL, kvdev_get_doorbell, BOUND), .out = true },
	{ OWN(KVDEV_VMMCI_CMD, kvdev_vmmci_cmd, VMMCI),
	  .reserved = { RESERVED(kvdev_vmmci_cmd, __reserved) } },
	{}
};

void good(const struct own *o, union own_arg *arg)
{
	memset(arg, 0, sizeof(*arg));
	memcpy(arg, &o->good, sizeof(o->good));
	arg->size = o->size;
	if (o->nr == KVDEV_OPEN || o->nr == KVDEV_DELETE)
		strcpy((char *)arg->name.name, test_name(""));
	if (o->nr == KVDEV_SET_PERMISSIONS)
		strcpy((char *)arg->permissions.name, test_name(""));
}

/* Arguments that fit any command; good for errors that come before them. */
int call_any(int fd, unsigned long nr)
{
	static union own_arg arg;
	const struct own *o;

	memset(&arg, 0, sizeof(arg));
	for_each_own(o)
		if (o->nr == nr)
			good(o, &arg);
	return cmd(fd, nr, &arg);
}
