/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remarks on a valid policy. What earlier rules leave to a rule is policy_cover.c; here it is put
 * into words.
 */
#include <stdio.h>
#include <string.h>

#include "base/deadline.h"
#include "base/cleanup.h"
#include "policy/policy.h"
#include "analysis/cover.h"
#include "policy/intervals.h"
#include "policy/quote.h"

enum {
	RANGES_NAMED = 3, /* by one remark */
};

struct checking {
	const struct policy *policy;
	const char *file;
	policy_remark_fn *remark;
	void *context;
	struct policy_cover *cover;
};

static void checking_free(struct checking *checking)
{
	policy_cover_free(checking->cover);
}

static void remark_at(const struct checking *checking, struct policy_place place, const char *text)
{
	struct error error = { .exit = EXIT_DONE };

	error_place(&error, checking->file, place.line, place.column);
	snprintf(error.text, sizeof(error.text), "%s", text);
	checking->remark(&error, checking->context);
}

/* "'web' (line 3), 'mail' (line 4)" */
static void coverers_print(const struct coverers *coverers, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "%s", coverers->count ? "" : "others");
	for (size_t i = 0; i < coverers->count && i < COVERERS_NAMED && used < size; i++) {
		const struct policy_rule *rule = coverers->rules[i];

		used += (size_t)snprintf(text + used, size - used, "%s'%s' (line %u)",
					 i ? ", " : "", rule->name, rule->place.line);
	}
	if (coverers->count > COVERERS_NAMED && used < size)
		snprintf(text + used, size - used, " and %zu more",
			 coverers->count - COVERERS_NAMED);
}

static void remark_dead_rule(struct checking *checking, const struct policy_rule *rule)
{
	struct coverers coverers = policy_cover_all(checking->cover);
	char names[256], text[sizeof(names) + 160];
	bool one = coverers.count == 1;

	coverers_print(&coverers, names, sizeof(names));
	snprintf(text, sizeof(text),
		 "rule '%s' can never match: before it, %s %s all its ports%s%s", rule->name, names,
		 one ? "decides" : "decide", coverers.have_addresses ? " and addresses" : "",
		 !coverers.have_end ? ""
		 : one		    ? ", and lasts as long"
				    : ", and last as long");
	remark_at(checking, rule->place, text);
}

/* "tcp/80-90 ('web', line 3)" */
static int range_print(const struct checking *checking, const struct policy_interval *range,
		       char *text, size_t size)
{
	const struct policy_rule *first = policy_cover_first(checking->cover, range);
	const char *transport = transport_name(range->transport);

	if (range->low == range->high)
		return snprintf(text, size, "%s/%u ('%s', line %u)", transport, range->low,
				first->name, first->place.line);
	return snprintf(text, size, "%s/%u-%u ('%s', line %u)", transport, range->low, range->high,
			first->name, first->place.line);
}

/* `ranges`: those of the rule, merged. */
static void remark_dead_ranges(struct checking *checking, const struct policy_rule *rule,
			       const struct policy_interval *ranges, size_t ranges_count)
{
	char names[256] = "", text[sizeof(names) + 128];
	size_t used = 0, count = 0;

	for (size_t i = 0; i < ranges_count; i++) {
		const struct policy_interval *range = &ranges[i];

		if (!policy_cover_holds(checking->cover, range))
			continue;
		if (count++ >= RANGES_NAMED)
			continue;
		if (count > 1)
			used += (size_t)snprintf(names + used, sizeof(names) - used, ", ");
		used += (size_t)range_print(checking, range, names + used, sizeof(names) - used);
	}
	if (count > RANGES_NAMED)
		snprintf(names + used, sizeof(names) - used, " and %zu more", count - RANGES_NAMED);
	snprintf(text, sizeof(text), "in rule '%s' a range can never match, decided before it: %s",
		 rule->name, names);
	remark_at(checking, rule->ports_place, text);
}

/* Of a rule whose `from` and `to` are of different families. */
static void remark_families(const struct checking *checking, const struct policy_rule *rule)
{
	bool from_ipv4 = rule->from.list[0].family == POLICY_IPV4;
	char text[256];

	snprintf(text, sizeof(text),
		 "rule '%s' can never match: its `from` has only %s addresses and its `to` only "
		 "%s, and no packet has both",
		 rule->name, from_ipv4 ? "IPv4" : "IPv6", from_ipv4 ? "IPv6" : "IPv4");
	remark_at(checking, rule->place, text);
}

/* Is this one of the words of `ports`? */
static bool ports_have(const char *ports, const char *item)
{
	size_t length = strlen(item);

	for (const char *at = strstr(ports, item); at; at = strstr(at + 1, item)) {
		bool begins = at > ports && strchr("/, ", at[-1]);

		if (begins && strchr(", ", at[length])) /* strchr finds the NUL too */
			return true;
	}
	return false;
}

static void remark_registry(const struct checking *checking, const struct policy_rule *rule)
{
	bool allow = rule->action == POLICY_ALLOW;
	const char *set = allow ? "assigned" : "unassigned";
	char text[400];

	if (!rule->uses_registry_set || !ports_have(rule->ports, set))
		return;
	snprintf(
		text, sizeof(text),
		"'%s' %s by IANA's registry alone: being registered does not tell what traffic "
		"a port carries, nor that it is safe; IANA says so itself (note at the head of the "
		"Service Name and Transport Protocol Port Number Registry; RFC 6335)",
		rule->name, allow ? "allows" : "drops");
	remark_at(checking, rule->ports_place, text);
}

/* What the rules before it leave to a rule. */
static void check_packets(struct checking *checking, const struct policy_rule *rule)
{
	size_t held = 0, count = 0;
	_cleanup_free_ struct policy_interval *ranges = policy_intervals_merged(rule, &count);

	for (size_t i = 0; ranges && i < count; i++)
		held += policy_cover_holds(checking->cover, &ranges[i]);
	if (held == count && held) {
		remark_dead_rule(checking, rule);
		return;
	}
	if (held && !rule->uses_registry_set)
		remark_dead_ranges(checking, rule, ranges, count);
	policy_cover_add(checking->cover);
}

static void check_rule(struct checking *checking, size_t index)
{
	const struct policy_rule *rule = &checking->policy->rules[index];

	if (policy_cover_choose(checking->cover, index))
		check_packets(checking, rule);
	else
		remark_families(checking, rule);
	remark_registry(checking, rule);
}

void policy_check(const struct policy *policy, const char *file, policy_remark_fn *remark,
		  void *context)
{
	__attribute__((cleanup(checking_free))) struct checking checking = {
		.policy = policy,
		.file = file,
		.remark = remark,
		.context = context,
		.cover = policy_cover_new(policy),
	};

	if (!checking.cover)
		return; /* remarks are a courtesy */
	for (size_t i = 0; i < policy->rules_count; i++)
		check_rule(&checking, i);
}

void policy_check_ends(const struct policy *policy, const char *file, uint64_t now_ns,
		       policy_remark_fn *remark, void *context)
{
	const struct checking checking = { policy, file, remark, context, NULL };
	char text[128];

	for (size_t i = 0; i < policy->runtime_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (!has_ended(rule->until_ns, now_ns))
			continue;
		snprintf(text, sizeof(text),
			 "rule '%s' can never match: its `until` has passed, so it is left out",
			 rule->name);
		remark_at(&checking, rule->place, text);
	}
}
