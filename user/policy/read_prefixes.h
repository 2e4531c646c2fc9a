/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of `from` and `to`: one prefix or a list of them, from YAML. */
#ifndef PORTSIEVE_POLICY_PREFIXES_H
#define PORTSIEVE_POLICY_PREFIXES_H

#include "policy/read_mapping.h"

/* In errors, what to write for `from` or `to`. */
#define POLICY_PREFIXES_RIGHT "write a prefix such as 192.0.2.0/24, or a list of them"

/*
 * Reads the value just read of `pairs`. `prefixes` is empty before. The caller frees its list, also
 * after an error. Returns 0, -EINVAL or -ENOMEM with the error set.
 */
int policy_prefixes_read(const struct policy_pairs *pairs, struct policy_prefixes *prefixes);

/*
 * YAML reads the colons of some unquoted IPv6 addresses as its own. If such an address stands at
 * `node`, sets *error to say so, and returns true; else leaves it alone. error may be NULL.
 */
bool policy_prefix_unquoted(const struct policy_yaml *yaml, const struct policy_node *node,
			    struct error *error);

#endif
