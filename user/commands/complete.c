/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the shells offer on Tab: `portsieve --complete WORD...` prints the candidates for the last
 * word, by the tables of commands and options. packaging/ has the functions of bash and zsh that
 * call it. Prints no errors: they would appear in the middle of the user's line.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "commands/command.h"
#include "control/ruleset.h"
#include "host/rtnetlink.h"
#include "print/reason.h"

/* The line up to the cursor, and the part of it to complete. */
struct completion {
	const char *const *words; /* after the program's name; the last is incomplete */
	size_t count;
	const struct command *command;
	const char *word;   /* the prefix of candidates */
	const char *before; /* what the shell expects before each: "--policy=", or "" */
};

/* Prints a candidate, with a tab and its description, if it begins with the word. */
static void offer(const struct completion *completion, const char *candidate,
		  const char *description)
{
	if (strncmp(candidate, completion->word, strlen(completion->word)) != 0)
		return;
	printf("%s%s", completion->before, candidate);
	if (description)
		printf("\t%s", description);
	putchar('\n');
}

/* Tells the shell to complete file names. */
static void offer_files(void)
{
	puts(":files");
}

static void offer_interfaces(const struct completion *completion)
{
	_cleanup_free_ struct link *links = NULL;
	size_t count = 0;

	if (links_read(&links, &count))
		return;
	for (size_t i = 0; i < count; i++)
		offer(completion, links[i].name, NULL);
}

/* Offers loaded devices, or all if they cannot be read: the command may be run by sudo. */
static void offer_loaded(const struct completion *completion)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_free_ struct datapath_device *devices = NULL;
	struct error ignored = { 0 };
	size_t count = 0;

	if (datapath_open(DATAPATH_READ, NULL, &datapath, &ignored) ||
	    datapath_devices(&datapath, &devices, &count, &ignored)) {
		if (ignored.exit == EXIT_NOT_PERMITTED)
			offer_interfaces(completion);
		return;
	}
	for (size_t i = 0; i < count; i++)
		offer(completion, devices[i].name, NULL);
}

/* Reads the names from the image, which is faster than parsing the text. */
static void offer_names(const struct completion *completion, const struct datapath *datapath,
			const struct datapath_device *device)
{
	bool only_runtime = completion->command == &command_delete;
	_cleanup_free_ struct portsieve_image *image = NULL;
	struct error ignored = { 0 };
	uint64_t now_ns = boottime_ns();

	if (datapath_policy_read(datapath, device, &image, NULL, NULL, NULL, &ignored))
		return;
	for (uint32_t i = 0; i < image->rules; i++)
		if ((image->rule[i].runtime || !only_runtime) &&
		    !has_ended(image->rule[i].until_ns, now_ns))
			offer(completion, image->rule[i].name, NULL);
}

static void offer_prefixes(const struct completion *completion, const struct datapath *datapath,
			   const struct datapath_device *device)
{
	_cleanup_ruleset_ struct ruleset live = { 0 };
	const struct policy *policy = &live.file.policy;
	struct error ignored = { 0 };

	if (ruleset_read_live(datapath, device, &live, &ignored))
		return;
	for (size_t i = 0; i < policy->runtime_count; i++) {
		const struct policy_rule *rule = &policy->rules[policy->failsafe_count + i];

		if (rule->from.count == 1)
			offer(completion, policy_prefix_print(&rule->from.list[0]).text, NULL);
	}
}

typedef void offer_rules_fn(const struct completion *completion, const struct datapath *datapath,
			    const struct datapath_device *device);

/* Offers the rules of all loaded devices; if devices share a policy, those of the first. */
static void offer_rules(const struct completion *completion, offer_rules_fn *offer_those)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_free_ struct datapath_device *devices = NULL;
	struct error ignored = { 0 };
	size_t count = 0;

	if (datapath_open(DATAPATH_READ, NULL, &datapath, &ignored) ||
	    datapath_devices(&datapath, &devices, &count, &ignored))
		return;
	for (size_t i = 0; i < count; i++) {
		bool again = devices[i].broken;

		for (size_t other = 0; other < i; other++)
			again |= devices[other].active_id == devices[i].active_id;
		if (!again)
			offer_those(completion, &datapath, &devices[i]);
	}
}

/* Offers values for the placeholder in the help of an option or operand. */
static void offer_named(const struct completion *completion, const char *name)
{
	if (!strncmp(name, "POLICY", 6) || !strncmp(name, "FILE", 4))
		offer_files();
	else if (!strncmp(name, "DEV", 3) && completion->command == &command_load)
		offer_interfaces(completion);
	else if (!strncmp(name, "DEV", 3))
		offer_loaded(completion);
	else if (!strncmp(name, "NAME", 4) &&
		 (completion->command == &command_delete || completion->command == &command_events))
		offer_rules(completion, offer_names);
}

static void offer_value(const struct completion *completion, const struct option_row *row)
{
	for (size_t i = 0; row->choices && row->choices[i]; i++)
		offer(completion, row->choices[i], NULL);
	for (int reason = 0; row == &option_reason && reason < PORTSIEVE_REASONS; reason++)
		offer(completion, reason_name(reason), NULL);
	if (row == &option_delete_from)
		offer_rules(completion, offer_prefixes);
	else if (!row->choices)
		offer_named(completion, row->argument);
}

static void offer_options(const struct completion *completion)
{
	char text[64];

	for (size_t i = 0; completion->command->options[i]; i++) {
		const struct option_row *row = completion->command->options[i];

		snprintf(text, sizeof(text), "--%s", row->name);
		offer(completion, text, row->help);
		if (!row->letter)
			continue;
		snprintf(text, sizeof(text), "-%c", row->letter);
		offer(completion, text, row->help);
	}
	offer(completion, "--help", "print this help");
	offer(completion, "-h", "print this help");
}

static void offer_commands(const struct completion *completion)
{
	for (size_t i = 0; command_table[i]; i++)
		offer(completion, command_table[i]->name, command_table[i]->summary);
}

/* The command's option named by the first `length` bytes of the word ("--json", "-j"), or NULL. */
static const struct option_row *option_of(const struct command *command, const char *word,
					  size_t length)
{
	for (size_t i = 0; command->options[i]; i++) {
		const struct option_row *row = command->options[i];
		bool is_long = length > 2 && !strncmp(word, "--", 2) &&
			       strlen(row->name) == length - 2 &&
			       !strncmp(word + 2, row->name, length - 2);

		if (is_long ||
		    (length == 2 && word[0] == '-' && row->letter && word[1] == row->letter))
			return row;
	}
	return NULL;
}

/* Is the option's value the next word? */
static bool takes_next(const struct option_row *row)
{
	return row && row->argument && !row->alone;
}

/* Operand 1 of "POLICY [DEV]..." is "DEV", which repeats. */
static void offer_operand(const struct completion *completion, size_t index)
{
	static const char around[] = " []|.";
	const char *at = completion->command->operands, *name = at;

	for (size_t i = 0; *(at += strspn(at, around)) && *at != '-'; i++) {
		name = at;
		if (i == index)
			break;
		at += strcspn(at, around);
	}
	name += strspn(name, around);
	if (*name)
		offer_named(completion, name);
}

/* The last word after the command's name. */
static void complete_argument(struct completion *completion)
{
	const struct option_row *row = NULL;
	const char *equals = strchr(completion->word, '=');
	size_t operands = 0;
	bool only_operands = false;

	for (size_t i = 1; i + 1 < completion->count; i++) {
		const char *word = completion->words[i];

		if (row) { /* the value of the previous option */
			row = NULL;
		} else if (!only_operands && !strcmp(word, "--")) {
			only_operands = true;
		} else if (!only_operands && word[0] == '-' && word[1]) {
			row = option_of(completion->command, word, strlen(word));
			row = takes_next(row) ? row : NULL;
		} else {
			operands++;
		}
	}
	if (row) {
		offer_value(completion, row);
	} else if (!only_operands && equals && completion->word[0] == '-') {
		static char before[64];

		row = option_of(completion->command, completion->word,
				(size_t)(equals - completion->word));
		if (!row || !row->argument)
			return;
		snprintf(before, sizeof(before), "--%s=", row->name);
		completion->before = before;
		completion->word = equals + 1;
		offer_value(completion, row);
	} else if (!only_operands && completion->word[0] == '-') {
		offer_options(completion);
	} else {
		offer_operand(completion, operands);
	}
}

enum exit_code command_complete(const char *const *words, size_t count)
{
	struct completion completion = {
		.words = words, .count = count, .word = count ? words[count - 1] : "", .before = ""
	};
	bool help = count > 1 && !strcmp(words[0], "help");

	if (count < 2 || (help && count == 2)) {
		offer_commands(&completion);
		if (help)
			return EXIT_DONE;
		offer(&completion, "help", "print the help of a command");
		offer(&completion, "--help", "print this help");
		offer(&completion, "--version", "print the versions");
		return EXIT_DONE;
	}
	for (size_t i = 0; command_table[i] && !help; i++)
		if (!strcmp(command_table[i]->name, words[0]))
			completion.command = command_table[i];
	if (completion.command)
		complete_argument(&completion);
	return EXIT_DONE;
}
