/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics of a hand-made snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "print/metrics.h"
#include "snapshot_by_hand.h"

/* The metrics as text; the caller frees it. */
static char *metrics(const struct snapshot *snapshot, enum metrics_format format)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(metrics_print(out, snapshot, NULL, 0, format), 0);
	fclose(out);
	return text;
}

static size_t lines_with(const char *text, const char *start)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, start)); at++)
		count += at == text || at[-1] == '\n';
	return count;
}

static void assert_has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no %s in:\n%s", line, text);
}

static void a_series_is_there_once_it_is_not_zero(void **state)
{
	char *text = metrics(*state, METRICS_PROMETHEUS);

	assert_has(text, "\nportsieve_packets_total{device=\"eth0\",rule=\"web\",protocol=\"tcp\","
			 "verdict=\"passed\"} 1\n");
	assert_has(text, "\nportsieve_packets_total{device=\"eth0\",rule=\"games\",protocol="
			 "\"udp\",verdict=\"dropped\"} 18446744073709551615\n");
	assert_has(text, "\nportsieve_bytes_total{device=\"eth0\",rule=\"games\",protocol=\"udp\","
			 "verdict=\"dropped\"} 9007199254740993\n");
	assert_has(text, "\nportsieve_packets_total{device=\"eth0\",rule=\"_dynamic\",protocol="
			 "\"dccp\",verdict=\"dropped\"} 7\n");
	assert_int_equal(lines_with(text, "portsieve_packets_total{"), 3);
	assert_has(text, "\nportsieve_new_connections_total{device=\"eth0\",rule=\"web\",protocol="
			 "\"tcp\"} 1\n");
	assert_has(text, "\nportsieve_reason_packets_total{device=\"eth0\",reason=\"non-ip\","
			 "verdict=\"passed\"} 2\n");
	assert_int_equal(lines_with(text, "portsieve_reason_packets_total{"), 1);
	/* 1 of web, 2 non-IP, 3 of ended ranges */
	assert_has(text,
		   "\nportsieve_device_packets_total{device=\"eth0\",verdict=\"passed\"} 6\n");
	assert_has(text, "\nportsieve_policy_info{device=\"eth0\",sha256=\"" DIGEST "\",default="
			 "\"drop\",return=\"none\",mode=\"enforce\"} 1\n");
	assert_has(text, "\nportsieve_policy_applied_timestamp_seconds{device=\"eth0\"} "
			 "1786924802.000\n");
	assert_has(text, "\nportsieve_rule_info{device=\"eth0\",rule=\"games\",action=\"drop\","
			 "ports=\"udp/27000-27100\"} 1\n");
	free(text);
}

static void what_serve_has_lost_is_a_counter_of_each_device(void **state)
{
	const struct snapshot *snapshot = *state;
	const struct metrics_lost lost[] = {
		{ snapshot->devices[0].device.ifindex + 100, 5 },
		{ snapshot->devices[0].device.ifindex, 700 },
	};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(metrics_print(out, snapshot, lost, 2, METRICS_PROMETHEUS), 0);
	fclose(out);
	assert_has(text, "\nportsieve_events_lost_total{device=\"eth0\"} 700\n");
	assert_int_equal(lines_with(text, "portsieve_events_lost_total{"), 1);
	free(text);
	text = metrics(snapshot, METRICS_PROMETHEUS);
	assert_null(strstr(text, "events_lost"));
	free(text);
}

static void openmetrics_names_counters_without_total_and_ends_in_eof(void **state)
{
	char *text = metrics(*state, METRICS_OPENMETRICS);

	assert_has(text, "# TYPE portsieve_packets counter\nportsieve_packets_total{");
	assert_string_equal(text + strlen(text) - strlen("\n# EOF\n"), "\n# EOF\n");
	free(text);
	text = metrics(*state, METRICS_PROMETHEUS);
	assert_has(text, "# TYPE portsieve_packets_total counter\n");
	assert_null(strstr(text, "EOF"));
	free(text);
}

static void a_device_name_is_escaped(void **state)
{
	struct snapshot *snapshot = *state;
	char *text;

	strcpy(snapshot->devices[0].device.name, "a\"b\\c\n");
	text = metrics(snapshot, METRICS_PROMETHEUS);
	assert_has(text, "portsieve_series_omitted{device=\"a\\\"b\\\\c?\"} 0\n");
	free(text);
}

static void an_unreadable_device_is_not_up(void **state)
{
	struct snapshot snapshot = *(struct snapshot *)*state;
	struct snapshot_unreadable unreadable = { .device = { .name = "eth1", .ifindex = 5 } };
	char *text;

	snapshot.unreadable = &unreadable;
	snapshot.unreadable_count = 1;
	text = metrics(&snapshot, METRICS_PROMETHEUS);
	assert_has(text,
		   "\nportsieve_device_up{device=\"eth0\",mode=\"native\",attach=\"link\"} 1\n"
		   "portsieve_device_up{device=\"eth1\",mode=\"\",attach=\"\"} 0\n");
	free(text);
}

/* Fills the image with `count` rules with one port and one packet each. */
static void many_rules(struct snapshot_device *device, unsigned int count)
{
	struct portsieve_image *image = device->image;

	image_fill(image);
	image->enforced =
		(struct portsieve_ids){ PORTSIEVE_RANGE_RULES, PORTSIEVE_RANGE_RULES + count };
	free(device->rows);
	device->rows = calloc(PORTSIEVE_COUNTER_POOL + count, sizeof(*device->rows));
	image->ranges = PORTSIEVE_RANGE_RULES;
	image->rules = 0;
	image->counters = PORTSIEVE_COUNTER_POOL + count;
	for (unsigned int i = 0; i < count; i++) {
		char name[16];

		snprintf(name, sizeof(name), "r%u", i);
		image_add(image, name, (struct portsieve_range){ .low = i, .high = i },
			  PORTSIEVE_COUNTER_POOL + i);
		row_fill(&device->rows[PORTSIEVE_COUNTER_POOL + i], PORTSIEVE_PASSED, 1, 60);
	}
}

static void later_rules_are_omitted_and_counted(void **state)
{
	struct snapshot *snapshot = *state;
	const unsigned int builtin = PORTSIEVE_RANGE_DHCP;
	char *text;

	many_rules(&snapshot->devices[0], METRICS_RULES_MAX - builtin);
	text = metrics(snapshot, METRICS_PROMETHEUS);
	assert_int_equal(lines_with(text, "portsieve_packets_total{"), METRICS_RULES_MAX - builtin);
	assert_int_equal(lines_with(text, "portsieve_rule_info{"), METRICS_RULES_MAX - builtin);
	assert_has(text, "\nportsieve_series_omitted{device=\"eth0\"} 0\n");
	free(text);

	many_rules(&snapshot->devices[0], METRICS_RULES_MAX - builtin + 2);
	text = metrics(snapshot, METRICS_PROMETHEUS);
	assert_int_equal(lines_with(text, "portsieve_packets_total{"), METRICS_RULES_MAX - builtin);
	assert_int_equal(lines_with(text, "portsieve_rule_info{"), METRICS_RULES_MAX - builtin);
	assert_has(text, "\nportsieve_series_omitted{device=\"eth0\"} 2\n");
	assert_null(strstr(text, "r984"));
	assert_has(text,
		   "\nportsieve_device_packets_total{device=\"eth0\",verdict=\"passed\"} 986\n");
	free(text);
}

static void long_ports_are_cut(void **state)
{
	struct snapshot *snapshot = *state;
	struct portsieve_image *image = snapshot->devices[0].image;
	char *text, *ports, *end;

	many_rules(&snapshot->devices[0], 100);
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		image->range[id].rule = 0;
		image->range[id].low = image->range[id].high = 2 * id;
	}
	text = metrics(snapshot, METRICS_PROMETHEUS);
	ports = strstr(text, "ports=\"tcp/");
	assert_non_null(ports);
	end = strchr(ports + strlen("ports=\""), '"');
	assert_true(end - ports < 220);
	assert_memory_equal(end - 3, "...", 3);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_series_is_there_once_it_is_not_zero,
						snapshot_make, snapshot_release),
		cmocka_unit_test_setup_teardown(
			openmetrics_names_counters_without_total_and_ends_in_eof, snapshot_make,
			snapshot_release),
		cmocka_unit_test_setup_teardown(what_serve_has_lost_is_a_counter_of_each_device,
						snapshot_make, snapshot_release),
		cmocka_unit_test_setup_teardown(a_device_name_is_escaped, snapshot_make,
						snapshot_release),
		cmocka_unit_test_setup_teardown(an_unreadable_device_is_not_up, snapshot_make,
						snapshot_release),
		cmocka_unit_test_setup_teardown(later_rules_are_omitted_and_counted, snapshot_make,
						snapshot_release),
		cmocka_unit_test_setup_teardown(long_ports_are_cut, snapshot_make,
						snapshot_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
