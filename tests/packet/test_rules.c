// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every row of docs/packets.md on the real program: one test for each packet of the tables in
 * rules_*.c. The tables are the only home of the sentences; `test_rules --page` prints them as
 * docs/packets-tests.md, and a test fails if that file is out of date.
 */
#include "cmocka_first.h"
#include "address_table.h"
#include "recipe.h"
#include "rules.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { TESTS_MAX = 640 };

#define PAGE	   "docs/packets.md"
#define TESTS_PAGE "docs/packets-tests.md"

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

/* Tests the builder of frames against a frame written by hand. */
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

/* In the order of the page. */
static const struct {
	const struct rule_test *tests;
	const size_t *count;
} tables[] = {
	{ rules_buffers, &rules_buffers_count },
	{ rules_link, &rules_link_count },
	{ rules_ipv4, &rules_ipv4_count },
	{ rules_ipv6, &rules_ipv6_count },
	{ rules_extensions, &rules_extensions_count },
	{ rules_l4, &rules_l4_count },
	{ rules_ports, &rules_ports_count },
	{ rules_icmp, &rules_icmp_count },
};

struct page_entry {
	const char *rule;
	const char *sentence;
	const char *program; /* NULL: this one */
};

/* Tests of rules in other programs, which no table of sentences holds. */
static const struct page_entry elsewhere[] = {
	{ "E1", "a frame of 13 bytes is malformed", "test_native" },
	{ "Knobs", "one test for each knob", "test_knobs" },
	{ "L6", "every combination of flags", "test_knobs" },
	{ "L8", "every port of every transport", "test_ports" },
	{ "C1", "every type", "test_knobs" },
	{ "C2", "every type", "test_knobs" },
	{ "C3", "every type", "test_knobs" },
	{ "C4", "every type", "test_knobs" },
	{ "C5", "every type", "test_knobs" },
	{ "C6", "every type", "test_knobs" },
	{ "C7", "every type", "test_knobs" },
	{ "Which rule", "each of 3,000 of 100,000 prefixes, and the addresses around it",
	  "test_addresses" },
	{ "R1", "a rule with from blocks replies too, unless it says replies: pass",
	  "e2e/replies" },
	{ "R1", "a rule without from lets replies pass, unless it says replies: drop",
	  "e2e/replies" },
	{ "R2", "with simultaneous_open a SYN passes to a socket that has sent one",
	  "e2e/replies" },
	{ "R3", "UDP-Lite is dropped, even if a UDP socket has the same addresses and ports",
	  "e2e/replies" },
	{ "R4", "control: an ACK scan tells them apart if ACKs pass", "e2e/replies" },
	{ "R5", "TCP: no scan finds a denied port that is served, under return: socket",
	  "e2e/scans" },
	{ "R6",
	  "UDP: a connected socket and an unconnected one on an ephemeral port get their answers",
	  "e2e/replies" },
	{ "R6", "unconnected_udp: never drops replies to unconnected sockets, any passes them",
	  "e2e/replies" },
	{ "R7", "a scan sees no difference between denied ports, and creates no flow",
	  "e2e/flows" },
	{ "R7", "an unanswered SYN starts no flow, even if more segments follow", "e2e/flows" },
	{ "R7", "an expired flow passes nothing", "e2e/flows" },
	{ "R7", "a router passes replies to the hosts behind it, and nothing else", "e2e/flows" },
	{ "R8", "the host is a client of TCP and UDP, on both families", "e2e/flows" },
	{ "R8", "tracked packets that nobody asked for do not count as replies", "e2e/flows" },
	{ "R9", "the next SYN of a connection closed by the peer does not pass", "e2e/cache" },
	{ "R9", "a stricter policy is in force at once", "e2e/cache" },
	{ "R9", "an entry expires after a second", "e2e/cache" },
	{ "R9", "a cached reply matches by addresses, ports and transport", "e2e/cache" },
	{ "Which rule", "30 random policies with addresses and ends", "test_oracle_agrees" },
};

static size_t list_entries(struct page_entry entries[TESTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		assert_true(count + *tables[i].count <= TESTS_MAX);
		for (size_t j = 0; j < *tables[i].count; j++)
			entries[count++] =
				(struct page_entry){ .rule = tables[i].tests[j].rule,
						     .sentence = tables[i].tests[j].sentence };
	}
	assert_true(count + address_tests_count + ARRAY_SIZE(elsewhere) <= TESTS_MAX);
	for (size_t i = 0; i < address_tests_count; i++)
		entries[count++] = (struct page_entry){ "Which rule", address_tests[i].sentence,
							"test_addresses" };
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		entries[count++] = elsewhere[i];
	return count;
}

static bool has_rule(const struct page_entry *entries, size_t count, const char *rule)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(entries[i].rule, rule))
			return true;
	return false;
}

/* One heading per rule, in the order of its first test. */
static void page_write(FILE *out)
{
	static struct page_entry entries[TESTS_MAX];
	size_t count = list_entries(entries);

	fprintf(out,
		"<!-- Generated by `make packets-tests` from tests/packet/; do not edit. -->\n"
		"# The tests of each packet rule\n\n"
		"The rules are those of [packets.md](packets.md). A test belongs to `test_rules` "
		"unless it names another program.\n");
	for (size_t i = 0; i < count; i++) {
		const char *rule = entries[i].rule;

		if (has_rule(entries, i, rule))
			continue;
		fprintf(out, "\n## %s\n\n", rule);
		for (size_t j = i; j < count; j++)
			if (!strcmp(entries[j].rule, rule))
				fprintf(out, "- %s%s%s%s\n", entries[j].sentence,
					entries[j].program ? " (`" : "",
					entries[j].program ? entries[j].program : "",
					entries[j].program ? "`)" : "");
	}
}

/* Skips the test if it does not run in the root of the tree. The caller frees the text. */
static char *page_read(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file && access(PAGE, F_OK))
		skip();
	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	return text;
}

static void the_page_of_tests_is_up_to_date(void **state)
{
	_cleanup_free_ char *page = page_read(TESTS_PAGE);
	_cleanup_free_ char *expected = NULL;
	size_t size;
	FILE *out = open_memstream(&expected, &size);

	(void)state;
	assert_non_null(out);
	page_write(out);
	assert_int_equal(fclose(out), 0);
	if (strcmp(page, expected))
		fail_msg(TESTS_PAGE " is out of date: run `make packets-tests` and commit it");
}

static void every_bats_test_of_the_page_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		_cleanup_free_ char *file = NULL;
		char path[64], test[128];

		if (strncmp(elsewhere[i].program, "e2e/", strlen("e2e/")) != 0)
			continue;
		snprintf(path, sizeof(path), "tests/%s.bats", elsewhere[i].program);
		snprintf(test, sizeof(test), "@test \"%s\"", elsewhere[i].sentence);
		file = page_read(path);
		if (!strstr(file, test))
			fail_msg("%s has no test \"%s\"", path, elsewhere[i].sentence);
	}
}

/*
 * A row "| E1 | ..." of the page is a rule, up to the list that tests/stack holds against Linux.
 * The rows "| N1 | ..." are what tests/conntrack holds against conntrack.
 */
static void every_rule_of_the_page_has_a_test(void **state)
{
	static struct page_entry entries[TESTS_MAX];
	_cleanup_free_ char *page = page_read(PAGE);
	size_t count = list_entries(entries);
	unsigned int rules = 0;
	char rule[8], letter, *list;
	int number;

	(void)state;
	list = strstr(page, "\n## What Linux delivers and portsieve drops on purpose\n");
	assert_non_null(list);
	*list = '\0';
	for (const char *line = page; line; line = strchr(line + 1, '\n')) {
		if (sscanf(line, "\n| %c%d |", &letter, &number) != 2 || letter == 'N')
			continue;
		snprintf(rule, sizeof(rule), "%c%d", letter, number);
		if (!has_rule(entries, count, rule))
			fail_msg(PAGE ": rule %s has no tests", rule);
		rules++;
	}
	assert_true(rules >= 43);
}

/* A rule that is no row, such as "Lengths", is a heading or a bold word of the page. */
static void every_test_is_of_a_rule_of_the_page(void **state)
{
	static struct page_entry entries[TESTS_MAX];
	_cleanup_free_ char *page = page_read(PAGE);
	size_t count = list_entries(entries);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char row[32], heading[32], bold[32];

		snprintf(row, sizeof(row), "\n| %s |", entries[i].rule);
		snprintf(heading, sizeof(heading), "\n## %s\n", entries[i].rule);
		snprintf(bold, sizeof(bold), "\n**%s", entries[i].rule);
		if (!strstr(page, row) && !strstr(page, heading) && !strstr(page, bold))
			fail_msg(PAGE " has no rule '%s'", entries[i].rule);
	}
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

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[TESTS_MAX] = {
		cmocka_unit_test(recipe_writes_what_the_standards_say),
		cmocka_unit_test(every_rule_of_the_page_has_a_test),
		cmocka_unit_test(every_test_is_of_a_rule_of_the_page),
		cmocka_unit_test(the_page_of_tests_is_up_to_date),
		cmocka_unit_test(every_bats_test_of_the_page_exists),
	};
	size_t count = 5;

	if (argc > 1 && !strcmp(argv[1], "--page")) {
		page_write(stdout);
		return 0;
	}

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		count = add_table(tests, count, tables[i].tests, *tables[i].count);
	return _cmocka_run_group_tests("rules", tests, count, open_judges, close_judges);
}
