// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every row of docs/packets.md on the real program, one test for each packet of the tables in
 * rules_*.c, and the promise that the page names them all.
 */
#include "cmocka_first.h"
#include "recipe.h"
#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

enum { TESTS_MAX = 512 };

#define PAGE "docs/packets.md"

/* Two judges for the policies of nearly all tests, and one that changes its policy for the others.
 */
static struct {
	const char *policy;
	struct judge judge;
} judges[] = { { .policy = DROP }, { .policy = ALLOW }, { .policy = "version: 1" } };

static struct judge *judge_of(const char *policy)
{
	size_t last = ARRAY_SIZE(judges) - 1;

	for (size_t i = 0; i <= last; i++)
		if (!strcmp(judges[i].policy, policy))
			return &judges[i].judge;
	judge_apply(&judges[last].judge, policy, NULL);
	judges[last].policy = policy;
	return &judges[last].judge;
}

static int open_judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(judges); i++)
		judges[i].judge = judge_open(judges[i].policy, NULL);
	return 0;
}

static int close_judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(judges); i++)
		judge_close(&judges[i].judge);
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_judgement(const struct judgement *a, const struct judgement *b)
{
	return a->dropped == b->dropped && a->drop == b->drop &&
	       a->new_connection == b->new_connection && same_text(a->reason, b->reason) &&
	       same_text(a->rule, b->rule) && same_text(a->protocol, b->protocol) &&
	       a->port == b->port && a->low == b->low && a->high == b->high;
}

static void is_judged_as_the_page_says(void **state)
{
	const struct rule_test *test = *state;
	static uint8_t frame[RECIPE_FRAME_MAX];
	size_t length = recipe_frame(test->packet, frame);
	struct judgement judgement = judge_counted(judge_of(test->policy), frame, length);

	if (same_judgement(&judgement, &test->expected))
		return;
	fprintf(stderr, "# %s\n# %s", test->packet, test->policy);
	judgement_print(stderr, "# page", &test->expected);
	judgement_print(stderr, "# kernel", &judgement);
	fail();
}

/* The builder of frames is not trusted either: this one is written out. */
static void recipe_writes_what_the_standards_say(void **state)
{
	static const uint8_t expected[] = {
		0x02, 0,    0,	  0,	0,    1,    0x02, 0,	0, 0, 0, 2, 0x81, 0x00, /* Ethernet
											 */
		0x00, 0x05, 0x88, 0x64,							/* VLAN 5 */
		0x11, 0x00, 0x00, 0x01, 0x00, 0x45, 0x00, 0x57, /* PPPoE, 69 bytes, IPv6 */
		0x60, 0,    0,	  0,	0x00, 0x1c, 0x00, 0x40, /* 28 bytes, hop-by-hop */
		0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,	  0,	0, 0, 0, 0, 0,	  0,	0,
		7,    0x20, 0x01, 0x0d, 0xb8, 0,    0,	  0,	0, 0, 0, 0, 0,	  0,	0,
		0,    1,    0x2c, 0x00, 0x01, 0x04, 0,	  0,	0, 0,	 /* PadN, fragment */
		0x11, 0x00, 0x00, 0x11, 0,    0,    0,	  1,		 /* offset 2, more, UDP */
		0x9c, 0x40, 0x00, 0x17, 0x00, 0x0b, 0,	  0,	0, 0, 0, /* 40000 > 23, 11 bytes */
		0,							 /* length was +1 */
	};
	static uint8_t frame[RECIPE_FRAME_MAX];
	size_t length = recipe_frame("eth vlan pppoe ip6:payload=+1 hop frag:off=2,mf=1 "
				     "udp:port=23 data:3 end data:1",
				     frame);

	(void)state;
	assert_int_equal(length, sizeof(expected));
	assert_memory_equal(frame, expected, sizeof(expected));
}

static const struct {
	const struct rule_test *tests;
	const size_t *count;
} tables[] = {
	{ rules_link, &rules_link_count },
	{ rules_buffers, &rules_buffers_count },
	{ rules_ipv4, &rules_ipv4_count },
	{ rules_ipv6, &rules_ipv6_count },
	{ rules_extensions, &rules_extensions_count },
	{ rules_l4, &rules_l4_count },
	{ rules_ports, &rules_ports_count },
	{ rules_icmp, &rules_icmp_count },
};

static char *page_read(void)
{
	_cleanup_fclose_ FILE *file = fopen(PAGE, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		skip(); /* not run from the tree's root */
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	return text;
}

/* The line of the page's table of tests that begins with the rule. */
static const char *page_row(const char *page, const char *rule)
{
	const char *table = strstr(page, "\n## From rule to test\n");
	char start[32];

	assert_non_null(table);
	snprintf(start, sizeof(start), "\n| %s |", rule);
	return strstr(table, start);
}

static void every_test_is_named_on_the_page(void **state)
{
	_cleanup_free_ char *page = page_read();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		for (size_t j = 0; j < *tables[i].count; j++) {
			const struct rule_test *test = &tables[i].tests[j];
			const char *row = page_row(page, test->rule);
			const char *found = row ? strstr(row, test->sentence) : NULL;

			if (!found || found > strchr(row + 1, '\n'))
				fail_msg(PAGE ": row %s does not name '%s'", test->rule,
					 test->sentence);
		}
	}
}

/* "| E1 | ..." is a rule wherever the page has it before the table of tests. */
static void every_rule_of_the_page_has_a_test(void **state)
{
	_cleanup_free_ char *page = page_read();
	const char *end = strstr(page, "\n## From rule to test\n");
	unsigned int rules = 0;
	char rule[8], letter;
	int number;

	(void)state;
	for (const char *line = page; line && line < end; line = strchr(line + 1, '\n')) {
		if (sscanf(line, "\n| %c%d |", &letter, &number) != 2)
			continue;
		snprintf(rule, sizeof(rule), "%c%d", letter, number);
		if (!page_row(page, rule))
			fail_msg(PAGE ": rule %s has no tests", rule);
		rules++;
	}
	assert_true(rules >= 43);
}

static size_t add_table(struct CMUnitTest *tests, size_t count, const struct rule_test *table,
			size_t rows)
{
	assert_true(count + rows <= TESTS_MAX);
	for (size_t i = 0; i < rows; i++) {
		char *name;

		assert_true(asprintf(&name, "%s %s", table[i].rule, table[i].sentence) > 0);
		tests[count++] = (struct CMUnitTest){ name, is_judged_as_the_page_says, NULL, NULL,
						      (void *)&table[i] };
	}
	return count;
}

int main(void)
{
	static struct CMUnitTest tests[TESTS_MAX] = {
		cmocka_unit_test(recipe_writes_what_the_standards_say),
		cmocka_unit_test(every_rule_of_the_page_has_a_test),
		cmocka_unit_test(every_test_is_named_on_the_page),
	};
	size_t count = 3;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		count = add_table(tests, count, tables[i].tests, *tables[i].count);
	return _cmocka_run_group_tests("rules", tests, count, open_judges, close_judges);
}
