/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remarks on rules with addresses or an end: which of them never match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "check_case.h"

#define FROM(name, ports, from)                                                                    \
	"- {name: " name ", action: drop, ports: '" ports "', from: " from "}\n"
#define TO(name, ports, to)  "- {name: " name ", action: drop, ports: '" ports "', to: " to "}\n"
#define BOTH(name, from, to) FROM(name, "tcp/22", from ", to: " to)
#define UNTIL(name, year)                                                                          \
	"- {name: " name ", action: drop, ports: tcp/80, until: " year "-01-01T00:00:00Z}\n"
#define BY_A NEVER("4:10", "b", "'a' (line 3)")

static const struct check_case cases[] = {
	{ "a rule with sources does not cover one without",
	  FROM("a", "tcp/80", "0.0.0.0/0") DROP("b", "tcp/80"), "" },
	{ "a rule with destinations does not cover one without",
	  TO("a", "tcp/80", "10.0.0.0/8") DROP("b", "tcp/80"), "" },
	{ "a wider source before a narrower one",
	  FROM("a", "tcp/22", "10.0.0.0/8") FROM("b", "tcp/22", "10.1.0.0/16"), BY_A },
	{ "a narrower source before a wider one has no remark",
	  FROM("a", "tcp/22", "10.1.0.0/16") FROM("b", "tcp/22", "10.0.0.0/8"), "" },
	{ "the same sources, in another order and with some twice",
	  FROM("a", "tcp/22", "[10.0.0.0/8, '2001:db8::/32']")
		  FROM("b", "tcp/22", "['2001:db8::/32', 10.1.0.0/16, 10.0.0.0/8]"),
	  BY_A },
	{ "a source more than before has no remark",
	  FROM("a", "tcp/22", "10.0.0.0/8") FROM("b", "tcp/22", "[10.1.0.0/16, 11.0.0.1]"), "" },
	{ "a source of the other family more has no remark",
	  FROM("a", "tcp/22", "10.0.0.0/8") FROM("b", "tcp/22", "[10.1.0.0/16, '::/128']"), "" },
	{ "destinations are held as sources are",
	  TO("a", "tcp/22", "'2001:db8::/32'") TO("b", "tcp/22", "'2001:db8::7'"), BY_A },
	{ "a source is no destination",
	  FROM("a", "tcp/22", "10.0.0.0/8") TO("b", "tcp/22", "10.0.0.0/8"), "" },
	{ "sources and destinations are held both",
	  BOTH("a", "10.0.0.0/8", "11.0.0.0/8") BOTH("b", "10.0.0.0/8", "11.1.0.0/16"), BY_A },
	{ "sources held and destinations not have no remark",
	  BOTH("a", "10.0.0.0/8", "11.0.0.0/8") BOTH("b", "10.0.0.0/8", "12.0.0.0/8"), "" },
	{ "destinations held and sources not have no remark",
	  BOTH("a", "10.0.0.0/8", "11.0.0.0/8") BOTH("b", "9.0.0.0/8", "11.0.0.0/8"), "" },
	{ "all sources hold those of packets to a destination",
	  FROM("a", "tcp/22", "0.0.0.0/0") TO("b", "tcp/22", "10.0.0.0/8"), BY_A },
	{ "all sources of a family do not hold packets to the other one",
	  FROM("a", "tcp/22", "0.0.0.0/0") TO("b", "tcp/22", "'::1'"), "" },
	{ "all addresses of both families are no condition",
	  FROM("a", "tcp/22", "[0.0.0.0/0, '::/0']") DROP("b", "tcp/22"),
	  NEVER("4:10", "b", "'a' (line 3)") },
	{ "all addresses may be said in parts",
	  TO("a", "tcp/22", "[128.0.0.0/1, '::/0', 0.0.0.0/1]") DROP("b", "tcp/22"),
	  NEVER("4:10", "b", "'a' (line 3)") },
	{ "two rules may hold the families one by one",
	  FROM("a", "tcp/22", "0.0.0.0/0") FROM("b", "tcp/22", "'::/0'") DROP("c", "tcp/22"),
	  NEVER("5:10", "c", "'a' (line 3), 'b' (line 4)") },
	{ "prefixes hold together what none of them holds",
	  FROM("a", "tcp/22", "[10.0.0.0/9, 10.128.0.0/9]") FROM("b", "tcp/22", "10.0.0.0/8"),
	  BY_A },
	{ "a gap of one address keeps a rule alive",
	  FROM("a", "tcp/22", "[10.0.0.0/31, 10.0.0.2]") FROM("b", "tcp/22", "10.0.0.0/30"), "" },
	{ "the last addresses of all are addresses",
	  FROM("a", "tcp/22", "255.255.255.254/31") FROM("b", "tcp/22", "255.255.255.255"), BY_A },
	{ "rules of different addresses cover the ports together if each holds the addresses",
	  FROM("a", "tcp/22", "10.0.0.0/8") FROM("b", "tcp/23-24", "10.1.0.0/16")
		  DROP("c", "tcp/25") FROM("d", "tcp/22-25", "10.1.1.0/24"),
	  NEVER("6:10", "d", "'a' (line 3), 'b' (line 4), 'c' (line 5)") },
	{ "rules of different addresses hold those of a later one together",
	  FROM("a", "tcp/22", "10.0.0.0/9") FROM("b", "tcp/22", "10.128.0.0/9")
		  FROM("c", "tcp/22", "10.0.0.0/8"),
	  NEVER("5:10", "c", "'a' (line 3), 'b' (line 4)") },
	{ "sources and destinations are held in parts together",
	  FROM("a", "tcp/22", "10.0.0.0/9") TO("b", "tcp/22", "11.0.0.0/8")
		  BOTH("c", "10.0.0.0/8", "11.0.0.0/8") BOTH("d", "10.0.0.0/8", "12.0.0.0/8"),
	  NEVER("5:10", "c", "'b' (line 4)") },
	{ "what a wider rule decides without the narrower ones before it is its own",
	  FROM("a", "tcp/22", "10.1.0.0/16") FROM("b", "tcp/22", "10.2.0.0/16")
		  FROM("c", "tcp/22", "10.0.0.0/8") FROM("d", "tcp/22", "10.0.0.0/12"),
	  NEVER("6:10", "d", "'c' (line 5)") },
	{ "only rules of packets that the rule has are named",
	  FROM("a", "tcp/22", "10.0.0.0/8") FROM("b", "tcp/22", "'::1'")
		  BOTH("c", "[10.1.0.0/16, '::1']", "10.0.0.0/8"),
	  NEVER("5:10", "c", "'a' (line 3)") },
	{ "a port that only others have keeps a rule alive",
	  FROM("a", "tcp/22", "10.0.0.0/8") FROM("b", "tcp/23-24", "11.1.0.0/16")
		  FROM("c", "tcp/22-24", "10.1.1.0/24"),
	  "" },
	{ "a port of another transport covers nothing",
	  FROM("a", "tcp/0-65535", "10.0.0.0/8") FROM("b", "udp/0,1", "10.0.0.0/8"), "" },
	{ "a rule that is dead itself is not named",
	  FROM("a", "tcp/1-5", "10.0.0.0/8") FROM("b", "tcp/6-9", "10.0.0.0/8")
		  FROM("c", "tcp/1-9", "10.0.0.0/8") FROM("d", "tcp/1-9", "10.0.0.0/8"),
	  NEVER("5:10", "c", "'a' (line 3), 'b' (line 4)")
		  NEVER("6:10", "d", "'a' (line 3), 'b' (line 4)") },
	{ "a dead range of a rule with sources is named",
	  FROM("a", "tcp/80-90", "10.0.0.0/8") FROM("b", "tcp/79,85-86", "10.0.0.0/9"),
	  SOME_NEVER("4:34", "b", "tcp/85-86 is shadowed by 'a' (line 3)") },
	{ "no packet goes from IPv4 to IPv6", BOTH("a", "[10.0.0.0/8, 11.0.0.1]", "'::1'"),
	  "p:3:10: rule 'a' never matches: its `from` has only IPv4 addresses and its `to` only "
	  "IPv6\n" },
	{ "no packet goes from IPv6 to IPv4", BOTH("a", "'::1'", "10.0.0.0/8"),
	  "p:3:10: rule 'a' never matches: its `from` has only IPv6 addresses and its `to` only "
	  "IPv4\n" },
	{ "one family in common is enough", BOTH("a", "['::1', 10.0.0.1]", "10.0.0.0/8"), "" },
	{ "a rule that no packet matches covers nothing",
	  BOTH("a", "10.0.0.0/8", "'::1'") BOTH("b", "10.0.0.0/8", "11.0.0.0/8"),
	  "p:3:10: rule 'a' never matches: its `from` has only IPv4 addresses and its `to` only "
	  "IPv6\n" },
	{ "a rule that ends covers one that ends with it, or before",
	  "runtime:\n" UNTIL("a", "2101") UNTIL("b", "2101") UNTIL("c", "2100"),
	  NEVER("4:10", "b", "'a' (line 3)") NEVER("5:10", "c", "'a' (line 3)") },
	{ "rules that end one after the other cover what ends before the last",
	  "runtime:\n" UNTIL("a", "2100") UNTIL("b", "2102") UNTIL("c", "2101"),
	  NEVER("5:10", "c", "'b' (line 4)") },
	{ "a rule that ends does not cover one that ends later",
	  "runtime:\n" UNTIL("a", "2100") UNTIL("b", "2101"), "" },
};

static const struct ends_case {
	const char *name;
	uint64_t now_ns;
	const char *remarks;
} ends_cases[] = {
	{ "before a rule ends it has no remark", 100, "" },
	{ "a rule that ends now has ended", 101,
	  "p:4:10: rule 'b' never matches: its `until` has passed, so it is left out\n" },
	{ "each rule that has ended has a remark", 103,
	  "p:4:10: rule 'b' never matches: its `until` has passed, so it is left out\n"
	  "p:5:10: rule 'c' never matches: its `until` has passed, so it is left out\n" },
};

static void ends(void **state)
{
	const struct ends_case *c = *state;
	struct policy policy = read_rules("runtime:\n" RULE("a", "tcp/80") UNTIL("b", "2100")
						  UNTIL("c", "2100") "rules:\n" RULE("d", "tcp/1"));
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	policy.rules[1].until_ns = 101;
	policy.rules[2].until_ns = 102;
	policy_check_ends(
		&(struct policy_check){
			.policy = &policy, .file = "p", .remark = write_remark, .context = out },
		c->now_ns);
	fclose(out);
	assert_string_equal(text, c->remarks);
	free(text);
	policy_free(&policy);
}

static void count_remark(const struct error *error, void *context)
{
	(void)error;
	++*(size_t *)context;
}

/* The number of remarks; also checks that they are found quickly. */
static size_t quick_remarks(const char *rules)
{
	struct policy policy = read_rules(rules);
	size_t count = 0;

	assert_true(check_policy(&policy, count_remark, &count) < CLOCKS_PER_SEC / 2);
	policy_free(&policy);
	return count;
}

enum { RULES = 10000 };

static void many_rules_of_one_address_each_are_checked_in_no_time(void **state)
{
	char *rules = malloc((size_t)RULES * 128), *end = rules;

	(void)state;
	assert_non_null(rules);
	for (int i = 0; i < RULES; i++)
		end += sprintf(end, FROM("r%d", "tcp/22", "10.0.%d.%d"), i, i / 200, i % 200);
	sprintf(end, FROM("last", "tcp/22", "10.0.0.7"));
	assert_int_equal(quick_remarks(rules), 1);
	free(rules);
}

static void many_rules_of_the_same_addresses_are_checked_in_no_time(void **state)
{
	char *rules = malloc((size_t)RULES * 128), *end = rules;

	(void)state;
	assert_non_null(rules);
	for (int i = 0; i < RULES; i++)
		end += sprintf(end, FROM("r%d", "tcp/%d", "10.0.0.0/8"), i, i * 7 % 65536);
	sprintf(end, FROM("last", "tcp/7,14", "10.0.0.7"));
	assert_int_equal(quick_remarks(rules), 1);
	free(rules);
}

/* Not all of them can be compared here, so remarks may be missing. */
static void many_sets_that_overlap_are_checked_in_no_time(void **state)
{
	char *rules = malloc((size_t)RULES * 128), *end = rules;

	(void)state;
	assert_non_null(rules);
	for (int i = 0; i < RULES; i++)
		end += sprintf(end, FROM("r%d", "tcp/22", "[128.0.0.0/1, 10.0.%d.%d]"), i, i / 200,
			       i % 200);
	assert_int_equal(quick_remarks(rules), 0);
	free(rules);
}

static void many_ends_are_checked_in_no_time(void **state)
{
	char *rules = malloc((size_t)RULES * 128), *end = rules;

	(void)state;
	assert_non_null(rules);
	end = stpcpy(end, "runtime:\n");
	for (int i = 0; i < RULES; i++)
		end += sprintf(end,
			       "- {name: r%d, action: drop, ports: tcp/%d, until: "
			       "2100-01-01T%02d:%02d:%02dZ}\n",
			       i, i / PORTSIEVE_EXPIRIES_MAX, i / 3600, i / 60 % 60, i % 60);
	assert_int_equal(quick_remarks(rules), 0);
	free(rules);
}

int main(void)
{
	enum {
		CASES = sizeof(cases) / sizeof(cases[0]),
		ENDS = sizeof(ends_cases) / sizeof(ends_cases[0]),
		OTHERS = 4,
	};
	struct CMUnitTest tests[OTHERS + CASES + ENDS] = {
		cmocka_unit_test(many_rules_of_one_address_each_are_checked_in_no_time),
		cmocka_unit_test(many_rules_of_the_same_addresses_are_checked_in_no_time),
		cmocka_unit_test(many_sets_that_overlap_are_checked_in_no_time),
		cmocka_unit_test(many_ends_are_checked_in_no_time),
	};
	struct CMUnitTest *test = tests + OTHERS;

	for (size_t i = 0; i < CASES; i++)
		*test++ = (struct CMUnitTest){ .name = cases[i].name,
					       .test_func = remarks,
					       .initial_state = (void *)&cases[i] };
	for (size_t i = 0; i < ENDS; i++)
		*test++ = (struct CMUnitTest){ .name = ends_cases[i].name,
					       .test_func = ends,
					       .initial_state = (void *)&ends_cases[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
