// SPDX-License-Identifier: GPL-2.0
/*
 * A network of the host and the guest alone, on which the device itself answers
 * the guest's requests for an address: dhcp.c says what, here it gets there.
 *
 * Answers wait in a list of the first receive queue, which takes them before
 * what the tap has. The request does not go to the tap.
 */
#include <linux/inet.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "dhcp.h"
#include "net.h"

/* Answers that wait for the driver; it may ask without ever receiving. */
#define LOCAL_ANSWERS_MAX	8

/* A text that ends, of letters, digits and what else names are made of. */
static bool text_is_good(const u8 *text, size_t size)
{
	size_t i, len = strnlen(text, size);

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len < size && !memchr_inv(text + len, 0, size - len);
}

/**
 * net_local_set() - KVDEV_NET_LOCAL
 * @net: the device; its mutex is held
 * @arg: of the command
 *
 * Return: 0 or -errno.
 */
int net_local_set(struct kvdev_net *net, const struct kvdev_net_local *arg)
{
	struct kvdev_dhcp *dhcp = NULL;

	if (arg->flags)
		return -EOPNOTSUPP;
	if (arg->__reserved || !text_is_good(arg->hostname, sizeof(arg->hostname)) ||
	    !text_is_good(arg->boot_file, sizeof(arg->boot_file)) ||
	    !text_is_good(arg->tftp_server, sizeof(arg->tftp_server)))
		return -EINVAL;
	/* Both of the pair are addresses of hosts. */
	if (arg->addr && (arg->addr >> 24 == 0 ||
			  ipv4_is_multicast(cpu_to_be32(arg->addr)) ||
			  ipv4_is_loopback(cpu_to_be32(arg->addr)) ||
			  ipv4_is_lbcast(cpu_to_be32(arg->addr | 1))))
		return -EINVAL;
	if (kvdev_dev_status(net->dev))
		return -EBUSY;
	if (arg->addr) {
		dhcp = kzalloc(sizeof(*dhcp), GFP_KERNEL_ACCOUNT);
		if (!dhcp)
			return -ENOMEM;
		BUILD_BUG_ON(sizeof(dhcp->hostname) != sizeof(arg->hostname));
		BUILD_BUG_ON(sizeof(dhcp->boot_file) != sizeof(arg->boot_file));
		BUILD_BUG_ON(sizeof(dhcp->tftp_server) !=
			     sizeof(arg->tftp_server));
		dhcp->addr = arg->addr;
		memcpy(dhcp->hostname, arg->hostname, sizeof(dhcp->hostname));
		memcpy(dhcp->boot_file, arg->boot_file,
		       sizeof(dhcp->boot_file));
		memcpy(dhcp->tftp_server, arg->tftp_server,
		       sizeof(dhcp->tftp_server));
	}
	kfree(net->dhcp);
	net->dhcp = dhcp;
	return 0;
}

/* The frame may be a request. Returns whether it was. */
static noinline bool local_answer(struct kvdev_net *net, u64 guest_mac,
				  const u8 *frame, u32 len)
{
	struct kvdev_dhcp dhcp = *net->dhcp;
	struct sk_buff *skb;
	int ret;

	kvdev_net_put_mac(dhcp.guest_mac, guest_mac);
	memcpy(dhcp.host_mac, net->host_mac, ETH_ALEN);
	skb = alloc_skb(KVDEV_DHCP_REPLY_MAX, GFP_KERNEL);
	if (!skb)
		return false;
	ret = kvdev_dhcp_answer(&dhcp, frame, len,
				skb_put(skb, KVDEV_DHCP_REPLY_MAX));
	if (ret <= 0 || skb_queue_len_lockless(&net->answers) >= LOCAL_ANSWERS_MAX) {
		kfree_skb(skb);
		return ret >= 0;
	}
	skb_trim(skb, ret);
	skb_queue_tail(&net->answers, skb);
	kvdev_vq_wake(kvdev_dev_vq(net->dev, KVDEV_NET_RXQ(0)));
	return true;
}

/**
 * net_local_answer() - answer a frame the driver sends, if it is a request
 * @net: the device
 * @state: what the driver configured
 * @frame: all of it, in memory of ours
 * @len: its bytes
 *
 * Context: transmit worker.
 * Return: true if it was answered, or needs no answer, and is not to be sent.
 */
bool net_local_answer(struct kvdev_net *net,
		      const struct kvdev_net_state *state, const u8 *frame,
		      u32 len)
{
	if (likely(!net->dhcp) || !kvdev_dhcp_candidate(frame, len))
		return false;
	return local_answer(net, state->filter.mac, frame, len);
}
