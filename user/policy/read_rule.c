/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule, where YAML's syntax and a rule's differ. In a flow mapping YAML ends a plain text at
 * each comma, so the rest of `ports` looks like further keys without values; the pieces are joined
 * again here, and a place in the whole text is traced back to its piece. And YAML 1.1 misreads two
 * kinds of IPv6 address without quotes: those that start with "::" inside [] or {}, and those that
 * end with "::" anywhere.
 */
#include "policy/read_rule.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "policy/quote.h"
#include "policy/read_mapping.h"
#include "policy/until.h"

/* In errors: the right value of `from` and `to`. */
#define PREFIXES_RIGHT "write a prefix such as 192.0.2.0/24, or a list of them"

/* The texts that YAML made of one text at its commas. */
struct pieces {
	const struct policy_node *first;
	size_t count;
};

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

static int ports_finish(struct policy_yaml *yaml, const struct pieces *pieces,
			const struct policy_host *host, struct policy_rule *rule)
{
	struct error error = { 0 };
	int r;

	rule->ports = pieces_join(pieces);
	if (!rule->ports)
		return error_no_memory(yaml->error);
	r = policy_ports_read(rule->ports, host, &rule->intervals, &rule->intervals_count,
			      &rule->uses_registry_set, &error);
	if (r == -EINVAL)
		return policy_yaml_error_at(yaml, pieces_place(yaml, pieces, error.column), "%s",
					    error.text);
	if (r)
		return error_no_memory(yaml->error);
	policy_ports_fold(rule->ports);
	return 0;
}

/* Finds the pieces of `ports` and moves past them. */
static int pieces_find(struct policy_pairs *pairs, struct pieces *pieces)
{
	const struct policy_node *next;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	*pieces = (struct pieces){ .first = pairs->value, .count = 1 };
	while (pairs->mapping->opening && (next = policy_pairs_peek_unknown(pairs))) {
		const struct policy_node *value = next + 1;

		if (next->opening)
			break;
		if (value->kind == POLICY_NODE_BROKEN)
			return policy_yaml_broken(pairs->yaml);
		if (value->kind != POLICY_NODE_TEXT || value->opening || value->length)
			break;
		pieces->count++;
		pairs->at = value + 1;
	}
	return 0;
}

static bool in_prefix(char byte)
{
	return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'f') ||
	       byte == ':' || byte == '.' || byte == '/';
}

/* May a text start after this byte, or end before it? */
static bool is_border(char byte)
{
	return strchr(" \t\r\n,[]{}", byte); /* finds the NUL too */
}

bool policy_prefix_unquoted(const struct policy_yaml *yaml, const struct policy_node *node,
			    struct error *error)
{
	const char *start = yaml->source, *end = start + yaml->size;
	const char *at = policy_yaml_source(yaml, node), *low = at, *high = at;
	char word[64], address[sizeof(word)];
	struct in6_addr bits;

	while (low > start && in_prefix(low[-1]))
		low--;
	while (high < end && in_prefix(*high))
		high++;
	if ((size_t)(high - low) >= sizeof(word) || (low > start && !is_border(low[-1])) ||
	    (high < end && !is_border(*high)))
		return false;
	memcpy(word, low, (size_t)(high - low));
	word[high - low] = '\0';
	strcpy(address, word);
	*strchrnul(address, '/') = '\0';
	if (inet_pton(AF_INET6, address, &bits) != 1)
		return false;
	error_place(error, yaml->file, node->place.line, node->place.column - (uint32_t)(at - low));
	error_set(error, EINVAL, EXIT_USAGE,
		  "YAML takes the colons of %s for syntax: put it in quotes, \"%s\"", word, word);
	return true;
}

static int prefix_add(struct policy_yaml *yaml, const struct policy_node *node,
		      struct policy_prefixes *prefixes)
{
	struct policy_prefix *list =
		array_room(prefixes->list, prefixes->count, sizeof(*prefixes->list));
	struct error error = { 0 };

	if (!list)
		return error_no_memory(yaml->error);
	prefixes->list = list;
	if (!policy_prefix_read(node->text, &list[prefixes->count], &error)) {
		prefixes->count++;
		return 0;
	}
	if (!node->opening && node->length && node->text[node->length - 1] == ':' &&
	    policy_prefix_unquoted(yaml, node, yaml->error))
		return -EINVAL;
	return policy_yaml_error(yaml, node, "%s", error.text);
}

static int prefix_list_read(const struct policy_pairs *pairs, struct policy_prefixes *prefixes)
{
	struct policy_yaml *yaml = pairs->yaml;
	const struct policy_node *list = pairs->value;

	if (list->span == 1)
		return policy_yaml_error(yaml, list,
					 "an empty list: leave '%s' out for any address",
					 pairs->row->name);
	for (const struct policy_node *item = list + 1; item < list + list->span;
	     item += item->span) {
		int r;

		if (item->kind != POLICY_NODE_TEXT && item->kind != POLICY_NODE_BROKEN &&
		    policy_prefix_unquoted(yaml, item, yaml->error))
			return -EINVAL;
		if (item->kind != POLICY_NODE_TEXT)
			return policy_yaml_error(
				yaml, item, "an item of '%s' must be a prefix such as 192.0.2.0/24",
				pairs->row->name);
		r = prefix_add(yaml, item, prefixes);
		if (r)
			return r;
	}
	return 0;
}

/* `from` or `to`: one prefix or a list of them. */
static int prefixes_read(const struct policy_pairs *pairs, struct policy_prefixes *prefixes)
{
	const struct policy_node *value = pairs->value, *next;
	struct policy_prefix prefix;
	int r;

	if (value->kind == POLICY_NODE_LIST)
		r = prefix_list_read(pairs, prefixes);
	else if (value->kind == POLICY_NODE_TEXT && !policy_node_is_null(value))
		r = prefix_add(pairs->yaml, value, prefixes);
	else if (value->kind == POLICY_NODE_MAPPING &&
		 policy_prefix_unquoted(pairs->yaml, value, pairs->yaml->error))
		r = -EINVAL;
	else
		r = policy_value_refuse(pairs);
	if (r)
		return r;
	next = policy_pairs_peek_unknown(pairs);
	/* "from: 10.0.0.0/8,11.0.0.0/8" in a flow mapping: YAML makes a key of the second one */
	if (next && !policy_prefix_read(next->text, &prefix, NULL))
		return policy_yaml_error(pairs->yaml, next,
					 "several prefixes are a list: write %s: [..., %s]",
					 pairs->row->name, next->text);
	return 0;
}

static int name_read(const struct policy_pairs *pairs, struct policy_rule *rule)
{
	const struct policy_node *name = pairs->value;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	if (!policy_name_is_good(name->text))
		return policy_yaml_error(pairs->yaml, name,
					 "bad rule name '%s': " POLICY_NAME_RIGHT,
					 quote_string(name->text).text, PORTSIEVE_RULE_NAME_MAX);
	memcpy(rule->name, name->text, name->length + 1);
	rule->place = name->place;
	return 0;
}

static int until_read(const struct policy_pairs *pairs, const struct policy_host *host,
		      struct policy_rule *rule)
{
	int r;

	if (!rule->runtime)
		return policy_yaml_error(pairs->yaml, pairs->key,
					 "'until' is for rules of 'runtime' only: leave it out, or "
					 "move the rule there");
	r = policy_text_check(pairs);
	if (r)
		return r;
	if (!policy_time_read(pairs->value->text, host, &rule->until_ns))
		return policy_yaml_error(pairs->yaml, pairs->value,
					 "'until' cannot be '%s': %s, of the years %d to %d; or "
					 "leave it out for a rule without end",
					 quote_string(pairs->value->text).text, pairs->row->right,
					 POLICY_YEAR_MIN, POLICY_YEAR_MAX);
	return 0;
}

enum rule_key {
	RULE_NAME,
	RULE_ACTION,
	RULE_PORTS,
	RULE_FROM,
	RULE_TO,
	RULE_REPLIES,
	RULE_UNTIL, /* the last: errors offer it only for runtime rules */
	RULE_KEYS,
};

static const struct policy_key rows[RULE_KEYS] = {
	[RULE_NAME] = {
		.name = "name",
		.right = "write a word such as 'web'",
		.required = true,
	},
	[RULE_ACTION] = {
		.name = "action",
		.right = "write allow or drop",
		.words = policy_action_words,
		.required = true,
	},
	[RULE_PORTS] = {
		.name = "ports",
		.right = "write a text such as \"tcp/80,443 udp/53\"",
		.required = true,
	},
	[RULE_FROM] = { .name = "from", .right = PREFIXES_RIGHT },
	[RULE_TO] = { .name = "to", .right = PREFIXES_RIGHT },
	[RULE_REPLIES] = {
		.name = "replies",
		.right = "write pass or drop",
		.words = policy_passes_or_drops,
	},
	[RULE_UNTIL] = {
		.name = "until",
		.right = "write a time in UTC such as 2026-11-21T12:34:56Z",
	},
};

static_assert((int)RULE_KEYS <= (int)POLICY_KEYS_MAX, "each key of a rule has a number");

int policy_rule_read(struct policy_yaml *yaml, const struct policy_node *mapping,
		     const struct policy_host *host, struct policy_rule *rule)
{
	const struct policy_keys keys = {
		.where = "a rule",
		.rows = rows,
		.count = RULE_KEYS,
		.unlisted = rule->runtime ? 0 : 1,
	};
	struct policy_pairs pairs = policy_pairs_of(yaml, mapping, &keys);
	const struct policy_node *replies = NULL;
	struct pieces ports = { 0 };
	int r;

	while ((r = policy_pairs_next(&pairs)) > 0) {
		switch ((enum rule_key)(pairs.row - rows)) {
		case RULE_NAME:
			r = name_read(&pairs, rule);
			break;
		case RULE_ACTION:
			rule->action = (enum policy_action)pairs.word;
			break;
		case RULE_PORTS:
			rule->ports_place = pairs.value->place;
			r = pieces_find(&pairs, &ports);
			break;
		case RULE_FROM:
			r = prefixes_read(&pairs, &rule->from);
			break;
		case RULE_TO:
			r = prefixes_read(&pairs, &rule->to);
			break;
		case RULE_REPLIES:
			rule->replies = pairs.word ? POLICY_REPLIES_DROP : POLICY_REPLIES_PASS;
			replies = pairs.key;
			break;
		case RULE_UNTIL:
			r = until_read(&pairs, host, rule);
			break;
		case RULE_KEYS:
			break;
		}
		if (r < 0)
			return r;
	}
	if (!r && replies && rule->action == POLICY_ALLOW)
		return policy_yaml_error(yaml, replies,
					 "'replies' is for rules with action drop: leave it out, "
					 "an allowed reply passes anyway");
	return r ? r : ports_finish(yaml, &ports, host, rule);
}
