/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy as canonical YAML: what differs from the defaults, one rule per line, words as the
 * author wrote them (`assigned` stays `assigned`).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

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

static void print_rule(FILE *out, const struct policy_rule *rule)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789+-/ ";

	fputs("  - {name: ", out);
	print_text(out, rule->name, name_is_ambiguous(rule->name));
	fprintf(out, ", action: %s, ports: ", actions[rule->action]);
	print_text(out, rule->ports, rule->ports[strspn(rule->ports, plain)] != '\0');
	fputs("}\n", out);
}

static void print_knobs(FILE *out, const struct policy *policy)
{
	bool heading = false;

	for (size_t i = 0; i < PORTSIEVE_KNOBS; i++) {
		const char *name = policy_knob_name((enum portsieve_knob)i);

		if (!name || policy->knobs[i] == POLICY_CHOICE_UNSET)
			continue;
		if (!heading)
			fputs("portless:\n", out);
		heading = true;
		fprintf(out, "  %s: %s\n", name, choices[policy->knobs[i]]);
	}
}

char *policy_print(const struct policy *policy)
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
	if (policy->rules_count)
		fputs("rules:\n", out);
	for (size_t i = 0; i < policy->rules_count; i++)
		print_rule(out, &policy->rules[i]);
	print_knobs(out, policy);

	bool failed = ferror(out);

	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
