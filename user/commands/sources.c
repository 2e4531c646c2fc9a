/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve sources: where recorded packets came from. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "commands/command.h"
#include "control/event_choice.h"
#include "control/loaded_devices.h"
#include "datapath/device_names.h"
#include "watch/sources_text.h"

enum { TOP_DEFAULT = 20 };

/* One view per device, with the data that it points to. */
struct views {
	struct datapath_device *devices;
	struct sources_view *list;
	struct sources *sources;
	size_t count;
};

static void views_free(struct views *views)
{
	for (size_t i = 0; i < views->count; i++) {
		free(views->list[i].sorted);
		sources_free(&views->sources[i]);
	}
	free(views->list);
	free(views->sources);
	free(views->devices);
}

/* Reads the sources of all packets that the device still keeps. */
static int read_sources(const struct datapath *datapath, const struct event_choice *choice,
			struct sources_view *view, struct sources *sources, struct error *error)
{
	_cleanup_events_ struct events *events = NULL;
	struct events_batch batch;
	int r = events_open(datapath, view->device, true, &events, error);

	if (!r)
		r = events_read(events, &batch, error);
	if (r)
		return r;
	for (size_t i = 0; i < batch.count; i++) {
		const struct event *event = &batch.list[i];
		struct event_words words = event_words_of(event);

		if (event->record.time_ns >= batch.since_ns &&
		    event_choice_matches(choice, event, &words))
			sources_add(sources, event);
	}
	view->since_ns = batch.since_ns;
	view->until_ns = batch.until_ns;
	view->real_offset_ns = batch.real_offset_ns;
	return sources_sort(sources, &view->sorted) ? error_no_memory(error) : 0;
}

static int add_view(const struct datapath *datapath, const struct datapath_device *device,
		    const struct settings *settings, const struct event_choice *choice,
		    struct views *views, struct error *error)
{
	struct sources *sources = &views->sources[views->count];
	struct sources_view *view = &views->list[views->count];

	if (sources_make(sources))
		return error_no_memory(error);
	views->count++;
	*view = (struct sources_view){
		.device = device,
		.sources = sources,
		.top = settings->top ? (size_t)settings->top : TOP_DEFAULT,
		.noise = settings->noise,
	};
	return read_sources(datapath, choice, view, sources, error);
}

static int print_views(const struct views *views, bool json)
{
	int r = 0;

	if (json)
		return sources_print_json(views->list, views->count);
	for (size_t i = 0; !r && i < views->count; i++) {
		if (i)
			printf("\n");
		r = sources_print_text(&views->list[i], stdout);
	}
	return r;
}

static enum exit_code sources(const struct settings *settings, struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct views views __attribute__((cleanup(views_free))) = { 0 };
	struct event_choice choice;
	size_t found;

	if (event_choice_read(-1, NULL, NULL, settings->port, NULL, &choice, error) ||
	    datapath_open(DATAPATH_READ, NULL, &datapath, error) ||
	    loaded_devices_find(&datapath, settings->devices, settings->devices_count,
				&views.devices, &found, error))
		return error->exit;
	views.list = calloc(found, sizeof(*views.list));
	views.sources = calloc(found, sizeof(*views.sources));
	if (!views.list || !views.sources) {
		error_no_memory(error);
		return error->exit;
	}
	for (size_t i = 0; i < found; i++) {
		const struct datapath_device *device = &views.devices[i];

		if (datapath_refuse_broken(device, error))
			return error->exit;
		if (device->events > DATAPATH_EVENTS_OFF &&
		    add_view(&datapath, device, settings, &choice, &views, error))
			return error->exit;
	}
	if (!views.count)
		datapath_refuse_unrecorded(views.devices, found, error);
	else if (print_views(&views, settings->json))
		error_no_memory(error);
	return error->text[0] ? error->exit : EXIT_DONE;
}

const struct command command_sources = {
	.name = "sources",
	.operands = "[DEV]",
	.devices_max = 1,
	.summary = "Print where dropped packets come from",
	.details =
		"For devices that record packets: portsieve load DEV --events=dropped, or, if "
		"they are loaded,\n"
		"portsieve upgrade DEV --events=dropped. The numbers are estimates where packets "
		"come faster than\n"
		"100 a second and CPU. Sources with fewer than 10 packets an hour are noise: one "
		"line tells how many.",
	.options = { &option_same_dev, &option_top, &option_port, &option_noise, &option_json },
	.run = sources,
};
