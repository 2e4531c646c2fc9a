/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve stats: the counters, once or repeatedly. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "commands/command.h"
#include "base/output.h"
#include "control/loaded_devices.h"
#include "print/stats.h"

static int stats_once(const struct settings *settings, enum exit_code *ret_code,
		      struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	int r = loaded_snapshot_read(settings->operands[0], &snapshot, error);

	if (r)
		return r;
	r = settings->json ? print_stats_json(&snapshot)
			   : print_stats_text(&snapshot, settings->all);
	*ret_code = loaded_snapshot_report_unreadable(&snapshot);
	return r ? error_no_memory(error) : 0;
}

static enum exit_code stats(const struct settings *settings, struct error *error)
{
	time_t seconds = (time_t)settings->watch_seconds;
	long nanoseconds = (long)((settings->watch_seconds - (double)seconds) * 1e9);
	enum exit_code code;

	if (settings->count && settings->watch_seconds == 0) {
		error_set(error, EINVAL, EXIT_USAGE, "stats: --count requires --watch");
		return error->exit;
	}
	for (long n = 1;; n++) {
		struct timespec pause = { .tv_sec = seconds, .tv_nsec = nanoseconds };

		if (stats_once(settings, &code, error))
			return error->exit;
		if (settings->watch_seconds == 0 || n == settings->count || ferror(stdout))
			return code;
		if (!settings->json)
			printf("\n");
		output_flush();
		while (nanosleep(&pause, &pause) && errno == EINTR)
			continue;
	}
}

const struct command command_stats = {
	.name = "stats",
	.operands = "[DEV]",
	.operands_max = 1,
	.summary = "Print the counters of each port range and each reason",
	.details = "A packet is counted in exactly one row, so the rows add up to the packets "
		   "received. NEW counts\n"
		   "TCP segments with SYN and without ACK (connection attempts).",
	.options = { &option_all_rows, &option_watch, &option_count, &option_json },
	.run = stats,
};
