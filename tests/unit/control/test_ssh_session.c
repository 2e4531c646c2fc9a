/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's ssh session: parsing SSH_CONNECTION, and which policies would cut it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "lib/printed.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"

static struct ssh_session session_of(const char *text)
{
	struct ssh_session session;

	if (ssh_session_parse(text, &session))
		fail_msg("'%s' is refused", text);
	return session;
}

static void both_families_are_read(void **state)
{
	struct ssh_session session = session_of("192.0.2.1 40000 198.51.100.2 22");

	(void)state;
	assert_string_equal(policy_prefix_print(&session.client).text, "192.0.2.1");
	assert_string_equal(policy_prefix_print(&session.server).text, "198.51.100.2");
	assert_int_equal(session.client_port, 40000);
	assert_int_equal(session.server_port, 22);
	assert_int_equal(session.client.family, POLICY_IPV4);
	assert_int_equal(session.client.length, 32);
	session = session_of("2001:db8::1 65535 2001:db8::2 2222");
	assert_string_equal(policy_prefix_print(&session.client).text, "2001:db8::1");
	assert_int_equal(session.server.family, POLICY_IPV6);
	assert_int_equal(session.server.length, 128);
	assert_int_equal(session.client_port, 65535);
	assert_int_equal(session.server_port, 2222);
	assert_string_equal(session.scope, "");
}

static void mapped_ipv4_is_ipv4(void **state)
{
	struct ssh_session session = session_of("::ffff:192.0.2.1 1 ::ffff:198.51.100.2 22");

	(void)state;
	assert_int_equal(session.client.family, POLICY_IPV4);
	assert_int_equal(session.server.family, POLICY_IPV4);
	assert_int_equal(session.client.length, 32);
	assert_string_equal(policy_prefix_print(&session.client).text, "192.0.2.1");
	/* also if only one of the two is written that way */
	session = session_of("192.0.2.1 1 ::ffff:198.51.100.2 22");
	assert_int_equal(session.server.family, POLICY_IPV4);
}

static void the_scope_of_a_link_local_address_is_its_interface(void **state)
{
	struct ssh_session session = session_of("fe80::1%lo 40000 fe80::2%lo 22");

	(void)state;
	assert_string_equal(session.scope, "lo");
	assert_string_equal(policy_prefix_print(&session.client).text, "fe80::1");
	assert_true(ssh_session_arrives_on(&session, "lo"));
	assert_false(ssh_session_arrives_on(&session, "eth1"));
}

static void what_is_malformed_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"192.0.2.1",
		"192.0.2.1 40000 198.51.100.2",
		"192.0.2.1 40000 198.51.100.2 22 23",
		"192.0.2.1 40000 198.51.100.2 0",
		"192.0.2.1 40000 198.51.100.2 65536",
		"192.0.2.1 40000 198.51.100.2 -22",
		"192.0.2.1 40000 198.51.100.2 22x",
		"192.0.2.1 x 198.51.100.2 22",
		"192.0.2.256 40000 198.51.100.2 22",
		"UNKNOWN 65535 UNKNOWN 65535",
		"192.0.2.1 40000 2001:db8::2 22",
		"fe80::1%averyveryverylongname 40000 fe80::2 22",
		"192.0.2.1%eth0 40000 192.0.2.2 22",
		"111111111111111111111111111111111111111111111111111111111111111111111111111111111"
		"1111111111111 1 192.0.2.2 22",
	};
	struct ssh_session session;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ssh_session_parse(bad[i], &session) != -EINVAL)
			fail_msg("'%s' is accepted", bad[i]);
}

static void the_environment_is_asked_first(void **state)
{
	struct ssh_session session;

	(void)state;
	setenv("SSH_CONNECTION", "192.0.2.77 1234 192.0.2.2 22", 1);
	assert_true(ssh_session_find(&session));
	assert_int_equal(session.client_port, 1234);
}

static void a_malformed_value_is_warned_of_and_none(void **state)
{
	struct capture capture = capture_start(stderr);
	struct ssh_session session;
	bool found;
	char *text;

	(void)state;
	setenv("SSH_CONNECTION", "over there", 1);
	found = ssh_session_find(&session);
	text = capture_end(&capture);
	assert_false(found);
	assert_non_null(strstr(text, "warning: cannot parse SSH_CONNECTION"));
	free(text);
	setenv("SSH_CONNECTION", "", 1);
	assert_false(ssh_session_find(&session));
}

/* /proc/PID/environ is the initial environment: a shell with the variable, then env without it. */
static void the_nearest_ancestor_with_the_variable_is_asked_next(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof(command),
		 "SSH_CONNECTION='192.0.2.9 1 192.0.2.2 22' sh -c '"
		 "SSH_CONNECTION=\"192.0.2.9 4321 192.0.2.2 22\" sh -c \""
		 "env -u SSH_CONNECTION /proc/%d/exe find; exit \\$?\"; exit $?'",
		 getpid());
	assert_int_equal(WEXITSTATUS(system(command)), 0);
}

/* Run by the process that the test above starts. */
static int find_4321(void)
{
	struct ssh_session session = { 0 };

	return !getenv("SSH_CONNECTION") && ssh_session_find(&session) &&
			       session.client_port == 4321
		       ? 0
		       : 1;
}

struct trial {
	const char *policy;
	const char *session;
	const char *error; /* NULL: passes */
};

#define V4 "192.0.2.1 40000 192.0.2.2 22"
#define V6 "2001:db8::1 40000 2001:db8::2 22"
#define MIDDLE                                                                                     \
	" would cut your own ssh session (from 192.0.2.1 port 40000 to port 22, by eth7); put a "  \
	"rule that allows tcp/22 before it, or give --force"

#define KEEPS                                                                                      \
	" would drop new ssh logins like yours and keep only open sessions (from 192.0.2.1 port "  \
	"40000 to port 22, by eth7); put a rule that allows tcp/22 before it, or give --force"

static const struct trial trials[] = {
	/* judges a new login, not the session, which return traffic keeps */
	{ "{version: 1, default: drop, return: socket}", V4, "the default, drop," KEEPS },
	{ "version: 1\nreturn: established\nrules:\n- {name: old, action: drop, ports: tcp/22}", V4,
	  "p.yaml:4: rule 'old'" KEEPS },
	{ "version: 1\nreturn: socket\nrules:\n"
	  "- {name: old, action: drop, ports: tcp/22, replies: drop}",
	  V4, "p.yaml:4: rule 'old'" MIDDLE },
	{ "version: 1\nreturn: socket\nrules:\n"
	  "- {name: old, action: drop, ports: tcp/22, from: 192.0.2.0/24}",
	  V4, "p.yaml:4: rule 'old'" MIDDLE },
	{ "{version: 1}", V4, NULL },
	{ "{version: 1, default: drop}", V4, "the default, drop," MIDDLE },
	{ "{version: 1, mode: monitor, default: drop}", V4, NULL },
	{ "{version: 1, default: drop, rules: [{name: a, action: allow, ports: tcp/22}]}", V4,
	  NULL },
	{ "{version: 1, default: drop, rules: [{name: a, action: allow, ports: udp/22}]}", V4,
	  "the default, drop," MIDDLE },
	/* the port is the server's, not the client's */
	{ "{version: 1, default: drop, rules: [{name: a, action: allow, ports: tcp/40000}]}", V4,
	  "the default, drop," MIDDLE },
	{ "version: 1\nrules:\n- {name: web, action: drop, ports: tcp/80}\n"
	  "- {name: old, action: drop, ports: tcp/1-1023}",
	  V4, "p.yaml:4: rule 'old'" MIDDLE },
	{ "version: 1\nmode: monitor\nrules:\n- {name: old, action: drop, ports: tcp/1-1023}", V4,
	  NULL },
	/* the source is the client, the destination the server */
	{ "{version: 1, default: drop, rules: [{name: a, action: allow, ports: tcp/22, from: "
	  "[192.0.2.1]}]}",
	  V4, NULL },
	{ "{version: 1, default: drop, rules: [{name: a, action: allow, ports: tcp/22, from: "
	  "[192.0.2.2]}]}",
	  V4, "the default, drop," MIDDLE },
	{ "{version: 1, default: drop, rules: [{name: a, action: allow, ports: tcp/22, to: "
	  "[192.0.2.2]}]}",
	  V4, NULL },
	{ "{version: 1, default: drop, rules: [{name: a, action: allow, ports: tcp/22, from: "
	  "[\"2001:db8::/64\"]}]}",
	  V6, NULL },
	/* ended long ago */
	{ "{version: 1, default: drop, runtime: [{name: a, action: allow, ports: tcp/22, until: "
	  "2001-01-01T00:00:00Z}]}",
	  V4, "the default, drop," MIDDLE },
};

/* The parts that the check uses: the policy, and the lines of an image. */
static struct ruleset ruleset_of(const char *text)
{
	struct ruleset ruleset = { .image = calloc(1, sizeof(*ruleset.image)),
				   .file = { .path = strdup("p.yaml") } };
	struct error error = { 0 };

	policy_host_read(&ruleset.file.host);
	if (policy_read(text, strlen(text), "p.yaml", &ruleset.file.host, &ruleset.file.policy,
			&error))
		fail_msg("%s: %s", text, error.text);
	if (ruleset.file.policy.return_mode == POLICY_RETURN_AUTO)
		ruleset.file.policy.return_mode = POLICY_RETURN_NONE; /* open sessions end */
	for (size_t i = 0; i < ruleset.file.policy.rules_count; i++)
		ruleset.image->rule[i].line = ruleset.file.policy.rules[i].place.line;
	return ruleset;
}

static void a_policy_that_would_cut_it_is_refused_with_the_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		struct ruleset ruleset = ruleset_of(trials[i].policy);
		struct ssh_session session = session_of(trials[i].session);
		struct error error = { 0 };
		char text[600];
		int r = ssh_session_check(&session, "eth7", &ruleset, true, &error);

		error_format(&error, text, sizeof(text));
		if ((r != 0) != (trials[i].error != NULL))
			fail_msg("%s: %d, '%s'", trials[i].policy, r, text);
		assert_string_equal(text, trials[i].error ? trials[i].error : "");
		if (r) {
			assert_int_equal(r, -EPERM);
			assert_int_equal(error.exit, EXIT_FAILED);
		}
		ruleset_free(&ruleset);
	}
}

static void the_interface_is_the_one_with_the_servers_address(void **state)
{
	struct ssh_session session = session_of("127.0.0.1 40000 127.0.0.1 22");

	(void)state;
	assert_true(ssh_session_arrives_on(&session, "lo"));
	assert_false(ssh_session_arrives_on(&session, "eth7"));
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "find"))
		return find_4321();

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_families_are_read),
		cmocka_unit_test(mapped_ipv4_is_ipv4),
		cmocka_unit_test(the_scope_of_a_link_local_address_is_its_interface),
		cmocka_unit_test(what_is_malformed_is_refused),
		cmocka_unit_test(the_environment_is_asked_first),
		cmocka_unit_test(the_nearest_ancestor_with_the_variable_is_asked_next),
		cmocka_unit_test(a_malformed_value_is_warned_of_and_none),
		cmocka_unit_test(a_policy_that_would_cut_it_is_refused_with_the_rule),
		cmocka_unit_test(the_interface_is_the_one_with_the_servers_address),
	};

	return cmocka_run_group_tests_name("ssh_session", tests, NULL, NULL);
}
