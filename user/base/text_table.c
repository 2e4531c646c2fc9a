/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Laying out tables. */
#include "base/text_table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/utf8.h"

static const char *const style_start[] = {
	[TABLE_PLAIN] = "",
	[TABLE_HEADING] = "\033[1m",
	[TABLE_FAINT] = "\033[2m",
};

void table_free(struct table *table)
{
	free(table->rows);
	*table = (struct table){ 0 };
}

struct table_row *table_add(struct table *table, enum table_style style)
{
	static struct table_row unprinted;
	struct table_row *rows = array_room(table->rows, table->count, sizeof(*rows));

	if (!rows) {
		table->out_of_memory = true;
		return &unprinted;
	}
	table->rows = rows;
	rows[table->count] = (struct table_row){ .style = style };
	return &rows[table->count++];
}

bool table_has_colour(FILE *file)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(file)) && !(no_color && no_color[0]);
}

/* In characters. Double-width ones are rare, and shift only their own line. */
static int width_of(const char *cell)
{
	return (int)utf8_chars(cell, strlen(cell));
}

static size_t first_column(const struct table *table)
{
	size_t first = 0;

	while (first + 1 < table->columns && table->hidden >> first & 1)
		first++;
	return first;
}

static void print_row(const struct table *table, const struct table_row *row, const int *widths,
		      FILE *file)
{
	size_t last = table->columns;

	while (last && (!row->cells[last - 1][0] || table->hidden >> (last - 1) & 1))
		last--; /* no blanks at the end of a line */
	for (size_t c = 0; c < last; c++) {
		if (table->hidden >> c & 1)
			continue;

		bool right = table->right >> c & 1;
		int width = c + 1 == last && !right ? 0 : widths[c];
		int blanks = width > width_of(row->cells[c]) ? width - width_of(row->cells[c]) : 0;

		fprintf(file, "%s%*s%s%*s", c > first_column(table) ? "  " : "", right ? blanks : 0,
			"", row->cells[c], right ? 0 : blanks, "");
	}
}

static void measure(const struct table *table, int widths[TABLE_COLUMNS_MAX])
{
	for (size_t c = 0; c < table->columns; c++) {
		widths[c] = table->widths ? table->widths[c] : 0;
		for (size_t r = 0; r < table->count; r++) {
			int width = width_of(table->rows[r].cells[c]);

			if (width > widths[c])
				widths[c] = width;
		}
		if (table->widths)
			table->widths[c] = widths[c];
	}
}

void table_fit(struct table *table, int indent, int width, const int *order)
{
	int widths[TABLE_COLUMNS_MAX], total = indent - 2;

	measure(table, widths);
	for (size_t c = 0; c < table->columns; c++)
		if (!(table->hidden >> c & 1))
			total += widths[c] + 2;
	for (; total > width && *order >= 0; order++) {
		if (table->hidden >> *order & 1)
			continue;
		table->hidden |= 1u << *order;
		total -= widths[*order] + 2;
	}
}

int table_print(const struct table *table, int indent, FILE *file)
{
	bool colour = table->coloured || table_has_colour(file);
	int widths[TABLE_COLUMNS_MAX];

	if (table->out_of_memory)
		return -1;
	measure(table, widths);
	for (size_t r = 0; r < table->count; r++) {
		const struct table_row *row = &table->rows[r];
		bool styled = colour && row->style != TABLE_PLAIN;

		fprintf(file, "%*s%s", row->cells[first_column(table)][0] ? indent : 0, "",
			styled ? style_start[row->style] : "");
		print_row(table, row, widths, file);
		fprintf(file, "%s\n", styled ? "\033[0m" : "");
	}
	return 0;
}

void table_number(char cell[TABLE_CELL_MAX], uint64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%lu", number);
	char *at = cell;

	if (!number) {
		strcpy(cell, "-");
		return;
	}
	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
}

void table_bytes(char cell[TABLE_CELL_MAX], uint64_t bytes)
{
	static const char units[] = "kMGTPE";
	double value = (double)bytes;
	int unit = -1;

	if (!bytes) {
		strcpy(cell, "-");
		return;
	}
	while (value >= 999.95) {
		value /= 1000;
		unit++;
	}
	if (unit < 0)
		snprintf(cell, TABLE_CELL_MAX, "%lu B", bytes);
	else
		snprintf(cell, TABLE_CELL_MAX, "%.1f %cB", value, units[unit]);
}
