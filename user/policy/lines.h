/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a text file, without comments. */
#ifndef PORTSIEVE_POLICY_LINES_H
#define PORTSIEVE_POLICY_LINES_H

#include <stddef.h>

struct policy_lines {
	const char *at, *end; /* the remaining text */
	size_t number;	      /* of the last line read, from 1 */
};

/*
 * Reads the next line without its comment ('#' at the beginning or after white space) and trailing
 * white space. Returns 1 with *ret_line, which the caller frees; 0 at the end of the text; -EINVAL,
 * with the line up to there, for a NUL byte; or -ENOMEM.
 */
int policy_lines_next(struct policy_lines *lines, char **ret_line);

#endif
