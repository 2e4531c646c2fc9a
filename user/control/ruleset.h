/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy made ready to go down: read, remarked upon, compiled and printed; or taken from what is
 * in force, to be changed and compiled anew. What all commands that change a policy have in common.
 */
#ifndef PORTSIEVE_RULESET_H
#define PORTSIEVE_RULESET_H

#include "datapath/datapath.h"
#include "control/policy_file.h"

struct ruleset {
	struct policy_file file; /* path NULL: no policy file, counts and drops nothing by itself */
	struct portsieve_image *image;
	struct addresses addresses;
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

/*
 * The policy in force on a device, as ruleset_read would have it, without the runtime rules that
 * have ended. Lines, source and digest are those of the file that it came from. Its image and text
 * are the live ones: after a change to file.policy call ruleset_compile.
 */
int ruleset_read_live(const struct datapath *datapath, const struct datapath_device *device,
		      struct ruleset *ret_ruleset, struct error *error);

/* A copy that can be changed and compiled by itself. */
int ruleset_copy(const struct ruleset *ruleset, struct ruleset *ret_copy, struct error *error);

/*
 * Compiles and prints file.policy after a change of its runtime rules. What the image before says
 * of the file stays, applied_ns is now. Without a file, a policy that drops by no rule drops
 * nothing at all.
 */
int ruleset_compile(struct ruleset *ruleset, struct error *error);

/* Makes `text` anew out of file.policy, by an image that is as it was: rules may have ended since.
 */
int ruleset_print(struct ruleset *ruleset, struct error *error);

/* Is it the policy that counts, and drops nothing? */
bool ruleset_only_counts(const struct ruleset *ruleset);

/* What the datapath takes; the ruleset stays the owner. */
struct datapath_policy ruleset_policy(const struct ruleset *ruleset);

#endif
