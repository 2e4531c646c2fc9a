/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding addresses and ICMP types in a frame. The result is undefined for malformed frames, and
 * for those that no policy decides by addresses or types; nothing prints it for them.
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

/* The offset of the IP header, and its ethertype; 0: there is none. */
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

/* Skips the extension headers that the program skips too (X1 to X7 of docs/packets.md). */
static int icmpv6_type(const struct bytes *frame, size_t ip)
{
	unsigned int header = byte_at(frame, ip + 6);
	size_t at = ip + IPV6_BYTES;

	while (at < frame->count && header != PROTOCOL_ICMPV6) {
		unsigned int next = byte_at(frame, at), length = byte_at(frame, at + 1);

		if (header == 44)
			at += 8;
		else if (header == 51)
			at += ((size_t)length + 2) * 4;
		else if (header == 0 || header == 43 || header == 60 || header == 135 ||
			 header == 139 || header == 140)
			at += ((size_t)length + 1) * 8;
		else
			return -1;
		header = next;
	}
	return at < frame->count ? (int)byte_at(frame, at) : -1;
}

struct frame_names frame_names_of(const uint8_t *start, size_t length_bytes)
{
	const struct bytes frame = { .start = start, .count = length_bytes };
	struct frame_names names = { .icmp_type = -1 };
	unsigned int type;
	size_t ip = find_ip(&frame, &type);
	bool ipv6 = type == TYPE_IPV6;

	if (!ip || ip + (ipv6 ? IPV6_BYTES : IPV4_BYTES) > length_bytes)
		return names;
	names.has_addresses = true;
	names.source = address_at(&frame, ip + (ipv6 ? 8 : 12), ipv6);
	names.destination = address_at(&frame, ip + (ipv6 ? 24 : 16), ipv6);
	if (ipv6) {
		names.icmp_type = icmpv6_type(&frame, ip);
	} else if (byte_at(&frame, ip + 9) == PROTOCOL_ICMP) {
		size_t at = ip + (size_t)(byte_at(&frame, ip) & 0x0f) * 4;

		if (at < length_bytes)
			names.icmp_type = (int)byte_at(&frame, at);
	}
	return names;
}
