/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How knobs and modes become bits of an image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/build_policy.h"
#include "compile/compile.h"
#include "compiled_image.h"
#include "policy/knobs.h"

static void compile(const struct policy *policy, bool forwards)
{
	struct policy_host host = { .forwards_ipv6 = forwards };
	struct error error = { 0 };

	if (image_compile(policy, &host, "p", image, &error))
		fail_msg("%s", error.text);
}

static void the_fixed_knobs_have_no_name_and_every_other_one_of_its_own(void **state)
{
	(void)state;
	assert_null(knobs[PORTSIEVE_KNOB_PASS].name);
	assert_null(knobs[PORTSIEVE_KNOB_DROP].name);
	for (int i = PORTSIEVE_KNOB_DROP + 1; i < PORTSIEVE_KNOBS; i++) {
		assert_non_null(knobs[i].name);
		for (int j = PORTSIEVE_KNOB_DROP + 1; j < i; j++)
			assert_string_not_equal(knobs[i].name, knobs[j].name);
	}
}

/* The knobs that drop under a policy without rules. */
static uint64_t knobs_that_drop(struct policy *policy, enum policy_action action, bool forwards)
{
	policy->default_action = action;
	compile(policy, forwards);
	return image->drop_knobs;
}

/* The defaults are in packets.md; tests/packet/test_knobs.c tests all of them by packets. */
static void only_some_knobs_follow_the_default(void **state)
{
	const uint64_t mobility = 1ull << PORTSIEVE_KNOB_ICMPV6_MOBILITY;
	struct policy policy;
	uint64_t under_allow, under_drop;

	(void)state;
	policy_init(&policy);
	under_allow = knobs_that_drop(&policy, POLICY_ALLOW, false);
	under_drop = knobs_that_drop(&policy, POLICY_DROP, false);
	assert_int_equal(under_allow & 3, 2); /* the fixed ones */
	assert_int_equal(under_drop & 3, 2);
	assert_int_equal(under_drop >> PORTSIEVE_KNOBS, 0);
	assert_int_equal(under_allow & ~under_drop, 0);
	assert_true(under_drop & ~under_allow & mobility);
	assert_int_equal(knobs_that_drop(&policy, POLICY_ALLOW, true), under_allow);
	assert_int_equal(knobs_that_drop(&policy, POLICY_DROP, true), under_drop & ~mobility);
}

static void a_knob_that_is_set_does_what_it_says_and_touches_no_other(void **state)
{
	(void)state;
	for (int knob = PORTSIEVE_KNOB_DROP + 1; knob < PORTSIEVE_KNOBS; knob++)
		for (int action = POLICY_ALLOW; action <= POLICY_DROP; action++) {
			const uint64_t bit = 1ull << knob;
			struct policy policy;
			uint64_t silent;

			policy_init(&policy);
			silent = knobs_that_drop(&policy, action, true);
			policy.knobs[knob] = POLICY_CHOICE_ALLOW;
			assert_int_equal(knobs_that_drop(&policy, action, true), silent & ~bit);
			policy.knobs[knob] = POLICY_CHOICE_DROP;
			assert_int_equal(knobs_that_drop(&policy, action, true), silent | bit);
		}
}

static void the_flags_are_those_of_mode_and_default(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	policy.return_mode = POLICY_RETURN_NONE;
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

/* The host decides `auto`, unless the policy drops nothing. */
static void auto_is_decided_by_the_host(void **state)
{
	const uint32_t sockets = PORTSIEVE_IMAGE_RETURN_AUTO | PORTSIEVE_IMAGE_RETURN_SOCKET |
				 PORTSIEVE_IMAGE_UDP_EPHEMERAL;
	struct policy_host host = { 0 };
	struct error error = { 0 };
	struct policy policy;

	(void)state;
	policy_init(&policy);
	memset(image, 0, sizeof(*image));
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	assert_int_equal(image->flags, 0);
	policy.default_action = POLICY_DROP;
	memset(image, 0, sizeof(*image));
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	assert_int_equal(image->flags, PORTSIEVE_IMAGE_DEFAULT_DROP | sockets);
	host.needs_flows = true;
	memset(image, 0, sizeof(*image));
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	assert_int_equal(image->flags,
			 PORTSIEVE_IMAGE_DEFAULT_DROP | sockets | PORTSIEVE_IMAGE_RETURN_FLOW);
}

/* Checks the entries of udp/68 and udp/546. */
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
		cmocka_unit_test(the_fixed_knobs_have_no_name_and_every_other_one_of_its_own),
		cmocka_unit_test(only_some_knobs_follow_the_default),
		cmocka_unit_test(a_knob_that_is_set_does_what_it_says_and_touches_no_other),
		cmocka_unit_test(the_flags_are_those_of_mode_and_default),
		cmocka_unit_test(auto_is_decided_by_the_host),
		cmocka_unit_test(dhcp_replies_pass_a_default_of_drop_unless_off_or_a_rule_decides),
	};

	return cmocka_run_group_tests_name("compile_knobs", tests, make_image, free_image);
}
