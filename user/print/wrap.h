/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in lines. */
#ifndef PORTSIEVE_PRINT_WRAP_H
#define PORTSIEVE_PRINT_WRAP_H

#include <stdio.h>

enum { WRAP_COLUMNS = 100 }; /* for lists; a command may have its own width */

/*
 * Writes the words of `text`, and breaks lines at spaces, before `columns`. Lines begin with
 * `first`, then with `next`. A word that is too long for a line has a line of its own.
 */
void wrap_print(FILE *out, size_t columns, const char *first, const char *next, const char *text);

#endif
