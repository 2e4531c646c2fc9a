/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes and names of sets in a policy: the values of `from`, `only_from`, `to` and of sets. */
#ifndef PORTSIEVE_POLICY_READ_PREFIXES_H
#define PORTSIEVE_POLICY_READ_PREFIXES_H

#include "policy/read_mapping.h"

/*
 * Reads the current value, a text, a list of texts, or what YAML has made of a text with commas,
 * and moves past it. Appends to both lists, which the caller frees, also after an error. `uses` is
 * NULL for the members of a set, of which there may be none. Returns 0, -EINVAL or -ENOMEM.
 */
int policy_prefixes_read(struct policy_pairs *pairs, struct policy_prefixes *prefixes,
			 struct policy_set_uses *uses);

/*
 * YAML reads the colons of some unquoted IPv6 addresses as syntax. If such an address stands at
 * `node`, sets *error to say so, and returns true; else leaves it alone. error may be NULL.
 */
bool policy_prefix_unquoted(const struct policy_yaml *yaml, const struct policy_node *node,
			    struct error *error);

/* The same for a "*" before `node`, which YAML takes for the beginning of an alias. */
bool policy_star_unquoted(const struct policy_yaml *yaml, const struct policy_node *node,
			  struct error *error);

#endif
