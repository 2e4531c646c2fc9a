/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds the tree from libyaml's events, and rewords libyaml's errors. */
#include "policy/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "policy/yaml_error.h"

#define NO_NODE UINT32_MAX

enum {
	NESTING_MAX = 16, /* no policy is this deep; libyaml takes quadratic time in the depth */
};

struct loading {
	struct policy_yaml *yaml;
	yaml_parser_t parser;
	uint32_t open;		   /* the innermost open list or mapping */
	uint32_t depth;		   /* how many are open */
	struct policy_node broken; /* the tree's last node if the text cannot be read to its end */
};

static void error_write(struct error *error, const char *file, struct policy_place place,
			const char *format, va_list arguments)
{
	char text[sizeof(error->text)];

	vsnprintf(text, sizeof(text), format, arguments);
	error_place(error, file, place.line, place.column);
	error_set(error, EINVAL, EXIT_USAGE, "%s", text);
}

int policy_yaml_broken(struct policy_yaml *yaml)
{
	if (yaml->error)
		*yaml->error = yaml->broken;
	yaml->is_broken = true;
	return -EINVAL;
}

bool policy_yaml_goes_on(struct policy_yaml *yaml, int r)
{
	struct policy_errors *errors = yaml->errors;

	if (r != -EINVAL || !errors || yaml->has_stopped)
		return false;
	errors->list[errors->count++] = *yaml->error;
	yaml->has_stopped = errors->count == POLICY_ERRORS_MAX || yaml->is_broken;
	return !yaml->has_stopped;
}

/* Has YAML run on into unintended text, up to where it broke off? */
static bool is_run_on(const struct policy_yaml *yaml, const struct policy_node *node)
{
	const struct policy_node *next = node + 1;

	return node->kind == POLICY_NODE_TEXT && !node->opening &&
	       next < yaml->nodes + yaml->count && next->kind == POLICY_NODE_BROKEN &&
	       (!node->one_line || next->place.line == node->place.line);
}

bool policy_yaml_is_cut(const struct policy_yaml *yaml, const struct policy_node *node)
{
	const struct policy_node *next = node + node->span;

	return yaml->not_yaml && next < yaml->nodes + yaml->count &&
	       next->kind == POLICY_NODE_BROKEN;
}

int policy_yaml_error(struct policy_yaml *yaml, const struct policy_node *node, const char *format,
		      ...)
{
	va_list arguments;

	if (node->kind == POLICY_NODE_BROKEN || is_run_on(yaml, node))
		return policy_yaml_broken(yaml);
	va_start(arguments, format);
	error_write(yaml->error, yaml->file, node->place, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

int policy_yaml_error_at(struct policy_yaml *yaml, struct policy_place place, const char *format,
			 ...)
{
	va_list arguments;

	va_start(arguments, format);
	error_write(yaml->error, yaml->file, place, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static struct policy_node node_at(enum policy_node_kind kind, const yaml_mark_t *start)
{
	return (struct policy_node){
		.kind = kind,
		.span = 1,
		.index = (uint32_t)start->index,
		.place = { (uint32_t)start->line + 1, (uint32_t)start->column + 1 },
	};
}

/* Ends the tree with a place and a reason. Returns -EINVAL. */
static int __attribute__((format(printf, 3, 4)))
break_off(struct loading *loading, const yaml_mark_t *mark, const char *format, ...)
{
	struct policy_yaml *yaml = loading->yaml;
	va_list arguments;

	loading->broken = node_at(POLICY_NODE_BROKEN, mark);
	va_start(arguments, format);
	error_write(&yaml->broken, yaml->file, loading->broken.place, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* Bytes that are not UTF-8, or characters that YAML does not allow; libyaml knows the offset. */
static int encoding_error(struct loading *loading)
{
	const struct policy_yaml *yaml = loading->yaml;
	const yaml_parser_t *parser = &loading->parser;
	yaml_mark_t mark = { 0 };

	for (size_t i = 0; i < parser->problem_offset && i < yaml->size; i++) {
		if (yaml->source[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if (utf8_begins(yaml->source[i])) {
			mark.column++;
		}
	}
	if (parser->problem_value < 0)
		return break_off(loading, &mark, "not UTF-8 text: %s", parser->problem);
	return break_off(loading, &mark, "not UTF-8 text: %s (0x%02x)", parser->problem,
			 (unsigned int)parser->problem_value);
}

/* The character at the index, or the end of the source. */
static const char *source_at(const struct policy_yaml *yaml, size_t index)
{
	const char *at = yaml->source, *end = at + yaml->size;

	for (; at < end; at++)
		if (utf8_begins(*at) && !index--)
			break;
	return at;
}

static int syntax_error(struct loading *loading)
{
	struct policy_yaml *yaml = loading->yaml;
	const yaml_parser_t *parser = &loading->parser;
	const yaml_mark_t *mark = &parser->problem_mark;
	struct yaml_problem problem = {
		.source = yaml->source,
		.size = yaml->size,
		.problem = parser->problem,
		.context = parser->context,
		.line = mark->line,
		.column = mark->column,
		.context_line = parser->context_mark.line,
		.context_column = parser->context_mark.column,
	};
	char context[128] = "", text[ERROR_TEXT];

	if (parser->error == YAML_MEMORY_ERROR)
		return error_no_memory(yaml->error);
	if (parser->error == YAML_READER_ERROR)
		return encoding_error(loading);
	yaml->not_yaml = true;

	const char *at = source_at(yaml, mark->index);

	if (at < yaml->source + yaml->size && *at == '\t')
		return break_off(loading, mark, "not valid YAML: a tab (indent with spaces)");
	if (yaml_problem_explain(&problem, text, sizeof(text))) {
		yaml_mark_t place = { .index = mark->index,
				      .line = problem.line,
				      .column = problem.column };

		return break_off(loading, &place, "not valid YAML: %s", text);
	}
	if (parser->context && parser->context_mark.line != mark->line)
		snprintf(context, sizeof(context), " %s (line %zu)", parser->context,
			 parser->context_mark.line + 1);
	else if (parser->context)
		snprintf(context, sizeof(context), " %s", parser->context);
	return break_off(loading, mark, "not valid YAML: %s%s",
			 parser->problem ? parser->problem : "not understood", context);
}

static int node_add(struct policy_yaml *yaml, const struct policy_node *node)
{
	struct policy_node *nodes = array_room(yaml->nodes, yaml->count, sizeof(*nodes));

	if (!nodes)
		return error_no_memory(yaml->error);
	yaml->nodes = nodes;
	nodes[yaml->count++] = *node;
	return 0;
}

/* Adds a text, taking over its bytes from the event. */
static int text_add(struct loading *loading, yaml_event_t *event)
{
	static const char openings[] = {
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = '\'',
		[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = '"',
		[YAML_LITERAL_SCALAR_STYLE] = '|',
		[YAML_FOLDED_SCALAR_STYLE] = '|',
	};
	struct policy_node node = node_at(POLICY_NODE_TEXT, &event->start_mark);
	int r;

	if (memchr(event->data.scalar.value, '\0', event->data.scalar.length))
		return break_off(loading, &event->start_mark, "a NUL character inside a text");
	node.text = (char *)event->data.scalar.value;
	node.length = (uint32_t)event->data.scalar.length;
	node.opening = openings[event->data.scalar.style];
	node.one_line = event->start_mark.line == event->end_mark.line;
	r = node_add(loading->yaml, &node);
	if (r)
		return r;
	event->data.scalar.value = NULL;
	return 0;
}

/* Adds a list or mapping. While it is open, its span is the number of its parent. */
static int nest_add(struct loading *loading, const yaml_event_t *event)
{
	struct policy_node node = node_at(POLICY_NODE_LIST, &event->start_mark);
	int r;

	if (loading->depth == NESTING_MAX)
		return break_off(loading, &event->start_mark,
				 "lists and mappings are nested more than %d deep", NESTING_MAX);
	if (event->type == YAML_MAPPING_START_EVENT) {
		node.kind = POLICY_NODE_MAPPING;
		if (event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE)
			node.opening = '{';
	}
	node.span = loading->open;
	r = node_add(loading->yaml, &node);
	if (r)
		return r;
	loading->open = loading->yaml->count - 1;
	loading->depth++;
	return 0;
}

static void nest_end(struct loading *loading)
{
	struct policy_node *node = &loading->yaml->nodes[loading->open];
	uint32_t around = node->span;

	node->span = loading->yaml->count - loading->open;
	loading->open = around;
	loading->depth--;
}

static int event_take(struct loading *loading, yaml_event_t *event)
{
	const yaml_mark_t *mark = &event->start_mark;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return break_off(loading, mark, "aliases are not supported");
	case YAML_DOCUMENT_START_EVENT:
		if (loading->yaml->count)
			return break_off(loading, mark,
					 "a second YAML document: a policy has only one");
		return 0;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		nest_end(loading);
		return 0;
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		return 0;
	}
	if (anchor)
		return break_off(loading, mark, "anchors are not supported");
	if (tag)
		return break_off(loading, mark, "tags are not supported");
	if (loading->yaml->count == loading->yaml->nodes_max)
		return break_off(loading, mark,
				 "more than %u words, lists and mappings: no valid policy is so "
				 "large",
				 loading->yaml->nodes_max);
	if (event->type == YAML_SCALAR_EVENT)
		return text_add(loading, event);
	return nest_add(loading, event);
}

static bool begins(const char *text, size_t size, const char *mark)
{
	return size >= strlen(mark) && !memcmp(text, mark, strlen(mark));
}

/* Returns 0 at the end of the stream, -EINVAL after break_off, or -ENOMEM. */
static int events_read(struct loading *loading)
{
	const struct policy_yaml *yaml = loading->yaml;
	const yaml_mark_t start = { 0 };
	bool ends = false;

	if (begins(yaml->source, yaml->size, "\xff\xfe") ||
	    begins(yaml->source, yaml->size, "\xfe\xff"))
		return break_off(loading, &start, "the text is in UTF-16: save it as UTF-8");
	if (!yaml_parser_initialize(&loading->parser))
		return error_no_memory(loading->yaml->error);
	yaml_parser_set_encoding(&loading->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&loading->parser, (const unsigned char *)yaml->source,
				     yaml->size);
	while (!ends) {
		__attribute__((cleanup(yaml_event_delete))) yaml_event_t event = { 0 };

		if (!yaml_parser_parse(&loading->parser, &event))
			return syntax_error(loading);

		int r = event_take(loading, &event);

		if (r)
			return r;
		ends = event.type == YAML_STREAM_END_EVENT;
	}
	return 0;
}

int policy_yaml_load(struct policy_yaml *yaml)
{
	struct loading loading = { .yaml = yaml, .open = NO_NODE };
	int r;

	if (begins(yaml->source, yaml->size, "\xef\xbb\xbf")) {
		yaml->source += 3;
		yaml->size -= 3;
	}
	r = events_read(&loading);
	yaml_parser_delete(&loading.parser);
	if (r != -EINVAL)
		return r;
	r = node_add(yaml, &loading.broken);
	while (!r && loading.open != NO_NODE)
		nest_end(&loading);
	return r;
}

void policy_yaml_free(struct policy_yaml *yaml)
{
	for (uint32_t i = 0; i < yaml->count; i++)
		free(yaml->nodes[i].text);
	free(yaml->nodes);
	*yaml = (struct policy_yaml){ 0 };
}

bool policy_node_is_null(const struct policy_node *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	if (node->kind != POLICY_NODE_TEXT || node->opening)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++)
		if (!strcmp(node->text, nulls[i]))
			return true;
	return false;
}

const char *policy_yaml_source(const struct policy_yaml *yaml, const struct policy_node *node)
{
	return source_at(yaml, node->index);
}

/*
 * The number of source characters for one character of the text: escapes (YAML 1.1, 5.7) take
 * several.
 */
static size_t source_chars(const char *source, char quote)
{
	if (quote == '\'' && *source == '\'')
		return 2;
	if (quote != '"' || *source != '\\')
		return 1;
	return source[1] == 'x' ? 4 : source[1] == 'u' ? 6 : source[1] == 'U' ? 10 : 2;
}

struct policy_place policy_yaml_place_within(const struct policy_yaml *yaml,
					     const struct policy_node *node, size_t chars)
{
	struct policy_place place = node->place;

	if (!node->one_line || node->opening == '|')
		return place;

	const char *at = policy_yaml_source(yaml, node) + (node->opening != 0);
	const char *end = yaml->source + yaml->size;

	place.column += node->opening != 0;
	for (; chars && at < end; chars--) {
		size_t count = source_chars(at, node->opening);

		place.column += (uint32_t)count;
		while (count && ++at < end)
			count -= utf8_begins(*at);
	}
	return place;
}
