/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands: one table row each for what it is called, takes and does. Parsing, --help, shell
 * completion and the synopsis of the manual page all come from these rows.
 */
#ifndef PORTSIEVE_COMMAND_H
#define PORTSIEVE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath.h"
#include "error.h"

enum command_limits {
	COMMAND_DEVICES_MAX = 256,   /* named on one command line */
	COMMAND_PREFIXES_MAX = 256,  /* --from, on one command line */
	COMMAND_OPTIONS_MAX = 12,    /* of one command */
	COMMAND_CONFIRM_MAX = 86400, /* seconds that a policy can wait to be confirmed */
};

/* What the options of a command line have set. */
struct settings {
	const char *policy;
	const char *devices[COMMAND_DEVICES_MAX]; /* --dev */
	size_t devices_count;
	enum datapath_mode mode;
	int attach; /* enum attach_choice */
	const char *name;
	const char *from[COMMAND_PREFIXES_MAX];
	size_t from_count;
	uint32_t for_seconds;	  /* 0: without end */
	uint32_t confirm_seconds; /* 0: in force without confirmation */
	bool force;
	bool all;
	bool json;
	double watch_seconds; /* 0: once */
	long count;	      /* 0: without end */
	bool each;
};

enum attach_choice {
	ATTACH_AUTO,
	ATTACH_LINK,
	ATTACH_DISPATCHER,
};

enum option_kind {
	OPTION_FLAG,	 /* bool */
	OPTION_TEXT,	 /* const char * */
	OPTION_DEVICE,	 /* one more of devices */
	OPTION_PREFIX,	 /* one more of from */
	OPTION_CHOICE,	 /* int, the index of one of `choices` */
	OPTION_SECONDS,	 /* double, above 0 */
	OPTION_NUMBER,	 /* long, from 1 */
	OPTION_CONFIRM,	 /* uint32_t, whole seconds */
	OPTION_DURATION, /* uint32_t, in seconds: "90", "10m", "1h30m" (duration.h) */
};

struct option_row {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset;	      /* in struct settings */
	const char *argument; /* its name in the help; NULL for a flag */
	const char *help;
	const char *const *choices; /* NULL-terminated */
};

struct command {
	const char *name;
	const char *operands; /* in the help: "DEV..." */
	int operands_min;
	int operands_max; /* -1: any number */
	const char *summary;
	const char *details; /* further lines of the help; may be NULL */
	const struct option_row *options[COMMAND_OPTIONS_MAX];
	bool changes; /* what is loaded, when it ends well or in part */
	/* Returns an exit code; an error that is not yet written is in *error (text not empty). */
	enum exit_code (*run)(const struct settings *settings, int count, char **operands,
			      struct error *error);
};

extern const struct option_row option_policy, option_mode, option_attach, option_all_devices,
	option_dev, option_diff_dev, option_json, option_watch, option_count, option_all_rows,
	option_each, option_try_policy, option_try_dev, option_name, option_from, option_for,
	option_confirm, option_force;

extern const struct command command_load, command_unload, command_apply, command_check,
	command_show, command_status, command_stats, command_registry, command_explain,
	command_replay, command_bench, command_allow, command_drop, command_delete, command_confirm,
	command_rollback, command_upgrade, command_diff;

/* What a command line that has been run has changed of what is loaded. */
enum command_changes {
	CHANGES_NOTHING,
	CHANGES_PART,
	CHANGES_ALL,
};

/* Parses the command line and runs the command. Returns the exit code. */
enum exit_code command_main(int argc, char **argv, enum command_changes *ret_changes);

#endif
