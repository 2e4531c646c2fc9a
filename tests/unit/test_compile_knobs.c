/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each knob does when the policy is silent, as docs/packets.md says, and when it speaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "build_policy.h"
#include "compile.h"
#include "compiled_image.h"

/* Written down from docs/packets.md: d follows the default, a and D are always allow and drop. */
static const struct {
	const char *name;
	char otherwise;
} knobs[] = {
	{ "vlan_depth", 'd' },
	{ "mpls", 'd' },
	{ "tiny_fragment", 'D' },
	{ "later_fragment", 'a' },
	{ "other_protocol", 'a' },
	{ "jumbogram", 'd' },
	{ "ext_depth", 'd' },
	{ "no_port", 'a' },
	{ "hop_by_hop", 'a' },
	{ "routing", 'a' },
	{ "fragment", 'a' },
	{ "authentication", 'a' },
	{ "destination_options", 'a' },
	{ "mobility", 'a' },
	{ "hip", 'a' },
	{ "shim6", 'a' },
	{ "routing_type_0", 'D' },
	{ "routing_type_1", 'D' },
	{ "routing_type_3", 'D' },
	{ "bad_flags", 'D' },
	{ "icmp_echo", 'a' },
	{ "icmp_other", 'd' },
	{ "icmpv6_echo", 'a' },
	{ "icmpv6_mobility", 'f' }, /* allowed where forwarding, else d */
	{ "icmpv6_other", 'd' },
};

#define KNOBS (sizeof(knobs) / sizeof(knobs[0]))

static enum portsieve_knob number_of(const char *name)
{
	for (enum portsieve_knob knob = 0; knob < PORTSIEVE_KNOBS; knob++)
		if (policy_knob_name(knob) && !strcmp(policy_knob_name(knob), name))
			return knob;
	fail_msg("no knob %s", name);
	return 0;
}

static void compile(const struct policy *policy, bool forwards)
{
	struct policy_host host = { .forwards_ipv6 = forwards };
	struct error error = { 0 };

	if (image_compile(policy, &host, "p", image, &error))
		fail_msg("%s", error.text);
}

static bool drops(const char *name)
{
	return image->drop_knobs >> number_of(name) & 1;
}

static bool drops_by_itself(char otherwise, bool default_drop, bool forwards)
{
	switch (otherwise) {
	case 'a':
		return false;
	case 'D':
		return true;
	case 'f':
		return default_drop && !forwards;
	default:
		return default_drop;
	}
}

static void assert_silence_means(bool default_drop, bool forwards)
{
	struct policy policy;

	policy_init(&policy);
	policy.default_action = default_drop ? POLICY_DROP : POLICY_ALLOW;
	compile(&policy, forwards);
	for (size_t i = 0; i < KNOBS; i++)
		if (drops(knobs[i].name) !=
		    drops_by_itself(knobs[i].otherwise, default_drop, forwards))
			fail_msg("%s, default drop %d, forwards %d", knobs[i].name, default_drop,
				 forwards);
	assert_int_equal(image->drop_knobs & 3, 2); /* the fixed ones */
	assert_int_equal(image->drop_knobs >> PORTSIEVE_KNOBS, 0);
}

static void every_knob_is_in_the_table(void **state)
{
	(void)state;
	assert_int_equal(KNOBS, PORTSIEVE_KNOBS - 2);
	for (size_t i = 0; i < KNOBS; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(number_of(knobs[i].name), number_of(knobs[j].name));
	assert_null(policy_knob_name(PORTSIEVE_KNOB_PASS));
	assert_null(policy_knob_name(PORTSIEVE_KNOB_DROP));
}

static void silent_knobs_are_as_documented_under_default_allow(void **state)
{
	(void)state;
	assert_silence_means(false, false);
	assert_silence_means(false, true);
}

static void silent_knobs_are_as_documented_under_default_drop(void **state)
{
	(void)state;
	assert_silence_means(true, false);
	assert_silence_means(true, true);
}

/* A knob that is set means what it says, and changes no other. */
static void assert_set(size_t set, enum policy_choice choice, bool default_drop)
{
	struct policy policy;

	policy_init(&policy);
	policy.default_action = default_drop ? POLICY_DROP : POLICY_ALLOW;
	policy.knobs[number_of(knobs[set].name)] = choice;
	compile(&policy, true);
	for (size_t i = 0; i < KNOBS; i++) {
		bool expected = drops_by_itself(knobs[i].otherwise, default_drop, true);

		if (i == set)
			expected = choice == POLICY_CHOICE_DROP;
		if (drops(knobs[i].name) != expected)
			fail_msg("%s after %s was set", knobs[i].name, knobs[set].name);
	}
	assert_int_equal(image->drop_knobs & 3, 2);
}

static void a_knob_that_is_set_does_what_it_says_and_touches_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < KNOBS; i++)
		for (int default_drop = 0; default_drop < 2; default_drop++) {
			assert_set(i, POLICY_CHOICE_ALLOW, default_drop);
			assert_set(i, POLICY_CHOICE_DROP, default_drop);
		}
}

static void the_flags_are_those_of_mode_and_default(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	compile(&policy, false);
	assert_int_equal(image->flags, 0);
	policy.monitor = true;
	compile(&policy, false);
	assert_int_equal(image->flags, PORTSIEVE_IMAGE_MONITOR);
	policy.default_action = POLICY_DROP;
	compile(&policy, false);
	assert_int_equal(image->flags, PORTSIEVE_IMAGE_MONITOR | PORTSIEVE_IMAGE_DEFAULT_DROP);
	policy.monitor = false;
	compile(&policy, false);
	assert_int_equal(image->flags, PORTSIEVE_IMAGE_DEFAULT_DROP);
}

/* The image with udp/68 and udp/546 as they come out. */
static void assert_dhcp(const struct policy *policy, uint16_t port_68, uint16_t port_546)
{
	compile(policy, false);
	assert_int_equal(image->port[PORTSIEVE_UDP][68], port_68);
	assert_int_equal(image->port[PORTSIEVE_UDP][546], port_546);
	assert_int_not_equal(image->port[PORTSIEVE_UDP][67], PORTSIEVE_RANGE_DHCP);
	assert_int_not_equal(image->port[PORTSIEVE_UDP][547], PORTSIEVE_RANGE_DHCP);
	assert_int_not_equal(image->port[PORTSIEVE_TCP][68], PORTSIEVE_RANGE_DHCP);
}

static void dhcp_replies_pass_a_default_of_drop_unless_off_or_a_rule_decides(void **state)
{
	struct policy policy;
	struct policy_interval client = { 68, 68, PORTSIEVE_UDP };

	(void)state;
	policy_init(&policy);
	assert_dhcp(&policy, 5, 5); /* udp's _system */
	policy.default_action = POLICY_DROP;
	assert_dhcp(&policy, 16, 16);
	policy.dhcp_client = false;
	assert_dhcp(&policy, 0x8000 | 5, 0x8000 | 5);
	policy.dhcp_client = true;
	add_rule_of(&policy, "no-dhcp", POLICY_DROP, &client);
	assert_dhcp(&policy, 0x8000 | 17, 16);
	policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_knob_is_in_the_table),
		cmocka_unit_test(silent_knobs_are_as_documented_under_default_allow),
		cmocka_unit_test(silent_knobs_are_as_documented_under_default_drop),
		cmocka_unit_test(a_knob_that_is_set_does_what_it_says_and_touches_no_other),
		cmocka_unit_test(the_flags_are_those_of_mode_and_default),
		cmocka_unit_test(dhcp_replies_pass_a_default_of_drop_unless_off_or_a_rule_decides),
	};

	return cmocka_run_group_tests_name("compile_knobs", tests, make_image, free_image);
}
