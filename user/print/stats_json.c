/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats as JSON, in the form of docs/design.md. Numbers are raw. */
#include <errno.h>
#include <json-c/printbuf.h>
#include <limits.h>
#include <string.h>

#include "policy/policy.h"
#include "print/stats.h"
#include "print/format.h"
#include "print/json.h"
#include "print/reason.h"
#include "base/utf8.h"

static json_object *json_counts(const struct portsieve_counter *counter,
				enum portsieve_verdict verdict)
{
	json_object *counts = json_object_new_object();

	json_object_object_add(counts, "packets",
			       json_object_new_uint64(counter->verdict[verdict].packets));
	json_object_object_add(counts, "bytes",
			       json_object_new_uint64(counter->verdict[verdict].bytes));
	return counts;
}

static void add_counts(json_object *row, const struct portsieve_counter *counter)
{
	json_object_object_add(row, "passed", json_counts(counter, PORTSIEVE_PASSED));
	json_object_object_add(row, "dropped", json_counts(counter, PORTSIEVE_DROPPED));
}

static json_object *json_policy(const struct portsieve_image *image)
{
	json_object *policy = json_object_new_object();
	char sha256[65];

	format_sha256(image->sha256, sha256);
	json_object_object_add(policy, "sha256", sha256[0] ? json_object_new_string(sha256) : NULL);
	json_object_object_add(policy, "default",
			       json_object_new_string(image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP
							      ? "drop"
							      : "allow"));
	json_object_object_add(policy, "return", json_object_new_string("none"));
	json_object_object_add(policy, "source",
			       image->source[0] ? json_object_new_string(image->source) : NULL);
	return policy;
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

/* A row as text; every word in it is one of ours, free of quotes. Returns its length. */
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
 * A serializer of json-c. 16,384 rows as objects of a dozen others take 100 ms to make and print;
 * as text they take a tenth.
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

static json_object *reasons_array(const struct snapshot_device *device)
{
	json_object *reasons = json_object_new_array();

	for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		json_object *row = json_object_new_object();

		json_object_object_add(row, "reason", json_object_new_string(reason_name(reason)));
		add_counts(row, &device->rows[reason]);
		json_object_array_add(reasons, row);
	}
	return reasons;
}

static json_object *retired_object(const struct snapshot_device *device)
{
	json_object *retired = json_object_new_object();

	add_counts(retired, &device->retired);
	json_object_object_add(retired, "new_connections",
			       json_object_new_uint64(device->retired.new_connections));
	return retired;
}

json_object *json_device(const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;
	json_object *object = json_object_new_object();

	json_object_object_add(object, "device", json_object_new_string(device->device.name));
	json_object_object_add(object, "ifindex", json_object_new_int64(device->device.ifindex));
	json_object_object_add(object, "mode",
			       json_object_new_string(datapath_mode_name(device->device.mode)));
	json_object_object_add(object, "attach",
			       json_object_new_string(datapath_attach_name(device->device.attach)));
	json_object_object_add(object, "monitor",
			       json_object_new_boolean(image->flags & PORTSIEVE_IMAGE_MONITOR));
	json_object_object_add(object, "policy", json_policy(image));
	return object;
}

static json_object *device_with_rows(const struct snapshot_device *device)
{
	json_object *object = json_device(device);
	uint64_t seconds_left = snapshot_seconds_left(device);

	json_object_object_add(object, "falls_back_in_seconds",
			       seconds_left ? json_object_new_uint64(seconds_left) : NULL);
	json_object_object_add(object, "ranges", ranges_array(device));
	json_object_object_add(object, "reasons", reasons_array(device));
	json_object_object_add(object, "retired", retired_object(device));
	return object;
}

int print_stats_json(const struct snapshot *snapshot)
{
	json_object *document = json_document();
	json_object *devices = json_object_new_array();

	for (size_t i = 0; i < snapshot->count; i++)
		json_object_array_add(devices, device_with_rows(&snapshot->devices[i]));
	json_object_object_add(document, "devices", devices);
	return print_json(document);
}

int print_replay_json(const struct snapshot_device *device, const char *path,
		      const struct replay_totals *totals)
{
	json_object *document = json_document();
	json_object *devices = json_object_new_array();
	json_object *object = device_with_rows(device);
	char name[PATH_MAX];

	utf8_copy_printable(name, sizeof(name), path);
	json_object_object_add(object, "device", json_object_new_string(name));
	json_object_object_add(object, "ifindex", NULL);
	json_object_object_add(object, "attach", NULL);
	json_object_array_add(devices, object);
	json_object_object_add(document, "packets", json_object_new_uint64(totals->packets));
	json_object_object_add(document, "cut_packets", json_object_new_uint64(totals->cut));
	json_object_object_add(document, "clipped_packets",
			       json_object_new_uint64(totals->clipped));
	json_object_object_add(document, "devices", devices);
	return print_json(document);
}
