/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy ready to be applied: read from a file, checked, compiled and printed, or read back from
 * a device to be changed and compiled again. All commands that change a policy use it.
 */
#ifndef PORTSIEVE_RULESET_H
#define PORTSIEVE_RULESET_H

#include "datapath/datapath.h"
#include "control/policy_file.h"

struct ruleset {
	struct policy_file file; /* path NULL: no policy file, only runtime rules drop */
	struct portsieve_image *image;
	struct addresses addresses;
	char *text;	 /* canonical */
	char *failsafe;	 /* the same of the failsafe rules; "": none */
	char *sets;	 /* the members of sets from files (policy_sets_print); "": none */
	size_t remarks;	 /* warnings of the check */
	bool adds_rules; /* runtime rules, which are not in force yet */
};

/*
 * Reads and compiles the policy at path (NULL: the policy that only counts); logs the check's
 * warnings. The caller owns *ret_ruleset (ruleset_free).
 */
int ruleset_read(const char *path, struct ruleset *ret_ruleset, struct error *error);
void ruleset_free(struct ruleset *ruleset);

/*
 * Logs warnings about what the policy file keeps out of this machine: replies, ssh, and IPv6
 * clients of what listens now. Without the list of listeners, it says what it can.
 * lists_reachable: also about UDP sockets that everybody can send to, since they may be clients.
 */
void ruleset_check_access(struct ruleset *ruleset, bool lists_reachable);
#define _cleanup_ruleset_ __attribute__((cleanup(ruleset_free)))

/*
 * Reads back the policy in force on a device, without the runtime rules that have ended. Lines,
 * source and digest are those of the file that it came from. Image and text are the live ones:
 * after a change to file.policy call ruleset_compile. The caller owns *ret_ruleset (ruleset_free).
 */
int ruleset_read_live(const struct datapath *datapath, const struct datapath_device *device,
		      struct ruleset *ret_ruleset, struct error *error);

/*
 * The same for a device that a program of ABI 3 or 4 filters, with the policy compiled again for
 * datapath_upgrade_old. -EPROTO, without error filled in: it is of another ABI.
 */
int ruleset_read_old(const struct datapath *datapath, const struct datapath_device *device,
		     struct ruleset *ret_ruleset, struct error *error);

/* An independent copy; the caller owns *ret_copy (ruleset_free). */
int ruleset_copy(const struct ruleset *ruleset, struct ruleset *ret_copy, struct error *error);

/*
 * Compiles and prints file.policy after a change of its runtime rules. The new image keeps what the
 * old one says about the file, and applied_ns is now. Without a file, a policy without a rule that
 * drops drops nothing at all.
 */
int ruleset_compile(struct ruleset *ruleset, struct error *error);

/* Prints `text` again, with the image unchanged, after runtime rules may have ended. */
int ruleset_print(struct ruleset *ruleset, struct error *error);

/* The form that the datapath takes; the ruleset stays the owner. */
struct datapath_policy ruleset_policy(const struct ruleset *ruleset);

#endif
