/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies, listeners, and the drift between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/drift.h"
#include "check_case.h"
#include "compile/counter_ids.h"
#include "lib/build_listener.h"

#pragma GCC diagnostic ignored "-Woverride-init"

enum { MOST = 6 };

/* These tests run in 2026: see host_now. */
#define FOREVER "2100-01-01T00:00:00Z"
#define OVER	"1970-01-02T00:00:00Z"

static const struct policy_host host_now = {
	.ephemeral_low = 32768,
	.ephemeral_high = 60999,
	.realtime_ns = INT64_C(1790000000) * 1000000000,
	.boottime_ns =
		INT64_C(1780000000) * 1000000000, /* up since 1970, so that OVER has a time */
};

struct drift_case {
	const char *name;
	const char *policy;		 /* after "version: 1\n" */
	struct listener listeners[MOST]; /* up to the first with port 0 */
	const char *denied; /* "tcp/80 by NAME\n", "... (monitor)\n", then "udp/80 reachable\n" */
	const char *unused; /* "NAME: ports\n" */
};

#define DEFAULT_DROP "default: drop\nrules:\n"
#define FROM(name, action, ports)                                                                  \
	"- {name: " name ", action: " action ", ports: '" ports "', from: 10.0.0.0/8}\n"
#define UNTIL(name, action, ports, end)                                                            \
	"- {name: " name ", action: " action ", ports: '" ports "', until: " end "}\n"
#define UNTIL_FROM(name, action, ports, end)                                                       \
	"- {name: " name ", action: " action ", ports: '" ports "', from: 10.0.0.0/8, until: " end \
	"}\n"
#define MONITORED(name, ports)                                                                     \
	"- {name: " name ", action: drop, ports: '" ports "', mode: monitor}\n"
#define WEB   LISTENS(TCP, 80, "nginx", 7)
#define MYSQL LISTENS(TCP, 3306, "mysqld", 8)

static const struct drift_case cases[] = {
	{ "a listener that a rule allows",
	  DEFAULT_DROP RULE("web", "tcp/80"),
	  { { WEB } },
	  "",
	  "" },
	{ "a listener that the default drops",
	  DEFAULT_DROP RULE("web", "tcp/80"),
	  { { WEB }, { MYSQL } },
	  "tcp/3306 by default\n",
	  "" },
	{ "a listener that a rule drops",
	  "rules:\n" DROP("sql", "tcp/3306-3310"),
	  { { WEB }, { MYSQL } },
	  "tcp/3306 by sql\n",
	  "" },
	{ "another protocol is another listener",
	  DEFAULT_DROP RULE("web", "udp/80"),
	  { { WEB } },
	  "tcp/80 by default\n",
	  "web: udp/80\n" },
	{ "loopback is neither denied nor does it use a port",
	  DEFAULT_DROP RULE("web", "tcp/80"),
	  { { WEB, .loopback = true }, { MYSQL, .loopback = true } },
	  "",
	  "web: tcp/80\n" },
	{ "ephemeral UDP is not denied, ephemeral TCP is",
	  DEFAULT_DROP,
	  { { LISTENS(UDP, 40000, "dig", 7), .ephemeral = true },
	    { LISTENS(TCP, 40000, "statd", 7), .ephemeral = true } },
	  "tcp/40000 by default\nudp/40000 reachable\n",
	  "" },
	{ "clients' sockets can be reached on the ephemeral ports of the policy",
	  DEFAULT_DROP,
	  { { LISTENS(UDP, 32767, "a", 7) },
	    { LISTENS(UDP, 32768, "b", 7) },
	    { LISTENS(UDP, 60999, "c", 7) },
	    { LISTENS(UDP, 61000, "d", 7) },
	    { LISTENS(UDP, 40000, "e", 7), .loopback = true } },
	  "udp/32767 by default\nudp/61000 by default\nudp/32768 reachable\nudp/60999 reachable\n",
	  "" },
	{ "on all ports",
	  "unconnected_udp: any\n" DEFAULT_DROP,
	  { { LISTENS(UDP, 53, "a", 7) } },
	  "udp/53 reachable\n",
	  "" },
	{ "on none",
	  "unconnected_udp: never\n" DEFAULT_DROP,
	  { { LISTENS(UDP, 40000, "a", 7), .ephemeral = true } },
	  "",
	  "" },
	{ "not where only flows are asked",
	  "return: flow\n" DEFAULT_DROP,
	  { { LISTENS(UDP, 40000, "a", 7), .ephemeral = true } },
	  "",
	  "" },
	{ "not where a rule lets no replies pass",
	  DEFAULT_DROP "- {name: r, action: drop, ports: udp/40000, replies: drop}\n",
	  { { LISTENS(UDP, 40000, "a", 7), .ephemeral = true } },
	  "",
	  "" },
	{ "nor of a policy that drops nothing",
	  "mode: monitor\n" DEFAULT_DROP,
	  { { LISTENS(UDP, 40000, "a", 7), .ephemeral = true } },
	  "",
	  "" },
	{ "ephemeral UDP uses a port that a rule allows",
	  DEFAULT_DROP RULE("vpn", "udp/51820"),
	  { { LISTENS(UDP, 51820, "", 0), .ephemeral = true } },
	  "",
	  "" },
	{ "a listener that only a monitored rule would drop",
	  "rules:\n" MONITORED("sql", "tcp/3306"),
	  { { WEB }, { MYSQL } },
	  "tcp/3306 by sql (monitor)\n",
	  "" },
	{ "a rule that drops it anyway comes before the monitored one",
	  DEFAULT_DROP MONITORED("sql", "tcp/3306"),
	  { { MYSQL } },
	  "tcp/3306 by default\n",
	  "" },
	{ "a monitored rule that is over drops nothing",
	  "runtime:\n- {name: past, action: drop, ports: tcp/3306, mode: monitor, until: " OVER
	  "}\n",
	  { { MYSQL } },
	  "",
	  "" },
	{ "a monitored default",
	  "default: {action: drop, mode: monitor}\nrules:\n" RULE("web", "tcp/80"),
	  { { WEB }, { MYSQL } },
	  "tcp/3306 by default (monitor)\n",
	  "" },
	{ "a port that a monitored rule would drop is in use or not, as any allowed one",
	  "rules:\n" MONITORED("no-web", "tcp/80-81") RULE("web", "tcp/80-81"),
	  { { WEB } },
	  "tcp/80 by no-web (monitor)\n",
	  "web: tcp/81\n" },
	{ "allowed to some is not denied",
	  DEFAULT_DROP FROM("sql", "allow", "tcp/3306"),
	  { { MYSQL } },
	  "",
	  "" },
	{ "denied to some is not denied",
	  "rules:\n" FROM("sql", "drop", "tcp/3306"),
	  { { MYSQL } },
	  "",
	  "" },
	{ "dropped for some, then for all",
	  DEFAULT_DROP FROM("sql", "drop", "tcp/3306"),
	  { { MYSQL } },
	  "tcp/3306 by default\n",
	  "" },
	{ "an allow rule after the one that drops all allows nobody",
	  "rules:\n" FROM("some", "drop", "tcp/3306") DROP("all", "tcp/3306")
		  FROM("late", "allow", "tcp/3306"),
	  { { MYSQL } },
	  "tcp/3306 by all\n",
	  "" },
	{ "a rule with an end that is in force drops",
	  "runtime:\n" UNTIL("now", "drop", "tcp/3306", FOREVER) "rules:\n" RULE("sql", "tcp/3306"),
	  { { MYSQL } },
	  "tcp/3306 by now\n",
	  "" },
	{ "one that has ended does not",
	  "runtime:\n" UNTIL("past", "drop", "tcp/3306", OVER) "rules:\n" RULE("sql", "tcp/3306"),
	  { { MYSQL } },
	  "",
	  "" },
	{ "nor does it allow",
	  "default: drop\nruntime:\n" UNTIL("past", "allow", "tcp/3306", OVER),
	  { { MYSQL } },
	  "tcp/3306 by default\n",
	  "" },
	{ "nor if it has addresses",
	  "default: drop\nruntime:\n" UNTIL_FROM("past", "allow", "tcp/3306", OVER)
		  UNTIL_FROM("now", "drop", "tcp/3306", FOREVER),
	  { { MYSQL } },
	  "tcp/3306 by default\n",
	  "" },
	{ "ports of a rule on which nothing listens",
	  DEFAULT_DROP RULE("web", "tcp/80,443 udp/443"),
	  { { WEB } },
	  "",
	  "web: tcp+udp/443\n" },
	{ "a rule of eight ports is listed",
	  DEFAULT_DROP RULE("many", "tcp/1-8"),
	  {},
	  "",
	  "many: tcp/1-8\n" },
	{ "one of nine is not", DEFAULT_DROP RULE("many", "tcp/1-8 udp/9"), {}, "", "" },
	{ "nor one of all ports", DEFAULT_DROP RULE("all", "tcp+udp/all"), {}, "", "" },
	{ "nor one that drops", DEFAULT_DROP DROP("web", "tcp/80"), {}, "", "" },
	{ "nor one that drops for some", "rules:\n" FROM("sql", "drop", "tcp/3306"), {}, "", "" },
	{ "nor one that has ended",
	  "default: drop\nruntime:\n" UNTIL("past", "allow", "tcp/80", OVER)
		  UNTIL("now", "allow", "tcp/81", FOREVER),
	  {},
	  "",
	  "now: tcp/81\n" },
	{ "nor ports that an earlier rule drops",
	  DEFAULT_DROP DROP("no", "tcp/80") RULE("web", "tcp/80-81"),
	  {},
	  "",
	  "web: tcp/81\n" },
	{ "without rules and with default allow there is no drift", "", { { WEB } }, "", "" },
};

/* Compiles the policy and gives each range a row. The caller frees the image. */
static struct portsieve_image *compile(const char *text)
{
	struct portsieve_image *image = calloc(1, sizeof(*image));
	struct policy policy;
	struct error error = { 0 };
	char *whole = malloc(strlen(text) + 16);

	assert_non_null(whole);
	strcpy(stpcpy(whole, "version: 1\n"), text);
	policy_read(whole, strlen(whole), "p", &host_now, &policy, &error);
	assert_string_equal(error.text, "");
	assert_int_equal(image_compile(&policy, &host_now, "p", image, &error), 0);
	assert_int_equal(counter_ids_assign(image, NULL), 0);
	policy_free(&policy);
	free(whole);
	return image;
}

static struct portsieve_counter *no_rows(void)
{
	struct portsieve_counter *rows = calloc(PORTSIEVE_COUNTERS, sizeof(*rows));

	assert_non_null(rows);
	return rows;
}

static void drifts(void **state)
{
	const struct drift_case *c = *state;
	_cleanup_free_ struct portsieve_image *image = compile(c->policy);
	_cleanup_free_ struct portsieve_counter *rows = no_rows();
	_cleanup_free_ char *denied = NULL, *unused = NULL;
	_cleanup_drift_ struct drift drift = { 0 };
	const struct drift_policy policy = { image, rows, (uint64_t)host_now.boottime_ns };
	size_t count = 0, size;
	FILE *out;

	while (count < MOST && c->listeners[count].port)
		count++;
	assert_int_equal(drift_find(&policy, c->listeners, count, &drift), 0);
	assert_true(drift.listeners_known);
	out = open_memstream(&denied, &size);
	for (size_t i = 0; i < drift.denied_count; i++) {
		const struct listener *listener = &c->listeners[drift.denied[i].listener];

		fprintf(out, "%s/%u by %s%s\n", transport_name(listener->transport), listener->port,
			drift.denied[i].rule ?: "default",
			drift.denied[i].monitored ? " (monitor)" : "");
	}
	for (size_t i = 0; i < drift.reachable_count; i++)
		fprintf(out, "udp/%u reachable\n", c->listeners[drift.reachable[i]].port);
	fclose(out);
	assert_string_equal(denied, c->denied);
	out = open_memstream(&unused, &size);
	for (size_t i = 0; i < drift.unused_count; i++)
		fprintf(out, "%s: %s\n", drift.unused[i].rule, drift.unused[i].ports);
	fclose(out);
	assert_string_equal(unused, c->unused);
}

/* The row of a rule's first range. */
static struct portsieve_counter *row_of(const struct portsieve_image *image,
					struct portsieve_counter *rows, const char *name)
{
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++)
		if (!strcmp(image->rule[image->range[id].rule].name, name))
			return &rows[image->counter[id]];
	fail_msg("no rule %s", name);
	return NULL;
}

static void rules_that_have_counted_nothing_are_idle(void **state)
{
	_cleanup_free_ struct portsieve_image *image =
		compile("default: drop\nruntime:\n" UNTIL("past", "drop", "tcp/1",
							  OVER) "rules:\n" RULE("a", "tcp/80")
				DROP("b", "tcp/81") RULE("c", "tcp/82") RULE("d", "tcp/all"));
	_cleanup_free_ struct portsieve_counter *rows = no_rows();
	_cleanup_drift_ struct drift drift = { 0 };
	const struct drift_policy policy = { image, rows, (uint64_t)host_now.boottime_ns };

	(void)state;
	row_of(image, rows, "a")->verdict[PORTSIEVE_PASSED].packets = 1;
	row_of(image, rows, "b")->verdict[PORTSIEVE_DROPPED].packets = 1;
	assert_int_equal(drift_find(&policy, NULL, 0, &drift), 0);
	assert_false(drift.listeners_known);
	assert_int_equal(drift.denied_count, 0);
	assert_int_equal(drift.unused_count, 0);
	assert_int_equal(drift.idle_count, 2);
	assert_string_equal(image->rule[drift.idle[0]].name, "c");
	assert_string_equal(image->rule[drift.idle[1]].name, "d");
}

static void one_counting_range_keeps_a_rule_from_being_idle(void **state)
{
	_cleanup_free_ struct portsieve_image *image =
		compile("rules:\n" RULE("a", "tcp/80,81,82") RULE("b", "tcp/83"));
	_cleanup_free_ struct portsieve_counter *rows = no_rows();
	_cleanup_drift_ struct drift drift = { 0 };
	const struct drift_policy policy = { image, rows, 1 };

	(void)state;
	rows[image->counter[PORTSIEVE_RANGE_RULES + 2]].verdict[PORTSIEVE_PASSED].packets = 1;
	assert_int_equal(drift_find(&policy, NULL, 0, &drift), 0);
	assert_int_equal(drift.idle_count, 1);
	assert_string_equal(image->rule[drift.idle[0]].name, "b");
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(cases) + 2];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i] = (struct CMUnitTest){ .name = cases[i].name,
						.test_func = drifts,
						.initial_state = (void *)&cases[i] };
	tests[ARRAY_SIZE(cases)] =
		(struct CMUnitTest)cmocka_unit_test(rules_that_have_counted_nothing_are_idle);
	tests[ARRAY_SIZE(cases) + 1] = (struct CMUnitTest)cmocka_unit_test(
		one_counting_range_keeps_a_rule_from_being_idle);
	return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
