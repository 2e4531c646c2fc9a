/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Return traffic: a packet that the policy would drop passes if it is a reply to what this host has
 * sent. Rules R1 to R6 of docs/packets.md. Allowed packets are not looked up, nor are SYNs without
 * ACK, so that a SYN flood on denied ports is dropped as fast as before.
 */
#ifndef PORTSIEVE_REPLY_H
#define PORTSIEVE_REPLY_H

#include "judge/classify.h"
#include "parse/l4.h"

/* include/net/tcp_states.h */
enum socket_state {
	SOCKET_ESTABLISHED = 1, /* of UDP: connected */
	SOCKET_SYN_SENT = 2,
	SOCKET_LISTEN = 10,
};

/* What reply_reason() is asked about, in one argument of 64 bits. */
enum reply_question {
	REPLY_RANGE = PORTSIEVE_ENTRY_RANGE, /* the id of the range that drops it */
	REPLY_UDP = 1 << 15,		     /* else TCP */
	REPLY_FLAGS_SHIFT = 16,
	REPLY_PORTS_SHIFT = 32,
};

/* Rule R1: may packets that this range drops pass as replies? */
portsieve_inline _Bool range_asks(const struct portsieve_image *image, __u32 range)
{
	return image->asks[range / 64 & (PORTSIEVE_ASKS_WORDS - 1)] >> (range & 63) & 1;
}

/*
 * A listening socket expects no reply: it would open each port that is denied and served. Any other
 * state is a connection of this host, TIME_WAIT and a half-open one included.
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
 * A connected socket expects packets of its peer only. An unconnected one may expect them from
 * anyone, and cannot be told from a server: the policy says which are taken for clients.
 */
portsieve_inline _Bool udp_socket_expects(struct xdp_md *ctx, const struct portsieve_image *image,
					  struct bpf_sock_tuple *tuple, __u32 tuple_bytes,
					  __u32 port)
{
	struct bpf_sock *socket =
		bpf_sk_lookup_udp(ctx, tuple, tuple_bytes, BPF_F_CURRENT_NETNS, 0);
	_Bool is_connected;

	if (!socket)
		return 0;
	is_connected = socket->state == SOCKET_ESTABLISHED;
	bpf_sk_release(socket);
	if (is_connected || image->flags & PORTSIEVE_IMAGE_UDP_ANY)
		return 1;
	return image->flags & PORTSIEVE_IMAGE_UDP_EPHEMERAL && port >= image->host.ephemeral_low &&
	       port <= image->host.ephemeral_high;
}

/* memcpy by 4 bytes: from void pointers, clang copies byte by byte. */
portsieve_inline void copy_words(void *to, const void *from, int words)
{
#pragma unroll
	for (int i = 0; i < words; i++)
		((__u32 *)to)[i] = ((const __u32 *)from)[i];
}

/*
 * The reason to pass a packet that its range drops, or PORTSIEVE_REASONS. `addresses` are those of
 * the IP header.
 */
static __attribute__((noinline)) __u32 reply_reason(struct xdp_md *ctx,
						    const struct portsieve_image *image,
						    const void *addresses, __u32 family,
						    __u64 question)
{
	__u32 tcp_flags = question >> REPLY_FLAGS_SHIFT & 0xff;
	__u32 ports = question >> REPLY_PORTS_SHIFT;
	struct bpf_sock_tuple tuple = {};
	__u32 tuple_bytes = sizeof(tuple.ipv4);
	_Bool expects;

	if (!range_asks(image, question & REPLY_RANGE))
		return PORTSIEVE_REASONS;
	if (image->flags & PORTSIEVE_IMAGE_RETURN_ESTABLISHED)
		return !(question & REPLY_UDP) && tcp_flags & (FLAG_ACK | FLAG_RST)
			       ? PORTSIEVE_RETURN_ESTABLISHED
			       : PORTSIEVE_REASONS;
	if (tracing) { /* test_run would search the sockets of the caller */
		left_out_lookup = 1;
		return PORTSIEVE_REASONS;
	}
	if (family == PACKET_IPV6) {
		tuple_bytes = sizeof(tuple.ipv6);
		copy_words(tuple.ipv6.saddr, addresses, 2 * 4);
		*(__u32 *)&tuple.ipv6.sport = ports;
	} else {
		copy_words(&tuple.ipv4.saddr, addresses, 2 * 1);
		*(__u32 *)&tuple.ipv4.sport = ports;
	}
	if (question & REPLY_UDP)
		expects = udp_socket_expects(
			ctx, image, &tuple, tuple_bytes,
			be16_to_host(((const struct l4_ports *)&ports)->destination));
	else
		expects = tcp_socket_expects(ctx, &tuple, tuple_bytes, tcp_flags);
	return expects ? PORTSIEVE_RETURN_SOCKET : PORTSIEVE_REASONS;
}

/* Can the packet be a reply, so that pass_reply() is worth a call? */
portsieve_inline _Bool may_be_reply(const struct portsieve_image *image,
				    const struct packet *packet, const struct decision *decision)
{
	if (!decision->drop || !(image->flags & PORTSIEVE_IMAGE_RETURNS) ||
	    decision->range >= PORTSIEVE_RANGES || !packet->ports)
		return 0;
	return !opens_connection(packet->tcp_flags) ||
	       image->flags & PORTSIEVE_IMAGE_SIMULTANEOUS_OPEN;
}

/* Passes the packet after all, if it is a reply. The range has decided to drop it. */
portsieve_inline void pass_reply(struct xdp_md *ctx, const struct portsieve_image *image,
				 const struct packet *packet, struct decision *decision)
{
	__u64 question = decision->range | packet->tcp_flags << REPLY_FLAGS_SHIFT |
			 (__u64)packet->ports << REPLY_PORTS_SHIFT;
	__u32 reason;

	if (packet->transport == PORTSIEVE_UDP)
		question |= REPLY_UDP;
	reason = reply_reason(ctx, image, packet->addresses, packet->family, question);
	if (reason != PORTSIEVE_REASONS)
		*decision = (struct decision){ .counter = reason, .range = PORTSIEVE_RANGES };
}

#endif
