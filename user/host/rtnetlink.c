/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to rtnetlink and their answers. */
#include "host/rtnetlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "host/netlink.h"

enum {
	DEPTH_MAX = 8,	/* the kernel's limit, MAX_NEST_DEV */
	DUMPS_MAX = 10, /* attempts while the devices change */
};

/* By type; NULL if the message lacks it. */
struct attributes {
	const struct nlattr *list[IFLA_MAX + 1];
};
_Static_assert(RTA_MAX <= IFLA_MAX && IFLA_INFO_MAX <= IFLA_MAX, "one table serves all three");

static int take_attribute(const struct nlattr *attribute, void *context)
{
	struct attributes *attributes = context;

	/* a newer kernel may have types that this table has no room for */
	if (mnl_attr_type_valid(attribute, IFLA_MAX) >= 0)
		attributes->list[mnl_attr_get_type(attribute)] = attribute;
	return MNL_CB_OK;
}

static uint32_t attribute_number(const struct nlattr *attribute)
{
	return attribute && !mnl_attr_validate(attribute, MNL_TYPE_U32)
		       ? mnl_attr_get_u32(attribute)
		       : 0;
}

static void copy_text(const struct nlattr *attribute, char *text, size_t size)
{
	if (attribute && !mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING))
		snprintf(text, size, "%s", mnl_attr_get_str(attribute));
}

static void read_kind(const struct nlattr *linkinfo, struct link *link)
{
	struct attributes info = { 0 };

	if (linkinfo)
		mnl_attr_parse_nested(linkinfo, take_attribute, &info);
	copy_text(info.list[IFLA_INFO_KIND], link->kind, sizeof(link->kind));
}

/*
 * Does the device take its packets unchanged from the device IFLA_LINK names? A veth's IFLA_LINK is
 * its peer; a tunnel's packets arrive encapsulated.
 */
static bool is_stacked(const char *kind)
{
	static const char *const kinds[] = {
		"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "dsa"
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

struct links {
	struct link *list;
	size_t count;
};

static int take_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(message);
	struct attributes attributes = { 0 };
	struct links *links = context;
	struct link link = { .ifindex = (uint32_t)head->ifi_index, .up = head->ifi_flags & IFF_UP };
	struct link *list = array_room(links->list, links->count, sizeof(link));
	uint32_t lower;

	if (!list)
		return MNL_CB_ERROR;
	mnl_attr_parse(message, sizeof(*head), take_attribute, &attributes);
	link.master = attribute_number(attributes.list[IFLA_MASTER]);
	link.mtu = attribute_number(attributes.list[IFLA_MTU]);
	copy_text(attributes.list[IFLA_IFNAME], link.name, sizeof(link.name));
	read_kind(attributes.list[IFLA_LINKINFO], &link);
	lower = attributes.list[IFLA_LINK_NETNSID] ? 0
						   : attribute_number(attributes.list[IFLA_LINK]);
	if (is_stacked(link.kind))
		link.below = lower;
	else if (!strcmp(link.kind, "veth"))
		link.peer = lower;
	links->list = list;
	list[links->count++] = link;
	return MNL_CB_OK;
}

int links_read(struct link **ret_links, size_t *ret_count)
{
	struct netlink_request request;
	int r = -EINTR;

	netlink_begin(&request, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	for (int i = 0; r == -EINTR && i < DUMPS_MAX; i++) {
		struct links links = { 0 };

		r = netlink_ask(NETLINK_ROUTE, &request, take_link, &links);
		if (!r) {
			*ret_links = links.list;
			*ret_count = links.count;
			return 0;
		}
		free(links.list);
	}
	return r;
}

static bool is_at_or_below(const struct links *links, uint32_t ifindex, uint32_t upper, int depth)
{
	if (ifindex == upper)
		return true;
	for (size_t i = 0; depth && i < links->count; i++) {
		const struct link *link = &links->list[i];
		uint32_t lower = link->ifindex == upper ? link->below : 0;

		if (link->master == upper)
			lower = link->ifindex;
		if (lower && is_at_or_below(links, ifindex, lower, depth - 1))
			return true;
	}
	return false;
}

bool links_is_at_or_below(const struct link *links, size_t count, uint32_t ifindex, uint32_t upper)
{
	const struct links all = { .list = (struct link *)links, .count = count };

	return ifindex && upper && is_at_or_below(&all, ifindex, upper, DEPTH_MAX);
}

struct ifindexes {
	uint32_t *list;
	size_t count;
};

/* Adds the ifindex unless the list has it already. */
static int add_ifindex(struct ifindexes *ifindexes, uint32_t ifindex)
{
	uint32_t *list;
	size_t at = 0;

	while (at < ifindexes->count && ifindexes->list[at] < ifindex)
		at++;
	if (!ifindex || (at < ifindexes->count && ifindexes->list[at] == ifindex))
		return MNL_CB_OK;
	list = array_room(ifindexes->list, ifindexes->count, sizeof(*list));
	if (!list)
		return MNL_CB_ERROR;
	memmove(list + at + 1, list + at, (ifindexes->count - at) * sizeof(*list));
	list[at] = ifindex;
	ifindexes->list = list;
	ifindexes->count++;
	return MNL_CB_OK;
}

static int take_default_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(message);
	struct attributes attributes = { 0 };
	const struct nlattr *several;
	const struct rtnexthop *hop;
	int left;

	if (head->rtm_dst_len || head->rtm_table != RT_TABLE_MAIN || head->rtm_type != RTN_UNICAST)
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*head), take_attribute, &attributes);
	several = attributes.list[RTA_MULTIPATH];
	if (!several)
		return add_ifindex(context, attribute_number(attributes.list[RTA_OIF]));
	hop = mnl_attr_get_payload(several);
	left = mnl_attr_get_payload_len(several);
	while (RTNH_OK(hop, left)) {
		if (add_ifindex(context, (uint32_t)hop->rtnh_ifindex) == MNL_CB_ERROR)
			return MNL_CB_ERROR;
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
	return MNL_CB_OK;
}

int default_routes_read(int family, uint32_t **ret_ifindexes, size_t *ret_count)
{
	struct netlink_request request;
	struct ifindexes ifindexes = { 0 };
	struct rtmsg *head;
	int r;

	head = netlink_begin(&request, RTM_GETROUTE, NLM_F_DUMP, sizeof(*head));
	head->rtm_family = (unsigned char)family;
	r = netlink_ask(NETLINK_ROUTE, &request, take_default_route, &ifindexes);
	if (r && r != -EINTR) { /* an inconsistent dump is good enough */
		free(ifindexes.list);
		return r;
	}
	*ret_ifindexes = ifindexes.list;
	*ret_count = ifindexes.count;
	return 0;
}

static int take_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(message);
	struct attributes attributes = { 0 };
	struct route *route = context;

	mnl_attr_parse(message, sizeof(*head), take_attribute, &attributes);
	route->is_local = head->rtm_type == RTN_LOCAL;
	route->ifindex = attribute_number(attributes.list[RTA_OIF]);
	return MNL_CB_OK;
}

int route_read(int family, const uint8_t *address, uint32_t ifindex, struct route *ret_route)
{
	struct netlink_request request;
	size_t address_bytes = family == AF_INET ? 4 : 16;
	struct route route = { 0 };
	struct rtmsg *head;
	int r;

	head = netlink_begin(&request, RTM_GETROUTE, NLM_F_ACK, sizeof(*head));
	head->rtm_family = (unsigned char)family;
	head->rtm_dst_len = (unsigned char)(address_bytes * 8);
	mnl_attr_put(&request.header, RTA_DST, address_bytes, address);
	if (ifindex)
		mnl_attr_put_u32(&request.header, RTA_OIF, ifindex);
	r = netlink_ask(NETLINK_ROUTE, &request, take_route, &route);
	/* the errors of unreachable, prohibit and blackhole routes (ip-route(8)): no route */
	if (r && r != -ENETUNREACH && r != -EHOSTUNREACH && r != -EACCES && r != -EINVAL)
		return r;
	*ret_route = route;
	return 0;
}
