/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes and lists of words. */
#include "policy/quote.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum {
	QUOTE_BYTES_MAX = 40,
	ESCAPE_BYTES = 4, /* \xNN */
};

struct quote quote_bytes(const char *text, size_t length)
{
	struct quote quote;
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		size_t size = utf8_printable(text + i, length - i);

		if (used + (size ? size : ESCAPE_BYTES) > QUOTE_BYTES_MAX) {
			memcpy(quote.text + used, "...", 3);
			used += 3;
			break;
		}
		if (size) {
			memcpy(quote.text + used, text + i, size);
			used += size;
			i += size;
		} else {
			snprintf(quote.text + used, sizeof(quote.text) - used, "\\x%02x",
				 (unsigned char)text[i++]);
			used += ESCAPE_BYTES;
		}
	}
	quote.text[used] = '\0';
	return quote;
}

struct quote quote_string(const char *text)
{
	return quote_bytes(text, strlen(text));
}

struct word_list word_list_join(const char *const *words, size_t count)
{
	struct word_list list = { "" };
	size_t used = 0, left = 0;

	for (size_t i = 0; i < count; i++)
		left += words[i] != NULL;
	for (size_t i = 0; i < count; i++) {
		if (!words[i] || used >= sizeof(list.text))
			continue;
		used += (size_t)snprintf(list.text + used, sizeof(list.text) - used, "%s%s",
					 !used	     ? ""
					 : left == 1 ? " and "
						     : ", ",
					 words[i]);
		left--;
	}
	return list;
}
