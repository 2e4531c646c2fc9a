// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes a frame apart into layers. Every number is signed and 64 bits wide, every byte is read
 * through octet(), which knows the end of the frame and of the header around.
 */
#include "layers.h"

#include <assert.h>
#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct announcement {
	int64_t number;
	enum layer_kind kind;
};

static const struct announcement ethertypes[] = {
	{ 0x0800, LAYER_IPV4 },	 { 0x86dd, LAYER_IPV6 },      { 0x8100, LAYER_TAG },
	{ 0x88a8, LAYER_TAG },	 { 0x8847, LAYER_MPLS },      { 0x8848, LAYER_MPLS },
	{ 0x8864, LAYER_PPPOE }, { 0x8863, LAYER_DISCOVERY },
};

static const struct announcement ppp_protocols[] = {
	{ 0x0021, LAYER_IPV4 },
	{ 0x0057, LAYER_IPV6 },
};

static const struct announcement ipv4_protocols[] = {
	{ 6, LAYER_TCP },   { 17, LAYER_UDP }, { 136, LAYER_UDP_LITE }, { 132, LAYER_SCTP },
	{ 33, LAYER_DCCP }, { 1, LAYER_ICMP }, { 2, LAYER_IGMP },
};

static const struct announcement ipv6_protocols[] = {
	{ 6, LAYER_TCP },
	{ 17, LAYER_UDP },
	{ 58, LAYER_ICMPV6 },
	{ 136, LAYER_UDP_LITE },
	{ 132, LAYER_SCTP },
	{ 33, LAYER_DCCP },
	{ 50, LAYER_NO_PORT },
	{ 59, LAYER_NO_PORT },
	{ EXTENSION_HOP_BY_HOP, LAYER_EXTENSION },
	{ EXTENSION_ROUTING, LAYER_EXTENSION },
	{ EXTENSION_FRAGMENT, LAYER_EXTENSION },
	{ EXTENSION_AUTHENTICATION, LAYER_EXTENSION },
	{ EXTENSION_DESTINATION_OPTIONS, LAYER_EXTENSION },
	{ EXTENSION_MOBILITY, LAYER_EXTENSION },
	{ EXTENSION_HIP, LAYER_EXTENSION },
	{ EXTENSION_SHIM6, LAYER_EXTENSION },
};

static enum layer_kind kind_of(const struct announcement *known, size_t count, int64_t number,
			       enum layer_kind otherwise)
{
	for (size_t i = 0; i < count; i++)
		if (known[i].number == number)
			return known[i].kind;
	return otherwise;
}

static int64_t octet(const struct layers *layers, const struct layer *layer, int64_t at)
{
	if (at < 0 || at >= layer->room)
		return LAYER_ABSENT;
	return layers->frame[layer->start + at];
}

static int64_t pair(const struct layers *layers, const struct layer *layer, int64_t at)
{
	int64_t high = octet(layers, layer, at);
	int64_t low = octet(layers, layer, at + 1);

	return high < 0 || low < 0 ? LAYER_ABSENT : high * 256 + low;
}

static int64_t count_kind(const struct layers *layers, enum layer_kind kind)
{
	int64_t count = 0;

	for (size_t i = 0; i < layers->count; i++)
		count += layers->at[i].kind == kind;
	return count;
}

/* A layer that would begin after the end of the enclosing one does not exist. */
static void append(struct layers *layers, enum layer_kind kind, int64_t number, int64_t start,
		   int64_t limit)
{
	if (start > limit || layers->count == LAYERS_MAX)
		return;
	layers->at[layers->count] = (struct layer){
		.kind = kind,
		.fragment = layers->fragment,
		.nth = count_kind(layers, kind) + 1,
		.vlan_ids = layers->vlan_ids,
		.source_route = LAYER_ABSENT,
		.number = number,
		.start = start,
		.limit = limit,
		.room = limit - start,
		.size = LAYER_ABSENT,
		.length = LAYER_ABSENT,
		.version = LAYER_ABSENT,
		.next = LAYER_ABSENT,
		.offset = LAYER_ABSENT,
		.more = LAYER_ABSENT,
		.option = LAYER_ABSENT,
		.type = LAYER_ABSENT,
		.flags = LAYER_ABSENT,
		.port = LAYER_ABSENT,
		.source = LAYER_ABSENT,
		.destination = LAYER_ABSENT,
	};
	layers->count++;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void append_ethertype(struct layers *layers, struct layer *layer)
{
	enum layer_kind kind = kind_of(ethertypes, COUNT(ethertypes), layer->next, LAYER_NON_IP);

	if (layer->next != LAYER_ABSENT)
		append(layers, kind, layer->next, layer->start + layer->size, layer->limit);
}

static void read_ethernet(struct layers *layers, struct layer *layer)
{
	layer->size = 14;
	layer->next = pair(layers, layer, 12);
	append_ethertype(layers, layer);
}

static void read_tag(struct layers *layers, struct layer *layer)
{
	layer->size = 4;
	layer->next = pair(layers, layer, 2);
	layers->vlan_ids += pair(layers, layer, 0) % 4096 > 0;
	if (layer->nth <= TAGS_MAX)
		append_ethertype(layers, layer);
}

static void read_pppoe(struct layers *layers, struct layer *layer)
{
	int64_t inside = layer->start + 6;

	layer->size = 6;
	layer->length = pair(layers, layer, 4);
	if (layer->length != LAYER_ABSENT)
		append(layers, LAYER_PPP, LAYER_ABSENT, inside,
		       smaller(inside + layer->length, layer->limit));
}

/* RFC 1661 section 5: the last byte of a protocol number is odd, all before it are even. */
static void read_ppp(struct layers *layers, struct layer *layer)
{
	int64_t first = octet(layers, layer, 0);
	bool compressed = first != LAYER_ABSENT && first % 2 == 1;

	layer->size = compressed ? 1 : 2;
	layer->next = compressed ? first : pair(layers, layer, 0);
	if (layer->next == LAYER_ABSENT)
		return;
	append(layers, kind_of(ppp_protocols, COUNT(ppp_protocols), layer->next, LAYER_NON_IP_PPP),
	       layer->next, layer->start + layer->size, layer->limit);
}

/* RFC 791 section 3.1: types 0 and 1 are single bytes, the others have a length. */
static int64_t has_source_route(const struct layers *layers, const struct layer *ip)
{
	int64_t at = 20;

	while (at < ip->size && at < ip->room) {
		int64_t type = octet(layers, ip, at);
		int64_t length = at + 1 < ip->size ? octet(layers, ip, at + 1) : LAYER_ABSENT;

		if (type == 0)
			return 0;
		if (type == 1) {
			at++;
			continue;
		}
		if (length < 2)
			return 0;
		if (type == 131 || type == 137)
			return 1;
		at += length;
	}
	return 0;
}

static void read_ipv4(struct layers *layers, struct layer *layer)
{
	int64_t first = octet(layers, layer, 0);
	int64_t fragment = pair(layers, layer, 6);

	if (layer->room < 20)
		return;
	layer->version = first / 16;
	layer->size = first % 16 * 4;
	layer->length = pair(layers, layer, 2);
	layer->offset = fragment % 8192 * 8;
	layer->more = fragment / 8192 % 2;
	layer->next = octet(layers, layer, 9);
	layer->source_route = has_source_route(layers, layer);
	layer->source = layer->start + 12;
	layer->destination = layer->start + 16;
	if (layer->offset > 0)
		return;
	layers->fragment = layer->more ? FRAGMENT_FIRST_IPV4 : FRAGMENT_NONE;
	append(layers,
	       kind_of(ipv4_protocols, COUNT(ipv4_protocols), layer->next, LAYER_OTHER_IPV4),
	       layer->next, layer->start + layer->size,
	       smaller(layer->start + layer->length, layer->limit));
}

static void append_next_header(struct layers *layers, struct layer *layer, int64_t limit)
{
	append(layers,
	       kind_of(ipv6_protocols, COUNT(ipv6_protocols), layer->next, LAYER_OTHER_IPV6),
	       layer->next, layer->start + layer->size, limit);
}

static void read_ipv6(struct layers *layers, struct layer *layer)
{
	if (layer->room < 40)
		return;
	layer->version = octet(layers, layer, 0) / 16;
	layer->size = 40;
	layer->length = pair(layers, layer, 4);
	layer->next = octet(layers, layer, 6);
	layer->source = layer->start + 8;
	layer->destination = layer->start + 24;
	if (layer->room >= 48)
		layer->option = pair(layers, layer, 42);
	append_next_header(layers, layer, smaller(layer->start + 40 + layer->length, layer->limit));
}

/* RFC 8200 section 4.2 and, for authentication, RFC 4302 section 2.2; fragments have no length. */
static int64_t extension_size(int64_t number, int64_t length_field)
{
	if (number == EXTENSION_FRAGMENT)
		return 8;
	if (number == EXTENSION_AUTHENTICATION)
		return (length_field + 2) * 4;
	return (length_field + 1) * 8;
}

static void read_fragment(struct layers *layers, struct layer *layer)
{
	int64_t field = pair(layers, layer, 2);

	layer->offset = field / 8 * 8;
	layer->more = field % 2;
	if (layer->more)
		layers->fragment = FRAGMENT_FIRST_IPV6;
}

static void read_extension(struct layers *layers, struct layer *layer)
{
	if (layer->room < 8)
		return;
	layer->next = octet(layers, layer, 0);
	layer->size = extension_size(layer->number, octet(layers, layer, 1));
	if (layer->size > layer->room)
		return;
	if (layer->number == EXTENSION_ROUTING)
		layer->type = octet(layers, layer, 2);
	if (layer->number == EXTENSION_FRAGMENT)
		read_fragment(layers, layer);
	if (layer->offset <= 0 && layer->nth <= EXTENSIONS_MAX)
		append_next_header(layers, layer, layer->limit);
}

static void read_tcp(struct layers *layers, struct layer *layer)
{
	int64_t data_offset = octet(layers, layer, 12);

	layer->port = pair(layers, layer, 2);
	layer->flags = octet(layers, layer, 13);
	if (data_offset != LAYER_ABSENT)
		layer->size = data_offset / 16 * 4;
}

static void read_udp(struct layers *layers, struct layer *layer)
{
	layer->port = pair(layers, layer, 2);
	layer->length = pair(layers, layer, 4);
}

static void read_ports(struct layers *layers, struct layer *layer)
{
	layer->port = pair(layers, layer, 2);
}

static void read_icmp(struct layers *layers, struct layer *layer)
{
	layer->type = octet(layers, layer, 0);
}

static const struct {
	const char *name;
	void (*read)(struct layers *layers, struct layer *layer); /* NULL: nothing to read */
} kinds[] = {
	[LAYER_ETHERNET] = { "ethernet", read_ethernet },
	[LAYER_TAG] = { "vlan tag", read_tag },
	[LAYER_NON_IP] = { "non-ip", NULL },
	[LAYER_MPLS] = { "mpls", NULL },
	[LAYER_DISCOVERY] = { "pppoe discovery", NULL },
	[LAYER_PPPOE] = { "pppoe session", read_pppoe },
	[LAYER_PPP] = { "ppp", read_ppp },
	[LAYER_NON_IP_PPP] = { "non-ip in ppp", NULL },
	[LAYER_IPV4] = { "ipv4", read_ipv4 },
	[LAYER_IPV6] = { "ipv6", read_ipv6 },
	[LAYER_EXTENSION] = { "extension header", read_extension },
	[LAYER_NO_PORT] = { "no port", NULL },
	[LAYER_OTHER_IPV4] = { "other protocol", NULL },
	[LAYER_OTHER_IPV6] = { "other protocol", NULL },
	[LAYER_TCP] = { "tcp", read_tcp },
	[LAYER_UDP] = { "udp", read_udp },
	[LAYER_UDP_LITE] = { "udp-lite", read_ports },
	[LAYER_SCTP] = { "sctp", read_ports },
	[LAYER_DCCP] = { "dccp", read_ports },
	[LAYER_ICMP] = { "icmp", read_icmp },
	[LAYER_ICMPV6] = { "icmpv6", read_icmp },
	[LAYER_IGMP] = { "igmp", NULL },
};
static_assert(COUNT(kinds) == LAYER_KIND_COUNT, "every kind has a name");

const char *layer_kind_name(enum layer_kind kind)
{
	return kinds[kind].name;
}

void layers_read(struct layers *ret_layers, const uint8_t *frame, size_t length)
{
	ret_layers->frame = frame;
	ret_layers->count = 0;
	ret_layers->fragment = FRAGMENT_NONE;
	ret_layers->vlan_ids = 0;
	append(ret_layers, LAYER_ETHERNET, LAYER_ABSENT, 0, (int64_t)length);
	for (size_t i = 0; i < ret_layers->count; i++)
		if (kinds[ret_layers->at[i].kind].read)
			kinds[ret_layers->at[i].kind].read(ret_layers, &ret_layers->at[i]);
}
