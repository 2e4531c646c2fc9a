/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cursor: the position in a packet, and two limits that no read may pass: the end of the memory
 * that holds the packet, and the packet's end according to the headers read so far. Knows no
 * protocol. Pure: calls no BPF helper, so it compiles natively too.
 */
#ifndef PORTSIEVE_CURSOR_H
#define PORTSIEVE_CURSOR_H

#include <linux/types.h>

#define portsieve_inline static inline __attribute__((always_inline))

struct cursor {
	const void *at;
	const void *end; /* of the memory; the verifier requires a comparison before every read */
	/* of the packet, after `at`; exceeds the memory if the frame has several buffers */
	__u32 left_bytes;
};

/*
 * Keeps the compiler from recomputing a value: the verifier knows only the bounds of the register
 * that was compared with a limit, not of another one with the same value.
 */
#define cursor_keep(value) asm volatile("" : "+r"(value))

/*
 * Advances over size_bytes and returns their start. Returns NULL, without advancing, if the packet
 * or the memory ends before that.
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

/* As cursor_take, without advancing. */
portsieve_inline const void *cursor_peek(const struct cursor *cursor, __u32 size_bytes)
{
	if (size_bytes > cursor->left_bytes || cursor->at + size_bytes > cursor->end)
		return (void *)0;
	return cursor->at;
}

/* Makes the packet end size_bytes from here. False, and no change, if it ends before that. */
portsieve_inline _Bool cursor_narrow(struct cursor *cursor, __u32 size_bytes)
{
	if (size_bytes > cursor->left_bytes)
		return 0;
	cursor->left_bytes = size_bytes;
	return 1;
}

#endif
