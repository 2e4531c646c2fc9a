/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options: the rows that commands share, parsing by them (getopt_long), and their help. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cleanup.h"
#include "duration.h"
#include "suggest.h"

enum { HELP = 1, ROWS = 256 }; /* values of getopt_long: letters lie between */

static const char *const mode_choices[] = {
	[DATAPATH_NATIVE] = "native",
	[DATAPATH_GENERIC] = "generic",
	[DATAPATH_MODE_AUTO] = "auto",
	NULL,
};

static const char *const attach_choices[] = {
	[ATTACH_AUTO] = "auto",
	[ATTACH_LINK] = "link",
	[ATTACH_DISPATCHER] = "dispatcher",
	NULL,
};

#define FIELD(name) offsetof(struct settings, name)

const struct option_row option_policy = {
	"policy",    'p',
	OPTION_TEXT, FIELD(policy),
	"POLICY",    "the policy file; without it, ports are counted and nothing is dropped",
	NULL
};
const struct option_row option_mode = {
	"mode",
	0,
	OPTION_CHOICE,
	FIELD(mode),
	"MODE",
	"native (the driver's own XDP, the default), generic (any device, slower), "
	"or auto (native, else generic)",
	mode_choices
};
const struct option_row option_attach = {
	"attach",
	0,
	OPTION_CHOICE,
	FIELD(attach),
	"HOW",
	"link (alone on the device), dispatcher (beside other programs), or auto (the "
	"dispatcher where it can be had, else the link; the default)",
	attach_choices
};
const struct option_row option_all_devices = {
	"all", 0, OPTION_FLAG, FIELD(all), NULL, "every loaded device of this network namespace",
	NULL
};
const struct option_row option_dev = {
	"dev", 0, OPTION_DEVICE, FIELD(devices), "DEV", "only this device; may be repeated", NULL
};
const struct option_row option_diff_dev = {
	"dev",	       0,
	OPTION_DEVICE, FIELD(devices),
	"DEV",	       "compare with the policy in force on this device",
	NULL
};
const struct option_row option_json = { "json", 'j',	      OPTION_FLAG, FIELD(json),
					NULL,	"print JSON", NULL };
const struct option_row option_watch = { "watch",
					 0,
					 OPTION_SECONDS,
					 FIELD(watch_seconds),
					 "SECONDS",
					 "print again every so many seconds",
					 NULL };
const struct option_row option_count = { "count",      0,   OPTION_NUMBER,
					 FIELD(count), "N", "with --watch: stop after N times",
					 NULL };
const struct option_row option_all_rows = {
	"all", 0, OPTION_FLAG, FIELD(all), NULL, "also the rows that have counted nothing", NULL
};

const struct option_row option_each = { "each",	     0,	   OPTION_FLAG,
					FIELD(each), NULL, "print a verdict for each packet",
					NULL };
const struct option_row option_try_policy = { "policy",	     'p',      OPTION_TEXT,
					      FIELD(policy), "POLICY", "judge by this policy file",
					      NULL };
const struct option_row option_try_dev = {
	"dev",	       0,
	OPTION_DEVICE, FIELD(devices),
	"DEV",	       "judge by the policy in force on this device",
	NULL
};
const struct option_row option_name = {
	"name",	     0,	     OPTION_TEXT,
	FIELD(name), "NAME", "the rule's name; left out, it is made of the verdict and the ports",
	NULL
};
const struct option_row option_from = {
	"from",	     0,	     OPTION_PREFIX,
	FIELD(from), "CIDR", "only packets from there: 192.0.2.0/24, 2001:db8::7; may be repeated",
	NULL
};
const struct option_row option_for = {
	"for",
	0,
	OPTION_DURATION,
	FIELD(for_seconds),
	"DURATION",
	"until that time has passed: 90 (seconds), 10m, 2h, 7d, 1h30m; at most 365d",
	NULL
};
const struct option_row option_confirm = {
	"confirm",
	0,
	OPTION_CONFIRM,
	FIELD(confirm_seconds),
	"SECONDS",
	"return to the policy before unless `portsieve confirm` comes within so many "
	"seconds, 1 to 86400",
	NULL
};
const struct option_row option_force = { "force",      0,    OPTION_FLAG,
					 FIELD(force), NULL, "even if it cuts your own ssh session",
					 NULL };

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

/* One more of devices or of from. */
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

/* The rows in the form of getopt_long. */
static void translate(const struct command *command, struct option *longs, char *shorts)
{
	size_t count = 0;

	*shorts++ = ':'; /* tell a missing argument from an unknown option, print nothing */
	*shorts++ = 'h';
	for (; command->options[count]; count++) {
		const struct option_row *row = command->options[count];

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

static const struct option_row *find_row(const struct command *command, int value)
{
	if (value >= ROWS)
		return command->options[value - ROWS];
	for (size_t i = 0; command->options[i]; i++)
		if (command->options[i]->letter == value)
			return command->options[i];
	return NULL;
}

/* getopt_long has left in optopt a letter it does not know, or the value of a flag given one. */
static int unknown_option(const struct command *command, const char *word, struct error *error)
{
	char letter[2] = { (char)optopt, '\0' };
	struct suggest suggest;
	char hint[64];

	if (optopt >= ROWS)
		return error_set(error, EINVAL, EXIT_USAGE, "%s: --%s takes no value",
				 command->name, command->options[optopt - ROWS]->name);
	if (optopt == HELP)
		return error_set(error, EINVAL, EXIT_USAGE, "%s: --help takes no value",
				 command->name);
	if (optopt)
		word = letter;
	while (*word == '-')
		word++;
	suggest_start(&suggest, word, strcspn(word, "="));
	for (size_t i = 0; command->options[i]; i++)
		if (command->options[i] != &option_force) /* nobody is talked into that */
			suggest_offer(&suggest, command->options[i]->name);
	snprintf(hint, sizeof(hint), "see: portsieve %s --help", command->name);
	return error_set(error, EINVAL, EXIT_USAGE, "%s: unknown option '%s'%s", command->name,
			 word, suggest_hint(&suggest, hint).text);
}

/*
 * getopt_long takes a unique beginning for the whole name: `load --for 1h` would be --force. The
 * word of such a long option, as it has just been read; NULL: it is written in full, or a letter.
 */
static const char *abbreviated(const struct command *command, int value, char **argv)
{
	const char *word = argv[optind - 1], *name;

	if (value != HELP && value < ROWS)
		return NULL;
	if (optarg == word) /* the value is a word of its own */
		word = argv[optind - 2];
	name = value == HELP ? "help" : command->options[value - ROWS]->name;
	if (!strncmp(word + 2, name, strlen(name)) && strchr("=", word[2 + strlen(name)]))
		return NULL;
	return word;
}

int options_parse(const struct command *command, int argc, char **argv, struct settings *settings,
		  int *ret_first, bool *ret_help, struct error *error)
{
	struct option longs[COMMAND_OPTIONS_MAX + 2];
	char shorts[2 * COMMAND_OPTIONS_MAX + 3];
	int value, r;

	translate(command, longs, shorts);
	*ret_help = false;
	optind = 0; /* start anew, also GNU getopt's inner state */
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const char *word = abbreviated(command, value, argv);

		if (word) {
			optopt = 0;
			return unknown_option(command, word, error);
		}
		if (value == HELP || value == 'h') {
			*ret_help = true;
			return 0;
		}
		if (value == ':')
			return error_set(error, EINVAL, EXIT_USAGE, "%s: '%s' wants a value",
					 command->name, argv[optind - 1]);
		if (value == '?')
			return unknown_option(command, argv[optind - 1], error);
		r = set(find_row(command, value), optarg, settings, error);
		if (r)
			return r;
	}
	*ret_first = optind;
	return 0;
}

static void print_row(const char *left, const char *text)
{
	printf("  %-22s %s\n", left, text);
}

void options_help(const struct command *command)
{
	printf("Usage: portsieve %s%s%s%s\n\n%s\n", command->name, command->operands[0] ? " " : "",
	       command->operands, command->options[0] ? " [OPTION]..." : "", command->summary);
	if (command->details)
		printf("\n%s\n", command->details);
	printf("\n");
	for (size_t i = 0; command->options[i]; i++) {
		const struct option_row *row = command->options[i];
		char left[64], letter[8] = "    ";

		if (row->letter)
			snprintf(letter, sizeof(letter), "-%c, ", row->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name,
			 row->argument ? " " : "", row->argument ? row->argument : "");
		print_row(left, row->help);
	}
	print_row("-h, --help", "this text");
}
