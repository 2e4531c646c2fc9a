/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve stats, portsieve status: what is loaded, and what it has counted. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "commands/command.h"
#include "base/log.h"
#include "base/output.h"
#include "print/print.h"
#include "control/loaded_devices.h"

/* Reads the named device, or all; nothing loaded is an error. */
static int read_loaded(int count, char **operands, struct snapshot *ret_snapshot,
		       struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct datapath_device device = { 0 };
	int r = datapath_open(DATAPATH_READ, NULL, &datapath, error);

	if (!r && count)
		r = target_find(&datapath, operands[0], &device, error);
	if (!r)
		r = snapshot_read(&datapath, device.ifindex, ret_snapshot, error);
	if (!r && !ret_snapshot->count && !ret_snapshot->unreadable_count) {
		snapshot_free(ret_snapshot);
		r = -ENOENT;
	}
	if (r == -ENOENT && !error->text[0])
		error_set(error, ENOENT, EXIT_NOT_LOADED,
			  "nothing is loaded in this network namespace; load a device with: "
			  "portsieve "
			  "load DEV");
	return r;
}

static int out_of_memory(struct error *error)
{
	return error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
}

/* Of devices that cannot be read. Returns the exit code that they make of a success. */
static enum exit_code tell_unreadable(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->unreadable_count; i++) {
		const struct datapath_device *device = &snapshot->unreadable[i].device;
		struct error error = snapshot->unreadable[i].error;
		char name[IF_NAMESIZE + 32];

		snprintf(name, sizeof(name), "%s (index %u)", device->name[0] ? device->name : "?",
			 device->ifindex);
		error_prefix(&error, name);
		log_error(&error);
	}
	if (!snapshot->unreadable_count)
		return EXIT_DONE;
	return snapshot->count ? EXIT_PARTLY : EXIT_FAILED;
}

static int stats_once(const struct settings *settings, int count, char **operands,
		      enum exit_code *ret_code, struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	int r = read_loaded(count, operands, &snapshot, error);

	if (r)
		return r;
	r = settings->json ? print_stats_json(&snapshot)
			   : print_stats_text(&snapshot, settings->all);
	*ret_code = tell_unreadable(&snapshot);
	return r ? out_of_memory(error) : 0;
}

static void wait_seconds(double seconds)
{
	struct timespec pause = { .tv_sec = (time_t)seconds,
				  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };

	while (nanosleep(&pause, &pause) && errno == EINTR)
		continue;
}

static enum exit_code stats(const struct settings *settings, int count, char **operands,
			    struct error *error)
{
	enum exit_code code;

	if (settings->count && settings->watch_seconds == 0) {
		error_set(error, EINVAL, EXIT_USAGE, "stats: --count wants --watch too");
		return error->exit;
	}
	for (long n = 1;; n++) {
		if (stats_once(settings, count, operands, &code, error))
			return error->exit;
		if (settings->watch_seconds == 0 || n == settings->count || ferror(stdout))
			return code;
		if (!settings->json)
			printf("\n");
		output_flush();
		wait_seconds(settings->watch_seconds);
	}
}

const struct command command_stats = {
	.name = "stats",
	.operands = "[DEV]",
	.operands_max = 1,
	.summary = "Print what each port range, and each reason, has counted",
	.details = "A packet is counted in exactly one row, so the rows add up to the packets "
		   "received. NEW counts\n"
		   "TCP segments with SYN and without ACK: attempts to connect.",
	.options = { &option_all_rows, &option_watch, &option_count, &option_json },
	.run = stats,
};

static enum exit_code status(const struct settings *settings, int count, char **operands,
			     struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	int r = read_loaded(count, operands, &snapshot, error);

	if (!r)
		r = settings->json ? print_status_json(&snapshot) : print_status_text(&snapshot);
	if (r && !error->text[0])
		out_of_memory(error);
	return r ? error->exit : tell_unreadable(&snapshot);
}

const struct command command_status = {
	.name = "status",
	.operands = "[DEV]",
	.operands_max = 1,
	.summary = "Print which devices are loaded, how, and with which policy",
	.options = { &option_json },
	.run = status,
};
