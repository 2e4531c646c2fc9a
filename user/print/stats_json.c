/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats and replay's counts as JSON, in the form of docs/design.md. Numbers are raw. */
#include <errno.h>
#include <json-c/printbuf.h>
#include <limits.h>
#include <string.h>

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

static char *put_number(char *at, uint64_t number)
{
	char digits[20];
	size_t count = 0;

	do
		digits[count++] = '0' + number % 10;
	while (number /= 10);
	while (count)
		*at++ = digits[--count];
	return at;
}

static char *put_counts(char *at, const char *key, const struct portsieve_counter *counter,
			enum portsieve_verdict verdict)
{
	at = stpcpy(stpcpy(at, key), "{\"packets\":");
	at = stpcpy(put_number(at, counter->verdict[verdict].packets), ",\"bytes\":");
	return stpcpy(put_number(at, counter->verdict[verdict].bytes), "}");
}

enum { RANGE_TEXT_MAX = 512 }; /* a row with the longest name and numbers takes under 300 bytes */

/* A row as text. Its words need no escaping. Returns its length. */
static int put_range(const struct snapshot_device *device, uint32_t id, char text[RANGE_TEXT_MAX])
{
	const struct portsieve_image *image = device->image;
	const struct portsieve_range *range = &image->range[id];
	const struct portsieve_counter *counter = &device->rows[image->counter[id]];
	char *at = stpcpy(stpcpy(text, "{\"rule\":\""), range_rule_name(image, id));

	at = stpcpy(stpcpy(at, "\",\"protocol\":\""), transport_name(range->transport));
	at = put_number(stpcpy(at, "\",\"low\":"), range->low);
	at = put_number(stpcpy(at, ",\"high\":"), range->high);
	at = stpcpy(at, range->drop ? ",\"action\":\"drop\"" : ",\"action\":\"allow\"");
	if (snapshot_range_ended(device, id))
		at = stpcpy(at, ",\"ended\":true");
	at = put_counts(at, ",\"passed\":", counter, PORTSIEVE_PASSED);
	at = put_counts(at, ",\"dropped\":", counter, PORTSIEVE_DROPPED);
	at = put_number(stpcpy(at, ",\"new_connections\":"), counter->new_connections);
	at = stpcpy(at, "}");
	return (int)(at - text);
}

/*
 * A serializer of json-c that writes the rows by hand: `stats -j` of 16,384 ranges takes 30 ms so,
 * and 85 ms with json-c writing each row (docs/design.md, departures).
 */
static int serialize_ranges(json_object *ranges, struct printbuf *out, int level, int flags)
{
	const struct snapshot_device *device = json_object_get_userdata(ranges);
	uint32_t count = device->image->ranges;
	const char *separator = "[";
	char text[RANGE_TEXT_MAX];

	(void)level;
	(void)flags;
	for (uint32_t n = 0; n < count; n++) {
		uint32_t id = (n + PORTSIEVE_RANGE_RULES) % count;

		if (id == PORTSIEVE_RANGE_DHCP)
			continue;
		printbuf_memappend(out, separator, 1);
		printbuf_memappend(out, text, put_range(device, id, text));
		separator = ",";
	}
	return printbuf_memappend(out, "]", 1);
}

/* The device must outlive the array. */
static json_object *ranges_array(const struct snapshot_device *device)
{
	json_object *ranges = json_object_new_array();

	json_object_set_serializer(ranges, serialize_ranges, (void *)device, NULL);
	return ranges;
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
