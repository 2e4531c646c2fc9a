/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to rtnetlink, each over a socket of its own. */
#include "rtnetlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"

enum {
	REPLY_BYTES = 1 << 15, /* as much as the kernel puts into one */
	DEPTH_MAX = 8,	       /* the kernel's limit, MAX_NEST_DEV */
	DUMPS_MAX = 10,	       /* while the devices change */
};

struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct rtmsg route;
	};
	uint8_t attributes[64];
};

typedef int take_fn(const struct nlmsghdr *message, void *context);

/* Takes the messages of one reply. 1: more replies follow. */
static int take_reply(const void *reply, ssize_t size_bytes, take_fn *take, void *context)
{
	const struct nlmsghdr *message = reply;

	for (; NLMSG_OK(message, size_bytes); message = NLMSG_NEXT(message, size_bytes)) {
		int r;

		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			return -EAGAIN;
		/* both begin with an int: 0 or -errno */
		if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE)
			return *(const int *)NLMSG_DATA(message);
		r = take(message, context);
		if (r || !(message->nlmsg_flags & NLM_F_MULTI))
			return r;
	}
	return 1;
}

static int ask(const struct request *request, take_fn *take, void *context)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	_cleanup_free_ void *reply = malloc(REPLY_BYTES);
	int r = 1;

	if (!reply)
		return -ENOMEM;
	if (fd < 0 || send(fd, request, request->header.nlmsg_len, 0) < 0)
		return -errno;
	while (r == 1) {
		ssize_t size_bytes = recv(fd, reply, REPLY_BYTES, MSG_TRUNC);

		if (size_bytes < 0)
			return -errno;
		if (size_bytes > REPLY_BYTES)
			return -EMSGSIZE;
		r = take_reply(reply, size_bytes, take, context);
	}
	return r;
}

/* NULL without it. Sizes are signed: the macros may go below 0 at the end. */
static const struct rtattr *find_attribute(const struct rtattr *at, ssize_t size_bytes,
					   unsigned short type)
{
	for (; RTA_OK(at, size_bytes); at = RTA_NEXT(at, size_bytes))
		if (at->rta_type == type)
			return at;
	return NULL;
}

static uint32_t attribute_number(const struct rtattr *attribute)
{
	uint32_t number = 0;

	if (attribute && RTA_PAYLOAD(attribute) == sizeof(number))
		memcpy(&number, RTA_DATA(attribute), sizeof(number));
	return number;
}

static void add_attribute(struct request *request, unsigned short type, const void *value,
			  size_t size_bytes)
{
	struct rtattr *attribute =
		(void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size_bytes);
	memcpy(RTA_DATA(attribute), value, size_bytes);
	request->header.nlmsg_len =
		(uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + RTA_SPACE(size_bytes));
}

/* Is IFLA_LINK what packets come from as they are? A veth's is its peer; a tunnel's wraps them up.
 */
static bool is_stacked(const struct rtattr *linkinfo)
{
	static const char *const kinds[] = {
		"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "dsa"
	};
	const struct rtattr *kind =
		linkinfo ? find_attribute(RTA_DATA(linkinfo), RTA_PAYLOAD(linkinfo), IFLA_INFO_KIND)
			 : NULL;

	for (size_t i = 0; kind && i < ARRAY_SIZE(kinds); i++)
		if (RTA_PAYLOAD(kind) > strlen(kinds[i]) && !strcmp(RTA_DATA(kind), kinds[i]))
			return true;
	return false;
}

struct links {
	struct link *list;
	size_t count;
};

static int take_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *head = NLMSG_DATA(message);
	const struct rtattr *first = IFLA_RTA(head);
	ssize_t size_bytes = IFLA_PAYLOAD(message);
	struct links *links = context;
	struct link link = { .ifindex = (uint32_t)head->ifi_index };
	struct link *list = reallocarray(links->list, links->count + 1, sizeof(link));

	if (!list)
		return -ENOMEM;
	link.master = attribute_number(find_attribute(first, size_bytes, IFLA_MASTER));
	if (is_stacked(find_attribute(first, size_bytes, IFLA_LINKINFO)) &&
	    !find_attribute(first, size_bytes, IFLA_LINK_NETNSID))
		link.below = attribute_number(find_attribute(first, size_bytes, IFLA_LINK));
	list[links->count++] = link;
	links->list = list;
	return 0;
}

int links_read(struct link **ret_links, size_t *ret_count)
{
	const struct request request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request.link)),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
	};
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < DUMPS_MAX; i++) {
		struct links links = { 0 };

		r = ask(&request, take_link, &links);
		if (!r) {
			*ret_links = links.list;
			*ret_count = links.count;
		} else {
			free(links.list);
		}
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
	const struct rtmsg *head = NLMSG_DATA(message);
	struct route *route = context;

	route->is_local = head->rtm_type == RTN_LOCAL;
	route->ifindex =
		attribute_number(find_attribute(RTM_RTA(head), RTM_PAYLOAD(message), RTA_OIF));
	return 0;
}

int route_read(const struct policy_prefix *to, uint32_t ifindex, struct route *ret_route)
{
	struct request request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request.route)),
			    .nlmsg_type = RTM_GETROUTE,
			    .nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = to->family == POLICY_IPV4 ? AF_INET : AF_INET6,
			   .rtm_dst_len = to->length },
	};
	struct route route = { 0 };
	int r;

	add_attribute(&request, RTA_DST, to->address, to->length / 8);
	if (ifindex)
		add_attribute(&request, RTA_OIF, &ifindex, sizeof(ifindex));
	r = ask(&request, take_route, &route);
	/* what `ip route` calls unreachable, prohibit and blackhole */
	if (r == -ENETUNREACH || r == -EHOSTUNREACH || r == -EACCES || r == -EINVAL)
		r = 0;
	if (!r)
		*ret_route = route;
	return r;
}
