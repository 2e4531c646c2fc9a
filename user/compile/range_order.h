/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of range ids: by kind in an image (see enum portsieve_ranges), by rule for readers.
 * Pure.
 */
#ifndef PORTSIEVE_RANGE_ORDER_H
#define PORTSIEVE_RANGE_ORDER_H

#include "policy/policy.h"

/*
 * Numbers the ranges of a compiled image by kind instead of by rule, in all its tables, and sets
 * image.enforced and image.final. Returns 0 or -ENOMEM.
 */
int ranges_order(const struct policy *policy, struct portsieve_image *image);

/* The ranges of a rule, with the ids from `first` up to but not including `end`. */
struct rule_ranges {
	uint32_t rule;
	uint32_t first;
	uint32_t end;
};

enum { RANGE_KINDS = 4 };

/* A walk over the rules of an image, in their order, whatever the kinds of their ranges. */
struct rules_walk {
	const struct portsieve_image *image;
	uint32_t at[RANGE_KINDS];
	uint32_t end[RANGE_KINDS];
};

struct rules_walk rules_walk_begin(const struct portsieve_image *image);

/* The next rule; false after the last one. */
bool rules_walk_next(struct rules_walk *walk, struct rule_ranges *ret_ranges);

#endif
