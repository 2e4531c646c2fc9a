/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists sockets by NETLINK_SOCK_DIAG. */
#include "host/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "host/netlink.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* Copies an address of 4 or 16 bytes; IPv4-mapped IPv6 becomes IPv4. Returns the family. */
static uint8_t address_copy(uint8_t family, const void *from, uint8_t to[16])
{
	memset(to, 0, 16);
	if (family == AF_INET6 && memcmp(from, mapped, sizeof(mapped))) {
		memcpy(to, from, 16);
		return AF_INET6;
	}
	memcpy(to, (const uint8_t *)from + (family == AF_INET6 ? sizeof(mapped) : 0), 4);
	return AF_INET;
}

static bool is_unspecified(const uint8_t address[16])
{
	static const uint8_t zeros[16];

	return !memcmp(address, zeros, sizeof(zeros));
}

bool socket_is_loopback(const struct host_socket *socket)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return socket->family == AF_INET ? socket->address[0] == 127
					 : !memcmp(socket->address, loopback, sizeof(loopback));
}

struct attributes {
	const struct nlattr *v6only, *cgroup_id, *locals;
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
	struct attributes *attributes = context;
	uint16_t type = mnl_attr_get_type(attribute);

	if (type == INET_DIAG_SKV6ONLY && !mnl_attr_validate(attribute, MNL_TYPE_U8))
		attributes->v6only = attribute;
	else if (type == INET_DIAG_CGROUP_ID && !mnl_attr_validate(attribute, MNL_TYPE_U64))
		attributes->cgroup_id = attribute;
	else if (type == INET_DIAG_LOCALS)
		attributes->locals = attribute;
	return MNL_CB_OK;
}

/* An IPv6 socket of the unspecified address takes IPv4 too, unless the kernel says otherwise. */
static void set_both(struct host_socket *socket, const struct attributes *attributes)
{
	socket->both = socket->family == AF_INET6 && is_unspecified(socket->address) &&
		       !(attributes->v6only && mnl_attr_get_u8(attributes->v6only));
}

/* Takes the socket once for each of its local addresses, an array of sockaddr_storage. */
static int take_locals(struct host_socket *socket, const struct attributes *attributes,
		       socket_take_fn *take, void *context)
{
	const struct sockaddr_storage *local = mnl_attr_get_payload(attributes->locals);
	size_t count = mnl_attr_get_payload_len(attributes->locals) / sizeof(*local);
	int r = 0;

	for (size_t i = 0; i < count && !r; i++, local++) {
		struct sockaddr_in6 six;
		struct sockaddr_in four;

		/* attributes are aligned to 4 bytes only */
		memcpy(&six, local, sizeof(six));
		memcpy(&four, local, sizeof(four));
		if (six.sin6_family == AF_INET6)
			socket->family = address_copy(AF_INET6, &six.sin6_addr, socket->address);
		else if (six.sin6_family == AF_INET)
			socket->family = address_copy(AF_INET, &four.sin_addr, socket->address);
		else
			continue;
		set_both(socket, attributes);
		r = take(socket, context);
	}
	return r;
}

int sockets_take_message(const struct nlmsghdr *message, uint8_t protocol, socket_take_fn *take,
			 void *context)
{
	const struct inet_diag_msg *diag = mnl_nlmsg_get_payload(message);
	struct attributes attributes = { 0 };
	struct host_socket socket = { .protocol = protocol };

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*diag) ||
	    (diag->idiag_family != AF_INET && diag->idiag_family != AF_INET6) ||
	    mnl_attr_parse(message, sizeof(*diag), take_attribute, &attributes) != MNL_CB_OK)
		return -EBADMSG;
	address_copy(diag->idiag_family, diag->id.idiag_dst, socket.peer);
	socket.family = address_copy(diag->idiag_family, diag->id.idiag_src, socket.address);
	socket.state = diag->idiag_state;
	socket.port = ntohs(diag->id.idiag_sport);
	socket.peer_port = ntohs(diag->id.idiag_dport);
	socket.ifindex = diag->id.idiag_if;
	socket.uid = diag->idiag_uid;
	socket.inode = diag->idiag_inode;
	memcpy(socket.cookie, diag->id.idiag_cookie, sizeof(socket.cookie));
	if (attributes.cgroup_id)
		socket.cgroup_id = mnl_attr_get_u64(attributes.cgroup_id);
	if (!socket.port)
		return 0;
	if (attributes.locals)
		return take_locals(&socket, &attributes, take, context);
	set_both(&socket, &attributes);
	return take(&socket, context);
}

struct walk {
	uint8_t protocol;
	socket_take_fn *take;
	void *context;
	int result; /* the value of `take` that ended the walk; 0: none yet */
};

static int take_message(const struct nlmsghdr *message, void *context)
{
	struct walk *walk = context;

	walk->result = sockets_take_message(message, walk->protocol, walk->take, walk->context);
	return walk->result ? MNL_CB_STOP : MNL_CB_OK;
}

static int walk_family(uint8_t family, uint32_t states, struct walk *walk)
{
	struct netlink_request request;
	struct inet_diag_req_v2 *diag;
	int r;

	diag = netlink_begin(&request, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, sizeof(*diag));
	diag->sdiag_family = family;
	diag->sdiag_protocol = walk->protocol;
	diag->idiag_states = states;
	r = netlink_ask(NETLINK_SOCK_DIAG, &request, take_message, walk);
	return walk->result ?: r;
}

int sockets_walk(uint8_t protocol, uint32_t states, socket_take_fn *take, void *context)
{
	struct walk walk = { .protocol = protocol, .take = take, .context = context };

	return walk_family(AF_INET, states, &walk) ?: walk_family(AF_INET6, states, &walk);
}

static int take_nothing(const struct nlmsghdr *message, void *context)
{
	(void)message;
	(void)context;
	return MNL_CB_OK;
}

int socket_destroy(const struct host_socket *socket)
{
	struct netlink_request request;
	struct inet_diag_req_v2 *diag;

	diag = netlink_begin(&request, SOCK_DESTROY, NLM_F_ACK, sizeof(*diag));
	diag->sdiag_family = socket->family; /* the kernel finds mapped addresses by AF_INET */
	diag->sdiag_protocol = socket->protocol;
	memcpy(diag->id.idiag_src, socket->address, sizeof(diag->id.idiag_src));
	memcpy(diag->id.idiag_dst, socket->peer, sizeof(diag->id.idiag_dst));
	diag->id.idiag_sport = htons(socket->port);
	diag->id.idiag_dport = htons(socket->peer_port);
	diag->id.idiag_if = socket->ifindex;
	memcpy(diag->id.idiag_cookie, socket->cookie, sizeof(diag->id.idiag_cookie));
	return netlink_ask(NETLINK_SOCK_DIAG, &request, take_nothing, NULL);
}

struct sockets {
	struct host_socket *list;
	size_t count;
};

static int add(const struct host_socket *socket, void *context)
{
	struct sockets *sockets = context;
	struct host_socket *list = array_room(sockets->list, sockets->count, sizeof(*socket));

	if (!list)
		return -ENOMEM;
	sockets->list = list;
	list[sockets->count++] = *socket;
	return 0;
}

int sockets_listening(struct host_socket **ret_sockets, size_t *ret_count)
{
	static const struct {
		uint8_t protocol;
		uint32_t states;
		bool optional;
	} kinds[] = {
		{ IPPROTO_TCP, 1 << TCP_LISTEN, false },   { IPPROTO_UDP, 1 << TCP_CLOSE, false },
		{ IPPROTO_UDPLITE, 1 << TCP_CLOSE, true }, { IPPROTO_SCTP, 1 << TCP_LISTEN, true },
		{ IPPROTO_DCCP, 1 << TCP_LISTEN, true },
	};
	struct sockets sockets = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int r = sockets_walk(kinds[i].protocol, kinds[i].states, add, &sockets);

		if (r && !(r == -ENOENT && kinds[i].optional)) {
			free(sockets.list);
			return r;
		}
	}
	*ret_sockets = sockets.list;
	*ret_count = sockets.count;
	return 0;
}
