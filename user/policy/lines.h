/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a text file, without comments. */
#ifndef PORTSIEVE_POLICY_LINES_H
#define PORTSIEVE_POLICY_LINES_H

#include <stddef.h>

struct policy_lines {
	const char *at, *end; /* the text that is left */
	size_t number;	      /* of the line read last, from 1 */
};

/*
 * Reads the next line, without the comment, from a '#' at its beginning or after white space on,
 * and without the white space at its end. Returns 1 with *ret_line, which the caller frees; 0 at
 * the end of the text; -EINVAL, with the line up to there, for a NUL byte; or -ENOMEM.
 */
int policy_lines_next(struct policy_lines *lines, char **ret_line);

#endif
