/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to netlink and its answer, on a socket of its own. */
#ifndef PORTSIEVE_NETLINK_H
#define PORTSIEVE_NETLINK_H

#include <libmnl/libmnl.h>

enum { NETLINK_REQUEST_BYTES = 256 }; /* more than any request here needs */

/*
 * Sends the request over the bus (NETLINK_ROUTE, ...) and passes each message of the answer to
 * `take`, up to the end of the dump or the acknowledgement. Returns 0 or -errno: the kernel's, or
 * errno of a `take` that returned MNL_CB_ERROR. -EINTR: the dump is inconsistent, as its objects
 * changed meanwhile.
 */
int netlink_ask(int bus, const struct nlmsghdr *request, mnl_cb_t take, void *context);

#endif
