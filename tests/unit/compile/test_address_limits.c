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
#include "base/cleanup.h"
#include "compile/compile.h"
#include "compiled_image.h"
#include "evaluate_image.h"

enum {
	BLOCKED_PREFIXES = 100000,
	LARGE_RULES = 10000,
	PAIRED_RULES = 370,	     /* of which two share each address: 68,265 addresses */
	NESTED_RULES = 256,	     /* one cell for each two of them: 32,896 */
	TOO_MANY_NESTED_RULES = 520, /* 135,460 */
	OFFICES = 2000,		     /* would need two million cells with one per port and office */
	DIVIDED = 8000,
	SAMPLES = 60,
};

#define TEN	  0x0a000000u /* 10.0.0.0 */
#define ELSEWHERE 0xc0000201u /* 192.0.2.1 */

static struct policy_rule *add_numbered_rule(struct policy *policy, unsigned int number)
{
	char name[16];

	snprintf(name, sizeof(name), "r%u", number);
	return add_rule(policy, name, POLICY_ALLOW);
}

/* It is about the TCP ports low to high, from a prefix of IPv4. */
static struct policy_rule *add_rule_from(struct policy *policy, unsigned int number, uint16_t low,
					 uint16_t high, uint32_t network, uint8_t length)
{
	struct policy_rule *rule = add_numbered_rule(policy, number);
	struct policy_prefix prefix = prefix4(network, length);

	add_ports(rule, PORTSIEVE_TCP, low, high);
	add_prefix_of(&rule->from, &prefix);
	return rule;
}

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
	if (!strstr(error.text, limit))
		fail_msg("no %s in: %s", limit, error.text);
}

/* The rule that decides tcp/port from that IPv4 address, or the default's name. */
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

/* Each address is in two rules, and no two addresses are in the same two: one class each. */
static void make_pairs(struct policy *policy, unsigned int addresses)
{
	policy_init(policy);
	for (unsigned int i = 0; i < PAIRED_RULES; i++)
		add_ports(add_numbered_rule(policy, i), PORTSIEVE_TCP, (uint16_t)i, (uint16_t)i);
	for (unsigned int i = 0, n = 0; i < PAIRED_RULES; i++) {
		for (unsigned int j = i + 1; j < PAIRED_RULES && n < addresses; j++, n++) {
			/* odd addresses only: no two of them make a larger prefix */
			struct policy_prefix prefix = prefix4(TEN + 2 * n + 1, 32);

			add_prefix_of(&policy->rules[i].from, &prefix);
			add_prefix_of(&policy->rules[j].from, &prefix);
		}
	}
}

/* Class 0 is for addresses that no prefix holds. */
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

static void make_conditions(struct policy *policy, unsigned int rules, bool by_destination_too)
{
	policy_init(policy);
	for (unsigned int i = 0; i < rules; i++) {
		struct policy_rule *rule =
			add_rule_from(policy, i, (uint16_t)i, (uint16_t)i, TEN + 256 * i, 24);
		struct policy_prefix to = prefix4(ELSEWHERE + 256 * i, 32);

		if (by_destination_too)
			add_prefix_of(&rule->to, &to);
	}
}

static void a_policy_has_12000_conditions(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 }, both = { 0 };
	struct policy policy;

	(void)state;
	make_conditions(&policy, PORTSIEVE_CONDITIONS_MAX, false);
	compile(&policy, &addresses);
	assert_string_equal(decides(&addresses, 11999, TEN + 256 * 11999, 0), "r11999");
	assert_string_equal(decides(&addresses, 11999, TEN + 256 * 11998, 0), "default");
	policy_free(&policy);
	make_conditions(&policy, PORTSIEVE_CONDITIONS_MAX / 2, true);
	compile(&policy, &both);
	policy_free(&policy);
	make_conditions(&policy, PORTSIEVE_CONDITIONS_MAX / 2 + 1, true);
	assert_refused(&policy, "12000");
	policy_free(&policy);
}

/* Port p asks for the addresses of all rules up to the p-th. */
static void make_nested(struct policy *policy, unsigned int rules)
{
	policy_init(policy);
	for (unsigned int i = 0; i < rules; i++)
		add_rule_from(policy, i, (uint16_t)i, 65535, TEN + 256 * i, 24);
}

static void a_policy_has_65536_cells(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct policy policy;

	(void)state;
	make_nested(&policy, NESTED_RULES);
	compile(&policy, &addresses);
	assert_string_equal(decides(&addresses, 100, TEN + 256 * 100, 0), "r100");
	assert_string_equal(decides(&addresses, 99, TEN + 256 * 100, 0), "default");
	assert_string_equal(decides(&addresses, 65535, TEN + 256 * 255, 0), "r255");
	policy_free(&policy);
	make_nested(&policy, TOO_MANY_NESTED_RULES);
	assert_refused(&policy, "65536");
	policy_free(&policy);
}

/* A port for each of many offices, and all ports for the company: 10.0.0.0/8. */
static void make_offices(struct policy *policy, unsigned int offices, bool company_first)
{
	policy_init(policy);
	for (unsigned int i = 0; i <= offices; i++) {
		if (i == (company_first ? 0 : offices))
			add_rule_from(policy, i, 0, 65535, TEN, 8);
		else
			add_rule_from(policy, i, (uint16_t)i, (uint16_t)i, TEN + 256 * i, 24);
	}
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

/* One of 16 ports, at random. */
static uint16_t port_of(unsigned int i)
{
	return (uint16_t)(i * 2654435761u >> 28);
}

/* Each port has its own share of the addresses: 16 rows that have no class in common. */
static void ports_that_divide_the_addresses_fit(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct policy policy;

	(void)state;
	policy_init(&policy);
	for (unsigned int i = 0; i < DIVIDED; i++)
		add_rule_from(&policy, i, port_of(i), port_of(i), TEN + 2 * i, 32);
	compile(&policy, &addresses);
	assert_string_equal(decides(&addresses, port_of(7), TEN + 2 * 7, 0), "r7");
	assert_string_equal(decides(&addresses, port_of(7), TEN + 2 * 7 + 1, 0), "default");
	assert_string_equal(decides(&addresses, port_of(7) + 1, TEN + 2 * 7, 0), "default");
	assert_string_equal(decides(&addresses, port_of(7999), TEN + 2 * 7999, 0), "r7999");
	policy_free(&policy);
}

/* Each ends later than the one before, so each decides for a while. */
static void make_ends(struct policy *policy, unsigned int rules, bool same_port)
{
	policy_init(policy);
	for (unsigned int i = 0; i < rules; i++) {
		struct policy_rule *rule = add_numbered_rule(policy, i);
		uint16_t port = same_port ? 22 : (uint16_t)(22 + i);

		rule->runtime = true;
		rule->until_ns = 1000 * (i + 1);
		policy->runtime_count++;
		add_ports(rule, PORTSIEVE_TCP, port, port);
	}
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

static struct policy_rule *add_block_list(struct policy *policy, unsigned int prefixes)
{
	struct policy_rule *rule = add_rule(policy, "blocklist", POLICY_DROP);

	add_ports(rule, PORTSIEVE_TCP, 0, 65535);
	for (unsigned int i = 0; i < prefixes; i++) {
		/* a gap after each: 10.0.0.0/29, not 10.0.0.8/29, 10.0.0.16/29 ... */
		struct policy_prefix prefix = prefix4(TEN + 16 * i, 29);

		add_prefix_of(&rule->from, &prefix);
	}
	return rule;
}

static void a_block_list_stands_before_16383_ranges(void **state)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct policy policy;
	struct policy_rule *rule;

	(void)state;
	policy_init(&policy);
	add_block_list(&policy, 1000);
	rule = add_rule(&policy, "many", POLICY_ALLOW);
	for (unsigned int i = 0; i < PORTSIEVE_RANGES_MAX - 1; i++)
		add_ports(rule, PORTSIEVE_TCP, (uint16_t)(2 * i), (uint16_t)(2 * i));
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
	policy_init(&policy);
	add_block_list(&policy, BLOCKED_PREFIXES);
	add_ports(add_rule(&policy, "ssh", POLICY_ALLOW), PORTSIEVE_TCP, 22, 22);
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
		cmocka_unit_test(a_policy_has_12000_conditions),
		cmocka_unit_test(a_policy_has_65536_cells),
		cmocka_unit_test(a_broad_prefix_beside_many_narrow_ones_adds_up),
		cmocka_unit_test(ports_that_divide_the_addresses_fit),
		cmocka_unit_test(eight_rules_may_end_one_after_the_other),
		cmocka_unit_test(ten_thousand_rules_have_a_port_and_a_prefix_each),
		cmocka_unit_test(a_block_list_stands_before_16383_ranges),
		cmocka_unit_test(a_block_list_has_100000_prefixes),
	};

	return cmocka_run_group_tests_name("compile_address_limits", tests, make_image, free_image);
}
