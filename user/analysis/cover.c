/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule without addresses and without an end decides its ports for all packets: it is painted on
 * a canvas. Any other is added to the scopes. A port is decided if it is painted, or if a scope
 * that holds the addresses has it; each family of addresses is looked at by itself.
 */
#include "analysis/cover.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "analysis/port_owners.h"
#include "analysis/scopes.h"

struct policy_cover {
	const struct policy *policy;
	struct policy_canvas *canvas; /* by transport */
	struct address_sets sets[PORTSIEVE_DIRECTIONS][POLICY_FAMILIES];
	struct policy_scopes *scopes; /* NULL: there are no conditional rules */
	bool *conditional;	      /* by rule */
	uint32_t *seen;		      /* by rule: index + 1 of the last rule it was counted for */
	size_t rule;		      /* that was chosen */
	struct policy_part parts[POLICY_FAMILIES];
	size_t parts_count;
	size_t chosen; /* index + 1 of the part that the scopes were chosen for */
};

static bool is_conditional(const struct policy_cover *cover, size_t rule)
{
	for (size_t d = 0; d < PORTSIEVE_DIRECTIONS; d++)
		for (size_t f = 0; f < POLICY_FAMILIES; f++)
			if (cover->sets[d][f].set_of[rule] != ADDRESS_SET_ALL)
				return true;
	return cover->policy->rules[rule].until_ns;
}

static bool make_scopes(struct policy_cover *cover)
{
	size_t count = 0;

	for (size_t d = 0; d < PORTSIEVE_DIRECTIONS; d++)
		for (size_t f = 0; f < POLICY_FAMILIES; f++)
			if (address_sets_make(cover->policy, d, f, &cover->sets[d][f]))
				return false;
	for (size_t i = 0; i < cover->policy->rules_count; i++) {
		cover->conditional[i] = is_conditional(cover, i);
		count += cover->conditional[i];
	}
	if (count)
		cover->scopes = policy_scopes_new(cover->policy, cover->sets, cover->conditional);
	return cover->scopes || !count;
}

struct policy_cover *policy_cover_new(const struct policy *policy)
{
	struct policy_cover *cover = calloc(1, sizeof(*cover));

	if (!cover)
		return NULL;
	cover->policy = policy;
	cover->canvas = malloc(PORTSIEVE_TRANSPORTS * sizeof(*cover->canvas));
	cover->conditional = calloc(policy->rules_count + 1, sizeof(*cover->conditional));
	cover->seen = calloc(policy->rules_count + 1, sizeof(*cover->seen));
	if (!cover->canvas || !cover->conditional || !cover->seen || !make_scopes(cover)) {
		policy_cover_free(cover);
		return NULL;
	}
	for (size_t t = 0; t < PORTSIEVE_TRANSPORTS; t++)
		policy_canvas_init(&cover->canvas[t]);
	return cover;
}

void policy_cover_free(struct policy_cover *cover)
{
	if (!cover)
		return;
	for (size_t d = 0; d < PORTSIEVE_DIRECTIONS; d++)
		for (size_t f = 0; f < POLICY_FAMILIES; f++)
			address_sets_free(&cover->sets[d][f]);
	policy_scopes_free(cover->scopes);
	free(cover->canvas);
	free(cover->conditional);
	free(cover->seen);
	free(cover);
}

bool policy_cover_choose(struct policy_cover *cover, size_t rule)
{
	cover->rule = rule;
	cover->parts_count = 0;
	cover->chosen = 0;
	for (size_t f = 0; f < POLICY_FAMILIES; f++)
		if (policy_part_of(cover->sets, cover->policy, rule, f,
				   &cover->parts[cover->parts_count]))
			cover->parts_count++;
	return cover->parts_count;
}

/* Does the canvas hold it? */
static bool is_painted(struct policy_cover *cover, const struct policy_span *span)
{
	uint32_t first = span->low / PORTSIEVE_PORTS * PORTSIEVE_PORTS;
	struct policy_canvas *canvas = &cover->canvas[span->low / PORTSIEVE_PORTS];

	return free_ports_from(&canvas->unowned, span->low - first) > span->high - first;
}

/* The port behind those, from `port` on, that one earlier rule decides; `port`: none does. */
static uint32_t next_port(struct policy_cover *cover, size_t part, uint32_t port, size_t *ret_rule)
{
	const struct policy_canvas *canvas = &cover->canvas[port / PORTSIEVE_PORTS];
	uint32_t first = port / PORTSIEVE_PORTS * PORTSIEVE_PORTS, end;

	if (canvas->owner[port - first]) {
		*ret_rule = canvas->owner[port - first] - 1u;
		return first + canvas->stretch_end[port - first] + 1;
	}
	if (!cover->scopes)
		return port;
	if (cover->chosen != part + 1)
		policy_scopes_choose(cover->scopes, &cover->parts[part]);
	cover->chosen = part + 1;
	end = policy_scopes_reach(cover->scopes, port, ret_rule);
	return end > port ? end : port;
}

static void count_coverer(struct policy_cover *cover, size_t rule, struct coverers *coverers)
{
	const struct policy_rule *coverer = &cover->policy->rules[rule];

	if (cover->seen[rule] == cover->rule + 1)
		return;
	cover->seen[rule] = (uint32_t)cover->rule + 1;
	if (coverers->count < COVERERS_NAMED)
		coverers->rules[coverers->count] = coverer;
	coverers->count++;
	coverers->have_addresses |=
		cover->conditional[rule] && (coverer->from.count || coverer->to.count);
	coverers->have_end |= coverer->until_ns;
}

/* Do earlier rules decide the span for a part of the rule? Counts them unless coverers is NULL. */
static bool part_is_held(struct policy_cover *cover, size_t part, const struct policy_span *span,
			 struct coverers *coverers)
{
	uint32_t port = span->low;

	while (port <= span->high) {
		size_t rule = 0;
		uint32_t next = next_port(cover, part, port, &rule);

		if (next == port)
			return false;
		if (coverers)
			count_coverer(cover, rule, coverers);
		port = next;
	}
	return true;
}

static struct policy_span span_of(const struct policy_interval *interval)
{
	uint32_t first = interval->transport * (uint32_t)PORTSIEVE_PORTS;

	return (struct policy_span){ first + interval->low, first + interval->high };
}

bool policy_cover_holds(struct policy_cover *cover, const struct policy_interval *interval)
{
	struct policy_span span = span_of(interval);

	if (is_painted(cover, &span))
		return true;
	for (size_t part = 0; part < cover->parts_count; part++)
		if (!cover->scopes || !part_is_held(cover, part, &span, NULL))
			return false;
	return true;
}

const struct policy_rule *policy_cover_first(struct policy_cover *cover,
					     const struct policy_interval *interval)
{
	size_t rule = 0;

	next_port(cover, 0, span_of(interval).low, &rule);
	return &cover->policy->rules[rule];
}

struct coverers policy_cover_all(struct policy_cover *cover)
{
	const struct policy_rule *rule = &cover->policy->rules[cover->rule];
	_cleanup_free_ struct policy_span *spans =
		calloc(rule->intervals_count + 1, sizeof(*spans));
	size_t count = spans ? policy_spans(rule, spans) : 0;
	struct coverers coverers = { .count = 0 };

	for (size_t part = 0; part < cover->parts_count; part++)
		for (size_t i = 0; i < count; i++)
			part_is_held(cover, part, &spans[i], &coverers);
	return coverers;
}

void policy_cover_add(struct policy_cover *cover)
{
	const struct policy_rule *rule = &cover->policy->rules[cover->rule];

	if (cover->conditional[cover->rule]) {
		policy_scopes_add(cover->scopes, cover->rule);
		return;
	}
	for (size_t i = 0; i < rule->intervals_count; i++)
		policy_canvas_paint(&cover->canvas[rule->intervals[i].transport],
				    &rule->intervals[i], (uint16_t)(cover->rule + 1));
}
