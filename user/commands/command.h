/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands: one row per command, which defines its parsing, its --help and its function. */
#ifndef PORTSIEVE_COMMAND_H
#define PORTSIEVE_COMMAND_H

#include <stdbool.h>

#include "base/error.h"
#include "commands/options.h"

struct command {
	const char *name;
	const char *operands; /* as in the help: "POLICY [DEV]..." */
	int operands_min;     /* not counting those that name devices */
	int operands_max;     /* -1: any number */
	size_t devices_min;   /* named by --dev or by the last operands */
	size_t devices_max;   /* 0: no operand names a device */
	const char *summary;
	const char *details; /* more lines for the help; may be NULL */
	const struct option_row *options[COMMAND_OPTIONS_MAX + 1]; /* NULL-terminated */
	bool changes;						   /* changes loaded devices */
	/* Returns the exit code. The caller logs the error if error->text is not empty. */
	enum exit_code (*run)(const struct settings *settings, struct error *error);
};

extern const struct command command_load, command_unload, command_apply, command_check,
	command_show, command_status, command_stats, command_ports, command_events, command_sources,
	command_top, command_serve, command_registry, command_explain, command_replay,
	command_bench, command_allow, command_drop, command_delete, command_confirm,
	command_rollback, command_save, command_upgrade, command_diff, command_learn,
	command_doctor;

/* All of them, in the order of the help; NULL-terminated. */
extern const struct command *const command_table[];

/* How much of its change a command has carried out. */
enum command_changes {
	CHANGES_NOTHING,
	CHANGES_PART,
	CHANGES_ALL,
};

/* Prints the help of one command to stdout. */
void command_help(const struct command *command);

/*
 * Prints the candidates for completing the last of the words after "portsieve", one per line, some
 * with a tab and a description; ":files" stands for file names.
 */
enum exit_code command_complete(const char *const *words, size_t count);

/* Parses the command line and runs the command. Returns the exit code. */
enum exit_code command_main(int argc, char **argv, enum command_changes *ret_changes);

#endif
