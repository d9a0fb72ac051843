/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Users of named devices: functions that are run as somebody, on devices that
 * have a name for each test. The device node is for everybody, in a mount
 * namespace of the test.
 */
#ifndef AUTHORITY_COMMON_H
#define AUTHORITY_COMMON_H

#include <linux/kvdev_net.h>
#include <linux/kvdev_vmmci.h>
#include <linux/kvdev_scsi.h>

#include "kvdev_user.h"
#include "kvtest.h"

#define GROUP	4242

struct who {
	uid_t uid;
	gid_t gid;
	gid_t group;			/* one more, if not 0 */
	int cap;			/* one that he keeps, if not 0 */
};

/* root; owns a device; of the group, of it besides his own; of nothing */
extern const struct who root, owner, member, member2, stranger;

void become(const struct who *who);
/* In a process of his own, until it ends; what it skips the test skips. */
void as(const struct who *who, void (*fn)(void));
/* With *@file sent to him. */
void as_receiver(const struct who *who, int *file, void (*fn)(void));
/* Up to where it says go_on(), and the rest. */
struct child {
	pid_t pid;
	int ready, go;
};
struct child as_begin(const struct who *who, void (*fn)(void));
void as_end(struct child *c);
void go_on(void);
/* In a new pid namespace, as its first process. */
void in_pid_namespace(void (*fn)(void));
/* A user namespace in which the caller is root. */
void become_root_of_namespace(void);
void write_text(const char *path, const char *text);

/* System calls as functions that return -errno, or end the test */
int node(int flags);			/* a file of /dev/kvdev */
extern const char *first_name;		/* number 0 has this one */
const char *name_of(unsigned int i);
int name_cmd(int fd, unsigned long nr, const char *name);
int create_on(int fd, unsigned int i, uint32_t device_id, uint32_t flags,
	      uint32_t uid, uint32_t gid, uint32_t mode);
int try_create(unsigned int i, uint32_t device_id, uint32_t flags,
	       uint32_t uid, uint32_t gid, uint32_t mode);
void new_device(unsigned int i, uint32_t device_id, int store);
int open_as(unsigned int i, int flags);
int must_open(unsigned int i, int flags);
int delete_device(unsigned int i);
int delete_soon(unsigned int i);	/* a process that used it has ended */
int set_permissions(unsigned int i, uint32_t flags, uint32_t uid, uint32_t gid,
		    uint32_t mode);
int set_owner(unsigned int i, uint32_t uid);
int set_group(unsigned int i, uint32_t gid);
int set_mode(unsigned int i, uint32_t mode);
bool find(const char *name, struct kvdev_next *n);
struct kvdev_next look(unsigned int i);

/* A guest with a disk on this file, which is taken over. */
struct guest *guest_on(int fd);

#endif /* AUTHORITY_COMMON_H */
