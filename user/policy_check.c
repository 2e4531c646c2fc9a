/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remarks on a valid policy. Which rule decides a port is painted rule by rule: each port once, by
 * the first rule that names it, so the time does not depend on how much the rules overlap. A rule
 * with addresses or an end decides a port for some packets only, and paints nothing; what is
 * painted before it may be all its ports nevertheless.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "policy_word.h"

enum {
	NAMED_MAX = 3, /* rules, or ranges, that one remark names */
};

/* The ports of one transport. Rules are index + 1, 0 is none. */
struct canvas {
	uint16_t owner[PORTSIEVE_PORTS];
	uint16_t stretch_end[PORTSIEVE_PORTS];	 /* of an owned port: last port painted in one go */
	uint32_t next_free[PORTSIEVE_PORTS + 1]; /* a hint: no free port lies before it */
};

struct checking {
	const struct policy *policy;
	const char *file;
	policy_remark_fn *remark;
	void *context;
	struct canvas *canvas; /* by transport */
	uint32_t *seen;	       /* by rule: index + 1 of the last rule it was counted for */
};

static void checking_free(struct checking *checking)
{
	free(checking->canvas);
	free(checking->seen);
}

/* The first port that no rule owns at or above `port`; PORTSIEVE_PORTS if there is none. */
static uint32_t free_port(struct canvas *canvas, uint32_t port)
{
	uint32_t found = port;

	while (canvas->next_free[found] != found)
		found = canvas->next_free[found];
	while (canvas->next_free[port] != found && port != found) { /* shorten the way */
		uint32_t next = canvas->next_free[port];

		canvas->next_free[port] = found;
		port = next;
	}
	return found;
}

static void paint(struct canvas *canvas, const struct policy_interval *interval, uint16_t owner)
{
	uint32_t low = free_port(canvas, interval->low), high;

	for (; low <= interval->high; low = free_port(canvas, high + 1)) {
		for (high = low; high < interval->high && !canvas->owner[high + 1];)
			high++;
		for (uint32_t port = low; port <= high; port++) {
			canvas->owner[port] = owner;
			canvas->stretch_end[port] = (uint16_t)high;
			canvas->next_free[port] = high + 1;
		}
	}
}

static bool is_covered(struct checking *checking, const struct policy_interval *interval)
{
	return free_port(&checking->canvas[interval->transport], interval->low) > interval->high;
}

static void remark_at(const struct checking *checking, struct policy_place place, const char *text)
{
	struct error error = { .exit = EXIT_DONE };

	error_place(&error, checking->file, place.line, place.column);
	snprintf(error.text, sizeof(error.text), "%s", text);
	checking->remark(&error, checking->context);
}

static int compare_intervals(const void *left, const void *right)
{
	const struct policy_interval *a = left, *b = right;

	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

/* Rules before a rule that decide its ports. */
struct coverers {
	const struct policy_rule *rules[NAMED_MAX];
	size_t count; /* of all; the first NAMED_MAX are in `rules` */
};

/* Counts the owners of a range that is wholly owned, each once for one `mark`. */
static void owners_count(struct checking *checking, const struct canvas *canvas,
			 const struct policy_interval *range, uint32_t mark,
			 struct coverers *coverers)
{
	for (uint32_t port = range->low; port <= range->high;
	     port = canvas->stretch_end[port] + 1u) {
		size_t owner = canvas->owner[port] - 1u;

		if (checking->seen[owner] == mark)
			continue;
		checking->seen[owner] = mark;
		if (coverers->count < NAMED_MAX)
			coverers->rules[coverers->count] = &checking->policy->rules[owner];
		coverers->count++;
	}
}

/* Who decides the ports of a rule that is wholly covered; none if memory is short. */
static struct coverers coverers_of(struct checking *checking, const struct policy_rule *rule)
{
	size_t size = rule->intervals_count * sizeof(*rule->intervals);
	struct policy_interval *sorted = malloc(size);
	struct coverers coverers = { .count = 0 };
	uint32_t mark = (uint32_t)(rule - checking->policy->rules) + 1;
	uint32_t done = 0; /* ports below it, of this transport, were looked at */

	if (!sorted)
		return coverers;
	memcpy(sorted, rule->intervals, size);
	qsort(sorted, rule->intervals_count, sizeof(*sorted), compare_intervals);
	for (size_t i = 0; i < rule->intervals_count; i++) {
		struct policy_interval range = sorted[i];

		if (i && range.transport != sorted[i - 1].transport)
			done = 0;
		if (range.high < done)
			continue;
		if (range.low < done)
			range.low = (uint16_t)done;
		done = range.high + 1u;
		owners_count(checking, &checking->canvas[range.transport], &range, mark, &coverers);
	}
	free(sorted);
	return coverers;
}

/* "'web' (line 3), 'mail' (line 4)" */
static void coverers_print(const struct coverers *coverers, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "%s", coverers->count ? "" : "others");
	for (size_t i = 0; i < coverers->count && i < NAMED_MAX && used < size; i++) {
		const struct policy_rule *rule = coverers->rules[i];

		used += (size_t)snprintf(text + used, size - used, "%s'%s' (line %u)",
					 i ? ", " : "", rule->name, rule->place.line);
	}
	if (coverers->count > NAMED_MAX && used < size)
		snprintf(text + used, size - used, " and %zu more", coverers->count - NAMED_MAX);
}

static void remark_dead_rule(struct checking *checking, const struct policy_rule *rule)
{
	struct coverers coverers = coverers_of(checking, rule);
	char names[256], text[sizeof(names) + 128];

	coverers_print(&coverers, names, sizeof(names));
	snprintf(text, sizeof(text), "rule '%s' can never match: before it, %s %s all its ports",
		 rule->name, names, coverers.count == 1 ? "decides" : "decide");
	remark_at(checking, rule->place, text);
}

/* "tcp/80-90 ('web', line 3)" */
static int range_print(const struct checking *checking, const struct policy_interval *range,
		       char *text, size_t size)
{
	const struct canvas *canvas = &checking->canvas[range->transport];
	const struct policy_rule *first = &checking->policy->rules[canvas->owner[range->low] - 1];
	const char *transport = transport_name(range->transport);

	if (range->low == range->high)
		return snprintf(text, size, "%s/%u ('%s', line %u)", transport, range->low,
				first->name, first->place.line);
	return snprintf(text, size, "%s/%u-%u ('%s', line %u)", transport, range->low, range->high,
			first->name, first->place.line);
}

static void remark_dead_ranges(struct checking *checking, const struct policy_rule *rule)
{
	char names[256] = "", text[sizeof(names) + 128];
	size_t used = 0, count = 0;

	for (size_t i = 0; i < rule->intervals_count; i++) {
		const struct policy_interval *range = &rule->intervals[i];

		if (!is_covered(checking, range))
			continue;
		if (count++ >= NAMED_MAX)
			continue;
		if (count > 1)
			used += (size_t)snprintf(names + used, sizeof(names) - used, ", ");
		used += (size_t)range_print(checking, range, names + used, sizeof(names) - used);
	}
	if (count > NAMED_MAX)
		snprintf(names + used, sizeof(names) - used, " and %zu more", count - NAMED_MAX);
	snprintf(text, sizeof(text), "in rule '%s' a range can never match, decided before it: %s",
		 rule->name, names);
	remark_at(checking, rule->ports_place, text);
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

/* Does the rule decide its ports for every packet, for ever? */
static bool is_unconditional(const struct policy_rule *rule)
{
	return !rule->from.count && !rule->to.count && !rule->until_ns;
}

static void check_rule(struct checking *checking, size_t index)
{
	const struct policy_rule *rule = &checking->policy->rules[index];
	size_t covered = 0;

	for (size_t i = 0; i < rule->intervals_count; i++)
		covered += is_covered(checking, &rule->intervals[i]);
	if (covered == rule->intervals_count && covered)
		remark_dead_rule(checking, rule);
	else if (covered && !rule->uses_registry_set)
		remark_dead_ranges(checking, rule);
	remark_registry(checking, rule);
	for (size_t i = 0; i < rule->intervals_count && is_unconditional(rule); i++)
		paint(&checking->canvas[rule->intervals[i].transport], &rule->intervals[i],
		      (uint16_t)(index + 1));
}

void policy_check(const struct policy *policy, const char *file, policy_remark_fn *remark,
		  void *context)
{
	__attribute__((cleanup(checking_free))) struct checking checking = {
		.policy = policy,
		.file = file,
		.remark = remark,
		.context = context,
		.canvas = calloc(PORTSIEVE_TRANSPORTS, sizeof(struct canvas)),
		.seen = calloc(policy->rules_count + 1, sizeof(uint32_t)),
	};

	if (!checking.canvas || !checking.seen)
		return; /* remarks are a courtesy */
	for (size_t t = 0; t < PORTSIEVE_TRANSPORTS; t++)
		for (uint32_t port = 0; port <= PORTSIEVE_PORTS; port++)
			checking.canvas[t].next_free[port] = port;
	for (size_t i = 0; i < policy->rules_count; i++)
		check_rule(&checking, i);
}
