/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of range ids: by kind in images (see enum portsieve_ranges), by rule for readers. Pure.
 */
#ifndef PORTSIEVE_RANGE_ORDER_H
#define PORTSIEVE_RANGE_ORDER_H

#include "policy/policy.h"

/*
 * Renumbers the ranges of a compiled image, which are in rule order, by kind, and sets
 * image.enforced and image.final. Returns 0 or -ENOMEM.
 */
int ranges_order(const struct policy *policy, struct portsieve_image *image);

/* The ranges of a rule, with ids `first` to `end` - 1. */
struct rule_ranges {
	uint32_t rule;
	uint32_t first;
	uint32_t end;
};

enum { RANGE_KINDS = 4 };

/* A walk over the rules of an image in order. */
struct rules_walk {
	const struct portsieve_image *image;
	uint32_t at[RANGE_KINDS];
	uint32_t end[RANGE_KINDS];
};

struct rules_walk rules_walk_begin(const struct portsieve_image *image);

/* The next rule; false after the last one. */
bool rules_walk_next(struct rules_walk *walk, struct rule_ranges *ret_ranges);

#endif
