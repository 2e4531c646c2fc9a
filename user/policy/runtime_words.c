/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a runtime rule from words, and choosing names. */
#include "policy/runtime_words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/rule_names.h"

/* Appends "-" and the text to the name, with each run of invalid characters as one '-'. */
static void name_append(struct policy_rule *rule, const char *text)
{
	size_t length = strlen(rule->name);

	for (char letter = '-'; letter && length < PORTSIEVE_RULE_NAME_MAX;
	     letter = (char)tolower((unsigned char)*text++)) {
		if (!policy_name_letter(letter))
			letter = '-';
		if (letter != '-' || rule->name[length - 1] != '-')
			rule->name[length++] = letter;
	}
	while (strchr("._-", rule->name[length - 1]))
		length--;
	rule->name[length] = '\0';
}

/* The lowest of the prefixes, of which there is at least one. */
static struct policy_prefix_text first_prefix(const struct policy_prefixes *prefixes)
{
	const struct policy_prefix *first = &prefixes->list[0];

	for (size_t i = 1; i < prefixes->count; i++)
		if (policy_prefix_compare(&prefixes->list[i], first) < 0)
			first = &prefixes->list[i];
	return policy_prefix_print(first);
}

/* "allow-tcp-8080", "drop-203.0.113.7", "drop-tcp-22-203.0.113.7-to-192.0.2.2" */
static void make_name(struct policy_rule *rule)
{
	strcpy(rule->name, rule->action == POLICY_DROP ? "drop" : "allow");
	if (rule->ports)
		name_append(rule, rule->ports);
	if (rule->from.count)
		name_append(rule, first_prefix(&rule->from).text);
	if (rule->to.count) {
		name_append(rule, "to");
		name_append(rule, first_prefix(&rule->to).text);
	}
}

/* Joins the words with spaces, or returns NULL. */
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
	return text;
}

int runtime_prefixes_read(const char *option, const char *const *texts, size_t count,
			  struct policy_prefixes *prefixes, struct error *error)
{
	if (!count)
		return 0;
	prefixes->list = calloc(count, sizeof(*prefixes->list));
	if (!prefixes->list)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		int r;

		if (strpbrk(texts[i], ",["))
			return error_set(
				error, EINVAL, EXIT_USAGE,
				"%s: '%.64s' is not one address or prefix: for several repeat "
				"the option: %s 192.0.2.0/24 %s 2001:db8::7",
				option, texts[i], option, option);
		r = policy_prefix_read(texts[i], &prefixes->list[i], error);
		if (r) {
			error_prefix(error, option);
			return r;
		}
		prefixes->count++;
	}
	return 0;
}

static int ports_read(const struct runtime_words *words, const struct policy_host *host,
		      struct policy_rule *rule, struct error *error)
{
	int r;

	rule->ports = join(words->ports, words->ports_count);
	if (!rule->ports)
		return error_no_memory(error);
	r = policy_ports_read(rule->ports, host, &rule->intervals, &rule->intervals_count,
			      &rule->uses_registry_set, error);
	if (!r)
		policy_ports_fold(rule->ports);
	return r;
}

bool runtime_word_is_prefix(const char *word)
{
	return word[strspn(word, "0123456789abcdefABCDEF:./")] == '\0' && strpbrk(word, ".:");
}

int runtime_rule_read(const struct runtime_words *words, const struct policy_host *host,
		      struct policy_rule *ret_rule, struct error *error)
{
	__attribute__((cleanup(policy_rule_free))) struct policy_rule rule = {
		.action = words->action,
		.runtime = true,
		.until_ns = words->until_ns,
	};
	int r = words->ports_count ? ports_read(words, host, &rule, error) : 0;

	if (r)
		return r;
	r = runtime_prefixes_read("--from", words->from, words->from_count, &rule.from, error);
	if (!r)
		r = runtime_prefixes_read("--to", words->to, words->to_count, &rule.to, error);
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

/* Is the name free in all indexes, or used by an equal runtime rule? */
static bool name_fits(const struct policy_rule *rule, const struct rule_names *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct policy_rule *other = rule_names_find(&names[i], rule->name);

		if (other && !(other->runtime && policy_rules_same(rule, other)))
			return false;
	}
	return true;
}

static void rule_number(struct policy_rule *rule, const struct rule_names *names, size_t count)
{
	char name[PORTSIEVE_RULE_NAME_MAX + 1], suffix[16];
	unsigned int number = 1;

	strcpy(name, rule->name);
	while (!name_fits(rule, names, count)) {
		snprintf(suffix, sizeof(suffix), "-%u", ++number);
		snprintf(rule->name, sizeof(rule->name), "%.*s%s",
			 (int)(PORTSIEVE_RULE_NAME_MAX - strlen(suffix)), name, suffix);
	}
}

int runtime_rules_number(struct policy_rule *rules, size_t *count,
			 const struct policy *const *policies, size_t policies_count)
{
	_cleanup_free_ struct rule_names *names = calloc(policies_count + 1, sizeof(*names));
	size_t kept = 0;
	int r = names ? rule_names_init(&names[policies_count], *count) : -ENOMEM;

	for (size_t i = 0; i < policies_count && !r; i++)
		r = rule_names_of(policies[i], 0, &names[i]);
	for (size_t i = 0; i < *count && !r; i++) {
		struct policy_rule rule = rules[i];

		rules[i] = (struct policy_rule){ 0 };
		rule_number(&rule, names, policies_count + 1);
		if (rule_names_find(&names[policies_count], rule.name)) {
			policy_rule_free(&rule); /* a duplicate */
			continue;
		}
		rules[kept] = rule;
		rule_names_add(&names[policies_count], &rules[kept++]);
	}
	if (!r)
		*count = kept;
	for (size_t i = 0; names && i <= policies_count; i++)
		rule_names_free(&names[i]);
	return r;
}
