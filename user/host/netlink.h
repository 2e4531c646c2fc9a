/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to netlink and its answer, on a socket of its own. */
#ifndef PORTSIEVE_NETLINK_H
#define PORTSIEVE_NETLINK_H

#include <libmnl/libmnl.h>

/* A request, with more room than any here needs. */
struct netlink_request {
	union {
		struct nlmsghdr header;
		char bytes[256];
	};
};

/*
 * Begins a request of that type; `flags` are those besides NLM_F_REQUEST. Returns its second
 * header, of that many bytes, all zero. Attributes may be put after it.
 */
void *netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags,
		    size_t header_bytes);

/*
 * The first attribute of that type after the message's second header; NULL: there is none, or it
 * does not hold such data.
 */
const struct nlattr *netlink_find(const struct nlmsghdr *message, size_t header_bytes,
				  uint16_t type, enum mnl_attr_data_type data);

/*
 * Sends the request over the bus (NETLINK_ROUTE, ...) and passes each message of the answer to
 * `take`, up to the end of the dump or the acknowledgement. Returns 0 or -errno: the kernel's, or
 * errno of a `take` that returned MNL_CB_ERROR. -EINTR: the dump is inconsistent, as its objects
 * changed meanwhile.
 */
int netlink_ask(int bus, const struct netlink_request *request, mnl_cb_t take, void *context);

#endif
