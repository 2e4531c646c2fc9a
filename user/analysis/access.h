/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remarks on what a policy keeps out of this machine by mistake: answers to its own connections,
 * its administrator, and clients of the other address family. Pure.
 */
#ifndef PORTSIEVE_ANALYSIS_ACCESS_H
#define PORTSIEVE_ANALYSIS_ACCESS_H

#include "analysis/check.h"
#include "analysis/listener.h"

/* The machine that the policy is for. */
struct access_machine {
	const struct listener *listeners; /* with processes, for access_needs_names */
	size_t count;
	bool has_ipv6;	      /* it has an address that other links can reach */
	bool lists_reachable; /* also remark on sockets that accept packets as replies */
	uint64_t now_ns;
};

/* Do the remarks depend on which process listens? Only if the policy blocks a TCP listener. */
bool access_needs_names(const struct policy_check *check, const struct access_machine *machine);

/*
 * Does the policy drop the replies to a host's own connections, by `default: drop` with `return:
 * none` and ephemeral ports that no rule decides? Not with `mode: monitor`.
 */
bool access_drops_replies(const struct policy *policy, const struct portsieve_image *image);

void access_check(const struct policy_check *check, const struct access_machine *machine);

#endif
