/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources of recorded packets, as a table per device and as JSON. */
#include "watch/sources_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/deadline.h"
#include "base/duration.h"
#include "base/text_table.h"
#include "datapath/device_names.h"
#include "policy/registry.h"
#include "print/format.h"
#include "print/json.h"

enum column { SOURCE, PASSED, DROPPED, WOULD_DROP, PORTS, LAST_SEEN, COLUMNS };

/* Sources not listed because they are noise. */
struct noise {
	uint64_t sources;
	double packets;
};

static uint64_t rounded(double packets)
{
	return (uint64_t)(packets + 0.5);
}

static bool is_noise(const struct sources_view *view, const struct source *source)
{
	return source_is_noise(source, view->until_ns - view->since_ns);
}

static bool is_listed(const struct sources_view *view, const struct source *source)
{
	return view->noise || !is_noise(view, source);
}

static struct noise noise_of(const struct sources_view *view)
{
	struct noise noise = { 0 };

	for (size_t i = 0; i < view->sources->count; i++) {
		if (!is_noise(view, view->sorted[i]))
			continue;
		noise.sources++;
		noise.packets += source_packets(view->sorted[i]);
	}
	return noise;
}

/* "50s", "2h13m", "26 ms" */
static struct duration_text since_text(uint64_t ns)
{
	struct duration_text text;

	if (ns >= SECOND_NS)
		return duration_print_rough(ns / SECOND_NS);
	snprintf(text.text, sizeof(text.text), "%u ms", (unsigned int)(ns / 1000000));
	return text;
}

/* "udp/11211 memcache", "17 or more" */
static void ports_of(const struct source *source, char cell[TABLE_CELL_MAX])
{
	unsigned int ports = source_ports_at_least(source);
	const char *service = registry_port_name(source->port, source->transport);

	if (ports > 1)
		snprintf(cell, TABLE_CELL_MAX, "%u or more", ports);
	else if (ports)
		snprintf(cell, TABLE_CELL_MAX, "%s/%u%s%.40s", transport_name(source->transport),
			 source->port, service ? " " : "", service ? service : "");
	else
		strcpy(cell, "-");
}

static void add_source(struct table *table, const struct sources_view *view,
		       const struct source *source)
{
	struct table_row *row = table_add(table, TABLE_PLAIN);

	snprintf(row->cells[SOURCE], TABLE_CELL_MAX, "%s",
		 policy_prefix_print(&source->address).text);
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++)
		table_number(row->cells[PASSED + verdict], rounded(source->packets[verdict]));
	ports_of(source, row->cells[PORTS]);
	snprintf(row->cells[LAST_SEEN], TABLE_CELL_MAX, "%s ago",
		 since_text(view->until_ns > source->last_ns ? view->until_ns - source->last_ns : 0)
			 .text);
}

static int print_table(const struct sources_view *view, size_t *ret_shown, size_t *ret_listed,
		       FILE *file)
{
	static const char *const names[COLUMNS] = {
		[SOURCE] = "SOURCE",	     [PASSED] = "PASSED", [DROPPED] = "DROPPED",
		[WOULD_DROP] = "WOULD DROP", [PORTS] = "PORTS",	  [LAST_SEEN] = "LAST SEEN",
	};
	_cleanup_table_ struct table table = { .columns = COLUMNS,
					       .right = 1 << PASSED | 1 << DROPPED |
							1 << WOULD_DROP | 1 << LAST_SEEN };
	struct table_row *heading = table_add(&table, TABLE_HEADING);
	size_t shown = 0, listed = 0;

	for (int column = 0; column < COLUMNS; column++)
		strcpy(heading->cells[column], names[column]);
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++)
		if (view->sources->packets[verdict] == 0)
			table.hidden |= 1u << (PASSED + verdict);
	for (size_t i = 0; i < view->sources->count; i++) {
		if (!is_listed(view, view->sorted[i]))
			continue;
		listed++;
		if (shown < view->top) {
			add_source(&table, view, view->sorted[i]);
			shown++;
		}
	}
	*ret_shown = shown;
	*ret_listed = listed;
	return shown && table_print(&table, 2, file) ? -ENOMEM : 0;
}

int sources_print_text(const struct sources_view *view, FILE *file)
{
	const struct sources *sources = view->sources;
	struct noise noise = noise_of(view);
	size_t shown, listed;
	char number[TABLE_CELL_MAX];

	fprintf(file, "%s  %spackets by source in the last %s%s\n\n",
		device_name(view->device).text,
		view->device->events == DATAPATH_EVENTS_ALL ? "" : "dropped ",
		since_text(view->until_ns - view->since_ns).text,
		sources->estimated ? ", about: from a sample of 1 in 64" : "");
	if (!sources->count) {
		fprintf(file, "  no packet has been recorded\n");
		return 0;
	}
	if (print_table(view, &shown, &listed, file))
		return -ENOMEM;
	if (listed)
		fprintf(file, "\n");
	if (listed > shown)
		fprintf(file, "  %zu of these; --top %zu shows more\n", shown, 10 * shown);
	if (noise.sources && !view->noise) {
		table_number(number, rounded(noise.packets));
		fprintf(file,
			"  %s%" PRIu64 " source%s with fewer than %d packets an hour: %s; "
			"--noise shows %s\n",
			listed ? "and " : "", noise.sources, noise.sources == 1 ? "" : "s",
			SOURCES_NOISE, number, noise.sources == 1 ? "it" : "them");
	}
	table_number(number, sources_at_least(sources));
	fprintf(file, "  at least %s source%s in all\n", number,
		sources_at_least(sources) == 1 ? "" : "s");
	return 0;
}

static void add_time(json_object *object, const char *key, const struct sources_view *view,
		     uint64_t time_ns)
{
	char text[64];

	format_time(time_ns + view->real_offset_ns, "%Y-%m-%dT%H:%M:%SZ", text, sizeof(text));
	json_add_text(object, key, text);
}

static json_object *source_json(const struct sources_view *view, const struct source *source)
{
	json_object *object = json_object_new_object();
	bool has_one = source->has_port && !source->several_ports;

	json_add_text(object, "source", policy_prefix_print(&source->address).text);
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		if (verdict == PORTSIEVE_PASSED && view->device->events != DATAPATH_EVENTS_ALL)
			json_add_text(object, json_verdict_keys[verdict], NULL);
		else
			json_add_number(object, json_verdict_keys[verdict],
					rounded(source->packets[verdict]));
	}
	json_add_number(object, "ports_at_least", source_ports_at_least(source));
	json_add_text(object, "protocol", has_one ? transport_name(source->transport) : NULL);
	if (has_one)
		json_add_number(object, "port", source->port);
	else
		json_add_text(object, "port", NULL);
	add_time(object, "first_seen", view, source->first_ns);
	add_time(object, "last_seen", view, source->last_ns);
	json_add_bool(object, "noise", is_noise(view, source));
	return object;
}

static json_object *view_json(const struct sources_view *view)
{
	json_object *object = json_object_new_object();
	json_object *sources = json_object_new_array(), *folded = json_object_new_object();
	struct noise noise = noise_of(view);
	size_t shown = 0;

	json_object_object_add(object, "device", json_printable(view->device->name));
	json_add_number(object, "ifindex", view->device->ifindex);
	json_add_text(object, "events", datapath_events_name(view->device->events));
	add_time(object, "since", view, view->since_ns);
	json_add_number(object, "interval_ms", (view->until_ns - view->since_ns) / 1000000);
	json_add_bool(object, "estimated", view->sources->estimated);
	json_add_number(object, "samples", view->sources->samples);
	json_add_number(object, "sources_at_least", sources_at_least(view->sources));
	for (size_t i = 0; i < view->sources->count && shown < view->top; i++) {
		if (!is_listed(view, view->sorted[i]))
			continue;
		json_object_array_add(sources, source_json(view, view->sorted[i]));
		shown++;
	}
	json_object_object_add(object, "sources", sources);
	json_add_number(folded, "sources", noise.sources);
	json_add_number(folded, "packets", rounded(noise.packets));
	json_object_object_add(object, "noise", folded);
	return object;
}

int sources_print_json(const struct sources_view *views, size_t count)
{
	json_object *devices = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(devices, view_json(&views[i]));
	return print_results_json(devices);
}
