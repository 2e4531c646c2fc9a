// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The questions. A missing field is -1: rows that read it come after a row that checks for enough
 * bytes.
 */
#include "questions.h"

#include <string.h>

#define COUNT(array)	   (sizeof(array) / sizeof((array)[0]))
#define IP_LENGTH_MAX	   65535
#define JUMBO_OPTION	   0xc204 /* type and length, RFC 2675 section 2 */
#define DHCP_CLIENT_PORT   68
#define DHCPV6_CLIENT_PORT 546

enum tcp_flag { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20 };

static const int64_t l4_minimum[LAYER_KIND_COUNT] = {
	[LAYER_TCP] = 20,  [LAYER_UDP] = 8,  [LAYER_UDP_LITE] = 8, [LAYER_SCTP] = 12,
	[LAYER_DCCP] = 12, [LAYER_ICMP] = 8, [LAYER_ICMPV6] = 4,   [LAYER_IGMP] = 0,
};

/* -- the questions: link -- */

bool tag_is_cut(const struct question *q)
{
	return q->layer->nth <= TAGS_MAX && q->layer->room < 4;
}

bool tag_is_ninth(const struct question *q)
{
	return q->layer->nth > TAGS_MAX;
}

bool vlan_ids_are_too_many(const struct question *q)
{
	return q->layer->vlan_ids > VLAN_IDS_MAX;
}

bool ethernet_is_cut(const struct question *q)
{
	return q->layer->room < 14;
}

bool pppoe_is_cut(const struct question *q)
{
	return q->layer->room < 6;
}

bool pppoe_is_too_long(const struct question *q)
{
	return q->layer->length > q->layer->room - 6;
}

bool ppp_is_cut(const struct question *q)
{
	return q->layer->next == LAYER_ABSENT;
}

/* -- the questions: IPv4 -- */

bool ipv4_is_cut(const struct question *q)
{
	return q->layer->room < 20;
}

bool ipv4_is_not_4(const struct question *q)
{
	return q->layer->version != 4;
}

bool ipv4_header_is_short(const struct question *q)
{
	return q->layer->size < 20;
}

bool ipv4_total_is_short(const struct question *q)
{
	return q->layer->length < q->layer->size;
}

bool total_is_too_long(const struct question *q)
{
	return q->layer->length > q->layer->room;
}

bool ipv4_ends_too_far(const struct question *q)
{
	return q->layer->offset + q->layer->length - q->layer->size > IP_LENGTH_MAX;
}

bool ipv4_is_odd_sized(const struct question *q)
{
	return q->layer->more && (q->layer->length - q->layer->size) % 8 != 0;
}

bool ipv4_is_overlapping_tcp(const struct question *q)
{
	return q->layer->next == 6 && q->layer->offset == 8;
}

bool is_later(const struct question *q)
{
	return q->layer->offset > 0;
}

/* -- the questions: IPv6 -- */

bool ipv6_is_cut(const struct question *q)
{
	return q->layer->room < 40;
}

bool ipv6_is_not_6(const struct question *q)
{
	return q->layer->version != 6;
}

bool payload_is_too_long(const struct question *q)
{
	return q->layer->length > q->layer->room - 40;
}

bool payload_is_unsaid(const struct question *q)
{
	return q->layer->length == 0 && q->layer->next == EXTENSION_HOP_BY_HOP;
}

bool payload_is_jumbo(const struct question *q)
{
	return payload_is_unsaid(q) && q->layer->option == JUMBO_OPTION;
}

bool hop_by_hop_is_misplaced(const struct question *q)
{
	return q->layer->number == EXTENSION_HOP_BY_HOP && q->layer->nth > 1 &&
	       q->layer->nth <= EXTENSIONS_MAX;
}

bool extension_is_ninth(const struct question *q)
{
	return q->layer->nth > EXTENSIONS_MAX;
}

bool layer_is_whole(const struct layer *extension)
{
	return extension->room >= 8 && extension->size <= extension->room;
}

bool extension_is_cut(const struct question *q)
{
	return !layer_is_whole(q->layer);
}

bool extension_is_cut_in_first(const struct question *q)
{
	return extension_is_cut(q) && q->layer->fragment != FRAGMENT_NONE;
}

bool fragment_ends_too_far(const struct question *q)
{
	return q->layer->number == EXTENSION_FRAGMENT &&
	       q->layer->offset + q->layer->room - 8 > IP_LENGTH_MAX;
}

bool fragment_is_odd_sized(const struct question *q)
{
	return q->layer->number == EXTENSION_FRAGMENT && q->layer->more &&
	       (q->layer->room - 8) % 8 != 0;
}

/* -- the questions: L4 -- */

bool l4_is_cut(const struct question *q)
{
	return q->layer->room < l4_minimum[q->layer->kind];
}

bool l4_is_cut_in_first(const struct question *q)
{
	return l4_is_cut(q) && q->layer->fragment != FRAGMENT_NONE;
}

bool tcp_header_is_short(const struct question *q)
{
	return q->layer->size < 20;
}

bool tcp_header_is_cut(const struct question *q)
{
	return q->layer->size > q->layer->room && q->layer->fragment == FRAGMENT_NONE;
}

bool tcp_header_is_cut_in_first(const struct question *q)
{
	return q->layer->size > q->layer->room && q->layer->fragment == FRAGMENT_FIRST_IPV6;
}

bool udp_is_short(const struct question *q)
{
	return q->layer->length < 8;
}

bool udp_is_too_long(const struct question *q)
{
	return q->layer->length > q->layer->room && q->layer->fragment == FRAGMENT_NONE;
}

bool flags_are_bad(const struct question *q)
{
	int64_t flags = q->layer->flags;
	bool syn = flags & SYN;

	return (syn && (flags & FIN)) || (syn && (flags & RST)) ||
	       !(flags & (SYN | FIN | RST | ACK | PSH | URG)) || ((flags & FIN) && !(flags & ACK));
}

bool bad_flags_decide(const struct question *q)
{
	return (q->range.drop || q->range.portless) && flags_are_bad(q);
}

bool is_for_dhcp_client(const struct question *q)
{
	return (q->layer->port == DHCP_CLIENT_PORT || q->layer->port == DHCPV6_CLIENT_PORT) &&
	       !q->range.is_rule && q->policy->default_drop && q->policy->dhcp_client;
}

bool rule_decides(const struct question *q)
{
	return q->range.is_rule;
}

bool rule_with_addresses_decides(const struct question *q)
{
	return q->range.is_rule && q->range.names_addresses;
}

bool rules_are_passed_over(const struct question *q)
{
	return q->range.passed_over;
}

/* -- the questions: ICMP -- */

struct types {
	int64_t low, high;
};

static bool type_is_in(const struct question *q, const struct types *types, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (q->layer->type >= types[i].low && q->layer->type <= types[i].high)
			return true;
	return false;
}

bool icmp_is_error(const struct question *q)
{
	static const struct types types[] = { { 3, 3 }, { 11, 12 } };

	return type_is_in(q, types, COUNT(types));
}

bool icmp_is_echo(const struct question *q)
{
	static const struct types types[] = { { 0, 0 }, { 8, 8 } };

	return type_is_in(q, types, COUNT(types));
}

/* RFC 4890 section 4.4 */
bool icmpv6_is_needed(const struct question *q)
{
	static const struct types types[] = {
		{ 1, 4 }, { 130, 136 }, { 141, 143 }, { 148, 149 }, { 151, 153 }
	};

	return type_is_in(q, types, COUNT(types));
}

bool icmpv6_is_echo(const struct question *q)
{
	return q->layer->type == 128 || q->layer->type == 129;
}

bool icmpv6_is_mobility(const struct question *q)
{
	return q->layer->type >= 144 && q->layer->type <= 147;
}

bool opens_connection(const struct question *q)
{
	return q->layer->kind == LAYER_TCP && (q->layer->flags & SYN) && !(q->layer->flags & ACK);
}
