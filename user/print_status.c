/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status as a table, and as JSON. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "print.h"
#include "print_json.h"
#include "table.h"

enum {
	REASON_MAX = 256, /* bytes of a sentence */
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

static void format_time(uint64_t ns, const char *form, char *text, size_t size)
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm parts;

	if (!strftime(text, size, form, gmtime_r(&seconds, &parts)))
		text[0] = '\0';
}

static void add_device(struct table *table, const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;
	struct table_row *row = table_add(table, TABLE_PLAIN);
	size_t length = strlen(image->source);

	if (device->device.moved)
		snprintf(row->cells[DEVICE], TABLE_CELL_MAX, "(index %u, moved away)",
			 device->device.ifindex);
	else
		snprintf(row->cells[DEVICE], TABLE_CELL_MAX, "%s", device->device.name);
	strcpy(row->cells[MODE], datapath_mode_name(device->device.mode));
	strcpy(row->cells[ATTACH], datapath_attach_name(device->device.attach));
	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		strcpy(row->cells[POLICY], "none (counts only)");
	else if (!image->source[0])
		strcpy(row->cells[POLICY], "none (runtime rules)");
	else /* the end of a long path tells more than its beginning */
		snprintf(row->cells[POLICY], TABLE_CELL_MAX, "%s%s", length > 48 ? "..." : "",
			 image->source + (length > 48 ? length - 48 : 0));
	snprintf(row->cells[DEFAULT], TABLE_CELL_MAX, "%s%s",
		 image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP ? "drop" : "allow",
		 image->flags & PORTSIEVE_IMAGE_MONITOR ? " (monitor)" : "");
	strcpy(row->cells[RETURN], "none");
	snprintf(row->cells[RULES], TABLE_CELL_MAX, "%u", image->rules);
	snprintf(row->cells[RANGES], TABLE_CELL_MAX, "%u", image->ranges - PORTSIEVE_RANGE_RULES);
	table_bytes(row->cells[MEMORY], datapath_memory_bytes(image));
	format_time(image->applied_ns, "%Y-%m-%d %H:%M:%S UTC", row->cells[APPLIED],
		    TABLE_CELL_MAX);
}

/* How devices are attached, and why so: a line for each way. */
static void print_reasons(const struct snapshot *snapshot)
{
	for (int way = 0; way < WAYS; way++) {
		char reason[REASON_MAX];
		size_t i = 0;

		while (i < snapshot->count &&
		       snapshot->devices[i].device.attach != (enum datapath_attach)way)
			i++;
		if (i == snapshot->count)
			continue;
		datapath_attach_reason(way, reason, sizeof(reason));
		printf("\n%s: %s\n", datapath_attach_name(way), reason);
	}
}

int print_status_text(const struct snapshot *snapshot)
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
	print_reasons(snapshot);
	return 0;
}

int print_status_json(const struct snapshot *snapshot)
{
	json_object *document = json_document();
	json_object *devices = json_object_new_array();
	char reasons[WAYS][REASON_MAX]; /* by enum datapath_attach */

	for (int way = 0; snapshot->count && way < WAYS; way++)
		datapath_attach_reason(way, reasons[way], REASON_MAX);
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_device *from = &snapshot->devices[i];
		json_object *device = json_device(from);
		char applied[32];

		format_time(from->image->applied_ns, "%Y-%m-%dT%H:%M:%SZ", applied,
			    sizeof(applied));
		json_object_object_add(device, "attach_reason",
				       json_object_new_string(reasons[from->device.attach]));
		json_object_object_add(device, "ifindex",
				       json_object_new_int64(from->device.ifindex));
		json_object_object_add(device, "moved_away",
				       json_object_new_boolean(from->device.moved));
		json_object_object_add(device, "program_id",
				       json_object_new_int64(from->device.program_id));
		json_object_object_add(device, "link_id",
				       json_object_new_int64(from->device.link_id));
		json_object_object_add(device, "policy_slot_id",
				       json_object_new_int64(from->device.active_id));
		json_object_object_add(device, "rules", json_object_new_int64(from->image->rules));
		json_object_object_add(
			device, "port_ranges",
			json_object_new_int64(from->image->ranges - PORTSIEVE_RANGE_RULES));
		json_object_object_add(device, "memory_bytes",
				       json_object_new_uint64(datapath_memory_bytes(from->image)));
		json_object_object_add(device, "applied", json_object_new_string(applied));
		json_object_array_add(devices, device);
	}
	json_object_object_add(document, "devices", devices);
	return print_json(document);
}
