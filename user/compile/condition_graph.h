/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conditions of an image: turns a list of ranges of conditional rules into conditions by
 * source, then by destination, then by time. Equal lists share one condition. Pure; private to
 * conditions.c.
 */
#ifndef PORTSIEVE_CONDITION_GRAPH_H
#define PORTSIEVE_CONDITION_GRAPH_H

#include "base/error.h"
#include "base/hash.h"
#include "compile/address_classes.h"
#include "compile/sparse_table.h"
#include "policy/policy.h"

/*
 * Ranges of conditional rules by ascending id, which is the order of the rules. The id of a range
 * with `only_from` is followed by that of its other half, with PORTSIEVE_ENTRY_DROP: what it drops
 * from any source, after what it allows.
 */
struct range_list {
	uint16_t *ids;
	size_t count;
};

/* A list, and the entry of its condition by `direction`. */
struct known_list {
	enum portsieve_direction direction;
	bool drops_otherwise;
	size_t first; /* index in known_ids */
	size_t count;
	uint16_t entry;
};

/*
 * Scratch space of one direction. An element is valid if its stamp is that of the current
 * condition, so arrays need no clearing.
 */
struct direction_work {
	struct address_classes classes;
	uint32_t *list_stamp;  /* by list of prefixes: the condition whose ranges are chained */
	uint16_t *first_range; /* by list: the first range of that list's rules; 0: none */
	uint32_t *class_stamp; /* by class: the condition that has its cell */
	uint16_t *next_range;  /* by id: the next of the same list; 0: none */
	uint16_t *left;	       /* ids of the ranges that match a class */
	uint16_t *any;	       /* ids of ranges without prefixes, ascending, at the array's end */
	size_t any_count;
};

struct condition_graph {
	const struct policy *policy;
	const char *file;
	struct portsieve_image *image;
	struct error *error;
	bool drops_otherwise; /* if no range of the list decides; set before entering it */
	struct direction_work directions[PORTSIEVE_DIRECTIONS];
	uint32_t stamp; /* of the last condition by direction */
	struct known_list *known;
	size_t known_count;
	struct hash_index known_index;
	uint16_t *known_ids; /* of all known lists, concatenated */
	size_t known_ids_count;
	struct sparse_row *rows;
	size_t rows_count;
	size_t cells_count; /* of all rows, before they share any */
	uint64_t work;	    /* ids looked at so far */
	uint32_t *times;    /* by entry: its count in a row */
	size_t conditions_count;
	struct hash_index time_index; /* of the conditions by time */
};

/*
 * The next three return -E2BIG past a limit, with the place in graph->file, or -ENOMEM, both with
 * graph->error filled in.
 */

/*
 * Classifies the policy's addresses. The caller has set policy, file, image and error; the rest is
 * zero. Free with condition_graph_free in any case.
 */
int condition_graph_init(struct condition_graph *graph);

/*
 * Finds or makes the condition of a list. *ret_entry refers to it, or is the entry that decides
 * without one.
 */
int condition_graph_enter(struct condition_graph *graph, const struct range_list *list,
			  uint16_t *ret_entry);

/* Lays the rows of all conditions into the image's cells; rows share cells if there are many. */
int condition_graph_finish(struct condition_graph *graph);

void condition_graph_free(struct condition_graph *graph);

/* The entry of a range in a list. */
uint16_t condition_entry_of(const struct condition_graph *graph, uint16_t range);

/* The rule of a range, or of half a range. */
const struct policy_rule *condition_rule_of(const struct condition_graph *graph, uint16_t range);

/*
 * Sets the error for the last rule, which makes the policy exceed `limit` of `what`. Returns
 * -E2BIG.
 */
int condition_too_many(const struct condition_graph *graph, int limit, const char *what);

#endif
