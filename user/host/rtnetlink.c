/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to rtnetlink and their answers. */
#include "host/rtnetlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
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

/*
 * Does the device take its packets unchanged from the device IFLA_LINK names? A veth's IFLA_LINK is
 * its peer; a tunnel's packets arrive encapsulated.
 */
static bool is_stacked(const struct nlattr *linkinfo)
{
	static const char *const kinds[] = {
		"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "dsa"
	};
	struct attributes info = { 0 };
	const struct nlattr *kind;

	if (linkinfo)
		mnl_attr_parse_nested(linkinfo, take_attribute, &info);
	kind = info.list[IFLA_INFO_KIND];
	if (!kind || mnl_attr_validate(kind, MNL_TYPE_NUL_STRING))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(mnl_attr_get_str(kind), kinds[i]))
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
	struct link link = { .ifindex = (uint32_t)head->ifi_index };
	struct link *list = array_room(links->list, links->count, sizeof(link));

	if (!list)
		return MNL_CB_ERROR;
	mnl_attr_parse(message, sizeof(*head), take_attribute, &attributes);
	link.master = attribute_number(attributes.list[IFLA_MASTER]);
	if (is_stacked(attributes.list[IFLA_LINKINFO]) && !attributes.list[IFLA_LINK_NETNSID])
		link.below = attribute_number(attributes.list[IFLA_LINK]);
	links->list = list;
	list[links->count++] = link;
	return MNL_CB_OK;
}

int links_read(struct link **ret_links, size_t *ret_count)
{
	char buffer[NETLINK_REQUEST_BYTES] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	int r = -EINTR;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	for (int i = 0; r == -EINTR && i < DUMPS_MAX; i++) {
		struct links links = { 0 };

		r = netlink_ask(NETLINK_ROUTE, request, take_link, &links);
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
	char buffer[NETLINK_REQUEST_BYTES] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	size_t address_bytes = family == AF_INET ? 4 : 16;
	struct route route = { 0 };
	struct rtmsg *head;
	int r;

	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->rtm_family = (unsigned char)family;
	head->rtm_dst_len = (unsigned char)(address_bytes * 8);
	mnl_attr_put(request, RTA_DST, address_bytes, address);
	if (ifindex)
		mnl_attr_put_u32(request, RTA_OIF, ifindex);
	r = netlink_ask(NETLINK_ROUTE, request, take_route, &route);
	/* the errors of unreachable, prohibit and blackhole routes (ip-route(8)): no route */
	if (r && r != -ENETUNREACH && r != -EHOSTUNREACH && r != -EACCES && r != -EINVAL)
		return r;
	*ret_route = route;
	return 0;
}
