/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy keeps out by mistake: replies, the administrator, IPv6 clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/access.h"
#include "compile/compile.h"
#include "lib/build_listener.h"

static const struct listener sshd = { LISTENS(TCP, 22, "sshd", 1) };
static const struct listener sshd_2222 = { LISTENS(TCP, 2222, "sshd", 1) };
static const struct listener sshd_local = { LISTENS(TCP, 22, "sshd", 1), .loopback = true };
static const struct listener unnamed = { LISTENS(TCP, 22, "", 0) };
static const struct listener web4 = { .transport = PORTSIEVE_TCP,
				      .port = 80,
				      .address = { .family = POLICY_IPV4 } };
static const struct listener web6 = { .transport = PORTSIEVE_TCP,
				      .port = 80,
				      .address = { .family = POLICY_IPV6 } };
static const struct listener vpn = { LISTENS(UDP, 45000, "vpn", 4), .ephemeral = true };
static const struct listener unnamed_udp = { LISTENS(UDP, 40000, "", 0), .ephemeral = true };
static const struct listener dns6 = { LISTENS(UDP, 53, "dns", 3) };

#define REPLIES                                                                                    \
	"p: 'return: none' drops the replies to this host's own connections, those of DNS too: "   \
	"leave it out, or add a rule that allows tcp+udp/ephemeral\n"
#define NOBODY                                                                                     \
	"nobody can log in: an ssh server listens on tcp/22, which the policy drops from every "   \
	"address; add a rule that allows tcp/22, or a failsafe rule\n"
#define ONLY4(name, service)                                                                       \
	"'" name "' is about IPv4 only: " service " listens on IPv6 too, and no rule for it "      \
	"matches IPv6; add IPv6 prefixes, or another rule\n"

#define REACHABLE(sockets)                                                                         \
	"p: anybody can send to UDP sockets that may be clients: " sockets                         \
	"; to close them, add a rule with `replies: drop`, or set `unconnected_udp: never`\n"

struct trial {
	const char *policy;
	const struct listener *listeners[3];
	const char *remarks;
};

static const struct trial trials[] = {
	{ "{version: 1}", { &sshd }, "" },

	/* replies */
	{ "{version: 1, default: drop}", { 0 }, "" }, /* auto */
	{ "{version: 1, default: drop, return: none}", { 0 }, REPLIES },
	{ "{version: 1, default: drop, return: none, mode: monitor}", { 0 }, REPLIES },
	{ "{version: 1, default: drop, return: socket}", { 0 }, "" },
	{ "{version: 1, default: drop, return: established}", { 0 }, "" },
	{ "{version: 1, default: drop, return: none, rules: [{name: r, action: allow, ports: "
	  "tcp/ephemeral}]}",
	  { 0 },
	  "" },
	{ "{version: 1, default: drop, return: none, rules: [{name: r, action: allow, ports: "
	  "tcp/40000-49999}, "
	  "{name: s, action: allow, ports: tcp/50000-50009}]}",
	  { 0 },
	  "" },
	{ "{version: 1, default: drop, return: none, rules: [{name: r, action: allow, ports: "
	  "tcp/40000-50008}]}",
	  { 0 },
	  REPLIES },
	{ "{version: 1, default: drop, return: none, rules: [{name: r, action: allow, ports: "
	  "udp/ephemeral}]}",
	  { 0 },
	  REPLIES },
	{ "{version: 1, rules: [{name: r, action: drop, ports: tcp/22}]}", { 0 }, "" },

	/* the administrator */
	{ "{version: 1, default: drop, return: socket}", { &sshd }, "p: " NOBODY },
	{ "{version: 1, rules: [{name: r, action: drop, ports: tcp/1-1023}]}",
	  { &unnamed },
	  "p: " NOBODY },
	{ "{version: 1, default: drop, return: socket}", { &sshd_local, &web4 }, "" },
	{ "{version: 1, default: drop, return: socket, rules: [{name: r, action: allow, ports: "
	  "tcp/2222}]}",
	  { &sshd, &sshd_2222 },
	  "" },
	{ "{version: 1, default: drop, return: socket, rules: [{name: r, action: allow, ports: "
	  "tcp/22, from: [10.0.0.0/8, \"fd00::/8\"]}]}",
	  { &sshd },
	  "" },

	/* IPv6 */
	{ "{version: 1, rules: [{name: r, action: allow, ports: tcp/80, from: 10.0.0.0/8}]}",
	  { &web6 },
	  "p:1:29: " ONLY4("r", "tcp/80") },
	{ "{version: 1, rules: [{name: r, action: allow, ports: udp/1-99, from: 10.0.0.0/8}]}",
	  { &web6, &dns6 },
	  "p:1:29: " ONLY4("r", "udp/53") },
	{ "{version: 1, rules: [{name: r, action: allow, ports: tcp/80, from: 10.0.0.0/8}]}",
	  { &web4 },
	  "" },
	{ "{version: 1, rules: [{name: r, action: allow, ports: tcp/80, from: [10.0.0.0/8, "
	  "\"fd00::/8\"]}]}",
	  { &web6 },
	  "" },
	{ "{version: 1, rules: [{name: r, action: allow, ports: tcp/80, from: 10.0.0.0/8}, "
	  "{name: s, action: drop, ports: tcp/80}]}",
	  { &web6 },
	  "" },
	{ "{version: 1, rules: [{name: r, action: allow, ports: tcp/80, from: 10.0.0.0/8}, "
	  "{name: s, action: allow, ports: tcp/80, from: \"fd00::/8\"}]}",
	  { &web6 },
	  "" },
	{ "{version: 1, rules: [{name: r, action: allow, ports: tcp/80, from: 10.0.0.0/8, to: "
	  "192.0.2.1}]}",
	  { &web6 },
	  "" },
	/* a block list means only the addresses it names, but 0.0.0.0/0 means everybody */
	{ "{version: 1, rules: [{name: r, action: drop, ports: tcp/80, from: 10.0.0.0/8}]}",
	  { &web6 },
	  "" },
	{ "{version: 1, rules: [{name: r, action: drop, ports: tcp/80, from: 0.0.0.0/0}]}",
	  { &web6 },
	  "p:1:29: " ONLY4("r", "tcp/80") },

	/* UDP sockets that may be clients */
	{ "{version: 1, default: drop, return: socket}", { &vpn }, REACHABLE("udp/45000 (vpn)") },
	{ "{version: 1, default: drop, return: socket}",
	  { &vpn, &vpn, &unnamed_udp },
	  REACHABLE("udp/45000 (vpn), udp/45000 (vpn), udp/40000 (unknown process)") },
	{ "{version: 1, default: drop, return: socket, unconnected_udp: never}", { &vpn }, "" },
};

static void take(const struct error *error, void *context)
{
	char *all = context;
	char text[600];

	assert_int_equal(error->exit, EXIT_DONE);
	strcat(strcat(all, error_format(error, text, sizeof(text))), "\n");
}

/* The remarks on a policy for a machine with these listeners; valid until the next call. */
static const char *remarks_on(const struct trial *trial, bool has_ipv6)
{
	static char remarks[2048];
	static const struct policy_host host = { .ephemeral_low = 40000, .ephemeral_high = 50009 };
	struct portsieve_image *image = malloc(sizeof(*image));
	struct listener listeners[3];
	struct access_machine machine = { .listeners = listeners,
					  .has_ipv6 = has_ipv6,
					  .lists_reachable = true };
	struct error error = { 0 };
	struct policy policy;
	const struct policy_check check = {
		.policy = &policy,
		.image = image,
		.file = "p",
		.remark = take,
		.context = remarks,
	};

	remarks[0] = '\0';
	for (; machine.count < 3 && trial->listeners[machine.count]; machine.count++)
		listeners[machine.count] = *trial->listeners[machine.count];
	if (policy_read(trial->policy, strlen(trial->policy), "p", &host, &policy, &error) ||
	    image_compile(&policy, &host, "p", image, &error))
		fail_msg("%s: %s", trial->policy, error.text);
	access_check(&check, &machine);
	policy_free(&policy);
	free(image);
	return remarks;
}

static void each_policy_gets_its_remarks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		const char *remarks = remarks_on(&trials[i], true);

		if (strcmp(remarks, trials[i].remarks) != 0)
			fail_msg("%s:\n%sinstead of\n%s", trials[i].policy, remarks,
				 trials[i].remarks);
	}
}

static void a_machine_without_ipv6_needs_no_rules_for_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		if (strstr(trials[i].remarks, "IPv4 only"))
			assert_string_equal(remarks_on(&trials[i], false), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_gets_its_remarks),
		cmocka_unit_test(a_machine_without_ipv6_needs_no_rules_for_it),
	};

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
