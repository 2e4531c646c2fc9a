/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables for people: rows of cells, columns as wide as their widest cell. Rows are collected and
 * printed at once. Text is printable UTF-8.
 */
#ifndef PORTSIEVE_TABLE_H
#define PORTSIEVE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum table_limits {
	TABLE_COLUMNS_MAX = 14,
	TABLE_CELL_MAX = 64,
};

enum table_style {
	TABLE_PLAIN,
	TABLE_HEADING, /* bold on a terminal */
	TABLE_FAINT,
};

struct table_row {
	char cells[TABLE_COLUMNS_MAX][TABLE_CELL_MAX];
	enum table_style style;
};

struct table {
	struct table_row *rows;
	size_t count;
	size_t columns;
	uint32_t right;	 /* bit N: column N is aligned to the right */
	uint32_t hidden; /* bit N: column N is left out */
	bool out_of_memory;
	bool coloured; /* even if the file is no terminal */

	/*
	 * NULL, or minimum widths of the columns, which outlive the table and grow with the
	 * columns: so columns keep their places in a table that is printed repeatedly.
	 */
	int *widths;
};

void table_free(struct table *table);
#define _cleanup_table_ __attribute__((cleanup(table_free)))

/*
 * Adds a row of empty cells. If out of memory, returns a row that is not printed; see table_print.
 */
struct table_row *table_add(struct table *table, enum table_style style);

/*
 * Prints all rows, indented by `indent` spaces, in colour if table_has_colour. Returns 0, or -1,
 * without printing anything, if a row could not be added for lack of memory.
 */
int table_print(const struct table *table, int indent, FILE *file);

/*
 * Hides the columns in `order`, which ends with -1, one by one until the indented rows fit into
 * `width` characters.
 */
void table_fit(struct table *table, int indent, int width, const int *order);

/* "1,234,567"; "-" for 0. */
void table_number(char cell[TABLE_CELL_MAX], uint64_t number);

/* "1.2 MB" (powers of 1000); "-" for 0. */
void table_bytes(char cell[TABLE_CELL_MAX], uint64_t bytes);

/* Is `file` a terminal, and NO_COLOR unset or empty? */
bool table_has_colour(FILE *file);

#endif
