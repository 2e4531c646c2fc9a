/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules from words, and their names. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "print/runtime.h"
#include "policy/runtime_words.h"

/* Noon of 2026-01-02, an hour after the start of the machine. */
static const struct policy_host host = {
	.ephemeral_low = 32768,
	.ephemeral_high = 60999,
	.realtime_ns = INT64_C(1767355200) * 1000000000,
	.boottime_ns = INT64_C(3600) * 1000000000,
};

/* `ports` is one word of the command line. */
static struct policy_rule rule_of(enum policy_action action, const char *ports)
{
	struct runtime_words words = { .action = action, .ports = &ports, .ports_count = 1 };
	struct policy_rule rule = { 0 };
	struct error error = { 0 };

	if (runtime_rule_read(&words, &host, &rule, &error))
		fail_msg("%s: %s", ports, error.text);
	return rule;
}

static void the_name_says_what_the_rule_is(void **state)
{
	static const struct {
		enum policy_action action;
		const char *ports, *from, *to;
		const char *name;
	} names[] = {
		{ POLICY_ALLOW, "tcp/8080", NULL, NULL, "allow-tcp-8080" },
		{ POLICY_DROP, "udp/27000-27100", NULL, NULL, "drop-udp-27000-27100" },
		{ POLICY_ALLOW, "tcp+udp/53", NULL, NULL, "allow-tcp-udp-53" },
		{ POLICY_ALLOW, "  tcp/80,443   udp/443 ", NULL, NULL, "allow-tcp-80-443-udp-443" },
		{ POLICY_DROP, "tcp/all", NULL, NULL, "drop-tcp-all" },
		{ POLICY_DROP, "tcp/22", "203.0.113.7", NULL, "drop-tcp-22-203.0.113.7" },
		{ POLICY_DROP, NULL, "203.0.113.7", NULL, "drop-203.0.113.7" },
		{ POLICY_ALLOW, NULL, "10.0.0.0/8", "192.0.2.1", "allow-10.0.0.0-8-to-192.0.2.1" },
		{ POLICY_DROP, NULL, NULL, "192.0.2.1", "drop-to-192.0.2.1" },
		{ POLICY_DROP, "tcp/22", "10.0.0.0/8", NULL, "drop-tcp-22-10.0.0.0-8" },
		{ POLICY_DROP, "tcp/22", NULL, "192.0.2.1", "drop-tcp-22-to-192.0.2.1" },
		{ POLICY_DROP, "tcp/22", "10.0.0.1", "10.0.0.2",
		  "drop-tcp-22-10.0.0.1-to-10.0.0.2" },
		{ POLICY_DROP, "tcp/22", "2001:DB8::/32", NULL, "drop-tcp-22-2001-db8-32" },
		{ POLICY_DROP, "tcp/22", "::/0", NULL, "drop-tcp-22-0" },
		/* 32 letters and no more, and no dash or dot at the end */
		{ POLICY_ALLOW, "tcp/1111,2222,3333,4444,55", NULL, NULL,
		  "allow-tcp-1111-2222-3333-4444-55" },
		{ POLICY_ALLOW, "tcp/1111,2222,3333,4444,555", NULL, NULL,
		  "allow-tcp-1111-2222-3333-4444-55" },
		{ POLICY_ALLOW, "tcp/1111,2222,3333,44444,5", NULL, NULL,
		  "allow-tcp-1111-2222-3333-44444-5" },
		{ POLICY_DROP, "tcp/11111,22222,33333,44444,5", NULL, NULL,
		  "drop-tcp-11111-22222-33333-44444" },
		{ POLICY_DROP, "tcp/1111,2222,33333", "203.0.113.7", NULL,
		  "drop-tcp-1111-2222-33333-203.0.1" },
		{ POLICY_DROP, "tcp/1,2,3,4,5,6,7,8", "203.0.113.7", NULL,
		  "drop-tcp-1-2-3-4-5-6-7-8-203.0.1" },
		{ POLICY_DROP, "tcp/1,2,3,4,5,6,7,8,9", "203.0.113.7", NULL,
		  "drop-tcp-1-2-3-4-5-6-7-8-9-203.0" },
		{ POLICY_DROP, "tcp/1,2,3,4,5,6,7,8,99", "203.0.113.7", NULL,
		  "drop-tcp-1-2-3-4-5-6-7-8-99-203" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct runtime_words words = {
			.action = names[i].action,
			.ports = &names[i].ports,
			.ports_count = names[i].ports ? 1 : 0,
			.from = &names[i].from,
			.from_count = names[i].from ? 1 : 0,
			.to = &names[i].to,
			.to_count = names[i].to ? 1 : 0,
		};
		struct policy_rule rule = { 0 };
		struct error error = { 0 };

		if (runtime_rule_read(&words, &host, &rule, &error))
			fail_msg("%s: %s", names[i].name, error.text);
		assert_string_equal(rule.name, names[i].name);
		assert_true(rule.runtime);
		policy_rule_free(&rule);
	}
}

static void a_word_is_ports_or_a_prefix(void **state)
{
	static const char *const prefixes[] = { "203.0.113.7", "10.0.0.0/8", "::1", "2001:db8::/32",
						"1.2.3.4/33" };
	static const char *const ports[] = { "tcp/22",	  "80",	  "22/tcp",    "tcp:22",
					     "dead/beef", "http", "a.example", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		assert_true(runtime_word_is_prefix(prefixes[i]));
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		assert_false(runtime_word_is_prefix(ports[i]));
}

static void several_words_are_joined(void **state)
{
	const char *const ports[] = { "tcp/80", " udp/53  sctp/9", "", "udp/54" };
	const char *const from[] = { "192.0.2.0/24", "2001:db8::7" };
	const char *const to[] = { "::1" };
	struct runtime_words words = {
		.action = POLICY_DROP,
		.ports = ports,
		.ports_count = 4,
		.from = from,
		.from_count = 2,
		.to = to,
		.to_count = 1,
		.name = "a.b_c-9",
		.until_ns = 42,
	};
	struct policy_rule rule = { 0 };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(runtime_rule_read(&words, &host, &rule, &error), 0);
	assert_string_equal(rule.ports, "tcp/80 udp/53 sctp/9 udp/54");
	assert_int_equal(rule.intervals_count, 4);
	assert_int_equal(rule.intervals[2].transport, PORTSIEVE_SCTP);
	assert_int_equal(rule.from.count, 2);
	assert_string_equal(policy_prefix_print(&rule.from.list[0]).text, "192.0.2.0/24");
	assert_string_equal(policy_prefix_print(&rule.from.list[1]).text, "2001:db8::7");
	assert_int_equal(rule.to.count, 1);
	assert_string_equal(policy_prefix_print(&rule.to.list[0]).text, "::1");
	assert_string_equal(rule.name, "a.b_c-9");
	assert_int_equal(rule.until_ns, 42);
	assert_int_equal(rule.action, POLICY_DROP);
	policy_rule_free(&rule);
}

static void wrong_words_are_refused(void **state)
{
	static const struct {
		const char *ports, *from, *name, *error;
	} refusals[] = {
		{ "tcp/htpp", NULL, NULL, "unknown service 'htpp'" },
		{ "tcp", NULL, NULL, "" },
		{ "", NULL, NULL, "" },
		{ "tcp/80", "192.0.2.300", NULL, "--from: " },
		{ "tcp/80", "192.0.2.1/24", NULL, "--from: " },
		{ "tcp/80", NULL, "", "--name: bad rule name ''" },
		{ "tcp/80", NULL, "Web", "--name: bad rule name 'Web'" },
		{ "tcp/80", NULL, "-x", "--name: bad rule name '-x'" },
		{ "tcp/80", NULL, "a b", "--name: bad rule name 'a b'" },
		{ "tcp/80", NULL, "123456789012345678901234567890123", "--name: bad rule name" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct runtime_words words = { .ports = &refusals[i].ports,
					       .ports_count = 1,
					       .from = &refusals[i].from,
					       .from_count = refusals[i].from ? 1 : 0,
					       .name = refusals[i].name };
		struct policy_rule rule = { 0 };
		struct error error = { 0 };

		assert_int_equal(runtime_rule_read(&words, &host, &rule, &error), -EINVAL);
		assert_ptr_equal(strstr(error.text, refusals[i].error), error.text);
		assert_true(error.text[0]);
		assert_int_equal(error.exit, EXIT_USAGE);
		assert_null(rule.ports);
	}
}

static void a_name_of_32_letters_is_taken(void **state)
{
	const char *ports = "tcp/80";
	struct runtime_words words = { .ports = &ports,
				       .ports_count = 1,
				       .name = "12345678901234567890123456789012" };
	struct policy_rule rule = { 0 };

	(void)state;
	assert_int_equal(runtime_rule_read(&words, &host, &rule, NULL), 0);
	assert_string_equal(rule.name, words.name);
	policy_rule_free(&rule);
}

static void add(struct policy *policy, const char *name, struct policy_rule rule)
{
	size_t renewed;
	struct error error = { 0 };

	snprintf(rule.name, sizeof(rule.name), "%s", name);
	if (policy_runtime_add(policy, &rule, 1, &host, &renewed, &error))
		fail_msg("%s", error.text);
	policy_rule_free(&rule);
}

/* The name that a rule which would be called `name` gets beside the rules of the policies. */
static const char *numbered(struct policy_rule rule, const char *name,
			    const struct policy *const *policies, size_t policies_count)
{
	static char chosen[PORTSIEVE_RULE_NAME_MAX + 1];
	size_t count = 1;

	strcpy(rule.name, name);
	assert_int_equal(runtime_rules_number(&rule, &count, policies, policies_count), 0);
	assert_int_equal(count, 1);
	strcpy(chosen, rule.name);
	policy_rule_free(&rule);
	return chosen;
}

static void names_that_mean_something_else_are_numbered(void **state)
{
	static const char text[] =
		"{version: 1, rules: [{name: allow-tcp-80, action: allow, ports: "
		"tcp/80}, {name: allow-tcp-80-3, action: drop, ports: udp/1}]}";
	static const char other_text[] =
		"{version: 1, rules: [{name: allow-tcp-80-4, action: allow, ports: tcp/80}]}";
	const char *name = "allow-tcp-80";
	struct error error = { 0 };
	struct policy policy, other;
	const struct policy *both[] = { &policy, &other };

	(void)state;
	assert_int_equal(policy_read(text, strlen(text), "", &host, &policy, &error), 0);
	assert_int_equal(policy_read(other_text, strlen(other_text), "", &host, &other, &error), 0);
	/* a rule of the file is never the same */
	assert_string_equal(numbered(rule_of(POLICY_ALLOW, "tcp/80"), name, both, 1),
			    "allow-tcp-80-2");
	/* a runtime rule that says the same is */
	add(&policy, "allow-tcp-80-2", rule_of(POLICY_ALLOW, "tcp/http"));
	assert_string_equal(numbered(rule_of(POLICY_ALLOW, "tcp/80"), name, both, 1),
			    "allow-tcp-80-2");
	/* one that does not is not, nor is the next, which is of the file, nor that of the other */
	policy.rules[0].action = POLICY_DROP;
	assert_string_equal(numbered(rule_of(POLICY_ALLOW, "tcp/80"), name, both, 1),
			    "allow-tcp-80-4");
	assert_string_equal(numbered(rule_of(POLICY_ALLOW, "tcp/80"), name, both, 2),
			    "allow-tcp-80-5");
	assert_string_equal(numbered(rule_of(POLICY_ALLOW, "tcp/80"), "free", both, 2), "free");
	policy_free(&policy);
	policy_free(&other);
}

static void rules_of_one_list_have_different_names_and_none_twice(void **state)
{
	struct policy_rule rules[] = {
		rule_of(POLICY_DROP, "tcp/80"),	  rule_of(POLICY_DROP, "tcp/81"),
		rule_of(POLICY_DROP, "tcp/http"), rule_of(POLICY_DROP, "tcp/82"),
		rule_of(POLICY_DROP, "tcp/81"),
	};
	size_t count = sizeof(rules) / sizeof(rules[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		strcpy(rules[i].name, "same");
	assert_int_equal(runtime_rules_number(rules, &count, NULL, 0), 0);
	assert_int_equal(count, 3);
	assert_string_equal(rules[0].name, "same");
	assert_string_equal(rules[0].ports, "tcp/80");
	assert_string_equal(rules[1].name, "same-2");
	assert_string_equal(rules[1].ports, "tcp/81");
	assert_string_equal(rules[2].name, "same-3");
	assert_string_equal(rules[2].ports, "tcp/82");
	for (size_t i = 0; i < count; i++)
		policy_rule_free(&rules[i]);
}

static void a_number_finds_room_in_a_long_name(void **state)
{
	static const char name[] = "allow-tcp-1111-2222-3333-4444-55";
	struct policy policy;
	const struct policy *policies[] = { &policy };

	(void)state;
	policy_init(&policy);
	add(&policy, name, rule_of(POLICY_ALLOW, "tcp/81"));
	assert_string_equal(numbered(rule_of(POLICY_ALLOW, "tcp/80"), name, policies, 1),
			    "allow-tcp-1111-2222-3333-4444--2");
	policy_free(&policy);
}

static char *text_of(uint64_t seconds, bool monitor)
{
	struct policy_rule rule = rule_of(POLICY_DROP, "tcp/8080");
	char *text;

	if (seconds)
		rule.until_ns = (uint64_t)host.boottime_ns + seconds * 1000000000;
	text = runtime_rule_text(&rule, &host, monitor);
	policy_rule_free(&rule);
	return text;
}

static void a_rule_in_words_has_its_end(void **state)
{
	static const struct {
		uint64_t seconds;
		bool monitor;
		const char *text;
	} texts[] = {
		{ 0, false, "drops tcp/8080 until it is deleted" },
		{ 600, false, "drops tcp/8080 until 12:10:00 UTC (10m)" },
		/* the date, from midnight on */
		{ 43199, false, "drops tcp/8080 until 23:59:59 UTC (11h59m59s)" },
		{ 43200, false, "drops tcp/8080 until 2026-01-03 00:00:00 UTC (12h)" },
		{ 43201, false, "drops tcp/8080 until 2026-01-03 00:00:01 UTC (12h1s)" },
		{ 31536000, false, "drops tcp/8080 until 2027-01-02 12:00:00 UTC (365d)" },
		{ 600, true,
		  "would drop tcp/8080 until 12:10:00 UTC (10m); the policy only monitors" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = text_of(texts[i].seconds, texts[i].monitor);

		assert_string_equal(text, texts[i].text);
		free(text);
	}
}

static void several_added_rules_are_one_line(void **state)
{
	static const struct {
		size_t count, renewed;
		uint64_t seconds;
		bool monitor;
		const char *done, *follows;
	} texts[] = {
		{ 1, 0, 0, false, "added", "r0 drops tcp/80 until it is deleted" },
		{ 1, 1, 0, false, "renewed", "r0 drops tcp/80 until it is deleted" },
		{ 2, 0, 0, false, "added 2 rules", "r0 and r1, until they are deleted" },
		{ 5, 1, 600, false, "added 4 rules and renewed 1",
		  "r0, r1 and 3 others, until 12:10:00 UTC (10m)" },
		{ 2, 1, 0, false, "added 1 rule and renewed 1",
		  "r0 and r1, until they are deleted" },
		{ 2, 2, 0, true, "renewed 2 rules",
		  "r0 and r1, until they are deleted; the policy only monitors" },
	};
	struct policy_rule rules[5];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		rules[i] = rule_of(POLICY_DROP, "tcp/80");
		snprintf(rules[i].name, sizeof(rules[i].name), "r%c", (char)('0' + i));
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text;

		for (size_t n = 0; n < 5; n++)
			rules[n].until_ns = texts[i].seconds ? (uint64_t)host.boottime_ns +
								       texts[i].seconds * 1000000000
							     : 0;
		text = runtime_rules_text(rules, texts[i].count, &host, texts[i].monitor);
		assert_string_equal(text, texts[i].follows);
		assert_string_equal(runtime_rules_done(texts[i].count, texts[i].renewed).text,
				    texts[i].done);
		free(text);
	}
	for (size_t i = 0; i < 5; i++)
		policy_rule_free(&rules[i]);
}

static void a_list_of_rules_names_up_to_three(void **state)
{
	static const char *const texts[] = {
		"",
		"r0",
		"r1 and r0",
		"r2, r1 and r0",
		"r3, r2 and 2 others",
		"r4, r3 and 3 others",
	};
	struct policy policy;

	(void)state;
	policy_init(&policy);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char name[4];

		assert_string_equal(runtime_rule_names(policy.rules, policy.runtime_count).text,
				    texts[i]);
		snprintf(name, sizeof(name), "r%c", (char)('0' + i));
		add(&policy, name, rule_of(POLICY_ALLOW, "tcp/80"));
	}
	policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_says_what_the_rule_is),
		cmocka_unit_test(a_word_is_ports_or_a_prefix),
		cmocka_unit_test(several_words_are_joined),
		cmocka_unit_test(wrong_words_are_refused),
		cmocka_unit_test(a_name_of_32_letters_is_taken),
		cmocka_unit_test(names_that_mean_something_else_are_numbered),
		cmocka_unit_test(rules_of_one_list_have_different_names_and_none_twice),
		cmocka_unit_test(a_number_finds_room_in_a_long_name),
		cmocka_unit_test(a_rule_in_words_has_its_end),
		cmocka_unit_test(several_added_rules_are_one_line),
		cmocka_unit_test(a_list_of_rules_names_up_to_three),
	};

	return cmocka_run_group_tests_name("runtime_rule", tests, NULL, NULL);
}
