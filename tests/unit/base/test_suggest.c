/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "did you mean": which typing errors are recognised, which of several close words wins, and what
 * is too distant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/suggest.h"

#define A10 "aaaaaaaaaa"

struct suggest_case {
	const char *name;
	const char *typed;
	const char *offered[4];
	const char *best; /* NULL: none */
};

static const struct suggest_case cases[] = {
	{ "a letter too few is recognised", "acton", { "action" }, "action" },
	{ "a letter too many is recognised", "portts", { "ports" }, "ports" },
	{ "a wrong letter is recognised", "drap", { "drop" }, "drop" },
	{ "two swapped letters are one slip", "tpc", { "tcp" }, "tcp" },
	{ "the same word in capitals is recognised", "TCP", { "udp", "tcp" }, "tcp" },
	{ "of two close words the closer wins", "enforced", { "unforced", "enforce" }, "enforce" },
	{ "of two equally close the one made of the letters typed wins",
	  "htpp",
	  { "htcp", "http" },
	  "http" },
	{ "of two equals the first offered stays", "ab", { "ac", "ad" }, "ac" },
	{ "a NULL among the words is passed over", "drap", { NULL, "drop" }, "drop" },
	{ "a far word is not suggested", "foo", { "version", "mode" }, NULL },
	{ "two slips in a word of four letters are too many", "abcd", { "abxy" }, NULL },
	{ "two slips in a word of five letters are not", "abcde", { "abcxy" }, "abcxy" },
	{ "three slips in a word of seven letters are too many", "abcdefg", { "abcdxyz" }, NULL },
	{ "three slips in a word of eight letters are not",
	  "abcdefgh",
	  { "abcdexyz" },
	  "abcdexyz" },
	{ "four slips are always too many", "abcdefghijkl", { "abcdefghwxyz" }, NULL },
	{ "a single letter stands for nothing else", "x", { "y" }, NULL },
	{ "an empty word stands for nothing", "", { "a" }, NULL },
	{ "a word of 40 bytes has suggestions",
	  A10 A10 A10 A10,
	  { A10 A10 A10 "aaaaaaaaab" },
	  A10 A10 A10 "aaaaaaaaab" },
	{ "a word of 41 bytes has none", A10 A10 A10 A10 "a", { A10 A10 A10 A10 }, NULL },
	{ "a word of 41 bytes is not suggested", A10 A10 A10 A10, { A10 A10 A10 A10 "a" }, NULL },
};

static void suggests(void **state)
{
	const struct suggest_case *c = *state;
	struct suggest suggest;

	suggest_start(&suggest, c->typed, strlen(c->typed));
	for (size_t i = 0; i < 4; i++)
		suggest_offer(&suggest, c->offered[i]);
	if (!c->best)
		assert_null(suggest.best);
	else
		assert_string_equal(suggest.best, c->best);
}

static void the_word_needs_no_terminating_nul(void **state)
{
	struct suggest suggest;

	(void)state;
	suggest_start(&suggest, "tpcxxxxxx", 3);
	suggest_offer(&suggest, "tcp");
	assert_string_equal(suggest.best, "tcp");
}

static void the_hint_asks_for_the_best_word_or_says_what_else(void **state)
{
	struct suggest suggest;

	(void)state;
	suggest_start(&suggest, "htpp", 4);
	assert_string_equal(suggest_hint(&suggest, "write http").text, " (write http)");
	assert_string_equal(suggest_hint(&suggest, NULL).text, "");
	suggest_offer(&suggest, "http");
	assert_string_equal(suggest_hint(&suggest, "write x").text, " (did you mean 'http'?)");
}

int main(void)
{
	enum { CASES = sizeof(cases) / sizeof(cases[0]) };
	struct CMUnitTest tests[CASES + 2] = {
		cmocka_unit_test(the_word_needs_no_terminating_nul),
		cmocka_unit_test(the_hint_asks_for_the_best_word_or_says_what_else),
	};

	for (size_t i = 0; i < CASES; i++)
		tests[i + 2] = (struct CMUnitTest){ .name = cases[i].name,
						    .test_func = suggests,
						    .initial_state = (void *)&cases[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
