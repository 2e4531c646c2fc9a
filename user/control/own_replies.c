/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a default route lead over the device, and does the policy drop what comes back? */
#include "control/own_replies.h"

#include <errno.h>
#include <sys/socket.h>

#include "analysis/access.h"
#include "base/cleanup.h"
#include "host/interface.h"
#include "host/machine.h"
#include "host/rtnetlink.h"

static bool leads_out(int family, const char *device, uint32_t ifindex)
{
	_cleanup_free_ uint32_t *routes = NULL;
	size_t count;

	if (default_routes_read(family, &routes, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (routes[i] == ifindex)
			return !forwarding_read(family, device);
	return false;
}

int own_replies_check(const struct ruleset *ruleset, const char *device, struct error *error)
{
	uint32_t ifindex;

	if (!access_drops_replies(&ruleset->file.policy, ruleset->image) ||
	    interface_find(device, &ifindex, NULL) ||
	    !(leads_out(AF_INET, device, ifindex) || leads_out(AF_INET6, device, ifindex)))
		return 0;
	return error_set_code(error, ERROR_OWN_REPLIES, EPERM,
			      "'return: none' would drop the replies to this host's own "
			      "connections: its default route leads over %s; leave it out, allow "
			      "tcp+udp/ephemeral, or give --force",
			      device);
}
