// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The compiler, checked whole: each policy of the tests and of the manual, as whole_image.h says.
 * Needs no program in the kernel. Runs in the top folder of the sources, from which it reads files.
 */
#include "cmocka_first.h"
#include "whole_image.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address_policies.h"
#include "agree.h"
#include "base/cleanup.h"
#include "lib/large_policies.h"
#include "port_policies.h"

enum {
	RANDOM_POLICIES = 300,
	PAIRS = 5000, /* two cells each, in rows that get into each other's way */
};

/* Noon of the day at whose end the rules of the examples end; booted one second before. */
static struct policy_host host_at_noon(void)
{
	struct policy_host host = judge_host;

	host.realtime_ns = 1795262400 * INT64_C(1000000000); /* 2026-11-21T12:00:00Z */
	host.boottime_ns = INT64_C(1000000000);
	return host;
}

/* Returns false if the text is no policy. */
static bool check_text(const char *name, const char *text, const struct policy_host *host)
{
	struct error error = { 0 };
	struct policy policy;

	if (policy_read(text, strlen(text), name, host, &policy, &error))
		return false;
	whole_image_check(name, &policy, host);
	policy_free(&policy);
	return true;
}

static void check_and_free(const char *name, struct policy *policy)
{
	whole_image_check(name, policy, &judge_host);
	policy_free(policy);
}

/* -- policies in files -- */

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		fail_msg("%s: cannot be read", path);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

static bool begins_with(const char *text, const char *begin)
{
	return !strncmp(text, begin, strlen(begin));
}

/* Checks a part of a file if it is a policy, or its rules alone. */
static bool check_part(const char *name, const char *part)
{
	const struct policy_host host = host_at_noon();
	bool rules = begins_with(part, "rules:") || begins_with(part, "runtime:");
	_cleanup_free_ char *text = NULL;

	if (!rules && !begins_with(part, "version:") && !begins_with(part, "{version:") &&
	    !begins_with(part, "{\"version\":"))
		return false;
	assert_true(asprintf(&text, "%s%s", rules ? "version: 1\n" : "", part) > 0);
	return check_text(name, text, &host);
}

static size_t check_parts(const char *path, const char *between)
{
	_cleanup_free_ char *text = read_file(path);
	size_t count = 0, length = strlen(between);

	for (char *part = text, *end; part; part = end) {
		char name[128];

		end = strstr(part, between);
		if (end) {
			*end = '\0';
			end += length;
		}
		snprintf(name, sizeof(name), "%s, part at byte %zu", path, (size_t)(part - text));
		count += check_part(name, part + strspn(part, "\n"));
	}
	return count;
}

static size_t check_whole(const char *path)
{
	_cleanup_free_ char *text = read_file(path);
	const struct policy_host host = host_at_noon();

	return check_text(path, text, &host);
}

static const struct {
	const char *files;
	const char *between; /* what separates a policy from other text; NULL: nothing else */
	size_t least;	     /* how many policies there are at least */
} sources[] = {
	{ "tests/golden/policies/*.yaml", NULL, 11 },
	{ "tests/swap/*.yaml", NULL, 4 },
	{ "tests/fuzz/seeds/policy/*", NULL, 5 },
	{ "scripts/*.yaml", NULL, 1 },
	{ "tests/e2e/*.bats", "'", 60 },
	{ "tests/kernels/guest/*.sh", "'", 6 },
	{ "docs/portsieve-policy.5.scd", "```", 8 },
};

static void policies_in_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const char *between = sources[i].between;
		size_t count = 0;
		glob_t found;

		assert_int_equal(glob(sources[i].files, 0, NULL, &found), 0);
		for (size_t n = 0; n < found.gl_pathc; n++)
			count += between ? check_parts(found.gl_pathv[n], between)
					 : check_whole(found.gl_pathv[n]);
		globfree(&found);
		if (count < sources[i].least)
			fail_msg("%s: only %zu policies found", sources[i].files, count);
	}
}

/* -- generated policies -- */

static void policies_on_ports(void **state)
{
	struct port_policy all = port_policy_of_all_ranges();
	struct port_policy registry = port_policy_of_registry();

	(void)state;
	for (size_t i = 0; i < port_policies_count; i++)
		assert_true(check_text(port_policies[i].name, port_policies[i].text, &judge_host));
	assert_true(check_text(all.name, all.text, &judge_host));
	assert_true(check_text(registry.name, registry.text, &judge_host));
	free((char *)all.text);
}

/* The text has two ends at most, and no `replies`. */
static void add_ends_and_replies(struct policy *policy, uint64_t *state)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		struct policy_rule *rule = &policy->rules[i];

		if (i < policy->runtime_count && rule->until_ns)
			rule->until_ns = 1 + random_below(state, 12);
		if (rule->action == POLICY_DROP)
			rule->replies = random_below(state, 3);
	}
}

static void random_policies_with_addresses_and_ends(void **state)
{
	static struct address_policy told;
	uint64_t chance = 20261129;

	(void)state;
	for (uint64_t seed = 0; seed < RANDOM_POLICIES; seed++) {
		_cleanup_free_ char *text = NULL;
		struct error error = { 0 };
		struct policy policy;
		struct policy_host host;
		char name[32];

		address_policy_make(&told, seed);
		text = agreement_text(&told.policy, false, false, &host);
		if (policy_read(text, strlen(text), "policy", &host, &policy, &error))
			fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
		if (seed % 4)
			add_ends_and_replies(&policy, &chance);
		snprintf(name, sizeof(name), "random policy %u", (unsigned int)seed);
		check_and_free(name, &policy);
	}
}

static void policies_at_the_limits(void **state)
{
	struct policy policy;

	(void)state;
	make_pairs(&policy, PAIRS);
	check_and_free("pairs of rules", &policy);
	make_conditions(&policy, PORTSIEVE_CONDITIONS_MAX, false);
	check_and_free("11800 conditions", &policy);
	make_conditions(&policy, PORTSIEVE_CONDITIONS_MAX / 2, true);
	check_and_free("6000 conditions by source and destination", &policy);
	make_nested(&policy, NESTED_RULES);
	check_and_free("nested rules", &policy);
	make_wide(&policy, 1000, false);
	check_and_free("wide ranges that overlap", &policy);
	make_wide(&policy, 300, true);
	check_and_free("wide ranges and prefixes that overlap", &policy);
	make_offices(&policy, OFFICES, false);
	check_and_free("offices, then the company", &policy);
	make_offices(&policy, OFFICES, true);
	check_and_free("the company, then offices", &policy);
	make_divided(&policy);
	check_and_free("ports that divide the addresses", &policy);
	make_ends(&policy, PORTSIEVE_EXPIRIES_MAX, true);
	check_and_free("eight ends of one port", &policy);
	make_ends(&policy, 100, false);
	check_and_free("a hundred ends", &policy);
	make_block_list(&policy);
	check_and_free("a block list", &policy);
	make_block_list_before_ranges(&policy);
	check_and_free("a block list before 16383 ranges", &policy);
}

static int print_sums(void **state)
{
	(void)state;
	printf("# %llu policies (%llu by samples), %llu cells, %llu questions\n",
	       (unsigned long long)whole_image_sums.policies,
	       (unsigned long long)whole_image_sums.sampled,
	       (unsigned long long)whole_image_sums.cells,
	       (unsigned long long)whole_image_sums.questions);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_in_files),
		cmocka_unit_test(policies_on_ports),
		cmocka_unit_test(random_policies_with_addresses_and_ends),
		cmocka_unit_test(policies_at_the_limits),
	};

	return cmocka_run_group_tests_name("whole_image", tests, NULL, print_sums);
}
