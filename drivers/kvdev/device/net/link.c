// SPDX-License-Identifier: GPL-2.0
/*
 * Whether there is a link. The VMM says so, or it is there while the interface
 * behind the device is up and has a carrier.
 *
 * Interfaces change under the lock of all of them, which a driver in this
 * kernel may hold while it waits for the device: so what they tell is noted,
 * and taken over by work that never waits for the device.
 */
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/virtio_byteorder.h>
#include <net/net_namespace.h>
#include <uapi/linux/virtio_net.h>

#include "net.h"

/* Devices that follow an interface; the lock covers what they know of it. */
static LIST_HEAD(links);
static DEFINE_SPINLOCK(links_lock);

static bool netdev_has_link(const struct net_device *netdev)
{
	return netif_running(netdev) && netif_carrier_ok(netdev);
}

static bool link_is_up(struct net_link *link)
{
	bool up;

	if (link->forced != KVDEV_NET_LINK_AUTO)
		return link->forced == KVDEV_NET_LINK_UP;
	if (!link->followed)
		return true;
	spin_lock_bh(&links_lock);
	up = link->netdev && netdev_has_link(link->netdev);
	spin_unlock_bh(&links_lock);
	return up;
}

/**
 * net_link_update() - take over the state of the link
 * @net: the device
 */
void net_link_update(struct kvdev_net *net)
{
	struct virtio_net_config *config = kvdev_dev_config(net->dev);
	u16 status = __virtio16_to_cpu(true, config->status);
	u16 old = status;

	WRITE_ONCE(net->link.up, link_is_up(&net->link));
	status &= ~VIRTIO_NET_S_LINK_UP;
	if (net->link.up)
		status |= VIRTIO_NET_S_LINK_UP;
	if (status == old)
		return;
	config->status = __cpu_to_virtio16(true, status);
	kvdev_dev_config_changed(net->dev);
}

static void link_work(struct work_struct *work)
{
	struct net_link *link = container_of(to_delayed_work(work),
					     struct net_link, work);
	struct kvdev_net *net = container_of(link, struct kvdev_net, link);

	/* Who has the mutex may be waiting for us to end. */
	if (!kvdev_dev_trylock(net->dev)) {
		schedule_delayed_work(&link->work, 1);
		return;
	}
	net_link_update(net);
	kvdev_dev_unlock(net->dev);
}

/**
 * net_link_init() - up, and nothing followed
 * @net: new
 */
void net_link_init(struct kvdev_net *net)
{
	struct virtio_net_config *config = kvdev_dev_config(net->dev);

	INIT_LIST_HEAD(&net->link.node);
	INIT_DELAYED_WORK(&net->link.work, link_work);
	/* Nobody else knows the device yet, nor is there one to be told. */
	net->link.up = true;
	config->status = __cpu_to_virtio16(true, VIRTIO_NET_S_LINK_UP);
}

static void unfollow(struct net_link *link)
{
	struct net_device *netdev;

	spin_lock_bh(&links_lock);
	list_del_init(&link->node);
	netdev = link->netdev;
	link->netdev = NULL;
	spin_unlock_bh(&links_lock);
	dev_put(netdev);
	link->followed = false;
	link->name[0] = '\0';
}

/**
 * net_link_follow() - have the link of an interface
 * @net: the device
 * @ifindex: of the interface, in the caller's name space; 0: of none
 *
 * Return: 0, or -EINVAL if there is none, or it is not an Ethernet.
 */
int net_link_follow(struct kvdev_net *net, u32 ifindex)
{
	struct net_link *link = &net->link;
	struct net_device *netdev = NULL;

	if (ifindex > INT_MAX)
		return -EINVAL;
	if (ifindex) {
		netdev = dev_get_by_index(current->nsproxy->net_ns, ifindex);
		if (!netdev)
			return -EINVAL;
		if (netdev->type != ARPHRD_ETHER) {
			dev_put(netdev);
			return -EINVAL;
		}
	}

	unfollow(link);
	if (netdev) {
		link->followed = true;
		spin_lock_bh(&links_lock);
		link->netdev = netdev;
		strscpy(link->name, netdev->name, sizeof(link->name));
		list_add(&link->node, &links);
		spin_unlock_bh(&links_lock);
		/*
		 * It may have begun to go before it was on the list: then
		 * nobody tells. The other side marks it before it looks.
		 */
		smp_mb();
		if (READ_ONCE(netdev->reg_state) != NETREG_REGISTERED) {
			unfollow(link);
			link->followed = true;
		}
	}
	net_link_update(net);
	return 0;
}

/**
 * net_link_force() - the VMM decides
 * @net: the device
 * @link: enum kvdev_net_link
 */
void net_link_force(struct kvdev_net *net, u32 link)
{
	net->link.forced = link;
	net_link_update(net);
}

/**
 * net_link_exit() - undo net_link_init() and net_link_follow()
 * @net: going
 */
void net_link_exit(struct kvdev_net *net)
{
	unfollow(&net->link);
	cancel_delayed_work_sync(&net->link.work);
}

static int link_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *netdev = netdev_notifier_info_to_dev(ptr);
	struct net_link *link, *next;

	switch (event) {
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
	case NETDEV_CHANGENAME:
	case NETDEV_UNREGISTER:
		break;
	default:
		return NOTIFY_DONE;
	}

	spin_lock_bh(&links_lock);
	list_for_each_entry_safe(link, next, &links, node) {
		if (link->netdev != netdev)
			continue;
		strscpy(link->name, netdev->name, sizeof(link->name));
		/* Also said of an interface that moves to another name space */
		if (event == NETDEV_UNREGISTER &&
		    netdev->reg_state != NETREG_REGISTERED) {
			list_del_init(&link->node);
			link->netdev = NULL;
			dev_put(netdev);
		}
		schedule_delayed_work(&link->work, 0);
	}
	spin_unlock_bh(&links_lock);
	return NOTIFY_DONE;
}

static struct notifier_block link_nb = {
	.notifier_call = link_event,
};

/**
 * net_link_register() - listen to interfaces
 *
 * Return: 0 or -errno.
 */
int __init net_link_register(void)
{
	return register_netdevice_notifier(&link_nb);
}

/**
 * net_link_unregister() - undo net_link_register(); there is no device
 */
void net_link_unregister(void)
{
	unregister_netdevice_notifier(&link_nb);
}
