/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chain of extension headers of IPv6: for any number and order of kinds, the parser judges the
 * headers that the rules judge, one after the other, and ends as X1 and X2 say (rules.h), or with
 * what one of the headers decides. A header has a proof of its own (header.c): here each gives any
 * answer, the same to both.
 */
#include "parse/parse.h"

enum bytes_known {
	BYTES_KNOWN = 1, /* nothing is read */
};

#include "rules.h"

enum {
	ANSWERS = 8,
};

static struct {
	struct outcome outcome;
	__u8 kind; /* of what follows */
} answers[ANSWERS];

static __u32 parsed, ruled; /* headers that the parser and the rules have asked for */

/* replaces parse_ext_header */
_Bool any_header(struct cursor *cursor, struct packet *packet, __u8 *next)
{
	kind = *next;
	prove(is_extension_header(), "what is parsed as an extension header is one");
	prove(parsed < ANSWERS, "at most eight are parsed");
	*next = answers[parsed].kind;
	if (!answers[parsed].outcome.goes_on)
		packet_end(packet, answers[parsed].outcome.reason, answers[parsed].outcome.knob);
	return answers[parsed++].outcome.goes_on;
}

/* replaces header_rules */
struct outcome any_header_rules(void)
{
	kind = answers[ruled].kind;
	return answers[ruled++].outcome;
}

int main(void)
{
	struct packet packet = { 0 };
	struct cursor cursor = { 0 };
	struct outcome outcome;
	__u8 first = nondet_u8(), next = first;
	_Bool goes_on;

	for (int i = 0; i < ANSWERS; i++) {
		answers[i].kind = nondet_u8();
		answers[i].outcome.goes_on = nondet_u32();
		answers[i].outcome.reason = nondet_u32();
		answers[i].outcome.knob = nondet_u32();
	}
	goes_on = parse_ext_chain(&cursor, &packet, &next);
	kind = first;
	outcome = chain_rules();
#ifdef CONTROL
	prove(!(CONTROL), "false: there is no such chain");
	return 0;
#endif
	prove(goes_on == outcome.goes_on, "it goes on if no rule decides");
	prove(parsed == ruled, "the same headers are judged");
	if (goes_on) {
		prove(next == kind, "the same protocol follows");
		return 0;
	}
	prove(packet.reason == outcome.reason, "the reason is that of the rule");
	prove(packet.knob == outcome.knob, "the knob is that of the rule");
	return 0;
}
