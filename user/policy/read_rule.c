/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads one rule. In a flow mapping YAML ends a plain text at each comma, so the rest of `ports`
 * looks like keys without values. The pieces are joined again here, and places in the joined text
 * are mapped back to them.
 */
#include "policy/read_rule.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "policy/quote.h"
#include "policy/read_mapping.h"
#include "policy/read_prefixes.h"
#include "policy/until.h"

/* For errors: valid values of `from` and `to`. */
#define PREFIXES_RIGHT "write a prefix such as 192.0.2.0/24, or several"

/* The pieces of a text that YAML has split at commas, or the items of a list. */
struct pieces {
	const struct policy_node *first;
	size_t count;
	char border; /* between them in the joined text */
};

/* Further pieces are keys with empty values, or items. */
static const struct policy_node *piece_at(const struct pieces *pieces, size_t index)
{
	if (pieces->border == ' ')
		return pieces->first + index;
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
		*end++ = i + 1 < pieces->count ? pieces->border : '\0';
	}
	return text;
}

/* The place in the file of character `column` (from 1) of the joined text. */
static struct policy_place pieces_place(const struct policy_yaml *yaml, const struct pieces *pieces,
					size_t column)
{
	const struct policy_node *piece = pieces->first;
	size_t chars = column - 1, index = 0;

	while (index + 1 < pieces->count && chars > utf8_chars(piece->text, piece->length)) {
		chars -= utf8_chars(piece->text, piece->length) + 1;
		piece = piece_at(pieces, ++index);
	}

	/* an error at the end is placed after the last word, not after the white space */
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

static int list_pieces_find(const struct policy_pairs *pairs, struct pieces *ret_pieces)
{
	const struct policy_node *list = pairs->value;

	if (list->span == 1)
		return policy_yaml_error(pairs->yaml, list, "an empty list: %s", pairs->row->right);
	for (const struct policy_node *item = list + 1; item < list + list->span;
	     item += item->span)
		if (item->kind != POLICY_NODE_TEXT || !item->length || policy_node_is_null(item))
			return policy_yaml_error(pairs->yaml, item,
						 "an item of 'ports' must be a text such as "
						 "tcp/80,443");
	*ret_pieces = (struct pieces){ .first = list + 1, .count = list->span - 1, .border = ' ' };
	return 0;
}

/* Finds the pieces of `ports` and moves past them. */
static int pieces_find(struct policy_pairs *pairs, struct pieces *pieces)
{
	const struct policy_node *next;
	int r;

	if (pairs->value->kind == POLICY_NODE_LIST)
		return list_pieces_find(pairs, pieces);
	r = policy_text_check(pairs);
	if (r)
		return r;
	*pieces = (struct pieces){ .first = pairs->value, .count = 1, .border = ',' };
	while ((next = policy_pairs_next_piece(pairs))) {
		pieces->count++;
		pairs->at = next + 2;
	}
	next = pairs->mapping->opening ? policy_pairs_peek_unknown(pairs) : NULL;
	if (next && next[1].kind == POLICY_NODE_BROKEN)
		return policy_yaml_broken(pairs->yaml);
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

static int description_read(struct policy_pairs *pairs, struct policy_rule *rule)
{
	const struct policy_node *text = pairs->value, *next;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	if (text->length > POLICY_DESCRIPTION_MAX)
		return policy_yaml_error(pairs->yaml, text,
					 "the description has %u bytes: write at most %d",
					 text->length, POLICY_DESCRIPTION_MAX);
	if (!text->length || !policy_text_is_printable(text))
		return policy_yaml_error(pairs->yaml, text,
					 "'description' must be one line without control "
					 "characters: %s",
					 pairs->row->right);
	next = policy_pairs_next_piece(pairs);
	for (const struct policy_node *piece = next; piece; piece = policy_pairs_next_piece(pairs))
		pairs->at = piece + 2;
	if (next)
		return policy_yaml_error(pairs->yaml, next,
					 "the comma ends the description: put the whole text in "
					 "quotes, \"%s, %s\"",
					 quote_string(text->text).text,
					 quote_string(next->text).text);
	rule->description = strdup(text->text);
	return rule->description ? 0 : error_no_memory(pairs->yaml->error);
}

enum rule_key {
	RULE_NAME,
	RULE_ACTION,
	RULE_PORTS,
	RULE_FROM,
	RULE_ONLY_FROM,
	RULE_TO,
	RULE_DESCRIPTION,
	RULE_REPLIES,
	RULE_MODE,
	RULE_UNTIL, /* last, as errors suggest it only for runtime rules */
	RULE_KEYS,
};

static const struct policy_key rows[RULE_KEYS] = {
	[RULE_NAME] = {
		.name = "name",
		.right = "write a word such as 'web'",
		.missing = "one such as 'name: web'",
	},
	[RULE_ACTION] = {
		.name = "action",
		.right = "write allow or drop",
		.words = policy_action_words,
		.missing = "'action: allow' or 'action: drop'",
	},
	[RULE_PORTS] = {
		.name = "ports",
		.right = "write a text such as \"tcp/80,443 udp/53\"",
		.missing = "one such as 'ports: tcp/80', or 'from' or 'to' for all packets of an "
			   "address",
		.unless = 1 << RULE_FROM | 1 << RULE_TO,
	},
	[RULE_FROM] = { .name = "from", .right = PREFIXES_RIGHT },
	[RULE_ONLY_FROM] = { .name = "only_from", .right = PREFIXES_RIGHT },
	[RULE_TO] = { .name = "to", .right = PREFIXES_RIGHT },
	[RULE_DESCRIPTION] = {
		.name = "description",
		.right = "write a text such as \"for the staff\"",
	},
	[RULE_REPLIES] = {
		.name = "replies",
		.right = "write pass or drop",
		.words = policy_passes_or_drops,
	},
	[RULE_MODE] = {
		.name = "mode",
		.right = "write enforce or monitor",
		.words = policy_mode_words,
	},
	[RULE_UNTIL] = {
		.name = "until",
		.right = "write a time in UTC such as 2026-11-21T12:34:56Z",
	},
};

static_assert((int)RULE_KEYS <= (int)POLICY_KEYS_MAX, "each key of a rule has a number");

/* Keys that not every rule may have; NULL: absent. */
struct choosy_keys {
	const struct policy_node *replies, *mode, *from, *only_from, *ports;
};

static int choosy_keys_check(struct policy_yaml *yaml, const struct policy_rule *rule,
			     const struct choosy_keys *keys)
{
	if (keys->replies && rule->action == POLICY_ALLOW)
		return policy_yaml_error(yaml, keys->replies,
					 "'replies' is for rules with action drop: leave it out, "
					 "an allowed reply passes anyway");
	if (rule->monitor && rule->action == POLICY_ALLOW)
		return policy_yaml_error(yaml, keys->mode,
					 "'mode: monitor' is for rules with action drop: leave it "
					 "out, an allow rule drops nothing");
	if (keys->only_from && keys->from)
		return policy_yaml_error(
			yaml, keys->only_from,
			"a rule has 'from' or 'only_from': write 'from' alone if "
			"later rules decide what comes from elsewhere, 'only_from' "
			"alone to drop it");
	if (keys->only_from && rule->action == POLICY_DROP)
		return policy_yaml_error(
			yaml, keys->only_from,
			"'only_from' is for rules with action allow: write 'from'");
	if (keys->only_from && !keys->ports)
		return policy_yaml_error(yaml, keys->only_from,
					 "'only_from' is for rules with 'ports': add 'ports', or "
					 "write a rule with 'from' and one that drops the others");
	return 0;
}

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
	struct choosy_keys choosy = { 0 };
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
			choosy.ports = pairs.key;
			rule->ports_place = pairs.value->place;
			r = pieces_find(&pairs, &ports);
			break;
		case RULE_FROM:
			choosy.from = pairs.key;
			r = policy_prefixes_read(&pairs, &rule->from,
						 &rule->sets[PORTSIEVE_SOURCE]);
			break;
		case RULE_ONLY_FROM:
			choosy.only_from = pairs.key;
			rule->only_from = true;
			r = policy_prefixes_read(&pairs, &rule->from,
						 &rule->sets[PORTSIEVE_SOURCE]);
			break;
		case RULE_TO:
			r = policy_prefixes_read(&pairs, &rule->to,
						 &rule->sets[PORTSIEVE_DESTINATION]);
			break;
		case RULE_DESCRIPTION:
			r = description_read(&pairs, rule);
			break;
		case RULE_REPLIES:
			rule->replies = pairs.word ? POLICY_REPLIES_DROP : POLICY_REPLIES_PASS;
			choosy.replies = pairs.key;
			break;
		case RULE_MODE:
			rule->monitor = pairs.word == 1;
			choosy.mode = pairs.key;
			break;
		case RULE_UNTIL:
			r = until_read(&pairs, host, rule);
			break;
		case RULE_KEYS:
			break;
		}
		if (r < 0 && !policy_yaml_goes_on(yaml, r))
			return r;
	}
	if (!r)
		r = choosy_keys_check(yaml, rule, &choosy);
	if (r && !policy_yaml_goes_on(yaml, r))
		return r;
	if (!choosy.ports)
		rule->ports_place = rule->place;
	return ports.count ? ports_finish(yaml, &ports, host, rule) : 0;
}
