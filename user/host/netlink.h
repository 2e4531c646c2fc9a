/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to netlink and its answer, on a socket of its own. */
#ifndef PORTSIEVE_NETLINK_H
#define PORTSIEVE_NETLINK_H

#include <libmnl/libmnl.h>

/* A request. The buffer is larger than any request here needs. */
struct netlink_request {
	union {
		struct nlmsghdr header;
		char bytes[256];
	};
};

/*
 * Starts a request of that type, with `flags` besides NLM_F_REQUEST. Returns the zeroed header of
 * `header_bytes` bytes that follows struct nlmsghdr. Attributes may be appended.
 */
void *netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags,
		    size_t header_bytes);

/*
 * The first attribute of that type after the message's headers. NULL: there is none, or its data
 * are not of the type `data`.
 */
const struct nlattr *netlink_find(const struct nlmsghdr *message, size_t header_bytes,
				  uint16_t type, enum mnl_attr_data_type data);

/*
 * Sends the request over the bus (NETLINK_ROUTE, ...) and passes each message of the answer to
 * `take`, up to the end of the dump or the acknowledgement. Returns 0 or -errno: the kernel's, or
 * errno if `take` returned MNL_CB_ERROR. -EINTR: the dump is inconsistent, as its objects changed
 * during it.
 */
int netlink_ask(int bus, const struct netlink_request *request, mnl_cb_t take, void *context);

#endif
