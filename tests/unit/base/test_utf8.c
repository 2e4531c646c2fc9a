/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which characters may be printed, and what becomes of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void printable_characters_have_their_length(void **state)
{
	static const char *const characters[] = {
		" ",
		"~",
		"\xc2\xa0", /* U+00A0 */
		"\xc3\xbc",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xe2\x80\x8d",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbd",
		"\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(characters) / sizeof(*characters); i++) {
		size_t length = strlen(characters[i]);

		assert_int_equal(utf8_printable(characters[i], length), length);
		assert_int_equal(utf8_printable(characters[i], length - 1), 0);
		assert_int_equal(utf8_chars(characters[i], length), 1);
	}
}

static void what_is_not_utf8_or_not_printable_has_none(void **state)
{
	static const char *const bytes[] = {
		"\x01",
		"\x1b[31m",
		"\n",
		"\x7f",
		"\x80",
		"\xbf",
		"\xc3",
		"\xc3(",
		"\xff",
		"\xfe",
		"\xf5\x80\x80\x80", /* no first bytes */
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x9f\xbf", /* in too many bytes */
		"\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",	    /* surrogates */
		"\xf4\x90\x80\x80", /* past U+10FFFF */
		"\xc2\x80",
		"\xc2\x9f", /* controls */
		"\xe2\x80\xa8",
		"\xe2\x80\xae",
		"\xe2\x81\xa6", /* line end, directions */
		"\xe2\x80\x8f",
		"\xd8\x9c",
		"\xef\xbb\xbf",
		"\xef\xbf\xbf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(*bytes); i++)
		if (utf8_printable(bytes[i], strlen(bytes[i])))
			fail_msg("number %zu", i);
	assert_int_equal(utf8_printable("", 1), 0);
	assert_int_equal(utf8_printable("", 0), 0);
}

static void assert_copied(size_t size, const char *text, const char *expected)
{
	char copy[64];

	memset(copy, '#', sizeof(copy));
	utf8_copy_printable(copy, size, text);
	assert_string_equal(copy, expected);
	for (size_t i = size; i < sizeof(copy); i++)
		assert_int_equal(copy[i], '#');
}

static void a_copy_has_a_question_mark_for_each_other_byte(void **state)
{
	(void)state;
	assert_copied(64, "", "");
	assert_copied(64, "/run/b\xc3\xbcro \xe2\x82\xac.yaml",
		      "/run/b\xc3\xbcro \xe2\x82\xac.yaml");
	assert_copied(64, "a\n\x1b[31m\xffz\xc3", "a??[31m?z?");
	assert_copied(64, "\xe2\x80\xae", "???");
}

static void a_copy_is_cut_between_characters(void **state)
{
	(void)state;
	assert_copied(5, "ab\xc3\xbc", "ab\xc3\xbc");
	assert_copied(4, "ab\xc3\xbc", "ab");
	assert_copied(3, "ab\xc3\xbc", "ab");
	assert_copied(3, "a\xff\xff", "a?");
	assert_copied(1, "a", "");
}

static void a_text_may_be_copied_onto_itself(void **state)
{
	char text[] = "a\tb\xc3\xbc\xff";

	(void)state;
	utf8_copy_printable(text, sizeof(text), text);
	assert_string_equal(text, "a?b\xc3\xbc?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable_characters_have_their_length),
		cmocka_unit_test(what_is_not_utf8_or_not_printable_has_none),
		cmocka_unit_test(a_copy_has_a_question_mark_for_each_other_byte),
		cmocka_unit_test(a_copy_is_cut_between_characters),
		cmocka_unit_test(a_text_may_be_copied_onto_itself),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
