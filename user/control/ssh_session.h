/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ssh session that the caller works in, if any: its addresses and ports, the devices that carry
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
	struct policy_prefix client; /* both of full length and of the same family */
	struct policy_prefix server;
	uint16_t client_port;
	uint16_t server_port;
	char scope[IF_NAMESIZE]; /* the interface of a link-local address, or empty */
};

/*
 * Reads the value of SSH_CONNECTION, "client cport server sport". IPv4-mapped IPv6 addresses become
 * IPv4, as on the wire. -EINVAL: it has another form.
 */
int ssh_session_parse(const char *text, struct ssh_session *ret_session);

/*
 * Finds the session by SSH_CONNECTION in the environment of this process or, because sudo removes
 * it, of the nearest ancestor that has it. Returns false if there is no session, or, with a
 * warning, if the value cannot be parsed.
 */
bool ssh_session_find(struct ssh_session *ret_session);

/*
 * May the session's packets arrive on the device? See arrivals_on. Returns false, with a warning,
 * if it cannot be determined.
 */
bool ssh_session_arrives_on(const struct ssh_session *session, const char *device);

/*
 * Does the policy pass a new login like the session at that time, that is, a SYN from the client to
 * the server's port? That the session itself may go on as return traffic does not count.
 */
bool ssh_session_passes(const struct ssh_session *session, const struct policy *policy,
			uint64_t boottime_ns);

/* After the end of every rule that ends. */
#define SSH_SESSION_FOR_GOOD UINT64_MAX

/*
 * Rejects a policy that would drop a new login, and so perhaps cut the session, which arrives on
 * the device: -EPERM with the error filled in (EXIT_FAILED, the rule and its place). With for_good,
 * also rejects one that would do so once its rules with an end have ended.
 */
int ssh_session_check(const struct ssh_session *session, const char *device,
		      const struct ruleset *ruleset, bool for_good, struct error *error);

#endif
