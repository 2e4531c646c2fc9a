/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: the rows that commands choose from (option_rows.c), the settings that they fill in, and
 * parsing and help by these rows (options.c). Knows no commands.
 */
#ifndef PORTSIEVE_OPTIONS_H
#define PORTSIEVE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "datapath/datapath.h"

enum command_limits {
	COMMAND_DEVICES_MAX = 256,   /* named on one command line */
	COMMAND_PREFIXES_MAX = 256,  /* --from, on one command line */
	COMMAND_OPTIONS_MAX = 12,    /* of one command */
	COMMAND_CONFIRM_MAX = 86400, /* seconds until an unconfirmed change is rolled back */
};

enum attach_choice {
	ATTACH_AUTO,
	ATTACH_LINK,
	ATTACH_DISPATCHER,
};

/* The operands, and the values of all options; zeros for options that are not given. */
struct settings {
	const char *const *operands; /* NULL-terminated; set by the caller of options_parse */
	size_t operands_count;
	const char *policy;
	const char *devices[COMMAND_DEVICES_MAX]; /* --dev */
	size_t devices_count;
	enum datapath_mode mode;
	enum attach_choice attach;
	const char *name;
	const char *from[COMMAND_PREFIXES_MAX];
	size_t from_count;
	uint32_t for_seconds;	  /* 0: no end */
	uint32_t confirm_seconds; /* 0: in force without confirmation */
	bool force;
	bool all;
	bool json;
	double watch_seconds; /* 0: print once */
	long count;	      /* 0: unlimited */
	bool each;
};

enum option_kind {
	OPTION_FLAG,	 /* bool */
	OPTION_TEXT,	 /* const char * */
	OPTION_DEVICE,	 /* appends to devices */
	OPTION_PREFIX,	 /* appends to from */
	OPTION_CHOICE,	 /* an enum, by index in `choices` */
	OPTION_SECONDS,	 /* double, 0.01 to 86400 */
	OPTION_NUMBER,	 /* long, from 1 */
	OPTION_CONFIRM,	 /* uint32_t, whole seconds from 1 to COMMAND_CONFIRM_MAX */
	OPTION_DURATION, /* uint32_t, in seconds: "90", "10m", "1h30m" (duration.h) */
};

struct option_row {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset;	      /* in struct settings */
	const char *argument; /* placeholder in the help; NULL for a flag */
	const char *help;
	const char *const *choices; /* for OPTION_CHOICE, NULL-terminated */
	bool never_suggested;	    /* too dangerous to suggest for a misspelled option */
};

extern const struct option_row option_policy, option_mode, option_attach, option_all_devices,
	option_dev, option_diff_dev, option_json, option_watch, option_count, option_all_rows,
	option_each, option_try_policy, option_try_dev, option_name, option_from, option_for,
	option_confirm, option_force;

/* A command line, which begins with the command's name, and the result of parsing it. */
struct command_line {
	const char *name;		      /* the command's, for errors */
	const struct option_row *const *rows; /* the command's options, NULL-terminated */
	int argc;
	char **argv; /* [0] is ignored */

	/* Set by options_parse; zero before. */
	struct settings settings;
	int first; /* index in argv of the first operand */
	bool help; /* --help was given: ignore all else */
};

/*
 * Parses argv[1..] and moves the operands to the end of argv. Returns -EINVAL (-E2BIG: too many
 * devices or prefixes) with error filled in (EXIT_USAGE).
 */
int options_parse(struct command_line *line, struct error *error);

/* Prints the help of the rows, and of --help, to stdout. */
void options_help(const struct option_row *const *rows);

#endif
