/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, the general help, and dispatch. */
#include "commands/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/suggest.h"
#include "datapath/datapath.h"
#include "policy/registry.h"
#include "print/json.h"

#ifndef PORTSIEVE_VERSION
#error "the Makefile defines PORTSIEVE_VERSION"
#endif

const struct command *const command_table[] = {
	&command_load,	  &command_unload,  &command_upgrade,
	&command_apply,	  &command_confirm, &command_rollback,
	&command_allow,	  &command_drop,    &command_delete,
	&command_save,	  &command_check,   &command_learn,
	&command_diff,	  &command_show,    &command_status,
	&command_stats,	  &command_ports,   &command_events,
	&command_sources, &command_top,	    &command_explain,
	&command_replay,  &command_doctor,  &command_registry,
	&command_bench,	  &command_serve,   NULL,
};

static void print_help(void)
{
	printf("portsieve counts and drops packets by destination port, at the driver (XDP).\n\n"
	       "Usage: portsieve COMMAND [ARGUMENT]...\n\n");
	for (size_t i = 0; command_table[i]; i++)
		printf("  %-10s %s\n", command_table[i]->name, command_table[i]->summary);
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

static int too_many(const struct command *command, struct error *error)
{
	return error_set(error, E2BIG, EXIT_USAGE,
			 "%s: too many arguments%s; see: portsieve %s --help", command->name,
			 strcmp(command->operands, "PACKET") ? "" : " (put the packet in quotes)",
			 command->name);
}

/* Splits the words after the options into operands and devices. */
static int take_operands(const struct command *command, const char *const *words, size_t count,
			 struct settings *settings, struct error *error)
{
	size_t max = command->operands_max < 0 ? count : (size_t)command->operands_max;
	size_t operands = count < max ? count : max;
	int r = 0;

	settings->operands = words;
	settings->operands_count = operands;
	if (count > operands && !command->devices_max)
		return too_many(command, error);
	for (size_t i = operands; i < count && !r; i++)
		r = settings_add_device(settings, words[i], error);
	if (r)
		return r;
	if (operands < (size_t)command->operands_min ||
	    settings->devices_count < command->devices_min)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "%s: %.*s is missing; see: portsieve %s --help", command->name,
				 (int)strcspn(command->operands, " "), command->operands,
				 command->name);
	for (size_t i = 1; i < settings->devices_count && command->devices_max == 1; i++)
		if (strcmp(settings->devices[0], settings->devices[i]))
			return error_set(error, EINVAL, EXIT_USAGE, "%s: name only one device",
					 command->name);
	return 0;
}

/* Parses the command's options and takes its operands. */
static int parse(const struct command *command, struct command_line *line, struct error *error)
{
	int r = options_parse(line, error);

	if (r || line->help)
		return r;
	return take_operands(command, (const char *const *)line->argv + line->first,
			     (size_t)(line->argc - line->first), &line->settings, error);
}

/* Does a command line, which may be invalid, ask for JSON? */
static bool asks_for_json(char **words)
{
	for (; *words && strcmp(*words, "--"); words++)
		if (!strcmp(*words, "-j") || !strcmp(*words, "--json"))
			return true;
	return false;
}

/* Logs the error, and prints it as JSON if requested. */
static enum exit_code fail(const struct error *error)
{
	log_error(error);
	json_end();
	return error->exit;
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

	if (asks_for_json(argv + 1))
		json_begin(command->name);
	if (parse(command, &line, &error))
		return fail(&error);
	if (line.settings.json && !line.help)
		json_begin(command->name);
	else
		json_cancel();
	if (line.help) {
		command_help(command);
		return EXIT_DONE;
	}
	if (line.settings.quiet)
		log_silence_notes();
	code = command->run(&line.settings, &error);
	if (error.text[0])
		log_error(&error);
	if (json_end()) {
		error_no_memory(&error);
		log_error(&error);
		code = EXIT_FAILED;
	}
	if (command->changes && code == EXIT_DONE)
		*ret_changes = CHANGES_ALL;
	else if (command->changes && code == EXIT_PARTLY)
		*ret_changes = CHANGES_PART;
	return code;
}

/* Returns NULL, with a suggestion in the error, if there is no such command. */
static const struct command *find_command(const char *name, struct error *error)
{
	struct suggest suggest;

	suggest_start(&suggest, name, strlen(name));
	for (size_t i = 0; command_table[i]; i++) {
		if (!strcmp(name, command_table[i]->name))
			return command_table[i];
		suggest_offer(&suggest, command_table[i]->name);
	}
	error_set(error, 0, EXIT_USAGE, "unknown command '%s'%s", name,
		  suggest_hint(&suggest, "see: portsieve --help").text);
	return NULL;
}

enum exit_code command_main(int argc, char **argv, enum command_changes *ret_changes)
{
	const char *name = argc > 1 ? argv[1] : "--help";
	const struct command *command;
	struct error error = { 0 };
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
	if (!strcmp(name, "--complete"))
		return command_complete((const char *const *)argv + 2, (size_t)argc - 2);
	command = find_command(help ? argv[2] : name, &error);
	if (!command) {
		if (asks_for_json(argv + 1))
			json_begin(NULL);
		return fail(&error);
	}
	if (!help)
		return run(command, argc - 1, argv + 1, ret_changes);
	command_help(command);
	return EXIT_DONE;
}
