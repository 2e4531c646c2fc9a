/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policies of a snapshot's devices, read back from their texts, for `status`. */
#ifndef PORTSIEVE_CONTROL_LIVE_POLICIES_H
#define PORTSIEVE_CONTROL_LIVE_POLICIES_H

#include "control/ruleset.h"
#include "datapath/snapshot.h"

struct live_policies {
	/* By device of the snapshot; NULL: unknown. Devices of one slot have the same. */
	const struct policy **of_device;
	struct ruleset *rulesets; /* owns them */
	size_t count;		  /* of both arrays */
};

/*
 * Reads the texts, without ended runtime rules. A policy that cannot be read, or has changed since
 * the snapshot, is unknown. -ENOMEM with the error filled in. The caller owns *ret_policies
 * (live_policies_free).
 */
int live_policies_read(const struct snapshot *snapshot, struct live_policies *ret_policies,
		       struct error *error);
void live_policies_free(struct live_policies *policies);
#define _cleanup_live_policies_ __attribute__((cleanup(live_policies_free)))

#endif
