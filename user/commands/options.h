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
#include "datapath/port_counts.h"

enum command_limits {
	COMMAND_DEVICES_MAX = 256,    /* named on one command line */
	COMMAND_PREFIXES_MAX = 256,   /* each for --from and --to */
	COMMAND_OPTIONS_MAX = 20,     /* per command */
	COMMAND_CONFIRM_MAX = 86400,  /* seconds until an unconfirmed change is rolled back */
	COMMAND_WATCH_MAX = 86400,    /* seconds */
	COMMAND_OVER_MAX = 7 * 86400, /* seconds */
};

enum attach_choice {
	ATTACH_AUTO,
	ATTACH_LINK,
	ATTACH_DISPATCHER,
};

/* Prefixes in the order of the command line. */
struct prefix_words {
	const char *list[COMMAND_PREFIXES_MAX];
	size_t count;
};

/* The operands, and the values of all options; options that are not given are zero. */
struct settings {
	const char *const *operands; /* those before the devices; set by the caller */
	size_t operands_count;
	const char *policy;
	bool no_policy;
	const char *devices[COMMAND_DEVICES_MAX]; /* from --dev, then from operands */
	size_t devices_count;
	enum datapath_mode mode;
	enum attach_choice attach;
	struct datapath_watch watch;
	enum port_order sort;
	int verdict; /* for `events`, like the next ones; enum portsieve_verdict + 1; 0: any */
	const char *rule;
	const char *reason;
	const char *port;
	const char *source; /* --from, one prefix */
	const char *write;  /* a file */
	long last;	    /* 0: future ones */
	bool noise;	    /* for `sources` */
	long top;	    /* 0: the command's default */
	const char *name;
	struct prefix_words from;
	struct prefix_words to;
	const char *file;	  /* for `allow` and `drop` */
	uint32_t for_seconds;	  /* 0: no end */
	uint32_t over_seconds;	  /* 0: not given */
	uint32_t confirm_seconds; /* 0: in force without confirmation */
	bool force;
	bool cut;
	bool all;
	bool json;
	bool quiet;
	bool prometheus;
	const char *listen;
	const char *socket;
	bool insecure;
	const char *history;
	const char *dashboard_dir;
	const char *tls_cert;
	const char *tls_key;
	const char *token;
	const char *alert_command;
	bool ranges;
	int watch_sort;	      /* enum watch_sort */
	double watch_seconds; /* 0: print once */
	long count;	      /* 0: unlimited */
	bool each;
	bool exit_code;
	bool expand;
	bool reset;
	bool total;
};

enum option_kind {
	OPTION_FLAG,	 /* bool */
	OPTION_TEXT,	 /* const char * */
	OPTION_DEVICE,	 /* appends to devices */
	OPTION_PREFIX,	 /* appends to a struct prefix_words */
	OPTION_CHOICE,	 /* an enum, by index in `choices` */
	OPTION_NUMBER,	 /* long, from 1 */
	OPTION_DURATION, /* uint32_t, in seconds: "90", "10m", "1h30m" (duration.h) */
	OPTION_INTERVAL, /* double, in seconds: as OPTION_DURATION, or a decimal from "0.01" on */
};

struct option_row {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset;	      /* in struct settings */
	const char *argument; /* placeholder in the help; NULL for a flag */
	const char *help;
	const char *const *choices; /* for OPTION_CHOICE, NULL-terminated */
	uint32_t seconds_max;	    /* for OPTION_DURATION and OPTION_INTERVAL */
	double alone;		    /* for OPTION_INTERVAL without a value; 0: it requires one */
	int first_choice;	    /* the value of choices[0], if 0 means not given */
	bool never_suggested;	    /* too dangerous to suggest for a mistyped option */
};

extern const struct option_row option_policy, option_mode, option_attach, option_per_port,
	option_events, option_all_devices, option_dev, option_same_dev, option_json, option_watch,
	option_count, option_prometheus, option_listen, option_socket, option_insecure,
	option_history, option_tls_cert, option_tls_key, option_token, option_alert_command,
	option_ranges, option_dashboard_dir, option_watch_sort, option_all_rows, option_each,
	option_try_policy, option_try_dev, option_name, option_from, option_to, option_file,
	option_delete_from, option_all_rules, option_overwrite, option_for, option_confirm,
	option_cut, option_force, option_top, option_sort, option_no_policy, option_verdict,
	option_rule, option_reason, option_port, option_noise, option_events_from, option_write,
	option_last, option_events_count, option_over;

/* for `diff` and `stats` */
extern const struct option_row option_exit_code, option_reset, option_total;

/* for `show` */
extern const struct option_row option_expand;

/* for commands that change something */
extern const struct option_row option_quiet;

/* A command line, which begins with the command's name, and the result of parsing it. */
struct command_line {
	const char *name;		      /* the command's, for errors */
	const struct option_row *const *rows; /* the command's options, NULL-terminated */
	int argc;
	char **argv; /* argv[0] is ignored */

	/* Set by options_parse; must be zero before. */
	struct settings settings;
	int first; /* index in argv of the first operand */
	bool help; /* --help was given: ignore the rest */
};

/*
 * Parses argv[1..] and moves the operands to the end of argv. Returns -EINVAL (-E2BIG: too many
 * devices or prefixes) with error filled in (EXIT_USAGE).
 */
int options_parse(struct command_line *line, struct error *error);

/* Appends a device. -E2BIG with error filled in (EXIT_USAGE): too many. */
int settings_add_device(struct settings *settings, const char *device, struct error *error);

/* Prints the help of the rows, and of --help, to stdout. */
void options_help(const struct option_row *const *rows);

#endif
