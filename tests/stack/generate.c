/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shots by a grammar of what Linux delivers: recipes, cut into fragments, then mutated by the
 * oracle's grammar. Some frames are the oracle's own.
 */
#include "cmocka_first.h"
#include "shot.h"

#include <stdarg.h>
#include <string.h>

#include "draft.h"
#include "facts.h"
#include "lab.h"
#include "recipe.h"

enum { WORDS_SIZE = 1024, TAGS_ROOM = 4 };

static char words[WORDS_SIZE];
static size_t words_length;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	words_length += (size_t)vsnprintf(words + words_length, WORDS_SIZE - words_length, format,
					  arguments);
	va_end(arguments);
	assert_true(words_length < WORDS_SIZE);
}

static uint32_t say_tags(struct grammar *g)
{
	static const uint8_t counts[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
					  1, 1, 1, 1, 2, 2, 2, 3, 4, 7, 8, 9 };
	uint32_t count = PICK(g, counts);

	for (uint32_t i = 0; i < count; i++)
		say(" %s:vid=%u", one_in(g, 2) ? "vlan" : "qinq", one_in(g, 24) ? 5 : 0);
	return count;
}

static void say_l4(struct grammar *g, bool ipv6)
{
	static const char *const names[] = { "tcp", "tcp", "tcp",  "tcp",  "tcp",  "udp", "udp",
					     "udp", "udp", "lite", "lite", "sctp", "dccp" };
	static const uint8_t flags[] = { 2, 2, 2, 2, 0x10, 0x12, 0x18, 0x11, 0xc2, 3, 0, 4 };
	const char *name = PICK(g, names);
	uint32_t port =
		one_in(g, 8) ? below(g, 65536) : lab_ports[below(g, (uint32_t)lab_port_count)];

	if (one_in(g, 32)) {
		say(one_in(g, 2) ? " esp" : ipv6 ? " icmp6" : " icmp");
		return;
	}
	say(" %s:port=%u", name, port);
	if (!strcmp(name, "tcp"))
		say(",flags=%u%s", PICK(g, flags), one_in(g, 4) ? ",size=32" : "");
	if (!strcmp(name, "lite"))
		say(",check=1%s", one_in(g, 3) ? ",coverage=8" : "");
	if (!strcmp(name, "udp") && one_in(g, 16))
		say(",len=%s", one_in(g, 2) ? "0" : one_in(g, 2) ? "-1" : "+1");
	say(" data:%u", one_in(g, 32) ? below(g, 600) : below(g, 40));
}

static void say_ipv4(struct grammar *g, uint32_t at)
{
	static const char *const routes[] = { "830704c633640200", "890704c633640200",
					      "018307040a000001", "01078307040a0000" };
	bool options = one_in(g, 8);

	say(" ip4:%s", options ? "size=28" : "df=0");
	if (one_in(g, 48))
		say(",total=%s", one_in(g, 2) ? "-1" : "+1");
	if (one_in(g, 48))
		say(",frag=%u,mf=%u", below(g, 4), below(g, 2));
	say_l4(g, false);
	if (options && one_in(g, 2))
		say(" poke:%u=%s", at + 20, PICK(g, routes));
}

static void say_extension(struct grammar *g, bool first)
{
	static const uint8_t types[] = { 2, 5, 253, 2, 5, 253, 4, 4, 0, 1, 3 };
	static const char *const rare[] = { "auth", "mobility", "hip", "shim6", "hop", "esp" };

	if (one_in(g, 40))
		say(" %s", PICK(g, rare));
	else if (first && one_in(g, 4))
		say(" hop");
	else if (one_in(g, 4))
		say(" route:type=%u%s", PICK(g, types), one_in(g, 16) ? ",left=1" : "");
	else if (one_in(g, 5))
		say(one_in(g, 8) ? " frag:mf=1" : " frag");
	else
		say(" dst");
}

static void say_ipv6(struct grammar *g)
{
	static const uint8_t counts[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1,	1,
					  2, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 8, 9, 9, 10, 12 };
	uint32_t count = PICK(g, counts);

	if (one_in(g, 48)) {
		say(" ip6:payload=0 hop");
		count = 0;
	} else {
		say(" ip6");
		if (one_in(g, 48))
			say(":payload=%s", one_in(g, 2) ? "-1" : "+1");
	}
	for (uint32_t i = 0; i < count; i++)
		say_extension(g, !i);
	if (one_in(g, 24)) /* SRv6: an inner packet without a tunnel */
		say(" route:size=24,type=4 %s", one_in(g, 2) ? "ip6" : "ip4");
	say_l4(g, true);
}

static enum shot_target pick_target(struct grammar *g)
{
	if (!one_in(g, 8))
		return TO_FIRST;
	return one_in(g, 2) ? TO_SECOND : TO_GROUP + below(g, TO_FOREIGN - TO_GROUP + 1);
}

static void make_words(struct grammar *g)
{
	uint32_t tags;
	bool pppoe;

	words_length = 0;
	say("eth");
	tags = say_tags(g);
	pppoe = one_in(g, 64);
	if (pppoe)
		say(" pppoe");
	if (one_in(g, 2))
		say_ipv4(g, 14 + tags * TAGS_ROOM + (pppoe ? 8 : 0));
	else
		say_ipv6(g);
	if (one_in(g, 16))
		say(" end data:%u", 1 + below(g, 12));
}

/* IEEE 802.2 with SNAP before an ethertype: no network protocol of Linux listens there. */
static void wrap_in_snap(struct shot_frame *frame)
{
	static const uint8_t snap[] = { 0, 0, 0xaa, 0xaa, 3, 0, 0, 0 };

	memmove(frame->bytes + 20, frame->bytes + 12, frame->length - 12);
	memcpy(frame->bytes + 12, snap, sizeof(snap));
	frame->length += 8;
	frame->bytes[12] = (uint8_t)((frame->length - 14) >> 8);
	frame->bytes[13] = (uint8_t)(frame->length - 14);
}

static void mark_at(struct draft *d, int at, uint8_t width)
{
	if (at < 0 || (size_t)at + width > d->at || d->mark_count == DRAFT_MARKS_MAX)
		return;
	d->marks[d->mark_count].at = (uint16_t)at;
	d->marks[d->mark_count++].width = width;
}

/* The fields that are worth a lie: types, lengths, fragments, next headers, ports. */
static void mark_fields(struct draft *d, const struct facts *facts)
{
	for (unsigned int i = 0; i <= facts->tags; i++)
		mark_at(d, 12 + 4 * (int)i, 2);
	if (facts->ip_at >= 0 && facts->ipv6) {
		mark_at(d, facts->ip_at + 4, 2);
		mark_at(d, facts->ip_at + 6, 1);
	} else if (facts->ip_at >= 0) {
		mark_at(d, facts->ip_at, 1);
		mark_at(d, facts->ip_at + 2, 2);
		mark_at(d, facts->ip_at + 6, 2);
		mark_at(d, facts->ip_at + 9, 1);
	}
	for (unsigned int i = 0; i < facts->headers; i++) {
		mark_at(d, facts->headers_at[i], 1);
		mark_at(d, facts->headers_at[i] + 1, 1);
		mark_at(d, facts->headers_at[i] + 2, 2);
	}
	mark_at(d, facts->l4_at + 2, 2);
	mark_at(d, facts->l4_at + 4, 2);
	mark_at(d, facts->l4_at + 12, 1);
}

static void mutate(struct shot_frame *frame, struct grammar *g)
{
	struct facts facts = facts_read(frame->bytes, frame->length);
	struct draft draft = {
		.g = g,
		.frame = frame->bytes,
		.at = frame->length,
		.pppoe_at = facts.pppoe_at,
		.ip_at = facts.ip_at,
		.l4_at = facts.l4_at,
		.fragment_at = facts.fragment_end,
		.ipv6 = facts.ipv6,
	};

	mark_fields(&draft, &facts);
	if (one_in(g, 6))
		draft_truncate(&draft);
	else
		draft_mutate(&draft);
	frame->length = draft.at;
}

void shot_generate(struct shot *shot, uint64_t seed, uint64_t index, const char **ret_words)
{
	static uint8_t frame[RECIPE_FRAME_MAX];
	enum shot_target target;
	struct grammar g;

	grammar_init(&g, seed ^ (index * 0x9e3779b97f4a7c15));
	draw(&g);
	target = pick_target(&g);
	*ret_words = words;
	shot->count = 1;
	shot->stamp_count = 0;
	if (one_in(&g, 16)) {
		snprintf(words, WORDS_SIZE, "a frame of the oracle's grammar");
		shot->frames[0].length =
			grammar_frame(&g, shot->frames[0].bytes, GRAMMAR_SIZE_MIN, ANY);
		shot_find_stamps(shot, 0, target);
		return;
	}
	make_words(&g);
	shot->frames[0].length = recipe_frame(words, frame);
	memcpy(shot->frames[0].bytes, frame, shot->frames[0].length);
	if (one_in(&g, 4))
		shot_fragment(shot, &g);
	for (size_t i = 0; i < shot->count; i++)
		shot_find_stamps(shot, (uint8_t)i, target);
	if (one_in(&g, 64))
		wrap_in_snap(&shot->frames[0]);
	if (one_in(&g, 3))
		mutate(&shot->frames[below(&g, (uint32_t)shot->count)], &g);
	if (shot->stamp_count && one_in(&g, 64))
		shot->stamps[0].wrong = true;
}
