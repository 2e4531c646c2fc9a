/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists and deletes the connections of netfilter by NETLINK_NETFILTER. */
#include "host/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <string.h>

#include "host/netlink.h"

/* The attributes of one nesting level, by type. */
struct attributes {
	const struct nlattr *of[CTA_MAX + 1];
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
	struct attributes *attributes = context;
	uint16_t type = mnl_attr_get_type(attribute);

	if (type <= CTA_MAX)
		attributes->of[type] = attribute;
	return MNL_CB_OK;
}

static struct attributes inside(const struct nlattr *nest)
{
	struct attributes attributes = { 0 };

	if (nest)
		mnl_attr_parse_nested(nest, take_attribute, &attributes);
	return attributes;
}

/* Copies an address of 4 or 16 bytes; false if the attribute has another size. */
static bool take_address(const struct nlattr *attribute, size_t bytes, uint8_t address[16])
{
	if (!attribute || mnl_attr_get_payload_len(attribute) != bytes)
		return false;
	memcpy(address, mnl_attr_get_payload(attribute), bytes);
	return true;
}

static bool has_type(const struct nlattr *attribute, enum mnl_attr_data_type type)
{
	return attribute && mnl_attr_validate(attribute, type) == 0;
}

static bool take_tuple(const struct nlattr *nest, struct tracked *ret_tracked)
{
	struct attributes tuple = inside(nest);
	struct attributes ip = inside(tuple.of[CTA_TUPLE_IP]);
	struct attributes proto = inside(tuple.of[CTA_TUPLE_PROTO]);
	struct tracked tracked = { .family = ip.of[CTA_IP_V4_SRC] ? AF_INET : AF_INET6 };
	bool has_addresses =
		tracked.family == AF_INET
			? take_address(ip.of[CTA_IP_V4_SRC], 4, tracked.source) &&
				  take_address(ip.of[CTA_IP_V4_DST], 4, tracked.destination)
			: take_address(ip.of[CTA_IP_V6_SRC], 16, tracked.source) &&
				  take_address(ip.of[CTA_IP_V6_DST], 16, tracked.destination);

	if (!has_addresses || !has_type(proto.of[CTA_PROTO_NUM], MNL_TYPE_U8) ||
	    !has_type(proto.of[CTA_PROTO_SRC_PORT], MNL_TYPE_U16) ||
	    !has_type(proto.of[CTA_PROTO_DST_PORT], MNL_TYPE_U16))
		return false;
	tracked.protocol = mnl_attr_get_u8(proto.of[CTA_PROTO_NUM]);
	tracked.source_port = mnl_attr_get_u16(proto.of[CTA_PROTO_SRC_PORT]);
	tracked.destination_port = mnl_attr_get_u16(proto.of[CTA_PROTO_DST_PORT]);
	*ret_tracked = tracked;
	return tracked.protocol == IPPROTO_TCP || tracked.protocol == IPPROTO_UDP ||
	       tracked.protocol == IPPROTO_UDPLITE || tracked.protocol == IPPROTO_SCTP ||
	       tracked.protocol == IPPROTO_DCCP;
}

static void take_state(const struct nlattr *info, struct tracked_connection *connection)
{
	struct attributes tcp = inside(inside(info).of[CTA_PROTOINFO_TCP]);
	uint8_t state;

	connection->is_open = true;
	if (!has_type(tcp.of[CTA_PROTOINFO_TCP_STATE], MNL_TYPE_U8))
		return;
	state = mnl_attr_get_u8(tcp.of[CTA_PROTOINFO_TCP_STATE]);
	connection->is_open = state != TCP_CONNTRACK_NONE && state != TCP_CONNTRACK_SYN_SENT &&
			      state != TCP_CONNTRACK_CLOSE;
	connection->is_over = state == TCP_CONNTRACK_TIME_WAIT || state == TCP_CONNTRACK_CLOSE;
}

int conntrack_take_message(const struct nlmsghdr *message, tracked_take_fn *take, void *context)
{
	struct tracked_connection connection = { .zone = 0 };
	struct attributes attributes = { 0 };

	if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg) ||
	    mnl_attr_parse(message, sizeof(struct nfgenmsg), take_attribute, &attributes) !=
		    MNL_CB_OK)
		return -EBADMSG;
	if (!take_tuple(attributes.of[CTA_TUPLE_ORIG], &connection.original) ||
	    !take_tuple(attributes.of[CTA_TUPLE_REPLY], &connection.reply))
		return 0;
	if (has_type(attributes.of[CTA_ZONE], MNL_TYPE_U16))
		connection.zone = mnl_attr_get_u16(attributes.of[CTA_ZONE]);
	if (has_type(attributes.of[CTA_STATUS], MNL_TYPE_U32))
		connection.is_answered =
			ntohl(mnl_attr_get_u32(attributes.of[CTA_STATUS])) & IPS_SEEN_REPLY;
	take_state(attributes.of[CTA_PROTOINFO], &connection);
	return take(&connection, context);
}

struct walk {
	tracked_take_fn *take;
	void *context;
	int result; /* the value of `take` that ended the walk; 0: none yet */
};

static int take_message(const struct nlmsghdr *message, void *context)
{
	struct walk *walk = context;

	walk->result = conntrack_take_message(message, walk->take, walk->context);
	return walk->result ? MNL_CB_STOP : MNL_CB_OK;
}

int conntrack_walk(tracked_take_fn *take, void *context)
{
	struct netlink_request request;
	struct walk walk = { .take = take, .context = context };
	struct nfgenmsg *header;
	int r;

	header = netlink_begin(&request, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, NLM_F_DUMP,
			       sizeof(*header));
	header->nfgen_family = AF_UNSPEC;
	r = netlink_ask(NETLINK_NETFILTER, &request, take_message, &walk);
	/* without netfilter, nfnetlink or ctnetlink, which the kernel loads on demand */
	if (r == -EPROTONOSUPPORT || r == -EINVAL || r == -EOPNOTSUPP || r == -ENOENT)
		r = 0;
	return walk.result ? walk.result : r;
}

static void put_tuple(struct nlmsghdr *message, const struct tracked *tracked)
{
	struct nlattr *tuple = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
	struct nlattr *nest = mnl_attr_nest_start(message, CTA_TUPLE_IP);
	bool is_ipv4 = tracked->family == AF_INET;
	size_t bytes = is_ipv4 ? 4 : 16;

	mnl_attr_put(message, is_ipv4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, bytes, tracked->source);
	mnl_attr_put(message, is_ipv4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, bytes, tracked->destination);
	mnl_attr_nest_end(message, nest);
	nest = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(message, CTA_PROTO_NUM, tracked->protocol);
	mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, tracked->source_port);
	mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, tracked->destination_port);
	mnl_attr_nest_end(message, nest);
	mnl_attr_nest_end(message, tuple);
}

static int take_nothing(const struct nlmsghdr *message, void *context)
{
	(void)message;
	(void)context;
	return MNL_CB_OK;
}

int conntrack_delete(const struct tracked_connection *connection)
{
	struct netlink_request request;
	struct nfgenmsg *header =
		netlink_begin(&request, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
			      NLM_F_ACK, sizeof(*header));

	header->nfgen_family = connection->original.family;
	/* a request without a tuple deletes all connections */
	put_tuple(&request.header, &connection->original);
	if (connection->zone)
		mnl_attr_put_u16(&request.header, CTA_ZONE, connection->zone);
	return netlink_ask(NETLINK_NETFILTER, &request, take_nothing, NULL);
}
