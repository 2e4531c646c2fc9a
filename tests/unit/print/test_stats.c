/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats and status of a hand-made snapshot. The JSON must have all members in the design; more may
 * be added. Also services of the registry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "lib/printed.h"
#include "print/stats.h"
#include "print/status.h"
#include "print/services.h"
#include "print/format.h"
#include "snapshot_by_hand.h"

static void stats_as_text(const struct snapshot *snapshot)
{
	assert_int_equal(print_stats_text(snapshot, false), 0);
}

static void stats_as_text_of_all_rows(const struct snapshot *snapshot)
{
	assert_int_equal(print_stats_text(snapshot, true), 0);
}

/* For one device; test_drift.c has several. */
static const struct drift_report no_drift = { .list = (const struct drift[]){ { 0 } } };
static const struct status_machine now = { 0 };

static void status_as_text(const struct snapshot *snapshot)
{
	assert_int_equal(print_status_text(snapshot, &no_drift, &now), 0);
}

static void stats_as_json(const struct snapshot *snapshot)
{
	assert_int_equal(print_stats_json(snapshot, NULL), 0);
}

static void status_as_json(const struct snapshot *snapshot)
{
	assert_int_equal(print_status_json(snapshot, &no_drift, &now), 0);
}

/* What is printed for the snapshot; the caller frees it. */
static char *printed(void (*print)(const struct snapshot *), const struct snapshot *snapshot)
{
	struct capture capture = capture_start(stdout);

	print(snapshot);
	return capture_end(&capture);
}

/* All of `expected` must be in `actual`: keys of objects, arrays element by element. */
static void assert_holds(json_object *actual, json_object *expected)
{
	if (json_object_is_type(expected, json_type_object)) {
		json_object_object_foreach (expected, key, value) {
			json_object *found;

			if (!json_object_object_get_ex(actual, key, &found))
				fail_msg("no %s", key);
			assert_holds(found, value);
		}
	} else if (json_object_is_type(expected, json_type_array)) {
		assert_int_equal(json_object_array_length(actual),
				 json_object_array_length(expected));
		for (size_t i = 0; i < json_object_array_length(expected); i++)
			assert_holds(json_object_array_get_idx(actual, i),
				     json_object_array_get_idx(expected, i));
	} else if (!json_object_equal(actual, expected)) {
		fail_msg("%s, not %s", json_object_to_json_string(actual),
			 json_object_to_json_string(expected));
	}
}

static json_object *parsed(const char *text)
{
	enum json_tokener_error error;
	json_object *object = json_tokener_parse_verbose(text, &error);

	if (error != json_tokener_success)
		fail_msg("%s: %s", json_tokener_error_desc(error), text);
	return object;
}

/* Checks that a document is one line and contains `expected`. The caller releases the document. */
static json_object *parsed_line(char *text)
{
	json_object *document;

	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	document = parsed(text);
	free(text);
	return document;
}

static void assert_json_holds(json_object *actual, const char *expected_text)
{
	json_object *expected = parsed(expected_text);

	assert_holds(actual, expected);
	json_object_put(expected);
}

static json_object *first_device(json_object *document)
{
	json_object *devices;

	assert_true(json_object_object_get_ex(document, "devices", &devices));
	return json_object_array_get_idx(devices, 0);
}

static json_object *member(json_object *object, const char *key, size_t index)
{
	json_object *array;

	assert_true(json_object_object_get_ex(object, key, &array));
	return json_object_array_get_idx(array, index);
}

static void stats_json_begins_as_documented(void **state)
{
	json_object *document = parsed_line(printed(stats_as_json, *state));

	assert_json_holds(document, "{\"schema\":2}");
	assert_json_holds(
		first_device(document),
		"{\"device\":\"eth0\",\"ifindex\":4,\"mode\":\"native\",\"attach\":\"link\","
		"\"monitor\":false,\"policy\":{\"sha256\":\"" DIGEST "\","
		"\"default\":\"drop\",\"return\":\"none\",\"source\":\"/etc/p \\\"q\\\".yaml\"}}");
	json_object_put(document);
}

static void stats_json_has_the_rules_ranges_and_then_the_built_in_ones(void **state)
{
	json_object *document = parsed_line(printed(stats_as_json, *state));
	json_object *device = first_device(document), *ranges;

	assert_true(json_object_object_get_ex(device, "ranges", &ranges));
	assert_int_equal(json_object_array_length(ranges), 2 + 16);
	assert_json_holds(member(device, "ranges", 0),
			  "{\"rule\":\"web\",\"protocol\":\"tcp\",\"low\":80,\"high\":80,"
			  "\"action\":\"allow\",\"passed\":{\"packets\":1,\"bytes\":60},"
			  "\"dropped\":{\"packets\":0,\"bytes\":0},"
			  "\"would_drop\":{\"packets\":0,\"bytes\":0},\"new_connections\":1}");
	assert_json_holds(member(device, "ranges", 1),
			  "{\"rule\":\"games\",\"protocol\":\"udp\",\"low\":27000,\"high\":27100,"
			  "\"action\":\"drop\",\"passed\":{\"packets\":0,\"bytes\":0},"
			  "\"dropped\":{\"packets\":18446744073709551615,"
			  "\"bytes\":9007199254740993},\"new_connections\":0}");
	assert_json_holds(member(device, "ranges", 2),
			  "{\"rule\":\"_port0\",\"protocol\":\"tcp\",\"low\":0,\"high\":0,"
			  "\"action\":\"drop\"}");
	assert_json_holds(member(device, "ranges", 17),
			  "{\"rule\":\"_dynamic\",\"protocol\":\"dccp\",\"low\":49152,"
			  "\"high\":65535,\"dropped\":{\"packets\":7,\"bytes\":700}}");
	json_object_put(document);
}

/* The policy has return: none; packets were counted as replies before. */
static void stats_json_has_the_reasons_that_the_policy_can_produce(void **state)
{
	struct snapshot *snapshot = *state;
	json_object *document = parsed_line(printed(stats_as_json, *state));
	json_object *device = first_device(document), *reasons;
	const int replies = 4;

	assert_true(json_object_object_get_ex(device, "reasons", &reasons));
	assert_int_equal(json_object_array_length(reasons), PORTSIEVE_REASONS - replies);
	assert_json_holds(member(device, "reasons", 0),
			  "{\"reason\":\"non-ip\",\"passed\":{\"packets\":2,\"bytes\":84},"
			  "\"dropped\":{\"packets\":0,\"bytes\":0}}");
	assert_json_holds(member(device, "reasons", PORTSIEVE_REASONS - replies - 1),
			  "{\"reason\":\"source-route\",\"passed\":{\"packets\":0,\"bytes\":0}}");
	assert_json_holds(device, "{\"retired\":{\"passed\":{\"packets\":3,\"bytes\":300},"
				  "\"new_connections\":2}}");
	json_object_put(document);

	snapshot->devices[0].rows[PORTSIEVE_RETURN_FLOW].verdict[PORTSIEVE_PASSED].packets = 5;
	snapshot->devices[0].image->flags |= PORTSIEVE_IMAGE_RETURN_SOCKET;
	document = parsed_line(printed(stats_as_json, snapshot));
	assert_true(json_object_object_get_ex(first_device(document), "reasons", &reasons));
	assert_int_equal(json_object_array_length(reasons), PORTSIEVE_REASONS - 2);
	assert_json_holds(json_object_array_get_idx(reasons, PORTSIEVE_REASONS - 4),
			  "{\"reason\":\"return-flow\",\"passed\":{\"packets\":5}}");
	json_object_put(document);
}

static void without_a_policy_its_digest_is_null(void **state)
{
	struct snapshot *snapshot = *state;
	json_object *document;

	memset(snapshot->devices[0].image->sha256, 0, 32);
	snapshot->devices[0].image->source[0] = '\0';
	document = parsed_line(printed(stats_as_json, snapshot));
	assert_json_holds(first_device(document), "{\"policy\":{\"sha256\":null,\"source\":null}}");
	json_object_put(document);
}

static void monitor_mode_is_told_in_json_and_text(void **state)
{
	struct snapshot *snapshot = *state;
	json_object *document;
	char *text;

	snapshot->devices[0].image->flags |= PORTSIEVE_IMAGE_MONITOR;
	document = parsed_line(printed(stats_as_json, snapshot));
	assert_json_holds(first_device(document), "{\"monitor\":true}");
	json_object_put(document);
	text = printed(stats_as_text, snapshot);
	assert_non_null(strstr(text, "DROPPED   BYTES  WOULD DROP  BYTES  NEW\n"));
	assert_non_null(strstr(text, "MONITOR"));
	free(text);
	text = printed(status_as_text, snapshot);
	assert_non_null(strstr(text, "drop (monitor)"));
	free(text);
}

/* As after switching to enforce: the counts of monitor mode stay, separate from the others. */
static void the_three_verdicts_are_three_columns(void **state)
{
	struct snapshot *snapshot = *state;
	struct snapshot_device *device = snapshot->devices;
	json_object *document;
	char *text;

	row_fill(&device->rows[GAMES_ROW], PORTSIEVE_DROPPED, 5, 300);
	row_fill(&device->rows[GAMES_ROW], PORTSIEVE_WOULD_DROP, 12345, 999999);
	text = printed(stats_as_text, snapshot);
	assert_non_null(strstr(text, " PASSED  BYTES  DROPPED   BYTES  WOULD DROP   BYTES  NEW\n"));
	assert_non_null(strstr(text, "27000-27100  drop         -      -        5   300 B      "
				     "12,345  1.0 MB    -\n"));
	assert_non_null(strstr(text, "  6  444 B       12  1.0 kB      12,345  1.0 MB    3\n"));
	free(text);
	document = parsed_line(printed(stats_as_json, snapshot));
	assert_json_holds(member(first_device(document), "ranges", 1),
			  "{\"rule\":\"games\",\"passed\":{\"packets\":0,\"bytes\":0},"
			  "\"dropped\":{\"packets\":5,\"bytes\":300},"
			  "\"would_drop\":{\"packets\":12345,\"bytes\":999999}}");
	json_object_put(document);
}

/* A row with only would-drop packets is not empty. */
static void a_row_that_would_have_dropped_is_shown(void **state)
{
	struct snapshot *snapshot = *state;
	char *text;

	row_fill(&snapshot->devices[0].rows[PORTSIEVE_MPLS], PORTSIEVE_WOULD_DROP, 1, 64);
	text = printed(stats_as_text, snapshot);
	assert_non_null(strstr(text, "\n  mpls "));
	free(text);
}

static void without_devices_the_json_has_an_empty_list(void **state)
{
	struct snapshot none = { 0 };
	json_object *document = parsed_line(printed(stats_as_json, &none));

	(void)state;
	assert_json_holds(document, "{\"schema\":2,\"devices\":[],\"warnings\":[],\"errors\":[]}");
	json_object_put(document);
}

static void status_json_holds_how_a_device_is_loaded(void **state)
{
	json_object *document = parsed_line(printed(status_as_json, *state));

	assert_json_holds(document, "{\"schema\":2}");
	assert_json_holds(
		first_device(document),
		"{\"device\":\"eth0\",\"mode\":\"native\",\"attach\":\"link\","
		"\"monitor\":false,\"policy\":{\"sha256\":\"" DIGEST "\"},\"ifindex\":4,"
		"\"program_id\":10,\"link_id\":11,\"policy_slot_id\":12,\"rules\":2,"
		"\"port_ranges\":2,\"counted\":{\"passed\":{\"packets\":6,\"bytes\":444},"
		"\"dropped\":{\"packets\":6,\"bytes\":9007199254741693},"
		"\"would_drop\":{\"packets\":0,\"bytes\":0}},\"applied\":\"2026-08-17T00:00:01Z\","
		"\"falls_back_in_seconds\":null}");
	json_object_put(document);
}

static void stats_text_shows_the_rows_that_have_counted(void **state)
{
	static const char table[] = "eth0  native, link; policy /etc/p \"q\".yaml, default drop\n\n"
				    "  RULE            PROTOCOL        PORTS  ACTION  PASSED  "
				    "BYTES                     DROPPED   BYTES  NEW\n"
				    "  web             tcp                80  allow        1   60 "
				    "B                           -       -    1\n"
				    "  games           udp       27000-27100  drop         -      "
				    "-  18,446,744,073,709,551,615  9.0 PB    -\n"
				    "  _dynamic        dccp      49152-65535  drop         -      "
				    "-                           7   700 B    -\n"
				    "  non-ip                                              2   84 "
				    "B                           -       -\n"
				    "  (ended ranges)                                      3  300 "
				    "B                           -       -    2\n"
				    "  all packets                                         6  444 "
				    "B                           6  9.0 PB    3\n";
	char *text = printed(stats_as_text, *state);
	char *rest = strchr(strstr(text, "  all packets"), '\n') + 1;

	/* 16 built-in ranges and 25 reasons, one of each with packets */
	assert_string_equal(rest, "\n  35 rows without packets are hidden; --all shows them\n");
	*rest = '\0';
	assert_string_equal(text, table);
	free(text);
}

static void stats_text_shows_every_row_when_asked(void **state)
{
	char *text = printed(stats_as_text_of_all_rows, *state);
	size_t lines = 0;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, 2 + 1 + 18 + PORTSIEVE_REASONS - 4 + 1 + 1);
	assert_null(strstr(text, "--all shows them"));
	assert_null(strstr(text, " \n"));
	free(text);
}

/* Adds ranges of one port to the last rule, `games`, each with the counts of `web`. */
static void add_ranges(struct portsieve_image *image, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		image->counter[image->ranges] = WEB_ROW;
		image->range[image->ranges++] = (struct portsieve_range){
			.rule = 1, .low = 2 * i, .high = 2 * i, .transport = PORTSIEVE_UDP
		};
	}
}

static void stats_text_folds_16_ranges_of_a_rule_and_not_15(void **state)
{
	struct snapshot *snapshot = *state;
	char *text;

	add_ranges(snapshot->devices[0].image, 14);
	text = printed(stats_as_text, snapshot);
	assert_null(strstr(text, " ranges  "));
	assert_non_null(strstr(text, "games           udp                26 "));
	free(text);
	add_ranges(snapshot->devices[0].image, 1);
	text = printed(stats_as_text, snapshot);
	assert_non_null(strstr(text, "16 ranges"));
	assert_non_null(strstr(text, "\n  35 rows without packets are hidden, and 16 ranges folded "
				     "into 1 row; --all shows them\n"));
	assert_null(strstr(text, "27000-27100"));
	free(text);
	text = printed(stats_as_text_of_all_rows, snapshot);
	assert_non_null(strstr(text, "27000-27100"));
	free(text);
}

static void status_text_is_a_row_for_each_device(void **state)
{
	char *text = printed(status_as_text, *state);
	char *memory = strstr(text, " MB\n");

	/* memory depends on the number of CPUs: ignore its digits */
	assert_non_null(memory);
	while (memory[-1] != ' ')
		memmove(memory - 1, memory, strlen(memory) + 1), memory--;
	assert_string_equal(text,
			    "DEVICE  MODE    ATTACH  DEFAULT  RETURN  RULES  RANGES  MEMORY\n"
			    "eth0    native  link    drop     none        2       2   MB\n"
			    "\n"
			    "eth0: policy /etc/p \"q\".yaml, applied 2026-08-17 00:00:01 UTC\n");
	free(text);
}

static void a_digest_is_64_digits_or_nothing(void **state)
{
	uint8_t sha256[32] = { 0 };
	char text[65] = "x";

	(void)state;
	format_sha256(sha256, text);
	assert_string_equal(text, "");
	sha256[0] = 0x0f;
	sha256[31] = 0xa0;
	format_sha256(sha256, text);
	assert_string_equal(text,
			    "0f000000000000000000000000000000000000000000000000000000000000a0");
}

static void ports_are_one_number_or_two(void **state)
{
	char text[16];

	(void)state;
	format_ports(0, 0, text);
	assert_string_equal(text, "0");
	format_ports(1, 65535, text);
	assert_string_equal(text, "1-65535");
	format_ports(65535, 65535, text);
	assert_string_equal(text, "65535");
}

static void services_as_json_have_name_protocols_and_ports(void **state)
{
	const struct registry_service *services[4];
	size_t count = registry_by_name("http", 1 << PORTSIEVE_TCP, services, 1);
	struct capture capture;
	json_object *document;

	(void)state;
	assert_true(count >= 1);
	capture = capture_start(stdout);
	assert_int_equal(print_services_json(services, 1), 0);
	document = parsed_line(capture_end(&capture));
	assert_json_holds(document, "{\"schema\":2,\"services\":[{\"name\":\"http\","
				    "\"low\":80,\"high\":80}]}");
	json_object_put(document);
}

#define with_snapshot(test) cmocka_unit_test_setup_teardown(test, snapshot_make, snapshot_release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_snapshot(stats_json_begins_as_documented),
		with_snapshot(stats_json_has_the_rules_ranges_and_then_the_built_in_ones),
		with_snapshot(stats_json_has_the_reasons_that_the_policy_can_produce),
		with_snapshot(without_a_policy_its_digest_is_null),
		with_snapshot(monitor_mode_is_told_in_json_and_text),
		with_snapshot(the_three_verdicts_are_three_columns),
		with_snapshot(a_row_that_would_have_dropped_is_shown),
		with_snapshot(without_devices_the_json_has_an_empty_list),
		with_snapshot(status_json_holds_how_a_device_is_loaded),
		with_snapshot(stats_text_shows_the_rows_that_have_counted),
		with_snapshot(stats_text_shows_every_row_when_asked),
		with_snapshot(stats_text_folds_16_ranges_of_a_rule_and_not_15),
		with_snapshot(status_text_is_a_row_for_each_device),
		cmocka_unit_test(a_digest_is_64_digits_or_nothing),
		cmocka_unit_test(ports_are_one_number_or_two),
		cmocka_unit_test(services_as_json_have_name_protocols_and_ports),
	};

	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
