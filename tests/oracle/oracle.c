// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judges the layers of a frame by a table: the rows of docs/packets.md in the order of that page,
 * each a question to one kind of layer. The layers are asked from the outermost; the first row that
 * holds decides.
 */
#include "questions.h"

#include <assert.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ON(kind)     (1u << LAYER_##kind)
#define WITH_PORT    (ON(TCP) | ON(UDP) | ON(UDP_LITE) | ON(SCTP) | ON(DCCP))
#define AFTER_TAGS   (ON(NON_IP) | ON(MPLS) | ON(DISCOVERY) | ON(PPPOE) | ON(IPV4) | ON(IPV6))
#define ANY_L4	     (WITH_PORT | ON(ICMP) | ON(ICMPV6) | ON(IGMP))

static_assert(LAYER_KIND_COUNT <= 32, "a set of kinds is one unsigned int");

enum verdict {
	PASSES,
	DROPPED,
	KNOB,  /* as the row's knob says */
	RANGE, /* as the port's range says */
};

struct row {
	const char *clause;
	const char *words;
	unsigned int kinds;			 /* the layers that are asked */
	bool (*holds)(const struct question *q); /* NULL: always */
	const char *reason;
	enum verdict verdict;
	enum oracle_knob knob;
	bool shows_port; /* the opinion names protocol and port */
};

/* X8 comes before the rows to which it is an exception, E4 before what may follow the tags. */
static const struct row rows[] = {
	{ "E1", "shorter than an Ethernet header", ON(ETHERNET), ethernet_is_cut,
	  "malformed-ethernet", .verdict = DROPPED },
	{ "E3", "a tag cut off", ON(TAG), tag_is_cut, "malformed-ethernet", .verdict = DROPPED },
	{ "E4a", "a ninth tag", ON(TAG), tag_is_ninth, "vlan-depth", .verdict = KNOB,
	  .knob = KNOB_VLAN_DEPTH },
	{ "E4b", "more than two VLAN ids", AFTER_TAGS, vlan_ids_are_too_many, "vlan-depth",
	  .verdict = KNOB, .knob = KNOB_VLAN_DEPTH },
	{ "E2", "an ethertype that is not looked into", ON(NON_IP), NULL, "non-ip",
	  .verdict = PASSES },
	{ "E5", "MPLS", ON(MPLS), NULL, "mpls", .verdict = KNOB, .knob = KNOB_MPLS },
	{ "E6", "PPPoE discovery", ON(DISCOVERY), NULL, "non-ip", .verdict = PASSES },
	{ "E7a", "PPPoE header cut off", ON(PPPOE), pppoe_is_cut, "malformed-ethernet",
	  .verdict = DROPPED },
	{ "E7b", "PPPoE length past the end", ON(PPPOE), pppoe_is_too_long, "malformed-ethernet",
	  .verdict = DROPPED },
	{ "E8", "no room for the PPP protocol", ON(PPP), ppp_is_cut, "malformed-ethernet",
	  .verdict = DROPPED },
	{ "E9", "another PPP protocol", ON(NON_IP_PPP), NULL, "non-ip", .verdict = PASSES },
	{ "I1a", "fewer than 20 bytes", ON(IPV4), ipv4_is_cut, "malformed-ipv4",
	  .verdict = DROPPED },
	{ "I1b", "version not 4", ON(IPV4), ipv4_is_not_4, "malformed-ipv4", .verdict = DROPPED },
	{ "I1c", "ihl < 5", ON(IPV4), ipv4_header_is_short, "malformed-ipv4", .verdict = DROPPED },
	{ "I1d", "total length < ihl*4", ON(IPV4), ipv4_total_is_short, "malformed-ipv4",
	  .verdict = DROPPED },
	{ "I1e", "total length past the end", ON(IPV4), total_is_too_long, "malformed-ipv4",
	  .verdict = DROPPED },
	{ "I2a", "fragment ends beyond 65535", ON(IPV4), ipv4_ends_too_far, "malformed-ipv4",
	  .verdict = DROPPED },
	{ "I2b", "more fragments, not a multiple of 8", ON(IPV4), ipv4_is_odd_sized,
	  "malformed-ipv4", .verdict = DROPPED },
	{ "I3", "TCP with fragment offset 1", ON(IPV4), ipv4_is_overlapping_tcp, "tiny-fragment",
	  .verdict = KNOB, .knob = KNOB_TINY_FRAGMENT },
	{ "I4", "any other fragment offset", ON(IPV4), is_later, "later-fragment", .verdict = KNOB,
	  .knob = KNOB_LATER_FRAGMENT },
	{ "I5", "another IPv4 protocol", ON(OTHER_IPV4), NULL, "other-protocol", .verdict = KNOB,
	  .knob = KNOB_OTHER_PROTOCOL },
	{ "S1a", "fewer than 40 bytes", ON(IPV6), ipv6_is_cut, "malformed-ipv6",
	  .verdict = DROPPED },
	{ "S1b", "version not 6", ON(IPV6), ipv6_is_not_6, "malformed-ipv6", .verdict = DROPPED },
	{ "S1c", "payload length past the end", ON(IPV6), payload_is_too_long, "malformed-ipv6",
	  .verdict = DROPPED },
	{ "S2", "jumbogram", ON(IPV6), payload_is_jumbo, "jumbogram", .verdict = KNOB,
	  .knob = KNOB_JUMBOGRAM },
	{ "S3", "payload length 0 before hop-by-hop", ON(IPV6), payload_is_unsaid, "malformed-ipv6",
	  .verdict = DROPPED },
	{ "X1", "hop-by-hop anywhere but first", ON(EXTENSION), hop_by_hop_is_misplaced,
	  "malformed-ipv6", .verdict = DROPPED },
	{ "X2", "a ninth extension header", ON(EXTENSION), extension_is_ninth, "ext-depth",
	  .verdict = KNOB, .knob = KNOB_EXT_DEPTH },
	{ "X8a", "extension header cut off in a first fragment", ON(EXTENSION),
	  extension_is_cut_in_first, "tiny-fragment", .verdict = KNOB, .knob = KNOB_TINY_FRAGMENT },
	{ "X3", "extension header cut off", ON(EXTENSION), extension_is_cut, "malformed-ipv6",
	  .verdict = DROPPED },
	{ "X4a", "fragment ends beyond 65535", ON(EXTENSION), fragment_ends_too_far,
	  "malformed-ipv6", .verdict = DROPPED },
	{ "X4b", "more fragments, not a multiple of 8", ON(EXTENSION), fragment_is_odd_sized,
	  "malformed-ipv6", .verdict = DROPPED },
	{ "X5", "fragment offset > 0", ON(EXTENSION), is_later, "later-fragment", .verdict = KNOB,
	  .knob = KNOB_LATER_FRAGMENT },
	{ "X9", "ESP or no next header", ON(NO_PORT), NULL, "no-port", .verdict = KNOB,
	  .knob = KNOB_NO_PORT },
	{ "X10", "another IPv6 next header", ON(OTHER_IPV6), NULL, "other-protocol",
	  .verdict = KNOB, .knob = KNOB_OTHER_PROTOCOL },
	{ "X8b", "L4 header cut off in a first fragment", ANY_L4, l4_is_cut_in_first,
	  "tiny-fragment", .verdict = KNOB, .knob = KNOB_TINY_FRAGMENT },
	{ "L1", "L4 header cut off", ANY_L4, l4_is_cut, "malformed-l4", .verdict = DROPPED },
	{ "L2", "TCP data offset < 5", ON(TCP), tcp_header_is_short, "malformed-l4",
	  .verdict = DROPPED },
	{ "X8c", "TCP options cut off in an IPv6 first fragment", ON(TCP),
	  tcp_header_is_cut_in_first, "tiny-fragment", .verdict = KNOB,
	  .knob = KNOB_TINY_FRAGMENT },
	{ "L3", "TCP data offset past the end", ON(TCP), tcp_header_is_cut, "malformed-l4",
	  .verdict = DROPPED },
	{ "L4", "UDP length < 8", ON(UDP), udp_is_short, "malformed-l4", .verdict = DROPPED },
	{ "L5", "UDP length past the end", ON(UDP), udp_is_too_long, "malformed-l4",
	  .verdict = DROPPED },
	{ "L6", "bad flags to a dropped port", ON(TCP), bad_flags_decide, "bad-flags",
	  .verdict = KNOB, .knob = KNOB_BAD_FLAGS, .shows_port = true },
	{ "L7", "a DHCP client's port", ON(UDP) | ON(UDP_LITE), is_for_dhcp_client, "dhcp-client",
	  .verdict = PASSES, .shows_port = true },
	{ "L8c", "a rule has the port and the addresses", WITH_PORT, rule_with_addresses_decides,
	  "rule", .verdict = RANGE, .shows_port = true },
	{ "L8a", "a rule has the port", WITH_PORT, rule_decides, "rule", .verdict = RANGE,
	  .shows_port = true },
	{ "L8d", "rules have the port, but other addresses, or have ended", WITH_PORT,
	  rules_are_passed_over, "default", .verdict = RANGE, .shows_port = true },
	{ "L8b", "no rule has the port", WITH_PORT, NULL, "default", .verdict = RANGE,
	  .shows_port = true },
	{ "C1", "destination unreachable, time exceeded, parameter problem", ON(ICMP),
	  icmp_is_error, "icmp", .verdict = PASSES },
	{ "C2", "echo", ON(ICMP), icmp_is_echo, "icmp", .verdict = KNOB, .knob = KNOB_ICMP_ECHO },
	{ "C3", "other ICMPv4", ON(ICMP), NULL, "icmp", .verdict = KNOB, .knob = KNOB_ICMP_OTHER },
	{ "C4", "ICMPv6 errors, MLD, neighbours", ON(ICMPV6), icmpv6_is_needed, "icmpv6",
	  .verdict = PASSES },
	{ "C5", "ICMPv6 echo", ON(ICMPV6), icmpv6_is_echo, "icmpv6", .verdict = KNOB,
	  .knob = KNOB_ICMPV6_ECHO },
	{ "C6", "ICMPv6 mobility", ON(ICMPV6), icmpv6_is_mobility, "icmpv6", .verdict = KNOB,
	  .knob = KNOB_ICMPV6_MOBILITY },
	{ "C7", "other ICMPv6", ON(ICMPV6), NULL, "icmpv6", .verdict = KNOB,
	  .knob = KNOB_ICMPV6_OTHER },
	{ "C8", "IGMP", ON(IGMP), NULL, "igmp", .verdict = PASSES },
};

/*
 * The knobs of options and extension headers take precedence over every row except malformed-*, and
 * those that decide before IP.
 */
static const struct row source_route = {
	"I6", "a source route, whose knob says drop", 0, NULL, "source-route", .verdict = DROPPED,
};
static const struct row routing_header = {
	"XK1", "a routing type whose knob says drop", 0, NULL, "routing-header", .verdict = DROPPED,
};
static const struct row extension_header = {
	"XK2",
	"an extension header whose knob says drop",
	0,
	NULL,
	"ext-header",
	.verdict = DROPPED,
};

/* U1, in place of the row's knob. */
static const struct row portless_rule = {
	"U1", "a rule without ports has the addresses", 0, NULL, "rule", .verdict = RANGE,
};

static const struct {
	int64_t number;
	enum oracle_knob knob;
} extension_knobs[] = {
	{ EXTENSION_HOP_BY_HOP, KNOB_HOP_BY_HOP },
	{ EXTENSION_ROUTING, KNOB_ROUTING },
	{ EXTENSION_FRAGMENT, KNOB_FRAGMENT },
	{ EXTENSION_AUTHENTICATION, KNOB_AUTHENTICATION },
	{ EXTENSION_DESTINATION_OPTIONS, KNOB_DESTINATION_OPTIONS },
	{ EXTENSION_MOBILITY, KNOB_MOBILITY },
	{ EXTENSION_HIP, KNOB_HIP },
	{ EXTENSION_SHIM6, KNOB_SHIM6 },
};

static const struct {
	int64_t type;
	enum oracle_knob knob;
} routing_knobs[] = {
	{ 0, KNOB_ROUTING_TYPE_0 },
	{ 1, KNOB_ROUTING_TYPE_1 },
	{ 3, KNOB_ROUTING_TYPE_3 },
	{ 4, KNOB_ROUTING_TYPE_4 },
};

static const char *const transports[LAYER_KIND_COUNT] = {
	[LAYER_TCP] = "tcp",   [LAYER_UDP] = "udp",   [LAYER_UDP_LITE] = "udp",
	[LAYER_SCTP] = "sctp", [LAYER_DCCP] = "dccp",
};

static const struct row *row_find(const struct question *q)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if ((rows[i].kinds & (1u << q->layer->kind)) &&
		    (!rows[i].holds || rows[i].holds(q)))
			return &rows[i];
	return NULL;
}

/*
 * The extension header in this layer, or LAYER_ABSENT. A jumbogram's hop-by-hop header is after the
 * end by the payload length, but still counts (S2).
 */
static int64_t extension_found(const struct layer *layer)
{
	const struct question q = { .layer = layer };

	if (layer->kind == LAYER_IPV6 && payload_is_jumbo(&q))
		return EXTENSION_HOP_BY_HOP;
	if (layer->kind != LAYER_EXTENSION || layer->nth > EXTENSIONS_MAX || !layer_is_whole(layer))
		return LAYER_ABSENT;
	return layer->number;
}

static bool routing_type_drops(const struct oracle_policy *policy, int64_t type)
{
	for (size_t i = 0; i < COUNT(routing_knobs); i++)
		if (type == routing_knobs[i].type && policy->knob_drops[routing_knobs[i].knob])
			return true;
	return false;
}

static bool extension_drops(const struct oracle_policy *policy, int64_t number)
{
	for (size_t i = 0; i < COUNT(extension_knobs); i++)
		if (number == extension_knobs[i].number &&
		    policy->knob_drops[extension_knobs[i].knob])
			return true;
	return false;
}

/* The layers up to the one that decided, itself included: a later fragment's header counts too. */
static const struct row *extension_row_find(const struct oracle_policy *policy,
					    const struct layers *layers,
					    const struct layer *decided)
{
	const struct row *found = NULL;

	for (const struct layer *layer = layers->at; layer <= decided; layer++) {
		int64_t number = extension_found(layer);

		if (layer->source_route == 1 && policy->knob_drops[KNOB_SOURCE_ROUTE])
			return &source_route;
		if (number == EXTENSION_ROUTING && routing_type_drops(policy, layer->type))
			return &routing_header;
		if (extension_drops(policy, number))
			found = &extension_header;
	}
	return found;
}

static bool row_drops(const struct row *row, const struct question *q)
{
	switch (row->verdict) {
	case PASSES:
		return false;
	case DROPPED:
		return true;
	case KNOB:
		return q->policy->knob_drops[row->knob];
	case RANGE:
		return q->range.drop;
	}
	return true;
}

/* Bad flags only refine what a range drops: they are in its mode. */
static bool row_monitors(const struct row *row, const struct question *q)
{
	switch (row->verdict) {
	case PASSES:
	case DROPPED:
		return false;
	case KNOB:
		return row->knob == KNOB_BAD_FLAGS ? q->range.monitored
						   : q->policy->knob_monitors[row->knob];
	case RANGE:
		return q->range.monitored;
	}
	return false;
}

static struct oracle_opinion opinion_of(const struct row *row, const struct question *q)
{
	struct oracle_opinion opinion = {
		.drop = row_drops(row, q),
		.monitored = row_drops(row, q) && row_monitors(row, q),
		.reason = row->reason,
		.port = -1,
		.clause = row->clause,
		.because = row->words,
	};

	if (row->shows_port) {
		opinion.protocol = transports[q->layer->kind];
		opinion.port = (int)q->layer->port;
	}
	if (row->verdict == RANGE) {
		opinion.rule = q->range.name;
		opinion.low = q->range.low;
		opinion.high = q->range.high;
		opinion.new_connection = row->shows_port && opens_connection(q);
	}
	return opinion;
}

static struct range range_of_layer(const struct oracle_policy *policy, const uint8_t *frame,
				   const struct layer *ip, const struct layer *layer)
{
	const struct subject subject = {
		.transport = transports[layer->kind],
		.port = layer->port,
		.family = ip->kind == LAYER_IPV4 ? ORACLE_IPV4 : ORACLE_IPV6,
		.source = frame + ip->source,
		.destination = frame + ip->destination,
		.has_bad_flags = layer->kind == LAYER_TCP &&
				 flags_are_bad(&(struct question){ .layer = layer }),
	};

	return range_of(policy, &subject);
}

/* U1 and U2: a packet without a port that a knob would decide, if a rule without ports matches. */
static const struct row *portless_row_find(const struct row *row, const uint8_t *frame,
					   const struct layer *ip, struct question *q)
{
	bool before_ip = row->knob == KNOB_VLAN_DEPTH || row->knob == KNOB_MPLS;
	struct portless_subject packet = {
		.is_unlifted = row->knob == KNOB_TINY_FRAGMENT || row->knob == KNOB_EXT_DEPTH ||
			       row->knob == KNOB_JUMBOGRAM,
		.knob_drops =
			q->policy->knob_drops[row->knob] && !q->policy->knob_monitors[row->knob],
	};

	if (row->verdict != KNOB || row->shows_port || before_ip)
		return row;
	packet.subject = (struct subject){
		.family = ip->kind == LAYER_IPV4 ? ORACLE_IPV4 : ORACLE_IPV6,
		.source = frame + ip->source,
		.destination = frame + ip->destination,
	};
	return portless_range_of(q->policy, &packet, &q->range) ? &portless_rule : row;
}

struct oracle_opinion oracle_judge(const struct oracle_policy *policy, const uint8_t *frame,
				   size_t length)
{
	struct question q = { .policy = policy };
	const struct layer *ip = NULL; /* the innermost: tunnels are not examined */
	const struct row *row = NULL;
	struct layers layers;

	layers_read(&layers, frame, length);
	for (size_t i = 0; i < layers.count && !row; i++) {
		q.layer = &layers.at[i];
		if (q.layer->source != LAYER_ABSENT)
			ip = q.layer;
		if (transports[q.layer->kind] && q.layer->port != LAYER_ABSENT)
			q.range = range_of_layer(policy, frame, ip, q.layer);
		row = row_find(&q);
	}
	if (!row)
		return (struct oracle_opinion){ .drop = true,
						.reason = "undecided",
						.port = -1,
						.clause = "?",
						.because = "the oracle is wrong" };
	if (strncmp(row->reason, "malformed-", strlen("malformed-")) && row->kinds != AFTER_TAGS) {
		const struct row *instead = extension_row_find(policy, &layers, q.layer);

		row = instead ? instead : row;
	}
	return opinion_of(portless_row_find(row, frame, ip, &q), &q);
}

const char *oracle_clause(size_t index, const char **ret_words, const char **ret_reason)
{
	const struct row *row = index < COUNT(rows)	   ? &rows[index]
				: index == COUNT(rows)	   ? &routing_header
				: index == COUNT(rows) + 1 ? &extension_header
				: index == COUNT(rows) + 2 ? &source_route
				: index == COUNT(rows) + 3 ? &portless_rule
							   : NULL;

	if (!row)
		return NULL;
	*ret_words = row->words;
	*ret_reason = row->reason;
	return row->clause;
}
