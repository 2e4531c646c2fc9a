/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Determines which devices carry an ssh session. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/log.h"
#include "control/arrival.h"
#include "control/ssh_session.h"

/* Sets *ret_index to 0 if there is no such device. */
static int index_of(const char *device, uint32_t *ret_index)
{
	*ret_index = if_nametoindex(device);
	return *ret_index || errno == ENODEV ? 0 : -errno;
}

/* 1, 0 or -errno. */
static int arrives_on(const struct ssh_session *session, const char *device)
{
	struct connection_ends ends = { .peer = session->client, .local = session->server };
	_cleanup_arrivals_ struct arrivals arrivals = { 0 };
	uint32_t ifindex = 0;
	int r = index_of(device, &ifindex);

	if (r || !ifindex)
		return r;
	if (session->scope[0]) {
		r = index_of(session->scope, &ends.ifindex);
		if (r || !ends.ifindex)
			return r ?: -ENODEV;
	}
	r = arrivals_read(&arrivals);
	return r ? r : arrivals_on(&arrivals, &ends, ifindex);
}

bool ssh_session_arrives_on(const struct ssh_session *session, const char *device)
{
	struct error warning = { 0 };
	int r = arrives_on(session, device);

	if (r >= 0)
		return r;
	error_set_code(&warning, WARNING_SSH_UNKNOWN, -r,
		       "cannot determine whether your ssh session arrives on %s (%s); not checking "
		       "whether the policy cuts it there",
		       device, strerror(-r));
	log_warning(&warning);
	return false;
}
