/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remarks on a valid policy, in words. reach.c finds which ranges packets reach, deciders.c which
 * rules decide the others.
 */
#include "analysis/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/reach.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "compile/range_order.h"
#include "policy/failsafe.h"
#include "policy/knobs.h"

enum {
	RANGES_NAMED = 3, /* in one remark */
	RULES_NAMED = 3,
};

struct checking {
	const struct policy_check *check;
	const struct image_reach *reach;
	struct deciders_search *search;
};

/* Ranges of a rule: range[first], ..., range[first + count - 1] of the image. */
struct checked_ranges {
	const struct policy_rule *rule;
	uint16_t first;
	size_t count;
};

static struct error remark_in(enum error_code code, const char *file, struct policy_place place)
{
	struct error error = { .exit = EXIT_DONE, .code = code };

	error_place(&error, file, place.line, place.column);
	return error;
}

/* Starts a remark at the rule's place in its file. */
static struct error remark_at(enum error_code code, const struct policy_check *check,
			      const struct policy_rule *rule, struct policy_place place)
{
	return remark_in(code, policy_rule_file(rule, check->file), place);
}

__attribute__((format(printf, 2, 3))) static void append(struct error *error, const char *format,
							 ...)
{
	size_t used = strlen(error->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text + used, sizeof(error->text) - used, format, arguments);
	va_end(arguments);
}

/* "'web' (line 3), 'mail' (line 4) and 2 more": the rules that decide the packets of the ranges. */
static void append_deciders(struct error *error, const struct checking *checking,
			    struct checked_ranges ranges, size_t named)
{
	struct deciders deciders =
		deciders_find(checking->search, ranges.rule, ranges.first, ranges.count);

	for (size_t i = 0; i < deciders.count && i < named; i++) {
		const struct policy_rule *rule = &checking->check->policy->rules[deciders.rules[i]];

		append(error, "%s'%s' (line %u)", i ? ", " : "", rule->name, rule->place.line);
	}
	if (!deciders.count)
		append(error, "earlier rules");
	else if (!deciders.complete)
		append(error, " and others");
	else if (deciders.count > named)
		append(error, " and %zu more", deciders.count - named);
}

/*
 * Does a monitored rule count packets of the ranges? Then they are not dead: without them, later
 * rules would decide.
 */
static bool is_counted_instead(const struct checking *checking, struct checked_ranges ranges)
{
	struct deciders deciders =
		deciders_find(checking->search, ranges.rule, ranges.first, ranges.count);

	for (size_t i = 0; i < deciders.count; i++)
		if (checking->check->policy->rules[deciders.rules[i]].monitor)
			return true;
	return false;
}

static void remark_dead_rule(const struct checking *checking, struct checked_ranges ranges)
{
	struct error error =
		remark_at(WARNING_NEVER_MATCHES, checking->check, ranges.rule, ranges.rule->place);

	if (ranges.rule->monitor) {
		append(&error,
		       "rule '%s' never counts: other rules or the default drop all its packets, "
		       "or earlier rules decide them",
		       ranges.rule->name);
		checking->check->remark(&error, checking->check->context);
		return;
	}
	if (is_counted_instead(checking, ranges))
		append(&error,
		       "rule '%s' never counts: its packets are counted as would-be drops by ",
		       ranges.rule->name);
	else
		append(&error, "rule '%s' never matches: shadowed by ", ranges.rule->name);
	append_deciders(&error, checking, ranges, RULES_NAMED);
	checking->check->remark(&error, checking->check->context);
}

/* "...: tcp/80-90 is shadowed by 'web' (line 3); udp/53 is shadowed by 'dns' (line 4)" */
static void remark_dead_ranges(const struct checking *checking, struct checked_ranges ranges)
{
	struct error error = remark_at(WARNING_NEVER_MATCHES, checking->check, ranges.rule,
				       ranges.rule->ports_place);
	size_t dead = 0;

	append(&error, "some ports of rule '%s' never match: ", ranges.rule->name);
	for (size_t i = ranges.first; i < ranges.first + ranges.count; i++) {
		const struct portsieve_range *range = &checking->check->image->range[i];

		if (checking->reach->ranges[i] ||
		    is_counted_instead(checking, (struct checked_ranges){ ranges.rule, i, 1 }) ||
		    dead++ >= RANGES_NAMED)
			continue;
		append(&error, dead > 1 ? "; %s/%u" : "%s/%u", transport_name(range->transport),
		       range->low);
		if (range->high > range->low)
			append(&error, "-%u", range->high);
		append(&error, " is shadowed by ");
		append_deciders(&error, checking, (struct checked_ranges){ ranges.rule, i, 1 }, 1);
	}
	if (dead > RANGES_NAMED)
		append(&error, "; and %zu more", dead - RANGES_NAMED);
	if (dead)
		checking->check->remark(&error, checking->check->context);
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
	struct error error = remark_at(WARNING_REGISTRY_ONLY, check, rule, rule->ports_place);

	if (!rule->uses_registry_set || !ports_have(rule->ports, set))
		return;
	append(&error,
	       "'%s' %s by IANA's registry alone: a registration does not say what traffic a port "
	       "carries or whether it is safe (see the note at the head of IANA's Service Name and "
	       "Transport Protocol Port Number Registry, and RFC 6335)",
	       rule->name, allow ? "allows" : "drops");
	check->remark(&error, check->context);
}

/* A rule whose `from` and `to` are of different families. */
static void remark_families(const struct policy_check *check, const struct policy_rule *rule)
{
	bool from_ipv4 = rule->from.list[0].family == POLICY_IPV4;
	struct error error = remark_at(WARNING_NEVER_MATCHES, check, rule, rule->place);

	append(&error,
	       "rule '%s' never matches: its `from` has only %s addresses and its `to` only %s",
	       rule->name, from_ipv4 ? "IPv4" : "IPv6", from_ipv4 ? "IPv6" : "IPv4");
	check->remark(&error, check->context);
}

/* The families of the addresses that the rule matches, as bits. */
static unsigned int families_of(const struct policy_rule *rule, enum portsieve_direction direction)
{
	const struct policy_prefixes *prefixes = policy_rule_prefixes(rule, direction);
	unsigned int families = 0;

	if (policy_rule_takes_any(rule, direction))
		return ADDRESSES_ALL_FAMILIES;
	for (size_t i = 0; i < prefixes->count; i++)
		families |= 1u << prefixes->list[i].family;
	return families;
}

/* A failsafe rule that lets the whole world in, past every block list. */
static void remark_open_failsafe(const struct policy_check *check, const struct policy_rule *rule)
{
	struct error error = remark_at(WARNING_OPEN_FAILSAFE, check, rule, rule->place);

	if (!rule->failsafe || rule->from.count)
		return;
	append(&error,
	       "'%s' has no `from`: it allows %s from every address, past all policies and block "
	       "lists",
	       rule->name, rule->ports ?: "all packets");
	check->remark(&error, check->context);
}

/* Are all packets of the ranges that another rule decides allowed by failsafe rules? */
static bool only_failsafe_decides(const struct checking *checking, struct checked_ranges ranges)
{
	bool only = true;

	for (size_t r = ranges.first; r < ranges.first + ranges.count && only; r++) {
		struct deciders deciders = { 0 };

		if (checking->reach->ranges[r])
			continue;
		deciders = deciders_find(checking->search, ranges.rule, r, 1);
		only = deciders.count && deciders.complete;
		for (size_t i = 0; i < deciders.count && only; i++)
			only = checking->check->policy->rules[deciders.rules[i]].failsafe;
	}
	return only;
}

/* Does the rule name only empty sets? Then it matches nothing; the remark is about the sets. */
static bool names_nothing(const struct policy_rule *rule)
{
	return rule->from.is_empty || rule->to.is_empty;
}

static void check_ranges(const struct checking *checking, struct checked_ranges ranges)
{
	const struct policy_rule *rule = ranges.rule;
	size_t dead = 0;

	for (size_t i = 0; i < ranges.count; i++)
		dead += !checking->reach->ranges[ranges.first + i];
	if (!dead || names_nothing(rule) ||
	    (rule->action == POLICY_ALLOW && only_failsafe_decides(checking, ranges)))
		return;
	if (!(families_of(rule, PORTSIEVE_SOURCE) & families_of(rule, PORTSIEVE_DESTINATION)))
		remark_families(checking->check, rule);
	else if (dead == ranges.count)
		remark_dead_rule(checking, ranges);
	else if (!rule->uses_registry_set && !rule->monitor)
		remark_dead_ranges(checking, ranges);
}

static void remark_empty_sets(const struct policy_check *check)
{
	for (size_t i = 0; i < check->policy->sets_count; i++) {
		const struct policy_set *set = &check->policy->sets[i];
		struct error error = remark_in(WARNING_EMPTY_SET, check->file, set->place);

		if (set->members.count)
			continue;
		append(&error,
		       "the set '%s' is empty: it holds no address, and a rule that names it alone "
		       "matches nothing",
		       set->name);
		check->remark(&error, check->context);
	}
}

/* Knobs that let packets past the rules, and how. */
static const struct {
	enum portsieve_knob knob;
	const char *how;
} loopholes[] = {
	{ PORTSIEVE_KNOB_TINY_FRAGMENT, "a first fragment may leave out its port" },
	{ PORTSIEVE_KNOB_VLAN_DEPTH, "Linux skips any number of VLAN tags of id 0" },
	{ PORTSIEVE_KNOB_EXT_DEPTH, "Linux skips any number of IPv6 extension headers" },
	{ PORTSIEVE_KNOB_ROUTING_TYPE_4,
	  "where seg6_enabled is set, segment routing changes the destination or carries "
	  "another packet" },
	{ PORTSIEVE_KNOB_SOURCE_ROUTE,
	  "where accept_source_route is set, such a packet goes on to another destination" },
};

static bool place_is_before(struct policy_place one, struct policy_place other)
{
	return one.line != other.line ? one.line < other.line : one.column < other.column;
}

/* In the order of the file. */
static void remark_loopholes(const struct policy_check *check)
{
	const struct policy *policy = check->policy;
	const struct policy_place *places = policy->knob_places;
	size_t open[ARRAY_SIZE(loopholes)], count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(loopholes) && policy_drops(policy); i++) {
		enum portsieve_knob knob = loopholes[i].knob;
		size_t at = count;

		if (policy->knobs[knob] != POLICY_CHOICE_ALLOW)
			continue;
		for (;
		     at > 0 && place_is_before(places[knob], places[loopholes[open[at - 1]].knob]);
		     at--)
			open[at] = open[at - 1];
		open[at] = i;
		count++;
	}
	for (size_t i = 0; i < count; i++) {
		enum portsieve_knob knob = loopholes[open[i]].knob;
		struct error error = remark_in(WARNING_LOOPHOLE, check->file, places[knob]);

		append(&error, "'%s: allow' lets packets reach ports that this policy drops: %s",
		       knobs[knob].name, loopholes[open[i]].how);
		check->remark(&error, check->context);
	}
}

void policy_check(const struct policy_check *check)
{
	const struct portsieve_image *image = check->image;
	_cleanup_free_ struct image_reach *reach =
		image_reach_new(check->policy, image, check->addresses);
	_cleanup_free_ struct deciders_search *search = reach ? deciders_search_new(reach) : NULL;
	const struct checking checking = { check, reach, search };
	struct rules_walk walk = rules_walk_begin(image);
	struct rule_ranges ranges;

	remark_empty_sets(check);
	remark_loopholes(check);
	if (!search)
		return; /* remarks are a courtesy */
	while (rules_walk_next(&walk, &ranges)) {
		const struct policy_rule *rule = &check->policy->rules[ranges.rule];

		check_ranges(&checking, (struct checked_ranges){ rule, (uint16_t)ranges.first,
								 ranges.end - ranges.first });
		remark_registry(check, rule);
		remark_open_failsafe(check, rule);
	}
}

void policy_check_ends(const struct policy_check *check, uint64_t now_ns)
{
	for (size_t i = 0; i < check->policy->runtime_count; i++) {
		const struct policy_rule *rule =
			&check->policy->rules[check->policy->failsafe_count + i];
		struct error error = remark_at(WARNING_NEVER_MATCHES, check, rule, rule->place);

		if (!has_ended(rule->until_ns, now_ns))
			continue;
		append(&error, "rule '%s' never matches: its `until` has passed, so it is left out",
		       rule->name);
		check->remark(&error, check->context);
	}
}
