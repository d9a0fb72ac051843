/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VMM control interface, with this process as its VMM and its driver: through
 * the ioctls of the ring level, the registers of virtio-pci, and those of
 * virtio-pci before 1.0, which its guests know.
 */
#ifndef VMMCI_COMMON_H
#define VMMCI_COMMON_H

#include "abi_common.h"

#define F_TIMESYNC	BIT(KVDEV_VMMCI_F_TIMESYNC)
#define F_ACK		BIT(KVDEV_VMMCI_F_ACK)
#define F_SYNCRTC	BIT(KVDEV_VMMCI_F_SYNCRTC)
#define F_ALL		(F_TIMESYNC | F_ACK | F_SYNCRTC)

#define CMD		0
#define SEC		4
#define USEC		12
#define CONFIG_LEN	20

#define SHUTDOWN	KVDEV_VMMCI_SHUTDOWN
#define REBOOT		KVDEV_VMMCI_REBOOT
#define SYNCRTC		KVDEV_VMMCI_SYNCRTC
#define EV(name)	KVDEV_EVENT_VMMCI_##name

enum wire { RING, MODERN, LEGACY, NR_WIRES };
#define for_each_wire(l)	for (l = RING; l < NR_WIRES; l++)

struct ci {
	struct guest *g;
	enum wire wire;
	int fd;
};

uint64_t ci_read(struct ci *c, uint32_t offset, uint32_t len);
int ci_poke(struct ci *c, uint32_t offset, uint32_t len, uint64_t value);
void ci_write(struct ci *c, uint32_t offset, uint32_t len, uint64_t value,
	      bool good);
void ci_answer(struct ci *c, uint32_t op);
void ci_reset(struct ci *c);
void ci_up(struct ci *c);
struct ci *ci_new(enum wire wire, uint64_t refuse);
struct ci *ci_start(enum wire wire, uint64_t refuse);
void ci_free(struct ci *c);
bool ci_interrupted(struct ci *c);
uint32_t ci_isr(struct ci *c);		/* reads and clears; not of RING */
void ci_msix_off(struct ci *c);
void ci_set_line(struct ci *c, int line, int end);
int ci_send_within(int fd, uint32_t op, uint32_t ack_ms, uint32_t stop_ms);
int ci_send(struct ci *c, uint32_t op);
bool event_readable(int fd, int ms);
struct kvdev_event event_next(int fd, int ms);
int ci_new_named(void);

#define EXPECT_EVENT(c, _type, _value)					\
	({								\
		struct kvdev_event e = event_next((c)->fd, WAIT_MS);	\
									\
		EXPECT_EQ(e.size, sizeof(e));				\
		EXPECT_EQ(e.type, _type);				\
		EXPECT_EQ(e.value, _value);				\
		e;							\
	})
#define EXPECT_NO_EVENT(c)	EXPECT_TRUE(!event_readable((c)->fd, 0))

#endif /* VMMCI_COMMON_H */
