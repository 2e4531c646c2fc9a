/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scope knows from the start at which ports its rules' spans begin. Over these a Fenwick tree of
 * maxima says how far the spans added so far reach that begin at or below a port.
 */
#include "analysis/scopes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/intervals.h"

enum {
	WORK_MAX = 1 << 20, /* scopes looked at, for all rules together */
	NO_SCOPE = UINT32_MAX,
};

/* The end of a span, and whose it is. */
struct reach {
	uint32_t end; /* behind its last port; 0: none */
	uint32_t rule;
};

struct scope {
	struct policy_part part;
	uint32_t next;	     /* of the same slot */
	uint32_t *lows;	     /* ascending */
	struct reach *reach; /* the tree over them */
	size_t count;
	bool in_use; /* a rule was added */
};

struct policy_scopes {
	const struct policy *policy;
	const struct address_sets (*sets)[POLICY_FAMILIES];
	struct scope *list;
	size_t count;
	uint32_t *slots;    /* by hash of family and addresses: a scope */
	size_t slots_count; /* a power of two */
	uint32_t *lows_room;
	struct reach *reach_room;
	struct policy_span *spans; /* of the rule in hand */
	uint32_t *chosen;
	size_t chosen_count;
	size_t work;
};

static int compare_lows(const void *one, const void *other)
{
	const uint32_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

size_t policy_spans(const struct policy_rule *rule, struct policy_span *spans)
{
	size_t count = 0;
	_cleanup_free_ struct policy_interval *intervals = policy_intervals_merged(rule, &count);

	for (size_t i = 0; intervals && i < count; i++) {
		uint32_t first = intervals[i].transport * (uint32_t)PORTSIEVE_PORTS;

		spans[i] =
			(struct policy_span){ first + intervals[i].low, first + intervals[i].high };
	}
	return intervals ? count : 0;
}

bool policy_part_of(policy_sets sets, const struct policy *policy, size_t rule,
		    enum policy_family family, struct policy_part *ret_part)
{
	const uint32_t source = sets[PORTSIEVE_SOURCE][family].set_of[rule];
	const uint32_t destination = sets[PORTSIEVE_DESTINATION][family].set_of[rule];

	if (source == ADDRESS_SET_EMPTY || destination == ADDRESS_SET_EMPTY)
		return false;
	*ret_part = (struct policy_part){
		.sets = { source, destination },
		.family = family,
		.until_ns = policy->rules[rule].until_ns,
	};
	return true;
}

static uint32_t *slot_of(const struct policy_scopes *scopes, const struct policy_part *part)
{
	uint64_t hash = (uint64_t)part->sets[PORTSIEVE_SOURCE] << 32 ^
			(uint64_t)part->sets[PORTSIEVE_DESTINATION] << 1 ^ part->family;

	hash *= 0x9e3779b97f4a7c15;
	hash = (hash ^ hash >> 32) * 0xbf58476d1ce4e5b9;
	return &scopes->slots[(hash ^ hash >> 32) & (scopes->slots_count - 1)];
}

static bool same_addresses(const struct policy_part *a, const struct policy_part *b)
{
	return a->family == b->family && !memcmp(a->sets, b->sets, sizeof(a->sets));
}

/* NULL: there is none, or the search takes too long. */
static struct scope *find_scope(struct policy_scopes *scopes, const struct policy_part *part)
{
	uint32_t number = *slot_of(scopes, part);

	for (; number != NO_SCOPE && scopes->work < WORK_MAX; number = scopes->list[number].next) {
		struct scope *scope = &scopes->list[number];

		scopes->work++;
		if (scope->part.until_ns == part->until_ns && same_addresses(&scope->part, part))
			return scope;
	}
	return NULL;
}

static struct scope *find_or_make_scope(struct policy_scopes *scopes,
					const struct policy_part *part)
{
	struct scope *scope = find_scope(scopes, part);
	uint32_t *slot = slot_of(scopes, part);

	if (scope)
		return scope;
	scope = &scopes->list[scopes->count];
	*scope = (struct scope){ .part = *part, .next = *slot };
	*slot = (uint32_t)scopes->count++;
	return scope;
}

/* Makes the scopes, and room for the spans of their rules. */
static int make_scopes(struct policy_scopes *scopes, const bool *conditional)
{
	size_t room = 0, at = 0, longest = 0;

	for (size_t i = 0; i < scopes->policy->rules_count; i++) {
		size_t count = scopes->policy->rules[i].intervals_count;
		struct policy_part part;

		longest = count > longest ? count : longest;
		for (size_t f = 0; f < POLICY_FAMILIES && conditional[i]; f++) {
			if (!policy_part_of(scopes->sets, scopes->policy, i, f, &part))
				continue;
			find_or_make_scope(scopes, &part)->count += count;
			room += count;
		}
	}
	scopes->lows_room = calloc(room + 1, sizeof(*scopes->lows_room));
	scopes->reach_room = calloc(room + 1, sizeof(*scopes->reach_room));
	scopes->spans = calloc(longest + 1, sizeof(*scopes->spans));
	if (!scopes->lows_room || !scopes->reach_room || !scopes->spans)
		return -ENOMEM;
	for (size_t i = 0; i < scopes->count; i++) {
		struct scope *scope = &scopes->list[i];

		scope->lows = scopes->lows_room + at;
		scope->reach = scopes->reach_room + at;
		at += scope->count;
		scope->count = 0;
	}
	return 0;
}

/* Where the rules of a scope begin. */
static int gather_lows(struct policy_scopes *scopes, const bool *conditional)
{
	struct policy_part part;

	for (size_t i = 0; i < scopes->policy->rules_count; i++) {
		size_t count =
			conditional[i] ? policy_spans(&scopes->policy->rules[i], scopes->spans) : 0;

		if (conditional[i] && !count)
			return -ENOMEM;
		for (size_t f = 0; f < POLICY_FAMILIES && count; f++) {
			struct scope *scope =
				policy_part_of(scopes->sets, scopes->policy, i, f, &part)
					? find_scope(scopes, &part)
					: NULL;

			for (size_t s = 0; s < count && scope; s++)
				scope->lows[scope->count++] = scopes->spans[s].low;
		}
	}
	for (size_t i = 0; i < scopes->count; i++)
		qsort(scopes->list[i].lows, scopes->list[i].count, sizeof(uint32_t), compare_lows);
	return 0;
}

struct policy_scopes *policy_scopes_new(const struct policy *policy, policy_sets sets,
					const bool *conditional)
{
	struct policy_scopes *scopes = calloc(1, sizeof(*scopes));
	size_t parts = 0;

	if (!scopes)
		return NULL;
	for (size_t i = 0; i < policy->rules_count; i++)
		parts += conditional[i] ? POLICY_FAMILIES : 0;
	for (scopes->slots_count = 2; scopes->slots_count < 2 * parts;)
		scopes->slots_count *= 2;
	scopes->policy = policy;
	scopes->sets = sets;
	scopes->list = calloc(parts + 1, sizeof(*scopes->list));
	scopes->slots = malloc(scopes->slots_count * sizeof(*scopes->slots));
	scopes->chosen = calloc(parts + 1, sizeof(*scopes->chosen));
	if (scopes->slots) /* NO_SCOPE has all bits set */
		memset(scopes->slots, 0xff, scopes->slots_count * sizeof(*scopes->slots));
	if (!scopes->list || !scopes->slots || !scopes->chosen ||
	    make_scopes(scopes, conditional) || gather_lows(scopes, conditional)) {
		policy_scopes_free(scopes);
		return NULL;
	}
	return scopes;
}

void policy_scopes_free(struct policy_scopes *scopes)
{
	if (!scopes)
		return;
	free(scopes->list);
	free(scopes->slots);
	free(scopes->lows_room);
	free(scopes->reach_room);
	free(scopes->spans);
	free(scopes->chosen);
	free(scopes);
}

/* How many of the scope's spans begin at or below the port. */
static size_t lows_up_to(const struct scope *scope, uint32_t port)
{
	size_t low = 0, high = scope->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (scope->lows[middle] <= port)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The tree's nodes count from 1; node N is of the N & -N spans up to it. */
static void add_span(struct scope *scope, const struct policy_span *span, size_t rule)
{
	for (size_t n = lows_up_to(scope, span->low); n && n <= scope->count; n += n & -n)
		if (scope->reach[n - 1].end <= span->high)
			scope->reach[n - 1] = (struct reach){ span->high + 1, (uint32_t)rule };
	scope->in_use = true;
}

void policy_scopes_add(struct policy_scopes *scopes, size_t rule)
{
	size_t count = policy_spans(&scopes->policy->rules[rule], scopes->spans);
	struct policy_part part;

	for (size_t f = 0; f < POLICY_FAMILIES; f++) {
		struct scope *scope = policy_part_of(scopes->sets, scopes->policy, rule, f, &part)
					      ? find_scope(scopes, &part)
					      : NULL;

		for (size_t s = 0; s < count && scope; s++)
			add_span(scope, &scopes->spans[s], rule);
	}
}

static bool lasts_as_long(const struct policy_part *part, const struct policy_part *as)
{
	return !part->until_ns || (as->until_ns && part->until_ns >= as->until_ns);
}

/* The scopes of `wanted` addresses. */
static void choose_among(struct policy_scopes *scopes, const struct policy_part *wanted)
{
	uint32_t number = *slot_of(scopes, wanted);

	for (; number != NO_SCOPE && scopes->work < WORK_MAX; number = scopes->list[number].next) {
		const struct scope *scope = &scopes->list[number];

		scopes->work++;
		if (scope->in_use && same_addresses(&scope->part, wanted) &&
		    lasts_as_long(&scope->part, wanted))
			scopes->chosen[scopes->chosen_count++] = number;
	}
}

size_t policy_scopes_choose(struct policy_scopes *scopes, const struct policy_part *part)
{
	const struct address_sets *sources = &scopes->sets[PORTSIEVE_SOURCE][part->family];
	const struct address_sets *destinations =
		&scopes->sets[PORTSIEVE_DESTINATION][part->family];
	struct address_set_holders source = sources->holders_of[part->sets[PORTSIEVE_SOURCE]];
	struct address_set_holders destination =
		destinations->holders_of[part->sets[PORTSIEVE_DESTINATION]];
	struct policy_part wanted = *part;

	scopes->chosen_count = 0;
	for (size_t s = 0; s < source.count && scopes->work < WORK_MAX; s++) {
		wanted.sets[PORTSIEVE_SOURCE] = sources->holders[source.first + s];
		for (size_t d = 0; d < destination.count && scopes->work < WORK_MAX; d++) {
			scopes->work++;
			wanted.sets[PORTSIEVE_DESTINATION] =
				destinations->holders[destination.first + d];
			choose_among(scopes, &wanted);
		}
	}
	return scopes->chosen_count;
}

uint32_t policy_scopes_reach(struct policy_scopes *scopes, uint32_t port, size_t *ret_rule)
{
	uint32_t end = 0;

	for (size_t i = 0; i < scopes->chosen_count && scopes->work < WORK_MAX; i++) {
		const struct scope *scope = &scopes->list[scopes->chosen[i]];

		scopes->work++;
		for (size_t n = lows_up_to(scope, port); n; n -= n & -n)
			if (scope->reach[n - 1].end > end) {
				end = scope->reach[n - 1].end;
				*ret_rule = scope->reach[n - 1].rule;
			}
	}
	return end;
}
