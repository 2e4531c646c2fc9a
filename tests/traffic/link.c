/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device addresses over rtnetlink, which answers for a peer in another namespace too
 * (IFLA_TARGET_NETNSID), and driver counters over SIOCETHTOOL. sysfs is no substitute: it shows
 * the namespace in which it was mounted.
 */
#include "link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_BYTES    16384 /* one link's attributes take about 2,000 */
#define NAMESPACE_OWN  -1
#define COUNTERS_LIMIT 65536

struct link {
	__u8 address[LINK_ADDRESS_BYTES];
	bool has_address;
	int peer_ifindex;   /* 0: none */
	int peer_namespace; /* NAMESPACE_OWN: the same as the link's */
};

struct link_request {
	struct nlmsghdr header;
	struct ifinfomsg link;
	struct rtattr attribute;
	__s32 namespace;
};

static void descriptor_close(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

static void memory_free(void *pointer)
{
	free(*(void **)pointer);
}

#define cleanup_descriptor __attribute__((cleanup(descriptor_close)))
#define cleanup_memory	   __attribute__((cleanup(memory_free)))

static struct link_request link_request(int ifindex, int namespace)
{
	struct link_request request = {
		.header.nlmsg_len = sizeof(request),
		.header.nlmsg_type = RTM_GETLINK,
		.header.nlmsg_flags = NLM_F_REQUEST,
		.link.ifi_family = AF_UNSPEC,
		.link.ifi_index = ifindex,
		.attribute.rta_len = RTA_LENGTH(sizeof(request.namespace)),
		.attribute.rta_type = IFLA_TARGET_NETNSID,
		.namespace = namespace,
	};

	if (namespace == NAMESPACE_OWN)
		request.header.nlmsg_len = offsetof(struct link_request, attribute);
	return request;
}

static struct link link_parse(const struct nlmsghdr *header)
{
	struct link link = { .peer_namespace = NAMESPACE_OWN };
	const struct rtattr *attribute = IFLA_RTA(NLMSG_DATA(header));
	unsigned int left_bytes = IFLA_PAYLOAD(header);

	for (; RTA_OK(attribute, left_bytes); attribute = RTA_NEXT(attribute, left_bytes)) {
		const void *value = RTA_DATA(attribute);
		size_t size_bytes = RTA_PAYLOAD(attribute);

		if (attribute->rta_type == IFLA_ADDRESS && size_bytes == LINK_ADDRESS_BYTES) {
			memcpy(link.address, value, LINK_ADDRESS_BYTES);
			link.has_address = true;
		} else if (attribute->rta_type == IFLA_LINK && size_bytes == sizeof(__s32)) {
			memcpy(&link.peer_ifindex, value, sizeof(__s32));
		} else if (attribute->rta_type == IFLA_LINK_NETNSID &&
			   size_bytes == sizeof(__s32)) {
			memcpy(&link.peer_namespace, value, sizeof(__s32));
		}
	}
	return link;
}

static int link_read(int ifindex, int namespace, struct link *ret_link)
{
	struct link_request request = link_request(ifindex, namespace);
	struct timeval patience = { .tv_sec = 1 };
	_Alignas(struct nlmsghdr) char reply[REPLY_BYTES];
	const struct nlmsghdr *header = (const void *)reply;
	cleanup_descriptor int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (netlink < 0 ||
	    setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		return -errno;
	if (send(netlink, &request, request.header.nlmsg_len, 0) < 0)
		return -errno;

	ssize_t size_bytes = recv(netlink, reply, sizeof(reply), 0);

	if (size_bytes < 0)
		return -errno;
	if (!NLMSG_OK(header, (size_t)size_bytes))
		return -EPROTO;
	if (header->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(header))->error ?: -EPROTO;
	if (header->nlmsg_type != RTM_NEWLINK)
		return -EPROTO;
	*ret_link = link_parse(header);
	return 0;
}

static int link_read_address_in(int ifindex, int namespace, __u8 *ret_address)
{
	struct link link;
	int err = link_read(ifindex, namespace, &link);

	if (err)
		return err;
	if (!link.has_address)
		return -EMEDIUMTYPE;
	memcpy(ret_address, link.address, LINK_ADDRESS_BYTES);
	return 0;
}

int link_read_address(int ifindex, __u8 ret_address[LINK_ADDRESS_BYTES])
{
	return link_read_address_in(ifindex, NAMESPACE_OWN, ret_address);
}

int link_read_peer_address(int ifindex, __u8 ret_address[LINK_ADDRESS_BYTES])
{
	struct link link;
	int err = link_read(ifindex, NAMESPACE_OWN, &link);

	if (err)
		return err;
	if (!link.peer_ifindex)
		return -ENOLINK;
	return link_read_address_in(link.peer_ifindex, link.peer_namespace, ret_address);
}

static int ethtool_ask(int control, const char *device, void *question)
{
	struct ifreq request = { .ifr_data = question };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	return ioctl(control, SIOCETHTOOL, &request) ? -errno : 0;
}

/* Sets *ret_count to 0 for a driver without counters. */
static int counters_count(int control, const char *device, __u32 *ret_count)
{
	struct {
		struct ethtool_sset_info header;
		__u32 count;
	} question = {
		.header.cmd = ETHTOOL_GSSET_INFO,
		.header.sset_mask = 1ULL << ETH_SS_STATS,
	};
	int err = ethtool_ask(control, device, &question);

	if (err)
		return err;
	*ret_count = question.header.sset_mask ? question.count : 0;
	return *ret_count > COUNTERS_LIMIT ? -E2BIG : 0;
}

static bool name_ends_with(const char *name, const char *ending)
{
	size_t name_bytes = strnlen(name, ETH_GSTRING_LEN), ending_bytes = strlen(ending);

	return name_bytes >= ending_bytes &&
	       !memcmp(name + name_bytes - ending_bytes, ending, ending_bytes);
}

static int counters_sum(const struct ethtool_gstrings *names, const struct ethtool_stats *values,
			const char *ending, __u64 *ret_sum)
{
	bool found = false;
	__u64 sum = 0;

	for (__u32 i = 0; i < values->n_stats; i++) {
		if (!name_ends_with((const char *)names->data + i * ETH_GSTRING_LEN, ending))
			continue;
		sum += values->data[i];
		found = true;
	}
	if (!found)
		return -ENOENT;
	*ret_sum = sum;
	return 0;
}

int link_read_counter(const char *device, const char *ending, __u64 *ret_sum)
{
	cleanup_descriptor int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	__u32 count = 0;
	int err = control < 0 ? -errno : counters_count(control, device, &count);

	if (err)
		return err;

	cleanup_memory struct ethtool_gstrings *names =
		calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	cleanup_memory struct ethtool_stats *values =
		calloc(1, sizeof(*values) + count * sizeof(values->data[0]));

	if (!names || !values)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = count;
	values->cmd = ETHTOOL_GSTATS;
	values->n_stats = count;
	err = ethtool_ask(control, device, names) ?: ethtool_ask(control, device, values);
	return err ?: counters_sum(names, values, ending, ret_sum);
}
