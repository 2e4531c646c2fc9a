/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses options with getopt_long by their rows, checks the values, and prints the help. */
#include "commands/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "base/suggest.h"
#include "print/wrap.h"

enum { HELP = 1, ROWS = 256 }; /* results of getopt_long; option letters are between them */

static int invalid(const struct option_row *row, const char *value, const char *expected,
		   struct error *error)
{
	return error_set(error, EINVAL, EXIT_USAGE, "--%s: '%s' is not %s", row->name, value,
			 expected);
}

static int set_choice(const struct option_row *row, const char *value, int *field,
		      struct error *error)
{
	struct suggest suggest;
	char words[128] = "";

	suggest_start(&suggest, value, strlen(value));
	for (int i = 0; row->choices[i]; i++) {
		if (!strcmp(row->choices[i], value)) {
			*field = row->first_choice + i;
			return 0;
		}
		suggest_offer(&suggest, row->choices[i]);
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s",
			 i ? ", " : "", row->choices[i]);
	}
	return error_set(error, EINVAL, EXIT_USAGE, "--%s: unknown word '%s'%s", row->name, value,
			 suggest_hint(&suggest, words).text);
}

/* Reads a whole number from 1 to max. */
static bool read_number(const char *value, long max, long *ret_number)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(value, &end, 10);
	if (errno || *end || end == value || number < 1 || number > max)
		return false;
	*ret_number = number;
	return true;
}

/* Reads an interval: a duration, or seconds with a fraction, from 0.01 to max. */
static bool read_interval(const char *value, uint32_t max, double *ret_seconds)
{
	uint32_t whole;
	double seconds;
	char *end;

	if (!duration_read(value, &whole)) {
		seconds = whole;
	} else {
		if (strspn(value, "0123456789.") != strcspn(value, "s"))
			return false; /* not "inf", "1e3" or "-1" */
		seconds = strtod(value, &end);
		if (end == value || end[*end == 's'] || seconds < 0.01)
			return false;
	}
	if (seconds > max)
		return false;
	*ret_seconds = seconds;
	return true;
}

/* Appends to devices or prefixes. */
static int add_text(const char *value, const char **list, size_t *count, size_t max,
		    const char *things, struct error *error)
{
	if (*count == max)
		return error_set(error, E2BIG, EXIT_USAGE, "more than %zu %s", max, things);
	list[(*count)++] = value;
	return 0;
}

int settings_add_device(struct settings *settings, const char *device, struct error *error)
{
	return add_text(device, settings->devices, &settings->devices_count, COMMAND_DEVICES_MAX,
			"devices", error);
}

static int set_duration(const struct option_row *row, const char *value, uint32_t *field,
			struct error *error)
{
	char expected[128];
	uint32_t seconds;

	if (!duration_read(value, &seconds) && seconds <= row->seconds_max) {
		*field = seconds;
		return 0;
	}
	snprintf(expected, sizeof(expected),
		 "a duration from 1s to %s: write 90 (seconds), 10m, 2h, 1d or 1h30m",
		 duration_print(row->seconds_max).text);
	return invalid(row, value, expected, error);
}

static int set_interval(const struct option_row *row, const char *value, double *field,
			struct error *error)
{
	char expected[128];

	if (!value) {
		*field = row->alone;
		return 0;
	}
	if (read_interval(value, row->seconds_max, field))
		return 0;
	snprintf(expected, sizeof(expected),
		 "an interval from 0.01 to %s: write 0.5 (seconds), 10s or 5m",
		 duration_print(row->seconds_max).text);
	return invalid(row, value, expected, error);
}

/* `value` is NULL for a flag, or if an optional value is left out. */
static int set(const struct option_row *row, const char *value, struct settings *settings,
	       struct error *error)
{
	void *field = (char *)settings + row->offset;
	struct prefix_words *prefixes = field;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)field = value;
		return 0;
	case OPTION_DEVICE:
		return settings_add_device(settings, value, error);
	case OPTION_PREFIX:
		return add_text(value, prefixes->list, &prefixes->count, COMMAND_PREFIXES_MAX,
				"prefixes", error);
	case OPTION_CHOICE:
		return set_choice(row, value, field, error);
	case OPTION_NUMBER:
		if (!read_number(value, LONG_MAX, field))
			return invalid(row, value, "a whole number from 1", error);
		return 0;
	case OPTION_DURATION:
		return set_duration(row, value, field, error);
	case OPTION_INTERVAL:
		return set_interval(row, value, field, error);
	}
	return -EINVAL;
}

/* Fills getopt_long's tables from the rows. */
static void translate(const struct option_row *const *rows, struct option *longs, char *shorts)
{
	size_t count = 0;

	*shorts++ = ':'; /* print no errors; return ':' for a missing value */
	*shorts++ = 'h';
	for (; rows[count]; count++) {
		const struct option_row *row = rows[count];

		longs[count] = (struct option){
			row->name,
			!row->argument ? no_argument
			: row->alone   ? optional_argument
				       : required_argument,
			NULL,
			ROWS + (int)count,
		};
		if (!row->letter)
			continue;
		*shorts++ = row->letter;
		if (row->argument)
			*shorts++ = ':';
	}
	longs[count] = (struct option){ "help", 0, NULL, HELP };
	longs[count + 1] = (struct option){ 0 };
	*shorts = '\0';
}

/* The word with the unknown letter that getopt_long has just read. */
static const char *word_of_letter(const struct command_line *line)
{
	const char *word = optind < line->argc ? line->argv[optind] : "";

	return word[0] == '-' && word[1] != '-' && strchr(word, optopt) ? word
									: line->argv[optind - 1];
}

static void suggest_option(const struct command_line *line, const char *name,
			   struct suggest *suggest)
{
	suggest_start(suggest, name, strcspn(name, "="));
	for (size_t i = 0; line->rows[i]; i++)
		if (!line->rows[i]->never_suggested)
			suggest_offer(suggest, line->rows[i]->name);
}

/* optopt is an unknown letter, the code of an option that got a value but takes none, or 0. */
static int unknown_option(const struct command_line *line, const char *word, struct error *error)
{
	char letter[3] = { '-', (char)optopt, '\0' };
	struct suggest suggest;

	if (optopt >= ROWS)
		return error_set(error, EINVAL, EXIT_USAGE, "%s: --%s takes no value", line->name,
				 line->rows[optopt - ROWS]->name);
	if (optopt == HELP)
		return error_set(error, EINVAL, EXIT_USAGE, "%s: --help takes no value",
				 line->name);
	if (optopt)
		word = word_of_letter(line); /* perhaps a long option is meant: -json */
	suggest_option(line, word + strspn(word, "-"), &suggest);
	if (suggest.best)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "%s: unknown option '%s' (did you mean '--%s'?)", line->name, word,
				 suggest.best);
	return error_set(error, EINVAL, EXIT_USAGE,
			 "%s: unknown option '%s' (see: portsieve %s --help)", line->name,
			 optopt ? letter : word, line->name);
}

/*
 * getopt_long accepts unique abbreviations; `load --for 1h` would mean --force. Returns the word
 * just read if it abbreviates a long option, else NULL.
 */
static const char *abbreviated(const struct command_line *line, int value)
{
	const char *word = line->argv[optind - 1], *name;

	if (value != HELP && value < ROWS)
		return NULL;
	if (optarg && optarg == word) /* the value is a separate word */
		word = line->argv[optind - 2];
	name = value == HELP ? "help" : line->rows[value - ROWS]->name;
	if (!strncmp(word + 2, name, strlen(name)) && strchr("=", word[2 + strlen(name)]))
		return NULL;
	return word;
}

/* In `--watch 5`, 5 would be an operand. */
static int refuse_separate_value(const struct command_line *line, const struct option_row *row,
				 struct error *error)
{
	struct settings ignored = { 0 };
	const char *next = optind < line->argc ? line->argv[optind] : "";

	if (set(row, next, &ignored, NULL))
		return 0;
	return error_set(error, EINVAL, EXIT_USAGE, "%s: write --%s=%s, with an equals sign",
			 line->name, row->name, next);
}

int options_parse(struct command_line *line, struct error *error)
{
	struct option longs[COMMAND_OPTIONS_MAX + 2];
	char shorts[2 * COMMAND_OPTIONS_MAX + 3];
	int value, r;

	translate(line->rows, longs, shorts);
	optind = 0; /* also resets GNU getopt's internal state */
	while ((value = getopt_long(line->argc, line->argv, shorts, longs, NULL)) != -1) {
		const char *word = abbreviated(line, value);
		const struct option_row *const *row = line->rows;

		if (word) {
			optopt = 0;
			return unknown_option(line, word, error);
		}
		if (value == HELP || value == 'h') {
			line->help = true;
			return 0;
		}
		if (value == ':')
			return error_set(error, EINVAL, EXIT_USAGE, "%s: '%s' requires a value",
					 line->name, line->argv[optind - 1]);
		if (value == '?')
			return unknown_option(line, line->argv[optind - 1], error);
		if (value >= ROWS)
			row += value - ROWS;
		else
			while ((*row)->letter != value) /* getopt returns only letters of rows */
				row++;
		if ((*row)->alone && !optarg)
			r = refuse_separate_value(line, *row, error);
		else
			r = 0;
		r = r ? r : set(*row, optarg, &line->settings, error);
		if (r)
			return r;
	}
	line->first = optind;
	return 0;
}

void options_help(const struct option_row *const *rows)
{
	for (size_t i = 0; rows[i]; i++) {
		const struct option_row *row = rows[i];
		char left[64], start[80], letter[8] = "    ";

		if (row->letter)
			snprintf(letter, sizeof(letter), "-%c, ", row->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, row->name,
			 row->alone	 ? "[="
			 : row->argument ? " "
					 : "",
			 row->argument ? row->argument : "", row->alone ? "]" : "");
		snprintf(start, sizeof(start), "  %-22s ", left);
		wrap_print(stdout, WRAP_COLUMNS, start, "                         ", row->help);
	}
	printf("  %-22s %s\n", "-h, --help", "print this help");
}
