/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends requests and receives their answers. */
#include "host/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/cleanup.h"

enum { REPLY_BYTES = 1 << 15 }; /* the kernel's limit for one datagram of a dump */

static int take_error(const struct nlmsghdr *message, void *context)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);

	(void)context;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*answer))
		errno = EBADMSG;
	else if (!answer->error)
		return MNL_CB_STOP;
	else
		errno = -answer->error;
	return MNL_CB_ERROR;
}

/* The NLMSG_DONE of a failed dump carries the error; libmnl does not check it. */
static int take_done(const struct nlmsghdr *message, void *context)
{
	const int *result = mnl_nlmsg_get_payload(message);

	(void)context;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*result) || *result >= 0)
		return MNL_CB_STOP;
	errno = -*result;
	return MNL_CB_ERROR;
}

void *netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags,
		    size_t header_bytes)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(request->bytes);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(header, header_bytes);
}

const struct nlattr *netlink_find(const struct nlmsghdr *message, size_t header_bytes,
				  uint16_t type, enum mnl_attr_data_type data)
{
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, message, header_bytes)
		if (mnl_attr_get_type(attribute) == type)
			return mnl_attr_validate(attribute, data) ? NULL : attribute;
	return NULL;
}

int netlink_ask(int bus, const struct netlink_request *request, mnl_cb_t take, void *context)
{
	mnl_cb_t control[] = {
		[NLMSG_ERROR] = take_error,
		[NLMSG_DONE] = take_done,
	};
	_cleanup_free_ void *reply = malloc(REPLY_BYTES);
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int r = MNL_CB_OK;

	if (!socket)
		return -errno;
	if (!reply || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(socket, &request->header, request->header.nlmsg_len) < 0)
		r = MNL_CB_ERROR;
	while (r == MNL_CB_OK) {
		ssize_t bytes = mnl_socket_recvfrom(socket, reply, REPLY_BYTES);

		r = bytes < 0 ? MNL_CB_ERROR
			      : mnl_cb_run2(reply, (size_t)bytes, 0, mnl_socket_get_portid(socket),
					    take, context, control, ARRAY_SIZE(control));
	}
	r = r == MNL_CB_ERROR ? -errno : 0;
	mnl_socket_close(socket);
	return r;
}
