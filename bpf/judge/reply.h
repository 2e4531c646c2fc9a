/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Return traffic: a packet that the policy would drop passes if it is a reply to what this host has
 * sent. Rules R5 to R8 of docs/packets.md. Allowed packets are not looked up, nor are SYNs without
 * ACK, so a SYN flood on denied ports costs no look-up.
 */
#ifndef PORTSIEVE_REPLY_H
#define PORTSIEVE_REPLY_H

#include "judge/asks.h"
#include "judge/cache.h"
#include "judge/flow.h"
#include "maps.h"
#include "parse/l4.h"

/* include/net/tcp_states.h */
enum socket_state {
	SOCKET_ESTABLISHED = 1, /* of UDP: connected */
	SOCKET_SYN_SENT = 2,
	SOCKET_LISTEN = 10,
};

/*
 * A listening socket does not count, or every denied port with a service would be open. Any other
 * state is a connection of this host, including TIME_WAIT and half-open ones.
 */
portsieve_inline _Bool tcp_socket_expects(struct xdp_md *ctx, struct bpf_sock_tuple *tuple,
					  __u32 tuple_bytes, __u32 tcp_flags)
{
	struct bpf_sock *socket =
		bpf_skc_lookup_tcp(ctx, tuple, tuple_bytes, BPF_F_CURRENT_NETNS, 0);
	_Bool expects;

	if (!socket)
		return 0;
	expects = opens_connection(tcp_flags) ? socket->state == SOCKET_SYN_SENT
					      : socket->state != SOCKET_LISTEN;
	bpf_sk_release(socket);
	return expects;
}

/*
 * A connected socket receives from its peer only. An unconnected one receives from anyone and looks
 * the same in clients and servers: the policy says which are taken for clients.
 */
portsieve_inline _Bool udp_socket_expects(struct xdp_md *ctx, const struct reply_request *request,
					  struct bpf_sock_tuple *tuple, __u32 tuple_bytes)
{
	__u32 port = be16_to_host(((const struct l4_ports *)&request->ports)->destination);
	struct bpf_sock *socket =
		bpf_sk_lookup_udp(ctx, tuple, tuple_bytes, BPF_F_CURRENT_NETNS, 0);
	_Bool is_connected;

	if (!socket)
		return 0;
	is_connected = socket->state == SOCKET_ESTABLISHED;
	bpf_sk_release(socket);
	if (is_connected || request->flags & PORTSIEVE_IMAGE_UDP_ANY)
		return 1;
	return request->flags & PORTSIEVE_IMAGE_UDP_EPHEMERAL && port >= request->ephemeral_low &&
	       port <= request->ephemeral_high;
}

portsieve_inline void request_flow_key(struct portsieve_flow_key *key,
				       const struct reply_request *request)
{
	flow_key(key, request->addresses, request->ipv6, request->ports, request->transport, 0);
}

/* The keys of the two look-ups share stack space. */
union reply_key {
	struct bpf_sock_tuple socket;
	struct portsieve_flow_key flow;
};

/* Does a socket of this host expect the packet, which is TCP or UDP? */
portsieve_inline _Bool socket_expects(struct xdp_md *ctx, const struct reply_request *request,
				      struct bpf_sock_tuple *tuple)
{
	__u32 tuple_bytes = sizeof(tuple->ipv4);

	__builtin_memset(tuple, 0, sizeof(*tuple));
	if (request->ipv6) {
		tuple_bytes = sizeof(tuple->ipv6);
		copy_words(tuple->ipv6.saddr, request->addresses, 2 * 4);
		*(__u32 *)&tuple->ipv6.sport = request->ports;
	} else {
		copy_words(&tuple->ipv4.saddr, request->addresses, 2 * 1);
		*(__u32 *)&tuple->ipv4.sport = request->ports;
	}
	if (request->transport == PORTSIEVE_UDP)
		return udp_socket_expects(ctx, request, tuple, tuple_bytes);
	return tcp_socket_expects(ctx, tuple, tuple_bytes, request->tcp_flags);
}

portsieve_inline __u32 reply_by_lookup(struct xdp_md *ctx, const struct reply_request *request)
{
	__u32 monitored_flows = PORTSIEVE_IMAGE_RETURN_FLOW | PORTSIEVE_IMAGE_MONITOR;
	__u32 reason = PORTSIEVE_REASONS;
	union reply_key key;

	if (request->flags & PORTSIEVE_IMAGE_RETURN_FLOW) {
		request_flow_key(&key.flow, request);
		reason = flow_reason(&key.flow, opens_connection(request->tcp_flags));
	}
	if (reason == PORTSIEVE_REASONS && request->flags & PORTSIEVE_IMAGE_RETURN_SOCKET &&
	    request->transport <= PORTSIEVE_UDP && socket_expects(ctx, request, &key.socket))
		return PORTSIEVE_RETURN_SOCKET;
	/* see flow_mark() */
	if (reason == PORTSIEVE_REASONS && request->transport != PORTSIEVE_TCP &&
	    (request->flags & monitored_flows) == monitored_flows) {
		request_flow_key(&key.flow, request);
		flow_mark(&key.flow);
	}
	return reason;
}

portsieve_inline struct cache_key reply_cache_key(const struct portsieve_image *image,
						  const struct packet *packet)
{
	return (struct cache_key){ .addresses = packet->addresses,
				   .ipv6 = packet->family,
				   .ports = packet->ports,
				   .transport = packet_flow_transport(packet),
				   .epoch = image->epoch };
}

/*
 * The reason to pass the packet of this CPU's request, or PORTSIEVE_REASONS. Not inlined, to keep
 * the stack of its callers small; static, since on Linux 5.10 programs in a dispatcher cannot call
 * global functions.
 */
static __attribute__((noinline)) int look_up_reply(struct xdp_md *ctx)
{
	__u32 zero = 0;
	const struct reply_request *request = bpf_map_lookup_elem(&reply_requests, &zero);
	struct cache_key key;
	__u32 reason = PORTSIEVE_REASONS;

	if (!request) /* never happens */
		return PORTSIEVE_REASONS;
	key = (struct cache_key){ .addresses = request->addresses,
				  .ipv6 = request->ipv6,
				  .ports = request->ports,
				  .transport = request->transport,
				  .epoch = request->epoch };
	if (request->cache == REPLY_CACHE_ASK)
		reason = cache_find(&key);
	if (reason != PORTSIEVE_REASONS)
		return reason;
	reason = reply_by_lookup(ctx, request);
	if (reason != PORTSIEVE_REASONS && request->cache != REPLY_CACHE_NONE)
		cache_store(&key, reason);
	return reason;
}

/* Fills in this CPU's request for look_up_reply(). Never NULL. */
portsieve_inline struct reply_request *request_write(const struct portsieve_image *image,
						     const struct cache_key *key, __u32 tcp_flags,
						     enum reply_cache cache)
{
	__u32 zero = 0;
	struct reply_request *request = bpf_map_lookup_elem(&reply_requests, &zero);

	if (!request)
		return (void *)0;
	request->flags = image->flags;
	request->epoch = image->epoch;
	request->ephemeral_low = image->host.ephemeral_low;
	request->ephemeral_high = image->host.ephemeral_high;
	request->cache = cache;
	request->ipv6 = key->ipv6;
	request->transport = key->transport;
	request->tcp_flags = tcp_flags;
	request->ports = key->ports;
	if (key->ipv6)
		copy_words(request->addresses, key->addresses, CACHE_WORDS_IPV6);
	else
		copy_words(request->addresses, key->addresses, CACHE_WORDS_IPV4);
	return request;
}

/* Passes a packet that its range drops, if it is a reply. */
portsieve_inline void pass_reply(struct xdp_md *ctx, const struct portsieve_image *image,
				 const struct packet *packet, struct decision *decision)
{
	struct cache_key key;
	__u32 reason;

	if (!asks_lookup(image, packet, decision))
		return;
	if (tracing) { /* test_run would search the sockets of the caller */
		left_out_lookup = 1;
		return;
	}
	key = reply_cache_key(image, packet);
	if (!request_write(image, &key, packet->tcp_flags,
			   may_be_cached(packet) ? REPLY_CACHE_ASK : REPLY_CACHE_NONE))
		return;
	reason = look_up_reply(ctx);
	if (reason != PORTSIEVE_REASONS)
		pass_by(reason, decision);
}

#endif
