/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules learned from listeners: grouping, names and ports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/learn.h"
#include "base/cleanup.h"
#include "lib/build_listener.h"

#pragma GCC diagnostic ignored "-Woverride-init"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum { MOST = 8 };

#define SEEN(transport_, port_) .transport = PORTSIEVE_##transport_, .port = (port_)

struct learn_case {
	const char *name;
	struct listener listeners[MOST]; /* up to the first with port 0 */
	const char *rules;		 /* "name: ports, listeners\n" */
	struct seen_port seen[MOST];	 /* the same; with it "name: ports, listeners, seen\n" */
	size_t answered_ports;
};

static size_t count_of(const struct listener *listeners)
{
	size_t count = 0;

	while (count < MOST && listeners[count].port)
		count++;
	return count;
}

static const struct learn_case cases[] = {
	{ "nothing", {}, "" },
	{ "a registered port has the registry's name",
	  { { LISTENS(TCP, 22, "sshd", 7) } },
	  "ssh: tcp/22, 1\n" },
	{ "both families, protocols and processes of a service make one rule",
	  { { LISTENS(TCP, 53, "dnsmasq", 7), ON_ANY4 },
	    { LISTENS(TCP, 53, "dnsmasq", 7), ON_ANY6 },
	    { LISTENS(UDP, 53, "named", 8), ON4(192, 0, 2, 1) } },
	  "domain: tcp+udp/53, 3\n" },
	{ "ports of other protocols are named apart",
	  { { LISTENS(TCP, 22, "sshd", 7) }, { LISTENS(SCTP, 22, "sshd", 7) } },
	  "ssh: tcp/22 sctp/22, 2\n" },
	{ "two services of one process make two rules, lowest port first",
	  { { LISTENS(UDP, 443, "nginx", 7) },
	    { LISTENS(TCP, 443, "nginx", 7) },
	    { LISTENS(TCP, 80, "nginx", 7) } },
	  "http: tcp/80, 1\nhttps: tcp+udp/443, 2\n" },
	{ "unregistered ports of a process make one rule with its name",
	  { { LISTENS(TCP, 48013, "Game Server", 7) },
	    { LISTENS(TCP, 48016, "Game Server", 7) },
	    { LISTENS(TCP, 48014, "Game Server", 9) } },
	  "game-server: tcp/48013-48014,48016, 3\n" },
	{ "the same process in another unit is another service",
	  { { LISTENS(TCP, 48011, "node", 7), .unit = "a.service" },
	    { LISTENS(TCP, 48010, "node", 8), .unit = "0123456789ab", .container = true },
	    { LISTENS(TCP, 48012, "node", 9), .unit = "a.service" } },
	  "node: tcp/48010, 1\nnode-2: tcp/48011-48012, 2\n" },
	{ "a process may have the name of a registered service",
	  { { LISTENS(TCP, 22, "sshd", 7) }, { LISTENS(TCP, 48010, "ssh", 8) } },
	  "ssh: tcp/22, 1\nssh-2: tcp/48010, 1\n" },
	{ "an unknown process has the name of its unit",
	  { { LISTENS(TCP, 48010, "", 0), .unit = "web@1.service" } },
	  "web-1.service: tcp/48010, 1\n" },
	{ "without either the rule is named after the port",
	  { { LISTENS(TCP, 48010, "", 0) }, { LISTENS(UDP, 48010, "", 0) } },
	  "tcp-48010: tcp/48010, 1\nudp-48010: udp/48010, 1\n" },
	{ "names begin with a letter or a digit, end without '-', and are cut at 32",
	  { { LISTENS(TCP, 48010, "(--a b)", 1) },
	    { LISTENS(TCP, 48012, "0123456789012345678901234567890123456789", 1) },
	    { LISTENS(TCP, 48014, "0123456789012345678901234567890123456780", 1) },
	    { LISTENS(TCP, 48016, "((", 1) } },
	  "a-b: tcp/48010, 1\n"
	  "01234567890123456789012345678901: tcp/48012, 1\n"
	  "012345678901234567890123456789-2: tcp/48014, 1\n"
	  "tcp-48016: tcp/48016, 1\n" },
	{ "loopback and ephemeral UDP have no rule",
	  { { LISTENS(TCP, 631, "cupsd", 7), ON4(127, 0, 0, 1), .loopback = true },
	    { LISTENS(UDP, 40000, "dig", 8), .ephemeral = true } },
	  "" },
	{ "a service on loopback and elsewhere has one for elsewhere",
	  { { LISTENS(TCP, 22, "sshd", 7), ON4(127, 0, 0, 1), .loopback = true },
	    { LISTENS(TCP, 22, "sshd", 7), ON4(192, 0, 2, 1) } },
	  "ssh: tcp/22, 1\n" },
	{ "an ephemeral port of TCP has a rule: only a server listens",
	  { { LISTENS(TCP, 40001, "rpc.statd", 7), .ephemeral = true } },
	  "rpc.statd: tcp/40001, 1\n" },
	{ "an assignment without a description gives way: 2049 is nfs, not shilp",
	  { { LISTENS(TCP, 2049, "", 0) } },
	  "nfs: tcp/2049, 1\n" },
	{ "the last port", { { LISTENS(TCP, 65535, "x", 7) } }, "x: tcp/65535, 1\n" },

	{ "a port that packets came to has a rule, and what listens too",
	  { { LISTENS(TCP, 22, "sshd", 7) }, { LISTENS(TCP, 48010, "x", 7) } },
	  "ssh: tcp/22, 1, 1\nx: tcp/48010, 1, 0\nudp-48012: udp/48012, 0, 1\n",
	  { { SEEN(TCP, 22), .passed = 5 }, { SEEN(UDP, 48012), .would_drop = 1 } } },
	{ "ports of a registered service are one rule, heard or not",
	  { { LISTENS(TCP, 53, "named", 7) } },
	  "domain: tcp+udp/53, 1, 2\n",
	  { { SEEN(TCP, 53), .passed = 1 }, { SEEN(UDP, 53), .would_drop = 1 } } },
	{ "what was dropped, and stays so, has none", {}, "", { { SEEN(TCP, 23), .dropped = 9 } } },
	{ "an ephemeral port that only a default allows has none, nor has one of answers",
	  {},
	  "",
	  { { SEEN(TCP, 40000), .ephemeral = true, .passed = 3 },
	    { SEEN(UDP, 700), .answers = 3 } },
	  2 },
	{ "an ephemeral port has one if a rule allows it, or if it was dropped",
	  {},
	  "tcp-40010: tcp/40010, 0, 1\nudp-40012: udp/40012, 0, 1\n",
	  { { SEEN(TCP, 40010), .ephemeral = true, .named = true, .passed = 3 },
	    { SEEN(UDP, 40012), .ephemeral = true, .would_drop = 3 } } },
	{ "two services on one port both show its packets",
	  { { LISTENS(UDP, 48010, "a", 7) }, { LISTENS(UDP, 48010, "b", 8) } },
	  "a: udp/48010, 1, 1\nb: udp/48010, 1, 1\n",
	  { { SEEN(UDP, 48010), .passed = 3 } } },
	{ "a port on loopback only, that packets came to",
	  { { LISTENS(TCP, 631, "cupsd", 7), ON4(127, 0, 0, 1), .loopback = true } },
	  "ipp: tcp/631, 0, 1\n",
	  { { SEEN(TCP, 631), .would_drop = 2 } } },
};

static void rules(void **state)
{
	const struct learn_case *c = *state;
	_cleanup_learned_ struct learned learned = { 0 };
	_cleanup_free_ char *text = NULL;
	struct seen seen = { .ports = (struct seen_port *)c->seen };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	while (seen.count < MOST && c->seen[seen.count].port)
		seen.count++;
	assert_int_equal(learn_rules(c->listeners, count_of(c->listeners),
				     seen.count ? &seen : NULL, &learned),
			 0);
	for (size_t i = 0; i < learned.rules_count; i++) {
		fprintf(out, "%s: %s, %zu", learned.rules[i].name, learned.rules[i].ports,
			learned.rules[i].count);
		if (seen.count)
			fprintf(out, ", %zu", learned.rules[i].seen_count);
		fputs("\n", out);
		assert_true(policy_name_is_good(learned.rules[i].name));
	}
	fclose(out);
	assert_string_equal(text, c->rules);
	assert_int_equal(learned.answered_ports, c->answered_ports);
}

/* The ports with most packets get rules of their own, the others share one. */
static void a_scan_makes_one_rule(void **state)
{
	struct seen_port ports[LEARN_SEEN_RULES_MAX + 4] = { 0 };
	struct seen seen = { .ports = ports, .count = ARRAY_SIZE(ports) };
	_cleanup_learned_ struct learned learned = { 0 };
	const struct learned_rule *rest;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		ports[i] = (struct seen_port){
			SEEN(TCP, (uint16_t)(61000 + i)),
			.would_drop = i == 1 || i > 30 ? 1 : 9,
		};
	assert_int_equal(learn_rules(NULL, 0, &seen, &learned), 0);
	assert_int_equal(learned.rules_count, LEARN_SEEN_RULES_MAX + 1);
	rest = &learned.rules[LEARN_SEEN_RULES_MAX];
	assert_string_equal(rest->name, "seen");
	assert_true(rest->is_rest);
	assert_string_equal(rest->ports, "tcp/61032-61035");
	assert_int_equal(rest->seen_count, 4);
	for (size_t i = 0; i < LEARN_SEEN_RULES_MAX; i++)
		assert_false(learned.rules[i].is_rest);
}

static void what_is_left_out_is_listed(void **state)
{
	const struct listener listeners[] = {
		{ LISTENS(UDP, 40001, "dig", 8), .ephemeral = true },
		{ LISTENS(TCP, 22, "sshd", 7) },
		{ LISTENS(TCP, 631, "cupsd", 7), .loopback = true },
		{ LISTENS(UDP, 40000, "dig", 8), .ephemeral = true },
		{ LISTENS(UDP, 40002, "x", 8), .ephemeral = true, .loopback = true },
	};
	_cleanup_learned_ struct learned learned = { 0 };

	(void)state;
	assert_int_equal(learn_rules(listeners, ARRAY_SIZE(listeners), NULL, &learned), 0);
	assert_int_equal(learned.rules_count, 1);
	assert_int_equal(learned.loopback_count, 2);
	assert_ptr_equal(learned.loopback[0], &listeners[2]);
	assert_ptr_equal(learned.loopback[1], &listeners[4]);
	assert_int_equal(learned.clients_count, 2);
	assert_ptr_equal(learned.clients[0], &listeners[3]);
	assert_ptr_equal(learned.clients[1], &listeners[0]);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 2];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
						.test_func = rules,
						.initial_state = (void *)&cases[i] };
	tests[ARRAY_SIZE(cases)] = (struct CMUnitTest)cmocka_unit_test(what_is_left_out_is_listed);
	tests[ARRAY_SIZE(cases) + 1] = (struct CMUnitTest)cmocka_unit_test(a_scan_makes_one_rule);
	return cmocka_run_group_tests_name("learn", tests, NULL, NULL);
}
