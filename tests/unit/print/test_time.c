/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats and status for a pending change, ended rules, a device that has moved to another namespace,
 * and without a policy file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/printed.h"
#include "print/stats.h"
#include "print/status.h"
#include "snapshot_by_hand.h"

static const uint64_t second_ns = 1000000000;

/* The caller frees it. */
static char *stats_text(const struct snapshot *snapshot, bool all_rows)
{
	struct capture capture = capture_start(stdout);

	print_stats_text(snapshot, all_rows);
	return capture_end(&capture);
}

static char *printed(int (*print)(const struct snapshot *), const struct snapshot *snapshot)
{
	struct capture capture = capture_start(stdout);

	print(snapshot);
	return capture_end(&capture);
}

/* status of devices without drift; test_drift.c tests the others. */
static const struct drift_report no_drift = { .list = (const struct drift[8]){ { 0 } } };
static const struct status_machine now = { 0 };

static int status_text(const struct snapshot *snapshot)
{
	return print_status_text(snapshot, &no_drift, &now);
}

static int status_json(const struct snapshot *snapshot)
{
	return print_status_json(snapshot, &no_drift, &now);
}

/* The failsafe file has changed, and no flows are needed. */
static int status_text_of_changed_machine(const struct snapshot *snapshot)
{
	static const uint8_t other[32] = { 1 };
	const struct status_machine changed = { .failsafe_sha256 = other };

	return print_status_text(snapshot, &no_drift, &changed);
}

static void assert_told(char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("no \"%s\" in:\n%s", words, text);
	free(text);
}

static void assert_not_told(char *text, const char *words)
{
	if (strstr(text, words))
		fail_msg("\"%s\" in:\n%s", words, text);
	free(text);
}

/* A column's word in the table row that begins with `start`. The caller frees it. */
static char *word_of(const char *text, const char *start, int column)
{
	const char *line = strstr(text, start);
	char *word;

	assert_non_null(line);
	for (int i = 0; i < column; i++) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	word = strndup(line, strcspn(line, " \n"));
	return word;
}

static void assert_word(char *text, const char *start, int column, const char *expected)
{
	char *word = word_of(text, start, column);

	assert_string_equal(word, expected);
	free(word);
	free(text);
}

static void a_rule_is_in_force_until_its_end_has_come(void **state)
{
	struct snapshot *snapshot = *state;
	struct snapshot_device *device = snapshot->devices;

	device->image->rule[1].until_ns = 1000; /* games */
	device->read_ns = 999;
	assert_told(printed(status_json, snapshot),
		    "\"rules\":2,\"monitored_rules\":0,\"port_ranges\":2,");
	assert_word(stats_text(snapshot, false), "games ", 3, "drop");
	device->read_ns = 1000;
	assert_told(printed(status_json, snapshot),
		    "\"rules\":1,\"monitored_rules\":0,\"port_ranges\":1,");
	assert_word(stats_text(snapshot, false), "games ", 3, "ended");
	assert_word(stats_text(snapshot, true), "games ", 3, "ended");
	assert_word(stats_text(snapshot, true), "web ", 3, "allow");
}

/* Built-in ranges have no rule; their rule number 0 means nothing. */
static void the_end_of_the_first_rule_is_not_that_of_built_in_ranges(void **state)
{
	struct snapshot *snapshot = *state;

	snapshot->devices[0].image->rule[0].until_ns = 1;
	snapshot->devices[0].read_ns = 2;
	assert_word(stats_text(snapshot, true), "web ", 3, "ended");
	assert_word(stats_text(snapshot, true), "_port0 ", 3, "drop");
	assert_word(stats_text(snapshot, true), "_dynamic ", 3, "drop");
}

static void status_and_stats_say_that_a_policy_waits_and_for_how_long(void **state)
{
	struct snapshot *snapshot = *state;
	struct snapshot_device *device = snapshot->devices;

	device->image->confirm_until_ns = 100 * second_ns;
	device->read_ns = 43 * second_ns;
	assert_told(printed(status_text, snapshot), "\neth0: unconfirmed; rolled back in 57 s "
						    "unless confirmed with: portsieve confirm\n");
	assert_told(printed(status_json, snapshot), "\"falls_back_in_seconds\":57,");
	assert_told(stats_text(snapshot, false), "default drop, unconfirmed\n");
	device->read_ns++;
	assert_told(printed(status_json, snapshot), "\"falls_back_in_seconds\":57,");
	device->read_ns = 43 * second_ns - 1;
	assert_told(printed(status_json, snapshot), "\"falls_back_in_seconds\":58,");
	device->read_ns = 100 * second_ns - 1;
	assert_told(printed(status_json, snapshot), "\"falls_back_in_seconds\":1,");
}

static void at_its_deadline_a_policy_waits_no_more(void **state)
{
	struct snapshot *snapshot = *state;

	snapshot->devices[0].image->confirm_until_ns = 100 * second_ns;
	snapshot->devices[0].read_ns = 100 * second_ns;
	assert_not_told(printed(status_text, snapshot), "unconfirmed");
	assert_told(printed(status_json, snapshot), "\"falls_back_in_seconds\":null,");
	assert_not_told(stats_text(snapshot, false), "unconfirmed");
	/* without a deadline no change is pending */
	snapshot->devices[0].image->confirm_until_ns = 0;
	assert_not_told(printed(status_text, snapshot), "unconfirmed");
}

static void status_says_that_the_policy_has_fallen_back(void **state)
{
	struct snapshot *snapshot = *state;

	assert_not_told(printed(status_text, snapshot), "rolled back");
	assert_told(printed(status_json, snapshot), "\"fell_back\":false,");
	snapshot->devices[0].device.fallen_back = true;
	assert_told(printed(status_text, snapshot),
		    "\neth0: rolled back to this policy: the last change was not confirmed "
		    "in time\n");
	assert_told(printed(status_json, snapshot), "\"fell_back\":true,");
	/* a writer has made it permanent */
	snapshot->devices[0].device.fallen_back = false;
	snapshot->devices[0].image->flags |= PORTSIEVE_IMAGE_FELL_BACK;
	assert_told(printed(status_text, snapshot), "\neth0: rolled back to this policy: ");
	assert_told(printed(status_json, snapshot), "\"fell_back\":true,");
}

static int stats_json(const struct snapshot *snapshot)
{
	return print_stats_json(snapshot, NULL);
}

static void a_device_that_moved_away_is_told_by_its_index(void **state)
{
	struct snapshot *snapshot = *state;
	struct datapath_device *device = &snapshot->devices[0].device;

	device->moved = true;
	device->name[0] = '\0';
	assert_told(stats_text(snapshot, false), "(index 4, moved away)  native, link; ");
	assert_told(printed(status_text, snapshot), "\n(index 4, moved away)  native");
	assert_told(printed(stats_json, snapshot), "{\"device\":\"\",\"ifindex\":4,");
	snapshot->devices[0].image->confirm_until_ns = second_ns;
	assert_told(printed(status_text, snapshot),
		    "\n(index 4, moved away): unconfirmed; rolled back");
}

static void without_a_file_stats_and_status_say_so(void **state)
{
	struct snapshot *snapshot = *state;
	struct portsieve_image *image = snapshot->devices[0].image;

	image->source[0] = '\0';
	image->flags = 0;
	assert_told(stats_text(snapshot, false), "policy none (runtime rules), default allow\n");
	assert_told(
		printed(status_text, snapshot),
		"\n\neth0: no policy file, only runtime rules; changed 2026-08-17 00:00:01 UTC\n");
	image->flags = PORTSIEVE_IMAGE_NO_POLICY;
	assert_told(stats_text(snapshot, false), "no policy: counts, drops nothing\n");
	assert_told(printed(status_text, snapshot),
		    "\n\neth0: no policy; counts only, since 2026-08-17 00:00:01 UTC\n");
}

static void what_was_asked_for_is_the_reason_of_the_attaching(void **state)
{
	struct snapshot *snapshot = *state;
	struct datapath_device *device = &snapshot->devices[0].device;

	device->attach = DATAPATH_DISPATCHER;
	assert_told(printed(status_json, snapshot),
		    "\"attach_reason\":\"this kernel supports it, ");
	device->attach_asked = true;
	assert_told(printed(status_json, snapshot),
		    "\"attach_reason\":\"requested with --attach dispatcher\"");
	device->attach = DATAPATH_LINK;
	assert_told(printed(status_json, snapshot),
		    "\"attach_reason\":\"requested with --attach link\"");
}

static void a_long_path_is_cut_between_characters(void **state)
{
	struct snapshot *snapshot = *state;
	char *source = snapshot->devices[0].image->source, expected[160];

	snprintf(source, PORTSIEVE_SOURCE_MAX, "/\xc3\xbc/%079d.yaml", 0); /* 88 bytes */
	snprintf(expected, sizeof(expected), "policy\n  /\xc3\xbc/%079d.yaml,", 0);
	assert_told(printed(status_text, snapshot), expected);
	snprintf(source, PORTSIEVE_SOURCE_MAX, "/\xc3\xbc/%080d.yaml", 0);
	snprintf(expected, sizeof(expected), "policy\n  ...\xc3\xbc/%080d.yaml,", 0);
	assert_told(printed(status_text, snapshot), expected);
	/* the last 88 bytes would begin within the character */
	snprintf(source, PORTSIEVE_SOURCE_MAX, "/\xc3\xbc/%081d.yaml", 0);
	snprintf(expected, sizeof(expected), "policy\n  .../%081d.yaml,", 0);
	assert_told(printed(status_text, snapshot), expected);
}

/* The longest words in every column, long names, and every line below the table. */
static void status_fits_100_columns(void **state)
{
	struct snapshot *snapshot = *state;
	struct snapshot_device *device = snapshot->devices;
	char *text;

	strcpy(device->device.name, "fifteen-letters");
	device->device.mode = DATAPATH_GENERIC;
	device->device.attach = DATAPATH_DISPATCHER;
	device->image->flags |= PORTSIEVE_IMAGE_RETURN_SOCKET | PORTSIEVE_IMAGE_RETURN_FLOW |
				PORTSIEVE_IMAGE_RETURN_AUTO | PORTSIEVE_IMAGE_MONITOR;
	device->image->flows = 4194304;
	device->image->prefixes = 262144;
	device->image->confirm_until_ns = 86400 * second_ns;
	device->image->rule[1].monitor = 1;
	memset(device->image->source, 'a', PORTSIEVE_SOURCE_MAX);
	text = printed(status_text_of_changed_machine, snapshot);
	assert_non_null(strstr(text, "fifteen-letters  generic  dispatcher  drop (monitor)  "
				     "socket+flow (auto)  "));
	assert_non_null(strstr(text, "DEGRADED"));
	assert_non_null(strstr(text, "failsafe.yaml"));
	assert_non_null(strstr(text, "`return: auto` would now be socket"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > 100)
			fail_msg("%.*s", (int)strcspn(line, "\n"), line);
	free(text);
}

/* All rows but one have a packet; then that one, too. */
static void one_hidden_row_is_one_row(void **state)
{
	struct snapshot *snapshot = *state;
	struct snapshot_device *device = snapshot->devices;

	for (uint32_t row = 0; row < device->image->counters; row++)
		if (row != PORTSIEVE_COUNTER_GENERATION && row != PORTSIEVE_IGMP)
			device->rows[row].verdict[PORTSIEVE_PASSED].packets = 1;
	assert_told(stats_text(snapshot, false),
		    "\n  1 row without packets is hidden; --all shows them\n");
	device->rows[PORTSIEVE_IGMP].verdict[PORTSIEVE_PASSED].packets = 1;
	assert_not_told(stats_text(snapshot, false), "--all");
}

static void a_replay_says_what_cut_packets_count_as(void **state)
{
	struct snapshot *snapshot = *state;
	struct replay_totals totals = { .packets = 3, .cut = 2 };
	struct capture capture = capture_start(stdout);
	char *text;

	print_replay_text(snapshot->devices, "file.pcap", &totals, false);
	text = capture_end(&capture);
	assert_non_null(strstr(text, "file.pcap  3 packets, 2 truncated by the capture; policy"));
	assert_non_null(strstr(text, "malformed"));
	assert_told(text, "-s 0");
	totals.cut = 0;
	capture = capture_start(stdout);
	print_replay_text(snapshot->devices, "file.pcap", &totals, false);
	assert_not_told(capture_end(&capture), "-s 0");
}

#define with_snapshot(test) cmocka_unit_test_setup_teardown(test, snapshot_make, snapshot_release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_snapshot(a_rule_is_in_force_until_its_end_has_come),
		with_snapshot(the_end_of_the_first_rule_is_not_that_of_built_in_ranges),
		with_snapshot(status_and_stats_say_that_a_policy_waits_and_for_how_long),
		with_snapshot(at_its_deadline_a_policy_waits_no_more),
		with_snapshot(status_says_that_the_policy_has_fallen_back),
		with_snapshot(a_device_that_moved_away_is_told_by_its_index),
		with_snapshot(without_a_file_stats_and_status_say_so),
		with_snapshot(what_was_asked_for_is_the_reason_of_the_attaching),
		with_snapshot(a_long_path_is_cut_between_characters),
		with_snapshot(status_fits_100_columns),
		with_snapshot(one_hidden_row_is_one_row),
		with_snapshot(a_replay_says_what_cut_packets_count_as),
	};

	return cmocka_run_group_tests_name("print_time", tests, NULL, NULL);
}
