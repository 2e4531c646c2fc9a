/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats and replay's counts as JSON, in the form of docs/design.md. Numbers are raw. */
#include <errno.h>
#include <json-c/printbuf.h>
#include <limits.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "policy/policy.h"
#include "print/json.h"
#include "print/reason.h"
#include "print/stats.h"

static const char *const verdict_keys[PORTSIEVE_VERDICTS] = {
	[PORTSIEVE_PASSED] = "passed",
	[PORTSIEVE_DROPPED] = "dropped",
};

static void add_counts(json_object *row, const struct portsieve_counter *counter)
{
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		json_object *counts = json_object_new_object();

		json_add_number(counts, "packets", counter->verdict[verdict].packets);
		json_add_number(counts, "bytes", counter->verdict[verdict].bytes);
		json_object_object_add(row, verdict_keys[verdict], counts);
	}
}

/*
 * 16,384 rows as objects of a dozen others take 100 ms to make and print. So the array holds range
 * ids only, and a serializer fills the same row for each id and prints it: 30 ms.
 */
struct range_rows {
	const struct snapshot_device *device;
	json_object *row[2]; /* [1] has the member "ended" too */
};

static json_object *row_new(bool ended)
{
	json_object *row = json_object_new_object();

	json_add_text(row, "rule", "");
	json_add_text(row, "protocol", "");
	json_add_number(row, "low", 0);
	json_add_number(row, "high", 0);
	json_add_text(row, "action", "");
	if (ended)
		json_add_bool(row, "ended", true);
	add_counts(row, &(struct portsieve_counter){ 0 });
	json_add_number(row, "new_connections", 0);
	return row;
}

static void set_text(json_object *row, const char *key, const char *text)
{
	json_object_set_string(json_object_object_get(row, key), text);
}

static void set_number(json_object *row, const char *key, uint64_t number)
{
	json_object_set_uint64(json_object_object_get(row, key), number);
}

/* A serializer of json-c, of the element `id` of the array. */
static int print_row(json_object *id_object, struct printbuf *out, int level, int flags)
{
	const struct range_rows *rows = json_object_get_userdata(id_object);
	const struct snapshot_device *device = rows->device;
	uint32_t id = (uint32_t)json_object_get_int64(id_object);
	const struct portsieve_range *range = &device->image->range[id];
	const struct portsieve_counter *counter = &device->rows[device->image->counter[id]];
	json_object *row = rows->row[snapshot_range_ended(device, id)];
	const char *text;
	size_t length;

	(void)level;
	set_text(row, "rule", range_rule_name(device->image, id));
	set_text(row, "protocol", transport_name(range->transport));
	set_number(row, "low", range->low);
	set_number(row, "high", range->high);
	set_text(row, "action", range->drop ? "drop" : "allow");
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		json_object *counts = json_object_object_get(row, verdict_keys[verdict]);

		set_number(counts, "packets", counter->verdict[verdict].packets);
		set_number(counts, "bytes", counter->verdict[verdict].bytes);
	}
	set_number(row, "new_connections", counter->new_connections);
	text = json_object_to_json_string_length(row, flags, &length);
	return text ? printbuf_memappend(out, text, (int)length) : -1;
}

static void range_rows_free(json_object *array, void *userdata)
{
	struct range_rows *rows = userdata;

	(void)array;
	json_object_put(rows->row[0]);
	json_object_put(rows->row[1]);
	free(rows);
}

/*
 * The rules' ranges in the order of the policy, then the built-in ones. The device must outlive the
 * array. NULL when memory is short.
 */
static json_object *ranges_array(const struct snapshot_device *device)
{
	struct range_rows *rows = malloc(sizeof(*rows));
	json_object *array = rows ? json_object_new_array() : NULL;
	uint32_t count = device->image->ranges;

	if (!array) {
		free(rows);
		return NULL;
	}
	*rows = (struct range_rows){ .device = device, .row = { row_new(false), row_new(true) } };
	json_object_set_userdata(array, rows, range_rows_free);
	for (uint32_t n = 0; n < count; n++) {
		uint32_t id = (n + PORTSIEVE_RANGE_RULES) % count;
		json_object *element;

		if (id == PORTSIEVE_RANGE_DHCP)
			continue;
		element = json_object_new_int64(id);
		json_object_set_serializer(element, print_row, rows, NULL);
		json_object_array_add(array, element);
	}
	return array;
}

/* NULL when memory is short. */
static json_object *device_with_rows(const struct snapshot_device *device)
{
	json_object *ranges = ranges_array(device);

	if (!ranges)
		return NULL;

	json_object *object = json_device(device);
	json_object *reasons = json_object_new_array();
	json_object *retired = json_object_new_object();

	for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		json_object *row = json_object_new_object();

		json_add_text(row, "reason", reason_name(reason));
		add_counts(row, &device->rows[reason]);
		json_object_array_add(reasons, row);
	}
	add_counts(retired, &device->retired);
	json_add_number(retired, "new_connections", device->retired.new_connections);
	json_add_seconds_left(object, snapshot_seconds_left(device));
	json_object_object_add(object, "ranges", ranges);
	json_object_object_add(object, "reasons", reasons);
	json_object_object_add(object, "retired", retired);
	return object;
}

int print_stats_json(const struct snapshot *snapshot)
{
	json_object *devices = json_object_new_array();

	for (size_t i = 0; i < snapshot->count; i++) {
		json_object *device = device_with_rows(&snapshot->devices[i]);

		if (!device) {
			json_object_put(devices);
			return -ENOMEM;
		}
		json_object_array_add(devices, device);
	}
	return print_results_json(devices);
}

int print_replay_json(const struct snapshot_device *device, const char *path,
		      const struct replay_totals *totals)
{
	json_object *object = device_with_rows(device);
	json_object *document, *devices;
	char name[PATH_MAX];

	if (!object)
		return -ENOMEM;
	document = json_document();
	devices = json_object_new_array();
	utf8_copy_printable(name, sizeof(name), path);
	json_add_text(object, "device", name);
	json_object_object_add(object, "ifindex", NULL);
	json_object_object_add(object, "attach", NULL);
	json_object_array_add(devices, object);
	json_add_number(document, "packets", totals->packets);
	json_add_number(document, "cut_packets", totals->cut);
	json_add_number(document, "clipped_packets", totals->clipped);
	json_object_object_add(document, "devices", devices);
	return print_json(document);
}
