/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output of `status`: the loaded devices and their policies, compared with the machine as it is
 * now. Each returns 0 or -ENOMEM.
 */
#ifndef PORTSIEVE_PRINT_STATUS_H
#define PORTSIEVE_PRINT_STATUS_H

#include "print/drift.h"

struct status_machine {
	const uint8_t *failsafe_sha256; /* of the failsafe file; all zero: none; NULL: unknown */
	bool needs_flows;		/* what `return: auto` would see: struct policy_host */
	/* Has the set's file changed since? 1, 0, or negative: unknown. NULL: always unknown. */
	int (*set_changed)(const struct policy_set *set);
	const struct policy *const *policies; /* by device, NULL: unknown; or NULL, for all */
};

int print_status_text(const struct snapshot *snapshot, const struct drift_report *drift,
		      const struct status_machine *now);
int print_status_json(const struct snapshot *snapshot, const struct drift_report *drift,
		      const struct status_machine *now);

#endif
