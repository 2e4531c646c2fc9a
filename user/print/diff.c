/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference of two policies, in words. */
#include "print/diff.h"

#include <limits.h>
#include <stdio.h>

#include "base/utf8.h"
#include "datapath/device_names.h"
#include "policy/knobs.h"
#include "print/format.h"

enum { LISTED_MAX = 10 }; /* prefixes or names in one line */

/* "2 new rules: web, ssh"; nothing if there are none. */
static void print_names(const struct policy_diff_rules *rules, const char *one, const char *several)
{
	if (!rules->count)
		return;
	printf("%zu %s: ", rules->count, rules->count == 1 ? one : several);
	for (size_t i = 0; i < rules->count && i < LISTED_MAX; i++)
		printf("%s%s", i ? ", " : "", rules->list[i]->name);
	if (rules->count > LISTED_MAX)
		printf(" and %zu more", rules->count - LISTED_MAX);
	printf("\n");
}

static void print_prefixes(const struct policy_prefix *list, size_t count)
{
	for (size_t i = 0; i < count && i < LISTED_MAX; i++)
		printf("%s%s", i ? ", " : "", policy_prefix_print(&list[i]).text);
	if (count > LISTED_MAX)
		printf(" and %zu more", count - LISTED_MAX);
}

/* "all addresses", "all IPv4 addresses", or NULL if `in` is a list of prefixes. */
static const char *all_words(const struct policy_prefixes *in)
{
	if (!in->count || in->count > 2 || in->list[0].length || in->list[in->count - 1].length)
		return NULL;
	if (in->count == 2)
		return "all addresses";
	return in->list[0].family == POLICY_IPV4 ? "all IPv4 addresses" : "all IPv6 addresses";
}

static void print_area(const char *direction, const struct area *area)
{
	const char *all = area ? all_words(&area->in) : NULL;

	if (!area)
		return;
	printf(" %s %s", direction, all ?: "");
	if (!all)
		print_prefixes(area->in.list, area->in.count);
	if (area->except.count) {
		printf(" but not ");
		print_prefixes(area->except.list, area->except.count);
	}
}

/*
 * "would be dropped by 'web' (line 7)". The line is omitted for the live policy: its file may have
 * changed.
 */
static void print_decider(const struct policy_decider *decider, bool with_line)
{
	printf("%s by ", !decider->drop	      ? "allowed"
			 : decider->monitored ? "would be dropped"
					      : "dropped");
	if (!decider->rule) {
		printf("%s", decider->knob	    ? "portless"
			     : decider->dhcp_client ? "dhcp_client"
						    : "default");
		return;
	}
	printf("%s'%s'", decider->rule->runtime ? "runtime rule " : "", decider->rule->name);
	if (with_line && !decider->rule->runtime)
		printf(" (line %u)", decider->rule->place.line);
}

/* What the two verdicts, or the values of a setting, do not show. */
static const char *const effect_words[POLICY_DIFF_EFFECTS] = {
	[POLICY_DIFF_NO_EFFECT] = "",
	[POLICY_DIFF_NOW_ALLOWED] = "",
	[POLICY_DIFF_NOW_DROPPED] = "",
	[POLICY_DIFF_NOW_COUNTED] = ", only counted",
	[POLICY_DIFF_NO_LONGER_COUNTED] = ", no longer counted",
	[POLICY_DIFF_NOW_ENFORCED] = ", now enforced",
	[POLICY_DIFF_NO_LONGER_ENFORCED] = ", no longer enforced",
};

/* "tcp/80-90", "without a port (icmp_echo, icmp_other)" */
static void print_packets(const struct policy_diff_change *change)
{
	const char *separator = " (";
	char ports[16];

	if (change->transport != PORTSIEVE_ANY) {
		format_ports(change->low, change->high, ports);
		printf("%s/%s", transport_name(change->transport), ports);
		return;
	}
	printf("without a port");
	for (int knob = 0; knob < PORTSIEVE_KNOBS && change->knobs != PORTSIEVE_RULED_KNOBS;
	     knob++) {
		if (!(change->knobs >> knob & 1))
			continue;
		printf("%s%s", separator, knobs[knob].name);
		separator = ", ";
	}
	printf("%s", *separator == ',' ? ")" : "");
}

static void print_change(const struct policy_diff_change *change)
{
	print_packets(change);
	print_area("from", change->from);
	print_area("to", change->to);
	if (change->unclear) {
		printf("  may differ for some addresses: too many address lists to tell which\n");
		return;
	}
	printf("  ");
	print_decider(&change->before, false);
	printf(" -> ");
	print_decider(&change->after, true);
	if (change->effect != POLICY_DIFF_NOW_COUNTED) /* "would be dropped" says it */
		printf("%s", effect_words[change->effect]);
	printf("\n");
}

int print_diff_text(const struct diff_report *report)
{
	const struct policy_diff *diff = report->diff;
	bool same = policy_diff_is_empty(diff);
	char path[PATH_MAX];

	utf8_copy_printable(path, sizeof(path), report->path);
	printf("%s%s on ", path, same ? " changes nothing" : "");
	for (size_t i = 0; i < report->devices_count; i++)
		printf("%s%s", i ? ", " : "", device_name(&report->devices[i]).text);
	printf("%s\n", same ? "" : ":");
	for (size_t i = 0; i < diff->changes_count; i++)
		print_change(&diff->changes[i]);
	if (!diff->changes_count && !same)
		printf("no port changes its verdict\n");
	/* "mpls: allow -> drop", "malformed: drop, now enforced" */
	for (size_t i = 0; i < diff->settings_count; i++) {
		const struct policy_diff_setting *setting = &diff->settings[i];
		bool changed = setting->after != setting->before;

		printf("%s: %s%s%s%s\n", setting->name, setting->before, changed ? " -> " : "",
		       changed ? setting->after : "", effect_words[setting->effect]);
	}
	print_names(&diff->added, "new rule", "new rules");
	print_names(&diff->removed, "removed rule", "removed rules");
	print_names(&diff->changed, "changed rule", "changed rules");
	for (size_t i = 0; i < diff->sets_count; i++)
		printf("set '%s': %zu prefix%s added, %zu removed\n", diff->sets[i].name,
		       diff->sets[i].added, diff->sets[i].added == 1 ? "" : "es",
		       diff->sets[i].removed);
	if (diff->reordered)
		printf("the rules are reordered\n");
	print_names(&diff->runtime, "runtime rule stays", "runtime rules stay");
	return 0;
}
