/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules: added, renewed, removed, ended, kept over a change of the file; and their ends by
 * two clocks. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/build_policy.h"
#include "policy/policy.h"

#define SECOND 1000000000ull

static const struct policy_host host = { .ephemeral_low = 32768,
					 .ephemeral_high = 60999,
					 .realtime_ns = 1795262400000000000, /* 2026-11-21T12:00Z */
					 .boottime_ns = 1000000000000 };

static struct policy read_text(const char *text)
{
	struct policy policy;
	struct error error = { 0 };
	int r = policy_read(text, strlen(text), "p", &host, &policy, &error);

	assert_string_equal(error.text, "");
	assert_int_equal(r, 0);
	return policy;
}

/* "a b|c d": the names of the runtime rules, then of the others. Checks what belongs together. */
static const char *names_of(const struct policy *policy)
{
	static char names[512];
	char *end = names;

	assert_true(policy->runtime_count <= policy->rules_count);
	*end = '\0';
	for (size_t i = 0; i < policy->rules_count; i++) {
		const char *joint = i == policy->runtime_count ? "|" : i ? " " : "";

		assert_int_equal(policy->rules[i].runtime, i < policy->runtime_count);
		end += sprintf(end, "%s%s", joint, policy->rules[i].name);
	}
	return names;
}

#define RULE(name, rest) "- {name: " name ", action: drop, ports: 'tcp/1 udp/2-3'" rest "}\n"
#define FILE_RULES	 "version: 1\nrules:\n" RULE("web", "") RULE("mail", "")
#define LIVE                                                                                       \
	FILE_RULES "runtime:\n" RULE("a", ", from: [10.0.0.0/8, '::/0'], to: 192.0.2.1")           \
		RULE("b", ", until: 2026-11-21T12:01:00Z") RULE("c", "")

/* A rule as a command makes it, on its own. */
static struct policy_rule rule_of(const char *rule)
{
	char text[512];
	struct policy policy;
	struct policy_rule taken;

	snprintf(text, sizeof(text), "version: 1\nruntime:\n%s", rule);
	policy = read_text(text);
	taken = policy.rules[0];
	taken.runtime = false;
	policy.rules[0] = (struct policy_rule){ 0 };
	policy_free(&policy);
	return taken;
}

static int add(struct policy *policy, const char *text, bool *ret_renewed, struct error *error)
{
	struct policy_rule rule = rule_of(text);
	size_t renewed = 0;
	int r = policy_runtime_add(policy, &rule, 1, &host, &renewed, error);

	*ret_renewed = renewed == 1;
	policy_rule_free(&rule);
	return r;
}

static void runtime_rules_are_read_before_the_others(void **state)
{
	struct policy policy = read_text(LIVE);

	(void)state;
	assert_string_equal(names_of(&policy), "a b c|web mail");
	assert_true(policy.names_runtime);
	policy_free(&policy);
	policy = read_text("version: 1\nruntime:\n" RULE("a", "") "rules:\n" RULE("b", ""));
	assert_string_equal(names_of(&policy), "a|b");
	policy_free(&policy);
	policy = read_text(FILE_RULES);
	assert_string_equal(names_of(&policy), "|web mail");
	assert_false(policy.names_runtime);
	policy_free(&policy);
	policy = read_text("version: 1\nruntime: []\n");
	assert_true(policy.names_runtime);
	policy_free(&policy);
}

static uint64_t until_of(const char *time)
{
	char text[128];
	struct policy_rule rule;
	uint64_t until_ns;

	snprintf(text, sizeof(text), RULE("a", ", until: %s"), time);
	rule = rule_of(text);
	until_ns = rule.until_ns;
	policy_rule_free(&rule);
	return until_ns;
}

static void an_end_is_read_by_the_clock_of_the_wall(void **state)
{
	(void)state;
	assert_int_equal(until_of("2026-11-21T12:00:00Z"), 1000 * SECOND);
	assert_int_equal(until_of("2026-11-21T12:00:01Z"), 1001 * SECOND);
	assert_int_equal(until_of("2026-11-22T12:00:00Z"), (1000 + 86400) * SECOND);
	assert_int_equal(until_of("2026-12-01T12:00:00Z"), (1000 + 10 * 86400) * SECOND);
	assert_int_equal(until_of("2027-11-21T12:00:00Z"), (1000 + 365 * 86400) * SECOND);
	assert_int_equal(until_of("2028-11-21T12:00:00Z"), (1000 + 731 * 86400) * SECOND);
	assert_int_equal(until_of("\"2028-02-29T12:00:00Z\""), (1000 + 465 * 86400) * SECOND);
	assert_int_equal(until_of("2026-11-21T11:59:59Z"), 999 * SECOND);
	/* date -u -d 2261-12-31T23:59:59Z +%s says 9214646399 */
	assert_int_equal(until_of("2261-12-31T23:59:59Z"),
			 (9214646399 - 1795262400 + 1000) * SECOND);
}

static void an_end_before_the_boot_has_passed_and_is_an_end(void **state)
{
	(void)state;
	assert_int_equal(until_of("2026-11-21T11:43:21Z"), 1 * SECOND);
	assert_int_equal(until_of("2026-11-21T11:43:20Z"), 1);
	assert_int_equal(until_of("1970-01-01T00:00:00Z"), 1);
}

static void assert_printed(uint64_t until_ns, const struct policy_host *at, const char *time)
{
	struct policy policy = read_text("version: 1\nruntime:\n" RULE("a", ""));
	char *text, expected[64];

	policy.rules[0].until_ns = until_ns;
	text = policy_print(&policy, at);
	snprintf(expected, sizeof(expected), ", until: %s}\n", time);
	assert_non_null(strstr(text, expected));
	free(text);
	policy_free(&policy);
}

static void an_end_is_printed_to_the_nearest_second(void **state)
{
	struct policy_host later = host, unset = { .boottime_ns = 9000000000 };

	(void)state;
	assert_printed(1000 * SECOND, &host, "2026-11-21T12:00:00Z");
	assert_printed(1000 * SECOND + SECOND / 2 - 1, &host, "2026-11-21T12:00:00Z");
	assert_printed(1000 * SECOND + SECOND / 2, &host, "2026-11-21T12:00:01Z");
	assert_printed(1000 * SECOND - SECOND / 2, &host, "2026-11-21T12:00:00Z");
	assert_printed((1000 + 465 * 86400) * SECOND, &host, "2028-02-29T12:00:00Z");
	assert_printed((1000 + 466 * 86400 - 43200) * SECOND, &host, "2028-03-01T00:00:00Z");
	/* the wall's clock was set an hour ahead: the end stays where it is, its name changes */
	later.realtime_ns += 3600 * (int64_t)SECOND;
	assert_printed(1000 * SECOND, &later, "2026-11-21T13:00:00Z");
	assert_printed(UINT64_MAX, &host, "2261-12-31T23:59:59Z");
	assert_printed(1, &unset, "1970-01-01T00:00:00Z");
}

static void a_new_rule_is_the_first_of_all(void **state)
{
	struct policy policy = read_text(FILE_RULES);
	bool renewed = true;

	(void)state;
	assert_int_equal(add(&policy, RULE("x", ", from: 10.0.0.0/8"), &renewed, NULL), 0);
	assert_false(renewed);
	assert_string_equal(names_of(&policy), "x|web mail");
	assert_int_equal(add(&policy, RULE("y", ""), &renewed, NULL), 0);
	assert_string_equal(names_of(&policy), "y x|web mail");
	assert_int_equal(policy.rules[1].from.count, 1);
	assert_int_equal(policy.rules[0].place.line, 0);
	policy_free(&policy);
}

static void a_rule_is_renewed_by_one_that_says_the_same(void **state)
{
	struct policy policy = read_text(LIVE);
	bool renewed = false;

	(void)state;
	assert_int_equal(add(&policy, RULE("b", ", until: 2026-11-21T12:02:00Z"), &renewed, NULL),
			 0);
	assert_true(renewed);
	/* renewing moves it to the front, before all rules added in between */
	assert_string_equal(names_of(&policy), "b a c|web mail");
	assert_int_equal(policy.rules[0].until_ns, 1120 * SECOND);
	assert_int_equal(add(&policy, RULE("b", ""), &renewed, NULL), 0);
	assert_string_equal(names_of(&policy), "b a c|web mail");
	assert_int_equal(policy.rules[0].until_ns, 0);
	policy_free(&policy);
}

static void a_name_that_is_taken_is_refused(void **state)
{
	static const char *const others[] = {
		"- {name: a, action: allow, ports: 'tcp/1 udp/2-3', from: [10.0.0.0/8, '::/0'], "
		"to: "
		"192.0.2.1}\n",
		"- {name: a, action: drop, ports: 'tcp/1 udp/2-4', from: [10.0.0.0/8, '::/0'], to: "
		"192.0.2.1}\n",
		"- {name: a, action: drop, ports: 'udp/1 udp/2-3', from: [10.0.0.0/8, '::/0'], to: "
		"192.0.2.1}\n",
		"- {name: a, action: drop, ports: tcp/1, from: [10.0.0.0/8, '::/0'], to: "
		"192.0.2.1}\n",
		RULE("a", ""),
		RULE("a", ", from: [10.0.0.0/8, '::/0'], to: 192.0.2.2"),
		RULE("a", ", from: [10.0.0.0/8, '::/1'], to: 192.0.2.1"),
		RULE("a", ", from: [10.0.0.0/8, 0.0.0.0/0], to: 192.0.2.1"),
	};
	struct policy policy = read_text(LIVE);
	struct error error = { 0 };
	bool renewed = false;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(add(&policy, others[i], &renewed, &error), -EEXIST);
		assert_string_equal(error.text,
				    "there is already a different runtime rule 'a': delete it "
				    "first, or choose another name");
	}
	assert_int_equal(add(&policy, RULE("web", ""), &renewed, &error), -EEXIST);
	assert_string_equal(error.text,
			    "the policy file already has a rule 'web': choose another name");
	assert_string_equal(names_of(&policy), "a b c|web mail");
	assert_false(renewed);
	policy_free(&policy);
}

static void a_rule_too_many_is_refused(void **state)
{
	struct policy policy;
	struct error error = { 0 };
	bool renewed;

	(void)state;
	policy_init(&policy);
	for (size_t i = 0; i + 1 < PORTSIEVE_RULES_MAX; i++)
		add_rule(&policy, "r", POLICY_DROP);
	assert_int_equal(add(&policy, RULE("x", ""), &renewed, &error), 0);
	assert_int_equal(add(&policy, RULE("y", ""), &renewed, &error), -E2BIG);
	assert_string_equal(error.text,
			    "the policy would have more than 16384 rules: delete some first");
	assert_int_equal(policy.rules_count, PORTSIEVE_RULES_MAX);
	/* a renewed one takes no room */
	assert_int_equal(add(&policy, RULE("x", ""), &renewed, &error), 0);
	assert_true(renewed);
	policy_free(&policy);
}

static void a_prefix_too_many_is_refused(void **state)
{
	struct policy policy = read_text(FILE_RULES);
	struct error error = { 0 };
	bool renewed;

	(void)state;
	policy.rules[0].from.list =
		calloc(POLICY_PREFIXES_MAX - 1, sizeof(*policy.rules[0].from.list));
	policy.rules[0].from.count = POLICY_PREFIXES_MAX - 1;
	assert_int_equal(add(&policy, RULE("x", ", to: '::/0'"), &renewed, &error), 0);
	assert_int_equal(add(&policy, RULE("y", ", to: '::/0'"), &renewed, &error), -E2BIG);
	assert_string_equal(error.text, "the rules would name more than 262144 prefixes");
	assert_int_equal(add(&policy, RULE("y", ""), &renewed, &error), 0);
	policy_free(&policy);
}

/* Removes what is chosen. Returns the names of the removed rules, "a b". */
static const char *remove_chosen(struct policy *policy, const struct policy_runtime_choice *choice)
{
	static char names[256];
	struct policy_rule *removed = NULL;
	size_t count = 0;
	char *end = names;

	*names = '\0';
	assert_int_equal(policy_runtime_remove(policy, choice, &removed, &count), 0);
	for (size_t i = 0; i < count; i++) {
		end += sprintf(end, "%s%s", i ? " " : "", removed[i].name);
		policy_rule_free(&removed[i]);
	}
	free(removed);
	return names;
}

static const char *remove_named(struct policy *policy, const char *name)
{
	const struct policy_runtime_choice choice = { .names = &name, .names_count = 1 };

	return remove_chosen(policy, &choice);
}

static struct policy_prefix prefix_of(const char *text)
{
	struct policy_prefix prefix;

	assert_int_equal(policy_prefix_read(text, &prefix, NULL), 0);
	return prefix;
}

static void runtime_rules_are_removed_by_name(void **state)
{
	const char *const names[] = { "c", "nix", "a", "web", "a" };
	const struct policy_runtime_choice several = { .names = names, .names_count = 5 };
	struct policy policy = read_text(LIVE);

	(void)state;
	assert_string_equal(remove_named(&policy, "b"), "b");
	assert_string_equal(names_of(&policy), "a c|web mail");
	assert_true(policy_runtime_has(&policy, &several));
	assert_string_equal(remove_chosen(&policy, &several), "a c");
	assert_string_equal(names_of(&policy), "|web mail");
	assert_false(policy_runtime_has(&policy, &several));
	assert_string_equal(remove_chosen(&policy, &several), "");
	assert_string_equal(names_of(&policy), "|web mail");
	policy_free(&policy);
}

static void runtime_rules_are_removed_by_the_prefix_they_are_from(void **state)
{
	struct policy policy = read_text(
		"version: 1\nrules:\n" RULE("web", ", from: 10.0.0.0/8") "runtime:\n" RULE(
			"host", ", from: 10.0.0.1") RULE("net", ", from: 10.0.0.0/8")
			RULE("both", ", from: [10.0.0.0/8, 10.0.0.1]") RULE("any", "")
				RULE("six", ", from: '2001:db8::/32', to: '::1'"));
	const struct policy_prefix prefixes[] = { prefix_of("10.0.0.0/8"),
						  prefix_of("2001:db8::/32") };
	const struct policy_prefix wider = prefix_of("10.0.0.0/7"), one = prefix_of("10.0.0.1");
	const struct policy_runtime_choice choice = { .from = prefixes, .from_count = 2 };
	const struct policy_runtime_choice none = { .from = &wider, .from_count = 1 };
	const struct policy_runtime_choice last = { .from = &one, .from_count = 1 };
	struct error error = { 0 };

	(void)state;
	assert_true(policy_runtime_has(&policy, &choice));
	assert_false(policy_runtime_has(&policy, &none));
	assert_string_equal(remove_chosen(&policy, &none), "");
	assert_string_equal(remove_chosen(&policy, &choice), "net six");
	assert_string_equal(names_of(&policy), "host both any|web");
	assert_string_equal(remove_chosen(&policy, &last), "host");
	assert_int_equal(policy_runtime_refuse_from(&policy, &one, &error), -ENOENT);
	assert_string_equal(error.text, "no runtime rule is from 10.0.0.1 alone; 'both' is from "
					"other prefixes too: delete it by its name");
	assert_int_equal(policy_runtime_refuse_from(&policy, &wider, &error), -ENOENT);
	assert_string_equal(error.text,
			    "no runtime rule is from 10.0.0.0/7; 'portsieve show' lists them");
	policy_free(&policy);
}

static void all_runtime_rules_are_removed_at_once(void **state)
{
	const struct policy_runtime_choice all = { .all = true };
	struct policy policy = read_text(LIVE);

	(void)state;
	assert_true(policy_runtime_has(&policy, &all));
	assert_string_equal(remove_chosen(&policy, &all), "a b c");
	assert_string_equal(names_of(&policy), "|web mail");
	assert_false(policy_runtime_has(&policy, &all));
	policy_free(&policy);
}

static void what_cannot_be_removed_is_said(void **state)
{
	struct policy policy = read_text(
		"version: 1\nrules:\n" RULE("web", "") "runtime:\n" RULE("block-scanner", ""));
	struct policy without = read_text(FILE_RULES);
	struct error error = { 0 };

	(void)state;
	assert_int_equal(policy_runtime_refuse_name(&policy, "block-scaner", &error), -ENOENT);
	assert_string_equal(error.text, "no runtime rule 'block-scaner' is in force (did you mean "
					"'block-scanner'?)");
	assert_int_equal(policy_runtime_refuse_name(&policy, "xyzzy", &error), -ENOENT);
	assert_string_equal(error.text,
			    "no runtime rule 'xyzzy' is in force ('portsieve show' lists them)");
	assert_int_equal(policy_runtime_refuse_name(&policy, "web", &error), -ENOENT);
	assert_string_equal(error.text, "'web' is a rule of the policy file, not a runtime rule: "
					"change the file and apply it");
	assert_int_equal(policy_runtime_refuse_name(&without, "c", &error), -ENOENT);
	assert_string_equal(error.text, "no runtime rule 'c' is in force (there are none)");
	policy_free(&policy);
	policy_free(&without);
}

static void several_rules_are_added_in_their_order(void **state)
{
	struct policy policy = read_text(LIVE),
		      added = read_text("version: 1\nruntime:\n" RULE("x", "") RULE(
			      "c", ", until: 2026-11-21T12:05:00Z") RULE("y", "") RULE("b", ""));
	struct error error = { 0 };
	size_t renewed = 7;

	(void)state;
	assert_int_equal(policy_runtime_add(&policy, added.rules, 4, &host, &renewed, &error), 0);
	assert_string_equal(names_of(&policy), "x c y b a|web mail");
	assert_int_equal(renewed, 2);
	assert_int_equal(policy.rules[1].until_ns, 1300 * SECOND);
	assert_int_equal(policy.rules[3].until_ns, 0);
	policy_free(&policy);
	policy_free(&added);
}

static void an_error_in_one_of_several_adds_none(void **state)
{
	struct policy policy = read_text(LIVE);
	struct policy added =
		read_text("version: 1\nruntime:\n" RULE("c", "") RULE("x", "") RULE("web", ""));
	struct error error = { 0 };
	size_t renewed = 7;

	(void)state;
	assert_int_equal(policy_runtime_add(&policy, added.rules, 3, &host, &renewed, &error),
			 -EEXIST);
	assert_string_equal(error.text,
			    "the policy file already has a rule 'web': choose another name");
	assert_string_equal(names_of(&policy), "a b c|web mail");
	assert_int_equal(renewed, 7);
	policy_free(&policy);
	policy_free(&added);
}

static void rules_end_at_their_end(void **state)
{
	struct policy policy = read_text(LIVE);

	(void)state;
	policy_runtime_expire(&policy, 1060 * SECOND - 1);
	assert_string_equal(names_of(&policy), "a b c|web mail");
	policy_runtime_expire(&policy, 1060 * SECOND);
	assert_string_equal(names_of(&policy), "a c|web mail");
	policy_runtime_expire(&policy, UINT64_MAX);
	assert_string_equal(names_of(&policy), "a c|web mail");
	policy.rules[0].until_ns = policy.rules[1].until_ns = 1;
	policy_runtime_expire(&policy, 1);
	assert_string_equal(names_of(&policy), "|web mail");
	policy_free(&policy);
}

static void runtime_rules_are_kept_over_a_change_of_the_file(void **state)
{
	struct policy live = read_text(LIVE);
	struct policy policy = read_text("version: 1\nrules:\n" RULE("dns", ""));
	struct policy empty = read_text(FILE_RULES);
	char *text;

	(void)state;
	assert_int_equal(policy_runtime_keep(&policy, &live, &host, NULL), 0);
	assert_string_equal(names_of(&live), "a b c|web mail");
	policy_free(&live); /* the copies are copies */
	assert_string_equal(names_of(&policy), "a b c|dns");
	text = policy_print(&policy, &host);
	assert_string_equal(
		text,
		"version: 1\ndefault: allow\nruntime:\n"
		"  - {name: a, action: drop, ports: tcp/1 udp/2-3, from: [10.0.0.0/8, \"::/0\"], "
		"to: "
		"[192.0.2.1]}\n"
		"  - {name: b, action: drop, ports: tcp/1 udp/2-3, until: 2026-11-21T12:01:00Z}\n"
		"  - {name: c, action: drop, ports: tcp/1 udp/2-3}\n"
		"rules:\n  - {name: dns, action: drop, ports: tcp/1 udp/2-3}\n");
	free(text);
	assert_int_equal(policy_runtime_keep(&policy, &empty, &host, NULL), 0);
	assert_string_equal(names_of(&policy), "a b c|dns");
	policy_free(&policy);
	policy_free(&empty);
}

static void a_name_of_the_file_and_of_a_kept_rule_is_refused(void **state)
{
	struct policy live = read_text(LIVE);
	struct policy policy = read_text("version: 1\nrules:\n" RULE("b", ""));
	struct error error = { 0 };

	(void)state;
	assert_int_equal(policy_runtime_keep(&policy, &live, &host, &error), -EEXIST);
	assert_string_equal(error.text,
			    "'b' is a rule of the policy file and a runtime rule in force: rename "
			    "it in the file, or delete the runtime rule");
	assert_string_equal(names_of(&policy), "|b");
	policy_free(&policy);
	policy_free(&live);
}

static void a_saved_rule_becomes_one_of_the_file(void **state)
{
	/* the same rule, in the words of `save` */
	static const char *const saved[] = { RULE("c", ""), RULE("web", "") RULE("c", "") };
	/* another rule, or one that only looks the same */
	static const char *const others[] = {
		RULE("c", ", from: 10.0.0.0/8"),
		RULE("c", ", mode: monitor"),
		RULE("c", ", replies: drop"),
		"- {name: c, action: allow, ports: 'tcp/1 udp/2-3'}\n",
	};
	struct policy live = read_text(LIVE);
	struct error error = { 0 };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(saved) / sizeof(saved[0]); i++) {
		snprintf(text, sizeof(text), "version: 1\nrules:\n%s", saved[i]);
		struct policy policy = read_text(text);

		assert_int_equal(policy_runtime_keep(&policy, &live, &host, &error), 0);
		assert_string_equal(names_of(&policy), i ? "a b|web c" : "a b|c");
		policy_free(&policy);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), "version: 1\nrules:\n%s", others[i]);
		struct policy policy = read_text(text);

		assert_int_equal(policy_runtime_keep(&policy, &live, &host, &error), -EEXIST);
		policy_free(&policy);
	}
	policy_free(&live);
}

static void rules_without_an_end_are_saved_as_the_first_of_the_file(void **state)
{
	struct policy live = read_text(LIVE), view;
	char *text;

	(void)state;
	assert_int_equal(policy_runtime_saved(&live, &view), 0);
	assert_string_equal(names_of(&view), "b|a c web mail");
	view.failsafe_count = 1; /* so that b is not printed */
	view.runtime_count = 0;
	text = policy_print(&view, &host);
	assert_string_equal(text,
			    "version: 1\ndefault: allow\nrules:\n"
			    "  - {name: a, action: drop, ports: tcp/1 udp/2-3, from: [10.0.0.0/8, "
			    "\"::/0\"], to: [192.0.2.1]}\n"
			    "  - {name: c, action: drop, ports: tcp/1 udp/2-3}\n"
			    "  - {name: web, action: drop, ports: tcp/1 udp/2-3}\n"
			    "  - {name: mail, action: drop, ports: tcp/1 udp/2-3}\n");
	free(text);
	free(view.rules);
	assert_string_equal(names_of(&live), "a b c|web mail");
	policy_free(&live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runtime_rules_are_read_before_the_others),
		cmocka_unit_test(an_end_is_read_by_the_clock_of_the_wall),
		cmocka_unit_test(an_end_before_the_boot_has_passed_and_is_an_end),
		cmocka_unit_test(an_end_is_printed_to_the_nearest_second),
		cmocka_unit_test(a_new_rule_is_the_first_of_all),
		cmocka_unit_test(a_rule_is_renewed_by_one_that_says_the_same),
		cmocka_unit_test(a_name_that_is_taken_is_refused),
		cmocka_unit_test(a_rule_too_many_is_refused),
		cmocka_unit_test(a_prefix_too_many_is_refused),
		cmocka_unit_test(runtime_rules_are_removed_by_name),
		cmocka_unit_test(runtime_rules_are_removed_by_the_prefix_they_are_from),
		cmocka_unit_test(all_runtime_rules_are_removed_at_once),
		cmocka_unit_test(several_rules_are_added_in_their_order),
		cmocka_unit_test(an_error_in_one_of_several_adds_none),
		cmocka_unit_test(a_saved_rule_becomes_one_of_the_file),
		cmocka_unit_test(rules_without_an_end_are_saved_as_the_first_of_the_file),
		cmocka_unit_test(what_cannot_be_removed_is_said),
		cmocka_unit_test(rules_end_at_their_end),
		cmocka_unit_test(runtime_rules_are_kept_over_a_change_of_the_file),
		cmocka_unit_test(a_name_of_the_file_and_of_a_kept_rule_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
