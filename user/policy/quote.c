/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wording for the errors of a policy: quotes and lists of words. Nothing here fails. */
#include "policy/quote.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum {
	QUOTE_BYTES_MAX = 40,
	ESCAPE_BYTES = 4, /* \xNN */
};

struct policy_quote policy_quote(const char *text, size_t length)
{
	struct policy_quote quote;
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

struct policy_list policy_list(const char *const *words, size_t count)
{
	struct policy_list list = { "" };
	size_t used = 0, left = 0;

	for (size_t i = 0; i < count; i++)
		left += words[i] != NULL;
	for (size_t i = 0; i < count; i++) {
		if (!words[i])
			continue;

		const char *joint = !used ? "" : left == 1 ? " and " : ", ";

		if (used < sizeof(list.text))
			used += (size_t)snprintf(list.text + used, sizeof(list.text) - used, "%s%s",
						 joint, words[i]);
		left--;
	}
	return list;
}
