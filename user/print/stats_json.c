/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats and replay's counts as JSON, in the form of docs/design.md. Numbers are raw. */
#include <errno.h>
#include <json-c/printbuf.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "compile/range_order.h"
#include "policy/policy.h"
#include "print/format.h"
#include "print/json.h"
#include "print/reason.h"
#include "print/stats.h"

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

static char *put_counts(char *at, const struct portsieve_counter *counter)
{
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		at = stpcpy(stpcpy(at, ",\""), json_verdict_keys[verdict]);
		at = put_number(stpcpy(at, "\":{\"packets\":"), counter->verdict[verdict].packets);
		at = put_number(stpcpy(at, ",\"bytes\":"), counter->verdict[verdict].bytes);
		at = stpcpy(at, "}");
	}
	return at;
}

static char *put_bool(char *at, const char *key, bool is_true)
{
	at = stpcpy(stpcpy(stpcpy(at, ",\""), key), "\":");
	return stpcpy(at, is_true ? "true" : "false");
}

/* Per second, with three decimals. */
static char *put_rate(char *at, uint64_t count, uint64_t interval_ns)
{
	return at + sprintf(at, "%.3f", (double)count * 1e9 / (double)interval_ns);
}

static char *put_rates(char *at, const struct portsieve_counter *delta, uint64_t interval_ns,
		       bool has_connections)
{
	at = stpcpy(at, "{");
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		at = stpcpy(stpcpy(at, verdict ? ",\"" : "\""), json_verdict_keys[verdict]);
		at = put_rate(stpcpy(at, "\":{\"packets\":"), delta->verdict[verdict].packets,
			      interval_ns);
		at = put_rate(stpcpy(at, ",\"bits\":"), delta->verdict[verdict].bytes * 8,
			      interval_ns);
		at = stpcpy(at, "}");
	}
	if (has_connections)
		at = put_rate(stpcpy(at, ",\"new_connections\":"), delta->new_connections,
			      interval_ns);
	return stpcpy(at, "}");
}

/* A device, and its counts in the interval, if any. */
struct device_rows {
	const struct snapshot_device *device;
	const struct stats_interval *interval; /* NULL: no rates wanted */
};

static bool has_rates(const struct device_rows *rows)
{
	return rows->interval && rows->interval->ns;
}

/* Adds per_second to a row if rates are wanted: null if no time has passed. */
static void add_rates(json_object *row, const struct device_rows *rows,
		      const struct portsieve_counter *delta, bool has_connections)
{
	char text[512] = "null";

	if (has_rates(rows))
		put_rates(text, delta, rows->interval->ns, has_connections);
	json_object_object_add(row, "per_second", json_tokener_parse(text));
}

enum { RANGE_TEXT_MAX = 1024 }; /* a row with the longest name and numbers takes under 800 bytes */

/* Prints a row, whose strings need no escaping. Returns its length. */
static int put_range(const struct device_rows *rows, uint32_t id, char text[RANGE_TEXT_MAX])
{
	const struct snapshot_device *device = rows->device;
	const struct portsieve_image *image = device->image;
	const struct portsieve_range *range = &image->range[id];
	const struct portsieve_counter *counter = &device->rows[image->counter[id]];
	char *at = stpcpy(stpcpy(text, "{\"rule\":\""), range_rule_name(image, id));

	at = stpcpy(stpcpy(at, "\",\"protocol\":\""), transport_name(range->transport));
	if (range->transport == PORTSIEVE_ANY) {
		at = stpcpy(at, "\",\"low\":null,\"high\":null");
	} else {
		at = put_number(stpcpy(at, "\",\"low\":"), range->low);
		at = put_number(stpcpy(at, ",\"high\":"), range->high);
	}
	at = stpcpy(at, range->drop ? ",\"action\":\"drop\"" : ",\"action\":\"allow\"");
	at = put_bool(at, "runtime",
		      id >= PORTSIEVE_RANGE_RULES && image->rule[range->rule].runtime);
	at = put_bool(at, "monitor", range->drop && !ids_have(&image->enforced, id));
	at = put_bool(at, "ended", snapshot_range_ended(device, id));
	at = put_counts(at, counter);
	at = put_number(stpcpy(at, ",\"new_connections\":"), counter->new_connections);
	if (has_rates(rows))
		at = put_rates(stpcpy(at, ",\"per_second\":"), &rows->interval->ranges[id],
			       rows->interval->ns, true);
	else if (rows->interval)
		at = stpcpy(at, ",\"per_second\":null");
	at = stpcpy(at, "}");
	return (int)(at - text);
}

/* Appends a row after the separator. Returns the separator before the next one. */
static const char *append_range(struct printbuf *out, const char *separator,
				const struct device_rows *rows, uint32_t id)
{
	char text[RANGE_TEXT_MAX];

	printbuf_memappend(out, separator, 1);
	printbuf_memappend(out, text, put_range(rows, id, text));
	return ",";
}

/*
 * A json-c serializer that prints the rows by hand: with 16,384 ranges `stats -j` takes 30 ms
 * instead of 85 ms (docs/design.md).
 */
static int serialize_ranges(json_object *ranges, struct printbuf *out, int level, int flags)
{
	const struct device_rows *rows = json_object_get_userdata(ranges);
	struct rules_walk walk = rules_walk_begin(rows->device->image);
	struct rule_ranges of_rule;
	const char *separator = "[";

	(void)level;
	(void)flags;
	while (rules_walk_next(&walk, &of_rule))
		for (uint32_t id = of_rule.first; id < of_rule.end; id++)
			separator = append_range(out, separator, rows, id);
	for (uint32_t id = 0; id < PORTSIEVE_RANGE_DHCP; id++)
		separator = append_range(out, separator, rows, id);
	return printbuf_memappend(out, "]", 1);
}

/* The rows must outlive the array. */
static json_object *ranges_array(const struct device_rows *rows)
{
	json_object *ranges = json_object_new_array();

	json_object_set_serializer(ranges, serialize_ranges, (void *)rows, NULL);
	return ranges;
}

/* NULL if out of memory. */
static json_object *device_with_rows(const struct device_rows *rows)
{
	const struct snapshot_device *device = rows->device;
	json_object *ranges = ranges_array(rows);

	if (!ranges)
		return NULL;

	json_object *object = json_device(device);
	json_object *reasons = json_object_new_array();
	json_object *retired = json_object_new_object();
	char reset[32];

	for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		json_object *row;

		if (!reason_is_shown(device->image, reason, &device->rows[reason]))
			continue;
		row = json_object_new_object();
		json_add_text(row, "reason", reason_name(reason));
		json_add_counts(row, &device->rows[reason]);
		if (rows->interval)
			add_rates(row, rows, &rows->interval->reasons[reason], false);
		json_object_array_add(reasons, row);
	}
	json_add_counts(retired, &device->retired);
	json_add_number(retired, "new_connections", device->retired.new_connections);
	if (rows->interval) {
		add_rates(retired, rows, rows->interval->retired, true);
		json_object_object_add(
			object, "interval_ms",
			has_rates(rows)
				? json_object_new_uint64((rows->interval->ns + 500000) / 1000000)
				: NULL);
	}
	json_add_seconds_left(object, snapshot_seconds_left(device));
	if (device->reset)
		format_time(device->reset_real_ns, "%Y-%m-%dT%H:%M:%SZ", reset, sizeof(reset));
	json_add_text(object, "reset_time", device->reset ? reset : NULL);
	json_object_object_add(object, "ranges", ranges);
	json_object_object_add(object, "reasons", reasons);
	json_object_object_add(object, "retired", retired);
	return object;
}

int print_stats_json(const struct snapshot *snapshot, const struct stats_watch *watch)
{
	_cleanup_free_ struct device_rows *rows = calloc(snapshot->count + 1, sizeof(*rows));
	json_object *document, *devices;

	if (!rows)
		return -ENOMEM;
	document = json_document();
	devices = json_object_new_array();
	if (watch)
		json_add_text(document, "sentence", watch->sentence);
	json_object_object_add(document, "devices", devices);
	for (size_t i = 0; i < snapshot->count; i++) {
		json_object *device;

		rows[i].device = &snapshot->devices[i];
		rows[i].interval = watch ? &watch->intervals[i] : NULL;
		device = device_with_rows(&rows[i]);
		if (!device) {
			json_object_put(document);
			return -ENOMEM;
		}
		json_object_array_add(devices, device);
	}
	return print_json(document);
}

int print_replay_json(const struct snapshot_device *device, const char *path,
		      const struct replay_totals *totals)
{
	struct device_rows rows = { .device = device };
	json_object *object = device_with_rows(&rows);
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
	json_object_object_add(document, "policy", json_policy(device->image));
	json_add_number(document, "packets", totals->packets);
	json_add_number(document, "cut_packets", totals->cut);
	json_add_number(document, "clipped_packets", totals->clipped);
	json_add_bool(document, "judged_natively", totals->natively);
	json_object_object_add(document, "devices", devices);
	return print_json(document);
}
