/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drift of devices as text and as JSON, for a hand-made snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "lib/build_listener.h"
#include "lib/printed.h"
#include "print/drift.h"
#include "snapshot_by_hand.h"

#pragma GCC diagnostic ignored "-Woverride-init"

static const struct listener listeners[] = {
	{ LISTENS(TCP, 3306, "mysqld", 812), ON_ANY4, .unit = "mysql.service" },
	{ LISTENS(TCP, 3306, "mysqld", 812), ON_ANY6, .unit = "mysql.service" },
	{ LISTENS(UDP, 27015, "srcds", 9), .unit = "0123456789ab", .container = true },
};

static struct drift_denied denied[] = { { 0, NULL, false },
					{ 1, NULL, false },
					{ 2, "games", false } };
static struct drift_unused unused[] = {
	{ "web", (char[]){ "tcp/443" } },
	{ "dns", (char[]){ "tcp+udp/53" } },
};
static uint32_t web[] = { 0 }, both[] = { 0, 1 };

static const struct drift all = {
	true, denied, ARRAY_SIZE(denied), unused, ARRAY_SIZE(unused), NULL, 0, web, ARRAY_SIZE(web)
};

/* The snapshot's devices are copies of one image. The caller frees the text. */
static char *printed(const struct snapshot *snapshot, const struct drift *list)
{
	const struct drift_report report = { listeners, list };
	struct capture capture = capture_start(stdout);

	assert_int_equal(print_drift_text(snapshot, &report), 0);
	return capture_end(&capture);
}

static void assert_printed(const struct snapshot *snapshot, const struct drift *list,
			   const char *expected)
{
	_cleanup_free_ char *text = printed(snapshot, list);

	assert_string_equal(text, expected);
}

static void each_kind_has_its_lines_and_a_service_one(void **state)
{
	assert_printed(*state, &all,
		       "\n"
		       "eth0: these listen, but their packets are dropped:\n"
		       "  tcp/3306   mysqld (812, mysql.service), by the default\n"
		       "  udp/27015  srcds (9, container 0123456789ab), by rule 'games'\n"
		       "eth0: nothing listens on allowed ports: web (tcp/443), dns (tcp+udp/53)\n"
		       "eth0: no packet so far for rules: web\n");
}

static void in_monitor_mode_they_would_be(void **state)
{
	const struct snapshot *snapshot = *state;
	const struct drift drift = { .listeners_known = true, .denied = denied, .denied_count = 1 };

	snapshot->devices[0].image->flags |= PORTSIEVE_IMAGE_MONITOR;
	assert_printed(snapshot, &drift,
		       "\n"
		       "eth0: these listen, but their packets would be dropped:\n"
		       "  tcp/3306   mysqld (812, mysql.service), by the default\n");
}

static void what_a_rule_monitors_has_a_list_of_its_own(void **state)
{
	struct drift_denied some[] = { { 0, "sql", true }, { 1, "sql", true }, { 2, NULL, false } };
	const struct drift drift = { .listeners_known = true, .denied = some, .denied_count = 3 };

	assert_printed(*state, &drift,
		       "\n"
		       "eth0: these listen, but their packets are dropped:\n"
		       "  udp/27015  srcds (9, container 0123456789ab), by the default\n"
		       "eth0: these listen, but their packets would be dropped:\n"
		       "  tcp/3306   mysqld (812, mysql.service), by rule 'sql'\n");
}

/* The longest possible names. */
static void a_long_line_breaks(void **state)
{
	struct listener listener = { LISTENS(SCTP, 65535, "", 4194304) };
	struct drift_denied one = { 0, "a-rule-with-a-name-of-32-letters", false };
	const struct drift_report report = {
		&listener, &(const struct drift){ .denied = &one, .denied_count = 1 }
	};
	struct capture capture;
	char *text;

	memset(listener.process, 'p', sizeof(listener.process) - 1);
	memset(listener.unit, 'u', sizeof(listener.unit) - 1);
	capture = capture_start(stdout);
	assert_int_equal(print_drift_text(*state, &report), 0);
	text = capture_end(&capture);
	assert_non_null(strstr(text, "\n  sctp/65535  ppp"));
	assert_non_null(strstr(text, "\n             uuu"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
	free(text);
}

static void without_drift_nothing_is_printed(void **state)
{
	assert_printed(*state, &(struct drift){ 0 }, "");
}

/* Nine of each, of which eight are shown. */
static void long_lists_end(void **state)
{
	struct listener many[9];
	struct drift_denied nine_denied[9];
	struct drift_unused nine_unused[9];
	const struct drift_report report = { many, &(const struct drift){ true, nine_denied, 9,
									  nine_unused, 9, NULL, 0,
									  NULL, 0 } };
	char ports[] = "tcp/10000,20000,30000";
	struct capture capture;
	char *text;

	for (unsigned int i = 0; i < 9; i++) {
		many[i] = (struct listener){ LISTENS(TCP, 1 + i, "x", 5) };
		nine_denied[i] = (struct drift_denied){ i, NULL, false };
		nine_unused[i] = (struct drift_unused){ "a-rule-with-a-long-name", ports };
	}
	capture = capture_start(stdout);
	assert_int_equal(print_drift_text(*state, &report), 0);
	text = capture_end(&capture);
	assert_non_null(strstr(text, "  tcp/8      x (5), by the default\n  and 1 more\neth0: "));
	assert_null(strstr(text, "tcp/9 "));
	assert_non_null(strstr(text, "(tcp/10000,20000,30000), and 1 more\n"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
	free(text);
}

/* Two devices with one slot and one with another; `games` is idle on only one of the two. */
static void devices_that_share_a_policy_share_the_lines(void **state)
{
	const struct snapshot *one = *state;
	struct snapshot_device devices[3] = { one->devices[0], one->devices[0], one->devices[0] };
	const struct snapshot snapshot = { .devices = devices, .count = 3 };
	const struct drift list[] = {
		{ .listeners_known = true, .idle = both, .idle_count = 2 },
		{ .listeners_known = true,
		  .unused = unused + 1,
		  .unused_count = 1,
		  .idle = both,
		  .idle_count = 2 },
		{ .listeners_known = true, .idle = web, .idle_count = 1 },
	};

	strcpy(devices[1].device.name, "eth1");
	strcpy(devices[2].device.name, "eth2");
	devices[1].device.active_id = 99;
	assert_printed(&snapshot, list,
		       "\n"
		       "eth0, eth2: no packet so far for rules: web\n"
		       "eth1: nothing listens on allowed ports: dns (tcp+udp/53)\n"
		       "eth1: no packet so far for rules: web, games\n");
}

/* A device that has moved away is not compared with listeners here; the others are. */
static void a_moved_device_does_not_hide_the_drift_of_others(void **state)
{
	const struct snapshot *one = *state;
	struct snapshot_device devices[2] = { one->devices[0], one->devices[0] };
	const struct snapshot snapshot = { .devices = devices, .count = 2 };
	const struct drift list[] = {
		{ 0 }, { .listeners_known = true, .unused = unused, .unused_count = 1 }
	};

	strcpy(devices[1].device.name, "eth1");
	assert_printed(&snapshot, list,
		       "\neth0, eth1: nothing listens on allowed ports: web (tcp/443)\n");
}

static void the_json_has_everything(void **state)
{
	const struct drift list[] = { all, { 0 } };
	const struct drift_report report = { listeners, list };
	json_object *object = json_drift(*state, &report, 0);
	json_object *member, *listener;

	assert_true(json_object_object_get_ex(object, "denied_listeners", &member));
	assert_int_equal(json_object_array_length(member), 3);
	listener = json_object_array_get_idx(member, 2);
	assert_string_equal(
		json_object_to_json_string_ext(listener, 0),
		"{\"protocol\":\"udp\",\"port\":27015,\"address\":null,\"families\":[\"ipv4\","
		"\"ipv6\"],"
		"\"interface\":null,\"uid\":0,\"process\":\"srcds\",\"pid\":9,\"unit\":null,"
		"\"container\":\"0123456789ab\",\"rule\":\"games\",\"monitor\":false}");
	json_object_object_del(object, "denied_listeners");
	assert_string_equal(json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE),
			    "{\"listeners_known\":true,\"reachable_sockets\":[],"
			    "\"unused_ports\":[{\"rule\":\"web\",\"ports\":\"tcp/443\"},"
			    "{\"rule\":\"dns\",\"ports\":\"tcp+udp/53\"}],"
			    "\"idle_rules\":[\"web\"]}");
	json_object_put(object);
}

#define with_snapshot(test) cmocka_unit_test_setup_teardown(test, snapshot_make, snapshot_release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_snapshot(each_kind_has_its_lines_and_a_service_one),
		with_snapshot(in_monitor_mode_they_would_be),
		with_snapshot(what_a_rule_monitors_has_a_list_of_its_own),
		with_snapshot(a_long_line_breaks),
		with_snapshot(without_drift_nothing_is_printed),
		with_snapshot(long_lists_end),
		with_snapshot(devices_that_share_a_policy_share_the_lines),
		with_snapshot(a_moved_device_does_not_hide_the_drift_of_others),
		with_snapshot(the_json_has_everything),
	};

	return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
