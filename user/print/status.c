/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status as a table with lines below it, and as JSON. */
#include "print/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/digest.h"
#include "base/text_table.h"
#include "base/utf8.h"
#include "compile/compile.h"
#include "datapath/device_names.h"
#include "policy/failsafe.h"
#include "policy/sets.h"
#include "print/format.h"
#include "print/json.h"
#include "print/reason.h"
#include "print/wrap.h"

enum {
	ITEMS_MAX = 8,	  /* of a list, in text */
	REASON_MAX = 256, /* bytes of the reason for how a device is attached */
	PATH_BYTES = 88,  /* of a path; longer ones are cut at their beginning */
	WAYS = DATAPATH_ATTACH_AUTO,
};

enum column {
	DEVICE,
	MODE,
	ATTACH,
	DEFAULT,
	RETURN,
	RULES,
	RANGES,
	MEMORY,
	COLUMNS,
};

/* The rules, and their port ranges, that have not ended. */
struct in_force {
	uint32_t rules;
	uint32_t ranges;
	uint32_t monitored; /* rules among them that are only monitored */
};

static struct in_force in_force_of(const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;
	struct in_force in_force = { 0 };

	for (uint32_t rule = 0; rule < image->rules; rule++) {
		if (snapshot_rule_ended(device, &image->rule[rule]))
			continue;
		in_force.rules++;
		in_force.monitored += image->rule[rule].monitor;
	}
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++)
		in_force.ranges += !snapshot_range_ended(device, id);
	return in_force;
}

static void add_device(struct table *table, const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;
	struct table_row *row = table_add(table, TABLE_PLAIN);
	struct in_force in_force = in_force_of(device);

	strcpy(row->cells[DEVICE], device_name(&device->device).text);
	strcpy(row->cells[MODE], datapath_mode_name(device->device.mode));
	strcpy(row->cells[ATTACH], datapath_attach_name(device->device.attach));
	snprintf(row->cells[DEFAULT], TABLE_CELL_MAX, "%s%s", default_words(image),
		 image->flags & PORTSIEVE_IMAGE_MONITOR && !image_default_monitors(image)
			 ? " (monitor)"
			 : "");
	snprintf(row->cells[RETURN], TABLE_CELL_MAX, "%s%s", return_name(image),
		 return_is_auto(image) ? " (auto)" : "");
	snprintf(row->cells[RULES], TABLE_CELL_MAX, "%u", in_force.rules);
	snprintf(row->cells[RANGES], TABLE_CELL_MAX, "%u", in_force.ranges);
	table_bytes(row->cells[MEMORY], datapath_memory_bytes(&device->device, image));
}

/* Prints a line about devices, wrapped at WRAP_COLUMNS. */
__attribute__((format(printf, 1, 2))) static int print_line(const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		line = NULL; /* undefined after an error */
	va_end(arguments);
	if (!line)
		return -ENOMEM;
	wrap_print(stdout, WRAP_COLUMNS, "", "  ", line);
	return 0;
}

/* Do the devices share a slot, and so a policy? */
static bool is_same_policy(const struct snapshot_device *one, const struct snapshot_device *other)
{
	return one->device.active_id == other->device.active_id;
}

/* Is it the first device of its slot? */
static bool is_first(const struct snapshot *snapshot, size_t device)
{
	for (size_t i = 0; i < device; i++)
		if (is_same_policy(&snapshot->devices[i], &snapshot->devices[device]))
			return false;
	return true;
}

/* The names of the devices that share a slot with `first`. */
static struct device_names slot_names(const struct snapshot *snapshot, size_t first)
{
	_cleanup_free_ struct datapath_device *devices = calloc(snapshot->count, sizeof(*devices));
	size_t count = 0;

	for (size_t i = first; devices && i < snapshot->count; i++)
		if (is_same_policy(&snapshot->devices[first], &snapshot->devices[i]))
			devices[count++] = snapshot->devices[i].device;
	return device_names(devices, count);
}

/* "eth0, eth1: policy /etc/portsieve/policy.yaml, applied 2026-11-30 06:03:59 UTC" */
static int print_policy(const struct snapshot *snapshot, size_t first)
{
	const struct portsieve_image *image = snapshot->devices[first].image;
	const char *policy = image->source;
	size_t length = strlen(policy);
	const char *end = policy + (length > PATH_BYTES ? length - PATH_BYTES : 0);
	struct device_names names;
	char applied[32];

	if (!is_first(snapshot, first))
		return 0;
	names = slot_names(snapshot, first);
	while (!utf8_begins(*end))
		end++;
	format_time(image->applied_ns, "%Y-%m-%d %H:%M:%S UTC", applied, sizeof(applied));
	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		return print_line("%s: no policy; counts only, since %s", names.text, applied);
	if (!image->source[0])
		return print_line("%s: no policy file, only runtime rules; changed %s", names.text,
				  applied);
	return print_line("%s: policy %s%s, applied %s", names.text, end > policy ? "..." : "", end,
			  applied);
}

/* Prints lines for each device that counts by port or records packets. */
static int print_watched(const struct snapshot *snapshot)
{
	int r = 0;

	for (size_t i = 0; i < snapshot->count && !r; i++) {
		const struct datapath_device *device = &snapshot->devices[i].device;

		if (device->per_port > DATAPATH_PER_PORT_OFF)
			r = print_line("%s: counts %s packets by port; see them with: portsieve "
				       "ports",
				       device_name(device).text,
				       datapath_per_port_name(device->per_port));
		if (!r && device->events > DATAPATH_EVENTS_OFF)
			r = print_line("%s: records %s packets; see them with: portsieve events",
				       device_name(device).text,
				       datapath_events_name(device->events));
	}
	return r;
}

/* Prints a line for each device with a pending change or one that was rolled back. */
static int print_unconfirmed(const struct snapshot *snapshot)
{
	int r = 0;

	for (size_t i = 0; i < snapshot->count && !r; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];
		uint64_t seconds_left = snapshot_seconds_left(device);

		if (seconds_left)
			r = print_line("%s: unconfirmed; rolled back in %" PRIu64 " s unless "
				       "confirmed with: portsieve confirm",
				       device_name(&device->device).text, seconds_left);
		else if (snapshot_fell_back(device))
			r = print_line("%s: rolled back to this policy: the last change was not "
				       "confirmed in time",
				       device_name(&device->device).text);
	}
	return r;
}

/* Would `return: auto` now choose another mode? */
static bool auto_differs(const struct snapshot_device *device, const struct status_machine *now)
{
	bool has_flows = device->image->flags & PORTSIEVE_IMAGE_RETURN_FLOW;

	return return_is_auto(device->image) && has_flows != now->needs_flows;
}

static int print_auto(const struct snapshot *snapshot, const struct status_machine *now)
{
	int r = 0;

	for (size_t i = 0; i < snapshot->count && !r; i++)
		if (auto_differs(&snapshot->devices[i], now))
			r = print_line("%s: `return: auto` would now be %s, as the machine's "
				       "devices or forwarding have changed; to choose again: "
				       "portsieve apply POLICY",
				       device_name(&snapshot->devices[i].device).text,
				       policy_returns[now->needs_flows ? POLICY_RETURN_SOCKET_FLOW
								       : POLICY_RETURN_SOCKET]);
	return r;
}

static int print_degraded_device(const struct snapshot_device *device)
{
	const struct egress_order *order = &device->egress;
	struct device_name name = device_name(&device->device);

	switch (snapshot_degraded(device)) {
	case SNAPSHOT_NOT_DEGRADED:
		return 0;
	case SNAPSHOT_EGRESS_LOST:
		if (device->device.moved)
			return print_line("%s: DEGRADED: it lost its egress program when it moved, "
					  "so that replies to new flows are dropped there; unload "
					  "it, and load it where it is now",
					  name.text);
		return print_line("%s: DEGRADED: its egress program was removed, so that replies "
				  "to new flows are dropped; to attach it again: portsieve "
				  "upgrade %s",
				  name.text, name.text);
	case SNAPSHOT_EGRESS_BEFORE:
		return print_line("%s: DEGRADED: '%s' at TC egress runs before the egress program: "
				  "replies to packets that it redirects or passes at once are "
				  "dropped",
				  name.text, order->before.name);
	case SNAPSHOT_EGRESS_AFTER:
		break;
	}
	return print_line("%s: DEGRADED: '%s' at TC egress runs after the egress program: replies "
			  "to packets that it changes are dropped",
			  name.text, order->after.name);
}

static int print_degraded(const struct snapshot *snapshot)
{
	int r = 0;

	for (size_t i = 0; i < snapshot->count && !r; i++)
		r = print_degraded_device(&snapshot->devices[i]);
	return r;
}

/* The kind, and the program that causes it; null if not degraded. */
static json_object *json_degraded(const struct snapshot_device *device)
{
	static const char *const reasons[] = {
		[SNAPSHOT_EGRESS_LOST] = "egress-lost",
		[SNAPSHOT_EGRESS_BEFORE] = "program-before",
		[SNAPSHOT_EGRESS_AFTER] = "program-after",
	};
	enum snapshot_degraded degraded = snapshot_degraded(device);
	json_object *object;

	if (degraded == SNAPSHOT_NOT_DEGRADED)
		return NULL;
	object = json_object_new_object();
	json_add_text(object, "reason", reasons[degraded]);
	json_add_text(object, "program",
		      degraded == SNAPSHOT_EGRESS_BEFORE  ? device->egress.before.name
		      : degraded == SNAPSHOT_EGRESS_AFTER ? device->egress.after.name
							  : NULL);
	return object;
}

static bool failsafe_has_changed(const struct snapshot_device *device, const uint8_t *sha256)
{
	const uint8_t *applied = device->image->failsafe_sha256;

	return sha256 && memcmp(applied, sha256, sizeof(device->image->failsafe_sha256));
}

/* Prints a line with the devices whose failsafe rules differ from the file. */
static int print_failsafe(const struct snapshot *snapshot, const uint8_t *sha256)
{
	_cleanup_free_ struct datapath_device *devices =
		calloc(snapshot->count + 1, sizeof(*devices));
	size_t count = 0;

	if (!devices)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->count; i++)
		if (failsafe_has_changed(&snapshot->devices[i], sha256))
			devices[count++] = snapshot->devices[i].device;
	if (!count)
		return 0;
	return print_line("%s: " POLICY_FAILSAFE_FILE " has changed since the policy was applied; "
			  "to use it: portsieve apply POLICY",
			  device_names(devices, count).text);
}

/* Prints a line for each device with rules that are only monitored. */
static int print_monitored(const struct snapshot *snapshot)
{
	int r = 0;

	for (size_t i = 0; i < snapshot->count && !r; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];
		uint32_t rules = in_force_of(device).monitored;

		if (rules)
			r = print_line("%s: %u rule%s only monitored: %s packets pass, and `stats` "
				       "counts them under WOULD DROP",
				       device_name(&device->device).text, rules,
				       rules == 1 ? " is" : "s are", rules == 1 ? "its" : "their");
	}
	return r;
}

static const struct policy *policy_of(const struct status_machine *now, size_t device)
{
	return now->policies ? now->policies[device] : NULL;
}

/* Prints the descriptions of rules. */
static void print_descriptions(const struct snapshot *snapshot, const struct status_machine *now)
{
	for (size_t d = 0; d < snapshot->count; d++) {
		const struct policy *policy = is_first(snapshot, d) ? policy_of(now, d) : NULL;
		size_t lines = 0;

		for (size_t i = 0; policy && i < policy->rules_count; i++) {
			const struct policy_rule *rule = &policy->rules[i];
			char start[PORTSIEVE_RULE_NAME_MAX + 8];

			if (!rule->description)
				continue;
			if (!lines)
				printf("%s: rules with a description:\n",
				       slot_names(snapshot, d).text);
			if (lines++ >= ITEMS_MAX)
				continue;
			snprintf(start, sizeof(start), "  %-9s  ", rule->name);
			wrap_print(stdout, WRAP_COLUMNS, start, "             ", rule->description);
		}
		if (lines > ITEMS_MAX)
			printf("  and %zu more; see them with: portsieve show\n",
			       lines - ITEMS_MAX);
	}
}

/* 1, 0, or negative: unknown. */
static int set_changed(const struct status_machine *now, const struct policy_set *set)
{
	return set->file && now->set_changed ? now->set_changed(set) : -1;
}

/*
 * Prints for each set "eth0: set 'blocked': 12 prefixes from blocked.txt, which has changed since".
 */
static int print_sets(const struct snapshot *snapshot, const struct status_machine *now)
{
	int r = 0;

	for (size_t d = 0; d < snapshot->count; d++) {
		const struct policy *policy = is_first(snapshot, d) ? policy_of(now, d) : NULL;

		for (size_t i = 0; policy && i < policy->sets_count && !r; i++) {
			const struct policy_set *set = &policy->sets[i];

			r = print_line("%s: set '%s': %zu prefix%s%s%s%s",
				       slot_names(snapshot, d).text, set->name, set->members.count,
				       set->members.count == 1 ? "" : "es",
				       set->file ? " from " : "", set->file ?: "",
				       set_changed(now, set) > 0
					       ? ", which has changed since; to use it: portsieve "
						 "apply POLICY"
					       : "");
		}
	}
	return r;
}

/* The digest of the set's file or, without one, of its members. */
static void set_digest(const struct policy_set *set, char hex[65])
{
	_cleanup_free_ char *lines = set->file ? NULL : policy_set_lines(set);
	uint8_t sha256[32];

	memcpy(sha256, set->sha256, sizeof(sha256));
	if (!set->file)
		digest_sha256(lines ?: "", lines ? strlen(lines) : 0, sha256);
	format_sha256(sha256, hex);
}

static json_object *json_sets(const struct status_machine *now, const struct policy *policy)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; policy && i < policy->sets_count; i++) {
		const struct policy_set *set = &policy->sets[i];
		json_object *row = json_object_new_object();
		int changed = set_changed(now, set);
		char hex[65];

		set_digest(set, hex);
		json_add_text(row, "name", set->name);
		json_add_text(row, "file", set->file);
		json_add_number(row, "prefixes", set->members.count);
		json_add_text(row, "sha256", hex);
		json_object_object_add(row, "file_changed",
				       changed < 0 ? NULL : json_object_new_boolean(changed));
		json_object_array_add(list, row);
	}
	return list;
}

static json_object *json_descriptions(const struct policy *policy)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; policy && i < policy->rules_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		json_object *row;

		if (!rule->description)
			continue;
		row = json_object_new_object();
		json_add_text(row, "rule", rule->name);
		json_add_text(row, "description", rule->description);
		json_object_array_add(list, row);
	}
	return list;
}

int print_status_text(const struct snapshot *snapshot, const struct drift_report *drift,
		      const struct status_machine *now)
{
	_cleanup_table_ struct table table = { .columns = COLUMNS,
					       .right = 1 << RULES | 1 << RANGES | 1 << MEMORY };
	struct table_row *heading = table_add(&table, TABLE_HEADING);
	static const char *const names[COLUMNS] = { "DEVICE", "MODE",  "ATTACH", "DEFAULT",
						    "RETURN", "RULES", "RANGES", "MEMORY" };
	int r = 0;

	for (size_t c = 0; c < COLUMNS; c++)
		strcpy(heading->cells[c], names[c]);
	for (size_t i = 0; i < snapshot->count; i++)
		add_device(&table, &snapshot->devices[i]);
	if (table_print(&table, 0, stdout))
		return -ENOMEM;
	printf("\n");
	for (size_t i = 0; i < snapshot->count && !r; i++)
		r = print_policy(snapshot, i);
	r = r ?: print_unconfirmed(snapshot);
	r = r ?: print_degraded(snapshot);
	r = r ?: print_auto(snapshot, now);
	r = r ?: print_monitored(snapshot);
	r = r ?: print_watched(snapshot);
	r = r ?: print_failsafe(snapshot, now->failsafe_sha256);
	r = r ?: print_sets(snapshot, now);
	if (!r)
		print_descriptions(snapshot, now);
	return r ?: print_drift_text(snapshot, drift);
}

int print_status_json(const struct snapshot *snapshot, const struct drift_report *drift,
		      const struct status_machine *now)
{
	json_object *devices = json_object_new_array();
	char reasons[WAYS][2][REASON_MAX]; /* by enum datapath_attach, and whether requested */

	for (int way = 0; snapshot->count && way < WAYS; way++)
		for (int asked = 0; asked < 2; asked++)
			datapath_attach_reason(way, asked, reasons[way][asked], REASON_MAX);
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_device *shown = &snapshot->devices[i];
		const struct datapath_device *device = &shown->device;
		struct in_force in_force = in_force_of(shown);
		struct portsieve_counter sum = snapshot_sum(shown);
		json_object *object = json_device(shown), *counted = json_object_new_object();
		char applied[32];

		format_time(shown->image->applied_ns, "%Y-%m-%dT%H:%M:%SZ", applied,
			    sizeof(applied));
		json_add_text(object, "attach_reason",
			      reasons[device->attach][device->attach_asked]);
		json_add_text(object, "per_port", datapath_per_port_name(device->per_port));
		json_add_text(object, "events", datapath_events_name(device->events));
		json_add_bool(object, "moved_away", device->moved);
		json_add_number(object, "program_id", device->program_id);
		json_add_number(object, "link_id", device->link_id);
		if (device->egress_id)
			json_add_number(object, "egress_program_id", device->egress_id);
		json_add_bool(object, "degraded",
			      snapshot_degraded(shown) != SNAPSHOT_NOT_DEGRADED);
		json_object_object_add(object, "degraded_by", json_degraded(shown));
		json_add_bool(object, "return_auto_differs", auto_differs(shown, now));
		json_add_number(object, "policy_slot_id", device->active_id);
		json_add_number(object, "rules", in_force.rules);
		json_add_number(object, "monitored_rules", in_force.monitored);
		json_add_number(object, "port_ranges", in_force.ranges);
		json_add_number(object, "memory_bytes",
				datapath_memory_bytes(device, shown->image));
		json_add_counts(counted, &sum);
		json_object_object_add(object, "counted", counted);
		json_add_text(object, "applied", applied);
		json_object_object_add(object, "failsafe_changed",
				       now->failsafe_sha256
					       ? json_object_new_boolean(failsafe_has_changed(
							 shown, now->failsafe_sha256))
					       : NULL);
		json_add_seconds_left(object, snapshot_seconds_left(shown));
		json_add_bool(object, "fell_back", snapshot_fell_back(shown));
		json_object_object_add(object, "sets", json_sets(now, policy_of(now, i)));
		json_object_object_add(object, "descriptions",
				       json_descriptions(policy_of(now, i)));
		json_object_object_add(object, "drift", json_drift(snapshot, drift, i));
		json_object_array_add(devices, object);
	}
	return print_results_json(devices);
}
