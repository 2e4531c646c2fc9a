/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets written by hand, byte for byte, each with its result by docs/packets.md. Hex digits
 * with spaces anywhere; `xx*n` is a byte n times, n decimal. Names begin with the row's number.
 */
#ifndef ORACLE_BY_HAND_H
#define ORACLE_BY_HAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet_by_hand {
	const char *name;
	const char *hex;
	bool drop;
	const char *reason, *rule, *protocol;
	int port;
	uint16_t low, high;
	bool new_connection;
	/* Other than default drop, dhcp_client auto, no forwarding, and every knob left out: */
	bool default_allow, no_dhcp_client, forwards_ipv6, no_rules;
	const char *knob_drop, *knob_allow;
};

extern const struct packet_by_hand packets_link[], packets_ipv4[], packets_ipv6[], packets_l4[];
extern const size_t packets_link_count, packets_ipv4_count, packets_ipv6_count, packets_l4_count;

#define PASS_AS(name)	       .drop = false, .reason = name, .port = -1
#define DROP_AS(name)	       .drop = true, .reason = name, .port = -1
#define AT(proto, number)      .protocol = proto, .port = number
#define BY_RULE(name, l, h)    .reason = "rule", .rule = name, .low = l, .high = h
#define BY_DEFAULT(name, l, h) .reason = "default", .rule = name, .low = l, .high = h

#define MACS "020000000001 020000000002 "
#define ETH4 MACS "0800 "
#define ETH6 MACS "86dd "
#define IP4(total, fragment, proto)                                                                \
	"4500 " total " 0001 " fragment " 40 " proto " 0000 c0000207 c6336401 "
#define IP6(payload, next)                                                                         \
	"60000000 " payload " " next                                                               \
	" 40 20010db8000000000000000000000007 20010db8000000000000000000000001 "
#define TCP(port, offset_flags) "9c40 " port " 00000001 00000000 " offset_flags " ffff 0000 0000 "
#define UDP(port, length)	"9c40 " port " " length " 0000 "
#define EXT(next, length)	next " " length " 0104 00000000 "
#define ROUTE(next, type)	next " 00 " type " 00 00000000 "
#define FRAGMENT(next, field)	next " 00 " field " 00000001 "
#define WHOLE			"4000"

#endif
