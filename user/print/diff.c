/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference of two policies, in words. */
#include "print/diff.h"

#include <limits.h>
#include <stdio.h>

#include "print/format.h"
#include "base/utf8.h"

enum { LISTED_MAX = 10 }; /* prefixes, or names, in one line */

static void print_names(const char *words, const struct policy_diff_rules *rules)
{
	if (!rules->count)
		return;
	printf("%zu %s: ", rules->count, words);
	for (size_t i = 0; i < rules->count && i < LISTED_MAX; i++)
		printf("%s%s", i ? ", " : "", rules->list[i]->name);
	if (rules->count > LISTED_MAX)
		printf(" and %zu more", rules->count - LISTED_MAX);
	printf("\n");
}

static void print_devices(const struct diff_report *report)
{
	for (size_t i = 0; i < report->devices_count; i++)
		printf("%s%s", i ? ", " : "", report->devices[i].name);
}

static void print_prefixes(const struct policy_prefix *list, size_t count)
{
	for (size_t i = 0; i < count && i < LISTED_MAX; i++)
		printf("%s%s", i ? ", " : "", policy_prefix_print(&list[i]).text);
	if (count > LISTED_MAX)
		printf(" and %zu more", count - LISTED_MAX);
}

/* "all addresses", "all IPv4 addresses", or NULL where `in` is something else. */
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
	if (!area)
		return;

	const char *all = all_words(&area->in);

	printf(" %s ", direction);
	if (all)
		printf("%s", all);
	else
		print_prefixes(area->in.list, area->in.count);
	if (area->except.count) {
		printf(" but not ");
		print_prefixes(area->except.list, area->except.count);
	}
}

/* "would be dropped by 'web' (line 7)". The lines of what is live are those of no file at hand. */
static void print_decider(const struct policy_decider *decider, bool monitor, bool with_line)
{
	printf("%s by ", !decider->drop ? "allowed" : monitor ? "would be dropped" : "dropped");
	if (!decider->rule) {
		printf("%s", decider->dhcp_client ? "dhcp_client" : "default");
		return;
	}
	printf("%s'%s'", decider->rule->runtime ? "runtime rule " : "", decider->rule->name);
	if (with_line && !decider->rule->runtime)
		printf(" (line %u)", decider->rule->place.line);
}

/* What the verdicts, or the values of a setting, do not say by themselves. */
static const char *const effect_words[POLICY_DIFF_EFFECTS] = {
	[POLICY_DIFF_NO_EFFECT] = "",
	[POLICY_DIFF_NOW_ALLOWED] = "",
	[POLICY_DIFF_NOW_DROPPED] = "",
	[POLICY_DIFF_NOW_COUNTED] = ", only counted",
	[POLICY_DIFF_NO_LONGER_COUNTED] = ", no longer counted",
	[POLICY_DIFF_NOW_ENFORCED] = ", now enforced",
	[POLICY_DIFF_NO_LONGER_ENFORCED] = ", no longer enforced",
};

static void print_change(const struct diff_report *report, const struct policy_diff_change *change)
{
	char ports[16];

	format_ports(change->low, change->high, ports);
	printf("%s/%s", transport_name(change->transport), ports);
	print_area("from", change->from);
	print_area("to", change->to);
	if (change->unclear) {
		printf("  may differ for some addresses: too many lists of them to tell for "
		       "which\n");
		return;
	}
	printf("  ");
	print_decider(&change->before, report->monitor_before, false);
	printf(" -> ");
	print_decider(&change->after, report->monitor_after, true);
	if (change->effect != POLICY_DIFF_NOW_COUNTED) /* "would be dropped" says it */
		printf("%s", effect_words[change->effect]);
	printf("\n");
}

static const char *by_count(const struct policy_diff_rules *rules, const char *one,
			    const char *several)
{
	return rules->count == 1 ? one : several;
}

static void print_rules(const struct policy_diff *diff)
{
	print_names(by_count(&diff->added, "new rule", "new rules"), &diff->added);
	print_names(by_count(&diff->removed, "rule goes", "rules go"), &diff->removed);
	print_names(by_count(&diff->changed, "rule changes", "rules change"), &diff->changed);
	if (diff->reordered)
		printf("rules stand in another order\n");
}

/* "mpls: allow -> drop", "malformed: drop, now enforced" */
static void print_setting(const struct policy_diff_setting *setting)
{
	printf("%s: %s", setting->name, setting->before);
	if (setting->after != setting->before)
		printf(" -> %s", setting->after);
	printf("%s\n", effect_words[setting->effect]);
}

int print_diff_text(const struct diff_report *report)
{
	const struct policy_diff *diff = report->diff;
	char path[PATH_MAX];

	utf8_copy_printable(path, sizeof(path), report->path);
	if (policy_diff_is_empty(diff)) {
		printf("%s changes nothing on ", path);
		print_devices(report);
	} else {
		printf("%s on ", path);
		print_devices(report);
		printf(":");
	}
	printf("\n");
	for (size_t i = 0; i < diff->changes_count; i++)
		print_change(report, &diff->changes[i]);
	if (!diff->changes_count && !policy_diff_is_empty(diff))
		printf("no port changes its verdict\n");
	for (size_t i = 0; i < diff->settings_count; i++)
		print_setting(&diff->settings[i]);
	print_rules(diff);
	print_names(by_count(&diff->runtime, "runtime rule stays", "runtime rules stay"),
		    &diff->runtime);
	return 0;
}
