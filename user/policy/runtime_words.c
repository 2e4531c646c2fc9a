/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words into a rule. */
#include "policy/runtime_words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static int name_read(const char *name, struct policy_rule *rule, struct error *error)
{
	if (!policy_name_is_good(name))
		return error_set(error, EINVAL, EXIT_USAGE,
				 "--name: bad rule name '%.64s': " POLICY_NAME_RIGHT, name,
				 PORTSIEVE_RULE_NAME_MAX);
	strcpy(rule->name, name);
	return 0;
}

/* "allow-tcp-8080": what a name cannot have becomes '-', a run of it one. */
static void make_name(struct policy_rule *rule)
{
	size_t length =
		(size_t)sprintf(rule->name, "%s-", rule->action == POLICY_DROP ? "drop" : "allow");

	for (const char *at = rule->ports; *at && length < PORTSIEVE_RULE_NAME_MAX; at++) {
		char letter = (char)tolower((unsigned char)*at);

		if (!policy_name_letter(letter))
			letter = '-';
		if (letter != '-' || rule->name[length - 1] != '-')
			rule->name[length++] = letter;
	}
	while (rule->name[length - 1] == '-')
		length--;
	rule->name[length] = '\0';
}

/* The words with one space between them, none around. */
static char *join(const char *const *words, size_t count)
{
	size_t size = 1, length = 0;
	char *text;

	for (size_t i = 0; i < count; i++)
		size += strlen(words[i]) + 1;
	text = malloc(size);
	for (size_t i = 0; text && i < count; i++) {
		for (const char *at = words[i]; *at; at++) {
			bool blank = isspace((unsigned char)*at);

			if (!blank)
				text[length++] = *at;
			else if (length && text[length - 1] != ' ')
				text[length++] = ' ';
		}
		if (length && text[length - 1] != ' ')
			text[length++] = ' ';
	}
	if (text)
		text[length ? length - 1 : 0] = '\0';
	return text;
}

static int from_read(const struct runtime_words *words, struct policy_prefixes *prefixes,
		     struct error *error)
{
	if (!words->from_count)
		return 0;
	prefixes->list = calloc(words->from_count, sizeof(*prefixes->list));
	if (!prefixes->list)
		return error_no_memory(error);
	for (size_t i = 0; i < words->from_count; i++) {
		int r;

		if (strpbrk(words->from[i], ",["))
			return error_set(
				error, EINVAL, EXIT_USAGE,
				"--from: '%.64s' is not one address or prefix: for several repeat "
				"the option: --from 192.0.2.0/24 --from 2001:db8::7",
				words->from[i]);
		r = policy_prefix_read(words->from[i], &prefixes->list[i], error);

		if (r) {
			error_prefix(error, "--from");
			error->exit = EXIT_USAGE;
			return r;
		}
		prefixes->count++;
	}
	return 0;
}

int runtime_rule_read(const struct runtime_words *words, const struct policy_host *host,
		      struct policy_rule *ret_rule, struct error *error)
{
	struct policy_rule rule = { .action = words->action,
				    .runtime = true,
				    .until_ns = words->until_ns,
				    .ports = join(words->ports, words->ports_count) };
	int r = rule.ports ? 0 : error_no_memory(error);

	if (!r)
		r = policy_ports_read(rule.ports, host, &rule.intervals, &rule.intervals_count,
				      &rule.uses_registry_set, error);
	if (!r)
		r = from_read(words, &rule.from, error);
	if (!r && words->name)
		r = name_read(words->name, &rule, error);
	else if (!r)
		make_name(&rule);
	if (r)
		policy_rule_free(&rule);
	else
		*ret_rule = rule;
	return r;
}

static bool is_taken(const struct policy_rule *rule, const struct policy *policy)
{
	for (size_t i = 0; i < policy->rules_count; i++)
		if (!strcmp(policy->rules[i].name, rule->name))
			return !policy->rules[i].runtime ||
			       !policy_rules_same(rule, &policy->rules[i]);
	return false;
}

unsigned int runtime_rule_number(struct policy_rule *rule, const char *name, unsigned int number,
				 const struct policy *policy)
{
	for (;; number++) {
		char suffix[16] = "";

		if (number > 1)
			snprintf(suffix, sizeof(suffix), "-%u", number);
		snprintf(rule->name, sizeof(rule->name), "%.*s%s",
			 (int)(PORTSIEVE_RULE_NAME_MAX - strlen(suffix)), name, suffix);
		if (!is_taken(rule, policy))
			return number;
	}
}
