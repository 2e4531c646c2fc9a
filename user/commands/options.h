/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing the options of a command line by the rows of one command, and the help of these rows. */
#ifndef PORTSIEVE_OPTIONS_H
#define PORTSIEVE_OPTIONS_H

#include "base/error.h"
#include "commands/option.h"

/* A command line that begins with the command's name, and the result of parsing it. */
struct command_line {
	const char *name;		      /* of the command, for errors */
	const struct option_row *const *rows; /* the command's options, NULL-terminated */
	int argc;
	char **argv; /* [0] is ignored */

	/* Set by options_parse. */
	struct settings settings;
	int first; /* index in argv of the first operand */
	bool help; /* --help is given; nothing else counts then */
};

/*
 * Parses argv[1..] into the rest of *line, which is zeroed, and moves the operands to the end of
 * argv. -EINVAL
 * (-E2BIG: too many devices or prefixes) with error filled in.
 */
int options_parse(struct command_line *line, struct error *error);

/* Prints the help of the rows, and of --help, to stdout. */
void options_help(const struct option_row *const *rows);

#endif
