// SPDX-License-Identifier: GPL-2.0-or-later
/* The compiler at the limits of addresses and ends, and policies that are large but no larger. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/build_addresses.h"
#include "lib/build_policy.h"
#include "lib/large_policies.h"
#include "base/cleanup.h"
#include "compile/compile.h"
#include "compiled_image.h"
#include "evaluate_image.h"

enum {
	LARGE_RULES = 10000,
	TOO_MANY_NESTED_RULES = 520, /* 135,460 cells, if rows share none */
	WIDE_RULES = 1000,
	SAMPLES = 60,
};

static void compile(const struct policy *policy, struct addresses *ret_addresses)
{
	struct error error = { 0 };

	if (addresses_compile(policy, "p", ret_addresses, &error) ||
	    image_compile(policy, &host, "p", image, &error))
		fail_msg("%s", error.text);
}

/* By one of the two, with a place in the file and the limit in the text. */
static void assert_refused(const struct policy *policy, const char *limit)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct error error = { 0 };
	int r = addresses_compile(policy, "limits.yaml", &addresses, &error);

	if (!r)
		r = image_compile(policy, &host, "limits.yaml", image, &error);
	assert_int_equal(r, -E2BIG);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_string_equal(error.file, "limits.yaml");
	assert_in_range(error.line, 1, policy->rules_count);
	if (!strstr(error.text, policy->rules[error.line - 1].name))
		fail_msg("another rule than that of line %u: %s", error.line, error.text);
	if (!strstr(error.text, limit))
		fail_msg("no %s in: %s", limit, error.text);
}

/* The error names the first rule that makes the policy too large. */
static void assert_blamed(struct policy *policy)
{
	size_t count = policy->rules_count;
	struct error error = { 0 };

	assert_int_equal(image_compile(policy, &host, "p", image, &error), -E2BIG);
	policy->rules_count = error.line;
	assert_int_equal(image_compile(policy, &host, "p", image, &error), -E2BIG);
	policy->rules_count--;
	assert_int_equal(image_compile(policy, &host, "p", image, &error), 0);
	policy->rules_count = count;
}

/* The rule that decides tcp/port from the IPv4 address, or the default's name. */
static const char *decides(const struct addresses *addresses, uint16_t port, uint32_t source,
			   uint64_t boottime_ns)
{
	const struct policy_packet packet = {
		.transport = PORTSIEVE_TCP,
		.port = port,
		.source = prefix4(source, 32),
		.destination = prefix4(ELSEWHERE, 32),
		.boottime_ns = boottime_ns,
	};
	uint16_t id = image_evaluate(image, addresses, &packet) & PORTSIEVE_ENTRY_RANGE;

	return id < PORTSIEVE_RANGE_RULES ? "default" : image->rule[image->range[id].rule].name;
}

/* Class 0 is for addresses in no prefix. */
static void a_direction_has_65536_classes(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct error error = { 0 };
	struct policy policy;

	(void)state;
	make_pairs(&policy, PORTSIEVE_CLASSES_MAX - 1);
	assert_int_equal(addresses_compile(&policy, "p", &addresses, &error), 0);
	policy_free(&policy);
	make_pairs(&policy, PORTSIEVE_CLASSES_MAX);
	assert_refused(&policy, "65536");
	policy_free(&policy);
}

static void a_policy_has_11800_conditions(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 }, both = { 0 };
	struct policy policy;

	(void)state;
	make_conditions(&policy, PORTSIEVE_CONDITIONS_MAX, false);
	compile(&policy, &addresses);
	assert_string_equal(decides(&addresses, 11799, TEN + 256 * 11799, 0), "r11799");
	assert_string_equal(decides(&addresses, 11799, TEN + 256 * 11798, 0), "default");
	policy_free(&policy);
	make_conditions(&policy, PORTSIEVE_CONDITIONS_MAX / 2, true);
	compile(&policy, &both);
	policy_free(&policy);
	make_conditions(&policy, PORTSIEVE_CONDITIONS_MAX / 2 + 1, true);
	assert_refused(&policy, "11800");
	assert_blamed(&policy);
	policy_free(&policy);
}

static void a_policy_has_65536_cells(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 }, shared = { 0 };
	struct policy policy;

	(void)state;
	make_nested(&policy, NESTED_RULES);
	compile(&policy, &addresses);
	assert_string_equal(decides(&addresses, 100, TEN + 256 * 100, 0), "r100");
	assert_string_equal(decides(&addresses, 99, TEN + 256 * 100, 0), "default");
	assert_string_equal(decides(&addresses, 65535, TEN + 256 * 255, 0), "r255");
	policy_free(&policy);
	/* rows by source share cells, those by destination do not */
	make_nested(&policy, TOO_MANY_NESTED_RULES);
	compile(&policy, &shared);
	assert_string_equal(decides(&shared, 500, TEN + 256 * 500, 0), "r500");
	assert_string_equal(decides(&shared, 499, TEN + 256 * 500, 0), "default");
	assert_string_equal(decides(&shared, 500, TEN, 0), "r0");
	for (size_t i = 0; i < policy.rules_count; i++) {
		policy.rules[i].to = policy.rules[i].from;
		policy.rules[i].from = (struct policy_prefixes){ 0 };
	}
	assert_refused(&policy, "65536");
	assert_blamed(&policy);
	policy_free(&policy);
}

static void a_thousand_wide_ranges_have_addresses_of_their_own(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct policy policy;
	uint64_t chance = 3;

	(void)state;
	make_wide(&policy, WIDE_RULES, false);
	compile(&policy, &addresses);
	for (int i = 0; i < SAMPLES; i++) {
		uint32_t n = random_below(&chance, WIDE_RULES);
		const struct policy_interval *ports = policy.rules[n].intervals;
		struct policy_packet packet = {
			.transport = PORTSIEVE_TCP,
			.port = ports->low,
			.source = prefix4(TEN + 256 * n + 9, 32),
			.destination = prefix4(ELSEWHERE + n, 32),
		};
		uint16_t id = image_evaluate(image, &addresses, &packet) & PORTSIEVE_ENTRY_RANGE;

		assert_int_equal(image->range[id].rule, n);
		packet.port = ports->high;
		id = image_evaluate(image, &addresses, &packet) & PORTSIEVE_ENTRY_RANGE;
		assert_int_equal(image->range[id].rule, n);
		packet.destination = prefix4(ELSEWHERE + n + 1, 32);
		id = image_evaluate(image, &addresses, &packet) & PORTSIEVE_ENTRY_RANGE;
		assert_in_range(id, 0, PORTSIEVE_RANGE_RULES - 1);
	}
	policy_free(&policy);
}

static void a_broad_prefix_beside_many_narrow_ones_adds_up(void **state)
{
	_cleanup_addresses_ struct addresses last = { 0 }, first = { 0 };
	struct policy policy;

	(void)state;
	make_offices(&policy, OFFICES, false);
	compile(&policy, &last);
	assert_string_equal(decides(&last, 7, TEN + 256 * 7, 0), "r7");
	assert_string_equal(decides(&last, 7, TEN + 256 * 8, 0), "r2000");
	assert_string_equal(decides(&last, 7, TEN + 0xffffff, 0), "r2000");
	assert_string_equal(decides(&last, 7, ELSEWHERE, 0), "default");
	policy_free(&policy);
	make_offices(&policy, OFFICES, true);
	compile(&policy, &first);
	assert_string_equal(decides(&first, 7, TEN + 256 * 7, 0), "r0");
	assert_string_equal(decides(&first, 7, ELSEWHERE, 0), "default");
	policy_free(&policy);
}

static void ports_that_divide_the_addresses_fit(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct policy policy;

	(void)state;
	make_divided(&policy);
	compile(&policy, &addresses);
	assert_string_equal(decides(&addresses, port_of(7), TEN + 2 * 7, 0), "r7");
	assert_string_equal(decides(&addresses, port_of(7), TEN + 2 * 7 + 1, 0), "default");
	assert_string_equal(decides(&addresses, port_of(7) + 1, TEN + 2 * 7, 0), "default");
	assert_string_equal(decides(&addresses, port_of(7999), TEN + 2 * 7999, 0), "r7999");
	policy_free(&policy);
}

static void eight_rules_may_end_one_after_the_other(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 }, apart = { 0 };
	struct policy policy;

	(void)state;
	make_ends(&policy, PORTSIEVE_EXPIRIES_MAX, true);
	compile(&policy, &addresses);
	assert_string_equal(decides(&addresses, 22, TEN, 0), "r0");
	assert_string_equal(decides(&addresses, 22, TEN, 999), "r0");
	assert_string_equal(decides(&addresses, 22, TEN, 1000), "r1");
	assert_string_equal(decides(&addresses, 22, TEN, 7999), "r7");
	assert_string_equal(decides(&addresses, 22, TEN, 8000), "default");
	policy_free(&policy);
	make_ends(&policy, PORTSIEVE_EXPIRIES_MAX + 1, true);
	assert_refused(&policy, "8");
	policy_free(&policy);
	make_ends(&policy, 100, false);
	compile(&policy, &apart);
	assert_string_equal(decides(&apart, 22 + 99, TEN, 99999), "r99");
	assert_string_equal(decides(&apart, 22 + 99, TEN, 100000), "default");
	policy_free(&policy);
}

static void ten_thousand_rules_have_a_port_and_a_prefix_each(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct policy policy;
	uint64_t chance = 1;
	char name[16];

	(void)state;
	make_conditions(&policy, LARGE_RULES, false);
	compile(&policy, &addresses);
	for (int i = 0; i < SAMPLES; i++) {
		uint32_t n = random_below(&chance, LARGE_RULES - 1);
		uint32_t prefix = TEN + 256 * n;

		snprintf(name, sizeof(name), "r%u", n);
		assert_string_equal(decides(&addresses, (uint16_t)n, prefix, 0), name);
		assert_string_equal(decides(&addresses, (uint16_t)n, prefix + 255, 0), name);
		assert_string_equal(decides(&addresses, (uint16_t)n, prefix - 1, 0), "default");
		assert_string_equal(decides(&addresses, (uint16_t)n, prefix + 256, 0), "default");
		assert_string_equal(decides(&addresses, (uint16_t)(n + 1), prefix, 0), "default");
	}
	policy_free(&policy);
}

static void a_block_list_stands_before_16383_ranges(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct policy policy;

	(void)state;
	make_block_list_before_ranges(&policy);
	compile(&policy, &addresses);
	for (unsigned int port = 0; port < 2 * (PORTSIEVE_RANGES_MAX - 1); port += 199) {
		const char *else_rule = port % 2 ? "default" : "many";

		assert_string_equal(decides(&addresses, (uint16_t)port, TEN + 16, 0), "blocklist");
		assert_string_equal(decides(&addresses, (uint16_t)port, TEN + 24, 0), else_rule);
	}
	policy_free(&policy);
}

static void a_block_list_has_100000_prefixes(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct policy policy;
	uint64_t chance = 2;

	(void)state;
	make_block_list(&policy);
	compile(&policy, &addresses);
	for (int i = 0; i < SAMPLES; i++) {
		uint32_t first = TEN + 16 * random_below(&chance, BLOCKED_PREFIXES);

		assert_string_equal(decides(&addresses, 22, first, 0), "blocklist");
		assert_string_equal(decides(&addresses, 22, first + 7, 0), "blocklist");
		assert_string_equal(decides(&addresses, 22, first - 1, 0), "ssh");
		assert_string_equal(decides(&addresses, 22, first + 8, 0), "ssh");
		assert_string_equal(decides(&addresses, 23, first + 8, 0), "default");
	}
	policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_direction_has_65536_classes),
		cmocka_unit_test(a_policy_has_11800_conditions),
		cmocka_unit_test(a_policy_has_65536_cells),
		cmocka_unit_test(a_thousand_wide_ranges_have_addresses_of_their_own),
		cmocka_unit_test(a_broad_prefix_beside_many_narrow_ones_adds_up),
		cmocka_unit_test(ports_that_divide_the_addresses_fit),
		cmocka_unit_test(eight_rules_may_end_one_after_the_other),
		cmocka_unit_test(ten_thousand_rules_have_a_port_and_a_prefix_each),
		cmocka_unit_test(a_block_list_stands_before_16383_ranges),
		cmocka_unit_test(a_block_list_has_100000_prefixes),
	};

	return cmocka_run_group_tests_name("compile_address_limits", tests, make_image, free_image);
}
