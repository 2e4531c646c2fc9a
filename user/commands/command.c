/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, the general help, and dispatch. */
#include "commands/command.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/suggest.h"
#include "datapath/datapath.h"
#include "policy/registry.h"

#ifndef PORTSIEVE_VERSION
#error "the Makefile defines PORTSIEVE_VERSION"
#endif

static const struct command *const commands[] = {
	&command_load,	   &command_unload, &command_upgrade,  &command_apply,	&command_confirm,
	&command_rollback, &command_allow,  &command_drop,     &command_delete, &command_check,
	&command_learn,	   &command_diff,   &command_show,     &command_status, &command_stats,
	&command_explain,  &command_replay, &command_registry, &command_bench,
};

static void print_help(void)
{
	printf("portsieve counts and drops packets by destination port, at the driver (XDP).\n\n"
	       "Usage: portsieve COMMAND [ARGUMENT]...\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-10s %-14s %s\n", commands[i]->name, commands[i]->operands,
		       commands[i]->summary);
	printf("\n  portsieve COMMAND --help   help for a command\n"
	       "  portsieve --version        versions of portsieve, its libraries and its port "
	       "registry\n\n"
	       "Exit codes: 0 done, 1 failed, 2 usage or policy error, 3 not loaded,\n"
	       "4 not permitted, 5 partly done.\n");
}

void command_help(const struct command *command)
{
	printf("Usage: portsieve %s%s%s%s\n\n%s\n", command->name, command->operands[0] ? " " : "",
	       command->operands, command->options[0] ? " [OPTION]..." : "", command->summary);
	if (command->details)
		printf("\n%s\n", command->details);
	printf("\n");
	options_help(command->options);
}

/* Parses the command's options and checks the number of operands. */
static int parse(const struct command *command, struct command_line *line, struct error *error)
{
	int count, r = options_parse(line, error);

	if (r || line->help)
		return r;
	count = line->argc - line->first;
	if (count < command->operands_min)
		return error_set(error, 1, EXIT_USAGE,
				 "%s: %s is missing; see: portsieve %s --help", command->name,
				 command->operands, command->name);
	if (command->operands_max < 0 || count <= command->operands_max)
		return 0;
	return error_set(error, 1, EXIT_USAGE, "%s: too many arguments%s; see: portsieve %s --help",
			 command->name,
			 strcmp(command->operands, "PACKET") ? "" : " (put the packet in quotes)",
			 command->name);
}

static enum exit_code run(const struct command *command, int argc, char **argv,
			  enum command_changes *ret_changes)
{
	struct command_line line = {
		.name = command->name,
		.rows = command->options,
		.argc = argc,
		.argv = argv,
	};
	struct error error = { .exit = EXIT_FAILED };
	enum exit_code code;

	if (parse(command, &line, &error)) {
		log_error(&error);
		return error.exit;
	}
	if (line.help) {
		command_help(command);
		return EXIT_DONE;
	}
	line.settings.operands = (const char *const *)argv + line.first;
	line.settings.operands_count = (size_t)(argc - line.first);
	code = command->run(&line.settings, &error);
	if (error.text[0])
		log_error(&error);
	if (command->changes && code == EXIT_DONE)
		*ret_changes = CHANGES_ALL;
	else if (command->changes && code == EXIT_PARTLY)
		*ret_changes = CHANGES_PART;
	return code;
}

/* Logs an error, with a suggestion, and returns NULL if there is no command of that name. */
static const struct command *find_command(const char *name)
{
	struct suggest suggest;
	struct error error = { 0 };

	suggest_start(&suggest, name, strlen(name));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(name, commands[i]->name))
			return commands[i];
		suggest_offer(&suggest, commands[i]->name);
	}
	error_set(&error, 0, EXIT_USAGE, "unknown command '%s'%s", name,
		  suggest_hint(&suggest, "see: portsieve --help").text);
	log_error(&error);
	return NULL;
}

enum exit_code command_main(int argc, char **argv, enum command_changes *ret_changes)
{
	const char *name = argc > 1 ? argv[1] : "--help";
	const struct command *command;
	bool help = !strcmp(name, "help");

	*ret_changes = CHANGES_NOTHING;
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || (help && argc == 2)) {
		print_help();
		return argc > 1 ? EXIT_DONE : EXIT_USAGE;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		printf("portsieve %s\nlibbpf %s\nlibxdp %s\nport registry of %s (IANA)\n",
		       PORTSIEVE_VERSION, datapath_libbpf_version(), datapath_libxdp_version(),
		       registry_date());
		return EXIT_DONE;
	}
	command = find_command(help ? argv[2] : name);
	if (!command)
		return EXIT_USAGE;
	if (!help)
		return run(command, argc - 1, argv + 1, ret_changes);
	command_help(command);
	return EXIT_DONE;
}
