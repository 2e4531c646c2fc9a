/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 options of any length and content: the parser reads only what its cursor returned, and its
 * loop ends. The cursor itself is proven in cursor.c. Here it returns NULL, or a new object of
 * exactly the size requested, so that a longer read is a read out of bounds.
 */
#include "parse/parse.h"

#include "frame.h"

/* replaces cursor_peek */
const void *any_peek(struct cursor *cursor, __u32 size_bytes)
{
	if (size_bytes > cursor->left_bytes || nondet_u32())
		return (void *)0;
	return any_memory(size_bytes);
}

/* replaces cursor_take */
const void *any_take(struct cursor *cursor, __u32 size_bytes)
{
	if (size_bytes > cursor->left_bytes || nondet_u32())
		return (void *)0;
	cursor->left_bytes -= size_bytes;
	return cursor; /* the options read nothing from here */
}

/* What cursor_forget requires: it keeps only the low bits of the distance. */
/* replaces cursor_forget */
void any_forget(struct cursor *cursor, const void *start, __u64 mask_bytes)
{
	prove(IPV4_OPTIONS_BYTES_MAX - cursor->left_bytes <= mask_bytes,
	      "the mask holds the distance");
}

int main(void)
{
	struct packet packet = { 0 };
	__u32 option_bytes = nondet_u32();
	struct cursor cursor = { .left_bytes = option_bytes };

	assume(option_bytes <= IPV4_OPTIONS_BYTES_MAX);
	parse_ipv4_options(cursor, &packet);
	prove((packet.ext_seen &
	       ~(1u << PORTSIEVE_KNOB_PASS | 1u << PORTSIEVE_KNOB_SOURCE_ROUTE)) == 0,
	      "ext_seen has only the bits of options");
	return 0;
}
