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
	WORDS_LISTED_MAX = 8, /* longer lists do not fit into a message */
};

static bool text_is(const yaml_event_t *event, const char *word)
{
	size_t length = event->data.scalar.length;

	return strlen(word) == length && !memcmp(event->data.scalar.value, word, length);
}

static struct policy_quote quote_of(const yaml_event_t *event)
{
	return policy_quote((const char *)event->data.scalar.value, event->data.scalar.length);
}

static struct suggest_hint hint_of(const yaml_event_t *event, const char *const *words,
				   size_t count, const char *otherwise)
{
	struct suggest suggest;

	suggest_start(&suggest, (const char *)event->data.scalar.value, event->data.scalar.length);
	for (size_t i = 0; i < count; i++)
		suggest_offer(&suggest, words[i]);
	return suggest_hint(&suggest, otherwise);
}

size_t policy_mapping_key(const struct policy_keys *keys, const yaml_event_t *event)
{
	size_t key = 0;

	while (key < keys->count && !(keys->names[key] && text_is(event, keys->names[key])))
		key++;
	return key;
}

static int unknown_key(struct policy_yaml *yaml, const struct policy_keys *keys,
		       const yaml_event_t *event)
{
	struct policy_list known = policy_list(keys->names, keys->count);
	char otherwise[sizeof(known.text) + 32];

	snprintf(otherwise, sizeof(otherwise), "known keys are %s", known.text);
	return policy_yaml_error(yaml, &event->start_mark, "unknown key '%s' in %s%s",
				 quote_of(event).text, keys->where,
				 hint_of(event, keys->names, keys->count,
					 keys->count <= WORDS_LISTED_MAX
						 ? otherwise
						 : "docs/packets.md has the list")
					 .text);
}

/* One key and its value. first_lines: the line of each key so far, 0 for none. */
static int read_pair(struct policy_yaml *yaml, yaml_event_t *event, const struct policy_keys *keys,
		     size_t *first_lines, void *target)
{
	if (event->type != YAML_SCALAR_EVENT)
		return policy_yaml_error(yaml, &event->start_mark, "a key of %s must be a word",
					 keys->where);

	size_t key = policy_mapping_key(keys, event);

	if (key == keys->count) {
		int r = keys->take_unknown ? keys->take_unknown(yaml, event, target) : 0;

		if (r < 0)
			return r;
		return r ? 0 : unknown_key(yaml, keys, event);
	}
	if (first_lines[key])
		return policy_yaml_error(yaml, &event->start_mark,
					 "duplicate key '%s' in %s (the first is on line %zu)",
					 keys->names[key], keys->where, first_lines[key]);
	first_lines[key] = event->start_mark.line + 1;
	return keys->read(yaml, key, target);
}

int policy_mapping_read(struct policy_yaml *yaml, const yaml_event_t *start,
			const struct policy_keys *keys, void *target)
{
	size_t first_lines[POLICY_KEYS_MAX] = { 0 };

	assert(keys->count <= POLICY_KEYS_MAX);
	for (;;) {
		POLICY_YAML_EVENT event = { 0 };
		int r = policy_yaml_next(yaml, &event);

		if (r < 0)
			return r;
		if (event.type == YAML_MAPPING_END_EVENT)
			break;
		r = read_pair(yaml, &event, keys, first_lines, target);
		if (r < 0)
			return r;
	}
	for (size_t key = 0; key < keys->count; key++)
		if (keys->required >> key & 1 && !first_lines[key])
			return policy_yaml_error(yaml, &start->start_mark, "missing key '%s' in %s",
						 keys->names[key], keys->where);
	return 0;
}

bool policy_value_is_null(const yaml_event_t *event)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	if (event->type != YAML_SCALAR_EVENT || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		if (text_is(event, nulls[i]))
			return true;
	return false;
}

int policy_value_refuse(struct policy_yaml *yaml, const yaml_event_t *event, const char *key,
			const char *right)
{
	if (policy_value_is_null(event))
		return policy_yaml_error(yaml, &event->start_mark, "'%s' has no value: %s", key,
					 right);
	return policy_yaml_error(yaml, &event->start_mark, "'%s' cannot be a %s: %s", key,
				 event->type == YAML_SEQUENCE_START_EVENT  ? "list"
				 : event->type == YAML_MAPPING_START_EVENT ? "mapping"
									   : "word",
				 right);
}

int policy_text_read(struct policy_yaml *yaml, const char *key, const char *right,
		     yaml_event_t *ret_event)
{
	POLICY_YAML_EVENT event = { 0 };
	int r = policy_yaml_next(yaml, &event);

	if (r < 0)
		return r;
	if (event.type != YAML_SCALAR_EVENT || policy_value_is_null(&event))
		return policy_value_refuse(yaml, &event, key, right);
	*ret_event = event;
	event = (yaml_event_t){ 0 };
	return 0;
}

int policy_choice_find(struct policy_yaml *yaml, const struct policy_words *words,
		       const yaml_event_t *event, size_t *ret_choice)
{
	for (size_t i = 0; i < words->count; i++) {
		if (text_is(event, words->words[i])) {
			*ret_choice = i;
			return 0;
		}
	}
	return policy_yaml_error(yaml, &event->start_mark, "'%s' cannot be '%s'%s", words->key,
				 quote_of(event).text,
				 hint_of(event, words->words, words->count, words->right).text);
}

int policy_choice_read(struct policy_yaml *yaml, const struct policy_words *words,
		       size_t *ret_choice)
{
	POLICY_YAML_EVENT event = { 0 };
	int r = policy_text_read(yaml, words->key, words->right, &event);

	return r < 0 ? r : policy_choice_find(yaml, words, &event, ret_choice);
}
