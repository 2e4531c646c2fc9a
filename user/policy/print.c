/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy as canonical YAML: only what differs from the defaults, one rule per line, words as the
 * author wrote them (`assigned` stays `assigned`).
 */
#include "policy/print.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/knobs.h"
#include "policy/until.h"

static const char *const actions[] = { [POLICY_ALLOW] = "allow", [POLICY_DROP] = "drop" };
static const char *const choices[] = {
	[POLICY_CHOICE_ALLOW] = "allow",
	[POLICY_CHOICE_DROP] = "drop",
};

/* Would YAML read the plain name as a number, a boolean or null? */
static bool name_is_ambiguous(const char *name)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no",
					     "on",   "off",  "y",     "n" };

	if (*name >= '0' && *name <= '9')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(name, words[i]))
			return true;
	return false;
}

static void print_text(FILE *out, const char *text, bool quoted)
{
	if (!quoted) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('"', out);
}

static void print_prefixes(FILE *out, const char *key, const struct policy_prefixes *prefixes)
{
	for (size_t i = 0; i < prefixes->count; i++) {
		struct policy_prefix_text prefix = policy_prefix_print(&prefixes->list[i]);
		const char *text = prefix.text;

		fputs(i ? ", " : key, out);
		/* YAML takes a colon at either end for syntax. */
		print_text(out, text, *text == ':' || text[strlen(text) - 1] == ':');
	}
	if (prefixes->count)
		fputc(']', out);
}

void policy_rule_print(FILE *out, const struct policy_rule *rule, const struct policy_host *host)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789+-/ ";

	fputs("  - {name: ", out);
	print_text(out, rule->name, name_is_ambiguous(rule->name));
	fprintf(out, ", action: %s, ports: ", actions[rule->action]);
	print_text(out, rule->ports, rule->ports[strspn(rule->ports, plain)] != '\0');
	print_prefixes(out, ", from: [", &rule->from);
	print_prefixes(out, ", to: [", &rule->to);
	if (rule->replies)
		fprintf(out, ", replies: %s", policy_passes_or_drops[rule->replies - 1]);
	if (rule->until_ns)
		fprintf(out, ", until: %s", policy_time_print(rule->until_ns, host).text);
	fputs("}\n", out);
}

char *policy_print(const struct policy *policy, const struct policy_host *host)
{
	const char *heading = "portless:\n";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "version: 1\n%sdefault: %s\n%s", policy->monitor ? "mode: monitor\n" : "",
		actions[policy->default_action], policy->dhcp_client ? "" : "dhcp_client: off\n");
	if (policy->return_mode != POLICY_RETURN_NONE)
		fprintf(out, "return: %s\n", policy_returns[policy->return_mode]);
	if (policy->udp_clients != POLICY_UDP_EPHEMERAL)
		fprintf(out, "unconnected_udp: %s\n", policy_udp_clients[policy->udp_clients]);
	if (policy->simultaneous_open)
		fputs("simultaneous_open: pass\n", out);
	if (policy->runtime_count)
		fputs("runtime:\n", out);
	else if (policy->names_runtime)
		fputs("runtime: []\n", out);
	for (size_t i = 0; i < policy->rules_count; i++) {
		if (i == policy->runtime_count)
			fputs("rules:\n", out);
		policy_rule_print(out, &policy->rules[i], host);
	}
	for (size_t i = 0; i < PORTSIEVE_KNOBS; i++) {
		if (!knobs[i].name || policy->knobs[i] == POLICY_CHOICE_UNSET)
			continue;
		fprintf(out, "%s  %s: %s\n", heading, knobs[i].name, choices[policy->knobs[i]]);
		heading = "";
	}

	bool failed = ferror(out);

	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
