/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices on the vDPA bus, and a process that uses them through vhost_vdpa as
 * VMMs do. What is left of a test that failed goes at the end of the program.
 */
#ifndef VDPA_USER_H
#define VDPA_USER_H

#include "kvdev_user.h"
#include "kvtest.h"

#define W		VRING_DESC_F_WRITE
#define F_ACCESS	BIT(VIRTIO_F_ACCESS_PLATFORM)
#define S_NEEDS_RESET	VIRTIO_CONFIG_S_NEEDS_RESET
#define RW		VHOST_ACCESS_RW

struct vdpa_dev {
	char name[KVDEV_NAME_LEN];
	char path[32];			/* /dev/vhost-vdpa-N */
};

/* A new device on the bus, or the end of the test. */
struct vdpa_dev *vdpa_new(uint32_t device_id, uint32_t nr_queues, int backend);
struct vdpa_dev *vdpa_disk(void);	/* 2 queues, 4 MiB */
int vdpa_tool(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int vdpa_open(const struct vdpa_dev *d);	/* or -errno */
int vdpa_owner(const struct vdpa_dev *d);	/* opened, and owned */
void vdpa_delete(struct vdpa_dev *d);		/* not open any more */
bool vdpa_usable(const struct vdpa_dev *d);	/* for somebody else, alone */

/* A guest on it, as in kvdev_user.h; takes @fd over. */
struct guest *vdpa_guest_on(const struct vdpa_dev *d, int fd,
			    struct guest_options o);
struct guest *vdpa_guest(const struct vdpa_dev *d);	/* one that runs */
struct guest *vdpa_fresh_guest(const struct vdpa_dev *d,
			       struct guest_options o);	/* one that does not */
/* Ends both; what is left of the guest harms nobody. */
void vdpa_done(struct vdpa_dev *d, struct guest *g);

int map(int fd, uint64_t iova, uint64_t size, const void *p);
int unmap(int fd, uint64_t iova, uint64_t size);

#endif /* VDPA_USER_H */
