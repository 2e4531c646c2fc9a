/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remarks on a valid policy, in words. Which ranges packets reach is image_reach.c, which rules
 * decide the others image_deciders.c.
 */
#include "analysis/check.h"

#include <stdio.h>
#include <string.h>

#include "base/deadline.h"
#include "base/cleanup.h"
#include "analysis/reach.h"

enum {
	RANGES_NAMED = 3, /* by one remark */
	RULES_NAMED = 3,
};

struct checking {
	const struct policy_check *check;
	const struct image_reach *reach;
	struct deciders_search *search;
};

static void remark_at(const struct policy_check *check, struct policy_place place, const char *text)
{
	struct error error = { .exit = EXIT_DONE };

	error_place(&error, check->file, place.line, place.column);
	snprintf(error.text, sizeof(error.text), "%s", text);
	check->remark(&error, check->context);
}

/* "'web' (line 3), 'mail' (line 4) and 2 more" */
static void deciders_print(const struct policy *policy, const struct deciders *deciders,
			   size_t named, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "earlier rules");
	for (size_t i = 0; i < deciders->count && i < named && used < size; i++) {
		const struct policy_rule *rule = &policy->rules[deciders->rules[i]];

		used += (size_t)snprintf(text + used, size - used, "%s'%s' (line %u)",
					 i ? ", " : "", rule->name, rule->place.line);
	}
	if (!deciders->complete && used && used < size)
		snprintf(text + used, size - used, " and others");
	else if (deciders->count > named && used < size)
		snprintf(text + used, size - used, " and %zu more", deciders->count - named);
}

/* The rule's ranges are range[first], ..., range[first + count - 1]. */
static void remark_dead_rule(const struct checking *checking, const struct policy_rule *rule,
			     uint16_t first, size_t count)
{
	struct deciders deciders = deciders_find(checking->search, rule, first, count);
	char names[256], text[sizeof(names) + 96];

	deciders_print(checking->check->policy, &deciders, RULES_NAMED, names, sizeof(names));
	snprintf(text, sizeof(text), "rule '%s' never matches: shadowed by %s", rule->name, names);
	remark_at(checking->check, rule->place, text);
}

/* "tcp/80-90 is shadowed by 'web' (line 3)" */
static size_t range_print(const struct policy *policy, const struct deciders *deciders,
			  const struct portsieve_range *range, char *text, size_t size)
{
	const char *transport = transport_name(range->transport);
	char ports[16], names[96];

	snprintf(ports, sizeof(ports), range->low == range->high ? "%u" : "%u-%u", range->low,
		 range->high);
	deciders_print(policy, deciders, 1, names, sizeof(names));
	return (size_t)snprintf(text, size, "%s/%s is shadowed by %s", transport, ports, names);
}

static void remark_dead_ranges(const struct checking *checking, const struct policy_rule *rule,
			       uint16_t first, size_t count)
{
	const struct portsieve_range *ranges = checking->check->image->range;
	char names[400] = "", text[sizeof(names) + 96];
	size_t used = 0, dead = 0;

	for (size_t i = first; i < first + count; i++) {
		struct deciders deciders;

		if (checking->reach->ranges[i] || dead++ >= RANGES_NAMED)
			continue;
		deciders = deciders_find(checking->search, rule, i, 1);
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s",
					 dead > 1 ? "; " : "");
		used += range_print(checking->check->policy, &deciders, &ranges[i], names + used,
				    sizeof(names) - used);
	}
	if (dead > RANGES_NAMED)
		snprintf(names + used, sizeof(names) - used, "; and %zu more", dead - RANGES_NAMED);
	snprintf(text, sizeof(text), "some ports of rule '%s' never match: %s", rule->name, names);
	remark_at(checking->check, rule->ports_place, text);
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

static void remark_registry(const struct policy_check *check, const struct policy_rule *rule)
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
	remark_at(check, rule->ports_place, text);
}

/* A rule whose `from` and `to` are of different families. */
static void remark_families(const struct policy_check *check, const struct policy_rule *rule)
{
	bool from_ipv4 = rule->from.list[0].family == POLICY_IPV4;
	char text[192];

	snprintf(text, sizeof(text),
		 "rule '%s' never matches: its `from` has only %s addresses and its `to` only %s",
		 rule->name, from_ipv4 ? "IPv4" : "IPv6", from_ipv4 ? "IPv6" : "IPv4");
	remark_at(check, rule->place, text);
}

/* One bit per family. */
static unsigned int families_of(const struct policy_prefixes *prefixes)
{
	unsigned int families = 0;

	if (!prefixes->count)
		return 1 << POLICY_IPV4 | 1 << POLICY_IPV6;
	for (size_t i = 0; i < prefixes->count; i++)
		families |= 1u << prefixes->list[i].family;
	return families;
}

/* The rule's ranges are range[first], ..., range[first + count - 1] of the image. */
static void check_ranges(const struct checking *checking, const struct policy_rule *rule,
			 uint16_t first, size_t count)
{
	size_t dead = 0;

	for (size_t i = 0; i < count; i++)
		dead += !checking->reach->ranges[first + i];
	if (!dead)
		return;
	if (!(families_of(&rule->from) & families_of(&rule->to)))
		remark_families(checking->check, rule);
	else if (dead == count)
		remark_dead_rule(checking, rule, first, count);
	else if (!rule->uses_registry_set)
		remark_dead_ranges(checking, rule, first, count);
}

void policy_check(const struct policy_check *check)
{
	const struct portsieve_image *image = check->image;
	_cleanup_free_ struct image_reach *reach =
		image_reach_new(check->policy, image, check->addresses);
	_cleanup_free_ struct deciders_search *search = reach ? deciders_search_new(reach) : NULL;
	const struct checking checking = { check, reach, search };
	uint16_t first = PORTSIEVE_RANGE_RULES;

	if (!search)
		return; /* remarks are a courtesy */
	for (size_t i = 0; i < check->policy->rules_count; i++) {
		const struct policy_rule *rule = &check->policy->rules[i];
		size_t count = 0;

		while (first + count < image->ranges && image->range[first + count].rule == i)
			count++;
		check_ranges(&checking, rule, first, count);
		remark_registry(check, rule);
		first += count;
	}
}

void policy_check_ends(const struct policy_check *check, uint64_t now_ns)
{
	char text[128];

	for (size_t i = 0; i < check->policy->runtime_count; i++) {
		const struct policy_rule *rule = &check->policy->rules[i];

		if (!has_ended(rule->until_ns, now_ns))
			continue;
		snprintf(text, sizeof(text),
			 "rule '%s' never matches: its `until` has passed, so it is left out",
			 rule->name);
		remark_at(check, rule->place, text);
	}
}
