/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve replay: judges the packets of a capture. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/input.h"
#include "base/log.h"
#include "base/output.h"
#include "commands/command.h"
#include "compile/compile.h"
#include "control/judging_policy.h"
#include "control/trial.h"
#include "datapath/counter_sum.h"
#include "packet/capture.h"
#include "print/json.h"
#include "print/stats.h"
#include "print/verdict.h"

enum { PROGRESS_EVERY = 4096 }; /* packets */

struct replay {
	const struct settings *settings;
	const struct portsieve_image *image;
	struct capture *capture;
	struct trial trial;
	struct replay_totals totals;
	struct portsieve_counter runts; /* too short for a test run by the kernel */
	bool shows_progress;
	time_t shown; /* when progress was last shown; 0: never */
};

static void close_replay(struct replay *replay)
{
	trial_close(&replay->trial);
	capture_close(replay->capture);
}

/* Shows the progress, at most once a second. */
static void show_progress(struct replay *replay)
{
	time_t now;
	double progress;

	if (!replay->shows_progress || replay->totals.packets % PROGRESS_EVERY)
		return;
	now = time(NULL);
	if (now == replay->shown)
		return;
	replay->shown = now;
	progress = capture_progress(replay->capture);
	if (progress < 0)
		log_progress("%lu packets", replay->totals.packets);
	else
		log_progress("%3.0f %%, %lu packets", progress * 100, replay->totals.packets);
}

static int judge(struct replay *replay, const struct capture_packet *packet,
		 struct packet_verdict *ret_verdict, struct error *error)
{
	size_t length_bytes = packet->captured_bytes;
	enum portsieve_verdict verdict;
	struct testrun_result tried;
	int r;

	if (length_bytes < TESTRUN_FRAME_MIN) {
		*ret_verdict = packet_verdict_of_runt(replay->image);
		verdict = ret_verdict->would_drop ? PORTSIEVE_WOULD_DROP : PORTSIEVE_DROPPED;
		replay->runts.verdict[verdict].packets++;
		replay->runts.verdict[verdict].bytes += length_bytes;
		return 0;
	}
	if (length_bytes > TESTRUN_FRAME_MAX) {
		length_bytes = TESTRUN_FRAME_MAX;
		replay->totals.clipped++;
	}
	r = trial_judge(&replay->trial, packet->frame, length_bytes, &tried, error);
	if (r)
		return r;
	*ret_verdict = packet_verdict_of(&tried, replay->image);
	return 0;
}

static int replay_packets(struct replay *replay, struct error *error)
{
	const struct settings *settings = replay->settings;
	struct packet_verdict verdict;
	struct capture_packet packet;
	bool end = false;

	for (;;) {
		int r = capture_next(replay->capture, &packet, &end, error);

		if (r || end)
			return r;
		r = judge(replay, &packet, &verdict, error);
		if (r)
			return r;
		replay->totals.packets++;
		replay->totals.cut += packet.captured_bytes < packet.length_bytes;
		show_progress(replay);
		if (!settings->each)
			continue;
		if (settings->json)
			print_verdict_json(replay->totals.packets, &verdict);
		else
			print_verdict_text(replay->totals.packets, &verdict,
					   image_monitors(replay->image));
		if (ferror(stdout)) {
			output_flush(); /* keeps the errno for main */
			error->exit = EXIT_FAILED;
			return -EIO;
		}
	}
}

/* Prints the counters as `stats` does. */
static int print_totals(struct replay *replay, const char *path, struct error *error)
{
	_cleanup_free_ struct portsieve_counter *rows =
		calloc(replay->image->counters, sizeof(*rows));
	struct snapshot_device device = {
		.device.mode = DATAPATH_REPLAY,
		.image = (struct portsieve_image *)replay->image,
		.rows = rows,
		.read_ns = boottime_ns(),
	};
	int r;

	if (!rows)
		return error_no_memory(error);
	r = trial_counters(&replay->trial, rows, replay->image->counters, error);
	if (r)
		return r;
	counter_add(&rows[PORTSIEVE_MALFORMED_ETHERNET], &replay->runts);
	if (replay->settings->each && replay->totals.packets)
		printf("\n");
	r = replay->settings->json
		    ? print_replay_json(&device, path, &replay->totals)
		    : print_replay_text(&device, path, &replay->totals, replay->settings->all);
	return r ? error_no_memory(error) : 0;
}

static enum exit_code replay(const struct settings *settings, struct error *error)
{
	_cleanup_judging_policy_ struct judging_policy policy = { 0 };
	struct replay replay __attribute__((cleanup(close_replay))) = {
		.settings = settings,
		/* not between the lines of --each */
		.shows_progress =
			isatty(STDERR_FILENO) && !(settings->each && isatty(STDOUT_FILENO)),
	};
	int broken, r = 0;

	if (settings->each)
		json_begin_items();
	if (settings->policy && input_is_standard(settings->policy) &&
	    input_is_standard(settings->operands[0])) {
		error_set(error, EINVAL, EXIT_USAGE,
			  "replay: standard input cannot be both the capture and the policy");
		return error->exit;
	}
	if (capture_open(settings->operands[0], &replay.capture, error) ||
	    judging_policy_read(settings->policy, settings->devices, settings->devices_count,
				&policy, error) ||
	    trial_open(policy.image, &policy.addresses, &replay.trial, error))
		return error->exit;
	replay.image = policy.image;
	replay.totals.natively = replay.trial.native;
	broken = replay_packets(&replay, error);
	if (replay.shown)
		log_progress_end();
	/* if the capture is truncated, still print the totals so far */
	if (!(settings->each && settings->json) && !ferror(stdout))
		r = print_totals(&replay, input_name(settings->operands[0]), broken ? NULL : error);
	return r || broken ? error->exit : EXIT_DONE;
}

const struct command command_replay = {
	.name = "replay",
	.operands = "FILE",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Run a capture (pcap, pcapng) through a policy",
	.details = "Runs the real program on the packets, with separate counters and without "
		   "touching the live ones.\n"
		   "Packets that the capture has cut are judged by the bytes that are left, and "
		   "are mostly malformed:\n"
		   "capture with -s 0. With --each -j the output is one JSON object per packet "
		   "and nothing else.",
	.options = { &option_try_policy, &option_try_dev, &option_each, &option_all_rows,
		     &option_json },
	.run = replay,
};
