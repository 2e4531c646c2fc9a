/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ssh session that the caller works in, if any: which connection it is, which interface carries
 * it, and whether a policy would cut it.
 */
#ifndef PORTSIEVE_SSH_SESSION_H
#define PORTSIEVE_SSH_SESSION_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "policy/policy.h"
#include "control/ruleset.h"

struct ssh_session {
	struct policy_prefix client; /* both of full length and of one family */
	struct policy_prefix server;
	uint16_t client_port;
	uint16_t server_port;
	char scope[IF_NAMESIZE]; /* the interface of a link-local address; else empty */
};

/*
 * Reads the value of SSH_CONNECTION, "client cport server sport". IPv4 mapped into IPv6 is IPv4, as
 * it is on the wire. -EINVAL: not that.
 */
int ssh_session_parse(const char *text, struct ssh_session *ret_session);

/*
 * Finds the session by the environment, or, as sudo takes SSH_CONNECTION out of it, by that of the
 * nearest ancestor that has it. Returns false where there is none; one that cannot be understood is
 * none, with a warning.
 */
bool ssh_session_find(struct ssh_session *ret_session);

/*
 * Do the session's packets arrive on the device? True of each that could be: one that has the
 * server's address, one by which packets leave for the client, and those below these (ports of a
 * bridge, members of a bond). A session of this host with itself arrives on lo alone. Where it
 * cannot be found out the answer is false, with a warning.
 */
bool ssh_session_arrives_on(const struct ssh_session *session, const char *device);

/* Does the policy pass the session's packets at that time? */
bool ssh_session_passes(const struct ssh_session *session, const struct policy *policy,
			uint64_t boottime_ns);

/* The time when every rule that ends has ended. */
#define SSH_SESSION_FOR_GOOD UINT64_MAX

/*
 * Refuses, with -EPERM and the error filled in (EXIT_FAILED, the rule and its place), a policy that
 * would cut the session, which arrives on the device; for_good: also one that would when its
 * rules that end have ended.
 */
int ssh_session_check(const struct ssh_session *session, const char *device,
		      const struct ruleset *ruleset, bool for_good, struct error *error);

#endif
