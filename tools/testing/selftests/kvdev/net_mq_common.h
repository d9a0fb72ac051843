/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of several pairs of queues share: the device, flows of packets, and
 * which queue each comes in on.
 */
#ifndef NET_MQ_COMMON_H
#define NET_MQ_COMMON_H

#include "net_common.h"

#define PAIRS		NET_PAIRS
#define BUF		2048
#define REPORT_HDR	20		/* with hashes */
#define KEY_LEN		40
#define FLOWS		64

extern struct net n;
extern unsigned int ctrlq, hdr_len;	/* of the driver that runs */
extern bool ring_level;			/* start() without registers */
extern const uint8_t key[KEY_LEN];

/* What RSS_CONFIG says; a table of @entries. */
struct rss {
	uint32_t types;
	uint16_t entries;
	uint16_t unclassified;
	uint16_t table[256];
	uint16_t max_tx;
	uint8_t key_len;
};

#define T(_t)	VIRTIO_NET_RSS_HASH_TYPE_##_t
#define ALL_TYPES							\
	(T(IPv4) | T(TCPv4) | T(UDPv4) | T(IPv6) | T(TCPv6) | T(UDPv6))

struct flow {
	bool v6;
	uint8_t proto;
	uint8_t src[16], dst[16];	/* of IPv4 the first four */
	uint16_t sport, dport;
};

struct received {
	unsigned int pair;
	uint64_t seq;
	uint32_t hash;
	uint16_t report;
	uint8_t head[ETH_HLEN + 40];
};

void start(uint8_t hash, uint64_t refuse);
int command(uint8_t cmd, const void *data, uint32_t len);
int set_pairs(uint16_t pairs);
uint32_t rss_bytes(uint8_t *p, const struct rss *r);
int set_rss(const struct rss *r);
struct rss usual_rss(void);
struct flow flow_nr(unsigned int i);
uint32_t flow_packet(uint8_t *p, const struct flow *f, uint64_t seq);
uint32_t toeplitz(const uint8_t *in, uint32_t len);
uint32_t flow_hash(const struct flow *f, uint32_t types, uint16_t *report);
unsigned int flow_pair(const struct flow *f, const struct rss *r);
void send_flow(const struct flow *f, uint64_t seq);
void post(unsigned int pair, unsigned int count);
void post_all(unsigned int count);
struct received receive(void);
unsigned int arrives(const struct flow *f);
void only_tap(unsigned int tap);
void all_taps(void);
uint64_t dropped(size_t offset);
#define DROPPED(_f)	dropped(offsetof(struct kvdev_net_get_stats, drop_##_f))

#endif /* NET_MQ_COMMON_H */
