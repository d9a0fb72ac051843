/* SPDX-License-Identifier: GPL-2.0 */
/* A device that is kept busy, and threads that do so until they are stopped. */
#ifndef LOAD_H
#define LOAD_H

#include "kvdev_user.h"
#include "kvtest.h"

#define W		VRING_DESC_F_WRITE
#define HAMMER_MS	3000

extern volatile bool stop;

uint64_t next(uint64_t *x);			/* a random number */
struct guest *busy_guest(bool pci, int backend);
void start_reads(struct guest *g);
void *drive(void *data);			/* a thread, for the guest */
void run_threads(void *(*fn[])(void *), int nr, void *arg, int ms);
/* Two threads with fn besides the one that keeps it busy. */
void hammer(struct guest *g, void *(*fn)(void *));

/* A child that has I/O in flight, and how it ends after a while. */
enum end { END_SIGKILL, END_SIGSEGV, END_EXIT, END_CLOSE };
void end_under_load(struct guest *(*start)(const void *arg), const void *arg,
		    enum end end, int usec);
void expect_usable(struct guest *g);

#endif /* LOAD_H */
