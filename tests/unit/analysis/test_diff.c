/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences of policies, one hand-written case for each kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "diff_case.h"

static void test_equal_policies_differ_in_nothing(void **state)
{
	struct case_of_two two;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	tcp(&two.old, "web", POLICY_ALLOW, 80, 80);
	tcp(&two.new, "web", POLICY_ALLOW, 80, 80);
	add_prefix(&two.old.rules[0].from, prefix_of("10.0.0.0", 8));
	add_prefix(&two.new.rules[0].from, prefix_of("10.0.0.0", 8));
	assert_true(policy_diff_is_empty(compare(&two)));
	tear_down(&two);
}

static void test_a_new_rule_changes_its_ports(void **state)
{
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	tcp(&two.old, "old", POLICY_ALLOW, 8085, 8085);
	tcp(&two.new, "web", POLICY_ALLOW, 8080, 8090);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 2); /* 8085 passed before */
	is_change(&diff->changes[0], 8080, 8084, "web");
	is_change(&diff->changes[1], 8086, 8090, "web");
	assert_null(diff->changes[0].before.rule);
	assert_true(diff->changes[0].before.drop);
	assert_false(diff->changes[0].after.drop);
	assert_null(diff->changes[0].from);
	assert_null(diff->changes[0].to);
	assert_int_equal(diff->added.count, 1);
	assert_int_equal(diff->removed.count, 1);
	assert_string_equal(diff->removed.list[0]->name, "old");
	tear_down(&two);
}

static void test_neighbouring_segments_are_one_change(void **state)
{
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_ALLOW, POLICY_ALLOW);
	tcp(&two.old, "a", POLICY_ALLOW, 100, 150);
	tcp(&two.new, "b", POLICY_DROP, 100, 120);
	add_ports(&two.new.rules[0], PORTSIEVE_TCP, 110, 140);
	add_ports(&two.new.rules[0], PORTSIEVE_TCP, 141, 150);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 1);
	is_change(&diff->changes[0], 100, 150, "b");
	assert_string_equal(diff->changes[0].before.rule->name, "a");
	tear_down(&two);
}

static void test_the_default_changes_all_ports_but_those_of_dhcp(void **state)
{
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_ALLOW, POLICY_DROP);
	diff = compare(&two);
	/* tcp, udp in three parts around 68 and 546, sctp, dccp */
	assert_int_equal(diff->changes_count, 6);
	is_change(&diff->changes[0], 0, 65535, NULL);
	assert_int_equal(diff->changes[1].high, 67);
	assert_int_equal(diff->changes[2].low, 69);
	assert_int_equal(diff->changes[2].high, 545);
	assert_int_equal(diff->changes[3].low, 547);
	assert_int_equal(diff->settings_count, 1);
	assert_string_equal(diff->settings[0].name, "default");
	assert_string_equal(diff->settings[0].after, "drop");
	tear_down(&two);
}

static void test_dhcp_client_changes_two_ports(void **state)
{
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	two.new.dhcp_client = false;
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 2);
	assert_int_equal(diff->changes[0].low, 68);
	assert_int_equal(diff->changes[0].high, 68);
	assert_int_equal(diff->changes[0].transport, PORTSIEVE_UDP);
	assert_true(diff->changes[0].before.dhcp_client);
	assert_false(diff->changes[0].before.drop);
	assert_true(diff->changes[0].after.drop);
	assert_int_equal(diff->changes[1].low, 546);
	assert_string_equal(diff->settings[0].name, "dhcp_client");
	tear_down(&two);
}

static void test_knobs_are_those_in_effect(void **state)
{
	struct policy policy;
	struct policy_diff diff;
	struct policy_diff_side before = { &policy, 1ull << PORTSIEVE_KNOB_MPLS, 0 };
	struct policy_diff_side after = { &policy, 1ull << PORTSIEVE_KNOB_DROP, 0 };

	(void)state;
	policy_init(&policy);
	assert_int_equal(policy_diff(&before, &after, &diff), 0);
	assert_int_equal(diff.settings_count, 2);
	assert_string_equal(diff.settings[0].name, "malformed");
	assert_string_equal(diff.settings[0].after, "drop");
	assert_string_equal(diff.settings[1].name, "mpls");
	assert_string_equal(diff.settings[1].before, "drop");
	assert_string_equal(diff.settings[1].after, "allow");
	policy_diff_free(&diff);
}

static void test_addresses_that_come(void **state)
{
	struct policy_prefix in = prefix_of("10.0.0.0", 8), but = prefix_of("10.1.0.0", 16);
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	add_prefix(&tcp(&two.new, "not", POLICY_DROP, 22, 22)->from, but);
	add_prefix(&tcp(&two.new, "ssh", POLICY_ALLOW, 22, 22)->from, in);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 1);
	is_change(&diff->changes[0], 22, 22, "ssh");
	is_prefixes(&diff->changes[0].from->in, &in, 1);
	is_prefixes(&diff->changes[0].from->except, &but, 1);
	assert_null(diff->changes[0].to);
	tear_down(&two);
}

static void test_prefixes_within_others_are_not_said_again(void **state)
{
	struct policy_prefix outer = prefix_of("10.0.0.0", 8), inner = prefix_of("10.1.0.0", 16);
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	add_prefix(&tcp(&two.new, "ssh", POLICY_ALLOW, 22, 22)->from, inner);
	add_prefix(&two.new.rules[0].from, outer);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 1);
	is_prefixes(&diff->changes[0].from->in, &outer, 1);
	assert_int_equal(diff->changes[0].from->except.count, 0);
	tear_down(&two);
}

static void test_all_other_addresses(void **state)
{
	struct policy_prefix kept = prefix_of("2001:db8::", 32);
	struct policy_prefix all[] = { prefix_of("0.0.0.0", 0), prefix_of("::", 0) };
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	tcp(&two.old, "ssh", POLICY_ALLOW, 22, 22);
	add_prefix(&tcp(&two.new, "ssh", POLICY_ALLOW, 22, 22)->from, kept);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 1);
	is_change(&diff->changes[0], 22, 22, NULL);
	is_prefixes(&diff->changes[0].from->in, all, 2);
	is_prefixes(&diff->changes[0].from->except, &kept, 1);
	assert_int_equal(diff->changed.count, 1);
	assert_int_equal(diff->added.count + diff->removed.count, 0);
	tear_down(&two);
}

static void test_addresses_that_are_all_there_are(void **state)
{
	struct case_of_two two;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	tcp(&two.old, "ssh", POLICY_ALLOW, 22, 22);
	tcp(&two.new, "ssh", POLICY_ALLOW, 22, 22);
	for (int half = 0; half < 2; half++) {
		add_prefix(&two.new.rules[0].from, prefix_of(half ? "128.0.0.0" : "0.0.0.0", 1));
		add_prefix(&two.new.rules[0].from, prefix_of(half ? "8000::" : "::", 1));
	}
	assert_int_equal(compare(&two)->changes_count, 0);
	assert_int_equal(two.diff.changed.count, 1);
	tear_down(&two);
}

static void test_all_of_one_family(void **state)
{
	struct policy_prefix all = prefix_of("0.0.0.0", 0);
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	add_prefix(&tcp(&two.new, "four", POLICY_ALLOW, 22, 22)->from, all);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 1);
	assert_non_null(diff->changes[0].from); /* not "any": IPv6 stays dropped */
	is_prefixes(&diff->changes[0].from->in, &all, 1);
	tear_down(&two);
}

/* A rule for all IPv4 addresses; it excludes IPv6 and 10.0.0.0/8. */
static void test_all_others_where_all_of_a_family_have_a_rule(void **state)
{
	struct policy_prefix expected[] = { prefix_of("::", 0), prefix_of("10.0.0.0", 8) };
	struct case_of_two two;
	const struct policy_diff *diff;
	size_t found = 0;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_ALLOW);
	for (int side = 0; side < 2; side++) {
		struct policy *policy = side ? &two.new : &two.old;
		struct policy_rule *rule = tcp(policy, "a", POLICY_ALLOW, 22, 22);

		add_prefix(&rule->from, prefix_of("10.0.0.0", 8));
		add_prefix(&rule->to, prefix_of("192.0.2.0", 24));
		rule = tcp(policy, "b", POLICY_ALLOW, 22, 22);
		add_prefix(&rule->from, prefix_of("0.0.0.0", 0));
		add_prefix(&rule->to, prefix_of("198.51.100.0", 24));
	}
	diff = compare(&two);
	for (size_t i = 0; i < diff->changes_count; i++) {
		const struct area *from = diff->changes[i].from;

		if (diff->changes[i].low != 22 || !from || from->except.count)
			continue;
		is_prefixes(&from->in, expected, 2);
		found++;
	}
	assert_int_equal(found, 1);
	tear_down(&two);
}

static void test_source_and_destination_both_count(void **state)
{
	struct policy_prefix from = prefix_of("10.0.0.0", 8), to = prefix_of("192.0.2.1", 32);
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	add_prefix(&tcp(&two.new, "ssh", POLICY_ALLOW, 22, 22)->from, from);
	add_prefix(&two.new.rules[0].to, to);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 1);
	is_prefixes(&diff->changes[0].from->in, &from, 1);
	is_prefixes(&diff->changes[0].to->in, &to, 1);
	tear_down(&two);
}

static void test_rules_in_another_order(void **state)
{
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	tcp(&two.old, "a", POLICY_ALLOW, 1, 9);
	tcp(&two.old, "b", POLICY_ALLOW, 5, 15);
	tcp(&two.new, "b", POLICY_ALLOW, 5, 15);
	tcp(&two.new, "a", POLICY_ALLOW, 1, 9);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 0);
	assert_true(diff->reordered);
	assert_false(policy_diff_is_empty(diff));
	tear_down(&two);
}

static void test_runtime_rules_that_stay(void **state)
{
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	tcp(&two.old, "now", POLICY_ALLOW, 1, 9)->runtime = true;
	tcp(&two.old, "later", POLICY_ALLOW, 10, 19)->runtime = true;
	tcp(&two.new, "now", POLICY_ALLOW, 1, 9)->runtime = true;
	tcp(&two.new, "later", POLICY_ALLOW, 10, 19)->runtime = true;
	two.new.rules[1].until_ns = 5;
	diff = compare(&two);
	assert_int_equal(diff->runtime.count, 1);
	assert_string_equal(diff->runtime.list[0]->name, "now");
	assert_int_equal(diff->changed.count, 1);
	assert_string_equal(diff->changed.list[0]->name, "later");
	tear_down(&two);
}

static void test_a_runtime_rule_that_becomes_one_of_the_file(void **state)
{
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	tcp(&two.old, "saved", POLICY_ALLOW, 1, 9)->runtime = true;
	tcp(&two.new, "saved", POLICY_ALLOW, 1, 9);
	diff = compare(&two);
	assert_true(policy_diff_is_empty(diff));
	assert_int_equal(diff->runtime.count, 0);
	tear_down(&two);
}

struct mode_row {
	const char *sentence;
	bool old_monitor;
	enum policy_action old;
	bool new_monitor;
	enum policy_action new;
	enum policy_diff_effect effect; /* of the port that both policies have a rule for */
};

static const struct mode_row mode_rows[] = {
	{ "a drop that was only counted is enforced", true, POLICY_DROP, false, POLICY_DROP,
	  POLICY_DIFF_NOW_ENFORCED },
	{ "a drop is only counted from now on", false, POLICY_DROP, true, POLICY_DROP,
	  POLICY_DIFF_NO_LONGER_ENFORCED },
	{ "what was allowed is dropped", true, POLICY_ALLOW, false, POLICY_DROP,
	  POLICY_DIFF_NOW_DROPPED },
	{ "what was allowed is dropped, no mode in play", false, POLICY_ALLOW, false, POLICY_DROP,
	  POLICY_DIFF_NOW_DROPPED },
	{ "what was counted passes as before", true, POLICY_DROP, false, POLICY_ALLOW,
	  POLICY_DIFF_NO_LONGER_COUNTED },
	{ "what was counted passes as before, in monitor mode", true, POLICY_DROP, true,
	  POLICY_ALLOW, POLICY_DIFF_NO_LONGER_COUNTED },
	{ "what was dropped is allowed", false, POLICY_DROP, true, POLICY_ALLOW,
	  POLICY_DIFF_NOW_ALLOWED },
	{ "what was dropped is allowed, no mode in play", false, POLICY_DROP, false, POLICY_ALLOW,
	  POLICY_DIFF_NOW_ALLOWED },
	{ "what was allowed is only counted", false, POLICY_ALLOW, true, POLICY_DROP,
	  POLICY_DIFF_NOW_COUNTED },
	{ "two policies that only count", true, POLICY_ALLOW, true, POLICY_DROP,
	  POLICY_DIFF_NOW_COUNTED },
	{ "what is counted stays so", true, POLICY_DROP, true, POLICY_DROP, POLICY_DIFF_NO_EFFECT },
	{ "what is dropped stays so", false, POLICY_DROP, false, POLICY_DROP,
	  POLICY_DIFF_NO_EFFECT },
	{ "what is allowed passes in either mode", true, POLICY_ALLOW, false, POLICY_ALLOW,
	  POLICY_DIFF_NO_EFFECT },
};

static enum policy_diff_effect knob_effect(const struct policy_diff *diff, const char *name)
{
	for (size_t i = 0; i < diff->settings_count; i++)
		if (!strcmp(diff->settings[i].name, name))
			return diff->settings[i].effect;
	return POLICY_DIFF_NO_EFFECT;
}

/* A port and a knob, with these actions in these modes, of the policies or of the rule and the
 * knob. */
static void check_mode_row(const struct mode_row *row, bool by_policy)
{
	const uint64_t mpls = 1ull << PORTSIEVE_KNOB_MPLS;
	struct case_of_two two;
	struct policy_diff_side before = { &two.old, row->old == POLICY_DROP ? mpls : 0,
					   !by_policy && row->old_monitor ? mpls : 0 };
	struct policy_diff_side after = { &two.new, row->new == POLICY_DROP ? mpls : 0,
					  !by_policy && row->new_monitor ? mpls : 0 };

	set_up(&two, POLICY_ALLOW, POLICY_ALLOW);
	two.old.monitor = by_policy && row->old_monitor;
	two.new.monitor = by_policy && row->new_monitor;
	tcp(&two.old, "ssh", row->old, 22, 22)->monitor =
		!by_policy && row->old_monitor && row->old == POLICY_DROP;
	tcp(&two.new, "ssh", row->new, 22, 22)->monitor =
		!by_policy && row->new_monitor && row->new == POLICY_DROP;
	assert_int_equal(policy_diff(&before, &after, &two.diff), 0);
	assert_int_equal(two.diff.changes_count, row->effect != POLICY_DIFF_NO_EFFECT);
	if (two.diff.changes_count) {
		is_change(&two.diff.changes[0], 22, 22, "ssh");
		assert_int_equal(two.diff.changes[0].effect, row->effect);
		assert_string_equal(two.diff.changes[0].before.rule->name, "ssh");
	}
	assert_int_equal(knob_effect(&two.diff, "mpls"), row->effect);
	assert_int_equal(knob_effect(&two.diff, "malformed"), POLICY_DIFF_NO_EFFECT);
	assert_int_equal(knob_effect(&two.diff, "mode"), POLICY_DIFF_NO_EFFECT);
	assert_int_equal(policy_diff_is_empty(&two.diff),
			 (row->old_monitor == row->new_monitor ||
			  (!by_policy && row->old == POLICY_ALLOW && row->new == POLICY_ALLOW)) &&
				 row->old == row->new);
	tear_down(&two);
}

static void test_modes_decide_what_a_drop_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mode_rows) / sizeof(mode_rows[0]); i++) {
		print_message("# %s\n", mode_rows[i].sentence);
		check_mode_row(&mode_rows[i], true);
		check_mode_row(&mode_rows[i], false);
	}
}

static void test_a_change_of_mode_names_addresses(void **state)
{
	struct policy_prefix in = prefix_of("10.0.0.0", 8);
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_ALLOW, POLICY_ALLOW);
	two.old.monitor = true;
	add_prefix(&tcp(&two.old, "block", POLICY_DROP, 0, 65535)->from, in);
	add_prefix(&tcp(&two.new, "block", POLICY_DROP, 0, 65535)->from, in);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 1);
	is_change(&diff->changes[0], 0, 65535, "block");
	assert_int_equal(diff->changes[0].effect, POLICY_DIFF_NOW_ENFORCED);
	is_prefixes(&diff->changes[0].from->in, &in, 1);
	assert_int_equal(diff->changed.count, 0);
	tear_down(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_policies_differ_in_nothing),
		cmocka_unit_test(test_a_new_rule_changes_its_ports),
		cmocka_unit_test(test_neighbouring_segments_are_one_change),
		cmocka_unit_test(test_the_default_changes_all_ports_but_those_of_dhcp),
		cmocka_unit_test(test_dhcp_client_changes_two_ports),
		cmocka_unit_test(test_knobs_are_those_in_effect),
		cmocka_unit_test(test_addresses_that_come),
		cmocka_unit_test(test_prefixes_within_others_are_not_said_again),
		cmocka_unit_test(test_all_other_addresses),
		cmocka_unit_test(test_addresses_that_are_all_there_are),
		cmocka_unit_test(test_all_of_one_family),
		cmocka_unit_test(test_all_others_where_all_of_a_family_have_a_rule),
		cmocka_unit_test(test_source_and_destination_both_count),
		cmocka_unit_test(test_rules_in_another_order),
		cmocka_unit_test(test_runtime_rules_that_stay),
		cmocka_unit_test(test_a_runtime_rule_that_becomes_one_of_the_file),
		cmocka_unit_test(test_modes_decide_what_a_drop_does),
		cmocka_unit_test(test_a_change_of_mode_names_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
