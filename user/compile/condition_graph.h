/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conditions of an image: turns a list of ranges of conditional rules into conditions by
 * source, then by destination, then by time. Equal lists share one condition. Pure; private to the
 * compiler.
 */
#ifndef PORTSIEVE_CONDITION_GRAPH_H
#define PORTSIEVE_CONDITION_GRAPH_H

#include "compile/condition_state.h"

/*
 * Both return -E2BIG with the place in state->file past a limit, or -ENOMEM, with state->error
 * filled in.
 */

/*
 * Makes the condition of a list, or finds it. *ret_entry is a reference to it, or the entry that
 * decides without a condition.
 */
int condition_graph_enter(struct condition_state *state, const struct range_list *list,
			  uint16_t *ret_entry);

/* Lays the rows of all conditions into the image's cells. */
int condition_graph_finish(struct condition_state *state);

#endif
