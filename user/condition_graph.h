/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conditions of an image: what a list of ranges of conditional rules comes to, by source, then
 * by destination, then by time. Equal lists become one condition, wherever they occur. Pure;
 * private to the compiler.
 */
#ifndef PORTSIEVE_CONDITION_GRAPH_H
#define PORTSIEVE_CONDITION_GRAPH_H

#include "address_classes.h"
#include "error.h"
#include "policy.h"
#include "range_list.h"
#include "sparse_table.h"

enum { RANGE_NUMBERS = PORTSIEVE_ENTRY_RANGE + 1 };

/* What one direction needs while a condition by it is made. Stamps spare clearing. */
struct direction_work {
	struct address_classes classes;
	uint32_t *list_stamp;  /* by list of prefixes: the condition that it was met in */
	uint16_t *first_range; /* by list: the first range of that list's rules; 0: none */
	uint32_t *class_stamp;
	uint16_t *next_range; /* by range id: the next of the same list; 0: none */
	uint16_t *left;	      /* ids of the ranges that a class leaves */
	uint16_t *any;	      /* ids of those of the list that name no prefixes, ascending */
	size_t any_count;
};

struct condition_graph {
	const struct policy *policy;
	const char *file;
	struct portsieve_image *image;
	struct error *error;
	struct direction_work directions[PORTSIEVE_DIRECTIONS];
	uint32_t stamp;
	struct known_lists known;
	struct sparse_row *rows;
	size_t rows_count;
	size_t cells_count; /* of all rows */
	uint64_t work;	    /* ids looked at so far */
	uint32_t *times;    /* by entry: how often it is in a row */
	size_t conditions_count;
	uint32_t *time_slots; /* number + 1 of a condition by time; 0: free */
};

/*
 * Starts with the classes of all addresses; policy, file, image and error are set. All of these
 * return -E2BIG with the place in `file` past a limit, or -ENOMEM, with the error filled in. Free
 * with condition_graph_free in any case.
 */
int condition_graph_init(struct condition_graph *graph);
void condition_graph_free(struct condition_graph *graph);

/* What a list comes to: a reference to its condition. */
int condition_graph_enter(struct condition_graph *graph, const struct range_list *list,
			  uint16_t *ret_entry);

/* Lays the rows of all conditions into the image's cells. */
int condition_graph_finish(struct condition_graph *graph);

/* What is asked after a direction, of the ranges that are left. Trims *left. */
int condition_graph_next(struct condition_graph *graph, enum portsieve_direction direction,
			 struct range_list *left, uint16_t *ret_entry);

/* The rule of a range. */
const struct policy_rule *graph_rule_of(const struct condition_graph *graph, uint16_t range);

/* Refuses the rule of a range, with which there are more than `limit` of something. Returns -E2BIG.
 */
int graph_too_many(const struct condition_graph *graph, uint16_t range, int limit,
		   const char *what);
int graph_no_memory(const struct condition_graph *graph);

#endif
