/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cursor: the place in a packet up to which it has been read, and two ends that no read may
 * pass: the end of the memory that holds the packet, and the end of what the headers read so
 * far say belongs to it. It knows no protocol. Pure: no helper, so it compiles natively too.
 */
#ifndef PORTSIEVE_CURSOR_H
#define PORTSIEVE_CURSOR_H

#include <linux/types.h>

#define portsieve_inline static inline __attribute__((always_inline))

struct cursor {
	const void *at;
	const void *end;  /* of the memory; the verifier wants every read compared with it */
	__u32 left_bytes; /* of the packet after `at`; in several buffers it may exceed the memory
			   */
};

/*
 * Keeps the compiler from computing a pointer anew later: the verifier knows the sum that was
 * compared with the end, not another one of the same value.
 */
#define cursor_keep(pointer) asm volatile("" : "+r"(pointer))

/*
 * Steps over size_bytes and returns where they begin, or NULL, without stepping, when the packet
 * or the memory ends before.
 */
portsieve_inline const void *cursor_take(struct cursor *cursor, __u32 size_bytes)
{
	const void *taken = cursor->at;
	const void *next = taken + size_bytes;

	cursor_keep(next);
	if (size_bytes > cursor->left_bytes || next > cursor->end)
		return (void *)0;
	cursor->at = next;
	cursor->left_bytes -= size_bytes;
	return taken;
}

/* As cursor_take, without stepping. */
portsieve_inline const void *cursor_peek(const struct cursor *cursor, __u32 size_bytes)
{
	if (size_bytes > cursor->left_bytes || cursor->at + size_bytes > cursor->end)
		return (void *)0;
	return cursor->at;
}

/* Lets the packet end size_bytes from here: false, and no change, if it ends before that. */
portsieve_inline _Bool cursor_narrow(struct cursor *cursor, __u32 size_bytes)
{
	if (size_bytes > cursor->left_bytes)
		return 0;
	cursor->left_bytes = size_bytes;
	return 1;
}

#endif
