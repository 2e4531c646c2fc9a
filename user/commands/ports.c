/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve ports: the packets of single ports. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "commands/command.h"
#include "control/loaded_devices.h"
#include "datapath/device_names.h"
#include "print/ports.h"

enum { TOP_DEFAULT = 20 };

/* One view per device, with the data that it points to. */
struct views {
	struct datapath_device *devices;
	struct ports_view *list;
	struct port_counts **counts;
	struct port_key **ports;
	size_t count;
};

static void views_free(struct views *views)
{
	for (size_t i = 0; i < views->count; i++) {
		free(views->counts[i]);
		free(views->ports[i]);
	}
	free(views->counts);
	free(views->ports);
	free(views->list);
	free(views->devices);
}

/* Adds the device, unless it does not count by port. */
static int add_view(const struct datapath *datapath, const struct datapath_device *device,
		    const struct settings *settings, struct views *views, struct error *error)
{
	size_t top = settings->top ? (size_t)settings->top : TOP_DEFAULT, at = views->count;
	struct ports_view *view = &views->list[at];
	int r = datapath_refuse_broken(device, error);

	if (r)
		return r;
	r = port_counts_read(datapath, device, &views->counts[at], error);
	if (r || !views->counts[at])
		return r;
	views->count++;
	view->device = device;
	view->counts = views->counts[at];
	r = port_counts_sort(view->counts, settings->sort, &views->ports[at], &view->seen);
	if (r)
		return error_no_memory(error);
	view->ports = views->ports[at];
	view->shown = view->seen < top ? view->seen : top;
	return 0;
}

static int not_counted(const struct datapath_device *devices, size_t count, struct error *error)
{
	return error_set(error, ENODATA, EXIT_FAILED,
			 "packets are not counted by port on %s; to begin: portsieve upgrade %s "
			 "--per-port=dropped",
			 device_names(devices, count).text,
			 count == 1 ? device_name(devices).text : "--all");
}

static int print_views(const struct views *views, bool json)
{
	int r = 0;

	if (json)
		return print_ports_json(views->list, views->count);
	for (size_t i = 0; !r && i < views->count; i++) {
		if (i)
			printf("\n");
		r = print_ports_text(&views->list[i]);
	}
	return r;
}

static enum exit_code ports(const struct settings *settings, struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct views views __attribute__((cleanup(views_free))) = { 0 };
	size_t found;

	if (datapath_open(DATAPATH_READ, NULL, &datapath, error) ||
	    loaded_devices_find(&datapath, settings->devices, settings->devices_count,
				&views.devices, &found, error))
		return error->exit;
	views.list = calloc(found, sizeof(*views.list));
	views.counts = calloc(found, sizeof(*views.counts));
	views.ports = calloc(found, sizeof(*views.ports));
	if (!views.list || !views.counts || !views.ports) {
		error_no_memory(error);
		return error->exit;
	}
	for (size_t i = 0; i < found; i++)
		if (add_view(&datapath, &views.devices[i], settings, &views, error))
			return error->exit;
	if (!views.count)
		not_counted(views.devices, found, error);
	else if (print_views(&views, settings->json))
		error_no_memory(error);
	return error->text[0] ? error->exit : EXIT_DONE;
}

const struct command command_ports = {
	.name = "ports",
	.operands = "[DEV]",
	.devices_max = 1,
	.summary = "Print the packets of single ports, and which ports are new",
	.details =
		"For devices that count by port: portsieve load DEV --per-port=dropped, or, if "
		"they are loaded,\n"
		"portsieve upgrade DEV --per-port=dropped. With --per-port=all packets that pass "
		"are counted too.\n"
		"A port is new for 24 hours after its first packet.",
	.options = { &option_same_dev, &option_top, &option_sort, &option_json },
	.run = ports,
};
