/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares the compiler with a direct reading of the policy: for each port, the first rule that
 * names it, else the built-in range. test_knobs.c tests the knobs.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/build_policy.h"
#include "compile/compile.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

#define TCP(low, high) (&(struct policy_interval){ low, high, PORTSIEVE_TCP })
#define UDP(low, high) (&(struct policy_interval){ low, high, PORTSIEVE_UDP })

/* The image starts as garbage: compiling must overwrite all of it. */
static struct portsieve_image *compile(const struct policy *policy)
{
	struct portsieve_image *image = malloc(sizeof(*image));
	struct error error = { 0 };

	assert_non_null(image);
	memset(image, 0xa5, sizeof(*image));
	if (image_compile(policy, &host, "p", image, &error))
		fail_msg("%s", error.text);
	return image;
}

static bool names_port(const struct policy_rule *rule, unsigned int transport, unsigned int port)
{
	for (size_t i = 0; i < rule->intervals_count; i++)
		if (rule->intervals[i].transport == transport && rule->intervals[i].low <= port &&
		    port <= rule->intervals[i].high)
			return true;
	return false;
}

/* The first rule that names the port, or rules_count. */
static size_t first_match(const struct policy *policy, unsigned int transport, unsigned int port)
{
	size_t rule = 0;

	while (rule < policy->rules_count && !names_port(&policy->rules[rule], transport, port))
		rule++;
	return rule;
}

/* The entry if no rule names the port. */
static uint16_t default_entry(const struct policy *policy, unsigned int transport,
			      unsigned int port)
{
	unsigned int set = port == 0 ? 0 : port < 1024 ? 1 : port < 49152 ? 2 : 3;

	if (policy->default_action == POLICY_ALLOW)
		return transport * 4 + set;
	if (policy->dhcp_client && transport == PORTSIEVE_UDP && (port == 68 || port == 546))
		return 16;
	return 0x8000 | (transport * 4 + set);
}

static void assert_entry(const struct policy *policy, const struct portsieve_image *image,
			 unsigned int transport, unsigned int port)
{
	uint16_t entry = image->port[transport][port];
	const struct portsieve_range *range = &image->range[entry & 0x7fff];
	size_t rule = first_match(policy, transport, port);
	bool drop;

	if (rule == policy->rules_count) {
		if (entry != default_entry(policy, transport, port))
			fail_msg("transport %u port %u: entry %#x", transport, port, entry);
		return;
	}
	drop = policy->rules[rule].action == POLICY_DROP;
	if ((entry & 0x7fff) < 17 || (entry & 0x7fff) >= (int)image->ranges ||
	    range->rule != rule || range->transport != transport || range->low > port ||
	    range->high < port || range->drop != drop || entry >> 15 != drop)
		fail_msg("transport %u port %u: entry %#x, not of rule %zu", transport, port, entry,
			 rule);
}

static void assert_tables(const struct policy *policy, const struct portsieve_image *image)
{
	for (unsigned int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++)
		for (unsigned int port = 0; port < PORTSIEVE_PORTS; port++)
			assert_entry(policy, image, transport, port);
}

/* Which ports a rule names, and which share an interval with the next port. */
struct cover {
	bool named[PORTSIEVE_PORTS];
	bool joined[PORTSIEVE_PORTS];
};

static void cover_of(const struct policy_rule *rule, unsigned int transport, struct cover *cover)
{
	memset(cover, 0, sizeof(*cover));
	for (size_t i = 0; i < rule->intervals_count; i++) {
		const struct policy_interval *interval = &rule->intervals[i];

		for (unsigned int port = interval->low; port <= interval->high; port++)
			if (interval->transport == transport) {
				cover->named[port] = true;
				cover->joined[port] |= port < interval->high;
			}
	}
}

/* Each rule's ranges, of each transport in ascending order, are the runs of joined ports. */
static void assert_ranges(const struct policy *policy, const struct portsieve_image *image)
{
	struct cover *cover = calloc(1, sizeof(*cover));
	uint32_t id = PORTSIEVE_RANGE_RULES;

	for (size_t n = 0; n < policy->rules_count * PORTSIEVE_TRANSPORTS; n++) {
		unsigned int rule = n / PORTSIEVE_TRANSPORTS, transport = n % PORTSIEVE_TRANSPORTS;

		cover_of(&policy->rules[rule], transport, cover);
		for (unsigned int low = 0, high; low < PORTSIEVE_PORTS; low = high + 1) {
			high = low;
			if (!cover->named[low])
				continue;
			while (cover->joined[high])
				high++;
			assert_true(id < image->ranges);
			assert_int_equal(image->range[id].rule, rule);
			assert_int_equal(image->range[id].transport, transport);
			assert_int_equal(image->range[id].low, low);
			assert_int_equal(image->range[id++].high, high);
		}
	}
	assert_int_equal(image->ranges, id);
	free(cover);
}

static void assert_compiles_right(const struct policy *policy)
{
	struct portsieve_image *image = compile(policy);

	assert_tables(policy, image);
	assert_ranges(policy, image);
	free(image);
}

static void without_rules_every_port_is_of_a_built_in_range(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	assert_compiles_right(&policy);
	policy.default_action = POLICY_DROP;
	assert_compiles_right(&policy);
	policy.dhcp_client = false;
	assert_compiles_right(&policy);
}

static void the_first_rule_that_names_a_port_decides_it(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	policy.default_action = POLICY_DROP;
	add_rule_of(&policy, "one", POLICY_DROP, TCP(80, 80));
	add_rule_of(&policy, "part", POLICY_ALLOW, TCP(70, 90));
	add_rule_of(&policy, "udp", POLICY_ALLOW, UDP(68, 68));
	add_rule_of(&policy, "all", POLICY_DROP, TCP(0, 65535));
	add_rule_of(&policy, "never", POLICY_ALLOW, TCP(443, 443));
	assert_compiles_right(&policy);
	policy_free(&policy);
}

static void the_first_and_the_last_port_are_in_their_ranges(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	add_rule_of(&policy, "zero", POLICY_DROP, TCP(0, 0));
	add_rule_of(&policy, "last", POLICY_DROP, TCP(65535, 65535));
	add_rule_of(&policy, "edges", POLICY_ALLOW, UDP(1023, 1024));
	add_rule_of(&policy, "dynamic", POLICY_DROP, UDP(49151, 49152));
	assert_compiles_right(&policy);
	policy_free(&policy);
}

/* Numbers near each other, so that ranges often overlap, touch and repeat. */
static void fill_at_random(struct policy *policy, uint64_t *seed)
{
	unsigned int rules = random_below(seed, 8), base = random_below(seed, 65000);
	char name[8];

	policy->default_action = random_below(seed, 2) ? POLICY_DROP : POLICY_ALLOW;
	policy->dhcp_client = random_below(seed, 2);
	for (unsigned int i = 0; i < rules; i++) {
		struct policy_rule *rule;

		snprintf(name, sizeof(name), "r%u", i);
		rule = add_rule(policy, name, random_below(seed, 2) ? POLICY_DROP : POLICY_ALLOW);
		for (unsigned int n = 1 + random_below(seed, 5); n; n--) {
			unsigned int low = base + random_below(seed, 60);
			unsigned int high = low + random_below(seed, 12);

			if (!random_below(seed, 16))
				high = 65535;
			add_ports(rule, random_below(seed, PORTSIEVE_TRANSPORTS), low, high);
		}
	}
}

static void random_policies_compile_right(void **state)
{
	uint64_t seed = 20260817;

	(void)state;
	for (int n = 0; n < 80; n++) {
		struct policy policy;

		policy_init(&policy);
		fill_at_random(&policy, &seed);
		assert_compiles_right(&policy);
		policy_free(&policy);
	}
}

static void built_in_ranges_have_fixed_ids_ports_and_counters(void **state)
{
	static const uint16_t low[] = { 0, 1, 1024, 49152 }, high[] = { 0, 1023, 49151, 65535 };
	struct portsieve_image *image;
	struct policy policy;

	(void)state;
	policy_init(&policy);
	add_rule_of(&policy, "web", POLICY_ALLOW, TCP(80, 80));
	policy.default_action = POLICY_DROP;
	image = compile(&policy);
	for (unsigned int id = 0; id < 16; id++) {
		assert_int_equal(image->range[id].transport, id / 4);
		assert_int_equal(image->range[id].low, low[id % 4]);
		assert_int_equal(image->range[id].high, high[id % 4]);
		assert_int_equal(image->range[id].drop, 1);
		assert_int_equal(image->counter[id], 48 + id);
	}
	assert_int_equal(image->counter[16], PORTSIEVE_DHCP_CLIENT);
	free(image);
	policy_free(&policy);
}

static void overlaps_in_a_rule_merge_and_neighbours_stay_apart(void **state)
{
	struct portsieve_image *image;
	struct policy policy;
	struct policy_rule *rule;

	(void)state;
	policy_init(&policy);
	rule = add_rule(&policy, "r", POLICY_DROP);
	add_ports(rule, PORTSIEVE_TCP, 100, 199); /* joins the next: 90-199 */
	add_ports(rule, PORTSIEVE_TCP, 90, 100);
	add_ports(rule, PORTSIEVE_TCP, 150, 160); /* within it */
	add_ports(rule, PORTSIEVE_TCP, 200, 200); /* adjacent */
	add_ports(rule, PORTSIEVE_TCP, 200, 200); /* a duplicate */
	add_ports(rule, PORTSIEVE_UDP, 150, 160); /* another transport */
	image = compile(&policy);
	assert_int_equal(image->ranges, PORTSIEVE_RANGE_RULES + 3);
	assert_int_equal(image->range[17].low, 90);
	assert_int_equal(image->range[17].high, 199);
	assert_int_equal(image->range[18].low, 200);
	assert_int_equal(image->range[19].transport, PORTSIEVE_UDP);
	assert_tables(&policy, image);
	assert_ranges(&policy, image);
	free(image);
	policy_free(&policy);
}

static void rules_keep_name_line_and_action(void **state)
{
	struct portsieve_image *image;
	struct policy policy;

	(void)state;
	policy_init(&policy);
	add_rule_of(&policy, "a", POLICY_ALLOW, TCP(1, 1));
	add_rule_of(&policy, "a2345678901234567890123456789.32", POLICY_DROP, TCP(2, 2));
	policy.rules[0].place.line = 7;
	policy.rules[1].place.line = 100000;
	image = compile(&policy);
	assert_int_equal(image->rules, 2);
	assert_string_equal(image->rule[0].name, "a");
	assert_string_equal(image->rule[1].name, "a2345678901234567890123456789.32");
	assert_int_equal(image->rule[0].line, 7);
	assert_int_equal(image->rule[1].line, 100000);
	assert_int_equal(image->rule[0].drop, 0);
	assert_int_equal(image->rule[1].drop, 1);
	free(image);
	policy_free(&policy);
}

static void what_compiling_does_not_know_stays_zero(void **state)
{
	static const uint8_t zeros[PORTSIEVE_SOURCE_MAX + 1];
	struct portsieve_image *image;
	struct policy policy;

	(void)state;
	policy_init(&policy);
	add_rule_of(&policy, "web", POLICY_ALLOW, TCP(80, 81));
	image = compile(&policy);
	assert_int_equal(image->abi, PORTSIEVE_ABI);
	assert_int_equal(image->applied_ns, 0);
	assert_memory_equal(image->sha256, zeros, sizeof(image->sha256));
	assert_memory_equal(image->source, zeros, sizeof(image->source));
	assert_int_equal(image->counter[PORTSIEVE_RANGE_RULES], 0);
	free(image);
	policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_rules_every_port_is_of_a_built_in_range),
		cmocka_unit_test(the_first_rule_that_names_a_port_decides_it),
		cmocka_unit_test(the_first_and_the_last_port_are_in_their_ranges),
		cmocka_unit_test(random_policies_compile_right),
		cmocka_unit_test(built_in_ranges_have_fixed_ids_ports_and_counters),
		cmocka_unit_test(overlaps_in_a_rule_merge_and_neighbours_stay_apart),
		cmocka_unit_test(rules_keep_name_line_and_action),
		cmocka_unit_test(what_compiling_does_not_know_stays_zero),
	};

	return cmocka_run_group_tests_name("compile", tests, NULL, NULL);
}
