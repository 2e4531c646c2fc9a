/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rule. Its `ports` may be cut into pieces by YAML: in a flow mapping a plain text ends at
 * each comma, and what follows looks like further keys without values. They are put together again
 * here, and places in the whole are traced back to the pieces. `from` and `to` are
 * policy_prefixes.c.
 */
#include "policy/read_rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/read_mapping.h"
#include "policy/read_prefixes.h"
#include "policy/until.h"
#include "policy/quote.h"
#include "base/utf8.h"

enum rule_key {
	KEY_NAME,
	KEY_ACTION,
	KEY_PORTS,
	KEY_FROM,
	KEY_TO,
	KEY_UNTIL, /* of runtime rules, the last one */
	RULE_KEYS,
};

static const char *const key_names[RULE_KEYS] = {
	[KEY_NAME] = "name", [KEY_ACTION] = "action", [KEY_PORTS] = "ports",
	[KEY_FROM] = "from", [KEY_TO] = "to",	      [KEY_UNTIL] = "until",
};

struct piece {
	char *text;
	size_t length;
	yaml_mark_t mark;
	yaml_scalar_style_t style;
};

struct rule_reading {
	const struct policy_host *host;
	struct policy_rule rule;
	struct piece *pieces; /* of `ports`, joined by commas */
	size_t pieces_count;
	bool flow;
	size_t last_key; /* the pair just read belongs to it */
};

static void reading_free(struct rule_reading *reading)
{
	for (size_t i = 0; i < reading->pieces_count; i++)
		free(reading->pieces[i].text);
	free(reading->pieces);
	policy_rule_free(&reading->rule);
}

/* Takes the text out of a scalar's event. */
static int piece_add(struct policy_yaml *yaml, struct rule_reading *reading, yaml_event_t *event)
{
	struct piece *pieces =
		array_room(reading->pieces, reading->pieces_count, sizeof(*reading->pieces));

	if (!pieces)
		return policy_yaml_no_memory(yaml);
	reading->pieces = pieces;
	pieces[reading->pieces_count++] = (struct piece){
		.text = (char *)event->data.scalar.value,
		.length = event->data.scalar.length,
		.mark = event->start_mark,
		.style = event->data.scalar.style,
	};
	event->data.scalar.value = NULL;
	return 0;
}

/* The pieces as one text, or NULL. */
static char *pieces_join(const struct rule_reading *reading)
{
	size_t length = 0;

	for (size_t i = 0; i < reading->pieces_count; i++)
		length += reading->pieces[i].length + 1;

	char *text = malloc(length + 1), *end = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < reading->pieces_count; i++) {
		if (i)
			*end++ = ',';
		memcpy(end, reading->pieces[i].text, reading->pieces[i].length);
		end += reading->pieces[i].length;
	}
	*end = '\0';
	return text;
}

/* Where character number `column` (from 1) of the joined text stands in the file. */
static struct policy_place pieces_place(const struct policy_yaml *yaml,
					const struct rule_reading *reading, size_t column)
{
	const struct piece *piece = reading->pieces;
	const struct piece *last = piece + reading->pieces_count - 1;
	size_t chars = column - 1, before = 0, at = 0;
	bool ends = true;

	while (piece < last && chars > utf8_chars(piece->text, piece->length)) {
		chars -= utf8_chars(piece->text, piece->length) + 1;
		piece++;
	}
	for (; at < piece->length; at++) {
		bool counts = utf8_begins(piece->text[at]) && !policy_space(piece->text[at]);

		if (utf8_begins(piece->text[at]) && !chars--)
			break;
		before += counts;
	}
	for (; at < piece->length && ends; at++)
		ends = policy_space(piece->text[at]);
	return policy_yaml_place_within(yaml, &piece->mark, piece->style, before, ends);
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

	rule->ports = pieces_join(reading);
	if (!rule->ports)
		return policy_yaml_no_memory(yaml);
	r = policy_ports_read(rule->ports, reading->host, &rule->intervals, &rule->intervals_count,
			      &rule->uses_registry_set, &error);
	if (r == -EINVAL)
		return policy_yaml_error_at(yaml, pieces_place(yaml, reading, error.column), "%s",
					    error.text);
	if (r < 0)
		return policy_yaml_no_memory(yaml);
	fold(rule->ports);
	return 0;
}

static int name_read(struct policy_yaml *yaml, struct policy_rule *rule)
{
	POLICY_YAML_EVENT event = { 0 };
	int r = policy_text_read(yaml, "name", "write a word such as 'web'", &event);

	if (r < 0)
		return r;

	const char *name = (const char *)event.data.scalar.value;
	size_t length = event.data.scalar.length;

	if (!policy_name_is_good(name))
		return policy_yaml_error(yaml, &event.start_mark,
					 "bad rule name '%s': " POLICY_NAME_RIGHT,
					 policy_quote(name, length).text, PORTSIEVE_RULE_NAME_MAX);
	memcpy(rule->name, name, length + 1);
	rule->place = policy_yaml_place(&event.start_mark);
	return 0;
}

static int action_read(struct policy_yaml *yaml, struct policy_rule *rule)
{
	static const char *const actions[] = { [POLICY_ALLOW] = "allow", [POLICY_DROP] = "drop" };
	static const struct policy_words words = { "action", "write allow or drop", actions, 2 };
	size_t choice;
	int r = policy_choice_read(yaml, &words, &choice);

	if (r < 0)
		return r;
	rule->action = (enum policy_action)choice;
	return 0;
}

static int ports_read(struct policy_yaml *yaml, struct rule_reading *reading)
{
	POLICY_YAML_EVENT event = { 0 };
	int r = policy_text_read(yaml, "ports", "write a text such as \"tcp/80,443 udp/53\"",
				 &event);

	if (r < 0)
		return r;
	reading->rule.ports_place = policy_yaml_place(&event.start_mark);
	return piece_add(yaml, reading, &event);
}

static int until_read(struct policy_yaml *yaml, struct rule_reading *reading)
{
	static const char right[] = "write a time in UTC such as 2026-11-21T12:34:56Z";
	POLICY_YAML_EVENT event = { 0 };
	int r = policy_text_read(yaml, "until", right, &event);

	if (r < 0)
		return r;

	const char *text = (const char *)event.data.scalar.value;

	if (!policy_time_read(text, reading->host, &reading->rule.until_ns))
		return policy_yaml_error(yaml, &event.start_mark,
					 "'until' cannot be '%s': %s, of the years %d to %d; or "
					 "leave it out for a rule without end",
					 policy_quote(text, event.data.scalar.length).text, right,
					 POLICY_YEAR_MIN, POLICY_YEAR_MAX);
	return 0;
}

static int value_read(struct policy_yaml *yaml, size_t key, void *target)
{
	struct rule_reading *reading = target;

	reading->last_key = key;
	switch ((enum rule_key)key) {
	case KEY_NAME:
		return name_read(yaml, &reading->rule);
	case KEY_ACTION:
		return action_read(yaml, &reading->rule);
	case KEY_PORTS:
		return ports_read(yaml, reading);
	case KEY_FROM:
		return policy_prefixes_read(yaml, key_names[key], &reading->rule.from);
	case KEY_TO:
		return policy_prefixes_read(yaml, key_names[key], &reading->rule.to);
	case KEY_UNTIL:
		return until_read(yaml, reading);
	default:
		return -EINVAL;
	}
}

/* "from: 10.0.0.0/8,11.0.0.0/8" in a flow mapping: what is behind the comma becomes a key. */
static bool is_further_prefix(const struct rule_reading *reading, const char *key)
{
	struct policy_prefix prefix;

	return (reading->last_key == KEY_FROM || reading->last_key == KEY_TO) &&
	       policy_prefix_read(key, &prefix, NULL) == 0;
}

/* What libyaml takes for a key without a value is the rest of `ports` behind a comma. */
static int piece_take(struct policy_yaml *yaml, yaml_event_t *key, void *target)
{
	struct rule_reading *reading = target;
	const char *name = (const char *)key->data.scalar.value;
	POLICY_YAML_EVENT value = { 0 };
	int r;

	if (!strcmp(name, key_names[KEY_UNTIL]))
		return policy_yaml_error(yaml, &key->start_mark,
					 "'until' is for rules of 'runtime' only: leave it out, or "
					 "move the rule there");
	if (is_further_prefix(reading, name))
		return policy_yaml_error(yaml, &key->start_mark,
					 "several prefixes are a list: write %s: [..., %s]",
					 key_names[reading->last_key], name);
	if (!reading->flow || reading->last_key != KEY_PORTS ||
	    key->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return 0;
	r = policy_yaml_next(yaml, &value);
	if (r < 0)
		return r;
	if (value.type != YAML_SCALAR_EVENT || value.data.scalar.length ||
	    value.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return 0;
	r = piece_add(yaml, reading, key);
	return r < 0 ? r : 1;
}

int policy_rule_read(struct policy_yaml *yaml, const yaml_event_t *start,
		     const struct policy_rule_origin *origin, struct policy_rule *ret_rule)
{
	const struct policy_keys keys = {
		.where = "a rule",
		.names = key_names,
		.count = origin->runtime ? RULE_KEYS : KEY_UNTIL,
		.required = 1 << KEY_NAME | 1 << KEY_ACTION | 1 << KEY_PORTS,
		.read = value_read,
		.take_unknown = piece_take,
	};
	__attribute__((cleanup(reading_free))) struct rule_reading reading = {
		.host = origin->host,
		.rule.runtime = origin->runtime,
		.flow = start->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
		.last_key = RULE_KEYS,
	};
	int r = policy_mapping_read(yaml, start, &keys, &reading);

	if (r < 0)
		return r;
	r = ports_finish(yaml, &reading);
	if (r < 0)
		return r;
	*ret_rule = reading.rule;
	reading.rule = (struct policy_rule){ 0 };
	return 0;
}
