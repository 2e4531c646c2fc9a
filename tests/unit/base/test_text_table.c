/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for people: numbers, sizes, columns, and terminal-only output. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/printed.h"
#include "base/text_table.h"

static void assert_number(uint64_t number, const char *expected)
{
	char cell[TABLE_CELL_MAX];

	table_number(cell, number);
	assert_string_equal(cell, expected);
}

static void numbers_have_commas_between_thousands(void **state)
{
	(void)state;
	assert_number(0, "-");
	assert_number(1, "1");
	assert_number(999, "999");
	assert_number(1000, "1,000");
	assert_number(12345, "12,345");
	assert_number(123456, "123,456");
	assert_number(1234567, "1,234,567");
	assert_number(UINT64_MAX, "18,446,744,073,709,551,615");
}

static void assert_bytes(uint64_t bytes, const char *expected)
{
	char cell[TABLE_CELL_MAX];

	table_bytes(cell, bytes);
	assert_string_equal(cell, expected);
}

static void bytes_have_units_of_powers_of_1000(void **state)
{
	(void)state;
	assert_bytes(0, "-");
	assert_bytes(1, "1 B");
	assert_bytes(999, "999 B");
	assert_bytes(1000, "1.0 kB");
	assert_bytes(1049, "1.0 kB");
	assert_bytes(1051, "1.1 kB");
	assert_bytes(999949, "999.9 kB");
	assert_bytes(999950, "1.0 MB");
	assert_bytes(1234567, "1.2 MB");
	assert_bytes(1000000000, "1.0 GB");
	assert_bytes(2500000000000, "2.5 TB");
	assert_bytes(UINT64_MAX, "18.4 EB");
}

static void add_row(struct table *table, enum table_style style, const char *first,
		    const char *second, const char *third)
{
	struct table_row *row = table_add(table, style);

	snprintf(row->cells[0], TABLE_CELL_MAX, "%s", first);
	snprintf(row->cells[1], TABLE_CELL_MAX, "%s", second);
	snprintf(row->cells[2], TABLE_CELL_MAX, "%s", third);
}

/* The caller frees the text. */
static char *printed(const struct table *table, int indent)
{
	FILE *file = tmpfile();
	char *text;

	assert_non_null(file);
	assert_int_equal(table_print(table, indent, file), 0);
	text = capture_read(file);
	fclose(file);
	return text;
}

static void assert_printed(const struct table *table, int indent, const char *expected)
{
	char *text = printed(table, indent);

	assert_string_equal(text, expected);
	free(text);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct table table = { .columns = 3, .right = 1 << 1 };

	(void)state;
	add_row(&table, TABLE_PLAIN, "NAME", "N", "WHAT");
	add_row(&table, TABLE_PLAIN, "a", "12,345", "x");
	add_row(&table, TABLE_PLAIN, "a longer one", "7", "yz");
	assert_printed(&table, 0,
		       "NAME               N  WHAT\n"
		       "a             12,345  x\n"
		       "a longer one       7  yz\n");
	table_free(&table);
}

static void a_last_column_may_be_aligned_to_the_right(void **state)
{
	struct table table = { .columns = 3, .right = 1 << 2 };

	(void)state;
	add_row(&table, TABLE_PLAIN, "a", "b", "1");
	add_row(&table, TABLE_PLAIN, "a", "b", "100");
	assert_printed(&table, 0,
		       "a  b    1\n"
		       "a  b  100\n");
	table_free(&table);
}

static void no_line_ends_in_blanks(void **state)
{
	struct table table = { .columns = 3, .right = 1 << 1 };
	char *text;

	(void)state;
	add_row(&table, TABLE_HEADING, "long heading", "long heading", "long heading");
	add_row(&table, TABLE_PLAIN, "a", "", "");
	add_row(&table, TABLE_FAINT, "a", "b", "");
	add_row(&table, TABLE_PLAIN, "a", "b", "c");
	add_row(&table, TABLE_PLAIN, "", "", "");
	add_row(&table, TABLE_PLAIN, "", "", "c");
	text = printed(&table, 4);
	assert_null(strstr(text, " \n"));
	assert_string_equal(text + strlen(text) - 3, " c\n");
	free(text);
	table_free(&table);
}

static void rows_are_indented(void **state)
{
	struct table table = { .columns = 3 };

	(void)state;
	add_row(&table, TABLE_PLAIN, "a", "b", "c");
	assert_printed(&table, 2, "  a  b  c\n");
	table_free(&table);
}

static void a_table_without_rows_prints_nothing(void **state)
{
	struct table table = { .columns = 3 };

	(void)state;
	assert_printed(&table, 2, "");
	table_free(&table);
}

static void many_rows_keep_their_order(void **state)
{
	struct table table = { .columns = 3 };
	char *text, *at, number[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(number, sizeof(number), "%03d", i);
		add_row(&table, TABLE_PLAIN, number, "", "");
	}
	at = text = printed(&table, 0);
	for (int i = 0; i < 1000; i++, at += 4)
		assert_int_equal(atoi(at), i);
	free(text);
	table_free(&table);
}

static void cells_may_be_full(void **state)
{
	struct table table = { .columns = TABLE_COLUMNS_MAX };
	struct table_row *row = table_add(&table, TABLE_PLAIN);
	char *text;

	(void)state;
	for (int c = 0; c < TABLE_COLUMNS_MAX; c++)
		memset(row->cells[c], 'x', TABLE_CELL_MAX - 1);
	text = printed(&table, 0);
	assert_int_equal(strlen(text), TABLE_COLUMNS_MAX * (TABLE_CELL_MAX + 1) - 1);
	free(text);
	table_free(&table);
}

static void characters_of_several_bytes_take_one_column(void **state)
{
	struct table table = { .columns = 3, .right = 1 << 1 };
	char *text;

	(void)state;
	add_row(&table, TABLE_PLAIN, "b\xc3\xbcro", "\xe2\x82\xac", "c");
	add_row(&table, TABLE_PLAIN, "abcde", "12", "c");
	text = printed(&table, 0);
	assert_string_equal(text, "b\xc3\xbcro    \xe2\x82\xac  c\nabcde  12  c\n");
	free(text);
	table_free(&table);
}

static void off_a_terminal_there_are_no_escape_codes(void **state)
{
	struct table table = { .columns = 3 };
	char *text;

	(void)state;
	unsetenv("NO_COLOR");
	add_row(&table, TABLE_HEADING, "a", "b", "c");
	add_row(&table, TABLE_FAINT, "a", "b", "c");
	text = printed(&table, 0);
	assert_null(strchr(text, '\033'));
	free(text);
	table_free(&table);
}

/* What a table prints on a terminal. */
static void print_to_terminal(const struct table *table, char *text, size_t size)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *terminal;
	size_t lines = 0;

	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	terminal = fopen(ptsname(master), "w");
	assert_non_null(terminal);
	assert_int_equal(table_print(table, 0, terminal), 0);
	fflush(terminal);
	for (size_t i = 0; lines < table->count; i++) {
		assert_true(i + 1 < size && read(master, &text[i], 1) == 1);
		text[i + 1] = '\0';
		lines += text[i] == '\n';
	}
	fclose(terminal);
	close(master);
}

static void on_a_terminal_headings_are_bold_unless_no_color_is_set(void **state)
{
	struct table table = { .columns = 3 };
	char text[256];

	(void)state;
	add_row(&table, TABLE_HEADING, "a", "b", "c");
	add_row(&table, TABLE_PLAIN, "a", "b", "c");
	unsetenv("NO_COLOR");
	print_to_terminal(&table, text, sizeof(text));
	assert_string_equal(text, "\033[1ma  b  c\033[0m\r\na  b  c\r\n");
	setenv("NO_COLOR", "", 1); /* no-color.org: only when not empty */
	print_to_terminal(&table, text, sizeof(text));
	assert_non_null(strchr(text, '\033'));
	setenv("NO_COLOR", "1", 1);
	print_to_terminal(&table, text, sizeof(text));
	assert_null(strchr(text, '\033'));
	unsetenv("NO_COLOR");
	table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_commas_between_thousands),
		cmocka_unit_test(bytes_have_units_of_powers_of_1000),
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(a_last_column_may_be_aligned_to_the_right),
		cmocka_unit_test(no_line_ends_in_blanks),
		cmocka_unit_test(rows_are_indented),
		cmocka_unit_test(a_table_without_rows_prints_nothing),
		cmocka_unit_test(many_rows_keep_their_order),
		cmocka_unit_test(cells_may_be_full),
		cmocka_unit_test(characters_of_several_bytes_take_one_column),
		cmocka_unit_test(off_a_terminal_there_are_no_escape_codes),
		cmocka_unit_test(on_a_terminal_headings_are_bold_unless_no_color_is_set),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
