/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing listeners. */
#include "analysis/listener.h"

#include <string.h>

bool listener_same_owner(const struct listener *one, const struct listener *other)
{
	return !strcmp(one->process, other->process) && !strcmp(one->unit, other->unit) &&
	       one->container == other->container;
}

int listener_compare(const struct listener *one, const struct listener *other)
{
	int r = (int)one->transport - (int)other->transport;

	r = r ?: (int)one->port - (int)other->port;
	r = r ?: policy_prefix_compare(&one->address, &other->address);
	if (r)
		return r;
	return one->pid < other->pid ? -1 : one->pid > other->pid;
}

int listener_compare_owners(const struct listener *one, const struct listener *other)
{
	return strcmp(one->process, other->process)
		       ?: strcmp(one->unit, other->unit)
				  ?: (int)one->container - (int)other->container
		       ?: listener_compare(one, other);
}
