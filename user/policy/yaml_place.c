/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a character of a scalar's value back to its line and column: walks the source of the
 * scalar as libyaml's scanner did (YAML 1.1, chapters 5.4 line breaks, 5.7 escapes, 9 scalars).
 */
#include "policy/yaml.h"

#include <string.h>

#include "policy/quote.h"
#include "base/utf8.h"

/* A walk over the source, character by character. */
struct walk {
	const char *at;
	const char *end;
	struct policy_place place; /* of at */
};

/* The bytes of the line break at the walk's place, 0 if there is none. */
static size_t break_size(const struct walk *walk)
{
	static const char *const breaks[] = { "\r\n",	  "\r",		  "\n",
					      "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9" };

	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		size_t size = strlen(breaks[i]);

		if ((size_t)(walk->end - walk->at) >= size && !memcmp(walk->at, breaks[i], size))
			return size;
	}
	return 0;
}

static void step(struct walk *walk)
{
	size_t size = break_size(walk);

	if (size) {
		walk->at += size;
		walk->place = (struct policy_place){ walk->place.line + 1, 1 };
		return;
	}
	if (walk->at == walk->end)
		return;
	do {
		walk->at++;
	} while (walk->at < walk->end && !utf8_begins(*walk->at));
	walk->place.column++;
}

static void step_many(struct walk *walk, size_t count)
{
	while (count--)
		step(walk);
}

/*
 * Characters of the source that the escape at the walk's place takes. An escaped line break, tab,
 * or space gives no character that counts.
 */
static size_t escape_chars(const struct walk *walk, bool *ret_counts)
{
	char kind = walk->end - walk->at > 1 ? walk->at[1] : '\0';
	size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
	unsigned long code = 0;

	for (size_t i = 0; i < digits && walk->at + 2 + i < walk->end; i++) {
		char digit = walk->at[2 + i];

		code = code * 16 +
		       (unsigned long)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
	}
	*ret_counts =
		digits ? code > 0x7f || !policy_space((char)code) : !strchr("tnr\t \r\n", kind);
	return 2 + digits;
}

/* Takes one character of the value, or white space; returns whether it counts. */
static bool take(struct walk *walk, yaml_scalar_style_t style)
{
	size_t chars = 1;
	bool counts = !policy_space(*walk->at) && !break_size(walk);

	if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && *walk->at == '\\')
		chars = escape_chars(walk, &counts);
	else if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE && *walk->at == '\'')
		chars = 2;
	step_many(walk, chars);
	return counts;
}

/* From the scalar's start mark to its text. */
static void enter(struct walk *walk, yaml_scalar_style_t style)
{
	if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
		step(walk);
	if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) {
		while (walk->at < walk->end && !break_size(walk))
			step(walk);
		step(walk);
	}
}

struct policy_place policy_yaml_place_within(const struct policy_yaml *yaml,
					     const yaml_mark_t *start, yaml_scalar_style_t style,
					     size_t before, bool last)
{
	struct walk walk = { yaml->text, yaml->text + yaml->size, policy_yaml_place(start) };
	struct policy_place place;

	for (size_t chars = 0; walk.at < walk.end; walk.at++)
		if (utf8_begins(*walk.at) && chars++ == start->index)
			break;
	enter(&walk, style);
	while (before && walk.at < walk.end)
		before -= take(&walk, style);
	place = walk.place;
	while (!last && walk.at < walk.end) {
		place = walk.place;
		if (take(&walk, style))
			break;
	}
	return place;
}
