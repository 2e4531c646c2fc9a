/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, the general help, and dispatch. */
#include "commands/command.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/datapath.h"
#include "base/log.h"
#include "commands/options.h"
#include "policy/registry.h"
#include "base/suggest.h"

#ifndef PORTSIEVE_VERSION
#error "the Makefile defines PORTSIEVE_VERSION"
#endif

static const struct command *const commands[] = {
	&command_load,	   &command_unload,   &command_upgrade, &command_apply,	 &command_confirm,
	&command_rollback, &command_allow,    &command_drop,	&command_delete, &command_check,
	&command_diff,	   &command_show,     &command_status,	&command_stats,	 &command_explain,
	&command_replay,   &command_registry, &command_bench,
};

static void print_help(void)
{
	printf("portsieve counts and drops packets by destination port, at the driver (XDP).\n\n"
	       "Usage: portsieve COMMAND [ARGUMENT]...\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-10s %-14s %s\n", commands[i]->name, commands[i]->operands,
		       commands[i]->summary);
	printf("\n  portsieve COMMAND --help tells more; --version tells what this is built "
	       "from.\n\n"
	       "Exit codes: 0 done, 1 failed, 2 usage or policy error, 3 not loaded,\n"
	       "4 not permitted, 5 done in part.\n");
}

static void print_version(void)
{
	printf("portsieve %s\nlibbpf %s\nlibxdp %s\nport registry of %s (IANA)\n",
	       PORTSIEVE_VERSION, datapath_libbpf_version(), datapath_libxdp_version(),
	       registry_date());
}

static enum exit_code fail_unknown(const char *name)
{
	struct suggest suggest;
	struct error error = { 0 };

	suggest_start(&suggest, name, strlen(name));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		suggest_offer(&suggest, commands[i]->name);
	error_set(&error, 0, EXIT_USAGE, "unknown command '%s'%s", name,
		  suggest_hint(&suggest, "see: portsieve --help").text);
	log_error(&error);
	return EXIT_USAGE;
}

static int check_operands(const struct command *command, int count, struct error *error)
{
	if (count < command->operands_min)
		return error_set(error, 1, EXIT_USAGE,
				 "%s: %s is missing; see: portsieve %s --help", command->name,
				 command->operands, command->name);
	if (command->operands_max >= 0 && count > command->operands_max)
		return error_set(error, 1, EXIT_USAGE,
				 "%s: too many arguments%s; see: portsieve %s --help",
				 command->name,
				 strcmp(command->operands, "PACKET")
					 ? ""
					 : " (the packet is one, between quotes)",
				 command->name);
	return 0;
}

static enum command_changes changes_of(const struct command *command, enum exit_code code)
{
	if (!command->changes)
		return CHANGES_NOTHING;
	return code == EXIT_DONE     ? CHANGES_ALL
	       : code == EXIT_PARTLY ? CHANGES_PART
				     : CHANGES_NOTHING;
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
	int r = options_parse(&line, &error);

	if (!r && line.help) {
		command_help(command);
		return EXIT_DONE;
	}
	if (!r)
		r = check_operands(command, argc - line.first, &error);
	if (r) {
		log_error(&error);
		return error.exit;
	}
	code = command->run(&line.settings, argc - line.first, argv + line.first, &error);
	if (error.text[0])
		log_error(&error);
	*ret_changes = changes_of(command, code);
	return code;
}

static enum exit_code help_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i]->name)) {
			command_help(commands[i]);
			return EXIT_DONE;
		}
	return fail_unknown(name);
}

enum exit_code command_main(int argc, char **argv, enum command_changes *ret_changes)
{
	const char *name = argc > 1 ? argv[1] : "--help";

	*ret_changes = CHANGES_NOTHING;
	if (!strcmp(name, "help") && argc > 2)
		return help_of(argv[2]);
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		print_help();
		return argc > 1 ? EXIT_DONE : EXIT_USAGE;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		print_version();
		return EXIT_DONE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i]->name))
			return run(commands[i], argc - 1, argv + 1, ret_changes);
	return fail_unknown(name);
}
