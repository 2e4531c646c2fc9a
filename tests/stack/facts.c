/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A walk over a frame, in the order of net/core/dev.c, net/ipv4 and net/ipv6. */
#include "facts.h"

#include <assert.h>

#include "base/cleanup.h"

enum { TCP = 6, UDP = 17, DCCP = 33, SCTP = 132, UDP_LITE = 136 };
enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60 };
enum { MOBILITY = 135, HIP = 139, SHIM6 = 140 };

enum { TAGS_WALKED = 8, HEADERS_WALKED = 8 }; /* by portsieve */

struct walk {
	struct facts facts;
	const uint8_t *frame;
	size_t at, end; /* of what the lengths speak of, as far as the frame goes */
};

const char *facts_name(enum facts_deliberate entry)
{
	static const char *const names[] = { "D1", "D2", "D3",	"D4",  "D5",  "D6",	 "D7",
					     "D8", "D9", "D10", "D11", "D12", "no entry" };

	static_assert(ARRAY_SIZE(names) == FACTS_DELIBERATE_COUNT + 1, "one name for each entry");
	return names[entry];
}

static uint32_t word_at(const struct walk *w, size_t at)
{
	return at + 2 <= w->end ? (uint32_t)(w->frame[at] << 8 | w->frame[at + 1]) : 0;
}

static uint8_t byte_at(const struct walk *w, size_t at)
{
	return at < w->end ? w->frame[at] : 0;
}

static void note(struct walk *w, enum facts_deliberate entry)
{
	w->facts.deliberate |= 1u << entry;
}

/* Bytes that the ports' protocols need of their header. */
static size_t header_min(uint8_t protocol)
{
	switch (protocol) {
	case TCP:
		return 20;
	case UDP:
	case UDP_LITE:
		return 8;
	case DCCP:
	case SCTP:
		return 12;
	default:
		return 0;
	}
}

static void walk_l4(struct walk *w, uint8_t protocol, bool first_fragment)
{
	size_t there = w->end > w->at ? w->end - w->at : 0;

	w->facts.l4_at = (int)w->at;
	w->facts.protocol = protocol;
	w->facts.port = (uint16_t)word_at(w, w->at + 2);
	w->facts.first_fragment = first_fragment;
	w->facts.malformed = protocol == UDP && there >= 8 && word_at(w, w->at + 4) < 8;
	if (first_fragment && there < header_min(protocol))
		note(w, w->facts.ipv6 ? FACTS_D2 : FACTS_D1);
	if (first_fragment && w->facts.ipv6 && protocol == TCP &&
	    there < (size_t)(byte_at(w, w->at + 12) >> 4) * 4)
		note(w, FACTS_D2);
	if (w->facts.ipv6 && protocol == UDP && there >= 8 && !word_at(w, w->at + 4))
		note(w, FACTS_D4);
}

static void walk_ipv4_options(struct walk *w, size_t at, size_t end)
{
	while (at + 1 < end && w->frame[at]) {
		size_t length = w->frame[at] == 1 ? 1 : w->frame[at + 1];

		if (w->frame[at] == 131 || w->frame[at] == 137)
			note(w, FACTS_D11);
		if (!length)
			return;
		at += length;
	}
}

static void walk_ipv4(struct walk *w)
{
	size_t from = w->at, header = (size_t)(byte_at(w, from) & 15) * 4;
	uint32_t total = word_at(w, from + 2), fragment = word_at(w, from + 6);
	bool more = fragment & 0x2000;
	uint32_t offset = fragment & 0x1fff;

	w->facts.ip_at = (int)from;
	if (total >= header && from + total < w->end)
		w->end = from + total;
	if (header < 20 || from + header > w->end)
		return;
	walk_ipv4_options(w, from + 20, from + header);
	w->at = from + header;
	if (more && (w->end - w->at) % 8)
		note(w, FACTS_D3);
	if (offset * 8 + (w->end - w->at) > 65535)
		note(w, FACTS_D12);
	if (offset == 1 && w->frame[from + 9] == TCP)
		note(w, FACTS_D1);
	if (!offset)
		walk_l4(w, w->frame[from + 9], more);
}

static bool is_extension(uint8_t number)
{
	static const uint8_t numbers[] = { HOP_BY_HOP,	ROUTING,  FRAGMENT, AUTHENTICATION,
					   DESTINATION, MOBILITY, HIP,	    SHIM6 };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

static size_t extension_length(const struct walk *w, uint8_t number)
{
	if (number == FRAGMENT)
		return 8;
	return number == AUTHENTICATION ? ((size_t)byte_at(w, w->at + 1) + 2) * 4
					: ((size_t)byte_at(w, w->at + 1) + 1) * 8;
}

static void walk_routing(struct walk *w)
{
	uint8_t type = byte_at(w, w->at + 2);

	if (type == 0 || type == 1 || type == 3)
		note(w, FACTS_D6);
	if (type == 4)
		note(w, FACTS_D10);
}

static void walk_ipv6(struct walk *w)
{
	size_t from = w->at;
	uint32_t payload = word_at(w, from + 4);
	uint8_t number = byte_at(w, from + 6);
	bool first_fragment = false;

	w->facts.ipv6 = true;
	w->facts.ip_at = (int)from;
	if (!payload && number == HOP_BY_HOP)
		note(w, FACTS_D5);
	else if (from + 40 + payload < w->end)
		w->end = from + 40 + payload;
	w->at = from + 40;
	while (is_extension(number)) {
		size_t length = extension_length(w, number);

		if (w->at + 8 > w->end || w->at + length > w->end) {
			if (first_fragment)
				note(w, FACTS_D2);
			return;
		}
		if (w->facts.headers == HEADERS_WALKED)
			note(w, FACTS_D7);
		if (w->facts.headers < FACTS_HEADERS_MAX)
			w->facts.headers_at[w->facts.headers++] = (uint16_t)w->at;
		if (number == ROUTING)
			walk_routing(w);
		if (number == FRAGMENT) {
			uint32_t field = word_at(w, w->at + 2);

			w->facts.fragment_end = (int)w->at + 8;
			if (field & 1 && (w->end - w->at - 8) % 8)
				note(w, FACTS_D3);
			if (field & 0xfff8)
				return;
			first_fragment = first_fragment || field & 1;
		}
		number = w->frame[w->at];
		w->at += length;
	}
	walk_l4(w, number, first_fragment);
}

struct facts facts_read(const uint8_t *frame, size_t length)
{
	struct walk w = { .frame = frame, .at = 12, .end = length };
	struct facts *facts = &w.facts;
	uint32_t type = word_at(&w, w.at);

	facts->pppoe_at = facts->ip_at = facts->l4_at = facts->fragment_end = -1;
	for (; type == 0x8100 || type == 0x88a8; type = word_at(&w, w.at)) {
		if (facts->tags++ == TAGS_WALKED)
			note(&w, FACTS_D8);
		w.at += 4;
	}
	w.at += 2;
	if (type == 0x8864) {
		facts->pppoe_at = (int)w.at;
		type = word_at(&w, w.at + 6) == 0x0021 ? 0x0800 : 0x86dd;
		w.at += 8;
	}
	if (type == 0x0800)
		walk_ipv4(&w);
	if (type == 0x86dd)
		walk_ipv6(&w);
	return *facts;
}
