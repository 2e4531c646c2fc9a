/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules from the lines of a file: what the lines give, and where bad ones are bad. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/runtime_words.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

/* The reports of one reading, a line each, as a terminal shows them. */
static char reports[8192];
static size_t reports_count;

static void report(const struct error *error)
{
	char line[1024];

	reports_count++;
	strcat(reports, error_format(error, line, sizeof(line)));
	strcat(reports, "\n");
}

static int list_read(const char *text, size_t size, const char *ports, struct policy_rule **rules,
		     size_t *count, struct error *error)
{
	const struct runtime_words words = {
		.action = POLICY_DROP, .ports = &ports, .ports_count = ports ? 1 : 0, .until_ns = 42
	};

	*reports = '\0';
	reports_count = 0;
	return runtime_list_read(text, size, "list", &words, &host, report, rules, count, error);
}

/* "NAME: PORTS from PREFIX" for each rule of the text. */
static void expect(const char *text, const char *ports, const char *expected)
{
	struct policy_rule *rules = NULL;
	struct error error = { 0 };
	char found[1024] = "";
	size_t count = 0;

	assert_int_equal(list_read(text, strlen(text), ports, &rules, &count, &error), 0);
	assert_int_equal(reports_count, 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rules[i].from.count, 1);
		assert_int_equal(rules[i].until_ns, 42);
		assert_int_equal(rules[i].action, POLICY_DROP);
		assert_true(rules[i].runtime);
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s: %s from %s\n",
			 rules[i].name, rules[i].ports ?: "all packets",
			 policy_prefix_print(&rules[i].from.list[0]).text);
		policy_rule_free(&rules[i]);
	}
	free(rules);
	assert_string_equal(found, expected);
}

static void each_line_is_a_rule(void **state)
{
	(void)state;
	expect("203.0.113.7 tcp/22\n"
	       "10.0.0.0/8\ttcp/80,443  udp/443\n"
	       "2001:db8::/32 udp/all",
	       NULL,
	       "drop-tcp-22-203.0.113.7: tcp/22 from 203.0.113.7\n"
	       "drop-tcp-80-443-udp-443-10.0.0.0: tcp/80,443 udp/443 from 10.0.0.0/8\n"
	       "drop-udp-all-2001-db8-32: udp/all from 2001:db8::/32\n");
}

static void comments_blank_lines_and_the_ends_of_windows_are_left_out(void **state)
{
	(void)state;
	expect("# a list\r\n\r\n  \t \n#203.0.113.8 tcp/22\n"
	       "  203.0.113.7   tcp/22 # scanner\r\n203.0.113.9 tcp/23\t#x\n",
	       NULL,
	       "drop-tcp-22-203.0.113.7: tcp/22 from 203.0.113.7\n"
	       "drop-tcp-23-203.0.113.9: tcp/23 from 203.0.113.9\n");
	expect("203.0.113.7 # all its packets\n::1\n", NULL,
	       "drop-203.0.113.7: all packets from 203.0.113.7\n"
	       "drop-1: all packets from ::1\n");
	expect("", NULL, "");
	expect("# nothing\n", NULL, "");
}

static void lines_without_ports_have_those_of_the_command(void **state)
{
	(void)state;
	expect("203.0.113.7\n203.0.113.8 udp/53\n", "tcp/22",
	       "drop-tcp-22-203.0.113.7: tcp/22 from 203.0.113.7\n"
	       "drop-udp-53-203.0.113.8: udp/53 from 203.0.113.8\n");
}

static void refuse(const char *text, size_t size, const char *expected, const char *summary)
{
	struct policy_rule *rules = NULL;
	struct error error = { 0 };
	size_t count = 7;
	char line[1024];

	assert_int_equal(list_read(text, size, NULL, &rules, &count, &error), -EINVAL);
	assert_string_equal(reports, expected);
	assert_string_equal(error_format(&error, line, sizeof(line)), summary);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_null(rules);
	assert_int_equal(count, 7);
}

static void every_bad_line_is_reported_at_its_place(void **state)
{
	static const char text[] = "203.0.113.7 tcp/22\n"
				   "203.0.113.8\n"
				   "  203.0.113.300 tcp/22\n"
				   "203.0.113.1   tcp/22  tcp/htp\n"
				   "\"203.0.113.1\" tcp/22\n"
				   "203.0.113.1/24 tcp/22\n"
				   "1.2.3.4,5.6.7.8 tcp/1\n"
				   "tcp/22 203.0.113.1\n"
				   "203.0.113.1 tcp/é,htp\n"
				   "203.0.113.1 tcp/22#x\n";

	(void)state;
	refuse(text, sizeof(text) - 1,
	       "list:3:3: '203.0.113.300' is not an address or a prefix: write for example "
	       "192.0.2.0/24 or 2001:db8::/32\n"
	       "list:4:27: unknown service 'htp' (did you mean 'http'?)\n"
	       "list:5:1: '\"203.0.113.1\"' is not an address or a prefix: write for example "
	       "192.0.2.0/24 or 2001:db8::/32\n"
	       "list:6:1: '203.0.113.1/24' has host bits set: write 203.0.113.0/24 for all "
	       "addresses of the prefix, or 203.0.113.1/32 for the one address\n"
	       "list:7:1: '1.2.3.4,5.6.7.8' is not one address or prefix: write one a line\n"
	       "list:8:1: 'tcp/22' is not an address or a prefix: write for example 192.0.2.0/24 "
	       "or 2001:db8::/32\n"
	       "list:9:17: unknown service 'é' (see `portsieve registry`)\n"
	       "list:10:17: unknown service '22#x' (see `portsieve registry`)\n",
	       "list: 8 bad lines; nothing has changed");
}

static void a_file_that_is_no_text_is_refused(void **state)
{
	static const char text[] = "203.0.113.7 tcp/22\nab\0cd\n203.0.113.8 tcp/22\n";

	(void)state;
	refuse(text, sizeof(text) - 1, "list:2:3: a NUL byte: this is not a text file\n",
	       "list: 1 bad line; nothing has changed");
}

static void of_many_bad_lines_the_first_20_are_reported(void **state)
{
	char text[256] = "", last[16];

	(void)state;
	for (size_t i = 0; i < 20; i++)
		strcat(text, "bad\n");
	assert_int_equal(list_read(text, strlen(text), NULL, &(struct policy_rule *){ NULL },
				   &(size_t){ 0 }, &(struct error){ 0 }),
			 -EINVAL);
	assert_int_equal(reports_count, 20);
	strcat(text, "bad");
	refuse(text, strlen(text), strcpy((char[sizeof(reports)]){ 0 }, reports),
	       "list: 21 bad lines, the first 20 are listed; nothing has changed");
	snprintf(last, sizeof(last), "list:%d:1: ", RUNTIME_LIST_ERRORS_MAX);
	assert_non_null(strstr(reports, last));
	assert_null(strstr(reports, "list:21:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_a_rule),
		cmocka_unit_test(comments_blank_lines_and_the_ends_of_windows_are_left_out),
		cmocka_unit_test(lines_without_ports_have_those_of_the_command),
		cmocka_unit_test(every_bad_line_is_reported_at_its_place),
		cmocka_unit_test(a_file_that_is_no_text_is_refused),
		cmocka_unit_test(of_many_bad_lines_the_first_20_are_reported),
	};

	return cmocka_run_group_tests_name("runtime_list", tests, NULL, NULL);
}
