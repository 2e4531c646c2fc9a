/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The row of a condition by source or destination: an entry for each class of addresses that
 * differs from what the others get. Pure; private to condition_graph.c.
 */
#ifndef PORTSIEVE_CONDITION_ROW_H
#define PORTSIEVE_CONDITION_ROW_H

#include "condition_graph.h"

/*
 * Chains the ranges of each list of prefixes, for the functions below, under graph->stamp; returns
 * how many of the list name none.
 */
size_t condition_row_begin(struct condition_graph *graph, enum portsieve_direction direction,
			   const struct range_list *list);

/* The ranges of that list that an address of a class leaves, ascending, in the direction's `left`.
 */
struct range_list condition_row_ranges(struct condition_graph *graph,
				       enum portsieve_direction direction, uint32_t class,
				       uint32_t stamp);

/*
 * Makes the row. *otherwise is the entry of the classes that the list does not name; afterwards
 * that of the classes without a cell. An
 * empty row says that all classes get *otherwise. -E2BIG, -ENOMEM; row->cells is the caller's in
 * any case.
 */
int condition_row_make(struct condition_graph *graph, enum portsieve_direction direction,
		       const struct range_list *list, uint32_t stamp, uint16_t *otherwise,
		       struct sparse_row *row);

#endif
