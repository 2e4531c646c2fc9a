/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve events: recorded packets, as they come or the last ones. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/output.h"
#include "commands/command.h"
#include "control/event_choice.h"
#include "control/loaded_devices.h"
#include "datapath/device_names.h"
#include "print/events.h"
#include "print/json.h"

enum { POLL_NS = 100000000, RENEW_NS = 1000000000 };

/* A device being viewed, and its last reading. */
struct viewed {
	const struct datapath_device *device;
	struct events *events;
	struct events_batch batch;
	size_t at;     /* index of the next event in the batch */
	uint64_t lost; /* already reported */
	uint64_t suppressed;
};

struct viewing {
	const struct settings *settings;
	struct event_choice choice;
	struct datapath_device *devices;
	struct viewed *viewed;
	size_t count;
	FILE *file; /* for -w; NULL: none */
	uint64_t shown;
	uint64_t renewed_ns; /* when the filters were last renewed */
};

static void viewing_free(struct viewing *viewing)
{
	for (size_t i = 0; i < viewing->count; i++)
		events_close(viewing->viewed[i].events);
	free(viewing->viewed);
	free(viewing->devices);
	if (viewing->file)
		fclose(viewing->file);
}

static int open_file(struct viewing *viewing, struct error *error)
{
	const char *path = viewing->settings->write;

	if (!path)
		return 0;
	viewing->file = fopen(strcmp(path, "-") ? path : "/dev/stdout", "we");
	if (!viewing->file)
		return error_set(error, errno, EXIT_FAILED, "cannot write %s: %s", path,
				 strerror(errno));
	pcapng_begin(viewing->file);
	for (size_t i = 0; i < viewing->count; i++)
		pcapng_add_interface(viewing->file, viewing->viewed[i].device->name);
	return 0;
}

/* Opens the named device, or all that record packets. */
static int open_devices(struct viewing *viewing, struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	const struct settings *settings = viewing->settings;
	size_t found;
	int r = datapath_open(DATAPATH_READ, NULL, &datapath, error);

	if (!r)
		r = loaded_devices_find(&datapath, settings->devices, settings->devices_count,
					&viewing->devices, &found, error);
	if (r)
		return r;
	viewing->viewed = calloc(found, sizeof(*viewing->viewed));
	if (!viewing->viewed)
		return error_no_memory(error);
	for (size_t i = 0; i < found; i++) {
		const struct datapath_device *device = &viewing->devices[i];
		struct viewed *viewed = &viewing->viewed[viewing->count];

		if (found > 1 && (device->broken || device->events == DATAPATH_EVENTS_OFF))
			continue;
		r = datapath_refuse_broken(device, error);
		if (!r)
			r = events_open(&datapath, device, settings->last, &viewed->events, error);
		if (r)
			return r;
		viewed->device = device;
		viewing->count++;
	}
	return viewing->count ? 0 : datapath_refuse_unrecorded(viewing->devices, found, error);
}

/* An unknown rule is not an error: it may come with the next apply. */
static void note_unknown_rule(const struct viewing *viewing)
{
	const char *rule = viewing->choice.rule;
	struct suggest suggest;

	if (!rule || viewing->settings->last)
		return;
	suggest_start(&suggest, rule, strlen(rule));
	for (size_t i = 0; i < viewing->count; i++) {
		const struct portsieve_image *image =
			viewing->viewed[i].events ? events_image(viewing->viewed[i].events) : NULL;

		if (!image || event_choice_has_rule(&viewing->choice, image, &suggest))
			return;
	}
	log_note_format("no rule in force is called '%s'%s", rule,
			suggest_hint(&suggest, NULL).text);
}

static void show(struct viewing *viewing, const struct viewed *viewed, const struct event *event,
		 const struct event_words *words)
{
	viewing->shown++;
	if (viewing->file)
		pcapng_add(viewing->file, (uint32_t)(viewed - viewing->viewed), event, words);
	else if (viewing->settings->json)
		print_event_json(viewed->device->name, event, words);
	else
		print_event_text(device_name(viewed->device).text, event, words);
}

/* Reports the events that the viewer missed. */
static void report_missed(struct viewing *viewing, struct viewed *viewed)
{
	uint64_t lost = viewed->batch.lost - viewed->lost;
	uint64_t suppressed = viewed->batch.suppressed - viewed->suppressed;

	if (!lost && !suppressed)
		return;
	if (viewing->settings->json && !viewing->file)
		print_events_missed_json(viewed->device->name, lost, suppressed);
	else
		log_note_format("%s: %" PRIu64
				" recorded packets were overwritten before they were read, %" PRIu64
				" that matched were not recorded (more than %d a second)",
				device_name(viewed->device).text, lost, suppressed,
				PORTSIEVE_EVENT_MATCHES);
	viewed->lost = viewed->batch.lost;
	viewed->suppressed = viewed->batch.suppressed;
}

/* The device with the earliest next event; NULL: no events left. */
static struct viewed *next_viewed(struct viewing *viewing)
{
	struct viewed *earliest = NULL;

	for (size_t i = 0; i < viewing->count; i++) {
		struct viewed *viewed = &viewing->viewed[i];

		if (viewed->at < viewed->batch.count &&
		    (!earliest || viewed->batch.list[viewed->at].record.time_ns <
					  earliest->batch.list[earliest->at].record.time_ns))
			earliest = viewed;
	}
	return earliest;
}

/* The number of matching events before the ones to show for --last. */
static uint64_t count_before_last(const struct viewing *viewing)
{
	uint64_t matches = 0, last = (uint64_t)viewing->settings->last;

	for (size_t v = 0; v < viewing->count; v++) {
		const struct events_batch *batch = &viewing->viewed[v].batch;

		for (size_t i = 0; i < batch->count; i++) {
			struct event_words words = event_words_of(&batch->list[i]);

			matches += event_choice_matches(&viewing->choice, &batch->list[i], &words);
		}
	}
	return matches > last ? matches - last : 0;
}

/* Shows matching events; with --last, only the last ones. Returns whether --count is reached. */
static bool show_batches(struct viewing *viewing)
{
	const struct settings *settings = viewing->settings;
	uint64_t skipped = settings->last ? count_before_last(viewing) : 0;
	struct viewed *viewed;

	while ((viewed = next_viewed(viewing))) {
		const struct event *event = &viewed->batch.list[viewed->at++];
		struct event_words words = event_words_of(event);

		if (!event_choice_matches(&viewing->choice, event, &words))
			continue;
		if (skipped) {
			skipped--;
			continue;
		}
		show(viewing, viewed, event, &words);
		if (settings->count && viewing->shown == (uint64_t)settings->count)
			return true;
	}
	return false;
}

/* Asks the programs to record all chosen packets. Once a second. */
static void renew_filters(struct viewing *viewing)
{
	bool is_first = !viewing->renewed_ns, all = true;

	if (viewing->settings->last || !event_choice_is_narrow(&viewing->choice) ||
	    boottime_ns() - viewing->renewed_ns < RENEW_NS)
		return;
	viewing->renewed_ns = boottime_ns();
	for (size_t i = 0; i < viewing->count; i++) {
		struct events *events = viewing->viewed[i].events;
		struct portsieve_event_filter filter;

		if (!events) /* the device is gone */
			continue;
		filter = event_choice_filter(&viewing->choice, events_image(events));
		all &= events_filter(events, &filter);
	}
	if (!all && is_first)
		log_note("only the sample is shown: to have all matching packets recorded takes "
			 "root, and at most four viewers at a time can");
}

/* Reads all devices. Fails only if none is left. */
static int read_all(struct viewing *viewing, struct error *error)
{
	size_t left = viewing->count;
	int r = 0;

	for (size_t i = 0; i < viewing->count; i++) {
		struct viewed *viewed = &viewing->viewed[i];

		if (!viewed->events) {
			left--;
			continue;
		}
		viewed->at = 0;
		r = events_read(viewed->events, &viewed->batch, error);
		if (!r)
			continue;
		if (--left == 0)
			return r;
		log_error(error);
		*error = (struct error){ .exit = EXIT_FAILED };
		events_close(viewed->events);
		viewed->events = NULL;
		viewed->batch.count = 0;
	}
	return 0;
}

static bool cannot_write(struct viewing *viewing, struct error *error)
{
	output_flush();
	if (viewing->file && (fflush(viewing->file) || ferror(viewing->file))) {
		error_set(error, errno, EXIT_FAILED, "cannot write %s: %s",
			  viewing->settings->write, strerror(errno));
		return true;
	}
	return ferror(stdout);
}

static int view(struct viewing *viewing, struct error *error)
{
	for (bool is_first = true;; is_first = false) {
		static const struct timespec pause = { .tv_nsec = POLL_NS };
		bool is_done;
		int r;

		renew_filters(viewing);
		r = read_all(viewing, error);
		if (r)
			return r;
		if (is_first)
			note_unknown_rule(viewing);
		is_done = show_batches(viewing) || viewing->settings->last;
		for (size_t i = 0; i < viewing->count && !viewing->settings->last; i++)
			report_missed(viewing, &viewing->viewed[i]);
		if (cannot_write(viewing, error))
			return -EIO;
		if (is_done)
			return 0;
		nanosleep(&pause, NULL);
	}
}

static enum exit_code events(const struct settings *settings, struct error *error)
{
	struct viewing viewing __attribute__((cleanup(viewing_free))) = { .settings = settings };

	json_begin_items();
	if (event_choice_read(settings->verdict - 1, settings->rule, settings->reason,
			      settings->port, settings->source, &viewing.choice, error) ||
	    open_devices(&viewing, error) || open_file(&viewing, error))
		return error->exit;
	return view(&viewing, error) ? error->exit : EXIT_DONE;
}

const struct command command_events = {
	.name = "events",
	.operands = "[DEV]",
	.devices_max = 1,
	.summary = "Print recorded packets as they come",
	.details =
		"Of all devices that record packets, or of one. To begin: portsieve load DEV "
		"--events=dropped, or, if\n"
		"it is loaded, portsieve upgrade DEV --events=dropped. Up to 100 packets a second "
		"and CPU are all\n"
		"recorded, of more a sample of 1 in 64. What --verdict, --rule, --reason, --port "
		"and --from choose is\n"
		"recorded in full, up to 1,000 packets a second and CPU.",
	.options = { &option_same_dev, &option_last, &option_events_count, &option_write,
		     &option_verdict, &option_rule, &option_reason, &option_port,
		     &option_events_from, &option_json },
	.run = events,
};
