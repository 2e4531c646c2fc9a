/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breaking text into lines. */
#include "print/wrap.h"

#include <string.h>

#include "base/utf8.h"

void wrap_print(FILE *out, size_t columns, const char *first, const char *next, const char *text)
{
	size_t column = utf8_chars(first, strlen(first));
	const char *separator = "";

	fputs(first, out);
	while (*text) {
		size_t length = strcspn(text, " ");
		size_t width = utf8_chars(text, length);

		if (*separator && column + 1 + width > columns) {
			fprintf(out, "\n%s", next);
			column = utf8_chars(next, strlen(next));
			separator = "";
		}
		fprintf(out, "%s%.*s", separator, (int)length, text);
		column += strlen(separator) + width;
		separator = " ";
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}
