/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Denied listeners, ports without a listener and rules without packets. */
#include "print/drift.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/device_names.h"
#include "print/json.h"
#include "print/listener.h"
#include "print/wrap.h"

enum { ITEMS_MAX = 8 }; /* of each kind, in text */

/* The devices that share a policy slot; `first` is the index of the first one. */
struct group {
	const struct snapshot *snapshot;
	const struct drift_report *report;
	size_t first;
};

static bool is_member(const struct group *group, size_t device)
{
	const struct snapshot_device *devices = group->snapshot->devices;

	return devices[device].device.active_id == devices[group->first].device.active_id;
}

static bool is_first(const struct group *group)
{
	for (size_t i = 0; i < group->first; i++)
		if (is_member(group, i))
			return false;
	return true;
}

static int compare_rules(const void *one, const void *other)
{
	const uint32_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

/* Is the rule idle on all devices of the group? */
static bool is_idle(const struct group *group, uint32_t rule)
{
	for (size_t d = group->first; d < group->snapshot->count; d++) {
		const struct drift *drift = &group->report->list[d];

		if (is_member(group, d) &&
		    (!drift->idle_count ||
		     !bsearch(&rule, drift->idle, drift->idle_count, sizeof(rule), compare_rules)))
			return false;
	}
	return true;
}

/* The drift of the first device that was compared with the listeners, if any. */
static const struct drift *compared(const struct group *group)
{
	for (size_t d = group->first; d < group->snapshot->count; d++)
		if (is_member(group, d) && group->report->list[d].listeners_known)
			return &group->report->list[d];
	return &group->report->list[group->first];
}

/*
 * Does an earlier line say the same? A service may have a socket per family, or many. Listeners are
 * sorted by port.
 */
static bool is_repeated(const struct drift_report *report, const struct drift *drift, size_t at)
{
	const struct listener *listener = &report->listeners[drift->denied[at].listener];

	while (at-- > 0) {
		const struct listener *other = &report->listeners[drift->denied[at].listener];

		if (other->port != listener->port || other->transport != listener->transport)
			return false;
		if (listener_same_owner(other, listener))
			return true;
	}
	return false;
}

static bool only_monitors(const struct portsieve_image *image, const struct drift_denied *denied)
{
	return image->flags & PORTSIEVE_IMAGE_MONITOR || denied->monitored;
}

static void print_listener(const struct listener *listener, const char *line)
{
	char port[32], start[40];

	snprintf(port, sizeof(port), "%s/%u", transport_name(listener->transport), listener->port);
	snprintf(start, sizeof(start), "  %-9s  ", port);
	wrap_print(stdout, WRAP_COLUMNS, start, "             ", line);
}

/* Prints the listeners whose packets are dropped or, if `monitored`, would be. */
static void print_denied(const struct group *group, const char *names, bool monitored)
{
	const struct portsieve_image *image = group->snapshot->devices[group->first].image;
	const struct drift *drift = compared(group);
	size_t lines = 0;

	for (size_t i = 0; i < drift->denied_count; i++) {
		const struct drift_denied *denied = &drift->denied[i];
		const struct listener *listener = &group->report->listeners[denied->listener];
		char by[64], line[320];

		if (only_monitors(image, denied) != monitored ||
		    is_repeated(group->report, drift, i))
			continue;
		if (!lines)
			printf("%s: these listen, but their packets %s dropped:\n", names,
			       monitored ? "would be" : "are");
		if (lines++ >= ITEMS_MAX)
			continue;
		snprintf(by, sizeof(by), denied->rule ? "rule '%s'" : "the default",
			 denied->rule ?: "");
		snprintf(line, sizeof(line), "%s, by %s", listener_owner_print(listener, 0).text,
			 by);
		print_listener(listener, line);
	}
	if (lines > ITEMS_MAX)
		printf("  and %zu more\n", lines - ITEMS_MAX);
}

/* Prints the sockets that accept packets as replies. */
static void print_reachable(const struct group *group, const char *names)
{
	const struct drift *drift = compared(group);

	if (drift->reachable_count)
		printf("%s: these UDP sockets can be reached, as replies to clients can; "
		       "`replies: drop` closes them:\n",
		       names);
	for (size_t i = 0; i < drift->reachable_count && i < ITEMS_MAX; i++) {
		const struct listener *listener = &group->report->listeners[drift->reachable[i]];

		print_listener(listener, listener_owner_print(listener, 0).text);
	}
	if (drift->reachable_count > ITEMS_MAX)
		printf("  and %zu more\n", drift->reachable_count - ITEMS_MAX);
}

/* Closes the list in memory and prints it unless it is empty. */
static int end_list(FILE *list, char **text, size_t items)
{
	bool failed;

	if (items > ITEMS_MAX)
		fprintf(list, ", and %zu more", items - ITEMS_MAX);
	failed = ferror(list);
	if (fclose(list) || failed)
		return -ENOMEM;
	if (items)
		wrap_print(stdout, WRAP_COLUMNS, "", "  ", *text);
	return 0;
}

/* "eth0: nothing listens on allowed ports: web (tcp/443), dns (tcp+udp/53)" */
static int print_unused(const struct group *group, const char *names)
{
	const struct drift *drift = compared(group);
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *list = open_memstream(&text, &size);

	if (!list)
		return -ENOMEM;
	fprintf(list, "%s: nothing listens on allowed ports:", names);
	for (size_t i = 0; i < drift->unused_count && i < ITEMS_MAX; i++)
		fprintf(list, "%s %s (%s)", i ? "," : "", drift->unused[i].rule,
			drift->unused[i].ports);
	return end_list(list, &text, drift->unused_count);
}

/* "eth0: no packet so far for rules: web, dns" */
static int print_idle(const struct group *group, const char *names)
{
	const struct portsieve_image *image = group->snapshot->devices[group->first].image;
	const struct drift *drift = &group->report->list[group->first];
	_cleanup_free_ char *text = NULL;
	size_t size, items = 0;
	FILE *list = open_memstream(&text, &size);

	if (!list)
		return -ENOMEM;
	fprintf(list, "%s: no packet so far for rules:", names);
	for (size_t i = 0; i < drift->idle_count; i++) {
		if (!is_idle(group, drift->idle[i]))
			continue;
		if (items++ < ITEMS_MAX)
			fprintf(list, "%s %s", items > 1 ? "," : "",
				image->rule[drift->idle[i]].name);
	}
	return end_list(list, &text, items);
}

static int print_group(const struct group *group)
{
	_cleanup_free_ struct datapath_device *devices =
		calloc(group->snapshot->count, sizeof(*devices));
	struct device_names names;
	size_t count = 0;

	if (!devices)
		return -ENOMEM;
	for (size_t d = group->first; d < group->snapshot->count; d++)
		if (is_member(group, d))
			devices[count++] = group->snapshot->devices[d].device;
	names = device_names(devices, count);
	print_denied(group, names.text, false);
	print_denied(group, names.text, true);
	print_reachable(group, names.text);
	return print_unused(group, names.text) ?: print_idle(group, names.text);
}

int print_drift_text(const struct snapshot *snapshot, const struct drift_report *report)
{
	const char *separator = "\n";
	int r = 0;

	for (size_t i = 0; i < snapshot->count && !r; i++) {
		const struct group group = { snapshot, report, i };
		const struct drift *drift = compared(&group);

		if (!is_first(&group))
			continue;
		if (drift->denied_count || drift->unused_count || drift->reachable_count ||
		    report->list[i].idle_count) {
			fputs(separator, stdout);
			separator = "";
		}
		r = print_group(&group);
	}
	return r;
}

json_object *json_drift(const struct snapshot *snapshot, const struct drift_report *report,
			size_t device)
{
	const struct drift *drift = &report->list[device];
	const struct portsieve_image *image = snapshot->devices[device].image;
	json_object *object = json_object_new_object();
	json_object *denied = json_object_new_array();
	json_object *unused = json_object_new_array();
	json_object *reachable = json_object_new_array();
	json_object *idle = json_object_new_array();

	for (size_t i = 0; i < drift->denied_count; i++) {
		json_object *row = json_listener(&report->listeners[drift->denied[i].listener]);

		json_add_text(row, "rule", drift->denied[i].rule);
		json_add_bool(row, "monitor", only_monitors(image, &drift->denied[i]));
		json_object_array_add(denied, row);
	}
	for (size_t i = 0; i < drift->unused_count; i++) {
		json_object *row = json_object_new_object();

		json_add_text(row, "rule", drift->unused[i].rule);
		json_add_text(row, "ports", drift->unused[i].ports);
		json_object_array_add(unused, row);
	}
	for (size_t i = 0; i < drift->idle_count; i++)
		json_object_array_add(idle,
				      json_object_new_string(image->rule[drift->idle[i]].name));
	json_add_bool(object, "listeners_known", drift->listeners_known);
	for (size_t i = 0; i < drift->reachable_count; i++)
		json_object_array_add(reachable,
				      json_listener(&report->listeners[drift->reachable[i]]));
	json_object_object_add(object, "denied_listeners", denied);
	json_object_object_add(object, "reachable_sockets", reachable);
	json_object_object_add(object, "unused_ports", unused);
	json_object_object_add(object, "idle_rules", idle);
	return object;
}
