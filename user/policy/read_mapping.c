/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading mappings and one-word values of a policy against tables of keys and words. */
#include "policy/read_mapping.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "policy/quote.h"
#include "base/suggest.h"
#include "base/utf8.h"

enum {
	KEYS_LISTED_MAX = 16, /* a message has no room for more */
};

const char *const policy_action_words[] = {
	[POLICY_ALLOW] = "allow",
	[POLICY_DROP] = "drop",
	NULL,
};

/* Other filters' words for an action. */
static const struct {
	const char *word, *right;
} elsewhere[] = {
	{ "accept", "allow" }, { "pass", "allow" }, { "permit", "allow" }, { "deny", "drop" },
	{ "reject", "drop" },  { "block", "drop" }, { "discard", "drop" },
};

const char *const policy_mode_words[] = { "enforce", "monitor", NULL };

/* " (did you mean 'allow'?)", or without a similar word " (otherwise)". */
static struct suggest_hint hint(const struct policy_node *node, const char *const *words,
				size_t count, const char *otherwise)
{
	struct suggest suggest;

	suggest_start(&suggest, node->text, node->length);
	for (size_t i = 0; i < count; i++)
		suggest_offer(&suggest, words[i]);
	return suggest_hint(&suggest, otherwise);
}

/* The row of a key, or NULL. */
static const struct policy_key *row_of(const struct policy_keys *keys,
				       const struct policy_node *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->rows[i].name && !strcmp(keys->rows[i].name, key->text))
			return &keys->rows[i];
	return NULL;
}

/* "name:web" for "name: web" */
static int unknown_with_value(struct policy_pairs *pairs)
{
	const struct policy_keys *keys = pairs->keys;
	const struct policy_node *key = pairs->key;
	const char *colon = strchr(key->text, ':');

	for (size_t i = 0; colon && i < keys->count; i++) {
		const char *name = keys->rows[i].name;

		if (!name || strlen(name) != (size_t)(colon - key->text) ||
		    strncmp(name, key->text, strlen(name)))
			continue;
		pairs->first_lines[i] = key->place.line;
		return policy_space_missing(pairs->yaml, key);
	}
	return 0;
}

/* Reports an unknown key. A key that it suggests is not also reported as missing. */
static int unknown_key(struct policy_pairs *pairs)
{
	const struct policy_keys *keys = pairs->keys;
	const char *names[POLICY_KEYS_MAX] = { NULL };
	size_t count = keys->count - keys->unlisted;
	struct suggest suggest;

	for (size_t i = 0; i < count; i++)
		names[i] = keys->rows[i].name;

	struct word_list known = word_list_join(names, count);
	char otherwise[sizeof(known.text) + 32] = "docs/packets.md has the list";

	suggest_start(&suggest, pairs->key->text, pairs->key->length);
	for (size_t i = 0; i < count; i++)
		suggest_offer(&suggest, names[i]);
	for (size_t i = 0; i < count; i++)
		if (suggest.best && suggest.best == names[i] && !pairs->first_lines[i])
			pairs->first_lines[i] = pairs->key->place.line;
	if (count <= KEYS_LISTED_MAX)
		snprintf(otherwise, sizeof(otherwise), "known keys are %s", known.text);
	return policy_yaml_error(pairs->yaml, pairs->key, "unknown key '%s' in %s%s",
				 quote_string(pairs->key->text).text, keys->where,
				 suggest_hint(&suggest, otherwise).text);
}

struct policy_pairs policy_pairs_of(struct policy_yaml *yaml, const struct policy_node *mapping,
				    const struct policy_keys *keys)
{
	assert(keys->count <= POLICY_KEYS_MAX);
	return (struct policy_pairs){
		.yaml = yaml,
		.keys = keys,
		.mapping = mapping,
		.at = mapping + 1,
	};
}

static bool at_end(const struct policy_pairs *pairs)
{
	return pairs->at == pairs->mapping + pairs->mapping->span;
}

int policy_space_missing(struct policy_yaml *yaml, const struct policy_node *text)
{
	const char *colon = strchr(text->text, ':');
	size_t length = colon ? (size_t)(colon - text->text) : 0;

	if (text->opening || !length || !colon[1] || policy_space(colon[1]) ||
	    strspn(text->text, "abcdefghijklmnopqrstuvwxyz_") != length)
		return 0;
	return policy_yaml_error_at(yaml, policy_yaml_place_within(yaml, text, length + 1),
				    "a space is missing after ':': write '%s: %s'",
				    quote_bytes(text->text, length).text,
				    quote_bytes(colon + 1, strcspn(colon + 1, " \t\n")).text);
}

int policy_value_refuse(const struct policy_pairs *pairs)
{
	static const char *const kinds[] = {
		[POLICY_NODE_BROKEN] = "",
		[POLICY_NODE_TEXT] = "word",
		[POLICY_NODE_LIST] = "list",
		[POLICY_NODE_MAPPING] = "mapping",
	};
	const struct policy_key *row = pairs->row;

	if (policy_node_is_null(pairs->value))
		return policy_yaml_error(pairs->yaml, pairs->value, "'%s' has no value: %s",
					 row->name, row->right);
	if (pairs->value->kind == POLICY_NODE_MAPPING && pairs->value->span > 1 &&
	    pairs->value[1].kind == POLICY_NODE_TEXT && pairs->value[1].text[0] == '-')
		return policy_yaml_error(pairs->yaml, pairs->value,
					 "a space is missing after '-': write '- %s'",
					 quote_string(pairs->value[1].text + 1).text);
	return policy_yaml_error(pairs->yaml, pairs->value, "'%s' cannot be a %s: %s", row->name,
				 kinds[pairs->value->kind], row->right);
}

int policy_text_check(const struct policy_pairs *pairs)
{
	if (pairs->value->kind != POLICY_NODE_TEXT || policy_node_is_null(pairs->value))
		return policy_value_refuse(pairs);
	return 0;
}

bool policy_text_is_printable(const struct policy_node *text)
{
	size_t at = 0, step;

	while (at < text->length && (step = utf8_printable(text->text + at, text->length - at)))
		at += step;
	return at == text->length;
}

int policy_text_refuse(const struct policy_pairs *pairs)
{
	return policy_yaml_error(pairs->yaml, pairs->value, "'%s' cannot be '%s' (%s)",
				 pairs->row->name, quote_string(pairs->value->text).text,
				 pairs->row->right);
}

int policy_word_read(struct policy_pairs *pairs, const char *const *words)
{
	const struct policy_node *value = pairs->value;
	size_t count = 0;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	for (; words[count]; count++)
		if (!strcmp(words[count], value->text)) {
			pairs->word = count;
			return 0;
		}
	for (size_t i = 0; words == policy_action_words && i < ARRAY_SIZE(elsewhere); i++)
		if (!strcasecmp(value->text, elsewhere[i].word))
			return policy_yaml_error(pairs->yaml, value,
						 "'%s' cannot be '%s': write %s", pairs->row->name,
						 quote_string(value->text).text,
						 elsewhere[i].right);
	return policy_yaml_error(pairs->yaml, value, "'%s' cannot be '%s'%s", pairs->row->name,
				 quote_string(value->text).text,
				 hint(value, words, count, pairs->row->right).text);
}

/* Is a key missing? */
static bool is_missing(const struct policy_pairs *pairs, size_t row)
{
	const struct policy_key *key = &pairs->keys->rows[row];
	bool missing = key->missing && !pairs->first_lines[row];

	for (size_t i = 0; i < pairs->keys->count && missing; i++)
		missing = !(key->unless >> i & 1 && pairs->first_lines[i]);
	return missing;
}

static int pairs_next(struct policy_pairs *pairs)
{
	const struct policy_node *key = pairs->at;
	const struct policy_keys *keys = pairs->keys;
	uint32_t *first_line;

	for (size_t i = 0; at_end(pairs) && i < keys->count; i++)
		if (is_missing(pairs, i)) {
			pairs->first_lines[i] = pairs->mapping->place.line; /* report it once */
			if (policy_yaml_is_cut(pairs->yaml, pairs->mapping))
				return policy_yaml_broken(pairs->yaml);
			return policy_yaml_error(
				pairs->yaml, pairs->mapping, "missing key '%s' in %s: write %s",
				keys->rows[i].name, keys->where, keys->rows[i].missing);
		}
	if (at_end(pairs))
		return 0;
	pairs->key = key;
	pairs->value = pairs->at = key + key->span;
	if (!at_end(pairs)) /* after a key the text may break off */
		pairs->at += pairs->value->span;
	if (key->kind != POLICY_NODE_TEXT)
		return policy_yaml_error(pairs->yaml, key, "a key of %s must be a word",
					 keys->where);
	pairs->row = row_of(keys, key);
	if (!pairs->row) {
		int r = unknown_with_value(pairs);

		return r ? r : unknown_key(pairs);
	}
	first_line = &pairs->first_lines[pairs->row - keys->rows];
	if (*first_line)
		return policy_yaml_error(pairs->yaml, key,
					 "duplicate key '%s' in %s (the first is on line %u)",
					 pairs->row->name, keys->where, *first_line);
	*first_line = key->place.line;
	if (pairs->row->words) {
		int r = policy_word_read(pairs, pairs->row->words);

		if (r)
			return r;
	}
	return 1;
}

int policy_pairs_next(struct policy_pairs *pairs)
{
	int r;

	do
		r = pairs_next(pairs);
	while (policy_yaml_goes_on(pairs->yaml, r));
	return r;
}

const struct policy_node *policy_pairs_peek_unknown(const struct policy_pairs *pairs)
{
	if (at_end(pairs) || pairs->at->kind != POLICY_NODE_TEXT || row_of(pairs->keys, pairs->at))
		return NULL;
	return pairs->at;
}

const struct policy_node *policy_pairs_next_piece(const struct policy_pairs *pairs)
{
	const struct policy_node *next, *value;

	next = pairs->mapping->opening ? policy_pairs_peek_unknown(pairs) : NULL;
	if (!next || next->opening)
		return NULL;
	value = next + 1;
	if (value->kind != POLICY_NODE_TEXT || value->opening || value->length)
		return NULL;
	return next;
}
