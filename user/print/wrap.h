/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in lines of at most 100 columns. */
#ifndef PORTSIEVE_PRINT_WRAP_H
#define PORTSIEVE_PRINT_WRAP_H

#include <stdio.h>

/*
 * Writes the words of `text`, and breaks lines at spaces. Lines begin with `first`, then with
 * `next`. A word that is too long for a line has a line of its own.
 */
void wrap_print(FILE *out, const char *first, const char *next, const char *text);

#endif
