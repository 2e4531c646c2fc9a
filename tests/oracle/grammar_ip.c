// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The grammar of IPv4 with options and fragments, and of IPv6 with chains of extension headers.
 */
#include "draft.h"

#define MORE_FRAGMENTS 0x2000
#define DONT_FRAGMENT  0x4000
#define TCP	       6

enum piece { WHOLE, FIRST, MIDDLE, LAST, TINY };

/* Pads the bytes between `from` and the cursor to a multiple of 8. */
static void pad_to_eights(struct draft *d, size_t from)
{
	put_noise(d, (8 - (d->at - from) % 8) % 8);
}

/* A first fragment is a multiple of 8, and some of them stop before the headers do. */
static void cut_first_fragment(struct draft *d, size_t from)
{
	size_t kept = 8 * (size_t)below(d->g, 5);

	pad_to_eights(d, from);
	if (one_in(d->g, 2) && from + kept < d->at)
		d->at = from + kept;
}

static void put_address(struct draft *d, const struct grammar_addresses *likely, const void *usual,
			size_t bytes)
{
	if (!likely->count)
		put_bytes(d, usual, bytes);
	else if (one_in(d->g, 16))
		put_noise(d, bytes);
	else
		put_bytes(d, likely->list[below(d->g, (uint32_t)likely->count)], bytes);
}

/* -- IPv4 -- */

static enum piece pick_piece(struct grammar *g)
{
	static const enum piece pieces[] = { WHOLE, WHOLE, WHOLE, WHOLE,  WHOLE, WHOLE,
					     WHOLE, WHOLE, WHOLE, WHOLE,  WHOLE, WHOLE,
					     WHOLE, FIRST, FIRST, MIDDLE, LAST,	 TINY };

	return PICK(g, pieces);
}

static uint32_t fragment_field(struct draft *d, enum piece piece)
{
	uint32_t offset = 1 + below(d->g, 0x1000);

	switch (piece) {
	case WHOLE:
		return one_in(d->g, 2) ? DONT_FRAGMENT : 0;
	case FIRST:
		return MORE_FRAGMENTS;
	case MIDDLE:
		return MORE_FRAGMENTS | offset;
	case LAST:
		return offset;
	case TINY:
		return 1 | (one_in(d->g, 2) ? MORE_FRAGMENTS : 0);
	}
	return 0;
}

static void put_ipv4_options(struct draft *d, uint32_t words)
{
	static const uint8_t kinds[] = { 0, 1, 7, 68, 131, 137, 148 };

	for (uint32_t i = 0; i < words; i++) {
		put8(d, PICK(d->g, kinds));
		put8(d, 3 + below(d->g, 4));
		put16(d, draw(d->g));
	}
}

static void put_ipv4_body(struct draft *d, enum piece piece, uint8_t protocol)
{
	size_t from = d->at;

	d->l4_at = (int)from;
	d->in_first_fragment = piece == FIRST;
	if (piece == WHOLE || piece == FIRST)
		draft_put_l4(d, protocol);
	else
		put_noise(d, 8 * (size_t)(1 + below(d->g, 6)));
	if (piece == FIRST)
		cut_first_fragment(d, from);
	if (piece == LAST)
		put_noise(d, below(d->g, 8));
}

void draft_put_ipv4(struct draft *d)
{
	uint32_t words = one_in(d->g, 5) ? 1 + below(d->g, 10) : 0;
	enum piece piece = pick_piece(d->g);
	uint8_t protocol = piece == TINY && !one_in(d->g, 4) ? TCP : draft_pick_protocol(d);
	size_t from = d->at;

	d->ip_at = (int)from;
	d->ipv6 = false;
	mark(d, 1);
	put8(d, 0x40 | (5 + words));
	put8(d, 0);
	mark(d, 2);
	put16(d, 0);
	put16(d, draw(d->g));
	mark(d, 2);
	put16(d, fragment_field(d, piece));
	put8(d, 64);
	mark(d, 1);
	put8(d, protocol);
	put16(d, 0);
	put_address(d, &d->g->ipv4, "\xc0\0\x02\x07", 4);
	put_address(d, &d->g->ipv4, "\xc6\x33\x64\x01", 4);
	put_ipv4_options(d, words);
	put_ipv4_body(d, piece, protocol);
	set16(d, from + 2, (uint32_t)(d->at - from));
}

/* -- IPv6 -- */

enum header {
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	OPTIONS = 60,
	MOBILITY = 135,
	HIP = 139,
	SHIM6 = 140,
};

static uint32_t pick_chain_length(struct grammar *g)
{
	static const uint8_t lengths[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,
					   1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 8, 9, 10 };

	return PICK(g, lengths);
}

static uint8_t pick_header(struct grammar *g, bool first)
{
	static const uint8_t headers[] = { ROUTING, FRAGMENT, FRAGMENT, AUTHENTICATION, OPTIONS,
					   OPTIONS, MOBILITY, HIP,	SHIM6 };

	if (first ? one_in(g, 5) : one_in(g, 200))
		return HOP_BY_HOP;
	return PICK(g, headers);
}

/* Routing headers of dropped types are rare, so that later headers are still tested. */
static uint8_t pick_routing_type(struct grammar *g)
{
	static const uint8_t types[] = { 2, 2, 2, 2, 4, 4, 4, 4, 0, 1, 3, 5, 253 };

	return PICK(g, types);
}

/* Returns which fragment the packet after this header is. */
static enum piece put_fragment_header(struct draft *d)
{
	static const enum piece pieces[] = { WHOLE, WHOLE, WHOLE, FIRST, FIRST, MIDDLE, LAST };
	enum piece piece = PICK(d->g, pieces);
	uint32_t offset = piece == MIDDLE || piece == LAST ? 1 + below(d->g, 0x1000) : 0;
	uint32_t more = piece == MIDDLE || piece == FIRST;

	put8(d, 0);
	mark(d, 2);
	put16(d, offset << 3 | more);
	put_noise(d, 4);
	d->fragment_at = (int)d->at;
	return piece;
}

static enum piece put_extension(struct draft *d, uint8_t header, uint8_t next)
{
	uint32_t eights = one_in(d->g, 4) ? below(d->g, 6) : 0;
	size_t from = d->at;

	mark(d, 1);
	put8(d, next);
	if (header == FRAGMENT)
		return put_fragment_header(d);
	mark(d, 1);
	if (header == AUTHENTICATION)
		put8(d, one_in(d->g, 16) ? below(d->g, 6) : 2 * eights);
	else
		put8(d, eights);
	if (header == ROUTING)
		put8(d, pick_routing_type(d->g));
	put_noise(d, header == AUTHENTICATION ? 4 * (size_t)(d->frame[from + 1] + 2) - 2
		     : header == ROUTING      ? 8 * (size_t)eights + 5
					      : 8 * (size_t)eights + 6);
	return WHOLE;
}

/* Returns the end of the first header that makes the packet a first fragment, or 0. */
static size_t put_chain(struct draft *d, uint8_t header, uint32_t count, uint8_t protocol)
{
	size_t first_at = 0;

	for (; count; count--) {
		uint8_t next = count == 1 ? protocol : pick_header(d->g, false);
		enum piece piece = put_extension(d, header, next);

		if (piece == FIRST && !first_at)
			first_at = d->at;
		d->in_first_fragment = d->in_first_fragment || piece == FIRST;
		header = next;
		if (piece == MIDDLE || piece == LAST) {
			put_noise(d, 8 * (size_t)(1 + below(d->g, 5)));
			return first_at ? first_at : (size_t)d->fragment_at;
		}
	}
	d->l4_at = (int)d->at;
	draft_put_l4(d, protocol);
	return first_at;
}

/* RFC 2675: payload length 0, and a hop-by-hop option that holds the real one. */
static void put_jumbogram(struct draft *d, size_t from)
{
	d->frame[from + 6] = HOP_BY_HOP;
	mark(d, 1);
	put8(d, TCP);
	put8(d, 0);
	mark(d, 2);
	put16(d, one_in(d->g, 4) ? draw(d->g) : 0xc204);
	put_noise(d, 4);
	draft_put_l4(d, TCP);
}

void draft_put_ipv6(struct draft *d)
{
	uint32_t count = pick_chain_length(d->g);
	size_t from = d->at;
	uint8_t protocol, header;
	size_t first_at;

	d->ip_at = (int)from;
	d->ipv6 = true;
	protocol = draft_pick_protocol(d);
	header = count ? pick_header(d->g, true) : protocol;
	mark(d, 1);
	put_bytes(d, "\x60\0\0", 4);
	mark(d, 2);
	put16(d, 0);
	mark(d, 1);
	put8(d, header);
	put8(d, 64);
	put_address(d, &d->g->ipv6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16);
	put_address(d, &d->g->ipv6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	if (one_in(d->g, 96)) {
		put_jumbogram(d, from);
		return;
	}
	first_at = put_chain(d, header, count, protocol);
	if (first_at)
		cut_first_fragment(d, first_at);
	set16(d, from + 4, (uint32_t)(d->at - from - 40));
}
