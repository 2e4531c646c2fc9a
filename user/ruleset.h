/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy made ready to go down: read, remarked upon, compiled and printed. What `load`, `apply`
 * and `check` have in common.
 */
#ifndef PORTSIEVE_RULESET_H
#define PORTSIEVE_RULESET_H

#include "datapath.h"
#include "policy_file.h"

struct ruleset {
	struct policy_file file;
	struct portsieve_image *image;
	char *text; /* canonical */
	size_t remarks;
};

/*
 * Reads and compiles the policy at path (NULL: the policy without a file); remarks go to the log.
 * The caller owns *ret_ruleset (ruleset_free).
 */
int ruleset_read(const char *path, struct ruleset *ret_ruleset, struct error *error);
void ruleset_free(struct ruleset *ruleset);
#define _cleanup_ruleset_ __attribute__((cleanup(ruleset_free)))

#endif
