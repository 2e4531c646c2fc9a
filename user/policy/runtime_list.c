/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules from the lines of a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "policy/lines.h"
#include "policy/quote.h"
#include "policy/runtime_words.h"

struct list_reading {
	const struct runtime_words *words;
	const struct policy_host *host;
	runtime_list_report_fn *report;
	const char *file;
	struct policy_rule *rules;
	size_t count;
	size_t bad;
};

/* Reports an error at a byte of the line. */
static void report_at(struct list_reading *list, const char *line, size_t number, size_t at,
		      struct error *error)
{
	if (list->bad++ >= RUNTIME_LIST_ERRORS_MAX)
		return;
	error_place(error, list->file, number, utf8_chars(line, at) + 1);
	list->report(error);
}

/* Reads the rule of a line with its prefix and, if not empty, ports at these offsets. */
static int rule_read(struct list_reading *list, const char *line, size_t number, size_t prefix,
		     size_t ports)
{
	struct runtime_words words = *list->words;
	const char *from = line + prefix, *own_ports = line + ports;
	struct policy_rule *rules;
	struct error error = { 0 };
	int r;

	if (*own_ports) {
		words.ports = &own_ports;
		words.ports_count = 1;
	}
	words.from = &from;
	words.from_count = 1;
	rules = array_room(list->rules, list->count, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	list->rules = rules;
	r = runtime_rule_read(&words, list->host, &rules[list->count], &error);
	if (!r)
		list->count++;
	if (r != -EINVAL)
		return r;
	report_at(list, line, number, ports + (error.column ? error.column - 1 : 0), &error);
	return 0;
}

/* Reads a line, modifying it. Reports a bad line. Returns 0 or -ENOMEM. */
static int line_read(struct list_reading *list, char *line, size_t number)
{
	struct policy_prefix ignored;
	struct error error = { 0 };
	size_t prefix, end, ports;

	prefix = strspn(line, " \t");
	if (!line[prefix])
		return 0;
	end = prefix + strcspn(line + prefix, " \t");
	ports = end + strspn(line + end, " \t");
	line[end] = '\0';
	if (strchr(line + prefix, ','))
		error_set(&error, EINVAL, EXIT_USAGE,
			  "'%s' is not one address or prefix: write one a line",
			  quote_string(line + prefix).text);
	else if (!policy_prefix_read(line + prefix, &ignored, &error))
		return rule_read(list, line, number, prefix, ports);
	report_at(list, line, number, prefix, &error);
	return 0;
}

static int lines_read(struct list_reading *list, const char *text, size_t size)
{
	struct policy_lines lines = { .at = text, .end = text + size };

	for (;;) {
		_cleanup_free_ char *line = NULL;
		struct error error = { 0 };
		int r = policy_lines_next(&lines, &line);

		if (r > 0)
			r = line_read(list, line, lines.number);
		else if (!r || r == -ENOMEM)
			return r;
		if (r == -EINVAL) {
			error_set(&error, EINVAL, EXIT_USAGE,
				  "a NUL byte: this is not a text file");
			report_at(list, line, lines.number, strlen(line), &error);
		} else if (r) {
			return r;
		}
	}
}

int runtime_list_read(const char *text, size_t size, const char *file,
		      const struct runtime_words *words, const struct policy_host *host,
		      runtime_list_report_fn *report, struct policy_rule **ret_rules,
		      size_t *ret_count, struct error *error)
{
	struct list_reading list = { .words = words, .host = host, .report = report, .file = file };
	int r = lines_read(&list, text, size);

	if (r)
		error_no_memory(error);
	if (!r && list.bad) {
		error_place(error, file, 0, 0);
		r = error_set(error, EINVAL, EXIT_USAGE, "%zu bad line%s%s; nothing has changed",
			      list.bad, list.bad == 1 ? "" : "s",
			      list.bad > RUNTIME_LIST_ERRORS_MAX ? ", the first 20 are listed"
								 : "");
	}
	if (!r) {
		*ret_rules = list.rules;
		*ret_count = list.count;
		return 0;
	}
	for (size_t i = 0; i < list.count; i++)
		policy_rule_free(&list.rules[i]);
	free(list.rules);
	return r;
}
