/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading mappings and one-word values of a policy against tables of keys and words. */
#include "policy/read_mapping.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/quote.h"
#include "base/suggest.h"

enum {
	KEYS_LISTED_MAX = 10, /* a message has no room for more */
};

const char *const policy_action_words[] = {
	[POLICY_ALLOW] = "allow",
	[POLICY_DROP] = "drop",
	NULL,
};

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

static int unknown_key(const struct policy_pairs *pairs)
{
	const struct policy_keys *keys = pairs->keys;
	const char *names[POLICY_KEYS_MAX] = { NULL };
	size_t count = keys->count - keys->unlisted;

	for (size_t i = 0; i < count; i++)
		names[i] = keys->rows[i].name;

	struct word_list known = word_list_join(names, count);
	char otherwise[sizeof(known.text) + 32] = "docs/packets.md has the list";

	if (count <= KEYS_LISTED_MAX)
		snprintf(otherwise, sizeof(otherwise), "known keys are %s", known.text);
	return policy_yaml_error(pairs->yaml, pairs->key, "unknown key '%s' in %s%s",
				 quote_string(pairs->key->text).text, keys->where,
				 hint(pairs->key, names, count, otherwise).text);
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
	return policy_yaml_error(pairs->yaml, pairs->value, "'%s' cannot be a %s: %s", row->name,
				 kinds[pairs->value->kind], row->right);
}

int policy_text_check(const struct policy_pairs *pairs)
{
	if (pairs->value->kind != POLICY_NODE_TEXT || policy_node_is_null(pairs->value))
		return policy_value_refuse(pairs);
	return 0;
}

static int word_read(struct policy_pairs *pairs)
{
	const struct policy_node *value = pairs->value;
	const char *const *words = pairs->row->words;
	size_t count = 0;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	for (; words[count]; count++)
		if (!strcmp(words[count], value->text)) {
			pairs->word = count;
			return 0;
		}
	return policy_yaml_error(pairs->yaml, value, "'%s' cannot be '%s'%s", pairs->row->name,
				 quote_string(value->text).text,
				 hint(value, words, count, pairs->row->right).text);
}

int policy_pairs_next(struct policy_pairs *pairs)
{
	const struct policy_node *key = pairs->at;
	const struct policy_keys *keys = pairs->keys;
	uint32_t *first_line;

	for (size_t i = 0; at_end(pairs) && i < keys->count; i++)
		if (keys->rows[i].required && !pairs->first_lines[i])
			return policy_yaml_error(pairs->yaml, pairs->mapping,
						 "missing key '%s' in %s", keys->rows[i].name,
						 keys->where);
	if (at_end(pairs))
		return 0;
	if (key->kind != POLICY_NODE_TEXT)
		return policy_yaml_error(pairs->yaml, key, "a key of %s must be a word",
					 keys->where);
	pairs->key = key;
	pairs->value = key + 1;
	pairs->at = pairs->value + pairs->value->span;
	pairs->row = row_of(keys, key);
	if (!pairs->row)
		return unknown_key(pairs);
	first_line = &pairs->first_lines[pairs->row - keys->rows];
	if (*first_line)
		return policy_yaml_error(pairs->yaml, key,
					 "duplicate key '%s' in %s (the first is on line %u)",
					 pairs->row->name, keys->where, *first_line);
	*first_line = key->place.line;
	if (pairs->row->words) {
		int r = word_read(pairs);

		if (r)
			return r;
	}
	return 1;
}

const struct policy_node *policy_pairs_peek_unknown(const struct policy_pairs *pairs)
{
	if (at_end(pairs) || pairs->at->kind != POLICY_NODE_TEXT || row_of(pairs->keys, pairs->at))
		return NULL;
	return pairs->at;
}
