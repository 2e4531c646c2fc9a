/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One prefix from text and back, what it holds, and the limit on prefixes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/build_policy.h"
#include "policy/policy.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

static struct policy_prefix prefix_of(const char *text)
{
	struct policy_prefix prefix;
	struct error error = { 0 };
	int r = policy_prefix_read(text, &prefix, &error);

	assert_string_equal(error.text, "");
	assert_int_equal(r, 0);
	return prefix;
}

struct good {
	const char *text;
	const char *printed;
	struct policy_prefix prefix;
};

static const struct good goods[] = {
	{ "192.0.2.0/24", "192.0.2.0/24", { { 192, 0, 2 }, 24, POLICY_IPV4 } },
	{ "192.0.2.7", "192.0.2.7", { { 192, 0, 2, 7 }, 32, POLICY_IPV4 } },
	{ "192.0.2.7/32", "192.0.2.7", { { 192, 0, 2, 7 }, 32, POLICY_IPV4 } },
	{ "0.0.0.0/0", "0.0.0.0/0", { { 0 }, 0, POLICY_IPV4 } },
	{ "128.0.0.0/1", "128.0.0.0/1", { { 128 }, 1, POLICY_IPV4 } },
	{ "255.255.255.254/31", "255.255.255.254/31", { { 255, 255, 255, 254 }, 31, POLICY_IPV4 } },
	{ "::/0", "::/0", { { 0 }, 0, POLICY_IPV6 } },
	{ "::", "::", { { 0 }, 128, POLICY_IPV6 } },
	{ "2001:DB8::/32", "2001:db8::/32", { { 0x20, 0x01, 0x0d, 0xb8 }, 32, POLICY_IPV6 } },
	{ "fe80::/9", "fe80::/9", { { 0xfe, 0x80 }, 9, POLICY_IPV6 } },
	{ "::1/128", "::1", { { [15] = 1 }, 128, POLICY_IPV6 } },
	{ "::2/127", "::2/127", { { [15] = 2 }, 127, POLICY_IPV6 } },
	{ "::ffff:192.0.2.0/120",
	  "::ffff:192.0.2.0/120",
	  { { [10] = 255, 255, 192, 0, 2 }, 120, POLICY_IPV6 } },
};

static void good_prefixes_are_read_and_printed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		struct policy_prefix prefix = prefix_of(goods[i].text);

		assert_memory_equal(prefix.address, goods[i].prefix.address, 16);
		assert_int_equal(prefix.length, goods[i].prefix.length);
		assert_int_equal(prefix.family, goods[i].prefix.family);
		assert_string_equal(policy_prefix_print(&prefix).text, goods[i].printed);
	}
}

#define NO_PREFIX " is not an address or a prefix: write for example 192.0.2.0/24 or 2001:db8::/32"
#define LENGTH4	  ": the length of an IPv4 prefix is a number from 0 to 32"
#define LENGTH6	  ": the length of an IPv6 prefix is a number from 0 to 128"

static const char *const bads[][2] = {
	{ "", "''" NO_PREFIX },
	{ "/8", "'/8'" NO_PREFIX },
	{ "10/8", "'10/8'" NO_PREFIX },
	{ "10.0.0.0.0", "'10.0.0.0.0'" NO_PREFIX },
	{ "10.0.0.256", "'10.0.0.256'" NO_PREFIX },
	{ "10.0.0.010", "'10.0.0.010'" NO_PREFIX },
	{ " 10.0.0.1", "' 10.0.0.1'" NO_PREFIX },
	{ "10.0.0.1 ", "'10.0.0.1 '" NO_PREFIX },
	{ "10.0.0.1-10.0.0.9", "'10.0.0.1-10.0.0.9'" NO_PREFIX },
	{ "fe80::1%eth0", "'fe80::1%eth0'" NO_PREFIX },
	{ "[::1]", "'[::1]'" NO_PREFIX },
	{ "1:2:3:4:5:6:7:8:9", "'1:2:3:4:5:6:7:8:9'" NO_PREFIX },
	{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/8",
	  "'0000:0000:0000:0000:0000:0000:0000:0000:...'" NO_PREFIX },
	{ "10.0.0.0/33", "'10.0.0.0/33'" LENGTH4 },
	{ "10.0.0.0/", "'10.0.0.0/'" LENGTH4 },
	{ "10.0.0.0/08", "'10.0.0.0/08'" LENGTH4 },
	{ "10.0.0.0/-1", "'10.0.0.0/-1'" LENGTH4 },
	{ "10.0.0.0/8/8", "'10.0.0.0/8/8'" LENGTH4 },
	{ "10.0.0.0/255.0.0.0", "'10.0.0.0/255.0.0.0'" LENGTH4 },
	{ "10.0.0.0/4294967304", "'10.0.0.0/4294967304'" LENGTH4 },
	{ "::/129", "'::/129'" LENGTH6 },
	{ "10.0.0.1/31", "'10.0.0.1/31' has host bits set: write 10.0.0.0/31 for all addresses of "
			 "the prefix, or 10.0.0.1/32 for the one address" },
	{ "128.0.0.0/0", "'128.0.0.0/0' has host bits set: write 0.0.0.0/0 for all addresses of "
			 "the prefix, or 128.0.0.0/32 for the one address" },
	{ "::3/127", "'::3/127' has host bits set: write ::2/127 for all addresses of "
		     "the prefix, or ::3/128 for the one address" },
};

static void bad_prefixes_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct policy_prefix prefix;
		struct error error = { 0 };

		assert_int_equal(policy_prefix_read(bads[i][0], &prefix, &error), -EINVAL);
		assert_string_equal(error.text, bads[i][1]);
		assert_int_equal(error.exit, EXIT_USAGE);
	}
}

static void every_length_is_read_back(void **state)
{
	(void)state;
	for (int family = POLICY_IPV4; family <= POLICY_IPV6; family++)
		for (int length = 0; length <= (family == POLICY_IPV4 ? 32 : 128); length++) {
			struct policy_prefix prefix = { .length = (uint8_t)length,
							.family = (uint8_t)family };

			for (int bit = 0; bit < length; bit++)
				prefix.address[bit / 8] |= (uint8_t)(0x80 >> bit % 8);

			struct policy_prefix again = prefix_of(policy_prefix_print(&prefix).text);

			assert_memory_equal(&again, &prefix, sizeof(prefix));
		}
}

static bool holds(const char *prefix, const char *other)
{
	struct policy_prefix a = prefix_of(prefix), b = prefix_of(other);

	return policy_prefix_holds(&a, &b);
}

static void a_prefix_holds_what_begins_with_its_bits(void **state)
{
	(void)state;
	assert_true(holds("10.0.0.0/8", "10.255.255.255"));
	assert_false(holds("10.0.0.0/8", "11.0.0.0"));
	assert_true(holds("10.0.0.0/8", "10.0.0.0/8"));
	assert_false(holds("10.0.0.0/8", "10.0.0.0/7"));
	assert_true(holds("0.0.0.0/0", "255.255.255.255"));
	assert_true(holds("192.0.2.128/25", "192.0.2.255"));
	assert_false(holds("192.0.2.128/25", "192.0.2.127"));
	assert_true(holds("192.0.2.4/30", "192.0.2.6/31"));
	assert_true(holds("192.0.2.7", "192.0.2.7"));
	assert_false(holds("192.0.2.7", "192.0.2.6"));
	assert_true(holds("::/0", "ffff::"));
	assert_true(holds("::1", "::1"));
	assert_false(holds("::1", "::"));
	assert_true(holds("::2/127", "::3"));
	assert_false(holds("::2/127", "::4"));
	assert_false(holds("0.0.0.0/0", "::"));
	assert_false(holds("::/0", "0.0.0.0"));
	assert_false(holds("::ffff:0.0.0.0/96", "192.0.2.1"));
}

/* Two rules with `first` and `second` prefixes. */
static char *text_of(size_t first, size_t second)
{
	char *text = malloc(24 * (first + second) + 256), *end = text;

	assert_non_null(text);
	end = stpcpy(end, "version: 1\nrules:\n- {name: a, action: drop, ports: tcp/1, from: [");
	for (size_t i = 0; i < first; i++)
		end += sprintf(end, "10.%zu.%zu.%zu,", i >> 16, i >> 8 & 255, i & 255);
	end = stpcpy(end, "]}\n- {name: b, action: drop, ports: tcp/1, to: [");
	for (size_t i = 0; i < second; i++)
		end += sprintf(end, "10.%zu.%zu.%zu/32,", i >> 16, i >> 8 & 255, i & 255);
	stpcpy(end, "]}\n");
	return text;
}

static void as_many_prefixes_as_there_may_be_are_read(void **state)
{
	char *text = text_of(POLICY_PREFIXES_MAX - 1, 1);
	struct policy policy;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(policy_read(text, strlen(text), "p", &host, &policy, &error), 0);
	assert_int_equal(policy.rules[0].from.count, POLICY_PREFIXES_MAX - 1);
	assert_int_equal(policy.rules[1].to.count, 1);
	policy_free(&policy);
	free(text);
}

static void one_prefix_more_is_refused_at_the_rule(void **state)
{
	char *text = text_of(POLICY_PREFIXES_MAX - 1, 2), message[1024];
	struct policy policy;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(policy_read(text, strlen(text), "p", &host, &policy, &error), -EINVAL);
	assert_string_equal(error_format(&error, message, sizeof(message)),
			    "p:4:10: the rules name more than 262144 prefixes: write shorter "
			    "prefixes that hold several of them");
	free(text);
}

static void a_hundred_thousand_prefixes_are_read_in_no_time(void **state)
{
	char *text = text_of(100000, 1);
	struct policy policy;
	struct error error = { 0 };
	clock_t start = clock();

	(void)state;
	assert_int_equal(policy_read(text, strlen(text), "p", &host, &policy, &error), 0);
	assert_true(clock() - start < CLOCKS_PER_SEC / 2);
	policy_free(&policy);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_prefixes_are_read_and_printed),
		cmocka_unit_test(bad_prefixes_are_refused),
		cmocka_unit_test(every_length_is_read_back),
		cmocka_unit_test(a_prefix_holds_what_begins_with_its_bits),
		cmocka_unit_test(as_many_prefixes_as_there_may_be_are_read),
		cmocka_unit_test(one_prefix_more_is_refused_at_the_rule),
		cmocka_unit_test(a_hundred_thousand_prefixes_are_read_in_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
