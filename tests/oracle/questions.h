/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The questions that the rows of docs/packets.md ask about a layer, one function each. None decides
 * anything; oracle.c has the rows.
 */
#ifndef ORACLE_QUESTIONS_H
#define ORACLE_QUESTIONS_H

#include "layers.h"
#include "ranges.h"

struct question {
	const struct oracle_policy *policy;
	const struct layer *layer;
	struct range range; /* only where the layer has a port */
};

bool tag_is_cut(const struct question *q);
bool tag_is_ninth(const struct question *q);
bool vlan_ids_are_too_many(const struct question *q);
bool ethernet_is_cut(const struct question *q);
bool pppoe_is_cut(const struct question *q);
bool pppoe_is_too_long(const struct question *q);
bool ppp_is_cut(const struct question *q);
bool ipv4_is_cut(const struct question *q);
bool ipv4_is_not_4(const struct question *q);
bool ipv4_header_is_short(const struct question *q);
bool ipv4_total_is_short(const struct question *q);
bool total_is_too_long(const struct question *q);
bool ipv4_ends_too_far(const struct question *q);
bool ipv4_is_odd_sized(const struct question *q);
bool ipv4_is_overlapping_tcp(const struct question *q);
bool is_later(const struct question *q);
bool ipv6_is_cut(const struct question *q);
bool ipv6_is_not_6(const struct question *q);
bool payload_is_too_long(const struct question *q);
bool payload_is_unsaid(const struct question *q);
bool payload_is_jumbo(const struct question *q);
bool hop_by_hop_is_misplaced(const struct question *q);
bool extension_is_ninth(const struct question *q);
bool extension_is_cut(const struct question *q);
bool extension_is_cut_in_first(const struct question *q);
bool fragment_ends_too_far(const struct question *q);
bool fragment_is_odd_sized(const struct question *q);
bool l4_is_cut(const struct question *q);
bool l4_is_cut_in_first(const struct question *q);
bool tcp_header_is_short(const struct question *q);
bool tcp_header_is_cut(const struct question *q);
bool tcp_header_is_cut_in_first(const struct question *q);
bool udp_is_short(const struct question *q);
bool udp_is_too_long(const struct question *q);
bool flags_are_bad(const struct question *q);
bool bad_flags_decide(const struct question *q);
bool is_for_dhcp_client(const struct question *q);
bool icmp_is_error(const struct question *q);
bool icmp_is_echo(const struct question *q);
bool icmpv6_is_needed(const struct question *q);
bool icmpv6_is_echo(const struct question *q);
bool icmpv6_is_mobility(const struct question *q);
bool rule_decides(const struct question *q);
bool rule_with_addresses_decides(const struct question *q);
bool rules_are_passed_over(const struct question *q);
bool opens_connection(const struct question *q);

/* X3 has found this extension header whole. */
bool layer_is_whole(const struct layer *extension);

#endif
