/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets by single port, as a table per device and as JSON. */
#include "print/ports.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/deadline.h"
#include "base/duration.h"
#include "base/text_table.h"
#include "datapath/device_names.h"
#include "policy/policy.h"
#include "policy/registry.h"
#include "print/json.h"

enum column { PORT, PROTOCOL, SERVICE, PASSED, DROPPED, WOULD_DROP, FIRST_SEEN, NEW, COLUMNS };

static uint64_t seconds_since(const struct port_counts *counts, uint32_t time_s)
{
	uint64_t now_s = counts->read_ns / SECOND_NS;

	return now_s > time_s ? now_s - time_s : 0;
}

static void add_port(struct table *table, const struct ports_view *view, const struct port_key *key)
{
	const struct port_counts *counts = view->counts;
	uint32_t first_s = counts->first_s[key->transport][key->port];
	struct table_row *row = table_add(table, TABLE_PLAIN);
	const char *service = registry_port_name(key->port, key->transport);

	snprintf(row->cells[PORT], TABLE_CELL_MAX, "%u", key->port);
	strcpy(row->cells[PROTOCOL], transport_name(key->transport));
	snprintf(row->cells[SERVICE], TABLE_CELL_MAX, "%s", service ? service : "-");
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++)
		table_number(row->cells[PASSED + verdict],
			     counts->packets[key->transport][verdict][key->port]);
	snprintf(row->cells[FIRST_SEEN], TABLE_CELL_MAX, "%s ago",
		 duration_print_rough(seconds_since(counts, first_s)).text);
	if (port_is_new(counts, key->transport, key->port))
		strcpy(row->cells[NEW], "new");
}

static bool has_would_drop(const struct ports_view *view)
{
	for (size_t i = 0; i < view->shown; i++) {
		const struct port_key *key = &view->ports[i];

		if (view->counts->packets[key->transport][PORTSIEVE_WOULD_DROP][key->port])
			return true;
	}
	return false;
}

int print_ports_text(const struct ports_view *view)
{
	static const char *const names[COLUMNS] = {
		[PORT] = "PORT",
		[PROTOCOL] = "PROTOCOL",
		[SERVICE] = "SERVICE",
		[PASSED] = "PASSED",
		[DROPPED] = "DROPPED",
		[WOULD_DROP] = "WOULD DROP",
		[FIRST_SEEN] = "FIRST SEEN",
		[NEW] = "",
	};
	_cleanup_table_ struct table table = { .columns = COLUMNS,
					       .right = 1 << PORT | 1 << PASSED | 1 << DROPPED |
							1 << WOULD_DROP | 1 << FIRST_SEEN };
	uint64_t seconds = seconds_since(view->counts, view->counts->since_s);
	bool all_new = seconds < PORT_NEW_SECONDS;
	struct table_row *heading = table_add(&table, TABLE_HEADING);

	for (int column = 0; column < COLUMNS; column++)
		strcpy(heading->cells[column], names[column]);
	if (view->counts->per_port == DATAPATH_PER_PORT_DROPPED)
		table.hidden |= 1 << PASSED;
	if (!has_would_drop(view))
		table.hidden |= 1 << WOULD_DROP;
	if (all_new)
		table.hidden |= 1 << NEW;
	for (size_t i = 0; i < view->shown; i++)
		add_port(&table, view, &view->ports[i]);
	printf("%s  %spackets by port, counted for %s\n\n", device_name(view->device).text,
	       view->counts->per_port == DATAPATH_PER_PORT_ALL ? "" : "dropped ",
	       duration_print_rough(seconds).text);
	if (!view->seen) {
		printf("  no packet has been counted yet\n");
		return 0;
	}
	if (table_print(&table, 2, stdout))
		return -ENOMEM;
	if (view->seen > view->shown)
		printf("\n  %zu of %zu ports; --top %zu shows all\n", view->shown, view->seen,
		       view->seen);
	if (all_new)
		printf("\n  no port is marked as new in the first 24 hours of counting\n");
	return 0;
}

/* Adds an instant as "2026-11-28T20:07:00Z". */
static void add_instant(json_object *object, const char *key, const struct port_counts *counts,
			uint32_t time_s)
{
	time_t seconds = (time_t)(counts->read_real_ns / SECOND_NS - seconds_since(counts, time_s));
	struct tm parts;
	char text[32] = "";

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
	json_add_text(object, key, text);
}

static json_object *port_json(const struct ports_view *view, const struct port_key *key)
{
	const struct port_counts *counts = view->counts;
	json_object *object = json_object_new_object();

	json_add_number(object, "port", key->port);
	json_add_text(object, "protocol", transport_name(key->transport));
	json_add_text(object, "service", registry_port_name(key->port, key->transport));
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		if (verdict == PORTSIEVE_PASSED && counts->per_port != DATAPATH_PER_PORT_ALL)
			json_add_text(object, json_verdict_keys[verdict], NULL);
		else
			json_add_number(object, json_verdict_keys[verdict],
					counts->packets[key->transport][verdict][key->port]);
	}
	add_instant(object, "first_seen", counts, counts->first_s[key->transport][key->port]);
	json_add_bool(object, "new", port_is_new(counts, key->transport, key->port));
	return object;
}

int print_ports_json(const struct ports_view *views, size_t count)
{
	json_object *devices = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		const struct ports_view *view = &views[i];
		json_object *object = json_object_new_object();
		json_object *ports = json_object_new_array();

		json_object_object_add(object, "device", json_printable(view->device->name));
		json_add_number(object, "ifindex", view->device->ifindex);
		json_add_text(object, "per_port", datapath_per_port_name(view->counts->per_port));
		add_instant(object, "since", view->counts, view->counts->since_s);
		json_add_number(object, "ports_seen", view->seen);
		for (size_t p = 0; p < view->shown; p++)
			json_object_array_add(ports, port_json(view, &view->ports[p]));
		json_object_object_add(object, "ports", ports);
		json_object_array_add(devices, object);
	}
	return print_results_json(devices);
}
