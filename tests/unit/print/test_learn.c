/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that `learn` prints: its whole text, its validity, and its JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "analysis/check.h"
#include "base/cleanup.h"
#include "compile/compile.h"
#include "lib/build_listener.h"
#include "lib/printed.h"
#include "print/learn.h"
#include "print/wrap.h"

#pragma GCC diagnostic ignored "-Woverride-init"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

static const struct listener server[] = {
	{ LISTENS(TCP, 22, "sshd", 712), .unit = "ssh.service" },
	{ LISTENS(TCP, 22, "sshd", 712), ON_ANY6, .unit = "ssh.service" },
	{ LISTENS(TCP, 53, "dnsmasq", 95), ON4(192, 0, 2, 1), .device = "eth0" },
	{ LISTENS(UDP, 53, "dnsmasq", 95), ON4(192, 0, 2, 1) },
	{ LISTENS(UDP, 53, "dnsmasq", 95), ON_ANY6 },
	{ LISTENS(UDP, 53, "named", 97), ON_ANY4 },
	{ LISTENS(TCP, 80, "nginx", 801), ON_ANY4, .unit = "0123456789ab", .container = true },
	{ LISTENS(TCP, 80, "nginx", 802), ON_ANY6, .unit = "0123456789ab", .container = true },
	{ LISTENS(TCP, 40001, "rpc.statd", 60), .ephemeral = true },
	{ LISTENS(TCP, 631, "cupsd", 590), ON4(127, 0, 0, 1), .loopback = true },
	{ LISTENS(TCP, 48010, "", 0) },
	{ LISTENS(UDP, 51820, "", 0), .ephemeral = true },
	{ LISTENS(UDP, 40000, "dnsmasq", 95), .ephemeral = true },
	{ LISTENS(UDP, 40002, "dnsmasq", 95), .ephemeral = true },
};

static const char server_policy[] =
	"# Lets in what listened on this host when it was made, and drops the rest. Review it, "
	"then:\n"
	"#   portsieve diff FILE\n"
	"#   portsieve apply FILE --confirm 60\n"
	"#   portsieve confirm\n"
	"version: 1\n"
	"default: drop\n"
	"return: auto\n"
	"rules:\n"
	"  # sshd (712, ssh.service): any address\n"
	"  - {name: ssh, action: allow, ports: tcp/22}\n"
	"  # dnsmasq (95): 192.0.2.1 on eth0, 192.0.2.1, any IPv6 address\n"
	"  # named (97): any IPv4 address\n"
	"  - {name: domain, action: allow, ports: tcp+udp/53}\n"
	"  # nginx (801 and 1 more, container 0123456789ab): any address\n"
	"  - {name: http, action: allow, ports: tcp/80}\n"
	"  # rpc.statd (60): any address; has an ephemeral port, which may change when it "
	"restarts\n"
	"  - {name: rpc.statd, action: allow, ports: tcp/40001}\n"
	"  # unknown process: any address\n"
	"  - {name: tcp-48010, action: allow, ports: tcp/48010}\n"
	"\n"
	"# No rule is needed: these listen on loopback only.\n"
	"#   cupsd (590): tcp/631\n"
	"\n"
	"# UDP sockets without a peer on ephemeral ports, mostly of clients; 'return' lets\n"
	"# packets to them pass. A service among them, such as WireGuard, should have a rule.\n"
	"#   unknown process: udp/51820\n"
	"#   dnsmasq (95): udp/40000 udp/40002\n";

/* What `learn` prints for the listeners, as text or as JSON; the caller frees it. */
static char *learned_text_seen(const struct listener *listeners, size_t count,
			       const struct seen *seen, int (*print)(const struct learned *))
{
	_cleanup_learned_ struct learned learned = { 0 };
	struct capture capture;

	assert_int_equal(learn_rules(listeners, count, seen, &learned), 0);
	capture = capture_start(stdout);
	assert_int_equal(print(&learned), 0);
	return capture_end(&capture);
}

static char *learned_text(const struct listener *listeners, size_t count,
			  int (*print)(const struct learned *))
{
	return learned_text_seen(listeners, count, NULL, print);
}

static void fail_on_remark(const struct error *error, void *context)
{
	(void)context;
	fail_msg("%s", error->text);
}

/* `check` accepts the text and has no remarks on it. */
static struct policy checked_policy(const char *text)
{
	_cleanup_free_ struct portsieve_image *image = calloc(1, sizeof(*image));
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct error error = { 0 };
	struct policy policy = { 0 };
	struct policy_check check = { .policy = &policy,
				      .image = image,
				      .addresses = &addresses,
				      .file = "p",
				      .remark = fail_on_remark };

	policy_read(text, strlen(text), "p", &host, &policy, &error);
	assert_string_equal(error.text, "");
	image_compile(&policy, &host, "p", image, &error);
	assert_string_equal(error.text, "");
	assert_int_equal(addresses_compile(&policy, "p", &addresses, &error), 0);
	policy_check(&check);
	return policy;
}

static void a_policy_with_a_comment_for_each_rule(void **state)
{
	_cleanup_free_ char *text = learned_text(server, ARRAY_SIZE(server), print_learned_text);
	struct policy policy = checked_policy(text);

	(void)state;
	assert_string_equal(text, server_policy);
	assert_int_equal(policy.default_action, POLICY_DROP);
	assert_int_equal(policy.return_mode, POLICY_RETURN_AUTO);
	assert_int_equal(policy.rules_count, 5);
	policy_free(&policy);
}

static void without_listeners_it_is_a_policy_too(void **state)
{
	_cleanup_free_ char *text = learned_text(NULL, 0, print_learned_text);
	struct policy policy = checked_policy(text);

	(void)state;
	assert_int_equal(policy.rules_count, 0);
	assert_null(strstr(text, "loopback"));
	assert_null(strstr(text, "UDP"));
	policy_free(&policy);
}

/* Names that YAML would read as another type, or that look like its syntax. */
static void names_of_processes_cannot_break_the_policy(void **state)
{
	static const char *const names[] = { "null", "on",    "0x10", "- {a: b}", "#",
					     "\"",   "a: b]", "%TAG", "&a *b" };
	struct listener listeners[ARRAY_SIZE(names)] = { 0 };
	struct policy policy;
	char *text;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		listeners[i] = (struct listener){ LISTENS(TCP, 48010 + i, "", 7) };
		strcpy(listeners[i].process, names[i]);
		strcpy(listeners[i].unit, names[ARRAY_SIZE(names) - 1 - i]);
	}
	text = learned_text(listeners, ARRAY_SIZE(names), print_learned_text);
	policy = checked_policy(text);
	assert_int_equal(policy.rules_count, ARRAY_SIZE(names));
	free(text);
	policy_free(&policy);
}

static const struct seen_port seen_ports[] = {
	{ .transport = PORTSIEVE_TCP, .port = 22, .passed = 1200, .would_drop = 34 },
	{ .transport = PORTSIEVE_TCP, .port = 23, .dropped = 12 },
	{ .transport = PORTSIEVE_TCP, .port = 53, .passed = 1 },
	{ .transport = PORTSIEVE_TCP, .port = 8080, .would_drop = 7 },
	{ .transport = PORTSIEVE_TCP, .port = 40000, .ephemeral = true, .passed = 4000 },
	{ .transport = PORTSIEVE_TCP, .port = 40002, .answers = 500 },
	{ .transport = PORTSIEVE_UDP, .port = 53, .passed = 900 },
	{ .transport = PORTSIEVE_UDP, .port = 161, .dropped = 30 },
};

static const struct seen seen = {
	.device = "eth0",
	.seconds = 600,
	.returns = "socket+flow",
	.ports = (struct seen_port *)seen_ports,
	.count = ARRAY_SIZE(seen_ports),
	.reasons = { [PORTSIEVE_ICMP] = 3,
		     [PORTSIEVE_MPLS] = 1000,
		     [PORTSIEVE_BAD_FLAGS] = 2,
		     [PORTSIEVE_LATER_FRAGMENT] = 5,
		     [PORTSIEVE_RETURN_SOCKET] = 6 },
	.uncounted = { [PORTSIEVE_SCTP] = 8 },
};

static const char seen_policy[] =
	"# Lets in what listened on this host when it was made, and what came to\n"
	"# eth0 in the 10m before; drops the rest. Review it, then:\n"
	"#   portsieve diff FILE\n"
	"#   portsieve apply FILE --confirm 60\n"
	"#   portsieve confirm\n"
	"version: 1\n"
	"default: drop\n"
	"return: socket+flow\n"
	"portless:\n"
	"  mpls: allow # 1,000 packets in 10m\n"
	"  icmp_other: allow # 3 packets in 10m\n"
	"rules:\n"
	"  # sshd (712, ssh.service): any address\n"
	"  # 1,234 packets in 10m, 34 would have been dropped\n"
	"  - {name: ssh, action: allow, ports: tcp/22}\n"
	"  # dnsmasq (95): any IPv4 address\n"
	"  # 901 packets in 10m: udp/53 900, tcp/53 1\n"
	"  - {name: domain, action: allow, ports: tcp+udp/53}\n"
	"  # nothing listens here now: 7 packets in 10m, they would have been dropped\n"
	"  - {name: http-alt, action: allow, ports: tcp/8080}\n"
	"  # unknown process: any address\n"
	"  # 0 packets in 10m\n"
	"  - {name: tcp-48010, action: allow, ports: tcp/48010}\n"
	"\n"
	"# 4,500 packets in 10m came to 2 ports that nothing listens on: mostly answers to this "
	"host, which\n"
	"# 'return: socket+flow' lets pass.\n"
	"\n"
	"# 8 packets of sctp are let in only if a rule above names their ports, which are not "
	"counted.\n"
	"\n"
	"# bad-flags: 2 packets, not let in. To let them in: portless: {bad_flags: allow}\n"
	"\n"
	"# 42 packets dropped in 10m, without a rule: udp/161 30, tcp/23 12\n";

static void what_came_is_in_comments(void **state)
{
	static const struct listener listeners[] = {
		{ LISTENS(TCP, 22, "sshd", 712), .unit = "ssh.service" },
		{ LISTENS(UDP, 53, "dnsmasq", 95), ON_ANY4 },
		{ LISTENS(TCP, 48010, "", 0) },
	};
	_cleanup_free_ char *text =
		learned_text_seen(listeners, ARRAY_SIZE(listeners), &seen, print_learned_text);
	struct policy policy = checked_policy(text);

	(void)state;
	assert_string_equal(text, seen_policy);
	assert_int_equal(policy.return_mode, POLICY_RETURN_SOCKET_FLOW);
	assert_int_equal(policy.knobs[PORTSIEVE_KNOB_ICMP_OTHER], POLICY_CHOICE_ALLOW);
	policy_free(&policy);
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strcspn(text, "\n") > longest)
			longest = strcspn(text, "\n");
	return longest;
}

static void many_places_ports_and_owners_stay_short(void **state)
{
	struct listener listeners[60] = { 0 };
	struct policy policy;
	char *text;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(listeners); i++) {
		listeners[i] = (struct listener){ LISTENS(UDP, 53, "", 100 + i),
						  ON4(192, 0, 2, (uint8_t)i) };
		if (i >= 20)
			listeners[i] = (struct listener){ LISTENS(UDP, 40000 + i, "dig", 99),
							  .ephemeral = true };
		else if (i < 10)
			sprintf(listeners[i].process, "server%zu", i);
		else
			strcpy(listeners[i].process, "a-process-with-a-long-name");
	}
	text = learned_text(listeners, ARRAY_SIZE(listeners), print_learned_text);
	policy = checked_policy(text);
	assert_true(longest_line(text) <= 100);
	assert_non_null(strstr(text, "  # a-process-with-a-long-name (110 and 9 more): 192.0.2.10, "
				     "192.0.2.11, 192.0.2.12, 192.0.2.13, and\n"
				     "  #   others\n"
				     "  # server0 (100): 192.0.2.0\n"
				     "  # server1 (101): 192.0.2.1\n"
				     "  # server2 (102): 192.0.2.2\n"
				     "  # and others\n"
				     "  - {name: domain, "));
	assert_non_null(strstr(text, "udp/40020 udp/40021 "));
	assert_non_null(strstr(text, " udp/40031 and 28 more\n"));
	assert_null(strstr(text, "udp/40032"));
	free(text);
	policy_free(&policy);
}

static const char *text_of(json_object *object, const char *key)
{
	json_object *member = NULL;

	assert_true(json_object_object_get_ex(object, key, &member));
	return json_object_get_string(member);
}

static void the_json_has_the_policy_and_the_listeners(void **state)
{
	_cleanup_free_ char *text = learned_text(server, ARRAY_SIZE(server), print_learned_json);
	json_object *document = json_tokener_parse(text), *rules, *row, *listeners;

	(void)state;
	assert_non_null(document);
	assert_true(json_object_object_get_ex(document, "policy", &rules));
	assert_string_equal(text_of(rules, "text"), server_policy);
	assert_true(json_object_object_get_ex(document, "rules", &rules));
	assert_int_equal(json_object_array_length(rules), 5);
	row = json_object_array_get_idx(rules, 1);
	assert_string_equal(text_of(row, "name"), "domain");
	assert_string_equal(text_of(row, "action"), "allow");
	assert_string_equal(text_of(row, "ports"), "tcp+udp/53");
	assert_true(json_object_object_get_ex(row, "listeners", &listeners));
	assert_int_equal(json_object_array_length(listeners), 4);
	assert_string_equal(
		json_object_to_json_string_ext(json_object_array_get_idx(listeners, 0), 0),
		"{\"protocol\":\"tcp\",\"port\":53,\"address\":\"192.0.2.1\",\"families\":["
		"\"ipv4\"],"
		"\"interface\":\"eth0\",\"uid\":0,\"process\":\"dnsmasq\",\"pid\":95,\"unit\":null,"
		"\"container\":null}");
	row = json_object_array_get_idx(rules, 2);
	assert_true(json_object_object_get_ex(row, "listeners", &listeners));
	row = json_object_array_get_idx(listeners, 0);
	assert_string_equal(text_of(row, "container"), "0123456789ab");
	assert_null(text_of(row, "unit"));
	assert_null(text_of(row, "address"));
	row = json_object_array_get_idx(rules, 4);
	assert_true(json_object_object_get_ex(row, "listeners", &listeners));
	row = json_object_array_get_idx(listeners, 0);
	assert_null(text_of(row, "process"));
	assert_null(text_of(row, "pid"));
	assert_string_equal(text_of(row, "families"), "[ \"ipv4\", \"ipv6\" ]");
	assert_true(json_object_object_get_ex(document, "loopback", &listeners));
	assert_int_equal(json_object_array_length(listeners), 1);
	assert_true(json_object_object_get_ex(document, "ephemeral_udp", &listeners));
	assert_int_equal(json_object_array_length(listeners), 3);
	json_object_put(document);
}

/* Lines of 100 columns, and of 101, which break; then a word of 101. */
static void lines_break_at_100_columns(void **state)
{
	char word[102] = "", text[512], expected[512];
	struct capture capture;
	char *wrapped;

	(void)state;
	memset(word, 'x', 101);
	snprintf(text, sizeof(text), "%.94s abc %.94s abcd %s", word, word, word);
	snprintf(expected, sizeof(expected), "> %.94s abc\n. %.94s\n. abcd\n. %s\n", word, word,
		 word);
	capture = capture_start(stdout);
	wrap_print(stdout, 100, "> ", ". ", text);
	wrapped = capture_end(&capture);
	assert_string_equal(wrapped, expected);
	free(wrapped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_with_a_comment_for_each_rule),
		cmocka_unit_test(without_listeners_it_is_a_policy_too),
		cmocka_unit_test(names_of_processes_cannot_break_the_policy),
		cmocka_unit_test(what_came_is_in_comments),
		cmocka_unit_test(many_places_ports_and_owners_stay_short),
		cmocka_unit_test(the_json_has_the_policy_and_the_listeners),
		cmocka_unit_test(lines_break_at_100_columns),
	};

	return cmocka_run_group_tests_name("learn", tests, NULL, NULL);
}
