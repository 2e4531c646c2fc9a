/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the netdev family. Debian 12's headers lack linux/netdev.h. */
#include "host/xdp_features.h"

#include <linux/genetlink.h>
#include <stddef.h>
#include <sys/socket.h>

#include "host/netlink.h"

enum {
	DEV_GET = 1,	  /* NETDEV_CMD_DEV_GET */
	DEV_IFINDEX = 1,  /* NETDEV_A_DEV_IFINDEX */
	DEV_FEATURES = 3, /* NETDEV_A_DEV_XDP_FEATURES */

	HAS_BASIC = 1 << 0, /* NETDEV_XDP_ACT_BASIC */
	HAS_RX_SG = 1 << 5, /* NETDEV_XDP_ACT_RX_SG */
};

static void begin(struct netlink_request *request, uint16_t family, uint8_t command)
{
	struct genlmsghdr *head = netlink_begin(request, family, NLM_F_ACK, sizeof(*head));

	head->cmd = command;
	head->version = 1;
}

static int take_family(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *id =
		netlink_find(message, sizeof(struct genlmsghdr), CTRL_ATTR_FAMILY_ID, MNL_TYPE_U16);

	if (id)
		*(uint16_t *)context = mnl_attr_get_u16(id);
	return MNL_CB_OK;
}

static int take_features(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *features =
		netlink_find(message, sizeof(struct genlmsghdr), DEV_FEATURES, MNL_TYPE_U64);
	struct xdp_features *ret_features = context;
	uint64_t bits = features ? mnl_attr_get_u64(features) : 0;

	*ret_features = (struct xdp_features){ bits & HAS_BASIC, bits & HAS_RX_SG };
	return MNL_CB_OK;
}

int xdp_features_read(uint32_t ifindex, struct xdp_features *ret_features)
{
	struct netlink_request request;
	uint16_t family = 0;
	int r;

	begin(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(&request.header, CTRL_ATTR_FAMILY_NAME, "netdev");
	r = netlink_ask(NETLINK_GENERIC, &request, take_family, &family);
	if (r)
		return r;
	begin(&request, family, DEV_GET);
	mnl_attr_put_u32(&request.header, DEV_IFINDEX, ifindex);
	return netlink_ask(NETLINK_GENERIC, &request, take_features, ret_features);
}
