/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy as canonical YAML: what differs from the defaults, one rule per line, words as the
 * author wrote them (`assigned` stays `assigned`).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/knobs.h"
#include "policy/policy.h"
#include "policy/until.h"

static const char *const actions[] = { [POLICY_ALLOW] = "allow", [POLICY_DROP] = "drop" };
static const char *const choices[] = {
	[POLICY_CHOICE_ALLOW] = "allow",
	[POLICY_CHOICE_DROP] = "drop",
};

/* Would a reader of YAML take the plain name for something else than a text? */
static bool name_is_ambiguous(const char *name)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no",
					     "on",   "off",  "y",     "n" };

	if (*name >= '0' && *name <= '9')
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(name, words[i]))
			return true;
	return false;
}

static void print_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('"', out);
}

static void print_text(FILE *out, const char *text, bool quoted)
{
	if (quoted)
		print_quoted(out, text);
	else
		fputs(text, out);
}

/* YAML has plans of its own for colons at the ends of a text. */
static bool prefix_is_ambiguous(const char *text)
{
	return *text == ':' || text[strlen(text) - 1] == ':';
}

static void print_prefixes(FILE *out, const char *key, const struct policy_prefixes *prefixes)
{
	for (size_t i = 0; i < prefixes->count; i++) {
		struct policy_prefix_text prefix = policy_prefix_print(&prefixes->list[i]);

		fputs(i ? ", " : key, out);
		print_text(out, prefix.text, prefix_is_ambiguous(prefix.text));
	}
	if (prefixes->count)
		fputc(']', out);
}

static void print_rule(FILE *out, const struct policy_rule *rule, const struct policy_host *host)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789+-/ ";

	fputs("  - {name: ", out);
	print_text(out, rule->name, name_is_ambiguous(rule->name));
	fprintf(out, ", action: %s, ports: ", actions[rule->action]);
	print_text(out, rule->ports, rule->ports[strspn(rule->ports, plain)] != '\0');
	print_prefixes(out, ", from: [", &rule->from);
	print_prefixes(out, ", to: [", &rule->to);
	if (rule->until_ns)
		fprintf(out, ", until: %s", policy_time_print(rule->until_ns, host).text);
	fputs("}\n", out);
}

static void print_rules(FILE *out, const struct policy *policy, const struct policy_host *host)
{
	if (policy->runtime_count)
		fputs("runtime:\n", out);
	else if (policy->names_runtime)
		fputs("runtime: []\n", out);
	for (size_t i = 0; i < policy->rules_count; i++) {
		if (i == policy->runtime_count)
			fputs("rules:\n", out);
		print_rule(out, &policy->rules[i], host);
	}
}

static void print_knobs(FILE *out, const struct policy *policy)
{
	bool heading = false;

	for (size_t i = 0; i < PORTSIEVE_KNOBS; i++) {
		const char *name = knobs[i].name;

		if (!name || policy->knobs[i] == POLICY_CHOICE_UNSET)
			continue;
		if (!heading)
			fputs("portless:\n", out);
		heading = true;
		fprintf(out, "  %s: %s\n", name, choices[policy->knobs[i]]);
	}
}

char *policy_print(const struct policy *policy, const struct policy_host *host)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("version: 1\n", out);
	if (policy->monitor)
		fputs("mode: monitor\n", out);
	fprintf(out, "default: %s\n", actions[policy->default_action]);
	if (!policy->dhcp_client)
		fputs("dhcp_client: off\n", out);
	print_rules(out, policy, host);
	print_knobs(out, policy);

	bool failed = ferror(out);

	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
