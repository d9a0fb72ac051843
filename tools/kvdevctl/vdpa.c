// SPDX-License-Identifier: GPL-2.0
/*
 * The vDPA bus' generic netlink, as far as it is needed: what
 * "vdpa dev add name NAME mgmtdev kvdev" and "vdpa dev del NAME" say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "kvdevctl.h"

#define MGMTDEV "kvdev"

/* What the kernel said about the last failure. */
static char message[128];

struct request {
	char buf[1024];			/* more than any of ours */
	struct nlmsghdr *nlh;
};

static void request_init(struct request *r, uint16_t type, uint16_t flags,
			 uint8_t cmd, uint8_t version)
{
	struct genlmsghdr *genl;

	memset(r->buf, 0, sizeof(r->buf));
	r->nlh = mnl_nlmsg_put_header(r->buf);
	r->nlh->nlmsg_type = type;
	r->nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	genl = mnl_nlmsg_put_extra_header(r->nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
}

/* ---------------------------------------------------------------- replies */

static int find_message(const struct nlattr *attr, void *data)
{
	(void)data;
	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
	    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
		text_clean(message, sizeof(message), mnl_attr_get_str(attr),
			   sizeof(message));
	return MNL_CB_OK;
}

/* The end of an answer, with words if the kernel has some. */
static int on_error(const struct nlmsghdr *nlh, void *data)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	unsigned int offset = sizeof(*err);

	(void)data;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	if (!err->error)
		return MNL_CB_STOP;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		offset += mnl_nlmsg_get_payload_len(&err->msg);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS &&
	    mnl_nlmsg_get_payload_len(nlh) > offset)
		mnl_attr_parse(nlh, offset, find_message, NULL);
	errno = -err->error;
	return MNL_CB_ERROR;
}

static mnl_cb_t control_cbs[NLMSG_MIN_TYPE] = {
	[NLMSG_ERROR] = on_error,
};

/* Sends a request and takes everything up to the last part of the answer. */
static int transact(struct mnl_socket *nl, struct request *r, mnl_cb_t on_data,
		    void *data)
{
	unsigned int port = mnl_socket_get_portid(nl), seq = time(NULL);
	char buf[8192];
	ssize_t len;
	int ret;

	r->nlh->nlmsg_seq = seq;
	if (mnl_socket_sendto(nl, r->nlh, r->nlh->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0)
			return -errno;
		ret = mnl_cb_run2(buf, len, seq, port, on_data, data,
				  control_cbs, ARRAY_SIZE(control_cbs));
	} while (ret > 0);
	return ret < 0 ? -errno : 0;
}

static int get_family(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
	    !mnl_attr_validate(attr, MNL_TYPE_U16))
		*(uint16_t *)data = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int on_family(const struct nlmsghdr *nlh, void *data)
{
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), get_family, data);
	return MNL_CB_OK;
}

static int find_family(struct mnl_socket *nl, uint16_t *id)
{
	struct request r;
	int ret;

	*id = 0;
	request_init(&r, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(r.nlh, CTRL_ATTR_FAMILY_NAME, VDPA_GENL_NAME);
	ret = transact(nl, &r, on_family, id);
	/* No bus. */
	if (ret == -ENOENT || (!ret && !*id))
		return -EPROTONOSUPPORT;
	return ret;
}

static int open_bus(struct mnl_socket **nl, uint16_t *family)
{
	int ret, one = 1;

	message[0] = '\0';
	*nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!*nl)
		return -errno;
	/* Old kernels have no words; that is all. */
	mnl_socket_setsockopt(*nl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(*nl, NETLINK_CAP_ACK, &one, sizeof(one));
	ret = mnl_socket_bind(*nl, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno :
	      find_family(*nl, family);
	if (ret)
		mnl_socket_close(*nl);
	return ret;
}

/* ---------------------------------------------------------------- commands */

static int run(uint8_t cmd, const char *name, const char *mgmtdev,
	       mnl_cb_t on_data, void *data)
{
	struct mnl_socket *nl;
	struct request r;
	uint16_t family;
	int ret;

	ret = open_bus(&nl, &family);
	if (ret)
		return ret;
	request_init(&r, family, 0, cmd, VDPA_GENL_VERSION);
	mnl_attr_put_strz(r.nlh, VDPA_ATTR_DEV_NAME, name);
	if (mgmtdev)
		mnl_attr_put_strz(r.nlh, VDPA_ATTR_MGMTDEV_DEV_NAME, mgmtdev);
	ret = transact(nl, &r, on_data, data);
	mnl_socket_close(nl);
	return ret;
}

/**
 * vdpa_add() - put the device of this name on the bus
 *
 * Return: -EPROTONOSUPPORT if there is no bus; what the kernel says.
 */
int vdpa_add(const char *name)
{
	return run(VDPA_CMD_DEV_NEW, name, MGMTDEV, NULL, NULL);
}

/* Waits until nobody has the device open any more. */
int vdpa_del(const char *name)
{
	return run(VDPA_CMD_DEV_DEL, name, NULL, NULL, NULL);
}

static int get_dev(const struct nlattr *attr, void *data)
{
	struct vdpa_dev *v = data;

	switch (mnl_attr_get_type(attr)) {
	case VDPA_ATTR_MGMTDEV_DEV_NAME:
		if (!mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			text_clean(v->mgmtdev, sizeof(v->mgmtdev),
				   mnl_attr_get_str(attr), sizeof(v->mgmtdev));
		break;
	case VDPA_ATTR_DEV_MAX_VQS:
		if (!mnl_attr_validate(attr, MNL_TYPE_U32))
			v->max_vqs = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

static int on_dev(const struct nlmsghdr *nlh, void *data)
{
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), get_dev, data);
	return MNL_CB_OK;
}

/* What the bus says about a device, whoever put it there. */
int vdpa_get(const char *name, struct vdpa_dev *v)
{
	memset(v, 0, sizeof(*v));
	return run(VDPA_CMD_DEV_GET, name, NULL, on_dev, v);
}

const char *vdpa_message(void)
{
	return message[0] ? message : NULL;
}
