/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libyaml's events with exact places, and libyaml's complaints in the words of portsieve. Where a
 * character of a value stands in the text is in policy_yaml_place.c.
 */
#include "policy/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/quote.h"
#include "base/utf8.h"

static int error_at(struct policy_yaml *yaml, struct policy_place place, const char *format,
		    va_list arguments)
{
	char text[sizeof(yaml->error->text)];

	vsnprintf(text, sizeof(text), format, arguments);
	error_place(yaml->error, yaml->file, place.line, place.column);
	return error_set(yaml->error, EINVAL, EXIT_USAGE, "%s", text);
}

int policy_yaml_error(struct policy_yaml *yaml, const yaml_mark_t *mark, const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = error_at(yaml, policy_yaml_place(mark), format, arguments);
	va_end(arguments);
	return r;
}

int policy_yaml_error_at(struct policy_yaml *yaml, struct policy_place place, const char *format,
			 ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = error_at(yaml, place, format, arguments);
	va_end(arguments);
	return r;
}

int policy_yaml_no_memory(struct policy_yaml *yaml)
{
	return error_set(yaml->error, ENOMEM, EXIT_FAILED,
			 "out of memory while reading the policy");
}

struct policy_place policy_yaml_place(const yaml_mark_t *mark)
{
	return (struct policy_place){ (uint32_t)mark->line + 1, (uint32_t)mark->column + 1 };
}

static bool begins(const char *text, size_t size, const char *mark, size_t mark_size)
{
	return size >= mark_size && !memcmp(text, mark, mark_size);
}

int policy_yaml_open(struct policy_yaml *yaml, const char *text, size_t size, const char *file,
		     struct error *error)
{
	if (begins(text, size, "\xef\xbb\xbf", 3)) {
		text += 3;
		size -= 3;
	}
	*yaml = (struct policy_yaml){ .text = text, .size = size, .file = file, .error = error };
	if (begins(text, size, "\xff\xfe", 2) || begins(text, size, "\xfe\xff", 2))
		return policy_yaml_error_at(yaml, (struct policy_place){ 1, 1 },
					    "the text is in UTF-16: save it as UTF-8");
	if (!yaml_parser_initialize(&yaml->parser))
		return policy_yaml_no_memory(yaml);
	yaml_parser_set_encoding(&yaml->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&yaml->parser, (const unsigned char *)text, size);
	return 0;
}

void policy_yaml_close(struct policy_yaml *yaml)
{
	yaml_parser_delete(&yaml->parser);
}

/* Bytes that are not UTF-8, or characters that YAML does not allow; libyaml knows the offset. */
static int encoding_error(struct policy_yaml *yaml)
{
	const yaml_parser_t *parser = &yaml->parser;
	struct policy_place place = { 1, 1 };

	for (size_t i = 0; i < parser->problem_offset && i < yaml->size; i++) {
		if (yaml->text[i] == '\n')
			place = (struct policy_place){ place.line + 1, 1 };
		else if (utf8_begins(yaml->text[i]))
			place.column++;
	}
	if (parser->problem_value < 0)
		return policy_yaml_error_at(yaml, place, "not UTF-8 text: %s", parser->problem);
	return policy_yaml_error_at(yaml, place, "not UTF-8 text: %s (0x%02x)", parser->problem,
				    (unsigned int)parser->problem_value);
}

static bool tab_at(const struct policy_yaml *yaml, const yaml_mark_t *mark)
{
	size_t chars = 0;

	for (size_t i = 0; i < yaml->size; i++)
		if (utf8_begins(yaml->text[i]) && chars++ == mark->index)
			return yaml->text[i] == '\t';
	return false;
}

static int syntax_error(struct policy_yaml *yaml)
{
	const yaml_parser_t *parser = &yaml->parser;
	char context[128] = "";

	if (parser->error == YAML_MEMORY_ERROR)
		return policy_yaml_no_memory(yaml);
	if (parser->error == YAML_READER_ERROR)
		return encoding_error(yaml);
	if (tab_at(yaml, &parser->problem_mark))
		return policy_yaml_error(yaml, &parser->problem_mark,
					 "not valid YAML: a tab (indent with spaces)");
	if (parser->context && parser->context_mark.line != parser->problem_mark.line)
		snprintf(context, sizeof(context), " %s (line %zu)", parser->context,
			 parser->context_mark.line + 1);
	else if (parser->context)
		snprintf(context, sizeof(context), " %s", parser->context);
	return policy_yaml_error(yaml, &parser->problem_mark, "not valid YAML: %s%s",
				 parser->problem ? parser->problem : "not understood", context);
}

static int refuse_extras(struct policy_yaml *yaml, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_ALIAS_EVENT)
		return policy_yaml_error(yaml, &event->start_mark, "aliases are not supported");
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		if (memchr(event->data.scalar.value, '\0', event->data.scalar.length))
			return policy_yaml_error(yaml, &event->start_mark,
						 "a NUL character inside a text");
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor)
		return policy_yaml_error(yaml, &event->start_mark, "anchors are not supported");
	if (tag)
		return policy_yaml_error(yaml, &event->start_mark, "tags are not supported");
	return 0;
}

int policy_yaml_next(struct policy_yaml *yaml, yaml_event_t *ret_event)
{
	POLICY_YAML_EVENT event = { 0 };

	if (!yaml_parser_parse(&yaml->parser, &event))
		return syntax_error(yaml);

	int r = refuse_extras(yaml, &event);

	if (r < 0)
		return r;
	*ret_event = event;
	event = (yaml_event_t){ 0 };
	return 0;
}
