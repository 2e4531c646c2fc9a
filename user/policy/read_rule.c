/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule. In a flow mapping YAML ends a plain text at each comma, so the rest of `ports` looks
 * like further keys without values. They are joined again here, and a place in the whole text is
 * traced back to its piece. `from` and `to` are policy_prefixes.c.
 */
#include "policy/read_rule.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/read_mapping.h"
#include "policy/read_prefixes.h"
#include "policy/until.h"
#include "policy/quote.h"
#include "base/utf8.h"

/* The texts that YAML made of one text at its commas. */
struct pieces {
	const struct policy_node *first;
	size_t count;
};

struct rule_reading {
	const struct policy_host *host;
	struct policy_rule rule;
	struct pieces ports;
};

static void reading_free(struct rule_reading *reading)
{
	policy_rule_free(&reading->rule);
}

/* The pieces after the first are keys, each with an empty value after it. */
static const struct policy_node *piece_at(const struct pieces *pieces, size_t index)
{
	return pieces->first + (index ? 2 * index - 1 : 0);
}

/* The pieces as one text, or NULL. */
static char *pieces_join(const struct pieces *pieces)
{
	size_t size = 0;

	for (size_t i = 0; i < pieces->count; i++)
		size += piece_at(pieces, i)->length + 1;

	char *text = malloc(size), *end = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < pieces->count; i++) {
		const struct policy_node *piece = piece_at(pieces, i);

		memcpy(end, piece->text, piece->length);
		end += piece->length;
		*end++ = i + 1 < pieces->count ? ',' : '\0';
	}
	return text;
}

/* Where character number `column` (from 1) of the joined text stands in the file. */
static struct policy_place pieces_place(const struct policy_yaml *yaml, const struct pieces *pieces,
					size_t column)
{
	const struct policy_node *piece = pieces->first;
	size_t chars = column - 1, index = 0;

	while (index + 1 < pieces->count && chars > utf8_chars(piece->text, piece->length)) {
		chars -= utf8_chars(piece->text, piece->length) + 1;
		piece = piece_at(pieces, ++index);
	}

	/* what is missing at the end is missed after the last word, not after the white space */
	size_t length = piece->length;

	while (length && policy_space(piece->text[length - 1]))
		length--;
	length = utf8_chars(piece->text, length);
	return policy_yaml_place_within(yaml, piece, chars < length ? chars : length);
}

/* Runs of white space become one space, those at the ends nothing. */
static void fold(char *text)
{
	char *end = text;

	for (const char *at = text; *at; at++) {
		if (!policy_space(*at))
			*end++ = *at;
		else if (end > text && end[-1] != ' ')
			*end++ = ' ';
	}
	if (end > text && end[-1] == ' ')
		end--;
	*end = '\0';
}

static int ports_finish(struct policy_yaml *yaml, struct rule_reading *reading)
{
	struct policy_rule *rule = &reading->rule;
	struct error error = { 0 };
	int r;

	rule->ports = pieces_join(&reading->ports);
	if (!rule->ports)
		return policy_yaml_no_memory(yaml);
	r = policy_ports_read(rule->ports, reading->host, &rule->intervals, &rule->intervals_count,
			      &rule->uses_registry_set, &error);
	if (r == -EINVAL)
		return policy_yaml_error_at(yaml, pieces_place(yaml, &reading->ports, error.column),
					    "%s", error.text);
	if (r)
		return policy_yaml_no_memory(yaml);
	fold(rule->ports);
	return 0;
}

static int name_read(struct policy_pairs *pairs, void *target)
{
	struct policy_rule *rule = &((struct rule_reading *)target)->rule;
	const struct policy_node *name = pairs->value;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	if (!policy_name_is_good(name->text))
		return policy_yaml_error(
			pairs->yaml, name, "bad rule name '%s': " POLICY_NAME_RIGHT,
			policy_quote(name->text, name->length).text, PORTSIEVE_RULE_NAME_MAX);
	memcpy(rule->name, name->text, name->length + 1);
	rule->place = name->place;
	return 0;
}

static int action_read(struct policy_pairs *pairs, void *target)
{
	struct policy_rule *rule = &((struct rule_reading *)target)->rule;
	size_t index;
	int r = policy_word_read(pairs, &index);

	if (r)
		return r;
	rule->action = (enum policy_action)index;
	return 0;
}

/* Takes the pieces too. The whole text is read when the rule's mapping has ended. */
static int ports_read(struct policy_pairs *pairs, void *target)
{
	struct rule_reading *reading = target;
	const struct policy_node *next;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	reading->rule.ports_place = pairs->value->place;
	reading->ports = (struct pieces){ .first = pairs->value, .count = 1 };
	while (pairs->mapping->opening && (next = policy_pairs_peek_unknown(pairs))) {
		const struct policy_node *value = next + 1;

		if (next->opening)
			break;
		if (value->kind == POLICY_NODE_BROKEN)
			return policy_yaml_broken(pairs->yaml);
		if (value->kind != POLICY_NODE_TEXT || value->opening || value->length)
			break;
		reading->ports.count++;
		pairs->at = value + 1;
	}
	return 0;
}

static int from_read(struct policy_pairs *pairs, void *target)
{
	return policy_prefixes_read(pairs, &((struct rule_reading *)target)->rule.from);
}

static int to_read(struct policy_pairs *pairs, void *target)
{
	return policy_prefixes_read(pairs, &((struct rule_reading *)target)->rule.to);
}

static int until_read(struct policy_pairs *pairs, void *target)
{
	struct rule_reading *reading = target;
	const struct policy_node *value = pairs->value;

	if (!reading->rule.runtime)
		return policy_yaml_error(pairs->yaml, pairs->key,
					 "'until' is for rules of 'runtime' only: leave it out, or "
					 "move the rule there");

	int r = policy_text_check(pairs);

	if (r)
		return r;
	if (!policy_time_read(value->text, reading->host, &reading->rule.until_ns))
		return policy_yaml_error(pairs->yaml, value,
					 "'until' cannot be '%s': %s, of the years %d to %d; or "
					 "leave it out for a rule without end",
					 policy_quote(value->text, value->length).text,
					 pairs->row->right, POLICY_YEAR_MIN, POLICY_YEAR_MAX);
	return 0;
}

static const struct policy_key rows[] = {
	{
		.name = "name",
		.right = "write a word such as 'web'",
		.required = true,
		.read = name_read,
	},
	{
		.name = "action",
		.right = "write allow or drop",
		.words = policy_action_words,
		.required = true,
		.read = action_read,
	},
	{
		.name = "ports",
		.right = "write a text such as \"tcp/80,443 udp/53\"",
		.required = true,
		.read = ports_read,
	},
	{ .name = "from", .right = POLICY_PREFIXES_RIGHT, .read = from_read },
	{ .name = "to", .right = POLICY_PREFIXES_RIGHT, .read = to_read },
	{
		.name = "until", /* of runtime rules, the last row */
		.right = "write a time in UTC such as 2026-11-21T12:34:56Z",
		.read = until_read,
	},
};

static_assert((int)ARRAY_SIZE(rows) <= (int)POLICY_KEYS_MAX, "each key of a rule has a number");

int policy_rule_read(struct policy_yaml *yaml, const struct policy_node *mapping,
		     const struct policy_rule_origin *origin, struct policy_rule *ret_rule)
{
	const struct policy_keys keys = {
		.where = "a rule",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.unlisted = origin->runtime ? 0 : 1,
	};
	__attribute__((cleanup(reading_free))) struct rule_reading reading = {
		.host = origin->host,
		.rule.runtime = origin->runtime,
	};
	struct policy_pairs pairs = policy_pairs_of(yaml, mapping, &keys);
	int r;

	while ((r = policy_pairs_next(&pairs)) > 0) {
		r = pairs.row->read(&pairs, &reading);
		if (r)
			return r;
	}
	if (r)
		return r;
	r = ports_finish(yaml, &reading);
	if (r)
		return r;
	*ret_rule = reading.rule;
	reading.rule = (struct policy_rule){ 0 };
	return 0;
}
