/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns rows into the tables of getopt_long, checks the values, and prints the help of the rows. */
#include "commands/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "base/suggest.h"

enum { HELP = 1, ROWS = 256 }; /* values that getopt_long returns; letters are between them */

static int invalid(const struct option_row *row, const char *value, const char *right,
		   struct error *error)
{
	return error_set(error, EINVAL, EXIT_USAGE, "--%s: '%s' is not %s", row->name, value,
			 right);
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

static int set_number(const struct option_row *row, const char *value, void *field,
		      struct error *error)
{
	char *end;

	errno = 0;
	if (row->kind == OPTION_SECONDS) {
		double seconds = strtod(value, &end);

		if (errno || *end || end == value || !(seconds >= 0.01 && seconds <= 86400))
			return invalid(row, value, "a number of seconds from 0.01 to 86400", error);
		*(double *)field = seconds;
	} else {
		long number = strtol(value, &end, 10);

		if (errno || *end || end == value || number < 1)
			return invalid(row, value, "a whole number from 1", error);
		*(long *)field = number;
	}
	return 0;
}

static int set_whole_seconds(const struct option_row *row, const char *value, uint32_t *field,
			     struct error *error)
{
	char *end;
	long number;

	if (row->kind == OPTION_DURATION) {
		if (duration_read(value, field))
			return invalid(row, value,
				       "a duration from 1s to 365d: write 90 (seconds), 10m, 2h, "
				       "7d or 1h30m",
				       error);
		return 0;
	}
	errno = 0;
	number = strtol(value, &end, 10);
	if (errno || *end || end == value || number < 1 || number > COMMAND_CONFIRM_MAX)
		return invalid(row, value, "a whole number of seconds from 1 to 86400", error);
	*field = (uint32_t)number;
	return 0;
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
	case OPTION_NUMBER:
		return set_number(row, value, field, error);
	case OPTION_CONFIRM:
	case OPTION_DURATION:
		return set_whole_seconds(row, value, field, error);
	}
	return -EINVAL;
}

/* Fills the tables of getopt_long from the rows. */
static void translate(const struct option_row *const *rows, struct option *longs, char *shorts)
{
	size_t count = 0;

	*shorts++ = ':'; /* print nothing, return a colon for a missing value */
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

static const struct option_row *find_row(const struct option_row *const *rows, int value)
{
	if (value >= ROWS)
		return rows[value - ROWS];
	for (size_t i = 0; rows[i]; i++)
		if (rows[i]->letter == value)
			return rows[i];
	return NULL;
}

/* optopt is the unknown letter, the return value of a flag that got a value, or 0. */
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
 * getopt_long accepts unique abbreviations: `load --for 1h` would be --force. Returns the word just
 * read if it abbreviates a long option, else NULL.
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

		if (word) {
			optopt = 0;
			return unknown_option(line, word, error);
		}
		if (value == HELP || value == 'h') {
			line->help = true;
			return 0;
		}
		if (value == ':')
			return error_set(error, EINVAL, EXIT_USAGE, "%s: '%s' wants a value",
					 line->name, line->argv[optind - 1]);
		if (value == '?')
			return unknown_option(line, line->argv[optind - 1], error);
		r = set(find_row(line->rows, value), optarg, &line->settings, error);
		if (r)
			return r;
	}
	line->first = optind;
	return 0;
}

static void print_row(const char *left, const char *text)
{
	printf("  %-22s %s\n", left, text);
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
		print_row(left, row->help);
	}
	print_row("-h, --help", "this text");
}
