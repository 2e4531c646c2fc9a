/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: struct option_row, the rows that commands choose from (option_rows.c), and struct
 * settings, which the options fill. Knows neither parsing (options.h) nor commands (command.h).
 */
#ifndef PORTSIEVE_OPTION_H
#define PORTSIEVE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/datapath.h"

enum command_limits {
	COMMAND_DEVICES_MAX = 256,   /* named on one command line */
	COMMAND_PREFIXES_MAX = 256,  /* --from, on one command line */
	COMMAND_OPTIONS_MAX = 12,    /* of one command */
	COMMAND_CONFIRM_MAX = 86400, /* seconds until an unconfirmed change is rolled back */
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
	uint32_t for_seconds;	  /* 0: no end */
	uint32_t confirm_seconds; /* 0: in force without confirmation */
	bool force;
	bool all;
	bool json;
	double watch_seconds; /* 0: once */
	long count;	      /* 0: no end */
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
	const char *const *choices; /* of OPTION_CHOICE, NULL-terminated */
	bool never_suggested;	    /* too dangerous to be suggested for a misspelled option */
};

extern const struct option_row option_policy, option_mode, option_attach, option_all_devices,
	option_dev, option_diff_dev, option_json, option_watch, option_count, option_all_rows,
	option_each, option_try_policy, option_try_dev, option_name, option_from, option_for,
	option_confirm, option_force;

#endif
