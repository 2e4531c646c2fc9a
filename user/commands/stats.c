/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve stats: prints the counters once, or their rates periodically. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/output.h"
#include "base/text_table.h"
#include "commands/command.h"
#include "control/device_results.h"
#include "control/loaded_devices.h"
#include "control/port_watch.h"
#include "datapath/device_names.h"
#include "host/host.h"
#include "print/json.h"
#include "print/metrics.h"
#include "print/stats.h"
#include "watch/redraw.h"
#include "watch/text.h"
#include "watch/watch.h"

/* Resets the named devices, or all. */
static enum exit_code stats_reset(const struct settings *settings, struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	uint64_t now_ns = (uint64_t)host_realtime_ns();
	struct device_results results = { 0 };
	size_t count;

	if (datapath_open(DATAPATH_WRITE, log_note, &datapath, error) ||
	    loaded_devices_find(&datapath, settings->devices, settings->devices_count, &devices,
				&count, error))
		return error->exit;
	for (size_t i = 0; i < count; i++) {
		struct error device_error = { .exit = EXIT_FAILED };
		int r = datapath_reset(&datapath, &devices[i], now_ns, &device_error);

		device_results_add(&results, devices[i].name, r, "reset", &device_error);
		if (!r)
			log_note_format("%s: stats begins at zero; the counters themselves stay: "
					"portsieve stats --total",
					device_name(&devices[i]).text);
	}
	return device_results_end(&results, settings->json, NULL);
}

static int print_text(struct snapshot *snapshot, const struct settings *settings)
{
	for (size_t i = 0; i < snapshot->count && !settings->total; i++)
		if (!snapshot_since_reset(&snapshot->devices[i]))
			return -ENOMEM;
	return print_stats_text(snapshot, settings->all);
}

static enum exit_code stats_once(const struct settings *settings, struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	int r = loaded_snapshot_read(settings->devices[0], NULL, &snapshot, error);
	enum exit_code code;

	/* a scrape of a host without loaded devices is empty */
	if (r && settings->prometheus && !settings->devices_count &&
	    error->exit == EXIT_NOT_LOADED) {
		*error = (struct error){ 0 };
		r = 0;
	}
	if (r)
		return error->exit;
	if (settings->prometheus)
		r = metrics_print(stdout, &snapshot, NULL, 0, METRICS_PROMETHEUS);
	else if (settings->json)
		r = print_stats_json(&snapshot, NULL);
	else
		r = print_text(&snapshot, settings);
	code = loaded_snapshot_report_unreadable(&snapshot);
	return r ? output_result(r, error) : code;
}

/* How the readings are shown. */
struct view {
	const struct settings *settings;
	bool terminal;
	struct watch_frame frame;
	struct redraw redraw;
};

/* Advances *next by the interval and sleeps until then. */
static void sleep_until(struct timespec *next, double seconds)
{
	struct timespec now;

	next->tv_sec += (time_t)seconds;
	next->tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (next->tv_nsec >= 1000000000) {
		next->tv_sec++;
		next->tv_nsec -= 1000000000;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec > next->tv_sec ||
	    (now.tv_sec == next->tv_sec && now.tv_nsec > next->tv_nsec))
		*next = now; /* too slow, or suspended: do not catch up */
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) == EINTR)
		continue;
}

/* The size of the terminal, or 24 x 80 if unknown. */
static struct winsize terminal_size(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	return size;
}

/* Writes each frame at once, so that no partial one is visible. */
static int redraw(struct view *view)
{
	_cleanup_free_ char *text = NULL, *bytes = NULL;
	struct winsize size = terminal_size();
	size_t length;
	FILE *file = open_memstream(&text, &length);
	int r;

	if (!file)
		return -ENOMEM;
	r = watch_print_frame(&view->frame, size.ws_col, file);
	if (fclose(file) || r)
		return -ENOMEM;
	bytes = redraw_bytes(&view->redraw, text, size.ws_row, size.ws_col);
	if (!bytes)
		return -ENOMEM;
	fputs(bytes, stdout);
	return 0;
}

static int show_json(const struct watch *watch)
{
	_cleanup_free_ struct stats_interval *intervals =
		calloc(watch->rates.count + 1, sizeof(*intervals));

	if (!intervals)
		return -ENOMEM;
	for (size_t i = 0; i < watch->rates.count; i++) {
		const struct rates_device *rates = &watch->rates.devices[i];

		intervals[i] = (struct stats_interval){
			.ns = rates->interval_ns,
			.ranges = rates->delta.ranges,
			.reasons = rates->delta.reasons,
			.retired = &rates->delta.ended,
		};
	}
	return print_stats_json(&watch->snapshot, &(struct stats_watch){
							  .intervals = intervals,
							  .sentence = watch->sentence.text,
						  });
}

static int show(struct view *view, struct watch *watch, const char *time)
{
	if (view->settings->json)
		return show_json(watch);
	for (size_t i = 0; i < watch->groups.count; i++)
		watch_group_sort(&watch->groups.groups[i], view->settings->watch_sort);
	view->frame.groups = &watch->groups;
	view->frame.snapshot = &watch->snapshot;
	view->frame.time = time;
	view->frame.sentence = &watch->sentence;
	return view->terminal ? redraw(view) : watch_print_lines(&view->frame, stdout);
}

/*
 * Takes a reading. If nothing is loaded, fails if it is the first one; else the snapshot is empty.
 * Logs the errors of unreadable devices when their number changes, unless the frame shows them.
 */
static int read_again(struct view *view, struct watch *watch, bool is_first,
		      struct snapshot *ret_snapshot, struct error *error)
{
	int r = loaded_snapshot_read(view->settings->devices[0], &watch->snapshot, ret_snapshot,
				     error);
	size_t unreadable;

	if (r && (is_first || error->exit != EXIT_NOT_LOADED))
		return r;
	if (r)
		*error = (struct error){ .exit = EXIT_FAILED };
	unreadable = ret_snapshot->unreadable_count;
	if ((is_first || unreadable != watch->snapshot.unreadable_count) && !view->terminal)
		loaded_snapshot_report_unreadable(ret_snapshot);
	return 0;
}

static enum exit_code stats_watch(const struct settings *settings, struct error *error)
{
	_cleanup_watch_ struct watch watch = { 0 };
	_cleanup_port_watch_ struct port_watch ports = { 0 };
	struct view view = {
		.settings = settings,
		.terminal = isatty(STDOUT_FILENO) && !settings->json,
		.frame = { .all_rows = settings->all, .coloured = table_has_colour(stdout) },
	};
	long shown = 0;
	struct timespec next;

	setvbuf(stdout, NULL, _IOFBF, 1 << 18); /* one write per frame */
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (bool is_first = true;; is_first = false) {
		_cleanup_snapshot_ struct snapshot snapshot = { 0 };
		time_t now = time(NULL);
		struct tm local = { 0 };
		char text[32];

		localtime_r(&now, &local);
		strftime(text, sizeof(text), "%F %T", &local);
		if (read_again(&view, &watch, is_first, &snapshot, error))
			return error->exit;
		port_watch_read(&ports, &snapshot);
		if (watch_take(&watch, &snapshot, settings->ranges, &ports.more,
			       now + local.tm_gmtoff, error))
			return error->exit;
		/* Without rates, the first reading is only shown on a terminal. */
		if (!is_first || view.terminal) {
			if (show(&view, &watch, text))
				return output_result(-ENOMEM, error);
			if (!is_first && ++shown == settings->count)
				return EXIT_DONE;
			if (settings->json && json_end())
				return output_result(-ENOMEM, error);
			if (output_flush())
				return EXIT_DONE;
		}
		sleep_until(&next, settings->watch_seconds);
	}
}

static enum exit_code stats(const struct settings *settings, struct error *error)
{
	const char *watch_only = settings->count			     ? "--count"
				 : settings->ranges			     ? "--ranges"
				 : settings->watch_sort != WATCH_SORT_POLICY ? "--sort"
									     : NULL;

	if (watch_only && settings->watch_seconds == 0) {
		error_set(error, EINVAL, EXIT_USAGE, "stats: %s requires --watch", watch_only);
		return error->exit;
	}
	if (settings->prometheus && (settings->json || settings->watch_seconds != 0)) {
		error_set(error, EINVAL, EXIT_USAGE, "stats: --prometheus prints once, without %s",
			  settings->json ? "--json" : "--watch");
		return error->exit;
	}
	if (settings->reset && (settings->watch_seconds != 0 || settings->prometheus ||
				settings->total || settings->all)) {
		error_set(error, EINVAL, EXIT_USAGE,
			  "stats: --reset prints no counters; leave out the other options");
		return error->exit;
	}
	if (settings->reset)
		return stats_reset(settings, error);
	return settings->watch_seconds == 0 ? stats_once(settings, error)
					    : stats_watch(settings, error);
}

const struct command command_stats = {
	.name = "stats",
	.operands = "[DEV]",
	.devices_max = 1,
	.summary = "Print the counters of each port range, or watch their rates",
	.details = "A packet is counted in exactly one row, so the rows add up to the packets "
		   "received. NEW counts\n"
		   "TCP segments with SYN and without ACK (connection attempts).",
	.options = { &option_same_dev, &option_all_rows, &option_watch, &option_count,
		     &option_ranges, &option_watch_sort, &option_reset, &option_total, &option_json,
		     &option_prometheus },
	.run = stats,
};
