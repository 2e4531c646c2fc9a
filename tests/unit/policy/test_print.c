/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canonical text: its exact form, and that it reads back as the same policy. */
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
#include "policy/registry.h"

static const struct policy_host host = {
	.ephemeral_low = 32768,
	.ephemeral_high = 60999,
	.realtime_ns = 1795262400999999999, /* 2026-11-21T12:00:00Z and most of a second */
	.boottime_ns = 5000000000,
};

static struct policy read_text(const char *text)
{
	struct policy policy;
	struct error error = { 0 };
	int r = policy_read(text, strlen(text), "p", &host, &policy, &error);

	assert_string_equal(error.text, "");
	assert_int_equal(r, 0);
	return policy;
}

static void assert_same_prefixes(const struct policy_prefixes *a, const struct policy_prefixes *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_memory_equal(a->list[i].address, b->list[i].address, 16);
		assert_int_equal(a->list[i].length, b->list[i].length);
		assert_int_equal(a->list[i].family, b->list[i].family);
	}
}

static void assert_same_rule(const struct policy_rule *a, const struct policy_rule *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->action, b->action);
	assert_int_equal(a->monitor, b->monitor);
	assert_int_equal(a->only_from, b->only_from);
	assert_string_equal(a->description ?: "none", b->description ?: "none");
	assert_string_equal(a->ports, b->ports);
	assert_int_equal(a->uses_registry_set, b->uses_registry_set);
	assert_same_prefixes(&a->from, &b->from);
	assert_same_prefixes(&a->to, &b->to);
	assert_int_equal(a->runtime, b->runtime);
	assert_int_equal(a->until_ns, b->until_ns);
	assert_int_equal(a->intervals_count, b->intervals_count);
	for (size_t i = 0; i < a->intervals_count; i++) {
		assert_int_equal(a->intervals[i].low, b->intervals[i].low);
		assert_int_equal(a->intervals[i].high, b->intervals[i].high);
		assert_int_equal(a->intervals[i].transport, b->intervals[i].transport);
	}
}

static void assert_same(const struct policy *a, const struct policy *b)
{
	assert_int_equal(a->monitor, b->monitor);
	assert_int_equal(a->default_action, b->default_action);
	assert_int_equal(a->dhcp_client, b->dhcp_client);
	assert_memory_equal(a->knobs, b->knobs, sizeof(a->knobs));
	assert_int_equal(a->rules_count, b->rules_count);
	assert_int_equal(a->runtime_count, b->runtime_count);
	assert_int_equal(a->names_runtime, b->names_runtime);
	for (size_t i = 0; i < a->rules_count; i++)
		assert_same_rule(&a->rules[i], &b->rules[i]);
}

/* Reads text, prints it, reads that, prints it again. The printed text is the caller's to free. */
static char *print_of(const char *text)
{
	struct policy first = read_text(text);
	char *printed = policy_print(&first, &host);

	assert_non_null(printed);

	struct policy second = read_text(printed);
	char *again = policy_print(&second, &host);

	assert_same(&first, &second);
	assert_string_equal(printed, again);
	policy_free(&first);
	policy_free(&second);
	free(again);
	return printed;
}

struct print_case {
	const char *name;
	const char *text;
	const char *printed;
};

#define HEAD "version: 1\ndefault: allow\n"

static const struct print_case cases[] = {
	{ "the least policy is its version and default", "{version: 1}", HEAD },
	{ "what differs from the defaults is written",
	  "{portless: {hip: drop, mpls: allow}, dhcp_client: off, mode: monitor, default: drop, "
	  "version: 1}",
	  "version: 1\nmode: monitor\ndefault: drop\ndhcp_client: off\nportless:\n  mpls: allow\n"
	  "  hip: drop\n" },
	{ "return traffic is written",
	  "{simultaneous_open: pass, unconnected_udp: never, return: socket, version: 1}",
	  HEAD "return: socket\nunconnected_udp: never\nsimultaneous_open: pass\n" },
	{ "a mode is written where it is monitor",
	  "version: 1\ndefault: {mode: monitor, action: drop}\nrules:\n"
	  "- {name: a, mode: monitor, action: drop, ports: \"tcp/1,2\", replies: drop}\n"
	  "- {name: b, mode: enforce, action: allow, ports: tcp/3}\n",
	  "version: 1\ndefault: {action: drop, mode: monitor}\nrules:\n"
	  "  - {name: a, action: drop, ports: \"tcp/1,2\", replies: drop, mode: monitor}\n"
	  "  - {name: b, action: allow, ports: tcp/3}\n" },
	{ "a rule keeps its description, in quotes",
	  "version: 1\nrules:\n- {description: staff, name: a, action: drop, ports: tcp/1}\n"
	  "- {name: b, action: drop, ports: tcp/2, description: 'say \"no\": \\, #1'}\n",
	  HEAD "rules:\n"
	       "  - {name: a, action: drop, ports: tcp/1, description: \"staff\"}\n"
	       "  - {name: b, action: drop, ports: tcp/2, description: \"say \\\"no\\\": "
	       "\\\\, #1\"}\n" },
	{ "only_from is not from",
	  "version: 1\nrules:\n- {name: a, only_from: '::1', action: allow, ports: tcp/1}\n",
	  HEAD "rules:\n  - {name: a, action: allow, ports: tcp/1, only_from: [\"::1\"]}\n" },
	{ "so is what a rule does with replies",
	  "version: 1\nrules:\n- {name: a, replies: pass, action: drop, ports: tcp/1, from: "
	  "10.0.0.0/8}\n- {name: b, action: drop, ports: tcp/2, replies: drop}\n",
	  HEAD "rules:\n"
	       "  - {name: a, action: drop, ports: tcp/1, from: [10.0.0.0/8], replies: pass}\n"
	       "  - {name: b, action: drop, ports: tcp/2, replies: drop}\n" },
	{ "what is a default is not written",
	  "version: 1\nmode: enforce\ndhcp_client: auto\nreturn: auto\n"
	  "unconnected_udp: ephemeral\nsimultaneous_open: drop\n"
	  "rules:\nportless:\n",
	  HEAD },
	{ "a rule is a line, ports with commas are quoted",
	  "version: 1\nrules:\n- name: web\n  action: allow\n  ports: tcp/80,443   udp/443\n"
	  "- {ports: tcp/22 udp/22, name: ssh, action: drop}\n",
	  HEAD "rules:\n  - {name: web, action: allow, ports: \"tcp/80,443 udp/443\"}\n"
	       "  - {name: ssh, action: drop, ports: tcp/22 udp/22}\n" },
	{ "sets and services stay words",
	  "version: 1\nrules:\n- {name: a, action: drop, ports: tcp+udp/assigned,ephemeral,http "
	  "tcp/HTTP}\n",
	  HEAD "rules:\n  - {name: a, action: drop, ports: \"tcp+udp/assigned,ephemeral,http "
	       "tcp/HTTP\"}\n" },
	{ "names that YAML takes for something else are quoted",
	  "version: 1\nrules:\n- {name: 'null', action: drop, ports: tcp/1}\n"
	  "- {name: 1e3, action: drop, ports: tcp/1}\n- {name: 'off', action: drop, ports: tcp/1}\n"
	  "- {name: no-1, action: drop, ports: tcp/1}\n",
	  HEAD "rules:\n  - {name: \"null\", action: drop, ports: tcp/1}\n"
	       "  - {name: \"1e3\", action: drop, ports: tcp/1}\n"
	       "  - {name: \"off\", action: drop, ports: tcp/1}\n"
	       "  - {name: no-1, action: drop, ports: tcp/1}\n" },
	{ "prefixes are flow lists, a full length is left out",
	  "version: 1\nrules:\n- {name: a, action: drop, ports: tcp/1, to: 10.0.0.0/8, from: "
	  "[192.0.2.1/32, 0.0.0.0/0]}\n",
	  HEAD
	  "rules:\n  - {name: a, action: drop, ports: tcp/1, from: [192.0.2.1, 0.0.0.0/0], to: "
	  "[10.0.0.0/8]}\n" },
	{ "IPv6 is quoted where YAML needs it",
	  "version: 1\nrules:\n- name: a\n  action: drop\n  ports: tcp/1\n  from:\n  - ::1\n"
	  "  - ::/0\n  - 'fe80::'\n  - FE80:0:0::/10\n  - 2001:db8::1/128\n  - "
	  "::ffff:192.0.2.0/120\n",
	  HEAD "rules:\n  - {name: a, action: drop, ports: tcp/1, from: [\"::1\", \"::/0\", "
	       "\"fe80::\", fe80::/10, 2001:db8::1, \"::ffff:192.0.2.0/120\"]}\n" },
	{ "an empty list of runtime rules is kept", "version: 1\nruntime: []\n",
	  HEAD "runtime: []\n" },
	{ "a list of runtime rules without value is an empty one", "version: 1\nruntime:\n",
	  HEAD "runtime: []\n" },
	{ "runtime rules come first, in their order, with their ends",
	  "version: 1\nrules:\n- {name: c, action: drop, ports: tcp/3}\n"
	  "- {name: d, action: drop, ports: tcp/4}\n"
	  "- {name: e, action: drop, ports: tcp/5}\n"
	  "runtime:\n- {name: a, action: allow, ports: tcp/1}\n"
	  "- {name: b, action: drop, ports: tcp/2, until: 2026-11-21T12:34:56Z, from: "
	  "10.0.0.0/8}\n",
	  HEAD "runtime:\n  - {name: a, action: allow, ports: tcp/1}\n"
	       "  - {name: b, action: drop, ports: tcp/2, from: [10.0.0.0/8], until: "
	       "2026-11-21T12:34:56Z}\n"
	       "rules:\n  - {name: c, action: drop, ports: tcp/3}\n"
	       "  - {name: d, action: drop, ports: tcp/4}\n"
	       "  - {name: e, action: drop, ports: tcp/5}\n" },
	{ "a service's odd letters are quoted",
	  "version: 1\nrules:\n- {name: a, action: drop, ports: tcp/sql*net}\n",
	  HEAD "rules:\n  - {name: a, action: drop, ports: \"tcp/sql*net\"}\n" },
};

static void prints(void **state)
{
	const struct print_case *c = *state;
	char *printed = print_of(c->text);

	assert_string_equal(printed, c->printed);
	free(printed);
}

static void every_knob_and_choice_survives(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++) {
		char text[2048] = "version: 1\nportless:\n", *end = text + strlen(text);

		for (enum portsieve_knob knob = 0; knob < PORTSIEVE_KNOBS; knob++)
			if (knobs[knob].name)
				end += sprintf(end, "  %s: %s\n", knobs[knob].name,
					       (knob + first) % 2 ? "allow" : "drop");

		char *printed = print_of(text);

		assert_string_equal(strstr(printed, "portless:"), strstr(text, "portless:"));
		free(printed);
	}
}

static void every_service_name_survives(void **state)
{
	char *text = malloc(4 << 20), *end = text;

	(void)state;
	assert_non_null(text);
	end = stpcpy(end, "version: 1\nrules:\n");
	for (size_t i = 0; registry_name(i); i++)
		if (registry_by_name(registry_name(i), 1 << PORTSIEVE_UDP, NULL, 0))
			end += sprintf(end, "- {name: r%zu, action: drop, ports: \"udp/%s\"}\n", i,
				       registry_name(i));
	free(print_of(text));
	free(text);
}

static void no_policy_is_printed_as_one_that_allows(void **state)
{
	struct policy policy;
	char *printed;

	(void)state;
	policy_init(&policy);
	printed = policy_print(&policy, &host);
	assert_string_equal(printed, HEAD);
	free(printed);
}

static void a_freed_policy_is_as_new(void **state)
{
	struct policy policy = read_text("version: 1\ndefault: drop\nmode: monitor\nrules:\n"
					 "- {name: a, action: drop, ports: tcp/1}\n");
	struct policy none;

	(void)state;
	policy_free(&policy);
	policy_init(&none);
	assert_memory_equal(&policy, &none, sizeof(policy));
	policy_free(&policy);
}

int main(void)
{
	enum { OTHERS = 4, CASES = sizeof(cases) / sizeof(cases[0]) };
	struct CMUnitTest tests[OTHERS + CASES] = {
		cmocka_unit_test(every_knob_and_choice_survives),
		cmocka_unit_test(every_service_name_survives),
		cmocka_unit_test(no_policy_is_printed_as_one_that_allows),
		cmocka_unit_test(a_freed_policy_is_as_new),
	};

	for (size_t i = 0; i < CASES; i++)
		tests[OTHERS + i] = (struct CMUnitTest){ .name = cases[i].name,
							 .test_func = prints,
							 .initial_state = (void *)&cases[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
