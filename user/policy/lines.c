/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits a text into lines. */
#include "policy/lines.h"

#include <errno.h>
#include <string.h>

#include "policy/quote.h"

/* Removes the comment and trailing white space. */
static void cut_end(char *line)
{
	size_t length;

	for (char *hash = strchr(line, '#'); hash; hash = strchr(hash + 1, '#'))
		if (hash == line || policy_space(hash[-1])) {
			*hash = '\0';
			break;
		}
	length = strlen(line);
	while (length && policy_space(line[length - 1]))
		length--;
	line[length] = '\0';
}

int policy_lines_next(struct policy_lines *lines, char **ret_line)
{
	size_t left = (size_t)(lines->end - lines->at), length;
	const char *stop = left ? memchr(lines->at, '\n', left) : NULL;
	bool has_nul;
	char *line;

	if (!left)
		return 0;
	length = stop ? (size_t)(stop - lines->at) : left;
	line = strndup(lines->at, length);
	if (!line)
		return -ENOMEM;
	has_nul = strlen(line) < length;
	lines->at += length + !!stop;
	lines->number++;
	if (!has_nul)
		cut_end(line);
	*ret_line = line;
	return has_nul ? -EINVAL : 1;
}
