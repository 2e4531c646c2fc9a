/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doctor's report as text and as JSON, for hand-made findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "lib/printed.h"
#include "print/doctor.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static struct doctor_finding findings[] = {
	{ "lro", "eth0", DOCTOR_FAULT, "large receive offload is on, with which drivers refuse it",
	  "ethtool -K eth0 lro off" },
	{ "dispatcher", "", DOCTOR_WARNING, "no dispatcher" },
	{ "link", "dmz", DOCTOR_WARNING, "down: no packet arrives", "ip link set dev dmz up" },
	{ "kernel", "", DOCTOR_OK, "Linux 6.12 loads the filter" },
	{ "links", "", DOCTOR_OK, "XDP links are available" },
	{ "driver", "eth0", DOCTOR_OK, "mlx5_core, native XDP" },
	{ "mtu", "eth0", DOCTOR_OK, "1500" },
	{ "driver", "dmz", DOCTOR_OK, "veth, native XDP" },
};

static const struct doctor_report report = { findings, ARRAY_SIZE(findings), { 1, 2, 5 } };

static void assert_printed(const struct doctor_report *printed, bool details, const char *expected)
{
	struct capture capture = capture_start(stdout);
	_cleanup_free_ char *text = NULL;

	assert_int_equal(print_doctor_text(printed, details), 0);
	text = capture_end(&capture);
	assert_string_equal(text, expected);
}

#define WRONG                                                                                      \
	"fault    eth0     lro         large receive offload is on, with which drivers\n"          \
	"                              refuse it\n"                                                \
	"         $ ethtool -K eth0 lro off\n"                                                     \
	"\n"                                                                                       \
	"warning  machine  dispatcher  no dispatcher\n"                                            \
	"warning  dmz      link        down: no packet arrives\n"                                  \
	"         $ ip link set dev dmz up\n"                                                      \
	"\n"

static void what_is_well_takes_a_line_for_each_device(void **state)
{
	(void)state;
	assert_printed(&report, false,
		       WRONG "ok       machine  kernel, links\n"
			     "ok       eth0     driver, mtu\n"
			     "ok       dmz      driver\n"
			     "\n"
			     "1 fault, 2 warnings\n");
}

static void with_details_each_check_of_a_device_has_a_line(void **state)
{
	(void)state;
	assert_printed(&report, true,
		       WRONG "ok       machine  kernel, links\n"
			     "ok       eth0     driver      mlx5_core, native XDP\n"
			     "ok       eth0     mtu         1500\n"
			     "ok       dmz      driver      veth, native XDP\n"
			     "\n"
			     "1 fault, 2 warnings\n");
}

static void without_faults_it_says_so(void **state)
{
	const struct doctor_report well = { findings + 3, 2, { 0, 0, 2 } };

	(void)state;
	assert_printed(&well, false, "ok       machine  kernel, links\n\nno faults\n");
}

/* With the longest device name and check, no line of words is wider than 80 columns. */
static void no_line_is_wider_than_80_columns(void **state)
{
	struct doctor_finding long_one = { "capabilities", "fifteen-letters", DOCTOR_FAULT };
	const struct doctor_report one = { &long_one, 1, { 1, 0, 0 } };
	struct capture capture;
	_cleanup_free_ char *text = NULL;
	size_t lines = 0;

	(void)state;
	for (size_t i = 0; i + 6 < sizeof(long_one.message); i += 6)
		strcpy(long_one.message + i, "words ");
	capture = capture_start(stdout);
	assert_int_equal(print_doctor_text(&one, true), 0);
	text = capture_end(&capture);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1, lines++)
		assert_true(strcspn(line, "\n") <= 80);
	assert_true(lines > 10);
	assert_non_null(strstr(text, "fault    fifteen-letters  capabilities  words words"));
}

/* A device may have almost any name. */
static void names_are_made_printable(void **state)
{
	struct doctor_finding odd = { "link", "a\033b", DOCTOR_WARNING, "x \033[2J",
				      "ip link set dev a\033b up" };
	const struct doctor_report one = { &odd, 1, { 0, 1, 0 } };

	(void)state;
	assert_printed(&one, false,
		       "warning  a?b  link  x ?[2J\n"
		       "         $ ip link set dev a?b up\n\nno faults, 1 warning\n");
}

static void the_json_has_every_finding(void **state)
{
	const struct doctor_report some = { findings, 2, { 1, 1, 0 } };
	struct capture capture = capture_start(stdout);
	_cleanup_free_ char *text = NULL;

	(void)state;
	assert_int_equal(print_doctor_json(&some), 0);
	text = capture_end(&capture);
	assert_non_null(strstr(
		text, "\"devices\":[],\"counts\":{\"faults\":1,\"warnings\":1},"
		      "\"checks\":[{\"check\":\"lro\",\"device\":\"eth0\",\"result\":\"fault\","
		      "\"message\":\"large receive offload is on, with which drivers refuse it\","
		      "\"command\":\"ethtool -K eth0 lro off\"},"
		      "{\"check\":\"dispatcher\",\"device\":null,\"result\":\"warning\","
		      "\"message\":\"no dispatcher\",\"command\":null}],\"warnings\":[],"
		      "\"errors\":[]}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_well_takes_a_line_for_each_device),
		cmocka_unit_test(with_details_each_check_of_a_device_has_a_line),
		cmocka_unit_test(without_faults_it_says_so),
		cmocka_unit_test(no_line_is_wider_than_80_columns),
		cmocka_unit_test(names_are_made_printable),
		cmocka_unit_test(the_json_has_every_finding),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
