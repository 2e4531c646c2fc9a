/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths and headers of requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/request.h"

static void paths_are_taken_as_a_whole(void **state)
{
	(void)state;
	assert_int_equal(route_of("/"), ROUTE_PAGE);
	assert_int_equal(route_of("/metrics"), ROUTE_METRICS);
	assert_int_equal(route_of("/api/policy"), ROUTE_POLICY);
	assert_int_equal(route_of("/metrics/"), ROUTE_NONE);
	assert_int_equal(route_of("/metric"), ROUTE_NONE);
	assert_int_equal(route_of("/api/../metrics"), ROUTE_NONE);
	assert_int_equal(route_of(""), ROUTE_NONE);
}

static void only_names_of_the_loopback_are_taken(void **state)
{
	static const char *const good[] = { "localhost",  "localhost:9478", "LocalHost:1",
					    "127.0.0.1",  "127.0.0.1:9478", "[::1]",
					    "[::1]:65535" };
	static const char *const bad[] = { "",
					   "localhost.attacker.example",
					   "localhost:9478.attacker.example",
					   "localhost:",
					   "localhost:x",
					   "localhost:123456",
					   "127.0.0.1:80:80",
					   "127.0.0.10",
					   "::1",
					   "attacker.example",
					   " localhost",
					   "user@localhost" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!host_is_loopback(good[i]))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (host_is_loopback(bad[i]))
			fail_msg("%s", bad[i]);
	assert_false(host_is_loopback(NULL));
}

static void an_origin_is_the_host_itself_or_absent(void **state)
{
	(void)state;
	assert_true(origin_is_own(NULL, "http", "localhost:9478"));
	assert_true(origin_is_own("http://localhost:9478", "http", "localhost:9478"));
	assert_false(origin_is_own("http://localhost:9479", "http", "localhost:9478"));
	assert_false(
		origin_is_own("http://localhost:9478.attacker.example", "http", "localhost:9478"));
	assert_false(origin_is_own("https://localhost:9478", "http", "localhost:9478"));
	assert_true(origin_is_own("https://localhost:9478", "https", "localhost:9478"));
	assert_false(origin_is_own("http://localhost:9478", "https", "localhost:9478"));
	assert_false(origin_is_own("https", "https", "localhost:9478"));
	assert_false(origin_is_own("null", "http", "localhost:9478"));
	assert_false(origin_is_own("http://", "http", NULL));
}

static void numbers_of_a_query_are_digits_only(void **state)
{
	static const char *const bad[] = { "",	  "-1",	   "+1",
					   " 1",  "1 ",	   "0x1",
					   "1.5", "65536", "99999999999999999999" };
	int64_t number;

	(void)state;
	assert_true(query_number("65535", 0, 65535, &number));
	assert_int_equal(number, 65535);
	assert_true(query_number(NULL, 7, 65535, &number));
	assert_int_equal(number, 7);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (query_number(bad[i], 0, 65535, &number))
			fail_msg("%s", bad[i]);
}

static void openmetrics_is_sent_to_who_asks(void **state)
{
	(void)state;
	assert_true(accepts_openmetrics("application/openmetrics-text;version=1.0.0,*/*;q=0.1"));
	assert_false(accepts_openmetrics("text/plain;version=0.0.4"));
	assert_false(accepts_openmetrics(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_taken_as_a_whole),
		cmocka_unit_test(only_names_of_the_loopback_are_taken),
		cmocka_unit_test(an_origin_is_the_host_itself_or_absent),
		cmocka_unit_test(numbers_of_a_query_are_digits_only),
		cmocka_unit_test(openmetrics_is_sent_to_who_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
