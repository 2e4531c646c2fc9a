/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a runtime rule from words, and choosing its name. */
#include "policy/runtime_words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* "allow-tcp-8080": each run of characters that a name cannot have becomes one '-'. */
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

/* The words with one space between them, or NULL. */
static char *join(const char *const *words, size_t count)
{
	size_t size = 1;
	char *text, *end;

	for (size_t i = 0; i < count; i++)
		size += strlen(words[i]) + 1;
	text = end = malloc(size);
	if (!text)
		return NULL;
	*text = '\0';
	for (size_t i = 0; i < count; i++)
		end = stpcpy(stpcpy(end, words[i]), " ");
	policy_ports_fold(text);
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
	__attribute__((cleanup(policy_rule_free))) struct policy_rule rule = {
		.action = words->action,
		.runtime = true,
		.until_ns = words->until_ns,
		.ports = join(words->ports, words->ports_count),
	};
	int r;

	if (!rule.ports)
		return error_no_memory(error);
	r = policy_ports_read(rule.ports, host, &rule.intervals, &rule.intervals_count,
			      &rule.uses_registry_set, error);
	if (r)
		return r;
	r = from_read(words, &rule.from, error);
	if (r)
		return r;
	if (words->name && !policy_name_is_good(words->name))
		return error_set(error, EINVAL, EXIT_USAGE,
				 "--name: bad rule name '%.64s': " POLICY_NAME_RIGHT, words->name,
				 PORTSIEVE_RULE_NAME_MAX);
	if (words->name)
		strcpy(rule.name, words->name);
	else
		make_name(&rule);
	*ret_rule = rule;
	rule = (struct policy_rule){ 0 };
	return 0;
}

unsigned int runtime_rule_number(struct policy_rule *rule, const char *name, unsigned int number,
				 const struct policy *policy)
{
	for (;; number++) {
		const struct policy_rule *other;
		char suffix[16] = "";

		if (number > 1)
			snprintf(suffix, sizeof(suffix), "-%u", number);
		snprintf(rule->name, sizeof(rule->name), "%.*s%s",
			 (int)(PORTSIEVE_RULE_NAME_MAX - strlen(suffix)), name, suffix);
		other = policy_rule_named(policy, rule->name);
		if (!other || (other->runtime && policy_rules_same(rule, other)))
			return number;
	}
}
