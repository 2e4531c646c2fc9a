/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who listens, and where. */
#include "print/listener.h"

#include <stdio.h>

#include "print/json.h"

struct listener_owner listener_owner_print(const struct listener *listener, size_t others)
{
	const char *unit = listener->unit, *kind = listener->container ? "container " : "";
	struct listener_owner owner;
	char more[32] = "";

	if (others)
		snprintf(more, sizeof(more), " and %zu more", others);
	if (!listener->pid)
		snprintf(owner.text, sizeof(owner.text), "%s%s", unit[0] ? kind : "unknown process",
			 unit);
	else
		snprintf(owner.text, sizeof(owner.text), "%s (%u%s%s%s%s)",
			 listener->process[0] ? listener->process : "?", listener->pid, more,
			 unit[0] ? ", " : "", unit[0] ? kind : "", unit);
	return owner;
}

struct listener_place listener_place_print(const struct listener *listener)
{
	struct policy_prefix_text address = policy_prefix_print(&listener->address);
	const char *text = address.text;
	struct listener_place place;

	if (!listener->address.length)
		text = listener->both				 ? "any address"
		       : listener->address.family == POLICY_IPV4 ? "any IPv4 address"
								 : "any IPv6 address";
	snprintf(place.text, sizeof(place.text), "%s%s%s", text, listener->device[0] ? " on " : "",
		 listener->device);
	return place;
}

json_object *json_listener(const struct listener *listener)
{
	json_object *object = json_object_new_object();
	json_object *families = json_object_new_array();
	const char *unit = listener->unit[0] ? listener->unit : NULL;

	if (listener->both || listener->address.family == POLICY_IPV4)
		json_object_array_add(families, json_object_new_string("ipv4"));
	if (listener->address.family == POLICY_IPV6)
		json_object_array_add(families, json_object_new_string("ipv6"));
	json_add_text(object, "protocol", transport_name(listener->transport));
	json_add_number(object, "port", listener->port);
	json_add_text(object, "address",
		      listener->address.length ? policy_prefix_print(&listener->address).text
					       : NULL);
	json_object_object_add(object, "families", families);
	json_add_text(object, "interface", listener->device[0] ? listener->device : NULL);
	json_add_number(object, "uid", listener->uid);
	json_add_text(object, "process", listener->process[0] ? listener->process : NULL);
	json_object_object_add(object, "pid",
			       listener->pid ? json_object_new_uint64(listener->pid) : NULL);
	json_add_text(object, "unit", listener->container ? NULL : unit);
	json_add_text(object, "container", listener->container ? unit : NULL);
	return object;
}
