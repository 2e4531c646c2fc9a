/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands: one row per command, which defines its parsing, its --help and its function. */
#ifndef PORTSIEVE_COMMAND_H
#define PORTSIEVE_COMMAND_H

#include <stdbool.h>

#include "base/error.h"
#include "commands/options.h"

struct command {
	const char *name;
	const char *operands; /* in the help: "POLICY [DEV]..." */
	int operands_min;     /* without those that name devices */
	int operands_max;     /* -1: any number */
	size_t devices_min;   /* named by --dev or by operands after the others */
	size_t devices_max;   /* 0: no operand names a device */
	const char *summary;
	const char *details; /* more lines of the help; may be NULL */
	const struct option_row *options[COMMAND_OPTIONS_MAX + 1]; /* NULL-terminated */
	bool changes;						   /* changes loaded devices */
	/* Returns an exit code. If error->text is not empty, the caller logs the error. */
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

/* How much of its change a command has made. */
enum command_changes {
	CHANGES_NOTHING,
	CHANGES_PART,
	CHANGES_ALL,
};

/* Prints the help of one command to stdout. */
void command_help(const struct command *command);

/*
 * Prints what the last of the words after "portsieve" may be completed to, a line each, which a tab
 * and a description may follow; ":files" stands for names of files.
 */
enum exit_code command_complete(const char *const *words, size_t count);

/* Parses the command line and runs the command. Returns the exit code. */
enum exit_code command_main(int argc, char **argv, enum command_changes *ret_changes);

#endif
