/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of making an image's conditions: the policy, its address classes, the conditions and
 * rows made so far, and their errors. Knows nothing of how they are made (condition_row.c,
 * condition_graph.c). Pure; private to the compiler.
 */
#ifndef PORTSIEVE_CONDITION_STATE_H
#define PORTSIEVE_CONDITION_STATE_H

#include "compile/address_classes.h"
#include "base/error.h"
#include "policy/policy.h"
#include "compile/range_list.h"
#include "compile/sparse_table.h"

enum { RANGE_NUMBERS = PORTSIEVE_ENTRY_RANGE + 1 };

/*
 * Scratch space of one direction. An array's element is valid if its stamp is that of the condition
 * being made, so that nothing has to be cleared.
 */
struct direction_work {
	struct address_classes classes;
	uint32_t *list_stamp;  /* by list of prefixes: the condition whose ranges are chained */
	uint16_t *first_range; /* by list: the first range of that list's rules; 0: none */
	uint32_t *class_stamp; /* by class: the condition that has its cell */
	uint16_t *next_range;  /* by range id: the next of the same list; 0: none */
	uint16_t *left;	       /* ids of the ranges that match a class */
	uint16_t *any;	       /* ids of the ranges without prefixes, ascending, at its end */
	size_t any_count;
};

struct condition_state {
	const struct policy *policy;
	const char *file;
	struct portsieve_image *image;
	struct error *error;
	struct direction_work directions[PORTSIEVE_DIRECTIONS];
	uint32_t stamp; /* of the condition by direction begun last */
	struct known_lists known;
	struct sparse_row *rows;
	size_t rows_count;
	size_t cells_count; /* of all rows */
	uint64_t work;	    /* ids looked at so far */
	uint32_t *times;    /* by entry: how often it is in a row */
	size_t conditions_count;
	uint32_t *time_slots; /* number + 1 of a condition by time; 0: free */
};

enum { CONDITION_TIME_SLOTS = 1 << 16 };

/*
 * Starts with the classes of all addresses; policy, file, image and error are set, the rest is
 * zero. Returns -E2BIG with the place in `file` past a limit, or -ENOMEM, with the error filled in.
 * Free with condition_state_free in any case.
 */
int condition_state_init(struct condition_state *state);
void condition_state_free(struct condition_state *state);

/* The rule of a range. */
const struct policy_rule *condition_rule_of(const struct condition_state *state, uint16_t range);

/* Refuses the rule of a range, which exceeds `limit` of `what`. Returns -E2BIG. */
int condition_too_many(const struct condition_state *state, uint16_t range, int limit,
		       const char *what);
int condition_no_memory(const struct condition_state *state);

#endif
