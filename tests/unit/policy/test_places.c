/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The place of an error inside `ports`, in every way that YAML has to write a text: exact in a text
 * on one line, else where the text starts. And what belongs to `ports` where YAML cuts it at its
 * commas.
 */
#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"
#include "policy/yaml.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

struct refusal {
	const char *name;
	const char *text;
	const char *error;
};

/* A policy with one rule in block style, or in flow style on line 3. */
#define BLOCK(rule) "version: 1\nrules:\n  - " rule
#define FLOW(rule)  "version: 1\nrules:\n  - {" rule "}\n"

static const struct refusal place_refusals[] = {
	{ "the contract's own example of an error",
	  "version: 1\n\n\n\n\nrules:\n- {name: w, ports: tcp/htpp, action: drop}",
	  "p:7:24: unknown service 'htpp' (did you mean 'http'?)" },
	{ "the first piece", FLOW("name: a, action: drop, ports: tpc/80,443"),
	  "p:3:36: unknown protocol 'tpc' (did you mean 'tcp'?)" },
	{ "after a comma in a flow mapping", FLOW("name: a, ports: tcp/80,htpp, action: drop"),
	  "p:3:29: unknown service 'htpp' (did you mean 'http'?)" },
	{ "after a comma and white space", FLOW("name: a, ports: tcp/80,  htpp, action: drop"),
	  "p:3:31: unknown service 'htpp' (did you mean 'http'?)" },
	{ "inside a later piece", FLOW("name: a, action: drop, ports: tcp/80,443 udp/1,2  dup/3,4"),
	  "p:3:56: unknown protocol 'dup' (did you mean 'udp'?)" },
	{ "on the next line of a flow mapping",
	  FLOW("name: a, action: drop, ports: tcp/80,\n        81,\n        82 udp/htpp"),
	  "p:5:16: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in a piece of several lines after a comma",
	  FLOW("name: a, action: drop, ports: tcp/80,\n        81\n        udp/htpp"),
	  "p:4:9: unknown service 'htpp' (did you mean 'http'?)" },
	{ "after characters of several bytes",
	  FLOW("name: a, action: drop, ports: tcp/80,\xc3\xa4"),
	  "p:3:43: unknown service '\xc3\xa4' (see `portsieve registry`)" },
	{ "on a line that begins with characters of several bytes",
	  "{rules: [{action: drop, \"ports\": \"tcp/80 \xe2\x82\xac\xe2\x82\xac\", name: a}]}",
	  "p:1:42: '\xe2\x82\xac\xe2\x82\xac' has no protocol: write tcp/\xe2\x82\xac\xe2\x82\xac "
	  "or "
	  "udp/\xe2\x82\xac\xe2\x82\xac" },
	{ "in block style", BLOCK("name: a\n    action: drop\n    ports:   tcp/80,htpp"),
	  "p:5:21: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in a plain text of several lines",
	  BLOCK("name: a\n    action: drop\n    ports: tcp/80\n\n      udp/1,\n      htpp"),
	  "p:5:12: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in single quotes", FLOW("name: a, action: drop, ports: 'tcp/80,htpp'"),
	  "p:3:44: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in double quotes", FLOW("name: a, action: drop, ports: \"tcp/80,htpp\""),
	  "p:3:44: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in double quotes after escapes",
	  FLOW("name: a, action: drop, ports: \"tcp\\/80\\x20\\u0075dp\\t\\/htpp\""),
	  "p:3:48: 'udp' has no ports: write udp/80 or udp/all" },
	{ "in double quotes after an escape of four digits",
	  FLOW("name: a, action: drop, ports: \"\\u0074cp/80,htpp\""),
	  "p:3:49: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in double quotes after an escape of eight digits",
	  FLOW("name: a, action: drop, ports: \"\\U00000074cp/80,htpp\""),
	  "p:3:53: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in double quotes after escaped slashes",
	  FLOW("name: a, action: drop, ports: \"tcp\\/80 udp\\/htpp\""),
	  "p:3:50: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in double quotes of several lines",
	  FLOW("name: a, action: drop, ports: \"tcp/80\\\n   ,htpp\""),
	  "p:3:36: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in a folded block",
	  BLOCK("name: a\n    action: drop\n    ports: >\n      tcp/80\n      udp/htpp\n"),
	  "p:5:12: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in a literal block with a comment at its head",
	  BLOCK("name: a\n    action: drop\n    ports: |- # x\n      tcp/80\n      udp/htpp\n"),
	  "p:5:12: unknown service 'htpp' (did you mean 'http'?)" },
	{ "at the end of a text in quotes", FLOW("name: a, action: drop, ports: 'tcp/80, '"),
	  "p:3:44: an item is missing: write a port, low-high, a service or a set" },
	{ "at the end of a text in block style",
	  BLOCK("name: a\n    action: drop\n    ports: tcp/80,\n"),
	  "p:5:19: an item is missing: write a port, low-high, a service or a set" },
	{ "after a carriage return and a line feed",
	  "version: 1\r\nrules:\r\n- {name: a, action: drop,\r\n   ports: tcp/80,\r\n    htpp}\r\n",
	  "p:5:5: unknown service 'htpp' (did you mean 'http'?)" },
	{ "in a text of several lines that end so",
	  BLOCK("name: a\r\n    action: drop\r\n    ports: tcp/80\r\n\r\n      htpp/1\r\n"),
	  "p:5:12: unknown protocol 'htpp' (write tcp, udp, tcp+udp, sctp or dccp)" },
	{ "after a byte order mark", "\xef\xbb\xbfvresion: 1",
	  "p:1:1: unknown key 'vresion' in the policy (did you mean 'version'?)" },
};

/* What must not be taken for a piece of `ports` after a comma. */
static const struct refusal piece_refusals[] = {
	{ "a key with a value is no piece", FLOW("name: a, ports: tcp/80, acton: allow"),
	  "p:3:30: unknown key 'acton' in a rule (did you mean 'action'?)" },
	{ "a quoted key is no piece", FLOW("name: a, ports: tcp/80, \"443\", action: allow"),
	  "p:3:30: unknown key '443' in a rule (known keys are name, action, ports, from, "
	  "only_from, to, description, replies "
	  "and mode)" },
	{ "a key with a quoted empty value is no piece", FLOW("ports: tcp/80, 443: ''"),
	  "p:3:21: unknown key '443' in a rule (known keys are name, action, ports, from, "
	  "only_from, to, description, replies "
	  "and mode)" },
	{ "a key without value elsewhere is no piece", FLOW("ports: tcp/80, action: allow, 443"),
	  "p:3:36: unknown key '443' in a rule (known keys are name, action, ports, from, "
	  "only_from, to, description, replies "
	  "and mode)" },
	{ "a key without value before ports is no piece", FLOW("443, ports: tcp/80"),
	  "p:3:6: unknown key '443' in a rule (known keys are name, action, ports, from, "
	  "only_from, to, description, replies "
	  "and mode)" },
	{ "a key without value in block style is no piece", BLOCK("ports: tcp/80\n    443:\n"),
	  "p:4:5: unknown key '443' in a rule (known keys are name, action, ports, from, "
	  "only_from, to, description, replies "
	  "and mode)" },
	{ "a known key without value is no piece", FLOW("ports: tcp/80, action, name: a"),
	  "p:3:27: 'action' has no value: write allow or drop" },
	{ "two commas in a flow mapping are not YAML", FLOW("ports: tcp/80,,443"),
	  "p:3:20: not valid YAML: did not find expected node content while parsing a flow node" },
};

static void refuses(void **state)
{
	const struct refusal *f = *state;
	struct policy policy;
	struct error error = { 0 };
	char message[1024];
	int r = policy_read(f->text, strlen(f->text), "p", &host, &policy, &error);

	if (r == 0)
		fail_msg("accepted, not: %s", f->error);
	assert_string_equal(error_format(&error, message, sizeof(message)), f->error);
	assert_int_equal(r, -EINVAL);
	assert_int_equal(error.exit, EXIT_USAGE);
}

/* No error in `ports` is after such a quote: a word that holds one is refused at its start. */
static void places_after_doubled_quotes_are_exact(void **state)
{
	static const char text[] = "- 'a''b c'";
	struct policy_yaml yaml = { .source = text, .size = strlen(text), .nodes_max = 2 };
	struct policy_place place;

	(void)state;
	assert_int_equal(policy_yaml_load(&yaml), 0);
	assert_int_equal(yaml.count, 2);
	place = policy_yaml_place_within(&yaml, &yaml.nodes[1], 4);
	assert_int_equal(place.line, 1);
	assert_int_equal(place.column, 9);
	policy_yaml_free(&yaml);
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Appends a test per refusal; returns the new count. */
static size_t tests_add(struct CMUnitTest *tests, size_t count, const struct refusal *refusals,
			size_t refusals_count)
{
	for (size_t i = 0; i < refusals_count; i++)
		tests[count++] = (struct CMUnitTest){ .name = refusals[i].name,
						      .test_func = refuses,
						      .initial_state = (void *)&refusals[i] };
	return count;
}

int main(void)
{
	struct CMUnitTest tests[COUNT(place_refusals) + COUNT(piece_refusals) + 1];
	size_t count = 0;

	count = tests_add(tests, count, place_refusals, COUNT(place_refusals));
	count = tests_add(tests, count, piece_refusals, COUNT(piece_refusals));
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(places_after_doubled_quotes_are_exact);
	assert(count == COUNT(tests));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
