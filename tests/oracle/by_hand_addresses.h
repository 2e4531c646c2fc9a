/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules with addresses, and rules that end, by hand: one packet each, under default drop. The
 * frames of by_hand.h go from 192.0.2.7 to 198.51.100.1, or from 2001:db8::7 to 2001:db8::1.
 */
#ifndef ORACLE_BY_HAND_ADDRESSES_H
#define ORACLE_BY_HAND_ADDRESSES_H

#include "by_hand.h"

enum { ADDRESS_RULES_MAX = 3 };

/* All have tcp/22, udp/22 and udp/68, and are named first, second, third. */
struct address_rule {
	enum { NO_RULE, ALLOW_RULE, DROP_RULE } action;
	const char *from, *to; /* separated by spaces */
	bool ended;
};

struct address_case {
	const char *name;
	const char *hex;
	struct address_rule rules[ADDRESS_RULES_MAX];
	bool drop;
	const char *reason, *rule, *clause;
};

#define TO_SSH_FLAGS(flags) ETH4 IP4("0028", WHOLE, "06") TCP("0016", flags)
#define SYN4		    TO_SSH_FLAGS("5002")
#define SYN6		    ETH6 IP6("0014", "06") TCP("0016", "5002")
#define ALLOW(...)                                                                                 \
	{                                                                                          \
		.action = ALLOW_RULE, __VA_ARGS__                                                  \
	}
#define DENY(...)                                                                                  \
	{                                                                                          \
		.action = DROP_RULE, __VA_ARGS__                                                   \
	}
#define HIT	false, "rule", "first", "L8c"
#define MISS	true, "default", "_system", "L8d"
#define FROM(a) .from = a
#define TO(a)	.to = a
#define ONE(...)                                                                                   \
	{                                                                                          \
		ALLOW(__VA_ARGS__)                                                                 \
	}

static const struct address_case address_cases[] = {
	/* one prefix, IPv4 */
	{ "from 192.0.2.0/24 has 192.0.2.7", SYN4, ONE(FROM("192.0.2.0/24")), HIT },
	{ "from 192.0.3.0/24 has not", SYN4, ONE(FROM("192.0.3.0/24")), MISS },
	{ "from 192.0.2.0/29 ends with it", SYN4, ONE(FROM("192.0.2.0/29")), HIT },
	{ "from 192.0.2.8/29 begins after it", SYN4, ONE(FROM("192.0.2.8/29")), MISS },
	{ "from 192.0.2.6/31 has it", SYN4, ONE(FROM("192.0.2.6/31")), HIT },
	{ "from 192.0.2.4/31 has not", SYN4, ONE(FROM("192.0.2.4/31")), MISS },
	{ "from 192.0.2.7/32 is it", SYN4, ONE(FROM("192.0.2.7/32")), HIT },
	{ "from 192.0.2.6/32 is the one before", SYN4, ONE(FROM("192.0.2.6/32")), MISS },
	{ "from 192.0.2.8/32 is the one after", SYN4, ONE(FROM("192.0.2.8/32")), MISS },
	{ "from 0.0.0.0/0 is all of IPv4", SYN4, ONE(FROM("0.0.0.0/0")), HIT },
	{ "from 128.0.0.0/1 is the upper half", SYN4, ONE(FROM("128.0.0.0/1")), HIT },
	{ "from 0.0.0.0/1 is the lower half", SYN4, ONE(FROM("0.0.0.0/1")), MISS },
	{ "to 198.51.100.1/32 is it", SYN4, ONE(TO("198.51.100.1/32")), HIT },
	{ "to 198.51.100.0/32 is not", SYN4, ONE(TO("198.51.100.0/32")), MISS },
	{ "to 0.0.0.0/0 is all of IPv4", SYN4, ONE(TO("0.0.0.0/0")), HIT },
	{ "a source is no destination", SYN4, ONE(TO("192.0.2.7/32")), MISS },
	{ "a destination is no source", SYN4, ONE(FROM("198.51.100.1/32")), MISS },
	/* one prefix, IPv6 */
	{ "from 2001:db8::/32 has 2001:db8::7", SYN6, ONE(FROM("2001:db8::/32")), HIT },
	{ "from 2001:db9::/32 has not", SYN6, ONE(FROM("2001:db9::/32")), MISS },
	{ "from 2001:db8:8000::/33 has not", SYN6, ONE(FROM("2001:db8:8000::/33")), MISS },
	{ "from 2001:db8::/125 ends with it", SYN6, ONE(FROM("2001:db8::/125")), HIT },
	{ "from 2001:db8::8/125 begins after it", SYN6, ONE(FROM("2001:db8::8/125")), MISS },
	{ "from 2001:db8::7/128 is it", SYN6, ONE(FROM("2001:db8::7/128")), HIT },
	{ "from 2001:db8::6/128 is the one before", SYN6, ONE(FROM("2001:db8::6/128")), MISS },
	{ "from ::/0 is all of IPv6", SYN6, ONE(FROM("::/0")), HIT },
	{ "from ::/1 is the lower half", SYN6, ONE(FROM("::/1")), HIT },
	{ "from 8000::/1 is the upper half", SYN6, ONE(FROM("8000::/1")), MISS },
	{ "to 2001:db8::1/128 is it", SYN6, ONE(TO("2001:db8::1/128")), HIT },
	{ "to 2001:db8::/128 is not", SYN6, ONE(TO("2001:db8::/128")), MISS },
	{ "to ::/0 is all of IPv6", SYN6, ONE(TO("::/0")), HIT },
	{ "a source of IPv6 is no destination", SYN6, ONE(TO("2001:db8::7/128")), MISS },
	/* families */
	{ "from ::/0 has no IPv4", SYN4, ONE(FROM("::/0")), MISS },
	{ "from 0.0.0.0/0 has no IPv6", SYN6, ONE(FROM("0.0.0.0/0")), MISS },
	{ "IPv6 that begins with the same bytes has no IPv4", SYN4, ONE(FROM("c000:207::/32")),
	  MISS },
	{ "IPv4 of the same bytes has no IPv6", SYN6, ONE(FROM("32.1.13.184/32")), MISS },
	{ "both families in one list, IPv4", SYN4, ONE(FROM("2001:db8::/32 192.0.2.0/24")), HIT },
	{ "both families in one list, IPv6", SYN6, ONE(FROM("192.0.2.0/24 2001:db8::/32")), HIT },
	{ "from of one family and to of the other match nothing, IPv4", SYN4,
	  ONE(FROM("0.0.0.0/0"), TO("::/0")), MISS },
	{ "from of one family and to of the other match nothing, IPv6", SYN6,
	  ONE(FROM("0.0.0.0/0"), TO("::/0")), MISS },
	/* lists, from and to */
	{ "the last of three prefixes counts", SYN4,
	  ONE(FROM("10.0.0.0/8 172.16.0.0/12 192.0.2.0/24")), HIT },
	{ "none of two prefixes", SYN4, ONE(FROM("10.0.0.0/8 172.16.0.0/12")), MISS },
	{ "from and to both match", SYN4, ONE(FROM("192.0.2.0/24"), TO("198.51.100.0/24")), HIT },
	{ "from alone matches", SYN4, ONE(FROM("192.0.2.0/24"), TO("198.51.101.0/24")), MISS },
	{ "to alone matches", SYN4, ONE(FROM("192.0.3.0/24"), TO("198.51.100.0/24")), MISS },
	{ "no addresses are any, IPv4", SYN4, ONE(), false, "rule", "first", "L8a" },
	{ "no addresses are any, IPv6", SYN6, ONE(), false, "rule", "first", "L8a" },
	/* the first that matches */
	{ "the first of two that match decides",
	  SYN4,
	  { DENY(FROM("192.0.2.0/24")), ALLOW(FROM("192.0.2.7/32")) },
	  true,
	  "rule",
	  "first",
	  "L8c" },
	{ "the longer prefix does not go before the first rule",
	  SYN6,
	  { ALLOW(FROM("::/0")), DENY(FROM("2001:db8::7/128")) },
	  HIT },
	{ "the second decides where the first does not match",
	  SYN4,
	  { ALLOW(FROM("192.0.3.0/24")), DENY(TO("198.51.100.1/32")), ALLOW() },
	  true,
	  "rule",
	  "second",
	  "L8c" },
	{ "the third without addresses decides what is left",
	  SYN6,
	  { ALLOW(FROM("192.0.2.0/24")), ALLOW(TO("2001:db8::2/128")), DENY() },
	  true,
	  "rule",
	  "third",
	  "L8a" },
	/* rules that end */
	{ "a rule that has ended is skipped",
	  SYN4,
	  { ALLOW(.ended = true), DENY() },
	  true,
	  "rule",
	  "second",
	  "L8a" },
	{ "a rule that has ended leaves the default",
	  SYN4,
	  { ALLOW(FROM("192.0.2.0/24"), .ended = true) },
	  MISS },
	/* packets without a port, and rules that take precedence */
	{ "a first fragment has its port",
	  ETH4 IP4("0028", "2000", "11") UDP("0016", "0014") "00*12", ONE(FROM("192.0.2.0/24")),
	  true, "malformed-ipv4", NULL, "I2b" },
	{ "a first fragment of 16 bytes has its port",
	  ETH4 IP4("0024", "2000", "11") UDP("0016", "0010") "00*8", ONE(FROM("192.0.2.0/24")),
	  HIT },
	{ "a later fragment is matched by no rule",
	  ETH4 IP4("0024", "0003", "11") UDP("0016", "0010") "00*8",
	  { DENY(FROM("192.0.2.0/24")) },
	  false,
	  "later-fragment",
	  NULL,
	  "I4" },
	{ "ICMP is matched by no rule",
	  ETH4 IP4("001c", WHOLE, "01") "0800 0000 00000000",
	  { DENY(FROM("192.0.2.0/24")) },
	  false,
	  "icmp",
	  NULL,
	  "C2" },
	{ "IPv4 in IPv4 is judged by the outer header",
	  ETH4 IP4("003c", WHOLE,
		   "04") "4500 0028 0001 4000 40 06 0000 c0000207 c6336401" TCP("0016", "5002"),
	  { DENY(FROM("192.0.2.7/32")) },
	  false,
	  "other-protocol",
	  NULL,
	  "I5" },
	{ "bad flags of an allowed source are counted with the others", TO_SSH_FLAGS("5003"),
	  ONE(FROM("192.0.2.0/24")), HIT },
	{ "bad flags of another source are bad", TO_SSH_FLAGS("5003"), ONE(FROM("192.0.3.0/24")),
	  true, "bad-flags", NULL, "L6" },
	{ "bad flags of a dropped source are bad",
	  TO_SSH_FLAGS("5003"),
	  { DENY(FROM("192.0.2.0/24")), ALLOW() },
	  true,
	  "bad-flags",
	  NULL,
	  "L6" },
	{ "a DHCP reply from another source than the rule's passes",
	  ETH4 IP4("001c", WHOLE, "11") UDP("0044", "0008"),
	  { DENY(FROM("192.0.3.0/24")) },
	  false,
	  "dhcp-client",
	  NULL,
	  "L7" },
	{ "a DHCP reply from the rule's source is the rule's",
	  ETH4 IP4("001c", WHOLE, "11") UDP("0044", "0008"),
	  { DENY(FROM("192.0.2.0/24")) },
	  true,
	  "rule",
	  "first",
	  "L8c" },
	{ "a rule that has ended leaves DHCP its exception",
	  ETH4 IP4("001c", WHOLE, "11") UDP("0044", "0008"),
	  { DENY(.ended = true) },
	  false,
	  "dhcp-client",
	  NULL,
	  "L7" },
	/* the IP header that counts */
	{ "addresses after a tag",
	  MACS "8100 0005 0800" IP4("0028", WHOLE, "06") TCP("0016", "5002"),
	  ONE(FROM("192.0.2.7/32"), TO("198.51.100.1/32")), HIT },
	{ "addresses after PPPoE",
	  MACS "8864 1100 0001 003e 0057" IP6("0014", "06") TCP("0016", "5002"),
	  ONE(FROM("2001:db8::7/128"), TO("2001:db8::1/128")), HIT },
	{ "options hide no address",
	  ETH4 "4600 002c 0001 4000 40 06 0000 c0000207 c6336401 01010100" TCP("0016", "5002"),
	  ONE(FROM("192.0.2.7/32"), TO("198.51.100.1/32")), HIT },
	{ "the destination of IPv6 is the header's, not the routing header's",
	  ETH6 IP6("002c", "2b") "06 02 02 01 00000000 20010db8000000000000000000000009" TCP(
		  "0016", "5002"),
	  ONE(TO("2001:db8::9/128")), MISS },
	{ "the destination of IPv6 stays as it is before a routing header",
	  ETH6 IP6("002c", "2b") "06 02 02 01 00000000 20010db8000000000000000000000009" TCP(
		  "0016", "5002"),
	  ONE(TO("2001:db8::1/128")), HIT },
};

#endif
