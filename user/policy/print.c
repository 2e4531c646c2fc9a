/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy as canonical YAML: only what differs from the defaults, one rule per line, words as the
 * author wrote them (`assigned` stays `assigned`).
 */
#include "policy/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "policy/knobs.h"
#include "policy/sets.h"
#include "policy/until.h"

static const char *const actions[] = { [POLICY_ALLOW] = "allow", [POLICY_DROP] = "drop" };
static const char *const choices[] = {
	[POLICY_CHOICE_ALLOW] = "allow",
	[POLICY_CHOICE_DROP] = "drop",
};

/* Would YAML read the unquoted name as a number, a boolean or null? */
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

static void print_prefix(FILE *out, const struct policy_prefix *prefix)
{
	struct policy_prefix_text text = policy_prefix_print(prefix);
	bool quoted = *text.text == ':' || text.text[strlen(text.text) - 1] == ':';

	print_text(out, text.text, quoted); /* YAML takes a colon at either end for syntax */
}

/* Prints the sets, and the rule's own prefixes. */
static void print_addresses(FILE *out, const char *key, const struct policy_rule *rule,
			    enum portsieve_direction direction)
{
	const struct policy_set_uses *uses = &rule->sets[direction];
	const struct policy_prefixes *prefixes = policy_rule_prefixes(rule, direction);
	size_t own = policy_rule_own(rule, direction);

	for (size_t i = 0; i < uses->count; i++)
		fprintf(out, "%s" POLICY_SET_PREFIX "%s", i ? ", " : key, uses->list[i].name);
	for (size_t i = 0; i < own; i++) {
		fputs(i || uses->count ? ", " : key, out);
		print_prefix(out, &prefixes->list[i]);
	}
	if (uses->count || own)
		fputc(']', out);
}

void policy_rule_print(FILE *out, const struct policy_rule *rule, const struct policy_host *host)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789+-/ ";

	fputs("  - {name: ", out);
	print_text(out, rule->name, name_is_ambiguous(rule->name));
	fprintf(out, ", action: %s", actions[rule->action]);
	if (rule->ports) {
		fputs(", ports: ", out);
		print_text(out, rule->ports, rule->ports[strspn(rule->ports, plain)] != '\0');
	}
	print_addresses(out, rule->only_from ? ", only_from: [" : ", from: [", rule,
			PORTSIEVE_SOURCE);
	print_addresses(out, ", to: [", rule, PORTSIEVE_DESTINATION);
	if (rule->replies)
		fprintf(out, ", replies: %s", policy_passes_or_drops[rule->replies - 1]);
	if (rule->monitor)
		fputs(", mode: monitor", out);
	if (rule->until_ns)
		fprintf(out, ", until: %s", policy_time_print(rule->until_ns, host).text);
	if (rule->description) {
		fputs(", description: ", out);
		print_text(out, rule->description, true);
	}
	fputs("}\n", out);
}

/* Prints a set; many members get a line each. */
static void print_set(FILE *out, const struct policy_set *set, bool expand)
{
	enum { ON_ONE_LINE_MAX = 8 };
	bool is_long = set->members.count > ON_ONE_LINE_MAX;

	fputs("  ", out);
	print_text(out, set->name, name_is_ambiguous(set->name));
	if (set->file && !expand) {
		fputs(": {file: ", out);
		print_text(out, set->file, true);
		fputs("}\n", out);
		return;
	}
	fputs(is_long ? ":" : ": [", out);
	for (size_t i = 0; i < set->members.count; i++) {
		fputs(is_long ? "\n    - " : i ? ", " : "", out);
		print_prefix(out, &set->members.list[i]);
	}
	fputs(is_long ? "\n" : "]\n", out);
}

static void print_rules(FILE *out, const struct policy *policy, const struct policy_host *host)
{
	size_t first = policy->failsafe_count;

	for (size_t i = first; i < policy->rules_count; i++) {
		if (i == first + policy->runtime_count)
			fputs("rules:\n", out);
		policy_rule_print(out, &policy->rules[i], host);
	}
}

/* Closes the stream of open_memstream. Returns its text, or NULL if something failed. */
static char *finish(FILE *out, char **text)
{
	bool failed = ferror(out);

	if (fclose(out) || failed) {
		free(*text);
		return NULL;
	}
	return *text;
}

char *policy_print_rules(const struct policy *policy, const struct policy_host *host)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("version: 1\n", out);
	print_rules(out, policy, host);
	return finish(out, &text);
}

static char *print(const struct policy *policy, const struct policy_host *host, bool expand)
{
	const char *heading = "portless:\n";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "version: 1\n%sdefault: %s\n%s", policy->monitor ? "mode: monitor\n" : "",
		policy->default_monitor ? "{action: drop, mode: monitor}"
					: actions[policy->default_action],
		policy->dhcp_client ? "" : "dhcp_client: off\n");
	if (policy->return_mode != POLICY_RETURN_AUTO)
		fprintf(out, "return: %s\n", policy_returns[policy->return_mode]);
	if (policy->flows != POLICY_FLOWS_DEFAULT)
		fprintf(out, "flows: %" PRIu32 "\n", policy->flows);
	if (policy->grace_seconds != POLICY_GRACE_SECONDS_DEFAULT)
		fprintf(out, "grace: %s\n", duration_print(policy->grace_seconds).text);
	if (policy->udp_clients != POLICY_UDP_EPHEMERAL)
		fprintf(out, "unconnected_udp: %s\n", policy_udp_clients[policy->udp_clients]);
	if (policy->simultaneous_open)
		fputs("simultaneous_open: pass\n", out);
	for (size_t i = 0; i < policy->sets_count; i++) {
		fputs(i ? "" : "sets:\n", out);
		print_set(out, &policy->sets[i], expand);
	}
	if (policy->runtime_count)
		fputs("runtime:\n", out);
	else if (policy->names_runtime)
		fputs("runtime: []\n", out);
	print_rules(out, policy, host);
	for (size_t i = 0; i < PORTSIEVE_KNOBS; i++) {
		if (!knobs[i].name || policy->knobs[i] == POLICY_CHOICE_UNSET)
			continue;
		fprintf(out, "%s  %s: %s\n", heading, knobs[i].name, choices[policy->knobs[i]]);
		heading = "";
	}
	return finish(out, &text);
}

char *policy_print(const struct policy *policy, const struct policy_host *host)
{
	return print(policy, host, false);
}

char *policy_print_expanded(const struct policy *policy, const struct policy_host *host)
{
	return print(policy, host, true);
}
