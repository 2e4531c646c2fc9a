/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of docs/packets.md as packets, each with the expected result, derived by hand.
 */
#ifndef TESTS_PACKET_RULES_H
#define TESTS_PACKET_RULES_H

#include "judge.h"

struct rule_test {
	const char *rule;     /* the row of docs/packets.md */
	const char *sentence; /* says what is true */
	const char *packet;   /* recipe.h */
	const char *policy;
	struct judgement expected; /* counter is ignored */
};

extern const struct rule_test rules_link[], rules_buffers[], rules_ipv4[], rules_ipv6[],
	rules_extensions[], rules_l4[], rules_ports[], rules_icmp[];
extern const size_t rules_link_count, rules_buffers_count, rules_ipv4_count, rules_ipv6_count,
	rules_extensions_count, rules_l4_count, rules_ports_count, rules_icmp_count;

/* Each transport has a port that a rule allows and one that a rule drops. */
#define RULES                                                                                      \
	"rules:\n"                                                                                 \
	"  - {name: open, action: allow, ports: tcp+udp/443 sctp/443 dccp/443}\n"                  \
	"  - {name: shut, action: drop, ports: tcp+udp/23 sctp/23 dccp/23}\n"
#define DROP	   "version: 1\ndefault: drop\n" RULES
#define ALLOW	   "version: 1\ndefault: allow\n" RULES
#define KNOB(text) "portless: {" text "}\n"

/* Expected results. A recipe's destination port is 443 by default. */
#define PASSES(reason_)                                                                            \
	{                                                                                          \
		.drop = false, .dropped = false, .reason = reason_, .port = -1                     \
	}
#define DROPS(reason_)                                                                             \
	{                                                                                          \
		.drop = true, .dropped = true, .reason = reason_, .port = -1                       \
	}
#define OPEN(protocol_)                                                                            \
	{                                                                                          \
		.reason = "rule", .rule = "open", .protocol = protocol_, .port = 443, .low = 443,  \
		.high = 443                                                                        \
	}
#define SHUT(protocol_)                                                                            \
	{                                                                                          \
		.drop = true, .dropped = true, .reason = "rule", .rule = "shut",                   \
		.protocol = protocol_, .port = 23, .low = 23, .high = 23                           \
	}

#endif
