/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libyaml reports what it did not find, mostly on a line after the mistake. The lines up to there
 * show what the author meant.
 */
#include "policy/yaml_error.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "policy/quote.h"

enum { LEVELS_MAX = 16 };

/* A line without its newline. */
struct line {
	const char *start;
	size_t length;
	size_t indent; /* spaces before its first word */
	bool is_item;  /* begins with "- " */
	size_t key;    /* where its first key or word begins, after "- " and the like */
};

static struct line line_of(const struct yaml_problem *problem, size_t number)
{
	const char *at = problem->source, *end = at + problem->size;
	struct line line = { 0 };

	for (; number && at < end; number--) {
		const char *next = memchr(at, '\n', (size_t)(end - at));

		at = next ? next + 1 : end;
	}
	line.start = at;
	while (at + line.length < end && at[line.length] != '\n' && at[line.length] != '\r')
		line.length++;
	while (line.indent < line.length && at[line.indent] == ' ')
		line.indent++;
	line.key = line.indent;
	while (line.key + 1 < line.length && at[line.key] == '-' && at[line.key + 1] == ' ') {
		line.is_item = true;
		line.key++;
		while (line.key < line.length && at[line.key] == ' ')
			line.key++;
	}
	return line;
}

static bool is_blank(const struct line *line)
{
	return line->key == line->length || line->start[line->key] == '#';
}

/* The length of the word of letters and underscores at the line's beginning. */
static size_t word_length(const struct line *line)
{
	size_t length = 0;

	while (line->key + length < line->length) {
		char byte = line->start[line->key + length] | 32;

		if ((byte < 'a' || byte > 'z') && line->start[line->key + length] != '_')
			break;
		length++;
	}
	return length;
}

static void place_at(struct yaml_problem *problem, size_t number, const struct line *line,
		     size_t bytes)
{
	problem->line = number;
	problem->column = utf8_chars(line->start, bytes);
}

/* "mode:monitor" */
static bool explain_space(struct yaml_problem *problem, size_t number, char *text, size_t size)
{
	struct line line = line_of(problem, number);
	size_t length = word_length(&line), colon = line.key + length;

	if (!length || colon + 1 >= line.length || line.start[colon] != ':' ||
	    strchr(" \t", line.start[colon + 1]))
		return false;
	place_at(problem, number, &line, colon + 1);
	snprintf(text, size, "a space is missing after ':': write '%s: %s'",
		 quote_bytes(line.start + line.key, length).text,
		 quote_bytes(line.start + colon + 1, line.length - colon - 1).text);
	return true;
}

/* "mode monitor", "rules" */
static bool explain_colon(struct yaml_problem *problem, size_t number, char *text, size_t size)
{
	struct line line = line_of(problem, number);
	size_t length = word_length(&line), end = line.key + length;
	bool has_value = end < line.length && line.start[end] == ' ';

	if (!length || (end < line.length && !has_value))
		return false;
	place_at(problem, number, &line, end);
	snprintf(text, size, "a ':' is missing: write '%s:%s'",
		 quote_bytes(line.start + line.key, length).text,
		 has_value ? quote_bytes(line.start + end, line.length - end).text : "");
	return true;
}

/* The possible indentations of a line, ascending, judging by the lines before it. */
static size_t levels_before(const struct yaml_problem *problem, size_t number, bool of_items,
			    size_t levels[LEVELS_MAX])
{
	bool is_item[LEVELS_MAX];
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < number; i++) {
		struct line line = line_of(problem, i);

		if (is_blank(&line))
			continue;
		while (count && levels[count - 1] > line.indent)
			count--;
		if (count < LEVELS_MAX && (!count || levels[count - 1] < line.indent)) {
			is_item[count] = line.is_item;
			levels[count++] = line.indent;
		}
		if (count && levels[count - 1] == line.indent)
			is_item[count - 1] |= line.is_item;
		if (line.is_item && count < LEVELS_MAX) {
			is_item[count] = false;
			levels[count++] = line.key;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (!of_items || is_item[i])
			levels[kept++] = levels[i];
	return kept;
}

/* "0", "0 or 2", "0, 2 or 4" */
static void print_levels(const size_t *levels, size_t count, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%zu",
					   !i		   ? ""
					   : i + 1 < count ? ", "
							   : " or ",
					   levels[i]);
}

static bool explain_indentation(struct yaml_problem *problem, char *text, size_t size)
{
	size_t number = problem->line, levels[LEVELS_MAX], count;
	struct line line = line_of(problem, number);
	char list[64];

	if (is_blank(&line))
		return false;
	count = levels_before(problem, number, line.is_item, levels);
	for (size_t i = 0; i < count; i++)
		if (levels[i] == line.indent)
			return false;
	if (!count)
		return false;
	print_levels(levels, count, list, sizeof(list));
	place_at(problem, number, &line, line.indent);
	snprintf(text, size, "this line is indented by %zu space%s: write %s, as %s", line.indent,
		 line.indent == 1 ? "" : "s", list,
		 line.is_item ? "the items of the list" : "lines before it");
	return true;
}

/* "- name: web, action: allow" */
static bool explain_several(const struct yaml_problem *problem, char *text, size_t size)
{
	struct line line = line_of(problem, problem->line);
	const char *colon = memmem(line.start, line.length, ": ", 2);

	if (!colon || utf8_chars(line.start, (size_t)(colon - line.start)) >= problem->column)
		return false;
	snprintf(text, size,
		 "a second key on this line: write it on a line of its own, or all "
		 "keys in {}");
	return true;
}

static bool has(const char *text, const char *part)
{
	return text && strstr(text, part);
}

/* An unterminated "[", "{" or quote. */
static bool explain_open(struct yaml_problem *problem, char *text, size_t size)
{
	const char *what = has(problem->context, "flow mapping")    ? "'{'"
			   : has(problem->context, "flow sequence") ? "'['"
			   : has(problem->context, "quoted scalar") ? "quote"
								    : NULL;
	if (!what)
		return false;
	if (what[0] == 'q' && !has(problem->problem, "end of stream"))
		return false;
	if (what[0] == 'q') {
		problem->line = problem->context_line;
		problem->column = problem->context_column;
		snprintf(text, size, "this quote has no end: write one more after the text");
		return true;
	}
	snprintf(text, size, "the %s on line %zu has no end: write a comma or '%s' before this",
		 what, problem->context_line + 1, what[1] == '{' ? "}" : "]");
	return true;
}

static bool is_at_end(const struct yaml_problem *problem)
{
	struct line line = line_of(problem, problem->line);

	return line.start + line.length == problem->source + problem->size && is_blank(&line);
}

bool yaml_problem_explain(struct yaml_problem *problem, char *text, size_t size)
{
	const char *said = problem->problem;

	if (has(problem->context, "simple key"))
		return explain_space(problem, problem->context_line, text, size) ||
		       explain_colon(problem, problem->context_line, text, size);
	if (explain_open(problem, text, size))
		return true;
	if (has(problem->context, "flow node")) {
		snprintf(text, size, "a '[' or '{' before this has no end: write a ']' or '}'");
		return is_at_end(problem);
	}
	if (has(said, "mapping values are not allowed") && problem->line &&
	    explain_space(problem, problem->line - 1, text, size))
		return true;
	if (has(said, "mapping values are not allowed") || has(said, "did not find expected key") ||
	    has(said, "'-' indicator") || has(said, "document start"))
		return explain_indentation(problem, text, size) ||
		       explain_several(problem, text, size);
	return false;
}
