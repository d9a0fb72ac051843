/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kvdev device wired to a guest that is this process: its memory is a memfd,
 * its driver are the vq_ functions. Calls return what the kernel said, 0 or
 * -errno; what cannot be set up ends the test.
 */
#ifndef KVDEV_USER_H
#define KVDEV_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include <linux/kvdev_transport.h>
#include <linux/kvdev_vmmci.h>
#include <linux/vhost.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

/* What older headers lack */
#include "../../../../drivers/kvdev/compat/vhost.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1ULL << (n))

#define DEV_PATH	"/dev/kvdev"
/* No address of a process: a missing translation shows. */
#define GUEST_GPA	(1ULL << 50)
#define GUEST_MEM	(16UL << 20)
#define WAIT_MS		120000		/* long enough for any slow machine */
#define NO_USED_MS	200		/* that nothing happens */

#define F_VERSION_1	BIT(VIRTIO_F_VERSION_1)
#define F_INDIRECT	BIT(VIRTIO_RING_F_INDIRECT_DESC)
#define F_EVENT_IDX	BIT(VIRTIO_RING_F_EVENT_IDX)
#define F_RING_PACKED	BIT(VIRTIO_F_RING_PACKED)
#define PACKED_BASE	0x80008000U	/* of a new ring */
#define S_DRIVER	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define S_FEATURES_OK	(S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define S_DRIVER_OK	(S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

struct vq {
	struct guest *g;
	unsigned int index;
	unsigned int num;
	void *area[3];			/* descriptor, driver, device area */
	/*
	 * Descriptors linked by next. In a packed ring they are not the
	 * device's: vq_expose() lays a chain out there.
	 */
	struct vring_desc *desc;
	struct vring_avail *avail;	/* split only */
	struct vring_used *used;	/* split only */
	uint16_t avail_idx;		/* next to write */
	uint16_t last_used;		/* next to read */
	uint16_t kicked;		/* avail_idx when last kicked */
	/* Packed only; places, plus num while the wrap counter is 0 */
	bool packed;
	struct vring_packed_desc *ring;
	uint16_t avail_pos, used_pos, looked_pos;
	uint16_t *nr_desc;		/* by id */
	uint16_t nr_free;
	uint16_t *free;			/* stack of free descriptors */
	int kick, call, err;		/* eventfds */
	bool event_idx;
};

/* How guest_new() is to make it; 0 is the usual. */
struct guest_options {
	uint32_t device_id;		/* 0: block */
	uint32_t nr_queues;
	uint32_t queue_size;
	bool pci;			/* register level */
	size_t mem;
	int backend;			/* descriptor; < 1: none */
	uint32_t backend_flags;
	uint32_t block_size;
	const char *serial;
	uint64_t refuse;		/* features not to accept */
	uint64_t accept_hi;		/* of those above 63, to accept */
	uint32_t num;			/* ring size; 0: the largest */
	bool packed;			/* packed rings, if they are offered */
	int vhost;			/* a file of the bus, instead of ours */
};

struct guest {
	struct guest_options o;
	int fd;
	int stats_fd;			/* another one, if @fd is the bus' */
	int memfd;
	int config_fd;			/* configuration change eventfd */
	uint8_t *mem;
	size_t brk;
	uint64_t features, features_hi;	/* accepted */
	struct kvdev_bind_transport bar;
	unsigned int nr_vqs;
	struct vq vq[KVDEV_MAX_QUEUES];
};

/* A piece of a chain: driver address, length, VRING_DESC_F_WRITE. */
struct seg {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
};

/* What a test cannot do without: the end if it is below 0. */
void must(int ret, const char *what);
#define MUST(call)	must(call, #call)

/* System calls as functions that return -errno */
int dev_open(void);
int cmd(int fd, unsigned long nr, void *arg);
int cmd_u64(int fd, unsigned long nr, uint64_t value);
/* VHOST_GET_FEATURES_ARRAY and _SET_ with two words */
int vhost_features(int fd, unsigned long nr, uint64_t *low, uint64_t *high);
int set_status(int fd, uint8_t status);
int get_status(int fd);
int set_mem(int fd, const struct vhost_memory_region *regions, uint32_t nr);
int vring_file(int fd, unsigned long nr, unsigned int index, int file);
int vring_state(int fd, unsigned long nr, unsigned int index, unsigned int num);
int iotlb(int fd, int form, uint8_t type, uint64_t iova, uint64_t size,
	  const void *p, uint8_t perm);
int vring_addr(int fd, unsigned int index, const void *desc, const void *avail,
	       const void *used);
int create(int fd, uint32_t device_id, uint32_t nr_queues, uint32_t queue_size);
int set_backend(int fd, int file, uint32_t flags, uint32_t block_size);
int set_vector(int fd, uint32_t vector, int file);
int pci_state(int fd, uint32_t state, struct kvdev_pci_state *out);
int reg_access(int fd, bool write, uint32_t offset, uint32_t len,
	       uint64_t *value);

bool split_rings(void);		/* of all tests of this program */

/* A whole device */
struct guest *guest_new(const struct guest_options *o);
int guest_negotiate(struct guest *g);		/* to FEATURES_OK */
int guest_setup_vq(struct guest *g, unsigned int index);
int guest_driver_ok(struct guest *g);
void guest_start(struct guest *g);		/* all of these, or the end */
void guest_reset(struct guest *g);		/* as a driver does */
void guest_free(struct guest *g);
int guest_status(struct guest *g);
void guest_wait_status(struct guest *g, int status);	/* or the end */
struct kvdev_get_stats guest_stats(struct guest *g, unsigned int queue);
/* When it has decided of so many used entries whether to interrupt for them. */
struct kvdev_get_stats guest_stats_told(struct guest *g, unsigned int queue,
					uint64_t nr);
uint64_t reg_read(struct guest *g, uint32_t offset, uint32_t len);
void reg_write(struct guest *g, uint32_t offset, uint32_t len, uint64_t value);
uint64_t guest_alloc(struct guest *g, size_t size, size_t align);
void *guest_ptr(struct guest *g, uint64_t addr);
uint64_t guest_addr(struct guest *g, const void *ptr);

/* Its driver, vq_user.c */
void vq_layout(struct vq *vq);			/* an empty ring */
void vq_free(struct vq *vq);
uint16_t vq_used_idx(struct vq *vq);		/* used so far, taken or not */
void vq_interrupts(struct vq *vq, bool on);	/* without EVENT_IDX */
/* With it: when entry @idx is used, after chains of @each descriptors. */
void vq_interrupt_at(struct vq *vq, uint16_t idx, unsigned int each);
int vq_add(struct vq *vq, const struct seg *segs, unsigned int nr);
int vq_add_indirect(struct vq *vq, uint64_t table, const struct seg *segs,
		    unsigned int nr);
void vq_table(struct vq *vq, struct vring_desc *desc, unsigned int nr);
void vq_expose(struct vq *vq, uint16_t head);	/* a chain made by hand */
bool vq_kick(struct vq *vq);			/* if the device wants it */
void vq_kick_always(struct vq *vq);
bool vq_get(struct vq *vq, struct vring_used_elem *elem);
int vq_wait(struct vq *vq, struct vring_used_elem *elem, int ms);
void vq_free_chain(struct vq *vq, uint16_t head);
int vq_submit(struct vq *vq, const struct seg *segs, unsigned int nr,
	      uint32_t *used_len);

/*
 * The workers, threads of this process. A worker looks at its ring once more
 * after it has given the last chain back; and after a start. What a test puts
 * there without a kick, it can do when they rest.
 */
long workers_rest(void);	/* until all sleep; how often they have */
/* The thread of the first queue; false: there is none. */
bool first_worker(char *tid, size_t size);
/* There are so many; those that end do it a little later. */
bool workers_become(unsigned int nr);

/* Block requests; the status the device gave, or -errno */
uint64_t blk_header(struct guest *g, uint32_t type, uint64_t sector);
int blk_request(struct guest *g, unsigned int queue, uint32_t type,
		uint64_t sector, uint64_t data, uint32_t len,
		uint32_t *used_len);
void blk_works(struct guest *g);	/* writes and reads a sector, or the end */

/* Stores */
int temp_file(size_t size, int flags);		/* without a name */
int temp_direct(size_t size);			/* O_DIRECT, or -1 */
void fill(void *p, size_t size, uint64_t seed);
bool filled(const void *p, size_t size, uint64_t seed);
bool all_bytes(const void *p, size_t size, uint8_t byte);
struct nullb {
	char name[32];
	char path[48];
};
bool have_null_blk(void);
bool nullb_new(struct nullb *n, unsigned int mib, unsigned long delay_ns);
bool nullb_new_blocks(struct nullb *n, unsigned int mib, unsigned long delay_ns,
		      unsigned int block_size);
bool nullb_set(const struct nullb *n, const char *attr, const char *value);
bool nullb_new_volatile(struct nullb *n, unsigned int mib);
bool nullb_crash(struct nullb *n);
void nullb_free(struct nullb *n);

/* Eventfds */
int event_new(void);
bool event_wait(int fd, int ms);		/* and take the count */
uint64_t event_take(int fd);			/* 0: none */
uint64_t now_ms(void);

#endif /* KVDEV_USER_H */
