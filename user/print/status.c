/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status as a table with lines below it, and as JSON. */
#include "print/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/text_table.h"
#include "base/utf8.h"
#include "datapath/device_names.h"
#include "print/format.h"
#include "print/json.h"
#include "print/reason.h"

enum {
	REASON_MAX = 256, /* bytes of why a device is attached as it is */
	PATH_BYTES = 48,  /* a longer path is cut at its beginning */
	WAYS = DATAPATH_ATTACH_AUTO,
};

enum column {
	DEVICE,
	MODE,
	ATTACH,
	POLICY,
	DEFAULT,
	RETURN,
	RULES,
	RANGES,
	MEMORY,
	APPLIED,
	COLUMNS,
};

/* The rules, and their port ranges, that have not ended. */
struct in_force {
	uint32_t rules;
	uint32_t ranges;
};

static struct in_force in_force_of(const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;
	struct in_force in_force = { 0 };

	for (uint32_t rule = 0; rule < image->rules; rule++)
		in_force.rules += !snapshot_rule_ended(device, &image->rule[rule]);
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++)
		in_force.ranges += !snapshot_range_ended(device, id);
	return in_force;
}

static void format_time(uint64_t ns, const char *form, char *text, size_t size)
{
	time_t seconds = (time_t)(ns / SECOND_NS);
	struct tm parts;

	if (!strftime(text, size, form, gmtime_r(&seconds, &parts)))
		text[0] = '\0';
}

static void add_device(struct table *table, const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;
	struct table_row *row = table_add(table, TABLE_PLAIN);
	struct in_force in_force = in_force_of(device);
	const char *policy = policy_source_text(image);
	size_t length = strlen(policy);
	const char *end = policy + (length > PATH_BYTES ? length - PATH_BYTES : 0);

	while (!utf8_begins(*end))
		end++;
	strcpy(row->cells[DEVICE], device_name(&device->device).text);
	strcpy(row->cells[MODE], datapath_mode_name(device->device.mode));
	strcpy(row->cells[ATTACH], datapath_attach_name(device->device.attach));
	snprintf(row->cells[POLICY], TABLE_CELL_MAX, "%s%s", end > policy ? "..." : "", end);
	snprintf(row->cells[DEFAULT], TABLE_CELL_MAX, "%s%s",
		 image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP ? "drop" : "allow",
		 image->flags & PORTSIEVE_IMAGE_MONITOR ? " (monitor)" : "");
	strcpy(row->cells[RETURN], return_name(image));
	snprintf(row->cells[RULES], TABLE_CELL_MAX, "%u", in_force.rules);
	snprintf(row->cells[RANGES], TABLE_CELL_MAX, "%u", in_force.ranges);
	table_bytes(row->cells[MEMORY], datapath_memory_bytes(image));
	format_time(image->applied_ns, "%Y-%m-%d %H:%M:%S UTC", row->cells[APPLIED],
		    TABLE_CELL_MAX);
}

/* An empty line, then one for each device with a pending change or with one rolled back. */
static void print_unconfirmed(const struct snapshot *snapshot)
{
	const char *separator = "\n";

	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];
		uint64_t seconds_left = snapshot_seconds_left(device);

		if (!seconds_left && !device->device.fallen_back)
			continue;
		printf("%s%s: ", separator, device_name(&device->device).text);
		if (seconds_left)
			printf("unconfirmed; rolls back to the previous policy in %" PRIu64
			       " s unless confirmed: portsieve confirm\n",
			       seconds_left);
		else
			printf("rolled back to this policy: the last change was not confirmed in "
			       "time\n");
		separator = "";
	}
}

/*
 * "link: requested with --attach link"; "link (eth0, eth1): ..." if other devices are attached by
 * links for another reason.
 */
static int print_way(const struct snapshot *snapshot, enum datapath_attach way, bool asked)
{
	_cleanup_free_ struct datapath_device *devices =
		calloc(snapshot->count + 1, sizeof(*devices));
	char reason[REASON_MAX];
	bool others = false;
	size_t count = 0;

	if (!devices)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct datapath_device *device = &snapshot->devices[i].device;

		if (device->attach == way && device->attach_asked == asked)
			devices[count++] = *device;
		else if (device->attach == way)
			others = true;
	}
	if (!count)
		return 0;
	datapath_attach_reason(way, asked, reason, sizeof(reason));
	printf("\n%s", datapath_attach_name(way));
	if (others)
		printf(" (%s)", device_names(devices, count).text);
	printf(": %s\n", reason);
	return 0;
}

int print_status_text(const struct snapshot *snapshot, const struct drift_report *drift)
{
	_cleanup_table_ struct table table = { .columns = COLUMNS,
					       .right = 1 << RULES | 1 << RANGES | 1 << MEMORY };
	struct table_row *heading = table_add(&table, TABLE_HEADING);
	static const char *const names[COLUMNS] = { "DEVICE",  "MODE",	 "ATTACH", "POLICY",
						    "DEFAULT", "RETURN", "RULES",  "RANGES",
						    "MEMORY",  "APPLIED" };

	for (size_t c = 0; c < COLUMNS; c++)
		strcpy(heading->cells[c], names[c]);
	for (size_t i = 0; i < snapshot->count; i++)
		add_device(&table, &snapshot->devices[i]);
	if (table_print(&table, 0, stdout))
		return -ENOMEM;
	print_unconfirmed(snapshot);
	if (print_drift_text(snapshot, drift))
		return -ENOMEM;
	for (int way = 0; way < WAYS; way++)
		if (print_way(snapshot, way, false) || print_way(snapshot, way, true))
			return -ENOMEM;
	return 0;
}

int print_status_json(const struct snapshot *snapshot, const struct drift_report *drift)
{
	json_object *devices = json_object_new_array();
	char reasons[WAYS][2][REASON_MAX]; /* by enum datapath_attach, and whether asked for */

	for (int way = 0; snapshot->count && way < WAYS; way++)
		for (int asked = 0; asked < 2; asked++)
			datapath_attach_reason(way, asked, reasons[way][asked], REASON_MAX);
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_device *shown = &snapshot->devices[i];
		const struct datapath_device *device = &shown->device;
		struct in_force in_force = in_force_of(shown);
		json_object *object = json_device(shown);
		char applied[32];

		format_time(shown->image->applied_ns, "%Y-%m-%dT%H:%M:%SZ", applied,
			    sizeof(applied));
		json_add_text(object, "attach_reason",
			      reasons[device->attach][device->attach_asked]);
		json_add_bool(object, "moved_away", device->moved);
		json_add_number(object, "program_id", device->program_id);
		json_add_number(object, "link_id", device->link_id);
		json_add_number(object, "policy_slot_id", device->active_id);
		json_add_number(object, "rules", in_force.rules);
		json_add_number(object, "port_ranges", in_force.ranges);
		json_add_number(object, "memory_bytes", datapath_memory_bytes(shown->image));
		json_add_text(object, "applied", applied);
		json_add_seconds_left(object, snapshot_seconds_left(shown));
		json_add_bool(object, "fell_back", device->fallen_back);
		json_object_object_add(object, "drift", json_drift(snapshot, drift, i));
		json_object_array_add(devices, object);
	}
	return print_results_json(devices);
}
