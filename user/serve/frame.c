/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames and history, written by hand: a history has 200,000 numbers. */
#include "serve/frame.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/compile.h"
#include "datapath/device_names.h"
#include "policy/policy.h"
#include "policy/registry.h"
#include "print/format.h"
#include "print/json.h"
#include "print/reason.h"

enum {
	RULES_MAX = 64,
	NAMES_MAX = 64, /* of devices, over all groups */
	SOURCES_SHOWN = 14,
	MARKS_MS = 10000, /* repeats marks for clients that skip frames */
	PLANE_BASE64 = 1368 + 1,
};

static void print_text(FILE *out, const char *text)
{
	json_object *object = text ? json_printable(text) : NULL;

	fputs(object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE)
		     : "null",
	      out);
	json_object_put(object);
}

/* Prints up to three decimals, without trailing zeros. */
static void print_number(FILE *out, double number)
{
	char text[40];
	size_t length;

	if (!isfinite(number)) {
		fputs("null", out);
		return;
	}
	length = (size_t)snprintf(text, sizeof(text), "%.*f", number < 1000 ? 3 : 0, number);
	if (strchr(text, '.')) {
		while (text[length - 1] == '0')
			length--;
		length -= text[length - 1] == '.';
	}
	fwrite(text, 1, length, out);
}

static void print_time(FILE *out, int64_t time_ms)
{
	char text[32];

	format_time((uint64_t)time_ms * 1000000, "%Y-%m-%dT%H:%M:%S", text, sizeof(text));
	fprintf(out, "\"%s.%03dZ\"", text, (int)(time_ms % 1000));
}

/* ---- a frame ---- */

static void print_names(FILE *out, const struct watch_group *group, size_t *left)
{
	fputc('[', out);
	for (size_t i = 0; i < group->devices_count && *left; i++, --*left) {
		fputs(i ? "," : "", out);
		print_text(out, device_name(&group->devices[i]->device->device).text);
	}
	fputc(']', out);
}

static void print_groups(FILE *out, const struct sampler *sampler,
			 const struct sampler_group *group)
{
	size_t left = NAMES_MAX;

	fputs(",\"group\":[", out);
	for (size_t i = 0; group && i < group->names_count; i++) {
		fputs(i ? "," : "", out);
		print_text(out, group->names[i]);
	}
	fputs("],\"groups\":[", out);
	for (size_t i = 0; i < sampler->groups.count && left; i++) {
		fputs(i ? "," : "", out);
		print_names(out, &sampler->groups.groups[i], &left);
	}
	fputc(']', out);
}

static void print_policy(FILE *out, const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;
	char sha256[65], applied[32];
	uint64_t seconds_left = snapshot_seconds_left(device);

	format_sha256(image->sha256, sha256);
	format_time(image->applied_ns, "%Y-%m-%dT%H:%M:%SZ", applied, sizeof(applied));
	fprintf(out, ",\"mode\":\"%s\",\"attach\":\"%s\",\"policy\":{\"source\":",
		image->flags & PORTSIEVE_IMAGE_MONITOR ? "monitor" : "enforce",
		datapath_mode_name(device->device.mode));
	print_text(out, image->source[0] ? image->source : NULL);
	fputs(",\"sha256\":", out);
	print_text(out, sha256[0] ? sha256 : NULL);
	fprintf(out, ",\"default\":\"%s\",\"applied\":\"%s\"},\"pending_confirm_seconds\":",
		image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP ? "drop" : "allow", applied);
	if (seconds_left)
		fprintf(out, "%" PRIu64, seconds_left);
	else
		fputs("null", out);
}

static double rate(const struct watch_group *group, uint64_t count)
{
	return rate_per_second(count, group->interval_ns);
}

static void print_rates(FILE *out, const struct watch_group *group)
{
	const struct portsieve_counter *delta = group ? &group->all.delta : NULL;

	fputs(",\"rates\":{", out);
	for (int v = 0; v < PORTSIEVE_VERDICTS; v++) {
		fprintf(out, "%s\"%s\":{\"packets\":", v ? "," : "", json_verdict_keys[v]);
		print_number(out, delta ? rate(group, delta->verdict[v].packets) : 0);
		fputs(",\"bits\":", out);
		print_number(out, delta ? rate(group, delta->verdict[v].bytes * 8) : 0);
		fputc('}', out);
	}
	fputs("},\"totals\":{", out);
	for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
		fprintf(out, "%s\"%s\":\"%" PRIu64 "\"", v ? "," : "", json_verdict_keys[v],
			group ? (uint64_t)group->all.total.verdict[v].packets : 0);
	fputc('}', out);
}

static int compare_busy(const void *one, const void *other)
{
	const struct watch_row *a = *(const struct watch_row *const *)one;
	const struct watch_row *b = *(const struct watch_row *const *)other;
	uint64_t delta = watch_packets(&a->delta), other_delta = watch_packets(&b->delta);
	uint64_t total = watch_packets(&a->total), other_total = watch_packets(&b->total);

	if (delta != other_delta)
		return delta > other_delta ? -1 : 1;
	if (total != other_total)
		return total > other_total ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

static void print_rule(FILE *out, const struct watch_group *group, const struct watch_row *row)
{
	const struct portsieve_image *image = group->devices[0]->device->image;
	const struct portsieve_rule *rule =
		row->kind == WATCH_RULE ? &image->rule[image->range[row->first].rule] : NULL;
	char protocol[24];

	record_protocol(image, row, protocol);
	fputs("{\"rule\":", out);
	print_text(out, row->name);
	fprintf(out, ",\"protocol\":\"%s\",\"ports\":\"%s\",\"line\":", protocol, row->ports);
	if (rule && !rule->runtime && !rule->failsafe)
		fprintf(out, "%u", rule->line);
	else
		fputs("null", out);
	fprintf(out, ",\"action\":\"%s\"", row->action);
	for (int v = 0; v < PORTSIEVE_VERDICTS; v++) {
		fprintf(out, ",\"%s\":", json_verdict_keys[v]);
		print_number(out, rate(group, row->delta.verdict[v].packets));
	}
	fputs(",\"bits\":", out);
	print_number(out, rate(group, watch_bits(&row->delta)));
	fputc('}', out);
}

/* -ENOMEM */
static int print_rules(FILE *out, const struct watch_group *group, size_t most)
{
	_cleanup_free_ const struct watch_row **rows = NULL;
	size_t rules = 0, count = 0, reasons = 0;

	rows = calloc(group ? group->rows_count + 1 : 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; group && i < group->rows_count; i++)
		if (group->rows[i].kind == WATCH_RULE || group->rows[i].kind == WATCH_UNNAMED)
			rows[rules++] = &group->rows[i];
	qsort(rows, rules, sizeof(*rows), compare_busy);
	fputs(",\"rules\":[", out);
	for (; count < rules && count < most; count++) {
		fputs(count ? "," : "", out);
		print_rule(out, group, rows[count]);
	}
	fputs("],\"reasons\":[", out);
	for (size_t i = 0; group && i < group->rows_count; i++) {
		const struct watch_row *row = &group->rows[i];

		if (row->kind != WATCH_REASON || !watch_packets(&row->delta))
			continue;
		fprintf(out, "%s{\"reason\":\"%s\",\"packets\":", reasons++ ? "," : "", row->name);
		print_number(out, rate(group, watch_packets(&row->delta)));
		fputc('}', out);
	}
	fputc(']', out);
	return 0;
}

static void print_listener(FILE *out, const struct listener *listener)
{
	char text[96];

	if (!listener) {
		print_text(out, NULL);
		return;
	}
	if (listener->unit[0])
		snprintf(text, sizeof(text), "%s%s", listener->container ? "container " : "",
			 listener->unit);
	else
		snprintf(text, sizeof(text), "uid %u", listener->uid);
	print_text(out, text);
}

static void print_ports(FILE *out, const struct sampler *sampler, const struct sampler_group *group)
{
	fputs(",\"ports\":[", out);
	for (size_t i = 0; group && i < group->ports_count; i++) {
		const struct sampler_port *port = &group->ports[i];
		const struct registry_service *service = NULL;

		if (!registry_by_port(port->key.port, 1u << port->key.transport, &service, 1))
			service = NULL;
		fprintf(out, "%s{\"port\":%u,\"protocol\":\"%s\",\"service\":", i ? "," : "",
			port->key.port, transport_name(port->key.transport));
		print_text(out, service && service->name[0] ? service->name : NULL);
		fputs(",\"listener\":", out);
		print_listener(out, sampler_listener(sampler, port->key));
		fprintf(out, ",\"new\":%s,\"passed\":", port->is_new ? "true" : "false");
		print_number(out, port->passed);
		fputs(",\"dropped\":", out);
		print_number(out, port->dropped);
		fputc('}', out);
	}
	fprintf(out, "],\"per_port\":\"%s\"",
		datapath_per_port_name(group && group->per_port ? group->per_port
								: DATAPATH_PER_PORT_OFF));
}

static void print_source(FILE *out, const struct busy_source *source)
{
	fputs("{\"address\":", out);
	print_text(out, policy_prefix_print(&source->address).text);
	fputs(",\"about\":", out);
	print_number(out, source->rate);
	if (source->has_port && !source->several_ports)
		fprintf(out, ",\"protocol\":\"%s\",\"port\":%u}", transport_name(source->transport),
			source->port);
	else
		fputs(",\"protocol\":null,\"port\":null}", out);
}

static void print_events(FILE *out, const struct sampler_group *group)
{
	fprintf(out, ",\"recorded\":\"%s\",\"sources\":[",
		datapath_events_name(group && group->recorded ? group->recorded
							      : DATAPATH_EVENTS_OFF));
	for (size_t i = 0; group && i < group->sources.count && i < SOURCES_SHOWN; i++) {
		fputs(i ? "," : "", out);
		print_source(out, &group->sources.list[i]);
	}
	fputs("],\"events\":[", out);
	for (size_t i = 0; group && i < group->events_count; i++)
		fprintf(out, "%s%s", i ? "," : "", group->events[i].json);
	fputc(']', out);
}

static void print_base64(FILE *out, const uint8_t *bytes, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t three = (uint32_t)bytes[i] << 16 |
				 (uint32_t)(left > 1 ? bytes[i + 1] : 0) << 8 |
				 (left > 2 ? bytes[i + 2] : 0);

		fputc(digits[three >> 18], out);
		fputc(digits[three >> 12 & 63], out);
		fputc(left > 1 ? digits[three >> 6 & 63] : '=', out);
		fputc(left > 2 ? digits[three & 63] : '=', out);
	}
}

static void print_strip(FILE *out, const struct strip *strip, int64_t after)
{
	bool is_first = true;

	fputs(",\"strip\":", out);
	if (!strip || strip->second <= after) {
		fprintf(out, "null,\"distinct_ports\":%u", strip ? strip->distinct : 0);
		return;
	}
	fprintf(out, "{\"second\":%" PRId64 ",\"planes\":{", strip->second);
	for (int plane = 0; plane < STRIP_ALL_PLANES; plane++) {
		const uint8_t *row = strip_latest(strip, plane);

		if (!row)
			continue;
		fprintf(out, "%s\"%s\":\"", is_first ? "" : ",", strip_plane_names[plane]);
		print_base64(out, row, STRIP_COLUMNS);
		fputc('"', out);
		is_first = false;
	}
	fprintf(out, "}},\"distinct_ports\":%u", strip->distinct);
}

static void print_marks(FILE *out, const struct record *record, int64_t after_ms)
{
	uint64_t count = record ? record->marks_count : 0;
	bool is_first = true;

	fputs(",\"marks\":[", out);
	for (uint64_t n = count > RECORD_MARKS ? count - RECORD_MARKS : 0; n < count; n++) {
		const struct record_mark *mark = &record->marks[n % RECORD_MARKS];

		if (mark->time_ms <= after_ms || mark->what >= RECORD_WHATS)
			continue;
		fprintf(out, "%s{\"time\":", is_first ? "" : ",");
		print_time(out, mark->time_ms);
		fprintf(out, ",\"what\":\"%s\"}", record_what_names[mark->what]);
		is_first = false;
	}
	fputc(']', out);
}

/* -ENOMEM */
static int print_all(FILE *out, const struct sampler *sampler, const struct sampler_group *group,
		     int64_t now_ms, int64_t strip_after, size_t rules)
{
	enum sampler_state state = sampler_state(group, now_ms);
	const struct watch_group *now = group ? group->now : NULL;
	const char *message = group && group->message[0] ? group->message : sampler->message;
	int r;

	fputs("{\"schema\":2,\"time\":", out);
	print_time(out, now_ms);
	fprintf(out, ",\"age_ms\":%" PRId64 ",\"state\":\"%s\",\"message\":",
		group && group->read_ms ? now_ms - group->read_ms : 0, sampler_state_names[state]);
	print_text(out, message[0] ? message : NULL);
	print_groups(out, sampler, group);
	if (now)
		print_policy(out, now->devices[0]->device);
	else
		fputs(",\"mode\":null,\"attach\":null,\"policy\":null,"
		      "\"pending_confirm_seconds\":null",
		      out);
	fputs(",\"sentence\":", out);
	print_text(out, group ? group->sentence.text : "nothing is loaded");
	fputs(",\"interval_ms\":", out);
	print_number(out, now ? (double)now->interval_ns / 1e6 : 0);
	print_rates(out, now);
	r = print_rules(out, now, rules);
	print_ports(out, sampler, group);
	print_events(out, group);
	print_strip(out, group ? group->strip : NULL, strip_after);
	print_marks(out, group ? group->record : NULL, now_ms - MARKS_MS);
	fputc('}', out);
	return r;
}

int frame_print(const struct sampler *sampler, const struct sampler_group *group, int64_t now_ms,
		int64_t strip_after, char **ret_text, size_t *ret_size)
{
	for (size_t rules = RULES_MAX;; rules = rules * 7 / 8) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		int r;

		if (!out)
			return -ENOMEM;
		r = print_all(out, sampler, group, now_ms, strip_after, rules);
		if (fclose(out) || r) {
			free(text);
			return -ENOMEM;
		}
		if (size <= FRAME_BYTES_MAX || !rules) {
			*ret_text = text;
			*ret_size = size;
			return 0;
		}
		free(text);
	}
}

/* ---- the history ---- */

/* One of the two rings. */
struct span {
	FILE *out;
	const struct record *record;
	int64_t first, count; /* seconds, or minutes */
	float (*value)(const struct record *record, int64_t time, unsigned int series);
};

static void print_series(const struct span *span, const char *key, unsigned int series)
{
	fprintf(span->out, "\"%s\":[", key);
	for (int64_t i = 0; i < span->count; i++) {
		fputs(i ? "," : "", span->out);
		print_number(span->out, span->record ? (double)span->value(span->record,
									   span->first + i, series)
						     : NAN);
	}
	fputc(']', span->out);
}

static bool has_packets(const struct span *span, unsigned int series)
{
	for (int64_t i = 0; span->record && i < span->count; i++)
		if (span->value(span->record, span->first + i, series) > 0)
			return true;
	return false;
}

static void print_rule_series(const struct span *span)
{
	bool is_first = true;

	fputs(",\"rules\":[", span->out);
	for (unsigned int i = 0; span->record && i < RECORD_RULES; i++) {
		const struct record_rule *rule = &span->record->rules[i];

		if (!rule->rule[0] || !has_packets(span, RECORD_RULE_PACKETS + i))
			continue;
		fprintf(span->out, "%s{\"rule\":", is_first ? "" : ",");
		print_text(span->out, rule->rule);
		fputs(",\"protocol\":", span->out);
		print_text(span->out, rule->protocol);
		fputs(",\"ports\":", span->out);
		print_text(span->out, rule->ports);
		fputs(",\"action\":", span->out);
		print_text(span->out, rule->action);
		fputc(',', span->out);
		print_series(span, "packets", RECORD_RULE_PACKETS + i);
		fputc(',', span->out);
		print_series(span, "bits", RECORD_RULE_BITS + i);
		fputc('}', span->out);
		is_first = false;
	}
	fputs("],\"reasons\":[", span->out);
	is_first = true;
	for (unsigned int reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		if (!has_packets(span, RECORD_REASONS + reason))
			continue;
		fprintf(span->out, "%s{\"reason\":\"%s\",", is_first ? "" : ",",
			reason_name(reason));
		print_series(span, "packets", RECORD_REASONS + reason);
		fputc('}', span->out);
		is_first = false;
	}
	fputc(']', span->out);
}

static void print_span(const struct span *span, const char *name, int seconds)
{
	fprintf(span->out, ",\"%s\":{\"step_ms\":%d,\"start\":%" PRId64, name, seconds * 1000,
		span->first * seconds);
	for (unsigned int v = 0; v < PORTSIEVE_VERDICTS; v++) {
		fprintf(span->out, ",\"%s\":{", json_verdict_keys[v]);
		print_series(span, "packets", 2 * v);
		fputc(',', span->out);
		print_series(span, "bits", 2 * v + 1);
		fputc('}', span->out);
	}
	print_rule_series(span);
	fputc('}', span->out);
}

void history_print(FILE *out, const struct sampler_group *group, unsigned int spans, int64_t now_ms)
{
	const struct record *record = group ? group->record : NULL;
	int64_t second = now_ms / 1000, minute = second / 60;
	struct span fine = { out, record, second - RECORD_SECONDS, RECORD_SECONDS, record_second };
	struct span coarse = { out, record, minute - RECORD_MINUTES + 1, RECORD_MINUTES,
			       record_minute };

	fputs("{\"schema\":2,\"time\":", out);
	print_time(out, now_ms);
	fputs(",\"group\":[", out);
	for (size_t i = 0; group && i < group->names_count; i++) {
		fputs(i ? "," : "", out);
		print_text(out, group->names[i]);
	}
	fputc(']', out);
	if (spans & FRAME_FINE)
		print_span(&fine, "fine", 1);
	if (spans & FRAME_COARSE)
		print_span(&coarse, "coarse", 60);
	print_marks(out, record, now_ms - INT64_C(86400000));
	fputs("}\n", out);
}
