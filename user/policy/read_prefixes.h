/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes and names of sets: the values of `from`, `only_from`, `to` and sets. */
#ifndef PORTSIEVE_POLICY_READ_PREFIXES_H
#define PORTSIEVE_POLICY_READ_PREFIXES_H

#include "policy/read_mapping.h"

/*
 * Reads the current value (a text, a list of texts, or the pieces of a text that YAML has split at
 * commas) and moves past it. Appends to both lists, which the caller frees, also on failure. `uses`
 * is NULL for the members of a set, which may be empty. Returns 0, -EINVAL or -ENOMEM.
 */
int policy_prefixes_read(struct policy_pairs *pairs, struct policy_prefixes *prefixes,
			 struct policy_set_uses *uses);

/*
 * YAML reads the colons of some unquoted IPv6 addresses as syntax. If there is such an address at
 * `node`, sets *error and returns true. error may be NULL.
 */
bool policy_prefix_unquoted(const struct policy_yaml *yaml, const struct policy_node *node,
			    struct error *error);

/* The same for a "*" before `node`, which YAML takes for an alias. */
bool policy_star_unquoted(const struct policy_yaml *yaml, const struct policy_node *node,
			  struct error *error);

#endif
