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
	struct policy_file file; /* path NULL: no policy file, only runtime rules */
	struct portsieve_image *image;
	struct addresses addresses;
	char *text;	 /* canonical */
	char *failsafe;	 /* the failsafe rules; "": none */
	char *sets;	 /* members of sets from files (policy_sets_print); "": none */
	size_t remarks;	 /* warnings of the check */
	bool adds_rules; /* has runtime rules that are not in force yet */
};

/*
 * Reads and compiles the policy at path (NULL: the policy that only counts); logs the check's
 * warnings. The caller owns *ret_ruleset (ruleset_free).
 */
int ruleset_read(const char *path, struct ruleset *ret_ruleset, struct error *error);
void ruleset_free(struct ruleset *ruleset);

/*
 * Logs warnings about what the policy file keeps out of this machine: replies, ssh, and IPv6
 * clients of current listeners. Does what it can if listeners cannot be read. With lists_reachable,
 * also warns about UDP sockets that everybody can send to because they may be clients.
 */
void ruleset_check_access(struct ruleset *ruleset, bool lists_reachable);
#define _cleanup_ruleset_ __attribute__((cleanup(ruleset_free)))

/*
 * Reads back the policy in force on a device, without ended runtime rules. Lines, source and digest
 * are those of its file. Image and text are the live ones: after changing file.policy, call
 * ruleset_compile. The caller owns *ret_ruleset (ruleset_free).
 */
int ruleset_read_live(const struct datapath *datapath, const struct datapath_device *device,
		      struct ruleset *ret_ruleset, struct error *error);

/*
 * The same for a device with a program of ABI 3 or 4, with the policy compiled again for
 * datapath_upgrade_old. -EPROTO, without error filled in: another ABI.
 */
int ruleset_read_old(const struct datapath *datapath, const struct datapath_device *device,
		     struct ruleset *ret_ruleset, struct error *error);

/* An independent copy; the caller owns *ret_copy (ruleset_free). */
int ruleset_copy(const struct ruleset *ruleset, struct ruleset *ret_copy, struct error *error);

/*
 * Compiles and prints file.policy after a change of its runtime rules. The new image keeps the old
 * one's data about the file; applied_ns becomes now. Without a file and a rule that drops, the
 * policy drops nothing at all.
 */
int ruleset_compile(struct ruleset *ruleset, struct error *error);

/* Prints `text` again, without changing the image, as runtime rules may have ended. */
int ruleset_print(struct ruleset *ruleset, struct error *error);

/* The form for the datapath. The ruleset remains the owner. */
struct datapath_policy ruleset_policy(const struct ruleset *ruleset);

#endif
