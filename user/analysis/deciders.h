/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules of an image decide the packets that a later rule asks for. Pure. */
#ifndef PORTSIEVE_IMAGE_DECIDERS_H
#define PORTSIEVE_IMAGE_DECIDERS_H

#include "analysis/reach.h"

struct deciders_search;

/* The caller frees it (free), and keeps the reach until then. NULL if memory is short. */
struct deciders_search *deciders_search_new(const struct image_reach *reach);

/* Indices of rules, ascending; the list belongs to the search and is valid until the next call. */
struct deciders {
	const uint16_t *rules;
	size_t count;
	bool complete; /* false: the search was cut short, there may be more */
};

/*
 * The rules that decide the packets with the rule's addresses on the ports of the range
 * range[first], ..., range[first + count - 1], as long as the rule lasts. A port that one rule
 * decides without the help of those before it names that rule alone.
 */
struct deciders deciders_find(struct deciders_search *search, const struct policy_rule *rule,
			      uint16_t first, size_t count);

#endif
