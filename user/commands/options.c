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
			*field = i;
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

static bool read_seconds(const char *value, double *ret_seconds)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(value, &end);
	if (errno || *end || end == value || !(seconds >= 0.01 && seconds <= 86400))
		return false;
	*ret_seconds = seconds;
	return true;
}

/* Appends to devices or from. */
static int add_text(const char *value, const char **list, size_t *count, size_t max,
		    const char *things, struct error *error)
{
	if (*count == max)
		return error_set(error, E2BIG, EXIT_USAGE, "more than %zu %s", max, things);
	list[(*count)++] = value;
	return 0;
}

static int set(const struct option_row *row, const char *value, struct settings *settings,
	       struct error *error)
{
	void *field = (char *)settings + row->offset;
	long number;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)field = value;
		return 0;
	case OPTION_DEVICE:
		return add_text(value, settings->devices, &settings->devices_count,
				COMMAND_DEVICES_MAX, "devices", error);
	case OPTION_PREFIX:
		return add_text(value, settings->from, &settings->from_count, COMMAND_PREFIXES_MAX,
				"prefixes (--from)", error);
	case OPTION_CHOICE:
		return set_choice(row, value, field, error);
	case OPTION_SECONDS:
		if (!read_seconds(value, field))
			return invalid(row, value, "a number of seconds from 0.01 to 86400", error);
		return 0;
	case OPTION_NUMBER:
		if (!read_number(value, LONG_MAX, field))
			return invalid(row, value, "a whole number from 1", error);
		return 0;
	case OPTION_CONFIRM:
		if (!read_number(value, COMMAND_CONFIRM_MAX, &number))
			return invalid(row, value, "a whole number of seconds from 1 to 86400",
				       error);
		*(uint32_t *)field = (uint32_t)number;
		return 0;
	case OPTION_DURATION:
		if (duration_read(value, field))
			return invalid(row, value,
				       "a duration from 1s to 365d: write 90 (seconds), 10m, 2h, "
				       "7d or 1h30m",
				       error);
		return 0;
	}
	return -EINVAL;
}

/* Fills the tables of getopt_long from the rows. */
static void translate(const struct option_row *const *rows, struct option *longs, char *shorts)
{
	size_t count = 0;

	*shorts++ = ':'; /* print no errors; return a colon for a missing value */
	*shorts++ = 'h';
	for (; rows[count]; count++) {
		const struct option_row *row = rows[count];

		longs[count] = (struct option){ row->name, row->argument ? 1 : 0, NULL,
						ROWS + (int)count };
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

/* optopt is an unknown letter, the result for an option that takes no value but got one, or 0. */
static int unknown_option(const struct command_line *line, const char *word, struct error *error)
{
	char letter[2] = { (char)optopt, '\0' };
	struct suggest suggest;
	char hint[64];

	if (optopt >= ROWS)
		return error_set(error, EINVAL, EXIT_USAGE, "%s: --%s takes no value", line->name,
				 line->rows[optopt - ROWS]->name);
	if (optopt == HELP)
		return error_set(error, EINVAL, EXIT_USAGE, "%s: --help takes no value",
				 line->name);
	if (optopt)
		word = letter;
	while (*word == '-')
		word++;
	suggest_start(&suggest, word, strcspn(word, "="));
	for (size_t i = 0; line->rows[i]; i++)
		if (!line->rows[i]->never_suggested)
			suggest_offer(&suggest, line->rows[i]->name);
	snprintf(hint, sizeof(hint), "see: portsieve %s --help", line->name);
	return error_set(error, EINVAL, EXIT_USAGE, "%s: unknown option '%s'%s", line->name, word,
			 suggest_hint(&suggest, hint).text);
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
	if (optarg == word) /* the value is a separate word */
		word = line->argv[optind - 2];
	name = value == HELP ? "help" : line->rows[value - ROWS]->name;
	if (!strncmp(word + 2, name, strlen(name)) && strchr("=", word[2 + strlen(name)]))
		return NULL;
	return word;
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
		r = set(*row, optarg, &line->settings, error);
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
		char left[64], letter[8] = "    ";

		if (row->letter)
			snprintf(letter, sizeof(letter), "-%c, ", row->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name,
			 row->argument ? " " : "", row->argument ? row->argument : "");
		printf("  %-22s %s\n", left, row->help);
	}
	printf("  %-22s %s\n", "-h, --help", "print this help");
}
