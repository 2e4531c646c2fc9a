/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks an interface up, and suggests another name if there is none. */
#include "host/interface.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/suggest.h"

int interface_find(const char *name, uint32_t *ret_ifindex, struct error *error)
{
	uint32_t ifindex = if_nametoindex(name);
	struct if_nameindex *interfaces;
	struct suggest suggest;
	int r;

	if (ifindex) {
		*ret_ifindex = ifindex;
		return 0;
	}
	suggest_start(&suggest, name, strlen(name));
	interfaces = if_nameindex();
	for (size_t i = 0; interfaces && interfaces[i].if_index; i++)
		suggest_offer(&suggest, interfaces[i].if_name);
	r = error_set_code(error, ERROR_NO_INTERFACE, ENODEV,
			   "no interface '%s' in this network namespace%s", name,
			   suggest_hint(&suggest, "see: ip -brief link").text);
	if (interfaces)
		if_freenameindex(interfaces);
	return r;
}
