/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ranges of a compiled image any packet reaches, over all ports, addresses and times, and
 * which rules decide the packets of a rule. Pure.
 */
#ifndef PORTSIEVE_IMAGE_REACH_H
#define PORTSIEVE_IMAGE_REACH_H

#include "addresses.h"

struct image_reach;

/*
 * Walks the image of a policy; `addresses` are those compiled with it. All three must outlive the
 * result, which the caller frees (free). NULL if memory is short.
 */
struct image_reach *image_reach_new(const struct policy *policy,
				    const struct portsieve_image *image,
				    const struct addresses *addresses);

/* Is there a packet that the range decides? */
bool image_reach_has(const struct image_reach *reach, uint16_t range);

/* Indices of rules, ascending; the list belongs to the reach and is valid until the next call. */
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
struct deciders image_reach_deciders(struct image_reach *reach, const struct policy_rule *rule,
				     uint16_t first, size_t count);

#endif
