/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding addresses, ports, ICMP types and extension headers in a frame. The result is undefined,
 * and never printed, for malformed frames and for those that no policy judges by addresses or
 * types.
 */
#include "packet/headers.h"

#include <string.h>

enum frame_layout {
	ETHERNET_TYPE = 12,
	ETHERNET_BYTES = 14,
	TAG_BYTES = 4,
	PPPOE_BYTES = 6,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
};

enum frame_numbers {
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_TAG = 0x8100,
	TYPE_TAG_OUTER = 0x88a8,
	TYPE_PPPOE = 0x8864,
	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,
	PROTOCOL_ICMP = 1,
	HEADER_ROUTING = 43,
	HEADER_FRAGMENT = 44,
	HEADER_AUTHENTICATION = 51,
	PROTOCOL_ICMPV6 = 58,
};

struct bytes {
	const uint8_t *start;
	size_t count;
};

/* 0 past the end. */
static unsigned int byte_at(const struct bytes *bytes, size_t at)
{
	return at < bytes->count ? bytes->start[at] : 0;
}

static unsigned int word_at(const struct bytes *bytes, size_t at)
{
	return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}

/* Returns the offset of the IP header, and its ethertype; 0: there is none. */
static size_t find_ip(const struct bytes *frame, unsigned int *ret_type)
{
	size_t at = ETHERNET_BYTES;
	unsigned int type = word_at(frame, ETHERNET_TYPE);

	for (; type == TYPE_TAG || type == TYPE_TAG_OUTER; at += TAG_BYTES)
		type = word_at(frame, at + 2);
	if (type == TYPE_PPPOE) {
		bool is_short = byte_at(frame, at + PPPOE_BYTES) & 1; /* RFC 1661 5 */
		unsigned int protocol = is_short ? byte_at(frame, at + PPPOE_BYTES)
						 : word_at(frame, at + PPPOE_BYTES);

		at += PPPOE_BYTES + (is_short ? 1 : 2);
		type = protocol == PPP_IPV4 ? TYPE_IPV4 : protocol == PPP_IPV6 ? TYPE_IPV6 : 0;
	}
	*ret_type = type;
	return type == TYPE_IPV4 || type == TYPE_IPV6 ? at : 0;
}

static struct policy_prefix address_at(const struct bytes *frame, size_t at, bool ipv6)
{
	struct policy_prefix address = { .length = ipv6 ? 128 : 32,
					 .family = ipv6 ? POLICY_IPV6 : POLICY_IPV4 };

	memcpy(address.address, frame->start + at, address.length / 8);
	return address;
}

static const uint8_t ext_knobs[256] = {
	[0] = PORTSIEVE_KNOB_HOP_BY_HOP,
	[HEADER_ROUTING] = PORTSIEVE_KNOB_ROUTING,
	[HEADER_FRAGMENT] = PORTSIEVE_KNOB_FRAGMENT,
	[HEADER_AUTHENTICATION] = PORTSIEVE_KNOB_AUTHENTICATION,
	[60] = PORTSIEVE_KNOB_DESTINATION_OPTIONS,
	[135] = PORTSIEVE_KNOB_MOBILITY,
	[139] = PORTSIEVE_KNOB_HIP,
	[140] = PORTSIEVE_KNOB_SHIM6,
};

static const uint8_t routing_knobs[256] = {
	[0] = PORTSIEVE_KNOB_ROUTING_TYPE_0,
	[1] = PORTSIEVE_KNOB_ROUTING_TYPE_1,
	[3] = PORTSIEVE_KNOB_ROUTING_TYPE_3,
	[4] = PORTSIEVE_KNOB_ROUTING_TYPE_4,
};

static size_t ext_bytes(unsigned int header, unsigned int length)
{
	if (header == HEADER_FRAGMENT)
		return 8;
	if (header == HEADER_AUTHENTICATION)
		return ((size_t)length + 2) * 4;
	return ((size_t)length + 1) * 8;
}

/*
 * Returns the offset of the transport header, and its protocol; -1: it is not in the frame. Skips
 * the extension headers that the program skips (X1 to X7 of docs/packets.md).
 */
static size_t find_transport6(const struct bytes *frame, size_t ip, struct frame_names *names)
{
	unsigned int header = byte_at(frame, ip + 6);
	size_t at = ip + IPV6_BYTES;

	for (int depth = 0; ext_knobs[header] && at < frame->count; depth++) {
		unsigned int next;

		if (depth < PORTSIEVE_EXT_HEADERS_MAX) {
			names->ext_knobs |= 1ull << ext_knobs[header];
			if (header == HEADER_ROUTING)
				names->ext_knobs |= 1ull << routing_knobs[byte_at(frame, at + 2)];
		}
		if (header == HEADER_FRAGMENT && word_at(frame, at + 2) & ~7u)
			return frame->count; /* the rest is payload */
		next = byte_at(frame, at);
		at += ext_bytes(header, byte_at(frame, at + 1));
		header = next;
	}
	if (at < frame->count)
		names->protocol = (int)header;
	return at;
}

static size_t find_transport4(const struct bytes *frame, size_t ip, struct frame_names *names)
{
	size_t at = ip + (size_t)(byte_at(frame, ip) & 0x0f) * 4;

	if (!(word_at(frame, ip + 6) & 0x1fff))
		names->protocol = (int)byte_at(frame, ip + 9);
	return at;
}

static bool has_ports(int protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 ||
	       protocol == 136;
}

static void name_transport(const struct bytes *frame, size_t at, bool ipv6,
			   struct frame_names *names)
{
	if (names->protocol == (ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP) && at < frame->count)
		names->icmp_type = (int)byte_at(frame, at);
	if (!has_ports(names->protocol) || at + 4 > frame->count)
		return;
	names->source_port = (int)word_at(frame, at);
	names->destination_port = (int)word_at(frame, at + 2);
	if (names->protocol == 6 && at + 14 <= frame->count)
		names->tcp_flags = (int)byte_at(frame, at + 13);
}

struct frame_names frame_names_of(const uint8_t *start, size_t length_bytes)
{
	const struct bytes frame = { .start = start, .count = length_bytes };
	struct frame_names names = { .icmp_type = -1,
				     .protocol = -1,
				     .source_port = -1,
				     .destination_port = -1,
				     .tcp_flags = -1 };
	unsigned int type;
	size_t ip = find_ip(&frame, &type);
	bool ipv6 = type == TYPE_IPV6;
	size_t at;

	if (!ip || ip + (ipv6 ? IPV6_BYTES : IPV4_BYTES) > length_bytes)
		return names;
	names.has_addresses = true;
	names.source = address_at(&frame, ip + (ipv6 ? 8 : 12), ipv6);
	names.destination = address_at(&frame, ip + (ipv6 ? 24 : 16), ipv6);
	at = ipv6 ? find_transport6(&frame, ip, &names) : find_transport4(&frame, ip, &names);
	name_transport(&frame, at, ipv6, &names);
	return names;
}
