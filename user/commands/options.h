/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing the options of a command line by the rows of one command, and the help of these rows. */
#ifndef PORTSIEVE_OPTIONS_H
#define PORTSIEVE_OPTIONS_H

#include "base/error.h"
#include "commands/option.h"

/* A command line from the command's name on, and what it says. */
struct command_line {
	const char *name;		      /* of the command, for errors */
	const struct option_row *const *rows; /* what it takes, NULL-terminated */
	int argc;
	char **argv; /* [0] is not looked at */

	/* Set by options_parse. */
	struct settings settings;
	int first; /* index in argv of the first operand */
	bool help; /* --help is given; nothing else counts then */
};

/*
 * Parses argv[1..] into the zeroed rest of *line and moves the operands to the end of argv. -EINVAL
 * (-E2BIG: too many devices or prefixes) with error filled in.
 */
int options_parse(struct command_line *line, struct error *error);

/* Prints the help of the rows, and of --help, to stdout. */
void options_help(const struct option_row *const *rows);

#endif
