/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The row of a condition by source or destination: an entry for each class of addresses, except
 * for those with the row's default entry. Pure; private to condition_graph.c.
 */
#ifndef PORTSIEVE_CONDITION_ROW_H
#define PORTSIEVE_CONDITION_ROW_H

#include "compile/condition_state.h"

/*
 * Makes the entry of the ranges that are left once the class in a direction is known. May shorten
 * *left, and may make conditions of later directions.
 */
typedef int condition_rest_fn(struct condition_state *state, enum portsieve_direction direction,
			      struct range_list *left, uint16_t *ret_entry);

/* A row being made, with its inputs. The caller sets state, direction, list and rest. */
struct condition_row {
	struct condition_state *state;
	enum portsieve_direction direction;
	const struct range_list *list;
	condition_rest_fn *rest;
	uint32_t stamp; /* of the list's prefixes and classes in the direction's work */
	struct sparse_row cells;
	uint16_t otherwise; /* the entry of the classes without a cell */
};

/*
 * Starts the row: chains the ranges of each list of prefixes. False if none of the list's rules
 * names prefixes, and there is no row to make.
 */
bool condition_row_begin(struct condition_row *row);

/* Makes the row; without cells, all classes get `otherwise`. -E2BIG, -ENOMEM. */
int condition_row_make(struct condition_row *row);

void condition_row_free(struct condition_row *row);
#define _cleanup_condition_row_ __attribute__((cleanup(condition_row_free)))

#endif
