/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules learned from listeners: which belong together, their names and their ports. */
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

enum { MOST = 8 };

struct learn_case {
	const char *name;
	struct listener listeners[MOST]; /* up to the first with port 0 */
	const char *rules;		 /* "name: ports, listeners\n" */
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
};

static void rules(void **state)
{
	const struct learn_case *c = *state;
	_cleanup_learned_ struct learned learned = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(learn_rules(c->listeners, count_of(c->listeners), &learned), 0);
	for (size_t i = 0; i < learned.rules_count; i++) {
		fprintf(out, "%s: %s, %zu\n", learned.rules[i].name, learned.rules[i].ports,
			learned.rules[i].count);
		assert_true(policy_name_is_good(learned.rules[i].name));
	}
	fclose(out);
	assert_string_equal(text, c->rules);
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
	assert_int_equal(learn_rules(listeners, ARRAY_SIZE(listeners), &learned), 0);
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
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
						.test_func = rules,
						.initial_state = (void *)&cases[i] };
	tests[ARRAY_SIZE(cases)] = (struct CMUnitTest)cmocka_unit_test(what_is_left_out_is_listed);
	return cmocka_run_group_tests_name("learn", tests, NULL, NULL);
}
