/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing the options of one command, from its table row. */
#ifndef PORTSIEVE_OPTIONS_H
#define PORTSIEVE_OPTIONS_H

#include "command.h"

/*
 * Parses argv[1..] of a command (argv[0] is its name) into *settings. Operands are moved to the end
 * of argv, *ret_first is the index of the first. ret_help: --help was asked for, nothing else
 * counts then. -EINVAL with error filled in.
 */
int options_parse(const struct command *command, int argc, char **argv, struct settings *settings,
		  int *ret_first, bool *ret_help, struct error *error);

/* The help of one command, to stdout. */
void options_help(const struct command *command);

#endif
