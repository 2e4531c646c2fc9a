/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From YAML to struct policy: what is accepted and what it means, and the limits. Refusals are in
 * test_policy_refusals.c, the grammar of `ports` in test_policy_ports.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/knobs.h"
#include "policy/policy.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

static struct policy read_bytes(const char *text, size_t size)
{
	struct policy policy;
	struct error error = { 0 };
	int r = policy_read(text, size, "p", &host, &policy, &error);
	char message[1024];

	if (r < 0)
		fail_msg("%s", error_format(&error, message, sizeof(message)));
	return policy;
}

static struct policy read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void assert_refused(const char *text, size_t size, const char *expected)
{
	struct policy policy;
	struct error error = { 0 };
	char message[1024];

	memset(&policy, 0x55, sizeof(policy));
	struct policy before = policy;
	int r = policy_read(text, size, "p", &host, &policy, &error);

	if (r == 0)
		fail_msg("accepted, not: %s", expected);
	assert_string_equal(error_format(&error, message, sizeof(message)), expected);
	assert_int_equal(r, -EINVAL);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_memory_equal(&policy, &before, sizeof(policy));
}

/* A policy with one rule, on line 3. */
#define FLOW(rule) "version: 1\nrules:\n  - {" rule "}\n"
#define N32	   "a23456789012345678901234567890.2"

/* DESIGN.md, section 3, without `from` and with the return traffic there is. */
static const char contract[] =
	"# /etc/portsieve/policy.yaml\n"
	"version: 1\n"
	"mode: enforce            # enforce | monitor (verdicts are counted, packets pass)\n"
	"default: drop            # allow | drop, for a port that no rule decides\n"
	"return: none\n"
	"rules:                   # the first rule that matches a packet decides\n"
	"  - {name: ssh,        action: allow, ports: tcp/22}\n"
	"  - {name: web,        action: allow, ports: tcp/80,443 udp/443}\n"
	"  - {name: games,      action: drop,  ports: udp/27000-27100}\n"
	"  - {name: databases,  action: drop,  ports: tcp/mysql,postgresql,6379}\n"
	"  - {name: registered, action: allow, ports: tcp/assigned udp/assigned}\n"
	"portless:                # packets without a destination port\n"
	"  later_fragment: allow\n"
	"  other_protocol: allow\n";

static const char contract_json[] =
	"{\"version\":1,\"mode\":\"enforce\",\"default\":\"drop\",\"return\":\"none\",\"rules\":["
	"{\"name\":\"ssh\",\"action\":\"allow\",\"ports\":\"tcp\\/22\"},"
	"{\"name\":\"web\",\"action\":\"allow\",\"ports\":\"tcp\\/80,443 udp\\/443\"},"
	"{\"name\":\"games\",\"action\":\"drop\",\"ports\":\"udp/27000-27100\"},"
	"{\"name\":\"databases\",\"action\":\"drop\",\"ports\":\"tcp/mysql,postgresql,6379\"},"
	"{\"name\":\"registered\",\"action\":\"allow\",\"ports\":\"tcp/assigned udp/assigned\"}],"
	"\"portless\":{\"later_fragment\":\"allow\",\"other_protocol\":\"allow\"}}";

static void assert_rule(const struct policy_rule *rule, const char *name, enum policy_action action,
			const char *ports)
{
	assert_string_equal(rule->name, name);
	assert_int_equal(rule->action, action);
	assert_string_equal(rule->ports, ports);
}

static void assert_contract(const struct policy *policy)
{
	const struct policy_rule *rules = policy->rules;

	assert_false(policy->monitor);
	assert_int_equal(policy->default_action, POLICY_DROP);
	assert_true(policy->dhcp_client);
	assert_int_equal(policy->rules_count, 5);
	assert_rule(&rules[0], "ssh", POLICY_ALLOW, "tcp/22");
	assert_rule(&rules[1], "web", POLICY_ALLOW, "tcp/80,443 udp/443");
	assert_rule(&rules[2], "games", POLICY_DROP, "udp/27000-27100");
	assert_rule(&rules[3], "databases", POLICY_DROP, "tcp/mysql,postgresql,6379");
	assert_rule(&rules[4], "registered", POLICY_ALLOW, "tcp/assigned udp/assigned");
	assert_int_equal(rules[1].intervals_count, 3);
	assert_int_equal(rules[1].intervals[1].low, 443);
	assert_int_equal(rules[1].intervals[1].transport, PORTSIEVE_TCP);
	assert_int_equal(rules[1].intervals[2].transport, PORTSIEVE_UDP);
	assert_int_equal(rules[3].intervals[0].low, 3306);
	assert_int_equal(rules[3].intervals[1].low, 5432);
	assert_false(rules[3].uses_registry_set);
	assert_true(rules[4].uses_registry_set);
	for (size_t knob = 0; knob < PORTSIEVE_KNOBS; knob++)
		assert_int_equal(policy->knobs[knob],
				 knob == PORTSIEVE_KNOB_LATER_FRAGMENT ||
						 knob == PORTSIEVE_KNOB_OTHER_PROTOCOL
					 ? POLICY_CHOICE_ALLOW
					 : POLICY_CHOICE_UNSET);
}

static void the_contracts_example_is_read(void **state)
{
	struct policy policy = read_text(contract);

	(void)state;
	assert_contract(&policy);
	assert_int_equal(policy.rules[1].place.line, 8);
	assert_int_equal(policy.rules[1].place.column, 12);
	assert_int_equal(policy.rules[1].ports_place.line, 8);
	assert_int_equal(policy.rules[1].ports_place.column, 46);
	policy_free(&policy);
}

static void the_same_in_json_is_the_same(void **state)
{
	struct policy policy = read_text(contract_json);

	(void)state;
	assert_contract(&policy);
	policy_free(&policy);
}

static void the_same_after_a_byte_order_mark_is_the_same(void **state)
{
	char text[sizeof(contract) + 3] = "\xef\xbb\xbf";
	struct policy policy;

	(void)state;
	strcat(text, contract);
	policy = read_text(text);
	assert_contract(&policy);
	policy_free(&policy);
}

static void version_alone_is_a_policy_that_allows(void **state)
{
	struct policy policy = read_text("%YAML 1.1\n---\nversion: 1\n...\n");
	struct policy none;

	(void)state;
	policy_init(&none);
	assert_int_equal(policy.default_action, POLICY_ALLOW);
	assert_memory_equal(&policy, &none, sizeof(policy));
}

static void every_key_at_the_top_is_heeded(void **state)
{
	struct policy policy =
		read_text("version: 1\nmode: monitor\ndhcp_client: off\ndefault: drop\n");

	(void)state;
	assert_true(policy.monitor);
	assert_false(policy.dhcp_client);
	assert_int_equal(policy.default_action, POLICY_DROP);
	policy = read_text("version: 1\nmode: enforce\ndhcp_client: auto\ndefault: allow\n");
	assert_false(policy.monitor);
	assert_true(policy.dhcp_client);
	assert_int_equal(policy.default_action, POLICY_ALLOW);
}

static void no_rules_may_be_written_in_many_ways(void **state)
{
	static const char *const ways[] = { "", " []", " null", " ~", "\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "version: 1\nrules:%s\nportless:%s", ways[i],
			 i == 1 ? " {}" : ways[i]);
		assert_int_equal(read_text(text).rules_count, 0);
	}
}

static void every_knob_can_be_set(void **state)
{
	(void)state;
	for (enum portsieve_knob knob = 0; knob < PORTSIEVE_KNOBS; knob++) {
		char text[128];

		if (!knobs[knob].name) {
			assert_true(knob <= PORTSIEVE_KNOB_DROP);
			continue;
		}
		snprintf(text, sizeof(text), "{version: 1, portless: {%s: drop}}",
			 knobs[knob].name);
		assert_int_equal(read_text(text).knobs[knob], POLICY_CHOICE_DROP);
		snprintf(text, sizeof(text), "{version: 1, portless: {%s: allow}}",
			 knobs[knob].name);
		assert_int_equal(read_text(text).knobs[knob], POLICY_CHOICE_ALLOW);
	}
}

static void the_text_of_ports_is_kept_in_one_form(void **state)
{
	struct policy policy = read_text(
		FLOW("name: a, action: drop, ports: tcp/80,   443   udp/1,\n    "
		     "  2") "  - {name: b, action: drop, ports: \"  tcp/80,\\n "
			    "443 \\t udp/1 \"}\n"
			    "  - {name: c, action: drop, ports: [TCP/80, \"22/tcp, 53/Udp\", "
			    "tcp+udp/HTTP]}\n"
			    "  - {name: d, action: drop, ports: 22/tcp,udp/53, 54}\n");

	(void)state;
	assert_string_equal(policy.rules[0].ports, "tcp/80,443 udp/1,2");
	assert_string_equal(policy.rules[1].ports, "tcp/80,443 udp/1");
	assert_string_equal(policy.rules[2].ports, "tcp/80 tcp/22 udp/53 tcp+udp/HTTP");
	assert_string_equal(policy.rules[3].ports, "tcp/22 udp/53,54");
	policy_free(&policy);
}

static void prefixes_are_a_text_or_a_list_of_texts(void **state)
{
	static const char *const froms[] = {
		"from: 10.0.0.0/8, 192.0.2.7, 2001:db8::/32",
		"from: '10.0.0.0/8,192.0.2.7 , 2001:db8::/32'",
		"from: \"10.0.0.0/8 192.0.2.7\\n2001:db8::/32,\"",
		"from: [10.0.0.0/8, 192.0.2.7, 2001:db8::/32]",
		"from: [\"10.0.0.0/8, 192.0.2.7\", 2001:db8::/32]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(froms) / sizeof(froms[0]); i++) {
		char text[256];
		struct policy policy;

		snprintf(text, sizeof(text), FLOW("name: a, ports: tcp/1, %s, action: drop"),
			 froms[i]);
		policy = read_text(text);
		assert_int_equal(policy.rules[0].from.count, 3);
		assert_string_equal(policy_prefix_print(&policy.rules[0].from.list[0]).text,
				    "10.0.0.0/8");
		assert_string_equal(policy_prefix_print(&policy.rules[0].from.list[1]).text,
				    "192.0.2.7");
		assert_string_equal(policy_prefix_print(&policy.rules[0].from.list[2]).text,
				    "2001:db8::/32");
		policy_free(&policy);
	}
}

static void a_flow_mapping_may_end_with_a_comma(void **state)
{
	struct policy policy = read_text(FLOW("name: a, action: drop, ports: tcp/80,443,"));

	(void)state;
	assert_string_equal(policy.rules[0].ports, "tcp/80,443");
	policy_free(&policy);
}

static void a_rule_name_may_have_32_characters(void **state)
{
	struct policy policy = read_text(FLOW("name: " N32 ", action: drop, ports: tcp/80"));

	(void)state;
	assert_string_equal(policy.rules[0].name, N32);
	assert_int_equal(strlen(N32), PORTSIEVE_RULE_NAME_MAX);
	policy_free(&policy);
}

static void names_that_fall_into_the_last_slot_are_told_apart(void **state)
{
	/* By their FNV-1a hashes all go to the last slot of the reader's table of names. */
	static const char *const names[] = { "r13912", "r78630", "r79053" };
	char text[512] = "version: 1\nrules:\n", *end = text + strlen(text);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		end += sprintf(end, "- {name: %s, action: drop, ports: tcp/1}\n", names[i]);

	struct policy policy = read_text(text);

	assert_int_equal(policy.rules_count, 3);
	policy_free(&policy);
	sprintf(end, "- {name: %s, action: drop, ports: tcp/1}\n", names[2]);
	assert_refused(text, strlen(text),
		       "p:6:10: duplicate rule name 'r79053' (the first is on line 5)");
}

static char *many_rules(size_t count, const char *ports, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	assert_non_null(out);
	fputs("version: 1\nrules:\n", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "- {name: r%zu, action: drop, ports: %s}\n", i, ports);
	fclose(out);
	return text;
}

static void rules_are_limited_at_the_limit_and_one_past_it(void **state)
{
	size_t size;
	char *text = many_rules(PORTSIEVE_RULES_MAX, "tcp/1", &size);
	struct policy policy = read_bytes(text, size);

	(void)state;
	assert_int_equal(policy.rules_count, PORTSIEVE_RULES_MAX);
	assert_string_equal(policy.rules[PORTSIEVE_RULES_MAX - 1].name, "r16383");
	policy_free(&policy);
	free(text);
	text = many_rules(PORTSIEVE_RULES_MAX + 1, "tcp/1", &size);
	assert_refused(text, size, "p:16387:3: more than 16384 rules");
	free(text);
}

static void ranges_are_limited_at_the_limit_and_one_past_it(void **state)
{
	enum { RULES = 32, ITEMS = POLICY_INTERVALS_MAX / RULES };
	char *ports = malloc(sizeof("'tcp/'") + 2 * ITEMS), *end, *text;
	struct policy policy;
	size_t size;

	(void)state;
	assert_non_null(ports);
	end = stpcpy(ports, "'tcp/");
	for (size_t i = 0; i + 1 < ITEMS; i++)
		end = stpcpy(end, "1,");
	strcpy(end, "1'");
	text = many_rules(RULES, ports, &size);
	policy = read_bytes(text, size);
	assert_int_equal(policy.rules_count, RULES);
	policy_free(&policy);
	text = realloc(text, size + 64);
	assert_non_null(text);
	size += (size_t)sprintf(text + size, "- {name: more, action: drop, ports: tcp/1}");
	assert_refused(text, size, "p:35:37: the rules name more than 1048576 ranges of ports");
	free(text);
	free(ports);
}

static void the_text_is_limited_at_the_limit_and_one_past_it(void **state)
{
	char *text = malloc(POLICY_TEXT_MAX + 1);
	struct policy policy;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', POLICY_TEXT_MAX + 1);
	memcpy(text, "version: 1", 10);
	policy = read_bytes(text, POLICY_TEXT_MAX);
	policy_free(&policy);
	assert_refused(text, POLICY_TEXT_MAX + 1, "p: the policy is larger than 16 MiB");
	free(text);
}

static void the_text_needs_no_nul_after_it(void **state)
{
	char *text = malloc(10);

	(void)state;
	assert_non_null(text);
	memcpy(text, "version: 1", 10);
	assert_int_equal(read_bytes(text, 10).rules_count, 0);
	free(text);
}

static void a_nul_byte_is_refused(void **state)
{
	static const char text[] = "version: 1\nmode: \0";

	(void)state;
	assert_refused(text, sizeof(text) - 1,
		       "p:2:7: not UTF-8 text: control characters are not allowed (0x00)");
}

static void error_may_be_null(void **state)
{
	static const char *const texts[] = { "", "a", "version: [", "version: \xff",
					     FLOW("name: a, action: drop, ports: x") };
	struct policy policy;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(policy_read(texts[i], strlen(texts[i]), "p", &host, &policy, NULL),
				 -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_contracts_example_is_read),
		cmocka_unit_test(the_same_in_json_is_the_same),
		cmocka_unit_test(the_same_after_a_byte_order_mark_is_the_same),
		cmocka_unit_test(version_alone_is_a_policy_that_allows),
		cmocka_unit_test(every_key_at_the_top_is_heeded),
		cmocka_unit_test(no_rules_may_be_written_in_many_ways),
		cmocka_unit_test(every_knob_can_be_set),
		cmocka_unit_test(the_text_of_ports_is_kept_in_one_form),
		cmocka_unit_test(prefixes_are_a_text_or_a_list_of_texts),
		cmocka_unit_test(a_flow_mapping_may_end_with_a_comma),
		cmocka_unit_test(a_rule_name_may_have_32_characters),
		cmocka_unit_test(names_that_fall_into_the_last_slot_are_told_apart),
		cmocka_unit_test(rules_are_limited_at_the_limit_and_one_past_it),
		cmocka_unit_test(ranges_are_limited_at_the_limit_and_one_past_it),
		cmocka_unit_test(the_text_is_limited_at_the_limit_and_one_past_it),
		cmocka_unit_test(the_text_needs_no_nul_after_it),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(error_may_be_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
