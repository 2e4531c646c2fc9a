/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remarks on a policy: what never matches and why, and relying on the registry for security. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "check_case.h"

#define LOOPHOLE(place, knob, how)                                                                 \
	"p:" place ": '" knob ": allow' lets packets reach ports that this policy drops: " how "\n"
#define REGISTRY(name, does)                                                                       \
	"'" name "' " does                                                                         \
	" by IANA's registry alone: a registration does not say what traffic a port carries or "   \
	"whether it is safe (see the note at the head of IANA's Service Name and Transport "       \
	"Protocol Port Number Registry, and RFC 6335)\n"

#define MONITORED(name, ports) "- {name: " name ", action: drop, ports: " ports ", mode: monitor}\n"

static const struct check_case cases[] = {
	{ "no rules have no remarks", "", "" },
	{ "each knob that lets packets past a drop rule is remarked upon",
	  "portless:\n  ext_depth: allow\n  source_route: allow\n  tiny_fragment: allow\n"
	  "  routing_type_4: allow\n  vlan_depth: allow\n  icmp_other: allow\n"
	  "rules:\n" DROP("a", "tcp/80"),
	  LOOPHOLE("3:3", "ext_depth", "Linux skips any number of IPv6 extension headers") LOOPHOLE(
		  "4:3", "source_route",
		  "where accept_source_route is set, such a "
		  "packet goes on to another destination")
		  LOOPHOLE("5:3", "tiny_fragment", "a first fragment may leave out its port")
			  LOOPHOLE("6:3", "routing_type_4",
				   "where seg6_enabled is set, segment routing changes "
				   "the destination or carries another packet")
				  LOOPHOLE("7:3", "vlan_depth",
					   "Linux skips any number of VLAN tags of id 0") },
	{ "on one line they come in its order",
	  "portless: {vlan_depth: allow, tiny_fragment: allow}\nrules:\n" DROP("a", "tcp/80"),
	  LOOPHOLE("2:12", "vlan_depth", "Linux skips any number of VLAN tags of id 0")
		  LOOPHOLE("2:31", "tiny_fragment", "a first fragment may leave out its port") },
	{ "so is one under default drop",
	  "default: drop\nreturn: socket\nportless: {ext_depth: allow, vlan_depth: drop}\n",
	  LOOPHOLE("4:12", "ext_depth", "Linux skips any number of IPv6 extension headers") },
	{ "where nothing is dropped, none is",
	  "portless: {ext_depth: allow, source_route: allow}\nrules:\n" RULE("a", "tcp/80"), "" },
	{ "rules apart have no remarks", RULE("a", "tcp/80") RULE("b", "tcp/81 udp/80"), "" },
	{ "a range covered in part has no remark", RULE("a", "tcp/80-90") DROP("b", "tcp/85-95"),
	  "" },
	{ "a wider range after a narrower one has no remark",
	  RULE("a", "tcp/80") DROP("b", "tcp/all"), "" },
	{ "a rule that repeats itself has no remark", RULE("a", "tcp/80,80,80-80"), "" },
	{ "a covered rule names the one that covers it",
	  RULE("a", "tcp/80-90") DROP("b", "tcp/85,90"), NEVER("4:10", "b", "'a' (line 3)") },
	{ "the ends of a range are covered too", RULE("a", "tcp/0,65535") DROP("b", "tcp/65535,0"),
	  NEVER("4:10", "b", "'a' (line 3)") },
	{ "another transport covers nothing", RULE("a", "udp/80") DROP("b", "tcp/80"), "" },
	{ "two rules may cover one range together",
	  RULE("a", "tcp/80-84") RULE("b", "tcp/85-99") DROP("c", "tcp/82-90"),
	  NEVER("5:10", "c", "'a' (line 3), 'b' (line 4)") },
	{ "a gap of one port keeps a rule alive",
	  RULE("a", "tcp/80-84") RULE("b", "tcp/86-99") DROP("c", "tcp/82-90"), "" },
	{ "three covering rules are named, and no more",
	  RULE("a", "tcp/1") RULE("b", "tcp/2") RULE("c", "tcp/3") RULE("d", "tcp/1-3"),
	  NEVER("6:10", "d", "'a' (line 3), 'b' (line 4), 'c' (line 5)") },
	{ "further covering rules are counted",
	  RULE("a", "tcp/1") RULE("b", "tcp/2") RULE("c", "tcp/3") RULE("d", "tcp/4")
		  RULE("e", "udp/4") RULE("f", "udp/4 tcp/1-4"),
	  NEVER("8:10", "f", "'a' (line 3), 'b' (line 4), 'c' (line 5) and 2 more") },
	{ "a covering rule is counted once however often it covers",
	  RULE("a", "tcp/1,3") RULE("b", "tcp/2") RULE("c", "tcp/1-3,1,2,3,1-2"),
	  NEVER("5:10", "c", "'a' (line 3), 'b' (line 4)") },
	{ "a monitored rule covers no rule that drops",
	  MONITORED("a", "tcp/80") DROP("b", "tcp/80"),
	  "p:3:10: rule 'a' never counts: other rules or the default drop all its packets, or "
	  "earlier rules decide them\n" },
	{ "it covers none that allows, but counts all its packets",
	  MONITORED("a", "tcp/80") RULE("b", "tcp/80"),
	  "p:4:10: rule 'b' never counts: its packets are counted as would-be drops by 'a' (line "
	  "3)\n" },
	{ "nor some of its ranges", MONITORED("a", "tcp/80") RULE("b", "tcp/80 tcp/90"), "" },
	{ "a monitored rule before default allow has no remark", MONITORED("a", "tcp/80"), "" },
	{ "a dead rule covers nothing itself",
	  RULE("a", "tcp/1") RULE("b", "tcp/1") RULE("c", "tcp/1"),
	  NEVER("4:10", "b", "'a' (line 3)") NEVER("5:10", "c", "'a' (line 3)") },
	{ "rules in the middle of another's ports count too",
	  RULE("a", "tcp/5") RULE("b", "tcp/1-9") RULE("c", "tcp/1-9"),
	  NEVER("5:10", "c", "'a' (line 3), 'b' (line 4)") },
	{ "a rule that ends does not cover one without end",
	  "runtime:\n- {name: b, action: drop, ports: tcp/80, until: 2100-01-01T00:00:00Z}\n"
	  "rules:\n" DROP("c", "tcp/80"),
	  "" },
	{ "a runtime rule without end covers the rules of the file",
	  "runtime:\n" RULE("b", "tcp/80") "rules:\n" DROP("c", "tcp/80-81") DROP("d", "tcp/80"),
	  NEVER("6:10", "d", "'b' (line 3)") },
	{ "a rule with addresses can be dead itself",
	  RULE("a", "tcp/80-90") "- {name: b, action: drop, ports: tcp/81, from: 10.0.0.0/8}\n",
	  NEVER("4:10", "b", "'a' (line 3)") },
	{ "only the unconditional ones of several rules cover",
	  RULE("a", "tcp/80") "- {name: b, action: drop, ports: tcp/81, from: 10.0.0.0/8}\n" DROP(
		  "c", "tcp/80-81") DROP("d", "tcp/80-81"),
	  NEVER("6:10", "d", "'a' (line 3), 'c' (line 5)") },
	{ "items within others are no ranges of the rule",
	  RULE("a", "tcp/84-90") DROP("b", "tcp/80-90,85-88,86"), "" },
	{ "one dead range among others is named", RULE("a", "tcp/80") DROP("b", "tcp/79,80"),
	  SOME_NEVER("4:34", "b", "tcp/80 is shadowed by 'a' (line 3)") },
	{ "three dead ranges are named in one remark, further ones counted",
	  RULE("a", "tcp/80-99") RULE("b", "udp/1") RULE("c", "tcp/100,80,81-85 udp/1 tcp/90,91"),
	  SOME_NEVER("5:35", "c",
		     "tcp/80 is shadowed by 'a' (line 3); tcp/81-85 is shadowed by 'a' (line 3); "
		     "tcp/90 is shadowed by 'a' (line 3); and 2 more") },
	{ "ranges of a registry set are expected to be covered here and there",
	  RULE("a", "tcp/system") DROP("b", "tcp/assigned"), "" },
	{ "a rule of a registry set that is wholly covered is dead",
	  RULE("a", "tcp/all") DROP("b", "tcp/assigned"), NEVER("4:10", "b", "'a' (line 3)") },
	{ "allowing what is assigned is remarked upon", RULE("a", "tcp/80,assigned udp/53"),
	  "p:3:35: " REGISTRY("a", "allows") },
	{ "dropping what is unassigned is remarked upon", DROP("a", "tcp/unassigned"),
	  "p:3:34: " REGISTRY("a", "drops") },
	{ "dropping what is assigned is not", DROP("a", "tcp/assigned"), "" },
	{ "allowing what is unassigned is not", RULE("a", "tcp/unassigned"), "" },
	{ "both together is remarked upon in either action", RULE("a", "udp/unassigned, assigned"),
	  "p:3:35: " REGISTRY("a", "allows") },
};

static void names_of_full_length_fit_into_a_remark(void **state)
{
#define LONG "a23456789012345678901234567890-"
	struct policy policy =
		read_rules(RULE(LONG "1", "tcp/50001-50002,50009") RULE(LONG "2", "tcp/50003-50004")
				   RULE(LONG "3", "tcp/50005-50006")
					   RULE(LONG "4", "tcp/50001-50002,50003-50004,"
							  "50005-50006,1,50009"));
	char *text = remarks_on(&policy);

	(void)state;
	assert_string_equal(text, SOME_NEVER("6:66", LONG "4",
					     "tcp/50001-50002 is shadowed by '" LONG
					     "1' (line 3); tcp/50003-50004 is shadowed by '" LONG
					     "2' (line 4); tcp/50005-50006 is shadowed by '" LONG
					     "3' (line 5); and 1 more"));
	free(text);
	policy_free(&policy);
}

/* Compares with a table of owners that is filled port by port. */
static void random_policies_get_the_remarks_that_a_plain_table_gives(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		bool owned[64] = { false };
		char rules[8192] = "", expected[8192] = "", *end = rules;
		size_t dead = 0, found = 0;

		for (int i = 0; i < 24; i++) {
			unsigned int low = (unsigned int)rand_r(&seed) % 60;
			unsigned int high = low + (unsigned int)rand_r(&seed) % 4;
			bool covered = true;

			for (unsigned int port = low; port <= high; port++) {
				covered &= owned[port];
				owned[port] = true;
			}
			end += sprintf(end, "- {name: r%d, action: drop, ports: tcp/%u-%u}\n", i,
				       low, high);
			if (covered)
				sprintf(expected + strlen(expected), " r%d", i);
			dead += covered;
		}

		struct policy policy = read_rules(rules);
		char *text = remarks_on(&policy), *at = text;

		for (; (at = strstr(at, "rule 'r")); at++) {
			char name[16];

			snprintf(name, sizeof(name), " %.*s", (int)strcspn(at + 6, "'"), at + 6);
			assert_non_null(strstr(expected, name));
			found++;
		}
		assert_int_equal(found, dead);
		free(text);
		policy_free(&policy);
	}
}

static void only_the_whole_word_is_the_set(void **state)
{
	struct policy_interval interval = { 80, 80, PORTSIEVE_TCP };
	struct policy_rule rule = { .name = "a",
				    .ports = "tcp/assigned-not,xassigned,unassigned",
				    .intervals = &interval,
				    .intervals_count = 1,
				    .uses_registry_set = true };
	struct policy policy = { .rules = &rule, .rules_count = 1 };
	char *text = remarks_on(&policy);

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

static void count_remark(const struct error *error, void *context)
{
	(void)error;
	++*(size_t *)context;
}

static void as_many_rules_as_there_may_be_are_checked_in_no_time(void **state)
{
	char *rules = malloc((size_t)PORTSIEVE_RULES_MAX * 64), *end = rules;
	size_t count = 0;
	struct policy policy;

	(void)state;
	assert_non_null(rules);
	for (size_t i = 0; i < PORTSIEVE_RULES_MAX; i++)
		end += sprintf(end, "- {name: r%zu, action: drop, ports: tcp/%s}\n", i,
			       i % 2 ? "all" : "1024-65535");
	policy = read_rules(rules);
	assert_true(check_policy(&policy, count_remark, &count) < CLOCKS_PER_SEC / 2);
	assert_int_equal(count, PORTSIEVE_RULES_MAX - 2);
	policy_free(&policy);
	free(rules);
}

static void ports_named_over_and_over_are_checked_in_no_time(void **state)
{
	enum { RULES = 64, PORTS = PORTSIEVE_RANGES_MAX - 1, TIMES = 16384 };
	char *rules = malloc(1 << 20), *end = rules;
	size_t count = 0;
	struct policy policy;

	(void)state;
	assert_non_null(rules);
	for (int i = 0; i < RULES; i++) { /* neighbours never belong to the same rule */
		end += sprintf(end, "- {name: r%d, action: drop, ports: tcp/%d", i, i);
		for (int port = i + RULES; port < PORTS; port += RULES)
			end += sprintf(end, ",%d", port);
		end = stpcpy(end, "}\n");
	}
	end = stpcpy(end, "- {name: dead, action: drop, ports: tcp/0");
	for (int i = 1; i < TIMES; i++)
		end += sprintf(end, ",0-%d", PORTS - 1);
	stpcpy(end, "}\n");
	policy = read_rules(rules);
	assert_true(check_policy(&policy, count_remark, &count) < CLOCKS_PER_SEC / 2);
	assert_int_equal(count, 1);
	policy_free(&policy);
	free(rules);
}

int main(void)
{
	enum { OTHERS = 5, CASES = sizeof(cases) / sizeof(cases[0]) };
	struct CMUnitTest tests[OTHERS + CASES] = {
		cmocka_unit_test(names_of_full_length_fit_into_a_remark),
		cmocka_unit_test(random_policies_get_the_remarks_that_a_plain_table_gives),
		cmocka_unit_test(only_the_whole_word_is_the_set),
		cmocka_unit_test(ports_named_over_and_over_are_checked_in_no_time),
		cmocka_unit_test(as_many_rules_as_there_may_be_are_checked_in_no_time),
	};

	for (size_t i = 0; i < CASES; i++)
		tests[OTHERS + i] = (struct CMUnitTest){ .name = cases[i].name,
							 .test_func = remarks,
							 .initial_state = (void *)&cases[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
