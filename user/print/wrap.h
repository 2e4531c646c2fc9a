/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in lines. */
#ifndef PORTSIEVE_PRINT_WRAP_H
#define PORTSIEVE_PRINT_WRAP_H

#include <stdio.h>

enum { WRAP_COLUMNS = 100 }; /* for lists; commands may use other widths */

/*
 * Writes `text`, broken at spaces into lines of at most `columns` columns. The first line begins
 * with `first`, the others with `next`. A word that is too long gets a line of its own.
 */
void wrap_print(FILE *out, size_t columns, const char *first, const char *next, const char *text);

#endif
